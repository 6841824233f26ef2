/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Joining fragments: ipv4_input() brings those that are for us, and takes the
 * datagram when it is whole. Each datagram in assembly keeps its fragments in
 * order, so the holes of [RFC815] are the gaps between neighbours; since
 * nothing overlaps, it is whole when as many bytes are here as its last
 * fragment says. State: net->frag. [RFC791 3.2] [RFC1122 3.3.2] [RFC5722 4]
 */

#include "net/ipv4/frag.h"

#include "net/explain/explain.h"
#include "net/icmp.h"
#include "net/net.h"

/* In a flood most wait in vain: a datagram has this much of its time for sure,
 * the rest only if there was room for everybody meanwhile. */
#define CROWD_TIME_NS 4000000000ull

/* Datagrams that are refused for good stay, empty, until their time is up. */
struct datagram {
	struct list bucket_link, age_link;
	struct net *net;
	struct timer timer;
	uint64_t born_ns;
	struct skb *first; /* fragments by offset, linked by next */
	struct skb *last;
	uint32_t src, dst; /* with id and proto: whose fragments these are */
	uint16_t id;
	uint8_t proto;
	bool refused;
	bool dry;	     /* of a dry run: in no list, without a timer */
	uint8_t ecn_seen;    /* bit = ECN codepoint of a fragment */
	uint32_t have_len;   /* bytes of data held */
	uint32_t end;	     /* bytes the whole has; 0: not known yet */
	uint32_t memory_len; /* bytes of packet buffers held */
};

/* What skb->cb holds while a fragment waits. Its data pointer stands at the IP
 * header in the first fragment, at the data in the others. */
struct piece {
	uint32_t offset, end; /* bytes of the datagram's data */
};

_Static_assert(sizeof(struct piece) <= sizeof(((struct skb *)0)->cb),
	       "fits the scratch of a packet buffer");

static inline struct piece *
piece_of(struct skb *skb)
{
	return (void *)skb->cb;
}

/* ---- memory ------------------------------------------------------------- */

static uint32_t
memory_of(const struct skb *skb)
{
	uint32_t len = SKB_STRIDE;

	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		len += SKB_STRIDE;
	return len;
}

static uint32_t *
source_len(struct frag_table *table, uint32_t src)
{
	return &table->source_len[hash_u64(&table->key, src) % FRAG_SOURCES];
}

static void
memory_add(struct datagram *d, uint32_t len)
{
	struct frag_table *table = &d->net->frag;

	d->memory_len += len;
	table->memory_len += len;
	*source_len(table, d->src) += len;
}

static void
memory_release(struct datagram *d)
{
	struct frag_table *table = &d->net->frag;

	table->memory_len -= d->memory_len;
	*source_len(table, d->src) -= d->memory_len;
	d->memory_len = 0;
}

/* A quarter of all; where that is little, still 96 buffers: two datagrams of
 * full size, or one of 576 bytes in the smallest pieces. */
static uint32_t
share_of_source(const struct frag_table *table)
{
	uint32_t all = table->param.ipfrag_high_thresh;
	uint32_t least = min_of(all / 2, 96 * (uint32_t)SKB_STRIDE);

	return max_of(all / 4, least);
}

/* ---- datagrams ---------------------------------------------------------- */

static void
pieces_drop(struct datagram *d, enum drop why)
{
	struct skb *skb = d->first, *next;

	memory_release(d);
	d->first = d->last = NULL;
	d->have_len = 0;
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		skb_drop(skb, why);
	}
}

static void
datagram_remove(struct datagram *d)
{
	struct net *net = d->net;

	if (d->dry)
		return;
	timer_cancel(&net_this_core(net)->timers, &d->timer);
	list_remove(&d->bucket_link);
	list_remove(&d->age_link);
	net->frag.datagram_count--;
	pool_put(&net->frag.pool, d);
}

static void
datagram_give_up(struct datagram *d, enum drop why)
{
	if (!d->refused)
		d->net->ipv4_stats.reasm_fails++;
	pieces_drop(d, why);
	datagram_remove(d);
}

/*
 * Nothing of it will be delivered, whatever comes still [RFC5722 4]; skb, the
 * fragment that was one too many, goes the same way.
 */
static void
datagram_refuse(struct datagram *d, struct skb *skb, enum drop why)
{
	d->net->ipv4_stats.reasm_fails++;
	d->net->ipv4_stats.reasm_overlaps += why == DROP_FRAG_OVERLAP;
	d->refused = true;
	pieces_drop(d, why);
	skb_drop(skb, why);
}

static uint64_t
time_ns(const struct frag_table *table)
{
	return (uint64_t)table->param.ipfrag_time_s * 1000000000;
}

/*
 * Time is up. The sender is told, provided that it would recognise the
 * beginning. [RFC792] [RFC1122 3.3.2]
 */
static void
datagram_expire(struct timer *timer, uint64_t now_ns)
{
	struct datagram *d = container_of(timer, struct datagram, timer);
	const struct frag_table *table = &d->net->frag;
	uint64_t due_ns = d->born_ns + time_ns(table);
	struct ipv4 ip;
	enum drop why;

	if (now_ns < due_ns &&
	    (!table->crowded_ns || table->crowded_ns < d->born_ns))
		return timer_arm(&net_this_core(d->net)->timers, timer, due_ns);
	if (d->first && piece_of(d->first)->offset == 0) {
		why = ipv4_parse(d->first->data, d->first->len, &ip);
		assert(why == DROP_NONE);
		icmp_send_error(d->first, &ip, ICMP_TIME_EXCEEDED,
				ICMP_REASSEMBLY_EXCEEDED, 0);
	}
	if (!d->refused)
		d->net->ipv4_stats.reasm_timeout++;
	datagram_give_up(d, DROP_FRAG_REASM_TIMEOUT);
}

static struct list *
bucket_of(struct frag_table *table, const struct ipv4 *ip)
{
	uint64_t hash =
		hash_2u64(&table->key, (uint64_t)ip->src << 32 | ip->dst,
			  (uint64_t)ip->id << 8 | ip->proto);

	return &table->bucket[hash % FRAG_BUCKETS];
}

static struct datagram *
datagram_find(struct frag_table *table, const struct ipv4 *ip)
{
	struct list *bucket = bucket_of(table, ip);
	struct datagram *d;

	list_for_each(d, bucket, bucket_link)
		if (d->id == ip->id && d->src == ip->src && d->dst == ip->dst &&
		    d->proto == ip->proto)
			return d;
	return NULL;
}

static bool
evict_oldest(struct frag_table *table)
{
	struct datagram *d;

	if (list_empty(&table->oldest))
		return false;
	d = list_entry(table->oldest.next, struct datagram, age_link);
	table->crowded_ns = d->net->now_ns;
	datagram_give_up(d, DROP_FRAG_EVICTED);
	return true;
}

/* Room for len bytes more, at the expense of who has waited longest. */
static void
make_room(struct frag_table *table, uint32_t len)
{
	if (table->memory_len + len <= table->param.ipfrag_high_thresh)
		return;
	while (table->memory_len + len > table->param.ipfrag_low_thresh &&
	       evict_oldest(table))
		;
}

static struct datagram *
datagram_new(struct net *net, const struct ipv4 *ip)
{
	struct frag_table *table = &net->frag;
	struct datagram *d = pool_get(&table->pool);

	if (!d && evict_oldest(table))
		d = pool_get(&table->pool);
	if (!d)
		return NULL;
	*d = (struct datagram){
		.net = net,
		.src = ip->src,
		.dst = ip->dst,
		.id = ip->id,
		.proto = ip->proto,
	};
	list_add_first(bucket_of(table, ip), &d->bucket_link);
	list_add_last(&table->oldest, &d->age_link);
	table->datagram_count++;
	timer_init(&d->timer, datagram_expire);
	d->born_ns = net->now_ns;
	timer_arm(&net_this_core(net)->timers, &d->timer,
		  d->born_ns + min_of(time_ns(table), CROWD_TIME_NS));
	return d;
}

/* ---- fragments ---------------------------------------------------------- */

/* A fragment by itself. */
static enum drop
fragment_check(const struct ipv4 *ip, uint32_t len)
{
	if (len == 0)
		return DROP_FRAG_EMPTY;
	if (ip->flags & IPV4_MF && len % 8 != 0)
		return DROP_FRAG_ALIGN;
	if (ip->frag_offset + len > IPV4_LEN_MAX - ip->header_len)
		return DROP_FRAG_OVERSIZE;
	/* The ports and flags of TCP must not come apart. [RFC1858 3, 4] */
	if (ip->proto == IPPROTO_TCP &&
	    (ip->frag_offset == 8 || (ip->frag_offset == 0 && len < 16)))
		return DROP_FRAG_TINY;
	return DROP_NONE;
}

/* A fragment against what is known of where its datagram ends. */
static enum drop
end_check(const struct datagram *d, const struct ipv4 *ip, uint32_t end)
{
	if (ip->flags & IPV4_MF)
		return d->end && end >= d->end ? DROP_FRAG_LENGTH : DROP_NONE;
	if (d->end)
		return end != d->end ? DROP_FRAG_LENGTH : DROP_NONE;
	/* Behind all that is here, more was to follow. */
	if (d->last && piece_of(d->last)->end >= end)
		return DROP_FRAG_LENGTH;
	return DROP_NONE;
}

/*
 * Puts a fragment in its place. DUP_FRAG if it is there already, FRAG_OVERLAP
 * if its place is not free: skb is untouched then.
 */
static enum drop
place(struct datagram *d, struct skb *skb)
{
	const struct piece *piece = piece_of(skb);
	struct skb *before = NULL, *after = d->first;

	/* Most come in order. */
	if (d->last && piece_of(d->last)->offset < piece->offset) {
		before = d->last;
		after = NULL;
	}
	while (after && piece_of(after)->offset < piece->offset) {
		before = after;
		after = after->next;
	}
	if (after && piece_of(after)->offset == piece->offset &&
	    piece_of(after)->end == piece->end)
		return DROP_DUP_FRAG;
	if ((before && piece_of(before)->end > piece->offset) ||
	    (after && piece->end > piece_of(after)->offset))
		return DROP_FRAG_OVERLAP;
	skb->next = after;
	*(before ? &before->next : &d->first) = skb;
	if (!after)
		d->last = skb;
	d->have_len += piece->end - piece->offset;
	return DROP_NONE;
}

/* ---- the whole ---------------------------------------------------------- */

/* The ECN codepoint of the whole. False: the fragments disagree about whether
 * ECN is spoken at all, and one was marked. [RFC3168 5.3] */
static bool
merge_ecn(uint8_t ecn_seen, struct wire_ipv4 *wire)
{
	const uint8_t not_ect = 1u << 0, ce = 1u << 3;

	if (!(ecn_seen & ce))
		return true;
	wire->tos |= 3;
	return !(ecn_seen & not_ect);
}

/* Takes the datagram's fragments out as one packet with one header. */
static struct skb *
join(struct datagram *d)
{
	struct skb *whole = d->first, *skb = whole->next, *next;

	memory_release(d);
	d->first = d->last = NULL;
	whole->next = NULL;
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		skb_append(whole, skb);
	}
	return whole;
}

static void
complete(struct datagram *d, void (*deliver)(struct skb *, const struct ipv4 *))
{
	struct net *net = d->net;
	struct skb *whole = join(d);
	uint8_t ecn_seen = d->ecn_seen;
	struct wire_ipv4 *wire;
	struct ipv4 ip;
	enum drop why = DROP_NONE;

	datagram_remove(d);
	whole = skb_unshare(whole);
	if (!whole) {
		net->ipv4_stats.reasm_fails++;
		return;
	}
	wire = (void *)whole->data;
	if (whole->len > IPV4_LEN_MAX)
		why = DROP_FRAG_OVERSIZE;
	else if (!merge_ecn(ecn_seen, wire))
		why = DROP_FRAG_ECN;
	if (why != DROP_NONE) {
		net->ipv4_stats.reasm_fails++;
		return skb_drop(whole, why);
	}
	wire->total_len = be16_from((uint16_t)whole->len);
	wire->flags_offset = be16_from(0);
	ipv4_checksum_refresh(whole->data, (wire->version_ihl & 0xfu) << 2);
	why = ipv4_parse(whole->data, whole->len, &ip);
	assert(why == DROP_NONE);
	net->ipv4_stats.reasm_oks++;
	deliver(whole, &ip);
}

static void
add(struct datagram *d, struct skb *skb, const struct ipv4 *ip,
    void (*deliver)(struct skb *, const struct ipv4 *))
{
	struct piece *piece = piece_of(skb);
	enum drop why;

	if (d->refused)
		return skb_drop(skb, DROP_FRAG_REFUSED);
	*piece = (struct piece){
		.offset = ip->frag_offset,
		.end = ip->frag_offset + ip->total_len - ip->header_len,
	};
	why = end_check(d, ip, piece->end);
	if (why == DROP_NONE)
		why = place(d, skb);
	if (why == DROP_DUP_FRAG)
		return skb_drop(skb, why);
	if (why != DROP_NONE)
		return datagram_refuse(d, skb, why);
	memory_add(d, memory_of(skb));
	d->ecn_seen |= (uint8_t)(1u << (ip->tos & 3));
	if (!(ip->flags & IPV4_MF))
		d->end = piece->end;
	if (ip->frag_offset != 0)
		skb_pull(skb, ip->header_len);
	if (d->end && d->have_len == d->end) {
		explain_note(d->net, FRAGMENT_LAST, d->end);
		return complete(d, deliver);
	}
	explain_note(d->net, FRAGMENT_HELD, d->have_len);
	if (unlikely(d->net->explain != NULL))
		explain_held(d->net->explain, skb);
}

/* ---- dry runs ----------------------------------------------------------- */

/* Would make_room() give up d? */
static bool
would_be_evicted(const struct frag_table *table, const struct datagram *d,
		 uint32_t len)
{
	uint64_t left = table->memory_len;
	const struct datagram *it;

	if (left + len <= table->param.ipfrag_high_thresh)
		return false;
	list_for_each(it, &table->oldest, age_link) {
		if (left + len <= table->param.ipfrag_low_thresh)
			return false;
		if (it == d)
			return true;
		left -= it->memory_len;
	}
	return false;
}

/* Copies of d's fragments; false: not enough buffers. */
static bool
copy_pieces(struct datagram *to, const struct datagram *from)
{
	struct skb **link = &to->first;

	for (const struct skb *skb = from->first; skb; skb = skb->next) {
		struct skb *copy = skb_copy(skb);

		if (!copy)
			return false;
		copy->in = skb->in;
		*link = copy;
		link = &copy->next;
		to->last = copy;
	}
	return true;
}

/* A fragment that is only thought of, to a copy of its datagram. */
rare static void
input_dry(struct net *net, struct skb *skb, const struct ipv4 *ip,
	  void (*deliver)(struct skb *, const struct ipv4 *))
{
	struct frag_table *table = &net->frag;
	const struct datagram *known = datagram_find(table, ip);
	struct datagram d = { .net = net, .src = ip->src, .dst = ip->dst };
	struct skb *piece;

	if (known && would_be_evicted(table, known, memory_of(skb)))
		known = NULL;
	if (!known && !table->pool.free && list_empty(&table->oldest))
		return skb_drop(skb, DROP_NOMEM);
	if (known) {
		d = *known;
		d.first = d.last = NULL;
	}
	d.dry = true;
	d.memory_len = 0;
	if (known && !copy_pieces(&d, known))
		skb_drop(skb, DROP_NOMEM);
	else
		add(&d, skb, ip, deliver);
	while ((piece = d.first)) {
		d.first = piece->next;
		piece->next = NULL;
		explain_forget(piece);
	}
}

/* ---- all of it ---------------------------------------------------------- */

void
frag_input(struct skb *skb, const struct ipv4 *ip,
	   void (*deliver)(struct skb *skb, const struct ipv4 *ip))
{
	struct net *net = skb->dev->net;
	struct frag_table *table = &net->frag;
	enum drop why = fragment_check(ip, ip->total_len - ip->header_len);
	uint32_t len = memory_of(skb);
	struct datagram *d;

	net->ipv4_stats.reasm_reqds++;
	if (why == DROP_NONE &&
	    *source_len(table, ip->src) + len > share_of_source(table)) {
		table->crowded_ns = net->now_ns;
		why = DROP_FRAG_SHARE;
	}
	if (why != DROP_NONE) {
		net->ipv4_stats.reasm_fails++;
		return skb_drop(skb, why);
	}
	if (explain_is_dry(net))
		return input_dry(net, skb, ip, deliver);
	make_room(table, len);
	d = datagram_find(table, ip);
	if (!d)
		d = datagram_new(net, ip);
	if (!d)
		return skb_drop(skb, DROP_NOMEM);
	add(d, skb, ip, deliver);
}

/* ---- coming up, going down, checking ------------------------------------ */

static bool
came_in_by(const struct datagram *d, const struct netdev *dev)
{
	for (const struct skb *skb = d->first; skb; skb = skb->next)
		if (skb->dev == dev)
			return true;
	return false;
}

void
frag_flush(struct netdev *dev)
{
	struct datagram *d, *after;

	list_for_each_safe(d, after, &dev->net->frag.oldest, age_link)
		if (came_in_by(d, dev))
			datagram_give_up(d, DROP_FRAG_DEV_DOWN);
}

enum status
frag_init(struct net *net, uint32_t datagram_count_max)
{
	struct frag_table *table = &net->frag;
	/* A quarter of all packet buffers at most, Linux's 4 MiB at best. */
	uint64_t room = (uint64_t)net_this_core(net)->skb_pool.total_count *
			SKB_STRIDE / 4;

	table->param.ipfrag_high_thresh =
		(uint32_t)min_of(room, (uint64_t)4 << 20);
	table->param.ipfrag_low_thresh =
		table->param.ipfrag_high_thresh / 4 * 3;
	table->param.ipfrag_time_s = 30;
	table->key.k[0] = random_u64(&net->random);
	table->key.k[1] = random_u64(&net->random);
	list_init(&table->oldest);
	for (unsigned int i = 0; i < FRAG_BUCKETS; i++)
		list_init(&table->bucket[i]);
	return pool_init(&table->pool, net->pages, "reassembly",
			 sizeof(struct datagram), 8, datagram_count_max);
}

void
frag_fini(struct net *net)
{
	struct frag_table *table = &net->frag;

	while (!list_empty(&table->oldest))
		datagram_give_up(list_entry(table->oldest.next, struct datagram,
					    age_link),
				 DROP_FRAG_DEV_DOWN);
	pool_fini(&table->pool);
}

static void
datagram_check(struct datagram *d)
{
	uint32_t have_len = 0, memory_len = 0, end = 0;

	for (struct skb *skb = d->first; skb; skb = skb->next) {
		const struct piece *piece = piece_of(skb);

		assert(piece->offset >= end && piece->end > piece->offset);
		end = piece->end;
		have_len += piece->end - piece->offset;
		memory_len += memory_of(skb);
		assert(skb->next || d->last == skb);
	}
	assert(!d->end || end <= d->end);
	assert(have_len == d->have_len && memory_len == d->memory_len);
	assert(!d->refused || !d->first);
}

void
frag_check(struct net *net)
{
	struct frag_table *table = &net->frag;
	uint64_t memory_len = 0, by_source = 0;
	uint32_t count = 0;
	struct datagram *d;

	list_for_each(d, &table->oldest, age_link) {
		datagram_check(d);
		memory_len += d->memory_len;
		count++;
	}
	for (unsigned int i = 0; i < FRAG_SOURCES; i++)
		by_source += table->source_len[i];
	assert(memory_len == table->memory_len && by_source == memory_len);
	assert(count == table->datagram_count);
	assert(count == table->pool.used_count);
	pool_check(&table->pool);
}
