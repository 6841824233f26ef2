/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip addr` with lifetimes, metrics and without prefix routes: texts and exit
 * codes of iproute2 6.1 on Linux 6.18.
 */
#include "tests/host/test.h"

#include "tests/unit/apps/commands/golden.h"

static int
setup(void **state)
{
	struct testbox *b = testbox_new(1, true);

	golden_run(b, "$ ip link set eth0 up\n");
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
addresses_come_to_their_end(void **state)
{
	struct testbox *b = *state;

	golden_run(b,
		   "$ ip addr add 10.0.0.1/24 dev eth0 valid_lft 40 "
		   "preferred_lft 20\n"
		   "$ ip addr add 10.0.0.2/24 dev eth0 valid_lft 300 "
		   "preferred_lft 10\n"
		   "$ ip addr show dev eth0 dynamic | tail -4\n"
		   "    inet 10.0.0.1/24 scope global dynamic eth0\n"
		   "       valid_lft 40sec preferred_lft 20sec\n"
		   "    inet 10.0.0.2/24 scope global secondary dynamic eth0\n"
		   "       valid_lft 300sec preferred_lft 10sec\n"
		   "$ ip addr show dev eth0 permanent\n");
	testnet_advance(b->net, 25 * S_NS);
	golden_run(b,
		   "$ ip addr show dev eth0 deprecated | tail -4\n"
		   "    inet 10.0.0.1/24 scope global deprecated dynamic eth0\n"
		   "       valid_lft 15sec preferred_lft 0sec\n"
		   "    inet 10.0.0.2/24 scope global secondary deprecated "
		   "dynamic eth0\n"
		   "       valid_lft 275sec preferred_lft 0sec\n"
		   "$ ip addr change 10.0.0.2/24 dev eth0 valid_lft 60 "
		   "preferred_lft 50\n"
		   "$ ip -o addr show dev eth0 to 10.0.0.2\n"
		   "2: eth0    inet 10.0.0.2/24 scope global secondary dynamic "
		   "eth0\\       valid_lft 60sec preferred_lft 50sec\n"
		   "$ ip -j addr show dev eth0 to 10.0.0.1 | grep -c "
		   "'\"deprecated\":true,\"dynamic\":true,'\n1\n"
		   "$ show running-config | grep 10.0.0.1\n"
		   "ip addr add 10.0.0.1/24 valid_lft 15 preferred_lft 0 dev "
		   "eth0\n"
		   "$ sysctl -w net.ipv4.conf.eth0.promote_secondaries=1\n"
		   "net.ipv4.conf.eth0.promote_secondaries = 1\n");
	/* The primary ends; its heir has the subnet. */
	testnet_advance(b->net, 20 * S_NS);
	golden_run(b, "$ ip -br addr show dev eth0\n"
		      "eth0             UP             10.0.0.2/24 \n"
		      "$ ip route\n"
		      "10.0.0.0/24 dev eth0 proto kernel scope link src "
		      "10.0.0.2 \n");
	testnet_advance(b->net, 45 * S_NS);
	golden_run(b, "$ ip -br addr show dev eth0\n"
		      "eth0             UP             \n"
		      "$ ip route show table all dev eth0\n");
}

/* Without its heir a primary takes its secondaries along. */
static void
forever_is_taken_back(void **state)
{
	struct testbox *b = *state;

	golden_run(b, "$ ip addr add 10.0.0.1/24 dev eth0 valid_lft 10 "
		      "preferred_lft 10\n"
		      "$ ip addr add 10.0.0.2/24 dev eth0\n"
		      "$ ip addr replace 10.0.0.1/24 dev eth0\n");
	testnet_advance(b->net, 30 * S_NS);
	golden_run(b, "$ ip -br addr show dev eth0\n"
		      "eth0             UP             10.0.0.1/24 "
		      "10.0.0.2/24 \n"
		      "$ ip addr change 10.0.0.1/24 dev eth0 valid_lft 5 "
		      "preferred_lft 5\n");
	testnet_advance(b->net, 10 * S_NS);
	golden_run(b, "$ ip -br addr show dev eth0\n"
		      "eth0             UP             \n");
}

static void
metrics_and_prefix_routes(void **state)
{
	golden_run(
		*state,
		"$ ip addr add 10.0.1.1/24 brd + metric 7 dev eth0\n"
		"$ ip addr add 10.0.2.1/24 noprefixroute dev eth0\n"
		"$ ip addr add 10.0.3.1/24 preferred_lft 0 dev eth0\n"
		"$ ip route\n"
		"10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.1 "
		"metric 7 \n"
		"10.0.3.0/24 dev eth0 proto kernel scope link src 10.0.3.1 \n"
		"$ ip addr change 10.0.1.1/24 dev eth0 metric 9\n"
		"$ ip route show 10.0.1.0/24\n"
		"10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.1 "
		"metric 9 \n"
		"$ ip addr show dev eth0 | tail -6\n"
		"    inet 10.0.1.1/24 metric 9 brd 10.0.1.255 scope global "
		"eth0\n"
		"       valid_lft forever preferred_lft forever\n"
		"    inet 10.0.2.1/24 scope global noprefixroute eth0\n"
		"       valid_lft forever preferred_lft forever\n"
		"    inet 10.0.3.1/24 scope global deprecated eth0\n"
		"       valid_lft forever preferred_lft forever\n"
		"$ show running-config | grep \"ip addr.*eth0\"\n"
		"ip addr add 10.0.1.1/24 broadcast 10.0.1.255 metric 9 dev "
		"eth0\n"
		"ip addr add 10.0.2.1/24 noprefixroute dev eth0\n"
		"ip addr add 10.0.3.1/24 preferred_lft 0 dev eth0\n");
}

static void
mistakes_are_refused(void **state)
{
	golden_run(*state,
		   "$ ip addr add 10.0.0.1/24 dev eth0 valid_lft x\n"
		   "! Error: argument \"x\" is wrong: valid_lft value\n"
		   "[rc 255]\n"
		   "$ ip addr add 10.0.0.1/24 dev eth0 valid_lft 0\n"
		   "! valid_lft is zero\n[rc 1]\n"
		   "$ ip addr add 10.0.0.1/24 dev eth0 valid_lft 30\n"
		   "! preferred_lft is greater than valid_lft\n[rc 1]\n"
		   "$ ip addr add 10.0.0.1/24 dev eth0 nodad\n"
		   "! Warning: nodad option can be set only for IPv6 "
		   "addresses\n"
		   "$ ip addr add 10.0.0.1/24 dev eth0\n"
		   "! Error: ipv4: Address already assigned.\n[rc 2]\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(addresses_come_to_their_end),
		TEST(forever_is_taken_back),
		TEST(metrics_and_prefix_routes),
		TEST(mistakes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
