/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 10 */
/*
 * Any options of up to 8 bytes that were let through: stamping them on the way
 * through writes nothing beside them.
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/ipv4/options.c"

int
main(void)
{
	uint8_t words = nondet_u8(), *options;
	struct ipv4_options found;
	struct ipv4 ip = { 0 };
	struct net net;
	size_t len;

	assume(words <= 2);
	len = 4u * words;
	options = any_bytes(len);
	ip.options = options;
	ip.header_len = (uint8_t)(IPV4_HEADER_LEN + len);
	if (ipv4_options_parse(&ip, &found) != DROP_NONE)
		return 0;
	ipv4_options_stamp(&net, options, &found, nondet_u32());
	return 0;
}
