/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 1 */
/*
 * A checksum that followed a change by its difference is the one that summing
 * everything again gives, for any sum of the rest. [RFC1624 3]
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

/* The complement of the one's complement sum of words below 2^16. */
static uint16_t
complement(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int
main(void)
{
	uint16_t rest = nondet_u16(), from = nondet_u16(), to = nondet_u16();
	uint16_t sum;

	/* A header is never all zeros. */
	assume(rest != 0);
	sum = complement((uint32_t)rest + from);
	prove(checksum_update16(sum, from, to) ==
	      complement((uint32_t)rest + to));
	/* What is right folds to nothing. */
	prove(checksum_fold(0xffff) == 0);
	prove(checksum_fold(0) == 0xffff);
	return 0;
}
