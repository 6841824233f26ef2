/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over files and directories of inputs, for compilers
 * without libFuzzer and for debuggers: prints how many there were.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

/* For targets with a mutator of their own, which nobody calls here. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max)
{
	return len;
}

static unsigned int
run_file(const char *name)
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(name, "rb");
	uint8_t *exact;
	size_t len;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	/* No longer than it is, for ASan. */
	exact = malloc(len + 1);
	if (exact == NULL)
		abort();
	memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 1;
}

static unsigned int
run(const char *name)
{
	struct dirent *entry;
	unsigned int count = 0;
	char path[4096];
	struct stat st;
	DIR *dir;

	if (stat(name, &st) != 0 || !S_ISDIR(st.st_mode))
		return run_file(name);
	dir = opendir(name);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		count += run(path);
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	unsigned int count = 0;

	for (int i = 1; i < argc; i++)
		count += run(argv[i]);
	printf("%u inputs\n", count);
	return 0;
}
