/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stack with TCP and four peers who play what an input says. An input is a
 * head and then steps of one size each; a step speaks relative to what its peer
 * knows (the next byte, what was acknowledged, the last timestamp), with right
 * checksums, so that it means the same wherever it stands, and a mutation of
 * one leaves the others meaningful.
 *
 * The bytes of every stream follow from their sequence numbers, in both
 * directions: what an application reads, and what the stack sends, first or
 * again, can be held against that.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "net/tcp/tcp.h"

#define TCP_LAB_HEAD  8u
#define TCP_LAB_STEP  12u
#define TCP_LAB_PEERS 4u
#define TCP_LAB_STEPS 200u /* more are not looked at */

/* A step's byte 0, lowest bits; the next two say which peer. */
enum tcp_lab_op {
	LAB_SEGMENT, /* and 1, 2, 3 */
	LAB_CALL = 4,
	LAB_TIME,
	LAB_ICMP,
	LAB_SHAKE,
};
#define LAB_HOLD 0x80u /* in byte 0: arrives with the next ones, in a burst */

/* A segment's byte 1, lowest four bits. */
enum tcp_lab_kind {
	LAB_ACK,
	LAB_DATA,
	LAB_DATA_PUSH,
	LAB_DUP_ACK,
	LAB_FIN,
	LAB_DATA_FIN,
	LAB_SYN,
	LAB_SYN_ACK,
	LAB_RST,
	LAB_RST_ACK,
	LAB_URGENT,
	LAB_ECE,
	LAB_CWR,
	LAB_SYN_ECN,
	LAB_RAW, /* flags are byte 11 */
	LAB_PROBE,
};

/* Its byte 2: seq, ack << 3. */
enum tcp_lab_seq {
	LAB_SEQ_NEXT,	   /* and 1, 2: behind all that was sent */
	LAB_SEQ_AGAIN = 3, /* from what was acknowledged */
	LAB_SEQ_HOLE,	   /* beyond next by byte 3 * 16 */
	LAB_SEQ_OLD,	   /* before what was acknowledged, by byte 3 */
	LAB_SEQ_NEAR,	   /* next, give or take byte 3 */
	LAB_SEQ_FAR,	   /* give or take byte 3 << 12 */
};

enum tcp_lab_ack {
	LAB_ACK_ALL,	  /* and 1: everything seen */
	LAB_ACK_SAME = 2, /* and 3: what was acknowledged before */
	LAB_ACK_PART = 4, /* byte 4 / 256 of what is new */
	LAB_ACK_BEYOND,	  /* everything and byte 4 */
	LAB_ACK_OLD,	  /* less than before, by byte 4 */
	LAB_ACK_FAR,	  /* everything and byte 4 << 24 */
};

/* A call's byte 2. */
enum tcp_lab_call {
	CALL_WRITE, /* and 1 */
	CALL_READ = 2,
	CALL_RECV,
	CALL_SHUTDOWN,
	CALL_CLOSE,
	CALL_ABORT,
	CALL_OPTION,
	CALL_URGENT,
	CALL_PEEK,
	CALL_CONGESTION,
	CALL_HOLD,
	CALL_COUNT,
};

/* Plays it; state[] is in which state each peer's connection is at the end (0:
 * there is none). May be NULL. */
void tcp_lab_play(const uint8_t *data, size_t len,
		  uint8_t state[TCP_LAB_PEERS]);
