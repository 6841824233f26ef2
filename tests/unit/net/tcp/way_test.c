/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection keeps the way of its packets (net/ipv4/way.h): whatever that is
 * made of may change, and the next segment goes by what is true then.
 */
#include "net/tcp/internal.h"

#include "net/sysctl.h"
#include "net/wire/tcp.h"
#include "tests/host/iplines.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define FAR IPV4_ADDR(203, 0, 113, 9)
#define US  TESTNET_ROUTER(0)

struct peer {
	struct testnet *t;
	struct sock *sock;
	uint32_t seq, ack; /* of what it sends next */
	unsigned int port; /* by which that comes */
};

/* What left last, of this connection. */
struct seen {
	unsigned int port;
	uint8_t mac[6];
	struct ipv4 ip;
	struct tcp tcp;
	size_t len;
};

static void
answer(struct peer *peer, uint8_t flags)
{
	struct tcp h = {
		.sport = peer->sock->remote.port,
		.dport = peer->sock->local.port,
		.seq = peer->seq,
		.ack = peer->ack,
		.flags = flags,
		.window = 60000,
		.have = flags & TCP_SYN ? TCP_HAVE_MSS : 0,
		.mss = 1460,
	};
	uint8_t len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(&h));
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	const struct ipv4 ip = packet_header(FAR, US, IPPROTO_TCP, len);
	uint32_t sum = checksum_pseudo(ip.src, ip.dst, ip.proto, len);

	h.header_len = len;
	tcp_emit(&h, bytes);
	h.checksum = checksum_fold(checksum_add(sum, bytes, len));
	tcp_emit(&h, bytes);
	testnet_inject_ipv4(peer->t, peer->port, &ip, bytes, len);
}

/* False: nothing of TCP has left. Its checksum must be right. */
static bool
look(struct testnet *t, struct seen *seen)
{
	const struct testnet_frame *frame;
	const uint8_t *data;
	size_t len;
	uint32_t sum;

	for (seen->port = 0; seen->port < 2; seen->port++) {
		while ((frame = testnet_next(t, seen->port))) {
			data = frame->bytes + ETH_HEADER_LEN;
			len = frame->len - ETH_HEADER_LEN;
			if (ipv4_parse(data, len, &seen->ip) != DROP_NONE ||
			    seen->ip.proto != IPPROTO_TCP)
				continue; /* ARP */
			data += IPV4_HEADER_LEN;
			len -= IPV4_HEADER_LEN;
			memcpy(seen->mac, frame->bytes, 6);
			assert_int_equal(tcp_parse(data, len, &seen->tcp),
					 DROP_NONE);
			sum = checksum_pseudo(seen->ip.src, seen->ip.dst,
					      IPPROTO_TCP, (uint16_t)len);
			assert_int_equal(checksum_fold(
						 checksum_add(sum, data, len)),
					 0);
			seen->len = len - seen->tcp.header_len;
			return true;
		}
	}
	return false;
}

/* len bytes leave in a segment of their own, and are acknowledged. */
static struct seen
send(struct peer *peer, size_t len)
{
	static const uint8_t bytes[1460];
	struct testnet *t = peer->t;
	struct seen seen;

	testnet_flush(t, 0);
	testnet_flush(t, 1);
	assert_int_equal(tcp_write(peer->sock, bytes, len), len);
	testnet_run(t);
	assert_true(look(t, &seen));
	peer->ack = seen.tcp.seq + (uint32_t)len;
	peer->port = seen.port;
	answer(peer, TCP_ACK);
	return seen;
}

static bool
is_kept(const struct peer *peer)
{
	const struct tcp_sock *ts = tcp_of(peer->sock);
	const struct net *net = &peer->t->net;

	return ts->way.generation == net->way_generation &&
	       ipv4_way_holds(net, &ts->way);
}

static int
setup(void **state)
{
	static const struct sock_ops no_ops;
	const struct sock_addr remote = { .addr = FAR, .port = 80 };
	struct peer *peer = calloc(1, sizeof(*peer));
	struct testnet *t = testnet_new(2);
	enum status status;
	struct seen syn;

	assert_non_null(peer);
	t->net.tcp.param.tcp_timestamps = 0;
	ip_do(&t->net, "route add 203.0.113.0/24 via 10.0.0.2 dev eth0");
	peer->t = t;
	peer->sock = tcp_connect(&t->net, NULL, &remote, &no_ops, NULL, "test",
				 &status);
	assert_non_null(peer->sock);
	testnet_run(t);
	assert_true(look(t, &syn));
	peer->seq = 1000;
	peer->ack = syn.tcp.seq + 1;
	answer(peer, TCP_SYN | TCP_ACK);
	peer->seq++;
	assert_int_equal(tcp_state(peer->sock), TCP_ESTABLISHED);
	assert_int_equal(tcp_set_option(peer->sock, TCP_OPT_NODELAY, 1), OK);
	*state = peer;
	return 0;
}

static int
teardown(void **state)
{
	struct peer *peer = *state;

	tcp_abort(peer->sock);
	testnet_free(peer->t);
	free(peer);
	return 0;
}

static void
assert_goes_by(struct peer *peer, unsigned int port)
{
	struct seen seen = send(peer, 1);
	uint8_t mac[6];

	testnet_host_mac(port, 2, mac);
	assert_int_equal(seen.port, port);
	assert_memory_equal(seen.mac, mac, 6);
}

static void
it_is_found_once(void **state)
{
	struct peer *peer = *state;
	uint64_t generation;

	assert_goes_by(peer, 0);
	assert_true(is_kept(peer));
	generation = peer->t->net.way_generation;
	for (unsigned int i = 0; i < 5; i++)
		assert_goes_by(peer, 0);
	assert_int_equal(peer->t->net.way_generation, generation);
	assert_true(is_kept(peer));
}

/* Each of them leads to the other port, and back. */
static void
routes_rules_and_next_hops_may_change(void **state)
{
	static const char *const change[][4] = {
		{ "route replace 203.0.113.0/24 via 10.0.1.2 dev eth1",
		  "route replace 203.0.113.0/24 via 10.0.0.2 dev eth0" },
		{ "route add 203.0.113.9/32 via 10.0.1.2 dev eth1",
		  "route del 203.0.113.9/32" },
		{ "route add 203.0.113.8/30 via 10.0.1.2 dev eth1 metric 7",
		  "route del 203.0.113.8/30 metric 7" },
		{ "link set eth0 down", "link set eth0 up" },
		{ "link set eth0 carrier off", "link set eth0 carrier on" },
		{ "rule add to 203.0.113.9 table 100",
		  "rule del to 203.0.113.9 table 100" },
		{ "nexthop replace id 1 via 10.0.1.2 dev eth1",
		  "nexthop replace id 1 via 10.0.0.2 dev eth0" },
	};
	struct peer *peer = *state;
	struct net *net = &peer->t->net;

	ip_do(net, "route add 0.0.0.0/0 via 10.0.1.2 dev eth1 table 100");
	ip_do(net, "route add 203.0.0.0/16 via 10.0.1.2 dev eth1");
	for (size_t i = 0; i < array_len(change); i++) {
		if (i == 6) {
			ip_do(net, "nexthop add id 1 via 10.0.0.2 dev eth0");
			ip_do(net, "route replace 203.0.113.0/24 nhid 1");
		}
		assert_goes_by(peer, 0);
		assert_true(is_kept(peer));
		ip_do(net, change[i][0]);
		testnet_run(peer->t);
		assert_goes_by(peer, 1);
		ip_do(net, change[i][1]);
		/* Going down takes the neighbours and the routes along. */
		testnet_neighbour(peer->t, 0, 2);
		if (i == 3)
			ip_do(net, "route add 203.0.113.0/24 via 10.0.0.2");
	}
	assert_goes_by(peer, 0);
}

static void
several_next_hops_are_chosen_from_each_time(void **state)
{
	struct peer *peer = *state;
	struct net *net = &peer->t->net;

	ip_do(net, "route replace 203.0.113.0/24 nexthop via 10.0.0.2 dev "
		   "eth0 nexthop via 10.0.1.2 dev eth1");
	(void)send(peer, 1);
	assert_false(is_kept(peer));
	ip_do(net, "link set eth0 carrier off");
	assert_goes_by(peer, 1);
	ip_do(net, "route replace 203.0.113.0/24 via 10.0.1.2 dev eth1");
	assert_goes_by(peer, 1);
	assert_true(is_kept(peer));
}

static void
a_neighbour_may_get_another_address_and_go(void **state)
{
	const uint8_t mac[6] = { 2, 7, 7, 7, 7, 7 };
	struct peer *peer = *state;
	struct testnet *t = peer->t;
	struct netdev *dev = &t->port[0].dev;
	struct seen seen;

	assert_goes_by(peer, 0);
	assert_int_equal(neigh_set(&t->net, dev, TESTNET_HOST(0), mac,
				   NEIGH_PERMANENT, true, false),
			 OK);
	seen = send(peer, 1);
	assert_memory_equal(seen.mac, mac, 6);
	/* Stale: the next segment has it confirmed, as any packet would. */
	assert_int_equal(neigh_set(&t->net, dev, TESTNET_HOST(0), mac,
				   NEIGH_STALE, true, false),
			 OK);
	assert_false(is_kept(peer));
	(void)send(peer, 1);
	assert_int_equal(neigh_find(&t->net, dev, TESTNET_HOST(0))->state,
			 NEIGH_DELAY);
	(void)send(peer, 1);
	assert_true(is_kept(peer));
	/* Gone: somebody has to be asked. */
	assert_int_equal(neigh_delete(&t->net, dev, TESTNET_HOST(0)), OK);
	assert_false(is_kept(peer));
	testnet_flush(t, 0);
	assert_int_equal(tcp_write(peer->sock, "x", 1), 1);
	testnet_run(t);
	assert_false(look(t, &seen));
	testnet_neighbour(t, 0, 2);
	testnet_run(t);
	assert_true(look(t, &seen));
	peer->ack = seen.tcp.seq + 1;
	answer(peer, TCP_ACK);
	assert_goes_by(peer, 0);
}

static void
our_own_address_is_the_source_that_is_read(void **state)
{
	const uint8_t mac[6] = { 2, 9, 9, 9, 9, 9 };
	struct peer *peer = *state;
	struct netdev *dev = &peer->t->port[0].dev;

	assert_goes_by(peer, 0);
	memcpy(dev->addr, mac, 6);
	testnet_flush(peer->t, 0);
	assert_int_equal(tcp_write(peer->sock, "x", 1), 1);
	testnet_run(peer->t);
	assert_memory_equal(testnet_next(peer->t, 0)->bytes + 6, mac, 6);
}

static void
set(struct net *net, const char *name, const char *text)
{
	struct sysctl_key key;

	assert_int_equal(sysctl_find(net, name, &key), SYSCTL_OK);
	assert_int_equal(sysctl_set(net, &key, text), SYSCTL_OK);
}

static void
what_the_header_says_may_change(void **state)
{
	struct peer *peer = *state;

	assert_int_equal(send(peer, 1).ip.ttl, 64);
	set(&peer->t->net, "net.ipv4.ip_default_ttl", "33");
	assert_int_equal(send(peer, 1).ip.ttl, 33);
	peer->sock->ttl = 9;
	peer->sock->tos = 0xb8 | 3;
	assert_int_equal(send(peer, 1).ip.ttl, 9);
	assert_int_equal(send(peer, 1).ip.tos, 0xb8);
	assert_int_equal(send(peer, 1).ip.flags, IPV4_DF);
	set(&peer->t->net, "net.ipv4.ip_no_pmtu_disc", "2");
	assert_int_equal(send(peer, 1).ip.flags, 0);
}

/* Where it goes, a segment fits what is known of the path now. */
static void
the_path_may_become_narrower(void **state)
{
	struct peer *peer = *state;
	struct testnet *t = peer->t;
	uint8_t quote[28], bytes[ICMP_HEADER_LEN + 28];
	struct ipv4 ip;
	struct seen seen;
	size_t len;

	assert_int_equal(send(peer, 1460).len, 1460);
	assert_true(is_kept(peer));
	ip_do(&t->net,
	      "route replace 203.0.113.0/24 via 10.0.0.2 dev eth0 mtu 1400");
	testnet_flush(t, 0);
	assert_int_equal(tcp_write(peer->sock, bytes, 1), 1);
	testnet_run(t);
	memcpy(quote, testnet_next(t, 0)->bytes + ETH_HEADER_LEN, 28);
	len = packet_icmp(bytes, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, 900, quote,
			  28);
	ip = packet_header(TESTNET_HOST(0), US, IPPROTO_ICMP, len);
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
	peer->ack++;
	answer(peer, TCP_ACK);
	testnet_flush(t, 0);
	assert_int_equal(tcp_write(peer->sock, (uint8_t[1460]){ 0 }, 1460),
			 1460);
	testnet_run(t);
	for (len = 0; look(t, &seen); len += seen.len)
		assert_true(seen.ip.total_len <= 900);
	assert_int_equal(len, 1460);
	assert_false(is_kept(peer));
}

/* A segment that no longer fits its link is told of, not sent. */
static void
a_smaller_mtu_holds_at_once(void **state)
{
	struct peer *peer = *state;
	struct testnet *t = peer->t;
	struct seen seen;
	size_t len = 0;

	assert_int_equal(send(peer, 1460).len, 1460);
	assert_int_equal(netdev_set_mtu(&t->port[0].dev, 1000), OK);
	assert_int_equal(tcp_write(peer->sock, (uint8_t[1460]){ 0 }, 1460),
			 1460);
	testnet_run(t);
	testnet_advance(t, S_NS);
	for (; look(t, &seen); len += seen.len)
		assert_true(seen.ip.total_len <= 1000);
	assert_true(len > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_found_once),
		TEST(routes_rules_and_next_hops_may_change),
		TEST(several_next_hops_are_chosen_from_each_time),
		TEST(a_neighbour_may_get_another_address_and_go),
		TEST(our_own_address_is_the_source_that_is_read),
		TEST(what_the_header_says_may_change),
		TEST(the_path_may_become_narrower),
		TEST(a_smaller_mtu_holds_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
