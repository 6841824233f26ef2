/* SPDX-License-Identifier: BSD-2-Clause */
/* Between iperf3.c, which leads through a test, and iperf3_stream.c, which
 * moves the data. */
#pragma once

#include "apps/iperf3.h"
#include "net/tcp/tcp.h"
#include "net/udp.h"

#define NS 1000000000ull

/* What the control connection waits for. */
enum iperf3_step {
	STEP_IDLE,
	STEP_PARAMS_LEN,
	STEP_PARAMS,
	STEP_STREAMS, /* as many as were asked for */
	STEP_RUNNING, /* the client's end */
	STEP_RESULT_LEN,
	STEP_RESULTS,
	STEP_SEND_RESULTS, /* room */
	STEP_DISPLAY,
};

extern const struct sock_ops iperf3_udp_ops;

/* All streams are there. */
void iperf3_run(struct iperf3 *s);

/* A TCP connection of this test. */
void iperf3_stream_add(struct iperf3 *s, struct sock *sock);
void iperf3_stream_readable(struct iperf3_stream *st);
void iperf3_stream_writable(struct iperf3_stream *st);
/* Those that send begin. */
void iperf3_streams_begin(struct iperf3 *s);
/* Counts what there is to count, then closes; at once: resets. */
void iperf3_streams_close(struct iperf3 *s, bool at_once);
/* UDP: sends what is due. */
void iperf3_udp_pace(struct iperf3 *s);
