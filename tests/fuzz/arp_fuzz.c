/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ARP and neighbours under arbitrary input: the parser alone (what it accepts
 * is emitted back to the same bytes), then a small stack to which the input
 * happens as a sequence of frames, packets, commands and time. After each event
 * the table agrees with itself and the law of conservation holds.
 */
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"
#include "tests/host/testnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *at, *end;
};

static uint8_t
take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static void
fuzz_parser(const uint8_t *data, size_t len)
{
	uint8_t bytes[ARP_LEN];
	struct arp arp;
	enum drop why = arp_parse(data, len, &arp);

	assert(why == DROP_NONE ||
	       (why >= DROP_ARP_TRUNCATED && why <= DROP_ARP_OP));
	if (why != DROP_NONE)
		return;
	assert(len >= ARP_LEN);
	arp_emit(&arp, bytes);
	assert(!memcmp(bytes, data, ARP_LEN));
}

/* Any bytes behind an ARP EtherType. */
static void
inject_raw(struct testnet *t, struct input *in)
{
	struct eth eth = { .type = ETHERTYPE_ARP };
	uint8_t bytes[14 + 64];
	size_t len = take(in) % 64;

	testnet_host_mac(0, 2, eth.src);
	memset(eth.dst, 0xff, sizeof(eth.dst));
	eth_emit(&eth, bytes);
	for (size_t i = 0; i < len; i++)
		bytes[14 + i] = take(in);
	testnet_inject(t, 0, bytes, 14 + len);
}

/* A well-formed packet of few addresses, so that it meets entries. */
static void
inject_arp(struct testnet *t, struct input *in)
{
	struct eth eth = { .type = ETHERTYPE_ARP };
	uint8_t bytes[60] = { 0 }, flags = take(in);
	unsigned int port = flags >> 1 & 1;
	struct arp arp = {
		.op = flags & 1 ? ARP_REQUEST : ARP_REPLY,
		.sender = TESTNET_ADDR(port, take(in)),
		.target = TESTNET_ADDR(flags >> 2 & 1, take(in)),
	};

	testnet_host_mac(port, flags & 8 ? 9 : (uint8_t)arp.sender,
			 arp.sender_lladdr);
	if (flags & 16)
		arp.sender_lladdr[take(in) % 6] = take(in);
	memcpy(arp.target_lladdr, flags & 32 ? arp.sender_lladdr : eth.dst, 6);
	memcpy(eth.src, arp.sender_lladdr, 6);
	memcpy(eth.dst, t->port[port].dev.addr, 6);
	if (flags & 64)
		memset(eth.dst, 0xff, 6);
	if (flags & 128)
		arp.sender = 0;
	eth_emit(&eth, bytes);
	arp_emit(&arp, bytes + 14);
	testnet_inject(t, port, bytes, sizeof(bytes));
}

static void
send_packet(struct testnet *t, struct input *in)
{
	struct skb *skb = skb_alloc(&net_this_core(&t->net)->skb_pool);
	unsigned int port = take(in) & 1;
	uint32_t nexthop = TESTNET_ADDR(port, take(in));
	const struct ipv4 ip = {
		.src = TESTNET_ROUTER(port),
		.dst = take(in) & 1 ? nexthop : 0xcb007101,
		.total_len = IPV4_HEADER_LEN,
		.header_len = IPV4_HEADER_LEN,
		.ttl = 1,
	};

	if (skb == NULL)
		return;
	ipv4_emit(&ip, skb_put(skb, IPV4_HEADER_LEN));
	skb_set_network(skb);
	neigh_output(skb, &t->port[port].dev, nexthop);
}

static void
command(struct testnet *t, struct input *in)
{
	uint8_t what = take(in), host = take(in), mac[6];
	struct netdev *dev = &t->port[what >> 7].dev;
	uint32_t addr = TESTNET_ADDR(what >> 7, host);
	enum neigh_state state = what & 0xf;

	testnet_host_mac(0, host, mac);
	if (what & 0x10)
		neigh_delete(&t->net, dev, addr);
	else if (neigh_set(&t->net, dev, addr, what & 0x20 ? NULL : mac, state,
			   what & 0x40, false) == OK)
		assert(neigh_find(&t->net, dev, addr) != NULL);
}

static void
shake(struct testnet *t, struct input *in)
{
	uint8_t what = take(in);
	struct netdev *dev = &t->port[what & 1].dev;
	struct net_conf *conf = &t->net.conf[dev->ifindex];

	switch (what >> 1 & 7) {
	case 0: testnet_carrier(t, what & 1, what & 0x80); break;
	case 1: netdev_down(dev); break;
	case 2: (void)!netdev_up(dev); break;
	case 3: neigh_flush(&t->net, dev); break;
	case 4: conf->proxy_arp = what >> 7; break;
	case 5: conf->arp_ignore = what >> 4; break;
	case 6: conf->arp_accept = what >> 7; break;
	case 7: conf->arp_announce = what >> 6; break;
	}
}

static void
happen(struct testnet *t, struct input *in)
{
	switch (take(in) % 8) {
	case 0: inject_raw(t, in); break;
	case 1:
	case 2: inject_arp(t, in); break;
	case 3:
	case 4: send_packet(t, in); break;
	case 5: command(t, in); break;
	case 6: shake(t, in); break;
	case 7: testnet_advance(t, take(in) * 50 * MS_NS); break;
	}
	testnet_run(t);
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	neigh_check(&t->net);
	skb_pool_check(&net_this_core(&t->net)->skb_pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct testnet_config config = {
		.ports = 2,
		.memory_len = 4u << 20,
		.net = {
			.seed = { 7 },
			.now_ns = 100 * S_NS,
			.skb_count = 64,
			.neigh_count = 24,
			.route_count = 64,
			.udp_sock_count = 4,
			.frag_count = 4,
		},
	};
	struct input in = { data, data + len };
	struct testnet *t;

	fuzz_parser(data, len);
	t = testnet_new_with(&config);
	t->net.neigh.param.gc_thresh1 = 8;
	t->net.neigh.param.gc_thresh2 = 12;
	t->net.neigh.param.gc_thresh3 = 20;
	for (int i = 0; i < 500 && in.at < in.end; i++)
		happen(t, &in);
	testnet_free(t);
	return 0;
}
