/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the other cores and parks them [SDM 3 8.4.4] [HARDWARE 4.7]: each on a
 * stack of its own with guard pages, with the kernel's tables, halted with
 * interrupts masked. Only an NMI (a panic elsewhere) moves them again. State:
 * who was called, and how many have come.
 */
#include <arch/smp.h>

#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/vm.h>

#include "arch/x86/apic.h"
#include "arch/x86/core.h"
#include "arch/x86/cpu_private.h"
#include "arch/x86/vm_private.h"
#include "lib/pages.h"

#define START_PAGE_LIMIT 0xa0000u
#define INIT_WAIT_NS	 10000000u /* [SDM 3 8.4.4.1] */
#define STARTUP_WAIT_US	 200u
#define XAPIC_ID_MAX	 254u
#define STACKS_ORDER	 4u /* struct core_stacks in pages */

#define CR0_CACHE_OFF	(3u << 29) /* CD, NW */
#define CR0_TASK_SWITCH (1u << 3)
#define CR4_AT_START	0x620u /* PAE, OSFXSR, OSXMMEXCPT */
#define EFER_AT_START	0x900u /* LME, NXE */

extern const uint8_t trampoline_start[], trampoline_end[];
extern const uint8_t trampoline_gdtr_base[], trampoline_jump32[];
extern const uint8_t trampoline_base[], trampoline_cr0[], trampoline_cr3[];
extern const uint8_t trampoline_cr4[], trampoline_efer[];

/* What smp_entry in trampoline.S takes from; index 0 is the boot core. */
extern uint32_t smp_next_index, smp_index_limit;
extern uint64_t smp_stack_top[];
_Noreturn void smp_core_main(uint32_t index);

uint32_t smp_next_index = 1;
uint32_t smp_index_limit = 1;
uint64_t smp_stack_top[PARAM_CORES_MAX];

static uint32_t called[PARAM_CORES_MAX]; /* APIC ids */
static unsigned int called_count;
static unsigned int parked_count;
static uint32_t start_page_number;
static uint64_t init_cycles;

_Noreturn void
smp_core_main(uint32_t index)
{
	core_load(&core[index]);
	vm_protect_core();
	__atomic_fetch_add(&parked_count, 1, __ATOMIC_RELEASE);
	for (;;)
		__asm__ volatile("cli; hlt");
}

unsigned int
smp_parked_count(void)
{
	return __atomic_load_n(&parked_count, __ATOMIC_ACQUIRE);
}

/* Replaces a field of the copied trampoline, or adds to what it holds. */
static void
patch(uint64_t page, const uint8_t *field, uint64_t add)
{
	uint8_t *at = (uint8_t *)(uintptr_t)page + (field - trampoline_start);
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	value += (uint32_t)add;
	memcpy(at, &value, sizeof(value));
}

static enum status
trampoline_place(uint64_t page)
{
	uint64_t cr0, efer = msr_read(MSR_EFER);
	enum status status = vm_map_ram(page, PAGE_SIZE);

	if (status != OK)
		return status;
	memcpy((void *)(uintptr_t)page, trampoline_start,
	       (size_t)(trampoline_end - trampoline_start));
	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	patch(page, trampoline_gdtr_base, page);
	patch(page, trampoline_jump32, page);
	patch(page, trampoline_base, page);
	patch(page, trampoline_cr0, cr0 & ~(CR0_CACHE_OFF | CR0_TASK_SWITCH));
	patch(page, trampoline_cr3, vm_root());
	patch(page, trampoline_cr4, CR4_AT_START);
	patch(page, trampoline_efer, efer & EFER_AT_START);
	return vm_map_code(page);
}

/* The stacks and tables of one more core. */
static enum status
core_add(struct pages *pages, uint32_t index)
{
	struct core_stacks *stacks = pages_alloc(pages, STACKS_ORDER);
	enum status status;

	if (!stacks)
		return ERR_NOMEM;
	status = vm_unmap_guard((uintptr_t)stacks->guard);
	for (unsigned int i = 0; i < CORE_IST_COUNT && status == OK; i++)
		status = vm_unmap_guard((uintptr_t)stacks->exception[i].guard);
	/* Guards that are set stay set: the block is not given back then. */
	if (status != OK)
		return status;
	core[index].stack_guard = stacks->guard;
	core[index].exception = stacks->exception;
	core_prepare(&core[index]);
	smp_stack_top[index] = (uintptr_t)stacks->stack + sizeof(stacks->stack);
	return OK;
}

enum status
smp_init(const struct machine_config *config, struct pages *pages,
	 uint64_t start_page)
{
	uint32_t self = apic_id();
	enum status status;

	if (config->core_count <= 1)
		return OK;
	cpu_count_set(config->core_count + config->core_excess_count);
	if (start_page == 0 || start_page >= START_PAGE_LIMIT)
		return ERR_NOENT;
	status = trampoline_place(start_page);
	if (status != OK)
		return status;
	start_page_number = (uint32_t)(start_page / PAGE_SIZE);
	for (unsigned int i = 0; i < config->core_count; i++) {
		uint32_t id = config->apic_id[i];

		if (id == self || (id > XAPIC_ID_MAX && !apic_is_x2apic()))
			continue;
		status = core_add(pages, called_count + 1);
		if (status != OK)
			break;
		called[called_count++] = id;
		apic_send_init(id);
	}
	smp_index_limit = called_count + 1;
	init_cycles = cpu_cycles();
	return status;
}

void
smp_start(void)
{
	uint64_t hz = clock_tsc_hz();

	if (called_count == 0)
		return;
	/* Emulated cores need no time to reset. */
	while (!cpu_info()->hypervisor[0] &&
	       cpu_cycles() - init_cycles < hz / 1000 * INIT_WAIT_NS / 1000000)
		cpu_relax();
	for (unsigned int i = 0; i < called_count; i++)
		apic_send_startup(called[i], start_page_number);
	clock_delay_us(STARTUP_WAIT_US);
	if (smp_parked_count() == called_count)
		return;
	/* The second message is for those who missed the first. */
	for (unsigned int i = 0; i < called_count; i++)
		apic_send_startup(called[i], start_page_number);
}
