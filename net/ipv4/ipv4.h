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

#define IPPROTO_ICMP 1u
#define IPPROTO_IGMP 2u
#define IPPROTO_TCP  6u
#define IPPROTO_UDP  17u

/*
 * A transport protocol. input() takes a whole (reassembled) datagram for this
 * box, data at the transport header, skb->network still at the IP header; *ip
 * is checked. skb->pkt_type is PKT_BROADCAST or PKT_MULTICAST if the packet was
 * meant for others, too, by its frame or by its IP destination. error() looks
 * at an ICMP error about a packet we sent: quoted is that packet's parsed
 * header, payload the bytes behind it that were quoted (at least 8). info is
 * the MTU of a fragmentation needed, the pointer of a parameter problem, else
 * 0.
 */
struct ipv4_protocol {
	uint8_t number;
	void (*input)(struct skb *skb, const struct ipv4 *ip);
	void (*error)(struct net *net, const struct ipv4 *quoted,
		      const uint8_t *payload, size_t payload_len, uint8_t type,
		      uint8_t code, uint32_t info);
};

/* Called by net_init(): defaults. Nothing to undo. */
void ipv4_init(struct net *net);

/* An interface came, went or is going: forgets fragments that came by it. */
void ipv4_netdev_event(struct netdev *dev, enum netdev_event event);

/* A received packet, data at the IP header. */
void ipv4_input(struct skb *skb);

/* Routes a packet for somebody else; *ip is its parsed header. */
void ipv4_forward(struct skb *skb, const struct ipv4 *ip,
		  const struct route *route);

/* A packet for a group, on to one interface; takes skb, *ip is its header.
 * Nobody is told what becomes of it. [RFC1122 3.2.2] */
void ipv4_forward_group(struct skb *skb, const struct ipv4 *ip,
			struct netdev *out);

/* The neighbour it was parked for never answered (neigh_ops.unresolved): draws
 * a host unreachable and drops it. [RFC1812 3.3.2] */
void ipv4_unresolved(struct skb *skb);

/* How a packet of ours wants to be sent. Zero is a sensible default. */
struct ipv4_out {
	uint32_t src; /* 0: chosen by the route */
	uint32_t dst;
	uint8_t proto;
	uint8_t tos;
	uint8_t ttl; /* 0: net.ipv4.ip_default_ttl, to a group 1 */
	bool dont_fragment;
	uint8_t out;		/* ifindex to leave by, 0: any */
	uint16_t sport, dport;	/* when asking for the way, for rules */
	const uint8_t *options; /* IP options, padded to 4 bytes; may be NULL */
	uint8_t options_len;
};

/*
 * Sends a transport segment of ours (data at the transport header): routes it,
 * puts the IP header before it, fragments if it must, resolves the neighbour. A
 * received packet may be sent back: it was delivered then, and what leaves is
 * ours. Without a route, or too long for dont_fragment, the transport's error()
 * is called as if an ICMP error had come, before this returns.
 */
void ipv4_output(struct net *net, struct skb *skb, const struct ipv4_out *how);

/*
 * A peer has answered what was sent like that: so has the neighbour on the way,
 * which need not be asked whether it is there. [RFC1122 2.3.2.1]
 */
void ipv4_confirm(struct net *net, const struct ipv4_out *how, uint16_t sport,
		  uint16_t dport);

/*
 * Source address and path MTU (bytes of IP packet) that a packet to dst would
 * have; for transports that need them before they build their header.
 * ERR_NETUNREACH without a route.
 */
enum status ipv4_route_info(struct net *net, const struct ipv4_out *how,
			    uint32_t *src, uint32_t *mtu) must_use;

/* The same and more. ERR_NETUNREACH without a route. */
struct ipv4_way_info {
	const struct netdev *dev; /* NULL: it stays in the box */
	uint32_t via;		  /* the route's first hop */
	uint32_t src;		  /* 0: the box has none to offer */
	uint32_t mtu;		  /* of the path, as far as it is known */
	uint32_t link_mtu;	  /* of its beginning: interface and route */
	uint32_t advmss;	  /* what TCP announces on it */
	bool mtu_fixed;		  /* the route's MTU is not to be learned */
	bool may_cut;		  /* routers shall cut: DF would be in vain */
	const struct path *path;  /* what was learned; NULL: nothing */
	/* What the route says besides, NULL: nothing; until fib_quiescent(). */
	const struct route_metrics *metrics;
};
enum status ipv4_way_info(struct net *net, const struct ipv4_out *how,
			  struct ipv4_way_info *info) must_use;

/* Tunables, Linux's names and defaults (ip_forward: 1, this is a router). */
struct ipv4_param {
	/* Packets look at both at once, see IPV4_PARAM_PLAIN. */
	uint32_t ip_forward;
	uint32_t mss_clamps; /* no tunable: some interface has mss_clamp */
	uint32_t ip_default_ttl, ip_no_pmtu_disc;
	/* What spreads flows over next hops: 0 addresses alone, 1 protocol and
	 * ports, too (Linux begins with 0). */
	uint32_t fib_multipath_hash_policy;
	/* Avoid gateways that do not answer ARP (Linux begins with 0). */
	uint32_t fib_multipath_use_neigh;
	uint32_t ip_local_port_first, ip_local_port_last; /* _port_range */
};

/* Forwarding is on, and no interface clamps. */
#define IPV4_PARAM_PLAIN pair_of(1, 0)

/* ip_no_pmtu_disc: 0 discover; 1, 2 do not set DF, take "too big" for the least
 * MTU there is (1) or for nothing (2); 3 as 0, and believe only what is proven,
 * which is always so here. */
bool ipv4_pmtu_is_off(const struct net *net);

/* RFC 1213 / Linux /proc/net/snmp "Ip:" and netstat "IpExt:" counters. */
struct ipv4_stats {
	uint64_t in_receives, in_hdr_errors, in_addr_errors, forw_datagrams,
		in_unknown_protos, in_discards, in_delivers, out_requests,
		out_discards, out_no_routes, reasm_timeout, reasm_reqds,
		reasm_oks, reasm_fails, frag_oks, frag_fails, frag_creates,
		in_octets, out_octets, in_mcast_pkts, in_bcast_pkts;
	uint64_t in_no_routes, in_truncated_pkts, in_csum_errors,
		out_mcast_pkts, out_bcast_pkts, in_mcast_octets,
		out_mcast_octets, in_bcast_octets, out_bcast_octets,
		reasm_overlaps, mss_clamped;
	uint64_t in_ecn[4]; /* InNoECTPkts, InECT1Pkts, InECT0Pkts, InCEPkts */
};

/* Lines logged of late, with log_martians. */
struct ipv4_martians {
	uint64_t since_ns;
	uint32_t count;
};

/*
 * Identifications: a counter for each class of (source, destination, protocol),
 * through permutations that are keyed by the triple and by how often the
 * counter has gone round. [RFC6864 4.3] [RFC7739 5]
 */
#define IPV4_ID_CLASSES 256u
struct ipv4_ids {
	uint32_t next[IPV4_ID_CLASSES];
};

/* ---- inside net/ipv4 and net/icmp.c ------------------------------------- */

struct ipv4_options;

/*
 * A forwarded packet that may be written to: if it is a SYN and either device's
 * mss_clamp says so, its MSS is lowered to what both links take, and counted.
 */
void ipv4_mss_clamp(struct net *net, struct skb *skb, const struct ipv4 *ip,
		    const struct netdev *out, uint32_t out_mtu);

/* One of mss_clamp may have changed: is any of them set? */
void ipv4_mss_update(struct net *net);

/* The same as ipv4_forward(), not looking for a short cut first. */
void ipv4_forward_carefully(struct skb *skb, const struct ipv4 *ip,
			    const struct route *route);

/* The time to live of what we send; never 0. */
uint8_t ipv4_default_ttl(const struct net *net);

/* Is forwarding allowed for packets that enter or leave by this interface? */
bool ipv4_may_forward(const struct netdev *dev);

/*
 * Tells the transport that sent *ip what became of it, as an ICMP error would;
 * payload is what followed the header. Less than 8 bytes, or a later fragment:
 * nobody is told.
 */
void ipv4_own_error(struct net *net, const struct ipv4 *ip,
		    const uint8_t *payload, size_t payload_len, uint8_t type,
		    uint8_t code, uint32_t info);

/*
 * Looks after the options of a received packet: *ip is its header. Takes skb;
 * gives it back, with *ip as it is now, or NULL: it was dropped and complained
 * about. A source route that ends a hop here moves on.
 */
struct skb *ipv4_options_input(struct skb *skb, struct ipv4 *ip);

/*
 * Writes this box into record route and timestamp options: options is what
 * follows the fixed header, found what ipv4_options_parse() said of it, address
 * the one to write.
 */
void ipv4_options_stamp(struct net *net, uint8_t *options,
			const struct ipv4_options *found, uint32_t address);

/*
 * The options of an answer to *ip, stamped with our address: record route,
 * timestamp, a source route turned round. The result is their length, padded to
 * 4 bytes; *dst the address to send to. [RFC1122 3.2.2.6] [RFC1812 4.3.3.6]
 */
uint8_t ipv4_options_reply(struct net *net, const struct ipv4 *ip,
			   uint32_t address, uint8_t *options, uint32_t *dst);

/*
 * The same of an error about *ip, which came by in (NULL: from the box itself):
 * it goes back over the hops of the source route that *ip has passed. None if
 * the operator does not let source routes pass. [RFC1812 4.3.2.6]
 */
uint8_t ipv4_options_error(struct net *net, const struct netdev *in,
			   const struct ipv4 *ip, uint8_t *options,
			   uint32_t *dst);

/* Milliseconds since midnight for options and ICMP timestamps; the high bit
 * says that it is not midnight UT. [RFC791 3.1] */
uint32_t ipv4_time_ms(const struct net *net);
