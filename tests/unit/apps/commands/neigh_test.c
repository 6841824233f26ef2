/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip neigh`: hosts that the box answers for, and who is asked for: texts and
 * exit codes of iproute2 6.1 on Linux 6.18.
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
		   "ip neigh add proxy 10.0.0.78 dev eth0\n"
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

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(proxies_are_named_one_by_one),
		TEST(somebody_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
