/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIME-WAIT: what a connection leaves behind for 2 MSL, in 64 bytes, so that
 * its last ACK can be repeated and old segments meet nobody new. Found by hash,
 * listed by age: one timer at the oldest, and the oldest makes room for a newer
 * one. [RFC9293 3.6.1, 3.10.7.4] [RFC6191] [RFC1337]
 */

#include "net/tcp/internal.h"

#define TWO_MSL_MS 60000u /* MSL 30 s, as everybody does */

struct tcp_timewait {
	struct tcp_timewait *next; /* in its bucket */
	struct list age;
	struct sock_addr local, remote;
	uint32_t snd_nxt, rcv_nxt;
	uint16_t window; /* the field as it was sent */
	uint8_t wscale;
	uint32_t ts_recent, ts_offset;
	uint32_t due_ms; /* of a clock that wraps in 49 days */
};

_Static_assert(sizeof(struct tcp_timewait) <= 64, "64 bytes each");

/* A connection without timestamps has ts_offset 0; one with them never. */
static bool
has_ts(const struct tcp_timewait *tw)
{
	return tw->ts_offset != 0;
}

static uint32_t
clock_ms(const struct net *net)
{
	return (uint32_t)(net->now_ns / 1000000);
}

static struct tcp_timewait **
bucket_of(struct net *net, const struct sock_addr *local,
	  const struct sock_addr *remote)
{
	return &net->tcp.tw_bucket[tcp_hash(net, local, remote) &
				   net->tcp.bucket_mask];
}

struct tcp_timewait *
tcp_timewait_find(struct net *net, const struct sock_addr *local,
		  const struct sock_addr *remote)
{
	struct tcp_timewait *tw = *bucket_of(net, local, remote);

	for (; tw; tw = tw->next)
		if (tw->remote.addr == remote->addr &&
		    tw->remote.port == remote->port &&
		    tw->local.addr == local->addr &&
		    tw->local.port == local->port)
			return tw;
	return NULL;
}

void
tcp_timewait_remove(struct net *net, struct tcp_timewait *tw)
{
	struct tcp_timewait **link = bucket_of(net, &tw->local, &tw->remote);

	while (*link != tw)
		link = &(*link)->next;
	*link = tw->next;
	list_remove(&tw->age);
	pool_put(&net->tcp.tw_pool, tw);
}

static struct tcp_timewait *
oldest(struct net *net)
{
	struct list *age = &net->tcp.tw_age;

	return list_empty(age)
		       ? NULL
		       : list_entry(age->next, struct tcp_timewait, age);
}

static void
arm(struct net *net)
{
	struct timer_wheel *wheel = &net_this_core(net)->timers;
	struct tcp_timewait *tw = oldest(net);
	uint32_t left_ms;

	if (!tw)
		return timer_cancel(wheel, &net->tcp.tw_timer);
	left_ms = tw->due_ms - clock_ms(net);
	if ((int32_t)left_ms < 0)
		left_ms = 0;
	timer_arm(wheel, &net->tcp.tw_timer,
		  net->now_ns + left_ms * 1000000ull);
}

#define EXPIRE_BUDGET 256u /* records that one run ends */

static void
expire(struct timer *timer, uint64_t now_ns)
{
	struct net *net = container_of(timer, struct net, tcp.tw_timer);
	struct tcp_timewait *tw;
	uint32_t left = EXPIRE_BUDGET;

	while (left-- > 0 && (tw = oldest(net)) &&
	       (int32_t)(tw->due_ms - clock_ms(net)) <= 0)
		tcp_timewait_remove(net, tw);
	arm(net);
}

/* Begins 2 MSL, or begins it anew. */
static void
restart(struct net *net, struct tcp_timewait *tw)
{
	list_remove(&tw->age);
	list_add_last(&net->tcp.tw_age, &tw->age);
	tw->due_ms = clock_ms(net) + TWO_MSL_MS;
	if (!net->tcp.tw_timer.armed)
		arm(net);
}

void
tcp_timewait_enter(struct tcp_sock *ts)
{
	struct net *net = ts->sock->net;
	struct tcp_timewait *tw = NULL;
	uint32_t most = min_of(net->tcp.param.tcp_max_tw_buckets,
			       net->tcp.tw_pool.total_count);

	if (net->tcp.tw_pool.used_count >= most && oldest(net)) {
		net->tcp.stats.tw_overflow++;
		tcp_timewait_remove(net, oldest(net));
	}
	if (net->tcp.tw_pool.used_count < most)
		tw = pool_get(&net->tcp.tw_pool);
	/* Of their FIN; in CLOSING it has been acknowledged. */
	if (ts->state != TCP_CLOSING || (ts->flags & SOCK_ACK_NOW))
		tcp_send_ack(ts);
	ts->flags &= ~SOCK_ACK_NOW;
	net->tcp.stats.tw++;
	if (!tw)
		return tcp_done(ts, OK);
	*tw = (struct tcp_timewait){
		.local = ts->sock->local,
		.remote = ts->sock->remote,
		.snd_nxt = ts->snd_nxt,
		.rcv_nxt = ts->rcv_nxt,
		.window = (uint16_t)(ts->rcv_wnd >> ts->rcv_wscale),
		.wscale = ts->rcv_wscale,
		.ts_recent = ts->ts_recent,
		.ts_offset = ts->flags & SOCK_TS ? ts->ts_offset : 0,
	};
	tw->next = *bucket_of(net, &tw->local, &tw->remote);
	*bucket_of(net, &tw->local, &tw->remote) = tw;
	list_init(&tw->age);
	restart(net, tw);
	tcp_set_state(ts, TCP_TIME_WAIT);
	tcp_done(ts, OK);
}

static void
send_ack(struct net *net, const struct tcp_timewait *tw)
{
	const struct ipv4_out how = {
		.src = tw->local.addr,
		.dst = tw->remote.addr,
		.proto = IPPROTO_TCP,
		.dont_fragment = true,
	};
	struct tcp h = {
		.sport = tw->local.port,
		.dport = tw->remote.port,
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.flags = TCP_ACK,
		.window = tw->window,
	};

	if (has_ts(tw)) {
		h.have = TCP_HAVE_TS;
		h.tsval = tcp_clock(net) + tw->ts_offset;
		h.tsecr = tw->ts_recent;
	}
	tcp_emit_segment(net, &h, NULL, 0, &how);
}

/* A SYN that can only be new opens the connection again. [RFC9293 3.6.1 SHLD-4]
 * [RFC6191 2] */
static bool
may_reopen(const struct tcp_timewait *tw, const struct tcp *h)
{
	if ((h->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_SYN)
		return false;
	if (has_ts(tw) && (h->have & TCP_HAVE_TS) &&
	    seq_lt(tw->ts_recent, h->tsval))
		return true;
	if (has_ts(tw) && (h->have & TCP_HAVE_TS) &&
	    seq_lt(h->tsval, tw->ts_recent))
		return false;
	return seq_lt(tw->rcv_nxt, h->seq);
}

/* [RFC9293 3.10.7.4, first]; [RFC7323 5.3] */
static bool
is_acceptable(const struct tcp_timewait *tw, const struct tcp *h, uint32_t len)
{
	uint32_t wnd = (uint32_t)tw->window << tw->wscale;
	uint32_t edge = tw->rcv_nxt + max_of(wnd, 1u);
	uint32_t last = h->seq + (len ? len - 1 : 0);

	if (has_ts(tw) && (h->have & TCP_HAVE_TS) && !(h->flags & TCP_RST) &&
	    seq_lt(h->tsval, tw->ts_recent))
		return false;
	return (seq_le(tw->rcv_nxt, h->seq) && seq_lt(h->seq, edge)) ||
	       (len && seq_le(tw->rcv_nxt, last) && seq_lt(last, edge));
}

/* What arrives is acknowledged [RFC9293 3.10.7.4, fifth], but for the answer to
 * our last ACK: two that only repeat themselves would never end. */
static bool
needs_answer(const struct tcp_timewait *tw, const struct tcp *h, uint32_t len)
{
	if (!is_acceptable(tw, h, len) || (h->flags & TCP_SYN))
		return true;
	if (!(h->flags & TCP_ACK) || len)
		return h->flags & TCP_ACK;
	return h->seq != tw->rcv_nxt || h->ack != tw->snd_nxt;
}

bool
tcp_timewait_input(struct net *net, struct tcp_timewait *tw, struct skb *skb,
		   const struct ipv4 *ip, const struct tcp *h)
{
	uint32_t len =
		skb->len + !!(h->flags & TCP_SYN) + !!(h->flags & TCP_FIN);

	if (may_reopen(tw, h))
		return true;
	if (h->flags & TCP_RST) {
		/* Only the exact one [RFC5961 3.2]; none at all if the operator
		 * fears [RFC1337]. */
		if (h->seq != tw->rcv_nxt || net->tcp.param.tcp_rfc1337) {
			skb_drop(skb, DROP_TCP_TIMEWAIT);
			return false;
		}
		tcp_timewait_remove(net, tw);
		skb_consume(skb);
		return false;
	}
	/* Their FIN again: our ACK was lost. [RFC9293 3.10.7.4, eighth] */
	if ((h->flags & TCP_FIN) && h->seq + len == tw->rcv_nxt) {
		restart(net, tw);
		send_ack(net, tw);
		skb_consume(skb);
		return false;
	}
	if (needs_answer(tw, h, len))
		send_ack(net, tw);
	skb_drop(skb, DROP_TCP_TIMEWAIT);
	return false;
}

uint32_t
tcp_timewait_snd_nxt(const struct tcp_timewait *tw)
{
	return tw->snd_nxt;
}

static struct tcp_timewait_info
info_of(const struct net *net, const struct tcp_timewait *tw)
{
	int32_t left_ms = (int32_t)(tw->due_ms - clock_ms(net));

	return (struct tcp_timewait_info){
		.local = tw->local,
		.remote = tw->remote,
		.due_ns = net->now_ns + (uint64_t)((int64_t)left_ms * 1000000),
	};
}

void
tcp_for_each_timewait(struct net *net,
		      void (*visit)(void *, const struct tcp_timewait_info *),
		      void *ctx)
{
	struct tcp_timewait *tw;

	list_for_each(tw, &net->tcp.tw_age, age) {
		const struct tcp_timewait_info info = info_of(net, tw);

		visit(ctx, &info);
	}
}

uint32_t
tcp_timewait_visit(struct net *net, uint32_t bucket,
		   void (*visit)(void *, const struct tcp_timewait_info *),
		   void *ctx)
{
	uint32_t count = 0;

	for (struct tcp_timewait *tw = net->tcp.tw_bucket[bucket]; tw;
	     tw = tw->next, count++) {
		const struct tcp_timewait_info info = info_of(net, tw);

		visit(ctx, &info);
	}
	return count;
}

void
tcp_timewait_init(struct net *net)
{
	list_init(&net->tcp.tw_age);
	timer_init(&net->tcp.tw_timer, expire);
}

void
tcp_timewait_fini(struct net *net)
{
	while (oldest(net))
		tcp_timewait_remove(net, oldest(net));
	timer_cancel(&net_this_core(net)->timers, &net->tcp.tw_timer);
}

void
tcp_timewait_check(struct net *net)
{
	struct tcp_timewait *tw;
	uint32_t count = 0, last_ms = 0;

	list_for_each(tw, &net->tcp.tw_age, age) {
		assert(tcp_timewait_find(net, &tw->local, &tw->remote) == tw);
		assert(!count || (int32_t)(tw->due_ms - last_ms) >= 0);
		last_ms = tw->due_ms;
		count++;
	}
	assert(count == net->tcp.tw_pool.used_count);
	assert(!count || net->tcp.tw_timer.armed);
	pool_check(&net->tcp.tw_pool);
}
