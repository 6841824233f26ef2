/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the box learns of single paths: their MTU from "too big", better
 * gateways from redirects; whom it believes, how long, and what it does with
 * it. [RFC1191] [RFC1122 3.2.2.2]
 */
#include "tests/host/test.h"

#include "net/sysctl.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define US   TESTNET_ROUTER(0)
#define HOST TESTNET_HOST(0)
#define FAR  IPV4_ADDR(203, 0, 113, 9)

static int
setup(void **state)
{
	struct testnet *t = testnet_new(2);

	testnet_route(t, IPV4_ADDR(203, 0, 113, 0), 24, HOST, 0);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

static uint32_t
mtu_to(struct testnet *t, uint32_t dst)
{
	const struct ipv4_out how = { .dst = dst };
	uint32_t src, mtu;

	assert_int_equal(ipv4_route_info(&t->net, &how, &src, &mtu), OK);
	return mtu;
}

/* Sends one, and gives it back as it was seen on the wire. */
static size_t
ping(struct testnet *t, uint32_t dst, uint16_t len, bool dont_fragment,
     uint8_t packet[1600])
{
	const struct icmp_ping ping = {
		.dst = dst,
		.id = 77,
		.seq = 1,
		.data_len = len,
		.df = dont_fragment ? DF_ALWAYS : DF_NEVER,
	};
	const struct testnet_frame *frame;

	testnet_flush(t, 0);
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	testnet_run(t);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	memcpy(packet, frame->bytes + ETH_HEADER_LEN,
	       frame->len - ETH_HEADER_LEN);
	return frame->len - ETH_HEADER_LEN;
}

static void
message(struct testnet *t, uint32_t from, uint8_t type, uint8_t code,
	uint32_t info, const uint8_t *quote)
{
	uint8_t bytes[ICMP_HEADER_LEN + 28];
	size_t len = packet_icmp(bytes, type, code, info, quote, 28);
	const struct ipv4 ip = packet_header(from, US, IPPROTO_ICMP, len);

	testnet_inject_ipv4(t, 0, &ip, bytes, len);
}

static void
too_big(struct testnet *t, uint32_t mtu, const uint8_t *quote)
{
	message(t, HOST, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, mtu, quote);
}

/* ---- path MTU ----------------------------------------------------------- */

/* [RFC1191 3, 6.3] */
/* covers: R1812-051, H1122-067 */
static void
a_path_is_as_wide_as_a_router_says_for_ten_minutes(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];
	struct ipv4 ip;
	const uint8_t *data;
	size_t len;

	ping(t, FAR, 1400, true, packet);
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, FAR), 1300);
	assert_int_equal(mtu_to(t, FAR + 1), 1500);
	/* Without DF we cut ourselves, with it the sender is told. */
	ping(t, FAR, 1400, false, packet);
	testnet_flush(t, 0);
	/* Cut to a multiple of eight. */
	assert_int_equal(packet[2] << 8 | packet[3], 1300);
	assert_int_equal(icmp_ping_send(&t->net,
					&(struct icmp_ping){ .dst = FAR,
							     .data_len = 1400,
							     .df = DF_ALWAYS }),
			 ERR_MSGSIZE);
	testnet_advance(t, 599 * S_NS);
	assert_int_equal(mtu_to(t, FAR), 1300);
	testnet_advance(t, 2 * S_NS);
	assert_int_equal(mtu_to(t, FAR), 1500);
	assert_int_equal(t->net.paths.count, 0);
	ping(t, FAR, 1400, false, packet);
	assert_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
}

static void
it_falls_further_but_is_never_raised_by_a_message(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];

	ping(t, FAR, 1400, true, packet);
	too_big(t, 1300, packet);
	testnet_advance(t, 50 * S_NS);
	too_big(t, 1200, packet);
	assert_int_equal(mtu_to(t, FAR), 1200);
	too_big(t, 1350, packet);
	too_big(t, 1501, packet);
	assert_int_equal(mtu_to(t, FAR), 1200);
	/* Its time runs from when it last fell. */
	testnet_advance(t, 590 * S_NS);
	assert_int_equal(mtu_to(t, FAR), 1200);
	testnet_advance(t, 11 * S_NS);
	assert_int_equal(mtu_to(t, FAR), 1500);
}

/* Old routers: the next plateau below what was sent. [RFC1191 5] */
static void
a_router_that_does_not_say_is_guessed(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];

	ping(t, FAR, 1472, true, packet);
	too_big(t, 0, packet);
	assert_int_equal(mtu_to(t, FAR), 1492);
	ping(t, FAR, 1464, true, packet);
	too_big(t, 0, packet);
	assert_int_equal(mtu_to(t, FAR), 1006);
}

/* Below the least MTU that is believed nothing but work would be won. */
static void
tiny_mtus_are_not_believed(void **state)
{
	const struct ipv4_out how = { .dst = FAR, .proto = IPPROTO_TCP };
	struct testnet *t = *state;
	struct ipv4_way_info way;
	uint8_t packet[1600];

	ping(t, FAR, 1000, true, packet);
	too_big(t, 68, packet);
	assert_int_equal(mtu_to(t, FAR), 552);
	assert_int_equal(ipv4_way_info(&t->net, &how, &way), OK);
	assert_true(way.may_cut);
	assert_int_equal(way.link_mtu, 1500);
	assert_int_equal(way.advmss, 1460);
}

static void
only_what_we_sent_lately_can_be_too_big(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600], other[1600];

	ping(t, FAR, 1400, true, packet);
	/* Another destination, another sequence number, another checksum. */
	for (unsigned int i = 16; i < 28; i++) {
		memcpy(other, packet, 28);
		other[i] ^= 1;
		too_big(t, 1300, other);
		assert_int_equal(t->net.paths.count, 0);
	}
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_UNSENT), 12);
	/* Without DF nothing of ours is ever too big. */
	ping(t, FAR, 1300, false, other);
	too_big(t, 1200, other);
	assert_int_equal(t->net.paths.count, 0);
	testnet_advance(t, 61 * S_NS);
	too_big(t, 1300, packet);
	assert_int_equal(t->net.paths.count, 0);
}

static void
a_locked_mtu_is_not_learned(void **state)
{
	struct testnet *t = *state;
	struct route want = {
		.table = TABLE_MAIN,
		.dst = IPV4_ADDR(198, 51, 100, 0),
		.prefix_len = 24,
		.type = ROUTE_UNICAST,
		.mtu = 1450,
		.locks = ROUTE_LOCK_MTU,
	};
	struct {
		struct route route;
		struct nexthop hop;
	} room = { .route = want };
	uint8_t packet[1600];

	room.route.nexthop_count = 1;
	room.route.nexthop[0] = (struct nexthop){ .gateway = HOST };
	assert_int_equal(fib_insert(&t->net, &room.route, FIB_ADD), FIB_OK);
	ping(t, IPV4_ADDR(198, 51, 100, 7), 1400, true, packet);
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, IPV4_ADDR(198, 51, 100, 7)), 1450);
	assert_int_equal(t->net.paths.count, 0);
}

/* What was learned of one way says nothing of another. */
static void
another_route_begins_anew(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];

	ping(t, FAR, 1400, true, packet);
	too_big(t, 1300, packet);
	testnet_route(t, FAR, 32, TESTNET_HOST(1), 1);
	assert_int_equal(mtu_to(t, FAR), 1500);
	netdev_down(&t->port[0].dev);
	assert_int_equal(t->net.paths.count, 0);
}

static void
discovery_can_be_switched_off(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];

	t->net.ipv4_param.ip_no_pmtu_disc = 2;
	ping(t, FAR, 1400, true, packet);
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, FAR), 1500);
	t->net.ipv4_param.ip_no_pmtu_disc = 1;
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, FAR), 552);
}

/* The oldest gives way; a flood costs a bounded amount of memory. */
static void
the_table_is_bounded(void **state)
{
	struct testnet *t = *state;
	uint8_t packet[1600];

	testnet_route(t, IPV4_ADDR(198, 18, 0, 0), 15, HOST, 0);
	for (uint32_t i = 0; i < 2 * PATHS_MAX; i++) {
		ping(t, IPV4_ADDR(198, 18, 0, 0) + i, 1400, true, packet);
		too_big(t, 1300, packet);
		assert_true(t->net.paths.count <= PATHS_MAX);
	}
	assert_int_equal(t->net.paths.count, PATHS_MAX);
	assert_int_equal(mtu_to(t, IPV4_ADDR(198, 18, 0, 0)), 1500);
	assert_int_equal(mtu_to(t,
				IPV4_ADDR(198, 18, 0, 0) + 2 * PATHS_MAX - 1),
			 1300);
	t->net.paths.pool.fail_after = 1;
	path_flush(&t->net);
	ping(t, FAR, 1400, true, packet);
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, FAR), 1500);
}

/* ---- TCP ---------------------------------------------------------------- */

static const struct sock_ops no_ops;

/* A connection to FAR that is being opened; its SYN, and the MSS in there. */
static struct sock *
connect_far(struct testnet *t, uint8_t packet[1600], uint16_t *mss)
{
	const struct sock_addr remote = { .addr = FAR, .port = 80 };
	const struct testnet_frame *frame;
	enum status status;
	struct sock *sock;

	testnet_flush(t, 0);
	sock = tcp_connect(&t->net, NULL, &remote, &no_ops, NULL, "test",
			   &status);
	assert_non_null(sock);
	testnet_run(t);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	memcpy(packet, frame->bytes + ETH_HEADER_LEN, 60);
	/* The first option is the MSS. */
	assert_int_equal(packet[40], 2);
	*mss = (uint16_t)(packet[42] << 8 | packet[43]);
	return sock;
}

static uint32_t
pmtu_of(const struct sock *sock)
{
	struct tcp_info info;

	tcp_get_info(sock, &info);
	return info.pmtu;
}

/* One connection learns it, others begin with it; what they announce is for
 * the other direction, and the interface's. [RFC1191 6.3] [RFC9293 3.7.1] */
static void
connections_share_what_a_path_takes(void **state)
{
	struct testnet *t = *state;
	struct sock *first, *second;
	uint8_t packet[1600], other[1600];
	uint16_t mss;

	first = connect_far(t, packet, &mss);
	assert_int_equal(mss, 1460);
	/* Nothing is learned from what no connection has in flight. */
	memcpy(other, packet, sizeof(other));
	other[24] ^= 0x10;
	too_big(t, 1300, other);
	assert_int_equal(t->net.paths.count, 0);
	too_big(t, 1300, packet);
	assert_int_equal(mtu_to(t, FAR), 1300);
	assert_int_equal(pmtu_of(first), 1300);
	second = connect_far(t, packet, &mss);
	assert_int_equal(mss, 1460);
	assert_int_equal(pmtu_of(second), 1300);
	tcp_abort(first);
	tcp_abort(second);
	testnet_run(t);
}

/* advmss of the route, for connections of ours. */
static void
a_route_says_which_mss_is_announced(void **state)
{
	struct testnet *t = *state;
	struct {
		struct route route;
		struct nexthop hop;
	} room = {
		.route = {
			.table = TABLE_MAIN,
			.dst = FAR,
			.prefix_len = 32,
			.type = ROUTE_UNICAST,
			.mtu = 1400,
			.advmss = 1000,
			.nexthop_count = 1,
		},
	};
	struct sock *sock;
	uint8_t packet[1600];
	uint16_t mss;

	room.route.nexthop[0] = (struct nexthop){ .gateway = HOST };
	assert_int_equal(fib_insert(&t->net, &room.route, FIB_ADD), FIB_OK);
	sock = connect_far(t, packet, &mss);
	assert_int_equal(mss, 1000);
	assert_int_equal(pmtu_of(sock), 1400);
	assert_int_equal(packet[6] & 0x40, 0x40);
	tcp_abort(sock);
	testnet_run(t);
	room.route.advmss = 0;
	room.route.locks = ROUTE_LOCK_MTU;
	assert_int_equal(fib_insert(&t->net, &room.route, FIB_REPLACE), FIB_OK);
	sock = connect_far(t, packet, &mss);
	assert_int_equal(mss, 1360);
	/* Locked: nothing is to be found out. */
	assert_int_equal(packet[6] & 0x40, 0);
	tcp_abort(sock);
	testnet_run(t);
}

/* ---- redirects ---------------------------------------------------------- */

#define BETTER TESTNET_ADDR(0, 7)

/* Which station on port 0's link a packet to FAR is sent to. */
static uint8_t
first_hop(struct testnet *t)
{
	const struct icmp_ping ping = { .dst = FAR, .id = 77, .seq = 1 };
	const struct testnet_frame *frame;
	uint8_t hop;

	testnet_flush(t, 0);
	assert_int_equal(icmp_ping_send(&t->net, &ping), OK);
	testnet_run(t);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	/* A neighbour's number is its address's last byte; or it is asked for.
	 */
	hop = frame->bytes[12] == 8 && frame->bytes[13] == 6
		      ? frame->bytes[ETH_HEADER_LEN + 27]
		      : frame->bytes[5];
	return hop;
}

static void
become_host(struct testnet *t)
{
	struct sysctl_key key;

	assert_int_equal(sysctl_find(&t->net, "net.ipv4.ip_forward", &key),
			 SYSCTL_OK);
	assert_int_equal(sysctl_set(&t->net, &key, "0"), SYSCTL_OK);
	testnet_neighbour(t, 0, 7);
}

static void
redirect(struct testnet *t, uint32_t from, uint32_t gateway)
{
	uint8_t packet[1600];

	ping(t, FAR, 8, false, packet);
	message(t, from, ICMP_REDIRECT, ICMP_REDIRECT_HOST, gateway, packet);
}

/* covers: R1812-121 */
static void
a_router_does_not_obey_unless_told_twice(void **state)
{
	struct testnet *t = *state;
	struct net_conf *conf = &t->net.conf[t->port[0].dev.ifindex];

	testnet_neighbour(t, 0, 7);
	redirect(t, HOST, BETTER);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT), 1);
	t->net.conf_all.accept_redirects = 1;
	conf->accept_redirects = 0;
	redirect(t, HOST, BETTER);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT), 2);
	assert_int_equal(first_hop(t), 2);
	conf->accept_redirects = 1;
	redirect(t, HOST, BETTER);
	assert_int_equal(first_hop(t), 7);
}

/* covers: H1122-043 */
static void
a_host_obeys_for_five_minutes(void **state)
{
	struct testnet *t = *state;

	become_host(t);
	redirect(t, HOST, BETTER);
	assert_int_equal(first_hop(t), 7);
	testnet_advance(t, 299 * S_NS);
	assert_int_equal(first_hop(t), 7);
	testnet_advance(t, 2 * S_NS);
	assert_int_equal(first_hop(t), 2);
	/* From the new one, back to the old one. */
	redirect(t, HOST, BETTER);
	assert_int_equal(first_hop(t), 7);
	redirect(t, BETTER, HOST);
	assert_int_equal(first_hop(t), 2);
	assert_int_equal(t->net.paths.count, 0);
}

/* It is about our own packets: what is forwarded takes the route. */
static void
forwarded_packets_are_not_redirected(void **state)
{
	struct testnet *t = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(1), FAR, IPPROTO_UDP, 8);
	const uint8_t udp[8] = { 1, 2, 3, 4, 0, 8 };

	testnet_neighbour(t, 0, 7);
	t->net.conf_all.accept_redirects = 1;
	redirect(t, HOST, BETTER);
	assert_int_equal(first_hop(t), 7);
	testnet_flush(t, 0);
	assert_true(testnet_inject_ipv4(t, 1, &ip, udp, sizeof(udp)));
	assert_int_equal(testnet_next(t, 0)->bytes[5], 2);
}

/* covers: H1122-044 */
static void
what_must_not_be_obeyed(void **state)
{
	struct testnet *t = *state;
	struct net_conf *conf = &t->net.conf[t->port[0].dev.ifindex];
	uint8_t packet[1600];

	become_host(t);
	/* Not from the router in use. */
	redirect(t, TESTNET_ADDR(0, 9), BETTER);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_SENDER), 1);
	/* To somewhere that is not on that link, to us, to everybody, to no
	 * station at all. */
	redirect(t, HOST, TESTNET_HOST(1));
	redirect(t, HOST, IPV4_ADDR(192, 0, 2, 1));
	redirect(t, HOST, US);
	redirect(t, HOST, TESTNET_BROADCAST(0));
	redirect(t, HOST, IPV4_ADDR(224, 0, 0, 5));
	redirect(t, HOST, 0);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_GATEWAY), 6);
	/* About somebody else's packet; of no known kind; too short. */
	ping(t, FAR, 8, false, packet);
	message(t, HOST, ICMP_REDIRECT, 4, BETTER, packet);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_CODE), 1);
	packet[15] ^= 8;
	message(t, HOST, ICMP_REDIRECT, 1, BETTER, packet);
	assert_int_equal(testnet_drops(t, DROP_ICMP_QUOTE_SOURCE), 1);
	/* About a station on the link. */
	ping(t, HOST, 8, false, packet);
	message(t, HOST, ICMP_REDIRECT, 1, BETTER, packet);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_SENDER), 2);
	assert_int_equal(t->net.paths.count, 0);
	/* One subnet alone, and default gateways alone. */
	t->net.conf_all.shared_media = conf->shared_media = 0;
	redirect(t, HOST, BETTER);
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_GATEWAY), 7);
	testnet_route(t, 0, 0, BETTER, 0);
	redirect(t, HOST, BETTER);
	assert_int_equal(first_hop(t), 7);
	path_flush(&t->net);
	t->net.conf_all.secure_redirects = conf->secure_redirects = 0;
	testnet_address(t, 0, IPV4_ADDR(10, 7, 0, 1), 24);
	redirect(t, HOST, IPV4_ADDR(10, 7, 0, 2));
	assert_int_equal(testnet_drops(t, DROP_ICMP_REDIRECT_GATEWAY), 8);
	t->net.conf_all.shared_media = 1;
	redirect(t, HOST, IPV4_ADDR(10, 7, 0, 2));
	assert_int_equal(t->net.paths.count, 1);
}

/* [RFC1122 3.3.1.4] */
static void
a_silent_gateway_is_left_again(void **state)
{
	struct testnet *t = *state;

	become_host(t);
	redirect(t, HOST, TESTNET_ADDR(0, 8)); /* nobody is there */
	assert_int_equal(first_hop(t), 8);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(first_hop(t), 2);
	assert_int_equal(t->net.paths.count, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_path_is_as_wide_as_a_router_says_for_ten_minutes),
		TEST(it_falls_further_but_is_never_raised_by_a_message),
		TEST(a_router_that_does_not_say_is_guessed),
		TEST(tiny_mtus_are_not_believed),
		TEST(only_what_we_sent_lately_can_be_too_big),
		TEST(a_locked_mtu_is_not_learned),
		TEST(another_route_begins_anew),
		TEST(discovery_can_be_switched_off),
		TEST(the_table_is_bounded),
		TEST(connections_share_what_a_path_takes),
		TEST(a_route_says_which_mss_is_announced),
		TEST(a_router_does_not_obey_unless_told_twice),
		TEST(a_host_obeys_for_five_minutes),
		TEST(forwarded_packets_are_not_redirected),
		TEST(what_must_not_be_obeyed),
		TEST(a_silent_gateway_is_left_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
