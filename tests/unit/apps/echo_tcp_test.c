/* SPDX-License-Identifier: BSD-2-Clause */
/* The services over TCP, their client in the same stack. */
#include "apps/echo.h"

#include "net/net.h"
#include "net/tcp/tcp.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

struct client {
	uint8_t sent[100000], got[400000];
	uint32_t sent_len, queued, got_len, got_max;
	bool closed;
	enum status why;
};

static void
push(struct sock *sock)
{
	struct client *client = sock->ctx;

	client->queued +=
		(uint32_t)tcp_write(sock, client->sent + client->queued,
				    client->sent_len - client->queued);
	if (client->queued == client->sent_len && client->sent_len)
		tcp_shutdown(sock);
}

static void
take(struct sock *sock)
{
	struct client *client = sock->ctx;

	client->got_len +=
		(uint32_t)tcp_read(sock, client->got + client->got_len,
				   client->got_max - client->got_len);
}

static void
closed(struct sock *sock, enum status why)
{
	struct client *client = sock->ctx;

	client->closed = true;
	client->why = why;
}

static const struct sock_ops ops = {
	.established = push,
	.writable = push,
	.readable = take,
	.closed = closed,
};

struct lab {
	struct testnet *t;
	struct echo echo;
	struct client client;
	struct sock *sock;
};

static struct lab *
begin(uint16_t port, uint32_t send_len, uint32_t got_max)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	const struct sock_addr to = { TESTNET_ROUTER(0), port };
	enum status status;

	lab->t = testnet_new(1);
	assert_int_equal(echo_start(&lab->echo, &lab->t->net), OK);
	lab->client.sent_len = send_len;
	lab->client.got_max = got_max;
	for (uint32_t i = 0; i < send_len; i++)
		lab->client.sent[i] = (uint8_t)(i * 11 + i / 256);
	lab->sock = tcp_connect(&lab->t->net, NULL, &to, &ops, &lab->client,
				"test", &status);
	assert_int_equal(status, OK);
	testnet_advance(lab->t, 5 * S_NS);
	return lab;
}

static void
end(struct lab *lab)
{
	echo_stop(&lab->echo);
	testnet_advance(lab->t, 200 * S_NS);
	assert_int_equal(lab->t->net.tcp.pool.used_count, 0);
	assert_int_equal(lab->t->net.tcp.buffers, 0);
	testnet_free(lab->t);
	free(lab);
}

/* [RFC862] */
static void
echo_returns_what_it_gets(void **state)
{
	struct lab *lab = begin(7, 100000, 400000);

	assert_int_equal(lab->client.got_len, 100000);
	assert_memory_equal(lab->client.got, lab->client.sent, 100000);
	assert_true(lab->client.closed);
	assert_int_equal(lab->client.why, OK);
	end(lab);
}

/* [RFC863] */
static void
discard_says_nothing(void **state)
{
	struct lab *lab = begin(9, 100000, 400000);

	assert_int_equal(lab->client.got_len, 0);
	assert_true(lab->client.closed);
	assert_int_equal(lab->client.why, OK);
	end(lab);
}

/* [RFC864]: lines of 72 of the 95 printable characters, each one further on. */
static void
chargen_goes_on_until_the_client_has_enough(void **state)
{
	struct lab *lab = begin(19, 0, 300000);

	assert_int_equal(lab->client.got_len, 300000);
	assert_false(lab->client.closed);
	for (uint32_t i = 0; i < lab->client.got_len; i++) {
		uint32_t line = i / 74, column = i % 74;
		uint8_t want = column == 72   ? '\r'
			       : column == 73 ? '\n'
					      : ' ' + (line + column) % 95;

		assert_int_equal(lab->client.got[i], want);
	}
	tcp_abort(lab->sock);
	end(lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_returns_what_it_gets),
		cmocka_unit_test(discard_says_nothing),
		cmocka_unit_test(chargen_goes_on_until_the_client_has_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
