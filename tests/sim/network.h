/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole networks in one process and in virtual time: nodes are stacks
 * (tests/host/testnet.h), wires lose, repeat, delay, reorder and damage frames
 * by a seeded generator, so a seed is a run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"
#include "tests/host/testnet.h"

#define NETWORK_NODES_MAX 8u
#define NETWORK_WIRES_MAX 16u
#define NETWORK_SEEN	  4096u /* packets whose TTL is remembered */

/* Chances in 1/1000. */
struct wire_faults {
	uint32_t loss, repeat, reorder, damage;
	uint64_t delay_ns; /* of every frame; a reordered one waits longer */
	/* How fast each direction is (0: no limit), and how long a frame may
	 * wait for its turn; beyond that it is lost. */
	uint64_t rate_bps, queue_ns;
	uint32_t swallow_len; /* longer packets vanish silently; 0: none does */
};

/* What a run may be played without, to see whether it still fails. */
#define WITHOUT_LOSS	0x01u
#define WITHOUT_REPEAT	0x02u
#define WITHOUT_REORDER 0x04u
#define WITHOUT_DAMAGE	0x08u
#define WITHOUT_DELAY	0x10u
#define WITHOUT_CUTS	0x20u
#define WITHOUT_ALL	0x3fu

struct wire_end {
	unsigned int node, port;
};

struct wire {
	struct wire_end end[2];
	struct wire_faults faults;
	bool down;
	uint64_t busy_ns[2]; /* until when each end's transmitter is */
	uint64_t carried, lost, repeated, damaged, reordered, overflowed;
};

struct flying_frame;

/* A packet that came to a node: with what TTL at most. */
struct seen_packet {
	uint32_t node, src, dst, id_proto;
	uint8_t ttl;
};

struct network {
	struct testnet *node[NETWORK_NODES_MAX];
	unsigned int node_count;
	size_t memory_len; /* of a node; 0: 8 MiB */
	struct wire wire[NETWORK_WIRES_MAX];
	unsigned int wire_count;
	struct flying_frame *flying; /* by time of arrival */
	uint64_t now_ns;
	struct random random;
	uint64_t frames, steps, hops;
	struct seen_packet seen[NETWORK_SEEN];
	/* Set after network_init(): WITHOUT_*; less traffic is enough; was
	 * memory refused that there should be? */
	uint32_t without;
	bool brief;
	bool (*memory_failed)(void);
};

void network_init(struct network *w, uint64_t seed);

/* Checks the invariants of every node and takes them down. */
void network_fini(struct network *w);

/* A stack with so many ports, no addresses; its number. */
unsigned int network_add_node(struct network *w, unsigned int ports);

/* A wire between two ports; mtu is set on both. */
unsigned int network_add_wire(struct network *w, unsigned int node_a,
			      unsigned int port_a, unsigned int node_b,
			      unsigned int port_b, uint32_t mtu,
			      const struct wire_faults *faults);

/* Cuts a wire (its frames are lost, both ends lose carrier) or mends it. */
void network_cut(struct network *w, unsigned int wire, bool down);

/*
 * Lets time pass until end_ns: frames arrive, timers fire. After every step the
 * books of the nodes it touched are checked: the law of conservation; no packet
 * is passed on with a TTL that is used up or not less than it came with, so
 * none goes round for ever; no timer that is overdue, or missing where a
 * connection waits; no table beyond its bound.
 */
void network_run(struct network *w, uint64_t end_ns);

/* Packets held anywhere, and frames in flight: 0 when all is quiet. */
uint64_t network_held(const struct network *w);
