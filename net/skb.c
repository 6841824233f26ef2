/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet buffers: the pool's elements, how packets are born and end, and the
 * books that make a leak a number. A pool, its elements and its account belong
 * to one core.
 */

#include "net/skb.h"

#include "lib/checksum.h"
#include "net/explain/explain.h"
#include "net/netdev.h"

/* ---- elements ----------------------------------------------------------- */

bool
skb_element_may(struct skb_pool *pool)
{
	if ((pool->fail_after && --pool->fail_after == 0) || !pool->free) {
		pool->fail_count++;
		return false;
	}
	pool->free_count_min =
		min_of(pool->free_count_min, pool->free_count - 1);
	return true;
}

/* A double free, a clone, or bytes that a clone still uses. */
static void
element_put(struct skb *skb)
{
	if (skb->flags & SKB_FREED)
		skb_misused(skb, "double free", 0);
	assert(!skb->seg);
	skb->flags |= SKB_FREED;
	if (skb->flags & SKB_CLONE)
		return skb_clone_put(skb);
	if (--skb->refs > 0)
		skb->pool->account->zombies++;
	else
		skb_element_return(skb->pool, skb);
}

/* Frees the segments behind *link and cuts the chain there. */
static void
segments_cut(struct skb **link)
{
	struct skb *seg = *link, *next;

	*link = NULL;
	for (; seg; seg = next) {
		next = seg->next;
		seg->pool->account->segments--;
		element_put(seg);
	}
}

void
skb_release_slowly(struct skb *skb)
{
	segments_cut(&skb->seg);
	element_put(skb);
}

/* ---- pool --------------------------------------------------------------- */

static void *
chunk_get(struct skb_pool *pool, unsigned int order)
{
	void *base;

	if (pool->chunk_count == SKB_CHUNKS_MAX)
		return NULL;
	base = pages_alloc(pool->pages, order);
	if (!base)
		return NULL;
	pool->chunk[pool->chunk_count].base = base;
	pool->chunk[pool->chunk_count].order = order;
	pool->chunk_count++;
	return base;
}

static bool
pool_grow(struct skb_pool *pool, uint32_t count)
{
	uint8_t *at = chunk_get(pool, SKB_CHUNK_ORDER);
	uint32_t fit = (PAGE_SIZE << SKB_CHUNK_ORDER) / SKB_STRIDE;
	struct skb *skb;

	if (!at)
		return false;
	for (uint32_t i = 0; i < min_of(fit, count); i++) {
		skb = (struct skb *)(at + i * SKB_STRIDE);
		memset(skb, 0, sizeof(*skb));
		skb->pool = pool;
		skb->owner = skb;
		skb->head = (uint8_t *)(skb + 1);
		skb->end = (uint8_t *)skb + SKB_STRIDE;
		skb->flags = SKB_FREED;
		skb_element_return(pool, skb);
		pool->total_count++;
	}
	return true;
}

static bool
pool_grow_clones(struct skb_pool *pool)
{
	struct skb *clone = chunk_get(pool, SKB_CLONE_CHUNK_ORDER);
	uint32_t fit = (PAGE_SIZE << SKB_CLONE_CHUNK_ORDER) / sizeof(*clone);

	if (!clone)
		return false;
	for (uint32_t i = 0; i < fit; i++, clone++) {
		memset(clone, 0, sizeof(*clone));
		clone->pool = pool;
		clone->flags = SKB_FREED | SKB_CLONE;
		clone->next = pool->free_clone;
		pool->free_clone = clone;
	}
	pool->clone_free_count += fit;
	pool->clone_total_count += fit;
	return true;
}

enum status
skb_pool_init(struct skb_pool *pool, struct pages *pages,
	      struct skb_account *account, uint32_t count)
{
	memset(pool, 0, sizeof(*pool));
	pool->pages = pages;
	pool->account = account;
	/* No more than refs can count. */
	while (pool->clone_total_count < min_of(count / 4, 0x8000u) &&
	       pool_grow_clones(pool))
		;
	while (pool->total_count < count &&
	       pool_grow(pool, count - pool->total_count))
		;
	pool->free_count_min = pool->free_count;
	if (pool->total_count < 64 || pool->clone_total_count == 0) {
		skb_pool_fini(pool);
		return ERR_NOMEM;
	}
	return OK;
}

void
skb_pool_fini(struct skb_pool *pool)
{
	assert(pool->free_count == pool->total_count);
	assert(pool->clone_free_count == pool->clone_total_count);
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		pages_free(pool->pages, pool->chunk[i].base,
			   pool->chunk[i].order);
	memset(pool, 0, sizeof(*pool));
}

uint64_t
skb_pool_held(const struct skb_pool *pool)
{
	uint64_t out = pool->total_count - pool->free_count;

	out += pool->clone_total_count - pool->clone_free_count;
	return out - pool->account->rx_posted - pool->account->segments -
	       pool->account->zombies;
}

void
skb_pool_check(const struct skb_pool *pool)
{
	const struct skb_account *account = pool->account;
	uint64_t born = 0, ended = 0, by_reason = 0, dropped = 0;

	for (unsigned int i = 0; i <= PARAM_NETDEVS_MAX; i++) {
		const struct skb_fate *fate = &account->port[i];

		born += fate->born;
		ended += fate->sent + fate->delivered + fate->replaced +
			 fate->dropped;
		dropped += fate->dropped;
	}
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		by_reason += account->drop[i];
	if (by_reason != dropped)
		panic("drops by reason %llu, by port %llu",
		      (unsigned long long)by_reason,
		      (unsigned long long)dropped);
	if (born != ended + skb_pool_held(pool))
		panic("conservation: born %llu, ended %llu, held %llu",
		      (unsigned long long)born, (unsigned long long)ended,
		      (unsigned long long)skb_pool_held(pool));
}

/* ---- birth -------------------------------------------------------------- */

struct skb *
skb_alloc(struct skb_pool *pool)
{
	struct skb *skb = skb_element_get(pool);

	if (likely(skb != NULL))
		pool->account->port[0].born++;
	return skb;
}

void
skb_free_rx(struct skb *skb)
{
	skb->pool->account->rx_posted--;
	element_put(skb);
}

static void
segment_link(struct skb *packet, struct skb *seg)
{
	struct skb **at = &packet->seg;

	while (*at)
		at = &(*at)->next;
	*at = seg;
	packet->len += seg->len;
	seg->pool->account->segments++;
}

void
skb_add_received_segment(struct skb *packet, struct skb *seg, uint32_t len)
{
	skb_set_len(seg, 0);
	skb_put(seg, len);
	seg->pool->account->rx_posted--;
	segment_link(packet, seg);
}

/* ---- ends --------------------------------------------------------------- */

/* Whoever explains it is told that it ended, or goes on as another. */
static inline void
told_consumed(const struct skb *skb)
{
	if (unlikely(skb->pool->account->explain != NULL))
		explain_consumed(skb->pool->account->explain, skb);
}

static inline void
told_becomes(const struct skb *from, const struct skb *to)
{
	if (unlikely(from->pool->account->explain != NULL))
		explain_becomes(from->pool->account->explain, from, to);
}

void
skb_consume(struct skb *skb)
{
	told_consumed(skb);
	skb->pool->account->port[skb->in].delivered++;
	skb_release(skb);
}

void
skb_replaced(struct skb *skb)
{
	skb->pool->account->port[skb->in].replaced++;
	skb_release(skb);
}

/* What a reason took last: a packet of len bytes, of which have begin at from.
 */
static void
note_last(struct skb_account *account, enum drop reason, uint8_t in,
	  uint32_t len, const uint8_t *from, size_t have)
{
	struct skb_drop_last *last = &account->last[reason];

	last->when_ns = account->now_ns ? *account->now_ns : 0;
	last->in = in;
	last->packet_len = len;
	last->len = (uint8_t)min_of(have, sizeof(last->bytes));
	memcpy(last->bytes, from, last->len);
}

void
skb_drop(struct skb *skb, enum drop reason)
{
	struct skb_account *account = skb->pool->account;
	const uint8_t *from = skb->network ? skb_network(skb) : skb->data;

	if (unlikely(account->explain != NULL))
		explain_dropped(account->explain, skb, reason);
	account->drop[reason]++;
	account->port[skb->in].dropped++;
	note_last(account, reason, skb->in, skb->len, from,
		  from < skb->tail ? (size_t)(skb->tail - from) : 0);
	skb_release(skb);
}

void
skb_refused(struct skb_account *account, uint8_t in, uint32_t count,
	    enum drop reason, const struct skb *last, uint32_t len)
{
	account->drop[reason] += count;
	account->port[in].born += count;
	account->port[in].dropped += count;
	note_last(account, reason, in, len, last->data, len);
}

void
skb_looped(struct skb *skb, struct netdev *dev)
{
	struct skb_account *account = skb->pool->account;

	account->port[skb->in].sent++;
	skb->in = dev->ifindex;
	skb->dev = dev;
	skb->flags &= (uint8_t)~SKB_FORWARDED;
	account->port[skb->in].born++;
}

void
skb_turned(struct skb *skb)
{
	struct skb_account *account = skb->pool->account;

	told_consumed(skb);
	account->port[skb->in].delivered++;
	skb->in = 0;
	skb->flags &= (uint8_t)~SKB_FORWARDED;
	account->port[0].born++;
}

void
skb_append(struct skb *packet, struct skb *seg)
{
	struct skb *more = seg->seg, *next;

	told_becomes(seg, packet);
	seg->pool->account->port[seg->in].replaced++;
	/* Its own segments become its successors in packet's chain. */
	seg->seg = NULL;
	seg->next = NULL;
	seg->len = (uint32_t)skb_linear_len(seg);
	segment_link(packet, seg);
	for (; more; more = next) {
		next = more->next;
		more->next = NULL;
		more->pool->account->segments--;
		segment_link(packet, more);
	}
}

/* ---- second readers ----------------------------------------------------- */

static void
copy_meta(struct skb *to, const struct skb *from)
{
	to->dev = from->dev;
	to->network = from->network;
	to->transport = from->transport;
	to->protocol = from->protocol;
	to->pkt_type = from->pkt_type;
	to->csum = from->csum;
	to->csum_offset = from->csum_offset;
	to->stamp_ns = from->stamp_ns;
	memcpy(to->cb, from->cb, sizeof(to->cb));
}

struct skb *
skb_clone(struct skb *skb)
{
	struct skb_pool *pool = skb->pool;
	struct skb *clone = pool->free_clone;

	if (skb->seg)
		return skb_copy(skb);
	if (!clone || (pool->fail_after && --pool->fail_after == 0)) {
		pool->fail_count++;
		return NULL;
	}
	pool->free_clone = clone->next;
	pool->clone_free_count--;
	unpoison(clone, sizeof(*clone));
	copy_meta(clone, skb);
	clone->next = NULL;
	clone->seg = NULL;
	clone->head = skb->head;
	clone->data = skb->data;
	clone->tail = skb->tail;
	clone->end = skb->end;
	clone->len = skb->len;
	clone->in = 0;
	clone->flags = SKB_CLONE;
	clone->owner = skb->owner;
	clone->owner->refs++;
	pool->account->port[0].born++;
	return clone;
}

struct skb *
skb_clone_for_headers(struct skb *skb, size_t headroom)
{
	struct skb_pool *pool = skb->pool;
	struct skb *clone = pool->free_clone;

	if (unlikely(skb->seg || skb_shared(skb) ||
		     skb_headroom(skb) < headroom || !clone))
		return NULL;
	if (unlikely(pool->fail_after && --pool->fail_after == 0)) {
		pool->fail_count++;
		return NULL;
	}
	pool->free_clone = clone->next;
	pool->clone_free_count--;
	unpoison(clone, sizeof(*clone));
	/* A new packet: nothing that was known of the other holds for it. */
	clone->end = skb->end;
	clone->next = NULL;
	clone->data = skb->data;
	clone->tail = skb->tail;
	clone->head = skb->head;
	clone->dev = NULL;
	__builtin_memset(&clone->len, 0,
			 offsetof(struct skb, seg) - offsetof(struct skb, len));
	clone->len = skb->len;
	clone->flags = SKB_CLONE | SKB_OWN_ROOM;
	clone->seg = NULL;
	clone->owner = skb->owner;
	clone->owner->refs++;
	pool->account->port[0].born++;
	return clone;
}

struct skb *
skb_copy(const struct skb *skb)
{
	struct skb *copy = skb_alloc(skb->pool);
	bool ok;

	if (!copy)
		return NULL;
	copy_meta(copy, skb);
	copy->data = copy->tail = copy->head + skb_headroom(skb);
	ok = skb_copy_in(copy, skb->data, skb_linear_len(skb));
	for (const struct skb *seg = skb->seg; seg && ok; seg = seg->next)
		ok = skb_copy_in(copy, seg->data, skb_linear_len(seg));
	if (ok)
		return copy;
	skb_drop(copy, DROP_NOMEM);
	return NULL;
}

struct skb *
skb_unshare(struct skb *skb)
{
	struct skb *copy;

	if (likely(!skb_shared(skb)))
		return skb;
	copy = skb_copy(skb);
	if (!copy) {
		skb_drop(skb, DROP_NOMEM);
		return NULL;
	}
	/* The copy is the same packet: it inherits the name of its birth. */
	copy->pool->account->port[0].born--;
	copy->pool->account->port[skb->in].born++;
	copy->in = skb->in;
	copy->flags |= skb->flags & SKB_FORWARDED;
	told_becomes(skb, copy);
	skb_replaced(skb);
	return copy;
}

/* ---- bytes -------------------------------------------------------------- */

void
skb_misused(const struct skb *skb, const char *what, size_t len)
{
	unpoison(skb, sizeof(*skb));
	panic("skb: %s of %zu bytes\n"
	      "  head %p |%zu headroom| data %p |%zu bytes| tail %p |%zu "
	      "tailroom| end %p\n"
	      "  len %u, segments %s, flags 0x%x, refs %u, port %u",
	      what, len, (void *)skb->head, (size_t)(skb->data - skb->head),
	      (void *)skb->data, (size_t)(skb->tail - skb->data),
	      (void *)skb->tail, (size_t)(skb->end - skb->tail),
	      (void *)skb->end, skb->len, skb->seg ? "yes" : "no", skb->flags,
	      skb->owner ? skb->owner->refs : 0, skb->in);
}

void
skb_trim(struct skb *skb, size_t len)
{
	size_t linear_len = skb_linear_len(skb), left;
	struct skb **link;

	if (unlikely(len > skb->len))
		skb_misused(skb, "skb_trim", len);
	skb->len = (uint32_t)len;
	if (len <= linear_len) {
		skb->tail = skb->data + len;
		segments_cut(&skb->seg);
		return;
	}
	left = len - linear_len;
	for (link = &skb->seg; left > (*link)->len; link = &(*link)->next)
		left -= (*link)->len;
	(*link)->tail = (*link)->data + left;
	(*link)->len = (uint32_t)left;
	segments_cut(&(*link)->next);
}

/* Takes len bytes from the front of the segment chain, freeing emptied ones. */
static void
segments_advance(struct skb *skb, size_t len)
{
	struct skb *seg;

	while (len > 0) {
		seg = skb->seg;
		if (len < seg->len) {
			seg->data += len;
			seg->len -= (uint32_t)len;
			return;
		}
		len -= seg->len;
		skb->seg = seg->next;
		seg->pool->account->segments--;
		element_put(seg);
	}
}

void
skb_advance_segments(struct skb *skb, size_t len)
{
	size_t linear_len = skb_linear_len(skb);

	skb->len -= (uint32_t)len;
	skb->data = skb->tail;
	segments_advance(skb, len - linear_len);
}

bool
skb_pull_linear(struct skb *skb, size_t len)
{
	size_t have = skb_linear_len(skb), need, shift;

	if (likely(len <= have))
		return true;
	if (len > skb->len || len > (size_t)(skb->end - skb->head) ||
	    skb_shared(skb))
		return false;
	need = len - have;
	if (need > (size_t)(skb->end - skb->tail)) {
		shift = need - (size_t)(skb->end - skb->tail);
		memmove(skb->data - shift, skb->data, have);
		skb->data -= shift;
		skb->tail -= shift;
		skb->network -= (uint16_t)min_of(shift, skb->network);
		skb->transport -= (uint16_t)min_of(shift, skb->transport);
	}
	skb_copy_out(skb, have, skb->tail, need);
	skb->tail += need;
	segments_advance(skb, need);
	return true;
}

rare static void
copy_out_pieces(const struct skb *skb, size_t offset, void *dst, size_t len)
{
	const struct skb *piece = skb;
	uint8_t *to = dst;

	if (unlikely(offset > skb->len || len > skb->len - offset))
		skb_misused(skb, "skb_copy_out", len);
	while (len > 0) {
		size_t have = skb_linear_len(piece), take;

		if (offset < have) {
			take = min_of(have - offset, len);
			memcpy(to, piece->data + offset, take);
			to += take;
			len -= take;
			offset = 0;
		} else {
			offset -= have;
		}
		piece = piece == skb ? skb->seg : piece->next;
	}
}

void
skb_copy_out(const struct skb *skb, size_t offset, void *dst, size_t len)
{
	size_t linear_len = skb_linear_len(skb);

	if (unlikely(len > linear_len || offset > linear_len - len))
		return copy_out_pieces(skb, offset, dst, len);
	memcpy(dst, skb->data + offset, len);
}

bool
skb_copy_in(struct skb *skb, const void *src, size_t len)
{
	const uint8_t *from = src;
	struct skb *last = skb->seg ? skb->seg : skb, *seg;
	size_t take;

	while (last != skb && last->next)
		last = last->next;
	while (len > 0) {
		take = min_of((size_t)(last->end - last->tail), len);
		memcpy(last->tail, from, take);
		last->tail += take;
		skb->len += (uint32_t)take;
		if (last != skb)
			last->len += (uint32_t)take;
		from += take;
		len -= take;
		if (len == 0)
			break;
		seg = skb_element_get(skb->pool);
		if (!seg)
			return false;
		segment_link(skb, seg);
		last = seg;
	}
	return true;
}

rare static uint32_t
checksum_pieces(const struct skb *skb, size_t offset, size_t len, uint32_t sum)
{
	const struct skb *piece = skb;
	bool odd = false;

	while (len > 0) {
		size_t have = skb_linear_len(piece), take;

		if (offset < have) {
			take = min_of(have - offset, len);
			sum = checksum_add_at(sum, piece->data + offset, take,
					      odd);
			odd ^= take & 1;
			len -= take;
			offset = 0;
		} else {
			offset -= have;
		}
		piece = piece == skb ? skb->seg : piece->next;
	}
	return sum;
}

uint32_t
skb_checksum(const struct skb *skb, size_t offset, size_t len, uint32_t sum)
{
	if (unlikely(offset > skb->len || len > skb->len - offset))
		skb_misused(skb, "skb_checksum", len);
	if (likely(!skb->seg))
		return checksum_add(sum, skb->data + offset, len);
	return checksum_pieces(skb, offset, len, sum);
}

void
skb_queue_drop(struct skb_queue *queue, enum drop reason)
{
	struct skb *skb;

	while ((skb = skb_queue_pop(queue)))
		skb_drop(skb, reason);
}
