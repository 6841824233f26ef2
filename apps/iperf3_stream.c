/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The streams of an iperf3 test: TCP data counted or made as fast as there is
 * room, UDP datagrams numbered and paced, their loss, order and jitter told.
 */
#include "apps/iperf3_internal.h"
#include "lib/be.h"
#include "lib/str.h"
#include "net/net.h"

/* The first datagram of a stream and the answer to it, as iperf3 has them in
 * memory, which is little-endian; and what older ones say. */
#define UDP_HELLO      0x36373839u
#define UDP_ANSWER     0x39383736u
#define UDP_HELLO_OLD  123456789u
#define UDP_ANSWER_OLD 987654321u

#define UDP_LEN_MAX   1472u /* what one buffer and one packet hold */
#define UDP_BURST_MAX 64u   /* packets of one stream at a tick */

static struct iperf3_stream *
new_stream(struct iperf3 *s)
{
	const struct iperf3_params *p = &s->params;
	struct iperf3_stream *st = &s->stream[s->stream_count];

	*st = (struct iperf3_stream){
		.conn.server = s,
		.used = true,
		.sends = p->both ? s->stream_count >= p->parallel : p->reverse,
	};
	s->stream_count++;
	return st;
}

static bool
is_complete(const struct iperf3 *s)
{
	return s->stream_count == s->params.parallel * (s->params.both ? 2 : 1);
}

/* ---- TCP ---------------------------------------------------------------- */

void
iperf3_stream_add(struct iperf3 *s, struct sock *sock)
{
	struct iperf3_stream *st = new_stream(s);
	struct tcp_info info;

	st->conn.sock = sock;
	sock->ctx = &st->conn;
	sock->tos = (uint8_t)s->params.tos;
	if (s->params.nodelay)
		(void)tcp_set_option(sock, TCP_OPT_NODELAY, 1);
	if (s->params.window >= 4096) {
		(void)tcp_set_option(sock, TCP_OPT_SNDBUF, s->params.window);
		(void)tcp_set_option(sock, TCP_OPT_RCVBUF, s->params.window);
	}
	if (s->params.congestion[0] != '\0')
		(void)tcp_set_congestion(sock, s->params.congestion);
	tcp_get_info(sock, &info);
	str_copy(s->params.congestion, info.congestion,
		 sizeof(s->params.congestion));
	if (is_complete(s))
		iperf3_run(s);
}

/* What came before the seconds to omit were over does not count. */
static void
omit(struct iperf3 *s)
{
	struct tcp_info info;

	if (s->params.omit_s == 0 || s->net->now_ns < s->omit_ns)
		return;
	s->params.omit_s = 0;
	s->begin_ns = s->net->now_ns;
	for (uint32_t i = 0; i < s->stream_count; i++) {
		struct iperf3_stream *st = &s->stream[i];

		st->bytes = st->lost = st->out_of_order = 0;
		st->begin_packets = st->packets;
		st->jitter_16us = 0;
		if (st->conn.sock == NULL)
			continue;
		tcp_get_info(st->conn.sock, &info);
		st->begin_retransmits =
			info.bytes_retrans / max_of(info.mss, 1u);
	}
}

void
iperf3_stream_readable(struct iperf3_stream *st)
{
	struct skb *skb;

	omit(st->conn.server);
	while ((skb = tcp_recv(st->conn.sock)) != NULL) {
		st->bytes += skb->len;
		skb_consume(skb);
	}
	st->conn.server->alive_ns = st->conn.server->net->now_ns;
}

/* The data need not be anything; zeros are as good as what iperf3 sends. */
void
iperf3_stream_writable(struct iperf3_stream *st)
{
	const uint8_t zeros[1024] = { 0 };
	struct iperf3 *s = st->conn.server;
	size_t want, got;

	if (!st->sends || s->step != STEP_RUNNING)
		return;
	omit(s);
	while ((want = min_of(tcp_room(st->conn.sock), sizeof(zeros))) > 0) {
		got = tcp_write(st->conn.sock, zeros, want);
		st->bytes += got;
		if (got < want)
			return;
	}
}

void
iperf3_streams_begin(struct iperf3 *s)
{
	for (uint32_t i = 0; i < s->stream_count; i++) {
		if (s->stream[i].conn.sock != NULL)
			iperf3_stream_writable(&s->stream[i]);
	}
}

void
iperf3_streams_close(struct iperf3 *s, bool at_once)
{
	struct tcp_info info;

	for (uint32_t i = 0; i < s->stream_count; i++) {
		struct iperf3_stream *st = &s->stream[i];

		if (st->conn.sock == NULL)
			continue;
		tcp_get_info(st->conn.sock, &info);
		st->retransmits = info.bytes_retrans / max_of(info.mss, 1u);
		if (at_once) {
			tcp_abort(st->conn.sock);
		} else {
			/* With data unread the peer would get a reset. */
			iperf3_stream_readable(st);
			tcp_close(st->conn.sock);
		}
		st->conn.sock = NULL;
	}
}

/* ---- UDP: receiving ----------------------------------------------------- */

static struct iperf3_stream *
find_stream(struct iperf3 *s, const struct sock_addr *from)
{
	for (uint32_t i = 0; i < s->stream_count; i++) {
		if (s->stream[i].peer.port == from->port &&
		    s->stream[i].peer.addr == from->addr)
			return &s->stream[i];
	}
	return NULL;
}

static void
answer(struct iperf3 *s, const struct sock_addr *from,
       const struct sock_addr *to, uint32_t text)
{
	struct skb *skb = skb_alloc(&net_this_core(s->net)->skb_pool);

	if (skb == NULL)
		return;
	memcpy(skb_put(skb, sizeof(text)), &text, sizeof(text));
	udp_send(s->udp, skb, from, to);
}

/* Four bytes: another stream begins, from where the control connection is. */
static void
greet(struct iperf3 *s, const struct sock_addr *from,
      const struct sock_addr *to, uint32_t text)
{
	struct iperf3_stream *st = find_stream(s, from);

	if (text != UDP_HELLO && text != UDP_HELLO_OLD)
		return;
	if (s->step != STEP_STREAMS && st == NULL)
		return;
	if (from->addr != s->control.sock->remote.addr)
		return;
	if (st == NULL) {
		st = new_stream(s);
		st->peer = *from;
		st->local = *to;
	}
	answer(s, from, to, text == UDP_HELLO ? UDP_ANSWER : UDP_ANSWER_OLD);
	if (s->step == STEP_STREAMS && is_complete(s))
		iperf3_run(s);
}

/* Numbers that were left out are lost until they turn up late. */
static void
count_packet(struct iperf3_stream *st, uint64_t number)
{
	if (number > st->packets) {
		st->lost += number - 1 - st->packets;
		st->packets = number;
		return;
	}
	st->out_of_order++;
	if (st->lost > 0)
		st->lost--;
}

/* How unevenly they come: both clocks' difference cancels out. [RFC1889 A.8] */
static void
count_jitter(struct iperf3_stream *st, int64_t transit_us)
{
	int64_t delta = transit_us - st->transit_us;

	st->transit_us = transit_us;
	if (st->timed)
		st->jitter_16us += (delta < 0 ? -delta : delta) -
				   (st->jitter_16us + 8) / 16;
	st->timed = true;
}

static void
count_datagram(struct iperf3_stream *st, struct skb *skb)
{
	struct iperf3 *s = st->conn.server;
	uint32_t header = s->params.wide_counters ? 16 : 12;
	be32 word[4] = { 0 };
	uint64_t number;
	int64_t sent_us;

	if (st->sends || s->step != STEP_RUNNING || skb->len < header)
		return;
	omit(s);
	skb_copy_out(skb, 0, word, header);
	number = be32_get(word[2]);
	if (s->params.wide_counters)
		number = number << 32 | be32_get(word[3]);
	sent_us = (int64_t)be32_get(word[0]) * 1000000 + be32_get(word[1]);
	/* A number that nobody can have come to says nothing. */
	if (number - st->packets > 1ull << 40 && number > st->packets)
		return;
	st->bytes += skb->len;
	count_packet(st, number);
	count_jitter(st, (int64_t)(s->net->now_ns / 1000) - sent_us);
	s->alive_ns = s->net->now_ns;
}

static void
datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	 const struct sock_addr *to)
{
	struct iperf3 *s = sock->ctx;
	struct iperf3_stream *st;
	uint32_t text;

	if (s->params.udp && s->step >= STEP_STREAMS && s->control.sock) {
		st = find_stream(s, from);
		if (skb->len == sizeof(text)) {
			skb_copy_out(skb, 0, &text, sizeof(text));
			greet(s, from, to, text);
		} else if (st != NULL) {
			count_datagram(st, skb);
		}
	}
	skb_consume(skb);
}

const struct sock_ops iperf3_udp_ops = { .datagram = datagram };

/* ---- UDP: sending ------------------------------------------------------- */

static bool
send_datagram(struct iperf3 *s, struct iperf3_stream *st, uint32_t len)
{
	struct skb *skb = skb_alloc(&net_this_core(s->net)->skb_pool);
	uint64_t number = st->packets + 1;
	be32 word[4];

	if (skb == NULL)
		return false;
	memset(skb_put(skb, len), 0, len);
	word[0] = be32_from((uint32_t)(s->net->now_ns / NS));
	word[1] = be32_from((uint32_t)(s->net->now_ns % NS / 1000));
	word[2] = be32_from(
		(uint32_t)(s->params.wide_counters ? number >> 32 : number));
	word[3] = be32_from((uint32_t)number);
	memcpy(skb->data, word, s->params.wide_counters ? 16 : 12);
	st->packets = number;
	st->bytes += len;
	udp_send(s->udp, skb, &st->peer, &st->local);
	return true;
}

/* Each stream has the rate for itself; what a slow tick left undone is made up
 * for at the next ones, a burst at a time. */
void
iperf3_udp_pace(struct iperf3 *s)
{
	uint32_t len = s->params.block_len;
	uint64_t due, elapsed_us = (s->net->now_ns - s->paced_ns) / 1000;

	len = max_of(len, 16u);
	len = min_of(len, UDP_LEN_MAX);
	omit(s);
	due = s->params.rate_bps / 8 * elapsed_us / 1000000 / len + 1;
	for (uint32_t i = 0; i < s->stream_count; i++) {
		struct iperf3_stream *st = &s->stream[i];

		for (uint32_t n = 0; st->sends && n < UDP_BURST_MAX; n++) {
			if ((s->params.rate_bps != 0 && st->packets >= due) ||
			    !send_datagram(s, st, len))
				break;
		}
	}
}
