/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 options on their way in, through and back. */
#include "net/wire/ipv4_options.h"

#include "net/icmp.h"
#include "net/ipv4/ipv4.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST   TESTNET_HOST(0)
#define REMOTE TESTNET_HOST(1)

static int
setup(void **state)
{
	*state = testnet_new(3);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

/* An echo request with options; DROP_NONE and the answer, or who took it. */
static void
ping_with(struct testnet *t, uint32_t dst, const uint8_t *options, size_t len)
{
	uint8_t data[16];
	size_t data_len = packet_icmp(data, ICMP_ECHO, 0, 5, NULL, 8);
	struct ipv4 ip = packet_header(HOST, dst, IPPROTO_ICMP, data_len);

	packet_add_options(&ip, options, len);
	testnet_inject_ipv4(t, 0, &ip, data, data_len);
}

/* What comes out of port: its options. */
static void
assert_options(struct testnet *t, unsigned int port, const uint8_t *expected,
	       size_t len)
{
	const uint8_t *data;
	struct ipv4 ip;
	size_t data_len;

	assert_non_null(testnet_next_ipv4(t, port, &ip, &data, &data_len));
	assert_int_equal(ipv4_options_len(&ip), len);
	assert_memory_equal(ip.options, expected, len);
}

static uint32_t
day_ms(const struct testnet *t)
{
	return (uint32_t)(t->net.now_ns / MS_NS % 86400000) | 0x80000000u;
}

/* ---- malformed ---------------------------------------------------------- */

static const struct {
	uint8_t bytes[8];
	enum drop reason;
	uint8_t pointer;
} malformed[] = {
	{ { 1, 1, 1, 1, 1, 1, 1, 7 }, DROP_IP_OPT_TRUNCATED, 27 },
	{ { 0x5e, 9, 0, 0 }, DROP_IP_OPT_LENGTH, 20 },
	{ { 7, 7, 3, 0 }, DROP_IP_OPT_POINTER, 22 },
	{ { 7, 3, 4, 7, 3, 4, 0, 0 }, DROP_IP_OPT_DUPLICATE, 23 },
	{ { 68, 8, 9, 0xf0, 0, 0, 0, 0 }, DROP_IP_OPT_OVERFLOW, 23 },
};

/* [RFC1812 4.3.3.5]: with a pointer to the byte, which is quoted as it came. */
/* covers: R1812-075, R1812-076, H1122-047 */
static void
malformed_options_draw_parameter_problems(void **state)
{
	struct testnet *t = *state;
	const uint32_t destinations[] = { TESTNET_ROUTER(0), REMOTE };
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	for (size_t i = 0; i < array_len(malformed); i++)
		for (size_t j = 0; j < array_len(destinations); j++) {
			testnet_advance(t, 60 * S_NS);
			ping_with(t, destinations[j], malformed[i].bytes, 8);
			assert_int_equal(testnet_drops(t, malformed[i].reason),
					 j + 1);
			assert_non_null(
				testnet_next_ipv4(t, 0, &ip, &data, &len));
			assert_int_equal(data[0], ICMP_PARAMETER_PROBLEM);
			assert_int_equal(t->net.ipv4_stats.in_hdr_errors,
					 2 * i + j + 1);
			assert_int_equal(data[4], malformed[i].pointer);
			assert_memory_equal(data + 28, malformed[i].bytes, 8);
			assert_int_equal(testnet_count(t, 1), 0);
		}
}

/* ---- through ------------------------------------------------------------ */

/* [RFC1812 5.3.13.1, 5.3.13.3] [RFC2113] */
/* covers: R1812-155, R1812-156 */
static void
options_that_are_not_ours_pass_unchanged(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[][8] = {
		{ 0x5e, 4, 0xde, 0xad }, { 136, 4, 0, 7 }, { 148, 4, 0, 0 },
		{ 1, 1, 1, 1 },		 { 0, 9, 9, 9 },   { 68, 8, 5, 2 },
	};

	for (size_t i = 0; i < array_len(options); i++) {
		ping_with(t, REMOTE, options[i], 8);
		assert_options(t, 1, options[i], 8);
	}
}

/* The address of the interface it leaves by. [RFC1812 5.3.13.5, 4.2.2.2] */
/* covers: R1812-020, R1812-158 */
static void
record_route_is_filled_in_on_the_way(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[12] = { 1, 7, 11, 8, 9, 9, 9, 9 };
	static const uint8_t want[12] = {
		1, 7, 11, 12, 9, 9, 9, 9, 10, 0, 1, 1
	};
	static const uint8_t full[8] = { 7, 7, 8, 9, 9, 9, 9, 0 };

	ping_with(t, REMOTE, sent, 12);
	assert_options(t, 1, want, 12);
	ping_with(t, REMOTE, full, 8);
	assert_options(t, 1, full, 8);
}

static void
put32(uint8_t *at, uint32_t value)
{
	ipv4_option_set(at, value);
}

/* Three kinds and the overflow. [RFC791 3.1] [RFC1812 5.3.13.6] */
/* covers: R1812-020, R1812-159 */
static void
timestamps_are_filled_in_on_the_way(void **state)
{
	struct testnet *t = *state;
	uint8_t only[8] = { 68, 8, 5, 0 };
	uint8_t addr[12] = { 68, 12, 5, 1 };
	uint8_t pre[20] = { 68, 20, 5,	3, 10, 0, 1, 1, 0, 0,
			    0,	0,  10, 0, 1,  2, 0, 0, 0, 0 };
	uint8_t full[8] = { 68, 8, 9, 0x20, 1, 2, 3, 4 };
	uint8_t other[12] = { 68, 12, 5, 3, 10, 0, 1, 2 };

	ping_with(t, REMOTE, only, 8);
	only[2] = 9;
	put32(only + 4, day_ms(t));
	assert_options(t, 1, only, 8);

	ping_with(t, REMOTE, addr, 12);
	addr[2] = 13;
	put32(addr + 4, TESTNET_ROUTER(1));
	put32(addr + 8, day_ms(t));
	assert_options(t, 1, addr, 12);

	ping_with(t, REMOTE, pre, 20);
	pre[2] = 13;
	put32(pre + 8, day_ms(t));
	assert_options(t, 1, pre, 20);

	ping_with(t, REMOTE, full, 8);
	full[3] = 0x30;
	assert_options(t, 1, full, 8);

	/* Somebody else is asked. */
	ping_with(t, REMOTE, other, 12);
	assert_options(t, 1, other, 12);
}

/* ---- source routes ------------------------------------------------------ */

static void
accept_source_routes(struct testnet *t)
{
	t->net.conf_all.accept_source_route = 1;
	t->net.conf[t->port[0].dev.ifindex].accept_source_route = 1;
}

static void
assert_source_route_failed(struct testnet *t)
{
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(data[0], ICMP_UNREACHABLE);
	assert_int_equal(data[1], ICMP_SOURCE_ROUTE_FAILED);
	assert_int_equal(testnet_count(t, 1), 0);
}

/* [RFC7126 4.3, 4.4]: for us, through us, or done already. */
/* covers: X7126-001, H1122-072 */
static void
source_routes_are_refused_by_default(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[][8] = {
		{ 131, 7, 4, 10, 0, 1, 2, 0 },
		{ 137, 7, 4, 10, 0, 1, 2, 0 },
		{ 131, 7, 8, 10, 0, 1, 2, 0 },
	};

	for (size_t i = 0; i < array_len(options); i++) {
		ping_with(t, TESTNET_ROUTER(0), options[i], 8);
		assert_source_route_failed(t);
		ping_with(t, REMOTE, options[i], 8);
		assert_source_route_failed(t);
		assert_int_equal(testnet_drops(t, DROP_IP_OPT_SOURCE_ROUTE),
				 2 * (i + 1));
	}
	/* Both switches must be on. */
	t->net.conf[t->port[0].dev.ifindex].accept_source_route = 1;
	ping_with(t, TESTNET_ROUTER(0), options[0], 8);
	assert_int_equal(testnet_drops(t, DROP_IP_OPT_SOURCE_ROUTE), 7);
}

/* [RFC791 3.1] [RFC1812 5.3.13.4] */
/* covers: R1812-102, R1812-157 */
static void
a_source_route_moves_on_here(void **state)
{
	struct testnet *t = *state;
	static const uint8_t types[] = { 131, 137 };
	uint8_t sent[12] = { 131, 11, 4, 10, 0, 1, 2, 10, 9, 9, 9 };
	uint8_t want[12] = { 131, 11, 8, 10, 0, 1, 1, 10, 9, 9, 9 };
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	accept_source_routes(t);
	for (size_t i = 0; i < array_len(types); i++) {
		sent[0] = want[0] = types[i];
		ping_with(t, TESTNET_ROUTER(0), sent, 12);
		assert_non_null(testnet_next_ipv4(t, 1, &ip, &data, &len));
		assert_int_equal(ip.dst, REMOTE);
		assert_memory_equal(ip.options, want, 12);
		assert_int_equal(ip.ttl, 63);
	}
}

/* Several of its hops are this box: what was visited, and by which it left. */
static void
a_source_route_may_visit_us_twice(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[12] = {
		131, 11, 4, 10, 0, 2, 1, 10, 0, 1, 2
	};
	static const uint8_t want[12] = {
		131, 11, 12, 10, 0, 0, 1, 10, 0, 1, 1
	};
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	accept_source_routes(t);
	ping_with(t, TESTNET_ROUTER(0), sent, 12);
	assert_non_null(testnet_next_ipv4(t, 1, &ip, &data, &len));
	assert_int_equal(ip.dst, REMOTE);
	assert_memory_equal(ip.options, want, 12);
}

/* covers: R1812-107 */
static void
a_strict_hop_must_be_a_neighbour(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[8] = { 137, 7, 4, 203, 0, 113, 9, 0 };
	static const uint8_t done[8] = { 137, 7, 8, 10, 0, 0, 1, 0 };

	accept_source_routes(t);
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, REMOTE, 1);
	ping_with(t, TESTNET_ROUTER(0), sent, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_OPT_STRICT_ROUTE), 1);
	assert_source_route_failed(t);
	/* Nor may we, unnamed, stand between two of its hops. */
	ping_with(t, IPV4_ADDR(203, 0, 113, 9), done, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_OPT_STRICT_ROUTE), 2);
	assert_source_route_failed(t);
}

/* [RFC1812 5.2.7.1] */
static void
a_hop_without_a_route_is_a_failed_source_route(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[8] = { 131, 7, 4, 203, 0, 113, 9, 0 };

	accept_source_routes(t);
	ping_with(t, TESTNET_ROUTER(0), sent, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_INNOROUTES), 1);
	assert_source_route_failed(t);
}

static void
a_source_route_cannot_smuggle_odd_addresses(void **state)
{
	struct testnet *t = *state;
	static const uint8_t loopback[8] = { 131, 7, 4, 127, 0, 0, 1, 0 };
	static const uint8_t beyond[12] = { 131, 11, 4, 127, 0, 0,
					    1,	 10, 0, 1,   2 };
	static const uint8_t broadcast[8] = { 131, 7, 4, 255, 255, 255, 255 };
	static const uint8_t group[8] = { 131, 7, 4, 224, 0, 0, 9, 0 };
	static const uint8_t zero[8] = { 131, 7, 4, 0, 0, 0, 0, 0 };

	accept_source_routes(t);
	ping_with(t, TESTNET_ROUTER(0), loopback, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_DST_LOOPBACK), 1);
	/* Nor is it a hop on the way to elsewhere. */
	ping_with(t, TESTNET_ROUTER(0), beyond, 12);
	assert_int_equal(testnet_drops(t, DROP_IP_DST_LOOPBACK), 2);
	ping_with(t, TESTNET_ROUTER(0), group, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_MULTICAST), 1);
	ping_with(t, TESTNET_ROUTER(0), zero, 8);
	assert_int_equal(testnet_drops(t, DROP_IP_DST_ZERO), 1);
	ping_with(t, TESTNET_ROUTER(0), broadcast, 8);
	assert_int_equal(testnet_drops(t, DROP_ICMP_ECHO_BROADCAST), 1);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(testnet_count(t, i), 0);
}

/* ---- answers ------------------------------------------------------------ */

/* [RFC1122 3.2.2.6]: with this host in them, once. */
/* covers: R1812-019, R1812-083, H1122-032, H1122-051 */
static void
echo_replies_carry_route_and_times_back(void **state)
{
	struct testnet *t = *state;
	uint8_t rr[12] = { 7, 11, 8, 10, 0, 9, 1, 0 };
	uint8_t ts[12] = { 68, 12, 5, 1 };

	ping_with(t, TESTNET_ROUTER(0), rr, 12);
	rr[2] = 12;
	put32(rr + 7, TESTNET_ROUTER(0));
	assert_options(t, 0, rr, 12);
	ping_with(t, TESTNET_ROUTER(0), ts, 12);
	ts[2] = 13;
	put32(ts + 4, TESTNET_ROUTER(0));
	put32(ts + 8, day_ms(t));
	assert_options(t, 0, ts, 12);
}

static void
both_options_fit_one_reply(void **state)
{
	struct testnet *t = *state;
	uint8_t both[24] = { 1, 68, 8, 5, 0, 0, 0, 0, 0, 7, 11, 4 };
	uint8_t want[20] = { 7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 68, 8, 9, 0 };

	ping_with(t, TESTNET_ROUTER(0), both, 24);
	put32(want + 15, day_ms(t));
	assert_options(t, 0, want, 20);
}

/* [RFC1812 4.2.2.6]: ignored, and not returned. */
/* covers: R1812-016, R1812-025, H1122-029 */
static void
unknown_options_do_not_stop_an_echo(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[][8] = {
		{ 0x5e, 4, 1, 2 }, { 136, 4, 0, 1 }, { 1, 1, 1, 1 }, { 0, 7 }
	};

	for (size_t i = 0; i < array_len(options); i++) {
		ping_with(t, TESTNET_ROUTER(0), options[i], 8);
		assert_options(t, 0, NULL, 0);
	}
}

/* [RFC1812 4.3.3.6]: one source route at most, turned round. */
/* covers: R1812-017, R1812-084, H1122-030 */
static void
an_accepted_source_route_is_turned_round(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[12] = {
		131, 11, 12, 10, 7, 7, 7, 10, 0, 0, 5
	};
	static const uint8_t want[12] = {
		131, 11, 4, 10, 7, 7, 7, 10, 0, 0, 2
	};
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	accept_source_routes(t);
	testnet_neighbour(t, 0, 5);
	ping_with(t, TESTNET_ROUTER(0), sent, 12);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.dst, TESTNET_ADDR(0, 5));
	assert_memory_equal(ip.options, want, 12);
}

/* Three hops and a recorded route behind it; slots never used stay behind. */
static void
a_longer_route_is_turned_round_beside_others(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[24] = { 137, 15, 16, 10, 7, 7, 7, 10,
					  8,   8,  8,  10, 0, 0, 5, 7,
					  7,   4,  0,  0,  0, 0, 0, 0 };
	static const uint8_t want[24] = { 137, 15, 4,  10, 8, 8, 8, 10,
					  7,   7,  7,  10, 0, 0, 2, 7,
					  7,   8,  10, 0,  0, 1, 0, 0 };
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	accept_source_routes(t);
	testnet_neighbour(t, 0, 5);
	ping_with(t, TESTNET_ROUTER(0), sent, 24);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.dst, TESTNET_ADDR(0, 5));
	assert_int_equal(ipv4_options_len(&ip), 24);
	assert_memory_equal(ip.options, want, 24);
}

/* A packet to us with a source route, whose next hop is REMOTE, dies here. */
static void
die_on_the_way(struct testnet *t, const uint8_t *options, size_t len,
	       size_t data_len)
{
	uint8_t data[1400] = { 0 };
	struct ipv4 ip;

	packet_icmp(data, ICMP_ECHO, 0, 5, NULL, 8);
	ip = packet_header(HOST, TESTNET_ROUTER(0), IPPROTO_ICMP, data_len);
	ip.ttl = 1;
	packet_add_options(&ip, options, len);
	testnet_inject_ipv4(t, 0, &ip, data, data_len);
}

/* The error for it: where to, by which route. */
static void
assert_error_by(struct testnet *t, uint32_t dst, const uint8_t *options,
		size_t options_len, size_t total_len)
{
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(data[0], ICMP_TIME_EXCEEDED);
	assert_int_equal(ip.dst, dst);
	assert_int_equal(ip.src, TESTNET_ROUTER(0));
	assert_int_equal(ipv4_options_len(&ip), options_len);
	assert_memory_equal(ip.options, options, options_len);
	assert_int_equal(ip.header_len + len, total_len);
}

/*
 * [RFC1812 4.3.2.6]: what lies before the pointer, turned round, of the same
 * type; this box, which it has just passed, is none of its hops. The whole has
 * 576 bytes at most. [RFC1812 4.3.2.3]
 */
/* covers: R1812-062 */
static void
errors_go_back_along_the_source_route(void **state)
{
	struct testnet *t = *state;
	uint8_t sent[16] = { 131, 15, 12, 10, 7, 7, 7, 10,
			     0,	  0,  5,  10, 0, 1, 2, 0 };
	uint8_t want[12] = { 131, 11, 4, 10, 7, 7, 7, 10, 0, 0, 2, 0 };
	static const uint8_t types[] = { 131, 137 };

	accept_source_routes(t);
	testnet_neighbour(t, 0, 5);
	for (size_t i = 0; i < array_len(types); i++) {
		sent[0] = want[0] = types[i];
		die_on_the_way(t, sent, 16, 16);
		assert_error_by(t, TESTNET_ADDR(0, 5), want, 12,
				20 + 12 + 8 + 36 + 16);
	}
	die_on_the_way(t, sent, 16, 1400);
	assert_error_by(t, TESTNET_ADDR(0, 5), want, 12, 576);
}

/* Its first hop is this box, or an address that is no station's. */
static void
an_error_without_hops_goes_straight_back(void **state)
{
	struct testnet *t = *state;
	static const uint8_t first[8] = { 131, 7, 4, 10, 0, 1, 2, 0 };
	static const uint8_t odd[12] = { 131, 11, 8, 255, 255, 255,
					 255, 10, 0, 1,	  2,   0 };

	accept_source_routes(t);
	die_on_the_way(t, first, 8, 16);
	assert_error_by(t, HOST, NULL, 0, 20 + 8 + 28 + 16);
	die_on_the_way(t, odd, 12, 16);
	assert_error_by(t, HOST, NULL, 0, 20 + 8 + 32 + 16);
}

/* Nor with one while they are refused, though one be there to be turned. */
static void
refusals_carry_no_source_route(void **state)
{
	struct testnet *t = *state;
	static const uint8_t sent[12] = { 131, 11, 8, 10, 0, 0,
					  5,   10, 0, 1,  2, 0 };
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	testnet_neighbour(t, 0, 5);
	ping_with(t, TESTNET_ROUTER(0), sent, 12);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(data[1], ICMP_SOURCE_ROUTE_FAILED);
	assert_int_equal(ip.dst, HOST);
	assert_int_equal(ip.header_len, IPV4_HEADER_LEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(malformed_options_draw_parameter_problems),
		TEST(options_that_are_not_ours_pass_unchanged),
		TEST(record_route_is_filled_in_on_the_way),
		TEST(timestamps_are_filled_in_on_the_way),
		TEST(source_routes_are_refused_by_default),
		TEST(a_source_route_moves_on_here),
		TEST(a_source_route_may_visit_us_twice),
		TEST(a_strict_hop_must_be_a_neighbour),
		TEST(a_hop_without_a_route_is_a_failed_source_route),
		TEST(a_source_route_cannot_smuggle_odd_addresses),
		TEST(echo_replies_carry_route_and_times_back),
		TEST(both_options_fit_one_reply),
		TEST(unknown_options_do_not_stop_an_echo),
		TEST(an_accepted_source_route_is_turned_round),
		TEST(a_longer_route_is_turned_round_beside_others),
		TEST(errors_go_back_along_the_source_route),
		TEST(an_error_without_hops_goes_straight_back),
		TEST(refusals_carry_no_source_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
