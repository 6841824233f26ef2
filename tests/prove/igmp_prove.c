/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 14 */
/* Any message of up to 40 bytes: igmp_parse() reads nothing behind it, and the
 * sources it tells of lie in it. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/wire/igmp.h"

int
main(void)
{
	size_t len = nondet_size();
	struct igmp igmp;
	uint8_t *bytes;

	assume(len <= 40);
	bytes = any_bytes(len);
	if (igmp_parse(bytes, len, &igmp) != DROP_NONE)
		return 0;
	prove(len >= IGMP_LEN);
	if (igmp.type != IGMP_QUERY)
		return 0;
	prove(igmp.version >= 1 && igmp.version <= 3);
	prove(igmp.robustness <= 7 && igmp.interval_s <= 31744);
	prove(igmp.max_resp_ms <= 3174400);
	prove(IGMP_QUERY3_LEN + 4u * igmp.source_count <= len ||
	      igmp.source_count == 0);
	return 0;
}
