/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What our EFI loader (boot/efi/) hands to the kernel: one block of memory
 * below 4 GiB that begins with this structure. Addresses are physical; 0 means
 * absent.
 */
#pragma once

#include <stdint.h>

#define EFI_HANDOFF_VERSION 1

enum efi_handoff_warning {
	EFI_HANDOFF_CONFIG_TOO_BIG = 1,
	EFI_HANDOFF_CONFIG_UNREADABLE = 2,
	EFI_HANDOFF_OPTIONS_NOT_TEXT = 4,
};

struct efi_handoff {
	uint32_t magic; /* BOOT_MAGIC_EFI */
	uint32_t version;
	uint64_t rsdp;
	/* The final memory map, as UEFI gave it [UEFI 7.2]. */
	uint64_t map, map_len;
	uint64_t cmdline, cmdline_len; /* ASCII */
	uint64_t config, config_len;
	uint32_t map_stride;
	uint32_t warnings; /* of enum efi_handoff_warning, or-ed */
};

_Static_assert(sizeof(struct efi_handoff) == 72, "both sides see the same");
