/* SPDX-License-Identifier: BSD-2-Clause */
/* The ICMP header. */
#include "net/wire/icmp.h"

#include "lib/checksum.h"
#include "tests/host/test.h"

static void
short_messages_are_truncated(void **state)
{
	for (size_t len = 0; len < 8; len++) {
		uint8_t *bytes = calloc(1, len + 1);
		struct icmp icmp;

		assert_int_equal(icmp_parse(bytes, len, 0, &icmp),
				 DROP_ICMP_TRUNCATED);
		free(bytes);
	}
}

static void
what_is_emitted_parses_to_the_same(void **state)
{
	struct random random = test_random();
	uint8_t bytes[64];
	struct icmp icmp, back;
	struct wire_icmp *wire = (void *)bytes;

	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = 8 + random_below(&random, 57);

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)random_u32(&random);
		icmp.type = (uint8_t)random_u32(&random);
		icmp.code = (uint8_t)random_u32(&random);
		icmp.info = random_u32(&random);
		icmp_emit(&icmp, bytes);
		wire->checksum =
			be16_from(checksum_fold(checksum_add(0, bytes, len)));
		assert_int_equal(icmp_parse(bytes, len,
					    checksum_fold(checksum_add(0, bytes,
								       len)),
					    &back),
				 DROP_NONE);
		assert_int_equal(icmp.type, back.type);
		assert_int_equal(icmp.code, back.code);
		assert_int_equal(icmp.info, back.info);
		bytes[random_below(&random, (uint32_t)len)] ^=
			(uint8_t)(1 << random_below(&random, 8));
		assert_int_equal(icmp_parse(bytes, len,
					    checksum_fold(checksum_add(0, bytes,
								       len)),
					    &back),
				 DROP_ICMP_CSUM);
	}
}

static void
the_second_word_holds_id_and_sequence(void **state)
{
	struct icmp icmp = { .info = icmp_echo_info(0x1234, 0xfffe) };

	assert_int_equal(icmp_id(&icmp), 0x1234);
	assert_int_equal(icmp_seq(&icmp), 0xfffe);
}

/* [RFC1122 3.2.2]: no error about an error; unknown types may be one. */
static void
only_known_queries_are_queries(void **state)
{
	static const uint8_t queries[] = {
		0, 8, 9, 10, 13, 14, 15, 16, 17, 18
	};

	for (unsigned int type = 0; type < 256; type++) {
		bool query = false;

		for (size_t i = 0; i < sizeof(queries); i++)
			query |= queries[i] == type;
		assert_int_equal(!!icmp_type_is_query((uint8_t)type), query);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_messages_are_truncated),
		cmocka_unit_test(what_is_emitted_parses_to_the_same),
		cmocka_unit_test(the_second_word_holds_id_and_sequence),
		cmocka_unit_test(only_known_queries_are_queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
