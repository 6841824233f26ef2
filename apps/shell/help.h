/* SPDX-License-Identifier: BSD-2-Clause */
/* Words about commands, made from their table: usage, help, the manual. */
#pragma once

#include "apps/shell/command.h"

struct shell_world;

/* The usage of the job's command as far as it was found. */
void help_usage(struct job *job, struct out *out);

/* Usage, arguments and remarks of one command. */
void help_command(const struct shell_world *world,
		  const struct command *command, struct out *out);

/* docs/console.md, whole. */
void help_manual(const struct shell_world *world, struct out *out);

/* The commands `help` and `man`. */
extern const struct arg_spec help_args[];
enum step help_start(struct job *job);
enum step help_step(struct job *job);
