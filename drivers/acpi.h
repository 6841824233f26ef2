/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI's tables, as far as a machine can be run without an AML interpreter
 * [HARDWARE 4.6]: cores and interrupt controllers (MADT), clocks (FADT, HPET),
 * power-off and reset (FADT, and \_S5 in the DSDT), ECAM windows (MCFG).
 *
 * Firmware wrote them, so nothing in them is believed: signatures, checksums,
 * lengths and counts are checked before use, what fails is logged and ignored.
 * The result is a value; the tables are never looked at again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <arch/machine.h>

#include "drivers/pci.h"
#include "lib/port.h"

/* How tables are reached: physical memory in the kernel, bytes in tests. */
struct acpi_memory {
	/* len readable bytes at phys, valid until the end of acpi_read();
	 * NULL if there is no such memory. */
	const void *(*map)(void *ctx, uint64_t phys, size_t len);
	void *ctx;
};

struct acpi {
	struct machine_config machine;
	struct pci_ecam ecam[PCI_ECAMS_MAX];
	unsigned int ecam_count;
};

/*
 * Fills *acpi from the tables under the RSDP at physical address rsdp; 0: looks
 * for it where BIOSes put it. Whatever comes back, *acpi can be used: without
 * tables it describes a plain PC. ERR_NOENT: no RSDP; ERR_IO: it leads to no
 * usable list of tables.
 */
enum status acpi_read(struct acpi *acpi, const struct acpi_memory *memory,
		      uint64_t rsdp);
