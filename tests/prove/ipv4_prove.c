/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 9 */
/* Any packet of up to 64 bytes: ipv4_parse() believes no length that is not so.
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/ipv4.h"

int
main(void)
{
	size_t len = nondet_size();
	struct ipv4 ip;
	uint8_t *bytes;

	assume(len <= 64);
	bytes = any_bytes(len);
	if (ipv4_parse(bytes, len, &ip) != DROP_NONE)
		return 0;
	prove(ip.header_len >= IPV4_HEADER_LEN);
	prove(ip.header_len <= IPV4_HEADER_LEN_MAX);
	prove(ip.header_len % 4 == 0);
	prove(ip.header_len <= ip.total_len);
	prove(ip.total_len <= len);
	prove(ip.frag_offset % 8 == 0);
	prove(ip.options == bytes + IPV4_HEADER_LEN);
	prove(bytes[0] >> 4 == 4);
	return 0;
}
