/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip maddr`, `ip mroute`, /proc/net/igmp: iproute2 6.1's and Linux's texts for
 * what they show; add and del are Fairlead's own.
 */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 up\n$ ip link set eth1 up\n");
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
groups_are_joined_left_and_shown(void **state)
{
	golden_run(*state,
		   "$ ip maddr add 239.1.2.3 dev eth0\n"
		   "$ ip maddr add 239.1.2.3 dev eth0\n"
		   "$ ip maddr show dev eth0\n"
		   "2:\teth0\n"
		   "\tlink  01:00:5e:00:00:01\n"
		   "\tlink  01:00:5e:01:02:03\n"
		   "\tinet  224.0.0.1\n"
		   "\tinet  239.1.2.3 users 2\n"
		   "$ ip maddr del 239.1.2.3 dev eth0\n"
		   "$ ip -j maddr show dev eth0\n"
		   "[{\"ifindex\":2,\"ifname\":\"eth0\",\"maddr\":["
		   "{\"link\":\"01:00:5e:00:00:01\"},"
		   "{\"link\":\"01:00:5e:01:02:03\"},"
		   "{\"family\":\"inet\",\"address\":\"224.0.0.1\"},"
		   "{\"family\":\"inet\",\"address\":\"239.1.2.3\"}]}]\n"
		   "$ ip maddr del 239.1.2.3 dev eth0\n"
		   "$ ip maddr show dev eth0\n"
		   "2:\teth0\n"
		   "\tlink  01:00:5e:00:00:01\n"
		   "\tinet  224.0.0.1\n"
		   "$ cat /proc/net/igmp\n"
		   "Idx\tDevice    : Count Querier\tGroup    Users Timer\t"
		   "Reporter\n"
		   "1\tlo        :     1      V3\n"
		   "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		   "2\teth0      :     1      V3\n"
		   "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
		   "3\teth1      :     1      V3\n"
		   "\t\t\t\t010000E0     1 0:00000000\t\t0\n");
}

static void
what_is_no_group_is_refused(void **state)
{
	golden_run(*state,
		   "$ ip maddr add 10.0.0.1 dev eth0\n"
		   "! RTNETLINK answers: Invalid argument\n"
		   "[rc 2]\n"
		   "$ ip maddr del 224.0.0.1 dev eth0\n"
		   "! RTNETLINK answers: No such file or directory\n"
		   "[rc 2]\n"
		   "$ ip maddr add 02:00:00:00:00:01 dev eth0\n"
		   "! RTNETLINK answers: Invalid argument\n"
		   "[rc 2]\n"
		   "$ ip maddr add somebody dev eth0\n"
		   "! Error: a multicast address is expected rather than "
		   "\"somebody\".\n"
		   "[rc 1]\n"
		   "$ ip maddr add 239.1.2.3 dev eth9\n"
		   "! Cannot find device \"eth9\"\n"
		   "[rc 1]\n"
		   "$ ip maddr add 01:00:5e:7f:00:01 dev eth1\n"
		   "$ ip maddr del 01:00:5e:7f:00:01 dev eth1\n");
}

static void
routes_are_made_and_shown(void **state)
{
	golden_run(*state,
		   "$ ip mroute add 239.1.2.3 iif eth0 oif eth1,lo\n"
		   "$ ip mroute add 239.1.2.4 from 10.0.0.9 iif eth1 oif eth0\n"
		   "$ ip mroute | grep 239.1.2.3\n"
		   "(0.0.0.0,239.1.2.3)              Iif: eth0       Oifs: lo "
		   "eth1  State: resolved\n"
		   "$ ip -s -o mroute | grep 10.0.0.9\n"
		   "(10.0.0.9,239.1.2.4)             Iif: eth1       "
		   "Oifs: eth0  State: resolved\\  0 packets, 0 bytes\n"
		   "$ ip maddr show dev eth0 | grep inet\n"
		   "\tinet  224.0.0.1\n"
		   "\tinet  239.1.2.3\n"
		   "$ ip maddr del 239.1.2.3 dev eth0\n"
		   "! RTNETLINK answers: No such file or directory\n"
		   "[rc 2]\n"
		   "$ show running-config | grep 239.1.2.3\n"
		   "ip mroute add 239.1.2.3 iif eth0 oif lo,eth1\n"
		   "$ show running-config | grep 239.1.2.4\n"
		   "ip mroute add 239.1.2.4 from 10.0.0.9 iif eth1 oif eth0\n"
		   "$ ip mroute del 239.1.2.4 from 10.0.0.9\n"
		   "$ ip mroute del 239.1.2.3\n"
		   "$ ip mroute\n"
		   "$ ip mroute del 239.1.2.3\n"
		   "! RTNETLINK answers: No such file or directory\n"
		   "[rc 2]\n"
		   "$ ip mroute add 239.1.2.3 iif eth0 oif eth1,eth9\n"
		   "! Cannot find device \"eth9\"\n"
		   "[rc 1]\n"
		   "$ ip mroute add 239.1.2.3\n"
		   "! Not enough information: a group, \"iif\" and \"oif\" "
		   "are required.\n"
		   "[rc 255]\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(groups_are_joined_left_and_shown),
		TEST(what_is_no_group_is_refused),
		TEST(routes_are_made_and_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
