/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O APICs: pins to vectors. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct machine_config;

/* Finds them all and masks every pin. */
void ioapic_init(const struct machine_config *config);

/*
 * Unmasks the pin of gsi towards vector of the core with apic_id. false: no
 * IOAPIC has that gsi.
 */
bool ioapic_route(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool is_level,
		  bool is_active_low);

void ioapic_mask(uint32_t gsi);
