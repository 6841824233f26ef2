/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drawing. A terminal that understands escape sequences shows a long line over
 * several rows. A dumb one gets characters, and backspaces within a row; a line
 * that outgrows the row is shown as it is typed, and once the cursor moves in
 * it, as a window of one row. [ECMA-48 8.3 for the sequences]
 */
#include "apps/console/screen.h"

#include "lib/port.h"

#define CR_LF "\r\n"

static size_t
characters(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* Bytes of the first count characters. */
static size_t
bytes_of(const char *text, size_t len, size_t count)
{
	size_t i = 0;

	while (i < len) {
		if (((unsigned char)text[i] & 0xc0) != 0x80 && count-- == 0)
			break;
		i++;
	}
	return i;
}

static void
repeat(struct editor *editor, const char *text, size_t count)
{
	while (count-- > 0)
		out_puts(editor->out, text);
}

/* What stands before the line: the prompt, or that of a search. */
static size_t
prompt_width(const struct editor *editor)
{
	if (editor->searching)
		return strlen("(reverse-i-search)`': ") +
		       characters(editor->pattern, editor->pattern_len);
	return strlen(editor->prompt);
}

static void
put_prompt(struct editor *editor)
{
	if (editor->searching)
		out_printf(editor->out,
			   "(reverse-i-search)`%s': ", editor->pattern);
	else
		out_puts(editor->out, editor->prompt);
}

/* Columns from the prompt's start to the cursor, and to the end. */
static size_t
cursor_column(const struct editor *editor)
{
	return prompt_width(editor) + characters(editor->line, editor->cursor);
}

static size_t
end_column(const struct editor *editor)
{
	return prompt_width(editor) + characters(editor->line, editor->len);
}

void
screen_start(struct editor *editor)
{
	put_prompt(editor);
	editor->drawn_cursor = editor->drawn_end = prompt_width(editor);
	editor->windowed = false;
	editor->window = 0;
}

/* ---- terminals ---------------------------------------------------------- */

/* From the drawn cursor to another place, both counted from the prompt. */
static void
ansi_go(struct editor *editor, size_t to)
{
	size_t from_row = editor->drawn_cursor / editor->columns;
	size_t to_row = to / editor->columns, column = to % editor->columns;

	if (to_row < from_row)
		out_printf(editor->out, "\033[%zuA", from_row - to_row);
	else if (to_row > from_row)
		out_printf(editor->out, "\033[%zuB", to_row - from_row);
	out_puts(editor->out, "\r");
	if (column > 0)
		out_printf(editor->out, "\033[%zuC", column);
	editor->drawn_cursor = to;
}

static void
ansi_draw(struct editor *editor)
{
	size_t end = end_column(editor);

	ansi_go(editor, 0);
	put_prompt(editor);
	out_write(editor->out, editor->line, editor->len);
	/* At the right edge the cursor hangs until something follows. */
	if (end > 0 && end % editor->columns == 0)
		out_puts(editor->out, CR_LF);
	out_puts(editor->out, "\033[J");
	editor->drawn_cursor = editor->drawn_end = end;
	ansi_go(editor, cursor_column(editor));
}

/* ---- dumb ones ---------------------------------------------------------- */

static bool
fits_row(const struct editor *editor)
{
	return end_column(editor) < editor->columns;
}

/* One row: prompt, a part of the line with the cursor in it, blanks. */
static void
window_draw(struct editor *editor)
{
	size_t prompt = prompt_width(editor), width, at, from, to, drawn;

	width = editor->columns > prompt + 2 ? editor->columns - prompt - 1 : 1;
	at = characters(editor->line, editor->cursor);
	if (at < editor->window)
		editor->window = at > width / 2 ? at - width / 2 : 0;
	/* There is always something to see behind the cursor. */
	if (at > editor->window + width ||
	    (at == editor->window + width && editor->cursor < editor->len))
		editor->window = at - width / 2;
	from = bytes_of(editor->line, editor->len, editor->window);
	to = bytes_of(editor->line, editor->len, editor->window + width);
	out_puts(editor->out, "\r");
	put_prompt(editor);
	out_write(editor->out, editor->line + from, to - from);
	drawn = prompt + characters(editor->line + from, to - from);
	if (drawn < editor->drawn_end) {
		repeat(editor, " ", editor->drawn_end - drawn);
		repeat(editor, "\b", editor->drawn_end - drawn);
	}
	repeat(editor, "\b", drawn - prompt - (at - editor->window));
	editor->drawn_end = drawn;
	editor->drawn_cursor = prompt + at - editor->window;
}

static void
plain_draw(struct editor *editor)
{
	/* What was typed over several rows is left above. */
	if (!editor->windowed && editor->drawn_end >= editor->columns) {
		out_puts(editor->out, CR_LF);
		editor->drawn_end = editor->drawn_cursor = 0;
	}
	editor->windowed = !fits_row(editor);
	if (!editor->windowed)
		editor->window = 0;
	window_draw(editor);
}

static void
plain_move(struct editor *editor)
{
	size_t to = cursor_column(editor), from = editor->drawn_cursor;

	if (editor->windowed || editor->drawn_end >= editor->columns) {
		plain_draw(editor);
		return;
	}
	if (to < from)
		repeat(editor, "\b", from - to);
	else
		out_write(editor->out,
			  editor->line + bytes_of(editor->line, editor->len,
						  from - prompt_width(editor)),
			  editor->cursor -
				  bytes_of(editor->line, editor->len,
					   from - prompt_width(editor)));
	editor->drawn_cursor = to;
}

/* ---- either ------------------------------------------------------------- */

void
screen_draw(struct editor *editor)
{
	if (editor->plain)
		plain_draw(editor);
	else
		ansi_draw(editor);
}

void
screen_move(struct editor *editor)
{
	if (editor->plain)
		plain_move(editor);
	else
		ansi_go(editor, cursor_column(editor));
}

void
screen_inserted(struct editor *editor, size_t len)
{
	size_t end = end_column(editor);
	bool at_end = editor->cursor == editor->len && !editor->windowed &&
		      editor->drawn_cursor == editor->drawn_end;

	/* Typing at the end is the usual thing: only the character goes out. */
	if (!at_end || editor->searching ||
	    (!editor->plain && end % editor->columns == 0)) {
		screen_draw(editor);
		return;
	}
	out_write(editor->out, editor->line + editor->len - len, len);
	editor->drawn_cursor = editor->drawn_end = end;
}

void
screen_cut(struct editor *editor)
{
	size_t end = end_column(editor);

	/* Erasing at the end is the usual thing; it works on anything. */
	if (editor->cursor < editor->len || editor->windowed ||
	    editor->searching || editor->drawn_cursor < editor->drawn_end ||
	    editor->drawn_end >= editor->columns) {
		screen_draw(editor);
		return;
	}
	repeat(editor, "\b \b", editor->drawn_end - end);
	editor->drawn_cursor = editor->drawn_end = end;
}

void
screen_end(struct editor *editor, const char *mark)
{
	if (!editor->plain) {
		ansi_go(editor, editor->drawn_end);
	} else if (editor->cursor < editor->len) {
		size_t cursor = editor->cursor;

		editor->cursor = editor->len;
		screen_move(editor);
		editor->cursor = cursor;
	}
	out_puts(editor->out, mark);
	out_puts(editor->out, CR_LF);
}

void
screen_leave(struct editor *editor)
{
	if (editor->plain) {
		out_puts(editor->out, CR_LF);
		return;
	}
	ansi_go(editor, 0);
	out_puts(editor->out, "\033[J");
}
