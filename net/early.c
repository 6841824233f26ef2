/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Early drop: which frames a driver that cannot take all of them should take.
 * What is said to the box itself goes first, since it keeps the box reachable
 * and the links alive; it is recognized by bytes alone, before the frame has
 * cost a buffer or a route. Drivers ask, between the ring and netdev_input().
 * State: net->spoken_ns, which whoever delivers to the box sets.
 */

#include "net/net.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"

#define SPOKEN_NS	1000000000ull /* a conversation's pauses are shorter */
#define LINK_LOCAL_MASK 0xffffff00u
#define LINK_LOCAL	0xe0000000u /* 224.0.0.0/24 */

static bool
is_ours(const struct net *net, uint32_t addr)
{
	return fib_maybe_ours(&net->fib_ours, addr) ||
	       (addr & LINK_LOCAL_MASK) == LINK_LOCAL;
}

/* Fragments are a flood's means more often than a conversation's. */
static bool
ipv4_is_vital(const struct net *net, const uint8_t *bytes)
{
	const struct wire_ipv4 *ip = (const void *)bytes;

	if (ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_ICMP &&
	    ip->proto != IPPROTO_IGMP)
		return false;
	return !(be16_get(ip->flags_offset) & 0x3fff) &&
	       is_ours(net, be32_get(ip->dst));
}

bool
netdev_is_vital(const struct netdev *dev, const uint8_t *frame, uint32_t len)
{
	const struct wire_eth *eth = (const void *)frame;
	const uint8_t *bytes = frame + sizeof(*eth);
	uint32_t left = len - (uint32_t)sizeof(*eth);

	switch (be16_get(eth->type)) {
	case ETHERTYPE_IPV4:
		return left >= sizeof(struct wire_ipv4) &&
		       ipv4_is_vital(dev->net, bytes);
	case ETHERTYPE_ARP:
		return left >= sizeof(struct wire_arp) &&
		       is_ours(dev->net,
			       be32_get(((const struct wire_arp *)bytes)
						->target));
	default: return false;
	}
}

struct netdev_glance
netdev_glance(const struct netdev *dev)
{
	return (struct netdev_glance){ .ours = dev->net->fib_ours.count };
}

uint32_t
netdev_look_ahead(const struct netdev *dev)
{
	const struct net *net = dev->net;
	uint64_t last_ns = net->spoken_ns[dev->ifindex];

	return last_ns && net->now_ns - last_ns < SPOKEN_NS
		       ? net->netdev_look_ahead
		       : 0;
}

void
netdev_refuse(struct netdev *dev, uint32_t count, enum drop reason,
	      const struct skb *last, uint32_t len)
{
	struct net_core *core = net_this_core(dev->net);

	dev->stats.rx_dropped += count;
	core->softnet.dropped += count;
	skb_refused(&core->account, dev->ifindex, count, reason, last, len);
}
