/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resilient groups of next hops (`type resilient`): a table of buckets that
 * keep their next hop as long as packets come, whatever is done to the group,
 * so that flows are not torn from firewalls and servers behind it. A bucket
 * moves when its next hop is gone; when the group has too many of that one and
 * no packet has come for idle_timer; or, whether packets come or not, when the
 * group has been unbalanced for unbalanced_timer (0: never). Linux's rules.
 * Other than there a next hop counts as gone, too, while its port has no
 * carrier or its gateway is silent.
 *
 * The table belongs to the group; routes have a pointer to it. Inside net/ipv4.
 */
#pragma once

#include "lib/timer.h"
#include "net/ipv4/nexthop.h"

struct fib;

/* Times of buckets are in units of 16.8 ms, and wrap after two years. */
#define RESILIENT_TICK_SHIFT 24

struct resilient_bucket {
	uint32_t used; /* ticks: when a packet came, or it moved */
	uint8_t owner; /* index of the member, RESILIENT_NOBODY */
	bool fresh;    /* no packet has come since it moved */
};

#define RESILIENT_NOBODY 0xffu

struct resilient {
	struct fib *fib;
	struct timer timer;
	uint64_t unbalanced_ns; /* since then; 0: it is balanced */
	uint32_t bucket_count, idle_timer_s, unbalanced_timer_s;
	uint32_t member_count;
	uint32_t member_id[ROUTE_NEXTHOPS_MAX];
	uint32_t wants[ROUTE_NEXTHOPS_MAX]; /* buckets, by its weight */
	uint32_t has[ROUTE_NEXTHOPS_MAX];
	struct resilient_bucket bucket[];
};

/* An empty table of group->bucket_count buckets; NULL: no memory. */
struct resilient *resilient_new(struct fib *fib,
				const struct nexthop_object *group) must_use;
void resilient_free(struct resilient *table);

/*
 * The group's members, weights, timers are these now; of its members those in
 * live carry packets (a bit each; none: all the same).
 */
void resilient_follow(struct resilient *table,
		      const struct nexthop_object *group, uint32_t live);

/* Which member a flow has by its hash; a packet of it comes. May be
 * RESILIENT_NOBODY. */
uint8_t resilient_choose(struct resilient *table, uint64_t hash);

void resilient_check(const struct resilient *table);
