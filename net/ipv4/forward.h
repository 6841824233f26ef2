/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of, and done to, every packet for somebody else, inline; shared
 * by forward.c, which has everything, and input.c, which has the common case.
 */
#pragma once

#include "net/ipv4/ipv4.h"
#include "net/net.h"

/*
 * Is there nothing about the route, the interfaces and the packet's length and
 * time to live that ipv4_forward_carefully() looks after? Its next hop is the
 * route's first then. It has no options, and need not have been parsed.
 */
static inline __attribute__((always_inline)) bool
ipv4_goes_plainly(const struct net *net, const struct skb *skb, uint8_t ttl,
		  const struct route *route)
{
	const struct nexthop *nexthop = &route->nexthop[0];
	const struct netdev *out = nexthop->dev;

	/* A clone's own count is 0: it is not asked whose bytes it shows. */
	return route->type == ROUTE_UNICAST && route->nexthop_count == 1 &&
	       route->mtu == 0 && !(nexthop->flags & NEXTHOP_CAREFUL) &&
	       ttl > 1 && skb->len <= out->mtu && out != skb->dev &&
	       skb->refs == 1 &&
	       pair_at(&net->ipv4_param) == IPV4_PARAM_PLAIN &&
	       out->conf->forwarding;
}

/*
 * Who the packet goes to from there: the gateway, or dst itself; 0 if that
 * might be the number of a subnet, which only a look at all addresses can tell.
 */
static inline __attribute__((always_inline)) uint32_t
ipv4_plain_hop(const struct nexthop *nexthop, uint32_t dst)
{
	if (nexthop->gateway)
		return nexthop->gateway;
	return likely(dst & nexthop->dev->subnet_bits) ? dst : 0;
}

/* What every packet pays; it may be written to. */
static inline void
ipv4_pay_hop(struct net *net, struct skb *skb)
{
	ipv4_decrement_ttl(skb->data);
	net->ipv4_stats.forw_datagrams++;
	skb->flags |= SKB_FORWARDED;
}
