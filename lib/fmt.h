/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text into a sink. printf's grammar without floating point: flags
 * "-0+ #", width, precision, '*', h hh l ll z, conversions d i u x X o c s p %.
 * Beyond that, as in Linux: %pI4 takes const uint32_t * (an IPv4 address in
 * host order), %pM takes const uint8_t[6] (a MAC address).
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "lib/port.h"

/* Where text goes. write may be called with any piece, also of one byte. */
struct out {
	void (*write)(struct out *out, const char *text, size_t len);
};

void out_vprintf(struct out *out, const char *fmt, va_list args);
void out_printf(struct out *out, const char *fmt, ...) printf_like(2, 3);
void out_write(struct out *out, const char *text, size_t len);
void out_puts(struct out *out, const char *text);

/* A sink over a caller's array: always NUL-terminated, counts what is cut. */
struct out_buf {
	struct out out;
	char *text;
	size_t size;	/* bytes of text[], at least 1 */
	size_t len;	/* bytes written, without the NUL */
	size_t cut_len; /* bytes that found no room */
};

void out_buf_init(struct out_buf *buf, char *text, size_t size);

/* snprintf: returns the length the whole text has (or would have had). */
size_t fmt_print(char *text, size_t size, const char *fmt, ...)
	printf_like(3, 4);
size_t fmt_vprint(char *text, size_t size, const char *fmt, va_list args);
