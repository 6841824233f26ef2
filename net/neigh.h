/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Neighbours: which link-layer address an on-link IPv4 address has, learned by
 * ARP, kept by the NUD machine. Entries live in one bounded pool and a keyed
 * hash; packets for an address that is being resolved are parked on its entry,
 * a bounded queue. [RFC826] [RFC1122 2.3.2] [RFC1812 3.3.2] [RFC4861 7.3 for
 * the states]
 *
 * Nothing that strangers send can fill the table for good, or push out who is
 * in use. Every entry belongs to a rank, by what it has proved; room for a new
 * entry is made from the lowest rank upwards, oldest first, and never from the
 * last two. Entries nobody has answered for yet have a share of their own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/pool.h"
#include "lib/timer.h"
#include "net/arp.h"
#include "net/netdev.h"
#include "net/skb.h"

/* Linux's names; the order is ours. */
enum neigh_state {
	NEIGH_NONE,	  /* just made */
	NEIGH_INCOMPLETE, /* asked, no answer yet; packets are parked */
	NEIGH_REACHABLE,  /* confirmed within reachable_ns */
	NEIGH_STALE,	  /* usable, unconfirmed; use moves it to DELAY */
	NEIGH_DELAY,	  /* used while stale: wait for a confirmation */
	NEIGH_PROBE,	  /* asking the known address by unicast */
	NEIGH_FAILED,	  /* nobody answered */
	NEIGH_NOARP,	  /* needs no resolution */
	NEIGH_PERMANENT,  /* set by the operator */
	NEIGH_STATE_COUNT,
};

/* How dear an entry is. Room is made from the first three, in this order. */
#define NEIGH_DRY_MOVED_MAX 8u

enum neigh_rank {
	NEIGH_RANK_FAILED,   /* nobody answered */
	NEIGH_RANK_UNPROVEN, /* heard of, never answered when we asked */
	NEIGH_RANK_STALE,    /* answered once, not in use now */
	NEIGH_RANK_ASKING,   /* INCOMPLETE: bounded by its own share */
	NEIGH_RANK_KEPT,     /* answered and in use, or set by the operator */
	NEIGH_RANK_COUNT,
};

/*
 * What the owner of the parked packets is told. unresolved() takes a packet
 * that could not be delivered since nobody answered (it is to draw a host
 * unreachable, RFC1812 3.3.2): each of our own, and the oldest of those that
 * were to be forwarded. The others are dropped as NEIGH_FAILED. skb->dev is
 * where it arrived, of our own packets where it was to leave. The network
 * layer owns the struct.
 */
struct neigh_ops {
	void (*unresolved)(struct skb *skb);
	/* A neighbour that routes lead through does not answer any more; or
	 * it does again, or the operator has it forgotten. May be NULL. */
	void (*gateway)(struct netdev *dev, uint32_t addr, bool silent);
};

struct neigh {
	/* First cache line: what a packet touches. */
	struct neigh *hash_next;
	uint64_t key; /* addr and dev's ifindex, what the hash is of */
	struct netdev *dev;
	uint64_t used_ns; /* a packet was sent to it, or meant to be */
	union {
		uint8_t lladdr[ETH_ADDR_LEN];
		uint64_t lladdr_room; /* a packet takes all of it */
	};
	uint32_t addr;	     /* IPv4, host order */
	uint8_t state;	     /* enum neigh_state */
	uint8_t rank;	     /* enum neigh_rank */
	uint8_t probe_count; /* requests sent in this state */
	bool gateway;	     /* routes send packets through it */
	bool proven;	     /* it has answered us, or upper layers vouched */
	bool asked;	     /* asked_ns is a time */
	bool silent;	     /* a gateway of which that was told */
	bool sends;	     /* its state is one of NEIGH_SENDING */

	struct list rank_link; /* in neigh_table.rank, oldest first */
	struct timer timer;
	struct skb_queue parked; /* waiting for lladdr */
	struct list parked_link; /* in neigh_table.parked */
	uint64_t confirmed_ns, updated_ns;
	uint64_t asked_ns; /* when the last request for it was sent */
};

/*
 * Tunables with Linux's names and defaults (net.ipv4.neigh.X.*; the last four
 * are of the table: net.ipv4.neigh.default.* alone).
 */
struct neigh_param {
	uint32_t base_reachable_time_ms, retrans_time_ms,
		delay_first_probe_time_s, gc_stale_time_s;
	uint32_t ucast_solicit, mcast_solicit, mcast_resolicit;
	uint32_t unres_qlen, unres_qlen_bytes, locktime_ms;
	uint32_t proxy_delay_ms, proxy_qlen;
	uint32_t gc_interval_s;
	uint32_t gc_thresh1, gc_thresh2, gc_thresh3;
};

/* In neigh_table.dev_param: as neigh_table.param has it. */
#define NEIGH_PARAM_UNSET UINT32_MAX

/* States in which a packet goes out and nothing else happens. */
#define NEIGH_SENDING                                                          \
	(1u << NEIGH_REACHABLE | 1u << NEIGH_DELAY | 1u << NEIGH_PROBE |       \
	 1u << NEIGH_NOARP | 1u << NEIGH_PERMANENT)

#define NEIGH_BUCKETS_BITS 11u
#define NEIGH_BUCKETS	   (1u << NEIGH_BUCKETS_BITS)

struct neigh_table {
	struct neigh *bucket[NEIGH_BUCKETS];
	uint64_t hash_key; /* odd, unguessable */
	struct pool pool;  /* of struct neigh */
	struct list rank[NEIGH_RANK_COUNT];
	uint32_t rank_count[NEIGH_RANK_COUNT];
	/* Of a dry run, nothing else: where it looks on in a rank; who would
	 * have left his; how many it would have made that FAILED at once and
	 * may go. */
	struct list *dry_from[NEIGH_RANK_COUNT];
	const struct neigh *dry_moved[NEIGH_DRY_MOVED_MAX];
	uint32_t dry_moved_count, dry_failed;
	uint32_t entry_count;
	uint32_t static_count; /* PERMANENT and NOARP: outside gc_thresh* */
	struct list parked;    /* entries with parked packets, oldest first */
	uint32_t parked_count; /* elements of the packet pool they hold */
	struct neigh_param param;
	struct neigh_param dev_param[PARAM_NETDEVS_MAX + 1]; /* by ifindex */
	uint32_t reachable_draw; /* where reachable times lie in their range */
	uint64_t reachable_drawn_ns;
	const struct neigh_ops *ops;
	struct timer gc_timer;
	uint64_t storm_ns; /* when room was made last, 0: that is over */
	struct arp_state arp;

	/* /proc/net/stat/arp_cache; a packet that finds its entry is not a
	 * lookup here, as on Linux. */
	uint64_t allocs, destroys, lookups, hits, res_failed, periodic_gc_runs,
		forced_gc_runs, unresolved_discards, table_fulls;
};

struct net;

/*
 * Sets up an empty table for at most max_count entries, and ARP. ops outlives
 * it. ERR_NOMEM leaves nothing allocated.
 */
enum status neigh_init(struct net *net, uint32_t max_count,
		       const struct neigh_ops *ops) must_use;
void neigh_fini(struct net *net); /* frees all; drops what is parked */

/*
 * Sends an IPv4 packet (data at the IP header) to the on-link address nexthop
 * through dev: at once if its link-layer address is known (eth_output), else
 * parks it and asks. Multicast and broadcast addresses map without asking
 * [RFC1112 6.4]; on lo nothing is asked. Hot path.
 */
void neigh_output(struct skb *skb, struct netdev *dev, uint32_t nexthop);

/* Is addr 255.255.255.255 or the broadcast address of a subnet of dev? */
bool neigh_is_broadcast(const struct netdev *dev, uint32_t addr);

/* Look only; NULL if there is no entry. */
struct neigh *neigh_find(struct net *net, struct netdev *dev, uint32_t addr);

/*
 * The operator's add, replace, change: any state but NONE and INCOMPLETE;
 * lladdr NULL: the one it has (FAILED needs none). create: may make an entry;
 * exclusive: must (ERR_EXIST). ERR_NOENT without create and entry; ERR_NOMEM
 * when the table is full of entries in use; ERR_INVAL for another state, or
 * without a link-layer address.
 */
enum status neigh_set(struct net *net, struct netdev *dev, uint32_t addr,
		      const uint8_t *lladdr, enum neigh_state state,
		      bool create, bool exclusive) must_use;
enum status neigh_delete(struct net *net, struct netdev *dev, uint32_t addr);

/*
 * Removes all entries but PERMANENT and NOARP ones (dev NULL: everywhere); how
 * many they were.
 */
uint32_t neigh_flush(struct net *net, struct netdev *dev);

/* Is it known that addr does not answer? It will be told when it does. */
bool neigh_is_silent(struct netdev *dev, uint32_t addr);

/* Asks for a gateway by ARP, though no packet waits for it. True: it has an
 * address that packets may be sent to, and nobody is asked. */
bool neigh_gateway_ask(struct netdev *dev, uint32_t addr);

/* Asks for addr as if a packet were to be sent to it. ERR_NOMEM; ERR_INVAL if
 * nobody can be asked on dev. */
enum status neigh_use(struct netdev *dev, uint32_t addr) must_use;

/* An upper layer heard from addr in both directions (TCP progress). */
void neigh_confirm(struct net *net, struct netdev *dev, uint32_t addr);

/*
 * What ARP heard: addr has lladdr. state: REACHABLE if it is an answer to us,
 * else STALE. Flags: NEIGH_LEARN_CREATE makes an entry where there is none;
 * NEIGH_LEARN_OVERRIDE lets a new lladdr win within locktime, too. DROP_NONE,
 * or why the packet was not believed: ARP_UNSOLICITED (no entry),
 * NEIGH_CREATEFAIL, ARP_STATIC, ARP_LOCKED.
 */
#define NEIGH_LEARN_CREATE   0x1u
#define NEIGH_LEARN_OVERRIDE 0x2u
enum drop neigh_learn(struct netdev *dev, uint32_t addr, const uint8_t *lladdr,
		      enum neigh_state state, unsigned int flags);

/*
 * The interface came, went, lost its carrier or changed its MAC. Down, gone,
 * another MAC: all entries go; no carrier: all but the PERMANENT ones, as on
 * Linux.
 */
void neigh_netdev_event(struct netdev *dev, enum netdev_event event);

/* The tunables that hold for dev: its own where set, else the table's. */
void neigh_param_get(const struct netdev *dev, struct neigh_param *param);

/* Visits every entry; it must not add or delete. */
void neigh_for_each(struct net *net, void (*visit)(void *, struct neigh *),
		    void *ctx);

const char *neigh_state_name(enum neigh_state state); /* "REACHABLE" */
/* Panics if the table disagrees with itself. For tests. */
void neigh_check(struct net *net);

/* The entry for addr on dev, if packets go out by it and nothing else happens:
 * see neigh_takes_packets(). It lives until net_ways_changed(). */
struct neigh *neigh_for_packets(struct netdev *dev, uint32_t addr);

/* Is its state one in which nothing else happens? */
static inline bool
neigh_takes_packets(const struct neigh *neigh)
{
	return neigh->sends;
}

/* Has it a link-layer address that packets may be sent to? */
static inline bool
neigh_is_valid(const struct neigh *neigh)
{
	return 1u << neigh->state &
	       (1u << NEIGH_REACHABLE | 1u << NEIGH_STALE | 1u << NEIGH_DELAY |
		1u << NEIGH_PROBE | 1u << NEIGH_NOARP | 1u << NEIGH_PERMANENT);
}
