/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet II framing: classifies what came in and hands it to the protocol of
 * its EtherType; frames what goes out. [RFC894] [RFC1122 2.3.3]
 */
#pragma once

#include <stdint.h>

#include "net/netdev.h"
#include "net/skb.h"

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_ARP  0x0806u

extern const uint8_t eth_broadcast[ETH_ADDR_LEN];

/* A network-layer protocol; takes the packet, data at its header. */
struct eth_protocol {
	uint16_t ethertype;
	void (*input)(struct skb *skb);
};

/* A frame with its Ethernet header at data. Sets pkt_type, protocol, network.
 */
void eth_input(struct skb *skb);

/*
 * Frames a network-layer packet (data at its header) and sends it out of dev.
 * dst and the device's own address become the header.
 */
void eth_output(struct skb *skb, struct netdev *dev,
		const uint8_t dst[ETH_ADDR_LEN], uint16_t ethertype);

static inline bool
eth_is_multicast(const uint8_t addr[ETH_ADDR_LEN])
{
	return addr[0] & 1;
}

/* Where a group's frames go; 32 groups share each address. [RFC1112 6.4] */
static inline void
eth_group_addr(uint32_t group, uint8_t addr[ETH_ADDR_LEN])
{
	addr[0] = 0x01;
	addr[1] = 0x00;
	addr[2] = 0x5e;
	addr[3] = group >> 16 & 0x7f;
	addr[4] = group >> 8 & 0xff;
	addr[5] = group & 0xff;
}
