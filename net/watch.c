/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is told of changes: interfaces, addresses, routes, neighbours, rules and
 * next hops tell from here whoever watches, at once, by a call. Nobody watches
 * usually, and packets tell nothing. State: net->watchers.
 */

#include "net/net.h"

/* A watcher may leave while it is told. */
#define tell(net, member, ...)                                                 \
	do {                                                                   \
		struct net_watcher *w_, *after_;                               \
                                                                               \
		list_for_each_safe(w_, after_, &(net)->watchers, link)         \
			if (w_->member)                                        \
				w_->member(w_, __VA_ARGS__);                   \
	} while (0)

void
watch_netdev(struct netdev *dev, enum netdev_event event)
{
	tell(dev->net, netdev, dev, event);
}

void
watch_neigh(const struct neigh *neigh, bool removed)
{
	tell(neigh->dev->net, neigh, neigh, removed);
}

void
watch_addr(const struct ifaddr *addr, bool removed)
{
	tell(addr->dev->net, addr, addr, removed);
}

void
watch_route(struct net *net, const struct route *route, bool removed)
{
	tell(net, route, route, removed);
}

void
watch_rule(struct net *net, const struct rule *rule, bool removed)
{
	tell(net, rule, rule, removed);
}

void
watch_nexthop(struct net *net, const struct nexthop_object *object,
	      bool removed)
{
	tell(net, nexthop, object, removed);
}
