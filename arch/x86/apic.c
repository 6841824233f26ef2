/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC of the boot core, through memory (xAPIC) or, where firmware
 * switched to x2APIC, through MSRs [SDM 3 10]. Interrupts arrive here from the
 * IOAPICs and from devices' MSI messages; the timer ends halts. State: how to
 * reach the registers.
 */
#include "arch/x86/apic.h"

#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/vm.h>

#include "arch/x86/cpu_private.h"

#define APIC_BASE_EXTD	 (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_ADDR	 0x000ffffffffff000u
#define APIC_REGS_LEN	 4096u

/* Offsets [SDM 3 table 10-1]; the x2APIC MSR is 0x800 + offset / 16. */
#define APIC_ID		   0x020u
#define APIC_TPR	   0x080u
#define APIC_EOI	   0x0b0u
#define APIC_SVR	   0x0f0u
#define APIC_SVR_ENABLE	   (1u << 8)
#define APIC_ESR	   0x280u
#define APIC_ICR	   0x300u
#define APIC_ICR_HIGH	   0x310u
#define APIC_LVT_TIMER	   0x320u
#define APIC_LVT_LINT0	   0x350u
#define APIC_LVT_LINT1	   0x360u
#define APIC_LVT_ERROR	   0x370u
#define APIC_TIMER_INITIAL 0x380u
#define APIC_TIMER_CURRENT 0x390u
#define APIC_TIMER_DIVIDE  0x3e0u

#define LVT_MASKED	   (1u << 16)
#define LVT_TIMER_DEADLINE (2u << 17)
#define LVT_NMI		   (4u << 8)
#define TIMER_DIVIDE_BY_1  0xbu

#define ICR_PENDING	  (1u << 12)
#define ICR_INIT	  0x4500u
#define ICR_STARTUP	  0x4600u
#define ICR_NMI		  0x4400u
#define ICR_ALL_OTHERS	  (3u << 18)
#define ICR_PENDING_READS 100000 /* it clears within microseconds */

static volatile uint8_t *regs; /* NULL: x2APIC, or none at all */
static bool is_x2apic;
static bool is_deadline;

static uint32_t
apic_read(uint32_t reg)
{
	if (is_x2apic)
		return (uint32_t)msr_read(MSR_X2APIC + reg / 16);
	return regs ? mmio_read32(regs + reg) : 0;
}

static void
apic_write(uint32_t reg, uint32_t value)
{
	if (is_x2apic)
		msr_write(MSR_X2APIC + reg / 16, value);
	else if (regs)
		mmio_write32(regs + reg, value);
}

static bool
find_registers(void)
{
	uint64_t base;

	if (!(cpuid_read(1, 0).edx & 1u << 9))
		return false;
	base = msr_read(MSR_APIC_BASE);
	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		msr_write(MSR_APIC_BASE, base);
	}
	/* Firmware may hand over in x2APIC mode; then memory is dead. */
	is_x2apic = base & APIC_BASE_EXTD;
	if (is_x2apic)
		return true;
	regs = vm_map_mmio(base & APIC_BASE_ADDR, APIC_REGS_LEN);
	return regs;
}

bool
apic_init(void)
{
	if (!find_registers())
		return false;
	/* Enabled first: while it is not, the LVT masks cannot be cleared. */
	apic_write(APIC_SVR, APIC_SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_NMI);
	/* The error status latches on a write; once to arm, once to clear. */
	apic_write(APIC_ESR, 0);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
	/* An interrupt that firmware took but never ended blocks all below. */
	for (int i = 0; i < 8; i++)
		apic_eoi();
	is_deadline = cpu_info()->has_tsc_deadline;
	apic_write(APIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER,
		   VECTOR_TIMER | (is_deadline ? LVT_TIMER_DEADLINE : 0));
	/*
	 * The mode must have arrived before the first deadline [SDM 3 10.5.4].
	 */
	__asm__ volatile("mfence" : : : "memory");
	return true;
}

bool
apic_is_x2apic(void)
{
	return is_x2apic;
}

uint32_t
apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return is_x2apic ? id : id >> 24;
}

void
apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

uint32_t
apic_error(void)
{
	apic_write(APIC_ESR, 0);
	return apic_read(APIC_ESR);
}

bool
apic_timer_is_deadline(void)
{
	return is_deadline;
}

void
apic_timer_arm(uint64_t ticks)
{
	if (is_deadline)
		msr_write(MSR_TSC_DEADLINE, ticks);
	else
		apic_write(APIC_TIMER_INITIAL,
			   ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}

uint32_t
apic_timer_left(void)
{
	return apic_read(APIC_TIMER_CURRENT);
}

static void
apic_send(uint32_t to, uint32_t command)
{
	if (is_x2apic) {
		msr_write(MSR_X2APIC + APIC_ICR / 16,
			  (uint64_t)to << 32 | command);
		return;
	}
	if (!regs)
		return;
	for (int i = 0; i < ICR_PENDING_READS; i++)
		if (!(apic_read(APIC_ICR) & ICR_PENDING))
			break;
	apic_write(APIC_ICR_HIGH, to << 24);
	apic_write(APIC_ICR, command);
}

void
apic_send_init(uint32_t to)
{
	apic_send(to, ICR_INIT);
}

void
apic_send_startup(uint32_t to, uint32_t page)
{
	apic_send(to, ICR_STARTUP | page);
}

void
apic_stop_other_cores(void)
{
	if (cpu_info()->count > 1)
		apic_send(0, ICR_NMI | ICR_ALL_OTHERS);
}
