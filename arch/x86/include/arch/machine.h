/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware's tables say about the machine, as one value: filled by
 * drivers/acpi.c (checked there, never re-read), handed by main.c to the init
 * functions of arch. Addresses are physical. All-zero plus machine_default()
 * describes a PC without any tables.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/param.h"

#define MACHINE_IOAPICS_MAX 16u
#define MACHINE_ISA_IRQS    16u
#define MACHINE_LAPIC_ADDR  0xfee00000u
#define MACHINE_IOAPIC_ADDR 0xfec00000u

/* A register in a space of the firmware's choice [ACPI 5.2.3.2]. */
enum machine_space {
	MACHINE_SPACE_NONE, /* there is no such register */
	MACHINE_SPACE_MEMORY,
	MACHINE_SPACE_IO,
	MACHINE_SPACE_PCI, /* bus 0: device << 32 | function << 16 | reg */
};

struct machine_register {
	enum machine_space space;
	uint64_t addr;
};

struct machine_ioapic {
	uint64_t addr;
	uint32_t gsi_base; /* the GSI of its pin 0 */
};

struct machine_isa_irq {
	uint32_t gsi;
	bool is_overridden; /* below holds; else ISA: edge, active high */
	bool is_level;
	bool is_active_low;
};

struct machine_config {
	/* Interrupt controllers and cores (MADT). */
	uint32_t apic_id[PARAM_CORES_MAX]; /* of each enabled core */
	unsigned int core_count;	   /* of these; 0: no MADT, one core */
	unsigned int core_excess_count;	   /* enabled, but beyond the array */
	struct machine_ioapic ioapic[MACHINE_IOAPICS_MAX];
	unsigned int ioapic_count;
	struct machine_isa_irq isa_irq[MACHINE_ISA_IRQS];

	/* Clocks (FADT, HPET); 0 where there is none. */
	uint64_t hpet_addr;
	uint16_t pm_timer_port;
	uint8_t rtc_century; /* CMOS index of the century */

	/* Switching off and starting over (FADT, DSDT). */
	bool has_s5; /* s5_type_a and _b were found */
	uint8_t s5_type_a;
	uint8_t s5_type_b;
	struct machine_register pm1a_control;
	struct machine_register pm1b_control;
	struct machine_register sleep_control; /* hardware-reduced ACPI */
	uint16_t smi_command_port;	       /* 0: always in ACPI mode */
	uint8_t acpi_enable;		       /* what to write there */
	struct machine_register reset;
	uint8_t reset_value;
};

/* A PC as it was before there were tables: one core, one IOAPIC, ISA 1:1. */
static inline void
machine_default(struct machine_config *config)
{
	*config = (struct machine_config){ 0 };
	config->ioapic[0].addr = MACHINE_IOAPIC_ADDR;
	config->ioapic_count = 1;
	for (uint32_t i = 0; i < MACHINE_ISA_IRQS; i++)
		config->isa_irq[i].gsi = i;
}
