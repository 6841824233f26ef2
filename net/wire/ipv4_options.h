/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 options: checks the area behind the fixed header once and says where the
 * options lie that this box acts on. The rest passes unchanged.
 * [RFC791 3.1] [RFC1122 3.2.1.8] [RFC1812 4.2.2.1, 4.2.2.6]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"
#include "net/wire/ipv4.h"

#define IPV4_OPT_END	      0u
#define IPV4_OPT_NOP	      1u
#define IPV4_OPT_RECORD_ROUTE 7u
#define IPV4_OPT_TIMESTAMP    68u
#define IPV4_OPT_LOOSE_ROUTE  131u
#define IPV4_OPT_STREAM_ID    136u
#define IPV4_OPT_STRICT_ROUTE 137u
#define IPV4_OPT_ROUTER_ALERT 148u

#define IPV4_OPT_COPIED 0x80u /* in every fragment, not in the first alone */

/* What a timestamp option is to hold: its low four bits of flags. */
#define IPV4_TS_ONLY	     0u
#define IPV4_TS_AND_ADDR     1u
#define IPV4_TS_PRESPECIFIED 3u

#define IPV4_OPTIONS_LEN_MAX (IPV4_HEADER_LEN_MAX - IPV4_HEADER_LEN)

/*
 * Record route and source route: type, length, pointer, slots of an address.
 * Timestamp: type, length, pointer, overflow count and flags, slots of a time,
 * or of an address and a time. The pointer counts bytes of the option from 1
 * and stands on the next free slot, or beyond the option when all are used.
 */
struct ipv4_options {
	/* Offset of the option from the start of the IP header; 0: none. */
	uint8_t record_route, timestamp, source_route;
	bool strict; /* source_route is of the strict kind */
	/* If an option is bad: what a parameter problem is to point to. */
	uint8_t bad;
};

/* Is there no slot left in a source route, record route or timestamp option? */
static inline bool
ipv4_option_full(const uint8_t *option)
{
	return option[2] > option[1];
}

/* A route option: its slots begin behind 3 bytes and take 4 each. */
static inline enum drop
ipv4_route_option_check(const uint8_t *option, uint8_t at, uint8_t *found,
			uint8_t *bad)
{
	*bad = at;
	if (*found != 0)
		return DROP_IP_OPT_DUPLICATE;
	*found = at;
	*bad = (uint8_t)(at + 1);
	if (option[1] < 3)
		return DROP_IP_OPT_LENGTH;
	*bad = (uint8_t)(at + 2);
	if (option[2] < 4 ||
	    (!ipv4_option_full(option) && option[2] + 3 > option[1]))
		return DROP_IP_OPT_POINTER;
	return DROP_NONE;
}

/* Bytes that one slot of a timestamp option takes. */
static inline uint8_t
ipv4_timestamp_slot_len(uint8_t flags)
{
	flags &= 0xf;
	if (flags == IPV4_TS_AND_ADDR || flags == IPV4_TS_PRESPECIFIED)
		return 8;
	return 4;
}

static inline enum drop
ipv4_timestamp_check(const uint8_t *option, uint8_t at, uint8_t *found,
		     uint8_t *bad)
{
	*bad = at;
	if (*found != 0)
		return DROP_IP_OPT_DUPLICATE;
	*found = at;
	*bad = (uint8_t)(at + 1);
	if (option[1] < 4)
		return DROP_IP_OPT_LENGTH;
	*bad = (uint8_t)(at + 2);
	if (option[2] < 5)
		return DROP_IP_OPT_POINTER;
	if (!ipv4_option_full(option) &&
	    option[2] + ipv4_timestamp_slot_len(option[3]) - 1 > option[1])
		return DROP_IP_OPT_POINTER;
	/* Who is not asked to stamp does not overflow. */
	*bad = (uint8_t)(at + 3);
	if (ipv4_option_full(option) && option[3] >> 4 == 15 &&
	    (option[3] & 0xf) != IPV4_TS_PRESPECIFIED)
		return DROP_IP_OPT_OVERFLOW;
	return DROP_NONE;
}

static inline enum drop
ipv4_option_check(const uint8_t *option, uint8_t at, struct ipv4_options *out)
{
	switch (option[0]) {
	case IPV4_OPT_RECORD_ROUTE:
		return ipv4_route_option_check(option, at, &out->record_route,
					       &out->bad);
	case IPV4_OPT_LOOSE_ROUTE:
	case IPV4_OPT_STRICT_ROUTE:
		out->strict = option[0] == IPV4_OPT_STRICT_ROUTE;
		return ipv4_route_option_check(option, at, &out->source_route,
					       &out->bad);
	case IPV4_OPT_TIMESTAMP:
		return ipv4_timestamp_check(option, at, &out->timestamp,
					    &out->bad);
	default: return DROP_NONE;
	}
}

/*
 * Looks through the options of a parsed header. DROP_NONE, and *out is filled;
 * or what is wrong, and out->bad says where.
 */
static inline enum drop
ipv4_options_parse(const struct ipv4 *ip, struct ipv4_options *out)
{
	const uint8_t *options = ip->options;
	size_t len = ipv4_options_len(ip), used = 0;
	enum drop why;

	*out = (struct ipv4_options){ 0 };
	while (used < len && options[used] != IPV4_OPT_END) {
		if (options[used] == IPV4_OPT_NOP) {
			used++;
			continue;
		}
		out->bad = (uint8_t)(IPV4_HEADER_LEN + used);
		if (len - used < 2)
			return DROP_IP_OPT_TRUNCATED;
		if (options[used + 1] < 2 || options[used + 1] > len - used)
			return DROP_IP_OPT_LENGTH;
		why = ipv4_option_check(options + used, out->bad, out);
		if (why != DROP_NONE)
			return why;
		used += options[used + 1];
	}
	return DROP_NONE;
}

/* A slot's address. */
static inline uint32_t
ipv4_option_get(const uint8_t *slot)
{
	be32 wire;

	__builtin_memcpy(wire.byte, slot, sizeof(wire));
	return be32_get(wire);
}

static inline void
ipv4_option_set(uint8_t *slot, uint32_t value)
{
	be32 wire = be32_from(value);

	__builtin_memcpy(slot, wire.byte, sizeof(wire));
}
