/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other people's lookup structures, to be measured beside the FIB on the same
 * routes and addresses. They come as a shared object, so that the bench runs
 * where their packages cannot be had. Routes answer with a number from 1; 0 is
 * no route.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIB_PEER_BURST 32u

struct fib_peer {
	const char *name;
	/* An empty table; NULL: it says why on stderr. */
	void *(*create)(uint32_t route_count_max);
	bool (*add)(void *table, uint32_t addr, uint8_t len, uint32_t value);
	bool (*remove)(void *table, uint32_t addr, uint8_t len);
	/* Sums of the answers: one address after another; each only when the
	 * last one's answer is there; in bursts (count is a multiple). */
	uint64_t (*look_up)(void *table, const uint32_t *addr, uint32_t count);
	uint64_t (*look_up_dependent)(void *table, const uint32_t *addr,
				      uint32_t count);
	uint64_t (*look_up_bursts)(void *table, const uint32_t *addr,
				   uint32_t count);
	uint32_t (*answer)(void *table, uint32_t addr);
	/* Of the structure that lookups read. */
	size_t lookup_len;
	bool slow; /* a change takes longer the more routes there are */
};

/* What the shared object has: peers, the last one's name NULL; and bytes that
 * they have allocated so far. */
struct fib_peers {
	bool (*start)(void);
	size_t (*allocated)(void);
	const struct fib_peer *peer;
};

#define FIB_PEERS_SYMBOL "fib_peers"
