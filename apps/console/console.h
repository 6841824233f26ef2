/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A person, or a script, at a terminal: bytes in, bytes out, time as argument.
 * The owner moves the bytes; nothing here ever waits. An instance for each
 * terminal.
 *
 *	console_init(&console, &box_world, &box, net);
 *	console_start(&console);		(the prompt)
 *	for (;;) {
 *		console_input(&console, bytes, len, now);
 *		again = console_poll(&console, now);
 *		len = console_output(&console, bytes, room);
 *		... halt until console_deadline() or an interrupt
 *	}
 *
 * Until the other side has shown that it is a terminal it gets plain text only:
 * printable characters, CR, LF, BS and BEL. It shows it by sending the sequence
 * of a cursor key (or ^L); then it is asked for its cursor's position, and what
 * answers within 200 ms is a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/console/editor.h"
#include "apps/console/history.h"
#include "apps/console/keys.h"
#include "apps/shell/shell.h"

#define CONSOLE_OUT_LEN	  32768u	/* bytes that wait for the device */
#define CONSOLE_AHEAD_LEN 1024u		/* bytes typed while a command runs */
#define CONSOLE_FULL_NS	  3000000000ull /* so long more of them may wait */
#define CONSOLE_LOG_LEN	  2048u		/* bytes of others' lines */
#define CONSOLE_DETECT_NS 200000000u

struct console {
	struct shell shell;
	struct editor editor;
	struct keys keys;
	struct history history;
	struct out out; /* into the ring */
	char prompt[80];
	bool running; /* a command; else a line is being edited */

	enum {
		TERMINAL_UNKNOWN,
		TERMINAL_ASKED,
		TERMINAL_DUMB,
		TERMINAL_MEASURED, /* a terminal; its size was asked for */
		TERMINAL_ANSI,
	} terminal;
	uint64_t asked_ns;
	uint16_t rows;

	/* Lines that a backslash continues. */
	char line[SHELL_LINE_MAX];
	size_t line_len;
	bool too_long;

	bool pasting;	   /* between the brackets of a paste */
	bool paste_failed; /* the rest of it is thrown away */
	uint32_t paste_line;
	uint64_t line_noise; /* keys.noise_count when the line began */
	bool tab;	     /* the last key was Tab */

	/* What may stand here is being shown, as far as there was room. */
	enum { LIST_NONE, LIST_WORDS, LIST_HELP } listing;
	uint32_t listed;

	bool paused; /* ^S */
	uint8_t ahead[CONSOLE_AHEAD_LEN];
	uint64_t full_ns; /* since when there is no room in it; 0: there is */
	uint32_t typed_lost; /* bytes, since the command began */
	uint32_t ahead_prod, ahead_cons;

	/* Free-running, as in the drivers' rings. */
	char ring[CONSOLE_OUT_LEN];
	uint32_t ring_prod, ring_cons;
	bool cr_sent;	     /* of the \r\n that a \n becomes */
	uint64_t lost_count; /* bytes that found no room */

	/* Lines of the log, put in by anybody on this core, at any time. */
	struct out log;
	char log_ring[CONSOLE_LOG_LEN];
	uint32_t log_prod, log_cons;
	uint64_t log_lost_count; /* bytes that found no room; dmesg has them */
};

void console_init(struct console *console, const struct shell_world *world,
		  struct box *box, struct net *net);

/* The first prompt. */
void console_start(struct console *console);

/* What arrived. Returns how much was taken: the rest is to be offered again.
 * While a command runs and there is no room for longer than CONSOLE_FULL_NS,
 * all is taken, for the sake of a ^C, and what was lost is told. */
size_t console_input(struct console *console, const void *bytes, size_t len,
		     uint64_t now_ns);

/* Bytes that the line has damaged (framing, parity): they count as noise. */
void console_noise(struct console *console, uint32_t count);

/* Goes on; true: call again at once. */
bool console_poll(struct console *console, uint64_t now_ns);

/* When to call console_poll() at the latest; TIMER_NEVER. */
uint64_t console_deadline(const struct console *console);

/* Up to size bytes for the device, line breaks as CR LF; how many. */
size_t console_output(struct console *console, char *bytes, size_t size);

/* Is there something for the device? */
bool console_has_output(const struct console *console);
