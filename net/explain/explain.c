/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The story of one packet: notes from the code that decides, and how it ended.
 * Called only while net->explain is set, so nothing here is hot. State: struct
 * explain, which dry.c or live.c owns.
 */

#include "net/explain/explain.h"

#include "lib/be.h"
#include "net/explain/dry.h"
#include "net/net.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"

static const struct explain_text texts[EXPLAIN_COUNT] = {
	[EXPLAIN_NONE] = { "", "", "" },
#define EXPLAIN(name, sentence, citation)                                      \
	[EXPLAIN_##name] = { #name, sentence, citation },
#include "net/explain/explain.def"
#undef EXPLAIN
};

const struct explain_text *
explain_text(enum explain_kind kind)
{
	return &texts[kind < EXPLAIN_COUNT ? kind : EXPLAIN_NONE];
}

/* ---- notes -------------------------------------------------------------- */

void
explain_add(struct explain *explain, enum explain_kind kind,
	    const uint32_t *arg, uint32_t arg_count)
{
	struct explain_note *note;

	assert(arg_count <= EXPLAIN_ARGS_MAX);
	if (explain->muted)
		return;
	if (explain->note_count == EXPLAIN_NOTES_MAX) {
		explain->note_lost++;
		return;
	}
	note = &explain->note[explain->note_count++];
	*note = (struct explain_note){
		.kind = (uint8_t)kind,
		.depth = explain->depth,
	};
	for (uint32_t i = 0; i < arg_count; i++)
		note->arg[i] = arg[i];
}

void
explain_enter(struct explain *explain)
{
	if (explain)
		explain->depth++;
}

void
explain_leave(struct explain *explain)
{
	if (explain)
		explain->depth--;
}

void
explain_becomes(struct explain *explain, const struct skb *from,
		const struct skb *to)
{
	if (explain_is_main(explain, from))
		explain->main = to;
}

/* ---- ends --------------------------------------------------------------- */

/* The main packet ends; its first end is what counts. */
static bool
ends(struct explain *explain, const struct skb *skb, enum explain_end end)
{
	if (explain->main != skb)
		return false;
	explain->main = NULL;
	if (explain->verdict.end == EXPLAIN_END_NONE)
		explain->verdict.end = (uint8_t)end;
	return explain->verdict.end == end;
}

void
explain_dropped(struct explain *explain, const struct skb *skb,
		enum drop reason)
{
	if (ends(explain, skb, EXPLAIN_END_DROPPED))
		explain->verdict.drop = explain->verdict.drop
						? explain->verdict.drop
						: (uint16_t)reason;
	else if (explain->depth > 0)
		explain_note(explain->net, GONE, reason);
}

void
explain_consumed(struct explain *explain, const struct skb *skb)
{
	(void)ends(explain, skb, EXPLAIN_END_DELIVERED);
}

void
explain_held(struct explain *explain, const struct skb *skb)
{
	(void)ends(explain, skb, EXPLAIN_END_HELD);
}

void
explain_parked(struct explain *explain, const struct netdev *dev, uint32_t hop,
	       const struct skb *skb)
{
	if (!ends(explain, skb, EXPLAIN_END_PARKED))
		return;
	explain->verdict.dev = dev->ifindex;
	explain->verdict.hop = hop;
	explain->verdict.frames++;
}

void
explain_output(struct explain *explain, const struct netdev *dev,
	       const struct skb *skb, bool queued)
{
	const struct wire_eth *eth = (const void *)skb->data;
	const struct wire_ipv4 *ip = (const void *)(eth + 1);
	struct explain_verdict *verdict = &explain->verdict;

	if (queued)
		explain_note(explain->net, QUEUED, dev->ifindex,
			     dev->txq.count);
	else
		explain_note(explain->net, SENT, dev->ifindex,
			     EXPLAIN_MAC(eth->dst), skb->len);
	if (!ends(explain, skb, queued ? EXPLAIN_END_QUEUED : EXPLAIN_END_SENT))
		return;
	verdict->dev = dev->ifindex;
	verdict->frames++;
	memcpy(verdict->mac, eth->dst, ETH_ADDR_LEN);
	if (skb_linear_len(skb) >= sizeof(*eth) + sizeof(*ip))
		verdict->ttl = ip->ttl;
}

/* ---- what a dry run only thinks of -------------------------------------- */

void
explain_think_gone(struct explain *explain, const void *object)
{
	if (explain->gone_count < EXPLAIN_THOUGHTS_MAX)
		explain->gone[explain->gone_count++] = object;
}

bool
explain_is_gone(const struct explain *explain, const void *object)
{
	for (uint32_t i = 0; explain && i < explain->gone_count; i++)
		if (explain->gone[i] == object)
			return true;
	return false;
}

void
explain_think_made(struct explain *explain, uint64_t key)
{
	if (explain->made_count < EXPLAIN_THOUGHTS_MAX)
		explain->made[explain->made_count++] = key;
}

bool
explain_is_made(const struct explain *explain, uint64_t key)
{
	for (uint32_t i = 0; explain && i < explain->made_count; i++)
		if (explain->made[i] == key)
			return true;
	return false;
}

/* ---- beginnings --------------------------------------------------------- */

void
explain_begin(struct explain *explain, struct net *net, const struct skb *skb,
	      uint32_t offset)
{
	size_t have = skb_linear_len(skb);

	memset(explain, 0, offsetof(struct explain, note));
	explain->net = net;
	explain->main = skb;
	explain->when_ns = net->now_ns;
	explain->in = skb->in;
	if (have < offset)
		return;
	explain->len = skb->len - offset;
	explain->bytes_len =
		(uint8_t)min_of(have - offset, sizeof(explain->bytes));
	memcpy(explain->bytes, skb->data + offset, explain->bytes_len);
}

void
explain_begin_out(struct explain *explain, struct net *net,
		  const struct skb *skb, const struct ipv4 *ip)
{
	struct ipv4 plain = *ip;
	uint8_t more;

	explain_begin(explain, net, skb, 0);
	plain.header_len = IPV4_HEADER_LEN;
	more = min_of(explain->bytes_len,
		      (uint8_t)(EXPLAIN_BYTES_MAX - IPV4_HEADER_LEN));
	memmove(explain->bytes + IPV4_HEADER_LEN, explain->bytes, more);
	ipv4_emit(&plain, explain->bytes);
	explain->bytes_len = (uint8_t)(IPV4_HEADER_LEN + more);
	explain->len += ip->header_len;
}

/* ---- what it was -------------------------------------------------------- */

bool
explain_packet(const struct explain *explain, struct explain_packet *out)
{
	const uint8_t *rest;
	struct ipv4 ip;
	uint32_t have;

	if (ipv4_parse_quoted(explain->bytes, explain->bytes_len, &ip) !=
	    DROP_NONE)
		return false;
	*out = (struct explain_packet){
		.src = ip.src,
		.dst = ip.dst,
		.proto = ip.proto,
		.ttl = ip.ttl,
		.tos = ip.tos,
		.dont_fragment = ip.flags & IPV4_DF,
		.more_fragments = ip.flags & IPV4_MF,
		.id = ip.id,
		.frag_offset = ip.frag_offset,
		.len = explain->in ? ip.total_len : explain->len,
	};
	rest = explain->bytes + ip.header_len;
	have = explain->bytes_len - min_of(explain->bytes_len, ip.header_len);
	if (ip.frag_offset != 0 || have < 4)
		return true;
	out->icmp_type = rest[0];
	out->icmp_code = rest[1];
	out->sport = (uint16_t)(rest[0] << 8 | rest[1]);
	out->dport = (uint16_t)(rest[2] << 8 | rest[3]);
	return true;
}
