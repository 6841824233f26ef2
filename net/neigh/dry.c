/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of dry runs (net/explain/dry.h) that have no link-layer address to go
 * to yet. Where output.c would make, change or fill an entry, this says so
 * instead. Counts in struct neigh_table may change, entries not.
 */

#include "net/explain/explain.h"
#include "net/neigh/internal.h"

bool
neigh_dry_found(struct netdev *dev, uint32_t addr, struct neigh **n,
		struct skb *skb)
{
	struct explain *explain = dev->net->explain;

	if (*n && explain_is_gone(explain, *n))
		*n = NULL;
	if (!explain_is_made(explain, neigh_key(dev, addr)))
		return false;
	if (!neigh_may_solicit(dev)) {
		/* It was made, and FAILED: nobody is ever asked there. */
		skb_drop(skb, DROP_NEIGH_FAILED);
		return true;
	}
	explain_note(dev->net, NEIGH_WAITS, addr, 1);
	neigh_park_dry(dev, addr, skb);
	return true;
}

void
neigh_dry_ask(struct netdev *dev, uint32_t addr, struct neigh *n,
	      enum neigh_claimant who, struct skb *skb)
{
	struct net *net = dev->net;

	if (!n && !neigh_think_created(dev, who))
		return skb_drop(skb, DROP_NEIGH_CREATEFAIL);
	if (!neigh_may_solicit(dev)) {
		/* It is FAILED at once, and soon to make room. */
		if (!n) {
			net->neigh.rank_count[NEIGH_RANK_ASKING]--;
			net->neigh.dry_failed += who < NEIGH_FOR_GATEWAY;
			explain_think_made(net->explain, neigh_key(dev, addr));
		}
		return skb_drop(skb, DROP_NEIGH_FAILED);
	}
	if (n) {
		explain_note(net, NEIGH_AGAIN, addr);
		explain_think_made(net->explain, n->key);
		neigh_dry_move(n, NEIGH_RANK_ASKING);
	} else {
		explain_note(net, NEIGH_ASK, addr);
		explain_think_made(net->explain, neigh_key(dev, addr));
	}
	if (!n || !neigh_asked_lately(n)) {
		explain_enter(net->explain);
		arp_request(dev, addr, arp_source(dev, addr, skb), NULL);
		explain_leave(net->explain);
	}
	neigh_park_dry(dev, addr, skb);
}
