/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP packets on their way in: from eth_input(); what they teach goes to
 * neigh_learn(), what they ask to answer.c. State: struct arp_state, the
 * core's. [RFC826] [RFC1122 2.3.2] [RFC1812 3.3.2] [RFC5227]
 *
 * A packet is judged in this order: is it well-formed; can its sender exist; is
 * it about an address that somebody can ask for; then RFC 826: update what is
 * known of the sender, answer if we are meant.
 */

#include "net/arp/internal.h"

/* ---- judging ------------------------------------------------------------ */

/* Has one of the box's interfaces this link-layer address? */
static bool
is_own_lladdr(const struct net *net, const uint8_t *lladdr)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i] &&
		    !memcmp(net->netdev[i]->addr, lladdr, ETH_ADDR_LEN))
			return true;
	return false;
}

static enum drop
check_sender(struct netdev *dev, const struct arp *arp)
{
	static const uint8_t zero[ETH_ADDR_LEN];
	uint32_t addr = arp->sender;

	/* Believed, it would turn unicasts into broadcasts. [RFC1812 3.3.2] */
	if (eth_is_multicast(arp->sender_lladdr) ||
	    !memcmp(arp->sender_lladdr, zero, sizeof(zero)))
		return DROP_ARP_SENDER_LLADDR;
	if (is_own_lladdr(dev->net, arp->sender_lladdr))
		return DROP_ARP_REFLECTED;
	/* Somebody probes whether he may use target. [RFC5227 2.1.1] */
	if (addr == 0 && arp->op == ARP_REQUEST)
		return DROP_NONE;
	if (ipv4_is_this_network(addr) || ipv4_is_loopback(addr) ||
	    ipv4_is_multicast(addr) || neigh_is_broadcast(dev, addr))
		return DROP_ARP_SENDER_ADDR;
	if (addr_find(dev->net, addr))
		return DROP_ARP_CONFLICT;
	return DROP_NONE;
}

static enum drop
check_target(const struct netdev *dev, const struct arp *arp)
{
	uint32_t addr = arp->target;

	/* The answer to a probe of ours has target 0. */
	if (addr == 0 && arp->op == ARP_REPLY)
		return DROP_NONE;
	if (ipv4_is_this_network(addr) || ipv4_is_loopback(addr) ||
	    ipv4_is_multicast(addr) || neigh_is_broadcast(dev, addr))
		return DROP_ARP_TARGET;
	return DROP_NONE;
}

/* Announcements, and replies that say the same. [RFC5227 3] */
static bool
is_gratuitous(const struct arp *arp)
{
	return arp->sender == arp->target &&
	       (arp->op == ARP_REQUEST ||
		!memcmp(arp->sender_lladdr, arp->target_lladdr, ETH_ADDR_LEN));
}

/* ---- reception ---------------------------------------------------------- */

/* Where somebody who sent an ARP packet on dev can be. */
enum where {
	OFF_LINK,
	KNOWN,	 /* may be talked to, but no entry is made for it */
	ON_LINK, /* on a subnet of dev, or routed straight to it */
};

static enum where
locate(struct netdev *dev, uint32_t addr)
{
	const struct flow flow = { .dst = addr, .out = dev->ifindex };
	struct net *net = dev->net;
	const struct nexthop *nexthop = NULL;
	const struct route *route;

	if (addr_on_link(dev, addr))
		return ON_LINK;
	route = fib_find(net, &flow);
	if (route && route->type == ROUTE_UNICAST)
		nexthop = route_nexthop(route, &flow);
	if (nexthop && nexthop->dev == dev)
		return nexthop->gateway == 0 ? ON_LINK : KNOWN;
	/* A gateway that a route calls onlink is on no subnet of ours. */
	return neigh_find(net, dev, addr) ? KNOWN : OFF_LINK;
}

/* We are meant, or somebody we stand for: learn who asks, answer. */
static void
answer_request(struct netdev *dev, const struct arp *arp,
	       enum arp_answer answer, enum where where, bool unicast)
{
	unsigned int flags = NEIGH_LEARN_OVERRIDE;

	if (where == ON_LINK)
		flags |= NEIGH_LEARN_CREATE;
	/* Believed or not, he gets his answer: it needs no entry. */
	if (arp->sender != 0)
		neigh_learn(dev, arp->sender, arp->sender_lladdr, NEIGH_STALE,
			    flags);
	else
		arp_state_of(dev)->stats.probes_answered++;
	if (answer == ARP_PROXIED)
		arp_proxy_answer(dev, arp, unicast);
	else
		arp_reply(dev, arp->target, arp->sender, arp->sender_lladdr);
}

/* Not for us to answer: what does it say about its sender? */
static enum drop
overhear(struct netdev *dev, const struct arp *arp, enum where where,
	 bool unicast)
{
	const struct net *net = dev->net;
	bool accept =
		net->conf_all.arp_accept || net->conf[dev->ifindex].arp_accept;
	bool gratuitous = is_gratuitous(arp);
	bool is_reply = arp->op == ARP_REPLY;
	enum neigh_state state = NEIGH_STALE;
	unsigned int flags = 0;
	enum drop why;

	/* Only an answer to us proves that we are heard. */
	if (is_reply && unicast)
		state = NEIGH_REACHABLE;
	if (gratuitous)
		flags |= NEIGH_LEARN_OVERRIDE;
	if (accept && where == ON_LINK && (gratuitous || is_reply))
		flags |= NEIGH_LEARN_CREATE;
	why = neigh_learn(dev, arp->sender, arp->sender_lladdr, state, flags);
	/* Requests for others and announcements are the link's daily noise. */
	if (why == DROP_ARP_UNSOLICITED && (!is_reply || gratuitous))
		return DROP_NONE;
	return why;
}

static enum drop
receive(struct netdev *dev, const struct arp *arp, bool unicast)
{
	struct arp_stats *stats = &arp_state_of(dev)->stats;
	enum arp_answer answer = ARP_NOT_OURS;
	enum where where = KNOWN;

	if (arp->sender != 0)
		where = locate(dev, arp->sender);
	if (where == OFF_LINK)
		return DROP_ARP_SENDER_OFFLINK;
	if (arp->op == ARP_REQUEST)
		answer = arp_choose_answer(dev, arp->sender, arp->target);
	if (answer == ARP_OURS || answer == ARP_PROXIED) {
		answer_request(dev, arp, answer, where, unicast);
		return DROP_NONE;
	}
	if (answer == ARP_IGNORED)
		stats->ignored++;
	if (arp->sender == 0)
		return DROP_NONE;
	return overhear(dev, arp, where, unicast);
}

void
arp_input(struct skb *skb)
{
	struct netdev *dev = skb->dev;
	struct arp_stats *stats = &arp_state_of(dev)->stats;
	bool unicast = skb->pkt_type == PKT_HOST;
	struct arp arp;
	enum drop why;

	if (!arp_is_used(dev))
		return skb_drop(skb, DROP_ARP_NOARP);
	why = arp_parse(skb->data, skb_linear_len(skb), &arp);
	if (why != DROP_NONE)
		return skb_drop(skb, why);
	if (arp.op == ARP_REQUEST)
		stats->rx_requests++;
	else
		stats->rx_replies++;
	why = check_sender(dev, &arp);
	if (why == DROP_ARP_CONFLICT)
		arp_defend(dev, &arp);
	else if (why == DROP_NONE)
		arp_probe_heard(dev, &arp);
	if (why == DROP_NONE)
		why = check_target(dev, &arp);
	if (why == DROP_NONE) {
		if (fib_maybe_ours(&dev->net->fib_ours, arp.target))
			dev->net->spoken_ns[dev->ifindex] = dev->net->now_ns;
		why = receive(dev, &arp, unicast);
	}
	if (why != DROP_NONE)
		return skb_drop(skb, why);
	skb_consume(skb);
}

/* ---- interfaces, coming up, going down ---------------------------------- */

void
arp_netdev_event(struct netdev *dev, enum netdev_event event)
{
	const struct net *net = dev->net;
	const struct ifaddr *ifaddr;

	switch (event) {
	case NETDEV_EVENT_UP:
	case NETDEV_EVENT_CARRIER:
		arp_probe_event(dev, false);
		__attribute__((fallthrough));
	case NETDEV_EVENT_ADDR:
		if (!net->conf_all.arp_notify &&
		    !net->conf[dev->ifindex].arp_notify)
			break;
		list_for_each(ifaddr, &dev->addrs, link)
			arp_announce(dev, ifaddr->local);
		break;
	case NETDEV_EVENT_DOWN:
		arp_proxy_forget(dev);
		arp_probe_event(dev, false);
		break;
	case NETDEV_EVENT_UNREGISTER:
		arp_probe_event(dev, true);
		arp_proxy_forget(dev);
		arp_announce_forget(dev);
		break;
	case NETDEV_EVENT_REGISTER:
	case NETDEV_EVENT_MTU:
	case NETDEV_EVENT_RENAME:
	case NETDEV_EVENT_ARP:
	case NETDEV_EVENT_CHANGE: break;
	}
}

void
arp_init(struct net *net)
{
	memset(&net->neigh.arp, 0, sizeof(net->neigh.arp));
	arp_announce_init(net);
	arp_proxy_init(net);
	arp_probe_init(net);
}

void
arp_fini(struct net *net)
{
	arp_announce_fini(net);
	arp_proxy_fini(net);
	arp_probe_fini(net);
}
