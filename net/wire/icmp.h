/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ICMP header: bytes to struct icmp and back. Pure. The checksum covers the
 * whole message, which may lie in several buffers, so who has the message sums.
 * [RFC792] [RFC1122 3.2.2]
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+-------------------------------+
 * |     Type      |     Code      |          Checksum             |
 * +---------------+---------------+-------------------------------+
 * |   echo, timestamp:  Identifier |        Sequence Number       |
 * |   unreachable:          unused | Next-Hop MTU [RFC1191 4]     |
 * |   redirect:                 Gateway Address                   |
 * |   parameter problem:   Pointer | unused                       |
 * +---------------------------------------------------------------+
 * |   echo: data     timestamp: three times     errors: the quote |
 * +---------------------------------------------------------------+
 */
struct wire_icmp {
	uint8_t type;
	uint8_t code;
	be16 checksum;
	be32 info;
};

_Static_assert(sizeof(struct wire_icmp) == 8 && _Alignof(struct wire_icmp) == 1,
	       "what every message begins with");

#define ICMP_HEADER_LEN 8u

/* Types. [RFC792] [RFC950] [RFC1256] [RFC6918: which of them are history] */
#define ICMP_ECHO_REPLY		0u
#define ICMP_UNREACHABLE	3u
#define ICMP_SOURCE_QUENCH	4u
#define ICMP_REDIRECT		5u
#define ICMP_ECHO		8u
#define ICMP_ROUTER_ADVERT	9u
#define ICMP_ROUTER_SOLICIT	10u
#define ICMP_TIME_EXCEEDED	11u
#define ICMP_PARAMETER_PROBLEM	12u
#define ICMP_TIMESTAMP		13u
#define ICMP_TIMESTAMP_REPLY	14u
#define ICMP_INFO		15u
#define ICMP_INFO_REPLY		16u
#define ICMP_ADDRESS_MASK	17u
#define ICMP_ADDRESS_MASK_REPLY 18u
#define ICMP_TRACEROUTE		30u
#define ICMP_DOMAIN_NAME_REPLY	38u

/* Codes of ICMP_UNREACHABLE. [RFC792] [RFC1812 5.2.7.1] */
#define ICMP_NET_UNREACHABLE	 0u
#define ICMP_HOST_UNREACHABLE	 1u
#define ICMP_PROTO_UNREACHABLE	 2u
#define ICMP_PORT_UNREACHABLE	 3u
#define ICMP_FRAG_NEEDED	 4u
#define ICMP_SOURCE_ROUTE_FAILED 5u
#define ICMP_NET_PROHIBITED	 9u
#define ICMP_HOST_PROHIBITED	 10u
#define ICMP_ADMIN_PROHIBITED	 13u

/* Codes of ICMP_REDIRECT, ICMP_TIME_EXCEEDED. */
#define ICMP_REDIRECT_HOST	 1u
#define ICMP_REDIRECT_TOS_HOST	 3u /* the last one */
#define ICMP_TTL_EXCEEDED	 0u
#define ICMP_REASSEMBLY_EXCEEDED 1u

struct icmp {
	uint8_t type;
	uint8_t code;
	uint32_t info; /* the second word, in host order */
};

static inline uint16_t
icmp_id(const struct icmp *icmp)
{
	return (uint16_t)(icmp->info >> 16);
}

static inline uint16_t
icmp_seq(const struct icmp *icmp)
{
	return (uint16_t)icmp->info;
}

static inline uint32_t
icmp_echo_info(uint16_t id, uint16_t seq)
{
	return (uint32_t)id << 16 | seq;
}

/*
 * Is it about another message? Those must never draw a complaint; neither must
 * a type nobody knows, which may be one. [RFC1122 3.2.2]
 */
static inline int
icmp_type_is_query(uint8_t type)
{
	const uint32_t queries =
		1u << ICMP_ECHO_REPLY | 1u << ICMP_ECHO |
		1u << ICMP_ROUTER_ADVERT | 1u << ICMP_ROUTER_SOLICIT |
		1u << ICMP_TIMESTAMP | 1u << ICMP_TIMESTAMP_REPLY |
		1u << ICMP_INFO | 1u << ICMP_INFO_REPLY |
		1u << ICMP_ADDRESS_MASK | 1u << ICMP_ADDRESS_MASK_REPLY;

	return type < 32 && (queries >> type & 1);
}

/*
 * The message at bytes has len bytes; folded is checksum_fold() of the sum of
 * all of them: 0 if the checksum is right. DROP_NONE, and *out is filled.
 */
static inline enum drop
icmp_parse(const uint8_t *bytes, size_t len, uint16_t folded, struct icmp *out)
{
	const struct wire_icmp *wire = (const void *)bytes;

	if (len < sizeof(*wire))
		return DROP_ICMP_TRUNCATED;
	if (folded != 0)
		return DROP_ICMP_CSUM;
	out->type = wire->type;
	out->code = wire->code;
	out->info = be32_get(wire->info);
	return DROP_NONE;
}

/* Writes 8 bytes, with a checksum of zero: to be summed once all is in place.
 */
static inline void
icmp_emit(const struct icmp *icmp, uint8_t *bytes)
{
	struct wire_icmp *wire = (void *)bytes;

	wire->type = icmp->type;
	wire->code = icmp->code;
	wire->checksum = be16_from(0);
	wire->info = be32_from(icmp->info);
}
