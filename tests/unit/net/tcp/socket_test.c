/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of applications, both ends in one stack over lo; what cannot be
 * sent by a peer in a scenario; and every packet buffer refused once.
 */
#include "net/tcp/internal.h"

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

/* Listeners are told apart, however many there were. */
static void
the_number_of_a_listener_is_never_0(void **state)
{
	struct testnet *t = testnet_new(1);
	const struct sock_addr any = { .port = PORT };
	enum status status;
	struct sock *sock;

	t->net.tcp.listener_last_id = UINT16_MAX;
	sock = tcp_listen(&t->net, &any, 8, &ops, NULL, "", &status);
	assert_int_equal(status, OK);
	assert_int_equal(t->net.tcp.listener_last_id, 1);
	tcp_close(sock);
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
inject(struct testnet *t, uint32_t src, uint32_t dst, uint16_t sport,
       uint8_t flags, uint32_t ack)
{
	struct tcp h = { .sport = sport,
			 .dport = PORT,
			 .seq = flags & TCP_SYN ? 0 : 1,
			 .ack = ack,
			 .flags = flags,
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

	h.dport = PORT;
	h.header_len = 20;
	h.window = 1000;
	tcp_emit(&h, bytes);
	h.checksum = checksum_fold(checksum_add(sum, bytes, 20));
	tcp_emit(&h, bytes);
	testnet_inject_ipv4(t, 0, &ip, bytes, sizeof(bytes));
}

static void
inject_syn(struct testnet *t, uint32_t src, uint32_t dst, uint16_t sport)
{
	inject(t, src, dst, sport, TCP_SYN, 0);
}

/* The sequence number of the only segment that the stack has sent. */
static uint32_t
sent_seq(struct testnet *t)
{
	const uint8_t *data;
	struct ipv4 ip;
	uint32_t seq;
	size_t len;

	assert_non_null(testnet_next_ipv4(t, 0, &ip, &data, &len));
	seq = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 |
	      (uint32_t)data[6] << 8 | data[7];
	assert_int_equal(testnet_flush(t, 0), 0);
	return seq;
}

/* Who acknowledges is there: nobody asks him by ARP. [RFC1122 2.3.2.1 (4)] */
static void
progress_confirms_the_neighbour(void **state)
{
	struct testnet *t = testnet_new(1);
	struct both both = { .t = t, .server = { .to_send = 100 } };
	const struct sock_addr any = { .port = PORT };
	uint32_t host = TESTNET_HOST(0), us = TESTNET_ROUTER(0), seq;
	struct neigh *n = neigh_find(&t->net, &t->port[0].dev, host);
	enum status status;
	uint64_t before;

	assert_non_null(n);
	both.listener =
		tcp_listen(&t->net, &any, 8, &ops, &both, "test", &status);
	assert_int_equal(status, OK);
	inject_syn(t, host, us, 5);
	seq = sent_seq(t) + 1;
	inject(t, host, us, 5, TCP_ACK, seq);
	assert_int_equal(sent_seq(t), seq);
	before = n->confirmed_ns;
	testnet_advance(t, 100 * MS_NS);
	/* What says nothing new proves nothing. */
	inject(t, host, us, 5, TCP_ACK, seq);
	assert_int_equal(n->confirmed_ns, before);
	inject(t, host, us, 5, TCP_ACK, seq + 50);
	assert_int_equal(n->confirmed_ns, t->net.now_ns);
	/* It is not said with every segment. */
	before = n->confirmed_ns;
	testnet_advance(t, 100 * MS_NS);
	inject(t, host, us, 5, TCP_ACK, seq + 60);
	assert_int_equal(n->confirmed_ns, before);
	testnet_advance(t, 500 * MS_NS);
	inject(t, host, us, 5, TCP_ACK, seq + 70);
	assert_int_equal(n->confirmed_ns, t->net.now_ns);
	inject(t, host, us, 5, TCP_RST, 0);
	assert_true(both.server.closed);
	tcp_close(both.listener);
	testnet_free(t);
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

/* ---- what applications ask for ------------------------------------------ */

static void
options_have_limits(void **state)
{
	static const struct {
		enum tcp_option_name name;
		uint32_t low, high; /* the first that are refused */
	} limits[] = {
		{ TCP_OPT_KEEPIDLE, 0, 32768 },
		{ TCP_OPT_KEEPINTVL, 0, 32768 },
		{ TCP_OPT_KEEPCNT, 0, 128 },
		{ TCP_OPT_MAXSEG, 87, 32768 },
		{ TCP_OPT_SNDBUF, 255, (1u << 30) + 1 },
		{ TCP_OPT_RCVBUF, 255, (1u << 30) + 1 },
	};
	struct testnet *t = testnet_new(1);
	enum status status;
	const struct sock_addr any = { .port = PORT };
	struct sock *sock =
		tcp_listen(&t->net, &any, 1, &ops, NULL, "", &status);

	for (size_t i = 0; i < array_len(limits); i++) {
		assert_int_equal(tcp_set_option(sock, limits[i].name,
						limits[i].low),
				 ERR_RANGE);
		assert_int_equal(tcp_set_option(sock, limits[i].name,
						limits[i].low + 1),
				 OK);
		assert_int_equal(tcp_set_option(sock, limits[i].name,
						limits[i].high - 1),
				 OK);
		assert_int_equal(tcp_set_option(sock, limits[i].name,
						limits[i].high),
				 ERR_RANGE);
	}
	assert_int_equal(tcp_set_option(sock, (enum tcp_option_name)99, 1),
			 ERR_INVAL);
	assert_int_equal(tcp_set_congestion(sock, "vegas"), ERR_NOENT);
	assert_int_equal(tcp_set_congestion(sock, "reno"), OK);
	/* LISTEN once more changes how many may wait. */
	assert_int_equal(tcp_listen_on(sock, &any, 0), OK);
	assert_int_equal(tcp_listen_on(sock, &any, 7), OK);
	/* What one does with a connection is no listener's. */
	assert_int_equal(tcp_shutdown(sock), ERR_CLOSED);
	assert_false(tcp_kill(sock));
	tcp_close(sock);
	testnet_run(t);
	testnet_free(t);
}

static void
a_listener_for_one_address_goes_before_one_for_any(void **state)
{
	const struct sock_addr any = { .port = PORT }, none = { .port = 0 };
	const struct sock_addr one = { TESTNET_ROUTER(0), PORT };
	const struct sock_addr other = { TESTNET_ROUTER(1), PORT };
	const struct sock_addr far = { 0xc0000201, PORT };
	struct testnet *t = testnet_new(2);
	struct sock *for_any, *for_one;
	enum status status;

	assert_null(tcp_listen(&t->net, &none, 1, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_INVAL);
	assert_null(
		tcp_connect(&t->net, &far, &other, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_INVAL);
	for_one = tcp_listen(&t->net, &one, 1, &ops, NULL, "", &status);
	assert_null(tcp_find_listener(&t->net, &other));
	for_any = tcp_listen(&t->net, &any, 1, &ops, NULL, "", &status);
	assert_ptr_equal(tcp_find_listener(&t->net, &one)->sock, for_one);
	assert_ptr_equal(tcp_find_listener(&t->net, &other)->sock, for_any);
	tcp_close(for_one);
	testnet_run(t);
	assert_ptr_equal(tcp_find_listener(&t->net, &one)->sock, for_any);
	tcp_close(for_any);
	testnet_run(t);
	testnet_free(t);
}

static void
the_same_ends_are_connected_once(void **state)
{
	const struct sock_addr from = { TESTNET_ROUTER(0), 5000 };
	const struct sock_addr to = { TESTNET_HOST(0), 80 };
	const struct sock_addr other = { TESTNET_HOST(0), 81 };
	struct testnet *t = testnet_new(1);
	struct sock *first, *second;
	enum status status;

	first = tcp_connect(&t->net, &from, &to, &ops, NULL, "", &status);
	assert_non_null(first);
	assert_null(tcp_connect(&t->net, &from, &to, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_EXIST);
	second = tcp_connect(&t->net, &from, &other, &ops, NULL, "", &status);
	assert_non_null(second);
	/* No port is left to choose from. */
	t->net.ipv4_param.ip_local_port_first = 6000;
	t->net.ipv4_param.ip_local_port_last = 5999;
	assert_null(tcp_connect(&t->net, NULL, &to, &ops, NULL, "", &status));
	assert_int_equal(status, ERR_RANGE);
	tcp_abort(first);
	tcp_abort(second);
	testnet_run(t);
	testnet_free(t);
}

/* What waits can be looked at any number of times, and a closed end has no room
 * and nothing urgent to send. */
static void
peeking_takes_nothing(void **state)
{
	struct both both = { 0 };
	uint8_t bytes[8] = { 0 };

	both.server.echo = both.client.echo = true;
	begin(&both, testnet_new(1));
	testnet_run(both.t);
	tcp_send_urgent(both.client.sock); /* nothing is queued: no effect */
	assert_int_equal(tcp_urgent_len(both.server.sock), 0);
	/* Between two runs, so that the echo has not taken it yet. */
	assert_int_equal(tcp_peek(both.client.sock, bytes, sizeof(bytes)), 0);
	both.server.echo = false;
	both.server.to_send = 6;
	push(&both.server);
	both.client.sock->ops = &(const struct sock_ops){ .closed = on_closed };
	testnet_advance(both.t, S_NS);
	assert_int_equal(tcp_readable_len(both.client.sock), 6);
	assert_int_equal(tcp_peek(both.client.sock, bytes, 2), 2);
	assert_int_equal(tcp_peek(both.client.sock, bytes, sizeof(bytes)), 6);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(bytes[i], 3 * i);
	assert_int_equal(tcp_readable_len(both.client.sock), 6);
	assert_int_equal(tcp_read(both.client.sock, bytes, sizeof(bytes)), 6);
	assert_int_equal(tcp_room(both.server.sock), 0); /* it has shut down */
	tcp_send_urgent(both.server.sock);
	tcp_close(both.client.sock);
	testnet_advance(both.t, S_NS);
	end_both(&both);
}

/* An empty packet is taken, and nothing becomes of it. */
static void
nothing_can_be_sent(void **state)
{
	struct both both = { .server.echo = true, .client.echo = true };
	uint64_t segs;

	begin(&both, testnet_new(1));
	testnet_run(both.t);
	segs = both.t->net.tcp.stats.out_segs;
	assert_int_equal(tcp_send(both.client.sock,
				  skb_alloc(&both.t->net.core[0].skb_pool)),
			 OK);
	testnet_advance(both.t, S_NS);
	assert_int_equal(both.t->net.tcp.stats.out_segs, segs);
	tcp_abort(both.client.sock);
	testnet_run(both.t);
	end_both(&both);
}

/* While the application takes no connections neither a SYN nor the last step of
 * a handshake gets through; the peer, who is not told, tries again. */
static void
a_listener_on_hold_takes_nobody(void **state)
{
	struct both both = { .t = testnet_new(1) };
	const struct sock_addr any = { .port = PORT };
	struct testnet *t = both.t;
	enum status status;
	struct tcp h;
	struct ipv4 ip;
	const uint8_t *bytes;
	size_t len;

	both.listener =
		tcp_listen(&t->net, &any, 8, &ops, &both, "test", &status);
	tcp_hold(both.listener, true);
	inject_syn(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 5);
	assert_int_equal(testnet_drops(t, DROP_TCP_ACCEPT_QUEUE), 1);
	assert_int_equal(testnet_count(t, 0), 0);
	tcp_hold(both.listener, false);
	inject_syn(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 5);
	assert_non_null(testnet_next_ipv4(t, 0, &ip, &bytes, &len));
	assert_int_equal(tcp_parse(bytes, len, &h), DROP_NONE);
	tcp_hold(both.listener, true);
	inject(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 5, TCP_ACK, h.seq + 1);
	assert_int_equal(testnet_drops(t, DROP_TCP_ACCEPT_QUEUE), 2);
	assert_int_equal(t->net.tcp.stats.listen_overflows, 2);
	assert_false(both.server.established);
	tcp_hold(both.listener, false);
	inject(t, TESTNET_HOST(0), TESTNET_ROUTER(0), 5, TCP_ACK, h.seq + 1);
	assert_true(both.server.established);
	tcp_abort(both.server.sock);
	testnet_run(t);
	end_both(&both);
}

static void
on_closed_close(struct sock *sock, enum status why)
{
	on_closed(sock, why);
	tcp_close(sock);
}

/* Told that all is over, an application may close all the same. */
static void
closing_what_has_ended_does_no_harm(void **state)
{
	static const struct sock_ops closing = { .closed = on_closed_close };
	struct both both = { .server.echo = true, .client.echo = true };

	begin(&both, testnet_new(1));
	testnet_run(both.t);
	both.server.sock->ops = &closing;
	assert_int_equal(tcp_write(both.client.sock, "abc", 3), 3);
	testnet_run(both.t);
	tcp_abort(both.client.sock);
	testnet_run(both.t);
	assert_true(both.server.closed && both.server.why == ERR_RESET);
	assert_int_equal(both.t->net.tcp.orphan_count, 0);
	end_both(&both);
}

/* A packet of several buffers is cut where segments end, and arrives whole. */
static void
packets_of_many_buffers_are_sent_in_pieces(void **state)
{
	struct both both = { 0 };
	struct skb_pool *pool;
	uint8_t bytes[6000];
	struct skb *skb;

	begin(&both, testnet_new(1));
	both.server.echo = both.client.echo = true;
	testnet_run(both.t);
	both.server.echo = false;
	both.server.to_send = 0;
	pool = &both.t->net.core[0].skb_pool;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 3);
	assert_int_equal(tcp_set_option(both.client.sock, TCP_OPT_MAXSEG, 900),
			 OK);
	skb = skb_alloc(pool);
	assert_true(skb_copy_in(skb, bytes, sizeof(bytes)));
	assert_non_null(skb->seg);
	assert_int_equal(tcp_send(both.client.sock, skb), OK);
	tcp_shutdown(both.client.sock);
	testnet_advance(both.t, 10 * S_NS);
	assert_int_equal(both.server.got, sizeof(bytes));
	assert_true(both.server.eof);
	tcp_abort(both.server.sock);
	testnet_advance(both.t, S_NS);
	end_both(&both);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_gives_every_byte_back),
		cmocka_unit_test(a_refused_buffer_loses_nothing),
		cmocka_unit_test(what_cannot_be_opened_says_why),
		cmocka_unit_test(listening_does_not_disturb_what_is_there),
		cmocka_unit_test(the_number_of_a_listener_is_never_0),
		cmocka_unit_test(
			the_local_address_is_given_or_chosen_and_stays),
		cmocka_unit_test(
			what_is_sent_too_much_or_too_late_is_dropped_by_name),
		cmocka_unit_test(a_syn_to_everybody_is_dropped_in_silence),
		cmocka_unit_test(progress_confirms_the_neighbour),
		cmocka_unit_test(land_is_dropped),
		cmocka_unit_test(without_room_for_a_sock_a_syn_is_dropped),
		cmocka_unit_test(options_have_limits),
		cmocka_unit_test(
			a_listener_for_one_address_goes_before_one_for_any),
		cmocka_unit_test(the_same_ends_are_connected_once),
		cmocka_unit_test(peeking_takes_nothing),
		cmocka_unit_test(nothing_can_be_sent),
		cmocka_unit_test(a_listener_on_hold_takes_nobody),
		cmocka_unit_test(closing_what_has_ended_does_no_harm),
		cmocka_unit_test(packets_of_many_buffers_are_sent_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
