/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dry runs, see dry.h: what is saved, lent and put back around a packet that
 * never was. The memory belongs to whoever asked for it; between two runs the
 * stack knows nothing of it.
 */

#include "net/explain/dry.h"

#include "net/icmp.h"
#include "net/net.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

#define UNDO_MAX   64u /* fields that lie outside struct net */
#define CLONES	   64u
#define CHUNKS_MAX 64u
#define SPARE	   64u /* packet buffers beyond those of the packet itself */
#define LOOPS_MAX  8u  /* times that packets may come back by lo */
#define FRAME_MAX  (EXPLAIN_LEN_MAX + ETH_HEADER_LEN)

struct explain_undo {
	uint32_t count;
	struct {
		void *field;
		uint32_t len;
		uint8_t bytes[16];
	} entry[UNDO_MAX];
};

struct explain_dry {
	struct net *net;
	struct explain story;
	struct explain_undo undo;
	struct skb_account account;
	struct skb clone[CLONES];
	struct skb *free, *free_clone; /* between runs: all buffers */
	uint32_t free_count;
	void *chunk[CHUNKS_MAX];
	uint32_t chunk_count;
	struct {
		struct netdev_stats stats;
		uint32_t txq_count;
		bool tapped;
	} dev[PARAM_NETDEVS_MAX + 1];
	uint8_t frame[FRAME_MAX];
	struct net saved;
};

/* ---- memory ------------------------------------------------------------- */

static bool
add_chunk(struct explain_dry *dry)
{
	uint8_t *at = pages_alloc(dry->net->pages, SKB_CHUNK_ORDER);
	uint32_t fit = (PAGE_SIZE << SKB_CHUNK_ORDER) / SKB_STRIDE;

	if (!at)
		return false;
	dry->chunk[dry->chunk_count++] = at;
	for (uint32_t i = 0; i < fit; i++, at += SKB_STRIDE) {
		struct skb *skb = (void *)at;

		memset(skb, 0, sizeof(*skb));
		skb->pool = &net_this_core(dry->net)->skb_pool;
		skb->owner = skb;
		skb->head = (uint8_t *)(skb + 1);
		skb->end = at + SKB_STRIDE;
		skb->flags = SKB_FREED;
		skb->next = dry->free;
		dry->free = skb;
		dry->free_count++;
	}
	return true;
}

static void
add_clones(struct explain_dry *dry)
{
	for (uint32_t i = 0; i < CLONES; i++) {
		struct skb *clone = &dry->clone[i];

		memset(clone, 0, sizeof(*clone));
		clone->pool = &net_this_core(dry->net)->skb_pool;
		clone->flags = SKB_FREED | SKB_CLONE;
		clone->next = dry->free_clone;
		dry->free_clone = clone;
	}
}

/* The packet twice, as it came and unshared, and in the smallest fragments that
 * a link may ask for: of 68 bytes. [RFC791 3.2] */
static uint32_t
buffers_for(uint32_t len)
{
	return SPARE + 2 * (len / PARAM_SKB_ROOM + 1) +
	       len / (68 - IPV4_HEADER_LEN);
}

struct explain_dry *
explain_dry_new(struct net *net, uint32_t len)
{
	uint32_t count = buffers_for(len);
	struct explain_dry *dry;

	dry = pages_alloc(net->pages, pages_order(sizeof(*dry)));
	if (!dry)
		return NULL;
	memset(dry, 0, sizeof(*dry));
	dry->net = net;
	add_clones(dry);
	while (dry->free_count < count && dry->chunk_count < CHUNKS_MAX)
		if (!add_chunk(dry)) {
			explain_dry_free(dry);
			return NULL;
		}
	return dry;
}

void
explain_dry_free(struct explain_dry *dry)
{
	struct pages *pages = dry->net->pages;

	while (dry->chunk_count > 0)
		pages_free(pages, dry->chunk[--dry->chunk_count],
			   SKB_CHUNK_ORDER);
	pages_free(pages, dry, pages_order(sizeof(*dry)));
}

/* ---- before and after --------------------------------------------------- */

void
explain_keep(struct explain *explain, void *field, size_t len)
{
	struct explain_undo *undo;

	if (!explain || !explain->dry)
		return;
	undo = explain->undo;
	/* What it was at first is what counts. */
	for (uint32_t i = 0; i < undo->count; i++)
		if (undo->entry[i].field == field)
			return;
	assert(undo->count < UNDO_MAX);
	assert(len <= sizeof(undo->entry[0].bytes));
	undo->entry[undo->count].field = field;
	undo->entry[undo->count].len = (uint32_t)len;
	memcpy(undo->entry[undo->count].bytes, field, len);
	undo->count++;
}

void
explain_forget(struct skb *skb)
{
	skb_sent(skb);
}

/* All of *from but what interrupt handlers write. */
static void
net_copy(struct net *to, const struct net *from)
{
	const size_t skip = offsetof(struct net, core[0].napi_pending);
	const size_t after = skip + sizeof(from->core[0].napi_pending);

	memcpy(to, from, skip);
	memcpy((uint8_t *)to + after, (const uint8_t *)from + after,
	       sizeof(*from) - after);
}

static void
devices_save(struct explain_dry *dry)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		struct netdev *dev = dry->net->netdev[i];

		if (!dev)
			continue;
		dry->dev[i].stats = dev->stats;
		dry->dev[i].txq_count = dev->txq.count;
		dry->dev[i].tapped = dev->tapped;
		dev->tapped = true; /* by way of those who look closely */
		netdev_plain_update(dev);
	}
}

static void
devices_restore(struct explain_dry *dry)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		struct netdev *dev = dry->net->netdev[i];

		if (!dev)
			continue;
		dev->stats = dry->dev[i].stats;
		dev->txq.count = dry->dev[i].txq_count;
		dev->tapped = dry->dev[i].tapped;
		netdev_plain_update(dev);
	}
}

/*
 * From here on buffers are the dry run's: no more than the stack has, beside
 * those (own of them) that the packet itself comes in.
 */
static void
pool_lend(struct explain_dry *dry, uint32_t own)
{
	struct skb_pool *pool = &net_this_core(dry->net)->skb_pool;
	uint32_t count = pool->free_count + own;

	memset(&dry->account, 0, sizeof(dry->account));
	dry->account.now_ns = &dry->net->now_ns;
	pool->account = &dry->account;
	pool->free = dry->free;
	pool->free_count = dry->free_count;
	pool->free_clone = dry->free_clone;
	pool->clone_free_count = min_of(pool->clone_free_count, CLONES);
	dry->free = NULL;
	/* The surplus is set aside. */
	while (pool->free_count > count) {
		struct skb *skb = pool->free;

		pool->free = skb->next;
		pool->free_count--;
		skb->next = dry->free;
		dry->free = skb;
	}
}

static void
pool_return(struct explain_dry *dry)
{
	const struct skb_pool *real = &dry->saved.core[0].skb_pool;
	struct skb_pool *pool = &net_this_core(dry->net)->skb_pool;
	uint32_t aside = 0;

	dry->story.starved = pool->fail_count != real->fail_count && !dry->free;
	while (dry->free) {
		struct skb *skb = dry->free;

		dry->free = skb->next;
		skb->next = pool->free;
		pool->free = skb;
		aside++;
	}
	/* Everything that was born has ended. */
	assert(pool->free_count + aside == dry->free_count);
	assert(pool->clone_free_count ==
	       min_of(real->clone_free_count, CLONES));
	dry->free = pool->free;
	dry->free_clone = pool->free_clone;
}

static void
begin(struct explain_dry *dry, uint32_t own)
{
	net_copy(&dry->saved, dry->net);
	devices_save(dry);
	pool_lend(dry, own);
	dry->undo.count = 0;
	memset(&dry->story, 0, offsetof(struct explain, note));
}

/* The story that explain_begin() has begun is told. */
static void
tell(struct explain_dry *dry)
{
	struct net *net = dry->net;

	dry->story.dry = true;
	dry->story.undo = &dry->undo;
	skb_queue_init(&dry->story.looped);
	dry->account.explain = &dry->story;
	net->explain = &dry->story;
}

/* What went out by lo comes in by it. */
static void
loop(struct explain_dry *dry)
{
	struct explain *story = &dry->story;
	struct net *net = dry->net;
	struct skb *skb;
	bool main;

	for (uint32_t i = 0; (skb = skb_queue_pop(&story->looped)); i++) {
		if (i == LOOPS_MAX) {
			explain_forget(skb);
			continue;
		}
		main = skb == story->looped_main;
		story->looped_main = NULL;
		skb_looped(skb, &net->loopback);
		skb->csum = SKB_CSUM_UNNECESSARY;
		story->depth = !main;
		if (main) {
			story->verdict = (struct explain_verdict){ 0 };
			story->main = skb;
		}
		explain_note(net, LOOPED);
		netdev_input(skb);
	}
}

static const struct explain *
finish(struct explain_dry *dry)
{
	struct net *net = dry->net;

	loop(dry);
	/* A timer armed, a neighbour gone: whoever did that should have
	 * asked. */
	assert(!memcmp(&net->core[0].timers, &dry->saved.core[0].timers,
		       sizeof(net->core[0].timers)));
	pool_return(dry);
	while (dry->undo.count > 0) {
		dry->undo.count--;
		memcpy(dry->undo.entry[dry->undo.count].field,
		       dry->undo.entry[dry->undo.count].bytes,
		       dry->undo.entry[dry->undo.count].len);
	}
	devices_restore(dry);
	net_copy(net, &dry->saved);
	return &dry->story;
}

/* ---- packets ------------------------------------------------------------ */

static uint32_t
transport_header_len(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP: return TCP_HEADER_LEN;
	case IPPROTO_UDP: return UDP_HEADER_LEN;
	case IPPROTO_ICMP: return ICMP_HEADER_LEN;
	default: return 0;
	}
}

static void
make_header(const struct explain_packet *packet, uint8_t *bytes)
{
	const struct tcp tcp = {
		.sport = packet->sport,
		.dport = packet->dport,
		.flags = packet->tcp_flags ? packet->tcp_flags : TCP_SYN,
		.window = 65535,
		.header_len = TCP_HEADER_LEN,
	};
	const struct icmp icmp = { .type = packet->icmp_type,
				   .code = packet->icmp_code };

	if (packet->proto == IPPROTO_TCP)
		tcp_emit(&tcp, bytes);
	else if (packet->proto == IPPROTO_ICMP)
		icmp_emit(&icmp, bytes);
}

/* The transport's part of len bytes, all zeros behind its header; a later
 * fragment has no header. */
static void
make_transport(const struct explain_packet *packet, uint8_t *bytes, size_t len)
{
	uint16_t sum = (uint16_t)(len < 0xffff ? len : 0xffff);
	struct udp udp = { .sport = packet->sport,
			   .dport = packet->dport,
			   .len = sum };
	uint32_t pseudo = checksum_pseudo(packet->src, packet->dst,
					  packet->proto, (uint16_t)len);

	memset(bytes, 0, len);
	if (packet->frag_offset != 0 ||
	    len < transport_header_len(packet->proto))
		return;
	make_header(packet, bytes);
	switch (packet->proto) {
	case IPPROTO_TCP:
		sum = checksum_fold(checksum_add(pseudo, bytes, len));
		((struct wire_tcp *)bytes)->checksum = be16_from(sum);
		return;
	case IPPROTO_UDP:
		udp_emit(&udp, bytes);
		/* The rest of its datagram is not known: no checksum. */
		if (packet->more_fragments)
			return;
		sum = checksum_fold(checksum_add(pseudo, bytes, len));
		udp.checksum = sum ? sum : 0xffff;
		return udp_emit(&udp, bytes);
	case IPPROTO_ICMP:
		sum = checksum_fold(checksum_add(0, bytes, len));
		((struct wire_icmp *)bytes)->checksum = be16_from(sum);
		return;
	default: return;
	}
}

/* Bytes of the IP packet. */
static uint32_t
packet_len(const struct explain_packet *packet)
{
	uint32_t least = IPV4_HEADER_LEN;

	if (packet->frag_offset == 0)
		least += transport_header_len(packet->proto);
	return min_of(packet->len ? packet->len : least, EXPLAIN_LEN_MAX);
}

size_t
explain_make_frame(const struct netdev *dev,
		   const struct explain_packet *packet, uint8_t *bytes)
{
	static const uint8_t none[ETH_ADDR_LEN];
	uint32_t len = max_of(packet_len(packet), IPV4_HEADER_LEN);
	const struct ipv4 ip = {
		.src = packet->src,
		.dst = packet->dst,
		.total_len = (uint16_t)len,
		.id = packet->id,
		.flags = (uint8_t)((packet->dont_fragment ? IPV4_DF : 0) |
				   (packet->more_fragments ? IPV4_MF : 0)),
		.frag_offset = packet->frag_offset,
		.header_len = IPV4_HEADER_LEN,
		.tos = packet->tos,
		.ttl = packet->ttl ? packet->ttl : 64,
		.proto = packet->proto,
	};
	struct eth eth = { .type = ETHERTYPE_IPV4 };

	memcpy(eth.src, packet->src_mac, ETH_ADDR_LEN);
	memcpy(eth.dst, packet->dst_mac, ETH_ADDR_LEN);
	if (!memcmp(eth.dst, none, sizeof(none)))
		memcpy(eth.dst, dev->addr, ETH_ADDR_LEN);
	eth_emit(&eth, bytes);
	ipv4_emit(&ip, bytes + ETH_HEADER_LEN);
	make_transport(packet, bytes + ETH_HEADER_LEN + IPV4_HEADER_LEN,
		       len - IPV4_HEADER_LEN);
	return ETH_HEADER_LEN + len;
}

/* ---- runs --------------------------------------------------------------- */

/* As a device hands a frame over; NULL without buffers. */
static struct skb *
receive(struct netdev *dev, const uint8_t *bytes, size_t len)
{
	struct skb_pool *pool = &net_this_core(dev->net)->skb_pool;
	struct skb *packet = skb_alloc_rx(pool), *seg;
	size_t take = min_of(len, (size_t)PARAM_SKB_ROOM), at;

	if (!packet)
		return NULL;
	memcpy(packet->data, bytes, take);
	skb_received(packet, dev, (uint32_t)take);
	for (at = take; at < len; at += take) {
		take = min_of(len - at, (size_t)PARAM_SKB_ROOM);
		seg = skb_alloc_rx(pool);
		if (!seg) {
			skb_drop(packet, DROP_NOMEM);
			return NULL;
		}
		memcpy(seg->data, bytes + at, take);
		skb_add_received_segment(packet, seg, (uint32_t)take);
	}
	return packet;
}

const struct explain *
explain_dry_frame(struct explain_dry *dry, struct netdev *dev,
		  const uint8_t *bytes, size_t len)
{
	struct skb *skb;

	begin(dry, (uint32_t)(len + PARAM_SKB_ROOM - 1) / PARAM_SKB_ROOM);
	skb = receive(dev, bytes, len);
	if (skb) {
		explain_begin(&dry->story, dry->net, skb, ETH_HEADER_LEN);
		tell(dry);
		netdev_input(skb);
	}
	return finish(dry);
}

const struct explain *
explain_dry_in(struct explain_dry *dry, struct netdev *dev,
	       const struct explain_packet *packet)
{
	size_t len = explain_make_frame(dev, packet, dry->frame);

	return explain_dry_frame(dry, dev, dry->frame, len);
}

const struct explain *
explain_dry_out(struct explain_dry *dry, const struct explain_packet *packet)
{
	const struct ipv4_out how = {
		.src = packet->src,
		.dst = packet->dst,
		.proto = packet->proto,
		.tos = packet->tos,
		.ttl = packet->ttl,
		.dont_fragment = packet->dont_fragment,
	};
	const struct ipv4 ip = {
		.src = packet->src,
		.dst = packet->dst,
		.total_len = (uint16_t)packet_len(packet),
		.flags = packet->dont_fragment ? IPV4_DF : 0,
		.header_len = IPV4_HEADER_LEN,
		.tos = packet->tos,
		.ttl = packet->ttl ? packet->ttl : ipv4_default_ttl(dry->net),
		.proto = packet->proto,
	};
	size_t len =
		max_of(packet_len(packet), IPV4_HEADER_LEN) - IPV4_HEADER_LEN;
	struct skb *skb;

	make_transport(packet, dry->frame, len);
	begin(dry, 0);
	skb = skb_alloc(&net_this_core(dry->net)->skb_pool);
	if (skb) {
		skb_reserve(skb, IPV4_HEADER_LEN_MAX);
		if (!skb_copy_in(skb, dry->frame, len)) {
			skb_drop(skb, DROP_NOMEM);
			skb = NULL;
		}
	}
	if (skb) {
		explain_begin_out(&dry->story, dry->net, skb, &ip);
		tell(dry);
		ipv4_output(dry->net, skb, &how);
	}
	return finish(dry);
}
