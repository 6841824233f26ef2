/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What loaders really leave in memory, in hexadecimal, and the tools to read it
 * through a window that ends where the bytes end.
 */
#pragma once

#include "boot/loader.h"
#include "tests/host/test.h"

/* clang-format off */
/* QEMU 7.2, pc, 8 MiB: the memory map of PVH, from 0x5a8 on. */
static const char recorded_pvh_map[] =
	"000000000000000000fc090000000000010000000000000000fc090000000000"
	"0004000000000000020000000000000000000f00000000000000010000000000"
	"0200000000000000000010000000000000006e00000000000100000000000000"
	"00007e0000000000000002000000000002000000000000000000fcff00000000"
	"0000040000000000020000000000000000000000fd0000000000000003000000"
	"0200000000000000000000000000000000000000000000000000000000000000"
	"000000000000000000000000000000000000000000000000";

/* GRUB 2.06 on SeaBIOS, pc, 128 MiB: the information at 0x1037f0, with our
 * module called "config" at 0x127000. */
static const char recorded_mb2[] =
	"a003000000000000150000000c000000000010008d65f45b0100000009000000"
	"0089c68b1d247a01020000001d0000004752554220322e30362d31332b646562"
	"3132753200682bf20a0000001c000000020100f098d1000000f000f00300f0ff"
	"f0fff0ff0089f0ff030000001700000000701200be711200636f6e6669670083"
	"06000000b80000001800000000000000000000000000000000fc090000000000"
	"010000000000000000fc09000000000000040000000000000200000000000000"
	"00000f0000000000000001000000000002000000000000000000100000000000"
	"0000ee070000000001000000000000000000fe07000000000000020000000000"
	"02000000000000000000fcff0000000000000400000000000200000000000000"
	"00000000fd000000000000000300000002000000000000000900000014020000"
	"0800000040000000070000000000000000000000000000000000000000000000"
	"0000000000000000000000000000000000000000000000000000000000000000"
	"0000000000000000000000000b00000001000000020000000000000000001000"
	"0000000000100000000000001800000000000000000000000000000008000000"
	"0000000000000000000000001400000007000000020000000000000018001000"
	"0000000018100000000000001400000000000000000000000000000004000000"
	"0000000000000000000000001e00000001000000060000000000000030001000"
	"000000003010000000000000552f000000000000000000000000000010000000"
	"0000000000000000000000002400000001000000020000000000000000301000"
	"000000000040000000000000ee07000000000000000000000000000020000000"
	"0000000000000000000000002c00000001000000030000000000000000401000"
	"0000000000500000000000001000000000000000000000000000000008000000"
	"0000000000000000000000003200000008000000030000000000000000501000"
	"0000000010500000000000000020020000000000000000000000000000100000"
	"00000000000000000000000001000000030000000000000000000000852f1000"
	"0000000010500000000000003700000000000000000000000000000001000000"
	"0000000000000000000000005004741e04000000100000007f02000080fb0100"
	"0500000014000000e0000000ffffffffffffffffd2b872ed0e0000001c000000"
	"5253442050545220b6424f43485320007d1afe0785c075050000000008000000";
/* clang-format on */
#define RECORDED_PVH_MAP_AT 0x5a8u
#define RECORDED_MB2_AT	    0x1037f0u

/* Where the kernel pretends to be in these tests. */
static const struct boot_image test_image = { 0x100000, 0x127000 };

/* Bytes at a physical address; to be freed by mem_free(). */
static inline struct boot_mem
mem_new(uint64_t start, uint64_t len)
{
	struct boot_mem mem = { start, len, calloc(1, len) };

	assert_non_null(mem.bytes);
	return mem;
}

static inline void
mem_free(struct boot_mem *mem)
{
	free((void *)mem->bytes);
}

static inline void
mem_put(struct boot_mem *mem, uint64_t phys, const void *bytes, uint64_t len)
{
	assert_true(phys >= mem->start);
	assert_true(phys - mem->start + len <= mem->len);
	memcpy((uint8_t *)mem->bytes + (phys - mem->start), bytes, len);
}

static inline void
mem_put32(struct boot_mem *mem, uint64_t phys, uint32_t v)
{
	mem_put(mem, phys, &v, sizeof(v));
}

static inline void
mem_put64(struct boot_mem *mem, uint64_t phys, uint64_t v)
{
	mem_put(mem, phys, &v, sizeof(v));
}

/* Returns how many bytes there were. */
static inline uint64_t
mem_put_hex(struct boot_mem *mem, uint64_t phys, const char *hex)
{
	uint64_t n;

	for (n = 0; hex[2 * n] != '\0'; n++) {
		char digits[3] = { hex[2 * n], hex[2 * n + 1], '\0' };
		uint8_t byte = strtoul(digits, NULL, 16);

		mem_put(mem, phys + n, &byte, 1);
	}
	return n;
}

static inline bool
has_warning(const struct boot_info *info, const char *part)
{
	unsigned int i;

	for (i = 0; i < info->warning_count; i++) {
		if (strstr(info->warning[i], part))
			return true;
	}
	return false;
}

/* What holds for every struct boot_info, however bad the loader was. */
static inline void
check_info(const struct boot_info *info)
{
	uint64_t last_end = 0;
	unsigned int i;

	assert_true(info->range_count <= BOOT_RANGES_MAX);
	for (i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->range[i];
		uint64_t end = r->start + r->len;

		assert_true(r->len > 0 && end > r->start);
		assert_true(r->start >= last_end);
		assert_in_range(r->type, BOOT_RAM, BOOT_CONFIG);
		last_end = end;
		if (i > 0 && r[-1].start + r[-1].len == r->start &&
		    r->type != BOOT_RAM)
			assert_true(r[-1].type != r->type);
		if (r->type != BOOT_RAM)
			continue;
		assert_int_equal(r->start % 4096, 0);
		assert_int_equal(r->len % 4096, 0);
		assert_true(r->start >= 0x100000);
		assert_true(end <= test_image.start ||
			    r->start >= test_image.end);
	}
	assert_non_null(memchr(info->cmdline, '\0', sizeof(info->cmdline)));
	assert_true(info->warning_count <= BOOT_WARNINGS_MAX);
	assert_true(info->low_page % 4096 == 0 && info->low_page < 0xa0000);
	if (info->config)
		assert_int_equal(info->config == info->config_copy,
				 info->config_len <= BOOT_CONFIG_COPIED);
}

static inline uint64_t
ram_len(const struct boot_info *info)
{
	uint64_t len = 0;
	unsigned int i;

	for (i = 0; i < info->range_count; i++) {
		if (info->range[i].type == BOOT_RAM)
			len += info->range[i].len;
	}
	return len;
}
