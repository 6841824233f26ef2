/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct net: ALL state of one stack. Nothing in net/ is global, so several
 * stacks fit in one process. Time comes in as an argument of net_poll();
 * net->now_ns is the stack's clock until the next call.
 *
 * Per-core state sits in core[]; one core runs the stack today, which owns all
 * of it. What cores will share (FIB, neighbours) is read-mostly.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/pages.h"
#include "lib/timer.h"
#include "net/eth.h"
#include "net/icmp.h"
#include "net/igmp.h"
#include "net/ipv4/fib.h"
#include "net/ipv4/frag.h"
#include "net/ipv4/ipv4.h"
#include "net/ipv4/mroute.h"
#include "net/ipv4/path.h"
#include "net/neigh.h"
#include "net/netdev.h"
#include "net/skb.h"
#include "net/tcp/tcp.h"
#include "net/udp.h"

#define NET_CORES 1u

struct explain;
struct explain_live;

/* /proc/net/softnet_stat's columns that exist here. */
struct softnet_stats {
	uint64_t processed, dropped, time_squeeze;
};

struct net_core {
	uint64_t napi_pending; /* bit = napi index; set by interrupts */
	struct napi *napi[64];
	uint32_t napi_next;	/* where the next turn starts: fairness */
	uint32_t flush_pending; /* bit = ifindex: xmit since the last flush */
	struct skb_pool skb_pool;
	struct skb_account account;
	struct timer_wheel timers;
	struct softnet_stats softnet;
};

struct rule;
struct nexthop_object;

/*
 * Whoever wants to know of changes (ip monitor, services). What it is given it
 * only looks at, while it is called; removed: it is about to go, or has gone.
 * Each call is optional.
 *
 * As on Linux nothing is said of IPv4 routes that go with their interface, nor
 * of those that follow a next-hop object: that event tells it.
 */
struct net_watcher {
	struct list link;
	void (*netdev)(struct net_watcher *w, struct netdev *dev,
		       enum netdev_event event);
	/* It changed state. */
	void (*neigh)(struct net_watcher *w, const struct neigh *neigh,
		      bool removed);
	void (*addr)(struct net_watcher *w, const struct ifaddr *addr,
		     bool removed);
	void (*route)(struct net_watcher *w, const struct route *route,
		      bool removed);
	void (*rule)(struct net_watcher *w, const struct rule *rule,
		     bool removed);
	void (*nexthop)(struct net_watcher *w,
			const struct nexthop_object *object, bool removed);
};

/* Tell all of them. For whoever changes something. */
void watch_netdev(struct netdev *dev, enum netdev_event event);
void watch_neigh(const struct neigh *neigh, bool removed);
void watch_addr(const struct ifaddr *addr, bool removed);
void watch_route(struct net *net, const struct route *route, bool removed);
void watch_rule(struct net *net, const struct rule *rule, bool removed);
void watch_nexthop(struct net *net, const struct nexthop_object *object,
		   bool removed);

/* Per-interface and default behaviour (net.ipv4.conf.*), Linux's names. */
struct net_conf {
	/* Packets look at the first two at once, see NET_CONF_PLAIN. */
	uint32_t forwarding, rp_filter, accept_redirects, send_redirects,
		accept_source_route, log_martians, proxy_arp, arp_ignore,
		arp_announce, arp_filter, arp_accept, arp_notify, accept_local,
		bc_forwarding, promote_secondaries, secure_redirects,
		shared_media, mss_clamp, force_igmp_version,
		ignore_routes_with_linkdown, arp_probe, arp_evict_nocarrier;
};

/* Forwarding is on, rp_filter off. */
#define NET_CONF_PLAIN pair_of(1, 0)

struct net {
	uint64_t now_ns;
	uint64_t way_generation;   /* see net_ways_changed(); never 0 */
	struct explain *explain;   /* what is being explained, mostly NULL */
	struct explain_live *live; /* who wants to know of every packet */
	struct pages *pages;
	struct random random;	/* unguessable; seeded at net_init() */
	struct hash_key secret; /* per boot, for keyed hashes */
	struct net_core core[NET_CORES];

	struct netdev *netdev[PARAM_NETDEVS_MAX + 1]; /* by ifindex */
	struct netdev loopback;
	struct napi loopback_napi;
	struct skb_queue loopback_queue; /* sent, not yet received */
	struct timer tick_timer;	 /* drives netdev_ops.tick */
	/* Tells the layers above devices of an event, in their order. */
	void (*netdev_changed)(struct netdev *dev, enum netdev_event event);
	struct pool multicast_pool; /* of struct netdev_multicast */
	struct list watchers;
	/* By ifindex: when something vital came last (net/early.c). */
	uint64_t spoken_ns[PARAM_NETDEVS_MAX + 1];
	uint32_t netdev_budget;	      /* packets a poll */
	uint32_t netdev_budget_usecs; /* and microseconds, by clock_ns */
	uint32_t netdev_look_ahead;   /* see net/netdev.h */
	uint64_t (*clock_ns)(void);   /* struct net_config's */
	uint32_t dev_weight;

	const struct eth_protocol *eth_protocols;   /* ends with NULL input */
	const struct ipv4_protocol *ipv4_protocols; /* ends with NULL input */

	struct net_conf conf_all, conf_default;
	struct net_conf conf[PARAM_NETDEVS_MAX + 1]; /* by ifindex */

	struct neigh_table neigh;
	struct fib *fib;
	struct fib_ours fib_ours;

	struct ipv4_param ipv4_param;
	struct ipv4_stats ipv4_stats;
	struct ipv4_ids ipv4_ids;
	struct ipv4_martians ipv4_martians;
	struct path_table paths;
	struct frag_table frag;
	struct igmp_table igmp;
	struct mroute_table mroutes;
	struct icmp_limits *icmp_limits;
	struct icmp_param icmp_param;
	struct icmp_stats icmp_stats;
	struct list icmp_listeners;
	struct udp_table udp;
	struct tcp_table tcp;
};

/* What a stack is made of. Counts of 0 are chosen from the memory there is. */
struct net_config {
	struct pages *pages; /* outlives the stack */
	uint8_t seed[32];    /* entropy; tests give a fixed one */
	uint64_t now_ns;
	/* The time inside a turn, for netdev_budget_usecs alone. NULL: turns
	 * end by netdev_budget. */
	uint64_t (*clock_ns)(void);
	uint32_t skb_count;
	uint32_t neigh_count;
	uint32_t route_count;
	uint32_t udp_sock_count;
	uint32_t tcp_sock_count;
	uint32_t tcp_awake_count; /* of these, with something going on */
	uint32_t frag_count;
};

/*
 * Brings up a stack with lo (127.0.0.1/8, up) and no other interface. On an
 * error nothing stays allocated.
 */
enum status net_init(struct net *net, const struct net_config *config) must_use;

/* Takes everything down and gives all memory back to pages. */
void net_fini(struct net *net);

/*
 * One turn: timers due by now_ns, then at most netdev_budget received packets
 * over all pending napis in rotation, then the doorbells. True if there is more
 * to do at once (budget exhausted, timers due).
 */
bool net_poll(struct net *net, uint64_t now_ns);

/* True if an interrupt asked for a poll, or something was sent since the last
 * one and its device not told: check with interrupts masked before halting. */
bool net_pending(const struct net *net);

/* When net_poll() is due at the latest without any interrupt; TIMER_NEVER. */
uint64_t net_next_deadline(const struct net *net);

/* Panics if any of the stack's invariants is broken. For tests. */
void net_check(struct net *net);

static inline struct net_core *
net_this_core(struct net *net)
{
	return &net->core[0];
}

/* Something that says how packets leave has changed: a route, a rule, a next
 * hop, an interface, what is known of a path, a setting; or an entry among the
 * neighbours goes. Ways that were kept (net/ipv4/way.h) are found anew. */
static inline void
net_ways_changed(struct net *net)
{
	net->way_generation++;
}

/* The counters' sum over ports, for show stats and checks. */
void net_fates(const struct net *net, struct skb_fate *sum);
