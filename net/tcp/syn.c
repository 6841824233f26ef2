/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handshake: what a listener does with a segment [RFC9293 3.10.7.2], what
 * SYN-SENT does [RFC9293 3.10.7.3], which options both sides agree on, and
 * becoming ESTABLISHED. Connections whose handshake is not done are bounded by
 * the listener's backlog, those that say nothing by crowd.c; beyond that,
 * cookie.c answers without remembering.
 */

#include "net/explain/explain.h"
#include "net/tcp/internal.h"

/* ---- options ----------------------------------------------------------- */

/* Each is used only if both SYNs carry it. [RFC7323 2.2, 3.2] [RFC2018 2] */
void
tcp_take_syn_options(struct tcp_sock *ts, const struct tcp *h)
{
	const struct tcp_param *param = &table_of(ts)->param;

	/* [RFC9293 3.7.1 MUST-15]; too small a segment would make us work for
	 * nothing. */
	ts->peer_mss = h->have & TCP_HAVE_MSS ? h->mss : 536;
	ts->peer_mss = (uint16_t)max_of((uint32_t)ts->peer_mss,
					param->tcp_min_snd_mss);
	if (!(h->have & TCP_HAVE_SACKOK))
		ts->flags &= ~SOCK_SACK;
	if (h->have & TCP_HAVE_WSCALE) {
		ts->snd_wscale = h->wscale;
	} else {
		ts->flags &= ~SOCK_WSCALE;
		ts->rcv_wscale = 0;
	}
	if (h->have & TCP_HAVE_TS)
		ts->ts_recent = h->tsval;
	else
		ts->flags &= ~SOCK_TS;
	if (!(ts->flags & SOCK_WSCALE))
		ts->snd_wscale = ts->rcv_wscale = 0;
	tcp_sync_mss(ts);
}

/* What we would like. */
static void
offer_options(struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;

	if (param->tcp_timestamps)
		ts->flags |= SOCK_TS;
	if (param->tcp_sack)
		ts->flags |= SOCK_SACK;
	if (param->tcp_window_scaling)
		ts->flags |= SOCK_WSCALE;
	ts->advmss = tcp_route_mss(ts);
	ts->rcv_mss = (uint16_t)min_of((uint32_t)ts->advmss, 536u);
	tcp_metrics_open(ts);
	if (!(ts->flags & SOCK_WSCALE))
		ts->rcv_wscale = 0;
}

static void
take_irs(struct tcp_sock *ts, const struct tcp *h)
{
	ts->irs = h->seq;
	ts->rcv_nxt = ts->read_seq = h->seq + 1;
	ts->last_ack_sent = ts->rcv_nxt;
	ts->reo_mult = 1;
}

static void
take_iss(struct tcp_sock *ts, uint32_t iss)
{
	ts->iss = iss;
	ts->snd_una = iss;
	ts->snd_nxt = ts->snd_end = iss + 1;
	ts->recover = ts->reo_round = iss;
	ts->ts_offset = tcp_ts_offset(ts->sock->net, &ts->sock->local,
				      &ts->sock->remote);
}

/* The window of a SYN is not scaled. [RFC7323 2.2] */
static void
take_syn_window(struct tcp_sock *ts, const struct tcp *h)
{
	ts->snd_wnd = h->window;
	ts->max_snd_wnd = max_of(ts->max_snd_wnd, ts->snd_wnd);
	ts->snd_wl1 = h->seq;
	ts->snd_wl2 = h->ack;
}

void
tcp_enter_established(struct tcp_sock *ts)
{
	struct tcp_sock *listener = ts->listener;

	tcp_set_state(ts, TCP_ESTABLISHED);
	ts->listener = NULL;
	if (listener) { /* as it is now */
		ts->sock->ops = listener->sock->ops;
		ts->sock->ctx = listener->sock->ctx;
	}
	/* [RFC6298 5.7] */
	if ((ts->flags & SOCK_SYN_LOST) && !ts->srtt_us)
		ts->rto_us = 3000000;
	tcp_metrics_established(ts);
	ts->cwnd = tcp_initial_window(ts);
	tcp_grow_sndbuf(ts);
	ts->retries = ts->backoff = 0;
	ts->rtx = RTX_NONE;
	ts->rtx_ns = ts->stall_ns = 0;
	ts->rack_fack = ts->snd_una;
	ts->read_us = (uint32_t)(now_of(ts) / 1000);
	tcp_keep_arm(ts);
	tcp_event(ts, EVENT_ESTABLISHED);
}

/* ---- LISTEN ------------------------------------------------------------ */

static void
inherit(struct tcp_sock *ts, const struct tcp_sock *from)
{
	ts->sock->ops = from->sock->ops;
	ts->sock->ctx = from->sock->ctx;
	ts->sock->owner = from->sock->owner;
	ts->sock->tos = from->sock->tos;
	ts->sock->ttl = from->sock->ttl;
	ts->flags |= from->flags &
		     (SOCK_NODELAY | SOCK_CORK | SOCK_KEEPALIVE |
		      SOCK_SNDBUF_SET | SOCK_RCVBUF_SET | SOCK_LINGER_RST);
	ts->cc = from->cc;
	ts->sndbuf = from->sndbuf;
	ts->rcvbuf = from->rcvbuf;
	ts->user_mss = from->user_mss;
	ts->keep_idle_s = from->keep_idle_s;
	ts->keep_intvl_s = from->keep_intvl_s;
	ts->keep_max = from->keep_max;
	ts->user_timeout_ms = from->user_timeout_ms;
}

/* A connection that *h began, in SYN-RECEIVED; NULL: no memory. */
struct tcp_sock *
tcp_syn_received(struct tcp_sock *listener, const struct ipv4 *ip,
		 const struct tcp *h, uint32_t iss)
{
	struct net *net = listener->sock->net;
	struct tcp_sock *ts = tcp_sock_new(net);

	if (!ts)
		return NULL;
	inherit(ts, listener);
	ts->sock->local = (struct sock_addr){ ip->dst, h->dport };
	ts->sock->remote = (struct sock_addr){ ip->src, h->sport };
	ts->flags |= SOCK_PASSIVE;
	take_irs(ts, h);
	offer_options(ts);
	take_iss(ts, iss);
	tcp_take_syn_options(ts, h);
	take_syn_window(ts, h);
	/* [RFC3168 6.1.1]: an ECN-setup SYN has both bits. */
	if ((net->tcp.param.tcp_ecn || ts->flags & SOCK_WANT_ECN) &&
	    (h->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
		ts->flags |= SOCK_ECN;
	tcp_set_state(ts, TCP_SYN_RECEIVED);
	ts->listener = listener;
	listener->half_open++;
	net->tcp.half_open_count++;
	tcp_stranger_comes(ts, listener);
	tcp_hash_add(ts);
	return ts;
}

static void
no_place(struct net *net, struct skb *skb, enum drop why)
{
	net->tcp.stats.listen_overflows++;
	net->tcp.stats.listen_drops++;
	skb_drop(skb, why);
}

/* Where a connection would begin, which a dry run only thinks of. */
static void
listen_syn_dry(struct net *net, struct skb *skb)
{
	if (!net->tcp.pool.free || !tcp_think_awake(&net->tcp))
		return skb_drop(skb, DROP_TCP_SOCKS);
	explain_note(net, TCP_SYN);
	skb_consume(skb);
}

/* Nothing has to be remembered; for who could get a place in the end. */
static void
listen_syn_cookie(struct tcp_sock *listener, struct skb *skb,
		  const struct ipv4 *ip, const struct tcp *h)
{
	struct net *net = listener->sock->net;

	if (!net->tcp.pool.free && !tcp_think_room(net))
		return no_place(net, skb, DROP_TCP_SOCKS);
	net->tcp.stats.tcp_req_q_full_do_cookies++;
	explain_note(net, TCP_COOKIE);
	explain_enter(net->explain);
	tcp_cookie_send(listener, ip, h);
	explain_leave(net->explain);
	skb_consume(skb);
}

static void
listen_syn(struct tcp_sock *listener, struct skb *skb, const struct ipv4 *ip,
	   const struct tcp *h, uint32_t after)
{
	struct net *net = listener->sock->net;
	const struct sock_addr local = { ip->dst, h->dport };
	const struct sock_addr remote = { ip->src, h->sport };
	bool full = tcp_half_open_is_full(listener);
	bool crowded = tcp_is_crowded(listener);
	struct tcp_sock *ts;
	uint32_t iss;

	explain_keep(net->explain, &listener->stall_ns,
		     sizeof(listener->stall_ns));
	if (full)
		listener->stall_ns = now_of(listener);
	if (net->tcp.param.tcp_syncookies == 2 ||
	    ((full || crowded || tcp_places_are_few(&net->tcp)) &&
	     net->tcp.param.tcp_syncookies))
		return listen_syn_cookie(listener, skb, ip, h);
	if (full || crowded) {
		net->tcp.stats.listen_drops++;
		return skb_drop(skb,
				full ? DROP_TCP_SYN_QUEUE : DROP_TCP_STRANGERS);
	}
	if (explain_is_dry(net))
		return listen_syn_dry(net, skb);
	iss = tcp_isn(net, &local, &remote);
	if (after)
		iss = seq_max(iss, after);
	ts = tcp_syn_received(listener, ip, h, iss);
	if (!ts)
		return no_place(net, skb, DROP_TCP_SOCKS);
	explain_note(net, TCP_SYN);
	ts->stall_ns = now_of(ts);
	explain_enter(net->explain);
	tcp_send_syn(ts);
	explain_leave(net->explain);
	tcp_rtx_arm(ts);
	/* Text and FIN with a SYN are sent again once we have agreed. */
	skb_consume(skb);
}

/*
 * The ACK of a cookie, for which there is no place. Who waits for us to speak
 * would do so for ever, so it is told; another says it again.
 */
static void
refuse_ack(struct tcp_sock *listener, struct skb *skb, const struct ipv4 *ip,
	   const struct tcp *h, enum drop why)
{
	struct net *net = listener->sock->net;

	if (!explain_is_dry(net))
		tcp_crowd_seen(net);
	if (tcp_speaks_first(listener))
		tcp_reply_rst(skb, ip, h, skb->len);
	no_place(net, skb, why);
}

/* A cookie came back: a connection, which a dry run only thinks of. */
static void
listen_cookie(struct tcp_sock *listener, struct skb *skb, const struct ipv4 *ip,
	      const struct tcp *h, uint16_t mss)
{
	struct net *net = listener->sock->net;
	bool speaks = skb->len > 0 || (h->flags & TCP_FIN);
	struct tcp_sock *ts = NULL;

	if (!speaks && net->tcp.pool.free && tcp_is_crowded(listener))
		return refuse_ack(listener, skb, ip, h, DROP_TCP_STRANGERS);
	if (explain_is_dry(net)) {
		if (net->tcp.pool.free && tcp_think_awake(&net->tcp)) {
			explain_note(net, TCP_CONNECTION, TCP_ESTABLISHED,
				     EXPLAIN_TEXT(listener->sock->owner));
			return skb_consume(skb);
		}
		return refuse_ack(listener, skb, ip, h, DROP_TCP_SOCKS);
	}
	if (tcp_places_are_few(&net->tcp))
		tcp_make_room(net);
	ts = tcp_cookie_open(listener, ip, h, mss);
	if (!ts)
		return refuse_ack(listener, skb, ip, h, DROP_TCP_SOCKS);
	tcp_synchronized_input(ts, skb, ip, h);
}

/* Any other ACK than a cookie's is a stranger's. */
static void
listen_ack(struct tcp_sock *listener, struct skb *skb, const struct ipv4 *ip,
	   const struct tcp *h)
{
	struct net *net = listener->sock->net;
	int mss = h->flags & TCP_SYN ? -1 : tcp_cookie_mss(net, ip, h);

	if (mss >= 0)
		return listen_cookie(listener, skb, ip, h, (uint16_t)mss);
	if ((skb->len || (h->flags & TCP_FIN)) && tcp_is_expected(listener, h))
		return skb_drop(skb, DROP_TCP_TOO_EARLY);
	tcp_reply_rst(skb, ip, h, skb->len);
	skb_drop(skb, DROP_TCP_LISTEN_ACK);
}

void
tcp_listen_input(struct tcp_sock *listener, struct skb *skb,
		 const struct ipv4 *ip, const struct tcp *h, uint32_t after)
{
	explain_note(listener->sock->net, TCP_LISTENER, h->dport,
		     EXPLAIN_TEXT(listener->sock->owner));
	/* First, RST; second, ACK; third, SYN. [RFC9293 3.10.7.2] */
	if (h->flags & TCP_RST)
		return skb_drop(skb, DROP_TCP_LISTEN_RST);
	if (h->flags & TCP_ACK)
		return listen_ack(listener, skb, ip, h);
	if (!(h->flags & TCP_SYN))
		return skb_drop(skb, DROP_TCP_LISTEN_FLAGS);
	/* Somebody sends as us to us. */
	if (ip->src == ip->dst && h->sport == h->dport)
		return skb_drop(skb, DROP_TCP_LAND);
	if (listener->flags & SOCK_HELD) {
		return no_place(listener->sock->net, skb,
				DROP_TCP_ACCEPT_QUEUE);
	}
	listen_syn(listener, skb, ip, h, after);
}

/* ---- SYN-SENT ---------------------------------------------------------- */

void
tcp_active_open(struct tcp_sock *ts)
{
	offer_options(ts);
	tcp_sync_mss(ts);
	take_iss(ts,
		 tcp_isn(ts->sock->net, &ts->sock->local, &ts->sock->remote));
	if (table_of(ts)->param.tcp_ecn == 1 || ts->flags & SOCK_WANT_ECN)
		ts->flags |= SOCK_ECN;
	ts->stall_ns = now_of(ts);
	tcp_set_state(ts, TCP_SYN_SENT);
	tcp_hash_add(ts);
	tcp_send_syn(ts);
	tcp_rtx_arm(ts);
}

/* Fourth, SYN, of a segment whose ACK, if any, is good. */
static void
syn_sent_syn(struct tcp_sock *ts, struct skb *skb, const struct ipv4 *ip,
	     const struct tcp *h)
{
	bool acked = h->flags & TCP_ACK;
	uint8_t ecn = h->flags & (TCP_ECE | TCP_CWR);

	take_irs(ts, h);
	tcp_take_syn_options(ts, h);
	take_syn_window(ts, h);
	if (!acked) {
		/* Both opened at once: SYN-ACK with what was agreed. [RFC9293
		 * 3.5 MUST-10] */
		if (ecn != (TCP_ECE | TCP_CWR))
			ts->flags &= ~SOCK_ECN;
		tcp_set_state(ts, TCP_SYN_RECEIVED);
		ts->retries = ts->backoff = 0;
		ts->stall_ns = now_of(ts);
		tcp_send_syn(ts);
		tcp_rtx_arm(ts);
		return skb_consume(skb);
	}
	if (ecn != TCP_ECE)
		ts->flags &= ~SOCK_ECN;
	ts->snd_una = h->ack;
	tcp_rtt_of_syn(ts, h);
	tcp_enter_established(ts);
	ts->flags |= SOCK_ACK_NOW;
	/* Sixth and on: text and FIN that came along. */
	if (skb->len || (h->flags & TCP_FIN)) {
		struct tcp rest = *h;

		rest.seq = h->seq + 1;
		rest.flags &= (uint8_t)~TCP_SYN;
		return tcp_synchronized_input(ts, skb, ip, &rest);
	}
	skb_consume(skb);
}

void
tcp_syn_sent_input(struct tcp_sock *ts, struct skb *skb, const struct ipv4 *ip,
		   const struct tcp *h)
{
	/* First, ACK. */
	if ((h->flags & TCP_ACK) &&
	    (seq_le(h->ack, ts->iss) || seq_lt(ts->snd_nxt, h->ack))) {
		tcp_reply_rst(skb, ip, h, skb->len);
		return skb_drop(skb, DROP_TCP_SYN_SENT_ACK);
	}
	/* Second, RST: only with a good ACK. [RFC5961 3.2] */
	if (h->flags & TCP_RST) {
		if (!(h->flags & TCP_ACK))
			return skb_drop(skb, DROP_TCP_SYN_SENT_RST);
		tcp_done(ts, ERR_REFUSED);
		return skb_consume(skb);
	}
	/* Fifth, neither. */
	if (!(h->flags & TCP_SYN))
		return skb_drop(skb, DROP_TCP_SYN_SENT_FLAGS);
	syn_sent_syn(ts, skb, ip, h);
}
