/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 22 */
/*
 * Any right header of 20 bytes with a TTL: ipv4_decrement_ttl() leaves a right
 * header, whose TTL is one less, and nothing else has changed. [RFC1624]
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/ipv4.h"

/* The sum as the RFC has it, not as our code does it. [RFC1071 1] */
static uint16_t
sum_of(const uint8_t *bytes)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < 20; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

int
main(void)
{
	uint8_t bytes[20], before[20];

	for (unsigned int i = 0; i < 20; i++)
		bytes[i] = before[i] = nondet_u8();
	assume(bytes[0] == 0x45 && bytes[8] > 0);
	assume(sum_of(bytes) == 0xffff);
	ipv4_decrement_ttl(bytes);
	prove(sum_of(bytes) == 0xffff);
	prove(bytes[8] == before[8] - 1);
	for (unsigned int i = 0; i < 20; i++)
		prove(i == 8 || i == 10 || i == 11 || bytes[i] == before[i]);
	return 0;
}
