/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that happens because time passes: retransmission [RFC6298], tail
 * loss probes and the wait for reordering [RFC8985], window probes [RFC9293
 * 3.8.6.1], delayed ACKs, keep-alive [RFC9293 3.8.4], and giving up [RFC9293
 * 3.8.3]. One timer a sock, at the earliest of its times; it may fire early and
 * then only sets itself anew, so that most segments do not touch the wheel.
 */

#include "net/tcp/internal.h"

#define GRANULARITY_US 1000u /* G of [RFC6298]: of timestamps */
#define MS_NS	       1000000ull
#define CROWD_RETRIES  1u /* of a SYN-ACK when the queue is full */

/* ---- the estimate ------------------------------------------------------ */

static inline void
rto_update(struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;

	if (!ts->srtt_us) { /* [RFC6298 2.1, 5.7] */
		ts->rto_us = ts->flags & SOCK_SYN_LOST ? 3000000 : 1000000;
		return;
	}
	ts->rto_us = ts->srtt_us + max_of(GRANULARITY_US, 4 * ts->rttvar_us);
	ts->rto_us = max_of(ts->rto_us, ts->rto_min_us ? ts->rto_min_us
						       : param->tcp_rto_min_us);
	ts->rto_us = min_of(ts->rto_us, param->tcp_rto_max_ms * 1000);
}

void
tcp_rto_update(struct tcp_sock *ts)
{
	rto_update(ts);
}

void
tcp_rtt_sample(struct tcp_sock *ts, uint64_t rtt_us)
{
	const struct tcp_param *param = &table_of(ts)->param;
	uint32_t r = (uint32_t)min_of(rtt_us,
				      (uint64_t)param->tcp_rto_max_ms * 1000);
	uint32_t delta;

	if (!ts->min_rtt_us || r < ts->min_rtt_us)
		ts->min_rtt_us = r;
	if (!ts->srtt_us) { /* [RFC6298 2.2] */
		ts->srtt_us = r;
		ts->rttvar_us = r / 2;
	} else { /* [RFC6298 2.3], in this order */
		delta = ts->srtt_us > r ? ts->srtt_us - r : r - ts->srtt_us;
		ts->rttvar_us +=
			(uint32_t)(((int64_t)delta - ts->rttvar_us) / 4);
		ts->srtt_us += (uint32_t)(((int64_t)r - ts->srtt_us) / 8);
	}
	ts->srtt_us = max_of(ts->srtt_us, 1u);
	rto_update(ts);
}

/* [RFC6298 5.5] */
static inline uint64_t
backed_off_ns(const struct tcp_sock *ts)
{
	uint64_t most = table_of(ts)->param.tcp_rto_max_ms * MS_NS;
	uint64_t rto_ns = (uint64_t)ts->rto_us * 1000;

	rto_ns <<= min_of(ts->backoff, (uint8_t)16);
	return min_of(rto_ns, most);
}

uint64_t
tcp_backed_off_ns(const struct tcp_sock *ts)
{
	return backed_off_ns(ts);
}

/* ---- tail loss probe [RFC8985 7] --------------------------------------- */

#define MAX_ACKDELAY_NS 200000000ull /* [RFC8985 7.2] WCDelAckT */
#define TIMER_SLACK_NS	2000000ull   /* what clocks at both ends may be off */

static inline bool
tlp_allowed(const struct tcp_sock *ts)
{
	return table_of(ts)->param.tcp_early_retrans >= 3 &&
	       (ts->flags & SOCK_SACK) && ts->ca == CA_OPEN &&
	       !ts->sacked_len && !(ts->flags & SOCK_TLP_OUT) && !ts->backoff &&
	       tcp_is_sending(ts);
}

static inline uint64_t
pto_ns_of(const struct tcp_sock *ts)
{
	uint64_t pto_ns = ts->srtt_us ? 2000ull * ts->srtt_us + TIMER_SLACK_NS
				      : 1000000000ull;

	/* One segment alone may wait for a delayed ACK. */
	if (tcp_pipe(ts) <= ts->mss)
		pto_ns += MAX_ACKDELAY_NS;
	return min_of(pto_ns, backed_off_ns(ts));
}

/* ---- arming ------------------------------------------------------------ */

static inline void
rtx_set(struct tcp_sock *ts, enum tcp_rtx what, uint64_t after_ns)
{
	ts->rtx = (uint8_t)what;
	ts->rtx_ns = now_of(ts) + after_ns;
	tcp_mark(ts);
}

/* The application was refused room although nothing is queued. */
static bool
wants_memory(const struct tcp_sock *ts)
{
	return (ts->flags & SOCK_WANT_ROOM) && !ts->send_len &&
	       ts->snd_una == ts->snd_nxt;
}

void
tcp_rtx_arm(struct tcp_sock *ts)
{
	bool outstanding = ts->snd_una != ts->snd_nxt;
	bool waiting = ts->send_head || ((ts->flags & SOCK_FIN_QUEUED) &&
					 !(ts->flags & SOCK_FIN_SENT));

	if (ts->state == TCP_SYN_SENT || ts->state == TCP_SYN_RECEIVED)
		return rtx_set(ts, RTX_RTO, backed_off_ns(ts));
	/* Data that waits for a window makes no progress, either. */
	if (waiting && !outstanding && !ts->stall_ns)
		ts->stall_ns = now_of(ts);
	/* No ACK will tell an application that was refused memory. */
	if (wants_memory(ts))
		waiting = true;
	/* With the window shut, what is in flight is not lost. [RFC9293 3.8.6
	 * SHLD-17] */
	if (outstanding && ts->snd_wnd > 0)
		return tlp_allowed(ts)
			       ? rtx_set(ts, RTX_TLP, pto_ns_of(ts))
			       : rtx_set(ts, RTX_RTO, backed_off_ns(ts));
	if (outstanding || waiting)
		return rtx_set(ts, RTX_PERSIST, backed_off_ns(ts));
	ts->rtx = RTX_NONE;
	ts->rtx_ns = 0;
}

void
tcp_keep_arm(struct tcp_sock *ts)
{
	uint64_t idle_ns = ts->keep_idle_s * (1000 * MS_NS);

	ts->keep_ns = ts->flags & SOCK_KEEPALIVE ? now_of(ts) + idle_ns : 0;
	tcp_mark(ts);
}

void
tcp_timer_arm(struct tcp_sock *ts, uint64_t due_ns)
{
	timer_arm(&net_this_core(ts->sock->net)->timers, &ts->timer, due_ns);
}

/* A timer is armed for whatever is due, and whoever waits for an answer has a
 * time at which to wait no more. */
void
tcp_timer_check(const struct tcp_sock *ts)
{
	uint64_t due_ns = tcp_due_ns(ts);

	if (ts->flags & SOCK_DIRTY)
		return;
	assert(!due_ns || (ts->timer.armed && ts->timer.due_ns <= due_ns));
	assert(ts->snd_una == ts->snd_nxt || ts->rtx_ns);
	assert((ts->rtx == RTX_NONE) == !ts->rtx_ns);
}

/* ---- giving up --------------------------------------------------------- */

static void
give_up(struct tcp_sock *ts)
{
	table_of(ts)->stats.tcp_abort_on_timeout++;
	/* Perhaps the other direction works, and spares the peer the wait. Who
	 * never proved to be there gets nothing more. */
	if (ts->state != TCP_SYN_RECEIVED)
		tcp_send_rst(ts);
	/* The last thing that was heard of the way tells more. [RFC5461] */
	tcp_done(ts,
		 ts->soft_error ? (enum status)ts->soft_error : ERR_TIMEOUT);
}

/* Did its listener's queue overflow since its SYN came? Then it is probably one
 * of a flood, and is forgotten after three seconds instead of a minute. */
static bool
was_crowded(const struct tcp_sock *ts)
{
	return ts->listener && ts->stall_ns <= ts->listener->stall_ns;
}

/* R2 [RFC9293 3.8.3 MUST-20, MUST-21] */
static bool
is_hopeless(const struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;
	uint32_t most = param->tcp_retries2;

	if (ts->state == TCP_SYN_SENT)
		most = param->tcp_syn_retries;
	else if (ts->state == TCP_SYN_RECEIVED)
		most = min_of(param->tcp_synack_retries,
			      was_crowded(ts) ? CROWD_RETRIES : UINT32_MAX);
	else if (ts->flags & SOCK_ORPHAN)
		most = param->tcp_orphan_retries ? param->tcp_orphan_retries
						 : 8;
	if (ts->user_timeout_ms && ts->stall_ns)
		return now_of(ts) - ts->stall_ns >= ts->user_timeout_ms * MS_NS;
	return ts->retries >= most;
}

/* R1: the application is told. [RFC9293 3.8.3 SHLD-9] */
static void
count_retry(struct tcp_sock *ts)
{
	if (ts->retries < UINT8_MAX)
		ts->retries++;
	if (ts->backoff < UINT8_MAX)
		ts->backoff++;
	if (ts->retries == table_of(ts)->param.tcp_retries1 &&
	    tcp_is_synchronized(ts)) {
		if (!ts->soft_error)
			ts->soft_error = ERR_TIMEOUT;
		tcp_event(ts, EVENT_ERROR);
	}
}

/* ---- firing ------------------------------------------------------------ */

static void
syn_timeout(struct tcp_sock *ts)
{
	if (is_hopeless(ts))
		return give_up(ts);
	count_retry(ts);
	ts->flags |= SOCK_SYN_LOST;
	table_of(ts)->stats.tcp_timeouts++;
	tcp_note(ts, TCP_TRACE_TIMEOUT, 0, ts->retries);
	tcp_send_syn(ts);
	tcp_rtx_arm(ts);
}

static void
rto_fire(struct tcp_sock *ts)
{
	if (ts->state == TCP_SYN_SENT || ts->state == TCP_SYN_RECEIVED)
		return syn_timeout(ts);
	if (is_hopeless(ts))
		return give_up(ts);
	table_of(ts)->stats.tcp_timeouts++;
	tcp_note(ts, TCP_TRACE_TIMEOUT, 0, ts->retries + 1u);
	tcp_enter_loss(ts);
	count_retry(ts);
	tcp_black_hole(ts);
	tcp_rtx_arm(ts); /* [RFC6298 5.6]; sending follows at the flush */
	tcp_mark(ts);
}

/* The window is shut, or too small to be used: ask, or use what there is.
 * [RFC9293 3.8.6.1 MUST-35, MUST-36, SHLD-30] */
static void
persist_fire(struct tcp_sock *ts)
{
	if (wants_memory(ts)) {
		ts->flags &= ~SOCK_WANT_ROOM;
		return tcp_event(ts, EVENT_WRITABLE);
	}
	if (is_hopeless(ts))
		return give_up(ts);
	count_retry(ts);
	if (ts->snd_una != ts->snd_nxt || !tcp_send_override(ts)) {
		table_of(ts)->stats.tcp_win_probe++;
		tcp_send_probe(ts);
	}
	tcp_rtx_arm(ts);
}

static void
rtx_fire(struct tcp_sock *ts)
{
	enum tcp_rtx what = ts->rtx;

	ts->rtx = RTX_NONE;
	ts->rtx_ns = 0;
	switch (what) {
	case RTX_RTO: return rto_fire(ts);
	case RTX_TLP: return tcp_tlp_fire(ts);
	case RTX_PERSIST: return persist_fire(ts);
	case RTX_REORDER:
		tcp_rack_timeout(ts);
		if (ts->rtx == RTX_NONE)
			tcp_rtx_arm(ts);
		return tcp_mark(ts);
	case RTX_NONE: return;
	}
}

/* Keep-alive [RFC9293 3.8.4]; also the end of FIN-WAIT-2 without
 * application. */
static void
keep_fire(struct tcp_sock *ts)
{
	uint64_t idle_ns =
		now_of(ts) - max_of(ts->last_rcv_ns, ts->last_send_ns);
	uint64_t want_ns = ts->keep_idle_s * (1000 * MS_NS);
	uint64_t silent_ns = now_of(ts) - ts->last_rcv_ns;

	ts->keep_ns = 0;
	if (ts->state == TCP_FIN_WAIT_2 && (ts->flags & SOCK_ORPHAN))
		return tcp_done(ts, OK);
	if (!(ts->flags & SOCK_KEEPALIVE) || !tcp_is_synchronized(ts))
		return;
	/* Only when idle [MUST-26]; what is in flight has its own timer. */
	if (ts->snd_una != ts->snd_nxt || idle_ns < want_ns) {
		ts->keep_count = 0;
		ts->keep_ns = now_of(ts) +
			      (idle_ns < want_ns ? want_ns - idle_ns : want_ns);
		return;
	}
	/* Several in vain [MUST-29], or the time the user gave. */
	if (ts->user_timeout_ms
		    ? ts->keep_count && silent_ns >= ts->user_timeout_ms * MS_NS
		    : ts->keep_count >= ts->keep_max)
		return give_up(ts);
	ts->keep_count++;
	table_of(ts)->stats.tcp_keep_alive++;
	tcp_send_probe(ts);
	ts->keep_ns = now_of(ts) + ts->keep_intvl_s * (1000 * MS_NS);
}

void
tcp_timer_fired(struct timer *timer, uint64_t now_ns)
{
	struct tcp_sock *ts = container_of(timer, struct tcp_sock, timer);

	if (ts->delack_ns && ts->delack_ns <= now_ns) {
		ts->delack_ns = 0;
		ts->flags |= SOCK_ACK_NOW;
		table_of(ts)->stats.delayed_acks++;
	}
	if (ts->pace_due_ns <= now_ns)
		ts->pace_due_ns = 0;
	if (ts->rtx_ns && ts->rtx_ns <= now_ns)
		rtx_fire(ts);
	if (ts->state != TCP_CLOSED && ts->keep_ns && ts->keep_ns <= now_ns)
		keep_fire(ts);
	/* What is due later is set by the flush. */
	tcp_mark(ts);
}
