/* SPDX-License-Identifier: BSD-2-Clause */
/* What shows neighbours: `ip neigh`, `arp`, /proc/net/arp. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/neigh.h"

/* Where a walk through the table is; all zero is the start. */
struct neigh_walk {
	uint32_t bucket;
	uint32_t seen; /* entries of the bucket already looked at */
	bool ended;
};

/*
 * The next entry, or NULL: then the table is at its end (walk->ended), or the
 * caller is to come back in another step.
 */
struct neigh *neigh_walk_next(struct net *net, struct neigh_walk *walk);

/* One entry with its line break. */
struct emit;
struct job;
void neigh_emit(const struct job *job, const struct emit *emit,
		const struct neigh *neigh);

/* Is its link-layer address known? */
bool neigh_has_lladdr(const struct neigh *neigh);
