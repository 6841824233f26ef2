/* SPDX-License-Identifier: BSD-2-Clause */
/* The FIB's memory: nothing overlaps, nothing is lost, free neighbours join. */

#include "tests/host/test.h"

#include "net/ipv4/fib_mem.h"
#include "tests/host/host.h"

#define PIECES 4000u

struct piece {
	uint8_t *at;
	size_t len;
	uint8_t mark;
};

static void
fill(struct piece *piece, uint8_t mark)
{
	piece->mark = mark;
	memset(piece->at, mark, piece->len);
}

static void
expect_filled(const struct piece *piece)
{
	for (size_t i = 0; i < piece->len; i++)
		assert_int_equal(piece->at[i], piece->mark);
}

static void
random_pieces_keep_their_bytes_and_all_comes_back(void **state)
{
	static struct piece piece[PIECES];
	struct random random = test_random();
	struct pages pages;
	struct fib_mem mem;

	host_pages_init(&pages, 16u << 20);
	assert_int_equal(fib_mem_init(&mem, &pages), OK);
	for (uint32_t step = 0; step < 200000; step++) {
		struct piece *p = &piece[random_below(&random, PIECES)];

		if (p->at) {
			expect_filled(p);
			fib_mem_free(&mem, p->at, p->len);
			p->at = NULL;
			continue;
		}
		p->len = 1 + random_below(&random, random_below(&random, 8)
							   ? 200
							   : FIB_PIECE_MAX);
		if (p->len <= 900 && random_below(&random, 4) == 0) {
			p->at = fib_mem_alloc_line(&mem, p->len);
			assert_int_equal((uintptr_t)p->at % CACHE_LINE, 0);
		} else {
			p->at = fib_mem_alloc(&mem, p->len);
			assert_int_equal((uintptr_t)p->at % FIB_GRAIN, 0);
		}
		assert_non_null(p->at);
		assert_ptr_equal(fib_mem_at(&mem, fib_mem_handle(&mem, p->at)),
				 p->at);
		assert_true(fib_mem_handle(&mem, p->at) < 1u << 31);
		fill(p, (uint8_t)step);
		if (step % 10000 == 0)
			fib_mem_check(&mem);
	}
	for (uint32_t i = 0; i < PIECES; i++)
		if (piece[i].at)
			fib_mem_free(&mem, piece[i].at, piece[i].len);
	fib_mem_check(&mem);
	assert_int_equal(mem.used_len, 0);
	assert_int_equal(mem.chunk_count, 1);
	fib_mem_fini(&mem);
	host_pages_fini(&pages);
}

/* Small pieces that are given back make room for large ones. */
static void
free_neighbours_join(void **state)
{
	static void *piece[20000];
	struct pages pages;
	struct fib_mem mem;
	uint32_t count = 0, chunks;

	host_pages_init(&pages, 1u << 20);
	assert_int_equal(fib_mem_init(&mem, &pages), OK);
	while (count < array_len(piece) &&
	       (piece[count] = fib_mem_alloc(&mem, 64)))
		count++;
	chunks = mem.chunk_count;
	assert_int_equal(mem.fail_count, 1);
	assert_true(count * 64 > chunks * FIB_CHUNK_LEN / 100 * 98);
	assert_null(fib_mem_alloc(&mem, 2000));
	/* Every other one: no two are neighbours. */
	for (uint32_t i = 0; i < count; i += 2)
		fib_mem_free(&mem, piece[i], 64);
	assert_null(fib_mem_alloc(&mem, 80));
	fib_mem_check(&mem);
	for (uint32_t i = 1; i < count; i += 2)
		fib_mem_free(&mem, piece[i], 64);
	fib_mem_check(&mem);
	count = 0;
	while ((piece[count] = fib_mem_alloc(&mem, 2000)))
		count++;
	assert_int_equal(mem.chunk_count, chunks);
	assert_true(count >= chunks * 32);
	while (count-- > 0)
		fib_mem_free(&mem, piece[count], 2000);
	fib_mem_fini(&mem);
	host_pages_fini(&pages);
}

static void
the_nth_request_fails_when_told_to(void **state)
{
	struct pages pages;
	struct fib_mem mem;
	void *one, *three;

	host_pages_init(&pages, 1u << 20);
	assert_int_equal(fib_mem_init(&mem, &pages), OK);
	mem.fail_after = 2;
	one = fib_mem_alloc(&mem, 10);
	assert_non_null(one);
	assert_null(fib_mem_alloc(&mem, 10));
	three = fib_mem_alloc(&mem, 10);
	assert_non_null(three);
	assert_int_equal(mem.fail_count, 1);
	fib_mem_free(&mem, one, 10);
	fib_mem_free(&mem, three, 10);
	fib_mem_fini(&mem);
	host_pages_fini(&pages);
}

static void
no_pages_no_memory(void **state)
{
	struct pages pages;
	struct fib_mem mem;

	host_pages_init(&pages, 1u << 20);
	pages.fail_after = 1;
	assert_int_equal(fib_mem_init(&mem, &pages), ERR_NOMEM);
	host_pages_fini(&pages);
}

static void
a_double_free_panics(void **state)
{
	struct pages pages;
	struct fib_mem mem;
	void *piece, *other;

	host_pages_init(&pages, 1u << 20);
	assert_int_equal(fib_mem_init(&mem, &pages), OK);
	piece = fib_mem_alloc(&mem, 100);
	other = fib_mem_alloc(&mem, 100);
	fib_mem_free(&mem, piece, 100);
	if (host_expect_panic() == 0) {
		fib_mem_free(&mem, piece, 100);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "fib_mem.c"));
	fib_mem_free(&mem, other, 100);
	fib_mem_fini(&mem);
	host_pages_fini(&pages);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			random_pieces_keep_their_bytes_and_all_comes_back),
		cmocka_unit_test(free_neighbours_join),
		cmocka_unit_test(the_nth_request_fails_when_told_to),
		cmocka_unit_test(no_pages_no_memory),
		cmocka_unit_test(a_double_free_panics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
