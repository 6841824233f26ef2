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

/* Routes longer than this are flushed a block of that size at a time. */
#define BLOCK_LEN 16u

static bool
is_dead(const struct fib *fib, uint32_t ref)
{
	return (ref & FIB_REF_MASKED) ||
	       route_info_of(fib_ref_route(fib, ref))->dead;
}

/* On to the next dead route from (dst, len) on. */
static bool
find_dead(const struct fib *fib, struct fib_table *table, uint32_t dst,
	  uint8_t len, struct fib_cursor *cursor)
{
	bool more;

	fib_tree_seek(&table->tree, dst, len, cursor);
	more = fib_cursor_settle(cursor);
	while (more && !is_dead(fib, *fib_cursor_ref(cursor)))
		more = fib_cursor_next(cursor);
	return more;
}

static bool
in_block(uint32_t dst, uint32_t block)
{
	return !((dst ^ block) & fib_mask(BLOCK_LEN));
}

/* Masks what is dead inside a block. */
static void
block_mask(const struct fib *fib, struct fib_table *table, uint32_t block)
{
	struct fib_cursor cursor;
	uint32_t *ref;
	bool more;

	fib_tree_seek(&table->tree, block, BLOCK_LEN + 1, &cursor);
	for (more = fib_cursor_settle(&cursor);
	     more && in_block(fib_cursor_dst(&cursor), block);
	     more = fib_cursor_next(&cursor)) {
		ref = fib_cursor_ref(&cursor);
		if (fib_cursor_len(&cursor) > BLOCK_LEN && is_dead(fib, *ref))
			*ref |= FIB_REF_MASKED;
	}
}

static void
block_drop(struct fib *fib, struct fib_table *table, uint32_t block)
{
	struct fib_cursor cursor;
	uint32_t dst = block;
	uint8_t len = BLOCK_LEN + 1;

	while (find_dead(fib, table, dst, len, &cursor) &&
	       in_block(fib_cursor_dst(&cursor), block)) {
		dst = fib_cursor_dst(&cursor);
		len = fib_cursor_len(&cursor);
		fib_entry_drop(fib, &cursor);
	}
}

/* One rebuild for all that is dead in a block. */
static bool
block_flush(struct fib *fib, struct fib_table *table, uint32_t block)
{
	struct fib_change change;

	block_mask(fib, table, block);
	fib_change_begin(&change, &fib->mem, true);
	fib_update(fib, table, block, BLOCK_LEN, &change);
	if (change.failed) {
		fib_change_abort(&change);
		fib->flush_pending = true;
		return false;
	}
	fib_commit(fib, &change);
	block_drop(fib, table, block);
	return true;
}

static void
table_flush(struct fib *fib, struct fib_table *table)
{
	struct fib_cursor cursor;
	uint32_t dst = 0;
	uint8_t len = 0;

	while (find_dead(fib, table, dst, len, &cursor)) {
		dst = fib_cursor_dst(&cursor);
		len = fib_cursor_len(&cursor);
		if (len <= BLOCK_LEN) {
			if (!fib_entry_delete(fib, table, &cursor))
				len++;
		} else if (!block_flush(fib, table,
					dst & fib_mask(BLOCK_LEN))) {
			dst |= ~fib_mask(BLOCK_LEN);
			len = 33;
		}
	}
}

void
fib_flush(struct fib *fib)
{
	struct fib_table *table;

	fib->flush_pending = false;
	list_for_each(table, &fib->tables, link)
		table_flush(fib, table);
}

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
	switch (event) {
	case NETDEV_EVENT_UP:
		fib_nexthops_up(fib, dev,
				NEXTHOP_DEAD |
					(dev->carrier ? NEXTHOP_LINKDOWN : 0));
		addr_netdev_event(dev, event);
		break;
	case NETDEV_EVENT_DOWN: netdev_down_event(fib, dev, false); break;
	case NETDEV_EVENT_UNREGISTER:
		addr_netdev_event(dev, event);
		netdev_down_event(fib, dev, true);
		break;
	case NETDEV_EVENT_CARRIER:
		if (dev->carrier && netdev_is_up(dev))
			fib_nexthops_up(fib, dev, NEXTHOP_LINKDOWN);
		else if (!dev->carrier)
			fib_nexthops_down(fib, dev, NEXTHOP_LINKDOWN, false,
					  false);
		break;
	default: break;
	}
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
