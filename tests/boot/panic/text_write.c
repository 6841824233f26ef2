/* SPDX-License-Identifier: BSD-2-Clause */
/* Overwrites an instruction. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	*(volatile uint8_t *)(uintptr_t)misdeed = 0x90;
}
