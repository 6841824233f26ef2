/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routes as Linux has them: what is typed here was typed at Linux 6.1 and 6.18
 * (iproute2 6.1, two veth ports), and what is expected is what they said, but
 * for one thing: the rules' order is kept, local before main, where Linux
 * without policy rules lets a longer prefix of main win over a shorter one of
 * local.
 */

#include "tests/host/test.h"

#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

/* eth0 10.0.0.1/24, eth1 10.0.1.1/24, no broadcast given. */
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

/* ---- order -------------------------------------------------------------- */

static void
shows_addresses_ascending_and_longer_prefixes_first(void **state)
{
	static const char *const prefixes[] = {
		"10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24",
		"9.0.0.0/8",  "0.0.0.0/0",   "0.0.0.0/1",
	};
	struct testnet *t = two_ports();
	char line[128];

	for (unsigned int i = 0; i < array_len(prefixes); i++) {
		static const char *const rest[] = {
			"via 10.0.0.3 metric 5",
			"via 10.0.0.5 tos 0x08",
			"via 10.0.0.4 tos 0x10",
		};

		for (unsigned int j = 0; j < array_len(rest); j++) {
			snprintf(line, sizeof(line), "route add %s %s",
				 prefixes[i], rest[j]);
			ip_do(&t->net, line);
		}
	}
	ip_expect(&t->net, "route show",
		  "0.0.0.0/1 tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "0.0.0.0/1 tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "0.0.0.0/1 via 10.0.0.3 dev eth0 metric 5 \n"
		  "default tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "default tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "default via 10.0.0.3 dev eth0 metric 5 \n"
		  "9.0.0.0/8 tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "9.0.0.0/8 tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "9.0.0.0/8 via 10.0.0.3 dev eth0 metric 5 \n"
		  "10.0.0.0/24 tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "10.0.0.0/24 tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.0.0/24 via 10.0.0.3 dev eth0 metric 5 \n"
		  "10.0.0.0/16 tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "10.0.0.0/16 tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "10.0.0.0/16 via 10.0.0.3 dev eth0 metric 5 \n"
		  "10.0.0.0/8 tos 0x10 via 10.0.0.4 dev eth0 \n"
		  "10.0.0.0/8 tos 0x08 via 10.0.0.5 dev eth0 \n"
		  "10.0.0.0/8 via 10.0.0.3 dev eth0 metric 5 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link "
		  "src 10.0.1.1 \n");
	testnet_free(t);
}

static void
shows_tables_by_their_last_byte_newest_first(void **state)
{
	static const uint32_t ids[] = { 100, 300, 44, 256, 1, 1000, 511 };
	struct testnet *t = two_ports();
	char line[128];

	for (unsigned int i = 0; i < array_len(ids); i++) {
		snprintf(line, sizeof(line),
			 "route add 20.0.0.0/8 via 10.0.0.2 table %u", ids[i]);
		ip_do(&t->net, line);
	}
	ip_expect(&t->net, "route show table all",
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 256 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 1 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 44 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 300 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 100 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 1000 \n"
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 table 511 \n"
		  "local 10.0.0.1 dev eth0 table local proto kernel scope host "
		  "src 10.0.0.1 \n"
		  "broadcast 10.0.0.255 dev eth0 table local proto kernel "
		  "scope link src 10.0.0.1 \n"
		  "local 10.0.1.1 dev eth1 table local proto kernel scope host "
		  "src 10.0.1.1 \n"
		  "broadcast 10.0.1.255 dev eth1 table local proto kernel "
		  "scope link src 10.0.1.1 \n"
		  "local 127.0.0.0/8 dev lo table local proto kernel scope "
		  "host src 127.0.0.1 \n"
		  "local 127.0.0.1 dev lo table local proto kernel scope host "
		  "src 127.0.0.1 \n"
		  "broadcast 127.255.255.255 dev lo table local proto kernel "
		  "scope link src 127.0.0.1 \n");
	testnet_free(t);
}

/* ---- add, replace, change, append, prepend, del ------------------------- */

#define EXISTS	   "RTNETLINK answers: File exists\n"
#define NO_PROCESS "RTNETLINK answers: No such process\n"
#define NO_FILE	   "RTNETLINK answers: No such file or directory\n"

/* covers: R1812-164, R1812-165 */
static void
add_replace_change_append_prepend(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 20.0.0.0/8 via 10.0.0.2");
	ip_expect(net, "route add 20.0.0.0/8 via 10.0.0.2", EXISTS);
	ip_expect(net, "route add 20.0.0.0/8 via 10.0.0.3", EXISTS);
	ip_expect(net, "route append 20.0.0.0/8 via 10.0.0.2", EXISTS);
	ip_do(net, "route append 20.0.0.0/8 via 10.0.0.3");
	ip_do(net, "route prepend 20.0.0.0/8 via 10.0.0.4");
	ip_do(net, "route append 20.0.0.0/8 via 10.0.0.5");
	ip_expect(net, "route prepend 20.0.0.0/8 via 10.0.0.3", EXISTS);
	ip_do(net, "route change 20.0.0.0/8 via 10.0.0.9");
	ip_do(net, "route change 20.0.0.0/8 via 10.0.0.9");
	ip_expect(net, "route replace 20.0.0.0/8 via 10.0.0.5", EXISTS);
	ip_expect(net, "route change 20.0.0.0/8 via 10.0.0.9 metric 4",
		  NO_FILE);
	ip_do(net, "route replace 20.0.0.0/8 via 10.0.0.9 metric 4");
	ip_expect(net, "route change 21.0.0.0/8 via 10.0.0.9", NO_FILE);
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "20.0.0.0/8 via 10.0.0.9 dev eth0 \n"
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 \n"
		  "20.0.0.0/8 via 10.0.0.3 dev eth0 \n"
		  "20.0.0.0/8 via 10.0.0.5 dev eth0 \n"
		  "20.0.0.0/8 via 10.0.0.9 dev eth0 metric 4 \n");
	ip_do(net, "route del 20.0.0.0/8 via 10.0.0.3");
	ip_do(net, "route del 20.0.0.0/8 metric 4");
	ip_expect(net, "route del 20.0.0.0/8 via 10.0.0.77", NO_PROCESS);
	ip_expect(net, "route del 20.0.0.0/8 dev eth1", NO_PROCESS);
	ip_do(net, "route del 20.0.0.0/8 dev eth0");
	ip_expect(net, "route get 20.1.2.3",
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 \n");
	ip_do(net, "route del 20.0.0.0/8");
	ip_expect(net, "route get 20.1.2.3",
		  "20.0.0.0/8 via 10.0.0.5 dev eth0 \n");
	ip_do(net, "route del 20.0.0.0/8");
	ip_expect(net, "route del 20.0.0.0/8", NO_PROCESS);
	ip_expect(net, "route del 20.0.0.0/9", NO_PROCESS);
	ip_expect(net, "route del 20.0.0.1/8",
		  "Error: Invalid prefix for given prefix length.\n");
	testnet_free(t);
}

static void
replacing_takes_the_first_of_the_metric(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 20.0.0.0/8 via 10.0.0.2");
	ip_do(net, "route append 20.0.0.0/8 via 10.0.0.3");
	ip_do(net, "route add 20.0.0.0/8 via 10.0.0.4 metric 2");
	ip_do(net, "route replace 20.0.0.0/8 via 10.0.1.7");
	ip_expect(net, "route get 20.9.9.9",
		  "20.0.0.0/8 via 10.0.1.7 dev eth1 \n");
	ip_do(net, "route replace 20.0.0.0/8 via 10.0.1.8 metric 2");
	ip_expect(net, "route get 20.9.9.9",
		  "20.0.0.0/8 via 10.0.1.7 dev eth1 \n");
	testnet_free(t);
}

/* `ip route test`: what adding would say, and nothing changes. */
static void
testing_changes_nothing(void **state)
{
	struct testnet *t = two_ports();
	const struct route *there =
		fib_exact(&t->net, TABLE_MAIN, TESTNET_HOST(0) & ~255u, 24);
	struct {
		struct route route;
		struct nexthop room;
	} want;
	struct fib_usage before, after;

	memcpy(&want, there, sizeof(want));
	want.route.proto = ROUTE_PROTO_BOOT;
	fib_usage(&t->net, &before);
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_TEST),
			 FIB_EXISTS);
	want.route.dst = 0x14000000;
	assert_int_equal(fib_insert(&t->net, &want.route, FIB_TEST),
			 FIB_NO_ENTRY);
	fib_usage(&t->net, &after);
	assert_int_equal(before.route_count, after.route_count);
	testnet_free(t);
}

static void
delete_compares_what_is_given(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 37.0.0.0/8 dev eth0");
	ip_do(net, "route add blackhole 45.0.0.0/8");
	ip_do(net, "route add prohibit 47.0.0.0/8 metric 3");
	ip_do(net, "route add 50.0.0.0/8 via 10.0.0.2 src 10.0.1.1");
	ip_do(net, "route add 52.0.0.0/8 via 10.0.0.2 mtu 100000 "
		   "advmss 100000");
	ip_expect(net, "route get 52.1.1.1",
		  "52.0.0.0/8 via 10.0.0.2 dev eth0 mtu 65520 advmss 65495 \n");
	ip_expect(net, "route del unicast 45.0.0.0/8", NO_PROCESS);
	ip_do(net, "route del 45.0.0.0/8");
	ip_expect(net, "route del 50.0.0.0/8 src 10.0.0.1", NO_PROCESS);
	ip_expect(net, "route del 50.0.0.0/8 proto static", NO_PROCESS);
	ip_do(net, "route del 50.0.0.0/8 src 10.0.1.1 proto boot");
	ip_expect(net, "route del 47.0.0.0/8 metric 4", NO_PROCESS);
	ip_do(net, "route del 47.0.0.0/8");
	ip_expect(net, "route del 37.0.0.0/8 scope global", NO_PROCESS);
	ip_do(net, "route del 37.0.0.0/8 scope link");
	ip_expect(net, "route del 52.0.0.0/8 mtu 1000", NO_PROCESS);
	ip_do(net, "route del 52.0.0.0/8");
	ip_do(net, "route add 36.0.0.0/8 via 10.0.0.2 metric 5");
	ip_do(net, "route add 36.0.0.0/8 via 10.0.0.3 metric 3");
	ip_do(net, "route add 36.0.0.0/8 via 10.0.0.4 tos 8 metric 9");
	/* Without a TOS those without one are meant, best metric first. */
	ip_do(net, "route del 36.0.0.0/8");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "36.0.0.0/8 tos 0x08 via 10.0.0.4 dev eth0 metric 9 \n"
		  "36.0.0.0/8 via 10.0.0.2 dev eth0 metric 5 \n");
	testnet_free(t);
}

static void
multipath_is_deleted_by_its_first_or_by_all_next_hops(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 35.0.0.0/8 nexthop via 10.0.1.2 "
		   "nexthop via 10.0.0.2 weight 256");
	ip_expect(net,
		  "route append 35.0.0.0/8 nexthop via 10.0.1.2 "
		  "nexthop via 10.0.0.2 weight 256",
		  EXISTS);
	ip_do(net, "route append 35.0.0.0/8 nexthop via 10.0.0.2 "
		   "nexthop via 10.0.1.2");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "35.0.0.0/8 \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 1 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 256 \n"
		  "35.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 1 \n");
	ip_do(net, "route del 35.0.0.0/8 nexthop via 10.0.0.2 "
		   "nexthop via 10.0.1.2 weight 9");
	ip_expect(net, "route del 35.0.0.0/8 nexthop dev eth0 nexthop dev eth1",
		  NO_PROCESS);
	ip_do(net, "route del 35.0.0.0/8 via 10.0.1.2");
	ip_expect(net, "route del 35.0.0.0/8", NO_PROCESS);
	testnet_free(t);
}

/* ---- what is accepted --------------------------------------------------- */

#define BAD_GATEWAY "Error: Nexthop has invalid gateway.\n"
#define BAD_SCOPE   "Error: Invalid scope.\n"
#define BAD_SOURCE  "Error: Invalid prefsrc address.\n"
#define BAD_TOS	    "Error: Invalid dsfield (tos): ECN bits must be 0.\n"
#define NO_DEVICE   "RTNETLINK answers: No such device\n"
#define NO_NEXTHOP                                                             \
	"Error: Gateway, device and multipath can not be specified for "       \
	"this route type.\n"

struct attempt {
	const char *line, *answer;
};

static void
try_all(struct net *net, const struct attempt *attempt, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ip_expect(net, attempt[i].line, attempt[i].answer);
}

static void
gateways_are_found_by_a_route_of_narrower_scope(void **state)
{
	static const struct attempt attempts[] = {
		/* Our own address is accepted. */
		{ "route add 30.0.0.0/8 via 10.0.0.1", "" },
		{ "route add 31.0.0.0/8 via 10.0.0.255", BAD_GATEWAY },
		{ "route add 31.0.0.0/8 via 99.0.0.1", BAD_GATEWAY },
		{ "route add 31.0.0.0/8 via 99.0.0.1 dev eth0", BAD_GATEWAY },
		{ "route add 31.0.0.0/8 via 10.0.0.2 dev eth1", BAD_GATEWAY },
		{ "route add 31.0.0.0/8 via 30.0.0.9", BAD_GATEWAY },
		{ "route add 31.0.0.0/8 via 10.0.0.2 scope link", BAD_GATEWAY },
		{ "route add 36.0.0.0/8 dev eth0 scope global", "" },
		{ "route add 37.0.0.0/8 dev eth0", "" },
		{ "route add 38.0.0.0/8 via 37.0.0.1", "" },
		{ "route add 39.0.0.0/8 via 36.0.0.1", BAD_GATEWAY },
		{ "route add 40.0.0.0/8 via 127.0.0.1", "" },
		{ "route add 41.0.0.0/8 via 224.0.0.1", BAD_GATEWAY },
		{ "route add 41.0.0.0/8 via 0.0.0.0", NO_DEVICE },
		{ "route add 41.0.0.0/8 via 255.255.255.255", BAD_GATEWAY },
		{ "route add blackhole 50.0.0.0/8", "" },
		{ "route add 41.0.0.0/8 via 50.0.0.1", BAD_GATEWAY },
		{ "route add local 60.0.0.1 dev eth0", "" },
		{ "route add 61.0.0.0/8 via 60.0.0.1 dev eth1", BAD_GATEWAY },
		{ "route add 61.0.0.0/8 via 60.0.0.1", "" },
		{ "route add 62.0.0.0/8 nexthop via 10.0.0.2 nexthop "
		  "via 1.1.1.1",
		  BAD_GATEWAY },
		{ "route add 63.0.0.0/8 scope site via 10.0.0.2", "" },
		{ "route add 64.0.0.0/8 via 63.0.0.2", BAD_GATEWAY },
		{ "route add 65.0.0.0/8", NO_DEVICE },
		/* The table itself is asked, then the rules. */
		{ "route add 10.77.0.0/16 dev eth0 table 77", "" },
		{ "route add 34.0.0.0/8 via 10.77.0.1 table 77", "" },
		{ "route add 35.0.0.0/8 via 10.0.0.3 table 77", "" },
		{ "route add 66.0.0.0/8 via 10.77.0.1", BAD_GATEWAY },
	};
	struct testnet *t = two_ports();

	try_all(&t->net, attempts, array_len(attempts));
	testnet_free(t);
}

static void
onlink_believes_the_operator(void **state)
{
	static const struct attempt attempts[] = {
		{ "route add 30.0.0.0/8 via 99.0.0.1 dev eth0 onlink", "" },
		{ "route add 32.0.0.0/8 via 10.0.0.2 dev eth1 onlink", "" },
		{ "route add 33.0.0.0/8 via 10.0.0.2 onlink",
		  "Error: Nexthop device required for onlink.\n" },
		{ "route add 34.0.0.0/8 via 10.0.0.1 dev eth1 onlink",
		  BAD_GATEWAY },
		{ "route add 34.0.0.0/8 via 10.0.0.255 dev eth1 onlink",
		  BAD_GATEWAY },
		{ "route add 34.0.0.0/8 via 224.0.0.1 dev eth1 onlink",
		  BAD_GATEWAY },
		{ "route add 34.0.0.0/8 via 255.255.255.255 dev eth1 onlink",
		  BAD_GATEWAY },
		{ "route add 34.0.0.0/8 via 127.0.0.1 dev eth1 onlink",
		  BAD_GATEWAY },
		{ "route add 34.0.0.0/8 via 9.9.9.9 dev eth1 onlink scope link",
		  "Error: Nexthop has invalid scope.\n" },
		{ "route add 58.0.0.0/8 dev eth0 onlink",
		  "Error: Invalid flags for nexthop - PERVASIVE and ONLINK "
		  "can not be set.\n" },
		{ "link set eth1 down", "" },
		{ "route add 62.0.0.0/8 via 10.0.1.2 dev eth1 onlink",
		  "Error: Nexthop device is not up.\n" },
		{ "route add 62.0.0.0/8 dev eth1",
		  "Error: Device for nexthop is not up.\n" },
		{ "route add 62.0.0.0/8 via 10.0.1.2 dev eth1", BAD_GATEWAY },
		{ "route add 62.0.0.0/8 nexthop dev eth0 nexthop dev eth1",
		  "Error: Device for nexthop is not up.\n" },
		/* What is the box's own needs no interface that is up. */
		{ "route add local 63.0.0.1 dev eth1", "" },
		{ "route add 64.0.0.0/8 via 10.0.0.2 src 10.0.1.1", "" },
		{ "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n"
		  "30.0.0.0/8 via 99.0.0.1 dev eth0 onlink \n"
		  "64.0.0.0/8 via 10.0.0.2 dev eth0 src 10.0.1.1 \n" },
	};
	struct testnet *t = two_ports();

	try_all(&t->net, attempts, array_len(attempts));
	testnet_free(t);
}

static void
types_scopes_and_sources_are_checked(void **state)
{
	static const struct attempt attempts[] = {
		{ "route add 35.0.0.0/8 via 10.0.0.2 scope host",
		  "Error: Route with host scope can not have a gateway.\n" },
		{ "route add 35.0.0.0/8 dev eth0 scope host", "" },
		{ "route add 36.0.0.0/8 dev eth0 scope nowhere", BAD_SCOPE },
		{ "route add local 41.0.0.0/8 dev lo", "" },
		{ "route add local 42.0.0.1 dev eth0 src 42.0.0.1", "" },
		{ "route add local 42.0.0.2 via 10.0.0.2",
		  "Error: Route with host scope can not have a gateway.\n" },
		{ "route add local 42.0.0.2 dev eth0 scope global", BAD_SCOPE },
		{ "route add broadcast 43.0.0.1 dev eth0", "" },
		{ "route add broadcast 43.0.0.2 dev eth0 scope global",
		  BAD_SCOPE },
		{ "route add multicast 224.1.0.0/16 dev eth0", "" },
		{ "route add blackhole 46.0.0.0/8 dev eth0", NO_NEXTHOP },
		{ "route add prohibit 46.0.0.0/8 via 10.0.0.2", NO_NEXTHOP },
		{ "route add unreachable 48.0.0.0/8 src 10.0.0.1", "" },
		{ "route add 57.0.0.0/8 scope host nexthop dev eth0 "
		  "nexthop dev eth1",
		  "Error: Route with host scope can not have multiple "
		  "nexthops.\n" },
		{ "route add 50.0.0.0/8 via 10.0.0.2 src 10.0.1.1", "" },
		{ "route add 51.0.0.0/8 via 10.0.0.2 src 10.0.1.2",
		  BAD_SOURCE },
		{ "route add 51.0.0.0/8 via 10.0.0.2 src 127.0.0.1", "" },
		{ "route add 51.0.0.0/8 via 10.0.0.2 src 42.0.0.1 table 9",
		  "" },
		{ "route add 52.0.0.0/8 via 10.0.0.2 tos 1", BAD_TOS },
		{ "route add 52.0.0.0/8 via 10.0.0.2 tos 0xff", BAD_TOS },
		{ "route add 10.9.0.1/16 via 10.0.0.2",
		  "Error: Invalid prefix for given prefix length.\n" },
	};
	struct testnet *t = two_ports();

	try_all(&t->net, attempts, array_len(attempts));
	testnet_free(t);
}

/* Each of these was another answer here than there, once. */
static void
what_random_lines_found_beside_linux(void **state)
{
	static const struct attempt attempts[] = {
		/* A table exists once a route was asked for in it. */
		{ "route del 20.0.0.0/8 table 100",
		  "Error: FIB table does not exist.\n" },
		{ "route del 20.0.0.0/8 table default",
		  "Error: FIB table does not exist.\n" },
		{ "route change 20.0.0.0/8 dev eth0 table 100", NO_FILE },
		{ "route del 20.0.0.0/8 table 100", NO_PROCESS },
		/* Who refuses needs no source. */
		{ "route add throw 30.0.0.0/8 src 99.0.0.1", "" },
		/* More next hops than the route has do not matter. */
		{ "route add 31.0.0.0/8 via 10.0.0.2", "" },
		{ "route del 31.0.0.0/8 nexthop via 10.0.0.2 "
		  "nexthop via 10.0.0.3",
		  "" },
		/* A refusal in the table is no way to a gateway; the rules may
		 * know one. */
		{ "route add prohibit default table 100 scope link", "" },
		{ "route add 32.0.0.0/8 via 10.0.0.2 table 100", "" },
		/* A throw of wide scope does not send the gateway on. */
		{ "route add 33.0.0.0/8 dev eth1", "" },
		{ "route add throw 33.1.0.0/16", "" },
		{ "route add 33.1.0.0/16 dev eth0 scope host table default",
		  "" },
		{ "route add 34.0.0.0/8 via 33.1.1.1", "" },
		{ "route get 34.0.0.1", "34.0.0.0/8 via 33.1.1.1 dev eth1 \n" },
		/* The way to the gateway is an address of a port that is
		 * down. */
		{ "link set eth1 down", "" },
		{ "route add 35.0.0.0/8 via 10.0.1.1",
		  "RTNETLINK answers: Network is down\n" },
		/* Only table main loses routes with their source. */
		{ "addr add 10.0.0.9/24 dev eth0", "" },
		{ "route add 36.0.0.0/8 via 10.0.0.2 src 10.0.0.9", "" },
		{ "route add 36.0.0.0/8 via 10.0.0.2 src 10.0.0.9 table 100",
		  "" },
		{ "addr del 10.0.0.9/24 dev eth0", "" },
		{ "route del 36.0.0.0/8", NO_PROCESS },
		{ "route del 36.0.0.0/8 table 100", "" },
	};
	struct testnet *t = two_ports();

	try_all(&t->net, attempts, array_len(attempts));
	testnet_free(t);
}

/* ---- which route -------------------------------------------------------- */

static void
local_wins_over_a_longer_prefix_of_main(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 127.0.0.5 via 10.0.1.2");
	ip_expect(net, "route get 127.0.0.5",
		  "local 127.0.0.0/8 dev lo table local proto kernel scope "
		  "host src 127.0.0.1 \n");
	ip_do(net, "route add local 99.0.0.0/8 dev lo");
	ip_do(net, "route add 99.1.1.0/24 via 10.0.1.2");
	ip_expect(net, "route get 99.1.1.1",
		  "local 99.0.0.0/8 dev lo table local scope host \n");
	ip_do(net, "route del local 99.0.0.0/8");
	ip_expect(net, "route get 99.1.1.1",
		  "99.1.1.0/24 via 10.0.1.2 dev eth1 \n");
	testnet_free(t);
}

static void
throw_goes_on_with_the_next_table(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 20.0.0.0/8 via 10.0.1.2");
	ip_do(net, "route add default via 10.0.1.4");
	ip_do(net, "route add throw 20.1.0.0/16");
	ip_expect(net, "route get 20.1.0.1",
		  "RTNETLINK answers: Network is unreachable\n");
	ip_do(net, "route add 20.1.0.0/17 via 10.0.1.3 table default");
	ip_expect(net, "route get 20.1.0.1",
		  "20.1.0.0/17 via 10.0.1.3 dev eth1 table default \n");
	ip_expect(net, "route get 20.1.128.1",
		  "RTNETLINK answers: Network is unreachable\n");
	ip_do(net, "route add default via 10.0.1.9 table default");
	ip_expect(net, "route get 20.1.128.1",
		  "default via 10.0.1.9 dev eth1 table default \n");
	ip_expect(net, "route get 77.0.0.1",
		  "default via 10.0.1.4 dev eth1 \n");
	ip_do(net, "route del default");
	ip_expect(net, "route get 77.0.0.1",
		  "default via 10.0.1.9 dev eth1 table default \n");
	/* A throw for everything, in a table that nobody asks after it. */
	ip_do(net, "route add throw default");
	ip_expect(net, "route get 77.0.0.1",
		  "default via 10.0.1.9 dev eth1 table default \n");
	ip_do(net, "route del throw 20.1.0.0/16");
	ip_expect(net, "route get 20.1.0.1",
		  "20.0.0.0/8 via 10.0.1.2 dev eth1 \n");
	testnet_free(t);
}

/* covers: R1812-128 */
static void
tos_is_matched_before_the_metric(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 20.0.0.0/8 via 10.0.1.2");
	ip_do(net, "route add 20.2.0.0/16 via 10.0.1.5 tos 0x10");
	ip_do(net, "route add 20.2.0.0/16 via 10.0.1.6");
	ip_do(net, "route add 20.3.0.0/16 via 10.0.1.5 tos 0x10");
	ip_expect(net, "route get 20.2.0.1",
		  "20.2.0.0/16 via 10.0.1.6 dev eth1 \n");
	ip_expect(net, "route get 20.2.0.1 tos 0x10",
		  "20.2.0.0/16 tos 0x10 via 10.0.1.5 dev eth1 \n");
	ip_expect(net, "route get 20.2.0.1 tos 0x08",
		  "20.2.0.0/16 via 10.0.1.6 dev eth1 \n");
	/* Nothing for this TOS: the shorter prefix is asked. */
	ip_expect(net, "route get 20.3.0.1",
		  "20.0.0.0/8 via 10.0.1.2 dev eth1 \n");
	ip_expect(net, "route get 20.3.0.1 tos 0x13",
		  "20.3.0.0/16 tos 0x10 via 10.0.1.5 dev eth1 \n");
	testnet_free(t);
}

static void
an_interface_to_leave_by_looks_further(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_do(net, "route add 20.0.0.0/8 via 10.0.0.2");
	ip_do(net, "route add 20.1.0.0/16 via 10.0.1.2");
	ip_do(net, "route add 20.1.0.0/16 via 10.0.0.3 metric 7");
	ip_do(net, "route add 20.2.0.0/16 via 10.0.1.2");
	ip_expect(net, "route get 20.1.0.1 oif eth0",
		  "20.1.0.0/16 via 10.0.0.3 dev eth0 metric 7 \n");
	ip_expect(net, "route get 20.2.0.1 oif eth0",
		  "20.0.0.0/8 via 10.0.0.2 dev eth0 \n");
	ip_expect(net, "route get 20.2.0.1 oif lo",
		  "RTNETLINK answers: Network is unreachable\n");
	testnet_free(t);
}

static void
the_default_route_changes_for_all_at_once(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	ip_expect(net, "route get 8.8.8.8",
		  "RTNETLINK answers: Network is unreachable\n");
	ip_do(net, "route add default via 10.0.0.2");
	ip_do(net, "route add 8.8.0.0/16 via 10.0.1.2");
	ip_expect(net, "route get 8.7.8.8", "default via 10.0.0.2 dev eth0 \n");
	ip_do(net, "route replace default via 10.0.1.3");
	ip_expect(net, "route get 8.7.8.8", "default via 10.0.1.3 dev eth1 \n");
	ip_do(net, "route replace blackhole default");
	ip_expect(net, "route get 8.7.8.8",
		  "RTNETLINK answers: Invalid argument\n");
	/* In table local it comes before all of main. */
	ip_do(net, "route add local default dev lo");
	ip_expect(net, "route get 8.8.8.8",
		  "local default dev lo table local scope host \n");
	ip_do(net, "route del local default table local");
	ip_expect(net, "route get 8.8.8.8",
		  "8.8.0.0/16 via 10.0.1.2 dev eth1 \n");
	testnet_free(t);
}

/* ---- interfaces and addresses ------------------------------------------- */

static void
with_some_routes(struct net *net)
{
	static const char *const lines[] = {
		"addr add 10.0.0.9/24 dev eth0",
		"route add default via 10.0.0.2",
		"route add default via 10.0.1.2 metric 9",
		"route add 50.0.0.0/8 via 10.0.0.2 src 10.0.1.1",
		"route add 51.0.0.0/8 via 10.0.1.2 src 10.0.0.1",
		"route add 52.0.0.0/8 nexthop via 10.0.0.2 "
		"nexthop via 10.0.1.2 weight 3",
		"route add 53.0.0.0/8 nexthop via 10.0.0.2 "
		"nexthop via 10.0.0.3 weight 3",
		"route add 54.0.0.0/8 dev eth0 scope host",
		"route add blackhole 55.0.0.0/8",
		"route add local 56.0.0.0/8 dev eth0",
		"route add local 57.0.0.0/8 dev lo",
		"route add broadcast 58.0.0.1 dev eth0",
		"route add 59.0.0.0/8 via 10.0.0.2 dev eth1 onlink",
	};

	for (unsigned int i = 0; i < array_len(lines); i++)
		ip_do(net, lines[i]);
}

/* covers: R1812-012, R1812-151, R1812-154 */
static void
a_lost_carrier_only_marks_routes(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	with_some_routes(net);
	ip_do(net, "link set eth0 carrier off");
	ip_expect(net, "route show",
		  "default via 10.0.0.2 dev eth0 linkdown \n"
		  "default via 10.0.1.2 dev eth1 metric 9 \n"
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 "
		  "linkdown \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "50.0.0.0/8 via 10.0.0.2 dev eth0 src 10.0.1.1 linkdown \n"
		  "51.0.0.0/8 via 10.0.1.2 dev eth1 src 10.0.0.1 \n"
		  "52.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 linkdown \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		  "53.0.0.0/8 linkdown \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 linkdown \n"
		  "\tnexthop via 10.0.0.3 dev eth0 weight 3 linkdown \n"
		  "54.0.0.0/8 dev eth0 scope host \n"
		  "blackhole 55.0.0.0/8 \n"
		  "59.0.0.0/8 via 10.0.0.2 dev eth1 onlink \n");
	ip_expect(net, "route get 50.1.1.1",
		  "50.0.0.0/8 via 10.0.0.2 dev eth0 src 10.0.1.1 linkdown \n");
	/* What is added now knows it, too. */
	ip_do(net, "route add 60.0.0.0/8 via 10.0.0.2");
	ip_expect(net, "route get 60.0.0.1",
		  "60.0.0.0/8 via 10.0.0.2 dev eth0 linkdown \n");
	ip_do(net, "link set eth0 carrier on");
	ip_expect(net, "route get 60.0.0.1",
		  "60.0.0.0/8 via 10.0.0.2 dev eth0 \n");
	ip_expect(net, "route get 53.0.0.1",
		  "53.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.0.3 dev eth0 weight 3 \n");
	testnet_free(t);
}

#define LOCAL_WHILE_ETH0_IS_DOWN                                               \
	"local 10.0.0.1 dev eth0 proto kernel scope host src 10.0.0.1 \n"      \
	"local 10.0.0.9 dev eth0 proto kernel scope host src 10.0.0.1 \n"      \
	"local 10.0.1.1 dev eth1 proto kernel scope host src 10.0.1.1 \n"      \
	"broadcast 10.0.1.255 dev eth1 proto kernel scope link "               \
	"src 10.0.1.1 \n"                                                      \
	"local 56.0.0.0/8 dev eth0 scope host \n"                              \
	"local 57.0.0.0/8 dev lo scope host \n"                                \
	"local 127.0.0.0/8 dev lo proto kernel scope host "                    \
	"src 127.0.0.1 \n"                                                     \
	"local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 \n"      \
	"broadcast 127.255.255.255 dev lo proto kernel scope link "            \
	"src 127.0.0.1 \n"

/* covers: R1812-011, R1812-151, R1812-152 */
static void
an_interface_that_goes_down_takes_its_routes(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	with_some_routes(net);
	ip_do(net, "link set eth0 down");
	ip_expect(net, "route show",
		  "default via 10.0.1.2 dev eth1 metric 9 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "51.0.0.0/8 via 10.0.1.2 dev eth1 src 10.0.0.1 \n"
		  "52.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 dead linkdown \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		  "54.0.0.0/8 dev eth0 scope host \n"
		  "blackhole 55.0.0.0/8 \n"
		  "59.0.0.0/8 via 10.0.0.2 dev eth1 onlink \n");
	ip_expect(net, "route show table local", LOCAL_WHILE_ETH0_IS_DOWN);
	ip_expect(net, "route get 50.1.1.1",
		  "default via 10.0.1.2 dev eth1 metric 9 \n");
	ip_do(net, "addr add 10.0.2.1/24 dev eth0");
	ip_do(net, "addr del 10.0.0.9/24 dev eth0");
	ip_do(net, "link set eth0 up");
	ip_expect(net, "route show",
		  "default via 10.0.1.2 dev eth1 metric 9 \n"
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "10.0.2.0/24 dev eth0 proto kernel scope link src 10.0.2.1 \n"
		  "51.0.0.0/8 via 10.0.1.2 dev eth1 src 10.0.0.1 \n"
		  "52.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		  "54.0.0.0/8 dev eth0 scope host \n"
		  "blackhole 55.0.0.0/8 \n"
		  "59.0.0.0/8 via 10.0.0.2 dev eth1 onlink \n");
	testnet_free(t);
}

static void
an_address_takes_along_what_prefers_it(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	with_some_routes(net);
	ip_do(net, "addr add 10.0.2.1/24 dev eth0");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	/* 50 stays: its source is 10.0.1.1. Its gateway is not asked again. */
	ip_expect(net, "route show",
		  "default via 10.0.0.2 dev eth0 \n"
		  "default via 10.0.1.2 dev eth1 metric 9 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "10.0.2.0/24 dev eth0 proto kernel scope link src 10.0.2.1 \n"
		  "50.0.0.0/8 via 10.0.0.2 dev eth0 src 10.0.1.1 \n"
		  "52.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		  "53.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.0.3 dev eth0 weight 3 \n"
		  "54.0.0.0/8 dev eth0 scope host \n"
		  "blackhole 55.0.0.0/8 \n"
		  "59.0.0.0/8 via 10.0.0.2 dev eth1 onlink \n");
	/* The last one: nothing goes through eth0 any more. */
	ip_do(net, "addr del 10.0.2.1/24 dev eth0");
	ip_expect(net, "route show",
		  "default via 10.0.1.2 dev eth1 metric 9 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "52.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 dead linkdown \n"
		  "\tnexthop via 10.0.1.2 dev eth1 weight 3 \n"
		  "blackhole 55.0.0.0/8 \n"
		  "59.0.0.0/8 via 10.0.0.2 dev eth1 onlink \n");
	ip_do(net, "route add 62.0.0.0/8 dev eth0");
	testnet_free(t);
}

static void
an_interface_that_leaves_takes_multipath_routes_too(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;

	with_some_routes(net);
	netdev_unregister(&t->port[1].dev);
	ip_expect(net, "route show",
		  "default via 10.0.0.2 dev eth0 \n"
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "53.0.0.0/8 \n"
		  "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
		  "\tnexthop via 10.0.0.3 dev eth0 weight 3 \n"
		  "54.0.0.0/8 dev eth0 scope host \n"
		  "blackhole 55.0.0.0/8 \n");
	assert_int_equal(netdev_register(net, &t->port[1].dev), OK);
	testnet_free(t);
}

/* ---- several next hops -------------------------------------------------- */

#define FLOWS 20000u

static struct flow
flow_number(uint32_t i)
{
	return (struct flow){
		.src = 0xc0a80000u + i * 7919u,
		.dst = 0x34000000u + i % 97u,
		.proto = 6,
		.sport = (uint16_t)(1024 + i % 5000),
		.dport = 80,
	};
}

static uint32_t
hop_of_flow(struct net *net, uint32_t i)
{
	const struct flow flow = flow_number(i);
	const struct nexthop *hop = route_nexthop(fib_find(net, &flow), &flow);

	return hop ? hop->gateway : 0;
}

static void
count_hops(struct net *net, uint32_t *hop, uint32_t count[256])
{
	memset(count, 0, 256 * sizeof(*count));
	for (uint32_t i = 0; i < FLOWS; i++) {
		hop[i] = hop_of_flow(net, i);
		count[hop[i] & 0xff]++;
	}
}

static void
flows_spread_by_weight_and_stay_where_they_are(void **state)
{
	static uint32_t before[FLOWS], after[FLOWS];
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	uint32_t count[256];

	ip_do(net, "route add 52.0.0.0/8 nexthop via 10.0.0.11 weight 1 "
		   "nexthop via 10.0.1.12 weight 2 "
		   "nexthop via 10.0.0.13 weight 5");
	count_hops(net, before, count);
	/* 32, 64 and 160 of 256 buckets; flows fall into them by chance. */
	assert_in_range(count[11], FLOWS / 8 * 9 / 10, FLOWS / 8 * 11 / 10);
	assert_in_range(count[12], FLOWS / 4 * 9 / 10, FLOWS / 4 * 11 / 10);
	assert_in_range(count[13], FLOWS / 8 * 5 * 9 / 10, FLOWS / 8 * 6);

	/* A port is lost: only its flows move; it returns: they come back. */
	ip_do(net, "link set eth1 carrier off");
	count_hops(net, after, count);
	assert_int_equal(count[12], 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		if ((before[i] & 0xff) != 12)
			assert_int_equal(before[i], after[i]);
	assert_true(count[11] > FLOWS / 8 && count[13] > FLOWS / 8 * 5);
	/* With no live one, one without carrier is better than none. */
	ip_do(net, "link set eth0 carrier off");
	count_hops(net, after, count);
	assert_int_equal(count[0], 0);
	ip_do(net, "link set eth0 carrier on");
	ip_do(net, "link set eth1 carrier on");
	count_hops(net, after, count);
	assert_memory_equal(before, after, sizeof(before));
	testnet_free(t);
}

static void
a_second_loss_moves_only_its_own_flows(void **state)
{
	static uint32_t before[FLOWS], after[FLOWS];
	const struct testnet_config config = { .ports = 4, .bare = true };
	struct testnet *t = testnet_new_with(&config);
	struct net *net = &t->net;
	uint32_t count[256];

	ip_do(net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(net, "addr add 10.0.1.1/24 dev eth1");
	ip_do(net, "addr add 10.0.2.1/24 dev eth2");
	ip_do(net, "addr add 10.0.3.1/24 dev eth3");
	ip_do(net, "route add 52.0.0.0/8 nexthop via 10.0.0.10 nexthop "
		   "via 10.0.1.11 nexthop via 10.0.2.12 "
		   "nexthop via 10.0.3.13");
	ip_do(net, "link set eth1 down");
	count_hops(net, before, count);
	assert_int_equal(count[11] + count[0], 0);
	ip_do(net, "link set eth2 down");
	count_hops(net, after, count);
	assert_int_equal(count[11] + count[12] + count[0], 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		if ((before[i] & 0xff) != 12)
			assert_int_equal(before[i], after[i]);
	ip_do(net, "link set eth2 up");
	count_hops(net, after, count);
	assert_memory_equal(before, after, sizeof(before));
	testnet_free(t);
}

static void
a_route_without_the_lost_next_hop_keeps_most_flows(void **state)
{
	static uint32_t before[FLOWS], after[FLOWS];
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	uint32_t count[256], moved = 0;

	ip_do(net, "route add 52.0.0.0/8 nexthop via 10.0.0.11 "
		   "nexthop via 10.0.1.12 nexthop via 10.0.0.13 "
		   "nexthop via 10.0.1.14");
	count_hops(net, before, count);
	ip_do(net, "route replace 52.0.0.0/8 nexthop via 10.0.0.11 "
		   "nexthop via 10.0.1.14 nexthop via 10.0.0.13");
	count_hops(net, after, count);
	for (uint32_t i = 0; i < FLOWS; i++)
		moved += (before[i] & 0xff) != 12 && before[i] != after[i];
	/* A hash modulo their number would move two thirds. */
	assert_true(moved < FLOWS / 10);
	testnet_free(t);
}

static void
a_bound_flow_takes_the_next_hop_of_its_interface(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	const struct nexthop *hop;
	struct flow flow;

	ip_do(net, "route add 52.0.0.0/8 nexthop via 10.0.0.11 weight 200 "
		   "nexthop via 10.0.1.12");
	for (uint32_t i = 0; i < 100; i++) {
		flow = flow_number(i);
		flow.out = t->port[1].dev.ifindex;
		hop = route_nexthop(fib_find(net, &flow), &flow);
		assert_non_null(hop);
		assert_int_equal(hop->gateway, 0x0a00010c);
	}
	testnet_free(t);
}

static void
the_source_of_a_route_is_its_own_or_the_interfaces(void **state)
{
	const struct flow far = { .dst = 0x32010101 },
			  near = { .dst = 0x33010101 };
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	const struct route *route;

	ip_do(net, "addr add 10.0.7.1/24 dev eth0");
	ip_do(net, "route add 50.0.0.0/8 via 10.0.7.2");
	ip_do(net, "route add 51.0.0.0/8 via 10.0.7.2 src 10.0.1.1");
	route = fib_find(net, &far);
	assert_int_equal(route_source(route, route_nexthop(route, &far)),
			 0x0a000701);
	route = fib_find(net, &near);
	assert_int_equal(route_source(route, route_nexthop(route, &near)),
			 0x0a000101);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			shows_addresses_ascending_and_longer_prefixes_first),
		cmocka_unit_test(shows_tables_by_their_last_byte_newest_first),
		cmocka_unit_test(add_replace_change_append_prepend),
		cmocka_unit_test(replacing_takes_the_first_of_the_metric),
		cmocka_unit_test(testing_changes_nothing),
		cmocka_unit_test(delete_compares_what_is_given),
		cmocka_unit_test(
			multipath_is_deleted_by_its_first_or_by_all_next_hops),
		cmocka_unit_test(
			gateways_are_found_by_a_route_of_narrower_scope),
		cmocka_unit_test(onlink_believes_the_operator),
		cmocka_unit_test(types_scopes_and_sources_are_checked),
		cmocka_unit_test(what_random_lines_found_beside_linux),
		cmocka_unit_test(local_wins_over_a_longer_prefix_of_main),
		cmocka_unit_test(throw_goes_on_with_the_next_table),
		cmocka_unit_test(tos_is_matched_before_the_metric),
		cmocka_unit_test(an_interface_to_leave_by_looks_further),
		cmocka_unit_test(the_default_route_changes_for_all_at_once),
		cmocka_unit_test(a_lost_carrier_only_marks_routes),
		cmocka_unit_test(an_interface_that_goes_down_takes_its_routes),
		cmocka_unit_test(an_address_takes_along_what_prefers_it),
		cmocka_unit_test(
			an_interface_that_leaves_takes_multipath_routes_too),
		cmocka_unit_test(
			flows_spread_by_weight_and_stay_where_they_are),
		cmocka_unit_test(a_second_loss_moves_only_its_own_flows),
		cmocka_unit_test(
			a_route_without_the_lost_next_hop_keeps_most_flows),
		cmocka_unit_test(
			a_bound_flow_takes_the_next_hop_of_its_interface),
		cmocka_unit_test(
			the_source_of_a_route_is_its_own_or_the_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
