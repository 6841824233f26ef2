/* SPDX-License-Identifier: BSD-2-Clause */
/* boot/efi/bootp.c: DHCP answers, whole, odd and cut at every byte. */
#include "boot/efi/bootp.h"

#include "tests/host/test.h"

#include "lib/port.h"

#define OPTIONS_AT 240u

struct answer {
	uint8_t bytes[600];
	size_t len;
};

static void
setup(struct answer *a, const char *file, const void *options,
      size_t options_len)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99 };
	static const uint8_t mac[] = { 0x52, 0x54, 0, 0x12, 0x34, 0xfe };
	static const uint8_t server[] = { 10, 0, 2, 2 };

	memset(a, 0, sizeof(*a));
	a->bytes[0] = 2;
	a->bytes[1] = 1;
	a->bytes[2] = 6;
	memcpy(a->bytes + 20, server, 4);
	memcpy(a->bytes + 28, mac, 6);
	strncpy((char *)a->bytes + 108, file, 128);
	memcpy(a->bytes + 236, cookie, 4);
	memcpy(a->bytes + OPTIONS_AT, options, options_len);
	a->len = OPTIONS_AT + options_len;
}

/* From exactly its bytes, so that a byte too far is seen. */
static bool
parse(const struct answer *a, size_t len, struct bootp_source *source)
{
	uint8_t *bytes = malloc(len ? len : 1);
	bool good;

	memcpy(bytes, a->bytes, len);
	good = bootp_parse(bytes, len, source);
	free(bytes);
	return good;
}

static void
names_are_beside_our_file(void **state)
{
	static const struct {
		const char *file, *own, *common;
	} cases[] = {
		{ "BOOTX64.EFI", "fairlead-52-54-00-12-34-fe.conf",
		  "fairlead.conf" },
		{ "/a/b/x.efi", "/a/b/fairlead-52-54-00-12-34-fe.conf",
		  "/a/b/fairlead.conf" },
		{ "boot\\x64\\x.efi",
		  "boot\\x64\\fairlead-52-54-00-12-34-fe.conf",
		  "boot\\x64\\fairlead.conf" },
	};
	char name[BOOTP_NAME_MAX];
	struct bootp_source source;
	struct answer a;

	for (unsigned int i = 0; i < array_len(cases); i++) {
		setup(&a, cases[i].file, "\xff", 1);
		assert_true(parse(&a, a.len, &source));
		assert_memory_equal(source.server, "\x0a\0\x02\x02", 4);
		assert_true(bootp_own_name(&source, name));
		assert_string_equal(name, cases[i].own);
		assert_true(bootp_common_name(&source, name));
		assert_string_equal(name, cases[i].common);
	}
}

/* [RFC2132 9.3 9.5 9.7] */
static void
options_speak_where_fields_do_not(void **state)
{
	static const uint8_t file[] = { 0, 0, 67, 5, 'd', '/', 'x', 'y', 'z' };
	static const uint8_t self[] = { 53, 1, 5, 54, 4, 192, 0, 2, 9, 255 };
	static const uint8_t load[] = { 52, 1, 1, 255 };
	struct bootp_source source;
	struct answer a;

	setup(&a, "other/name", file, sizeof(file));
	assert_true(parse(&a, a.len, &source));
	assert_string_equal(source.directory, "d/");
	setup(&a, "x", self, sizeof(self));
	memset(a.bytes + 20, 0, 4);
	assert_true(parse(&a, a.len, &source));
	assert_memory_equal(source.server, self + 5, 4);
	/* The field of the file holds more options, not a name. */
	setup(&a, "x", load, sizeof(load));
	assert_false(parse(&a, a.len, &source));
}

static void
what_names_nothing_is_refused(void **state)
{
	static const uint8_t beyond[] = { 67, 200, 'a' };
	static const uint8_t half[] = { 67 };
	struct bootp_source source;
	char longest[129];
	struct answer a;

	setup(&a, "", "\xff", 1);
	assert_false(parse(&a, a.len, &source));
	setup(&a, "caf\xc3\xa9", "\xff", 1);
	assert_false(parse(&a, a.len, &source));
	setup(&a, "x", "\xff", 1);
	memset(a.bytes + 20, 0, 4);
	assert_false(parse(&a, a.len, &source));
	for (size_t i = 0; i < 3; i++) {
		setup(&a, "x", "\xff", 1);
		a.bytes[i]++;
		assert_false(parse(&a, a.len, &source));
	}
	for (size_t len = 0; len < OPTIONS_AT; len++)
		assert_false(parse(&a, len, &source));
	/* An option that runs beyond the end is none; the field stands. */
	setup(&a, "d/x", beyond, sizeof(beyond));
	assert_true(parse(&a, a.len, &source));
	assert_string_equal(source.directory, "d/");
	setup(&a, "d/x", half, sizeof(half));
	assert_true(parse(&a, a.len, &source));
	/* A field that is full has no terminator. */
	memset(longest, 'd', sizeof(longest));
	longest[127] = '/';
	longest[128] = '\0';
	setup(&a, longest, "\xff", 1);
	assert_true(parse(&a, a.len, &source));
	assert_int_equal(source.directory_len, 128);
}

static void
names_too_long_are_refused(void **state)
{
	char name[BOOTP_NAME_MAX];
	struct bootp_source source;
	uint8_t file[255 + 2] = { 67, 255 };
	struct answer a;

	memset(file + 2, 'd', 255);
	file[2 + 240] = '/';
	setup(&a, "", file, sizeof(file));
	assert_true(parse(&a, a.len, &source));
	assert_false(bootp_own_name(&source, name));
	assert_true(bootp_common_name(&source, name));
	assert_int_equal(strlen(name), 241 + strlen("fairlead.conf"));
	file[2 + 240] = 'd';
	file[2 + 254] = '/';
	setup(&a, "", file, sizeof(file));
	assert_true(parse(&a, a.len, &source));
	assert_false(bootp_common_name(&source, name));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_beside_our_file),
		cmocka_unit_test(options_speak_where_fields_do_not),
		cmocka_unit_test(what_names_nothing_is_refused),
		cmocka_unit_test(names_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
