/* SPDX-License-Identifier: BSD-2-Clause */
/* ethtool, sysctl, cat, ping, traceroute, netstat, show and the rest. */
#include "tests/host/test.h"

#include "lib/str.h"
#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, true);

	golden_run(b, "$ ip link set eth0 address 52:54:00:12:34:56\n"
		      "$ ip link set eth0 up\n"
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

/* ---- ethtool, against a driver like Linux's e1000e ---------------------- */

static struct netdev_rings rings;
static uint32_t coalesce_us;
static struct netdev_ops ops;

static uint32_t
stat_count(const struct netdev *dev)
{
	return 3;
}

static const char *
stat_name(const struct netdev *dev, uint32_t i)
{
	static const char *const name[] = { "rx_packets", "tx_packets",
					    "tx_smbus" };

	return name[i];
}

static uint64_t
stat_value(const struct netdev *dev, uint32_t i)
{
	return 10 + i;
}

static void
get_rings(const struct netdev *dev, struct netdev_rings *out)
{
	*out = rings;
}

static enum status
set_rings(struct netdev *dev, uint32_t rx, uint32_t tx)
{
	if (rx < 64)
		return ERR_RANGE;
	rings.rx_count = rx;
	rings.tx_count = tx;
	return OK;
}

static uint32_t
get_coalesce_us(const struct netdev *dev)
{
	return coalesce_us;
}

static enum status
set_coalesce_us(struct netdev *dev, uint32_t us)
{
	coalesce_us = us;
	return OK;
}

static void
test_ethtool(void **state)
{
	struct testbox *b = *state;
	struct netdev *dev = &b->net->port[0].dev;
	const struct netdev_ops *saved = dev->ops;

	rings = (struct netdev_rings){ 256, 256, 4096, 4096 };
	coalesce_us = 3;
	ops = *dev->ops;
	ops.stat_count = stat_count;
	ops.stat_name = stat_name;
	ops.stat_value = stat_value;
	ops.get_rings = get_rings;
	ops.set_rings = set_rings;
	ops.get_coalesce_us = get_coalesce_us;
	ops.set_coalesce_us = set_coalesce_us;
	dev->ops = &ops;
	dev->driver = "e1000e";
	dev->speed_mbps = 1000;
	dev->duplex = DUPLEX_FULL;
	dev->autoneg = true;
	str_copy(dev->bus_info, "0000:00:02.0", sizeof(dev->bus_info));
	golden_run(b, "$ ethtool -i eth0\n"
		      "driver: e1000e\n"
		      "version: v0-test\n"
		      "firmware-version: \n"
		      "expansion-rom-version: \n"
		      "bus-info: 0000:00:02.0\n"
		      "supports-statistics: yes\n"
		      "supports-test: no\n"
		      "supports-eeprom-access: no\n"
		      "supports-register-dump: no\n"
		      "supports-priv-flags: no\n"
		      "$ ethtool -S eth0\n"
		      "NIC statistics:\n"
		      "     rx_packets: 10\n"
		      "     tx_packets: 11\n"
		      "     tx_smbus: 12\n"
		      "$ ethtool -g enp0s2\n"
		      "Ring parameters for eth0:\n"
		      "Pre-set maximums:\n"
		      "RX:\t\t4096\n"
		      "RX Mini:\tn/a\n"
		      "RX Jumbo:\tn/a\n"
		      "TX:\t\t4096\n"
		      "Current hardware settings:\n"
		      "RX:\t\t256\n"
		      "RX Mini:\tn/a\n"
		      "RX Jumbo:\tn/a\n"
		      "TX:\t\t256\n"
		      "RX Buf Len:\t\tn/a\n"
		      "CQE Size:\t\tn/a\n"
		      "TX Push:\toff\n"
		      "TCP data split:\tn/a\n"
		      "$ ethtool -G eth0 rx 4096\n"
		      "$ ethtool -G eth0 rx 4097\n"
		      "! netlink error: requested ring size exceeds maximum "
		      "(offset 36)\n"
		      "! netlink error: Invalid argument\n"
		      "[rc 81]\n"
		      "$ ethtool -G eth0 rx 8\n"
		      "! netlink error: Invalid argument\n"
		      "[rc 81]\n"
		      "$ ethtool -G eth0 foo 3\n"
		      "! ethtool (-G): unknown parameter 'foo'\n"
		      "[rc 1]\n"
		      "$ ethtool -G eth0 rx\n"
		      "! ethtool (-G): no value for parameter 'rx'\n"
		      "[rc 1]\n"
		      "$ ethtool -G eth0 rx foo\n"
		      "! ethtool (-G): invalid value 'foo' for parameter 'rx'\n"
		      "[rc 1]\n"
		      "$ ethtool -C eth0 rx-usecs 50\n"
		      "$ ethtool -c eth0 | grep rx-usecs:\n"
		      "rx-usecs: 50\n"
		      "$ ethtool -C eth0 adaptive-rx on\n"
		      "! netlink error: cannot modify an unsupported parameter "
		      "(offset 36)\n"
		      "! netlink error: Invalid argument\n"
		      "[rc 1]\n"
		      "$ ethtool -l eth0\n"
		      "! netlink error: Operation not supported\n"
		      "[rc 1]\n"
		      "$ ethtool -x eth0\n"
		      "! Cannot get RX ring count: Operation not supported\n"
		      "[rc 1]\n"
		      "$ ethtool -S eth9\n"
		      "! Cannot get stats strings information: No such device\n"
		      "[rc 96]\n"
		      "$ ethtool -S lo\n"
		      "! no stats available\n"
		      "[rc 94]\n"
		      "$ ethtool -g eth9\n"
		      "! netlink error: no device matches name (offset 24)\n"
		      "! netlink error: No such device\n"
		      "[rc 1]\n"
		      "$ ethtool -d eth0\n"
		      "! Cannot get register dump: Operation not supported\n"
		      "[rc 74]\n"
		      "$ ethtool -z eth0\n"
		      "! ethtool: bad command line argument(s)\n"
		      "! For more information run ethtool -h\n"
		      "[rc 1]\n"
		      "$ ethtool eth0 | tail -5\n"
		      "\tSpeed: 1000Mb/s\n"
		      "\tDuplex: Full\n"
		      "\tAuto-negotiation: on\n"
		      "\tPort: Twisted Pair\n"
		      "\tLink detected: yes\n"
		      "$ ethtool lo\n"
		      "Settings for lo:\n"
		      "\tLink detected: yes\n");
	dev->ops = saved;
}

/* ---- sysctl ------------------------------------------------------------- */

static void
test_sysctl(void **state)
{
	struct testbox *b = *state;

	golden_run(
		b,
		"$ sysctl net.ipv4.ip_forward\n"
		"net.ipv4.ip_forward = 1\n"
		"$ sysctl net/ipv4/ip_forward\n"
		"net.ipv4.ip_forward = 1\n"
		"$ sysctl -n net.ipv4.ip_forward\n"
		"1\n"
		"$ sysctl -w net.ipv4.ip_forward=0\n"
		"net.ipv4.ip_forward = 0\n"
		"$ sysctl net.ipv4.conf.eth0.forwarding "
		"net.ipv4.conf.all.forwarding\n"
		"net.ipv4.conf.eth0.forwarding = 0\n"
		"net.ipv4.conf.all.forwarding = 0\n"
		"$ sysctl -q net.ipv4.conf.all.forwarding=1\n"
		"$ sysctl \"net.ipv4.ip_forward = 1\"\n"
		"net.ipv4.ip_forward = 1\n"
		"$ sysctl -w net.ipv4.ip_forward\n"
		"! sysctl: command line(0): invalid syntax, continuing...\n"
		"[rc 1]\n"
		"$ sysctl -w net.ipv4.ip_forward=foo\n"
		"! sysctl: setting key \"net.ipv4.ip_forward\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl -w net.ipv4.ip_default_ttl=300\n"
		"! sysctl: setting key \"net.ipv4.ip_default_ttl\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl -w net.ipv4.ip_default_ttl=0\n"
		"! sysctl: setting key \"net.ipv4.ip_default_ttl\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl net.foo\n"
		"! sysctl: cannot stat /proc/sys/net/foo: No such file or "
		"directory\n"
		"[rc 1]\n"
		"$ sysctl net.ipv4.conf.eth9.rp_filter\n"
		"! sysctl: cannot stat /proc/sys/net/ipv4/conf/eth9/rp_filter: "
		"No such file or directory\n"
		"[rc 1]\n"
		"$ sysctl -e net.foo\n"
		"$ sysctl -a -r ip_default_ttl\n"
		"net.ipv4.ip_default_ttl = 64\n"
		"$ sysctl -w net.ipv4.neigh.default.base_reachable_time=20\n"
		"net.ipv4.neigh.default.base_reachable_time = 20\n"
		"$ sysctl net.ipv4.neigh.default.base_reachable_time_ms\n"
		"net.ipv4.neigh.default.base_reachable_time_ms = 20000\n");
}

/* Linux's defaults, where this is not a router's own. */
static void
test_sysctl_defaults(void **state)
{
	golden_run(*state,
		   "$ sysctl net.ipv4.ip_default_ttl net.ipv4.ipfrag_time\n"
		   "net.ipv4.ip_default_ttl = 64\n"
		   "net.ipv4.ipfrag_time = 30\n"
		   "$ sysctl -n net.ipv4.icmp_ratelimit net.ipv4.icmp_ratemask "
		   "net.ipv4.icmp_msgs_per_sec net.ipv4.icmp_msgs_burst\n"
		   "1000\n6168\n1000\n50\n"
		   "$ sysctl -n net.ipv4.icmp_echo_ignore_all "
		   "net.ipv4.icmp_echo_ignore_broadcasts\n"
		   "0\n1\n"
		   "$ sysctl -n net.ipv4.neigh.default.gc_thresh1 "
		   "net.ipv4.neigh.default.unres_qlen "
		   "net.ipv4.neigh.default.locktime "
		   "net.ipv4.neigh.default.retrans_time\n"
		   "128\n101\n100\n100\n"
		   "$ sysctl -n net.core.netdev_budget net.core.dev_weight "
		   "net.ipv4.conf.all.rp_filter\n"
		   "300\n64\n0\n");
}

/* TCP's keys, those of several numbers, and those that are names. */
static void
test_sysctl_tcp(void **state)
{
	struct testbox *b = *state;

	golden_run(
		b,
		"$ sysctl -n net.ipv4.tcp_retries2 net.ipv4.tcp_keepalive_time "
		"net.ipv4.tcp_ecn net.core.somaxconn\n"
		"15\n7200\n2\n4096\n"
		"$ sysctl net.ipv4.tcp_rmem\n"
		"net.ipv4.tcp_rmem = 4096\t131072\t6291456\n"
		"$ sysctl -w 'net.ipv4.tcp_wmem=4096 65536 1000000'\n"
		"net.ipv4.tcp_wmem = 4096\t65536\t1000000\n"
		"$ cat /proc/sys/net/ipv4/tcp_wmem\n"
		"4096\t65536\t1000000\n"
		"$ sysctl -w 'net.ipv4.tcp_wmem=4096 65536'\n"
		"! sysctl: setting key \"net.ipv4.tcp_wmem\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl -w 'net.ipv4.tcp_wmem=4096 65536 5000'\n"
		"! sysctl: setting key \"net.ipv4.tcp_wmem\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl -w 'net.ipv4.tcp_wmem=4096 65536 70000 80000'\n"
		"! sysctl: setting key \"net.ipv4.tcp_wmem\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range\n"
		"$ sysctl -n net.ipv4.ip_local_port_range\n"
		"40000\t40001\n"
		"$ sysctl -w 'net.ipv4.ip_local_port_range=0 70000'\n"
		"! sysctl: setting key \"net.ipv4.ip_local_port_range\": "
		"Invalid argument\n"
		"[rc 1]\n"
		"$ sysctl net.ipv4.tcp_congestion_control\n"
		"net.ipv4.tcp_congestion_control = cubic\n"
		"$ sysctl -w net.ipv4.tcp_congestion_control=reno\n"
		"net.ipv4.tcp_congestion_control = reno\n"
		"$ sysctl -w net.ipv4.tcp_congestion_control=vegas\n"
		"! sysctl: setting key \"net.ipv4.tcp_congestion_control\": "
		"Invalid argument\n"
		"[rc 1]\n"
		"$ sysctl -w net.ipv4.tcp_available_congestion_control=reno\n"
		"! sysctl: setting key "
		"\"net.ipv4.tcp_available_congestion_control\": Invalid "
		"argument\n"
		"[rc 1]\n"
		"$ sysctl -w net.ipv4.tcp_sack=2\n"
		"! sysctl: setting key \"net.ipv4.tcp_sack\": Invalid "
		"argument\n"
		"[rc 1]\n"
		/* No effect here, so no key. */
		"$ sysctl net.ipv4.tcp_abort_on_overflow\n"
		"! sysctl: cannot stat "
		"/proc/sys/net/ipv4/tcp_abort_on_overflow: No such file or "
		"directory\n"
		"[rc 1]\n"
		"$ show running-config | grep 'tcp\\|port_range'\n"
		"sysctl -w \"net.ipv4.ip_local_port_range=40000 40001\"\n"
		"sysctl -w net.ipv4.tcp_congestion_control=reno\n"
		"sysctl -w \"net.ipv4.tcp_wmem=4096 65536 1000000\"\n");
	testbox_run(b, "sysctl -n net.ipv4.tcp_available_congestion_control");
	assert_non_null(strstr(b->out.text, "cubic"));
	assert_non_null(strstr(b->out.text, "reno"));
}

/* They do something: a listener's backlog, the ports that are chosen. */
static void
test_sysctl_effects(void **state)
{
	struct testbox *b = *state;
	const struct sock_addr any = { .port = 80 },
			       remote = { 0x0a000002, 80 };
	static const struct sock_ops none;
	struct sock *listener, *socks[3];
	enum status status;
	struct tcp_info info;

	golden_run(b, "$ sysctl -qw net.core.somaxconn=3\n"
		      "$ sysctl -qw 'net.ipv4.ip_local_port_range=40000 "
		      "40001'\n"
		      "$ sysctl -qw net.ipv4.tcp_congestion_control=reno\n");
	listener = tcp_listen(&b->net->net, &any, 100, &none, NULL, "test",
			      &status);
	assert_non_null(listener);
	tcp_get_info(listener, &info);
	assert_int_equal(info.backlog, 3);
	assert_string_equal(info.congestion, "reno");
	for (unsigned int i = 0; i < 3; i++)
		socks[i] = tcp_connect(&b->net->net, NULL, &remote, &none, NULL,
				       "test", &status);
	assert_non_null(socks[0]);
	assert_non_null(socks[1]);
	assert_int_equal(socks[0]->local.port + socks[1]->local.port, 80001);
	assert_null(socks[2]);
	assert_int_equal(status, ERR_RANGE);
	tcp_abort(socks[0]);
	tcp_abort(socks[1]);
	tcp_abort(listener);
	testnet_run(b->net);
}

/* An interface has default's values until it has its own. */
static void
test_sysctl_neigh(void **state)
{
	struct neigh_param param;
	struct testbox *b = *state;

	golden_run(b,
		   "$ sysctl -n net.ipv4.neigh.eth0.retrans_time_ms\n1000\n"
		   "$ sysctl -qw net.ipv4.neigh.default.retrans_time_ms=500\n"
		   "$ sysctl -n net.ipv4.neigh.eth0.retrans_time_ms\n500\n"
		   "$ sysctl -qw net.ipv4.neigh.eth0.locktime=7\n"
		   "$ sysctl -n net.ipv4.neigh.eth0.locktime "
		   "net.ipv4.neigh.eth1.locktime\n7\n100\n"
		   "$ sysctl net.ipv4.neigh.eth0.gc_thresh1\n"
		   "! sysctl: cannot stat "
		   "/proc/sys/net/ipv4/neigh/eth0/gc_thresh1: No such file or "
		   "directory\n"
		   "[rc 1]\n"
		   "$ sysctl -a | grep -c neigh.default\n18\n"
		   "$ sysctl -a | grep -c neigh.eth1\n14\n"
		   "$ show running-config | grep neigh.eth\n"
		   "sysctl -w net.ipv4.neigh.eth0.locktime=7\n");
	neigh_param_get(&b->net->port[0].dev, &param);
	assert_int_equal(param.locktime_ms, 70);
	assert_int_equal(param.retrans_time_ms, 500);
}

/* ---- /proc -------------------------------------------------------------- */

static void
test_proc(void **state)
{
	golden_run(
		*state,
		"$ cat /proc/net/dev\n"
		"Inter-|   Receive                                             "
		"   |  Transmit\n"
		" face |bytes    packets errs drop fifo frame compressed "
		"multicast|bytes    packets errs drop fifo colls carrier "
		"compressed\n"
		"    lo:       0       0    0    0    0     0          0       "
		"  0        0       0    0    0    0     0       0          0\n"
		"  eth0:       0       0    0    0    0     0          0       "
		"  0       42       1    0    0    0     0       0          0\n"
		"  eth1:       0       0    0    0    0     0          0       "
		"  0        0       0    0    0    0     0       0          0\n"
		"$ cat /proc/net/route\n"
		"Iface\tDestination\tGateway "
		"\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT       "
		"                                                \n"
		"eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0    "
		"                                                              "
		"             \n"
		"$ cat /proc/version /proc/cmdline\n"
		"Fairlead version v0-test\n"
		"app=router\n"
		"$ cat /proc/net/foo\n"
		"! cat: /proc/net/foo: No such file or directory\n"
		"[rc 1]\n"
		"$ cat /proc/net\n"
		"! cat: /proc/net: Is a directory\n"
		"[rc 1]\n"
		"$ cat /proc/net/foo /proc/version\n"
		"Fairlead version v0-test\n"
		"! cat: /proc/net/foo: No such file or directory\n"
		"[rc 1]\n"
		"$ cat /proc/net/sockstat\n"
		"sockets: used 0\n"
		"TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n"
		"UDP: inuse 0 mem 0\n"
		"UDPLITE: inuse 0\n"
		"RAW: inuse 0\n"
		"FRAG: inuse 0 memory 0\n");
}

static void
test_softnet_and_snmp(void **state)
{
	struct testbox *b = *state;

	testbox_run(b, "cat /proc/net/softnet_stat");
	assert_int_equal(strlen(b->out.text), 13 * 9);
	testbox_run(b, "ping -c 2 -i 0.2 127.0.0.1");
	golden_run(b, "$ cat /proc/net/snmp | grep IcmpMsg:\n"
		      "IcmpMsg: InType0 InType8 OutType0 OutType8\n"
		      "IcmpMsg: 2 2 2 2\n"
		      "$ cat /proc/net/snmp | grep -c Ip:\n"
		      "2\n"
		      "$ netstat -s | grep echo\n"
		      "        echo requests: 2\n"
		      "        echo replies: 2\n"
		      "        echo requests: 2\n"
		      "        echo replies: 2\n");
}

/* ---- ping --------------------------------------------------------------- */

static void
test_ping(void **state)
{
	golden_run(
		*state,
		"$ ping -c 2 -i 0.2 127.0.0.1\n"
		"PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
		"64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.000 ms\n"
		"64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.000 ms\n"
		"\n"
		"--- 127.0.0.1 ping statistics ---\n"
		"2 packets transmitted, 2 received, 0% packet loss, time "
		"200ms\n"
		"rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n"
		"$ ping -c 1 -q 127.0.0.1\n"
		"PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
		"\n"
		"--- 127.0.0.1 ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n"
		"$ ping -c1 -s8 10.0.0.1\n"
		"PING 10.0.0.1 (10.0.0.1) 8(36) bytes of data.\n"
		"16 bytes from 10.0.0.1: icmp_seq=1 ttl=64\n"
		"\n"
		"--- 10.0.0.1 ping statistics ---\n"
		"1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
		"\n"
		"$ ping -c 1 -W 1 10.0.0.9\n"
		"PING 10.0.0.9 (10.0.0.9) 56(84) bytes of data.\n"
		"\n"
		"--- 10.0.0.9 ping statistics ---\n"
		"1 packets transmitted, 0 received, 100% packet loss, time "
		"0ms\n"
		"\n"
		"[rc 1]\n"
		"$ ping -c 1 10.0.0.10\n"
		"PING 10.0.0.10 (10.0.0.10) 56(84) bytes of data.\n"
		"From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
		"\n"
		"--- 10.0.0.10 ping statistics ---\n"
		"1 packets transmitted, 0 received, +1 errors, 100% packet "
		"loss, time 0ms\n"
		"\n"
		"[rc 1]\n"
		"$ ping -c 1 8.8.8.8\n"
		"! ping: connect: Network is unreachable\n"
		"[rc 2]\n"
		"$ ping -c 1 -s 2000 -M do 10.0.0.9\n"
		"PING 10.0.0.9 (10.0.0.9) 2000(2028) bytes of data.\n"
		"\n"
		"--- 10.0.0.9 ping statistics ---\n"
		"1 packets transmitted, 0 received, +1 errors, 100% packet "
		"loss, time 0ms\n"
		"\n"
		"! ping: local error: message too long, mtu=1500\n"
		"[rc 1]\n"
		"$ ping -I eth0 -c 1 -W 1 10.0.0.8 | head -1\n"
		"PING 10.0.0.8 (10.0.0.8) from 10.0.0.1 eth0: 56(84) bytes of "
		"data.\n"
		"$ ping -I 10.0.0.77 10.0.0.8\n"
		"! ping: bind: Cannot assign requested address\n"
		"[rc 2]\n"
		"$ ping -I eth9 10.0.0.8\n"
		"! ping: SO_BINDTODEVICE eth9: No such device\n"
		"[rc 2]\n"
		"$ ping\n"
		"! ping: usage error: Destination address required\n"
		"[rc 1]\n"
		"$ ping -c 0 127.0.0.1\n"
		"! ping: invalid argument: '0': out of range: 1 <= value <= "
		"9223372036854775807\n"
		"[rc 1]\n"
		"$ ping -c x 127.0.0.1\n"
		"! ping: invalid argument: 'x'\n"
		"[rc 1]\n"
		"$ ping -t 256 127.0.0.1\n"
		"! ping: invalid argument: '256': out of range: 0 <= value <= "
		"255\n"
		"[rc 1]\n"
		"$ ping -M foo 127.0.0.1\n"
		"! ping: invalid -M argument: foo\n"
		"[rc 2]\n"
		"$ ping 10.0.0.255\n"
		"! ping: Do you want to ping broadcast? Then -b. If not, check "
		"your local firewall rules\n"
		"[rc 2]\n"
		"$ ip route add blackhole 20.1.0.0/16\n"
		"$ ip route add unreachable 20.2.0.0/16\n"
		"$ ip route add prohibit 20.3.0.0/16\n"
		"$ ping -c 1 20.1.0.1\n"
		"! ping: connect: Invalid argument\n"
		"[rc 2]\n"
		"$ ping -c 1 20.2.0.1\n"
		"! ping: connect: No route to host\n"
		"[rc 2]\n"
		"$ ping -c 1 20.3.0.1\n"
		"! ping: Do you want to ping broadcast? Then -b. If not, check "
		"your local firewall rules\n"
		"[rc 2]\n");
}

static void
test_ping_options(void **state)
{
	struct testbox *b = *state;

	assert_int_equal(testbox_run(b, "ping -z 127.0.0.1"), 2);
	assert_non_null(strstr(b->err.text, "ping: invalid option -- 'z'\n"
					    "Usage: ping "));
	assert_int_equal(testbox_run(b, "ping -c"), 2);
	assert_non_null(strstr(b->err.text,
			       "ping: option requires an argument -- 'c'\n"));
	/* Loss in six digits, as printf's %g. */
	assert_int_equal(testbox_run(b, "ping -w 2 -i 0.5 10.0.0.9"), 1);
	assert_non_null(strstr(b->out.text, "100% packet loss"));
}

/* covers: R1812-179 */
static void
test_traceroute(void **state)
{
	golden_run(*state, "$ traceroute -n 127.0.0.1\n"
			   "traceroute to 127.0.0.1 (127.0.0.1), 30 hops max, "
			   "60 byte packets\n"
			   " 1  127.0.0.1  0.000 ms  0.000 ms  0.000 ms\n"
			   "$ traceroute -n -q 1 -m 2 -w 1 10.0.0.9\n"
			   "traceroute to 10.0.0.9 (10.0.0.9), 2 hops max, 60 "
			   "byte packets\n"
			   " 1  *\n"
			   " 2  *\n"
			   "$ traceroute 8.8.8.8\n"
			   "traceroute to 8.8.8.8 (8.8.8.8), 30 hops max, 60 "
			   "byte packets\n"
			   "! connect: Network is unreachable\n"
			   "[rc 1]\n");
}

/* ---- netstat ------------------------------------------------------------ */

static void
test_netstat(void **state)
{
	golden_run(*state, "$ netstat -i\n"
			   "Kernel Interface table\n"
			   "Iface             MTU    RX-OK RX-ERR RX-DRP "
			   "RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
			   "eth0             1500        0      0      0 0     "
			   "        1      0      0      0 BMRU\n"
			   "lo              65536        0      0      0 0     "
			   "        0      0      0      0 LRU\n"
			   "$ ip route add default via 10.0.0.2\n"
			   "$ netstat -rn\n"
			   "Kernel IP routing table\n"
			   "Destination     Gateway         Genmask         "
			   "Flags   MSS Window  irtt Iface\n"
			   "0.0.0.0         10.0.0.2        0.0.0.0         UG "
			   "       0 0          0 eth0\n"
			   "10.0.0.0        0.0.0.0         255.255.255.0   U  "
			   "       0 0          0 eth0\n");
}

/* ---- show --------------------------------------------------------------- */

static void
test_the_law(void **state)
{
	struct testbox *b = *state;
	uint8_t frame[60] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56, 2,
			      0,    0,	  0, 0,	   9,	 0x88, 0xb5 };

	testnet_inject(b->net, 0, frame, sizeof(frame));
	golden_run(b, "$ show stats\n"
		      "port                 received         sent    delivered "
		      "    replaced      dropped         held\n"
		      "lo                          0            0            0 "
		      "           0            0            0\n"
		      "eth0                        1            0            0 "
		      "           0            1            0\n"
		      "eth1                        0            0            0 "
		      "           0            0            0\n"
		      "(created here)              1            1            0 "
		      "           0            0            0\n"
		      "sum                         2            1            0 "
		      "           0            1            0\n"
		      "received + created 2 = sent + delivered + replaced + "
		      "dropped 2 + held 0: law holds\n"
		      "buffers: 2496, free 2496 (at least 2495), with devices "
		      "0, refused 0\n"
		      "$ show drops\n"
		      "           1  ETH_PROTO                 no handler for "
		      "this EtherType [RFC1122 2.3.3]\n"
		      "           1  packets dropped in all\n");
	testnet_advance(b->net, 2 * S_NS);
	testbox_run(b, "show drops -v ETH_PROTO");
	assert_non_null(strstr(b->out.text, "      last: 2.000 s ago, "));
	assert_non_null(strstr(b->out.text, " bytes, from eth0\n"
					    "        0000  "));
	/* One packet more than there was: the law says so. */
	b->net->net.core[0].account.port[2].born++;
	assert_int_equal(testbox_run(b, "show stats"), 1);
	assert_non_null(
		strstr(b->out.text, "LAW BROKEN, 1 packets are missing\n"));
	b->net->net.core[0].account.port[2].born--;
	testbox_run(b, "show drops -a | count");
	assert_int_equal(atoi(b->out.text), DROP_COUNT);
	/* By its first letters, too. */
	testbox_run(b, "show dr -a | count");
	assert_int_equal(atoi(b->out.text), DROP_COUNT);
	assert_int_equal(testbox_run(b, "show run | grep hostname"), 0);
	assert_int_equal(testbox_run(b, "show x"), 1);
}

/* What is taken and given back shows; what was refused, too. */
static void
test_the_pools(void **state)
{
	struct testbox *b = *state;
	struct pool *pool = &b->net->net.frag.pool;
	void *taken = pool_get(pool);
	char line[80];

	pool->fail_after = 1;
	assert_null(pool_get(pool));
	snprintf(line, sizeof(line),
		 "reassembly     %6u          1          1 ", pool->object_len);
	assert_int_equal(testbox_run(b, "show pools"), 0);
	assert_non_null(strstr(b->out.text, line));
	snprintf(line, sizeof(line), " %10u            1\n", pool->total_count);
	assert_non_null(strstr(b->out.text, line));
	assert_non_null(strstr(b->out.text, "\npackets: 0 lent to devices, 0 "
					    "with TCP, 0 waiting for "
					    "neighbours, 0 bytes in "
					    "reassembly\n"));
	pool_put(pool, taken);
	testbox_run(b, "show pools | include reassembly");
	snprintf(line, sizeof(line),
		 "reassembly     %6u          0          1 ", pool->object_len);
	assert_non_null(strstr(b->out.text, line));
}

/* ---- the rest ----------------------------------------------------------- */

static void
test_system(void **state)
{
	struct testbox *b = *state;

	golden_run(b, "$ hostname\n"
		      "fairlead\n"
		      "$ hostname a_b\n"
		      "! hostname: the specified hostname is invalid\n"
		      "[rc 1]\n"
		      "$ hostname r-1.example\n"
		      "$ hostname\n"
		      "r-1.example\n"
		      "$ date\n"
		      "Sat Nov 21 02:00:10 UTC 2026\n"
		      "$ dmesg\n"
		      "[    1.500000] a line of the log\n"
		      "$ lspci -nn\n"
		      "00:02.0 Ethernet controller [0200]: 82574L\n"
		      "$ cat /proc/interrupts\n"
		      "           CPU0       \n"
		      "  4:          7   IO-APIC   4-edge      ttyS0\n"
		      "$ service\n"
		      "echo             off  answers on UDP 7, 9 and 19\n"
		      "$ service echo on\n"
		      "$ show services\n"
		      "echo             on   answers on UDP 7, 9 and 19\n"
		      "$ service echo maybe\n"
		      "! service: on or off is expected, not \"maybe\"\n"
		      "[rc 1]\n"
		      "$ service nfs on\n"
		      "! service: there is no service \"nfs\"\n"
		      "[rc 1]\n"
		      "$ poweroff\n"
		      "! poweroff: not supported on this machine\n"
		      "[rc 1]\n"

		      "$ version\n"
		      "Fairlead v0-test, application router\n"
		      "Booted by test: app=router\n"
		      "1 core, Testing CPU under TCGTCGTCGTCG, clock virtual "
		      "at 1000 MHz\n");
}

static void
test_memory_and_time(void **state)
{
	struct testbox *b = *state;

	testbox_run(b, "free");
	assert_non_null(strstr(b->out.text,
			       "               total        used        free   "
			       "   shared  buff/cache   available\n"
			       "Mem:    "));
	testbox_run(b, "free -h");
	assert_non_null(strstr(b->out.text, "Mi"));
	testnet_advance(b->net, 3700 * S_NS);
	testbox_run(b, "uptime");
	assert_string_equal(b->out.text, " 03:01:50 up  1:01\n");
	testbox_run(b, "cat /proc/uptime");
	assert_string_equal(b->out.text, "3710.00 0.00\n");
}

/* Typed alone, each command answers and ends. */
static void
test_every_command_alone(void **state)
{
	struct testbox *b = *state;

	for (const struct command *c = b->shell.world->commands; c->name; c++) {
		if (strcmp(c->name, "tcpdump") == 0)
			continue; /* goes on until Ctrl-C */
		testbox_run(b, c->name);
		assert_false(shell_busy(&b->shell));
		if (b->shell.status != 0)
			assert_true(b->err.len > 0 ||
				    strcmp(c->name, "false") == 0);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ethtool),
		T(test_sysctl),
		T(test_sysctl_defaults),
		T(test_sysctl_tcp),
		T(test_sysctl_effects),
		T(test_sysctl_neigh),
		T(test_proc),
		T(test_softnet_and_snmp),
		T(test_ping),
		T(test_ping_options),
		T(test_traceroute),
		T(test_netstat),
		T(test_the_law),
		T(test_the_pools),
		T(test_system),
		T(test_memory_and_time),
		T(test_every_command_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
