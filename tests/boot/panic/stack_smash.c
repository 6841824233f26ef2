/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes beyond an array on the stack: the guard word notices. */
#include "tests/boot/panic_main.h"

static volatile size_t len = 40;

static char
smash(void)
{
	char local[16];

	for (size_t i = 0; i < len; i++)
		((volatile char *)local)[i] = 'A';
	return local[1];
}

void
misdeed(struct pages *pages)
{
	log_info("%d", smash());
}
