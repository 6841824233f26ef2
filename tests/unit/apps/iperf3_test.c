/* SPDX-License-Identifier: BSD-2-Clause */
/* The iperf3 server against a client that keeps to the protocol, and against
 * clients that do not. The real client is tests/boot/test_sockets.py's. */
#include "apps/iperf3.h"

#include "lib/be.h"
#include "lib/json.h"
#include "net/net.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define COOKIE "abcdefghijklmnopqrstuvwxyz0123456789"

struct end {
	struct sock *sock;
	uint8_t got[8192];
	uint32_t got_len, seen; /* bytes the test has looked at */
	bool closed;
	enum status why;
};

struct lab {
	struct testnet *t;
	struct iperf3 server;
	struct end control, stream[4], udp;
	struct sock_addr udp_from;
};

/* No more than there is room for: where nothing takes time, a sender without
 * end must be held by the window. */
static void
take(struct sock *sock)
{
	struct end *end = sock->ctx;

	end->got_len += (uint32_t)tcp_read(sock, end->got + end->got_len,
					   sizeof(end->got) - end->got_len);
}

static void
closed(struct sock *sock, enum status why)
{
	struct end *end = sock->ctx;

	end->sock = NULL;
	end->closed = true;
	end->why = why;
}

static const struct sock_ops ops = { .readable = take, .closed = closed };

static void
datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	 const struct sock_addr *to)
{
	struct end *end = sock->ctx;

	end->got_len = min_of(skb->len, (uint32_t)sizeof(end->got));
	skb_copy_out(skb, 0, end->got, end->got_len);
	end->seen++;
	skb_consume(skb);
}

static const struct sock_ops udp_ops = { .datagram = datagram };

static int
setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->t = testnet_new(1);
	assert_int_equal(iperf3_start(&lab->server, &lab->t->net), OK);
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;
	struct end *ends[] = { &lab->control, &lab->stream[0], &lab->stream[1],
			       &lab->stream[2], &lab->stream[3] };

	for (unsigned int i = 0; i < array_len(ends); i++)
		if (ends[i]->sock)
			tcp_abort(ends[i]->sock);
	if (lab->udp.sock)
		udp_close(lab->udp.sock);
	iperf3_stop(&lab->server);
	testnet_advance(lab->t, 200 * S_NS);
	assert_int_equal(lab->t->net.tcp.pool.used_count, 0);
	testnet_free(lab->t);
	free(lab);
	return 0;
}

static void
dial(struct lab *lab, struct end *end, const char *cookie)
{
	const struct sock_addr to = { 0x7f000001, IPERF3_PORT };
	enum status status;

	*end = (struct end){ 0 };
	end->sock = tcp_connect(&lab->t->net, NULL, &to, &ops, end, "test",
				&status);
	assert_non_null(end->sock);
	tcp_set_option(end->sock, TCP_OPT_NODELAY, 1);
	testnet_run(lab->t);
	if (cookie)
		assert_int_equal(tcp_write(end->sock, cookie, 37), 37);
	testnet_run(lab->t);
}

static void
send_bytes(struct lab *lab, struct end *end, const void *bytes, size_t len)
{
	assert_int_equal(tcp_write(end->sock, bytes, len), len);
	testnet_run(lab->t);
}

static void
send_json(struct lab *lab, const char *json)
{
	be32 len = be32_from((uint32_t)strlen(json));

	send_bytes(lab, &lab->control, &len, sizeof(len));
	send_bytes(lab, &lab->control, json, strlen(json));
}

static void
send_state(struct lab *lab, uint8_t state)
{
	send_bytes(lab, &lab->control, &state, 1);
}

/* The next byte on the control connection. */
static uint8_t
heard(struct lab *lab)
{
	assert_true(lab->control.seen < lab->control.got_len);
	return lab->control.got[lab->control.seen++];
}

static uint64_t
result(const struct lab *lab, const char *name)
{
	const char *json = (const char *)lab->control.got + lab->control.seen;
	struct json streams, value;
	be32 len;
	uint64_t n;

	memcpy(&len, json, sizeof(len));
	json += sizeof(len);
	assert_true(json_valid(json, be32_get(len)));
	assert_true(json_member(json, be32_get(len), "streams", &streams));
	assert_true(
		json_member(streams.text + 1, streams.len - 2, name, &value));
	assert_true(json_u64(&value, &n));
	return n;
}

static void
begin(struct lab *lab, const char *params)
{
	dial(lab, &lab->control, COOKIE);
	assert_int_equal(heard(lab), 9); /* PARAM_EXCHANGE */
	send_json(lab, params);
	assert_int_equal(heard(lab), 10); /* CREATE_STREAMS */
}

static void
running(struct lab *lab)
{
	assert_int_equal(heard(lab), 1);
	assert_int_equal(heard(lab), 2);
}

/* From TEST_END to the results. */
static void
finish(struct lab *lab)
{
	send_state(lab, 4);
	assert_int_equal(heard(lab), 13); /* EXCHANGE_RESULTS */
	send_json(lab, "{\"streams\":[]}");
}

/* ---- as it should be ---------------------------------------------------- */

static void
test_client_sends(void **state)
{
	struct lab *lab = *state;
	uint8_t bytes[5000] = { 0 };

	begin(lab, "{\"tcp\":true,\"time\":10,\"parallel\":2,\"len\":131072}");
	dial(lab, &lab->stream[0], COOKIE);
	assert_int_equal(lab->control.got_len, lab->control.seen);
	dial(lab, &lab->stream[1], COOKIE);
	running(lab);
	testnet_advance(lab->t, S_NS);
	send_bytes(lab, &lab->stream[0], bytes, sizeof(bytes));
	send_bytes(lab, &lab->stream[1], bytes, 100);
	finish(lab);
	assert_int_equal(result(lab, "id"), 1);
	assert_int_equal(result(lab, "bytes"), 5000);
	assert_int_equal(result(lab, "end_time"), 1);
	assert_int_equal(lab->control.got[lab->control.got_len - 1], 14);
	send_state(lab, 16);
	assert_int_equal(lab->server.tests, 1);
	tcp_shutdown(lab->control.sock);
	testnet_run(lab->t);
	assert_true(lab->control.closed);
}

static void
test_server_sends(void **state)
{
	struct lab *lab = *state;

	begin(lab, "{\"tcp\":true,\"reverse\":true,\"time\":10,"
		   "\"parallel\":1,\"nodelay\":true,\"window\":65536,"
		   "\"congestion\":\"reno\"}");
	dial(lab, &lab->stream[0], COOKIE);
	running(lab);
	testnet_advance(lab->t, 10 * MS_NS);
	assert_int_equal(lab->stream[0].got_len, 8192);
	finish(lab);
	assert_true(result(lab, "bytes") >= lab->stream[0].got_len);
	assert_int_equal(result(lab, "retransmits"), 0);
	assert_non_null(strstr((char *)lab->control.got + lab->control.seen + 4,
			       "\"congestion_used\":\"reno\""));
	testnet_run(lab->t);
	assert_false(lab->stream[0].closed);
}

/* The first half of the streams is the client's to send on. */
static void
test_both(void **state)
{
	struct lab *lab = *state;

	begin(lab, "{\"tcp\":true,\"bidirectional\":true,\"time\":10,"
		   "\"parallel\":1}");
	dial(lab, &lab->stream[0], COOKIE);
	dial(lab, &lab->stream[1], COOKIE);
	running(lab);
	testnet_advance(lab->t, 10 * MS_NS);
	assert_int_equal(lab->stream[0].got_len, 0);
	assert_true(lab->stream[1].got_len > 1000);
}

/* What comes in the first seconds does not count. */
static void
test_omit(void **state)
{
	struct lab *lab = *state;
	uint8_t bytes[1000] = { 0 };

	begin(lab, "{\"tcp\":true,\"time\":10,\"omit\":2,\"parallel\":1}");
	dial(lab, &lab->stream[0], COOKIE);
	running(lab);
	send_bytes(lab, &lab->stream[0], bytes, 1000);
	testnet_advance(lab->t, 3 * S_NS);
	send_bytes(lab, &lab->stream[0], bytes, 300);
	testnet_advance(lab->t, S_NS);
	finish(lab);
	assert_int_equal(result(lab, "bytes"), 300);
	assert_int_equal(result(lab, "end_time"), 1);
}

/* ---- UDP ---------------------------------------------------------------- */

static void
send_udp(struct lab *lab, const void *bytes, size_t len)
{
	const struct sock_addr to = { 0x7f000001, IPERF3_PORT };
	struct skb *skb = skb_alloc(&net_this_core(&lab->t->net)->skb_pool);

	memcpy(skb_put(skb, len), bytes, len);
	udp_send(lab->udp.sock, skb, &to, NULL);
	testnet_run(lab->t);
}

static void
send_numbered(struct lab *lab, uint32_t number, uint32_t sent_us)
{
	be32 word[25] = { be32_from(0), be32_from(sent_us), be32_from(number) };

	send_udp(lab, word, sizeof(word));
}

static void
begin_udp(struct lab *lab, const char *params)
{
	const struct sock_addr from = { 0x7f000001, 6000 };
	uint32_t hello = 0x36373839;
	enum status status;

	lab->udp.sock = udp_open(&lab->t->net, &from, &udp_ops, &lab->udp,
				 "test", &status);
	assert_non_null(lab->udp.sock);
	begin(lab, params);
	send_udp(lab, &hello, sizeof(hello));
	assert_int_equal(lab->udp.got_len, 4);
	assert_memory_equal(lab->udp.got, "6789", 4);
	running(lab);
}

static void
test_udp_loss(void **state)
{
	struct lab *lab = *state;
	static const uint32_t number[] = { 1, 2, 5, 4, 6, 6, 10 };

	begin_udp(lab, "{\"udp\":true,\"time\":10,\"parallel\":1,"
		       "\"len\":100,\"bandwidth\":1000000}");
	for (unsigned int i = 0; i < array_len(number); i++) {
		send_numbered(lab, number[i], i * 1000);
		/* Every other one comes 3.2 ms late. */
		testnet_advance(lab->t,
				i % 2 ? MS_NS - 3200000 / 4 : MS_NS + 800000);
	}
	/* Numbers 3, 7, 8, 9 are missing; a repeated one looks like a late one,
	 * as in iperf3. */
	finish(lab);
	assert_int_equal(result(lab, "packets"), 10);
	assert_int_equal(result(lab, "errors"), 3);
	assert_int_equal(result(lab, "bytes"), 700);
	assert_non_null(strstr((char *)lab->control.got + lab->control.seen + 4,
			       "\"jitter\":0.000"));
	assert_null(strstr((char *)lab->control.got + lab->control.seen + 4,
			   "\"jitter\":0.000000"));
}

static void
test_udp_is_paced(void **state)
{
	struct lab *lab = *state;

	begin_udp(lab, "{\"udp\":true,\"reverse\":true,\"time\":10,"
		       "\"parallel\":1,\"len\":1000,\"bandwidth\":800000,"
		       "\"udp_counters_64bit\":1}");
	testnet_advance(lab->t, 10 * S_NS);
	/* 100 a second, and the greeting. */
	assert_in_range(lab->udp.seen, 1000, 1003);
	assert_int_equal(lab->udp.got_len, 1000);
	finish(lab);
	assert_in_range(result(lab, "packets"), 999, 1002);
	lab->udp.seen = 0;
	testnet_advance(lab->t, S_NS);
	assert_int_equal(lab->udp.seen, 0);
}

/* ---- as it should not be ------------------------------------------------ */

static void
test_bad_parameters(void **state)
{
	struct lab *lab = *state;
	static const char *const bad[] = {
		"",
		"{",
		"[]x",
		"{\"sctp\":true}",
		"{\"parallel\":129}",
		"{\"bidirectional\":true,\"parallel\":65}",
		"{\"parallel\":1e300} ",
	};

	for (unsigned int i = 0; i < array_len(bad); i++) {
		dial(lab, &lab->control, COOKIE);
		assert_int_equal(heard(lab), 9);
		send_json(lab, bad[i]);
		/* A number beyond all bounds is none, and one stream it is. */
		if (i == array_len(bad) - 1)
			assert_int_equal(heard(lab), 10);
		else
			assert_int_equal(heard(lab), 0xfe);
		tcp_abort(lab->control.sock);
		lab->control.sock = NULL;
		testnet_run(lab->t);
		assert_null(lab->server.control.sock);
	}
}

static void
test_too_long(void **state)
{
	struct lab *lab = *state;
	be32 len = be32_from(0xffffffff);

	dial(lab, &lab->control, COOKIE);
	assert_int_equal(heard(lab), 9);
	send_bytes(lab, &lab->control, &len, sizeof(len));
	assert_int_equal(heard(lab), 0xfe);
	assert_null(lab->server.control.sock);
}

static void
test_others_are_denied(void **state)
{
	struct lab *lab = *state;
	static const char other[38] = "000000000000000000000000000000000000";

	begin(lab, "{\"tcp\":true,\"time\":10,\"parallel\":1}");
	dial(lab, &lab->stream[0], other);
	assert_int_equal(lab->stream[0].got_len, 1);
	assert_int_equal(lab->stream[0].got[0], 0xff);
	/* The test goes on. */
	dial(lab, &lab->stream[1], COOKIE);
	running(lab);
	/* One too many. */
	dial(lab, &lab->stream[2], COOKIE);
	assert_int_equal(lab->stream[2].got[0], 0xff);
}

/* Who says nothing is not waited for, and does not keep others out. */
static void
test_silence(void **state)
{
	struct lab *lab = *state;

	dial(lab, &lab->stream[0], NULL);
	dial(lab, &lab->control, COOKIE);
	testnet_advance(lab->t, 20 * S_NS);
	assert_true(lab->stream[0].closed);
	assert_false(lab->control.closed);
	testnet_advance(lab->t, 20 * S_NS);
	assert_true(lab->control.closed);
	begin(lab, "{\"tcp\":true,\"time\":1,\"parallel\":1}");
}

static void
test_client_goes_away(void **state)
{
	struct lab *lab = *state;

	begin(lab, "{\"tcp\":true,\"reverse\":true,\"time\":10,"
		   "\"parallel\":1}");
	dial(lab, &lab->stream[0], COOKIE);
	running(lab);
	tcp_abort(lab->control.sock);
	lab->control.sock = NULL;
	testnet_run(lab->t);
	assert_true(lab->stream[0].closed);
	assert_null(lab->server.control.sock);
}

static void
test_nonsense_state(void **state)
{
	struct lab *lab = *state;

	for (unsigned int byte = 0; byte < 256; byte++) {
		begin(lab, "{\"tcp\":true,\"time\":1,\"parallel\":1}");
		send_state(lab, (uint8_t)byte);
		assert_true(lab->control.closed);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_client_sends),
		T(test_server_sends),
		T(test_both),
		T(test_omit),
		T(test_udp_loss),
		T(test_udp_is_paced),
		T(test_bad_parameters),
		T(test_too_long),
		T(test_others_are_denied),
		T(test_silence),
		T(test_client_goes_away),
		T(test_nonsense_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
