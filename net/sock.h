/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints of applications. A sock is event-driven: the stack calls the
 * application through sock_ops, on the core that owns the sock, from inside
 * net_poll(). The application owns struct sock's memory only through the calls
 * below; after closed() the pointer is dead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/port.h"
#include "net/skb.h"

struct net;
struct sock;

struct sock_addr {
	uint32_t addr; /* IPv4, host order; 0: any */
	uint16_t port; /* host order; 0: any */
};

/* The application's half; const, one per kind of application. May be NULL
 * where the application does not care. */
struct sock_ops {
	/*
	 * UDP: a datagram arrived; takes skb (data at the payload) and must end
	 * it. from is the sender, to the address it was sent to.
	 */
	void (*datagram)(struct sock *sock, struct skb *skb,
			 const struct sock_addr *from,
			 const struct sock_addr *to);
	/*
	 * Something happened to what this sock sent, and the sock lives on: an
	 * ICMP error (ERR_NETUNREACH, ...); TCP: ERR_TIMEOUT, retransmitted
	 * tcp_retries1 times in vain [RFC9293 3.8.3, 3.9.1.8].
	 */
	void (*error)(struct sock *sock, enum status error);

	/*
	 * TCP. Called from tcp_flush() only, never from inside a call of the
	 * application's, so a callback may call anything on any sock, closing
	 * it included.
	 *
	 * established: the handshake is done. A listener's ops are called with
	 * the new sock, which has the listener's ops and ctx: set its ctx here.
	 * readable: tcp_recv() has something, or tcp_eof() has become true.
	 * writable: after tcp_room() was 0, or tcp_write() took less than it
	 * was given, there is room again.
	 * urgent: the peer has urgent data; tcp_urgent_len() says how far on.
	 * closed: it is over, and sock is gone when this returns: OK after both
	 * sides closed and everything was read, else why: ERR_RESET,
	 * ERR_REFUSED, ERR_TIMEOUT, ERR_NETUNREACH.
	 */
	void (*established)(struct sock *sock);
	void (*readable)(struct sock *sock);
	void (*writable)(struct sock *sock);
	void (*urgent)(struct sock *sock);
	void (*closed)(struct sock *sock, enum status why);
};

struct sock {
	struct list hash_link;
	struct net *net;
	const struct sock_ops *ops;
	void *ctx;			/* the application's */
	const char *owner;		/* who, for ss: "echo" */
	struct sock_addr local, remote; /* remote.addr 0: not connected */
	uint8_t proto;			/* IPPROTO_* */
	uint8_t tos, ttl;		/* for what it sends; ttl 0: default */
	bool dont_fragment;
};
