/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code from a page of the allocator. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	uint8_t *code = pages_alloc(pages, 0);

	assert(code);
	code[0] = 0xc3;
	((void (*)(void))(uintptr_t)code)();
}
