/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page allocator: a binary buddy over the ranges of RAM the firmware gave us.
 * Blocks are 2^order pages, naturally aligned and physically contiguous.
 * Bookkeeping (one byte a page and the free lists) lives inside the managed
 * RAM. Several ranges far apart are several zones of one struct pages. Hosted,
 * the same code runs over an arena from the C library.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/port.h"

#define PAGE_SIZE	4096u
#define PAGE_ORDER_MAX	15u /* 128 MiB, the largest block */
#define PAGES_ZONES_MAX 64u

struct pages_zone {
	uintptr_t base; /* address of page 0 */
	size_t page_count;
	uint8_t *state; /* one byte a page: order and free or taken */
};

struct pages {
	struct pages_zone zone[PAGES_ZONES_MAX];
	unsigned int zone_count;
	struct list free[PAGE_ORDER_MAX + 1];
	size_t total_count;    /* pages managed, bookkeeping excluded */
	size_t free_count;     /* pages free now */
	size_t free_count_min; /* low-water mark since boot */
	uint64_t fail_count;   /* requests refused */
	/* For tests: the n-th request from now fails (0: none). */
	uint64_t fail_after;
};

void pages_init(struct pages *pages);

/*
 * Hands [start, start+len) over for good. The ends are rounded inwards to
 * pages. ERR_NOMEM if it is too small to hold its own bookkeeping, ERR_RANGE if
 * all zones are taken, ERR_EXIST if it overlaps a zone. The memory must be
 * mapped and writable; nothing is assumed of its content.
 */
enum status pages_add(struct pages *pages, uintptr_t start,
		      size_t len) must_use;

/*
 * 2^order pages, content undefined. NULL when none is free (counted) or order
 * is above PAGE_ORDER_MAX. The caller owns them until pages_free().
 */
void *pages_alloc(struct pages *pages, unsigned int order) must_use;

/* Gives back exactly what pages_alloc() gave. A double free panics. */
void pages_free(struct pages *pages, void *block, unsigned int order);

/* Smallest order whose block holds len bytes. */
unsigned int pages_order(size_t len);

/* Panics if free lists and page states disagree. For tests; walks everything.
 */
void pages_check(const struct pages *pages);
