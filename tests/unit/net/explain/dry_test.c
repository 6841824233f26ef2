/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dry runs of packets that would change something seldom: connections, cookies,
 * paths, groups, fragments at the limit. What is foretold then happens;
 * wire_test.c has the rest, at random.
 */

#include "net/explain/dry.h"

#include "net/icmp.h"
#include "net/igmp.h"
#include "net/tcp/internal.h"
#include "net/wire/eth.h"
#include "net/wire/igmp.h"
#include "tests/host/host.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PORT 7000u

struct lab {
	struct testnet *t;
	struct explain_dry *dry;
	struct sock *listener, *child;
};

static void
end_dry(void *dry)
{
	host_gone(dry);
	explain_dry_free(dry);
}

static int
setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->t = testnet_new(2);
	lab->dry = explain_dry_new(&lab->t->net, 2000);
	assert_non_null(lab->dry);
	host_born(end_dry, lab->dry);
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;

	end_dry(lab->dry);
	testnet_free(lab->t);
	free(lab);
	return 0;
}

/* What would become of it, coming in by port 0. */
static const struct explain *
think(struct lab *lab, const struct ipv4 *ip, const uint8_t *bytes, size_t len)
{
	const struct eth eth = { .type = ETHERTYPE_IPV4 };
	struct netdev *dev = &lab->t->port[0].dev;
	uint8_t frame[2000];
	struct eth to = eth;

	testnet_host_mac(0, 2, to.src);
	memcpy(to.dst, dev->addr, ETH_ADDR_LEN);
	if (ip->dst >> 28 == 0xe)
		eth_group_addr(ip->dst, to.dst);
	eth_emit(&to, frame);
	ipv4_emit(ip, frame + ETH_HEADER_LEN);
	memcpy(frame + ETH_HEADER_LEN + ip->header_len, bytes, len);
	return explain_dry_frame(lab->dry, dev, frame,
				 ETH_HEADER_LEN + ip->header_len + len);
}

static bool
tells(const struct explain *story, enum explain_kind kind)
{
	for (unsigned int i = 0; i < story->note_count; i++)
		if (story->note[i].kind == kind)
			return true;
	return false;
}

/* ---- TCP ---------------------------------------------------------------- */

static void
on_established(struct sock *sock)
{
	((struct lab *)sock->ctx)->child = sock;
}

static void
on_closed(struct sock *sock, enum status why)
{
	((struct lab *)sock->ctx)->child = NULL;
}

static const struct sock_ops ops = {
	.established = on_established,
	.closed = on_closed,
};

static void
listen(struct lab *lab)
{
	const struct sock_addr any = { .port = PORT };
	enum status status;

	lab->listener =
		tcp_listen(&lab->t->net, &any, 8, &ops, lab, "test", &status);
	assert_non_null(lab->listener);
}

static struct ipv4
segment(uint8_t bytes[TCP_HEADER_LEN], uint8_t flags, uint32_t seq,
	uint32_t ack)
{
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
					     IPPROTO_TCP, TCP_HEADER_LEN);
	uint32_t sum =
		checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, TCP_HEADER_LEN);
	struct tcp h = {
		.sport = 1234,
		.dport = PORT,
		.seq = seq,
		.ack = ack,
		.flags = flags,
		.header_len = TCP_HEADER_LEN,
		.window = 8000,
	};

	tcp_emit(&h, bytes);
	h.checksum = checksum_fold(checksum_add(sum, bytes, TCP_HEADER_LEN));
	tcp_emit(&h, bytes);
	return ip;
}

static const struct explain *
think_segment(struct lab *lab, uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t bytes[TCP_HEADER_LEN];
	const struct ipv4 ip = segment(bytes, flags, seq, ack);

	return think(lab, &ip, bytes, sizeof(bytes));
}

static void
send_segment(struct lab *lab, uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t bytes[TCP_HEADER_LEN];
	const struct ipv4 ip = segment(bytes, flags, seq, ack);

	testnet_inject_ipv4(lab->t, 0, &ip, bytes, sizeof(bytes));
}

/* The sequence number of what the box sent last. */
static uint32_t
our_seq(struct lab *lab)
{
	const uint8_t *bytes;
	struct ipv4 ip;
	struct tcp h;
	size_t len;

	assert_non_null(testnet_next_ipv4(lab->t, 0, &ip, &bytes, &len));
	assert_int_equal(tcp_parse(bytes, len, &h), DROP_NONE);
	return h.seq;
}

static void
a_connection_is_only_thought_of(void **state)
{
	struct lab *lab = *state;
	struct tcp_table *tcp = &lab->t->net.tcp;
	uint32_t socks, isn;

	listen(lab);
	socks = tcp->pool.used_count;
	assert_true(
		tells(think_segment(lab, TCP_SYN, 100, 0), EXPLAIN_TCP_SYN));
	assert_int_equal(tcp->pool.used_count, socks);
	assert_int_equal(testnet_count(lab->t, 0), 0);
	send_segment(lab, TCP_SYN, 100, 0);
	isn = our_seq(lab);
	send_segment(lab, TCP_ACK, 101, isn + 1);
	assert_non_null(lab->child);
	/* What it makes of a reset is its own affair. */
	assert_true(tells(think_segment(lab, TCP_RST, 101, 0),
			  EXPLAIN_TCP_CONNECTION));
	assert_non_null(lab->child);
	assert_int_equal(tcp_state(lab->child), TCP_ESTABLISHED);
	/* Closed by us first: TIME-WAIT, of which a dry run takes nothing. */
	tcp_shutdown(lab->child);
	testnet_run(lab->t);
	send_segment(lab, TCP_FIN | TCP_ACK, 101, isn + 2);
	assert_int_equal(tcp->tw_pool.used_count, 1);
	testnet_flush(lab->t, 0);
	assert_true(tells(think_segment(lab, TCP_RST, 102, 0),
			  EXPLAIN_TCP_TIMEWAIT));
	assert_int_equal(tcp->tw_pool.used_count, 1);
	send_segment(lab, TCP_RST, 102, 0);
	assert_int_equal(tcp->tw_pool.used_count, 0);
	tcp_close(lab->listener);
	testnet_run(lab->t);
}

/* A SYN cookie that comes back would make a connection; a forged one not. */
static void
a_cookie_is_recognised(void **state)
{
	struct lab *lab = *state;
	const struct explain *story;
	uint32_t isn;

	listen(lab);
	lab->t->net.tcp.param.tcp_syncookies = 2;
	assert_true(
		tells(think_segment(lab, TCP_SYN, 100, 0), EXPLAIN_TCP_COOKIE));
	send_segment(lab, TCP_SYN, 100, 0);
	isn = our_seq(lab);
	story = think_segment(lab, TCP_ACK, 101, isn + 2);
	assert_int_equal(story->verdict.end, EXPLAIN_END_DROPPED);
	assert_int_equal(story->verdict.drop, DROP_TCP_LISTEN_ACK);
	story = think_segment(lab, TCP_ACK, 101, isn + 1);
	assert_int_equal(story->verdict.end, EXPLAIN_END_DELIVERED);
	assert_true(tells(story, EXPLAIN_TCP_CONNECTION));
	assert_null(lab->child);
	send_segment(lab, TCP_ACK, 101, isn + 1);
	assert_non_null(lab->child);
	tcp_abort(lab->child);
	tcp_close(lab->listener);
	testnet_run(lab->t);
}

/* Without room for one more sock neither begins. */
static void
without_socks_there_is_no_connection(void **state)
{
	struct lab *lab = *state;
	struct pool *pool = &lab->t->net.tcp.pool;
	void *free, *socks = NULL;
	uint32_t isn;

	listen(lab);
	lab->t->net.tcp.param.tcp_syncookies = 2;
	send_segment(lab, TCP_SYN, 100, 0);
	isn = our_seq(lab);
	lab->t->net.tcp.param.tcp_syncookies = 1;
	while ((free = pool_get(pool))) {
		*(void **)free = socks;
		socks = free;
	}
	assert_int_equal(think_segment(lab, TCP_SYN, 500, 0)->verdict.drop,
			 DROP_TCP_SOCKS);
	assert_int_equal(
		think_segment(lab, TCP_ACK, 101, isn + 1)->verdict.drop,
		DROP_TCP_SOCKS);
	while ((free = socks)) {
		socks = *(void **)free;
		pool_put(pool, free);
	}
	tcp_close(lab->listener);
	testnet_run(lab->t);
}

/* ---- ICMP, IGMP ---------------------------------------------------------- */

static void
a_group_s_news_change_nothing(void **state)
{
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), IGMP_ALL_HOSTS,
					     IPPROTO_IGMP, IGMP_LEN);
	struct lab *lab = *state;
	struct ipv4 near = ip;
	uint8_t bytes[IGMP_LEN];

	near.ttl = 1;
	igmp_emit(IGMP_QUERY, 0, bytes); /* of version 1 */
	assert_true(
		tells(think(lab, &near, bytes, sizeof(bytes)), EXPLAIN_IGMP));
	assert_int_equal(lab->t->net.igmp.stats.in_queries, 0);
	assert_int_equal(igmp_version(&lab->t->port[0].dev), 3);
	testnet_inject_ipv4(lab->t, 0, &near, bytes, sizeof(bytes));
	assert_int_equal(igmp_version(&lab->t->port[0].dev), 1);
}

/* An ICMP message about an echo request of ours. */
static size_t
about_ours(struct lab *lab, uint8_t type, uint8_t code, uint32_t info,
	   uint32_t dst, uint8_t *bytes)
{
	const struct icmp_ping ping = { .dst = dst,
					.data_len = 1000,
					.df = DF_ALWAYS };
	const struct testnet_frame *frame;

	assert_int_equal(icmp_ping_send(&lab->t->net, &ping), OK);
	testnet_run(lab->t);
	frame = testnet_next(lab->t, 0);
	assert_non_null(frame);
	return packet_icmp(bytes, type, code, info,
			   frame->bytes + ETH_HEADER_LEN, 28);
}

static uint32_t
mtu_to(struct lab *lab, uint32_t dst)
{
	const struct ipv4_out how = { .dst = dst, .proto = IPPROTO_TCP };
	uint32_t src, mtu = 0;

	assert_int_equal(ipv4_route_info(&lab->t->net, &how, &src, &mtu), OK);
	return mtu;
}

static void
a_path_is_not_narrowed(void **state)
{
	const uint32_t far = 0x14000001;
	struct lab *lab = *state;
	uint8_t bytes[ICMP_HEADER_LEN + 28];
	struct ipv4 ip;
	size_t len;

	testnet_route(lab->t, 0x14000000, 8, TESTNET_HOST(0), 0);
	len = about_ours(lab, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, 700, far,
			 bytes);
	ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), IPPROTO_ICMP,
			   len);
	assert_int_equal(think(lab, &ip, bytes, len)->verdict.end,
			 EXPLAIN_END_DELIVERED);
	assert_int_equal(mtu_to(lab, far), 1500);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, len);
	assert_int_equal(mtu_to(lab, far), 700);
}

static void
a_redirect_is_not_obeyed(void **state)
{
	const uint32_t far = 0x14000001;
	struct lab *lab = *state;
	struct net *net = &lab->t->net;
	const struct flow flow = { .dst = far };
	uint8_t bytes[ICMP_HEADER_LEN + 28];
	struct ipv4 ip;
	size_t len;

	net->ipv4_param.ip_forward = 0;
	for (unsigned int i = 0; i < array_len(net->conf); i++) {
		net->conf[i].forwarding = 0;
		net->conf[i].accept_redirects = 1;
	}
	net->conf_all.accept_redirects = 1;
	testnet_route(lab->t, 0x14000000, 8, TESTNET_HOST(0), 0);
	len = about_ours(lab, ICMP_REDIRECT, 1, TESTNET_ADDR(0, 3), far, bytes);
	ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), IPPROTO_ICMP,
			   len);
	assert_int_equal(think(lab, &ip, bytes, len)->verdict.end,
			 EXPLAIN_END_DELIVERED);
	assert_int_equal(net->paths.count, 0);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, len);
	assert_int_equal(net->paths.count, 1);
	assert_non_null(fib_find(net, &flow));
}

/* ---- fragments ----------------------------------------------------------- */

/* What the next fragment would push out is not there for it. */
static void
a_full_table_would_give_up_the_oldest(void **state)
{
	static const uint8_t bytes[1400];
	struct lab *lab = *state;
	struct frag_table *table = &lab->t->net.frag;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
				       IPPROTO_UDP, sizeof(bytes));
	uint32_t before;

	ip.flags = IPV4_MF;
	for (ip.id = 1; ip.id <= 8; ip.id++) {
		ip.src = TESTNET_ADDR(0, ip.id + 1); /* each has a share */
		testnet_inject_ipv4(lab->t, 0, &ip, bytes, sizeof(bytes));
	}
	before = (uint32_t)table->memory_len;
	/* There is room: the first one's rest is added to it. */
	ip.id = 1;
	ip.src = TESTNET_HOST(0);
	ip.flags = 0;
	ip.frag_offset = sizeof(bytes);
	assert_int_not_equal(think(lab, &ip, bytes, sizeof(bytes))->verdict.end,
			     EXPLAIN_END_HELD);
	/* There is none: it would be given up, and its rest waits alone. */
	table->param.ipfrag_high_thresh = before;
	table->param.ipfrag_low_thresh = before * 3 / 4;
	assert_int_equal(think(lab, &ip, bytes, sizeof(bytes))->verdict.end,
			 EXPLAIN_END_HELD);
	/* The newest would stay. */
	ip.id = 8;
	ip.src = TESTNET_ADDR(0, 9);
	assert_int_not_equal(think(lab, &ip, bytes, sizeof(bytes))->verdict.end,
			     EXPLAIN_END_HELD);
	assert_int_equal(table->memory_len, before);
	testnet_advance(lab->t, 60 * S_NS);
}

/* ---- memory ------------------------------------------------------------- */

/* Memory was taken for shorter packets: the story says that it is none. */
static void
too_little_memory_is_told(void **state)
{
	struct lab *lab = *state;
	struct explain_packet packet = {
		.src = TESTNET_HOST(0),
		.dst = TESTNET_HOST(1),
		.proto = IPPROTO_UDP,
		.len = EXPLAIN_LEN_MAX,
	};

	assert_int_equal(netdev_set_mtu(&lab->t->port[1].dev, 68), OK);
	assert_true(explain_dry_in(lab->dry, &lab->t->port[0].dev, &packet)
			    ->starved);
	packet.src = 0;
	assert_true(explain_dry_out(lab->dry, &packet)->starved);
	packet.len = 100;
	assert_false(explain_dry_out(lab->dry, &packet)->starved);
	assert_int_equal(testnet_count(lab->t, 1), 0);
}

/* The stack itself has no buffers: then its packet would have none. */
static void
without_buffers_nothing_would_be_sent(void **state)
{
	struct lab *lab = *state;
	struct skb_pool *pool = &lab->t->net.core[0].skb_pool;
	struct explain_packet packet = {
		.dst = TESTNET_HOST(1),
		.proto = IPPROTO_UDP,
		.len = 5000,
	};
	struct skb_queue all;
	const struct explain *story;

	skb_queue_init(&all);
	while (pool->free_count > 1)
		skb_queue_push(&all, skb_alloc(pool));
	story = explain_dry_out(lab->dry, &packet);
	assert_int_equal(story->verdict.end, EXPLAIN_END_NONE);
	assert_false(story->starved);
	skb_queue_push(&all, skb_alloc(pool));
	story = explain_dry_out(lab->dry, &packet);
	assert_int_equal(story->verdict.end, EXPLAIN_END_NONE);
	while (all.first)
		skb_consume(skb_queue_pop(&all));
	story = explain_dry_out(lab->dry, &packet);
	assert_int_equal(story->verdict.end, EXPLAIN_END_SENT);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_is_only_thought_of),
		TEST(a_cookie_is_recognised),
		TEST(without_socks_there_is_no_connection),
		TEST(a_group_s_news_change_nothing),
		TEST(a_path_is_not_narrowed),
		TEST(a_redirect_is_not_obeyed),
		TEST(a_full_table_would_give_up_the_oldest),
		TEST(too_little_memory_is_told),
		TEST(without_buffers_nothing_would_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
