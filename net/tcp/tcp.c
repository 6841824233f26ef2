/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP of one stack coming up and going down, and the life of its socks: marked,
 * served by tcp_flush(), told of their end, given back. State: net->tcp.
 */

#include "net/tcp/tcp.h"

#include "net/tcp/internal.h"

/* ---- defaults ---------------------------------------------------------- */

static const struct tcp_param defaults = {
	.tcp_challenge_ack_limit = INT32_MAX,
	.tcp_ecn = 2,
	.tcp_fin_timeout = 60,
	.tcp_invalid_ratelimit = 500,
	.tcp_keepalive_intvl = 75,
	.tcp_keepalive_probes = 9,
	.tcp_keepalive_time = 7200,
	.tcp_max_syn_backlog = 256,
	.tcp_min_snd_mss = 48,
	.tcp_retries1 = 3,
	.tcp_retries2 = 15,
	.tcp_rto_max_ms = 120000,
	.tcp_rto_min_us = 200000,
	.tcp_sack = 1,
	.tcp_slow_start_after_idle = 1,
	/* Linux's 6 gives up after 127 s; a SYN must be repeated for at least
	 * three minutes. [RFC9293 3.8.3 MUST-23] */
	.tcp_syn_retries = 7,
	.tcp_synack_retries = 5,
	.tcp_syncookies = 1,
	.tcp_timestamps = 1,
	.tcp_tw_reuse = 2,
	.tcp_window_scaling = 1,
	.tcp_dsack = 1,
	.tcp_early_retrans = 3,
	.tcp_frto = 2,
	.tcp_mtu_probing = 1,
	.tcp_base_mss = 1024,
	.tcp_delack_min = 40,
	.tcp_stall_abort = 5,
	.tcp_silent_abort = 3,
	.tcp_idle_abort = 60,
	.tcp_rmem = { 4096, 131072, 6291456 },
	.tcp_wmem = { 4096, 16384, 4194304 },
	.tcp_congestion_control = &tcp_cc_cubic,
	.somaxconn = 4096,
};

enum status
tcp_init(struct net *net, uint32_t sock_count_max, uint32_t awake_count_max)
{
	struct tcp_table *tcp = &net->tcp;
	enum status status;

	tcp->param = defaults;
	/* The rest is for packets on their way. */
	tcp->param.tcp_buffers_max =
		net_this_core(net)->skb_pool.total_count / 2;
	tcp->isn_key.k[0] = random_u64(&net->random);
	tcp->isn_key.k[1] = random_u64(&net->random);
	tcp->cookie_key.k[0] = random_u64(&net->random);
	tcp->cookie_key.k[1] = random_u64(&net->random);
	tcp->dirty_last = &tcp->dirty_first;
	list_init(&tcp->listeners);
	list_init(&tcp->ended);
	status = pool_init(&tcp->pool, net->pages, "tcp",
			   sizeof(struct tcp_conn), CACHE_LINE, sock_count_max);
	if (status != OK)
		return status;
	status =
		pool_init(&tcp->awake_pool, net->pages, "tcp_awake",
			  sizeof(struct tcp_sock), CACHE_LINE, awake_count_max);
	if (status != OK)
		goto undo_pool;
	status = tcp_table_init(net, sock_count_max);
	if (status != OK)
		goto undo_awake;
	tcp->param.tcp_max_tw_buckets = tcp->tw_pool.total_count;
	tcp_timewait_init(net);
	tcp_crowd_init(tcp);
	return OK;

undo_awake:
	pool_fini(&tcp->awake_pool);
undo_pool:
	pool_fini(&tcp->pool);
	return status;
}

/* ---- a sock's life ----------------------------------------------------- */

struct tcp_sock *
tcp_sock_new(struct net *net)
{
	struct tcp_conn *conn = pool_get(&net->tcp.pool);
	const struct tcp_param *param = &net->tcp.param;
	struct tcp_sock *ts;

	if (!conn)
		return NULL;
	ts = tcp_awake_get(net);
	if (!ts) {
		pool_put(&net->tcp.pool, conn);
		return NULL;
	}
	memset(conn, 0, sizeof(*conn));
	memset(ts, 0, sizeof(*ts));
	tcp_rest_init(conn);
	conn->ts = ts;
	conn->sock.net = net;
	conn->sock.proto = IPPROTO_TCP;
	list_init(&conn->sock.hash_link);
	ts->sock = &conn->sock;
	timer_init(&ts->timer, tcp_timer_fired);
	skb_queue_init(&ts->rcvq);
	ts->state = TCP_CLOSED;
	ts->cc = param->tcp_congestion_control;
	ts->rto_us = 1000000; /* [RFC6298 2.1] */
	ts->ssthresh = UINT32_MAX;
	ts->sndbuf = param->tcp_wmem[1];
	ts->rcvbuf = param->tcp_rmem[1];
	ts->keep_idle_s = param->tcp_keepalive_time;
	ts->keep_intvl_s = param->tcp_keepalive_intvl;
	ts->keep_max = param->tcp_keepalive_probes;
	ts->mss = ts->peer_mss = 536; /* [RFC9293 3.7.1 MUST-15] */
	ts->last_rcv_ns = ts->last_send_ns = net->now_ns;
	return ts;
}

void
tcp_mark_now(struct tcp_sock *ts)
{
	struct tcp_table *tcp = table_of(ts);

	ts->flags |= SOCK_DIRTY;
	ts->dirty_next = NULL;
	*tcp->dirty_last = ts;
	tcp->dirty_last = &ts->dirty_next;
	tcp->dirty_count++;
}

void
tcp_set_state(struct tcp_sock *ts, enum tcp_state state)
{
	struct tcp_table *tcp = table_of(ts);
	bool listed = state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;

	/* CurrEstab counts these two states. */
	if (listed && !(ts->flags & SOCK_LISTED)) {
		ts->flags |= SOCK_LISTED;
		tcp->established_count++;
	} else if (!listed && (ts->flags & SOCK_LISTED)) {
		ts->flags &= ~SOCK_LISTED;
		tcp->established_count--;
	}
	if (ts->state == TCP_SYN_RECEIVED && state != TCP_SYN_RECEIVED &&
	    ts->listener) {
		ts->listener->half_open--;
		tcp->half_open_count--;
		if (state == TCP_CLOSED)
			ts->listener = NULL;
	}
	/* What is in TIME-WAIT lives on without its sock. */
	if (ts->state != state && ts->state != TCP_TIME_WAIT)
		tcp_note(ts, TCP_TRACE_STATE, ts->state, state);
	ts->state = (uint8_t)state;
}

void
tcp_done(struct tcp_sock *ts, enum status why)
{
	struct net *net = ts->sock->net;

	if (ts->state == TCP_CLOSED)
		return;
	if (ts->state == TCP_SYN_SENT || ts->state == TCP_SYN_RECEIVED)
		net->tcp.stats.attempt_fails++;
	/* Nobody has heard of a passive connection that never came to be. */
	if (ts->state == TCP_SYN_RECEIVED && (ts->flags & SOCK_PASSIVE) &&
	    !(ts->flags & SOCK_ORPHAN)) {
		ts->flags |= SOCK_ORPHAN;
		net->tcp.orphan_count++;
	}
	tcp_set_state(ts, TCP_CLOSED);
	if (ts->flags & SOCK_STRANGER)
		tcp_stranger_goes(net, &ts->flags);
	tcp_hash_remove(ts->sock);
	timer_cancel(&net_this_core(net)->timers, &ts->timer);
	tcp_purge_send(ts);
	if (why != OK || (ts->flags & SOCK_ORPHAN))
		tcp_purge_receive(ts);
	ts->error = (uint8_t)why;
	tcp_event(ts, EVENT_CLOSED);
}

static void
release(struct tcp_sock *ts)
{
	struct tcp_table *tcp = table_of(ts);

	assert(list_empty(&ts->sock->hash_link) && !ts->timer.armed);
	assert(!ts->rcvq.count && !ts->ooo && !ts->first);
	if (ts->flags & SOCK_ORPHAN)
		tcp->orphan_count--;
	pool_put(&tcp->pool, conn_of(ts->sock));
	pool_put(&tcp->awake_pool, ts);
}

/* ---- callbacks --------------------------------------------------------- */

/* One of the callbacks that are due; they may change everything, so the rest is
 * looked at anew. */
static void
call_one(struct tcp_sock *ts)
{
	const struct sock_ops *ops = ts->sock->ops;
	uint8_t event = (uint8_t)(ts->events & -ts->events);

	ts->events ^= event;
	switch (event) {
	case EVENT_ESTABLISHED:
		if (ops->established)
			ops->established(ts->sock);
		return;
	case EVENT_READABLE:
		if (ops->readable)
			ops->readable(ts->sock);
		return;
	case EVENT_WRITABLE:
		if (ops->writable)
			ops->writable(ts->sock);
		return;
	case EVENT_URGENT:
		if (ops->urgent)
			ops->urgent(ts->sock);
		return;
	case EVENT_ERROR:
		if (ops->error)
			ops->error(ts->sock, ts->soft_error);
		return;
	default: return;
	}
}

/* What arrived in order before an orderly end can still be read. */
static bool
closed_is_due(const struct tcp_sock *ts)
{
	return (ts->events & EVENT_CLOSED) && !(ts->flags & SOCK_ORPHAN) &&
	       (ts->error != OK || !ts->rcvq.count);
}

/* Is there more to be done, now that it was served? */
static bool
is_due(const struct tcp_sock *ts)
{
	return (ts->events & ~EVENT_CLOSED) || closed_is_due(ts) ||
	       (ts->flags & (SOCK_PMTU | SOCK_ACK_NOW));
}

static void
call_application(struct tcp_sock *ts)
{
	/* Nobody is there to be told, and none of it may keep us awake. */
	if (unlikely(ts->flags & SOCK_ORPHAN))
		ts->events &= EVENT_CLOSED;
	while ((ts->events & ~EVENT_CLOSED) && !(ts->flags & SOCK_ORPHAN))
		call_one(ts);
	if (likely(!ts->events) || !closed_is_due(ts))
		return;
	ts->events = 0;
	if (ts->sock->ops->closed)
		ts->sock->ops->closed(ts->sock, ts->error);
	if (ts->flags & SOCK_ORPHAN)
		return;
	ts->flags |= SOCK_ORPHAN;
	table_of(ts)->orphan_count++;
	tcp_purge_receive(ts);
}

/*
 * It counts as marked until all is done, so that what the application and
 * tcp_output() do to it does not have it served a second time; what they left
 * to be done is looked for at the end.
 */
static void
serve(struct tcp_sock *ts)
{
	if (ts->events)
		call_application(ts);
	if (unlikely(ts->flags & SOCK_PMTU))
		tcp_apply_pmtu(ts);
	if (likely(ts->state != TCP_CLOSED))
		tcp_output(ts);
	ts->flags &= ~SOCK_DIRTY;
	if (unlikely(ts->state == TCP_CLOSED && (ts->flags & SOCK_ORPHAN))) {
		tcp_purge_receive(ts);
		return release(ts);
	}
	if (likely(ts->state != TCP_CLOSED && ts->state != TCP_LISTEN))
		tcp_timer_update(ts);
	if (unlikely(ts->events || (ts->flags & (SOCK_PMTU | SOCK_ACK_NOW))) &&
	    is_due(ts))
		tcp_mark(ts);
}

bool
tcp_flush(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;
	struct tcp_sock *ts;

	for (uint32_t left = tcp->dirty_count; left > 0; left--) {
		ts = tcp->dirty_first;
		tcp->dirty_first = ts->dirty_next;
		if (!tcp->dirty_first)
			tcp->dirty_last = &tcp->dirty_first;
		tcp->dirty_count--;
		tcp->served = ts;
		serve(ts);
	}
	tcp->served = NULL;
	if (unlikely(!list_empty(&tcp->ended)))
		tcp_flush_ended(tcp);
	return tcp_pending(tcp);
}

/* ---- going down, and the books ----------------------------------------- */

static void
orphan_and_end(void *ctx, struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	if (!ts)
		return tcp_end_at_rest(sock, OK, false);
	if (!(ts->flags & SOCK_ORPHAN)) {
		ts->flags |= SOCK_ORPHAN;
		table_of(ts)->orphan_count++;
	}
	tcp_done(ts, ERR_RESET);
}

void
tcp_fini(struct net *net)
{
	tcp_for_each(net, orphan_and_end, NULL);
	/* Those that were closed already are marked, or hold unread data of an
	 * application that is gone. */
	while (tcp_flush(net))
		continue;
	timer_cancel(&net_this_core(net)->timers, &net->tcp.crowd_timer);
	tcp_timewait_fini(net);
	tcp_table_fini(net);
	pool_fini(&net->tcp.awake_pool);
	pool_fini(&net->tcp.pool);
}

static void
abort_connection(void *ctx, struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	if (!ts)
		return tcp_end_at_rest(sock, ERR_RESET, true);
	if (ts->state == TCP_LISTEN)
		return;
	tcp_send_rst(ts);
	tcp_done(ts, ERR_RESET);
}

void
tcp_reset_all(struct net *net)
{
	tcp_for_each(net, abort_connection, NULL);
	tcp_timewait_fini(net);
	tcp_timewait_init(net);
	net->tcp.challenge_ns = net->tcp.challenge_left = 0;
}

/* Buffers in queues. */
struct held {
	uint32_t all, to_send;
};

static void
check_send_queue(struct tcp_sock *ts, struct held *held)
{
	uint32_t len = 0, count = 0, sacked = 0, lost = 0, rexmit = 0;
	uint32_t seq = ts->first ? seg_of(ts->first)->seq : 0;
	bool sent = true;

	for (struct skb *skb = ts->first; skb; skb = skb->next) {
		const struct tcp_seg *seg = seg_of(skb);

		if (skb == ts->send_head)
			sent = false;
		assert(seg->seq == seq && skb->len > 0);
		assert(sent || !seg->sends);
		assert(!(seg->flags & SEG_SACKED) || !(seg->flags & SEG_LOST));
		seq += skb->len;
		len += skb->len;
		count += seg_buffers(skb);
		sacked += seg->flags & SEG_SACKED ? skb->len : 0;
		lost += seg->flags & SEG_LOST ? skb->len : 0;
		rexmit += seg->flags & SEG_REXMIT ? skb->len : 0;
	}
	assert(!ts->first || seq == ts->snd_end);
	assert(len == ts->send_len && count == ts->send_count);
	if (ts->flags & SOCK_SACK)
		assert(sacked == ts->sacked_len);
	assert(lost == ts->lost_len && rexmit == ts->rexmit_len);
	held->all += count;
	held->to_send += count;
}

static void
check_one(void *ctx, struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);
	uint32_t count = 0, len = 0, end;
	struct held *held = ctx;

	assert(sock->proto == IPPROTO_TCP && !list_empty(&sock->hash_link));
	if (!ts)
		return tcp_rest_check(conn_of(sock));
	assert(ts->sock == sock && ts->state != TCP_CLOSED);
	if (ts->state == TCP_LISTEN)
		return;
	assert(seq_le(ts->snd_una, ts->snd_nxt));
	end = ts->rcv_nxt;
	check_send_queue(ts, held);
	tcp_timer_check(ts);
	for (struct skb *skb = ts->ooo; skb; skb = skb->next) {
		assert(seq_lt(end, seg_of(skb)->seq) ||
		       (skb != ts->ooo && end == seg_of(skb)->seq));
		end = seg_end(skb);
		len += skb->len;
		count += seg_buffers(skb);
	}
	assert(len == ts->ooo_len && count == ts->ooo_count);
	held->all += count;
	for (struct skb *skb = ts->rcvq.first; skb; skb = skb->next)
		held->all += seg_buffers(skb);
}

void
tcp_check(struct net *net)
{
	struct held held = { 0 };

	tcp_for_each(net, check_one, &held);
	assert(!net->tcp.found || !list_empty(&net->tcp.found->hash_link));
	/* Socks that have ended, but hold what can still be read. */
	assert(held.all <= net->tcp.buffers);
	assert(held.to_send == net->tcp.to_send);
	pool_check(&net->tcp.pool);
	pool_check(&net->tcp.awake_pool);
	tcp_timewait_check(net);
}
