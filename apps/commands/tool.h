/* SPDX-License-Identifier: BSD-2-Clause */
/* What Unix tools have in common: words about mistakes, times as text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"

#define NS_PER_S 1000000000ull

/* "0.2", "5": seconds; false if it is no such number below a day. */
bool seconds_parse(const char *text, uint64_t *ns);

/* 1234567 ns is "1.23", as ping shows milliseconds: three digits. */
void milliseconds_text(uint64_t ns, char *text, size_t size);

/* "PRE.MID" in thousandths: 1234567 ns is "1.235". */
void microseconds_show(struct out *out, uint64_t ns);

/* part of whole in per cent, six significant digits, as printf's %g. */
void percent_show(struct out *out, uint64_t part, uint64_t whole);

uint64_t square_root(uint64_t value);
