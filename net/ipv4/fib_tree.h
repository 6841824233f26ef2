/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes of one table in order: a B+tree of (address, prefix length) to a
 * 32-bit reference, nine bytes a route and half of them again for room. Several
 * routes may have the same prefix; their order is the caller's. Shorter
 * prefixes come before the longer ones they contain, so that what lies inside a
 * prefix follows it without a gap. [Knuth TAOCP3 6.2.4]
 *
 * Only whoever changes routes walks the tree.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/ipv4/fib_mem.h"

#define FIB_TREE_FANOUT	    56u /* 512 bytes a node: eight cache lines */
#define FIB_TREE_HEIGHT_MAX 8u	/* 28^8 routes, were there so many prefixes */

struct fib_tree_node {
	uint16_t count;
	uint16_t height; /* 0: ref[] are the routes', else nodes */
	uint32_t unused;
	/* Entry i; of an inner node the least key that child i may have. */
	uint32_t dst[FIB_TREE_FANOUT];
	uint32_t ref[FIB_TREE_FANOUT];
	uint8_t len[FIB_TREE_FANOUT];
};

struct fib_tree {
	struct fib_mem *mem;
	struct fib_tree_node *root; /* NULL: empty */
	uint32_t count;
	uint32_t len_count[33]; /* routes with a prefix of that length */
	uint64_t lengths;	/* bit = there are such */
	/* The path to the leaf that was searched last: mostly the next search
	 * ends there, too. Its leaf is NULL if nodes have come or gone. */
	struct fib_tree_node *last[FIB_TREE_HEIGHT_MAX];
	uint8_t last_at[FIB_TREE_HEIGHT_MAX];
	/* No entry begins between these two addresses (the second excluded),
	 * and none covers one of them; whoever finds that out notes it. */
	uint64_t gap_first, gap_end;
};

/* A place before an entry, or behind the last one of its leaf. Changing the
 * tree spoils it. */
struct fib_cursor {
	struct fib_tree *tree;
	struct fib_tree_node *node[FIB_TREE_HEIGHT_MAX]; /* by height */
	uint8_t at[FIB_TREE_HEIGHT_MAX];
};

/* Before the first entry that is not less than (dst, len). */
void fib_tree_seek(struct fib_tree *tree, uint32_t dst, uint8_t len,
		   struct fib_cursor *cursor);

/* If it is behind the last of a leaf, moves on to the next leaf. False at the
 * end of the tree. */
bool fib_cursor_settle(struct fib_cursor *cursor);

/* To the entry after, before; false (and not moved) if there is none. */
bool fib_cursor_next(struct fib_cursor *cursor);
bool fib_cursor_prev(struct fib_cursor *cursor);

/* To the first entry with this prefix, if there is one. */
bool fib_tree_find(struct fib_tree *tree, uint32_t dst, uint8_t len,
		   struct fib_cursor *cursor);

/*
 * To the first entry with the longest prefix of at most max_len bits that
 * contains addr. False if there is none; max_len may be -1.
 */
bool fib_tree_cover(struct fib_tree *tree, uint32_t addr, int max_len,
		    struct fib_cursor *cursor);

/*
 * Puts an entry where the cursor is; it must be in order there, and that must
 * be where fib_tree_seek() for its key left it, or directly before or behind
 * (in its leaf) an entry with its key. ERR_NOMEM changes nothing.
 */
enum status fib_tree_insert(struct fib_cursor *cursor, uint32_t dst,
			    uint8_t len, uint32_t ref) must_use;

/* Takes the entry under the cursor out. */
void fib_tree_remove(struct fib_cursor *cursor);

/*
 * Is there nothing at all from first to end (excluded)? True is noted by
 * fib_tree_note_gap() and holds until the tree changes; false: look.
 */
static inline bool
fib_tree_is_gap(const struct fib_tree *tree, uint64_t first, uint64_t end)
{
	return first >= tree->gap_first && end <= tree->gap_end;
}

/* Nothing covers first, and the first entry behind it begins at next. */
static inline void
fib_tree_note_gap(struct fib_tree *tree, uint64_t first, uint64_t next)
{
	if (tree->gap_end != next || first < tree->gap_first)
		tree->gap_first = first;
	tree->gap_end = next;
}

/* Frees all nodes. */
void fib_tree_clear(struct fib_tree *tree);

/* Bytes of all nodes. Panics if the tree is out of order. For tests. */
uint64_t fib_tree_check(const struct fib_tree *tree);

static inline uint32_t
fib_cursor_dst(const struct fib_cursor *cursor)
{
	return cursor->node[0]->dst[cursor->at[0]];
}

static inline uint8_t
fib_cursor_len(const struct fib_cursor *cursor)
{
	return cursor->node[0]->len[cursor->at[0]];
}

/* The reference under the cursor, which may be changed in place. */
static inline uint32_t *
fib_cursor_ref(const struct fib_cursor *cursor)
{
	return &cursor->node[0]->ref[cursor->at[0]];
}

static inline bool
fib_cursor_is(const struct fib_cursor *cursor, uint32_t dst, uint8_t len)
{
	return fib_cursor_dst(cursor) == dst && fib_cursor_len(cursor) == len;
}
