/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test bench: one whole stack with fake ports, in virtual time. Frames go in
 * with testnet_inject() and come out with testnet_next(); time passes only in
 * testnet_advance(). Port i is eth<i>, has TESTNET_ROUTER(i)/24, and on its
 * wire the host TESTNET_HOST(i), whose link-layer address is known already.
 *
 *	struct testnet *t = testnet_new(2);
 *	testnet_inject(t, 0, frame, len);
 *	out = testnet_next(t, 1);
 *	assert_int_equal(testnet_drops(t, DROP_IP_CSUM), 0);
 *	testnet_free(t);	(the conservation law is checked here, too)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"
#include "net/wire/ipv4.h"

#define TESTNET_PORTS_MAX 8u

/* 10.0.i.1, .2 and the subnet's broadcast address, host order. */
#define TESTNET_ADDR(i, host) (0x0a000000u | (uint32_t)(i) << 8 | (host))
#define TESTNET_ROUTER(i)     TESTNET_ADDR(i, 1u)
#define TESTNET_HOST(i)	      TESTNET_ADDR(i, 2u)
#define TESTNET_BROADCAST(i)  TESTNET_ADDR(i, 255u)

/* What a port has sent, Ethernet header first. */
struct testnet_frame {
	struct testnet_frame *next;
	uint32_t len;
	uint8_t bytes[];
};

struct testnet_port {
	struct netdev dev;
	struct testnet_frame *first, **last; /* sent, not yet looked at */
	uint32_t count;
	struct testnet_frame *shown; /* what testnet_next() gave last */
	uint32_t tx_room; /* packets the ring takes until it is full */
	uint64_t missed;  /* frames that found no buffer */
};

struct testnet {
	struct net net;
	struct pages pages;
	struct testnet_port port[TESTNET_PORTS_MAX];
	unsigned int port_count;
	bool hold; /* what arrives waits for the next testnet_run() without */
};

struct testnet_config {
	unsigned int ports;
	bool bare;	       /* no addresses, no neighbours */
	bool hasty;	       /* announcements go on while the test runs */
	size_t memory_len;     /* of the arena; 0: 16 MiB */
	struct net_config net; /* counts and seed; the rest is filled in */
};

/* A stack with ports eth0.. up; panics if it does not come up. */
struct testnet *testnet_new(unsigned int ports);
struct testnet *testnet_new_with(const struct testnet_config *config);

/* net_check(), then everything down; asserts that all memory came back. */
void testnet_free(struct testnet *t);

/*
 * A frame arrives, as a device would hand it over (long ones in segments), and
 * the stack runs until it is idle. False if there was no buffer for it.
 */
bool testnet_inject(struct testnet *t, unsigned int port, const void *bytes,
		    size_t len);

/* The same with an Ethernet header from the port's host to the router, type
 * IPv4, and the header *ip in front of the payload. */
bool testnet_inject_ipv4(struct testnet *t, unsigned int port,
			 const struct ipv4 *ip, const void *payload,
			 size_t len);

/* The oldest frame sent by the port, or NULL; valid until the next call. */
const struct testnet_frame *testnet_next(struct testnet *t, unsigned int port);

/*
 * The same, but the frame must be a well-formed IPv4 packet (panics if not):
 * *ip its header, *data and *len what follows it.
 */
const struct testnet_frame *
testnet_next_ipv4(struct testnet *t, unsigned int port, struct ipv4 *ip,
		  const uint8_t **data, size_t *len);

/* Forgets frames not looked at; how many they were. */
uint32_t testnet_flush(struct testnet *t, unsigned int port);

/* Frames sent by the port and not yet looked at. */
uint32_t testnet_count(const struct testnet *t, unsigned int port);

/* The ring has room for count more packets (UINT32_MAX: always). */
void testnet_room(struct testnet *t, unsigned int port, uint32_t count);

/* The link goes away or comes back. */
void testnet_carrier(struct testnet *t, unsigned int port, bool carrier);

/* Lets time pass, firing every timer at its time. */
void testnet_advance(struct testnet *t, uint64_t ns);

/* Runs the stack now until it is idle. */
void testnet_run(struct testnet *t);

/* Packets this reason took since the start; of all reasons. */
uint64_t testnet_drops(const struct testnet *t, enum drop reason);
uint64_t testnet_drops_all(const struct testnet *t);

/* The link-layer address of port's host; the host's number is its last byte. */
void testnet_host_mac(unsigned int port, uint8_t host, uint8_t mac[6]);

/*
 * The test itself holds a packet while it may fail, and lets it go: whoever
 * takes a failed test's stack down gives such packets back first.
 */
void testnet_hold(struct skb *skb);
void testnet_let_go(struct skb *skb);

/* The test cannot even begin, for want of memory; panics. */
_Noreturn void testnet_cannot(const char *what);

/* One more address, route (gateway 0: on link) or permanent neighbour. */
void testnet_address(struct testnet *t, unsigned int port, uint32_t addr,
		     uint8_t prefix_len);
void testnet_route(struct testnet *t, uint32_t dst, uint8_t prefix_len,
		   uint32_t gateway, unsigned int port);
/* The same with two next hops: the hosts of ports a and b. */
void testnet_route_two(struct testnet *t, uint32_t dst, uint8_t prefix_len,
		       unsigned int a, unsigned int b);
void testnet_route_type(struct testnet *t, uint32_t dst, uint8_t prefix_len,
			enum route_type type);
void testnet_neighbour(struct testnet *t, unsigned int port, uint8_t host);

#define MS_NS 1000000ull
#define S_NS  1000000000ull
