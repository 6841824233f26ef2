/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of interrupted code, as entry.S lays them on the stack. */
#pragma once

#include <stdint.h>

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 176, "entry.S knows the layout");
