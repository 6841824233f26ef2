/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Splitting a datagram that is too long for its link. ipv4_output() and
 * ipv4_forward() bring it with its header in place; the pieces are new packets,
 * copies of header and data, and go back to whoever asked. No state.
 * [RFC791 3.2] [RFC1812 4.2.2.7, 5.2.6]
 */

#include "net/ipv4/frag.h"

#include "net/explain/explain.h"
#include "net/net.h"
#include "net/wire/ipv4_options.h"

/* The options that belong in later fragments too, padded; their length. */
static uint8_t
copied_options(const struct ipv4 *ip, uint8_t out[IPV4_OPTIONS_LEN_MAX])
{
	uint32_t len = ipv4_options_len(ip), used = 0, copied = 0;
	const uint8_t *at = ip->options;

	memset(out, IPV4_OPT_END, IPV4_OPTIONS_LEN_MAX);
	while (used < len && at[used] != IPV4_OPT_END) {
		if (at[used] == IPV4_OPT_NOP) {
			used++;
			continue;
		}
		/* ipv4_options_input() or our own sender saw to it, but a
		 * length is checked where it is used. */
		if (len - used < 2 || at[used + 1] < 2 ||
		    at[used + 1] > len - used)
			break;
		if (at[used] & IPV4_OPT_COPIED) {
			memcpy(out + copied, at + used, at[used + 1]);
			copied += at[used + 1];
		}
		used += at[used + 1];
	}
	return (uint8_t)((copied + 3) & ~3u);
}

/* Appends len bytes of from, beginning at offset. False: no memory. */
static bool
copy_range(struct skb *to, const struct skb *from, size_t offset, size_t len)
{
	uint8_t piece[512];
	size_t take;

	for (; len > 0; offset += take, len -= take) {
		take = min_of(len, skb_tailroom(to));
		if (take > 0) {
			skb_copy_out(from, offset, skb_put(to, take), take);
			continue;
		}
		take = min_of(len, sizeof(piece));
		skb_copy_out(from, offset, piece, take);
		if (!skb_copy_in(to, piece, take))
			return false;
	}
	return true;
}

/* What all pieces of one datagram have in common. */
struct split {
	struct net *net;
	const struct skb *whole;
	struct skb_queue done;
};

/* One piece: header *ip, then its data, which begins offset bytes into
 * whole. */
static bool
add_piece(struct split *split, const struct ipv4 *ip, size_t offset)
{
	const struct skb *whole = split->whole;
	struct skb *piece = skb_alloc(&net_this_core(split->net)->skb_pool);

	if (!piece)
		return false;
	piece->dev = whole->dev;
	piece->pkt_type = whole->pkt_type;
	piece->protocol = whole->protocol;
	piece->flags |= whole->flags & SKB_FORWARDED;
	skb_set_network(piece);
	ipv4_emit(ip, skb_put(piece, ip->header_len));
	if (!copy_range(piece, whole, offset, ip->total_len - ip->header_len)) {
		skb_drop(piece, DROP_NOMEM);
		return false;
	}
	skb_queue_push(&split->done, piece);
	return true;
}

static bool
split_all(struct split *split, const struct ipv4 *ip, uint32_t mtu)
{
	uint32_t data_len = ip->total_len - ip->header_len, used = 0, take;
	uint8_t options[IPV4_OPTIONS_LEN_MAX];
	struct ipv4 piece = *ip;

	while (used < data_len) {
		/* As much as fits, in units of 8 bytes. */
		take = min_of((mtu - piece.header_len) & ~7u, data_len - used);
		piece.total_len = (uint16_t)(piece.header_len + take);
		piece.frag_offset = (uint16_t)(ip->frag_offset + used);
		if (used + take < data_len)
			piece.flags = ip->flags | IPV4_MF;
		else
			piece.flags = ip->flags;
		if (!add_piece(split, &piece, ip->header_len + used))
			return false;
		used += take;
		if (used == take) {
			piece.header_len =
				(uint8_t)(IPV4_HEADER_LEN +
					  copied_options(ip, options));
			piece.options = options;
		}
	}
	return true;
}

static void
refuse(struct net *net, struct skb *skb, enum drop why)
{
	net->ipv4_stats.frag_fails++;
	skb_drop(skb, why);
}

void
frag_output(struct net *net, struct skb *skb, const struct ipv4 *ip,
	    uint32_t mtu, void (*output)(void *ctx, struct skb *skb), void *ctx)
{
	struct split split = { .net = net, .whole = skb };
	struct explain *explain = net->explain;
	bool main = explain_is_main(explain, skb);
	uint32_t data_len = ip->total_len - ip->header_len;
	struct skb *piece;

	skb_queue_init(&split.done);
	if (mtu < ip->header_len + 8u)
		return refuse(net, skb, DROP_FRAG_MTU);
	/* A fragment itself, whose pieces' offsets would wrap round. */
	if (ip->frag_offset + data_len > IPV4_LEN_MAX)
		return refuse(net, skb, DROP_FRAG_OVERSIZE);
	if (!split_all(&split, ip, mtu)) {
		skb_queue_drop(&split.done, DROP_NOMEM);
		return refuse(net, skb, DROP_NOMEM);
	}
	net->ipv4_stats.frag_oks++;
	net->ipv4_stats.frag_creates += split.done.count;
	skb_replaced(skb);
	explain_note(net, FRAGMENTS, split.done.count);
	while ((piece = skb_queue_pop(&split.done))) {
		if (unlikely(main))
			explain->main = piece;
		output(ctx, piece);
		if (unlikely(explain != NULL))
			explain->muted = true;
	}
	if (unlikely(explain != NULL))
		explain->muted = false;
}
