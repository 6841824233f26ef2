/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hot path: descriptors that the device reports done become packets for
 * netdev_input(), packets from netdev_output() become descriptors [82574 7.1,
 * 7.2] [HARDWARE 1.7, 1.8]. Completion is what memory says, never the head
 * register; a turn that finds nothing touches no register at all.
 *
 * What the device writes is checked: lengths, ends and errors. An index from
 * the device is never used.
 */

#include "drivers/e1000e/port.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* ---- memory ------------------------------------------------------------- */

#define RING_ENTRY_LEN                                                         \
	(sizeof(struct e1000e_desc) + sizeof(struct skb *) + sizeof(uint32_t))

enum status
e1000e_ring_alloc(struct e1000e_port *port, struct e1000e_ring *ring,
		  uint32_t count)
{
	size_t len = count * RING_ENTRY_LEN;
	struct e1000e_desc *desc;

	*ring = (struct e1000e_ring){ .mask = count - 1 };
	ring->order = pages_order(len);
	/* Blocks are aligned to their size, so descriptors cross no page that
	 * parts with alignment errata mind [HARDWARE 1.7]. */
	desc = pages_alloc(port->pages, ring->order);
	if (!desc)
		return ERR_NOMEM;
	memset(desc, 0, len);
	ring->block = desc;
	ring->desc = desc;
	ring->skb = (struct skb **)(desc + count);
	ring->batch_end = (uint32_t *)(ring->skb + count);
	return OK;
}

void
e1000e_ring_free(struct e1000e_port *port, struct e1000e_ring *ring)
{
	if (ring->block)
		pages_free(port->pages, ring->block, ring->order);
	*ring = (struct e1000e_ring){ 0 };
}

/* ---- receive ------------------------------------------------------------ */

static ALWAYS_INLINE void
rx_post(struct e1000e_ring *ring, struct skb *skb)
{
	uint32_t i = ring->prod++ & ring->mask;

	ring->skb[i] = skb;
	ring->desc[i].addr = dma_addr(skb->data);
	ring->desc[i].info = 0;
}

const struct e1000e_rx_format *
e1000e_rx_format(const struct e1000e_port *port)
{
	return e1000e_has(port, TRAIT_PCIE) ? &e1000e_rx_extended
					    : &e1000e_rx_legacy;
}

bool
e1000e_rx_waiting(const struct e1000e_port *port)
{
	const struct e1000e_ring *ring = &port->rx;

	return ring->cons != ring->prod &&
	       ring->desc[ring->cons & ring->mask].info &
		       e1000e_rx_format(port)->done;
}

/*
 * The tail stops one short of a full ring: head and tail alike mean empty
 * [HARDWARE 1.7].
 */
static uint32_t
rx_tellable(const struct e1000e_ring *ring)
{
	return ring->prod - ring->cons > ring->mask ? ring->cons + ring->mask
						    : ring->prod;
}

void
e1000e_rx_tell(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->rx;

	ring->told = rx_tellable(ring);
	/* Orders the descriptors before the doorbell, for the device. */
	dma_wmb();
	mmio_write32(ring->tail, ring->told & ring->mask);
	port->soft.rx_tells++;
	e1000e_record(port, EVENT_RX_TELL, ring->told & ring->mask,
		      ring->told - ring->cons);
}

/*
 * A tail write costs up to 6 us in QEMU [HARDWARE 0.22], so buffers go back in
 * batches; but never may the device run low while we hold what it needs.
 */
static void
rx_tell_maybe(struct e1000e_port *port)
{
	const struct e1000e_ring *ring = &port->rx;
	uint32_t waiting = rx_tellable(ring) - ring->told;

	if (waiting >= RX_TELL_BATCH ||
	    (waiting > 0 && ring->told - ring->cons <= ring->mask / 2))
		e1000e_rx_tell(port);
}

static bool
rx_is_full(const struct e1000e_ring *ring)
{
	return ring->prod - ring->cons > ring->mask;
}

static void
rx_post_all(struct e1000e_port *port)
{
	struct skb *skb;

	while (!rx_is_full(&port->rx)) {
		skb = skb_alloc_rx(port->dev.pool);
		if (!skb) {
			port->soft.alloc_failed++;
			return;
		}
		rx_post(&port->rx, skb);
	}
}

void
e1000e_rx_refill(struct e1000e_port *port)
{
	rx_post_all(port);
	rx_tell_maybe(port);
}

/*
 * A ring takes at most a quarter of the buffers there are to take, since in a
 * small box the traffic itself needs the rest; half of them if the operator
 * asked for a longer ring than usual.
 */
uint32_t
e1000e_rx_count(const struct e1000e_port *port, uint32_t wanted)
{
	uint32_t share = wanted > RING_COUNT_DEFAULT ? 2 : 4;
	uint32_t count = wanted, free_count = port->dev.pool->free_count;

	if (port->running)
		free_count += port->rx.prod - port->rx.cons;
	while (count > RX_FILL_MIN && count > free_count / share)
		count /= 2;
	return count;
}

enum status
e1000e_rx_fill(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->rx;

	ring->prod = ring->told = ring->cons = 0;
	for (uint32_t i = 0; i <= ring->mask; i++)
		ring->desc[i].info = 0;
	rx_post_all(port);
	if (ring->prod >= RX_FILL_MIN)
		return OK;
	e1000e_rx_clean(port);
	return ERR_NOMEM;
}

/*
 * A frame that lies there done is a packet: it ends by name, like all others.
 */
void
e1000e_rx_clean(struct e1000e_port *port)
{
	const struct e1000e_rx_format *f = e1000e_rx_format(port);
	struct e1000e_ring *ring = &port->rx;
	bool is_first = port->chain_state == RX_CHAIN_NONE;
	struct skb *skb;
	uint64_t info;

	if (port->chain)
		skb_drop(port->chain, DROP_RING_RESET);
	for (; ring->cons != ring->prod; ring->cons++) {
		skb = ring->skb[ring->cons & ring->mask];
		info = ring->desc[ring->cons & ring->mask].info;
		if (info & f->done && is_first) {
			skb_received(skb, &port->dev, 0);
			skb_drop(skb, DROP_RING_RESET);
			port->dev.stats.rx_dropped++;
		} else {
			skb_free_rx(skb);
		}
		if (info & f->done)
			is_first = info & f->eop;
	}
	ring->prod = ring->told = ring->cons = 0;
	port->chain = NULL;
	port->chain_state = RX_CHAIN_NONE;
}

/* Counts and drops the frame being put together, up to its last descriptor. */
static void
rx_chain_drop(struct e1000e_port *port, enum drop reason, bool is_last)
{
	if (reason == DROP_NOMEM)
		port->dev.stats.rx_dropped++;
	else
		port->soft.rx_errors++;
	if (reason == DROP_RX_LENGTH || reason == DROP_RX_TRUNCATED)
		port->soft.rx_length_errors++;
	skb_drop(port->chain, reason);
	port->chain = NULL;
	port->chain_state = is_last ? RX_CHAIN_NONE : RX_CHAIN_DISCARD;
}

/* What is wrong with a piece of len bytes; error bits count on the last alone
 * [82574 7.1.3.4]. */
static enum drop
rx_judge(const struct e1000e_port *port, uint32_t len, bool is_last,
	 bool is_error)
{
	uint32_t before = port->chain ? port->chain->len : 0;

	if (is_last && is_error)
		return DROP_RX_ERROR;
	if (len == 0 || len > PARAM_SKB_ROOM)
		return DROP_RX_LENGTH;
	/* All but the last fill their buffer: headers stay in one piece. */
	if (!is_last && len != PARAM_SKB_ROOM)
		return DROP_RX_LENGTH;
	if (is_last && before + len < ETH_HEADER_LEN)
		return DROP_RX_LENGTH;
	if (before + len > port->dev.mtu_max + FRAME_OVERHEAD)
		return DROP_RX_TRUNCATED;
	return DROP_NONE;
}

/* The hole that fresh leaves if there is none is filled by rx_refill(). */
static void
rx_replace(struct e1000e_port *port, struct skb *fresh)
{
	if (!fresh)
		fresh = skb_alloc_rx(port->dev.pool);
	if (fresh)
		rx_post(&port->rx, fresh);
	else
		port->soft.alloc_failed++;
}

/* skb joins the frame being put together, or begins it: it is a packet now. */
static void
rx_chain_add(struct e1000e_port *port, struct skb *skb, uint32_t len)
{
	len = min_of(len, (uint32_t)PARAM_SKB_ROOM);
	if (port->chain) {
		skb_add_received_segment(port->chain, skb, len);
		return;
	}
	skb_received(skb, &port->dev, len);
	port->chain = skb;
	port->chain_state = RX_CHAIN_OPEN;
}

/* What the device says of a transport checksum it looked at. */
static ALWAYS_INLINE void
rx_verdict(struct e1000e_port *port, struct skb *skb, uint64_t info,
	   const struct e1000e_rx_format *f)
{
	if (!(info & f->csum_bad)) {
		skb->csum = SKB_CSUM_UNNECESSARY;
		port->soft.rx_csum_good++;
	} else if (info & f->csum_failed) {
		port->soft.rx_csum_errors++;
	}
}

static void
rx_chain_end(struct e1000e_port *port, uint64_t info,
	     const struct e1000e_rx_format *f)
{
	struct skb *skb = port->chain;

	port->chain = NULL;
	port->chain_state = RX_CHAIN_NONE;
	if (info & f->csum_seen)
		rx_verdict(port, skb, info, f);
	netdev_input(skb);
}

/*
 * One descriptor that is anything but a whole good frame with a fresh buffer to
 * take its place, or a ring with holes. Without a fresh buffer the frame is
 * lost and its own posted again: a ring that starves would never recover. False
 * if the descriptor was never the device's.
 */
rare static bool
rx_slow(struct e1000e_port *port, uint64_t info,
	const struct e1000e_rx_format *f, struct skb *fresh)
{
	struct e1000e_ring *ring = &port->rx;
	uint32_t len = (uint16_t)(info >> f->len_shift);
	bool is_last = info & f->eop;
	enum drop reason;
	struct skb *skb;

	if (ring->cons == ring->prod) {
		if (fresh)
			skb_free_rx(fresh);
		return false;
	}
	skb = ring->skb[ring->cons++ & ring->mask];
	if (port->chain_state == RX_CHAIN_DISCARD) {
		if (fresh)
			skb_free_rx(fresh);
		rx_post(ring, skb);
		if (is_last)
			port->chain_state = RX_CHAIN_NONE;
		return true;
	}
	reason = rx_judge(port, len, is_last, info & f->errors);
	if (reason == DROP_NONE && !fresh) {
		reason = DROP_NOMEM;
		port->soft.alloc_failed++;
		e1000e_record(port, EVENT_NOMEM, ring->prod - ring->cons, 0);
	}
	rx_chain_add(port, skb, len);
	if (reason != DROP_NONE) {
		rx_chain_drop(port, reason, is_last);
		rx_replace(port, fresh);
		return true;
	}
	rx_post(ring, fresh);
	if (is_last)
		rx_chain_end(port, info, f);
	return true;
}

/*
 * What info must show under the mask of end, errors and bad checksums for the
 * fast path: the frame's end and nothing else; something that info cannot show
 * while a frame is being put together or the ring has holes.
 */
static ALWAYS_INLINE uint64_t
rx_plain(const struct e1000e_port *port, const struct e1000e_rx_format *f)
{
	return port->chain_state == RX_CHAIN_NONE && rx_is_full(&port->rx)
		       ? f->eop
		       : UINT64_MAX;
}

/* Each descriptor up to cons was taken and posted again in its place. */
static ALWAYS_INLINE void
rx_advance(struct e1000e_ring *ring, uint32_t cons)
{
	ring->prod += cons - ring->cons;
	ring->cons = cons;
}

/* Has the device filled all that it was told of? */
static ALWAYS_INLINE bool
rx_is_used_up(const struct e1000e_ring *ring, const struct e1000e_rx_format *f)
{
	return ring->desc[(ring->told - 1) & ring->mask].info & f->done;
}

/*
 * A full ring gets its fresh buffer where the old one lay, so one index serves
 * both; it lives in a local, for nothing that netdev_input() leads to touches
 * the receive ring.
 */
static ALWAYS_INLINE uint32_t
rx_poll(struct e1000e_port *port, uint32_t budget,
	const struct e1000e_rx_format *f)
{
	struct e1000e_ring *ring = &port->rx;
	uint64_t info, plain = rx_plain(port, f);
	uint32_t cons = ring->cons, count, len;
	const uint32_t mask = ring->mask, begin = cons, end = cons + budget;
	volatile struct e1000e_desc *desc;
	struct skb *fresh, *skb, **slot;

	while (cons != end) {
		desc = &ring->desc[cons & mask];
		info = desc->info;
		if (!(info & f->done))
			break;
		/* "Done" was read with the length, in one load; this keeps
		 * later reads of the frame behind it. */
		dma_rmb();
		fresh = skb_alloc_rx_spare(port->dev.pool);
		len = (uint16_t)(info >> f->len_shift);
		if (unlikely((info & (f->eop | f->errors | f->csum_bad)) !=
				     plain ||
			     !fresh ||
			     len - ETH_HEADER_LEN >
				     PARAM_SKB_ROOM - ETH_HEADER_LEN)) {
			rx_advance(ring, cons);
			if (fresh)
				skb_lend(fresh);
			if (!rx_slow(port, info, f, fresh))
				break;
			cons = ring->cons;
			plain = rx_plain(port, f);
			continue;
		}
		slot = &ring->skb[cons++ & mask];
		skb = *slot;
		*slot = fresh;
		desc->addr = dma_addr(fresh->data);
		desc->info = 0;
		skb_received_for(skb, &port->dev, len);
		if (info & f->csum_seen) {
			skb->csum = SKB_CSUM_UNNECESSARY;
			port->soft.rx_csum_good++;
		}
		netdev_input(skb);
	}
	rx_advance(ring, cons);
	count = cons - begin;
	port->soft.rx_packets += count;
	if (count == budget)
		port->rx_short = rx_is_used_up(ring, f) ? port->rx_short + 1
							: port->rx_short / 2;
	return count;
}

uint32_t
e1000e_rx_poll_extended(struct e1000e_port *port, uint32_t budget)
{
	return rx_poll(port, budget, &e1000e_rx_extended);
}

uint32_t
e1000e_rx_poll_legacy(struct e1000e_port *port, uint32_t budget)
{
	return rx_poll(port, budget, &e1000e_rx_legacy);
}

/* ---- receive, when not all can be taken ---------------------------------- */

struct rx_last {
	struct skb *skb;
	uint64_t info;
};

static ALWAYS_INLINE uint32_t
rx_len(uint64_t info, const struct e1000e_rx_format *f)
{
	return (uint16_t)(info >> f->len_shift);
}

/* Is it said to the box itself, or is its length wrong? */
rare static bool
rx_is_vital(const struct e1000e_port *port, const struct skb *skb, uint32_t len)
{
	return len - ETH_HEADER_LEN > PARAM_SKB_ROOM - ETH_HEADER_LEN ||
	       netdev_is_vital(&port->dev, skb->data, len);
}

/* So many fewer may be refused, but still one. */
static ALWAYS_INLINE struct skb **
rx_spend(struct skb **slot, struct skb **end, ptrdiff_t count)
{
	return end - slot > count ? end - count : slot + 1;
}

/*
 * Refuses frames until one is for the box itself, or is not like most; at most
 * so many, fewer if they are not alike and so take more time, and not beyond
 * the ring's end. Their buffers are lent again where they lie. How many it
 * refused; *last is the last of them, *most what is left.
 */
static ALWAYS_INLINE uint32_t
rx_refuse(struct e1000e_port *port, uint32_t *most,
	  const struct e1000e_rx_format *f, struct rx_last *last)
{
	const uint64_t mask = f->done | f->eop | f->errors;
	const uint64_t plain = f->done | rx_plain(port, f);
	struct netdev_glance glance = netdev_glance(&port->dev);
	struct e1000e_ring *ring = &port->rx;
	uint32_t at = ring->cons & ring->mask, count;
	uint32_t room = min_of(*most, ring->mask + 1 - at);
	volatile struct e1000e_desc *desc = ring->desc + at;
	struct skb *skb, **slot = ring->skb + at, **const first = slot;
	struct skb **end = slot + room;
	uint64_t info;

	for (; slot < end; slot++, desc++) {
		info = desc->info;
		if ((info & mask) != plain)
			break;
		/* As in rx_poll(). */
		dma_rmb();
		skb = *slot;
		if (unlikely(!netdev_is_alike(&glance, skb->data))) {
			if (netdev_is_transit(&glance, skb->data))
				end = rx_spend(slot, end, 1);
			else if (rx_is_vital(port, skb, rx_len(info, f)))
				break;
			else
				end = rx_spend(slot, end, 3);
		}
		last->info = info;
		desc->addr = dma_addr(skb->data);
		desc->info = 0;
	}
	count = (uint32_t)(slot - first);
	if (count > 0)
		last->skb = slot[-1];
	*most -= count + (uint32_t)(first + room - end);
	rx_advance(ring, ring->cons + count);
	return count;
}

static uint32_t
rx_refuse_extended(struct e1000e_port *port, uint32_t *most,
		   struct rx_last *last)
{
	return rx_refuse(port, most, &e1000e_rx_extended, last);
}

static uint32_t
rx_refuse_legacy(struct e1000e_port *port, uint32_t *most, struct rx_last *last)
{
	return rx_refuse(port, most, &e1000e_rx_legacy, last);
}

/*
 * From what has arrived takes the vital, at most budget, until as many others
 * were refused for reason as there is time for; how many it took.
 */
static uint32_t
rx_pick(struct e1000e_port *port, uint32_t budget, uint32_t most,
	enum drop reason)
{
	bool is_extended = e1000e_has(port, TRAIT_PCIE);
	uint32_t taken = 0, refused = 0, count, len;
	struct rx_last last = { 0 };

	while (taken < budget && most > 0) {
		count = is_extended ? rx_refuse_extended(port, &most, &last)
				    : rx_refuse_legacy(port, &most, &last);
		refused += count;
		/* The ring's end is no reason to take what comes next. */
		if (count > 0 && (port->rx.cons & port->rx.mask) == 0)
			continue;
		if (most == 0 || port->rx_poll(port, 1) != 1)
			break;
		taken++;
	}
	len = rx_len(last.info, e1000e_rx_format(port));
	if (refused > 0)
		netdev_refuse(&port->dev, refused, reason, last.skb,
			      min_of(len, (uint32_t)PARAM_SKB_ROOM));
	return taken;
}

/* Not so far that less than a turn of frames is left to be forwarded. */
static uint32_t
rx_ahead(const struct e1000e_port *port, uint32_t budget)
{
	const uint64_t done = e1000e_rx_format(port)->done;
	const struct e1000e_ring *ring = &port->rx;
	uint32_t ahead = netdev_look_ahead(&port->dev), last;

	for (; ahead > 0; ahead /= 2) {
		last = budget + ahead - 1;
		if (last < ring->told - ring->cons &&
		    ring->desc[(ring->cons + last) & ring->mask].info & done)
			break;
	}
	return ahead;
}

/*
 * The device is short of descriptors turn after turn: what it loses it does not
 * choose. So the box looks further into the ring for what is said to itself,
 * and refuses the rest of what it sees there: some 20 instructions for one of
 * many frames to the same place, 35 for others, so that a turn costs a
 * twentieth more at most. And what the pool has in reserve is for vital frames
 * alone.
 */
static uint32_t
rx_poll_pressed(struct e1000e_port *port, uint32_t budget)
{
	uint32_t reserve = netdev_reserve(&port->dev), free_count, part;
	uint32_t taken = 0, got, ahead = 0;

	if (port->rx_short >= RX_SHORT_TURNS)
		ahead = rx_ahead(port, budget);
	/* A turn or two that were not short are no end. */
	port->rx_short = min_of(port->rx_short, 4 * RX_SHORT_TURNS);
	if (ahead > 0)
		taken = rx_pick(port, budget, ahead, DROP_EARLY_BUSY);
	free_count = port->dev.pool->free_count;
	if (taken < budget && free_count > reserve) {
		part = min_of(budget - taken, free_count - reserve);
		got = port->rx_poll(port, part);
		taken += got;
		if (got < part)
			return taken;
	}
	if (taken < budget)
		taken += rx_pick(port, budget - taken, budget,
				 DROP_EARLY_MEMORY);
	/* Refusing has its budget, too; there may be more. */
	return e1000e_rx_waiting(port) ? budget : taken;
}

static bool
rx_is_pressed(const struct e1000e_port *port, uint32_t budget)
{
	return port->rx_short >= RX_SHORT_TURNS ||
	       port->dev.pool->free_count < netdev_reserve(&port->dev) + budget;
}

/* ---- transmit ----------------------------------------------------------- */

static ALWAYS_INLINE void
tx_put(struct e1000e_ring *ring, const uint8_t *bytes, uint64_t info,
       struct skb *skb)
{
	uint32_t i = ring->prod++ & ring->mask;

	ring->desc[i].addr = dma_addr(bytes);
	ring->desc[i].info = info;
	ring->skb[i] = skb;
}

/*
 * Hands over everything filled since the last time. Its last descriptor alone
 * asks for a report: completion is in ring order, so it vouches for the rest.
 */
static void
tx_tell(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->tx;

	ring->desc[(ring->prod - 1) & ring->mask].info |= TX_RS;
	ring->batch_end[ring->told & ring->mask] = ring->prod;
	/* Orders the descriptors before the doorbell, for the device. */
	dma_wmb();
	mmio_write32(ring->tail, ring->prod & ring->mask);
	ring->told = ring->prod;
	port->soft.tx_tells++;
	e1000e_record(port, EVENT_TX_TELL, ring->prod & ring->mask,
		      ring->prod - ring->cons);
}

void
e1000e_tx_reclaim(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->tx;
	struct skb **const slot = ring->skb, *skb;
	const uint32_t mask = ring->mask;
	uint32_t end, cons = ring->cons, gaps = 0;

	while (cons != ring->told) {
		end = ring->batch_end[cons & mask];
		if (!(ring->desc[(end - 1) & mask].info & TX_DD))
			break;
		for (; cons != end; cons++) {
			skb = slot[cons & mask];
			if (likely(skb != NULL))
				skb_sent(skb);
			else
				gaps++;
		}
	}
	if (cons == ring->cons)
		return;
	port->soft.tx_packets += cons - ring->cons - gaps;
	e1000e_record(port, EVENT_TX_DONE, cons - ring->cons - gaps, cons);
	ring->cons = cons;
}

void
e1000e_tx_clean(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->tx;
	struct skb *skb;

	for (; ring->cons != ring->prod; ring->cons++) {
		skb = ring->skb[ring->cons & ring->mask];
		if (!skb)
			continue;
		port->dev.stats.tx_dropped++;
		skb_drop(skb, DROP_RING_RESET);
	}
	for (uint32_t i = 0; i <= ring->mask; i++)
		ring->desc[i].info = 0;
	ring->prod = ring->told = ring->cons = 0;
	port->tx_context = (struct e1000e_desc){ 0 };
}

/*
 * Little room is left: what is queued goes out now, not at the end of the turn
 * (QEMU sends it inside the tail write), and what is done is taken back.
 */
rare static void
tx_make_room(struct e1000e_port *port)
{
	struct e1000e_ring *ring = &port->tx;

	if (ring->prod != ring->told)
		tx_tell(port);
	e1000e_tx_reclaim(port);
	if (e1000e_tx_room(ring) >= TX_ROOM_MIN)
		return;
	netdev_tx_stop(&port->dev);
	e1000e_record(port, EVENT_TX_STOP, ring->prod, ring->cons);
	/* Somebody must come back for it: the poll, or its interrupt. */
	napi_schedule(&port->napi);
}

/* The device remembers the last context; the same again is not sent. */
static void
tx_put_context(struct e1000e_port *port, const struct skb *skb)
{
	struct e1000e_ring *ring = &port->tx;
	struct e1000e_desc context;
	uint32_t i;

	context = e1000e_tx_context((uint32_t)(skb_transport(skb) - skb->data),
				    skb->csum_offset);
	if (context.addr == port->tx_context.addr &&
	    context.info == port->tx_context.info)
		return;
	port->tx_context = context;
	i = ring->prod++ & ring->mask;
	ring->desc[i].addr = context.addr;
	ring->desc[i].info = context.info;
	ring->skb[i] = NULL;
}

/* Pads with zeros to what the device can pad further; false: no room. */
static bool
tx_pad(struct skb *skb)
{
	size_t missing = FRAME_LEN_MIN - skb->len;

	if (skb_shared(skb) || skb_tailroom(skb) < missing)
		return false;
	memset(skb_put(skb, missing), 0, missing);
	return true;
}

static void
tx_put_piece(struct e1000e_ring *ring, const struct skb *piece, uint64_t flags)
{
	uint32_t len = (uint32_t)skb_linear_len(piece);

	if (len > 0)
		tx_put(ring, piece->data, e1000e_tx_info(len, flags), NULL);
}

/* Several pieces, a checksum to fill in, or a frame too short to pad. */
rare static void
tx_slow(struct e1000e_port *port, struct skb *skb)
{
	struct e1000e_ring *ring = &port->tx;
	uint64_t flags = 0;
	uint32_t last;

	if (skb->len < FRAME_LEN_MIN && !tx_pad(skb)) {
		port->dev.stats.tx_dropped++;
		return skb_drop(skb, DROP_TX_LENGTH);
	}
	if (skb->csum == SKB_CSUM_PARTIAL) {
		tx_put_context(port, skb);
		flags = TX_CSUM;
	}
	tx_put_piece(ring, skb, flags);
	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		tx_put_piece(ring, seg, flags);
	last = (ring->prod - 1) & ring->mask;
	ring->desc[last].info |= TX_EOP;
	ring->skb[last] = skb;
	if (e1000e_tx_room(ring) < TX_ROOM_MIN)
		tx_make_room(port);
}

void
e1000e_tx_restart(struct e1000e_port *port)
{
	if (!port->dev.tx_stopped || e1000e_tx_room(&port->tx) < TX_ROOM_MIN)
		return;
	e1000e_record(port, EVENT_TX_WAKE, port->tx.prod, port->tx.cons);
	netdev_tx_wake(&port->dev);
}

void
e1000e_xmit(struct netdev *dev, struct skb *skb)
{
	struct e1000e_port *port = container_of(dev, struct e1000e_port, dev);
	struct e1000e_ring *ring = &port->tx;

	if (unlikely(skb->seg || skb->csum == SKB_CSUM_PARTIAL ||
		     skb->len < FRAME_LEN_MIN))
		return tx_slow(port, skb);
	tx_put(ring, skb->data, e1000e_tx_info(skb->len, TX_EOP), skb);
	if (unlikely(e1000e_tx_room(ring) < TX_ROOM_MIN))
		tx_make_room(port);
}

void
e1000e_flush(struct netdev *dev)
{
	struct e1000e_port *port = container_of(dev, struct e1000e_port, dev);

	if (port->tx.prod != port->tx.told)
		tx_tell(port);
	e1000e_tx_reclaim(port);
}

/* ---- the poll ----------------------------------------------------------- */

uint32_t
e1000e_poll(struct napi *napi, uint32_t budget)
{
	struct e1000e_port *port = container_of(napi, struct e1000e_port, napi);
	struct e1000e_ring *ring = &port->rx;
	uint32_t count;

	if (unlikely(!port->running)) {
		napi_complete(napi);
		return 0;
	}
	if (unlikely(port->link_event)) {
		port->link_event = false;
		e1000e_link_check(port, reg_read(port, REG_STATUS));
	}
	e1000e_tx_reclaim(port);
	e1000e_tx_restart(port);
	if (unlikely(rx_is_pressed(port, budget)))
		count = rx_poll_pressed(port, budget);
	else
		count = port->rx_poll(port, budget);
	if (count > 0)
		e1000e_record(port, EVENT_RX, count, ring->cons);
	else
		port->soft.empty_polls++;
	if (unlikely(!rx_is_full(ring)))
		rx_post_all(port);
	rx_tell_maybe(port);
	if (count < budget) {
		port->rx_short = 0;
		e1000e_idle(port);
	}
	return count;
}
