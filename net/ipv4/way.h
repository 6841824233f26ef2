/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a flow's packets, kept by whoever sends many of them: next hop,
 * neighbour, and the header that they share. It is found once; then a packet
 * costs a comparison instead of a lookup in the FIB and one among the
 * neighbours. What it was made of may change at any time: whoever changes any
 * of it calls net_ways_changed(), and every way that was found before is found
 * anew for the next packet. The neighbour's state and address are not kept, but
 * read when a packet leaves.
 *
 * Only the common way can be kept: one live next hop, nothing learned of the
 * path, no options, no interface asked for. All else goes by ipv4_output().
 */
#pragma once

#include "net/neigh.h"
#include "net/net.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"

struct ipv4_way {
	uint64_t generation; /* net->way_generation when looked for; 0: never */
	struct neigh *neigh; /* NULL: no way that can be kept */
	uint32_t mtu;	     /* bytes of IP packet */
	uint32_t header_sum; /* of header */
	uint32_t pseudo_sum; /* of the pseudo header without its length */
	uint16_t key;	     /* the keeper's: what else decides */
	uint8_t header[IPV4_HEADER_LEN]; /* without length and checksum */
};

/*
 * Looks for the way of packets like *how and fills *way in, whatever comes of
 * it: ipv4_way_holds() knows. For transports that set DF (id 0).
 */
void ipv4_way_find(struct net *net, const struct ipv4_out *how, uint16_t key,
		   struct ipv4_way *way);

/* Was it looked for with this key, and has nothing changed since? */
static inline bool
ipv4_way_is_new(const struct net *net, const struct ipv4_way *way, uint16_t key)
{
	return way->generation == net->way_generation && way->key == key;
}

/* May a packet go by it now? Not if somebody wants to be told of it. */
static inline bool
ipv4_way_holds(const struct net *net, const struct ipv4_way *way)
{
	return way->neigh && neigh_takes_packets(way->neigh) && !net->explain &&
	       !net->live;
}

/*
 * Room in front of skb, data at the payload, for all headers, and where the
 * transport's (len bytes) goes. It must be there, and skb nobody else's to see:
 * a new skb, or one of skb_clone_for_headers().
 */
static inline uint8_t *
ipv4_way_push(struct skb *skb, size_t len)
{
	uint8_t *frame = skb_push(skb, ETH_HEADER_LEN + IPV4_HEADER_LEN + len);

	skb->network = (uint16_t)(frame + ETH_HEADER_LEN - skb->head);
	skb->transport = (uint16_t)(skb->network + IPV4_HEADER_LEN);
	return frame + ETH_HEADER_LEN + IPV4_HEADER_LEN;
}

/* Sends what ipv4_way_push() was called for; the segment, header included, has
 * len bytes and with IPv4's header fits way->mtu. */
static inline void
ipv4_way_output(struct net *net, struct skb *skb, const struct ipv4_way *way,
		uint32_t len)
{
	struct wire_eth *eth = (void *)skb->data;
	struct wire_ipv4 *ip = (void *)(eth + 1);
	uint32_t total_len = len + IPV4_HEADER_LEN;
	struct neigh *n = way->neigh;

	__builtin_memcpy(ip, way->header, sizeof(*ip));
	ip->total_len = be16_from((uint16_t)total_len);
	ip->checksum = be16_from(
		checksum_fold(checksum_add_value(way->header_sum, total_len)));
	skb->csum = SKB_CSUM_NONE;
	net->ipv4_stats.out_requests++;
	net->ipv4_stats.out_octets += total_len;
	n->used_ns = net->now_ns;
	__builtin_memcpy(eth->dst, n->lladdr, ETH_ADDR_LEN);
	__builtin_memcpy(eth->src, n->dev->addr, ETH_ADDR_LEN);
	eth->type = be16_from(ETHERTYPE_IPV4);
	netdev_output(n->dev, skb);
}
