/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UDP header: bytes to struct udp and back. Pure. [RFC768]
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"

/*
 *  0      7 8     15 16    23 24    31
 * +--------+--------+--------+--------+
 * |   Source Port   |    Dest. Port   |
 * +--------+--------+--------+--------+
 * |     Length      |    Checksum     |
 * +--------+--------+--------+--------+
 */
struct wire_udp {
	be16 sport;
	be16 dport;
	be16 len;
	be16 checksum;
};

_Static_assert(sizeof(struct wire_udp) == 8 && _Alignof(struct wire_udp) == 1,
	       "the UDP header");

#define UDP_HEADER_LEN 8u

struct udp {
	uint16_t sport; /* 0: no answer is wanted */
	uint16_t dport;
	uint16_t len;	   /* bytes, header included */
	uint16_t checksum; /* 0: the sender made none */
};

/*
 * The header at bytes, where the IP packet has len bytes for UDP. DROP_NONE,
 * and *out is filled. The checksum needs the addresses, too: see
 * checksum_pseudo().
 */
static inline enum drop
udp_parse(const uint8_t *bytes, size_t len, struct udp *out)
{
	const struct wire_udp *wire = (const void *)bytes;

	if (len < sizeof(*wire))
		return DROP_UDP_TRUNCATED;
	out->sport = be16_get(wire->sport);
	out->dport = be16_get(wire->dport);
	if (out->dport == 0)
		return DROP_UDP_PORT_ZERO;
	out->len = be16_get(wire->len);
	if (out->len < sizeof(*wire))
		return DROP_UDP_LENGTH;
	if (out->len > len)
		return DROP_UDP_SHORT;
	out->checksum = be16_get(wire->checksum);
	return DROP_NONE;
}

/* Writes 8 bytes. */
static inline void
udp_emit(const struct udp *udp, uint8_t *bytes)
{
	struct wire_udp *wire = (void *)bytes;

	wire->sport = be16_from(udp->sport);
	wire->dport = be16_from(udp->dport);
	wire->len = be16_from(udp->len);
	wire->checksum = be16_from(udp->checksum);
}
