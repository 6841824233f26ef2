/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways to end it all. */
#pragma once

struct machine_config;

/* Keeps what the two below need; maps their registers. After vm_enable(). */
void power_init(const struct machine_config *config);

/* ACPI S5. Where the machine does not obey, says so and halts. */
_Noreturn void power_off(void);

/* FADT reset register, 0xCF9, keyboard controller, triple fault. */
_Noreturn void power_reset(void);
