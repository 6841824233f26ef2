/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections at rest: more of them than may be awake. Both ends in one stack
 * over lo, so every connection counts twice.
 */
#include "net/tcp/tcp.h"

#include "net/wire/tcp.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PORT  7000u
#define PAIRS 12u
#define AWAKE 8u
#define S_NS  1000000000ull

struct lab {
	struct testnet *t;
	struct sock *listener;
	struct sock *client[PAIRS], *server[PAIRS];
	uint32_t accepted, answers, writables, closes, eofs;
	enum status why;
	bool hold; /* servers leave unread what they get */
};

static void
on_established(struct sock *sock)
{
	struct lab *lab = sock->ctx;

	if (sock->local.port == PORT)
		lab->server[lab->accepted++] = sock;
}

static void
on_readable(struct sock *sock)
{
	struct lab *lab = sock->ctx;
	struct skb *skb;
	uint8_t byte;

	if (sock->local.port == PORT) {
		while (!lab->hold && (skb = tcp_recv(sock)))
			assert_int_equal(tcp_send(sock, skb), OK);
	} else {
		while (tcp_read(sock, &byte, 1) == 1) {
			assert_int_equal(byte, 'x');
			lab->answers++;
		}
	}
	lab->eofs += tcp_eof(sock);
}

static void
on_writable(struct sock *sock)
{
	struct lab *lab = sock->ctx;

	lab->writables++;
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;

	lab->closes++;
	lab->why = why;
}

static const struct sock_ops ops = {
	.established = on_established,
	.readable = on_readable,
	.writable = on_writable,
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
			 .tcp_sock_count = 64,
			 .tcp_awake_count = AWAKE },
	};
	const struct sock_addr any = { .port = PORT };
	struct lab *lab = calloc(1, sizeof(*lab));
	enum status status;

	lab->t = testnet_new_with(&config);
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

static struct sock *
connect_one(struct lab *lab)
{
	const struct sock_addr to = { TESTNET_ROUTER(0), PORT };
	enum status status;

	return tcp_connect(&lab->t->net, NULL, &to, &ops, lab, "test", &status);
}

/* All established, and idle for a while. */
static void
connect_all(struct lab *lab)
{
	for (unsigned int i = 0; i < PAIRS; i++) {
		lab->client[i] = connect_one(lab);
		assert_non_null(lab->client[i]);
		testnet_advance(lab->t, S_NS);
		assert_int_equal(lab->accepted, i + 1);
	}
	assert_int_equal(lab->t->net.tcp.pool.used_count, 2 * PAIRS + 1);
	assert_int_equal(lab->t->net.tcp.awake_pool.used_count, AWAKE);
	tcp_check(&lab->t->net);
}

/* Unread bytes keep the servers of the first half awake, and with them as many
 * as there may be. */
static void
keep_all_busy(struct lab *lab)
{
	lab->hold = true;
	for (unsigned int i = 0; i < AWAKE - 1; i++) {
		assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
		testnet_advance(lab->t, S_NS);
	}
}

/* The first servers read what they hold, and do not answer; from now on they
 * do. */
static void
read_some(struct lab *lab, unsigned int count)
{
	lab->hold = false;
	for (unsigned int i = 0; i < count; i++)
		skb_consume(tcp_recv(lab->server[i]));
}

static void
more_rest_than_may_be_awake(void **state)
{
	struct lab *lab = *state;

	connect_all(lab);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < PAIRS; i++) {
			assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
			testnet_advance(lab->t, S_NS);
			assert_int_equal(lab->answers, round * PAIRS + i + 1);
		}
		tcp_check(&lab->t->net);
	}
	assert_int_equal(testnet_drops_all(lab->t), 0);
}

/* Members from first to last; what lies between those named may be padding. */
#define assert_same(a, b, first, last)                                         \
	assert_memory_equal(&(a).first, &(b).first,                            \
			    offsetof(struct tcp_info, last) +                  \
				    sizeof((a).last) -                         \
				    offsetof(struct tcp_info, first))

static void
nothing_is_forgotten_at_rest(void **state)
{
	struct lab *lab = *state;
	struct tcp_info before, after;
	struct sock *sock;

	connect_all(lab);
	sock = lab->client[0];
	assert_int_equal(tcp_set_option(sock, TCP_OPT_KEEPIDLE, 77), OK);
	assert_int_equal(tcp_set_congestion(sock, "reno"), OK);
	assert_int_equal(tcp_write(sock, "x", 1), 1);
	testnet_advance(lab->t, S_NS);
	tcp_get_info(sock, &before);
	assert_int_equal(before.bytes_sent, 1);
	assert_int_equal(before.bytes_acked, 2); /* with the SYN */
	for (unsigned int i = 1; i < PAIRS; i++) {
		assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
		testnet_advance(lab->t, S_NS);
	}
	tcp_get_info(sock, &after);
	assert_same(before, after, state, state);
	assert_same(before, after, congestion, ca_state);
	assert_same(before, after, rto_us, keep_count);
	assert_same(before, after, last_send_ns, recv_shut);
	assert_int_equal(tcp_state(sock), TCP_ESTABLISHED);
	assert_int_equal(tcp_readable_len(sock), 0);
	assert_int_equal(tcp_urgent_len(sock), 0);
	assert_null(tcp_recv(sock));
	assert_false(tcp_eof(sock));
}

static void
keep_alive_goes_on_at_rest(void **state)
{
	struct lab *lab = *state;
	uint64_t before;

	connect_all(lab);
	assert_int_equal(tcp_set_option(lab->client[0], TCP_OPT_KEEPIDLE, 50),
			 OK);
	assert_int_equal(tcp_set_option(lab->client[0], TCP_OPT_KEEPALIVE, 1),
			 OK);
	testnet_run(lab->t);
	for (unsigned int i = 1; i < PAIRS; i++) {
		assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
		testnet_advance(lab->t, S_NS);
	}
	before = lab->t->net.tcp.stats.tcp_keep_alive;
	testnet_advance(lab->t, (55 - PAIRS) * S_NS);
	assert_int_equal(lab->t->net.tcp.stats.tcp_keep_alive, before + 1);
	testnet_advance(lab->t, 76 * S_NS); /* tcp_keepalive_intvl */
	assert_int_equal(lab->t->net.tcp.stats.tcp_keep_alive, before + 2);
}

/* What wakes it takes over the time of its keep-alive, and gives it back. */
static void
woken_it_still_keeps_alive(void **state)
{
	struct lab *lab = *state;
	uint64_t before;

	connect_all(lab);
	assert_int_equal(tcp_set_option(lab->client[0], TCP_OPT_KEEPIDLE, 50),
			 OK);
	assert_int_equal(tcp_set_option(lab->client[0], TCP_OPT_KEEPALIVE, 1),
			 OK);
	testnet_run(lab->t);
	for (unsigned int i = 1; i < PAIRS; i++) {
		assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
		testnet_advance(lab->t, S_NS);
	}
	before = lab->t->net.tcp.stats.tcp_keep_alive;
	lab->answers = 0;
	assert_int_equal(tcp_write(lab->client[0], "x", 1), 1);
	testnet_advance(lab->t, S_NS);
	assert_int_equal(lab->answers, 1);
	/* Heard of just now, it is idle from here on. */
	testnet_advance(lab->t, 45 * S_NS);
	assert_int_equal(lab->t->net.tcp.stats.tcp_keep_alive, before);
	testnet_advance(lab->t, 10 * S_NS);
	assert_int_equal(lab->t->net.tcp.stats.tcp_keep_alive, before + 1);
	tcp_check(&lab->t->net);
}

static void
when_all_are_busy_a_segment_is_dropped_by_name(void **state)
{
	struct lab *lab = *state;
	struct sock *last;

	connect_all(lab);
	last = lab->client[PAIRS - 1];
	lab->hold = true;
	for (unsigned int i = 0; i < AWAKE - 2; i++) {
		assert_int_equal(tcp_write(lab->client[i], "x", 1), 1);
		testnet_advance(lab->t, S_NS);
	}
	/* Six servers hold a byte, the listener is awake: one is left. */
	assert_int_equal(tcp_write(last, "x", 1), 1);
	testnet_run(lab->t);
	assert_true(testnet_drops(lab->t, DROP_TCP_BUSY) > 0);
	assert_int_equal(lab->answers, 0);
	/* It comes again once somebody has read. */
	read_some(lab, 3);
	testnet_advance(lab->t, 10 * S_NS);
	assert_int_equal(lab->answers, 1);
}

static void
when_all_are_busy_an_application_waits_for_room(void **state)
{
	struct lab *lab = *state;
	struct sock *last;

	connect_all(lab);
	lab->t->net.tcp.param.tcp_stall_abort = 0;
	last = lab->client[PAIRS - 1];
	keep_all_busy(lab);
	assert_int_equal(tcp_write(last, "x", 1), 0);
	assert_int_equal(tcp_shutdown(last), ERR_NOMEM);
	assert_int_equal(tcp_set_option(last, TCP_OPT_NODELAY, 1), ERR_NOMEM);
	assert_int_equal(tcp_set_congestion(last, "reno"), ERR_NOMEM);
	assert_null(connect_one(lab));
	testnet_advance(lab->t, 5 * S_NS);
	assert_int_equal(lab->writables, 0);
	read_some(lab, 4);
	testnet_advance(lab->t, S_NS);
	assert_int_equal(lab->writables, 1);
	assert_int_equal(tcp_write(last, "x", 1), 1);
	testnet_advance(lab->t, S_NS);
	/* Its own, and that of the last whose server could not be woken. */
	assert_int_equal(lab->answers, 2);
}

/* The last client's byte is never acknowledged: its server cannot be woken. */
static void
when_all_are_busy_the_one_without_progress_is_ended(void **state)
{
	struct lab *lab = *state;
	struct sock *last;

	connect_all(lab);
	last = lab->client[PAIRS - 1];
	keep_all_busy(lab);
	assert_int_equal(tcp_write(last, "x", 1), 0);
	assert_int_equal(lab->closes, 0);
	testnet_advance(lab->t, 6 * S_NS);
	assert_int_equal(lab->closes, 1);
	assert_int_equal(lab->why, ERR_NOMEM);
	assert_int_equal(lab->t->net.tcp.stats.tcp_abort_on_memory, 1);
	assert_int_equal(lab->writables, 1);
	assert_int_equal(tcp_write(last, "x", 1), 1);
}

static void
when_all_are_busy_closing_resets(void **state)
{
	struct lab *lab = *state;
	struct tcp_stats *stats = &lab->t->net.tcp.stats;

	connect_all(lab);
	keep_all_busy(lab);
	tcp_close(lab->client[PAIRS - 1]);
	tcp_abort(lab->client[PAIRS - 2]);
	assert_true(tcp_kill(lab->client[PAIRS - 3]));
	testnet_run(lab->t);
	assert_int_equal(stats->tcp_abort_on_memory, 1);
	assert_int_equal(stats->out_rsts, 3);
	assert_int_equal(lab->closes, 1); /* who was killed is told */
	assert_int_equal(lab->why, ERR_RESET);
	tcp_check(&lab->t->net);
}

static void
a_peer_at_rest_closes(void **state)
{
	struct lab *lab = *state;

	connect_all(lab);
	for (unsigned int i = 0; i < PAIRS; i++) {
		assert_int_equal(tcp_shutdown(lab->client[i]), OK);
		testnet_advance(lab->t, S_NS);
		assert_int_equal(lab->eofs, i + 1);
	}
	/* Half-closed ones rest, too. */
	assert_int_equal(lab->t->net.tcp.awake_pool.used_count, AWAKE);
	for (unsigned int i = 0; i < PAIRS; i++) {
		assert_true(tcp_eof(lab->server[i]));
		tcp_close(lab->server[i]);
		testnet_advance(lab->t, S_NS);
	}
	assert_int_equal(lab->closes, PAIRS);
	assert_int_equal(lab->why, OK);
	assert_int_equal(lab->t->net.tcp.pool.used_count, 1);
	assert_int_equal(lab->t->net.tcp.awake_pool.used_count, 1);
}

static void
all_are_reset_at_rest(void **state)
{
	struct lab *lab = *state;

	connect_all(lab);
	tcp_reset_all(&lab->t->net);
	testnet_run(lab->t);
	assert_int_equal(lab->closes, 2 * PAIRS);
	assert_int_equal(lab->t->net.tcp.pool.used_count, 1);
	assert_int_equal(lab->t->net.tcp.awake_pool.used_count, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(more_rest_than_may_be_awake),
		T(nothing_is_forgotten_at_rest),
		T(woken_it_still_keeps_alive),
		T(keep_alive_goes_on_at_rest),
		T(when_all_are_busy_a_segment_is_dropped_by_name),
		T(when_all_are_busy_an_application_waits_for_room),
		T(when_all_are_busy_the_one_without_progress_is_ended),
		T(when_all_are_busy_closing_resets),
		T(a_peer_at_rest_closes),
		T(all_are_reset_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
