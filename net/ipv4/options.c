/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 options: those of arriving packets are checked once (ipv4_input), record
 * route and timestamp are stamped on the way through (ipv4_forward) and in
 * answers (icmp), source routes are followed if the operator allows it. No
 * state. [RFC791 3.1] [RFC1812 4.2.2, 5.3.13] [RFC7126 4.3]
 */

#include "net/wire/ipv4_options.h"

#include "net/icmp.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/ipv4.h"
#include "net/net.h"

/* A received packet whose options are malformed: says where. */
static struct skb *
malformed(struct skb *skb, const struct ipv4 *ip,
	  const struct ipv4_options *found, enum drop why)
{
	skb->dev->net->ipv4_stats.in_hdr_errors++;
	icmp_send_error(skb, ip, ICMP_PARAMETER_PROBLEM, 0,
			icmp_pointer(found->bad));
	skb_drop(skb, why);
	return NULL;
}

/* ---- source routes ------------------------------------------------------ */

static bool
accepts_source_routes(const struct net *net, const struct netdev *dev)
{
	return net->conf_all.accept_source_route &&
	       net->conf[dev->ifindex].accept_source_route;
}

static bool
is_ours(struct net *net, const struct skb *skb, uint32_t addr)
{
	const struct flow flow = { .dst = addr, .in = skb->dev->ifindex };
	const struct route *route;

	/* 127.0.0.1 is nobody's next hop. */
	if (ipv4_is_loopback(addr))
		return false;
	route = fib_find(net, &flow);
	return route && route->type == ROUTE_LOCAL;
}

/* The address of the interface by which a packet to dst leaves; 0: it does
 * not. */
static uint32_t
address_towards(struct net *net, uint32_t dst)
{
	const struct flow flow = { .dst = dst };
	const struct route *route = fib_find(net, &flow);
	const struct nexthop *nexthop;

	if (!route || route->type != ROUTE_UNICAST)
		return 0;
	nexthop = route_nexthop(route, &flow);
	return nexthop ? addr_select(nexthop->dev, dst, SCOPE_LINK) : 0;
}

/*
 * The packet has reached a hop of its source route, us: the next becomes its
 * destination, and our address takes the hop's place. [RFC791 3.1]
 */
static void
move_on(struct net *net, struct skb *skb, struct ipv4 *ip, uint8_t at)
{
	struct wire_ipv4 *wire = (void *)skb->data;
	uint8_t *option = skb->data + at;
	uint8_t *slot = option + option[2] - 1;
	uint32_t next = ipv4_option_get(slot);
	uint32_t address = address_towards(net, next);

	ipv4_option_set(slot, address ? address : ip->dst);
	option[2] += 4;
	wire->dst = be32_from(next);
	ipv4_checksum_refresh(skb->data, ip->header_len);
	ip->dst = next;
}

static struct skb *
follow_source_route(struct net *net, struct skb *skb, struct ipv4 *ip,
		    uint8_t at)
{
	skb = skb_unshare(skb);
	if (!skb)
		return NULL;
	ip->options = skb->data + IPV4_HEADER_LEN;
	/* Several hops in a row may be ours; each uses up a slot. */
	while (!ipv4_option_full(skb->data + at) && is_ours(net, skb, ip->dst))
		move_on(net, skb, ip, at);
	return skb;
}

/* ---- arriving ----------------------------------------------------------- */

struct skb *
ipv4_options_input(struct skb *skb, struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	struct ipv4_options found;
	enum drop why = ipv4_options_parse(ip, &found);

	if (why != DROP_NONE)
		return malformed(skb, ip, &found, why);
	if (likely(found.source_route == 0))
		return skb;
	if (accepts_source_routes(net, skb->dev))
		return follow_source_route(net, skb, ip, found.source_route);
	icmp_send_error(skb, ip, ICMP_UNREACHABLE, ICMP_SOURCE_ROUTE_FAILED, 0);
	skb_drop(skb, DROP_IP_OPT_SOURCE_ROUTE);
	return NULL;
}

/* ---- stamping ----------------------------------------------------------- */

/* Milliseconds of the day. We know no time of day; the high bit says so.
 * [RFC791 3.1] */
uint32_t
ipv4_time_ms(const struct net *net)
{
	return (uint32_t)(net->now_ns / 1000000 % 86400000) | 0x80000000u;
}

static void
stamp_time(struct net *net, uint8_t *option, uint32_t address)
{
	uint8_t kind = option[3] & 0xf;
	uint8_t *slot;

	if (ipv4_option_full(option)) {
		/* The check made sure that the count has room. */
		if (kind != IPV4_TS_PRESPECIFIED)
			option[3] = (uint8_t)(option[3] + 0x10);
		return;
	}
	slot = option + (option[2] - 1);
	switch (kind) {
	case IPV4_TS_ONLY: break;
	case IPV4_TS_PRESPECIFIED:
		if (!addr_find(net, ipv4_option_get(slot)))
			return;
		slot += 4;
		break;
	case IPV4_TS_AND_ADDR:
		ipv4_option_set(slot, address);
		slot += 4;
		break;
	default: return;
	}
	ipv4_option_set(slot, ipv4_time_ms(net));
	option[2] = (uint8_t)(option[2] + ipv4_timestamp_slot_len(kind));
}

void
ipv4_options_stamp(struct net *net, uint8_t *options,
		   const struct ipv4_options *found, uint32_t address)
{
	uint8_t *option;

	if (found->record_route) {
		option = options + (found->record_route - IPV4_HEADER_LEN);
		if (!ipv4_option_full(option)) {
			ipv4_option_set(option + option[2] - 1, address);
			option[2] = (uint8_t)(option[2] + 4);
		}
	}
	if (found->timestamp)
		stamp_time(net, options + (found->timestamp - IPV4_HEADER_LEN),
			   address);
}

/* ---- answers ------------------------------------------------------------ */

/* The hop that is recorded in a slot. */
static uint32_t
hop_at(const uint8_t *option, size_t slot)
{
	return ipv4_option_get(option + 3 + 4 * slot);
}

/* How many hops lie behind the packet: those before the pointer, but for this
 * box itself, which has written itself in last. */
static size_t
hops_passed(struct net *net, const uint8_t *option)
{
	size_t slots = (size_t)(min_of(option[2] - 1, (int)option[1]) - 3) / 4;

	while (slots > 0 && addr_find(net, hop_at(option, slots - 1)))
		slots--;
	return slots;
}

/*
 * A source route turned round as far as it was followed: the hop recorded last
 * comes first, as destination, and the original source last. A hop that is no
 * station on a way of ours is none on the way back. [RFC1812 4.3.2.6, 4.3.3.6]
 */
static uint8_t
reverse_route(struct net *net, const uint8_t *option, uint32_t source,
	      uint8_t *out, uint32_t *dst)
{
	size_t slots = hops_passed(net, option);
	uint8_t at = 3;

	if (slots == 0 || !address_towards(net, hop_at(option, slots - 1)))
		return 0;
	*dst = hop_at(option, slots - 1);
	for (size_t i = slots - 1; i-- > 0; at += 4)
		memcpy(out + at, option + 3 + 4 * i, 4);
	ipv4_option_set(out + at, source);
	out[0] = option[0];
	out[1] = (uint8_t)(at + 4);
	out[2] = 4;
	return out[1];
}

uint8_t
ipv4_options_reply(struct net *net, const struct ipv4 *ip, uint32_t address,
		   uint8_t *options, uint32_t *dst)
{
	const uint8_t *base = ip->options - IPV4_HEADER_LEN;
	struct ipv4_options found, placed = { 0 };
	uint8_t len = 0;

	*dst = ip->src;
	if (ipv4_options_parse(ip, &found) != DROP_NONE)
		return 0;
	memset(options, IPV4_OPT_END, IPV4_OPTIONS_LEN_MAX);
	if (found.source_route)
		len = reverse_route(net, base + found.source_route, ip->src,
				    options, dst);
	if (found.record_route) {
		placed.record_route = (uint8_t)(IPV4_HEADER_LEN + len);
		memcpy(options + len, base + found.record_route,
		       base[found.record_route + 1]);
		len = (uint8_t)(len + base[found.record_route + 1]);
	}
	if (found.timestamp) {
		placed.timestamp = (uint8_t)(IPV4_HEADER_LEN + len);
		memcpy(options + len, base + found.timestamp,
		       base[found.timestamp + 1]);
		len = (uint8_t)(len + base[found.timestamp + 1]);
	}
	ipv4_options_stamp(net, options, &placed, address);
	return (uint8_t)((len + 3) & ~3);
}

uint8_t
ipv4_options_error(struct net *net, const struct netdev *in,
		   const struct ipv4 *ip, uint8_t *options, uint32_t *dst)
{
	const uint8_t *base = ip->options - IPV4_HEADER_LEN;
	struct ipv4_options found;

	*dst = ip->src;
	/* Who refuses to follow source routes does not originate any. */
	if (!in || !accepts_source_routes(net, in) ||
	    ipv4_options_parse(ip, &found) != DROP_NONE || !found.source_route)
		return 0;
	memset(options, IPV4_OPT_END, IPV4_OPTIONS_LEN_MAX);
	return (uint8_t)((reverse_route(net, base + found.source_route, ip->src,
					options, dst) +
			  3) &
			 ~3);
}
