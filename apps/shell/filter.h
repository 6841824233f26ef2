/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind a pipe: filters over the lines of a command's output, in
 * the words of Unix (grep, head, tail, wc) and of other routers (include,
 * exclude, begin, count). A filter is a sink that writes to the next one, so it
 * works on output that comes in pieces over hours, too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/shell/pattern.h"
#include "lib/fmt.h"

#define FILTER_LINE_MAX 1024u /* bytes; a longer line is taken as several */
#define FILTER_TAIL_LEN 8192u /* bytes `tail` can keep */

enum filter_kind {
	FILTER_GREP,
	FILTER_BEGIN,
	FILTER_HEAD,
	FILTER_TAIL,
	FILTER_COUNT, /* wc -l */
	FILTER_WC,
};

/* The last lines seen, as many as fit; one at most in a pipeline. */
struct filter_tail {
	char text[FILTER_TAIL_LEN];
	size_t start, len; /* bytes; text is a ring */
	uint32_t line_count;
};

struct filter {
	struct out out; /* what the producer writes to */
	struct out *next;
	enum filter_kind kind;
	bool invert, count, quiet;
	bool satisfied; /* wants no more input */
	uint32_t limit; /* head, tail: lines */
	uint64_t lines, words, bytes, matches;
	bool in_word;
	struct pattern pattern;
	struct filter_tail *tail;
	char line[FILTER_LINE_MAX];
	size_t line_len;
};

/*
 * Sets a filter up from its words. tail is lent to one that needs it, NULL: it
 * is taken. NULL, or a sentence that ends the message "WORD: ...".
 */
const char *filter_init(struct filter *filter, char *const *word,
			unsigned int word_count, struct out *next,
			struct filter_tail *tail);

/* Is there a filter of this name? */
bool filter_exists(const char *name);

/* Names for completion and help, with a sentence each; NULL ends the list. */
struct filter_name {
	const char *name, *usage, *help;
};
extern const struct filter_name filter_names[];

/*
 * The producer has ended: writes a piece of what was held back, at most
 * FILTER_LINE_MAX bytes, and returns true if there is more.
 */
bool filter_finish(struct filter *filter);

/* The exit code: grep fails if it found nothing. */
int filter_status(const struct filter *filter);
