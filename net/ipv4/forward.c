/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets for somebody else: ipv4_input() brings them with their route, and
 * neigh_output() takes them on. One hop is paid here, what does not fit the
 * next link is cut, and senders learn why a packet cannot go on. No state of
 * its own. [RFC1812 5.2, 5.3]
 */

#include "net/ipv4/forward.h"

#include "net/explain/explain.h"
#include "net/icmp.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/frag.h"
#include "net/net.h"
#include "net/wire/ipv4_options.h"

bool
ipv4_may_forward(const struct netdev *dev)
{
	return dev->net->ipv4_param.ip_forward && dev->conf->forwarding;
}

static uint32_t
first_hop(const struct nexthop *nexthop, const struct ipv4 *ip)
{
	return nexthop->gateway ? nexthop->gateway : ip->dst;
}

/* ---- what does not go on ------------------------------------------------ */

rare static void
no_next_hop(struct skb *skb, const struct ipv4 *ip)
{
	icmp_send_error(skb, ip, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0);
	skb_drop(skb, DROP_IP_NEXTHOP_DEAD);
}

rare static void
ttl_exceeded(struct skb *skb, const struct ipv4 *ip)
{
	skb->dev->net->ipv4_stats.in_hdr_errors++;
	icmp_send_error(skb, ip, ICMP_TIME_EXCEEDED, ICMP_TTL_EXCEEDED, 0);
	skb_drop(skb, DROP_IP_TTL);
}

rare static void
too_big(struct skb *skb, const struct ipv4 *ip, uint32_t mtu)
{
	skb->dev->net->ipv4_stats.frag_fails++;
	/* The upper half of the word stays zero. [RFC1191 4] */
	icmp_send_error(skb, ip, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED,
			min_of(mtu, 0xffffu));
	skb_drop(skb, DROP_PKT_TOO_BIG);
}

/*
 * Is dst the number of a subnet on dev's link (its zero form of broadcast)?
 * With /31 and /32 that is a station's. [RFC1812 4.2.3.1] [RFC3021 2.1]
 */
static bool
is_network_number(const struct netdev *dev, uint32_t dst)
{
	const struct ifaddr *it;
	uint32_t host_bits;

	list_for_each(it, &dev->addrs, link) {
		host_bits = (uint32_t)(0xffffffffull >> it->prefix_len);
		if (it->prefix_len < 31 && dst == (it->peer & ~host_bits))
			return true;
	}
	return false;
}

/* ---- redirects ---------------------------------------------------------- */

/*
 * The packet leaves by the interface it came in by: its sender could have gone
 * to the next hop directly, if that is its neighbour. [RFC1812 5.2.7.2]
 */
rare static void
redirect(const struct skb *skb, const struct ipv4 *ip,
	 const struct nexthop *nexthop)
{
	const struct net *net = skb->dev->net;
	uint32_t hop = first_hop(nexthop, ip);
	struct ipv4_options found;

	if (!net->conf_all.send_redirects && !skb->dev->conf->send_redirects)
		return;
	if (ipv4_options_parse(ip, &found) != DROP_NONE || found.source_route)
		return;
	if (!addr_share_subnet(skb->dev, ip->src, hop))
		return;
	explain_note(net, REDIRECT);
	icmp_send_error(skb, ip, ICMP_REDIRECT, ICMP_REDIRECT_HOST, hop);
}

/* ---- on to the next hop ------------------------------------------------- */

/* How a fragment goes where its datagram was to go. */
struct way {
	struct netdev *dev;
	uint32_t hop;
};

static void
send_fragment(void *ctx, struct skb *skb)
{
	const struct way *way = ctx;

	neigh_output(skb, way->dev, way->hop);
}

/* The header as it leaves: fragments carry the new TTL and stamped options. */
rare static void
forward_in_pieces(struct net *net, struct skb *skb,
		  const struct nexthop *nexthop, uint32_t mtu)
{
	struct way way = { .dev = nexthop->dev };
	struct ipv4 ip;
	enum drop why = ipv4_parse(skb->data, skb->len, &ip);

	assert(why == DROP_NONE);
	way.hop = first_hop(nexthop, &ip);
	frag_output(net, skb, &ip, mtu, send_fragment, &way);
}

/* Options that this box must act on; false: the packet has ended. */
rare static bool
forward_options(struct net *net, struct skb *skb, const struct ipv4 *ip,
		const struct nexthop *nexthop)
{
	uint32_t hop = first_hop(nexthop, ip);
	struct ipv4_options found;

	if (ipv4_options_parse(ip, &found) != DROP_NONE)
		return true;
	if (found.source_route && found.strict && nexthop->gateway) {
		icmp_send_error(skb, ip, ICMP_UNREACHABLE,
				ICMP_SOURCE_ROUTE_FAILED, 0);
		skb_drop(skb, DROP_IP_OPT_STRICT_ROUTE);
		return false;
	}
	if (found.record_route || found.timestamp) {
		explain_note(net, STAMPED);
		/* The address of the interface it leaves by. [RFC1812
		 * 4.2.2.2] */
		ipv4_options_stamp(net, skb->data + IPV4_HEADER_LEN, &found,
				   addr_select(nexthop->dev, hop, SCOPE_LINK));
		ipv4_checksum_refresh(skb->data, ip->header_len);
	}
	return true;
}

/* It has its next hop, and may be written to; *ip describes it as it came. */
static void
forward_to(struct net *net, struct skb *skb, const struct ipv4 *ip,
	   const struct route *route, const struct nexthop *nexthop)
{
	uint32_t mtu = nexthop->dev->mtu;

	if (route->mtu != 0)
		mtu = min_of(mtu, route->mtu);
	if (skb->len > mtu && ip->flags & IPV4_DF)
		return too_big(skb, ip, mtu);
	if (skb->len > mtu)
		explain_note(net, MTU_CUT, skb->len, mtu);
	else
		explain_note(net, MTU_FITS, skb->len, mtu);
	if (ip->header_len > IPV4_HEADER_LEN &&
	    !forward_options(net, skb, ip, nexthop))
		return;
	if (unlikely(net->ipv4_param.mss_clamps))
		ipv4_mss_clamp(net, skb, ip, nexthop->dev, mtu);
	ipv4_pay_hop(net, skb);
	if (skb->len > mtu)
		return forward_in_pieces(net, skb, nexthop, mtu);
	neigh_output(skb, nexthop->dev, first_hop(nexthop, ip));
}

/* The same for a packet at whose bytes somebody else looks. */
static void
forward_copy(struct net *net, struct skb *skb, const struct ipv4 *seen,
	     const struct route *route, const struct nexthop *nexthop)
{
	struct ipv4 ip = *seen;

	skb = skb_unshare(skb);
	if (!skb)
		return;
	ip.options = skb->data + IPV4_HEADER_LEN;
	forward_to(net, skb, &ip, route, nexthop);
}

/* The next hop for a packet, and the route that has it. */
static const struct nexthop *
choose(const struct route **route, const struct skb *skb, const struct ipv4 *ip)
{
	struct flow flow;

	fib_flow(skb, ip, &flow);
	return fib_way(skb->dev->net, route, &flow);
}

/* Everything that can be about a packet, in its order. */
rare void
ipv4_forward_carefully(struct skb *skb, const struct ipv4 *ip,
		       const struct route *route)
{
	struct net *net = skb->dev->net;
	const struct nexthop *nexthop;

	if (!ipv4_may_forward(skb->dev))
		return skb_drop(skb, DROP_IP_FORWARDING_OFF);
	if (ip->ttl <= 1)
		return ttl_exceeded(skb, ip);
	nexthop = choose(&route, skb, ip);
	if (!nexthop)
		return no_next_hop(skb, ip);
	if (route->nexthop_count > 1)
		explain_note(net, MULTIPATH, route->nexthop_count,
			     (uint32_t)(nexthop - route->nexthop) + 1);
	explain_note(net, NEXTHOP, first_hop(nexthop, ip),
		     nexthop->dev->ifindex);
	if (!ipv4_may_forward(nexthop->dev))
		return skb_drop(skb, DROP_IP_FORWARDING_OFF);
	if (!nexthop->gateway && is_network_number(nexthop->dev, ip->dst))
		return skb_drop(skb, DROP_IP_DST_NETWORK);
	explain_note(net, FORWARDING, skb->dev->ifindex, nexthop->dev->ifindex);
	explain_note(net, TTL, ip->ttl);
	if (nexthop->dev == skb->dev)
		redirect(skb, ip, nexthop);
	if (skb_shared(skb))
		return forward_copy(net, skb, ip, route, nexthop);
	forward_to(net, skb, ip, route, nexthop);
}

void
ipv4_forward_group(struct skb *skb, const struct ipv4 *ip, struct netdev *out)
{
	static const struct route plain;
	const struct nexthop nexthop = { .dev = out };
	struct net *net = out->net;
	struct ipv4 own = *ip;

	if (!ipv4_may_forward(skb->dev) || !ipv4_may_forward(out))
		return skb_drop(skb, DROP_IP_FORWARDING_OFF);
	if (ip->ttl <= 1)
		return ttl_exceeded(skb, ip);
	skb = skb_unshare(skb);
	if (!skb)
		return;
	/* A copy's options are where the copy is. */
	own.options = skb->data + IPV4_HEADER_LEN;
	forward_to(net, skb, &own, &plain, &nexthop);
}

/* ---- the common case ---------------------------------------------------- */

void
ipv4_forward(struct skb *skb, const struct ipv4 *ip, const struct route *route)
{
	const struct nexthop *nexthop = &route->nexthop[0];
	struct net *net = skb->dev->net;
	uint32_t hop;

	if (unlikely(ip->header_len > IPV4_HEADER_LEN ||
		     !skb->dev->conf->forwarding ||
		     !ipv4_goes_plainly(net, skb, ip->ttl, route)))
		return ipv4_forward_carefully(skb, ip, route);
	hop = ipv4_plain_hop(nexthop, ip->dst);
	if (unlikely(hop == 0))
		return ipv4_forward_carefully(skb, ip, route);
	ipv4_pay_hop(net, skb);
	neigh_output(skb, nexthop->dev, hop);
}

/* ---- afterwards --------------------------------------------------------- */

void
ipv4_unresolved(struct skb *skb)
{
	struct net *net = skb->dev->net;
	struct ipv4 ip;
	enum drop why;

	skb_set_network(skb);
	why = ipv4_parse(skb->data, skb->len, &ip);
	assert(why == DROP_NONE);
	if (skb->flags & SKB_FORWARDED) {
		icmp_send_error(skb, &ip, ICMP_UNREACHABLE,
				ICMP_HOST_UNREACHABLE, 0);
	} else {
		ipv4_own_error(net, &ip, skb->data + ip.header_len,
			       skb_linear_len(skb) - ip.header_len,
			       ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0);
	}
	skb_drop(skb, DROP_NEIGH_FAILED);
}
