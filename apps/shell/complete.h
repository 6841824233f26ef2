/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may stand at a place of a command line: from the command table, and from
 * the box (its interfaces, its tunables). For Tab and for "?".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct shell;

struct completion {
	/* Where the word begins that is being typed. */
	size_t from;
	/*
	 * Told of each word that may stand there. placeholder: not a word to
	 * type but a name for one ("ADDR").
	 */
	void (*offer)(struct completion *completion, const char *word,
		      const char *help, bool placeholder);
};

/* Looks at line[0..len). Calls offer for each possibility, any number. */
void complete(const struct shell *shell, const char *line, size_t len,
	      struct completion *completion);
