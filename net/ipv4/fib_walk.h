/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking at routes a few at a time: for those who show or flush a million of
 * them without holding up the packets. Routes may come and go between the
 * calls.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/ipv4/fib.h"

/* Where a walk is; all zero is the start. Behind the last route looked at. */
struct fib_place {
	bool started;
	uint8_t prefix_len;
	uint32_t table, dst;
	uint32_t seen; /* routes to this very prefix already looked at */
};

/*
 * Visits at most budget routes of a table (0: all) from *place on, in the order
 * of fib_for_each(). A visitor that returns false ends this call, its route
 * counting as looked at; it must not change the table. True if there may be
 * more.
 */
bool fib_walk(struct net *net, uint32_t table, struct fib_place *place,
	      uint32_t budget,
	      bool (*visit)(void *ctx, const struct route *route), void *ctx);
