/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/commands/ip*.c: iproute2's words, texts and exit codes. */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 address 52:54:00:12:34:56\n"
		      "$ ip link set eth1 address 52:54:00:12:34:57\n"
		      "$ ip link set eth0 up\n$ ip link set eth1 up\n"
		      "$ ip addr add 10.0.0.1/24 dev eth0\n"
		      "$ ip addr add 10.0.1.1/24 broadcast + dev eth1\n");
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
test_links(void **state)
{
	golden_run(
		*state,
		"$ ip link show eth0\n"
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
		"pfifo_fast state UP mode DEFAULT group default qlen 1000\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
		"$ ip -br link\n"
		"lo               UNKNOWN        00:00:00:00:00:00 "
		"<LOOPBACK,UP,LOWER_UP> \n"
		"eth0             UP             52:54:00:12:34:56 "
		"<BROADCAST,MULTICAST,UP,LOWER_UP> \n"
		"eth1             UP             52:54:00:12:34:57 "
		"<BROADCAST,MULTICAST,UP,LOWER_UP> \n"
		"$ ip -j link show lo\n"
		"[{\"ifindex\":1,\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\","
		"\"UP\",\"LOWER_UP\"],\"mtu\":65536,\"qdisc\":\"noqueue\","
		"\"operstate\":\"UNKNOWN\",\"linkmode\":\"DEFAULT\",\"group\":"
		"\"default\",\"txqlen\":1000,\"link_type\":\"loopback\","
		"\"address\":\"00:00:00:00:00:00\",\"broadcast\":\"00:00:00:00:"
		"00:00\"}]\n"
		"$ ip l s eth1\n"
		"$ ip link set eth0 down\n"
		"$ ip link show eth0\n"
		"2: eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc pfifo_fast "
		"state DOWN mode DEFAULT group default qlen 1000\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
		"$ ip link set eth0 promisc on\n"
		"$ ip -d link show eth0\n"
		"2: eth0: <BROADCAST,MULTICAST,PROMISC> mtu 1500 qdisc "
		"pfifo_fast state DOWN mode DEFAULT group default qlen 1000\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff "
		"promiscuity 1  allmulti 0 minmtu 68 maxmtu 9216 numtxqueues 1 "
		"numrxqueues 1 \n"
		"$ ip link set eth0 promisc off\n"
		"$ ip link set eth0 name wan0\n"
		"$ ip -o link show wan0\n"
		"2: wan0: <BROADCAST,MULTICAST> mtu 1500 qdisc pfifo_fast "
		"state DOWN mode DEFAULT group default qlen 1000\\    "
		"link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
		"$ ip link set wan0 name eth0 alias \"to the world\" mtu 9000 "
		"txqueuelen 5\n"
		"$ ip link show eth0\n"
		"2: eth0: <BROADCAST,MULTICAST> mtu 9000 qdisc pfifo_fast "
		"state DOWN mode DEFAULT group default qlen 5\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
		"    alias to the world\n");
}

static void
test_no_carrier(void **state)
{
	struct testbox *b = *state;

	testnet_carrier(b->net, 0, false);
	golden_run(
		b,
		"$ ip link show eth0\n"
		"2: eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc "
		"pfifo_fast state DOWN mode DEFAULT group default qlen 1000\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n");
}

static void
test_counters_grow_their_columns(void **state)
{
	struct testbox *b = *state;
	struct netdev_stats *s = &b->net->port[0].dev.stats;

	*s = (struct netdev_stats){
		.rx_bytes = 12345678901234ull,
		.rx_packets = 1234567890,
		.multicast = 3,
		.tx_bytes = 742,
		.tx_packets = 9,
		.carrier_changes = 2,
	};
	golden_run(
		b,
		"$ ip -s -s link show dev eth0\n"
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
		"pfifo_fast state UP mode DEFAULT group default qlen 1000\n"
		"    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
		"    RX:      bytes    packets errors dropped  missed   mcast  "
		"         \n"
		"    12345678901234 1234567890      0       0       0       3 "
		"\n"
		"    RX errors:         length    crc   frame    fifo overrun\n"
		"                            0      0       0       0       0 "
		"\n"
		"    TX:      bytes    packets errors dropped carrier collsns  "
		"         \n"
		"               742          9      0       0       0       0 "
		"\n"
		"    TX errors:        aborted   fifo  window heartbt transns\n"
		"                            0      0       0       0       2 "
		"\n"
		"$ ip -h -s link show dev eth0 | tail -4 | head -2\n"
		"    RX:  bytes packets errors dropped  missed   mcast         "
		"  \n"
		"         12.3T   1.23G      0       0       0       3 \n"
		"$ ip -iec -s link show dev eth0 | tail -4 | head -2\n"
		"    RX:  bytes packets errors dropped  missed   mcast         "
		"  \n"
		"        11.2Ti  1.15Gi      0       0       0       3 \n");
}

static void
test_addresses(void **state)
{
	golden_run(*state,
		   "$ ip -4 addr show dev eth0\n"
		   "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
		   "pfifo_fast state UP group default qlen 1000\n"
		   "    inet 10.0.0.1/24 scope global eth0\n"
		   "       valid_lft forever preferred_lft forever\n"
		   "$ ip addr show eth1\n"
		   "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc "
		   "pfifo_fast state UP group default qlen 1000\n"
		   "    link/ether 52:54:00:12:34:57 brd ff:ff:ff:ff:ff:ff\n"
		   "    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth1\n"
		   "       valid_lft forever preferred_lft forever\n"
		   "$ ip -br addr\n"
		   "lo               UNKNOWN        127.0.0.1/8 \n"
		   "eth0             UP             10.0.0.1/24 \n"
		   "eth1             UP             10.0.1.1/24 \n"
		   "$ ip -o addr show up\n"
		   "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft "
		   "forever preferred_lft forever\n"
		   "2: eth0    inet 10.0.0.1/24 scope global eth0\\       "
		   "valid_lft forever preferred_lft forever\n"
		   "3: eth1    inet 10.0.1.1/24 brd 10.0.1.255 scope global "
		   "eth1\\       valid_lft forever preferred_lft forever\n"
		   "$ ip -j -br addr\n"
		   "[{\"ifname\":\"lo\",\"operstate\":\"UNKNOWN\",\"addr_"
		   "info\":[{\"local\":\"127.0.0.1\",\"prefixlen\":8}]},{"
		   "\"ifname\":\"eth0\",\"operstate\":\"UP\",\"addr_info\":[{"
		   "\"local\":\"10.0.0.1\",\"prefixlen\":24}]},{\"ifname\":"
		   "\"eth1\",\"operstate\":\"UP\",\"addr_info\":[{\"local\":"
		   "\"10.0.1.1\",\"prefixlen\":24}]}]\n"
		   "$ ip -j -p addr show dev eth0\n"
		   "[ {\n"
		   "        \"ifindex\": 2,\n"
		   "        \"ifname\": \"eth0\",\n"
		   "        \"flags\": [ "
		   "\"BROADCAST\",\"MULTICAST\",\"UP\",\"LOWER_UP\" ],\n"
		   "        \"mtu\": 1500,\n"
		   "        \"qdisc\": \"pfifo_fast\",\n"
		   "        \"operstate\": \"UP\",\n"
		   "        \"group\": \"default\",\n"
		   "        \"txqlen\": 1000,\n"
		   "        \"link_type\": \"ether\",\n"
		   "        \"address\": \"52:54:00:12:34:56\",\n"
		   "        \"broadcast\": \"ff:ff:ff:ff:ff:ff\",\n"
		   "        \"addr_info\": [ {\n"
		   "                \"family\": \"inet\",\n"
		   "                \"local\": \"10.0.0.1\",\n"
		   "                \"prefixlen\": 24,\n"
		   "                \"scope\": \"global\",\n"
		   "                \"label\": \"eth0\",\n"
		   "                \"valid_life_time\": 4294967295,\n"
		   "                \"preferred_life_time\": 4294967295\n"
		   "            } ]\n"
		   "    } ]\n"
		   "$ ip addr del 10.0.0.1/24 dev eth0\n"
		   "$ ip -s addr flush dev eth0\n"
		   "Nothing to flush.\n"
		   "$ ip -s addr flush dev eth1\n"
		   "\n"
		   "*** Round 1, deleting 1 addresses ***\n"
		   "*** Flush is complete after 1 round ***\n");
}

static void
test_routes(void **state)
{
	golden_run(
		*state,
		"$ ip route add default via 10.0.0.254\n"
		"$ ip route add 10.6.0.0/16 via 10.0.0.9 mtu 1400 advmss 1360\n"
		"$ ip route add 192.0.2.0/24 proto static metric 50 nexthop "
		"via 10.0.0.2 nexthop via 10.0.1.2 weight 3\n"
		"$ ip route add unreachable 198.51.100.0/24 metric 9\n"
		"$ ip route add blackhole 203.0.113.0/24\n"
		"$ ip route add default via 10.0.1.9 table 100\n"
		"$ ip route\n"
		"default via 10.0.0.254 dev eth0 \n"
		"10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		"10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 mtu 1400 advmss 1360 \n"
		"192.0.2.0/24 proto static metric 50 \n"
		"\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		"\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		"unreachable 198.51.100.0/24 metric 9 \n"
		"blackhole 203.0.113.0/24 \n"
		"$ ip -j route show 192.0.2.0/24\n"
		"[{\"dst\":\"192.0.2.0/"
		"24\",\"protocol\":\"static\",\"metric\":50,\"flags\":[],"
		"\"nexthops\":[{\"gateway\":\"10.0.0.2\",\"dev\":\"eth0\","
		"\"weight\":1,\"flags\":[]},{\"gateway\":\"10.0.1.2\",\"dev\":"
		"\"eth1\",\"weight\":3,\"flags\":[]}]}]\n"
		"$ ip -j route show 10.6.0.0/16\n"
		"[{\"dst\":\"10.6.0.0/"
		"16\",\"gateway\":\"10.0.0.9\",\"dev\":\"eth0\",\"flags\":[],"
		"\"metrics\":[{\"mtu\":1400,\"advmss\":1360}]}]\n"
		"$ ip -d route show 10.6.0.0/16\n"
		"unicast 10.6.0.0/16 via 10.0.0.9 dev eth0 proto boot scope "
		"global mtu 1400 advmss 1360 \n"
		"$ ip route show table all | head -3\n"
		"default via 10.0.1.9 dev eth1 table 100 \n"
		"default via 10.0.0.254 dev eth0 \n"
		"10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		"$ ip route show table local 10.0.0.255\n"
		"broadcast 10.0.0.255 dev eth0 proto kernel scope link src "
		"10.0.0.1 \n"
		"$ ip route show dev eth1\n"
		"10.0.1.0/24 proto kernel scope link src 10.0.1.1 \n"
		"$ ip route show root 192.0.0.0/8 \n"
		"192.0.2.0/24 proto static metric 50 \n"
		"\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		"\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		"$ ip route show match 10.6.1.1\n"
		"default via 10.0.0.254 dev eth0 \n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 mtu 1400 advmss 1360 \n"
		"$ ip r g 10.0.0.2\n"
		"10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		"    cache \n"
		"$ ip -j route get 8.8.8.8\n"
		"[{\"dst\":\"8.8.8.8\",\"gateway\":\"10.0.0.254\",\"dev\":"
		"\"eth0\",\"prefsrc\":\"10.0.0.1\",\"flags\":[],\"uid\":0,"
		"\"cache\":[]}]\n"
		"$ ip route get 10.0.0.1\n"
		"local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n"
		"    cache <local> \n"
		"$ ip route get 127.0.0.5\n"
		"local 127.0.0.5 dev lo src 127.0.0.1 uid 0 \n"
		"    cache <local> \n"
		"$ ip route get 10.0.0.255\n"
		"broadcast 10.0.0.255 dev eth0 src 10.0.0.1 uid 0 \n"
		"    cache <local,brd> \n"
		"$ ip route get 8.8.8.8 from 10.0.1.9 iif eth1\n"
		"8.8.8.8 from 10.0.1.9 via 10.0.0.254 dev eth0 \n"
		"    cache iif eth1 \n"
		"$ ip route get 203.0.113.5\n"
		"! RTNETLINK answers: Invalid argument\n"
		"[rc 2]\n"
		"$ ip route get 198.51.100.1\n"
		"! RTNETLINK answers: No route to host\n"
		"[rc 2]\n"
		"$ ip route get fibmatch 10.6.1.1\n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 mtu 1400 advmss 1360 \n"
		"$ ip route replace 10.0.0.0/24 dev eth0\n"
		"$ ip route show 10.0.0.0/24\n"
		"10.0.0.0/24 dev eth0 scope link \n"
		"$ ip link set eth0 down\n"
		"$ ip route show table main\n"
		"10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		"192.0.2.0/24 proto static metric 50 \n"
		"\tnexthop via 10.0.0.2 dev eth0 weight 1 dead linkdown \n"
		"\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		"unreachable 198.51.100.0/24 metric 9 \n"
		"blackhole 203.0.113.0/24 \n"
		"$ ip -s route flush root 0/0\n"
		"\n"
		"*** Round 1, deleting 4 entries ***\n"
		"*** Flush is complete after 1 round ***\n"
		"$ ip route\n");
}

/* As iproute2 6.1 with Linux takes and shows them. */
static void
test_metrics(void **state)
{
	golden_run(
		*state,
		"$ ip route add 10.6.0.0/16 via 10.0.0.9 mtu lock 1400 window "
		"20000 rtt 50 ssthresh 30 cwnd lock 40 advmss 1000 reordering "
		"5 hoplimit 33 initcwnd 20 features ecn rto_min 50ms initrwnd "
		"7 quickack 1 congctl cubic\n"
		"$ ip route show 10.6.0.0/16\n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 mtu lock 1400 window 20000 "
		"rtt 6ms ssthresh 30 cwnd lock 40 advmss 1000 reordering 5 "
		"hoplimit 33 initcwnd 20 features ecn rto_min lock 50ms "
		"initrwnd 7 quickack 1 congctl cubic \n"
		"$ ip -j route show 10.6.0.0/16\n"
		"[{\"dst\":\"10.6.0.0/"
		"16\",\"gateway\":\"10.0.0.9\",\"dev\":\"eth0\",\"flags\":[],"
		"\"metrics\":[{\"mtu\":1400,\"window\":20000,\"rtt\":6,"
		"\"ssthresh\":30,\"cwnd\":40,\"advmss\":1000,"
		"\"reordering\":5,\"hoplimit\":33,\"initcwnd\":20,"
		"\"ecn\":null,\"rto_min\":50,\"initrwnd\":7,\"quickack\":1,"
		"\"congestion\":\"cubic\"}]}]\n"
		"$ ip route get 10.6.0.1 | tail -1\n"
		"    cache mtu lock 1400 window 20000 rtt 6ms ssthresh 30 cwnd "
		"lock 40 advmss 1000 reordering 5 hoplimit 33 initcwnd 20 "
		"features ecn rto_min lock 50ms initrwnd 7 quickack 1 congctl "
		"cubic \n"
		"$ show running-config | grep 10.6\n"
		"ip route append 10.6.0.0/16 via 10.0.0.9 dev eth0 mtu lock "
		"1400 window 20000 rtt 50 ssthresh 30 cwnd lock 40 advmss 1000 "
		"reordering 5 hoplimit 33 initcwnd 20 features ecn rto_min 50 "
		"initrwnd 7 quickack 1 congctl cubic \n"
		"$ ip route del 10.6.0.0/16 initcwnd 21\n"
		"! RTNETLINK answers: No such process\n"
		"[rc 2]\n"
		"$ ip route del 10.6.0.0/16 initcwnd 20 congctl reno\n"
		"! RTNETLINK answers: No such process\n"
		"[rc 2]\n"
		"$ ip route add 10.7.0.0/16 via 10.0.0.9\n"
		"$ ip route add 10.8.0.0/16 via 10.0.0.9 initcwnd 0\n"
		"$ ip route del 10.7.0.0/16 initcwnd 20\n"
		"! RTNETLINK answers: No such process\n"
		"[rc 2]\n"
		"$ ip route del 10.6.0.0/16 features ecn congctl cubic\n"
		"$ ip route append 10.6.0.0/16 via 10.0.0.9 rto_min 1.0005s "
		"rtt "
		"lock 1s mtu lock 0\n"
		"$ ip route append 10.6.0.0/16 via 10.0.0.9 rto_min 1500MSECS "
		"rtt 0.3ms congctl lock reno\n"
		"$ ip route append 10.6.0.0/16 via 10.0.0.9 rto_min 625sec rtt "
		"100\n"
		"$ ip route show 10.6.0.0/16\n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 mtu lock 0 rtt lock 1s "
		"rto_min lock 1.001s \n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 rtt 1ms rto_min lock 1.5s "
		"congctl lock reno \n"
		"10.6.0.0/16 via 10.0.0.9 dev eth0 rtt 12ms rto_min lock 625s "
		"\n"
		"$ ip route show 10.8.0.0/16\n"
		"10.8.0.0/16 via 10.0.0.9 dev eth0 \n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 rto_min 5us\n"
		"! Error: argument \"5us\" is wrong: \"rto_min\" value is "
		"invalid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 initcwnd x\n"
		"! Error: argument \"x\" is wrong: \"initcwnd\" value is "
		"invalid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 hoplimit 256\n"
		"! Error: argument \"256\" is wrong: \"hoplimit\" value is "
		"invalid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 quickack 2\n"
		"! Error: argument \"2\" is wrong: \"quickack\" value should "
		"be 0 or 1\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 features x\n"
		"! Error: argument \"x\" is wrong: \"features\" value not "
		"valid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 congctl foo\n"
		"! Error: Unknown tcp congestion algorithm.\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.9 re 7 ini 4 cw 5 ss 6 "
		"wind 9 initr 2 quick 1\n"
		"$ ip route show 10.9.0.0/16\n"
		"10.9.0.0/16 via 10.0.0.9 dev eth0 window 9 ssthresh 6 cwnd 5 "
		"reordering 7 initcwnd 4 initrwnd 2 quickack 1 \n");
}

static void
test_neighbours(void **state)
{
	golden_run(*state,
		   "$ ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:aa dev eth0\n"
		   "$ ip neigh\n"
		   "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:aa PERMANENT \n"
		   "$ ip -s neigh\n"
		   "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:aa  used "
		   "0/0/0probes 0 PERMANENT \n"
		   "$ ip n s dev eth0\n"
		   "10.0.0.2 lladdr 02:00:00:00:00:aa PERMANENT \n"
		   "$ ip -j neigh\n"
		   "[{\"dst\":\"10.0.0.2\",\"dev\":\"eth0\",\"lladdr\":\"02:00:"
		   "00:00:00:aa\",\"state\":[\"PERMANENT\"]}]\n"
		   "$ ip neigh get 10.0.0.2 dev eth0\n"
		   "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:aa PERMANENT \n"
		   "$ arp -n\n"
		   "Address                  HWtype  HWaddress           Flags "
		   "Mask            Iface\n"
		   "10.0.0.2                 ether   02:00:00:00:00:aa   CM    "
		   "                eth0\n"
		   "$ arp -an\n"
		   "? (10.0.0.2) at 02:00:00:00:00:aa [ether] PERM on eth0\n"
		   "$ cat /proc/net/arp\n"
		   "IP address       HW type     Flags       HW address        "
		   "    Mask     Device\n"
		   "10.0.0.2         0x1         0x6         02:00:00:00:00:aa "
		   "    *        eth0\n"
		   "$ ip neigh change 10.0.0.2 lladdr 02:00:00:00:00:ab dev "
		   "eth0 nud stale\n"
		   "$ ip neigh show nud permanent\n"
		   "$ ip neigh show nud stale nud permanent\n"
		   "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:ab STALE \n"
		   "$ ip -s neigh flush dev eth0\n"
		   "\n"
		   "*** Round 1, deleting 1 entries ***\n"
		   "*** Flush is complete after 1 round ***\n"
		   "$ ip -s -s neigh flush all\n"
		   "Nothing to flush.\n"
		   "$ arp -s 10.0.0.3 02:00:00:00:00:ac\n"
		   "$ arp -n 10.0.0.3\n"
		   "Address                  HWtype  HWaddress           Flags "
		   "Mask            Iface\n"
		   "10.0.0.3                 ether   02:00:00:00:00:ac   CM    "
		   "                eth0\n"
		   "$ arp -d 10.0.0.3\n"
		   "$ arp -d 10.0.0.3\n"
		   "No ARP entry for 10.0.0.3\n"
		   "[rc 255]\n");
}

static void
test_rules(void **state)
{
	golden_run(*state,
		   "$ ip rule\n"
		   "0:\tfrom all lookup local\n"
		   "32766:\tfrom all lookup main\n"
		   "32767:\tfrom all lookup default\n"
		   "$ ip rule add from 10.9.0.0/16 table 100 priority 1000\n"
		   "$ ip rule add to 10.8.0.1 iif eth0 fwmark 0x1/0xff lookup "
		   "main\n"
		   "$ ip ru\n"
		   "0:\tfrom all lookup local\n"
		   "999:\tfrom all to 10.8.0.1 fwmark 0x1/0xff iif eth0 lookup "
		   "main\n"
		   "1000:\tfrom 10.9.0.0/16 lookup 100\n"
		   "32766:\tfrom all lookup main\n"
		   "32767:\tfrom all lookup default\n"
		   "$ ip rule add from 10.7.0.0/16 type prohibit pref 7\n"
		   "$ ip rule add type unicast table 9 pref 8\n"
		   "$ ip rule add type foo\n"
		   "! Error: argument \"foo\" is wrong: Failed to parse rule "
		   "type\n[rc 255]\n"
		   "$ ip rule | head -3\n"
		   "0:\tfrom all lookup local\n"
		   "7:\tfrom 10.7.0.0/16 prohibit\n"
		   "8:\tfrom all lookup 9\n"
		   "$ ip rule del type prohibit\n"
		   "$ ip rule del pref 8\n");
}

/* OPERATING 1.5: texts and exit codes of iproute2 6.1 on a 6.1 kernel. */
static void
test_mistakes(void **state)
{
	golden_run(
		*state,
		"$ ip route add default via 10.0.0.254\n"
		"$ ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:aa dev eth0\n"
		"$ ip addr add 10.0.0.300/24 dev eth0\n"
		"! Error: any valid prefix is expected rather than "
		"\"10.0.0.300/24\".\n"
		"[rc 1]\n"
		"$ ip addr add 10.0.0.5/33 dev eth0\n"
		"! Error: any valid prefix is expected rather than "
		"\"10.0.0.5/33\".\n"
		"[rc 1]\n"
		"$ ip addr add 10.0.0.1/24 dev eth0\n"
		"! Error: ipv4: Address already assigned.\n"
		"[rc 2]\n"
		"$ ip addr add 10.0.0.5/24 dev eth9\n"
		"! Cannot find device \"eth9\"\n"
		"[rc 1]\n"
		"$ ip addr add 10.0.0.5/24\n"
		"! Not enough information: \"dev\" argument is required.\n"
		"[rc 1]\n"
		"$ ip addr del 10.0.0.77/24 dev eth0\n"
		"! Error: ipv4: Address not found.\n"
		"[rc 2]\n"
		"$ ip addr frob\n"
		"! Command \"frob\" is unknown, try \"ip address help\".\n"
		"[rc 255]\n"
		"$ ip addr add 10.0.0.5/24 dev eth0 brod +\n"
		"! Error: either \"local\" is duplicate, or \"brod\" is a "
		"garbage.\n"
		"[rc 255]\n"
		"$ ip link set eth9 up\n"
		"! Cannot find device \"eth9\"\n"
		"[rc 1]\n"
		"$ ip link set eth0 mtu 10\n"
		"! Error: mtu less than device minimum.\n"
		"[rc 2]\n"
		"$ ip link set eth0 mtu 99999999\n"
		"! Error: mtu greater than device maximum.\n"
		"[rc 2]\n"
		"$ ip link set eth0 mtu abc\n"
		"! Error: argument \"abc\" is wrong: Invalid \"mtu\" value\n"
		"! \n"
		"[rc 255]\n"
		"$ ip link set eth0 bogus\n"
		"! Error: either \"dev\" is duplicate, or \"bogus\" is a "
		"garbage.\n"
		"[rc 255]\n"
		"$ ip link set eth0 promisc maybe\n"
		"! Error: argument of \"promisc\" must be \"on\" or \"off\", "
		"not \"maybe\"\n"
		"[rc 1]\n"
		"$ ip link set eth0 address 02:00:00:00:00:zz\n"
		"! \"zz\" is invalid lladdr.\n"
		"[rc 1]\n"
		"$ ip link set eth0 address 01:00:00:00:00:01\n"
		"! RTNETLINK answers: Cannot assign requested address\n"
		"[rc 2]\n"
		"$ ip link show eth9\n"
		"! Device \"eth9\" does not exist.\n"
		"[rc 1]\n"
		"$ ip link add br0 type bridge\n"
		"! Error: Unknown device type.\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16\n"
		"! RTNETLINK answers: No such device\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 via 172.31.0.1\n"
		"! Error: Nexthop has invalid gateway.\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.1/16 via 10.0.0.2\n"
		"! Error: Invalid prefix for given prefix length.\n"
		"[rc 2]\n"
		"$ ip route add 10.0.0.0/8 via 10.0.0.2 metric -1\n"
		"! Error: argument \"-1\" is wrong: \"metric\" value is "
		"invalid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route add default via 10.0.0.254\n"
		"! RTNETLINK answers: File exists\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 via\n"
		"! Command line is not complete. Try option \"help\"\n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.2 dev eth9\n"
		"! Cannot find device \"eth9\"\n"
		"[rc 1]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.2 proto 900\n"
		"! Error: argument \"900\" is wrong: \"protocol\" value is "
		"invalid\n"
		"! \n"
		"[rc 255]\n"
		"$ ip route del 10.99.0.0/16\n"
		"! RTNETLINK answers: No such process\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 nexthop via 10.0.0.2 nexthop via "
		"1.1.1.1\n"
		"! Error: Nexthop has invalid gateway.\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 foo\n"
		"! Error: either \"to\" is duplicate, or \"foo\" is a "
		"garbage.\n"
		"[rc 255]\n"
		"$ ip route add 10.9.0.0/16 nhid 99\n"
		"! Error: Nexthop id does not exist.\n"
		"[rc 2]\n"
		"$ ip route add 10.9.0.0/16 via 10.0.0.2 weight 3\n"
		"! Error: either \"to\" is duplicate, or \"weight\" is a "
		"garbage.\n"
		"[rc 255]\n"
		"$ ip route get\n"
		"! need at least a destination address\n"
		"[rc 1]\n"
		"$ ip route get 1.2.3.4.5\n"
		"! Error: any valid prefix is expected rather than "
		"\"1.2.3.4.5\".\n"
		"[rc 1]\n"
		"$ ip route flush\n"
		"! \"ip route flush\" requires arguments.\n"
		"[rc 1]\n"
		"$ ip route flush cache\n"
		"$ ip neigh add 10.0.0.5 dev eth0\n"
		"! Error: No link layer address given.\n"
		"[rc 2]\n"
		"$ ip neigh add 10.0.0.5 lladdr 02:zz dev eth0\n"
		"! \"zz\" is invalid lladdr.\n"
		"[rc 1]\n"
		"$ ip neigh add 10.0.0.5 lladdr zz dev eth0\n"
		"! \"zz\" is invalid lladdr.\n"
		"[rc 1]\n"
		"$ ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:05 dev eth0\n"
		"! RTNETLINK answers: File exists\n"
		"[rc 2]\n"
		"$ ip neigh del 10.0.0.222 dev eth0\n"
		"! RTNETLINK answers: No such file or directory\n"
		"[rc 2]\n"
		"$ ip neigh add 10.0.0.5 lladdr 02:00:00:00:00:05\n"
		"! Device and destination are required arguments.\n"
		"[rc 255]\n"
		"$ ip neigh flush\n"
		"! Flush requires arguments.\n"
		"[rc 1]\n"
		"$ ip rule add\n"
		"! \"ip rule add\" requires arguments.\n"
		"[rc 1]\n"
		"$ ip rule add oif \"a b\" table 1\n"
		"! Error: argument \"a b\" is wrong: \"oif\" not a valid "
		"ifname\n"
		"! \n"
		"[rc 255]\n"
		"$ ip rule add dev a/b table 1\n"
		"! Error: argument \"a/b\" is wrong: \"iif\"/\"dev\" not a "
		"valid ifname\n"
		"! \n"
		"[rc 255]\n"
		"$ ip rule add from 1.2.3.4 table 999999999999\n"
		"! Error: argument \"999999999999\" is wrong: invalid table "
		"ID\n"
		"! \n"
		"[rc 255]\n"
		"$ ip frob\n"
		"! Object \"frob\" is unknown, try \"ip help\".\n"
		"[rc 1]\n"
		"$ ip -x\n"
		"! Option \"-x\" is unknown, try \"ip -help\".\n"
		"[rc 255]\n"
		"$ ip -f foo addr\n"
		"! Error: argument \"foo\" is wrong: invalid protocol family\n"
		"[rc 255]\n"
		"$ ip -n foo link\n"
		"! Cannot open network namespace \"foo\": No such file or "
		"directory\n"
		"[rc 255]\n");
}

/* Changes that fail change nothing. */
static void
test_refused_means_unchanged(void **state)
{
	struct testbox *b = *state;
	static const char *const lines[] = {
		"ip link set eth0 mtu 9000 master eth1",
		"ip link set eth0 name eth1",
		"ip link set eth0 address 02:00:00:00:00:09 mtu x",
		"ip addr add 10.7.0.1/24 valid_lft 5 dev eth0",
		"ip route add 10.9.0.0/16 via 10.0.0.2 rttvar 5ms",
		"ip route add 10.9.0.0/16 via 10.0.0.2 rtt 5m",
		"ip route add 10.9.0.0/16 via 10.0.0.2 congctl fast",
		"ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 proxy "
		"x",
	};
	char *before;

	testbox_run(b, "show running-config");
	before = strdup(b->out.text);
	for (size_t i = 0; i < array_len(lines); i++) {
		assert_int_not_equal(testbox_run(b, lines[i]), 0);
		testbox_run(b, "show running-config");
		assert_string_equal(b->out.text, before);
	}
	free(before);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_links),
		T(test_no_carrier),
		T(test_counters_grow_their_columns),
		T(test_addresses),
		T(test_routes),
		T(test_metrics),
		T(test_neighbours),
		T(test_rules),
		T(test_mistakes),
		T(test_refused_means_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
