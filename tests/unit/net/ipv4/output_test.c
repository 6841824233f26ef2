/* SPDX-License-Identifier: BSD-2-Clause */
/* What this box sends: by which way, from which address, with which header. */
#include "net/ipv4/ipv4.h"

#include "net/icmp.h"
#include "net/udp.h"
#include "net/wire/eth.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PEER TESTNET_HOST(1)
#define FAR  IPV4_ADDR(203, 0, 113, 9)

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

/* A segment of len counted bytes that looks like UDP from port 1 to port 2. */
static struct skb *
segment(struct testnet *t, size_t len)
{
	struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);
	uint8_t header[8] = { 0, 1, 0, 2, (uint8_t)(len >> 8), (uint8_t)len };

	assert_true(skb_copy_in(skb, header, min_of(len, sizeof(header))));
	for (size_t i = sizeof(header); i < len; i++) {
		uint8_t byte = (uint8_t)i;

		assert_true(skb_copy_in(skb, &byte, 1));
	}
	return skb;
}

static void
output(struct testnet *t, size_t len, const struct ipv4_out *how)
{
	struct ipv4_out with = *how;

	if (!with.proto)
		with.proto = IPPROTO_UDP;
	ipv4_output(&t->net, segment(t, len), &with);
	testnet_run(t);
}

static struct ipv4
assert_sent(struct testnet *t, unsigned int port)
{
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, port, &ip, &data, &len));
	return ip;
}

static void
assert_silence(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		assert_int_equal(testnet_count(t, i), 0);
}

/* ---- the header --------------------------------------------------------- */

/* covers: R1812-021, R1812-033, H1122-023, H1122-027 */
static void
the_header_says_what_was_asked(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[8] = { 148, 4, 0, 0, 1, 1, 1, 1 };
	const struct ipv4_out how = {
		.dst = PEER,
		.proto = IPPROTO_UDP,
		.tos = 0xb8,
		.ttl = 7,
		.dont_fragment = true,
		.options = options,
		.options_len = sizeof(options),
	};
	struct ipv4 ip;

	output(t, 100, &how);
	ip = assert_sent(t, 1);
	assert_int_equal(ip.src, TESTNET_ROUTER(1));
	assert_int_equal(ip.dst, PEER);
	assert_int_equal(ip.proto, IPPROTO_UDP);
	assert_int_equal(ip.tos, 0xb8);
	assert_int_equal(ip.ttl, 7);
	assert_int_equal(ip.flags, IPV4_DF);
	assert_int_equal(ip.id, 0);
	assert_int_equal(ip.total_len, 128);
	assert_memory_equal(ip.options, options, sizeof(options));
}

/* covers: R1812-031, R1812-034, R1812-035, H1122-025, H1122-027 */
static void
defaults_are_the_operators(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER };
	struct ipv4 ip;

	output(t, 8, &how);
	ip = assert_sent(t, 1);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.flags, 0);
	t->net.ipv4_param.ip_default_ttl = 255;
	output(t, 8, &how);
	ip = assert_sent(t, 1);
	assert_int_equal(ip.ttl, 255);
	t->net.ipv4_param.ip_default_ttl = 1;
	output(t, 8, &how);
	ip = assert_sent(t, 1);
	assert_int_equal(ip.ttl, 1);
	/* TTL 0 is never sent. [RFC1122 3.2.1.7] */
	t->net.ipv4_param.ip_default_ttl = 256;
	output(t, 8, &how);
	ip = assert_sent(t, 1);
	assert_int_equal(ip.ttl, 64);
}

static uint16_t
next_id_of(struct testnet *t)
{
	const struct ipv4_out how = { .dst = PEER };

	output(t, 8, &how);
	return assert_sent(t, 1).id;
}

/* [RFC6864 4.3]: not soon again for the same three, and not to be guessed. */
/* covers: X6864-002 */
static void
identifications_do_not_repeat_and_do_not_count(void **state)
{
	struct testnet *t = *state;
	uint32_t *when = calloc(65536, sizeof(*when));
	unsigned int steps = 0;
	uint16_t last = 0, id;

	for (uint32_t i = 1; i <= 3 * 65536; i++) {
		id = next_id_of(t);
		assert_true(!when[id] || i - when[id] >= 32768);
		when[id] = i;
		steps += (uint16_t)(id - last) < 16;
		last = id;
	}
	/* By chance 16 of 65536 steps are that small; a counter's all are. */
	assert_true(steps < 3 * 64);
	free(when);
}

/* Off-path inference [RFC7739 3]: somebody has asked us until he knew the order
 * of all identifications for him. It is another one when he comes back, so he
 * cannot count what others were sent meanwhile. */
static void
a_record_of_identifications_is_worth_nothing(void **state)
{
	struct testnet *t = *state;
	uint16_t *follows = calloc(65536, sizeof(*follows));
	uint16_t id, last = next_id_of(t);
	unsigned int known = 0;

	for (uint32_t i = 0; i < 65536; i++) {
		id = next_id_of(t);
		follows[last] = id;
		last = id;
	}
	for (uint32_t i = 0; i < 65536; i++) {
		id = next_id_of(t);
		known += follows[last] == id;
		last = id;
	}
	/* By chance about twice; of one fixed order all are known. */
	assert_true(known < 16);
	free(follows);
}

/* ---- the way ------------------------------------------------------------ */

/* covers: R1812-041, H1122-019, H1122-085, H1122-087 */
static void
the_source_is_the_routes_choice_or_the_senders(void **state)
{
	struct testnet *t = *state;
	struct ipv4_out how = { .dst = FAR };
	uint32_t src, mtu;

	testnet_route(t, 0, 0, TESTNET_HOST(2), 2);
	output(t, 8, &how);
	assert_int_equal(assert_sent(t, 2).src, TESTNET_ROUTER(2));
	assert_int_equal(ipv4_route_info(&t->net, &how, &src, &mtu), OK);
	assert_int_equal(src, TESTNET_ROUTER(2));
	assert_int_equal(mtu, 1500);
	how.src = TESTNET_ROUTER(0);
	output(t, 8, &how);
	assert_int_equal(assert_sent(t, 2).src, TESTNET_ROUTER(0));
	assert_int_equal(ipv4_route_info(&t->net, &how, &src, &mtu), OK);
	assert_int_equal(src, TESTNET_ROUTER(0));
}

struct heard {
	unsigned int count;
	struct sock_addr from;
};

static void
hear(struct sock *sock, struct skb *skb, const struct sock_addr *from,
     const struct sock_addr *to)
{
	struct heard *heard = sock->ctx;

	heard->count++;
	heard->from = *from;
	skb_consume(skb);
}

static const struct sock_ops hear_ops = { .datagram = hear };

/* [RFC1122 3.2.1.3]: to ourselves never by a wire, and 127/8 neither. */
static void
packets_to_ourselves_stay_inside(void **state)
{
	struct testnet *t = *state;
	const uint32_t ours[] = { TESTNET_ROUTER(0), TESTNET_ROUTER(2),
				  IPV4_ADDR(127, 0, 0, 1),
				  IPV4_ADDR(127, 200, 1, 1) };
	/* From the address that the local route prefers. */
	const uint32_t from[] = { TESTNET_ROUTER(0), TESTNET_ROUTER(2),
				  IPV4_ADDR(127, 0, 0, 1),
				  IPV4_ADDR(127, 0, 0, 1) };
	struct sock_addr local = { .port = 2 };
	struct heard heard = { 0 };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &hear_ops, &heard, "test", &status);

	for (size_t i = 0; i < array_len(ours); i++) {
		const struct ipv4_out how = { .dst = ours[i] };

		output(t, 8, &how);
		assert_int_equal(heard.count, i + 1);
		assert_int_equal(heard.from.addr, from[i]);
	}
	assert_int_equal(testnet_drops_all(t), 0);
	assert_silence(t);
	udp_close(sock);
}

static void
a_whole_64_kib_goes_through_lo(void **state)
{
	struct testnet *t = *state;
	struct sock_addr local = { .port = 2 };
	struct heard heard = { 0 };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &hear_ops, &heard, "test", &status);
	const struct ipv4_out how = { .dst = IPV4_ADDR(127, 0, 0, 1) };

	output(t, 65515, &how);
	assert_int_equal(heard.count, 1);
	udp_close(sock);
}

/* covers: R1812-040, H1122-022 */
static void
loopback_addresses_never_leave(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out from = { .dst = PEER,
				       .src = IPV4_ADDR(127, 0, 0, 1) };
	const struct ipv4_out to = { .dst = IPV4_ADDR(224, 0, 0, 1),
				     .src = IPV4_ADDR(127, 0, 0, 1),
				     .out = 2 };

	output(t, 8, &from);
	output(t, 8, &to);
	assert_int_equal(testnet_drops(t, DROP_IP_OUT_LOOPBACK), 2);
	assert_silence(t);
}

static void
broadcast_and_multicast_go_out_by_the_interface_named(void **state)
{
	struct testnet *t = *state;
	struct ipv4_out how = { .dst = IPV4_BROADCAST,
				.out = t->port[2].dev.ifindex };
	const uint8_t group_mac[6] = { 1, 0, 0x5e, 1, 2, 3 };
	const struct testnet_frame *frame;

	output(t, 8, &how);
	frame = testnet_next(t, 2);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, eth_broadcast, 6);
	how.dst = IPV4_ADDR(239, 1, 2, 3);
	output(t, 8, &how);
	frame = testnet_next(t, 2);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, group_mac, 6);
	/* No farther than it is told to. [RFC1112 6.1] */
	assert_int_equal(frame->bytes[ETH_HEADER_LEN + 8], 1);
	how.ttl = 9;
	output(t, 8, &how);
	frame = testnet_next(t, 2);
	assert_non_null(frame);
	assert_int_equal(frame->bytes[ETH_HEADER_LEN + 8], 9);
	/* A subnet's broadcast address has its own route. */
	how = (struct ipv4_out){ .dst = TESTNET_BROADCAST(1) };
	output(t, 8, &how);
	frame = testnet_next(t, 1);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, eth_broadcast, 6);
	/* By a route only the interface is chosen: a group has no gateway. */
	testnet_route(t, 0, 0, TESTNET_HOST(1), 1);
	how.dst = IPV4_ADDR(239, 1, 2, 3);
	output(t, 8, &how);
	frame = testnet_next(t, 1);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, group_mac, 6);
	assert_silence(t);
	/* Too long for the link: in pieces, as anything. */
	how = (struct ipv4_out){ .dst = IPV4_ADDR(239, 1, 2, 3),
				 .out = t->port[2].dev.ifindex };
	output(t, 1600, &how);
	assert_int_equal(testnet_flush(t, 2), 2);
	assert_int_equal(t->net.ipv4_stats.out_mcast_octets,
			 3 * (20 + 8) + 1620);
	assert_int_equal(t->net.ipv4_stats.out_bcast_octets, 2 * (20 + 8));
	assert_int_equal(t->net.ipv4_stats.out_mcast_pkts, 4);
	assert_int_equal(t->net.ipv4_stats.out_bcast_pkts, 2);
}

/* ---- what cannot be sent ------------------------------------------------ */

/* The errors that a sock hears of. */
static void
note_error(struct sock *sock, enum status error)
{
	*(enum status *)sock->ctx = error;
}

static const struct sock_ops error_ops = { .error = note_error };

static void
senders_hear_why_nothing_left(void **state)
{
	struct testnet *t = *state;
	const struct sock_addr local = { .port = 1 };
	const struct {
		struct ipv4_out how;
		size_t len;
		enum drop reason;
		enum status error;
	} rows[] = {
		{ { .dst = FAR, .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_OUTNOROUTES,
		  ERR_NETUNREACH },
		{ { .dst = IPV4_ADDR(0, 0, 0, 0), .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_OUT_DST,
		  ERR_NETUNREACH },
		{ { .dst = IPV4_ADDR(250, 0, 0, 1), .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_OUT_DST,
		  ERR_NETUNREACH },
		{ { .dst = IPV4_BROADCAST,
		    .out = 16,
		    .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_OUTNOROUTES,
		  ERR_NETUNREACH },
		{ { .dst = IPV4_ADDR(198, 18, 0, 1), .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_BLACKHOLE,
		  ERR_NETUNREACH },
		{ { .dst = IPV4_ADDR(198, 19, 0, 1), .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_PROHIBIT,
		  ERR_HOSTUNREACH },
		{ { .dst = IPV4_ADDR(198, 20, 0, 1), .src = TESTNET_ROUTER(0) },
		  8,
		  DROP_IP_UNREACHABLE,
		  ERR_HOSTUNREACH },
		{ { .dst = PEER,
		    .src = TESTNET_ROUTER(1),
		    .dont_fragment = true },
		  1481,
		  DROP_PKT_TOO_BIG,
		  ERR_MSGSIZE },
	};

	testnet_route_type(t, IPV4_ADDR(198, 18, 0, 0), 16, ROUTE_BLACKHOLE);
	testnet_route_type(t, IPV4_ADDR(198, 19, 0, 0), 16, ROUTE_PROHIBIT);
	testnet_route_type(t, IPV4_ADDR(198, 20, 0, 0), 16, ROUTE_UNREACHABLE);
	for (size_t i = 0; i < array_len(rows); i++) {
		uint64_t before = testnet_drops(t, rows[i].reason);
		enum status status, heard = OK;
		struct sock *sock = udp_open(&t->net, &local, &error_ops,
					     &heard, "test", &status);

		output(t, rows[i].len, &rows[i].how);
		if (testnet_drops(t, rows[i].reason) != before + 1 ||
		    heard != rows[i].error)
			fail_msg("row %zu: %d", i, heard);
		udp_close(sock);
	}
	assert_int_equal(t->net.ipv4_stats.out_no_routes, 2);
	assert_int_equal(t->net.ipv4_stats.out_discards, 5);
	assert_int_equal(t->net.ipv4_stats.frag_fails, 1);
	assert_silence(t);
}

static void
a_neighbour_that_is_silent_is_told_to_the_sender(void **state)
{
	struct testnet *t = *state;
	const struct sock_addr local = { .port = 1 };
	enum status status, heard = OK;
	struct sock *sock =
		udp_open(&t->net, &local, &error_ops, &heard, "test", &status);
	const struct ipv4_out how = { .dst = TESTNET_ADDR(1, 99) };

	output(t, 8, &how);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(heard, ERR_HOSTUNREACH);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 1);
	udp_close(sock);
}

/* The bytes of a later fragment are no ports, whatever they look like. */
static void
a_later_fragment_that_fails_blames_nobody(void **state)
{
	struct testnet *t = *state;
	const struct sock_addr local = { .port = 1 };
	enum status status, heard = OK;
	struct sock *sock =
		udp_open(&t->net, &local, &error_ops, &heard, "test", &status);
	struct ipv4 ip = packet_header(TESTNET_ROUTER(1), PEER, IPPROTO_UDP, 8);

	for (unsigned int later = 0; later < 2; later++) {
		struct skb *skb = segment(t, 8);

		ip.frag_offset = later ? 1480 : 0;
		heard = OK;
		ipv4_emit(&ip, skb_push(skb, 20));
		skb->dev = &t->port[1].dev;
		ipv4_unresolved(skb);
		assert_int_equal(heard, later ? OK : ERR_HOSTUNREACH);
	}
	/* Nor are fewer bytes than two ports and six more. */
	for (size_t len = 7; len <= 8; len++) {
		struct skb *skb = segment(t, len);

		ip = packet_header(TESTNET_ROUTER(1), PEER, IPPROTO_UDP, len);
		heard = OK;
		ipv4_emit(&ip, skb_push(skb, 20));
		skb->dev = &t->port[1].dev;
		ipv4_unresolved(skb);
		assert_int_equal(heard, len < 8 ? OK : ERR_HOSTUNREACH);
	}
	udp_close(sock);
}

/* covers: R1812-036 */
static void
without_an_address_nothing_is_sent(void **state)
{
	const struct testnet_config config = {
		.ports = 1,
		.bare = true,
		.net = { .skb_count = 256 },
	};
	struct testnet *t = testnet_new_with(&config);
	const struct ipv4_out how = { .dst = IPV4_BROADCAST,
				      .out = t->port[0].dev.ifindex };

	/* 127.0.0.1 is no source for a wire. */
	output(t, 8, &how);
	assert_int_equal(testnet_drops(t, DROP_IP_OUT_SOURCE), 1);
	assert_silence(t);
	testnet_free(t);
}

static void
more_than_65535_bytes_are_refused(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[4] = { 1, 1, 1, 0 };
	struct ipv4_out how = { .dst = PEER };

	output(t, 65516, &how);
	assert_int_equal(testnet_drops(t, DROP_IP_OUT_TOO_LONG), 1);
	how.options = options;
	how.options_len = sizeof(options);
	output(t, 65512, &how);
	assert_int_equal(testnet_drops(t, DROP_IP_OUT_TOO_LONG), 2);
	assert_silence(t);
}

/* ---- fragments ---------------------------------------------------------- */

static void
what_is_too_long_is_cut(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER };
	const uint8_t *data;
	struct ipv4 ip;
	size_t at = 0, len;

	output(t, 65515, &how);
	while (testnet_next_ipv4(t, 1, &ip, &data, &len)) {
		assert_int_equal(ip.frag_offset, at);
		assert_int_equal(ip.flags, at + len < 65515 ? IPV4_MF : 0);
		for (size_t i = at ? 0 : 8; i < len; i++)
			assert_int_equal(data[i], (uint8_t)(at + i));
		at += len;
	}
	assert_int_equal(at, 65515);
	assert_int_equal(t->net.ipv4_stats.frag_creates, (65515 + 1479) / 1480);
}

/* ---- buffers ------------------------------------------------------------ */

static void
a_buffer_without_headroom_is_continued(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER, .proto = IPPROTO_UDP };
	struct skb *skb = segment(t, 100);
	uint8_t *start = skb->data;

	/* Moved against the front of its buffer. */
	memmove(skb->head, start, 100);
	skb->data = skb->head;
	skb->tail = skb->head + 100;
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(assert_sent(t, 1).total_len, 120);
	/* And without memory for it, that has a name. */
	skb = segment(t, 100);
	memmove(skb->head, skb->data, 100);
	skb->data = skb->head;
	skb->tail = skb->head + 100;
	t->net.core[0].skb_pool.fail_after = 1;
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
}

/* A segment of 100 bytes behind so much headroom, sent; buffers allocated. */
static uint32_t
cost_behind(struct testnet *t, size_t headroom)
{
	const struct ipv4_out how = { .dst = PEER, .proto = IPPROTO_UDP };
	struct skb *skb = segment(t, 100);
	uint64_t before;

	memmove(skb->head + headroom, skb->data, 100);
	skb->data = skb->head + headroom;
	skb->tail = skb->data + 100;
	before = t->net.core[0].account.port[0].born;
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(assert_sent(t, 1).total_len, 120);
	return (uint32_t)(t->net.core[0].account.port[0].born - before);
}

static void
a_buffer_is_needed_only_where_headers_do_not_fit(void **state)
{
	struct testnet *t = *state;

	assert_int_equal(cost_behind(t, 34), 0);
	assert_int_equal(cost_behind(t, 33), 1);
	assert_int_equal(cost_behind(t, 20), 1);
}

/* Also for the longest header. */
static void
a_new_buffer_has_room_for_all_options(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[40] = { 1 };
	const struct ipv4_out how = { .dst = PEER,
				      .proto = IPPROTO_UDP,
				      .options = options,
				      .options_len = sizeof(options) };

	/* 64 bytes of headroom are too few for 60 and Ethernet's 14. */
	output(t, 100, &how);
	assert_int_equal(assert_sent(t, 1).total_len, 160);
}

/* What a device is given. */
static void
look(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	if (!outgoing)
		return;
	assert_int_equal(skb->csum, SKB_CSUM_NONE);
	assert_ptr_equal(skb_network(skb), skb->data + ETH_HEADER_LEN);
	assert_ptr_equal(skb_transport(skb), skb_network(skb) + 20);
}

static void
devices_find_the_headers(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER,
				      .proto = IPPROTO_UDP,
				      .tos = 0xa0 };
	struct netdev_tap tap = { .frame = look };
	struct skb *skb = segment(t, 100), *clone;

	netdev_tap_add(&t->port[1].dev, &tap);
	skb->csum = SKB_CSUM_UNNECESSARY;
	clone = skb_clone(skb);
	ipv4_output(&t->net, clone, &how);
	ipv4_output(&t->net, skb, &how);
	netdev_tap_remove(&t->port[1].dev, &tap);
	assert_int_equal(testnet_flush(t, 1), 2);
}

/* Ports spread what we send over several next hops. */
static void
flows_of_ours_are_spread(void **state)
{
	struct testnet *t = *state;
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_TCP, 200 };

	testnet_route_two(t, IPV4_ADDR(203, 0, 113, 0), 24, 1, 2);
	for (size_t p = 0; p < array_len(protos); p++) {
		const struct ipv4_out how = { .dst = FAR,
					      .src = TESTNET_ROUTER(0),
					      .proto = protos[p] };
		uint32_t by[2];

		for (uint8_t port = 0; port < 100; port++) {
			struct skb *skb = segment(t, 40);

			skb->data[port % 2 ? 1 : 3] = port;
			ipv4_output(&t->net, skb, &how);
		}
		by[0] = testnet_flush(t, 1);
		by[1] = testnet_flush(t, 2);
		assert_int_equal(by[0] + by[1], 100);
		if (protos[p] == 200)
			assert_true(by[0] == 0 || by[1] == 0);
		else
			assert_in_range(by[0], 20, 80);
	}
}

/* Whoever keeps a clone (TCP, to send again) keeps its bytes. */
static void
shared_bytes_get_their_header_elsewhere(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER, .proto = IPPROTO_UDP };
	struct skb *skb = segment(t, 100);
	struct skb *clone = skb_clone(skb);
	uint8_t before[PARAM_SKB_HEADROOM];

	memcpy(before, skb->head, sizeof(before));
	ipv4_output(&t->net, clone, &how);
	assert_int_equal(assert_sent(t, 1).total_len, 120);
	assert_memory_equal(before, skb->head, sizeof(before));
	skb_consume(skb);
}

static void
too_many_pieces_are_packed(void **state)
{
	struct testnet *t = *state;
	const struct ipv4_out how = { .dst = PEER, .proto = IPPROTO_UDP };
	struct skb *skb = segment(t, 8), *seg;
	uint64_t born;

	/* As many as a device takes: as they are. */
	for (unsigned int i = 1; i < NETDEV_SEGMENTS_MAX; i++) {
		seg = segment(t, 8);
		skb_append(skb, seg);
	}
	born = t->net.core[0].account.port[0].born;
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(t->net.core[0].account.port[0].born, born);
	assert_int_equal(assert_sent(t, 1).total_len,
			 20 + NETDEV_SEGMENTS_MAX * 8);
	skb = segment(t, 8);
	for (unsigned int i = 0; i < 60; i++) {
		seg = segment(t, 8);
		skb_append(skb, seg);
	}
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(assert_sent(t, 1).total_len, 20 + 61 * 8);
	assert_int_equal(testnet_drops_all(t), 0);
	skb = segment(t, 8);
	for (unsigned int i = 0; i < 60; i++) {
		seg = segment(t, 8);
		skb_append(skb, seg);
	}
	t->net.core[0].skb_pool.fail_after = 1;
	ipv4_output(&t->net, skb, &how);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_header_says_what_was_asked),
		TEST(defaults_are_the_operators),
		TEST(identifications_do_not_repeat_and_do_not_count),
		TEST(a_record_of_identifications_is_worth_nothing),
		TEST(the_source_is_the_routes_choice_or_the_senders),
		TEST(packets_to_ourselves_stay_inside),
		TEST(a_whole_64_kib_goes_through_lo),
		TEST(loopback_addresses_never_leave),
		TEST(broadcast_and_multicast_go_out_by_the_interface_named),
		TEST(senders_hear_why_nothing_left),
		TEST(a_neighbour_that_is_silent_is_told_to_the_sender),
		TEST(a_later_fragment_that_fails_blames_nobody),
		TEST(without_an_address_nothing_is_sent),
		TEST(more_than_65535_bytes_are_refused),
		TEST(what_is_too_long_is_cut),
		TEST(a_buffer_without_headroom_is_continued),
		TEST(a_buffer_is_needed_only_where_headers_do_not_fit),
		TEST(a_new_buffer_has_room_for_all_options),
		TEST(devices_find_the_headers),
		TEST(flows_of_ours_are_spread),
		TEST(shared_bytes_get_their_header_elsewhere),
		TEST(too_many_pieces_are_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
