/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines typed before, the oldest forgotten first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HISTORY_LEN   8192u /* bytes of all lines */
#define HISTORY_LINES 64u

struct history {
	char text[HISTORY_LEN]; /* lines with their NULs, oldest first */
	uint16_t at[HISTORY_LINES];
	uint32_t count;
	uint32_t used;
	uint64_t added; /* lines ever: their numbers begin at 1 */
};

void history_init(struct history *history);

/*
 * Remembers a line; not an empty one, not one that begins with a blank, not the
 * last one again, and none with a secret in it (a word "password" or "key").
 */
void history_add(struct history *history, const char *line);

/* The i-th line, 0 being the oldest; NULL. */
const char *history_get(const struct history *history, uint32_t i);
/* Its number, as `history` and !N have it. */
uint64_t history_number(const struct history *history, uint32_t i);
/* The line of that number; NULL. */
const char *history_find(const struct history *history, uint64_t number);
