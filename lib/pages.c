/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page allocator: binary buddies [Knuth 2.5]. Memory comes from the firmware's
 * map at boot (or a test's arena) and goes to pools, page tables, rings and
 * stacks. A zone begins with its bookkeeping, one byte a page; a free block's
 * first bytes are its link in the free list of its order. Not for two cores at
 * once.
 *
 * A block that comes back is spoilt: filled with junk, so that who follows a
 * pointer that it held faults; junk that has changed when the block is taken
 * again is a write after free. Memory that was never taken is left alone: a
 * hypervisor need not have any there yet.
 */
#include "lib/pages.h"

#include "lib/poison.h"

/* What a page's byte says. Only a block's first page carries its order. */
#define STATE_ORDER  0x1fu
#define STATE_INSIDE 0x00u
#define STATE_SPOILT 0x20u /* of a free block */
#define STATE_FREE   0x40u
#define STATE_TAKEN  0x80u

#define SPOIL_MAX   65536u /* bytes: larger blocks come back at shut-down */
#define SPOIL_CHECK 48u	   /* bytes behind the link: the first cache line */

void
pages_init(struct pages *pages)
{
	unsigned int order;

	memset(pages, 0, sizeof(*pages));
	for (order = 0; order <= PAGE_ORDER_MAX; order++)
		list_init(&pages->free[order]);
}

unsigned int
pages_order(size_t len)
{
	size_t count = len / PAGE_SIZE + (len % PAGE_SIZE != 0);

	if (count <= 1)
		return 0;
	return 64u - (unsigned int)__builtin_clzll(count - 1);
}

static struct list *
page_link(const struct pages_zone *zone, size_t index)
{
	return (struct list *)(zone->base + index * PAGE_SIZE);
}

static bool
zone_holds(const struct pages_zone *zone, uintptr_t addr)
{
	return addr >= zone->base &&
	       (addr - zone->base) / PAGE_SIZE < zone->page_count;
}

static const struct pages_zone *
zone_find(const struct pages *pages, uintptr_t addr)
{
	unsigned int i;

	for (i = 0; i < pages->zone_count; i++)
		if (zone_holds(&pages->zone[i], addr))
			return &pages->zone[i];
	return NULL;
}

static void
free_add(struct pages *pages, const struct pages_zone *zone, size_t index,
	 unsigned int state)
{
	struct list *link = page_link(zone, index);

	zone->state[index] = (uint8_t)state;
	unpoison(link, sizeof(*link));
	list_add_first(&pages->free[state & STATE_ORDER], link);
}

static void
block_spoil(struct list *link, unsigned int order)
{
	size_t len = (size_t)PAGE_SIZE << order;

	unpoison(link, len);
	memset(link + 1, POISON_BYTE, min_of(len, SPOIL_MAX) - sizeof(*link));
	poison(link, len);
}

/* Is a block that was spoilt still as it was? */
static bool
block_is_spoilt(const struct list *link)
{
	bool is_whole;

	unpoison(link + 1, SPOIL_CHECK);
	is_whole = poison_is_whole(link + 1, SPOIL_CHECK);
	poison(link + 1, SPOIL_CHECK);
	return is_whole;
}

/*
 * The first page of the block's buddy, if both lie in the zone. Blocks are
 * aligned by address, so the buddy differs in one bit of the address.
 */
static bool
buddy_find(const struct pages_zone *zone, size_t index, unsigned int order,
	   size_t *buddy)
{
	uintptr_t addr = zone->base + index * PAGE_SIZE;
	uintptr_t len = (uintptr_t)PAGE_SIZE << order;
	uintptr_t buddy_addr = addr ^ len;

	if (buddy_addr < zone->base)
		return false;
	*buddy = (buddy_addr - zone->base) / PAGE_SIZE;
	return zone->page_count >= (size_t)1 << order &&
	       *buddy <= zone->page_count - ((size_t)1 << order);
}

/* Cuts the whole zone into the largest blocks that alignment allows. */
static void
zone_fill(struct pages *pages, const struct pages_zone *zone)
{
	size_t index = 0, left = zone->page_count;
	unsigned int order;

	memset(zone->state, STATE_INSIDE, zone->page_count);
	while (left > 0) {
		order = (unsigned int)__builtin_ctzll(zone->base / PAGE_SIZE +
						      index);
		order = min_of(order, PAGE_ORDER_MAX);
		while ((size_t)1 << order > left)
			order--;
		free_add(pages, zone, index, STATE_FREE | order);
		index += (size_t)1 << order;
		left -= (size_t)1 << order;
	}
}

enum status
pages_add(struct pages *pages, uintptr_t start, size_t len)
{
	/* In pages, rounded inwards; that way nothing can wrap around. */
	uintptr_t first = start / PAGE_SIZE + (start % PAGE_SIZE != 0);
	uintptr_t end = (start + min_of(len, UINTPTR_MAX - start)) / PAGE_SIZE;
	struct pages_zone *zone;
	size_t all_count, own_count;
	unsigned int i;

	/* A block at address 0 would look like a refusal. */
	first = max_of(first, 1u);
	all_count = end > first ? end - first : 0;
	/* k pages of bookkeeping serve k * PAGE_SIZE pages beside themselves */
	own_count = (all_count + PAGE_SIZE) / (PAGE_SIZE + 1u);
	if (all_count <= own_count)
		return ERR_NOMEM;
	if (pages->zone_count == PAGES_ZONES_MAX)
		return ERR_RANGE;
	for (i = 0; i < pages->zone_count; i++) {
		zone = &pages->zone[i];
		if (first < zone->base / PAGE_SIZE + zone->page_count &&
		    (uintptr_t)zone->state / PAGE_SIZE < end)
			return ERR_EXIST;
	}
	zone = &pages->zone[pages->zone_count++];
	zone->state = (uint8_t *)(first * PAGE_SIZE);
	unpoison(zone->state, all_count * PAGE_SIZE);
	zone->base = (first + own_count) * PAGE_SIZE;
	zone->page_count = all_count - own_count;
	zone_fill(pages, zone);
	pages->total_count += zone->page_count;
	pages->free_count += zone->page_count;
	/* The mark tells the most that was ever taken, so it rises along. */
	pages->free_count_min += zone->page_count;
	return OK;
}

/* The smallest block that is large enough, out of its free list. */
static struct list *
free_take(struct pages *pages, unsigned int order, unsigned int *found)
{
	struct list *link;

	for (; order <= PAGE_ORDER_MAX; order++) {
		if (list_empty(&pages->free[order]))
			continue;
		link = pages->free[order].next;
		list_remove(link);
		*found = order;
		return link;
	}
	return NULL;
}

void *
pages_alloc(struct pages *pages, unsigned int order)
{
	const struct pages_zone *zone;
	struct list *link = NULL;
	unsigned int have = 0;
	size_t index;

	if (pages->fail_after == 0 || --pages->fail_after > 0)
		link = free_take(pages, order, &have);
	if (link == NULL) {
		pages->fail_count++;
		return NULL;
	}
	zone = zone_find(pages, (uintptr_t)link);
	assert(zone != NULL);
	index = ((uintptr_t)link - zone->base) / PAGE_SIZE;
	/* Keep the lower half, free the upper, until it fits. */
	while (have > order) {
		have--;
		free_add(pages, zone, index + ((size_t)1 << have),
			 STATE_FREE | have);
	}
	if (zone->state[index] & STATE_SPOILT && !block_is_spoilt(link))
		panic("pages: %p was written after its free", (void *)link);
	unpoison(link, (size_t)PAGE_SIZE << order);
	zone->state[index] = (uint8_t)(STATE_TAKEN | order);
	pages->free_count -= (size_t)1 << order;
	pages->free_count_min =
		min_of(pages->free_count_min, pages->free_count);
	return link;
}

void
pages_free(struct pages *pages, void *block, unsigned int order)
{
	uintptr_t addr = (uintptr_t)block;
	const struct pages_zone *zone = zone_find(pages, addr);
	unsigned int state = STATE_FREE | STATE_SPOILT;
	size_t index, buddy;

	if (zone == NULL || addr % PAGE_SIZE != 0)
		panic("pages: free of %p, which is no page of ours", block);
	index = (addr - zone->base) / PAGE_SIZE;
	if ((zone->state[index] & STATE_TAKEN) == 0)
		panic("pages: double free of %p", block);
	if (zone->state[index] != (STATE_TAKEN | order))
		panic("pages: free of %p with order %u, taken with %u", block,
		      order, zone->state[index] & ~STATE_TAKEN);
	pages->free_count += (size_t)1 << order;
	block_spoil(block, order);
	for (; order < PAGE_ORDER_MAX; order++) {
		if (!buddy_find(zone, index, order, &buddy) ||
		    (zone->state[buddy] & ~STATE_SPOILT) !=
			    (STATE_FREE | order))
			break;
		list_remove(page_link(zone, buddy));
		poison(page_link(zone, buddy), sizeof(struct list));
		/* The lower one tells what the first bytes are like. */
		if (buddy < index)
			state = zone->state[buddy] & ~STATE_ORDER;
		zone->state[index] = zone->state[buddy] = STATE_INSIDE;
		index = min_of(index, buddy);
	}
	free_add(pages, zone, index, state | order);
}

/* Checks one zone's states; returns how many blocks are free in it. */
static size_t
check_zone(const struct pages_zone *zone, size_t *free_count)
{
	size_t index = 0, block_count = 0, len, i, buddy;
	unsigned int order, state;

	while (index < zone->page_count) {
		state = zone->state[index] & (STATE_FREE | STATE_TAKEN);
		order = zone->state[index] & STATE_ORDER;
		len = (size_t)1 << order;
		assert(state == STATE_FREE || state == STATE_TAKEN);
		assert(order <= PAGE_ORDER_MAX);
		assert(len <= zone->page_count - index);
		assert((zone->base / PAGE_SIZE + index) % len == 0);
		for (i = 1; i < len; i++)
			assert(zone->state[index + i] == STATE_INSIDE);
		if (state == STATE_FREE) {
			assert(!(zone->state[index] & STATE_SPOILT) ||
			       block_is_spoilt(page_link(zone, index)));
			block_count++;
			*free_count += len;
			/* Two free buddies would have become one block. */
			assert(order == PAGE_ORDER_MAX ||
			       !buddy_find(zone, index, order, &buddy) ||
			       (zone->state[buddy] & ~STATE_SPOILT) !=
				       (STATE_FREE | order));
		}
		index += len;
	}
	return block_count;
}

void
pages_check(const struct pages *pages)
{
	size_t free_count = 0, block_count = 0, listed_count = 0, total = 0;
	const struct pages_zone *zone;
	const struct list *link;
	unsigned int i, state;

	for (i = 0; i < pages->zone_count; i++) {
		block_count += check_zone(&pages->zone[i], &free_count);
		total += pages->zone[i].page_count;
	}
	for (i = 0; i <= PAGE_ORDER_MAX; i++) {
		for (link = pages->free[i].next; link != &pages->free[i];
		     link = link->next) {
			zone = zone_find(pages, (uintptr_t)link);
			assert(zone != NULL);
			state = zone->state[((uintptr_t)link - zone->base) /
					    PAGE_SIZE];
			assert((state & ~STATE_SPOILT) == (STATE_FREE | i));
			assert(link->next->prev == link &&
			       link->prev->next == link);
			listed_count++;
			assert(listed_count <= block_count);
		}
	}
	assert(listed_count == block_count);
	assert(free_count == pages->free_count);
	assert(total == pages->total_count);
	assert(pages->free_count_min <= pages->free_count);
}
