/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A crowd of peers that connect and say nothing: host after host does the
 * handshake with raw segments, on a port whose application hears first, or on
 * one whose application speaks first.
 */
#include "net/tcp/internal.h"

#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HEARS  7000u
#define SPEAKS 7001u
#define SOCKS  64u
#define S_NS   1000000000ull
#define WINDOW 8000u

struct lab {
	struct testnet *t;
	struct sock *hears, *speaks;
	uint32_t served; /* that have said something */
	uint32_t resets; /* heard */
};

static void
on_established(struct sock *sock)
{
	assert_int_equal(sock->local.port, SPEAKS);
	assert_int_equal(tcp_write(sock, "hello", 5), 5);
}

static void
on_readable(struct sock *sock)
{
	struct lab *lab = sock->ctx;
	uint8_t byte;

	while (tcp_read(sock, &byte, 1) == 1)
		lab->served++;
	if (tcp_eof(sock))
		tcp_close(sock);
}

static const struct sock_ops hearing = { .readable = on_readable };
static const struct sock_ops speaking = {
	.established = on_established,
	.readable = on_readable,
};

static int
setup(void **state)
{
	const struct testnet_config config = {
		.ports = 1,
		.net = { .seed = { 1 },
			 .now_ns = 1000 * S_NS,
			 .tcp_sock_count = SOCKS,
			 .tcp_awake_count = SOCKS / 2 },
	};
	const struct sock_addr hears = { .port = HEARS };
	const struct sock_addr speaks = { .port = SPEAKS };
	struct lab *lab = calloc(1, sizeof(*lab));
	enum status status;

	lab->t = testnet_new_with(&config);
	lab->hears = tcp_listen(&lab->t->net, &hears, 16, &hearing, lab,
				"hears", &status);
	lab->speaks = tcp_listen(&lab->t->net, &speaks, 16, &speaking, lab,
				 "speaks", &status);
	assert_non_null(lab->speaks);
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

/* ---- peers: each has a port ---------------------------------------------- */

static void
say(struct lab *lab, uint16_t peer, uint16_t port, uint8_t flags, uint32_t seq,
    uint32_t ack, const char *text)
{
	const uint32_t text_len = (uint32_t)strlen(text);
	const uint32_t len = TCP_HEADER_LEN + text_len;
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
					     IPPROTO_TCP, len);
	uint32_t sum =
		checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, (uint16_t)len);
	uint8_t bytes[TCP_HEADER_LEN + 32];
	struct tcp h = {
		.sport = peer,
		.dport = port,
		.seq = seq,
		.ack = ack,
		.flags = flags,
		.header_len = TCP_HEADER_LEN,
		.window = WINDOW,
	};

	tcp_emit(&h, bytes);
	memcpy(bytes + TCP_HEADER_LEN, text, text_len);
	h.checksum = checksum_fold(checksum_add(sum, bytes, len));
	tcp_emit(&h, bytes);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, len);
}

/* What the box has sent, one segment; false: nothing. */
static bool
heard(struct lab *lab, struct tcp *h)
{
	const uint8_t *bytes;
	struct ipv4 ip;
	size_t len;

	if (!testnet_next_ipv4(lab->t, 0, &ip, &bytes, &len))
		return false;
	assert_int_equal(tcp_parse(bytes, len, h), DROP_NONE);
	lab->resets += h->flags & TCP_RST ? 1 : 0;
	return true;
}

/* Of all that it has sent. */
static uint32_t
resets(struct lab *lab)
{
	struct tcp h;

	while (heard(lab, &h))
		continue;
	return lab->resets;
}

/* The handshake, ending with text or with none; the box's number after it. */
static uint32_t
come(struct lab *lab, uint16_t peer, uint16_t port, const char *text)
{
	struct tcp h;

	say(lab, peer, port, TCP_SYN, 100, 0, "");
	do
		assert_true(heard(lab, &h));
	while (!(h.flags & TCP_SYN));
	assert_int_equal(h.dport, peer);
	say(lab, peer, port, TCP_ACK, 101, h.seq + 1, text);
	return h.seq + 1;
}

static uint32_t
established(const struct lab *lab)
{
	return lab->t->net.tcp.established_count;
}

static uint32_t
come_in_silence(struct lab *lab, uint16_t port, uint32_t count)
{
	for (uint16_t i = 0; i < count; i++)
		come(lab, (uint16_t)(2000 + i), port, "");
	return established(lab);
}

/* ---- strangers -------------------------------------------------------- */

static void
strangers_leave_room_for_others(void **state)
{
	struct lab *lab = *state;
	uint32_t here = come_in_silence(lab, HEARS, 200), told;

	assert_in_range(here, SOCKS / 4, SOCKS / 2);
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_STRANGERS), 200 - here);
	/* Passed over, not sent away. */
	assert_int_equal(resets(lab), 0);
	/* Another service has room for more of them, this one for whoever says
	 * something, even if that is all that is heard of him. */
	come(lab, 5000, SPEAKS, "");
	come(lab, 5001, HEARS, "x");
	assert_int_equal(established(lab), here + 2);
	assert_int_equal(lab->served, 1);
	told = come(lab, 5002, HEARS, "");
	assert_int_equal(established(lab), here + 2);
	say(lab, 5002, HEARS, TCP_ACK, 101, told, "x");
	assert_int_equal(established(lab), here + 3);
	assert_int_equal(lab->served, 2);
}

/* The first was lost, or there was no room: it comes again, unless the box ends
 * it all. */
static void
what_comes_too_early_is_passed_over(void **state)
{
	struct lab *lab = *state;
	uint32_t at;

	come_in_silence(lab, HEARS, 200);
	at = come(lab, 5000, HEARS, "");
	say(lab, 5000, HEARS, TCP_ACK, 102, at, "y");
	say(lab, 5000, HEARS, TCP_ACK | TCP_FIN, 103, at, "");
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_TOO_EARLY), 2);
	/* What cannot be of such a connection, or is nothing new, is. */
	say(lab, 5000, HEARS, TCP_ACK, 102, at + 0x80000000, "y");
	say(lab, 5000, HEARS, TCP_ACK, 102, at, "");
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_LISTEN_ACK), 2);
	assert_int_equal(resets(lab), 2);
	say(lab, 5000, HEARS, TCP_ACK, 101, at, "xyz");
	assert_int_equal(lab->served, 3);
	/* After a while nobody is expected any more. */
	at = come(lab, 5001, HEARS, "");
	testnet_advance(lab->t, 5 * S_NS);
	resets(lab);
	lab->resets = 0;
	say(lab, 5001, HEARS, TCP_ACK, 102, at, "y");
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_TOO_EARLY), 2);
	assert_int_equal(resets(lab), 1);
}

/* Its peer would wait for ever. */
static void
who_waits_for_us_to_speak_is_told(void **state)
{
	struct lab *lab = *state;
	uint32_t here = come_in_silence(lab, SPEAKS, 20), before;

	/* Each of these has something under way. */
	assert_int_equal(here, 16);
	before = resets(lab);
	come(lab, 5000, SPEAKS, "");
	assert_int_equal(resets(lab), before + 1);
	come(lab, 5001, HEARS, "x");
	assert_int_equal(lab->served, 1);
}

static void
a_crowd_leaves_as_it_came(void **state)
{
	struct lab *lab = *state;
	struct tcp_stats *stats = &lab->t->net.tcp.stats;
	uint32_t here = come_in_silence(lab, HEARS, 200);

	come(lab, 5001, HEARS, "x");
	testnet_advance(lab->t, 2900 * S_NS / 1000);
	assert_int_equal(established(lab), here + 1);
	testnet_advance(lab->t, 300 * S_NS / 1000);
	assert_int_equal(established(lab), 1);
	assert_int_equal(stats->tcp_abort_on_silence, here);
	assert_int_equal(resets(lab), here);
	/* And then nobody looks any more. */
	assert_false(lab->t->net.tcp.crowd_timer.armed);
	assert_int_equal(tcp_of(lab->hears)->strangers, 0);
	/* Without a crowd one may be silent. */
	come(lab, 5002, HEARS, "");
	testnet_advance(lab->t, 1000 * S_NS);
	assert_int_equal(established(lab), 2);
}

static void
nobody_leaves_if_the_operator_says_so(void **state)
{
	struct lab *lab = *state;
	uint32_t here;

	lab->t->net.tcp.param.tcp_silent_abort = 0;
	here = come_in_silence(lab, HEARS, 200);
	testnet_advance(lab->t, 100 * S_NS);
	assert_int_equal(established(lab), here);
}

/* Text, an end, or an acknowledgment of what we said. */
static void
who_says_something_is_no_stranger(void **state)
{
	struct lab *lab = *state;
	uint32_t at[3];

	for (uint16_t i = 0; i < 3; i++)
		at[i] = come(lab, (uint16_t)(5000 + i), i == 2 ? SPEAKS : HEARS,
			     "");
	assert_int_equal(tcp_of(lab->hears)->strangers, 2);
	assert_int_equal(tcp_of(lab->speaks)->strangers, 1);
	say(lab, 5000, HEARS, TCP_ACK, 101, at[0], "x");
	assert_int_equal(tcp_of(lab->hears)->strangers, 1);
	say(lab, 5001, HEARS, TCP_ACK | TCP_FIN, 101, at[1], "");
	assert_int_equal(tcp_of(lab->hears)->strangers, 0);
	say(lab, 5002, SPEAKS, TCP_ACK, 101, at[2], "");
	assert_int_equal(tcp_of(lab->speaks)->strangers, 1);
	say(lab, 5002, SPEAKS, TCP_ACK, 101, at[2] + 5, "");
	assert_int_equal(tcp_of(lab->speaks)->strangers, 0);
	/* So a reset. */
	at[0] = come(lab, 5003, HEARS, "");
	assert_int_equal(tcp_of(lab->hears)->strangers, 1);
	say(lab, 5003, HEARS, TCP_RST, 101, 0, "");
	assert_int_equal(tcp_of(lab->hears)->strangers, 0);
}

static void
strangers_outlive_their_listener(void **state)
{
	struct lab *lab = *state;
	const struct sock_addr any = { .port = HEARS };
	uint32_t at = come(lab, 5000, HEARS, "");
	enum status status;

	come(lab, 5001, HEARS, "");
	tcp_close(lab->hears);
	testnet_run(lab->t);
	lab->hears = tcp_listen(&lab->t->net, &any, 16, &hearing, lab, "hears",
				&status);
	assert_non_null(lab->hears);
	come(lab, 5002, HEARS, "");
	say(lab, 5000, HEARS, TCP_ACK, 101, at, "x");
	assert_int_equal(lab->served, 1);
	assert_int_equal(tcp_of(lab->hears)->strangers, 1);
}

/* Without cookies it is not even answered. */
static void
without_cookies_its_syn_is_refused(void **state)
{
	struct lab *lab = *state;
	uint32_t here = 0;
	struct tcp h;

	lab->t->net.tcp.param.tcp_syncookies = 0;
	for (uint16_t i = 0; i < 200; i++) {
		say(lab, (uint16_t)(2000 + i), HEARS, TCP_SYN, 100, 0, "");
		if (!heard(lab, &h))
			continue;
		here++;
		say(lab, (uint16_t)(2000 + i), HEARS, TCP_ACK, 101, h.seq + 1,
		    "");
	}
	assert_int_equal(established(lab), here);
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_STRANGERS), 200 - here);
}

/* Two listeners' queues are not longer than one may be. */
static void
half_open_ones_are_bounded_for_all_listeners(void **state)
{
	struct lab *lab = *state;
	const struct tcp_table *tcp = &lab->t->net.tcp;

	for (uint16_t i = 0; i < 10; i++) {
		say(lab, (uint16_t)(2000 + i), HEARS, TCP_SYN, 100, 0, "");
		say(lab, (uint16_t)(2000 + i), SPEAKS, TCP_SYN, 100, 0, "");
	}
	assert_int_equal(tcp->half_open_count, 16);
	assert_int_equal(tcp->stats.syncookies_sent, 4);
	testnet_advance(lab->t, 70 * S_NS);
	assert_int_equal(tcp->half_open_count, 0);
	assert_int_equal(tcp_of(lab->hears)->strangers, 0);
	assert_int_equal(tcp_of(lab->speaks)->strangers, 0);
}

/* ---- one for another -------------------------------------------------- */

/* Until there is no place left. */
static uint32_t
fill(struct lab *lab)
{
	for (uint16_t i = 0; lab->t->net.tcp.pool.free; i++) {
		come(lab, (uint16_t)(2000 + i), HEARS, "x");
		testnet_advance(lab->t, S_NS / 10); /* its ACK, delayed */
	}
	assert_int_equal(established(lab), SOCKS - 2);
	testnet_flush(lab->t, 0);
	return SOCKS - 2;
}

static void
an_idle_one_makes_room(void **state)
{
	struct lab *lab = *state;
	struct tcp_stats *stats = &lab->t->net.tcp.stats;
	uint32_t here = fill(lab), at;
	struct tcp h;

	/* Nobody has been idle for long enough. */
	say(lab, 5000, HEARS, TCP_SYN, 100, 0, "");
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_SOCKS), 1);
	assert_false(heard(lab, &h));
	testnet_advance(lab->t, 60 * S_NS);
	/* Whoever forges a SYN ends nobody. */
	for (uint16_t i = 0; i < 100; i++)
		say(lab, (uint16_t)(6000 + i), HEARS, TCP_SYN, 100, 0, "");
	testnet_flush(lab->t, 0);
	assert_int_equal(established(lab), here);
	at = come(lab, 5000, HEARS, "y");
	assert_int_equal(stats->tcp_abort_on_idle, 1);
	assert_int_equal(resets(lab), 1);
	assert_int_equal(established(lab), here - 1);
	/* What was said is repeated. */
	say(lab, 5000, HEARS, TCP_ACK, 101, at, "y");
	assert_int_equal(lab->served, here + 1);
	assert_int_equal(stats->tcp_abort_on_idle, 2);
	/* From now on there is room before it is asked for. */
	come(lab, 5001, HEARS, "z");
	assert_int_equal(lab->served, here + 2);
	assert_int_equal(stats->tcp_abort_on_idle, 3);
}

static void
idle_ones_stay_if_the_operator_says_so(void **state)
{
	struct lab *lab = *state;
	struct tcp h;

	lab->t->net.tcp.param.tcp_idle_abort = 0;
	fill(lab);
	testnet_advance(lab->t, 1000 * S_NS);
	say(lab, 5000, HEARS, TCP_SYN, 100, 0, "");
	assert_false(heard(lab, &h));
	assert_int_equal(testnet_drops(lab->t, DROP_TCP_SOCKS), 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(strangers_leave_room_for_others),
		TEST(what_comes_too_early_is_passed_over),
		TEST(who_waits_for_us_to_speak_is_told),
		TEST(a_crowd_leaves_as_it_came),
		TEST(nobody_leaves_if_the_operator_says_so),
		TEST(who_says_something_is_no_stranger),
		TEST(strangers_outlive_their_listener),
		TEST(without_cookies_its_syn_is_refused),
		TEST(half_open_ones_are_bounded_for_all_listeners),
		TEST(an_idle_one_makes_room),
		TEST(idle_ones_stay_if_the_operator_says_so),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
