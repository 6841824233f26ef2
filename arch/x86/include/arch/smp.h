/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other cores. They are fetched out of the firmware's hands and parked in a
 * halt of our own, interrupts masked: they cost the host nothing. Starting them
 * takes milliseconds of waiting; it is cut in two so that the boot core has
 * something better to do meanwhile.
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"

struct machine_config;
struct pages;

/*
 * Gives each core its stacks and sends INIT. start_page is a free page of RAM
 * below 640 KiB for the first instructions, kept for good; 0: there is none,
 * the cores stay with the firmware. After irq_init(), before clock_init().
 */
enum status smp_init(const struct machine_config *config, struct pages *pages,
		     uint64_t start_page) must_use;

/* Sends the start-up IPIs and does not wait for answers. After clock_init(). */
void smp_start(void);

/* Other cores that have arrived in their halt so far. */
unsigned int smp_parked_count(void);
