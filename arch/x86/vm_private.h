/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the rest of arch may do to the page tables. */
#pragma once

#include <stdint.h>

#include "lib/port.h"

/* Unmaps the page at addr for good: the guard below a stack. */
enum status vm_unmap_guard(uintptr_t addr) must_use;

/* Makes one page of RAM read and execute (the first code of other cores). */
enum status vm_map_code(uint64_t phys) must_use;

/* The tables' root, for CR3 of other cores; below 4 GiB. */
uint64_t vm_root(void);

/* On a core that runs on vm_root(): CR0, CR4 and EFER bits that guard it. */
void vm_protect_core(void);

/* What the address is part of, in words for a panic; NULL: nothing special. */
const char *vm_describe(uintptr_t addr);
