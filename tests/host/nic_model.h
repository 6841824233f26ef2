/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A register-level model of the 82574L and of the 82540EM as the driver sees
 * them: a function of a pci_model, registers behind tests/host/mmio.h, DMA
 * straight on host pointers, interrupts through tests/host/irq.h, the wire as
 * two functions. It behaves as [HARDWARE 1] says QEMU 7.2 and silicon do, and
 * panics where a driver does what the datasheet forbids: a register that is not
 * in regs.def, a tail outside the ring, a context that was never sent, an
 * access right after reset, a PHY that was not asked for.
 *
 * Faults are fields that a test sets while it runs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drivers/e1000e/desc.h"
#include "drivers/e1000e/regs.h"
#include "tests/host/pci_model.h"

#define NIC_FRAME_MAX 16384u

enum nic_kind { NIC_82574L, NIC_82540EM };

struct nic_faults {
	bool tx_hang;		/* the transmit engine stands still */
	bool tx_no_report;	/* sends, but never writes DD back */
	bool rx_stall;		/* takes no frame: each is counted as missed */
	bool rx_no_report;	/* writes frames and moves on, without DD */
	bool rx_swap;		/* reports two frames in the wrong order */
	bool rx_partial;	/* writes DD, and length 0 */
	bool gone;		/* has left the bus */
	bool phy_hang;		/* PHY error counters at their end */
	unsigned int lose_irqs; /* the next so many do not arrive */
	/* Last look at the info word of a receive write-back. */
	uint64_t (*rx_corrupt)(void *ctx, uint64_t info);
	void *ctx;
};

struct nic_model {
	struct pci_model_function *pci;
	enum nic_kind kind;
	uint64_t base; /* of BAR 0 */
	uint32_t reg[E1000E_REGS_LEN / 4];
	uint8_t known[E1000E_REGS_LEN / 4]; /* what regs.def says */
	uint32_t msix_table[0x4000 / 4];
	uint16_t nvm[64];
	uint16_t phy[32];
	uint32_t gsi; /* of its interrupt line */

	/* How this one behaves. */
	bool strong_reset; /* CTRL.RST reaches every register (silicon) */
	bool no_addr_load; /* reset leaves RAL and RAH as they are */
	uint64_t nvm_ns;   /* it takes so long to read the NVM after reset */
	bool mpc_keeps;	   /* reading MPC does not clear it (QEMU's 82540EM) */
	bool icr_clears;   /* reading ICR clears in MSI-X mode (silicon) */
	uint32_t gone_value; /* what reads give once it is gone */
	bool tx_deferred;    /* sends in nic_model_run(), not in TDT writes */
	uint64_t rx_verdict; /* info bits added to each last descriptor */
	struct nic_faults faults;

	/* What goes out; called for each frame, padded, without CRC. */
	void (*sent)(void *ctx, const uint8_t *bytes, uint32_t len);
	void *ctx;

	/* Inside. */
	uint32_t irq_asserted; /* causes whose interrupt was raised */
	uint32_t irq_pending;  /* MSI-X vectors held back by a mask */
	uint64_t tx_context;   /* second half of the last context; 0: none */
	uint64_t reset_ns, autoneg_ns;
	struct e1000e_desc *swapped; /* whose report waits */
	uint64_t swapped_info;
	uint8_t frame[NIC_FRAME_MAX]; /* being gathered for sending */
	uint32_t frame_len, frame_pieces;
	uint64_t frame_csum; /* context of the frame, 0: no checksum */

	/* What happened. */
	uint64_t irqs_raised, irqs_lost, resets, rx_delivered, rx_filtered,
		rx_missed, tx_frames;
};

/* Adds it to pci in bus 0; its address ends in mac. Link up at a gigabit. */
void nic_model_init(struct nic_model *nic, struct pci_model *pci,
		    enum nic_kind kind, uint8_t slot, const uint8_t mac[6]);
void nic_model_fini(struct nic_model *nic);

/* A frame (without CRC) comes by wire. False if nothing reached memory. */
bool nic_model_receive(struct nic_model *nic, const void *bytes, uint32_t len);

/* The cable is pulled or plugged in. */
void nic_model_link(struct nic_model *nic, bool up, uint32_t mbps);

/* Does what is due: deferred sends, negotiation. */
void nic_model_run(struct nic_model *nic);

/* Raises causes (ICR bits), as hardware would. */
void nic_model_cause(struct nic_model *nic, uint32_t causes);

/* An interrupt message for no reason. */
void nic_model_spurious(struct nic_model *nic, unsigned int vector);

/*
 * A descriptor of the receive (0) or transmit (1) ring, as the device sees it.
 */
struct e1000e_desc *nic_model_desc(struct nic_model *nic, unsigned int ring,
				   uint32_t index);

/* ---- nic_model_dma.c, for nic_model.c ----------------------------------- */

void nic_dma_send(struct nic_model *nic);
void nic_dma_check_rings(const struct nic_model *nic);
