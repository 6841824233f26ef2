/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as POSIX has them, over the event-driven socks of net/: descriptors,
 * calls that wait, accept queues, options, poll. With Linux's meaning and errno
 * numbers [CONTROL]. No call blocks: call_step() tries once, and says whether
 * the call is done; who waits for it (a request that is answered later, a
 * thread that sleeps) tries again after each net_poll(). So both fronts of the
 * agent, control.c and the packetdrill library, share all of it.
 *
 *	struct call call = { .op = CALL_RECV, .fd = 3, .buf = b, .len = n };
 *	while (!call_step(&files, &call))
 *		... let the stack run until call.due_ns at most ...
 *	call.ret: what POSIX says, or a negative errno
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/port.h"
#include "net/skb.h"
#include "net/sock.h"
#include "net/tcp/tcp.h"

struct net;

#define FILES_MAX      64u /* sockets, those in accept queues included */
#define FILES_FD_FIRST 3   /* as if 0, 1, 2 were a terminal */
#define FILE_OPTIONS   (TCP_OPT_LINGER_RST + 1u)

enum file_kind { FILE_FREE, FILE_TCP, FILE_UDP };

struct file {
	struct files *files;
	uint8_t kind;
	int32_t fd; /* -1: in an accept queue */
	bool nonblock;

	struct sock *sock; /* NULL: none yet, or it is over */
	struct sock_addr local, remote;
	bool bound;
	bool listening;
	bool connecting;
	bool connected; /* has been, at some time */
	bool shut_rd, shut_wr;
	bool cork_more;	      /* corked by MSG_MORE, not by an option */
	bool peer_closed;     /* its FIN has come */
	int error;	      /* pending, Linux's errno */
	uint32_t activity;    /* counts what the stack told of it */
	int soft_error;	      /* what it will be if nothing better comes */
	struct tcp_info last; /* when it ended */

	/* Options, for whatever sock the file gets. */
	uint32_t option[FILE_OPTIONS], option_set; /* a bit for each */
	bool reuse_addr, reuse_port, broadcast, linger;
	uint32_t linger_s, rcvlowat, mtu_discover;
	uint64_t rcvtimeo_ns, sndtimeo_ns; /* 0: for ever */
	uint8_t tos, ttl;
	char congestion[16];

	/* A listener's established connections, oldest first. */
	struct list accept_queue, accept_link;
	uint32_t accept_count, backlog;

	struct skb_queue datagrams; /* cb: struct sock_addr of the sender */
};

struct files {
	struct net *net;
	struct file file[FILES_MAX];
	uint64_t accept_overflows; /* connections that found no room */
};

/* net outlives it. */
void files_init(struct files *files, struct net *net);

/* Every socket is aborted, its peer told; all descriptors are closed. */
void files_reset(struct files *files);

/* NULL: bad descriptor. */
struct file *files_find(struct files *files, int32_t fd);

/* ---- calls ------------------------------------------------------------- */

enum call_op {
	CALL_SOCKET,  /* a: domain, b: type, c: protocol */
	CALL_BIND,    /* addr */
	CALL_LISTEN,  /* a: backlog */
	CALL_ACCEPT,  /* -> addr */
	CALL_CONNECT, /* addr; a: family */
	CALL_RECV,    /* buf, len, b: flags -> addr */
	CALL_SEND,    /* buf, len, b: flags; addr if has_addr */
	CALL_CLOSE,
	CALL_SHUTDOWN,	 /* a: how */
	CALL_GETSOCKOPT, /* a: level, b: name, buf, len -> out_len */
	CALL_SETSOCKOPT, /* a: level, b: name, buf, len */
	CALL_FCNTL,	 /* a: command, b: argument */
	CALL_IOCTL,	 /* a: request, b: argument -> value */
	CALL_POLL,	 /* a: events, b: milliseconds -> ret: revents */
	CALL_COUNT,
};

struct call {
	uint8_t op;
	bool has_addr;
	bool begun; /* was tried before and waits */
	int32_t fd, a, b, c;
	uint8_t *buf; /* the caller's; lives until the call is done */
	size_t len, out_len;
	size_t done; /* bytes moved so far */
	struct sock_addr addr;
	int32_t value;
	uint64_t due_ns; /* when it ends in any case; 0: never */
	int32_t ret;
};

/* True: done, ret is valid. False: it waits; try again when something may have
 * happened, and at due_ns. */
bool call_step(struct files *files, struct call *call) must_use;

/* What poll() would say of the descriptor now: LX_POLL* of events. */
uint32_t files_poll(struct files *files, int32_t fd, uint32_t events);

/* stats.c: "name=value" of any sysctl, of tcp_rcvbuf_fixed (exactly this window
 * is offered, unscaled) or random_seed; 0 or a negative errno. */
int32_t files_config(struct net *net, const char *text);
