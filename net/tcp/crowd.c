/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many connections, few places. A peer that connects and says nothing is a
 * stranger: so is everybody for a moment, and whoever comes only to take up
 * room for ever. It stops being one when it has sent a byte or a FIN, or has
 * acknowledged one of ours.
 *
 * - A listener may have half as many strangers as places are left: the more
 *   there are, the fewer, and other listeners, and who speaks, find room. Who
 *   comes beyond that is answered by a cookie, and its ACK is passed over in
 *   silence until it has text: that makes the connection, with no harm done.
 *   Text that comes before that, for want of a place or because the first was
 *   lost, is passed over, too; a reset would end what may yet begin.
 *   But an application that is to speak first would never do so, and its peer
 *   is told by a reset.
 * - Strangers that were there when one was refused have tcp_silent_abort
 *   seconds to say something: a crowd leaves as it came.
 * - When places are few, whoever proves by a cookie to be there gets that of
 *   the connection that has been idle for longest of some, and at least for
 *   tcp_idle_abort seconds. Who forges addresses cannot end anything.
 *
 * A connection may be ended for others' sake [RFC6429 2] [RFC4987 3.3]; only
 * those that came to us are. State: crowd_* of struct tcp_table, strangers of
 * listeners.
 */

#include "net/tcp/internal.h"

#define SECOND_NS    1000000000ull
#define PACE_NS	     10000000ull
#define EXPECTED_NS  5000000000ull /* a few retransmissions */
#define LOOK_SOCKS   1024u	   /* looked at in one go */
#define LOOK_BUCKETS 4096u
#define IDLE_SOCKS   64u
#define IDLE_BUCKETS 256u
/* Half-open connections, and strangers of who speaks first, have something
 * under way: of those that may be awake each may have this part. */
#define AWAKE_PART  4u
#define AWAKE_LEAST 16u
#define FEW_PART    16u /* of all places: few are left */

/* ---- who is one --------------------------------------------------------- */

static uint32_t
awake_part(const struct tcp_table *tcp)
{
	return max_of(tcp->awake_pool.total_count / AWAKE_PART, AWAKE_LEAST);
}

static uint32_t
places_left(const struct tcp_table *tcp)
{
	return tcp->pool.total_count - tcp->pool.used_count;
}

bool
tcp_half_open_is_full(const struct tcp_sock *listener)
{
	const struct tcp_table *tcp = table_of(listener);
	uint32_t most =
		min_of(listener->backlog, tcp->param.tcp_max_syn_backlog);

	return listener->half_open >= most ||
	       tcp->half_open_count >= awake_part(tcp);
}

bool
tcp_is_crowded(const struct tcp_sock *listener)
{
	const struct tcp_table *tcp = table_of(listener);
	uint32_t most = (places_left(tcp) + 1) / 2;

	if (tcp_speaks_first(listener))
		most = min_of(most, awake_part(tcp));
	return listener->strangers >= most;
}

bool
tcp_places_are_few(const struct tcp_table *tcp)
{
	return places_left(tcp) <= tcp->pool.total_count / FEW_PART;
}

/* Text that is not the first tells of no cookie, but for the time in the number
 * that it acknowledges. */
bool
tcp_is_expected(const struct tcp_sock *listener, const struct tcp *h)
{
	uint64_t last_ns =
		max_of(table_of(listener)->crowd_ns, listener->stall_ns);

	return !tcp_speaks_first(listener) && last_ns &&
	       now_of(listener) - last_ns < EXPECTED_NS &&
	       tcp_cookie_may_be(listener->sock->net, h->ack - 1);
}

void
tcp_stranger_comes(struct tcp_sock *ts, struct tcp_sock *listener)
{
	ts->flags |= SOCK_STRANGER | (uint64_t)listener->listener_id
					     << SOCK_LISTENER_SHIFT;
	listener->strangers++;
}

void
tcp_stranger_goes(struct net *net, uint64_t *flags)
{
	struct tcp_sock *listener;
	struct sock *sock;

	*flags &= ~SOCK_STRANGER;
	/* Its listener may have closed meanwhile. */
	list_for_each(sock, &net->tcp.listeners, hash_link) {
		listener = tcp_of(sock);
		if (listener->listener_id != *flags >> SOCK_LISTENER_SHIFT)
			continue;
		assert(listener->strangers > 0);
		listener->strangers--;
		return;
	}
}

/* ---- the crowd leaves --------------------------------------------------- */

/* The next buckets from *place on; true if the last was among them. */
static bool
look(struct tcp_table *tcp, uint32_t *place, uint32_t socks, uint32_t buckets,
     void (*at)(void *ctx, struct sock *sock), void *ctx)
{
	struct sock *sock, *after;

	while (buckets-- > 0 && socks > 0) {
		list_for_each_safe(sock, after, &tcp->bucket[*place],
				   hash_link) {
			at(ctx, sock);
			socks -= socks > 0;
		}
		*place = (*place + 1) & tcp->bucket_mask;
		if (*place == 0)
			return true;
	}
	return false;
}

static uint64_t
last_heard_ns(const struct sock *sock)
{
	const struct tcp_sock *ts = tcp_of(sock);

	return ts ? ts->last_rcv_ns : conn_of_const(sock)->rest.last_rcv_ns;
}

static uint64_t
flags_of(const struct sock *sock)
{
	const struct tcp_sock *ts = tcp_of(sock);

	return ts ? ts->flags : conn_of_const(sock)->rest.flags;
}

/* Half-open ones have their own end, see rto.c. */
static void
end_stranger(void *ctx, struct sock *sock)
{
	struct tcp_table *tcp = ctx;
	const struct tcp_sock *ts = tcp_of(sock);
	uint64_t heard_ns = last_heard_ns(sock);

	if (!(flags_of(sock) & SOCK_STRANGER) ||
	    (ts && ts->state == TCP_SYN_RECEIVED) || heard_ns > tcp->crowd_ns ||
	    sock->net->now_ns - heard_ns <
		    tcp->param.tcp_silent_abort * SECOND_NS)
		return;
	tcp->stats.tcp_abort_on_silence++;
	tcp_kill(sock);
}

/* The last round is one that began when all of them had had their time. */
static void
crowd_fired(struct timer *timer, uint64_t now_ns)
{
	struct net *net = container_of(timer, struct net, tcp.crowd_timer);
	struct tcp_table *tcp = &net->tcp;
	uint64_t time_ns = tcp->param.tcp_silent_abort * SECOND_NS;

	if (!time_ns)
		return;
	if (tcp->crowd_place == 0)
		tcp->crowd_round_ns = now_ns;
	if (look(tcp, &tcp->crowd_place, LOOK_SOCKS, LOOK_BUCKETS, end_stranger,
		 tcp) &&
	    tcp->crowd_round_ns >= tcp->crowd_ns + time_ns)
		return;
	timer_arm(&net_this_core(net)->timers, timer, now_ns + PACE_NS);
}

void
tcp_crowd_init(struct tcp_table *tcp)
{
	timer_init(&tcp->crowd_timer, crowd_fired);
}

void
tcp_crowd_seen(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;

	tcp->crowd_ns = net->now_ns;
	if (!tcp->crowd_timer.armed)
		timer_arm(&net_this_core(net)->timers, &tcp->crowd_timer,
			  net->now_ns + PACE_NS);
}

/* ---- one for another ---------------------------------------------------- */

struct idle {
	struct sock *sock;
	uint64_t ns; /* longer than this */
};

static bool
has_nothing_to_do(const struct tcp_sock *ts)
{
	return ts->state == TCP_ESTABLISHED && !ts->first && !ts->rcvq.count &&
	       ts->snd_una == ts->snd_nxt;
}

static void
weigh(void *ctx, struct sock *sock)
{
	const struct tcp_sock *ts = tcp_of(sock);
	const struct tcp_rest *rest = &conn_of_const(sock)->rest;
	struct idle *idle = ctx;
	uint64_t last_ns;

	if (!(flags_of(sock) & SOCK_PASSIVE) || (ts && !has_nothing_to_do(ts)))
		return;
	last_ns = ts ? max_of(ts->last_rcv_ns, ts->last_send_ns)
		     : max_of(rest->last_rcv_ns, rest->last_send_ns);
	if (sock->net->now_ns - last_ns < idle->ns)
		return;
	idle->ns = sock->net->now_ns - last_ns;
	idle->sock = sock;
}

bool
tcp_think_room(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;
	struct idle idle = { .ns = tcp->param.tcp_idle_abort * SECOND_NS };

	if (idle.ns)
		look(tcp, &tcp->idle_place, IDLE_SOCKS, IDLE_BUCKETS, weigh,
		     &idle);
	return idle.sock != NULL;
}

void
tcp_make_room(struct net *net)
{
	struct tcp_table *tcp = &net->tcp;
	struct idle idle = { .ns = tcp->param.tcp_idle_abort * SECOND_NS };

	if (idle.ns)
		look(tcp, &tcp->idle_place, IDLE_SOCKS, IDLE_BUCKETS, weigh,
		     &idle);
	if (!idle.sock)
		return;
	tcp->stats.tcp_abort_on_idle++;
	tcp_kill(idle.sock);
}
