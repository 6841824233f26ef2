/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP natively: both ends on one core, joined by an ideal wire that copies each
 * frame once, as DMA would.
 *
 *	tcp_bench bulk BYTES		one connection, 1460-byte segments
 *	tcp_bench rr CONNECTIONS COUNT	one byte there, one back, at random
 *	tcp_bench open COUNT		connect, close, both sides
 *
 * Time is printed; instructions are counted from outside (valgrind
 * --tool=callgrind, or the difference of two runs of it).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "net/tcp/tcp.h"
#include "net/wire/eth.h"
#include "tests/host/host.h"
#include "net/net.h"

#define PORT	  5001u
#define PORTS	  4u
#define ARENA_LEN (768u << 20)
#define RING	  1024u
#define ADDR(i)	  (0x0a000001u + (i))

/* ---- two stacks and a wire --------------------------------------------- */

struct side {
	struct net net;
	struct pages pages;
	struct netdev dev;
	struct napi napi;
	struct side *peer;
	/* Frames for this side, in its buffers. */
	struct {
		struct skb *skb;
		uint32_t len;
	} ring[RING];
	uint32_t prod, cons;
};

static uint64_t now_ns = 1000000000000ull, frames;

static enum status
dev_open(struct netdev *dev)
{
	return OK;
}

static void
dev_nothing(struct netdev *dev)
{
}

static void
dev_xmit(struct netdev *dev, struct skb *skb)
{
	struct side *to = ((struct side *)dev->priv)->peer;
	uint32_t slot = to->prod % RING;

	struct skb *copy;

	frames++;
	if (!to->napi.dev) /* not up yet */
		return skb_sent(skb);
	if (to->prod - to->cons == RING)
		return skb_drop(skb, DROP_RING_FULL);
	copy = skb_alloc_rx(to->dev.pool);
	if (!copy)
		return skb_drop(skb, DROP_NOMEM);
	skb_copy_out(skb, 0, copy->data, skb->len);
	to->ring[slot].skb = copy;
	to->ring[slot].len = skb->len;
	to->prod++;
	napi_schedule(&to->napi);
	skb_sent(skb);
}

static const struct netdev_ops dev_ops = {
	.open = dev_open,
	.stop = dev_nothing,
	.xmit = dev_xmit,
	.flush = dev_nothing,
	.set_rx_mode = dev_nothing,
};

static uint32_t
dev_poll(struct napi *napi, uint32_t budget)
{
	struct side *side = napi->dev->priv;
	uint32_t done = 0;

	while (done < budget && side->cons != side->prod) {
		uint32_t slot = side->cons % RING;
		struct skb *skb = side->ring[slot].skb;

		skb_received(skb, napi->dev, side->ring[slot].len);
		side->cons++;
		done++;
		netdev_input(skb);
	}
	if (done < budget)
		napi_complete(napi);
	return done;
}

static void
side_init(struct side *side, unsigned int i, struct side *peer, uint32_t socks)
{
	const struct net_config config = {
		.pages = &side->pages,
		.now_ns = now_ns,
		.skb_count = 100000, /* what waits for ACKs */
		.tcp_sock_count = socks,
		.neigh_count = 256,
		.route_count = 1024,
	};
	const uint8_t mac[2][6] = { { 2, 0, 0, 0, 0, 1 },
				    { 2, 0, 0, 0, 0, 2 } };
	struct ifaddr addr = { .local = ADDR(i),
			       .peer = ADDR(i),
			       .prefix_len = 24,
			       .scope = SCOPE_GLOBAL };

	host_pages_init(&side->pages, ARENA_LEN);
	/* Large pages, as the kernel has them. */
	(void)madvise(side->pages.zone[0].state, ARENA_LEN, MADV_HUGEPAGE);
	side->peer = peer;
	if (net_init(&side->net, &config) != OK)
		panic("net_init");
	side->dev = (struct netdev){ .ops = &dev_ops,
				     .priv = side,
				     .driver = "bench",
				     .mtu = 1500,
				     .mtu_min = 68,
				     .mtu_max = 1500,
				     .carrier = true };
	memcpy(side->dev.addr, mac[i], 6);
	if (netdev_register(&side->net, &side->dev) != OK ||
	    netdev_up(&side->dev) != OK ||
	    napi_add(&side->napi, &side->dev, dev_poll, 0) != OK ||
	    addr_add(&side->dev, &addr) != OK ||
	    neigh_set(&side->net, &side->dev, ADDR(1 - i), mac[1 - i],
		      NEIGH_PERMANENT, true, false) != OK)
		panic("no device");
	/* As the peers were measured: 1460 bytes a segment, 256 KB a window. */
	side->net.tcp.param.tcp_timestamps = 0;
	for (unsigned int j = 1; j <= 2; j++)
		side->net.tcp.param.tcp_rmem[j] = 256u << 10;
}

static struct side *client, *server;

static void
turn(void)
{
	now_ns += 1000;
	net_poll(&client->net, now_ns);
	net_poll(&server->net, now_ns);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- applications ------------------------------------------------------ */

static uint64_t received, to_send, sent, established, closed, answers;

static void
swallow(struct sock *sock)
{
	struct skb *skb;

	while ((skb = tcp_recv(sock))) {
		received += skb->len;
		skb_consume(skb);
	}
	if (tcp_eof(sock))
		tcp_close(sock);
}

static void
pour(struct sock *sock)
{
	static uint8_t bytes[65536];
	size_t len;

	while (sent < to_send) {
		len = min_of(to_send - sent, (uint64_t)sizeof(bytes));
		len = tcp_write(sock, bytes, len);
		sent += len;
		if (len == 0)
			return;
	}
}

static void
give_back(struct sock *sock)
{
	struct skb *skb;

	while ((skb = tcp_recv(sock)))
		if (tcp_send(sock, skb) != OK)
			panic("echo");
}

static void
count_answer(struct sock *sock)
{
	uint8_t byte;

	answers += tcp_read(sock, &byte, 1);
}

static void
count_established(struct sock *sock)
{
	established++;
}

static void
count_closed(struct sock *sock, enum status why)
{
	closed++;
}

static const struct sock_ops sink_ops = { .readable = swallow };
static const struct sock_ops pour_ops = { .established = pour,
					  .writable = pour };
static const struct sock_ops echo_ops = { .readable = give_back };
static const struct sock_ops ask_ops = { .established = count_established,
					 .readable = count_answer };
static const struct sock_ops open_ops = { .established = count_established,
					  .closed = count_closed };

static void
listen_with(const struct sock_ops *ops)
{
	struct sock_addr any = { .port = PORT };
	enum status status;

	for (; any.port < PORT + PORTS; any.port++)
		if (!tcp_listen(&server->net, &any, 256, ops, NULL, "bench",
				&status))
			panic("listen");
}

static struct sock *
connect_with(const struct sock_ops *ops, uint32_t n)
{
	/* Several ports there, lest those here run out. */
	const struct sock_addr to = { ADDR(1),
				      (uint16_t)(PORT + n / 64000 % PORTS) };
	const struct sock_addr from = { ADDR(0), (uint16_t)(1024 + n % 64000) };
	enum status status;
	struct sock *sock = tcp_connect(&client->net, &from, &to, ops, NULL,
					"bench", &status);

	if (!sock)
		panic("connect: %d", status);
	return sock;
}

/* ---- measurements ------------------------------------------------------ */

static void
bulk(uint64_t bytes)
{
	uint64_t segments;
	double start;

	to_send = bytes;
	listen_with(&sink_ops);
	connect_with(&pour_ops, 0);
	start = seconds();
	while (received < bytes)
		turn();
	segments = bytes / 1460;
	printf("bulk: %.1f ns a segment, %.0f MB/s, %.3f ACKs a segment\n",
	       (seconds() - start) * 1e9 / (double)segments,
	       (double)bytes / 1e6 / (seconds() - start),
	       (double)(frames - segments) / (double)segments);
}

static void
request_response(uint32_t connections, uint32_t count)
{
	struct sock **socks = calloc(connections, sizeof(*socks));
	uint64_t draw = 88172645463325252ull; /* xorshift: cheap */
	uint8_t byte = 0;
	double start;

	listen_with(&echo_ops);
	for (uint32_t i = 0; i < connections; i++) {
		socks[i] = connect_with(&ask_ops, i);
		while (established <= i)
			turn();
		/* Who says nothing is made to wait in a crowd. */
		if (!tcp_write(socks[i], &byte, 1))
			panic("write");
		while (answers <= i)
			turn();
	}
	for (uint32_t i = 0; i < 1000; i++) { /* all is acknowledged */
		now_ns += 1000000;
		turn();
	}
	start = seconds();
	for (uint32_t i = 0; i < count; i++) {
		draw ^= draw << 13;
		draw ^= draw >> 7;
		draw ^= draw << 17;
		if (!tcp_write(socks[draw % connections], &byte, 1))
			panic("write");
		while (answers <= connections + i)
			turn();
	}
	printf("rr: %u connections, %.1f ns each\n", connections,
	       (seconds() - start) * 1e9 / count);
	free(socks);
}

static void
open_close(uint32_t count)
{
	double start = seconds();

	listen_with(&sink_ops);
	for (uint32_t i = 0; i < count; i++) {
		struct sock *sock = connect_with(&open_ops, i);

		while (established <= i)
			turn();
		tcp_shutdown(sock);
		while (closed <= i)
			turn();
	}
	printf("open and close: %.1f ns each, %.0f a second\n",
	       (seconds() - start) * 1e9 / count, count / (seconds() - start));
}

int
main(int argc, char **argv)
{
	uint32_t a = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1;
	uint32_t b = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 100000;

	client = calloc(1, sizeof(*client));
	server = calloc(1, sizeof(*server));
	side_init(client, 0, server, 131072);
	side_init(server, 1, client, 131072);
	if (argc > 2 && !strcmp(argv[1], "bulk"))
		bulk(strtoull(argv[2], NULL, 0));
	else if (argc > 2 && !strcmp(argv[1], "rr"))
		request_response(a, b);
	else if (argc > 2 && !strcmp(argv[1], "open"))
		open_close(a);
	else
		return 2;
	printf("%u bytes a connection, %u more while it is awake, %u in "
	       "TIME-WAIT\n",
	       client->net.tcp.pool.object_len,
	       client->net.tcp.awake_pool.object_len,
	       client->net.tcp.tw_pool.object_len);
	if (getenv("BENCH_STATS"))
		printf("client: %llu timeouts, %llu probes, %llu delayed "
		       "ACKs\n",
		       (unsigned long long)client->net.tcp.stats.tcp_timeouts,
		       (unsigned long long)
			       client->net.tcp.stats.tcp_loss_probes,
		       (unsigned long long)client->net.tcp.stats.delayed_acks);
	return 0;
}
