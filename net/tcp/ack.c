/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACK field: is it one that can be meant for us, what does it acknowledge,
 * how long did that take, and how much more may be sent. Frees what arrived.
 * [RFC9293 3.10.7.4, fifth] [RFC5961 5] [RFC6298] [RFC7323 4]
 */

#include "net/tcp/ack.h"

/* ---- what arrived ------------------------------------------------------ */

/* skb, the first, has arrived up to ack. */
static void
free_first(struct tcp_sock *ts, struct skb *skb)
{
	uint32_t count = seg_buffers(skb);
	uint8_t flags = seg_of(skb)->flags;

	if (flags & SEG_SACKED) {
		ts->sacked_len -= skb->len;
		ts->sacked_count--;
	}
	if (flags & SEG_LOST)
		ts->lost_len -= skb->len;
	if (flags & SEG_REXMIT)
		ts->rexmit_len -= skb->len;
	ts->first = skb->next;
	if (!ts->first)
		ts->last = NULL;
	ts->send_len -= skb->len;
	tcp_hold_to_send(ts, -count);
	skb_consume(skb);
}

/* Only the beginning of skb has arrived. */
static void
advance_first(struct tcp_sock *ts, struct skb *skb, uint32_t len,
	      struct tcp_acked *acked)
{
	uint32_t before = seg_buffers(skb), freed;
	struct tcp_seg *seg = seg_of(skb);

	if (seg->flags & SEG_SACKED)
		ts->sacked_len -= len;
	else
		acked->delivered += len;
	if (seg->flags & SEG_LOST)
		ts->lost_len -= len;
	if (seg->flags & SEG_REXMIT)
		ts->rexmit_len -= len;
	skb_advance(skb, len);
	seg->seq += len;
	freed = before - seg_buffers(skb);
	ts->send_len -= len;
	tcp_hold_to_send(ts, -freed);
}

static void
clean_queue(struct tcp_sock *ts, uint32_t ack, struct tcp_acked *acked)
{
	struct skb *skb;

	while ((skb = ts->first) && skb != ts->send_head) {
		if (seq_lt(ack, seg_end(skb))) {
			if (seq_lt(seg_of(skb)->seq, ack))
				advance_first(ts, skb, ack - seg_of(skb)->seq,
					      acked);
			return;
		}
		if (!(seg_of(skb)->flags & SEG_SACKED))
			tcp_seg_delivered(ts, skb, acked);
		free_first(ts, skb);
	}
}

/* The application waits for room, and there is some worth telling. */
static void
tell_writable(struct tcp_sock *ts)
{
	if (!(ts->flags & SOCK_WANT_ROOM) || ts->send_len > ts->sndbuf * 2 / 3)
		return;
	ts->flags &= ~SOCK_WANT_ROOM;
	tcp_event(ts, EVENT_WRITABLE);
}

/* Twice what is in flight keeps the flight going: the buffer grows with the
 * window, up to tcp_wmem[2]. */
void
tcp_grow_sndbuf(struct tcp_sock *ts)
{
	uint32_t most = table_of(ts)->param.tcp_wmem[2];

	if (2 * ts->cwnd > ts->sndbuf && !(ts->flags & SOCK_SNDBUF_SET) &&
	    ts->cwnd < most / 2)
		ts->sndbuf = 2 * ts->cwnd;
}

/* ---- round-trip time --------------------------------------------------- */

/* [RFC7323 4.1] */
void
tcp_rtt_by_timestamp(struct tcp_sock *ts, const struct tcp *h,
		     uint64_t since_ns)
{
	uint32_t ticks, most = 1u << 20;

	if (since_ns)
		most = (uint32_t)min_of((now_of(ts) - since_ns) / 1000000 + 2,
					(uint64_t)most);

	if (!(ts->flags & SOCK_TS) || !(h->have & TCP_HAVE_TS) || !h->tsecr)
		return;
	ticks = tcp_clock(ts->sock->net) + ts->ts_offset - h->tsecr;
	if (ticks < most)
		tcp_rtt_sample(ts, max_of(ticks, 1u) * 1000ull);
}

/* Karn: what was repeated says nothing, unless timestamps tell which one it
 * was. [RFC6298 3] [RFC7323 4.1] */
static void
take_rtt(struct tcp_sock *ts, const struct tcp *h, struct tcp_acked *acked)
{
	if (acked->rtt_us && !acked->rexmit_acked)
		return tcp_rtt_sample(ts, acked->rtt_us);
	/* A duplicate that we caused draws an ACK with the echo of what came
	 * first: the time between is ours, not the path's. */
	if (acked->acked && !acked->dsack)
		tcp_rtt_by_timestamp(ts, h, 0);
}

/* The handshake's. An answer to a SYN that was repeated since may have waited
 * for its own repetition. */
void
tcp_rtt_of_syn(struct tcp_sock *ts, const struct tcp *h)
{
	if (!ts->stall_ns)
		return;
	if (!(ts->flags & SOCK_SYN_LOST)) /* Karn */
		tcp_rtt_sample(ts, (now_of(ts) - ts->stall_ns) / 1000);
	else if (ts->rtx == RTX_RTO)
		tcp_rtt_by_timestamp(ts, h, ts->rtx_ns - tcp_backed_off_ns(ts));
}

/* ---- the field --------------------------------------------------------- */

/* How often the neighbour on the way is told that it works. */
#define CONFIRM_INTERVAL_NS 500000000ull

/* The peer has what we sent. [RFC1122 2.3.2.1 (4)] */
static void
confirm_way(struct tcp_sock *ts)
{
	const struct sock *sock = ts->sock;
	const struct ipv4_out how = {
		.src = sock->local.addr,
		.dst = sock->remote.addr,
		.proto = IPPROTO_TCP,
		.tos = sock->tos & (uint8_t)~3u,
	};

	ts->confirmed_ns = now_of(ts);
	ipv4_confirm(sock->net, &how, sock->local.port, sock->remote.port);
}

/* Once in a round trip. Who had nothing more to send shows the path's rate only
 * if it was higher than before. */
static void
take_rate(struct tcp_sock *ts, bool outstanding)
{
	uint64_t ns = now_of(ts) - ts->rate_ns, rate;

	if (ns < 1000ull * max_of(ts->srtt_us, 1000u))
		return;
	rate = (uint64_t)(ts->snd_una - ts->rate_seq) * 1000000 / (ns / 1000);
	if (outstanding || rate > ts->delivery_rate)
		ts->delivery_rate = rate;
	ts->rate_ns = now_of(ts);
	ts->rate_seq = ts->snd_una;
}

/* snd_una moved: the timer begins anew, without the backoff. [RFC6298 5.3,
 * 5.7] */
static void
forward(struct tcp_sock *ts)
{
	bool outstanding = ts->snd_una != ts->snd_nxt;

	ts->retries = 0;
	ts->backoff = 0;
	ts->stall_ns = outstanding ? now_of(ts) : 0;
	ts->soft_error = OK;
	take_rate(ts, outstanding);
	if (now_of(ts) - ts->confirmed_ns >= CONFIRM_INTERVAL_NS)
		confirm_way(ts);
	if (!outstanding)
		ts->flags &= ~SOCK_FIN_LOST;
	if ((ts->flags & SOCK_URG_SEND) && seq_le(ts->snd_up, ts->snd_una))
		ts->flags &= ~SOCK_URG_SEND;
	if (ts->rtx != RTX_REORDER) {
		ts->rtx = RTX_NONE;
		ts->rtx_ns = 0;
	}
	if (unlikely(ts->probe_size))
		tcp_probe_acked(ts);
	tcp_grow_sndbuf(ts);
	tell_writable(ts);
}

/* Not inline: what acknowledges nothing should not pay for it. */
static __attribute__((noinline)) enum drop
take_ack(struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	struct tcp_acked acked = {
		.h = h,
		.prior_una = ts->snd_una,
		.prior_pipe = tcp_pipe(ts),
	};
	uint32_t wnd = (uint32_t)h->window << ts->snd_wscale, cwnd;

	if (seq_lt(ts->snd_nxt, h->ack)) {
		tcp_send_ack_limited(ts);
		return DROP_TCP_ACK_UNSENT;
	}
	if (seq_lt(h->ack, ts->snd_una - ts->max_snd_wnd)) {
		tcp_challenge(ts); /* [RFC5961 5.2] */
		return DROP_TCP_TOO_OLD_ACK;
	}
	if (ts->rtx == RTX_PERSIST)
		ts->retries = 0; /* it is alive [RFC9293 MUST-37] */
	if (seq_lt(h->ack, ts->snd_una))
		return DROP_NONE; /* a duplicate; its text may be new */
	/* [RFC5681 2] */
	acked.duplicate = h->ack == ts->snd_una && len == 0 &&
			  !(h->flags & TCP_FIN) && wnd == ts->snd_wnd &&
			  ts->snd_una != ts->snd_nxt;
	tcp_update_window(ts, h);
	if (h->sack_count && (ts->flags & SOCK_SACK))
		tcp_sack_input(ts, &acked);
	acked.acked = h->ack - ts->snd_una;
	if (acked.acked) {
		clean_queue(ts, h->ack, &acked);
		ts->snd_una = h->ack;
		forward(ts);
	}
	take_rtt(ts, h, &acked);
	cwnd = ts->cwnd;
	tcp_loss_input(ts, &acked);
	tcp_note(ts, TCP_TRACE_CWND, cwnd, ts->cwnd);
	tcp_mark(ts); /* tcp_output() sets the timer */
	return DROP_NONE;
}

/* ---- what nearly every ACK is ------------------------------------------- */

/*
 * It acknowledges something that was sent, all of which is in flight once and
 * in order, and no recovery, probe or timeout is going on. Of take_ack() is
 * left what follows, since the rest would do nothing.
 */
static inline bool
is_calm(const struct tcp_sock *ts, const struct tcp *h)
{
	const uint64_t mind = SOCK_TLP_OUT | SOCK_FRTO_AGAIN | SOCK_FRTO_NEW |
			      SOCK_URG_SEND | SOCK_FIN_LOST;

	return h->ack - ts->snd_una - 1 < ts->snd_nxt - ts->snd_una &&
	       !(ts->flags & mind) &&
	       ((ts->flags & SOCK_SACK) || !ts->dupacks) &&
	       !(ts->sacked_len | ts->lost_len | ts->rexmit_len) &&
	       !h->sack_count && ts->ca == CA_OPEN && ts->rtx < RTX_REORDER &&
	       !ts->probe_size &&
	       (seq_le(ts->rack_fack, ts->snd_una) || !ts->rack_ns);
}

rare static void
part_arrived(struct tcp_sock *ts, const struct tcp *h)
{
	struct tcp_acked acked = { .h = h };

	advance_first(ts, ts->first, h->ack - seg_of(ts->first)->seq, &acked);
}

/*
 * Frees what has arrived. When the first of it left, if nothing of it was sent
 * twice, else 0: that takes the longest, since it includes the peer's delay
 * [RFC6298 3]. The last of it is news for RACK.
 */
static inline uint64_t
clean_calmly(struct tcp_sock *ts, const struct tcp *h)
{
	uint64_t first_ns = UINT64_MAX, sent_ns = 0;
	uint32_t end, count = 0, len = 0;
	struct skb *skb = ts->first, *next;

	for (; skb && skb != ts->send_head; skb = next) {
		const struct tcp_seg *seg = seg_of(skb);

		end = seg->seq + skb->len;
		if (seq_lt(h->ack, end))
			break;
		ts->rack_fack = end;
		sent_ns = seg->sent_ns;
		/* None should be: rexmit_len says so. Karn's rule holds. */
		first_ns = seg->sends > 1 ? 0 : min_of(first_ns, sent_ns);
		next = skb->next;
		count += likely(!skb->seg) ? 1 : seg_buffers(skb);
		len += skb->len;
		skb_consume(skb);
	}
	ts->first = skb;
	if (!skb)
		ts->last = NULL;
	ts->send_len -= len;
	tcp_hold_to_send(ts, -count);
	if (unlikely(!count))
		return 0;
	if (likely(first_ns))
		tcp_rack_update(ts, sent_ns, ts->rack_fack,
				(now_of(ts) - sent_ns) / 1000);
	return first_ns;
}

/* Not inline: what acknowledges nothing should not pay for it. */
static __attribute__((noinline)) void
take_calm_ack(struct tcp_sock *ts, const struct tcp *h)
{
	uint32_t pipe = tcp_pipe(ts), len = h->ack - ts->snd_una;
	uint32_t cwnd = ts->cwnd, rtt_us = 0;
	uint64_t first_ns;

	tcp_update_window(ts, h);
	first_ns = clean_calmly(ts, h);
	if (ts->first && seq_lt(seg_of(ts->first)->seq, h->ack))
		part_arrived(ts, h);
	ts->snd_una = h->ack;
	forward(ts);
	if (likely(first_ns)) {
		rtt_us = (uint32_t)max_of((now_of(ts) - first_ns) / 1000, 1u);
		tcp_rtt_sample(ts, rtt_us);
	} else {
		tcp_rtt_by_timestamp(ts, h, 0);
	}
	tcp_cwnd_grow(ts, len, pipe, rtt_us);
	tcp_note(ts, TCP_TRACE_CWND, cwnd, ts->cwnd);
	tcp_mark(ts); /* tcp_output() sets the timer */
}

/* An ACK that acknowledges nothing, or strangely, goes the long way. */
enum drop
tcp_take_ack(struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	if (unlikely(!is_calm(ts, h)))
		return take_ack(ts, h, len);
	take_calm_ack(ts, h);
	return DROP_NONE;
}
