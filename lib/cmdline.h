/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel command line: words between blanks, "key=value" or "key". What is
 * said later counts, as everywhere in the configuration.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The value of the last "key=value" goes to value[size] (at least 1; cut to fit
 * and NUL-terminated), "" if the word is just "key". false, and value untouched,
 * if there is no such word.
 */
bool cmdline_value(const char *cmdline, const char *key, char *value,
		   size_t size);
