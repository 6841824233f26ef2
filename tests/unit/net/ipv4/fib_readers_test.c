/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another core looks routes up while they change: it takes no lock, and each
 * answer is what was right at some moment while it asked, the old route or the
 * new one. One thread changes routes as fast as it can and writes down, for
 * every state of the table, what a naive table says of some addresses; the
 * other asks for these and looks up which states there were in between.
 */

#include "tests/host/test.h"

#include <pthread.h>
#include <sched.h>

#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

#define CHANGES	   100000u
#define SITES	   8u  /* places of the address space, far from each other */
#define PER_SITE   12u /* prefixes that contain each other, or are neighbours */
#define PREFIXES   (SITES * PER_SITE)
#define ADDRS	   (SITES * 6u)
#define STATES	   8192u /* remembered; a lookup sees fewer go by */
#define GATEWAYS   3u
#define NO_GATEWAY 0xffu

struct prefix {
	uint32_t addr;
	uint8_t len;
	uint8_t gateway; /* NO_GATEWAY: is not in the table */
};

struct bed {
	struct testnet *t;
	struct random random;
	struct prefix prefix[PREFIXES];
	uint32_t addr[ADDRS];
	/* What is right in a state: gateway or NO_GATEWAY, by address. */
	uint8_t right[STATES][ADDRS];
	uint64_t begun, done; /* the states that a reader may meet */
	uint64_t turns;	      /* of the reader: it holds nothing in between */
	uint64_t asked, wrong, between;
	bool stop;
};

static uint32_t
gateway_addr(uint32_t gateway)
{
	return TESTNET_HOST(0) + gateway;
}

static uint32_t
mask(uint8_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* ---- the reader --------------------------------------------------------- */

static uint8_t
answer(struct net *net, uint32_t addr)
{
	const struct route *route = fib_find_plainly(net, addr);

	return route ? (uint8_t)(route->nexthop[0].gateway - gateway_addr(0))
		     : NO_GATEWAY;
}

/* Was that right in one of the states from first to last? */
static bool
was_right(const struct bed *bed, uint32_t i, uint8_t gateway, uint64_t first,
	  uint64_t last)
{
	for (uint64_t state = first; state <= last; state++)
		if (bed->right[state % STATES][i] == gateway)
			return true;
	return false;
}

static void *
read_on(void *ctx)
{
	struct bed *bed = ctx;
	struct net *net = &bed->t->net;
	uint64_t first, last;
	uint8_t gateway;

	while (!__atomic_load_n(&bed->stop, __ATOMIC_ACQUIRE)) {
		for (uint32_t i = 0; i < ADDRS; i++) {
			first = __atomic_load_n(&bed->done, __ATOMIC_ACQUIRE);
			gateway = answer(net, bed->addr[i]);
			/* The answer first, then what it may have met. */
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			last = __atomic_load_n(&bed->begun, __ATOMIC_ACQUIRE);
			bed->asked++;
			bed->between += last > first;
			/* Held up for so long that states were forgotten. */
			if (last - first >= STATES / 2)
				continue;
			bed->wrong += !was_right(bed, i, gateway, first, last);
		}
		__atomic_fetch_add(&bed->turns, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* ---- the writer --------------------------------------------------------- */

static uint8_t
naive_answer(const struct bed *bed, uint32_t addr)
{
	const struct prefix *best = NULL;

	for (uint32_t i = 0; i < PREFIXES; i++) {
		const struct prefix *p = &bed->prefix[i];

		if (p->gateway != NO_GATEWAY &&
		    !((addr ^ p->addr) & mask(p->len)) &&
		    (!best || p->len > best->len))
			best = p;
	}
	return best ? best->gateway : NO_GATEWAY;
}

/* What is right once prefix has changed: for the addresses inside it. */
static void
write_down(struct bed *bed, uint64_t state, const struct prefix *changed)
{
	uint8_t *right = bed->right[state % STATES];

	memcpy(right, bed->right[(state - 1) % STATES], ADDRS);
	for (uint32_t i = 0; i < ADDRS; i++)
		if (!((bed->addr[i] ^ changed->addr) & mask(changed->len)))
			right[i] = naive_answer(bed, bed->addr[i]);
}

static void
change_route(struct bed *bed, const struct prefix *prefix, bool add)
{
	static union {
		struct route route;
		uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
	} want;
	struct net *net = &bed->t->net;

	want.route = (struct route){
		.dst = prefix->addr,
		.prefix_len = prefix->len,
		.table = TABLE_MAIN,
		.type = ROUTE_UNICAST,
		.nexthop_count = add,
	};
	want.route.nexthop[0] =
		(struct nexthop){ .gateway = gateway_addr(prefix->gateway) };
	if (!add)
		want.route.scope = SCOPE_NOWHERE;
	assert_int_equal(add ? fib_insert(net, &want.route, FIB_REPLACE)
			     : fib_delete(net, &want.route),
			 FIB_OK);
}

/* A random prefix comes, goes, or leads elsewhere. */
static void
change(struct bed *bed)
{
	struct prefix *prefix =
		&bed->prefix[random_below(&bed->random, PREFIXES)];
	uint64_t state = bed->done + 1;
	bool add = prefix->gateway == NO_GATEWAY ||
		   random_below(&bed->random, 3) > 0;

	prefix->gateway = add ? (uint8_t)random_below(&bed->random, GATEWAYS)
			      : NO_GATEWAY;
	write_down(bed, state, prefix);
	__atomic_store_n(&bed->begun, state, __ATOMIC_SEQ_CST);
	change_route(bed, prefix, add);
	__atomic_store_n(&bed->done, state, __ATOMIC_SEQ_CST);
}

/* Both cores have been at the end of a turn since the last change. */
static void
give_back(struct bed *bed)
{
	uint64_t before = __atomic_load_n(&bed->turns, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&bed->turns, __ATOMIC_ACQUIRE) == before)
		sched_yield();
	fib_quiescent(&bed->t->net);
}

/* ---- the test ----------------------------------------------------------- */

/* Prefixes around an address, of lengths that end in every level. */
static void
lay_out(struct bed *bed)
{
	static const uint8_t len[PER_SITE] = { 9,  13, 16, 17, 20, 23,
					       24, 24, 25, 28, 31, 32 };

	for (uint32_t site = 0; site < SITES; site++) {
		uint32_t base = 0x14000000 + site * 0x13579bdf;
		struct prefix *p = &bed->prefix[site * PER_SITE];
		uint32_t *addr = &bed->addr[site * 6];

		for (uint32_t i = 0; i < PER_SITE; i++)
			p[i] = (struct prefix){ base & mask(len[i]), len[i],
						NO_GATEWAY };
		/* A neighbour, so that runs join and part. */
		p[7].addr ^= 0x100;
		addr[0] = base;
		addr[1] = base ^ 1;
		addr[2] = base ^ 0x40;
		addr[3] = base ^ 0x100;
		addr[4] = base ^ 0x1000;
		addr[5] = base ^ 0x10000;
	}
}

static void
each_lookup_sees_the_old_route_or_the_new_one(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	pthread_t reader;

	assert_non_null(bed);
	bed->t = testnet_new(2);
	bed->random = test_random();
	lay_out(bed);
	memset(bed->right, NO_GATEWAY, sizeof(bed->right));
	assert_int_equal(pthread_create(&reader, NULL, read_on, bed), 0);
	for (uint32_t i = 0; i < CHANGES; i++) {
		change(bed);
		if (i % 64 == 63)
			give_back(bed);
	}
	__atomic_store_n(&bed->stop, true, __ATOMIC_RELEASE);
	pthread_join(reader, NULL);
	assert_int_equal(bed->wrong, 0);
	/* It was there while routes changed, or this proves nothing. */
	assert_true(bed->asked >= CHANGES / 64 * ADDRS);
	if (getenv("FAIRLEAD_LOG"))
		printf("%llu lookups, %llu while a route changed\n",
		       (unsigned long long)bed->asked,
		       (unsigned long long)bed->between);
	fib_quiescent(&bed->t->net);
	fib_check(&bed->t->net);
	testnet_free(bed->t);
	free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_lookup_sees_the_old_route_or_the_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
