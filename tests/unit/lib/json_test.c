/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON that strangers send. [RFC8259] */
#include "lib/json.h"

#include <string.h>

#include "lib/port.h"
#include "tests/host/test.h"

static void
test_valid(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		" { } ",
		"0",
		"-0.5e+10",
		"\"\"",
		"true",
		"null",
		"{\"a\":1}",
		"[1,[2,{\"b\":[]}],\"x\\u00e9\\\"\"]",
		"{\"a\":{\"b\":{}},\"c\":[{}, {}]}\n",
		"\t[\r\nfalse,\t1E-5]\r",
		"\"\\uABcd\\u09Ff\"",
	};
	static const char *const bad[] = {
		"",	   "{",		  "}",	    "{\"a\"}",	  "{\"a\":}",
		"{a:1}",   "[1,]",	  "[1 2]",  "{\"a\":1,}", "01",
		"1.",	   "1e",	  "-",	    "tru",	  "\"a",
		"\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[1}",	  "{\"a\":1]",
		"fals",	   "\"\\u00G0\"", "[]]",    "1 2",	  "+1",
		"nul l",
	};

	for (unsigned int i = 0; i < array_len(good); i++)
		if (!json_valid(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	for (unsigned int i = 0; i < array_len(bad); i++)
		if (json_valid(bad[i], strlen(bad[i])))
			fail_msg("accepted: %s", bad[i]);
}

static void
test_nesting_is_bounded(void **state)
{
	char text[256];

	for (unsigned int depth = 1; depth < 100; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(json_valid(text, 2 * depth),
				 depth <= JSON_DEPTH_MAX);
	}
}

/* Cut anywhere, it is not valid, and nothing is read behind the end. */
static void
test_truncated(void **state)
{
	static const char text[] =
		"{\"time\":10,\"x\":[1,{\"y\":\"\\u0041\"}],\"z\":-1.5e3,"
		"\"t\":true}";
	size_t len = sizeof(text) - 1;

	assert_true(json_valid(text, len));
	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut + (cut == 0));

		memcpy(copy, text, cut);
		assert_false(json_valid(copy, cut));
		free(copy);
	}
}

static void
test_members(void **state)
{
	static const char text[] = "{\"a\" : 1, \"nested\":{\"b\":2},"
				   "\"b\":[3], \"s\":\"hi\\n\",\"a\":4}";
	struct json value;
	uint64_t number;

	assert_true(json_member(text, strlen(text), "a", &value));
	assert_true(json_u64(&value, &number));
	assert_int_equal(number, 1);
	assert_true(json_member(text, strlen(text), "b", &value));
	assert_int_equal(value.kind, JSON_ARRAY);
	assert_int_equal(value.len, 3);
	assert_true(json_member(text, strlen(text), "s", &value));
	assert_int_equal(value.kind, JSON_STRING);
	assert_memory_equal(value.text, "hi\\n", 4);
	assert_int_equal(value.len, 4);
	assert_false(json_member(text, strlen(text), "c", &value));
	assert_false(json_member(text, strlen(text), "", &value));
	assert_false(json_member("[]", 2, "a", &value));
	assert_false(json_member("{}", 2, "a", &value));
	assert_false(json_u64(&value, &number));
}

static void
test_kinds(void **state)
{
	static const char text[] = "{\"o\":{\"x\":1},\"a\":[],\"s\":\"\","
				   "\"t\":true,\"f\":false,\"n\":null,"
				   "\"i\":-7}";
	static const struct {
		const char *name;
		enum json_kind kind;
		size_t len;
	} members[] = {
		{ "o", JSON_OBJECT, 7 }, { "a", JSON_ARRAY, 2 },
		{ "s", JSON_STRING, 0 }, { "t", JSON_TRUE, 4 },
		{ "f", JSON_FALSE, 5 },	 { "n", JSON_NULL, 4 },
		{ "i", JSON_NUMBER, 2 },
	};
	struct json value;
	uint64_t number;

	for (size_t i = 0; i < array_len(members); i++) {
		assert_true(json_member(text, strlen(text), members[i].name,
					&value));
		assert_int_equal(value.kind, members[i].kind);
		assert_int_equal(value.len, members[i].len);
		/* None of them is a number without a sign. */
		assert_false(json_u64(&value, &number));
	}
}

/* An object that is broken before or in a member has no such member. */
static void
test_members_of_broken_objects(void **state)
{
	static const char *const broken[] = {
		"{\"x\" 1,\"a\":2}", "{\"x\":tru,\"a\":2}",
		"{\"a\":fals}",	     "{x:1,\"a\":2}",
		"[\"a\"]",
	};
	struct json value;

	for (size_t i = 0; i < array_len(broken); i++)
		assert_false(
			json_member(broken[i], strlen(broken[i]), "a", &value));
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t number;
	} cases[] = {
		{ "0", true, 0 },
		{ "18446744073709551609", true, 18446744073709551609ull },
		{ "99999999999999999999", false, 0 },
		{ "-1", false, 0 },
		{ "1.9", true, 1 },
		{ "1.5e3", true, 1500 },
		{ "1e+10", true, 10000000000 },
		{ "1E2", true, 100 },
		{ "1.99999999999999999999999999", true, 1 },
		{ "1e99999", false, 0 },
		{ "123e-2", true, 1 },
		{ "0e99999", true, 0 },
		{ "0.00000000000000000000000000001", true, 0 },
	};

	for (unsigned int i = 0; i < array_len(cases); i++) {
		const struct json value = { JSON_NUMBER, cases[i].text,
					    strlen(cases[i].text) };
		uint64_t number = 0;

		if (json_u64(&value, &number) != cases[i].good ||
		    number != cases[i].number)
			fail_msg("%s: %llu", cases[i].text,
				 (unsigned long long)number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_members_of_broken_objects),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
