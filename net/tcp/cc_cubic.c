/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CUBIC: the window grows as a cubic function of the time since the last
 * congestion event, flat around the window where that happened, and never
 * slower than Reno would. C = 0.4, beta = 0.7. Windows in bytes, time in
 * milliseconds. [RFC9438]
 */

#include "net/tcp/internal.h"

/* The largest root with root^3 <= n, bit by bit. */
static uint32_t
cube_root(uint64_t n)
{
	uint64_t root = 0;

	for (int bit = 20; bit >= 0; bit--) {
		uint64_t next = root | 1ull << bit;

		if (next * next * next <= n)
			root = next;
	}
	return (uint32_t)root;
}

/*
 * W_cubic(t) = C*(t - K)^3 + W_max [RFC9438 4.2]: segments and seconds there,
 * bytes and milliseconds here. |t - K| is cut at 2^20 ms, beyond which the
 * window is limited by everything else.
 */
static uint32_t
w_cubic(const struct tcp_sock *ts, uint64_t t_ms)
{
	const struct tcp_cc_state *state = &ts->cc_state;
	bool before = t_ms < state->k_ms;
	uint64_t away = before ? state->k_ms - t_ms : t_ms - state->k_ms;
	uint64_t delta;

	away = min_of(away, (uint64_t)1 << 20);
	/* 0.4 * mss * (ms/1000)^3, in an order that neither overflows nor
	 * loses much. */
	delta = away * away / 1000 * away / 1000 * ts->mss / 1000 * 2 / 5;
	if (before)
		return delta < state->origin ? state->origin - (uint32_t)delta
					     : 0;
	return (uint32_t)min_of(state->origin + delta,
				(uint64_t)UINT32_MAX / 2);
}

/* Congestion avoidance begins: where does the curve stand? [RFC9438 4.2,
 * 4.8] */
static void
begin_epoch(struct tcp_sock *ts)
{
	struct tcp_cc_state *state = &ts->cc_state;
	uint64_t missing;

	state->epoch_ns = now_of(ts);
	state->w_est = ts->cwnd;
	state->acked = 0;
	state->k_ms = 0;
	state->origin = max_of(state->w_max, ts->cwnd);
	if (state->w_max > ts->cwnd) {
		/* K = cubic root of (W_max - cwnd_epoch) / C, in seconds. */
		missing = state->w_max - ts->cwnd;
		state->k_ms =
			cube_root(missing * 5 / 2 * 1000000 / ts->mss * 1000);
	}
}

/*
 * W_est, what Reno would have with this beta: alpha = 3*(1-beta)/(1+beta) =
 * 9/17 of a segment a round trip, one segment once it is past the old window.
 * [RFC9438 4.3]
 */
static void
estimate_reno(struct tcp_sock *ts, uint32_t acked)
{
	struct tcp_cc_state *state = &ts->cc_state;
	uint32_t a = state->w_est < state->w_max ? 9 : 17;
	uint32_t step;

	state->acked += acked;
	step = (uint32_t)((uint64_t)state->acked * ts->mss * a /
			  (17ull * max_of(ts->cwnd, 1u)));
	if (step == 0)
		return;
	state->w_est += step;
	state->acked = 0;
}

/* Congestion avoidance [RFC9438 4.2 - 4.5] */
static void
avoid(struct tcp_sock *ts, uint32_t acked)
{
	struct tcp_cc_state *state = &ts->cc_state;
	uint32_t target, cwnd = ts->cwnd;
	uint64_t t_ms;

	if (!state->epoch_ns)
		begin_epoch(ts);
	estimate_reno(ts, acked);
	t_ms = (now_of(ts) - state->epoch_ns) / 1000000;
	/* Where the curve will be one round trip from now, between cwnd and
	 * half as much again. [RFC9438 4.2] */
	target = w_cubic(ts, t_ms + ts->srtt_us / 1000);
	target = max_of(target, cwnd);
	target = min_of(target, cwnd + cwnd / 2);
	if (w_cubic(ts, t_ms) < state->w_est) {
		ts->cwnd = max_of(cwnd, state->w_est);
		return;
	}
	/* (target - cwnd) / cwnd for each segment acknowledged. */
	ts->cwnd += (uint32_t)((uint64_t)(target - cwnd) * acked / cwnd);
}

static void
cubic_grow(struct tcp_sock *ts, uint32_t acked)
{
	if (ts->cwnd < ts->ssthresh)
		acked = tcp_slow_start(ts, acked);
	if (acked)
		avoid(ts, acked);
}

/* [RFC9438 4.6, 4.7]: down to beta, remembering less if this flow shrinks. */
static uint32_t
cubic_ssthresh(struct tcp_sock *ts)
{
	struct tcp_cc_state *state = &ts->cc_state;
	uint32_t flight = min_of(ts->snd_nxt - ts->snd_una, ts->cwnd);

	state->epoch_ns = 0;
	if (ts->cwnd < state->w_max) /* fast convergence: (1 + beta) / 2 */
		state->w_max = (uint32_t)((uint64_t)ts->cwnd * 17 / 20);
	else
		state->w_max = ts->cwnd;
	return max_of((uint32_t)((uint64_t)flight * 7 / 10), 2u * ts->mss);
}

const struct tcp_cc tcp_cc_cubic = {
	.name = "cubic",
	.grow = cubic_grow,
	.ssthresh = cubic_ssthresh,
};
