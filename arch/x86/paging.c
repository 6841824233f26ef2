/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page tables: one identity map, each page with just the rights it needs
 * [SDM 3 4.5] [HARDWARE 4.2]. Nothing is both writable and executable; page
 * zero and the pages below stacks are not mapped at all. Pages of 1 GiB and 2
 * MiB where they fit, so that a small machine spends a handful of tables.
 * State: the root; tables are pages of the page allocator and never given back.
 */
#include <arch/cpu.h>
#include <arch/vm.h>

#include "arch/x86/core.h"
#include "arch/x86/cpu_private.h"
#include "arch/x86/vm_private.h"
#include "lib/pages.h"

#define PTE_PRESENT	  (1ull << 0)
#define PTE_WRITE	  (1ull << 1)
#define PTE_WRITE_THROUGH (1ull << 3)
#define PTE_CACHE_DISABLE (1ull << 4)
#define PTE_LARGE	  (1ull << 7)
#define PTE_NX		  (1ull << 63)
#define PTE_ADDR	  0x000ffffffffff000ull
#define PTE_HARDWARE_SET  (3ull << 5) /* accessed, dirty */
#define TABLE_ENTRIES	  512u

/* PAT entry 3 is UC from reset on [HARDWARE 4.2]. */
#define PTE_UNCACHED (PTE_WRITE_THROUGH | PTE_CACHE_DISABLE)

/* A level's entries map 4 KiB, 2 MiB, 1 GiB, 512 GiB each. */
enum level { LEVEL_4K, LEVEL_2M, LEVEL_1G, LEVEL_ROOT };

#define VIRT_BITS 47 /* the lower half of four levels */

#define CR0_WRITE_PROTECT (1ull << 16)
#define CR4_MACHINE_CHECK (1ull << 6)
#define CR4_UMIP	  (1ull << 11)
#define CR4_SMEP	  (1ull << 20)
#define CR4_SMAP	  (1ull << 21)
#define EFER_NXE	  (1ull << 11)

/* The linker script's, each at a page boundary. */
extern const uint8_t __image_start[], __image_end[];
extern const uint8_t __text_start[], __text_end[];
extern const uint8_t __rodata_start[], __rodata_end[];
extern const uint8_t __data_start[], __bss_end[];

static struct pages *table_pages;
static uint64_t *root;
static bool is_enabled;

static uint64_t
level_size(enum level level)
{
	return (uint64_t)PAGE_SIZE << 9 * level;
}

/* A right that this CPU can deny; all but the oldest can. */
static uint64_t
no_execute(void)
{
	return cpu_info()->has_nx ? PTE_NX : 0;
}

static enum level
level_largest(void)
{
	return cpu_info()->has_1g_pages ? LEVEL_1G : LEVEL_2M;
}

static uint64_t *
table_alloc(void)
{
	uint64_t *table = pages_alloc(table_pages, 0);

	if (table)
		memset(table, 0, PAGE_SIZE);
	return table;
}

static void
tlb_forget(uint64_t addr)
{
	if (is_enabled)
		__asm__ volatile("invlpg (%0)" : : "r"(addr) : "memory");
}

/* Replaces a large page by a table that maps the same in the next size. */
static enum status
entry_split(uint64_t *entry, enum level level)
{
	uint64_t *table = table_alloc();
	uint64_t size = level_size(level - 1), page = *entry;

	if (!table)
		return ERR_NOMEM;
	if (level - 1 == LEVEL_4K)
		page &= ~PTE_LARGE;
	for (uint64_t i = 0; i < TABLE_ENTRIES; i++)
		table[i] = page + i * size;
	*entry = (uintptr_t)table | PTE_WRITE | PTE_PRESENT;
	return OK;
}

/*
 * The entry of a level that addr is mapped by; missing tables are made, larger
 * pages on the way split. NULL: no memory for a table.
 */
static uint64_t *
entry_get(uint64_t addr, enum level want)
{
	uint64_t *table = root;

	for (enum level level = LEVEL_ROOT;; level--) {
		uint64_t *entry =
			&table[addr / level_size(level) % TABLE_ENTRIES];

		if (level == want)
			return entry;
		if (!(*entry & PTE_PRESENT)) {
			uint64_t *below = table_alloc();

			if (!below)
				return NULL;
			/* Rights are the last level's to give. */
			*entry = (uintptr_t)below | PTE_WRITE | PTE_PRESENT;
		} else if (*entry & PTE_LARGE) {
			if (entry_split(entry, level) != OK)
				return NULL;
		}
		table = (uint64_t *)(uintptr_t)(*entry & PTE_ADDR);
	}
}

/* The entry that maps addr now, whatever its size; NULL: not mapped. */
static const uint64_t *
entry_find(uint64_t addr, enum level *level)
{
	const uint64_t *table = root;

	for (*level = LEVEL_ROOT;; (*level)--) {
		const uint64_t *entry =
			&table[addr / level_size(*level) % TABLE_ENTRIES];

		if (!(*entry & PTE_PRESENT))
			return NULL;
		if (*level == LEVEL_4K || *entry & PTE_LARGE)
			return entry;
		table = (const uint64_t *)(uintptr_t)(*entry & PTE_ADDR);
	}
}

/* The largest page that begins at addr and ends by end. */
static enum level
level_fitting(uint64_t addr, uint64_t end)
{
	enum level level = level_largest();

	while (level > LEVEL_4K &&
	       (addr % level_size(level) || end - addr < level_size(level)))
		level--;
	return level;
}

/*
 * Maps whole pages. What is mapped already may be so again, with the same
 * rights; with others it is ERR_EXIST, and everything before it stays mapped.
 */
static enum status
map(uint64_t start, uint64_t end, uint64_t rights)
{
	while (start < end) {
		enum level level = level_fitting(start, end), found;
		const uint64_t *old = entry_find(start, &found);
		uint64_t *entry, large;

		if (old) {
			uint64_t ignore =
				PTE_ADDR | PTE_LARGE | PTE_HARDWARE_SET;

			if ((*old & ~ignore) != (rights | PTE_PRESENT))
				return ERR_EXIST;
			start += level_size(found) - start % level_size(found);
			continue;
		}
		for (;;) {
			entry = entry_get(start, level);
			if (!entry)
				return ERR_NOMEM;
			/* Smaller pages are in that range: go between them. */
			if (!(*entry & PTE_PRESENT))
				break;
			assert(level > LEVEL_4K); /* entry_find() found none */
			level--;
		}
		large = level > LEVEL_4K ? PTE_LARGE : 0;
		*entry = start | rights | large | PTE_PRESENT;
		start += level_size(level);
	}
	return OK;
}

/* Rounds outwards to pages; refuses what no address can have. */
static enum status
map_bytes(uint64_t phys, uint64_t len, uint64_t rights)
{
	uint64_t limit = 1ull << min_of(cpu_info()->phys_bits, VIRT_BITS + 0u);
	uint64_t start = phys & ~(uint64_t)(PAGE_SIZE - 1);

	if (len == 0 || phys >= limit || len > limit - phys || start == 0)
		return ERR_RANGE;
	return map(start, (phys + len + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE,
		   rights);
}

static enum status
map_section(const uint8_t *start, const uint8_t *end, uint64_t rights)
{
	if (start == end)
		return OK;
	return map_bytes((uintptr_t)start, (uint64_t)(end - start), rights);
}

enum status
vm_init(struct pages *pages)
{
	uint64_t nx = no_execute();
	enum status status;

	table_pages = pages;
	root = table_alloc();
	if (!root)
		return ERR_NOMEM;
	/* Headers for loaders, if any, come before the text. */
	status = map_section(__image_start, __text_start, nx);
	if (status == OK)
		status = map_section(__text_start, __text_end, 0);
	if (status == OK)
		status = map_section(__rodata_start, __rodata_end, nx);
	if (status == OK)
		status = map_section(__data_start, __bss_end, PTE_WRITE | nx);
	if (status == OK)
		status = vm_unmap_guard((uintptr_t)boot_stack_guard);
	for (unsigned int i = 0; i < CORE_IST_COUNT && status == OK; i++)
		status = vm_unmap_guard((uintptr_t)core[0].exception[i].guard);
	return status;
}

enum status
vm_map_ram(uint64_t phys, uint64_t len)
{
	return map_bytes(phys, len, PTE_WRITE | no_execute());
}

enum status
vm_map_readonly(uint64_t phys, uint64_t len)
{
	return map_bytes(phys, len, no_execute());
}

enum status
vm_map_code(uint64_t phys)
{
	uint64_t *entry;

	if (phys == 0 || phys % PAGE_SIZE)
		return ERR_INVAL;
	entry = entry_get(phys, LEVEL_4K);
	if (!entry)
		return ERR_NOMEM;
	*entry = phys | PTE_PRESENT;
	tlb_forget(phys);
	return OK;
}

enum status
vm_unmap_guard(uintptr_t addr)
{
	uint64_t *entry = entry_get(addr, LEVEL_4K);

	if (!entry)
		return ERR_NOMEM;
	*entry = 0;
	tlb_forget(addr);
	return OK;
}

void *
vm_map_mmio(uint64_t phys, uint64_t len)
{
	enum status status =
		map_bytes(phys, len, PTE_WRITE | PTE_UNCACHED | no_execute());

	if (status == OK)
		return (void *)(uintptr_t)phys;
	log_err("vm: cannot map device memory 0x%llx, %llu bytes: %s",
		(unsigned long long)phys, (unsigned long long)len,
		status == ERR_EXIST   ? "is RAM"
		: status == ERR_RANGE ? "no such address"
				      : "no memory for page tables");
	return NULL;
}

uint64_t
vm_root(void)
{
	return (uintptr_t)root;
}

void
vm_protect_core(void)
{
	const struct cpu_info *cpu = cpu_info();
	uint64_t cr0, cr4;

	if (cpu->has_nx)
		msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %0, %%cr0"
			 :
			 : "r"(cr0 | CR0_WRITE_PROTECT)
			 : "memory");
	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	if (cpuid_read(1, 0).edx & CPUID_1_EDX_MCE)
		cr4 |= CR4_MACHINE_CHECK;
	cr4 |= (cpu->has_smep ? CR4_SMEP : 0) | (cpu->has_smap ? CR4_SMAP : 0) |
	       (cpu->has_umip ? CR4_UMIP : 0);
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
}

void
vm_enable(void)
{
	/* NXE first: with it off, an NX bit in a table is a reserved bit. */
	vm_protect_core();
	__asm__ volatile("movq %0, %%cr3" : : "r"(vm_root()) : "memory");
	is_enabled = true;
}

const char *
vm_describe(uintptr_t addr)
{
	static const struct {
		const uint8_t *start, *end;
		const char *name;
	} part[] = {
		{ __text_start, __text_end,
		  "the kernel's text (read and execute only)" },
		{ __rodata_start, __rodata_end,
		  "the kernel's constants (read-only)" },
		{ __data_start, __bss_end,
		  "the kernel's data (not executable)" },
	};
	enum level level;
	const uint64_t *entry;

	for (size_t i = 0; i < array_len(part); i++)
		if (addr >= (uintptr_t)part[i].start &&
		    addr < (uintptr_t)part[i].end)
			return part[i].name;
	if (!is_enabled)
		return NULL;
	if (addr >> VIRT_BITS)
		return "no address space";
	entry = entry_find(addr, &level);
	if (!entry)
		return "unmapped memory";
	return *entry & PTE_CACHE_DISABLE ? "device registers"
					  : "RAM (not executable)";
}
