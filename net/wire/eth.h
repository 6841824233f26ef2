/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Ethernet II header. [RFC894]
 *
 *	 0             6             12     14
 *	| destination  | source      | type | payload ...
 */
#pragma once

#include "lib/be.h"

struct wire_eth {
	uint8_t dst[6];
	uint8_t src[6];
	be16 type;
};

_Static_assert(sizeof(struct wire_eth) == 14, "Ethernet header");
