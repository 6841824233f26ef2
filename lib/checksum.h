/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum [RFC1071]. A sum is a partial one's-complement sum in
 * 32 bits over bytes as they lie in memory; it begins with 0, takes any number
 * of pieces of any length (carries come round, nothing is lost), and in the end
 * is folded:
 *
 *	sum = checksum_pseudo(src, dst, proto, len);
 *	sum = checksum_add(sum, header, header_len);
 *	sum = checksum_add_at(sum, data, data_len, header_len & 1);
 *	header->checksum = be16_from(checksum_fold(sum));
 *
 * Whoever checks adds the field along with the rest and wants checksum_fold()
 * to say 0. UDP's "0 is sent as 0xffff" [RFC768] is UDP's affair.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds len bytes (any number, any alignment) that begin at an even offset of
 * what is summed; a last odd byte counts as if a zero followed [RFC1071 1].
 */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t len);

/* Adds two sums: the carry comes round. */
static inline uint32_t
checksum_join(uint32_t a, uint32_t b)
{
	uint64_t sum = (uint64_t)a + b;

	return (uint32_t)sum + (uint32_t)(sum >> 32);
}

/*
 * The sum of the same bytes one place further on, or of the same words in the
 * other byte order: both swap the bytes in each word, and that swaps them in
 * the sum [RFC1071 2 B]. Also for 32 bits, since 2^16 counts as 1.
 */
static inline uint32_t
checksum_swap(uint32_t sum)
{
	return sum << 8 | sum >> 24;
}

/* Adds bytes that begin at an odd offset if odd, else at an even one. */
static inline uint32_t
checksum_add_at(uint32_t sum, const void *bytes, size_t len, bool odd)
{
	if (!odd)
		return checksum_add(sum, bytes, len);
	return checksum_join(sum, checksum_swap(checksum_add(0, bytes, len)));
}

/* Adds a number in host order that lies in the packet as a be16 or be32. */
static inline uint32_t
checksum_add_value(uint32_t sum, uint32_t value)
{
	return checksum_join(sum, checksum_swap(value));
}

/* The pseudo header's sum: addresses and len (header and data) in host order.
 * [RFC768] [RFC9293 3.1] */
static inline uint32_t
checksum_pseudo(uint32_t src, uint32_t dst, uint8_t proto, uint16_t len)
{
	uint64_t sum = (uint64_t)src + dst + proto + len;

	return checksum_swap(
		checksum_join((uint32_t)sum, (uint32_t)(sum >> 32)));
}

/* The sum of 20 bytes, an IPv4 or TCP header without options. */
static inline uint32_t
checksum_20(const void *bytes)
{
	uint64_t a, b;
	uint32_t c;

	__builtin_memcpy(&a, bytes, 8);
	__builtin_memcpy(&b, (const uint8_t *)bytes + 8, 8);
	__builtin_memcpy(&c, (const uint8_t *)bytes + 16, 4);
	__asm__("addq %1, %0; adcq %2, %0; adcq $0, %0"
		: "+r"(a)
		: "r"(b), "r"((uint64_t)c)
		: "cc");
	return checksum_join((uint32_t)a, (uint32_t)(a >> 32));
}

/*
 * Is the checksum among these 20 bytes, not all of them zero, right? Then their
 * sum is a multiple of 2^16 - 1; 2^64 - 1 is one, too, so it need not be folded
 * first. [RFC1071 2 C]
 */
static inline bool
checksum_20_right(const void *bytes)
{
	uint64_t a, b;
	uint32_t c;

	__builtin_memcpy(&a, bytes, 8);
	__builtin_memcpy(&b, (const uint8_t *)bytes + 8, 8);
	__builtin_memcpy(&c, (const uint8_t *)bytes + 16, 4);
	__asm__("addq %1, %0; adcq %2, %0; adcq $0, %0"
		: "+r"(a)
		: "rm"(b), "r"((uint64_t)c)
		: "cc");
	return a % 0xffff == 0;
}

/*
 * What belongs into the checksum field, in host order: the complement of the
 * sum. 0 if what was summed holds its own, right checksum.
 */
static inline uint16_t
checksum_fold(uint32_t sum)
{
	/* Both halves added, their carry included, in the upper half. */
	sum += sum << 16 | sum >> 16;
	return __builtin_bswap16((uint16_t) ~(sum >> 16));
}

/*
 * The checksum after a field that it covers, at an even offset, has changed.
 * The three arguments are in the same byte order, whichever; so is the result.
 * [RFC1624 3, eqn. 3]
 */
static inline uint16_t
checksum_update16(uint16_t checksum, uint16_t from, uint16_t to)
{
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~from + to;

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static inline uint16_t
checksum_update32(uint16_t checksum, uint32_t from, uint32_t to)
{
	uint64_t wide = (uint64_t)(uint16_t)~checksum + (uint32_t)~from + to;
	uint32_t sum = checksum_join((uint32_t)wide, (uint32_t)(wide >> 32));

	sum += sum << 16 | sum >> 16;
	return (uint16_t) ~(sum >> 16);
}
