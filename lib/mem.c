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
 * Without this, gcc recognises the loops below and makes them calls of the very
 * functions they are in.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

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

/* From low to high; right if dst is not inside [src, src+len). */
static inline void
copy_up(uint8_t *d, const uint8_t *s, size_t len)
{
	uint8_t *d_tail = d + len - 32;
	const uint8_t *s_tail = s + len - 32;
	uint64_t a = CW(s_tail, 0), b = CW(s_tail, 1);
	uint64_t c = CW(s_tail, 2), e = CW(s_tail, 3);

	for (; len > 160; len -= 128, d += 128, s += 128) {
		copy_32(d, s);
		copy_32(d + 32, s + 32);
		copy_32(d + 64, s + 64);
		copy_32(d + 96, s + 96);
	}
	for (; len > 32; len -= 32, d += 32, s += 32)
		copy_32(d, s);
	W(d_tail, 0) = a;
	W(d_tail, 1) = b;
	W(d_tail, 2) = c;
	W(d_tail, 3) = e;
}

/* From high to low; right if dst is above src. */
static inline void
copy_down(uint8_t *d, const uint8_t *s, size_t len)
{
	uint64_t a = CW(s, 0), b = CW(s, 1), c = CW(s, 2), e = CW(s, 3);

	for (; len > 32; len -= 32)
		copy_32(d + len - 32, s + len - 32);
	W(d, 0) = a;
	W(d, 1) = b;
	W(d, 2) = c;
	W(d, 3) = e;
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	if (len > 32)
		copy_up(dst, src, len);
	else if (len > 16)
		copy_to_32(dst, src, len);
	else
		copy_small(dst, src, len);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t len)
{
	if (len <= 16)
		copy_small(dst, src, len);
	else if (len <= 32)
		copy_to_32(dst, src, len);
	else if ((uintptr_t)dst - (uintptr_t)src >= len)
		copy_up(dst, src, len);
	else
		copy_down(dst, src, len);
	return dst;
}

void *
memset(void *dst, int byte, size_t len)
{
	uint64_t v = (uint8_t)byte * 0x0101010101010101u;
	uint8_t *d = dst, *tail = d + len - 16;

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
	for (; len > 80; len -= 64, d += 64) {
		W(d, 0) = W(d, 1) = W(d, 2) = W(d, 3) = v;
		W(d, 4) = W(d, 5) = W(d, 6) = W(d, 7) = v;
	}
	for (; len > 16; len -= 16, d += 16)
		W(d, 0) = W(d, 1) = v;
	W(tail, 0) = W(tail, 1) = v;
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
