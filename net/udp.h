/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP. [RFC768] [RFC1122 4.1] [RFC6056 for port selection] */
#pragma once

#include <stdint.h>

#include "lib/hash.h"
#include "lib/pool.h"
#include "net/ipv4/ipv4.h"
#include "net/sock.h"

#define UDP_BUCKETS 256u

struct udp_sock {
	struct sock sock; /* first: a sock of UDP is one of these */
	/* IP options of what it sends, padded to 4 bytes; the application's,
	 * NULL: none. Those of what it receives lie behind skb_network()
	 * [RFC1122 4.1.3.2]. */
	const uint8_t *options;
	uint8_t options_len;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, drops;
};

static inline struct udp_sock *
udp_sock_of(struct sock *sock)
{
	return (struct udp_sock *)(void *)sock;
}

static inline const struct udp_sock *
udp_sock_of_const(const struct sock *sock)
{
	return (const struct udp_sock *)(const void *)sock;
}

struct udp_stats { /* /proc/net/snmp "Udp:" */
	uint64_t in_datagrams, no_ports, in_errors, out_datagrams,
		rcvbuf_errors, sndbuf_errors, in_csum_errors, ignored_multi;
};

struct udp_table {
	struct pool pool;		 /* of struct udp_sock */
	struct list bucket[UDP_BUCKETS]; /* by local port */
	struct udp_stats stats;
};

enum status udp_init(struct net *net, uint32_t sock_count_max) must_use;
void udp_fini(struct net *net); /* closes what is still open */

void udp_input(struct skb *skb, const struct ipv4 *ip);
void udp_icmp_error(struct net *net, const struct ipv4 *quoted,
		    const uint8_t *payload, size_t payload_len, uint8_t type,
		    uint8_t code, uint32_t info);

/*
 * A sock bound to local (port 0: one is chosen, unguessably). NULL with *error:
 * ERR_EXIST (taken), ERR_INVAL (not our address), ERR_NOMEM, ERR_RANGE (no port
 * free). owner, ops outlive the sock. A callback may close its own sock, and no
 * other.
 */
struct sock *udp_open(struct net *net, const struct sock_addr *local,
		      const struct sock_ops *ops, void *ctx, const char *owner,
		      enum status *error) must_use;
void udp_close(struct sock *sock);

/* Only this peer from now on; also fixes the source address. ERR_INVAL: no
 * address or port of a peer; ERR_NETUNREACH. */
enum status udp_connect(struct sock *sock,
			const struct sock_addr *remote) must_use;

/*
 * Sends skb (data at the payload; with headroom for 42 bytes it is not copied;
 * taken) to *to (NULL: the connected peer) from *from (NULL: the sock's own, or
 * chosen). Larger than the path: fragmented, or ERR_MSGSIZE to the sock's
 * error() with dont_fragment. A datagram just received may be sent back.
 */
void udp_send(struct sock *sock, struct skb *skb, const struct sock_addr *to,
	      const struct sock_addr *from);

/* Visits every sock (for ss and /proc/net/udp). */
void udp_for_each(struct net *net, void (*visit)(void *, struct sock *),
		  void *ctx);

/* Panics if the table disagrees with itself. For tests. */
void udp_check(struct net *net);
