/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP under arbitrary input: the parser alone (what it accepts and has no
 * strange options is emitted back to the same meaning), then a small stack to
 * which the input happens as a sequence of segments near the numbers that are
 * in use, calls of an application, time, and memory refused. After each event
 * the socks agree with themselves and the law of conservation holds.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/checksum.h"
#include "net/net.h"
#include "net/tcp/internal.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "tests/host/testnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PORT 80u

struct input {
	const uint8_t *at, *end;
};

struct lab {
	struct testnet *t;
	struct sock *listener, *sock;
	uint32_t number; /* the next of ours that a peer would use */
};

static uint8_t
take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint32_t
take32(struct input *in)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | take(in);
	return value;
}

static void
fuzz_parser(const uint8_t *data, size_t len)
{
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp h, back;

	if (tcp_parse(data, len, &h) != DROP_NONE)
		return;
	assert(h.header_len >= TCP_HEADER_LEN && h.header_len <= len);
	assert(h.sack_count <= TCP_SACK_MAX);
	if (tcp_options_len(&h) > TCP_HEADER_LEN_MAX - TCP_HEADER_LEN)
		return;
	h.header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(&h));
	tcp_emit(&h, bytes);
	assert(tcp_parse(bytes, h.header_len, &back) == DROP_NONE);
	assert(back.seq == h.seq && back.ack == h.ack && back.have == h.have);
	assert(back.sack_count == h.sack_count);
}

/* ---- an application that forgets nothing it was told ------------------- */

static void
on_established(struct sock *sock)
{
	((struct lab *)sock->ctx)->sock = sock;
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;

	if (lab->sock == sock)
		lab->sock = NULL;
}

static const struct sock_ops ops = {
	.established = on_established,
	.closed = on_closed,
};

static void
call(struct lab *lab, struct input *in)
{
	const struct sock_addr peer = { TESTNET_HOST(0),
					(uint16_t)(1000 + take(in) % 4) };
	uint8_t what = take(in), bytes[3000] = { 0 };
	struct sock *sock = lab->sock;
	enum status status;

	if (!sock) {
		lab->sock = tcp_connect(&lab->t->net, NULL, &peer, &ops, lab,
					"fuzz", &status);
		return;
	}
	switch (what % 8) {
	case 0: tcp_write(sock, bytes, take(in) * 11u); break;
	case 1: tcp_read(sock, bytes, take(in) * 11u); break;
	case 2: tcp_shutdown(sock); break;
	case 3: tcp_send_urgent(sock); break;
	case 4:
		tcp_set_option(sock, take(in) % 11,
			       take32(in) >> take(in) % 32);
		break;
	case 5:
		lab->sock = NULL;
		tcp_close(sock);
		break;
	case 6:
		lab->sock = NULL;
		tcp_abort(sock);
		break;
	default: assert(tcp_peek(sock, bytes, sizeof(bytes)) <= sizeof(bytes));
	}
}

/* ---- a peer ------------------------------------------------------------ */

/* Numbers that hit: what the sock expects, give or take a little. */
static void
aim(struct lab *lab, struct input *in, struct tcp *h)
{
	const struct tcp_sock *ts = lab->sock ? tcp_of(lab->sock) : NULL;
	uint8_t how = take(in);
	int32_t off = (int8_t)take(in) * (how & 1 ? 1 : 331);

	h->seq = ts ? ts->rcv_nxt : lab->number;
	h->ack = ts ? (how & 2 ? ts->snd_nxt : ts->snd_una) : 0;
	if (how & 4)
		h->seq += (uint32_t)off;
	if (how & 8)
		h->ack += (uint32_t)off;
	if (how & 16)
		h->seq = take32(in);
	for (unsigned int i = 0; i < h->sack_count; i++) {
		h->sack[i].start = (ts ? ts->snd_una : 0) + take(in) * 97u;
		h->sack[i].end = h->sack[i].start + take(in) * 31u;
	}
	if (ts) {
		h->dport = ts->sock->local.port;
		h->sport = ts->sock->remote.port;
		h->tsval = ts->ts_recent + (take(in) & 3);
		h->tsecr = tcp_clock(&lab->t->net) + ts->ts_offset;
	}
}

static void
inject(struct lab *lab, struct input *in)
{
	uint8_t bytes[TCP_HEADER_LEN_MAX + 2048] = { 0 };
	struct tcp h = {
		.sport = (uint16_t)(1000 + take(in) % 4),
		.dport = PORT,
		.flags = take(in),
		.window = (uint16_t)(take(in) << (take(in) & 15)),
		.urgent = take(in),
		.have = take(in) & 15,
		.wscale = take(in) % 15,
		.mss = (uint16_t)(take(in) * 10),
		.sack_count = take(in) % 4,
	};
	size_t len = take(in) * 6u, total;
	struct ipv4 ip = {
		.src = TESTNET_HOST(0),
		.dst = TESTNET_ROUTER(0),
		.header_len = IPV4_HEADER_LEN,
		.ttl = 64,
		.tos = take(in) & 3,
		.proto = IPPROTO_TCP,
	};
	uint32_t sum;

	if (!(h.flags & TCP_SYN))
		h.have &= TCP_HAVE_TS;
	aim(lab, in, &h);
	while (tcp_options_len(&h) > TCP_HEADER_LEN_MAX - TCP_HEADER_LEN)
		h.sack_count--;
	h.header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(&h));
	total = h.header_len + len;
	tcp_emit(&h, bytes);
	sum = checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, (uint16_t)total);
	h.checksum = checksum_fold(checksum_add(sum, bytes, total));
	tcp_emit(&h, bytes);
	ip.total_len = (uint16_t)(IPV4_HEADER_LEN + total);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, total);
}

static void
icmp(struct lab *lab, struct input *in)
{
	uint8_t quoted[8] = { 0 };
	const struct tcp_sock *ts = lab->sock ? tcp_of(lab->sock) : NULL;
	struct ipv4 ip = { .src = TESTNET_ROUTER(0),
			   .dst = TESTNET_HOST(0),
			   .total_len = 1500 };

	if (!ts)
		return;
	quoted[0] = (uint8_t)(ts->sock->local.port >> 8);
	quoted[1] = (uint8_t)ts->sock->local.port;
	quoted[2] = (uint8_t)(ts->sock->remote.port >> 8);
	quoted[3] = (uint8_t)ts->sock->remote.port;
	tcp_put32(quoted + 4, ts->snd_una + (take(in) & 1));
	tcp_icmp_error(&lab->t->net, &ip, quoted, sizeof(quoted),
		       take(in) & 1 ? 3 : 11, take(in) & 7, take32(in) >> 20);
}

static void
event(struct lab *lab, struct input *in)
{
	switch (take(in) % 8) {
	case 0: call(lab, in); break;
	case 1: testnet_advance(lab->t, take(in) * 17 * MS_NS); break;
	case 2: icmp(lab, in); break;
	case 3: lab->t->net.core[0].skb_pool.fail_after = take(in) & 7; break;
	default: inject(lab, in); break;
	}
	testnet_run(lab->t);
	testnet_flush(lab->t, 0);
	net_check(&lab->t->net);
}

static void
fuzz_stack(const uint8_t *data, size_t len)
{
	struct testnet_config config = {
		.ports = 1,
		.memory_len = 4u << 20,
		.net = { .seed = { 1 },
			 .now_ns = 1000 * S_NS,
			 .skb_count = 256,
			 .tcp_sock_count = 8 },
	};
	struct input in = { data, data + len };
	const struct sock_addr any = { .port = PORT };
	struct lab lab = { .t = testnet_new_with(&config) };
	enum status status;

	lab.t->net.tcp.param.tcp_syncookies = take(&in) % 3;
	lab.t->net.tcp.param.tcp_ecn = take(&in) % 3;
	lab.listener =
		tcp_listen(&lab.t->net, &any, 3, &ops, &lab, "fuzz", &status);
	while (in.at < in.end)
		event(&lab, &in);
	lab.t->net.core[0].skb_pool.fail_after = 0;
	testnet_free(lab.t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 4096)
		return 0;
	fuzz_parser(data, len);
	fuzz_stack(data, len);
	return 0;
}
