/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy rules that ask for ports, and packets that come by. */

#include "tests/host/test.h"

#include "net/sysctl.h"
#include "tests/host/iplines.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

/* By which port a packet from port 0's host leaves; 0: it does not. */
static unsigned int
way(struct testnet *t, const struct ipv4 *ip, uint8_t sport, uint8_t dport)
{
	const uint8_t udp[8] = { 0, sport, 0, dport, 0, 8 };

	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	assert_true(testnet_inject_ipv4(t, 0, ip, udp, sizeof(udp)));
	for (unsigned int i = 1; i < t->port_count; i++)
		if (testnet_flush(t, i) == 1)
			return i;
	return 0;
}

/* What comes by has ports, too; but for fragments, which all go one way. */
static void
ports_select_what_is_forwarded(void **state)
{
	struct testnet *t = testnet_new(3);
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), 0x08080808, IPPROTO_UDP, 8);
	struct sysctl_key key;

	ip_do(&t->net, "route add default via 10.0.1.2");
	ip_do(&t->net, "route add default via 10.0.2.2 table 100");
	ip_do(&t->net, "rule add ipproto udp dport 80 table 100");
	ip_do(&t->net, "rule add sport 7-9 table 100");
	assert_int_equal(way(t, &ip, 5, 80), 2);
	assert_int_equal(way(t, &ip, 5, 81), 1);
	assert_int_equal(way(t, &ip, 8, 81), 2);
	ip.flags = IPV4_MF;
	assert_int_equal(way(t, &ip, 5, 80), 1);
	ip.flags = 0;
	ip.proto = IPPROTO_ICMP;
	assert_int_equal(way(t, &ip, 8, 80), 1);
	/* The way back is that of the answer, ports exchanged. */
	ip = packet_header(0x08080808, TESTNET_HOST(0), IPPROTO_UDP, 8);
	assert_int_equal(sysctl_find(&t->net, "net.ipv4.conf.eth2.rp_filter",
				     &key),
			 SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, "1"), SYSCTL_OK);
	for (uint8_t sport = 80; sport <= 81; sport++) {
		const uint8_t udp[8] = { 0, sport, 0, 5, 0, 8 };

		testnet_flush(t, 0);
		testnet_inject_ipv4(t, 2, &ip, udp, sizeof(udp));
		assert_int_equal(testnet_flush(t, 0), sport == 80);
	}
	assert_int_equal(testnet_drops(t, DROP_IP_RPFILTER), 1);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_select_what_is_forwarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
