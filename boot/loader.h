/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The producers of struct boot_info: each reads one loader's structures through
 * a window of memory, so the same code runs over physical memory in the kernel
 * and over recorded or hostile bytes in the unit tests. They believe nothing:
 * what does not fit is skipped, with a sentence in info->warning.
 */
#pragma once

#include <stdint.h>

#include "boot/boot_info.h"
#include "boot/ranges.h"

/* The bytes of the physical addresses [start, start+len). */
struct boot_mem {
	uint64_t start;
	uint64_t len;
	const uint8_t *bytes;
};

/* Where len bytes at a physical address are; NULL if the window ends before. */
const void *boot_mem_at(const struct boot_mem *mem, uint64_t phys,
			uint64_t len);

/* Unaligned little-endian fields, as loaders leave them. */
static inline uint16_t
boot_get16(const void *at)
{
	uint16_t v;

	__builtin_memcpy(&v, at, sizeof(v));
	return v;
}

static inline uint32_t
boot_get32(const void *at)
{
	uint32_t v;

	__builtin_memcpy(&v, at, sizeof(v));
	return v;
}

static inline uint64_t
boot_get64(const void *at)
{
	uint64_t v;

	__builtin_memcpy(&v, at, sizeof(v));
	return v;
}

/* At most len bytes of text, up to a NUL, become info->cmdline. */
void boot_set_cmdline(struct boot_info *info, const void *text, uint64_t len);

/* A module becomes info->config, whole or (with a warning) not at all. */
void boot_set_config(struct boot_info *info, const struct boot_mem *mem,
		     uint64_t phys, uint64_t len);

/* Where the kernel's image lies, to be kept out of the RAM. */
struct boot_image {
	uint64_t start, end;
};

/* phys is what the loader put into EBX. */
void pvh_parse(struct boot_info *info, const struct boot_mem *mem,
	       const struct boot_image *image, uint64_t phys);
void mb2_parse(struct boot_info *info, const struct boot_mem *mem,
	       const struct boot_image *image, uint64_t phys);
void efi_parse(struct boot_info *info, const struct boot_mem *mem,
	       const struct boot_image *image, uint64_t phys);
