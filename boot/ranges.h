/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From whatever map of memory a loader gave, which may be unsorted,
 * overlapping, too long or plainly wrong, to the ranges of struct boot_info.
 * Pure; one map is painted over another, so "reserved" wins over "RAM" wherever
 * they overlap.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"

/*
 * Entry i of a loader's map, as it lies there: unaligned, of any length.
 * false past the end. Called several times for each i.
 */
typedef bool boot_map_entry(const void *map, uint32_t i,
			    struct boot_range *range);

/*
 * Fills info->range and info->low_page from a map. Takes the low megabyte and
 * [image_start, image_end) out of the RAM and rounds the rest of it inwards to
 * pages. If BOOT_RANGES_MAX are too few, the smallest ranges are forgotten
 * (with a warning): some memory is then not used, none is used wrongly.
 */
void ranges_fill(struct boot_info *info, boot_map_entry *entry, const void *map,
		 uint64_t image_start, uint64_t image_end);

/* Keeps the pages of [start, end) as BOOT_CONFIG; false if they are not all RAM
 * or cannot be remembered: then nobody uses them. */
bool ranges_keep(struct boot_info *info, uint64_t start, uint64_t end);
