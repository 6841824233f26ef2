/* SPDX-License-Identifier: BSD-2-Clause */
/* What our own EFI loader hands over (efi_handoff.h). */
#include "boot/efi_handoff.h"
#include "boot/efi_map.h"
#include "boot/entry.h"
#include "boot/loader.h"
#include "lib/port.h"

#define EFI_MAP_LEN_MAX 0x100000 /* 1 MiB: 20 000 descriptors */

static void
efi_read_map(struct boot_info *info, const struct boot_mem *mem,
	     const struct boot_image *image, const struct efi_handoff *handoff)
{
	struct efi_map map = { NULL, handoff->map_len, handoff->map_stride };

	if (map.len > EFI_MAP_LEN_MAX) {
		boot_warn(info, "efi: absurdly long memory map, cut");
		map.len = EFI_MAP_LEN_MAX;
	}
	map.bytes = boot_mem_at(mem, handoff->map, map.len);
	if (!map.bytes)
		map.len = 0;
	ranges_fill(info, efi_map_entry, &map, image->start, image->end);
}

static void
efi_read_warnings(struct boot_info *info, uint32_t warnings)
{
	if (warnings & EFI_HANDOFF_CONFIG_TOO_BIG)
		boot_warn(info, "efi: no memory for fairlead.conf, ignored");
	if (warnings & EFI_HANDOFF_CONFIG_UNREADABLE)
		boot_warn(info, "efi: fairlead.conf could not be read");
	if (warnings & EFI_HANDOFF_OPTIONS_NOT_TEXT)
		boot_warn(info, "efi: the load options are no text, ignored");
}

void
efi_parse(struct boot_info *info, const struct boot_mem *mem,
	  const struct boot_image *image, uint64_t phys)
{
	const void *at = boot_mem_at(mem, phys, sizeof(struct efi_handoff));
	struct efi_handoff handoff = { 0 };
	const void *cmdline;

	info->loader = "efi";
	if (at)
		memcpy(&handoff, at, sizeof(handoff));
	if (handoff.magic != BOOT_MAGIC_EFI ||
	    handoff.version != EFI_HANDOFF_VERSION) {
		boot_warn(info, "efi: nothing handed over by the loader");
		memset(&handoff, 0, sizeof(handoff));
	}
	efi_read_map(info, mem, image, &handoff);
	efi_read_warnings(info, handoff.warnings);
	info->rsdp = handoff.rsdp;
	cmdline = boot_mem_at(mem, handoff.cmdline, handoff.cmdline_len);
	if (cmdline)
		boot_set_cmdline(info, cmdline, handoff.cmdline_len);
	if (handoff.config != 0)
		boot_set_config(info, mem, handoff.config, handoff.config_len);
}
