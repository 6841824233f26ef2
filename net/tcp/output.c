/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What to send now: what was lost, then what is new, then the FIN, then an ACK
 * if nothing carried it; as much as the peer's window, the congestion window,
 * Nagle and the silly-window rules allow. The send queue is one list of skbs in
 * the order of their sequence numbers: in flight from first on, unsent from
 * send_head on. [RFC9293 3.7.4, 3.8.6.2.1] [RFC5681] [RFC6675 5]
 */

#include "net/tcp/internal.h"

/* ---- the queue --------------------------------------------------------- */

/* A small piece goes into the last buffer while that is unsent. */
static bool
coalesce(struct tcp_sock *ts, struct skb *skb)
{
	struct skb *last = ts->last;

	if (!ts->send_head || skb->seg || skb_shared(last) ||
	    skb->len > skb_tailroom(last) ||
	    last->len + skb->len > tcp_fill_len(ts))
		return false;
	memcpy(skb_put(last, skb->len), skb->data, skb->len);
	return true;
}

/* Bytes that the last buffer takes while it is unsent: small writes become
 * full segments. [RFC9293 3.9.1.2 SHLD-28] */
uint32_t
tcp_queue_top_up(struct tcp_sock *ts, const void *bytes, size_t len)
{
	struct skb *last = ts->last;
	uint32_t full = tcp_fill_len(ts), room;

	if (!ts->send_head || skb_shared(last) || last->seg ||
	    last->len >= full)
		return 0;
	room = min_of(full - last->len, (uint32_t)skb_tailroom(last));
	room = (uint32_t)min_of(len, (size_t)room);
	memcpy(skb_put(last, room), bytes, room);
	ts->snd_end += room;
	ts->send_len += room;
	return room;
}

void
tcp_queue_append(struct tcp_sock *ts, struct skb *skb)
{
	uint32_t count = seg_buffers(skb);
	uint32_t len = skb->len;

	if (coalesce(ts, skb)) {
		skb_consume(skb);
	} else {
		*seg_of(skb) = (struct tcp_seg){ .seq = ts->snd_end };
		skb->next = NULL;
		if (ts->last && ts->first)
			ts->last->next = skb;
		else
			ts->first = skb;
		ts->last = skb;
		if (!ts->send_head)
			ts->send_head = skb;
		tcp_hold_to_send(ts, count);
	}
	ts->snd_end += len;
	ts->send_len += len;
}

/* skb keeps len bytes, the rest follows it in a buffer of its own. */
bool
tcp_queue_split(struct tcp_sock *ts, struct skb *skb, uint32_t len)
{
	struct skb *rest = skb_copy(skb);
	uint32_t before = seg_buffers(skb), after;

	if (!rest)
		return false;
	skb_advance(rest, len);
	memcpy(rest->cb, skb->cb, sizeof(rest->cb));
	seg_of(rest)->seq += len;
	skb_trim(skb, len);
	rest->next = skb->next;
	skb->next = rest;
	if (ts->last == skb)
		ts->last = rest;
	after = seg_buffers(skb) + seg_buffers(rest);
	tcp_hold_to_send(ts, after - before);
	return true;
}

void
tcp_purge_send(struct tcp_sock *ts)
{
	struct skb *skb;

	while ((skb = ts->first)) {
		ts->first = skb->next;
		skb_drop(skb, DROP_TCP_CLOSED);
	}
	tcp_hold_to_send(ts, -ts->send_count);
	ts->last = ts->send_head = NULL;
	ts->send_len = 0;
	ts->sacked_len = ts->lost_len = ts->rexmit_len = ts->sacked_count = 0;
}

/* ---- again ------------------------------------------------------------- */

/* Does our FIN follow these bytes directly, and was it sent before? */
static uint8_t
fin_after(const struct tcp_sock *ts, uint32_t end)
{
	return (ts->flags & SOCK_FIN_SENT) && end == ts->snd_end ? TCP_FIN : 0;
}

/* Repeats a queued segment; false if there was no memory for it. */
static bool
send_again(struct tcp_sock *ts, struct skb *skb)
{
	struct tcp_seg *seg = seg_of(skb);
	uint8_t flags = TCP_ACK;

	/* The path may have become narrower. [RFC1191 6.3] */
	if (skb->len > ts->mss && !tcp_queue_split(ts, skb, ts->mss))
		return false;
	flags |= fin_after(ts, seg_end(skb));
	if (skb->next == NULL)
		flags |= TCP_PSH;
	if (!tcp_send_segment(ts, seg->seq, skb, skb->len, flags, true))
		return false;
	if (flags & TCP_FIN)
		ts->flags &= ~SOCK_FIN_LOST;
	if (!(seg->flags & SEG_REXMIT)) {
		seg->flags |= SEG_REXMIT;
		ts->rexmit_len += skb->len;
	}
	seg->sent_ns = now_of(ts);
	if (seg->sends < UINT8_MAX)
		seg->sends++;
	ts->prr_out += skb->len;
	return true;
}

static void
send_lost(struct tcp_sock *ts)
{
	uint32_t edge = ts->snd_una + ts->snd_wnd;

	for (struct skb *skb = ts->first;
	     ts->lost_len && skb && skb != ts->send_head; skb = skb->next) {
		uint8_t flags = seg_of(skb)->flags;
		uint32_t len = min_of(skb->len, (uint32_t)ts->mss);
		uint32_t pipe = tcp_pipe(ts);

		if (!(flags & SEG_LOST) || (flags & SEG_REXMIT))
			continue;
		if (pipe && pipe + len > ts->cwnd)
			return;
		/* Beyond a window that shrank, nothing is repeated. [RFC9293
		 * 3.8.6 SHLD-16, SHLD-17] */
		if (seq_lt(edge, seg_of(skb)->seq + len) && skb != ts->first)
			return;
		if (ts->snd_wnd == 0 || !send_again(ts, skb))
			return;
	}
}

/* ---- new --------------------------------------------------------------- */

/*
 * How much of the first unsent buffer may go now; 0: nothing. usable is U, what
 * the peer's window leaves. [RFC9293 3.8.6.2.1] and Nagle [RFC9293 3.7.4].
 */
static uint32_t
sendable(const struct tcp_sock *ts, const struct skb *skb, uint32_t usable)
{
	uint32_t len = min_of(skb->len, (uint32_t)ts->mss);
	bool more = skb->next || skb->len > len;
	bool idle = ts->snd_nxt == ts->snd_una;
	bool eager = idle || (ts->flags & SOCK_NODELAY);

	if (len > usable)
		return usable && eager && usable >= ts->max_snd_wnd / 2 ? usable
									: 0;
	if (len == ts->mss || more || (ts->flags & SOCK_FIN_QUEUED))
		return len;
	if ((ts->flags & SOCK_FLUSH) && seq_lt(ts->snd_nxt, ts->flush_seq))
		return len;
	if ((ts->flags & SOCK_CORK) || !eager)
		return 0;
	return len;
}

static uint32_t
usable_window(const struct tcp_sock *ts)
{
	uint32_t edge = ts->snd_una + ts->snd_wnd;

	return seq_lt(ts->snd_nxt, edge) ? edge - ts->snd_nxt : 0;
}

/* Sends len bytes of the first unsent buffer. */
bool
tcp_send_head(struct tcp_sock *ts, uint32_t len)
{
	struct skb *skb = ts->send_head;
	struct tcp_seg *seg = seg_of(skb);
	uint8_t flags = TCP_ACK;

	if (skb->len > len && !tcp_queue_split(ts, skb, len))
		return false;
	/* The last of what is queued is pushed. [RFC9293 3.9.1.2 MUST-61] */
	if (!skb->next)
		flags |= TCP_PSH;
	if (!skb->next && (ts->flags & SOCK_FIN_QUEUED) &&
	    usable_window(ts) > len)
		flags |= TCP_FIN;
	if (!tcp_send_segment(ts, seg->seq, skb, len, flags, false))
		return false;
	if (ts->snd_nxt == ts->snd_una) {
		ts->stall_ns = ts->rate_ns = now_of(ts);
		ts->rate_seq = ts->snd_una;
	}
	seg->sent_ns = now_of(ts);
	seg->sends = 1;
	ts->send_head = skb->next;
	ts->snd_nxt += len;
	ts->prr_out += len;
	if (flags & TCP_FIN) {
		ts->flags |= SOCK_FIN_SENT;
		ts->snd_nxt++;
	}
	return true;
}

/*
 * A window that opens at once, after a recovery or an update, must not leave at
 * once: it would overflow the queue that it waits in. Beyond 64 KiB, segments
 * are a share of the round trip apart, so that a window takes half of one in
 * slow start and five sixths later. Short round trips have no such queues. In
 * ns; 0: not paced.
 */
#define PACE_RTT_MIN_US 5000u
#define PACE_BURST_LEN	65536u
#define PACE_AT_ONCE	4u /* segments a timer is worth */

/* In which a window leaves. */
static uint64_t
window_ns(const struct tcp_sock *ts)
{
	uint64_t rtt_ns = ts->srtt_us * 1000ull;

	return ts->cwnd < ts->ssthresh / 2 ? rtt_ns / 2 : rtt_ns * 5 / 6;
}

uint64_t
tcp_pacing_rate(const struct tcp_sock *ts)
{
	uint64_t ns = window_ns(ts);

	return ns ? ts->cwnd * 1000000000ull / ns : 0;
}

static uint64_t
pace_ns_of(const struct tcp_sock *ts)
{
	if (ts->srtt_us < PACE_RTT_MIN_US || ts->cwnd <= PACE_BURST_LEN)
		return 0;
	return window_ns(ts) * ts->mss / ts->cwnd;
}

/* May another segment go? Else the timer is set. */
static bool
pace_allows(struct tcp_sock *ts, uint64_t step_ns)
{
	uint64_t burst_ns = PACE_BURST_LEN / ts->mss * step_ns;

	if (!step_ns || ts->pace_ns <= now_of(ts) + burst_ns)
		return true;
	ts->pace_due_ns = ts->pace_ns - burst_ns + PACE_AT_ONCE * step_ns;
	return false;
}

/* True if something new left. */
static bool
send_new(struct tcp_sock *ts)
{
	uint64_t step_ns = pace_ns_of(ts);
	uint32_t len, pipe;
	bool sent = false;

	ts->pace_due_ns = 0;
	while (ts->send_head) {
		len = sendable(ts, ts->send_head, usable_window(ts));
		if (!len)
			break;
		pipe = tcp_pipe(ts);
		if (pipe && pipe + len > ts->cwnd) {
			ts->flags |= SOCK_CWND_FULL;
			break;
		}
		if (!pace_allows(ts, step_ns) || !tcp_send_head(ts, len))
			break;
		if (step_ns)
			ts->pace_ns = max_of(ts->pace_ns, now_of(ts)) + step_ns;
		sent = true;
	}
	if (unlikely(ts->flags & SOCK_FLUSH) &&
	    seq_le(ts->flush_seq, ts->snd_nxt))
		ts->flags &= ~SOCK_FLUSH;
	return sent;
}

static bool
send_fin(struct tcp_sock *ts)
{
	if (!(ts->flags & SOCK_FIN_QUEUED) || (ts->flags & SOCK_FIN_SENT) ||
	    ts->send_head || !usable_window(ts))
		return false;
	if (!tcp_send_segment(ts, ts->snd_end, NULL, 0, TCP_FIN | TCP_ACK,
			      false))
		return false;
	ts->flags |= SOCK_FIN_SENT;
	if (ts->snd_nxt++ == ts->snd_una)
		ts->stall_ns = now_of(ts);
	return true;
}

/* A window that was not used for an RTO says nothing of the path any more.
 * [RFC5681 4.1] */
static void
restart_after_idle(struct tcp_sock *ts)
{
	uint64_t idle_ns = now_of(ts) - ts->last_send_ns;

	if (ts->snd_nxt != ts->snd_una || idle_ns < ts->rto_us * 1000ull ||
	    !table_of(ts)->param.tcp_slow_start_after_idle)
		return;
	ts->cwnd = min_of(ts->cwnd, tcp_initial_window(ts));
	ts->cc_state.epoch_ns = 0;
}

/* ---- all of it --------------------------------------------------------- */

/* An override of Nagle and the silly-window rules, when the persist timer has
 * run out. [RFC9293 3.8.6.2.1 (4)] True if there was room for some data. */
bool
tcp_send_override(struct tcp_sock *ts)
{
	uint32_t len;

	if (!ts->send_head)
		return send_fin(ts);
	len = min_of(usable_window(ts), (uint32_t)ts->mss);
	len = min_of(len, ts->send_head->len);
	return len > 0 && tcp_send_head(ts, len);
}

/* One segment beyond the congestion window, for a tail loss probe: new data if
 * the peer takes it, else the last segment once more. [RFC8985 7.3] */
bool
tcp_send_tail(struct tcp_sock *ts)
{
	struct skb *skb = ts->first, *tail = NULL;
	uint32_t len;

	if (ts->send_head) {
		len = min_of(ts->send_head->len, (uint32_t)ts->mss);
		if (len <= usable_window(ts))
			return tcp_send_head(ts, len);
	}
	for (; skb && skb != ts->send_head; skb = skb->next)
		tail = skb;
	if (tail) {
		ts->flags |= SOCK_TLP_REXMIT;
		return send_again(ts, tail);
	}
	if (!(ts->flags & SOCK_FIN_SENT))
		return false;
	ts->flags |= SOCK_TLP_REXMIT;
	return tcp_send_segment(ts, ts->snd_end, NULL, 0, TCP_FIN | TCP_ACK,
				true);
}

/* After a timeout: the FIN alone is what is missing. */
static void
send_lost_fin(struct tcp_sock *ts)
{
	if (ts->ca != CA_LOSS || !(ts->flags & SOCK_FIN_LOST) ||
	    ts->snd_una != ts->snd_end)
		return;
	if (tcp_send_segment(ts, ts->snd_end, NULL, 0, TCP_FIN | TCP_ACK, true))
		ts->flags &= ~SOCK_FIN_LOST;
}

static inline bool
has_something(const struct tcp_sock *ts)
{
	return ts->send_head || ts->lost_len ||
	       (ts->flags & (SOCK_FIN_QUEUED | SOCK_FIN_LOST));
}

static inline bool
waits_for_nothing(const struct tcp_sock *ts)
{
	return ts->snd_una == ts->snd_nxt && !has_something(ts) &&
	       !(ts->flags & SOCK_WANT_ROOM);
}

void
tcp_output(struct tcp_sock *ts)
{
	bool sent = false;

	if (has_something(ts) && tcp_is_sending(ts)) {
		if (unlikely(ts->lost_len) && !(ts->flags & SOCK_FRTO_NEW))
			send_lost(ts);
		if (unlikely(ts->flags & SOCK_FIN_LOST))
			send_lost_fin(ts);
		if (likely(ts->send_head)) {
			restart_after_idle(ts);
			if (unlikely(ts->search_high || ts->pmtu_ns))
				tcp_raise_pmtu(ts);
		}
		sent = send_new(ts);
		if (unlikely(ts->flags & SOCK_FIN_QUEUED))
			sent |= send_fin(ts);
	}
	if (ts->state == TCP_SYN_SENT || ts->state == TCP_LISTEN)
		return;
	if (ts->flags & SOCK_ACK_NOW)
		tcp_send_ack(ts);
	/* Started when something leaves and it does not run [RFC6298 5.1]; a
	 * probe timer begins anew with each new segment [RFC8985 7.2]. */
	if (ts->rtx == RTX_NONE
		    ? !waits_for_nothing(ts)
		    : sent && ts->rtx != RTX_RTO && ts->rtx != RTX_REORDER)
		tcp_rtx_arm(ts);
}
