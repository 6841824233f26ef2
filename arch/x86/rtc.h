/* SPDX-License-Identifier: BSD-2-Clause */
/* The CMOS clock. */
#pragma once

#include <stdint.h>

/*
 * Seconds since 1970-01-01, taking the clock for UTC; 0 if it says nothing
 * sensible. century_index: where the century is kept, 0 if nowhere.
 */
uint64_t rtc_read(uint8_t century_index);
