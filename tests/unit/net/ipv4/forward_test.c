/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding: what a hop changes, what it refuses, and what senders are
 * told. */
#include "net/ipv4/ipv4.h"

#include "net/icmp.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4_options.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST   TESTNET_HOST(0)
#define REMOTE TESTNET_HOST(1)
#define FAR    IPV4_ADDR(203, 0, 113, 9)

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

static struct ipv4
udp_header(uint32_t dst, size_t len)
{
	return packet_header(HOST, dst, IPPROTO_UDP, len);
}

static void
send(struct testnet *t, const struct ipv4 *ip)
{
	size_t len = (size_t)(ip->total_len - ip->header_len);
	uint8_t *data = calloc(1, len + 1);

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7);
	testnet_inject_ipv4(t, 0, ip, data, len);
	free(data);
}

/* The next frame of a port is an ICMP message of this type and code; its second
 * word. The message quotes *ip. */
static uint32_t
assert_error(struct testnet *t, unsigned int port, const struct ipv4 *ip,
	     uint8_t type, uint8_t code)
{
	const uint8_t *data;
	struct ipv4 outer, quoted;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, port, &outer, &data, &len));
	assert_int_equal(outer.proto, IPPROTO_ICMP);
	assert_int_equal(outer.dst, ip->src);
	assert_int_equal(checksum_fold(checksum_add(0, data, len)), 0);
	assert_int_equal(data[0], type);
	assert_int_equal(data[1], code);
	assert_int_equal(ipv4_parse_quoted(data + 8, len - 8, &quoted),
			 DROP_NONE);
	assert_int_equal(quoted.src, ip->src);
	assert_int_equal(quoted.dst, ip->dst);
	assert_int_equal(quoted.ttl, ip->ttl);
	assert_int_equal(quoted.id, ip->id);
	return (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 |
	       (uint32_t)data[6] << 8 | data[7];
}

static void
assert_silence(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		assert_int_equal(testnet_count(t, i), 0);
}

/* ---- through ------------------------------------------------------------ */

/* covers: R1812-108, R1812-125, R1812-130, R1812-131, X3168-001 */
static void
a_packet_pays_one_hop_and_nothing_else_changes(void **state)
{
	struct testnet *t = *state;
	struct random random = test_random();
	const struct testnet_frame *frame;
	struct ipv4 ip, out;
	struct eth eth;
	uint8_t mac[6];

	for (unsigned int i = 0; i < 500; i++) {
		ip = udp_header(REMOTE, random_below(&random, 1400));
		ip.id = (uint16_t)random_u32(&random);
		ip.tos = (uint8_t)random_u32(&random);
		ip.ttl = (uint8_t)(2 + random_below(&random, 254));
		ip.proto = (uint8_t)random_u32(&random);
		ip.flags = (uint8_t)random_below(&random, 8);
		ip.frag_offset = (uint16_t)(random_below(&random, 100) * 8);
		send(t, &ip);
		frame = testnet_next(t, 1);
		assert_non_null(frame);
		assert_int_equal(eth_parse(frame->bytes, frame->len, &eth),
				 DROP_NONE);
		testnet_host_mac(1, 2, mac);
		assert_memory_equal(eth.dst, mac, 6);
		assert_memory_equal(eth.src, t->port[1].dev.addr, 6);
		assert_int_equal(ipv4_parse(frame->bytes + 14, frame->len - 14,
					    &out),
				 DROP_NONE);
		assert_int_equal(out.ttl, ip.ttl - 1);
		assert_int_equal(out.tos, ip.tos);
		assert_int_equal(out.id, ip.id);
		assert_int_equal(out.flags, ip.flags);
		assert_int_equal(out.frag_offset, ip.frag_offset);
		assert_int_equal(out.proto, ip.proto);
		assert_int_equal(out.total_len, ip.total_len);
		for (uint32_t j = 34; j < frame->len; j++)
			assert_int_equal(frame->bytes[j],
					 (uint8_t)((j - 34) * 7));
	}
	assert_int_equal(t->net.ipv4_stats.forw_datagrams, 500);
	assert_silence(t);
}

static void
a_gateway_gets_what_is_behind_it(void **state)
{
	struct testnet *t = *state;
	const struct testnet_frame *frame;
	struct ipv4 ip = udp_header(FAR, 8);
	uint8_t mac[6];

	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_HOST(2), 2);
	send(t, &ip);
	frame = testnet_next(t, 2);
	assert_non_null(frame);
	testnet_host_mac(2, 2, mac);
	assert_memory_equal(frame->bytes, mac, 6);
}

struct counting_tap {
	struct netdev_tap tap;
	struct testnet *t;
	struct skb *kept;
};

static void
keep_clone(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct counting_tap *c = (struct counting_tap *)tap;

	c->kept = skb_clone((struct skb *)(uintptr_t)skb);
}

/* Who looks at the same bytes still sees the old TTL. */
static void
shared_bytes_are_left_alone(void **state)
{
	struct testnet *t = *state;
	struct counting_tap tap = { .tap.frame = keep_clone, .t = t };
	static const uint8_t options[4] = { 148, 4, 0, 0 };
	struct ipv4 ip = udp_header(REMOTE, 8), out;
	const uint8_t *data;
	size_t len;

	packet_add_options(&ip, options, sizeof(options));
	netdev_tap_add(&t->port[0].dev, &tap.tap);
	send(t, &ip);
	netdev_tap_remove(&t->port[0].dev, &tap.tap);
	assert_non_null(tap.kept);
	testnet_hold(tap.kept);
	assert_non_null(testnet_next_ipv4(t, 1, &out, &data, &len));
	assert_int_equal(out.ttl, 63);
	assert_memory_equal(out.options, options, sizeof(options));
	assert_int_equal(ipv4_parse(tap.kept->data + 14, tap.kept->len - 14,
				    &out),
			 DROP_NONE);
	assert_int_equal(out.ttl, 64);
	testnet_let_go(tap.kept);
}

static void
no_memory_for_a_copy_is_a_named_drop(void **state)
{
	struct testnet *t = *state;
	struct counting_tap tap = { .tap.frame = keep_clone, .t = t };
	struct ipv4 ip = udp_header(REMOTE, 8);

	netdev_tap_add(&t->port[0].dev, &tap.tap);
	/* The frame, the clone; the copy is the third. */
	t->net.core[0].skb_pool.fail_after = 3;
	send(t, &ip);
	netdev_tap_remove(&t->port[0].dev, &tap.tap);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
	assert_silence(t);
	skb_consume(tap.kept);
}

/* ---- refused ------------------------------------------------------------ */

/* [RFC1812 5.3.1] */
/* covers: R1812-031, R1812-122, R1812-126, R1812-127, H1122-025 */
static void
ttl_1_is_never_forwarded(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(REMOTE, 100);

	for (uint8_t ttl = 0; ttl < 2; ttl++) {
		ip.ttl = ttl;
		send(t, &ip);
		assert_int_equal(testnet_drops(t, DROP_IP_TTL), ttl + 1);
		assert_error(t, 0, &ip, ICMP_TIME_EXCEEDED, ICMP_TTL_EXCEEDED);
	}
	assert_silence(t);
	/* And what has a hop left is not judged by what may come. */
	ip.ttl = 2;
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 1);
}

/* covers: R1812-071, R1812-106 */
static void
where_no_route_leads_is_net_unreachable(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(FAR, 8);

	send(t, &ip);
	assert_int_equal(testnet_drops(t, DROP_IP_INNOROUTES), 1);
	assert_error(t, 0, &ip, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE);
	assert_int_equal(t->net.ipv4_stats.in_no_routes, 1);
}

/* covers: R1812-112, R1812-114 */
static void
routes_that_refuse_say_why(void **state)
{
	struct testnet *t = *state;
	const struct {
		uint32_t dst;
		enum route_type type;
		enum drop reason;
		int code;
	} rows[] = {
		{ IPV4_ADDR(203, 0, 113, 0), ROUTE_BLACKHOLE, DROP_IP_BLACKHOLE,
		  -1 },
		{ IPV4_ADDR(198, 51, 100, 0), ROUTE_UNREACHABLE,
		  DROP_IP_UNREACHABLE, ICMP_HOST_UNREACHABLE },
		{ IPV4_ADDR(192, 0, 2, 0), ROUTE_PROHIBIT, DROP_IP_PROHIBIT,
		  ICMP_ADMIN_PROHIBITED },
	};

	for (size_t i = 0; i < array_len(rows); i++) {
		struct ipv4 ip = udp_header(rows[i].dst + 1, 8);

		testnet_route_type(t, rows[i].dst, 24, rows[i].type);
		send(t, &ip);
		assert_int_equal(testnet_drops(t, rows[i].reason), 1);
		if (rows[i].code >= 0)
			assert_error(t, 0, &ip, ICMP_UNREACHABLE,
				     (uint8_t)rows[i].code);
		assert_silence(t);
	}
}

/* covers: R1812-072, R1812-115 */
static void
a_neighbour_that_never_answers_is_host_unreachable(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(TESTNET_ADDR(1, 77), 40), quoted = ip;

	send(t, &ip);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 1);
	/* It was counted down before it waited. */
	quoted.ttl--;
	assert_error(t, 0, &quoted, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE);
	assert_int_equal(testnet_count(t, 0), 0);
}

/* A route that lost its last next hop while the packet looked it up. */
/* covers: R1812-153, R1812-115 */
static void
dead_next_hops_are_host_unreachable(void **state)
{
	struct testnet *t = *state;
	struct route *route =
		calloc(1, sizeof(*route) + sizeof(struct nexthop));
	struct ipv4 ip = udp_header(FAR, 8);
	struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);

	route->type = ROUTE_UNICAST;
	route->nexthop_count = 1;
	route->nexthop[0].dev = &t->port[1].dev;
	route->nexthop[0].flags = NEXTHOP_DEAD;
	memset(skb_put(skb, 28), 0, 28);
	ipv4_emit(&ip, skb->data);
	skb_set_network(skb);
	skb->dev = &t->port[0].dev;
	ipv4_forward(skb, &ip, route);
	free(route);
	testnet_run(t);
	assert_int_equal(testnet_drops(t, DROP_IP_NEXTHOP_DEAD), 1);
	assert_error(t, 0, &ip, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE);
}

/* [RFC1812 5.3.11]: neither in nor out; what is ours works still. */
/* covers: R1812-149, H1122-020 */
static void
forwarding_can_be_switched_off(void **state)
{
	struct testnet *t = *state;
	struct net_conf *in = &t->net.conf[t->port[0].dev.ifindex];
	struct net_conf *out = &t->net.conf[t->port[1].dev.ifindex];
	struct ipv4 ip = udp_header(REMOTE, 8);

	t->net.ipv4_param.ip_forward = 0;
	send(t, &ip);
	t->net.ipv4_param.ip_forward = 1;
	in->forwarding = 0;
	send(t, &ip);
	/* Nor is anything said of what would not pass anyway. */
	ip.dst = FAR;
	send(t, &ip);
	ip.dst = REMOTE;
	in->forwarding = 1;
	out->forwarding = 0;
	send(t, &ip);
	assert_int_equal(testnet_drops(t, DROP_IP_FORWARDING_OFF), 4);
	assert_silence(t);
	in->forwarding = 0;
	ip = packet_header(HOST, TESTNET_ROUTER(0), IPPROTO_ICMP, 8);
	testnet_inject_ipv4(t, 0, &ip, "\x08\x00\xf7\xff\x00\x00\x00\x00", 8);
	assert_int_equal(testnet_flush(t, 0), 1);
}

/* [RFC3927 2.7] */
static void
link_local_addresses_stay_on_their_link(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(REMOTE, 8);

	testnet_route(t, 0, 0, TESTNET_HOST(1), 1);
	ip.src = IPV4_ADDR(169, 254, 1, 1);
	send(t, &ip);
	ip = udp_header(IPV4_ADDR(169, 254, 1, 1), 8);
	send(t, &ip);
	assert_int_equal(testnet_drops(t, DROP_IP_LINK_LOCAL), 2);
	assert_silence(t);
}

/* [RFC1812 4.2.3.1] [RFC3021 2.1] */
static void
a_subnets_own_number_is_no_destination(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(TESTNET_ADDR(1, 0), 8);

	send(t, &ip);
	assert_int_equal(testnet_drops(t, DROP_IP_DST_NETWORK), 1);
	assert_silence(t);
	/* With /31 it is a station. */
	testnet_address(t, 2, IPV4_ADDR(192, 0, 2, 1), 31);
	testnet_advance(t, 10 * S_NS);
	testnet_flush(t, 2);
	ip = udp_header(IPV4_ADDR(192, 0, 2, 0), 8);
	send(t, &ip);
	assert_int_equal(testnet_drops(t, DROP_IP_DST_NETWORK), 1);
	/* It is being asked for. */
	assert_int_equal(testnet_flush(t, 2), 1);
}

/* ---- too long ----------------------------------------------------------- */

/* covers: R1812-116, X1191-006, X6864-003 */
static void
too_long_and_not_to_be_cut_draws_the_mtu(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(REMOTE, 1400);
	const uint32_t mtus[] = { 68, 576, 1280, 1419 };

	ip.flags = IPV4_DF;
	for (size_t i = 0; i < array_len(mtus); i++) {
		assert_int_equal(netdev_set_mtu(&t->port[1].dev, mtus[i]), OK);
		send(t, &ip);
		assert_int_equal(testnet_drops(t, DROP_PKT_TOO_BIG), i + 1);
		assert_int_equal(assert_error(t, 0, &ip, ICMP_UNREACHABLE,
					      ICMP_FRAG_NEEDED),
				 mtus[i]);
		assert_silence(t);
	}
	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 1420), OK);
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 1);
}

static void
the_mtu_of_a_route_counts(void **state)
{
	struct testnet *t = *state;
	const struct route like = {
		.dst = IPV4_ADDR(203, 0, 113, 0),
		.prefix_len = 24,
		.table = TABLE_MAIN,
		.type = ROUTE_UNICAST,
		.scope = SCOPE_GLOBAL,
		.mtu = 1000,
		.nexthop_count = 1,
	};
	struct route *route =
		calloc(1, sizeof(*route) + sizeof(struct nexthop));
	struct ipv4 ip = udp_header(FAR, 1400);

	*route = like;
	route->nexthop[0] = (struct nexthop){
		.dev = &t->port[1].dev,
		.gateway = TESTNET_HOST(1),
		.weight = 1,
	};
	assert_int_equal(fib_insert(&t->net, route, FIB_ADD), FIB_OK);
	free(route);
	ip.flags = IPV4_DF;
	send(t, &ip);
	assert_int_equal(assert_error(t, 0, &ip, ICMP_UNREACHABLE,
				      ICMP_FRAG_NEEDED),
			 1000);
}

/* Pieces carry on what the whole had: order, offsets, bits, bytes; as few as
 * can be. [RFC1812 4.2.2.7, 5.2.5] */
/* covers: R1812-027, R1812-028, R1812-109, R1812-110 */
static void
too_long_is_cut(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(REMOTE, 1400), out;
	uint32_t at = 0, count = 0;
	const uint8_t *data;
	size_t len;

	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 576), OK);
	ip.flags = IPV4_RESERVED | IPV4_MF;
	ip.frag_offset = 4096;
	send(t, &ip);
	while (testnet_next_ipv4(t, 1, &out, &data, &len)) {
		assert_int_equal(out.frag_offset, 4096 + at);
		assert_int_equal(out.flags, IPV4_RESERVED | IPV4_MF);
		assert_int_equal(out.id, ip.id);
		assert_int_equal(out.ttl, ip.ttl - 1);
		assert_true(out.total_len <= 576);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(data[i], (uint8_t)((at + i) * 7));
		at += (uint32_t)len;
		count++;
	}
	assert_int_equal(at, 1400);
	assert_int_equal(count, (1400 + 551) / 552);
	assert_int_equal(t->net.ipv4_stats.frag_oks, 1);
	assert_int_equal(t->net.ipv4_stats.frag_creates, count);
}

/* 68 bytes are what every link takes. [RFC791 3.1] */
/* covers: X791-001 */
static void
the_least_mtu_takes_68_bytes_whole(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(REMOTE, 68 - 20);

	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 68), OK);
	ip.flags = IPV4_DF;
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 1);
	assert_silence(t);
}

/* What needs a closer look is not cut for that. */
static void
what_just_fits_is_not_cut(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[4] = { 148, 4, 0, 0 };
	struct ipv4 ip = udp_header(REMOTE, 1476);

	packet_add_options(&ip, options, sizeof(options));
	send(t, &ip);
	ip.flags = IPV4_DF;
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 2);
	assert_int_equal(t->net.ipv4_stats.frag_creates, 0);
	ip = udp_header(REMOTE, 1477);
	packet_add_options(&ip, options, sizeof(options));
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 2);
}

/* ---- redirects ---------------------------------------------------------- */

/* A packet of len 8 to FAR; is it forwarded, and does its sender get a redirect
 * to the gateway? */
static bool
draws_redirect(struct testnet *t, const struct ipv4 *ip)
{
	const uint8_t *data;
	struct ipv4 out;
	unsigned int redirects = 0, forwarded = 0;
	size_t len;

	testnet_advance(t, 60 * S_NS);
	testnet_flush(t, 0);
	send(t, ip);
	while (testnet_next_ipv4(t, 0, &out, &data, &len)) {
		if (out.dst == ip->dst) {
			forwarded++;
			continue;
		}
		assert_int_equal(out.dst, ip->src);
		assert_int_equal(out.src, TESTNET_ROUTER(0));
		assert_int_equal(data[0], ICMP_REDIRECT);
		assert_int_equal(data[1], ICMP_REDIRECT_HOST);
		assert_int_equal(ipv4_option_get(data + 4),
				 TESTNET_HOST(0) + 3);
		redirects++;
	}
	forwarded += testnet_flush(t, 1);
	assert_int_equal(forwarded, 1);
	return redirects == 1;
}

/* [RFC1812 5.2.7.2] */
/* covers: R1812-117, R1812-118, R1812-119, R1812-120, R1812-150 */
static void
redirects_go_to_who_could_go_directly(void **state)
{
	struct testnet *t = *state;
	struct net_conf *conf = &t->net.conf[t->port[0].dev.ifindex];
	static const uint8_t loose[12] = { 131, 7, 8, 10, 9, 9, 9 };
	struct ipv4 ip = udp_header(FAR, 8), routed = ip;

	testnet_neighbour(t, 0, 5);
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_ADDR(0, 5), 0);
	assert_true(draws_redirect(t, &ip));
	/* A sender that is no neighbour of the gateway. */
	ip.src = IPV4_ADDR(192, 0, 2, 5);
	assert_false(draws_redirect(t, &ip));
	ip.src = HOST;
	/* The operator's switch: one of the two is enough. */
	conf->send_redirects = 0;
	assert_true(draws_redirect(t, &ip));
	t->net.conf_all.send_redirects = 0;
	assert_false(draws_redirect(t, &ip));
	conf->send_redirects = 1;
	assert_true(draws_redirect(t, &ip));
	/* Nor does a host know better than a router. */
	t->net.ipv4_param.ip_forward = 0;
	testnet_flush(t, 0);
	send(t, &ip);
	assert_silence(t);
	t->net.ipv4_param.ip_forward = 1;
	/* Who routes by its own will keeps it. */
	t->net.conf_all.accept_source_route = 1;
	conf->accept_source_route = 1;
	packet_add_options(&routed, loose, 8);
	assert_false(draws_redirect(t, &routed));
	/* By another interface: nothing to say. */
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_HOST(1), 1);
	assert_false(draws_redirect(t, &ip));
}

static void
redirects_are_rate_limited(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = udp_header(FAR, 8);
	uint64_t *redirects = &t->net.icmp_stats.out_type[ICMP_REDIRECT];

	testnet_neighbour(t, 0, 5);
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_ADDR(0, 5), 0);
	for (unsigned int i = 0; i < 100; i++)
		send(t, &ip);
	assert_int_equal(*redirects, 6);
	assert_int_equal(testnet_flush(t, 0), 106);
}

/* ---- broadcast ---------------------------------------------------------- */

/* [RFC2644]: off; [RFC1812 5.3.5.2]: a switch. */
/* covers: R1812-138, R1812-139, X2644-001 */
static void
directed_broadcasts_are_forwarded_only_on_request(void **state)
{
	struct testnet *t = *state;
	struct net_conf *conf = &t->net.conf[t->port[0].dev.ifindex];
	struct ipv4 ip = udp_header(TESTNET_BROADCAST(1), 8);
	const struct testnet_frame *frame;

	send(t, &ip);
	assert_silence(t);
	t->net.conf_all.bc_forwarding = 1;
	send(t, &ip);
	assert_silence(t);
	conf->bc_forwarding = 1;
	send(t, &ip);
	frame = testnet_next(t, 1);
	assert_non_null(frame);
	assert_memory_equal(frame->bytes, eth_broadcast, 6);
	assert_silence(t);
	/* Never what is a broadcast on its own link. */
	ip.dst = TESTNET_BROADCAST(0);
	send(t, &ip);
	assert_silence(t);
	/* Remote networks' broadcasts are addresses like others. */
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_HOST(1), 1);
	ip.dst = IPV4_ADDR(203, 0, 113, 255);
	send(t, &ip);
	assert_int_equal(testnet_flush(t, 1), 1);
}

/* ---- several next hops -------------------------------------------------- */

static void
flows_keep_to_one_of_several_next_hops(void **state)
{
	struct testnet *t = *state;
	unsigned int by[2] = { 0, 0 };
	struct ipv4 ip = udp_header(FAR, 8);
	uint8_t data[8];

	testnet_route_two(t, IPV4_ADDR(203, 0, 113, 0), 24, 1, 2);
	for (uint16_t sport = 1000; sport < 1200; sport++) {
		uint32_t first[2];

		packet_udp(data, &ip, sport, 53, NULL, 0, true);
		for (unsigned int again = 0; again < 3; again++)
			testnet_inject_ipv4(t, 0, &ip, data, sizeof(data));
		first[0] = testnet_flush(t, 1);
		first[1] = testnet_flush(t, 2);
		assert_true(first[0] == 3 || first[1] == 3);
		by[first[1] == 3]++;
	}
	assert_in_range(by[0], 60, 140);
}

/* Both ports count, as soon as they are there; less is no port. */
static void
flows_are_told_by_what_shows_of_their_ports(void **state)
{
	struct testnet *t = *state;
	uint8_t data[4] = { 1, 2, 3, 4 };

	testnet_route_two(t, IPV4_ADDR(203, 0, 113, 0), 24, 1, 2);
	for (size_t varied = 0; varied < 4; varied++)
		for (size_t len = 3; len <= 4; len++) {
			struct ipv4 ip = udp_header(FAR, len);
			uint32_t by[2];

			for (unsigned int i = 0; i < 100; i++) {
				data[varied] = (uint8_t)i;
				testnet_inject_ipv4(t, 0, &ip, data, len);
			}
			by[0] = testnet_flush(t, 1);
			by[1] = testnet_flush(t, 2);
			assert_int_equal(by[0] + by[1], 100);
			if (len == 4)
				assert_in_range(by[0], 20, 80);
			else
				assert_true(by[0] == 0 || by[1] == 0);
		}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_packet_pays_one_hop_and_nothing_else_changes),
		TEST(a_gateway_gets_what_is_behind_it),
		TEST(shared_bytes_are_left_alone),
		TEST(no_memory_for_a_copy_is_a_named_drop),
		TEST(ttl_1_is_never_forwarded),
		TEST(where_no_route_leads_is_net_unreachable),
		TEST(routes_that_refuse_say_why),
		TEST(a_neighbour_that_never_answers_is_host_unreachable),
		TEST(dead_next_hops_are_host_unreachable),
		TEST(forwarding_can_be_switched_off),
		TEST(link_local_addresses_stay_on_their_link),
		TEST(a_subnets_own_number_is_no_destination),
		TEST(too_long_and_not_to_be_cut_draws_the_mtu),
		TEST(the_mtu_of_a_route_counts),
		TEST(too_long_is_cut),
		TEST(the_least_mtu_takes_68_bytes_whole),
		TEST(what_just_fits_is_not_cut),
		TEST(redirects_go_to_who_could_go_directly),
		TEST(redirects_are_rate_limited),
		TEST(directed_broadcasts_are_forwarded_only_on_request),
		TEST(flows_keep_to_one_of_several_next_hops),
		TEST(flows_are_told_by_what_shows_of_their_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
