/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosted twin of arch/x86/include/arch/clock.h, as far as others than arch/ and
 * boot/ use it: virtual time, which stands still unless someone moves it
 * (tests/host/host.h).
 */
#pragma once

#include <stdint.h>

/* host_clock_ns. */
uint64_t clock_now_ns(void);

/* Moves the virtual clock on. */
void clock_delay_us(uint32_t us);

/* Noted in host_clock_wake_ns. */
void clock_wake_at(uint64_t due_ns);

/* host_boot_epoch_s. */
uint64_t clock_boot_epoch_s(void);

/* 1 GHz, "host". */
uint64_t clock_tsc_hz(void);
const char *clock_source(void);
