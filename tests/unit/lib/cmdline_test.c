/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of the kernel command line. */
#include "tests/host/test.h"

#include "lib/cmdline.h"

static void
finds(const char *cmdline, const char *key, const char *want)
{
	char value[8] = "before";

	assert_true(cmdline_value(cmdline, key, value, sizeof(value)));
	assert_string_equal(value, want);
}

static void
misses(const char *cmdline, const char *key)
{
	char value[8] = "before";

	assert_false(cmdline_value(cmdline, key, value, sizeof(value)));
	assert_string_equal(value, "before");
}

static void
value_of_a_word(void **state)
{
	finds("panic=halt", "panic", "halt");
	finds("a=1 panic=halt b=2", "panic", "halt");
	finds("  \t panic=halt\n", "panic", "halt");
	finds("x=a=b", "x", "a=b");
	finds("x=", "x", "");
	finds("quiet", "quiet", "");
	finds("a=1\r\nb=2\r\n", "b", "2");
}

static void
last_word_counts(void **state)
{
	finds("x=1 x=2", "x", "2");
	finds("x=1 x", "x", "");
}

static void
only_whole_keys_match(void **state)
{
	misses("", "x");
	misses("   ", "x");
	misses("xy=1", "x");
	misses("yx=1", "x");
	misses("a=x", "x");
	misses("x-y", "x");
	misses("x ", "");
}

static void
long_value_is_cut(void **state)
{
	finds("x=0123456789", "x", "0123456");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_of_a_word),
		cmocka_unit_test(last_word_counts),
		cmocka_unit_test(only_whole_keys_match),
		cmocka_unit_test(long_value_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
