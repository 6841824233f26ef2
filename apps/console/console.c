/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the bytes of a line and the shell: the editor while a line is typed,
 * the shell while it runs, one ring for what both say. What does not fit into
 * the ring is counted; commands are only stepped when there is room, so that
 * this happens to nobody but a log that talks too much.
 */
#include "apps/console/console.h"

#include "apps/box.h"
#include "apps/console/assist.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"

/* ---- the output ring ---------------------------------------------------- */

static size_t
ring_room(const struct console *console)
{
	return CONSOLE_OUT_LEN - (console->ring_prod - console->ring_cons);
}

static void
ring_write(struct out *out, const char *text, size_t len)
{
	struct console *console = container_of(out, struct console, out);

	for (size_t i = 0; i < len; i++) {
		if (ring_room(console) == 0) {
			console->lost_count += len - i;
			return;
		}
		console->ring[console->ring_prod++ % CONSOLE_OUT_LEN] = text[i];
	}
}

/* For what a key or a turn prints, and the line that is edited again. */
static bool
can_print(const struct console *console)
{
	return ring_room(console) >= JOB_ROOM;
}

/* Not each time that the device has taken a few bytes. */
static bool
can_list(const struct console *console)
{
	return console->listing && ring_room(console) >= 2 * (size_t)JOB_ROOM;
}

static size_t
shell_room(const struct shell *shell)
{
	return ring_room(container_of(shell, struct console, shell));
}

size_t
console_output(struct console *console, char *bytes, size_t size)
{
	size_t len = 0;
	char c;

	while (len < size && !console->paused &&
	       console->ring_cons != console->ring_prod) {
		c = console->ring[console->ring_cons % CONSOLE_OUT_LEN];
		if (c == '\n' && !console->cr_sent) {
			bytes[len++] = '\r';
			console->cr_sent = true;
			continue;
		}
		bytes[len++] = c;
		console->cr_sent = c == '\r';
		console->ring_cons++;
	}
	return len;
}

bool
console_has_output(const struct console *console)
{
	return !console->paused && console->ring_cons != console->ring_prod;
}

/* ---- the log ------------------------------------------------------------ */

static void
log_write(struct out *out, const char *text, size_t len)
{
	struct console *console = container_of(out, struct console, log);

	for (size_t i = 0; i < len; i++) {
		if (console->log_prod - console->log_cons == CONSOLE_LOG_LEN) {
			console->log_lost_count += len - i;
			return;
		}
		console->log_ring[console->log_prod++ % CONSOLE_LOG_LEN] =
			text[i];
	}
}

static uint32_t
whole_log_lines(const struct console *console)
{
	uint32_t end = console->log_cons;

	for (uint32_t i = console->log_cons; i != console->log_prod; i++) {
		if (console->log_ring[i % CONSOLE_LOG_LEN] == '\n')
			end = i + 1;
	}
	return end;
}

/* Above the line that is being edited. */
static void
show_log(struct console *console)
{
	uint32_t end = whole_log_lines(console);

	if (end == console->log_cons || console->listing || !can_print(console))
		return;
	if (!console->running)
		editor_leave(&console->editor);
	for (; console->log_cons != end; console->log_cons++)
		out_write(
			&console->out,
			&console->log_ring[console->log_cons % CONSOLE_LOG_LEN],
			1);
	if (!console->running)
		editor_return(&console->editor);
}

/* ---- prompts ------------------------------------------------------------ */

static void
prompt(struct console *console)
{
	if (console->line_len > 0 || console->too_long)
		str_copy(console->prompt, "> ", sizeof(console->prompt));
	else
		fmt_print(console->prompt, sizeof(console->prompt), "%s# ",
			  console->shell.box->hostname);
	console->line_noise = console->keys.noise_count;
	console->tab = false;
	console->running = false;
	editor_start(&console->editor);
}

void
console_init(struct console *console, const struct shell_world *world,
	     struct box *box, struct net *net)
{
	memset(console, 0, sizeof(*console));
	shell_init(&console->shell, world, box, net);
	console->out.write = ring_write;
	console->log.write = log_write;
	console->shell.out = console->shell.err = &console->out;
	console->shell.room = shell_room;
	console->shell.face = SHELL_TERMINAL;
	console->shell.plain = true;
	console->shell.terminal = &console_terminal;
	console->rows = 24;
	keys_init(&console->keys);
	history_init(&console->history);
	editor_init(&console->editor, &console->out, &console->history);
	console->editor.prompt = console->prompt;
}

void
console_start(struct console *console)
{
	prompt(console);
}

void
console_noise(struct console *console, uint32_t count)
{
	console->keys.noise_count += count;
}

/* ---- is it a terminal? -------------------------------------------------- */

static void
become_terminal(struct console *console)
{
	console->shell.plain = false;
	console->editor.plain = false;
	console->terminal = TERMINAL_MEASURED;
	/* To the far corner and back; and brackets around what is pasted. */
	out_puts(&console->out, "\0337\033[999;999H\033[6n\0338\033[?2004h");
}

/* Keys that only a terminal's user can have pressed. */
static bool
proves_terminal(const struct key *key)
{
	switch (key->kind) {
	case KEY_UP:
	case KEY_DOWN:
	case KEY_LEFT:
	case KEY_RIGHT:
	case KEY_WORD_LEFT:
	case KEY_WORD_RIGHT:
	case KEY_HOME:
	case KEY_END:
	case KEY_DELETE: return true;
	case KEY_CONTROL: return key->letter == 'l';
	default: return false;
	}
}

static void
detect(struct console *console, const struct key *key, uint64_t now_ns)
{
	if (key->kind == KEY_REPORT) {
		if (console->terminal == TERMINAL_ASKED) {
			become_terminal(console);
		} else if (console->terminal == TERMINAL_MEASURED) {
			console->terminal = TERMINAL_ANSI;
			console_resize(console, key->row, key->column);
		}
	} else if (console->terminal == TERMINAL_UNKNOWN &&
		   proves_terminal(key)) {
		console->terminal = TERMINAL_ASKED;
		console->asked_ns = now_ns;
		out_puts(&console->out, "\033[6n");
	}
}

static void
detect_tick(struct console *console, uint64_t now_ns)
{
	if (console->terminal == TERMINAL_ASKED &&
	    now_ns >= console->asked_ns + CONSOLE_DETECT_NS)
		console->terminal = TERMINAL_DUMB;
}

/* ---- lines -------------------------------------------------------------- */

/* A wrong baud rate makes lines of garbage: none of it is to run. */
static bool
is_noise(struct console *console)
{
	uint64_t noise = console->keys.noise_count - console->line_noise;

	if (noise * 10 <= console->editor.len + noise || noise == 0)
		return false;
	out_printf(&console->out, "binary noise ignored, %llu bytes\n",
		   (unsigned long long)noise);
	return true;
}

/* "!!" and "!12" stand for lines of the history; false: there is none. */
static bool
expand(struct console *console)
{
	const char *line = console->line, *found = NULL;
	uint64_t number;

	if (line[0] != '!' || line[1] == '\0')
		return true;
	if (strcmp(line, "!!") == 0)
		found = history_get(&console->history,
				    console->history.count - 1);
	else if (str_u64(line + 1, &number))
		found = history_find(&console->history, number);
	if (found == NULL) {
		out_printf(&console->out, "%s: event not found\n", line);
		return false;
	}
	str_copy(console->line, found, sizeof(console->line));
	out_printf(&console->out, "%s\n", console->line);
	return true;
}

/* A whole line, continued ones joined, is in console->line. */
static void
run_line(struct console *console)
{
	console->line_len = 0;
	if (!expand(console))
		return;
	history_add(&console->history, console->line);
	console->running = shell_run(&console->shell, console->line);
}

static void
paste_ended(struct console *console)
{
	if (console->paste_failed)
		out_printf(&console->out, "paste stopped at line %u\n",
			   console->paste_line);
	console->pasting = console->paste_failed = false;
}

static void
enter(struct console *console)
{
	const struct editor *editor = &console->editor;

	console->paste_line++;
	if (is_noise(console)) {
		console->line_len = 0;
	} else if (console->line_len + editor->len >= sizeof(console->line)) {
		out_puts(&console->out, "the line is too long\n");
		console->line_len = 0;
	} else {
		memcpy(console->line + console->line_len, editor->line,
		       editor->len + 1);
		console->line_len += editor->len;
		if (lexer_continues(console->line))
			console->line[--console->line_len] = '\0';
		else
			run_line(console);
	}
	if (!console->running)
		prompt(console);
}

static void
clear_screen(struct console *console)
{
	if (console->editor.plain) {
		editor_leave(&console->editor);
	} else {
		out_puts(&console->out, "\033[H\033[2J");
	}
	editor_return(&console->editor);
}

/* ---- keys --------------------------------------------------------------- */

static void
handle_edit(struct console *console, enum edit edit)
{
	bool second = console->tab;

	console->tab = false;
	switch (edit) {
	case EDIT_ON: break;
	case EDIT_LINE: enter(console); break;
	case EDIT_INTERRUPT:
		console->line_len = 0;
		console->shell.status = 130;
		prompt(console);
		break;
	case EDIT_END:
		console->line_len = 0;
		out_puts(&console->out, "\n");
		prompt(console);
		break;
	case EDIT_COMPLETE:
		/* A pasted tab is a blank. */
		if (console->pasting)
			editor_insert(&console->editor, " ", 1);
		else
			console->tab = assist_complete(console, second);
		break;
	case EDIT_LIST:
		if (console->pasting)
			editor_insert(&console->editor, "?", 1);
		else
			assist_list(console);
		break;
	case EDIT_CLEAR: clear_screen(console); break;
	}
}

static void
handle_key(struct console *console, const struct key *key, uint64_t now_ns)
{
	detect(console, key, now_ns);
	if (key->kind == KEY_PASTE_BEGIN) {
		console->pasting = true;
		console->paste_failed = false;
		console->paste_line = 0;
	} else if (key->kind == KEY_PASTE_END) {
		paste_ended(console);
		prompt(console);
	} else if (!console->paste_failed) {
		handle_edit(console, editor_key(&console->editor, key));
	}
}

/* ---- input -------------------------------------------------------------- */

static void
handle_byte(struct console *console, uint8_t byte, uint64_t now_ns)
{
	struct key key = keys_byte(&console->keys, byte, now_ns);

	if (key.kind != KEY_NONE)
		handle_key(console, &key, now_ns);
}

/* The command that runs is to end; what was typed ahead, and what it has said
 * but nobody has seen, is forgotten. */
static void
interrupt(struct console *console, uint64_t now_ns)
{
	console->ring_cons = console->ring_prod;
	out_puts(&console->out, "^C\n");
	console->ahead_cons = console->ahead_prod;
	shell_interrupt(&console->shell, now_ns);
}

/*
 * Typed while a command runs, or faster than commands run. False: there is no
 * room now. Whoever sends waits; but behind what waits there may be a ^C, and
 * a command that does not end by itself would never end. So after a while what
 * comes is looked at for that alone, and lost.
 */
static bool
keep_byte(struct console *console, uint8_t byte, uint64_t now_ns)
{
	if (console->ahead_prod - console->ahead_cons < CONSOLE_AHEAD_LEN) {
		console->ahead[console->ahead_prod++ % CONSOLE_AHEAD_LEN] =
			byte;
		console->full_ns = 0;
		return true;
	}
	if (!console->full_ns)
		console->full_ns = now_ns;
	if (!console->running || now_ns - console->full_ns < CONSOLE_FULL_NS)
		return false;
	console->typed_lost++;
	return true;
}

/* Does the command that runs want to know of it? */
static bool
wants_typed(const struct shell *shell)
{
	const struct command *command = shell->job.command;

	return shell->state == SHELL_RUN && command != NULL &&
	       (command->flags & COMMAND_TYPES);
}

#define XON  0x11
#define XOFF 0x13
#define ETX  0x03 /* ^C */

size_t
console_input(struct console *console, const void *bytes, size_t len,
	      uint64_t now_ns)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < len; i++) {
		/* Anything but ^S lets the output go on. */
		console->paused = byte[i] == XOFF;
		if (byte[i] == XOFF || byte[i] == XON)
			continue;
		if (console->running && byte[i] == ETX)
			interrupt(console, now_ns);
		else if (!keep_byte(console, byte[i], now_ns))
			return i;
		else if (wants_typed(&console->shell))
			job_wake(&console->shell.job);
	}
	return len;
}

/* Keys that were typed, as long as a line is being edited and can be drawn. */
static bool
can_take(const struct console *console)
{
	return !console->running && !console->listing && can_print(console) &&
	       console->ahead_cons != console->ahead_prod;
}

static void
take_ahead(struct console *console, uint64_t now_ns)
{
	while (can_take(console))
		handle_byte(console,
			    console->ahead[console->ahead_cons++ %
					   CONSOLE_AHEAD_LEN],
			    now_ns);
}

/* ---- the loop's side ---------------------------------------------------- */

static void
command_over(struct console *console)
{
	assist_error(console);
	if (console->typed_lost)
		out_printf(&console->out,
			   "%u bytes that were typed meanwhile are lost\n",
			   console->typed_lost);
	console->typed_lost = 0;
	if (console->pasting && console->shell.status != 0)
		console->paste_failed = true;
	prompt(console);
}

bool
console_poll(struct console *console, uint64_t now_ns)
{
	bool again = false;

	keys_tick(&console->keys, now_ns);
	detect_tick(console, now_ns);
	show_log(console);
	if (console->running) {
		again = shell_poll(&console->shell, now_ns);
		if (!shell_busy(&console->shell))
			command_over(console);
	}
	if (can_list(console))
		assist_go_on(console);
	take_ahead(console, now_ns);
	return again ||
	       (console->running && shell_deadline(&console->shell) <= now_ns);
}

uint64_t
console_deadline(const struct console *console)
{
	uint64_t due = keys_deadline(&console->keys);

	if (console->terminal == TERMINAL_ASKED)
		due = min_of(due, console->asked_ns + CONSOLE_DETECT_NS);
	if (console->running)
		due = min_of(due, shell_deadline(&console->shell));
	if (can_list(console) || can_take(console) ||
	    (!console->listing && can_print(console) &&
	     whole_log_lines(console) != console->log_cons))
		due = 0;
	return due;
}
