/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIME-WAIT as a crowd: its limit, its order, its end, who may look. What one
 * record makes of segments is in the scenarios. Both ends in one stack over lo;
 * the client closes first, so it is the client's end that waits.
 */
#include "net/tcp/tcp.h"

#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PORT 7000u

struct lab {
	struct testnet *t;
	struct sock *listener;
	uint32_t closes;
	struct tcp_timewait_info seen[8];
	uint32_t seen_count;
};

static void
on_readable(struct sock *sock)
{
	if (tcp_eof(sock))
		tcp_shutdown(sock);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;

	assert_int_equal(why, OK);
	lab->closes++;
}

static const struct sock_ops ops = {
	.readable = on_readable,
	.closed = on_closed,
};

static int
setup(void **state)
{
	const struct sock_addr any = { .port = PORT };
	struct lab *lab = calloc(1, sizeof(*lab));
	enum status status;

	lab->t = testnet_new(1);
	lab->listener =
		tcp_listen(&lab->t->net, &any, 8, &ops, lab, "test", &status);
	assert_non_null(lab->listener);
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;

	tcp_check(&lab->t->net);
	testnet_free(lab->t);
	free(lab);
	return 0;
}

/* From a port of ours, made and closed at once. */
static void
come_and_go(struct lab *lab, uint16_t port)
{
	const struct sock_addr from = { TESTNET_ROUTER(0), port };
	const struct sock_addr to = { TESTNET_ROUTER(0), PORT };
	uint32_t before = lab->closes;
	enum status status;
	struct sock *sock = tcp_connect(&lab->t->net, &from, &to, &ops, lab,
					"test", &status);

	assert_non_null(sock);
	testnet_run(lab->t);
	assert_int_equal(tcp_state(sock), TCP_ESTABLISHED);
	assert_int_equal(tcp_shutdown(sock), OK);
	testnet_run(lab->t);
	assert_int_equal(lab->closes, before + 2);
	tcp_check(&lab->t->net);
}

static void
look(void *ctx, const struct tcp_timewait_info *info)
{
	struct lab *lab = ctx;

	if (lab->seen_count < array_len(lab->seen))
		lab->seen[lab->seen_count++] = *info;
}

static void
the_oldest_makes_room(void **state)
{
	struct lab *lab = *state;
	struct net *net = &lab->t->net;

	net->tcp.param.tcp_max_tw_buckets = 2;
	for (uint16_t i = 0; i < 3; i++) {
		come_and_go(lab, 5000 + i);
		testnet_advance(lab->t, S_NS);
	}
	assert_int_equal(net->tcp.stats.tw, 3);
	assert_int_equal(net->tcp.stats.tw_overflow, 1);
	tcp_for_each_timewait(net, look, lab);
	assert_int_equal(lab->seen_count, 2);
	assert_int_equal(lab->seen[0].local.port, 5001);
	assert_int_equal(lab->seen[1].local.port, 5002);
	assert_int_equal(lab->seen[1].remote.port, PORT);
	assert_int_equal(lab->seen[1].due_ns, net->now_ns + 59 * S_NS);
}

static void
none_may_wait(void **state)
{
	struct lab *lab = *state;

	lab->t->net.tcp.param.tcp_max_tw_buckets = 0;
	come_and_go(lab, 5000);
	assert_int_equal(lab->t->net.tcp.stats.tw, 1);
	assert_int_equal(lab->t->net.tcp.tw_pool.used_count, 0);
	/* The same ends are free at once. */
	come_and_go(lab, 5000);
}

/* More than one run of the timer ends, all due at the same time. */
static void
a_crowd_ends_together(void **state)
{
	struct lab *lab = *state;
	struct net *net = &lab->t->net;
	const uint32_t crowd = 300;

	assert_true(net->tcp.tw_pool.total_count >= crowd);
	for (uint16_t i = 0; i < crowd; i++)
		come_and_go(lab, 5000 + i);
	assert_int_equal(net->tcp.tw_pool.used_count, crowd);
	testnet_advance(lab->t, 60 * S_NS - 10 * MS_NS);
	assert_int_equal(net->tcp.tw_pool.used_count, crowd);
	testnet_advance(lab->t, 20 * MS_NS);
	assert_int_equal(net->tcp.tw_pool.used_count, 0);
	assert_false(net->tcp.tw_timer.armed);
}

/* [RFC9293 3.6.1]: the pair of ends is taken until the wait is over. */
static void
its_ends_are_not_used_again(void **state)
{
	const struct sock_addr from = { TESTNET_ROUTER(0), 5000 };
	const struct sock_addr to = { TESTNET_ROUTER(0), PORT };
	struct lab *lab = *state;
	struct net *net = &lab->t->net;
	enum status status;

	come_and_go(lab, 5000);
	assert_null(tcp_connect(net, &from, &to, &ops, lab, "", &status));
	assert_int_equal(status, ERR_EXIST);
	net->ipv4_param.ip_local_port_first = 5000;
	net->ipv4_param.ip_local_port_last = 5001;
	for (unsigned int i = 0; i < 2; i++) {
		struct sock *sock =
			tcp_connect(net, NULL, &to, &ops, lab, "", &status);

		if (i == 0) {
			assert_non_null(sock);
			assert_int_equal(sock->local.port, 5001);
			testnet_run(lab->t);
		} else {
			assert_null(sock);
			assert_int_equal(status, ERR_RANGE);
		}
	}
	testnet_advance(lab->t, 61 * S_NS);
	come_and_go(lab, 5000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_makes_room),
		TEST(none_may_wait),
		TEST(a_crowd_ends_together),
		TEST(its_ends_are_not_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
