/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/shell/filter.c and pattern.c: lines through pipes. */
#include "tests/host/test.h"

#include <regex.h>

#include "apps/shell/filter.h"
#include "lib/hash.h"
#include "lib/port.h"

static char text[65536];

/* What "text | words" gives, fed in pieces of a size. */
static const char *
through(const char *input, size_t piece, const char *const *words,
	unsigned int count, int *status)
{
	static struct filter filter;
	static struct filter_tail tail;
	struct out_buf buf;
	size_t len = strlen(input);
	const char *wrong;

	out_buf_init(&buf, text, sizeof(text));
	wrong = filter_init(&filter, (char *const *)(uintptr_t)words, count,
			    &buf.out, &tail);
	if (wrong != NULL)
		return wrong;
	for (size_t at = 0; at < len; at += piece)
		out_write(&filter.out, input + at, min_of(piece, len - at));
	while (filter_finish(&filter))
		;
	*status = filter_status(&filter);
	return text;
}

#define FILTER(input, piece, status, ...)                                      \
	through(input, piece, (const char *[]){ __VA_ARGS__ },                 \
		array_len(((const char *[]){ __VA_ARGS__ })), status)

static void
test_filters(void **state)
{
	static const char lines[] = "one\ntwo\nthree\nfour\n";
	static const size_t pieces[] = { 1, 3, 100 };
	int status;

	for (unsigned int i = 0; i < array_len(pieces); i++) {
		size_t p = pieces[i];

		assert_string_equal(FILTER(lines, p, &status, "grep", "o"),
				    "one\ntwo\nfour\n");
		assert_int_equal(status, 0);
		assert_string_equal(FILTER(lines, p, &status, "grep", "-v",
					   "o"),
				    "three\n");
		assert_string_equal(FILTER(lines, p, &status, "grep", "-ci",
					   "O"),
				    "3\n");
		assert_string_equal(FILTER(lines, p, &status, "grep", "x"), "");
		assert_int_equal(status, 1);
		assert_string_equal(FILTER(lines, p, &status, "grep", "-q",
					   "one"),
				    "");
		assert_int_equal(status, 0);
		assert_string_equal(FILTER(lines, p, &status, "include",
					   "one|four"),
				    "one\nfour\n");
		assert_string_equal(FILTER(lines, p, &status, "exclude", "o"),
				    "three\n");
		assert_string_equal(FILTER(lines, p, &status, "begin", "th"),
				    "three\nfour\n");
		assert_string_equal(FILTER(lines, p, &status, "head", "-n",
					   "2"),
				    "one\ntwo\n");
		assert_string_equal(FILTER(lines, p, &status, "head", "-1"),
				    "one\n");
		assert_string_equal(FILTER(lines, p, &status, "tail", "-n2"),
				    "three\nfour\n");
		assert_string_equal(FILTER(lines, p, &status, "tail"), lines);
		assert_string_equal(FILTER(lines, p, &status, "wc", "-l"),
				    "4\n");
		assert_string_equal(FILTER(lines, p, &status, "count"), "4\n");
		assert_string_equal(FILTER(lines, p, &status, "wc"),
				    "      4       4      19\n");
	}
	/* A last line without a line break counts. */
	assert_string_equal(FILTER("a\nb", 1, &status, "tail", "-1"), "b\n");
	assert_string_equal(FILTER("a\nb", 1, &status, "grep", "b"), "b");
}

static void
test_mistakes(void **state)
{
	int status;

	assert_string_equal(FILTER("", 1, &status, "grep"),
			    "takes one pattern");
	assert_string_equal(FILTER("", 1, &status, "grep", "-z", "x"),
			    "knows the options -v -i -c -q -E");
	assert_string_equal(FILTER("", 1, &status, "grep", "[a"),
			    "a [ or \\ has no end");
	assert_string_equal(FILTER("", 1, &status, "grep", "-E", "(a)"),
			    "groups and counts are not supported");
	assert_string_equal(FILTER("", 1, &status, "head", "x"),
			    "takes -n and a number of lines");
	assert_string_equal(FILTER("", 1, &status, "wc", "-c"),
			    "takes nothing but -l");
	assert_true(filter_exists("begin"));
	assert_false(filter_exists("cat"));
}

/* Long input: tail keeps what fits, nothing grows. */
static void
test_tail_is_bounded(void **state)
{
	static char input[200000];
	size_t len = 0;
	int status;

	for (unsigned int i = 0; i < 20000; i++)
		len += (size_t)snprintf(input + len, sizeof(input) - len,
					"%u\n", i);
	assert_string_equal(FILTER(input, 1000, &status, "tail", "-n", "3"),
			    "19997\n19998\n19999\n");
	FILTER(input, 1000, &status, "tail", "-n", "100000");
	assert_true(strlen(text) <= FILTER_TAIL_LEN);
	assert_string_equal(text + strlen(text) - 6, "19999\n");
}

static void
test_a_line_too_long_is_taken_in_parts(void **state)
{
	static char input[3 * FILTER_LINE_MAX];
	int status;

	memset(input, 'x', sizeof(input) - 1);
	assert_string_equal(FILTER(input, 100, &status, "wc", "-l"), "4\n");
}

/* The C library's regular expressions are the model. */
static void
test_patterns_against_the_c_library(void **state)
{
	static const char *const atoms[] = {
		"a", "b", ".", "[ab]", "[^a]", "[a-c]", "c", "\\.", "^", "$",
	};
	static const char *const repeats[] = { "", "", "", "*", "+", "?" };
	char expr[64], line[16];
	struct pattern pattern;
	struct random random;
	uint8_t seed[32] = { 1 };
	unsigned int compared = 0;
	regex_t regex;

	random_init(&random, seed);
	for (unsigned int i = 0; i < 4000; i++) {
		expr[0] = '\0';
		for (uint32_t n = random_below(&random, 5); n > 0; n--) {
			uint32_t a = random_below(&random, 8);

			strcat(expr, atoms[a]);
			strcat(expr, repeats[random_below(&random, 6)]);
			if (n > 1 && random_below(&random, 6) == 0)
				strcat(expr, "|");
		}
		if (random_below(&random, 4) == 0) {
			memmove(expr + 1, expr, strlen(expr) + 1);
			expr[0] = '^';
		}
		if (random_below(&random, 4) == 0)
			strcat(expr, "$");
		if (expr[0] == '\0' || expr[strlen(expr) - 1] == '|' ||
		    strstr(expr, "||") != NULL ||
		    regcomp(&regex, expr, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		assert_null(pattern_parse(&pattern, expr, true, false));
		for (unsigned int k = 0; k < 20; k++) {
			uint32_t len = random_below(&random, 8);

			for (uint32_t c = 0; c < len; c++)
				line[c] = "abc.d"[random_below(&random, 5)];
			line[len] = '\0';
			if (pattern_matches(&pattern, line, len) !=
			    (regexec(&regex, line, 0, NULL, 0) == 0))
				fail_msg("\"%s\" and \"%s\"", expr, line);
			compared++;
		}
		regfree(&regex);
	}
	assert_true(compared > 10000);
}

/* What makes backtracking matchers take years. */
static void
test_patterns_take_no_time(void **state)
{
	static char line[FILTER_LINE_MAX];
	struct pattern pattern;

	memset(line, 'a', sizeof(line));
	assert_null(pattern_parse(&pattern,
				  "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", false,
				  false));
	for (unsigned int i = 0; i < 100; i++)
		assert_false(pattern_matches(&pattern, line, sizeof(line)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_tail_is_bounded),
		cmocka_unit_test(test_a_line_too_long_is_taken_in_parts),
		cmocka_unit_test(test_patterns_against_the_c_library),
		cmocka_unit_test(test_patterns_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
