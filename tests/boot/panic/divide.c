/* SPDX-License-Identifier: BSD-2-Clause */
/* Divides by zero. */
#include "tests/boot/panic_main.h"

static volatile int one = 1, zero;

void
misdeed(struct pages *pages)
{
	log_info("%d", one / zero);
}
