/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the applications want of the machine they run on. The kernel answers in
 * boot/main.c; tests and host tools answer with what they pretend. Functions
 * that show something write at most PLATFORM_SHOW_LEN bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"

#define PLATFORM_SHOW_LEN 24576u

struct log;

struct platform_cpu {
	const char *model;	/* "QEMU Virtual CPU version 2.5+" */
	const char *hypervisor; /* "TCGTCGTCGTCG", "" on metal */
	uint32_t count;		/* cores that exist */
	uint64_t hz;		/* of the time stamp counter */
	const char *clock;	/* what it was calibrated against */
};

/* Any of the functions may be NULL: then the command says "not supported". */
struct platform {
	const char *version; /* "v1.0-3-gabcdef" */
	const char *cmdline; /* what the boot loader said */
	const char *loader;  /* "pvh", "multiboot2", "efi" */

	void (*power_off)(void); /* does not return on a real machine */
	void (*restart)(void);

	/* Seconds since 1970 at boot; 0 if the machine does not know. */
	uint64_t (*boot_epoch_s)(void);
	/* Nanoseconds the boot core has spent halted, for idle time. */
	uint64_t (*idle_ns)(void);
	void (*cpu)(struct platform_cpu *cpu);
	const struct log *(*log)(void);
	/* Of the boot before this one; NULL: lost, or there was none. */
	const struct log *(*previous_log)(void);

	/* The body of /proc/interrupts. */
	void (*show_interrupts)(struct out *out);
	/* numeric: -nn; detail: 0, 1 for -v, 2 for -vv. slot NULL: all. */
	void (*show_pci)(struct out *out, bool numeric, unsigned int detail,
			 const char *slot);
	/* Bytes of RAM the firmware gave us, kernel image included. */
	uint64_t (*ram_len)(void);
	/* Lines about the serial port: received, sent, overrun, ... */
	void (*show_serial)(struct out *out);
};
