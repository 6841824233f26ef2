/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What prefixes share: routes known by their content, in a hash; which of their
 * next hops are alive; how a multipath route spreads flows. A flag of a next
 * hop changes in place, one byte, so a port that is lost leaves all its routes
 * at once, however many prefixes go that way.
 *
 * Spreading: a keyed hash of the flow chooses one of 256 buckets, each of which
 * belongs to a next hop, as many to each as its weight asks. Which ones is
 * decided by rendezvous [Thaler, Ravishankar 1998]: a bucket's owner is the
 * next hop that scores best for it, so when one dies only its own buckets move,
 * and they come back with it.
 */

#include "net/ipv4/fib_internal.h"

#define BUCKETS_ORDER 0u /* pages of the first hash table: 1024 chains */
#define NOBODY	      0xffu

static bool
is_multipath(const struct route *route)
{
	return route->nexthop_count > 1;
}

/* Next hops it has room for: those of an object may become more. */
static uint32_t
room_of(const struct route *route)
{
	return route->nhid ? ROUTE_NEXTHOPS_MAX : route->nexthop_count;
}

static uint8_t *
buckets_of(const struct route *route)
{
	return (uint8_t *)&route->nexthop[room_of(route)];
}

static size_t
route_len(const struct route *route)
{
	return sizeof(*route) + room_of(route) * sizeof(struct nexthop) +
	       (room_of(route) > 1 ? FIB_BUCKETS : 0);
}

static size_t
info_len(const struct route *route)
{
	return offsetof(struct route_info, route) + route_len(route);
}

/* ---- liveness ---------------------------------------------------------- */

/* Carries packets: a port without carrier only if no other can. */
static bool
is_live(const struct nexthop *nexthop, bool or_linkdown)
{
	return !(nexthop->flags & NEXTHOP_DEAD) &&
	       (or_linkdown || !(nexthop->flags & NEXTHOP_LINKDOWN));
}

static uint32_t
live_set(const struct route *route)
{
	uint32_t set = 0;

	for (int linkdown = 0; !set && linkdown <= 1; linkdown++)
		for (uint32_t i = 0; i < route->nexthop_count; i++)
			if (is_live(&route->nexthop[i], linkdown))
				set |= 1u << i;
	return set;
}

/* ---- spreading --------------------------------------------------------- */

/* Mixes all bits (the finalizer of MurmurHash3, public domain). */
static uint64_t
mix(uint64_t v)
{
	v = (v ^ v >> 33) * 0xff51afd7ed558ccdull;
	v = (v ^ v >> 33) * 0xc4ceb9fe1a85ec53ull;
	return v ^ v >> 33;
}

/*
 * Cost of giving the bucket to a next hop before its weight: -log2 of a hash
 * that depends on both, in 1/65536, the fraction straight instead of curved.
 */
static uint64_t
cost(const struct nexthop *nexthop, uint32_t bucket)
{
	uint64_t id = (uint64_t)nexthop->gateway << 8 | nexthop->dev->ifindex;
	uint64_t hash = mix(id + mix(bucket + 1)) | 1;
	uint32_t zeros = (uint32_t)__builtin_clzll(hash);
	uint64_t fraction = hash << zeros << 1 >> 48;

	return ((uint64_t)zeros << 16) + 0x10000 - fraction;
}

/* How many buckets each next hop gets by its weight; largest remainder
 * first. */
static void
apportion(const struct route *route, uint32_t *share)
{
	uint32_t total = 0, left = FIB_BUCKETS, best;
	uint32_t rest[ROUTE_NEXTHOPS_MAX];

	for (uint32_t i = 0; i < route->nexthop_count; i++)
		total += route->nexthop[i].weight;
	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		share[i] = FIB_BUCKETS * route->nexthop[i].weight / total;
		rest[i] = FIB_BUCKETS * route->nexthop[i].weight % total + 1;
		left -= share[i];
	}
	for (; left > 0; left--) {
		best = 0;
		for (uint32_t i = 1; i < route->nexthop_count; i++)
			if (rest[i] > rest[best])
				best = i;
		share[best]++;
		rest[best] = 0;
	}
}

/* The best of a set; share: that has not got its share yet. */
static uint8_t
best_for(const struct route *route, uint32_t set, const uint32_t *share,
	 uint32_t bucket)
{
	uint64_t least = 0, this;
	uint8_t best = NOBODY;

	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		if (!(set >> i & 1) || (share && !share[i]))
			continue;
		this = (cost(&route->nexthop[i], bucket) << 16) /
		       route->nexthop[i].weight;
		if (best == NOBODY || this < least) {
			best = (uint8_t)i;
			least = this;
		}
	}
	return best;
}

/*
 * Each bucket to its owner at home, exactly by weight. Those of the dead each
 * to the best of the living, so that no other death moves it but that one's.
 */
static void
spread(struct route *route)
{
	uint32_t all = (uint32_t)((1ull << route->nexthop_count) - 1);
	uint32_t share[ROUTE_NEXTHOPS_MAX], live = live_set(route);
	uint8_t owner, *bucket = buckets_of(route);

	apportion(route, share);
	for (uint32_t b = 0; b < FIB_BUCKETS; b++) {
		owner = best_for(route, all, share, b);
		share[owner]--;
		if (!(live >> owner & 1))
			owner = best_for(route, live, NULL, b);
		/* Readers meet the old owner or the new one. */
		__atomic_store_n(&bucket[b], owner, __ATOMIC_RELAXED);
	}
}

/* Bound to an interface: the first next hop that leaves by it. */
static const struct nexthop *
choose_bound(const struct route *route, const struct flow *flow)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (is_live(&route->nexthop[i], true) &&
		    route->nexthop[i].dev->ifindex == flow->out)
			return &route->nexthop[i];
	return NULL;
}

const struct nexthop *
route_nexthop_choose(const struct route *route, const struct flow *flow)
{
	const struct net *net;
	uint64_t hash, ports;
	uint8_t owner;

	if (!is_multipath(route))
		return NULL;
	if (flow->out)
		return choose_bound(route, flow);
	net = route->nexthop[0].dev->net;
	ports = (uint64_t)flow->proto << 32 | (uint32_t)flow->sport << 16 |
		flow->dport;
	hash = hash_2u64(&net->secret, (uint64_t)flow->src << 32 | flow->dst,
			 net->ipv4_param.fib_multipath_hash_policy ? ports : 0);
	owner = __atomic_load_n(&buckets_of(route)[hash % FIB_BUCKETS],
				__ATOMIC_RELAXED);
	return owner == NOBODY || route->nexthop[owner].flags & NEXTHOP_USELESS
		       ? NULL
		       : &route->nexthop[owner];
}

uint32_t
route_source(const struct route *route, const struct nexthop *nexthop)
{
	if (route->source)
		return route->source;
	return addr_select(nexthop->dev, nexthop->gateway,
			   (enum ipv4_scope)route->scope);
}

/* ---- known by content -------------------------------------------------- */

#define NEXTHOP_STATE (NEXTHOP_DEAD | NEXTHOP_LINKDOWN | NEXTHOP_RESTS)

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
is_info_of(const struct route_info *info, const struct route *draft)
{
	const struct route *route = &info->route;

	return info->asked_type == draft->type && !info->dead &&
	       (!draft->source || info->table == draft->table) &&
	       route->scope == draft->scope && route->proto == draft->proto &&
	       route->tos == draft->tos && route->metric == draft->metric &&
	       route->source == draft->source && route->mtu == draft->mtu &&
	       route->advmss == draft->advmss && route->locks == draft->locks &&
	       same_nexthops(route, draft);
}

/* What the operator and the control plane say is nobody's attack: no key. */
static uint32_t
route_hash(const struct route *route)
{
	uint64_t hash = (uint64_t)route->metric << 32 | route->source;

	hash = mix(hash) + ((uint64_t)route->nhid << 32 |
			    (uint32_t)route->type << 24 |
			    (uint32_t)route->scope << 16 |
			    (uint32_t)route->proto << 8 | route->tos);
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		hash = mix(hash) +
		       ((uint64_t)route->nexthop[i].gateway << 32 |
			(uint32_t)route->nexthop[i].weight << 16 |
			(route->nexthop[i].dev ? route->nexthop[i].dev->ifindex
					       : 0u));
	return (uint32_t)(mix(hash) >> 32);
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
	if (draft->nhid)
		nexthop_fill(fib, info);
	if (is_multipath(&info->route))
		spread(&info->route);
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

static void
flags_set(struct nexthop *nexthop, uint8_t flags)
{
	__atomic_store_n(&nexthop->flags, flags, __ATOMIC_RELAXED);
}

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
		flags_set(nexthop, nexthop->flags | flags);
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

/* Walks every object: *i and *info are where it is; starts with 0 and NULL. */
static bool
next_info(struct fib *fib, uint32_t *i, struct route_info **info)
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

	while (next_info(fib, &i, &info)) {
		if (route_down(&info->route, dev, flags, all) &&
		    is_multipath(&info->route))
			spread(&info->route);
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

	while (next_info(fib, &i, &info)) {
		struct route *route = &info->route;
		bool changed = false;

		for (uint32_t j = 0; j < route->nexthop_count; j++) {
			struct nexthop *nexthop = &route->nexthop[j];

			if (nexthop->dev != dev || !(nexthop->flags & flags))
				continue;
			flags_set(nexthop, nexthop->flags & (uint8_t)~flags);
			changed = true;
		}
		if (changed && is_multipath(route))
			spread(route);
	}
}

bool
fib_source_down(struct fib *fib, uint32_t source)
{
	struct route_info *info = NULL;
	bool any_dead = false;
	uint32_t i = 0;

	while (next_info(fib, &i, &info)) {
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

	while (next_info(fib, &i, &info)) {
		if (info->route.nhid != id)
			continue;
		nexthop_fill(fib, info);
		if (is_multipath(&info->route))
			spread(&info->route);
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

	while (next_info(fib, &i, &info)) {
		assert(info->ref_count > 0);
		assert(chain_of(fib, info->hash) == &fib->info_bucket[i - 1]);
		assert(info->route.nhid ||
		       info->hash == route_hash(&info->route));
		for (uint32_t b = 0;
		     is_multipath(&info->route) && b < FIB_BUCKETS; b++)
			assert(buckets_of(&info->route)[b] <
				       info->route.nexthop_count ||
			       !live_set(&info->route));
		len += info_len(&info->route);
		count++;
	}
	assert(count == fib->info_count);
	return len;
}
