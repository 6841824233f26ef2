/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 12 */
/* Any datagram of up to 64 bytes: udp_parse(), and udp_emit() undoes it. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/udp.h"

int
main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes, back[UDP_HEADER_LEN];
	struct udp udp;

	assume(len <= 64);
	bytes = any_bytes(len);
	if (udp_parse(bytes, len, &udp) != DROP_NONE)
		return 0;
	prove(udp.len >= UDP_HEADER_LEN && udp.len <= len);
	prove(udp.dport != 0);
	udp_emit(&udp, back);
	for (size_t i = 0; i < sizeof(back); i++)
		prove(back[i] == bytes[i]);
	return 0;
}
