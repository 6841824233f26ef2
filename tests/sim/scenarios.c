/* SPDX-License-Identifier: BSD-2-Clause */
/* What the simulator plays; see scenarios.h. */
#include "tests/sim/scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checksum.h"
#include "tests/host/testnet.h"
#include "tests/sim/mesh.h"
#include "tests/sim/network.h"
#include "tests/sim/tcp_scenarios.h"

#define PORT	  4000u
#define FLIPS_MAX 8u /* bits of a datagram, damaged on several wires */

struct traffic {
	struct sock *client, *server;
	uint32_t server_addr;
	uint32_t sent, answered, repeated, bad;
	uint8_t *seen; /* a flag for each datagram */
	uint32_t count;
};

struct run {
	uint64_t seed;
	struct network network;
	struct traffic traffic;
	bool verbose;
};

#define must(run, what)                                                        \
	((what) ? (void)0                                                      \
		: panic("seed %llu: %s", (unsigned long long)(run)->seed,      \
			#what))

/* What holds unless memory was refused on the way. */
#define must_if_memory(run, what)                                              \
	must(run, (what) || (run)->network.memory_failed())

/* ---- traffic: datagrams that say what they are -------------------------- */

static uint8_t
pattern(uint32_t number, uint32_t i)
{
	return (uint8_t)(number * 31 + i * 7);
}

/* The echo: gives every datagram back as it came. */
static void
server_datagram(struct sock *sock, struct skb *skb,
		const struct sock_addr *from, const struct sock_addr *to)
{
	struct skb *answer = skb_copy(skb);

	skb_consume(skb);
	if (!answer)
		return;
	udp_send(sock, answer, from, to);
}

/*
 * Is it number as it was sent, but for damage that cannot be seen? Two flipped
 * bits may cancel out in a sum of 16 bits, be they in the number (seed 888 of
 * faulty-chain) or behind it (seed 5028), and then nobody below the application
 * can know.
 */
static bool
is_intact(const struct skb *skb, uint32_t number)
{
	uint8_t got[4096], want[4096];
	unsigned int flips = 0;

	if (skb->len < 4 || skb->len > sizeof(got))
		return false;
	skb_copy_out(skb, 0, got, skb->len);
	memcpy(want, &number, 4);
	for (uint32_t i = 4; i < skb->len; i++)
		want[i] = pattern(number, i);
	for (uint32_t i = 0; i < skb->len; i++)
		flips += (unsigned int)__builtin_popcount(got[i] ^ want[i]);
	return flips <= FLIPS_MAX &&
	       checksum_fold(checksum_add(0, got, skb->len)) ==
		       checksum_fold(checksum_add(0, want, skb->len));
}

/* The number of what was sent and has come; t->count: it is none of them. */
static uint32_t
number_of(const struct traffic *t, const struct skb *skb)
{
	uint32_t number = t->count;

	if (skb->len >= 4)
		skb_copy_out(skb, 0, &number, 4);
	if (number < t->count && is_intact(skb, number))
		return number;
	for (number = 0; number < t->count; number++)
		if (is_intact(skb, number))
			break;
	return number;
}

static void
client_datagram(struct sock *sock, struct skb *skb,
		const struct sock_addr *from, const struct sock_addr *to)
{
	struct traffic *t = sock->ctx;
	uint32_t number = number_of(t, skb);

	if (number == t->count || from->addr != t->server_addr) {
		t->bad++;
	} else {
		t->answered += !t->seen[number];
		t->repeated += t->seen[number];
		t->seen[number] = 1;
	}
	skb_consume(skb);
}

static const struct sock_ops server_ops = { .datagram = server_datagram };
static const struct sock_ops client_ops = { .datagram = client_datagram };

static void
traffic_start(struct run *run, unsigned int client, unsigned int server,
	      uint32_t server_addr, uint32_t count)
{
	struct traffic *t = &run->traffic;
	struct sock_addr local = { 0, PORT };
	enum status error;

	t->server_addr = server_addr;
	t->count = count;
	t->seen = calloc(count, 1);
	t->server = udp_open(&run->network.node[server]->net, &local,
			     &server_ops, t, "sim", &error);
	local.port = 0;
	t->client = udp_open(&run->network.node[client]->net, &local,
			     &client_ops, t, "sim", &error);
	if (!t->server || !t->client)
		testnet_cannot("a sock");
}

static void
traffic_send(struct run *run, uint32_t len)
{
	struct traffic *t = &run->traffic;
	struct sock_addr to = { t->server_addr, PORT };
	struct net *net = t->client->net;
	struct skb *skb = skb_alloc(&net->core[0].skb_pool);
	uint32_t number = t->sent;
	uint8_t byte;
	bool ok;

	t->sent++;
	ok = skb != NULL;
	if (ok) {
		skb_reserve(skb, 64);
		ok = skb_copy_in(skb, &number, 4);
	}
	for (uint32_t i = 4; i < len && ok; i++) {
		byte = pattern(number, i);
		ok = skb_copy_in(skb, &byte, 1);
	}
	if (ok)
		return udp_send(t->client, skb, &to, NULL);
	must(run, run->network.memory_failed());
	if (skb)
		skb_consume(skb);
}

static void
traffic_stop(struct run *run)
{
	if (!run->traffic.client)
		return;
	udp_close(run->traffic.client);
	udp_close(run->traffic.server);
	free(run->traffic.seen);
}

/* ---- what must hold whatever happened ----------------------------------- */

static void
settle_and_check(struct run *run)
{
	struct network *w = &run->network;

	/* Longer than any reassembly, resolution or rate limit takes. */
	network_run(w, w->now_ns + 90 * S_NS);
	must(run, network_held(w) == 0);
	for (unsigned int i = 0; i < w->node_count; i++)
		net_check(&w->node[i]->net);
	must(run, run->traffic.bad == 0);
}

static uint32_t
draw(struct run *run, uint32_t from, uint32_t to)
{
	return from + random_below(&run->network.random, to - from + 1);
}

static struct wire_faults
draw_faults(struct run *run, bool clean)
{
	struct wire_faults faults = { .delay_ns = draw(run, 0, 5) * MS_NS };

	if (clean)
		return faults;
	faults.loss = draw(run, 0, 300);
	faults.repeat = draw(run, 0, 200);
	faults.reorder = draw(run, 0, 300);
	faults.damage = draw(run, 0, 200);
	return faults;
}

/* ---- scenarios ---------------------------------------------------------- */

/*
 * host - router - ... - router - host, 10.0.i.0/24 on wire i: node i is .1 on
 * the wire to its right and .2 on the wire to its left.
 */
static void
build_chain(struct run *run, unsigned int routers, bool clean)
{
	struct network *w = &run->network;
	unsigned int last = routers + 1;
	struct wire_faults faults;

	for (unsigned int i = 0; i <= last; i++)
		network_add_node(w, i == 0 || i == last ? 1 : 2);
	for (unsigned int i = 0; i < last; i++) {
		unsigned int right = i == 0 ? 0 : 1;

		faults = draw_faults(run, clean);
		network_add_wire(w, i, right, i + 1, 0, draw(run, 576, 1500),
				 &faults);
		testnet_address(w->node[i], right, TESTNET_ADDR(i, 1), 24);
		testnet_address(w->node[i + 1], 0, TESTNET_ADDR(i, 2), 24);
	}
	for (unsigned int i = 0; i <= last; i++)
		for (unsigned int net = 0; net < last; net++) {
			if (net + 1 < i)
				testnet_route(w->node[i], TESTNET_ADDR(net, 0),
					      24, TESTNET_ADDR(i - 1, 1), 0);
			if (net > i)
				testnet_route(w->node[i], TESTNET_ADDR(net, 0),
					      24, TESTNET_ADDR(i, 2),
					      i == 0 ? 0 : 1);
		}
}

static void
chain(struct run *run, bool clean)
{
	unsigned int routers = draw(run, 1, 4);
	uint32_t count = draw(run, 20, run->network.brief ? 25 : 60);
	struct network *w = &run->network;

	build_chain(run, routers, clean);
	traffic_start(run, 0, routers + 1, TESTNET_ADDR(routers, 2), count);
	for (uint32_t i = 0; i < count; i++) {
		traffic_send(run, draw(run, 4, 3000));
		network_run(w, w->now_ns + draw(run, 0, 30) * MS_NS);
	}
	settle_and_check(run);
	if (clean)
		must_if_memory(run, run->traffic.answered == count);
	must(run, run->traffic.answered <= count);
	/* Packets were followed from hop to hop. */
	must(run, !run->traffic.answered || w->hops > 0);
	if (clean)
		must(run, run->traffic.repeated == 0);
}

static void
clean_chain(struct run *run)
{
	chain(run, true);
}

static void
faulty_chain(struct run *run)
{
	chain(run, false);
}

/* Wires are cut and mended under traffic; in the end everything works again. */
static void
flapping_chain(struct run *run)
{
	unsigned int routers = draw(run, 1, 4), wire;
	struct network *w = &run->network;
	uint32_t count = 80, before;

	build_chain(run, routers, true);
	traffic_start(run, 0, routers + 1, TESTNET_ADDR(routers, 2), count);
	for (uint32_t i = 0; i < 60; i++) {
		wire = draw(run, 0, routers);
		if (draw(run, 0, 3) == 0)
			network_cut(w, wire, !w->wire[wire].down);
		traffic_send(run, draw(run, 4, 2000));
		network_run(w, w->now_ns + draw(run, 1, 400) * MS_NS);
	}
	for (wire = 0; wire <= routers; wire++)
		if (w->wire[wire].down)
			network_cut(w, wire, false);
	network_run(w, w->now_ns + 20 * S_NS);
	before = run->traffic.answered;
	for (uint32_t i = 60; i < count; i++) {
		traffic_send(run, draw(run, 4, 2000));
		network_run(w, w->now_ns + 20 * MS_NS);
	}
	settle_and_check(run);
	must_if_memory(run, run->traffic.answered == before + 20);
}

/* Two routers that send everything unknown to each other. */
static void
routing_loop(struct run *run)
{
	struct network *w = &run->network;
	struct wire_faults faults = { 0 };
	uint64_t frames;

	build_chain(run, 2, true);
	testnet_route(w->node[0], 0, 0, TESTNET_ADDR(0, 2), 0);
	testnet_route(w->node[1], 0, 0, TESTNET_ADDR(1, 2), 1);
	testnet_route(w->node[2], 0, 0, TESTNET_ADDR(1, 1), 0);
	w->wire[1].faults = faults;
	traffic_start(run, 0, 3, 0xc0000201, 8);
	network_run(w, w->now_ns + S_NS);
	frames = w->wire[1].carried;
	traffic_send(run, 100);
	network_run(w, w->now_ns + 5 * S_NS);
	frames = w->wire[1].carried - frames;
	/* A TTL of 64 crosses the looping wire at most so often; ARP, and the
	 * answer that the packet's death draws, come on top. */
	must(run, frames <= 64 + 6);
	must_if_memory(run,
		       testnet_drops(w->node[1], DROP_IP_TTL) +
				       testnet_drops(w->node[2], DROP_IP_TTL) ==
			       1);
	settle_and_check(run);
}

/* TCP over one wire: clean, bad, very bad. */
static void
tcp_clean(struct run *run)
{
	const struct tcp_sim_faults none = { 0 };

	tcp_sim_transfer(&run->network, run->seed, true, &none, run->verbose);
}

static void
tcp_faulty(struct run *run)
{
	const struct tcp_sim_faults most = { 100, 100, 300, 50 };

	tcp_sim_transfer(&run->network, run->seed, true, &most, run->verbose);
}

static void
tcp_awful(struct run *run)
{
	const struct tcp_sim_faults most = { 300, 300, 300, 100 };

	tcp_sim_transfer(&run->network, run->seed, false, &most, run->verbose);
}

/* Hosts with TCP across whole networks. */
static void
mesh_chain(struct run *run)
{
	mesh_play(&run->network, run->seed, MESH_CHAIN, MESH_BAD, run->verbose);
}

static void
mesh_diamond(struct run *run)
{
	mesh_play(&run->network, run->seed, MESH_DIAMOND,
		  run->seed % 2 ? MESH_CALM : MESH_BAD, run->verbose);
}

static void
mesh_flapping(struct run *run)
{
	mesh_play(&run->network, run->seed,
		  run->seed % 3 ? MESH_DIAMOND : MESH_CHAIN, MESH_FLAPPING,
		  run->verbose);
}

static void
mesh_parted(struct run *run)
{
	mesh_play(&run->network, run->seed,
		  run->seed % 3 ? MESH_DIAMOND : MESH_CHAIN, MESH_PARTED,
		  run->verbose);
}

const struct scenario sim_scenarios[] = {
	{ "clean-chain", clean_chain },
	{ "faulty-chain", faulty_chain },
	{ "flapping-chain", flapping_chain },
	{ "routing-loop", routing_loop },
	{ "tcp-clean", tcp_clean },
	{ "tcp-faulty", tcp_faulty },
	{ "tcp-awful", tcp_awful },
	{ "mesh-chain", mesh_chain },
	{ "mesh-diamond", mesh_diamond },
	{ "mesh-flapping", mesh_flapping },
	{ "mesh-parted", mesh_parted },
	{ NULL, NULL },
};

void
sim_play(const struct scenario *scenario, uint64_t seed,
	 const struct sim_how *how, struct sim_counts *counts)
{
	struct run *run = calloc(1, sizeof(*run));

	run->seed = seed;
	run->verbose = how->verbose;
	network_init(&run->network, seed);
	run->network.without = how->without;
	if (how->memory_failed)
		run->network.memory_failed = how->memory_failed;
	run->network.brief = how->brief;
	scenario->play(run);
	if (how->verbose)
		printf("%s seed %llu: %u sent, %u answered, %u repeated, "
		       "%llu frames, %llu steps\n",
		       scenario->name, (unsigned long long)seed,
		       run->traffic.sent, run->traffic.answered,
		       run->traffic.repeated,
		       (unsigned long long)run->network.frames,
		       (unsigned long long)run->network.steps);
	counts->frames += run->network.frames;
	counts->steps += run->network.steps;
	traffic_stop(run);
	network_fini(&run->network);
	free(run);
}
