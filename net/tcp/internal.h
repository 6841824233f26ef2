/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside net/tcp/: a connection, with the names of [RFC9293 3.3.1], and what
 * its files offer each other. A connection is a struct tcp_conn for as long as
 * it lives and, while anything is going on, a struct tcp_sock: see rest.c. Both
 * belong to the core that its packets come to; nobody else touches them.
 */
#pragma once

#include "lib/checksum.h"
#include "net/ipv4/way.h"
#include "net/net.h"
#include "net/tcp/cc.h"
#include "net/tcp/tcp.h"
#include "net/tcp/trace.h"
#include "net/wire/tcp.h"

/* ---- sequence numbers [RFC9293 3.4] ------------------------------------ */

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline uint32_t
seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

static inline uint32_t
seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? a : b;
}

/* ---- a queued segment -------------------------------------------------- */

/* In skb->cb of everything in a connection's queues. */
struct tcp_seg {
	uint64_t sent_ns; /* last transmission */
	uint32_t seq;
	uint8_t flags;
	uint8_t sends; /* transmissions, up to 255 */
};

#define SEG_SACKED 0x01u /* the peer has it */
#define SEG_LOST   0x02u /* we believe it was lost */
#define SEG_REXMIT 0x04u /* a retransmission of it is in flight */

_Static_assert(sizeof(struct tcp_seg) <= sizeof(((struct skb *)0)->cb),
	       "fits the scratch space");

static inline struct tcp_seg *
seg_of(struct skb *skb)
{
	return (struct tcp_seg *)(void *)skb->cb;
}

static inline uint32_t
seg_end(struct skb *skb)
{
	return seg_of(skb)->seq + skb->len;
}

/* ---- a connection ------------------------------------------------------ */

#define DUPTHRESH 3u /* [RFC5681 3.2] [RFC6675 2] */
#define CWND_MAX  (1u << 30)

/* What the congestion control is doing. */
enum tcp_ca {
	CA_OPEN,
	CA_CWR,	     /* reducing after an ECN mark [RFC3168 6.1.2] */
	CA_RECOVERY, /* fast recovery */
	CA_LOSS,     /* after a timeout */
};

/* tcp_sock.flags */
#define SOCK_TS		0x00000001ull /* timestamps are in use */
#define SOCK_SACK	0x00000002ull
#define SOCK_WSCALE	0x00000004ull
#define SOCK_ECN	0x00000008ull
#define SOCK_ECE_SEND	0x00000010ull /* we saw a mark: say so until CWR */
#define SOCK_CWR_SEND	0x00000020ull /* our next new segment carries CWR */
#define SOCK_NODELAY	0x00000040ull
#define SOCK_CORK	0x00000080ull
#define SOCK_KEEPALIVE	0x00000100ull
#define SOCK_ORPHAN	0x00000200ull /* no application any more */
#define SOCK_FIN_QUEUED 0x00000400ull /* our FIN is at snd_end */
#define SOCK_FIN_SENT	0x00000800ull
#define SOCK_FIN_RCVD	0x00001000ull /* theirs was at rcv_nxt - 1 */
#define SOCK_PASSIVE	0x00002000ull /* origin of SYN-RECEIVED, MUST-11 */
#define SOCK_DIRTY	0x00004000ull
#define SOCK_ACK_NOW	0x00008000ull
#define SOCK_ACK_LATER	0x00010000ull /* delack_ns is armed */
#define SOCK_WANT_ROOM	0x00020000ull /* tcp_room() was 0 */
#define SOCK_URG_RCVD	0x00040000ull /* rcv_up means something */
#define SOCK_URG_SEND	0x00080000ull
#define SOCK_SYN_LOST	0x00100000ull /* the SYN was retransmitted */
#define SOCK_NO_DF	0x00200000ull
#define SOCK_SNDBUF_SET 0x00400000ull
#define SOCK_RCVBUF_SET 0x00800000ull
#define SOCK_LINGER_RST 0x01000000ull
#define SOCK_TLP_REXMIT 0x02000000ull  /* the probe repeated old data */
#define SOCK_TLP_OUT	0x04000000ull  /* a probe is being waited for */
#define SOCK_REORDER	0x08000000ull  /* this path reorders */
#define SOCK_DSACK	0x10000000ull  /* dsack is to be reported */
#define SOCK_CWND_FULL	0x20000000ull  /* cwnd, not data, was the limit */
#define SOCK_LISTED	0x40000000ull  /* counted as established */
#define SOCK_RTO_UNDO	0x80000000ull  /* prior_* hold what an RTO replaced */
#define SOCK_FIN_SEEN	0x100000000ull /* theirs is at fin_seq */
#define SOCK_PMTU	0x400000000ull /* pmtu fell: tcp_apply_pmtu() */
#define SOCK_FIN_LOST	0x200000000ull /* ours is to be repeated */
/* F-RTO [RFC5682]: after a timeout, the first segment was repeated; then new
 * data was sent instead of what may not be lost. */
#define SOCK_FRTO_AGAIN	  0x800000000ull
#define SOCK_FRTO_NEW	  0x1000000000ull
#define SOCK_HELD	  0x4000000000ull  /* a listener: enough for now */
#define SOCK_PROBE_FAILED 0x2000000000ull  /* of the size that once was */
#define SOCK_FLUSH	  0x8000000000ull  /* what lies before flush_seq goes */
#define SOCK_STRANGER	  0x10000000000ull /* see crowd.c */
/* What the route to the peer asks for, see metrics.c. */
#define SOCK_METRICS  0x20000000000ull /* something */
#define SOCK_QUICKACK 0x40000000000ull
#define SOCK_WANT_ECN 0x80000000000ull
/* From here on up: its listener's listener_id. */
#define SOCK_LISTENER_SHIFT 48u

/* tcp_sock.events: callbacks that are due */
#define EVENT_ESTABLISHED 0x01u
#define EVENT_READABLE	  0x02u
#define EVENT_WRITABLE	  0x04u
#define EVENT_URGENT	  0x08u
#define EVENT_ERROR	  0x10u
#define EVENT_CLOSED	  0x20u

/* What rtx_ns waits for; they exclude each other. */
enum tcp_rtx {
	RTX_NONE,
	RTX_RTO,     /* [RFC6298 5] */
	RTX_TLP,     /* [RFC8985 7] */
	RTX_REORDER, /* [RFC8985 6.2 step 5] */
	RTX_PERSIST, /* [RFC9293 3.8.6.1] */
};

/* A connection that is awake. What most segments need comes first: of 100 000
 * connections, each line is fetched anew. */
struct tcp_sock {
	/* [RFC9293 3.3.1] */
	struct sock *sock; /* in its struct tcp_conn */
	uint64_t flags;
	uint32_t snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2;
	uint32_t snd_end;     /* after the last byte queued */
	uint32_t max_snd_wnd; /* MAX.SND.WND [RFC5961 5.2] */
	uint32_t rcv_nxt, rcv_wnd, last_ack_sent;
	uint8_t state; /* enum tcp_state */
	uint8_t events;
	uint8_t ca;  /* enum tcp_ca */
	uint8_t rtx; /* enum tcp_rtx */
	uint8_t snd_wscale, rcv_wscale, backoff, retries;

	/* To send: first .. send_head is in flight, then what is unsent. */
	struct skb *first, *send_head, *last;
	uint32_t send_len, sndbuf; /* bytes */
	uint32_t send_count;	   /* buffers */
	uint32_t sacked_len, lost_len, rexmit_len;
	uint32_t cwnd;	 /* bytes */
	uint16_t mss;	 /* payload of a full segment, options deducted */
	uint16_t advmss; /* what we announced */
	uint16_t rcv_mss;
	uint8_t soft_error, error; /* enum status */
	uint8_t sack_count, keep_count;

	/* Received. */
	uint32_t rcvbuf;
	struct skb_queue rcvq;
	struct skb *ooo, *ooo_hint; /* by seq; the last one put in */

	/* Time. */
	struct tcp_sock *dirty_next;
	uint64_t rtx_ns, delack_ns, keep_ns;
	uint64_t pace_ns, pace_due_ns; /* see output.c */
	uint64_t last_send_ns, last_rcv_ns;
	struct timer timer; /* at the earliest of these; 0: not armed */
	/* Since when nothing was acknowledged, or waits for a window; 0:
	 * moving; of a listener: when its queue was full last. */
	uint64_t stall_ns;
	uint64_t watch_ns; /* see relief.c */
	/* What was acknowledged in the last round trip or so: since when, from
	 * where; bytes a second. */
	uint64_t rate_ns, delivery_rate;
	uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;
	uint64_t rack_ns; /* RACK.xmit_ts */
	uint32_t rack_end_seq, rack_rtt_us, rack_fack, prr_out;
	uint64_t tx_bytes, rx_bytes;
	uint32_t segs_in, segs_out;
	uint32_t ssthresh;	    /* bytes */
	uint32_t read_seq, read_us; /* where reading was, and when */
	uint32_t ts_recent, ts_offset;
	uint64_t pmtu_ns;
	uint64_t confirmed_ns; /* its neighbour, last */
	struct ipv4_way way;   /* of what it sends; see segment.c */
	uint32_t ports;	       /* tcp_ports() */

	/* From here on: what few segments need. */
	uint32_t snd_up, rcv_up, iss, irs, fin_seq, watch_seq, flush_seq,
		rate_seq;
	uint16_t peer_mss, pmtu, user_mss;
	uint16_t search_low, search_high, probe_size; /* see plpmtu.c */
	uint32_t probe_end;
	uint32_t ooo_len, ooo_count;
	struct tcp_range sack[TCP_SACK_MAX], dsack;
	uint64_t challenge_ns, bytes_retrans;
	uint32_t keep_idle_s, keep_intvl_s, keep_max, user_timeout_ms;
	uint32_t rto_min_us; /* of the route, 0: tcp_rto_min_us */

	/* Congestion and loss. */
	uint32_t cwnd_most;  /* the window does not grow beyond */
	uint32_t initcwnd;   /* segments; 0: as [RFC6928] says */
	uint32_t reordering; /* of the route, 0: as [RFC5681] says */
	const struct tcp_cc *cc;
	uint32_t recover;      /* high_seq: where recovery ends */
	uint32_t dupacks;      /* without SACK */
	uint32_t sacked_count; /* RACK.segs_sacked */
	uint32_t prior_cwnd, prior_ssthresh, prr_delivered, recover_flight;
	uint32_t undo_ts; /* our TSval of the first retransmission */
	uint32_t tlp_end_seq;
	uint32_t reo_mult, reo_round, reo_persist;
	struct tcp_cc_state cc_state;

	struct tcp_sock *listener; /* while SYN-RECEIVED */
	/* Of a listener; strangers are, or were, half-open. */
	uint32_t backlog, half_open, strangers;
	uint16_t listener_id; /* not 0 */
};

/* What is left of it while it rests; the fields of struct tcp_sock. */
struct tcp_rest {
	uint64_t flags;
	uint64_t tx_bytes, rx_bytes, bytes_retrans, last_send_ns, last_rcv_ns;
	uint32_t segs_in, segs_out;
	uint32_t iss, snd_una, snd_wnd, max_snd_wnd, rcv_nxt, rcv_wnd,
		ts_recent;
	uint32_t srtt_us, rttvar_us, min_rtt_us, cwnd, ssthresh;
	uint32_t sndbuf, rcvbuf, user_timeout_ms;
	uint16_t advmss, peer_mss, rcv_mss, pmtu, user_mss;
	uint16_t keep_idle_s, keep_intvl_s;
	uint8_t keep_max, state;
	uint8_t snd_wscale : 4, rcv_wscale : 4;
	uint8_t cc;    /* tcp_cc_index() */
	uint8_t error; /* why it is CLOSED */
};

struct tcp_conn {
	struct sock sock;    /* first: a sock of TCP is one of these */
	struct tcp_sock *ts; /* NULL: it rests */
	struct timer timer;  /* while it rests */
	struct tcp_rest rest;
};

_Static_assert(sizeof(struct tcp_conn) <= 256, "an idle connection");

static inline struct tcp_conn *
conn_of(struct sock *sock)
{
	return (struct tcp_conn *)(void *)sock;
}

static inline const struct tcp_conn *
conn_of_const(const struct sock *sock)
{
	return (const struct tcp_conn *)(const void *)sock;
}

/* NULL: it rests, and nothing is queued, unread or on its way. */
static inline struct tcp_sock *
tcp_of(const struct sock *sock)
{
	return conn_of_const(sock)->ts;
}

/* Later segments that arrived and say that this one is lost. */
static inline uint32_t
tcp_dupthresh(const struct tcp_sock *ts)
{
	return ts->reordering ? ts->reordering : DUPTHRESH;
}

static inline struct tcp_table *
table_of(const struct tcp_sock *ts)
{
	return &ts->sock->net->tcp;
}

static inline uint64_t
now_of(const struct tcp_sock *ts)
{
	return ts->sock->net->now_ns;
}

/* trace.c: a note for whoever watches. */
void tcp_trace_add(const struct tcp_sock *ts, enum tcp_trace_kind kind,
		   uint32_t from, uint32_t to);

static inline void
tcp_note(const struct tcp_sock *ts, enum tcp_trace_kind kind, uint32_t from,
	 uint32_t to)
{
	if (unlikely(table_of(ts)->trace))
		tcp_trace_add(ts, kind, from, to);
}

/* States in which both sides know each other. [RFC9293 3.4] */
static inline bool
tcp_is_synchronized(const struct tcp_sock *ts)
{
	const uint32_t not_yet = 1u << TCP_LISTEN | 1u << TCP_SYN_SENT |
				 1u << TCP_SYN_RECEIVED | 1u << TCP_CLOSED;

	return !(not_yet >> ts->state & 1);
}

/* May the peer still send text? */
static inline bool
tcp_is_receiving(const struct tcp_sock *ts)
{
	const uint32_t receiving = 1u << TCP_ESTABLISHED |
				   1u << TCP_FIN_WAIT_1 | 1u << TCP_FIN_WAIT_2;

	return receiving >> ts->state & 1;
}

/* May data be sent, or sent again? */
static inline bool
tcp_is_sending(const struct tcp_sock *ts)
{
	const uint32_t sending = 1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT |
				 1u << TCP_FIN_WAIT_1 | 1u << TCP_CLOSING |
				 1u << TCP_LAST_ACK;

	return sending >> ts->state & 1;
}

/* Bytes (and SYN, FIN) believed to be in the network. [RFC6675 4: pipe] */
static inline uint32_t
tcp_pipe(const struct tcp_sock *ts)
{
	return ts->snd_nxt - ts->snd_una - ts->sacked_len - ts->lost_len +
	       ts->rexmit_len - !!(ts->flags & SOCK_FIN_LOST);
}

static inline uint32_t
seg_buffers(const struct skb *skb)
{
	uint32_t count = 1;

	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		count++;
	return count;
}

/* count more (or, negative, fewer) buffers wait to be sent or acknowledged. */
static inline void
tcp_hold_to_send(struct tcp_sock *ts, uint32_t count)
{
	struct tcp_table *tcp = table_of(ts);

	ts->send_count += count;
	tcp->to_send += count;
	tcp->buffers += count;
}

/* ---- relief.c ---------------------------------------------------------- */

/* May the connection have one more buffer waiting to be sent: one that is new,
 * or one that TCP gave to the application, which it passes on? One more that
 * was received? If it holds little and there is none, others may be made to
 * give theirs up. */
bool tcp_may_queue(const struct tcp_sock *ts);
bool tcp_may_pass_on(const struct tcp_sock *ts);
bool tcp_may_receive(const struct tcp_sock *ts);

/* Somebody (NULL: one to be) needs what others hold: takes it from whom it
 * hurts least. True if there was such a one. */
bool tcp_relieve(struct net *net, const struct tcp_sock *asking);

/* ---- crowd.c ----------------------------------------------------------- */

/* Does its application have something to say before it has heard anything? */
static inline bool
tcp_speaks_first(const struct tcp_sock *listener)
{
	return listener->sock->ops->established != NULL;
}

void tcp_crowd_init(struct tcp_table *tcp);
/* So many handshakes under way, strangers, connections, that new ones are
 * begun by a cookie. */
bool tcp_half_open_is_full(const struct tcp_sock *listener);
bool tcp_is_crowded(const struct tcp_sock *listener);
bool tcp_places_are_few(const struct tcp_table *tcp);
/* Was somebody sent away for now, so that what follows what he said comes
 * before it? */
bool tcp_is_expected(const struct tcp_sock *listener, const struct tcp *h);
/* A stranger was refused: others have to say something now. */
void tcp_crowd_seen(struct net *net);
void tcp_stranger_comes(struct tcp_sock *ts, struct tcp_sock *listener);
/* Clears SOCK_STRANGER in its flags. */
void tcp_stranger_goes(struct net *net, uint64_t *flags);
/* Ends an idle connection, if there is one nearby; its place is free after the
 * next flush. */
void tcp_make_room(struct net *net);
/* Only whether there is one. */
bool tcp_think_room(struct net *net);

/* ---- rest.c ------------------------------------------------------------ */

/* A struct tcp_sock to fill; NULL: all are busy. */
struct tcp_sock *tcp_awake_get(struct net *net) must_use;

/* In a dry run: would there be one? */
bool tcp_think_awake(struct tcp_table *tcp) must_use;
struct tcp_sock *tcp_wake_up(struct sock *sock) must_use;

/* What it is when awake; NULL: no memory for that now, or it has ended. */
static inline must_use struct tcp_sock *
tcp_wake(struct sock *sock)
{
	struct tcp_sock *ts = tcp_of(sock);

	return likely(ts != NULL) ? ts : tcp_wake_up(sock);
}

/* Copies what it is, or would be, without waking it. */
void tcp_look(const struct sock *sock, struct tcp_sock *copy);
void tcp_rest_init(struct tcp_conn *conn);
/* writable() once there is memory to wake it. */
void tcp_want_room_at_rest(struct sock *sock);
/* Ends one that cannot be woken, with a reset if why is ERR_RESET; its
 * application is told by the next flush if tell. */
void tcp_end_at_rest(struct sock *sock, enum status why, bool tell);
void tcp_flush_ended(struct tcp_table *tcp);
void tcp_rest_check(const struct tcp_conn *conn);

/* ---- tcp.c: life and callbacks ----------------------------------------- */

struct tcp_sock *tcp_sock_new(struct net *net) must_use;
void tcp_mark_now(struct tcp_sock *ts); /* it is not marked yet */

/* Something is due: output, a callback, the end. */
static inline void
tcp_mark(struct tcp_sock *ts)
{
	if (!(ts->flags & SOCK_DIRTY))
		tcp_mark_now(ts);
}

static inline void
tcp_event(struct tcp_sock *ts, uint8_t events)
{
	ts->events |= events;
	tcp_mark(ts);
}

/* It is over; the application is told why. Queues are dropped but for what can
 * still be read after OK. */
void tcp_done(struct tcp_sock *ts, enum status why);
void tcp_set_state(struct tcp_sock *ts, enum tcp_state state);
void tcp_purge_send(struct tcp_sock *ts);

/* ---- table.c ----------------------------------------------------------- */

enum status tcp_table_init(struct net *net, uint32_t sock_count_max) must_use;
void tcp_table_fini(struct net *net);
uint64_t tcp_hash(const struct net *net, const struct sock_addr *local,
		  const struct sock_addr *remote);
void tcp_hash_add(struct tcp_sock *ts);
void tcp_hash_remove(struct sock *sock); /* twice is harmless */
struct sock *tcp_find_anew(struct net *net, const struct sock_addr *local,
			   const struct sock_addr *remote);

static inline bool
sock_addr_same(const struct sock_addr *a, const struct sock_addr *b)
{
	return a->addr == b->addr && a->port == b->port;
}

static inline bool
tcp_is_between(const struct sock *sock, const struct sock_addr *local,
	       const struct sock_addr *remote)
{
	return sock_addr_same(&sock->remote, remote) &&
	       sock_addr_same(&sock->local, local);
}

/* The connection between these ends, or NULL. Segments come in bursts. */
static inline struct sock *
tcp_find(struct net *net, const struct sock_addr *local,
	 const struct sock_addr *remote)
{
	struct sock *sock = net->tcp.found;

	if (likely(sock && tcp_is_between(sock, local, remote)))
		return sock;
	return tcp_find_anew(net, local, remote);
}

struct tcp_sock *tcp_find_listener(struct net *net,
				   const struct sock_addr *local);
bool tcp_listener_collides(struct net *net, const struct sock_addr *local);
/* 0: none is free. [RFC6056] */
uint16_t tcp_choose_port(struct net *net, uint32_t addr,
			 const struct sock_addr *remote);

/* ---- in ---------------------------------------------------------------- */

/* LISTEN [RFC9293 3.10.7.2] (takes skb); cookies. after is 0, or where our
 * numbers must be beyond. */
void tcp_listen_input(struct tcp_sock *listener, struct skb *skb,
		      const struct ipv4 *ip, const struct tcp *h,
		      uint32_t after);
/* SYN-SENT [RFC9293 3.10.7.3] (takes skb). */
void tcp_syn_sent_input(struct tcp_sock *ts, struct skb *skb,
			const struct ipv4 *ip, const struct tcp *h);
/* Options of the peer's SYN; what is not in it is off. */
void tcp_take_syn_options(struct tcp_sock *ts, const struct tcp *h);
void tcp_enter_established(struct tcp_sock *ts);
/* A connection that the SYN *h began; NULL: no memory. */
struct tcp_sock *tcp_syn_received(struct tcp_sock *listener,
				  const struct ipv4 *ip, const struct tcp *h,
				  uint32_t iss);
/* From CLOSED, both ends set, to SYN-SENT. */
void tcp_active_open(struct tcp_sock *ts);
/* The other states [RFC9293 3.10.7.4] (takes skb, data at the payload). */
void tcp_synchronized_input(struct tcp_sock *ts, struct skb *skb,
			    const struct ipv4 *ip, const struct tcp *h);

/* ack.c; the field itself: ack.h */
/* A sample, if the segment echoes a timestamp of ours, from since_ns or later
 * (0: any). */
void tcp_rtt_by_timestamp(struct tcp_sock *ts, const struct tcp *h,
			  uint64_t since_ns);
void tcp_rtt_of_syn(struct tcp_sock *ts, const struct tcp *h);
/* The send buffer follows the congestion window. */
void tcp_grow_sndbuf(struct tcp_sock *ts);

/* recv.c */
/* The same for text that begins at rcv_nxt and fits the window. */
void tcp_text_in_order(struct tcp_sock *ts, struct skb *skb);
void tcp_text_input(struct tcp_sock *ts, struct skb *skb, uint32_t seq);
/* FIN, if everything before it has come. [RFC9293 3.10.7.4, eighth] */
void tcp_fin_input(struct tcp_sock *ts);
void tcp_report_dsack(struct tcp_sock *ts, uint32_t start, uint32_t end);
void tcp_purge_receive(struct tcp_sock *ts);
/* Forgets what waits out of order; its sender repeats it. [RFC2018 8] */
void tcp_prune_ofo(struct tcp_sock *ts);
void tcp_cut_ooo(struct tcp_sock *ts, uint32_t end);
void tcp_first_window(struct tcp_sock *ts);

/* ---- out --------------------------------------------------------------- */

/* output.c */
void tcp_output(struct tcp_sock *ts);
void tcp_queue_append(struct tcp_sock *ts, struct skb *skb);
uint32_t tcp_queue_top_up(struct tcp_sock *ts, const void *bytes, size_t len);
bool tcp_queue_split(struct tcp_sock *ts, struct skb *skb, uint32_t len);
/* Bytes a second that the window may leave at. */
uint64_t tcp_pacing_rate(const struct tcp_sock *ts);
/* len bytes of the first unsent buffer. */
bool tcp_send_head(struct tcp_sock *ts, uint32_t len);
bool tcp_send_override(struct tcp_sock *ts);
bool tcp_send_tail(struct tcp_sock *ts);

/* Bytes that a buffer is filled to: whole segments, and not too few bytes. */
static inline uint32_t
tcp_fill_len(const struct tcp_sock *ts)
{
	return ts->mss >= 512 ? ts->mss : 512u / ts->mss * ts->mss;
}

/* In front of what is queued, so that it can be sent where it lies: headers of
 * link, network and transport. */
#define TCP_SEND_HEADROOM                                                      \
	(ETH_HEADER_LEN + IPV4_HEADER_LEN + TCP_HEADER_LEN_MAX)

/* segment.c: one segment; false if there was no buffer. data stays whose it
 * is. */
bool tcp_send_segment(struct tcp_sock *ts, uint32_t seq, struct skb *data,
		      uint32_t len, uint8_t flags, bool again);
bool tcp_send_ack(struct tcp_sock *ts);
void tcp_send_syn(struct tcp_sock *ts);
void tcp_send_probe(struct tcp_sock *ts);
void tcp_send_rst(struct tcp_sock *ts);
void tcp_challenge(struct tcp_sock *ts);
/* An ACK about a segment without data that was unacceptable: not too many. */
void tcp_send_ack_limited(struct tcp_sock *ts);
/* The reset for a segment that belongs to nothing. [RFC9293 3.10.7.1] */
void tcp_reply_rst(const struct skb *skb, const struct ipv4 *ip,
		   const struct tcp *h, uint32_t len);
/* Header *h with len bytes of *data to remote, from nobody's sock. */
bool tcp_emit_segment(struct net *net, struct tcp *h, struct skb *data,
		      uint32_t len, const struct ipv4_out *how);
uint32_t tcp_clock(const struct net *net); /* of timestamps: milliseconds */

/* ---- time and loss ----------------------------------------------------- */

/* rto.c */
void tcp_timer_fired(struct timer *timer, uint64_t now_ns);
void tcp_timer_arm(struct tcp_sock *ts, uint64_t due_ns);
void tcp_timer_check(const struct tcp_sock *ts);
void tcp_rtx_arm(struct tcp_sock *ts); /* for what is outstanding now */
void tcp_rtt_sample(struct tcp_sock *ts, uint64_t rtt_us);
void tcp_rto_update(struct tcp_sock *ts); /* from srtt_us, rttvar_us */
void tcp_keep_arm(struct tcp_sock *ts);
uint64_t tcp_backed_off_ns(const struct tcp_sock *ts);

/* The earliest of its times; 0: none. As large as can be is what 0 is less one:
 * so none of them is earlier than any other. */
static inline uint64_t
tcp_due_ns(const struct tcp_sock *ts)
{
	uint64_t due_ns = min_of(ts->rtx_ns - 1, ts->delack_ns - 1);

	due_ns = min_of(due_ns, ts->keep_ns - 1);
	return min_of(due_ns, ts->pace_due_ns - 1) + 1;
}

static inline void
tcp_timer_update(struct tcp_sock *ts)
{
	uint64_t due_ns = tcp_due_ns(ts);

	if (due_ns && !(ts->timer.armed && ts->timer.due_ns <= due_ns))
		tcp_timer_arm(ts, due_ns);
}

/* sack.c */
struct tcp_acked {
	const struct tcp *h;
	uint32_t prior_una, prior_pipe;
	uint32_t acked;	    /* bytes snd_una moved */
	uint32_t delivered; /* bytes newly known to have arrived */
	uint32_t sacked;    /* of these by SACK */
	uint64_t rtt_us;    /* 0: no sample */
	uint64_t newest_ns; /* latest transmission of what arrived, 0: none */
	uint32_t newest_end;
	bool newest_rexmit; /* which was a retransmission */
	bool rexmit_acked;  /* something retransmitted was acknowledged */
	bool dsack;
	bool lost;	/* something was newly marked lost */
	bool duplicate; /* [RFC5681 2] */
};
void tcp_sack_input(struct tcp_sock *ts, struct tcp_acked *acked);
void tcp_seg_delivered(struct tcp_sock *ts, struct skb *skb,
		       struct tcp_acked *acked);
/* RACK: of what has arrived this was sent last, as far as is known. [RFC8985
 * 6.2 step 2] */
void tcp_rack_update(struct tcp_sock *ts, uint64_t sent_ns, uint32_t end,
		     uint64_t rtt_us);
void tcp_mark_lost(struct tcp_sock *ts, struct skb *skb);
void tcp_forget_sacks(struct tcp_sock *ts);

/* loss.c */
void tcp_loss_input(struct tcp_sock *ts, struct tcp_acked *acked);
void tcp_cwnd_grow(struct tcp_sock *ts, uint32_t acked, uint32_t prior_pipe,
		   uint32_t rtt_us);
void tcp_enter_loss(struct tcp_sock *ts);
void tcp_enter_cwr(struct tcp_sock *ts);
void tcp_tlp_fire(struct tcp_sock *ts);
/* The wait for reordering is over: what is overdue is lost. */
void tcp_rack_timeout(struct tcp_sock *ts);
uint32_t tcp_initial_window(const struct tcp_sock *ts);

/* isn.c, cookie.c, timewait.c, pmtu.c */
uint32_t tcp_isn(const struct net *net, const struct sock_addr *local,
		 const struct sock_addr *remote);
uint32_t tcp_ts_offset(const struct net *net, const struct sock_addr *local,
		       const struct sock_addr *remote);
void tcp_cookie_send(struct tcp_sock *listener, const struct ipv4 *ip,
		     const struct tcp *h);
/* The MSS that a cookie of ours, coming back, stands for; -1: it is none. */
int tcp_cookie_mss(struct net *net, const struct ipv4 *ip, const struct tcp *h);
/* Could a number of ours be a cookie's? One in sixteen could. */
bool tcp_cookie_may_be(const struct net *net, uint32_t number);
struct tcp_sock *tcp_cookie_open(struct tcp_sock *listener,
				 const struct ipv4 *ip, const struct tcp *h,
				 uint16_t mss);
void tcp_timewait_enter(struct tcp_sock *ts);
struct tcp_timewait *tcp_timewait_find(struct net *net,
				       const struct sock_addr *local,
				       const struct sock_addr *remote);
/* Takes skb unless it is a SYN that may open anew: then true. */
bool tcp_timewait_input(struct net *net, struct tcp_timewait *tw,
			struct skb *skb, const struct ipv4 *ip,
			const struct tcp *h);
uint32_t tcp_timewait_snd_nxt(const struct tcp_timewait *tw);
void tcp_timewait_remove(struct net *net, struct tcp_timewait *tw);
void tcp_timewait_init(struct net *net);
void tcp_timewait_fini(struct net *net);
void tcp_timewait_check(struct net *net);
/* Those of one bucket; how many. */
uint32_t tcp_timewait_visit(struct net *net, uint32_t bucket,
			    void (*visit)(void *ctx,
					  const struct tcp_timewait_info *tw),
			    void *ctx);
/* After pmtu, peer_mss or options changed. */
void tcp_sync_mss(struct tcp_sock *ts);
void tcp_apply_pmtu(struct tcp_sock *ts);
void tcp_raise_pmtu(struct tcp_sock *ts);
/* plpmtu.c */
void tcp_black_hole(struct tcp_sock *ts);
bool tcp_search_again(struct tcp_sock *ts);
void tcp_probe_mtu(struct tcp_sock *ts);
void tcp_probe_acked(struct tcp_sock *ts);
/* True: the probe is all that is lost. */
bool tcp_probe_lost(struct tcp_sock *ts);
uint16_t tcp_route_mss(struct tcp_sock *ts);
/* pmtu.c: the way to the peer. ERR_NETUNREACH: there is none. */
enum status tcp_way_info(const struct tcp_sock *ts,
			 struct ipv4_way_info *way) must_use;

/* metrics.c: what the route says of a connection: whenever its MTU is asked
 * for; when a connection is opened, is established, wakes. */
void tcp_metrics_take(struct tcp_sock *ts, const struct route_metrics *metrics);
void tcp_metrics_open(struct tcp_sock *ts);
void tcp_metrics_established(struct tcp_sock *ts);
void tcp_metrics_wake(struct tcp_sock *ts);
