/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The iperf3 server and its JSON under arbitrary clients: first the input as
 * JSON alone, then as a sequence of what up to four connections and a UDP port
 * do to the server, over lo. Each operation is a byte (what, with whom) and its
 * bytes; afterwards all that was taken has been given back.
 */
#include <stddef.h>
#include <stdint.h>

#include "apps/iperf3.h"
#include "lib/be.h"
#include "lib/json.h"
#include "net/net.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/testnet.h"

#define CLIENTS	 4u
#define LOOPBACK 0x7f000001u

struct client {
	struct sock *sock;
	uint32_t got_len;
};

static void
fuzz_json(const uint8_t *data, size_t len)
{
	static const char *const name[] = { "", "a", "parallel", "\\u0041" };
	const char *text = (const char *)data;
	struct json value;
	uint64_t number;

	if (!json_valid(text, len))
		return;
	for (unsigned int i = 0; i < array_len(name); i++) {
		if (!json_member(text, len, name[i], &value))
			continue;
		assert(value.text >= text &&
		       value.text + value.len <= text + len);
		(void)json_u64(&value, &number);
		assert(value.kind == JSON_STRING ||
		       json_valid(value.text, value.len));
	}
}

/* Reads a little, so that a server without end is held by the window. */
static void
readable(struct sock *sock)
{
	uint8_t bytes[4096];
	struct client *client = sock->ctx;

	if (client->got_len < 2 * sizeof(bytes))
		client->got_len +=
			(uint32_t)tcp_read(sock, bytes, sizeof(bytes));
}

static void
closed(struct sock *sock, enum status why)
{
	struct client *client = sock->ctx;

	client->sock = NULL;
}

static void
datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	 const struct sock_addr *to)
{
	skb_consume(skb);
}

static const struct sock_ops ops = { .readable = readable, .closed = closed };
static const struct sock_ops udp_ops = { .datagram = datagram };

static void
dial(struct testnet *t, struct client *client)
{
	const struct sock_addr to = { LOOPBACK, IPERF3_PORT };
	enum status status;

	if (client->sock)
		return;
	client->sock =
		tcp_connect(&t->net, NULL, &to, &ops, client, "fuzz", &status);
	if (!client->sock)
		return;
	(void)tcp_set_option(client->sock, TCP_OPT_NODELAY, 1);
	(void)tcp_set_option(client->sock, TCP_OPT_RCVBUF, 4096);
	testnet_run(t);
}

/* len bytes of the input, with their number in front if framed. */
static void
send_some(struct testnet *t, struct client *client, struct input *in,
	  bool framed)
{
	size_t len = take(in);
	be32 head = be32_from((uint32_t)len);
	uint8_t bytes[255];

	for (size_t i = 0; i < len; i++)
		bytes[i] = take(in);
	if (!client->sock)
		return;
	if (framed)
		(void)tcp_write(client->sock, &head, sizeof(head));
	(void)tcp_write(client->sock, bytes, len);
	testnet_run(t);
}

static void
send_datagram(struct testnet *t, struct sock *sock, struct input *in)
{
	const struct sock_addr to = { LOOPBACK, IPERF3_PORT };
	struct skb *skb = skb_alloc(&net_this_core(&t->net)->skb_pool);
	size_t len = take(in) % 64;

	if (!skb)
		return;
	for (size_t i = 0; i < len; i++)
		*skb_put(skb, 1) = take(in);
	udp_send(sock, skb, &to, NULL);
	testnet_run(t);
}

static void
step(struct testnet *t, struct client *client, struct sock *udp,
     struct input *in)
{
	static const char cookie[37] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint8_t op = take(in);
	struct client *one = &client[op >> 3 & (CLIENTS - 1)];

	switch (op & 7) {
	case 0:
		dial(t, one);
		if (one->sock)
			(void)tcp_write(one->sock, cookie, sizeof(cookie));
		return testnet_run(t);
	case 1: return dial(t, one);
	case 2: return send_some(t, one, in, false);
	case 3: return send_some(t, one, in, true);
	case 4:
		if (one->sock)
			tcp_abort(one->sock);
		one->sock = NULL;
		return testnet_run(t);
	case 5:
		if (one->sock)
			(void)tcp_shutdown(one->sock);
		return testnet_run(t);
	case 6: return testnet_advance(t, (1u + (op >> 5)) * 20 * MS_NS);
	default: return send_datagram(t, udp, in);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct testnet_config config = {
		.ports = 1,
		.memory_len = 4u << 20,
		.net = { .skb_count = 512,
			 .neigh_count = 16,
			 .route_count = 64,
			 .udp_sock_count = 16,
			 .tcp_sock_count = 64,
			 .frag_count = 8 },
	};
	const struct sock_addr from = { LOOPBACK, 6000 };
	struct client client[CLIENTS] = { 0 };
	struct input in = { data, data + len };
	static struct iperf3 server;
	struct testnet *t;
	struct sock *udp;
	enum status status;

	fuzz_json(data, len);
	t = testnet_new_with(&config);
	if (iperf3_start(&server, &t->net) != OK)
		panic("the server does not start");
	udp = udp_open(&t->net, &from, &udp_ops, NULL, "fuzz", &status);
	assert(udp);
	while (in.at < in.end) {
		step(t, client, udp, &in);
		tcp_check(&t->net);
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		if (client[i].sock)
			tcp_abort(client[i].sock);
	udp_close(udp);
	iperf3_stop(&server);
	testnet_advance(t, 200 * S_NS);
	assert(t->net.tcp.pool.used_count == 0);
	testnet_free(t);
	return 0;
}
