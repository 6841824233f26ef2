/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of this box: a transport hands a segment over, here it gets its
 * route, its source address, its header and its identification, is cut if the
 * link is too short, and goes to neigh_output(). What stays in the box goes
 * through lo. State: net->ipv4_ids. [RFC791 3.2] [RFC1122 3.3] [RFC6864]
 */

#include "net/ipv4/ipv4.h"

#include "net/explain/live.h"
#include "net/icmp.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/frag.h"
#include "net/ipv4/path.h"
#include "net/ipv4/way.h"
#include "net/net.h"

#define TCP_HEADERS_LEN (IPV4_HEADER_LEN + 20u)

/* ---- the way ------------------------------------------------------------ */

/* How a packet leaves. */
struct way {
	struct netdev *dev;
	uint32_t hop;		   /* on dev's link */
	uint32_t src;		   /* 0: the box has none to offer */
	uint32_t mtu;		   /* bytes of IP packet */
	enum pkt_type kind;	   /* PKT_HOST, _BROADCAST, _MULTICAST */
	bool may_cut;		   /* DF would be in vain */
	const struct route *route; /* NULL: none was needed */
	const struct path *path;   /* NULL: nothing was learned */
};

/* Multicast and limited broadcast go where they are told, without a route. */
static enum drop
way_to_link(struct net *net, const struct ipv4_out *how, struct way *way)
{
	way->dev = netdev_by_index(net, how->out);
	if (!way->dev)
		return DROP_IP_OUTNOROUTES;
	way->hop = how->dst;
	way->mtu = way->dev->mtu;
	way->src = addr_select(way->dev, how->dst, SCOPE_LINK);
	explain_note(net, OUT_LINK, way->dev->ifindex);
	return DROP_NONE;
}

/* What the way begins with takes. */
static uint32_t
link_mtu(const struct route *route, const struct nexthop *nexthop)
{
	uint32_t mtu = nexthop->dev->mtu;

	return route->mtu ? min_of(route->mtu, mtu) : mtu;
}

/* What was learned of the destination since. */
rare static void
way_by_path(struct net *net, uint32_t dst, struct way *way)
{
	struct path *path = path_find(net, dst, way->hop, way->dev->ifindex);
	const struct neigh *neigh;

	if (!path)
		return;
	way->path = path;
	if (path->mtu && path->mtu < way->mtu &&
	    !(way->route->locks & ROUTE_LOCK_MTU)) {
		way->mtu = path->mtu;
		way->may_cut |= path->locked;
		explain_note(net, PATH_MTU, dst, path->mtu);
	}
	if (!path->gateway)
		return;
	neigh = neigh_find(net, way->dev, path->gateway);
	if (!neigh || neigh->state != NEIGH_FAILED) {
		way->hop = path->gateway;
		explain_note(net, PATH_GATEWAY, dst);
		return;
	}
	path_gateway_failed(net, path);
	way->path = path_find(net, dst, way->hop, way->dev->ifindex);
}

static enum drop
way_by_route(struct net *net, const struct flow *flow,
	     const struct route *route, struct way *way)
{
	const struct nexthop *nexthop;

	if (route->type == ROUTE_LOCAL) {
		explain_note(net, OUT_LOCAL);
		way->dev = &net->loopback;
		way->hop = flow->dst;
		way->mtu = min_of(way->dev->mtu, IPV4_LEN_MAX);
		/* To ourselves from the address asked for, unless the route
		 * has another. */
		way->src = route->source ? route->source : flow->dst;
		return DROP_NONE;
	}
	nexthop = way->kind == PKT_HOST ? fib_way(net, &route, flow)
					: route_nexthop(route, flow);
	if (!nexthop)
		return DROP_IP_NEXTHOP_DEAD;
	way->dev = nexthop->dev;
	way->hop = nexthop->gateway && way->kind == PKT_HOST ? nexthop->gateway
							     : flow->dst;
	if (route->nexthop_count > 1)
		explain_note(net, MULTIPATH, route->nexthop_count,
			     (uint32_t)(nexthop - route->nexthop) + 1);
	way->mtu = link_mtu(route, nexthop);
	way->src = route_source(route, nexthop);
	way->route = route;
	way->may_cut = route->locks & ROUTE_LOCK_MTU || ipv4_pmtu_is_off(net);
	if (unlikely(path_maybe_known(&net->paths, flow->dst)) &&
	    way->kind == PKT_HOST)
		way_by_path(net, flow->dst, way);
	explain_note(net, NEXTHOP, way->hop, way->dev->ifindex);
	return DROP_NONE;
}

static enum drop
refused(const struct route *route)
{
	switch (route->type) {
	case ROUTE_UNREACHABLE: return DROP_IP_UNREACHABLE;
	case ROUTE_PROHIBIT: return DROP_IP_PROHIBIT;
	default: return DROP_IP_BLACKHOLE;
	}
}

static enum drop
way_find(struct net *net, const struct flow *flow, const struct ipv4_out *how,
	 struct way *way)
{
	const struct route *route;

	*way = (struct way){ 0 };
	if (ipv4_is_this_network(how->dst) || ipv4_is_reserved(how->dst))
		return DROP_IP_OUT_DST;
	way->kind = ipv4_is_multicast(how->dst)	 ? PKT_MULTICAST
		    : how->dst == IPV4_BROADCAST ? PKT_BROADCAST
						 : PKT_HOST;
	if (way->kind != PKT_HOST && how->out)
		return way_to_link(net, how, way);
	route = fib_find(net, flow);
	if (unlikely(net->explain != NULL))
		fib_explain(net, flow);
	if (!route)
		return DROP_IP_OUTNOROUTES;
	if (route->type == ROUTE_BROADCAST)
		way->kind = PKT_BROADCAST;
	else if (route->type != ROUTE_LOCAL && route->type != ROUTE_UNICAST)
		return refused(route);
	return way_by_route(net, flow, route, way);
}

static struct flow
flow_of(const struct ipv4_out *how)
{
	return (struct flow){
		.dst = how->dst,
		.src = how->src,
		.tos = how->tos,
		.proto = how->proto,
		.out = how->out,
		.sport = how->sport,
		.dport = how->dport,
	};
}

/* Ports spread the flows of two stations over several next hops. */
static void
flow_add_ports(struct flow *flow, const struct skb *skb)
{
	const uint8_t *ports = skb->data;

	if ((flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP) ||
	    skb_linear_len(skb) < 4)
		return;
	flow->sport = (uint16_t)(ports[0] << 8 | ports[1]);
	flow->dport = (uint16_t)(ports[2] << 8 | ports[3]);
}

enum status
ipv4_route_info(struct net *net, const struct ipv4_out *how, uint32_t *src,
		uint32_t *mtu)
{
	struct flow flow = flow_of(how);
	struct way way;

	if (way_find(net, &flow, how, &way) != DROP_NONE)
		return ERR_NETUNREACH;
	*src = how->src ? how->src : way.src;
	*mtu = way.mtu;
	return *src ? OK : ERR_NETUNREACH;
}

void
ipv4_confirm(struct net *net, const struct ipv4_out *how, uint16_t sport,
	     uint16_t dport)
{
	struct flow flow = flow_of(how);
	struct way way;

	flow.sport = sport;
	flow.dport = dport;
	if (way_find(net, &flow, how, &way) == DROP_NONE && way.route)
		neigh_confirm(net, way.dev, way.hop);
}

/* The largest segment to announce: of the route, else what fits the link; what
 * a path takes is for the other direction. [RFC9293 3.7.1] */
static uint32_t
advmss_of(const struct net *net, const struct route *route, uint32_t mtu)
{
	uint32_t mss = mtu > TCP_HEADERS_LEN ? mtu - TCP_HEADERS_LEN : 0;

	if (route && route->advmss)
		return route->advmss;
	return max_of(mss, net->paths.param.min_adv_mss);
}

enum status
ipv4_way_info(struct net *net, const struct ipv4_out *how,
	      struct ipv4_way_info *info)
{
	struct flow flow = flow_of(how);
	const struct nexthop *nexthop;
	struct way way;

	*info = (struct ipv4_way_info){ 0 };
	if (way_find(net, &flow, how, &way) != DROP_NONE)
		return ERR_NETUNREACH;
	*info = (struct ipv4_way_info){
		.dev = way.route ? way.dev : NULL,
		.via = way.hop,
		.src = how->src ? how->src : way.src,
		.mtu = way.mtu,
		.link_mtu = way.mtu,
		.may_cut = way.may_cut,
		.path = way.path,
	};
	if (way.route) {
		nexthop = route_nexthop(way.route, &flow);
		info->via = nexthop->gateway ? nexthop->gateway : how->dst;
		info->link_mtu = link_mtu(way.route, nexthop);
		info->mtu_fixed = way.route->locks & ROUTE_LOCK_MTU;
		info->metrics = way.route->metrics;
	}
	info->advmss = advmss_of(net, way.route, info->link_mtu);
	return OK;
}

/* ---- identification ----------------------------------------------------- */

/*
 * A fragmentable datagram's identification must not repeat soon for the same
 * source, destination and protocol [RFC6864 4.3], and nobody may guess it, nor
 * count by it what we send to others [RFC7739 3]. So: a counter for the class
 * of the triple, through a permutation of 15 bits (a Feistel network of four
 * rounds, 7 bits against 8) that is keyed by the triple and by the counter's
 * round. Whoever records a round knows nothing of the next; and since two
 * rounds that follow each other differ in the highest bit, none repeats before
 * 32768 others.
 */
static uint16_t
next_id(struct net *net, uint32_t src, uint32_t dst, uint8_t proto)
{
	uint64_t key =
		hash_2u64(&net->secret, (uint64_t)src << 32 | dst, proto);
	uint32_t n = net->ipv4_ids.next[key % IPV4_ID_CLASSES]++;
	uint64_t round_of = (uint64_t)(n >> 15) << 16;
	uint8_t left = (uint8_t)(n >> 8 & 0x7f), right = (uint8_t)n;

	for (uint64_t step = 0; step < 4; step += 2) {
		left ^= hash_2u64(&net->secret, key,
				  round_of | step << 8 | right) &
			0x7f;
		right ^= (uint8_t)hash_2u64(&net->secret, key,
					    round_of | (step + 1) << 8 | left);
	}
	return (uint16_t)((n & 0x8000) | (uint32_t)left << 8 | right);
}

/* ---- errors of our own -------------------------------------------------- */

void
ipv4_own_error(struct net *net, const struct ipv4 *ip, const uint8_t *payload,
	       size_t payload_len, uint8_t type, uint8_t code, uint32_t info)
{
	const struct ipv4_protocol *protocol;

	/* A later fragment names no ports. */
	if (payload_len < 8 || ip->frag_offset != 0)
		return;
	explain_note(net, TOLD, type, code);
	if (explain_is_dry(net))
		return;
	for (protocol = net->ipv4_protocols; protocol->input; protocol++)
		if (protocol->number == ip->proto && protocol->error)
			return protocol->error(net, ip, payload, payload_len,
					       type, code, info);
}

static void
undeliverable(struct net *net, struct skb *skb, const struct ipv4 *ip,
	      enum drop why)
{
	uint8_t code = why == DROP_IP_PROHIBIT	    ? ICMP_ADMIN_PROHIBITED
		       : why == DROP_IP_UNREACHABLE ? ICMP_HOST_UNREACHABLE
						    : ICMP_NET_UNREACHABLE;

	if (why == DROP_IP_OUTNOROUTES)
		net->ipv4_stats.out_no_routes++;
	else
		net->ipv4_stats.out_discards++;
	ipv4_own_error(net, ip, skb->data, skb_linear_len(skb),
		       ICMP_UNREACHABLE, code, 0);
	skb_drop(skb, why);
}

static void
too_big(struct net *net, struct skb *skb, const struct ipv4 *ip, uint32_t mtu)
{
	net->ipv4_stats.frag_fails++;
	ipv4_own_error(net, ip, skb->data, skb_linear_len(skb),
		       ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, mtu);
	skb_drop(skb, DROP_PKT_TOO_BIG);
}

/* ---- the packet --------------------------------------------------------- */

/*
 * skb with room for a header of len bytes and Ethernet's in front of it that
 * nobody else looks at: itself, or a new buffer that it continues. NULL:
 * dropped.
 */
static struct skb *
with_headroom(struct net *net, struct skb *skb, size_t len)
{
	struct skb *head;

	if (likely(skb_may_push(skb, len + ETH_HEADER_LEN)))
		return skb;
	head = skb_alloc(&net_this_core(net)->skb_pool);
	if (!head) {
		skb_drop(skb, DROP_NOMEM);
		return NULL;
	}
	skb_reserve(head, IPV4_HEADER_LEN_MAX);
	skb_append(head, skb);
	return head;
}

static unsigned int
segment_count(const struct skb *skb)
{
	unsigned int count = 1;

	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		count++;
	return count;
}

static void
send(struct skb *skb, const struct way *way)
{
	struct skb *packed;

	/* Many small pieces (of reassembly) are more than a device takes. */
	if (unlikely(skb->seg) && segment_count(skb) > NETDEV_SEGMENTS_MAX) {
		packed = skb_copy(skb);
		if (!packed)
			return skb_drop(skb, DROP_NOMEM);
		explain_becomes(way->dev->net->explain, skb, packed);
		skb_replaced(skb);
		skb = packed;
	}
	skb->dev = way->dev;
	neigh_output(skb, way->dev, way->hop);
}

static void
send_fragment(void *ctx, struct skb *skb)
{
	send(skb, ctx);
}

static void
count_out(struct ipv4_stats *stats, const struct way *way, uint32_t len)
{
	stats->out_requests++;
	stats->out_octets += len;
	if (way->kind == PKT_MULTICAST) {
		stats->out_mcast_pkts++;
		stats->out_mcast_octets += len;
	} else if (way->kind == PKT_BROADCAST) {
		stats->out_bcast_pkts++;
		stats->out_bcast_octets += len;
	}
}

/* Puts the header before it and sends it; it has a way and may take it. */
static void
output_on(struct net *net, struct skb *skb, struct ipv4 *ip,
	  const struct way *way)
{
	skb = with_headroom(net, skb, ip->header_len);
	if (!skb)
		return;
	skb_set_transport(skb);
	/* An atomic datagram's identification means nothing. [RFC6864 4.1] */
	ip->id = ip->flags & IPV4_DF
			 ? 0
			 : next_id(net, ip->src, ip->dst, ip->proto);
	ipv4_emit(ip, skb_push(skb, ip->header_len));
	skb_set_network(skb);
	count_out(&net->ipv4_stats, way, skb->len);
	if (skb->len > way->mtu)
		explain_note(net, MTU_CUT, skb->len, way->mtu);
	else
		explain_note(net, MTU_FITS, skb->len, way->mtu);
	if (unlikely(skb->len > way->mtu))
		return frag_output(net, skb, ip, way->mtu, send_fragment,
				   (void *)way);
	send(skb, way);
}

/* A packet that we send: may it have this source and this length? */
static enum drop
output_check(const struct ipv4 *ip, size_t len, const struct way *way)
{
	bool on_wire = !(way->dev->flags & NETDEV_LOOPBACK);

	if (ip->src == 0)
		return DROP_IP_OUT_SOURCE;
	if (on_wire && (ipv4_is_loopback(ip->src) || ipv4_is_loopback(ip->dst)))
		return DROP_IP_OUT_LOOPBACK;
	if (len > IPV4_LEN_MAX - ip->header_len)
		return DROP_IP_OUT_TOO_LONG;
	return DROP_NONE;
}

/* Never 0, whatever the operator wrote. [RFC1122 3.2.1.7] */
uint8_t
ipv4_default_ttl(const struct net *net)
{
	uint32_t ttl = net->ipv4_param.ip_default_ttl;

	return ttl >= 1 && ttl <= 255 ? (uint8_t)ttl : 64;
}

/* ---- the common packet -------------------------------------------------- */

/* From a station's ordinary address to another of which nothing was learned,
 * wherever the route says, without options; and nobody asks. */
static inline bool
wants_common_way(const struct net *net, const struct ipv4_out *how)
{
	/* 1 to 126, 128 to 223 */
	bool src = (how->src >> 24) - 1 < 223 && how->src >> 24 != 127;
	bool dst = (how->dst >> 24) - 1 < 223 && how->dst >> 24 != 127;

	/* Of the others that went with DF is kept what they were. */
	bool df = how->dont_fragment && (how->proto != IPPROTO_TCP ||
					 net->ipv4_param.ip_no_pmtu_disc);

	return src && dst && !df && !how->out && !how->options_len &&
	       !net->explain && !net->live &&
	       !path_maybe_known(&net->paths, how->dst);
}

/* The same, in one piece. */
static inline bool
is_common(const struct net *net, const struct skb *skb,
	  const struct ipv4_out *how)
{
	return wants_common_way(net, how) && !skb->seg &&
	       skb_may_push(skb, IPV4_HEADER_LEN + ETH_HEADER_LEN);
}

/* By one live next hop, whole. */
static inline bool
leads_on(const struct route *route, uint32_t len)
{
	const struct nexthop *nexthop = &route->nexthop[0];

	return route->type == ROUTE_UNICAST && route->nexthop_count == 1 &&
	       !route->locks && !(nexthop->flags & NEXTHOP_CAREFUL) &&
	       len <= nexthop->dev->mtu && (!route->mtu || len <= route->mtu);
}

static inline void
output_common(struct net *net, struct skb *skb, const struct ipv4_out *how,
	      const struct nexthop *nexthop)
{
	const struct ipv4 ip = {
		.src = how->src,
		.dst = how->dst,
		.header_len = IPV4_HEADER_LEN,
		.total_len = (uint16_t)(IPV4_HEADER_LEN + skb->len),
		.flags = how->dont_fragment ? IPV4_DF : 0,
		.id = how->dont_fragment
			      ? 0
			      : next_id(net, how->src, how->dst, how->proto),
		.tos = how->tos,
		.ttl = how->ttl ? how->ttl : ipv4_default_ttl(net),
		.proto = how->proto,
	};
	struct netdev *dev = nexthop->dev;

	skb_set_transport(skb);
	ipv4_emit(&ip, skb_push(skb, IPV4_HEADER_LEN));
	skb_set_network(skb);
	net->ipv4_stats.out_requests++;
	net->ipv4_stats.out_octets += ip.total_len;
	skb->dev = dev;
	neigh_output(skb, dev, nexthop->gateway ? nexthop->gateway : how->dst);
}

/* ---- the way that is kept ----------------------------------------------- */

static inline void
way_fill(struct net *net, const struct ipv4_out *how,
	 const struct nexthop *nexthop, struct ipv4_way *way)
{
	struct netdev *dev = nexthop->dev;
	const struct ipv4 ip = {
		.src = how->src,
		.dst = how->dst,
		.header_len = IPV4_HEADER_LEN,
		.flags = IPV4_DF,
		.tos = how->tos,
		.ttl = how->ttl ? how->ttl : ipv4_default_ttl(net),
		.proto = how->proto,
	};

	ipv4_emit(&ip, way->header);
	((struct wire_ipv4 *)way->header)->checksum = be16_from(0);
	way->header_sum = checksum_20(way->header);
	way->pseudo_sum = checksum_pseudo(how->src, how->dst, how->proto, 0);
	way->mtu = min_of(dev->mtu, IPV4_LEN_MAX);
	way->neigh = neigh_for_packets(dev, nexthop->gateway ? nexthop->gateway
							     : how->dst);
	/* Its entry may be there, or take packets, any moment. */
	if (!way->neigh)
		way->generation = 0;
}

/* Once for a connection that wakes up: not quite rare. */
void
ipv4_way_find(struct net *net, const struct ipv4_out *how, uint16_t key,
	      struct ipv4_way *way)
{
	const struct route *route;

	way->generation = 0;
	way->neigh = NULL;
	way->key = key;
	if (net->explain || net->live || !how->dont_fragment)
		return;
	way->generation = net->way_generation;
	if (!wants_common_way(net, how))
		return;
	route = fib_find_plainly(net, how->dst);
	if (!route || !leads_on(route, IPV4_HEADER_LEN))
		return;
	way_fill(net, how, &route->nexthop[0], way);
	if (route->mtu)
		way->mtu = min_of(way->mtu, route->mtu);
}

/* ---- any ---------------------------------------------------------------- */

/* Everything but the header is known; *ip is what is. */
static void
output(struct net *net, struct skb *skb, struct ipv4 *ip,
       const struct ipv4_out *how, const struct flow *flow)
{
	struct way way;
	enum drop why;

	why = way_find(net, flow, how, &way);
	if (unlikely(why != DROP_NONE))
		return undeliverable(net, skb, ip, why);
	if (!ip->src) {
		ip->src = way.src;
		explain_note(net, OUT_SOURCE, ip->src);
	}
	why = output_check(ip, skb->len, &way);
	if (unlikely(why != DROP_NONE)) {
		net->ipv4_stats.out_discards++;
		return skb_drop(skb, why);
	}
	/* To a group, no farther than it was told to. [RFC1112 6.1] */
	if (way.kind == PKT_MULTICAST && !how->ttl)
		ip->ttl = 1;
	else if (unlikely(way.route && way.route->locks & ROUTE_OWN_TTL) &&
		 !how->ttl)
		ip->ttl = (uint8_t)way.route->metrics->value[METRIC_HOPLIMIT];
	ip->total_len = (uint16_t)(ip->header_len + skb->len);
	/* TCP asks for DF to find the path's MTU; that is settled. */
	if (unlikely(way.may_cut) && how->proto == IPPROTO_TCP)
		ip->flags = 0;
	if (unlikely(ip->total_len > way.mtu) && ip->flags & IPV4_DF)
		return too_big(net, skb, ip, way.mtu);
	if (unlikely(ip->flags & IPV4_DF) && how->proto != IPPROTO_TCP)
		path_note_sent(net, ip, skb->data, skb_linear_len(skb));
	output_on(net, skb, ip, &way);
}

rare static void
output_slowly(struct net *net, struct skb *skb, const struct ipv4_out *how)
{
	struct flow flow = flow_of(how);
	struct ipv4 ip = {
		.src = how->src,
		.dst = how->dst,
		.header_len = (uint8_t)(IPV4_HEADER_LEN + how->options_len),
		.flags = how->dont_fragment ? IPV4_DF : 0,
		.tos = how->tos,
		.ttl = how->ttl ? how->ttl : ipv4_default_ttl(net),
		.proto = how->proto,
		.options = how->options,
	};
	bool told = net->live && explain_live_output(net, skb, &ip);

	assert(how->options_len <= 40 && how->options_len % 4 == 0);
	flow_add_ports(&flow, skb);
	output(net, skb, &ip, how, &flow);
	if (told)
		explain_live_end(net);
}

void
ipv4_output(struct net *net, struct skb *skb, const struct ipv4_out *how)
{
	const struct route *route;

	/* A received packet on its way back is ours from here on. */
	if (skb->in != 0)
		skb_turned(skb);
	skb->csum = SKB_CSUM_NONE;
	if (likely(is_common(net, skb, how))) {
		route = fib_find_plainly(net, how->dst);
		if (likely(route &&
			   leads_on(route, IPV4_HEADER_LEN + skb->len)))
			return output_common(net, skb, how, &route->nexthop[0]);
	}
	output_slowly(net, skb, how);
}

void
ipv4_init(struct net *net)
{
	net->ipv4_param = (struct ipv4_param){
		.ip_forward = 1,
		.ip_default_ttl = 64,
		.fib_multipath_hash_policy = 1,
		.fib_multipath_use_neigh = 1,
		.ip_local_port_first = 32768,
		.ip_local_port_last = 60999,
	};
	for (unsigned int i = 0; i < IPV4_ID_CLASSES; i++)
		net->ipv4_ids.next[i] = random_u32(&net->random);
}
