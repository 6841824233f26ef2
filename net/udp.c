/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP: datagrams from ipv4_input() to the sock of their port and its
 * application; from applications to ipv4_output(). State: net->udp, every sock
 * in the bucket of its local port. [RFC768] [RFC1122 4.1]
 */

#include "net/udp.h"

#include "net/explain/explain.h"
#include "net/icmp.h"
#include "net/ipv4/addr.h"
#include "net/net.h"
#include "net/wire/udp.h"

/* ---- which sock --------------------------------------------------------- */

static struct list *
bucket_of(struct net *net, uint16_t port)
{
	return &net->udp.bucket[port % UDP_BUCKETS];
}

/*
 * How well a sock fits a datagram that came from remote to local: 0 not at all;
 * the more of its addresses are fixed (and fit), the better.
 */
static unsigned int
match(const struct sock *sock, const struct sock_addr *remote,
      const struct sock_addr *local)
{
	unsigned int score = 1;

	if (sock->local.port != local->port)
		return 0;
	if (sock->local.addr) {
		if (sock->local.addr != local->addr)
			return 0;
		score += 1;
	}
	if (sock->remote.addr) {
		if (sock->remote.addr != remote->addr ||
		    sock->remote.port != remote->port)
			return 0;
		score += 2;
	}
	return score;
}

static struct sock *
best_match(struct net *net, const struct sock_addr *remote,
	   const struct sock_addr *local)
{
	struct sock *sock, *best = NULL;
	unsigned int score, best_score = 0;

	list_for_each(sock, bucket_of(net, local->port), hash_link) {
		score = match(sock, remote, local);
		if (score > best_score) {
			best = sock;
			best_score = score;
		}
	}
	return best;
}

/* ---- in ----------------------------------------------------------------- */

static void
bad(struct skb *skb, enum drop why)
{
	skb->dev->net->udp.stats.in_errors++;
	skb_drop(skb, why);
}

/* To the application; the sock may be gone afterwards. */
static void
deliver(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	const struct sock_addr *to)
{
	struct net *net = sock->net;

	explain_note(net, SOCKET, IPPROTO_UDP, to->addr, to->port,
		     EXPLAIN_TEXT(sock->owner));
	if (explain_is_dry(net))
		return skb_consume(skb);
	net->udp.stats.in_datagrams++;
	udp_sock_of(sock)->rx_packets++;
	udp_sock_of(sock)->rx_bytes += skb->len;
	if (!sock->ops->datagram)
		return skb_consume(skb);
	explain_enter(net->explain);
	sock->ops->datagram(sock, skb, from, to);
	explain_leave(net->explain);
}

/* Every sock that fits has a right to a broadcast or multicast datagram; all
 * but the last get a copy. [RFC1122 4.1.3] */
static void
deliver_to_all(struct net *net, struct skb *skb, const struct sock_addr *from,
	       const struct sock_addr *to)
{
	struct sock *sock, *after, *last = NULL;
	struct skb *copy;

	list_for_each_safe(sock, after, bucket_of(net, to->port), hash_link) {
		/* A sock bound to an address of ours wants all the same what
		 * comes to everybody. */
		const struct sock_addr asked = {
			.addr = sock->local.addr ? sock->local.addr : to->addr,
			.port = to->port,
		};

		if (!match(sock, from, &asked))
			continue;
		copy = last ? skb_clone(skb) : NULL;
		if (copy)
			deliver(last, copy, from, to);
		last = sock;
	}
	if (last)
		return deliver(last, skb, from, to);
	net->udp.stats.ignored_multi++;
	skb_drop(skb, DROP_UDP_IGNORED_MULTI);
}

/*
 * The transport checksum, unless the sender made none. [RFC1122 4.1.3.4]
 */
static bool
checksum_right(const struct skb *skb, const struct ipv4 *ip,
	       const struct udp *udp)
{
	uint32_t sum;

	if (udp->checksum == 0 || skb->csum == SKB_CSUM_UNNECESSARY)
		return true;
	sum = checksum_pseudo(ip->src, ip->dst, IPPROTO_UDP, udp->len);
	return checksum_fold(skb_checksum(skb, 0, udp->len, sum)) == 0;
}

static void
no_sock(struct net *net, struct skb *skb, const struct ipv4 *ip)
{
	net->udp.stats.no_ports++;
	icmp_send_error(skb, ip, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0);
	skb_drop(skb, DROP_NO_SOCKET);
}

void
udp_input(struct skb *skb, const struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	uint8_t header[UDP_HEADER_LEN];
	struct sock_addr from, to;
	struct sock *sock;
	struct udp udp;
	enum drop why;

	skb_copy_out(skb, 0, header, min_of(skb->len, UDP_HEADER_LEN));
	why = udp_parse(header, skb->len, &udp);
	if (unlikely(why != DROP_NONE))
		return bad(skb, why);
	if (unlikely(!checksum_right(skb, ip, &udp))) {
		net->udp.stats.in_csum_errors++;
		return bad(skb, DROP_UDP_CSUM);
	}
	if (unlikely(skb->len > udp.len))
		skb_trim(skb, udp.len);
	from = (struct sock_addr){ .addr = ip->src, .port = udp.sport };
	to = (struct sock_addr){ .addr = ip->dst, .port = udp.dport };
	if (unlikely(skb->pkt_type == PKT_BROADCAST ||
		     skb->pkt_type == PKT_MULTICAST)) {
		skb_advance(skb, UDP_HEADER_LEN);
		return deliver_to_all(net, skb, &from, &to);
	}
	sock = best_match(net, &from, &to);
	if (unlikely(!sock))
		return no_sock(net, skb, ip);
	skb_advance(skb, UDP_HEADER_LEN);
	deliver(sock, skb, &from, &to);
}

/* ---- out ---------------------------------------------------------------- */

/* A datagram that cannot be sent: the application is told before it is lost. */
static void
unsent(struct sock *sock, struct skb *skb, enum drop why, enum status error)
{
	udp_sock_of(sock)->drops++;
	skb_drop(skb, why);
	if (sock->ops->error)
		sock->ops->error(sock, error);
}

/* The header in a buffer of its own, if there is no room before the payload or
 * somebody else looks at it. NULL: dropped. */
static struct skb *
with_headroom(struct net *net, struct skb *skb)
{
	const size_t need = UDP_HEADER_LEN + IPV4_HEADER_LEN + ETH_HEADER_LEN;
	struct skb *head;

	if (likely(skb_headroom(skb) >= need) && likely(!skb_shared(skb)))
		return skb;
	head = skb_alloc(&net_this_core(net)->skb_pool);
	if (!head) {
		skb_drop(skb, DROP_NOMEM);
		return NULL;
	}
	skb_append(head, skb);
	return head;
}

/* Writes the header before the payload. A sum of 0 is sent as 0xffff, since 0
 * says that there is none. [RFC768] */
static void
add_header(struct skb *skb, const struct sock_addr *from,
	   const struct sock_addr *to)
{
	uint16_t len = (uint16_t)(skb->len + UDP_HEADER_LEN);
	struct udp udp = {
		.sport = from->port,
		.dport = to->port,
		.len = len,
	};
	uint32_t sum;

	udp_emit(&udp, skb_push(skb, UDP_HEADER_LEN));
	sum = checksum_pseudo(from->addr, to->addr, IPPROTO_UDP, len);
	udp.checksum = checksum_fold(skb_checksum(skb, 0, len, sum));
	if (udp.checksum == 0)
		udp.checksum = 0xffff;
	udp_emit(&udp, skb->data);
}

void
udp_send(struct sock *sock, struct skb *skb, const struct sock_addr *to,
	 const struct sock_addr *from)
{
	struct udp_sock *us = udp_sock_of(sock);
	struct net *net = sock->net;
	struct sock_addr source = from ? *from : sock->local;
	struct ipv4_out how = {
		.proto = IPPROTO_UDP,
		.tos = sock->tos,
		.ttl = sock->ttl,
		.dont_fragment = sock->dont_fragment,
		.options = us->options,
		.options_len = us->options_len,
	};
	uint32_t mtu;

	if (skb->in != 0)
		skb_turned(skb);
	if (!to)
		to = &sock->remote;
	if (!to->addr || !to->port)
		return unsent(sock, skb, DROP_UDP_NO_DEST, ERR_INVAL);
	if (skb->len >
	    IPV4_LEN_MAX - IPV4_HEADER_LEN - us->options_len - UDP_HEADER_LEN)
		return unsent(sock, skb, DROP_UDP_TOO_LONG, ERR_MSGSIZE);
	how.dst = to->addr;
	how.sport = source.port = sock->local.port;
	how.dport = to->port;
	if (!source.addr &&
	    ipv4_route_info(net, &how, &source.addr, &mtu) != OK)
		return unsent(sock, skb, DROP_IP_OUTNOROUTES, ERR_NETUNREACH);
	how.src = source.addr;
	us->tx_packets++;
	us->tx_bytes += skb->len;
	net->udp.stats.out_datagrams++;
	skb = with_headroom(net, skb);
	if (!skb)
		return;
	add_header(skb, &source, to);
	ipv4_output(net, skb, &how);
}

/* ---- errors ------------------------------------------------------------- */

static enum status
status_of(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP_TIME_EXCEEDED: return ERR_TIMEOUT;
	case ICMP_PARAMETER_PROBLEM: return ERR_INVAL;
	default: break;
	}
	switch (code) {
	case ICMP_FRAG_NEEDED: return ERR_MSGSIZE;
	case ICMP_PROTO_UNREACHABLE:
	case ICMP_PORT_UNREACHABLE: return ERR_REFUSED;
	case ICMP_NET_UNREACHABLE: return ERR_NETUNREACH;
	default: return ERR_HOSTUNREACH;
	}
}

void
udp_icmp_error(struct net *net, const struct ipv4 *quoted,
	       const uint8_t *payload, size_t payload_len, uint8_t type,
	       uint8_t code, uint32_t info)
{
	const struct wire_udp *wire = (const void *)payload;
	const struct sock_addr local = {
		.addr = quoted->src,
		.port = be16_get(wire->sport),
	};
	const struct sock_addr remote = {
		.addr = quoted->dst,
		.port = be16_get(wire->dport),
	};
	struct sock *sock = best_match(net, &remote, &local);

	if (sock && sock->ops->error)
		sock->ops->error(sock, status_of(type, code));
}

/* ---- socks -------------------------------------------------------------- */

/* Would two socks bound to a and b get the same datagrams? */
static bool
collide(const struct sock_addr *a, const struct sock_addr *b)
{
	return a->port == b->port &&
	       (!a->addr || !b->addr || a->addr == b->addr);
}

static bool
is_taken(struct net *net, const struct sock_addr *local)
{
	struct sock *sock;

	list_for_each(sock, bucket_of(net, local->port), hash_link)
		if (collide(&sock->local, local))
			return true;
	return false;
}

/*
 * A free port that nobody can guess: from a random one on. [RFC6056 3.3.1]
 * 0: all are taken.
 */
static uint16_t
choose_port(struct net *net, uint32_t addr)
{
	const struct ipv4_param *param = &net->ipv4_param;
	uint32_t first = max_of(param->ip_local_port_first, 1u);
	uint32_t last = min_of(param->ip_local_port_last, 65535u);
	uint32_t count = last >= first ? last - first + 1 : 0, start;
	struct sock_addr local = { .addr = addr };

	if (count == 0)
		return 0;
	start = random_below(&net->random, count);
	for (uint32_t i = 0; i < count; i++) {
		local.port = (uint16_t)(first + (start + i) % count);
		if (!is_taken(net, &local))
			return local.port;
	}
	return 0;
}

static struct sock *
failed(enum status *error, enum status why)
{
	*error = why;
	return NULL;
}

struct sock *
udp_open(struct net *net, const struct sock_addr *local,
	 const struct sock_ops *ops, void *ctx, const char *owner,
	 enum status *error)
{
	struct sock_addr bound = *local;
	struct udp_sock *us;

	if (bound.addr && !addr_find(net, bound.addr))
		return failed(error, ERR_INVAL);
	if (!bound.port)
		bound.port = choose_port(net, bound.addr);
	else if (is_taken(net, &bound))
		return failed(error, ERR_EXIST);
	if (!bound.port)
		return failed(error, ERR_RANGE);
	us = pool_get(&net->udp.pool);
	if (!us)
		return failed(error, ERR_NOMEM);
	*us = (struct udp_sock){
		.sock = {
			.net = net,
			.ops = ops,
			.ctx = ctx,
			.owner = owner,
			.local = bound,
			.proto = IPPROTO_UDP,
		},
	};
	list_add_last(bucket_of(net, bound.port), &us->sock.hash_link);
	*error = OK;
	return &us->sock;
}

void
udp_close(struct sock *sock)
{
	list_remove(&sock->hash_link);
	pool_put(&sock->net->udp.pool, sock);
}

enum status
udp_connect(struct sock *sock, const struct sock_addr *remote)
{
	const struct ipv4_out how = {
		.dst = remote->addr,
		.src = sock->local.addr,
		.proto = IPPROTO_UDP,
		.sport = sock->local.port,
		.dport = remote->port,
	};
	uint32_t src, mtu;

	if (!remote->addr || !remote->port)
		return ERR_INVAL;
	if (ipv4_route_info(sock->net, &how, &src, &mtu) != OK)
		return ERR_NETUNREACH;
	sock->local.addr = src;
	sock->remote = *remote;
	return OK;
}

void
udp_for_each(struct net *net, void (*visit)(void *, struct sock *), void *ctx)
{
	struct sock *sock, *after;

	for (unsigned int i = 0; i < UDP_BUCKETS; i++)
		list_for_each_safe(sock, after, &net->udp.bucket[i], hash_link)
			visit(ctx, sock);
}

enum status
udp_init(struct net *net, uint32_t sock_count_max)
{
	for (unsigned int i = 0; i < UDP_BUCKETS; i++)
		list_init(&net->udp.bucket[i]);
	return pool_init(&net->udp.pool, net->pages, "udp",
			 sizeof(struct udp_sock), 8, sock_count_max);
}

static void
close_one(void *ctx, struct sock *sock)
{
	udp_close(sock);
}

void
udp_fini(struct net *net)
{
	udp_for_each(net, close_one, NULL);
	pool_fini(&net->udp.pool);
}

static void
check_one(void *ctx, struct sock *sock)
{
	uint32_t *count = ctx;

	assert(sock->proto == IPPROTO_UDP && sock->local.port != 0);
	(*count)++;
}

void
udp_check(struct net *net)
{
	uint32_t count = 0;

	udp_for_each(net, check_one, &count);
	assert(count == net->udp.pool.used_count);
	pool_check(&net->udp.pool);
}
