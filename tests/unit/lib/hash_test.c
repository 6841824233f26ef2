/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/hash.c against the published vectors, and as tables and users see it. */
#include "tests/host/test.h"

#include "lib/hash.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/port.h"
#include "tests/host/host.h"

/*
 * SipHash-2-4 of 00, 01, … under the key 00 … 0f, for lengths 0 to 63: the
 * vectors of the reference implementation, as numbers.
 */
static const uint64_t siphash_vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
	0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
	0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
	0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794,
	0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd, 0xbed65cf21aa2ee98,
	0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3,
	0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
	0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce,
	0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d,
	0x9abfd8766a33735c, 0x0e3ea96b5304a7d0, 0xad0c42d6fc585992,
	0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
	0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72,
	0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f,
	0x7fa8220ba3b2ecea, 0x245731c13ca42499, 0xb78dbfaf3a8d83bd,
	0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57,
	0x958a324ceb064572,
};

static void
test_siphash_vectors(void **state)
{
	struct hash_key key;
	uint8_t bytes[64 + 3];
	size_t len, offset;

	memcpy(key.k, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
	for (len = 0; len < 64; len++) {
		/* The bytes' alignment must not matter. */
		for (offset = 0; offset < 4; offset++) {
			for (size_t i = 0; i < len; i++)
				bytes[offset + i] = (uint8_t)i;
			assert_true(siphash(&key, bytes + offset, len) ==
				    siphash_vectors[len]);
		}
	}
}

/* [SipHash A]: the example worked out in the paper. */
static void
test_siphash_paper_example(void **state)
{
	struct hash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	static const uint8_t bytes[15] = { 0, 1, 2,  3,	 4,  5,	 6, 7,
					   8, 9, 10, 11, 12, 13, 14 };

	assert_true(siphash(&key, bytes, sizeof(bytes)) == 0xa129ca6149be45e5);
}

/* The same construction, written a second time and differently. */
static void
model_round(uint64_t v[4])
{
	static const unsigned int by[2][2] = { { 13, 16 }, { 17, 21 } };
	unsigned int half, a, b;
	uint64_t rotated;

	for (half = 0; half < 2; half++) {
		for (a = 0; a < 4; a += 2) {
			/* pairs (0,1) (2,3), then (2,1) (0,3) */
			b = half == 0 ? a : 2 - a;
			v[b] += v[a + 1];
			rotated = v[a + 1] << by[half][a / 2] |
				  v[a + 1] >> (64 - by[half][a / 2]);
			v[a + 1] = rotated ^ v[b];
		}
		v[half * 2] = v[half * 2] << 32 | v[half * 2] >> 32;
	}
}

static uint64_t
model_hash13(const struct hash_key *key, const uint64_t *words, size_t count)
{
	static const char constants[] = "somepseudorandomlygeneratedbytes";
	uint64_t v[4], word;
	size_t i;

	for (i = 0; i < 4; i++) {
		memcpy(&word, constants + 8 * i, 8);
		v[i] = key->k[i & 1] ^ __builtin_bswap64(word);
	}
	for (i = 0; i < count; i++) {
		v[3] ^= words[i];
		model_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (i = 0; i < 3; i++)
		model_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void
test_table_hashes_match_the_model(void **state)
{
	struct random random = test_random();
	struct hash_key key;
	uint64_t words[2];
	int i;

	for (i = 0; i < 10000; i++) {
		key.k[0] = random_u64(&random);
		key.k[1] = random_u64(&random);
		words[0] = random_u64(&random) >> (i % 64);
		words[1] = random_u64(&random) >> (i % 61);
		assert_true(hash_u64(&key, words[0]) ==
			    model_hash13(&key, words, 1));
		assert_true(hash_2u64(&key, words[0], words[1]) ==
			    model_hash13(&key, words, 2));
	}
}

/* Neighbouring values, as addresses and ports are, spread over a table under
 * any key, whichever bits the table takes. */
static void
test_table_hashes_spread(void **state)
{
	struct random random = test_random();
	static uint32_t low[1024], high[1024];
	struct hash_key key;
	uint32_t i, round;
	uint64_t h;

	for (round = 0; round < 20; round++) {
		memset(low, 0, sizeof(low));
		memset(high, 0, sizeof(high));
		key.k[0] = random_u64(&random);
		key.k[1] = random_u64(&random);
		for (i = 0; i < 65536; i++) {
			h = round & 1 ? hash_u64(&key, 0x0a000000 + i)
				      : hash_2u64(&key, 7, (uint64_t)i << 32);
			low[h % 1024]++;
			high[h >> 54]++;
		}
		/* 64 expected; 8 standard deviations are 64 */
		for (i = 0; i < 1024; i++) {
			assert_in_range(low[i], 8, 128);
			assert_in_range(high[i], 8, 128);
		}
	}
}

/* [RFC8439 2.3.2]: key 00 … 1f, a nonce, block 1. */
static void
test_chacha20_block_vector(void **state)
{
	static const uint32_t want[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
		0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
		0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	struct random random;
	uint8_t seed[32];
	unsigned int i;

	for (i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	random_init(&random, seed);
	random.state[12] = 1;
	random.state[13] = 0x09000000;
	random.state[14] = 0x4a000000;
	random.state[15] = 0;
	for (i = 0; i < array_len(want); i++)
		assert_int_equal(random_u32(&random), want[i]);
}

/* [RFC8439 A.1], test vectors 1 and 2: key 0, nonce 0, blocks 0 and 1. */
static void
test_chacha20_stream_vectors(void **state)
{
	static const uint8_t want[128] = {
		0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d,
		0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28, 0xbd, 0xd2, 0x19, 0xb8,
		0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77,
		0x0d, 0xc7, 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d,
		0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43,
		0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69,
		0xb2, 0xee, 0x65, 0x86, 0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51,
		0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d,
		0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69, 0x12, 0xc6,
		0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed, 0x29, 0xb7, 0x21, 0x76,
		0x9c, 0xe6, 0x4e, 0x43, 0xd5, 0x71, 0x33, 0xb0, 0x74, 0xd8,
		0x39, 0xd5, 0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45,
		0xac, 0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f,
	};
	static const uint8_t seed[32];
	struct random random;
	uint64_t value;
	unsigned int i;

	random_init(&random, seed);
	for (i = 0; i < sizeof(want); i += 8) {
		value = random_u64(&random);
		assert_memory_equal(&value, want + i, 8);
	}
}

/* [RFC8439 A.1], test vector 5: key 0, a nonce that ends in 2, block 0. */
static void
test_chacha20_nonce_vector(void **state)
{
	static const uint8_t want[64] = {
		0xc2, 0xc6, 0x4d, 0x37, 0x8c, 0xd5, 0x36, 0x37, 0x4a, 0xe2,
		0x04, 0xb9, 0xef, 0x93, 0x3f, 0xcd, 0x1a, 0x8b, 0x22, 0x88,
		0xb3, 0xdf, 0xa4, 0x96, 0x72, 0xab, 0x76, 0x5b, 0x54, 0xee,
		0x27, 0xc7, 0x8a, 0x97, 0x0e, 0x0e, 0x95, 0x5c, 0x14, 0xf3,
		0xa8, 0x8e, 0x74, 0x1b, 0x97, 0xc2, 0x86, 0xf7, 0x5f, 0x8f,
		0xc2, 0x99, 0xe8, 0x14, 0x83, 0x62, 0xfa, 0x19, 0x8a, 0x39,
		0x53, 0x1b, 0xed, 0x6d,
	};
	static const uint8_t seed[32];
	struct random random;
	uint64_t value;
	unsigned int i;

	random_init(&random, seed);
	random.state[15] = 0x02000000;
	for (i = 0; i < sizeof(want); i += 8) {
		value = random_u64(&random);
		assert_memory_equal(&value, want + i, 8);
	}
}

static void
test_counter_runs_on(void **state)
{
	static const uint8_t seed[32];
	struct random random;
	unsigned int i;

	random_init(&random, seed);
	random.state[12] = UINT32_MAX;
	for (i = 0; i < 17; i++)
		random_u32(&random);
	assert_int_equal(random.state[12], 1);
	assert_int_equal(random.state[13], 1);
}

static void
test_seeds_make_different_streams(void **state)
{
	struct random a, b, c;
	uint8_t seed[32] = { 1 };
	unsigned int same = 0, i;

	random_init(&a, seed);
	random_init(&b, seed);
	seed[31] ^= 0x80;
	random_init(&c, seed);
	for (i = 0; i < 1000; i++) {
		uint32_t x = random_u32(&a);

		assert_int_equal(x, random_u32(&b));
		same += x == random_u32(&c);
	}
	assert_true(same < 3);
}

/* Who reads our memory later learns nothing of what was handed out. */
static void
test_used_words_are_forgotten(void **state)
{
	static const uint8_t seed[32] = { 3 };
	struct random random;
	unsigned int i;

	random_init(&random, seed);
	for (i = 0; i < 5; i++)
		random_u32(&random);
	for (i = 0; i < 5; i++)
		assert_int_equal(random.block[i], 0);
}

static void
test_below_is_uniform(void **state)
{
	static const uint32_t bounds[] = { 1, 2, 3, 7, 10, 100 };
	struct random random = test_random();
	uint32_t count[100], i, j, value, expected;

	for (i = 0; i < array_len(bounds); i++) {
		memset(count, 0, sizeof(count));
		for (j = 0; j < 100000; j++) {
			value = random_below(&random, bounds[i]);
			assert_true(value < bounds[i]);
			count[value]++;
		}
		expected = 100000 / bounds[i];
		/* beyond 6 standard deviations even for 100 bins */
		for (j = 0; j < bounds[i]; j++)
			assert_in_range(count[j], expected - expected / 5,
					expected + expected / 5 + 1);
	}
}

/* A bound over 2^31: a plain modulo would make low results twice as likely. */
static void
test_below_has_no_bias(void **state)
{
	struct random random = test_random();
	uint32_t bound = 0xc0000000, low = 0, i;

	for (i = 0; i < 60000; i++)
		low += random_below(&random, bound) < bound / 3;
	/* 20000 expected; a modulo would give 30000 */
	assert_in_range(low, 19000, 21000);
}

static void
test_below_zero_panics(void **state)
{
	struct random random = test_random();

	if (host_expect_panic() == 0) {
		random_below(&random, 0);
		host_no_panic();
	}
	assert_non_null(strstr(host_panic_text(), "bound > 0"));
}

static void
test_tokens_are_the_same_if_every_byte_is(void **state)
{
	uint8_t a[37], b[37];

	memset(a, 0x5a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(secret_same(a, b, sizeof(a)));
	assert_true(secret_same(a, b, 0));
	for (size_t i = 0; i < sizeof(a) * 8; i++) {
		b[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(secret_same(a, b, sizeof(a)));
		b[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static sigjmp_buf reached;

static void
on_fault(int signal)
{
	siglongjmp(reached, 1);
}

/* The last byte lies where it cannot be read: who gets there faults. */
static void
test_an_early_difference_is_not_found_sooner(void **state)
{
	struct sigaction action = { .sa_handler = on_fault }, old;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t guess[16] = { 1 };
	volatile bool stopped_early = false;

	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(mprotect(at + page, page, PROT_NONE), 0);
	assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
	if (sigsetjmp(reached, 1) == 0) {
		(void)secret_same(at + page - 15, guess, sizeof(guess));
		stopped_early = true;
	}
	sigaction(SIGSEGV, &old, NULL);
	munmap(at, 2 * page);
	assert_false(stopped_early);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vectors),
		cmocka_unit_test(test_siphash_paper_example),
		cmocka_unit_test(test_table_hashes_match_the_model),
		cmocka_unit_test(test_table_hashes_spread),
		cmocka_unit_test(test_chacha20_block_vector),
		cmocka_unit_test(test_chacha20_stream_vectors),
		cmocka_unit_test(test_chacha20_nonce_vector),
		cmocka_unit_test(test_counter_runs_on),
		cmocka_unit_test(test_seeds_make_different_streams),
		cmocka_unit_test(test_used_words_are_forgotten),
		cmocka_unit_test(test_below_is_uniform),
		cmocka_unit_test(test_below_has_no_bias),
		cmocka_unit_test(test_below_zero_panics),
		cmocka_unit_test(test_tokens_are_the_same_if_every_byte_is),
		cmocka_unit_test(test_an_early_difference_is_not_found_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
