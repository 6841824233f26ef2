/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of congestion control algorithms, and Reno. [RFC5681 3.1] */

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
	uint8_t i = 0;

	while (algorithms[i] != cc)
		i++;
	return i;
}

/* cwnd grows by what was acknowledged, counted in bytes [RFC5681 3.1 (2)], L
 * being what arrived: several segments may be acknowledged at once. */
uint32_t
tcp_slow_start(struct tcp_sock *ts, uint32_t acked)
{
	uint32_t room = ts->ssthresh > ts->cwnd ? ts->ssthresh - ts->cwnd : 0;
	uint32_t grow = min_of(acked, room);

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
