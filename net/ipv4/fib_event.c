/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to routes when interfaces and addresses come and go, as Linux
 * has it: an interface that goes down takes its routes with it, but for those
 * of the box's own addresses; a lost carrier only marks them; a multipath route
 * lives while one of its next hops does; an address that is removed takes the
 * routes along that prefer it as source. What dies is first marked, which takes
 * no memory and holds at once, and then removed from the tables.
 */

#include "net/ipv4/fib_internal.h"

#define LINK_FLAGS (NEXTHOP_LINKDOWN | NEXTHOP_RESTS)

/* ---- interfaces -------------------------------------------------------- */

static void
netdev_down_event(struct fib *fib, struct netdev *dev, bool leaves)
{
	if (fib_nexthops_down(fib, dev, NEXTHOP_DEAD | NEXTHOP_LINKDOWN, leaves,
			      leaves))
		fib_flush(fib);
}

void
fib_netdev_event(struct netdev *dev, enum netdev_event event)
{
	struct fib *fib = dev->net->fib;

	rule_netdev_event(dev, event);
	nexthop_netdev_event(dev, event);
	switch (event) {
	case NETDEV_EVENT_UP:
		fib_nexthops_up(fib, dev,
				NEXTHOP_DEAD | (dev->carrier ? LINK_FLAGS : 0));
		if (!dev->carrier)
			fib_nexthops_down(fib, dev, fib_link_flags(dev), false,
					  false);
		addr_netdev_event(dev, event);
		break;
	case NETDEV_EVENT_DOWN: netdev_down_event(fib, dev, false); break;
	case NETDEV_EVENT_UNREGISTER:
		addr_netdev_event(dev, event);
		netdev_down_event(fib, dev, true);
		break;
	case NETDEV_EVENT_CARRIER:
		if (dev->carrier && netdev_is_up(dev))
			fib_nexthops_up(fib, dev, LINK_FLAGS);
		else if (!dev->carrier)
			fib_nexthops_down(fib, dev, fib_link_flags(dev), false,
					  false);
		break;
	default: break;
	}
}

bool
fib_waits_for(const struct netdev *dev)
{
	struct route_info *info = NULL;
	uint32_t i = 0;

	while (!netdev_is_up(dev) && fib_next_info(dev->net->fib, &i, &info)) {
		const struct route *route = &info->route;

		for (uint32_t j = 0; j < route->nexthop_count; j++)
			if (route->nexthop[j].dev == dev && !info->dead &&
			    route->nexthop_count > 1)
				return true;
	}
	return false;
}

void
fib_addresses_gone(struct netdev *dev)
{
	struct fib *fib = dev->net->fib;

	if (fib_nexthops_down(fib, dev, NEXTHOP_DEAD | NEXTHOP_LINKDOWN, true,
			      false))
		fib_flush(fib);
}

void
fib_address_removed(struct net *net, uint32_t local)
{
	if (fib_source_down(net->fib, local))
		fib_flush(net->fib);
}

void
fib_rest_update(struct net *net)
{
	struct netdev *dev;

	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = net->netdev[i];
		if (!dev || dev->carrier || !netdev_is_up(dev))
			continue;
		fib_nexthops_up(net->fib, dev, LINK_FLAGS);
		fib_nexthops_down(net->fib, dev, fib_link_flags(dev), false,
				  false);
		nexthop_netdev_event(dev, NETDEV_EVENT_CARRIER);
	}
}
