/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP between two stacks over a bad wire: whatever is lost, repeated, damaged
 * or overtaken, every byte arrives once and in order, or both ends are told of
 * an error. Panics if not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/network.h"

struct tcp_sim_faults {
	uint32_t loss_max, repeat_max, reorder_max, damage_max; /* in 1/1000 */
};

/* One connection (several if many), both ways, with options, buffers, sizes and
 * paces drawn from the network's generator. */
void tcp_sim_transfer(struct network *w, uint64_t seed, bool many,
		      const struct tcp_sim_faults *most, bool verbose);

/*
 * The same between two nodes of a network that is built already. during(ctx),
 * if there is one, is called every 20 ms until it says false: it shakes the
 * network, and when it is done, the network must be whole again.
 */
struct tcp_sim_path {
	unsigned int client, server; /* nodes */
	uint32_t server_addr;
	bool (*during)(void *ctx);
	void *ctx;
};

void tcp_sim_over(struct network *w, uint64_t seed, bool many,
		  const struct tcp_sim_path *path, bool verbose);
