/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 60 */
/* Any PVH start information in a window of up to 64 bytes: everything it points
 * to is looked for in the window alone. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "boot/loader.c"
#include "boot/pvh.c"

void
boot_warn(struct boot_info *info, const char *sentence)
{
}

/* Each entry is read several times; here, some entry is, once. */
void
ranges_fill(struct boot_info *info, boot_map_entry *entry, const void *map,
	    uint64_t image_start, uint64_t image_end)
{
	struct boot_range range;

	(void)entry(map, nondet_u32(), &range);
}

static struct boot_info info;

int
main(void)
{
	const struct boot_image image = { 0x100000, 0x180000 };
	struct boot_mem mem = { .start = 0x1000 };

	mem.len = nondet_size();
	assume(mem.len <= 58);
	mem.bytes = any_bytes(mem.len);
	pvh_parse(&info, &mem, &image, 0x1000 + (nondet_u8() & 3));
	prove(!info.config || info.config_len <= mem.len);
	return 0;
}
