/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates for people, from seconds since 1970. */
#pragma once

#include <stdint.h>

#define DATE_LEN 40u /* bytes of the longest text with its NUL */

/* "Sat Nov 21 05:50:12 UTC 2026", as date(1) has it in the C locale. */
void date_print(char text[DATE_LEN], uint64_t epoch_s);

/* The date so many days after 1970 began; month and day from 1. */
void date_civil(uint64_t days, uint32_t *year, uint32_t *month, uint32_t *day);
