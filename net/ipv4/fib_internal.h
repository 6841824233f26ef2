/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the FIB share: struct fib itself, the objects that routes
 * share, the tables. Nobody else includes this but input.c, which looks up
 * every packet's route without a call.
 */
#pragma once

#include "net/ipv4/fib.h"
#include "net/ipv4/fib_lookup.h"
#include "net/ipv4/nexthop.h"
#include "net/ipv4/rule.h"
#include "net/net.h"

#define FIB_BUCKETS	 256u /* of a multipath route: weights to 1/256 */
#define FIB_ADDR_BUCKETS 64u
#define FIB_BLOCK_LEN	 16u /* lookups that lag behind catch up by blocks */
#define FIB_BLOCKS	 (1u << FIB_BLOCK_LEN)

/*
 * What prefixes share that go the same way: a route without its prefix, known
 * by its content. One cache line for the FIB, then the one the data path reads.
 */
struct route_info {
	uint32_t next; /* handle in the chain of its hash, or retired */
	uint32_t hash;
	uint32_t ref_count; /* prefixes that have it */
	uint32_t table;	    /* of its prefixes, if it has a source; else 0 */
	uint8_t asked_type; /* route.type, but for a blackhole object */
	bool dead;	    /* as good as deleted: a flush will find it */
	bool source_gone;   /* because its source is no address any more */
	struct route route __attribute__((aligned(CACHE_LINE)));
	/* uint8_t bucket[FIB_BUCKETS]: next hop of a hash; if several */
};

struct resilient;

struct fib_table {
	struct list link; /* in fib.tables */
	uint32_t id;
	struct fib_tree tree;
	bool used;		   /* local, main, or asked for by a route */
	bool merged;		   /* is a layer of fib.merged */
	bool flushed;		   /* no dead routes are left */
	struct fib_lookup *lookup; /* for rules; NULL: there are none */
};

/* A route with its next hops and buckets, as large as it can be. */
union fib_route_room {
	struct route route;
	uint8_t bytes[sizeof(struct route) +
		      ROUTE_NEXTHOPS_MAX * sizeof(struct nexthop) +
		      FIB_BUCKETS];
};

struct rule_entry {
	struct rule rule;
	struct fib_table *table;   /* of RULE_TABLE */
	struct rule_entry *target; /* of RULE_GOTO, NULL: not there */
	uint8_t iif, oif;	   /* indices of the names, 0: not there */
};

struct fib {
	/* Read for every packet. */
	struct fib_lookup merged; /* local, main, default */
	bool careful;		  /* one of the two below */
	bool ruled;		  /* rules differ from the default ones */
	bool stale;		  /* lookups lag behind: only trees are right */

	/* Of whoever changes routes. */
	struct net *net;
	struct fib_mem mem;
	struct list tables; /* in the order in which they are shown */
	struct fib_table local, main, last_resort;
	struct fib_retired retired;
	struct route_info *retired_infos;
	uint32_t route_count, route_count_max;
	uint32_t throw_count; /* routes of type throw */
	uint64_t lookup_len;  /* bytes of all lookup structures */

	/* While stale: what is to be done until lookups are right again. */
	bool batch;	    /* not before it ends */
	bool flushing;	    /* there may be dead routes... */
	uint8_t flush_len;  /* ...in the first table that is not */
	uint32_t flush_dst; /* flushed, from this prefix on */
	uint32_t dirty_count;
	uint64_t dirty[FIB_BLOCKS / 64]; /* bit = a /16 has changed */

	uint32_t *info_bucket; /* handles by hash */
	uint32_t info_count, info_bucket_count;

	struct fib_tree nexthops;	     /* objects by id */
	uint32_t nexthop_id;		     /* chosen last */
	struct list rules;		     /* of struct rule_entry */
	struct list addrs[FIB_ADDR_BUCKETS]; /* of struct ifaddr, by address */
	struct timer addr_timer;	     /* some addresses have an end */

	struct timer gateway_timer; /* while gateways are silent */
	struct fib_sweep sweep;
	union fib_route_room draft; /* what is being inserted */
	union fib_route_room view;  /* what fib_match() and others return */
};

static inline struct route_info *
route_info_of(const struct route *route)
{
	return container_of(route, struct route_info, route);
}

static inline struct route *
fib_ref_route(const struct fib *fib, uint32_t ref)
{
	return fib_mem_at(&fib->mem, ref & ~FIB_REF_SPECIAL);
}

/* Mixes all bits (the finalizer of MurmurHash3, public domain). */
static inline uint64_t
fib_mix(uint64_t v)
{
	v = (v ^ v >> 33) * 0xff51afd7ed558ccdull;
	v = (v ^ v >> 33) * 0xc4ceb9fe1a85ec53ull;
	return v ^ v >> 33;
}

/* Next hops it has room for: those of an object may become more. */
static inline uint32_t
fib_room_of(const struct route *route)
{
	return route->nhid ? ROUTE_NEXTHOPS_MAX : route->nexthop_count;
}

static inline bool
fib_is_multipath(const struct route *route)
{
	return route->nexthop_count > 1;
}

/* Readers meet the old flags or the new ones. */
static inline void
fib_flags_set(struct nexthop *nexthop, uint8_t flags)
{
	__atomic_store_n(&nexthop->flags, flags, __ATOMIC_RELAXED);
	net_ways_changed(nexthop->dev->net);
}

/* How packets find their routes from now on. */
static inline void
fib_mode(struct fib *fib, bool ruled, bool stale)
{
	fib->ruled = ruled;
	fib->stale = stale;
	fib->careful = ruled || stale;
	net_ways_changed(fib->net);
}

static inline bool
fib_ref_is_dead(const struct fib *fib, uint32_t ref)
{
	return route_info_of(fib_ref_route(fib, ref))->dead;
}

static inline uint32_t
fib_mask(uint32_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* ---- fib_info.c -------------------------------------------------------- */

enum status fib_infos_init(struct fib *fib) must_use;
void fib_infos_fini(struct fib *fib);

/* The object with draft's content, found or made, with one more user; NULL: no
 * memory. The draft's key fields do not count. */
struct route_info *fib_info_get(struct fib *fib,
				const struct route *draft) must_use;

/* One user less. The last one retires it until the next fib_reclaim_infos(). */
void fib_info_put(struct fib *fib, struct route_info *info);
void fib_reclaim_infos(struct fib *fib);

/* Copies a route, with the prefix that it serves, to fib->view. */
const struct route *fib_view(struct fib *fib, const struct route *route,
			     uint32_t table, uint32_t dst, uint8_t prefix_len);

/*
 * Next hops of dev die or lose their carrier; or come back. Returns true if
 * routes died of it. all: also those of the box itself (scope host), which
 * outlive an interface that only goes down; and a next hop on an interface that
 * leaves takes its route with it.
 */
bool fib_nexthops_down(struct fib *fib, const struct netdev *dev, uint8_t flags,
		       bool all, bool leaves);
void fib_nexthops_up(struct fib *fib, const struct netdev *dev, uint8_t flags);

/* What a next hop on dev is marked with, as its carrier is now. */
uint8_t fib_link_flags(const struct netdev *dev);

/* Walks every object: *i and *info are where it is; starts with 0 and NULL. */
bool fib_next_info(struct fib *fib, uint32_t *i, struct route_info **info);

/* Routes of table main that prefer this source die. True if there are any. */
bool fib_source_down(struct fib *fib, uint32_t source);

/* The object with this id has changed or gone: so do the routes that have it.
 * True if they died of it. */
bool fib_infos_follow(struct fib *fib, uint32_t id);

/* Panics if users are not as many as counted; bytes of all objects. */
uint64_t fib_infos_check(struct fib *fib);

/* ---- fib_spread.c ------------------------------------------------------ */

/* In the room of its buckets: the table of a route by a resilient group. */
static inline struct resilient **
fib_resilient_of(const struct route *route)
{
	return (struct resilient **)(void *)&route->nexthop[ROUTE_NEXTHOPS_MAX];
}

static inline uint8_t *
fib_buckets_of(const struct route *route)
{
	return (uint8_t *)&route->nexthop[fib_room_of(route)];
}

/* The next hops that flows are spread over, a bit each. */
uint32_t fib_live_set(const struct route *route);

/* Next hops of a multipath route, or their flags, have changed. */
void fib_spread(struct route *route);

/* ---- gateway.c --------------------------------------------------------- */

/* Do flows leave a next hop of this route whose gateway is silent? */
bool fib_heeds_silence(const struct route *route);

/* A next hop that is being made: is its gateway known to be silent? */
void fib_gateway_note(struct fib *fib, struct nexthop *nexthop);

void fib_gateways_init(struct fib *fib);
void fib_gateways_fini(struct fib *fib);

/* ---- fib_nexthop.c ----------------------------------------------------- */

/*
 * Checks what is wanted and completes it in fib->draft: devices and scopes of
 * next hops found, limits applied.
 */
enum fib_error fib_draft(struct fib *fib, const struct route *want) must_use;

/* The same for a next hop of a route of table main with this scope. */
enum fib_error fib_check_nexthop(struct fib *fib, uint8_t scope,
				 struct nexthop *nexthop) must_use;

/* ---- fib_find.c -------------------------------------------------------- */

/* What a decision takes that is more than an address. */
struct fib_query {
	const struct flow *flow;
	uint8_t scope; /* of a route, at least */
	bool exact;    /* by the trees: flow->out, scope or the prefix
				 * matter */
	bool told;     /* the rules say how they decide */
	bool rested;   /* next hops without a carrier are as good as others */
	bool audible;  /* routes whose gateways are all silent are not */
};

struct fib_result {
	const struct route *route; /* NULL: none */
	uint32_t table, dst;
	uint8_t prefix_len;
};

/* By the trees: the exact answer, slowly. */
bool fib_table_resolve(const struct fib *fib, struct fib_table *table,
		       const struct fib_query *query,
		       struct fib_result *result);

/* The same through the rules. */
void fib_resolve(struct fib *fib, const struct fib_query *query,
		 struct fib_result *result);

/* gateway.c: the next hop of a result, which becomes another to the same prefix
 * if the gateway is silent and the other's is not. NULL: none can be used. */
const struct nexthop *fib_past_silent(struct fib *fib, const struct flow *flow,
				      struct fib_result *result);

/* ---- fib.c ------------------------------------------------------------- */

/* NULL if there is none; fib_table_get() makes it, NULL: no memory. */
struct fib_table *fib_table_find(struct fib *fib, uint32_t id);
struct fib_table *fib_table_get(struct fib *fib, uint32_t id) must_use;

/* From now on every table has a lookup of its own. */
enum status fib_tables_separate(struct fib *fib) must_use;

/* Removes the entry under the cursor; its block has to be updated. */
void fib_entry_drop(struct fib *fib, struct fib_cursor *cursor);

/* The same to one whose info is dead. */
void fib_entry_flush(struct fib *fib, struct fib_table *table,
		     struct fib_cursor *cursor);

/* ---- fib_update.c ------------------------------------------------------ */

/*
 * The table's tree has changed at addr/len: the lookups follow at once. If
 * there is no memory for that, they are stale: packets are routed by the trees,
 * slowly but right, until fib_catch_up() has succeeded.
 */
void fib_update(struct fib *fib, struct fib_table *table, uint32_t addr,
		uint8_t len);

/* Fills fib->merged. Gives a table a lookup of its own, or a larger one once it
 * has many routes. ERR_NOMEM changes nothing. */
enum status fib_build_merged(struct fib *fib) must_use;
enum status fib_build_table(struct fib *fib, struct fib_table *table) must_use;

/* Infos have died: removes all routes that have one, some at once, if they are
 * very many the rest in later turns; until then lookups are stale. */
void fib_flush(struct fib *fib);

/* A turn's share of what is to be done until lookups are right again. True if
 * there is more; false when done, or out of memory. */
bool fib_catch_up(struct fib *fib);

/* ---- fib_event.c ------------------------------------------------------- */

/* dev has no address any more: nothing goes through it. */
void fib_addresses_gone(struct netdev *dev);

/* ---- nexthop.c --------------------------------------------------------- */

/* Gives an object's next hops to a route that has its id. Dead: it has gone. */
void nexthop_fill(struct fib *fib, struct route_info *info);
void nexthop_netdev_event(struct netdev *dev, enum netdev_event event);

/* Which members of resilient groups carry packets may be another question. */
void nexthop_tables_follow(struct fib *fib);
void nexthop_check(struct fib *fib);
void nexthop_fini(struct fib *fib); /* gives their tables back */

/* ---- rule.c, addr.c ---------------------------------------------------- */

void rule_netdev_event(struct netdev *dev, enum netdev_event event);

/* Routes of dev's addresses that exist only while it is up. */
void addr_netdev_event(struct netdev *dev, enum netdev_event event);
