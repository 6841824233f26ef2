/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of cmocka that the unit tests use, for programs in which every
 * allocation fails once (refuse.h): a test whose expectations are not met
 * because memory was refused gives up, where cmocka would fail it.
 */
#include "tests/host/test.h"

#include <errno.h>
#include <unistd.h>

#include "tests/alloc/refuse.h"

static _Noreturn void
unmet(const char *file, int line, const char *what)
{
	printf("%s:%d: %s\n", file, line, what);
	fflush(NULL);
	refuse_gives_up();
	_exit(1);
}

void
_fail(const char *const file, const int line)
{
	unmet(file, line, "failed");
}

void
_assert_true(const LargestIntegralType result, const char *const expression,
	     const char *const file, const int line)
{
	if (!result)
		unmet(file, line, expression);
}

void
_assert_int_equal(const LargestIntegralType a, const LargestIntegralType b,
		  const char *const file, const int line)
{
	if (a != b) {
		printf("%llx is not %llx\n", (unsigned long long)a,
		       (unsigned long long)b);
		unmet(file, line, "not equal");
	}
}

void
_assert_int_not_equal(const LargestIntegralType a, const LargestIntegralType b,
		      const char *const file, const int line)
{
	if (a == b)
		unmet(file, line, "equal");
}

void
_assert_string_equal(const char *const a, const char *const b,
		     const char *const file, const int line)
{
	if (strcmp(a, b) != 0)
		unmet(file, line, "strings differ");
}

void
_assert_string_not_equal(const char *const a, const char *const b,
			 const char *file, const int line)
{
	if (strcmp(a, b) == 0)
		unmet(file, line, "strings equal");
}

void
_assert_memory_equal(const void *const a, const void *const b,
		     const size_t size, const char *const file, const int line)
{
	if (size > 0 && memcmp(a, b, size) != 0)
		unmet(file, line, "bytes differ");
}

void
_assert_memory_not_equal(const void *const a, const void *const b,
			 const size_t size, const char *const file,
			 const int line)
{
	if (size == 0 || memcmp(a, b, size) == 0)
		unmet(file, line, "bytes equal");
}

void
_assert_in_range(const LargestIntegralType value,
		 const LargestIntegralType minimum,
		 const LargestIntegralType maximum, const char *const file,
		 const int line)
{
	if (value < minimum || value > maximum)
		unmet(file, line, "out of range");
}

void
print_message(const char *const format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void
print_error(const char *const format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

static void
one_test(void *ctx)
{
	const struct CMUnitTest *test = ctx;
	void *state = test->initial_state;

	if (test->setup_func && test->setup_func(&state) != 0)
		unmet(test->name, 0, "its set-up failed");
	test->test_func(&state);
	if (test->teardown_func && test->teardown_func(&state) != 0)
		unmet(test->name, 0, "its tear-down failed");
}

int
_cmocka_run_group_tests(const char *group_name,
			const struct CMUnitTest *const tests,
			const size_t num_tests, CMFixtureFunction group_setup,
			CMFixtureFunction group_teardown)
{
	struct refuse_totals totals = { 0 };

	if (group_setup || group_teardown)
		unmet(group_name, 0, "fixtures of a group are not known here");
	for (size_t i = 0; i < num_tests; i++) {
		struct CMUnitTest test = tests[i];

		refuse_each(test.name, one_test, &test, &totals);
	}
	return refuse_report(program_invocation_name, &totals);
}
