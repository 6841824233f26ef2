/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FIB's memory, see fib_mem.h. A free piece holds the links of its bin and,
 * in its first and last grain, its size; the chunk's bitmap marks these two
 * grains, so the neighbours of a piece that is given back are found at once.
 * Called by whoever changes routes; readers only follow handles.
 */

#include "net/ipv4/fib_mem.h"

#define CHUNK_GRAINS (FIB_CHUNK_LEN / FIB_GRAIN)

struct chunk {
	struct list link;
	uint32_t used_count;		  /* grains, this header excluded */
	uint64_t edge[CHUNK_GRAINS / 64]; /* first and last of free pieces */
};

#define HEAD_GRAINS ((uint32_t)((sizeof(struct chunk) + 63) / 64 * 4))

struct free_piece {
	uint32_t next, prev; /* handles, 0: none */
	uint32_t grains;
};

/* The last four bytes of a free piece; in one of a single grain, behind the
 * struct free_piece. */
_Static_assert(sizeof(struct free_piece) + 4 <= FIB_GRAIN, "tags fit");

static struct chunk *
chunk_of(const void *piece)
{
	return (struct chunk *)((uintptr_t)piece &
				~(uintptr_t)(FIB_CHUNK_LEN - 1));
}

static uint32_t
index_of(const void *piece)
{
	return (uint32_t)((uintptr_t)piece & (FIB_CHUNK_LEN - 1)) / FIB_GRAIN;
}

static void *
grain_at(struct chunk *chunk, uint32_t index)
{
	return (char *)chunk + (size_t)index * FIB_GRAIN;
}

static bool
is_edge(const struct chunk *chunk, uint32_t index)
{
	return chunk->edge[index / 64] >> (index % 64) & 1;
}

static void
mark_edges(struct chunk *chunk, uint32_t index, uint32_t grains, bool on)
{
	uint32_t last = index + grains - 1;
	uint64_t bit = 1ull << (index % 64), last_bit = 1ull << (last % 64);

	if (on) {
		chunk->edge[index / 64] |= bit;
		chunk->edge[last / 64] |= last_bit;
	} else {
		chunk->edge[index / 64] &= ~bit;
		chunk->edge[last / 64] &= ~last_bit;
	}
}

static uint32_t *
tail_of(struct free_piece *piece, uint32_t grains)
{
	return (uint32_t *)((char *)piece + (size_t)grains * FIB_GRAIN) - 1;
}

static uint32_t
bin_of(uint32_t grains)
{
	return min_of(grains, FIB_BINS - 1);
}

static void
bin_put(struct fib_mem *mem, struct chunk *chunk, uint32_t index,
	uint32_t grains)
{
	struct free_piece *piece = grain_at(chunk, index), *next;
	uint32_t bin = bin_of(grains), handle = fib_mem_handle(mem, piece);

	piece->prev = 0;
	piece->next = mem->bin[bin];
	piece->grains = grains;
	*tail_of(piece, grains) = grains;
	if (piece->next) {
		next = fib_mem_at(mem, piece->next);
		next->prev = handle;
	}
	mem->bin[bin] = handle;
	mem->filled[bin / 64] |= 1ull << (bin % 64);
	mark_edges(chunk, index, grains, true);
}

static void
bin_take(struct fib_mem *mem, struct free_piece *piece)
{
	uint32_t bin = bin_of(piece->grains);
	struct free_piece *other;

	if (piece->next) {
		other = fib_mem_at(mem, piece->next);
		other->prev = piece->prev;
	}
	if (piece->prev) {
		other = fib_mem_at(mem, piece->prev);
		other->next = piece->next;
	} else {
		mem->bin[bin] = piece->next;
		if (!piece->next)
			mem->filled[bin / 64] &= ~(1ull << (bin % 64));
	}
	mark_edges(chunk_of(piece), index_of(piece), piece->grains, false);
}

/* Handles reach 2^31 grains from the base; handle 0 is nobody. */
static bool
in_reach(const struct fib_mem *mem, const void *block)
{
	uintptr_t grains = ((uintptr_t)block - mem->base) / FIB_GRAIN;

	return grains > 0 && grains <= (1ull << FIB_HANDLE_BITS) - CHUNK_GRAINS;
}

static void *
chunk_alloc(struct fib_mem *mem)
{
	void *block = pages_alloc(mem->pages, FIB_CHUNK_ORDER);

	if (block && !in_reach(mem, block)) {
		pages_free(mem->pages, block, FIB_CHUNK_ORDER);
		return NULL;
	}
	return block;
}

static void
chunk_enter(struct fib_mem *mem, void *block)
{
	struct chunk *chunk = block;

	memset(chunk, 0, sizeof(*chunk));
	list_add_last(&mem->chunks, &chunk->link);
	mem->chunk_count++;
	bin_put(mem, chunk, HEAD_GRAINS, CHUNK_GRAINS - HEAD_GRAINS);
}

static void
chunk_leave(struct fib_mem *mem, struct chunk *chunk)
{
	bin_take(mem, grain_at(chunk, HEAD_GRAINS));
	list_remove(&chunk->link);
	mem->chunk_count--;
	pages_free(mem->pages, chunk, FIB_CHUNK_ORDER);
}

enum status
fib_mem_init(struct fib_mem *mem, struct pages *pages)
{
	uintptr_t reach = (uintptr_t)FIB_GRAIN << FIB_HANDLE_BITS;
	void *first = pages_alloc(pages, FIB_CHUNK_ORDER);

	if (!first)
		return ERR_NOMEM;
	memset(mem, 0, sizeof(*mem));
	mem->pages = pages;
	list_init(&mem->chunks);
	/* Half of the reach on either side of the first chunk. Below address 0
	 * the arithmetic wraps around, and back. */
	mem->base = (uintptr_t)first - reach / 2;
	chunk_enter(mem, first);
	return OK;
}

void
fib_mem_fini(struct fib_mem *mem)
{
	struct chunk *chunk, *after;

	list_for_each_safe(chunk, after, &mem->chunks, link)
		pages_free(mem->pages, chunk, FIB_CHUNK_ORDER);
}

/* The smallest free piece that is large enough. Any in the last bin is. */
static struct free_piece *
find_free(const struct fib_mem *mem, uint32_t grains)
{
	uint32_t word = grains / 64;
	uint64_t filled = mem->filled[word] & ~0ull << (grains % 64);

	while (!filled) {
		if (++word == FIB_BINS / 64)
			return NULL;
		filled = mem->filled[word];
	}
	word = word * 64 + (uint32_t)__builtin_ctzll(filled);
	return fib_mem_at(mem, mem->bin[word]);
}

/* Cuts a piece out of a free one that was taken from its bin. */
static void *
cut(struct fib_mem *mem, struct free_piece *piece, uint32_t skip,
    uint32_t grains)
{
	struct chunk *chunk = chunk_of(piece);
	uint32_t index = index_of(piece), have = piece->grains;

	if (skip)
		bin_put(mem, chunk, index, skip);
	if (have > skip + grains)
		bin_put(mem, chunk, index + skip + grains,
			have - skip - grains);
	chunk->used_count += grains;
	mem->used_len += (uint64_t)grains * FIB_GRAIN;
	return grain_at(chunk, index + skip);
}

static uint32_t
grains_for(size_t len)
{
	assert(len > 0 && len <= FIB_PIECE_MAX);
	return (uint32_t)((len + FIB_GRAIN - 1) / FIB_GRAIN);
}

static struct free_piece *
take_free(struct fib_mem *mem, uint32_t grains)
{
	struct free_piece *piece = find_free(mem, grains);
	void *block;

	if (unlikely(mem->fail_after) && --mem->fail_after == 0) {
		mem->fail_count++;
		return NULL;
	}
	if (unlikely(!piece)) {
		block = chunk_alloc(mem);
		if (!block) {
			mem->fail_count++;
			return NULL;
		}
		chunk_enter(mem, block);
		piece = find_free(mem, grains);
	}
	bin_take(mem, piece);
	return piece;
}

void *
fib_mem_alloc(struct fib_mem *mem, size_t len)
{
	uint32_t grains = grains_for(len);
	struct free_piece *piece = take_free(mem, grains);

	return piece ? cut(mem, piece, 0, grains) : NULL;
}

void *
fib_mem_alloc_line(struct fib_mem *mem, size_t len)
{
	uint32_t grains = grains_for(len), per_line = CACHE_LINE / FIB_GRAIN;
	uint32_t wanted = min_of(grains + per_line - 1, FIB_BINS - 1);
	struct free_piece *piece = take_free(mem, wanted);
	uint32_t skip;

	if (!piece)
		return NULL;
	skip = -index_of(piece) % per_line;
	assert(skip + grains <= piece->grains);
	return cut(mem, piece, skip, grains);
}

void
fib_mem_free(struct fib_mem *mem, void *block, size_t len)
{
	struct chunk *chunk = chunk_of(block);
	uint32_t index = index_of(block), grains = grains_for(len), before;
	struct free_piece *other;

	assert(!is_edge(chunk, index) && chunk->used_count >= grains);
	chunk->used_count -= grains;
	mem->used_len -= (uint64_t)grains * FIB_GRAIN;
	if (index + grains < CHUNK_GRAINS && is_edge(chunk, index + grains)) {
		other = grain_at(chunk, index + grains);
		bin_take(mem, other);
		grains += other->grains;
	}
	if (index > HEAD_GRAINS && is_edge(chunk, index - 1)) {
		before = *((uint32_t *)grain_at(chunk, index) - 1);
		index -= before;
		grains += before;
		bin_take(mem, grain_at(chunk, index));
	}
	bin_put(mem, chunk, index, grains);
	if (!chunk->used_count && mem->chunk_count > 1)
		chunk_leave(mem, chunk);
}

/* Grains in the chunk's free pieces. */
static uint32_t
chunk_check(const struct fib_mem *mem, struct chunk *chunk)
{
	uint32_t free_count = 0, edge_count = 0, i = HEAD_GRAINS;
	struct free_piece *piece;

	while (i < CHUNK_GRAINS) {
		if (!is_edge(chunk, i)) {
			i++;
			continue;
		}
		piece = grain_at(chunk, i);
		assert(piece->grains > 0 && i + piece->grains <= CHUNK_GRAINS);
		assert(is_edge(chunk, i + piece->grains - 1));
		assert(*tail_of(piece, piece->grains) == piece->grains);
		/* Two free neighbours would have been joined. */
		assert(i + piece->grains == CHUNK_GRAINS ||
		       !is_edge(chunk, i + piece->grains));
		assert(piece->prev || mem->bin[bin_of(piece->grains)] ==
					      fib_mem_handle(mem, piece));
		edge_count += piece->grains > 1 ? 2 : 1;
		free_count += piece->grains;
		i += piece->grains;
	}
	for (i = 0; i < CHUNK_GRAINS; i++)
		edge_count -= is_edge(chunk, i);
	assert(edge_count == 0);
	assert(free_count + chunk->used_count == CHUNK_GRAINS - HEAD_GRAINS);
	return free_count;
}

void
fib_mem_check(const struct fib_mem *mem)
{
	uint64_t free_count = 0, used_len = 0;
	const struct free_piece *piece;
	struct chunk *chunk;
	uint32_t count = 0;

	list_for_each(chunk, &mem->chunks, link) {
		free_count += chunk_check(mem, chunk);
		used_len += (uint64_t)chunk->used_count * FIB_GRAIN;
		count++;
	}
	assert(count == mem->chunk_count && used_len == mem->used_len);
	for (uint32_t bin = 0; bin < FIB_BINS; bin++) {
		assert((mem->filled[bin / 64] >> (bin % 64) & 1) ==
		       (mem->bin[bin] != 0));
		for (uint32_t h = mem->bin[bin]; h; h = piece->next) {
			piece = fib_mem_at(mem, h);
			assert(bin_of(piece->grains) == bin);
			free_count -= piece->grains;
		}
	}
	assert(free_count == 0);
}
