/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keyed hashing, so that nobody outside can aim at a bucket, and a generator
 * for everything that must not be guessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k[2];
};

/* SipHash-2-4 (Aumasson, Bernstein): for secrets (ISN, ports, cookies). */
uint64_t siphash(const struct hash_key *key, const void *bytes, size_t len);

/*
 * For tables only: the rounds of SipHash-1-3 over one or two words. The number
 * of words is fixed, so the block that carries the length is left out.
 */
uint64_t hash_u64(const struct hash_key *key, uint64_t value);
uint64_t hash_2u64(const struct hash_key *key, uint64_t a, uint64_t b);

/*
 * Are two tokens the same? Takes as long whatever they hold, so that the time
 * of an answer does not tell how much of a guess was right. What is one word,
 * a SYN cookie, is compared by one instruction and needs this not.
 */
bool secret_same(const void *a, const void *b, size_t len);

/* A stream of random numbers from a seed: ChaCha20 in counter mode. */
struct random {
	uint32_t state[16];
	uint32_t block[16];
	uint32_t used; /* words of block handed out */
};

void random_init(struct random *random, const uint8_t seed[32]);
uint32_t random_u32(struct random *random);
uint64_t random_u64(struct random *random);
/* Uniform in [0, bound), bound > 0, without modulo bias. */
uint32_t random_below(struct random *random, uint32_t bound);
