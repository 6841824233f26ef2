/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID and model-specific registers, for arch alone. */
#pragma once

#include <stdint.h>

#define CPUID_1_ECX_HYPERVISOR (1u << 31)
#define CPUID_1_EDX_MCE	       (1u << 7)

#define MSR_APIC_BASE	 0x1bu
#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_X2APIC	 0x800u
#define MSR_EFER	 0xc0000080u

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* All zero for a leaf that this CPU does not have. */
struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf);

/* What the MADT counted, for cpu_info(). */
void cpu_count_set(unsigned int count);

static inline uint64_t
msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void
msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value),
			   "d"((uint32_t)(value >> 32))
			 : "memory");
}
