/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What main.c tells the kernel's half of lib/port.h: where log lines and panic
 * reports go, and what follows a panic.
 */
#pragma once

#include <stdbool.h>

#include "lib/port.h"

struct log;
struct out;

/* Randomises the stack guard; only a function that never returns may call. */
void port_init(void);

/* The kernel's log, for dmesg. */
const struct log *port_log_ring(void);

/* A line for the log alone. With interrupts masked. */
void port_log_only(enum log_level level, const char *text);

/*
 * From now on the log lies in kept, memory that a restart of the machine leaves
 * alone. If a log of the boot before this one is there, it is kept aside.
 */
void port_log_keep(struct log *kept);

/* The log of the boot before, panic report included; NULL if it is lost. */
const struct log *port_log_previous(void);

/*
 * Lines of a level below `below` also go to out from now on, as Linux counts
 * its loglevel=: 5 shows errors and warnings. out must not wait; it is called
 * with interrupts masked.
 */
void port_log_console(struct out *out, unsigned int below);

/*
 * Where a panic report goes. out must write synchronously, without interrupts,
 * and give up by itself on a device that does not take bytes.
 */
void port_panic_console(struct out *out);

/* The version that a report names. */
void port_panic_version(const char *version);

/*
 * The value of panic=: "reboot" (after 5 s), "halt", "exit" (leaves QEMU, or
 * powers off), or the seconds before a reboot. false, and nothing changes, on
 * another word. Under a hypervisor all but "halt" first try isa-debug-exit.
 */
bool port_panic_action(const char *text) must_use;
