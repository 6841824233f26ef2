/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this box says by ARP: requests, replies, announcements of its addresses
 * and their defence. Packets go to eth_output(); the state is part of struct
 * arp_state. [RFC826] [RFC5227 2.1.1, 2.3, 2.4] [RFC1122 2.3.2]
 */

#include "net/arp/internal.h"

#define ANNOUNCE_INTERVAL_NS 2000000000ull  /* [RFC5227 1.1] */
#define DEFEND_INTERVAL_NS   10000000000ull /* [RFC5227 1.1] */

/* ---- sending ------------------------------------------------------------ */

/* True if it was handed to the device. */
static bool
send(struct netdev *dev, const struct arp *arp, const uint8_t *dst)
{
	struct skb *skb;

	if (!netdev_is_running(dev) || !arp_is_used(dev))
		return false;
	skb = skb_alloc(&net_this_core(dev->net)->skb_pool);
	if (!skb) {
		arp_state_of(dev)->stats.tx_nomem++;
		return false;
	}
	arp_emit(arp, skb_put(skb, ARP_LEN));
	skb_set_network(skb);
	skb->protocol = ETHERTYPE_ARP;
	eth_output(skb, dev, dst, ETHERTYPE_ARP);
	return true;
}

void
arp_request(struct netdev *dev, uint32_t target, uint32_t source,
	    const uint8_t *lladdr)
{
	struct arp_stats *stats = &arp_state_of(dev)->stats;
	/* The target's hardware address is what is asked for: zero.
	 * [RFC5227 2.1.1, 2.3] */
	struct arp arp = {
		.op = ARP_REQUEST,
		.sender = source,
		.target = target,
	};

	memcpy(arp.sender_lladdr, dev->addr, ETH_ADDR_LEN);
	if (!send(dev, &arp, lladdr ? lladdr : eth_broadcast))
		return;
	stats->tx_requests++;
	if (source == 0)
		stats->tx_probes++;
	else if (source == target)
		stats->tx_announcements++;
}

void
arp_claim(struct netdev *dev, uint32_t addr)
{
	struct arp arp = { .op = ARP_REPLY, .sender = addr, .target = addr };

	memcpy(arp.sender_lladdr, dev->addr, ETH_ADDR_LEN);
	memcpy(arp.target_lladdr, eth_broadcast, ETH_ADDR_LEN);
	if (send(dev, &arp, eth_broadcast))
		arp_state_of(dev)->stats.tx_announcements++;
}

void
arp_reply(struct netdev *dev, uint32_t target, uint32_t asker,
	  const uint8_t *asker_lladdr)
{
	struct arp arp = {
		.op = ARP_REPLY,
		.sender = target,
		.target = asker,
	};

	memcpy(arp.sender_lladdr, dev->addr, ETH_ADDR_LEN);
	memcpy(arp.target_lladdr, asker_lladdr, ETH_ADDR_LEN);
	if (send(dev, &arp, asker_lladdr))
		arp_state_of(dev)->stats.tx_replies++;
}

uint32_t
arp_source(struct netdev *dev, uint32_t target, const struct skb *waiting)
{
	struct net *net = dev->net;
	uint32_t mode = max_of(net->conf_all.arp_announce,
			       net->conf[dev->ifindex].arp_announce);
	const struct ifaddr *ifaddr;
	uint32_t source = 0;

	if (waiting && mode < 2 &&
	    skb_linear_len(waiting) >= sizeof(struct wire_ipv4)) {
		const struct wire_ipv4 *wire = (const void *)waiting->data;

		source = be32_get(wire->src);
		if (!addr_find(net, source))
			source = 0;
	}
	if (source && mode == 0)
		return source;
	if (source)
		list_for_each(ifaddr, &dev->addrs, link)
			if (arp_in_subnet(ifaddr, target) &&
			    arp_in_subnet(ifaddr, source))
				return source;
	return addr_select(dev, target, SCOPE_LINK);
}

/* ---- announcing --------------------------------------------------------- */

static void
announcements_arm(struct net *net)
{
	struct arp_state *state = &net->neigh.arp;

	if (state->announcement_count > 0)
		timer_arm(
			&net_this_core(net)->timers, &state->announce_timer,
			state->announcement[state->announcement_first].due_ns);
}

static void
announce_again(struct timer *timer, uint64_t now_ns)
{
	struct arp_state *state =
		container_of(timer, struct arp_state, announce_timer);
	struct net *net = container_of(state, struct net, neigh.arp);
	const struct arp_announcement *next;
	struct netdev *dev;

	while (state->announcement_count > 0) {
		next = &state->announcement[state->announcement_first];
		if (next->due_ns > now_ns)
			break;
		state->announcement_first =
			(state->announcement_first + 1) % ARP_ANNOUNCEMENTS_MAX;
		state->announcement_count--;
		dev = net->netdev[next->ifindex];
		if (dev && arp_has_address(dev, next->addr))
			arp_request(dev, next->addr, next->addr, NULL);
	}
	announcements_arm(net);
}

void
arp_announce(struct netdev *dev, uint32_t addr)
{
	struct arp_state *state = arp_state_of(dev);
	uint32_t last;

	if (addr == 0 || !netdev_is_running(dev) || !arp_is_used(dev))
		return;
	arp_request(dev, addr, addr, NULL);
	/* Told once, if so many were added in two seconds. */
	if (state->announcement_count == ARP_ANNOUNCEMENTS_MAX)
		return;
	last = (state->announcement_first + state->announcement_count++) %
	       ARP_ANNOUNCEMENTS_MAX;
	state->announcement[last] = (struct arp_announcement){
		.addr = addr,
		.ifindex = dev->ifindex,
		.due_ns = dev->net->now_ns + ANNOUNCE_INTERVAL_NS,
	};
	if (!state->announce_timer.armed)
		announcements_arm(dev->net);
}

/* ---- defending ---------------------------------------------------------- */

/* The slot for addr, a new one if need be; NULL: too many conflicts at once. */
static struct arp_conflict *
conflict_slot(struct netdev *dev, uint32_t addr)
{
	struct arp_conflict *slot, *found = NULL;

	for (uint32_t i = 0; i < ARP_CONFLICTS_MAX; i++) {
		slot = &arp_state_of(dev)->conflict[i];
		if (slot->addr == addr && slot->ifindex == dev->ifindex)
			return slot;
		if (slot->addr == 0 ||
		    dev->net->now_ns - slot->defended_ns >= DEFEND_INTERVAL_NS)
			found = slot;
	}
	if (found)
		*found = (struct arp_conflict){ .addr = addr,
						.ifindex = dev->ifindex };
	return found;
}

/*
 * A router keeps its addresses: it says so, once in DEFEND_INTERVAL, and tells
 * the operator. [RFC5227 2.4 (c)]
 */
void
arp_defend(struct netdev *dev, const struct arp *arp)
{
	struct arp_state *state = arp_state_of(dev);
	struct arp_conflict *conflict;
	uint64_t now = dev->net->now_ns;

	state->stats.conflicts++;
	if (!arp_has_address(dev, arp->sender))
		return;
	conflict = conflict_slot(dev, arp->sender);
	if (!conflict)
		return;
	memcpy(conflict->lladdr, arp->sender_lladdr, ETH_ADDR_LEN);
	if (conflict->count++ > 0 &&
	    now - conflict->defended_ns < DEFEND_INTERVAL_NS)
		return;
	conflict->defended_ns = now;
	state->stats.defences++;
	log_warn("%s: %pM uses our address %pI4", dev->name, arp->sender_lladdr,
		 &arp->sender);
	arp_request(dev, arp->sender, arp->sender, NULL);
}

/* ---- coming up, going down ---------------------------------------------- */

void
arp_announce_forget(struct netdev *dev)
{
	struct arp_conflict *conflict;

	for (uint32_t i = 0; i < ARP_CONFLICTS_MAX; i++) {
		conflict = &arp_state_of(dev)->conflict[i];
		if (conflict->ifindex == dev->ifindex)
			*conflict = (struct arp_conflict){ 0 };
	}
}

void
arp_announce_init(struct net *net)
{
	timer_init(&net->neigh.arp.announce_timer, announce_again);
}

void
arp_announce_fini(struct net *net)
{
	timer_cancel(&net_this_core(net)->timers,
		     &net->neigh.arp.announce_timer);
}
