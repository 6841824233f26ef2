/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the peer sends: bytes in order go to the receive queue, where the
 * application takes them; bytes out of order wait, bounded in bytes by the
 * window and in buffers by a count, and are told of by SACK; when to
 * acknowledge and how much window to offer. [RFC9293 3.8.6, 3.10.7.4] [RFC2018]
 * [RFC2883] [RFC5681 4.2]
 */

#include "net/tcp/internal.h"
#include "net/tcp/window.h"

/* Segments this small are copied together, so that memory follows bytes. */
#define SMALL_LEN 512u

/* Buffers that wait out of order: at least these, else by the bytes allowed. */
#define OOO_BUFFERS_MIN 64u

/* ---- the window -------------------------------------------------------- */

void
tcp_first_window(struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;
	uint32_t most = param->tcp_rmem[2];

	if (ts->flags & SOCK_RCVBUF_SET)
		most = ts->rcvbuf;
	if (param->tcp_window_clamp)
		most = min_of(most, param->tcp_window_clamp);
	ts->rcv_wnd = min_of(ts->rcvbuf, tcp_most_window(ts, 0));
	ts->rcv_wscale = 0;
	/* What fits the field when the buffer has grown as far as it may. */
	while (ts->rcv_wscale < TCP_WSCALE_MAX &&
	       most >> ts->rcv_wscale > 65535)
		ts->rcv_wscale++;
}

/* What one connection's share of the packet buffers holds. */
static uint32_t
rcvbuf_most(const struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;
	uint64_t share =
		(uint64_t)param->tcp_buffers_max / 4 * max_of(ts->rcv_mss, 1u);

	return (uint32_t)min_of(share, (uint64_t)param->tcp_rmem[2]);
}

/*
 * Half of the buffer was read within one round trip: the window, not the path,
 * may be what limits the peer, so it is doubled. The least round trip counts: a
 * queue that grows on the way needs no more window.
 */
void
tcp_grow_rcvbuf(struct tcp_sock *ts, uint32_t read_seq)
{
	uint32_t now_us = (uint32_t)(now_of(ts) / 1000);
	uint32_t took_us = now_us - ts->read_us;
	uint32_t most = rcvbuf_most(ts);

	ts->read_seq = read_seq;
	ts->read_us = now_us;
	if (took_us <= max_of(ts->min_rtt_us, 1000u) && ts->rcvbuf < most &&
	    !(ts->flags & SOCK_RCVBUF_SET))
		ts->rcvbuf = min_of(2 * ts->rcvbuf, most);
}

/* ---- acknowledging ----------------------------------------------------- */

/* Every second segment at once, or two full ones that came as one; the rest
 * within 40 ms. [RFC5681 4.2] [RFC9293 3.8.6.3 MUST-40, SHLD-18, SHLD-19] */
static void
schedule_ack(struct tcp_sock *ts)
{
	uint32_t full = min_of(ts->rcv_mss, ts->advmss);

	if ((ts->flags & (SOCK_ACK_LATER | SOCK_QUICKACK)) ||
	    ts->rcv_nxt - ts->last_ack_sent >= 2 * full) {
		ts->flags |= SOCK_ACK_NOW;
	} else {
		ts->flags |= SOCK_ACK_LATER;
		ts->delack_ns = now_of(ts) +
				table_of(ts)->param.tcp_delack_min * 1000000ull;
	}
}

/* Of a packet with several duplicates the first is told. [RFC2883 4.2.3] */
void
tcp_report_dsack(struct tcp_sock *ts, uint32_t start, uint32_t end)
{
	if (!(ts->flags & SOCK_SACK) || !table_of(ts)->param.tcp_dsack ||
	    start == end)
		return;
	if (ts->flags & SOCK_DSACK) {
		if (ts->dsack.end == start)
			ts->dsack.end = end;
		return;
	}
	ts->dsack = (struct tcp_range){ start, end };
	ts->flags |= SOCK_DSACK;
	if (seq_lt(start, ts->rcv_nxt))
		table_of(ts)->stats.tcp_dsack_old_sent++;
	else
		table_of(ts)->stats.tcp_dsack_ofo_sent++;
}

/* The block that holds start..end becomes the first. [RFC2018 4] */
static void
sack_add(struct tcp_sock *ts, uint32_t start, uint32_t end)
{
	unsigned int kept = 0;
	struct tcp_range blocks[TCP_SACK_MAX];

	for (unsigned int i = 0; i < ts->sack_count; i++) {
		const struct tcp_range *block = &ts->sack[i];

		if (seq_le(start, block->end) && seq_le(block->start, end)) {
			start = seq_min(start, block->start);
			end = seq_max(end, block->end);
		} else if (kept < TCP_SACK_MAX - 1) {
			blocks[kept++] = *block;
		}
	}
	ts->sack[0] = (struct tcp_range){ start, end };
	memcpy(&ts->sack[1], blocks, kept * sizeof(blocks[0]));
	ts->sack_count = (uint8_t)(kept + 1);
}

/* What has been acknowledged is no block any more. */
static void
sack_trim(struct tcp_sock *ts)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < ts->sack_count; i++)
		if (seq_lt(ts->rcv_nxt, ts->sack[i].start))
			ts->sack[kept++] = ts->sack[i];
	ts->sack_count = (uint8_t)kept;
}

/* ---- in order ---------------------------------------------------------- */

static void
count_buffers(struct tcp_sock *ts, const struct skb *skb)
{
	table_of(ts)->buffers += seg_buffers(skb);
}

static inline void
queue_in_order(struct tcp_sock *ts, struct skb *skb)
{
	struct skb *last = ts->rcvq.last;
	uint32_t len = skb->len;

	ts->rcv_nxt += len;
	ts->rcv_wnd -= min_of(ts->rcv_wnd, len);
	ts->rx_bytes += len;
	if (last && len < SMALL_LEN && !skb->seg && !skb_shared(last) &&
	    len <= skb_tailroom(last)) {
		memcpy(skb_put(last, len), skb->data, len);
		ts->rcvq.len += len;
		table_of(ts)->stats.tcp_rcv_coalesce++;
		return skb_consume(skb);
	}
	count_buffers(ts, skb);
	skb_queue_push(&ts->rcvq, skb);
}

/* skb waits no more, or not as it is. */
static void
ooo_leaves(struct tcp_sock *ts, const struct skb *skb)
{
	uint32_t count = seg_buffers(skb);

	if (ts->ooo_hint == skb)
		ts->ooo_hint = NULL;
	ts->ooo_len -= skb->len;
	ts->ooo_count -= count;
	table_of(ts)->buffers -= count;
}

/* What follows rcv_nxt now. */
static void
take_from_ooo(struct tcp_sock *ts)
{
	struct skb *skb;
	uint32_t seq;

	while ((skb = ts->ooo) && seq_le(seg_of(skb)->seq, ts->rcv_nxt)) {
		seq = seg_of(skb)->seq;
		ts->ooo = skb->next;
		ooo_leaves(ts, skb);
		if (seq_lt(seq, ts->rcv_nxt)) /* came twice [RFC2883 4] */
			tcp_report_dsack(ts, seq,
					 seq_min(seg_end(skb), ts->rcv_nxt));
		if (seq_le(seg_end(skb), ts->rcv_nxt)) {
			skb_drop(skb, DROP_TCP_OFO_DUPLICATE);
			continue;
		}
		skb_advance(skb, ts->rcv_nxt - seq);
		queue_in_order(ts, skb);
	}
	sack_trim(ts);
}

/* ---- out of order ------------------------------------------------------ */

static void
ooo_drop(struct tcp_sock *ts, struct skb *skb, enum drop why)
{
	table_of(ts)->stats.tcp_ofo_drop++;
	skb_drop(skb, why);
}

/* The last buffer that begins at or before seq, from where the last one was put
 * in if that helps; NULL: seq comes first. */
static struct skb *
ooo_before(struct tcp_sock *ts, uint32_t seq)
{
	struct skb *skb = ts->ooo_hint, *before = NULL;

	if (!skb || seq_lt(seq, seg_of(skb)->seq))
		skb = ts->ooo;
	for (; skb && seq_le(seg_of(skb)->seq, seq); skb = skb->next)
		before = skb;
	return before;
}

/* Cuts from the front of skb what before has, from its end what after has;
 * swallows what skb covers whole. False: nothing new was left, skb is gone. */
static bool
ooo_fit(struct tcp_sock *ts, struct skb *skb, struct skb *before)
{
	struct skb *next;
	uint32_t end, overlap;

	if (before && seq_lt(seg_of(skb)->seq, seg_end(before))) {
		end = seq_min(seg_end(skb), seg_end(before));
		tcp_report_dsack(ts, seg_of(skb)->seq, end);
		if (end == seg_end(skb)) {
			ooo_drop(ts, skb, DROP_TCP_OFO_DUPLICATE);
			return false;
		}
		overlap = end - seg_of(skb)->seq;
		skb_advance(skb, overlap);
		seg_of(skb)->seq += overlap;
	}
	while ((next = before ? before->next : ts->ooo) &&
	       seq_lt(seg_of(next)->seq, seg_end(skb))) {
		end = seq_min(seg_end(skb), seg_end(next));
		tcp_report_dsack(ts, seg_of(next)->seq, end);
		if (seq_lt(seg_end(skb), seg_end(next))) {
			skb_trim(skb, seg_of(next)->seq - seg_of(skb)->seq);
			return true;
		}
		if (before)
			before->next = next->next;
		else
			ts->ooo = next->next;
		ooo_leaves(ts, next);
		skb_drop(next, DROP_TCP_OFO_DUPLICATE);
	}
	return true;
}

/* A small piece directly behind before goes into its buffer. */
static bool
ooo_merge(struct tcp_sock *ts, struct skb *before, struct skb *skb)
{
	if (!before || seg_end(before) != seg_of(skb)->seq || skb->seg ||
	    skb->len >= SMALL_LEN || skb_shared(before) ||
	    skb->len > skb_tailroom(before))
		return false;
	memcpy(skb_put(before, skb->len), skb->data, skb->len);
	ts->ooo_len += skb->len;
	table_of(ts)->stats.tcp_ofo_merge++;
	skb_consume(skb);
	return true;
}

static void
ooo_link(struct tcp_sock *ts, struct skb *before, struct skb *skb)
{
	uint32_t count = seg_buffers(skb);

	if (before) {
		skb->next = before->next;
		before->next = skb;
	} else {
		skb->next = ts->ooo;
		ts->ooo = skb;
	}
	ts->ooo_hint = skb;
	ts->ooo_len += skb->len;
	ts->ooo_count += count;
	table_of(ts)->buffers += count;
	table_of(ts)->stats.tcp_ofo_queue++;
}

/* May one more buffer wait out of order? What is not kept is sent again, so
 * memory that is short goes to what is in order. */
static enum drop
ooo_room(const struct tcp_sock *ts)
{
	const struct tcp_table *tcp = table_of(ts);
	uint32_t most = max_of(ts->rcvbuf / SMALL_LEN, OOO_BUFFERS_MIN);

	if (ts->ooo_count >= most)
		return DROP_TCP_OFO_FULL;
	if (tcp->buffers >= tcp->param.tcp_buffers_max / 4 * 3)
		return DROP_TCP_OFO_MEMORY;
	return DROP_NONE;
}

static void
ooo_input(struct tcp_sock *ts, struct skb *skb)
{
	uint32_t start = seg_of(skb)->seq, end = seg_end(skb);
	enum drop why = ooo_room(ts);
	struct skb *before;

	/* A duplicate ACK for each, at once. [RFC5681 4.2] */
	if (why != DROP_NONE) {
		ooo_drop(ts, skb, why);
	} else {
		before = ooo_before(ts, start);
		if (ooo_fit(ts, skb, before) && !ooo_merge(ts, before, skb))
			ooo_link(ts, before, skb);
		if (ts->flags & SOCK_SACK)
			sack_add(ts, start, end);
	}
	tcp_send_ack(ts);
}

/* Their text ends there, whatever they sent from beyond. */
void
tcp_cut_ooo(struct tcp_sock *ts, uint32_t end)
{
	struct skb **at = &ts->ooo, *skb;
	uint8_t kept = 0;

	while ((skb = *at) && seq_le(seg_end(skb), end))
		at = &skb->next;
	if (!skb)
		return;
	if (seq_lt(seg_of(skb)->seq, end)) {
		ooo_leaves(ts, skb);
		skb_trim(skb, end - seg_of(skb)->seq);
		ts->ooo_len += skb->len;
		ts->ooo_count += seg_buffers(skb);
		table_of(ts)->buffers += seg_buffers(skb);
		at = &skb->next;
	}
	while ((skb = *at)) {
		*at = skb->next;
		ooo_leaves(ts, skb);
		ooo_drop(ts, skb, DROP_TCP_TEXT_STATE);
	}
	for (unsigned int i = 0; i < ts->sack_count; i++) {
		ts->sack[kept] = ts->sack[i];
		ts->sack[kept].end = seq_min(ts->sack[kept].end, end);
		kept += seq_lt(ts->sack[kept].start, end);
	}
	ts->sack_count = kept;
}

static void
purge_ofo(struct tcp_sock *ts, enum drop why)
{
	struct skb *skb;

	while ((skb = ts->ooo)) {
		ts->ooo = skb->next;
		skb_drop(skb, why);
	}
	table_of(ts)->buffers -= ts->ooo_count;
	ts->ooo_hint = NULL;
	ts->ooo_len = ts->ooo_count = 0;
}

void
tcp_prune_ofo(struct tcp_sock *ts)
{
	table_of(ts)->stats.ofo_pruned += ts->ooo_count;
	ts->sack_count = 0;
	purge_ofo(ts, DROP_TCP_OFO_PRUNED);
}

void
tcp_purge_receive(struct tcp_sock *ts)
{
	struct skb *skb;

	purge_ofo(ts, DROP_TCP_CLOSED);
	while ((skb = skb_queue_pop(&ts->rcvq))) {
		table_of(ts)->buffers -= seg_buffers(skb);
		skb_drop(skb, DROP_TCP_CLOSED);
	}
}

/* ---- text and FIN ------------------------------------------------------ */

/* Leaves of skb, which begins at seq, what lies in the window. False: nothing,
 * and it is gone. [RFC9293 3.10.7.4, "tailored to fit"] */
static bool
fit_window(struct tcp_sock *ts, struct skb *skb, uint32_t *seq)
{
	uint32_t edge = ts->rcv_nxt + ts->rcv_wnd, end = *seq + skb->len;

	if (ts->flags & SOCK_FIN_SEEN)
		edge = seq_min(edge, ts->fin_seq);
	if (seq_lt(*seq, ts->rcv_nxt)) {
		tcp_report_dsack(ts, *seq, seq_min(end, ts->rcv_nxt));
		ts->flags |= SOCK_ACK_NOW;
		if (seq_le(end, ts->rcv_nxt)) {
			skb_drop(skb, DROP_TCP_OLD_DATA);
			return false;
		}
		skb_advance(skb, ts->rcv_nxt - *seq);
		*seq = ts->rcv_nxt;
	}
	if (seq_le(edge, *seq)) {
		ts->flags |= SOCK_ACK_NOW;
		skb_drop(skb, DROP_TCP_OVERWINDOW);
		return false;
	}
	if (seq_lt(edge, end)) {
		ts->flags |= SOCK_ACK_NOW;
		skb_trim(skb, edge - *seq);
	}
	return true;
}

void
tcp_text_in_order(struct tcp_sock *ts, struct skb *skb)
{
	struct tcp_table *tcp = table_of(ts);
	bool had_gap = ts->ooo;

	if (unlikely(skb->len > ts->rcv_mss))
		ts->rcv_mss = (uint16_t)min_of(skb->len, 65535u);
	if (unlikely(!tcp_may_receive(ts))) {
		tcp->stats.tcp_rcvq_drop++;
		tcp->stats.tcp_memory_pressures++;
		return skb_drop(skb, DROP_TCP_MEMORY);
	}
	queue_in_order(ts, skb);
	/* A gap that was filled, wholly or in part, is told at once. [RFC5681
	 * 4.2] */
	if (had_gap) {
		take_from_ooo(ts);
		ts->flags |= SOCK_ACK_NOW;
	}
	schedule_ack(ts);
	tcp_event(ts, EVENT_READABLE);
}

void
tcp_text_input(struct tcp_sock *ts, struct skb *skb, uint32_t seq)
{
	ts->flags &= ~SOCK_DSACK; /* it is of the latest packet [RFC2883 4] */
	if (!fit_window(ts, skb, &seq))
		return;
	if (seq == ts->rcv_nxt)
		return tcp_text_in_order(ts, skb);
	if (skb->len > ts->rcv_mss)
		ts->rcv_mss = (uint16_t)min_of(skb->len, 65535u);
	*seg_of(skb) = (struct tcp_seg){ .seq = seq };
	ooo_input(ts, skb);
}

void
tcp_fin_input(struct tcp_sock *ts)
{
	if (!(ts->flags & SOCK_FIN_SEEN) || (ts->flags & SOCK_FIN_RCVD) ||
	    ts->rcv_nxt != ts->fin_seq)
		return;
	ts->flags |= SOCK_FIN_RCVD | SOCK_ACK_NOW;
	ts->rcv_nxt++;
	ts->rcv_wnd -= min_of(ts->rcv_wnd, 1u);
	tcp_event(ts, EVENT_READABLE);
	switch (ts->state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED: tcp_set_state(ts, TCP_CLOSE_WAIT); return;
	case TCP_FIN_WAIT_1: tcp_set_state(ts, TCP_CLOSING); return;
	case TCP_FIN_WAIT_2: tcp_timewait_enter(ts); return;
	default: return;
	}
}
