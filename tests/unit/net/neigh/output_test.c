/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a packet goes without asking, and what is never asked for. */
#include "tests/unit/net/neigh/lab.h"

/* covers: R1812-050, R1812-135, H1122-074 */
static void
test_group_and_broadcast_addresses_map_without_asking(void **state)
{
	static const struct {
		uint32_t addr;
		uint8_t mac[6];
	} map[] = {
		{ IPV4_ADDR(224, 0, 0, 1), { 0x01, 0, 0x5e, 0, 0, 1 } },
		/* The low 23 bits: the ninth is not taken. [RFC1112 6.4] */
		{ IPV4_ADDR(239, 255, 255, 250),
		  { 0x01, 0, 0x5e, 0x7f, 0xff, 0xfa } },
		{ IPV4_ADDR(224, 128, 1, 2), { 0x01, 0, 0x5e, 0, 1, 2 } },
		{ 0xffffffff, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ TESTNET_BROADCAST(0),
		  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	};
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	for (size_t i = 0; i < array_len(map); i++) {
		lab_send(t, 0, map[i].addr, 1);
		frame = lab_next(t, 0);
		assert_int_equal(frame.kind, DATA);
		assert_memory_equal(frame.eth.dst, map[i].mac, 6);
		assert_int_equal(frame.ip.dst, map[i].addr);
	}
	assert_int_equal(t->net.neigh.entry_count, 0);
	lab_free(t);
}

static void
test_broadcast_address_that_the_operator_named(void **state)
{
	struct ifaddr want = {
		.local = IPV4_ADDR(192, 0, 2, 1),
		.peer = IPV4_ADDR(192, 0, 2, 1),
		.prefix_len = 24,
		.broadcast = IPV4_ADDR(192, 0, 2, 0), /* 4.2BSD's idea */
	};
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	assert_int_equal(addr_add(lab_dev(t, 0), &want), OK);
	lab_hush(t);
	lab_send(t, 0, want.broadcast, 1);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, DATA);
	assert_memory_equal(frame.eth.dst, lab_all, 6);
	lab_send(t, 0, IPV4_ADDR(192, 0, 2, 255), 1);
	assert_memory_equal(lab_next(t, 0).eth.dst, lab_all, 6);
	lab_free(t);
}

/* [RFC3021 2.2]: both addresses of a /31 are hosts; a /32 has no broadcast. */
/* covers: X3021-001 */
static void
test_point_to_point_subnets_have_no_broadcast(void **state)
{
	struct testnet *t = lab_new(1);

	testnet_address(t, 0, IPV4_ADDR(192, 0, 2, 0), 31);
	testnet_address(t, 0, IPV4_ADDR(192, 0, 2, 9), 32);
	lab_hush(t);
	assert_false(neigh_is_broadcast(lab_dev(t, 0), 0xc0000201));
	assert_false(neigh_is_broadcast(lab_dev(t, 0), 0xc0000209));
	assert_true(neigh_is_broadcast(lab_dev(t, 0), TESTNET_BROADCAST(0)));
	lab_send(t, 0, IPV4_ADDR(192, 0, 2, 1), 1);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_free(t);
}

static void
test_loopback_asks_nobody(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t localhost = IPV4_ADDR(127, 0, 0, 1);
	struct netdev *lo = &t->net.loopback;

	neigh_output(lab_packet(t, localhost, localhost, 1, 64), lo, localhost);
	assert_int_equal(lo->stats.tx_packets, 1);
	testnet_run(t);
	assert_int_equal(lo->stats.rx_packets, 1);
	assert_int_equal(testnet_drops(t, DROP_OTHERHOST), 0);
	assert_int_equal(t->net.neigh.entry_count, 0);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

static void
test_impossible_next_hops_are_named(void **state)
{
	struct testnet *t = lab_new(1);
	struct netdev *dev = lab_dev(t, 0);

	lab_send(t, 0, 0, 1);
	lab_send(t, 0, IPV4_ADDR(0, 1, 2, 3), 1);
	lab_send(t, 0, IPV4_ADDR(127, 0, 0, 1), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_ADDR), 3);

	dev->flags |= NETDEV_NOARP;
	lab_send(t, 0, TESTNET_HOST(0), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_NOARP), 1);
	/* With an entry it works: that is what "ip link set arp off" is for. */
	testnet_neighbour(t, 0, 2);
	lab_send(t, 0, TESTNET_HOST(0), 1);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	dev->flags &= ~NETDEV_NOARP;

	testnet_carrier(t, 0, false);
	lab_send(t, 0, TESTNET_ADDR(0, 3), 1);
	assert_int_equal(testnet_drops(t, DROP_DEV_NO_CARRIER), 1);
	netdev_down(dev);
	lab_send(t, 0, TESTNET_ADDR(0, 3), 1);
	assert_int_equal(testnet_drops(t, DROP_DEV_DOWN), 1);
	assert_int_equal(t->net.neigh.entry_count, 0);
	lab_free(t);
}

/* Neighbours of the same address on different links are different. */
static void
test_each_interface_has_its_own_neighbours(void **state)
{
	struct testnet *t = lab_new(2);
	struct lab_frame frame;
	uint8_t mac[6] = { 2, 7, 7, 7, 7, 7 };

	lab_resolve(t, 0, TESTNET_HOST(0));
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 1), TESTNET_HOST(0), mac,
				   NEIGH_PERMANENT, true, true),
			 OK);
	lab_send(t, 1, TESTNET_HOST(0), 1);
	frame = lab_next(t, 1);
	assert_memory_equal(frame.eth.dst, mac, 6);
	lab_send(t, 0, TESTNET_HOST(0), 1);
	frame = lab_next(t, 0);
	lab_mac(0, TESTNET_HOST(0), mac);
	assert_memory_equal(frame.eth.dst, mac, 6);
	lab_free(t);
}

/* A packet of another host's through a gateway: asked for with our address. */
static void
test_forwarded_packet_is_not_asked_for_with_its_sender(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;
	struct skb *skb;

	skb = lab_packet(t, IPV4_ADDR(198, 51, 100, 7),
			 IPV4_ADDR(203, 0, 113, 1), 1, 64);
	neigh_output(skb, lab_dev(t, 0), TESTNET_HOST(0));
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ASKS_ALL);
	assert_int_equal(frame.arp.sender, TESTNET_ROUTER(0));
	assert_true(lab_find(t, 0, TESTNET_HOST(0))->gateway);
	lab_free(t);
}

static void
test_packets_too_short_to_have_a_source_are_asked_for(void **state)
{
	struct testnet *t = lab_new(1);
	struct skb *skb = skb_alloc(&net_this_core(&t->net)->skb_pool);

	memset(skb_put(skb, 4), 0x45, 4);
	neigh_output(skb, lab_dev(t, 0), TESTNET_HOST(0));
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_reply(t, 0, TESTNET_HOST(0));
	assert_int_equal(testnet_count(t, 0), 1);
	lab_free(t);
}

/* A gateway is asked for without a packet, once at a time. */
static void
test_gateway_that_nobody_sends_to(void **state)
{
	struct testnet *t = lab_new(1);
	struct neigh *n;

	assert_false(neigh_gateway_ask(lab_dev(t, 0), TESTNET_HOST(0)));
	n = neigh_find(&t->net, lab_dev(t, 0), TESTNET_HOST(0));
	assert_non_null(n);
	assert_int_equal(n->state, NEIGH_INCOMPLETE);
	assert_int_equal(lab_next(t, 0).kind, ASKS_ALL);
	assert_false(neigh_gateway_ask(lab_dev(t, 0), TESTNET_HOST(0)));
	assert_int_equal(testnet_count(t, 0), 0);
	t->net.neigh.pool.fail_after = 1;
	assert_false(neigh_gateway_ask(lab_dev(t, 0), TESTNET_HOST(0) + 1));
	assert_int_equal(t->net.neigh.entry_count, 1);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gateway_that_nobody_sends_to),
		cmocka_unit_test(
			test_group_and_broadcast_addresses_map_without_asking),
		cmocka_unit_test(
			test_broadcast_address_that_the_operator_named),
		cmocka_unit_test(test_point_to_point_subnets_have_no_broadcast),
		cmocka_unit_test(test_loopback_asks_nobody),
		cmocka_unit_test(test_impossible_next_hops_are_named),
		cmocka_unit_test(test_each_interface_has_its_own_neighbours),
		cmocka_unit_test(
			test_forwarded_packet_is_not_asked_for_with_its_sender),
		cmocka_unit_test(
			test_packets_too_short_to_have_a_source_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
