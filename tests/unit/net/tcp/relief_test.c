/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory pressure: peers that do not read, on one port, and somebody who needs
 * what they hold. Both ends in one stack over lo. A hoarder's server wants to
 * send more than its client reads.
 */
#include "net/tcp/tcp.h"

#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PORT	 7000u
#define HOARDERS 6u
#define S_NS	 1000000000ull

struct lab {
	struct testnet *t;
	struct sock *listener;
	struct sock *client[HOARDERS + 1], *server[HOARDERS + 1];
	uint32_t accepted;
	bool ended[HOARDERS + 1]; /* the server's end */
	enum status why;
	uint32_t takes[HOARDERS]; /* bytes a client reads a second */
	bool echoes;		  /* the servers give back what they read */
};

static uint8_t text[60000];

static void
fill(struct lab *lab, unsigned int i)
{
	if (lab->server[i] && !lab->ended[i])
		tcp_write(lab->server[i], text, sizeof(text));
}

static void
on_established(struct sock *sock)
{
	struct lab *lab = sock->ctx;

	if (sock->local.port == PORT)
		lab->server[lab->accepted++] = sock;
}

static void
on_writable(struct sock *sock)
{
	struct lab *lab = sock->ctx;

	for (unsigned int i = 0; i < HOARDERS; i++)
		if (lab->server[i] == sock)
			fill(lab, i);
}

static void
echo(struct sock *sock)
{
	struct skb *skb;

	while (tcp_room_to_pass_on(sock) && (skb = tcp_recv(sock)))
		assert_int_equal(tcp_send(sock, skb), OK);
}

static void
on_writable_echo(struct sock *sock)
{
	struct lab *lab = sock->ctx;

	if (lab->echoes && sock->local.port == PORT)
		echo(sock);
	else if (!lab->echoes)
		on_writable(sock);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;

	for (unsigned int i = 0; i <= HOARDERS; i++) {
		if (lab->server[i] == sock) {
			lab->ended[i] = true;
			lab->why = why;
		}
		if (lab->client[i] == sock)
			lab->client[i] = NULL;
	}
}

static const struct sock_ops ops = {
	.established = on_established,
	.writable = on_writable_echo,
	.closed = on_closed,
};

static int
setup(void **state)
{
	const struct testnet_config config = {
		.ports = 1,
		.net = { .seed = { 1 },
			 .now_ns = 1000 * S_NS,
			 .skb_count = 1024,
			 .tcp_sock_count = 64 },
	};
	const struct sock_addr any = { .port = PORT };
	struct lab *lab = calloc(1, sizeof(*lab));
	enum status status;

	lab->t = testnet_new_with(&config);
	lab->t->net.tcp.param.tcp_rmem[1] = 2048;
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

	net_check(&lab->t->net);
	testnet_free(lab->t);
	free(lab);
	return 0;
}

static void
connect_one(struct lab *lab, unsigned int i)
{
	const struct sock_addr to = { TESTNET_ROUTER(0), PORT };
	enum status status;

	lab->client[i] = tcp_connect(&lab->t->net, NULL, &to, &ops, lab, "test",
				     &status);
	assert_non_null(lab->client[i]);
	testnet_run(lab->t);
	assert_int_equal(lab->accepted, i + 1);
}

/* A second, in which the clients take what they take. */
static void
pass_second(struct lab *lab)
{
	uint8_t bytes[sizeof(text)];

	for (unsigned int i = 0; i < HOARDERS; i++)
		if (lab->takes[i] && lab->client[i])
			tcp_read(lab->client[i], bytes, lab->takes[i]);
	testnet_advance(lab->t, S_NS);
}

/* All hoard, and TCP may hold no more than that. */
static void
hoard(struct lab *lab)
{
	for (unsigned int i = 0; i < HOARDERS; i++) {
		connect_one(lab, i);
		fill(lab, i);
		pass_second(lab);
	}
	connect_one(lab, HOARDERS);
	lab->t->net.tcp.param.tcp_buffers_max = lab->t->net.tcp.buffers;
}

/* Every second the last one wants to send; until it could, or time is up. */
static unsigned int
seconds_until_sent(struct lab *lab, unsigned int most)
{
	unsigned int s = 0;

	while (s < most && tcp_write(lab->server[HOARDERS], "x", 1) == 0) {
		pass_second(lab);
		s++;
	}
	return s;
}

static void
the_longest_stalled_is_ended_when_another_is_refused(void **state)
{
	struct lab *lab = *state;
	const struct tcp_stats *stats = &lab->t->net.tcp.stats;

	hoard(lab);
	assert_true(seconds_until_sent(lab, 60) <= 6);
	assert_true(lab->ended[0]);
	assert_int_equal(lab->why, ERR_NOMEM);
	assert_true(stats->tcp_abort_on_memory > 0);
	assert_true(stats->tcp_memory_pressures > 0);
	/* And no more of them than it took. */
	assert_false(lab->ended[HOARDERS - 1]);
	pass_second(lab);
	assert_int_equal(tcp_readable_len(lab->client[HOARDERS]), 1);
}

static void
without_need_nobody_is_ended(void **state)
{
	struct lab *lab = *state;

	hoard(lab);
	testnet_advance(lab->t, 300 * S_NS);
	assert_int_equal(lab->t->net.tcp.stats.tcp_abort_on_memory, 0);
	for (unsigned int i = 0; i < HOARDERS; i++)
		assert_false(lab->ended[i]);
}

static void
the_operator_may_forbid_it(void **state)
{
	struct lab *lab = *state;

	lab->t->net.tcp.param.tcp_stall_abort = 0;
	hoard(lab);
	assert_int_equal(seconds_until_sent(lab, 60), 60);
	assert_int_equal(lab->t->net.tcp.stats.tcp_abort_on_memory, 0);
}

/* Slow read: an acknowledgment now and then is not progress. */
static void
a_little_now_and_then_does_not_save(void **state)
{
	struct lab *lab = *state;

	for (unsigned int i = 0; i < HOARDERS; i++)
		lab->takes[i] = 700;
	hoard(lab);
	assert_true(seconds_until_sent(lab, 60) <= 8);
	assert_true(lab->t->net.tcp.stats.tcp_abort_on_memory > 0);
}

static void
who_takes_what_there_is_stays(void **state)
{
	struct lab *lab = *state;

	lab->takes[0] = 20000;
	hoard(lab);
	for (unsigned int s = 0; s < 10; s++) {
		seconds_until_sent(lab, 1);
		pass_second(lab);
	}
	assert_false(lab->ended[0]);
	assert_true(lab->ended[1]);
}

/* Nobody sends, nobody can be ended: what all have received fills what may
 * wait to be sent. */
static void
what_was_received_can_be_passed_on(void **state)
{
	struct lab *lab = *state;
	uint8_t bytes[2000];

	for (unsigned int i = 0; i < HOARDERS; i++) {
		connect_one(lab, i);
		assert_int_equal(tcp_write(lab->client[i], text, sizeof(bytes)),
				 sizeof(bytes));
		testnet_advance(lab->t, S_NS);
	}
	lab->t->net.tcp.param.tcp_buffers_max = lab->t->net.tcp.buffers / 3 * 4;
	assert_int_equal(tcp_room(lab->server[0]), 0);
	lab->echoes = true;
	for (unsigned int i = 0; i < HOARDERS; i++)
		echo(lab->server[i]);
	testnet_advance(lab->t, 10 * S_NS);
	for (unsigned int i = 0; i < HOARDERS; i++)
		assert_int_equal(tcp_read(lab->client[i], bytes, sizeof(bytes)),
				 sizeof(bytes));
	assert_int_equal(lab->t->net.tcp.stats.tcp_abort_on_memory, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(the_longest_stalled_is_ended_when_another_is_refused),
		T(without_need_nobody_is_ended),
		T(the_operator_may_forbid_it),
		T(a_little_now_and_then_does_not_save),
		T(who_takes_what_there_is_stays),
		T(what_was_received_can_be_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
