/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words to arguments, by a command's table. Converting happens word by word
 * from the left, so the first mistake in the line is the one reported.
 */
#pragma once

#include "apps/shell/command.h"

/*
 * Takes options from word[*at] on (those that begin with "-"), leaving *at
 * behind them. Two dashes are as good as one.
 */
enum args_problem args_options(struct job *job, const struct arg_spec *specs,
			       unsigned int *at, struct arg *args);

/* All words from at on; what is wrong is told in job->error. */
enum args_problem args_parse(struct job *job, const struct command *command,
			     unsigned int at, struct arg *args);

/*
 * The same for a table inside another (ARG_GROUP): stops, without an error, at
 * the first word that the table does not know. *at is left there.
 */
enum args_problem args_group(struct job *job, const struct arg_spec *specs,
			     unsigned int *at, struct arg *args);

/* Which entry of the table a word names; NULL if none does. */
const struct arg_spec *args_find(const struct arg_spec *specs,
				 const char *word);

/* Number of entries. */
unsigned int args_count(const struct arg_spec *specs);

/*
 * Is text one of the names in "a|b|~c"? With abbrev, and for those with a tilde,
 * a prefix will do; the empty word never.
 */
bool args_names(const char *names, const char *text, bool abbrev);

/* The name of a number; NULL if the table has none for it. */
const char *arg_number_name(const struct arg_name *names, uint32_t number);
