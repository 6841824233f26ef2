/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings memory up, in the order that its parts need each other: RAM below 4
 * GiB, which the boot code has mapped, gives the page tables that then map all
 * the rest. State: the caller's struct pages, and arch's tables.
 */
#include "boot/memory.h"

#include <arch/vm.h>

#define BOOT_MAP_END (1ull << 32)

void *
memory_kept(const struct boot_info *info)
{
	for (unsigned int i = 0; i < info->range_count; i++) {
		const struct boot_range *range = &info->range[i];

		if (range->type == BOOT_RAM &&
		    range->start <= MEMORY_KEPT_START &&
		    range->start + range->len >=
			    MEMORY_KEPT_START + MEMORY_KEPT_LEN)
			return (void *)(uintptr_t)MEMORY_KEPT_START;
	}
	return NULL;
}

/* The part of each range of a type that lies in [start, end) goes to pages. */
static void
ram_add(struct pages *pages, const struct boot_info *info,
	enum boot_range_type type, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < info->range_count; i++) {
		const struct boot_range *range = &info->range[i];
		uint64_t from = max_of(range->start, start);
		uint64_t to = min_of(range->start + range->len, end);
		enum status status;

		if (range->type != type || from >= to)
			continue;
		status = pages_add(pages, from, to - from);
		if (status != OK)
			log_warn("memory: 0x%llx, %llu KiB left unused: %s",
				 (unsigned long long)from,
				 (unsigned long long)((to - from) / 1024),
				 status == ERR_RANGE ? "too many ranges"
						     : "too small");
	}
}

static enum status
ram_map(const struct boot_info *info)
{
	enum status status = OK;

	for (unsigned int i = 0; i < info->range_count && status == OK; i++)
		if (info->range[i].type == BOOT_RAM ||
		    info->range[i].type == BOOT_CONFIG)
			status = vm_map_ram(info->range[i].start,
					    info->range[i].len);
	return status;
}

enum status
memory_init(struct pages *pages, const struct boot_info *info)
{
	enum status status;

	pages_init(pages);
	ram_add(pages, info, BOOT_RAM, 0, MEMORY_KEPT_START);
	ram_add(pages, info, BOOT_RAM, MEMORY_KEPT_START + MEMORY_KEPT_LEN,
		BOOT_MAP_END);
	status = vm_init(pages);
	if (status == OK)
		status = ram_map(info);
	if (status != OK)
		return status;
	vm_enable();
	ram_add(pages, info, BOOT_RAM, BOOT_MAP_END, UINT64_MAX);
	return OK;
}

void
memory_add_config(struct pages *pages, const struct boot_info *info)
{
	ram_add(pages, info, BOOT_CONFIG, 0, UINT64_MAX);
}
