/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the FIB costs, natively, and what others' do on the same routes and the
 * same addresses in the same run: building a table of N routes, its memory,
 * lookups, changes.
 *
 *	fib_bench [-n routes] [-s seed] [-p peers.so] [-q] [-c]
 *
 * One line a figure, one column a subject. -q leaves out what peers are slow
 * at. -c: few lookups, for a tool that counts instructions between calls of
 * look_up (valgrind --tool=callgrind --toggle-collect='look_up').
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/fib_peers.h"
#include "tests/bench/fib_routes.h"
#include "tests/host/host.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

#define SUBJECTS_MAX 4u /* the FIB itself and three peers */

/* What is measured: the FIB (peer NULL) or somebody else's structure. */
struct subject {
	const char *name;
	const struct fib_peer *peer;
	void *table;	   /* the peer's, or struct net */
	size_t len;	   /* bytes, all told */
	size_t lookup_len; /* of these what lookups read */
};

struct bench {
	struct testnet *t;
	struct fib_routes routes;
	struct subject subject[SUBJECTS_MAX];
	uint32_t subject_count;
	const struct fib_peers *peers;
	bool quick;
};

/* ---- numbers ------------------------------------------------------------ */

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
	printf("%-28s %12.2f  %s\n", name, value, unit);
	fflush(stdout);
}

/* A row of the comparison; below 0: not measured. */
static void
say_all(const struct bench *b, const char *name, const double *value,
	const char *unit)
{
	printf("%-28s", name);
	for (uint32_t i = 0; i < b->subject_count; i++)
		if (value[i] < 0)
			printf(" %14s", "-");
		else
			printf(" %14.2f", value[i]);
	printf("  %s\n", unit);
	fflush(stdout);
}

static void
say_heading(const struct bench *b)
{
	printf("\n%-28s", "");
	for (uint32_t i = 0; i < b->subject_count; i++)
		printf(" %14s", b->subject[i].name);
	printf("\n");
}

/* ---- the FIB's own work -------------------------------------------------- */

static union {
	struct route route;
	uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
} want;

static uint32_t
gateway_addr(uint32_t gateway)
{
	return TESTNET_ADDR(gateway % 2, 2u + gateway);
}

static const struct route *
route_for(const struct fib_prefix *prefix)
{
	want.route.dst = prefix->addr;
	want.route.prefix_len = prefix->len;
	want.route.table = TABLE_MAIN;
	want.route.type = ROUTE_UNICAST;
	want.route.proto = 186;
	want.route.nexthop_count = 1;
	want.route.nexthop[0] =
		(struct nexthop){ .gateway = gateway_addr(prefix->gateway) };
	return &want.route;
}

static void
insert(struct net *net, const struct fib_prefix *prefix, enum fib_op op)
{
	if (fib_insert(net, route_for(prefix), op) != FIB_OK)
		panic("an insert failed");
	fib_quiescent(net);
}

static void
take_out(struct net *net, const struct fib_prefix *prefix)
{
	if (fib_delete(net, route_for(prefix)) != FIB_OK)
		panic("a delete failed");
	fib_quiescent(net);
}

/* Milliseconds. */
static double
build(struct bench *b, bool at_once)
{
	double start = cpu_seconds();

	if (at_once)
		fib_batch_begin(&b->t->net);
	for (uint32_t i = 0; i < b->routes.count; i++)
		insert(&b->t->net, &b->routes.prefix[i], FIB_ADD);
	if (at_once)
		fib_batch_end(&b->t->net);
	return (cpu_seconds() - start) * 1e3;
}

/* Nanoseconds a route. */
static double
take_down(struct bench *b)
{
	double start = cpu_seconds();

	for (uint32_t i = 0; i < b->routes.count; i++)
		take_out(&b->t->net, &b->routes.prefix[i]);
	return (cpu_seconds() - start) * 1e9 / b->routes.count;
}

static void
memory(struct bench *b)
{
	struct fib_usage usage;
	uint64_t len;

	fib_usage(&b->t->net, &usage);
	len = usage.lookup_len + usage.route_len;
	say("routes", usage.route_count, "");
	say("lookup structure", (double)usage.lookup_len / 1e6, "MB");
	say("in all", (double)len / 1048576.0, "MiB");
	say("a route", (double)len / usage.route_count, "bytes");
}

__attribute__((noinline)) static uint64_t
look_up(void *table, const uint32_t *addr, uint32_t count)
{
	struct net *net = table;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += (uintptr_t)fib_find_plainly(net, addr[i]);
	return sum;
}

__attribute__((noinline)) static uint64_t
look_up_dependent(void *table, const uint32_t *addr, uint32_t count)
{
	struct net *net = table;
	uint64_t sum = 0, zero = 0;

	__asm__("" : "+r"(zero));
	for (uint32_t i = 0; i < count; i++) {
		sum = (uintptr_t)fib_find_plainly(net, addr[i] ^ (uint32_t)sum);
		/* Nothing, but the compiler does not know. */
		sum &= zero;
	}
	return sum;
}

/* ---- beside each other --------------------------------------------------- */

enum way { ONE_BY_ONE, DEPENDENT, BURSTS, WAYS };

static const char *const way_name[WAYS] = { "one by one", "dependent",
					    "bursts of 32" };

static uint64_t
go(const struct subject *subject, enum way way, const uint32_t *addr,
   uint32_t count)
{
	const struct fib_peer *peer = subject->peer;

	if (!peer)
		return way == DEPENDENT
			       ? look_up_dependent(subject->table, addr, count)
			       : look_up(subject->table, addr, count);
	if (way == BURSTS)
		return peer->look_up_bursts(subject->table, addr, count);
	return way == DEPENDENT
		       ? peer->look_up_dependent(subject->table, addr, count)
		       : peer->look_up(subject->table, addr, count);
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* All subjects in turns, so that what else the machine does hits them alike.
 * Medians and, for who wants to know what is possible, the best. */
static void
measure(struct bench *b, const char *name, const uint32_t *addr, uint32_t count,
	uint32_t repeat)
{
	double took[WAYS][SUBJECTS_MAX][32], median[SUBJECTS_MAX];
	double best[SUBJECTS_MAX], start;
	char text[64];

	for (uint32_t r = 0; r < repeat; r++)
		for (uint32_t i = 0; i < WAYS * b->subject_count; i++) {
			uint32_t way = i / b->subject_count;
			uint32_t s = i % b->subject_count;

			/* What the last one left in the caches is his. */
			(void)go(&b->subject[s], way, addr, count / 16);
			start = cpu_seconds();
			(void)go(&b->subject[s], way, addr, count);
			took[way][s][r] = (cpu_seconds() - start) * 1e9 / count;
		}
	for (uint32_t way = 0; way < WAYS; way++) {
		for (uint32_t s = 0; s < b->subject_count; s++) {
			qsort(took[way][s], repeat, sizeof(double),
			      compare_doubles);
			median[s] = took[way][s][repeat / 2];
			best[s] = took[way][s][0];
		}
		snprintf(text, sizeof(text), "%s, %s", name, way_name[way]);
		say_all(b, text, median, "ns");
		snprintf(text, sizeof(text), "%20s", "best");
		say_all(b, text, best, "ns");
	}
}

static void
lookups(struct bench *b, uint32_t count, uint32_t repeat)
{
	uint32_t *addr = malloc(count * sizeof(*addr));

	for (uint32_t i = 0; i < count; i++)
		addr[i] = (uint32_t)fib_routes_random(&b->routes.seed);
	measure(b, "uniform", addr, count, repeat);
	for (uint32_t i = 0; i < count; i++)
		addr[i] = fib_routes_address(&b->routes);
	measure(b, "installed", addr, count, repeat);
	for (uint32_t i = 8; i < count; i++)
		addr[i] = addr[i % 8];
	measure(b, "eight", addr, count, repeat);
	free(addr);
}

/* What the FIB answers, as peers put it. */
static uint32_t
answer(struct net *net, uint32_t addr)
{
	const struct route *route = fib_find_plainly(net, addr);

	for (uint32_t i = 0; route && i < FIB_ROUTES_GATEWAYS; i++)
		if (route->nexthop[0].gateway == gateway_addr(i))
			return i + 1;
	return 0;
}

/* Everybody finds the same; our own networks are in nobody's table but ours. */
static void
agree(struct bench *b, uint32_t count)
{
	double differ[SUBJECTS_MAX] = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		uint32_t addr =
			i % 2 ? fib_routes_address(&b->routes)
			      : (uint32_t)fib_routes_random(&b->routes.seed);
		uint32_t value = answer(&b->t->net, addr);

		if (addr >> 24 == 10 || addr >> 24 == 127)
			continue;
		for (uint32_t s = 1; s < b->subject_count; s++)
			differ[s] +=
				b->subject[s].peer->answer(b->subject[s].table,
							   addr) != value;
	}
	say_all(b, "other answers than ours", differ, "of a million");
	for (uint32_t s = 1; s < b->subject_count; s++)
		if (differ[s] > 0)
			panic("%s finds other routes", b->subject[s].name);
}

/* ---- changes ------------------------------------------------------------- */

static bool
put(const struct subject *subject, const struct fib_prefix *prefix,
    enum fib_op op)
{
	if (subject->peer)
		return subject->peer->add(subject->table, prefix->addr,
					  prefix->len, prefix->gateway + 1u);
	insert(subject->table, prefix, op);
	return true;
}

static bool
take(const struct subject *subject, const struct fib_prefix *prefix)
{
	if (subject->peer)
		return subject->peer->remove(subject->table, prefix->addr,
					     prefix->len);
	take_out(subject->table, prefix);
	return true;
}

/* The same random routes get other gateways, go, and come back. */
static void
changes(struct bench *b, uint32_t count)
{
	double replace[SUBJECTS_MAX], gone[SUBJECTS_MAX], back[SUBJECTS_MAX];
	uint32_t first =
		fib_routes_below(&b->routes.seed, b->routes.count - count);
	struct fib_prefix *prefix = &b->routes.prefix[first];
	bool ok = true;

	for (uint32_t i = 0; i < count; i++)
		prefix[i].gateway = (uint8_t)((prefix[i].gateway + 1) %
					      FIB_ROUTES_GATEWAYS);
	for (uint32_t s = 0; s < b->subject_count; s++) {
		const struct subject *subject = &b->subject[s];
		uint32_t n = subject->peer && subject->peer->slow
				     ? min_of(count, 2000u)
				     : count;
		double start = cpu_seconds();

		for (uint32_t i = 0; i < count; i++)
			ok &= put(subject, &prefix[i], FIB_REPLACE);
		replace[s] = (cpu_seconds() - start) * 1e9 / count;
		start = cpu_seconds();
		for (uint32_t i = 0; i < n; i++)
			ok &= take(subject, &prefix[i]);
		gone[s] = (cpu_seconds() - start) * 1e9 / n;
		start = cpu_seconds();
		for (uint32_t i = 0; i < n; i++)
			ok &= put(subject, &prefix[i], FIB_ADD);
		back[s] = (cpu_seconds() - start) * 1e9 / n;
	}
	if (!ok)
		panic("a change failed");
	say_all(b, "replace", replace, "ns");
	say_all(b, "delete", gone, "ns");
	say_all(b, "add", back, "ns");
}

/* ---- setting up ---------------------------------------------------------- */

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

static void
peers_open(struct bench *b, const char *file)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const struct fib_peers *peers =
		library ? dlsym(library, FIB_PEERS_SYMBOL) : NULL;

	if (!peers || !peers->start()) {
		fprintf(stderr, "no peers: %s\n",
			library ? "they do not start" : dlerror());
		exit(1);
	}
	b->peers = peers;
}

/* A subject's table with all routes; milliseconds. Below 0: it has none. */
static double
peer_build(struct bench *b, const struct fib_peer *peer)
{
	struct subject *subject = &b->subject[b->subject_count];
	size_t before = b->peers->allocated();
	double start = cpu_seconds();

	*subject = (struct subject){ .name = peer->name, .peer = peer };
	subject->table = peer->create(b->routes.count);
	if (!subject->table)
		return -1;
	for (uint32_t i = 0; i < b->routes.count; i++)
		if (!put(subject, &b->routes.prefix[i], FIB_ADD))
			panic("%s: an add failed", peer->name);
	subject->len = b->peers->allocated() - before;
	subject->lookup_len = peer->lookup_len;
	return (cpu_seconds() - start) * 1e3;
}

static void
subjects_build(struct bench *b)
{
	double took[SUBJECTS_MAX], all[SUBJECTS_MAX], read[SUBJECTS_MAX];
	struct fib_usage usage;

	took[0] = build(b, true);
	fib_quiescent(&b->t->net);
	fib_usage(&b->t->net, &usage);
	b->subject[0] = (struct subject){
		.name = "Fairlead",
		.table = &b->t->net,
		.len = usage.lookup_len + usage.route_len,
		.lookup_len = usage.lookup_len,
	};
	b->subject_count = 1;
	for (const struct fib_peer *peer = b->peers ? b->peers->peer : NULL;
	     peer && peer->name && b->subject_count < SUBJECTS_MAX; peer++) {
		if (peer->slow && b->quick)
			continue;
		took[b->subject_count] = peer_build(b, peer);
		b->subject_count += took[b->subject_count] >= 0;
	}
	for (uint32_t s = 0; s < b->subject_count; s++) {
		all[s] = (double)b->subject[s].len / 1048576;
		read[s] = (double)b->subject[s].lookup_len / 1e6;
	}
	say_heading(b);
	say_all(b, "build, random order", took, "ms");
	say_all(b, "memory in all", all, "MiB");
	say_all(b, "lookup structure", read, "MB");
}

/* What only the FIB can say of itself. */
static void
alone(struct bench *b)
{
	double start;

	say("\nFairlead alone: routes", b->routes.count, "");
	say("delete all", take_down(b), "ns");
	say("build, one by one", build(b, false), "ms");
	memory(b);
	take_down(b);
	fib_routes_sort(&b->routes);
	say("build, in order, one by one", build(b, false), "ms");
	say("delete all, in order", take_down(b), "ns");
	say("build, in order, at once", build(b, true), "ms");
	memory(b);
	start = cpu_seconds();
	netdev_down(&b->t->port[0].dev);
	say("a port down", (cpu_seconds() - start) * 1e3, "ms");
	while (fib_quiescent(&b->t->net))
		;
	say("until all is caught up", (cpu_seconds() - start) * 1e3, "ms");
	fib_quiescent(&b->t->net);
	memory(b);
}

int
main(int argc, char **argv)
{
	struct testnet_config config = { .ports = 2, .memory_len = 256u << 20 };
	struct bench bench = { .routes.seed = 1 };
	uint32_t count = 1000000;
	bool counting = false;
	int option;

	while ((option = getopt(argc, argv, "n:s:p:qc")) != -1) {
		if (option == 'n')
			count = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 's')
			bench.routes.seed = strtoull(optarg, NULL, 0);
		else if (option == 'p')
			peers_open(&bench, optarg);
		else if (option == 'q')
			bench.quick = true;
		else
			counting = option == 'c';
	}
	config.net.route_count = count + 1000;
	bench.t = testnet_new_with(&config);
	huge_pages(&bench.t->pages);
	fib_routes_generate(&bench.routes, count);
	fib_routes_shuffle(&bench.routes);
	subjects_build(&bench);
	agree(&bench, 1000000);
	lookups(&bench, counting ? 1u << 16 : 1u << 22, counting ? 1 : 9);
	if (counting)
		return 0;
	changes(&bench, min_of(count / 10, 100000u));
	alone(&bench);
	return 0;
}
