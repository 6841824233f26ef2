/* SPDX-License-Identifier: BSD-2-Clause */
/* The first slow start: as long as round trips stay what they are, and how it
 * ends when they grow. */
#include "net/tcp/internal.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define MSS 1000u

struct sender {
	struct testnet *t;
	struct tcp_sock *ts;
};

static struct sender
sender_new(void)
{
	struct sender s = { .t = testnet_new(1) };

	s.ts = tcp_sock_new(&s.t->net);
	assert_non_null(s.ts);
	s.ts->mss = MSS;
	s.ts->cwnd = 10 * MSS;
	s.ts->snd_nxt = 10 * MSS;
	s.ts->cc = &tcp_cc_reno;
	return s;
}

static void
sender_end(struct sender *s)
{
	tcp_close(s->ts->sock);
	testnet_run(s->t);
	testnet_free(s->t);
}

/* A window is acknowledged segment by segment, each after rtt_us. */
static void
some_acks(struct sender *s, uint32_t n, uint32_t rtt_us)
{
	struct tcp_sock *ts = s->ts;

	for (; n > 0; n--) {
		ts->snd_una += MSS;
		if (ts->ssthresh == UINT32_MAX)
			tcp_hystart(ts, rtt_us);
		ts->cc->grow(ts, MSS);
		ts->snd_nxt = ts->snd_una + ts->cwnd;
	}
}

static void
round_trip(struct sender *s, uint32_t rtt_us)
{
	some_acks(s, (s->ts->snd_nxt - s->ts->snd_una) / MSS, rtt_us);
}

/* covers: X9406-001, X5681-002 */
static void
the_window_doubles_while_round_trips_stay_the_same(void **state)
{
	struct sender s = sender_new();

	for (unsigned int i = 0; i < 6; i++)
		round_trip(&s, 50000 + i * 500);
	assert_true(s.ts->cwnd >= 600 * MSS);
	assert_int_equal(s.ts->ssthresh, UINT32_MAX);
	sender_end(&s);
}

/* Less than an eighth longer is no sign; more is, and after five rounds of a
 * quarter of the growth slow start is over.
 * covers: X9406-002, X9406-003 */
static void
longer_round_trips_end_it(void **state)
{
	struct sender s = sender_new();
	uint32_t before;

	round_trip(&s, 80000);
	round_trip(&s, 80000);
	round_trip(&s, 89000);
	assert_int_equal(s.ts->ssthresh, UINT32_MAX);
	round_trip(&s, 102000);
	before = s.ts->cwnd;
	round_trip(&s, 102000);
	assert_true(s.ts->cwnd < before * 3 / 2);
	for (unsigned int i = 0; i < 5; i++)
		round_trip(&s, 102000);
	assert_int_not_equal(s.ts->ssthresh, UINT32_MAX);
	sender_end(&s);
}

/* covers: X9406-004 */
static void
it_goes_on_if_that_was_a_mistake(void **state)
{
	struct sender s = sender_new();
	uint32_t before;

	round_trip(&s, 50000);
	round_trip(&s, 50000);
	round_trip(&s, 70000);
	before = s.ts->cwnd;
	round_trip(&s, 70000);
	assert_true(s.ts->cwnd < before * 3 / 2);
	round_trip(&s, 50000);
	before = s.ts->cwnd;
	round_trip(&s, 50000);
	assert_true(s.ts->cwnd >= before * 3 / 2);
	assert_int_equal(s.ts->ssthresh, UINT32_MAX);
	sender_end(&s);
}

/* The same, if it shows before the round trip is over. */
static void
it_goes_on_at_once_if_that_was_a_mistake(void **state)
{
	struct sender s = sender_new();
	uint32_t before;

	round_trip(&s, 50000);
	round_trip(&s, 50000);
	round_trip(&s, 70000);
	some_acks(&s, 12, 70000);
	before = s.ts->cwnd;
	some_acks(&s, 4, 70000);
	assert_true(s.ts->cwnd < before + 4 * MSS);
	before = s.ts->cwnd;
	some_acks(&s, 1, 51000);
	some_acks(&s, 4, 70000);
	assert_true(s.ts->cwnd >= before + 4 * MSS);
	sender_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_window_doubles_while_round_trips_stay_the_same),
		cmocka_unit_test(longer_round_trips_end_it),
		cmocka_unit_test(it_goes_on_if_that_was_a_mistake),
		cmocka_unit_test(it_goes_on_at_once_if_that_was_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
