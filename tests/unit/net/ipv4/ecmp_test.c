/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows over several next hops, as the wire shows it: each flow goes one way,
 * as many go each way as the weights say, and when a port is lost only its own
 * flows move. [RFC1812 5.2.4.5]
 */
#include "tests/host/test.h"

#include "tests/host/iplines.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define FLOWS 4000u

/* Port 0 is where packets come from; 1, 2 and 3 are the members. */
static struct testnet *
three_ways(void)
{
	struct testnet *t = testnet_new(4);

	ip_do(&t->net, "nexthop add id 1 via 10.0.1.2 dev eth1");
	ip_do(&t->net, "nexthop add id 2 via 10.0.2.2 dev eth2");
	ip_do(&t->net, "nexthop add id 3 via 10.0.3.2 dev eth3");
	ip_do(&t->net, "nexthop add id 9 group 1,1/2,2/3,5");
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 9");
	return t;
}

/* By which port the first packet of a flow leaves. */
static unsigned int
way_of(struct testnet *t, uint32_t src, uint32_t dst, uint16_t port)
{
	const struct ipv4 ip = packet_header(src, dst, IPPROTO_UDP, 12);
	const uint8_t udp[12] = {
		(uint8_t)(port >> 8), (uint8_t)port, 0, 53, 0, 12
	};
	unsigned int way = 0;

	assert_true(testnet_inject_ipv4(t, 0, &ip, udp, sizeof(udp)));
	for (unsigned int i = 1; i < 4; i++) {
		if (testnet_flush(t, i) != 1)
			continue;
		assert_int_equal(way, 0);
		way = i;
	}
	assert_int_not_equal(way, 0);
	return way;
}

static void
all_ways(struct testnet *t, uint8_t way[FLOWS], unsigned int count[4])
{
	memset(count, 0, 4 * sizeof(count[0]));
	for (unsigned int i = 0; i < FLOWS; i++) {
		way[i] =
			(uint8_t)way_of(t, TESTNET_HOST(0), 0x14000000u + i / 8,
					(uint16_t)(1000 + i % 8));
		count[way[i]]++;
	}
}

static void
flows_spread_by_weight(void **state)
{
	struct testnet *t = three_ways();
	unsigned int count[4];
	uint8_t way[FLOWS];

	all_ways(t, way, count);
	/* One eighth, two, five; binomial, five sigma. */
	assert_in_range(count[1], FLOWS / 8 - 105, FLOWS / 8 + 105);
	assert_in_range(count[2], FLOWS / 4 - 137, FLOWS / 4 + 137);
	assert_in_range(count[3], FLOWS * 5 / 8 - 153, FLOWS * 5 / 8 + 153);
	testnet_free(t);
}

/* Once the port is gone, before anything else runs, no packet goes there. */
/* covers: R1812-151 */
static void
only_the_lost_ports_flows_move(void **state)
{
	uint8_t before[FLOWS], during[FLOWS], after[FLOWS];
	struct testnet *t = three_ways();
	unsigned int count[4], moved[4] = { 0 };

	all_ways(t, before, count);
	for (unsigned int lost = 1; lost < 4; lost++) {
		testnet_carrier(t, lost, false);
		all_ways(t, during, count);
		assert_int_equal(count[lost], 0);
		for (unsigned int i = 0; i < FLOWS; i++) {
			if (before[i] == lost)
				moved[during[i]]++;
			else
				assert_int_equal(during[i], before[i]);
		}
		testnet_carrier(t, lost, true);
		testnet_flush(t, lost); /* it announces itself */
		all_ways(t, after, count);
		assert_memory_equal(after, before, sizeof(after));
	}
	/* The lost flows went to both of the others each time. */
	assert_true(moved[1] > 0 && moved[2] > 0 && moved[3] > 0);
	testnet_free(t);
}

/* The same when the operator takes a member out: the others keep theirs. */
static void
a_deleted_members_flows_alone_move(void **state)
{
	uint8_t before[FLOWS], after[FLOWS];
	struct testnet *t = three_ways();
	unsigned int count[4], kept = 0, own = 0;

	all_ways(t, before, count);
	ip_do(&t->net, "nexthop del id 2");
	all_ways(t, after, count);
	assert_int_equal(count[2], 0);
	for (unsigned int i = 0; i < FLOWS; i++) {
		if (before[i] == 2)
			continue;
		own++;
		kept += after[i] == before[i];
	}
	/* Weights are of 6 now, no more of 8: the shares of those that stay
	 * grow a little unequally, so that a few flows move with them. */
	assert_true(kept * 100 >= own * 90);
	testnet_free(t);
}

static void
policy_0_looks_at_addresses_alone(void **state)
{
	struct testnet *t = three_ways();
	unsigned int first, other = 0;

	t->net.ipv4_param.fib_multipath_hash_policy = 0;
	for (uint32_t dst = 0x14000000; dst < 0x14000020; dst++) {
		first = way_of(t, TESTNET_HOST(0), dst, 1);
		for (uint16_t port = 2; port < 20; port++)
			assert_int_equal(way_of(t, TESTNET_HOST(0), dst, port),
					 first);
		t->net.ipv4_param.fib_multipath_hash_policy = 1;
		for (uint16_t port = 2; port < 20; port++)
			other += way_of(t, TESTNET_HOST(0), dst, port) != first;
		t->net.ipv4_param.fib_multipath_hash_policy = 0;
	}
	assert_true(other > 0);
	testnet_free(t);
}

/* A packet that must leave by a port goes no other way. */
static void
a_bound_flow_has_its_own_way(void **state)
{
	struct testnet *t = three_ways();
	const struct route *route =
		fib_exact(&t->net, TABLE_MAIN, 0x14000000, 8);
	struct flow flow = { .dst = 0x14000001 };

	for (unsigned int i = 1; i < 4; i++) {
		flow.out = (uint8_t)t->port[i].dev.ifindex;
		assert_ptr_equal(route_nexthop_choose(route, &flow)->dev,
				 &t->port[i].dev);
	}
	flow.out = (uint8_t)t->port[0].dev.ifindex;
	assert_null(route_nexthop_choose(route, &flow));
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_spread_by_weight),
		cmocka_unit_test(only_the_lost_ports_flows_move),
		cmocka_unit_test(a_deleted_members_flows_alone_move),
		cmocka_unit_test(policy_0_looks_at_addresses_alone),
		cmocka_unit_test(a_bound_flow_has_its_own_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
