/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks through the tables in Linux's order: addresses ascending and, of the
 * prefixes that begin at the same address, the longest first. A place is
 * remembered by its prefix, not by a pointer, so that nothing needs to know of
 * walks when routes change between their pieces.
 */

#include "net/ipv4/fib_walk.h"

#include "net/ipv4/fib_internal.h"

#define BEFORE_FIRST 33u /* as a prefix length: none of this address was seen */

struct walk {
	struct fib *fib;
	struct fib_table *table;
	struct fib_place *place;
	uint32_t budget;
	bool (*visit)(void *ctx, const struct route *route);
	void *ctx;
};

/* The prefix lengths below a limit that occur at an address, as bits. */
static uint64_t
lengths_at(struct fib_table *table, uint32_t dst, uint32_t limit)
{
	struct fib_cursor cursor;
	uint64_t lengths = 0;
	bool more;

	fib_tree_seek(&table->tree, dst, 0, &cursor);
	for (more = fib_cursor_settle(&cursor);
	     more && fib_cursor_dst(&cursor) == dst;
	     more = fib_cursor_next(&cursor))
		if (fib_cursor_len(&cursor) < limit)
			lengths |= 1ull << fib_cursor_len(&cursor);
	return lengths;
}

/* From the prefix where the walk is to the next one. */
static bool
next_prefix(struct walk *walk)
{
	struct fib_place *place = walk->place;
	uint64_t lengths =
		lengths_at(walk->table, place->dst, place->prefix_len);
	struct fib_cursor cursor;

	if (!lengths) {
		fib_tree_seek(&walk->table->tree, place->dst, BEFORE_FIRST,
			      &cursor);
		if (!fib_cursor_settle(&cursor))
			return false;
		place->dst = fib_cursor_dst(&cursor);
		lengths = lengths_at(walk->table, place->dst, BEFORE_FIRST);
	}
	place->prefix_len = (uint8_t)(63 - __builtin_clzll(lengths));
	place->seen = 0;
	return true;
}

/* The routes of the prefix where the walk is that were not seen. False:
 * stop. */
static bool
walk_prefix(struct walk *walk)
{
	struct fib_place *place = walk->place;
	struct fib_cursor cursor;
	uint32_t i = 0, ref;
	bool more;

	fib_tree_seek(&walk->table->tree, place->dst, place->prefix_len,
		      &cursor);
	for (more = fib_cursor_settle(&cursor);
	     more && fib_cursor_is(&cursor, place->dst, place->prefix_len);
	     more = fib_cursor_next(&cursor)) {
		ref = *fib_cursor_ref(&cursor);
		if (fib_ref_is_dead(walk->fib, ref) || i++ < place->seen)
			continue;
		if (!walk->budget)
			return false;
		walk->budget--;
		place->seen++;
		if (!walk->visit(walk->ctx,
				 fib_view(walk->fib,
					  fib_ref_route(walk->fib, ref),
					  walk->table->id, place->dst,
					  place->prefix_len)))
			return false;
	}
	return true;
}

bool
fib_walk(struct net *net, uint32_t table_id, struct fib_place *place,
	 uint32_t budget, bool (*visit)(void *ctx, const struct route *route),
	 void *ctx)
{
	struct walk walk = {
		.fib = net->fib,
		.place = place,
		.budget = budget,
		.visit = visit,
		.ctx = ctx,
	};
	bool here = !place->started;

	list_for_each(walk.table, &net->fib->tables, link) {
		if (table_id && walk.table->id != table_id)
			continue;
		/* On to where the last call stopped. */
		here |= walk.table->id == place->table;
		if (!here)
			continue;
		if (!place->started || walk.table->id != place->table)
			*place = (struct fib_place){
				.started = true,
				.table = walk.table->id,
				.prefix_len = BEFORE_FIRST,
			};
		do
			if (!walk_prefix(&walk))
				return true;
		while (next_prefix(&walk));
	}
	return false;
}

void
fib_for_each(struct net *net, uint32_t table,
	     bool (*visit)(void *ctx, const struct route *route), void *ctx)
{
	struct fib_place place = { 0 };

	(void)fib_walk(net, table, &place, UINT32_MAX, visit, ctx);
}
