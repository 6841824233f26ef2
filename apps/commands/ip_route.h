/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of `ip route` share. */
#pragma once

#include "apps/commands/ip.h"
#include "net/ipv4/fib.h"
#include "net/ipv4/path.h"
#include "net/ipv4/rule.h"

/* Which parts of a route a selector has made superfluous, as in iproute2. */
struct route_show {
	struct emit emit;
	bool details;
	bool no_table, no_proto, no_scope, no_tos, no_metric, no_via, no_dev,
		no_source;
	bool no_state;	       /* what the routes are told, not how they are */
	const struct job *job; /* for -N */
};

/* One route with its line break. */
void route_emit(struct route_show *show, const struct route *route);

/* "route append ...", the line that makes it; or whatever verb says. */
void route_emit_command(struct job *job, const char *verb,
			const struct route *route);

/*
 * The rule at a place as the line that makes it (nothing for those that a box
 * has anyway), before the first the lines that delete what a box begins with
 * and this one does not have; false behind the last. In ip_rule.c.
 */
bool rule_show_config(struct job *job, uint32_t place);

/* A rule with its line break. In ip_rule.c. */
void rule_emit(struct job *job, const struct emit *emit,
	       const struct rule *rule);

/* Where a clone of a route leads: the parts around its "cache" line. */
void route_emit_flags(struct emit *emit, uint8_t flags);
/*
 * Milliseconds, rounded up; *raw: without a unit, in rtnetlink's. As iproute2
 * takes them: 50, 50ms, 0.5s. False: it is no time.
 */
bool route_time_parse(const char *text, uint64_t *ms, bool *raw);
/* save: as lines that make them. */
void route_emit_metrics(struct emit *emit, const struct route *route,
			bool save);
/* "    cache <flag>"; flag NULL: none. */
void route_emit_cache(struct emit *emit, const char *flag);
/* What was learned (NULL: nothing) and what the route (or NULL) says. */
void route_emit_path(struct emit *emit, const struct net *net,
		     const struct path *path, const struct route *route);

extern const struct command_style ip_route_style;
extern const struct arg_spec route_show_args[], route_get_args[];
enum step route_list_start(struct job *job);
enum step route_save_start(struct job *job);
enum step route_list_step(struct job *job);
enum step route_flush_start(struct job *job);
enum step route_flush_step(struct job *job);
enum step route_get_start(struct job *job);

/* One of Linux's three tables, or one with routes in it. */
bool route_table_exists(struct net *net, uint32_t table);

/* A type-of-service octet, in hexadecimal as iproute2 takes it. */
bool tos_parse(const char *text, uint8_t *tos);

/* Prints what the kernel would say; exit code 2, 0 for FIB_OK. */
enum step route_error(struct job *job, enum fib_error error);
