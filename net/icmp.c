/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP messages for us: ipv4_input() brings them. Requests are answered in the
 * buffer they came in, errors about our own packets go to the transport that
 * sent them, answers to whoever waits for them, and every other type has the
 * name of the reason why it is ignored. Complaints are made in icmp_error.c.
 * State: net->icmp_listeners. [RFC792] [RFC1122 3.2.2] [RFC1812 4.3.3]
 * [RFC6918]
 */

#include "net/icmp.h"

#include "net/explain/explain.h"
#include "net/ipv4/addr.h"
#include "net/ipv4/path.h"
#include "net/net.h"
#include "net/wire/ipv4_options.h"

/* Three times behind the header of a timestamp message. [RFC792] */
#define TIMESTAMP_LEN (ICMP_HEADER_LEN + 12u)

static bool
to_many(const struct skb *skb)
{
	return skb->pkt_type == PKT_BROADCAST || skb->pkt_type == PKT_MULTICAST;
}

static void
bad(struct skb *skb, enum drop why)
{
	skb->dev->net->icmp_stats.in_errors++;
	skb_drop(skb, why);
}

/* ---- answers in the request's buffer ------------------------------------ */

/* The first len bytes writable and in one piece; NULL: dropped. */
static struct skb *
make_writable(struct skb *skb, size_t len)
{
	skb = skb_unshare(skb);
	if (skb && !skb_pull_linear(skb, len)) {
		skb_drop(skb, DROP_NOMEM);
		return NULL;
	}
	return skb;
}

/*
 * Where an answer goes and what it carries, read off the request: from the
 * address that was asked [RFC1122 3.2.2.6], with its precedence and type of
 * service [RFC1812 4.3.2.5], its route and timestamps.
 */
struct answer {
	struct ipv4_out how;
	uint8_t options[IPV4_OPTIONS_LEN_MAX];
};

static void
answer_init(struct answer *answer, struct net *net, const struct skb *skb,
	    const struct ipv4 *ip)
{
	answer->how = (struct ipv4_out){
		.dst = ip->src,
		.src = to_many(skb) ? addr_select(skb->dev, ip->src, SCOPE_LINK)
				    : ip->dst,
		.proto = IPPROTO_ICMP,
		.tos = ip->tos & 0xfc,
	};
	if (ip->header_len == IPV4_HEADER_LEN)
		return;
	answer->how.options = answer->options;
	answer->how.options_len =
		ipv4_options_reply(net, ip, answer->how.src, answer->options,
				   &answer->how.dst);
}

static void
answer_send(struct net *net, struct skb *skb, const struct answer *answer,
	    uint8_t type)
{
	net->icmp_stats.out_msgs++;
	net->icmp_stats.out_type[type]++;
	explain_note(net, ANSWER);
	explain_enter(net->explain);
	ipv4_output(net, skb, &answer->how);
	explain_leave(net->explain);
}

/* All but the type returns as it came; the checksum follows it. */
static void
turn_into_reply(struct skb *skb)
{
	struct wire_icmp *wire = (void *)skb->data;
	uint16_t from = (uint16_t)(ICMP_ECHO << 8 | wire->code);
	uint16_t to = (uint16_t)(ICMP_ECHO_REPLY << 8 | wire->code);
	uint16_t checksum =
		checksum_update16(be16_get(wire->checksum), from, to);

	wire->type = ICMP_ECHO_REPLY;
	wire->checksum = be16_from(checksum);
	if (likely(checksum != 0))
		return;
	/* Of the two zeros the sum knows, a message of nothing but zeros has
	 * the other one, which a difference cannot tell. [RFC1624 3] */
	checksum = checksum_fold(skb_checksum(skb, 0, skb->len, 0));
	wire->checksum = be16_from(checksum);
}

static void
answer_echo(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	struct answer answer;

	if (net->icmp_param.icmp_echo_ignore_all)
		return skb_drop(skb, DROP_ICMP_ECHO_IGNORED);
	if (to_many(skb) && net->icmp_param.icmp_echo_ignore_broadcasts)
		return skb_drop(skb, DROP_ICMP_ECHO_BROADCAST);
	if (!icmp_rate_allows(net, ip->src, ICMP_ECHO_REPLY, 0))
		return skb_drop(skb, DROP_ICMP_RATE);
	answer_init(&answer, net, skb, ip);
	skb = make_writable(skb, ICMP_HEADER_LEN);
	if (!skb)
		return;
	turn_into_reply(skb);
	answer_send(net, skb, &answer, ICMP_ECHO_REPLY);
}

static void
answer_timestamp(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	const be32 now = be32_from(ipv4_time_ms(net));
	struct answer answer;
	struct wire_icmp *wire;

	if (to_many(skb))
		return skb_drop(skb, DROP_ICMP_BROADCAST);
	if (skb->len < TIMESTAMP_LEN)
		return bad(skb, DROP_ICMP_TIMESTAMP_LENGTH);
	if (!icmp_rate_allows(net, ip->src, ICMP_TIMESTAMP_REPLY, 0))
		return skb_drop(skb, DROP_ICMP_RATE);
	answer_init(&answer, net, skb, ip);
	skb = make_writable(skb, TIMESTAMP_LEN);
	if (!skb)
		return;
	skb_trim(skb, TIMESTAMP_LEN);
	wire = (void *)skb->data;
	wire->type = ICMP_TIMESTAMP_REPLY;
	/* Received and transmitted: the same millisecond. */
	memcpy(skb->data + 12, now.byte, sizeof(now));
	memcpy(skb->data + 16, now.byte, sizeof(now));
	wire->checksum = be16_from(0);
	wire->checksum =
		be16_from(checksum_fold(checksum_add(0, skb->data, skb->len)));
	answer_send(net, skb, &answer, ICMP_TIMESTAMP_REPLY);
}

/* ---- ping --------------------------------------------------------------- */

void
icmp_listen(struct net *net, struct icmp_listener *listener)
{
	list_add_last(&net->icmp_listeners, &listener->link);
}

void
icmp_unlisten(struct icmp_listener *listener)
{
	list_remove(&listener->link);
}

static void
echo_reply(struct net *net, struct skb *skb, const struct ipv4 *ip,
	   const struct icmp *icmp)
{
	struct icmp_listener *listener, *after;
	bool wanted = false;

	list_for_each_safe(listener, after, &net->icmp_listeners, link) {
		if (listener->id != icmp_id(icmp))
			continue;
		wanted = true;
		if (explain_is_dry(net))
			continue;
		listener->reply(listener, ip->src, ip->ttl, icmp_seq(icmp),
				skb->len - ICMP_HEADER_LEN);
	}
	if (!wanted)
		return skb_drop(skb, DROP_ICMP_UNWANTED);
	skb_consume(skb);
}

/* from says that an echo request of ours, whose header payload shows,
 * failed. */
static void
ping_failed(struct net *net, uint32_t from, const uint8_t *payload,
	    uint8_t type, uint8_t code, uint32_t info)
{
	const struct wire_icmp *wire = (const void *)payload;
	struct icmp_listener *listener, *after;
	uint32_t id_seq = be32_get(wire->info);

	if (wire->type != ICMP_ECHO || explain_is_dry(net))
		return;
	list_for_each_safe(listener, after, &net->icmp_listeners, link)
		if (listener->id == id_seq >> 16)
			listener->error(listener, from, (uint16_t)id_seq, type,
					code, info);
}

void
icmp_own_error(struct net *net, const struct ipv4 *quoted,
	       const uint8_t *payload, size_t payload_len, uint8_t type,
	       uint8_t code, uint32_t info)
{
	ping_failed(net, quoted->src, payload, type, code, info);
}

/* Bytes that count up, as ping sends them. */
static bool
add_pattern(struct skb *skb, uint16_t len)
{
	uint8_t pattern[256];
	uint16_t take;

	for (unsigned int i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)i;
	for (; len > 0; len -= take) {
		take = (uint16_t)min_of(len, sizeof(pattern));
		if (!skb_copy_in(skb, pattern, take))
			return false;
	}
	return true;
}

enum status
icmp_ping_send(struct net *net, const struct icmp_ping *ping)
{
	const struct icmp icmp = {
		.type = ICMP_ECHO,
		.info = icmp_echo_info(ping->id, ping->seq),
	};
	struct ipv4_out how = {
		.dst = ping->dst,
		.src = ping->src,
		.proto = IPPROTO_ICMP,
		.tos = ping->tos,
		.ttl = ping->ttl,
		.out = ping->out,
	};
	uint32_t len = IPV4_HEADER_LEN + ICMP_HEADER_LEN + ping->data_len, mtu;
	struct wire_icmp *wire;
	struct skb *skb;

	if (ipv4_route_info(net, &how, &how.src, &mtu) != OK)
		return ERR_NETUNREACH;
	if (len > IPV4_LEN_MAX || (ping->df == DF_ALWAYS && len > mtu))
		return ERR_MSGSIZE;
	how.dont_fragment =
		ping->df == DF_ALWAYS || (ping->df == DF_IF_WHOLE &&
					  len <= mtu && !ipv4_pmtu_is_off(net));
	skb = skb_alloc(&net_this_core(net)->skb_pool);
	if (!skb)
		return ERR_NOMEM;
	wire = (void *)skb_put(skb, ICMP_HEADER_LEN);
	icmp_emit(&icmp, skb->data);
	if (!add_pattern(skb, ping->data_len)) {
		skb_drop(skb, DROP_NOMEM);
		return ERR_NOMEM;
	}
	wire->checksum =
		be16_from(checksum_fold(skb_checksum(skb, 0, skb->len, 0)));
	net->icmp_stats.out_msgs++;
	net->icmp_stats.out_type[ICMP_ECHO]++;
	ipv4_output(net, skb, &how);
	return OK;
}

/* ---- errors about our packets ------------------------------------------- */

/* What the second word means to a transport. */
static uint32_t
info_of(const struct icmp *icmp)
{
	if (icmp->type == ICMP_UNREACHABLE && icmp->code == ICMP_FRAG_NEEDED)
		return icmp->info & 0xffff;
	if (icmp->type == ICMP_PARAMETER_PROBLEM)
		return icmp->info >> 24;
	return 0;
}

/* Is it about a packet that this box sent, and shows what it needs to? */
static enum drop
quote_check(struct net *net, const struct ipv4 *quoted)
{
	if (quoted->frag_offset != 0)
		return DROP_ICMP_QUOTE_FRAGMENT;
	if (!addr_find(net, quoted->src))
		return DROP_ICMP_QUOTE_SOURCE;
	return DROP_NONE;
}

/* Too big, it says. TCP asks its connections; of the rest must be known that we
 * sent it, with DF. [RFC5927 7] */
static enum drop
too_big(struct net *net, const struct ipv4 *quoted, const uint8_t *payload,
	size_t payload_len, const struct icmp *icmp)
{
	if (icmp->type != ICMP_UNREACHABLE || icmp->code != ICMP_FRAG_NEEDED ||
	    quoted->proto == IPPROTO_TCP)
		return DROP_NONE;
	if (!path_was_sent(net, quoted, payload, payload_len))
		return DROP_ICMP_QUOTE_UNSENT;
	(void)path_too_big(net, quoted, icmp->info & 0xffff);
	return DROP_NONE;
}

static enum drop
tell_transport(struct net *net, const struct ipv4 *quoted,
	       const uint8_t *payload, size_t payload_len,
	       const struct icmp *icmp)
{
	const struct ipv4_protocol *protocol;

	for (protocol = net->ipv4_protocols; protocol->input; protocol++) {
		if (protocol->number != quoted->proto || !protocol->error)
			continue;
		if (explain_is_dry(net))
			return DROP_NONE;
		protocol->error(net, quoted, payload, payload_len, icmp->type,
				icmp->code, info_of(icmp));
		return DROP_NONE;
	}
	return DROP_ICMP_QUOTE_PROTO;
}

/* An IP header with options, and a TCP header without. */
struct quote {
	struct ipv4 ip;
	size_t len; /* of what follows the header... */
	uint8_t bytes[IPV4_HEADER_LEN_MAX + 20];
	const uint8_t *payload; /* ...here */
};

/* What the message is about, if that was ours. */
static enum drop
read_quote(struct net *net, const struct skb *skb, struct quote *quote)
{
	enum drop why;

	quote->len = min_of(skb->len - ICMP_HEADER_LEN, sizeof(quote->bytes));
	skb_copy_out(skb, ICMP_HEADER_LEN, quote->bytes, quote->len);
	why = ipv4_parse_quoted(quote->bytes, quote->len, &quote->ip);
	if (why != DROP_NONE)
		return why;
	quote->len -= quote->ip.header_len;
	quote->payload = quote->bytes + quote->ip.header_len;
	return quote_check(net, &quote->ip);
}

static void
error_input(struct net *net, struct skb *skb, const struct ipv4 *ip,
	    const struct icmp *icmp)
{
	struct quote quote;
	enum drop why;

	if (to_many(skb))
		return skb_drop(skb, DROP_ICMP_BROADCAST);
	why = read_quote(net, skb, &quote);
	if (why == DROP_NONE)
		why = too_big(net, &quote.ip, quote.payload, quote.len, icmp);
	if (why != DROP_NONE)
		return bad(skb, why);
	explain_note(net, ICMP_TOLD);
	if (quote.ip.proto == IPPROTO_ICMP)
		ping_failed(net, ip->src, quote.payload, icmp->type, icmp->code,
			    info_of(icmp));
	else
		why = tell_transport(net, &quote.ip, quote.payload, quote.len,
				     icmp);
	if (why != DROP_NONE)
		return bad(skb, why);
	skb_consume(skb);
}

/* ---- redirects ---------------------------------------------------------- */

/* May routers tell us? As Linux has it: a host obeys if either switch says so,
 * a router only if both do. */
static bool
redirects_accepted(const struct net *net, const struct netdev *dev)
{
	uint32_t all = net->conf_all.accept_redirects,
		 own = dev->conf->accept_redirects;

	return ipv4_may_forward(dev) ? all && own : all || own;
}

/* Is gateway one of those that a default route names? */
static bool
is_default_gateway(struct net *net, uint32_t gateway)
{
	const struct route *route = fib_exact(net, TABLE_MAIN, 0, 0);

	for (uint32_t i = 0; route && i < route->nexthop_count; i++)
		if (route->nexthop[i].gateway == gateway)
			return true;
	return false;
}

/*
 * May the gateway be used? It must be a station on the link the message came
 * by [RFC1122 3.2.2.2]; unless several subnets share the medium (shared_media)
 * on the same subnet as the old one, and with secure_redirects one of the
 * default gateways.
 */
static bool
gateway_is_sound(struct net *net, const struct netdev *dev, uint32_t gateway,
		 uint32_t old)
{
	const struct net_conf *all = &net->conf_all, *own = dev->conf;
	const struct flow flow = { .dst = gateway };
	const struct route *route = fib_find(net, &flow);

	if (!route || route->type != ROUTE_UNICAST ||
	    !addr_on_link(dev, gateway))
		return false;
	if (all->shared_media || own->shared_media)
		return true;
	if (!addr_share_subnet(dev, gateway, old))
		return false;
	return !(all->secure_redirects || own->secure_redirects) ||
	       is_default_gateway(net, gateway);
}

/* From whom the first hop of its destination is asked for, and where to? */
static enum drop
obey_redirect(struct net *net, const struct netdev *dev, uint32_t from,
	      const struct ipv4 *quoted, uint32_t gateway)
{
	const struct ipv4_out how = {
		.src = quoted->src,
		.dst = quoted->dst,
		.tos = quoted->tos,
		.proto = quoted->proto,
	};
	struct ipv4_way_info way;
	uint32_t hop;

	if (ipv4_way_info(net, &how, &way) != OK || way.dev != dev)
		return DROP_ICMP_REDIRECT_SENDER;
	hop = way.path && way.path->gateway ? way.path->gateway : way.via;
	/* Only the router that we use now may say so. [RFC1122 3.2.2.2] */
	if (hop != from || hop == quoted->dst)
		return DROP_ICMP_REDIRECT_SENDER;
	if (!gateway_is_sound(net, dev, gateway, from))
		return DROP_ICMP_REDIRECT_GATEWAY;
	if (!path_redirect(net, quoted->dst, dev, way.via, gateway))
		return DROP_NOMEM;
	return DROP_NONE;
}

/* Of a network as of the host alone. [RFC1122 3.2.2.2] */
static void
redirect_input(struct net *net, struct skb *skb, const struct ipv4 *ip,
	       const struct icmp *icmp)
{
	struct quote quote;
	enum drop why;

	if (to_many(skb))
		return skb_drop(skb, DROP_ICMP_BROADCAST);
	if (!redirects_accepted(net, skb->dev))
		return skb_drop(skb, DROP_ICMP_REDIRECT);
	if (icmp->code > ICMP_REDIRECT_TOS_HOST)
		return bad(skb, DROP_ICMP_REDIRECT_CODE);
	why = read_quote(net, skb, &quote);
	if (why == DROP_NONE)
		why = obey_redirect(net, skb->dev, ip->src, &quote.ip,
				    icmp->info);
	if (why != DROP_NONE)
		return bad(skb, why);
	skb_consume(skb);
}

/* ---- all types ---------------------------------------------------------- */

/* Why nothing is done about a type. */
static enum drop
why_ignored(uint8_t type)
{
	switch (type) {
	case ICMP_SOURCE_QUENCH: return DROP_ICMP_SOURCE_QUENCH;
	case ICMP_ROUTER_ADVERT:
	case ICMP_ROUTER_SOLICIT: return DROP_ICMP_ROUTER_DISCOVERY;
	case ICMP_TIMESTAMP_REPLY: return DROP_ICMP_UNWANTED;
	case 6: /* alternate host address */
	case ICMP_INFO:
	case ICMP_INFO_REPLY:
	case ICMP_ADDRESS_MASK:
	case ICMP_ADDRESS_MASK_REPLY: return DROP_ICMP_DEPRECATED;
	default:
		return type >= 30 && type <= 39 ? DROP_ICMP_DEPRECATED
						: DROP_ICMP_UNKNOWN_TYPE;
	}
}

void
icmp_input(struct skb *skb, const struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	uint32_t sum = skb_checksum(skb, 0, skb->len, 0);
	uint8_t header[ICMP_HEADER_LEN];
	struct icmp icmp;
	enum drop why;

	net->icmp_stats.in_msgs++;
	skb_copy_out(skb, 0, header, min_of(skb->len, ICMP_HEADER_LEN));
	why = icmp_parse(header, skb->len, checksum_fold(sum), &icmp);
	net->icmp_stats.in_csum_errors += why == DROP_ICMP_CSUM;
	if (unlikely(why != DROP_NONE))
		return bad(skb, why);
	net->icmp_stats.in_type[icmp.type]++;
	explain_note(net, ICMP, icmp.type, icmp.code);
	switch (icmp.type) {
	case ICMP_ECHO: return answer_echo(net, skb, ip);
	case ICMP_ECHO_REPLY: return echo_reply(net, skb, ip, &icmp);
	case ICMP_TIMESTAMP: return answer_timestamp(net, skb, ip);
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM: return error_input(net, skb, ip, &icmp);
	case ICMP_REDIRECT: return redirect_input(net, skb, ip, &icmp);
	default: return skb_drop(skb, why_ignored(icmp.type));
	}
}
