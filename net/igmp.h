/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which groups this box belongs to, on which interface, and telling the routers
 * of the link: the host's side of IGMP, versions 1 to 3. Memberships take any
 * source (EXCLUDE {}): nobody in this box asks for single ones. [RFC1112]
 * [RFC2236] [RFC3376]
 *
 * A query is answered after a random time below its limit; a change of
 * membership is told at once, and again for the case that it is lost. In the
 * presence of older routers the older versions are spoken [RFC3376 7.2.1].
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/param.h"
#include "lib/pool.h"
#include "lib/timer.h"
#include "net/netdev.h"
#include "net/wire/ipv4.h"

#define IGMP_ALL_HOSTS	 0xe0000001u /* 224.0.0.1 */
#define IGMP_ALL_ROUTERS 0xe0000002u
#define IGMP_ROUTERS3	 0xe0000016u /* 224.0.0.22 */
#define IGMP_SOURCES_MAX 32u	     /* of a query; more: answered for all */

/* One membership; or what is left of it while its end is being told. */
struct igmp_group {
	struct list link; /* of its interface's groups */
	struct netdev *dev;
	uint32_t group;
	uint32_t users;	     /* 0: left */
	struct timer answer; /* to a query about this group */
	struct timer change; /* the next telling of joining or leaving */
	uint8_t tellings_left;
	bool last_reporter;   /* version 2: we told, so we say goodbye */
	uint8_t source_count; /* asked for; 0: about the group as a whole */
	uint32_t source[IGMP_SOURCES_MAX];
};

/* What is known of the routers on an interface's link. */
struct igmp_link {
	struct list groups;
	struct netdev *dev;
	struct timer answer;	  /* to a general query of version 3 */
	uint64_t old_until_ns[3]; /* [v]: a querier of version v was heard */
	uint32_t robustness;	  /* how often a change is told */
	uint32_t interval_s;	  /* between general queries */
};

struct igmp_stats {
	uint64_t in_queries, in_reports, in_leaves, out_reports, out_leaves,
		out_nomem;
};

struct igmp_table {
	struct pool pool;			      /* of struct igmp_group */
	struct igmp_link link[PARAM_NETDEVS_MAX + 1]; /* by ifindex */
	struct igmp_stats stats;
};

struct net;

/* Called by net_init(), net_fini(); the latter after all interfaces went. */
enum status igmp_init(struct net *net) must_use;
void igmp_fini(struct net *net);

/* Comes: joins 224.0.0.1. Up: tells all groups. Going: forgets. */
void igmp_netdev_event(struct netdev *dev, enum netdev_event event);

/* Data at the IGMP message; takes skb. */
void igmp_input(struct skb *skb, const struct ipv4 *ip);

/*
 * Belongs to group on dev once more; the first time the hardware filter opens
 * and the routers are told. ERR_INVAL: no multicast address; ERR_NOMEM.
 */
enum status igmp_join(struct netdev *dev, uint32_t group) must_use;
/* ERR_NOENT: not a member. */
enum status igmp_leave(struct netdev *dev, uint32_t group);

/* How often it was joined; 0: not a member. */
uint32_t igmp_users(const struct netdev *dev, uint32_t group);

/* Which version is spoken on dev now (net.ipv4.conf.*.force_igmp_version, or
 * that of the oldest router lately heard). */
unsigned int igmp_version(const struct netdev *dev);

/* The n-th group that dev is a member of, NULL past the last: to show them. */
const struct igmp_group *igmp_at(const struct netdev *dev, unsigned int n);
