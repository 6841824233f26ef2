/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of the lookup structure as lists of steps, see fib_change.h. The list
 * of a committed change becomes the list of what is to be freed after it.
 */

#include "net/ipv4/fib_change.h"

enum step_kind {
	STEP_STORE, /* 4 bytes to where */
	STEP_POINT, /* a pointer to where, its value is the next step's */
	STEP_VALUE,
	STEP_BUILT, /* freed by an abort */
	STEP_OLD,   /* freed after a commit */
};

struct step {
	void *ptr;
	uint32_t value; /* to store; or how many bytes */
	uint8_t kind;
	uint8_t order; /* of pages, if value is 0 */
};

struct fib_change_block {
	struct fib_change_block *next;
	uint32_t count, room;
	struct step step[];
};

/* Most changes take a few steps; a few take as many as there are /16. */
#define FIRST_ROOM 7u
#define MORE_ROOM  126u
#define SPARES_MAX 64u

static size_t
block_len(uint32_t room)
{
	return sizeof(struct fib_change_block) + room * sizeof(struct step);
}

void
fib_change_begin(struct fib_change *change, struct fib_mem *mem,
		 struct fib_retired *retired)
{
	*change = (struct fib_change){ .mem = mem, .retired = retired };
}

static void *
get(struct fib_change *change, size_t len)
{
	void *piece;

	if (change->failed)
		return NULL;
	piece = fib_mem_alloc(change->mem, len);
	change->failed = !piece;
	return piece;
}

static struct fib_change_block *
block_get(struct fib_change *change)
{
	struct fib_retired *retired = change->retired;
	struct fib_change_block *block = retired->spare;
	uint32_t room = change->blocks ? MORE_ROOM : FIRST_ROOM;

	if (likely(block && room == FIRST_ROOM)) {
		retired->spare = block->next;
		retired->spare_count--;
	} else {
		block = get(change, block_len(room));
		if (!block)
			return NULL;
		block->room = room;
	}
	block->next = change->blocks;
	block->count = 0;
	change->blocks = block;
	return block;
}

static void
block_put(struct fib_retired *retired, struct fib_mem *mem,
	  struct fib_change_block *block)
{
	if (unlikely(block->room != FIRST_ROOM ||
		     retired->spare_count == SPARES_MAX)) {
		fib_mem_free(mem, block, block_len(block->room));
		return;
	}
	block->next = retired->spare;
	retired->spare = block;
	retired->spare_count++;
}

static struct step *
add_step(struct fib_change *change, enum step_kind kind, void *ptr,
	 uint32_t value)
{
	struct fib_change_block *block = change->blocks;
	struct step *step;

	if (unlikely(change->failed))
		return NULL;
	if (!block || block->count == block->room) {
		block = block_get(change);
		if (!block)
			return NULL;
	}
	step = &block->step[block->count++];
	*step = (struct step){ .ptr = ptr, .value = value, .kind = kind };
	return step;
}

static void
give_back(struct fib_mem *mem, const struct step *step)
{
	if (step->value)
		fib_mem_free(mem, step->ptr, step->value);
	else
		pages_free(mem->pages, step->ptr, step->order);
}

void *
fib_change_build(struct fib_change *change, size_t len)
{
	void *piece = get(change, len);

	if (piece && !add_step(change, STEP_BUILT, piece, (uint32_t)len)) {
		fib_mem_free(change->mem, piece, len);
		return NULL;
	}
	return piece;
}

void *
fib_change_build_pages(struct fib_change *change, unsigned int order)
{
	void *block;
	struct step *step;

	if (change->failed)
		return NULL;
	block = pages_alloc(change->mem->pages, order);
	change->failed = !block;
	if (!block)
		return NULL;
	step = add_step(change, STEP_BUILT, block, 0);
	if (!step) {
		pages_free(change->mem->pages, block, order);
		return NULL;
	}
	step->order = (uint8_t)order;
	return block;
}

void
fib_change_retire(struct fib_change *change, void *piece, size_t len)
{
	add_step(change, STEP_OLD, piece, (uint32_t)len);
}

void
fib_change_store(struct fib_change *change, uint32_t *where, uint32_t value)
{
	add_step(change, STEP_STORE, where, value);
}

void
fib_change_point(struct fib_change *change, void *where, void *value)
{
	add_step(change, STEP_POINT, where, 0);
	add_step(change, STEP_VALUE, value, 0);
}

/*
 * Release: what was built is written before the store that shows it to the
 * lookups of other cores, whose loads depend on the value stored.
 */
static void
publish(const struct step *step, void **point)
{
	if (step->kind == STEP_STORE)
		__atomic_store_n((uint32_t *)step->ptr, step->value,
				 __ATOMIC_RELEASE);
	else if (step->kind == STEP_VALUE)
		*point = step->ptr;
	else if (step->kind == STEP_POINT)
		__atomic_store_n((void **)step->ptr, *point, __ATOMIC_RELEASE);
}

void
fib_change_commit(struct fib_change *change)
{
	struct fib_change_block *block = change->blocks, *last = NULL;
	struct fib_retired *retired = change->retired;
	void *point = NULL;

	assert(!change->failed);
	for (; block; block = block->next) {
		/* Backwards, so that a pointer's value precedes its place. */
		for (uint32_t i = block->count; i-- > 0;) {
			const struct step *step = &block->step[i];

			publish(step, &point);
			if (step->kind == STEP_OLD)
				retired->len += step->value;
		}
		retired->len += block_len(block->room);
		last = block;
	}
	if (last) {
		last->next = retired->blocks;
		retired->blocks = change->blocks;
	}
	change->blocks = NULL;
}

void
fib_change_abort(struct fib_change *change)
{
	struct fib_change_block *block;

	while ((block = change->blocks)) {
		for (uint32_t i = 0; i < block->count; i++)
			if (block->step[i].kind == STEP_BUILT)
				give_back(change->mem, &block->step[i]);
		change->blocks = block->next;
		block_put(change->retired, change->mem, block);
	}
}

void
fib_reclaim(struct fib_retired *retired, struct fib_mem *mem)
{
	struct fib_change_block *block;

	while ((block = retired->blocks)) {
		for (uint32_t i = 0; i < block->count; i++)
			if (block->step[i].kind == STEP_OLD)
				give_back(mem, &block->step[i]);
		retired->blocks = block->next;
		block_put(retired, mem, block);
	}
	retired->len = 0;
}
