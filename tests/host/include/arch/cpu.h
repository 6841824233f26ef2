/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosted twin of arch/x86/include/arch/cpu.h: no interrupts arrive by
 * themselves, waiting moves the virtual clock (tests/host/host.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t
cpu_irq_save(void)
{
	return 0;
}

static inline void
cpu_irq_restore(uint64_t flags)
{
}

/* Advances the virtual clock by 100 ns. */
void cpu_relax(void);

/* Advances the virtual clock to the time of clock_wake_at(), if any. */
void cpu_idle(void);

/* The virtual clock: 1 GHz. */
uint64_t cpu_cycles(void);

struct cpu_info {
	char vendor[13];
	char model[49];
	char hypervisor[13];
	unsigned int count;
	bool has_nx, has_1g_pages, has_rdrand, has_rdtscp, has_smep, has_smap,
		has_umip, has_x2apic, has_tsc_deadline, has_invariant_tsc;
};

const struct cpu_info *cpu_info(void);

/* The same sequence in every run. */
bool cpu_random(void *bytes, uint32_t len);
