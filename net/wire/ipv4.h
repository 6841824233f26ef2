/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPv4 header: bytes to struct ipv4 and back. Pure: no state, no packet
 * buffer. Whoever is handed a const struct ipv4 * knows that the header was
 * checked, and never reads the bytes again. [RFC791 3.1] [RFC1812 5.2.2]
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "lib/checksum.h"
#include "lib/port.h"
#include "net/drop.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------+-------+---------------+-------------------------------+
 * |Version|  IHL  |Type of Service|          Total Length         |
 * +-------+-------+---------------+-----+-------------------------+
 * |         Identification        |Flags|      Fragment Offset    |
 * +---------------+---------------+-----+-------------------------+
 * |  Time to Live |    Protocol   |         Header Checksum       |
 * +---------------+---------------+-------------------------------+
 * |                       Source Address                          |
 * +---------------------------------------------------------------+
 * |                    Destination Address                        |
 * +-----------------------------------------------+---------------+
 * |                    Options                    |    Padding    |
 * +-----------------------------------------------+---------------+
 */
struct wire_ipv4 {
	uint8_t version_ihl;
	uint8_t tos;
	be16 total_len;
	be16 id;
	be16 flags_offset;
	uint8_t ttl;
	uint8_t proto;
	be16 checksum;
	be32 src;
	be32 dst;
};

_Static_assert(sizeof(struct wire_ipv4) == 20 &&
		       _Alignof(struct wire_ipv4) == 1,
	       "the header without options");

#define IPV4_HEADER_LEN	    20u /* without options */
#define IPV4_HEADER_LEN_MAX 60u
#define IPV4_LEN_MAX	    65535u

/* Bits of struct ipv4.flags. */
#define IPV4_MF	      0x1u /* more fragments follow */
#define IPV4_DF	      0x2u /* must not be fragmented */
#define IPV4_RESERVED 0x4u /* means nothing, passes unchanged */

/*
 * A checked header, in host order. Fields that lie side by side on the wire
 * stand the other way round, so that one load, swap and store moves both.
 */
struct ipv4 {
	uint32_t dst, src;
	uint16_t id;
	uint16_t total_len;   /* bytes of the packet, header included */
	uint16_t frag_offset; /* bytes, a multiple of 8 */
	uint8_t ttl;
	uint8_t proto;
	uint8_t tos;
	uint8_t flags;		/* IPV4_* */
	uint8_t header_len;	/* bytes, a multiple of 4 from 20 to 60 */
	const uint8_t *options; /* header_len - 20 bytes behind the header
				 * that was parsed; lives as long as that */
};

static inline uint32_t
ipv4_options_len(const struct ipv4 *ip)
{
	return ip->header_len - IPV4_HEADER_LEN;
}

/* Is it a piece of a larger datagram? */
static inline int
ipv4_is_fragment(const struct ipv4 *ip)
{
	return ip->frag_offset != 0 || (ip->flags & IPV4_MF);
}

/* The sum of a header, its checksum included. header_len is checked. */
static inline uint32_t
ipv4_header_sum(const uint8_t *bytes, size_t header_len)
{
	uint32_t sum = checksum_20(bytes);

	if (header_len > IPV4_HEADER_LEN)
		sum = checksum_add(sum, bytes + IPV4_HEADER_LEN,
				   header_len - IPV4_HEADER_LEN);
	return sum;
}

/* The fields of a header whose lengths and checksum are right. */
static inline void
ipv4_fields(const uint8_t *bytes, uint8_t header_len, struct ipv4 *out)
{
	const struct wire_ipv4 *wire = (const void *)bytes;
	uint16_t flags_offset = be16_get(wire->flags_offset);
	uint32_t len_id;
	uint64_t src_dst;

	/* Pairs of fields at once. */
	__builtin_memcpy(&len_id, bytes + 2, sizeof(len_id));
	__builtin_memcpy(&src_dst, bytes + 12, sizeof(src_dst));
	len_id = __builtin_bswap32(len_id);
	src_dst = __builtin_bswap64(src_dst);
	*out = (struct ipv4){
		.dst = (uint32_t)src_dst,
		.src = (uint32_t)(src_dst >> 32),
		.id = (uint16_t)len_id,
		.total_len = (uint16_t)(len_id >> 16),
		.frag_offset = (uint16_t)(flags_offset << 3),
		.ttl = wire->ttl,
		.proto = wire->proto,
		.tos = wire->tos,
		.flags = (uint8_t)(flags_offset >> 13),
		.header_len = header_len,
		.options = bytes + IPV4_HEADER_LEN,
	};
}

/* The same if only its own length and checksum are known to be right. */
static inline enum drop
ipv4_read(const uint8_t *bytes, size_t len, uint8_t header_len,
	  struct ipv4 *out)
{
	const struct wire_ipv4 *wire = (const void *)bytes;

	if (be16_get(wire->total_len) < header_len)
		return DROP_IP_TOTAL_LEN;
	ipv4_fields(bytes, header_len, out);
	return out->total_len > len ? DROP_IP_SHORT : DROP_NONE;
}

/* A header that is not simply 20 bytes of version 4. */
rare static __attribute__((unused)) enum drop
ipv4_parse_unusual(const uint8_t *bytes, size_t len, struct ipv4 *out)
{
	uint8_t header_len = (uint8_t)((bytes[0] & 0xf) << 2);

	if (bytes[0] >> 4 != 4)
		return DROP_IP_VERSION;
	if (header_len < IPV4_HEADER_LEN)
		return DROP_IP_IHL;
	if (header_len > len)
		return DROP_IP_HEADER_TRUNCATED;
	if (checksum_fold(ipv4_header_sum(bytes, header_len)) != 0)
		return DROP_IP_CSUM;
	return ipv4_read(bytes, len, header_len, out);
}

/*
 * Checks and reads the header at bytes, where len bytes of packet arrived (up
 * to IPV4_HEADER_LEN_MAX of them are read). DROP_NONE, and *out is filled; or
 * what is wrong. The checksum is looked at before anything it covers is
 * believed. DROP_IP_SHORT comes last and fills *out as well, since that packet
 * may draw an answer. [RFC1812 5.2.2]
 */
static inline enum drop
ipv4_parse(const uint8_t *bytes, size_t len, struct ipv4 *out)
{
	if (unlikely(len < IPV4_HEADER_LEN))
		return DROP_IP_TRUNCATED;
	if (unlikely(bytes[0] != (4 << 4 | IPV4_HEADER_LEN / 4)))
		return ipv4_parse_unusual(bytes, len, out);
	if (unlikely(!checksum_20_right(bytes)))
		return DROP_IP_CSUM;
	return ipv4_read(bytes, len, IPV4_HEADER_LEN, out);
}

/*
 * Do the len bytes begin with a header without options and with a right
 * checksum? Of what ipv4_parse() asks only the total length is open then.
 */
static inline bool
ipv4_is_plain(const uint8_t *bytes, size_t len)
{
	return len >= IPV4_HEADER_LEN &&
	       bytes[0] == (4 << 4 | IPV4_HEADER_LEN / 4) &&
	       checksum_20_right(bytes);
}

/*
 * Writes ip->header_len bytes with a right checksum; ip->options may point to
 * where they will be written, or be NULL without options.
 */
static inline void
ipv4_emit(const struct ipv4 *ip, uint8_t *bytes)
{
	struct wire_ipv4 *wire = (void *)bytes;

	if (ip->header_len > IPV4_HEADER_LEN)
		__builtin_memmove(bytes + IPV4_HEADER_LEN, ip->options,
				  ipv4_options_len(ip));
	wire->version_ihl = (uint8_t)(4 << 4 | ip->header_len >> 2);
	wire->tos = ip->tos;
	wire->total_len = be16_from(ip->total_len);
	wire->id = be16_from(ip->id);
	wire->flags_offset =
		be16_from((uint16_t)(ip->flags << 13 | ip->frag_offset >> 3));
	wire->ttl = ip->ttl;
	wire->proto = ip->proto;
	wire->checksum = be16_from(0);
	wire->src = be32_from(ip->src);
	wire->dst = be32_from(ip->dst);
	wire->checksum = be16_from(
		checksum_fold(ipv4_header_sum(bytes, ip->header_len)));
}

/*
 * One hop more: the TTL (at least 1) of a raw, checked header goes down by one,
 * and the checksum up by as much, with the carry round. [RFC1812 5.3.1]
 * [RFC1624 3: a header is never all zero, so its checksum is never 0xffff and
 * nothing rounds to the wrong zero]
 */
static inline void
ipv4_decrement_ttl(uint8_t *bytes)
{
	struct wire_ipv4 *wire = (void *)bytes;
	uint16_t field;
	uint32_t raw;

	/* As it lies in memory: 0x0100 on the wire is 1 here, and the carry out
	 * of 16 bits comes round either way. */
	__builtin_memcpy(&field, &wire->checksum, sizeof(field));
	raw = field;
	field = (uint16_t)(raw + 1 + ((raw + 2) >> 16));
	__builtin_memcpy(&wire->checksum, &field, sizeof(field));
	wire->ttl--;
}

/* Writes the right checksum into a raw header whose fields were changed. */
static inline void
ipv4_checksum_refresh(uint8_t *bytes, size_t header_len)
{
	struct wire_ipv4 *wire = (void *)bytes;

	wire->checksum = be16_from(0);
	wire->checksum =
		be16_from(checksum_fold(ipv4_header_sum(bytes, header_len)));
}

/*
 * A header that an ICMP error quotes: *out as ipv4_parse() fills it. What it
 * describes is cut off and was changed on its way, so neither its checksum nor
 * its total length can be held against it; but 8 bytes of what follows must be
 * there. [RFC792] [RFC1122 3.2.2]
 */
static inline enum drop
ipv4_parse_quoted(const uint8_t *bytes, size_t len, struct ipv4 *out)
{
	const struct wire_ipv4 *wire = (const void *)bytes;
	uint16_t flags_offset;

	if (len < IPV4_HEADER_LEN)
		return DROP_ICMP_QUOTE_TRUNCATED;
	out->header_len = (uint8_t)((wire->version_ihl & 0xf) << 2);
	if (wire->version_ihl >> 4 != 4 || out->header_len < IPV4_HEADER_LEN)
		return DROP_ICMP_QUOTE_HEADER;
	if (len < out->header_len + 8u)
		return DROP_ICMP_QUOTE_TRUNCATED;
	flags_offset = be16_get(wire->flags_offset);
	*out = (struct ipv4){
		.src = be32_get(wire->src),
		.dst = be32_get(wire->dst),
		.total_len = be16_get(wire->total_len),
		.id = be16_get(wire->id),
		.flags = (uint8_t)(flags_offset >> 13),
		.frag_offset = (uint16_t)(flags_offset << 3),
		.header_len = out->header_len,
		.tos = wire->tos,
		.ttl = wire->ttl,
		.proto = wire->proto,
		.options = bytes + IPV4_HEADER_LEN,
	};
	return DROP_NONE;
}

/* ---- addresses, host order ---------------------------------------------- */

#define IPV4_ADDR(a, b, c, d)                                                  \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

#define IPV4_BROADCAST 0xffffffffu

static inline int
ipv4_is_loopback(uint32_t addr)
{
	return addr >> 24 == 127;
}

/* 224/4 [RFC1112 4] */
static inline int
ipv4_is_multicast(uint32_t addr)
{
	return addr >> 28 == 0xe;
}

/* 240/4 without 255.255.255.255 [RFC1112 4] */
static inline int
ipv4_is_reserved(uint32_t addr)
{
	return addr >> 28 == 0xf && addr != IPV4_BROADCAST;
}

/* 0/8: "this host on this network" [RFC1122 3.2.1.3] */
static inline int
ipv4_is_this_network(uint32_t addr)
{
	return addr >> 24 == 0;
}

/* 169.254/16 [RFC3927 2.7] */
static inline int
ipv4_is_link_local(uint32_t addr)
{
	return addr >> 16 == 0xa9fe;
}
