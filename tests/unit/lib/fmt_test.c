/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/fmt.c against the C library's snprintf, and what it has beyond it. */
#include "tests/host/test.h"

#include "lib/fmt.h"
#include "lib/port.h"

/* Both must agree on the text, on the length and on what is cut. */
/* Without the attribute: half of the cases are what gcc warns about. */
static void
same(const char *fmt, ...)
{
	static const size_t sizes[] = { 512, 0, 1, 2, 7 };
	char ours[513], theirs[513];
	size_t len, i;
	va_list args;
	int want;

	for (i = 0; i < array_len(sizes); i++) {
		memset(ours, '~', sizeof(ours));
		memset(theirs, '~', sizeof(theirs));
		va_start(args, fmt);
		want = vsnprintf(theirs, sizes[i], fmt, args);
		va_end(args);
		va_start(args, fmt);
		len = fmt_vprint(ours, sizes[i], fmt, args);
		va_end(args);
		if (len != (size_t)want ||
		    memcmp(ours, theirs,
			   sizes[i] == 0 ? 1 : strlen(theirs) + 1))
			fail_msg("\"%s\" size %zu: \"%.80s\" (%zu), not "
				 "\"%.80s\" (%d)",
				 fmt, sizes[i], ours, len, theirs, want);
		assert_int_equal(ours[sizes[i]], '~');
	}
}

static void
test_plain_text_and_percent(void **state)
{
	same("");
	same("plain");
	same("100%%");
	same("%%%s%%", "x");
}

static void
test_strings_and_characters(void **state)
{
	static const char unterminated[3] = { 'a', 'b', 'c' };
	const char *volatile nobody = NULL;
	char text[32];

	same("%s|%10s|%-10s|%.2s|%5.1s|%-5.0s|", "abc", "abc", "abc", "abc",
	     "abc", "abc");
	same("%*s|%-*s|%.*s|%.*s", 6, "ab", 6, "ab", 1, "ab", -1, "ab");
	same("%*s|", -6, "ab");
	same("%.3s", unterminated);
	same("%c%5c%-5c|", 'a', 'b', 'c');
	assert_int_equal(fmt_print(text, sizeof(text), "%c", 0), 1);
	fmt_print(text, sizeof(text), "%s", nobody);
	assert_string_equal(text, "(null)");
}

static void
test_integer_edges(void **state)
{
	same("%d %d %d %i", 0, INT32_MAX, INT32_MIN, -1);
	same("%ld %ld %lld %lld", INT64_MAX, INT64_MIN, (long long)INT64_MAX,
	     (long long)INT64_MIN);
	same("%hhd %hhd %hhu %hhx", 200, -200, 300, 511);
	same("%hd %hd %hu %hx", 40000, -40000, 70000, 65537);
	same("%zu %zx %zd", SIZE_MAX, SIZE_MAX, (ssize_t)-5);
	same("%u %x %X %o", UINT32_MAX, UINT32_MAX, 0xabcdefu, UINT32_MAX);
	same("%lo %#lo", UINT64_MAX, UINT64_MAX);
	same("%#x %#X %#o %#x %#o", 255, 255, 8, 0, 0);
	same("%.0d|%.0u|%.0x|%#.0o|%5.0d|%+.0d", 0, 0, 0, 0, 0, 0);
	same("%.*d|%.*x|%*d|%0*d", 0, 0, 0, 0, 0, 5, 4, 5);
	same("%+d % d %+d % d %+ d", 5, 5, -5, -5, 5);
	same("%08d|%-8d|%8d|%+08d|% 08d|%08.3d|%-08d|", -42, -42, -42, 42, 42,
	     42, 42);
	same("%#010x|%#-10x|%#10x|%#10.4x|%#.10o", 0xab, 0xab, 0xab, 0xab, 8);
	same("%40.35d|%-40.35d|%.100d", 7, 7, 7);
}

/* A directive of random parts; one '*' or digits for width and precision. */
static void
random_directive(struct random *random, char *fmt, const char *letters,
		 const char *size)
{
	unsigned int i;

	*fmt++ = '%';
	for (i = 0; i < 5; i++)
		if (random_below(random, 4) == 0)
			*fmt++ = "-0+ #"[i];
	if (random_below(random, 2))
		fmt += sprintf(fmt, "%u", 1 + random_below(random, 30));
	if (random_below(random, 2))
		fmt += sprintf(fmt, ".%u", random_below(random, 30));
	sprintf(fmt, "%s%c|", size,
		letters[random_below(random, (uint32_t)strlen(letters))]);
}

static void
test_random_integers_match_libc(void **state)
{
	static const char *const sizes[] = { "", "hh", "h", "l", "ll", "z" };
	struct random random = test_random();
	char fmt[64];
	const char *size;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		size = sizes[random_below(&random, array_len(sizes))];
		value = random_u64(&random) >> random_below(&random, 64);
		if (random_below(&random, 2))
			value = -value;
		random_directive(&random, fmt, "diuxXo", size);
		if (strchr("lz", size[0]) != NULL && size[0] != '\0')
			same(fmt, value);
		else
			same(fmt, (int)value);
	}
}

static void
test_random_strings_match_libc(void **state)
{
	struct random random = test_random();
	char fmt[64], text[40];
	unsigned int i, len;

	for (i = 0; i < 5000; i++) {
		len = random_below(&random, sizeof(text));
		memset(text, 'a' + (int)(i % 26), len);
		text[len] = '\0';
		sprintf(fmt, "<%%%s%u.%us>", i & 1 ? "-" : "",
			1 + random_below(&random, 50),
			random_below(&random, 50));
		same(fmt, text);
	}
}

static void
test_pointers_and_addresses(void **state)
{
	uint32_t addr = 0x0a000201, edge = 0xffffffff;
	uint8_t mac[6] = { 0x02, 0x00, 0x5e, 0xab, 0x0c, 0xff };
	char text[128];

	fmt_print(text, sizeof(text), "%pI4,%pM,%pI4!", &addr, mac, &edge);
	assert_string_equal(text,
			    "10.0.2.1,02:00:5e:ab:0c:ff,255.255.255.255!");
	fmt_print(text, sizeof(text), "%-18pI4|%18pI4|%20pM|", &addr, &addr,
		  mac);
	assert_string_equal(text, "10.0.2.1          |          10.0.2.1|"
				  "   02:00:5e:ab:0c:ff|");
	same("%p %20p|%-20p|", (void *)0x1234abcd, (void *)0x1, (void *)0x2);
	/* Where the C library says (nil), we show the value. */
	fmt_print(text, sizeof(text), "%p %pI", (void *)0, (void *)0x10);
	assert_string_equal(text, "0x0 0x10I");
}

static void
test_unknown_conversions_are_shown(void **state)
{
	char text[64];
	const char *fmt = "%q %5f %";

	fmt_print(text, sizeof(text), fmt, 0);
	assert_string_equal(text, fmt);
}

static void
test_monstrous_width_is_survived(void **state)
{
	char text[8];
	const char *fmt = "%0000000065536d";

	assert_int_equal(fmt_print(text, sizeof(text), fmt, 1), 65536);
	assert_string_equal(text, "0000000");
	assert_int_equal(fmt_print(text, sizeof(text), "%.*s", INT32_MAX, "x"),
			 1);
}

static void
test_out_buf_counts_what_is_cut(void **state)
{
	struct out_buf buf;
	char text[8];

	out_buf_init(&buf, text, sizeof(text));
	assert_string_equal(text, "");
	out_printf(&buf.out, "%d", 12345);
	assert_int_equal(buf.cut_len, 0);
	out_puts(&buf.out, "abc");
	assert_string_equal(text, "12345ab");
	assert_int_equal(buf.len, 7);
	assert_int_equal(buf.cut_len, 1);
	out_puts(&buf.out, "more");
	assert_string_equal(text, "12345ab");
	assert_int_equal(buf.cut_len, 5);
	out_buf_init(&buf, text, 1);
	out_puts(&buf.out, "x");
	assert_string_equal(text, "");
	assert_int_equal(buf.cut_len, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_and_percent),
		cmocka_unit_test(test_strings_and_characters),
		cmocka_unit_test(test_integer_edges),
		cmocka_unit_test(test_random_integers_match_libc),
		cmocka_unit_test(test_random_strings_match_libc),
		cmocka_unit_test(test_pointers_and_addresses),
		cmocka_unit_test(test_unknown_conversions_are_shown),
		cmocka_unit_test(test_monstrous_width_is_survived),
		cmocka_unit_test(test_out_buf_counts_what_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
