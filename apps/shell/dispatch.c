/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which command is meant, and with what. Subcommands follow iproute2's rule: a
 * word means the first entry of the table that it is a prefix of.
 */
#include "apps/shell/dispatch.h"

#include "apps/shell/args.h"
#include "apps/shell/shell.h"
#include "lib/port.h"

#define STATUS_NOT_FOUND 127

const struct command *
command_sub(const struct command *parent, const char *word)
{
	bool abbrev = parent->flags & COMMAND_ABBREV;
	const struct command *sub;

	for (sub = parent->sub; sub != NULL && sub->name != NULL; sub++) {
		if (args_names(sub->name, word, abbrev) ||
		    args_names(sub->also, word, abbrev))
			return sub;
	}
	return NULL;
}

static const struct command *
command_top(const struct shell_world *world, const char *word)
{
	const struct command *command;

	for (command = world->commands; command->name != NULL; command++) {
		if (args_names(command->name, word, false) ||
		    args_names(command->also, word, false))
			return command;
	}
	return NULL;
}

const struct command *
command_implied(const struct shell_world *world)
{
	return world->implied == NULL ? NULL
				      : command_top(world, world->implied);
}

/* A first word: a command, or a subcommand of the implied one (*at is 0). */
static const struct command *
command_first(const struct shell_world *world, const char *word,
	      unsigned int *at)
{
	const struct command *command = command_top(world, word);
	const struct command *implied = command_implied(world);

	*at = 1;
	if (command != NULL)
		return command;
	*at = 0;
	return implied != NULL && command_sub(implied, word) != NULL ? implied
								     : NULL;
}

static const struct command *
flagged_sub(const struct command *parent, uint16_t flag)
{
	const struct command *sub;

	for (sub = parent->sub; sub->name != NULL; sub++) {
		if (sub->flags & flag)
			return sub;
	}
	return NULL;
}

const struct command *
command_find(const struct shell_world *world, char *const *word,
	     unsigned int word_count, unsigned int *count)
{
	const struct command *command, *sub;
	unsigned int at;

	*count = 0;
	if (word_count == 0)
		return NULL;
	command = command_first(world, word[0], &at);
	while (command != NULL && command->sub != NULL) {
		while (at < word_count && word[at][0] == '-')
			at++;
		sub = at < word_count ? command_sub(command, word[at]) : NULL;
		if (sub == NULL && at < word_count)
			sub = flagged_sub(command, COMMAND_ELSE);
		if (sub == NULL)
			break;
		at -= sub->flags & COMMAND_ELSE ? 1 : 0;
		command = sub;
		at++;
	}
	*count = at;
	return command;
}

static bool
refused(struct job *job, const struct command_style *style,
	enum args_problem problem, unsigned int at)
{
	if (problem == ARGS_UNKNOWN || problem == ARGS_NONE)
		job->error = (struct args_error){
			.problem = problem,
			.word = at,
			.text = at < job->word_count ? job->word[at] : "",
		};
	job->status = style->refuse(job, &job->error);
	return false;
}

/* Goes down one level; *at moves behind the word that was used. NULL: none. */
static const struct command *
next_level(struct job *job, unsigned int *at)
{
	const struct command *parent = job->command, *sub;

	if (*at >= job->word_count)
		return flagged_sub(parent, COMMAND_DEFAULT);
	sub = command_sub(parent, job->word[*at]);
	if (sub != NULL)
		*at += 1;
	else if (job->word[*at][0] != '-')
		sub = flagged_sub(parent, COMMAND_ELSE);
	return sub;
}

/* Is this command for this kind of shell? Says so if not. */
static bool
allowed(struct job *job)
{
	enum shell_face face = job->shell->face;
	const char *why = NULL;

	if ((job->command->flags & COMMAND_WAITS) &&
	    (face == SHELL_CONFIG || face == SHELL_CHECK))
		why = "takes its time, so it cannot stand in a configuration";
	if ((job->command->flags & COMMAND_LIVE) && face == SHELL_CHECK)
		why = "acts on the machine, so it cannot be checked here";
	if (why == NULL)
		return true;
	out_printf(job->err, "%s %s\n", job->word[0], why);
	job->status = 1;
	return false;
}

static bool
start(struct job *job, const struct command_style *style, unsigned int at)
{
	enum args_problem found;
	enum step step;

	job->first_arg = at;
	if (!allowed(job))
		return false;
	found = args_parse(job, job->command, at, job->arg);
	if (found != ARGS_OK)
		return refused(job, style, found, at);
	step = job->command->start(job);
	if (step == STEP_DONE) {
		if (job->command->end != NULL)
			job->command->end(job);
		return false;
	}
	if (step == STEP_MORE)
		job->wake_ns = 0;
	return true;
}

bool
dispatch(struct job *job)
{
	const struct shell_world *world = job->shell->world;
	const struct command_style *style;
	const struct command *sub;
	enum args_problem found;
	unsigned int at;

	job->command = command_first(world, job->word[0], &at);
	if (job->command == NULL) {
		out_printf(job->err, "%s: command not found, try \"help\"\n",
			   job->word[0]);
		job->error.problem = ARGS_UNKNOWN;
		job->status = STATUS_NOT_FOUND;
		return false;
	}
	style = job->command->style;
	job->help_word = job->command->flags & COMMAND_ABBREV;
	while (job->command->sub != NULL) {
		found = job->command->args == NULL
				? ARGS_OK
				: args_options(job, job->command->args, &at,
					       job->option);
		if (found != ARGS_OK)
			return refused(job, style, found, at);
		if (job->command->check != NULL && !job->command->check(job))
			return false;
		if (job->command->start != NULL && at >= job->word_count)
			break;
		sub = next_level(job, &at);
		if (sub == NULL)
			return refused(job, style,
				       at < job->word_count ? ARGS_UNKNOWN
							    : ARGS_NONE,
				       at);
		job->command = sub;
		if (sub->style != NULL)
			style = sub->style;
	}
	return start(job, style, min_of(at, job->word_count));
}
