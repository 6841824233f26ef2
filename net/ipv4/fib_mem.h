/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for the FIB: pieces of 16 bytes and multiples, cut from chunks of
 * pages and joined again when they are free, so that a table of a million small
 * pieces stays dense while it grows and shrinks. A piece has a 31-bit handle,
 * half the size of a pointer: its distance from a base, in grains. [Knuth
 * TAOCP1 2.5, boundary tags; the tags of free pieces lie inside them, which
 * piece is free is a bitmap at the start of the chunk]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/pages.h"

#define FIB_GRAIN	16u /* bytes */
#define FIB_CHUNK_ORDER 4u  /* 64 KiB */
#define FIB_CHUNK_LEN	(PAGE_SIZE << FIB_CHUNK_ORDER)
#define FIB_PIECE_MAX	2032u /* bytes a piece may have */
#define FIB_BINS	128u  /* by grains; the last: that or more */
#define FIB_HANDLE_BITS 31u

struct fib_mem {
	struct pages *pages;
	uintptr_t base;			/* the address handle 0 would have */
	uint32_t bin[FIB_BINS];		/* first free piece of so many grains */
	uint64_t filled[FIB_BINS / 64]; /* bit = the bin has a piece */
	struct list chunks;
	uint32_t chunk_count;
	uint64_t used_len;   /* bytes in pieces handed out */
	uint64_t fail_count; /* requests refused */
	uint64_t fail_after; /* for tests: the n-th request fails (0: none) */
};

/* Takes a first chunk. ERR_NOMEM leaves nothing taken. */
enum status fib_mem_init(struct fib_mem *mem, struct pages *pages) must_use;

/* Gives every chunk back, whatever is still in use. */
void fib_mem_fini(struct fib_mem *mem);

/*
 * len bytes (1 to FIB_PIECE_MAX) at a multiple of 16, content undefined; NULL
 * when the pages are dry or out of the handles' reach.
 */
void *fib_mem_alloc(struct fib_mem *mem, size_t len) must_use;

/* The same at a multiple of a cache line. */
void *fib_mem_alloc_line(struct fib_mem *mem, size_t len) must_use;

/* Gives back exactly what was given. A double free panics. */
void fib_mem_free(struct fib_mem *mem, void *piece, size_t len);

/* Panics if bitmaps, bins and counts disagree. For tests; walks everything. */
void fib_mem_check(const struct fib_mem *mem);

static inline uint32_t
fib_mem_handle(const struct fib_mem *mem, const void *piece)
{
	return (uint32_t)(((uintptr_t)piece - mem->base) / FIB_GRAIN);
}

static inline void *
fib_mem_at(const struct fib_mem *mem, uint32_t handle)
{
	return (void *)(mem->base + (uintptr_t)handle * FIB_GRAIN);
}
