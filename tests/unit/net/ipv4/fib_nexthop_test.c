/* SPDX-License-Identifier: BSD-2-Clause */
/* What a route that is asked for may not be, where the console's grammar does
 * not let it be said: rtnetlink's does. */

#include "tests/host/test.h"

#include "net/ipv4/fib_internal.h"
#include "net/ipv4/nexthop.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

struct want {
	struct route route;
	struct nexthop nexthop[ROUTE_NEXTHOPS_MAX];
};

static struct want
good(struct testnet *t)
{
	return (struct want){
		.route = { .dst = 0x1e000000,
			   .prefix_len = 16,
			   .table = TABLE_MAIN,
			   .type = ROUTE_UNICAST,
			   .nexthop_count = 1 },
		.nexthop = { { .gateway = TESTNET_HOST(0) } },
	};
}

static void
refused(struct testnet *t, const struct want *want, enum fib_error error)
{
	uint32_t before = t->net.fib->route_count;

	assert_int_equal(fib_insert(&t->net, &want->route, FIB_ADD), error);
	assert_int_equal(t->net.fib->route_count, before);
}

static void
keys_and_types(void **state)
{
	struct testnet *t = testnet_new(2);
	struct want want = good(t);

	want.route.prefix_len = 33;
	refused(t, &want, FIB_BAD_PREFIX);
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_BAD_PREFIX);
	want = good(t);
	want.route.dst |= 1;
	refused(t, &want, FIB_BAD_PREFIX);
	want = good(t);
	want.route.nexthop_count = ROUTE_NEXTHOPS_MAX + 1;
	refused(t, &want, FIB_INVALID);
	want = good(t);
	want.route.type = 0;
	refused(t, &want, FIB_BAD_TYPE);
	want.route.type = 200;
	refused(t, &want, FIB_BAD_TYPE);
	/* Above all types that refuse, and of no scope at all. */
	want.route.scope = SCOPE_NOWHERE;
	refused(t, &want, FIB_BAD_SCOPE);
	testnet_free(t);
}

static void
routes_to_the_box_itself(void **state)
{
	struct testnet *t = testnet_new(2);
	struct want want = good(t);

	want.route.type = ROUTE_LOCAL;
	want.route.scope = SCOPE_HOST;
	refused(t, &want, FIB_HOST_GATEWAY);
	want.nexthop[0].gateway = 0;
	refused(t, &want, FIB_NO_DEVICE);
	want.route.nexthop_count = 2;
	refused(t, &want, FIB_HOST_MULTIPATH);
	want.route.nexthop_count = 1;
	want.nexthop[0].dev = &t->port[0].dev;
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
	testnet_free(t);
}

/* By an object: only routes that send packets on have one. */
static void
routes_by_objects(void **state)
{
	struct testnet *t = testnet_new(2);
	struct want want = good(t);

	ip_do(&t->net, "nexthop add id 7 via 10.0.0.2 dev eth0");
	ip_do(&t->net, "nexthop add id 8 dev eth0");
	ip_do(&t->net, "nexthop add id 9 group 7/8");
	want.route.nhid = 7;
	refused(t, &want, FIB_NH_EXCLUSIVE);
	want.route.nexthop_count = 0;
	want.route.type = ROUTE_LOCAL;
	want.route.scope = SCOPE_HOST;
	refused(t, &want, FIB_INVALID);
	want.route.type = ROUTE_UNICAST;
	refused(t, &want, FIB_HOST_GATEWAY);
	want.route.nhid = 9;
	refused(t, &want, FIB_HOST_MULTIPATH);
	want.route.nhid = 8;
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
	want.route.nhid = 99;
	refused(t, &want, FIB_NO_NEXTHOP_ID);
	assert_int_equal(fib_delete(&t->net, &want.route), FIB_NO_NEXTHOP_ID);
	testnet_free(t);
}

/* A gateway behind a refusal, or several ways away, is none. */
static void
gateways(void **state)
{
	struct testnet *t = testnet_new(2);
	struct want want = good(t);

	ip_do(&t->net, "route add blackhole 40.0.0.0/8");
	want.nexthop[0].gateway = 0x28000001;
	refused(t, &want, FIB_BAD_GATEWAY);
	/* Through a route of several next hops: the first one's way. */
	ip_do(&t->net, "route add 50.0.0.0/8 scope link nexthop dev eth0 "
		       "nexthop dev eth1");
	want.nexthop[0].gateway = 0x32000001;
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
	testnet_free(t);
}

/* The preferred source may be an address of the route's own table. */
static void
sources(void **state)
{
	struct testnet *t = testnet_new(2);
	struct want want = good(t);

	want.route.source = 0x3c000001;
	want.route.table = 100;
	refused(t, &want, FIB_BAD_SOURCE);
	ip_do(&t->net, "route add local 60.0.0.1/32 dev eth0 table 100");
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_ADD), FIB_OK);
	want.route.table = TABLE_MAIN;
	refused(t, &want, FIB_BAD_SOURCE);
	testnet_free(t);
}

/* Objects have limits as well, and tell the id that was chosen. */
static void
objects(void **state)
{
	struct testnet *t = testnet_new(2);
	struct nexthop_object *want =
		calloc(1, sizeof(*want) + (ROUTE_NEXTHOPS_MAX + 1) *
						  sizeof(want->member[0]));
	uint32_t id = 0;

	want->blackhole = true;
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id), FIB_OK);
	assert_int_equal(id, 1);
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, NULL), FIB_OK);
	want->blackhole = false;
	want->member_count = ROUTE_NEXTHOPS_MAX + 1;
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id),
			 FIB_INVALID);
	want->member_count = 1;
	want->member[0] = (struct nexthop_member){ .id = 2, .weight = 0 };
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id),
			 FIB_INVALID);
	want->member[0].weight = 257;
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id),
			 FIB_INVALID);
	/* A group of a blackhole alone is one. */
	want->member[0].weight = 256;
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id), FIB_OK);
	assert_int_equal(id, 3);
	ip_do(&t->net, "route add 70.0.0.0/8 nhid 3");
	ip_expect(&t->net, "route get 70.0.0.1",
		  "RTNETLINK answers: Invalid argument\n");
	/* Chosen ids pass over what is taken. */
	ip_do(&t->net, "nexthop add id 4 blackhole");
	want->id = 0;
	assert_int_equal(nexthop_add(&t->net, want, NEXTHOP_ADD, &id), FIB_OK);
	assert_int_equal(id, 5);
	free(want);
	testnet_free(t);
}

/* Who is in a group of several may not become a blackhole, all others may. */
static void
a_single_one_becomes_a_blackhole(void **state)
{
	struct testnet *t = testnet_new(2);
	const struct nexthop_object hole = { .id = 1, .blackhole = true };

	ip_do(&t->net, "nexthop add id 1 via 10.0.0.2 dev eth0");
	ip_do(&t->net, "nexthop add id 2 via 10.0.1.2 dev eth1");
	ip_do(&t->net, "nexthop add id 3 group 1/2");
	ip_do(&t->net, "nexthop add id 4 group 2");
	assert_int_equal(nexthop_add(&t->net, &hole, NEXTHOP_REPLACE, NULL),
			 FIB_NH_MEMBER_HOLE);
	ip_do(&t->net, "nexthop del id 3");
	assert_int_equal(nexthop_add(&t->net, &hole, NEXTHOP_REPLACE, NULL),
			 FIB_OK);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_types),
		cmocka_unit_test(routes_to_the_box_itself),
		cmocka_unit_test(routes_by_objects),
		cmocka_unit_test(gateways),
		cmocka_unit_test(sources),
		cmocka_unit_test(objects),
		cmocka_unit_test(a_single_one_becomes_a_blackhole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
