/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O APICs [82093AA] [HARDWARE 3.4]: each turns its pins into interrupt
 * messages. Which ones exist and which GSIs are theirs came from the MADT; how
 * many pins, from the device. State: the mapped ones.
 */
#include "arch/x86/ioapic.h"

#include <arch/io.h>
#include <arch/machine.h>
#include <arch/vm.h>

#include "lib/port.h"

#define IOAPIC_REGS_LEN 32u
#define IOAPIC_INDEX	0x00u
#define IOAPIC_DATA	0x10u
#define IOAPIC_VERSION	0x01u
#define IOAPIC_PIN	0x10u /* two registers a pin */

#define PIN_ACTIVE_LOW (1u << 13)
#define PIN_LEVEL      (1u << 15)
#define PIN_MASKED     (1u << 16)
#define PINS_MAX       240u

static struct ioapic {
	volatile uint8_t *regs;
	uint32_t gsi_base;
	uint32_t pin_count;
} ioapic[MACHINE_IOAPICS_MAX];
static unsigned int ioapic_count;

static uint32_t
ioapic_read(const struct ioapic *io, uint32_t reg)
{
	mmio_write32(io->regs + IOAPIC_INDEX, reg);
	return mmio_read32(io->regs + IOAPIC_DATA);
}

static void
ioapic_write(const struct ioapic *io, uint32_t reg, uint32_t value)
{
	mmio_write32(io->regs + IOAPIC_INDEX, reg);
	mmio_write32(io->regs + IOAPIC_DATA, value);
}

static void
ioapic_add(const struct machine_ioapic *from)
{
	struct ioapic *io = &ioapic[ioapic_count];
	uint32_t version;

	io->regs = vm_map_mmio(from->addr, IOAPIC_REGS_LEN);
	if (!io->regs)
		return;
	io->gsi_base = from->gsi_base;
	version = ioapic_read(io, IOAPIC_VERSION);
	if (version == UINT32_MAX) {
		log_warn("ioapic: nothing answers at 0x%llx",
			 (unsigned long long)from->addr);
		return;
	}
	io->pin_count = min_of((version >> 16 & 0xff) + 1, PINS_MAX);
	for (uint32_t pin = 0; pin < io->pin_count; pin++)
		ioapic_write(io, IOAPIC_PIN + 2 * pin, PIN_MASKED);
	ioapic_count++;
}

void
ioapic_init(const struct machine_config *config)
{
	for (unsigned int i = 0; i < config->ioapic_count; i++)
		ioapic_add(&config->ioapic[i]);
}

static const struct ioapic *
ioapic_find(uint32_t gsi)
{
	for (unsigned int i = 0; i < ioapic_count; i++)
		if (gsi - ioapic[i].gsi_base < ioapic[i].pin_count)
			return &ioapic[i];
	return NULL;
}

bool
ioapic_route(uint32_t gsi, uint8_t vector, uint8_t apic_id, bool is_level,
	     bool is_active_low)
{
	const struct ioapic *io = ioapic_find(gsi);
	uint32_t reg;

	if (!io)
		return false;
	reg = IOAPIC_PIN + 2 * (gsi - io->gsi_base);
	/* Masked while its two halves do not belong together. */
	ioapic_write(io, reg, PIN_MASKED);
	ioapic_write(io, reg + 1, (uint32_t)apic_id << 24);
	ioapic_write(io, reg,
		     vector | (is_level ? PIN_LEVEL : 0) |
			     (is_active_low ? PIN_ACTIVE_LOW : 0));
	return true;
}

void
ioapic_mask(uint32_t gsi)
{
	const struct ioapic *io = ioapic_find(gsi);

	if (io)
		ioapic_write(io, IOAPIC_PIN + 2 * (gsi - io->gsi_base),
			     PIN_MASKED);
}
