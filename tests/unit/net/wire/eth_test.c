/* SPDX-License-Identifier: BSD-2-Clause */
/* The Ethernet header. */
#include "net/wire/eth.h"

#include "tests/host/test.h"

static void
short_frames_are_truncated(void **state)
{
	for (size_t len = 0; len < 14; len++) {
		uint8_t *bytes = calloc(1, len + 1);
		struct eth eth;

		assert_int_equal(eth_parse(bytes + 1, len, &eth),
				 DROP_ETH_TRUNCATED);
		free(bytes);
	}
}

static void
what_is_emitted_parses_to_the_same(void **state)
{
	struct random random = test_random();
	struct eth eth, back;
	uint8_t bytes[14];

	for (unsigned int i = 0; i < 1000; i++) {
		for (unsigned int j = 0; j < 6; j++) {
			eth.dst[j] = (uint8_t)random_u32(&random);
			eth.src[j] = (uint8_t)random_u32(&random);
		}
		eth.type = (uint16_t)random_u32(&random);
		eth_emit(&eth, bytes);
		assert_int_equal(eth_parse(bytes, sizeof(bytes), &back),
				 DROP_NONE);
		assert_memory_equal(eth.dst, back.dst, 6);
		assert_memory_equal(eth.src, back.src, 6);
		assert_int_equal(eth.type, back.type);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_frames_are_truncated),
		cmocka_unit_test(what_is_emitted_parses_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
