/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each core has for itself: descriptor table, task state and stacks, with
 * an unmapped page below every stack, so that an overflow faults instead of
 * eating its neighbour, and a stack of its own for each exception that must
 * work when the ordinary stack does not. core[0] is the boot core.
 */
#pragma once

#include <stdint.h>

#include "lib/pages.h"
#include "lib/param.h"

#define SELECTOR_CODE 0x08u
#define SELECTOR_DATA 0x10u
#define SELECTOR_TSS  0x18u

/* Slots of the interrupt stack table [SDM 3 7.7]; 0 would mean "none". */
enum core_ist {
	CORE_IST_DOUBLE_FAULT = 1,
	CORE_IST_NMI,
	CORE_IST_MACHINE_CHECK,
	CORE_IST_PAGE_FAULT,
};
#define CORE_IST_COUNT 4u

struct core_exception_stack {
	uint8_t guard[PAGE_SIZE];
	uint8_t stack[2 * PAGE_SIZE];
};

/* The memory of a core that is not the boot core: 16 pages, one block. */
struct core_stacks {
	uint8_t guard[PAGE_SIZE];
	uint8_t stack[3 * PAGE_SIZE];
	struct core_exception_stack exception[CORE_IST_COUNT];
};
_Static_assert(sizeof(struct core_stacks) / PAGE_SIZE == 16, "one block");

/* Task state segment [SDM 3 7.7]; 32-bit halves because it is unaligned. */
struct tss {
	uint32_t reserved0;
	uint32_t rsp[6];
	uint32_t reserved1[2];
	uint32_t ist[14];
	uint32_t reserved2[2];
	uint16_t reserved3;
	uint16_t io_map_base;
};
_Static_assert(sizeof(struct tss) == 104, "[SDM 3 7.7]");

struct core {
	uint64_t gdt[5]; /* null, code, data, TSS in two */
	struct tss tss;
	const uint8_t *stack_guard;		/* the page below its stack */
	struct core_exception_stack *exception; /* CORE_IST_COUNT of them */
};

/* Index 0 is the boot core; the others in the order in which they arrive. */
extern struct core core[PARAM_CORES_MAX];

/* The boot stack, from the linker script: guard page, then the stack. */
extern uint8_t boot_stack_guard[], boot_stack_bottom[], boot_stack_top[];

/* The core that runs this. */
const struct core *core_self(void);

/* Fills the tables of a core whose stacks are set. */
void core_prepare(struct core *core);

/* On the core itself: makes them and the shared IDT the ones in use. */
void core_load(struct core *core);
