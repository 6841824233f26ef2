/* SPDX-License-Identifier: BSD-2-Clause */
/* CUBIC against the formulas of RFC 9438, in floating point. */
#include <math.h>

#include "net/tcp/internal.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define MSS  1000u
#define BETA 0.7
#define C    0.4

struct sender {
	struct testnet *t;
	struct tcp_sock *ts;
};

/* A window of so many segments, all in flight. */
static struct sender
sender_of(uint32_t segments, uint32_t rtt_ms)
{
	struct sender s = { .t = testnet_new(1) };
	struct tcp_sock *ts = tcp_sock_new(&s.t->net);

	assert_non_null(ts);
	ts->mss = MSS;
	ts->cwnd = segments * MSS;
	ts->snd_nxt = ts->cwnd;
	ts->srtt_us = ts->min_rtt_us = rtt_ms * 1000;
	ts->cc = &tcp_cc_cubic;
	s.ts = ts;
	return s;
}

static void
sender_end(struct sender *s)
{
	tcp_close(s->ts->sock);
	testnet_run(s->t);
	testnet_free(s->t);
}

static void
lose(struct sender *s)
{
	struct tcp_sock *ts = s->ts;

	ts->snd_nxt = ts->snd_una + ts->cwnd;
	ts->ssthresh = ts->cc->ssthresh(ts);
	ts->cwnd = ts->ssthresh;
}

/* A round trip: every segment of the window is acknowledged by itself. */
static void
round_trip(struct sender *s)
{
	uint32_t segments = s->ts->cwnd / MSS;
	uint64_t step_ns = s->ts->srtt_us * 1000ull / segments;

	for (uint32_t i = 0; i < segments; i++) {
		s->t->net.now_ns += step_ns;
		s->ts->cc->grow(s->ts, MSS);
	}
}

/* covers: X9438-001 */
static void
a_loss_leaves_seven_tenths(void **state)
{
	struct sender s = sender_of(100, 100);

	lose(&s);
	assert_int_equal(s.ts->ssthresh, 70 * MSS);
	s.ts->cwnd = 2 * MSS;
	lose(&s);
	assert_int_equal(s.ts->ssthresh, 2 * MSS);
	sender_end(&s);
}

/* W_cubic(t) = C(t - K)^3 + W_max, K the cubic root of W_max(1 - beta)/C.
 * covers: X9438-002 */
static void
the_window_follows_the_cube_of_time(void **state)
{
	struct sender s = sender_of(1000, 100);
	double k = cbrt(1000 * (1 - BETA) / C), t = 0, want;
	uint64_t start_ns;

	lose(&s);
	start_ns = s.t->net.now_ns;
	for (unsigned int i = 0; i < 150; i++) {
		round_trip(&s);
		t = (double)(s.t->net.now_ns - start_ns) / 1e9;
		want = C * pow(t - k, 3) + 1000;
		/* What it is one round trip from now is aimed at. */
		assert_true(s.ts->cwnd / MSS >= want * 0.98 - 2);
		want = C * pow(t + 0.1 - k, 3) + 1000;
		assert_true(s.ts->cwnd / MSS <= want * 1.02 + 2);
	}
	assert_true(t > k + 4);
	sender_end(&s);
}

/* With a short round trip the cube is slow, and Reno with this beta, 9/17 of a
 * segment a round trip, is the least.
 * covers: X9438-003 */
static void
it_is_never_slower_than_reno(void **state)
{
	struct sender s = sender_of(20, 5);
	double reno;

	lose(&s);
	reno = s.ts->cwnd / (double)MSS;
	for (unsigned int i = 0; i < 100; i++) {
		round_trip(&s);
		reno += reno < 20 ? 9.0 / 17 : 1;
		assert_true(s.ts->cwnd / (double)MSS >= reno * 0.93 - 1);
		assert_true(s.ts->cwnd / (double)MSS <= reno * 1.07 + 1);
	}
	sender_end(&s);
}

/* Long after the loss the curve is steep.
 * covers: X9438-004 */
static void
a_round_trip_adds_no_more_than_half(void **state)
{
	struct sender s = sender_of(20, 1000);
	uint32_t before;

	lose(&s);
	round_trip(&s);
	for (unsigned int i = 0; i < 40; i++) {
		before = s.ts->cwnd;
		round_trip(&s);
		/* By as many steps as there were segments. */
		assert_true(s.ts->cwnd <= before * 1.66 + MSS);
		if (s.ts->cwnd > 1u << 28)
			break;
	}
	sender_end(&s);
}

/* covers: X9438-005 */
static void
a_flow_that_shrinks_makes_room(void **state)
{
	struct sender s = sender_of(100, 100);

	lose(&s);
	assert_int_equal(s.ts->cc_state.w_max, 100 * MSS);
	/* Again, before it has come back to that. */
	lose(&s);
	assert_int_equal(s.ts->cc_state.w_max, 70 * MSS * 17 / 20);
	sender_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loss_leaves_seven_tenths),
		cmocka_unit_test(the_window_follows_the_cube_of_time),
		cmocka_unit_test(it_is_never_slower_than_reno),
		cmocka_unit_test(a_round_trip_adds_no_more_than_half),
		cmocka_unit_test(a_flow_that_shrinks_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
