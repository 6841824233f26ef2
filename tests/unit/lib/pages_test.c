/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/pages.c against a naive model, dry and misused. */
#include "lib/poison.h"
#include "tests/host/test.h"

#include "lib/pages.h"
#include "tests/host/host.h"

#define ARENA_LEN (4u << 20)

static void
test_order_of_length(void **state)
{
	static const struct {
		size_t len;
		unsigned int order;
	} cases[] = {
		{ 0, 0 },
		{ 1, 0 },
		{ PAGE_SIZE, 0 },
		{ PAGE_SIZE + 1, 1 },
		{ 2 * PAGE_SIZE, 1 },
		{ 2 * PAGE_SIZE + 1, 2 },
		{ 5 * PAGE_SIZE, 3 },
		{ 128u << 20, PAGE_ORDER_MAX },
		{ (128u << 20) + 1, PAGE_ORDER_MAX + 1 },
		{ SIZE_MAX, 52 },
	};
	size_t i;

	for (i = 0; i < array_len(cases); i++)
		assert_int_equal(pages_order(cases[i].len), cases[i].order);
}

static void
test_blocks_are_aligned_and_writable(void **state)
{
	struct pages pages;
	unsigned int order;
	void *block;

	host_pages_init(&pages, ARENA_LEN);
	for (order = 0; (PAGE_SIZE << order) < ARENA_LEN; order++) {
		block = pages_alloc(&pages, order);
		assert_non_null(block);
		assert_int_equal((uintptr_t)block % (PAGE_SIZE << order), 0);
		memset(block, 0xee, PAGE_SIZE << order);
		pages_check(&pages);
		pages_free(&pages, block, order);
		pages_check(&pages);
	}
	assert_null(pages_alloc(&pages, order));
	assert_int_equal(pages.fail_count, 1);
	host_pages_fini(&pages);
}

static void
test_every_page_is_used_and_comes_back(void **state)
{
	struct pages pages;
	size_t count = 0;
	void **list = NULL, *block;

	host_pages_init(&pages, ARENA_LEN);
	assert_int_equal(pages.total_count, ARENA_LEN / PAGE_SIZE - 1);
	while ((block = pages_alloc(&pages, 0)) != NULL) {
		*(void **)block = list;
		list = block;
		count++;
	}
	assert_int_equal(count, pages.total_count);
	assert_int_equal(pages.free_count, 0);
	assert_int_equal(pages.free_count_min, 0);
	pages_check(&pages);
	while (list != NULL) {
		block = list;
		list = *list;
		pages_free(&pages, block, 0);
	}
	pages_check(&pages);
	/* All merged again: half the arena is one block. */
	block = pages_alloc(&pages, pages_order(ARENA_LEN / 2));
	assert_non_null(block);
	pages_free(&pages, block, pages_order(ARENA_LEN / 2));
	host_pages_fini(&pages);
}

static void
test_orders_above_the_largest_are_refused(void **state)
{
	struct pages pages;

	host_pages_init(&pages, ARENA_LEN);
	assert_null(pages_alloc(&pages, PAGE_ORDER_MAX + 1));
	assert_null(pages_alloc(&pages, 63));
	assert_int_equal(pages.fail_count, 2);
	host_pages_fini(&pages);
}

static void
test_low_water_mark(void **state)
{
	uint8_t *arena = aligned_alloc(PAGE_SIZE, 16 * PAGE_SIZE);
	struct pages pages;
	void *block;

	host_pages_init(&pages, ARENA_LEN);
	block = pages_alloc(&pages, 3);
	assert_non_null(block);
	pages_free(&pages, block, 3);
	assert_int_equal(pages.free_count_min, pages.total_count - 8);
	/* Memory that comes later does not hide that 8 were needed. */
	assert_int_equal(pages_add(&pages, (uintptr_t)arena, 16 * PAGE_SIZE),
			 OK);
	assert_int_equal(pages.free_count_min, pages.total_count - 8);
	host_pages_fini(&pages);
	free(arena);
}

static void
test_refusal_on_demand(void **state)
{
	struct pages pages;
	void *a, *b;

	host_pages_init(&pages, ARENA_LEN);
	pages.fail_after = 2;
	a = pages_alloc(&pages, 0);
	assert_non_null(a);
	assert_null(pages_alloc(&pages, 0));
	assert_int_equal(pages.fail_count, 1);
	b = pages_alloc(&pages, 0);
	assert_non_null(b);
	pages_free(&pages, a, 0);
	pages_free(&pages, b, 0);
	host_pages_fini(&pages);
}

struct taken {
	uint8_t *block;
	unsigned int order;
	uint8_t mark;
};

/* The model: which pages are taken. A block may be had exactly if an aligned
 * run of that length is free. */
struct model {
	struct pages pages;
	struct taken taken[256];
	size_t taken_count;
	bool used[ARENA_LEN / PAGE_SIZE];
};

static size_t
model_index(struct model *model, const void *block)
{
	return ((uintptr_t)block - model->pages.zone[0].base) / PAGE_SIZE;
}

static bool
model_has(struct model *model, unsigned int order)
{
	size_t len = (size_t)1 << order, i, j;
	const struct pages_zone *zone = &model->pages.zone[0];

	for (i = 0; i + len <= zone->page_count; i++) {
		if ((zone->base / PAGE_SIZE + i) % len != 0)
			continue;
		for (j = 0; j < len && !model->used[i + j]; j++)
			;
		if (j == len)
			return true;
	}
	return false;
}

static void
model_alloc(struct model *model, struct random *random)
{
	/* Small blocks often, large ones sometimes. */
	unsigned int order =
		(unsigned int)__builtin_ctz(random_u32(random) | 1u << 9);
	bool has = model_has(model, order);
	struct taken *t = &model->taken[model->taken_count];
	size_t i, index;

	t->block = pages_alloc(&model->pages, order);
	assert_int_equal(t->block != NULL, has);
	if (t->block == NULL)
		return;
	t->order = order;
	t->mark = (uint8_t)random_u32(random);
	index = model_index(model, t->block);
	for (i = 0; i < (size_t)1 << order; i++) {
		assert_false(model->used[index + i]);
		model->used[index + i] = true;
		memset(t->block + i * PAGE_SIZE, t->mark, 64);
	}
	model->taken_count++;
}

static void
model_free(struct model *model, size_t which)
{
	struct taken t = model->taken[which];
	size_t i, index = model_index(model, t.block);

	for (i = 0; i < (size_t)1 << t.order; i++) {
		/* Nobody else wrote into it. */
		assert_int_equal(t.block[i * PAGE_SIZE], t.mark);
		assert_int_equal(t.block[i * PAGE_SIZE + 63], t.mark);
		model->used[index + i] = false;
	}
	pages_free(&model->pages, t.block, t.order);
	model->taken[which] = model->taken[--model->taken_count];
}

static void
test_random_use_matches_the_model(void **state)
{
	static struct model model;
	struct random random = test_random();
	unsigned int step;
	bool filling = true;

	host_pages_init(&model.pages, ARENA_LEN);
	for (step = 0; step < 20000; step++) {
		/* Tides: fill until dry and beyond, drain, fragment. */
		if (random_below(&random, 300) == 0)
			filling = !filling;
		if (model.taken_count < array_len(model.taken) &&
		    random_below(&random, 10) < (filling ? 7 : 3))
			model_alloc(&model, &random);
		else if (model.taken_count > 0)
			model_free(&model,
				   random_below(&random,
						(uint32_t)model.taken_count));
		if (step % 16 == 0)
			pages_check(&model.pages);
	}
	assert_true(model.pages.fail_count > 0);
	while (model.taken_count > 0)
		model_free(&model, 0);
	host_pages_fini(&model.pages);
}

static void
test_double_free_panics(void **state)
{
	struct pages pages;
	void *block;

	host_pages_init(&pages, ARENA_LEN);
	block = pages_alloc(&pages, 0);
	assert_non_null(block);
	pages_free(&pages, block, 0);
	if (host_expect_panic() == 0) {
		pages_free(&pages, block, 0);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "double free"));
	host_pages_fini(&pages);
}

/* As the kernel does, whose writes no sanitizer stops. */
static __attribute__((no_sanitize("address"))) uint8_t
swap_byte(uint8_t *at, uint8_t byte)
{
	uint8_t old = *at;

	*at = byte;
	return old;
}

static void
test_free_pages_are_poisoned_and_spoilt(void **state)
{
	uint8_t *volatile block[3];
	struct pages pages;

	host_pages_init(&pages, ARENA_LEN);
	for (int i = 0; i < 3; i++) {
		block[i] = pages_alloc(&pages, 1);
		assert_non_null(block[i]);
		memset(block[i], 0, 2 * PAGE_SIZE);
	}
	pages_free(&pages, block[2], 1);
	for (size_t i = sizeof(struct list); i < 2 * PAGE_SIZE; i += 8) {
		assert_true(__asan_address_is_poisoned(block[2] + i));
		assert_false(__asan_address_is_poisoned(block[1] + i));
		assert_int_equal(swap_byte(block[2] + i, POISON_BYTE),
				 POISON_BYTE);
	}
	/* A whole block, its buddy's link included. */
	assert_int_equal((uintptr_t)block[1] ^ (uintptr_t)block[2],
			 2 * PAGE_SIZE);
	pages_free(&pages, block[1], 1);
	pages_free(&pages, block[0], 1);
	assert_true(__asan_address_is_poisoned(max_of(block[1], block[2])));
	block[0] = pages_alloc(&pages, 2);
	assert_non_null(block[0]);
	memset(block[0], 0, 4 * PAGE_SIZE);
	pages_free(&pages, block[0], 2);
	host_pages_fini(&pages);
}

static void
test_a_write_after_the_free_panics(void **state)
{
	uint8_t *arena = aligned_alloc(16 * PAGE_SIZE, 16 * PAGE_SIZE);
	struct pages pages;
	uint8_t *block;

	pages_init(&pages);
	assert_int_equal(pages_add(&pages, (uintptr_t)arena, 16 * PAGE_SIZE),
			 OK);
	block = pages_alloc(&pages, 0);
	assert_non_null(block);
	pages_free(&pages, block, 0);
	(void)swap_byte(block + 40, 1);
	if (host_expect_panic() == 0) {
		while (pages_alloc(&pages, 0))
			;
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "written after its free"));
	free(arena);
}

static void
test_free_of_what_was_not_taken_panics(void **state)
{
	struct pages pages;
	uint8_t *block;
	int outside;

	host_pages_init(&pages, ARENA_LEN);
	block = pages_alloc(&pages, 2);
	assert_non_null(block);
	if (host_expect_panic() == 0) {
		pages_free(&pages, block, 1);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "order 1, taken with 2"));
	if (host_expect_panic() == 0) {
		pages_free(&pages, block + PAGE_SIZE, 0);
		host_no_panic();
	}
	if (host_expect_panic() == 0) {
		pages_free(&pages, block + 8, 2);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "no page of ours"));
	if (host_expect_panic() == 0) {
		pages_free(&pages, &outside, 0);
		host_no_panic();
	}
	if (host_expect_panic() == 0) {
		/* The bookkeeping itself */
		pages_free(&pages, pages.zone[0].state, 0);
		host_no_panic();
	}
	pages_free(&pages, block, 2);
	host_pages_fini(&pages);
}

static void
expect_check_to_panic(struct pages *pages)
{
	if (host_expect_panic() == 0) {
		pages_check(pages);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "lib/pages.c"));
}

static void
test_check_sees_wrong_counts(void **state)
{
	struct pages pages;

	host_pages_init(&pages, ARENA_LEN);
	pages.free_count++;
	expect_check_to_panic(&pages);
	pages.free_count--;
	pages.total_count--;
	expect_check_to_panic(&pages);
	pages.total_count++;
	pages.free_count_min = pages.free_count + 1;
	expect_check_to_panic(&pages);
	pages.free_count_min--;
	host_pages_fini(&pages);
}

/* Every state of every page is what it is for a reason: any other is seen. */
static void
test_check_sees_wrong_states(void **state)
{
	uint8_t *arena = aligned_alloc(16 * PAGE_SIZE, 16 * PAGE_SIZE);
	volatile unsigned int i, value;
	struct pages pages;
	uint8_t *states, old;
	void *block;

	pages_init(&pages);
	assert_int_equal(pages_add(&pages, (uintptr_t)arena, 16 * PAGE_SIZE),
			 OK);
	block = pages_alloc(&pages, 1);
	assert_non_null(block);
	states = pages.zone[0].state;
	for (i = 0; i < pages.zone[0].page_count; i++) {
		old = states[i];
		for (value = 0; value < 256; value++) {
			/* One block of two pages or two of one are both
			 * right, as far as taken blocks go. */
			if (value == old || (states[i] & 0x80) != 0)
				continue;
			states[i] = (uint8_t)value;
			expect_check_to_panic(&pages);
			states[i] = old;
		}
	}
	pages_check(&pages);
	free(arena);
}

static void
test_check_sees_broken_lists(void **state)
{
	struct list *link, *next;
	struct pages pages;
	unsigned int order;
	struct list stray;

	host_pages_init(&pages, ARENA_LEN);
	for (order = 0; list_empty(&pages.free[order]); order++)
		;
	link = pages.free[order].next;
	next = link->next;
	/* runs in a circle */
	link->next = link;
	expect_check_to_panic(&pages);
	link->next = next;
	/* does not point back */
	link->prev = link;
	expect_check_to_panic(&pages);
	link->prev = &pages.free[order];
	/* in the list of another order */
	list_remove(link);
	list_add_first(&pages.free[order + 1], link);
	expect_check_to_panic(&pages);
	/* in none */
	list_remove(link);
	expect_check_to_panic(&pages);
	list_add_first(&pages.free[order], link);
	/* not ours at all */
	list_add_first(&pages.free[order], &stray);
	expect_check_to_panic(&pages);
	list_remove(&stray);
	host_pages_fini(&pages);
}

static void
test_ranges_are_rounded_inwards(void **state)
{
	uint8_t *arena = aligned_alloc(PAGE_SIZE, 16 * PAGE_SIZE);
	uintptr_t base = (uintptr_t)arena;
	struct pages pages;

	pages_init(&pages);
	assert_int_equal(pages_add(&pages, base + 1, 16 * PAGE_SIZE - 2), OK);
	/* 14 whole pages, one of them for the bookkeeping */
	assert_int_equal(pages.total_count, 13);
	assert_true(pages.zone[0].base == base + 2 * PAGE_SIZE);
	pages_check(&pages);
	free(arena);
}

/* Old content that looks like our states, beyond the last page's, too. */
static void
test_memory_may_hold_anything(void **state)
{
	uint8_t *arena = aligned_alloc(64 * PAGE_SIZE, 64 * PAGE_SIZE);
	unsigned int content, count, i;
	struct pages pages;
	void *block[64];

	for (content = 0x3f; content < 0x90; content++) {
		for (count = 2; count < 20; count++) {
			unpoison(arena, 64 * PAGE_SIZE);
			memset(arena, (int)content, 64 * PAGE_SIZE);
			pages_init(&pages);
			assert_int_equal(pages_add(&pages, (uintptr_t)arena,
						   count * PAGE_SIZE),
					 OK);
			for (i = 0; i < count - 1; i++)
				block[i] = pages_alloc(&pages, 0);
			assert_null(pages_alloc(&pages, 0));
			while (i-- > 0)
				pages_free(&pages, block[i], 0);
			pages_check(&pages);
		}
	}
	free(arena);
}

static void
test_bookkeeping_is_no_larger_than_needed(void **state)
{
	static const struct {
		size_t all, usable;
	} cases[] = {
		{ 2, 1 },	{ 4096, 4095 }, { 4097, 4096 }, { 4098, 4096 },
		{ 4099, 4097 }, { 8194, 8192 }, { 8195, 8192 },
	};
	uint8_t *arena = aligned_alloc(PAGE_SIZE, 8200 * PAGE_SIZE);
	const struct pages_zone *zone;
	struct pages pages;
	size_t i;

	for (i = 0; i < array_len(cases); i++) {
		pages_init(&pages);
		assert_int_equal(pages_add(&pages, (uintptr_t)arena,
					   cases[i].all * PAGE_SIZE),
				 OK);
		assert_int_equal(pages.total_count, cases[i].usable);
		zone = &pages.zone[0];
		assert_true((uintptr_t)zone->state + zone->page_count <=
			    zone->base);
		assert_true(zone->base + zone->page_count * PAGE_SIZE ==
			    (uintptr_t)arena + cases[i].all * PAGE_SIZE);
		pages_check(&pages);
	}
	free(arena);
}

static void
test_ranges_too_small_are_refused(void **state)
{
	uint8_t *arena = aligned_alloc(PAGE_SIZE, 4 * PAGE_SIZE);
	uintptr_t base = (uintptr_t)arena;
	static const size_t lens[] = { 0, 1, PAGE_SIZE - 1, PAGE_SIZE,
				       2 * PAGE_SIZE - 1 };
	struct pages pages;
	size_t i;

	pages_init(&pages);
	for (i = 0; i < array_len(lens); i++)
		assert_int_equal(pages_add(&pages, base, lens[i]), ERR_NOMEM);
	assert_int_equal(pages_add(&pages, base + 1, 2 * PAGE_SIZE), ERR_NOMEM);
	assert_int_equal(pages_add(&pages, UINTPTR_MAX - 100, SIZE_MAX),
			 ERR_NOMEM);
	assert_int_equal(pages_add(&pages, 0, 2 * PAGE_SIZE), ERR_NOMEM);
	assert_int_equal(pages.total_count, 0);
	assert_int_equal(pages_add(&pages, base, 2 * PAGE_SIZE), OK);
	assert_int_equal(pages.total_count, 1);
	pages_check(&pages);
	free(arena);
}

static void
test_overlapping_ranges_are_refused(void **state)
{
	uint8_t *arena = aligned_alloc(PAGE_SIZE, 32 * PAGE_SIZE);
	uintptr_t base = (uintptr_t)arena;
	struct pages pages;

	pages_init(&pages);
	assert_int_equal(pages_add(&pages, base + 8 * PAGE_SIZE, 8 * PAGE_SIZE),
			 OK);
	assert_int_equal(pages_add(&pages, base + 8 * PAGE_SIZE, 8 * PAGE_SIZE),
			 ERR_EXIST);
	/* only over its bookkeeping */
	assert_int_equal(pages_add(&pages, base, 9 * PAGE_SIZE), ERR_EXIST);
	assert_int_equal(pages_add(&pages, base + 15 * PAGE_SIZE,
				   8 * PAGE_SIZE),
			 ERR_EXIST);
	assert_int_equal(pages_add(&pages, base, 32 * PAGE_SIZE), ERR_EXIST);
	/* touching is not overlapping */
	assert_int_equal(pages_add(&pages, base, 8 * PAGE_SIZE), OK);
	assert_int_equal(pages_add(&pages, base + 16 * PAGE_SIZE,
				   8 * PAGE_SIZE),
			 OK);
	assert_int_equal(pages.zone_count, 3);
	pages_check(&pages);
	free(arena);
}

static void
test_many_zones_work_as_one(void **state)
{
	size_t len = 2 * PAGE_SIZE, count = 0;
	uint8_t *arena =
		aligned_alloc(PAGE_SIZE, 2 * (PAGES_ZONES_MAX + 1) * len);
	struct pages pages;
	void **list = NULL, *block;
	unsigned int i;

	pages_init(&pages);
	for (i = 0; i < PAGES_ZONES_MAX; i++)
		assert_int_equal(pages_add(&pages,
					   (uintptr_t)arena + 2 * i * len, len),
				 OK);
	assert_int_equal(pages_add(&pages, (uintptr_t)arena + 2 * i * len, len),
			 ERR_RANGE);
	/* Neighbouring zones' pages never merge across the gap. */
	assert_null(pages_alloc(&pages, 1));
	while ((block = pages_alloc(&pages, 0)) != NULL) {
		*(void **)block = list;
		list = block;
		count++;
	}
	assert_int_equal(count, PAGES_ZONES_MAX);
	for (; list != NULL;) {
		block = list;
		list = *list;
		pages_free(&pages, block, 0);
	}
	pages_check(&pages);
	assert_int_equal(pages.free_count, PAGES_ZONES_MAX);
	free(arena);
}

static void
test_the_largest_block(void **state)
{
	struct pages pages;
	void *block;

	host_pages_init(&pages, 256u << 20);
	block = pages_alloc(&pages, PAGE_ORDER_MAX);
	assert_non_null(block);
	assert_int_equal((uintptr_t)block % (128u << 20), 0);
	assert_null(pages_alloc(&pages, PAGE_ORDER_MAX));
	pages_free(&pages, block, PAGE_ORDER_MAX);
	host_pages_fini(&pages);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_length),
		cmocka_unit_test(test_blocks_are_aligned_and_writable),
		cmocka_unit_test(test_every_page_is_used_and_comes_back),
		cmocka_unit_test(test_orders_above_the_largest_are_refused),
		cmocka_unit_test(test_low_water_mark),
		cmocka_unit_test(test_refusal_on_demand),
		cmocka_unit_test(test_random_use_matches_the_model),
		cmocka_unit_test(test_double_free_panics),
		cmocka_unit_test(test_free_pages_are_poisoned_and_spoilt),
		cmocka_unit_test(test_a_write_after_the_free_panics),
		cmocka_unit_test(test_free_of_what_was_not_taken_panics),
		cmocka_unit_test(test_check_sees_wrong_counts),
		cmocka_unit_test(test_check_sees_wrong_states),
		cmocka_unit_test(test_check_sees_broken_lists),
		cmocka_unit_test(test_memory_may_hold_anything),
		cmocka_unit_test(test_bookkeeping_is_no_larger_than_needed),
		cmocka_unit_test(test_ranges_are_rounded_inwards),
		cmocka_unit_test(test_ranges_too_small_are_refused),
		cmocka_unit_test(test_overlapping_ranges_are_refused),
		cmocka_unit_test(test_many_zones_work_as_one),
		cmocka_unit_test(test_the_largest_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
