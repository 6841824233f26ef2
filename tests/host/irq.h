/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's side of interrupts: how models and tests raise them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct irq;

/*
 * A device writes data to addr. True if that is a message some irq_alloc_msi()
 * handed out; its handler has run. A test may ignore it, a model should not: a
 * wrong message means that the driver programmed the device wrongly.
 */
bool host_irq_msi(uint64_t addr, uint32_t data);

/* The line of a global system interrupt is raised: runs all its handlers;
 * false if there is none. */
bool host_irq_gsi(uint32_t gsi);

/* Vectors in use, for leak checks. */
unsigned int host_irq_used(void);

/* How often it was raised. */
uint64_t host_irq_count(const struct irq *irq);

/* The next n requests find all vectors taken. */
void host_irq_exhaust(unsigned int n);
