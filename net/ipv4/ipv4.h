/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet Protocol: packets in, packets through, packets out.
 * [RFC791] [RFC1122 3] [RFC1812 4, 5]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/ipv4/fib.h"
#include "net/skb.h"
#include "net/wire/ipv4.h"

#define IPPROTO_ICMP	1u
#define IPPROTO_IGMP	2u
#define IPPROTO_TCP	6u
#define IPPROTO_UDP	17u

/*
 * A transport protocol. input() takes a whole (reassembled) datagram for this
 * box, data at the transport header, skb->network still at the IP header; *ip
 * is checked. error() looks at an ICMP error about a packet we sent: quoted is
 * that packet's parsed header, payload the bytes behind it that were quoted.
 */
struct ipv4_protocol {
	uint8_t number;
	void (*input)(struct skb *skb, const struct ipv4 *ip);
	void (*error)(struct net *net, const struct ipv4 *quoted,
		      const uint8_t *payload, size_t payload_len, uint8_t type,
		      uint8_t code, uint32_t info);
};

/* A received packet, data at the IP header. */
void ipv4_input(struct skb *skb);

/* Routes a packet for somebody else; *ip is its parsed header. */
void ipv4_forward(struct skb *skb, const struct ipv4 *ip,
		  const struct route *route);

/* The neighbour it was parked for never answered (neigh_ops.unresolved): draws
 * a host unreachable and drops it. [RFC1812 3.3.2] */
void ipv4_unresolved(struct skb *skb);

/* How a packet of ours wants to be sent. Zero is a sensible default. */
struct ipv4_out {
	uint32_t src;		/* 0: chosen by the route */
	uint32_t dst;
	uint8_t proto;
	uint8_t tos;
	uint8_t ttl;		/* 0: net.ipv4.ip_default_ttl */
	bool dont_fragment;
	uint8_t out;		/* ifindex to leave by, 0: any */
	const uint8_t *options;	/* IP options, padded to 4 bytes; may be NULL */
	uint8_t options_len;
};

/*
 * Sends a transport segment of ours (data at the transport header): routes it,
 * puts the IP header before it, fragments if it must, resolves the neighbour.
 */
void ipv4_output(struct net *net, struct skb *skb, const struct ipv4_out *how);

/*
 * Source address and path MTU (bytes of IP packet) that a packet to dst would
 * have; for transports that need them before they build their header.
 * ERR_NETUNREACH without a route.
 */
enum status ipv4_route_info(struct net *net, const struct ipv4_out *how,
			    uint32_t *src, uint32_t *mtu) must_use;

/* Tunables, Linux's names and defaults (ip_forward: 1, this is a router). */
struct ipv4_param {
	uint32_t ip_forward, ip_default_ttl, ip_no_pmtu_disc;
};

/* RFC 1213 / Linux /proc/net/snmp "Ip:" and "IpExt:" counters. */
struct ipv4_stats {
	uint64_t in_receives, in_hdr_errors, in_addr_errors, forw_datagrams,
		in_unknown_protos, in_discards, in_delivers, out_requests,
		out_discards, out_no_routes, reasm_timeout, reasm_reqds,
		reasm_oks, reasm_fails, frag_oks, frag_fails, frag_creates,
		in_octets, out_octets, in_mcast_pkts, in_bcast_pkts;
};
