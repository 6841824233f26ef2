/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The structure that answers for every packet: which route an address has. A
 * root indexed by the first 16 bits of the address (8 in a small box), below it
 * nodes for 8 bits more where there are longer prefixes. A node has 256 places
 * but stores one value for each run of equal ones: a bit says that a place
 * begins a run, and the number of such bits up to a place finds its value.
 *
 * Values: 0 no route but the default's, FIB_ASK a decision that takes more than
 * the address, FIB_NODE | handle a node, else the handle of a struct route.
 *
 * One lookup may stand for several tables (layers): the first that knows the
 * address wins, as the default rules say local, main, default. Readers take no
 * lock: a change builds nodes aside and shows each with one store, so an
 * address has the old route or the new one. The trees are the truth; what is
 * here can be built from them at any time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/port.h"
#include "net/ipv4/fib_change.h"
#include "net/ipv4/fib_tree.h"

#define FIB_NODE 0x80000000u
#define FIB_ASK	 1u

/* In a tree's reference, beside the handle of a route (64-byte aligned). */
#define FIB_REF_SPECIAL 1u /* type throw or a TOS: not just an answer */

struct fib_node {
	uint16_t begins[16]; /* bit = this place begins a run */
	uint8_t before[16];  /* which run holds the first of these 16 places */
	uint32_t value[];    /* one a run */
};

#define FIB_LAYERS_MAX 3u

struct fib_layer {
	struct fib_tree *tree;
	/* 0.0.0.0/0 of this layer is not painted but in otherwise, so that
	 * changing it is one store. */
	bool floats;
};

/* Never changes its root: a larger one comes with a new struct. */
struct fib_lookup {
	uint32_t *root;	     /* 1 << bits values */
	uintptr_t node_base; /* where a node of handle 0 would be, less its
			      * FIB_NODE: an addition finds it */
	uint32_t otherwise;  /* what 0 stands for: the default route or 0 */
	uint32_t bits;	     /* 8 or 16 */
	struct fib_mem *mem;
	uint32_t layer_count;
	struct fib_layer layer[FIB_LAYERS_MAX];
};

/* Where an update works: too large for a stack. Content undefined between. */
struct fib_runs {
	uint32_t count;
	uint8_t first[256]; /* place where the run begins */
	uint32_t value[256];
};

struct fib_cover {
	uint64_t end; /* the first address behind the prefix */
	uint32_t ref;
};

struct fib_sweep_layer {
	struct fib_cursor cursor;
	uint64_t next; /* where the next prefix begins, 2^32: none */
	uint8_t next_len;
	bool floats;
	bool has_default; /* a floating 0/0 that is an answer */
	uint32_t depth;
	struct fib_cover cover[34]; /* [0] is no prefix */
};

struct fib_sweep {
	struct fib_lookup *lookup;
	struct fib_change *change;
	uint32_t layer_count;
	struct fib_sweep_layer layer[FIB_LAYERS_MAX];
	struct fib_runs middle, new;
	struct fib_runs inner[3]; /* of nodes being built, by depth */
};

/* The places of 16 that come before a place, the first excluded, and itself. */
extern const uint32_t fib_up_to[256];

/* Of fib_count_bits(). In memory, where instructions can use them: each needs
 * one more to have them anywhere else. */
extern const uint64_t fib_copies, fib_fours, fib_sum;

/* Of one run, whose value means nothing. */
extern const struct fib_node fib_no_node;

/*
 * How many of bits 1 to 15 are set, without the instruction that not every
 * x86-64 has: four copies, 15 bits apart, put every bit at a multiple of four
 * in just one of them; the multiplication adds up what is there. [HAKMEM 169
 * has the idea with a division]
 */
static inline uint64_t
fib_count_bits(uint64_t bits)
{
	return (bits * fib_copies & fib_fours) * fib_sum >> 60;
}

/* Which value a place has: all runs that begin up to it, less one. */
static inline uint64_t
fib_node_index(const struct fib_node *node, uint64_t place)
{
	return node->before[place / 16] +
	       fib_count_bits(node->begins[place / 16] & fib_up_to[place]);
}

static inline struct fib_node *
fib_lookup_node(const struct fib_lookup *lookup, uint32_t value)
{
	return (struct fib_node *)(lookup->node_base +
				   (uintptr_t)value * FIB_GRAIN);
}

/*
 * From the root's value for an address to its own; rest: what is left of the
 * address, from the top. The one hot loop: at most two turns, three below a
 * small root. What a loaded value leads to was written before that value was
 * stored, and is loaded after it, since the load depends on it.
 */
static inline uint32_t
fib_lookup_descend(const struct fib_lookup *lookup, uint32_t value,
		   uint32_t rest)
{
	const struct fib_node *node;

	for (; (int32_t)value < 0; rest <<= 8) {
		node = fib_lookup_node(lookup, value);
		value = __atomic_load_n(
			&node->value[fib_node_index(node, rest >> 24)],
			__ATOMIC_RELAXED);
	}
	return value;
}

/* The value for an address; 0: no route, not even a default one. */
static inline uint32_t
fib_lookup_value(const struct fib_lookup *lookup, uint32_t addr)
{
	uint32_t bits = lookup->bits;
	uint32_t value = __atomic_load_n(&lookup->root[addr >> (32 - bits)],
					 __ATOMIC_RELAXED);

	value = fib_lookup_descend(lookup, value, addr << bits);
	return value ? value : lookup->otherwise;
}

/*
 * The same below a root of 16 bits, for packets, in two steps; 0 stands for the
 * default route. By the first 24 bits of an address: the value, or FIB_NODE and
 * the handle of the node that the rest leads into. Whether the root has a node
 * comes out either way, and a wrong guess would wait for memory; so who has
 * none looks into one of nothing.
 */
static inline uint32_t
fib_lookup_first(const struct fib_lookup *lookup, uint32_t upper)
{
	uint32_t value =
		__atomic_load_n(&lookup->root[upper >> 8], __ATOMIC_RELAXED);
	const struct fib_node *node =
		(const void *)pick_negative((int32_t)value,
					    (uintptr_t)fib_lookup_node(lookup,
								       value),
					    (uintptr_t)&fib_no_node);
	uint32_t inner = __atomic_load_n(
		&node->value[fib_node_index(node, upper & 0xff)],
		__ATOMIC_RELAXED);

	return (uint32_t)pick_negative((int32_t)value, inner, value);
}

/* By the last 8 bits, from what fib_lookup_first() said. */
static inline uint32_t
fib_lookup_last(const struct fib_lookup *lookup, uint32_t value, uint32_t place)
{
	const struct fib_node *node = fib_lookup_node(lookup, value);

	return __atomic_load_n(&node->value[fib_node_index(node, place)],
			       __ATOMIC_RELAXED);
}

/* Both. */
static inline uint32_t
fib_lookup_value16(const struct fib_lookup *lookup, uint32_t addr)
{
	uint32_t value = fib_lookup_first(lookup, addr >> 8);

	/* Prefixes of more than 24 bits are few. */
	return unlikely((int32_t)value < 0)
		       ? fib_lookup_last(lookup, value, addr & 0xff)
		       : value;
}

/* Fetches what an update at addr will read, while its tree is searched. */
static inline void
fib_lookup_prefetch(const struct fib_lookup *lookup, uint32_t addr)
{
	uint32_t value = lookup->root[addr >> (32 - lookup->bits)];
	const char *node = (const char *)fib_lookup_node(lookup, value);

	if (!(value & FIB_NODE))
		return;
	__builtin_prefetch(node);
	__builtin_prefetch(node + CACHE_LINE);
}

/*
 * An empty one with a root of so many bits (8 or 16), to be filled: the layers
 * by the caller, then fib_lookup_build(). change->failed without memory.
 */
void fib_lookup_init(struct fib_lookup *lookup, uint32_t bits,
		     struct fib_change *change);

/* Its root, if that lies in pages of its own, goes back; the rest with mem. */
void fib_lookup_fini(struct fib_lookup *lookup);

/* Fills one that nobody reads yet. change->failed without memory. */
void fib_lookup_build(struct fib_sweep *sweep, struct fib_lookup *lookup,
		      struct fib_change *change);

/* All that it points to goes when the change is committed. */
void fib_lookup_retire(struct fib_lookup *lookup, struct fib_change *change);

/*
 * The tree of a layer has changed somewhere inside addr/len: adds what brings
 * the structure up to date to the change. change->failed if memory ran out.
 */
void fib_lookup_update(struct fib_sweep *sweep, struct fib_lookup *lookup,
		       const struct fib_tree *tree, uint32_t addr, uint8_t len,
		       struct fib_change *change);

/* The same whatever the layer: for a block of addresses (len not 0), and for
 * what addresses get that no block has a route for. */
void fib_lookup_update_block(struct fib_sweep *sweep, struct fib_lookup *lookup,
			     uint32_t addr, uint8_t len,
			     struct fib_change *change);
void fib_lookup_update_default(struct fib_sweep *sweep,
			       struct fib_lookup *lookup,
			       struct fib_change *change);

/* Does a change of this layer's default route change other answers, too? */
bool fib_lookup_default_matters(const struct fib_lookup *lookup,
				const struct fib_tree *tree);

/*
 * Visits every run in order: first and last address, value. Returns the bytes
 * of root and nodes. For tests.
 */
uint64_t fib_lookup_walk(const struct fib_lookup *lookup,
			 void (*visit)(void *ctx, uint32_t first, uint32_t last,
				       uint32_t value),
			 void *ctx);
