/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts with TCP across routers; see mesh.h. */
#include "tests/sim/mesh.h"

#include "tests/sim/tcp_scenarios.h"

#define WEATHER_STEPS 500u /* of 20 ms */

struct mesh {
	struct network *network;
	enum mesh_weather weather;
	unsigned int inner_first, inner_last; /* wires that may be cut */
	unsigned int steps, parted;
};

static uint32_t
draw(struct network *w, uint32_t from, uint32_t to)
{
	return from + random_below(&w->random, to - from + 1);
}

static void
wire_up(struct network *w, unsigned int left, unsigned int right,
	const struct wire_faults *faults)
{
	unsigned int wire = w->wire_count;

	/* A node's port has the number of its wire. */
	network_add_wire(w, left, wire, right, wire, draw(w, 576, 1500),
			 faults);
	testnet_address(w->node[left], wire, TESTNET_ADDR(wire, 1), 24);
	testnet_address(w->node[right], wire, TESTNET_ADDR(wire, 2), 24);
}

static struct wire_faults
draw_weather(struct network *w, enum mesh_weather weather)
{
	struct wire_faults faults = { .delay_ns = draw(w, 0, 20) * MS_NS };

	if (weather == MESH_CALM)
		return faults;
	/* Several wires in a row: less of it on each. */
	faults.loss = draw(w, 0, 30);
	faults.repeat = draw(w, 0, 30);
	faults.reorder = draw(w, 0, 100);
	faults.damage = draw(w, 0, 15);
	/* On the first alone: bits that are flipped on two may cancel out in a
	 * sum of 16 bits, and then nobody below the application can know. */
	if (w->wire_count > 0)
		faults.damage = 0;
	return faults;
}

/* host - router - .. - router - host; the number of the last wire. */
static unsigned int
build_chain(struct network *w, enum mesh_weather weather)
{
	unsigned int last = draw(w, 1, 4);
	struct wire_faults faults;

	for (unsigned int i = 0; i <= last + 1; i++)
		network_add_node(w, last + 1);
	for (unsigned int i = 0; i <= last; i++) {
		faults = draw_weather(w, weather);
		wire_up(w, i, i + 1, &faults);
	}
	for (unsigned int i = 0; i <= last + 1; i++) {
		if (i > 0)
			testnet_route(w->node[i], TESTNET_ADDR(0, 0), 24,
				      TESTNET_ADDR(i - 1, 1), i - 1);
		if (i <= last)
			testnet_route(w->node[i], TESTNET_ADDR(last, 0), 24,
				      TESTNET_ADDR(i, 2), i);
	}
	return last;
}

/*
 *              1 - node 2 - 3
 * host 0 - 0 - node 1   node 4 - 5 - host 5	(wires between nodes)
 *              2 - node 3 - 4
 */
static unsigned int
build_diamond(struct network *w, enum mesh_weather weather)
{
	static const uint8_t ends[][2] = { { 0, 1 }, { 1, 2 }, { 1, 3 },
					   { 4, 2 }, { 4, 3 }, { 4, 5 } };
	struct wire_faults faults;

	for (unsigned int i = 0; i < 6; i++)
		network_add_node(w, 6);
	for (unsigned int i = 0; i < array_len(ends); i++) {
		faults = draw_weather(w, weather);
		wire_up(w, ends[i][0], ends[i][1], &faults);
	}
	testnet_route(w->node[0], 0, 0, TESTNET_ADDR(0, 2), 0);
	testnet_route_two(w->node[1], TESTNET_ADDR(5, 0), 24, 1, 2);
	testnet_route_two(w->node[4], TESTNET_ADDR(0, 0), 24, 3, 4);
	for (unsigned int i = 2; i <= 3; i++) {
		testnet_route(w->node[i], TESTNET_ADDR(5, 0), 24,
			      TESTNET_ADDR(i + 1, 1), i + 1);
		testnet_route(w->node[i], TESTNET_ADDR(0, 0), 24,
			      TESTNET_ADDR(i - 1, 1), i - 1);
	}
	testnet_route(w->node[5], 0, 0, TESTNET_ADDR(5, 1), 5);
	return 5;
}

static void
cut_all(struct mesh *m, bool down)
{
	struct network *w = m->network;

	for (unsigned int i = m->inner_first; i <= m->inner_last; i++)
		if (w->wire[i].down != down)
			network_cut(w, i, down);
}

/* Bad weather for ten seconds, more or less; then it is over for good. */
static bool
shake(void *ctx)
{
	struct mesh *m = ctx;
	struct network *w = m->network;
	unsigned int wire = draw(w, m->inner_first, m->inner_last);

	if (++m->steps >= WEATHER_STEPS) {
		cut_all(m, false);
		return false;
	}
	if (m->weather == MESH_FLAPPING) {
		if (draw(w, 0, 4) == 0)
			network_cut(w, wire, !w->wire[wire].down);
		return true;
	}
	/* Nobody reaches anybody, for up to four seconds. */
	if (m->parted > 0 && --m->parted == 0)
		cut_all(m, false);
	if (m->parted == 0 && draw(w, 0, 60) == 0) {
		m->parted = draw(w, 1, 200);
		cut_all(m, true);
	}
	return true;
}

void
mesh_play(struct network *w, uint64_t seed, enum mesh_shape shape,
	  enum mesh_weather weather, bool verbose)
{
	unsigned int last = shape == MESH_CHAIN ? build_chain(w, weather)
						: build_diamond(w, weather);
	struct mesh mesh = {
		.network = w,
		.weather = weather,
		.inner_first = 1,
		.inner_last = last - (shape == MESH_DIAMOND),
	};
	const struct tcp_sim_path path = {
		.client = 0,
		.server = shape == MESH_CHAIN ? last + 1 : 5,
		.server_addr = TESTNET_ADDR(last, 2),
		.during = weather >= MESH_FLAPPING ? shake : NULL,
		.ctx = &mesh,
	};

	tcp_sim_over(w, seed, true, &path, verbose);
}
