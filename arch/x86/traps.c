/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and the tables that lead the CPU to their handlers. Every
 * exception ends in a panic report: this is one program without user code, so
 * there is nobody whose fault could be survived. Interrupts go on to irq.c.
 * [SDM 3] chapters 6 and 7. The tables are filled once per core, at bring-up.
 */
#include <arch/io.h>
#include <arch/trap.h>

#include "arch/x86/core.h"
#include "arch/x86/irq_private.h"
#include "arch/x86/panic.h"
#include "arch/x86/symbols.h"
#include "arch/x86/trap_frame.h"
#include "arch/x86/vm_private.h"
#include "lib/fmt.h"

#define VECTOR_COUNT	     256u
#define VECTOR_FIRST_IRQ     32u
#define VECTOR_NMI	     2u
#define VECTOR_DOUBLE_FAULT  8u
#define VECTOR_INVALID_TSS   10u
#define VECTOR_PROTECTION    13u
#define VECTOR_PAGE_FAULT    14u
#define VECTOR_MACHINE_CHECK 18u

#define GATE_INTERRUPT 0x8e00u /* present, ring 0, masks interrupts */

/* Page-fault error code [SDM 3 4.7]. */
#define PF_PRESENT  (1u << 0)
#define PF_WRITE    (1u << 1)
#define PF_USER	    (1u << 2)
#define PF_RESERVED (1u << 3)
#define PF_FETCH    (1u << 4)

/* System control port B: why an NMI came, on PC chipsets. */
#define NMI_STATUS_PORT	   0x61u
#define NMI_STATUS_PARITY  (1u << 7)
#define NMI_STATUS_IOCHECK (1u << 6)

struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t ist_and_type; /* IST in bits 2:0 */
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed)); /* as LGDT and LIDT read it */

extern const uint8_t trap_stubs[];

struct core core[PARAM_CORES_MAX];

static struct gate idt[VECTOR_COUNT];
static struct core_exception_stack boot_exception_stack[CORE_IST_COUNT]
	__attribute__((section(".bss.page_aligned"), aligned(PAGE_SIZE)));

static const char *const exception_name[VECTOR_FIRST_IRQ] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid opcode",
	[7] = "device not available",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[14] = "page fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating-point error",
	[20] = "virtualization exception",
	[21] = "control protection exception",
	[28] = "hypervisor injection",
	[29] = "VMM communication exception",
	[30] = "security exception",
};

static void
gate_set(unsigned int vector, unsigned int ist)
{
	uint64_t stub = (uintptr_t)trap_stubs + (uintptr_t)vector * 16;

	idt[vector] = (struct gate){
		.offset_low = (uint16_t)stub,
		.selector = SELECTOR_CODE,
		.ist_and_type = (uint16_t)(GATE_INTERRUPT | ist),
		.offset_middle = (uint16_t)(stub >> 16),
		.offset_high = (uint32_t)(stub >> 32),
	};
}

void
core_prepare(struct core *c)
{
	uint64_t tss = (uintptr_t)&c->tss;

	for (size_t i = 0; i < CORE_IST_COUNT; i++) {
		uint64_t top = (uintptr_t)(&c->exception[i] + 1);

		c->tss.ist[2 * i] = (uint32_t)top;
		c->tss.ist[2 * i + 1] = (uint32_t)(top >> 32);
	}
	c->tss.io_map_base = sizeof(c->tss);
	c->gdt[SELECTOR_CODE / 8] = 0x00209b0000000000;
	c->gdt[SELECTOR_DATA / 8] = 0x0000930000000000;
	c->gdt[SELECTOR_TSS / 8] = (sizeof(c->tss) - 1) |
				   (tss & 0xffffff) << 16 | 0x89ull << 40 |
				   (tss >> 24 & 0xff) << 56;
	c->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
}

void
core_load(struct core *c)
{
	struct table_pointer gdtr = { sizeof(c->gdt) - 1, (uintptr_t)c->gdt };
	struct table_pointer idtr = { sizeof(idt) - 1, (uintptr_t)idt };

	__asm__ volatile("lgdt %0\n\t"
			 "pushq %q1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "movl %2, %%ds\n\t"
			 "movl %2, %%es\n\t"
			 "movl %2, %%ss\n\t"
			 "movl %3, %%fs\n\t"
			 "movl %3, %%gs\n\t"
			 "lidt %4\n\t"
			 "ltr %w5"
			 :
			 : "m"(gdtr), "i"(SELECTOR_CODE), "r"(SELECTOR_DATA),
			   "r"(0), "m"(idtr), "r"(SELECTOR_TSS)
			 : "rax", "memory");
}

/* Its descriptor table is what only one core has. */
const struct core *
core_self(void)
{
	struct table_pointer gdtr;

	__asm__ volatile("sgdt %0" : "=m"(gdtr));
	for (unsigned int i = 1; i < PARAM_CORES_MAX; i++)
		if (gdtr.base == (uintptr_t)core[i].gdt)
			return &core[i];
	return &core[0];
}

void
trap_init(void)
{
	for (unsigned int i = 0; i < VECTOR_COUNT; i++)
		gate_set(i, 0);
	gate_set(VECTOR_DOUBLE_FAULT, CORE_IST_DOUBLE_FAULT);
	gate_set(VECTOR_NMI, CORE_IST_NMI);
	gate_set(VECTOR_MACHINE_CHECK, CORE_IST_MACHINE_CHECK);
	gate_set(VECTOR_PAGE_FAULT, CORE_IST_PAGE_FAULT);
	core[0].stack_guard = boot_stack_guard;
	core[0].exception = boot_exception_stack;
	core_prepare(&core[0]);
	core_load(&core[0]);
}

/* The core whose guard page addr is in, or -1; *stack says which stack. */
static int
guard_owner(uintptr_t addr, const char **stack)
{
	static const char *const name[CORE_IST_COUNT] = {
		"double-fault",
		"NMI",
		"machine-check",
		"page-fault",
	};

	for (int i = 0; i < (int)PARAM_CORES_MAX; i++) {
		const struct core *c = &core[i];

		if (!c->stack_guard)
			continue;
		*stack = "kernel";
		if (addr - (uintptr_t)c->stack_guard < PAGE_SIZE)
			return i;
		for (unsigned int ist = 0; ist < CORE_IST_COUNT; ist++) {
			*stack = name[ist];
			if (addr - (uintptr_t)c->exception[ist].guard <
			    PAGE_SIZE)
				return i;
		}
	}
	return -1;
}

static const char *
page_fault_access(uint64_t error)
{
	if (error & PF_FETCH)
		return "execution";
	return error & PF_WRITE ? "write" : "read";
}

static void
page_fault_reason(struct out *out, const struct trap_frame *frame)
{
	uint64_t addr;
	const char *stack, *part;
	int owner;

	__asm__ volatile("movq %%cr2, %0" : "=r"(addr));
	owner = guard_owner(addr, &stack);
	if (owner >= 0) {
		out_printf(out, "stack overflow: %s stack of core %d", stack,
			   owner);
		return;
	}
	if (addr < PAGE_SIZE) {
		out_printf(out, "null pointer: %s at 0x%llx",
			   page_fault_access(frame->error),
			   (unsigned long long)addr);
		return;
	}
	out_printf(out, "page fault: %s at 0x%llx",
		   page_fault_access(frame->error), (unsigned long long)addr);
	part = vm_describe(addr);
	if (part)
		out_printf(out, " in %s", part);
}

static void
page_fault_words(struct out *out, uint64_t error)
{
	out_printf(out, "%s, %s, %s mode%s",
		   error & PF_PRESENT ? "page forbids it" : "page not mapped",
		   page_fault_access(error),
		   error & PF_USER ? "user" : "kernel",
		   error & PF_RESERVED ? ", reserved bit set in a table" : "");
}

/* Selector error code [SDM 3 6.13]. */
static void
selector_words(struct out *out, uint64_t error)
{
	static const char *const table[4] = { "GDT", "IDT", "LDT", "IDT" };

	if (error == 0)
		out_puts(out, "no selector");
	else
		out_printf(out, "%s entry %u%s", table[error >> 1 & 3],
			   (unsigned int)(error >> 3 & 0x1fff),
			   error & 1 ? ", external event" : "");
}

void
trap_show_error(struct out *out, const struct trap_frame *frame)
{
	bool is_selector = frame->vector >= VECTOR_INVALID_TSS &&
			   frame->vector <= VECTOR_PROTECTION;

	if (!is_selector && frame->vector != VECTOR_PAGE_FAULT)
		return;
	out_printf(out,
		   "  error code 0x%llx: ", (unsigned long long)frame->error);
	if (is_selector)
		selector_words(out, frame->error);
	else
		page_fault_words(out, frame->error);
	out_puts(out, "\n");
}

static void
nmi_reason(struct out *out)
{
	uint8_t status = port_in8(NMI_STATUS_PORT);

	if (status == 0xff)
		return;
	if (status & NMI_STATUS_PARITY)
		out_puts(out, ": memory parity or system error");
	if (status & NMI_STATUS_IOCHECK)
		out_puts(out, ": I/O check");
}

static _Noreturn void
trap_panic(const struct trap_frame *frame)
{
	struct out *out = panic_begin();
	const char *name = exception_name[frame->vector];
	size_t offset;
	const char *function = symbol_find(frame->rip, &offset);

	if (frame->vector == VECTOR_PAGE_FAULT)
		page_fault_reason(out, frame);
	else if (name)
		out_puts(out, name);
	else
		out_printf(out, "exception %u", (unsigned int)frame->vector);
	if (frame->vector == VECTOR_NMI)
		nmi_reason(out);
	if (function)
		out_printf(out, ", in %s+0x%zx", function, offset);
	panic_end(frame);
}

/* Where entry.S arrives for every vector, interrupts masked. */
void trap_dispatch(const struct trap_frame *frame);

void
trap_dispatch(const struct trap_frame *frame)
{
	if (frame->vector >= VECTOR_FIRST_IRQ) {
		irq_dispatch((unsigned int)frame->vector);
		return;
	}
	if (frame->vector == VECTOR_NMI && panic_on_other_core())
		for (;;)
			__asm__ volatile("cli; hlt");
	/* What hangs is the boot core; a parked one has nothing to report. */
	if (frame->vector == VECTOR_NMI && core_self() != &core[0])
		return;
	trap_panic(frame);
}
