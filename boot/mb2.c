/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot2 information, found through EBX, the same from GRUB on BIOS and on
 * EFI [MB2 3.6][HARDWARE 5.1]: {u32 total size, u32 reserved}, then tags {u32
 * type, u32 size, ...}, each at a multiple of 8, up to one of type 0.
 */
#include "boot/efi_map.h"
#include "boot/loader.h"
#include "lib/port.h"

#define MB2_LEN_MAX 0x100000 /* 1 MiB: real ones have a few KiB */
#define TAG_TYPES   24	     /* those below are looked at */

enum {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_BASIC_MEM = 4,
	TAG_MMAP = 6,
	TAG_RSDP_OLD = 14,
	TAG_RSDP_NEW = 15,
	TAG_EFI_MMAP = 17,
};

struct mb2_tag {
	const uint8_t *bytes; /* at the tag's header; NULL: no such tag */
	uint32_t len;	      /* header included, within the information */
};

struct mb2 {
	struct mb2_tag tag[TAG_TYPES]; /* the first of each type */
	struct mb2_tag config;	       /* the module to take */
};

struct mb2_map {
	const uint8_t *bytes;
	uint32_t count;
	uint32_t stride;
};

static bool
mb2_map_entry(const void *map, uint32_t i, struct boot_range *range)
{
	const struct mb2_map *mb2 = map;
	const uint8_t *at;
	uint32_t type;

	if (i >= mb2->count)
		return false;
	at = mb2->bytes + (uint64_t)i * mb2->stride;
	type = boot_get32(at + 16);
	range->start = boot_get64(at);
	range->len = boot_get64(at + 8);
	/* GRUB on EFI has a type 20 [HARDWARE 5.1]; 5 is bad RAM. */
	range->type =
		type >= BOOT_RAM && type <= BOOT_NVS ? type : BOOT_RESERVED;
	return true;
}

/* mem_upper: what lies from 1 MiB up to the first hole, in KiB. */
static bool
mb2_upper_entry(const void *map, uint32_t i, struct boot_range *range)
{
	if (i > 0)
		return false;
	range->start = 0x100000;
	range->len = (uint64_t)boot_get32(map) << 10;
	range->type = BOOT_RAM;
	return true;
}

static void
mb2_read_map(struct boot_info *info, const struct mb2 *mb2,
	     const struct boot_image *image)
{
	const struct mb2_tag *mmap = &mb2->tag[TAG_MMAP];
	const struct mb2_tag *efi = &mb2->tag[TAG_EFI_MMAP];
	const struct mb2_tag *basic = &mb2->tag[TAG_BASIC_MEM];
	struct mb2_map map = { NULL, 0, 0 };

	if (mmap->len >= 16)
		map.stride = boot_get32(mmap->bytes + 8);
	if (map.stride >= 20 && map.stride <= mmap->len - 16) {
		map.bytes = mmap->bytes + 16;
		map.count = (mmap->len - 16) / map.stride;
	} else if (efi->len >= 16) {
		struct efi_map efi_map = { efi->bytes + 16, efi->len - 16,
					   boot_get32(efi->bytes + 8) };

		ranges_fill(info, efi_map_entry, &efi_map, image->start,
			    image->end);
		return;
	} else if (basic->len >= 16) {
		boot_warn(info, "multiboot2: no memory map, only its size");
		ranges_fill(info, mb2_upper_entry, basic->bytes + 12,
			    image->start, image->end);
		return;
	}
	ranges_fill(info, mb2_map_entry, &map, image->start, image->end);
}

/* The module called "config"; if none is, the first one. */
static void
mb2_look_at_module(struct mb2 *mb2, const struct mb2_tag *module)
{
	static const char name[] = "config"; /* its NUL counts */

	if (module->len < 16)
		return;
	if (!mb2->config.bytes ||
	    (module->len >= 16 + sizeof(name) &&
	     memcmp(module->bytes + 16, name, sizeof(name)) == 0))
		mb2->config = *module;
}

/* Notes where the tags are; every tag noted lies whole inside [at, at+len). */
static void
mb2_index(struct boot_info *info, struct mb2 *mb2, const uint8_t *at,
	  uint32_t len)
{
	uint32_t used = 8;

	while (used <= len && len - used >= 8) {
		uint32_t type = boot_get32(at + used);
		struct mb2_tag tag = { at + used, boot_get32(at + used + 4) };

		if (type == TAG_END)
			return;
		if (tag.len < 8 || tag.len > len - used) {
			boot_warn(info, "multiboot2: a tag with a wrong size; "
					"the rest was ignored");
			return;
		}
		if (type < TAG_TYPES && !mb2->tag[type].bytes)
			mb2->tag[type] = tag;
		if (type == TAG_MODULE)
			mb2_look_at_module(mb2, &tag);
		/* No overflow: both are at most MB2_LEN_MAX. */
		used = (used + tag.len + 7) & ~7u;
	}
	boot_warn(info, "multiboot2: no end tag");
}

/* The tag holds a copy of the RSDP, which we copy on [HARDWARE 4.6]. */
static void
mb2_read_rsdp(struct boot_info *info, const struct mb2 *mb2)
{
	const struct mb2_tag *tag = &mb2->tag[TAG_RSDP_NEW];
	uint32_t least = 36;

	if (tag->len < 8 + least) {
		tag = &mb2->tag[TAG_RSDP_OLD];
		least = 20;
	}
	if (tag->len < 8 + least)
		return;
	memcpy(info->rsdp_copy, tag->bytes + 8, least);
	info->rsdp = (uintptr_t)info->rsdp_copy;
}

void
mb2_parse(struct boot_info *info, const struct boot_mem *mem,
	  const struct boot_image *image, uint64_t phys)
{
	const uint8_t *head = boot_mem_at(mem, phys, 8);
	struct mb2 mb2 = { 0 };
	uint32_t len;

	info->loader = "multiboot2";
	len = head ? boot_get32(head) : 0;
	if (len > MB2_LEN_MAX) {
		boot_warn(info, "multiboot2: absurdly long information, cut");
		len = MB2_LEN_MAX;
	}
	if (head && boot_mem_at(mem, phys, len))
		mb2_index(info, &mb2, head, len);
	else
		boot_warn(info, "multiboot2: no information where we can read");
	mb2_read_map(info, &mb2, image);
	if (mb2.tag[TAG_CMDLINE].bytes)
		boot_set_cmdline(info, mb2.tag[TAG_CMDLINE].bytes + 8,
				 mb2.tag[TAG_CMDLINE].len - 8);
	mb2_read_rsdp(info, &mb2);
	if (mb2.config.bytes) {
		uint32_t start = boot_get32(mb2.config.bytes + 8);
		uint32_t end = boot_get32(mb2.config.bytes + 12);

		if (end >= start)
			boot_set_config(info, mem, start, end - start);
		else
			boot_warn(info, "multiboot2: a module that ends before "
					"it starts, ignored");
	}
}
