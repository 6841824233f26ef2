/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The networks that the simulator plays. A scenario and a seed are a run: it
 * builds a network, lets things happen in it, and checks what must hold
 * whatever happened; it panics if that does not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct run;

struct scenario {
	const char *name; /* NULL closes the table */
	void (*play)(struct run *run);
};

extern const struct scenario sim_scenarios[];

struct sim_how {
	uint32_t without; /* WITHOUT_* of network.h */
	bool verbose;
	bool brief; /* less traffic: the run is repeated many times */
	/* Was memory refused that there should be? NULL: it never is. */
	bool (*memory_failed)(void);
};

struct sim_counts {
	uint64_t frames, steps;
};

void sim_play(const struct scenario *scenario, uint64_t seed,
	      const struct sim_how *how, struct sim_counts *counts);
