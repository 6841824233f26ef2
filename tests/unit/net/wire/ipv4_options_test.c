/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 options: what is found, what is refused, and where it is to blame. */
#include "net/wire/ipv4_options.h"

#include "lib/port.h"
#include "tests/host/test.h"

struct row {
	const char *what;
	uint8_t len; /* of the options area */
	uint8_t bytes[40];
	enum drop expected;
	uint8_t bad; /* offset from the start of the header */
};

static const struct row refused[] = {
	{ "type alone in the last byte",
	  4,
	  { 1, 1, 1, 7 },
	  DROP_IP_OPT_TRUNCATED,
	  23 },
	{ "unknown type alone in the last byte",
	  4,
	  { 1, 1, 1, 0x5e },
	  DROP_IP_OPT_TRUNCATED,
	  23 },
	{ "length 0", 4, { 0x5e, 0, 0, 0 }, DROP_IP_OPT_LENGTH, 20 },
	{ "length 1", 4, { 1, 0x5e, 1, 0 }, DROP_IP_OPT_LENGTH, 21 },
	{ "length beyond the header",
	  4,
	  { 0x5e, 5, 0, 0 },
	  DROP_IP_OPT_LENGTH,
	  20 },
	{ "length 255",
	  8,
	  { 1, 1, 68, 255, 5, 0, 0, 0 },
	  DROP_IP_OPT_LENGTH,
	  22 },
	{ "record route without a pointer",
	  4,
	  { 7, 2, 0, 0 },
	  DROP_IP_OPT_LENGTH,
	  21 },
	{ "record route, pointer 0", 8, { 7, 7, 0 }, DROP_IP_OPT_POINTER, 22 },
	{ "record route, pointer 3", 8, { 7, 7, 3 }, DROP_IP_OPT_POINTER, 22 },
	{ "record route with half a slot",
	  8,
	  { 7, 7, 5 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "record route, pointer on its last byte",
	  8,
	  { 7, 7, 7 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "two record routes",
	  16,
	  { 7, 7, 4, 0, 0, 0, 0, 1, 7, 7, 4 },
	  DROP_IP_OPT_DUPLICATE,
	  28 },
	{ "loose route without a pointer",
	  4,
	  { 131, 2, 0, 0 },
	  DROP_IP_OPT_LENGTH,
	  21 },
	{ "loose route, pointer 1", 8, { 131, 7, 1 }, DROP_IP_OPT_POINTER, 22 },
	{ "strict route with half a slot",
	  8,
	  { 137, 6, 4 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "loose and strict route",
	  16,
	  { 131, 7, 4, 0, 0, 0, 0, 137, 7, 4 },
	  DROP_IP_OPT_DUPLICATE,
	  27 },
	{ "timestamp of 3 bytes", 4, { 68, 3, 5, 0 }, DROP_IP_OPT_LENGTH, 21 },
	{ "timestamp, pointer 4", 8, { 68, 8, 4, 0 }, DROP_IP_OPT_POINTER, 22 },
	{ "timestamp with half a slot",
	  8,
	  { 68, 7, 5, 0 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "timestamp with address and half a slot",
	  12,
	  { 68, 11, 5, 1 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "prespecified timestamp with half a slot",
	  8,
	  { 68, 8, 5, 3 },
	  DROP_IP_OPT_POINTER,
	  22 },
	{ "timestamp full, and so is its overflow count",
	  8,
	  { 68, 8, 9, 0xf0 },
	  DROP_IP_OPT_OVERFLOW,
	  23 },
	{ "two timestamps",
	  16,
	  { 68, 8, 5, 0, 0, 0, 0, 0, 68, 8, 5, 0 },
	  DROP_IP_OPT_DUPLICATE,
	  28 },
};

static const struct row accepted[] = {
	{ "nothing", 0, { 0 }, DROP_NONE, 0 },
	{ "no-ops", 8, { 1, 1, 1, 1, 1, 1, 1, 1 }, DROP_NONE, 0 },
	{ "junk behind the end of the list",
	  4,
	  { 0, 7, 0, 255 },
	  DROP_NONE,
	  0 },
	{ "unknown, exactly to the end",
	  4,
	  { 0x5e, 4, 0xde, 0xad },
	  DROP_NONE,
	  0 },
	{ "stream id", 4, { 136, 4, 0, 1 }, DROP_NONE, 0 },
	{ "router alert", 4, { 148, 4, 0, 0 }, DROP_NONE, 0 },
	{ "timestamp of a kind nobody knows",
	  8,
	  { 68, 8, 5, 2 },
	  DROP_NONE,
	  0 },
	{ "prespecified timestamp full and overflown",
	  8,
	  { 68, 8, 9, 0xf3 },
	  DROP_NONE,
	  0 },
	{ "full record route", 8, { 7, 7, 8 }, DROP_NONE, 0 },
	{ "record route of no slots", 4, { 7, 3, 4, 0 }, DROP_NONE, 0 },
};

static struct ipv4
header(const struct row *row, const uint8_t *exact)
{
	return (struct ipv4){
		.header_len = (uint8_t)(IPV4_HEADER_LEN + row->len),
		.options = exact,
	};
}

static void
check(const struct row *row)
{
	/* No longer than it says, for ASan. */
	uint8_t *exact = malloc(row->len + 1u);
	struct ipv4_options found;
	enum drop got;
	struct ipv4 ip;

	memcpy(exact + 1, row->bytes, row->len);
	ip = header(row, exact + 1);
	got = ipv4_options_parse(&ip, &found);
	if (got != row->expected)
		fail_msg("%s: %d, expected %d", row->what, got, row->expected);
	if (got != DROP_NONE && found.bad != row->bad)
		fail_msg("%s: points to %u, expected %u", row->what, found.bad,
			 row->bad);
	free(exact);
}

/* covers: R1812-018, H1122-031 */
static void
malformed_options_are_refused_and_pointed_to(void **state)
{
	for (size_t i = 0; i < array_len(refused); i++)
		check(&refused[i]);
}

/* covers: R1812-026 */
static void
odd_options_pass(void **state)
{
	for (size_t i = 0; i < array_len(accepted); i++)
		check(&accepted[i]);
}

static void
options_are_found(void **state)
{
	const struct row row = {
		.len = 28,
		.bytes = { 1, 7,    7, 4, 0,  0, 0, 0, 137, 7, 8, 0, 0, 0,
			   0, 0x5e, 3, 0, 68, 8, 5, 0, 0,   0, 0, 0, 0 },
	};
	struct ipv4 ip = header(&row, row.bytes);
	struct ipv4_options found;

	assert_int_equal(ipv4_options_parse(&ip, &found), DROP_NONE);
	assert_int_equal(found.record_route, 21);
	assert_int_equal(found.source_route, 28);
	assert_true(found.strict);
	assert_int_equal(found.timestamp, 38);
	assert_false(ipv4_option_full(row.bytes + 1));
	assert_true(ipv4_option_full(row.bytes + 8));
}

/* Any bytes: no reading beyond the area, and what is found lies inside. */
static void
random_options_stay_inside_their_area(void **state)
{
	static const uint8_t types[] = { 0, 1, 7, 68, 131, 136, 137, 148, 94 };
	struct random random = test_random();

	for (unsigned int i = 0; i < 50000; i++) {
		size_t len = random_below(&random, 11) * 4;
		uint8_t *bytes = malloc(len + 1);
		struct ipv4_options found;
		struct ipv4 ip = {
			.header_len = (uint8_t)(20 + len),
			.options = bytes,
		};

		for (size_t j = 0; j < len; j++)
			bytes[j] =
				random_below(&random, 2)
					? types[random_below(&random,
							     array_len(types))]
					: (uint8_t)random_below(&random, 12);
		if (ipv4_options_parse(&ip, &found) == DROP_NONE) {
			const uint8_t at[] = { found.record_route,
					       found.timestamp,
					       found.source_route };

			for (size_t j = 0; j < array_len(at); j++)
				assert_true(at[j] == 0 ||
					    at[j] - 20u + bytes[at[j] - 19] <=
						    len);
		}
		free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_options_are_refused_and_pointed_to),
		cmocka_unit_test(odd_options_pass),
		cmocka_unit_test(options_are_found),
		cmocka_unit_test(random_options_stay_inside_their_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
