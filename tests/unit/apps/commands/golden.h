/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transcript as a test: "$ command", what it prints, "! " before what goes to
 * the error stream, "[rc N]" if it fails. The transcripts are those of the real
 * tools on Linux 6.1.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "tests/host/test.h"
#include "tests/host/testbox.h"

static inline void
golden_append(char *text, size_t size, const char *lines, const char *before)
{
	const char *end;

	for (; *lines != '\0'; lines = end + 1) {
		end = strchr(lines, '\n');
		assert_non_null(end);
		snprintf(text + strlen(text), size - strlen(text), "%s%.*s\n",
			 before, (int)(end - lines), lines);
	}
}

/* Runs every command of the transcript and compares what came of it. */
static inline void
golden_run(struct testbox *b, const char *transcript)
{
	static char got[65536], want[65536], line[1024];
	const char *end, *next;
	int status;

	while (*transcript != '\0') {
		assert_true(strncmp(transcript, "$ ", 2) == 0);
		end = strchr(transcript, '\n');
		snprintf(line, sizeof(line), "%.*s",
			 (int)(end - transcript - 2), transcript + 2);
		next = strstr(end, "\n$ ");
		next = next != NULL ? next + 1 : end + strlen(end);
		snprintf(want, sizeof(want), "%.*s", (int)(next - end - 1),
			 end + 1);
		status = testbox_run(b, line);
		got[0] = '\0';
		golden_append(got, sizeof(got), b->out.text, "");
		golden_append(got, sizeof(got), b->err.text, "! ");
		if (status != 0)
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
				 "[rc %d]\n", status);
		if (strcmp(got, want) != 0)
			fail_msg("%s\nwanted:\n%sgot:\n%s", line, want, got);
		transcript = next;
	}
}
