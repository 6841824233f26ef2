/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much there is in the tables, and the proof that the lookup structure says
 * the same as they do.
 */

#include "net/ipv4/fib_internal.h"

const struct route *
fib_exact(struct net *net, uint32_t id, uint32_t dst, uint8_t prefix_len)
{
	struct fib_table *table = fib_table_find(net->fib, id);
	struct fib_cursor cursor;

	if (!table || !fib_tree_find(&table->tree, dst, prefix_len, &cursor))
		return NULL;
	return fib_view(net->fib,
			fib_ref_route(net->fib, *fib_cursor_ref(&cursor)), id,
			dst, prefix_len);
}

/* A root of 8 bits lies inside a chunk. */
static uint64_t
root_pages_len(const struct fib_lookup *lookup)
{
	return lookup && lookup->bits == 16 ? sizeof(uint32_t) << 16 : 0;
}

void
fib_usage(struct net *net, struct fib_usage *usage)
{
	const struct fib *fib = net->fib;
	uint64_t len = (uint64_t)PAGE_SIZE << pages_order(sizeof(struct fib));
	const struct fib_table *table;

	len += (uint64_t)fib->mem.chunk_count * FIB_CHUNK_LEN;
	len += fib->info_bucket_count * sizeof(*fib->info_bucket);
	len += root_pages_len(&fib->merged);
	list_for_each(table, &fib->tables, link)
		len += root_pages_len(table->lookup);
	*usage = (struct fib_usage){
		.route_count = fib->route_count,
		.route_count_max = fib->route_count_max,
		.lookup_len = fib->lookup_len,
		.route_len = len - fib->lookup_len,
	};
}

/* ---- for tests --------------------------------------------------------- */

struct check {
	struct fib *fib;
	struct fib_table *table; /* NULL: all of them, by the rules */
	const struct fib_lookup *lookup;
	uint64_t next; /* the address that no run has covered yet */
};

/* What the trees say about an address, as the lookup structure puts it. */
static const struct route *
truth(const struct check *check, uint32_t addr, uint8_t tos)
{
	const struct flow flow = { .dst = addr, .tos = tos };
	const struct fib_query query = {
		.flow = &flow,
		.exact = true,
		.rested = true,
	};
	struct fib_result result = { 0 };
	struct fib *fib = check->fib;

	if (check->table)
		(void)fib_table_resolve(fib, check->table, &query, &result);
	else if (!fib_table_resolve(fib, &fib->local, &query, &result) &&
		 !fib_table_resolve(fib, &fib->main, &query, &result))
		(void)fib_table_resolve(fib, &fib->last_resort, &query,
					&result);
	return result.route;
}

static void
check_addr(const struct check *check, uint32_t addr)
{
	uint32_t value = fib_lookup_value(check->lookup, addr);
	const struct route *route = NULL;

	if (value == FIB_ASK)
		return;
	if (value)
		route = fib_mem_at(&check->fib->mem, value);
	if (route && route->type == ROUTE_THROW)
		route = NULL;
	if (route != truth(check, addr, 0))
		panic("fib: %pI4: the lookup structure disagrees", &addr);
}

static void
check_run(void *ctx, uint32_t first, uint32_t last, uint32_t value)
{
	struct check *check = ctx;

	assert(first == check->next && first <= last);
	check->next = last + 1ull;
	check_addr(check, first);
	check_addr(check, last);
}

/* Both ends of every prefix, and its neighbours. */
static void
check_prefixes(const struct check *check, struct fib_tree *tree)
{
	struct fib_cursor cursor;
	uint32_t first, last;
	bool more;

	fib_tree_seek(tree, 0, 0, &cursor);
	for (more = fib_cursor_settle(&cursor); more;
	     more = fib_cursor_next(&cursor)) {
		first = fib_cursor_dst(&cursor);
		last = first | ~fib_mask(fib_cursor_len(&cursor));
		check_addr(check, first);
		check_addr(check, last);
		check_addr(check, first - 1);
		check_addr(check, last + 1);
	}
}

static uint64_t
check_lookup(struct fib *fib, struct fib_table *table,
	     const struct fib_lookup *lookup)
{
	struct check check = { .fib = fib, .table = table, .lookup = lookup };
	uint64_t len;

	if (!lookup)
		return 0;
	len = fib_lookup_walk(lookup, check_run, &check);
	assert(check.next == 1ull << 32);
	for (uint32_t i = 0; i < lookup->layer_count; i++)
		check_prefixes(&check, lookup->layer[i].tree);
	return len;
}

void
fib_check(struct net *net)
{
	struct fib *fib = net->fib;
	uint64_t len = fib_infos_check(fib), lookup_len = 0;
	struct fib_table *table;
	uint32_t count = 0;

	fib_mem_check(&fib->mem);
	nexthop_check(fib);
	if (!fib->stale)
		lookup_len = check_lookup(fib, NULL, &fib->merged);
	list_for_each(table, &fib->tables, link) {
		len += fib_tree_check(&table->tree);
		count += table->tree.count;
		if (!fib->stale)
			lookup_len += check_lookup(fib, table, table->lookup);
	}
	assert(count == fib->route_count);
	assert(fib->stale || lookup_len == fib->lookup_len);
	assert(len <= fib->mem.used_len);
}
