/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hosted stack with one interface that carries bare IP packets, and a virtual
 * clock: nothing happens by itself, time moves only in iface_advance(). Below
 * it is an Ethernet that answers every question of ARP, so neighbours are never
 * the matter. For the conformance agent's hosted shapes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

struct iface {
	struct net net;
	struct pages pages;
	struct netdev dev;
	uint64_t epoch_ns; /* the stack's time when the clock showed 0 */
	/* A packet leaves, IP header first, at now_us of the clock. */
	void (*emit)(void *ctx, uint64_t now_us, const uint8_t *bytes,
		     size_t len);
	void *ctx;
	uint8_t answer[64][42]; /* of ARP, to be received */
	unsigned int answer_count;
};

/* Host order; gateway 0: none. */
struct iface *iface_new(uint32_t addr, uint8_t prefix_len, uint32_t gateway,
			uint64_t seed);
void iface_free(struct iface *iface);

/* Takes one more address of its own. */
void iface_add_address(struct iface *iface, uint32_t addr, uint8_t prefix_len);

/* One IP packet arrives, and the stack runs until it is idle. */
void iface_inject(struct iface *iface, const uint8_t *bytes, size_t len);

/* Runs the stack now until it is idle. */
void iface_run(struct iface *iface);

/*
 * To at most this time of the clock, but no further than the next thing that is
 * due in the stack; false when the clock has come to to_us.
 */
bool iface_step(struct iface *iface, uint64_t to_us);

/* The clock. */
uint64_t iface_now_us(const struct iface *iface);

/* When something is due next; UINT64_MAX. */
uint64_t iface_due_us(const struct iface *iface);
