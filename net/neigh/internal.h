/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder know of each other. */
#pragma once

#include "net/neigh.h"
#include "net/net.h"

/* Who wants a new entry: the later, the more of the table it may take. */
enum neigh_claimant {
	NEIGH_FOR_HEARD,    /* learned from somebody's ARP packet */
	NEIGH_FOR_HOST,	    /* a packet for that very host */
	NEIGH_FOR_GATEWAY,  /* a packet that a route sends through it */
	NEIGH_FOR_OPERATOR, /* said so */
};

static inline struct neigh_table *
neigh_table_of(const struct neigh *n)
{
	return &n->dev->net->neigh;
}

static inline uint64_t
neigh_now(const struct neigh *n)
{
	return n->dev->net->now_ns;
}

static inline uint64_t
neigh_key(const struct netdev *dev, uint32_t addr)
{
	return (uint64_t)addr << 8 | dev->ifindex;
}

/*
 * Multiply and take the top bits: with an odd factor that nobody outside knows,
 * two given keys collide with a probability of at most 2/NEIGH_BUCKETS
 * [Dietzfelbinger97].
 */
static inline struct neigh **
neigh_bucket(struct neigh_table *table, uint64_t key)
{
	return &table->bucket[key * table->hash_key >>
			      (64 - NEIGH_BUCKETS_BITS)];
}

static inline struct neigh *
neigh_lookup(struct neigh_table *table, uint64_t key)
{
	struct neigh *n = *neigh_bucket(table, key);

	while (n && unlikely(n->key != key))
		n = n->hash_next;
	return n;
}

/* ---- table.c: entries, their ranks, room for them ----------------------- */

/*
 * A new entry in state NONE, which the caller moves on at once. NULL: the table
 * is full of dearer ones, or the pool dry (counted). May end other entries.
 */
struct neigh *neigh_create(struct netdev *dev, uint32_t addr,
			   enum neigh_claimant who) must_use;

/* In a dry run: thinks so, and says whether there would be room. */
bool neigh_think_created(struct netdev *dev, enum neigh_claimant who) must_use;

/* In a dry run: n would be of rank to now. */
void neigh_dry_move(struct neigh *n, enum neigh_rank to);

/* Ends an entry; what is parked on it dies of NEIGH_DEAD. */
void neigh_destroy(struct neigh *n);

/* May one more entry be INCOMPLETE? */
bool neigh_may_ask(const struct neigh_table *table, enum neigh_claimant who);

/* Are so many INCOMPLETE that one unanswered request must do? */
bool neigh_asks_too_much(const struct neigh_table *table);

/* There was no room, or too many are asked for: somebody scans or forges. What
 * that leaves behind goes when it is over, not when others need its place. */
void neigh_storm(struct net *net);

/* Moves n to the end of the rank that its state and past give it. */
void neigh_rank_update(struct neigh *n);

/* ---- nud.c: the states -------------------------------------------------- */

/* The entry's timer: probes, expiry of what was confirmed. */
void neigh_timer(struct timer *timer, uint64_t now_ns);

/* Changes state, rank and timer, and tells the watchers. */
void neigh_enter(struct neigh *n, enum neigh_state state);

/*
 * Sends a request for n, which is INCOMPLETE or PROBE, and arms the timer for
 * the next; not within retrans_time of the last one. [RFC1122 2.3.2.1]
 */
void neigh_solicit(struct neigh *n);

/*
 * n has lladdr and is in a valid state now; sends what was parked. Nobody else
 * may have touched the table meanwhile.
 */
void neigh_update(struct neigh *n, const uint8_t *lladdr,
		  enum neigh_state state);

/* Nobody answered: n is FAILED and its packets end. It may be gone after. */
void neigh_fail(struct neigh *n);

/* May anybody be asked for on dev at all? */
bool neigh_may_solicit(const struct netdev *dev);

/* Was n asked for so lately that neigh_solicit() would wait? */
bool neigh_asked_lately(const struct neigh *n);

/* ---- dry.c: dry runs of packets, see net/explain ------------------- */

/*
 * What a packet would find that has looked up *n (may be NULL): sets it to NULL
 * if it would be gone by now. True: it would be there, made by this very run,
 * and skb has ended on it.
 */
bool neigh_dry_found(struct netdev *dev, uint32_t addr, struct neigh **n,
		     struct skb *skb) must_use;

/* Ends skb as a packet would for which n, FAILED or none yet, is asked. */
void neigh_dry_ask(struct netdev *dev, uint32_t addr, struct neigh *n,
		   enum neigh_claimant who, struct skb *skb);

/* ---- park.c: packets that wait ------------------------------------------ */

/* Parks skb on n; whatever does not fit is dropped, the oldest first. */
void neigh_park(struct neigh *n, struct skb *skb);

/* In a dry run: ends skb as a packet that would be parked on a new entry. */
void neigh_park_dry(struct netdev *dev, uint32_t addr, struct skb *skb);

/* Takes all of n's parked packets. */
struct skb_queue neigh_unpark(struct neigh *n);

/* An interface is gone: what came in by it and waits elsewhere forgets it. */
void neigh_park_forget(struct neigh_table *table, const struct netdev *gone);

/* Panics if the counts of parked packets are wrong. */
void neigh_park_check(const struct neigh_table *table);
