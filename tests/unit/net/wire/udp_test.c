/* SPDX-License-Identifier: BSD-2-Clause */
/* The UDP header. */
#include "net/wire/udp.h"

#include "lib/port.h"
#include "tests/host/test.h"

static const struct {
	const char *what;
	size_t len; /* the IP packet has for UDP */
	uint8_t bytes[8];
	enum drop expected;
} table[] = {
	{ "nothing", 0, { 0 }, DROP_UDP_TRUNCATED },
	{ "seven bytes", 7, { 0, 1, 0, 2, 0, 8, 0 }, DROP_UDP_TRUNCATED },
	{ "to port 0", 8, { 0, 1, 0, 0, 0, 8 }, DROP_UDP_PORT_ZERO },
	{ "length 0", 8, { 0, 1, 0, 2, 0, 0 }, DROP_UDP_LENGTH },
	{ "length 7", 8, { 0, 1, 0, 2, 0, 7 }, DROP_UDP_LENGTH },
	{ "length one more than there is",
	  8,
	  { 0, 1, 0, 2, 0, 9 },
	  DROP_UDP_SHORT },
	{ "length 65535", 100, { 0, 1, 0, 2, 0xff, 0xff }, DROP_UDP_SHORT },
	{ "no data", 8, { 0, 1, 0, 2, 0, 8 }, DROP_NONE },
	{ "from port 0", 8, { 0, 0, 0, 2, 0, 8 }, DROP_NONE },
	{ "padding behind it", 100, { 0, 1, 0, 2, 0, 9 }, DROP_NONE },
};

static void
every_malformed_header_has_its_reason(void **state)
{
	for (size_t i = 0; i < array_len(table); i++) {
		size_t len = min_of(table[i].len, sizeof(table[i].bytes));
		uint8_t *exact = malloc(len + 1);
		struct udp udp;
		enum drop got;

		memcpy(exact + 1, table[i].bytes, len);
		got = udp_parse(exact + 1, table[i].len, &udp);
		if (got != table[i].expected)
			fail_msg("%s: %d, expected %d", table[i].what, got,
				 table[i].expected);
		free(exact);
	}
}

static void
what_is_emitted_parses_to_the_same(void **state)
{
	struct random random = test_random();
	struct udp udp, back;
	uint8_t bytes[8];

	for (unsigned int i = 0; i < 20000; i++) {
		udp.sport = (uint16_t)random_u32(&random);
		udp.dport = (uint16_t)(1 + random_below(&random, 65535));
		udp.len = (uint16_t)(8 + random_below(&random, 65528));
		udp.checksum = (uint16_t)random_u32(&random);
		udp_emit(&udp, bytes);
		assert_int_equal(udp_parse(bytes, udp.len, &back), DROP_NONE);
		assert_int_equal(udp.sport, back.sport);
		assert_int_equal(udp.dport, back.dport);
		assert_int_equal(udp.len, back.len);
		assert_int_equal(udp.checksum, back.checksum);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_malformed_header_has_its_reason),
		cmocka_unit_test(what_is_emitted_parses_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
