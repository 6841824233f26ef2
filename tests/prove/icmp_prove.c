/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 12 */
/* Any message of up to 64 bytes: icmp_parse(), and icmp_emit() undoes it but
 * for the checksum. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/icmp.h"

int
main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes, back[ICMP_HEADER_LEN];
	uint16_t folded = nondet_u16();
	struct icmp icmp;

	assume(len <= 64);
	bytes = any_bytes(len);
	if (icmp_parse(bytes, len, folded, &icmp) != DROP_NONE)
		return 0;
	prove(len >= ICMP_HEADER_LEN && folded == 0);
	/* A set of bits indexed by any type. */
	prove(!icmp_type_is_query(icmp.type) || icmp.type < 32);
	icmp_emit(&icmp, back);
	for (size_t i = 0; i < sizeof(back); i++)
		prove(i == 2 || i == 3 || back[i] == bytes[i]);
	return 0;
}
