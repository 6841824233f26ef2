/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of congestion control algorithms, slow start [RFC9406] and Reno.
 * [RFC5681 3.1] */

#include "net/tcp/internal.h"

static const struct tcp_cc *const algorithms[] = {
	&tcp_cc_cubic,
	&tcp_cc_reno,
};

const struct tcp_cc *
tcp_cc_find(const char *name)
{
	for (unsigned int i = 0; i < array_len(algorithms); i++)
		if (strcmp(algorithms[i]->name, name) == 0)
			return algorithms[i];
	return NULL;
}

const struct tcp_cc *
tcp_cc_at(uint32_t i)
{
	return i < array_len(algorithms) ? algorithms[i] : NULL;
}

uint8_t
tcp_cc_index(const struct tcp_cc *cc)
{
	for (size_t i = 0; i < array_len(algorithms); i++)
		if (algorithms[i] == cc)
			return (uint8_t)i;
	panic("tcp: %s is no algorithm of the list", cc->name);
}

/* ---- HyStart++ [RFC9406 4.2, 4.3]; output.c paces, so L is infinite ----- */

#define RTT_THRESH_MIN_US  4000u
#define RTT_THRESH_MAX_US  16000u
#define RTT_DIVISOR	   8u
#define SAMPLES_MIN	   8u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS	   5u

enum {
	HYSTART_NEW,
	HYSTART_SLOW_START,
	HYSTART_CONSERVATIVE,
};

static void
begin_round(struct tcp_sock *ts)
{
	struct tcp_cc_state *state = &ts->cc_state;

	state->last_min_us = state->samples ? state->round_min_us : 0;
	state->round_end = ts->snd_nxt;
	state->samples = 0;
	if (state->hystart == HYSTART_NEW)
		state->hystart = HYSTART_SLOW_START;
	else if (state->hystart == HYSTART_CONSERVATIVE &&
		 ++state->css_rounds >= CSS_ROUNDS)
		ts->ssthresh = ts->cwnd;
}

void
tcp_hystart(struct tcp_sock *ts, uint32_t rtt_us)
{
	struct tcp_cc_state *state = &ts->cc_state;
	uint32_t thresh;

	if (state->hystart == HYSTART_NEW ||
	    seq_le(state->round_end, ts->snd_una))
		begin_round(ts);
	if (!rtt_us)
		return;
	if (!state->samples || rtt_us < state->round_min_us)
		state->round_min_us = rtt_us;
	if (state->samples < SAMPLES_MIN)
		state->samples++;
	if (state->samples < SAMPLES_MIN || !state->last_min_us)
		return;
	thresh = max_of(RTT_THRESH_MIN_US, state->last_min_us / RTT_DIVISOR);
	thresh = min_of(thresh, RTT_THRESH_MAX_US);
	if (state->hystart == HYSTART_CONSERVATIVE) {
		/* It was a mistake. */
		if (state->round_min_us < state->css_baseline_us)
			state->hystart = HYSTART_SLOW_START;
	} else if (state->round_min_us >= state->last_min_us + thresh) {
		state->css_baseline_us = state->round_min_us;
		state->css_rounds = 0;
		state->hystart = HYSTART_CONSERVATIVE;
	}
}

/* cwnd grows by what was acknowledged, counted in bytes [RFC5681 3.1 (2)], L
 * being what arrived: several segments may be acknowledged at once. */
uint32_t
tcp_slow_start(struct tcp_sock *ts, uint32_t acked)
{
	uint32_t room = ts->ssthresh > ts->cwnd ? ts->ssthresh - ts->cwnd : 0;
	uint32_t grow = min_of(acked, room);

	if (ts->ssthresh == UINT32_MAX &&
	    ts->cc_state.hystart == HYSTART_CONSERVATIVE) {
		ts->cwnd += grow / CSS_GROWTH_DIVISOR;
		return 0;
	}
	ts->cwnd += grow;
	return acked - grow;
}

void
tcp_cong_avoid(struct tcp_sock *ts, uint32_t window, uint32_t acked)
{
	struct tcp_cc_state *state = &ts->cc_state;

	state->acked += acked;
	if (state->acked < window)
		return;
	ts->cwnd += state->acked / window * ts->mss;
	state->acked %= window;
}

static void
reno_grow(struct tcp_sock *ts, uint32_t acked)
{
	if (ts->cwnd < ts->ssthresh)
		acked = tcp_slow_start(ts, acked);
	if (acked)
		tcp_cong_avoid(ts, ts->cwnd, acked);
}

/* ssthresh = max(FlightSize / 2, 2*SMSS). [RFC5681 3.1 (4)] */
static uint32_t
reno_ssthresh(struct tcp_sock *ts)
{
	uint32_t flight = min_of(ts->snd_nxt - ts->snd_una, ts->cwnd);

	ts->cc_state.acked = 0;
	return max_of(flight / 2, 2u * ts->mss);
}

const struct tcp_cc tcp_cc_reno = {
	.name = "reno",
	.grow = reno_grow,
	.ssthresh = reno_ssthresh,
};
