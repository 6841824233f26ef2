/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory and string functions that port.h declares and that compilers call,
 * for the kernel; hosted programs have the C library's. [C11 7.24] General
 * registers only: 8 bytes a move, straight lines, and ends that overlap instead
 * of loops over single bytes, because blocks are mostly headers (20 to 60
 * bytes) and frames (60 to 1500), and every instruction is paid for a packet.
 */
#include "lib/port.h"

/*
 * Without the first, gcc recognises the loops below and makes them calls of the
 * very functions they are in; without the second it computes anew, after a
 * loop, where the pointers stand, and runs out of registers. clang knows
 * neither.
 */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#pragma GCC optimize("no-tree-scev-cprop")

/* Words at any address and of any type. */
typedef uint64_t __attribute__((may_alias, aligned(1))) any64;
typedef uint32_t __attribute__((may_alias, aligned(1))) any32;
typedef uint16_t __attribute__((may_alias, aligned(1))) any16;

#define W(p, i)	 (((any64 *)(p))[i])
#define CW(p, i) (((const any64 *)(p))[i])

/* Up to 16 bytes; everything is loaded before anything is stored. */
static inline void
copy_small(uint8_t *d, const uint8_t *s, size_t len)
{
	uint64_t a, b;

	if (len >= 8) {
		a = *(const any64 *)s;
		b = *(const any64 *)(s + len - 8);
		*(any64 *)d = a;
		*(any64 *)(d + len - 8) = b;
	} else if (len >= 4) {
		a = *(const any32 *)s;
		b = *(const any32 *)(s + len - 4);
		*(any32 *)d = (uint32_t)a;
		*(any32 *)(d + len - 4) = (uint32_t)b;
	} else if (len >= 2) {
		a = *(const any16 *)s;
		b = s[len - 1];
		*(any16 *)d = (uint16_t)a;
		d[len - 1] = (uint8_t)b;
	} else if (len != 0) {
		*d = *s;
	}
}

/* 17 to 32 bytes; loads first. */
static inline void
copy_to_32(uint8_t *d, const uint8_t *s, size_t len)
{
	uint64_t a = CW(s, 0), b = CW(s, 1);
	uint64_t y = CW(s + len - 16, 0), z = CW(s + len - 16, 1);

	W(d, 0) = a;
	W(d, 1) = b;
	W(d + len - 16, 0) = y;
	W(d + len - 16, 1) = z;
}

/* 32 bytes; loads first. */
static inline void
copy_32(uint8_t *d, const uint8_t *s)
{
	uint64_t a = CW(s, 0), b = CW(s, 1), c = CW(s, 2), e = CW(s, 3);

	W(d, 0) = a;
	W(d, 1) = b;
	W(d, 2) = c;
	W(d, 3) = e;
}

/* 64 bytes, of which the two halves do not overlap each other's target. */
static inline void
copy_64(uint8_t *d, const uint8_t *s)
{
	copy_32(d, s);
	copy_32(d + 32, s + 32);
}

/* Overlapping, dst below src, more than 32 bytes: from low to high. */
static void
move_down(uint8_t *d, const uint8_t *s, size_t len)
{
	uint8_t *d_tail = d + len - 32;
	const uint8_t *s_tail = s + len - 32;
	/* The end, before anything is written over it. */
	uint64_t w = CW(s_tail, 0), x = CW(s_tail, 1);
	uint64_t y = CW(s_tail, 2), z = CW(s_tail, 3);

	for (; len > 32; len -= 32, d += 32, s += 32)
		copy_32(d, s);
	W(d_tail, 0) = w;
	W(d_tail, 1) = x;
	W(d_tail, 2) = y;
	W(d_tail, 3) = z;
}

/* Overlapping, dst above src, more than 32 bytes: from high to low. */
static void
move_up(uint8_t *d, const uint8_t *s, size_t len)
{
	uint64_t w = CW(s, 0), x = CW(s, 1), y = CW(s, 2), z = CW(s, 3);

	for (; len > 32; len -= 32)
		copy_32(d + len - 32, s + len - 32);
	W(d, 0) = w;
	W(d, 1) = x;
	W(d, 2) = y;
	W(d, 3) = z;
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	uint8_t *d = dst, *d_end;
	const uint8_t *s = src, *s_end;

	if (len <= 16) {
		copy_small(d, s, len);
		return dst;
	}
	if (len <= 32) {
		copy_to_32(d, s, len);
		return dst;
	}
	if (len <= 64) {
		copy_32(d, s);
		copy_32(d + len - 32, s + len - 32);
		return dst;
	}
	/*
	 * The compiler forgets that the areas are apart: else it loads the end
	 * first, in more registers than it may use without saving them.
	 */
	__asm__("" : "+r"(d), "+r"(s));
	d_end = d + len;
	s_end = s + len;
	/* Whole blocks while more than one is left, the end from the end. */
	for (; s < s_end - 128; d += 128, s += 128) {
		copy_64(d, s);
		copy_64(d + 64, s + 64);
	}
	if (s < s_end - 64) {
		copy_64(d, s);
		copy_64(d_end - 64, s_end - 64);
		return dst;
	}
	if (s < s_end - 32)
		copy_32(d, s);
	copy_32(d_end - 32, s_end - 32);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t len)
{
	if (len <= 16)
		copy_small(dst, src, len);
	else if (len <= 32)
		copy_to_32(dst, src, len);
	else if ((uintptr_t)dst - (uintptr_t)src < len)
		move_up(dst, src, len);
	else if ((uintptr_t)src - (uintptr_t)dst < len)
		move_down(dst, src, len);
	else
		memcpy(dst, src, len);
	return dst;
}

void *
memset(void *dst, int byte, size_t len)
{
	uint64_t v = (uint8_t)byte * 0x0101010101010101u;
	uint8_t *d = dst, *end = d + len;

	if (len < 16) {
		if (len >= 8) {
			*(any64 *)d = v;
			*(any64 *)(d + len - 8) = v;
		} else if (len >= 4) {
			*(any32 *)d = (uint32_t)v;
			*(any32 *)(d + len - 4) = (uint32_t)v;
		} else if (len >= 2) {
			*(any16 *)d = (uint16_t)v;
			*(any16 *)(d + len - 2) = (uint16_t)v;
		} else if (len != 0) {
			*d = (uint8_t)v;
		}
		return dst;
	}
	for (; d < end - 64; d += 64) {
		W(d, 0) = W(d, 1) = W(d, 2) = W(d, 3) = v;
		W(d, 4) = W(d, 5) = W(d, 6) = W(d, 7) = v;
	}
	for (; d < end - 16; d += 16)
		W(d, 0) = W(d, 1) = v;
	W(end - 16, 0) = W(end - 16, 1) = v;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *p = a, *q = b;
	uint64_t x, y;

	for (; len >= 8; len -= 8, p += 8, q += 8) {
		x = *(const any64 *)p;
		y = *(const any64 *)q;
		if (x != y) {
			/* The lowest byte decides: make it the highest. */
			x = __builtin_bswap64(x);
			y = __builtin_bswap64(y);
			return x < y ? -1 : 1;
		}
	}
	for (; len > 0; len--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t
strlen(const char *s)
{
	const char *end = s;

	while (*end != '\0')
		end++;
	return (size_t)(end - s);
}

int
strcmp(const char *a, const char *b)
{
	for (; *a != '\0' && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

int
strncmp(const char *a, const char *b, size_t len)
{
	for (; len > 0 && *a != '\0' && *a == *b; len--, a++, b++)
		;
	return len == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return (char *)last;
	}
}

char *
strstr(const char *haystack, const char *needle)
{
	size_t len = strlen(needle);

	for (;; haystack++) {
		if (strncmp(haystack, needle, len) == 0)
			return (char *)haystack;
		if (*haystack == '\0')
			return NULL;
	}
}
