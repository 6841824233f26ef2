/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 packets that arrive: eth_input() brings them, data at the IP header.
 * What is well-formed and honest goes to ipv4_forward(), to frag_input(), or to
 * its transport protocol. The checks stand in the order of [RFC1812 5.2.2,
 * 5.3.7]: header, addresses, options, where to. No state of its own.
 */

#include "net/ipv4/forward.h"

#include "net/eth.h"
#include "net/explain/explain.h"
#include "net/icmp.h"
#include "net/igmp.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/fib_internal.h"
#include "net/ipv4/frag.h"
#include "net/ipv4/mroute.h"
#include "net/ipv4/path.h"
#include "net/net.h"
#include "net/wire/ipv4_options.h"

/* ---- delivery ----------------------------------------------------------- */

/* To the transport protocol; skb is a whole datagram, data at the IP header. */
static void
deliver_whole(struct skb *skb, const struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	const struct ipv4_protocol *protocol;

	skb_pull(skb, ip->header_len);
	skb_set_transport(skb);
	for (protocol = net->ipv4_protocols; protocol->input; protocol++) {
		if (protocol->number != ip->proto)
			continue;
		net->ipv4_stats.in_delivers++;
		if (ip->proto != IPPROTO_UDP)
			net->spoken_ns[skb->in] = net->now_ns;
		return protocol->input(skb, ip);
	}
	net->ipv4_stats.in_unknown_protos++;
	icmp_send_error(skb, ip, ICMP_UNREACHABLE, ICMP_PROTO_UNREACHABLE, 0);
	skb_drop(skb, DROP_IP_NOPROTO);
}

static void
deliver(struct skb *skb, const struct ipv4 *ip)
{
	if (unlikely(ipv4_is_fragment(ip)))
		return frag_input(skb, ip, deliver_whole);
	deliver_whole(skb, ip);
}

/* ---- addresses ---------------------------------------------------------- */

/* By their first byte: addresses that may be other than a station's ordinary
 * one, those that must not be routed included. */
static const uint8_t special[256] = {
	[0] = 1,
	[127] = 1,
	[169] = 1,
	[224 ... 255] = 1,
};

static inline bool
is_special(uint32_t src, uint32_t dst)
{
	return special[src >> 24] | special[dst >> 24];
}

static enum drop
source_class_check(uint32_t src, bool from_wire)
{
	if (ipv4_is_this_network(src))
		return DROP_IP_SRC_ZERO;
	if (ipv4_is_loopback(src))
		return from_wire ? DROP_IP_SRC_LOOPBACK : DROP_NONE;
	if (ipv4_is_multicast(src))
		return DROP_IP_SRC_MULTICAST;
	if (src == IPV4_BROADCAST)
		return DROP_IP_SRC_BROADCAST;
	if (ipv4_is_reserved(src))
		return DROP_IP_SRC_RESERVED;
	return DROP_NONE;
}

static enum drop
destination_class_check(uint32_t dst, bool from_wire)
{
	if (ipv4_is_this_network(dst))
		return DROP_IP_DST_ZERO;
	if (ipv4_is_loopback(dst))
		return from_wire ? DROP_IP_DST_LOOPBACK : DROP_NONE;
	if (ipv4_is_reserved(dst))
		return DROP_IP_DST_RESERVED;
	return DROP_NONE;
}

/* Does the route back to the source begin at the interface it came in by? */
static bool
leads_back(const struct route *route, const struct netdev *dev)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (route->nexthop[i].dev == dev)
			return true;
	return false;
}

/* The same if packets pass by its gateway, which is silent. */
rare static bool
way_leads_back(struct net *net, const struct flow *flow,
	       const struct route *route, const struct netdev *dev)
{
	return leads_back(route, dev) ||
	       (fib_way(net, &route, flow) && leads_back(route, dev));
}

/* The verdict on a source that is not simply somewhere behind a route. */
rare static enum drop
source_route_check(const struct skb *skb, const struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	const struct net_conf *conf = skb->dev->conf;
	uint32_t filter = max_of(net->conf_all.rp_filter, conf->rp_filter);
	const struct route *back;
	struct flow flow;

	fib_flow_back(skb, ip, &flow);
	back = fib_find(net, &flow);

	if (skb->dev->flags & NETDEV_LOOPBACK) {
		explain_note(net, SOURCE_LO, ip->src);
		return DROP_NONE;
	}
	if (back && back->type == ROUTE_LOCAL) {
		if (!net->conf_all.accept_local && !conf->accept_local)
			return DROP_IP_LOCAL_SOURCE;
		explain_note(net, SOURCE_LOCAL, ip->src);
		return DROP_NONE;
	}
	if (back && back->type == ROUTE_BROADCAST)
		return DROP_IP_SRC_SUBNET_BROADCAST;
	/* 1: only from where we would answer to; 2: from anywhere that we could
	 * answer. [RFC1812 5.3.8] [RFC3704 2.2, 2.4] */
	if (filter == 0) {
		explain_note(net, SOURCE_OFF, ip->src);
		return DROP_NONE;
	}
	if (!back || back->type != ROUTE_UNICAST)
		return DROP_IP_RPFILTER;
	if (filter == 1 && !way_leads_back(net, &flow, back, skb->dev))
		return DROP_IP_RPFILTER;
	explain_note(net, SOURCE_BACK, ip->src, filter);
	return DROP_NONE;
}

/* Is it certain, without a lookup, that the source is to be believed? */
static inline bool
source_is_plain(const struct net *net, const struct skb *skb, uint32_t src)
{
	return !(net->conf_all.rp_filter | skb->dev->conf->rp_filter |
		 fib_maybe_ours(&net->fib_ours, src));
}

static enum drop
source_check(const struct net *net, const struct skb *skb,
	     const struct ipv4 *ip)
{
	if (!source_is_plain(net, skb, ip->src))
		return source_route_check(skb, ip);
	explain_note(net, SOURCE_PLAIN, ip->src);
	return DROP_NONE;
}

#define MARTIAN_LINES	  10u		/* as Linux: so many... */
#define MARTIAN_PERIOD_NS 5000000000ull /* ...in this time */

/* What the operator asked to be told of. [RFC1812 5.3.7] */
rare static void
log_martian(const struct skb *skb, enum drop why)
{
	const struct wire_ipv4 *wire = (const void *)skb_network(skb);
	struct net *net = skb->dev->net;
	struct ipv4_martians *log = &net->ipv4_martians;
	uint32_t src = be32_get(wire->src), dst = be32_get(wire->dst);

	if (why == DROP_IP_FORWARDING_OFF)
		return;
	if (net->now_ns - log->since_ns >= MARTIAN_PERIOD_NS) {
		log->since_ns = net->now_ns;
		log->count = 0;
	}
	if (log->count++ < MARTIAN_LINES)
		log_warn("%s: martian: from %pI4 (%pM) to %pI4: %s",
			 skb->dev->name, &src,
			 skb_network(skb) - ETH_HEADER_LEN + ETH_ADDR_LEN, &dst,
			 drop_text(why)->sentence);
}

rare static void
bad_address(struct skb *skb, enum drop why)
{
	skb->dev->net->ipv4_stats.in_addr_errors++;
	if (unlikely(skb->dev->net->conf_all.log_martians |
		     skb->dev->conf->log_martians))
		log_martian(skb, why);
	skb_drop(skb, why);
}

/* ---- where to ----------------------------------------------------------- */

/* For us and others: a broadcast, or a group that we have joined. */
static void
deliver_to_many(struct skb *skb, const struct ipv4 *ip, enum pkt_type type)
{
	struct ipv4_stats *stats = &skb->dev->net->ipv4_stats;

	explain_note(skb->dev->net, TO_MANY, type);
	skb->pkt_type = (uint8_t)type;
	if (type == PKT_MULTICAST) {
		stats->in_mcast_pkts++;
		stats->in_mcast_octets += skb->len;
	} else {
		stats->in_bcast_pkts++;
		stats->in_bcast_octets += skb->len;
	}
	deliver(skb, ip);
}

static void
forward(struct skb *skb, const struct ipv4 *ip, const struct route *route)
{
	if (skb->dev->net->explain)
		return ipv4_forward_carefully(skb, ip, route);
	ipv4_forward(skb, ip, route);
}

/* An address of a subnet that stands for all its stations. [RFC2644 2: passed
 * on only if the operator says so] */
static void
input_subnet_broadcast(struct skb *skb, const struct ipv4 *ip,
		       const struct route *route)
{
	struct net *net = skb->dev->net;
	struct skb *copy;

	if (unlikely(skb->pkt_type == PKT_HOST && net->conf_all.bc_forwarding &&
		     skb->dev->conf->bc_forwarding) &&
	    route->nexthop_count > 0 && route->nexthop[0].dev != skb->dev) {
		copy = skb_clone(skb);
		if (copy) {
			explain_note(net, TO_LINK,
				     route->nexthop[0].dev->ifindex);
			explain_enter(net->explain);
			forward(copy, ip, route);
			explain_leave(net->explain);
		}
	}
	deliver_to_many(skb, ip, PKT_BROADCAST);
}

/* What the sender is told if nothing leads to the destination. [RFC1812
 * 5.2.7.1] */
static uint8_t
no_route_code(const struct ipv4 *ip)
{
	struct ipv4_options found;

	if (ip->header_len > IPV4_HEADER_LEN &&
	    ipv4_options_parse(ip, &found) == DROP_NONE && found.source_route)
		return ICMP_SOURCE_ROUTE_FAILED;
	return ICMP_NET_UNREACHABLE;
}

/* A route says that the packet shall not pass, and what its sender is told. */
static void
refuse(struct skb *skb, const struct ipv4 *ip, const struct route *route)
{
	struct net *net = skb->dev->net;

	/* A host keeps silent about what is not its own. [RFC1122 3.2.1.3] */
	if (!ipv4_may_forward(skb->dev))
		return bad_address(skb, DROP_IP_FORWARDING_OFF);
	if (!route) {
		net->ipv4_stats.in_no_routes++;
		icmp_send_error(skb, ip, ICMP_UNREACHABLE, no_route_code(ip),
				0);
		return skb_drop(skb, DROP_IP_INNOROUTES);
	}
	switch (route->type) {
	case ROUTE_UNREACHABLE:
		icmp_send_error(skb, ip, ICMP_UNREACHABLE,
				ICMP_HOST_UNREACHABLE, 0);
		return skb_drop(skb, DROP_IP_UNREACHABLE);
	case ROUTE_PROHIBIT:
		icmp_send_error(skb, ip, ICMP_UNREACHABLE,
				ICMP_ADMIN_PROHIBITED, 0);
		return skb_drop(skb, DROP_IP_PROHIBIT);
	default: return skb_drop(skb, DROP_IP_BLACKHOLE);
	}
}

/* Neither forwarded nor dropped at once: what else the route can say. */
rare static void
input_by_route(struct skb *skb, const struct ipv4 *ip,
	       const struct route *route)
{
	if (route && route->type == ROUTE_BROADCAST)
		return input_subnet_broadcast(skb, ip, route);
	/* [RFC1812 5.3.4] */
	if (skb->pkt_type == PKT_BROADCAST || skb->pkt_type == PKT_MULTICAST)
		return bad_address(skb, DROP_UNICAST_IN_L2_MULTICAST);
	if (route && route->type == ROUTE_LOCAL) {
		explain_note(skb->dev->net, TO_US);
		return deliver(skb, ip);
	}
	if (route && route->type == ROUTE_UNICAST)
		return forward(skb, ip, route);
	refuse(skb, ip, route);
}

/* A packet for somebody else goes on; of all others the route says more. */
static void
input_to(struct skb *skb, const struct ipv4 *ip, const struct route *route)
{
	if (likely(route && route->type == ROUTE_UNICAST &&
		   skb->pkt_type == PKT_HOST))
		return forward(skb, ip, route);
	input_by_route(skb, ip, route);
}

/* The source is believed: where to? */
static void
input_to_route(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	const struct route *route = fib_find_to(net, skb, ip);

	if (net->explain)
		fib_explain_to(net, skb, ip);
	input_to(skb, ip, route);
}

rare static void
input_routed(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	enum drop why = source_check(net, skb, ip);

	if (why != DROP_NONE)
		return bad_address(skb, why);
	input_to_route(net, skb, ip);
}

/* Source or destination is meant for one link alone: for us, or for nobody.
 * [RFC3927 2.7] */
static void
input_link_local(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	enum drop why = source_check(net, skb, ip);
	const struct route *route;

	if (why != DROP_NONE)
		return bad_address(skb, why);
	route = fib_find_to(net, skb, ip);
	if (net->explain)
		fib_explain_to(net, skb, ip);
	if (route &&
	    (route->type == ROUTE_LOCAL || route->type == ROUTE_BROADCAST))
		return input_by_route(skb, ip, route);
	bad_address(skb, DROP_IP_LINK_LOCAL);
}

/* For members in this box, for a route's other interfaces, or for nobody. */
static void
input_group(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	/* What is said about groups is for this link alone, whatever its TTL.
	 * [RFC3376 4] */
	struct mroute *route = ip->proto != IPPROTO_IGMP
				       ? mroute_find(net, ip->src, ip->dst)
				       : NULL;
	bool is_ours = igmp_users(skb->dev, ip->dst) > 0;
	enum drop why;

	if (!route && !is_ours)
		return bad_address(skb, DROP_IP_MULTICAST);
	why = source_check(net, skb, ip);
	if (why != DROP_NONE)
		return bad_address(skb, why);
	skb->pkt_type = PKT_MULTICAST;
	if (route)
		mroute_forward(skb, ip, route, is_ours);
	if (is_ours)
		deliver_to_many(skb, ip, PKT_MULTICAST);
}

/* Source or destination is no station's ordinary address. */
rare static void
input_special(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	bool from_wire = !(skb->dev->flags & NETDEV_LOOPBACK);
	enum drop why = source_class_check(ip->src, from_wire);

	if (why == DROP_NONE)
		why = destination_class_check(ip->dst, from_wire);
	if (why != DROP_NONE)
		return bad_address(skb, why);
	if (ipv4_is_multicast(ip->dst))
		return input_group(net, skb, ip);
	if (ip->dst != IPV4_BROADCAST) {
		if (ipv4_is_link_local(ip->src) || ipv4_is_link_local(ip->dst))
			return input_link_local(net, skb, ip);
		return input_routed(net, skb, ip);
	}
	why = source_check(net, skb, ip);
	if (why != DROP_NONE)
		return bad_address(skb, why);
	deliver_to_many(skb, ip, PKT_BROADCAST);
}

/* ---- the header --------------------------------------------------------- */

rare static void
bad_header(struct skb *skb, const struct ipv4 *ip, enum drop why)
{
	struct ipv4_stats *stats = &skb->dev->net->ipv4_stats;

	if (why == DROP_IP_SHORT) {
		stats->in_truncated_pkts++;
		/* The last byte of the total length is to blame.
		 * [RFC1812 5.2.2] */
		icmp_send_error(skb, ip, ICMP_PARAMETER_PROBLEM, 0,
				icmp_pointer(3));
	} else {
		stats->in_hdr_errors++;
		stats->in_csum_errors += why == DROP_IP_CSUM;
	}
	skb_drop(skb, why);
}

/* Addresses are next, in packets with a sound header. */
static void
input_addressed(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	if (is_special(ip->src, ip->dst))
		return input_special(net, skb, ip);
	input_routed(net, skb, ip);
}

/* The header is in one piece. */
static void
input_linear(struct net *net, struct skb *skb)
{
	struct ipv4 ip;
	enum drop why = ipv4_parse(skb->data, skb->len, &ip);

	if (why != DROP_NONE)
		return bad_header(skb, &ip, why);
	/* What follows is padding of the frame. [RFC894] */
	if (skb->len != ip.total_len)
		skb_trim(skb, ip.total_len);
	net->ipv4_stats.in_ecn[ip.tos & 3]++;
	explain_note(net, HEADER);
	if (ip.header_len > IPV4_HEADER_LEN) {
		skb = ipv4_options_input(skb, &ip);
		if (!skb)
			return;
		explain_note(net, OPTIONS, ip.header_len - IPV4_HEADER_LEN);
	}
	input_addressed(net, skb, &ip);
}

/* Whatever input_plainly() does not take, from the start: a packet of several
 * pieces, the first of which may hold less than the header; one that is
 * explained; one with something in its header. */
rare static void
input_slowly(struct net *net, struct skb *skb)
{
	size_t len = min_of(skb->len, IPV4_HEADER_LEN_MAX);

	explain_note(net, FRAME, skb->dev->ifindex, skb->len, skb->pkt_type);
	if (skb_linear_len(skb) < len) {
		skb = skb_unshare(skb);
		if (!skb)
			return;
		if (!skb_pull_linear(skb, len))
			return skb_drop(skb, DROP_NOMEM);
	}
	input_linear(net, skb);
}

/* ---- the common case ---------------------------------------------------- */

/*
 * A packet that lies in one buffer, with a plain header, between ordinary
 * addresses, for somebody else, by an ordinary route: all that is asked of it,
 * with no copy of its header. Each step does without a stack, and ends with the
 * next one; what is not so goes on with one of the functions above.
 */

/* Its header is known to be sound and plain, its addresses are not. */
static __attribute__((noinline)) void
input_by_address(struct skb *skb, struct net *net)
{
	struct ipv4 ip;

	ipv4_fields(skb->data, IPV4_HEADER_LEN, &ip);
	input_addressed(net, skb, &ip);
}

/* Nor are they special: it is a matter of the route. NULL: there is none, or it
 * takes more than the address to tell. */
static __attribute__((noinline)) void
input_by_answer(struct skb *skb, struct net *net, const struct route *route)
{
	struct ipv4 ip;

	ipv4_fields(skb->data, IPV4_HEADER_LEN, &ip);
	input_to(skb, &ip, route ? route : fib_find_to(net, skb, &ip));
}

static __attribute__((noinline)) void
forward_plainly(struct skb *skb, struct net *net, const struct route *route)
{
	const struct wire_ipv4 *wire = (const void *)skb->data;
	uint32_t hop;

	if (unlikely(skb->pkt_type != PKT_HOST ||
		     !ipv4_goes_plainly(net, skb, wire->ttl, route)))
		return input_by_answer(skb, net, route);
	hop = ipv4_plain_hop(&route->nexthop[0], be32_get(wire->dst));
	if (unlikely(hop == 0))
		return input_by_answer(skb, net, route);
	ipv4_pay_hop(net, skb);
	neigh_output(skb, route->nexthop[0].dev, hop);
}

/* No prefix but the default route's, if there is one; or it takes more than the
 * address to tell. */
static __attribute__((noinline)) void
input_default(struct skb *skb, struct net *net, uint32_t value)
{
	const struct fib *fib = net->fib;

	if (value == 0)
		value = fib->merged.otherwise;
	if (unlikely(value <= FIB_ASK))
		return input_by_answer(skb, net, NULL);
	forward_plainly(skb, net, fib_mem_at(&fib->mem, value));
}

/* Prefixes of more than 24 bits, such as our own links' addresses. */
static __attribute__((noinline)) void
input_find_long(struct skb *skb, struct net *net, uint32_t value)
{
	const struct wire_ipv4 *wire = (const void *)skb->data;
	const struct fib *fib = net->fib;

	value = fib_lookup_last(&fib->merged, value, wire->dst.byte[3]);
	if (unlikely(value <= FIB_ASK))
		return input_default(skb, net, value);
	forward_plainly(skb, net, fib_mem_at(&fib->mem, value));
}

static __attribute__((noinline)) void
input_find(struct skb *skb, struct net *net, const struct fib *fib)
{
	const struct wire_ipv4 *wire = (const void *)skb->data;
	uint32_t value =
		fib_lookup_first(&fib->merged, be32_get(wire->dst) >> 8);

	if ((int32_t)value < 0)
		return input_find_long(skb, net, value);
	if (unlikely(value <= FIB_ASK))
		return input_default(skb, net, value);
	forward_plainly(skb, net, fib_mem_at(&fib->mem, value));
}

void
ipv4_input(struct skb *skb)
{
	struct net *net = skb->dev->net;
	const struct wire_ipv4 *wire = (const void *)skb->data;
	uint32_t src, dst;

	net->ipv4_stats.in_receives++;
	net->ipv4_stats.in_octets += skb->len;
	if (unlikely((uintptr_t)skb->seg | (uintptr_t)net->explain ||
		     !ipv4_is_plain(skb->data, skb->len)))
		return input_slowly(net, skb);
	if (unlikely(skb->len != be16_get(wire->total_len))) {
		if (skb->len < be16_get(wire->total_len) ||
		    be16_get(wire->total_len) < IPV4_HEADER_LEN)
			return input_slowly(net, skb);
		/* What follows is padding of the frame. [RFC894] */
		skb_trim_linear(skb, be16_get(wire->total_len));
	}
	net->ipv4_stats.in_ecn[wire->tos & 3]++;
	src = be32_get(wire->src);
	dst = be32_get(wire->dst);
	/* source_is_plain(), and the first thing that forwarding asks. */
	if (unlikely(is_special(src, dst) ||
		     pair_at(skb->dev->conf) != NET_CONF_PLAIN ||
		     (net->conf_all.rp_filter |
		      net->fib_ours.count[fib_ours_hash(src)]) ||
		     net->fib->careful))
		return input_by_address(skb, net);
	input_find(skb, net, net->fib);
}

/* ---- interfaces --------------------------------------------------------- */

void
ipv4_netdev_event(struct netdev *dev, enum netdev_event event)
{
	if (event == NETDEV_EVENT_REGISTER)
		ipv4_mss_update(dev->net);
	if (event == NETDEV_EVENT_DOWN || event == NETDEV_EVENT_UNREGISTER) {
		frag_flush(dev);
		path_netdev_gone(dev);
	}
}
