/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gateways that die behind a link that lives: found out by ARP, left for others
 * and taken up again. Packets go from the host of port 0 to FAR, by gateways
 * .3 on ports 1 and 2.
 */
#include "tests/unit/net/neigh/lab.h"

#include "net/icmp.h"
#include "net/sysctl.h"
#include "tests/host/iplines.h"
#include "tests/host/packets.h"

#define FAR	   IPV4_ADDR(203, 0, 113, 9)
#define GATEWAY(i) TESTNET_ADDR(i, 3)

/* DELAY, then the unicast probes. */
#define FOUND_OUT_NS (9 * S_NS)

static struct testnet *
bed(void)
{
	struct testnet *t = testnet_new(3);

	testnet_advance(t, 3 * S_NS);
	return t;
}

static void
set_key(struct testnet *t, const char *name, const char *value)
{
	struct sysctl_key key;

	assert_int_equal(sysctl_find(&t->net, name, &key), SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, value), SYSCTL_OK);
}

/* The gateway is known, but has not been heard of lately. */
static void
known(struct testnet *t, unsigned int port, uint32_t addr)
{
	uint8_t mac[6];

	lab_mac(port, addr, mac);
	assert_int_equal(neigh_set(&t->net, lab_dev(t, port), addr, mac,
				   NEIGH_STALE, true, false),
			 OK);
}

/* By which port a UDP packet from sport leaves: as a packet, not ARP's; -1: by
 * none. */
static int
way_of(struct testnet *t, uint32_t dst, uint8_t sport)
{
	const struct ipv4 ip =
		packet_header(TESTNET_HOST(0), dst, IPPROTO_UDP, 8);
	const uint8_t udp[8] = { 1, sport, 3, 4, 0, 8 };

	lab_hush(t);
	assert_true(testnet_inject_ipv4(t, 0, &ip, udp, sizeof(udp)));
	for (unsigned int i = 1; i < t->port_count; i++)
		if (lab_count(t, i, DATA) == 1)
			return (int)i;
	return -1;
}

static int
way(struct testnet *t, uint32_t dst)
{
	return way_of(t, dst, 2);
}

/* By which port our own packets go. */
static int
own_way(struct testnet *t, uint32_t dst)
{
	const struct icmp_ping ping = { .dst = dst, .id = 1, .data_len = 8 };

	lab_hush(t);
	(void)!icmp_ping_send(&t->net, &ping);
	testnet_run(t);
	for (unsigned int i = 0; i < t->port_count; i++)
		if (lab_count(t, i, DATA) == 1)
			return (int)i;
	return -1;
}

/* Traffic goes to the gateway, and nobody answers. */
static void
dies(struct testnet *t, unsigned int port, uint32_t dst)
{
	assert_int_equal(way(t, dst), port);
	testnet_advance(t, FOUND_OUT_NS);
	assert_state(t, port, GATEWAY(port), "FAILED");
	lab_hush(t);
}

/* covers: H1122-059 H1122-061 H1122-058 */
static void
another_default_takes_over_and_hands_back(void **state)
{
	struct testnet *t = bed();

	ip_do(&t->net, "route add default via 10.0.1.3");
	ip_do(&t->net, "route append default via 10.0.2.3");
	known(t, 1, GATEWAY(1));
	known(t, 2, GATEWAY(2));
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), 2);
	assert_int_equal(own_way(t, FAR), 2);
	/* It boots, and asks for somebody. */
	lab_request(t, 1, GATEWAY(1), TESTNET_ROUTER(1));
	assert_int_equal(way(t, FAR), 1);
	assert_int_equal(own_way(t, FAR), 1);
	testnet_free(t);
}

/* A route of a larger metric stands by; one of a shorter prefix does not: it
 * may lead in a circle. */
static void
what_stands_by_is_a_route_to_the_prefix(void **state)
{
	struct testnet *t = bed();

	ip_do(&t->net, "route add 203.0.113.0/24 via 10.0.1.3");
	ip_do(&t->net, "route add default via 10.0.2.3");
	known(t, 1, GATEWAY(1));
	known(t, 2, GATEWAY(2));
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), -1);
	testnet_advance(t, 5 * S_NS);
	ip_do(&t->net, "route add 203.0.113.0/24 via 10.0.2.3 metric 5");
	assert_int_equal(way(t, FAR), 2);
	assert_int_equal(own_way(t, FAR), 2);
	/* Both dead: the first is tried. */
	testnet_advance(t, FOUND_OUT_NS);
	assert_state(t, 2, GATEWAY(2), "FAILED");
	assert_int_equal(way(t, FAR), -1);
	assert_state(t, 1, GATEWAY(1), "INCOMPLETE");
	testnet_free(t);
}

/* The only one: its sender is told, and every packet that comes later than that
 * asks anew. */
static void
the_only_gateway_is_tried_again(void **state)
{
	struct testnet *t = bed();
	const uint8_t *data;
	struct ipv4 seen;
	size_t len;

	ip_do(&t->net, "route add default via 10.0.1.3");
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(way(t, FAR), -1);
		assert_state(t, 1, GATEWAY(1), "INCOMPLETE");
		testnet_advance(t, 4 * S_NS);
		assert_state(t, 1, GATEWAY(1), "FAILED");
		assert_non_null(testnet_next_ipv4(t, 0, &seen, &data, &len));
		assert_int_equal(data[0], ICMP_UNREACHABLE);
		assert_int_equal(data[1], ICMP_HOST_UNREACHABLE);
	}
	assert_int_equal(way(t, FAR), -1);
	lab_reply(t, 1, GATEWAY(1));
	assert_int_equal(lab_count(t, 1, DATA), 1);
	assert_int_equal(way(t, FAR), 1);
	testnet_free(t);
}

/* No packet asks for it any more: the stack does, three times in half a minute
 * and not more. */
/* covers: H1122-060 */
static void
a_gateway_that_nobody_uses_is_asked_for_sparingly(void **state)
{
	struct testnet *t = bed();
	uint32_t asked;

	ip_do(&t->net, "route add default via 10.0.1.3");
	ip_do(&t->net, "route append default via 10.0.2.2");
	known(t, 1, GATEWAY(1));
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), 2);
	testnet_advance(t, 60 * S_NS);
	asked = lab_count(t, 1, ASKS_ALL);
	assert_in_range(asked, 3, 6);
	/* It answers one. */
	while (lab_count(t, 1, ASKS_ALL) == 0)
		testnet_advance(t, S_NS);
	lab_reply(t, 1, GATEWAY(1));
	assert_int_equal(way(t, FAR), 1);
	/* And then there is peace. */
	testnet_advance(t, 300 * S_NS);
	assert_int_equal(lab_count(t, 1, ASKS_ALL), 0);
	testnet_free(t);
}

/* Flows of the dead one move, and come back; those of the others stay. */
static void
only_the_flows_of_the_dead_one_move(void **state)
{
	struct testnet *t = bed();
	int before[64], now;
	uint32_t moved = 0;

	ip_do(&t->net, "route add 203.0.113.0/24 nexthop via 10.0.1.3 "
		       "nexthop via 10.0.2.3 nexthop via 10.0.2.2");
	known(t, 1, GATEWAY(1));
	known(t, 2, GATEWAY(2));
	for (uint32_t i = 0; i < 64; i++)
		before[i] = way_of(t, FAR, (uint8_t)i);
	testnet_advance(t, FOUND_OUT_NS);
	lab_reply(t, 2, GATEWAY(2));
	assert_state(t, 1, GATEWAY(1), "FAILED");
	for (uint32_t i = 0; i < 64; i++) {
		now = way_of(t, FAR, (uint8_t)i);
		assert_int_equal(now, 2);
		moved += before[i] != now;
	}
	assert_in_range(moved, 8, 40);
	lab_request(t, 1, GATEWAY(1), TESTNET_ROUTER(1));
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(way_of(t, FAR, (uint8_t)i), before[i]);
	testnet_free(t);
}

/* fib_multipath_use_neigh 0 as Linux begins: equal defaults and groups of
 * next-hop objects know of the dead, nothing else does. */
static void
the_operator_may_have_it_as_linux_does(void **state)
{
	struct testnet *t = bed();

	set_key(t, "net.ipv4.fib_multipath_use_neigh", "0");
	ip_do(&t->net, "route add 20.0.0.0/8 via 10.0.1.3");
	ip_do(&t->net, "route add 20.0.0.0/8 via 10.0.2.2 metric 7");
	ip_do(&t->net, "route add default via 10.0.1.3 metric 8");
	ip_do(&t->net, "route append default via 10.0.2.2 metric 8");
	ip_do(&t->net, "route add 21.0.0.0/8 nexthop via 10.0.1.3 "
		       "nexthop via 10.0.2.2");
	ip_do(&t->net, "nexthop add id 1 via 10.0.1.3 dev eth1");
	ip_do(&t->net, "nexthop add id 2 via 10.0.2.2 dev eth2");
	ip_do(&t->net, "nexthop add id 9 group 1/2");
	ip_do(&t->net, "route add 22.0.0.0/8 nhid 9");
	known(t, 1, GATEWAY(1));
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), 2);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(way(t, 0x16000001 + i), 2);
	assert_int_equal(way(t, 0x14000001), -1);
	testnet_advance(t, 4 * S_NS);
	for (uint32_t i = 0; way(t, 0x15000001 + i) == 2; i++)
		assert_int_not_equal(i, 64);
	testnet_advance(t, 4 * S_NS);
	set_key(t, "net.ipv4.fib_multipath_use_neigh", "1");
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(way(t, 0x15000001 + i), 2);
	assert_int_equal(way(t, 0x14000001), 2);
	testnet_free(t);
}

/* Routes and objects that come after the death know of it. */
static void
what_is_added_later_knows(void **state)
{
	struct testnet *t = bed();

	ip_do(&t->net, "route add default via 10.0.1.3");
	assert_int_equal(way(t, FAR), -1);
	testnet_advance(t, 4 * S_NS);
	ip_do(&t->net, "route add 20.0.0.0/8 via 10.0.1.3");
	ip_do(&t->net, "route append 20.0.0.0/8 via 10.0.2.2");
	ip_do(&t->net, "nexthop add id 1 via 10.0.1.3 dev eth1");
	ip_do(&t->net, "nexthop add id 2 via 10.0.2.2 dev eth2");
	ip_do(&t->net, "nexthop add id 9 group 1/2");
	ip_do(&t->net, "route add 22.0.0.0/8 nhid 9");
	assert_int_equal(way(t, 0x14000001), 2);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(way(t, 0x16000001 + i), 2);
	ip_do(&t->net, "nexthop replace id 9 group 2/1,5");
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(way(t, 0x16000001 + i), 2);
	lab_request(t, 1, GATEWAY(1), TESTNET_ROUTER(1));
	assert_int_equal(way(t, 0x14000001), 1);
	testnet_free(t);
}

/* The operator's word counts: what he has forgotten is tried again. */
static void
a_forgotten_gateway_is_tried(void **state)
{
	struct testnet *t = bed();

	ip_do(&t->net, "route add default via 10.0.1.3");
	ip_do(&t->net, "route append default via 10.0.2.2");
	known(t, 1, GATEWAY(1));
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), 2);
	assert_int_equal(neigh_delete(&t->net, lab_dev(t, 1), GATEWAY(1)), OK);
	assert_int_equal(way(t, FAR), -1);
	lab_reply(t, 1, GATEWAY(1));
	assert_int_equal(way(t, FAR), 1);
	testnet_advance(t, 60 * S_NS);
	/* A link that comes back has everything to find out anew. */
	dies(t, 1, FAR);
	assert_int_equal(way(t, FAR), 2);
	testnet_carrier(t, 1, false);
	testnet_carrier(t, 1, true);
	assert_int_equal(way(t, FAR), -1);
	assert_state(t, 1, GATEWAY(1), "INCOMPLETE");
	testnet_free(t);
}

/* What comes back by the way that packets take is believed. */
static void
strict_source_checks_follow(void **state)
{
	const struct ipv4 ip =
		packet_header(FAR, TESTNET_HOST(0), IPPROTO_UDP, 8);
	struct testnet *t = bed();
	const uint8_t udp[8] = { 1, 2, 3, 4, 0, 8 };

	set_key(t, "net.ipv4.conf.eth2.rp_filter", "1");
	ip_do(&t->net, "route add default via 10.0.1.3");
	ip_do(&t->net, "route append default via 10.0.2.3");
	known(t, 1, GATEWAY(1));
	known(t, 2, GATEWAY(2));
	lab_hush(t);
	testnet_inject_ipv4(t, 2, &ip, udp, sizeof(udp));
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 1);
	dies(t, 1, FAR);
	testnet_inject_ipv4(t, 2, &ip, udp, sizeof(udp));
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 1);
	assert_int_equal(lab_count(t, 0, DATA), 1);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_default_takes_over_and_hands_back),
		cmocka_unit_test(what_stands_by_is_a_route_to_the_prefix),
		cmocka_unit_test(the_only_gateway_is_tried_again),
		cmocka_unit_test(
			a_gateway_that_nobody_uses_is_asked_for_sparingly),
		cmocka_unit_test(only_the_flows_of_the_dead_one_move),
		cmocka_unit_test(the_operator_may_have_it_as_linux_does),
		cmocka_unit_test(what_is_added_later_knows),
		cmocka_unit_test(a_forgotten_gateway_is_tried),
		cmocka_unit_test(strict_source_checks_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
