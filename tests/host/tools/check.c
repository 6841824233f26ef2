/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-check [--ports N] [--cmdline WORDS] [--show] FILE...: validates
 * configurations by running them against a hosted stack with N ports (4 unless
 * told). Prints FILE:LINE:COLUMN: error: ... and exits with 1 if anything is
 * wrong; --show prints what came of it, as commands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/commands/commands.h"
#include "apps/config/config.h"
#include "tests/host/testbox.h"

static void
write_stdout(struct out *out, const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
}

static char *
read_file(const char *path, size_t *len)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *text = NULL;
	size_t size = 0, got;

	if (file == NULL) {
		fprintf(stderr, "fairlead-check: cannot read %s\n", path);
		exit(2);
	}
	*len = 0;
	do {
		size += 65536;
		text = realloc(text, size);
		got = fread(text + *len, 1, size - *len, file);
		*len += got;
	} while (got > 0);
	if (file != stdin)
		fclose(file);
	return text;
}

static int
usage(void)
{
	fputs("Usage: fairlead-check [--ports N] [--cmdline WORDS] [--show] "
	      "FILE...\n",
	      stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct out report = { .write = write_stdout };
	static struct config config;
	unsigned int ports = 4;
	const char *cmdline = "";
	struct testbox *b;
	bool show = false;
	char *text;
	size_t len;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] == '-'; i++) {
		if (strcmp(argv[i], "--show") == 0)
			show = true;
		else if (strcmp(argv[i], "--ports") == 0 && i + 1 < argc)
			ports = (unsigned int)atoi(argv[++i]);
		else if (strcmp(argv[i], "--cmdline") == 0 && i + 1 < argc)
			cmdline = argv[++i];
		else
			return usage();
	}
	if ((i == argc && cmdline[0] == '\0') || ports > TESTNET_PORTS_MAX)
		return usage();
	b = testbox_new(ports, true);
	config_init(&config, &box_world, &b->box, &b->net->net, &report,
		    SHELL_CHECK);
	for (; i < argc; i++) {
		text = read_file(argv[i], &len);
		config_load(&config, argv[i], text, len);
		free(text);
	}
	config_cmdline(&config, cmdline);
	if (show) {
		testbox_run(b, "show running-config");
		fputs(b->out.text, stdout);
	}
	testbox_free(b);
	return config.error_count == 0 ? 0 : 1;
}
