/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC: end of interrupt, this core's timer, messages to others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Vectors [HARDWARE H]. The 8259s are masked, but what they make up all by
 * themselves must land somewhere that is no exception.
 */
#define VECTOR_8259	    0x20u /* 16 of them */
#define VECTOR_TIMER	    0x30u
#define VECTOR_DEVICE_FIRST 0x40u
#define VECTOR_DEVICE_LAST  0xefu
#define VECTOR_APIC_ERROR   0xfeu
#define VECTOR_SPURIOUS	    0xffu

/*
 * Takes over the boot core's local APIC, in the mode (xAPIC, x2APIC) in which
 * the firmware left it. false: this machine has none.
 */
bool apic_init(void);

bool apic_is_x2apic(void);
uint32_t apic_id(void);
void apic_eoi(void);

/* The error status register, which it clears. */
uint32_t apic_error(void);

/*
 * The one-shot timer of this core, in its own ticks; 0 disarms. Where
 * apic_timer_is_deadline(), the argument is the TSC value to fire at.
 */
void apic_timer_arm(uint64_t ticks);
bool apic_timer_is_deadline(void);

/* Ticks left of the count; for calibration. */
uint32_t apic_timer_left(void);

/* INIT and start-up messages to another core [SDM 3 8.4.4]. */
void apic_send_init(uint32_t to);
void apic_send_startup(uint32_t to, uint32_t page);

/* NMI to all others, if there are any: a panic wants silence. */
void apic_stop_other_cores(void);
