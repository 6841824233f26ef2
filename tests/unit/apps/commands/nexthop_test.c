/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip nexthop`, and routes that refer to objects: the words, texts and exit
 * codes of iproute2 6.1 on Linux 6.18.
 */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 up\n$ ip link set eth1 up\n"
		      "$ ip addr add 10.0.0.1/24 dev eth0\n"
		      "$ ip addr add 10.0.1.1/24 dev eth1\n");
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	testbox_free(*state);
	return 0;
}

static const char some_objects[] =
	"$ ip nexthop add id 1 via 10.0.0.7 dev eth0\n"
	"$ ip nexthop replace id 2 via 10.0.1.7 dev eth1 proto static\n"
	"$ ip nexthop add id 3 blackhole\n"
	"$ ip nexthop add id 4 dev eth0\n"
	"$ ip nexthop add id 5 via 9.9.9.9 dev eth0 onlink proto bgp\n"
	"$ ip nexthop add id 10 group 1,3/2\n"
	"$ ip nexthop add id 11 group 1 type mpath\n"
	"$ ip nexthop add id 12 group 1,256/2\n"
	"$ ip nexthop add id 0 via 10.0.0.7 dev eth0\n";

static void
objects_are_shown(void **state)
{
	golden_run(*state, some_objects);
	golden_run(
		*state,
		"$ ip nexthop\n"
		"id 1 via 10.0.0.7 dev eth0 scope link \n"
		"id 2 via 10.0.1.7 dev eth1 scope link proto static \n"
		"id 3 blackhole \n"
		"id 4 dev eth0 scope host \n"
		"id 5 via 9.9.9.9 dev eth0 scope link proto bgp onlink \n"
		"id 6 via 10.0.0.7 dev eth0 scope link \n"
		"id 10 group 1,3/2 \n"
		"id 11 group 1 \n"
		"id 12 group 1,256/2 \n"
		"$ ip -d nexthop show | head -3\n"
		"id 1 via 10.0.0.7 dev eth0 scope link proto unspec \n"
		"id 2 via 10.0.1.7 dev eth1 scope link proto static \n"
		"id 3 scope global blackhole proto unspec \n"
		"$ ip -d nexthop show groups\n"
		"id 10 group 1,3/2 scope global proto unspec \n"
		"id 11 group 1 scope global proto unspec \n"
		"id 12 group 1,256/2 scope global proto unspec \n"
		"$ ip -N nexthop list dev eth1\n"
		"id 2 via 10.0.1.7 dev eth1 scope 253 proto 4 \n"
		"$ ip nexthop show proto 186\n"
		"id 5 via 9.9.9.9 dev eth0 scope link proto bgp onlink \n"
		"$ ip nexthop show id 3\n"
		"id 3 blackhole \n"
		"$ ip nex get id 11\n"
		"id 11 group 1 \n"
		"$ ip -6 nexthop show\n"
		"$ ip -j nexthop show\n"
		"[{\"id\":1,\"gateway\":\"10.0.0.7\",\"dev\":\"eth0\","
		"\"scope\":\"link\",\"flags\":[]},{\"id\":2,\"gateway\":"
		"\"10.0.1.7\",\"dev\":\"eth1\",\"scope\":\"link\","
		"\"protocol\":\"static\",\"flags\":[]},{\"id\":3,"
		"\"blackhole\":null,\"flags\":[]},{\"id\":4,\"dev\":\"eth0\","
		"\"scope\":\"host\",\"flags\":[]},{\"id\":5,\"gateway\":"
		"\"9.9.9.9\",\"dev\":\"eth0\",\"scope\":\"link\","
		"\"protocol\":\"bgp\",\"flags\":[\"onlink\"]},{\"id\":6,"
		"\"gateway\":\"10.0.0.7\",\"dev\":\"eth0\",\"scope\":\"link\","
		"\"flags\":[]},{\"id\":10,\"group\":[{\"id\":1,\"weight\":3},"
		"{\"id\":2}],\"flags\":[]},{\"id\":11,\"group\":[{\"id\":1}],"
		"\"flags\":[]},{\"id\":12,\"group\":[{\"id\":1,\"weight\":256}"
		",{\"id\":2}],\"flags\":[]}]\n");
}

static void
mistakes_are_refused(void **state)
{
	golden_run(*state, some_objects);
	golden_run(
		*state,
		"$ ip nexthop add id 1 via 10.0.0.7 dev eth0\n"
		"! RTNETLINK answers: File exists\n[rc 2]\n"
		"$ ip nexthop add id 12 group 1,0/2\n"
		"! Error: argument \"0\" is wrong: \"weight\" is invalid\n! \n"
		"[rc 255]\n"
		"$ ip nexthop add id 12 group 1,257/2\n"
		"! Error: argument \"257\" is wrong: \"weight\" is invalid\n"
		"! \n[rc 255]\n"
		"$ ip nexthop add id 13 group a/2\n"
		"! Error: argument \"a\" is wrong: \"group\" value is invalid\n"
		"! \n[rc 255]\n"
		"$ ip nexthop add id 13 group 1,x/2\n"
		"! Error: argument \"x\" is wrong: \"weight\" is invalid\n! \n"
		"[rc 255]\n"
		"$ ip nexthop add id 13 group 1/\n"
		"! Error: argument \"1\" is wrong: \"group\" value is invalid\n"
		"! \n[rc 255]\n"
		"$ ip nexthop add id 13 group /1\n"
		"! Error: argument \"\" is wrong: \"group\" value is invalid\n"
		"! \n[rc 255]\n"
		"$ ip nexthop add id 13 group 1,\n"
		"! Error: argument \"\" is wrong: \"weight\" is invalid\n! \n"
		"[rc 255]\n"
		"$ ip nexthop add id 13 group 1/2 type foo\n"
		"! Error: argument \"foo\" is wrong: \"type\" value is "
		"invalid\n"
		"! \n[rc 255]\n"
		"$ ip nexthop add id 13 group 1/2 dev eth0\n"
		"! Error: Invalid family for group.\n[rc 2]\n"
		"$ ip nexthop add id 13 group 1/99\n"
		"! Error: Invalid nexthop id.\n[rc 2]\n"
		"$ ip nexthop add id x\n"
		"! Error: argument \"x\" is wrong: invalid id value\n[rc 255]\n"
		"$ ip nexthop add id 20 via 10.0.0.300 dev eth0\n"
		"! Error: any valid address is expected rather than "
		"\"10.0.0.300\".\n[rc 1]\n"
		"$ ip nexthop add id 20 via 10.0.0.3 dev zz\n"
		"! Error: argument \"zz\" is wrong: Device does not exist\n! \n"
		"[rc 255]\n"
		"$ ip nexthop add id 20 via 10.0.0.3\n"
		"! Error: Device attribute required for non-blackhole and "
		"non-fdb nexthops.\n[rc 2]\n"
		"$ ip nexthop add id 20 via 77.0.0.3 dev eth0\n"
		"! Error: Nexthop has invalid gateway.\n[rc 2]\n"
		"$ ip nexthop add id 20 frob\n"
		"! Error: argument \"frob\" is wrong: \n[rc 255]\n"
		"$ ip nexthop add id\n"
		"! Command line is not complete. Try option \"help\"\n"
		"[rc 255]\n"
		"$ ip nexthop add id 20\n"
		"! Error: Invalid address family.\n[rc 2]\n"
		"$ ip nexthop add id 20 dev eth0 onlink\n"
		"! Error: ONLINK flag can not be set for nexthop without a "
		"gateway.\n[rc 2]\n"
		"$ ip nexthop add id 20 blackhole dev eth0\n"
		"! Error: Blackhole attribute can not be used with gateway, "
		"oif, encap or fdb.\n[rc 2]\n"
		"$ ip nexthop add id 20 blackhole onlink\n"
		"! Error: Invalid flags for nexthop - PERVASIVE and ONLINK can "
		"not be set.\n[rc 2]\n"
		"$ ip nexthop add id 20 via 10.0.0.9 dev eth0 proto frob\n"
		"! Error: argument \"frob\" is wrong: \"protocol\" value is "
		"invalid\n! \n[rc 255]\n"
		"$ ip nexthop show dev zz\n"
		"! Error: argument \"zz\" is wrong: Device does not exist\n! \n"
		"[rc 255]\n"
		"$ ip nexthop show id 99\n"
		"! RTNETLINK answers: No such file or directory\n[rc 2]\n"
		"$ ip nexthop del\n! Error: Nexthop id is missing.\n[rc 2]\n"
		"$ ip nexthop del id 99\n"
		"! RTNETLINK answers: No such file or directory\n[rc 2]\n"
		"$ ip nexthop flush frob\n"
		"! Error: argument \"frob\" is wrong: \n[rc 255]\n"
		"$ ip nexthop frob\n"
		"! Command \"frob\" is unknown, try \"ip nexthop help\".\n"
		"[rc 255]\n");
}

static void
flush_counts(void **state)
{
	golden_run(*state, some_objects);
	golden_run(*state, "$ ip nexthop flush id 3\n"
			   "$ ip nexthop flush dev eth1\n"
			   "Flushed 1 nexthops\n"
			   "$ ip nexthop show groups\n"
			   "id 10 group 1,3 \n"
			   "id 11 group 1 \n"
			   "id 12 group 1,256 \n"
			   "$ ip nexthop flush proto bgp\n"
			   "Flushed 1 nexthops\n"
			   "$ ip nexthop flush\n"
			   "Flushed 6 nexthops\n"
			   "$ ip nexthop\n"
			   "$ ip nexthop flush\n"
			   "Nothing to flush\n");
}

static void
routes_refer_to_objects(void **state)
{
	golden_run(*state, some_objects);
	golden_run(
		*state,
		"$ ip route add 20.0.0.0/8 nhid 1\n"
		"$ ip route add 21.0.0.0/8 nhid 10\n"
		"$ ip route add 22.0.0.0/8 nhid 3\n"
		"$ ip route add 23.0.0.0/8 nhid 99\n"
		"! Error: Nexthop id does not exist.\n[rc 2]\n"
		"$ ip route add 23.0.0.0/8 nhid 1 via 10.0.0.9\n"
		"! Error: Nexthop specification and nexthop id are mutually "
		"exclusive.\n[rc 2]\n"
		"$ ip route show root 16.0.0.0/4\n"
		"20.0.0.0/8 nhid 1 via 10.0.0.7 dev eth0 \n"
		"21.0.0.0/8 nhid 10 \n"
		"\tnexthop via 10.0.0.7 dev eth0 weight 3 \n"
		"\tnexthop via 10.0.1.7 dev eth1 weight 1 \n"
		"blackhole 22.0.0.0/8 nhid 3 dev lo \n"
		"$ ip -j route show 21.0.0.0/8\n"
		"[{\"dst\":\"21.0.0.0/8\",\"nhid\":10,\"flags\":[],\"nexthops\""
		":[{\"gateway\":\"10.0.0.7\",\"dev\":\"eth0\",\"weight\":3,"
		"\"flags\":[]},{\"gateway\":\"10.0.1.7\",\"dev\":\"eth1\","
		"\"weight\":1,\"flags\":[]}]}]\n"
		"$ ip route get 22.0.0.1\n"
		"! RTNETLINK answers: Invalid argument\n[rc 2]\n"
		"$ ip nexthop replace id 1 via 10.0.1.9 dev eth1\n"
		"$ ip route get 20.0.0.1\n"
		"20.0.0.1 via 10.0.1.9 dev eth1 src 10.0.1.1 uid 0 \n"
		"    cache \n"
		"$ ip nexthop del id 1\n"
		"$ ip route show root 16.0.0.0/4\n"
		"21.0.0.0/8 nhid 10 via 10.0.1.7 dev eth1 \n"
		"blackhole 22.0.0.0/8 nhid 3 dev lo \n"
		"$ ip route del 21.0.0.0/8 nhid 10\n"
		"$ ip link set eth1 down\n"
		"$ ip nexthop\n"
		"id 3 blackhole \n"
		"id 4 dev eth0 scope host \n"
		"id 5 via 9.9.9.9 dev eth0 scope link proto bgp onlink \n"
		"id 6 via 10.0.0.7 dev eth0 scope link \n");
}

/* What the box says of itself makes the same box again. */
static void
configuration_holds_them(void **state)
{
	struct testbox *b = *state;
	char first[8192];

	golden_run(b, some_objects);
	golden_run(b, "$ ip route add 20.0.0.0/8 nhid 10 metric 5\n"
		      "$ ip route add 22.0.0.0/8 nhid 3\n"
		      "$ show running-config | grep -E \"nexthop|nhid\"\n"
		      "ip nexthop replace id 1 via 10.0.0.7 dev eth0 \n"
		      "ip nexthop replace id 2 via 10.0.1.7 dev eth1 proto "
		      "static \n"
		      "ip nexthop replace id 3 blackhole \n"
		      "ip nexthop replace id 4 dev eth0 \n"
		      "ip nexthop replace id 5 via 9.9.9.9 dev eth0 proto bgp "
		      "onlink \n"
		      "ip nexthop replace id 6 via 10.0.0.7 dev eth0 \n"
		      "ip nexthop replace id 10 group 1,3/2 \n"
		      "ip nexthop replace id 11 group 1 \n"
		      "ip nexthop replace id 12 group 1,256/2 \n"
		      "ip route append 20.0.0.0/8 nhid 10 metric 5 \n"
		      "ip route append 22.0.0.0/8 nhid 3 \n");
	assert_int_equal(testbox_run(b, "show running-config | grep -E "
					"\"nexthop|nhid\""),
			 0);
	snprintf(first, sizeof(first), "%s", b->out.text);
	assert_int_equal(testbox_run(b, "ip nexthop flush"), 0);
	for (char *line = strtok(first, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(testbox_run(b, line), 0);
	golden_run(b, "$ ip route show 20.0.0.0/8\n"
		      "20.0.0.0/8 nhid 10 metric 5 \n"
		      "\tnexthop via 10.0.0.7 dev eth0 weight 3 \n"
		      "\tnexthop via 10.0.1.7 dev eth1 weight 1 \n");
}

static void
resilient_groups_have_buckets(void **state)
{
	golden_run(*state,
		   "$ ip nexthop add id 1 via 10.0.0.7 dev eth0\n"
		   "$ ip nexthop add id 2 via 10.0.1.7 dev eth1\n"
		   "$ ip nexthop add id 9 group 1/2 type resilient\n"
		   "! Error: Number of buckets not specified for nexthop group "
		   "insertion.\n[rc 2]\n"
		   "$ ip nexthop add id 9 group 1/2 buckets 4\n"
		   "! Error: argument \"buckets\" is wrong: \n[rc 255]\n"
		   "$ ip nexthop add id 9 group 1/2 type resilient buckets x\n"
		   "! Error: argument \"x\" is wrong: invalid buckets value\n"
		   "[rc 255]\n"
		   "$ ip nexthop add id 9 group 1/2,3 type resilient buckets 4 "
		   "idle_timer 60\n"
		   "$ ip nexthop show id 9\n"
		   "id 9 group 1/2,3 type resilient buckets 4 idle_timer 60 "
		   "unbalanced_timer 0 unbalanced_time 0 \n"
		   "$ ip -j nexthop show id 9\n"
		   "[{\"id\":9,\"group\":[{\"id\":1},{\"id\":2,\"weight\":3}],"
		   "\"type\":\"resilient\",\"resilient_args\":{\"buckets\":4,"
		   "\"idle_timer\":60,\"unbalanced_timer\":0,"
		   "\"unbalanced_time\":0},\"flags\":[]}]\n"
		   "$ ip nexthop bucket\n"
		   "id 9 index 0 idle_time 0 nhid 2 \n"
		   "id 9 index 1 idle_time 0 nhid 2 \n"
		   "id 9 index 2 idle_time 0 nhid 2 \n"
		   "id 9 index 3 idle_time 0 nhid 1 \n");
	testnet_advance(((struct testbox *)*state)->net, 1520000000);
	golden_run(
		*state,
		"$ ip nexthop bucket show id 9 dev eth0\n"
		"id 9 index 3 idle_time 1.5 nhid 1 \n"
		"$ ip nexthop bucket list nhid 1\n"
		"id 9 index 3 idle_time 1.5 nhid 1 \n"
		"$ ip -j nexthop bucket get id 9 index 0\n"
		"[{\"id\":9,\"bucket\":{\"index\":0,\"idle_time\":1.5,"
		"\"nhid\":2},\"flags\":[]}]\n"
		"$ ip nexthop bucket get id 9 index 4\n"
		"! Error: Bucket index out of bounds.\n[rc 2]\n"
		"$ ip nexthop bucket get id 1 index 0\n"
		"! Error: Not a nexthop group.\n[rc 2]\n"
		"$ ip nexthop bucket show id 77\n"
		"! Dump terminated\n[rc 2]\n"
		"$ ip nexthop bucket frob\n"
		"! Command \"frob\" is unknown, try \"ip nexthop help\".\n"
		"[rc 255]\n"
		"$ ip route add 20.0.0.0/8 nhid 9\n"
		"$ ip -d route show 20.0.0.0/8\n"
		"unicast 20.0.0.0/8 nhid 9 proto boot scope global \n"
		"\tnh_info id 9 group 1/2,3 type resilient buckets 4 "
		"idle_timer 60 unbalanced_timer 0 unbalanced_time 0 scope "
		"global proto unspec \n"
		"\tnexthop via 10.0.0.7 dev eth0 weight 1 \n"
		"\tnexthop via 10.0.1.7 dev eth1 weight 3 \n"
		"$ show running-config | grep resilient\n"
		"ip nexthop replace id 9 group 1/2,3 type resilient buckets 4 "
		"idle_timer 60 unbalanced_timer 0 \n"
		"$ ip nexthop replace id 9 group 1/2 type resilient buckets "
		"8\n"
		"! Error: Can not change number of buckets of a resilient "
		"nexthop group.\n[rc 2]\n"
		"$ ip nexthop replace id 9 group 1/2\n"
		"! Error: Can not replace a nexthop group with one of a "
		"different type.\n[rc 2]\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(objects_are_shown),
		TEST(mistakes_are_refused),
		TEST(flush_counts),
		TEST(routes_refer_to_objects),
		TEST(configuration_holds_them),
		TEST(resilient_groups_have_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
