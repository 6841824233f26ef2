/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Object pools: one block of pages cut into equal objects, the free ones linked
 * through their first word. The owner of the pool is one core. Hosted builds
 * fill freed objects with junk and check it when they are handed out again,
 * which finds double frees and writes after free.
 */
#include "lib/pool.h"

#include "lib/port.h"

#define JUNK_FREE  0x6b
#define JUNK_FRESH 0xa5

static size_t
round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
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
	if (__builtin_mul_overflow(stride, count, &len))
		return ERR_NOMEM;
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
		if (__STDC_HOSTED__)
			memset(object, JUNK_FREE, stride);
		*(void **)object = pool->free;
		pool->free = object;
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
is_junk(const struct pool *pool, const void *object)
{
	const uint8_t *bytes = object;
	size_t i;

	for (i = sizeof(void *); i < pool->object_len; i++)
		if (bytes[i] != JUNK_FREE)
			return false;
	return true;
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
	if (__STDC_HOSTED__) {
		if (!is_junk(pool, object))
			panic("pool %s: %p was written after its free",
			      pool->name, object);
		pool->free = *(void **)object;
		memset(object, JUNK_FRESH, pool->object_len);
	} else {
		pool->free = *(void **)object;
	}
	if (++pool->used_count > pool->used_count_max)
		pool->used_count_max = pool->used_count;
	return object;
}

void
pool_put(struct pool *pool, void *object)
{
	if (__STDC_HOSTED__) {
		if (!is_ours(pool, object))
			panic("pool %s: put of %p, which is no object of it",
			      pool->name, object);
		if (pool->object_len > sizeof(void *) && is_junk(pool, object))
			panic("pool %s: double put of %p", pool->name, object);
		memset(object, JUNK_FREE, pool->object_len);
	}
	assert(pool->used_count > 0);
	*(void **)object = pool->free;
	pool->free = object;
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
