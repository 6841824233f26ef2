/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion, lists, carets, and what `stty` and `history` ask of a console. */
#include "apps/console/assist.h"

#include "apps/shell/complete.h"
#include "lib/port.h"
#include "lib/str.h"

/* ---- Tab and ? ---------------------------------------------------------- */

struct gathering {
	struct completion completion;
	char common[128]; /* what all of them begin with */
	uint32_t count;
	uint32_t width; /* of the longest */
	/* Of a listing: */
	struct console *console;
	bool full; /* there is more than room for it */
};

static void
gather(struct completion *completion, const char *word, const char *help,
       bool placeholder)
{
	struct gathering *g =
		container_of(completion, struct gathering, completion);
	size_t i = 0;

	if (placeholder)
		return;
	g->width = max_of(g->width, (uint32_t)strlen(word));
	if (g->count++ == 0) {
		str_copy(g->common, word, sizeof(g->common));
		return;
	}
	while (g->common[i] != '\0' && g->common[i] == word[i])
		i++;
	g->common[i] = '\0';
}

/* Is it this one's turn, and is there room for it, and for the line again? */
static bool
is_next(struct gathering *g)
{
	struct console *console = g->console;

	if (g->count++ < console->listed)
		return false;
	g->full |= console->shell.room(&console->shell) < JOB_ROOM;
	if (g->full)
		return false;
	console->listed++;
	return true;
}

/* In columns, as wide as the widest needs. */
static void
list_word(struct completion *completion, const char *word, const char *help,
	  bool placeholder)
{
	struct gathering *g =
		container_of(completion, struct gathering, completion);
	struct console *console = g->console;
	uint32_t per_row = max_of(1u, console->shell.columns / (g->width + 2));

	if (placeholder || !is_next(g))
		return;
	if (console->listed > 1 && console->listed % per_row == 1 % per_row)
		out_puts(&console->out, "\n");
	out_printf(&console->out, "%-*s", (int)g->width + 2, word);
}

static void
ask(struct console *console, struct gathering *g,
    void (*offer)(struct completion *, const char *, const char *, bool))
{
	g->console = console;
	g->completion.offer = offer;
	complete(&console->shell, console->editor.line, console->editor.cursor,
		 &g->completion);
}

static void
explain(struct completion *completion, const char *word, const char *help,
	bool placeholder)
{
	struct gathering *g =
		container_of(completion, struct gathering, completion);
	char text[128];

	if (!is_next(g))
		return;
	fmt_print(text, sizeof(text), placeholder ? "<%s>" : "%s", word);
	out_printf(&g->console->out, "  %-24s  %s\n", text,
		   help != NULL ? help : "");
}

void
assist_go_on(struct console *console)
{
	struct gathering g = { .count = 0 };

	if (console->listing == LIST_WORDS) {
		ask(console, &g, gather);
		g.count = 0;
		ask(console, &g, list_word);
	} else {
		ask(console, &g, explain);
	}
	if (g.full)
		return;
	if (console->listing == LIST_WORDS)
		out_puts(&console->out, "\n");
	else if (g.count == 0)
		out_puts(&console->out, "  nothing more is expected here\n");
	console->listing = LIST_NONE;
	editor_return(&console->editor);
}

static void
list(struct console *console, int listing)
{
	editor_below(&console->editor);
	console->listing = listing;
	console->listed = 0;
	assist_go_on(console);
}

void
assist_list(struct console *console)
{
	list(console, LIST_HELP);
}

/* Does more of the same word usually follow? */
static bool
goes_on(const char *word)
{
	size_t len = strlen(word);

	return len > 0 && (word[len - 1] == '/' || word[len - 1] == '=' ||
			   word[len - 1] == '.');
}

bool
assist_complete(struct console *console, bool again)
{
	struct editor *editor = &console->editor;
	struct gathering g = { .count = 0 };
	size_t typed;

	ask(console, &g, gather);
	typed = editor->cursor - min_of(g.completion.from, editor->cursor);
	if (g.count == 0) {
		out_puts(&console->out, "\a");
		return false;
	}
	if (strlen(g.common) > typed) {
		editor_insert(editor, g.common + typed,
			      strlen(g.common) - typed);
		if (g.count > 1)
			return true;
	}
	if (g.count == 1) {
		if (!goes_on(g.common))
			editor_insert(editor, " ", 1);
		return false;
	}
	if (!again) {
		out_puts(&console->out, "\a");
		return true;
	}
	list(console, LIST_WORDS);
	return true;
}

/* ---- mistakes ----------------------------------------------------------- */

void
assist_error(struct console *console)
{
	const struct args_error *error = &console->shell.job.error;
	size_t column, len;

	if (console->shell.plain || console->shell.status == 0 ||
	    error->problem == ARGS_OK ||
	    !shell_error_at(&console->shell, &column, &len))
		return;
	out_printf(&console->out, "    %s\n    %*s", console->shell.line,
		   (int)column, "");
	for (size_t i = 0; i < len; i++)
		out_puts(&console->out, i == 0 ? "^" : "~");
	out_puts(&console->out, "\n");
	if (error->spec != NULL && error->spec->help != NULL)
		out_printf(&console->out, "    %s: %s\n",
			   error->spec->what != NULL ? error->spec->what
						     : error->spec->word,
			   error->spec->help);
}

/* ---- stty, history ------------------------------------------------------ */

void
console_resize(struct console *console, uint16_t rows, uint16_t columns)
{
	if (rows >= 2)
		console->rows = rows;
	if (columns >= 20) {
		console->shell.columns = columns;
		console->editor.columns = columns;
	}
}

static const struct console *
console_of(const struct shell *shell)
{
	return container_of(shell, struct console, shell);
}

static const char *
terminal_history(const struct shell *shell, uint32_t i, uint32_t *number)
{
	const struct history *history = &console_of(shell)->history;

	*number = (uint32_t)history_number(history, i);
	return history_get(history, i);
}

static void
terminal_set(struct shell *shell, const char *mode, uint16_t rows,
	     uint16_t columns)
{
	struct console *console = container_of(shell, struct console, shell);

	console_resize(console, rows, columns);
	if (mode == NULL)
		return;
	shell->plain = console->editor.plain = strcmp(mode, "dumb") == 0;
	console->terminal = shell->plain ? TERMINAL_DUMB : TERMINAL_ANSI;
}

static void
terminal_show(const struct shell *shell, struct out *out)
{
	const struct console *console = console_of(shell);

	out_printf(out,
		   "%s; rows %u; columns %u; %llu bytes of noise, %llu "
		   "bytes lost\n",
		   shell->plain ? "dumb" : "ansi", console->rows,
		   shell->columns,
		   (unsigned long long)console->keys.noise_count,
		   (unsigned long long)(console->lost_count +
					console->log_lost_count));
}

static size_t
terminal_typed(struct shell *shell, uint8_t *bytes, size_t size)
{
	struct console *console = container_of(shell, struct console, shell);
	size_t len = 0;

	while (len < size && console->ahead_cons != console->ahead_prod)
		bytes[len++] = console->ahead[console->ahead_cons++ %
					      CONSOLE_AHEAD_LEN];
	return len;
}

const struct shell_terminal console_terminal = {
	.history = terminal_history,
	.typed = terminal_typed,
	.set = terminal_set,
	.show = terminal_show,
};
