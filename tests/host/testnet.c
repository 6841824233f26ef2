/* SPDX-License-Identifier: BSD-2-Clause */
/* The test bench of testnet.h: fake devices under a real stack. */

#include "tests/host/testnet.h"

#include <stdlib.h>

#include "lib/fmt.h"
#include "lib/str.h"
#include "net/wire/eth.h"
#include "tests/host/host.h"

/* Turns after which a stack that never becomes idle is a bug. */
#define TURNS_MAX 100000u

/* ---- the fake device ---------------------------------------------------- */

static struct testnet_port *
port_of(const struct netdev *dev)
{
	return dev->priv;
}

static enum status
fake_open(struct netdev *dev)
{
	return OK;
}

static void
fake_stop(struct netdev *dev)
{
}

static void
fake_xmit(struct netdev *dev, struct skb *skb)
{
	struct testnet_port *port = port_of(dev);
	struct testnet_frame *frame = malloc(sizeof(*frame) + skb->len);

	if (frame == NULL)
		panic("testnet: no memory for a frame");
	frame->next = NULL;
	frame->len = skb->len;
	skb_copy_out(skb, 0, frame->bytes, skb->len);
	*port->last = frame;
	port->last = &frame->next;
	port->count++;
	if (port->tx_room != UINT32_MAX && --port->tx_room == 0)
		netdev_tx_stop(dev);
	skb_sent(skb);
}

static void
fake_flush(struct netdev *dev)
{
}

static void
fake_set_rx_mode(struct netdev *dev)
{
}

static enum status
fake_set_addr(struct netdev *dev, const uint8_t *addr)
{
	return OK;
}

static const struct netdev_ops fake_ops = {
	.open = fake_open,
	.stop = fake_stop,
	.xmit = fake_xmit,
	.flush = fake_flush,
	.set_rx_mode = fake_set_rx_mode,
	.set_addr = fake_set_addr,
};

/* ---- setting up --------------------------------------------------------- */

void
testnet_cannot(const char *what)
{
	panic("testnet: no memory for %s", what);
}

void
testnet_host_mac(unsigned int port, uint8_t host, uint8_t mac[6])
{
	const uint8_t bytes[6] = { 2, 0, 0, 1, (uint8_t)port, host };

	memcpy(mac, bytes, sizeof(bytes));
}

void
testnet_address(struct testnet *t, unsigned int port, uint32_t addr,
		uint8_t prefix_len)
{
	struct ifaddr want = {
		.local = addr,
		.peer = addr,
		.prefix_len = prefix_len,
		.scope = SCOPE_GLOBAL,
	};

	if (prefix_len < 31)
		want.broadcast = addr | (uint32_t)(0xffffffffull >> prefix_len);
	str_copy(want.label, t->port[port].dev.name, sizeof(want.label));
	if (addr_add(&t->port[port].dev, &want) != OK)
		panic("testnet: address refused");
}

void
testnet_neighbour(struct testnet *t, unsigned int port, uint8_t host)
{
	uint8_t mac[6];

	testnet_host_mac(port, host, mac);
	if (neigh_set(&t->net, &t->port[port].dev, TESTNET_ADDR(port, host),
		      mac, NEIGH_PERMANENT, true, false) != OK)
		panic("testnet: neighbour refused");
}

static void
insert_route(struct testnet *t, const struct route *like,
	     const struct nexthop *nexthop)
{
	struct route *route =
		calloc(1, sizeof(*route) + sizeof(struct nexthop));

	if (route == NULL)
		panic("testnet: no memory for a route");
	*route = *like;
	if (nexthop != NULL) {
		route->nexthop_count = 1;
		route->nexthop[0] = *nexthop;
	}
	if (fib_insert(&t->net, route, FIB_REPLACE) != FIB_OK)
		panic("testnet: route refused");
	free(route);
}

void
testnet_route(struct testnet *t, uint32_t dst, uint8_t prefix_len,
	      uint32_t gateway, unsigned int port)
{
	const struct route like = {
		.dst = dst,
		.prefix_len = prefix_len,
		.table = TABLE_MAIN,
		.type = ROUTE_UNICAST,
		.scope = gateway ? SCOPE_GLOBAL : SCOPE_LINK,
		.proto = ROUTE_PROTO_BOOT,
	};
	const struct nexthop nexthop = {
		.dev = &t->port[port].dev,
		.gateway = gateway,
		.weight = 1,
	};

	insert_route(t, &like, &nexthop);
}

void
testnet_route_two(struct testnet *t, uint32_t dst, uint8_t prefix_len,
		  unsigned int a, unsigned int b)
{
	const unsigned int port[2] = { a, b };
	struct route *route =
		calloc(1, sizeof(*route) + 2 * sizeof(struct nexthop));

	if (route == NULL)
		panic("testnet: no memory for a route");
	*route = (struct route){
		.dst = dst,
		.prefix_len = prefix_len,
		.table = TABLE_MAIN,
		.type = ROUTE_UNICAST,
		.scope = SCOPE_GLOBAL,
		.proto = ROUTE_PROTO_BOOT,
		.nexthop_count = 2,
	};
	for (unsigned int i = 0; i < 2; i++)
		route->nexthop[i] = (struct nexthop){
			.dev = &t->port[port[i]].dev,
			.gateway = TESTNET_HOST(port[i]),
			.weight = 1,
		};
	if (fib_insert(&t->net, route, FIB_REPLACE) != FIB_OK)
		panic("testnet: route refused");
	free(route);
}

void
testnet_route_type(struct testnet *t, uint32_t dst, uint8_t prefix_len,
		   enum route_type type)
{
	const struct route like = {
		.dst = dst,
		.prefix_len = prefix_len,
		.table = TABLE_MAIN,
		.type = (uint8_t)type,
		.scope = SCOPE_GLOBAL,
		.proto = ROUTE_PROTO_BOOT,
	};

	insert_route(t, &like, NULL);
}

static void
add_port(struct testnet *t, unsigned int i, bool bare)
{
	struct testnet_port *port = &t->port[i];
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)i };

	port->last = &port->first;
	port->tx_room = UINT32_MAX;
	port->dev.ops = &fake_ops;
	port->dev.priv = port;
	port->dev.driver = "fake";
	port->dev.mtu = 1500;
	port->dev.mtu_min = 68;
	port->dev.mtu_max = 9216;
	port->dev.carrier = true;
	memcpy(port->dev.addr, mac, sizeof(mac));
	if (netdev_register(&t->net, &port->dev) != OK)
		panic("testnet: no port %u", i);
	t->port_count = i + 1;
	if (netdev_up(&port->dev) != OK)
		panic("testnet: port %u does not come up", i);
	if (bare)
		return;
	testnet_address(t, i, TESTNET_ROUTER(i), 24);
	testnet_neighbour(t, i, 2);
}

static void
end(void *bench)
{
	testnet_free(bench);
}

struct testnet *
testnet_new_with(const struct testnet_config *config)
{
	struct testnet *t = calloc(1, sizeof(*t));
	struct net_config net_config = config->net;

	if (t == NULL || config->ports > TESTNET_PORTS_MAX)
		panic("testnet: impossible");
	host_pages_init(&t->pages,
			config->memory_len ? config->memory_len : 16u << 20);
	net_config.pages = &t->pages;
	if (net_init(&t->net, &net_config) != OK) {
		/* A stack that does not come up leaves nothing behind. */
		host_pages_fini(&t->pages);
		free(t);
		panic("testnet: net_init failed");
	}
	host_born(end, t);
	for (unsigned int i = 0; i < config->ports; i++)
		add_port(t, i, config->bare);
	/* Long enough for announcements to be over. */
	testnet_advance(t, config->hasty ? 0 : 10 * S_NS);
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	return t;
}

struct testnet *
testnet_new(unsigned int ports)
{
	const struct testnet_config config = {
		.ports = ports,
		.net = {
			.seed = { 1, 2, 3, 4 },
			.now_ns = 1000 * S_NS,
			.skb_count = 1024,
		},
	};

	return testnet_new_with(&config);
}

void
testnet_free(struct testnet *t)
{
	host_gone(t);
	net_check(&t->net);
	for (unsigned int i = 0; i < t->port_count; i++) {
		testnet_flush(t, i);
		netdev_unregister(&t->port[i].dev);
	}
	net_fini(&t->net);
	host_pages_fini(&t->pages);
	free(t);
}

/* ---- frames in and out -------------------------------------------------- */

static struct skb *
receive(struct testnet *t, unsigned int port, const uint8_t *bytes, size_t len)
{
	struct netdev *dev = &t->port[port].dev;
	struct skb *piece[NETDEV_SEGMENTS_MAX];
	unsigned int count = 0, need;
	size_t take;

	need = (unsigned int)((len + PARAM_SKB_ROOM - 1) / PARAM_SKB_ROOM);
	need = max_of(need, 1u);
	if (need > array_len(piece))
		return NULL;
	while (count < need && (piece[count] = skb_alloc_rx(dev->pool)))
		count++;
	if (count < need) {
		while (count > 0)
			skb_free_rx(piece[--count]);
		return NULL;
	}
	for (unsigned int i = 0; i < count; i++) {
		take = min_of(len, (size_t)PARAM_SKB_ROOM);
		if (take > 0)
			memcpy(piece[i]->data, bytes, take);
		bytes += take;
		len -= take;
		if (i == 0)
			skb_received(piece[0], dev, (uint32_t)take);
		else
			skb_add_received_segment(piece[0], piece[i],
						 (uint32_t)take);
	}
	return piece[0];
}

bool
testnet_inject(struct testnet *t, unsigned int port, const void *bytes,
	       size_t len)
{
	struct skb *skb = receive(t, port, bytes, len);

	if (skb == NULL) {
		t->port[port].missed++;
		return false;
	}
	netdev_input(skb);
	testnet_run(t);
	return true;
}

bool
testnet_inject_ipv4(struct testnet *t, unsigned int port, const struct ipv4 *ip,
		    const void *payload, size_t len)
{
	size_t header_len = sizeof(struct wire_eth) + ip->header_len;
	uint8_t *bytes = malloc(header_len + len);
	struct eth eth = { .type = ETHERTYPE_IPV4 };
	bool ok;

	if (bytes == NULL)
		panic("testnet: no memory for a frame");
	testnet_host_mac(port, 2, eth.src);
	memcpy(eth.dst, t->port[port].dev.addr, sizeof(eth.dst));
	eth_emit(&eth, bytes);
	ipv4_emit(ip, bytes + sizeof(struct wire_eth));
	if (len > 0)
		memcpy(bytes + header_len, payload, len);
	ok = testnet_inject(t, port, bytes, header_len + len);
	free(bytes);
	return ok;
}

const struct testnet_frame *
testnet_next(struct testnet *t, unsigned int i)
{
	struct testnet_port *port = &t->port[i];

	free(port->shown);
	port->shown = port->first;
	if (port->shown == NULL)
		return NULL;
	port->first = port->shown->next;
	if (port->first == NULL)
		port->last = &port->first;
	port->count--;
	return port->shown;
}

const struct testnet_frame *
testnet_next_ipv4(struct testnet *t, unsigned int port, struct ipv4 *ip,
		  const uint8_t **data, size_t *len)
{
	const struct testnet_frame *frame = testnet_next(t, port);
	struct eth eth;
	enum drop why;

	if (frame == NULL)
		return NULL;
	why = eth_parse(frame->bytes, frame->len, &eth);
	if (why == DROP_NONE && eth.type != ETHERTYPE_IPV4)
		why = DROP_ETH_PROTO;
	if (why == DROP_NONE)
		why = ipv4_parse(frame->bytes + sizeof(struct wire_eth),
				 frame->len - sizeof(struct wire_eth), ip);
	if (why != DROP_NONE)
		panic("testnet: port %u sent a bad frame: %s", port,
		      drop_text(why)->name);
	*data = frame->bytes + sizeof(struct wire_eth) + ip->header_len;
	*len = ip->total_len - (size_t)ip->header_len;
	return frame;
}

uint32_t
testnet_flush(struct testnet *t, unsigned int port)
{
	uint32_t count = 0;

	while (testnet_next(t, port) != NULL)
		count++;
	return count;
}

uint32_t
testnet_count(const struct testnet *t, unsigned int port)
{
	return t->port[port].count;
}

void
testnet_room(struct testnet *t, unsigned int port, uint32_t count)
{
	t->port[port].tx_room = count;
	if (count > 0)
		netdev_tx_wake(&t->port[port].dev);
	else
		netdev_tx_stop(&t->port[port].dev);
}

void
testnet_carrier(struct testnet *t, unsigned int port, bool carrier)
{
	const struct netdev_link link = {
		.carrier = carrier,
		.speed_mbps = 1000,
		.duplex = DUPLEX_FULL,
		.autoneg = true,
	};

	netdev_set_link(&t->port[port].dev, &link);
	testnet_run(t);
}

/* ---- packets of the test's own ------------------------------------------ */

static void
let_go(void *skb)
{
	testnet_let_go(skb);
}

void
testnet_hold(struct skb *skb)
{
	host_born(let_go, skb);
}

void
testnet_let_go(struct skb *skb)
{
	host_gone(skb);
	skb_consume(skb);
}

/* ---- time --------------------------------------------------------------- */

void
testnet_run(struct testnet *t)
{
	unsigned int turns = 0;

	if (t->hold)
		return;
	while (net_poll(&t->net, t->net.now_ns) || net_pending(&t->net))
		if (++turns > TURNS_MAX)
			panic("testnet: the stack never becomes idle");
}

void
testnet_advance(struct testnet *t, uint64_t ns)
{
	uint64_t end = t->net.now_ns + ns, due;

	while ((due = net_next_deadline(&t->net)) <= end) {
		t->net.now_ns = max_of(t->net.now_ns, due);
		testnet_run(t);
	}
	t->net.now_ns = end;
	testnet_run(t);
}

/* ---- the books ---------------------------------------------------------- */

uint64_t
testnet_drops(const struct testnet *t, enum drop reason)
{
	return t->net.core[0].account.drop[reason];
}

uint64_t
testnet_drops_all(const struct testnet *t)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DROP_COUNT; i++)
		sum += t->net.core[0].account.drop[i];
	return sum;
}
