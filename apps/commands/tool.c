/* SPDX-License-Identifier: BSD-2-Clause */
/* The habits of Unix tools: getopt's complaints, numbers with a point. */
#include "apps/commands/tool.h"

#include "apps/commands/commands.h"
#include "apps/shell/help.h"
#include "lib/port.h"
#include "lib/str.h"

/* ping leaves with 2 where others leave with 1. */
static int
misused(const struct job *job)
{
	return strcmp(job->command->name, "ping") == 0 ? 2 : 1;
}

static int
refuse(struct job *job, const struct args_error *error)
{
	const struct arg_spec *spec = error->spec;
	const char *name = job->command->name;

	switch (error->problem) {
	case ARGS_OPTION:
		if (str_starts(error->text, "--"))
			out_printf(job->err, "%s: unrecognized option '%s'\n",
				   name, error->text);
		else
			out_printf(job->err, "%s: invalid option -- '%c'\n",
				   name, error->text[0]);
		help_usage(job, job->err);
		return misused(job);
	case ARGS_MISSING:
		out_printf(job->err,
			   "%s: option requires an argument -- '%s'\n", name,
			   spec->word[0] == '-' ? spec->word + 1 : spec->word);
		help_usage(job, job->err);
		return misused(job);
	case ARGS_RANGE:
		out_printf(job->err,
			   "%s: invalid argument: '%s': out of range: %llu <= "
			   "value <= %llu\n",
			   name, error->text, (unsigned long long)spec->min,
			   (unsigned long long)spec->max);
		return 1;
	case ARGS_WRONG:
		out_printf(job->err, "%s: invalid argument: '%s'\n", name,
			   error->text);
		return 1;
	case ARGS_UNKNOWN:
		out_printf(job->err, "%s: there is no \"%s\"\n", name,
			   error->text);
		help_usage(job, job->err);
		return 1;
	case ARGS_STRAY:
		out_printf(job->err, "%s: unexpected argument '%s'\n", name,
			   error->text);
		help_usage(job, job->err);
		return 1;
	default: help_usage(job, job->err); return misused(job);
	}
}

static int
usage(struct job *job)
{
	help_usage(job, job->err);
	return 1;
}

const struct command_style tool_style = {
	.refuse = refuse,
	.usage = usage,
};

bool
seconds_parse(const char *text, uint64_t *ns)
{
	uint64_t whole = 0, part = 0, unit = NS_PER_S;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9' && whole < 86400; text++)
		whole = whole * 10 + (uint64_t)(*text - '0');
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
			unit /= 10;
			part += unit * (uint64_t)(*text - '0');
		}
	}
	if (*text != '\0' || whole >= 86400)
		return false;
	*ns = whole * NS_PER_S + part;
	return true;
}

void
milliseconds_text(uint64_t ns, char *text, size_t size)
{
	unsigned long long us = (ns + 500) / 1000;

	if (us >= 100000)
		fmt_print(text, size, "%llu", (us + 500) / 1000);
	else if (us >= 10000)
		fmt_print(text, size, "%llu.%01llu", (us + 50) / 1000,
			  (us + 50) % 1000 / 100);
	else if (us >= 1000)
		fmt_print(text, size, "%llu.%02llu", (us + 5) / 1000,
			  (us + 5) % 1000 / 10);
	else
		fmt_print(text, size, "%llu.%03llu", us / 1000, us % 1000);
}

void
microseconds_show(struct out *out, uint64_t ns)
{
	unsigned long long us = (ns + 500) / 1000;

	out_printf(out, "%llu.%03llu", us / 1000, us % 1000);
}

void
percent_show(struct out *out, uint64_t part, uint64_t whole)
{
	unsigned long long scaled, scale = 10000;
	char digits[24];
	size_t len;

	if (whole == 0 || part == 0 || part == whole) {
		out_puts(out, part == 0 || whole == 0 ? "0" : "100");
		return;
	}
	/* Below 10 and below 1 there is room for more digits. */
	if (part * 10 < whole)
		scale *= part * 100 < whole ? 100 : 10;
	scaled = (part * 100 * scale + whole / 2) / whole;
	fmt_print(digits, sizeof(digits), "%llu.%0*llu", scaled / scale,
		  scale == 10000    ? 4
		  : scale == 100000 ? 5
				    : 6,
		  scaled % scale);
	len = strlen(digits);
	while (digits[len - 1] == '0')
		len--;
	if (digits[len - 1] == '.')
		len--;
	out_write(out, digits, len);
}

/* The largest number whose square is at most value. */
uint64_t
square_root(uint64_t value)
{
	uint64_t root = 0, bit = 1ull << 62;

	while (bit > value)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		if (value >= root + bit) {
			value -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}
