/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report that ends everything (port_panic() and the exceptions share it).
 */
#pragma once

#include <stdbool.h>

#include "arch/x86/trap_frame.h"
#include "lib/port.h"

struct out;

/*
 * Begins a report and returns where to write the reason. A core that comes here
 * while another one reports halts for good; one that comes here for the second
 * time (a panic inside a panic) reports without the log, for the third not at
 * all.
 */
struct out *panic_begin(void);

/* The rest of the report, after the reason; then what panic= says. */
_Noreturn void panic_end(const struct trap_frame *frame);

/* Where port_panic() in entry.S continues, with the same arguments. */
_Noreturn void panic_report(const char *file, int line, const char *fmt, ...)
	printf_like(3, 4);

/* True if another core reports: then an NMI is its request to stop. */
bool panic_on_other_core(void);

/* The error code of an exception, if it has one, in words (traps.c). */
void trap_show_error(struct out *out, const struct trap_frame *frame);
