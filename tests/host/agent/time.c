/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock of libfairlead-packetdrill.so, how threads wait for it, and packets
 * in and out; see packetdrill.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/ipv4/addr.h"
#include "tests/host/agent/drill.h"

/* How long the driver waits for something to happen: longer than any timer a
 * script can be about. */
#define PATIENCE_US (3ull * 3600 * 1000000)
/* How long, really, for a woken thread to read the clock. */
#define FETCH_NS 50000000
#define CLOCK_S	 1767225600ull /* of gettimeofday() at the start */

/* ---- time -------------------------------------------------------------- */

void
drill_on_emit(void *ctx, uint64_t now_us, const uint8_t *bytes, size_t len)
{
	struct drill *drill = ctx;
	struct packet *packet = malloc(sizeof(*packet) + len);

	if (!packet)
		panic("packetdrill: no memory for a packet");
	packet->next = NULL;
	packet->us = now_us;
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	*drill->last = packet;
	drill->last = &packet->next;
}

static void
wait_changed(struct drill *drill, long ns)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ns;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&drill->changed, &drill->lock, &until);
}

/* Something may have happened: whose call is done now? */
void
drill_settle(struct drill *drill)
{
	bool any;

	do {
		any = false;
		iface_run(drill->iface);
		for (struct waiting *w = drill->waiting; w; w = w->next)
			if (!w->done && w->step(drill, w)) {
				w->done = any = true;
				drill->woken = w->thread;
				drill->is_woken = true;
			}
		if (!any)
			return;
		pthread_cond_broadcast(&drill->changed);
		iface_run(drill->iface);
		/* The clock stands until it has been read; not by oneself. */
		if (pthread_equal(pthread_self(), drill->woken)) {
			drill->is_woken = false;
			continue;
		}
		wait_changed(drill, FETCH_NS);
		for (int i = 0; drill->is_woken && i < 4; i++)
			wait_changed(drill, FETCH_NS / 4);
		drill->is_woken = false;
	} while (any);
}

/* Towards to_us, as far as the next thing that is due. */
static bool
step(struct drill *drill, uint64_t to_us)
{
	struct iface *iface = drill->iface;
	uint64_t due_us = to_us, call_us;
	bool more;

	for (struct waiting *w = drill->waiting; w; w = w->next) {
		if (w->done || !*w->due_ns)
			continue;
		call_us = (*w->due_ns - iface->epoch_ns + 999) / 1000;
		call_us = max_of(call_us, iface_now_us(iface));
		due_us = min_of(due_us, call_us);
	}
	more = iface_step(iface, due_us);
	drill_settle(drill);
	return more || due_us < to_us;
}

/* Waits for w; the driver itself moves time for it. */
void
drill_wait(struct drill *drill, struct waiting *w)
{
	uint64_t until_us = iface_now_us(drill->iface) + PATIENCE_US;
	struct waiting **link;

	w->thread = pthread_self();
	w->next = drill->waiting;
	drill->waiting = w;
	if (pthread_equal(pthread_self(), drill->driver)) {
		while (!w->done && step(drill, until_us))
			continue;
		drill->is_woken = false;
	} else {
		while (!w->done)
			pthread_cond_wait(&drill->changed, &drill->lock);
	}
	for (link = &drill->waiting; *link != w; link = &(*link)->next)
		continue;
	*link = w->next;
}

void
drill_enter(struct drill *drill)
{
	pthread_mutex_lock(&drill->lock);
	drill->asked = false;
}

void
drill_leave(struct drill *drill)
{
	pthread_mutex_unlock(&drill->lock);
}

int
drill_usleep(void *userdata, useconds_t us)
{
	struct drill *drill = userdata;
	uint64_t until_us;

	drill_enter(drill);
	until_us = iface_now_us(drill->iface) + us;
	while (step(drill, until_us))
		continue;
	drill_leave(drill);
	return 0;
}

/* Who asks again and again waits for time to pass. */
int
drill_gettimeofday(void *userdata, struct timeval *tv, struct timezone *tz)
{
	struct drill *drill = userdata;
	uint64_t now_us;

	pthread_mutex_lock(&drill->lock);
	now_us = iface_now_us(drill->iface);
	if (drill->is_woken && pthread_equal(pthread_self(), drill->woken)) {
		drill->is_woken = false;
		pthread_cond_broadcast(&drill->changed);
	} else if (drill->asked &&
		   pthread_equal(pthread_self(), drill->asker)) {
		step(drill, ++now_us);
	}
	drill->asker = pthread_self();
	drill->asked = true;
	drill_leave(drill);
	tv->tv_sec = (time_t)(CLOCK_S + now_us / 1000000);
	tv->tv_usec = (suseconds_t)(now_us % 1000000);
	return 0;
}

/* ---- packets ----------------------------------------------------------- */

/* Whatever the script calls its own address is ours. */
void
drill_learn_address(struct drill *drill, uint32_t addr)
{
	if (!addr || ipv4_is_multicast(addr) || addr == IPV4_BROADCAST ||
	    addr_find(&drill->iface->net, addr))
		return;
	iface_add_address(drill->iface, addr, 16);
}

int
drill_netdev_send(void *userdata, const void *buf, size_t count)
{
	struct drill *drill = userdata;
	const uint8_t *ip = buf;

	drill_enter(drill);
	if (count >= 20)
		drill_learn_address(drill, (uint32_t)ip[16] << 24 |
						   (uint32_t)ip[17] << 16 |
						   (uint32_t)ip[18] << 8 |
						   ip[19]);
	iface_inject(drill->iface, buf, count);
	drill_settle(drill);
	drill_leave(drill);
	return 0;
}

int
drill_netdev_receive(void *userdata, void *buf, size_t *count,
		     long long *time_usecs)
{
	struct drill *drill = userdata;
	struct packet *packet;
	uint64_t until_us;

	drill_enter(drill);
	until_us = iface_now_us(drill->iface) + PATIENCE_US;
	while (!drill->first && step(drill, until_us))
		continue;
	packet = drill->first;
	if (!packet) { /* nothing will ever come */
		*count = 0;
		drill_leave(drill);
		return 0;
	}
	drill->first = packet->next;
	if (!drill->first)
		drill->last = &drill->first;
	*count = min_of(*count, packet->len);
	memcpy(buf, packet->bytes, *count);
	*time_usecs = (long long)(CLOCK_S * 1000000 + packet->us);
	free(packet);
	drill_leave(drill);
	return 0;
}
