/* SPDX-License-Identifier: BSD-2-Clause */
/* What others need of `ip nexthop`: its table, and how an object looks. */
#pragma once

#include "apps/commands/ip.h"
#include "net/ipv4/nexthop.h"

struct nexthop_show {
	struct emit emit;
	bool details;
	bool config; /* what it was told, not how it is */
	const struct job *job;
};

/* One object with its line break. */
void nexthop_emit(struct nexthop_show *show,
		  const struct nexthop_object *object);

/* What `ip -d route` says of a route's object. */
void nexthop_emit_info(struct emit *emit, const struct job *job, uint32_t id);

/* The object after *id as the line that makes it, if it is a group or if it is
 * none; false behind the last. */
bool nexthop_show_config(struct job *job, uint32_t *id, bool groups);

#define NEXTHOP_NO_DEVICE "Device does not exist\n"

/* The argument names no interface. */
enum step nexthop_bad_device(struct job *job, const struct arg *arg);

/* A time as printf's %g writes seconds. */
void nexthop_emit_seconds(struct emit *emit, const char *key,
			  const char *before, uint64_t ns);

extern const struct command_style ip_nexthop_style;
extern const struct command ip_nexthop_commands[];
extern const struct command ip_nexthop_bucket_commands[];
