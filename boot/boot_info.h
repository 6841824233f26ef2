/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware told us, in one form. Four producers fill it (PVH,
 * Multiboot2 on BIOS, Multiboot2 on EFI, our own EFI loader); afterwards nobody
 * looks at loader data again: every string, map and module here is a copy.
 * There is one, static, filled by boot_start() and given to kernel_main().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BOOT_RANGES_MAX	   128
#define BOOT_CMDLINE_MAX   2048
#define BOOT_CONFIG_COPIED 65536
#define BOOT_WARNINGS_MAX  8
#define BOOT_RSDP_LEN	   36

enum boot_range_type {
	BOOT_RAM = 1, /* free for the kernel */
	BOOT_RESERVED = 2,
	BOOT_ACPI = 3, /* tables; RAM, but left alone */
	BOOT_NVS = 4,
	BOOT_CONFIG = 5, /* RAM, free once the configuration has been read */
};

struct boot_range {
	uint64_t start; /* bytes; page-aligned for BOOT_RAM */
	uint64_t len;	/* bytes; a multiple of pages for BOOT_RAM */
	enum boot_range_type type;
};

struct boot_info {
	const char *loader; /* "pvh", "multiboot2", "efi": for the log */
	/* Time stamp counter at the first instruction of the kernel. */
	uint64_t entry_tsc;
	char cmdline[BOOT_CMDLINE_MAX]; /* NUL-terminated, cut if longer */
	/*
	 * Sorted, merged, no overlaps; what is not listed is reserved (holes
	 * always, more if the map was too long). The kernel's image, with its
	 * stacks, and the low megabyte are BOOT_RESERVED. What the loader left
	 * in BOOT_RAM (modules, its own tables) has been copied and may be
	 * overwritten; a large configuration is at most one BOOT_CONFIG.
	 */
	struct boot_range range[BOOT_RANGES_MAX];
	unsigned int range_count;
	/*
	 * A page of RAM below 640 KiB for the other cores' start-up code, which
	 * begins in real mode; 0 if there is none.
	 */
	uint32_t low_page;
	uint64_t rsdp; /* physical address, 0: search for it */
	/*
	 * The configuration module (boot module, -initrd), NULL if none: a copy
	 * of up to BOOT_CONFIG_COPIED bytes, else where the loader put it.
	 */
	const char *config;
	size_t config_len;
	/* What went wrong on the way, said in the log once there is one. */
	const char *warning[BOOT_WARNINGS_MAX];
	unsigned int warning_count;

	/* Storage behind config, and behind rsdp where the loader copied it. */
	char config_copy[BOOT_CONFIG_COPIED + 1];
	uint8_t rsdp_copy[BOOT_RSDP_LEN] __attribute__((aligned(16)));
};

/* Adds a sentence (which must outlive info); the same one counts once. */
void boot_warn(struct boot_info *info, const char *sentence);

/* The composition root (main.c), entered once, on the boot stack. */
_Noreturn void kernel_main(struct boot_info *info);

/* "v1.0-3-gabcdef", from git; in version.c, made by the build. */
extern const char fairlead_version[];

/* boot/appliance.conf, which `make run` boots with; not NUL-terminated. */
extern const char builtin_config[], builtin_config_end[];
