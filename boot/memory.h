/* SPDX-License-Identifier: BSD-2-Clause */
/* From the firmware's memory map to an allocator and page tables of our own. */
#pragma once

#include "boot/boot_info.h"
#include "lib/pages.h"
#include "lib/port.h"

/*
 * Hands all RAM of info to pages and leaves the boot code's page tables for our
 * own, in which only RAM, the kernel and what drivers map can be reached. After
 * cpu_init(); whatever wants to read the firmware's tables does so before.
 * ERR_NOMEM: there is too little for the tables.
 */
enum status memory_init(struct pages *pages,
			const struct boot_info *info) must_use;
