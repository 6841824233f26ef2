/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder know of each other. */
#pragma once

#include "net/arp.h"
#include "net/eth.h"
#include "net/ipv4/addr.h"
#include "net/net.h"
#include "net/wire/arp.h"
#include "net/wire/ipv4.h"

static inline struct arp_state *
arp_state_of(const struct netdev *dev)
{
	return &dev->net->neigh.arp;
}

static inline bool
arp_is_used(const struct netdev *dev)
{
	return !(dev->flags & (NETDEV_NOARP | NETDEV_LOOPBACK));
}

static inline bool
arp_in_subnet(const struct ifaddr *ifaddr, uint32_t addr)
{
	uint32_t host_bits =
		ifaddr->prefix_len >= 32 ? 0 : UINT32_MAX >> ifaddr->prefix_len;

	return !((addr ^ ifaddr->peer) & ~host_bits);
}

/* Is it an address of this very interface? */
static inline bool
arp_has_address(const struct netdev *dev, uint32_t addr)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link)
		if (ifaddr->local == addr)
			return true;
	return false;
}

/* ---- announce.c: what we say of ourselves ------------------------------- */

/* Tells the asker that target is at our address, by unicast. */
void arp_reply(struct netdev *dev, uint32_t target, uint32_t asker,
	       const uint8_t *asker_lladdr);

/* Another station says that it has an address of the box. */
void arp_defend(struct netdev *dev, const struct arp *arp);

void arp_announce_init(struct net *net);
void arp_announce_fini(struct net *net);
/* dev is leaving. */
void arp_announce_forget(struct netdev *dev);

/* ---- probe.c: before an address is ours --------------------------------- */

/* A well-formed packet from another station. */
void arp_probe_heard(struct netdev *dev, const struct arp *arp);

void arp_probe_init(struct net *net);
void arp_probe_fini(struct net *net);
/* The link came or went, or dev leaves. */
void arp_probe_event(struct netdev *dev, bool leaves);

/* ---- answer.c: requests that we answer ---------------------------------- */

enum arp_answer {
	ARP_NOT_OURS,
	ARP_IGNORED, /* ours, but the operator said no */
	ARP_OURS,
	ARP_PROXIED, /* somebody's behind this router */
};

/* Whether a request of asker (0: a probe) for target is ours to answer. */
enum arp_answer arp_choose_answer(struct netdev *dev, uint32_t asker,
				  uint32_t target);

/* Answers for another host, at once if unicast, else after proxy_delay. */
void arp_proxy_answer(struct netdev *dev, const struct arp *arp, bool unicast);

void arp_proxy_init(struct net *net);
void arp_proxy_fini(struct net *net);
/* dev went down: its delayed answers are forgotten. */
void arp_proxy_forget(struct netdev *dev);
