/* SPDX-License-Identifier: BSD-2-Clause */
/* net/wire/igmp.h: all three versions; what is too short, damaged, unknown. */
#include "tests/host/test.h"

#include "lib/port.h"
#include "net/wire/igmp.h"

static void
seal(uint8_t *bytes, size_t len)
{
	struct wire_igmp *wire = (void *)bytes;

	wire->checksum = be16_from(0);
	wire->checksum = be16_from(checksum_fold(checksum_add(0, bytes, len)));
}

static void
version_is_told_by_length_and_code(void **state)
{
	uint8_t bytes[16] = { IGMP_QUERY, 0, 0, 0, 239, 1, 2, 3 };
	struct igmp query;

	seal(bytes, 8);
	assert_int_equal(igmp_parse(bytes, 8, &query), DROP_NONE);
	assert_int_equal(query.version, 1);
	assert_int_equal(query.max_resp_ms, 10000);
	assert_int_equal(query.group, 0xef010203);

	bytes[1] = 100;
	seal(bytes, 8);
	assert_int_equal(igmp_parse(bytes, 8, &query), DROP_NONE);
	assert_int_equal(query.version, 2);
	assert_int_equal(query.max_resp_ms, 10000);

	bytes[8] = 0x0a; /* S, QRV 2 */
	bytes[9] = 125;
	bytes[11] = 1;
	bytes[12] = 10;
	bytes[15] = 9;
	seal(bytes, 16);
	assert_int_equal(igmp_parse(bytes, 16, &query), DROP_NONE);
	assert_int_equal(query.version, 3);
	assert_int_equal(query.robustness, 2);
	assert_int_equal(query.interval_s, 125);
	assert_int_equal(query.source_count, 1);
	assert_int_equal(be32_get(query.source[0]), 0x0a000009);
}

/* Values above 127 are floating point. [RFC3376 4.1.1] */
static void
codes_are_floating_point(void **state)
{
	assert_int_equal(igmp_code_value(127), 127);
	assert_int_equal(igmp_code_value(128), 128);
	assert_int_equal(igmp_code_value(0x8f), 0x1f << 3);
	assert_int_equal(igmp_code_value(0xff), 0x1f << 10);
}

static void
what_is_wrong_has_a_name(void **state)
{
	uint8_t bytes[16] = { IGMP_QUERY, 100 };
	struct igmp message;

	for (size_t len = 0; len < 8; len++)
		assert_int_equal(igmp_parse(bytes, len, &message),
				 DROP_IGMP_LENGTH);
	for (size_t len = 9; len < 12; len++) {
		seal(bytes, len);
		assert_int_equal(igmp_parse(bytes, len, &message),
				 DROP_IGMP_LENGTH);
	}
	bytes[11] = 2; /* sources, with room for one */
	seal(bytes, 16);
	assert_int_equal(igmp_parse(bytes, 16, &message), DROP_IGMP_LENGTH);
	bytes[11] = 1;
	assert_int_equal(igmp_parse(bytes, 16, &message), DROP_IGMP_CSUM);
	bytes[0] = 0x13;
	seal(bytes, 8);
	assert_int_equal(igmp_parse(bytes, 8, &message), DROP_IGMP_TYPE);
}

static void
parse_reads_what_emit_wrote(void **state)
{
	static const uint8_t types[] = { IGMP_REPORT1, IGMP_REPORT2,
					 IGMP_LEAVE2 };
	struct igmp message;
	uint8_t bytes[8];

	for (unsigned int i = 0; i < array_len(types); i++) {
		igmp_emit(types[i], 0xe1020304, bytes);
		assert_int_equal(igmp_parse(bytes, 8, &message), DROP_NONE);
		assert_int_equal(message.type, types[i]);
		assert_int_equal(message.group, 0xe1020304);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_is_told_by_length_and_code),
		cmocka_unit_test(codes_are_floating_point),
		cmocka_unit_test(what_is_wrong_has_a_name),
		cmocka_unit_test(parse_reads_what_emit_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
