/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ways to PCI configuration space: the address and data ports of 1992,
 * which reach 256 bytes per function on any PC, and memory-mapped windows
 * (ECAM), which reach all 4096 where ACPI's MCFG lists them [HARDWARE 3.1].
 */

#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/vm.h>

#include "drivers/pci.h"

#define PORT_ADDRESS   0xcf8u
#define PORT_DATA      0xcfcu
#define ADDRESS_ENABLE 0x80000000u
#define ECAM_BUS_LEN   (1u << 20)

/* ---- CF8/CFC ------------------------------------------------------------ */

static uint32_t
port_address(struct pci_address at, uint32_t offset)
{
	return ADDRESS_ENABLE | (uint32_t)at.bus << 16 |
	       (uint32_t)at.slot << 11 | (uint32_t)at.function << 8 | offset;
}

/*
 * Address and data are two accesses of one shared pair of registers; an
 * interrupt handler between them that does the same would redirect the second.
 */
static uint32_t
ports_read(struct pci_access *access, struct pci_address at, uint32_t offset)
{
	uint64_t flags = cpu_irq_save();
	uint32_t value;

	port_out32(PORT_ADDRESS, port_address(at, offset));
	value = port_in32(PORT_DATA);
	cpu_irq_restore(flags);
	return value;
}

static void
ports_write(struct pci_access *access, struct pci_address at, uint32_t offset,
	    uint32_t value)
{
	uint64_t flags = cpu_irq_save();

	port_out32(PORT_ADDRESS, port_address(at, offset));
	port_out32(PORT_DATA, value);
	cpu_irq_restore(flags);
}

void
pci_ports_open(struct pci_access *access)
{
	*access = (struct pci_access){
		.read = ports_read,
		.write = ports_write,
		.config_len = PCI_CONFIG_LEN,
		.bus_end = 255,
	};
}

/* ---- ECAM --------------------------------------------------------------- */

/*
 * Mapped bus by bus: a whole window of 256 MiB would cost page tables. The base
 * counts from bus 0 even where the window starts later [PCIFW 4.1.2].
 */
static uint8_t *
ecam_find(struct pci_access *access, struct pci_address at, uint32_t offset)
{
	struct pci_ecam_access *ecam =
		container_of(access, struct pci_ecam_access, access);
	uint64_t bus_base;

	if (at.bus < access->bus_start || at.bus > access->bus_end)
		return NULL;
	if (!ecam->bus[at.bus]) {
		bus_base = ecam->base + (uint64_t)at.bus * ECAM_BUS_LEN;
		ecam->bus[at.bus] = vm_map_mmio(bus_base, ECAM_BUS_LEN);
		if (!ecam->bus[at.bus])
			return NULL;
	}
	return ecam->bus[at.bus] +
	       ((uint32_t)at.slot << 15 | (uint32_t)at.function << 12 | offset);
}

static uint32_t
ecam_read(struct pci_access *access, struct pci_address at, uint32_t offset)
{
	uint8_t *reg = ecam_find(access, at, offset);

	return reg ? mmio_read32(reg) : UINT32_MAX;
}

static void
ecam_write(struct pci_access *access, struct pci_address at, uint32_t offset,
	   uint32_t value)
{
	uint8_t *reg = ecam_find(access, at, offset);

	if (reg)
		mmio_write32(reg, value);
}

void
pci_ecam_open(struct pci_ecam_access *ecam, const struct pci_ecam *window)
{
	*ecam = (struct pci_ecam_access){
		.access = {
			.read = ecam_read,
			.write = ecam_write,
			.config_len = PCI_EXTENDED_LEN,
			.segment = window->segment,
			.bus_start = window->bus_start,
			.bus_end = window->bus_end,
		},
		.base = window->base,
	};
}
