/* SPDX-License-Identifier: BSD-2-Clause */
/* Recursion without an end. */
#include "tests/boot/panic_main.h"

static volatile unsigned int depth_max = UINT32_MAX;

static unsigned int
descend(unsigned int depth)
{
	volatile uint8_t local[256];

	local[depth % sizeof(local)] = (uint8_t)depth;
	if (depth == depth_max)
		return 0;
	return descend(depth + 1) + local[0];
}

void
misdeed(struct pages *pages)
{
	log_info("%u", descend(0));
}
