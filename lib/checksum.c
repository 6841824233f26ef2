/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum's inner loop [RFC1071]: 64-bit words with the carry fed
 * from each addition into the next, general registers only. Little-endian
 * words: the sum comes out in the byte order it was taken in. Pure.
 */
#include "lib/checksum.h"

/* Blocks as operands, so that the compiler knows what the assembler reads. */
struct block64 {
	uint8_t byte[64];
};

struct block128 {
	uint8_t byte[128];
};

typedef uint64_t __attribute__((may_alias, aligned(1))) any64;
typedef uint32_t __attribute__((may_alias, aligned(1))) any32;
typedef uint16_t __attribute__((may_alias, aligned(1))) any16;

static inline uint64_t
add_64(uint64_t sum, uint64_t word)
{
	__asm__("addq %1, %0; adcq $0, %0" : "+r"(sum) : "rm"(word) : "cc");
	return sum;
}

/* Two words in memory. */
static inline uint64_t
add_16_bytes(uint64_t sum, const uint8_t *p)
{
	__asm__("addq %1, %0; adcq %2, %0; adcq $0, %0"
		: "+r"(sum)
		: "m"(*(const any64 *)p), "m"(*(const any64 *)(p + 8))
		: "cc");
	return sum;
}

static inline uint64_t
add_32_bytes(uint64_t sum, const uint8_t *p)
{
	__asm__("addq %1, %0; adcq %2, %0; adcq %3, %0; adcq %4, %0; "
		"adcq $0, %0"
		: "+r"(sum)
		: "m"(*(const any64 *)p), "m"(*(const any64 *)(p + 8)),
		  "m"(*(const any64 *)(p + 16)), "m"(*(const any64 *)(p + 24))
		: "cc");
	return sum;
}

/*
 * Each block begins a chain of its own, which joins the sum only at its end: so
 * the processor works on the next block while this one's carries ripple.
 */
static inline uint64_t
add_64_bytes(uint64_t sum, const uint8_t *p)
{
	uint64_t chain = *(const any64 *)p;

	__asm__("addq 8(%2), %1; adcq 16(%2), %1; adcq 24(%2), %1; "
		"adcq 32(%2), %1; adcq 40(%2), %1; adcq 48(%2), %1; "
		"adcq 56(%2), %1; adcq %1, %0; adcq $0, %0"
		: "+r"(sum), "+r"(chain)
		: "r"(p), "m"(*(const struct block64 *)p)
		: "cc");
	return sum;
}

static inline uint64_t
add_128_bytes(uint64_t sum, const uint8_t *p)
{
	uint64_t chain = *(const any64 *)p;

	__asm__("addq 8(%2), %1; adcq 16(%2), %1; adcq 24(%2), %1; "
		"adcq 32(%2), %1; adcq 40(%2), %1; adcq 48(%2), %1; "
		"adcq 56(%2), %1; adcq 64(%2), %1; adcq 72(%2), %1; "
		"adcq 80(%2), %1; adcq 88(%2), %1; adcq 96(%2), %1; "
		"adcq 104(%2), %1; adcq 112(%2), %1; adcq 120(%2), %1; "
		"adcq %1, %0; adcq $0, %0"
		: "+r"(sum), "+r"(chain)
		: "r"(p), "m"(*(const struct block128 *)p)
		: "cc");
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
	uint64_t sum = start;
	size_t left = len;

	/* The assembler's reads are no sanitizer's business; this one is. */
	if (__STDC_HOSTED__ && len > 0)
		(void)*(const volatile uint8_t *)(p + len - 1);
	for (; left >= 128; left -= 128, p += 128)
		sum = add_128_bytes(sum, p);
	if (left & 64) {
		sum = add_64_bytes(sum, p);
		p += 64;
	}
	if (left & 32) {
		sum = add_32_bytes(sum, p);
		p += 32;
	}
	if (left & 16) {
		sum = add_16_bytes(sum, p);
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
			sum = add_64(sum, *(const any64 *)(p + left - 8) >>
						  (64 - 8 * left));
		else
			sum = add_64(sum, short_word(p, left));
	}
	return checksum_join((uint32_t)sum, (uint32_t)(sum >> 32));
}
