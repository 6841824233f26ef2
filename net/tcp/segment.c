/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One segment on its way out: header, options, window, checksum; to
 * ipv4_output(). Data is copied, so that what may have to be repeated stays as
 * it is. Also the segments without data: SYN, ACK, probe, RST, and how many
 * ACKs a stranger may provoke. [RFC9293 3.1, 3.10.7] [RFC5961]
 */

#include "net/explain/explain.h"
#include "net/tcp/internal.h"
#include "net/tcp/window.h"

/* In front of the payload: the longest TCP header and an IPv4 header; what the
 * link needs is there already. */
#define SEGMENT_HEADROOM (TCP_HEADER_LEN_MAX + IPV4_HEADER_LEN)

#define CLONE_LEN 256u

/* Appends the first len bytes of data. */
static bool
copy_payload(struct skb *skb, const struct skb *data, uint32_t len)
{
	uint32_t piece = min_of(len, (uint32_t)skb_linear_len(data));

	if (!skb_copy_in(skb, data->data, piece))
		return false;
	len -= piece;
	for (const struct skb *seg = data->seg; len > 0; seg = seg->next) {
		piece = min_of(len, seg->len);
		if (!skb_copy_in(skb, seg->data, piece))
			return false;
		len -= piece;
	}
	return true;
}

/* In a new packet, which may be larger than one buffer. */
static struct skb *
payload_copy(struct net *net, const struct skb *data, uint32_t len)
{
	struct skb *skb = skb_alloc(&net_this_core(net)->skb_pool);

	if (unlikely(!skb)) {
		net->tcp.stats.tcp_out_nomem++;
		return NULL;
	}
	skb_reserve(skb, SEGMENT_HEADROOM);
	if (len == 0)
		return skb;
	if (likely(!data->seg && len <= skb_tailroom(skb))) {
		memcpy(skb_put(skb, len), data->data, len);
		return skb;
	}
	if (copy_payload(skb, data, len))
		return skb;
	net->tcp.stats.tcp_out_nomem++;
	skb_drop(skb, DROP_NOMEM);
	return NULL;
}

/* data's first len bytes as a packet of their own; NULL: no memory. A large
 * buffer is sent as it lies in the queue, seen a second time, while nobody else
 * sees it; from a small one it is cheaper to copy. */
static inline struct skb *
payload_skb(struct net *net, struct skb *data, uint32_t len)
{
	struct skb *skb;

	if (len >= CLONE_LEN && len == data->len) {
		skb = skb_clone_for_headers(data, TCP_SEND_HEADROOM);
		if (likely(skb != NULL))
			return skb;
	}
	return payload_copy(net, data, len);
}

/* The header is in place but for its checksum. */
static inline void
output(struct net *net, struct skb *skb, const struct ipv4_out *how)
{
	uint32_t sum = checksum_pseudo(how->src, how->dst, IPPROTO_TCP,
				       (uint16_t)skb->len);

	sum = skb_checksum(skb, 0, skb->len, sum);
	((struct wire_tcp *)skb->data)->checksum =
		be16_from(checksum_fold(sum));
	net->tcp.stats.out_segs++;
	ipv4_output(net, skb, how);
}

bool
tcp_emit_segment(struct net *net, struct tcp *h, struct skb *data, uint32_t len,
		 const struct ipv4_out *how)
{
	struct skb *skb = payload_skb(net, data, len);

	if (!skb)
		return false;
	h->header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(h));
	h->checksum = 0;
	tcp_emit(h, skb_push(skb, h->header_len));
	if (h->flags & TCP_RST)
		net->tcp.stats.out_rsts++;
	output(net, skb, how);
	return true;
}

/* ---- of a connection --------------------------------------------------- */

static void
add_syn_options(const struct tcp_sock *ts, struct tcp *h)
{
	h->have |= TCP_HAVE_MSS;
	h->mss = ts->advmss;
	if (ts->flags & SOCK_SACK)
		h->have |= TCP_HAVE_SACKOK;
	if (ts->flags & SOCK_WSCALE) {
		h->have |= TCP_HAVE_WSCALE;
		h->wscale = ts->rcv_wscale;
	}
}

/* The D-SACK first [RFC2883 4], then the newest blocks, as many as fit. */
static void
add_sack(struct tcp_sock *ts, struct tcp *h, uint32_t len)
{
	uint32_t room = TCP_HEADER_LEN_MAX - TCP_HEADER_LEN -
			tcp_options_len(h),
		 blocks;

	if (len > 0) /* no more than the path takes */
		room = min_of(room, ts->mss > len ? ts->mss - len : 0u);
	blocks = room >= 12 ? (room - 4) / 8 : 0;
	blocks = min_of(blocks, TCP_SACK_MAX);
	if (blocks && (ts->flags & SOCK_DSACK)) {
		h->sack[h->sack_count++] = ts->dsack;
		ts->flags &= ~SOCK_DSACK;
	}
	for (unsigned int i = 0; i < ts->sack_count && h->sack_count < blocks;
	     i++)
		h->sack[h->sack_count++] = ts->sack[i];
}

static void
add_options(struct tcp_sock *ts, struct tcp *h, uint32_t len)
{
	if (ts->flags & SOCK_TS) {
		h->have |= TCP_HAVE_TS;
		h->tsval = tcp_clock(ts->sock->net) + ts->ts_offset;
		h->tsecr = h->flags & TCP_ACK ? ts->ts_recent : 0;
	}
	if (h->flags & TCP_SYN)
		add_syn_options(ts, h);
	else if ((ts->flags & SOCK_SACK) &&
		 (ts->sack_count || (ts->flags & SOCK_DSACK)))
		add_sack(ts, h, len);
}

/* [RFC3168 6.1.2, 6.1.3, 6.1.5]: ECT on new data only. */
static uint8_t
add_ecn(struct tcp_sock *ts, struct tcp *h, uint32_t len, bool again)
{
	uint8_t tos = ts->sock->tos & (uint8_t)~3u;

	if (!(ts->flags & SOCK_ECN) || (h->flags & TCP_SYN))
		return tos;
	if (ts->flags & SOCK_ECE_SEND)
		h->flags |= TCP_ECE;
	if (len == 0 || again)
		return tos;
	if (ts->flags & SOCK_CWR_SEND) {
		ts->flags &= ~SOCK_CWR_SEND;
		h->flags |= TCP_CWR;
	}
	return tos | 2; /* ECT(0) */
}

static void
add_urgent(const struct tcp_sock *ts, struct tcp *h)
{
	if (!(ts->flags & SOCK_URG_SEND) || !seq_lt(h->seq, ts->snd_up))
		return;
	/* To the byte after the urgent data. [RFC9293 3.8.5 MUST-62] */
	h->flags |= TCP_URG;
	h->urgent = (uint16_t)min_of(ts->snd_up - h->seq, 65535u);
}

static struct ipv4_out
way_of(const struct tcp_sock *ts)
{
	return (struct ipv4_out){
		.src = ts->sock->local.addr,
		.dst = ts->sock->remote.addr,
		.proto = IPPROTO_TCP,
		.tos = ts->sock->tos & (uint8_t)~3u,
		.ttl = ts->sock->ttl,
		.dont_fragment = !(ts->flags & SOCK_NO_DF),
	};
}

/* Options that not every segment has, ECN's bits, the urgent pointer. */
static __attribute__((noinline)) bool
send_with_extras(struct tcp_sock *ts, uint32_t seq, struct skb *data,
		 uint32_t len, uint8_t flags, bool again)
{
	/* In a SYN it is not scaled. [RFC7323 2.2] */
	uint16_t window = flags & TCP_SYN
				  ? (uint16_t)min_of(ts->rcv_wnd, 65535u)
				  : tcp_select_window(ts);
	struct ipv4_out how = way_of(ts);
	struct tcp h = {
		.sport = ts->sock->local.port,
		.dport = ts->sock->remote.port,
		.seq = seq,
		.ack = flags & TCP_ACK ? ts->rcv_nxt : 0,
		.flags = flags,
		.window = window,
	};

	add_options(ts, &h, len);
	add_urgent(ts, &h);
	how.tos = add_ecn(ts, &h, len, again);
	return tcp_emit_segment(ts->sock->net, &h, data, len, &how);
}

static inline bool
has_extras(const struct tcp_sock *ts, uint8_t flags)
{
	const uint64_t extras =
		SOCK_DSACK | SOCK_ECN | SOCK_URG_SEND | SOCK_NO_DF;

	return (flags & TCP_SYN) | ts->sack_count || (ts->flags & extras);
}

/* ---- the way that the last one took ------------------------------------ */

static __attribute__((noinline)) void
find_way(struct tcp_sock *ts, uint16_t key)
{
	const struct ipv4_out how = way_of(ts);

	ipv4_way_find(ts->sock->net, &how, key, &ts->way);
	ts->ports = tcp_ports(ts->sock->local.port, ts->sock->remote.port);
}

/* Can a segment of len bytes take it? */
static inline bool
way_holds(struct tcp_sock *ts, const struct net *net, uint32_t len)
{
	const struct sock *sock = ts->sock;
	uint16_t key;

	/* TOS and TTL: their owner may have changed them. */
	_Static_assert(offsetof(struct sock, ttl) ==
			       offsetof(struct sock, tos) + 1,
		       "one load");
	__builtin_memcpy(&key, &sock->tos, sizeof(key));
	if (!ipv4_way_is_new(net, &ts->way, key))
		find_way(ts, key);
	return ipv4_way_holds(net, &ts->way) &&
	       IPV4_HEADER_LEN + len <= ts->way.mtu;
}

/* Nothing but, perhaps, the timestamps. */
static inline void
emit_plain(const struct tcp_sock *ts, uint8_t *at, uint32_t seq, uint8_t flags,
	   uint16_t window, uint8_t header_len)
{
	bool acks = flags & TCP_ACK;

	tcp_emit_plain(at, ts->ports, seq, acks ? ts->rcv_nxt : 0, header_len,
		       flags, window);
	if (header_len > TCP_HEADER_LEN)
		tcp_emit_timestamps(at + TCP_HEADER_LEN,
				    tcp_clock(ts->sock->net) + ts->ts_offset,
				    acks ? ts->ts_recent : 0);
}

/* There is no way that is kept, or skb does not fit it. */
static __attribute__((noinline)) void
output_plain(struct tcp_sock *ts, struct skb *skb, uint32_t seq, uint8_t flags,
	     uint8_t header_len)
{
	const struct ipv4_out how = way_of(ts);
	uint8_t *at = skb_push(skb, header_len);

	emit_plain(ts, at, seq, flags, tcp_select_window(ts), header_len);
	output(ts->sock->net, skb, &how);
}

static inline bool
send_plain(struct tcp_sock *ts, uint32_t seq, struct skb *data, uint32_t len,
	   uint8_t flags)
{
	uint8_t *at, header_len = TCP_HEADER_LEN;
	struct net *net = ts->sock->net;
	struct skb *skb = payload_skb(net, data, len);
	uint32_t sum;

	if (unlikely(!skb))
		return false;
	if (ts->flags & SOCK_TS)
		header_len += TCP_TIMESTAMPS_LEN;
	len += header_len;
	if (unlikely(!way_holds(ts, net, len) || skb->seg)) {
		output_plain(ts, skb, seq, flags, header_len);
		return true;
	}
	at = ipv4_way_push(skb, header_len);
	emit_plain(ts, at, seq, flags, tcp_select_window(ts), header_len);
	sum = checksum_add_value(ts->way.pseudo_sum, len);
	if (len == TCP_HEADER_LEN)
		sum = checksum_join(sum, checksum_20(at));
	else
		sum = checksum_add(sum, at, len);
	((struct wire_tcp *)at)->checksum = be16_from(checksum_fold(sum));
	net->tcp.stats.out_segs++;
	ipv4_way_output(net, skb, &ts->way, len);
	return true;
}

bool
tcp_send_segment(struct tcp_sock *ts, uint32_t seq, struct skb *data,
		 uint32_t len, uint8_t flags, bool again)
{
	struct net *net = ts->sock->net;

	if (unlikely(has_extras(ts, flags))
		    ? !send_with_extras(ts, seq, data, len, flags, again)
		    : !send_plain(ts, seq, data, len, flags))
		return false;
	ts->segs_out++;
	ts->tx_bytes += len;
	if (unlikely(again)) {
		net->tcp.stats.retrans_segs++;
		ts->bytes_retrans += len;
	}
	if (len > 0)
		ts->last_send_ns = net->now_ns;
	if (likely(flags & TCP_ACK)) {
		ts->last_ack_sent = ts->rcv_nxt;
		ts->flags &= ~(SOCK_ACK_NOW | SOCK_ACK_LATER);
		ts->delack_ns = 0;
	}
	return true;
}

bool
tcp_send_ack(struct tcp_sock *ts)
{
	return tcp_send_segment(ts, ts->snd_nxt, NULL, 0, TCP_ACK, false);
}

/* The SYN of SYN-SENT, the SYN-ACK of SYN-RECEIVED, whatever its origin.
 * [RFC3168 6.1.1]: both bits ask, ECE alone agrees; a repeated SYN does not ask
 * again, lest somebody on the way dislikes it. */
void
tcp_send_syn(struct tcp_sock *ts)
{
	bool again = ts->retries > 0;
	uint8_t flags = TCP_SYN;

	if (ts->state == TCP_SYN_RECEIVED) {
		flags |= TCP_ACK;
		if (ts->flags & SOCK_ECN)
			flags |= TCP_ECE;
	} else if ((ts->flags & SOCK_ECN) && !again) {
		flags |= TCP_ECE | TCP_CWR;
	}
	tcp_send_segment(ts, ts->iss, NULL, 0, flags, again);
}

/* Old and empty, so that an answer is due. [RFC9293 3.8.4, 3.8.6.1] */
void
tcp_send_probe(struct tcp_sock *ts)
{
	tcp_send_segment(ts, ts->snd_una - 1, NULL, 0, TCP_ACK, false);
}

void
tcp_send_rst(struct tcp_sock *ts)
{
	struct ipv4_out how = way_of(ts);
	struct tcp h = {
		.sport = ts->sock->local.port,
		.dport = ts->sock->remote.port,
		.seq = ts->snd_nxt,
		.ack = ts->rcv_nxt,
		.flags = TCP_RST | TCP_ACK,
	};

	/* Nobody there knows of us yet, or nobody any more. */
	if (ts->state == TCP_SYN_SENT || ts->state == TCP_CLOSED ||
	    ts->state == TCP_LISTEN)
		return;
	tcp_emit_segment(ts->sock->net, &h, NULL, 0, &how);
}

/* ---- answers that strangers may provoke -------------------------------- */

/* A connection answers one of them each tcp_invalid_ratelimit: what one peer
 * provokes cannot be seen by another. [RFC5961 7] */
static bool
may_answer(struct tcp_sock *ts)
{
	uint64_t limit_ns =
		table_of(ts)->param.tcp_invalid_ratelimit * 1000000ull;
	uint64_t now_ns = now_of(ts);

	if (ts->challenge_ns && now_ns - ts->challenge_ns < limit_ns)
		return false;
	ts->challenge_ns = now_ns;
	return true;
}

/* What all of them together may take in a second: a random part of the
 * limit, so that nobody counts by it. */
static bool
within_budget(struct tcp_sock *ts)
{
	struct tcp_table *tcp = table_of(ts);
	uint32_t limit = tcp->param.tcp_challenge_ack_limit;

	if (limit == INT32_MAX)
		return true;
	if (now_of(ts) - tcp->challenge_ns >= 1000000000ull) {
		tcp->challenge_ns = now_of(ts);
		tcp->challenge_left =
			limit / 2 +
			random_below(&ts->sock->net->random, limit + 1);
	}
	if (!tcp->challenge_left)
		return false;
	tcp->challenge_left--;
	return true;
}

void
tcp_challenge(struct tcp_sock *ts)
{
	if (!may_answer(ts) || !within_budget(ts))
		return;
	table_of(ts)->stats.tcp_challenge_ack++;
	tcp_send_ack(ts);
}

void
tcp_send_ack_limited(struct tcp_sock *ts)
{
	if (may_answer(ts))
		tcp_send_ack(ts);
}

void
tcp_reply_rst(const struct skb *skb, const struct ipv4 *ip, const struct tcp *h,
	      uint32_t len)
{
	struct net *net = skb->dev->net;
	const struct ipv4_out how = {
		.src = ip->dst,
		.dst = ip->src,
		.proto = IPPROTO_TCP,
		.dont_fragment = true,
	};
	struct tcp rst = { .sport = h->dport, .dport = h->sport };

	if (h->flags & TCP_RST)
		return;
	if (h->flags & TCP_ACK) {
		rst.seq = h->ack;
		rst.flags = TCP_RST;
	} else {
		rst.ack = h->seq + len + !!(h->flags & TCP_SYN) +
			  !!(h->flags & TCP_FIN);
		rst.flags = TCP_RST | TCP_ACK;
	}
	explain_note(net, TCP_RST);
	explain_enter(net->explain);
	tcp_emit_segment(net, &rst, NULL, 0, &how);
	explain_leave(net->explain);
}
