/* SPDX-License-Identifier: BSD-2-Clause */
/* Goes on writing to a page that it gave back. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	volatile uint64_t *page = pages_alloc(pages, 0);

	assert(page);
	pages_free(pages, (void *)page, 0);
	page[5] = 1;
	while (pages_alloc(pages, 0))
		;
}
