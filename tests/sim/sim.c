/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-sim [--seed FIRST] [--seeds N] [--scenario NAME] [--results FILE]
 * [--without FAULT,...] [-v]: seeded runs of whole networks. Every run ends
 * with its invariants checked; one that breaks one is shrunk: played again
 * without this and that fault, and the command that repeats it with the fewest
 * is printed.
 * fairlead-sim --goodput [GOLDEN]: see goodput.h. --soak MINUTES: see soak.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/port.h"
#include "tests/sim/goodput.h"
#include "tests/sim/network.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/soak.h"

/* How far a process came, and what it saw; shared with its parent. */
static struct {
	uint64_t seed, played;
	struct sim_counts counts;
} * progress;

/* Where `passed FILE:FUNCTION` goes for each scenario; NULL: nowhere. */
static FILE *results;

static void
say_result(const struct scenario *scenario, bool passed)
{
	if (!results)
		return;
	fprintf(results,
		"%s tests/sim/scenarios.c:", passed ? "passed" : "failed");
	for (const char *c = scenario->name; *c; c++)
		fputc(*c == '-' ? '_' : *c, results);
	fputc('\n', results);
	fflush(results);
}

/* ---- many runs, and what to do with one that fails ---------------------- */

static const struct {
	const char *name;
	uint32_t bit;
} faults[] = {
	{ "loss", WITHOUT_LOSS },	{ "repeat", WITHOUT_REPEAT },
	{ "reorder", WITHOUT_REORDER }, { "damage", WITHOUT_DAMAGE },
	{ "delay", WITHOUT_DELAY },	{ "cuts", WITHOUT_CUTS },
};

struct job {
	uint64_t first, count;
	uint32_t without;
	bool verbose;
};

/* Plays the runs in a process of its own; the exit status, 0 if all is well. */
static int
play_apart(const struct scenario *scenario, const struct job *job, bool quiet)
{
	const struct sim_how how = { .without = job->without,
				     .verbose = job->verbose };
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (quiet && (!freopen("/dev/null", "w", stderr) ||
			      !freopen("/dev/null", "w", stdout)))
			_exit(2);
		for (uint64_t i = 0; i < job->count; i++) {
			progress->seed = job->first + i;
			sim_play(scenario, job->first + i, &how,
				 &progress->counts);
			progress->played++;
		}
		/* Leaks are looked for here, too. */
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* Leaves out of a failing run every kind of fault that it fails without. */
static void
shrink(const struct scenario *scenario, struct job job, const char *program)
{
	char names[80] = "";
	struct job less = job;

	for (size_t i = 0; i < array_len(faults); i++) {
		less.without = job.without | faults[i].bit;
		if (play_apart(scenario, &less, true) == 0)
			continue;
		job.without = less.without;
		strcat(names, names[0] ? "," : "");
		strcat(names, faults[i].name);
	}
	fprintf(stderr,
		"repeat it with: %s --scenario %s --seed %llu --seeds "
		"1 -v%s%s\n",
		program, scenario->name, (unsigned long long)job.first,
		names[0] ? " --without " : "", names);
}

static uint32_t
without_of(char *list)
{
	uint32_t bits = 0;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ","))
		for (size_t i = 0; i < array_len(faults); i++)
			if (!strcmp(name, faults[i].name))
				bits |= faults[i].bit;
	return bits;
}

/* For docs/assurance.md: what was tried, by name and number. */
static void
say_figures(const char *path, unsigned int failed)
{
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "runs %llu\nframes %llu\nsteps %llu\nfailed %u\n",
		(unsigned long long)progress->played,
		(unsigned long long)progress->counts.frames,
		(unsigned long long)progress->counts.steps, failed);
	fclose(file);
}

static int
usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--seed FIRST] [--seeds COUNT] [--scenario NAME] "
		"[--without FAULT,..] [--results FILE] [-v]\n",
		program);
	return 2;
}

int
main(int argc, char **argv)
{
	struct job job = { .first = 1, .count = 250 };
	const char *only = NULL;
	unsigned int failed = 0;

	if (argc > 1 && !strcmp(argv[1], "--goodput"))
		return goodput_main(argc > 2 ? argv[2] : NULL);
	if (argc > 2 && !strcmp(argv[1], "--soak"))
		return soak_main((unsigned int)atoi(argv[2]));
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			job.verbose = true;
		else if (i + 1 < argc && !strcmp(argv[i], "--seed"))
			job.first = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--seeds"))
			job.count = strtoull(argv[++i], NULL, 0);
		else if (i + 1 < argc && !strcmp(argv[i], "--scenario"))
			only = argv[++i];
		else if (i + 1 < argc && !strcmp(argv[i], "--without"))
			job.without = without_of(argv[++i]);
		else if (i + 1 < argc && !strcmp(argv[i], "--results"))
			results = fopen(argv[++i], "w");
		else
			return usage(argv[0]);
	}
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t s = 0; sim_scenarios[s].name; s++) {
		if (only && strcmp(only, sim_scenarios[s].name))
			continue;
		if (play_apart(&sim_scenarios[s], &job, false) == 0) {
			say_result(&sim_scenarios[s], true);
			continue;
		}
		failed++;
		say_result(&sim_scenarios[s], false);
		shrink(&sim_scenarios[s],
		       (struct job){ progress->seed, 1, job.without, false },
		       argv[0]);
	}
	say_figures(getenv("FAIRLEAD_FIGURES"), failed);
	printf("%llu frames in %llu steps\n",
	       (unsigned long long)progress->counts.frames,
	       (unsigned long long)progress->counts.steps);
	printf("sim: %llu passed, %u failed\n",
	       (unsigned long long)progress->played, failed);
	return failed || !progress->played;
}
