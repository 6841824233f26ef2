/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of neighbours and ARP share: a test bench whose ports have no
 * neighbours yet, packets to send, ARP packets to receive, and a reader of what
 * comes out. Host h of port i is 10.0.i.h at 02:00:00:01:i:h; for more than 254
 * hosts, LAB_FAR(h) is an address in 10.1/16, on the link of port 1.
 */
#pragma once

#include "net/net.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"
#include "tests/host/host.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define LAB_FAR(h) (0x0a010000u | (uint32_t)(h))

/* Identifications of the packets that unresolved() was given, in order. */
struct lab_unresolved {
	uint32_t count;
	uint16_t id[64];
};
static struct lab_unresolved lab_unresolved;

static inline void
lab_take_unresolved(struct skb *skb)
{
	struct ipv4 ip;

	assert_int_equal(ipv4_parse(skb->data, skb_linear_len(skb), &ip),
			 DROP_NONE);
	if (lab_unresolved.count < 64)
		lab_unresolved.id[lab_unresolved.count] = ip.id;
	lab_unresolved.count++;
	skb_drop(skb, DROP_NEIGH_FAILED);
}

static const struct neigh_ops lab_ops = { .unresolved = lab_take_unresolved };

static inline struct netdev *
lab_dev(struct testnet *t, unsigned int port)
{
	return &t->port[port].dev;
}

static inline void
lab_hush(struct testnet *t)
{
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
}

static inline struct testnet *
lab_new_with(const struct testnet_config *config)
{
	struct testnet *t = testnet_new_with(config);

	lab_unresolved = (struct lab_unresolved){ 0 };
	t->net.neigh.ops = &lab_ops;
	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_address(t, i, TESTNET_ROUTER(i), 24);
	/* The announcements of these, and their repetition. */
	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	return t;
}

/* Ports with an address each, and no neighbour. */
static inline struct testnet *
lab_new(unsigned int ports)
{
	const struct testnet_config config = {
		.ports = ports,
		.bare = true,
		.net = {
			.seed = { 1, 2, 3, 4 },
			.now_ns = 1000 * S_NS,
			.skb_count = 2048,
			.neigh_count = 2048,
		},
	};

	return lab_new_with(&config);
}

/* The law of conservation and the table's own invariants, after every step. */
static inline void
lab_check(struct testnet *t)
{
	neigh_check(&t->net);
	skb_pool_check(&net_this_core(&t->net)->skb_pool);
	timer_wheel_check(&net_this_core(&t->net)->timers);
}

static inline void
lab_free(struct testnet *t)
{
	lab_check(t);
	testnet_free(t);
}

/* ---- packets to send ---------------------------------------------------- */

/* An IPv4 packet of len bytes; NULL if the pool is dry. */
static inline struct skb *
lab_packet(struct testnet *t, uint32_t src, uint32_t dst, uint16_t id,
	   uint16_t len)
{
	struct skb *skb = skb_alloc(&net_this_core(&t->net)->skb_pool);
	const struct ipv4 ip = {
		.src = src,
		.dst = dst,
		.total_len = len,
		.id = id,
		.header_len = IPV4_HEADER_LEN,
		.ttl = 64,
		.proto = 17,
	};

	if (!skb)
		return NULL;
	memset(skb_put(skb, len), 0, len);
	ipv4_emit(&ip, skb->data);
	skb_set_network(skb);
	return skb;
}

/* Sends a packet from the router to dst by nexthop. */
static inline void
lab_send_via(struct testnet *t, unsigned int port, uint32_t dst,
	     uint32_t nexthop, uint16_t id)
{
	struct skb *skb = lab_packet(t, TESTNET_ROUTER(port), dst, id, 64);

	if (skb)
		neigh_output(skb, lab_dev(t, port), nexthop);
	testnet_run(t);
}

static inline void
lab_send(struct testnet *t, unsigned int port, uint32_t dst, uint16_t id)
{
	lab_send_via(t, port, dst, dst, id);
}

/* ---- what comes out ----------------------------------------------------- */

enum lab_kind {
	NOTHING,
	DATA,
	ASKS_ALL,    /* ARP request by broadcast */
	ASKS_HIM,    /* ARP request by unicast */
	ANSWERS,     /* ARP reply by unicast */
	ANSWERS_ALL, /* ARP reply by broadcast: never */
	UNKNOWN_KIND,
};

struct lab_frame {
	enum lab_kind kind;
	struct eth eth;
	struct arp arp; /* if ARP */
	struct ipv4 ip; /* if DATA */
};

static inline struct lab_frame
lab_next(struct testnet *t, unsigned int port)
{
	const struct testnet_frame *frame = testnet_next(t, port);
	struct lab_frame out = { .kind = NOTHING };
	const uint8_t *bytes;
	bool unicast;

	if (!frame)
		return out;
	out.kind = UNKNOWN_KIND;
	assert_int_equal(eth_parse(frame->bytes, frame->len, &out.eth),
			 DROP_NONE);
	assert_memory_equal(out.eth.src, lab_dev(t, port)->addr, 6);
	bytes = frame->bytes + sizeof(struct wire_eth);
	unicast = !eth_is_multicast(out.eth.dst);
	if (out.eth.type == ETHERTYPE_IPV4) {
		out.kind = DATA;
		assert_int_equal(ipv4_parse(bytes, frame->len - 14, &out.ip),
				 DROP_NONE);
	} else if (out.eth.type == ETHERTYPE_ARP) {
		assert_int_equal(arp_parse(bytes, frame->len - 14, &out.arp),
				 DROP_NONE);
		assert_memory_equal(out.arp.sender_lladdr,
				    lab_dev(t, port)->addr, 6);
		if (out.arp.op == ARP_REQUEST)
			out.kind = unicast ? ASKS_HIM : ASKS_ALL;
		else
			out.kind = unicast ? ANSWERS : ANSWERS_ALL;
	}
	return out;
}

static inline enum lab_kind
lab_next_kind(struct testnet *t, unsigned int port)
{
	return lab_next(t, port).kind;
}

/* How many frames of a kind a port has sent; all are forgotten. */
static inline uint32_t
lab_count(struct testnet *t, unsigned int port, enum lab_kind kind)
{
	struct lab_frame frame;
	uint32_t count = 0;

	while ((frame = lab_next(t, port)).kind != NOTHING)
		count += frame.kind == kind;
	return count;
}

/* ---- ARP packets that come in ------------------------------------------- */

static const uint8_t lab_all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t lab_zero[6];

/* The frame is padded to Ethernet's minimum, with junk. */
static inline void
lab_arp(struct testnet *t, unsigned int port, const struct arp *arp,
	const uint8_t *dst)
{
	struct eth eth = { .type = ETHERTYPE_ARP };
	uint8_t bytes[60];

	memset(bytes, 0xee, sizeof(bytes));
	memcpy(eth.dst, dst, 6);
	/* Frames from group addresses would not come this far. */
	memcpy(eth.src, arp->sender_lladdr, 6);
	if (eth_is_multicast(eth.src))
		testnet_host_mac(port, 250, eth.src);
	eth_emit(&eth, bytes);
	arp_emit(arp, bytes + 14);
	testnet_inject(t, port, bytes, sizeof(bytes));
}

/* Says mac of addr, in a reply to the router by unicast. */
static inline void
lab_reply_as(struct testnet *t, unsigned int port, uint32_t addr,
	     const uint8_t *mac)
{
	struct arp arp = {
		.op = ARP_REPLY,
		.sender = addr,
		.target = TESTNET_ROUTER(port),
	};

	memcpy(arp.sender_lladdr, mac, 6);
	memcpy(arp.target_lladdr, lab_dev(t, port)->addr, 6);
	lab_arp(t, port, &arp, lab_dev(t, port)->addr);
}

static inline void
lab_mac(unsigned int port, uint32_t addr, uint8_t mac[6])
{
	testnet_host_mac(port, (uint8_t)addr, mac);
	mac[2] = (uint8_t)(addr >> 8);
}

static inline void
lab_reply(struct testnet *t, unsigned int port, uint32_t addr)
{
	uint8_t mac[6];

	lab_mac(port, addr, mac);
	lab_reply_as(t, port, addr, mac);
}

/* addr, at mac, asks by broadcast who has target. */
static inline void
lab_request_as(struct testnet *t, unsigned int port, uint32_t addr,
	       const uint8_t *mac, uint32_t target)
{
	struct arp arp = {
		.op = ARP_REQUEST,
		.sender = addr,
		.target = target,
	};

	memcpy(arp.sender_lladdr, mac, 6);
	lab_arp(t, port, &arp, lab_all);
}

static inline void
lab_request(struct testnet *t, unsigned int port, uint32_t addr,
	    uint32_t target)
{
	uint8_t mac[6];

	lab_mac(port, addr, mac);
	lab_request_as(t, port, addr, mac, target);
}

/* ---- the table ---------------------------------------------------------- */

static inline struct neigh *
lab_find(struct testnet *t, unsigned int port, uint32_t addr)
{
	return neigh_find(&t->net, lab_dev(t, port), addr);
}

/* The state's name, "absent" without an entry: what a failure shows. */
static inline const char *
lab_state(struct testnet *t, unsigned int port, uint32_t addr)
{
	const struct neigh *n = lab_find(t, port, addr);

	return n ? neigh_state_name(n->state) : "absent";
}

#define assert_state(t, port, addr, name)                                      \
	assert_string_equal(lab_state(t, port, addr), name)

/* Makes addr REACHABLE: asked for, and it answered. */
static inline void
lab_resolve(struct testnet *t, unsigned int port, uint32_t addr)
{
	lab_send(t, port, addr, 0);
	lab_reply(t, port, addr);
	assert_state(t, port, addr, "REACHABLE");
	lab_hush(t);
}

/* How long an entry that was confirmed now stays REACHABLE. */
static inline uint64_t
lab_reachable_ns(const struct testnet *t)
{
	uint64_t base = t->net.neigh.param.base_reachable_time_ms;

	return (base / 2 + (base * t->net.neigh.reachable_draw >> 32)) * MS_NS;
}
