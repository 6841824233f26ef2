/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Ethernet II header: bytes to struct eth and back. Pure. [RFC894]
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"

/*
 * +--------------------------------------+
 * | destination address        (6 bytes) |
 * +--------------------------------------+
 * | source address             (6 bytes) |
 * +--------------------------------------+
 * | EtherType                  (2 bytes) |
 * +--------------------------------------+
 */
struct wire_eth {
	uint8_t dst[6];
	uint8_t src[6];
	be16 type;
};

_Static_assert(sizeof(struct wire_eth) == 14 && _Alignof(struct wire_eth) == 1,
	       "an Ethernet header without tags");

struct eth {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t type; /* EtherType, or below 1536 an 802.3 length */
};

/* DROP_NONE, and *out is filled. What follows the header is len - 14 bytes. */
static inline enum drop
eth_parse(const uint8_t *bytes, size_t len, struct eth *out)
{
	const struct wire_eth *wire = (const void *)bytes;

	if (len < sizeof(*wire))
		return DROP_ETH_TRUNCATED;
	__builtin_memcpy(out->dst, wire->dst, 6);
	__builtin_memcpy(out->src, wire->src, 6);
	out->type = be16_get(wire->type);
	return DROP_NONE;
}

/* Writes 14 bytes. */
static inline void
eth_emit(const struct eth *eth, uint8_t *bytes)
{
	struct wire_eth *wire = (void *)bytes;

	__builtin_memcpy(wire->dst, eth->dst, 6);
	__builtin_memcpy(wire->src, eth->src, 6);
	wire->type = be16_from(eth->type);
}
