/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows a pointer that lay in a page which was given back. */
#include "tests/boot/panic_main.h"

void
misdeed(struct pages *pages)
{
	uint64_t *volatile *page = pages_alloc(pages, 0);

	assert(page);
	page[300] = (uint64_t *)page;
	pages_free(pages, (void *)page, 0);
	log_info("%llu", (unsigned long long)*page[300]);
}
