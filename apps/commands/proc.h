/* SPDX-License-Identifier: BSD-2-Clause */
/* The files below /proc that this box has. */
#pragma once

#include <stdbool.h>

#include "apps/shell/command.h"

/* A file: shown by steps of the job that reads it. */
struct proc_file {
	const char *path; /* NULL closes the table */
	/* Prints a part; job->position is 0 at first and its own. */
	enum step (*show)(struct job *job);
	const char *help;
};

extern const struct proc_file proc_files[];

bool proc_exists(const char *path);
