/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The window that we offer: how much there is room for, what of that is worth
 * telling, and when reading has made so much of it that the peer should know.
 * Inline, since every segment asks. [RFC9293 3.8.6]
 */
#pragma once

#include "net/tcp/internal.h"

static inline uint32_t
tcp_free_space(const struct tcp_sock *ts)
{
	return ts->rcvq.len < ts->rcvbuf ? ts->rcvbuf - ts->rcvq.len : 0;
}

/* Enough to tell the peer of: a segment, or half the buffer. [RFC9293
 * 3.8.6.2.2 MUST-39] */
static inline uint32_t
tcp_worthwhile(const struct tcp_sock *ts)
{
	return min_of(ts->rcvbuf / 2, (uint32_t)ts->advmss);
}

/* What may be offered, however much room there is. */
static inline uint32_t
tcp_most_window(const struct tcp_sock *ts, unsigned int scale)
{
	uint32_t most = 65535u << scale;
	uint32_t clamp = table_of(ts)->param.tcp_window_clamp;

	return unlikely(clamp != 0) ? min_of(most, clamp) : most;
}

/*
 * The window to announce now: moves the right edge of rcv_wnd, but never left
 * [RFC9293 3.8.6 SHLD-14]: a scaled field that cannot say where it is rounds
 * up, and rcv_wnd is what the peer reads.
 */
static inline uint16_t
tcp_select_window(struct tcp_sock *ts)
{
	unsigned int scale = ts->rcv_wscale;
	uint32_t below = (1u << scale) - 1, most, want;
	uint32_t room = ts->rcvbuf - ts->rcvq.len, have = ts->rcv_wnd;

	/* By the room there is, not by what the field can say of it. Mostly
	 * there is not much more (nor less: that would be a large number). */
	if (unlikely(room - have >= tcp_worthwhile(ts))) {
		room = tcp_free_space(ts);
		most = tcp_most_window(ts, scale);
		want = min_of(room, most) & ~below;
		if (want >= have && room - have >= tcp_worthwhile(ts))
			goto out;
	}
	want = (have + below) & ~below;
	if (unlikely(table_of(ts)->param.tcp_window_clamp != 0))
		want = min_of(want, tcp_most_window(ts, scale));
out:
	ts->rcv_wnd = want;
	return (uint16_t)(want >> scale);
}

/* Did reading make room for so much more that the peer should know now? */
static inline bool
tcp_window_update_due(const struct tcp_sock *ts)
{
	uint32_t want = tcp_free_space(ts);

	if (want / 2 < ts->rcv_wnd) /* mostly */
		return false;
	want = min_of(want, tcp_most_window(ts, ts->rcv_wscale));
	want &= ~((1u << ts->rcv_wscale) - 1);
	return want > ts->rcv_wnd && want - ts->rcv_wnd >= tcp_worthwhile(ts) &&
	       want / 2 >= ts->rcv_wnd && tcp_is_receiving(ts);
}

/* recv.c: half of the buffer was read since the last time. */
void tcp_grow_rcvbuf(struct tcp_sock *ts, uint32_t read_seq);

/* Something was taken: perhaps the peer should know of the room, or the
 * application waits to be told of the end. */
static inline void
tcp_was_read(struct tcp_sock *ts)
{
	uint32_t read = ts->rcv_nxt - ts->rcvq.len;

	if (read - ts->read_seq >= ts->rcvbuf / 2)
		tcp_grow_rcvbuf(ts, read);
	if (tcp_window_update_due(ts))
		ts->flags |= SOCK_ACK_NOW;
	if (ts->state == TCP_CLOSED || (ts->flags & SOCK_ACK_NOW))
		tcp_mark(ts);
}
