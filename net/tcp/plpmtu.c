/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the path takes, when no router says: full segments that vanish again and
 * again are taken for too large, and later one larger segment at a time asks
 * whether that was right. A probe that is lost is repeated in pieces and is no
 * sign of congestion. State: search_low, search_high and probe_* of the sock.
 * [RFC4821]
 */

#include "net/tcp/internal.h"

#define HEADERS_LEN (IPV4_HEADER_LEN + TCP_HEADER_LEN)
#define CLOSE	    8u /* bytes that are not worth a probe */

/* The largest packet, as the route and the peer have it. */
static uint16_t
largest(const struct tcp_sock *ts)
{
	uint32_t mss = ts->peer_mss;

	if (ts->user_mss)
		mss = min_of(mss, (uint32_t)ts->user_mss);
	return (uint16_t)min_of(mss + HEADERS_LEN, (uint32_t)ts->pmtu);
}

/* ---- smaller ----------------------------------------------------------- */

/* How many timeouts in a row are needed to believe it: more, where much has got
 * through already. */
static uint32_t
patience(const struct tcp_sock *ts)
{
	uint32_t most = table_of(ts)->param.tcp_retries1;

	return ts->snd_una - ts->iss > 10u * ts->mss ? 2 * most : most;
}

static void
shrink(struct tcp_sock *ts, uint32_t size)
{
	if (size >= ts->pmtu)
		return;
	table_of(ts)->stats.tcp_mtup_fail++;
	if (!ts->search_low)
		ts->search_high = ts->pmtu;
	ts->pmtu = ts->search_low = (uint16_t)size;
	ts->pmtu_ns = now_of(ts);
	tcp_sync_mss(ts);
}

/* After a timeout. Small segments that vanish, too, mean that size was not why.
 * [RFC4821 7.7] */
void
tcp_black_hole(struct tcp_sock *ts)
{
	const struct tcp_param *param = &table_of(ts)->param;
	uint32_t least = ts->sock->net->paths.param.min_pmtu;
	uint32_t base = max_of(param->tcp_base_mss + HEADERS_LEN, least);
	uint32_t enough = patience(ts);

	ts->probe_size = 0;
	if (!param->tcp_mtu_probing || ts->retries < enough || !ts->first)
		return;
	ts->pmtu = largest(ts);
	if (ts->retries == enough && ts->first->len + HEADERS_LEN > base)
		return shrink(ts, base);
	if (ts->retries == enough + 2 && ts->first->len + HEADERS_LEN > least)
		return shrink(ts, least);
	if (ts->retries == enough + 4 && ts->search_low) {
		ts->pmtu = max_of(ts->search_high, ts->pmtu);
		ts->search_low = ts->search_high = 0;
		tcp_sync_mss(ts);
	}
}

/* ---- larger ------------------------------------------------------------ */

/* The search begins anew, up to what the route takes. False: smaller packets
 * were never needed for this reason. */
bool
tcp_search_again(struct tcp_sock *ts)
{
	uint16_t now = ts->pmtu;

	if (!ts->search_low)
		return false;
	tcp_route_mss(ts);
	ts->search_high = largest(ts);
	ts->pmtu = ts->search_low = now;
	return true;
}

/* Bytes of payload that make a packet of so many. */
static uint32_t
payload_of(const struct tcp_sock *ts, uint32_t size)
{
	return size - (ts->pmtu - ts->mss);
}

/* What to try next: where it used to be, then halfway. 0: nothing. */
static uint16_t
next_size(struct tcp_sock *ts)
{
	if (ts->search_high < ts->search_low + CLOSE) {
		ts->search_high = 0;
		return 0;
	}
	if (!(ts->flags & SOCK_PROBE_FAILED))
		return ts->search_high;
	return (uint16_t)((ts->search_low + ts->search_high + 1) / 2);
}

/* The first len unsent bytes become one buffer. */
static bool
gather(struct tcp_sock *ts, uint32_t len)
{
	struct skb *skb = skb_alloc(&net_this_core(ts->sock->net)->skb_pool);
	struct skb **link = &ts->first, *head;
	uint32_t take, before;

	if (!skb)
		return false;
	skb_reserve(skb, TCP_SEND_HEADROOM - PARAM_SKB_HEADROOM);
	if (skb_tailroom(skb) < len) {
		skb_consume(skb);
		return false;
	}
	memset(skb->cb, 0, sizeof(skb->cb));
	seg_of(skb)->seq = seg_of(ts->send_head)->seq;
	while (*link != ts->send_head)
		link = &(*link)->next;
	for (; len > 0; len -= take) {
		head = ts->send_head;
		before = seg_buffers(head);
		take = min_of(len, head->len);
		skb_copy_out(head, 0, skb_put(skb, take), take);
		if (take < head->len) {
			skb_advance(head, take);
			seg_of(head)->seq += take;
			before -= seg_buffers(head);
		} else {
			ts->send_head = head->next;
			skb_consume(head);
		}
		tcp_hold_to_send(ts, -before);
	}
	skb->next = ts->send_head;
	*link = ts->send_head = skb;
	if (!skb->next)
		ts->last = skb;
	tcp_hold_to_send(ts, 1);
	return true;
}

/* Sends a probe, if one is due, nothing else troubles the connection, and what
 * follows can tell whether it arrived. [RFC4821 7.4] */
void
tcp_probe_mtu(struct tcp_sock *ts)
{
	uint32_t queued = ts->snd_end - seg_of(ts->send_head)->seq;
	uint32_t flight = ts->snd_nxt - ts->snd_una, len, all;
	uint16_t size;

	if (!ts->search_high || ts->probe_size || ts->ca != CA_OPEN ||
	    ts->sacked_len || ts->lost_len)
		return;
	size = next_size(ts);
	len = payload_of(ts, size);
	all = len + DUPTHRESH * ts->mss;
	if (!size || queued < all || tcp_pipe(ts) + all > ts->cwnd ||
	    flight + all > ts->snd_wnd || !gather(ts, len))
		return;
	ts->probe_end = ts->snd_nxt + len;
	if (tcp_send_head(ts, len))
		ts->probe_size = size;
}

/* snd_una moved. */
void
tcp_probe_acked(struct tcp_sock *ts)
{
	if (seq_lt(ts->snd_una, ts->probe_end))
		return;
	ts->search_low = ts->pmtu = ts->probe_size;
	ts->probe_size = 0;
	tcp_sync_mss(ts);
	/* Some minutes later, anew. */
	ts->pmtu_ns = now_of(ts);
}

/* Something is lost: the probe, and nothing else? Then its size was why. */
bool
tcp_probe_lost(struct tcp_sock *ts)
{
	struct skb *skb = ts->first;
	uint32_t len = payload_of(ts, ts->probe_size);

	while (skb && skb != ts->send_head && seg_end(skb) != ts->probe_end)
		skb = skb->next;
	if (!skb || skb == ts->send_head || !(seg_of(skb)->flags & SEG_LOST))
		return false;
	ts->search_high = ts->probe_size - 1;
	ts->probe_size = 0;
	ts->flags |= SOCK_PROBE_FAILED;
	return ts->lost_len == len;
}
