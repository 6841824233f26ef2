/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scoreboard: which of the segments in flight have arrived, are lost, were
 * repeated. It lies in the segments of the send queue (struct tcp_seg); sums of
 * it are kept in the sock. [RFC2018 5] [RFC2883] [RFC6675] [RFC8985 6.1]
 */

#include "net/tcp/internal.h"

/* ---- one segment ------------------------------------------------------- */

static void
clear_rexmit(struct tcp_sock *ts, struct skb *skb)
{
	if (!(seg_of(skb)->flags & SEG_REXMIT))
		return;
	seg_of(skb)->flags &= (uint8_t)~SEG_REXMIT;
	ts->rexmit_len -= skb->len;
}

static void
clear_lost(struct tcp_sock *ts, struct skb *skb)
{
	if (!(seg_of(skb)->flags & SEG_LOST))
		return;
	seg_of(skb)->flags &= (uint8_t)~SEG_LOST;
	ts->lost_len -= skb->len;
}

/* Lost, or lost once more: what was repeated is not in flight any more. */
void
tcp_mark_lost(struct tcp_sock *ts, struct skb *skb)
{
	clear_rexmit(ts, skb);
	if (seg_of(skb)->flags & SEG_LOST)
		return;
	seg_of(skb)->flags |= SEG_LOST;
	ts->lost_len += skb->len;
}

static void
mark_sacked(struct tcp_sock *ts, struct skb *skb)
{
	clear_rexmit(ts, skb);
	clear_lost(ts, skb);
	seg_of(skb)->flags |= SEG_SACKED;
	ts->sacked_len += skb->len;
	ts->sacked_count++;
}

static void
clear_sacked(struct tcp_sock *ts, struct skb *skb)
{
	if (!(seg_of(skb)->flags & SEG_SACKED))
		return;
	seg_of(skb)->flags &= (uint8_t)~SEG_SACKED;
	ts->sacked_len -= skb->len;
	ts->sacked_count--;
}

/* The peer does not have what it said it had. [RFC2018 8] */
void
tcp_forget_sacks(struct tcp_sock *ts)
{
	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next)
		clear_sacked(ts, skb);
	ts->sacked_len = ts->sacked_count = 0;
}

/* Could this acknowledgment be for an earlier transmission than the last?
 * [RFC8985 6.2 step 2] What is echoed tells only of what the ACK covers: beyond
 * a gap the peer keeps echoing what came before it. [RFC7323 4.3] */
static bool
is_ambiguous(const struct tcp_sock *ts, struct skb *skb,
	     const struct tcp_acked *acked)
{
	const struct tcp_seg *seg = seg_of(skb);
	uint64_t rtt_us = (now_of(ts) - seg->sent_ns) / 1000;
	uint32_t sent_ts = (uint32_t)(seg->sent_ns / 1000000) + ts->ts_offset;

	if (seg->sends <= 1)
		return false;
	if ((ts->flags & SOCK_TS) && (acked->h->have & TCP_HAVE_TS) &&
	    seq_le(seg_end(skb), acked->h->ack) &&
	    seq_lt(acked->h->tsecr, sent_ts))
		return true;
	return rtt_us < ts->min_rtt_us;
}

void
tcp_rack_update(struct tcp_sock *ts, uint64_t sent_ns, uint32_t end,
		uint64_t rtt_us)
{
	if (sent_ns < ts->rack_ns ||
	    (sent_ns == ts->rack_ns && !seq_lt(ts->rack_end_seq, end)))
		return;
	ts->rack_ns = sent_ns;
	ts->rack_end_seq = end;
	ts->rack_rtt_us = (uint32_t)min_of(rtt_us, (uint64_t)UINT32_MAX);
}

/* It arrived: what does that tell of the time and of the order? */
void
tcp_seg_delivered(struct tcp_sock *ts, struct skb *skb, struct tcp_acked *acked)
{
	const struct tcp_seg *seg = seg_of(skb);
	uint64_t rtt_us = (now_of(ts) - seg->sent_ns) / 1000;
	uint32_t end = seg_end(skb);

	acked->delivered += skb->len;
	if (seg->sends > 1)
		acked->rexmit_acked = true;
	/* The longest of them: it includes the peer's delay. [RFC6298 3] */
	else if (rtt_us > acked->rtt_us || !acked->rtt_us)
		acked->rtt_us = max_of(rtt_us, (uint64_t)1);
	/* [RFC8985 6.2 step 3] */
	if (seg->sends <= 1 && ts->rack_ns && seq_lt(end, ts->rack_fack))
		ts->flags |= SOCK_REORDER;
	if (!ts->rack_ns || seq_lt(ts->rack_fack, end))
		ts->rack_fack = end;
	if (!is_ambiguous(ts, skb, acked))
		tcp_rack_update(ts, seg->sent_ns, end, rtt_us);
}

/* ---- SACK blocks ------------------------------------------------------- */

/* Does block lie within what was sent and not yet acknowledged? */
static bool
is_plausible(const struct tcp_sock *ts, const struct tcp_range *block)
{
	return seq_lt(block->start, block->end) &&
	       seq_lt(ts->snd_una, block->end) &&
	       seq_le(block->end, ts->snd_nxt) &&
	       seq_le(ts->snd_una, block->start);
}

/* A first block below the ACK, or inside the second, reports a duplicate.
 * [RFC2883 5] */
static bool
is_dsack(const struct tcp *h)
{
	const struct tcp_range *first = &h->sack[0], *second = &h->sack[1];

	if (seq_lt(first->start, h->ack))
		return true;
	return h->sack_count > 1 && seq_le(second->start, first->start) &&
	       seq_le(first->end, second->end);
}

/* A segment that the block covers only in part has not arrived whole. */
static void
mark_block(struct tcp_sock *ts, const struct tcp_range *block,
	   struct tcp_acked *acked)
{
	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next) {
		const struct tcp_seg *seg = seg_of(skb);

		if (seq_le(block->end, seg->seq))
			return;
		if ((seg->flags & SEG_SACKED) ||
		    seq_lt(seg->seq, block->start) ||
		    seq_lt(block->end, seg_end(skb)))
			continue;
		tcp_seg_delivered(ts, skb, acked);
		acked->sacked += skb->len;
		mark_sacked(ts, skb);
	}
}

void
tcp_sack_input(struct tcp_sock *ts, struct tcp_acked *acked)
{
	const struct tcp *h = acked->h;
	unsigned int i = 0;

	if (h->sack_count && is_dsack(h)) {
		acked->dsack = true;
		table_of(ts)->stats.tcp_dsack_recv++;
		i = 1;
	}
	for (; i < h->sack_count; i++)
		if (is_plausible(ts, &h->sack[i]))
			mark_block(ts, &h->sack[i], acked);
}
