/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory under UEFI: one block of our own, the final map of all of it, and page
 * tables for the few instructions between the firmware's and none.
 */
#include "boot/efi/efiboot.h"

#define PTE_TABLE   0x003u /* present, writable */
#define PTE_PAGE_2M 0x083u /* and a page of 2 MiB */
#define EXIT_TRIES  8
#define CR4_LA57    (1ull << 12)

EFI_STATUS
memory_map(const struct efiboot *efi, void *bytes, UINTN size,
	   struct efi_map *map, UINTN *key)
{
	EFI_STATUS status;
	UINTN len = size, stride = 0;
	UINT32 version;

	status = efi->boot->GetMemoryMap(&len, bytes, key, &stride, &version);
	map->bytes = bytes;
	map->len = EFI_ERROR(status) ? 0 : len;
	map->stride = stride;
	return status;
}

/*
 * The firmware may not be asked for any place below 4 GiB that it likes: it
 * could give us the kernel's. So look for one and ask for exactly that.
 */
static const char *
block_find(const struct efiboot *efi, void *bytes, UINTN size, UINTN block_len,
	   EFI_PHYSICAL_ADDRESS *at)
{
	const struct elf_image *kernel = &efi->kernel;
	struct efi_map map;
	UINTN key;

	if (EFI_ERROR(memory_map(efi, bytes, size, &map, &key)))
		return "the firmware gives no memory map";
	if (!efi_map_is_ram(&map, kernel->start, kernel->end))
		return "the memory from 1 MiB on, where the kernel has to be, "
		       "is taken by the firmware";
	*at = efi_map_find(&map, block_len, kernel->start, kernel->end);
	if (*at == 0)
		return "no memory is left below 4 GiB";
	return NULL;
}

const char *
memory_take_pages(const struct efiboot *efi, UINTN len, EFI_MEMORY_TYPE type,
		  EFI_PHYSICAL_ADDRESS *at)
{
	UINTN size = sizeof(efi->block->map);
	const char *wrong;
	void *bytes;

	len = (len + EFIBOOT_PAGE - 1) & ~(UINTN)(EFIBOOT_PAGE - 1);
	if (EFI_ERROR(efi->boot->AllocatePool(EfiLoaderData, size, &bytes)))
		return "no memory for the memory map";
	wrong = block_find(efi, bytes, size, len, at);
	efi->boot->FreePool(bytes);
	if (wrong)
		return wrong;
	if (EFI_ERROR(efi->boot->AllocatePages(AllocateAddress, type,
					       len / EFIBOOT_PAGE, at)))
		return "the firmware refuses memory that it calls free";
	return NULL;
}

const char *
memory_take(struct efiboot *efi)
{
	UINTN len = sizeof(*efi->block) + efi->kernel.end - efi->kernel.start;
	EFI_PHYSICAL_ADDRESS at;
	const char *wrong;

	/* Code, because the trampoline in it is to be run. */
	wrong = memory_take_pages(efi, len, EfiLoaderCode, &at);
	if (!wrong)
		efi->block = (struct efiboot_block *)at;
	return wrong;
}

/*
 * Whatever changes the map in between (a timer in the firmware may) makes the
 * key stale; then both are done again [UEFI 7.4, ExitBootServices].
 */
const char *
memory_exit(struct efiboot *efi)
{
	struct efiboot_block *block = efi->block;
	EFI_STATUS status = EFI_INVALID_PARAMETER;
	struct efi_map map;
	unsigned int i;
	UINTN key;

	for (i = 0; i < EXIT_TRIES && status == EFI_INVALID_PARAMETER; i++) {
		if (EFI_ERROR(memory_map(efi, block->map, sizeof(block->map),
					 &map, &key)))
			return "the final memory map does not fit";
		if (!efi_map_is_ram(&map, efi->kernel.start, efi->kernel.end))
			return "the kernel's place was taken on the way";
		status = efi->boot->ExitBootServices(efi->self, key);
	}
	if (EFI_ERROR(status))
		return "the firmware does not let us leave";
	block->handoff.map = (uintptr_t)block->map;
	block->handoff.map_len = map.len;
	block->handoff.map_stride = map.stride;
	return NULL;
}

/* The table that entry i of table leads to; made of the next spare page. */
static uint64_t *
table_below(struct efiboot_block *block, unsigned int *used, uint64_t *table,
	    unsigned int i)
{
	if (table[i] == 0)
		table[i] = (uintptr_t)block->table[(*used)++] | PTE_TABLE;
	return (uint64_t *)(table[i] & ~0xfffull);
}

/* Maps the 2 MiB around addr one to one. */
static void
table_map(struct efiboot_block *block, unsigned int *used, uint64_t *pml4,
	  uint64_t addr)
{
	uint64_t *table = table_below(block, used, pml4, addr >> 39 & 511);

	table = table_below(block, used, table, addr >> 30 & 511);
	table[addr >> 21 & 511] = (addr & ~0x1fffffull) | PTE_PAGE_2M;
}

/*
 * The code that loads CR3 may lie across two pages of 2 MiB, and anywhere. With
 * five levels (LA57), which cannot be switched off here, one more goes on top.
 */
uint64_t
memory_tables(struct efiboot_block *block, const void *here)
{
	uint64_t *pml4 = block->table[0], *pml5 = block->table[1], cr4;
	unsigned int used = 2;

	__builtin_memset(block->table, 0, sizeof(block->table));
	table_map(block, &used, pml4, (uintptr_t)block->trampoline);
	table_map(block, &used, pml4, (uintptr_t)here);
	table_map(block, &used, pml4, (uintptr_t)here + EFIBOOT_PAGE);
	__asm__("movq %%cr4, %0" : "=r"(cr4));
	if (!(cr4 & CR4_LA57))
		return (uintptr_t)pml4;
	pml5[0] = (uintptr_t)pml4 | PTE_TABLE;
	return (uintptr_t)pml5;
}
