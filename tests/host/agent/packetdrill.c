/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfairlead-packetdrill.so: the hosted stack behind packetdrill's interface
 * for stacks in shared objects. Its main thread drives: it brings packets,
 * takes those that leave, and sleeps; each of these moves our clock, which is
 * the only one, and virtual. Calls that the script says block come from a
 * second thread, which sleeps here until the driver, on its way through time,
 * finds its call done; the driver then waits until that thread has read the
 * clock, so that it sees the time at which its call returned. [CONTROL]
 *
 * The flags given at start are "name=value", separated by commas: addr, gw,
 * seed, and whatever CTL_CONFIG takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "tests/host/agent/drill.h"

/* ---- coming and going -------------------------------------------------- */

static void
drill_free(void *userdata)
{
	struct drill *drill = userdata;
	struct packet *packet;

	drill->iface->emit = NULL;
	files_reset(&drill->files);
	iface_free(drill->iface);
	while ((packet = drill->first)) {
		drill->first = packet->next;
		free(packet);
	}
	free(drill);
}

/* addr, gw, seed are for the stack to be; false: not one of them. */
static bool
take_flag(const char *flag, uint32_t *addr, uint8_t *prefix_len,
	  uint32_t *gateway, uint64_t *seed)
{
	if (str_starts(flag, "addr="))
		return str_prefix(flag + 5, addr, prefix_len);
	if (str_starts(flag, "gw="))
		return str_ipv4(flag + 3, gateway);
	return str_starts(flag, "seed=") && str_u64(flag + 5, seed);
}

static struct drill *
drill_new(const char *flags)
{
	uint32_t addr = 0xc0a80001, gateway = 0xc0a80002;
	struct drill *drill = calloc(1, sizeof(*drill));
	char *text = strdup(flags ? flags : ""), *rest, *flag;
	char *config[64];
	unsigned int count = 0;
	uint8_t prefix_len = 16;
	uint64_t seed = 1;

	if (!drill || !text)
		panic("packetdrill: no memory");
	for (flag = strtok_r(text, ", ", &rest); flag && count < 64;
	     flag = strtok_r(NULL, ", ", &rest))
		if (!take_flag(flag, &addr, &prefix_len, &gateway, &seed))
			config[count++] = flag;
	drill->iface = iface_new(addr, prefix_len, gateway, seed);
	drill->iface->emit = drill_on_emit;
	drill->iface->ctx = drill;
	drill->last = &drill->first;
	drill->driver = pthread_self();
	pthread_mutex_init(&drill->lock, NULL);
	pthread_cond_init(&drill->changed, NULL);
	files_init(&drill->files, &drill->iface->net);
	for (unsigned int i = 0; i < count; i++)
		if (files_config(&drill->iface->net, config[i]) < 0)
			fprintf(stderr, "fairlead: unknown flag: %s\n",
				config[i]);
	free(text);
	return drill;
}

__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *out)
{
	*out = (struct packetdrill_interface){
		.userdata = drill_new(flags),
		.free = drill_free,
		.netdev_send = drill_netdev_send,
		.netdev_receive = drill_netdev_receive,
		.usleep = drill_usleep,
		.gettimeofday = drill_gettimeofday,
	};
	drill_add_calls(out);
	drill_add_many(out);
}
