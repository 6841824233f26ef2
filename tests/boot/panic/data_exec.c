/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code that it has just written: one return instruction. */
#include "tests/boot/panic_main.h"

static uint8_t code[16];

void
misdeed(struct pages *pages)
{
	code[0] = 0xc3;
	((void (*)(void))(uintptr_t)code)();
}
