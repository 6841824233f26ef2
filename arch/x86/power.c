/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power-off through ACPI's sleep registers, and reset by every means a PC knows
 * [ACPI 4.8.3.2, 4.8.3.6, 4.8.3.7] [HARDWARE 4.6]. What to write where came
 * from the FADT and the DSDT. State: a copy of that.
 */
#include <arch/power.h>

#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/machine.h>
#include <arch/vm.h>

#include "lib/port.h"

#define PM1_SCI_ENABLED	  (1u << 0)
#define PM1_SLEEP_SHIFT	  10
#define PM1_SLEEP_MASK	  (7u << PM1_SLEEP_SHIFT)
#define PM1_SLEEP_ENABLE  (1u << 13)
#define SLEEP_TYPE_SHIFT  2
#define SLEEP_ENABLE	  (1u << 5)
#define ACPI_ENABLE_MS	  3000u
#define POWER_OFF_WAIT_US 500000u

#define RESET_PORT	 0xcf9u
#define RESET_HARD	 0x02u
#define RESET_NOW	 0x06u
#define KEYBOARD_STATUS	 0x64u
#define KEYBOARD_FULL	 0x02u
#define KEYBOARD_RESET	 0xfeu
#define KEYBOARD_READS	 10000
#define RESET_WAIT_US	 50000u
#define PCI_CONFIG_ADDR	 0xcf8u
#define PCI_CONFIG_DATA	 0xcfcu
#define PCI_CONFIG_VALID 0x80000000u

static struct machine_config config;

/* Maps what is in memory now, when there may still be page tables made. */
static void
register_prepare(struct machine_register *reg)
{
	if (reg->space == MACHINE_SPACE_MEMORY && !vm_map_mmio(reg->addr, 4))
		reg->space = MACHINE_SPACE_NONE;
}

void
power_init(const struct machine_config *machine)
{
	config = *machine;
	register_prepare(&config.pm1a_control);
	register_prepare(&config.pm1b_control);
	register_prepare(&config.sleep_control);
	register_prepare(&config.reset);
}

static uint16_t
register_read16(const struct machine_register *reg)
{
	if (reg->space == MACHINE_SPACE_IO)
		return port_in16((uint16_t)reg->addr);
	if (reg->space == MACHINE_SPACE_MEMORY)
		return *(const volatile uint16_t *)(uintptr_t)reg->addr;
	return 0;
}

static void
register_write16(const struct machine_register *reg, uint16_t value)
{
	if (reg->space == MACHINE_SPACE_IO)
		port_out16((uint16_t)reg->addr, value);
	else if (reg->space == MACHINE_SPACE_MEMORY)
		*(volatile uint16_t *)(uintptr_t)reg->addr = value;
}

static void
register_write8(const struct machine_register *reg, uint8_t value)
{
	uint32_t device, function, offset;

	switch (reg->space) {
	case MACHINE_SPACE_IO: port_out8((uint16_t)reg->addr, value); break;
	case MACHINE_SPACE_MEMORY:
		*(volatile uint8_t *)(uintptr_t)reg->addr = value;
		break;
	case MACHINE_SPACE_PCI:
		device = reg->addr >> 32 & 31;
		function = reg->addr >> 16 & 7;
		offset = reg->addr & 0xff;
		port_out32(PCI_CONFIG_ADDR, PCI_CONFIG_VALID | device << 11 |
						    function << 8 |
						    (offset & ~3u));
		port_out8((uint16_t)(PCI_CONFIG_DATA + (offset & 3)), value);
		break;
	case MACHINE_SPACE_NONE: break;
	}
}

/* Until the firmware has handed PM1 over, writes to it do nothing. */
static void
acpi_mode_enter(void)
{
	if (!config.smi_command_port || !config.acpi_enable ||
	    register_read16(&config.pm1a_control) & PM1_SCI_ENABLED)
		return;
	port_out8(config.smi_command_port, config.acpi_enable);
	for (unsigned int ms = 0; ms < ACPI_ENABLE_MS; ms++) {
		if (register_read16(&config.pm1a_control) & PM1_SCI_ENABLED)
			return;
		clock_delay_us(1000);
	}
}

static void
pm1_sleep(const struct machine_register *control, uint8_t type)
{
	uint16_t value = register_read16(control) & ~PM1_SLEEP_MASK;

	value |= (uint16_t)((type << PM1_SLEEP_SHIFT & PM1_SLEEP_MASK) |
			    PM1_SLEEP_ENABLE);
	register_write16(control, value);
}

_Noreturn void
power_off(void)
{
	uint64_t flags = cpu_irq_save();

	if (config.has_s5) {
		register_write8(&config.sleep_control,
				(uint8_t)(config.s5_type_a << SLEEP_TYPE_SHIFT |
					  SLEEP_ENABLE));
		acpi_mode_enter();
		pm1_sleep(&config.pm1a_control, config.s5_type_a);
		pm1_sleep(&config.pm1b_control, config.s5_type_b);
		clock_delay_us(POWER_OFF_WAIT_US);
	}
	log_err("power: the machine stays on; it may be switched off now");
	/* Whoever still listens gets to read that, if this is no panic. */
	cpu_irq_restore(flags);
	for (;;)
		__asm__ volatile("hlt");
}

static void
keyboard_reset(void)
{
	for (int i = 0; i < KEYBOARD_READS; i++)
		if (!(port_in8(KEYBOARD_STATUS) & KEYBOARD_FULL))
			break;
	port_out8(KEYBOARD_STATUS, KEYBOARD_RESET);
}

_Noreturn void
power_reset(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_idt = { 0, 0 };

	__asm__ volatile("cli");
	register_write8(&config.reset, config.reset_value);
	clock_delay_us(RESET_WAIT_US);
	port_out8(RESET_PORT, RESET_HARD);
	port_out8(RESET_PORT, RESET_NOW);
	clock_delay_us(RESET_WAIT_US);
	keyboard_reset();
	clock_delay_us(RESET_WAIT_US);
	/* An exception that cannot be delivered shuts the processor down. */
	for (;;)
		__asm__ volatile("lidt %0; int3" : : "m"(no_idt));
}
