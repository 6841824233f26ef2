/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet II. Frames come from netdev_input() and go to the protocol of their
 * EtherType; packets come from the neighbour layer and go to netdev_output().
 * No state. [RFC894]
 */

#include "net/eth.h"

#include "net/net.h"
#include "net/wire/eth.h"

const uint8_t eth_broadcast[ETH_ADDR_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

static inline bool
addr_equal(const uint8_t *a, const uint8_t *b)
{
	return !__builtin_memcmp(a, b, ETH_ADDR_LEN);
}

/*
 * To us, and from one station? One look at both addresses: what differs from
 * our address, and the bit behind it, which is 0 in dev's EtherType, too.
 */
static inline bool
is_plain(const struct netdev *dev, const struct wire_eth *wire)
{
	uint64_t bits;

	__builtin_memcpy(&bits, wire, sizeof(bits));
	return (bits ^ dev->addr_type) << 15 == 0;
}

static enum pkt_type
classify(const struct netdev *dev, const uint8_t *dst)
{
	if (addr_equal(dst, dev->addr))
		return PKT_HOST;
	if (!eth_is_multicast(dst))
		return PKT_OTHERHOST;
	return addr_equal(dst, eth_broadcast) ? PKT_BROADCAST : PKT_MULTICAST;
}

/* An EtherType that nobody here speaks. */
rare static void
bad_type(struct skb *skb)
{
	/* Below 1536 the field is an 802.3 length. [RFC1122 2.3.3] */
	if (skb->protocol >= 0x600)
		return skb_drop(skb, DROP_ETH_PROTO);
	skb_push(skb, ETH_HEADER_LEN);
	skb->network = skb->protocol = 0;
	skb_drop(skb, DROP_ETH_LLC);
}

static inline void
input_frame(struct skb *skb, const struct wire_eth *wire)
{
	const struct eth_protocol *protocol = skb->dev->net->eth_protocols;
	uint16_t type = be16_get(wire->type);

	skb_pull(skb, ETH_HEADER_LEN);
	skb_set_network(skb);
	skb->protocol = type;
	do {
		if (likely(protocol->ethertype == type))
			return protocol->input(skb);
		protocol++;
	} while (protocol->input);
	bad_type(skb);
}

/* Not to our own address, or not from one. */
static __attribute__((noinline)) void
input_other(struct skb *skb, const struct wire_eth *wire)
{
	skb->pkt_type = (uint8_t)classify(skb->dev, wire->dst);
	if (skb->pkt_type == PKT_OTHERHOST)
		return skb_drop(skb, DROP_OTHERHOST);
	if (eth_is_multicast(wire->src))
		return skb_drop(skb, DROP_ETH_SOURCE);
	input_frame(skb, wire);
}

void
eth_input(struct skb *skb)
{
	const struct wire_eth *wire = (const void *)skb->data;

	if (unlikely(skb_linear_len(skb) < ETH_HEADER_LEN))
		return skb_drop(skb, DROP_ETH_TRUNCATED);
	if (unlikely(!is_plain(skb->dev, wire)))
		return input_other(skb, wire);
	skb->pkt_type = PKT_HOST;
	input_frame(skb, wire);
}

void
eth_output(struct skb *skb, struct netdev *dev, const uint8_t dst[ETH_ADDR_LEN],
	   uint16_t ethertype)
{
	struct wire_eth *wire;

	if (unlikely(skb_headroom(skb) < ETH_HEADER_LEN))
		return skb_drop(skb, DROP_HEADROOM);
	wire = (void *)skb_push(skb, ETH_HEADER_LEN);
	/* Freestanding, only the builtin becomes two moves. */
	__builtin_memcpy(wire->dst, dst, ETH_ADDR_LEN);
	__builtin_memcpy(wire->src, dev->addr, ETH_ADDR_LEN);
	wire->type = be16_from(ethertype);
	netdev_output(dev, skb);
}
