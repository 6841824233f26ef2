/* SPDX-License-Identifier: BSD-2-Clause */
/* The hosted interface of iface.h: a fake Ethernet under a real stack. */

#include "tests/host/iface.h"

#include <stdlib.h>

#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/wire/eth.h"
#include "tests/host/host.h"

#define MEMORY_LEN   (64u << 20)
#define START_NS     (1000 * 1000000000ull)
#define SETTLE_NS    (20 * 1000000000ull) /* announcements are over */
#define TURNS_MAX    1000000u
#define FIRST_SNDBUF 87040u

static const uint8_t own_mac[ETH_ADDR_LEN] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t their_mac[ETH_ADDR_LEN] = { 2, 0, 0, 0, 0, 2 };

/* ---- the device --------------------------------------------------------- */

/* Whoever is asked for is there, but for ourselves. [RFC826] */
static void
answer_arp(struct iface *iface, const uint8_t *frame)
{
	const uint8_t *arp = frame + ETH_HEADER_LEN;
	uint8_t *out;

	if (arp[7] != 1 || memcmp(arp + 14, arp + 24, 4) == 0 ||
	    memcmp(arp + 14, "\0\0\0\0", 4) == 0 ||
	    iface->answer_count == array_len(iface->answer))
		return;
	out = iface->answer[iface->answer_count++];
	memcpy(out, own_mac, ETH_ADDR_LEN);
	memcpy(out + 6, their_mac, ETH_ADDR_LEN);
	memcpy(out + 12, frame + 12, 9); /* type, formats, high byte of op */
	out[21] = 2;
	memcpy(out + 22, their_mac, ETH_ADDR_LEN);
	memcpy(out + 28, arp + 24, 4);
	memcpy(out + 32, arp + 8, 10);
}

static void
iface_xmit(struct netdev *dev, struct skb *skb)
{
	struct iface *iface = dev->priv;
	uint8_t *frame = malloc(skb->len);

	if (!frame)
		panic("iface: no memory for a frame");
	skb_copy_out(skb, 0, frame, skb->len);
	if (skb->len >= 42 && frame[12] == 8 && frame[13] == 6)
		answer_arp(iface, frame);
	else if (skb->len > ETH_HEADER_LEN && iface->emit)
		iface->emit(iface->ctx, iface_now_us(iface),
			    frame + ETH_HEADER_LEN, skb->len - ETH_HEADER_LEN);
	free(frame);
	skb_sent(skb);
}

static enum status
iface_open(struct netdev *dev)
{
	return OK;
}

static void
iface_nothing(struct netdev *dev)
{
}

static const struct netdev_ops iface_ops = {
	.open = iface_open,
	.stop = iface_nothing,
	.xmit = iface_xmit,
	.flush = iface_nothing,
	.set_rx_mode = iface_nothing,
};

static void
receive(struct iface *iface, const uint8_t *header, const uint8_t *bytes,
	size_t len)
{
	struct netdev *dev = &iface->dev;
	struct skb *first = skb_alloc_rx(dev->pool), *seg;
	size_t take = min_of(len, (size_t)PARAM_SKB_ROOM - ETH_HEADER_LEN);

	if (!first)
		return;
	memcpy(first->data, header, ETH_HEADER_LEN);
	memcpy(first->data + ETH_HEADER_LEN, bytes, take);
	skb_received(first, dev, (uint32_t)(ETH_HEADER_LEN + take));
	while (take < len) {
		size_t more = min_of(len - take, (size_t)PARAM_SKB_ROOM);

		seg = skb_alloc_rx(dev->pool);
		if (!seg)
			return skb_drop(first, DROP_NOMEM);
		memcpy(seg->data, bytes + take, more);
		skb_add_received_segment(first, seg, (uint32_t)more);
		take += more;
	}
	netdev_input(first);
}

/* ---- running ----------------------------------------------------------- */

void
iface_run(struct iface *iface)
{
	unsigned int turns = 0;

	for (;;) {
		while (iface->answer_count > 0) {
			const uint8_t *frame =
				iface->answer[--iface->answer_count];

			receive(iface, frame, frame + ETH_HEADER_LEN,
				42 - ETH_HEADER_LEN);
		}
		if (!net_poll(&iface->net, iface->net.now_ns) &&
		    !net_pending(&iface->net) && iface->answer_count == 0)
			return;
		if (++turns > TURNS_MAX)
			panic("iface: the stack never becomes idle");
	}
}

void
iface_inject(struct iface *iface, const uint8_t *bytes, size_t len)
{
	uint8_t header[ETH_HEADER_LEN];
	const struct eth eth = { .type = ETHERTYPE_IPV4 };

	if (len == 0 || len > 65535)
		return;
	eth_emit(&eth, header);
	memcpy(header, own_mac, ETH_ADDR_LEN);
	memcpy(header + ETH_ADDR_LEN, their_mac, ETH_ADDR_LEN);
	receive(iface, header, bytes, len);
	iface_run(iface);
}

uint64_t
iface_now_us(const struct iface *iface)
{
	return (iface->net.now_ns - iface->epoch_ns) / 1000;
}

/* Rounded up, so that what is due has come by then. */
uint64_t
iface_due_us(const struct iface *iface)
{
	uint64_t due_ns = net_next_deadline(&iface->net);

	if (due_ns == UINT64_MAX)
		return UINT64_MAX;
	due_ns = max_of(due_ns, iface->net.now_ns);
	return (due_ns - iface->epoch_ns + 999) / 1000;
}

bool
iface_step(struct iface *iface, uint64_t to_us)
{
	uint64_t due_us = iface_due_us(iface), now_us = iface_now_us(iface);
	bool more = due_us < to_us;

	if (to_us < now_us)
		return false;
	due_us = min_of(due_us, to_us);
	iface->net.now_ns = iface->epoch_ns + due_us * 1000;
	iface_run(iface);
	return more;
}

/* ---- coming and going -------------------------------------------------- */

void
iface_add_address(struct iface *iface, uint32_t addr, uint8_t prefix_len)
{
	struct ifaddr want = {
		.local = addr,
		.peer = addr,
		.prefix_len = prefix_len,
		.scope = SCOPE_GLOBAL,
	};

	if (prefix_len < 31)
		want.broadcast = addr | (uint32_t)(0xffffffffull >> prefix_len);
	str_copy(want.label, iface->dev.name, sizeof(want.label));
	if (addr_add(&iface->dev, &want) != OK)
		panic("iface: address refused");
}

static void
add_gateway(struct iface *iface, uint32_t gateway)
{
	struct route *route =
		calloc(1, sizeof(*route) + sizeof(struct nexthop));

	if (!route)
		panic("iface: no memory for a route");
	*route = (struct route){
		.table = TABLE_MAIN,
		.type = ROUTE_UNICAST,
		.scope = SCOPE_GLOBAL,
		.proto = ROUTE_PROTO_BOOT,
		.nexthop_count = 1,
	};
	route->nexthop[0] = (struct nexthop){
		.dev = &iface->dev,
		.gateway = gateway,
		.weight = 1,
	};
	if (fib_insert(&iface->net, route, FIB_REPLACE) != FIB_OK)
		panic("iface: route refused");
	free(route);
	if (neigh_set(&iface->net, &iface->dev, gateway, their_mac,
		      NEIGH_PERMANENT, true, false) != OK)
		panic("iface: neighbour refused");
}

struct iface *
iface_new(uint32_t addr, uint8_t prefix_len, uint32_t gateway, uint64_t seed)
{
	struct iface *iface = calloc(1, sizeof(*iface));
	struct net_config config = { .now_ns = START_NS, .skb_count = 8192 };

	if (!iface)
		panic("iface: no memory");
	host_pages_init(&iface->pages, MEMORY_LEN);
	config.pages = &iface->pages;
	memcpy(config.seed, &seed, sizeof(seed));
	if (net_init(&iface->net, &config) != OK)
		panic("iface: the stack does not come up");
	/* What a connection of Linux may queue at first, as scripts expect. */
	iface->net.tcp.param.tcp_wmem[1] = FIRST_SNDBUF;
	iface->epoch_ns = START_NS;
	iface->dev.ops = &iface_ops;
	iface->dev.priv = iface;
	iface->dev.driver = "iface";
	iface->dev.mtu = 1500;
	iface->dev.mtu_min = 68;
	iface->dev.mtu_max = 65535;
	iface->dev.carrier = true;
	memcpy(iface->dev.addr, own_mac, ETH_ADDR_LEN);
	if (netdev_register(&iface->net, &iface->dev) != OK ||
	    netdev_up(&iface->dev) != OK)
		panic("iface: no interface");
	iface_add_address(iface, addr, prefix_len);
	if (gateway)
		add_gateway(iface, gateway);
	while (iface_step(iface, SETTLE_NS / 1000))
		continue;
	iface->epoch_ns = iface->net.now_ns;
	return iface;
}

void
iface_free(struct iface *iface)
{
	iface->emit = NULL;
	iface_run(iface);
	netdev_unregister(&iface->dev);
	net_fini(&iface->net);
	host_pages_fini(&iface->pages);
	free(iface);
}
