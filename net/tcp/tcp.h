/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP for applications and for the stack around it. Segments come in by
 * tcp_input() and leave by ipv4_output(); between them a connection is a struct
 * tcp_sock (net/tcp/internal.h) behind the struct sock that applications see.
 *
 * Whatever happens to a sock marks it, and tcp_flush(), called by net_poll()
 * after each burst of packets and timers, gives marked socks their callbacks
 * and sends what is due. So all segments of a burst are processed before one is
 * answered [RFC9293 3.10.7.4 MUST-58, 59], and an application's answer carries
 * the acknowledgment.
 *
 * [RFC9293] [RFC5681] [RFC6298] [RFC7323] [RFC2018] [RFC8985] [RFC6937]
 * [RFC9438] [RFC5961] [RFC6528] [RFC3168]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/pool.h"
#include "lib/timer.h"
#include "net/ipv4/ipv4.h"
#include "net/sock.h"

struct tcp_sock;
struct tcp_timewait;
struct tcp_cc;

/* Linux's numbers, as /proc/net/tcp and ss show them. */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_TIME_WAIT,
	TCP_CLOSED,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

/* net.ipv4.tcp_*: Linux's names, units and defaults but where the comment says
 * otherwise. */
struct tcp_param {
	uint32_t tcp_abort_on_overflow, tcp_challenge_ack_limit,
		tcp_ecn, /* 0 never, 1 ask and accept, 2 accept */
		tcp_fin_timeout /* s */, tcp_invalid_ratelimit /* ms */,
		tcp_keepalive_intvl /* s */, tcp_keepalive_probes,
		tcp_keepalive_time /* s */, tcp_max_syn_backlog,
		tcp_min_snd_mss, tcp_orphan_retries, tcp_retries1, tcp_retries2,
		tcp_rfc1337, tcp_rto_max_ms, tcp_rto_min_us, tcp_sack,
		tcp_slow_start_after_idle, tcp_syn_retries, /* 7: see tcp.c */
		tcp_synack_retries, tcp_syncookies, tcp_timestamps,
		tcp_tw_reuse, tcp_window_scaling, tcp_dsack, tcp_early_retrans,
		tcp_frto, tcp_mtu_probing, tcp_base_mss,
		tcp_delack_min /* ms; not settable in Linux */;
	uint32_t tcp_max_tw_buckets;	   /* what the pool has */
	uint32_t somaxconn;		   /* net.core: bounds every backlog */
	uint32_t tcp_rmem[3], tcp_wmem[3]; /* bytes: least, first, most */
	uint32_t tcp_window_clamp; /* bytes offered at most; 0: as they come */
	uint32_t tcp_buffers_max;  /* packet buffers of all connections */
	/* s without progress; without a word since the handshake, in a crowd;
	 * of idleness: ended for others' sake. 0: never. Not Linux's. */
	uint32_t tcp_stall_abort, tcp_silent_abort, tcp_idle_abort;
	const struct tcp_cc *tcp_congestion_control;
};

/* /proc/net/snmp "Tcp:" and /proc/net/netstat "TcpExt:". */
struct tcp_stats {
	uint64_t active_opens, passive_opens, attempt_fails, estab_resets,
		in_segs, out_segs, retrans_segs, in_errs, out_rsts,
		in_csum_errors;
	uint64_t syncookies_sent, syncookies_recv, syncookies_failed,
		listen_overflows, listen_drops, tw, tw_recycled, tw_overflow,
		paws_estab, delayed_acks, tcp_hp_hits, tcp_pure_acks,
		tcp_sack_recovery, tcp_reno_recovery, tcp_sack_reneging,
		tcp_fast_retrans, tcp_timeouts, tcp_loss_probes,
		tcp_loss_probe_recovery, tcp_spurious_rtos, tcp_dsack_old_sent,
		tcp_dsack_ofo_sent, tcp_dsack_recv, tcp_abort_on_data,
		tcp_abort_on_close, tcp_abort_on_memory, tcp_abort_on_timeout,
		tcp_memory_pressures, tcp_challenge_ack, tcp_syn_challenge,
		tcp_ofo_queue, tcp_ofo_drop, tcp_ofo_merge, tcp_rcv_coalesce,
		tcp_rcvq_drop, tcp_keep_alive, tcp_win_probe, tcp_mtup_fail,
		tcp_out_nomem, tcp_req_q_full_do_cookies, ofo_pruned,
		tcp_abort_on_silence, tcp_abort_on_idle;
};

/* All of a stack's TCP. Owned by net/tcp/. */
struct tcp_table {
	struct pool pool;	 /* of struct tcp_conn */
	struct pool awake_pool;	 /* of struct tcp_sock */
	struct pool tw_pool;	 /* of struct tcp_timewait */
	uint32_t hand;		 /* in awake_pool: who was looked at last */
	struct tcp_sock *served; /* by tcp_flush(), now */
	struct list ended;	 /* at rest; closed() is due */
	struct list *bucket;	 /* connections, by keyed hash of both ends */
	uint32_t bucket_mask;
	unsigned int bucket_order;
	struct tcp_timewait **tw_bucket;
	unsigned int tw_order;
	struct sock *found;    /* last in bucket[]: mostly next, too */
	struct list listeners; /* few: by local port, see table.c */
	struct list tw_age;    /* oldest first */
	struct timer tw_timer;
	struct tcp_sock *dirty_first, **dirty_last;
	uint32_t dirty_count;
	uint32_t buffers; /* packet buffers in queues of connections */
	uint32_t to_send; /* of them, in send queues */
	uint32_t established_count, orphan_count;
	uint32_t challenge_left; /* of this second's budget */
	uint64_t challenge_ns;	 /* when it began */
	/* relief.c: when need began, was last, may be looked at again */
	uint64_t relief_since_ns, relief_last_ns, relief_due_ns;
	uint32_t relief_place; /* in bucket[] */
	/* crowd.c: when a stranger was refused last, this round began; places
	 * in bucket[] */
	struct timer crowd_timer;
	uint64_t crowd_ns, crowd_round_ns;
	uint32_t crowd_place, idle_place;
	uint32_t half_open_count; /* in SYN-RECEIVED, of all listeners */
	uint16_t listener_last_id;
	struct hash_key isn_key, cookie_key;
	struct tcp_param param;
	struct tcp_stats stats;
	struct tcp_trace *trace; /* NULL: nobody watches; trace.h */
};

/* Room for sock_count_max connections, of which awake_count_max may have
 * something going on at a time. */
enum status tcp_init(struct net *net, uint32_t sock_count_max,
		     uint32_t awake_count_max) must_use;
void tcp_fini(struct net *net); /* forgets every connection, silently */
void tcp_check(struct net *net);

/* Every connection is aborted, TIME-WAIT forgotten, and what a random part of a
 * limit has used up. Listeners stay. */
void tcp_reset_all(struct net *net);

void tcp_input(struct skb *skb, const struct ipv4 *ip);
void tcp_icmp_error(struct net *net, const struct ipv4 *quoted,
		    const uint8_t *payload, size_t payload_len, uint8_t type,
		    uint8_t code, uint32_t info);

/* Serves the socks marked so far; true if some were marked meanwhile. */
bool tcp_flush(struct net *net);

static inline bool
tcp_pending(const struct tcp_table *tcp)
{
	return tcp->dirty_count != 0 || !list_empty(&tcp->ended);
}

/* ---- opening ----------------------------------------------------------- */

/*
 * Waits for connections to local (addr 0: to any address of the box). backlog
 * bounds those whose handshake is not done; beyond it SYN cookies take over.
 * NULL with *error: ERR_INVAL, ERR_EXIST, ERR_NOMEM. ops and owner outlive it.
 */
struct sock *tcp_listen(struct net *net, const struct sock_addr *local,
			uint32_t backlog, const struct sock_ops *ops, void *ctx,
			const char *owner, enum status *error) must_use;

/*
 * Begins a connection; established() or closed() follows. local may be NULL;
 * its zero fields are chosen. NULL with *error: ERR_INVAL (no address that can
 * be connected to), ERR_NETUNREACH, ERR_EXIST, ERR_RANGE (no port), ERR_NOMEM.
 */
struct sock *tcp_connect(struct net *net, const struct sock_addr *local,
			 const struct sock_addr *remote,
			 const struct sock_ops *ops, void *ctx,
			 const char *owner, enum status *error) must_use;

/*
 * The same in two steps, for options that the first segment shall obey: a sock
 * in state CLOSED, then what to do with it. tcp_close() ends it unused. On an
 * error of the second step the sock stays as it was. tcp_listen_on() changes
 * the backlog of what listens already.
 */
struct sock *tcp_open(struct net *net, const struct sock_ops *ops, void *ctx,
		      const char *owner) must_use;
enum status tcp_listen_on(struct sock *sock, const struct sock_addr *local,
			  uint32_t backlog) must_use;
enum status tcp_connect_on(struct sock *sock, const struct sock_addr *local,
			   const struct sock_addr *remote) must_use;

/* The application of a listener has enough for now: until it says otherwise,
 * SYNs and the last ACK of a handshake are dropped; the peer tries again. */
void tcp_hold(struct sock *listener, bool hold);

/* ---- closing ----------------------------------------------------------- */

/* Nothing more will be sent; receiving goes on. ERR_CLOSED if done already,
 * ERR_NOMEM. */
enum status tcp_shutdown(struct sock *sock);

/* The application has done with it: sock is gone for it, no callback follows.
 * What is queued is still sent; with unread data, or without memory for the
 * rest of its life, the peer gets a reset [RFC9293 3.6.1 SHLD-3]. A listener's
 * unfinished connections are reset. */
void tcp_close(struct sock *sock);

/* The same at once: reset, queues dropped. */
void tcp_abort(struct sock *sock);

/* ---- sending ----------------------------------------------------------- */

/* Bytes that may be queued now; 0: writable() will be called. */
size_t tcp_room(struct sock *sock);

/* The same of bytes that tcp_recv() gave: while memory is short, what is passed
 * on has room where new bytes have none. */
size_t tcp_room_to_pass_on(struct sock *sock);

/* Queues skb (data at the payload; may be one just received). Any room but 0
 * takes a whole skb. Else, or after shutdown, it is dropped: ERR_BUSY,
 * ERR_CLOSED. */
enum status tcp_send(struct sock *sock, struct skb *skb);

/* Copies as much as there is room and memory for; how much. If that is less
 * than len, writable() will be called. */
size_t tcp_write(struct sock *sock, const void *bytes, size_t len);

/* Everything queued so far is urgent. [RFC9293 3.8.5] */
void tcp_send_urgent(struct sock *sock);

/* ---- receiving --------------------------------------------------------- */

/* The next bytes in order, or NULL. The caller's now, to consume or send on. */
struct skb *tcp_recv(struct sock *sock);

/* Copies out up to len bytes; how many. */
size_t tcp_read(struct sock *sock, void *bytes, size_t len);

/* Copies without taking. */
size_t tcp_peek(struct sock *sock, void *bytes, size_t len);

size_t tcp_readable_len(const struct sock *sock);

/* The peer has closed; there may be bytes to read. */
bool tcp_fin_received(const struct sock *sock);

/* The peer has closed and everything was read. */
bool tcp_eof(const struct sock *sock);

/* Bytes until urgent data ends; 0: none announced. [RFC9293 MUST-33] */
uint32_t tcp_urgent_len(const struct sock *sock);

/* ---- options ----------------------------------------------------------- */

enum tcp_option_name {
	TCP_OPT_NODELAY,      /* 1: no Nagle; and what is queued goes now */
	TCP_OPT_CORK,	      /* 1: full segments only */
	TCP_OPT_KEEPALIVE,    /* 1: on */
	TCP_OPT_KEEPIDLE,     /* s */
	TCP_OPT_KEEPINTVL,    /* s */
	TCP_OPT_KEEPCNT,      /* probes */
	TCP_OPT_USER_TIMEOUT, /* ms, 0: tcp_retries2 decides */
	TCP_OPT_MAXSEG,	      /* bytes, before the connection is made */
	TCP_OPT_SNDBUF,	      /* bytes, no more automatic growth */
	TCP_OPT_RCVBUF,
	TCP_OPT_LINGER_RST, /* 1: tcp_close() resets */
};

/* ERR_INVAL, ERR_RANGE, ERR_NOMEM. A listener's options are inherited. */
enum status tcp_set_option(struct sock *sock, enum tcp_option_name name,
			   uint32_t value);
/* "cubic", "reno"; ERR_NOENT, ERR_NOMEM. */
enum status tcp_set_congestion(struct sock *sock, const char *name);

/* ---- being seen -------------------------------------------------------- */

/* What ss -tino shows. Times in microseconds, windows in bytes. */
struct tcp_info {
	enum tcp_state state;
	const char *congestion;
	bool timestamps, sack, ecn, wscale_ok;
	uint8_t snd_wscale, rcv_wscale, backoff, retries;
	uint8_t ca_state; /* as Linux's: 0 open, 2 CWR, 3 recovery, 4 loss */
	uint32_t rto_us, srtt_us, rttvar_us, min_rtt_us, ato_us;
	uint32_t mss, rcv_mss, pmtu, advmss, cwnd, ssthresh;
	uint32_t snd_wnd, rcv_wnd, unacked_len, unsent_len, sacked_len,
		lost_len, rexmit_len, recv_q_len, send_q_len, reordering;
	uint64_t bytes_sent, bytes_received, bytes_retrans, bytes_acked;
	uint64_t pacing_rate, delivery_rate; /* bytes a second; 0: none yet */
	uint64_t segs_out, segs_in;
	uint64_t timer_due_ns; /* 0: none */
	const char *timer;     /* "on", "keepalive", "persist", "" */
	uint32_t sndbuf, rcvbuf, ooo_len;
	uint32_t backlog, half_open; /* of a listener */
	uint32_t keep_count;	     /* keep-alive probes unanswered */
	uint64_t last_send_ns, last_rcv_ns;
	bool send_shut, recv_shut; /* a FIN went, or came */
};
void tcp_get_info(const struct sock *sock, struct tcp_info *info);
enum tcp_state tcp_state(const struct sock *sock);
const char *tcp_state_name(enum tcp_state state);

/* Visits listeners and connections. */
void tcp_for_each(struct net *net, void (*visit)(void *ctx, struct sock *sock),
		  void *ctx);

struct tcp_timewait_info {
	struct sock_addr local, remote;
	uint64_t due_ns;
};
void tcp_for_each_timewait(struct net *net,
			   void (*visit)(void *ctx,
					 const struct tcp_timewait_info *tw),
			   void *ctx);

/* Who looks at everything, a part at a time. */
struct tcp_visitor {
	void (*sock)(void *ctx, struct sock *sock);
	void (*timewait)(void *ctx, const struct tcp_timewait_info *tw);
};

/*
 * Visits the part at *place (0 at the start) and moves it on: all listeners,
 * then buckets until at least most were visited. False behind the last part.
 * What comes or goes between two parts may be missed, nothing is visited twice.
 */
bool tcp_walk(struct net *net, uint32_t *place, uint32_t most,
	      const struct tcp_visitor *visitor, void *ctx);

/* The operator's abort: the peer gets a reset, the application is told
 * closed(ERR_RESET). False for a listener, which is its service's to close. */
bool tcp_kill(struct sock *sock);
