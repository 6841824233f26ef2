/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeping the lookup structures in step with the trees. Normally each change of
 * a tree is followed at once by the change of a node or two. When there is no
 * memory for these, or when so many routes die at once that it would hold up
 * the packets, the lookups are stale for a while: every packet is routed by the
 * trees, which are always right, and what has changed is noted by blocks of /16
 * and caught up with, some blocks a turn.
 */

#include "net/ipv4/fib_internal.h"

/* Routes of a table from which on its own lookup has a root of 16 bits. */
#define BIG_ROOT_AT 2048u

/* Steps of a turn while stale: one is to look at a route, some nanoseconds. */
#define TURN_WORK  32768u
#define DROP_WORK  16u /* removing a route from its tree */
#define BLOCK_WORK 64u /* updating a block */

static bool
finish(struct fib *fib, struct fib_change *change)
{
	if (unlikely(change->failed)) {
		fib_change_abort(change);
		return false;
	}
	fib_change_commit(change);
	net_ways_changed(fib->net);
	fib->lookup_len += (uint64_t)change->lookup_len;
	return true;
}

/* ---- at once ----------------------------------------------------------- */

/* A default route is not in the blocks unless it decides about other tables. */
static bool
is_in_blocks(const struct fib *fib, const struct fib_table *table, uint8_t len)
{
	return len > 0 ||
	       (table->merged &&
		fib_lookup_default_matters(&fib->merged, &table->tree));
}

static void
note_dirty(struct fib *fib, const struct fib_table *table, uint32_t addr,
	   uint8_t len)
{
	uint32_t first = addr >> (32 - FIB_BLOCK_LEN);
	uint32_t count = len < FIB_BLOCK_LEN ? 1u << (FIB_BLOCK_LEN - len) : 1;

	fib_mode(fib, fib->ruled, true);
	if (!is_in_blocks(fib, table, len))
		return;
	for (uint32_t i = first; i < first + count; i++) {
		fib->dirty_count += !(fib->dirty[i / 64] >> (i % 64) & 1);
		fib->dirty[i / 64] |= 1ull << (i % 64);
	}
}

void
fib_update(struct fib *fib, struct fib_table *table, uint32_t addr, uint8_t len)
{
	struct fib_change change;

	if (unlikely(fib->stale)) {
		note_dirty(fib, table, addr, len);
		return;
	}
	fib_change_begin(&change, &fib->mem, &fib->retired);
	if (table->merged)
		fib_lookup_update(&fib->sweep, &fib->merged, &table->tree, addr,
				  len, &change);
	if (table->lookup)
		fib_lookup_update(&fib->sweep, table->lookup, &table->tree,
				  addr, len, &change);
	if (unlikely(!finish(fib, &change)))
		note_dirty(fib, table, addr, len);
}

enum status
fib_build_merged(struct fib *fib)
{
	struct fib_layer *layer = fib->merged.layer;
	struct fib_change change;

	fib_change_begin(&change, &fib->mem, &fib->retired);
	fib_lookup_init(&fib->merged, 16, &change);
	fib->merged.layer_count = 3;
	layer[0] = (struct fib_layer){ &fib->local.tree, false };
	layer[1] = (struct fib_layer){ &fib->main.tree, true };
	layer[2] = (struct fib_layer){ &fib->last_resort.tree, true };
	fib_lookup_build(&fib->sweep, &fib->merged, &change);
	return finish(fib, &change) ? OK : ERR_NOMEM;
}

enum status
fib_build_table(struct fib *fib, struct fib_table *table)
{
	uint32_t bits = table->tree.count < BIG_ROOT_AT ? 8 : 16;
	struct fib_lookup *lookup;
	struct fib_change change;

	if (table->lookup && table->lookup->bits == bits)
		return OK;
	fib_change_begin(&change, &fib->mem, &fib->retired);
	lookup = fib_change_build(&change, sizeof(*lookup));
	if (lookup) {
		fib_lookup_init(lookup, bits, &change);
		lookup->layer_count = 1;
		lookup->layer[0] = (struct fib_layer){ &table->tree, true };
		fib_lookup_build(&fib->sweep, lookup, &change);
	}
	if (table->lookup) {
		fib_lookup_retire(table->lookup, &change);
		fib_change_retire(&change, table->lookup, sizeof(*lookup));
	}
	fib_change_point(&change, &table->lookup, lookup);
	return finish(fib, &change) ? OK : ERR_NOMEM;
}

/* ---- later ------------------------------------------------------------- */

/* On to the next dead route from where the flush is. False: the table's end, or
 * the end of this turn's work. */
static bool
find_dead(struct fib *fib, struct fib_table *table, struct fib_cursor *cursor,
	  uint32_t *work)
{
	bool more;

	fib_tree_seek(&table->tree, fib->flush_dst, fib->flush_len, cursor);
	more = fib_cursor_settle(cursor);
	while (more && *work > 0 &&
	       !fib_ref_is_dead(fib, *fib_cursor_ref(cursor))) {
		*work -= 1;
		more = fib_cursor_next(cursor);
	}
	if (!more)
		return false;
	fib->flush_dst = fib_cursor_dst(cursor);
	fib->flush_len = fib_cursor_len(cursor);
	return *work > 0;
}

static void
flush_table(struct fib *fib, struct fib_table *table, uint32_t *work)
{
	struct fib_cursor cursor;

	while (find_dead(fib, table, &cursor, work)) {
		fib_entry_flush(fib, table, &cursor);
		note_dirty(fib, table, fib->flush_dst, fib->flush_len);
		*work -= min_of(*work, DROP_WORK);
	}
}

/* Removes dead routes, table by table, from where the last turn stopped. */
static void
go_on_flushing(struct fib *fib, uint32_t *work)
{
	struct fib_table *table;

	list_for_each(table, &fib->tables, link) {
		if (table->flushed)
			continue;
		flush_table(fib, table, work);
		if (*work == 0)
			return;
		table->flushed = true;
		fib->flush_dst = fib->flush_len = 0;
	}
	fib->flushing = false;
}

static bool
update_block(struct fib *fib, uint32_t block)
{
	uint32_t addr = block << (32 - FIB_BLOCK_LEN);
	struct fib_change change;
	struct fib_table *table;

	fib_change_begin(&change, &fib->mem, &fib->retired);
	fib_lookup_update_block(&fib->sweep, &fib->merged, addr, FIB_BLOCK_LEN,
				&change);
	list_for_each(table, &fib->tables, link)
		if (table->lookup)
			fib_lookup_update_block(&fib->sweep, table->lookup,
						addr, FIB_BLOCK_LEN, &change);
	return finish(fib, &change);
}

static bool
update_defaults(struct fib *fib)
{
	struct fib_change change;
	struct fib_table *table;

	fib_change_begin(&change, &fib->mem, &fib->retired);
	fib_lookup_update_default(&fib->sweep, &fib->merged, &change);
	list_for_each(table, &fib->tables, link)
		if (table->lookup)
			fib_lookup_update_default(&fib->sweep, table->lookup,
						  &change);
	return finish(fib, &change);
}

/* False: no memory; the block stays dirty. */
static bool
go_on_updating(struct fib *fib, uint32_t *work)
{
	for (uint32_t word = 0; fib->dirty_count > 0 && *work > 0; word++) {
		while (fib->dirty[word] && *work > 0) {
			uint32_t bit =
				(uint32_t)__builtin_ctzll(fib->dirty[word]);

			if (!update_block(fib, word * 64 + bit))
				return false;
			fib->dirty[word] &= fib->dirty[word] - 1;
			fib->dirty_count--;
			*work -= min_of(*work, BLOCK_WORK);
		}
	}
	return true;
}

bool
fib_catch_up(struct fib *fib)
{
	uint32_t work = TURN_WORK;

	if (fib->flushing)
		go_on_flushing(fib, &work);
	if (fib->flushing)
		return true;
	if (fib->batch || !go_on_updating(fib, &work))
		return false;
	if (fib->dirty_count > 0)
		return true;
	fib_mode(fib, fib->ruled, !update_defaults(fib));
	return false;
}

void
fib_batch_begin(struct net *net)
{
	net->fib->batch = true;
	fib_mode(net->fib, net->fib->ruled, true);
}

void
fib_batch_end(struct net *net)
{
	net->fib->batch = false;
	while (fib_catch_up(net->fib))
		;
}

void
fib_flush(struct fib *fib)
{
	struct fib_table *table;

	fib->flushing = true;
	fib_mode(fib, fib->ruled, true);
	list_for_each(table, &fib->tables, link)
		table->flushed = false;
	fib->flush_dst = fib->flush_len = 0;
	(void)fib_catch_up(fib);
}
