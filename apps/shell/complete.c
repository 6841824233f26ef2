/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion reads the line as the shell would, up to the cursor, and then asks
 * the table what comes next.
 */
#include "apps/shell/complete.h"

#include "apps/shell/args.h"
#include "apps/shell/help.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"

/* The last command of a line, taken apart. */
struct request {
	const struct shell *shell;
	struct completion *completion;
	enum token place; /* what the command stands behind */
	char text[SHELL_LINE_MAX + JOB_WORDS_MAX];
	char *word[JOB_WORDS_MAX + 1];
	unsigned int count; /* whole words */
	const char *part;   /* the word in the making, or "" */
};

static void
offer(struct request *request, const char *word, const char *help)
{
	if (word[0] != '\0' && str_starts(word, request->part))
		request->completion->offer(request->completion, word, help,
					   false);
}

static void
offer_value(void *request, const char *word, const char *help)
{
	offer(request, word, help);
}

static void
offer_placeholder(struct request *request, const char *what, const char *help)
{
	request->completion->offer(request->completion, what, help, true);
}

/* ---- reading the line --------------------------------------------------- */

/* False: nothing can be offered there. */
static bool
read_line(struct request *request, const char *line, size_t len)
{
	char text[SHELL_LINE_MAX];
	struct lexer lexer;
	enum token token;
	size_t used = 0;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	lexer_init(&lexer, text, 0);
	request->place = TOKEN_SEMICOLON;
	request->count = 0;
	request->part = "";
	request->completion->from = len;
	for (;;) {
		char *word = request->text + used;

		token = lexer_next(&lexer, word, sizeof(request->text) - used);
		if (token == TOKEN_END)
			return lexer.column >= len;
		if (token == TOKEN_ERROR || request->count == JOB_WORDS_MAX)
			return false;
		if (token != TOKEN_WORD) {
			request->place = token;
			request->count = 0;
			used = 0;
			continue;
		}
		/* It touches the cursor: it may go on. */
		if (lexer.at == len && text[len - 1] != '"' &&
		    text[len - 1] != '\'') {
			request->part = word;
			request->completion->from = lexer.column;
			return true;
		}
		request->word[request->count++] = word;
		used += strlen(word) + 1;
	}
}

/* ---- what the tables offer ---------------------------------------------- */

static void
offer_commands(struct request *request, const struct command *command)
{
	for (; command != NULL && command->name != NULL; command++) {
		if (!(command->flags & COMMAND_HIDDEN))
			offer(request, command->name, command->summary);
	}
}

static void
offer_top(struct request *request)
{
	const struct shell_world *world = request->shell->world;
	const struct command *implied = command_implied(world);

	offer_commands(request, world->commands);
	/* Objects of `ip`, once something of them has been typed. */
	if (implied != NULL && request->part[0] != '\0')
		offer_commands(request, implied->sub);
}

static void
offer_values(struct request *request, const struct arg_spec *spec)
{
	const struct shell_world *world = request->shell->world;

	switch (spec->kind) {
	case ARG_NAME:
		for (const struct arg_name *n = spec->names; n->name; n++)
			offer(request, n->name, spec->help);
		break;
	case ARG_ON_OFF:
		offer(request, "on", spec->help);
		offer(request, "off", spec->help);
		break;
	case ARG_PREFIX:
		offer(request, "default", "0.0.0.0/0: everything else");
		break;
	case ARG_COMMAND: offer_top(request); break;
	default: break;
	}
	if (world->offer_values != NULL)
		world->offer_values(request->shell, spec->kind, request,
				    offer_value);
	if (spec->what != NULL)
		offer_placeholder(request, spec->what, spec->help);
}

static void
offer_words(struct request *request, const struct arg_spec *specs,
	    const uint8_t *given)
{
	bool positional = false;

	for (unsigned int i = 0; i < args_count(specs); i++) {
		const struct arg_spec *spec = &specs[i];

		if ((spec->flags & ARG_HIDDEN) ||
		    (given[i] > 0 && !(spec->flags & ARG_MANY) &&
		     spec->kind != ARG_GROUP))
			continue;
		offer(request, spec->word, spec->help);
		/* The next value that needs no word. */
		if ((spec->flags & ARG_POSITIONAL) && !positional) {
			positional = true;
			offer_values(request, spec);
		}
	}
}

/* Follows words [at, count) through the tables; offers what comes next. */
static void
offer_arguments(struct request *request, const struct arg_spec *specs,
		unsigned int at)
{
	uint8_t given[ARGS_MAX] = { 0 };
	const struct arg_spec *spec, *group = NULL;

	while (at < request->count) {
		spec = args_find(specs, request->word[at]);
		if (spec == NULL && group != NULL)
			spec = args_find(group, request->word[at]);
		at++;
		if (spec == NULL) {
			/* A value without a word. */
			for (unsigned int i = 0; i < args_count(specs); i++) {
				if ((specs[i].flags & ARG_POSITIONAL) &&
				    given[i] == 0) {
					given[i] = 1;
					break;
				}
			}
			continue;
		}
		if (spec >= specs && spec < specs + args_count(specs))
			given[spec - specs] = 1;
		if (spec->kind == ARG_GROUP)
			group = spec->group;
		if (spec->kind == ARG_FLAG || spec->kind == ARG_GROUP)
			continue;
		if (at == request->count) {
			offer_values(request, spec);
			return;
		}
		at++;
	}
	if (group != NULL) {
		memset(given, 0, sizeof(given));
		offer_words(request, group, given);
	}
	offer_words(request, specs, given);
}

static void
offer_command(struct request *request)
{
	const struct shell_world *world = request->shell->world;
	const struct command *command;
	unsigned int count;

	command = command_find(world, request->word, request->count, &count);
	if (command == NULL)
		return;
	if (command->sub != NULL && count == request->count) {
		if (request->part[0] == '-' && command->args != NULL)
			offer_arguments(request, command->args, count);
		offer_commands(request, command->sub);
		for (const struct command *s = command->sub; s->name; s++) {
			if (s->flags & COMMAND_ELSE)
				offer_arguments(request, s->args, count);
		}
		return;
	}
	if (command->sub == NULL && command->args != NULL)
		offer_arguments(request, command->args, count);
}

void
complete(const struct shell *shell, const char *line, size_t len,
	 struct completion *completion)
{
	struct request request = { .shell = shell, .completion = completion };

	if (!read_line(&request, line, len))
		return;
	if (request.place == TOKEN_PIPE) {
		for (const struct filter_name *f = filter_names;
		     request.count == 0 && f->name != NULL; f++)
			offer(&request, f->name, f->help);
	} else if (request.place == TOKEN_REDIRECT) {
		if (request.count == 0 && shell->world->offer_values != NULL)
			shell->world->offer_values(shell, ARG_FILE, &request,
						   offer_value);
	} else if (request.count == 0) {
		offer_top(&request);
	} else {
		offer_command(&request);
	}
}
