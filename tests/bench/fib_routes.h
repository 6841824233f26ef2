/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of routes as the Internet has them, generated: lengths as in the
 * reports of 2024/25, more than half of the prefixes inside others, runs of
 * adjacent ones, gateways shared by whoever announces them. The same seed gives
 * the same table.
 */
#pragma once

#include <stdint.h>

#define FIB_ROUTES_GATEWAYS 120u

struct fib_prefix {
	uint32_t addr;
	uint8_t len;
	uint8_t gateway; /* 0 to FIB_ROUTES_GATEWAYS - 1 */
};

struct fib_routes {
	struct fib_prefix *prefix;
	uint32_t count;
	uint64_t seed; /* of all that is random */
};

/* Up to count prefixes, by length: first the two halves of all addresses, as a
 * default route. No other lies in 10/8 or 127/8. */
void fib_routes_generate(struct fib_routes *routes, uint32_t count);
void fib_routes_sort(struct fib_routes *routes);
void fib_routes_shuffle(struct fib_routes *routes);

/* An address inside a random one of the prefixes. */
uint32_t fib_routes_address(struct fib_routes *routes);

uint64_t fib_routes_random(uint64_t *seed);
uint32_t fib_routes_below(uint64_t *seed, uint32_t bound);
