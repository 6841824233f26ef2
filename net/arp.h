/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP for IPv4 over Ethernet: asks, answers, announces. [RFC826] [RFC5227] */
#pragma once

#include <stdint.h>

#include "net/netdev.h"
#include "net/skb.h"

/* A received ARP packet, data at the ARP header. */
void arp_input(struct skb *skb);

/*
 * Asks who has target on dev. source: the address to ask from, 0 for an address
 * probe [RFC5227 2.1.1]. lladdr NULL: broadcast, else unicast probe.
 */
void arp_request(struct netdev *dev, uint32_t target, uint32_t source,
		 const uint8_t *lladdr);

/* Gratuitous request: addr is here (after link up, address or MAC change). */
void arp_announce(struct netdev *dev, uint32_t addr);
