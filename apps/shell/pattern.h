/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular expressions for the filters behind a pipe: POSIX basic and extended
 * ones without groups, back references and intervals. A line is matched in time
 * proportional to its length whatever the pattern, since a console must never
 * hold up the packets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_ATOMS_MAX 64u

/* One character of the expression with what follows it, or an end. */
struct pattern_atom {
	uint8_t at;    /* where it begins in text[] */
	bool optional; /* * or ? */
	bool repeats;  /* * or + */
	bool accepts;  /* no character: an alternative is complete here */
	bool at_end;   /* accepts only at the end of the line */
};

struct pattern {
	char text[128];
	struct pattern_atom atom[PATTERN_ATOMS_MAX];
	uint8_t atom_count;
	uint64_t anywhere; /* bit: an alternative begins with this atom */
	uint64_t at_start; /* bit: one does, at the start of a line only */
	bool ignore_case;
};

/*
 * NULL, or a sentence about what is wrong with text. extended: + ? | are
 * operators as they stand, else with a backslash before them.
 */
const char *pattern_parse(struct pattern *pattern, const char *text,
			  bool extended, bool ignore_case);

bool pattern_matches(const struct pattern *pattern, const char *line,
		     size_t len);
