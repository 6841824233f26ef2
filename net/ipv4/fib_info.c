/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What prefixes share: routes known by their content, in a hash; which of their
 * next hops are alive. A flag of a next hop changes in place, one byte, so a
 * port that is lost leaves all its routes at once, however many prefixes go
 * that way.
 */

#include "net/ipv4/fib_internal.h"

#define BUCKETS_ORDER 0u /* pages of the first hash table: 1024 chains */

static size_t
route_len(const struct route *route)
{
	return sizeof(*route) + fib_room_of(route) * sizeof(struct nexthop) +
	       (fib_room_of(route) > 1 ? FIB_BUCKETS : 0);
}

static size_t
info_len(const struct route *route)
{
	return offsetof(struct route_info, route) + route_len(route) +
	       (route->metrics ? sizeof(*route->metrics) : 0);
}

/* The draft's metrics are its maker's; the object has a copy, behind it. */
static void
keep_metrics(struct route *route)
{
	struct route_metrics *metrics;

	if (likely(!route->metrics))
		return;
	metrics = (void *)((uint8_t *)route + route_len(route));
	*metrics = *route->metrics;
	route->metrics = metrics;
}

/* ---- known by content -------------------------------------------------- */

#define NEXTHOP_STATE                                                          \
	(NEXTHOP_DEAD | NEXTHOP_LINKDOWN | NEXTHOP_RESTS | NEXTHOP_SILENT)

static bool
same_nexthop(const struct nexthop *a, const struct nexthop *b)
{
	return a->dev == b->dev && a->gateway == b->gateway &&
	       a->weight == b->weight && a->scope == b->scope &&
	       !((a->flags ^ b->flags) & (uint8_t)~NEXTHOP_STATE);
}

/* Next hops of an object are the same if it is. */
static bool
same_nexthops(const struct route *a, const struct route *b)
{
	if (a->nhid != b->nhid || a->nhid)
		return a->nhid == b->nhid;
	if (a->nexthop_count != b->nexthop_count)
		return false;
	for (uint32_t i = 0; i < a->nexthop_count; i++)
		if (!same_nexthop(&a->nexthop[i], &b->nexthop[i]))
			return false;
	return true;
}

static bool
same_metrics(const struct route_metrics *a, const struct route_metrics *b)
{
	return a == b || (a && b && !memcmp(a, b, sizeof(*a)));
}

static bool
is_info_of(const struct route_info *info, const struct route *draft)
{
	const struct route *route = &info->route;

	return info->asked_type == draft->type && !info->dead &&
	       (!draft->source || info->table == draft->table) &&
	       route->scope == draft->scope && route->proto == draft->proto &&
	       route->tos == draft->tos && route->metric == draft->metric &&
	       route->source == draft->source && route->mtu == draft->mtu &&
	       route->advmss == draft->advmss && route->locks == draft->locks &&
	       same_metrics(route->metrics, draft->metrics) &&
	       same_nexthops(route, draft);
}

/* What the operator and the control plane say is nobody's attack: no key. */
static uint32_t
route_hash(const struct route *route)
{
	uint64_t hash = (uint64_t)route->metric << 32 | route->source;

	hash = fib_mix(hash) + ((uint64_t)route->nhid << 32 |
				(uint32_t)route->type << 24 |
				(uint32_t)route->scope << 16 |
				(uint32_t)route->proto << 8 | route->tos);
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		hash = fib_mix(hash) +
		       ((uint64_t)route->nexthop[i].gateway << 32 |
			(uint32_t)route->nexthop[i].weight << 16 |
			(route->nexthop[i].dev ? route->nexthop[i].dev->ifindex
					       : 0u));
	return (uint32_t)(fib_mix(hash) >> 32);
}

static struct route_info *
info_at(const struct fib *fib, uint32_t handle)
{
	return handle ? fib_mem_at(&fib->mem, handle) : NULL;
}

static uint32_t *
chain_of(struct fib *fib, uint32_t hash)
{
	return &fib->info_bucket[hash & (fib->info_bucket_count - 1)];
}

enum status
fib_infos_init(struct fib *fib)
{
	fib->info_bucket = pages_alloc(fib->net->pages, BUCKETS_ORDER);
	if (!fib->info_bucket)
		return ERR_NOMEM;
	fib->info_bucket_count =
		(PAGE_SIZE << BUCKETS_ORDER) / sizeof(*fib->info_bucket);
	memset(fib->info_bucket, 0, PAGE_SIZE << BUCKETS_ORDER);
	return OK;
}

static unsigned int
buckets_order(const struct fib *fib)
{
	return pages_order(fib->info_bucket_count * sizeof(*fib->info_bucket));
}

void
fib_infos_fini(struct fib *fib)
{
	pages_free(fib->net->pages, fib->info_bucket, buckets_order(fib));
}

/* Four times as many chains; without memory the old ones serve on. */
static void
more_buckets(struct fib *fib)
{
	uint32_t old_count = fib->info_bucket_count, handle, next, *chain;
	unsigned int order = buckets_order(fib);
	uint32_t *old = fib->info_bucket, *new;
	struct route_info *info;

	new = pages_alloc(fib->net->pages, order + 2);
	if (!new)
		return;
	memset(new, 0, (size_t)PAGE_SIZE << (order + 2));
	fib->info_bucket = new;
	fib->info_bucket_count = old_count * 4;
	for (uint32_t i = 0; i < old_count; i++) {
		for (handle = old[i]; handle; handle = next) {
			info = info_at(fib, handle);
			next = info->next;
			chain = chain_of(fib, info->hash);
			info->next = *chain;
			*chain = handle;
		}
	}
	pages_free(fib->net->pages, old, order);
}

static struct route_info *
info_make(struct fib *fib, const struct route *draft, uint32_t hash)
{
	struct route_info *info;
	uint32_t *chain;

	info = fib_mem_alloc_line(&fib->mem, info_len(draft));
	if (!info)
		return NULL;
	if (fib->info_count >= fib->info_bucket_count)
		more_buckets(fib);
	chain = chain_of(fib, hash);
	info->next = *chain;
	info->hash = hash;
	info->ref_count = 1;
	info->table = draft->source ? draft->table : 0;
	info->asked_type = draft->type;
	info->dead = info->source_gone = false;
	memcpy(&info->route, draft,
	       sizeof(*draft) + draft->nexthop_count * sizeof(struct nexthop));
	info->route.dst = info->route.table = info->route.prefix_len = 0;
	keep_metrics(&info->route);
	if (draft->nhid)
		nexthop_fill(fib, info);
	if (fib_is_multipath(&info->route))
		fib_spread(&info->route);
	*chain = fib_mem_handle(&fib->mem, info);
	fib->info_count++;
	return info;
}

struct route_info *
fib_info_get(struct fib *fib, const struct route *draft)
{
	uint32_t hash = route_hash(draft);
	struct route_info *info = info_at(fib, *chain_of(fib, hash));

	for (; info; info = info_at(fib, info->next)) {
		if (info->hash != hash || !is_info_of(info, draft))
			continue;
		info->ref_count++;
		return info;
	}
	return info_make(fib, draft, hash);
}

void
fib_info_put(struct fib *fib, struct route_info *info)
{
	uint32_t *chain, handle = fib_mem_handle(&fib->mem, info);

	if (--info->ref_count > 0)
		return;
	for (chain = chain_of(fib, info->hash); *chain != handle;)
		chain = &info_at(fib, *chain)->next;
	*chain = info->next;
	fib->info_count--;
	info->next = fib->retired_infos
			     ? fib_mem_handle(&fib->mem, fib->retired_infos)
			     : 0;
	fib->retired_infos = info;
}

void
fib_reclaim_infos(struct fib *fib)
{
	struct route_info *info;

	while ((info = fib->retired_infos)) {
		fib->retired_infos = info_at(fib, info->next);
		fib_mem_free(&fib->mem, info, info_len(&info->route));
	}
}

const struct route *
fib_view(struct fib *fib, const struct route *route, uint32_t table,
	 uint32_t dst, uint8_t prefix_len)
{
	struct route *view = &fib->view.route;

	memcpy(view, route, route_len(route));
	view->table = table;
	view->dst = dst;
	view->prefix_len = prefix_len;
	return view;
}

/* ---- what interfaces and addresses do to them -------------------------- */

/* The next hops of one route on dev go down. True if one did. */
static bool
route_down(struct route *route, const struct netdev *dev, uint8_t flags,
	   bool all)
{
	bool changed = false;

	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		struct nexthop *nexthop = &route->nexthop[i];

		/* An object that dies has left its routes before. */
		if (nexthop->dev != dev ||
		    (route->nhid && (flags & NEXTHOP_DEAD)) ||
		    (nexthop->scope == SCOPE_NOWHERE && !all) ||
		    (nexthop->flags & flags) == flags)
			continue;
		fib_flags_set(nexthop, nexthop->flags | flags);
		changed = true;
	}
	return changed;
}

static bool
all_dead(const struct route *route)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (!(route->nexthop[i].flags & NEXTHOP_DEAD))
			return false;
	return route->nexthop_count > 0;
}

static bool
uses(const struct route *route, const struct netdev *dev)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (route->nexthop[i].dev == dev)
			return true;
	return false;
}

bool
fib_next_info(struct fib *fib, uint32_t *i, struct route_info **info)
{
	if (*info)
		*info = info_at(fib, (*info)->next);
	while (!*info && *i < fib->info_bucket_count)
		*info = info_at(fib, fib->info_bucket[(*i)++]);
	return *info != NULL;
}

uint8_t
fib_link_flags(const struct netdev *dev)
{
	const struct net *net = dev->net;

	if (dev->carrier)
		return 0;
	return net->conf_all.ignore_routes_with_linkdown ||
			       net->conf[dev->ifindex]
				       .ignore_routes_with_linkdown
		       ? NEXTHOP_LINKDOWN | NEXTHOP_RESTS
		       : NEXTHOP_LINKDOWN;
}

bool
fib_nexthops_down(struct fib *fib, const struct netdev *dev, uint8_t flags,
		  bool all, bool leaves)
{
	struct route_info *info = NULL;
	bool any_dead = false;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		if (route_down(&info->route, dev, flags, all) &&
		    fib_is_multipath(&info->route))
			fib_spread(&info->route);
		if (all_dead(&info->route) ||
		    (leaves && !info->route.nhid && uses(&info->route, dev)))
			info->dead = true;
		any_dead |= info->dead;
	}
	return any_dead;
}

void
fib_nexthops_up(struct fib *fib, const struct netdev *dev, uint8_t flags)
{
	struct route_info *info = NULL;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		struct route *route = &info->route;
		bool changed = false;

		for (uint32_t j = 0; j < route->nexthop_count; j++) {
			struct nexthop *nexthop = &route->nexthop[j];

			if (nexthop->dev != dev || !(nexthop->flags & flags))
				continue;
			fib_flags_set(nexthop,
				      nexthop->flags & (uint8_t)~flags);
			changed = true;
		}
		if (changed && fib_is_multipath(route))
			fib_spread(route);
	}
}

bool
fib_source_down(struct fib *fib, uint32_t source)
{
	struct route_info *info = NULL;
	bool any_dead = false;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		if (info->route.source == source && info->table == TABLE_MAIN)
			info->dead = info->source_gone = true;
		any_dead |= info->dead;
	}
	return any_dead;
}

bool
fib_infos_follow(struct fib *fib, uint32_t id)
{
	struct route_info *info = NULL;
	bool any_dead = false;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		if (info->route.nhid != id)
			continue;
		nexthop_fill(fib, info);
		if (fib_is_multipath(&info->route))
			fib_spread(&info->route);
		any_dead |= info->dead;
	}
	return any_dead;
}

uint64_t
fib_infos_check(struct fib *fib)
{
	struct route_info *info = NULL;
	uint32_t i = 0, count = 0;
	uint64_t len = 0;

	while (fib_next_info(fib, &i, &info)) {
		assert(info->ref_count > 0);
		assert(chain_of(fib, info->hash) == &fib->info_bucket[i - 1]);
		assert(info->route.nhid ||
		       info->hash == route_hash(&info->route));
		for (uint32_t b = 0; fib_is_multipath(&info->route) &&
				     !info->route.resilient && b < FIB_BUCKETS;
		     b++)
			assert(fib_buckets_of(&info->route)[b] <
				       info->route.nexthop_count ||
			       !fib_live_set(&info->route));
		len += info_len(&info->route);
		count++;
	}
	assert(count == fib->info_count);
	return len;
}
