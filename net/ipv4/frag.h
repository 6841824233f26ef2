/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments: splits what is too long for its link, joins what is for us.
 * [RFC791 3.2] [RFC815] [RFC1122 3.3.2] [RFC1812 4.2.2.7] [RFC5722 4, for IPv4
 * as well: a datagram with overlapping fragments is refused]
 *
 * What strangers can make us hold is bounded in datagrams, in bytes of packet
 * buffers, in bytes for each source, and in time.
 */
#pragma once

#include <stdint.h>

#include "lib/hash.h"
#include "lib/list.h"
#include "lib/pool.h"
#include "net/skb.h"
#include "net/wire/ipv4.h"

struct net;
struct netdev;

#define FRAG_BUCKETS 256u
#define FRAG_SOURCES 256u

struct frag_param { /* net.ipv4.ipfrag_*, Linux's names */
	uint32_t ipfrag_high_thresh, ipfrag_low_thresh, ipfrag_time_s;
};

struct frag_table {
	struct pool pool; /* datagrams in assembly */
	struct list bucket[FRAG_BUCKETS];
	struct list oldest; /* all of them, in order of arrival */
	struct hash_key key;
	uint64_t memory_len; /* bytes of packet buffers held */
	/* Of these by whom: a keyed hash of the source. Who shares a bucket
	 * with a flood shares its bound, and nobody can choose to. */
	uint32_t source_len[FRAG_SOURCES];
	uint32_t datagram_count;
	uint64_t crowded_ns; /* when somebody found no room last */
	struct frag_param param;
};

/* The packet pool is there already: its size bounds ipfrag_high_thresh. */
enum status frag_init(struct net *net, uint32_t datagram_count_max) must_use;
void frag_fini(struct net *net);

/*
 * A fragment for us, data at the IP header. Takes it; calls deliver with the
 * whole datagram (header first, rewritten as unfragmented) when it completes.
 */
void frag_input(struct skb *skb, const struct ipv4 *ip,
		void (*deliver)(struct skb *skb, const struct ipv4 *ip));

/* Forgets what waits and came in by dev, which is going. */
void frag_flush(struct netdev *dev);

/*
 * Splits a packet (data at its IP header, which is *ip, and says that it may be
 * fragmented) into pieces of at most mtu bytes and gives each to output, in
 * order. Options are carried by their copy bit. All pieces, or none if memory
 * runs out.
 */
void frag_output(struct net *net, struct skb *skb, const struct ipv4 *ip,
		 uint32_t mtu, void (*output)(void *ctx, struct skb *skb),
		 void *ctx);

/* Panics if the table disagrees with itself. For tests. */
void frag_check(struct net *net);
