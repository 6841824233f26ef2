/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fixed number of objects of one size, carved from pages once. Getting and
 * putting are a push and a pop. Every pool can run dry: the caller handles NULL
 * and gives it a name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/pages.h"

struct pool {
	const char *name;    /* shown to people */
	void *free;	     /* singly linked through the first word */
	uint32_t object_len; /* bytes, a multiple of 8 */
	uint32_t total_count, used_count, used_count_max;
	uint64_t fail_count; /* requests refused */
	uint64_t fail_after; /* for tests: the n-th request fails (0: none) */
	struct pages *pages;
	void *block; /* the memory, for pool_fini and pool_check */
	unsigned int block_order;
};

/*
 * Takes the memory for count objects of object_len bytes (rounded up to 8,
 * aligned to align, a power of two up to PAGE_SIZE) from pages. ERR_NOMEM
 * leaves nothing taken. name must outlive the pool.
 */
enum status pool_init(struct pool *pool, struct pages *pages, const char *name,
		      size_t object_len, size_t align, uint32_t count) must_use;

/* Gives the memory back; every object must be free again (asserted). */
void pool_fini(struct pool *pool);

/* One object with undefined content, or NULL (counted). */
void *pool_get(struct pool *pool) must_use;

/* Gives it back; an object of another pool, or a free one, panics. */
void pool_put(struct pool *pool, void *object);

/* The i-th of total_count, whether in use or not. */
static inline void *
pool_at(const struct pool *pool, uint32_t i)
{
	return (char *)pool->block + (size_t)i * pool->object_len;
}

/* Panics if the free list and the counts disagree. For tests; walks the list.
 */
void pool_check(const struct pool *pool);
