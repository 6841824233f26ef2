/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads where there is neither memory nor a device. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	log_info("%d", *(volatile int *)0x123456789000);
}
