/* SPDX-License-Identifier: BSD-2-Clause */
/* `sysctl`, and writing to /proc/sys: the stack's tunables. */
#include "net/sysctl.h"

#include "apps/commands/commands.h"
#include "apps/commands/proc.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

enum {
	SYSCTL_ALL,
	SYSCTL_VALUES,
	SYSCTL_NAMES,
	SYSCTL_WRITE,
	SYSCTL_QUIET,
	SYSCTL_IGNORE,
	SYSCTL_PATTERN,
	SYSCTL_LOAD,
	SYSCTL_KEYS,
};

/* clang-format off */
#define OPTION(w, al, k, h) { .word = w, .also = al, .kind = k, \
	.flags = ARG_OPTION, .help = h }
const struct arg_spec sysctl_args[] = {
	[SYSCTL_ALL] = OPTION("-a", "--all|-A|-X", ARG_FLAG, "every key"),
	[SYSCTL_VALUES] = OPTION("-n", "--values", ARG_FLAG, "values without their keys"),
	[SYSCTL_NAMES] = OPTION("-N", "--names", ARG_FLAG, "keys without their values"),
	[SYSCTL_WRITE] = OPTION("-w", "--write", ARG_FLAG, "set, as KEY=VALUE does without it"),
	[SYSCTL_QUIET] = OPTION("-q", "--quiet", ARG_FLAG, "do not repeat what was set"),
	[SYSCTL_IGNORE] = OPTION("-e", "--ignore", ARG_FLAG, "no words about unknown keys"),
	[SYSCTL_PATTERN] = { .word = "-r", .also = "--pattern", .kind = ARG_TEXT,
		.flags = ARG_OPTION, .what = "PATTERN",
		.help = "with -a: only keys that match" },
	[SYSCTL_LOAD] = { .word = "-p", .also = "--load", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "refused: there are no files" },
	[SYSCTL_KEYS] = { .word = "", .kind = ARG_SYSCTL, .what = "KEY[=VALUE]",
		.flags = ARG_POSITIONAL | ARG_MANY, .help = "what to show or set" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct sysctl_job {
	struct pattern pattern;
};

/* "net.ipv4.x" as a path: "net/ipv4/x". */
static void
write_path(struct out *out, const char *name)
{
	for (; *name != '\0'; name++)
		out_write(out, *name == '.' ? "/" : name, 1);
}

static void
show(struct job *job, const char *name, const struct sysctl_key *key)
{
	char text[SYSCTL_TEXT_MAX];

	sysctl_text(key, text);
	if (job->arg[SYSCTL_NAMES].count > 0)
		out_printf(job->out, "%s\n", name);
	else if (job->arg[SYSCTL_VALUES].count > 0)
		out_printf(job->out, "%s\n", text);
	else
		out_printf(job->out, "%s = %s\n", name, text);
}

static void
no_key(struct job *job, const char *name)
{
	if (job->arg[SYSCTL_IGNORE].count > 0)
		return;
	out_puts(job->err, "sysctl: cannot stat /proc/sys/");
	write_path(job->err, name);
	out_puts(job->err, ": No such file or directory\n");
	job->status = 1;
}

/* Without blanks around it. */
static void
trim(char *text)
{
	size_t len = strlen(text), skip = 0;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' ||
			   text[len - 1] == '\n'))
		text[--len] = '\0';
	while (text[skip] == ' ' || text[skip] == '\t')
		skip++;
	memmove(text, text + skip, len - skip + 1);
}

/* One KEY or KEY=VALUE. */
static void
one_key(struct job *job, const char *word)
{
	char name[SYSCTL_NAME_MAX], value[SYSCTL_TEXT_MAX];
	const char *equals = strchr(word, '=');
	struct sysctl_key key;

	if (equals == NULL && job->arg[SYSCTL_WRITE].count > 0) {
		out_puts(job->err, "sysctl: command line(0): invalid syntax, "
				   "continuing...\n");
		job->status = 1;
		return;
	}
	str_copy(name, word, sizeof(name));
	if (equals != NULL && (size_t)(equals - word) < sizeof(name))
		name[equals - word] = '\0';
	trim(name);
	for (char *c = name; *c != '\0'; c++) {
		if (*c == '/')
			*c = '.';
	}
	if (sysctl_find(job->net, name, &key) != SYSCTL_OK) {
		no_key(job, name);
		return;
	}
	if (equals == NULL) {
		show(job, name, &key);
		return;
	}
	str_copy(value, equals + 1, sizeof(value));
	trim(value);
	if (sysctl_set(job->net, &key, value) != SYSCTL_OK) {
		out_printf(job->err,
			   "sysctl: setting key \"%s\": Invalid argument\n",
			   name);
		job->status = 1;
		return;
	}
	if (job->arg[SYSCTL_QUIET].count == 0)
		show(job, name, &key);
}

enum step
sysctl_start(struct job *job)
{
	struct sysctl_job *state = job_state(job, struct sysctl_job);
	const struct arg *arg = job->arg;
	const char *wrong;

	if (arg[SYSCTL_LOAD].count > 0) {
		out_puts(job->err, "sysctl: cannot open \"/etc/sysctl.conf\": "
				   "No such file or directory\n");
		return job_exit(job, 1);
	}
	if (arg[SYSCTL_ALL].count == 0 && arg[SYSCTL_KEYS].count == 0)
		return job_exit(job, job->command->style->usage(job));
	wrong = pattern_parse(&state->pattern,
			      arg[SYSCTL_PATTERN].count > 0
				      ? arg[SYSCTL_PATTERN].text
				      : "",
			      true, false);
	if (wrong != NULL) {
		out_printf(job->err, "sysctl: %s\n", wrong);
		return job_exit(job, 1);
	}
	job->position = arg[SYSCTL_ALL].count > 0 ? 0 : job->first_arg;
	return STEP_MORE;
}

static enum step
all_step(struct job *job)
{
	struct sysctl_job *state = job_state(job, struct sysctl_job);
	char name[SYSCTL_NAME_MAX];
	struct sysctl_key key;

	for (unsigned int i = 0; i < 16; i++) {
		if (!sysctl_at(job->net, job->position++, &key, name))
			return job_exit(job, 0);
		if (pattern_matches(&state->pattern, name, strlen(name)))
			show(job, name, &key);
	}
	return STEP_MORE;
}

/* The keys in the order of the line; options were dealt with before. */
enum step
sysctl_step(struct job *job)
{
	const char *word;

	if (job->arg[SYSCTL_ALL].count > 0)
		return all_step(job);
	if (job->position >= job->word_count)
		return STEP_DONE;
	word = job->word[job->position++];
	if (word[0] != '-')
		one_key(job, word);
	else if (strcmp(word, "-r") == 0 || strcmp(word, "--pattern") == 0)
		job->position++;
	return STEP_MORE;
}

/* ---- > /proc/sys/... ---------------------------------------------------- */

int
proc_write(struct job *job, const char *path, const char *text)
{
	char name[SYSCTL_NAME_MAX], value[SYSCTL_TEXT_MAX];
	struct sysctl_key key;

	if (!str_starts(path, "/proc/sys/")) {
		out_printf(job->err, "sh: cannot create %s: %s\n", path,
			   proc_exists(path) ? "Permission denied"
					     : "Read-only file system");
		return 1;
	}
	str_copy(name, path + strlen("/proc/sys/"), sizeof(name));
	for (char *c = name; *c != '\0'; c++) {
		if (*c == '/')
			*c = '.';
	}
	if (sysctl_find(job->net, name, &key) != SYSCTL_OK) {
		out_printf(job->err,
			   "sh: cannot create %s: Directory "
			   "nonexistent\n",
			   path);
		return 2;
	}
	str_copy(value, text, sizeof(value));
	trim(value);
	if (sysctl_set(job->net, &key, value) == SYSCTL_OK)
		return 0;
	out_puts(job->err, "sh: echo: I/O error\n");
	return 1;
}
