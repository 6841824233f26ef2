/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of a known rate, to measure the TSC against. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct machine_config;

struct reference {
	const char *name;
	uint64_t period_fs; /* of one tick */
	uint32_t mask;	    /* bits that count; it wraps beyond */
	uint32_t (*read)(void);
};

/* A count, and the TSC just before and just after it was read. */
struct reference_sample {
	uint64_t tsc_before, tsc_after;
	uint32_t count;
};

#define REFERENCE_COUNT 3u

/*
 * The which-th best (0: HPET, 1: ACPI PM timer, 2: PIT); false if this machine
 * has no such counter or it does not count.
 */
bool reference_open(struct reference *ref, unsigned int which,
		    const struct machine_config *config);

/* The tightest of a few readings. */
struct reference_sample reference_sample(const struct reference *ref);

/* Spins until ns have passed since count; false if it stopped counting. */
bool reference_wait(const struct reference *ref, uint32_t count, uint32_t ns);
