/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the assembly entry to kernel_main(): reads what the loader left behind
 * into the one struct boot_info. Runs on the boot stack with temporary tables
 * that map the first 4 GiB (entry.S); no loader puts anything higher.
 */
#include "boot/entry.h"
#include "boot/loader.h"

static struct boot_info boot_info;

extern const uint8_t __image_start[], __image_end[];

_Noreturn void boot_start(uint32_t magic, uint32_t phys, uint64_t tsc);

_Noreturn void
boot_start(uint32_t magic, uint32_t phys, uint64_t tsc)
{
	/* All but NULL: QEMU's PVH leaves its memory map at 0x5a8. */
	const struct boot_mem mem = {
		.start = 16,
		.len = (1ull << 32) - 16,
		.bytes = (const uint8_t *)16,
	};
	const struct boot_image image = {
		.start = (uintptr_t)__image_start,
		.end = (uintptr_t)__image_end,
	};

	boot_info.entry_tsc = tsc;
	switch (magic) {
	case BOOT_MAGIC_PVH: pvh_parse(&boot_info, &mem, &image, phys); break;
	case BOOT_MAGIC_EFI: efi_parse(&boot_info, &mem, &image, phys); break;
	default: mb2_parse(&boot_info, &mem, &image, phys); break;
	}
	kernel_main(&boot_info);
}
