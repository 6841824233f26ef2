/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes of all tables: adding, changing, deleting, showing. What the
 * operator, the addresses and the control plane say goes into a tree per table
 * (the truth), and from there into the lookup structure that packets use, as
 * one change that either happens or does not. Linux's rules for routes with the
 * same prefix: ordered by TOS (higher first), then metric (lower first), then
 * as added. All state hangs off net->fib; changes come from one core.
 */

#include "net/ipv4/fib_internal.h"

/* ---- tables ------------------------------------------------------------ */

/* As Linux shows them: by the last byte, of equals the one used last first. */
static void
table_link(struct fib *fib, struct fib_table *table)
{
	struct list *at = &fib->tables;
	struct fib_table *other;

	list_for_each(other, &fib->tables, link) {
		if ((other->id & 0xff) >= (table->id & 0xff))
			break;
		at = &other->link;
	}
	list_add_after(at, &table->link);
}

static void
table_init(struct fib *fib, struct fib_table *table, uint32_t id, bool merged)
{
	memset(table, 0, sizeof(*table));
	table->id = id;
	table->used = id == TABLE_LOCAL || id == TABLE_MAIN;
	table->merged = merged;
	table->tree.mem = &fib->mem;
	table_link(fib, table);
}

struct fib_table *
fib_table_find(struct fib *fib, uint32_t id)
{
	struct fib_table *table;

	if (likely(id == TABLE_MAIN))
		return &fib->main;
	list_for_each(table, &fib->tables, link)
		if (table->id == id)
			return table;
	return NULL;
}

struct fib_table *
fib_table_get(struct fib *fib, uint32_t id)
{
	struct fib_table *table = fib_table_find(fib, id);

	if (table)
		return table;
	table = fib_mem_alloc(&fib->mem, sizeof(*table));
	if (!table)
		return NULL;
	table_init(fib, table, id, false);
	if (fib->ruled && fib_build_table(fib, table) != OK) {
		list_remove(&table->link);
		fib_mem_free(&fib->mem, table, sizeof(*table));
		return NULL;
	}
	return table;
}

enum status
fib_tables_separate(struct fib *fib)
{
	struct fib_table *table;

	list_for_each(table, &fib->tables, link)
		if (!table->lookup && fib_build_table(fib, table) != OK)
			return ERR_NOMEM;
	return OK;
}

/* ---- adding ------------------------------------------------------------ */

/* Where a new route goes among those with its prefix. */
struct place {
	struct fib_cursor at;	  /* there it is put, or what it replaces */
	bool first;		  /* of its prefix: the lookup changes */
	bool rival;		  /* at is the first with its TOS and metric */
	struct fib_cursor behind; /* the last of them */
	bool known;		  /* one of them goes the same way... */
	bool known_first;	  /* ...the first one */
};

/* Does a route of the prefix come before the draft, whatever their age? */
static bool
precedes(const struct route *route, const struct route *draft)
{
	return route->tos > draft->tos ||
	       (route->tos == draft->tos && route->metric < draft->metric);
}

static void
find_place(struct fib *fib, struct fib_table *table,
	   const struct route_info *info, struct place *place)
{
	const struct route *draft = &info->route, *route;
	uint32_t dst = fib->draft.route.dst;
	uint8_t len = fib->draft.route.prefix_len;
	struct fib_cursor cursor;
	bool more;

	*place = (struct place){ .first = true };
	fib_tree_seek(&table->tree, dst, len, &cursor);
	place->at = cursor;
	for (more = fib_cursor_settle(&cursor);
	     more && fib_cursor_is(&cursor, dst, len);
	     more = fib_cursor_next(&cursor)) {
		if (fib_ref_is_dead(fib, *fib_cursor_ref(&cursor)))
			continue;
		route = fib_ref_route(fib, *fib_cursor_ref(&cursor));
		if (precedes(route, draft)) {
			place->first = false;
			place->at = cursor;
			place->at.at[0]++;
			continue;
		}
		if (route->tos != draft->tos || route->metric != draft->metric)
			break;
		if (route == draft) {
			place->known = true;
			place->known_first = !place->rival;
		}
		if (!place->rival)
			place->at = cursor;
		place->rival = true;
		place->behind = cursor;
	}
}

static uint32_t
ref_of(const struct fib *fib, const struct route *route)
{
	uint32_t ref = fib_mem_handle(&fib->mem, route);

	if (route->tos || route->type == ROUTE_THROW)
		ref |= FIB_REF_SPECIAL;
	return ref;
}

/* One route more, or less: what there is at all of some kinds spares others to
 * look for them. */
static void
count_kind(struct fib *fib, const struct route *route, uint32_t dst,
	   uint8_t len, uint32_t by)
{
	struct fib_ours *ours = &fib->net->fib_ours;

	fib->throw_count += route->type == ROUTE_THROW ? by : 0;
	if (route->type != ROUTE_LOCAL && route->type != ROUTE_BROADCAST)
		return;
	if (len == 32)
		ours->count[fib_ours_hash(dst)] += by;
	else if (dst >> 24 != 127)
		for (size_t i = 0; i < array_len(ours->count); i++)
			ours->count[i] += by;
}

static enum fib_error
put_in(struct fib *fib, struct fib_table *table, struct route_info *info,
       struct fib_cursor *at, bool first)
{
	uint32_t dst = fib->draft.route.dst;
	uint8_t len = fib->draft.route.prefix_len;

	if (fib->route_count >= fib->route_count_max ||
	    fib_tree_insert(at, dst, len, ref_of(fib, &info->route)) != OK)
		return FIB_FULL;
	fib->route_count++;
	count_kind(fib, &info->route, dst, len, 1);
	if (first)
		fib_update(fib, table, dst, len);
	/* Without memory for a larger one the lookup there is serves on; twice
	 * as many routes will ask again. */
	if (table->lookup && !fib->stale &&
	    !(table->tree.count & (table->tree.count - 1)))
		(void)!fib_build_table(fib, table);
	return FIB_OK;
}

static void
replace(struct fib *fib, struct fib_table *table, struct route_info *info,
	struct place *place)
{
	uint32_t *ref = fib_cursor_ref(&place->at), old = *ref;
	uint32_t dst = fib->draft.route.dst;
	uint8_t len = fib->draft.route.prefix_len;

	*ref = ref_of(fib, &info->route);
	count_kind(fib, &info->route, dst, len, 1);
	count_kind(fib, fib_ref_route(fib, old), dst, len, -1u);
	if (place->first)
		fib_update(fib, table, dst, len);
	fib_info_put(fib, route_info_of(fib_ref_route(fib, old)));
}

/* The draft has its object; where does it go, and may it? *used: it did. */
static enum fib_error
enter(struct fib *fib, struct fib_table *table, struct route_info *info,
      enum fib_op op, bool *used)
{
	bool replaces = op == FIB_REPLACE || op == FIB_CHANGE;
	enum fib_error error = FIB_OK;
	struct place place;

	*used = false;
	find_place(fib, table, info, &place);
	if (op == FIB_TEST)
		return place.rival ? FIB_EXISTS : FIB_NO_ENTRY;
	if (place.rival && op == FIB_ADD)
		return FIB_EXISTS;
	/* To replace a route by itself is no error, and no change. */
	if (place.known)
		return replaces && place.known_first ? FIB_OK : FIB_EXISTS;
	if (!place.rival && op == FIB_CHANGE)
		return FIB_NO_ENTRY;
	if (place.rival && replaces) {
		replace(fib, table, info, &place);
	} else if (place.rival && op == FIB_APPEND) {
		place.behind.at[0]++;
		error = put_in(fib, table, info, &place.behind, false);
	} else {
		error = put_in(fib, table, info, &place.at, place.first);
	}
	*used = error == FIB_OK;
	return error;
}

/* Tells who watches of a route that came, or is about to go. */
static void
tell(struct fib *fib, const struct route_info *info, uint32_t table,
     uint32_t dst, uint8_t len, bool removed)
{
	if (unlikely(!list_empty(&fib->net->watchers)))
		watch_route(fib->net,
			    fib_view(fib, &info->route, table, dst, len),
			    removed);
}

/* Its first use: from now on it exists, to whom looks at it. */
static void
table_use(struct fib *fib, struct fib_table *table)
{
	table->used = true;
	list_remove(&table->link);
	table_link(fib, table);
}

enum fib_error
fib_insert(struct net *net, const struct route *want, enum fib_op op)
{
	struct fib *fib = net->fib;
	struct fib_table *table;
	struct route_info *info;
	enum fib_error error;
	bool used;

	/* The two bits below are ECN's. [RFC3168 5] */
	if (want->tos & 3)
		return FIB_BAD_TOS;
	table = fib_table_get(fib, want->table ? want->table : TABLE_MAIN);
	if (!table)
		return FIB_FULL;
	if (unlikely(!table->used))
		table_use(fib, table);
	fib_lookup_prefetch(&fib->merged, want->dst);
	error = fib_draft(fib, want);
	if (error != FIB_OK)
		return error;
	info = fib_info_get(fib, &fib->draft.route);
	if (!info)
		return FIB_FULL;
	error = enter(fib, table, info, op, &used);
	if (used)
		tell(fib, info, table->id, fib->draft.route.dst,
		     fib->draft.route.prefix_len, false);
	else
		fib_info_put(fib, info);
	return error;
}

/* ---- deleting ---------------------------------------------------------- */

static bool
nexthop_is_like(const struct nexthop *nexthop, const struct nexthop *like)
{
	return (!like->dev || like->dev == nexthop->dev) &&
	       (!like->gateway || like->gateway == nexthop->gateway);
}

/*
 * One next hop given is compared with the route's first; of several, each of
 * the route's with the one in its place, whatever more is given. (Linux)
 */
static bool
nexthops_are_like(const struct route *route, const struct route *like)
{
	uint32_t count = min_of(route->nexthop_count, like->nexthop_count);

	if (like->nhid)
		return like->nhid == route->nhid;
	if (!like->nexthop_count)
		return true;
	if (!count || route->nhid ||
	    (like->nexthop_count > 1 && count < route->nexthop_count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!nexthop_is_like(&route->nexthop[i], &like->nexthop[i]))
			return false;
	return true;
}

/* Those that are given are the same, and so are the locks if there are any. */
static bool
metrics_are_like(const struct route *route, const struct route *like)
{
	static const struct route_metrics none;
	const struct route_metrics *have = route->metrics, *want;

	if (likely(!like->metrics))
		return true;
	have = have ? have : &none;
	want = like->metrics;
	for (uint32_t i = 0; i < METRICS; i++)
		if (want->value[i] && want->value[i] != have->value[i])
			return false;
	return !want->locks || want->locks == have->locks;
}

static bool
is_like(const struct route *route, const struct route *like)
{
	return route->tos == like->tos &&
	       (!like->type || like->type == route->type) &&
	       (like->scope == SCOPE_NOWHERE || like->scope == route->scope) &&
	       (!like->proto || like->proto == route->proto) &&
	       (!like->metric || like->metric == route->metric) &&
	       (!like->source || like->source == route->source) &&
	       (!like->mtu || like->mtu == route->mtu) &&
	       (!like->advmss || like->advmss == route->advmss) &&
	       metrics_are_like(route, like) && nexthops_are_like(route, like);
}

void
fib_entry_flush(struct fib *fib, struct fib_table *table,
		struct fib_cursor *cursor)
{
	const struct route_info *info =
		route_info_of(fib_ref_route(fib, *fib_cursor_ref(cursor)));

	if (info->source_gone)
		tell(fib, info, table->id, fib_cursor_dst(cursor),
		     fib_cursor_len(cursor), true);
	fib_entry_drop(fib, cursor);
}

void
fib_entry_drop(struct fib *fib, struct fib_cursor *cursor)
{
	struct route *route = fib_ref_route(fib, *fib_cursor_ref(cursor));

	count_kind(fib, route, fib_cursor_dst(cursor), fib_cursor_len(cursor),
		   -1u);
	fib_tree_remove(cursor);
	fib_info_put(fib, route_info_of(route));
	fib->route_count--;
}

enum fib_error
fib_delete(struct net *net, const struct route *like)
{
	struct fib *fib = net->fib;
	struct fib_table *table =
		fib_table_find(fib, like->table ? like->table : TABLE_MAIN);
	struct fib_cursor cursor;
	const struct route *route;
	bool more, first = true;

	if (like->prefix_len > 32 || like->dst & ~fib_mask(like->prefix_len))
		return FIB_BAD_PREFIX;
	if (like->nhid && !nexthop_find(net, like->nhid))
		return FIB_NO_NEXTHOP_ID;
	if (!table || !table->used)
		return FIB_NO_TABLE;
	fib_lookup_prefetch(&fib->merged, like->dst);
	fib_tree_seek(&table->tree, like->dst, like->prefix_len, &cursor);
	for (more = fib_cursor_settle(&cursor);
	     more && fib_cursor_is(&cursor, like->dst, like->prefix_len);
	     more = fib_cursor_next(&cursor), first = false) {
		if (fib_ref_is_dead(fib, *fib_cursor_ref(&cursor)))
			continue;
		route = fib_ref_route(fib, *fib_cursor_ref(&cursor));
		if (!is_like(route, like))
			continue;
		tell(fib, route_info_of(route), table->id, like->dst,
		     like->prefix_len, true);
		fib_entry_drop(fib, &cursor);
		/* Only the first of a prefix is in the lookup structure. */
		if (first)
			fib_update(fib, table, like->dst, like->prefix_len);
		return FIB_OK;
	}
	return FIB_NOT_FOUND;
}

/* ---- coming up, going down --------------------------------------------- */

static unsigned int
fib_order(void)
{
	return pages_order(sizeof(struct fib));
}

enum status
fib_init(struct net *net, uint32_t route_count_max)
{
	struct fib *fib = pages_alloc(net->pages, fib_order());
	enum status status = ERR_NOMEM;

	if (!fib)
		return ERR_NOMEM;
	memset(fib, 0, sizeof(*fib));
	fib->net = net;
	fib->route_count_max = route_count_max;
	status = fib_mem_init(&fib->mem, net->pages);
	if (status != OK)
		goto undo_fib;
	status = fib_infos_init(fib);
	if (status != OK)
		goto undo_mem;
	list_init(&fib->tables);
	fib->nexthops.mem = &fib->mem;
	table_init(fib, &fib->last_resort, TABLE_DEFAULT, true);
	table_init(fib, &fib->main, TABLE_MAIN, true);
	table_init(fib, &fib->local, TABLE_LOCAL, true);
	fib_gateways_init(fib);
	status = fib_build_merged(fib);
	if (status != OK)
		goto undo_infos;
	net->fib = fib;
	status = rule_init(net);
	if (status != OK)
		goto undo_lookup;
	return OK;

undo_lookup:
	net->fib = NULL;
	fib_reclaim(&fib->retired, &fib->mem);
	fib_lookup_fini(&fib->merged);
undo_infos:
	fib_infos_fini(fib);
undo_mem:
	fib_mem_fini(&fib->mem);
undo_fib:
	pages_free(net->pages, fib, fib_order());
	return status;
}

void
fib_fini(struct net *net)
{
	struct fib *fib = net->fib;
	struct fib_table *table;

	fib_gateways_fini(fib);
	nexthop_fini(fib);
	fib_reclaim(&fib->retired, &fib->mem);
	fib_lookup_fini(&fib->merged);
	list_for_each(table, &fib->tables, link)
		if (table->lookup)
			fib_lookup_fini(table->lookup);
	fib_infos_fini(fib);
	fib_mem_fini(&fib->mem);
	net->fib = NULL;
	pages_free(net->pages, fib, fib_order());
}

bool
fib_quiescent(struct net *net)
{
	struct fib *fib = net->fib;

	if (unlikely(fib->retired.blocks))
		fib_reclaim(&fib->retired, &fib->mem);
	if (unlikely(fib->retired_infos))
		fib_reclaim_infos(fib);
	return unlikely(fib->stale) && fib_catch_up(fib);
}
