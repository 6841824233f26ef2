/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ARP packet for IPv4 over Ethernet: bytes to struct arp and back. Pure: no
 * state, no packet buffer. Other hardware or protocol types do not concern this
 * box and are refused here. [RFC826]
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |         Hardware Type         |         Protocol Type         |
 * +---------------+---------------+-------------------------------+
 * |  HW Addr Len  | Prot Addr Len |           Operation           |
 * +---------------+---------------+-------------------------------+
 * |                 Sender Hardware Address (6)                   |
 * +                               +-------------------------------+
 * |                               |   Sender Protocol Address (4) |
 * +-------------------------------+-------------------------------+
 * |                               |                               |
 * +-------------------------------+                               +
 * |                 Target Hardware Address (6)                   |
 * +---------------------------------------------------------------+
 * |                 Target Protocol Address (4)                   |
 * +---------------------------------------------------------------+
 */
struct wire_arp {
	be16 htype;
	be16 ptype;
	uint8_t hlen;
	uint8_t plen;
	be16 op;
	uint8_t sender_lladdr[6];
	be32 sender;
	uint8_t target_lladdr[6];
	be32 target;
};

_Static_assert(sizeof(struct wire_arp) == 28 && _Alignof(struct wire_arp) == 1,
	       "Ethernet and IPv4 addresses");

#define ARP_LEN	      28u
#define ARP_HTYPE_ETH 1u
#define ARP_PTYPE_IP  0x0800u

#define ARP_REQUEST 1u
#define ARP_REPLY   2u

/* A checked packet, addresses in host order. */
struct arp {
	uint16_t op; /* ARP_REQUEST or ARP_REPLY */
	uint8_t sender_lladdr[6];
	uint8_t target_lladdr[6]; /* means nothing in a request */
	uint32_t sender, target;
};

/*
 * Checks and reads the packet at bytes, of which len arrived; what follows it
 * (a short frame is padded) is not looked at. DROP_NONE, and *out is filled; or
 * what is wrong. The order is that of RFC 826's "Packet Reception".
 */
static inline enum drop
arp_parse(const uint8_t *bytes, size_t len, struct arp *out)
{
	const struct wire_arp *wire = (const void *)bytes;

	if (len < ARP_LEN)
		return DROP_ARP_TRUNCATED;
	if (be16_get(wire->htype) != ARP_HTYPE_ETH)
		return DROP_ARP_HTYPE;
	if (be16_get(wire->ptype) != ARP_PTYPE_IP)
		return DROP_ARP_PTYPE;
	if (wire->hlen != sizeof(wire->sender_lladdr))
		return DROP_ARP_HLEN;
	if (wire->plen != sizeof(wire->sender))
		return DROP_ARP_PLEN;
	out->op = be16_get(wire->op);
	if (out->op != ARP_REQUEST && out->op != ARP_REPLY)
		return DROP_ARP_OP;
	__builtin_memcpy(out->sender_lladdr, wire->sender_lladdr, 6);
	__builtin_memcpy(out->target_lladdr, wire->target_lladdr, 6);
	out->sender = be32_get(wire->sender);
	out->target = be32_get(wire->target);
	return DROP_NONE;
}

/* Writes ARP_LEN bytes. */
static inline void
arp_emit(const struct arp *arp, uint8_t *bytes)
{
	struct wire_arp *wire = (void *)bytes;

	wire->htype = be16_from(ARP_HTYPE_ETH);
	wire->ptype = be16_from(ARP_PTYPE_IP);
	wire->hlen = sizeof(wire->sender_lladdr);
	wire->plen = sizeof(wire->sender);
	wire->op = be16_from(arp->op);
	__builtin_memcpy(wire->sender_lladdr, arp->sender_lladdr, 6);
	wire->sender = be32_from(arp->sender);
	__builtin_memcpy(wire->target_lladdr, arp->target_lladdr, 6);
	wire->target = be32_from(arp->target);
}
