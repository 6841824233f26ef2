/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the proofs share. A proof is a program for CBMC: its inputs have any
 * value, and it is shown that no value breaks an assertion, reads or writes
 * beside an object, overflows a signed number, shifts too far, or runs a loop
 * longer than its bound. CBMC's own words begin with __CPROVER.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Names that begin so have any value. */
size_t nondet_size(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);

#define assume(what) __CPROVER_assume(what)
#define prove(what)  __CPROVER_assert(what, #what)

#define ROOM 128u

/* Any len bytes, and not one more: whoever looks behind them is caught. */
static inline uint8_t *
any_bytes(size_t len)
{
	static uint8_t room[ROOM];

	__CPROVER_havoc_object(room);
	return room + ROOM - len;
}

/* CBMC knows no builtin of this name; a loop is also what it does best. */
static inline void *
prove_memcpy(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

#define __builtin_memcpy(to, from, len) prove_memcpy(to, from, len)

/*
 * The sums are assembler, which CBMC does not read: here they say anything, so
 * what is shown holds for right checksums and wrong ones.
 */
#include "lib/checksum.h"

static inline uint32_t
any_sum(const void *bytes, size_t len)
{
	/* Whoever sums must be allowed to read. */
	__CPROVER_assert(__CPROVER_r_ok(bytes, len), "readable");
	return nondet_u32();
}

#define checksum_add(sum, bytes, len) any_sum(bytes, len)
#define checksum_20(bytes)	      any_sum(bytes, 20)
#define checksum_20_right(bytes)      ((any_sum(bytes, 20) & 1) != 0)
