/* SPDX-License-Identifier: BSD-2-Clause */
/* From the words of a job to its command and arguments. */
#pragma once

#include <stdbool.h>

#include "apps/shell/command.h"

/*
 * Finds the job's command, parses its arguments and starts it. True: step() has
 * to be called; false: the job is over, with job->status.
 */
bool dispatch(struct job *job);
