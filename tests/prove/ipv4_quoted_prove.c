/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 9 */
/* Any quotation of up to 80 bytes in an ICMP error: ipv4_parse_quoted(). */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/ipv4.h"

int
main(void)
{
	size_t len = nondet_size();
	struct ipv4 ip;
	uint8_t *bytes;

	assume(len <= 80);
	bytes = any_bytes(len);
	if (ipv4_parse_quoted(bytes, len, &ip) != DROP_NONE)
		return 0;
	prove(ip.header_len >= IPV4_HEADER_LEN);
	prove(ip.header_len <= IPV4_HEADER_LEN_MAX);
	/* The ports of what was quoted can be read. */
	prove(ip.header_len + 8u <= len);
	return 0;
}
