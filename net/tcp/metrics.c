/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the route to a peer says of a connection (`ip route ... initcwnd 20`):
 * taken when it is opened, and anew when the MTU of its path is asked for and
 * when it wakes. Linux's metrics with Linux's effects; what a connection was
 * told itself (a buffer's size, a congestion control) comes first. All state is
 * the connection's.
 */

#include "net/tcp/internal.h"

#define SEGMENTS_MAX   65535u /* more is as good as none */
#define RTO_MIN_MAX_MS 120000u

/* So many segments as bytes, as far as is known now. */
static uint32_t
bytes_of(const struct tcp_sock *ts, uint32_t segments)
{
	uint32_t mss = ts->mss ? ts->mss : 536u;

	segments = min_of(segments, SEGMENTS_MAX);
	return min_of(segments * mss, CWND_MAX);
}

void
tcp_metrics_take(struct tcp_sock *ts, const struct route_metrics *metrics)
{
	const uint32_t *value;
	uint32_t ms;

	ts->flags &= ~(SOCK_METRICS | SOCK_QUICKACK | SOCK_WANT_ECN);
	ts->rto_min_us = ts->initcwnd = ts->reordering = 0;
	ts->cwnd_most = CWND_MAX;
	if (likely(!metrics))
		return;
	value = metrics->value;
	ts->flags |= SOCK_METRICS;
	if (value[METRIC_QUICKACK])
		ts->flags |= SOCK_QUICKACK;
	if (value[METRIC_FEATURES] & FEATURE_ECN)
		ts->flags |= SOCK_WANT_ECN;
	ts->initcwnd = min_of(value[METRIC_INITCWND], SEGMENTS_MAX);
	ts->reordering = value[METRIC_REORDERING];
	if (metrics->locks >> METRIC_RTO_MIN & 1) {
		ms = min_of(value[METRIC_RTO_MIN], RTO_MIN_MAX_MS);
		ts->rto_min_us = max_of(ms * 1000, 1u);
	}
	if (metrics->locks >> METRIC_CWND & 1 && value[METRIC_CWND])
		ts->cwnd_most = bytes_of(ts, value[METRIC_CWND]);
}

/* The route's, NULL: it says nothing. */
static const struct route_metrics *
metrics_of(const struct tcp_sock *ts)
{
	struct ipv4_way_info way;

	if (likely(!(ts->flags & SOCK_METRICS)) || tcp_way_info(ts, &way) != OK)
		return NULL;
	return way.metrics;
}

void
tcp_metrics_open(struct tcp_sock *ts)
{
	const struct route_metrics *metrics = metrics_of(ts);
	const uint32_t *value;
	const struct tcp_cc *cc;
	uint32_t segments;

	if (likely(!metrics)) {
		tcp_first_window(ts);
		return;
	}
	value = metrics->value;
	if (value[METRIC_WINDOW]) {
		ts->rcvbuf = min_of(ts->rcvbuf, value[METRIC_WINDOW]);
		/* It does not grow. */
		ts->flags |= SOCK_RCVBUF_SET;
	}
	tcp_first_window(ts);
	if (value[METRIC_INITRWND]) {
		segments = min_of(value[METRIC_INITRWND], SEGMENTS_MAX);
		ts->rcv_wnd = min_of(ts->rcv_wnd, segments * ts->advmss);
	}
	cc = value[METRIC_CONGCTL] ? tcp_cc_at(value[METRIC_CONGCTL] - 1)
				   : NULL;
	if (cc)
		ts->cc = cc;
}

void
tcp_metrics_established(struct tcp_sock *ts)
{
	const struct route_metrics *metrics = metrics_of(ts);
	const struct tcp_param *param = &table_of(ts)->param;
	uint32_t rtt_us, least;

	if (likely(!metrics))
		return;
	tcp_metrics_take(ts, metrics);
	if (metrics->value[METRIC_SSTHRESH])
		ts->ssthresh = bytes_of(ts, metrics->value[METRIC_SSTHRESH]);
	/* If the handshake took less, as with a peer that answers from near,
	 * the first timeout is by the guess. (Linux) */
	rtt_us = min_of(metrics->value[METRIC_RTT], 8u * 60000) * 125;
	if (rtt_us <= ts->srtt_us)
		return;
	least = ts->rto_min_us ? ts->rto_min_us : param->tcp_rto_min_us;
	rtt_us += max_of(2 * rtt_us, least);
	ts->rto_us = min_of(rtt_us, param->tcp_rto_max_ms * 1000);
}

void
tcp_metrics_wake(struct tcp_sock *ts)
{
	tcp_metrics_take(ts, metrics_of(ts));
	tcp_rto_update(ts);
}
