/* SPDX-License-Identifier: BSD-2-Clause */
/* `show running-config`. */
#pragma once

#include "apps/shell/command.h"
#include "net/ipv4/fib_walk.h"

/* From this pass on the rules have to be there. */
#define RUNNING_AFTER_RULES 6u

/* Where the lines about next hops and routes are; zeroed. */
struct running_routes {
	unsigned int pass;
	uint32_t nexthop;
	struct fib_place place;
	/* Of the prefix that the walk is at: the route before, what it is that
	 * has to be put in order, and how many of them have been. */
	struct running_key {
		uint32_t table, dst, metric, rank;
		uint8_t prefix_len, tos;
	} last, group;
	bool sorting;
	struct fib_place sorted;
	uint32_t made; /* routes of addresses looked at */
};

/* Some of them; false: these were the last. In running_routes.c. */
bool running_routes_step(struct job *job, struct running_routes *routes);

enum step running_start(struct job *job);
enum step running_step(struct job *job);
