/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resilient groups, see resilient.h. Which bucket gets whom, and when, was
 * observed on Linux 6.18.
 */

#include "net/ipv4/resilient.h"

#include "net/explain/explain.h"
#include "net/ipv4/fib_internal.h"

#define NS_PER_SECOND 1000000000ull
#define PAUSE_NS      100000000ull /* between two looks at all buckets */

static uint64_t
now_ns(const struct resilient *table)
{
	return table->fib->net->now_ns;
}

static uint32_t
now_tick(const struct resilient *table)
{
	return (uint32_t)(now_ns(table) >> RESILIENT_TICK_SHIFT);
}

static struct timer_wheel *
wheel(const struct resilient *table)
{
	return &net_this_core(table->fib->net)->timers;
}

static size_t
table_len(uint32_t bucket_count)
{
	return sizeof(struct resilient) +
	       bucket_count * sizeof(struct resilient_bucket);
}

/* ---- balance ------------------------------------------------------------ */

/* The last member that has too few; Linux fills in this order, too. */
static uint8_t
poorest(const struct resilient *table)
{
	for (uint32_t i = table->member_count; i > 0; i--)
		if (table->has[i - 1] < table->wants[i - 1])
			return (uint8_t)(i - 1);
	return RESILIENT_NOBODY;
}

static bool
is_rich(const struct resilient *table, uint8_t member)
{
	return table->has[member] > table->wants[member];
}

/* When the bucket may be taken from a member that has too many. */
static uint64_t
idle_at_ns(const struct resilient *table, const struct resilient_bucket *bucket)
{
	uint64_t ago = (uint64_t)(now_tick(table) - bucket->used)
		       << RESILIENT_TICK_SHIFT;
	uint64_t timer = table->idle_timer_s * NS_PER_SECOND;

	if (bucket->fresh || ago >= timer)
		return now_ns(table);
	return now_ns(table) + timer - ago;
}

static uint64_t
patience_ends_ns(const struct resilient *table)
{
	if (table->unbalanced_timer_s == 0)
		return TIMER_NEVER;
	return table->unbalanced_ns + table->unbalanced_timer_s * NS_PER_SECOND;
}

static void
move(struct resilient *table, struct resilient_bucket *bucket, uint8_t to)
{
	if (bucket->owner != RESILIENT_NOBODY)
		table->has[bucket->owner]--;
	table->has[to]++;
	bucket->used = now_tick(table);
	bucket->fresh = true;
	__atomic_store_n(&bucket->owner, to, __ATOMIC_RELAXED);
}

/* Moves what is due; arms the timer for what is not. */
static void
balance(struct resilient *table)
{
	uint64_t next = TIMER_NEVER, due, patience;
	uint8_t to = poorest(table);

	if (to == RESILIENT_NOBODY)
		table->unbalanced_ns = 0;
	else if (!table->unbalanced_ns)
		table->unbalanced_ns = max_of(now_ns(table), 1u);
	patience = patience_ends_ns(table);
	for (uint32_t i = 0; i < table->bucket_count && to != RESILIENT_NOBODY;
	     i++) {
		struct resilient_bucket *bucket = &table->bucket[i];

		due = now_ns(table);
		if (bucket->owner != RESILIENT_NOBODY) {
			if (!is_rich(table, bucket->owner))
				continue;
			due = min_of(idle_at_ns(table, bucket), patience);
		}
		if (due <= now_ns(table)) {
			move(table, bucket, to);
			to = poorest(table);
		} else {
			next = min_of(next, due);
		}
	}
	if (to == RESILIENT_NOBODY) {
		table->unbalanced_ns = 0;
		timer_cancel(wheel(table), &table->timer);
	} else if (next != TIMER_NEVER) {
		timer_arm(wheel(table), &table->timer,
			  max_of(next, now_ns(table) + PAUSE_NS));
	}
}

static void
look_again(struct timer *timer, uint64_t now)
{
	balance(container_of(timer, struct resilient, timer));
}

/* ---- changes ------------------------------------------------------------ */

/* As many to each as its weight asks; sums are rounded, not parts. */
static void
set_wants(struct resilient *table, const struct nexthop_object *group,
	  uint32_t live)
{
	uint64_t total = 0, sum = 0, before = 0, until;

	for (uint32_t i = 0; i < group->member_count; i++)
		if (live >> i & 1)
			total += group->member[i].weight;
	for (uint32_t i = 0; i < group->member_count; i++) {
		if (live >> i & 1)
			sum += group->member[i].weight;
		until = (table->bucket_count * sum + total / 2) / total;
		table->wants[i] = (uint32_t)(until - before);
		before = until;
	}
}

/* Where a member that was number i is now. */
static uint8_t
find_member(const struct resilient *table, uint32_t i,
	    const struct nexthop_object *group, uint32_t live)
{
	for (uint32_t j = 0; j < group->member_count; j++)
		if (group->member[j].id == table->member_id[i])
			return live >> j & 1 ? (uint8_t)j : RESILIENT_NOBODY;
	return RESILIENT_NOBODY;
}

void
resilient_follow(struct resilient *table, const struct nexthop_object *group,
		 uint32_t live)
{
	uint8_t moved_to[ROUTE_NEXTHOPS_MAX];

	if (!live)
		live = (uint32_t)((1ull << group->member_count) - 1);
	for (uint32_t i = 0; i < table->member_count; i++)
		moved_to[i] = find_member(table, i, group, live);
	memset(table->has, 0, sizeof(table->has));
	for (uint32_t i = 0; i < table->bucket_count; i++) {
		struct resilient_bucket *bucket = &table->bucket[i];

		if (bucket->owner != RESILIENT_NOBODY)
			bucket->owner = moved_to[bucket->owner];
		if (bucket->owner != RESILIENT_NOBODY)
			table->has[bucket->owner]++;
	}
	table->idle_timer_s = group->idle_timer_s;
	table->unbalanced_timer_s = group->unbalanced_timer_s;
	table->member_count = group->member_count;
	for (uint32_t i = 0; i < group->member_count; i++)
		table->member_id[i] = group->member[i].id;
	set_wants(table, group, live);
	timer_cancel(wheel(table), &table->timer);
	balance(table);
}

struct resilient *
resilient_new(struct fib *fib, const struct nexthop_object *group)
{
	size_t len = table_len(group->bucket_count);
	struct resilient *table =
		pages_alloc(fib->net->pages, pages_order(len));

	if (!table)
		return NULL;
	memset(table, 0, len);
	table->fib = fib;
	table->bucket_count = group->bucket_count;
	timer_init(&table->timer, look_again);
	for (uint32_t i = 0; i < table->bucket_count; i++)
		table->bucket[i].owner = RESILIENT_NOBODY;
	return table;
}

void
resilient_free(struct resilient *table)
{
	timer_cancel(wheel(table), &table->timer);
	pages_free(table->fib->net->pages, table,
		   pages_order(table_len(table->bucket_count)));
}

/* ---- packets ------------------------------------------------------------ */

uint8_t
resilient_choose(struct resilient *table, uint64_t hash)
{
	struct resilient_bucket *bucket =
		&table->bucket[hash % table->bucket_count];

	if (unlikely(table->fib->net->explain != NULL))
		explain_keep(table->fib->net->explain, bucket, sizeof(*bucket));
	bucket->used = now_tick(table);
	bucket->fresh = false;
	return __atomic_load_n(&bucket->owner, __ATOMIC_RELAXED);
}

void
resilient_check(const struct resilient *table)
{
	uint32_t has[ROUTE_NEXTHOPS_MAX] = { 0 }, wants = 0;

	for (uint32_t i = 0; i < table->bucket_count; i++) {
		assert(table->bucket[i].owner < table->member_count);
		has[table->bucket[i].owner]++;
	}
	for (uint32_t i = 0; i < table->member_count; i++) {
		assert(has[i] == table->has[i]);
		wants += table->wants[i];
	}
	assert(wants == table->bucket_count);
}
