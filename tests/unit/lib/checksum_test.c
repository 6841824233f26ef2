/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/checksum.[ch] against the definition [RFC1071 1]: 16-bit big-endian
 * words, added one by one, carries added in the end.
 */
#include "tests/host/test.h"

#include "lib/checksum.h"
#include "lib/port.h"

/* The definition: what belongs in the field if these are the bytes. */
static uint16_t
naive(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
fill(struct random *random, uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_u32(random);
}

static void
test_examples(void **state)
{
	/* [RFC1071 3], the worked example: the sum is ddf2. */
	static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03,
					   0xf4, 0xf5, 0xf6, 0xf7 };
	/* An IPv4 header with its checksum, b861. */
	static const uint8_t header[] = { 0x45, 0x00, 0x00, 0x73, 0x00,
					  0x00, 0x40, 0x00, 0x40, 0x11,
					  0xb8, 0x61, 0xc0, 0xa8, 0x00,
					  0x01, 0xc0, 0xa8, 0x00, 0xc7 };
	uint8_t copy[sizeof(header)];

	assert_int_equal(checksum_fold(checksum_add(0, rfc1071, 8)),
			 (uint16_t)~0xddf2);
	assert_int_equal(checksum_fold(checksum_add(0, header, 20)), 0);
	assert_int_equal(checksum_fold(checksum_20(header)), 0);
	memcpy(copy, header, sizeof(header));
	copy[10] = copy[11] = 0;
	assert_int_equal(checksum_fold(checksum_20(copy)), 0xb861);
	assert_int_equal(checksum_fold(checksum_add(0, NULL, 0)), 0xffff);
}

static void
test_every_length_at_every_offset(void **state)
{
	struct random random = test_random();
	uint8_t *area = malloc(2000 + 8);
	size_t len, offset;

	fill(&random, area, 2008);
	for (len = 0; len <= 2000; len++)
		for (offset = 0; offset < 8; offset++)
			assert_int_equal(checksum_fold(
						 checksum_add(0, area + offset,
							      len)),
					 naive(area + offset, len));
	free(area);
}

/* Exactly at the end of the memory there is: AddressSanitizer watches. */
static void
test_nothing_beyond_the_end_is_touched(void **state)
{
	static const uint8_t patterns[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t len, i;

	for (len = 1; len <= 300; len++) {
		uint8_t *bytes = malloc(len);

		for (i = 0; i < array_len(patterns); i++) {
			memset(bytes, patterns[i], len);
			assert_int_equal(checksum_fold(
						 checksum_add(0, bytes, len)),
					 naive(bytes, len));
		}
		free(bytes);
	}
}

/* All ones carry at every step. */
static void
test_carries_come_round(void **state)
{
	static uint8_t ones[65536];
	uint32_t sum = 0, i;

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(checksum_fold(checksum_add(0, ones, sizeof(ones))), 0);
	assert_int_equal(checksum_fold(checksum_add(UINT32_MAX, ones, 65535)),
			 naive(ones, 65535));
	/* Far more bytes than 32 bits of sum could count */
	for (i = 0; i < 4096; i++)
		sum = checksum_add(sum, ones, sizeof(ones));
	assert_int_equal(checksum_fold(sum), 0);
	assert_int_equal(checksum_join(UINT32_MAX, UINT32_MAX), UINT32_MAX);
	assert_int_equal(checksum_join(UINT32_MAX, 1), 1);
	assert_int_equal(checksum_join(0, 0), 0);
}

static void
test_pieces_of_any_length(void **state)
{
	struct random random = test_random();
	uint8_t area[1500];
	uint32_t sum, round;
	size_t len, done, piece;

	for (round = 0; round < 3000; round++) {
		fill(&random, area, sizeof(area));
		len = random_below(&random, sizeof(area) + 1);
		sum = 0;
		for (done = 0; done < len; done += piece) {
			piece = random_below(&random, 200);
			piece = min_of(piece, len - done);
			sum = checksum_add_at(sum, area + done, piece,
					      done & 1);
		}
		assert_int_equal(checksum_fold(sum), naive(area, len));
	}
}

static void
test_twenty_bytes(void **state)
{
	struct random random = test_random();
	uint8_t bytes[24];
	uint32_t i, offset;

	for (i = 0; i < 20000; i++) {
		fill(&random, bytes, sizeof(bytes));
		if (i % 4 == 0)
			memset(bytes, i % 8 == 0 ? 0xff : 0, sizeof(bytes));
		offset = i % 5;
		assert_int_equal(checksum_fold(checksum_20(bytes + offset)),
				 naive(bytes + offset, 20));
	}
}

static void
test_twenty_bytes_with_their_checksum(void **state)
{
	struct random random = test_random();
	uint8_t bytes[20];
	uint32_t i, wrong = 0;
	uint16_t sum;

	for (i = 0; i < 65536; i++) {
		fill(&random, bytes, sizeof(bytes));
		if (i % 4 == 0)
			memset(bytes, i % 8 == 0 ? 0xff : 1, sizeof(bytes));
		bytes[10] = bytes[11] = 0;
		sum = checksum_fold(checksum_20(bytes));
		bytes[10] = (uint8_t)(sum >> 8);
		bytes[11] = (uint8_t)sum;
		assert_true(checksum_20_right(bytes));
		/* Any other value is wrong; but the zeros are the same. */
		bytes[10] = (uint8_t)(i >> 8);
		bytes[11] = (uint8_t)i;
		assert_int_equal(checksum_20_right(bytes),
				 naive(bytes, 20) == 0);
		wrong += !checksum_20_right(bytes);
	}
	assert_true(wrong > 65000);
}

static void
test_pseudo_header_and_values(void **state)
{
	struct random random = test_random();
	uint8_t bytes[12];
	uint32_t src, dst, i, sum;
	uint16_t len;

	for (i = 0; i < 20000; i++) {
		src = random_u32(&random);
		dst = random_u32(&random);
		len = (uint16_t)random_u32(&random);
		if (i % 3 == 0)
			src = dst = UINT32_MAX;
		bytes[0] = (uint8_t)(src >> 24);
		bytes[1] = (uint8_t)(src >> 16);
		bytes[2] = (uint8_t)(src >> 8);
		bytes[3] = (uint8_t)src;
		bytes[4] = (uint8_t)(dst >> 24);
		bytes[5] = (uint8_t)(dst >> 16);
		bytes[6] = (uint8_t)(dst >> 8);
		bytes[7] = (uint8_t)dst;
		bytes[8] = 0;
		bytes[9] = 17;
		bytes[10] = (uint8_t)(len >> 8);
		bytes[11] = (uint8_t)len;
		sum = checksum_pseudo(src, dst, 17, len);
		assert_int_equal(checksum_fold(sum), naive(bytes, 12));
		sum = checksum_add_value(0, src);
		sum = checksum_add_value(sum, dst);
		sum = checksum_add_value(sum, 17);
		sum = checksum_add_value(sum, len);
		assert_int_equal(checksum_fold(sum), naive(bytes, 12));
	}
}

/* Numbers of the header as words, in host order, and back. */
static uint16_t
full(const uint16_t words[10])
{
	uint8_t bytes[20];
	size_t i;

	for (i = 0; i < 10; i++) {
		bytes[2 * i] = (uint8_t)(words[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)words[i];
	}
	return naive(bytes, sizeof(bytes));
}

static void
check_update16(uint16_t words[10], uint16_t to)
{
	uint16_t old = full(words), from = words[4], updated;

	updated = checksum_update16(old, from, to);
	words[4] = to;
	assert_int_equal(updated, full(words));
	/* The other byte order throughout gives the other byte order. */
	assert_int_equal(__builtin_bswap16(
				 checksum_update16(__builtin_bswap16(old),
						   __builtin_bswap16(from),
						   __builtin_bswap16(to))),
			 updated);
	words[4] = from;
}

static void
test_update_of_every_16_bit_value(void **state)
{
	struct random random = test_random();
	uint16_t words[10];
	uint32_t value, round, i;

	for (round = 0; round < 8; round++) {
		for (i = 0; i < 10; i++)
			words[i] = (uint16_t)random_u32(&random);
		for (value = 0; value <= 0xffff; value++) {
			/* from anything to each value, and from each to
			 * anything */
			words[4] = (uint16_t)random_u32(&random);
			check_update16(words, (uint16_t)value);
			words[4] = (uint16_t)value;
			check_update16(words, (uint16_t)random_u32(&random));
			check_update16(words, (uint16_t)(value - 0x0100));
		}
	}
}

/* [RFC1624 4]: where eqn. 2 of RFC 1141 gives ffff instead of 0. */
static void
test_update_example(void **state)
{
	assert_int_equal(checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void
test_update_of_32_bit_values(void **state)
{
	static const uint32_t edges[] = { 0,	      1,	  0xffff,
					  0x10000,    0xffff0000, 0x7fffffff,
					  0x80000000, 0xfffffffe, 0xffffffff };
	struct random random = test_random();
	uint16_t words[10], old;
	uint32_t i, j, from, to;

	for (i = 0; i < 100000; i++) {
		for (j = 0; j < 10; j++)
			words[j] = (uint16_t)random_u32(&random);
		from = random_u32(&random);
		to = random_u32(&random);
		if (i % 4 == 0)
			from = edges[i / 4 % array_len(edges)];
		if (i % 8 == 0)
			to = edges[i / 8 % array_len(edges)];
		words[6] = (uint16_t)(from >> 16);
		words[7] = (uint16_t)from;
		old = full(words);
		words[6] = (uint16_t)(to >> 16);
		words[7] = (uint16_t)to;
		assert_int_equal(checksum_update32(old, from, to), full(words));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_every_length_at_every_offset),
		cmocka_unit_test(test_nothing_beyond_the_end_is_touched),
		cmocka_unit_test(test_carries_come_round),
		cmocka_unit_test(test_pieces_of_any_length),
		cmocka_unit_test(test_twenty_bytes),
		cmocka_unit_test(test_twenty_bytes_with_their_checksum),
		cmocka_unit_test(test_pseudo_header_and_values),
		cmocka_unit_test(test_update_of_every_16_bit_value),
		cmocka_unit_test(test_update_example),
		cmocka_unit_test(test_update_of_32_bit_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
