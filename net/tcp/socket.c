/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of applications: OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS [RFC9293
 * 3.10.1 - 3.10.6] and options. They change queues and states and mark the
 * sock; sending follows in tcp_flush().
 */

#include "net/ipv4/addr.h"
#include "net/tcp/internal.h"
#include "net/tcp/window.h"

/* ---- OPEN -------------------------------------------------------------- */

static struct sock *
failed(enum status *error, enum status why)
{
	*error = why;
	return NULL;
}

static struct tcp_sock *
new_for(struct net *net, const struct sock_ops *ops, void *ctx,
	const char *owner)
{
	struct tcp_sock *ts = tcp_sock_new(net);

	if (!ts)
		return NULL;
	ts->sock->ops = ops;
	ts->sock->ctx = ctx;
	ts->sock->owner = owner;
	return ts;
}

struct sock *
tcp_open(struct net *net, const struct sock_ops *ops, void *ctx,
	 const char *owner)
{
	struct tcp_sock *ts = new_for(net, ops, ctx, owner);

	return ts ? ts->sock : NULL;
}

enum status
tcp_listen_on(struct sock *sock, const struct sock_addr *local,
	      uint32_t backlog)
{
	struct tcp_sock *ts = tcp_of(sock);
	struct net *net = sock->net;

	backlog = min_of(backlog, net->tcp.param.somaxconn);
	if (ts->state == TCP_LISTEN) {
		ts->backlog = max_of(backlog, 1u);
		return OK;
	}
	if (!local->port || (local->addr && !addr_find(net, local->addr)))
		return ERR_INVAL;
	if (tcp_listener_collides(net, local))
		return ERR_EXIST;
	sock->local = *local;
	ts->backlog = max_of(backlog, 1u);
	while (!++net->tcp.listener_last_id)
		continue;
	ts->listener_id = net->tcp.listener_last_id;
	ts->state = TCP_LISTEN;
	tcp_hash_add(ts);
	return OK;
}

struct sock *
tcp_listen(struct net *net, const struct sock_addr *local, uint32_t backlog,
	   const struct sock_ops *ops, void *ctx, const char *owner,
	   enum status *error)
{
	struct sock *sock = tcp_open(net, ops, ctx, owner);

	if (!sock)
		return failed(error, ERR_NOMEM);
	*error = tcp_listen_on(sock, local, backlog);
	if (*error == OK)
		return sock;
	tcp_close(sock);
	return NULL;
}

void
tcp_hold(struct sock *listener, bool hold)
{
	struct tcp_sock *ts = tcp_of(listener);

	if (hold)
		ts->flags |= SOCK_HELD;
	else
		ts->flags &= ~SOCK_HELD;
}

/* To broadcast or multicast nothing is opened. [RFC9293 3.9.1.1 MUST-46] */
static bool
is_unicast(struct net *net, uint32_t addr)
{
	const struct flow flow = { .dst = addr, .proto = IPPROTO_TCP };
	const struct route *route;

	if (!addr || ipv4_is_multicast(addr) || addr == IPV4_BROADCAST)
		return false;
	route = fib_find(net, &flow);
	return !route || route->type != ROUTE_BROADCAST;
}

/* The ends of a connection to be: what was not given is chosen. */
static enum status
choose_local(struct net *net, const struct sock_addr *wanted,
	     const struct sock_addr *remote, struct sock_addr *local)
{
	struct ipv4_out how = {
		.dst = remote->addr,
		.proto = IPPROTO_TCP,
		.dport = remote->port,
	};
	uint32_t src, mtu;

	if (wanted)
		*local = *wanted;
	if (local->addr && !addr_find(net, local->addr))
		return ERR_INVAL;
	how.src = local->addr;
	how.sport = local->port;
	if (ipv4_route_info(net, &how, &src, &mtu) != OK)
		return ERR_NETUNREACH;
	local->addr = src; /* for life [RFC9293 MUST-44, MUST-45] */
	if (!local->port) {
		local->port = tcp_choose_port(net, local->addr, remote);
		return local->port ? OK : ERR_RANGE;
	}
	if (tcp_find(net, local, remote) ||
	    tcp_timewait_find(net, local, remote))
		return ERR_EXIST;
	return OK;
}

enum status
tcp_connect_on(struct sock *sock, const struct sock_addr *wanted,
	       const struct sock_addr *remote)
{
	struct sock_addr local = { 0 };
	struct net *net = sock->net;
	enum status status;

	if (!remote->port || !is_unicast(net, remote->addr))
		return ERR_INVAL;
	status = choose_local(net, wanted, remote, &local);
	if (status != OK)
		return status;
	sock->local = local;
	sock->remote = *remote;
	net->tcp.stats.active_opens++;
	tcp_active_open(tcp_of(sock));
	return OK;
}

struct sock *
tcp_connect(struct net *net, const struct sock_addr *wanted,
	    const struct sock_addr *remote, const struct sock_ops *ops,
	    void *ctx, const char *owner, enum status *error)
{
	struct sock *sock = tcp_open(net, ops, ctx, owner);

	if (!sock)
		return failed(error, ERR_NOMEM);
	*error = tcp_connect_on(sock, wanted, remote);
	if (*error == OK)
		return sock;
	tcp_close(sock);
	return NULL;
}

/* ---- CLOSE ------------------------------------------------------------- */

/* Our FIN follows what is queued. */
static void
queue_fin(struct tcp_sock *ts)
{
	if (ts->flags & SOCK_FIN_QUEUED)
		return;
	ts->flags |= SOCK_FIN_QUEUED;
	if (ts->state == TCP_ESTABLISHED)
		tcp_set_state(ts, TCP_FIN_WAIT_1);
	else if (ts->state == TCP_CLOSE_WAIT)
		tcp_set_state(ts, TCP_LAST_ACK);
	tcp_mark(ts);
}

enum status
tcp_shutdown(struct sock *sock)
{
	struct tcp_sock *ts = tcp_wake(sock);

	if (!ts)
		return ERR_NOMEM;
	if (ts->state == TCP_CLOSED || ts->state == TCP_LISTEN ||
	    (ts->flags & SOCK_FIN_QUEUED))
		return ERR_CLOSED;
	if (ts->state == TCP_SYN_SENT)
		tcp_done(ts, ERR_CLOSED);
	else
		queue_fin(ts);
	return OK;
}

static void
orphan(struct tcp_sock *ts)
{
	if (ts->flags & SOCK_ORPHAN)
		return;
	ts->flags |= SOCK_ORPHAN;
	table_of(ts)->orphan_count++;
	ts->events = 0;
	tcp_mark(ts);
}

static void
end_child(void *ctx, struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock), *listener = ctx;

	if (!ts || ts->state != TCP_SYN_RECEIVED || ts->listener != listener)
		return;
	tcp_send_rst(ts);
	tcp_done(ts, ERR_RESET);
}

static void
close_listener(struct tcp_sock *ts)
{
	if (ts->half_open)
		tcp_for_each(ts->sock->net, end_child, ts);
	orphan(ts);
	tcp_done(ts, OK);
}

void
tcp_close(struct sock *sock)
{
	struct tcp_sock *ts = tcp_wake(sock);

	if (!ts) {
		sock->net->tcp.stats.tcp_abort_on_memory++;
		return tcp_end_at_rest(sock, ERR_RESET, false);
	}
	if (ts->state == TCP_LISTEN)
		return close_listener(ts);
	if (ts->state != TCP_CLOSED && (ts->flags & SOCK_LINGER_RST))
		return tcp_abort(sock);
	if (ts->state != TCP_CLOSED && ts->rcvq.count) {
		table_of(ts)->stats.tcp_abort_on_close++;
		return tcp_abort(sock);
	}
	orphan(ts);
	if (ts->state == TCP_CLOSED)
		return;
	if (ts->state == TCP_SYN_SENT)
		return tcp_done(ts, OK);
	queue_fin(ts);
	if (ts->state == TCP_FIN_WAIT_2)
		ts->keep_ns = now_of(ts) + table_of(ts)->param.tcp_fin_timeout *
						   1000000000ull;
}

void
tcp_abort(struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	if (!ts)
		return tcp_end_at_rest(sock, ERR_RESET, false);
	if (ts->state == TCP_LISTEN)
		return close_listener(ts);
	orphan(ts);
	if (ts->state == TCP_CLOSED)
		return;
	tcp_send_rst(ts);
	tcp_done(ts, ERR_RESET);
}

bool
tcp_kill(struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	if (!ts) {
		tcp_end_at_rest(sock, ERR_RESET, true);
		return true;
	}
	if (ts->state == TCP_LISTEN)
		return false;
	tcp_send_rst(ts);
	tcp_done(ts, ERR_RESET);
	return true;
}

/* ---- SEND -------------------------------------------------------------- */

static bool
may_send(const struct tcp_sock *ts)
{
	const uint32_t may = 1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT |
			     1u << TCP_SYN_SENT | 1u << TCP_SYN_RECEIVED;

	return !(ts->flags & SOCK_FIN_QUEUED) && (may >> ts->state & 1);
}

/* Bounded in bytes, and in buffers: a sock's share of them as if each held at
 * least 256 bytes; and in what TCP as a whole may hold. */
static inline size_t
room_for(struct sock *sock, bool (*may)(const struct tcp_sock *ts))
{
	struct tcp_sock *ts = tcp_wake(sock);

	if (unlikely(!ts)) {
		tcp_want_room_at_rest(sock);
		return 0;
	}
	if (!may_send(ts))
		return 0;
	if (ts->send_len < ts->sndbuf && ts->send_count < ts->sndbuf / 256 &&
	    may(ts))
		return ts->sndbuf - ts->send_len;
	ts->flags |= SOCK_WANT_ROOM;
	tcp_mark(ts);
	return 0;
}

size_t
tcp_room(struct sock *sock)
{
	return room_for(sock, tcp_may_queue);
}

size_t
tcp_room_to_pass_on(struct sock *sock)
{
	return room_for(sock, tcp_may_pass_on);
}

enum status
tcp_send(struct sock *sock, struct skb *skb)
{
	struct tcp_sock *ts = tcp_wake(sock);

	if (ts && !may_send(ts)) {
		skb_drop(skb, DROP_TCP_SEND_CLOSED);
		return ERR_CLOSED;
	}
	if (!tcp_room_to_pass_on(sock)) {
		skb_drop(skb, DROP_TCP_SNDBUF);
		return ERR_BUSY;
	}
	/* Asking for room may have woken it where the first try could not. */
	ts = tcp_of(sock);
	if (!skb->len) {
		skb_consume(skb);
		return OK;
	}
	if (skb->in != 0)
		skb_turned(skb);
	tcp_queue_append(ts, skb);
	tcp_mark(ts);
	return OK;
}

size_t
tcp_write(struct sock *sock, const void *bytes, size_t len)
{
	struct skb_pool *pool = &net_this_core(sock->net)->skb_pool;
	size_t done = 0, room = tcp_room(sock), full, piece;
	struct tcp_sock *ts = tcp_of(sock);
	struct skb *skb;

	if (!room)
		return 0;
	full = tcp_fill_len(ts);
	if (len > 0)
		done = tcp_queue_top_up(ts, bytes, min_of(len, room));
	while (done < len && (done == 0 || (room = tcp_room(sock)))) {
		skb = skb_alloc(pool);
		if (!skb) {
			ts->flags |= SOCK_WANT_ROOM;
			tcp_mark(ts);
			break;
		}
		skb_reserve(skb, TCP_SEND_HEADROOM - PARAM_SKB_HEADROOM);
		piece = min_of(len - done, full);
		piece = min_of(piece, room);
		piece = min_of(piece, skb_tailroom(skb));
		memcpy(skb_put(skb, piece), (const uint8_t *)bytes + done,
		       piece);
		tcp_queue_append(ts, skb);
		done += piece;
	}
	if (done)
		tcp_mark(ts);
	return done;
}

void
tcp_send_urgent(struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	if (!ts || !may_send(ts) || ts->snd_end == ts->snd_una)
		return;
	ts->snd_up = ts->snd_end;
	ts->flags |= SOCK_URG_SEND;
	tcp_mark(ts);
}

/* ---- RECEIVE ----------------------------------------------------------- */

struct skb *
tcp_recv(struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);
	struct skb *skb = ts ? skb_queue_pop(&ts->rcvq) : NULL;

	if (!skb)
		return NULL;
	table_of(ts)->buffers -= seg_buffers(skb);
	tcp_was_read(ts);
	return skb;
}

size_t
tcp_peek(struct sock *sock, void *bytes, size_t len)
{
	struct tcp_sock *ts = tcp_of(sock);
	size_t done = 0, piece;

	if (!ts)
		return 0;
	for (struct skb *skb = ts->rcvq.first; skb && done < len;
	     skb = skb->next) {
		piece = min_of(len - done, (size_t)skb->len);
		skb_copy_out(skb, 0, (uint8_t *)bytes + done, piece);
		done += piece;
	}
	return done;
}

size_t
tcp_read(struct sock *sock, void *bytes, size_t len)
{
	struct tcp_sock *ts = tcp_of(sock);
	size_t done = 0, piece;
	struct skb *skb;

	while (ts && done < len && (skb = ts->rcvq.first)) {
		uint32_t before = seg_buffers(skb);

		piece = min_of(len - done, (size_t)skb->len);
		skb_copy_out(skb, 0, (uint8_t *)bytes + done, piece);
		done += piece;
		if (piece == skb->len) {
			table_of(ts)->buffers -= before;
			skb_consume(skb_queue_pop(&ts->rcvq));
			continue;
		}
		skb_advance(skb, piece);
		ts->rcvq.len -= (uint32_t)piece;
		table_of(ts)->buffers -= before - seg_buffers(skb);
	}
	if (done)
		tcp_was_read(ts);
	return done;
}

size_t
tcp_readable_len(const struct sock *sock)
{
	const struct tcp_sock *ts = tcp_of(sock);

	return ts ? ts->rcvq.len : 0;
}

bool
tcp_fin_received(const struct sock *sock)
{
	const struct tcp_conn *conn = conn_of_const(sock);

	return (conn->ts ? conn->ts->flags : conn->rest.flags) & SOCK_FIN_RCVD;
}

bool
tcp_eof(const struct sock *sock)
{
	const struct tcp_conn *conn = conn_of_const(sock);
	const struct tcp_sock *ts = conn->ts;

	if (!ts)
		return (conn->rest.flags & SOCK_FIN_RCVD) ||
		       conn->rest.state == TCP_CLOSED;
	return !ts->rcvq.count &&
	       ((ts->flags & SOCK_FIN_RCVD) || ts->state == TCP_CLOSED);
}

uint32_t
tcp_urgent_len(const struct sock *sock)
{
	const struct tcp_sock *ts = tcp_of(sock);
	uint32_t read;

	if (!ts)
		return 0;
	read = ts->rcv_nxt - ts->rcvq.len;
	if (ts->flags & SOCK_FIN_RCVD)
		read--;
	if (!(ts->flags & SOCK_URG_RCVD) || seq_le(ts->rcv_up, read))
		return 0;
	return ts->rcv_up - read;
}

/* ---- options ----------------------------------------------------------- */

static void
set_flag(struct tcp_sock *ts, uint64_t flag, uint32_t value)
{
	if (value)
		ts->flags |= flag;
	else
		ts->flags &= ~flag;
	tcp_mark(ts);
}

#define SECONDS_MAX 32767u /* as Linux has it */

static enum status
set_seconds(struct tcp_sock *ts, uint32_t *where, uint32_t value)
{
	if (value < 1 || value > SECONDS_MAX)
		return ERR_RANGE;
	*where = value;
	if (ts->flags & SOCK_KEEPALIVE)
		tcp_keep_arm(ts);
	return OK;
}

static enum status
set_buffer(struct tcp_sock *ts, uint64_t flag, uint32_t *where, uint32_t value)
{
	if (value < 256 || value > 1u << 30)
		return ERR_RANGE;
	*where = value;
	ts->flags |= flag;
	return OK;
}

enum status
tcp_set_option(struct sock *sock, enum tcp_option_name name, uint32_t value)
{
	struct tcp_sock *ts = tcp_wake(sock);

	if (!ts)
		return ERR_NOMEM;
	switch (name) {
	case TCP_OPT_NODELAY:
		/* What is queued goes now, held or corked, as on Linux. */
		if (value && ts->send_head) {
			ts->flags |= SOCK_FLUSH;
			ts->flush_seq = ts->snd_end;
		}
		set_flag(ts, SOCK_NODELAY, value);
		return OK;
	case TCP_OPT_CORK: set_flag(ts, SOCK_CORK, value); return OK;
	case TCP_OPT_LINGER_RST:
		set_flag(ts, SOCK_LINGER_RST, value);
		return OK;
	case TCP_OPT_KEEPALIVE:
		set_flag(ts, SOCK_KEEPALIVE, value);
		if (tcp_is_synchronized(ts))
			tcp_keep_arm(ts);
		return OK;
	case TCP_OPT_KEEPIDLE: return set_seconds(ts, &ts->keep_idle_s, value);
	case TCP_OPT_KEEPINTVL:
		return set_seconds(ts, &ts->keep_intvl_s, value);
	case TCP_OPT_KEEPCNT:
		if (value < 1 || value > 127)
			return ERR_RANGE;
		ts->keep_max = value;
		return OK;
	case TCP_OPT_USER_TIMEOUT: ts->user_timeout_ms = value; return OK;
	case TCP_OPT_MAXSEG:
		if (value < 88 || value > 32767)
			return ERR_RANGE;
		ts->user_mss = (uint16_t)value;
		return OK;
	case TCP_OPT_SNDBUF:
		return set_buffer(ts, SOCK_SNDBUF_SET, &ts->sndbuf, value);
	case TCP_OPT_RCVBUF:
		return set_buffer(ts, SOCK_RCVBUF_SET, &ts->rcvbuf, value);
	}
	return ERR_INVAL;
}

enum status
tcp_set_congestion(struct sock *sock, const char *name)
{
	const struct tcp_cc *cc = tcp_cc_find(name);
	struct tcp_sock *ts;

	if (!cc)
		return ERR_NOENT;
	ts = tcp_wake(sock);
	if (!ts)
		return ERR_NOMEM;
	ts->cc = cc;
	memset(&ts->cc_state, 0, sizeof(struct tcp_cc_state));
	return OK;
}

/* ---- STATUS ------------------------------------------------------------ */

enum tcp_state
tcp_state(const struct sock *sock)
{
	const struct tcp_conn *conn = conn_of_const(sock);

	return conn->ts ? conn->ts->state : conn->rest.state;
}

const char *
tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTAB",
		[TCP_SYN_SENT] = "SYN-SENT",
		[TCP_SYN_RECEIVED] = "SYN-RECV",
		[TCP_FIN_WAIT_1] = "FIN-WAIT-1",
		[TCP_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCP_TIME_WAIT] = "TIME-WAIT",
		[TCP_CLOSED] = "UNCONN",
		[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_LAST_ACK] = "LAST-ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
	};

	return names[state];
}

void
tcp_get_info(const struct sock *sock, struct tcp_info *info)
{
	struct tcp_sock copy, *ts = &copy;
	uint32_t fin;

	tcp_look(sock, &copy);
	fin = !!(ts->flags & SOCK_FIN_SENT);
	*info = (struct tcp_info){
		.state = ts->state,
		.congestion = ts->cc->name,
		.timestamps = ts->flags & SOCK_TS,
		.sack = ts->flags & SOCK_SACK,
		.ecn = ts->flags & SOCK_ECN,
		.wscale_ok = ts->flags & SOCK_WSCALE,
		.snd_wscale = ts->snd_wscale,
		.rcv_wscale = ts->rcv_wscale,
		.backoff = ts->backoff,
		.retries = ts->retries,
		.ca_state = ts->ca == CA_OPEN ? 0 : (uint8_t)(ts->ca + 1),
		.rto_us = ts->rto_us,
		.srtt_us = ts->srtt_us,
		.rttvar_us = ts->rttvar_us,
		.min_rtt_us = ts->min_rtt_us,
		.ato_us = table_of(ts)->param.tcp_delack_min * 1000,
		.mss = ts->mss,
		.rcv_mss = ts->rcv_mss,
		.pmtu = ts->pmtu,
		.advmss = ts->advmss,
		.cwnd = ts->cwnd,
		.ssthresh = ts->ssthresh,
		.snd_wnd = ts->snd_wnd,
		.rcv_wnd = ts->rcv_wnd,
		.unacked_len = ts->snd_nxt - ts->snd_una,
		.unsent_len = ts->snd_end - (ts->snd_nxt - fin),
		.sacked_len = ts->sacked_len,
		.lost_len = ts->lost_len,
		.rexmit_len = ts->rexmit_len,
		.recv_q_len = ts->rcvq.len,
		.send_q_len = ts->send_len,
		.bytes_sent = ts->tx_bytes,
		.bytes_received = ts->rx_bytes,
		.bytes_retrans = ts->bytes_retrans,
		.bytes_acked = ts->snd_una - ts->iss,
		.pacing_rate = tcp_pacing_rate(ts),
		.delivery_rate = ts->delivery_rate,
		.segs_out = ts->segs_out,
		.segs_in = ts->segs_in,
		.timer = ts->rtx == RTX_PERSIST ? "persist"
			 : ts->rtx != RTX_NONE	? "on"
			 : ts->keep_ns		? "keepalive"
						: "",
		.timer_due_ns = ts->rtx != RTX_NONE ? ts->rtx_ns : ts->keep_ns,
		.sndbuf = ts->sndbuf,
		.rcvbuf = ts->rcvbuf,
		.ooo_len = ts->ooo_len,
		.reordering = tcp_dupthresh(ts),
		.backlog = ts->backlog,
		.half_open = ts->half_open,
		.keep_count = ts->keep_count,
		.last_send_ns = ts->last_send_ns,
		.last_rcv_ns = ts->last_rcv_ns,
		.send_shut = ts->flags & SOCK_FIN_QUEUED,
		.recv_shut = ts->flags & SOCK_FIN_RCVD,
	};
}
