/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last steps of what leaves, inline: neigh_output() takes them for nearly
 * every packet. Whoever is in no such hurry calls eth_output() and
 * netdev_output(), which look after all that is assumed here.
 */
#pragma once

#include "net/eth.h"
#include "net/net.h"

/* A complete frame to a device that can send: dev->out_plain, or as good. */
static inline void
netdev_transmit(struct netdev *dev, struct skb *skb)
{
	dev->stats.tx_packets++;
	dev->stats.tx_bytes += skb->len;
	net_this_core(dev->net)->flush_pending |= dev->flush_bit;
	dev->ops->xmit(dev, skb);
}

/*
 * Is there nothing about an IPv4 packet and the device it leaves by that
 * eth_output() and netdev_output() look after?
 */
static inline bool
eth_sends_plainly(const struct skb *skb, const struct netdev *dev)
{
	return dev->out_plain && !skb->seg &&
	       skb_headroom(skb) >= ETH_HEADER_LEN;
}

/*
 * Then: to be sent to dst, of which 8 bytes can be read. Two moves make the
 * header, the second puts right what is too long of the first.
 */
static inline void
eth_send_plainly(struct skb *skb, struct netdev *dev, const void *dst)
{
	uint8_t *header = skb->data - ETH_HEADER_LEN;

	__builtin_memcpy(header, dst, 8);
	__builtin_memcpy(header + ETH_ADDR_LEN, &dev->addr_type, 8);
	skb->data = header;
	skb->len += ETH_HEADER_LEN;
	skb->dev = dev;
	netdev_transmit(dev, skb);
}
