/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP for IPv4 over Ethernet: asks, answers (also for others: proxy ARP),
 * announces our addresses and defends them. What it learns goes to net/neigh.h.
 * [RFC826] [RFC1122 2.3.2] [RFC1812 3.3.2] [RFC5227] [RFC1027]
 *
 * Obeyed, Linux's names and meanings, the larger of conf.all and conf.X:
 * arp_ignore (0, 1, 2, 3, 8), arp_announce (0, 1, 2), arp_filter, arp_accept,
 * proxy_arp (with forwarding).
 *
 * A router that waits has stopped routing: as on Linux an address works at
 * once, is announced twice, and a conflict is seen, logged and defended. With
 * arp_probe it is probed for some seconds before it is used [RFC5227 2.1].
 */
#pragma once

#include <stdint.h>

#include "lib/timer.h"
#include "net/ipv4/addr.h"
#include "net/netdev.h"
#include "net/skb.h"

#define ARP_ANNOUNCEMENTS_MAX 64u /* second announcements that can wait */
#define ARP_CONFLICTS_MAX     16u /* addresses in conflict remembered */
#define ARP_PROXY_HOSTS_MAX   64u
#define ARP_PROXY_MAX	      64u /* delayed answers; and proxy_qlen */
#define ARP_CANDIDATES_MAX    16u /* addresses that are probed */

struct arp_stats {
	uint64_t rx_requests, rx_replies; /* well-formed ones */
	uint64_t tx_requests, tx_replies; /* of every kind */
	uint64_t tx_probes;		  /* sender 0 */
	uint64_t tx_announcements;
	uint64_t tx_nomem;	  /* not sent: no packet buffer was free */
	uint64_t probes_answered; /* somebody probed an address of ours */
	uint64_t ignored; /* for us, but arp_ignore or arp_filter said no */
	uint64_t proxied; /* answered for somebody else */
	uint64_t proxy_overflows; /* not answered: too many wait already */
	uint64_t conflicts;	  /* our address claimed by another station */
	uint64_t defences;	  /* announcements made because of that */
};

/* Another station claims an address of ours. */
struct arp_conflict {
	uint32_t addr; /* 0: slot is free */
	uint8_t ifindex;
	uint8_t lladdr[ETH_ADDR_LEN]; /* who, at last */
	uint64_t count;
	uint64_t defended_ns; /* when we said last that it is ours */
};

/* An announcement to be repeated; they wait in order of their time. */
struct arp_announcement {
	uint32_t addr;
	uint8_t ifindex;
	uint64_t due_ns;
};

/* A proxy answer that waits, so that the host itself would be faster. */
struct arp_proxy_answer {
	struct timer timer; /* armed: slot is taken */
	struct netdev *dev;
	uint32_t target, sender;
	uint8_t sender_lladdr[ETH_ADDR_LEN];
};

/* A host that we answer for on one interface, whatever proxy_arp says there. */
struct arp_proxy_host {
	struct netdev *dev; /* NULL: any */
	uint32_t addr;	    /* 0: slot is free */
	bool router;	    /* only kept: it says nothing in IPv4 */
};

/* An address that will be ours if nobody has it. */
struct arp_candidate {
	struct ifaddr addr; /* local 0: slot is free */
	uint32_t sent;	    /* probes */
	uint64_t due_ns;    /* TIMER_NEVER: waits for the link */
};

/* All that ARP remembers; part of struct neigh_table. */
struct arp_state {
	struct arp_stats stats;
	struct timer announce_timer;
	struct arp_announcement announcement[ARP_ANNOUNCEMENTS_MAX];
	uint32_t announcement_first, announcement_count;
	struct arp_conflict conflict[ARP_CONFLICTS_MAX];
	struct arp_proxy_answer proxy[ARP_PROXY_MAX];
	uint32_t proxy_count;
	struct arp_proxy_host proxy_host[ARP_PROXY_HOSTS_MAX];
	struct timer probe_timer;
	struct arp_candidate candidate[ARP_CANDIDATES_MAX];
	uint32_t probe_conflicts[PARAM_NETDEVS_MAX + 1]; /* by ifindex */
};

struct net;

/* Called by neigh_init() and neigh_fini(). */
void arp_init(struct net *net);
void arp_fini(struct net *net);

/* A received ARP packet, data at the ARP header. */
void arp_input(struct skb *skb);

/*
 * Asks who has target on dev. source: the address to ask from, 0 for an address
 * probe [RFC5227 2.1.1]. lladdr NULL: broadcast, else unicast probe. Nothing is
 * sent by an interface that is down, has no link or no ARP.
 */
void arp_request(struct netdev *dev, uint32_t target, uint32_t source,
		 const uint8_t *lladdr);

/* Says to all on dev that addr is here, in the form of an answer that nobody
 * asked for (arping -A). */
void arp_claim(struct netdev *dev, uint32_t addr);

/*
 * The address to ask for target from, as arp_announce says: that of the packet
 * that waits (a packet of ours, data at its IP header; may be NULL), else one
 * of dev. 0 if the box has none.
 */
uint32_t arp_source(struct netdev *dev, uint32_t target,
		    const struct skb *waiting);

/*
 * addr is here: a gratuitous request now and, if addr is still dev's, another
 * one in two seconds [RFC5227 2.3]. For addresses just added; those of an
 * interface that comes up or changes its MAC are announced from here.
 */
void arp_announce(struct netdev *dev, uint32_t addr);

/*
 * *addr is wanted on dev and is sound. OK: it is being probed, or will be as
 * soon as there is a link; if nobody has it, addr_add_now() follows. ERR_NOENT:
 * probing is not asked for. ERR_EXIST, ERR_NOMEM (too many at once).
 */
enum status arp_probe_add(struct netdev *dev,
			  const struct ifaddr *addr) must_use;

/* It is not wanted any more; false: it is not being probed. */
bool arp_probe_delete(struct netdev *dev, uint32_t local);

/*
 * The operator's single proxies (ip neigh add proxy): requests for addr on dev
 * (NULL: any) are answered if a route leads there by another interface. To add
 * one that is there changes it. They go with dev when it goes down. ERR_NOMEM:
 * there are ARP_PROXY_HOSTS_MAX; ERR_INVAL: 0 is no address. ERR_NOENT.
 */
enum status arp_proxy_host_add(struct net *net, struct netdev *dev,
			       uint32_t addr, bool router) must_use;
enum status arp_proxy_host_delete(struct net *net, struct netdev *dev,
				  uint32_t addr) must_use;

/* One for dev, or for any; NULL if there is none. */
const struct arp_proxy_host *
arp_proxy_host_find(struct net *net, const struct netdev *dev, uint32_t addr);

/* Called by neigh_netdev_event(). */
void arp_netdev_event(struct netdev *dev, enum netdev_event event);
