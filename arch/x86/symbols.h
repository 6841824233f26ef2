/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for code addresses, for backtraces. The table is made by the build: nm
 * of a first link becomes the table of the second (symbols.awk). It lies behind
 * the text, whose addresses therefore are the same in both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The function that addr lies in and how far in; NULL if addr is not in the
 * kernel's text.
 */
const char *symbol_find(uintptr_t addr, size_t *offset);

/* True if addr is in the text section. */
bool symbol_is_text(uintptr_t addr);
