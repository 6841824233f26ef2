/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fake PCI hierarchy: functions with 4 KiB of configuration space each, whose
 * bits are writable, cleared by writing ones, or fixed, as the model says. It
 * answers through a struct pci_access of its own, or behind the ports CF8/CFC
 * and an ECAM window claimed from tests/host/mmio.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drivers/pci.h"

#define PCI_MODEL_FUNCTIONS_MAX 80u

struct pci_model_function {
	struct pci_address at;
	uint32_t config[PCI_EXTENDED_LEN / 4];
	uint32_t writable[PCI_EXTENDED_LEN / 4];
	uint32_t clears[PCI_EXTENDED_LEN / 4]; /* by writing ones */
	bool absent;			       /* pulled out: answers nothing */
	uint8_t cap_last; /* where the next capability is linked from */
	uint8_t slot_cap; /* a bridge with a slot: its PCIe capability, or 0 */
};

#define PCI_MODEL_SLOT_BUSES 4u

struct pci_model {
	struct pci_access access;
	struct pci_model_function *function[PCI_MODEL_FUNCTIONS_MAX];
	unsigned int function_count;
	uint32_t port_address; /* CF8 */
	uint64_t ecam_base;
	uint64_t decode_off_writes; /* BAR writes with decoding off, and on */
	uint64_t decode_on_writes;
	/* QEMU's ACPI hot plug: the buses in its order, what is wanted out. */
	struct {
		uint8_t bus;
		uint32_t down;
	} slots[PCI_MODEL_SLOT_BUSES];
	uint32_t slots_selected;
	bool slots_off; /* there are no such registers */
};

void pci_model_init(struct pci_model *model);
void pci_model_fini(struct pci_model *model);

/* A function of class (class << 8 | subclass); its BARs are not implemented. */
struct pci_model_function *pci_model_add(struct pci_model *model, uint8_t bus,
					 uint8_t slot, uint8_t function,
					 uint16_t vendor, uint16_t device,
					 uint16_t class_code);

/* The same as a bridge to the buses secondary to subordinate. */
struct pci_model_function *pci_model_add_bridge(struct pci_model *model,
						uint8_t bus, uint8_t slot,
						uint8_t secondary,
						uint8_t subordinate);

/*
 * A BAR of len bytes at base. flags: its low bits (0x1 ports, 0x4 64-bit, ...).
 */
void pci_model_bar(struct pci_model_function *f, unsigned int index,
		   uint64_t base, uint64_t len, uint32_t flags);

/* Links a capability at offset; its first dword's upper half is control. */
void pci_model_cap(struct pci_model_function *f, uint8_t offset, uint8_t id,
		   uint16_t control);

/*
 * Makes a bridge a root port with a hot-plug slot, its PCIe capability at
 * offset; there is power in it if a function is behind it.
 */
void pci_model_slot(struct pci_model *model, struct pci_model_function *bridge,
		    uint8_t offset);

/* A finger on its button; and a function, absent so far, that is put in. */
void pci_model_slot_press(struct pci_model_function *bridge);
void pci_model_slot_put(struct pci_model *model,
			struct pci_model_function *bridge,
			struct pci_model_function *f);

/* QEMU's registers of ACPI hot plug, from port first on. */
void pci_model_claim_slots(struct pci_model *model, uint16_t first);

/* Answers behind the ports, and in a window at base for all 256 buses. */
void pci_model_claim_ports(struct pci_model *model);
void pci_model_claim_ecam(struct pci_model *model, uint64_t base);
