/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line being typed, with the keys of GNU readline's emacs mode, drawn on a
 * terminal or on something dumber: plain output uses printable characters, CR,
 * LF and BS only. Pure: keys in, bytes out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/console/history.h"
#include "apps/console/keys.h"
#include "lib/fmt.h"

#define EDITOR_LINE_MAX 1024u /* bytes with the NUL */

enum edit {
	EDIT_ON,	/* nothing for the owner to do */
	EDIT_LINE,	/* the line is complete, in editor.line */
	EDIT_INTERRUPT, /* ^C: it was given up */
	EDIT_END,	/* ^D on an empty line */
	EDIT_COMPLETE,	/* Tab */
	EDIT_LIST,	/* ?: what may stand here */
	EDIT_CLEAR,	/* ^L */
};

struct editor {
	struct out *out;
	const struct history *history;
	const char *prompt; /* no control characters */
	bool plain;
	uint16_t columns;

	char line[EDITOR_LINE_MAX];
	size_t len, cursor; /* bytes */
	char kill[EDITOR_LINE_MAX];
	bool kill_grows; /* the last key killed: the next one adds to it */
	bool literal;	 /* ^V: the next character as it is */

	/* What is on the screen. */
	size_t drawn_cursor; /* column behind the prompt's start */
	size_t drawn_end;
	bool windowed; /* plain: a part of a line that is too long */
	size_t window; /* first character of it */

	/* Walking through the history; at == count: the line of one's own. */
	uint32_t at;
	size_t prefix_len;
	char own[EDITOR_LINE_MAX];

	/* ^R */
	bool searching;
	char pattern[64];
	size_t pattern_len;
	uint32_t found; /* index + 1; 0: nothing */

	/* M-. */
	uint32_t last_word_at;
	size_t last_word_len;
};

void editor_init(struct editor *editor, struct out *out,
		 const struct history *history);

/* An empty line with its prompt. */
void editor_start(struct editor *editor);

enum edit editor_key(struct editor *editor, const struct key *key);

/* Puts text in at the cursor; false, with a BEL, if it is too long. */
bool editor_insert(struct editor *editor, const char *text, size_t len);

/*
 * Other output is to come, in the place of the line or below it;
 * editor_return() draws the line again behind it.
 */
void editor_leave(struct editor *editor);
void editor_below(struct editor *editor);
void editor_return(struct editor *editor);

/* Replaces the whole line (for history expansion); redraws it. */
void editor_set(struct editor *editor, const char *text);
