/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosted twin of arch/x86/include/arch/irq.h, as far as drivers and apps use
 * it, with its contract. Models and tests raise interrupts (tests/host/irq.h);
 * the handler runs at once, on the stack of whoever raised it.
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"

struct irq;

typedef void irq_handler(void *arg);

struct irq_msi_message {
	uint64_t addr;
	uint32_t data;
};

struct irq *irq_alloc_msi(const char *name, irq_handler *handler, void *arg,
			  struct irq_msi_message *message) must_use;

enum irq_trigger { IRQ_EDGE_HIGH, IRQ_LEVEL_LOW };
struct irq *irq_alloc_gsi(const char *name, uint32_t gsi,
			  enum irq_trigger trigger, irq_handler *handler,
			  void *arg) must_use;

/* As on a PC whose firmware says nothing else: the timer is on pin 2. */
uint32_t irq_isa_gsi(uint8_t isa_irq);

void irq_free(struct irq *irq);

struct irq_info {
	uint32_t vector;
	const char *chip;
	const char *name;
	uint64_t count;
};
void irq_for_each(void (*visit)(void *ctx, const struct irq_info *info),
		  void *ctx);
