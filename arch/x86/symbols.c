/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks addresses up in the table that symbols.awk wrote. Used only by panic
 * reports: no state, and nothing that can fault.
 */
#include "arch/x86/symbols.h"

extern const uint8_t __text_start[], __text_end[];

/* Addresses in rising order, and where in symbol_names each name begins. */
extern const uint32_t symbol_count;
extern const uint32_t symbol_address[];
extern const uint32_t symbol_name[];
extern const char symbol_names[];

bool
symbol_is_text(uintptr_t addr)
{
	return addr >= (uintptr_t)__text_start && addr < (uintptr_t)__text_end;
}

const char *
symbol_find(uintptr_t addr, size_t *offset)
{
	uint32_t low = 0, high = symbol_count;

	if (!symbol_is_text(addr))
		return NULL;
	/* Ends with the first entry beyond the one that holds addr. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (symbol_address[middle] <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = addr - symbol_address[low - 1];
	return symbol_names + symbol_name[low - 1];
}
