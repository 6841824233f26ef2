/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy rules: which tables a packet asks, in which order. (`ip rule`) They
 * are tried in order of priority; the first that matches and whose table knows
 * the destination decides. As long as there are none but Linux's three (0
 * local, 32766 main, 32767 default), fib_find() never looks at them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/port.h"
#include "net/netdev.h"

/* Linux's numbers (FR_ACT_*). */
enum rule_action {
	RULE_TABLE = 1, /* lookup */
	RULE_GOTO = 2,
	RULE_NOP = 3,
	RULE_BLACKHOLE = 6,
	RULE_UNREACHABLE = 7, /* as without a route */
	RULE_PROHIBIT = 8,
};

#define RULE_PRIORITY_AUTO UINT32_MAX /* chosen as Linux does */
#define RULE_PREFIX_KEEP   (-1)	      /* suppress_prefix_len: off */

struct rule {
	struct list link; /* in order of priority, then of addition */
	uint32_t priority;
	uint8_t action; /* enum rule_action */
	bool invert;	/* not: matches what the rest does not */
	uint8_t src_len, dst_len;
	uint32_t src, dst; /* host order, as given: `from 10.9.0.1/16` */
	char iif[NETDEV_NAME_MAX], oif[NETDEV_NAME_MAX]; /* "": any */
	uint8_t tos;					 /* 0: any */
	uint8_t ipproto;				 /* 0: any */
	uint8_t proto; /* who made it (RTPROT_*) */
	uint16_t sport_first, sport_last, dport_first, dport_last; /* 0: any */
	uint32_t mark, mark_mask;
	uint32_t table;		     /* RULE_TABLE */
	uint32_t target;	     /* RULE_GOTO: priority to go on with */
	int16_t suppress_prefix_len; /* its answer does not count if its prefix
				      * is that short; RULE_PREFIX_KEEP */
};

struct net;

enum rule_error {
	RULE_OK = 0,
	RULE_EXISTS,	/* RTNETLINK answers: File exists */
	RULE_NOT_FOUND, /* RTNETLINK answers: No such file or directory */
	RULE_INVALID,	/* RTNETLINK answers: Invalid argument */
	RULE_BAD_TOS,	/* Error: Invalid dsfield (tos): ECN bits must be 0. */
	RULE_BACKWARDS, /* Error: Backward goto not supported. */
	RULE_FULL,	/* RTNETLINK answers: Cannot allocate memory */
};

/* The line that `ip rule` prints, without its newline; "" for RULE_OK. */
const char *rule_error_text(enum rule_error error);

/* Called by fib_init(): the three rules of Linux. */
enum status rule_init(struct net *net) must_use;

/* *want (but its link) is copied. A table that does not exist is made. */
enum rule_error rule_add(struct net *net, const struct rule *want) must_use;

/*
 * Deletes the first rule that agrees with every field of *like that is set:
 * numbers not 0, names not empty, priority not RULE_PRIORITY_AUTO, prefix not
 * RULE_PREFIX_KEEP. As in Linux, invert and target do not count.
 */
enum rule_error rule_delete(struct net *net, const struct rule *like) must_use;

/* All but those of priority 0, as `ip rule flush`. RULE_FULL: none. */
enum rule_error rule_flush(struct net *net) must_use;

/* In order; the visitor must not change rules, false ends the walk. */
void rule_for_each(struct net *net,
		   bool (*visit)(void *ctx, const struct rule *rule),
		   void *ctx);

/*
 * The rule with which a stack begins at this priority (0, 32766, 32767), as it
 * was made: NULL if it has been deleted or is no longer the first there.
 */
const struct rule *rule_initial(struct net *net, uint32_t priority);

/* An interface it names is not there: [detached]. */
bool rule_is_detached(struct net *net, const char *ifname);

/* The rule to go to is not there: [unresolved]. rule: from rule_for_each(). */
bool rule_is_unresolved(const struct rule *rule);
