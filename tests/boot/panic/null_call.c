/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a function that nobody set. */
#include "tests/boot/panic_main.h"

static void (*volatile nothing)(void);

void
misdeed(struct pages *pages)
{
	nothing();
}
