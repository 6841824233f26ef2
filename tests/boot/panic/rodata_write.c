/* SPDX-License-Identifier: BSD-2-Clause */
/* Overwrites a constant. */
#include "tests/boot/panic_main.h"

static const char constant[] = "what stays as it is";

void
misdeed(struct pages *pages)
{
	*(volatile char *)(uintptr_t)constant = 'W';
}
