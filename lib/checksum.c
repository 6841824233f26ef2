/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum's inner loop [RFC1071]: 64-bit words with the carry fed
 * from each addition into the next, general registers only. Little-endian
 * words: the sum comes out in the byte order it was taken in. Pure.
 */
#include "lib/checksum.h"

typedef uint64_t __attribute__((may_alias, aligned(1))) any64;
typedef uint32_t __attribute__((may_alias, aligned(1))) any32;
typedef uint16_t __attribute__((may_alias, aligned(1))) any16;

/*
 * Adds len bytes, a constant, at least 16. A block begins a chain of its own,
 * which joins the sum only at its end: so the processor works on the next block
 * while the carries of this one ripple.
 */
static inline __attribute__((always_inline)) uint64_t
add_block(uint64_t sum, const uint8_t *p, const unsigned int len)
{
	uint64_t chain = *(const any64 *)p;

	__asm__("addq 8(%[p]), %[chain]\n\t"
		".set at, 16\n\t"
		".rept %c[more]\n\t"
		"adcq at(%[p]), %[chain]\n\t"
		".set at, at + 8\n\t"
		".endr\n\t"
		"adcq %[chain], %[sum]\n\t"
		"adcq $0, %[sum]"
		: [sum] "+&r"(sum), [chain] "+&r"(chain)
		: [p] "r"(p), [more] "i"(len / 8 - 2)
		: "memory", "cc");
	return sum;
}

static inline uint64_t
add_64(uint64_t sum, uint64_t word)
{
	__asm__("addq %1, %0; adcq $0, %0" : "+r"(sum) : "r"(word) : "cc");
	return sum;
}

/* Fewer than 8 bytes in all, as a little-endian word. */
static inline uint64_t
short_word(const uint8_t *p, size_t len)
{
	uint64_t word = 0;

	if (len & 4) {
		word = *(const any32 *)p;
		p += 4;
	}
	if (len & 2) {
		word += *(const any16 *)p;
		p += 2;
	}
	if (len & 1)
		word += *p;
	return word;
}

uint32_t
checksum_add(uint32_t start, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t sum = start, last;
	size_t left = len;

	/* The assembler's reads are no sanitizer's business; this one is. */
	if (__STDC_HOSTED__ && len > 0)
		(void)*(const volatile uint8_t *)(p + len - 1);
	if (len >= 64) {
		for (; left >= 512; left -= 512, p += 512)
			sum = add_block(sum, p, 512);
		if (left & 256) {
			sum = add_block(sum, p, 256);
			p += 256;
		}
		if (left & 128) {
			sum = add_block(sum, p, 128);
			p += 128;
		}
		if (left & 64) {
			sum = add_block(sum, p, 64);
			p += 64;
		}
	}
	if (left & 32) {
		sum = add_block(sum, p, 32);
		p += 32;
	}
	if (left & 16) {
		sum = add_block(sum, p, 16);
		p += 16;
	}
	if (left & 8) {
		sum = add_64(sum, *(const any64 *)p);
		p += 8;
	}
	left &= 7;
	if (left != 0) {
		/* The last word reaches back over bytes already summed; they
		 * are shifted out. */
		if (len >= 8)
			last = *(const any64 *)(p + left - 8) >>
			       (64 - 8 * left);
		else
			last = short_word(p, left);
		sum = add_64(sum, last);
	}
	return checksum_join((uint32_t)sum, (uint32_t)(sum >> 32));
}
