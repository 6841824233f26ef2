/* SPDX-License-Identifier: BSD-2-Clause */
/* What routes that go the same way share, and how it is found again. */

#include "tests/host/test.h"

#include "net/ipv4/fib_internal.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

#define KINDS 1100u /* more than the first hash table has chains */

struct want {
	struct route route;
	struct nexthop nexthop;
};

/* 30.0.0.0/8 by a metric. */
#define BY_METRIC(number)                                                      \
	((struct want){                                                        \
		.route = { .dst = 0x1e000000,                                  \
			   .prefix_len = 8,                                    \
			   .type = ROUTE_UNICAST,                              \
			   .metric = (number),                                 \
			   .nexthop_count = 1 },                               \
		.nexthop = { .gateway = TESTNET_HOST(0) },                     \
	})

static void
add(struct testnet *t, uint32_t dst, uint32_t metric)
{
	struct want want = BY_METRIC(metric);

	want.route.dst = dst;
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
}

static void
many_kinds_get_more_chains(void **state)
{
	struct testnet *t = testnet_new(1);
	struct fib *fib = t->net.fib;
	uint32_t chains = fib->info_bucket_count, before = fib->info_count;

	for (uint32_t i = 1; i <= KINDS; i++)
		add(t, 0x1e000000, i);
	assert_int_equal(fib->info_count, before + KINDS);
	assert_int_equal(fib->info_bucket_count, 4 * chains);
	/* The old ones are found in the new chains. */
	add(t, 0x1f000000, 1);
	add(t, 0x1f000000, KINDS);
	assert_int_equal(fib->info_count, before + KINDS);
	for (uint32_t i = 1; i <= KINDS; i++) {
		struct want want = BY_METRIC(i);

		assert_int_equal(fib_delete(&t->net, &want.route), FIB_OK);
	}
	ip_expect(&t->net, "route get 30.1.1.1",
		  "RTNETLINK answers: Network is unreachable\n");
	ip_do(&t->net, "route del 31.0.0.0/8");
	ip_do(&t->net, "route del 31.0.0.0/8");
	assert_int_equal(fib->info_count, before);
	testnet_free(t);
}

static void
without_memory_for_more_chains_the_old_ones_serve(void **state)
{
	struct testnet *t = testnet_new(1);
	struct fib *fib = t->net.fib;
	uint32_t chains = fib->info_bucket_count;

	for (uint32_t i = 1; fib->info_count < chains; i++)
		add(t, 0x1e000000, i);
	t->pages.fail_after = 1;
	add(t, 0x1e000000, 7777);
	assert_int_equal(t->pages.fail_after, 0);
	assert_int_equal(fib->info_bucket_count, chains);
	ip_do(&t->net, "route del 30.0.0.0/8 metric 7777");
	testnet_free(t);
}

/* One more of its kind costs nothing; another kind does. */
static void
what_is_the_same_is_shared(void **state)
{
	static const char *const kinds[] = {
		"via 10.0.0.2",
		"via 10.0.0.3",
		"via 10.0.0.2 metric 5",
		"via 10.0.0.2 proto 99",
		"via 10.0.0.2 tos 0x10",
		"via 10.0.0.2 mtu 1400",
		"via 10.0.0.2 advmss 1000",
		"via 10.0.0.2 src 10.0.1.1",
		"dev eth0",
		"dev eth1",
		"dev eth0 scope global",
		"nexthop via 10.0.0.2 nexthop via 10.0.1.2",
		"nexthop via 10.0.0.2 weight 2 nexthop via 10.0.1.2",
		"nexthop via 10.0.0.2 nexthop via 10.0.1.3",
	};
	struct testnet *t = testnet_new(2);
	struct fib *fib = t->net.fib;
	uint32_t before = fib->info_count;
	char line[120];

	for (unsigned int i = 0; i < array_len(kinds); i++) {
		for (unsigned int more = 0; more < 3; more++) {
			snprintf(line, sizeof(line),
				 "route add %u.%u.0.0/16 %s", 30 + i, more,
				 kinds[i]);
			ip_do(&t->net, line);
			assert_int_equal(fib->info_count, before + i + 1);
		}
	}
	testnet_free(t);
}

/* What ICMP may not change, and a table's own source, are kinds, too. */
static void
locks_and_tables_are_not_confused(void **state)
{
	struct testnet *t = testnet_new(1);
	struct fib *fib = t->net.fib;
	uint32_t before = fib->info_count;
	struct want want = BY_METRIC(0);

	want.route.prefix_len = 16;
	want.route.mtu = 1400;
	want.route.source = TESTNET_ROUTER(0);
	for (unsigned int i = 0; i < 3; i++) {
		want.route.dst = 0x1e000000 + (i << 16);
		want.route.locks = i > 0 ? ROUTE_LOCK_MTU : 0;
		want.route.table = i > 1 ? 100 : 0; /* 0: main */
		assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD),
				 FIB_OK);
		assert_int_equal(fib->info_count, before + i + 1);
	}
	ip_expect(&t->net, "route show table 100",
		  "30.2.0.0/16 via 10.0.0.2 dev eth0 proto 0 src 10.0.0.1 mtu "
		  "1400 \n");
	testnet_free(t);
}

/* What the route has is a copy; equal ones are one kind, and they are not
 * copied for each prefix. */
static void
metrics_are_kept_and_shared(void **state)
{
	struct testnet *t = testnet_new(1);
	struct fib *fib = t->net.fib;
	uint32_t before = fib->info_count;
	struct want want = BY_METRIC(0), plain = BY_METRIC(0);
	struct route_metrics metrics = { 0 };
	const struct flow flow = { .dst = 0x1e000001 };
	const struct route *route;

	want.route.metrics = &metrics;
	want.route.prefix_len = plain.route.prefix_len = 16;
	/* None of them says anything: that is no metrics. */
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
	assert_int_equal(fib_insert(&t->net, &plain.route, FIB_ADD),
			 FIB_EXISTS);
	assert_null(fib_find(&t->net, &flow)->metrics);
	for (uint32_t i = 0; i < 4; i++) {
		metrics.value[METRIC_HOPLIMIT] = 9 + i / 2;
		want.route.dst = 0x1e000000 + (i << 16);
		assert_int_equal(fib_insert(&t->net, &want.route, FIB_REPLACE),
				 FIB_OK);
		assert_int_equal(fib->info_count, before + 1 + i / 2);
	}
	metrics = (struct route_metrics){ .locks = 1 };
	route = fib_find(&t->net, &flow);
	assert_int_equal(route->metrics->value[METRIC_HOPLIMIT], 9);
	assert_int_equal(route->metrics->locks, 0);
	/* Those that are asked for decide which one goes. */
	metrics = (struct route_metrics){ .value[METRIC_HOPLIMIT] = 10 };
	want.route.dst = 0x1e000000;
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_NOT_FOUND);
	metrics.value[METRIC_HOPLIMIT] = 9;
	metrics.locks = 1;
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_NOT_FOUND);
	metrics.locks = 0;
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_OK);
	want.route.metrics = NULL;
	want.route.dst = 0x1e010000;
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_OK);
	assert_int_equal(fib->info_count, before + 1);
	fib_infos_check(fib);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_kinds_get_more_chains),
		cmocka_unit_test(
			without_memory_for_more_chains_the_old_ones_serve),
		cmocka_unit_test(what_is_the_same_is_shared),
		cmocka_unit_test(locks_and_tables_are_not_confused),
		cmocka_unit_test(metrics_are_kept_and_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
