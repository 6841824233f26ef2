/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Big-endian integers as they lie on the wire: structs of bytes with alignment
 * 1, so a wire struct needs no "packed", and adding one to a host integer does
 * not compile.
 */
#pragma once

#include <stdint.h>

typedef struct {
	uint8_t byte[2];
} be16;

typedef struct {
	uint8_t byte[4];
} be32;

_Static_assert(sizeof(be16) == 2 && _Alignof(be16) == 1, "be16 is bytes");
_Static_assert(sizeof(be32) == 4 && _Alignof(be32) == 1, "be32 is bytes");

/* Wire to host. */
static inline uint16_t
be16_get(be16 wire)
{
	uint16_t v;

	__builtin_memcpy(&v, wire.byte, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t
be32_get(be32 wire)
{
	uint32_t v;

	__builtin_memcpy(&v, wire.byte, sizeof(v));
	return __builtin_bswap32(v);
}

/* Host to wire. */
static inline be16
be16_from(uint16_t v)
{
	be16 wire;

	v = __builtin_bswap16(v);
	__builtin_memcpy(wire.byte, &v, sizeof(v));
	return wire;
}

static inline be32
be32_from(uint32_t v)
{
	be32 wire;

	v = __builtin_bswap32(v);
	__builtin_memcpy(wire.byte, &v, sizeof(v));
	return wire;
}
