/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor: flags, waiting, hints, identification, randomness. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Masks interrupts on this core; returns what cpu_irq_restore() wants back. */
static inline uint64_t
cpu_irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void
cpu_irq_restore(uint64_t flags)
{
	if (flags & 1u << 9)
		__asm__ volatile("sti" : : : "memory");
}

/* In a spin loop: lets the sibling (or QEMU's other threads) run. */
static inline void
cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/*
 * Call with interrupts masked, after finding nothing to do: unmasks and halts
 * in one step, so that an interrupt which arrives in between still wakes the
 * core. Returns with interrupts enabled.
 */
static inline void
cpu_idle(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

static inline uint64_t
cpu_cycles(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

struct cpu_info {
	char vendor[13];
	char model[49];	     /* brand string, "" if the CPU has none */
	char hypervisor[13]; /* "TCGTCGTCGTCG", "KVMKVMKVM"; "" on metal */
	unsigned int count;  /* cores found in the MADT and enabled */
	bool has_nx, has_1g_pages, has_rdrand, has_rdtscp, has_smep, has_smap,
		has_umip, has_x2apic, has_tsc_deadline, has_invariant_tsc;
	unsigned int phys_bits; /* physical addresses that exist */
};

/* Reads CPUID; after trap_init(). */
void cpu_init(void);

/* Filled once by cpu_init(), count by smp_init(). */
const struct cpu_info *cpu_info(void);

/*
 * Fills bytes with entropy: RDRAND where there is one, else timing jitter and
 * the clocks, whitened. Never a fixed sequence. true if RDRAND served it.
 */
bool cpu_random(void *bytes, uint32_t len);
