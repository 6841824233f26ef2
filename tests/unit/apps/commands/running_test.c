/* SPDX-License-Identifier: BSD-2-Clause */
/* `show running-config`: what it says makes the same box again. */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 up\n"
		      "$ ip addr add 10.0.0.1/24 dev eth0\n");
	testnet_flush(b->net, 0);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	testbox_free(*state);
	return 0;
}

static void
run_all(struct testbox *b, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (testbox_run(b, lines[i]) != 0)
			fail_msg("%s: %s", lines[i], b->err.text);
	}
}

/* A fresh box that is told the lines has the same state. */
static void
made_again(struct testbox *b)
{
	static const char *const looks[] = {
		"show running-config",
		"ip -d rule",
		"ip route show table all",
		"ip neigh show nud noarp",
		"ip neigh show proxy",
		"ip nexthop",
		"ip addr",
		"ip neigh show nud permanent",
	};
	struct testbox *again = testbox_new(b->net->port_count, true);
	char *text, *line, *save = NULL;

	assert_int_equal(testbox_run(b, "show running-config"), 0);
	text = strdup(b->out.text);
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (testbox_run(again, line) != 0)
			fail_msg("%s: %s", line, again->err.text);
	}
	for (size_t i = 0; i < array_len(looks); i++) {
		testbox_run(b, looks[i]);
		testbox_run(again, looks[i]);
		assert_string_equal(again->out.text, b->out.text);
	}
	free(text);
	testbox_free(again);
}

static void
test_of_everything_a_little(void **state)
{
	static const char *const lines[] = {
		"hostname r1",
		"ip link set eth0 mtu 1400 alias \"the world; and more\"",
		"ip link set eth1 up",
		"ip addr add 10.1.0.1/24 broadcast + dev eth1",
		"ip addr add 10.1.0.2/24 dev eth1 label eth1:x",
		"ip addr add 10.3.0.1 peer 10.3.0.2 dev eth1",
		"ip addr add 10.4.0.1/16 scope link dev eth1",
		"ip route add default via 10.0.0.254",
		"ip route append default via 10.0.0.253",
		"ip route add 10.9.0.0/16 via 10.1.0.9 src 10.1.0.1 mtu 1300 "
		"proto static metric 7",
		"ip route add 10.8.0.0/16 nexthop via 10.0.0.7 weight 3 "
		"nexthop via 10.1.0.7 dev eth1",
		"ip route add 10.7.0.0/16 via 1.2.3.4 dev eth0 onlink",
		"ip route add blackhole 10.6.0.0/16",
		"ip route add 10.5.0.0/16 dev eth0 table 100",
		"ip rule add from 10.9.0.0/16 iif eth1 lookup 100",
		"ip rule add to 10.5.5.5 dport 80-90 ipproto tcp unreachable "
		"priority 5",
		"ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0",
		"sysctl -w net.ipv4.conf.all.rp_filter=2",
		"sysctl -w net.ipv4.conf.eth1.forwarding=0",
		"sysctl -w net.ipv4.icmp_ratelimit=5",
		"service echo on",
	};
	run_all(*state, lines, array_len(lines));
	made_again(*state);
}

/* A gateway must be on a link before a route can lead to it. */
static void
test_gateways_behind_routes(void **state)
{
	static const char *const lines[] = {
		"ip route add 10.9.0.0/16 dev eth0",
		"ip route add default via 10.9.0.1",
		"ip route add 10.8.0.0/16 via 10.9.0.1 dev eth0",
		"ip route add local 192.0.2.7 dev eth0 table 9",
		"ip route add 10.7.0.0/16 dev eth0 table 9 src 192.0.2.7",
		"ip nexthop add id 1 via 10.9.0.1 dev eth0",
		"ip nexthop add id 2 dev eth0",
		"ip route add 10.6.0.0/16 nhid 2 scope link",
		"ip route add 10.5.0.0/16 via 10.6.0.1",
		"ip route add 10.5.0.0/16 nhid 1 metric 7",
		"ip nexthop add id 7 via 10.9.0.2 dev eth0",
		"ip nexthop add id 3 group 7/1",
		"ip rule add to 10.4.0.0/16 table 9",
		"ip route add 10.4.0.0/16 dev eth0 table 9",
		"ip route add 10.3.0.0/16 via 10.4.0.1",
		"ip rule add blackhole to 10.9.0.0/16",
	};

	run_all(*state, lines, array_len(lines));
	made_again(*state);
}

/* The lines of the configuration about routes. */
static void
routes_are(struct testbox *b, const char *want)
{
	testbox_run(b, "show running-config | include \"^ip route\"");
	assert_string_equal(b->out.text, want);
	made_again(b);
}

static void
test_routes_of_addresses_deleted(void **state)
{
	static const char *const lines[] = {
		"ip addr add 10.0.0.2/24 dev eth0",
		"ip route add default via 10.0.0.254",
		"ip route del 10.0.0.0/24 dev eth0",
		"ip route del broadcast 10.0.0.255 dev eth0 table local",
		"ip route add 10.0.0.0/25 dev eth0 proto kernel scope link",
	};

	run_all(*state, lines, array_len(lines));
	routes_are(*state, "ip route append 10.0.0.0/25 dev eth0 proto kernel "
			   "scope link \n"
			   "ip route append default via 10.0.0.254 dev eth0 \n"
			   "ip route del 10.0.0.0/24 dev eth0 proto kernel "
			   "scope link src 10.0.0.1 \n"
			   "ip route del broadcast 10.0.0.255 dev eth0 table "
			   "local proto kernel scope link src 10.0.0.1 \n");
	/* With the address they come and go. */
	assert_int_equal(testbox_run(*state, "ip link set eth0 down"), 0);
	routes_are(*state, "");
	assert_int_equal(testbox_run(*state, "ip link set eth0 up"), 0);
	routes_are(*state, "");
}

/* Nor does an address make one that says more. */
static void
test_routes_of_addresses_with_metrics(void **state)
{
	static const char *const lines[] = {
		"ip route replace 10.0.0.0/24 dev eth0 proto kernel scope link "
		"src 10.0.0.1 initcwnd 20",
	};

	run_all(*state, lines, array_len(lines));
	made_again(*state);
}

/* The first of those that are alike is the one that packets take. */
static void
test_routes_in_another_order(void **state)
{
	static const char *const lines[] = {
		"ip link set eth1 up",
		"ip addr add 10.1.0.1/24 dev eth1",
		"ip addr add 10.0.0.9/24 dev eth1",
		"ip route prepend 10.0.0.0/24 via 10.1.0.7",
		"ip route append 10.0.0.0/24 via 10.1.0.8",
		"ip route append 10.9.0.0/16 via 10.1.0.7",
		"ip route append 10.9.0.0/16 dev eth0",
		"ip route append 10.9.0.0/16 via 10.1.0.8",
		"ip route append 10.9.0.0/16 dev eth1 metric 3",
	};

	run_all(*state, lines, array_len(lines));
	made_again(*state);
	testbox_run(*state, "show running-config | grep -c \"^ip route\"");
	/* Five routes of the operator's; four and three are sorted. */
	assert_string_equal(((struct testbox *)*state)->out.text, "20\n");
}

static void
test_a_multipath_route_that_waits_for_a_link(void **state)
{
	static const char *const lines[] = {
		"ip link set eth1 up",
		"ip addr add 10.1.0.1/24 dev eth1",
		"ip route add 10.9.0.0/16 nexthop via 10.0.0.7 nexthop via "
		"10.1.0.7",
		"ip link set eth1 down",
	};
	struct testbox *b = *state;

	run_all(b, lines, array_len(lines));
	made_again(b);
	testbox_run(b, "show running-config | grep -E 'eth1 up|eth1 down'");
	assert_string_equal(b->out.text, "ip link set eth1 up\n"
					 "ip link set eth1 down\n");
}

static void
test_loopback(void **state)
{
	static const char *const lines[] = {
		"ip addr add 192.0.2.1/32 dev lo",
		"ip link set lo mtu 9000",
	};
	static const char *const others[] = {
		"ip addr del 127.0.0.1/8 dev lo",
		"ip addr add 127.0.0.2/8 dev lo",
		"ip link set lo down",
	};
	struct testbox *b = *state;

	testbox_run(b, "show running-config | grep ' lo'");
	assert_string_equal(b->out.text, "");
	run_all(b, lines, array_len(lines));
	testbox_run(b, "show running-config | grep ' lo'");
	assert_string_equal(b->out.text, "ip link set lo mtu 9000\n"
					 "ip addr add 192.0.2.1/32 dev lo\n");
	made_again(b);
	run_all(b, others, array_len(others));
	testbox_run(b, "show running-config | grep ' lo'");
	assert_string_equal(b->out.text,
			    "ip link set lo mtu 9000\n"
			    "ip addr del 127.0.0.1/8 dev lo\n"
			    "ip addr add 127.0.0.2/8 scope 254 dev lo\n"
			    "ip addr add 192.0.2.1/32 dev lo\n"
			    "ip link set lo down\n");
	made_again(b);
}

static void
test_neighbours_that_stay(void **state)
{
	static const char *const lines[] = {
		"ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0",
		"ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:08 nud noarp dev "
		"eth0",
		"ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 nud stale dev "
		"eth0",
		"ip neigh add proxy 10.0.0.6 router dev eth0",
		"ip neigh add proxy 10.0.0.5",
	};

	run_all(*state, lines, array_len(lines));
	made_again(*state);
}

static void
test_swapped_names(void **state)
{
	static const char *const swap[] = {
		"ip link set eth0 down",	   "ip link set eth1 down",
		"ip link set eth0 name x",	   "ip link set eth1 name eth0",
		"ip link set x name eth1",	   "ip link set eth2 name wan",
		"ip addr add 10.0.7.1/24 dev wan",
	};
	struct testbox *b = testbox_new(3, true);

	run_all(b, swap, array_len(swap));
	testbox_run(b, "show running-config | include link.set.*name");
	assert_string_equal(b->out.text, "ip link set eth0 name rename2\n"
					 "ip link set eth1 name rename3\n"
					 "ip link set rename2 name eth1\n"
					 "ip link set rename3 name eth0\n"
					 "ip link set eth2 name wan\n");
	made_again(b);
	testbox_free(b);
}

/* More than one step looks at, and more than one line's room. */
static void
test_many_routes(void **state)
{
	struct testbox *b = *state;
	char line[80];

	for (unsigned int i = 0; i < 300; i++) {
		snprintf(line, sizeof(line),
			 "ip route add 20.%u.%u.0/24 via 10.0.0.2 metric %u",
			 i / 7, i % 7, i);
		assert_int_equal(testbox_run(b, line), 0);
	}
	made_again(b);
}

/* ---- rules -------------------------------------------------------------- */

/* The lines about rules. */
static void
rules_are(struct testbox *b, const char *want)
{
	testbox_run(b, "show running-config | include \"^ip rule\"");
	assert_string_equal(b->out.text, want);
	made_again(b);
}

static void
test_rules_that_differ_in_what_they_do_not_use(void **state)
{
	golden_run(*state, "$ ip rule add blackhole pref 5\n"
			   "$ ip rule add blackhole pref 5 sup_pl 10\n"
			   "$ ip rule add blackhole pref 5 table 7\n"
			   "$ ip rule add nop pref 6 table 7 sup_pl 9\n"
			   "$ ip rule add goto 9 pref 6 table 7\n"
			   "$ ip rule add unreachable pref 7 proto 5\n"
			   "$ ip rule | head -6\n"
			   "0:\tfrom all lookup local\n"
			   "5:\tfrom all blackhole\n"
			   "5:\tfrom all blackhole\n"
			   "5:\tfrom all lookup 7 blackhole\n"
			   "6:\tfrom all lookup 7 suppress_prefixlength 9 nop\n"
			   "6:\tfrom all lookup 7 goto 9 [unresolved]\n");
	rules_are(*state,
		  "ip rule add priority 5 from all blackhole\n"
		  "ip rule add priority 5 from all suppress_prefixlength 10 "
		  "blackhole\n"
		  "ip rule add priority 5 from all lookup 7 blackhole\n"
		  "ip rule add priority 6 from all lookup 7 "
		  "suppress_prefixlength 9 nop\n"
		  "ip rule add priority 6 from all lookup 7 goto 9\n"
		  "ip rule add priority 7 from all unreachable proto 5\n");
}

static void
test_rules_of_proto_kernel(void **state)
{
	golden_run(*state, "$ ip rule add table 7 pref 9 proto kernel\n"
			   "$ ip rule add table main pref 0 proto kernel\n");
	rules_are(*state,
		  "ip rule add priority 0 from all lookup main proto kernel\n"
		  "ip rule add priority 9 from all lookup 7 proto kernel\n");
}

static void
test_initial_rules_deleted(void **state)
{
	golden_run(*state, "$ ip rule del pref 32766\n"
			   "$ ip rule add from 10.9.0.0/16 table main pref "
			   "32766\n");
	rules_are(*state, "ip rule del priority 32766\n"
			  "ip rule add priority 32766 from 10.9.0.0/16 lookup "
			  "main\n");
	golden_run(*state,
		   "$ ip rule flush\n$ ip rule del pref 0\n$ ip rule\n");
	rules_are(*state, "ip rule del priority 0\n"
			  "ip rule del priority 32766\n"
			  "ip rule del priority 32767\n");
}

/* Added anew they may come behind others of their priority. */
static void
test_initial_rules_in_another_order(void **state)
{
	golden_run(*state,
		   "$ ip rule add to 10.9.0.0/16 table 9 pref 32767\n"
		   "$ ip rule add table 7 pref 0\n"
		   "$ ip rule del pref 0\n"
		   "$ ip rule add table local pref 0 proto kernel\n"
		   "$ ip rule del pref 32766\n"
		   "$ ip rule add table main pref 32766 proto kernel\n");
	rules_are(*state,
		  "ip rule del priority 0\n"
		  "ip rule add priority 0 from all lookup 7\n"
		  "ip rule add priority 0 from all lookup local proto kernel\n"
		  "ip rule add priority 32767 from all to 10.9.0.0/16 lookup "
		  "9\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_of_everything_a_little),
		T(test_swapped_names),
		T(test_gateways_behind_routes),
		T(test_routes_of_addresses_deleted),
		T(test_routes_of_addresses_with_metrics),
		T(test_routes_in_another_order),
		T(test_a_multipath_route_that_waits_for_a_link),
		T(test_many_routes),
		T(test_loopback),
		T(test_neighbours_that_stay),
		T(test_rules_that_differ_in_what_they_do_not_use),
		T(test_rules_of_proto_kernel),
		T(test_initial_rules_deleted),
		T(test_initial_rules_in_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
