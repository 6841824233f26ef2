/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The map of memory as a canvas [HARDWARE D]: info->range is at all times
 * sorted and free of overlaps; range_paint() lays one more range over it and
 * cuts away what was underneath. RAM is painted first, everything that must not
 * be used after it, the worst last; so nothing that is painted can ever add RAM
 * to where a later entry of the loader's map forbade it.
 */
#include "boot/ranges.h"
#include "lib/port.h"

#define PAGE	  4096ull
#define LOW_END	  0x100000ull
#define LOW_FIRST 0x1000ull  /* page 0 stays unmapped */
#define LOW_BEST  0x8000ull  /* free on every firmware seen [HARDWARE 4.7] */
#define LOW_LAST  0x9f000ull /* above it the EBDA may lie */
/* No x86-64 has more physical address bits than 52. */
#define ADDRESS_END (1ull << 52)

#define WARN_BEYOND "memory map: an entry beyond the address space was ignored"
#define WARN_FULL   "memory map: too many ranges, the smallest were left out"
#define WARN_EMPTY  "memory map: none found, or none of it is usable RAM"

void
boot_warn(struct boot_info *info, const char *sentence)
{
	unsigned int i;

	for (i = 0; i < info->warning_count; i++) {
		if (strcmp(info->warning[i], sentence) == 0)
			return;
	}
	if (info->warning_count < BOOT_WARNINGS_MAX)
		info->warning[info->warning_count++] = sentence;
}

static uint64_t
range_end(const struct boot_range *range)
{
	return range->start + range->len;
}

static void
range_delete(struct boot_info *info, unsigned int at)
{
	info->range_count--;
	memmove(&info->range[at], &info->range[at + 1],
		(info->range_count - at) * sizeof(info->range[0]));
}

/* What hurts least to forget: it is safe to forget anything but a hole. */
static unsigned int
range_least(const struct boot_info *info)
{
	const struct boot_range *best = &info->range[0];
	unsigned int i;

	for (i = 1; i < info->range_count; i++) {
		const struct boot_range *r = &info->range[i];
		bool ram = r->type == BOOT_RAM,
		     best_ram = best->type == BOOT_RAM;

		if (ram != best_ram ? best_ram : r->len < best->len)
			best = r;
	}
	return best - info->range;
}

/* Puts a range where it fits; the caller has made sure that nothing overlaps.
 */
static void
range_insert(struct boot_info *info, struct boot_range range)
{
	unsigned int at;

	if (info->range_count == BOOT_RANGES_MAX) {
		unsigned int least = range_least(info);

		boot_warn(info, WARN_FULL);
		if (range.type != BOOT_RAM &&
		    info->range[least].type == BOOT_RAM)
			return;
		if (range.type == info->range[least].type &&
		    range.len <= info->range[least].len)
			return;
		range_delete(info, least);
	}
	for (at = info->range_count; at > 0; at--) {
		if (info->range[at - 1].start < range.start)
			break;
		info->range[at] = info->range[at - 1];
	}
	info->range[at] = range;
	info->range_count++;
}

/* Removes whatever lies in [start, end), splitting what reaches over it. */
static void
range_cut(struct boot_info *info, uint64_t start, uint64_t end)
{
	unsigned int i = 0;

	while (i < info->range_count) {
		struct boot_range *r = &info->range[i], tail = *r;
		uint64_t r_end = range_end(r);

		if (r_end <= start || r->start >= end) {
			i++;
			continue;
		}
		if (r->start < start)
			r->len = start - r->start;
		else
			range_delete(info, i);
		if (r_end > end) {
			tail.start = end;
			tail.len = r_end - end;
			range_insert(info, tail);
		}
		i = 0;
	}
}

static void
range_paint(struct boot_info *info, uint64_t start, uint64_t end,
	    enum boot_range_type type)
{
	struct boot_range range = { start, end - start, type };
	unsigned int i = 0;

	range_cut(info, start, end);
	/* Neighbours of the same type become one. */
	while (i < info->range_count) {
		struct boot_range *r = &info->range[i];

		if (r->type == type && (range_end(r) == range.start ||
					r->start == range_end(&range))) {
			range.start = min_of(range.start, r->start);
			range.len += r->len;
			range_delete(info, i);
		} else {
			i++;
		}
	}
	range_insert(info, range);
}

/* Paints every entry of the loader's map that has this type. */
static void
paint_type(struct boot_info *info, boot_map_entry *entry, const void *map,
	   enum boot_range_type type)
{
	struct boot_range r;
	uint32_t i;

	for (i = 0; entry(map, i, &r); i++) {
		if (r.type != type || r.len == 0)
			continue;
		if (r.start >= ADDRESS_END) {
			boot_warn(info, WARN_BEYOND);
			continue;
		}
		if (r.len > ADDRESS_END - r.start)
			r.len = ADDRESS_END - r.start;
		range_paint(info, r.start, range_end(&r), type);
	}
}

/* RAM is used in whole pages that lie inside it. */
static void
round_ram(struct boot_info *info)
{
	unsigned int i = 0;

	while (i < info->range_count) {
		struct boot_range *r = &info->range[i];
		uint64_t start = (r->start + PAGE - 1) & ~(PAGE - 1);
		uint64_t end = range_end(r) & ~(PAGE - 1);

		if (r->type == BOOT_RAM && start >= end) {
			range_delete(info, i);
			continue;
		}
		if (r->type == BOOT_RAM) {
			r->start = start;
			r->len = end - start;
		}
		i++;
	}
}

/* Whole pages of one range. */
static bool
is_ram(const struct boot_info *info, uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->range[i];

		if (r->type == BOOT_RAM && r->start <= start &&
		    end <= range_end(r))
			return true;
	}
	return false;
}

static uint32_t
find_low_page(const struct boot_info *info)
{
	uint64_t page;

	for (page = LOW_BEST; page < LOW_LAST; page += PAGE) {
		if (is_ram(info, page, page + PAGE))
			return page;
	}
	for (page = LOW_FIRST; page < LOW_BEST; page += PAGE) {
		if (is_ram(info, page, page + PAGE))
			return page;
	}
	return 0;
}

void
ranges_fill(struct boot_info *info, boot_map_entry *entry, const void *map,
	    uint64_t image_start, uint64_t image_end)
{
	unsigned int i;

	info->range_count = 0;
	paint_type(info, entry, map, BOOT_RAM);
	paint_type(info, entry, map, BOOT_ACPI);
	paint_type(info, entry, map, BOOT_NVS);
	paint_type(info, entry, map, BOOT_RESERVED);
	info->low_page = find_low_page(info);
	range_paint(info, 0, LOW_END, BOOT_RESERVED);
	range_paint(info, image_start, image_end, BOOT_RESERVED);
	round_ram(info);
	for (i = 0; i < info->range_count; i++) {
		if (info->range[i].type == BOOT_RAM)
			return;
	}
	boot_warn(info, WARN_EMPTY);
}

bool
ranges_keep(struct boot_info *info, uint64_t start, uint64_t end)
{
	start &= ~(PAGE - 1);
	end = (end + PAGE - 1) & ~(PAGE - 1);
	if (!is_ram(info, start, end))
		return false;
	range_paint(info, start, end, BOOT_CONFIG);
	/* Where ranges are too many it may have been forgotten at once. */
	for (unsigned int i = 0; i < info->range_count; i++)
		if (info->range[i].type == BOOT_CONFIG)
			return true;
	return false;
}
