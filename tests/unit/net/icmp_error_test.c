/* SPDX-License-Identifier: BSD-2-Clause */
/* Complaints: when they must not be made, how often they may, what they say. */
#include "net/icmp.h"

#include "net/net.h"
#include "net/wire/eth.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST   TESTNET_HOST(0)
#define US     TESTNET_ROUTER(0)
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

/* ---- never -------------------------------------------------------------- */

/* A packet that would draw a complaint if its sender may hear it. */
struct offender {
	const char *what;
	uint32_t src, dst;
	uint8_t ttl, proto;
	uint16_t frag_offset;
	int icmp_type; /* of its first byte, -1: nothing behind the header */
	uint8_t mac;   /* frame to: 0 us, 1 broadcast, 2 multicast */
	bool draws;
};

static const struct offender offenders[] = {
	/* What may be complained of, so that the rest means something. */
	{ "UDP, TTL 1", HOST, REMOTE, 1, 17, 0, 0, 0, true },
	{ "UDP, closed port", HOST, US, 64, 17, 0, 0, 0, true },
	{ "echo request, TTL 1", HOST, REMOTE, 1, 1, 0, 8, 0, true },
	{ "echo reply, TTL 1", HOST, REMOTE, 1, 1, 0, 0, 0, true },
	{ "timestamp, TTL 1", HOST, REMOTE, 1, 1, 0, 13, 0, true },
	{ "first fragment, TTL 1", HOST, REMOTE, 1, 17, 1, 0, 0, true },
	/* About errors, or what may be one. */
	{ "unreachable", HOST, REMOTE, 1, 1, 0, 3, 0, false },
	{ "source quench", HOST, REMOTE, 1, 1, 0, 4, 0, false },
	{ "redirect", HOST, REMOTE, 1, 1, 0, 5, 0, false },
	{ "time exceeded", HOST, REMOTE, 1, 1, 0, 11, 0, false },
	{ "parameter problem", HOST, REMOTE, 1, 1, 0, 12, 0, false },
	{ "unknown ICMP type", HOST, REMOTE, 1, 1, 0, 44, 0, false },
	{ "high ICMP type", HOST, REMOTE, 1, 1, 0, 200, 0, false },
	{ "ICMP without a type", HOST, REMOTE, 1, 1, 0, -1, 0, false },
	/* To many. */
	{ "limited broadcast", HOST, IPV4_BROADCAST, 64, 250, 0, 0, 1, false },
	{ "limited broadcast in a frame to us", HOST, IPV4_BROADCAST, 64, 250,
	  0, 0, 0, false },
	{ "subnet broadcast", HOST, TESTNET_BROADCAST(0), 64, 250, 0, 0, 1,
	  false },
	{ "another subnet's broadcast", HOST, TESTNET_BROADCAST(1), 64, 250, 0,
	  0, 0, false },
	{ "all hosts", HOST, IPV4_ADDR(224, 0, 0, 1), 64, 250, 0, 0, 2, false },
	{ "multicast, TTL 1", HOST, IPV4_ADDR(239, 1, 1, 1), 1, 17, 0, 0, 2,
	  false },
	{ "unicast in a broadcast frame", HOST, REMOTE, 1, 17, 0, 0, 1, false },
	{ "unicast in a multicast frame", HOST, US, 64, 17, 0, 0, 2, false },
	/* Later fragments. */
	{ "later fragment, TTL 1", HOST, REMOTE, 1, 17, 8, 0, 0, false },
	{ "later fragment, no route", HOST, IPV4_ADDR(203, 0, 113, 1), 64, 17,
	  1480, 0, 0, false },
	/* From nobody in particular. */
	{ "from 0.0.0.0", 0, REMOTE, 1, 17, 0, 0, 0, false },
	{ "from loopback", IPV4_ADDR(127, 0, 0, 1), REMOTE, 1, 17, 0, 0, 0,
	  false },
	{ "from the first group", IPV4_ADDR(224, 0, 0, 0), REMOTE, 1, 17, 0, 0,
	  0, false },
	{ "from a group", IPV4_ADDR(224, 1, 1, 1), REMOTE, 1, 17, 0, 0, 0,
	  false },
	{ "from class E", IPV4_ADDR(240, 1, 1, 1), REMOTE, 1, 17, 0, 0, 0,
	  false },
	{ "from everybody", IPV4_BROADCAST, REMOTE, 1, 17, 0, 0, 0, false },
	{ "from a subnet", TESTNET_BROADCAST(0), REMOTE, 1, 17, 0, 0, 0,
	  false },
};

static void
inject_offender(struct testnet *t, const struct offender *o)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	struct eth eth = { .type = ETHERTYPE_IPV4 };
	struct ipv4 ip = packet_header(o->src, o->dst, o->proto,
				       o->icmp_type < 0 ? 0 : 16);
	uint8_t frame[64] = { 0 };

	ip.ttl = o->ttl;
	ip.frag_offset = o->frag_offset & 0xfff8;
	ip.flags = o->frag_offset ? IPV4_MF : 0;
	testnet_host_mac(0, 2, eth.src);
	memcpy(eth.dst,
	       o->mac == 0   ? t->port[0].dev.addr
	       : o->mac == 1 ? eth_broadcast
			     : group,
	       6);
	eth_emit(&eth, frame);
	ipv4_emit(&ip, frame + 14);
	packet_udp(frame + 34, &ip, 1, 9999, NULL, 8, true);
	if (o->proto == IPPROTO_ICMP && o->icmp_type >= 0)
		packet_icmp(frame + 34, (uint8_t)o->icmp_type, 0, 0, NULL, 8);
	testnet_inject(t, 0, frame, 14u + ip.total_len);
}

/* [RFC1122 3.2.2] [RFC1812 4.3.2.7], through the whole stack. */
/* covers: R1812-063, R1812-064, R1812-065, R1812-066, R1812-067, R1812-068,
 * R1812-069, H1122-037 */
static void
no_complaint_where_it_is_forbidden(void **state)
{
	struct testnet *t = *state;

	for (size_t i = 0; i < array_len(offenders); i++) {
		uint64_t all = testnet_drops_all(t);

		testnet_advance(t, 60 * S_NS);
		testnet_flush(t, 0);
		all = testnet_drops_all(t);
		inject_offender(t, &offenders[i]);
		/* It ended here, in any case. */
		assert_int_equal(testnet_drops_all(t), all + 1);
		if ((testnet_flush(t, 0) == 1) != offenders[i].draws)
			fail_msg("%s", offenders[i].what);
		assert_int_equal(testnet_count(t, 1), 0);
	}
}

/* The same rules at the door of icmp_send_error() itself: whoever calls it,
 * from wherever, cannot break them. */
/* covers: R1812-063, R1812-065, R1812-066, R1812-067, R1812-068, H1122-037 */
static void
the_rules_hold_whoever_calls(void **state)
{
	struct testnet *t = *state;

	for (size_t i = 0; i < array_len(offenders); i++) {
		const struct offender *o = &offenders[i];
		struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);
		struct ipv4 ip = packet_header(o->src, o->dst, o->proto,
					       o->icmp_type < 0 ? 0 : 16);
		static const uint8_t pkt_type[] = { PKT_HOST, PKT_BROADCAST,
						    PKT_MULTICAST };

		testnet_advance(t, 60 * S_NS);
		testnet_flush(t, 0);
		ip.frag_offset = o->frag_offset & 0xfff8;
		memset(skb_put(skb, ip.total_len), 0, ip.total_len);
		ipv4_emit(&ip, skb->data);
		if (o->icmp_type > 0)
			skb->data[20] = (uint8_t)o->icmp_type;
		skb->dev = &t->port[0].dev;
		skb->pkt_type = pkt_type[o->mac];
		skb_set_network(skb);
		icmp_send_error(skb, &ip, ICMP_UNREACHABLE, 1, 0);
		testnet_run(t);
		skb_consume(skb);
		if ((testnet_flush(t, 0) == 1) != o->draws)
			fail_msg("%s", o->what);
	}
	assert_int_equal(t->net.icmp_stats.out_forbidden,
			 array_len(offenders) - 6);
}

/* ---- how often ---------------------------------------------------------- */

/* A packet with TTL 1 from src, by eth0. */
static void
expire(struct testnet *t, uint32_t src)
{
	struct ipv4 ip = packet_header(src, REMOTE, IPPROTO_UDP, 8);
	uint8_t data[8] = { 0 };

	ip.ttl = 1;
	testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
}

/* A burst of six, then one a second. [RFC1812 4.3.2.8] */
static void
one_host_hears_no_more_than_its_rate(void **state)
{
	struct testnet *t = *state;

	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 6);
	assert_int_equal(t->net.icmp_stats.out_rate_limit_host, 94);
	for (unsigned int i = 0; i < 100; i++) {
		testnet_advance(t, 100 * MS_NS);
		expire(t, HOST);
	}
	assert_in_range(testnet_flush(t, 0), 9, 11);
	testnet_advance(t, 60 * S_NS);
	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 6);
}

static void
other_hosts_hear_theirs_meanwhile(void **state)
{
	struct testnet *t = *state;

	testnet_neighbour(t, 0, 3);
	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	testnet_flush(t, 0);
	expire(t, TESTNET_ADDR(0, 3));
	assert_int_equal(testnet_flush(t, 0), 1);
}

/* All hosts together: a burst of 50, then 1000 a second. */
static void
all_hosts_together_hear_no_more_than_the_global_rate(void **state)
{
	struct testnet *t = *state;
	uint64_t *limited = &t->net.icmp_stats.out_rate_limit_global;

	testnet_route(t, IPV4_ADDR(172, 16, 0, 0), 12, HOST, 0);
	for (uint32_t i = 0; i < 500; i++)
		expire(t, IPV4_ADDR(172, 16, 0, 0) + i * 77);
	assert_int_equal(testnet_flush(t, 0), 50);
	assert_int_equal(*limited, 450);
	testnet_advance(t, 10 * MS_NS);
	for (uint32_t i = 0; i < 500; i++)
		expire(t, IPV4_ADDR(172, 17, 0, 0) + i * 77);
	assert_int_equal(testnet_flush(t, 0), 10);
	t->net.icmp_param.icmp_msgs_per_sec = 0;
	testnet_advance(t, S_NS);
	expire(t, IPV4_ADDR(172, 18, 0, 1));
	assert_int_equal(testnet_flush(t, 0), 0);
}

/* covers: R1812-070 */
static void
the_operator_sets_the_rates(void **state)
{
	struct testnet *t = *state;

	t->net.icmp_param.icmp_ratelimit_ms = 0;
	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 50);
	testnet_advance(t, S_NS);
	t->net.icmp_param.icmp_ratelimit_ms = 100;
	t->net.icmp_param.icmp_msgs_burst = 4;
	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 4);
	/* A type that the mask leaves out has no limit. */
	t->net.icmp_param.icmp_ratemask &= ~(1u << ICMP_TIME_EXCEEDED);
	for (unsigned int i = 0; i < 100; i++)
		expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 100);
}

/* Path MTU discovery of many flows of one host must not starve. */
static void
fragmentation_needed_is_under_the_global_limit_alone(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, REMOTE, IPPROTO_UDP, 1000);
	uint8_t data[1000] = { 0 };

	ip.flags = IPV4_DF;
	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 576), OK);
	for (unsigned int i = 0; i < 100; i++)
		testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
	assert_int_equal(testnet_flush(t, 0), 50);
	assert_int_equal(t->net.icmp_stats.out_rate_limit_host, 0);
}

/* ---- what they say ------------------------------------------------------ */

/* [RFC1812 4.3.2.3]: 576 bytes in all, unless the offender is shorter. */
/* covers: R1812-057,
 * R1812-056 */
static void
quotes_are_as_long_as_fits_576(void **state)
{
	struct testnet *t = *state;
	const size_t sizes[] = { 0, 1, 8, 100, 527, 528, 529, 1400 };
	uint8_t bytes[1400];
	const uint8_t *data;
	struct ipv4 ip, out;
	size_t len;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 5);
	for (size_t i = 0; i < array_len(sizes); i++) {
		uint8_t sent[20];

		testnet_advance(t, 60 * S_NS);
		testnet_flush(t, 0);
		ip = packet_header(HOST, REMOTE, 200, sizes[i]);
		ip.ttl = 1;
		ip.tos = 0x08;
		ipv4_emit(&ip, sent);
		testnet_inject_ipv4(t, 0, &ip, bytes, sizes[i]);
		assert_non_null(testnet_next_ipv4(t, 0, &out, &data, &len));
		assert_int_equal(len, 8 + 20 + min_of(sizes[i], (size_t)528));
		assert_int_equal(checksum_fold(checksum_add(0, data, len)), 0);
		assert_memory_equal(data + 8, sent, 20);
		assert_memory_equal(data + 28, bytes, len - 28);
		/* [RFC1812 4.3.2.2, 4.3.2.5] */
		assert_int_equal(out.ttl, 64);
		assert_int_equal(out.tos, 0xc8);
	}
}

/* Its data pointer has moved on meanwhile; the quote begins at the IP
 * header. */
/* covers: R1812-058, H1122-034 */
static void
quotes_of_what_was_delivered_are_whole(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[208], sent[20];
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_UDP, sizeof(bytes)),
		    out;
	const uint8_t *data;
	size_t len;

	packet_udp(bytes, &ip, 1, 9999, NULL, 200, true);
	ipv4_emit(&ip, sent);
	testnet_inject_ipv4(t, 0, &ip, bytes, sizeof(bytes));
	assert_non_null(testnet_next_ipv4(t, 0, &out, &data, &len));
	assert_int_equal(len, 8 + 20 + sizeof(bytes));
	assert_memory_equal(data + 8, sent, 20);
	assert_memory_equal(data + 28, bytes, sizeof(bytes));
	assert_int_equal(t->net.icmp_stats.out_msgs, 1);
	assert_int_equal(t->net.icmp_stats.out_type[ICMP_UNREACHABLE], 1);
}

/* ECN is for transports; a mark must not come back. [RFC3168 5] */
/* covers: R1812-060, R1812-056 */
static void
the_type_of_service_comes_back_without_ecn(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, REMOTE, 200, 0), out;
	const uint8_t *data;
	size_t len;

	ip.ttl = 1;
	ip.tos = 0x17;
	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_non_null(testnet_next_ipv4(t, 0, &out, &data, &len));
	assert_int_equal(out.tos, 0xc0 | 0x14);
	/* Nor does the TTL that killed it limit what is said of it. */
	assert_int_equal(out.ttl, 64);
}

/* [RFC1812 4.3.2.4]: of the interface by which it leaves. */
/* covers: R1812-059 */
static void
they_come_from_where_they_leave_or_from_who_was_asked(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip, out;
	const uint8_t *data;
	size_t len;

	/* It came by eth0, but its sender is behind eth2. */
	ip = packet_header(TESTNET_HOST(2), REMOTE, 200, 0);
	ip.ttl = 1;
	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_non_null(testnet_next_ipv4(t, 2, &out, &data, &len));
	assert_int_equal(out.src, TESTNET_ROUTER(2));
	t->net.icmp_param.icmp_errors_use_inbound_ifaddr = 1;
	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_non_null(testnet_next_ipv4(t, 2, &out, &data, &len));
	assert_int_equal(out.src, TESTNET_ROUTER(0));
	/* Somebody asked for an address of ours: that one answers. */
	ip = packet_header(HOST, TESTNET_ROUTER(1), 200, 0);
	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_non_null(testnet_next_ipv4(t, 0, &out, &data, &len));
	assert_int_equal(out.src, TESTNET_ROUTER(1));
}

static void
no_memory_is_no_message(void **state)
{
	struct testnet *t = *state;

	t->net.core[0].skb_pool.fail_after = 2;
	expire(t, HOST);
	assert_int_equal(testnet_flush(t, 0), 0);
	assert_int_equal(t->net.icmp_stats.out_errors, 1);
}

/* To a sender to whom no way leads: it ends here, without a loop. */
static void
a_complaint_that_finds_no_way_is_not_complained_of(void **state)
{
	struct testnet *t = *state;

	expire(t, IPV4_ADDR(203, 0, 113, 1));
	assert_int_equal(testnet_drops(t, DROP_IP_OUTNOROUTES), 1);
	assert_int_equal(testnet_drops_all(t), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_complaint_where_it_is_forbidden),
		TEST(the_rules_hold_whoever_calls),
		TEST(one_host_hears_no_more_than_its_rate),
		TEST(other_hosts_hear_theirs_meanwhile),
		TEST(all_hosts_together_hear_no_more_than_the_global_rate),
		TEST(the_operator_sets_the_rates),
		TEST(fragmentation_needed_is_under_the_global_limit_alone),
		TEST(quotes_are_as_long_as_fits_576),
		TEST(quotes_of_what_was_delivered_are_whole),
		TEST(the_type_of_service_comes_back_without_ecn),
		TEST(they_come_from_where_they_leave_or_from_who_was_asked),
		TEST(no_memory_is_no_message),
		TEST(a_complaint_that_finds_no_way_is_not_complained_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
