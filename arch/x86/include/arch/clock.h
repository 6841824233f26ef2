/* SPDX-License-Identifier: BSD-2-Clause */
/* Time since boot, from the TSC; calibrated against HPET, PM timer or PIT. */
#pragma once

#include <stdint.h>

struct machine_config;

/*
 * entry_cycles is cpu_cycles() at kernel entry, the zero of clock_now_ns().
 * Believes the hypervisor or the CPU where they tell the TSC's rate, else
 * spends about 10 ms on measuring it. After irq_init().
 */
void clock_init(const struct machine_config *config, uint64_t entry_cycles);

/*
 * Measures again, over the long time since clock_init(), and corrects the rate;
 * time stays monotonic. Returns when it wants to be called next, UINT64_MAX
 * when it has nothing more to learn. Cheap; on the boot core.
 */
uint64_t clock_refine(void);

/* Nanoseconds since kernel entry. Monotonic, cheap (one rdtsc). */
uint64_t clock_now_ns(void);

/* Busy-waits at least this long. For device bring-up only. */
void clock_delay_us(uint32_t us);

/*
 * Arms this core's one-shot timer interrupt for due_ns (clock_now_ns() time; a
 * past time fires at once; UINT64_MAX disarms). The interrupt itself does
 * nothing but end a halt.
 */
void clock_wake_at(uint64_t due_ns);

/*
 * Seconds since 1970-01-01 UTC at boot, from the CMOS clock; 0 if unreadable.
 */
uint64_t clock_boot_epoch_s(void);

/* TSC ticks per second as calibrated, and what it was calibrated against. */
uint64_t clock_tsc_hz(void);
const char *clock_source(void);
