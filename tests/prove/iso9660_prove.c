/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 5 */
/* A directory record anywhere near the end of any sector: what is read of it,
 * its Rock Ridge name included, lies in the sector. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "boot/efi/iso9660.c"

#define NEAR 50u

int
main(void)
{
	static uint8_t sector[ISO9660_SECTOR];
	struct record record;
	uint32_t at = nondet_u32();

	__CPROVER_havoc_object(sector);
	assume(at >= ISO9660_SECTOR - NEAR && at <= ISO9660_SECTOR);
	if (!record_read(sector, at, &record))
		return 0;
	prove(record.name >= sector);
	prove(record.name + record.name_len <= sector + ISO9660_SECTOR);
	return 0;
}
