/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator's networks, each request for memory of one of their nodes
 * refused once (refuse.h): what lies beyond a lost packet still holds. Every
 * byte that arrives is right, whoever does not get all of it is told, nothing
 * stays behind. FAIRLEAD_SEEDS seeds of each scenario, with less traffic.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/alloc/refuse.h"
#include "tests/sim/scenarios.h"

struct piece {
	const struct scenario *scenario;
	uint64_t seed;
};

static void
work(void *ctx)
{
	const struct piece *piece = ctx;
	const struct sim_how how = {
		.brief = true,
		.memory_failed = refuse_happened,
	};
	struct sim_counts counts = { 0 };

	sim_play(piece->scenario, piece->seed, &how, &counts);
}

int
main(void)
{
	const char *text = getenv("FAIRLEAD_SEEDS");
	uint64_t seeds = text ? strtoull(text, NULL, 0) : 1;
	struct refuse_totals totals = { 0 };
	char name[80];

	refuse_trusts("tests/sim/");
	for (const struct scenario *s = sim_scenarios; s->name; s++)
		for (uint64_t seed = 1; seed <= seeds; seed++) {
			struct piece piece = { s, seed };

			snprintf(name, sizeof(name), "%s:%llu", s->name,
				 (unsigned long long)seed);
			refuse_each(name, work, &piece, &totals);
		}
	return refuse_report(program_invocation_name, &totals);
}
