/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the FIB costs, natively: building a table of N routes, its memory,
 * lookups a second, changes a second. The table is generated: lengths as in the
 * Internet's table of 2024/25, more than half of the prefixes inside others,
 * runs of adjacent ones, next hops shared by whoever announces them.
 *
 *	fib_bench [-n routes] [-s seed] [-c]
 *
 * One line a figure: name, value, unit. -c: few lookups, for a tool that counts
 * instructions between calls of look_up (valgrind --tool=callgrind
 * --toggle-collect='look_up*').
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/host/host.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

#define GATEWAYS 120u

struct prefix {
	uint32_t addr;
	uint8_t len;
	uint8_t gateway;
};

struct bench {
	struct testnet *t;
	struct prefix *prefix;
	uint32_t count, room;
	uint32_t by_len[34]; /* where the prefixes of a length begin */
	uint8_t *seen;	     /* hash set of prefixes */
	uint64_t *key;
	uint64_t seed;
};

/* ---- numbers ------------------------------------------------------------ */

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t
below(uint64_t *seed, uint32_t bound)
{
	return (uint32_t)((next_random(seed) >> 32) * bound >> 32);
}

static double
cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
say(const char *name, double value, const char *unit)
{
	printf("%-28s %12.2f %s\n", name, value, unit);
	fflush(stdout);
}

/* ---- the table ---------------------------------------------------------- */

/* Of a million: the shares of the weekly routing table reports. */
static const uint32_t share[33] = {
	[8] = 16,      [9] = 13,      [10] = 37,    [11] = 100,	  [12] = 290,
	[13] = 580,    [14] = 1190,   [15] = 2060,  [16] = 13700, [17] = 8300,
	[18] = 14000,  [19] = 25300,  [20] = 45300, [21] = 53300, [22] = 113000,
	[23] = 101500, [24] = 620000, [25] = 130,   [26] = 130,	  [27] = 130,
	[28] = 130,    [29] = 130,    [30] = 130,   [31] = 50,	  [32] = 190,
};

static bool
add(struct bench *b, uint32_t addr, uint8_t len, uint8_t gateway)
{
	uint64_t key = (uint64_t)addr << 8 | len | 1ull << 63;
	uint64_t mask = (1u << 22) - 1;
	uint64_t slot = key * 0x9e3779b97f4a7c15ull >> 42;

	for (; b->key[slot & mask]; slot++)
		if (b->key[slot & mask] == key)
			return false;
	b->key[slot & mask] = key;
	b->prefix[b->count++] = (struct prefix){ addr, len, gateway };
	return true;
}

/* Gateways are chosen by Zipf's law, roughly. */
static uint8_t
any_gateway(struct bench *b)
{
	uint32_t a = below(&b->seed, GATEWAYS), c = below(&b->seed, GATEWAYS);

	return (uint8_t)(a * c / GATEWAYS);
}

/* A place of its own: ordinary address space, some /8 fuller than others. */
static void
add_root(struct bench *b, uint8_t len)
{
	uint32_t first = 1 + below(&b->seed, 222), addr;

	if (first == 10 || first == 127 || (first * 37 % 223) > 187)
		return;
	addr = first << 24 | (below(&b->seed, 1u << 24) & 0xffffff);
	add(b, addr & ~0u << (32 - len), len, any_gateway(b));
}

/* Inside an existing one, three times of four announced by the same. */
static void
add_inside(struct bench *b, uint8_t len)
{
	uint8_t outer = (uint8_t)(len - 1 - below(&b->seed, 8));
	const struct prefix *parent;
	uint32_t addr;

	if (outer < 8 || b->by_len[outer + 1] == b->by_len[outer])
		return;
	parent = &b->prefix[b->by_len[outer] +
			    below(&b->seed,
				  b->by_len[outer + 1] - b->by_len[outer])];
	addr = parent->addr |
	       (below(&b->seed, 1u << (len - parent->len)) << (32 - len));
	add(b, addr, len,
	    below(&b->seed, 4) ? parent->gateway : any_gateway(b));
}

static void
generate(struct bench *b, uint32_t count)
{
	b->room = count + 1;
	b->prefix = calloc(b->room, sizeof(*b->prefix));
	b->key = calloc(1u << 22, sizeof(*b->key));
	for (uint8_t len = 0; len <= 32; len++) {
		uint32_t wanted =
			(uint32_t)((uint64_t)share[len] * count / 999706);
		uint32_t tries = wanted * 20;

		b->by_len[len] = b->count;
		while (b->count < b->by_len[len] + wanted && b->count < count &&
		       tries-- > 0) {
			const struct prefix *last = &b->prefix[b->count - 1];

			if (b->count > b->by_len[len] &&
			    below(&b->seed, 100) < 60)
				add(b, last->addr + (1u << (32 - len)), len,
				    last->gateway);
			else if (below(&b->seed, 100) < 52)
				add_inside(b, len);
			else
				add_root(b, len);
		}
		b->by_len[len + 1] = b->count;
	}
	free(b->key);
}

static int
compare(const void *a, const void *b)
{
	const struct prefix *p = a, *q = b;

	if (p->addr != q->addr)
		return p->addr < q->addr ? -1 : 1;
	return p->len - q->len;
}

static void
sort(struct bench *b)
{
	qsort(b->prefix, b->count, sizeof(*b->prefix), compare);
}

static void
shuffle(struct bench *b)
{
	for (uint32_t i = b->count; i-- > 1;) {
		uint32_t j = below(&b->seed, i + 1);
		struct prefix swap = b->prefix[i];

		b->prefix[i] = b->prefix[j];
		b->prefix[j] = swap;
	}
}

/* ---- the work ----------------------------------------------------------- */

static union {
	struct route route;
	uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
} want;

static const struct route *
route_for(const struct bench *b, const struct prefix *prefix)
{
	want.route.dst = prefix->addr;
	want.route.prefix_len = prefix->len;
	want.route.table = TABLE_MAIN;
	want.route.type = ROUTE_UNICAST;
	want.route.proto = 186;
	want.route.nexthop_count = 1;
	want.route.nexthop[0] = (struct nexthop){
		.gateway =
			TESTNET_ADDR(prefix->gateway % 2, 2u + prefix->gateway),
	};
	return &want.route;
}

static void
build(struct bench *b, const char *name, bool at_once)
{
	uint32_t failed = 0;
	double start = cpu_seconds();

	if (at_once)
		fib_batch_begin(&b->t->net);
	for (uint32_t i = 0; i < b->count; i++) {
		failed += fib_insert(&b->t->net, route_for(b, &b->prefix[i]),
				     FIB_ADD) != FIB_OK;
		fib_quiescent(&b->t->net);
	}
	if (at_once)
		fib_batch_end(&b->t->net);
	say(name, (cpu_seconds() - start) * 1e3, "ms");
	if (failed)
		say("failed inserts", failed, "");
}

static void
take_down(struct bench *b, const char *name)
{
	double start = cpu_seconds();
	uint32_t failed = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		failed += fib_delete(&b->t->net, route_for(b, &b->prefix[i])) !=
			  FIB_OK;
		fib_quiescent(&b->t->net);
	}
	say(name, (cpu_seconds() - start) * 1e9 / b->count, "ns");
	if (failed)
		say("failed deletes", failed, "");
}

static void
memory(struct bench *b)
{
	struct fib_usage usage;

	fib_usage(&b->t->net, &usage);
	say("routes", usage.route_count, "");
	say("lookup structure", (double)usage.lookup_len / 1e6, "MB");
	say("all the rest", (double)usage.route_len / 1e6, "MB");
	say("in all", (double)(usage.lookup_len + usage.route_len) / 1048576.0,
	    "MiB");
	say("a route",
	    (double)(usage.lookup_len + usage.route_len) / usage.route_count,
	    "bytes");
}

__attribute__((noinline)) static uint64_t
look_up(struct net *net, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct flow flow = { .dst = addr[i] };

		sum += (uintptr_t)fib_find(net, &flow);
	}
	return sum;
}

__attribute__((noinline)) static uint64_t
look_up_dependent(struct net *net, const uint32_t *addr, uint32_t count)
{
	uint64_t sum = 0, zero = 0;

	__asm__("" : "+r"(zero));

	for (uint32_t i = 0; i < count; i++) {
		const struct flow flow = { .dst = addr[i] ^ (uint32_t)sum };

		sum = (uintptr_t)fib_find(net, &flow);
		/* Nothing, but the compiler does not know. */
		sum &= zero;
	}
	return sum;
}

static void
measure(struct bench *b, const char *name, const uint32_t *addr, uint32_t count,
	uint32_t repeat)
{
	uint64_t (*const work[2])(struct net *, const uint32_t *,
				  uint32_t) = { look_up, look_up_dependent };
	char text[64];

	for (unsigned int w = 0; w < 2; w++) {
		double best = 1e9;

		for (uint32_t r = 0; r < repeat; r++) {
			double start = cpu_seconds(), took;

			work[w](&b->t->net, addr, count);
			took = (cpu_seconds() - start) * 1e9 / count;
			best = took < best ? took : best;
		}
		snprintf(text, sizeof(text), "lookup %s%s", name,
			 w ? " dependent" : "");
		say(text, best, "ns (best)");
	}
}

static void
lookups(struct bench *b, uint32_t count, uint32_t repeat)
{
	uint32_t *addr = malloc(count * sizeof(*addr));

	for (uint32_t i = 0; i < count; i++)
		addr[i] = (uint32_t)next_random(&b->seed);
	measure(b, "uniform", addr, count, repeat);
	for (uint32_t i = 0; i < count; i++) {
		const struct prefix *p = &b->prefix[below(&b->seed, b->count)];

		addr[i] = p->addr |
			  (uint32_t)((next_random(&b->seed) & 0xffffffffu) >>
				     p->len);
	}
	measure(b, "installed", addr, count, repeat);
	for (uint32_t i = 8; i < count; i++)
		addr[i] = addr[i % 8];
	measure(b, "few", addr, count, repeat);
	free(addr);
}

/* Random existing routes change their next hop, one after another. */
static void
updates(struct bench *b, uint32_t count)
{
	double start = cpu_seconds();

	for (uint32_t i = 0; i < count; i++) {
		struct prefix *p = &b->prefix[below(&b->seed, b->count)];

		p->gateway = (uint8_t)((p->gateway + 1) % GATEWAYS);
		if (fib_insert(&b->t->net, route_for(b, p), FIB_REPLACE) !=
		    FIB_OK)
			abort();
		fib_quiescent(&b->t->net);
	}
	say("replace", (cpu_seconds() - start) * 1e9 / count, "ns");
}

static void
withdraw_and_announce(struct bench *b, uint32_t count)
{
	uint32_t first = below(&b->seed, b->count - count);
	struct bench part = *b;

	part.prefix = b->prefix + first;
	part.count = count;
	take_down(&part, "delete");
	double start = cpu_seconds();

	for (uint32_t i = 0; i < count; i++) {
		if (fib_insert(&b->t->net, route_for(b, &part.prefix[i]),
			       FIB_ADD) != FIB_OK)
			abort();
		fib_quiescent(&b->t->net);
	}
	say("add", (cpu_seconds() - start) * 1e9 / count, "ns");
}

/* The kernel maps memory by 2 MiB; so does this, if Linux lets it. */
static void
huge_pages(const struct pages *pages)
{
	for (unsigned int i = 0; i < pages->zone_count; i++) {
		uintptr_t from = pages->zone[i].base & -(1ul << 21);

		madvise((void *)(from + (1ul << 21)),
			pages->zone[i].page_count * PAGE_SIZE - (2ul << 21),
			MADV_HUGEPAGE);
	}
}

int
main(int argc, char **argv)
{
	struct testnet_config config = { .ports = 2, .memory_len = 256u << 20 };
	struct bench bench = { .seed = 1 };
	uint32_t count = 1000000;
	bool counting = false;
	int option;

	while ((option = getopt(argc, argv, "n:s:c")) != -1) {
		if (option == 'n')
			count = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 's')
			bench.seed = strtoull(optarg, NULL, 0);
		else
			counting = option == 'c';
	}
	config.net.route_count = count + 1000;
	bench.t = testnet_new_with(&config);
	huge_pages(&bench.t->pages);
	generate(&bench, count);
	shuffle(&bench);
	build(&bench, "build, random order", false);
	memory(&bench);
	lookups(&bench, counting ? 100000 : 1u << 22, counting ? 1 : 5);
	if (!counting && bench.count > 40000) {
		updates(&bench, 200000);
		withdraw_and_announce(&bench, 20000);
	}
	if (!counting) {
		take_down(&bench, "delete all");
		build(&bench, "build, random, at once", true);
		take_down(&bench, "delete all");
		sort(&bench);
		build(&bench, "build, in order", false);
		take_down(&bench, "delete all, in order");
		build(&bench, "build, in order, at once", true);
		memory(&bench);
	}
	if (!counting) {
		double start = cpu_seconds();

		netdev_down(&bench.t->port[0].dev);
		say("a port down", (cpu_seconds() - start) * 1e3, "ms");
		while (fib_quiescent(&bench.t->net))
			;
		say("until all is caught up", (cpu_seconds() - start) * 1e3,
		    "ms");
		fib_quiescent(&bench.t->net);
		memory(&bench);
	}
	return 0;
}
