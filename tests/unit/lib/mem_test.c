/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/mem.c against the C library. It is compiled in here under names of its
 * own, since hosted programs use the C library's.
 */
#include "tests/host/test.h"

#include "lib/port.h"

#define memcpy	mem_memcpy
#define memmove mem_memmove
#define memset	mem_memset
#define memcmp	mem_memcmp
#define strlen	mem_strlen
#define strcmp	mem_strcmp
#define strncmp mem_strncmp
#define strchr	mem_strchr
#define strrchr mem_strrchr
#define strstr	mem_strstr

void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *haystack, const char *needle);

#include "lib/mem.c"

#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

#define LEN_MAX 2000u

static void
fill(struct random *random, uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_u32(random);
}

/* Every length, both ends exactly at the end of what is allocated, so that
 * AddressSanitizer sees a byte too many; alignments vary with the length. */
static void
test_memcpy_every_length(void **state)
{
	struct random random = test_random();
	size_t len, skew;

	for (len = 0; len <= LEN_MAX; len++) {
		for (skew = 0; skew < 64; skew += 1 + len / 20) {
			uint8_t *src = malloc(len + skew % 8);
			uint8_t *dst = malloc(len + skew / 8);
			uint8_t *from = src + skew % 8, *to = dst + skew / 8;

			fill(&random, from, len);
			memset(dst, 0xee, len + skew / 8);
			assert_ptr_equal(mem_memcpy(to, from, len), to);
			assert_memory_equal(to, from, len);
			if (skew / 8 > 0)
				assert_int_equal(to[-1], 0xee);
			free(src);
			free(dst);
		}
	}
}

static void
test_memmove_overlapping(void **state)
{
	struct random random = test_random();
	uint8_t area[400], want[400];
	size_t from, to, len, i;

	for (i = 0; i < 60000; i++) {
		len = random_below(&random, i % 2 ? 70 : 300);
		from = random_below(&random, (uint32_t)(sizeof(area) - len));
		to = random_below(&random, (uint32_t)(sizeof(area) - len));
		if (i % 3 == 0)
			to = min_of(from + random_below(&random, 40),
				    sizeof(area) - len);
		fill(&random, area, sizeof(area));
		memcpy(want, area, sizeof(area));
		memmove(want + to, want + from, len);
		assert_ptr_equal(mem_memmove(area + to, area + from, len),
				 area + to);
		assert_memory_equal(area, want, sizeof(area));
	}
}

static void
test_memset_every_length(void **state)
{
	static const int bytes[] = { 0, 1, 0x80, 0xff, 0x1a5, -1 };
	uint8_t area[LEN_MAX + 16], want[LEN_MAX + 16];
	size_t len, offset, i;

	for (len = 0; len <= LEN_MAX; len++) {
		offset = len % 8;
		i = len % array_len(bytes);
		memset(area, 0x33, sizeof(area));
		memset(want, 0x33, sizeof(want));
		memset(want + offset, bytes[i], len);
		assert_ptr_equal(mem_memset(area + offset, bytes[i], len),
				 area + offset);
		assert_memory_equal(area, want, sizeof(area));
	}
}

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

static void
test_memcmp(void **state)
{
	struct random random = test_random();
	size_t len, at, i;

	for (len = 0; len <= 100; len++) {
		uint8_t *a = malloc(len), *b = malloc(len);

		fill(&random, a, len);
		memcpy(b, a, len);
		assert_int_equal(mem_memcmp(a, b, len), 0);
		for (i = 0; len > 0 && i < 50; i++) {
			/* a first difference, and random ones after it */
			at = random_below(&random, (uint32_t)len);
			fill(&random, b + at, len - at);
			assert_int_equal(sign(mem_memcmp(a, b, len)),
					 sign(memcmp(a, b, len)));
			memcpy(b, a, len);
			b[at] ^= 0x80;
			assert_int_equal(sign(mem_memcmp(a, b, len)),
					 sign(memcmp(a, b, len)));
			memcpy(b, a, len);
		}
		free(a);
		free(b);
	}
}

/* Few letters make many near misses; 0x80 and up compare as unsigned. */
static char *
random_string(struct random *random, unsigned int len_max)
{
	unsigned int len = random_below(random, len_max + 1), i;
	char *s = malloc(len + 1);

	for (i = 0; i < len; i++)
		s[i] = "ab\xe4"[random_below(random, 3)];
	s[len] = '\0';
	return s;
}

static void
test_strings_match_libc(void **state)
{
	struct random random = test_random();
	unsigned int i, n;
	char *a, *b;
	int c;

	for (i = 0; i < 50000; i++) {
		a = random_string(&random, 12);
		b = random_string(&random, 4);
		n = random_below(&random, 8);
		c = "ab\xe4z"[random_below(&random, 5)];
		assert_int_equal(mem_strlen(a), strlen(a));
		assert_int_equal(sign(mem_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(mem_strcmp(a, a), 0);
		assert_int_equal(sign(mem_strncmp(a, b, n)),
				 sign(strncmp(a, b, n)));
		assert_ptr_equal(mem_strchr(a, c), strchr(a, c));
		assert_ptr_equal(mem_strrchr(a, c), strrchr(a, c));
		assert_ptr_equal(mem_strstr(a, b), strstr(a, b));
		free(a);
		free(b);
	}
}

static void
test_strncmp_looks_no_further(void **state)
{
	char *a = malloc(3), *b = malloc(3);

	memcpy(a, "abc", 3);
	memcpy(b, "abc", 3);
	assert_int_equal(mem_strncmp(a, b, 3), 0);
	assert_int_equal(mem_strncmp(a, "abd", 2), 0);
	assert_int_equal(mem_strncmp("a", "b", 0), 0);
	free(a);
	free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy_every_length),
		cmocka_unit_test(test_memmove_overlapping),
		cmocka_unit_test(test_memset_every_length),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_strings_match_libc),
		cmocka_unit_test(test_strncmp_looks_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
