/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP over bad wires; see tcp_scenarios.h. */
#include "tests/sim/tcp_scenarios.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/tcp/cc.h"
#include "net/tcp/tcp.h"

#define PORT	     4001u
#define PAIRS_MAX    8u
#define LONELY_STEPS 100000u	       /* 2000 s */
#define TIME_MAX     (6 * 3600 * S_NS) /* longer than any giving up */

/* One end of a connection: what it sends, and what it has seen of the other. */
struct end {
	struct sock *sock;
	uint32_t number;	 /* of the stream it sends */
	uint32_t send_len, sent; /* bytes to send, queued so far */
	uint32_t got;		 /* bytes seen, all of them right */
	uint32_t pace;		 /* bytes read or written in one go */
	uint32_t lonely;	 /* steps since the other end failed */
	bool zero_copy, eof, shut, closed;
	enum status why;
	struct end *peer;
};

struct pair {
	struct end client, server;
};

struct sim {
	struct pair pair[PAIRS_MAX];
	uint32_t pair_count, accepted;
	struct sock *listener;
	uint64_t seed;
	bool (*memory_failed)(void);
};

#define must(sim, what)                                                        \
	((what) ? (void)0                                                      \
		: panic("seed %llu: %s", (unsigned long long)(sim)->seed,      \
			#what))

static uint8_t
byte_at(uint32_t number, uint32_t at)
{
	return (uint8_t)(number * 83 + at * 13 + at / 253);
}

/* ---- an end ------------------------------------------------------------- */

static void
see(struct end *end, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != byte_at(end->peer->number, end->got++))
			panic("stream %u: byte %u is wrong", end->peer->number,
			      end->got - 1);
}

static void
end_read(struct end *end)
{
	uint8_t bytes[4096];
	size_t len;

	if (end->zero_copy) {
		struct skb *skb = tcp_recv(end->sock);

		for (; skb; skb = tcp_recv(end->sock)) {
			for (uint32_t at = 0; at < skb->len; at += 2048) {
				len = min_of(skb->len - at, 2048u);
				skb_copy_out(skb, at, bytes, len);
				see(end, bytes, len);
			}
			skb_consume(skb);
		}
	} else {
		len = tcp_read(end->sock, bytes, min_of(end->pace, 4096u));
		see(end, bytes, len);
	}
	if (tcp_eof(end->sock))
		end->eof = true;
}

static void
end_write(struct end *end)
{
	uint8_t bytes[4096];
	size_t len;

	while (end->sent < end->send_len) {
		len = min_of(end->send_len - end->sent, end->pace);
		len = min_of(len, sizeof(bytes));
		for (size_t i = 0; i < len; i++)
			bytes[i] =
				byte_at(end->number, end->sent + (uint32_t)i);
		len = tcp_write(end->sock, bytes, len);
		if (len == 0)
			return;
		end->sent += (uint32_t)len;
	}
	if (!end->shut && tcp_shutdown(end->sock) == OK)
		end->shut = true;
}

static void
on_established(struct sock *sock)
{
	end_write(sock->ctx);
}

static void
on_readable(struct sock *sock)
{
	struct end *end = sock->ctx;

	/* Slow readers read when time passes; see step(). */
	if (end->zero_copy)
		end_read(end);
}

static void
on_writable(struct sock *sock)
{
	end_write(sock->ctx);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct end *end = sock->ctx;

	if (why == OK)
		end_read(end);
	end->closed = true;
	end->why = why;
	end->sock = NULL;
}

static const struct sock_ops end_ops = {
	.established = on_established,
	.readable = on_readable,
	.writable = on_writable,
	.closed = on_closed,
};

/* The listener hands out the server's ends by the client's port. */
static void
on_accept(struct sock *sock)
{
	struct sim *sim = sock->ctx;

	for (uint32_t i = 0; i < sim->pair_count; i++) {
		struct pair *pair = &sim->pair[i];

		if (!pair->client.sock ||
		    pair->client.sock->local.port != sock->remote.port)
			continue;
		pair->server.sock = sock;
		sock->ctx = &pair->server;
		sock->ops = &end_ops;
		sim->accepted++;
		return end_write(&pair->server);
	}
	/* Its client gave up while the last ACK was on its way. */
	tcp_abort(sock);
}

static const struct sock_ops listen_ops = { .established = on_accept };

/* ---- a run -------------------------------------------------------------- */

static uint32_t
draw(struct network *w, uint32_t from, uint32_t to)
{
	return from + random_below(&w->random, to - from + 1);
}

static void
draw_params(struct network *w, struct net *net)
{
	struct tcp_param *param = &net->tcp.param;

	param->tcp_sack = draw(w, 0, 3) > 0;
	param->tcp_timestamps = draw(w, 0, 3) > 0;
	param->tcp_window_scaling = draw(w, 0, 3) > 0;
	param->tcp_ecn = draw(w, 0, 2);
	param->tcp_syncookies = draw(w, 0, 2);
	param->tcp_dsack = draw(w, 0, 3) > 0;
	param->tcp_rmem[1] = draw(w, 0, 2) ? 131072 : draw(w, 600, 20000);
	param->tcp_congestion_control =
		draw(w, 0, 1) ? &tcp_cc_cubic : &tcp_cc_reno;
}

static void
draw_end(struct network *w, struct end *end, struct end *peer, uint32_t number)
{
	static const uint32_t sizes[] = { 0, 1, 1460, 20000, 200000 };

	end->number = number;
	end->peer = peer;
	end->send_len = draw(w, 0, sizes[draw(w, 0, w->brief ? 3 : 4)]);
	end->pace = draw(w, 0, 3) ? 4096 : draw(w, 1, 700);
	end->zero_copy = draw(w, 0, 1);
}

static void
build(struct network *w, const struct tcp_sim_faults *most)
{
	const struct wire_faults faults = {
		.loss = draw(w, 0, most->loss_max),
		.repeat = draw(w, 0, most->repeat_max),
		.reorder = draw(w, 0, most->reorder_max),
		.damage = draw(w, 0, most->damage_max),
		.delay_ns = draw(w, 0, 100) * MS_NS,
		.swallow_len = draw(w, 0, 3) ? 0 : draw(w, 600, 1500),
	};

	network_add_node(w, 1);
	network_add_node(w, 1);
	network_add_wire(w, 0, 0, 1, 0, draw(w, 576, 1500), &faults);
	testnet_address(w->node[0], 0, TESTNET_ADDR(0, 1), 24);
	testnet_address(w->node[1], 0, TESTNET_ADDR(0, 2), 24);
}

static void
begin(struct network *w, struct sim *sim, const struct tcp_sim_path *path)
{
	const struct sock_addr any = { 0, PORT };
	const struct sock_addr server = { path->server_addr, PORT };
	struct net *client_net = &w->node[path->client]->net;
	struct net *server_net = &w->node[path->server]->net;
	enum status status;

	draw_params(w, client_net);
	draw_params(w, server_net);
	sim->listener = tcp_listen(server_net, &any, draw(w, 1, 10),
				   &listen_ops, sim, "sim", &status);
	if (!sim->listener)
		testnet_cannot("a listener");
	for (uint32_t i = 0; i < sim->pair_count; i++) {
		struct pair *pair = &sim->pair[i];

		draw_end(w, &pair->client, &pair->server, 2 * i);
		draw_end(w, &pair->server, &pair->client, 2 * i + 1);
		pair->client.sock =
			tcp_connect(client_net, NULL, &server, &end_ops,
				    &pair->client, "sim", &status);
		if (!pair->client.sock)
			testnet_cannot("a connection");
	}
}

/* The peer failed, and what it said of that was lost: whoever only waits for
 * data does so for ever [RFC9293 3.8.4], so the application gives up. */
static void
notice_lonely(struct end *end)
{
	if (!end->peer->closed || end->peer->why == OK ||
	    ++end->lonely < LONELY_STEPS)
		return;
	tcp_abort(end->sock);
	end->sock = NULL;
	end->closed = true;
	end->why = ERR_RESET;
}

/* What the slow do now and then. True while something is open. */
static bool
step(struct sim *sim)
{
	bool open = false;

	for (uint32_t i = 0; i < sim->pair_count; i++) {
		struct end *ends[] = { &sim->pair[i].client,
				       &sim->pair[i].server };

		for (unsigned int e = 0; e < 2; e++) {
			if (!ends[e]->sock)
				continue;
			open = true;
			if (!ends[e]->zero_copy)
				end_read(ends[e]);
			/* Nobody calls back for a shutdown that found no
			 * memory. */
			if (ends[e]->sock && sim->memory_failed() &&
			    !ends[e]->shut &&
			    ends[e]->sent == ends[e]->send_len &&
			    tcp_state(ends[e]->sock) == TCP_ESTABLISHED)
				end_write(ends[e]);
			notice_lonely(ends[e]);
		}
	}
	return open;
}

/* Complete on both sides, or both were told; what was seen is always right. An
 * end that had all it wanted may have closed well although its last ACK never
 * arrived, or although the other had not read all of it when it failed. */
static void
check_pair(struct sim *sim, const struct pair *pair)
{
	const struct end *c = &pair->client, *s = &pair->server;

	must(sim, c->closed);
	must(sim, !s->sock);
	must(sim, c->got <= s->send_len && s->got <= c->send_len);
	if (c->why == OK)
		must(sim, c->got == s->send_len && c->sent == c->send_len &&
				  s->got == c->send_len);
	if (s->closed && s->why == OK)
		must(sim, s->got == c->send_len);
}

void
tcp_sim_over(struct network *w, uint64_t seed, bool many,
	     const struct tcp_sim_path *path, bool verbose)
{
	bool shaking = path->during != NULL;
	struct sim *sim = calloc(1, sizeof(*sim));
	uint64_t start, end;
	uint32_t ok = 0;

	sim->seed = seed;
	sim->memory_failed = w->memory_failed;
	sim->pair_count = many ? draw(w, 2, w->brief ? 3 : PAIRS_MAX) : 1;
	begin(w, sim, path);
	start = w->now_ns;
	end = start + TIME_MAX;
	while ((step(sim) || shaking) && w->now_ns < end) {
		if (shaking)
			shaking = path->during(path->ctx);
		network_run(w, w->now_ns + 20 * MS_NS);
	}
	must(sim, w->now_ns < end);
	for (uint32_t i = 0; i < sim->pair_count; i++) {
		check_pair(sim, &sim->pair[i]);
		ok += sim->pair[i].client.why == OK;
	}
	if (verbose)
		printf("tcp: seed %llu, %u of %u complete, %.1f s, loss %u\n",
		       (unsigned long long)seed, ok, sim->pair_count,
		       (double)(w->now_ns - start) / 1e9,
		       w->wire[0].faults.loss);
	tcp_close(sim->listener);
	/* TIME-WAIT ends, and nothing is left. */
	network_run(w, w->now_ns + 900 * S_NS);
	must(sim, network_held(w) == 0);
	for (unsigned int i = 0; i < w->node_count; i++) {
		struct tcp_table *tcp = &w->node[i]->net.tcp;

		must(sim, tcp->pool.used_count == 0);
		must(sim, tcp->tw_pool.used_count == 0);
		must(sim, tcp->buffers == 0);
	}
	free(sim);
}

void
tcp_sim_transfer(struct network *w, uint64_t seed, bool many,
		 const struct tcp_sim_faults *most, bool verbose)
{
	const struct tcp_sim_path path = {
		.client = 0,
		.server = 1,
		.server_addr = TESTNET_ADDR(0, 2),
	};

	build(w, most);
	tcp_sim_over(w, seed, many, &path, verbose);
}
