/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IGMP messages of all three versions: bytes to struct igmp and back. Pure.
 * [RFC1112 I] [RFC2236 2] [RFC3376 4]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "lib/checksum.h"
#include "net/drop.h"

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      | Max Resp Code |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Group Address                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Source Address [1..N]                   |
 *
 * Versions 1 and 2 end behind the group.
 */
struct wire_igmp {
	uint8_t type;
	uint8_t max_resp_code;
	be16 checksum;
	be32 group;
};

struct wire_igmp_query {
	struct wire_igmp head;
	uint8_t flags; /* 0x08: suppress; 0x07: robustness */
	uint8_t qqic;
	be16 source_count;
};

/* A version 3 report: this, then records. [RFC3376 4.2] */
struct wire_igmp_report {
	uint8_t type;
	uint8_t reserved;
	be16 checksum;
	be16 reserved2;
	be16 record_count;
};

struct wire_igmp_record {
	uint8_t type;
	uint8_t aux_len; /* words behind the sources */
	be16 source_count;
	be32 group;
};

_Static_assert(sizeof(struct wire_igmp) == 8, "versions 1 and 2");
_Static_assert(sizeof(struct wire_igmp_query) == 12, "a version 3 query");
_Static_assert(sizeof(struct wire_igmp_report) == 8, "a version 3 report");
_Static_assert(sizeof(struct wire_igmp_record) == 8, "its record");

#define IGMP_LEN	8u
#define IGMP_QUERY3_LEN 12u

enum igmp_type {
	IGMP_QUERY = 0x11,
	IGMP_REPORT1 = 0x12,
	IGMP_REPORT2 = 0x16,
	IGMP_LEAVE2 = 0x17,
	IGMP_REPORT3 = 0x22,
};

enum igmp_record_type { /* [RFC3376 4.2.12] */
			IGMP_IS_INCLUDE = 1,
			IGMP_IS_EXCLUDE = 2,
			IGMP_TO_INCLUDE = 3,
			IGMP_TO_EXCLUDE = 4,
};

struct igmp {
	uint8_t type;
	uint8_t version;      /* of a query: 1, 2, 3 */
	uint32_t max_resp_ms; /* of a query: answer within */
	uint32_t group;	      /* 0: all (queries) */
	uint8_t robustness;   /* version 3; 0: not told */
	uint32_t interval_s;  /* version 3: between general queries; 0 */
	uint16_t source_count;
	const be32 *source; /* in the message */
};

/* The floating point of both code fields. [RFC3376 4.1.1, 4.1.7] */
static inline uint32_t
igmp_code_value(uint8_t code)
{
	if (code < 128)
		return code;
	return ((code & 0x0fu) | 0x10u) << ((code >> 4 & 7u) + 3);
}

static inline enum drop
igmp_query_parse(const uint8_t *bytes, size_t len, struct igmp *out)
{
	const struct wire_igmp_query *wire = (const void *)bytes;

	out->max_resp_ms = wire->head.max_resp_code * 100u;
	if (len == IGMP_LEN) {
		/* Version 1 has no such field, and means ten seconds.
		 * [RFC3376 7.2.1] */
		out->version = out->max_resp_ms ? 2 : 1;
		if (!out->max_resp_ms)
			out->max_resp_ms = 10000;
		return DROP_NONE;
	}
	if (len < sizeof(*wire))
		return DROP_IGMP_LENGTH;
	out->version = 3;
	out->max_resp_ms = igmp_code_value(wire->head.max_resp_code) * 100u;
	out->robustness = wire->flags & 7;
	out->interval_s = igmp_code_value(wire->qqic);
	out->source_count = be16_get(wire->source_count);
	if (out->source_count > (len - sizeof(*wire)) / sizeof(be32))
		return DROP_IGMP_LENGTH;
	out->source = (const be32 *)(wire + 1);
	return DROP_NONE;
}

/*
 * The message at bytes, of len bytes. DROP_NONE: *out is filled; sources stay
 * where they are. Reports of version 3 are for routers: only their type is
 * looked at.
 */
static inline enum drop
igmp_parse(const uint8_t *bytes, size_t len, struct igmp *out)
{
	const struct wire_igmp *wire = (const void *)bytes;

	*out = (struct igmp){ 0 };
	if (len < sizeof(*wire))
		return DROP_IGMP_LENGTH;
	if (checksum_fold(checksum_add(0, bytes, len)) != 0)
		return DROP_IGMP_CSUM;
	out->type = wire->type;
	out->group = be32_get(wire->group);
	switch (out->type) {
	case IGMP_QUERY: return igmp_query_parse(bytes, len, out);
	case IGMP_REPORT1:
	case IGMP_REPORT2:
	case IGMP_LEAVE2: return DROP_NONE;
	case IGMP_REPORT3: out->group = 0; return DROP_NONE;
	default: return DROP_IGMP_TYPE;
	}
}

/* Writes 8 bytes: a report or leave of versions 1 and 2. */
static inline void
igmp_emit(uint8_t type, uint32_t group, uint8_t *bytes)
{
	struct wire_igmp *wire = (void *)bytes;

	*wire = (struct wire_igmp){ .type = type, .group = be32_from(group) };
	wire->checksum =
		be16_from(checksum_fold(checksum_add(0, bytes, sizeof(*wire))));
}
