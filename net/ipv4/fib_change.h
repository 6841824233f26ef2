/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One change of the lookup structure: what was built aside, the stores that
 * publish it, what it replaces. Nothing is seen before fib_change_commit();
 * fib_change_abort() leaves no trace. What a commit replaced stays readable
 * until fib_reclaim(), which the owner calls when no core can still hold it.
 *
 * A change that ran out of memory says so in failed; further calls are
 * harmless.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/ipv4/fib_mem.h"

struct fib_change_block;

struct fib_change {
	struct fib_mem *mem;
	struct fib_retired *retired;
	struct fib_change_block *blocks; /* newest first */
	bool failed;
	int64_t lookup_len; /* bytes it adds to the lookup structure */
};

/* What commits left behind, newest first. */
struct fib_retired {
	struct fib_change_block *blocks;
	uint64_t len; /* bytes */
	/* Lists for the changes to come, so that each need not ask for one. */
	struct fib_change_block *spare;
	uint32_t spare_count;
};

void fib_change_begin(struct fib_change *change, struct fib_mem *mem,
		      struct fib_retired *retired);

/* Memory of the new structure; NULL and failed if there is none. */
void *fib_change_build(struct fib_change *change, size_t len);

/* The same from whole pages (the table of all /16). */
void *fib_change_build_pages(struct fib_change *change, unsigned int order);

/* This goes when the change is committed and no longer read. */
void fib_change_retire(struct fib_change *change, void *piece, size_t len);

/* Commit will write value to *where, in one store each. */
void fib_change_store(struct fib_change *change, uint32_t *where,
		      uint32_t value);
/* The same for a pointer, after all of the above. */
void fib_change_point(struct fib_change *change, void *where, void *value);

void fib_change_commit(struct fib_change *change);
void fib_change_abort(struct fib_change *change);

/* Nobody reads any more what these commits replaced. */
void fib_reclaim(struct fib_retired *retired, struct fib_mem *mem);
