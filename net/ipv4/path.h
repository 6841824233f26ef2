/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was learned of the way to single destinations, for what this box itself
 * sends: how large a packet may be [RFC1191] and which router is the better one
 * [RFC792]. It is bounded, the oldest gives way, and it is forgotten after a
 * while, by `ip route flush cache`, or when the route goes another way than it
 * did when this was learned. Forwarding does not look here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/pool.h"
#include "net/ipv4/fib.h"

struct ipv4;
struct net;
struct netdev;

#define PATHS_MAX    512u
#define PATH_BUCKETS 256u

struct path {
	struct path *hash_next;
	struct list link; /* in path_table.by_age, learned longest ago first */
	uint32_t dst;
	uint32_t via;	  /* the route's first hop when this was learned... */
	uint8_t ifindex;  /* ...and its interface */
	bool locked;	  /* mtu is as small as it gets: routers may cut */
	uint32_t mtu;	  /* 0: not known */
	uint32_t gateway; /* to be used instead of via; 0: none */
	uint64_t mtu_until_ns, gateway_until_ns;
};

/*
 * What we sent with DF lately, TCP apart, whose connections know: a message
 * about anything else is made up. [RFC5927 7]
 */
#define PATH_SENT_COUNT 64u
#define PATH_QUOTED_LEN 8u /* what every router quotes [RFC792] */
struct path_sent {
	uint64_t when_ns;
	uint32_t src, dst;
	uint8_t proto;
	uint8_t quote[PATH_QUOTED_LEN];
};

struct path_table {
	struct path *bucket[PATH_BUCKETS];
	struct list by_age;
	struct pool pool;
	uint32_t count;
	uint16_t maybe[256]; /* how many, by a hash of dst */
	struct path_sent sent[PATH_SENT_COUNT];
	uint32_t sent_next;
	struct path_param { /* net.ipv4.route.*, Linux's names */
		uint32_t mtu_expires_s, min_pmtu, min_adv_mss, gc_timeout_s;
	} param;
};

/* False: nothing is known of dst. */
static inline bool
path_maybe_known(const struct path_table *paths, uint32_t dst)
{
	return paths->maybe[dst * 0x9e3779b1u >> 24] != 0;
}

enum status path_init(struct net *net) must_use;
void path_fini(struct net *net);

/*
 * What is known of dst where packets go to via on interface ifindex; NULL:
 * nothing, or it has expired. Valid until the next call.
 */
struct path *path_find(struct net *net, uint32_t dst, uint32_t via,
		       uint8_t ifindex);

/* The one with the least dst from this on; NULL at the end. */
const struct path *path_from(struct net *net, uint32_t dst);

/*
 * A router says that *quoted, a packet of ours, was larger than mtu (0: it did
 * not say) [RFC1191 5]; whoever calls has made sure that we sent it. The result
 * is what the path takes now: never more than before, and not less than
 * net.ipv4.route.min_pmtu; 0: there is no path, or its MTU is locked.
 */
uint32_t path_too_big(struct net *net, const struct ipv4 *quoted, uint32_t mtu);

/* Packets to dst had better go to gateway than to via; both are on dev's link.
 * False: no memory. */
bool path_redirect(struct net *net, uint32_t dst, const struct netdev *dev,
		   uint32_t via, uint32_t gateway);

/* Its gateway does not answer: back to the route's. [RFC1122 3.3.1.4] */
void path_gateway_failed(struct net *net, struct path *path);

/* A packet of ours with DF goes out; quote is what follows its header. */
void path_note_sent(struct net *net, const struct ipv4 *ip,
		    const uint8_t *quote, size_t len);

/* Did we send the packet that somebody quotes, within the last minute? */
bool path_was_sent(const struct net *net, const struct ipv4 *quoted,
		   const uint8_t *quote, size_t len);

/* Forgets everything; what was learned on dev. */
void path_flush(struct net *net);
void path_netdev_gone(struct netdev *dev);

/* Panics if the table disagrees with itself. For tests. */
void path_check(struct net *net);
