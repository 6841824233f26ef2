/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that wait for a link-layer address, on the entry of their next hop.
 * Bounded for each entry (unres_qlen, unres_qlen_bytes) and, so that a scan
 * cannot drain the packet pool, all together. In both cases the oldest gives
 * way: the latest packet to each destination is the one likeliest to be wanted.
 * [RFC1122 2.3.2.2] [RFC1812 3.3.2]
 */

#include "net/explain/explain.h"
#include "net/neigh/internal.h"

#define POOL_SHARE 8u /* parked packets may take this part of the packet pool */

/* Elements of the packet pool that a packet consists of. */
static uint32_t
element_count(const struct skb *skb)
{
	uint32_t count = 1;

	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		count++;
	return count;
}

static struct skb *
unpark_oldest(struct neigh_table *table, struct neigh *n)
{
	struct skb *skb = skb_queue_pop(&n->parked);

	table->parked_count -= element_count(skb);
	if (n->parked.count == 0)
		list_remove(&n->parked_link);
	return skb;
}

static void
drop_oldest(struct neigh_table *table, struct neigh *n, enum drop reason)
{
	table->unresolved_discards++;
	skb_drop(unpark_oldest(table, n), reason);
}

/* Can a packet of this length be parked on dev at all? */
static bool
queue_takes(const struct netdev *dev, uint32_t len)
{
	struct neigh_param param;

	neigh_param_get(dev, &param);
	return param.unres_qlen > 0 && len <= param.unres_qlen_bytes;
}

/* Room in n's own queue. */
static void
queue_make_room(struct neigh_table *table, struct neigh *n, uint32_t len)
{
	struct neigh_param param;

	neigh_param_get(n->dev, &param);
	while (n->parked.count >= param.unres_qlen ||
	       n->parked.len > param.unres_qlen_bytes - len)
		drop_oldest(table, n, DROP_NEIGH_QUEUEFULL);
}

/* Elements that all parked packets may take. */
static uint32_t
share_of(const struct netdev *dev)
{
	return net_this_core(dev->net)->skb_pool.total_count / POOL_SHARE;
}

/* Room among all that are parked: the entry that waits longest gives way. */
static void
share_make_room(struct neigh_table *table, uint32_t share, uint32_t count)
{
	while (table->parked_count > share - count)
		drop_oldest(table,
			    list_entry(table->parked.next, struct neigh,
				       parked_link),
			    DROP_NEIGH_SHARE);
}

/* However much gave way, would there be no room? */
static enum drop
refuse(const struct netdev *dev, const struct skb *skb)
{
	if (!queue_takes(dev, skb->len))
		return DROP_NEIGH_QUEUEFULL;
	return element_count(skb) > share_of(dev) ? DROP_NEIGH_SHARE
						  : DROP_NONE;
}

void
neigh_park_dry(struct netdev *dev, uint32_t addr, struct skb *skb)
{
	enum drop why = refuse(dev, skb);

	if (why != DROP_NONE)
		return skb_drop(skb, why);
	explain_parked(dev->net->explain, dev, addr, skb);
	explain_forget(skb);
}

void
neigh_park(struct neigh *n, struct skb *skb)
{
	struct neigh_table *table = neigh_table_of(n);
	uint32_t count = element_count(skb);
	enum drop why = refuse(n->dev, skb);

	if (why != DROP_NONE) {
		table->unresolved_discards++;
		return skb_drop(skb, why);
	}
	if (explain_is_dry(n->dev->net))
		return neigh_park_dry(n->dev, n->addr, skb);
	queue_make_room(table, n, skb->len);
	share_make_room(table, share_of(n->dev), count);
	if (unlikely(n->dev->net->explain != NULL))
		explain_parked(n->dev->net->explain, n->dev, n->addr, skb);
	/* Who tells the sender wants a device: ours leave by this one. */
	if (!skb->dev)
		skb->dev = n->dev;
	if (n->parked.count == 0)
		list_add_last(&table->parked, &n->parked_link);
	skb_queue_push(&n->parked, skb);
	table->parked_count += count;
}

struct skb_queue
neigh_unpark(struct neigh *n)
{
	struct neigh_table *table = neigh_table_of(n);
	struct skb_queue parked = n->parked;

	for (const struct skb *skb = parked.first; skb; skb = skb->next)
		table->parked_count -= element_count(skb);
	skb_queue_init(&n->parked);
	list_remove(&n->parked_link);
	return parked;
}

void
neigh_park_forget(struct neigh_table *table, const struct netdev *gone)
{
	struct neigh *n;

	list_for_each(n, &table->parked, parked_link)
		for (struct skb *skb = n->parked.first; skb; skb = skb->next)
			if (skb->dev == gone)
				skb->dev = n->dev;
}

void
neigh_park_check(const struct neigh_table *table)
{
	uint32_t count = 0;
	const struct neigh *n;

	list_for_each(n, &table->parked, parked_link) {
		assert(n->parked.count > 0);
		for (const struct skb *skb = n->parked.first; skb;
		     skb = skb->next)
			count += element_count(skb);
	}
	assert(count == table->parked_count);
}
