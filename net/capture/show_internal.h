/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What those share that put frames in words, see show.h. Every function is
 * given the bytes that are there and how many there were on the wire, and looks
 * before it reads.
 */
#pragma once

#include "lib/port.h"
#include "net/capture/show.h"

#define IPV4_LEAST 20u
#define UDP_LEAST  8u

struct show {
	struct out *out;
	const struct capture_style *style;
	struct capture_flows *flows;
	unsigned int quotes; /* errors within errors so far */
};

/* Bytes of a frame: have of them are at p, len were on the wire. */
struct view {
	const uint8_t *p;
	uint32_t have, len;
};

static inline struct view
beyond(const struct view *v, uint32_t skip)
{
	uint32_t have = min_of(skip, v->have);

	return (struct view){ v->p + have, v->have - have,
			      v->len - min_of(skip, v->len) };
}

static inline uint32_t
get16(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static inline void
show_addr(struct out *out, const uint8_t *p)
{
	const uint32_t addr = get32(p);

	out_printf(out, "%pI4", &addr);
}

/* Transport headers at v, of the packet whose IPv4 header is at ip. */
void show_udp(struct show *show, const uint8_t *ip, const struct view *v);
void show_tcp(struct show *show, const uint8_t *ip, const struct view *v);
