/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs command lines: lists with ; && ||, pipes into filters, aliases, exit
 * codes. An instance per face (the serial console, a configuration file); each
 * runs one command at a time, in pieces, whenever it is polled.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/shell/command.h"
#include "apps/shell/filter.h"
#include "apps/shell/lexer.h"

#define SHELL_LINE_MAX	  1024u /* bytes of a line with its NUL */
#define SHELL_FILTERS_MAX 4u

/* What is typed, and what it stands for; the words behind it are appended. */
struct shell_alias {
	const char *typed;   /* NULL closes a table */
	const char *run[2];  /* when nothing follows */
	const char *with[2]; /* when words follow; NULL: as run */
	const char *help;
};

struct shell;

/* What a shell can do: const, the same for all faces. */
struct shell_world {
	const struct command *commands;
	/* Name of the command that a first word is a subcommand of if it is
	 * no command itself: "ip". */
	const char *implied;
	const struct shell_alias *aliases;
	/* Tells offer() the words that a value may be, from the box's state. */
	void (*offer_values)(const struct shell *shell, int kind, void *ctx,
			     void (*offer)(void *ctx, const char *word,
					   const char *help));
	/* "> path": returns the exit code, having said what is wrong. */
	int (*write_file)(struct job *job, const char *path, const char *text);
};

/* What a terminal can be asked for; NULL members: it cannot. */
struct shell_terminal {
	/* The i-th line of the history, oldest first; NULL behind the last. */
	const char *(*history)(const struct shell *shell, uint32_t i,
			       uint32_t *number);
	/* "dumb", "ansi"; 0: as it is. */
	void (*set)(struct shell *shell, const char *mode, uint16_t rows,
		    uint16_t columns);
	/* Takes bytes that were typed while a command with COMMAND_TYPES
	 * runs; it is woken when there are some, and echoes them itself. */
	size_t (*typed)(struct shell *shell, uint8_t *bytes, size_t size);
	/* Writes what `stty` says of it. */
	void (*show)(const struct shell *shell, struct out *out);
};

enum shell_face {
	SHELL_TERMINAL, /* a person types */
	SHELL_CONFIG,	/* lines of a file: nothing may wait */
	SHELL_CHECK,	/* the same on a host: nothing touches the machine */
	SHELL_PROGRAM,	/* another program asks and reads */
};

struct shell {
	/* Set by the owner before the first poll. */
	const struct shell_world *world;
	struct box *box;
	struct net *net;
	struct out *out, *err;
	/* Bytes the sinks take now; NULL: any number. */
	size_t (*room)(const struct shell *shell);
	enum shell_face face;
	bool plain; /* escape sequences are not welcome */
	uint16_t columns;
	const struct shell_terminal *terminal; /* NULL: none */

	int status; /* $? */
	enum { SHELL_IDLE, SHELL_NEXT, SHELL_RUN, SHELL_FINISH } state;
	char line[SHELL_LINE_MAX];
	struct lexer lexer;
	enum token joint; /* what stands before the next command */

	/* The pipeline that runs. */
	char text[SHELL_LINE_MAX + JOB_WORDS_MAX];
	char *word[JOB_WORDS_MAX + 1];
	uint16_t column[JOB_WORDS_MAX];
	unsigned int word_count;
	const struct shell_alias *alias;
	unsigned int alias_words; /* words of alias->typed */
	unsigned int stage;	  /* which of its commands runs */
	char alias_text[64];
	unsigned int alias_count; /* words of the stage's own text */
	char *job_word[JOB_WORDS_MAX + 1];
	struct filter filter[SHELL_FILTERS_MAX];
	unsigned int filter_count, filter_done;
	struct filter_tail tail;
	bool redirected;
	char path[64];
	char file_text[256];
	struct out_buf file;
	struct job job;
};

void shell_init(struct shell *shell, const struct shell_world *world,
		struct box *box, struct net *net);

/*
 * Begins a line (copied). False, with a message and status 2, if it is no
 * command line at all; nothing of it runs then. Only when idle (asserted).
 */
bool shell_run(struct shell *shell, const char *line);

/* Goes on with it as far as room and time allow. True: call again at once. */
bool shell_poll(struct shell *shell, uint64_t now_ns);

/* When to poll again at the latest; TIMER_NEVER. */
uint64_t shell_deadline(const struct shell *shell);

static inline bool
shell_busy(const struct shell *shell)
{
	return shell->state != SHELL_IDLE;
}

/* Ctrl-C: ends the command that runs, and the rest of its line. */
void shell_interrupt(struct shell *shell, uint64_t now_ns);

/* Where in the line the word job->error.word stands, from 0; its length. */
bool shell_error_at(const struct shell *shell, size_t *column, size_t *len);

/*
 * The command that words name, as far as they do: *count words of them. NULL if
 * not even the first is a command. Options of the outer command are skipped.
 */
const struct command *command_find(const struct shell_world *world,
				   char *const *word, unsigned int word_count,
				   unsigned int *count);
/* The command that goes without saying; NULL if there is none. */
const struct command *command_implied(const struct shell_world *world);
/* A subcommand by name, or abbreviated where the parent allows it. */
const struct command *command_sub(const struct command *parent,
				  const char *word);
