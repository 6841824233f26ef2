/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the path takes, and what ICMP says of a connection: too big, so smaller
 * segments [RFC1191]; not there, so the application is told [RFC9293 3.9.2.2]
 * [RFC5461]; all only if it quotes something that is in flight [RFC5927 4.1].
 */

#include "net/icmp.h"
#include "net/tcp/internal.h"

#define HEADERS_LEN (IPV4_HEADER_LEN + TCP_HEADER_LEN)

/* ---- sizes ------------------------------------------------------------- */

enum status
tcp_way_info(const struct tcp_sock *ts, struct ipv4_way_info *way)
{
	const struct ipv4_out how = {
		.src = ts->sock->local.addr,
		.dst = ts->sock->remote.addr,
		.proto = IPPROTO_TCP,
		.sport = ts->sock->local.port,
		.dport = ts->sock->remote.port,
	};

	return ipv4_way_info(ts->sock->net, &how, way);
}

/* What the path takes, as the whole box knows it; the MSS to announce is of its
 * beginning. [RFC9293 3.7.1 MUST-67] */
uint16_t
tcp_route_mss(struct tcp_sock *ts)
{
	struct ipv4_way_info way;
	uint32_t mss;

	if (tcp_way_info(ts, &way) != OK || way.mtu < HEADERS_LEN + 8)
		way = (struct ipv4_way_info){
			.mtu = HEADERS_LEN + 536,
			.link_mtu = HEADERS_LEN + 536,
			.advmss = 536,
		};
	tcp_metrics_take(ts, way.metrics);
	ts->pmtu = (uint16_t)min_of(way.mtu, 65535u);
	/* Less than its beginning: some day it may be wider again. */
	if (way.mtu < way.link_mtu && !ts->pmtu_ns)
		ts->pmtu_ns = now_of(ts);
	mss = min_of(way.advmss, 65535u - HEADERS_LEN);
	if (ts->user_mss)
		mss = min_of(mss, (uint32_t)ts->user_mss);
	return (uint16_t)mss;
}

/* Eff.snd.MSS: what the peer takes and what the path takes, less our options.
 * [RFC9293 3.7.1 MUST-16] */
void
tcp_sync_mss(struct tcp_sock *ts)
{
	uint32_t mss = min_of((uint32_t)ts->peer_mss,
			      (uint32_t)ts->pmtu - HEADERS_LEN);

	if (ts->user_mss)
		mss = min_of(mss, (uint32_t)ts->user_mss);
	if (ts->flags & SOCK_TS)
		mss -= 12;
	ts->mss = (uint16_t)mss;
}

/* A segment of ours was too large: the box has learned what the path takes.
 * [RFC1191 3] */
static void
too_big(struct tcp_sock *ts, const struct ipv4 *quoted, uint32_t mtu)
{
	struct net *net = ts->sock->net;
	uint32_t known = path_too_big(net, quoted, mtu);

	if (known == 0 || known >= ts->pmtu)
		return;
	/* Smaller than that it is only work; then routers may cut. */
	if (mtu && mtu < net->paths.param.min_pmtu)
		ts->flags |= SOCK_NO_DF;
	ts->pmtu = (uint16_t)known;
	ts->search_low = ts->search_high = ts->probe_size = 0;
	ts->pmtu_ns = now_of(ts);
	ts->flags |= SOCK_PMTU;
	tcp_mark(ts);
}

/* What was sent too large is sent again at once, and the congestion window does
 * not suffer for it. [RFC1191 6.3] */
void
tcp_apply_pmtu(struct tcp_sock *ts)
{
	ts->flags &= ~SOCK_PMTU;
	tcp_sync_mss(ts);
	for (struct skb *skb = ts->first; skb && skb != ts->send_head;
	     skb = skb->next)
		if (skb->len > ts->mss &&
		    !(seg_of(skb)->flags & (SEG_SACKED | SEG_LOST)))
			tcp_mark_lost(ts, skb);
}

/* Some minutes later the path may be wider again. [RFC1191 6.3] */
void
tcp_raise_pmtu(struct tcp_sock *ts)
{
	const struct net *net = ts->sock->net;

	if (ts->search_high)
		tcp_probe_mtu(ts);
	if (!ts->pmtu_ns ||
	    now_of(ts) - ts->pmtu_ns <
		    net->paths.param.mtu_expires_s * 1000000000ull)
		return;
	ts->pmtu_ns = 0;
	ts->flags &= ~(SOCK_NO_DF | SOCK_PROBE_FAILED);
	if (tcp_search_again(ts))
		return;
	tcp_route_mss(ts);
	tcp_sync_mss(ts);
}

/* ---- messages ---------------------------------------------------------- */

static enum status
status_of(uint8_t type, uint8_t code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return ERR_TIMEOUT;
	if (type == ICMP_PARAMETER_PROBLEM)
		return ERR_INVAL;
	if (code == ICMP_PROTO_UNREACHABLE || code == ICMP_PORT_UNREACHABLE)
		return ERR_REFUSED;
	if (code == ICMP_NET_UNREACHABLE || code == ICMP_NET_PROHIBITED)
		return ERR_NETUNREACH;
	return ERR_HOSTUNREACH;
}

/* Repeating will not help: nobody is there to talk to, or nobody may. [RFC1122
 * 4.2.3.9] [RFC1812 5.2.7.1] */
static bool
is_hard(uint8_t type, uint8_t code)
{
	return type == ICMP_UNREACHABLE &&
	       (code == ICMP_PROTO_UNREACHABLE ||
		code == ICMP_PORT_UNREACHABLE || code == ICMP_NET_PROHIBITED ||
		code == ICMP_HOST_PROHIBITED || code == ICMP_ADMIN_PROHIBITED);
}

void
tcp_icmp_error(struct net *net, const struct ipv4 *quoted,
	       const uint8_t *payload, size_t payload_len, uint8_t type,
	       uint8_t code, uint32_t info)
{
	const struct wire_tcp *wire = (const void *)payload;
	const struct sock_addr local = {
		.addr = quoted->src,
		.port = be16_get(wire->sport),
	};
	const struct sock_addr remote = {
		.addr = quoted->dst,
		.port = be16_get(wire->dport),
	};
	uint32_t seq = be32_get(wire->seq);
	struct sock *sock = tcp_find(net, &local, &remote);
	struct tcp_sock *ts = sock ? tcp_wake(sock) : NULL;
	enum status status;

	/* SND.UNA =< SEG.SEQ < SND.NXT [RFC5927 4.1] */
	if (!ts || seq_lt(seq, ts->snd_una) || seq_le(ts->snd_nxt, seq))
		return;
	if (type == ICMP_UNREACHABLE && code == ICMP_FRAG_NEEDED)
		return too_big(ts, quoted, info);
	status = status_of(type, code);
	/* Hard errors abort only what never was [RFC9293 3.9.2.2 SHLD-26]
	 * [RFC5461 4.1]; soft ones nothing [MUST-56]. */
	if (is_hard(type, code) &&
	    (ts->state == TCP_SYN_SENT || ts->state == TCP_SYN_RECEIVED))
		return tcp_done(ts, status);
	ts->soft_error = (uint8_t)status;
	tcp_event(ts, EVENT_ERROR);
}
