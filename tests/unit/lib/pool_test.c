/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/pool.c: what it hands out, dry, misused, and out of memory. */
#include "lib/poison.h"
#include "tests/host/test.h"

#include "lib/pool.h"
#include "tests/host/host.h"

#define ARENA_LEN (1u << 20)

struct fixture {
	struct pages pages;
	struct pool pool;
};

static int
setup(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	/* pool_init() may find anything. */
	memset(f, 0xa5, sizeof(*f));
	host_pages_init(&f->pages, ARENA_LEN);
	*state = f;
	return 0;
}

/* Whatever the test did, no page may be missing. */
static int
teardown(void **state)
{
	struct fixture *f = *state;

	host_pages_fini(&f->pages);
	free(f);
	return 0;
}

static void
test_objects_are_aligned_and_apart(void **state)
{
	static const struct {
		size_t len, align, stride;
	} cases[] = {
		{ 1, 1, 8 },	  { 8, 1, 8 },	      { 9, 8, 16 },
		{ 24, 1, 24 },	  { 24, 64, 64 },     { 65, 64, 128 },
		{ 100, 16, 112 }, { 2048, 64, 2048 }, { 10, 4096, 4096 },
	};
	struct fixture *f = *state;
	uint8_t *object[20];
	size_t i, j;

	for (i = 0; i < array_len(cases); i++) {
		assert_int_equal(pool_init(&f->pool, &f->pages, "test",
					   cases[i].len, cases[i].align,
					   array_len(object)),
				 OK);
		assert_int_equal(f->pool.object_len, cases[i].stride);
		for (j = 0; j < array_len(object); j++) {
			object[j] = pool_get(&f->pool);
			assert_non_null(object[j]);
			assert_int_equal((uintptr_t)object[j] % cases[i].align,
					 0);
			memset(object[j], (int)j, cases[i].len);
		}
		for (j = 0; j < array_len(object); j++) {
			assert_int_equal(object[j][0], j);
			assert_int_equal(object[j][cases[i].len - 1], j);
			pool_put(&f->pool, object[j]);
		}
		pool_check(&f->pool);
		pool_fini(&f->pool);
	}
}

static void
test_dry_pool_refuses_and_recovers(void **state)
{
	struct fixture *f = *state;
	void *object[3];
	size_t i;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 32, 8, 3), OK);
	for (i = 0; i < 3; i++)
		object[i] = pool_get(&f->pool);
	assert_non_null(object[2]);
	assert_null(pool_get(&f->pool));
	assert_null(pool_get(&f->pool));
	assert_int_equal(f->pool.fail_count, 2);
	assert_int_equal(f->pool.used_count, 3);
	assert_int_equal(f->pool.used_count_max, 3);
	pool_put(&f->pool, object[1]);
	assert_int_equal(f->pool.used_count, 2);
	assert_int_equal(f->pool.used_count_max, 3);
	/* The one that is warm in the cache comes first. */
	assert_ptr_equal(pool_get(&f->pool), object[1]);
	assert_int_equal(f->pool.used_count_max, 3);
	for (i = 0; i < 3; i++)
		pool_put(&f->pool, object[i]);
	pool_fini(&f->pool);
}

static void
test_refusal_on_demand(void **state)
{
	struct fixture *f = *state;
	void *a, *b;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 32, 8, 3), OK);
	f->pool.fail_after = 2;
	a = pool_get(&f->pool);
	assert_non_null(a);
	assert_null(pool_get(&f->pool));
	assert_int_equal(f->pool.fail_count, 1);
	b = pool_get(&f->pool);
	assert_non_null(b);
	pool_put(&f->pool, a);
	pool_put(&f->pool, b);
	pool_fini(&f->pool);
}

static void
test_init_without_memory_takes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", ARENA_LEN, 8,
				   1),
			 ERR_NOMEM);
	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 1u << 30, 8,
				   UINT32_MAX),
			 ERR_NOMEM);
	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 0, 8, 1),
			 ERR_INVAL);
	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 8, 8, 0),
			 ERR_INVAL);
	assert_int_equal(pool_init(&f->pool, &f->pages, "test", SIZE_MAX, 8, 1),
			 ERR_INVAL);
	f->pages.fail_after = 1;
	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 8, 8, 1),
			 ERR_NOMEM);
	assert_int_equal(f->pages.free_count, f->pages.total_count);
}

static void
test_misuse_panics(void **state)
{
	struct fixture *f = *state;
	uint8_t *a;

	assert_int_equal(pool_init(&f->pool, &f->pages, "victim", 32, 8, 3),
			 OK);
	a = pool_get(&f->pool);
	assert_non_null(a);
	if (host_expect_panic() == 0) {
		pool_put(&f->pool, a + 8);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "pool victim: put of"));
	if (host_expect_panic() == 0) {
		pool_fini(&f->pool);
		host_no_panic();
	}
	pool_put(&f->pool, a);
	if (host_expect_panic() == 0) {
		pool_put(&f->pool, a);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "victim: double put"));
	a[31] = 0;
	if (host_expect_panic() == 0) {
		a = pool_get(&f->pool);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "written after its free"));
	/* Spoilt as it is, only its memory is given back. */
	pages_free(&f->pages, f->pool.block, f->pool.block_order);
}

static void
test_free_objects_are_poisoned(void **state)
{
	struct fixture *f = *state;
	uint8_t *a, *b;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 32, 8, 3), OK);
	a = pool_get(&f->pool);
	b = pool_get(&f->pool);
	assert_non_null(a);
	assert_non_null(b);
	pool_put(&f->pool, a);
	for (unsigned int i = sizeof(void *); i < 32; i++) {
		assert_true(__asan_address_is_poisoned(a + i));
		assert_false(__asan_address_is_poisoned(b + i));
	}
	assert_ptr_equal(pool_get(&f->pool), a);
	assert_false(__asan_address_is_poisoned(a + 31));
	pool_put(&f->pool, a);
	pool_put(&f->pool, b);
	pool_fini(&f->pool);
}

static void
test_put_beyond_the_last_object_panics(void **state)
{
	struct fixture *f = *state;
	uint8_t *a;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 32, 8, 3), OK);
	a = pool_get(&f->pool);
	assert_non_null(a);
	if (host_expect_panic() == 0) {
		pool_put(&f->pool, a + 3 * 32);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "no object of it"));
	if (host_expect_panic() == 0) {
		pool_put(&f->pool, a - 32);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "no object of it"));
	pool_put(&f->pool, a);
	pool_fini(&f->pool);
	assert_null(f->pool.block);
}

static void
test_alignment_must_be_a_power_of_two(void **state)
{
	static const size_t aligns[] = { 3, 24, 8192, 4095 };
	struct fixture *f = *state;
	volatile size_t i;

	for (i = 0; i < array_len(aligns); i++) {
		if (host_expect_panic() == 0) {
			if (pool_init(&f->pool, &f->pages, "test", 32,
				      aligns[i], 3) != OK)
				host_no_panic();
			host_no_panic();
		}
		assert_non_null(strstr(host_panic_text(), "align"));
	}
}

static void
expect_check_to_panic(struct pool *pool)
{
	if (host_expect_panic() == 0) {
		pool_check(pool);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "lib/pool.c"));
}

static void
test_check_sees_corruption(void **state)
{
	struct fixture *f = *state;
	uint64_t stray = 0;
	void *first, *a;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 32, 8, 3), OK);
	a = pool_get(&f->pool);
	assert_non_null(a);
	pool_check(&f->pool);
	first = f->pool.free;
	f->pool.free = NULL;
	expect_check_to_panic(&f->pool);
	f->pool.free = &stray;
	expect_check_to_panic(&f->pool);
	f->pool.free = first;
	f->pool.used_count++;
	expect_check_to_panic(&f->pool);
	f->pool.used_count--;
	f->pool.used_count_max = 0;
	expect_check_to_panic(&f->pool);
	f->pool.used_count_max = 1;
	/* a free list in a circle */
	*(void **)first = first;
	expect_check_to_panic(&f->pool);
	pages_free(&f->pages, f->pool.block, f->pool.block_order);
}

static void
test_random_use_keeps_the_counts(void **state)
{
	struct fixture *f = *state;
	struct random random = test_random();
	uint32_t *taken[64], *object, count = 0, step, which;

	assert_int_equal(pool_init(&f->pool, &f->pages, "test", 40, 8,
				   array_len(taken)),
			 OK);
	for (step = 0; step < 20000; step++) {
		if (random_below(&random, 100) < 52) {
			object = pool_get(&f->pool);
			assert_int_equal(object != NULL,
					 count < array_len(taken));
			if (object != NULL)
				taken[count++] = object;
		} else if (count > 0) {
			which = random_below(&random, count);
			pool_put(&f->pool, taken[which]);
			taken[which] = taken[--count];
		}
		assert_int_equal(f->pool.used_count, count);
		pool_check(&f->pool);
	}
	assert_true(f->pool.fail_count > 0);
	while (count > 0)
		pool_put(&f->pool, taken[--count]);
	pool_fini(&f->pool);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_objects_are_aligned_and_apart),
		TEST(test_dry_pool_refuses_and_recovers),
		TEST(test_refusal_on_demand),
		TEST(test_init_without_memory_takes_nothing),
		TEST(test_misuse_panics),
		TEST(test_free_objects_are_poisoned),
		TEST(test_put_beyond_the_last_object_panics),
		TEST(test_alignment_must_be_a_power_of_two),
		TEST(test_check_sees_corruption),
		TEST(test_random_use_keeps_the_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
