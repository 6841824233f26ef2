/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours: which link-layer address an on-link IPv4 address has, learned by
 * ARP, kept by the NUD machine. Entries live in one bounded pool and a keyed
 * hash; packets for an address that is being resolved are parked on its entry,
 * a bounded queue. [RFC826] [RFC1122 2.3.2] [RFC4861 7.3 for the states]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/pool.h"
#include "lib/timer.h"
#include "net/netdev.h"
#include "net/skb.h"

/* Linux's names; the order is ours. */
enum neigh_state {
	NEIGH_NONE,
	NEIGH_INCOMPLETE,	/* asked, no answer yet; packets are parked */
	NEIGH_REACHABLE,	/* confirmed within reachable_ns */
	NEIGH_STALE,		/* usable, unconfirmed; use moves it to DELAY */
	NEIGH_DELAY,		/* used while stale: wait for a confirmation */
	NEIGH_PROBE,		/* asking the known address by unicast */
	NEIGH_FAILED,		/* nobody answered */
	NEIGH_NOARP,		/* needs no resolution */
	NEIGH_PERMANENT,	/* set by the operator */
};

/*
 * What the owner of the parked packets is told. unresolved() takes one packet
 * that could not be delivered since nobody answered (it is to draw a host
 * unreachable, RFC1812 3.3.2). The network layer owns the struct.
 */
struct neigh_ops {
	void (*unresolved)(struct skb *skb);
};

struct neigh {
	struct list hash_link;	/* bucket chain, or the free list */
	uint32_t addr;		/* IPv4, host order */
	struct netdev *dev;
	uint8_t lladdr[ETH_ADDR_LEN];
	uint8_t state;		/* enum neigh_state */
	uint8_t probe_count;	/* requests sent in this state */
	bool router;
	struct timer timer;
	struct skb_queue parked;	/* waiting for lladdr */
	uint64_t used_ns, confirmed_ns, updated_ns;
};

/* Tunables with Linux's names and defaults (net.ipv4.neigh.default.*). */
struct neigh_param {
	uint32_t base_reachable_time_ms, retrans_time_ms,
		delay_first_probe_time_s, gc_stale_time_s;
	uint32_t ucast_solicit, mcast_solicit;
	uint32_t unres_qlen, unres_qlen_bytes, locktime_ms;
	uint32_t gc_thresh1, gc_thresh2, gc_thresh3;
};

#define NEIGH_BUCKETS 1024u

struct neigh_table {
	struct pool pool;	/* of struct neigh */
	struct list bucket[NEIGH_BUCKETS];
	struct hash_key key;
	uint32_t entry_count;
	struct neigh_param param;
	const struct neigh_ops *ops;
	struct timer gc_timer;
	uint64_t lookups, hits, table_fulls, forced_gc_runs, res_failed;
};

struct net;

/*
 * Sets up an empty table for at most max_count entries. ops outlives it.
 * ERR_NOMEM leaves nothing allocated.
 */
enum status neigh_init(struct net *net, uint32_t max_count,
		       const struct neigh_ops *ops) must_use;
void neigh_fini(struct net *net);	/* frees all; drops what is parked */

/*
 * Sends an IPv4 packet (data at the IP header) to the on-link address nexthop
 * through dev: at once if its link-layer address is known (eth_output), else
 * parks it and asks. Multicast and broadcast addresses map without asking
 * [RFC1112 6.4]. Hot path.
 */
void neigh_output(struct skb *skb, struct netdev *dev, uint32_t nexthop);

/* Look only; NULL if there is no entry. */
struct neigh *neigh_find(struct net *net, struct netdev *dev, uint32_t addr);

/*
 * The operator's add, replace, change: state PERMANENT, NOARP, REACHABLE, STALE
 * with lladdr. create: may make an entry; exclusive: must (ERR_EXIST).
 * ERR_NOENT without create and entry; ERR_NOMEM when the table is full.
 */
enum status neigh_set(struct net *net, struct netdev *dev, uint32_t addr,
		      const uint8_t *lladdr, enum neigh_state state,
		      bool create, bool exclusive) must_use;
enum status neigh_delete(struct net *net, struct netdev *dev, uint32_t addr);

/* Removes all entries but PERMANENT and NOARP ones (dev NULL: everywhere). */
uint32_t neigh_flush(struct net *net, struct netdev *dev);

/* An upper layer heard from addr in both directions (TCP progress). */
void neigh_confirm(struct net *net, struct netdev *dev, uint32_t addr);

/* The interface went down, lost its carrier or left: entries go with it. */
void neigh_netdev_event(struct netdev *dev, enum netdev_event event);

/* Visits every entry; it must not add or delete. */
void neigh_for_each(struct net *net, void (*visit)(void *, struct neigh *),
		    void *ctx);

const char *neigh_state_name(enum neigh_state state);	/* "REACHABLE" */
/* Panics if the table disagrees with itself. For tests. */
void neigh_check(struct net *net);
