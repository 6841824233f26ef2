/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that nobody may touch: what is free in a pool or the page allocator.
 * Hosted builds with AddressSanitizer stop at the very access; everywhere else
 * these are nothing, and freed memory is found by the junk in it (lib/pages.c,
 * lib/pool.c) or by pointers that lead to the page at 0 (net/skb.h).
 *
 * The sanitizer keeps its books in steps of 8 bytes: poison such ranges only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What freed memory is filled with; as an address it is one that no x86-64
 * has, so a pointer that is read from there faults when it is followed. */
#define POISON_BYTE 0x6b
#define POISON_WORD 0x6b6b6b6b6b6b6b6bull

#ifdef __has_feature
#define POISON_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define POISON_SANITIZED 1
#else
#define POISON_SANITIZED 0
#endif

void __asan_poison_memory_region(const volatile void *at, size_t len);
void __asan_unpoison_memory_region(const volatile void *at, size_t len);
int __asan_address_is_poisoned(const volatile void *at);

static inline void
poison(const void *at, size_t len)
{
	if (POISON_SANITIZED)
		__asan_poison_memory_region(at, len);
}

static inline void
unpoison(const void *at, size_t len)
{
	if (POISON_SANITIZED)
		__asan_unpoison_memory_region(at, len);
}

/* Are these whole words still as poison left them? */
static inline bool
poison_is_whole(const void *at, size_t len)
{
	const uint64_t *word = at;

	for (size_t i = 0; i < len / sizeof(*word); i++)
		if (word[i] != POISON_WORD)
			return false;
	return true;
}
