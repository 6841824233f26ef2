/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets on their way out: from ipv4 (forward, output), to eth_output() as
 * soon as the next hop's link-layer address is known. The first function is the
 * hot path; what follows happens once per neighbour and change.
 */

#include "net/explain/explain.h"
#include "net/ipv4/addr.h"
#include "net/neigh/internal.h"
#include "net/output.h"
#include "net/wire/ipv4.h"

/* Kept out of the hot path, which then needs no stack. */
static __attribute__((noinline, cold)) void
resolve(struct skb *skb, struct netdev *dev, uint32_t nexthop, struct neigh *n);

void
neigh_output(struct skb *skb, struct netdev *dev, uint32_t nexthop)
{
	struct net *net = dev->net;
	struct neigh *n = neigh_lookup(&net->neigh, neigh_key(dev, nexthop));

	/* Who explains a packet watches every device. */
	if (unlikely(!n || !neigh_takes_packets(n) ||
		     !eth_sends_plainly(skb, dev)))
		return resolve(skb, dev, nexthop, n);
	n->used_ns = net->now_ns;
	eth_send_plainly(skb, dev, &n->lladdr_room);
}

struct neigh *
neigh_for_packets(struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_lookup(&dev->net->neigh, neigh_key(dev, addr));

	return n && neigh_takes_packets(n) ? n : NULL;
}

bool
neigh_is_broadcast(const struct netdev *dev, uint32_t addr)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link) {
		if (ifaddr->broadcast && addr == ifaddr->broadcast)
			return true;
		/* /31 and /32 have none. [RFC3021 2.2] */
		if (ifaddr->prefix_len < 31 &&
		    addr == (ifaddr->peer | UINT32_MAX >> ifaddr->prefix_len))
			return true;
	}
	return addr == IPV4_BROADCAST;
}

/* Destinations whose link-layer address follows from what they are. */
static bool
map_address(const struct netdev *dev, uint32_t addr, uint8_t *lladdr)
{
	if (dev->flags & NETDEV_LOOPBACK) {
		memcpy(lladdr, dev->addr, ETH_ADDR_LEN);
		return true;
	}
	if (ipv4_is_multicast(addr)) {
		eth_group_addr(addr, lladdr);
		return true;
	}
	if (neigh_is_broadcast(dev, addr)) {
		memcpy(lladdr, eth_broadcast, ETH_ADDR_LEN);
		return true;
	}
	return false;
}

/* Why asking for addr on dev makes no sense. */
static enum drop
refuse_to_ask(const struct netdev *dev, uint32_t addr)
{
	if (!netdev_is_up(dev))
		return DROP_DEV_DOWN;
	if (!dev->carrier)
		return DROP_DEV_NO_CARRIER;
	if (dev->flags & NETDEV_NOARP)
		return DROP_NEIGH_NOARP;
	if (ipv4_is_this_network(addr) || ipv4_is_loopback(addr))
		return DROP_NEIGH_ADDR;
	return DROP_NONE;
}

/* Does a route send this packet through addr, or is addr its destination? */
static bool
goes_through(const struct skb *skb, uint32_t addr)
{
	const struct wire_ipv4 *wire = (const void *)skb->data;

	return skb_linear_len(skb) >= sizeof(*wire) &&
	       be32_get(wire->dst) != addr;
}

/* Starts asking for n, which is NONE or FAILED, on behalf of skb. */
static void
ask(struct neigh *n, struct skb *skb)
{
	struct explain *explain = n->dev->net->explain;

	if (!neigh_may_solicit(n->dev)) {
		neigh_enter(n, NEIGH_FAILED);
		return skb_drop(skb, DROP_NEIGH_FAILED);
	}
	neigh_enter(n, NEIGH_INCOMPLETE);
	/* Parked first: its source address is the one to ask from. */
	neigh_park(n, skb);
	explain_enter(explain);
	neigh_solicit(n);
	explain_leave(explain);
}

/* Its address is known, and nothing but the time of its use changes. */
static void
send(struct skb *skb, struct netdev *dev, uint32_t nexthop, struct neigh *n)
{
	struct net *net = dev->net;

	explain_note(net, NEIGH, nexthop, n->state, EXPLAIN_MAC(n->lladdr));
	explain_keep(net->explain, &n->used_ns, sizeof(n->used_ns));
	n->used_ns = net->now_ns;
	eth_output(skb, dev, n->lladdr, ETHERTYPE_IPV4);
}

/* Somebody has to confirm that it is still there. */
static void
send_stale(struct skb *skb, struct netdev *dev, uint32_t nexthop,
	   struct neigh *n)
{
	explain_note(dev->net, NEIGH_DELAY, nexthop, EXPLAIN_MAC(n->lladdr));
	if (!explain_is_dry(dev->net))
		neigh_enter(n, NEIGH_DELAY);
	else if (n->proven)
		neigh_dry_move(n, NEIGH_RANK_KEPT);
	eth_output(skb, dev, n->lladdr, ETHERTYPE_IPV4);
}

bool
neigh_is_silent(struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_find(dev->net, dev, addr);

	if (!n || n->state != NEIGH_FAILED)
		return n && n->silent;
	n->gateway = n->silent = true;
	return true;
}

/* May somebody be asked for on dev? */
static bool
may_ask(const struct netdev *dev, uint32_t addr, enum neigh_claimant who)
{
	return refuse_to_ask(dev, addr) == DROP_NONE &&
	       neigh_may_solicit(dev) && neigh_may_ask(&dev->net->neigh, who);
}

/* Asks without a packet that waits: n is FAILED or new. */
static void
ask_idly(struct neigh *n)
{
	n->used_ns = neigh_now(n);
	neigh_enter(n, NEIGH_INCOMPLETE);
	neigh_solicit(n);
}

bool
neigh_gateway_ask(struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_find(dev->net, dev, addr);

	if (n && neigh_is_valid(n))
		return true;
	if ((n && n->state == NEIGH_INCOMPLETE) ||
	    !may_ask(dev, addr, NEIGH_FOR_GATEWAY))
		return false;
	if (!n)
		n = neigh_create(dev, addr, NEIGH_FOR_GATEWAY);
	if (!n)
		return false;
	n->gateway = n->silent = true;
	ask_idly(n);
	return false;
}

enum status
neigh_use(struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_find(dev->net, dev, addr);

	if (!may_ask(dev, addr, NEIGH_FOR_OPERATOR))
		return ERR_INVAL;
	if (!n)
		n = neigh_create(dev, addr, NEIGH_FOR_OPERATOR);
	if (!n)
		return ERR_NOMEM;
	if (n->state == NEIGH_NONE || n->state == NEIGH_FAILED)
		ask_idly(n);
	else if (n->state == NEIGH_STALE)
		neigh_enter(n, NEIGH_DELAY);
	n->used_ns = neigh_now(n);
	return OK;
}

static void
resolve(struct skb *skb, struct netdev *dev, uint32_t nexthop, struct neigh *n)
{
	bool gateway = goes_through(skb, nexthop);
	enum neigh_claimant who = gateway ? NEIGH_FOR_GATEWAY : NEIGH_FOR_HOST;
	struct neigh_table *table = &dev->net->neigh;
	uint8_t lladdr[ETH_ADDR_LEN];
	enum drop why;

	if (explain_is_dry(dev->net) && neigh_dry_found(dev, nexthop, &n, skb))
		return;
	if (n && neigh_takes_packets(n))
		return send(skb, dev, nexthop, n);
	if (!n) {
		if (map_address(dev, nexthop, lladdr)) {
			explain_note(dev->net, NEIGH_MAPPED, nexthop,
				     EXPLAIN_MAC(lladdr));
			return eth_output(skb, dev, lladdr, ETHERTYPE_IPV4);
		}
		why = refuse_to_ask(dev, nexthop);
		if (why != DROP_NONE)
			return skb_drop(skb, why);
	}
	if (!n || n->state == NEIGH_FAILED) {
		if (!neigh_may_ask(table, who)) {
			if (!explain_is_dry(dev->net))
				neigh_storm(dev->net);
			return skb_drop(skb, DROP_NEIGH_UNANSWERED);
		}
		if (explain_is_dry(dev->net))
			return neigh_dry_ask(dev, nexthop, n, who, skb);
		if (n)
			explain_note(dev->net, NEIGH_AGAIN, nexthop);
		else
			n = neigh_create(dev, nexthop, who);
		if (!n)
			return skb_drop(skb, DROP_NEIGH_CREATEFAIL);
		if (n->state == NEIGH_NONE)
			explain_note(dev->net, NEIGH_ASK, nexthop);
	}
	explain_keep(dev->net->explain, &n->used_ns, sizeof(n->used_ns));
	explain_keep(dev->net->explain, &n->gateway, sizeof(n->gateway));
	n->used_ns = dev->net->now_ns;
	n->gateway |= gateway;
	if (n->state == NEIGH_STALE)
		return send_stale(skb, dev, nexthop, n);
	if (n->state == NEIGH_INCOMPLETE) {
		explain_note(dev->net, NEIGH_WAITS, nexthop, n->parked.count);
		return neigh_park(n, skb);
	}
	ask(n, skb);
}
