/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neighbour table: a pool of entries, a hash to find them by, and their
 * ranks, which say who makes room when somebody new comes. All of it hangs off
 * struct net; one core owns it. [RFC1122 2.3.2.1 for ageing]
 *
 * gc_thresh1, 2, 3 mean what they mean on Linux: below the first nothing is
 * collected, above the second room is made with every new entry, the third is
 * the end. Work for a new entry is bounded: a few candidates are looked at, the
 * table is never searched.
 */

#include "net/explain/explain.h"
#include "net/neigh/internal.h"

#define CANDIDATES    8u  /* looked at in a rank when room is made */
#define SOFT_VICTIMS  2u  /* that go with one new entry above gc_thresh2 */
#define GC_BUDGET     64u /* entries of a rank looked at in one collection */
#define GC_HURRY_NS   100000000ull  /* until the next if that was not enough */
#define STORM_AGE_NS  2000000000ull /* what a storm left goes after it */
#define STORM_OVER_NS 4000000000ull /* without an eviction */
#define SETTLED_NS    5000000000ull /* unproven for so long: it may go */
#define NS_PER_SECOND 1000000000ull

/* ---- ranks -------------------------------------------------------------- */

static enum neigh_rank
rank_of(const struct neigh *n)
{
	switch ((enum neigh_state)n->state) {
	case NEIGH_INCOMPLETE: return NEIGH_RANK_ASKING;
	case NEIGH_REACHABLE:
	case NEIGH_DELAY:
	case NEIGH_PROBE:
		return n->proven ? NEIGH_RANK_KEPT : NEIGH_RANK_UNPROVEN;
	case NEIGH_STALE:
		return n->proven ? NEIGH_RANK_STALE : NEIGH_RANK_UNPROVEN;
	case NEIGH_NOARP:
	case NEIGH_PERMANENT: return NEIGH_RANK_KEPT;
	case NEIGH_NONE:
	case NEIGH_FAILED:
	case NEIGH_STATE_COUNT: break;
	}
	return NEIGH_RANK_FAILED;
}

static void
rank_leave(struct neigh *n)
{
	list_remove(&n->rank_link);
	neigh_table_of(n)->rank_count[n->rank]--;
}

static void
rank_join(struct neigh *n)
{
	struct neigh_table *table = neigh_table_of(n);

	n->rank = (uint8_t)rank_of(n);
	list_add_last(&table->rank[n->rank], &n->rank_link);
	table->rank_count[n->rank]++;
}

void
neigh_rank_update(struct neigh *n)
{
	if (n->rank == rank_of(n))
		return;
	rank_leave(n);
	rank_join(n);
}

/* ---- room --------------------------------------------------------------- */

/* Entries that the operator does not vouch for. */
static uint32_t
dynamic_count(const struct neigh_table *table)
{
	return table->entry_count - table->static_count;
}

/* How many of those there may be. */
static uint32_t
dynamic_limit(const struct neigh_table *table)
{
	return min_of(table->param.gc_thresh3,
		      table->pool.total_count - table->static_count);
}

/* A sixteenth is for gateways alone: strangers cannot name those. */
static uint32_t
limit_for(const struct neigh_table *table, enum neigh_claimant who)
{
	uint32_t limit = dynamic_limit(table);

	return who >= NEIGH_FOR_GATEWAY ? limit : limit - limit / 16;
}

bool
neigh_may_ask(const struct neigh_table *table, enum neigh_claimant who)
{
	uint32_t limit = dynamic_limit(table);
	uint32_t share = who >= NEIGH_FOR_GATEWAY ? limit / 2 : limit / 4;

	return table->rank_count[NEIGH_RANK_ASKING] < max_of(share, 1u);
}

bool
neigh_asks_too_much(const struct neigh_table *table)
{
	return table->rank_count[NEIGH_RANK_ASKING] >
	       dynamic_limit(table) / 16 * 3;
}

/* Does traffic go through this gateway? Then nobody pushes it out. */
static bool
is_gateway_in_use(const struct neigh *n)
{
	struct neigh_param param;

	if (!n->gateway)
		return false;
	neigh_param_get(n->dev, &param);
	return neigh_now(n) - n->used_ns <
	       param.gc_stale_time_s * NS_PER_SECOND;
}

static bool
may_go(const struct neigh *n, enum neigh_claimant who)
{
	if (n->rank == NEIGH_RANK_UNPROVEN && who == NEIGH_FOR_HEARD &&
	    n->state != NEIGH_STALE)
		return false;
	return !is_gateway_in_use(n);
}

/*
 * What a new entry costs the others, found without touching them: who goes, and
 * in each rank from where on the next search looks, as if who was looked at and
 * may not go had moved to the end.
 */
#define VICTIMS_MAX (SOFT_VICTIMS + 1)

struct evictions {
	struct list *from[NEIGH_RANK_COUNT]; /* NULL: from the oldest */
	uint32_t left[NEIGH_RANK_COUNT];     /* of a rank, victims excluded */
	struct neigh *victim[VICTIMS_MAX];
	uint32_t count;
	uint32_t dry; /* more victims: some of table->dry_failed */
};

static void
evictions_init(struct evictions *evictions, const struct neigh_table *table)
{
	memset(evictions, 0, sizeof(*evictions));
	memcpy(evictions->from, table->dry_from, sizeof(evictions->from));
	memcpy(evictions->left, table->rank_count, sizeof(evictions->left));
}

/* Or in another rank by now, were this no dry run. */
static bool
is_victim(const struct evictions *evictions, const struct neigh *n)
{
	const struct neigh_table *table = neigh_table_of(n);

	for (uint32_t i = 0; i < evictions->count; i++)
		if (evictions->victim[i] == n)
			return true;
	for (uint32_t i = 0; i < table->dry_moved_count; i++)
		if (table->dry_moved[i] == n)
			return true;
	return explain_is_gone(n->dev->net->explain, n);
}

/* The one of a rank, which is not empty, that stands at or behind at. */
static struct neigh *
next_of(const struct evictions *evictions, struct list *head, struct list *at)
{
	while (at == head ||
	       is_victim(evictions, list_entry(at, struct neigh, rank_link)))
		at = at->next;
	return list_entry(at, struct neigh, rank_link);
}

static struct neigh *
rank_first(struct neigh_table *table, enum neigh_rank rank,
	   const struct evictions *evictions)
{
	struct list *from = evictions->from[rank], *head = &table->rank[rank];

	return next_of(evictions, head, from ? from : head);
}

/* The oldest of a rank that may go. */
static bool
rank_find(struct neigh_table *table, enum neigh_rank rank,
	  enum neigh_claimant who, struct evictions *evictions)
{
	struct neigh *n;

	for (uint32_t i = 0; i < CANDIDATES && evictions->left[rank] > 0; i++) {
		n = rank_first(table, rank, evictions);
		evictions->from[rank] = n->rank_link.next;
		if (!may_go(n, who))
			continue;
		evictions->victim[evictions->count++] = n;
		evictions->left[rank]--;
		return true;
	}
	/* The youngest of that rank. */
	if (rank != NEIGH_RANK_FAILED || evictions->dry == table->dry_failed)
		return false;
	evictions->dry++;
	return true;
}

static bool
room_find(struct neigh_table *table, enum neigh_claimant who,
	  struct evictions *evictions)
{
	table->forced_gc_runs++;
	return rank_find(table, NEIGH_RANK_FAILED, who, evictions) ||
	       rank_find(table, NEIGH_RANK_UNPROVEN, who, evictions) ||
	       rank_find(table, NEIGH_RANK_STALE, who, evictions) ||
	       (who == NEIGH_FOR_OPERATOR &&
		rank_find(table, NEIGH_RANK_ASKING, who, evictions));
}

/* Above gc_thresh2: a few that nobody misses. */
static void
room_find_soft(struct neigh_table *table, struct evictions *evictions)
{
	const struct neigh *n;

	table->forced_gc_runs++;
	for (uint32_t i = 0; i < SOFT_VICTIMS; i++) {
		if (rank_find(table, NEIGH_RANK_FAILED, NEIGH_FOR_HEARD,
			      evictions))
			continue;
		if (evictions->left[NEIGH_RANK_UNPROVEN] == 0)
			return;
		n = rank_first(table, NEIGH_RANK_UNPROVEN, evictions);
		if (neigh_now(n) - n->updated_ns < SETTLED_NS ||
		    !rank_find(table, NEIGH_RANK_UNPROVEN, NEIGH_FOR_HEARD,
			       evictions))
			return;
	}
}

/* Will there be room for one more, once the evictions are done? */
static bool
room_plan(struct neigh_table *table, enum neigh_claimant who,
	  struct evictions *evictions)
{
	uint32_t count = dynamic_count(table);

	evictions_init(evictions, table);
	if (count >= table->param.gc_thresh2)
		room_find_soft(table, evictions);
	count -= evictions->count + evictions->dry;
	if (who == NEIGH_FOR_OPERATOR) {
		if (table->entry_count - evictions->count <
		    table->pool.total_count)
			return true;
	} else if (count < limit_for(table, who)) {
		return true;
	}
	return room_find(table, who, evictions);
}

/* Whoever was looked at and stays is looked at last next time. */
static void
ranks_turn(struct neigh_table *table, const struct evictions *evictions)
{
	for (uint32_t i = 0; i < NEIGH_RANK_COUNT; i++) {
		struct list *head = &table->rank[i];
		struct list *from = evictions->from[i];

		if (!from || from == head)
			continue;
		list_remove(head);
		list_add_after(from->prev, head);
	}
}

static void
gc_arm(struct neigh_table *table, struct net *net, uint64_t delay_ns)
{
	if (!table->gc_timer.armed)
		timer_arm(&net_this_core(net)->timers, &table->gc_timer,
			  net->now_ns + delay_ns);
}

static uint64_t
gc_interval_ns(const struct neigh_table *table)
{
	return max_of(table->param.gc_interval_s, 1u) * NS_PER_SECOND;
}

void
neigh_storm(struct net *net)
{
	struct timer_wheel *wheel = &net_this_core(net)->timers;
	struct neigh_table *table = &net->neigh;
	struct timer *timer = &table->gc_timer;

	table->storm_ns = max_of(net->now_ns, (uint64_t)1);
	if (timer->armed && timer->due_ns > net->now_ns + NS_PER_SECOND)
		timer_cancel(wheel, timer);
	gc_arm(table, net, NS_PER_SECOND);
}

static bool
room_get(struct net *net, enum neigh_claimant who)
{
	struct neigh_table *table = &net->neigh;
	struct evictions evictions;
	bool room = room_plan(table, who, &evictions);

	ranks_turn(table, &evictions);
	for (uint32_t i = 0; i < evictions.count; i++)
		neigh_destroy(evictions.victim[i]);
	if (evictions.count > 0 || !room)
		neigh_storm(net);
	if (!room)
		table->table_fulls++;
	return room;
}

void
neigh_dry_move(struct neigh *n, enum neigh_rank to)
{
	struct neigh_table *table = neigh_table_of(n);

	for (uint32_t i = 0; i < table->dry_moved_count; i++)
		if (table->dry_moved[i] == n)
			return;
	if (table->dry_moved_count == NEIGH_DRY_MOVED_MAX)
		return;
	table->dry_moved[table->dry_moved_count++] = n;
	table->rank_count[n->rank]--;
	table->rank_count[to]++;
}

/* The counts are put back after the dry run, and so is where to look on: the
 * ranks themselves do not turn. */
bool
neigh_think_created(struct netdev *dev, enum neigh_claimant who)
{
	struct neigh_table *table = &dev->net->neigh;
	struct evictions evictions;
	bool room = room_plan(table, who, &evictions);

	memcpy(table->dry_from, evictions.from, sizeof(table->dry_from));
	for (uint32_t i = 0; i < evictions.count; i++) {
		explain_think_gone(dev->net->explain, evictions.victim[i]);
		table->rank_count[evictions.victim[i]->rank]--;
		table->entry_count--;
	}
	table->dry_failed -= evictions.dry;
	table->entry_count -= evictions.dry;
	if (!room || table->entry_count == table->pool.total_count)
		return false;
	table->rank_count[NEIGH_RANK_ASKING]++;
	table->entry_count++;
	return true;
}

/* ---- entries ------------------------------------------------------------ */

struct neigh *
neigh_create(struct netdev *dev, uint32_t addr, enum neigh_claimant who)
{
	struct net *net = dev->net;
	struct neigh_table *table = &net->neigh;
	uint64_t key = neigh_key(dev, addr);
	struct neigh **bucket, *n;

	if (!room_get(net, who))
		return NULL;
	n = pool_get(&table->pool);
	if (!n)
		return NULL;
	memset(n, 0, sizeof(*n));
	n->dev = dev;
	n->addr = addr;
	n->key = key;
	n->state = NEIGH_NONE;
	n->used_ns = n->confirmed_ns = n->updated_ns = net->now_ns;
	timer_init(&n->timer, neigh_timer);
	skb_queue_init(&n->parked);
	list_init(&n->parked_link);
	bucket = neigh_bucket(table, key);
	n->hash_next = *bucket;
	*bucket = n;
	rank_join(n);
	table->entry_count++;
	table->allocs++;
	if (dynamic_count(table) <= table->param.gc_thresh1)
		return n;
	/* Many, and most have only claimed to be there. */
	if (table->rank_count[NEIGH_RANK_UNPROVEN] > table->entry_count / 2)
		neigh_storm(net);
	gc_arm(table, net, gc_interval_ns(table));
	return n;
}

void
neigh_destroy(struct neigh *n)
{
	struct neigh_table *table = neigh_table_of(n);
	struct net *net = n->dev->net;
	struct neigh **link = neigh_bucket(table, n->key);
	struct skb_queue parked = neigh_unpark(n);

	while (*link != n)
		link = &(*link)->hash_next;
	*link = n->hash_next;
	rank_leave(n);
	timer_cancel(&net_this_core(net)->timers, &n->timer);
	if (n->state == NEIGH_PERMANENT || n->state == NEIGH_NOARP)
		table->static_count--;
	table->entry_count--;
	table->destroys++;
	net_ways_changed(net);
	watch_neigh(n, true);
	pool_put(&table->pool, n);
	skb_queue_drop(&parked, DROP_NEIGH_DEAD);
}

struct neigh *
neigh_find(struct net *net, struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_lookup(&net->neigh, neigh_key(dev, addr));

	net->neigh.lookups++;
	net->neigh.hits += n != NULL;
	return n;
}

void
neigh_for_each(struct net *net, void (*visit)(void *, struct neigh *),
	       void *ctx)
{
	struct neigh *n;

	for (uint32_t i = 0; i < NEIGH_BUCKETS; i++)
		for (n = net->neigh.bucket[i]; n; n = n->hash_next)
			visit(ctx, n);
}

/* ---- collection --------------------------------------------------------- */

/* Nobody has used or confirmed it for gc_stale_time; or a storm has left it. */
static bool
is_forgotten(const struct neigh *n, bool storm)
{
	uint64_t age_ns = neigh_now(n) - max_of(n->used_ns, n->confirmed_ns);
	struct neigh_param param;

	/* Whoever does not answer is asked once a second. [RFC1122 2.3.2.1] */
	if (n->state == NEIGH_FAILED || n->state == NEIGH_NONE)
		return !storm || age_ns > STORM_AGE_NS;
	if (n->state != NEIGH_STALE)
		return false;
	if (storm && !n->proven && age_ns > STORM_AGE_NS &&
	    neigh_now(n) - n->updated_ns > STORM_AGE_NS)
		return true;
	neigh_param_get(n->dev, &param);
	return age_ns > param.gc_stale_time_s * NS_PER_SECOND;
}

/* Ends what is forgotten among the oldest of a rank; true if it found so much
 * that there may be more. */
static bool
rank_collect(struct neigh_table *table, enum neigh_rank rank, bool storm)
{
	struct neigh *n, *after;
	uint32_t looked = 0, ended = 0;

	list_for_each_safe(n, after, &table->rank[rank], rank_link) {
		if (looked++ == GC_BUDGET)
			return ended > 0;
		if (is_forgotten(n, storm)) {
			neigh_destroy(n);
			ended++;
		}
	}
	return false;
}

static void
collect(struct timer *timer, uint64_t now_ns)
{
	struct neigh_table *table =
		container_of(timer, struct neigh_table, gc_timer);
	struct net *net = container_of(table, struct net, neigh);
	bool more, full = dynamic_count(table) > table->param.gc_thresh1;
	bool storm = table->storm_ns != 0;

	if (!full && !storm)
		return;
	table->periodic_gc_runs++;
	more = rank_collect(table, NEIGH_RANK_FAILED, storm && !full);
	more |= rank_collect(table, NEIGH_RANK_UNPROVEN, storm);
	if (full)
		more |= rank_collect(table, NEIGH_RANK_STALE, false);
	if (storm && !more && now_ns - table->storm_ns >= STORM_OVER_NS) {
		table->storm_ns = 0;
		storm = false;
	}
	if (storm)
		gc_arm(table, net, more ? GC_HURRY_NS : NS_PER_SECOND);
	else if (dynamic_count(table) > table->param.gc_thresh1)
		gc_arm(table, net, more ? GC_HURRY_NS : gc_interval_ns(table));
}

/* ---- coming up, going down ---------------------------------------------- */

/* [Linux Documentation/networking/ip-sysctl.rst, arp(7)] */
static const struct neigh_param default_param = {
	.base_reachable_time_ms = 30000,
	.retrans_time_ms = 1000,
	.delay_first_probe_time_s = 5,
	.gc_stale_time_s = 60,
	.ucast_solicit = 3,
	.mcast_solicit = 3,
	.mcast_resolicit = 0,
	.unres_qlen = 101,
	.unres_qlen_bytes = 212992,
	.locktime_ms = 1000,
	.proxy_delay_ms = 800,
	.proxy_qlen = 64,
	.gc_interval_s = 30,
	.gc_thresh1 = 128,
	.gc_thresh2 = 512,
	.gc_thresh3 = 1024,
};

enum status
neigh_init(struct net *net, uint32_t max_count, const struct neigh_ops *ops)
{
	struct neigh_table *table = &net->neigh;
	enum status status;

	memset(table, 0, sizeof(*table));
	status = pool_init(&table->pool, net->pages, "neigh",
			   sizeof(struct neigh), CACHE_LINE, max_count);
	if (status != OK)
		return status;
	table->hash_key = random_u64(&net->random) | 1;
	for (uint32_t i = 0; i < NEIGH_RANK_COUNT; i++)
		list_init(&table->rank[i]);
	list_init(&table->parked);
	table->param = default_param;
	memset(table->dev_param, 0xff, sizeof(table->dev_param));
	table->ops = ops;
	timer_init(&table->gc_timer, collect);
	arp_init(net);
	return OK;
}

void
neigh_fini(struct net *net)
{
	struct neigh_table *table = &net->neigh;

	arp_fini(net);
	timer_cancel(&net_this_core(net)->timers, &table->gc_timer);
	for (uint32_t i = 0; i < NEIGH_BUCKETS; i++)
		while (table->bucket[i])
			neigh_destroy(table->bucket[i]);
	pool_fini(&table->pool);
}

/* ---- invariants --------------------------------------------------------- */

static void
check_entry(const struct neigh_table *table, const struct neigh *n)
{
	bool timed = n->state == NEIGH_INCOMPLETE ||
		     n->state == NEIGH_REACHABLE || n->state == NEIGH_DELAY ||
		     n->state == NEIGH_PROBE;

	assert(n->sends == (NEIGH_SENDING >> n->state & 1));
	assert(n->key == neigh_key(n->dev, n->addr));
	assert(n->dev->net->netdev[n->dev->ifindex] == n->dev);
	assert(n->state != NEIGH_NONE && n->state < NEIGH_STATE_COUNT);
	assert(n->rank == rank_of(n));
	assert(n->rank_link.next->prev == &n->rank_link);
	assert(n->timer.armed == timed);
	assert(n->parked.count == 0 || n->state == NEIGH_INCOMPLETE);
	assert(list_empty(&n->parked_link) == (n->parked.count == 0));
}

void
neigh_check(struct net *net)
{
	struct neigh_table *table = &net->neigh;
	uint32_t count = 0, statics = 0, ranked;
	const struct neigh *n;

	for (uint32_t i = 0; i < NEIGH_BUCKETS; i++) {
		for (n = table->bucket[i]; n; n = n->hash_next) {
			assert(neigh_bucket(table, n->key) ==
			       &table->bucket[i]);
			count++;
			assert(count <= table->entry_count);
			check_entry(table, n);
			if (n->state == NEIGH_PERMANENT ||
			    n->state == NEIGH_NOARP)
				statics++;
		}
	}
	assert(count == table->entry_count);
	assert(statics == table->static_count);
	assert(count == table->pool.used_count);
	assert(table->allocs - table->destroys == count);
	for (uint32_t i = 0; i < NEIGH_RANK_COUNT; i++) {
		ranked = 0;
		list_for_each(n, &table->rank[i], rank_link) {
			assert(n->rank == i);
			ranked++;
		}
		assert(ranked == table->rank_count[i]);
		count -= ranked;
	}
	assert(count == 0);
	neigh_park_check(table);
	pool_check(&table->pool);
}
