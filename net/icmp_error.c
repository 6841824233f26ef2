/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints: what every layer calls when a packet cannot go on and its sender
 * is to know. Here it is decided whether it may be told at all, and often
 * enough already; the message goes to ipv4_output(). State: net->icmp_limits.
 * [RFC792] [RFC1122 3.2.2] [RFC1812 4.3.2]
 */

#include "net/icmp.h"

#include "net/explain/explain.h"
#include "net/ipv4/addr.h"
#include "net/net.h"
#include "net/wire/ipv4_options.h"

/* ---- rate limits -------------------------------------------------------- */

#define HOST_BUCKETS 1024u
#define HOST_BURST   6u /* messages to one host at once, as Linux */

/*
 * Each limit is one time: when the messages allowed so far would have been sent
 * at the configured pace. It may run ahead of the clock by as much as a burst
 * is worth. Destinations share buckets by a keyed hash, so a flood of forged
 * sources cannot buy itself room, and nobody can aim at another's bucket.
 */
struct icmp_limits {
	uint64_t global_ns;
	uint64_t host_ns[HOST_BUCKETS];
};

enum status
icmp_init(struct net *net)
{
	net->icmp_limits =
		pages_alloc(net->pages, pages_order(sizeof(*net->icmp_limits)));
	if (!net->icmp_limits)
		return ERR_NOMEM;
	memset(net->icmp_limits, 0, sizeof(*net->icmp_limits));
	list_init(&net->icmp_listeners);
	net->icmp_param = (struct icmp_param){
		.icmp_echo_ignore_broadcasts = 1,
		.icmp_ratelimit_ms = 1000,
		.icmp_ratemask =
			1u << ICMP_UNREACHABLE | 1u << ICMP_SOURCE_QUENCH |
			1u << ICMP_TIME_EXCEEDED | 1u << ICMP_PARAMETER_PROBLEM,
		.icmp_msgs_per_sec = 1000,
		.icmp_msgs_burst = 50,
	};
	return OK;
}

void
icmp_fini(struct net *net)
{
	pages_free(net->pages, net->icmp_limits,
		   pages_order(sizeof(*net->icmp_limits)));
	net->icmp_limits = NULL;
}

/* Is there room for one more at this pace? burst 0: never. */
static bool
has_room(uint64_t limit_ns, uint64_t now_ns, uint64_t pace_ns, uint32_t burst)
{
	return burst > 0 && limit_ns <= now_ns + (burst - 1) * pace_ns;
}

static void
use_room(uint64_t *limit_ns, uint64_t now_ns, uint64_t pace_ns)
{
	*limit_ns = max_of(*limit_ns, now_ns) + pace_ns;
}

/*
 * Which limits a message is under: the mask says by type. Redirects always,
 * since every packet of a flow may draw one. "Fragmentation needed" not for
 * each host: many flows of one host may need it at once, and without it they
 * hang.
 */
static bool
is_limited(const struct icmp_param *param, uint8_t type)
{
	return type == ICMP_REDIRECT ||
	       (type < 32 && (param->icmp_ratemask >> type & 1));
}

bool
icmp_rate_allows(struct net *net, uint32_t dst, uint8_t type, uint8_t code)
{
	const struct icmp_param *param = &net->icmp_param;
	uint64_t *host_ns =
		&net->icmp_limits
			 ->host_ns[hash_u64(&net->secret, dst) % HOST_BUCKETS];
	uint64_t host_pace = (uint64_t)param->icmp_ratelimit_ms * 1000000;
	uint64_t pace = 1000000000 / max_of(param->icmp_msgs_per_sec, 1u);
	uint32_t burst = param->icmp_msgs_per_sec
				 ? max_of(param->icmp_msgs_burst, 1u)
				 : 0;

	if (!is_limited(param, type) || ipv4_is_loopback(dst))
		return true;
	if (type == ICMP_UNREACHABLE && code == ICMP_FRAG_NEEDED)
		host_pace = 0;
	if (host_pace &&
	    !has_room(*host_ns, net->now_ns, host_pace, HOST_BURST)) {
		explain_note(net, ICMP_LIMIT_HOST, type, code, dst);
		net->icmp_stats.out_rate_limit_host++;
		return false;
	}
	if (!has_room(net->icmp_limits->global_ns, net->now_ns, pace, burst)) {
		explain_note(net, ICMP_LIMIT_ALL, type, code, dst);
		net->icmp_stats.out_rate_limit_global++;
		return false;
	}
	explain_keep(net->explain, host_ns, sizeof(*host_ns));
	explain_keep(net->explain, &net->icmp_limits->global_ns,
		     sizeof(net->icmp_limits->global_ns));
	use_room(host_ns, net->now_ns, host_pace);
	use_room(&net->icmp_limits->global_ns, net->now_ns, pace);
	return true;
}

/* ---- may it be said? ---------------------------------------------------- */

/* What the route says of an address; 0: no route. */
static uint8_t
route_type(struct net *net, uint32_t addr)
{
	const struct flow flow = { .dst = addr };
	const struct route *route = fib_find(net, &flow);

	return route ? route->type : 0;
}

/* Bytes of the offender from its IP header on. */
static size_t
offender_len(const struct skb *offender)
{
	return (size_t)(offender->data - skb_network(offender)) + offender->len;
}

/* Copies len bytes of the offender, from its IP header on. */
static void
offender_copy(const struct skb *offender, size_t offset, uint8_t *to,
	      size_t len)
{
	size_t before = (size_t)(offender->data - skb_network(offender)), take;

	if (offset < before) {
		take = min_of(before - offset, len);
		memcpy(to, skb_network(offender) + offset, take);
		to += take;
		len -= take;
		offset = before;
	}
	skb_copy_out(offender, offset - before, to, len);
}

/* Is it, or may it be, a complaint itself? */
static bool
is_complaint(const struct skb *offender, const struct ipv4 *ip)
{
	uint8_t type;

	if (ip->proto != IPPROTO_ICMP)
		return false;
	if (offender_len(offender) <= ip->header_len)
		return true;
	offender_copy(offender, ip->header_len, &type, 1);
	return !icmp_type_is_query(type);
}

/* Does the address stand for one station, that could be told something? */
static bool
is_single_host(struct net *net, uint32_t addr, bool from_wire)
{
	if (ipv4_is_this_network(addr) || addr >= IPV4_ADDR(224, 0, 0, 0))
		return false;
	if (ipv4_is_loopback(addr))
		return !from_wire;
	return route_type(net, addr) != ROUTE_BROADCAST;
}

/* [RFC1122 3.2.2] [RFC1812 4.3.2.7] */
static bool
may_complain(struct net *net, const struct skb *offender, const struct ipv4 *ip)
{
	bool from_wire = !(offender->dev->flags & NETDEV_LOOPBACK);

	return offender->pkt_type != PKT_BROADCAST &&
	       offender->pkt_type != PKT_MULTICAST && ip->frag_offset == 0 &&
	       !is_complaint(offender, ip) &&
	       is_single_host(net, ip->src, from_wire) &&
	       is_single_host(net, ip->dst, from_wire);
}

/* ---- the message -------------------------------------------------------- */

/*
 * From the address that was asked if that is ours; else from one of the
 * interface by which the message leaves (0: ipv4_output() chooses it), or, if
 * the operator prefers, by which the packet came. [RFC1812 4.3.2.4]
 */
static uint32_t
source_for(struct net *net, const struct skb *offender, const struct ipv4 *ip)
{
	struct netdev *in = netdev_by_index(net, offender->in);

	if (route_type(net, ip->dst) == ROUTE_LOCAL)
		return ip->dst;
	if (net->icmp_param.icmp_errors_use_inbound_ifaddr && in)
		return addr_select(in, ip->src, SCOPE_LINK);
	return 0;
}

/* The offender's header and as much more as fits 576 bytes.
 * [RFC1812 4.3.2.3] */
#define QUOTE_LEN_MAX (576u - IPV4_HEADER_LEN - ICMP_HEADER_LEN)

static void
fill(struct skb *skb, const struct skb *offender, const struct icmp *icmp,
     size_t options_len)
{
	size_t quote_len =
		min_of(offender_len(offender), QUOTE_LEN_MAX - options_len);
	struct wire_icmp *wire = (void *)skb_put(skb, ICMP_HEADER_LEN);

	icmp_emit(icmp, skb->data);
	offender_copy(offender, 0, skb_put(skb, quote_len), quote_len);
	wire->checksum =
		be16_from(checksum_fold(checksum_add(0, skb->data, skb->len)));
}

/* Back as the offender came, if a source route led it. */
static void
route_back(struct net *net, const struct skb *offender, const struct ipv4 *ip,
	   uint8_t *options, struct ipv4_out *how)
{
	uint8_t header[IPV4_HEADER_LEN_MAX];
	struct ipv4 now = *ip;

	/* As it is now, whatever *ip was read off. */
	offender_copy(offender, 0, header, ip->header_len);
	now.options = header + IPV4_HEADER_LEN;
	how->options = options;
	how->options_len =
		ipv4_options_error(net, netdev_by_index(net, offender->in),
				   &now, options, &how->dst);
}

void
icmp_send_error(const struct skb *offender, const struct ipv4 *ip, uint8_t type,
		uint8_t code, uint32_t info)
{
	struct net *net = offender->dev->net;
	const struct icmp icmp = { .type = type, .code = code, .info = info };
	struct ipv4_out how = {
		.dst = ip->src,
		.proto = IPPROTO_ICMP,
		/* Precedence 6, the type of service of the offender, and no
		 * ECN: ICMP does not react. [RFC1812 4.3.2.5] [RFC3168 5] */
		.tos = 0xc0 | (ip->tos & 0x1c),
	};
	uint8_t options[IPV4_OPTIONS_LEN_MAX];
	struct skb *skb;

	if (!may_complain(net, offender, ip)) {
		explain_note(net, ICMP_FORBIDDEN);
		net->icmp_stats.out_forbidden++;
		return;
	}
	if (!icmp_rate_allows(net, ip->src, type, code))
		return;
	skb = skb_alloc(&net_this_core(net)->skb_pool);
	if (!skb) {
		explain_note(net, ICMP_NOMEM, type, code);
		net->icmp_stats.out_errors++;
		return;
	}
	how.src = source_for(net, offender, ip);
	if (unlikely(ip->header_len > IPV4_HEADER_LEN))
		route_back(net, offender, ip, options, &how);
	fill(skb, offender, &icmp, how.options_len);
	net->icmp_stats.out_msgs++;
	net->icmp_stats.out_type[type]++;
	explain_note(net, ICMP_ERROR, ip->src, type, code);
	explain_enter(net->explain);
	ipv4_output(net, skb, &how);
	explain_leave(net->explain);
}
