/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	group.c		membership: joining, leaving, interfaces
 *	input.c		queries and other members' reports
 *	report.c	what is said, in the version of the link
 */
#pragma once

#include "net/igmp.h"
#include "net/net.h"
#include "net/wire/igmp.h"

/* Unsolicited reports come this far apart. [RFC3376 8.11] [RFC2236 8.10] */
#define IGMP_CHANGE_MS	   1000u
#define IGMP_CHANGE_OLD_MS 10000u

static inline struct igmp_link *
igmp_link(const struct netdev *dev)
{
	return &dev->net->igmp.link[dev->ifindex];
}

/* Of all hosts nobody reports anything. [RFC3376 5] */
static inline bool
igmp_is_told(const struct igmp_group *group)
{
	return group->group != IGMP_ALL_HOSTS &&
	       !(group->dev->flags & NETDEV_LOOPBACK);
}

/* A random time from now on, shorter than ms. */
uint64_t igmp_random_ns(struct net *net, uint32_t ms);

struct igmp_group *igmp_find(const struct netdev *dev, uint32_t group);

/* Gives up a group whose end was told. */
void igmp_free(struct igmp_group *group);

/* ---- report.c ----------------------------------------------------------- */

/* "I am (not) a member", as it is now: in answer to a query, or as a change. */
void igmp_report_group(struct igmp_group *group, bool is_change);
/* Version 3: all groups of a link. */
void igmp_report_link(struct igmp_link *link);
