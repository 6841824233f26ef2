/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of applications, both ends in one stack over lo; what cannot be
 * sent by a peer in a scenario; and every packet buffer refused once.
 */
#include "net/tcp/tcp.h"

#include "net/wire/tcp.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define PORT 7000u

/* One end: writes what it is given and keeps count of what it gets. */
struct end {
	struct sock *sock;
	uint32_t to_send, sent, got;
	bool echo, eof, closed, established;
	enum status why;
};

struct both {
	struct testnet *t;
	struct sock *listener;
	struct end client, server;
};

static void
push(struct end *end)
{
	uint8_t bytes[3000];
	size_t len;

	while (end->sent < end->to_send) {
		len = min_of(end->to_send - end->sent, 3000u);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)((end->sent + i) * 3);
		len = tcp_write(end->sock, bytes, len);
		end->sent += (uint32_t)len;
		if (len == 0)
			return;
	}
	if (!end->echo)
		tcp_shutdown(end->sock);
}

static void
on_established(struct sock *sock)
{
	struct both *both = sock->ctx;
	struct end *end =
		sock->local.port == PORT ? &both->server : &both->client;

	end->sock = sock;
	end->established = true;
	push(end);
}

static struct end *
end_of(struct sock *sock)
{
	struct both *both = sock->ctx;

	return sock->local.port == PORT ? &both->server : &both->client;
}

static void
on_readable(struct sock *sock)
{
	struct end *end = end_of(sock);
	struct skb *skb;
	uint8_t byte;

	/* An echo takes no more than it can give back. */
	while ((!end->echo || tcp_room(sock)) && (skb = tcp_recv(sock))) {
		for (uint32_t i = 0; i < skb->len; i++) {
			skb_copy_out(skb, i, &byte, 1);
			assert_int_equal(byte, (uint8_t)(end->got * 3));
			end->got++;
		}
		if (end->echo)
			assert_int_equal(tcp_send(sock, skb), OK);
		else
			skb_consume(skb);
	}
	if (tcp_eof(sock) && !end->eof) {
		end->eof = true;
		if (end->echo)
			tcp_shutdown(sock);
	}
}

static void
on_writable(struct sock *sock)
{
	push(end_of(sock));
	if (end_of(sock)->echo)
		on_readable(sock);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct end *end = end_of(sock);

	end->closed = true;
	end->why = why;
	end->sock = NULL;
}

static const struct sock_ops ops = {
	.established = on_established,
	.readable = on_readable,
	.writable = on_writable,
	.closed = on_closed,
};

static struct testnet *
small_stack(uint32_t socks)
{
	const struct testnet_config config = {
		.ports = 1,
		.net = { .seed = { 1 },
			 .now_ns = 1000 * S_NS,
			 .skb_count = 1024,
			 .tcp_sock_count = socks },
	};

	return testnet_new_with(&config);
}

static void
begin(struct both *both, struct testnet *t)
{
	const struct sock_addr any = { .port = PORT };
	const struct sock_addr to = { TESTNET_ROUTER(0), PORT };
	enum status status;

	both->t = t;
	both->listener =
		tcp_listen(&t->net, &any, 8, &ops, both, "test", &status);
	assert_int_equal(status, OK);
	both->client.sock =
		tcp_connect(&t->net, NULL, &to, &ops, both, "test", &status);
	assert_int_equal(status, OK);
}

static void
end_both(struct both *both)
{
	tcp_close(both->listener);
	testnet_advance(both->t, 300 * S_NS);
	assert_int_equal(both->t->net.tcp.pool.used_count, 0);
	assert_int_equal(both->t->net.tcp.tw_pool.used_count, 0);
	assert_int_equal(both->t->net.tcp.buffers, 0);
	testnet_free(both->t);
}

static void
an_echo_gives_every_byte_back(void **state)
{
	struct both both = { .client.to_send = 700000, .server.echo = true };

	begin(&both, testnet_new(1));
	testnet_advance(both.t, 60 * S_NS);
	assert_int_equal(both.server.got, 700000);
	assert_int_equal(both.client.got, 700000);
	assert_true(both.client.closed && both.client.why == OK);
	assert_true(both.server.closed && both.server.why == OK);
	end_both(&both);
}

/* The n-th buffer is refused, for each n: the bytes arrive all the same. */
static void
a_refused_buffer_loses_nothing(void **state)
{
	for (uint64_t n = 1; n < 60; n++) {
		struct both both = { .client.to_send = 30000,
				     .server.to_send = 5000 };

		both.t = testnet_new(1);
		both.t->net.core[0].skb_pool.fail_after = n;
		begin(&both, both.t);
		testnet_advance(both.t, 60 * S_NS);
		assert_int_equal(both.server.got, 30000);
		assert_int_equal(both.client.got, 5000);
		assert_true(both.client.closed && both.client.why == OK);
		end_both(&both);
	}
}

/* covers: T9293-MUST-46, T9293-MUST-41 */
static void
what_cannot_be_opened_says_why(void **state)
{
	struct testnet *t = small_stack(64);
	const struct sock_addr bad[] = {
		{ 0, 80 },
		{ TESTNET_HOST(0), 0 },
		{ 0xe0000001, 80 },
		{ 0xffffffff, 80 },
		{ TESTNET_BROADCAST(0), 80 },
	};
	const struct sock_addr far = { 0xc0000201, 80 };
	const struct sock_addr foreign = { 0xc0000202, 80 };
	const struct sock_addr any = { 0, PORT };
	enum status status;
	struct sock *sock;

	for (size_t i = 0; i < array_len(bad); i++) {
		assert_null(tcp_connect(&t->net, NULL, &bad[i], &ops, NULL, "",
					&status));
		assert_int_equal(status, ERR_INVAL);
	}
	assert_null(tcp_connect(&t->net, NULL, &far, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_NETUNREACH);
	assert_null(tcp_listen(&t->net, &foreign, 1, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_INVAL);
	sock = tcp_listen(&t->net, &any, 1, &ops, NULL, "", &status);
	assert_non_null(sock);
	assert_null(tcp_listen(&t->net, &any, 1, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_EXIST);
	tcp_close(sock);
	testnet_run(t);
	testnet_free(t);
}

/* Listening is possible while a connection from that port is being made, and
 * neither it nor a second listener touches what is there. [RFC9293 3.9.1.1]
 * covers: T9293-MUST-41, T9293-MUST-42 */
static void
listening_does_not_disturb_what_is_there(void **state)
{
	struct testnet *t = testnet_new(1);
	const struct sock_addr local = { TESTNET_ROUTER(0), PORT };
	const struct sock_addr any = { .port = PORT };
	const struct sock_addr peer = { TESTNET_HOST(0), 80 };
	enum status status;
	struct sock *active, *first, *second;

	active = tcp_connect(&t->net, &local, &peer, &ops, NULL, "", &status);
	assert_non_null(active);
	first = tcp_listen(&t->net, &any, 8, &ops, NULL, "", &status);
	assert_int_equal(status, OK);
	second = tcp_listen(&t->net, &local, 8, &ops, NULL, "", &status);
	assert_int_equal(status, OK);
	assert_int_equal(tcp_state(active), TCP_SYN_SENT);
	assert_int_equal(tcp_state(first), TCP_LISTEN);
	tcp_close(second);
	tcp_close(first);
	testnet_run(t);
	assert_int_equal(tcp_state(active), TCP_SYN_SENT);
	tcp_abort(active);
	testnet_run(t);
	testnet_free(t);
}

/* covers: T9293-MUST-43, T9293-MUST-44, T9293-MUST-45, H1122-070, H1122-071 */
static void
the_local_address_is_given_or_chosen_and_stays(void **state)
{
	struct testnet *t = testnet_new(2);
	const struct sock_addr peer = { TESTNET_HOST(1), 80 };
	const struct sock_addr given = { TESTNET_ROUTER(0), 0 };
	enum status status;
	struct sock *chosen, *fixed;

	chosen = tcp_connect(&t->net, NULL, &peer, &ops, NULL, "", &status);
	assert_non_null(chosen);
	assert_int_equal(chosen->local.addr, TESTNET_ROUTER(1));
	fixed = tcp_connect(&t->net, &given, &peer, &ops, NULL, "", &status);
	assert_non_null(fixed);
	assert_int_equal(fixed->local.addr, TESTNET_ROUTER(0));
	/* A better address that comes later changes nothing. */
	testnet_address(t, 1, TESTNET_ADDR(1, 3), 25);
	testnet_advance(t, 2 * S_NS);
	assert_int_equal(chosen->local.addr, TESTNET_ROUTER(1));
	assert_int_equal(fixed->local.addr, TESTNET_ROUTER(0));
	tcp_abort(chosen);
	tcp_abort(fixed);
	testnet_run(t);
	testnet_free(t);
}

static void
what_is_sent_too_much_or_too_late_is_dropped_by_name(void **state)
{
	struct both both = { 0 };
	struct skb_pool *pool;
	uint32_t queued = 0;
	struct skb *skb;

	both.server.echo = true; /* keeps its side open */
	begin(&both, testnet_new(1));
	both.client.echo = true;
	testnet_run(both.t);
	pool = &both.t->net.core[0].skb_pool;
	tcp_set_option(both.client.sock, TCP_OPT_SNDBUF, 2048);
	while (tcp_room(both.client.sock)) {
		skb = skb_alloc(pool);
		memset(skb_put(skb, 1000), 0, 1000);
		assert_int_equal(tcp_send(both.client.sock, skb), OK);
		queued++;
	}
	assert_int_equal(queued, 3);
	skb = skb_alloc(pool);
	skb_put(skb, 1)[0] = 0;
	assert_int_equal(tcp_send(both.client.sock, skb), ERR_BUSY);
	assert_int_equal(testnet_drops(both.t, DROP_TCP_SNDBUF), 1);
	tcp_shutdown(both.client.sock);
	skb = skb_alloc(pool);
	skb_put(skb, 1)[0] = 0;
	assert_int_equal(tcp_send(both.client.sock, skb), ERR_CLOSED);
	assert_int_equal(testnet_drops(both.t, DROP_TCP_SEND_CLOSED), 1);
	tcp_abort(both.client.sock);
	testnet_run(both.t);
	assert_true(both.server.closed && both.server.why == ERR_RESET);
	end_both(&both);
}

/* ---- segments that a well-behaved peer does not send ------------------- */

static void
inject_syn(struct testnet *t, uint32_t src, uint32_t dst, uint16_t sport)
{
	struct tcp h = { .sport = sport,
			 .dport = PORT,
			 .flags = TCP_SYN,
			 .header_len = 20,
			 .window = 1000 };
	struct ipv4 ip = { .src = src,
			   .dst = dst,
			   .header_len = 20,
			   .ttl = 64,
			   .proto = IPPROTO_TCP,
			   .total_len = 40 };
	uint8_t bytes[20];
	uint32_t sum = checksum_pseudo(src, dst, IPPROTO_TCP, 20);

	tcp_emit(&h, bytes);
	h.checksum = checksum_fold(checksum_add(sum, bytes, 20));
	tcp_emit(&h, bytes);
	testnet_inject_ipv4(t, 0, &ip, bytes, sizeof(bytes));
}

/* [RFC9293 3.9.2.3 MUST-57]
 * covers: T9293-MUST-57 */
static void
a_syn_to_everybody_is_dropped_in_silence(void **state)
{
	struct testnet *t = testnet_new(1);

	inject_syn(t, TESTNET_HOST(0), TESTNET_BROADCAST(0), 5);
	assert_int_equal(testnet_drops(t, DROP_TCP_BROADCAST), 1);
	assert_int_equal(testnet_count(t, 0), 0);
	testnet_free(t);
}

static void
land_is_dropped(void **state)
{
	struct testnet *t = testnet_new(1);
	const struct sock_addr any = { .port = PORT };
	enum status status;
	struct sock *sock =
		tcp_listen(&t->net, &any, 8, &ops, NULL, "", &status);

	t->net.conf_all.accept_local = 1;
	for (unsigned int i = 0; i < array_len(t->net.conf); i++)
		t->net.conf[i].accept_local = 1;
	inject_syn(t, TESTNET_ROUTER(0), TESTNET_ROUTER(0), PORT);
	assert_int_equal(testnet_drops(t, DROP_TCP_LAND), 1);
	tcp_close(sock);
	testnet_run(t);
	testnet_free(t);
}

static void
without_room_for_a_sock_a_syn_is_dropped(void **state)
{
	struct testnet *t = small_stack(2);
	const struct sock_addr any = { .port = PORT };
	enum status status;
	struct sock *sock =
		tcp_listen(&t->net, &any, 8, &ops, NULL, "", &status);

	inject_syn(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 5);
	inject_syn(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 6);
	assert_int_equal(testnet_drops(t, DROP_TCP_SOCKS), 1);
	/* It recovers when the first gives up. */
	testnet_advance(t, 200 * S_NS);
	inject_syn(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 7);
	assert_int_equal(testnet_drops(t, DROP_TCP_SOCKS), 1);
	tcp_close(sock);
	testnet_run(t);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_gives_every_byte_back),
		cmocka_unit_test(a_refused_buffer_loses_nothing),
		cmocka_unit_test(what_cannot_be_opened_says_why),
		cmocka_unit_test(listening_does_not_disturb_what_is_there),
		cmocka_unit_test(
			the_local_address_is_given_or_chosen_and_stays),
		cmocka_unit_test(
			what_is_sent_too_much_or_too_late_is_dropped_by_name),
		cmocka_unit_test(a_syn_to_everybody_is_dropped_in_silence),
		cmocka_unit_test(land_is_dropped),
		cmocka_unit_test(without_room_for_a_sock_a_syn_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
