/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP: answers echo, tells senders what became of their packets (rate-limited,
 * and never about what must not be complained of), and hands errors about our
 * own packets to the transport that sent them.
 * [RFC792] [RFC1122 3.2.2] [RFC1812 4.3]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "net/skb.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"

struct net;

/* Called by net_init(), net_fini(). ERR_NOMEM leaves nothing allocated. */
enum status icmp_init(struct net *net) must_use;
void icmp_fini(struct net *net);

/* A datagram for us, data at the ICMP header. */
void icmp_input(struct skb *skb, const struct ipv4 *ip);

/*
 * Complains to the sender of offender (which is only looked at; its header is
 * at skb_network(), parsed in *ip) with type and code; info is the second word
 * of the message: MTU, gateway, icmp_pointer(). Nothing is sent where
 * [RFC1122 3.2.2] and [RFC1812 4.3.2.7] forbid it, nor beyond the rate limits
 * (both counted).
 */
void icmp_send_error(const struct skb *offender, const struct ipv4 *ip,
		     uint8_t type, uint8_t code, uint32_t info);

/* The second word of a parameter problem: which byte of the IP header is
 * bad. */
static inline uint32_t
icmp_pointer(uint8_t offset)
{
	return (uint32_t)offset << 24;
}

enum icmp_ping_df {
	DF_IF_WHOLE, /* unless it is cut here: finds the path's MTU */
	DF_ALWAYS,
	DF_NEVER,
};

struct icmp_ping {
	uint32_t dst, src; /* src 0: chosen */
	uint16_t id, seq;
	uint16_t data_len;
	uint8_t ttl, tos;
	uint8_t out; /* ifindex, 0: any */
	uint8_t df;  /* enum icmp_ping_df */
};

/*
 * One echo request (for the console's ping). data_len bytes of payload.
 * ERR_NETUNREACH, ERR_NOMEM, ERR_MSGSIZE (DF_ALWAYS and over the MTU).
 */
enum status icmp_ping_send(struct net *net,
			   const struct icmp_ping *ping) must_use;

/* An ICMP error about one of our own echo requests (ipv4_protocol.error). */
void icmp_own_error(struct net *net, const struct ipv4 *quoted,
		    const uint8_t *payload, size_t payload_len, uint8_t type,
		    uint8_t code, uint32_t info);

/*
 * Whoever waits for answers to its own requests (echo replies, errors about
 * them) listens; seq and id are those of the request. The callbacks may
 * unlisten their own listener. from is who says so: the station, or a router on
 * the way; data_len the bytes behind the ICMP header.
 */
struct icmp_listener {
	struct list link;
	uint16_t id;
	void (*reply)(struct icmp_listener *l, uint32_t from, uint8_t ttl,
		      uint16_t seq, uint32_t data_len);
	void (*error)(struct icmp_listener *l, uint32_t from, uint16_t seq,
		      uint8_t type, uint8_t code, uint32_t info);
};
void icmp_listen(struct net *net, struct icmp_listener *listener);
void icmp_unlisten(struct icmp_listener *listener);

/* Tunables, Linux's names and defaults. */
struct icmp_param {
	uint32_t icmp_echo_ignore_all, icmp_echo_ignore_broadcasts,
		icmp_ratelimit_ms, icmp_ratemask, icmp_msgs_per_sec,
		icmp_msgs_burst, icmp_errors_use_inbound_ifaddr;
};

struct icmp_stats {
	uint64_t in_msgs, in_errors, in_csum_errors, out_msgs, out_errors,
		out_rate_limit_global, out_rate_limit_host;
	/* Complaints that were not made since the rules forbid them. */
	uint64_t out_forbidden;
	uint64_t in_type[256], out_type[256];
};

/* May a message of this type go to dst now? Counts it if so, and why not if
 * not. For net/icmp*.c. */
bool icmp_rate_allows(struct net *net, uint32_t dst, uint8_t type,
		      uint8_t code);
