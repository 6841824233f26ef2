/* SPDX-License-Identifier: BSD-2-Clause */
/* Gives the same page back twice. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	void *page = pages_alloc(pages, 0);

	assert(page);
	pages_free(pages, page, 0);
	pages_free(pages, page, 0);
}
