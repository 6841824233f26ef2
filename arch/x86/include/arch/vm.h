/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual memory: one identity map with W^X, and device registers in it. */
#pragma once

#include <stdint.h>

#include "lib/port.h"

struct pages;

/*
 * Bring-up, by main.c, in this order. Each adds to page tables that are not in
 * use yet; tables are pages of pages, which at that time manages only memory
 * below 4 GiB. vm_init() maps the kernel's image: text read and execute, rodata
 * read, data read and write, nothing else; the rest is told by its caller. Page
 * zero is never mapped. ERR_EXIST: overlaps something mapped otherwise.
 */
enum status vm_init(struct pages *pages) must_use;
enum status vm_map_ram(uint64_t phys, uint64_t len) must_use;
enum status vm_map_readonly(uint64_t phys, uint64_t len) must_use;
/* Leaves the boot code's map for these tables and turns on what guards them. */
void vm_enable(void);

/*
 * Maps device registers [phys, phys+len) uncached, no-execute, wherever they
 * lie (OVMF puts BARs above 512 GiB). Returns the address to use, NULL if page
 * tables could not be had. Mapping twice is harmless.
 */
void *vm_map_mmio(uint64_t phys, uint64_t len) must_use;
