/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware's memory map to an allocator and page tables of our own. */
#pragma once

#include "boot/boot_info.h"
#include "lib/pages.h"
#include "lib/port.h"

/*
 * RAM that survives a restart for the log: at an address that does not depend
 * on anything, below 7 MiB as the image is, and above all that loaders put next
 * to it. Nothing clears it: neither firmware nor GRUB uses it in between.
 */
#define MEMORY_KEPT_START 0x6f0000u
#define MEMORY_KEPT_LEN	  0x5000u

/* The kept RAM, or NULL if this machine has none there. */
void *memory_kept(const struct boot_info *info) must_use;

/*
 * Hands all other RAM of info to pages and leaves the boot code's page tables
 * for our own, in which only RAM, the kernel and what drivers map can be
 * reached. After cpu_init(); whatever wants to read the firmware's tables does
 * so before.
 * ERR_NOMEM: there is too little for the tables.
 */
enum status memory_init(struct pages *pages,
			const struct boot_info *info) must_use;

/* The configuration has been read: what held it goes to pages, too. */
void memory_add_config(struct pages *pages, const struct boot_info *info);
