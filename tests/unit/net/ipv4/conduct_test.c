/* SPDX-License-Identifier: BSD-2-Clause */
/* How the box conducts itself as a whole: what it takes, what it keeps, when it
 * is silent. */
#include "tests/host/test.h"

#include "net/icmp.h"
#include "tests/host/host.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define US   TESTNET_ROUTER(0)
#define HOST TESTNET_HOST(0)
#define FAR  IPV4_ADDR(203, 0, 113, 9)

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

static void
send(struct testnet *t, uint32_t dst, size_t len)
{
	static const uint8_t zeros[1500];
	const struct ipv4 ip = packet_header(HOST, dst, IPPROTO_UDP, len);

	assert_true(testnet_inject_ipv4(t, 0, &ip, zeros, len));
}

/* covers: R1812-009 */
static void
frames_above_the_mtu_are_taken(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[1480];
	size_t len = packet_icmp(bytes, ICMP_ECHO, 0, 1, NULL, 1472);
	const struct ipv4 ip = packet_header(HOST, US, IPPROTO_ICMP, len);

	assert_int_equal(netdev_set_mtu(&t->port[0].dev, 1000), OK);
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
	assert_int_equal(testnet_flush(t, 0), 2);
}

/* covers: R1812-150, H1122-042 */
static void
a_host_sends_no_redirects(void **state)
{
	struct testnet *t = *state;

	testnet_neighbour(t, 0, 5);
	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_ADDR(0, 5), 0);
	send(t, FAR, 8);
	assert_int_equal(testnet_flush(t, 0), 2);
	t->net.ipv4_param.ip_forward = 0;
	send(t, FAR, 8);
	assert_int_equal(testnet_flush(t, 0), 0);
}

/* What somebody says is unreachable may be reachable again: routes and
 * neighbours stay. covers: H1122-041 */
static void
complaints_are_no_proof_of_a_dead_gateway(void **state)
{
	static const uint8_t soft[] = { ICMP_NET_UNREACHABLE,
					ICMP_HOST_UNREACHABLE,
					ICMP_SOURCE_ROUTE_FAILED };
	const struct icmp_ping ping = { .dst = FAR, .id = 7, .data_len = 8 };
	struct testnet *t = *state;
	const struct testnet_frame *frame;
	uint8_t bytes[64], quote[28];
	struct ipv4 ip;
	size_t len;

	testnet_route(t, 0, 0, HOST, 0);
	for (size_t i = 0; i < array_len(soft); i++) {
		assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
		testnet_run(t);
		frame = testnet_next(t, 0);
		assert_non_null(frame);
		assert_int_equal(frame->bytes[5], 2);
		memcpy(quote, frame->bytes + ETH_HEADER_LEN, sizeof(quote));
		len = packet_icmp(bytes, ICMP_UNREACHABLE, soft[i], 0, quote,
				  sizeof(quote));
		ip = packet_header(HOST, US, IPPROTO_ICMP, len);
		testnet_inject_ipv4(t, 0, &ip, bytes, len);
	}
	assert_int_equal(t->net.icmp_stats.in_errors, 0);
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	testnet_run(t);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	assert_int_equal(frame->bytes[5], 2);
}

/* Gateways are not pinged, addresses not probed, when nothing happens.
 * covers: H1122-060, X5227-003 */
static void
an_idle_box_is_silent(void **state)
{
	struct testnet *t = *state;

	testnet_route(t, 0, 0, TESTNET_ADDR(1, 9), 1);
	testnet_advance(t, 60 * S_NS);
	testnet_flush(t, 0);
	testnet_flush(t, 1);
	testnet_advance(t, 7200 * S_NS);
	assert_int_equal(testnet_count(t, 0), 0);
	assert_int_equal(testnet_count(t, 1), 0);
}

/* covers: X791-001 */
static void
sixty_eight_bytes_pass_any_link(void **state)
{
	struct testnet *t = *state;
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	assert_int_equal(netdev_set_mtu(&t->port[1].dev, 68), OK);
	send(t, TESTNET_HOST(1), 48);
	assert_non_null(testnet_next_ipv4(t, 1, &ip, &data, &len));
	assert_int_equal(ip.total_len, 68);
	assert_false(ipv4_is_fragment(&ip));
	assert_int_equal(testnet_count(t, 1), 0);
}

/* Only if the operator asks, and no flood makes more of it.
 * covers: R1812-143 */
static void
martians_are_logged_ten_at_a_time(void **state)
{
	struct testnet *t = *state;
	const struct ipv4 ip = packet_header(IPV4_ADDR(127, 0, 0, 1),
					     TESTNET_HOST(1), IPPROTO_UDP, 0);
	unsigned int before = host_log_count[LOG_WARN];

	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_int_equal(host_log_count[LOG_WARN], before);
	t->net.conf[t->port[0].dev.ifindex].log_martians = 1;
	for (unsigned int i = 0; i < 100; i++)
		testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_int_equal(host_log_count[LOG_WARN], before + 10);
	testnet_advance(t, 5 * S_NS);
	testnet_inject_ipv4(t, 0, &ip, NULL, 0);
	assert_int_equal(host_log_count[LOG_WARN], before + 11);
	assert_int_equal(testnet_drops(t, DROP_IP_SRC_LOOPBACK), 102);
}

/* Who does not forward has nothing to say about what he does not forward. */
static void
what_is_not_forwarded_is_no_martian(void **state)
{
	struct testnet *t = *state;
	unsigned int before = host_log_count[LOG_WARN];

	t->net.conf[t->port[0].dev.ifindex].log_martians = 1;
	t->net.conf[t->port[0].dev.ifindex].forwarding = 0;
	send(t, TESTNET_HOST(1), 8);
	assert_int_equal(testnet_drops(t, DROP_IP_FORWARDING_OFF), 1);
	assert_int_equal(host_log_count[LOG_WARN], before);
}

/* covers: R1812-177 */
static void
a_route_more_costs_no_packet(void **state)
{
	struct testnet *t = *state;

	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, TESTNET_HOST(1), 1);
	for (uint32_t i = 0; i < 2000; i++) {
		testnet_route(t, IPV4_ADDR(20, 0, 0, 0) + (i << 8), 24,
			      TESTNET_HOST(1), 1);
		send(t, FAR, 8);
		assert_int_equal(testnet_flush(t, 1), 1);
	}
	assert_int_equal(testnet_drops_all(t), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(frames_above_the_mtu_are_taken),
		TEST(a_host_sends_no_redirects),
		TEST(complaints_are_no_proof_of_a_dead_gateway),
		TEST(an_idle_box_is_silent),
		TEST(sixty_eight_bytes_pass_any_link),
		TEST(martians_are_logged_ten_at_a_time),
		TEST(what_is_not_forwarded_is_no_martian),
		TEST(a_route_more_costs_no_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
