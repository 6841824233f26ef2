/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 14 */
/* Which options later fragments get: any options of up to 12 bytes, also such
 * as nobody let through, are walked to an end; what is copied fits. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/ipv4/frag_out.c"

int
main(void)
{
	uint8_t words = nondet_u8(), out[IPV4_OPTIONS_LEN_MAX], len;
	struct ipv4 ip = { 0 };

	assume(words <= 3);
	ip.options = any_bytes(4u * words);
	ip.header_len = (uint8_t)(IPV4_HEADER_LEN + 4u * words);
	len = copied_options(&ip, out);
	prove(len <= 4u * words && len % 4 == 0);
	return 0;
}
