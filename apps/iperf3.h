/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server for the iperf3 that everybody has: `service iperf3 on`, then
 * `iperf3 -c` from anywhere. TCP and UDP, either direction or both, parallel
 * streams; one test at a time, others are told that it is busy. The protocol is
 * iperf 3.12's, which has no specification but its behaviour.
 *
 * A control connection exchanges states of one byte and JSON; the connections
 * that carry data begin with the cookie of their test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/port.h"
#include "lib/timer.h"
#include "net/sock.h"

#define IPERF3_PORT	   5201u
#define IPERF3_STREAMS_MAX 128u /* as iperf3 itself */
#define IPERF3_PENDING_MAX 16u
#define IPERF3_COOKIE_LEN  37u
#define IPERF3_PARAMS_MAX  2048u /* bytes of JSON; usual are 300 */

struct net;
struct iperf3;

/* Any of our connections: what its sock's ctx points to. */
struct iperf3_conn {
	struct iperf3 *server;
	struct sock *sock; /* NULL: none */
};

struct iperf3_stream {
	struct iperf3_conn conn; /* TCP; UDP has one sock for all */
	struct sock_addr peer;	 /* UDP */
	struct sock_addr local;
	bool used, sends;
	uint64_t bytes, retransmits;
	/* As they were when the seconds to omit were over. */
	uint64_t begin_retransmits, begin_packets;
	/* UDP: packets sent, or the highest number seen. */
	uint64_t packets, lost, out_of_order;
	int64_t transit_us, jitter_16us; /* jitter in sixteenths [RFC1889] */
	bool timed;
};

struct iperf3_params {
	bool udp, reverse, both, nodelay, wide_counters;
	uint32_t parallel, omit_s, time_s, block_len, window, tos;
	uint64_t rate_bps;
	char congestion[16];
};

struct iperf3 {
	struct net *net;
	struct sock *listener, *udp;
	struct timer timer; /* UDP's pace, and nobody is waited for forever */
	struct iperf3_conn control;
	struct iperf3_conn pending[IPERF3_PENDING_MAX]; /* no cookie yet */
	uint64_t pending_ns[IPERF3_PENDING_MAX];
	uint8_t step; /* enum step of iperf3.c */
	char cookie[IPERF3_COOKIE_LEN];
	char json[IPERF3_PARAMS_MAX];
	uint32_t json_len; /* as announced */
	uint32_t json_got;
	uint32_t stream_count;
	uint32_t result_next; /* which stream's results are to be written */
	uint64_t alive_ns;    /* something came from the client */
	uint64_t begin_ns, end_ns, omit_ns, paced_ns;
	struct iperf3_params params;
	struct iperf3_stream stream[IPERF3_STREAMS_MAX];
	uint64_t tests; /* finished */
};

/* Listens on TCP and UDP 5201; ERR_EXIST: something else does. */
enum status iperf3_start(struct iperf3 *server, struct net *net) must_use;
/* A test that runs is aborted. */
void iperf3_stop(struct iperf3 *server);
