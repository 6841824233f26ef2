/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/mb2.c: what GRUB leaves, and what a broken loader might. */
#include "tests/unit/boot/recorded.h"

#include "lib/port.h"

#define INFO_AT	  0x1000u
#define CONFIG_AT 0x8000u
#define MEM_LEN	  0x10000u

/* A block of information that is written tag by tag. */
struct blob {
	struct boot_mem mem;
	uint32_t used;
};

static struct blob
blob_new(void)
{
	struct blob blob = { mem_new(INFO_AT, MEM_LEN), 8 };

	return blob;
}

/* Returns where the tag's content is. */
static uint64_t
blob_tag(struct blob *blob, uint32_t type, const void *content, uint32_t len)
{
	uint64_t at = INFO_AT + blob->used;

	mem_put32(&blob->mem, at, type);
	mem_put32(&blob->mem, at + 4, 8 + len);
	mem_put(&blob->mem, at + 8, content, len);
	blob->used = (blob->used + 8 + len + 7) & ~7u;
	mem_put32(&blob->mem, INFO_AT, blob->used);
	return at + 8;
}

static void
blob_module(struct blob *blob, uint32_t start, uint32_t end, const char *name)
{
	uint8_t content[64];

	memcpy(content, &start, 4);
	memcpy(content + 4, &end, 4);
	memcpy(content + 8, name, strlen(name) + 1);
	blob_tag(blob, 3, content, 8 + strlen(name) + 1);
}

static void
blob_map(struct blob *blob, uint32_t stride)
{
	struct {
		uint32_t stride, version;
		uint64_t start, len;
		uint32_t type, zero;
	} map = { stride, 0, 0, 0x800000, 1, 0 };

	blob_tag(blob, 6, &map, sizeof(map));
}

static void
parse_at(struct boot_info *info, const struct boot_mem *mem, uint64_t phys)
{
	memset(info, 0, sizeof(*info));
	mb2_parse(info, mem, &test_image, phys);
	check_info(info);
	assert_string_equal(info->loader, "multiboot2");
}

/* Ends the blob, parses it and forgets it. */
static void
parse(struct boot_info *info, struct blob *blob)
{
	blob_tag(blob, 0, "", 0);
	parse_at(info, &blob->mem, INFO_AT);
	mem_free(&blob->mem);
}

static struct boot_mem
recorded(void)
{
	struct boot_mem mem = mem_new(0x100000, 0x30000);

	mem_put_hex(&mem, RECORDED_MB2_AT, recorded_mb2);
	mem_put(&mem, 0x127000, "# a module\n", 11);
	return mem;
}

static void
test_as_grub_leaves_it(void **state)
{
	struct boot_mem mem = recorded();
	static struct boot_info info;

	parse_at(&info, &mem, RECORDED_MB2_AT);
	assert_int_equal(info.warning_count, 0);
	assert_string_equal(info.cmdline, "");
	assert_int_equal(info.config_len, 446);
	assert_memory_equal(info.config, "# a module\n", 11);
	assert_int_equal(ram_len(&info), 0x7fe0000 - 0x127000);
	assert_int_equal(info.low_page, 0x8000);
	assert_int_equal(info.rsdp, (uintptr_t)info.rsdp_copy);
	assert_memory_equal(info.rsdp_copy, "RSD PTR ", 8);
	mem_free(&mem);
}

static void
test_command_line_and_new_rsdp(void **state)
{
	struct blob blob = blob_new();
	static struct boot_info info;
	uint8_t rsdp[36] = "RSD PTR new";

	blob_tag(&blob, 14, "RSD PTR old.........", 20);
	blob_tag(&blob, 1, "app=echo", 9);
	blob_tag(&blob, 1, "a second one is ignored", 24);
	blob_map(&blob, 24);
	blob_tag(&blob, 15, rsdp, sizeof(rsdp));
	parse(&info, &blob);
	assert_int_equal(info.warning_count, 0);
	assert_string_equal(info.cmdline, "app=echo");
	assert_memory_equal(info.rsdp_copy, rsdp, sizeof(rsdp));
	assert_int_equal(ram_len(&info), 0x800000 - 0x127000);
}

static void
test_command_line_without_a_terminator(void **state)
{
	struct blob blob = blob_new();
	static struct boot_info info;

	blob_tag(&blob, 1, "abcdefgh", 8);
	parse(&info, &blob);
	assert_string_equal(info.cmdline, "abcdefgh");
}

static void
test_short_rsdp_is_no_rsdp(void **state)
{
	struct blob blob = blob_new();
	static const uint8_t rsdp[36] = "RSD PTR ";
	static struct boot_info info;

	blob_tag(&blob, 15, rsdp, 35);
	blob_tag(&blob, 14, rsdp, 19);
	parse(&info, &blob);
	assert_int_equal(info.rsdp, 0);
}

static void
test_the_module_called_config_is_taken(void **state)
{
	static struct boot_info info;
	struct blob blob = blob_new();

	mem_put(&blob.mem, CONFIG_AT, "oneTWO", 6);
	blob_module(&blob, CONFIG_AT, CONFIG_AT + 3, "configuration");
	blob_module(&blob, CONFIG_AT + 3, CONFIG_AT + 6, "config");
	blob_module(&blob, CONFIG_AT, CONFIG_AT + 1, "other");
	parse(&info, &blob);
	assert_string_equal(info.config, "TWO");

	blob = blob_new();
	mem_put(&blob.mem, CONFIG_AT, "oneTWO", 6);
	blob_module(&blob, CONFIG_AT, CONFIG_AT + 3, "first");
	blob_module(&blob, CONFIG_AT + 3, CONFIG_AT + 6, "second");
	parse(&info, &blob);
	assert_string_equal(info.config, "one");
}

static void
test_bad_modules_are_ignored(void **state)
{
	static const struct {
		uint32_t start, end;
		const char *warning;
	} cases[] = {
		{ CONFIG_AT + 1, CONFIG_AT, "ends before it starts" },
		{ 0, 100, "not in memory" },
		{ INFO_AT + MEM_LEN - 1, INFO_AT + MEM_LEN + 1,
		  "not in memory" },
		{ 0x100000, 0xffffffff, "not in memory" },
	};
	static struct boot_info info;
	unsigned int i;

	for (i = 0; i < array_len(cases); i++) {
		struct blob blob = blob_new();

		blob_module(&blob, cases[i].start, cases[i].end, "config");
		parse(&info, &blob);
		assert_null(info.config);
		assert_true(has_warning(&info, cases[i].warning));
	}
}

static void
test_an_empty_module_is_an_empty_configuration(void **state)
{
	struct blob blob = blob_new();
	static struct boot_info info;

	blob_module(&blob, CONFIG_AT, CONFIG_AT, "config");
	parse(&info, &blob);
	assert_non_null(info.config);
	assert_int_equal(info.config_len, 0);
}

static void
test_map_with_wrong_strides(void **state)
{
	static const uint32_t strides[] = { 0, 1, 19, 25, UINT32_MAX };
	static struct boot_info info;
	unsigned int i;

	for (i = 0; i < array_len(strides); i++) {
		struct blob blob = blob_new();

		blob_map(&blob, strides[i]);
		parse(&info, &blob);
		assert_true(has_warning(&info, "none found"));
	}
}

static void
test_basic_memory_serves_without_a_map(void **state)
{
	static const uint32_t lower_upper[] = { 640, 0x7c00 };
	struct blob blob = blob_new();
	static struct boot_info info;

	blob_tag(&blob, 4, lower_upper, sizeof(lower_upper));
	parse(&info, &blob);
	assert_true(has_warning(&info, "only its size"));
	assert_int_equal(ram_len(&info), 0x2000000 - 0x127000);
}

static void
test_efi_map_serves_without_a_map(void **state)
{
	uint8_t efi[8 + 48] = { 48, 0, 0, 0, 1 };
	struct blob blob = blob_new();
	static struct boot_info info;

	efi[8] = 7;	    /* conventional */
	efi[8 + 10] = 0x20; /* at 0x200000 */
	efi[8 + 24] = 3;    /* pages */
	blob_tag(&blob, 17, efi, sizeof(efi));
	parse(&info, &blob);
	assert_int_equal(info.warning_count, 0);
	assert_int_equal(ram_len(&info), 0x3000);
}

static void
test_broken_tag_chains(void **state)
{
	static const uint32_t sizes[] = { 0, 7, 0x9000, UINT32_MAX };
	static struct boot_info info;
	unsigned int i;

	for (i = 0; i < array_len(sizes); i++) {
		struct blob blob = blob_new();
		uint64_t at;

		blob_tag(&blob, 1, "kept", 5);
		at = blob_tag(&blob, 21, "xxxx", 4);
		mem_put32(&blob.mem, at - 4, sizes[i]);
		parse(&info, &blob);
		assert_true(has_warning(&info, "a tag with a wrong size"));
		assert_string_equal(info.cmdline, "kept");
	}
}

static void
test_no_end_tag_and_no_information(void **state)
{
	struct blob blob = blob_new();
	static struct boot_info info;

	blob_tag(&blob, 1, "kept", 5);
	parse_at(&info, &blob.mem, INFO_AT);
	assert_true(has_warning(&info, "no end tag"));
	assert_string_equal(info.cmdline, "kept");

	parse_at(&info, &blob.mem, 0);
	assert_true(has_warning(&info, "no information"));
	mem_put32(&blob.mem, INFO_AT, UINT32_MAX);
	parse_at(&info, &blob.mem, INFO_AT);
	assert_true(has_warning(&info, "absurdly long"));
	mem_put32(&blob.mem, INFO_AT, 0);
	parse_at(&info, &blob.mem, INFO_AT);
	assert_true(has_warning(&info, "no end tag"));
	mem_free(&blob.mem);
}

static void
test_random_damage_is_survived(void **state)
{
	struct random random = test_random();
	struct boot_mem mem = recorded();
	static struct boot_info info;
	unsigned int round;

	for (round = 0; round < 5000; round++) {
		unsigned int hits = 1 + random_below(&random, 8);

		/* Damage adds up for a while. */
		if (round % 16 == 0)
			mem_put_hex(&mem, RECORDED_MB2_AT, recorded_mb2);
		while (hits-- > 0) {
			uint8_t byte = random_u32(&random);

			mem_put(&mem,
				RECORDED_MB2_AT + random_below(&random, 928),
				&byte, 1);
		}
		parse_at(&info, &mem, RECORDED_MB2_AT);
	}
	mem_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_grub_leaves_it),
		cmocka_unit_test(test_command_line_and_new_rsdp),
		cmocka_unit_test(test_command_line_without_a_terminator),
		cmocka_unit_test(test_short_rsdp_is_no_rsdp),
		cmocka_unit_test(test_the_module_called_config_is_taken),
		cmocka_unit_test(test_bad_modules_are_ignored),
		cmocka_unit_test(
			test_an_empty_module_is_an_empty_configuration),
		cmocka_unit_test(test_map_with_wrong_strides),
		cmocka_unit_test(test_basic_memory_serves_without_a_map),
		cmocka_unit_test(test_efi_map_serves_without_a_map),
		cmocka_unit_test(test_broken_tag_chains),
		cmocka_unit_test(test_no_end_tag_and_no_information),
		cmocka_unit_test(test_random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
