/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of our EFI loader, in the order in which they run: main.c finds
 * things out and loads the kernel into a spare place, config.c reads the
 * configuration from a disk, tftp.c from the network, memory.c finds room and
 * leaves the firmware, leave.S moves the kernel to where it belongs and enters
 * it.
 */
#pragma once

#include <efi.h>

#include "boot/boot_info.h"
#include "boot/efi/elf.h"
#include "boot/efi_handoff.h"
#include "boot/efi_map.h"
#include "boot/entry.h"

#define EFIBOOT_PAGE   4096u
#define EFIBOOT_TABLES 9u /* PML5, PML4; PDPT and PD for two places; spare */

/* What leave.S finds in its page, behind its code. */
struct efiboot_params {
	uint32_t stage, target, len; /* bytes; len is a multiple of 4 */
	uint32_t entry, handoff;
};

/*
 * The one block of memory that the loader takes, below 4 GiB and away from the
 * place of the kernel, with room for the kernel's image behind it.
 */
struct efiboot_block {
	uint8_t trampoline[EFIBOOT_PAGE];
	uint64_t table[EFIBOOT_TABLES][512];
	uint8_t sector[EFIBOOT_PAGE]; /* for disks that insist on alignment */
	struct efi_handoff handoff;
	char cmdline[BOOT_CMDLINE_MAX];
	/* OVMF's map has some 100 descriptors of 48 bytes, servers' 1000. */
	uint8_t map[128 * 1024] __attribute__((aligned(16)));
	uint8_t stage[] __attribute__((aligned(EFIBOOT_PAGE)));
};

struct efiboot {
	EFI_HANDLE self;
	EFI_SYSTEM_TABLE *system;
	EFI_BOOT_SERVICES *boot;
	EFI_LOADED_IMAGE *loaded;
	struct elf_image kernel;
	struct efiboot_block *block;
};

/* config.c: reads the file, if there is one, into memory of its own. */
void config_read(struct efiboot *efi);
/* Room for the file, which is the configuration from now on; NULL: none. */
char *config_room(const struct efiboot *efi, UINT64 len);
/* It is none after all. */
void config_is_unreadable(struct efiboot *efi);

/* tftp.c: the same from where the firmware's network boot got us from. true if
 * there is such a file, whatever became of it. */
bool config_from_tftp(struct efiboot *efi);

/*
 * memory.c: the memory map now, in block->map or another buffer; the key of
 * ExitBootServices() in *key.
 */
EFI_STATUS memory_map(const struct efiboot *efi, void *bytes, UINTN size,
		      struct efi_map *map, UINTN *key);
/* Takes memory for len bytes away from the kernel's place, or the block; NULL,
 * or a sentence about why not. */
const char *memory_take_pages(const struct efiboot *efi, UINTN len,
			      EFI_MEMORY_TYPE type, EFI_PHYSICAL_ADDRESS *at);
const char *memory_take(struct efiboot *efi);
/* Ends the firmware's services; NULL, or a sentence about why not. */
const char *memory_exit(struct efiboot *efi);
/* Page tables that map the code around here and the trampoline; for CR3. */
uint64_t memory_tables(struct efiboot_block *block, const void *here);

/* leave.S: the trampoline's code, and where its parameters begin in it. */
extern const uint8_t trampoline_start[], trampoline_params[], trampoline_end[];

/* Loads cr3 and jumps to the trampoline at that address. */
_Noreturn void efiboot_leave(uint64_t cr3, uint64_t trampoline);
