/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `nstat`: counters by name, less what they were when it was last asked, as
 * iproute2 prints them. What they were is kept in the box, for all faces.
 */
#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/commands/counters.h"
#include "lib/port.h"
#include "net/net.h"

enum {
	NSTAT_ABSOLUTE,
	NSTAT_ZEROS,
	NSTAT_NOUPDATE,
	NSTAT_NOOUTPUT,
	NSTAT_RESET,
	NSTAT_JSON,
	NSTAT_PATTERN,
};

/* clang-format off */
#define OPTION(w, al, h) { .word = w, .also = al, .kind = ARG_FLAG, \
	.flags = ARG_OPTION, .help = h }
const struct arg_spec nstat_args[] = {
	[NSTAT_ABSOLUTE] = OPTION("-a", "--ignore", "since boot, not since it was last asked"),
	[NSTAT_ZEROS] = OPTION("-z", "--zeros", "those that are 0, too"),
	[NSTAT_NOUPDATE] = OPTION("-s", "--noupdate", "do not remember having been asked"),
	[NSTAT_NOOUTPUT] = OPTION("-n", "--nooutput", "remember, and show nothing"),
	[NSTAT_RESET] = OPTION("-r", "--reset", "since boot, and remember"),
	[NSTAT_JSON] = OPTION("-j", "--json", "in JSON"),
	[NSTAT_PATTERN] = { .word = "", .kind = ARG_TEXT, .what = "PATTERN",
		.flags = ARG_POSITIONAL | ARG_MANY, .help = "names; * stands for anything" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* * is any text; linear in both, since the last star alone is gone back to. */
static bool
glob(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == *text || *pattern == '?') {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
is_wanted(const struct job *job, const char *name)
{
	bool any = true;

	for (unsigned int i = job->first_arg; i < job->word_count; i++) {
		if (job->word[i][0] == '-')
			continue;
		if (glob(job->word[i], name))
			return true;
		any = false;
	}
	return any;
}

static void
show_one(struct job *job, const char *name, uint64_t value, bool *first)
{
	if (job->arg[NSTAT_JSON].count > 0)
		out_printf(job->out, "%s\"%s\":%llu", *first ? "" : ",", name,
			   (unsigned long long)value);
	else
		out_printf(job->out, "%-32s%-16llu   0.0\n", name,
			   (unsigned long long)value);
	*first = false;
}

/* The counters of a group, the first being the *index-th of all. */
static void
show_group(struct job *job, enum counters_group group, uint32_t *index,
	   bool *first)
{
	const struct arg *arg = job->arg;
	bool absolute = arg[NSTAT_ABSOLUTE].count + arg[NSTAT_RESET].count > 0;
	struct counters c;
	uint64_t value, *seen;
	char name[48];

	counters_get(job->net, group, &c);
	for (uint32_t i = 0; i < c.count; i++, ++*index) {
		assert(*index < BOX_NSTAT_MAX);
		seen = &job->box->nstat[*index];
		value = c.counter[i].value - (absolute ? 0 : *seen);
		if (arg[NSTAT_NOUPDATE].count == 0)
			*seen = c.counter[i].value;
		fmt_print(name, sizeof(name), "%s%s", c.title,
			  c.counter[i].name);
		if (c.counter[i].setting || arg[NSTAT_NOOUTPUT].count > 0 ||
		    (value == 0 && arg[NSTAT_ZEROS].count == 0) ||
		    !is_wanted(job, name))
			continue;
		show_one(job, name, value, first);
	}
}

enum step
nstat_start(struct job *job)
{
	bool json = job->arg[NSTAT_JSON].count > 0, first = true;
	uint32_t index = 0;

	if (job->arg[NSTAT_NOOUTPUT].count == 0)
		out_puts(job->out, json ? "{\"kernel\":{" : "#kernel\n");
	for (unsigned int i = 0; i < COUNTERS_GROUPS; i++) {
		/* The ICMP types that were seen come and go. */
		if (i != COUNTERS_ICMP_MSG)
			show_group(job, (enum counters_group)i, &index, &first);
	}
	if (json && job->arg[NSTAT_NOOUTPUT].count == 0)
		out_puts(job->out, "}}\n");
	return job_exit(job, 0);
}
