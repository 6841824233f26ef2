/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections at rest. Of a connection on which nothing is under way, nothing
 * queued, in flight or waited for, struct tcp_conn's 256 bytes say all there is
 * to know. One that is awake has a struct tcp_sock besides, from a smaller
 * pool. Whoever needs one when that is dry takes it from a connection that
 * could rest; so a busy connection never pays for falling asleep, and idle ones
 * cost little. When all are busy there is none: who asked gives it a name.
 */

#include "net/tcp/internal.h"

#define SEARCH_MAX                                                             \
	256u /* awake connections looked at for one that could rest
			 */
#define RETRY_NS 200000000ull

/* What a flag says of a flight, which ends with it. */
#define OF_A_FLIGHT                                                            \
	(SOCK_TLP_REXMIT | SOCK_TLP_OUT | SOCK_CWND_FULL | SOCK_RTO_UNDO |     \
	 SOCK_DSACK | SOCK_URG_RCVD | SOCK_FRTO_AGAIN | SOCK_FRTO_NEW)

/* Something is going on, or the application is to be told of something. */
#define BUSY                                                                   \
	(SOCK_DIRTY | SOCK_ACK_NOW | SOCK_ACK_LATER | SOCK_WANT_ROOM |         \
	 SOCK_URG_SEND | SOCK_PMTU | SOCK_FIN_LOST)

static bool
state_rests(const struct tcp_sock *ts)
{
	bool fin_pending =
		(ts->flags & (SOCK_FIN_SEEN | SOCK_FIN_RCVD)) == SOCK_FIN_SEEN;
	bool urgent =
		(ts->flags & SOCK_URG_RCVD) && seq_lt(ts->rcv_nxt, ts->rcv_up);

	if (fin_pending || urgent)
		return false;
	return ts->state == TCP_ESTABLISHED || ts->state == TCP_CLOSE_WAIT ||
	       (ts->state == TCP_FIN_WAIT_2 && !(ts->flags & SOCK_ORPHAN));
}

static bool
could_rest(const struct tcp_sock *ts)
{
	return state_rests(ts) && !(ts->flags & BUSY) && !ts->events &&
	       !ts->first && ts->snd_una == ts->snd_nxt && !ts->rcvq.count &&
	       !ts->ooo && ts->rtx == RTX_NONE && ts->ca == CA_OPEN &&
	       !ts->keep_count && !ts->pmtu_ns && !ts->search_low &&
	       !ts->soft_error;
}

/* ---- both ways --------------------------------------------------------- */

static void
pack(struct tcp_rest *rest, const struct tcp_sock *ts)
{
	*rest = (struct tcp_rest){
		.flags = ts->flags & ~OF_A_FLIGHT,
		.tx_bytes = ts->tx_bytes,
		.rx_bytes = ts->rx_bytes,
		.bytes_retrans = ts->bytes_retrans,
		.last_send_ns = ts->last_send_ns,
		.last_rcv_ns = ts->last_rcv_ns,
		.segs_in = ts->segs_in,
		.segs_out = ts->segs_out,
		.iss = ts->iss,
		.snd_una = ts->snd_una,
		.snd_wnd = ts->snd_wnd,
		.max_snd_wnd = ts->max_snd_wnd,
		.rcv_nxt = ts->rcv_nxt,
		.rcv_wnd = ts->rcv_wnd,
		.ts_recent = ts->ts_recent,
		.srtt_us = ts->srtt_us,
		.rttvar_us = ts->rttvar_us,
		.min_rtt_us = ts->min_rtt_us,
		.cwnd = ts->cwnd,
		.ssthresh = ts->ssthresh,
		.sndbuf = ts->sndbuf,
		.rcvbuf = ts->rcvbuf,
		.user_timeout_ms = ts->user_timeout_ms,
		.advmss = ts->advmss,
		.peer_mss = ts->peer_mss,
		.rcv_mss = ts->rcv_mss,
		.pmtu = ts->pmtu,
		.user_mss = ts->user_mss,
		.keep_idle_s = (uint16_t)ts->keep_idle_s,
		.keep_intvl_s = (uint16_t)ts->keep_intvl_s,
		.keep_max = (uint8_t)ts->keep_max,
		.state = ts->state,
		.snd_wscale = ts->snd_wscale & 0xf,
		.rcv_wscale = ts->rcv_wscale & 0xf,
		.cc = tcp_cc_index(ts->cc),
	};
}

/* Afterwards the numbers are those of a connection without anything under
 * way. */
static void
unpack(struct tcp_conn *conn, struct tcp_sock *ts)
{
	const struct tcp_rest *rest = &conn->rest;

	*ts = (struct tcp_sock){
		.sock = &conn->sock,
		.flags = rest->flags,
		.tx_bytes = rest->tx_bytes,
		.rx_bytes = rest->rx_bytes,
		.bytes_retrans = rest->bytes_retrans,
		.last_send_ns = rest->last_send_ns,
		.last_rcv_ns = rest->last_rcv_ns,
		.segs_in = rest->segs_in,
		.segs_out = rest->segs_out,
		.iss = rest->iss,
		.snd_una = rest->snd_una,
		.snd_nxt = rest->snd_una,
		.snd_end = rest->snd_una - !!(rest->flags & SOCK_FIN_SENT),
		.snd_wnd = rest->snd_wnd,
		.max_snd_wnd = rest->max_snd_wnd,
		/* Older segments have nothing to say of the window, this one
		 * and later ones have. */
		.snd_wl1 = rest->rcv_nxt,
		.snd_wl2 = rest->snd_una,
		.rcv_nxt = rest->rcv_nxt,
		.last_ack_sent = rest->rcv_nxt,
		.read_seq = rest->rcv_nxt,
		.read_us = (uint32_t)(conn->sock.net->now_ns / 1000),
		.rcv_wnd = rest->rcv_wnd,
		.ts_recent = rest->ts_recent,
		.srtt_us = rest->srtt_us,
		.rttvar_us = rest->rttvar_us,
		.min_rtt_us = rest->min_rtt_us,
		.cwnd = rest->cwnd,
		.ssthresh = rest->ssthresh,
		.sndbuf = rest->sndbuf,
		.rcvbuf = rest->rcvbuf,
		.user_timeout_ms = rest->user_timeout_ms,
		.advmss = rest->advmss,
		.peer_mss = rest->peer_mss,
		.rcv_mss = rest->rcv_mss,
		.pmtu = rest->pmtu,
		.user_mss = rest->user_mss,
		.keep_idle_s = rest->keep_idle_s,
		.keep_intvl_s = rest->keep_intvl_s,
		.keep_max = rest->keep_max,
		.state = rest->state,
		.snd_wscale = rest->snd_wscale,
		.rcv_wscale = rest->rcv_wscale,
		.cc = tcp_cc_at(rest->cc),
		.error = rest->error,
		.recover = rest->snd_una - 1,
		.rack_fack = rest->snd_una,
		.reo_round = rest->snd_una,
		.reo_mult = 1,
		.cwnd_most = CWND_MAX,
		.ts_offset = tcp_ts_offset(conn->sock.net, &conn->sock.local,
					   &conn->sock.remote),
	};
	tcp_sync_mss(ts);
	tcp_rto_update(ts);
}

void
tcp_look(const struct sock *sock, struct tcp_sock *copy)
{
	const struct tcp_conn *conn = conn_of_const(sock);

	if (conn->ts) {
		*copy = *conn->ts;
		return;
	}
	unpack((struct tcp_conn *)conn, copy);
	copy->keep_ns = conn->timer.armed ? conn->timer.due_ns : 0;
}

/* ---- falling asleep, waking up ----------------------------------------- */

static void
fall_asleep(struct tcp_sock *ts)
{
	struct timer_wheel *wheel = &net_this_core(ts->sock->net)->timers;
	struct tcp_conn *conn = conn_of(ts->sock);

	timer_cancel(wheel, &ts->timer);
	if (ts->keep_ns)
		timer_arm(wheel, &conn->timer, ts->keep_ns);
	pack(&conn->rest, ts);
	conn->ts = NULL;
}

/* One from a connection that could rest; NULL: none nearby. All are in use. */
static struct tcp_sock *
find_one(struct tcp_table *tcp)
{
	uint32_t total = tcp->awake_pool.total_count;
	struct tcp_sock *ts;

	for (uint32_t i = min_of(total, SEARCH_MAX); i > 0; i--) {
		tcp->hand = tcp->hand + 1 < total ? tcp->hand + 1 : 0;
		ts = pool_at(&tcp->awake_pool, tcp->hand);
		if (ts != tcp->served && could_rest(ts))
			return ts;
	}
	return NULL;
}

static struct tcp_sock *
take_one(struct tcp_table *tcp)
{
	struct tcp_sock *ts = find_one(tcp);

	if (ts)
		fall_asleep(ts);
	return ts;
}

/* The hand is put back after the dry run. */
bool
tcp_think_awake(struct tcp_table *tcp)
{
	return tcp->awake_pool.free || find_one(tcp);
}

struct tcp_sock *
tcp_awake_get(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;
	struct tcp_sock *ts = pool_get(&tcp->awake_pool);

	if (likely(ts != NULL) ||
	    tcp->awake_pool.used_count < tcp->awake_pool.total_count)
		return ts;
	ts = take_one(tcp);
	/* Who is ended leaves with the next flush, for who asks again. */
	if (!ts && tcp_relieve(net, NULL))
		ts = take_one(tcp);
	return ts;
}

struct tcp_sock *
tcp_wake_up(struct sock *sock)
{
	struct tcp_conn *conn = conn_of(sock);
	struct tcp_table *tcp = &sock->net->tcp;
	struct tcp_sock *ts;

	if (conn->rest.state == TCP_CLOSED)
		return NULL;
	ts = tcp_awake_get(sock->net);
	if (!ts) {
		tcp->stats.tcp_memory_pressures++;
		return NULL;
	}
	unpack(conn, ts);
	if (unlikely(ts->flags & SOCK_METRICS))
		tcp_metrics_wake(ts);
	timer_init(&ts->timer, tcp_timer_fired);
	if (conn->timer.armed) {
		if (ts->flags & SOCK_KEEPALIVE)
			ts->keep_ns = conn->timer.due_ns;
		timer_cancel(&net_this_core(sock->net)->timers, &conn->timer);
		tcp_timer_update(ts);
	}
	conn->ts = ts;
	return ts;
}

/* Keep-alive of a connection at rest, or its application waits for room. */
static void
rest_timer(struct timer *timer, uint64_t now_ns)
{
	struct tcp_conn *conn = container_of(timer, struct tcp_conn, timer);
	struct tcp_sock *ts = tcp_wake(&conn->sock);

	if (!ts) {
		timer_arm(&net_this_core(conn->sock.net)->timers, timer,
			  now_ns + RETRY_NS);
		return;
	}
	if (ts->flags & SOCK_WANT_ROOM) {
		ts->flags &= ~SOCK_WANT_ROOM;
		tcp_event(ts, EVENT_WRITABLE);
	}
	if (ts->flags & SOCK_KEEPALIVE)
		ts->keep_ns = now_ns;
	tcp_timer_fired(&ts->timer, now_ns);
}

void
tcp_rest_init(struct tcp_conn *conn)
{
	timer_init(&conn->timer, rest_timer);
}

/* No memory to wake it for what its application wants to send: later. */
void
tcp_want_room_at_rest(struct sock *sock)
{
	struct tcp_conn *conn = conn_of(sock);
	struct timer_wheel *wheel = &net_this_core(sock->net)->timers;

	conn->rest.flags |= SOCK_WANT_ROOM;
	if (!conn->timer.armed ||
	    conn->timer.due_ns > sock->net->now_ns + RETRY_NS)
		timer_arm(wheel, &conn->timer, sock->net->now_ns + RETRY_NS);
}

/* ---- ending at rest ---------------------------------------------------- */

static void
send_rst(struct tcp_conn *conn)
{
	const struct sock *sock = &conn->sock;
	const struct ipv4_out how = {
		.src = sock->local.addr,
		.dst = sock->remote.addr,
		.proto = IPPROTO_TCP,
		.ttl = sock->ttl,
		.dont_fragment = true,
	};
	struct tcp h = {
		.sport = sock->local.port,
		.dport = sock->remote.port,
		.seq = conn->rest.snd_una,
		.ack = conn->rest.rcv_nxt,
		.flags = TCP_RST | TCP_ACK,
	};

	tcp_emit_segment(sock->net, &h, NULL, 0, &how);
}

void
tcp_end_at_rest(struct sock *sock, enum status why, bool tell)
{
	struct tcp_conn *conn = conn_of(sock);
	struct tcp_table *tcp = &sock->net->tcp;

	if (!tell)
		conn->rest.flags |= SOCK_ORPHAN;
	if (conn->rest.state == TCP_CLOSED)
		return;
	if (why == ERR_RESET)
		send_rst(conn);
	if (conn->rest.flags & SOCK_LISTED)
		tcp->established_count--;
	if (conn->rest.flags & SOCK_STRANGER)
		tcp_stranger_goes(sock->net, &conn->rest.flags);
	conn->rest.state = TCP_CLOSED;
	conn->rest.error = (uint8_t)why;
	timer_cancel(&net_this_core(sock->net)->timers, &conn->timer);
	tcp_hash_remove(sock);
	list_add_last(&tcp->ended, &sock->hash_link);
}

void
tcp_flush_ended(struct tcp_table *tcp)
{
	struct tcp_conn *conn;

	while (!list_empty(&tcp->ended)) {
		conn = list_entry(tcp->ended.next, struct tcp_conn,
				  sock.hash_link);
		if (!(conn->rest.flags & SOCK_ORPHAN) && conn->sock.ops->closed)
			conn->sock.ops->closed(&conn->sock, conn->rest.error);
		list_remove(&conn->sock.hash_link);
		pool_put(&tcp->pool, conn);
	}
}

void
tcp_rest_check(const struct tcp_conn *conn)
{
	const struct tcp_rest *rest = &conn->rest;

	assert(rest->state == TCP_ESTABLISHED ||
	       rest->state == TCP_CLOSE_WAIT || rest->state == TCP_FIN_WAIT_2);
	assert(!(rest->flags & (OF_A_FLIGHT | SOCK_DIRTY | SOCK_ORPHAN)));
}
