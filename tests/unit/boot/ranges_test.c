/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/ranges.c: hostile memory maps, and random ones against a naive model. */
#include "tests/unit/boot/recorded.h"

#include "lib/port.h"

struct map {
	const struct boot_range *range;
	uint32_t count;
};

static bool
map_entry(const void *map, uint32_t i, struct boot_range *range)
{
	const struct map *m = map;

	if (i >= m->count)
		return false;
	*range = m->range[i];
	return true;
}

static void
fill(struct boot_info *info, const struct boot_range *range, uint32_t count)
{
	const struct map map = { range, count };

	memset(info, 0, sizeof(*info));
	ranges_fill(info, map_entry, &map, test_image.start, test_image.end);
	check_info(info);
}

static void
assert_range(const struct boot_info *info, unsigned int i, uint64_t start,
	     uint64_t end, enum boot_range_type type)
{
	assert_true(i < info->range_count);
	assert_int_equal(info->range[i].start, start);
	assert_int_equal(info->range[i].start + info->range[i].len, end);
	assert_int_equal(info->range[i].type, type);
}

static void
test_image_and_low_megabyte_are_taken_out(void **state)
{
	static const struct boot_range map[] = {
		{ 0x100000, 0x7f00000, BOOT_RAM },
		{ 0, 0x9fc00, BOOT_RAM },
	};
	static struct boot_info info;

	fill(&info, map, array_len(map));
	assert_int_equal(info.range_count, 2);
	assert_range(&info, 0, 0, 0x127000, BOOT_RESERVED);
	assert_range(&info, 1, 0x127000, 0x8000000, BOOT_RAM);
	assert_int_equal(info.low_page, 0x8000);
	assert_int_equal(info.warning_count, 0);
}

static void
test_image_in_the_middle_splits_the_ram(void **state)
{
	static const struct boot_range map[] = {
		{ 0, 0x8000000, BOOT_RAM },
	};
	const struct map m = { map, 1 };
	static struct boot_info info;

	ranges_fill(&info, map_entry, &m, 0x1000000, 0x1200000);
	assert_int_equal(info.range_count, 4);
	assert_range(&info, 0, 0, 0x100000, BOOT_RESERVED);
	assert_range(&info, 1, 0x100000, 0x1000000, BOOT_RAM);
	assert_range(&info, 2, 0x1000000, 0x1200000, BOOT_RESERVED);
	assert_range(&info, 3, 0x1200000, 0x8000000, BOOT_RAM);
}

static void
test_reserved_wins_in_any_order(void **state)
{
	static const struct boot_range map[] = {
		{ 0x400000, 0x1000, BOOT_RESERVED },
		{ 0x200000, 0x600000, BOOT_RAM },
		{ 0x500000, 0x2000, BOOT_NVS },
		{ 0x500000, 0x4000, BOOT_ACPI },
		{ 0x501000, 0x1000, BOOT_RESERVED },
		{ 0x300000, 0x600000, BOOT_RAM },
	};
	static struct boot_info info;

	fill(&info, map, array_len(map));
	assert_int_equal(info.range_count, 8);
	assert_range(&info, 1, 0x200000, 0x400000, BOOT_RAM);
	assert_range(&info, 2, 0x400000, 0x401000, BOOT_RESERVED);
	assert_range(&info, 3, 0x401000, 0x500000, BOOT_RAM);
	assert_range(&info, 4, 0x500000, 0x501000, BOOT_NVS);
	assert_range(&info, 5, 0x501000, 0x502000, BOOT_RESERVED);
	assert_range(&info, 6, 0x502000, 0x504000, BOOT_ACPI);
	assert_range(&info, 7, 0x504000, 0x900000, BOOT_RAM);
}

static void
test_ram_is_merged_before_it_is_rounded_inwards(void **state)
{
	static const struct boot_range map[] = {
		{ 0x200800, 0x800, BOOT_RAM },
		{ 0x201000, 0x7ff, BOOT_RAM },
		{ 0x2017ff, 0x1801, BOOT_RAM },
		{ 0x300001, 0xffe, BOOT_RAM },
	};
	static struct boot_info info;

	fill(&info, map, array_len(map));
	assert_int_equal(info.range_count, 2);
	assert_range(&info, 1, 0x201000, 0x203000, BOOT_RAM);
}

static void
test_entries_beyond_the_address_space(void **state)
{
	static const struct boot_range map[] = {
		{ 0x200000, 0x100000, BOOT_RAM },
		{ UINT64_MAX - 0xfff, 0x1000, BOOT_RAM },
		{ 1ull << 52, 0x1000, BOOT_RAM },
		{ 1ull << 51, UINT64_MAX, BOOT_RESERVED },
		{ 0x280000, 0, BOOT_RESERVED },
	};
	static struct boot_info info;

	fill(&info, map, array_len(map));
	assert_int_equal(info.range_count, 3);
	assert_range(&info, 1, 0x200000, 0x300000, BOOT_RAM);
	assert_range(&info, 2, 1ull << 51, 1ull << 52, BOOT_RESERVED);
	assert_true(has_warning(&info, "beyond the address space"));
}

static void
test_no_ram_is_said(void **state)
{
	static const struct boot_range reserved = { 0x200000, 0x1000,
						    BOOT_RESERVED };
	static const struct boot_range in_image = { 0x100000, 0x20000,
						    BOOT_RAM };
	static struct boot_info info;

	fill(&info, NULL, 0);
	assert_true(has_warning(&info, "none found"));
	fill(&info, &reserved, 1);
	assert_true(has_warning(&info, "none found"));
	fill(&info, &in_image, 1);
	assert_true(has_warning(&info, "none found"));
	assert_int_equal(info.low_page, 0);
}

static void
test_low_page_is_ram_that_nobody_reserves(void **state)
{
	static const struct {
		struct boot_range range[3];
		uint32_t page;
	} cases[] = {
		{ { { 0, 0xa0000, BOOT_RAM } }, 0x8000 },
		{ { { 0, 0xa0000, BOOT_RAM },
		    { 0x8000, 0x1001, BOOT_RESERVED } },
		  0xa000 },
		{ { { 0, 0x8000, BOOT_RAM } }, 0x1000 },
		{ { { 0, 0x1fff, BOOT_RAM } }, 0 },
		{ { { 0x9f000, 0x61000, BOOT_RAM } }, 0 },
		{ { { 0, 0xa0000, BOOT_RAM }, { 0, 0xa0000, BOOT_NVS } }, 0 },
	};
	static struct boot_info info;
	unsigned int i;

	for (i = 0; i < array_len(cases); i++) {
		fill(&info, cases[i].range, array_len(cases[i].range));
		assert_int_equal(info.low_page, cases[i].page);
	}
}

/* 1000 islands of RAM: the largest survive, and none is made up. */
static void
test_too_many_ranges_lose_only_the_smallest(void **state)
{
	static struct boot_range map[1001];
	static struct boot_info info;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		map[i].start = 0x1000000 + i * 0x100000ull;
		map[i].len = 0x1000 * (1 + (i * 7) % 200);
		map[i].type = BOOT_RAM;
	}
	map[1000] = (struct boot_range){ 0x800000, 0x400000, BOOT_RAM };
	fill(&info, map, array_len(map));
	assert_true(has_warning(&info, "too many ranges"));
	assert_true(info.range_count > BOOT_RANGES_MAX / 2);
	for (i = 0; i < info.range_count; i++) {
		const struct boot_range *r = &info.range[i];
		uint64_t n = (r->start - 0x1000000) / 0x100000;

		if (r->type != BOOT_RAM || r->start == 0x800000)
			continue;
		assert_int_equal(r->start, map[n].start);
		assert_int_equal(r->len, map[n].len);
		assert_true(r->len >= 0x1000 * 160);
	}
	/* Not even what is reserved is listed any more; it is just not RAM. */
	assert_range(&info, 0, 0x800000, 0xc00000, BOOT_RAM);
}

/* What is kept for the configuration is nobody's RAM, even if it cannot be
 * listed; then it is not the configuration either. */
static void
test_what_is_kept_is_not_ram(void **state)
{
	static const unsigned int counts[] = { 1, 60, 1000 };
	static struct boot_range map[1000];
	static struct boot_info info;

	for (unsigned int c = 0; c < array_len(counts); c++) {
		const uint64_t start = 0x1003000, end = 0x1005000;
		unsigned int listed = 0;
		bool kept;

		for (unsigned int i = 0; i < counts[c]; i++)
			map[i] = (struct boot_range){
				0x1000000 + i * 0x200000ull, 0x100000, BOOT_RAM
			};
		fill(&info, map, counts[c]);
		kept = ranges_keep(&info, start + 1, end - 1);
		for (unsigned int i = 0; i < info.range_count; i++) {
			const struct boot_range *r = &info.range[i];

			assert_true(r->type != BOOT_RAM || r->start >= end ||
				    r->start + r->len <= start);
			listed += r->type == BOOT_CONFIG;
		}
		assert_int_equal(listed, kept);
		assert_int_equal(kept, counts[c] < BOOT_RANGES_MAX);
		/* Nor from what is reserved, or from beyond the RAM. */
		assert_false(ranges_keep(&info, start, end));
		assert_false(ranges_keep(&info, 0x10ff000, 0x1101000));
	}
}

/* 1000 holes in one RAM: what is left is free of every one of them. */
static void
test_too_many_holes_stay_holes(void **state)
{
	static struct boot_range map[1001];
	static struct boot_info info;
	unsigned int i, k;

	for (i = 0; i < 1000; i++) {
		map[i].start = 0x1000800 + i * 0x100000ull;
		map[i].len = 0x10;
		map[i].type = BOOT_RESERVED + i % 3;
	}
	map[1000] = (struct boot_range){ 0, 1ull << 32, BOOT_RAM };
	fill(&info, map, array_len(map));
	assert_true(has_warning(&info, "too many ranges"));
	assert_true(ram_len(&info) > 0x20000000);
	for (i = 0; i < info.range_count; i++) {
		const struct boot_range *r = &info.range[i];

		for (k = 0; k < 1000 && r->type == BOOT_RAM; k++)
			assert_true(map[k].start + map[k].len <= r->start ||
				    map[k].start >= r->start + r->len);
	}
}

#define MODEL_KIB 4096

/* One byte a KiB: the strongest type painted there, 0 for none. */
static void
model_paint(uint8_t *kib, const struct boot_range *range)
{
	static const uint8_t strength[] = {
		[BOOT_RAM] = 1,
		[BOOT_ACPI] = 2,
		[BOOT_NVS] = 3,
		[BOOT_RESERVED] = 4,
	};
	uint64_t i;

	for (i = range->start >> 10; i < (range->start + range->len) >> 10; i++)
		if (strength[range->type] > kib[i])
			kib[i] = strength[range->type];
}

static void
model_check(const uint8_t *kib, const struct boot_info *info)
{
	static const enum boot_range_type type[] = { 0, BOOT_RAM, BOOT_ACPI,
						     BOOT_NVS, BOOT_RESERVED };
	unsigned int i, r = 0;

	for (i = 0; i < MODEL_KIB; i++) {
		uint64_t at = (uint64_t)i << 10;
		const uint8_t *page = kib + (i & ~3u);
		enum boot_range_type want = type[kib[i]], got = 0;

		if (want == BOOT_RAM &&
		    (page[0] & page[1] & page[2] & page[3] & ~1u ||
		     page[0] != 1 || page[1] != 1 || page[2] != 1 ||
		     page[3] != 1))
			want = 0;
		while (r < info->range_count &&
		       at >= info->range[r].start + info->range[r].len)
			r++;
		if (r < info->range_count && at >= info->range[r].start)
			got = info->range[r].type;
		assert_int_equal(got, want);
	}
}

static void
test_random_maps_match_the_model(void **state)
{
	struct random random = test_random();
	static struct boot_info info;
	unsigned int round, i;

	for (round = 0; round < 500; round++) {
		const struct boot_range own[] = {
			{ 0, 0x100000, BOOT_RESERVED },
			{ test_image.start, test_image.end - test_image.start,
			  BOOT_RESERVED },
		};
		uint8_t kib[MODEL_KIB] = { 0 };
		struct boot_range map[24];
		uint32_t count = 1 + random_below(&random, array_len(map));

		for (i = 0; i < count; i++) {
			uint32_t at = random_below(&random, MODEL_KIB);
			uint32_t len = random_below(&random, MODEL_KIB - at);

			map[i].start = (uint64_t)at << 10;
			map[i].len = (uint64_t)len << 10;
			map[i].type = 1 + random_below(&random, 4);
			model_paint(kib, &map[i]);
		}
		model_paint(kib, &own[0]);
		model_paint(kib, &own[1]);
		fill(&info, map, count);
		model_check(kib, &info);
	}
}

static void
test_warnings_are_bounded_and_said_once(void **state)
{
	static struct boot_info info;
	static char text[2 * BOOT_WARNINGS_MAX][8];
	unsigned int i;

	memset(&info, 0, sizeof(info));
	boot_warn(&info, "a");
	boot_warn(&info, "a");
	assert_int_equal(info.warning_count, 1);
	for (i = 0; i < array_len(text); i++) {
		snprintf(text[i], sizeof(text[i]), "w%u", i);
		boot_warn(&info, text[i]);
	}
	assert_int_equal(info.warning_count, BOOT_WARNINGS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image_and_low_megabyte_are_taken_out),
		cmocka_unit_test(test_image_in_the_middle_splits_the_ram),
		cmocka_unit_test(test_reserved_wins_in_any_order),
		cmocka_unit_test(
			test_ram_is_merged_before_it_is_rounded_inwards),
		cmocka_unit_test(test_entries_beyond_the_address_space),
		cmocka_unit_test(test_no_ram_is_said),
		cmocka_unit_test(test_low_page_is_ram_that_nobody_reserves),
		cmocka_unit_test(test_too_many_ranges_lose_only_the_smallest),
		cmocka_unit_test(test_what_is_kept_is_not_ram),
		cmocka_unit_test(test_too_many_holes_stay_holes),
		cmocka_unit_test(test_random_maps_match_the_model),
		cmocka_unit_test(test_warnings_are_bounded_and_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
