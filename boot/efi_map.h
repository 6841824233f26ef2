/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps as UEFI gives them [UEFI 7.2]: read by the kernel (from our EFI
 * loader, or through Multiboot2) and by the loader itself. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "boot/ranges.h"

struct efi_map {
	const uint8_t *bytes;
	uint64_t len;
	uint32_t stride; /* bytes from one descriptor to the next */
};

/* The least a descriptor has; firmware may use a larger stride. */
#define EFI_DESCRIPTOR_LEN 40

/*
 * A boot_map_entry for struct efi_map, with the types as they are after
 * ExitBootServices(): the memory of loaders and of boot services is free then,
 * that of the runtime services is not, though we never call them.
 */
bool efi_map_entry(const void *map, uint32_t i, struct boot_range *range);

/* True if all of [start, end) is free after ExitBootServices(). */
bool efi_map_is_ram(const struct efi_map *map, uint64_t start, uint64_t end);

/*
 * The highest page-aligned address between 1 MiB and 4 GiB where len bytes are
 * free already now and outside of [avoid_start, avoid_end); 0 if there is none.
 */
uint64_t efi_map_find(const struct efi_map *map, uint64_t len,
		      uint64_t avoid_start, uint64_t avoid_end);
