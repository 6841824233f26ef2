/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of a filter share: its nodes. See filter.h. */
#pragma once

#include "net/capture/filter.h"

enum capture_op {
	/* of other nodes */
	OP_AND,
	OP_OR,
	OP_NOT, /* left */
	/* of the frame; how: which end */
	OP_ETHERTYPE, /* value */
	OP_PROTO,     /* value: IPPROTO_*; of no other packet than IPv4's */
	OP_ADDR,      /* addr & mask == value; left: of which protocols */
	OP_PORT,      /* value..mask; left: of which protocols */
	OP_MAC,	      /* value: the upper 16 bits, mask: the lower 32 */
	OP_GROUP,     /* a multicast MAC address */
	OP_IP_GROUP,  /* a multicast IPv4 destination */
	/* left compared with right */
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	/* numbers */
	OP_NUMBER, /* value */
	OP_LEN,	   /* of the frame */
	OP_LOAD,   /* value: size, how: enum header, at offset left */
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_BIT_AND,
	OP_BIT_OR,
	OP_XOR,
	OP_SHL,
	OP_SHR,
};

/* Which end has to suit. */
enum end { END_ANY, END_SRC, END_DST, END_BOTH };

/* The header that a primitive is about. */
enum header {
	H_NONE,
	H_ETHER,
	H_IP,
	H_ARP,
	H_RARP,
	H_TCP,
	H_UDP,
	H_ICMP,
	H_IGMP
};

#define OF(header) (1u << (header))

#define ETHERTYPE_RARP 0x8035u
#define ETHERTYPE_IPV6 0x86ddu
