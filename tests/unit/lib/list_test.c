/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/list.h against an array that holds the same order. */
#include "tests/host/test.h"

#include "lib/list.h"

struct item {
	int number;
	struct list link;
};

static void
expect(struct list *head, const int *numbers, size_t count)
{
	struct list *link = head;
	struct item *it;
	size_t i = 0;

	list_for_each(it, head, link) {
		assert_true(i < count);
		assert_int_equal(it->number, numbers[i++]);
	}
	assert_int_equal(i, count);
	while (i-- > 0) {
		link = link->prev;
		assert_int_equal(list_entry(link, struct item, link)->number,
				 numbers[i]);
	}
	assert_ptr_equal(link->prev, head);
	assert_int_equal(list_empty(head), count == 0);
}

static void
test_order(void **state)
{
	struct item item[5];
	struct list head;
	int i;

	for (i = 0; i < 5; i++)
		item[i].number = i;
	list_init(&head);
	expect(&head, NULL, 0);
	list_add_last(&head, &item[1].link);
	expect(&head, (const int[]){ 1 }, 1);
	list_add_first(&head, &item[0].link);
	list_add_last(&head, &item[3].link);
	list_add_after(&item[1].link, &item[2].link);
	list_add_after(&item[3].link, &item[4].link);
	expect(&head, (const int[]){ 0, 1, 2, 3, 4 }, 5);
	list_remove(&item[2].link);
	list_remove(&item[0].link);
	list_remove(&item[4].link);
	expect(&head, (const int[]){ 1, 3 }, 2);
}

static void
test_removing_twice_is_harmless(void **state)
{
	struct item item[2] = { { .number = 1 }, { .number = 2 } };
	struct list head;

	list_init(&head);
	list_add_last(&head, &item[0].link);
	list_add_last(&head, &item[1].link);
	list_remove(&item[0].link);
	assert_true(list_empty(&item[0].link));
	list_remove(&item[0].link);
	expect(&head, (const int[]){ 2 }, 1);
	list_remove(&item[1].link);
	expect(&head, NULL, 0);
}

static void
test_freeing_inside_the_loop(void **state)
{
	struct item *it, *after;
	struct list head;
	int i, sum = 0;

	list_init(&head);
	for (i = 0; i < 10; i++) {
		it = malloc(sizeof(*it));
		it->number = i;
		list_add_first(&head, &it->link);
	}
	list_for_each_safe(it, after, &head, link) {
		sum += it->number;
		if (it->number % 2 == 0) {
			list_remove(&it->link);
			free(it);
		}
	}
	assert_int_equal(sum, 45);
	expect(&head, (const int[]){ 9, 7, 5, 3, 1 }, 5);
	list_for_each_safe(it, after, &head, link)
		free(it);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_removing_twice_is_harmless),
		cmocka_unit_test(test_freeing_inside_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
