/* SPDX-License-Identifier: BSD-2-Clause */
/* Early drop: what is vital, when it is looked for, and its books. */
#include "net/net.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define FRAME_LEN 60u

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

struct frame_case {
	const char *name;
	uint32_t dst;
	uint8_t proto;	 /* 0: ARP for dst */
	uint16_t offset; /* of a fragment */
	uint8_t flags;
	bool vital;
};

static void
frame_of(const struct frame_case *c, uint8_t frame[FRAME_LEN])
{
	struct ipv4 ip = packet_header(0x0a000002, c->dst, c->proto, 20);

	memset(frame, 0, FRAME_LEN);
	frame[12] = 8;
	if (!c->proto) {
		frame[13] = 6;
		for (unsigned int i = 0; i < 4; i++)
			frame[38 + i] = (uint8_t)(c->dst >> (24 - 8 * i));
		return;
	}
	ip.frag_offset = c->offset;
	ip.flags = c->flags;
	ipv4_emit(&ip, frame + 14);
}

static void
what_is_said_to_the_box_is_vital(void **state)
{
	static const uint32_t box = TESTNET_ROUTER(0), far = TESTNET_HOST(1);
	const struct frame_case cases[] = {
		{ "ARP for us", box, 0, 0, 0, true },
		{ "ARP for others", far, 0, 0, 0, false },
		{ "TCP", box, IPPROTO_TCP, 0, 0, true },
		{ "TCP, don't fragment", box, IPPROTO_TCP, 0, IPV4_DF, true },
		{ "TCP to the other port's address", TESTNET_ROUTER(1),
		  IPPROTO_TCP, 0, 0, true },
		{ "TCP through us", far, IPPROTO_TCP, 0, 0, false },
		{ "ICMP", box, IPPROTO_ICMP, 0, 0, true },
		{ "ICMP through us", far, IPPROTO_ICMP, 0, 0, false },
		{ "UDP", box, IPPROTO_UDP, 0, 0, false },
		{ "first fragment", box, IPPROTO_TCP, 0, IPV4_MF, false },
		{ "last fragment", box, IPPROTO_TCP, 64, 0, false },
		{ "IGMP query", 0xe0000001, IPPROTO_IGMP, 0, 0, true },
		{ "IGMP of a far group", 0xe8000001, IPPROTO_IGMP, 0, 0,
		  false },
	};
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	uint8_t frame[FRAME_LEN];

	for (size_t i = 0; i < array_len(cases); i++) {
		frame_of(&cases[i], frame);
		if (netdev_is_vital(dev, frame, FRAME_LEN) != cases[i].vital)
			fail_msg("%s", cases[i].name);
		/* Cut short it is nothing. */
		assert_false(netdev_is_vital(dev, frame, 33));
		assert_false(netdev_is_vital(dev, frame, 14));
	}
	memset(frame, 0, FRAME_LEN); /* no EtherType */
	assert_false(netdev_is_vital(dev, frame, FRAME_LEN));
}

/* A whole network that is the box's. */
static void
own_network(struct testnet *t, uint32_t dst, uint8_t prefix_len)
{
	struct route *route =
		calloc(1, sizeof(*route) + sizeof(struct nexthop));

	assert_non_null(route);
	*route = (struct route){
		.dst = dst,
		.prefix_len = prefix_len,
		.table = TABLE_LOCAL,
		.type = ROUTE_LOCAL,
		.scope = SCOPE_HOST,
		.nexthop_count = 1,
	};
	route->nexthop[0] =
		(struct nexthop){ .dev = &t->port[0].dev, .weight = 1 };
	assert_int_equal(fib_insert(&t->net, route, FIB_REPLACE), FIB_OK);
	free(route);
}

/* What it settles is vital for nobody; what it does not may be anything. */
static void
a_glance_settles_others_packets(void **state)
{
	const uint32_t box = TESTNET_ROUTER(0), far = TESTNET_HOST(1);
	const struct frame_case through = { "", far, 17, 0, 0, false },
				elsewhere = { "", far + 1, 6, 0, 0, false },
				to_us = { "", box, IPPROTO_TCP, 0, 0, true },
				arp = { "", far, 0, 0, 0, false };
	struct testnet *t = *state;
	struct netdev_glance glance = netdev_glance(&t->port[0].dev);
	uint8_t frame[FRAME_LEN];

	frame_of(&through, frame);
	assert_false(netdev_is_alike(&glance, frame));
	assert_true(netdev_is_transit(&glance, frame));
	assert_true(netdev_is_alike(&glance, frame));
	frame[0] = 1; /* to all of the link, who knows what for */
	assert_false(netdev_is_transit(&glance, frame));
	frame_of(&elsewhere, frame);
	assert_false(netdev_is_alike(&glance, frame));
	assert_true(netdev_is_transit(&glance, frame));
	frame_of(&to_us, frame);
	assert_false(netdev_is_alike(&glance, frame));
	assert_false(netdev_is_transit(&glance, frame));
	frame_of(&arp, frame);
	assert_false(netdev_is_alike(&glance, frame));
	assert_false(netdev_is_transit(&glance, frame));
	/* Where a whole network is ours, no address is certainly not. */
	own_network(t, 0xc6336400, 24);
	frame_of(&through, frame);
	assert_false(netdev_is_transit(&glance, frame));
}

static void
who_was_spoken_to_looks_for_more(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	uint8_t udp[64], syn[20] = { 0, 1, 0, 7, [12] = 0x50, 2 };
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), 17, 36);

	testnet_advance(t, 2 * S_NS);
	assert_false(netdev_look_ahead(dev));
	packet_udp(udp, &ip, 4000, 9, NULL, 28, true);
	assert_true(testnet_inject_ipv4(t, 0, &ip, udp, 36));
	assert_false(netdev_look_ahead(dev));
	ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), IPPROTO_TCP, 20);
	assert_true(testnet_inject_ipv4(t, 0, &ip, syn, sizeof(syn)));
	assert_int_equal(netdev_look_ahead(dev), 64);
	assert_false(netdev_look_ahead(&t->port[1].dev));
	testnet_advance(t, S_NS);
	assert_false(netdev_look_ahead(dev));
}

static void
the_refused_are_in_the_books(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	struct net_core *core = &t->net.core[0];
	struct skb *skb = skb_alloc_rx(dev->pool);

	memset(skb->data, 0x42, FRAME_LEN);
	netdev_refuse(dev, 7, DROP_EARLY_BUSY, skb, FRAME_LEN);
	skb_pool_check(dev->pool);
	assert_int_equal(testnet_drops(t, DROP_EARLY_BUSY), 7);
	assert_int_equal(core->softnet.dropped, 7);
	assert_int_equal(dev->stats.rx_dropped, 7);
	assert_int_equal(core->account.last[DROP_EARLY_BUSY].in, dev->ifindex);
	assert_int_equal(core->account.last[DROP_EARLY_BUSY].len, FRAME_LEN);
	assert_int_equal(core->account.last[DROP_EARLY_BUSY].bytes[59], 0x42);
	skb_free_rx(skb);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_is_said_to_the_box_is_vital),
		T(a_glance_settles_others_packets),
		T(who_was_spoken_to_looks_for_more),
		T(the_refused_are_in_the_books),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
