/* SPDX-License-Identifier: BSD-2-Clause */
/* How a line in the making looks; for editor.c only. */
#pragma once

#include "apps/console/editor.h"

/* The prompt at the start of a row. */
void screen_start(struct editor *editor);

/* len bytes were put in before the cursor. */
void screen_inserted(struct editor *editor, size_t len);

/* Some were taken out at the cursor. */
void screen_cut(struct editor *editor);

/* The cursor has moved; the text is as it was. */
void screen_move(struct editor *editor);

/* Anything may have changed. */
void screen_draw(struct editor *editor);

/* The line is over: behind it, and down to a fresh row. */
void screen_end(struct editor *editor, const char *mark);

/* To a fresh row, as clean as the terminal can. */
void screen_leave(struct editor *editor);
