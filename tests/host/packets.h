/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that tests and seeds of fuzzers are made of. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/checksum.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/udp.h"

/* A header for len bytes of payload; the rest can be changed afterwards. */
static inline struct ipv4
packet_header(uint32_t src, uint32_t dst, uint8_t proto, size_t len)
{
	return (struct ipv4){
		.src = src,
		.dst = dst,
		.total_len = (uint16_t)(IPV4_HEADER_LEN + len),
		.id = 0x4242,
		.header_len = IPV4_HEADER_LEN,
		.ttl = 64,
		.proto = proto,
	};
}

/* Options (len a multiple of 4) into a header made so far. */
static inline void
packet_add_options(struct ipv4 *ip, const uint8_t *options, size_t len)
{
	ip->options = options;
	ip->header_len = (uint8_t)(IPV4_HEADER_LEN + len);
	ip->total_len = (uint16_t)(ip->total_len + len);
}

/* A UDP datagram with len bytes of data (NULL: counted up) at out; its length.
 * checksum false: the sender made none. */
static inline size_t
packet_udp(uint8_t *out, const struct ipv4 *ip, uint16_t sport, uint16_t dport,
	   const void *data, size_t len, bool checksum)
{
	struct udp udp = {
		.sport = sport,
		.dport = dport,
		.len = (uint16_t)(UDP_HEADER_LEN + len),
	};
	uint32_t sum;

	for (size_t i = 0; i < len; i++)
		out[UDP_HEADER_LEN + i] =
			data ? ((const uint8_t *)data)[i] : (uint8_t)i;
	udp_emit(&udp, out);
	if (!checksum)
		return udp.len;
	sum = checksum_pseudo(ip->src, ip->dst, 17, udp.len);
	udp.checksum = checksum_fold(checksum_add(sum, out, udp.len));
	if (udp.checksum == 0)
		udp.checksum = 0xffff;
	udp_emit(&udp, out);
	return udp.len;
}

/* An ICMP message with len bytes behind its header (NULL: counted up). */
static inline size_t
packet_icmp(uint8_t *out, uint8_t type, uint8_t code, uint32_t info,
	    const void *data, size_t len)
{
	const struct icmp icmp = { .type = type, .code = code, .info = info };
	struct wire_icmp *wire = (void *)out;

	for (size_t i = 0; i < len; i++)
		out[ICMP_HEADER_LEN + i] =
			data ? ((const uint8_t *)data)[i] : (uint8_t)i;
	icmp_emit(&icmp, out);
	wire->checksum = be16_from(
		checksum_fold(checksum_add(0, out, ICMP_HEADER_LEN + len)));
	return ICMP_HEADER_LEN + len;
}
