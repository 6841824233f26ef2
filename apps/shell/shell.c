/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a line to jobs. A line is read pipeline by pipeline; each step of the
 * job that runs is taken only when the sinks have room for it, so no output is
 * lost and none holds up the loop. Owned by one face; touched by one core.
 */
#include "apps/shell/shell.h"

#include "apps/shell/dispatch.h"
#include "lib/port.h"
#include "lib/str.h"
#include "lib/timer.h"

#define POLL_STEPS_MAX	 8u /* steps of one shell_poll(): microseconds each */
#define STATUS_SYNTAX	 2
#define STATUS_INTERRUPT 130

void
shell_init(struct shell *shell, const struct shell_world *world,
	   struct box *box, struct net *net)
{
	memset(shell, 0, sizeof(*shell));
	shell->world = world;
	shell->box = box;
	shell->net = net;
	shell->columns = 80;
}

/* ---- the line as a whole ------------------------------------------------ */

static bool
refuse_line(struct shell *shell, const char *sentence)
{
	out_printf(shell->err, "syntax error at column %zu: %s\n",
		   shell->lexer.column + 1, sentence);
	shell->status = STATUS_SYNTAX;
	return false;
}

/* Is the line well-formed? Run nothing of one that is not. */
static bool
check_line(struct shell *shell)
{
	struct lexer *lexer = &shell->lexer;
	enum token token, before = TOKEN_SEMICOLON;
	unsigned int filters = 0;

	lexer_init(lexer, shell->line, shell->status);
	for (;; before = token) {
		token = lexer_next(lexer, shell->text, sizeof(shell->text));
		if (token == TOKEN_ERROR)
			return refuse_line(shell, lexer->error);
		if (before == TOKEN_REDIRECT && token != TOKEN_WORD)
			return refuse_line(shell, "a file is missing after >");
		if (token == TOKEN_WORD) {
			if (before == TOKEN_PIPE && !filter_exists(shell->text))
				return refuse_line(shell,
						   "after | stands one of grep "
						   "include exclude begin head "
						   "tail wc count");
			continue;
		}
		if (before != TOKEN_WORD && token != TOKEN_END)
			return refuse_line(shell, "a command is missing here");
		if (token == TOKEN_PIPE && ++filters > SHELL_FILTERS_MAX)
			return refuse_line(shell, "too many filters");
		if (token != TOKEN_PIPE)
			filters = 0;
		if (token != TOKEN_END)
			continue;
		if (before != TOKEN_WORD && before != TOKEN_SEMICOLON)
			return refuse_line(shell, "a command is missing here");
		return true;
	}
}

bool
shell_run(struct shell *shell, const char *line)
{
	assert(shell->state == SHELL_IDLE);
	shell->job.error.problem = ARGS_OK;
	if (str_copy(shell->line, line, sizeof(shell->line)) >=
	    sizeof(shell->line)) {
		shell->lexer.column = sizeof(shell->line) - 1;
		return refuse_line(shell, "the line is too long");
	}
	if (!check_line(shell))
		return false;
	lexer_init(&shell->lexer, shell->line, shell->status);
	shell->joint = TOKEN_SEMICOLON;
	shell->state = SHELL_NEXT;
	return true;
}

/* ---- one pipeline ------------------------------------------------------- */

/* Words up to the next sign, which is returned. */
static enum token
gather_words(struct shell *shell, size_t *used)
{
	struct lexer *lexer = &shell->lexer;
	enum token token;
	char *text;

	for (;;) {
		text = shell->text + *used;
		token = lexer_next(lexer, text, sizeof(shell->text) - *used);
		if (token != TOKEN_WORD)
			return token;
		if (shell->word_count == JOB_WORDS_MAX) {
			lexer->error = "too many words";
			return TOKEN_ERROR;
		}
		shell->column[shell->word_count] = (uint16_t)lexer->column;
		shell->word[shell->word_count++] = text;
		*used += strlen(text) + 1;
	}
}

struct pipeline_part {
	unsigned int from, count; /* words */
};

static bool
start_filters(struct shell *shell, const struct pipeline_part *part,
	      unsigned int count)
{
	struct filter_tail *tail = &shell->tail;
	struct out *next = shell->redirected ? &shell->file.out : shell->out;
	const char *wrong;
	struct filter *filter;

	for (unsigned int i = count; i > 0; i--) {
		filter = &shell->filter[i - 1];
		wrong = filter_init(filter, &shell->word[part[i].from],
				    part[i].count, next, tail);
		if (wrong != NULL) {
			out_printf(shell->err, "%s: %s\n",
				   shell->word[part[i].from], wrong);
			shell->status = STATUS_SYNTAX;
			return false;
		}
		if (filter->kind == FILTER_TAIL)
			tail = NULL;
		next = &filter->out;
	}
	shell->filter_count = count;
	shell->filter_done = 0;
	return true;
}

static void
find_alias(struct shell *shell)
{
	const struct shell_alias *alias;
	struct lexer lexer;
	char text[32];
	unsigned int i;

	shell->stage = 0;
	shell->alias = NULL;
	for (alias = shell->world->aliases;
	     alias != NULL && alias->typed != NULL; alias++) {
		/* Most differ in their first letter, and lines are many. */
		if (alias->typed[0] != shell->word[0][0])
			continue;
		lexer_init(&lexer, alias->typed, 0);
		for (i = 0;
		     lexer_next(&lexer, text, sizeof(text)) == TOKEN_WORD;
		     i++) {
			if (i == shell->word_count ||
			    strcmp(text, shell->word[i]) != 0)
				break;
		}
		if (text[0] != '\0')
			continue;
		shell->alias = alias;
		shell->alias_words = i;
		return;
	}
}

/* Puts the words of the current stage into job_word[]; false: none is left. */
static bool
stage_words(struct shell *shell)
{
	const struct shell_alias *alias = shell->alias;
	unsigned int skip = alias != NULL ? shell->alias_words : 0, count = 0;
	const char *const *runs;
	struct lexer lexer;
	size_t used = 0;
	char *text;

	if (alias == NULL && shell->stage > 0)
		return false;
	if (alias != NULL) {
		runs = shell->word_count > skip && alias->with[0] != NULL
			       ? alias->with
			       : alias->run;
		if (shell->stage == array_len(alias->run) ||
		    runs[shell->stage] == NULL)
			return false;
		lexer_init(&lexer, runs[shell->stage], 0);
		for (;;) {
			text = shell->alias_text + used;
			if (lexer_next(&lexer, text,
				       sizeof(shell->alias_text) - used) !=
			    TOKEN_WORD)
				break;
			shell->job_word[count++] = text;
			used += strlen(text) + 1;
		}
	}
	shell->alias_count = count;
	for (unsigned int i = skip;
	     i < shell->word_count && count < JOB_WORDS_MAX; i++)
		shell->job_word[count++] = shell->word[i];
	shell->job_word[count] = NULL;
	shell->job.word_count = count;
	return true;
}

static void
start_stage(struct shell *shell, uint64_t now_ns)
{
	struct job *job = &shell->job;
	unsigned int word_count = job->word_count;

	memset(job, 0, sizeof(*job));
	job->shell = shell;
	job->box = shell->box;
	job->net = shell->net;
	job->out = shell->filter_count > 0 ? &shell->filter[0].out
		   : shell->redirected	   ? &shell->file.out
					   : shell->out;
	job->err = shell->err;
	job->word = shell->job_word;
	job->word_count = word_count;
	job->now_ns = now_ns;
	job->wake_ns = TIMER_NEVER;
	shell->state = SHELL_RUN;
	if (!dispatch(job)) {
		shell->status = job->status;
		shell->state = SHELL_FINISH;
		job->command = NULL;
	}
}

/* Reads the next pipeline and starts it, or skips it, or ends the line. */
static void
next_pipeline(struct shell *shell, uint64_t now_ns)
{
	struct pipeline_part part[SHELL_FILTERS_MAX + 1] = { 0 };
	enum token joint = shell->joint, token;
	unsigned int filters = 0, file = 0;
	size_t used = 0;

	if (joint == TOKEN_END) {
		shell->state = SHELL_IDLE;
		return;
	}
	shell->word_count = 0;
	shell->lexer.status = shell->status;
	shell->redirected = false;
	for (;;) {
		token = gather_words(shell, &used);
		if (!shell->redirected)
			part[filters].count =
				shell->word_count - part[filters].from;
		if (token == TOKEN_REDIRECT) {
			file = shell->word_count;
			shell->redirected = true;
		} else if (token == TOKEN_PIPE && !shell->redirected) {
			part[++filters].from = shell->word_count;
		} else {
			break;
		}
	}
	shell->joint = token;
	if (token == TOKEN_ERROR ||
	    (shell->redirected && shell->word_count != file + 1)) {
		refuse_line(shell, token == TOKEN_ERROR
					   ? shell->lexer.error
					   : "after > stands one file");
		shell->joint = TOKEN_END;
		return;
	}
	if ((joint == TOKEN_AND && shell->status != 0) ||
	    (joint == TOKEN_OR && shell->status == 0) || part[0].count == 0)
		return;
	if (shell->redirected) {
		str_copy(shell->path, shell->word[file], sizeof(shell->path));
		out_buf_init(&shell->file, shell->file_text,
			     sizeof(shell->file_text));
	}
	if (!start_filters(shell, part, filters))
		return;
	shell->word_count = part[0].count;
	find_alias(shell);
	if (stage_words(shell))
		start_stage(shell, now_ns);
}

/* ---- running ------------------------------------------------------------ */

static void
job_over(struct shell *shell)
{
	struct job *job = &shell->job;

	if (job->command != NULL && job->command->end != NULL)
		job->command->end(job);
	job->command = NULL;
	shell->status = job->status;
	shell->state = SHELL_FINISH;
}

/* The next command of an alias, the rest of a filter, or the exit code. */
static void
finish(struct shell *shell, uint64_t now_ns)
{
	struct filter *filter;

	if (shell->alias != NULL && !shell->job.interrupted) {
		shell->stage++;
		if (stage_words(shell)) {
			start_stage(shell, now_ns);
			return;
		}
		shell->alias = NULL;
	}
	if (shell->filter_done < shell->filter_count) {
		filter = &shell->filter[shell->filter_done];
		if (filter_finish(filter))
			return;
		shell->filter_done++;
		shell->status = filter_status(filter);
		return;
	}
	shell->state = SHELL_NEXT;
	if (shell->redirected && shell->status == 0)
		shell->status =
			shell->world->write_file(&shell->job, shell->path,
						 shell->file_text);
}

/* Does the first filter want no more? Then the command may as well stop. */
static bool
unwanted(const struct shell *shell)
{
	return shell->filter_count > 0 && shell->filter[0].satisfied;
}

static void
run(struct shell *shell, uint64_t now_ns)
{
	struct job *job = &shell->job;
	enum step step;

	job->now_ns = now_ns;
	job->woken = false;
	job->wake_ns = TIMER_NEVER;
	step = job->command->step(job);
	if (step == STEP_DONE || unwanted(shell))
		job_over(shell);
	else if (step == STEP_MORE)
		job->wake_ns = 0;
}

static size_t
room_needed(const struct shell *shell)
{
	const struct command *command = shell->job.command;

	if (shell->state != SHELL_RUN || command->room == 0)
		return JOB_ROOM;
	return command->room;
}

/* Is there something to do at now_ns, and a place for what it prints? */
static bool
ready(const struct shell *shell, uint64_t now_ns)
{
	if (shell->state == SHELL_IDLE ||
	    (shell->state == SHELL_RUN && !shell->job.woken &&
	     shell->job.wake_ns > now_ns))
		return false;
	return shell->room == NULL || shell->room(shell) >= room_needed(shell);
}

bool
shell_poll(struct shell *shell, uint64_t now_ns)
{
	for (unsigned int i = 0; i < POLL_STEPS_MAX; i++) {
		if (!ready(shell, now_ns))
			return false;
		switch (shell->state) {
		case SHELL_NEXT: next_pipeline(shell, now_ns); break;
		case SHELL_RUN: run(shell, now_ns); break;
		case SHELL_FINISH: finish(shell, now_ns); break;
		case SHELL_IDLE: break;
		}
	}
	return ready(shell, now_ns);
}

uint64_t
shell_deadline(const struct shell *shell)
{
	/* Without room it is the drain of the sink that wakes the owner. */
	if (shell->state == SHELL_IDLE)
		return TIMER_NEVER;
	if (shell->state == SHELL_RUN && !shell->job.woken &&
	    shell->job.wake_ns > 0)
		return shell->job.wake_ns;
	return ready(shell, 0) ? 0 : TIMER_NEVER;
}

void
shell_interrupt(struct shell *shell, uint64_t now_ns)
{
	struct job *job = &shell->job;

	shell->joint = TOKEN_END;
	if (shell->state == SHELL_RUN) {
		job->interrupted = true;
		job->status = STATUS_INTERRUPT;
		job->now_ns = now_ns;
		job->command->step(job);
		job_over(shell);
	} else if (shell->state == SHELL_NEXT) {
		shell->status = STATUS_INTERRUPT;
	}
	job->interrupted = true;
	shell->redirected = false;
}

bool
shell_error_at(const struct shell *shell, size_t *column, size_t *len)
{
	unsigned int word = shell->job.error.word, at;

	if (word < shell->alias_count)
		return false;
	at = word - shell->alias_count +
	     (shell->alias != NULL ? shell->alias_words : 0);
	if (at >= shell->word_count) {
		*column = strlen(shell->line);
		*len = 1;
	} else {
		*column = shell->column[at];
		*len = max_of(strlen(shell->word[at]), (size_t)1);
	}
	return true;
}
