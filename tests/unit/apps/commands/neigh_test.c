/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip neigh`, `ntable` and `netconf`: hosts that the box answers for, who is
 * asked for, what is tuned; `ip route save`. Texts and exit codes of iproute2
 * 6.1 on Linux 6.18, but for the last, which saves bytes there.
 */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 up\n"
		      "$ ip addr add 10.0.0.1/24 dev eth0\n");
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
proxies_are_named_one_by_one(void **state)
{
	golden_run(*state,
		   "$ ip neigh add proxy 10.0.0.77 dev eth0\n"
		   "$ ip neigh add proxy 10.0.0.77 dev eth0\n"
		   "$ ip neigh replace proxy 10.0.0.78 dev eth0 router\n"
		   "$ ip neigh add proxy 10.0.0.79\n"
		   "$ ip neigh\n"
		   "$ ip neigh show proxy\n"
		   "10.0.0.77 dev eth0 proxy \n"
		   "10.0.0.78 dev eth0 router proxy \n"
		   "10.0.0.79 proxy \n"
		   "$ ip -j neigh show proxy to 10.0.0.78\n"
		   "[{\"dst\":\"10.0.0.78\",\"dev\":\"eth0\",\"router\":null,"
		   "\"proxy\":null}]\n"
		   "$ ip neigh show proxy dev eth0\n"
		   "10.0.0.77 proxy \n"
		   "10.0.0.78 router proxy \n"
		   "$ ip neigh show proxy dev eth1\n"
		   "$ ip neigh get proxy 10.0.0.77 dev eth0\n"
		   "10.0.0.77 dev eth0 proxy \n"
		   "$ ip neigh del proxy 10.0.0.77 dev eth0\n"
		   "$ ip neigh del proxy 10.0.0.77 dev eth0\n"
		   "! RTNETLINK answers: No such file or directory\n[rc 2]\n"
		   "$ ip neigh get proxy 10.0.0.77 dev eth0\n"
		   "! Error: Proxy neighbour entry not found.\n[rc 2]\n"
		   "$ ip neigh add 10.0.0.5 proxy 10.0.0.6 dev eth0\n"
		   "! Error: duplicate \"address\": \"10.0.0.6\" is the second "
		   "value.\n[rc 255]\n"
		   "$ ip neigh add proxy 10.0.0.6 dev eth9\n"
		   "! Cannot find device \"eth9\"\n[rc 1]\n"
		   "$ show running-config | grep proxy\n"
		   "ip neigh add proxy 10.0.0.78 dev eth0 router\n"
		   "ip neigh add proxy 10.0.0.79\n"
		   "$ ip link set eth0 down\n"
		   "$ ip neigh show proxy\n"
		   "10.0.0.79 proxy \n");
}

static void
somebody_is_asked_for(void **state)
{
	golden_run(*state,
		   "$ ip neigh add 10.0.0.5 dev eth0 use\n"
		   "$ ip neigh add 10.0.0.5 dev eth0 use\n"
		   "! RTNETLINK answers: File exists\n[rc 2]\n"
		   "$ ip neigh\n"
		   "10.0.0.5 dev eth0 INCOMPLETE \n"
		   "$ ip neigh replace 10.0.0.5 dev eth0 nud failed\n"
		   "$ ip neigh show nomaster\n"
		   "10.0.0.5 dev eth0 FAILED \n"
		   "$ ip neigh add 10.0.0.6 dev eth0 managed\n"
		   "! RTNETLINK answers: Operation not supported\n[rc 2]\n");
}

static void
the_tables_tunables_are_those_of_sysctl(void **state)
{
	golden_run(
		*state,
		"$ ip ntable change name arp_cache dev eth0 retrans 500 queue "
		"5 gc_stale 30000 locktime 0\n"
		"$ ip ntable show dev eth0\n"
		"inet arp_cache \n"
		"    dev eth0 \n"
		"    refcnt 1 reachable 15000 base_reachable 30000 retrans "
		"500 \n"
		"    gc_stale 30000 delay_probe 5000 queue 5 \n"
		"    app_probes 0 ucast_probes 3 mcast_probes 3 \n"
		"    anycast_delay 1000 proxy_delay 800 proxy_queue 64 "
		"locktime 0 \n"
		"\n"
		"$ sysctl net.ipv4.neigh.eth0.gc_stale_time\n"
		"net.ipv4.neigh.eth0.gc_stale_time = 30\n"
		"$ ip ntable change name arp_cache thresh1 7 gc_int 5000\n"
		"$ ip ntable show name arp_cache | head -2\n"
		"inet arp_cache \n"
		"    thresh1 7 thresh2 512 thresh3 1024 gc_int 5000 \n"
		"$ ip -j ntable show dev eth1\n"
		"[{\"family\":\"inet\",\"name\":\"arp_cache\",\"dev\":"
		"\"eth1\",\"refcnt\":1,\"reachable\":15000,"
		"\"base_reachable\":30000,\"retrans\":1000,\"gc_stale\":"
		"60000,\"delay_probe\":5000,\"queue\":101,\"app_probes\":0,"
		"\"ucast_probes\":3,\"mcast_probes\":3,\"anycast_delay\":"
		"1000,\"proxy_delay\":800,\"proxy_queue\":64,\"locktime\":"
		"1000}]\n"
		"$ ip ntable show name other\n"
		"$ ip ntable change name arp_cache dev eth0 thresh1 7\n"
		"! RTNETLINK answers: Invalid argument\n[rc 2]\n"
		"$ ip ntable change name arp_cache retrans 0\n"
		"! RTNETLINK answers: Invalid argument\n[rc 2]\n"
		"$ ip ntable change name arp_cache dev eth0\n"
		"! Not enough information: changeable attributes required.\n"
		"[rc 255]\n"
		"$ ip ntable change dev eth0 queue 5\n"
		"! Error: argument \"NAME\" is required\n[rc 255]\n"
		"$ ip ntable change name other queue 5\n"
		"! RTNETLINK answers: No such file or directory\n[rc 2]\n"
		"$ ip ntable show dev eth9\n"
		"! Error: argument \"eth9\" is wrong: \"DEV\" is invalid\n"
		"[rc 255]\n");
}

static void
what_interfaces_forward_and_check(void **state)
{
	golden_run(*state,
		   "$ sysctl -w net.ipv4.conf.eth0.rp_filter=2\n"
		   "net.ipv4.conf.eth0.rp_filter = 2\n"
		   "$ sysctl -w net.ipv4.conf.eth0.forwarding=0\n"
		   "net.ipv4.conf.eth0.forwarding = 0\n"
		   "$ ip netconf show dev eth0\n"
		   "inet eth0 forwarding off rp_filter loose mc_forwarding off "
		   "proxy_neigh off ignore_routes_with_linkdown on \n"
		   "$ ip -j netconf show default\n"
		   "[{\"family\":\"inet\",\"interface\":\"default\","
		   "\"forwarding\":true,\"rp_filter\":\"off\","
		   "\"mc_forwarding\":false,\"proxy_neigh\":false,"
		   "\"ignore_routes_with_linkdown\":true}]\n"
		   "$ ip netconf | grep -c inet\n5\n"
		   "$ ip -6 netconf\n"
		   "$ ip netconf show dev eth9\n"
		   "! Device \"eth9\" does not exist.\n[rc 1]\n");
}

static void
routes_become_lines(void **state)
{
	golden_run(
		*state,
		"$ ip route add 20.0.0.0/8 via 10.0.0.2 mtu lock 1400\n"
		"$ ip route add 21.0.0.0/8 nexthop via 10.0.0.2 nexthop via "
		"10.0.0.3 weight 2\n"
		"$ ip route add blackhole 22.0.0.0/8 table 100 proto static\n"
		"$ ip route save\n"
		"route append 20.0.0.0/8 via 10.0.0.2 dev eth0 mtu lock "
		"1400 \n"
		"route append 21.0.0.0/8   nexthop via 10.0.0.2 dev eth0 "
		"weight 1   nexthop via 10.0.0.3 dev eth0 weight 2 \n"
		"$ ip route save table 100\n"
		"route append blackhole 22.0.0.0/8 table 100 proto static \n"
		"$ ip route save root 20.0.0.0/8 | wc -l\n1\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(proxies_are_named_one_by_one),
		TEST(somebody_is_asked_for),
		TEST(the_tables_tunables_are_those_of_sysctl),
		TEST(what_interfaces_forward_and_check),
		TEST(routes_become_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
