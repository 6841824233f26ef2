/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuzz targets share: the input read byte by byte, and a small stack. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/host/testnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* MemorySanitizer's, where it is. */
void __msan_unpoison(const volatile void *bytes, size_t len)
	__attribute__((weak));

/* Somebody wrote these whom it does not see: libFuzzer, a device. */
static inline void
msan_written(const volatile void *bytes, size_t len)
{
	if (__msan_unpoison)
		__msan_unpoison(bytes, len);
}

struct input {
	const uint8_t *at, *end;
};

static inline uint8_t
take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline uint16_t
take16(struct input *in)
{
	uint16_t high = take(in);

	return (uint16_t)(high << 8 | take(in));
}

static inline size_t
left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

/* The next len bytes at most; *got how many they are. */
static inline const uint8_t *
take_bytes(struct input *in, size_t len, size_t *got)
{
	const uint8_t *bytes = in->at;

	*got = len < left(in) ? len : left(in);
	in->at += *got;
	return bytes;
}

/* Two ports and little of everything, so that inputs reach the limits. */
static inline struct testnet *
fuzz_net(void)
{
	const struct testnet_config config = {
		.ports = 2,
		.hasty = true,
		.memory_len = 4u << 20,
		.net = {
			.seed = { 7 },
			.now_ns = 100 * S_NS,
			.skb_count = 96,
			.neigh_count = 24,
			.route_count = 64,
			.udp_sock_count = 8,
			.frag_count = 4,
		},
	};

	return testnet_new_with(&config);
}

/*
 * The books and the tables that packets change, after each event; net_check()
 * with all the rest comes once, in testnet_free().
 */
static inline void
fuzz_check(struct testnet *t)
{
	skb_pool_check(&net_this_core(&t->net)->skb_pool);
	neigh_check(&t->net);
	frag_check(&t->net);
	udp_check(&t->net);
}

static inline void
fuzz_settle(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	fuzz_check(t);
}
