/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Believing that something was lost, and what follows: RACK and tail loss
 * probes with SACK [RFC8985], three duplicate ACKs without [RFC5681 3.2]
 * [RFC6582], the congestion window on its way down [RFC6937], after a timeout
 * [RFC5681 3.1] and back if that was a mistake [RFC3522] [RFC5682]. What is
 * marked lost here, tcp_output() repeats.
 */

#include "net/tcp/internal.h"

#define REO_PERSIST 16u /* recoveries that a wider wait lasts */

/* min(10*MSS, max(2*MSS, 14600)) [RFC6928 2]; one segment if the SYN was lost
 * [RFC5681 3.1]. */
uint32_t
tcp_initial_window(const struct tcp_sock *ts)
{
	uint32_t mss = ts->mss, window = max_of(2 * mss, 14600u);

	if (ts->flags & SOCK_SYN_LOST)
		return mss;
	window = min_of(10 * mss, window);
	if (unlikely(ts->initcwnd))
		window = ts->initcwnd * mss;
	return min_of(window, ts->cwnd_most);
}

/* ---- recovery [RFC6937] ------------------------------------------------ */

static void
set_ca(struct tcp_sock *ts, enum tcp_ca ca)
{
	if (ts->ca != ca)
		tcp_note(ts, TCP_TRACE_CA, ts->ca, ca);
	ts->ca = (uint8_t)ca;
}

static void
begin_reduction(struct tcp_sock *ts, enum tcp_ca ca)
{
	ts->prior_cwnd = ts->cwnd;
	ts->prior_ssthresh = ts->ssthresh;
	ts->ssthresh = ts->cc->ssthresh(ts);
	ts->recover = ts->snd_nxt;
	ts->recover_flight = max_of(ts->snd_nxt - ts->snd_una, 1u);
	ts->prr_delivered = ts->prr_out = 0;
	set_ca(ts, ca);
	ts->flags &= ~(SOCK_TLP_OUT | SOCK_RTO_UNDO);
	if (ts->flags & SOCK_ECN)
		ts->flags |= SOCK_CWR_SEND; /* [RFC3168 6.1.2] */
}

static void
enter_recovery(struct tcp_sock *ts)
{
	struct tcp_stats *stats = &table_of(ts)->stats;

	begin_reduction(ts, CA_RECOVERY);
	stats->tcp_fast_retrans++;
	if (ts->flags & SOCK_SACK)
		stats->tcp_sack_recovery++;
	else
		stats->tcp_reno_recovery++;
	if (ts->reo_persist > 0 && --ts->reo_persist == 0)
		ts->reo_mult = 1;
}

/* How much may be sent for what was delivered: in proportion while more is
 * in flight than will be, then at most one segment more than what arrived,
 * and only if this ACK brought good news. [RFC6937 3.1] */
static void
reduce_in_proportion(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	uint32_t pipe = tcp_pipe(ts), send, limit;

	ts->prr_delivered += acked->delivered;
	if (pipe > ts->ssthresh) {
		send = (uint32_t)(((uint64_t)ts->prr_delivered * ts->ssthresh +
				   ts->recover_flight - 1) /
				  ts->recover_flight);
		send = send > ts->prr_out ? send - ts->prr_out : 0;
	} else {
		limit = ts->prr_delivered > ts->prr_out
				? ts->prr_delivered - ts->prr_out
				: 0;
		limit = max_of(limit, acked->delivered);
		if (acked->acked && !acked->lost)
			limit += ts->mss;
		send = min_of(ts->ssthresh - pipe, limit);
	}
	/* The fast retransmission itself goes in any case; so does, without
	 * SACK, the next hole that a partial ACK shows. [RFC6582 3.2 step 3] */
	if (ts->prr_out == 0 || (acked->lost && !(ts->flags & SOCK_SACK)))
		send = max_of(send, (uint32_t)ts->mss);
	ts->cwnd = pipe + send;
}

static void
leave_recovery(struct tcp_sock *ts)
{
	if (ts->ca != CA_LOSS)
		ts->cwnd = max_of(ts->ssthresh, (uint32_t)ts->mss);
	set_ca(ts, CA_OPEN);
	ts->flags &= ~(SOCK_RTO_UNDO | SOCK_FRTO_AGAIN | SOCK_FRTO_NEW);
	if (!(ts->flags & SOCK_SACK))
		ts->sacked_len = ts->dupacks = 0;
}

/* ECE: half the window, once for each window of data. [RFC3168 6.1.2] */
void
tcp_enter_cwr(struct tcp_sock *ts)
{
	if (ts->ca != CA_OPEN)
		return;
	begin_reduction(ts, CA_CWR);
	ts->cwnd = min_of(ts->cwnd, ts->ssthresh);
}

/* ---- timeout ----------------------------------------------------------- */

/* [RFC5681 3.1] [RFC6582 4]: everything is lost but what was SACKed, and one
 * segment is sent. A first segment that was SACKed and still is not
 * acknowledged means that the peer has thrown it away. [RFC2018 8] */
void
tcp_enter_loss(struct tcp_sock *ts)
{
	/* Once for a flight: the threshold is not halved again when the same
	 * segment times out again. */
	if (ts->ca != CA_LOSS || seq_le(ts->recover, ts->snd_una)) {
		begin_reduction(ts, CA_LOSS);
		ts->flags |= SOCK_RTO_UNDO;
		ts->undo_ts = tcp_clock(ts->sock->net) + ts->ts_offset;
		/* Timestamps tell sooner. [RFC5682 2.1 step 1] */
		if (table_of(ts)->param.tcp_frto && !(ts->flags & SOCK_TS))
			ts->flags |= SOCK_FRTO_AGAIN;
	} else {
		ts->flags &= ~(SOCK_FRTO_AGAIN | SOCK_FRTO_NEW);
	}
	ts->flags &= ~SOCK_TLP_OUT;
	if (ts->first && (seg_of(ts->first)->flags & SEG_SACKED)) {
		table_of(ts)->stats.tcp_sack_reneging++;
		tcp_forget_sacks(ts);
	}
	if (!(ts->flags & SOCK_SACK))
		ts->sacked_len = ts->dupacks = 0;
	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next)
		if (!(seg_of(skb)->flags & SEG_SACKED))
			tcp_mark_lost(ts, skb);
	if (ts->flags & SOCK_FIN_SENT)
		ts->flags |= SOCK_FIN_LOST;
	ts->cwnd = ts->mss;
	ts->recover = ts->snd_nxt;
}

/* The timeout was a mistake: nothing was lost, the window is what it was. */
static void
undo_loss(struct tcp_sock *ts)
{
	table_of(ts)->stats.tcp_spurious_rtos++;
	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next) {
		struct tcp_seg *seg = seg_of(skb);

		if (seg->flags & SEG_LOST)
			ts->lost_len -= skb->len;
		seg->flags &= (uint8_t)~SEG_LOST;
	}
	ts->cwnd = max_of(ts->cwnd, ts->prior_cwnd);
	ts->ssthresh = max_of(ts->ssthresh, ts->prior_ssthresh);
	ts->flags &= ~(SOCK_FIN_LOST | SOCK_RTO_UNDO | SOCK_FRTO_AGAIN |
		       SOCK_FRTO_NEW);
	set_ca(ts, CA_OPEN);
}

/*
 * Without timestamps: when the first ACK after a timeout moves snd_una, two new
 * segments go instead of old ones; if the next moves it, too, what it
 * acknowledges was never repeated, so it was only late, and that is undone:
 * true. [RFC5682 2.1 steps 2, 3]
 */
static bool
frto(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	bool was_new = ts->flags & SOCK_FRTO_NEW;

	if (!acked->acked && !acked->duplicate && !acked->sacked)
		return false;
	ts->flags &= ~(SOCK_FRTO_AGAIN | SOCK_FRTO_NEW);
	if (!acked->acked || seq_le(ts->recover, ts->snd_una)) {
		if (was_new) /* step 3a */
			ts->cwnd = min_of(ts->cwnd, 3u * ts->mss);
		return false;
	}
	if (was_new) {
		undo_loss(ts);
		return true;
	}
	if (!ts->send_head || ts->snd_nxt - ts->snd_una >= ts->snd_wnd)
		return false;
	ts->flags |= SOCK_FRTO_NEW;
	ts->cwnd = tcp_pipe(ts) + 2u * ts->mss;
	return false;
}

/*
 * The first ACK after a timeout echoes a timestamp from before the repetition:
 * the original had arrived after all, and nothing was lost. [RFC3522 3.2]
 */
static bool
undo_timeout(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	bool spurious;

	if (!(ts->flags & SOCK_RTO_UNDO) || !acked->acked)
		return false;
	ts->flags &= ~SOCK_RTO_UNDO;
	spurious = (ts->flags & SOCK_TS) && (acked->h->have & TCP_HAVE_TS) &&
		   acked->h->tsecr && seq_lt(acked->h->tsecr, ts->undo_ts);
	if (spurious)
		undo_loss(ts);
	return spurious;
}

/* ---- RACK [RFC8985 6.2] ------------------------------------------------ */

/* Step 4: how long to wait for what was only overtaken. */
static uint64_t
reo_wnd_us(struct tcp_sock *ts)
{
	uint32_t wnd;

	if (!(ts->flags & SOCK_REORDER) &&
	    (ts->ca != CA_OPEN || ts->sacked_count >= tcp_dupthresh(ts)))
		return 0;
	wnd = ts->min_rtt_us / 4 * max_of(ts->reo_mult, 1u);
	return min_of(wnd, ts->srtt_us);
}

/* A duplicate that we caused: wait longer, for a while. */
static void
widen_reo_wnd(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	if (!acked->dsack || seq_lt(acked->h->ack, ts->reo_round))
		return;
	ts->reo_round = ts->snd_nxt;
	ts->reo_mult = max_of(ts->reo_mult, 1u) + 1;
	ts->reo_persist = REO_PERSIST;
}

/* Step 5: lost is what was sent long enough before something that arrived.
 * When the next one may become lost, in ns from now; 0: none. */
static uint64_t
detect(struct tcp_sock *ts, bool *lost)
{
	uint64_t wait_ns = (ts->rack_rtt_us + reo_wnd_us(ts)) * 1000;
	uint64_t now_ns = now_of(ts), later_ns = 0;

	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next) {
		const struct tcp_seg *seg = seg_of(skb);

		/* In the order sent, until one was sent again. */
		if (seg->sent_ns > ts->rack_ns && seg->sends == 1)
			break;
		if ((seg->flags & SEG_SACKED) ||
		    ((seg->flags & SEG_LOST) && !(seg->flags & SEG_REXMIT)))
			continue;
		if (seg->sent_ns > ts->rack_ns ||
		    (seg->sent_ns == ts->rack_ns &&
		     seq_le(ts->rack_end_seq, seg_end(skb))))
			continue;
		if (seg->sent_ns + wait_ns <= now_ns) {
			tcp_mark_lost(ts, skb);
			*lost = true;
		} else {
			later_ns = max_of(later_ns,
					  seg->sent_ns + wait_ns - now_ns);
		}
	}
	return later_ns;
}

static void
rack(struct tcp_sock *ts, struct tcp_acked *acked)
{
	uint64_t later_ns;

	if (!ts->rack_ns)
		return;
	/* All in order: nothing can have been overtaken. */
	if (!ts->sacked_len && ts->ca == CA_OPEN)
		return;
	later_ns = detect(ts, &acked->lost);
	if (later_ns) {
		ts->rtx = RTX_REORDER;
		ts->rtx_ns = now_of(ts) + later_ns;
		tcp_mark(ts);
	} else if (ts->rtx == RTX_REORDER) {
		ts->rtx = RTX_NONE;
		ts->rtx_ns = 0;
	}
}

void
tcp_rack_timeout(struct tcp_sock *ts)
{
	struct tcp_acked none = { 0 };

	rack(ts, &none);
	if (!none.lost || (ts->probe_size && tcp_probe_lost(ts)))
		return;
	if (ts->ca == CA_OPEN || ts->ca == CA_CWR)
		enter_recovery(ts);
	if (ts->ca == CA_RECOVERY)
		ts->cwnd = max_of(ts->cwnd, tcp_pipe(ts) + ts->mss);
}

/* ---- tail loss probe [RFC8985 7] --------------------------------------- */

void
tcp_tlp_fire(struct tcp_sock *ts)
{
	ts->flags &= ~SOCK_TLP_REXMIT;
	if (tcp_send_tail(ts)) {
		table_of(ts)->stats.tcp_loss_probes++;
		tcp_note(ts, TCP_TRACE_PROBE, 0, 0);
		ts->flags |= SOCK_TLP_OUT;
		ts->tlp_end_seq = ts->snd_nxt;
	}
	/* The next is the timeout, from now. */
	ts->rtx = RTX_RTO;
	ts->rtx_ns = now_of(ts) + tcp_backed_off_ns(ts);
	tcp_mark(ts);
}

/* Did the probe repair a loss? Then it was one, and counts. [RFC8985 7.4.2] */
static void
probe_answered(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	uint32_t ack = acked->h->ack;

	if (!(ts->flags & SOCK_TLP_OUT) || seq_lt(ack, ts->tlp_end_seq))
		return;
	if (!(ts->flags & SOCK_TLP_REXMIT) || acked->dsack) {
		ts->flags &= ~SOCK_TLP_OUT;
	} else if (seq_lt(ts->tlp_end_seq, ack)) {
		ts->flags &= ~SOCK_TLP_OUT;
		table_of(ts)->stats.tcp_loss_probe_recovery++;
		if (ts->ca == CA_OPEN) {
			begin_reduction(ts, CA_CWR);
			ts->cwnd = min_of(ts->cwnd, ts->ssthresh);
		}
	} else if (acked->duplicate && !acked->h->sack_count) {
		ts->flags &= ~SOCK_TLP_OUT; /* both arrived */
	}
}

/* ---- without SACK [RFC6582] -------------------------------------------- */

/* Each duplicate ACK says that some segment arrived. */
static void
count_duplicate(struct tcp_sock *ts, struct tcp_acked *acked)
{
	uint32_t flight = ts->snd_nxt - ts->snd_una;
	uint32_t most = flight - ts->lost_len;

	if (acked->duplicate) {
		ts->dupacks++;
		acked->delivered += ts->mss;
		ts->sacked_len += ts->mss;
	} else if (acked->acked && ts->ca == CA_RECOVERY) {
		ts->sacked_len -= min_of(ts->sacked_len, acked->acked);
	} else if (acked->acked) {
		ts->sacked_len = ts->dupacks = 0;
	}
	/* Never more than there is. */
	ts->sacked_len = min_of(ts->sacked_len, most);
}

static void
mark_first_lost(struct tcp_sock *ts, struct tcp_acked *acked)
{
	if (!ts->first || ts->first == ts->send_head)
		return;
	tcp_mark_lost(ts, ts->first);
	ts->sacked_len = min_of(ts->sacked_len,
				ts->snd_nxt - ts->snd_una - ts->lost_len);
	acked->lost = true;
}

static void
newreno(struct tcp_sock *ts, struct tcp_acked *acked)
{
	count_duplicate(ts, acked);
	/* A partial ACK: the next hole. [RFC6582 3.2 step 3] */
	if (ts->ca == CA_RECOVERY && acked->acked &&
	    seq_lt(ts->snd_una, ts->recover))
		mark_first_lost(ts, acked);
	/* Not for what a timeout repeated already. [RFC6582 3.2 step 2] */
	else if ((ts->ca == CA_OPEN || ts->ca == CA_CWR) &&
		 ts->dupacks >= tcp_dupthresh(ts) &&
		 seq_lt(ts->recover, ts->snd_una))
		mark_first_lost(ts, acked);
}

/* ---- an ACK ------------------------------------------------------------ */

/* Did the window limit what was in flight? Only then may it grow. [RFC9438 4.2]
 * [RFC5681 3.1] */
static inline bool
was_limited(const struct tcp_sock *ts, uint32_t prior_pipe)
{
	if (ts->flags & SOCK_CWND_FULL)
		return true;
	return ts->cwnd < ts->ssthresh &&
	       ts->cwnd < 2 * max_of(prior_pipe, (uint32_t)ts->mss);
}

/* acked bytes have arrived in order, all is well. */
void
tcp_cwnd_grow(struct tcp_sock *ts, uint32_t acked, uint32_t prior_pipe,
	      uint32_t rtt_us)
{
	if (ts->ssthresh == UINT32_MAX)
		tcp_hystart(ts, rtt_us);
	if (!was_limited(ts, prior_pipe))
		return;
	ts->cc->grow(ts, acked);
	ts->cwnd = min_of(ts->cwnd, ts->cwnd_most);
	ts->flags &= ~SOCK_CWND_FULL;
}

static void
grow(struct tcp_sock *ts, const struct tcp_acked *acked)
{
	if (acked->acked)
		tcp_cwnd_grow(ts, acked->acked, acked->prior_pipe,
			      (uint32_t)acked->rtt_us);
}

/* All that was sent is in flight or has arrived, in order, and no probe is
 * out. */
static inline bool
is_calm(const struct tcp_sock *ts)
{
	const uint64_t mind = SOCK_TLP_OUT | SOCK_FRTO_AGAIN | SOCK_FRTO_NEW;

	return (ts->flags & (SOCK_SACK | mind)) == SOCK_SACK &&
	       ts->ca == CA_OPEN && !ts->sacked_len && !ts->lost_len &&
	       ts->rtx != RTX_REORDER;
}

void
tcp_loss_input(struct tcp_sock *ts, struct tcp_acked *acked)
{
	bool reducing = ts->ca == CA_RECOVERY || ts->ca == CA_CWR;

	/* Mostly all is well: nothing below would do anything else. */
	if (likely(is_calm(ts) && !acked->dsack))
		return grow(ts, acked);
	probe_answered(ts, acked);
	if (ts->flags & SOCK_SACK) {
		widen_reo_wnd(ts, acked);
		rack(ts, acked);
	} else {
		newreno(ts, acked);
	}
	if (unlikely(ts->probe_size && acked->lost) && tcp_probe_lost(ts))
		acked->lost = false;
	if (ts->ca == CA_LOSS && undo_timeout(ts, acked))
		return;
	if (ts->flags & (SOCK_FRTO_AGAIN | SOCK_FRTO_NEW)) {
		if (frto(ts, acked) || (ts->flags & SOCK_FRTO_NEW))
			return;
	}
	if (ts->ca != CA_OPEN && acked->acked &&
	    seq_le(ts->recover, ts->snd_una))
		leave_recovery(ts);
	if ((ts->ca == CA_OPEN || ts->ca == CA_CWR) && acked->lost)
		enter_recovery(ts);
	if (ts->ca == CA_RECOVERY)
		return reduce_in_proportion(ts, acked);
	if (!reducing && (ts->ca == CA_OPEN || ts->ca == CA_LOSS))
		grow(ts, acked);
}
