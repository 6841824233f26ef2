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
