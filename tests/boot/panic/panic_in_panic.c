/* SPDX-License-Identifier: BSD-2-Clause */
/* Panics with a reason that cannot be printed: the report itself faults. */
#include "tests/boot/panic_main.h"

static const char *volatile wild = (const char *)0x123456789000;

void
misdeed(struct pages *pages)
{
	panic("the first one: %s", wild);
}
