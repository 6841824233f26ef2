/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi/options.c: load options of shells, boot entries and rubbish. */
#include "boot/efi/options.h"

#include "tests/host/test.h"

#include "lib/port.h"

/* ASCII as UTF-16, in exactly its bytes, without a terminator. */
static size_t
convert(const char *ascii, size_t count, char *text, size_t size, bool *is_text)
{
	uint8_t *wide = calloc(1, 2 * count + 1);
	size_t i, len;

	for (i = 0; i < count; i++)
		wide[2 * i] = ascii[i];
	len = options_text(wide, 2 * count, text, size, is_text);
	free(wide);
	return len;
}

static void
test_text_comes_through(void **state)
{
	static const struct {
		const char *options, *text;
	} cases[] = {
		{ "", "" },
		{ "app=echo", "app=echo" },
		{ "app=echo hostname=r1", "app=echo hostname=r1" },
		{ "BOOTX64.EFI", "" },
		{ "bootx64.efi   app=echo", "app=echo" },
		{ "fs0:\\EFI\\fairlead.Efi a b", "a b" },
		{ ".efi x", "x" },
		{ "x.efi=1", "x.efi=1" },
		{ "efi x", "efi x" },
		{ " x.efi", " x.efi" },
	};
	char text[64];
	bool is_text;
	unsigned int i;

	for (i = 0; i < array_len(cases); i++) {
		assert_int_equal(convert(cases[i].options,
					 strlen(cases[i].options), text,
					 sizeof(text), &is_text),
				 strlen(cases[i].text));
		assert_true(is_text);
		assert_string_equal(text, cases[i].text);
	}
}

static void
test_a_terminator_ends_it(void **state)
{
	char text[16];
	bool is_text;

	assert_int_equal(convert("ab\0\xff", 4, text, sizeof(text), &is_text),
			 2);
	assert_true(is_text);
	assert_string_equal(text, "ab");
}

static void
test_rubbish_is_no_text(void **state)
{
	static const uint8_t wide[] = { 'a', 0, 'b', 1 };
	char text[16] = "before";
	bool is_text;

	assert_int_equal(convert("a\x01", 2, text, sizeof(text), &is_text), 0);
	assert_false(is_text);
	assert_string_equal(text, "");
	assert_int_equal(options_text(wide, 4, text, sizeof(text), &is_text),
			 0);
	assert_false(is_text);
	/* Half a character is none. */
	assert_int_equal(options_text(wide, 3, text, sizeof(text), &is_text),
			 1);
	assert_true(is_text);
}

static void
test_too_much_is_cut(void **state)
{
	char text[5];
	bool is_text;

	assert_int_equal(convert("123456", 6, text, sizeof(text), &is_text), 4);
	assert_string_equal(text, "1234");
	assert_int_equal(convert("a.efi b", 7, text, sizeof(text), &is_text),
			 4);
	assert_string_equal(text, "a.ef");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_comes_through),
		cmocka_unit_test(test_a_terminator_ends_it),
		cmocka_unit_test(test_rubbish_is_no_text),
		cmocka_unit_test(test_too_much_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
