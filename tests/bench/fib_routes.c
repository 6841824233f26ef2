/* SPDX-License-Identifier: BSD-2-Clause */
/* The generated table of routes, see fib_routes.h. */

#include "tests/bench/fib_routes.h"

#include <stdbool.h>
#include <stdlib.h>

struct generator {
	struct fib_routes *routes;
	uint32_t by_len[34]; /* where the prefixes of a length begin */
	uint64_t *key;	     /* hash set of prefixes */
};

/* Of a million: the shares of the weekly routing table reports. */
static const uint32_t share[33] = {
	[8] = 16,      [9] = 13,      [10] = 37,    [11] = 100,	  [12] = 290,
	[13] = 580,    [14] = 1190,   [15] = 2060,  [16] = 13700, [17] = 8300,
	[18] = 14000,  [19] = 25300,  [20] = 45300, [21] = 53300, [22] = 113000,
	[23] = 101500, [24] = 620000, [25] = 130,   [26] = 130,	  [27] = 130,
	[28] = 130,    [29] = 130,    [30] = 130,   [31] = 50,	  [32] = 190,
};

#define SHARES 999706u

uint64_t
fib_routes_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint32_t
fib_routes_below(uint64_t *seed, uint32_t bound)
{
	return (uint32_t)((fib_routes_random(seed) >> 32) * bound >> 32);
}

static uint32_t
below(struct generator *g, uint32_t bound)
{
	return fib_routes_below(&g->routes->seed, bound);
}

static bool
add(struct generator *g, uint32_t addr, uint8_t len, uint8_t gateway)
{
	uint64_t key = (uint64_t)addr << 8 | len | 1ull << 63;
	uint64_t mask = (1u << 22) - 1;
	uint64_t slot = key * 0x9e3779b97f4a7c15ull >> 42;

	for (; g->key[slot & mask]; slot++)
		if (g->key[slot & mask] == key)
			return false;
	g->key[slot & mask] = key;
	g->routes->prefix[g->routes->count++] =
		(struct fib_prefix){ addr, len, gateway };
	return true;
}

static bool
is_ours(uint32_t addr)
{
	return addr >> 24 == 10 || addr >> 24 == 127;
}

/* Gateways are chosen by Zipf's law, roughly. */
static uint8_t
any_gateway(struct generator *g)
{
	uint32_t a = below(g, FIB_ROUTES_GATEWAYS);
	uint32_t b = below(g, FIB_ROUTES_GATEWAYS);

	return (uint8_t)(a * b / FIB_ROUTES_GATEWAYS);
}

/* A place of its own: ordinary address space, some /8 fuller than others. */
static void
add_root(struct generator *g, uint8_t len)
{
	uint32_t first = 1 + below(g, 222), addr;

	if (is_ours(first << 24) || (first * 37 % 223) > 187)
		return;
	addr = first << 24 | (below(g, 1u << 24) & 0xffffff);
	add(g, addr & ~0u << (32 - len), len, any_gateway(g));
}

/* Inside an existing one, three times of four announced by the same. */
static void
add_inside(struct generator *g, uint8_t len)
{
	uint8_t outer = (uint8_t)(len - 1 - below(g, 8));
	const struct fib_prefix *parent;
	uint32_t addr;

	if (outer < 8 || g->by_len[outer + 1] == g->by_len[outer])
		return;
	parent = &g->routes->prefix[g->by_len[outer] +
				    below(g, g->by_len[outer + 1] -
						     g->by_len[outer])];
	addr = parent->addr |
	       (below(g, 1u << (len - parent->len)) << (32 - len));
	add(g, addr, len, below(g, 4) ? parent->gateway : any_gateway(g));
}

/* Directly behind the one added last, by the same. */
static void
add_adjacent(struct generator *g, uint8_t len)
{
	const struct fib_prefix *last =
		&g->routes->prefix[g->routes->count - 1];
	uint32_t addr = last->addr + (1u << (32 - len));

	if (!is_ours(addr) && addr >> 24 < 224)
		add(g, addr, len, last->gateway);
}

static void
add_length(struct generator *g, uint8_t len, uint32_t wanted)
{
	uint32_t begin = g->routes->count;

	for (uint32_t tries = wanted * 20;
	     g->routes->count < begin + wanted && tries > 0; tries--) {
		if (g->routes->count > begin && below(g, 100) < 60)
			add_adjacent(g, len);
		else if (below(g, 100) < 52)
			add_inside(g, len);
		else
			add_root(g, len);
	}
}

void
fib_routes_generate(struct fib_routes *routes, uint32_t count)
{
	struct generator g = { .routes = routes };

	routes->prefix = calloc(count + 1, sizeof(*routes->prefix));
	routes->count = 0;
	g.key = calloc(1u << 22, sizeof(*g.key));
	/* The rest of the world, in halves, which every peer can have. */
	add(&g, 0, 1, 0);
	add(&g, 1u << 31, 1, 1);
	for (uint8_t len = 0; len <= 32; len++) {
		uint64_t wanted = (uint64_t)share[len] * count / SHARES;

		g.by_len[len] = routes->count;
		add_length(&g, len,
			   (uint32_t)(wanted < count - routes->count
					      ? wanted
					      : count - routes->count));
		g.by_len[len + 1] = routes->count;
	}
	free(g.key);
}

static int
compare(const void *a, const void *b)
{
	const struct fib_prefix *p = a, *q = b;

	if (p->addr != q->addr)
		return p->addr < q->addr ? -1 : 1;
	return p->len - q->len;
}

void
fib_routes_sort(struct fib_routes *routes)
{
	qsort(routes->prefix, routes->count, sizeof(*routes->prefix), compare);
}

void
fib_routes_shuffle(struct fib_routes *routes)
{
	for (uint32_t i = routes->count; i-- > 1;) {
		uint32_t j = fib_routes_below(&routes->seed, i + 1);
		struct fib_prefix swap = routes->prefix[i];

		routes->prefix[i] = routes->prefix[j];
		routes->prefix[j] = swap;
	}
}

uint32_t
fib_routes_address(struct fib_routes *routes)
{
	const struct fib_prefix *prefix =
		&routes->prefix[fib_routes_below(&routes->seed, routes->count)];

	return prefix->addr |
	       (uint32_t)((fib_routes_random(&routes->seed) & 0xffffffffu) >>
			  prefix->len);
}
