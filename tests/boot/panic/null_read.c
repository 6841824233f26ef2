/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a field of a structure that is not there. */
#include "tests/boot/panic_main.h"

struct thing {
	int first, second;
};

static struct thing *volatile nothing;

void
misdeed(struct pages *pages)
{
	log_info("%d", nothing->second);
}
