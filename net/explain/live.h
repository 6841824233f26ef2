/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stories of real packets as they pass, for those who ask. While a tracer is
 * set, every interface's frames go the way on which they are looked at, and
 * what suits the filter is told about. Stories wait in a ring for somebody to
 * read them; what finds it full is counted and goes untold.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/explain/explain.h"

struct ipv4;

/* What to tell of. Zero fields do not matter. */
struct explain_filter {
	uint8_t dev;	       /* ifindex it comes in by */
	uint8_t proto;	       /* IPPROTO_* */
	uint32_t src, src_len; /* prefix; len 0: any */
	uint32_t dst, dst_len;
	uint32_t host, host_len; /* of source or destination */
	uint16_t port;		 /* of either end */
	uint16_t sport, dport;
	bool drops; /* only what was dropped */
};

#define EXPLAIN_RING 32u /* stories that wait */

struct explain_live {
	struct net *net;
	struct explain_filter filter;
	void (*wake)(void *ctx); /* there is one to read */
	void *ctx;
	uint64_t told, lost; /* stories; without room */
	uint32_t head, tail; /* free-running; tail is read next */
	struct explain ring[EXPLAIN_RING];
};

/*
 * One at a time: ERR_BUSY; ERR_NOMEM. Until explain_live_stop(), which frees
 * it.
 */
enum status explain_live_start(struct net *net,
			       const struct explain_filter *filter,
			       void (*wake)(void *ctx), void *ctx,
			       struct explain_live **out) must_use;
void explain_live_stop(struct explain_live *live);

/* The oldest story, NULL: none waits; and then it makes room. */
const struct explain *explain_live_first(const struct explain_live *live);
void explain_live_next(struct explain_live *live);

/* ---- for netdev.c and ipv4 ---------------------------------------------- */

/*
 * A frame has come in, its Ethernet header at data. True: net->explain is set,
 * and explain_live_end() has to follow.
 */
bool explain_live_input(struct net *net, const struct skb *skb);
/* The same for a packet of this box; *ip is the header that it will have. */
bool explain_live_output(struct net *net, const struct skb *skb,
			 const struct ipv4 *ip);
void explain_live_end(struct net *net);
