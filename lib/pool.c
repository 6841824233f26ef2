/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Object pools: one block of pages cut into equal objects, the free ones linked
 * through their first word. The owner of the pool is one core. Freed objects
 * are filled with junk, which is checked when they are handed out again: that
 * finds double frees and writes after free. In the kernel it is their first
 * cache line only.
 */
#include "lib/pool.h"

#include "lib/poison.h"
#include "lib/port.h"

#define JUNK_FRESH 0xa5
#define FRESH_LEN  (2 * sizeof(void *)) /* bytes, in the kernel */
/* Bytes of an object that are checked; all of them when hosted. */
#define JUNK_LEN (__STDC_HOSTED__ ? UINT32_MAX : CACHE_LINE)

static size_t
round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* Of an object, behind its link, what is filled with junk while it is free. */
static size_t
junk_len(const struct pool *pool)
{
	return min_of(pool->object_len, JUNK_LEN) - sizeof(void *);
}

static void
object_free(struct pool *pool, void *object)
{
	void **link = object;

	memset(link + 1, POISON_BYTE, junk_len(pool));
	poison(link + 1, pool->object_len - sizeof(*link));
	*link = pool->free;
	pool->free = object;
}

static bool
is_junk(const struct pool *pool, const void *object)
{
	unpoison(object, pool->object_len);
	return poison_is_whole((void *const *)object + 1, junk_len(pool));
}

enum status
pool_init(struct pool *pool, struct pages *pages, const char *name,
	  size_t object_len, size_t align, uint32_t count)
{
	size_t stride, len;
	uint8_t *object;
	uint32_t i;

	assert(align <= PAGE_SIZE && (align & (align - 1)) == 0);
	memset(pool, 0, sizeof(*pool));
	if (object_len == 0 || object_len > UINT32_MAX - PAGE_SIZE ||
	    count == 0)
		return ERR_INVAL;
	stride = round_up(object_len, max_of(align, sizeof(void *)));
	len = stride * count; /* neither is longer than 32 bits */
	pool->block_order = pages_order(len);
	pool->block = pages_alloc(pages, pool->block_order);
	if (pool->block == NULL)
		return ERR_NOMEM;
	pool->name = name;
	pool->pages = pages;
	pool->object_len = (uint32_t)stride;
	pool->total_count = count;
	/* From the last to the first, so that the first is handed out first. */
	for (i = count; i-- > 0;) {
		object = (uint8_t *)pool->block + (size_t)i * stride;
		object_free(pool, object);
	}
	return OK;
}

void
pool_fini(struct pool *pool)
{
	assert(pool->used_count == 0);
	pages_free(pool->pages, pool->block, pool->block_order);
	memset(pool, 0, sizeof(*pool));
}

static bool
is_ours(const struct pool *pool, const void *object)
{
	uintptr_t offset = (uintptr_t)object - (uintptr_t)pool->block;

	return offset < (uintptr_t)pool->total_count * pool->object_len &&
	       offset % pool->object_len == 0;
}

void *
pool_get(struct pool *pool)
{
	void *object = pool->free;

	if (unlikely(object == NULL ||
		     (pool->fail_after != 0 && --pool->fail_after == 0))) {
		pool->fail_count++;
		return NULL;
	}
	if (unlikely(!is_junk(pool, object)))
		panic("pool %s: %p was written after its free", pool->name,
		      object);
	pool->free = *(void **)object;
	/* It must not look free if it is put back as it is. */
	memset(object, JUNK_FRESH,
	       min_of(pool->object_len,
		      __STDC_HOSTED__ ? UINT32_MAX : (uint32_t)FRESH_LEN));
	if (++pool->used_count > pool->used_count_max)
		pool->used_count_max = pool->used_count;
	return object;
}

void
pool_put(struct pool *pool, void *object)
{
	if (unlikely(!is_ours(pool, object)))
		panic("pool %s: put of %p, which is no object of it",
		      pool->name, object);
	if (unlikely(pool->object_len > sizeof(void *) &&
		     is_junk(pool, object)))
		panic("pool %s: double put of %p", pool->name, object);
	assert(pool->used_count > 0);
	object_free(pool, object);
	pool->used_count--;
}

void
pool_check(const struct pool *pool)
{
	const void *object;
	uint32_t free_count = 0;

	for (object = pool->free; object != NULL;
	     object = *(void *const *)object) {
		assert(is_ours(pool, object));
		free_count++;
		assert(free_count <= pool->total_count);
	}
	assert(free_count == pool->total_count - pool->used_count);
	assert(pool->used_count <= pool->used_count_max);
}
