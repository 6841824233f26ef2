/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing: keys change the line, then the screen is made to agree with it
 * (screen.c). Characters are UTF-8, one column each.
 */
#include "apps/console/editor.h"

#include "apps/console/screen.h"
#include "lib/port.h"
#include "lib/str.h"

void
editor_init(struct editor *editor, struct out *out,
	    const struct history *history)
{
	memset(editor, 0, sizeof(*editor));
	editor->out = out;
	editor->history = history;
	editor->prompt = "";
	editor->plain = true;
	editor->columns = 80;
}

void
editor_start(struct editor *editor)
{
	editor->len = editor->cursor = 0;
	editor->line[0] = '\0';
	editor->at = editor->history->count;
	editor->searching = false;
	editor->kill_grows = false;
	editor->literal = false;
	editor->last_word_len = 0;
	screen_start(editor);
}

static void
bell(struct editor *editor)
{
	out_puts(editor->out, "\a");
}

/* ---- characters and words ----------------------------------------------- */

static bool
is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t
before(const struct editor *editor, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && is_tail(editor->line[at]))
		at--;
	return at;
}

static size_t
behind(const struct editor *editor, size_t at)
{
	if (at < editor->len)
		at++;
	while (at < editor->len && is_tail(editor->line[at]))
		at++;
	return at;
}

static bool
in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static size_t
word_left(const struct editor *editor)
{
	size_t at = editor->cursor;

	while (at > 0 && !in_word(editor->line[at - 1]))
		at--;
	while (at > 0 && in_word(editor->line[at - 1]))
		at--;
	return at;
}

static size_t
word_right(const struct editor *editor)
{
	size_t at = editor->cursor;

	while (at < editor->len && !in_word(editor->line[at]))
		at++;
	while (at < editor->len && in_word(editor->line[at]))
		at++;
	return at;
}

/* ^W: back to the last blank, whatever stands there. */
static size_t
blank_left(const struct editor *editor)
{
	size_t at = editor->cursor;

	while (at > 0 && editor->line[at - 1] == ' ')
		at--;
	while (at > 0 && editor->line[at - 1] != ' ')
		at--;
	return at;
}

/* ---- changes ------------------------------------------------------------ */

bool
editor_insert(struct editor *editor, const char *text, size_t len)
{
	if (len > EDITOR_LINE_MAX - 1 - editor->len) {
		bell(editor);
		return false;
	}
	memmove(editor->line + editor->cursor + len,
		editor->line + editor->cursor,
		editor->len - editor->cursor + 1);
	memcpy(editor->line + editor->cursor, text, len);
	editor->len += len;
	editor->cursor += len;
	screen_inserted(editor, len);
	return true;
}

/* Takes [from, to) out; the cursor goes to from. */
static void
cut(struct editor *editor, size_t from, size_t to)
{
	if (from == to) {
		bell(editor);
		return;
	}
	memmove(editor->line + from, editor->line + to, editor->len - to + 1);
	editor->len -= to - from;
	editor->cursor = from;
	screen_cut(editor);
}

/* The same, but it can be yanked back. */
static void
kill(struct editor *editor, size_t from, size_t to, bool forward)
{
	size_t len = to - from, old;

	if (len == 0) {
		bell(editor);
		return;
	}
	if (!editor->kill_grows)
		editor->kill[0] = '\0';
	old = strlen(editor->kill);
	len = min_of(len, EDITOR_LINE_MAX - 1 - old);
	if (!forward)
		memmove(editor->kill + len, editor->kill, old + 1);
	memcpy(editor->kill + (forward ? old : 0), editor->line + from, len);
	editor->kill[old + len] = '\0';
	editor->kill_grows = true;
	cut(editor, from, to);
}

static void
move(struct editor *editor, size_t to)
{
	if (to == editor->cursor) {
		bell(editor);
		return;
	}
	editor->cursor = to;
	screen_move(editor);
}

void
editor_set(struct editor *editor, const char *text)
{
	str_copy(editor->line, text, sizeof(editor->line));
	editor->len = editor->cursor = strlen(editor->line);
	screen_draw(editor);
}

/* ^T: the two characters before the cursor change places. */
static void
transpose(struct editor *editor)
{
	size_t at = editor->cursor, left, right;
	char text[8];

	if (at == editor->len)
		at = before(editor, at);
	left = before(editor, at);
	right = behind(editor, at);
	if (left == at || right == at) {
		bell(editor);
		return;
	}
	memcpy(text, editor->line + left, at - left);
	memmove(editor->line + left, editor->line + at, right - at);
	memcpy(editor->line + left + (right - at), text, at - left);
	editor->cursor = right;
	screen_draw(editor);
}

/* M-u, M-l, M-c: up to the end of the word. */
static void
change_case(struct editor *editor, char how)
{
	size_t to = word_right(editor);
	bool first = true;

	for (size_t i = editor->cursor; i < to; i++) {
		char *c = &editor->line[i];
		bool upper = how == 'u' || (how == 'c' && first);

		if (upper && *c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
		else if (!upper && *c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		if (in_word(*c))
			first = false;
	}
	editor->cursor = to;
	screen_draw(editor);
}

/* ---- history ------------------------------------------------------------ */

/* The next line in a direction that begins as the own one did. */
static void
walk(struct editor *editor, int direction)
{
	const struct history *history = editor->history;
	uint32_t at = editor->at;
	const char *line;

	if (at >= history->count) {
		memcpy(editor->own, editor->line, editor->len + 1);
		editor->prefix_len = editor->cursor;
		at = history->count;
	}
	for (;;) {
		if ((direction < 0 && at == 0) ||
		    (direction > 0 && at >= history->count)) {
			bell(editor);
			return;
		}
		at = direction < 0 ? at - 1 : at + 1;
		if (at == history->count)
			break;
		line = history_get(history, at);
		if (strncmp(line, editor->own, editor->prefix_len) == 0)
			break;
	}
	editor->at = at;
	editor_set(editor, at == history->count ? editor->own
						: history_get(history, at));
}

/* M-.: the last word of the line before, then of the one before that. */
static void
last_word(struct editor *editor)
{
	const struct history *history = editor->history;
	const char *line, *word;

	if (editor->last_word_len == 0)
		editor->last_word_at = history->count;
	if (editor->last_word_at == 0) {
		bell(editor);
		return;
	}
	if (editor->last_word_len > 0)
		cut(editor, editor->cursor - editor->last_word_len,
		    editor->cursor);
	line = history_get(history, --editor->last_word_at);
	word = strrchr(line, ' ');
	word = word != NULL ? word + 1 : line;
	if (editor_insert(editor, word, strlen(word)))
		editor->last_word_len = strlen(word);
}

/* ---- ^R ----------------------------------------------------------------- */

static void
search_show(struct editor *editor)
{
	const char *line = editor->found > 0 ? history_get(editor->history,
							   editor->found - 1)
					     : "";
	const char *at =
		editor->found > 0 ? strstr(line, editor->pattern) : NULL;

	str_copy(editor->line, line, sizeof(editor->line));
	editor->len = strlen(editor->line);
	editor->cursor = at != NULL ? (size_t)(at - line) : editor->len;
	screen_draw(editor);
}

/* The next older line with the pattern, from index - 1 down. */
static void
search_from(struct editor *editor, uint32_t index)
{
	const char *line;

	for (; index > 0; index--) {
		line = history_get(editor->history, index - 1);
		if (line != NULL && strstr(line, editor->pattern) != NULL) {
			editor->found = index;
			search_show(editor);
			return;
		}
	}
	bell(editor);
	search_show(editor);
}

static void
search_begin(struct editor *editor)
{
	memcpy(editor->own, editor->line, editor->len + 1);
	editor->searching = true;
	editor->pattern[0] = '\0';
	editor->pattern_len = 0;
	editor->found = 0;
	search_show(editor);
}

static void
search_end(struct editor *editor, bool keep)
{
	editor->searching = false;
	editor->at = editor->history->count;
	if (!keep || editor->found == 0)
		editor_set(editor, editor->own);
	else
		screen_draw(editor);
}

/* True if the key was part of the search. */
static bool
search_key(struct editor *editor, const struct key *key)
{
	size_t len = strlen(key->text);

	if (key->kind == KEY_TEXT &&
	    editor->pattern_len + len < sizeof(editor->pattern)) {
		memcpy(editor->pattern + editor->pattern_len, key->text,
		       len + 1);
		editor->pattern_len += len;
		search_from(editor, editor->found > 0 ? editor->found
						      : editor->history->count);
		return true;
	}
	if (key->kind == KEY_ERASE) {
		while (editor->pattern_len > 0 &&
		       is_tail(editor->pattern[--editor->pattern_len]))
			;
		editor->pattern[editor->pattern_len] = '\0';
		search_from(editor, editor->history->count);
		return true;
	}
	if (key->kind == KEY_CONTROL && key->letter == 'r') {
		search_from(editor, editor->found > 0 ? editor->found - 1
						      : editor->history->count);
		return true;
	}
	search_end(editor, !(key->kind == KEY_CONTROL &&
			     (key->letter == 'g' || key->letter == 'c')));
	return key->kind == KEY_CONTROL && key->letter == 'g';
}

/* ---- keys --------------------------------------------------------------- */

/* Is a "?" here a question, not a character? */
static bool
is_question(const struct editor *editor)
{
	char quote = '\0', last = '\0';

	for (size_t i = 0; i < editor->cursor; i++) {
		last = editor->line[i];
		if (quote != '\0')
			quote = last == quote ? '\0' : quote;
		else if (last == '"' || last == '\'')
			quote = last;
	}
	/* Behind a pipe it may be part of a pattern. */
	return quote == '\0' && last != '$' && last != '\\' &&
	       strchr(editor->line, '|') == NULL;
}

static void
meta_key(struct editor *editor, char letter)
{
	switch (letter) {
	case 'b': move(editor, word_left(editor)); break;
	case 'f': move(editor, word_right(editor)); break;
	case 'd': kill(editor, editor->cursor, word_right(editor), true); break;
	case 'u':
	case 'l':
	case 'c': change_case(editor, letter); break;
	case '.':
	case '_': last_word(editor); break;
	default: bell(editor);
	}
}

static enum edit
control_key(struct editor *editor, char letter)
{
	switch (letter) {
	case 'a': move(editor, 0); break;
	case 'b': move(editor, before(editor, editor->cursor)); break;
	case 'c': screen_end(editor, "^C"); return EDIT_INTERRUPT;
	case 'd':
		if (editor->len == 0)
			return EDIT_END;
		cut(editor, editor->cursor, behind(editor, editor->cursor));
		break;
	case 'e': move(editor, editor->len); break;
	case 'f': move(editor, behind(editor, editor->cursor)); break;
	case 'k': kill(editor, editor->cursor, editor->len, true); break;
	case 'l': return EDIT_CLEAR;
	case 'n': walk(editor, 1); break;
	case 'p': walk(editor, -1); break;
	case 'r': search_begin(editor); break;
	case 't': transpose(editor); break;
	case 'u': kill(editor, 0, editor->cursor, false); break;
	case 'v': editor->literal = true; break;
	case 'w':
		kill(editor, blank_left(editor), editor->cursor, false);
		break;
	case 'y':
		editor_insert(editor, editor->kill, strlen(editor->kill));
		break;
	case 'g': bell(editor); break;
	default: break;
	}
	return EDIT_ON;
}

static enum edit
plain_key(struct editor *editor, const struct key *key)
{
	size_t at = editor->cursor;

	switch (key->kind) {
	case KEY_TEXT:
		if (key->text[0] == '?' && !editor->literal &&
		    is_question(editor))
			return EDIT_LIST;
		editor_insert(editor, key->text, strlen(key->text));
		break;
	case KEY_ENTER: screen_end(editor, ""); return EDIT_LINE;
	case KEY_CONTROL: return control_key(editor, key->letter);
	case KEY_META: meta_key(editor, key->letter); break;
	case KEY_ERASE: cut(editor, before(editor, at), at); break;
	case KEY_META_ERASE: kill(editor, word_left(editor), at, false); break;
	case KEY_DELETE: cut(editor, at, behind(editor, at)); break;
	case KEY_TAB: return EDIT_COMPLETE;
	case KEY_UP: walk(editor, -1); break;
	case KEY_DOWN: walk(editor, 1); break;
	case KEY_LEFT: move(editor, before(editor, at)); break;
	case KEY_RIGHT: move(editor, behind(editor, at)); break;
	case KEY_WORD_LEFT: move(editor, word_left(editor)); break;
	case KEY_WORD_RIGHT: move(editor, word_right(editor)); break;
	case KEY_HOME: move(editor, 0); break;
	case KEY_END: move(editor, editor->len); break;
	default: break;
	}
	return EDIT_ON;
}

/* Keys that go on with what the one before began. */
static bool
is_kill(const struct key *key)
{
	return key->kind == KEY_META_ERASE ||
	       (key->kind == KEY_META && key->letter == 'd') ||
	       (key->kind == KEY_CONTROL &&
		(key->letter == 'k' || key->letter == 'u' ||
		 key->letter == 'w'));
}

enum edit
editor_key(struct editor *editor, const struct key *key)
{
	bool literal = editor->literal;
	enum edit edit;

	if (key->kind == KEY_NONE)
		return EDIT_ON;
	if (editor->searching && search_key(editor, key))
		return EDIT_ON;
	if (!is_kill(key))
		editor->kill_grows = false;
	if (!(key->kind == KEY_META &&
	      (key->letter == '.' || key->letter == '_')))
		editor->last_word_len = 0;
	edit = plain_key(editor, key);
	if (literal)
		editor->literal = false;
	return edit;
}

void
editor_leave(struct editor *editor)
{
	screen_leave(editor);
}

void
editor_below(struct editor *editor)
{
	screen_end(editor, "");
}

void
editor_return(struct editor *editor)
{
	screen_start(editor);
	screen_draw(editor);
}
