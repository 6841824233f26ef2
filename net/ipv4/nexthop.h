/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops as objects of their own (`ip nexthop`): many routes refer to one by
 * its id, and follow it when it is replaced, however many they are. A group
 * spreads flows over single ones by weight. An object that goes leaves its
 * groups, and takes with it the routes and groups that have nothing else.
 *
 * A group is of type mpath (flows are spread by weight, and those of a member
 * that goes move to others) or resilient (resilient.h).
 *
 * As in Linux an interface that goes down takes its next hops along. Other than
 * there one that only loses its carrier keeps them: they leave their groups as
 * long as it lasts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/ipv4/fib.h"

struct nexthop_member {
	uint32_t id;
	uint16_t weight; /* 1 to 256 */
};

#define NEXTHOP_UNSAID UINT32_MAX

struct nexthop_object {
	uint32_t id;
	uint8_t proto; /* who made it (RTPROT_*) */
	bool blackhole;
	bool resilient; /* a group of this type, with the three below */
	/* Wanted: NEXTHOP_UNSAID: as it was, or as Linux begins. */
	uint32_t bucket_count, idle_timer_s, unbalanced_timer_s;
	/* A single one (member_count 0): dev, gateway, flags and, filled in
	 * when it is added, scope. */
	struct nexthop hop;
	uint32_t member_count;
	struct nexthop_member member[];
};

/* What `ip nexthop add` and `replace` ask for. */
enum nexthop_op { NEXTHOP_ADD, NEXTHOP_REPLACE };

/*
 * *want is copied. id 0: one that is free is chosen and told in *id (which may
 * be NULL). Errors: FIB_EXISTS, FIB_FULL, FIB_INVALID, the FIB_NH_* ones, and
 * those of gateways.
 */
enum fib_error nexthop_add(struct net *net, const struct nexthop_object *want,
			   enum nexthop_op op, uint32_t *id) must_use;

/* FIB_NO_ENTRY. */
enum fib_error nexthop_delete(struct net *net, uint32_t id);

/* All, or all that lead through dev; how many went, with groups left empty. */
uint32_t nexthop_flush(struct net *net, const struct netdev *dev);

/* A bucket of a resilient group. False: it has not so many. */
struct nexthop_bucket {
	uint32_t nhid;
	uint64_t idle_ns; /* since a packet came, or it moved */
};
bool nexthop_bucket(struct net *net, const struct nexthop_object *group,
		    uint32_t index, struct nexthop_bucket *bucket);

/* How long a resilient group has been unbalanced; 0: it is not. */
uint64_t nexthop_unbalanced_ns(struct net *net,
			       const struct nexthop_object *group);

/* NULL if there is none. */
const struct nexthop_object *nexthop_find(struct net *net, uint32_t id);

/* The one with the least id above this one; NULL at the end. Valid until
 * objects change. */
const struct nexthop_object *nexthop_after(struct net *net, uint32_t id);
