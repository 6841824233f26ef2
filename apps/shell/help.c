/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything said about commands comes from the table that runs them, so it
 * cannot be out of date. docs/console.md is the same text with headings; a test
 * compares the file with what this prints.
 */
#include "apps/shell/help.h"

#include "apps/shell/args.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"

#define DEPTH_MAX 4u

struct path {
	const struct command *level[DEPTH_MAX];
	unsigned int count;
};

/* The way from the table down to a command. */
static bool
find_path(const struct command *table, const struct command *command,
	  struct path *path)
{
	unsigned int at = path->count;

	if (at == DEPTH_MAX)
		return false;
	for (; table != NULL && table->name != NULL; table++) {
		path->level[at] = table;
		path->count = at + 1;
		if (table == command || find_path(table->sub, command, path))
			return true;
		path->count = at;
	}
	return false;
}

static void
show_path(const struct path *path, struct out *out)
{
	for (unsigned int i = 0; i < path->count; i++) {
		if (path->level[i]->name[0] == '\0')
			continue;
		out_printf(out, "%s%s", i > 0 ? " " : "", path->level[i]->name);
		/* Options of an outer command stand behind its name. */
		if (path->level[i]->args != NULL && path->level[i]->sub != NULL)
			out_puts(out, " [OPTIONS]");
	}
}

static const char *
value_of(const struct arg_spec *arg)
{
	return arg->what != NULL ? arg->what : "VALUE";
}

/* "dev DEVICE", "[dev] DEVICE", "-c COUNT". */
static void
show_form(const struct arg_spec *arg, struct out *out)
{
	bool optional_word = (arg->flags & ARG_POSITIONAL) && arg->word[0];

	if (arg->word[0] != '\0')
		out_printf(out, optional_word ? "[%s]" : "%s", arg->word);
	if (arg->kind == ARG_FLAG) {
		if (arg->flags & ARG_EQUALS)
			out_printf(out, "[=%s]", value_of(arg));
		return;
	}
	out_printf(out, "%s%s", arg->word[0] != '\0' ? " " : "", value_of(arg));
	if (arg->flags & ARG_MANY)
		out_puts(out, "...");
}

static void
show_synopsis(const struct command *command, struct out *out)
{
	const struct arg_spec *arg;

	for (arg = command->args; arg != NULL && arg->kind != ARG_END; arg++) {
		if (arg->flags & ARG_HIDDEN)
			continue;
		out_puts(out, arg->flags & ARG_REQUIRED ? " " : " [");
		show_form(arg, out);
		if (!(arg->flags & ARG_REQUIRED))
			out_puts(out, "]");
	}
}

/* The form of an argument and what it means, in two columns. */
static void
show_argument(const struct arg_spec *arg, struct out *out, bool markdown)
{
	char form[80];
	struct out_buf buf;

	if (arg->flags & ARG_HIDDEN)
		return;
	out_buf_init(&buf, form, sizeof(form));
	show_form(arg, &buf.out);
	if (markdown) {
		out_puts(out, "| `");
		for (const char *c = form; *c != '\0'; c++)
			out_printf(out, *c == '|' ? "\\%c" : "%c", *c);
		out_printf(out, "` | %s |\n", arg->help);
		return;
	}
	if (strlen(form) > 24)
		out_printf(out, "    %s\n%-30s%s\n", form, "", arg->help);
	else
		out_printf(out, "    %-24s  %s\n", form, arg->help);
}

static void
show_arguments(const struct arg_spec *arg, struct out *out, bool markdown)
{
	for (; arg != NULL && arg->kind != ARG_END; arg++) {
		show_argument(arg, out, markdown);
		if (arg->kind == ARG_GROUP)
			show_arguments(arg->group, out, markdown);
	}
}

static void
show_subcommands(const struct command *command, struct out *out)
{
	const struct command *sub;
	char name[40];

	for (sub = command->sub; sub->name != NULL; sub++) {
		if (sub->flags & COMMAND_HIDDEN)
			continue;
		str_copy(name, sub->name, sizeof(name));
		if (sub->name[0] == '\0')
			str_copy(name,
				 sub->args != NULL ? value_of(sub->args) : "",
				 sizeof(name));
		if (sub->also != NULL && strlen(sub->also) < 20)
			fmt_print(name, sizeof(name), "%s|%s", sub->name,
				  sub->also);
		out_printf(out, "    %-24s  %s\n", name, sub->summary);
	}
}

static void
show_usage_line(const struct path *path, struct out *out)
{
	const struct command *command = path->level[path->count - 1];

	out_puts(out, "Usage: ");
	show_path(path, out);
	if (command->sub != NULL)
		out_puts(out, " COMMAND");
	else
		show_synopsis(command, out);
	out_puts(out, "\n");
}

void
help_command(const struct shell_world *world, const struct command *command,
	     struct out *out)
{
	struct path path = { .count = 0 };

	if (!find_path(world->commands, command, &path))
		return;
	show_usage_line(&path, out);
	show_arguments(command->args, out, false);
	if (command->sub != NULL)
		show_subcommands(command, out);
}

void
help_usage(struct job *job, struct out *out)
{
	help_command(job->shell->world, job->command, out);
}

/* ---- help, man ---------------------------------------------------------- */

const struct arg_spec help_args[] = {
	{ .word = "",
	  .kind = ARG_COMMAND,
	  .flags = ARG_POSITIONAL,
	  .what = "COMMAND",
	  .help = "what to explain; everything unless told" },
	{ .kind = ARG_END },
};

enum step
help_start(struct job *job)
{
	const struct shell_world *world = job->shell->world;
	const struct command *command;
	unsigned int count;

	if (job->first_arg >= job->word_count)
		return STEP_MORE;
	command = command_find(world, job->word + job->first_arg,
			       job->word_count - job->first_arg, &count);
	if (command == NULL) {
		out_printf(job->err, "help: there is no command \"%s\"\n",
			   job->word[job->first_arg]);
		return job_exit(job, 1);
	}
	out_printf(job->out, "%s: %s.\n", command->name, command->summary);
	help_command(world, command, job->out);
	if (command->text != NULL)
		out_printf(job->out, "%s\n", command->text);
	return job_exit(job, 0);
}

/* The list of everything, some lines at a time. */
enum step
help_step(struct job *job)
{
	const struct command *command = job->shell->world->commands;

	command += job->position;
	if (job->position++ == 0)
		out_puts(job->out,
			 "Commands, in Linux's words; \"help COMMAND\" says "
			 "more, Tab completes, ? lists.\n");
	if (command->name == NULL) {
		out_puts(job->out, "Filters:\n");
		for (const struct filter_name *f = filter_names;
		     f->name != NULL; f++)
			out_printf(job->out, "    | %-12s  %s\n", f->name,
				   f->help);
		return job_exit(job, 0);
	}
	if (!(command->flags & COMMAND_HIDDEN))
		out_printf(job->out, "    %-14s  %s\n", command->name,
			   command->summary);
	return STEP_MORE;
}

/* ---- the manual --------------------------------------------------------- */

static void
manual_command(const struct shell_world *world, const struct command *command,
	       struct out *out)
{
	struct path path = { .count = 0 };
	const struct arg_spec *arg;
	bool table = false;

	if ((command->flags & COMMAND_HIDDEN) ||
	    !find_path(world->commands, command, &path))
		return;
	out_puts(out, path.count == 1 ? "\n## `" : "\n### `");
	for (unsigned int i = 0; i < path.count; i++) {
		if (path.level[i]->name[0] != '\0')
			out_printf(out, "%s%s", i > 0 ? " " : "",
				   path.level[i]->name);
	}
	if (command->name[0] == '\0' && command->args != NULL)
		out_printf(out, " %s", value_of(command->args));
	out_printf(out, "`\n\nIt %s.%s%s\n\n", command->summary,
		   command->text != NULL ? " " : "",
		   command->text != NULL ? command->text : "");
	if (command->sub == NULL) {
		out_puts(out, "    ");
		show_path(&path, out);
		show_synopsis(command, out);
		out_puts(out, "\n");
	}
	for (arg = command->args; arg != NULL && arg->kind != ARG_END; arg++)
		table |= !(arg->flags & ARG_HIDDEN);
	if (table) {
		out_puts(out, "\n| argument | meaning |\n|---|---|\n");
		show_arguments(command->args, out, true);
	}
	for (const struct command *sub = command->sub;
	     sub != NULL && sub->name != NULL; sub++)
		manual_command(world, sub, out);
}

void
help_manual(const struct shell_world *world, struct out *out)
{
	const struct shell_alias *alias;
	const struct command *command;

	out_puts(out,
		 "# The console\n\n"
		 "This file is made from the command table by "
		 "`make docs/console.md`; do not edit it.\n\n"
		 "A line is a command, or several with `;`, `&&` and `||`. "
		 "Blanks separate words; `\"...\"` and `'...'` quote; `#` "
		 "starts a comment; `$?` is the last exit code. "
		 "Configuration files have the same lines, and a `\\` at the "
		 "end of one continues it. Words of `ip` may be shortened as "
		 "in iproute2, and `ip` itself may be left out.\n\n"
		 "## Filters\n\n| behind a pipe | what passes |\n|---|---|\n");
	for (const struct filter_name *f = filter_names; f->name != NULL; f++)
		out_printf(out, "| `%s%s%s` | %s |\n", f->name,
			   f->usage[0] != '\0' ? " " : "", f->usage, f->help);
	out_puts(out, "\n## Other routers' words\n\n"
		      "| typed | runs |\n|---|---|\n");
	for (alias = world->aliases; alias->typed != NULL; alias++) {
		out_printf(out, "| `%s` | `%s`", alias->typed, alias->run[0]);
		if (alias->run[1] != NULL)
			out_printf(out, " and `%s`", alias->run[1]);
		if (alias->with[0] != NULL)
			out_printf(out, "; with more words `%s`%s%s%s",
				   alias->with[0],
				   alias->with[1] != NULL ? " and `" : "",
				   alias->with[1] != NULL ? alias->with[1] : "",
				   alias->with[1] != NULL ? "`" : "");
		out_puts(out, " |\n");
	}
	for (command = world->commands; command->name != NULL; command++)
		manual_command(world, command, out);
}
