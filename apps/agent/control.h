/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conformance agent's front on a byte stream: sockets by remote call, for
 * test suites that nobody here wrote. Requests and replies are framed by a
 * magic; calls that wait are answered later under their tag, others go on; what
 * is garbled is skipped up to the next magic. Whoever owns the stream moves its
 * bytes with control_input() and control_output() and calls control_poll()
 * after each net_poll(). [CONTROL]
 *
 *	request: u32 magic | u32 len | u16 op | u16 tag | i32 fd | i32 a | i32 b
 *		 | payload; len counts what follows it
 *	reply:	 u32 magic | u32 len | u16 op + 0x8000 | u16 tag | i32 ret
 *		 | i32 errno | payload
 *	address: u16 family | u16 port | u32 IPv4 in network order
 *	all little-endian
 */
#pragma once

#include "apps/agent/files.h"
#include "lib/fmt.h"

#define CONTROL_MAGIC	    0x314c5443u /* "CTL1" */
#define CONTROL_PAYLOAD_MAX (256u << 10)
#define CONTROL_REQUEST_LEN 24u
#define CONTROL_REPLY_LEN   20u
#define CONTROL_ADDR_LEN    8u
#define CONTROL_PARKED_MAX  64u

/* A stream that stops in the middle of a request for so long was cut. */
#define CONTROL_STALL_NS 3000000000ull

enum control_op {
	CTL_HELLO,
	CTL_RESET,
	CTL_SOCKET,
	CTL_BIND,
	CTL_LISTEN,
	CTL_ACCEPT,
	CTL_CONNECT,
	CTL_RECV,
	CTL_SEND,
	CTL_SENDTO,
	CTL_CLOSE,
	CTL_SHUTDOWN,
	CTL_GETSOCKOPT,
	CTL_SETSOCKOPT,
	CTL_FCNTL,
	CTL_IOCTL,
	CTL_POLL,
	CTL_CONFIG,
	CTL_STATS,
	CTL_PKT = 32,
	CTL_ADVANCE,
};

/* What only a hosted stack can do; both may print packets meanwhile. */
struct control_host {
	void (*packet)(void *ctx, const uint8_t *bytes, size_t len);
	/* To this time of the virtual clock, in microseconds. */
	void (*advance)(void *ctx, uint64_t to_us);
};

struct control_request {
	uint16_t op, tag;
	int32_t fd, a, b;
	const uint8_t *payload;
	size_t len;
};

/* A call that waits; buf is its own, of pages 2^order. */
struct control_parked {
	bool used;
	uint16_t op, tag;
	struct call call;
	unsigned int order;
};

struct control {
	struct files files;
	struct net *net;
	const struct control_host *host; /* NULL: a real machine */
	void *host_ctx;
	const char *name; /* what HELLO answers */
	uint8_t *in, *out;
	size_t in_len, out_start, out_len;
	uint64_t input_ns; /* when bytes came last */
	struct control_parked parked[CONTROL_PARKED_MAX];
	uint64_t requests, skipped_len, out_lost;
};

/* ERR_NOMEM: the buffers come from the stack's pages. host may be NULL. */
enum status control_init(struct control *control, struct net *net,
			 const struct control_host *host, void *host_ctx,
			 const char *name) must_use;
/* Aborts all sockets. */
void control_fini(struct control *control);

/* Takes bytes of the stream; how many there was room for. */
size_t control_input(struct control *control, const void *bytes, size_t len,
		     uint64_t now_ns);

/* How many it would take now. */
size_t control_input_room(const struct control *control);

/* Bytes for the stream, at most room; how many. */
size_t control_output(struct control *control, void *bytes, size_t room);

/* Serves what can be served; true: something was done, so let the stack run and
 * call again. now_ns is of a clock that moves, for cut streams. */
bool control_poll(struct control *control, uint64_t now_ns);

/* Tries the waiting calls again; true: some were answered. For a host, while
 * its clock advances. */
bool control_retry(struct control *control);

/* The stack's time at which a waiting call ends; TIMER_NEVER. */
uint64_t control_deadline(const struct control *control);

/* Hosted: the stack sent an IP packet at this time of the virtual clock. */
void control_packet(struct control *control, uint64_t us, const void *bytes,
		    size_t len);

/* stats.c: "name value" lines. */
void control_stats(struct control *control, struct out *out);
