/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bench for the NIC driver: a whole stack without fake ports, a PCI bus with
 * model NICs on it, found and probed as on a machine, up unless asked
 * otherwise. What a NIC sends and what the stack is handed are kept for the
 * test to see. Time passes only in nic_rig_advance() (and in the driver's own
 * delays).
 */
#pragma once

#include "drivers/drivers.h"
#include "drivers/e1000e/port.h"
#include "net/net.h"
#include "tests/host/nic_model.h"
#include "tests/host/testnet.h"

#define NIC_RIG_PORTS_MAX 2u
#define NIC_RIG_LAST_MAX  16u /* frames remembered, each direction */

struct nic_rig_frame {
	uint32_t len;
	uint8_t csum; /* received: enum skb_csum */
	uint8_t bytes[NIC_FRAME_MAX];
};

struct nic_rig_port {
	struct nic_model model;
	struct netdev *dev;
	struct e1000e_port *port;
	struct netdev_tap tap;
	/* Handed to the stack, and seen on the wire. */
	uint64_t rx_count, tx_count;
	struct nic_rig_frame rx[NIC_RIG_LAST_MAX], tx[NIC_RIG_LAST_MAX];
	/* Frames of nic_rig_burst() must come in order. */
	uint32_t rx_sequence, tx_sequence;
	uint64_t rx_disorder, tx_disorder;
};

struct nic_rig {
	struct testnet *net;
	struct pci_model pci_model;
	struct pci pci;
	unsigned int count;
	struct nic_rig_port port[NIC_RIG_PORTS_MAX];
};

struct nic_rig_config {
	enum nic_kind kind;
	unsigned int count; /* 0: one */
	bool down;	    /* leave the interfaces down */
	bool hasty;	    /* see testnet.h */
	struct pci_options options;
	uint32_t skb_count;
	size_t memory_len;
};

struct nic_rig *nic_rig_new(const struct nic_rig_config *config);

/* Everything down and freed; nothing may be left over, of memory or vectors. */
void nic_rig_free(struct nic_rig *rig);

/* Runs stack and models until both are idle (or 100 turns, when polling). */
void nic_rig_run(struct nic_rig *rig);

/* Lets time pass in steps of 10 ms. */
void nic_rig_advance(struct nic_rig *rig, uint64_t ns);

/* A frame of len bytes to the port's own address, numbered, arrives. */
bool nic_rig_receive(struct nic_rig *rig, unsigned int port, uint32_t len);
/* The same to any address. */
bool nic_rig_receive_to(struct nic_rig *rig, unsigned int port,
			const uint8_t *to, uint32_t len);

/* The stack sends a numbered frame of len bytes, in pieces of piece_len (0: as
 * large as they come). False if no buffer was free. */
bool nic_rig_send(struct nic_rig *rig, unsigned int port, uint32_t len,
		  uint32_t piece_len);
/* The doorbells, as after a poll. */
void nic_rig_flush(struct nic_rig *rig, unsigned int port);

/* The n-th last frame (0: the last) received or sent. */
const struct nic_rig_frame *nic_rig_rx(const struct nic_rig *rig,
				       unsigned int port, unsigned int n);
const struct nic_rig_frame *nic_rig_tx(const struct nic_rig *rig,
				       unsigned int port, unsigned int n);

/* Value of an ethtool -S name; panics if there is no such name. */
uint64_t nic_rig_stat(const struct nic_rig *rig, unsigned int port,
		      const char *name);
uint64_t nic_rig_drops(const struct nic_rig *rig, enum drop reason);
