/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi_map.c and boot/efi_parse.c: UEFI's map and our loader's hand-off. */
#include "tests/unit/boot/recorded.h"

#include "boot/efi_handoff.h"
#include "boot/efi_map.h"
#include "boot/entry.h"
#include "lib/port.h"

#define MEM_AT	   0x10000u
#define MEM_LEN	   0x20000u
#define MAP_AT	   0x11000u
#define CMDLINE_AT 0x12000u
#define CONFIG_AT  0x13000u
#define STRIDE	   48u

struct descriptor {
	uint32_t type;
	uint64_t start, pages;
};

/* The parts of an OVMF guest with 256 MiB that matter [HARDWARE 5.3]. */
static const struct descriptor ovmf[] = {
	{ 3, 0x0, 1 },
	{ 7, 0x1000, 0x9f },
	{ 7, 0x100000, 0x700 },
	{ 10, 0x800000, 8 },
	{ 7, 0x808000, 3 },
	{ 10, 0x80b000, 1 },
	{ 7, 0x80c000, 4 },
	{ 10, 0x810000, 0xf0 },
	{ 4, 0x900000, 0xc00 },
	{ 7, 0x1500000, 0xcb12 },
	{ 1, 0xe012000, 0x20 },
	{ 2, 0xe032000, 0xe85 },
	{ 0, 0xeeb7000, 0xc1 },
	{ 9, 0xf76d000, 0x12 },
	{ 6, 0xf77f000, 0x80 },
	{ 5, 0xf7ff000, 0x80 },
	{ 11, 0xffc00000, 0x400 },
};

static uint32_t
put_map(struct boot_mem *mem, const struct descriptor *map, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint64_t at = MAP_AT + i * STRIDE;

		mem_put32(mem, at, map[i].type);
		mem_put64(mem, at + 8, map[i].start);
		mem_put64(mem, at + 24, map[i].pages);
	}
	return count * STRIDE;
}

static struct efi_map
map_of(struct boot_mem *mem, const struct descriptor *map, uint32_t count)
{
	struct efi_map efi = { mem->bytes + (MAP_AT - MEM_AT),
			       put_map(mem, map, count), STRIDE };

	return efi;
}

static struct efi_handoff
good_handoff(struct boot_mem *mem)
{
	struct efi_handoff handoff = {
		.magic = BOOT_MAGIC_EFI,
		.version = EFI_HANDOFF_VERSION,
		.rsdp = 0xf77e014,
		.map = MAP_AT,
		.map_len = put_map(mem, ovmf, array_len(ovmf)),
		.map_stride = STRIDE,
		.cmdline = CMDLINE_AT,
		.cmdline_len = 8,
		.config = CONFIG_AT,
		.config_len = 5,
	};

	mem_put(mem, CMDLINE_AT, "app=echo", 8);
	mem_put(mem, CONFIG_AT, "# hi\n", 5);
	return handoff;
}

static void
parse(struct boot_info *info, struct boot_mem *mem,
      const struct efi_handoff *handoff)
{
	memset(info, 0, sizeof(*info));
	mem_put(mem, MEM_AT, handoff, sizeof(*handoff));
	efi_parse(info, mem, &test_image, MEM_AT);
	check_info(info);
	assert_string_equal(info->loader, "efi");
}

static void
test_as_the_loader_hands_over(void **state)
{
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct efi_handoff handoff = good_handoff(&mem);
	static struct boot_info info;

	parse(&info, &mem, &handoff);
	assert_int_equal(info.warning_count, 0);
	assert_string_equal(info.cmdline, "app=echo");
	assert_string_equal(info.config, "# hi\n");
	assert_int_equal(info.rsdp, 0xf77e014);
	assert_int_equal(info.low_page, 0x8000);
	assert_int_equal(ram_len(&info), 0x800000 - 0x127000 + 0x3000 + 0x4000 +
						 0xeeb7000 - 0x900000);
	mem_free(&mem);
}

static void
test_types_after_the_boot_services(void **state)
{
	static const enum boot_range_type types[16] = {
		BOOT_RESERVED, BOOT_RAM,      BOOT_RAM,	     BOOT_RAM,
		BOOT_RAM,      BOOT_RESERVED, BOOT_RESERVED, BOOT_RAM,
		BOOT_RESERVED, BOOT_ACPI,     BOOT_NVS,	     BOOT_RESERVED,
		BOOT_RESERVED, BOOT_RESERVED, BOOT_RESERVED, BOOT_RESERVED,
	};
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct boot_range range;
	uint32_t type;

	for (type = 0; type < array_len(types); type++) {
		struct descriptor one = { type, 0x5000, 2 };
		struct efi_map map = map_of(&mem, &one, 1);

		assert_true(efi_map_entry(&map, 0, &range));
		assert_int_equal(range.type, types[type]);
		assert_int_equal(range.start, 0x5000);
		assert_int_equal(range.len, 0x2000);
		assert_false(efi_map_entry(&map, 1, &range));
	}
	mem_free(&mem);
}

static void
test_bad_handoffs(void **state)
{
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct efi_handoff handoff = good_handoff(&mem);
	static struct boot_info info;

	handoff.magic++;
	parse(&info, &mem, &handoff);
	assert_true(has_warning(&info, "nothing handed over"));
	handoff = good_handoff(&mem);
	handoff.version++;
	parse(&info, &mem, &handoff);
	assert_true(has_warning(&info, "nothing handed over"));
	assert_string_equal(info.cmdline, "");

	handoff = good_handoff(&mem);
	handoff.map_len = UINT64_MAX;
	handoff.cmdline_len = UINT64_MAX;
	handoff.config_len = MEM_LEN;
	parse(&info, &mem, &handoff);
	assert_true(has_warning(&info, "absurdly long memory map"));
	assert_true(has_warning(&info, "not in memory"));
	assert_string_equal(info.cmdline, "");

	handoff = good_handoff(&mem);
	handoff.map_stride = 39;
	parse(&info, &mem, &handoff);
	assert_true(has_warning(&info, "none found"));
	mem_free(&mem);
}

static void
test_the_loaders_warnings_are_passed_on(void **state)
{
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct efi_handoff handoff = good_handoff(&mem);
	static struct boot_info info;

	handoff.warnings = EFI_HANDOFF_CONFIG_TOO_BIG;
	parse(&info, &mem, &handoff);
	assert_true(has_warning(&info, "no memory for fairlead.conf"));
	handoff.warnings =
		EFI_HANDOFF_CONFIG_UNREADABLE | EFI_HANDOFF_OPTIONS_NOT_TEXT;
	parse(&info, &mem, &handoff);
	assert_int_equal(info.warning_count, 2);
	assert_true(has_warning(&info, "could not be read"));
	assert_true(has_warning(&info, "load options"));
	mem_free(&mem);
}

static void
test_is_ram_needs_every_byte(void **state)
{
	static const struct {
		uint64_t start, end;
		bool is_ram;
	} cases[] = {
		{ 0x100000, 0x127000, true },
		{ 0x100000, 0x800000, true },
		{ 0x100000, 0x800001, false },
		{ 0xff000, 0x101000, false }, /* 0xa0000 on is nowhere */
		{ 0x1000, 0xa0000, true },
		{ 0x0, 0xa0000, true },	       /* two descriptors */
		{ 0x900000, 0xeeb7000, true }, /* four types of RAM */
		{ 0x900000, 0xeeb7001, false },
		{ 0xf77f000, 0xf780000, false },
		{ 0x100000, 0x100000, true },
		{ 1ull << 40, (1ull << 40) + 1, false },
	};
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct efi_map map = map_of(&mem, ovmf, array_len(ovmf));
	static const struct descriptor endless = { 7, 0x1000, UINT64_MAX };
	unsigned int i;

	for (i = 0; i < array_len(cases); i++)
		assert_int_equal(efi_map_is_ram(&map, cases[i].start,
						cases[i].end),
				 cases[i].is_ram);
	map = map_of(&mem, &endless, 1);
	assert_true(efi_map_is_ram(&map, 0x1000, UINT64_MAX));
	assert_false(efi_map_is_ram(&map, 0xfff, 0x2000));
	mem_free(&mem);
}

static void
test_find_stays_away_from_the_kernel(void **state)
{
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	struct efi_map map = map_of(&mem, ovmf, array_len(ovmf));
	static const struct descriptor low[] = { { 7, 0, 0x200 } };
	static const struct descriptor high[] = { { 7, 0x100000, 0x100 },
						  { 7, 0xfff00000, 0x100000 } };

	/* The end of the largest free range. */
	assert_int_equal(efi_map_find(&map, 0x10000, 0x100000, 0x127000),
			 0xe012000 - 0x10000);
	/* More than is free anywhere. */
	assert_int_equal(efi_map_find(&map, 0xd000000, 0x100000, 0x127000), 0);

	/* [0, 2 MiB): only above 1 MiB, and not where the kernel goes. */
	map = map_of(&mem, low, 1);
	assert_int_equal(efi_map_find(&map, 0x1000, 0x100000, 0x127000),
			 0x1ff000);
	assert_int_equal(efi_map_find(&map, 0xd9000, 0x100000, 0x127000),
			 0x127000);
	assert_int_equal(efi_map_find(&map, 0xda000, 0x100000, 0x127000), 0);
	assert_int_equal(efi_map_find(&map, 0x80000, 0x180000, 0x200000),
			 0x100000);
	assert_int_equal(efi_map_find(&map, 0x81000, 0x180000, 0x200000), 0);
	assert_int_equal(efi_map_find(&map, 0x1000, 0x0, 0x400000), 0);

	/* A range that reaches over 4 GiB is used below. */
	map = map_of(&mem, high, 2);
	assert_int_equal(efi_map_find(&map, 0x1000, 0x100000, 0x127000),
			 0xfffff000);
	mem_free(&mem);
}

static void
test_random_damage_is_survived(void **state)
{
	struct random random = test_random();
	struct boot_mem mem = mem_new(MEM_AT, MEM_LEN);
	static struct boot_info info;
	unsigned int round;

	for (round = 0; round < 5000; round++) {
		struct efi_handoff handoff = good_handoff(&mem);
		unsigned int hits = 1 + random_below(&random, 8);
		uint8_t *bytes = (uint8_t *)&handoff;

		while (hits-- > 0) {
			uint8_t byte = random_u32(&random);

			if (random_below(&random, 2))
				bytes[random_below(&random, sizeof(handoff))] =
					byte;
			else
				mem_put(&mem,
					MAP_AT + random_below(&random, 0x300),
					&byte, 1);
		}
		parse(&info, &mem, &handoff);
	}
	mem_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_the_loader_hands_over),
		cmocka_unit_test(test_types_after_the_boot_services),
		cmocka_unit_test(test_bad_handoffs),
		cmocka_unit_test(test_the_loaders_warnings_are_passed_on),
		cmocka_unit_test(test_is_ram_needs_every_byte),
		cmocka_unit_test(test_find_stays_away_from_the_kernel),
		cmocka_unit_test(test_random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
