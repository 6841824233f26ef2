/* SPDX-License-Identifier: BSD-2-Clause */
/* What `ip link` and `ip addr` show of an interface. */
#pragma once

#include "apps/commands/ip.h"

/* Which interfaces, and how much of each. */
struct link_show {
	struct emit emit;
	bool links;   /* ip link: with mode and queue length */
	bool no_link; /* the addresses only */
	bool brief, up_only;
	unsigned int family, stats, details;
	bool human, iec;
	struct netdev *dev; /* only this one */
	const char *label;
	bool opened; /* the outer bracket was printed */
	bool events; /* ip monitor: without queue length, addresses named */
};

/* Reads the options of `ip`. */
void link_show_init(struct job *job, struct link_show *show);

/* The interface behind job->position, moving it on; NULL at the end. */
struct netdev *link_next(struct job *job, struct link_show *show);

/*
 * The interface's lines, without its addresses, counters and last line break.
 * False if the filters leave nothing of it.
 */
bool link_emit(struct link_show *show, const struct netdev *dev);
/* The one line of -br, up to the addresses. */
void link_emit_brief(struct link_show *show, const struct netdev *dev,
		     bool with_address);
/* The tables of -s, with a line break at the end. */
void link_emit_stats(struct link_show *show, const struct netdev *dev);

/* One address with its lines. In ip_addr.c. */
void addr_emit(const struct job *job, struct link_show *show,
	       const struct ifaddr *addr);

/* "a*" matches "abc": the patterns of label and friends. */
bool glob_matches(const char *pattern, const char *text);
