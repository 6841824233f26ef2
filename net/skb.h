/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet buffer. One skb is one packet and has one owner at a time; every
 * function that takes a non-const "struct skb *" takes the packet, except the
 * accessors in this header. Every packet ends in exactly one of skb_sent(),
 * skb_consume(), skb_replaced() and skb_drop(), which count its fate.
 *
 *	head        data                  tail          end
 *	 | headroom  | bytes of the packet  | tailroom   |
 *
 * Invariant: head <= data <= tail <= end. Received content is untrusted: what
 * lies between data and tail may be anything, and its length any length. The
 * accessors below assert, so a check on room or length comes before them.
 *
 * A packet larger than one buffer continues in segments: seg points to the
 * first, their next fields to the rest; each is an skb that is no packet of its
 * own. len counts all bytes, skb_linear_len() those in the first buffer. A
 * device fills the first buffer before it starts a segment, so all headers of a
 * received frame are linear; skb_pull_linear() makes sure elsewhere.
 *
 * skb and buffer are one element of a pool of the core that owns the packet;
 * only that core may touch it. A clone is a second skb over the same bytes:
 * nobody may write to the bytes while skb_shared() (see skb_unshare()).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/pages.h"
#include "lib/param.h"
#include "lib/poison.h"
#include "lib/port.h"
#include "net/drop.h"

struct explain;
struct netdev;
struct skb_pool;

/* To whom the frame was addressed, as eth_input() saw it. */
enum pkt_type {
	PKT_HOST, /* to our address */
	PKT_BROADCAST,
	PKT_MULTICAST,
	PKT_OTHERHOST, /* seen only in promiscuous mode; never routed */
	PKT_LOOPBACK,
	PKT_OUTGOING,
};

/* What is known of the transport checksum. */
enum skb_csum {
	SKB_CSUM_NONE,	      /* nothing: verify in software */
	SKB_CSUM_UNNECESSARY, /* received: the device found it right */
	SKB_CSUM_PARTIAL,     /* to send: the device completes it */
};

struct skb {
	/*
	 * First cache line: what every layer touches. Of an element with bytes,
	 * end is where its memory ends, always. Being the first word behind the
	 * bytes of the element before, it is that one's red zone, too.
	 */
	uint8_t *end;
	struct skb *next; /* link of the queue or segment chain it is in */
	uint8_t *data, *tail, *head;
	struct netdev *dev; /* arrived on; later: leaves by */
	uint32_t len;	    /* bytes of the whole packet */
	uint16_t network;   /* offset of the network header from head */
	uint16_t transport; /* offset of the transport header from head */
	union {
		struct {
			uint16_t refs; /* skbs that use this element's bytes */
			uint8_t flags; /* SKB_* */
			uint8_t in;    /* ifindex it arrived on, 0: ours */
		};
		uint32_t tenure; /* all three, for who ends it */
	};
	uint16_t protocol; /* EtherType, host order */
	uint8_t pkt_type;  /* enum pkt_type */
	uint8_t csum;	   /* enum skb_csum */

	/* Second line. */
	struct skb *seg; /* further segments, linked by next */
	struct skb_pool *pool;
	struct skb *owner;   /* whose element holds the bytes: itself, or
			    * what it was cloned from */
	uint8_t cb[24];	     /* scratch of the layer that has the packet now;
			    * undefined when it changes hands */
	uint8_t csum_offset; /* PARTIAL: its field, from transport */
	uint64_t stamp_ns;   /* arrival; set where somebody asked for it */
};

_Static_assert(sizeof(struct skb) == 128, "two cache lines");
_Static_assert(offsetof(struct skb, seg) == 64, "hot fields in the first");
_Static_assert(offsetof(struct skb, end) == 0, "red zone of what is before");

#define SKB_CLONE     0x01u /* a head without bytes of its own */
#define SKB_FREED     0x02u /* in a pool: catches use after free */
#define SKB_FORWARDED 0x04u /* is being routed through this box */
#define SKB_OWN_ROOM  0x08u /* a clone that may write before its bytes */

/* Of tenure: what makes ending a packet more than giving an element back, and
 * how it looks when nothing does: one user, no clone, not free. */
#define SKB_TENURE_MASK	 ((SKB_CLONE | SKB_FREED) << 16 | 0xffffu)
#define SKB_TENURE_PLAIN 1u
/* From there to free: refs 0, SKB_FREED. */
#define SKB_TENURE_END ((SKB_FREED << 16) - 1)

/* ---- pool --------------------------------------------------------------- */

/* What became of the packets that came in by one port. */
struct skb_fate {
	uint64_t born;	    /* received on it (port 0: created here) */
	uint64_t sent;	    /* left through a device */
	uint64_t delivered; /* reached their consumer in this box */
	uint64_t replaced;  /* gave way to fragments, or became part of a
			     * reassembled datagram */
	uint64_t dropped;
};

/* The last packet a reason took, for people who ask why. */
struct skb_drop_last {
	uint64_t when_ns;
	uint8_t in;	     /* ifindex, 0: created here */
	uint8_t len;	     /* bytes kept */
	uint32_t packet_len; /* bytes the packet had */
	uint8_t bytes[64];   /* from the network header on if there is one */
};

/*
 * The books: born = sent + delivered + replaced + dropped + held, where held is
 * what the pools say is out. skb_pool_check() asserts it.
 */
struct skb_account {
	struct skb_fate port[PARAM_NETDEVS_MAX + 1];
	uint64_t drop[DROP_COUNT];
	struct skb_drop_last last[DROP_COUNT];
	uint64_t rx_posted;	 /* gauge: buffers lent to devices now */
	uint64_t segments;	 /* gauge: elements that are segments now */
	uint64_t zombies;	 /* gauge: freed, but a clone uses the bytes */
	const uint64_t *now_ns;	 /* the stack's clock, for last[] */
	struct explain *explain; /* as in struct net */
};

#define SKB_STRIDE (sizeof(struct skb) + PARAM_SKB_HEADROOM + PARAM_SKB_ROOM)
_Static_assert(SKB_STRIDE % CACHE_LINE == 0, "elements start on a line");
_Static_assert(SKB_STRIDE / CACHE_LINE % 2 == 1,
	       "an odd number of lines spreads elements over all cache sets");

#define SKB_CHUNK_ORDER	      6u /* elements are carved from 256 KiB chunks */
#define SKB_CLONE_CHUNK_ORDER 3u
#define SKB_CHUNKS_MAX	      1024u /* of both kinds */

struct skb_chunk {
	void *base;
	unsigned int order;
};

struct skb_pool {
	struct skb *free;	/* elements with bytes */
	struct skb *free_clone; /* heads without */
	uint32_t free_count, total_count, clone_free_count, clone_total_count;
	uint32_t free_count_min; /* low-water mark */
	uint64_t fail_count;	 /* requests refused */
	uint64_t fail_after; /* for tests: the n-th request fails (0: none) */
	struct skb_account *account;
	struct pages *pages;
	struct skb_chunk chunk[SKB_CHUNKS_MAX];
	uint32_t chunk_count;
};

/*
 * Takes memory for about count packets, and count/4 clones, from pages.
 * ERR_NOMEM (nothing kept) if not even 64 can be had; fewer than asked for
 * otherwise is success: see total_count. account outlives the pool.
 */
enum status skb_pool_init(struct skb_pool *pool, struct pages *pages,
			  struct skb_account *account, uint32_t count) must_use;

/* Gives the memory back; everything must be free (asserted). */
void skb_pool_fini(struct skb_pool *pool);

/* Packets out now: neither free, nor lent to a device, nor part of another. */
uint64_t skb_pool_held(const struct skb_pool *pool);

/* Panics if the conservation law does not hold. */
void skb_pool_check(const struct skb_pool *pool);

/* ---- birth -------------------------------------------------------------- */

/*
 * A new packet of this box: no bytes yet, headroom of PARAM_SKB_HEADROOM in
 * front, PARAM_SKB_ROOM behind; dev NULL. NULL if the pool is dry (counted in
 * fail_count; nothing was born, so there is nothing to drop).
 */
struct skb *skb_alloc(struct skb_pool *pool) must_use;

/*
 * A buffer to lend to a receiving device: room for PARAM_SKB_ROOM bytes at
 * data. It is no packet until skb_received() or skb_add_received_segment().
 */
static inline struct skb *skb_alloc_rx(struct skb_pool *pool) must_use;

/*
 * The same, but not yet lent: either skb_lend() says so, or it takes the place
 * of another one that skb_received_for() makes a packet.
 */
static inline struct skb *skb_alloc_rx_spare(struct skb_pool *pool) must_use;
static inline void skb_lend(struct skb *spare);

/* Takes back a lent buffer that the device never filled. */
void skb_free_rx(struct skb *skb);

/* skb_received(), by which a filled buffer becomes a packet, needs to know what
 * a device is: net/netdev.h has it. */

/* The device filled one more lent buffer: it continues packet. */
void skb_add_received_segment(struct skb *packet, struct skb *seg,
			      uint32_t len);

/* count received frames end although their buffers stay lent; the last of them
 * has len bytes at last->data. Through netdev_refuse(). */
void skb_refused(struct skb_account *account, uint8_t in, uint32_t count,
		 enum drop reason, const struct skb *last, uint32_t len);

/* ---- ends --------------------------------------------------------------- */

static inline void skb_sent(struct skb *skb); /* left through its device */
void skb_consume(struct skb *skb);  /* its consumer in this box has it */
void skb_replaced(struct skb *skb); /* others stand for it now */
void skb_drop(struct skb *skb, enum drop reason); /* it died, and of what */

/*
 * It left through the loopback device and arrives on it, dev: one packet ends,
 * another is born in the same buffer.
 */
void skb_looped(struct skb *skb, struct netdev *dev);

/*
 * A received packet's buffer becomes the start of an answer: the packet was
 * delivered, and a new one of this box, with the same bytes, is born.
 */
void skb_turned(struct skb *skb);

/*
 * seg ceases to be a packet of its own and continues packet: its bytes follow
 * (data..tail as it is now, with its own segments).
 */
void skb_append(struct skb *packet, struct skb *seg);

/* ---- second readers ----------------------------------------------------- */

/*
 * Another skb over the same bytes (a packet created here, same dev, offsets and
 * protocol). NULL if no head is free. A packet with segments is copied instead.
 */
struct skb *skb_clone(struct skb *skb) must_use;

/*
 * A clone that may put headers before the bytes: a transport sends what it has
 * to keep. NULL if it cannot be had: no head is free, somebody else sees the
 * bytes (such as an earlier clone that is still on its way), there are segments
 * or less headroom. Who has the original writes to neither.
 */
struct skb *skb_clone_for_headers(struct skb *skb, size_t headroom) must_use;

/* A packet of its own with the same bytes and headroom; NULL if dry. */
struct skb *skb_copy(const struct skb *skb) must_use;

/* True while somebody else can see the bytes: look, do not write. */
static inline bool
skb_shared(const struct skb *skb)
{
	return skb->owner->refs != 1;
}

static inline size_t
skb_headroom(const struct skb *skb)
{
	return (size_t)(skb->data - skb->head);
}

/* May headers be put before the bytes? */
static inline bool
skb_may_push(const struct skb *skb, size_t len)
{
	return skb_headroom(skb) >= len &&
	       (!skb_shared(skb) || (skb->flags & SKB_OWN_ROOM));
}

/*
 * Takes skb, returns one with the same bytes that may be written to: itself if
 * not shared, else a copy. NULL if the pool was dry: then skb has been dropped
 * as NOMEM.
 */
struct skb *skb_unshare(struct skb *skb) must_use;

/* ---- bytes -------------------------------------------------------------- */

/* Draws the buffer and panics: the accessors' way of saying what went wrong. */
_Noreturn void skb_misused(const struct skb *skb, const char *what, size_t len);

/* Bytes that fit behind tail; 0 once there are segments. */
static inline size_t
skb_tailroom(const struct skb *skb)
{
	return skb->seg ? 0 : (size_t)(skb->end - skb->tail);
}

static inline size_t
skb_linear_len(const struct skb *skb)
{
	return (size_t)(skb->tail - skb->data);
}

/* Moves an empty packet's start: room for headers to come. */
static inline void
skb_reserve(struct skb *skb, size_t len)
{
	if (unlikely(skb->len != 0 || len > skb_tailroom(skb)))
		skb_misused(skb, "skb_reserve", len);
	skb->data += len;
	skb->tail += len;
}

/* Adds len bytes at the end; returns where to write them. */
static inline uint8_t *
skb_put(struct skb *skb, size_t len)
{
	uint8_t *at = skb->tail;

	if (unlikely(len > skb_tailroom(skb)))
		skb_misused(skb, "skb_put", len);
	skb->tail += len;
	skb->len += (uint32_t)len;
	return at;
}

/* Adds len bytes in front; returns the new data, where to write them. */
static inline uint8_t *
skb_push(struct skb *skb, size_t len)
{
	if (unlikely(len > skb_headroom(skb)))
		skb_misused(skb, "skb_push", len);
	skb->data -= len;
	skb->len += (uint32_t)len;
	return skb->data;
}

/* Strips len bytes (which must be linear) from the front; the new data. */
static inline uint8_t *
skb_pull(struct skb *skb, size_t len)
{
	if (unlikely(len > skb_linear_len(skb)))
		skb_misused(skb, "skb_pull", len);
	skb->data += len;
	skb->len -= (uint32_t)len;
	return skb->data;
}

/* Cuts the packet to len bytes (at most what it has), segments included. */
void skb_trim(struct skb *skb, size_t len);

/* The same where there are no segments. */
static inline void
skb_trim_linear(struct skb *skb, size_t len)
{
	if (unlikely(len > skb->len))
		skb_misused(skb, "skb_trim", len);
	skb->len = (uint32_t)len;
	skb->tail = skb->data + len;
}

/* More than the first buffer has, of len that is no more than there is. */
void skb_advance_segments(struct skb *skb, size_t len);

/* Strips len bytes from the front wherever they lie; len <= skb->len. */
static inline void
skb_advance(struct skb *skb, size_t len)
{
	if (unlikely(len > skb->len))
		skb_misused(skb, "skb_advance", len);
	if (unlikely(len > skb_linear_len(skb)))
		return skb_advance_segments(skb, len);
	skb->data += len;
	skb->len -= (uint32_t)len;
}

/*
 * Makes the first len bytes linear, moving them out of segments. False (packet
 * unchanged) if it has fewer, they do not fit one buffer, or it is shared.
 */
bool skb_pull_linear(struct skb *skb, size_t len) must_use;

/* Copies len bytes from offset (offset + len <= skb->len, asserted). */
void skb_copy_out(const struct skb *skb, size_t offset, void *dst, size_t len);

/*
 * Appends len bytes, taking segments from the pool as needed. False if the pool
 * ran dry: the packet then has only the bytes that fitted.
 */
bool skb_copy_in(struct skb *skb, const void *src, size_t len) must_use;

/* One's-complement sum of len bytes from offset, onto sum (lib/checksum.h). */
uint32_t skb_checksum(const struct skb *skb, size_t offset, size_t len,
		      uint32_t sum);

static inline void
skb_set_network(struct skb *skb)
{
	skb->network = (uint16_t)(skb->data - skb->head);
}

static inline void
skb_set_transport(struct skb *skb)
{
	skb->transport = (uint16_t)(skb->data - skb->head);
}

static inline uint8_t *
skb_network(const struct skb *skb)
{
	return skb->head + skb->network;
}

static inline uint8_t *
skb_transport(const struct skb *skb)
{
	return skb->head + skb->transport;
}

/* ---- queues ------------------------------------------------------------- */

/* First in, first out; owns what is in it. */
struct skb_queue {
	struct skb *first, *last;
	uint32_t count; /* packets */
	uint32_t len;	/* bytes */
};

static inline void
skb_queue_init(struct skb_queue *queue)
{
	queue->first = queue->last = NULL;
	queue->count = queue->len = 0;
}

static inline void
skb_queue_push(struct skb_queue *queue, struct skb *skb)
{
	skb->next = NULL;
	if (queue->last)
		queue->last->next = skb;
	else
		queue->first = skb;
	queue->last = skb;
	queue->count++;
	queue->len += skb->len;
}

/* The oldest, or NULL. */
static inline struct skb *
skb_queue_pop(struct skb_queue *queue)
{
	struct skb *skb = queue->first;

	if (!skb)
		return NULL;
	queue->first = skb->next;
	if (!queue->first)
		queue->last = NULL;
	skb->next = NULL;
	queue->count--;
	queue->len -= skb->len;
	return skb;
}

/* Drops all of them for one reason. */
void skb_queue_drop(struct skb_queue *queue, enum drop reason);

/* ---- what every packet goes through, inline ----------------------------- */

/* The pool is lower than ever, empty, or to fail: may an element be taken? No
 * is counted. */
bool skb_element_may(struct skb_pool *pool) rare;

/*
 * What a free skb keeps is what the pool needs to give it out again and to
 * know it if it is freed twice. data leads to the page at 0, which nobody may
 * touch: a reader after the free faults, and where memory can be poisoned
 * (lib/poison.h) at its first look.
 */
static inline void
skb_spoil(struct skb *skb)
{
	skb->data = NULL;
	poison(&skb->end, sizeof(skb->end));
	poison(&skb->data,
	       offsetof(struct skb, len) - offsetof(struct skb, data));
}

/* Has somebody written beyond the element before this one? */
static inline bool
skb_is_overrun(const struct skb *skb)
{
	return skb->end != (const uint8_t *)skb + SKB_STRIDE;
}

/*
 * Takes an element: one user, the usual headroom; where its packet ends, how
 * long it is and by which device it goes is still to be said. Segments it has
 * none, as whatever is free. NULL if there is none.
 */
static inline __attribute__((always_inline)) struct skb *
skb_element_take(struct skb_pool *pool)
{
	struct skb *skb;

	if (unlikely((pool->fail_after ||
		      pool->free_count <= pool->free_count_min) &&
		     !skb_element_may(pool)))
		return NULL;
	skb = pool->free;
	/* For the compiler: as many are free as are counted. */
	if (!skb)
		__builtin_unreachable();
	pool->free = skb->next;
	pool->free_count--;
	unpoison(skb, SKB_STRIDE);
	skb->next = NULL;
	skb->data = (uint8_t *)(skb + 1) + PARAM_SKB_HEADROOM;
	skb->refs = 1;
	skb->flags = 0;
	skb->in = 0;
	skb->protocol = 0;
	skb->pkt_type = 0;
	skb->csum = 0;
	return skb;
}

/* The packet has len bytes, and nobody knows yet where its headers are. */
static inline void
skb_set_len(struct skb *skb, uint32_t len)
{
	const uint64_t len_and_headers = len;

	skb->tail = skb->data + len;
	__builtin_memcpy((uint8_t *)skb + offsetof(struct skb, len),
			 &len_and_headers, sizeof(len_and_headers));
}

/* An element with nothing known and nothing set; NULL if there is none. */
static inline __attribute__((always_inline)) struct skb *
skb_element_get(struct skb_pool *pool)
{
	struct skb *skb = skb_element_take(pool);

	if (likely(skb != NULL)) {
		skb->dev = NULL;
		skb_set_len(skb, 0);
	}
	return skb;
}

static inline void
skb_element_return(struct skb_pool *pool, struct skb *skb)
{
	if (unlikely(skb_is_overrun(skb)))
		skb_misused(skb, "red zone overrun", 0);
	skb->next = pool->free;
	pool->free = skb;
	pool->free_count++;
	skb_spoil(skb);
	poison(skb + 1, SKB_STRIDE - sizeof(*skb));
}

static inline void
skb_clone_put(struct skb *clone)
{
	struct skb_pool *pool = clone->pool;
	struct skb *owner = clone->owner;

	clone->next = pool->free_clone;
	pool->free_clone = clone;
	pool->clone_free_count++;
	skb_spoil(clone);
	if (--owner->refs == 0) {
		pool->account->zombies--;
		skb_element_return(owner->pool, owner);
	}
}

/* A double free, bytes that a clone still uses, segments. */
void skb_release_slowly(struct skb *skb) rare;

/* The packet's fate has been counted: its memory goes back. */
static inline void
skb_release(struct skb *skb)
{
	if (unlikely(skb->seg ||
		     (skb->tenure & SKB_TENURE_MASK) != SKB_TENURE_PLAIN)) {
		if (skb->seg ||
		    (skb->flags & (SKB_FREED | SKB_CLONE)) != SKB_CLONE)
			return skb_release_slowly(skb);
		skb->flags |= SKB_FREED;
		return skb_clone_put(skb);
	}
	skb->tenure += SKB_TENURE_END;
	skb_element_return(skb->pool, skb);
}

static inline struct skb *
skb_alloc_rx_spare(struct skb_pool *pool)
{
	return skb_element_take(pool);
}

static inline void
skb_lend(struct skb *spare)
{
	spare->pool->account->rx_posted++;
}

static inline struct skb *
skb_alloc_rx(struct skb_pool *pool)
{
	struct skb *skb = skb_alloc_rx_spare(pool);

	if (likely(skb != NULL))
		skb_lend(skb);
	return skb;
}

static inline void
skb_sent(struct skb *skb)
{
	skb->pool->account->port[skb->in].sent++;
	skb_release(skb);
}
