/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What loaders and firmware leave in memory, and what our EFI loader reads,
 * under arbitrary bytes: the three producers of struct boot_info, the ELF file,
 * the ISO 9660 volume, load options and QEMU's configuration device. The first
 * byte says which; what comes out keeps its promises whatever came in.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/efi/bootp.h"
#include "boot/efi/elf.h"
#include "boot/efi/iso9660.h"
#include "boot/efi/options.h"
#include "boot/efi_handoff.h"
#include "boot/efi_map.h"
#include "boot/entry.h"
#include "boot/fw_cfg.h"
#include "boot/loader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/mmio.h"

#define WINDOW 0x8000u /* where the bytes lie, physically */

static const struct boot_image image = { 0x100000, 0x180000 };

static void
check_ranges(const struct boot_info *info)
{
	uint64_t last_end = 0, end;

	assert(info->range_count <= BOOT_RANGES_MAX);
	for (unsigned int i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->range[i];

		end = r->start + r->len;
		assert(end > r->start && r->start >= last_end);
		assert(r->type >= BOOT_RAM && r->type <= BOOT_NVS);
		last_end = end;
		if (r->type != BOOT_RAM)
			continue;
		assert(r->start % 4096 == 0 && r->len % 4096 == 0);
		assert(r->start >= 0x100000);
		assert(end <= image.start || r->start >= image.end);
	}
}

static void
check_info(const struct boot_info *info)
{
	check_ranges(info);
	assert(memchr(info->cmdline, '\0', sizeof(info->cmdline)));
	assert(info->warning_count <= BOOT_WARNINGS_MAX);
	assert(info->low_page % 4096 == 0 && info->low_page < 0xa0000);
	if (info->config_len > BOOT_CONFIG_COPIED)
		assert(info->config && info->config != info->config_copy);
	else if (info->config)
		assert(info->config == info->config_copy &&
		       info->config[info->config_len] == '\0');
}

/* The magic is right, so that more than that is read. */
static void
fuzz_info(unsigned int which, struct input *in)
{
	static struct boot_info info;
	uint32_t magic = which == 1 ? BOOT_MAGIC_PVH : BOOT_MAGIC_EFI;
	uint64_t phys = WINDOW + take(in);
	struct boot_mem mem = { WINDOW, left(in), NULL };
	uint8_t *bytes = malloc(mem.len + 1);
	uint64_t at = phys - WINDOW;

	assert(bytes);
	memcpy(bytes, in->at, mem.len);
	if (which && mem.len >= 4 && at <= mem.len - 4)
		memcpy(bytes + at, &magic, 4);
	if (which == 2 && mem.len >= 8 && at <= mem.len - 8)
		bytes[at + 4] = EFI_HANDOFF_VERSION;
	mem.bytes = bytes;
	memset(&info, 0, sizeof(info));
	if (which == 0)
		mb2_parse(&info, &mem, &image, phys);
	else if (which == 1)
		pvh_parse(&info, &mem, &image, phys);
	else
		efi_parse(&info, &mem, &image, phys);
	check_info(&info);
	free(bytes);
}

static void
fuzz_efi_map(struct input *in)
{
	uint32_t stride = take(in);
	struct efi_map map = { in->at, left(in), stride };
	uint64_t found =
		efi_map_find(&map, 1u << stride % 28, 0x100000, 0x180000);
	struct boot_range range;

	assert(found % 4096 == 0 && found < 1ull << 32);
	for (uint32_t i = 0; efi_map_entry(&map, i, &range); i++)
		(void)efi_map_is_ram(&map, range.start,
				     range.start + range.len);
}

static void
fuzz_elf(struct input *in)
{
	static const uint8_t head[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	size_t len = left(in);
	uint8_t *file = malloc(len + 1), *to;
	struct elf_image elf;

	assert(file);
	memcpy(file, in->at, len);
	if (len >= 64) {
		memcpy(file, head, sizeof(head));
		file[18] = 62, file[19] = 0;
		file[54] = 56, file[55] = 0;
	}
	if (!elf_check(&elf, file, len)) {
		assert(elf.start < elf.end && elf.end <= 1ull << 32);
		assert(elf.entry >= elf.start && elf.entry < elf.end);
		if (elf.end - elf.start <= 1u << 24) {
			to = malloc(elf.end - elf.start);
			assert(to);
			elf_place(&elf, to);
			free(to);
		}
	}
	free(file);
}

/* ---- sectors and ports -------------------------------------------------- */

struct disk {
	const uint8_t *bytes;
	size_t len;
	uint8_t sector[ISO9660_SECTOR];
	unsigned int reads;
};

/* A volume that repeats itself, so that small inputs have many sectors. */
static bool
read_sector(void *ctx, uint32_t lba)
{
	struct disk *disk = ctx;

	assert(++disk->reads < 1000);
	if (!disk->len || lba % 7 == 6)
		return false;
	for (unsigned int i = 0; i < ISO9660_SECTOR; i++)
		disk->sector[i] = disk->bytes[(lba * 64u + i) % disk->len];
	if (lba == 16)
		memcpy(disk->sector, "\001CD001\001", 7);
	return true;
}

static void
fuzz_iso9660(struct input *in)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	struct iso9660 iso = { read_sector, disk, disk->sector };
	struct iso9660_file file;

	disk->bytes = in->at;
	disk->len = left(in);
	(void)iso9660_find(&iso, "boot/fairlead.conf", &file);
	free(disk);
}

static void
fuzz_bootp(const struct input *in)
{
	char name[BOOTP_NAME_MAX];
	struct bootp_source source;

	if (!bootp_parse(in->at, left(in), &source))
		return;
	assert(source.directory_len < sizeof(source.directory));
	if (bootp_own_name(&source, name))
		assert(bootp_common_name(&source, name));
}

static void
fuzz_options(struct input *in)
{
	char text[40];
	bool is_text;
	size_t len;

	len = options_text(in->at, left(in), text, sizeof(text), &is_text);
	assert(len < sizeof(text) && text[len] == '\0');
	for (size_t i = 0; i < len; i++)
		assert(text[i] >= 0x20 && text[i] <= 0x7e);
	assert(is_text || len == 0);
}

struct fw_cfg {
	struct input in;
	uint32_t reads;
};

static uint32_t
fw_cfg_port_read(void *ctx, uint16_t port, unsigned int len)
{
	struct fw_cfg *device = ctx;

	if (device->reads < 4)
		return (uint8_t) "QEMU"[device->reads++];
	device->reads++;
	assert(device->reads < 1u << 20);
	return take(&device->in);
}

static void
fw_cfg_port_write(void *ctx, uint16_t port, unsigned int len, uint32_t value)
{
}

static void
fuzz_fw_cfg(const struct input *in)
{
	static const struct ioport_ops ops = { fw_cfg_port_read,
					       fw_cfg_port_write };
	struct fw_cfg device = { .in = *in };
	uint8_t bytes[300];
	size_t len = 0;

	ioport_claim(0x510, 2, &ops, &device);
	if (fw_cfg_read(FW_CFG_CONFIG, bytes, sizeof(bytes), &len) == OK)
		assert(len <= sizeof(bytes));
	mmio_release(&device);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	unsigned int which = take(&in) % 8;

	switch (which) {
	case 3: fuzz_efi_map(&in); break;
	case 4: fuzz_elf(&in); break;
	case 5: fuzz_iso9660(&in); break;
	case 6:
		fuzz_options(&in);
		fuzz_bootp(&in);
		break;
	case 7: fuzz_fw_cfg(&in); break;
	default: fuzz_info(which, &in); break;
	}
	return 0;
}
