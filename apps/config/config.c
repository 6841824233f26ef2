/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a file through a shell of their own, with their mistakes told. */
#include "apps/config/config.h"

#include "apps/box.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

static void
write_nowhere(struct out *out, const char *text, size_t len)
{
}

void
config_init(struct config *config, const struct shell_world *world,
	    struct box *box, struct net *net, struct out *report,
	    enum shell_face face)
{
	memset(config, 0, sizeof(*config));
	shell_init(&config->shell, world, box, net);
	config->nowhere.write = write_nowhere;
	config->report = report;
	config->shell.out = &config->nowhere;
	config->shell.err = &config->err.out;
	config->shell.face = face;
	config->shell.plain = true;
}

/* ---- mistakes ----------------------------------------------------------- */

/* Line and column in the source of a place in the joined line. */
static void
find_place(const struct config *config, size_t at, uint32_t *line,
	   size_t *column)
{
	unsigned int i = config->piece_count - 1;

	while (i > 0 && config->piece[i].at > at)
		i--;
	*line = config->piece[i].line;
	*column = at - config->piece[i].at + 1;
}

/* The first line of what a tool said, without its own opening words. */
static void
put_message(struct config *config)
{
	static const char *const openings[] = {
		"Error: ", "RTNETLINK answers: ", "Warning: "
	};
	const char *text = config->err_text, *end;

	for (unsigned int i = 0; i < array_len(openings); i++) {
		if (str_starts(text, openings[i]))
			text += strlen(openings[i]);
	}
	end = strchr(text, '\n');
	out_write(config->report, text,
		  end != NULL ? (size_t)(end - text) : strlen(text));
	out_puts(config->report, "\n");
}

static void
put_caret(struct config *config, size_t at, size_t len)
{
	out_printf(config->report, "    %s\n    %*s^", config->line, (int)at,
		   "");
	while (--len > 0)
		out_puts(config->report, "~");
	out_puts(config->report, "\n");
}

static void
put_expected(struct config *config)
{
	const struct arg_spec *spec = config->shell.job.error.spec;

	if (spec == NULL || spec->help == NULL)
		return;
	out_printf(config->report, "    expected: %s%s%s, %s\n",
		   spec->kind == ARG_FLAG ? spec->word
		   : spec->what != NULL	  ? spec->what
					  : "a value",
		   spec->word[0] != '\0' && spec->kind != ARG_FLAG ? " of "
								   : "",
		   spec->kind != ARG_FLAG ? spec->word : "", spec->help);
}

static void
report_line(struct config *config, const char *name, const char *kind)
{
	const struct job *job = &config->shell.job;
	size_t at = 0, len = strlen(config->line), column;
	uint32_t line;

	/* The word that was refused, or else the whole line. */
	if (job->error.problem != ARGS_OK)
		shell_error_at(&config->shell, &at, &len);
	while (at == 0 && len > 0 && config->line[at] == ' ') {
		at++;
		len--;
	}
	find_place(config, at, &line, &column);
	out_printf(config->report, "%s:%u:%zu: %s: ", name, line, column, kind);
	put_message(config);
	put_caret(config, at, max_of(len, (size_t)1));
	if (job->error.problem != ARGS_OK)
		put_expected(config);
}

/* ---- lines -------------------------------------------------------------- */

static bool
run_line(struct config *config)
{
	out_buf_init(&config->err, config->err_text, sizeof(config->err_text));
	config->shell.status = 0;
	if (!shell_run(&config->shell, config->line))
		return false;
	/* Nothing in it waits, so it ends. */
	while (shell_busy(&config->shell))
		shell_poll(&config->shell, config->shell.net->now_ns);
	return config->shell.status == 0;
}

/* Appends text[0..len) as what stands in that line of the source. */
static bool
join(struct config *config, const char *text, size_t len, uint32_t number)
{
	size_t used = strlen(config->line);

	if (used + len >= sizeof(config->line) ||
	    config->piece_count == array_len(config->piece))
		return false;
	config->piece[config->piece_count++] =
		(struct config_piece){ .at = (uint32_t)used, .line = number };
	memcpy(config->line + used, text, len);
	config->line[used + len] = '\0';
	return true;
}

static void
start_line(struct config *config)
{
	config->line[0] = '\0';
	config->piece_count = 0;
}

static struct box_source *
add_source(struct config *config, const char *name)
{
	struct box *box = config->shell.box;
	struct box_source *source;

	if (box->source_count == BOX_SOURCES_MAX)
		return NULL;
	source = &box->source[box->source_count++];
	*source = (struct box_source){ .name = name };
	return source;
}

/* The line is complete: runs it. True if it was wrong. */
static bool
finish_line(struct config *config, const char *name, uint32_t errors)
{
	bool good = run_line(config);

	if (good && config->err.len > 0)
		report_line(config, name, "warning");
	if (!good && errors < CONFIG_ERRORS_MAX)
		report_line(config, name, "error");
	start_line(config);
	return !good;
}

/* Up to the line break, without a CR before it. */
static size_t
line_len(const char *text, size_t len)
{
	size_t end = 0;

	while (end < len && text[end] != '\n')
		end++;
	return end;
}

uint32_t
config_load(struct config *config, const char *name, const char *text,
	    size_t len)
{
	struct box_source *source = add_source(config, name);
	uint32_t errors = 0, number = 0;
	size_t at = 0, end, kept;

	start_line(config);
	while (at < len) {
		number++;
		end = line_len(text + at, len - at);
		kept = end;
		if (kept > 0 && text[at + kept - 1] == '\r')
			kept--;
		if (!join(config, text + at, kept, number)) {
			out_printf(config->report,
				   "%s:%u:1: error: the line is too long\n",
				   name, number);
			errors++;
			start_line(config);
		} else if (lexer_continues(config->line)) {
			config->line[strlen(config->line) - 1] = '\0';
			/* Nothing follows that it could go on with. */
			if (at + end + 1 >= len)
				errors += finish_line(config, name, errors);
		} else {
			errors += finish_line(config, name, errors);
		}
		at += end + 1;
	}
	if (errors > CONFIG_ERRORS_MAX)
		out_printf(config->report, "%s: %u more errors\n", name,
			   errors - CONFIG_ERRORS_MAX);
	if (source != NULL) {
		source->line_count = number;
		source->error_count = errors;
	}
	config->error_count += errors;
	return errors;
}

bool
config_has_commands(const char *text, size_t len)
{
	bool remark = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			remark = false;
		else if (text[i] == '#')
			remark = true;
		else if (!remark && text[i] > ' ')
			return true;
	}
	return false;
}
