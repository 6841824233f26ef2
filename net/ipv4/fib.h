/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The forwarding information base: routes (what the operator and the control
 * plane said, in tables) and the lookup structure that answers for every
 * packet. Routes are shaped like rtnetlink's. fib_find() follows the policy
 * rules: local, then main, then default, unless the operator says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/pool.h"
#include "lib/port.h"
#include "net/ipv4/addr.h"
#include "net/netdev.h"

/* Linux's numbers (RTN_*). */
enum route_type {
	ROUTE_UNICAST = 1,
	ROUTE_LOCAL = 2, /* this box */
	ROUTE_BROADCAST = 3,
	ROUTE_MULTICAST = 5,
	ROUTE_BLACKHOLE = 6,   /* dropped in silence (but counted) */
	ROUTE_UNREACHABLE = 7, /* ICMP host unreachable */
	ROUTE_PROHIBIT = 8,    /* ICMP administratively prohibited */
	ROUTE_THROW = 9,       /* go on with the next rule */
};

#define TABLE_DEFAULT 253u
#define TABLE_MAIN    254u
#define TABLE_LOCAL   255u

/* Who made it (RTPROT_*): proto kernel, boot, static; others are numbers. */
#define ROUTE_PROTO_REDIRECT 1u
#define ROUTE_PROTO_KERNEL   2u
#define ROUTE_PROTO_BOOT     3u
#define ROUTE_PROTO_STATIC   4u

#define NEXTHOP_ONLINK	 0x04u /* the gateway need not be on a subnet of dev */
#define NEXTHOP_DEAD	 0x01u /* its interface is down */
#define NEXTHOP_LINKDOWN 0x10u /* its interface has no carrier */
/* No carrier, and not used until it is back. (ignore_routes_with_linkdown) */
#define NEXTHOP_RESTS	0x20u
#define NEXTHOP_USELESS (NEXTHOP_DEAD | NEXTHOP_RESTS)
/* Its gateway does not answer ARP: to be used if there is nothing better. */
#define NEXTHOP_SILENT 0x40u
/* The only one of a resilient group, which counts packets. */
#define NEXTHOP_COUNTS 0x80u
/* Packets do not simply take it. */
#define NEXTHOP_CAREFUL (NEXTHOP_USELESS | NEXTHOP_SILENT | NEXTHOP_COUNTS)

struct nexthop {
	struct netdev *dev; /* NULL for routes that end here */
	uint32_t gateway;   /* 0: the destination itself is on the link */
	uint16_t weight;    /* 1.. */
	uint8_t flags;	    /* NEXTHOP_* */
	uint8_t scope;	    /* of the gateway */
};

#define ROUTE_NEXTHOPS_MAX 32u

#define ROUTE_LOCK_MTU	  0x1u /* not to be learned from ICMP */
#define ROUTE_LOCK_ADVMSS 0x2u
/* Packets of ours get a TTL from the route. Set by fib_insert(). */
#define ROUTE_OWN_TTL 0x80u

/*
 * What few routes say, in the order in which iproute2 shows it, and in the
 * units of rtnetlink (RTAX_*). TCP's windows are segments.
 */
enum route_metric {
	METRIC_WINDOW,	   /* most bytes that TCP offers to receive */
	METRIC_RTT,	   /* eighths of a millisecond: TCP's first guess */
	METRIC_SSTHRESH,   /* where TCP's slow start ends */
	METRIC_CWND,	   /* if locked: TCP's congestion window, at most */
	METRIC_REORDERING, /* duplicate ACKs that say that one is lost */
	METRIC_HOPLIMIT,   /* the TTL of what we send */
	METRIC_INITCWND,   /* TCP's first congestion window */
	METRIC_FEATURES,   /* FEATURE_ECN */
	METRIC_RTO_MIN,	   /* milliseconds */
	METRIC_INITRWND,   /* the first window that TCP offers, at most */
	METRIC_QUICKACK,   /* 1: no ACK is delayed */
	METRIC_CONGCTL,	   /* congestion control: which one, from 1 */
	METRICS,
};

#define FEATURE_ECN 1u /* asked for and granted, whatever tcp_ecn says */

struct route_metrics {
	uint32_t value[METRICS]; /* 0: it says nothing */
	uint32_t locks;		 /* bit = enum route_metric */
};

/*
 * Prefixes that go the same way share one struct route, so what fib_find()
 * gives has 0 in the three fields that say for which prefix; fib_match(),
 * fib_exact() and fib_for_each() give copies that have them.
 */
struct route {
	uint32_t dst; /* host order, host bits zero */
	uint32_t table;
	uint8_t prefix_len;

	uint8_t scope; /* enum ipv4_scope */
	/* Packets look at both at once. */
	uint8_t type;	       /* enum route_type */
	uint8_t nexthop_count; /* at most ROUTE_NEXTHOPS_MAX */
	uint8_t proto;
	uint8_t tos;
	uint8_t locks;	      /* ROUTE_LOCK_* */
	bool resilient;	      /* its object is a group of this type */
	uint32_t metric;      /* smaller wins */
	uint32_t source;      /* preferred source address, 0: choose */
	uint32_t mtu, advmss; /* 0: of the interface */
	uint32_t nhid;	      /* next-hop object (nexthop.h), 0: none */
	const struct route_metrics *metrics; /* NULL: none of them */
	struct nexthop nexthop[];
};

struct net;
struct fib;
struct ipv4;
struct skb;

/* What distinguishes a packet for routing. */
struct flow {
	uint32_t dst, src; /* host order; src 0: not chosen yet */
	uint8_t tos, proto;
	uint8_t in;	       /* ifindex it arrived on, 0: ours */
	uint8_t out;	       /* ifindex it must leave by, 0: any */
	uint16_t sport, dport; /* 0 if unknown (fragments, other protocols) */
	uint32_t mark;
};

/*
 * Room for up to route_count_max routes; their memory comes from net->pages in
 * pieces, as it is needed. ERR_NOMEM leaves nothing allocated.
 */
enum status fib_init(struct net *net, uint32_t route_count_max) must_use;
void fib_fini(struct net *net);

/*
 * The route for a destination, through the rules; NULL: none. Hot path: looks,
 * takes nothing; the result is valid until the next fib_quiescent().
 */
const struct route *fib_find(struct net *net, const struct flow *flow);

/* The same by the destination alone; NULL: there is none, or it takes more than
 * that to tell. */
const struct route *fib_find_plainly(struct net *net, uint32_t dst);

/*
 * What a received packet is for routing, and its answer; data at its IP header,
 * *ip.
 */
void fib_flow(const struct skb *skb, const struct ipv4 *ip, struct flow *flow);
void fib_flow_back(const struct skb *skb, const struct ipv4 *ip,
		   struct flow *flow);

/*
 * The route for a received packet. A flow is made of it only where rules or TOS
 * routes ask for one.
 */
const struct route *fib_find_to(struct net *net, const struct skb *skb,
				const struct ipv4 *ip);

/* Do the rules differ from those that are there at boot? */
bool fib_has_rules(const struct net *net);

/*
 * While a packet is being explained (net->explain): says which rules and which
 * route decide, and of which prefix and table it is.
 */
void fib_explain(struct net *net, const struct flow *flow);
void fib_explain_to(struct net *net, const struct skb *skb,
		    const struct ipv4 *ip);

/*
 * How many local and broadcast routes there are, by a hash of their address: a
 * source that no such route can have needs no lookup. Prefixes shorter than /32
 * count everywhere; 127/8 does not count.
 */
struct fib_ours {
	uint32_t count[256];
};

static inline uint32_t
fib_ours_hash(uint32_t addr)
{
	return netdev_ours_slot(addr);
}

/* False: addr is none of ours, nor a broadcast address. True: perhaps. */
static inline bool
fib_maybe_ours(const struct fib_ours *ours, uint32_t addr)
{
	return ours->count[fib_ours_hash(addr)];
}

/* Which routes rest may be another question now: ignore_routes_with_linkdown
 * has been changed. */
void fib_rest_update(struct net *net);

/* The same with the prefix that matched, and what fib_way() makes of it. A
 * copy, valid until the next call. */
const struct route *fib_match(struct net *net, const struct flow *flow);

/*
 * This core holds no route, next hop or address any more: what was replaced or
 * deleted since is given back, and work that was put off goes on. net_poll()
 * calls it once a turn. True if there is more of that.
 */
bool fib_quiescent(struct net *net);

const struct nexthop *route_nexthop_choose(const struct route *route,
					   const struct flow *flow);

/*
 * The next hop for this flow: the only one, or by a keyed hash of addresses,
 * protocol and ports over the live ones. Flows stay where they are when another
 * next hop dies or returns. NULL when all are dead.
 */
static inline const struct nexthop *
route_nexthop(const struct route *route, const struct flow *flow)
{
	const struct nexthop *only = &route->nexthop[0];

	if (likely(route->nexthop_count == 1 &&
		   !(only->flags & NEXTHOP_COUNTS)))
		return likely(!(only->flags & NEXTHOP_USELESS)) ? only : NULL;
	return route_nexthop_choose(route, flow);
}

const struct nexthop *fib_way_else(struct net *net, const struct route **route,
				   const struct flow *flow,
				   const struct nexthop *silent);

/*
 * The next hop that a packet takes, of the route found or, in *route then, of
 * another: if no next hop of it can be used, since their links have no carrier,
 * of the next best [RFC1812 5.3.12.3]; if its gateway does not answer ARP, of
 * the next best to the same prefix with a gateway that does [RFC1122 3.3.1.5].
 * NULL: there is no way.
 */
static inline const struct nexthop *
fib_way(struct net *net, const struct route **route, const struct flow *flow)
{
	const struct nexthop *nexthop = route_nexthop(*route, flow);

	if (likely(nexthop && !(nexthop->flags & NEXTHOP_SILENT)))
		return nexthop;
	return fib_way_else(net, route, flow, nexthop);
}

/*
 * A neighbour that routes lead through answers no more (neigh_ops.gateway), or
 * does again: its next hops are avoided, and taken up again. Until then it is
 * asked for from time to time, as no packet will.
 */
void fib_gateway_event(struct netdev *dev, uint32_t addr, bool silent);

/* fib_multipath_use_neigh has been changed. */
void fib_gateways_update(struct net *net);

/* The source address that a packet of ours gets if its sender has no wish. */
uint32_t route_source(const struct route *route, const struct nexthop *nexthop);

/*
 * What `ip route add|replace|change|append|prepend` ask for. *want is copied.
 * Gateways are checked as Linux does (scope walk, onlink) and nexthop devices
 * filled in. Errors: see enum fib_error; FIB_OK otherwise.
 */
enum fib_op {
	FIB_ADD,
	FIB_REPLACE,
	FIB_CHANGE,
	FIB_APPEND,
	FIB_PREPEND,
	FIB_TEST, /* changes nothing: FIB_EXISTS, FIB_NO_ENTRY, why not */
};

enum fib_error {
	FIB_OK = 0,
	FIB_EXISTS,	    /* File exists */
	FIB_NOT_FOUND,	    /* No such process (nothing to delete) */
	FIB_NO_TABLE,	    /* FIB table does not exist. */
	FIB_NO_ENTRY,	    /* No such file or directory (to change) */
	FIB_NO_DEVICE,	    /* No such device: neither via nor dev */
	FIB_BAD_GATEWAY,    /* Nexthop has invalid gateway. */
	FIB_BAD_PREFIX,	    /* Invalid prefix for given prefix length. */
	FIB_BAD_SOURCE,	    /* Invalid prefsrc address. */
	FIB_BAD_TYPE,	    /* Invalid route type. */
	FIB_BAD_SCOPE,	    /* Invalid scope. */
	FIB_BAD_TOS,	    /* ECN bits must be 0. */
	FIB_DEVICE_DOWN,    /* Device for nexthop is not up. */
	FIB_GATEWAY_DOWN,   /* Network is down (the way to the gateway) */
	FIB_ONLINK_SCOPE,   /* onlink gateway of a route of scope link */
	FIB_ONLINK_DEVICE,  /* onlink without dev */
	FIB_ONLINK_DOWN,    /* Nexthop device is not up. */
	FIB_ONLINK_GATEWAY, /* onlink without via */
	FIB_HOST_MULTIPATH, /* scope host with several next hops */
	FIB_HOST_GATEWAY,   /* scope host with via */
	FIB_TYPE_NEXTHOP,   /* blackhole and the like with a next hop */
	FIB_UNREACHABLE,    /* Network is unreachable */
	FIB_INVALID,	    /* Invalid argument */
	FIB_FULL,	    /* Cannot allocate memory */
	FIB_NO_NEXTHOP_ID,  /* Nexthop id does not exist. */
	FIB_NH_EXCLUSIVE,   /* a nhid and next hops */
	FIB_NH_SCOPE,	    /* Scope mismatch with nexthop. */
	FIB_NH_DEVICE,	    /* an object without dev */
	FIB_NH_TWICE,	    /* the same member twice */
	FIB_NH_MEMBER,	    /* Invalid nexthop id. (of a member) */
	FIB_NH_NESTED,	    /* a group as member */
	FIB_NH_BLACKHOLE,   /* a blackhole among several members */
	FIB_NH_GROUP,	    /* a group replaced by a single one */
	FIB_NH_SINGLE,	    /* a single one replaced by a group */
	FIB_NH_NESTED_RES,  /* a resilient group as member */
	FIB_NH_NO_BUCKETS,  /* of a resilient group */
	FIB_NH_BUCKETS,	    /* 0 of them */
	FIB_NH_BUCKETS_SET, /* another number than the group has */
	FIB_NH_TYPE,	    /* a group replaced by one of another type */
	FIB_NH_MEMBER_HOLE, /* a member of several replaced by a blackhole */
};

/* The line that `ip route` prints, without its newline; "" for FIB_OK. */
const char *fib_error_text(enum fib_error error);

enum fib_error fib_insert(struct net *net, const struct route *want,
			  enum fib_op op) must_use;

/*
 * Deletes the first route that matches dst, prefix_len, tos, table and every
 * field of *like that is not 0 (type, scope NOWHERE = any, proto, metric,
 * source, mtu, advmss, metrics, next hops: one is compared with the first,
 * several with all; their devices and gateways if given). FIB_NOT_FOUND,
 * FIB_NO_TABLE.
 */
enum fib_error fib_delete(struct net *net, const struct route *like) must_use;

/*
 * Many changes at once, such as a configuration or a whole table: between the
 * two calls packets find their routes slowly (but right), and the lookup
 * structure is brought up to date once, at the end.
 */
void fib_batch_begin(struct net *net);
void fib_batch_end(struct net *net);

/* Exact prefix in a table, first by metric; NULL. For show and tests. */
const struct route *fib_exact(struct net *net, uint32_t table, uint32_t dst,
			      uint8_t prefix_len);

/*
 * Visits the routes of a table (0: all) in Linux's order of display: ascending
 * prefix, shorter first, then metric. The visitor must not change the table;
 * returning false ends the walk.
 */
void fib_for_each(struct net *net, uint32_t table,
		  bool (*visit)(void *ctx, const struct route *route),
		  void *ctx);

/* Interface went down / up / lost or got carrier / left. */
void fib_netdev_event(struct netdev *dev, enum netdev_event event);

/* Has a multipath route a next hop by this interface, which is down? */
bool fib_waits_for(const struct netdev *dev);

/* An address was removed: routes of table main that prefer it as source go. */
void fib_address_removed(struct net *net, uint32_t local);

/* Routes in all tables; bytes used by routes and by the lookup structure. */
struct fib_usage {
	uint32_t route_count, route_count_max;
	uint64_t route_len, lookup_len;
};
void fib_usage(struct net *net, struct fib_usage *usage);

/* Panics if the lookup structure disagrees with the routes. For tests. */
void fib_check(struct net *net);
