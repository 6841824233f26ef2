/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a dry run says of a packet is what the wire then does with it, and the
 * dry run itself leaves no trace: every byte of the stack's memory, its devices
 * and its page allocator is the same before and after.
 *
 * Random boxes (addresses, routes of all types, rules, neighbours in all
 * states, links down, rings full, sysctls), each of which changes all the time;
 * for each pair of box and packet first the dry run, then the packet.
 * FAIRLEAD_TRACE_PAIRS says how many pairs, FAIRLEAD_SEED which.
 */

#include "tests/host/test.h"

#include "net/explain/dry.h"
#include "net/icmp.h"
#include "net/ipv4/fib_internal.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4_options.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"
#include "tests/host/host.h"
#include "tests/host/testnet.h"

#define PORTS	      3u
#define MEMORY_LEN    (3u << 20)
#define PAIRS	      4000u /* unless told */
#define PAIRS_BOX     200u  /* that one box lives for */
#define FRAME_LEN_MAX (14u + 8000u)

/* ---- a random box ------------------------------------------------------- */

struct world {
	struct testnet *t;
	struct random *random;
	struct pages other; /* the dry run's own, beside the stack's */
	struct explain_dry *dry;
	uint8_t *memory; /* a copy of the arena, and of *t */
	struct testnet before;
	uint64_t received; /* datagrams that applications got */
	uint64_t ends[EXPLAIN_END_DROPPED + 1], drops[DROP_COUNT];
	uint64_t kinds[EXPLAIN_COUNT]; /* pairs in which a note was made */
	uint8_t frame[FRAME_LEN_MAX];
	size_t frame_len;
};

static uint32_t
below(struct world *w, uint32_t bound)
{
	return random_below(w->random, bound);
}

static bool
one_in(struct world *w, uint32_t n)
{
	return below(w, n) == 0;
}

/* Addresses lie close together, so that everything meets everything. */
static uint32_t
some_address(struct world *w)
{
	uint32_t port = below(w, PORTS);

	switch (below(w, 16)) {
	case 0: return TESTNET_ROUTER(port);
	case 1: return TESTNET_BROADCAST(port);
	case 2: return TESTNET_ADDR(port, 0);
	case 3: return IPV4_ADDR(224, 0, 0, below(w, 3));
	case 4:
		switch (below(w, 8)) {
		case 0: return 0xffffffffu;
		case 1: return 0x7f000001u;
		case 2: return 0;
		case 3: return IPV4_ADDR(169, 254, 1, below(w, 3));
		case 4: return IPV4_ADDR(240, 0, 0, 1);
		default: return random_u32(w->random);
		}
	case 5:
	case 6:
	case 7:
	case 8: return IPV4_ADDR(10, below(w, 4), below(w, 4), below(w, 8));
	case 9: return IPV4_ADDR(192, 168, below(w, 3), below(w, 4));
	default: return TESTNET_ADDR(port, 2 + below(w, 8));
	}
}

static uint32_t
prefix_of(uint32_t addr, uint8_t len)
{
	return len ? addr & ~0u << (32 - len) : 0;
}

static uint8_t
some_prefix_len(struct world *w)
{
	static const uint8_t lens[] = { 0,  8,	14, 16, 22, 23, 24,
					25, 28, 30, 31, 32, 32, 32 };

	return lens[below(w, array_len(lens))];
}

static void
change_route(struct world *w)
{
	static const uint8_t types[] = { ROUTE_UNICAST,	    ROUTE_UNICAST,
					 ROUTE_UNICAST,	    ROUTE_UNICAST,
					 ROUTE_UNICAST,	    ROUTE_BLACKHOLE,
					 ROUTE_UNREACHABLE, ROUTE_PROHIBIT,
					 ROUTE_THROW,	    ROUTE_LOCAL,
					 ROUTE_BROADCAST };
	static const uint32_t tables[] = { TABLE_MAIN, TABLE_MAIN,
					   TABLE_MAIN, TABLE_DEFAULT,
					   100,	       101 };
	union {
		struct route route;
		uint8_t room[sizeof(struct route) + 4 * sizeof(struct nexthop)];
	} want = { 0 };
	struct route *route = &want.route;

	route->prefix_len = some_prefix_len(w);
	route->dst = prefix_of(some_address(w), route->prefix_len);
	route->type = types[below(w, array_len(types))];
	route->table = tables[below(w, array_len(tables))];
	route->proto = ROUTE_PROTO_STATIC;
	route->metric = below(w, 3);
	route->tos = one_in(w, 8) ? 0x10 : 0;
	route->mtu = one_in(w, 6) ? 68 + below(w, 1200) : 0;
	if (route->type == ROUTE_LOCAL || route->type == ROUTE_BROADCAST)
		route->scope =
			route->type == ROUTE_LOCAL ? SCOPE_HOST : SCOPE_LINK;
	if (route->type < ROUTE_BLACKHOLE) {
		route->nexthop_count =
			route->type == ROUTE_UNICAST ? 1 + below(w, 3) : 1;
		for (uint32_t i = 0; i < route->nexthop_count; i++) {
			uint32_t port = below(w, PORTS);

			route->nexthop[i].dev = &w->t->port[port].dev;
			route->nexthop[i].weight = (uint16_t)(1 + below(w, 3));
			if (route->type == ROUTE_UNICAST && !one_in(w, 4))
				route->nexthop[i].gateway =
					TESTNET_ADDR(port, 2 + below(w, 6));
		}
		if (route->type == ROUTE_UNICAST && !route->nexthop[0].gateway)
			route->scope = SCOPE_LINK;
	}
	/* What makes no sense is refused, which is as good. */
	if (one_in(w, 4))
		(void)!fib_delete(&w->t->net, route);
	else
		(void)!fib_insert(&w->t->net, route, FIB_REPLACE);
}

static void
change_rule(struct world *w)
{
	struct rule rule = {
		.priority = 100 + below(w, 6) * 100,
		.action = RULE_TABLE,
		.table = one_in(w, 2) ? 100 : 101,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	};

	if (one_in(w, 3)) {
		(void)!rule_flush(&w->t->net);
		rule.priority = 32766;
		rule.table = TABLE_MAIN;
	} else if (one_in(w, 5)) {
		rule.action = (uint8_t[]){ RULE_BLACKHOLE, RULE_UNREACHABLE,
					   RULE_PROHIBIT, RULE_GOTO,
					   RULE_NOP }[below(w, 5)];
		rule.target = 400 + below(w, 3) * 100;
		rule.table = 0;
	}
	if (one_in(w, 2) && rule.priority != 32766) {
		rule.src_len = some_prefix_len(w);
		rule.src = some_address(w);
	}
	if (one_in(w, 4))
		memcpy(rule.iif, "eth0", 5);
	if (one_in(w, 6))
		rule.ipproto = 17;
	if (one_in(w, 6))
		rule.suppress_prefix_len = 0;
	rule.invert = one_in(w, 8);
	if (rule.priority == 32766)
		rule = (struct rule){ .priority = 32766,
				      .action = RULE_TABLE,
				      .table = TABLE_MAIN,
				      .suppress_prefix_len = RULE_PREFIX_KEEP };
	(void)!rule_add(&w->t->net, &rule);
}

static void
change_neighbour(struct world *w)
{
	static const uint8_t states[] = { NEIGH_REACHABLE, NEIGH_STALE,
					  NEIGH_STALE,	   NEIGH_DELAY,
					  NEIGH_PROBE,	   NEIGH_FAILED,
					  NEIGH_NOARP,	   NEIGH_PERMANENT };
	uint32_t port = below(w, PORTS), host = 2 + below(w, 8);
	uint8_t mac[6];

	testnet_host_mac(port, (uint8_t)host, mac);
	if (one_in(w, 3))
		(void)neigh_delete(&w->t->net, &w->t->port[port].dev,
				   TESTNET_ADDR(port, host));
	else
		(void)!neigh_set(&w->t->net, &w->t->port[port].dev,
				 TESTNET_ADDR(port, host), mac,
				 states[below(w, array_len(states))], true,
				 false);
}

static void
change_device(struct world *w)
{
	struct testnet *t = w->t;
	uint32_t port = below(w, PORTS);
	struct netdev *dev = &t->port[port].dev;

	switch (below(w, 8)) {
	case 0:
		if (one_in(w, 4))
			netdev_down(dev);
		return;
	case 1:
	case 2: (void)!netdev_up(dev); return;
	case 3: testnet_carrier(t, port, !one_in(w, 6)); return;
	case 4: testnet_room(t, port, one_in(w, 2) ? 0 : UINT32_MAX); return;
	case 5: dev->txqlen = one_in(w, 2) ? below(w, 3) : 1000; return;
	case 6:
		(void)!netdev_set_mtu(dev,
				      one_in(w, 2) ? 1500 : 68 + below(w, 600));
		return;
	default:
		if (one_in(w, 4))
			dev->flags ^= NETDEV_NOARP;
		return;
	}
}

static void
change_address(struct world *w)
{
	uint32_t port = below(w, PORTS), addr = some_address(w);
	uint8_t len = (uint8_t)(24 + below(w, 9));
	struct ifaddr want = {
		.local = addr,
		.peer = addr,
		.prefix_len = len,
		.scope = SCOPE_GLOBAL,
		.broadcast =
			len < 31 ? addr | (uint32_t)(0xffffffffull >> len) : 0,
	};

	if (one_in(w, 2))
		(void)addr_delete(&w->t->port[port].dev, addr, len);
	else
		(void)!addr_add(&w->t->port[port].dev, &want);
}

static void
change_conf(struct world *w)
{
	struct net *net = &w->t->net;
	struct net_conf *conf[] = { &net->conf_all,
				    &net->conf[2 + below(w, PORTS)] };
	struct net_conf *c = conf[below(w, 2)];

	switch (below(w, 12)) {
	case 0: c->rp_filter = one_in(w, 2) ? below(w, 3) : 0; return;
	case 1: net->conf_all.rp_filter = c->rp_filter = 0; return;
	case 2: c->forwarding = !one_in(w, 12); return;
	case 3: c->send_redirects = one_in(w, 2); return;
	case 4: c->accept_local = one_in(w, 2); return;
	case 5: c->bc_forwarding = one_in(w, 2); return;
	case 6: c->accept_source_route = one_in(w, 2); return;
	case 7: net->ipv4_param.ip_forward = !one_in(w, 16); return;
	case 8: net->ipv4_param.ip_default_ttl = 1 + below(w, 255); return;
	case 9: net->icmp_param.icmp_echo_ignore_all = one_in(w, 4); return;
	case 10:
		net->icmp_param.icmp_echo_ignore_broadcasts = one_in(w, 2);
		return;
	default:
		net->icmp_param.icmp_errors_use_inbound_ifaddr = one_in(w, 2);
		return;
	}
}

static void
change_limits(struct world *w)
{
	struct net *net = &w->t->net;

	switch (below(w, 10)) {
	case 0: net->icmp_param.icmp_ratelimit_ms = below(w, 3) * 500; return;
	case 1: net->icmp_param.icmp_msgs_burst = 1 + below(w, 50); return;
	case 2: net->icmp_param.icmp_msgs_per_sec = below(w, 3) * 500; return;
	case 3: net->icmp_param.icmp_ratemask = random_u32(w->random); return;
	case 4: net->neigh.param.unres_qlen = below(w, 4); return;
	case 5: net->neigh.param.unres_qlen_bytes = below(w, 3000); return;
	case 6: net->neigh.param.mcast_solicit = below(w, 3); return;
	case 7:
		net->neigh.param.gc_thresh1 = below(w, 4);
		net->neigh.param.gc_thresh2 = below(w, 8);
		net->neigh.param.gc_thresh3 = 1 + below(w, 12);
		return;
	case 8:
		net->frag.param.ipfrag_high_thresh = 1 + below(w, 40000);
		net->frag.param.ipfrag_low_thresh =
			below(w, net->frag.param.ipfrag_high_thresh);
		return;
	default:
		net->tcp.param.tcp_syncookies = below(w, 3);
		net->tcp.param.tcp_max_syn_backlog = below(w, 4);
		return;
	}
}

/* What routers told us of the ways to others. */
static void
change_path(struct world *w)
{
	struct net *net = &w->t->net;
	uint32_t port = below(w, PORTS), dst = some_address(w);
	const struct ipv4 quoted = {
		.src = TESTNET_ROUTER(port),
		.dst = dst,
		.proto = 17,
		.total_len = 1500,
	};
	const struct ipv4_out how = { .dst = dst };
	struct ipv4_way_info way;

	net->paths.param.mtu_expires_s = 1 + below(w, 3);
	net->paths.param.gc_timeout_s = 1 + below(w, 3);
	if (one_in(w, 2))
		(void)path_too_big(net, &quoted, below(w, 1500));
	else if (ipv4_way_info(net, &how, &way) == OK && way.dev)
		(void)path_redirect(net, dst, way.dev, way.via,
				    TESTNET_ADDR(port, 2 + below(w, 4)));
}

/* ---- applications ------------------------------------------------------- */

static void
take_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	      const struct sock_addr *to)
{
	struct world *w = sock->ctx;

	w->received++;
	skb_consume(skb);
}

static const struct sock_ops app_ops = { .datagram = take_datagram };

static void
open_applications(struct world *w)
{
	const struct sock_addr udp[] = { { 0, 7 },
					 { 0, 53 },
					 { TESTNET_ROUTER(0), 67 } };
	const struct sock_addr tcp = { 0, 80 };
	enum status status;

	for (unsigned int i = 0; i < array_len(udp); i++)
		assert_non_null(udp_open(&w->t->net, &udp[i], &app_ops, w,
					 "test", &status));
	assert_non_null(
		tcp_listen(&w->t->net, &tcp, 2, &app_ops, w, "test", &status));
}

/* ---- random packets ----------------------------------------------------- */

/* One of a few fragments that belong, or nearly, to each other. */
static void
make_fragment(struct world *w, struct explain_packet *packet)
{
	packet->src = TESTNET_HOST(1);
	packet->dst = TESTNET_ROUTER(0);
	packet->proto = one_in(w, 4) ? 6 : 17;
	packet->dport = 7;
	packet->frag_offset = (uint16_t)(16 * below(w, 3));
	packet->more_fragments = packet->frag_offset < 32;
	packet->len = IPV4_HEADER_LEN + 16;
	if (one_in(w, 12))
		packet->frag_offset = 8;
	if (one_in(w, 12))
		packet->tos = (uint8_t)below(w, 4);
}

/* To the one who listens, again and again from the same few. */
static void
make_tcp(struct world *w, struct explain_packet *packet, uint32_t from)
{
	packet->src = TESTNET_ADDR(from, 2 + below(w, 2));
	packet->dst = TESTNET_ROUTER(below(w, PORTS));
	packet->proto = 6;
	packet->sport = (uint16_t)(1024 + below(w, 2));
	packet->dport = 80;
	packet->len = 0;
}

/* Also where it comes in. */
static uint32_t
some_packet(struct world *w, struct explain_packet *packet)
{
	static const uint8_t protos[] = { 1, 6, 17, 17, 17, 2, 89 };
	static const uint16_t ports[] = { 0, 7, 53, 67, 80, 9 };
	uint32_t from = below(w, PORTS);

	*packet = (struct explain_packet){
		.src = one_in(w, 3) ? some_address(w)
				    : TESTNET_ADDR(from, 2 + below(w, 4)),
		.dst = some_address(w),
		.proto = protos[below(w, array_len(protos))],
		.sport = (uint16_t)(one_in(w, 2) ? 1024 + below(w, 4)
						 : ports[below(w, 6)]),
		.dport = ports[below(w, array_len(ports))],
		.tcp_flags = one_in(w, 3) ? (uint8_t)below(w, 64) : TCP_SYN,
		.icmp_type = one_in(w, 2) ? 8 : (uint8_t)below(w, 19),
		.icmp_code = one_in(w, 4) ? (uint8_t)below(w, 16) : 0,
		.ttl = (uint8_t)(one_in(w, 4) ? below(w, 4)
					      : 1 + below(w, 255)),
		.tos = one_in(w, 4) ? (uint8_t)below(w, 256) : 0,
		.dont_fragment = one_in(w, 3),
		.more_fragments = one_in(w, 8),
		.id = (uint16_t)below(w, 2),
		.len = one_in(w, 2) ? 0 : below(w, one_in(w, 4) ? 7000 : 1600),
	};
	if (one_in(w, 8))
		packet->frag_offset = (uint16_t)(8 * below(w, 12));
	if (one_in(w, 10))
		make_fragment(w, packet);
	else if (one_in(w, 16))
		make_tcp(w, packet, from);
	/* An error about it could not be told from itself. */
	if (packet->src == packet->dst && packet->proto == 1)
		packet->proto = 17;
	testnet_host_mac(from, 2, packet->src_mac);
	switch (below(w, 24)) {
	case 0: memset(packet->dst_mac, 0xff, 6); break;
	case 1:
		memcpy(packet->dst_mac, (uint8_t[]){ 1, 0, 0x5e, 0, 0, 1 }, 6);
		break;
	case 2: packet->dst_mac[5] = 0x77; break;
	default: break;
	}
	return one_in(w, 4) ? below(w, PORTS) : from;
}

/* Options between header and payload, right or wrong. */
static void
add_options(struct world *w)
{
	static const uint8_t some[][8] = {
		{ 7, 7, 4, 0, 0, 0, 0, 0 },    /* record route */
		{ 68, 8, 5, 0, 0, 0, 0, 0 },   /* timestamps */
		{ 131, 7, 4, 10, 0, 1, 2, 0 }, /* loose source route */
		{ 137, 7, 4, 10, 0, 1, 2, 0 }, /* strict source route */
		{ 148, 4, 0, 0, 1, 1, 1, 0 },  /* router alert */
		{ 7, 9, 4, 0, 0, 0, 0, 0 },    /* too long */
		{ 7, 7, 2, 0, 0, 0, 0, 0 },    /* a bad pointer */
	};
	uint8_t *ip = w->frame + ETH_HEADER_LEN;
	struct wire_ipv4 *wire = (void *)ip;
	uint16_t len = be16_get(wire->total_len);

	if (w->frame_len + 8 > sizeof(w->frame) || len > 7000)
		return;
	memmove(ip + 28, ip + 20, w->frame_len - ETH_HEADER_LEN - 20);
	memcpy(ip + 20, some[below(w, array_len(some))], 8);
	w->frame_len += 8;
	wire->version_ihl = 0x47;
	wire->total_len = be16_from((uint16_t)(len + 8));
	ipv4_checksum_refresh(ip, 28);
}

/* Damage: a byte changed, with or without the header's checksum made good; the
 * end cut off. */
static void
damage(struct world *w)
{
	uint8_t *ip = w->frame + ETH_HEADER_LEN;

	if (one_in(w, 3)) {
		w->frame_len = below(w, (uint32_t)w->frame_len + 1);
		return;
	}
	w->frame[below(w, min_of(w->frame_len, (size_t)60))] ^=
		(uint8_t)(1 << below(w, 8));
	if (one_in(w, 2) && (ip[0] & 15) >= 5 &&
	    w->frame_len >= ETH_HEADER_LEN + 60)
		ipv4_checksum_refresh(ip, (ip[0] & 15) * 4u);
}

/* ---- what the wire does ------------------------------------------------- */

struct sight {
	uint32_t frames; /* of the packet itself, by all ports */
	unsigned int port;
	uint8_t mac[6], ttl;
};

/* Is it the packet that went in, not something that it caused? */
static bool
is_packet(const struct testnet_frame *frame, const struct wire_ipv4 *sent)
{
	const struct wire_ipv4 *ip = (const void *)(frame->bytes + 14);

	return frame->len >= 34 && frame->bytes[12] == 8 &&
	       frame->bytes[13] == 0 && ip->proto == sent->proto &&
	       !memcmp(&ip->src, &sent->src, 4) &&
	       /* A source route may have changed it. */
	       (sent->version_ihl != 0x45 || !memcmp(&ip->dst, &sent->dst, 4));
}

static void
look(struct world *w, const struct wire_ipv4 *sent, struct sight *sight)
{
	const struct testnet_frame *frame;

	memset(sight, 0, sizeof(*sight));
	for (unsigned int i = 0; i < PORTS; i++) {
		while ((frame = testnet_next(w->t, i))) {
			if (!is_packet(frame, sent))
				continue;
			if (sight->frames++ > 0)
				continue;
			sight->port = i;
			memcpy(sight->mac, frame->bytes, 6);
			sight->ttl = frame->bytes[14 + 8];
		}
	}
}

/* Packets that wait for hop on dev. */
static uint32_t
parked_count(struct testnet *t, unsigned int ifindex, uint32_t hop)
{
	struct neigh *n = neigh_find(&t->net, t->net.netdev[ifindex], hop);

	return n ? n->parked.count : 0;
}

static uint32_t
notes_of(const struct explain *story, enum explain_kind kind)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < story->note_count; i++)
		count += story->note[i].kind == kind;
	return count;
}

static uint64_t
delta(uint64_t now, uint64_t before)
{
	return now - before;
}

static uint64_t
tcp_drops(const struct skb_account *account)
{
	uint64_t sum = 0;

	for (unsigned int i = DROP_TCP_TRUNCATED; i <= DROP_TCP_SNDBUF; i++)
		sum += account->drop[i];
	return sum;
}

/* What was parked or held since, for the verdicts that wait. */
struct waiting {
	uint32_t parked, queued, fragments;
};

static struct waiting
waiting_now(struct world *w, const struct explain_verdict *verdict)
{
	struct net *net = &w->t->net;
	struct waiting now = { .fragments = 0 };
	const struct netdev *dev = net->netdev[verdict->dev];

	if (verdict->end == EXPLAIN_END_PARKED)
		now.parked = parked_count(w->t, verdict->dev, verdict->hop);
	if (dev)
		now.queued = dev->txq.count;
	return now;
}

static void
must(struct world *w, const struct explain *story, bool right, const char *what)
{
	if (right)
		return;
	print_error("%s: end %u, drop %s, dev %u, ttl %u, frames %u\n", what,
		    story->verdict.end, drop_text(story->verdict.drop)->name,
		    story->verdict.dev, story->verdict.ttl,
		    story->verdict.frames);
	for (uint32_t i = 0; i < story->note_count; i++)
		print_error("  %u %s %x %x %x\n", story->note[i].depth,
			    explain_text(story->note[i].kind)->name,
			    story->note[i].arg[0], story->note[i].arg[1],
			    story->note[i].arg[2]);
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		if (w->t->net.core[0].account.drop[i] !=
		    w->before.net.core[0].account.drop[i])
			print_error("  the wire: drop %s\n",
				    drop_text(i)->name);
	for (size_t i = 0; i < min_of(w->frame_len, (size_t)64); i++)
		print_error("%02x%s", w->frame[i], i % 16 == 15 ? "\n" : " ");
	print_error("\n");
	fail();
}

static void
compare_icmp(struct world *w, const struct explain *story)
{
	const struct icmp_stats *now = &w->t->net.icmp_stats,
				*was = &w->before.net.icmp_stats;

	/* What lo brings back may go on for longer than a dry run looks. */
	if (notes_of(story, EXPLAIN_LOOPED) > 0 || story->note_lost)
		return;
	must(w, story,
	     delta(now->out_forbidden, was->out_forbidden) ==
		     notes_of(story, EXPLAIN_ICMP_FORBIDDEN),
	     "errors forbidden");
	must(w, story,
	     delta(now->out_rate_limit_host, was->out_rate_limit_host) ==
		     notes_of(story, EXPLAIN_ICMP_LIMIT_HOST),
	     "errors limited to a host");
	must(w, story,
	     delta(now->out_rate_limit_global, was->out_rate_limit_global) ==
		     notes_of(story, EXPLAIN_ICMP_LIMIT_ALL),
	     "errors limited to all");
	must(w, story,
	     delta(now->out_msgs, was->out_msgs) ==
		     notes_of(story, EXPLAIN_ICMP_ERROR) +
			     notes_of(story, EXPLAIN_ANSWER),
	     "errors and answers sent");
}

static void
compare(struct world *w, const struct explain *story, const struct waiting *was)
{
	const struct explain_verdict *verdict = &story->verdict;
	const struct skb_account *now = &w->t->net.core[0].account,
				 *before = &w->before.net.core[0].account;
	const struct waiting wait = waiting_now(w, verdict);
	uint64_t delivered = 0;
	const struct wire_ipv4 *sent = (const void *)story->bytes;
	struct sight sight;

	/* By the port of a datagram's first fragment, whichever came last. */
	for (unsigned int i = 0; i <= PARAM_NETDEVS_MAX; i++)
		delivered += delta(now->port[i].delivered,
				   before->port[i].delivered);
	look(w, sent, &sight);
	must(w, story, !story->starved, "starved");
	must(w, story, verdict->end != EXPLAIN_END_NONE, "no end");
	/* Of a directed broadcast that goes on, a copy is sent. */
	if (verdict->end != EXPLAIN_END_SENT &&
	    !notes_of(story, EXPLAIN_TO_LINK))
		must(w, story, sight.frames == 0, "was sent");
	switch ((enum explain_end)verdict->end) {
	case EXPLAIN_END_SENT:
		must(w, story, sight.frames == verdict->frames, "frames");
		must(w, story,
		     w->t->port[sight.port].dev.ifindex == verdict->dev,
		     "output device");
		must(w, story, !memcmp(sight.mac, verdict->mac, 6),
		     "next hop's address");
		must(w, story, sight.ttl == verdict->ttl, "time to live");
		break;
	case EXPLAIN_END_QUEUED:
		must(w, story, wait.queued > was->queued, "queued");
		break;
	case EXPLAIN_END_PARKED:
		/* The oldest may have given way. */
		must(w, story, wait.parked > 0, "parked");
		break;
	case EXPLAIN_END_HELD:
		must(w, story,
		     delta(w->t->net.ipv4_stats.reasm_reqds,
			   w->before.net.ipv4_stats.reasm_reqds) == 1 &&
			     w->t->net.frag.datagram_count > 0,
		     "held");
		must(w, story, delivered == 0, "delivered, not held");
		break;
	case EXPLAIN_END_DELIVERED:
		/* A connection's own affairs are not looked into. */
		if (notes_of(story, EXPLAIN_TCP_CONNECTION) ||
		    notes_of(story, EXPLAIN_TCP_TIMEWAIT))
			delivered += tcp_drops(now) - tcp_drops(before);
		must(w, story, delivered > 0, "delivered");
		must(w, story, w->received == notes_of(story, EXPLAIN_SOCKET),
		     "sockets");
		break;
	case EXPLAIN_END_DROPPED:
		must(w, story,
		     now->drop[verdict->drop] > before->drop[verdict->drop],
		     "drop reason");
		break;
	case EXPLAIN_END_NONE: break;
	}
	compare_icmp(w, story);
	w->ends[verdict->end]++;
	w->drops[verdict->drop]++;
	for (unsigned int i = 1; i < EXPLAIN_COUNT; i++)
		w->kinds[i] += notes_of(story, i) > 0;
}

/* ---- nothing may change ------------------------------------------------- */

/* What is free is poisoned (lib/poison.h), but must not change either. */
static __attribute__((no_sanitize("address"))) void
memory_copy(uint64_t *to, const uint64_t *from)
{
	for (size_t i = 0; i < MEMORY_LEN / sizeof(*to); i++)
		to[i] = from[i];
}

static __attribute__((no_sanitize("address"))) bool
memory_same(const uint64_t *a, const uint64_t *b, size_t *at)
{
	for (size_t i = 0; i < MEMORY_LEN / sizeof(*a); i++) {
		*at = i * sizeof(*a);
		if (a[i] != b[i])
			return false;
	}
	return true;
}

static void
remember(struct world *w)
{
	/* What the changes set free is nobody's now. */
	for (unsigned int port = 0; port < PORTS; port++)
		testnet_flush(w->t, port);
	memcpy(&w->before, w->t, sizeof(w->before));
	memory_copy((uint64_t *)w->memory,
		    (const uint64_t *)w->t->pages.zone[0].state);
	w->received = 0;
}

/* A tree remembers where it was searched last, to be faster the next time: no
 * answer depends on it, and every look changes it. */
static void
forgive(struct world *w, const void *field, size_t len)
{
	const uint8_t *arena = w->t->pages.zone[0].state;

	memcpy(w->memory + ((const uint8_t *)field - arena), field, len);
}

static void
nothing_changed(struct world *w, const struct explain *story)
{
	const uint8_t *now = w->t->pages.zone[0].state;
	const struct fib_table *table;
	size_t at = 0;

	list_for_each(table, &w->t->net.fib->tables, link) {
		forgive(w, table->tree.last, sizeof(table->tree.last));
		forgive(w, table->tree.last_at, sizeof(table->tree.last_at));
	}

	must(w, story, !memcmp(&w->before, w->t, sizeof(w->before)),
	     "the dry run changed struct net or a device");
	if (memory_same((const uint64_t *)w->memory, (const uint64_t *)now,
			&at))
		return;
	print_error("byte 0x%zx of the arena, at %p\n", at, (void *)(now + at));
	must(w, story, false, "the dry run changed the stack's memory");
}

/* ---- pairs -------------------------------------------------------------- */

static void
change(struct world *w)
{
	switch (below(w, 13)) {
	case 0:
	case 1:
	case 2: change_route(w); break;
	case 3: change_rule(w); break;
	case 4:
	case 5: change_neighbour(w); break;
	case 6: change_device(w); break;
	case 7: change_address(w); break;
	case 8:
	case 9: change_conf(w); break;
	case 10: change_limits(w); break;
	case 11: change_path(w); break;
	default: testnet_advance(w->t, below(w, 2000) * MS_NS); break;
	}
	testnet_run(w->t);
}

static void
pair_in(struct world *w)
{
	struct explain_packet packet;
	uint32_t port = some_packet(w, &packet);
	struct netdev *dev = &w->t->port[port].dev;
	const struct explain *story;
	struct waiting was;

	w->frame_len = explain_make_frame(dev, &packet, w->frame);
	if (one_in(w, 12))
		add_options(w);
	if (one_in(w, 12))
		damage(w);
	remember(w);
	story = explain_dry_frame(w->dry, dev, w->frame, w->frame_len);
	nothing_changed(w, story);
	was = waiting_now(w, &story->verdict);
	if (!testnet_inject(w->t, port, w->frame, w->frame_len))
		return;
	compare(w, story, &was);
}

static void
pair_out(struct world *w)
{
	struct explain_packet packet;
	const struct explain *story;
	struct ipv4_out how;
	struct waiting was;
	struct skb *skb;
	bool ok;

	(void)some_packet(w, &packet);
	packet.frag_offset = 0;
	packet.more_fragments = false;
	if (one_in(w, 3))
		packet.src = 0;
	how = (struct ipv4_out){
		.src = packet.src,
		.dst = packet.dst,
		.proto = packet.proto,
		.tos = packet.tos,
		.ttl = packet.ttl,
		.dont_fragment = packet.dont_fragment,
	};
	w->frame_len =
		explain_make_frame(&w->t->port[0].dev, &packet, w->frame);
	remember(w);
	story = explain_dry_out(w->dry, &packet);
	nothing_changed(w, story);
	was = waiting_now(w, &story->verdict);
	skb = skb_alloc(&w->t->net.core[0].skb_pool);
	assert_non_null(skb);
	skb_reserve(skb, IPV4_HEADER_LEN_MAX);
	ok = skb_copy_in(skb, w->frame + 34, w->frame_len - 34);
	assert_true(ok);
	ipv4_output(&w->t->net, skb, &how);
	testnet_run(w->t);
	/* Its source was chosen on the way. */
	if (!packet.src && story->verdict.end == EXPLAIN_END_SENT)
		for (uint32_t i = 0; i < story->note_count; i++)
			if (story->note[i].kind == EXPLAIN_OUT_SOURCE) {
				const be32 src =
					be32_from(story->note[i].arg[0]);

				memcpy((uint8_t *)(uintptr_t)story->bytes + 12,
				       &src, 4);
			}
	compare(w, story, &was);
}

static void
world_begin(struct world *w, struct random *random)
{
	const struct testnet_config config = {
		.ports = PORTS,
		.memory_len = MEMORY_LEN,
		.net = {
			.seed = { (uint8_t)random_u32(random) },
			.now_ns = 1000 * S_NS,
			.skb_count = 300,
			.neigh_count = 24,
			.route_count = 256,
			.udp_sock_count = 8,
			.tcp_sock_count = 8,
			.frag_count = 4,
		},
	};

	w->random = random;
	w->t = testnet_new_with(&config);
	host_pages_init(&w->other, 4u << 20);
	w->t->net.pages = &w->other;
	w->dry = explain_dry_new(&w->t->net, FRAME_LEN_MAX);
	w->t->net.pages = &w->t->pages;
	assert_non_null(w->dry);
	open_applications(w);
}

static void
world_end(struct world *w)
{
	w->t->net.pages = &w->other;
	explain_dry_free(w->dry);
	w->t->net.pages = &w->t->pages;
	host_pages_fini(&w->other);
	testnet_free(w->t);
}

/* Which ends, reasons and notes were met, for those who look. */
static void
show_coverage(const struct world *w, uint64_t pairs)
{
	printf("%llu pairs\n", (unsigned long long)pairs);
	for (unsigned int i = 1; i <= EXPLAIN_END_DROPPED; i++)
		printf("end %u: %llu\n", i, (unsigned long long)w->ends[i]);
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		if (w->drops[i])
			printf("drop %s: %llu\n", drop_text(i)->name,
			       (unsigned long long)w->drops[i]);
	for (unsigned int i = 1; i < EXPLAIN_COUNT; i++)
		printf("note %s: %llu\n", explain_text(i)->name,
		       (unsigned long long)w->kinds[i]);
}

static void
test_says_what_the_wire_does_and_changes_nothing(void **state)
{
	const char *text = getenv("FAIRLEAD_TRACE_PAIRS");
	uint64_t pairs = text ? strtoull(text, NULL, 0) : PAIRS;
	struct random random = test_random();
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->memory = malloc(MEMORY_LEN);
	assert_non_null(w->memory);
	for (uint64_t i = 0; i < pairs; i++) {
		if (i % PAIRS_BOX == 0)
			world_begin(w, &random);
		for (uint32_t changes = below(w, 3); changes > 0; changes--)
			change(w);
		if (one_in(w, 5))
			pair_out(w);
		else
			pair_in(w);
		net_check(&w->t->net);
		for (unsigned int port = 0; port < PORTS; port++)
			testnet_flush(w->t, port);
		if (i % PAIRS_BOX == PAIRS_BOX - 1 || i + 1 == pairs)
			world_end(w);
	}
	show_coverage(w, pairs);
	free(w->memory);
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_says_what_the_wire_does_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
