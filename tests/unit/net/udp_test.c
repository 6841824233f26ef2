/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP: which datagrams reach whom, and what is sent. */
#include "net/udp.h"

#include "net/icmp.h"
#include "net/net.h"
#include "net/wire/udp.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST TESTNET_HOST(0)
#define US   TESTNET_ROUTER(0)

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

/* What a sock of these tests saw last. */
struct seen {
	unsigned int count, errors;
	struct sock_addr from, to;
	uint32_t len;
	uint8_t bytes[65536];
	uint8_t options[4]; /* behind the fixed IP header, if any */
	enum status error;
	bool close; /* closes itself when called */
};

static void
on_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	    const struct sock_addr *to)
{
	struct seen *seen = sock->ctx;

	seen->count++;
	seen->from = *from;
	seen->to = *to;
	seen->len = skb->len;
	memcpy(seen->options, skb_network(skb) + 20, sizeof(seen->options));
	skb_copy_out(skb, 0, seen->bytes, skb->len);
	skb_consume(skb);
	if (seen->close)
		udp_close(sock);
}

static void
on_error(struct sock *sock, enum status error)
{
	struct seen *seen = sock->ctx;

	seen->errors++;
	seen->error = error;
}

static const struct sock_ops ops = { .datagram = on_datagram,
				     .error = on_error };
static const struct sock_ops deaf_ops = { 0 };

static struct sock *
open_at(struct testnet *t, uint32_t addr, uint16_t port, struct seen *seen)
{
	const struct sock_addr local = { .addr = addr, .port = port };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &ops, seen, "test", &status);

	assert_non_null(sock);
	assert_int_equal(status, OK);
	return sock;
}

/* A datagram from eth0's host, port 3000. */
static void
send_to(struct testnet *t, uint32_t dst, uint16_t port, size_t len)
{
	uint8_t data[2048];
	struct ipv4 ip = packet_header(HOST, dst, IPPROTO_UDP, 8 + len);
	size_t n = packet_udp(data, &ip, 3000, port, NULL, len, true);

	testnet_inject_ipv4(t, 0, &ip, data, n);
}

static struct seen *
new_seen(void)
{
	return calloc(1, sizeof(struct seen));
}

/* ---- in: the header ----------------------------------------------------- */

static void
inject_raw(struct testnet *t, const uint8_t *data, size_t len)
{
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_UDP, len);

	testnet_inject_ipv4(t, 0, &ip, data, len);
}

/* covers: R1812-160, H1122-082, H1122-083, X768-001 */
static void
malformed_datagrams_end_in_silence(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_UDP, 16);
	uint8_t data[16];

	inject_raw(t, data, 0);
	packet_udp(data, &ip, 3000, 4000, NULL, 8, true);
	inject_raw(t, data, 7);
	assert_int_equal(testnet_drops(t, DROP_UDP_TRUNCATED), 2);
	inject_raw(t, data, 15);
	assert_int_equal(testnet_drops(t, DROP_UDP_SHORT), 1);
	data[5] = 7;
	inject_raw(t, data, 16);
	assert_int_equal(testnet_drops(t, DROP_UDP_LENGTH), 1);
	packet_udp(data, &ip, 3000, 0, NULL, 8, true);
	inject_raw(t, data, 16);
	assert_int_equal(testnet_drops(t, DROP_UDP_PORT_ZERO), 1);
	packet_udp(data, &ip, 3000, 4000, NULL, 8, true);
	for (size_t i = 0; i < 16; i++) {
		if (i == 2 || i == 4)
			continue;
		data[i] ^= 0x01;
		/* A length of 17 and a port of 4001 are other errors. */
		if (i != 5 && i != 3)
			inject_raw(t, data, 16);
		data[i] ^= 0x01;
	}
	assert_int_equal(testnet_drops(t, DROP_UDP_CSUM), 12);
	assert_int_equal(t->net.udp.stats.in_csum_errors, 12);
	assert_int_equal(t->net.udp.stats.in_errors, 17);
	assert_int_equal(seen->count, 0);
	assert_int_equal(testnet_count(t, 0), 0);
	udp_close(sock);
	free(seen);
}

/* covers: X768-002 */
static void
no_checksum_is_no_error(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_UDP, 16);
	uint8_t data[16];

	packet_udp(data, &ip, 3000, 4000, NULL, 8, false);
	inject_raw(t, data, 16);
	assert_int_equal(seen->count, 1);
	udp_close(sock);
	free(seen);
}

/* The IP packet may hold more than the datagram. */
static void
what_is_behind_the_datagram_is_cut_off(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	struct ipv4 ip = packet_header(HOST, US, IPPROTO_UDP, 30);
	uint8_t data[30] = { 0 };

	packet_udp(data, &ip, 3000, 4000, "hello", 5, true);
	inject_raw(t, data, sizeof(data));
	assert_int_equal(seen->count, 1);
	assert_int_equal(seen->len, 5);
	assert_memory_equal(seen->bytes, "hello", 5);
	udp_close(sock);
	free(seen);
}

/* ---- in: whose ---------------------------------------------------------- */

static void
the_closest_fit_gets_it(void **state)
{
	struct testnet *t = *state;
	struct seen *any = new_seen(), *bound = new_seen(), *peer = new_seen();
	const struct sock_addr remote = { .addr = HOST, .port = 3000 };
	struct sock *sock[3] = {
		open_at(t, TESTNET_ROUTER(1), 4000, any),
		open_at(t, US, 4000, bound),
		NULL,
	};

	send_to(t, TESTNET_ROUTER(1), 4000, 8);
	assert_int_equal(any->count, 1);
	send_to(t, US, 4000, 8);
	assert_int_equal(bound->count, 1);
	assert_int_equal(bound->from.addr, HOST);
	assert_int_equal(bound->from.port, 3000);
	assert_int_equal(bound->to.addr, US);
	assert_int_equal(bound->to.port, 4000);
	/* A connected one beside one for all. */
	sock[2] = open_at(t, 0, 5000, peer);
	assert_int_equal(udp_connect(sock[2], &remote), OK);
	assert_int_equal(sock[2]->local.addr, US);
	send_to(t, US, 5000, 8);
	assert_int_equal(peer->count, 1);
	sock[2]->remote.port = 3001;
	send_to(t, US, 5000, 8);
	assert_int_equal(peer->count, 1);
	assert_int_equal(testnet_drops(t, DROP_NO_SOCKET), 1);
	for (size_t i = 0; i < 3; i++)
		udp_close(sock[i]);
	free(any);
	free(bound);
	free(peer);
}

/* [RFC1122 4.1.3.1] */
/* covers: H1122-038, H1122-079 */
static void
a_closed_port_draws_port_unreachable(void **state)
{
	struct testnet *t = *state;
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	send_to(t, US, 4000, 600);
	assert_int_equal(testnet_drops(t, DROP_NO_SOCKET), 1);
	assert_int_equal(t->net.udp.stats.no_ports, 1);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(data[0], ICMP_UNREACHABLE);
	assert_int_equal(data[1], ICMP_PORT_UNREACHABLE);
	assert_int_equal(ip.src, US);
	assert_int_equal(ip.total_len, 576);
	/* The ports are in it. */
	assert_memory_equal(data + 28, "\x0b\xb8\x0f\xa0", 4);
}

static void
broadcast_reaches_all_that_fit_and_no_one_complains(void **state)
{
	struct testnet *t = *state;
	struct seen *any = new_seen(), *bound = new_seen(), *other = new_seen();
	struct sock *sock[3] = {
		open_at(t, US, 4000, bound),
		open_at(t, TESTNET_ROUTER(1), 4000, any),
		open_at(t, 0, 4001, other),
	};

	send_to(t, TESTNET_BROADCAST(0), 4000, 8);
	assert_int_equal(any->count, 1);
	assert_int_equal(bound->count, 1);
	assert_int_equal(other->count, 0);
	assert_int_equal(bound->to.addr, TESTNET_BROADCAST(0));
	assert_int_equal(bound->len, 8);
	/* A copy that cannot be had is a copy less. */
	t->net.core[0].skb_pool.fail_after = 2;
	send_to(t, TESTNET_BROADCAST(0), 4000, 8);
	assert_int_equal(any->count + bound->count, 3);
	send_to(t, TESTNET_BROADCAST(0), 4002, 8);
	assert_int_equal(testnet_drops(t, DROP_UDP_IGNORED_MULTI), 1);
	assert_int_equal(t->net.udp.stats.ignored_multi, 1);
	assert_int_equal(testnet_count(t, 0), 0);
	for (size_t i = 0; i < 3; i++)
		udp_close(sock[i]);
	free(any);
	free(bound);
	free(other);
}

static void
a_sock_may_close_itself_when_called(void **state)
{
	struct testnet *t = *state;
	struct seen *a = new_seen(), *b = new_seen();

	a->close = b->close = true;
	open_at(t, US, 4000, a);
	open_at(t, TESTNET_ROUTER(1), 4000, b);
	send_to(t, TESTNET_BROADCAST(0), 4000, 8);
	assert_int_equal(a->count, 1);
	assert_int_equal(b->count, 1);
	open_at(t, US, 4000, a);
	send_to(t, US, 4000, 8);
	assert_int_equal(a->count, 2);
	send_to(t, US, 4000, 8);
	assert_int_equal(testnet_drops(t, DROP_NO_SOCKET), 1);
	assert_int_equal(t->net.udp.pool.used_count, 0);
	free(a);
	free(b);
}

static void
a_deaf_sock_swallows(void **state)
{
	struct testnet *t = *state;
	const struct sock_addr local = { .port = 4000 };
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &deaf_ops, NULL, "test", &status);

	send_to(t, US, 4000, 8);
	assert_int_equal(udp_sock_of(sock)->rx_packets, 1);
	assert_int_equal(udp_sock_of(sock)->rx_bytes, 8);
	assert_int_equal(testnet_drops_all(t), 0);
	udp_close(sock);
}

/* ---- out ---------------------------------------------------------------- */

static struct skb *
payload(struct testnet *t, const void *bytes, size_t len)
{
	struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);
	bool ok = skb_copy_in(skb, bytes, len);

	assert_true(ok);
	return skb;
}

static void
assert_udp_sent(struct testnet *t, unsigned int port, uint32_t src,
		const void *bytes, size_t want_len)
{
	const uint8_t *data;
	struct ipv4 ip;
	struct udp udp;
	uint32_t sum;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, port, &ip, &data, &len));
	assert_int_equal(ip.src, src);
	assert_int_equal(udp_parse(data, len, &udp), DROP_NONE);
	assert_int_equal(udp.len, len);
	assert_int_not_equal(udp.checksum, 0);
	sum = checksum_pseudo(ip.src, ip.dst, IPPROTO_UDP, udp.len);
	assert_int_equal(checksum_fold(checksum_add(sum, data, len)), 0);
	assert_int_equal(len - 8, want_len);
	assert_memory_equal(data + 8, bytes, want_len);
}

/* covers: R1812-160, R1812-161, H1122-082 */
static void
datagrams_leave_with_checksums(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	const struct sock_addr from = { .addr = TESTNET_ROUTER(1) };
	const struct sock_addr far = { .addr = TESTNET_HOST(1), .port = 9 };

	udp_send(sock, payload(t, "hello", 5), &to, NULL);
	assert_udp_sent(t, 0, US, "hello", 5);
	udp_send(sock, payload(t, "", 0), &to, &from);
	assert_udp_sent(t, 0, TESTNET_ROUTER(1), "", 0);
	assert_int_equal(udp_connect(sock, &far), OK);
	udp_send(sock, payload(t, "connected", 9), NULL, NULL);
	assert_udp_sent(t, 1, TESTNET_ROUTER(1), "connected", 9);
	assert_int_equal(udp_sock_of(sock)->tx_packets, 3);
	assert_int_equal(udp_sock_of(sock)->tx_bytes, 14);
	assert_int_equal(t->net.udp.stats.out_datagrams, 3);
	udp_close(sock);
	free(seen);
}

/* [RFC1122 4.1.3.2] */
/* covers: R1812-015, H1122-028, H1122-080, R1812-092 */
static void
ip_options_go_both_ways(void **state)
{
	struct testnet *t = *state;
	static const uint8_t options[4] = { 148, 4, 0, 0 };
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	uint8_t *large = calloc(1, 65504);
	uint8_t bytes[16];
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	udp_sock_of(sock)->options = options;
	udp_sock_of(sock)->options_len = sizeof(options);
	udp_send(sock, payload(t, "hello", 5), &to, NULL);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	assert_int_equal(ip.header_len, 24);
	assert_memory_equal(ip.options, options, sizeof(options));
	udp_send(sock, payload(t, large, 65503), &to, NULL);
	assert_true(testnet_flush(t, 0) > 40);
	udp_send(sock, payload(t, large, 65504), &to, NULL);
	assert_int_equal(testnet_drops(t, DROP_UDP_TOO_LONG), 1);
	ip = packet_header(HOST, US, IPPROTO_UDP, sizeof(bytes));
	packet_udp(bytes, &ip, 3000, 4000, NULL, 8, true);
	packet_add_options(&ip, options, sizeof(options));
	testnet_inject_ipv4(t, 0, &ip, bytes, sizeof(bytes));
	assert_int_equal(seen->count, 1);
	assert_memory_equal(seen->options, options, sizeof(options));
	udp_close(sock);
	free(large);
	free(seen);
}

/* [RFC768]: a sum of zero is sent as all ones. */
/* covers: X768-002 */
static void
a_checksum_of_zero_is_sent_as_ones(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	unsigned int ones = 0;

	for (uint32_t i = 0; i <= 0xffff; i++) {
		const uint8_t bytes[2] = { (uint8_t)(i >> 8), (uint8_t)i };
		const struct testnet_frame *frame;

		udp_send(sock, payload(t, bytes, 2), &to, NULL);
		frame = testnet_next(t, 0);
		assert_non_null(frame);
		assert_false(frame->bytes[40] == 0 && frame->bytes[41] == 0);
		ones += frame->bytes[40] == 0xff && frame->bytes[41] == 0xff;
	}
	assert_true(ones == 1 || ones == 2);
	udp_close(sock);
	free(seen);
}

static void
senders_hear_why_nothing_left(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	const struct sock_addr no_port = { .addr = HOST };
	const struct sock_addr nowhere = { .addr = IPV4_ADDR(203, 0, 113, 1),
					   .port = 9 };
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	uint8_t *large = calloc(1, 65508);

	udp_send(sock, payload(t, "x", 1), NULL, NULL);
	udp_send(sock, payload(t, "x", 1), &no_port, NULL);
	assert_int_equal(testnet_drops(t, DROP_UDP_NO_DEST), 2);
	assert_int_equal(seen->error, ERR_INVAL);
	udp_send(sock, payload(t, "x", 1), &nowhere, NULL);
	assert_int_equal(testnet_drops(t, DROP_IP_OUTNOROUTES), 1);
	assert_int_equal(seen->error, ERR_NETUNREACH);
	udp_send(sock, payload(t, large, 65508), &to, NULL);
	assert_int_equal(testnet_drops(t, DROP_UDP_TOO_LONG), 1);
	assert_int_equal(seen->error, ERR_MSGSIZE);
	sock->dont_fragment = true;
	udp_send(sock, payload(t, large, 1473), &to, NULL);
	assert_int_equal(testnet_drops(t, DROP_PKT_TOO_BIG), 1);
	assert_int_equal(seen->error, ERR_MSGSIZE);
	assert_int_equal(seen->errors, 5);
	assert_int_equal(udp_sock_of(sock)->drops, 4);
	assert_int_equal(testnet_count(t, 0), 0);
	sock->dont_fragment = false;
	udp_send(sock, payload(t, large, 65507), &to, NULL);
	assert_int_equal(testnet_flush(t, 0), 45);
	udp_close(sock);
	free(large);
	free(seen);
}

/* hello, with so many bytes before it. */
static struct skb *
hello_after(struct testnet *t, size_t headroom)
{
	struct skb *skb = payload(t, "", 0);

	skb->data = skb->tail = skb->head + headroom;
	memcpy(skb_put(skb, 5), "hello", 5);
	return skb;
}

/* Buffers allocated on the way out. */
static uint32_t
cost(struct testnet *t, struct sock *sock, struct skb *skb)
{
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	uint64_t before = t->net.core[0].account.port[0].born;

	udp_send(sock, skb, &to, NULL);
	assert_udp_sent(t, 0, US, "hello", 5);
	return (uint32_t)(t->net.core[0].account.port[0].born - before);
}

static void
only_without_headroom_or_shared_a_buffer_is_needed(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	const struct sock_addr to = { .addr = HOST, .port = 9 };
	struct skb *kept = hello_after(t, 64);

	assert_int_equal(cost(t, sock, hello_after(t, 42)), 0);
	assert_int_equal(cost(t, sock, hello_after(t, 41)), 1);
	assert_int_equal(cost(t, sock, hello_after(t, 0)), 1);
	assert_int_equal(cost(t, sock, skb_clone(kept)), 1);
	skb_consume(kept);
	kept = hello_after(t, 41);
	t->net.core[0].skb_pool.fail_after = 1;
	udp_send(sock, kept, &to, NULL);
	assert_int_equal(testnet_drops(t, DROP_NOMEM), 1);
	udp_close(sock);
	free(seen);
}

/* ---- errors ------------------------------------------------------------- */

/* covers: H1122-035, H1122-039, H1122-046, H1122-048, H1122-081 */
static void
icmp_errors_reach_the_sock_that_sent(void **state)
{
	struct testnet *t = *state;
	static const struct {
		uint8_t type, code;
		enum status error;
	} rows[] = {
		{ ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE, ERR_NETUNREACH },
		{ ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, ERR_HOSTUNREACH },
		{ ICMP_UNREACHABLE, ICMP_PROTO_UNREACHABLE, ERR_REFUSED },
		{ ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, ERR_REFUSED },
		{ ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, ERR_MSGSIZE },
		{ ICMP_UNREACHABLE, ICMP_ADMIN_PROHIBITED, ERR_HOSTUNREACH },
		{ ICMP_TIME_EXCEEDED, 0, ERR_TIMEOUT },
		{ ICMP_PARAMETER_PROBLEM, 0, ERR_INVAL },
	};
	struct seen *seen = new_seen(), *other = new_seen();
	struct sock *sock = open_at(t, 0, 4000, seen);
	struct sock *beside = open_at(t, 0, 4001, other);
	uint8_t quoted[28], bytes[64];
	struct ipv4 ip;
	size_t len;

	ip = packet_header(US, HOST, IPPROTO_UDP, 8);
	ipv4_emit(&ip, quoted);
	packet_udp(quoted + 20, &ip, 4000, 9, NULL, 0, true);
	/* As if it had been sent, with DF. */
	ip.total_len = 1500;
	path_note_sent(&t->net, &ip, quoted + 20, 8);
	for (unsigned int i = 0; i < array_len(rows); i++) {
		len = packet_icmp(bytes, rows[i].type, rows[i].code, 0, quoted,
				  28);
		ip = packet_header(HOST, US, IPPROTO_ICMP, len);
		testnet_inject_ipv4(t, 0, &ip, bytes, len);
		assert_int_equal(seen->errors, i + 1);
		assert_int_equal(seen->error, rows[i].error);
	}
	assert_int_equal(other->errors, 0);
	/* About a port that nobody has: no harm. */
	udp_close(sock);
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
	assert_int_equal(testnet_drops_all(t), 0);
	udp_close(beside);
	free(seen);
	free(other);
}

/* ---- socks -------------------------------------------------------------- */

/* covers: R1812-038 */
static void
binding_follows_the_rules(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *a = open_at(t, US, 4000, seen), *b;
	const struct sock_addr bad[] = {
		{ .addr = US, .port = 4000 },
		{ .addr = 0, .port = 4000 },
		{ .addr = IPV4_ADDR(203, 0, 113, 1), .port = 4001 },
		{ .addr = TESTNET_BROADCAST(0), .port = 4001 },
		{ .addr = IPV4_BROADCAST, .port = 4001 },
		{ .addr = IPV4_ADDR(224, 0, 0, 1), .port = 4001 },
	};
	const enum status why[] = { ERR_EXIST, ERR_EXIST, ERR_INVAL,
				    ERR_INVAL, ERR_INVAL, ERR_INVAL };
	const struct sock_addr no_peer = { .addr = HOST };
	const struct sock_addr nowhere = { .addr = IPV4_ADDR(203, 0, 113, 1),
					   .port = 1 };
	enum status status;

	for (size_t i = 0; i < array_len(bad); i++) {
		assert_null(udp_open(&t->net, &bad[i], &ops, seen, "test",
				     &status));
		assert_int_equal(status, why[i]);
	}
	b = open_at(t, TESTNET_ROUTER(1), 4000, seen);
	assert_int_equal(udp_connect(b, &no_peer), ERR_INVAL);
	assert_int_equal(udp_connect(b, &nowhere), ERR_NETUNREACH);
	t->net.udp.pool.fail_after = 1;
	assert_null(udp_open(&t->net, &(struct sock_addr){ .port = 5000 }, &ops,
			     seen, "test", &status));
	assert_int_equal(status, ERR_NOMEM);
	udp_close(a);
	udp_close(b);
	free(seen);
}

static void
count_sock(void *ctx, struct sock *sock)
{
	++*(unsigned int *)ctx;
}

/* [RFC6056]: from the whole range, and not one after another. */
static void
chosen_ports_cannot_be_guessed(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock[64];
	unsigned int near = 0, high = 0, count = 0;
	enum status status;

	for (size_t i = 0; i < array_len(sock); i++) {
		sock[i] = udp_open(&t->net, &(struct sock_addr){ 0 }, &ops,
				   seen, "test", &status);
		assert_non_null(sock[i]);
		assert_in_range(sock[i]->local.port, 32768, 60999);
		high += sock[i]->local.port > 46884;
		if (i > 0)
			near += (uint16_t)(sock[i]->local.port -
					   sock[i - 1]->local.port) < 64;
	}
	assert_in_range(high, 16, 48);
	assert_true(near < 4);
	udp_for_each(&t->net, count_sock, &count);
	assert_int_equal(count, array_len(sock));
	for (size_t i = 0; i < array_len(sock); i++)
		udp_close(sock[i]);
	free(seen);
}

static void
no_free_port_is_an_answer_too(void **state)
{
	struct testnet *t = *state;
	struct seen *seen = new_seen();
	struct sock *sock[3];
	enum status status;

	t->net.ipv4_param.ip_local_port_first = 40000;
	t->net.ipv4_param.ip_local_port_last = 40002;
	for (size_t i = 0; i < 3; i++)
		sock[i] = udp_open(&t->net, &(struct sock_addr){ 0 }, &ops,
				   seen, "test", &status);
	assert_int_equal(sock[0]->local.port + sock[1]->local.port +
				 sock[2]->local.port,
			 120003);
	assert_null(udp_open(&t->net, &(struct sock_addr){ 0 }, &ops, seen,
			     "test", &status));
	assert_int_equal(status, ERR_RANGE);
	/* One port is a range, too. */
	t->net.ipv4_param.ip_local_port_first = sock[0]->local.port;
	t->net.ipv4_param.ip_local_port_last = sock[0]->local.port;
	udp_close(sock[0]);
	sock[0] = udp_open(&t->net, &(struct sock_addr){ 0 }, &ops, seen,
			   "test", &status);
	assert_non_null(sock[0]);
	t->net.ipv4_param.ip_local_port_first = 40000;
	t->net.ipv4_param.ip_local_port_last = 39999;
	assert_null(udp_open(&t->net, &(struct sock_addr){ 0 }, &ops, seen,
			     "test", &status));
	assert_int_equal(status, ERR_RANGE);
	/* The last two are left open: udp_fini() closes them. */
	udp_close(sock[0]);
	free(seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(malformed_datagrams_end_in_silence),
		TEST(no_checksum_is_no_error),
		TEST(what_is_behind_the_datagram_is_cut_off),
		TEST(the_closest_fit_gets_it),
		TEST(a_closed_port_draws_port_unreachable),
		TEST(broadcast_reaches_all_that_fit_and_no_one_complains),
		TEST(a_sock_may_close_itself_when_called),
		TEST(a_deaf_sock_swallows),
		TEST(datagrams_leave_with_checksums),
		TEST(ip_options_go_both_ways),
		TEST(a_checksum_of_zero_is_sent_as_ones),
		TEST(senders_hear_why_nothing_left),
		TEST(only_without_headroom_or_shared_a_buffer_is_needed),
		TEST(icmp_errors_reach_the_sock_that_sent),
		TEST(binding_follows_the_rules),
		TEST(chosen_ports_cannot_be_guessed),
		TEST(no_free_port_is_an_answer_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
