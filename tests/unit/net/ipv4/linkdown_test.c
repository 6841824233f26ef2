/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link that fails takes its routes out of use, the best alternate takes over
 * at once, and all is as before when it returns.
 */
#include "tests/host/test.h"

#include "net/icmp.h"
#include "net/sysctl.h"
#include "tests/host/iplines.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define FAR IPV4_ADDR(203, 0, 113, 9)

static int
setup(void **state)
{
	struct testnet *t = testnet_new(3);

	ip_do(&t->net, "route add 203.0.113.0/24 via 10.0.1.2");
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

/* By which port a packet from port 0's host leaves; -1: by none. What its
 * sender was told, if anything, in *code. */
static int
way(struct testnet *t, uint32_t dst, int *code)
{
	const struct ipv4 ip =
		packet_header(TESTNET_HOST(0), dst, IPPROTO_UDP, 8);
	const uint8_t udp[8] = { 1, 2, 3, 4, 0, 8 };
	const uint8_t *data;
	struct ipv4 seen;
	size_t len;

	*code = -1;
	testnet_advance(t, 10 * S_NS);
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	assert_true(testnet_inject_ipv4(t, 0, &ip, udp, sizeof(udp)));
	for (unsigned int i = 1; i < t->port_count; i++)
		if (testnet_flush(t, i) == 1)
			return (int)i;
	if (testnet_next_ipv4(t, 0, &seen, &data, &len)) {
		assert_int_equal(data[0], ICMP_UNREACHABLE);
		*code = data[1];
	}
	return -1;
}

/* By which port our own packets go. */
static int
own_way(struct testnet *t, uint32_t dst)
{
	const struct icmp_ping ping = { .dst = dst, .id = 1, .data_len = 8 };

	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	(void)!icmp_ping_send(&t->net, &ping);
	testnet_run(t);
	for (unsigned int i = 0; i < t->port_count; i++)
		if (testnet_count(t, i) == 1)
			return (int)i;
	return -1;
}

/* covers: R1812-010 R1812-012 R1812-151 R1812-152 R1812-153 R1812-154 */
static void
the_best_alternate_takes_over_at_once(void **state)
{
	struct testnet *t = *state;
	int code;

	assert_int_equal(way(t, FAR, &code), 1);
	testnet_carrier(t, 1, false);
	/* Nothing else leads there: the sender is told. */
	assert_int_equal(way(t, FAR, &code), -1);
	assert_int_equal(code, ICMP_HOST_UNREACHABLE);
	assert_int_equal(testnet_drops(t, DROP_IP_NEXTHOP_DEAD), 1);
	/* A shorter prefix, a larger metric. */
	ip_do(&t->net, "route add default via 10.0.2.2");
	assert_int_equal(way(t, FAR, &code), 2);
	assert_int_equal(own_way(t, FAR), 2);
	ip_do(&t->net, "route del default");
	ip_do(&t->net, "route add 203.0.113.0/24 via 10.0.2.2 metric 9");
	assert_int_equal(way(t, FAR, &code), 2);
	assert_int_equal(own_way(t, FAR), 2);
	testnet_carrier(t, 1, true);
	assert_int_equal(way(t, FAR, &code), 1);
	assert_int_equal(own_way(t, FAR), 1);
	/* Both. */
	testnet_carrier(t, 1, false);
	testnet_carrier(t, 2, false);
	assert_int_equal(way(t, FAR, &code), -1);
	assert_int_equal(own_way(t, FAR), -1);
	testnet_carrier(t, 2, true);
	assert_int_equal(way(t, FAR, &code), 2);
}

/* Of several next hops those with a link do the work; if none has one, it is
 * the alternate's. */
static void
a_group_rests_when_all_its_members_do(void **state)
{
	struct testnet *t = *state;
	int code;

	ip_do(&t->net, "nexthop add id 1 via 10.0.1.2 dev eth1");
	ip_do(&t->net, "nexthop add id 2 via 10.0.2.2 dev eth2");
	ip_do(&t->net, "nexthop add id 9 group 1/2");
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 9");
	ip_do(&t->net, "route add unreachable 20.0.0.0/7");
	testnet_carrier(t, 1, false);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(way(t, 0x14000000 + i, &code), 2);
	testnet_carrier(t, 2, false);
	assert_int_equal(way(t, 0x14000001, &code), -1);
	testnet_carrier(t, 1, true);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(way(t, 0x14000000 + i, &code), 1);
}

/* What is on the failed link is not looked for elsewhere than a route says; our
 * own addresses on it stay ours. */
static void
our_addresses_answer_without_their_link(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[16];
	size_t len = packet_icmp(bytes, ICMP_ECHO, 0, 1, NULL, 8);
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(1),
					     IPPROTO_ICMP, len);
	int code;

	testnet_carrier(t, 1, false);
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
	assert_int_equal(testnet_flush(t, 0), 1);
	assert_int_equal(way(t, TESTNET_HOST(1), &code), -1);
	assert_int_equal(code, ICMP_HOST_UNREACHABLE);
	/* Routes may be added meanwhile; they wait. */
	ip_do(&t->net, "route add 30.0.0.0/8 via 10.0.1.2");
	assert_int_equal(way(t, 0x1e000001, &code), -1);
	testnet_carrier(t, 1, true);
	assert_int_equal(way(t, 0x1e000001, &code), 1);
}

static void
the_operator_may_have_it_as_linux_does(void **state)
{
	struct testnet *t = *state;
	struct sysctl_key key;
	int code;

	ip_do(&t->net, "route add default via 10.0.2.2");
	testnet_carrier(t, 1, false);
	assert_int_equal(way(t, FAR, &code), 2);
	assert_int_equal(sysctl_find(&t->net,
				     "net.ipv4.conf.all."
				     "ignore_routes_with_linkdown",
				     &key),
			 SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, "0"), SYSCTL_OK);
	assert_int_equal(way(t, FAR, &code), 2);
	assert_int_equal(sysctl_find(&t->net,
				     "net.ipv4.conf.eth1."
				     "ignore_routes_with_linkdown",
				     &key),
			 SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, "0"), SYSCTL_OK);
	/* Sent to where nothing is. */
	assert_int_equal(way(t, FAR, &code), -1);
	assert_int_equal(code, -1);
	assert_int_equal(sysctl_set(&t->net, &key, "1"), SYSCTL_OK);
	assert_int_equal(way(t, FAR, &code), 2);
}

/* Found by random lines beside Linux: what rests is no broadcast address. */
static void
a_resting_broadcast_address_is_a_gateway_like_any(void **state)
{
	struct testnet *t = *state;
	static const char line[] =
		"route add 40.0.0.0/8 via 10.0.1.255 dev eth1 onlink";

	ip_expect(&t->net, line, "Error: Nexthop has invalid gateway.\n");
	testnet_carrier(t, 1, false);
	ip_do(&t->net, line);
	testnet_carrier(t, 1, true);
	ip_do(&t->net, "route del 40.0.0.0/8");
	ip_expect(&t->net, line, "Error: Nexthop has invalid gateway.\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_best_alternate_takes_over_at_once),
		TEST(a_group_rests_when_all_its_members_do),
		TEST(our_addresses_answer_without_their_link),
		TEST(the_operator_may_have_it_as_linux_does),
		TEST(a_resting_broadcast_address_is_a_gateway_like_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
