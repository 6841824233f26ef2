/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-console: the console's commands over a hosted stack with fake ports.
 * Reads lines; after each prints what it wrote, with "! " before what went to
 * the error stream, and its exit code. For comparisons with the real tools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/testbox.h"

static void
show(const char *text, const char *before)
{
	const char *end;

	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		if (end == NULL) {
			printf("%s%s~\n", before, text);
			return;
		}
		printf("%s%.*s\n", before, (int)(end - text), text);
	}
}

int
main(int argc, char **argv)
{
	unsigned int ports = argc > 1 ? (unsigned int)atoi(argv[1]) : 2;
	struct testbox *b = testbox_new(ports, true);
	char line[4096];
	int status;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			continue;
		status = testbox_run(b, line);
		printf("$ %s\n", line);
		show(b->out.text, "");
		show(b->err.text, "! ");
		if (status != 0)
			printf("[rc %d]\n", status);
	}
	testbox_free(b);
	return 0;
}
