/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 addresses of interfaces, several to each. Adding one makes its local,
 * broadcast and connected routes, as Linux does. [RFC1122 3.3.1.6] [RFC3021]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/port.h"
#include "net/netdev.h"

/* Linux's numbers: a smaller scope reaches farther. */
enum ipv4_scope {
	SCOPE_GLOBAL = 0,
	SCOPE_SITE = 200,
	SCOPE_LINK = 253,
	SCOPE_HOST = 254,
	SCOPE_NOWHERE = 255,
};

struct ifaddr {
	struct list link; /* in netdev.addrs: primaries, the scopes that reach
			   * less far first, then as added; then secondaries */
	struct list hash_link; /* by local, for addr_find() */
	struct netdev *dev;
	uint32_t local; /* our address, host order */
	uint32_t peer;	/* = local unless point-to-point; 0 is taken for that */
	uint8_t prefix_len;
	uint8_t scope;	      /* enum ipv4_scope */
	bool secondary;	      /* not the first of its subnet on dev */
	bool no_prefix_route; /* make no route to the subnet */
	bool leaving;	      /* used by addr.c */
	bool deprecated;      /* no longer preferred: only told */
	uint32_t broadcast;   /* 0: none was given */
	uint32_t metric;      /* of the route to the subnet */
	/* When it goes, and when it is deprecated; 0: never. */
	uint64_t valid_until_ns, preferred_until_ns;
	char label[NETDEV_NAME_MAX];
};

struct net;
struct route;

/* Called by net_init(), net_fini(). ERR_NOMEM leaves nothing allocated. */
enum status addr_init(struct net *net) must_use;
void addr_fini(struct net *net);

/*
 * Adds *want (links, secondary and dev are filled in here) to dev, with its
 * routes: local, broadcast and subnet; the latter two only while dev is up.
 * Announces it. With arp_probe it is probed first, and added later or never.
 * Errors: ERR_EXIST, ERR_INVAL (no unicast address, prefix over
 * 32), ERR_RANGE (another scope than its primary: "ipv4: Invalid scope
 * value."), ERR_NOMEM.
 */
enum status addr_add(struct netdev *dev, const struct ifaddr *want) must_use;

/* The same without being probed before. For net/arp. */
enum status addr_add_now(struct netdev *dev,
			 const struct ifaddr *want) must_use;

/*
 * The address of dev that is *want by local and prefix_len takes its lifetimes
 * and metric, the route to its subnet with them. ERR_NOENT, ERR_NOMEM.
 */
enum status addr_change(struct netdev *dev, const struct ifaddr *want) must_use;

/*
 * prefix_len as given when added. The routes that only this address made go,
 * and those of table main that prefer it as source; with a primary go its
 * secondaries, or the first of them takes its place if
 * net.ipv4.conf.*.promote_secondaries says so. With the last address go all
 * routes through dev. ERR_NOENT.
 */
enum status addr_delete(struct netdev *dev, uint32_t local, uint8_t prefix_len);

/* All of dev's; what addr_delete would do, one by one. */
void addr_flush(struct netdev *dev);

/* Which of our interfaces has this address; NULL if none. */
const struct ifaddr *addr_find(struct net *net, uint32_t local);

/*
 * The source address for a packet from dev to dst: of dev's primaries that
 * reach as far as scope asks (SCOPE_LINK: all but those of scope host) the one
 * on dst's subnet, else the first; else one of another interface that is not of
 * scope link, lo's first; 0 if there is none. dst 0: not known. [RFC1122
 * 3.3.4.3]
 */
uint32_t addr_select(struct netdev *dev, uint32_t dst, enum ipv4_scope scope);

/*
 * Visits the routes that all addresses make as things are, in the order in
 * which they would make them on a fresh stack whose interfaces get their
 * addresses one by one, each before it goes up; one that several make comes
 * several times. They need not be there: the operator may have deleted them.
 * False ends it.
 */
void addr_for_each_route(struct net *net,
			 bool (*visit)(void *ctx, const struct route *route),
			 void *ctx);

/* Is addr on a subnet of dev? */
bool addr_on_link(const struct netdev *dev, uint32_t addr);

/* Are both on one subnet of dev? */
bool addr_share_subnet(const struct netdev *dev, uint32_t a, uint32_t b);
