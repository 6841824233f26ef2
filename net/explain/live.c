/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stories of real packets, see live.h. Called only while net->live is set. The
 * ring and the filter belong to the tracer, which its user owns.
 */

#include "net/explain/live.h"

#include "net/ipv4/ipv4.h"
#include "net/net.h"
#include "net/wire/eth.h"

/* ---- what is told ------------------------------------------------------- */

static bool
in_prefix(uint32_t addr, uint32_t prefix, uint32_t len)
{
	return len == 0 || (addr ^ prefix) >> (32 - len) == 0;
}

/* The ports lie behind the header, unless it is a later fragment's. */
static bool
ports_match(const struct explain_filter *filter, const struct ipv4 *ip,
	    const uint8_t *bytes, size_t len)
{
	uint16_t sport, dport;

	if (!filter->port && !filter->sport && !filter->dport)
		return true;
	if ((ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_UDP) ||
	    ip->frag_offset != 0 || len < 4)
		return false;
	sport = (uint16_t)(bytes[0] << 8 | bytes[1]);
	dport = (uint16_t)(bytes[2] << 8 | bytes[3]);
	return (!filter->sport || filter->sport == sport) &&
	       (!filter->dport || filter->dport == dport) &&
	       (!filter->port || filter->port == sport ||
		filter->port == dport);
}

static bool
matches(const struct explain_filter *filter, const struct ipv4 *ip,
	const uint8_t *payload, size_t len)
{
	return (!filter->proto || filter->proto == ip->proto) &&
	       in_prefix(ip->src, filter->src, filter->src_len) &&
	       in_prefix(ip->dst, filter->dst, filter->dst_len) &&
	       (in_prefix(ip->src, filter->host, filter->host_len) ||
		in_prefix(ip->dst, filter->host, filter->host_len)) &&
	       ports_match(filter, ip, payload, len);
}

/* Does the filter ask for what only an IPv4 packet has? */
static bool
wants_header(const struct explain_filter *filter)
{
	return filter->proto || filter->src_len || filter->dst_len ||
	       filter->host_len || filter->port || filter->sport ||
	       filter->dport;
}

/* By its bytes as they came: they may be no IPv4 packet at all. */
static bool
frame_matches(const struct explain_filter *filter, const struct skb *skb)
{
	const uint8_t *bytes = skb->data + ETH_HEADER_LEN;
	size_t have = skb_linear_len(skb);
	struct ipv4 ip;

	if (filter->dev && filter->dev != skb->in)
		return false;
	if (!wants_header(filter))
		return true;
	if (have < ETH_HEADER_LEN ||
	    ipv4_parse_quoted(bytes, have - ETH_HEADER_LEN, &ip) != DROP_NONE)
		return false;
	have -= ETH_HEADER_LEN;
	return matches(filter, &ip, bytes + ip.header_len,
		       have - min_of(have, (size_t)ip.header_len));
}

/* ---- telling ------------------------------------------------------------ */

static struct explain *
room(struct explain_live *live)
{
	if (live->head - live->tail == EXPLAIN_RING) {
		live->lost++;
		return NULL;
	}
	return &live->ring[live->head % EXPLAIN_RING];
}

static void
set(struct net *net, struct explain *explain)
{
	net->explain = explain;
	net_this_core(net)->account.explain = explain;
}

bool
explain_live_input(struct net *net, const struct skb *skb)
{
	struct explain_live *live = net->live;
	struct explain *explain;

	if (net->explain || !frame_matches(&live->filter, skb))
		return false;
	explain = room(live);
	if (!explain)
		return false;
	explain_begin(explain, net, skb, ETH_HEADER_LEN);
	set(net, explain);
	return true;
}

bool
explain_live_output(struct net *net, const struct skb *skb,
		    const struct ipv4 *ip)
{
	struct explain_live *live = net->live;
	struct explain *explain;

	if (net->explain || live->filter.dev ||
	    !matches(&live->filter, ip, skb->data, skb_linear_len(skb)))
		return false;
	explain = room(live);
	if (!explain)
		return false;
	explain_begin_out(explain, net, skb, ip);
	set(net, explain);
	return true;
}

void
explain_live_end(struct net *net)
{
	struct explain_live *live = net->live;
	struct explain *explain = net->explain;

	set(net, NULL);
	/* Nobody has ended it: whom it was for has it in a queue. */
	if (explain->main && explain->verdict.end == EXPLAIN_END_NONE)
		explain->verdict.end = EXPLAIN_END_DELIVERED;
	if (live->filter.drops && explain->verdict.end != EXPLAIN_END_DROPPED)
		return;
	live->head++;
	live->told++;
	live->wake(live->ctx);
}

const struct explain *
explain_live_first(const struct explain_live *live)
{
	return live->head != live->tail ? &live->ring[live->tail % EXPLAIN_RING]
					: NULL;
}

void
explain_live_next(struct explain_live *live)
{
	assert(live->head != live->tail);
	live->tail++;
}

/* ---- beginning and end -------------------------------------------------- */

enum status
explain_live_start(struct net *net, const struct explain_filter *filter,
		   void (*wake)(void *ctx), void *ctx,
		   struct explain_live **out)
{
	struct explain_live *live;

	if (net->live)
		return ERR_BUSY;
	live = pages_alloc(net->pages, pages_order(sizeof(*live)));
	if (!live)
		return ERR_NOMEM;
	memset(live, 0, sizeof(*live));
	live->net = net;
	live->filter = *filter;
	live->wake = wake;
	live->ctx = ctx;
	net->live = live;
	netdev_taps_changed(net);
	*out = live;
	return OK;
}

void
explain_live_stop(struct explain_live *live)
{
	struct net *net = live->net;

	net->live = NULL;
	netdev_taps_changed(net);
	pages_free(net->pages, live, pages_order(sizeof(*live)));
}
