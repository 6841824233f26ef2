/* SPDX-License-Identifier: BSD-2-Clause */
/* What a console does for the person at it; for console.c only. */
#pragma once

#include "apps/console/console.h"

/* Completes the word as far as it is clear. again: lists if it is not. True if
 * another Tab would list. */
bool assist_complete(struct console *console, bool again);

/* Lists what may stand here, with a word about each: as far as there is room
 * for it. Then console->listing is set, and assist_go_on() shows more. */
void assist_list(struct console *console);
void assist_go_on(struct console *console);

/* On a terminal: where in the line the mistake was, and what was expected. */
void assist_error(struct console *console);

void console_resize(struct console *console, uint16_t rows, uint16_t columns);

extern const struct shell_terminal console_terminal;
