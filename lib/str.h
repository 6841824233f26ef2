/* SPDX-License-Identifier: BSD-2-Clause */
/* Text to values: numbers, addresses. All input is untrusted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whole-string conversions: false (and *out untouched) on an empty string, a
 * stray character or a value that does not fit.
 */
bool str_u64(const char *text, uint64_t *out); /* decimal, 0x hex, 0 octal */
bool str_u32(const char *text, uint32_t *out);
bool str_mac(const char *text, uint8_t out[6]); /* aa:bb:cc:dd:ee:ff */
/* Dotted quad, all four parts, no leading zeros; host order. */
bool str_ipv4(const char *text, uint32_t *out);
/* "10.0.0.0/8", "10/8" (iproute2 pads with zeros), "10.0.0.0/255.0.0.0",
 * "10.1.2.3" = /32, "default"/"any"/"all" = 0.0.0.0/0. Host bits may be set. */
bool str_prefix(const char *text, uint32_t *addr, uint8_t *len);

/* Copies at most size-1 bytes and terminates; returns strlen(src). */
size_t str_copy(char *dst, const char *src, size_t size);
/* True if text begins with prefix. */
bool str_starts(const char *text, const char *prefix);
