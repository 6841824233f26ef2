/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room for who needs it. A connection may stay open for as long as its peer
 * answers, even if that takes nothing [RFC9293 3.8.6.1 MUST-37]; but where that
 * keeps others from being served, it may be ended [RFC6429 2]. Here: when a
 * connection that holds little is refused buffers, or none can be woken. Then
 * what waits out of order goes first, which its sender has to repeat; next the
 * connection that has made no progress for longest, with a reset. Who takes a
 * little now and then makes none: progress is half of what was waiting when
 * the others' need began. State: relief_* of struct tcp_table, watch_* of
 * struct tcp_sock.
 */

#include "net/tcp/internal.h"

#define LOOK_SOCKS   1024u /* connections looked at for one refusal */
#define LOOK_BUCKETS 4096u
#define FRUITLESS_NS 250000000ull /* until another look, after one in vain */
#define AGAIN_NS     10000000ull  /* after one that helped */
#define AT_ONCE	     4u		  /* that give something up for one refusal */
#define PAUSE_NS     5000000000ull
/* Holding less than this part of the most is little. */
#define LITTLE	  16u
#define SECOND_NS 1000000000ull

struct relief {
	const struct tcp_sock *asking;
	struct tcp_sock *stalled, *hoarder;
	uint64_t stalled_ns;
};

static bool
took_enough(const struct tcp_sock *ts)
{
	return seq_le(ts->watch_seq, ts->snd_una);
}

/* For how long has the peer not taken what waits for it? */
static uint64_t
stalled_ns(struct tcp_sock *ts)
{
	uint64_t now_ns = now_of(ts), ns = 0;

	if (!ts->send_count || !tcp_is_sending(ts))
		return 0;
	if (ts->watch_ns < table_of(ts)->relief_since_ns || took_enough(ts)) {
		ts->watch_ns = now_ns;
		ts->watch_seq = ts->snd_una + ts->send_len / 2 + 1;
	}
	if (ts->stall_ns)
		ns = now_ns - ts->stall_ns;
	return max_of(ns, now_ns - ts->watch_ns);
}

static void
look_at(struct relief *relief, struct tcp_sock *ts)
{
	uint64_t ns;

	if (!ts || ts == relief->asking || ts == table_of(ts)->served)
		return;
	if (ts->ooo_count > (relief->hoarder ? relief->hoarder->ooo_count : 0))
		relief->hoarder = ts;
	ns = stalled_ns(ts);
	if (ns <= relief->stalled_ns)
		return;
	relief->stalled_ns = ns;
	relief->stalled = ts;
}

static void
look(struct tcp_table *tcp, struct relief *relief)
{
	uint32_t buckets = min_of(tcp->bucket_mask + 1, LOOK_BUCKETS);
	struct sock *sock;
	uint32_t seen = 0;

	while (buckets-- > 0 && seen < LOOK_SOCKS) {
		tcp->relief_place = (tcp->relief_place + 1) & tcp->bucket_mask;
		list_for_each(sock, &tcp->bucket[tcp->relief_place],
			      hash_link) {
			look_at(relief, tcp_of(sock));
			seen++;
		}
	}
}

/* Need after a pause is new need. */
static void
need_goes_on(struct tcp_table *tcp, uint64_t now_ns)
{
	if (now_ns - tcp->relief_last_ns > PAUSE_NS || !tcp->relief_last_ns)
		tcp->relief_since_ns = now_ns;
	tcp->relief_last_ns = now_ns;
}

bool
tcp_relieve(struct net *net, const struct tcp_sock *asking)
{
	struct tcp_table *tcp = &net->tcp;
	struct relief relief = {
		.asking = asking,
		.stalled_ns = tcp->param.tcp_stall_abort * SECOND_NS,
	};

	if (!tcp->param.tcp_stall_abort || net->now_ns < tcp->relief_due_ns)
		return false;
	tcp->stats.tcp_memory_pressures++;
	need_goes_on(tcp, net->now_ns);
	look(tcp, &relief);
	if (relief.hoarder) {
		tcp_prune_ofo(relief.hoarder);
		return true;
	}
	if (relief.stalled) {
		tcp->stats.tcp_abort_on_memory++;
		tcp_send_rst(relief.stalled);
		tcp_done(relief.stalled, ERR_NOMEM);
		return true;
	}
	tcp->relief_due_ns = net->now_ns + FRUITLESS_NS;
	return false;
}

/*
 * Of the buffers that there are for some purpose a connection may hold as many
 * as are left: the more the others hold, the fewer, and some always remain for
 * who holds few. So peers that do not read cannot starve those that do.
 */
static bool
share_left(uint32_t most, uint32_t used, uint32_t held)
{
	return used < most && held < most - used;
}

/* Of at most most *used are in use, held of them by ts. May it have another? */
static bool
may_hold(const struct tcp_sock *ts, uint32_t most, const uint32_t *used,
	 uint32_t held)
{
	struct net *net = ts->sock->net;

	if (likely(share_left(most, *used, held)))
		return true;
	if (held >= max_of(most / LITTLE, 1u))
		return false;
	for (unsigned int i = 0; i < AT_ONCE && tcp_relieve(net, ts); i++) {
		if (!share_left(most, *used, held))
			continue;
		net->tcp.relief_due_ns = net->now_ns + AGAIN_NS;
		return true;
	}
	return false;
}

/* A quarter is for what is received in order, whatever waits to be sent: two
 * ends that both wait to send must go on receiving. */
static uint32_t
most_to_send(const struct tcp_sock *ts)
{
	return table_of(ts)->param.tcp_buffers_max / 4 * 3;
}

bool
tcp_may_queue(const struct tcp_sock *ts)
{
	return may_hold(ts, most_to_send(ts), &table_of(ts)->buffers,
			ts->send_count);
}

/* What was received does not count: TCP as a whole holds no more for passing it
 * on, and where what all have received fills the memory, they would wait for
 * each other. */
bool
tcp_may_pass_on(const struct tcp_sock *ts)
{
	return may_hold(ts, most_to_send(ts), &table_of(ts)->to_send,
			ts->send_count);
}

bool
tcp_may_receive(const struct tcp_sock *ts)
{
	return may_hold(ts, table_of(ts)->param.tcp_buffers_max,
			&table_of(ts)->buffers, ts->rcvq.count);
}
