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
	struct list link;	/* in netdev.addrs, primaries before their
				 * secondaries, in order of addition */
	struct netdev *dev;
	uint32_t local;		/* our address, host order */
	uint32_t peer;		/* = local unless point-to-point */
	uint8_t prefix_len;
	uint8_t scope;		/* enum ipv4_scope */
	bool secondary;
	uint32_t broadcast;	/* 0: none was given */
	char label[NETDEV_NAME_MAX];
};

struct net;

/* Called by net_init(), net_fini(). ERR_NOMEM leaves nothing allocated. */
enum status addr_init(struct net *net) must_use;
void addr_fini(struct net *net);

/*
 * Adds *want (link, secondary and dev are filled in here) to dev. Errors:
 * ERR_EXIST, ERR_INVAL (no unicast address, prefix over 32), ERR_NOMEM.
 */
enum status addr_add(struct netdev *dev, const struct ifaddr *want) must_use;

/* prefix_len as given when added. ERR_NOENT. */
enum status addr_delete(struct netdev *dev, uint32_t local, uint8_t prefix_len);

/* All of dev's; what addr_delete would do, one by one. */
void addr_flush(struct netdev *dev);

/* Which of our interfaces has this address; NULL if none. */
const struct ifaddr *addr_find(struct net *net, uint32_t local);

/*
 * The source address for a packet from dev to dst: the primary of dev on dst's
 * subnet, else dev's first of global scope, else any other interface's; 0 if
 * the box has none. [RFC1122 3.3.4.3]
 */
uint32_t addr_select(struct netdev *dev, uint32_t dst, enum ipv4_scope scope);

/* Is addr on a subnet of dev? */
bool addr_on_link(const struct netdev *dev, uint32_t addr);
