/* SPDX-License-Identifier: BSD-2-Clause */
/* Static multicast routes: who gets a copy, and what each looks like. */
#include "tests/host/test.h"

#include "net/igmp.h"
#include "net/ipv4/mroute.h"
#include "net/wire/igmp.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define GROUP	  0xef010203u	       /* 239.1.2.3 */
#define BIT(port) (1u << (2 + (port))) /* eth<port>: lo is 1 */

static struct testnet *
routed(uint32_t source, uint32_t out)
{
	struct testnet *t = testnet_new(4);

	assert_int_equal(mroute_add(&t->net, source, GROUP, &t->port[0].dev,
				    out),
			 OK);
	testnet_advance(t, 5 * S_NS);
	for (unsigned int i = 0; i < 4; i++)
		testnet_flush(t, i);
	return t;
}

static void
arrives(struct testnet *t, unsigned int port, uint8_t ttl, bool df, size_t len)
{
	struct ipv4 ip = packet_header(TESTNET_HOST(port), GROUP, 17, len);
	static const uint8_t payload[2000] = "a film";

	ip.ttl = ttl;
	ip.flags = df ? IPV4_DF : 0;
	testnet_inject_ipv4(t, port, &ip, payload, len);
}

/* One hop paid, from the port's address to the group's. [RFC1112 6.4] */
static void
copy_at(struct testnet *t, unsigned int port, uint8_t ttl)
{
	static const uint8_t to[6] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };
	const struct testnet_frame *frame;
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	frame = testnet_next_ipv4(t, port, &ip, &data, &len);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, to, 6);
	assert_memory_equal(frame->bytes + 6, t->port[port].dev.addr, 6);
	assert_int_equal(ip.ttl, ttl);
	assert_int_equal(ip.dst, GROUP);
	assert_int_equal(ip.src, TESTNET_HOST(0));
	assert_string_equal((const char *)data, "a film");
}

/* covers: R1812-148 */
static void
each_interface_gets_a_copy(void **state)
{
	struct testnet *t = routed(0, BIT(1) | BIT(3));

	arrives(t, 0, 9, false, 100);
	copy_at(t, 1, 8);
	copy_at(t, 3, 8);
	assert_int_equal(testnet_count(t, 0) + testnet_count(t, 2), 0);
	assert_int_equal(mroute_at(&t->net, 0)->packets, 1);
	assert_int_equal(mroute_at(&t->net, 0)->bytes, 120);
	testnet_free(t);
}

/* In this box somebody listens, too: it gets the packet itself. */
static void
a_member_here_gets_it_as_well(void **state)
{
	struct testnet *t = routed(0, BIT(1));

	/* The route itself has joined, so that it comes. */
	assert_int_equal(igmp_users(&t->port[0].dev, GROUP), 1);
	arrives(t, 0, 9, false, 100);
	copy_at(t, 1, 8);
	assert_int_equal(t->net.ipv4_stats.in_delivers, 1);
	testnet_free(t);
}

static void
the_source_s_own_route_comes_first(void **state)
{
	struct testnet *t = routed(0, BIT(1));

	assert_int_equal(mroute_add(&t->net, TESTNET_HOST(0), GROUP,
				    &t->port[0].dev, BIT(2)),
			 OK);
	testnet_advance(t, 5 * S_NS);
	testnet_flush(t, 0);
	arrives(t, 0, 9, false, 100);
	assert_int_equal(testnet_count(t, 1), 0);
	copy_at(t, 2, 8);
	assert_int_equal(mroute_delete(&t->net, TESTNET_HOST(0), GROUP), OK);
	arrives(t, 0, 9, false, 100);
	copy_at(t, 1, 8);
	testnet_free(t);
}

static void
from_elsewhere_it_goes_nowhere(void **state)
{
	struct testnet *t = routed(0, BIT(1));

	arrives(t, 2, 9, false, 100);
	assert_int_equal(testnet_drops(t, DROP_MROUTE_IIF), 1);
	assert_int_equal(mroute_at(&t->net, 0)->wrong_if, 1);
	assert_int_equal(testnet_count(t, 1), 0);
	testnet_free(t);
}

/* Nobody is told what became of a multicast packet. [RFC1122 3.2.2] */
static void
what_cannot_go_on_ends_by_name_and_in_silence(void **state)
{
	struct testnet *t = routed(0, BIT(1) | BIT(2));

	arrives(t, 0, 1, false, 100);
	assert_int_equal(testnet_drops(t, DROP_IP_TTL), 2);
	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 600), OK);
	arrives(t, 0, 9, true, 1000);
	assert_int_equal(testnet_drops(t, DROP_PKT_TOO_BIG), 1);
	assert_int_equal(testnet_count(t, 1), 0);
	assert_int_equal(testnet_flush(t, 2), 1);
	arrives(t, 0, 9, false, 1000);
	assert_int_equal(testnet_flush(t, 1), 2); /* in two fragments */
	assert_int_equal(testnet_flush(t, 2), 1);
	t->net.ipv4_param.ip_forward = 0;
	arrives(t, 0, 9, false, 100);
	assert_int_equal(testnet_drops(t, DROP_IP_FORWARDING_OFF), 2);
	assert_int_equal(testnet_count(t, 0), 0);
	testnet_free(t);
}

static void
what_is_no_route(void **state)
{
	struct testnet *t = routed(0, BIT(1));
	struct netdev *in = &t->port[0].dev;
	struct net *net = &t->net;
	uint32_t n = 0;

	assert_int_equal(mroute_add(net, 0, GROUP, in, BIT(2)), ERR_EXIST);
	assert_int_equal(mroute_add(net, 0, GROUP + 1, in, 0), ERR_INVAL);
	assert_int_equal(mroute_add(net, 0, GROUP + 1, in, BIT(0)), ERR_INVAL);
	assert_int_equal(mroute_add(net, 0, GROUP + 1, in, 1u << 31),
			 ERR_INVAL);
	/* Of the link alone. [RFC5771 4] */
	assert_int_equal(mroute_add(net, 0, 0xe0000005, in, BIT(1)), ERR_INVAL);
	assert_int_equal(mroute_add(net, 0, TESTNET_HOST(1), in, BIT(1)),
			 ERR_INVAL);
	assert_int_equal(mroute_delete(net, 1, GROUP), ERR_NOENT);
	while (mroute_add(net, 0, GROUP + 1 + n, in, BIT(1)) == OK)
		n++;
	assert_in_range(n, 200, 256);
	assert_int_equal(mroute_joins(in, GROUP + 1), 1);
	testnet_advance(t, 5 * S_NS);
	testnet_free(t);
}

/* A copy that finds no memory is counted; the others are made. */
static void
without_memory_a_copy_is_counted(void **state)
{
	struct testnet *t = routed(0, BIT(1) | BIT(2));
	uint64_t before = t->net.ipv4_stats.out_discards;

	t->net.core[0].skb_pool.fail_after = 2; /* the frame itself is first */
	arrives(t, 0, 9, false, 100);
	assert_int_equal(t->net.ipv4_stats.out_discards, before + 1);
	assert_int_equal(testnet_count(t, 1), 0);
	copy_at(t, 2, 8);
	testnet_free(t);
}

/* An interface that leaves takes the routes that have nothing else, and itself
 * from the others. */
/* Hosts say who is a member on their link, not on others. */
static void
membership_stays_on_its_link(void **state)
{
	struct testnet *t = routed(0, BIT(1));
	uint8_t report[IGMP_LEN];
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), GROUP, 2, sizeof(report));

	igmp_emit(IGMP_REPORT2, GROUP, report);
	testnet_inject_ipv4(t, 0, &ip, report, sizeof(report));
	assert_int_equal(testnet_count(t, 1), 0);
	assert_int_equal(testnet_drops(t, DROP_IGMP_TTL), 1);
	testnet_free(t);
}

static void
an_interface_that_leaves_is_forgotten(void **state)
{
	struct testnet *t = routed(0, BIT(1) | BIT(3));
	struct netdev *dev = &t->port[3].dev;

	assert_int_equal(mroute_add(&t->net, 0, GROUP + 1, &t->port[0].dev,
				    BIT(3)),
			 OK);
	assert_int_equal(mroute_add(&t->net, 0, GROUP + 2, dev, BIT(0)), OK);
	testnet_advance(t, 5 * S_NS);
	netdev_unregister(dev);
	assert_null(mroute_find(&t->net, 0, GROUP + 1));
	assert_null(mroute_find(&t->net, 0, GROUP + 2));
	assert_int_equal(mroute_find(&t->net, 0, GROUP)->out, BIT(1));
	/* An interface that is not there is none to send by. */
	assert_int_equal(mroute_add(&t->net, 0, GROUP + 1, &t->port[0].dev,
				    BIT(3)),
			 ERR_INVAL);
	assert_int_equal(netdev_register(&t->net, dev), OK);
	testnet_flush(t, 0);
	arrives(t, 0, 9, false, 100);
	copy_at(t, 1, 8);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_interface_gets_a_copy),
		cmocka_unit_test(a_member_here_gets_it_as_well),
		cmocka_unit_test(the_source_s_own_route_comes_first),
		cmocka_unit_test(from_elsewhere_it_goes_nowhere),
		cmocka_unit_test(what_cannot_go_on_ends_by_name_and_in_silence),
		cmocka_unit_test(what_is_no_route),
		cmocka_unit_test(without_memory_a_copy_is_counted),
		cmocka_unit_test(membership_stays_on_its_link),
		cmocka_unit_test(an_interface_that_leaves_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
