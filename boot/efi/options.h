/* SPDX-License-Identifier: BSD-2-Clause */
/* UEFI load options as a kernel command line. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Turns len bytes of load options into text (NUL-terminated, cut at size) and
 * returns its length. false in *is_text, and no text, if they hold anything but
 * UTF-16 that is printable ASCII: firmware leaves all kinds of things there.
 */
size_t options_text(const uint8_t *options, size_t len, char *text, size_t size,
		    bool *is_text);
