/* SPDX-License-Identifier: BSD-2-Clause */
/* Which real packets a live tracer tells of: each field of its filter, by what
 * comes in and by what the box sends itself; and how their stories end. */

#include "net/explain/live.h"

#include "net/tcp/tcp.h"
#include "net/udp.h"
#include "net/wire/eth.h"
#include "tests/host/host.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

struct lab {
	struct testnet *t;
	struct explain_live *live;
	uint32_t wakes;
	struct skb *held;
	struct sock *child;
};

static void
wake(void *ctx)
{
	((struct lab *)ctx)->wakes++;
}

static int
setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->t = testnet_new(2);
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;

	testnet_free(lab->t);
	free(lab);
	return 0;
}

static void
end_live(void *live)
{
	host_gone(live);
	explain_live_stop(live);
}

static void
start(struct lab *lab, const struct explain_filter *filter)
{
	lab->wakes = 0;
	assert_int_equal(explain_live_start(&lab->t->net, filter, wake, lab,
					    &lab->live),
			 OK);
	host_born(end_live, lab->live);
}

/* How many were told; they are read and the tracer is gone. */
static uint32_t
stop(struct lab *lab)
{
	uint32_t count = 0;

	while (explain_live_first(lab->live)) {
		explain_live_next(lab->live);
		count++;
	}
	assert_int_equal(count, lab->wakes);
	end_live(lab->live);
	return count;
}

/* From the host of port 0 to that of port 1, unless said otherwise. */
static void
send_udp(struct lab *lab, uint16_t frag_offset)
{
	uint8_t bytes[16];
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_HOST(1),
				       IPPROTO_UDP, sizeof(bytes));

	packet_udp(bytes, &ip, 1000, 53, NULL, 8, false);
	ip.frag_offset = frag_offset;
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, sizeof(bytes));
}

static void
send_proto(struct lab *lab, uint8_t proto, size_t len)
{
	const uint8_t bytes[8] = { 0x03, 0xe8, 0, 53 }; /* as UDP's ports */
	const struct ipv4 ip =
		packet_header(TESTNET_HOST(1), TESTNET_HOST(0), proto, len);

	testnet_inject_ipv4(lab->t, 1, &ip, bytes, len);
}

static void
send_all(struct lab *lab)
{
	const uint8_t odd[60] = { 2, 0, 0, 0, 0, 0, 2, [12] = 0x88, 0xcc };

	send_udp(lab, 0);
	send_udp(lab, 64); /* a later fragment: it has no ports */
	send_proto(lab, IPPROTO_TCP, 8);
	send_proto(lab, IPPROTO_TCP, 2); /* too short to be looked into */
	send_proto(lab, IPPROTO_ICMP, 8);
	testnet_inject(lab->t, 0, odd, sizeof(odd)); /* no IPv4 at all */
}

static void
each_field_selects(void **state)
{
	static const struct {
		struct explain_filter filter;
		uint32_t count;
	} cases[] = {
		{ { 0 }, 6 },
		{ { .dev = 2 }, 3 },
		{ { .dev = 3 }, 3 },
		{ { .proto = IPPROTO_UDP }, 2 },
		{ { .proto = IPPROTO_TCP }, 1 },
		{ { .dev = 2, .proto = IPPROTO_TCP }, 0 },
		{ { .src = TESTNET_HOST(0), .src_len = 32 }, 2 },
		{ { .src = TESTNET_HOST(1), .src_len = 24 }, 2 },
		{ { .dst = TESTNET_HOST(0), .dst_len = 32 }, 2 },
		{ { .dst = 0x14000000, .dst_len = 8 }, 0 },
		{ { .host = TESTNET_HOST(0), .host_len = 32 }, 4 },
		{ { .host = 0x14000000, .host_len = 8 }, 0 },
		{ { .port = 53 }, 2 },
		{ { .port = 1000 }, 2 },
		{ { .port = 54 }, 0 },
		{ { .sport = 1000 }, 2 },
		{ { .sport = 53 }, 0 },
		{ { .dport = 53 }, 2 },
		{ { .dport = 1000 }, 0 },
		{ { .sport = 1000, .dport = 53, .proto = IPPROTO_TCP }, 1 },
		{ { .drops = true }, 1 },
	};
	struct lab *lab = *state;

	for (unsigned int i = 0; i < array_len(cases); i++) {
		uint32_t count;

		start(lab, &cases[i].filter);
		send_all(lab);
		count = stop(lab);
		if (count != cases[i].count)
			fail_msg("case %u: %u told", i, count);
		/* A fragment alone is held for a while. */
		testnet_advance(lab->t, 60 * S_NS);
	}
}

/* Datagrams of an application of ours. */
static void
send_own(struct lab *lab, uint32_t count)
{
	static const struct sock_ops ops = { 0 };
	const struct sock_addr any = { .port = 1000 };
	const struct sock_addr to = { TESTNET_HOST(1), 53 };
	struct skb_pool *pool = &lab->t->net.core[0].skb_pool;
	enum status status;
	struct sock *sock =
		udp_open(&lab->t->net, &any, &ops, NULL, "test", &status);

	assert_non_null(sock);
	for (uint32_t i = 0; i < count; i++) {
		struct skb *skb = skb_alloc(pool);

		memset(skb_put(skb, 10), 0, 10);
		udp_send(sock, skb, &to, NULL);
	}
	udp_close(sock);
}

static void
own_packets_are_told_but_come_in_by_nothing(void **state)
{
	static const struct explain_filter filters[] = {
		{ .port = 53 },
		{ .dev = 3 },
		{ .proto = IPPROTO_TCP },
		{ .dport = 54 },
	};
	struct lab *lab = *state;
	const struct explain *explain;

	for (unsigned int i = 0; i < array_len(filters); i++) {
		start(lab, &filters[i]);
		send_own(lab, 1);
		explain = explain_live_first(lab->live);
		if (i == 0) {
			assert_int_equal(explain->in, 0);
			assert_int_equal(explain->verdict.end,
					 EXPLAIN_END_SENT);
		} else {
			assert_null(explain);
		}
		stop(lab);
	}
	assert_int_equal(testnet_count(lab->t, 1), array_len(filters));
	/* No more than there is room for; all of them are sent. */
	start(lab, &filters[0]);
	send_own(lab, EXPLAIN_RING + 5);
	assert_int_equal(lab->live->lost, 5);
	assert_int_equal(stop(lab), EXPLAIN_RING);
	assert_int_equal(testnet_count(lab->t, 1),
			 array_len(filters) + EXPLAIN_RING + 5);
}

static void
hold(struct sock *sock, struct skb *skb, const struct sock_addr *from,
     const struct sock_addr *to)
{
	struct lab *lab = sock->ctx;

	lab->held = skb;
	testnet_hold(skb);
}

/* What its application keeps for later has been delivered. */
static void
what_waits_in_an_application_was_delivered(void **state)
{
	static const struct sock_ops ops = { .datagram = hold };
	const struct sock_addr any = { .port = 53 };
	const struct explain_filter filter = { .port = 53 };
	struct lab *lab = *state;
	enum status status;
	struct sock *sock =
		udp_open(&lab->t->net, &any, &ops, lab, "test", &status);
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
				       IPPROTO_UDP, 16);
	uint8_t bytes[16];

	assert_non_null(sock);
	start(lab, &filter);
	packet_udp(bytes, &ip, 1000, 53, NULL, 8, false);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, sizeof(bytes));
	assert_non_null(lab->held);
	assert_int_equal(explain_live_first(lab->live)->verdict.end,
			 EXPLAIN_END_DELIVERED);
	stop(lab);
	testnet_let_go(lab->held);
	udp_close(sock);
}

/* Nobody knows the next hop's address yet: the story ends where it waits. */
static void
what_waits_for_an_address_was_parked(void **state)
{
	const struct explain_filter filter = { .proto = IPPROTO_UDP };
	struct lab *lab = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ADDR(1, 77),
				       IPPROTO_UDP, 16);
	uint8_t bytes[16];

	start(lab, &filter);
	packet_udp(bytes, &ip, 1000, 53, NULL, 8, false);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, sizeof(bytes));
	assert_int_equal(explain_live_first(lab->live)->verdict.end,
			 EXPLAIN_END_PARKED);
	assert_int_equal(explain_live_first(lab->live)->verdict.hop,
			 TESTNET_ADDR(1, 77));
	stop(lab);
	testnet_advance(lab->t, 10 * S_NS);
}

static void
on_established(struct sock *sock)
{
	((struct lab *)sock->ctx)->child = sock;
}

/* Real segments of a real connection, both ends of it here. */
static void
a_connection_lives_on_while_it_is_told_of(void **state)
{
	static const struct sock_ops ops = { .established = on_established };
	const struct sock_addr any = { .port = 80 };
	const struct sock_addr to = { TESTNET_ROUTER(0), 80 };
	const struct explain_filter filter = { .proto = IPPROTO_TCP };
	struct lab *lab = *state;
	enum status status;
	struct sock *listener =
		tcp_listen(&lab->t->net, &any, 1, &ops, lab, "test", &status);
	struct sock *client;

	assert_non_null(listener);
	start(lab, &filter);
	client = tcp_connect(&lab->t->net, NULL, &to, &ops, lab, "test",
			     &status);
	assert_non_null(client);
	testnet_run(lab->t);
	assert_int_equal(tcp_state(client), TCP_ESTABLISHED);
	assert_int_equal(tcp_write(client, "abc", 3), 3);
	testnet_run(lab->t);
	assert_int_equal(tcp_readable_len(lab->child), 3);
	assert_true(stop(lab) >= 4);
	tcp_abort(client);
	testnet_run(lab->t);
	tcp_close(listener);
	testnet_run(lab->t);
}

/* A packet that was cut off behind its header still says what it was. */
static void
headers_are_read_as_far_as_they_go(void **state)
{
	const struct explain_filter all = { 0 };
	struct lab *lab = *state;
	struct explain_packet packet;

	start(lab, &all);
	send_all(lab);
	assert_true(explain_packet(explain_live_first(lab->live), &packet));
	assert_int_equal(packet.sport, 1000);
	assert_int_equal(packet.dport, 53);
	explain_live_next(lab->live);
	assert_true(explain_packet(explain_live_first(lab->live), &packet));
	assert_int_equal(packet.frag_offset, 64);
	assert_int_equal(packet.dport, 0);
	explain_live_next(lab->live);
	assert_true(explain_packet(explain_live_first(lab->live), &packet));
	assert_int_equal(packet.proto, IPPROTO_TCP);
	assert_int_equal(packet.dport, 53);
	explain_live_next(lab->live);
	assert_false(explain_packet(explain_live_first(lab->live), &packet));
	explain_live_next(lab->live);
	assert_true(explain_packet(explain_live_first(lab->live), &packet));
	assert_int_equal(packet.icmp_type, 3);
	explain_live_next(lab->live);
	assert_false(explain_packet(explain_live_first(lab->live), &packet));
	lab->wakes = 1;
	stop(lab);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_field_selects),
		TEST(own_packets_are_told_but_come_in_by_nothing),
		TEST(what_waits_in_an_application_was_delivered),
		TEST(what_waits_for_an_address_was_parked),
		TEST(a_connection_lives_on_while_it_is_told_of),
		TEST(headers_are_read_as_far_as_they_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
