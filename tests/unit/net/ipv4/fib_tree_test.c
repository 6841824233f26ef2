/* SPDX-License-Identifier: BSD-2-Clause */
/* The ordered tree of a table against a sorted array. */

#include "tests/host/test.h"

#include "net/ipv4/fib_tree.h"
#include "tests/host/host.h"

#define ENTRIES_MAX 6000u

struct entry {
	uint32_t dst, ref;
	uint8_t len;
};

struct bed {
	struct pages pages;
	struct fib_mem mem;
	struct fib_tree tree;
	struct random random;
	struct entry entry[ENTRIES_MAX]; /* in order */
	uint32_t count, next_ref;
};

static struct bed *
bed_new(void)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	bed->random = test_random();
	host_pages_init(&bed->pages, 8u << 20);
	assert_int_equal(fib_mem_init(&bed->mem, &bed->pages), OK);
	bed->tree.mem = &bed->mem;
	return bed;
}

static void
bed_free(struct bed *bed)
{
	fib_tree_clear(&bed->tree);
	assert_int_equal(bed->mem.used_len, 0);
	fib_mem_fini(&bed->mem);
	host_pages_fini(&bed->pages);
	free(bed);
}

static uint64_t
key(uint32_t dst, uint8_t len)
{
	return (uint64_t)dst << 8 | len;
}

/* The first entry of the array that is not less. */
static uint32_t
lower_bound(const struct bed *bed, uint32_t dst, uint8_t len)
{
	uint32_t i = 0;

	while (i < bed->count &&
	       key(bed->entry[i].dst, bed->entry[i].len) < key(dst, len))
		i++;
	return i;
}

static uint32_t
mask(uint32_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* Few addresses, many lengths: equal keys, nesting, neighbours. */
static void
any_prefix(struct bed *bed, uint32_t *dst, uint8_t *len)
{
	*len = (uint8_t)random_below(&bed->random, 33);
	*dst = (random_below(&bed->random, 8) << 29 |
		random_below(&bed->random, 64) << 10 |
		random_below(&bed->random, 16)) &
	       mask(*len);
}

static void
insert(struct bed *bed, uint32_t dst, uint8_t len)
{
	uint32_t at = lower_bound(bed, dst, len), ref = ++bed->next_ref * 4;
	struct fib_cursor cursor;

	fib_tree_seek(&bed->tree, dst, len, &cursor);
	/* Sometimes behind one that is equal. */
	while (at < bed->count && bed->entry[at].dst == dst &&
	       bed->entry[at].len == len && random_below(&bed->random, 2)) {
		assert_true(fib_cursor_settle(&cursor));
		cursor.at[0]++;
		at++;
	}
	assert_int_equal(fib_tree_insert(&cursor, dst, len, ref), OK);
	memmove(&bed->entry[at + 1], &bed->entry[at],
		(bed->count - at) * sizeof(struct entry));
	bed->entry[at] = (struct entry){ dst, ref, len };
	bed->count++;
}

static void
remove_at(struct bed *bed, uint32_t at)
{
	const struct entry *entry = &bed->entry[at];
	struct fib_cursor cursor;

	fib_tree_seek(&bed->tree, entry->dst, entry->len, &cursor);
	assert_true(fib_cursor_settle(&cursor));
	while (*fib_cursor_ref(&cursor) != entry->ref)
		assert_true(fib_cursor_next(&cursor));
	fib_tree_remove(&cursor);
	memmove(&bed->entry[at], &bed->entry[at + 1],
		(bed->count - at - 1) * sizeof(struct entry));
	bed->count--;
}

static void
expect_same(struct bed *bed)
{
	struct fib_cursor cursor;
	bool more;
	uint32_t i = 0;

	fib_tree_check(&bed->tree);
	assert_int_equal(bed->tree.count, bed->count);
	fib_tree_seek(&bed->tree, 0, 0, &cursor);
	for (more = fib_cursor_settle(&cursor); more;
	     more = fib_cursor_next(&cursor), i++) {
		assert_true(i < bed->count);
		assert_int_equal(fib_cursor_dst(&cursor), bed->entry[i].dst);
		assert_int_equal(fib_cursor_len(&cursor), bed->entry[i].len);
		assert_int_equal(*fib_cursor_ref(&cursor), bed->entry[i].ref);
	}
	assert_int_equal(i, bed->count);
	if (!bed->count)
		return;
	/* And back again. */
	fib_tree_seek(&bed->tree, UINT32_MAX, 33, &cursor);
	while (fib_cursor_prev(&cursor))
		assert_int_equal(*fib_cursor_ref(&cursor), bed->entry[--i].ref);
	assert_int_equal(i, 0);
}

static void
expect_seek(struct bed *bed, uint32_t dst, uint8_t len)
{
	uint32_t at = lower_bound(bed, dst, len);
	struct fib_cursor cursor;

	fib_tree_seek(&bed->tree, dst, len, &cursor);
	if (at == bed->count) {
		assert_false(fib_cursor_settle(&cursor));
		return;
	}
	assert_true(fib_cursor_settle(&cursor));
	assert_int_equal(*fib_cursor_ref(&cursor), bed->entry[at].ref);
}

static void
expect_cover(struct bed *bed, uint32_t addr, int max_len)
{
	const struct entry *best = NULL;
	struct fib_cursor cursor;

	for (uint32_t i = 0; i < bed->count; i++) {
		const struct entry *e = &bed->entry[i];

		if (e->len <= max_len && !((e->dst ^ addr) & mask(e->len)) &&
		    (!best || e->len > best->len))
			best = e;
	}
	if (!best) {
		assert_false(
			fib_tree_cover(&bed->tree, addr, max_len, &cursor));
		return;
	}
	assert_true(fib_tree_cover(&bed->tree, addr, max_len, &cursor));
	assert_int_equal(*fib_cursor_ref(&cursor), best->ref);
}

static void
any_sequence_leaves_what_a_sorted_array_has(void **state)
{
	struct bed *bed = bed_new();
	uint32_t dst, grow;
	uint8_t len;

	for (uint32_t step = 0; step < 60000; step++) {
		/* It grows and shrinks in turns, now and then to nothing. */
		grow = step / 5000 % 2 ? 2 : 6;
		any_prefix(bed, &dst, &len);
		if (bed->count < ENTRIES_MAX - 1 &&
		    random_below(&bed->random, 8) < grow)
			insert(bed, dst, len);
		else if (bed->count)
			remove_at(bed, random_below(&bed->random, bed->count));
		if (step % 16 == 0) {
			any_prefix(bed, &dst, &len);
			expect_seek(bed, dst, len);
			expect_cover(bed, dst | random_below(&bed->random, 99),
				     (int)random_below(&bed->random, 34) - 1);
		}
		if (step % 500 == 0)
			expect_same(bed);
	}
	while (bed->count)
		remove_at(bed, random_below(&bed->random, bed->count));
	expect_same(bed);
	assert_null(bed->tree.root);
	bed_free(bed);
}

/* Thousands with the same prefix: they span leaves, in the order given. */
static void
equal_prefixes_keep_their_order(void **state)
{
	struct bed *bed = bed_new();

	insert(bed, 0x0a000000, 7);
	insert(bed, 0x0a000000, 9);
	for (uint32_t i = 0; i < 2000; i++)
		insert(bed, 0x0a000000, 8);
	expect_same(bed);
	expect_seek(bed, 0x0a000000, 8);
	expect_seek(bed, 0x0a000000, 9);
	for (uint32_t i = 0; i < 1500; i++)
		remove_at(bed, 1 + random_below(&bed->random, 400));
	expect_same(bed);
	bed_free(bed);
}

/* What comes in order fills its nodes. */
static void
routes_in_order_leave_full_nodes(void **state)
{
	struct bed *bed = bed_new();
	uint64_t len;

	for (uint32_t i = 0; i < 5000; i++)
		insert(bed, i << 8, 24);
	expect_same(bed);
	len = fib_tree_check(&bed->tree);
	assert_true(len < 5000u * sizeof(struct fib_tree_node) /
				  FIB_TREE_FANOUT * 11 / 10);
	bed_free(bed);
}

static void
no_memory_changes_nothing(void **state)
{
	struct bed *bed = bed_new();
	struct fib_cursor cursor;
	uint32_t dst, failed = 0;
	uint8_t len;

	for (uint32_t i = 0; i < 4000; i++) {
		any_prefix(bed, &dst, &len);
		for (uint64_t n = 1; n <= 3; n++) {
			fib_tree_seek(&bed->tree, dst, len, &cursor);
			bed->mem.fail_after = n;
			if (fib_tree_insert(&cursor, dst, len, 4) == OK) {
				/* It took less: out with it again. */
				fib_tree_seek(&bed->tree, dst, len, &cursor);
				assert_true(fib_cursor_settle(&cursor));
				assert_int_equal(*fib_cursor_ref(&cursor), 4);
				fib_tree_remove(&cursor);
				break;
			}
			failed++;
			if (i % 50 == 0)
				expect_same(bed);
		}
		bed->mem.fail_after = 0;
		insert(bed, dst, len);
	}
	assert_true(failed > 50);
	expect_same(bed);
	bed_free(bed);
}

/* What is known of a gap grows with who asks, and ends with any change. */
static void
a_gap_is_known_until_the_tree_changes(void **state)
{
	struct bed *bed = bed_new();
	struct fib_tree *tree = &bed->tree;

	(void)state;
	insert(bed, 0x0a000000, 8);
	insert(bed, 0x40000000, 8);
	assert_false(fib_tree_is_gap(tree, 0x20000000, 0x20000100));
	fib_tree_note_gap(tree, 0x20000000, 0x40000000);
	assert_true(fib_tree_is_gap(tree, 0x20000000, 0x20000100));
	assert_true(fib_tree_is_gap(tree, 0x3fffff00, 0x40000000));
	assert_false(fib_tree_is_gap(tree, 0x3fffff00, 0x40000001));
	assert_false(fib_tree_is_gap(tree, 0x1fffff00, 0x20000000));
	fib_tree_note_gap(tree, 0x10000000, 0x40000000);
	fib_tree_note_gap(tree, 0x30000000, 0x40000000);
	assert_true(fib_tree_is_gap(tree, 0x10000000, 0x40000000));
	/* Another gap takes the place of this one. */
	fib_tree_note_gap(tree, 0x50000000, 1ull << 32);
	assert_true(fib_tree_is_gap(tree, 0x50000000, 1ull << 32));
	assert_false(fib_tree_is_gap(tree, 0x10000000, 0x40000000));
	insert(bed, 0x60000000, 8);
	assert_false(fib_tree_is_gap(tree, 0x50000000, 0x50000001));
	fib_tree_note_gap(tree, 0x50000000, 0x60000000);
	remove_at(bed, 2);
	assert_false(fib_tree_is_gap(tree, 0x50000000, 0x50000001));
	bed_free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_sequence_leaves_what_a_sorted_array_has),
		cmocka_unit_test(equal_prefixes_keep_their_order),
		cmocka_unit_test(routes_in_order_leave_full_nodes),
		cmocka_unit_test(no_memory_changes_nothing),
		cmocka_unit_test(a_gap_is_known_until_the_tree_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
