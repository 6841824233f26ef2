/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmocka behind the headers it needs first, and what all tests draw their
 * random cases from: a seed that FAIRLEAD_SEED sets and a failing test prints.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/hash.h"

/* A generator for this test; the same in every run unless FAIRLEAD_SEED says
 * otherwise. The seed is printed, and shown if the test fails. */
static inline struct random
test_random(void)
{
	const char *text = getenv("FAIRLEAD_SEED");
	uint64_t number = text != NULL ? strtoull(text, NULL, 0) : 1;
	uint8_t seed[32] = { 0 };
	struct random random;

	memcpy(seed, &number, sizeof(number));
	random_init(&random, seed);
	printf("FAIRLEAD_SEED=%llu\n", (unsigned long long)number);
	return random;
}
