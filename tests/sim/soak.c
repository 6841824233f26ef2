/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks and numbers that wrap; see soak.h. */
#include "tests/sim/soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tcp/internal.h"
#include "tests/sim/network.h"

#define PORT	    4001u
#define CLIENT_PORT 50000u
#define PIECE	    2000u /* bytes a step, each way */
#define STEP_NS	    (5 * S_NS)
#define BEFORE_NS   (60 * S_NS)

/* Where a clock of 32 or 63 bits, counted in this or that, is at its end. */
static const struct {
	const char *what;
	uint64_t at_ns;
} wraps[] = {
	{ "microseconds, 32 bits", 1000ull << 32 },
	{ "the clock of initial sequence numbers", 4000ull << 32 },
	{ "milliseconds, 31 bits", 1000000ull << 31 },
	{ "milliseconds, 32 bits", 1000000ull << 32 },
	{ "ticks of 10 ms, 32 bits", 10000000ull << 32 },
	{ "seconds, 31 bits", 1000000000ull << 31 },
	{ "seconds, 32 bits", 1000000000ull << 32 },
	{ "nanoseconds, 63 bits", 1ull << 63 },
};

struct soak {
	struct network *w;
	struct sock *listener, *end[2]; /* the client's, the server's */
	uint32_t sent[2], got[2];	/* bytes by, and to, each */
	struct sock *udp[2];
	uint32_t datagrams, datagrams_got;
	unsigned int closed;
};

static uint8_t
byte_at(unsigned int from, uint32_t at)
{
	return (uint8_t)(from * 101 + at * 7 + at / 251);
}

static unsigned int
which(const struct soak *s, const struct sock *sock)
{
	return sock == s->end[1];
}

static void
on_readable(struct sock *sock)
{
	struct soak *s = sock->ctx;
	unsigned int me = which(s, sock);
	uint8_t bytes[4096];
	size_t len;

	while ((len = tcp_read(sock, bytes, sizeof(bytes))) > 0)
		for (size_t i = 0; i < len; i++)
			if (bytes[i] != byte_at(!me, s->got[me]++))
				panic("soak: byte %u is wrong", s->got[me]);
	if (tcp_eof(sock))
		(void)!tcp_shutdown(sock);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct soak *s = sock->ctx;

	assert(why == OK);
	s->end[which(s, sock)] = NULL;
	s->closed++;
}

static const struct sock_ops end_ops = { .readable = on_readable,
					 .closed = on_closed };

static void
on_accept(struct sock *sock)
{
	struct soak *s = sock->ctx;

	s->end[1] = sock;
	sock->ops = &end_ops;
}

static const struct sock_ops listen_ops = { .established = on_accept };

static void
on_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	    const struct sock_addr *to)
{
	((struct soak *)sock->ctx)->datagrams_got++;
	skb_consume(skb);
}

static const struct sock_ops udp_ops = { .datagram = on_datagram };

/* Keys with which the next connection's numbers wrap soon: those of bytes if
 * bytes, else those of time. */
static void
choose_key(struct soak *s, unsigned int node, bool bytes)
{
	struct net *net = &s->w->node[node]->net;
	const struct sock_addr client = { TESTNET_ADDR(0, 1), CLIENT_PORT };
	const struct sock_addr server = { TESTNET_ADDR(0, 2), PORT };
	const struct sock_addr *local = node ? &server : &client;
	const struct sock_addr *remote = node ? &client : &server;
	uint32_t number;

	do {
		net->tcp.isn_key.k[0]++;
		number = bytes ? tcp_isn(net, local, remote)
			       : tcp_clock(net) +
					 tcp_ts_offset(net, local, remote);
	} while (number >> 16 != 0xffff);
}

static void
begin(struct soak *s, bool bytes)
{
	const struct sock_addr any = { 0, PORT }, any_udp = { 0, PORT + 1 };
	const struct sock_addr client = { 0, CLIENT_PORT };
	const struct sock_addr server = { TESTNET_ADDR(0, 2), PORT };
	enum status status;

	for (unsigned int i = 0; i < 2; i++) {
		struct net *net = &s->w->node[i]->net;

		choose_key(s, i, bytes);
		for (unsigned int k = 0; k < IPV4_ID_CLASSES; k++)
			net->ipv4_ids.next[k] = 0xfffffff0;
		s->udp[i] =
			udp_open(net, &any_udp, &udp_ops, s, "soak", &status);
		assert(s->udp[i]);
	}
	s->listener = tcp_listen(&s->w->node[1]->net, &any, 1, &listen_ops, s,
				 "soak", &status);
	assert(s->listener);
	s->end[0] = tcp_connect(&s->w->node[0]->net, &client, &server, &end_ops,
				s, "soak", &status);
	assert(s->end[0]);
}

static void
send_datagram(struct soak *s, unsigned int from)
{
	const struct sock_addr to = { TESTNET_ADDR(0, from ? 1 : 2), PORT + 1 };
	struct skb *skb = skb_alloc(&s->w->node[from]->net.core[0].skb_pool);
	static const uint8_t bytes[3000];
	bool ok;

	assert(skb);
	skb_reserve(skb, 64);
	ok = skb_copy_in(skb, bytes, sizeof(bytes));
	assert(ok);
	s->datagrams++;
	udp_send(s->udp[from], skb, &to, NULL);
}

static void
talk(struct soak *s)
{
	uint8_t bytes[PIECE];

	for (unsigned int i = 0; i < 2; i++) {
		if (!s->end[i])
			continue;
		for (uint32_t k = 0; k < PIECE; k++)
			bytes[k] = byte_at(i, s->sent[i] + k);
		s->sent[i] +=
			(uint32_t)tcp_write(s->end[i], bytes, sizeof(bytes));
		send_datagram(s, i);
	}
}

static void
finish(struct soak *s)
{
	struct network *w = s->w;

	(void)!tcp_shutdown(s->end[0]);
	network_run(w, w->now_ns + 900 * S_NS);
	assert(s->closed == 2);
	assert(s->got[0] == s->sent[1] && s->got[1] == s->sent[0]);
	/* The wire loses nothing of what is not repeated. */
	assert(s->datagrams_got == s->datagrams);
	tcp_close(s->listener);
	udp_close(s->udp[0]);
	udp_close(s->udp[1]);
	network_run(w, w->now_ns + S_NS);
	assert(network_held(w) == 0);
	for (unsigned int i = 0; i < 2; i++)
		assert(w->node[i]->net.tcp.pool.used_count == 0);
}

static void
soak_at(uint64_t at_ns, unsigned int minutes, bool bytes)
{
	struct network *w = calloc(1, sizeof(*w));
	const struct wire_faults faults = { .delay_ns = 20 * MS_NS,
					    .reorder = 50 };
	struct soak s = { .w = w };
	uint64_t end_ns = at_ns - BEFORE_NS + minutes * 60 * S_NS;

	network_init(w, at_ns + bytes);
	w->now_ns = at_ns - BEFORE_NS;
	network_add_node(w, 1);
	network_add_node(w, 1);
	network_add_wire(w, 0, 0, 1, 0, 1500, &faults);
	testnet_address(w->node[0], 0, TESTNET_ADDR(0, 1), 24);
	testnet_address(w->node[1], 0, TESTNET_ADDR(0, 2), 24);
	begin(&s, bytes);
	network_run(w, w->now_ns + S_NS);
	assert(s.end[0] && s.end[1]);
	while (w->now_ns < end_ns) {
		talk(&s);
		network_run(w, w->now_ns + STEP_NS);
	}
	finish(&s);
	network_fini(w);
	free(w);
}

int
soak_main(unsigned int minutes)
{
	const char *path = getenv("FAIRLEAD_FIGURES");
	FILE *file = path ? fopen(path, "w") : NULL;
	unsigned int runs = 0;

	for (size_t i = 0; i < array_len(wraps); i++)
		for (int bytes = 0; bytes < 2; bytes++, runs++)
			soak_at(wraps[i].at_ns, minutes, bytes);
	if (file) {
		fprintf(file, "wraps %zu\nminutes %u\nfailed 0\n",
			array_len(wraps), runs * minutes);
		fclose(file);
	}
	printf("%u minutes of virtual time across %zu wraps\n", runs * minutes,
	       array_len(wraps));
	printf("soak-virtual: %u passed, 0 failed\n", runs);
	return 0;
}
