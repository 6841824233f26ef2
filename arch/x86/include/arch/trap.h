/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions. Each one that is not an interrupt ends in a panic report. */
#pragma once

/*
 * Boot core: own GDT, TSS and IDT in place of the boot code's, so that from
 * here on every fault is reported. First call of all, interrupts masked.
 */
void trap_init(void);
