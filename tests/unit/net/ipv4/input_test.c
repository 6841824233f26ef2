/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 input: which packets are believed, and where they go. */
#include "net/igmp.h"
#include "net/ipv4/ipv4.h"

#include "net/udp.h"
#include "net/wire/eth.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

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

/* One packet from eth0's host; exactly this reason takes it. */
static void
assert_dropped_of(struct testnet *t, const struct ipv4 *ip, const uint8_t *data,
		  size_t len, enum drop reason)
{
	uint64_t before = testnet_drops(t, reason);
	uint64_t all = testnet_drops_all(t);

	assert_true(testnet_inject_ipv4(t, 0, ip, data, len));
	if (testnet_drops(t, reason) != before + 1)
		fail_msg("%s did not take it", drop_text(reason)->name);
	assert_int_equal(testnet_drops_all(t), all + 1);
}

static void
assert_silence(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		assert_int_equal(testnet_count(t, i), 0);
}

/* An echo request from eth0's host; true if it is answered. */
static bool
answers_echo(struct testnet *t, const struct ipv4 *like, uint32_t dst)
{
	struct ipv4 ip = *like;
	uint8_t data[64];
	size_t len = packet_icmp(data, ICMP_ECHO, 0, 7, NULL, 8);

	ip.dst = dst;
	ip.proto = IPPROTO_ICMP;
	ip.total_len = (uint16_t)(ip.header_len + len);
	assert_true(testnet_inject_ipv4(t, 0, &ip, data, len));
	return testnet_flush(t, 0) == 1;
}

/* ---- the header --------------------------------------------------------- */

struct header_row {
	size_t cut; /* bytes of IP packet that arrive */
	uint8_t at, value;
	bool refresh;
	enum drop expected;
};

static const struct header_row headers[] = {
	{ 19, 0, 0x45, false, DROP_IP_TRUNCATED },
	{ 0, 0, 0x45, false, DROP_IP_TRUNCATED },
	{ 28, 0, 0x55, true, DROP_IP_VERSION },
	{ 28, 0, 0x44, true, DROP_IP_IHL },
	{ 28, 0, 0x4f, false, DROP_IP_HEADER_TRUNCATED },
	{ 28, 10, 0x00, false, DROP_IP_CSUM },
	{ 28, 3, 19, true, DROP_IP_TOTAL_LEN },
};

/* [RFC1812 5.2.2]: silently. */
/* covers: R1812-023, R1812-091, R1812-093, R1812-094, R1812-095, R1812-096,
 * R1812-097, H1122-016, H1122-017 */
static void
malformed_headers_end_in_silence(void **state)
{
	struct testnet *t = *state;
	uint8_t frame[64];
	struct eth eth = { .type = ETHERTYPE_IPV4 };
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_HOST(1), IPPROTO_UDP, 8);

	testnet_host_mac(0, 2, eth.src);
	memcpy(eth.dst, t->port[0].dev.addr, 6);
	for (size_t i = 0; i < array_len(headers); i++) {
		const struct header_row *row = &headers[i];
		uint64_t before = testnet_drops(t, row->expected);

		memset(frame, 0, sizeof(frame));
		eth_emit(&eth, frame);
		ipv4_emit(&ip, frame + 14);
		packet_udp(frame + 34, &ip, 1, 2, NULL, 0, true);
		frame[14 + row->at] = row->value;
		if (row->refresh)
			ipv4_checksum_refresh(frame + 14, 20);
		testnet_inject(t, 0, frame, 14 + row->cut);
		assert_int_equal(testnet_drops(t, row->expected), before + 1);
		assert_silence(t);
	}
	assert_int_equal(t->net.ipv4_stats.in_hdr_errors, array_len(headers));
	assert_int_equal(t->net.ipv4_stats.in_csum_errors, 1);
}

/* [RFC1812 5.2.2]: the one length error that is complained of. */
/* covers: R1812-075, R1812-076, R1812-099, R1812-100 */
static void
a_truncated_packet_draws_a_parameter_problem(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_HOST(1),
				       IPPROTO_UDP, 100);
	uint8_t data[99] = { 0 };
	const uint8_t *answer;
	size_t len;

	assert_dropped_of(t, &ip, data, sizeof(data), DROP_IP_SHORT);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &answer, &len));
	assert_int_equal(answer[0], ICMP_PARAMETER_PROBLEM);
	assert_int_equal(answer[4], 3);
	assert_int_equal(len, 8 + 20 + 99);
	assert_int_equal(t->net.ipv4_stats.in_truncated_pkts, 1);
	assert_silence(t);
}

static void
padding_is_cut_off(void **state)
{
	struct testnet *t = *state;
	uint8_t data[64] = { 0 };
	size_t len = packet_icmp(data, ICMP_ECHO, 0, 7, NULL, 4), got;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
				       IPPROTO_ICMP, len);
	const uint8_t *answer;

	data[20] = 0xaa; /* what the frame has beyond the packet */
	assert_true(testnet_inject_ipv4(t, 0, &ip, data, 26));
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &answer, &got));
	assert_int_equal(got, len);
}

/* ---- addresses ---------------------------------------------------------- */

struct address_row {
	uint32_t src, dst;
	enum drop expected;
};

#define HOST   TESTNET_HOST(0)
#define REMOTE TESTNET_HOST(1)

static const struct address_row martians[] = {
	{ IPV4_ADDR(0, 0, 0, 0), REMOTE, DROP_IP_SRC_ZERO },
	{ IPV4_ADDR(0, 1, 2, 3), TESTNET_ROUTER(0), DROP_IP_SRC_ZERO },
	{ 0, IPV4_BROADCAST, DROP_IP_SRC_ZERO },
	{ IPV4_ADDR(127, 0, 0, 1), REMOTE, DROP_IP_SRC_LOOPBACK },
	{ IPV4_ADDR(127, 9, 9, 9), TESTNET_ROUTER(0), DROP_IP_SRC_LOOPBACK },
	{ IPV4_ADDR(224, 0, 0, 1), REMOTE, DROP_IP_SRC_MULTICAST },
	{ IPV4_ADDR(239, 1, 1, 1), TESTNET_ROUTER(0), DROP_IP_SRC_MULTICAST },
	{ IPV4_ADDR(240, 0, 0, 1), REMOTE, DROP_IP_SRC_RESERVED },
	{ IPV4_ADDR(255, 255, 255, 254), REMOTE, DROP_IP_SRC_RESERVED },
	{ IPV4_BROADCAST, REMOTE, DROP_IP_SRC_BROADCAST },
	{ TESTNET_BROADCAST(0), REMOTE, DROP_IP_SRC_SUBNET_BROADCAST },
	{ TESTNET_BROADCAST(2), TESTNET_ROUTER(0),
	  DROP_IP_SRC_SUBNET_BROADCAST },
	{ TESTNET_ROUTER(0), REMOTE, DROP_IP_LOCAL_SOURCE },
	{ TESTNET_ROUTER(1), TESTNET_ROUTER(0), DROP_IP_LOCAL_SOURCE },
	{ TESTNET_ROUTER(0), IPV4_BROADCAST, DROP_IP_LOCAL_SOURCE },
	{ HOST, IPV4_ADDR(0, 0, 0, 0), DROP_IP_DST_ZERO },
	{ HOST, IPV4_ADDR(0, 200, 0, 1), DROP_IP_DST_ZERO },
	{ HOST, IPV4_ADDR(127, 0, 0, 1), DROP_IP_DST_LOOPBACK },
	{ HOST, IPV4_ADDR(240, 1, 1, 1), DROP_IP_DST_RESERVED },
	{ HOST, IPV4_ADDR(255, 255, 255, 0), DROP_IP_DST_RESERVED },
	{ HOST, IPV4_ADDR(224, 0, 0, 251), DROP_IP_MULTICAST },
	{ HOST, IPV4_ADDR(239, 255, 255, 250), DROP_IP_MULTICAST },
};

/* covers: R1812-037, R1812-044, R1812-045, R1812-047, R1812-140, R1812-141,
 * R1812-142, H1122-015, H1122-021, H1122-086 */
static void
martians_end_in_silence(void **state)
{
	struct testnet *t = *state;
	uint8_t data[8];

	testnet_route(t, 0, 0, TESTNET_HOST(1), 1);
	for (size_t i = 0; i < array_len(martians); i++) {
		struct ipv4 ip = packet_header(martians[i].src, martians[i].dst,
					       IPPROTO_UDP, 8);

		packet_udp(data, &ip, 1000, 2000, NULL, 0, true);
		assert_dropped_of(t, &ip, data, sizeof(data),
				  martians[i].expected);
		assert_silence(t);
	}
	assert_int_equal(t->net.ipv4_stats.in_addr_errors, array_len(martians));
}

static void
our_own_source_is_let_in_where_the_operator_says_so(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip =
		packet_header(TESTNET_ROUTER(1), REMOTE, IPPROTO_UDP, 8);
	uint8_t data[8] = { 0 };

	t->net.conf[t->port[0].dev.ifindex].accept_local = 1;
	testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
	assert_int_equal(testnet_drops_all(t), 0);
	assert_int_equal(testnet_count(t, 1), 1);
}

/* ---- reverse path ------------------------------------------------------- */

static void
forward_from(struct testnet *t, uint32_t src)
{
	struct ipv4 ip = packet_header(src, TESTNET_HOST(2), IPPROTO_UDP, 8);
	uint8_t data[8] = { 0 };

	testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
}

/* covers: R1812-144, R1812-145, R1812-146, X3704-001 */
static void
reverse_path_filter_is_off_strict_or_loose(void **state)
{
	struct testnet *t = *state;
	struct net_conf *conf = &t->net.conf[t->port[0].dev.ifindex];
	const uint32_t nowhere = IPV4_ADDR(203, 0, 113, 1);

	/* Off: whoever it claims to be. [RFC1812 5.3.8: the default] */
	forward_from(t, nowhere);
	forward_from(t, TESTNET_HOST(1));
	assert_int_equal(testnet_flush(t, 2), 2);
	/* Loose: there must be a way back, whichever. */
	conf->rp_filter = 2;
	forward_from(t, nowhere);
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 1);
	forward_from(t, TESTNET_HOST(1));
	assert_int_equal(testnet_flush(t, 2), 1);
	/* Strict: by the interface it came in by. */
	conf->rp_filter = 1;
	forward_from(t, TESTNET_HOST(1));
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 2);
	forward_from(t, HOST);
	assert_int_equal(testnet_flush(t, 2), 1);
	/* Of several ways back, one suffices. */
	testnet_route_two(t, IPV4_ADDR(198, 51, 100, 0), 24, 1, 0);
	forward_from(t, IPV4_ADDR(198, 51, 100, 1));
	testnet_route_two(t, IPV4_ADDR(198, 51, 100, 0), 24, 0, 1);
	forward_from(t, IPV4_ADDR(198, 51, 100, 1));
	assert_int_equal(testnet_flush(t, 2), 2);
	testnet_route_two(t, IPV4_ADDR(198, 51, 100, 0), 24, 1, 2);
	forward_from(t, IPV4_ADDR(198, 51, 100, 1));
	assert_int_equal(testnet_flush(t, 2), 0);
	/* The stricter of all and this interface holds. */
	conf->rp_filter = 0;
	t->net.conf_all.rp_filter = 1;
	forward_from(t, TESTNET_HOST(1));
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 4);
	/* Silence, always. */
	assert_silence(t);
}

/* ---- link-layer broadcast ----------------------------------------------- */

static void
inject_to_mac(struct testnet *t, const uint8_t mac[6], const struct ipv4 *ip,
	      const uint8_t *data, size_t len)
{
	struct eth eth = { .type = ETHERTYPE_IPV4 };
	uint8_t frame[256];

	testnet_host_mac(0, 2, eth.src);
	memcpy(eth.dst, mac, 6);
	eth_emit(&eth, frame);
	ipv4_emit(ip, frame + 14);
	memcpy(frame + 14 + ip->header_len, data, len);
	testnet_inject(t, 0, frame, 14 + ip->header_len + len);
}

static const uint8_t all_hosts_mac[6] = { 1, 0, 0x5e, 0, 0, 1 };

/* [RFC1122 3.3.6] [RFC1812 5.3.4] */
/* covers: R1812-132, R1812-133, R1812-134, H1122-010, H1122-075 */
static void
unicast_in_a_broadcast_frame_is_dropped(void **state)
{
	struct testnet *t = *state;
	const uint32_t destinations[] = { TESTNET_ROUTER(0), TESTNET_ROUTER(1),
					  TESTNET_HOST(1),
					  IPV4_ADDR(203, 0, 113, 9) };
	uint8_t data[16];

	for (size_t i = 0; i < array_len(destinations); i++) {
		size_t len = packet_icmp(data, ICMP_ECHO, 0, 1, NULL, 0);
		struct ipv4 ip =
			packet_header(HOST, destinations[i], IPPROTO_ICMP, len);

		inject_to_mac(t, eth_broadcast, &ip, data, len);
		inject_to_mac(t, all_hosts_mac, &ip, data, len);
		assert_int_equal(testnet_drops(t, DROP_UNICAST_IN_L2_MULTICAST),
				 2 * (i + 1));
	}
	assert_silence(t);
}

static void
frames_for_others_are_never_routed(void **state)
{
	struct testnet *t = *state;
	const uint8_t other[6] = { 2, 9, 9, 9, 9, 9 };
	struct ipv4 ip = packet_header(HOST, REMOTE, IPPROTO_UDP, 8);
	uint8_t data[8] = { 0 };

	netdev_set_promiscuous(&t->port[0].dev, true);
	inject_to_mac(t, other, &ip, data, sizeof(data));
	assert_int_equal(testnet_drops(t, DROP_OTHERHOST), 1);
	assert_silence(t);
	netdev_set_promiscuous(&t->port[0].dev, false);
}

/* ---- for us ------------------------------------------------------------- */

/* What arrived at port 4000 last. */
struct heard {
	unsigned int count;
	uint8_t pkt_type;
	struct sock_addr from, to;
};

static void
hear(struct sock *sock, struct skb *skb, const struct sock_addr *from,
     const struct sock_addr *to)
{
	struct heard *heard = sock->ctx;

	heard->count++;
	heard->pkt_type = skb->pkt_type;
	heard->from = *from;
	heard->to = *to;
	assert_ptr_equal(skb_transport(skb) + 8, skb->data);
	assert_ptr_equal(skb_network(skb) + 20, skb_transport(skb));
	skb_consume(skb);
}

static const struct sock_ops hear_ops = { .datagram = hear };

static void
send_to_4000(struct testnet *t, const uint8_t *mac, uint32_t dst)
{
	struct ipv4 ip = packet_header(HOST, dst, IPPROTO_UDP, 12);
	uint8_t data[12];
	size_t len = packet_udp(data, &ip, 3000, 4000, NULL, 4, true);

	inject_to_mac(t, mac ? mac : t->port[0].dev.addr, &ip, data, len);
}

/* [RFC1812 4.2.2.11, 4.2.3.1] [RFC1122 3.3.6] */
/* covers: R1812-039, R1812-042, R1812-046, R1812-048, R1812-136, R1812-137,
 * H1122-073, H1122-084 */
static void
all_forms_of_broadcast_reach_us(void **state)
{
	struct testnet *t = *state;
	const struct sock_addr local = { .port = 4000 };
	struct heard heard = { 0 };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &hear_ops, &heard, "test", &status);
	const struct {
		const uint8_t *mac;
		uint32_t dst;
		enum pkt_type type;
	} rows[] = {
		{ NULL, TESTNET_ROUTER(0), PKT_HOST },
		{ NULL, TESTNET_ROUTER(2), PKT_HOST },
		{ eth_broadcast, IPV4_BROADCAST, PKT_BROADCAST },
		{ NULL, IPV4_BROADCAST, PKT_BROADCAST },
		{ eth_broadcast, TESTNET_BROADCAST(0), PKT_BROADCAST },
		{ NULL, TESTNET_BROADCAST(0), PKT_BROADCAST },
		{ NULL, TESTNET_BROADCAST(1), PKT_BROADCAST },
		{ all_hosts_mac, IPV4_ADDR(224, 0, 0, 1), PKT_MULTICAST },
		{ NULL, IPV4_ADDR(224, 0, 0, 1), PKT_MULTICAST },
	};

	for (size_t i = 0; i < array_len(rows); i++) {
		send_to_4000(t, rows[i].mac, rows[i].dst);
		assert_int_equal(heard.count, i + 1);
		assert_int_equal(heard.pkt_type, rows[i].type);
		assert_int_equal(heard.to.addr, rows[i].dst);
		assert_int_equal(heard.from.addr, HOST);
	}
	assert_int_equal(t->net.ipv4_stats.in_bcast_pkts, 5);
	assert_int_equal(t->net.ipv4_stats.in_mcast_pkts, 2);
	assert_silence(t);
	udp_close(sock);
}

/* covers: R1812-043 */
static void
a_joined_group_is_heard(void **state)
{
	struct testnet *t = *state;
	const uint8_t group_mac[6] = { 1, 0, 0x5e, 0x7f, 0xff, 0xfa };
	const struct sock_addr local = { .port = 4000 };
	struct heard heard = { 0 };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &hear_ops, &heard, "test", &status);

	assert_int_equal(igmp_join(&t->port[0].dev,
				   IPV4_ADDR(239, 255, 255, 250)),
			 OK);
	send_to_4000(t, group_mac, IPV4_ADDR(239, 255, 255, 250));
	assert_int_equal(heard.count, 1);
	assert_int_equal(igmp_leave(&t->port[0].dev,
				    IPV4_ADDR(239, 255, 255, 250)),
			 OK);
	send_to_4000(t, group_mac, IPV4_ADDR(239, 255, 255, 250));
	assert_int_equal(heard.count, 1);
	udp_close(sock);
}

/* [RFC1122 3.2.1.7] [RFC1812 4.2.2.9] */
/* covers: R1812-030, R1812-032, H1122-026 */
static void
ttl_does_not_matter_at_the_end(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, 0, IPPROTO_ICMP, 0);

	for (uint8_t ttl = 0; ttl < 3; ttl++) {
		ip.ttl = ttl;
		assert_true(answers_echo(t, &ip, TESTNET_ROUTER(0)));
	}
}

/* [RFC1812 4.2.2.3] */
/* covers: R1812-022 */
static void
reserved_bits_do_not_matter(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, 0, IPPROTO_ICMP, 0);

	ip.flags = IPV4_RESERVED;
	ip.tos = 1;
	assert_true(answers_echo(t, &ip, TESTNET_ROUTER(0)));
}

/* covers: R1812-081, R1812-101, H1122-049, H1122-069 */
static void
every_address_of_the_box_answers_from_every_port(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, 0, IPPROTO_ICMP, 0);

	testnet_address(t, 1, IPV4_ADDR(192, 0, 2, 77), 32);
	testnet_address(t, 2, IPV4_ADDR(192, 0, 2, 130), 31);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(answers_echo(t, &ip, TESTNET_ROUTER(i)));
	assert_true(answers_echo(t, &ip, IPV4_ADDR(192, 0, 2, 77)));
	assert_true(answers_echo(t, &ip, IPV4_ADDR(192, 0, 2, 130)));
}

/* [RFC1122 3.2.2.1] */
/* covers: H1122-038,
 * H1122-077 */
static void
an_unknown_protocol_draws_protocol_unreachable(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(HOST, TESTNET_ROUTER(0), 250, 30);
	uint8_t data[30] = { 1, 2, 3 };
	const uint8_t *answer;
	size_t len;

	assert_dropped_of(t, &ip, data, sizeof(data), DROP_IP_NOPROTO);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &answer, &len));
	assert_int_equal(answer[0], ICMP_UNREACHABLE);
	assert_int_equal(answer[1], ICMP_PROTO_UNREACHABLE);
	assert_memory_equal(answer + 28, data, sizeof(data));
	assert_int_equal(t->net.ipv4_stats.in_unknown_protos, 1);
	/* But not if it came to everybody. */
	ip = packet_header(HOST, TESTNET_BROADCAST(0), 250, 30);
	assert_dropped_of(t, &ip, data, sizeof(data), DROP_IP_NOPROTO);
	assert_silence(t);
}

/* What /proc/net/snmp and netstat show. */
static void
packets_are_counted(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_stats *stats = &t->net.ipv4_stats;
	struct ipv4 ip = packet_header(HOST, 0, IPPROTO_ICMP, 0);

	for (uint8_t ecn = 0; ecn < 4; ecn++) {
		ip.tos = ecn;
		assert_true(answers_echo(t, &ip, TESTNET_ROUTER(0)));
		assert_int_equal(stats->in_ecn[ecn], 1);
	}
	assert_int_equal(stats->in_receives, 4);
	assert_int_equal(stats->in_octets, 4 * (20 + 8 + 8));
	assert_int_equal(stats->in_delivers, 4);
	assert_int_equal(stats->out_requests, 4);
	assert_int_equal(stats->out_octets, 4 * (20 + 8 + 8));
	assert_int_equal(stats->in_hdr_errors + stats->in_addr_errors +
				 stats->out_discards,
			 0);
}

/* [RFC1112 4] */
static void
every_interface_belongs_to_all_hosts(void **state)
{
	struct testnet *t = *state;
	const struct netdev_multicast *group;

	for (unsigned int i = 0; i < t->port_count; i++) {
		struct netdev *dev = &t->port[i].dev;
		unsigned int count = 0;

		netdev_down(dev);
		assert_int_equal(netdev_up(dev), OK);
		list_for_each(group, &dev->multicast, link) {
			if (memcmp(group->addr, all_hosts_mac, 6) != 0)
				continue;
			assert_int_equal(group->users, 1);
			count++;
		}
		assert_int_equal(count, 1);
	}
}

/* A link-local address of our own is reached from its link. [RFC3927 2.7] */
static void
link_local_addresses_work_on_their_link(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip =
		packet_header(IPV4_ADDR(169, 254, 1, 2), 0, IPPROTO_ICMP, 0);
	uint8_t mac[6];

	testnet_address(t, 0, IPV4_ADDR(169, 254, 1, 1), 16);
	testnet_host_mac(0, 2, mac);
	assert_int_equal(neigh_set(&t->net, &t->port[0].dev,
				   IPV4_ADDR(169, 254, 1, 2), mac,
				   NEIGH_PERMANENT, true, false),
			 OK);
	testnet_advance(t, 10 * S_NS);
	testnet_flush(t, 0);
	assert_true(answers_echo(t, &ip, IPV4_ADDR(169, 254, 1, 1)));
	assert_true(answers_echo(t, &ip, TESTNET_ROUTER(0)));
	assert_false(answers_echo(t, &ip, IPV4_ADDR(169, 254, 255, 255)));
	assert_int_equal(testnet_drops(t, DROP_ICMP_ECHO_BROADCAST), 1);
	/* 169.1.1.1 is an address like others. */
	testnet_route(t, IPV4_ADDR(169, 1, 0, 0), 16, TESTNET_HOST(1), 1);
	assert_false(answers_echo(t, &ip, IPV4_ADDR(169, 1, 1, 1)));
	assert_int_equal(testnet_drops(t, DROP_IP_LINK_LOCAL), 1);
	ip.src = HOST;
	assert_false(answers_echo(t, &ip, IPV4_ADDR(169, 1, 1, 1)));
	assert_int_equal(testnet_flush(t, 1), 1);
}

/* A packet whose bytes somebody else looks at, in pieces. */
static void
a_header_in_pieces_is_put_together(void **state)
{
	struct testnet *t = *state;
	struct skb_pool *pool = &t->net.core[0].skb_pool;
	struct skb *skb = skb_alloc(pool), *rest = skb_alloc(pool);
	uint8_t data[16], header[20];
	size_t len = packet_icmp(data, ICMP_ECHO, 0, 1, NULL, 8);
	struct ipv4 ip =
		packet_header(HOST, TESTNET_ROUTER(0), IPPROTO_ICMP, len);

	ipv4_emit(&ip, header);
	memcpy(skb_put(skb, 7), header, 7);
	memcpy(skb_put(rest, 13), header + 7, 13);
	memcpy(skb_put(rest, len), data, len);
	skb_append(skb, rest);
	skb->dev = &t->port[0].dev;
	skb_set_network(skb);
	ipv4_input(skb);
	testnet_run(t);
	assert_int_equal(testnet_flush(t, 0), 1);
}

/* Random headers in random frames: whatever comes of it, the books agree. */
static void
noise_is_accounted_for(void **state)
{
	struct testnet *t = *state;
	struct random random = test_random();
	uint8_t data[100];

	testnet_route(t, 0, 0, TESTNET_HOST(2), 2);
	for (unsigned int i = 0; i < 5000; i++) {
		const uint32_t some[] = { HOST,
					  REMOTE,
					  TESTNET_ROUTER(0),
					  TESTNET_BROADCAST(0),
					  IPV4_BROADCAST,
					  random_u32(&random) };
		struct ipv4 ip = packet_header(
			some[random_below(&random, array_len(some))],
			some[random_below(&random, array_len(some))],
			(uint8_t)random_u32(&random), 80);

		ip.flags = (uint8_t)random_below(&random, 8);
		ip.frag_offset = (uint16_t)(random_below(&random, 3) * 8);
		ip.ttl = (uint8_t)random_below(&random, 4);
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)random_u32(&random);
		testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
		testnet_advance(t, 10 * MS_NS);
		for (unsigned int port = 0; port < 3; port++)
			testnet_flush(t, port);
		if (i % 100 == 0)
			net_check(&t->net);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(malformed_headers_end_in_silence),
		TEST(a_truncated_packet_draws_a_parameter_problem),
		TEST(padding_is_cut_off),
		TEST(martians_end_in_silence),
		TEST(our_own_source_is_let_in_where_the_operator_says_so),
		TEST(reverse_path_filter_is_off_strict_or_loose),
		TEST(unicast_in_a_broadcast_frame_is_dropped),
		TEST(frames_for_others_are_never_routed),
		TEST(all_forms_of_broadcast_reach_us),
		TEST(a_joined_group_is_heard),
		TEST(ttl_does_not_matter_at_the_end),
		TEST(reserved_bits_do_not_matter),
		TEST(every_address_of_the_box_answers_from_every_port),
		TEST(an_unknown_protocol_draws_protocol_unreachable),
		TEST(packets_are_counted),
		TEST(every_interface_belongs_to_all_hosts),
		TEST(link_local_addresses_work_on_their_link),
		TEST(a_header_in_pieces_is_put_together),
		TEST(noise_is_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
