/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 30 */
/* Any packet of up to 64 bytes: arp_parse(), and arp_emit() undoes it. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/arp.h"

int
main(void)
{
	size_t len = nondet_size();
	uint8_t *bytes, back[ARP_LEN];
	struct arp arp;

	assume(len <= 64);
	bytes = any_bytes(len);
	if (arp_parse(bytes, len, &arp) != DROP_NONE)
		return 0;
	prove(len >= ARP_LEN);
	prove(arp.op == ARP_REQUEST || arp.op == ARP_REPLY);
	arp_emit(&arp, back);
	for (size_t i = 0; i < sizeof(back); i++)
		prove(back[i] == bytes[i]);
	return 0;
}
