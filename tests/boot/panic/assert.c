/* SPDX-License-Identifier: BSD-2-Clause */
/* An assertion that does not hold. */
#include "tests/boot/panic_main.h"

static volatile int two = 2;

void
misdeed(struct pages *pages)
{
	assert(two + two == 5);
}
