/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory maps as UEFI gives them; see efi_map.h. A descriptor is {u32 type,
 * padding; u64 address, virtual address, pages, attributes} and whatever the
 * firmware adds.
 */
#include "boot/efi_map.h"
#include "boot/loader.h"
#include "lib/port.h"

#define PAGE	     4096ull
#define CONVENTIONAL 7
#define FIND_FIRST   0x100000ull
#define FIND_END     0x100000000ull

static const uint8_t *
descriptor(const struct efi_map *map, uint32_t i)
{
	if (map->stride < EFI_DESCRIPTOR_LEN || map->len < map->stride ||
	    i > map->len / map->stride - 1)
		return NULL;
	return map->bytes + (uint64_t)i * map->stride;
}

/* EFI_MEMORY_TYPE [UEFI 7.2]. */
static enum boot_range_type
descriptor_type(const uint8_t *at)
{
	switch (boot_get32(at)) {
	case 1: /* loader code */
	case 2: /* loader data */
	case 3: /* boot services code */
	case 4: /* boot services data */
	case CONVENTIONAL: return BOOT_RAM;
	case 9: return BOOT_ACPI;
	case 10: return BOOT_NVS;
	default: return BOOT_RESERVED;
	}
}

bool
efi_map_entry(const void *map, uint32_t i, struct boot_range *range)
{
	const uint8_t *at = descriptor(map, i);
	uint64_t pages;

	if (!at)
		return false;
	pages = boot_get64(at + 24);
	range->type = descriptor_type(at);
	range->start = boot_get64(at + 8);
	range->len = pages <= UINT64_MAX / PAGE ? pages * PAGE : UINT64_MAX;
	return true;
}

bool
efi_map_is_ram(const struct efi_map *map, uint64_t start, uint64_t end)
{
	struct boot_range r;
	uint64_t rest;
	uint32_t i = 0;

	/* Each descriptor that helps moves start up, so this ends. */
	while (start < end) {
		if (!efi_map_entry(map, i++, &r))
			return false;
		if (r.type != BOOT_RAM || r.start > start ||
		    start - r.start >= r.len)
			continue;
		rest = r.len - (start - r.start);
		if (rest >= end - start)
			return true;
		start += rest;
		i = 0;
	}
	return true;
}

uint64_t
efi_map_find(const struct efi_map *map, uint64_t len, uint64_t avoid_start,
	     uint64_t avoid_end)
{
	const uint8_t *at;
	struct boot_range r;
	uint64_t best = 0;
	uint32_t i;

	for (i = 0; (at = descriptor(map, i)); i++) {
		uint64_t end = FIND_END, start;

		if (!efi_map_entry(map, i, &r) ||
		    boot_get32(at) != CONVENTIONAL || r.start >= FIND_END)
			continue;
		if (r.len < FIND_END - r.start)
			end = r.start + r.len;
		start = max_of(r.start, FIND_FIRST);
		/* At the end of the range, or below what is to be avoided. */
		if (end > avoid_start && end < avoid_end + len)
			end = avoid_start;
		if (end <= start || end - start < len)
			continue;
		best = max_of(best, (end - len) & ~(PAGE - 1));
	}
	return best;
}
