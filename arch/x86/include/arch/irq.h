/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: a handler per vector. Handlers run with interrupts masked, do the
 * least that can be done (set a flag, schedule a napi) and never touch rings or
 * packets. The core sends the EOI.
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"

struct irq;
struct machine_config;

/*
 * Silences the 8259s, takes the local APIC and the IOAPICs over, all pins
 * masked. After vm_enable(); the caller unmasks the core when it is ready.
 */
void irq_init(const struct machine_config *config);

typedef void irq_handler(void *arg);

/* The message that makes a device raise an MSI or MSI-X interrupt. */
struct irq_msi_message {
	uint64_t addr;
	uint32_t data;
};

/*
 * Takes a free vector for a message-signalled interrupt on the boot core.
 * name is shown in /proc/interrupts and must outlive the vector.
 * NULL when all vectors are taken. *message is what to write to the device.
 */
struct irq *irq_alloc_msi(const char *name, irq_handler *handler, void *arg,
			  struct irq_msi_message *message) must_use;

/*
 * Joins a (shareable, level) global system interrupt of an IOAPIC. trigger and
 * polarity come from the source: ISA edge/high, PCI level/low; a MADT override
 * of that gsi knows better. NULL if no IOAPIC has that gsi or it is held with
 * another trigger mode.
 */
enum irq_trigger { IRQ_EDGE_HIGH, IRQ_LEVEL_LOW };
struct irq *irq_alloc_gsi(const char *name, uint32_t gsi,
			  enum irq_trigger trigger, irq_handler *handler,
			  void *arg) must_use;

/* ISA interrupt number (0-15) to GSI, honouring the MADT's overrides. */
uint32_t irq_isa_gsi(uint8_t isa_irq);

/* Gives the vector back; the device must be silent by now. NULL is allowed. */
void irq_free(struct irq *irq);

/* Walks all vectors in use, for /proc/interrupts. count is per boot core. */
struct irq_info {
	uint32_t vector;  /* or the IOAPIC pin for GSIs */
	const char *chip; /* "PCI-MSI", "IO-APIC", "LAPIC" */
	const char *name;
	uint64_t count;
};
void irq_for_each(void (*visit)(void *ctx, const struct irq_info *info),
		  void *ctx);
