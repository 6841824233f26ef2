/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What befalls connections, as it happens, for whoever watches (ss -E): changes
 * of state, timeouts, recoveries, the congestion window. A ring of the latest
 * of them exists only while somebody watches; else each costs one look at a
 * pointer. State: tcp_table.trace, this file's.
 */
#pragma once

#include "net/tcp/tcp.h"

#define TCP_TRACE_MAX 256u /* events that are kept */

enum tcp_trace_kind {
	TCP_TRACE_STATE,   /* from, to: enum tcp_state */
	TCP_TRACE_CA,	   /* from, to: of congestion control, tcp_ca_name() */
	TCP_TRACE_TIMEOUT, /* to: how many in a row */
	TCP_TRACE_PROBE,   /* of a loss at the end [RFC8985 7] */
	TCP_TRACE_CWND,	   /* before is another number of segments */
};

struct tcp_trace_event {
	uint64_t when_ns;
	struct sock_addr local, remote;
	uint8_t kind, from, to;
	uint16_t mss;
	uint32_t before, cwnd, ssthresh; /* bytes */
	uint32_t srtt_us, rto_us;
};

struct tcp_trace {
	uint32_t watchers;
	uint64_t count; /* events so far; the n-th is in entry[n % MAX] */
	struct tcp_trace_event entry[TCP_TRACE_MAX];
};

/* Begins to watch: *next is where to read on. ERR_NOMEM. */
enum status tcp_trace_start(struct net *net, uint64_t *next) must_use;
void tcp_trace_stop(struct net *net);

/* The event *next, which is moved on; NULL: none yet. *lost grows by those that
 * were overwritten meanwhile. Valid until the stack runs again. */
const struct tcp_trace_event *tcp_trace_read(const struct net *net,
					     uint64_t *next, uint64_t *lost);

/* "open", "cwr", "recovery", "loss" */
const char *tcp_ca_name(uint8_t ca);
