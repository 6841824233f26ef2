/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static multicast routes: what comes in for a group by one interface leaves by
 * others, a copy for each. No routing protocol makes them, the operator does;
 * the box joins the groups on the interface they come in by. [RFC1812 5.2.1.3,
 * 5.3.9]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/pool.h"
#include "net/netdev.h"
#include "net/wire/ipv4.h"

#define MROUTE_BUCKETS 64u

struct mroute {
	struct list link;
	uint32_t source; /* 0: any */
	uint32_t group;
	uint8_t in;   /* ifindex */
	uint32_t out; /* bit = ifindex */
	uint64_t packets, bytes, wrong_if;
};

struct mroute_table {
	struct pool pool;
	struct list bucket[MROUTE_BUCKETS]; /* by group */
};

struct net;

enum status mroute_init(struct net *net) must_use;
void mroute_fini(struct net *net);
void mroute_netdev_event(struct netdev *dev, enum netdev_event event);

/*
 * From in to each interface of the bit set out, which may not be 0 or contain
 * in. ERR_INVAL: no such interfaces, or no group that is routed (224.0.0.0/24
 * stays on its link [RFC5771 4]); ERR_EXIST; ERR_NOMEM.
 */
enum status mroute_add(struct net *net, uint32_t source, uint32_t group,
		       const struct netdev *in, uint32_t out) must_use;
/* ERR_NOENT. */
enum status mroute_delete(struct net *net, uint32_t source, uint32_t group);

/* The one for exactly this pair, else for any source; NULL: none. */
struct mroute *mroute_find(struct net *net, uint32_t source, uint32_t group);

/* The n-th route, NULL past the last: to show them. */
const struct mroute *mroute_at(const struct net *net, unsigned int n);

/* How many routes begin at dev for group: so often they joined it there. */
uint32_t mroute_joins(const struct netdev *dev, uint32_t group);

/*
 * Passes on what arrived for a group with a route. Takes skb unless
 * is_also_ours: then it only copies.
 */
void mroute_forward(struct skb *skb, const struct ipv4 *ip,
		    struct mroute *route, bool is_also_ours);
