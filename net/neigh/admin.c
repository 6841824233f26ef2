/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours from the operator's side: entries set, deleted, flushed; tunables;
 * and what an interface's fate does to its entries. Set-up code, which may walk
 * the whole table.
 */

#include "net/neigh/internal.h"

void
neigh_param_get(const struct netdev *dev, struct neigh_param *param)
{
	const struct neigh_table *table = &dev->net->neigh;
	const uint32_t *own = (const uint32_t *)&table->dev_param[dev->ifindex];
	uint32_t *value = (uint32_t *)param;

	*param = table->param;
	for (uint32_t i = 0; i < sizeof(*param) / sizeof(*value); i++)
		if (own[i] != NEIGH_PARAM_UNSET)
			value[i] = own[i];
}

static bool
may_set(enum neigh_state state)
{
	return state == NEIGH_PERMANENT || state == NEIGH_NOARP ||
	       state == NEIGH_REACHABLE || state == NEIGH_STALE ||
	       state == NEIGH_DELAY || state == NEIGH_PROBE ||
	       state == NEIGH_FAILED;
}

/* The operator's word, which overrules whatever there is. */
static void
set(struct neigh *n, const uint8_t *lladdr, enum neigh_state state)
{
	if (state == NEIGH_FAILED) {
		neigh_fail(n);
		return;
	}
	n->proven = true;
	neigh_update(n, lladdr, state);
	if (state == NEIGH_PROBE)
		neigh_solicit(n);
}

enum status
neigh_set(struct net *net, struct netdev *dev, uint32_t addr,
	  const uint8_t *lladdr, enum neigh_state state, bool create,
	  bool exclusive)
{
	struct neigh *n = neigh_find(net, dev, addr);

	if (!may_set(state))
		return ERR_INVAL;
	if (n && exclusive)
		return ERR_EXIST;
	if (!n && !create)
		return ERR_NOENT;
	if (!lladdr && state != NEIGH_FAILED) {
		if (!n || !neigh_is_valid(n))
			return ERR_INVAL;
		lladdr = n->lladdr;
	}
	if (!n)
		n = neigh_create(dev, addr, NEIGH_FOR_OPERATOR);
	if (!n)
		return ERR_NOMEM;
	set(n, lladdr, state);
	return OK;
}

/* What was known of it is so no more. */
static void
forget(struct neigh *n)
{
	const struct neigh_ops *ops = neigh_table_of(n)->ops;
	struct netdev *dev = n->dev;
	uint32_t addr = n->addr;
	bool silent = n->silent;

	neigh_destroy(n);
	if (silent && ops->gateway)
		ops->gateway(dev, addr, false);
}

enum status
neigh_delete(struct net *net, struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_find(net, dev, addr);

	if (!n)
		return ERR_NOENT;
	forget(n);
	return OK;
}

/* Ends all entries of dev (NULL: all) but those whose state is in spared. */
static uint32_t
flush(struct net *net, const struct netdev *dev, uint32_t spared)
{
	struct neigh *n, *next;
	uint32_t count = 0;

	for (uint32_t i = 0; i < NEIGH_BUCKETS; i++) {
		for (n = net->neigh.bucket[i]; n; n = next) {
			next = n->hash_next;
			if ((dev && n->dev != dev) || spared >> n->state & 1)
				continue;
			forget(n);
			count++;
		}
	}
	return count;
}

uint32_t
neigh_flush(struct net *net, struct netdev *dev)
{
	return flush(net, dev, 1u << NEIGH_PERMANENT | 1u << NEIGH_NOARP);
}

void
neigh_netdev_event(struct netdev *dev, enum netdev_event event)
{
	struct net *net = dev->net;

	switch (event) {
	case NETDEV_EVENT_REGISTER:
		memset(&net->neigh.dev_param[dev->ifindex], 0xff,
		       sizeof(struct neigh_param));
		break;
	case NETDEV_EVENT_UNREGISTER:
		flush(net, dev, 0);
		neigh_park_forget(&net->neigh, dev);
		break;
	case NETDEV_EVENT_DOWN:
	/* What was found by ARP is nothing without it, and the reverse. */
	case NETDEV_EVENT_ARP:
	case NETDEV_EVENT_ADDR: flush(net, dev, 0); break;
	case NETDEV_EVENT_CARRIER:
		if (!dev->carrier && net->conf_all.arp_evict_nocarrier &&
		    net->conf[dev->ifindex].arp_evict_nocarrier)
			flush(net, dev, 1u << NEIGH_PERMANENT);
		break;
	case NETDEV_EVENT_UP:
	case NETDEV_EVENT_MTU:
	case NETDEV_EVENT_RENAME:
	case NETDEV_EVENT_CHANGE: break;
	}
	arp_netdev_event(dev, event);
}
