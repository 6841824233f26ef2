/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 10 boot_set_cmdline.0:42,prove_memcpy.0:50 */
/*
 * Any Multiboot2 information of 40 bytes: its tags are walked to an end,
 * and the entries of a memory map, of whatever stride, lie in what was given;
 * so do those of UEFI's map.
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "boot/efi_map.c"
#undef PAGE
#include "boot/loader.c"
#include "boot/mb2.c"

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
	struct efi_map map;
	struct boot_range range;

	mem.len = 40;
	mem.bytes = any_bytes(mem.len);
	mb2_parse(&info, &mem, &image, 0x1000);
	map.bytes = mem.bytes;
	map.len = mem.len;
	map.stride = nondet_u32();
	if (efi_map_entry(&map, nondet_u32(), &range))
		prove(range.type >= BOOT_RAM && range.type <= BOOT_NVS);
	return 0;
}
