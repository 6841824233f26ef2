/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 20 */
/* Any frame of up to 64 bytes: eth_parse(), and eth_emit() undoes it. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/eth.h"

int
main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes, back[14];
	struct eth eth;

	assume(len <= 64);
	bytes = any_bytes(len);
	if (eth_parse(bytes, len, &eth) != DROP_NONE) {
		prove(len < 14);
		return 0;
	}
	prove(len >= 14);
	eth_emit(&eth, back);
	for (size_t i = 0; i < sizeof(back); i++)
		prove(back[i] == bytes[i]);
	return 0;
}
