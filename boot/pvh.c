/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PVH start information of `qemu -kernel` and other hypervisors, found
 * through EBX [PVH][HARDWARE 5.2]:
 *
 *	+0 magic  +4 version  +8 flags  +12 module count  +16 module list
 *	+24 command line  +32 RSDP  +40 memory map  +48 its entries (version 1)
 *
 * A module entry is {u64 address, length, command line, reserved}, an entry of
 * the memory map {u64 address, length; u32 type, reserved}, types as in e820.
 */
#include "boot/entry.h"
#include "boot/loader.h"

#define PVH_LEN_V0	40
#define PVH_LEN		56
#define PVH_MODULE_LEN	32
#define PVH_MAP_LEN	24
#define PVH_MAP_ENTRIES 4096 /* no machine has as many */

struct pvh_map {
	const uint8_t *bytes;
	uint32_t count;
};

static bool
pvh_map_entry(const void *map, uint32_t i, struct boot_range *range)
{
	const struct pvh_map *pvh = map;
	const uint8_t *at;
	uint32_t type;

	if (i >= pvh->count)
		return false;
	at = pvh->bytes + (uint64_t)i * PVH_MAP_LEN;
	type = boot_get32(at + 16);
	range->start = boot_get64(at);
	range->len = boot_get64(at + 8);
	range->type =
		type >= BOOT_RAM && type <= BOOT_NVS ? type : BOOT_RESERVED;
	return true;
}

static void
pvh_read_map(struct boot_info *info, const struct boot_mem *mem,
	     const struct boot_image *image, const uint8_t *start)
{
	struct pvh_map map = { NULL, 0 };

	if (start && boot_get32(start + 4) >= 1) {
		map.count = boot_get32(start + 48);
		if (map.count > PVH_MAP_ENTRIES) {
			boot_warn(info, "pvh: absurdly long memory map, cut");
			map.count = PVH_MAP_ENTRIES;
		}
		map.bytes = boot_mem_at(mem, boot_get64(start + 40),
					(uint64_t)map.count * PVH_MAP_LEN);
		if (!map.bytes)
			map.count = 0;
	}
	ranges_fill(info, pvh_map_entry, &map, image->start, image->end);
}

static void
pvh_read_cmdline(struct boot_info *info, const struct boot_mem *mem,
		 uint64_t phys)
{
	const void *text = boot_mem_at(mem, phys, 1);

	if (text)
		boot_set_cmdline(info, text, mem->start + mem->len - phys);
	else if (phys != 0)
		boot_warn(info, "pvh: command line not in memory we can read");
}

static void
pvh_read_module(struct boot_info *info, const struct boot_mem *mem,
		uint64_t phys)
{
	const uint8_t *module = boot_mem_at(mem, phys, PVH_MODULE_LEN);

	if (module)
		boot_set_config(info, mem, boot_get64(module),
				boot_get64(module + 8));
	else
		boot_warn(info, "pvh: module list not in memory we can read");
}

void
pvh_parse(struct boot_info *info, const struct boot_mem *mem,
	  const struct boot_image *image, uint64_t phys)
{
	const uint8_t *start = boot_mem_at(mem, phys, PVH_LEN_V0);

	info->loader = "pvh";
	if (!start || boot_get32(start) != BOOT_MAGIC_PVH) {
		boot_warn(info, "pvh: no start information");
		start = NULL;
	} else if (boot_get32(start + 4) >= 1 &&
		   !boot_mem_at(mem, phys, PVH_LEN)) {
		boot_warn(info, "pvh: start information is cut off");
		start = NULL;
	}
	pvh_read_map(info, mem, image, start);
	if (!start)
		return;
	pvh_read_cmdline(info, mem, boot_get64(start + 24));
	info->rsdp = boot_get64(start + 32);
	if (boot_get32(start + 12) > 0)
		pvh_read_module(info, mem, boot_get64(start + 16));
}
