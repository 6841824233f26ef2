/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was learned of paths, as `ip route` shows it: iproute2 6.1's texts on
 * Linux 6.18.
 */
#include "tests/host/test.h"

#include "net/ipv4/path.h"
#include "tests/unit/apps/commands/golden.h"

#define FAR 0x14000001u /* 20.0.0.1 */

static int
setup(void **state)
{
	struct testbox *b = testbox_new(2, false);

	golden_run(b, "$ ip route add 20.0.0.0/8 via 10.0.0.2\n");
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
learn(struct testbox *b, uint32_t dst, uint32_t mtu)
{
	const struct ipv4 quoted = {
		.src = TESTNET_ROUTER(0),
		.dst = dst,
		.total_len = 1500,
	};

	path_too_big(&b->net->net, &quoted, mtu);
}

static void
learned_mtus_are_shown_and_flushed(void **state)
{
	struct testbox *b = *state;

	learn(b, FAR, 1400);
	testnet_advance(b->net, 2500 * MS_NS);
	golden_run(
		b,
		"$ ip route get 20.0.0.1\n"
		"20.0.0.1 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		"    cache expires 597sec mtu 1400 \n"
		"$ ip -j route get 20.0.0.1\n"
		"[{\"dst\":\"20.0.0.1\",\"gateway\":\"10.0.0.2\",\"dev\":"
		"\"eth0\",\"prefsrc\":\"10.0.0.1\",\"flags\":[],\"uid\":0,"
		"\"cache\":[],\"expires\":597,\"metrics\":[{\"mtu\":1400}]}]\n"
		"$ ip route get 20.0.0.2\n"
		"20.0.0.2 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		"    cache \n"
		"$ ip route show cache\n"
		"20.0.0.1 via 10.0.0.2 dev eth0 \n"
		"    cache expires 597sec mtu 1400 \n"
		"$ ip -j route show cache\n"
		"[{\"dst\":\"20.0.0.1\",\"gateway\":\"10.0.0.2\",\"dev\":"
		"\"eth0\",\"flags\":[],\"cache\":[],\"expires\":597,"
		"\"metrics\":[{\"mtu\":1400}]}]\n");
	learn(b, 0x0a000109, 1300);
	golden_run(b, "$ ip route show cache\n"
		      "10.0.1.9 dev eth1 \n"
		      "    cache expires 600sec mtu 1300 \n"
		      "20.0.0.1 via 10.0.0.2 dev eth0 \n"
		      "    cache expires 597sec mtu 1400 \n"
		      "$ ip route show cache 20.0.0.0/8\n"
		      "$ ip route show cache root 20.0.0.0/8\n"
		      "20.0.0.1 via 10.0.0.2 dev eth0 \n"
		      "    cache expires 597sec mtu 1400 \n"
		      "$ ip route flush cache\n"
		      "$ ip route show cache\n"
		      "$ ip route get 20.0.0.1\n"
		      "20.0.0.1 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		      "    cache \n");
}

static void
redirects_are_shown(void **state)
{
	struct testbox *b = *state;

	path_redirect(&b->net->net, FAR, &b->net->port[0].dev, TESTNET_HOST(0),
		      TESTNET_ADDR(0, 7));
	golden_run(b, "$ ip route get 20.0.0.1\n"
		      "20.0.0.1 via 10.0.0.7 dev eth0 src 10.0.0.1 uid 0 \n"
		      "    cache <redirected> expires 300sec \n"
		      "$ ip route show cache\n"
		      "20.0.0.1 via 10.0.0.7 dev eth0 \n"
		      "    cache <redirected> expires 300sec \n");
}

static void
locked_metrics(void **state)
{
	struct testbox *b = *state;

	golden_run(
		b,
		"$ ip route add 21.0.0.0/8 via 10.0.0.2 mtu lock 1450 advmss "
		"lock 1000\n"
		"$ ip route show 21.0.0.0/8\n"
		"21.0.0.0/8 via 10.0.0.2 dev eth0 mtu lock 1450 advmss lock "
		"1000 \n"
		"$ ip -j route show 21.0.0.0/8\n"
		"[{\"dst\":\"21.0.0.0/8\",\"gateway\":\"10.0.0.2\",\"dev\":"
		"\"eth0\",\"flags\":[],\"metrics\":[{\"mtu\":1450,\"advmss\":"
		"1000}]}]\n"
		"$ ip route get 21.0.0.1\n"
		"21.0.0.1 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		"    cache mtu lock 1450 advmss lock 1000 \n"
		"$ ip route add 22.0.0.0/8 via 10.0.0.2 mtu lock\n"
		"! Command line is not complete. Try option \"help\"\n"
		"[rc 255]\n"
		"$ ip route change 21.0.0.0/8 via 10.0.0.2 mtu 1450\n"
		"$ ip route show 21.0.0.0/8\n"
		"21.0.0.0/8 via 10.0.0.2 dev eth0 mtu 1450 \n");
	learn(b, 0x15000001, 100);
	golden_run(b, "$ ip route get 21.0.0.1\n"
		      "21.0.0.1 via 10.0.0.2 dev eth0 src 10.0.0.1 uid 0 \n"
		      "    cache expires 600sec mtu lock 552 \n");
}

static void
files_of_the_fib(void **state)
{
	golden_run(*state,
		   "$ cat /proc/net/fib_trie\n"
		   "Main:\n"
		   "  |-- 10.0.0.0\n     /24 link UNICAST\n"
		   "  |-- 10.0.1.0\n     /24 link UNICAST\n"
		   "  |-- 20.0.0.0\n     /8 universe UNICAST\n"
		   "Local:\n"
		   "  |-- 10.0.0.1\n     /32 host LOCAL\n"
		   "  |-- 10.0.0.255\n     /32 link BROADCAST\n"
		   "  |-- 10.0.1.1\n     /32 host LOCAL\n"
		   "  |-- 10.0.1.255\n     /32 link BROADCAST\n"
		   "  |-- 127.0.0.0\n     /8 host LOCAL\n"
		   "  |-- 127.0.0.1\n     /32 host LOCAL\n"
		   "  |-- 127.255.255.255\n     /32 link BROADCAST\n"
		   "$ ip route append 20.0.0.0/8 via 10.0.0.3 metric 9\n"
		   "$ ip route add blackhole 20.0.0.0/16 tos 0x10\n"
		   "$ cat /proc/net/fib_trie | head -9 | tail -4\n"
		   "  |-- 20.0.0.0\n     /16 universe BLACKHOLE tos=16\n"
		   "     /8 universe UNICAST\n"
		   "     /8 universe UNICAST\n"
		   "$ cat /proc/net/fib_triestat | head -6\n"
		   "Main:\n\tLeaves:         3\n\tPrefixes:       5\n"
		   "Local:\n\tLeaves:         7\n\tPrefixes:       7\n"
		   "$ cat /proc/net/rt_cache | wc -l\n1\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(learned_mtus_are_shown_and_flushed),
		TEST(redirects_are_shown),
		TEST(locked_metrics),
		TEST(files_of_the_fib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
