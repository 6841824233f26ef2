/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Congestion control as an algorithm sees it: how the window grows, and how far
 * it falls. When it falls, and how the way down is paced, is loss.c's affair,
 * the same for all. Windows are bytes.
 */
#pragma once

#include <stdint.h>

struct tcp_sock;

/* What an algorithm keeps; begins as zeros. */
struct tcp_cc_state {
	uint64_t epoch_ns; /* CUBIC: when congestion avoidance began */
	uint32_t w_max, k_ms, w_est, origin, acked;
	/* HyStart++, of the first slow start. */
	uint32_t round_end, last_min_us, round_min_us, css_baseline_us;
	uint8_t hystart, samples, css_rounds;
};

struct tcp_cc {
	const char *name;
	/* acked bytes arrived while cwnd was what limited us. */
	void (*grow)(struct tcp_sock *ts, uint32_t acked);
	/* A congestion event: the new ssthresh. */
	uint32_t (*ssthresh)(struct tcp_sock *ts);
};

extern const struct tcp_cc tcp_cc_cubic, tcp_cc_reno;

/* By name, NULL: none. */
const struct tcp_cc *tcp_cc_find(const char *name);
/* The i-th of all; NULL behind the last. */
const struct tcp_cc *tcp_cc_at(uint32_t i);

/* As which tcp_cc_at() has it. */
uint8_t tcp_cc_index(const struct tcp_cc *cc);

/* Slow start [RFC5681 3.1]: what is left of acked when ssthresh is reached. */
uint32_t tcp_slow_start(struct tcp_sock *ts, uint32_t acked);

/* An ACK moved snd_una in the first slow start; rtt_us is its sample, 0: none.
 * Round trips that become longer end it before something is lost. [RFC9406] */
void tcp_hystart(struct tcp_sock *ts, uint32_t rtt_us);

/* Congestion avoidance by counting: cwnd grows by one segment for each
 * window of bytes acknowledged. [RFC5681 3.1] */
void tcp_cong_avoid(struct tcp_sock *ts, uint32_t window, uint32_t acked);
