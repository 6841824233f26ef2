/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Segments from ipv4_input(): checked, given to whom they belong, and taken
 * through the steps of [RFC9293 3.10.7.4] by name and in order. With [RFC5961]
 * against blind attacks and [RFC7323] against old duplicates.
 */

#include "net/explain/explain.h"
#include "net/tcp/ack.h"

#define PAWS_IDLE_NS (24ull * 86400 * 1000000000) /* [RFC7323 5.5] */

/* ---- first: sequence number, and PAWS ---------------------------------- */

/* [RFC7323 5.3 R1]; not for RST [5.2]. */
static bool
paws_rejects(const struct tcp_sock *ts, const struct tcp *h)
{
	if (!(ts->flags & SOCK_TS) || !(h->have & TCP_HAVE_TS) ||
	    (h->flags & TCP_RST))
		return false;
	return seq_lt(h->tsval, ts->ts_recent) &&
	       now_of(ts) - ts->last_rcv_ns < PAWS_IDLE_NS;
}

/* The four cases of [RFC9293 3.10.7.4, table 6]; len counts SYN and FIN. */
static bool
is_acceptable(const struct tcp_sock *ts, uint32_t seq, uint32_t len)
{
	uint32_t edge = ts->rcv_nxt + ts->rcv_wnd, last = seq + len - 1;

	if (ts->rcv_wnd == 0)
		return len == 0 && seq == ts->rcv_nxt;
	if (seq_le(ts->rcv_nxt, seq) && seq_lt(seq, edge))
		return true;
	return len > 0 && seq_le(ts->rcv_nxt, last) && seq_lt(last, edge);
}

/* [RFC7323 4.3]: echoed is the timestamp of the segment that begins where our
 * last ACK ended, not a later one's. */
static void
take_timestamp(struct tcp_sock *ts, const struct tcp *h)
{
	if ((ts->flags & SOCK_TS) && (h->have & TCP_HAVE_TS) &&
	    seq_le(ts->ts_recent, h->tsval) &&
	    seq_le(h->seq, ts->last_ack_sent))
		ts->ts_recent = h->tsval;
}

/* An unacceptable segment: an ACK unless it is a RST. Without data it may
 * itself be such an answer, so there is a limit. */
static enum drop
unacceptable(struct tcp_sock *ts, const struct tcp *h, uint32_t len,
	     enum drop why)
{
	if (h->flags & TCP_RST)
		return DROP_TCP_RST_SEQUENCE;
	if (len > 0 && !(h->flags & TCP_SYN)) {
		ts->flags &= ~SOCK_DSACK;
		if (seq_le(h->seq + len, ts->rcv_nxt))
			tcp_report_dsack(ts, h->seq, h->seq + len);
		tcp_send_ack(ts);
	} else {
		tcp_send_ack_limited(ts);
	}
	return why;
}

static enum drop
check_sequence(struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	uint32_t seg_len =
		len + !!(h->flags & TCP_SYN) + !!(h->flags & TCP_FIN);

	if (unlikely(paws_rejects(ts, h))) {
		table_of(ts)->stats.paws_estab++;
		return unacceptable(ts, h, len, DROP_TCP_PAWS);
	}
	/* Without a timestamp where all must have one. [RFC7323 3.2] */
	if (unlikely((ts->flags & SOCK_TS) && !(h->have & TCP_HAVE_TS) &&
		     !(h->flags & TCP_RST)))
		return DROP_TCP_NO_TIMESTAMP;
	if (likely(is_acceptable(ts, h->seq, seg_len)))
		return DROP_NONE;
	/* With no window, ACK, URG and RST are still valid. [MUST-66] */
	if (ts->rcv_wnd == 0 && h->seq == ts->rcv_nxt)
		return DROP_NONE;
	if (seq_le(h->seq + seg_len, ts->rcv_nxt) && seg_len)
		return unacceptable(ts, h, len, DROP_TCP_OLD_DATA);
	return unacceptable(ts, h, len, DROP_TCP_INVALID_SEQUENCE);
}

/* ---- second: RST ------------------------------------------------------- */

static void
reset_by_peer(struct tcp_sock *ts)
{
	enum status why = ERR_RESET;

	if (ts->state == TCP_SYN_RECEIVED)
		why = ERR_REFUSED; /* passive: back to LISTEN, unheard of */
	else if (ts->state == TCP_ESTABLISHED || ts->state == TCP_CLOSE_WAIT)
		table_of(ts)->stats.estab_resets++;
	tcp_done(ts, why);
}

/* Exactly the next one resets; another in the window draws a challenge.
 * [RFC5961 3.2] */
static void
rst_input(struct tcp_sock *ts, struct skb *skb, const struct tcp *h)
{
	if (h->seq != ts->rcv_nxt) {
		tcp_challenge(ts);
		return skb_drop(skb, DROP_TCP_RST_CHALLENGE);
	}
	reset_by_peer(ts);
	skb_consume(skb);
}

/* ---- fourth: SYN ------------------------------------------------------- */

/* [RFC5961 4.2] */
static void
syn_input(struct tcp_sock *ts, struct skb *skb)
{
	table_of(ts)->stats.tcp_syn_challenge++;
	tcp_challenge(ts);
	skb_drop(skb, DROP_TCP_SYN_CHALLENGE);
}

/* ---- fifth: ACK -------------------------------------------------------- */

static enum drop
syn_received_ack(struct tcp_sock *ts, struct skb *skb, const struct ipv4 *ip,
		 const struct tcp *h)
{
	/* SND.UNA < SEG.ACK =< SND.NXT, else a reset. */
	if (seq_le(h->ack, ts->snd_una) || seq_lt(ts->snd_nxt, h->ack)) {
		tcp_reply_rst(skb, ip, h, skb->len);
		return DROP_TCP_SYN_RECEIVED_ACK;
	}
	/* Our SYN-ACK is repeated; perhaps there is room by then. What a cookie
	 * made cannot wait. */
	if (ts->listener && (ts->listener->flags & SOCK_HELD) &&
	    ts->rtx != RTX_NONE) {
		table_of(ts)->stats.listen_overflows++;
		table_of(ts)->stats.listen_drops++;
		return DROP_TCP_ACCEPT_QUEUE;
	}
	ts->snd_wnd = (uint32_t)h->window << ts->snd_wscale;
	ts->max_snd_wnd = max_of(ts->max_snd_wnd, ts->snd_wnd);
	ts->snd_wl1 = h->seq;
	ts->snd_wl2 = h->ack;
	ts->snd_una = ts->iss + 1;
	tcp_rtt_of_syn(ts, h);
	if (ts->flags & SOCK_PASSIVE)
		table_of(ts)->stats.passive_opens++;
	tcp_enter_established(ts);
	/* The application closed while it waited. */
	if (ts->flags & SOCK_FIN_QUEUED)
		tcp_set_state(ts, TCP_FIN_WAIT_1);
	return DROP_NONE;
}

/* Our FIN is acknowledged. */
static void
fin_acked(struct tcp_sock *ts)
{
	switch (ts->state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(ts, TCP_FIN_WAIT_2);
		if (ts->flags & SOCK_ORPHAN)
			ts->keep_ns = now_of(ts) +
				      table_of(ts)->param.tcp_fin_timeout *
					      1000000000ull;
		tcp_mark(ts);
		return;
	case TCP_CLOSING: return tcp_timewait_enter(ts);
	case TCP_LAST_ACK: return tcp_done(ts, OK);
	default: return;
	}
}

static enum drop
ack_input(struct tcp_sock *ts, struct skb *skb, const struct ipv4 *ip,
	  const struct tcp *h)
{
	enum drop why;

	if (ts->state == TCP_SYN_RECEIVED) {
		why = syn_received_ack(ts, skb, ip, h);
		if (why != DROP_NONE)
			return why;
	}
	why = tcp_ack_input(ts, h, skb->len);
	if (why != DROP_NONE)
		return why;
	/* Once per window of data. [RFC3168 6.1.2] */
	if ((ts->flags & SOCK_ECN) && (h->flags & TCP_ECE))
		tcp_enter_cwr(ts);
	if ((ts->flags & SOCK_FIN_SENT) && ts->snd_una == ts->snd_end + 1)
		fin_acked(ts);
	return DROP_NONE;
}

/* ---- sixth: URG -------------------------------------------------------- */

/* RCV.UP = max(RCV.UP, SEG.UP); data stays in line. [RFC9293 3.10.7.4] [RFC6093
 * 3] */
static void
urg_input(struct tcp_sock *ts, const struct tcp *h)
{
	uint32_t up = h->seq + h->urgent;

	if (!tcp_is_receiving(ts) || seq_le(up, ts->rcv_nxt))
		return;
	if ((ts->flags & SOCK_URG_RCVD) && seq_le(up, ts->rcv_up))
		return;
	ts->rcv_up = up;
	ts->flags |= SOCK_URG_RCVD;
	tcp_event(ts, EVENT_URGENT);
}

/* ---- seventh: text; eighth: FIN ---------------------------------------- */

/* A mark is echoed until CWR. [RFC3168 6.1.3] */
static void
ecn_input(struct tcp_sock *ts, const struct ipv4 *ip, const struct tcp *h,
	  uint32_t len)
{
	if (h->flags & TCP_CWR)
		ts->flags &= ~SOCK_ECE_SEND;
	if (len && (ip->tos & 3) == 3)
		ts->flags |= SOCK_ECE_SEND | SOCK_ACK_NOW;
}

static void
text_input(struct tcp_sock *ts, struct skb *skb, const struct tcp *h)
{
	if (!skb->len)
		return skb_consume(skb);
	/* After their FIN there can be none. */
	if (!tcp_is_receiving(ts))
		return skb_drop(skb, DROP_TCP_TEXT_STATE);
	/* Nobody will read it: the peer must know. [RFC9293 3.6.1] */
	if ((ts->flags & SOCK_ORPHAN) &&
	    seq_lt(ts->rcv_nxt, h->seq + skb->len)) {
		table_of(ts)->stats.tcp_abort_on_data++;
		tcp_send_rst(ts);
		tcp_done(ts, ERR_RESET);
		return skb_drop(skb, DROP_TCP_ABORT_ON_DATA);
	}
	tcp_text_input(ts, skb, h->seq);
}

static void
fin_input(struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	uint32_t at = h->seq + len;

	if (!tcp_is_receiving(ts) || seq_lt(at, ts->rcv_nxt))
		return;
	/* Out of order it is told at once, like text. [RFC5681 4.2] */
	if (!len && at != ts->rcv_nxt)
		ts->flags |= SOCK_ACK_NOW;
	if (ts->flags & SOCK_FIN_SEEN)
		return;
	/* It lies in the window, or is not ours to see yet. */
	if (seq_lt(ts->rcv_nxt + ts->rcv_wnd, at))
		return;
	ts->flags |= SOCK_FIN_SEEN;
	ts->fin_seq = at;
	tcp_cut_ooo(ts, at);
}

/* A SYN in SYN-RECEIVED that is no mistake; true: skb is gone. */
rare static bool
syn_received_syn(struct tcp_sock *ts, struct skb *skb, const struct ipv4 *ip,
		 const struct tcp *given)
{
	struct tcp h = *given;

	if (h.seq != ts->irs || !(h.flags & TCP_SYN) || (h.flags & TCP_RST))
		return false;
	if (!(h.flags & TCP_ACK)) { /* once more: our SYN-ACK was lost */
		take_timestamp(ts, &h);
		tcp_send_syn(ts);
		skb_consume(skb);
		return true;
	}
	/* Both opened at once: their SYN-ACK begins before the window, and what
	 * it acknowledges is what counts. [RFC9293 3.5, figure 7] */
	h.seq++;
	h.flags &= (uint8_t)~TCP_SYN;
	ts->flags |= SOCK_ACK_NOW;
	tcp_synchronized_input(ts, skb, ip, &h);
	return true;
}

/* ---- the segment that was to be expected -------------------------------- */

/*
 * Text, or an ACK alone, that begins where the last one ended, in ESTABLISHED,
 * with nothing special in it or about us. The steps below would find, in their
 * order: acceptable, no RST, no SYN, an ACK, no mark, no URG, text that is all
 * in the window, no FIN. So the fifth and the seventh are left.
 */
static inline bool
is_predicted(const struct tcp_sock *ts, const struct tcp *h, uint32_t len)
{
	const uint64_t mind = SOCK_ECN | SOCK_FIN_SEEN | SOCK_ORPHAN |
			      SOCK_DSACK | SOCK_STRANGER;

	if ((h->flags & ~TCP_PSH) != TCP_ACK || ts->state != TCP_ESTABLISHED ||
	    h->seq != ts->rcv_nxt || len > ts->rcv_wnd || (ts->flags & mind))
		return false;
	return !(ts->flags & SOCK_TS) ||
	       ((h->have & TCP_HAVE_TS) && seq_le(ts->ts_recent, h->tsval));
}

static inline void
predicted_input(struct tcp_sock *ts, struct skb *skb, const struct tcp *h)
{
	enum drop why;

	why = tcp_ack_input(ts, h, skb->len);
	if (unlikely(why != DROP_NONE))
		return skb_drop(skb, why);
	take_timestamp(ts, h);
	table_of(ts)->stats.tcp_hp_hits++;
	ts->last_rcv_ns = now_of(ts);
	ts->keep_count = 0;
	if (skb->len)
		tcp_text_in_order(ts, skb); /* marks it, too */
	else
		skb_consume(skb);
	tcp_mark(ts);
}

/* ---- the steps --------------------------------------------------------- */

void
tcp_synchronized_input(struct tcp_sock *ts, struct skb *skb,
		       const struct ipv4 *ip, const struct tcp *h)
{
	uint32_t len = skb->len;
	enum drop why;

	if (likely(is_predicted(ts, h, len)))
		return predicted_input(ts, skb, h);
	if (unlikely(ts->state == TCP_SYN_RECEIVED) &&
	    syn_received_syn(ts, skb, ip, h))
		return;
	why = check_sequence(ts, h, len);
	if (unlikely(why != DROP_NONE))
		return skb_drop(skb, why);
	if (unlikely(h->flags & TCP_RST))
		return rst_input(ts, skb, h);
	/* Third, security: none. */
	if (unlikely(h->flags & TCP_SYN))
		return syn_input(ts, skb);
	if (unlikely(!(h->flags & TCP_ACK)))
		return skb_drop(skb, DROP_TCP_NO_ACK);
	why = ack_input(ts, skb, ip, h);
	if (unlikely(why != DROP_NONE))
		return skb_drop(skb, why);
	/* Only now: who acknowledges what was never sent tells no time. */
	take_timestamp(ts, h);
	ts->last_rcv_ns = now_of(ts);
	ts->keep_count = 0;
	if (unlikely(ts->flags & SOCK_STRANGER) &&
	    (len || (h->flags & TCP_FIN) || ts->snd_una != ts->iss + 1))
		tcp_stranger_goes(ts->sock->net, &ts->flags);
	if (unlikely(ts->state == TCP_CLOSED)) /* LAST-ACK, CLOSING: over */
		return skb_consume(skb);
	ecn_input(ts, ip, h, len);
	if (unlikely(h->flags & TCP_URG))
		urg_input(ts, h);
	if (unlikely(h->flags & TCP_FIN))
		fin_input(ts, h, len);
	text_input(ts, skb, h);
	/* Even if the FIN alone was new. */
	if (unlikely(ts->flags & SOCK_FIN_SEEN) && ts->state != TCP_CLOSED)
		tcp_fin_input(ts);
	tcp_mark(ts);
}

/* ---- whose is it ------------------------------------------------------- */

static void
closed_input(struct net *net, struct skb *skb, const struct ipv4 *ip,
	     const struct tcp *h)
{
	if (h->flags & TCP_RST)
		return skb_drop(skb, DROP_TCP_RST_NO_SOCKET);
	tcp_reply_rst(skb, ip, h, skb->len);
	skb_drop(skb, DROP_NO_SOCKET);
}

/* True: it has ended. What a connection makes of a segment is its own affair,
 * and no dry run's. */
rare static bool
explained(struct net *net, struct skb *skb, const struct sock *sock)
{
	explain_note(net, TCP_CONNECTION, tcp_state(sock),
		     EXPLAIN_TEXT(sock->owner));
	if (!explain_is_dry(net))
		return false;
	skb_consume(skb);
	return true;
}

static void
demux(struct net *net, struct skb *skb, const struct ipv4 *ip,
      const struct tcp *h)
{
	const struct sock_addr local = { ip->dst, h->dport };
	const struct sock_addr remote = { ip->src, h->sport };
	struct sock *sock = tcp_find(net, &local, &remote);
	struct tcp_timewait *tw = NULL;
	struct tcp_sock *ts;
	uint32_t after = 0;

	if (likely(sock)) {
		if (unlikely(net->explain != NULL) && explained(net, skb, sock))
			return;
		ts = tcp_of(sock);
		for (size_t i = 1; i < 6; i++) /* soon */
			__builtin_prefetch((char *)ts + i * CACHE_LINE);
		ts = tcp_wake(sock);
		if (unlikely(!ts)) /* it will come again */
			return skb_drop(skb, DROP_TCP_BUSY);
		ts->segs_in++;
		return ts->state == TCP_SYN_SENT
			       ? tcp_syn_sent_input(ts, skb, ip, h)
			       : tcp_synchronized_input(ts, skb, ip, h);
	}
	ts = tcp_find_listener(net, &local);
	tw = tcp_timewait_find(net, &local, &remote);
	if (tw) {
		explain_note(net, TCP_TIMEWAIT);
		if (explain_is_dry(net))
			return skb_consume(skb);
		if (!tcp_timewait_input(net, tw, skb, ip, h))
			return;
		/* Its numbers begin beyond the old ones. */
		after = tcp_timewait_snd_nxt(tw) + 65536;
		if (ts)
			tcp_timewait_remove(net, tw);
	}
	if (ts)
		return tcp_listen_input(ts, skb, ip, h, after);
	closed_input(net, skb, ip, h);
}

/* A header that lies in several pieces. */
rare static enum drop
parse_pieces(const struct skb *skb, struct tcp *h)
{
	uint8_t copy[TCP_HEADER_LEN_MAX];

	skb_copy_out(skb, 0, copy, min_of(skb->len, TCP_HEADER_LEN_MAX));
	return tcp_parse(copy, skb->len, h);
}

static inline enum drop
check(const struct skb *skb, const struct ipv4 *ip, struct tcp *h)
{
	enum drop why;
	uint32_t sum;

	if (likely(!skb->seg || skb_linear_len(skb) >= TCP_HEADER_LEN_MAX))
		why = tcp_parse(skb->data, skb->len, h);
	else
		why = parse_pieces(skb, h);
	if (unlikely(why != DROP_NONE))
		return why;
	/* To all, or to many: never. [RFC9293 3.9.2.3 MUST-57] */
	if (skb->pkt_type == PKT_BROADCAST || skb->pkt_type == PKT_MULTICAST)
		return DROP_TCP_BROADCAST;
	if (skb->csum == SKB_CSUM_UNNECESSARY)
		return DROP_NONE;
	sum = checksum_pseudo(ip->src, ip->dst, IPPROTO_TCP,
			      (uint16_t)skb->len);
	sum = likely(!skb->seg) ? checksum_add(sum, skb->data, skb->len)
				: skb_checksum(skb, 0, skb->len, sum);
	return checksum_fold(sum) == 0 ? DROP_NONE : DROP_TCP_CSUM;
}

void
tcp_input(struct skb *skb, const struct ipv4 *ip)
{
	struct net *net = skb->dev->net;
	struct tcp h;
	enum drop why = check(skb, ip, &h);

	net->tcp.stats.in_segs++;
	if (unlikely(why != DROP_NONE)) {
		net->tcp.stats.in_errs++;
		if (why == DROP_TCP_CSUM)
			net->tcp.stats.in_csum_errors++;
		return skb_drop(skb, why);
	}
	skb_advance(skb, h.header_len);
	demux(net, skb, ip, &h);
}
