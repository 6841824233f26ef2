/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ACK field of nearly every segment asks for, inline; ack.c has the
 * rest. [RFC9293 3.10.7.4, fifth]
 */
#pragma once

#include "net/tcp/internal.h"

/* Something is acknowledged, or may be; DROP_NONE: go on with the segment. */
enum drop tcp_take_ack(struct tcp_sock *ts, const struct tcp *h, uint32_t len);

static inline void
tcp_update_window(struct tcp_sock *ts, const struct tcp *h)
{
	uint32_t wnd = (uint32_t)h->window << ts->snd_wscale;

	/* [RFC9293 3.10.7.4]: SND.WL1 < SEG.SEQ, or the same and SND.WL2 =<
	 * SEG.ACK. */
	if (!seq_lt(ts->snd_wl1, h->seq) &&
	    (ts->snd_wl1 != h->seq || seq_lt(h->ack, ts->snd_wl2)))
		return;
	ts->snd_wl1 = h->seq;
	ts->snd_wl2 = h->ack;
	if (wnd == ts->snd_wnd)
		return;
	if (ts->rtx == RTX_PERSIST) {
		ts->rtx = RTX_NONE; /* looked at anew */
		ts->rtx_ns = 0;
		ts->backoff = 0;
	}
	ts->snd_wnd = wnd;
	ts->max_snd_wnd = max_of(ts->max_snd_wnd, wnd);
}

/* Nothing newly acknowledged, nothing that could tell of a loss or end a
 * recovery: only the window may have changed. Text from a peer that is only
 * sending, mostly. */
static inline bool
tcp_acks_nothing(const struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	return h->ack == ts->snd_una && len > 0 && !h->sack_count &&
	       ts->ca == CA_OPEN && !ts->sacked_len && ts->rtx != RTX_PERSIST;
}

static inline enum drop
tcp_ack_input(struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	if (!tcp_acks_nothing(ts, h, len))
		return tcp_take_ack(ts, h, len);
	tcp_update_window(ts, h);
	return DROP_NONE;
}
