/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HPET [HPET 2.3], ACPI PM timer [ACPI 4.8.3.3] and channel 2 of the
 * 8254 as counters to read. None of them interrupts. State: where they are.
 */
#include "arch/x86/reference.h"

#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/machine.h>
#include <arch/vm.h>

#include "lib/port.h"

#define FS_PER_NS    1000000ull
#define SAMPLE_TRIES 4
#define ALIVE_READS  10000 /* each takes 50 ns and more */
#define WAIT_READS   10000000

#define HPET_REGS_LEN	   1024u
#define HPET_PERIOD	   0x004u /* upper half of the capabilities */
#define HPET_CONFIG	   0x010u
#define HPET_CONFIG_ENABLE 1u
#define HPET_COUNTER	   0x0f0u
#define HPET_PERIOD_FS_MIN 100000u    /* 10 GHz: nobody builds that */
#define HPET_PERIOD_FS_MAX 100000000u /* 10 MHz, the least allowed */

#define PM_PERIOD_FS 279365115ull /* 3.579545 MHz */
#define PM_MASK	     0x00ffffffu  /* what every implementation has */

#define PIT_PERIOD_FS 838095345ull /* 1.193182 MHz */
#define PIT_MASK      0xffffu
#define PIT_CHANNEL2  0x42u
#define PIT_COMMAND   0x43u
#define PIT_MODE0     0xb0u /* channel 2, both bytes, counts down once */
#define PIT_LATCH     0x80u
#define PIT_GATE_PORT 0x61u
#define PIT_GATE      0x01u
#define PIT_SPEAKER   0x02u

static volatile uint8_t *hpet;
static uint16_t pm_timer_port;

static uint32_t
hpet_read(void)
{
	return mmio_read32(hpet + HPET_COUNTER);
}

static bool
hpet_open(struct reference *ref, const struct machine_config *config)
{
	uint32_t period, enable;

	if (!config->hpet_addr)
		return false;
	hpet = vm_map_mmio(config->hpet_addr, HPET_REGS_LEN);
	if (!hpet)
		return false;
	period = mmio_read32(hpet + HPET_PERIOD);
	if (period < HPET_PERIOD_FS_MIN || period > HPET_PERIOD_FS_MAX)
		return false;
	enable = mmio_read32(hpet + HPET_CONFIG);
	mmio_write32(hpet + HPET_CONFIG, enable | HPET_CONFIG_ENABLE);
	*ref = (struct reference){ "hpet", period, UINT32_MAX, hpet_read };
	return true;
}

static uint32_t
pm_read(void)
{
	return port_in32(pm_timer_port);
}

static bool
pm_open(struct reference *ref, const struct machine_config *config)
{
	if (!config->pm_timer_port)
		return false;
	pm_timer_port = config->pm_timer_port;
	*ref = (struct reference){ "acpi_pm", PM_PERIOD_FS, PM_MASK, pm_read };
	return true;
}

/* Counts down; the complement counts up. */
static uint32_t
pit_read(void)
{
	uint32_t low, high;

	port_out8(PIT_COMMAND, PIT_LATCH);
	low = port_in8(PIT_CHANNEL2);
	high = port_in8(PIT_CHANNEL2);
	return ~(high << 8 | low);
}

static bool
pit_open(struct reference *ref)
{
	uint8_t gate = port_in8(PIT_GATE_PORT);

	port_out8(PIT_GATE_PORT, (gate & ~PIT_SPEAKER) | PIT_GATE);
	port_out8(PIT_COMMAND, PIT_MODE0);
	port_out8(PIT_CHANNEL2, 0xff);
	port_out8(PIT_CHANNEL2, 0xff);
	*ref = (struct reference){ "pit", PIT_PERIOD_FS, PIT_MASK, pit_read };
	return true;
}

/* Ports without a device read all ones for ever. */
static bool
is_alive(const struct reference *ref)
{
	uint32_t start = ref->read();

	for (int i = 0; i < ALIVE_READS; i++)
		if (((ref->read() - start) & ref->mask) != 0)
			return true;
	return false;
}

bool
reference_open(struct reference *ref, unsigned int which,
	       const struct machine_config *config)
{
	bool is_there = which == 0   ? hpet_open(ref, config)
			: which == 1 ? pm_open(ref, config)
				     : pit_open(ref);

	return is_there && is_alive(ref);
}

struct reference_sample
reference_sample(const struct reference *ref)
{
	struct reference_sample best = { 0 };

	for (int i = 0; i < SAMPLE_TRIES; i++) {
		struct reference_sample s;

		s.tsc_before = cpu_cycles();
		s.count = ref->read();
		s.tsc_after = cpu_cycles();
		if (i == 0 || s.tsc_after - s.tsc_before <
				      best.tsc_after - best.tsc_before)
			best = s;
	}
	return best;
}

bool
reference_wait(const struct reference *ref, uint32_t count, uint32_t ns)
{
	uint64_t ticks = ns * FS_PER_NS / ref->period_fs;

	for (int i = 0; i < WAIT_READS; i++) {
		if (((ref->read() - count) & ref->mask) >= ticks)
			return true;
		cpu_relax();
	}
	return false;
}
