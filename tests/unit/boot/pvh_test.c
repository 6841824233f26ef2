/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/pvh.c: what QEMU leaves, and what a broken loader might. */
#include "tests/unit/boot/recorded.h"

#include "boot/entry.h"
#include "lib/port.h"

#define START_AT   0x2000u
#define MODULES_AT 0x2100u
#define CONFIG_AT  0x2200u
#define CMDLINE_AT 0x3000u
#define MEM_LEN	   0x4000u

static const char config[] = "ip addr add 192.0.2.1/24 dev eth0\n";

/* As `qemu -kernel -initrd -append` does it, with QEMU's own memory map. */
static struct boot_mem
qemu_mem(void)
{
	struct boot_mem mem = mem_new(16, MEM_LEN);

	mem_put32(&mem, START_AT, BOOT_MAGIC_PVH);
	mem_put32(&mem, START_AT + 4, 1);
	mem_put32(&mem, START_AT + 12, 1);
	mem_put64(&mem, START_AT + 16, MODULES_AT);
	mem_put64(&mem, START_AT + 24, CMDLINE_AT);
	mem_put64(&mem, START_AT + 32, 0xf59d0);
	mem_put64(&mem, START_AT + 40, RECORDED_PVH_MAP_AT);
	mem_put32(&mem, START_AT + 48,
		  mem_put_hex(&mem, RECORDED_PVH_MAP_AT, recorded_pvh_map) /
			  24);
	mem_put64(&mem, MODULES_AT, CONFIG_AT);
	mem_put64(&mem, MODULES_AT + 8, strlen(config));
	mem_put(&mem, CONFIG_AT, config, strlen(config));
	mem_put(&mem, CMDLINE_AT, "app=echo hostname=r1", 21);
	return mem;
}

static void
parse(struct boot_info *info, const struct boot_mem *mem)
{
	memset(info, 0, sizeof(*info));
	pvh_parse(info, mem, &test_image, START_AT);
	check_info(info);
	assert_string_equal(info->loader, "pvh");
}

static void
test_as_qemu_leaves_it(void **state)
{
	struct boot_mem mem = qemu_mem();
	static struct boot_info info;

	parse(&info, &mem);
	assert_int_equal(info.warning_count, 0);
	assert_string_equal(info.cmdline, "app=echo hostname=r1");
	assert_int_equal(info.rsdp, 0xf59d0);
	assert_int_equal(info.config_len, strlen(config));
	assert_string_equal(info.config, config);
	assert_int_equal(ram_len(&info), 0x7e0000 - 0x127000);
	assert_int_equal(info.low_page, 0x8000);
	/* The hole of AMD's HyperTransport [HARDWARE 3.6]. */
	assert_int_equal(info.range[info.range_count - 1].start, 0xfd00000000);
	mem_free(&mem);
}

static void
test_nothing_but_a_map(void **state)
{
	struct boot_mem mem = qemu_mem();
	static struct boot_info info;

	mem_put32(&mem, START_AT + 12, 0);
	mem_put64(&mem, START_AT + 24, 0);
	parse(&info, &mem);
	assert_int_equal(info.warning_count, 0);
	assert_string_equal(info.cmdline, "");
	assert_null(info.config);
	mem_free(&mem);
}

static void
test_no_start_information(void **state)
{
	struct boot_mem mem = qemu_mem();
	static struct boot_info info;

	mem_put32(&mem, START_AT, 0x2badb002);
	parse(&info, &mem);
	assert_true(has_warning(&info, "no start information"));
	assert_true(has_warning(&info, "none found"));
	memset(&info, 0, sizeof(info));
	pvh_parse(&info, &mem, &test_image, 0);
	assert_true(has_warning(&info, "no start information"));
	pvh_parse(&info, &mem, &test_image, UINT32_MAX);
	check_info(&info);
	mem_free(&mem);
}

static void
test_version_0_has_no_map(void **state)
{
	struct boot_mem mem = qemu_mem();
	static struct boot_info info;

	mem_put32(&mem, START_AT + 4, 0);
	parse(&info, &mem);
	assert_true(has_warning(&info, "none found"));
	assert_string_equal(info.cmdline, "app=echo hostname=r1");
	mem_free(&mem);
}

static void
test_pointers_into_nowhere(void **state)
{
	static const struct {
		uint32_t field;
		const char *warning;
	} cases[] = {
		{ 16, "module list not in memory" },
		{ 24, "command line not in memory" },
		{ 40, "none found" },
	};
	static const uint64_t nowhere[] = { 1, MEM_LEN + 15, MEM_LEN + 16,
					    UINT64_MAX, UINT64_MAX - 23 };
	static struct boot_info info;
	unsigned int i, k;

	for (i = 0; i < array_len(cases); i++) {
		for (k = 0; k < array_len(nowhere); k++) {
			struct boot_mem mem = qemu_mem();

			mem_put64(&mem, START_AT + cases[i].field, nowhere[k]);
			parse(&info, &mem);
			/* The last byte of memory is a command line, though. */
			if (cases[i].field != 24 || nowhere[k] != MEM_LEN + 15)
				assert_true(
					has_warning(&info, cases[i].warning));
			mem_free(&mem);
		}
	}
}

static void
test_absurd_sizes(void **state)
{
	struct boot_mem mem = qemu_mem();
	static struct boot_info info;

	mem_put32(&mem, START_AT + 48, UINT32_MAX);
	parse(&info, &mem);
	assert_true(has_warning(&info, "absurdly long memory map"));
	mem_put64(&mem, MODULES_AT + 8, MEM_LEN);
	parse(&info, &mem);
	assert_true(has_warning(&info, "not in memory we can read"));
	mem_free(&mem);
}

/* A table of routes, say: its pages are nobody else's until it is read. */
static void
test_large_configuration_stays_where_it_is(void **state)
{
	const uint64_t at = 0x200100, len = 0x18000;
	struct boot_mem mem = mem_new(16, 0x400000);
	struct boot_mem qemu = qemu_mem();
	static struct boot_info info;
	unsigned int kept = 0;

	memcpy((void *)mem.bytes, qemu.bytes, MEM_LEN);
	mem_put64(&mem, MODULES_AT, at);
	mem_put64(&mem, MODULES_AT + 8, len);
	parse(&info, &mem);
	assert_int_equal(info.warning_count, 0);
	assert_ptr_equal(info.config, mem.bytes + at - 16);
	assert_int_equal(info.config_len, len);
	assert_int_equal(ram_len(&info), 0x7e0000 - 0x127000 - 0x19000);
	for (unsigned int i = 0; i < info.range_count; i++) {
		if (info.range[i].type != BOOT_CONFIG)
			continue;
		assert_int_equal(info.range[i].start, 0x200000);
		assert_int_equal(info.range[i].len, 0x19000);
		kept++;
	}
	assert_int_equal(kept, 1);
	mem_free(&qemu);
	mem_free(&mem);
}

static void
test_large_configuration_in_the_way(void **state)
{
	static const uint64_t places[] = { 0x9000, 0x9f000, 0x126fff };
	struct boot_mem mem = mem_new(16, 0x400000);
	struct boot_mem qemu = qemu_mem();
	static struct boot_info info;

	memcpy((void *)mem.bytes, qemu.bytes, MEM_LEN);
	for (unsigned int i = 0; i < array_len(places); i++) {
		mem_put64(&mem, MODULES_AT, places[i]);
		mem_put64(&mem, MODULES_AT + 8, BOOT_CONFIG_COPIED + 1);
		parse(&info, &mem);
		assert_null(info.config);
		assert_true(has_warning(&info, "not in free memory"));
		/* A smaller one is copied from anywhere. */
		mem_put64(&mem, MODULES_AT + 8, BOOT_CONFIG_COPIED);
		parse(&info, &mem);
		assert_ptr_equal(info.config, info.config_copy);
	}
	mem_free(&qemu);
	mem_free(&mem);
}

static void
test_command_line_is_cut(void **state)
{
	struct boot_mem mem = mem_new(16, 0x8000);
	static char text[BOOT_CMDLINE_MAX + 1];
	static struct boot_info info;

	memset(text, 'x', sizeof(text) - 1);
	mem_put32(&mem, START_AT, BOOT_MAGIC_PVH);
	mem_put64(&mem, START_AT + 24, 0x3000);
	/* One byte less than there is room for, terminator included ... */
	mem_put(&mem, 0x3000, text, BOOT_CMDLINE_MAX - 1);
	parse(&info, &mem);
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_MAX - 1);
	assert_false(has_warning(&info, "too long"));
	/* ... and one more. */
	mem_put(&mem, 0x3000, text, BOOT_CMDLINE_MAX);
	parse(&info, &mem);
	assert_int_equal(strlen(info.cmdline), BOOT_CMDLINE_MAX - 1);
	assert_true(has_warning(&info, "too long"));
	mem_free(&mem);
}

static void
test_random_damage_is_survived(void **state)
{
	struct random random = test_random();
	static struct boot_info info;
	unsigned int round;

	for (round = 0; round < 5000; round++) {
		struct boot_mem mem = qemu_mem();
		unsigned int hits = 1 + random_below(&random, 8);

		while (hits-- > 0) {
			uint8_t byte = random_u32(&random);
			uint32_t at = random_below(&random, 2)
					      ? START_AT
					      : RECORDED_PVH_MAP_AT;

			mem_put(&mem, at + random_below(&random, 0x110), &byte,
				1);
		}
		parse(&info, &mem);
		mem_free(&mem);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_qemu_leaves_it),
		cmocka_unit_test(test_nothing_but_a_map),
		cmocka_unit_test(test_no_start_information),
		cmocka_unit_test(test_version_0_has_no_map),
		cmocka_unit_test(test_pointers_into_nowhere),
		cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_large_configuration_stays_where_it_is),
		cmocka_unit_test(test_large_configuration_in_the_way),
		cmocka_unit_test(test_command_line_is_cut),
		cmocka_unit_test(test_random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
