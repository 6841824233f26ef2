/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keyed hashing and random numbers. Keys and seeds come from the port's entropy
 * at boot; hashes go to tables, sequence numbers, ports and cookies. SipHash
 * [SipHash 2], ChaCha20 [RFC8439 2.3]. State belongs to the caller.
 */
#include "lib/hash.h"

#include "lib/port.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
rotate_left64(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static inline uint32_t
rotate_left32(uint32_t x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* [SipHash 2.1]: the constants spell "somepseudorandomlygeneratedbytes". */
static inline struct sip
sip_init(const struct hash_key *key)
{
	return (struct sip){
		.v0 = key->k[0] ^ 0x736f6d6570736575u,
		.v1 = key->k[1] ^ 0x646f72616e646f6du,
		.v2 = key->k[0] ^ 0x6c7967656e657261u,
		.v3 = key->k[1] ^ 0x7465646279746573u,
	};
}

/* [SipHash 2.2] SipRound */
static inline void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate_left64(s->v1, 13) ^ s->v0;
	s->v3 = rotate_left64(s->v3, 16) ^ s->v2;
	s->v0 = rotate_left64(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate_left64(s->v1, 17) ^ s->v2;
	s->v3 = rotate_left64(s->v3, 21) ^ s->v0;
	s->v2 = rotate_left64(s->v2, 32);
}

static inline uint64_t
sip_finish13(struct sip *s)
{
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline void
sip_word24(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

uint64_t
siphash(const struct hash_key *key, const void *bytes, size_t len)
{
	struct sip s = sip_init(key);
	const uint8_t *p = bytes;
	uint64_t word, last = (uint64_t)len << 56;
	size_t left;

	for (left = len; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, sizeof(word));
		sip_word24(&s, word);
	}
	/* The last word: what is left, zeros, the length's low byte on top. */
	while (left-- > 0)
		last |= (uint64_t)p[left] << (8 * left);
	sip_word24(&s, last);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t
hash_u64(const struct hash_key *key, uint64_t value)
{
	struct sip s = sip_init(key);

	s.v3 ^= value;
	sip_round(&s);
	s.v0 ^= value;
	return sip_finish13(&s);
}

uint64_t
hash_2u64(const struct hash_key *key, uint64_t a, uint64_t b)
{
	struct sip s = sip_init(key);

	s.v3 ^= a;
	sip_round(&s);
	s.v0 ^= a;
	s.v3 ^= b;
	sip_round(&s);
	s.v0 ^= b;
	return sip_finish13(&s);
}

/* [RFC8439 2.1] */
static inline void
quarter_round(uint32_t x[16], unsigned int a, unsigned int b, unsigned int c,
	      unsigned int d)
{
	x[a] += x[b];
	x[d] = rotate_left32(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate_left32(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate_left32(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate_left32(x[b] ^ x[c], 7);
}

/* Volatile, lest a compiler stops at the first difference. */
bool
secret_same(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *one = a, *other = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= one[i] ^ other[i];
	return difference == 0;
}

/* [RFC8439 2.3.1]: the next block of the stream. */
static void
random_refill(struct random *random)
{
	uint32_t *x = random->block;
	unsigned int i;

	memcpy(x, random->state, sizeof(random->block));
	for (i = 0; i < 10; i++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		x[i] += random->state[i];
	/* The nonce is ours, so the counter may run on into its first word. */
	if (++random->state[12] == 0)
		random->state[13]++;
	random->used = 0;
}

void
random_init(struct random *random, const uint8_t seed[32])
{
	static const char constants[] = "expand 32-byte k";

	memset(random, 0, sizeof(*random));
	memcpy(&random->state[0], constants, 16);
	memcpy(&random->state[4], seed, 32);
	random->used = array_len(random->block);
}

uint32_t
random_u32(struct random *random)
{
	uint32_t value;

	if (random->used >= array_len(random->block))
		random_refill(random);
	value = random->block[random->used];
	/* What was handed out cannot be read out of memory later. */
	random->block[random->used++] = 0;
	return value;
}

uint64_t
random_u64(struct random *random)
{
	uint64_t low = random_u32(random);

	return (uint64_t)random_u32(random) << 32 | low;
}

/*
 * The high half of a 32 by 32 bit product [Lemire19]; the few products that
 * would make some results likelier are thrown away.
 */
uint32_t
random_below(struct random *random, uint32_t bound)
{
	uint64_t product;
	uint32_t reject;

	assert(bound > 0);
	product = (uint64_t)random_u32(random) * bound;
	if ((uint32_t)product < bound) {
		reject = -bound % bound;
		while ((uint32_t)product < reject)
			product = (uint64_t)random_u32(random) * bound;
	}
	return (uint32_t)(product >> 32);
}
