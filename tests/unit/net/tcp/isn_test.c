/* SPDX-License-Identifier: BSD-2-Clause */
/* Where numbers begin, and which ports are chosen: by a clock, and by secrets
 * that nobody outside can compute. */
#include "net/tcp/internal.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

static struct testnet *
stack_of(uint8_t seed, uint16_t first_port, uint16_t last_port)
{
	const struct testnet_config config = {
		.ports = 1,
		.net = { .seed = { seed },
			 .now_ns = 1000 * S_NS,
			 .skb_count = 256 },
	};
	struct testnet *t = testnet_new_with(&config);

	t->net.ipv4_param.ip_local_port_first = first_port;
	t->net.ipv4_param.ip_local_port_last = last_port;
	return t;
}

static const struct sock_addr here = { TESTNET_ROUTER(0), 4000 };
static const struct sock_addr there = { TESTNET_HOST(0), 80 };

/* covers: T9293-MUST-8, T9293-SHLD-1, X6528-002 */
static void
the_same_ends_begin_later_by_four_microseconds_each(void **state)
{
	struct testnet *t = stack_of(1, 32768, 60999);
	uint32_t before = tcp_isn(&t->net, &here, &there);

	t->net.now_ns += 4000;
	assert_int_equal(tcp_isn(&t->net, &here, &there), before + 1);
	t->net.now_ns += 60 * S_NS;
	assert_int_equal(tcp_isn(&t->net, &here, &there),
			 before + 1 + 15000000);
	testnet_free(t);
}

/* One bit in one connection's number follows from another's in half of all
 * cases: from any end, from any boot.
 * covers: T9293-MUST-9, X6528-001 */
static void
other_ends_and_other_boots_tell_nothing(void **state)
{
	struct testnet *a = stack_of(1, 32768, 60999);
	struct testnet *b = stack_of(2, 32768, 60999);
	uint32_t differing = 0, boots = 0;

	for (uint16_t port = 1; port <= 1000; port++) {
		const struct sock_addr one = { here.addr, port };
		const struct sock_addr next = { here.addr, port + 1 };
		uint32_t isn = tcp_isn(&a->net, &one, &there);

		differing += (uint32_t)__builtin_popcount(
			isn ^ tcp_isn(&a->net, &next, &there));
		boots += (uint32_t)__builtin_popcount(
			isn ^ tcp_isn(&b->net, &one, &there));
	}
	/* 32000 coins, five standard deviations. */
	assert_in_range(differing, 16000 - 450, 16000 + 450);
	assert_in_range(boots, 16000 - 450, 16000 + 450);
	testnet_free(a);
	testnet_free(b);
}

/* covers: X7323-012 */
static void
timestamps_begin_anywhere_and_tick_by_the_millisecond(void **state)
{
	struct testnet *t = stack_of(1, 32768, 60999);
	const struct sock_addr other = { here.addr, here.port + 1 };
	uint32_t before = tcp_clock(&t->net);

	assert_int_not_equal(tcp_ts_offset(&t->net, &here, &there),
			     tcp_ts_offset(&t->net, &other, &there));
	t->net.now_ns += 3 * S_NS;
	assert_int_equal(tcp_clock(&t->net), before + 3000);
	testnet_free(t);
}

/* covers: X6056-001, X6056-002 */
static void
ports_are_spread_over_the_whole_range(void **state)
{
	struct testnet *t = stack_of(1, 1024, 65535);
	uint32_t upper = 0, same = 0, last = 0;

	for (unsigned int i = 0; i < 2000; i++) {
		uint16_t port = tcp_choose_port(&t->net, here.addr, &there);

		assert_in_range(port, 1024, 65535);
		upper += port >= (1024 + 65536) / 2;
		same += port == last || port == last + 1;
		last = port;
	}
	assert_in_range(upper, 1000 - 112, 1000 + 112);
	assert_true(same < 5);
	testnet_free(t);
}

static const struct sock_ops nothing;

/* covers: X6056-003 */
static void
a_port_that_is_taken_is_not_chosen(void **state)
{
	struct testnet *t = stack_of(1, 5000, 5003);
	const struct sock_addr listening = { 0, 5001 };
	struct sock *sock[4];
	uint32_t seen = 0;
	enum status status;

	sock[0] =
		tcp_listen(&t->net, &listening, 1, &nothing, NULL, "", &status);
	assert_non_null(sock[0]);
	for (unsigned int i = 1; i < 4; i++) {
		sock[i] = tcp_connect(&t->net, NULL, &there, &nothing, NULL, "",
				      &status);
		assert_non_null(sock[i]);
		seen |= 1u << (sock[i]->local.port - 5000);
	}
	assert_int_equal(seen, 1u | 4u | 8u);
	assert_null(tcp_connect(&t->net, NULL, &there, &nothing, NULL, "",
				&status));
	assert_int_equal(status, ERR_RANGE);
	for (unsigned int i = 0; i < 4; i++)
		tcp_abort(sock[i]);
	testnet_run(t);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_same_ends_begin_later_by_four_microseconds_each),
		cmocka_unit_test(other_ends_and_other_boots_tell_nothing),
		cmocka_unit_test(
			timestamps_begin_anywhere_and_tick_by_the_millisecond),
		cmocka_unit_test(ports_are_spread_over_the_whole_range),
		cmocka_unit_test(a_port_that_is_taken_is_not_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
