/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/str.c: what it takes, what it refuses; refusing changes nothing. */
#include "tests/host/test.h"

#include "lib/fmt.h"
#include "lib/port.h"
#include "lib/str.h"

static void
test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 },
		{ "7", 7 },
		{ "1500", 1500 },
		{ "4294967295", UINT32_MAX },
		{ "18446744073709551615", UINT64_MAX },
		{ "0x0", 0 },
		{ "0xff", 255 },
		{ "0XfFfF", 65535 },
		{ "0xAa09", 0xaa09 },
		{ "0xffffffffffffffff", UINT64_MAX },
		{ "0x0000000000000000000001", 1 },
		{ "00", 0 },
		{ "017", 15 },
		{ "01777777777777777777777", UINT64_MAX },
	};
	uint64_t value;
	uint32_t narrow;
	size_t i;

	for (i = 0; i < array_len(good); i++) {
		value = 42;
		assert_true(str_u64(good[i].text, &value));
		assert_true(value == good[i].value);
		narrow = 42;
		assert_int_equal(str_u32(good[i].text, &narrow),
				 good[i].value <= UINT32_MAX);
		assert_int_equal(narrow, good[i].value <= UINT32_MAX
						 ? (uint32_t)good[i].value
						 : 42);
	}
}

static void
test_malformed_numbers(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"0x",
		"0X",
		" 1",
		"1 ",
		"1\n",
		"+1",
		"-1",
		"1.0",
		"1e3",
		"08",
		"0xg",
		"0x/",
		"0x:",
		"0x@",
		"0xG",
		"0x`",

		"0x-1",
		"0x 1",
		"00x1",
		"1_000",
		"1k",
		"ff",
		"\xb2",
		"1\xb2",
		"--",
		"0b1",
		"0x0x1",
		"18446744073709551616",
		"99999999999999999999",
		"184467440737095516150",
		"0x10000000000000000",
		"02000000000000000000000",
		"79228162514264337593543950336",
	};
	uint64_t value = 42;
	uint32_t narrow = 42;
	size_t i;

	for (i = 0; i < array_len(bad); i++) {
		if (str_u64(bad[i], &value) || str_u32(bad[i], &narrow))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(value, 42);
		assert_int_equal(narrow, 42);
	}
}

static void
test_random_numbers_round_trip(void **state)
{
	struct random random = test_random();
	static const char *const forms[] = { "%llu", "0x%llx", "0%llo" };
	uint64_t want, value;
	char text[40];
	int i;

	for (i = 0; i < 20000; i++) {
		want = random_u64(&random) >> (i % 64);
		sprintf(text, forms[i % 3], (unsigned long long)want);
		assert_true(str_u64(text, &value));
		assert_true(value == want);
	}
}

static void
test_macs(void **state)
{
	static const uint8_t want[6] = { 0x02, 0x00, 0x5e, 0xab, 0xCD, 0xff };
	static const char *const bad[] = {
		"",
		"02:00:5e:ab:cd",
		"02:00:5e:ab:cd:",
		"02:00:5e:ab:cd:f",
		"02:00:5e:ab:cd:ff:",
		"02:00:5e:ab:cd:ff:00",
		"02:00:5e:ab:cd:ff ",
		" 02:00:5e:ab:cd:ff",
		"2:0:5e:ab:cd:ff",
		"02-00-5e-ab-cd-ff",
		"02:00:5e:ab:cd:fg",
		"02:00:5e:ab:cd:0x1",
		"002:00:5e:ab:cd:ff",
		"02005eabcdff",
		"zz",
		":::::",
		"02::5e:ab:cd:ff",
	};
	uint8_t mac[6];
	size_t i;

	assert_true(str_mac("02:00:5e:ab:cd:ff", mac));
	assert_memory_equal(mac, want, 6);
	memset(mac, 0x11, sizeof(mac));
	assert_true(str_mac("02:00:5E:aB:CD:FF", mac));
	assert_memory_equal(mac, want, 6);
	for (i = 0; i < array_len(bad); i++) {
		if (str_mac(bad[i], mac))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_memory_equal(mac, want, 6);
	}
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *text;
		uint32_t addr;
	} good[] = {
		{ "0.0.0.0", 0 },
		{ "10.0.2.15", 0x0a00020f },
		{ "255.255.255.255", UINT32_MAX },
		{ "192.168.100.1", 0xc0a86401 },
	};
	static const char *const bad[] = {
		"",
		"10",
		"10.0",
		"10.0.0",
		"10.0.0.",
		"10.0.0.1.",
		"10.0.0.1.2",
		".10.0.0.1",
		"10..0.1",
		"256.0.0.1",
		"10.0.0.256",
		"10.0.0.1 ",
		" 10.0.0.1",
		"10.0.0.1/32",
		"10.0.0.-1",
		"10.0.0.+1",
		"10.0.0.0x1",
		"010.0.0.1",
		"10.0.0.01",
		"10.0.0.00",
		"a.b.c.d",
		"10.0.0.1a",
		"1000.0.0.1",
		"::1",
		"10.0.0.99999999999999999999",
		"4294967296.0.0.1",
	};
	uint32_t addr;
	size_t i;

	for (i = 0; i < array_len(good); i++) {
		addr = 1;
		assert_true(str_ipv4(good[i].text, &addr));
		assert_int_equal(addr, good[i].addr);
	}
	addr = 0x01020304;
	for (i = 0; i < array_len(bad); i++) {
		if (str_ipv4(bad[i], &addr))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(addr, 0x01020304);
	}
}

static void
test_every_address_as_printed_is_read(void **state)
{
	struct random random = test_random();
	uint32_t want, addr;
	uint8_t mac[6], read[6], len;
	char text[40];
	int i, j;

	for (i = 0; i < 20000; i++) {
		want = random_u32(&random);
		fmt_print(text, sizeof(text), "%pI4", &want);
		assert_true(str_ipv4(text, &addr));
		assert_int_equal(addr, want);
		fmt_print(text, sizeof(text), "%pI4/%u", &want, i % 33);
		assert_true(str_prefix(text, &addr, &len));
		assert_int_equal(addr, want);
		assert_int_equal(len, i % 33);
		for (j = 0; j < 6; j++)
			mac[j] = (uint8_t)random_u32(&random);
		fmt_print(text, sizeof(text), "%pM", mac);
		assert_true(str_mac(text, read));
		assert_memory_equal(mac, read, 6);
	}
}

static void
test_prefixes(void **state)
{
	static const struct {
		const char *text;
		uint32_t addr;
		uint8_t len;
	} good[] = {
		{ "10.0.0.0/8", 0x0a000000, 8 },
		{ "10/8", 0x0a000000, 8 },
		{ "10.1/16", 0x0a010000, 16 },
		{ "10.1.2/24", 0x0a010200, 24 },
		{ "10.1.2.3", 0x0a010203, 32 },
		{ "10.1.2.3/24", 0x0a010203, 24 },
		{ "10.1.2.3/32", 0x0a010203, 32 },
		{ "10", 0x0a000000, 32 },
		{ "0/0", 0, 0 },
		{ "0.0.0.0/0", 0, 0 },
		{ "default", 0, 0 },
		{ "any", 0, 0 },
		{ "all", 0, 0 },
		{ "10.0.0.0/255.0.0.0", 0x0a000000, 8 },
		{ "10/255.255.255.254", 0x0a000000, 31 },
		{ "10.1.2.3/255.255.255.255", 0x0a010203, 32 },
		{ "0/0.0.0.0", 0, 0 },
	};
	static const char *const bad[] = {
		"",
		"/",
		"/8",
		"10/",
		"10/33",
		"10/-1",
		"10/+8",
		"10/8 ",
		"10/08",
		"10/0x8",
		"10/8/8",
		"10./8",
		"10.0.0.0.0/8",
		"256/8",
		"10.0.0.0/",
		"defaul",
		"defaults",
		"Default",
		"default/0",
		"10.0.0.0 /8",
		"10 /8",
		"10/8a",
		"10/4294967304",
		"10/255.0.255.0",
		"10/0.0.0.255",
		"10/255.0.0",
		"10/256.0.0.0",
		"10/255.255.255.255.0",
	};
	uint32_t addr;
	uint8_t len;
	size_t i;

	for (i = 0; i < array_len(good); i++) {
		addr = 1;
		len = 77;
		if (!str_prefix(good[i].text, &addr, &len))
			fail_msg("\"%s\" was refused", good[i].text);
		assert_int_equal(addr, good[i].addr);
		assert_int_equal(len, good[i].len);
	}
	addr = 0x01020304;
	len = 77;
	for (i = 0; i < array_len(bad); i++) {
		if (str_prefix(bad[i], &addr, &len))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(addr, 0x01020304);
		assert_int_equal(len, 77);
	}
}

/* Whatever comes: no overrun (AddressSanitizer watches the exact end), and
 * nothing changes unless it was taken. */
static void
test_random_garbage(void **state)
{
	static const char letters[] = "0123456789abcdefx./:-+ \xff";
	struct random random = test_random();
	unsigned int i, j, len;

	for (i = 0; i < 50000; i++) {
		uint64_t u64 = 1;
		uint32_t u32 = 2, addr = 3;
		uint8_t mac[6] = { 4 }, prefix_len = 5;
		char *text;

		len = random_below(&random, 20);
		text = malloc(len + 1);
		for (j = 0; j < len; j++)
			text[j] = letters[random_below(&random,
						       sizeof(letters) - 1)];
		text[len] = '\0';
		if (!str_u64(text, &u64))
			assert_true(u64 == 1);
		if (!str_u32(text, &u32))
			assert_int_equal(u32, 2);
		if (!str_ipv4(text, &addr))
			assert_int_equal(addr, 3);
		addr = 3;
		if (!str_prefix(text, &addr, &prefix_len)) {
			assert_int_equal(addr, 3);
			assert_int_equal(prefix_len, 5);
		} else {
			assert_in_range(prefix_len, 0, 32);
		}
		if (!str_mac(text, mac))
			assert_int_equal(mac[0], 4);
		free(text);
	}
}

static void
test_copy(void **state)
{
	char room[6];

	memset(room, '~', sizeof(room));
	assert_int_equal(str_copy(room, "abc", sizeof(room)), 3);
	assert_string_equal(room, "abc");
	assert_int_equal(room[4], '~');
	assert_int_equal(str_copy(room, "abcde", sizeof(room)), 5);
	assert_string_equal(room, "abcde");
	assert_int_equal(str_copy(room, "abcdef", sizeof(room)), 6);
	assert_string_equal(room, "abcde");
	assert_int_equal(str_copy(room, "xyz", 1), 3);
	assert_string_equal(room, "");
	memset(room, '~', sizeof(room));
	assert_int_equal(str_copy(room, "xyz", 0), 3);
	assert_int_equal(room[0], '~');
}

static void
test_starts(void **state)
{
	assert_true(str_starts("console=ttyS0", "console="));
	assert_true(str_starts("abc", "abc"));
	assert_true(str_starts("abc", ""));
	assert_true(str_starts("", ""));
	assert_false(str_starts("ab", "abc"));
	assert_false(str_starts("xbc", "abc"));
	assert_false(str_starts("", "a"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_malformed_numbers),
		cmocka_unit_test(test_random_numbers_round_trip),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_every_address_as_printed_is_read),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_random_garbage),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
