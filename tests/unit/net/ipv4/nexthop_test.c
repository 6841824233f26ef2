/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next-hop objects and the routes that follow them. What is typed was typed at
 * Linux 6.18 and what is expected is what it said, but where the comment says
 * otherwise.
 */

#include "tests/host/test.h"

#include "net/ipv4/fib_internal.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

struct attempt {
	const char *line, *answer;
};

static struct testnet *
two_ports(void)
{
	const struct testnet_config config = { .ports = 2, .bare = true };
	struct testnet *t = testnet_new_with(&config);

	ip_linkdown_as_linux(&t->net);
	ip_do(&t->net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(&t->net, "addr add 10.0.1.1/24 dev eth1");
	return t;
}

static void
try_all(struct net *net, const struct attempt *attempt, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ip_expect(net, attempt[i].line, attempt[i].answer);
}

#define EXISTS	    "RTNETLINK answers: File exists\n"
#define NO_FILE	    "RTNETLINK answers: No such file or directory\n"
#define NO_PROCESS  "RTNETLINK answers: No such process\n"
#define BAD_GATEWAY "Error: Nexthop has invalid gateway.\n"

static const struct attempt some_objects[] = {
	{ "nexthop add id 1 via 10.0.0.7 dev eth0", "" },
	{ "nexthop add id 1 via 10.0.0.7 dev eth0", EXISTS },
	{ "nexthop add id 2 via 10.0.1.7",
	  "Error: Device attribute required for non-blackhole and non-fdb "
	  "nexthops.\n" },
	{ "nexthop add id 2 via 10.0.1.7 dev eth1", "" },
	{ "nexthop add id 3 dev eth0", "" },
	{ "nexthop add id 4 blackhole", "" },
	{ "nexthop add id 5 via 99.0.0.1 dev eth0", BAD_GATEWAY },
	{ "nexthop add id 5 via 99.0.0.1 dev eth0 onlink", "" },
	{ "nexthop add id 6 via 10.0.1.7 dev eth0", BAD_GATEWAY },
	{ "nexthop add via 10.0.0.8 dev eth0", "" },
	{ "nexthop add id 10 group 1/2", "" },
	{ "nexthop add id 11 group 1,3/2,255", "" },
	{ "nexthop add id 12 group 1/1",
	  "Error: Nexthop id can not be used twice in a group.\n" },
	{ "nexthop add id 13 group 1/99", "Error: Invalid nexthop id.\n" },
	{ "nexthop add id 14 group 1/10",
	  "Error: Hash-threshold group can not be a nexthop within a "
	  "group.\n" },
	{ "nexthop add id 15 group 4", "" },
	{ "nexthop add id 16 group 4/2",
	  "Error: Blackhole nexthop can not be used in a group with more than "
	  "1 path.\n" },
	{ "nexthop replace id 18 via 10.0.0.9 dev eth0", "" },
	{ "nexthop add id 19 group 18/1 proto static", "" },
};

static void
objects_are_checked_and_shown(void **state)
{
	struct testnet *t = two_ports();

	try_all(&t->net, some_objects, array_len(some_objects));
	ip_expect(&t->net, "nexthop show",
		  "id 1 via 10.0.0.7 dev eth0 scope link \n"
		  "id 2 via 10.0.1.7 dev eth1 scope link \n"
		  "id 3 dev eth0 scope host \n"
		  "id 4 blackhole \n"
		  "id 5 via 99.0.0.1 dev eth0 scope link onlink \n"
		  "id 6 via 10.0.0.8 dev eth0 scope link \n"
		  "id 10 group 1/2 \n"
		  "id 11 group 1,3/2,255 \n"
		  "id 15 group 4 \n"
		  "id 18 via 10.0.0.9 dev eth0 scope link \n"
		  "id 19 group 18/1 proto static \n");
	testnet_free(t);
}

static void
routes_follow_their_objects(void **state)
{
	static const struct attempt attempts[] = {
		{ "route add 20.0.0.0/8 nhid 1", "" },
		{ "route add 21.0.0.0/8 nhid 10", "" },
		{ "route add 22.0.0.0/8 nhid 4", "" },
		{ "route add 23.0.0.0/8 nhid 99",
		  "Error: Nexthop id does not exist.\n" },
		{ "route add 24.1.0.0/16 nhid 3 scope link", "" },
		{ "route add 25.0.0.0/8 nhid 1 via 10.0.0.2",
		  "Error: Nexthop specification and nexthop id are mutually "
		  "exclusive.\n" },
		{ "route add blackhole 26.0.0.0/8 nhid 4", "" },
		{ "route add 27.0.0.0/8 nhid 1 metric 5 src 10.0.1.1", "" },
		{ "route add 28.0.0.0/8 nhid 11 scope host",
		  "Error: Route with host scope can not have multiple "
		  "nexthops.\n" },
		{ "route add 28.0.0.0/8 nhid 1 scope host",
		  "Error: Route with host scope can not have a gateway.\n" },
		{ "route add 28.0.0.0/8 nhid 5 scope link",
		  "Error: Scope mismatch with nexthop.\n" },
		{ "route get 22.0.0.1",
		  "RTNETLINK answers: Invalid argument\n" },
		{ "nexthop replace id 1 via 10.0.1.9 dev eth1", "" },
		{ "nexthop replace id 10 group 1/3/18", "" },
		{ "nexthop replace id 10 via 10.0.0.5 dev eth0",
		  "Error: Can not replace a nexthop group with a nexthop.\n" },
		{ "nexthop replace id 1 group 2",
		  "Error: Can not replace a nexthop with a nexthop group.\n" },
		{ "nexthop replace id 1 blackhole",
		  "Error: Blackhole nexthop can not be a member of a group "
		  "with more than one path.\n" },
		{ "nexthop replace id 4 via 10.0.0.3 dev eth0", "" },
		{ "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link "
		  "src 10.0.1.1 \n"
		  "20.0.0.0/8 nhid 1 via 10.0.1.9 dev eth1 \n"
		  "21.0.0.0/8 nhid 10 \n"
		  "\tnexthop via 10.0.1.9 dev eth1 weight 1 \n"
		  "\tnexthop dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.0.9 dev eth0 weight 1 \n"
		  "22.0.0.0/8 nhid 4 via 10.0.0.3 dev eth0 \n"
		  "24.1.0.0/16 nhid 3 dev eth0 scope link \n"
		  "blackhole 26.0.0.0/8 nhid 4 via 10.0.0.3 dev eth0 \n"
		  "27.0.0.0/8 nhid 1 via 10.0.1.9 dev eth1 src 10.0.1.1 "
		  "metric 5 \n" },
		{ "nexthop del id 18", "" },
		{ "route get 21.0.0.1",
		  "21.0.0.0/8 nhid 10 \n"
		  "\tnexthop via 10.0.1.9 dev eth1 weight 1 \n"
		  "\tnexthop dev eth0 weight 1 \n" },
		{ "nexthop del id 1", "" },
		{ "nexthop show",
		  "id 2 via 10.0.1.7 dev eth1 scope link \n"
		  "id 3 dev eth0 scope host \n"
		  "id 4 via 10.0.0.3 dev eth0 scope link \n"
		  "id 5 via 99.0.0.1 dev eth0 scope link onlink \n"
		  "id 6 via 10.0.0.8 dev eth0 scope link \n"
		  "id 10 group 3 \n"
		  "id 11 group 2,255 \n"
		  "id 15 group 4 \n" },
		{ "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link "
		  "src 10.0.1.1 \n"
		  "21.0.0.0/8 nhid 10 dev eth0 \n"
		  "22.0.0.0/8 nhid 4 via 10.0.0.3 dev eth0 \n"
		  "24.1.0.0/16 nhid 3 dev eth0 scope link \n"
		  "blackhole 26.0.0.0/8 nhid 4 via 10.0.0.3 dev eth0 \n" },
		{ "nexthop del id 77", NO_FILE },
		{ "route del 22.0.0.0/8 nhid 10", NO_PROCESS },
		{ "route del 22.0.0.0/8 dev eth0", NO_PROCESS },
		{ "route del 22.0.0.0/8 nhid 4", "" },
		{ "route add 30.0.0.0/8 nhid 11", "" },
		{ "route append 30.0.0.0/8 nhid 2", "" },
		{ "route append 30.0.0.0/8 nhid 2", EXISTS },
		{ "route append 30.0.0.0/8 via 10.0.1.7 dev eth1", "" },
		{ "link set eth1 down", "" },
		{ "nexthop show",
		  "id 3 dev eth0 scope host \n"
		  "id 4 via 10.0.0.3 dev eth0 scope link \n"
		  "id 5 via 99.0.0.1 dev eth0 scope link onlink \n"
		  "id 6 via 10.0.0.8 dev eth0 scope link \n"
		  "id 10 group 3 \n"
		  "id 15 group 4 \n" },
		{ "route get 30.0.0.1",
		  "RTNETLINK answers: Network is unreachable\n" },
		{ "nexthop add via 10.0.1.7 dev eth1 onlink",
		  "Error: Nexthop device is not up.\n" },
	};
	struct testnet *t = two_ports();

	try_all(&t->net, some_objects, array_len(some_objects));
	try_all(&t->net, attempts, array_len(attempts));
	assert_int_equal(nexthop_flush(&t->net, NULL), 6);
	ip_expect(&t->net, "nexthop show", "");
	ip_expect(&t->net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n");
	testnet_free(t);
}

/* Linux would delete what leads through a port without carrier, for good. */
static void
a_lost_carrier_only_lets_members_rest(void **state)
{
	static const struct attempt attempts[] = {
		{ "nexthop add id 1 via 10.0.0.7 dev eth0", "" },
		{ "nexthop add id 2 via 10.0.1.7 dev eth1", "" },
		{ "nexthop add id 10 group 1/2", "" },
		{ "route add 20.0.0.0/8 nhid 10", "" },
		{ "link set eth1 carrier off", "" },
		{ "nexthop show",
		  "id 1 via 10.0.0.7 dev eth0 scope link \n"
		  "id 2 via 10.0.1.7 dev eth1 scope link linkdown \n"
		  "id 10 group 1/2 \n" },
		{ "route get 20.0.0.1",
		  "20.0.0.0/8 nhid 10 \n"
		  "\tnexthop via 10.0.0.7 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.1.7 dev eth1 weight 1 linkdown \n" },
		/* A copy that is made now knows it, too. */
		{ "route add 21.0.0.0/8 nhid 2", "" },
		{ "route get 21.0.0.1",
		  "21.0.0.0/8 nhid 2 via 10.0.1.7 dev eth1 linkdown \n" },
	};
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	try_all(net, attempts, array_len(attempts));
	for (uint32_t i = 0; i < 1000; i++) {
		const struct flow flow = { .dst = 0x14000000 + i, .src = i };

		assert_int_equal(
			route_nexthop(fib_find(net, &flow), &flow)->gateway,
			0x0a000007);
	}
	ip_do(net, "link set eth1 carrier on");
	ip_expect(net, "route get 21.0.0.1",
		  "21.0.0.0/8 nhid 2 via 10.0.1.7 dev eth1 \n");
	testnet_free(t);
}

/* However many routes there are, an object is replaced at once for all. */
static void
one_object_moves_ten_thousand_routes(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	struct route want = {
		.table = TABLE_MAIN,
		.prefix_len = 24,
		.type = ROUTE_UNICAST,
		.proto = 186,
		.nhid = 1,
	};
	uint32_t infos;

	ip_do(net, "nexthop add id 1 via 10.0.0.7 dev eth0");
	for (uint32_t i = 0; i < 10000; i++) {
		want.dst = 0x20000000 + (i << 8);
		assert_int_equal(fib_insert(net, &want, FIB_ADD), FIB_OK);
	}
	infos = net->fib->info_count;
	ip_do(net, "nexthop replace id 1 via 10.0.1.9 dev eth1");
	assert_int_equal(net->fib->info_count, infos);
	for (uint32_t i = 0; i < 10000; i++) {
		const struct flow flow = { .dst = 0x20000000 + (i << 8) + 9 };

		assert_ptr_equal(
			route_nexthop(fib_find(net, &flow), &flow)->dev,
			&t->port[1].dev);
	}
	assert_int_equal(nexthop_delete(net, 1), FIB_OK);
	/* They are too many to go at once; those that are still there count
	 * no more. */
	assert_true(net->fib->route_count > 7000);
	want.type = ROUTE_BLACKHOLE;
	want.nhid = 0;
	assert_int_equal(fib_insert(net, &want, FIB_ADD), FIB_OK);
	assert_int_equal(fib_delete(net, &want), FIB_OK);
	assert_int_equal(fib_delete(net, &want), FIB_NOT_FOUND);
	while (fib_quiescent(net))
		;
	assert_true(net->fib->route_count < 100);
	ip_expect(net, "route get 32.0.0.1",
		  "RTNETLINK answers: Network is unreachable\n");
	testnet_free(t);
}

static void
no_memory_changes_nothing(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	char text[256];

	try_all(net, some_objects, array_len(some_objects));
	for (uint64_t n = 1;; n++) {
		net->fib->mem.fail_after = n;
		ip_line(net, "nexthop add id 50 group 1/2/3/5", text,
			sizeof(text));
		net->fib->mem.fail_after = 0;
		if (!text[0])
			break;
		assert_string_equal(
			text, "RTNETLINK answers: Cannot allocate memory\n");
		assert_null(nexthop_find(net, 50));
		fib_check(net);
	}
	assert_non_null(nexthop_find(net, 50));
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_checked_and_shown),
		cmocka_unit_test(routes_follow_their_objects),
		cmocka_unit_test(a_lost_carrier_only_lets_members_rest),
		cmocka_unit_test(one_object_moves_ten_thousand_routes),
		cmocka_unit_test(no_memory_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
