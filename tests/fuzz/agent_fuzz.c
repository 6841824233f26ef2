/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conformance agent's protocol under any stream: garbage, and requests that
 * are framed rightly and mean nearly anything, on sockets that talk to each
 * other over lo. Every reply is framed rightly, no more of them come than were
 * asked for, and when the agent ends all memory has come back.
 */
#include <stdlib.h>
#include <string.h>

#include "apps/agent/control.h"
#include "apps/agent/linux.h"
#include "tests/fuzz/fuzz.h"

#define PORTS 3u

struct lab {
	struct testnet *t;
	struct control control;
	uint64_t asked, answered;
	uint8_t reply[CONTROL_REPLY_LEN];
	size_t reply_len, skip;
};

/* Head by head; what is behind one is skipped by its length. */
static void
look_at(struct lab *lab, const uint8_t *bytes, size_t len)
{
	uint32_t words[3];
	size_t part;

	while (len > 0) {
		if (lab->skip > 0) {
			part = min_of(lab->skip, len);
			lab->skip -= part;
			bytes += part;
			len -= part;
			continue;
		}
		lab->reply[lab->reply_len++] = *bytes++;
		len--;
		if (lab->reply_len < sizeof(lab->reply))
			continue;
		memcpy(words, lab->reply, sizeof(words));
		assert(words[0] == CONTROL_MAGIC && words[1] >= 12);
		assert(words[1] <= CONTROL_PAYLOAD_MAX + 64);
		assert(words[2] & 0x8000);
		lab->skip = words[1] - 12;
		lab->reply_len = 0;
		lab->answered++;
	}
}

static void
run(struct lab *lab)
{
	static uint8_t bytes[65536];
	size_t len;

	for (unsigned int i = 0; i < 200; i++) {
		testnet_run(lab->t);
		if (!control_poll(&lab->control, lab->t->net.now_ns))
			break;
	}
	while ((len = control_output(&lab->control, bytes, sizeof(bytes))))
		look_at(lab, bytes, len);
	/* Nothing is dropped of what it answers while we take it at once. */
	assert(lab->control.out_lost == 0);
	assert(lab->answered <= lab->control.requests);
}

static void
feed(struct lab *lab, const uint8_t *bytes, size_t len)
{
	size_t taken;

	while (len > 0) {
		taken = control_input(&lab->control, bytes, len,
				      lab->t->net.now_ns);
		assert(taken <= len);
		bytes += taken;
		len -= taken;
		run(lab);
		if (!taken) /* it waits for the rest of something else */
			return;
	}
}

static uint32_t
a_number(struct input *in)
{
	static const uint32_t some[] = { 0,   1,	  2,	      3,
					 4,   5,	  10,	      20,
					 80,  1000,	  65536,      262144,
					 ~0u, 0x7fffffff, 0x80000000, 6 };
	uint8_t what = take(in);

	return what & 0x80 ? (uint32_t)(what & 0x7f) : some[what & 15];
}

/* Words that calls take: domains, types, levels, names, flags. */
static uint32_t
an_argument(struct input *in)
{
	static const uint32_t some[] = {
		LX_SOCK_STREAM, LX_SOCK_DGRAM,	 LX_SOL_SOCKET,
		LX_SOL_TCP,	LX_MSG_PEEK,	 LX_MSG_DONTWAIT,
		LX_MSG_WAITALL, LX_SO_REUSEADDR, LX_TCP_MAXSEG,
		LX_FIONREAD,	LX_POLLIN,	 LX_TCP_CORK,
	};

	return take(in) & 1 ? a_number(in) : some[take(in) % array_len(some)];
}

static void
ask(struct lab *lab, struct input *in)
{
	static const uint8_t often[] = { CTL_SOCKET, CTL_BIND,	  CTL_LISTEN,
					 CTL_ACCEPT, CTL_CONNECT, CTL_SEND,
					 CTL_RECV,   CTL_CLOSE };
	uint8_t what = take(in), fd = take(in), bytes[400] = { 0 };
	uint32_t op = what & 0x80 ? what & 0x3f : often[what & 7];
	uint32_t words[6] = { CONTROL_MAGIC,
			      0,
			      op | (uint32_t)++lab->asked << 16,
			      fd & 0x80 ? a_number(in) : 3 + (fd & 7),
			      an_argument(in),
			      an_argument(in) };
	const uint8_t *from;
	size_t len;

	from = take_bytes(in, take(in), &len);
	memcpy(bytes + sizeof(words), from, len);
	/* Mostly an address of our own. */
	if (len >= 8 && !(what & 0x40)) {
		bytes[24] = 2, bytes[25] = 0;
		bytes[26] = (uint8_t)(1 + fd % PORTS), bytes[27] = 0x10;
		bytes[28] = fd & 0x40 ? 0 : 127, bytes[29] = bytes[30] = 0;
		bytes[31] = fd & 0x40 ? 0 : 1;
	}
	words[1] = (uint32_t)(16 + len);
	memcpy(bytes, words, sizeof(words));
	feed(lab, bytes, sizeof(words) + len);
}

static void
step(struct lab *lab, struct input *in)
{
	const uint8_t *bytes;
	uint64_t due_ns;
	size_t len;

	switch (take(in) % 8) {
	case 0:
		bytes = take_bytes(in, take(in), &len);
		feed(lab, bytes, len);
		break;
	case 1:
		testnet_advance(lab->t, (uint64_t)take(in) * 20 * MS_NS);
		run(lab);
		break;
	case 2: /* until the first that waits has waited enough */
		due_ns = control_deadline(&lab->control);
		if (due_ns != TIMER_NEVER && due_ns > lab->t->net.now_ns &&
		    due_ns - lab->t->net.now_ns < 3600 * S_NS)
			testnet_advance(lab->t, due_ns - lab->t->net.now_ns);
		(void)control_retry(&lab->control);
		run(lab);
		break;
	default: ask(lab, in); break;
	}
	testnet_flush(lab->t, 0);
	skb_pool_check(&net_this_core(&lab->t->net)->skb_pool);
	tcp_check(&lab->t->net);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct testnet_config config = {
		.ports = 1,
		.memory_len = 6u << 20,
		.net = { .seed = { 5 },
			 .skb_count = 192,
			 .neigh_count = 8,
			 .route_count = 32,
			 .udp_sock_count = 8,
			 .tcp_sock_count = 24,
			 .frag_count = 4 },
	};
	struct input in = { data, data + len };
	struct lab *lab = calloc(1, sizeof(*lab));
	enum status status;

	lab->t = testnet_new_with(&config);
	status = control_init(&lab->control, &lab->t->net, NULL, NULL, "fuzz");
	assert(status == OK);
	for (unsigned int i = 0; i < 100 && left(&in) > 0; i++)
		step(lab, &in);
	control_fini(&lab->control);
	testnet_run(lab->t);
	testnet_free(lab->t);
	free(lab);
	return 0;
}
