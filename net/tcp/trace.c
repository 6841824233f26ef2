/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of events that watchers read; see trace.h. */
#include "net/tcp/trace.h"

#include "net/tcp/internal.h"

enum status
tcp_trace_start(struct net *net, uint64_t *next)
{
	struct tcp_trace *trace = net->tcp.trace;

	if (!trace) {
		trace = pages_alloc(net->pages, pages_order(sizeof(*trace)));
		if (!trace)
			return ERR_NOMEM;
		trace->watchers = 0;
		trace->count = 0;
		net->tcp.trace = trace;
	}
	trace->watchers++;
	*next = trace->count;
	return OK;
}

void
tcp_trace_stop(struct net *net)
{
	struct tcp_trace *trace = net->tcp.trace;

	assert(trace && trace->watchers > 0);
	if (--trace->watchers > 0)
		return;
	net->tcp.trace = NULL;
	pages_free(net->pages, trace, pages_order(sizeof(*trace)));
}

const struct tcp_trace_event *
tcp_trace_read(const struct net *net, uint64_t *next, uint64_t *lost)
{
	const struct tcp_trace *trace = net->tcp.trace;

	if (*next + TCP_TRACE_MAX < trace->count) {
		*lost += trace->count - TCP_TRACE_MAX - *next;
		*next = trace->count - TCP_TRACE_MAX;
	}
	return *next < trace->count ? &trace->entry[(*next)++ % TCP_TRACE_MAX]
				    : NULL;
}

void
tcp_trace_add(const struct tcp_sock *ts, enum tcp_trace_kind kind,
	      uint32_t from, uint32_t to)
{
	struct tcp_trace *trace = table_of(ts)->trace;

	/* A window of as many segments as before is no news. */
	if (kind == TCP_TRACE_CWND && from / ts->mss == to / ts->mss)
		return;
	trace->entry[trace->count++ % TCP_TRACE_MAX] = (struct tcp_trace_event){
		.when_ns = now_of(ts),
		.local = ts->sock->local,
		.remote = ts->sock->remote,
		.kind = (uint8_t)kind,
		.from = (uint8_t)from,
		.to = (uint8_t)to,
		.mss = ts->mss,
		.before = from,
		.cwnd = ts->cwnd,
		.ssthresh = ts->ssthresh,
		.srtt_us = ts->srtt_us,
		.rto_us = ts->rto_us,
	};
}

const char *
tcp_ca_name(uint8_t ca)
{
	static const char *const name[] = {
		[CA_OPEN] = "open",
		[CA_CWR] = "cwr",
		[CA_RECOVERY] = "recovery",
		[CA_LOSS] = "loss",
	};

	return name[ca];
}
