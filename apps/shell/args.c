/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one parser of arguments. Tables say what a command takes; the tools'
 * habits differ in three ways only: keywords may be shortened (iproute2), the
 * word of one value may be left out (dev, to, local), and short options may be
 * run together (getopt).
 */
#include "apps/shell/args.h"

#include "lib/port.h"
#include "lib/str.h"

bool
args_names(const char *names, const char *text, bool abbrev)
{
	bool tilde;
	size_t i;

	if (names == NULL || text[0] == '\0')
		return false;
	for (;; names++) {
		tilde = names[0] == '~';
		names += tilde;
		for (i = 0;
		     names[i] == text[i] && text[i] != '\0' && text[i] != '|';)
			i++;
		names += i;
		if (text[i] == '\0' &&
		    (abbrev || tilde || *names == '\0' || *names == '|'))
			return true;
		while (*names != '|')
			if (*names++ == '\0')
				return false;
	}
}

const char *
arg_number_name(const struct arg_name *names, uint32_t number)
{
	for (; names->name != NULL; names++) {
		if (names->number == number)
			return names->name;
	}
	return NULL;
}

unsigned int
args_count(const struct arg_spec *specs)
{
	unsigned int count = 0;

	while (specs != NULL && specs[count].kind != ARG_END)
		count++;
	return count;
}

static bool
spec_is(const struct arg_spec *spec, const char *word)
{
	bool abbrev = spec->flags & ARG_ABBREV;

	return args_names(spec->word, word, abbrev) ||
	       args_names(spec->also, word, false);
}

const struct arg_spec *
args_find(const struct arg_spec *specs, const char *word)
{
	for (; specs != NULL && specs->kind != ARG_END; specs++) {
		if (spec_is(specs, word))
			return specs;
	}
	return NULL;
}

static enum args_problem
problem(struct job *job, enum args_problem what, const struct arg_spec *spec,
	unsigned int at)
{
	job->error.problem = what;
	job->error.spec = spec;
	job->error.word = at;
	job->error.text = at < job->word_count ? job->word[at] : "";
	return what;
}

static bool
name_value(const struct arg_spec *spec, const char *text, uint64_t *number)
{
	for (const struct arg_name *n = spec->names; n->name != NULL; n++) {
		if (strcmp(n->name, text) == 0) {
			*number = n->number;
			return true;
		}
	}
	return spec->max > 0 && str_u64(text, number) && *number <= spec->max;
}

static enum args_problem
number_value(const struct arg_spec *spec, const char *text, uint64_t *number)
{
	if (!str_u64(text, number))
		return ARGS_WRONG;
	if (*number < spec->min || *number > spec->max)
		return ARGS_RANGE;
	return ARGS_OK;
}

static bool
addr_value(const struct arg_spec *spec, const char *text, struct arg *arg)
{
	/* Only what is written as an address: no "default", no length. */
	if (spec->kind == ARG_ADDR &&
	    (*text < '0' || *text > '9' || strchr(text, '/') != NULL))
		return false;
	return str_prefix(text, &arg->addr, &arg->prefix_len);
}

/* The value of spec is job->word[at]. */
static enum args_problem
take_value(struct job *job, const struct arg_spec *spec, unsigned int at,
	   const char *text, struct arg *arg)
{
	enum args_problem found = ARGS_OK;
	bool good = true;

	switch (spec->kind) {
	case ARG_NUMBER: found = number_value(spec, text, &arg->number); break;
	case ARG_NAME: good = name_value(spec, text, &arg->number); break;
	case ARG_ON_OFF:
		arg->number = strcmp(text, "on") == 0;
		good = arg->number != 0 || strcmp(text, "off") == 0;
		break;
	case ARG_ADDR:
	case ARG_PREFIX: good = addr_value(spec, text, arg); break;
	case ARG_MAC: good = str_mac(text, arg->mac); break;
	default: break;
	}
	if (!good)
		found = ARGS_WRONG;
	if (found != ARGS_OK)
		return problem(job, found, spec, at);
	arg->count++;
	arg->word = (uint16_t)at;
	arg->text = text;
	return ARGS_OK;
}

/*
 * The word at *at names spec (or is its value, if bare). Takes it and what
 * belongs to it.
 */
static enum args_problem
take(struct job *job, const struct arg_spec *spec, struct arg *arg, bool bare,
     unsigned int *at)
{
	const char *value;

	if (arg->count > 0 && (spec->flags & ARG_ONCE) && !bare)
		return problem(job, ARGS_TWICE, spec,
			       *at + 1 < job->word_count ? *at + 1 : *at);
	if (spec->kind == ARG_FLAG) {
		value = strchr(job->word[*at], '=');
		arg->count++;
		arg->word = (uint16_t)*at;
		arg->text = (spec->flags & ARG_EQUALS) && value != NULL
				    ? value + 1
				    : "";
		*at += 1;
		return ARGS_OK;
	}
	if (!bare)
		*at += 1;
	arg->locked = (spec->flags & ARG_LOCK) && *at < job->word_count &&
		      strcmp(job->word[*at], "lock") == 0;
	*at += arg->locked;
	*at += (spec->flags & ARG_INET) && *at + 1 < job->word_count &&
	       strcmp(job->word[*at], "inet") == 0;
	if (*at >= job->word_count)
		return problem(job, ARGS_MISSING, spec, *at);
	if (spec->kind == ARG_GROUP || spec->kind == ARG_REST ||
	    spec->kind == ARG_COMMAND) {
		arg->count++;
		arg->word = (uint16_t)*at;
		arg->text = job->word[*at];
		*at = job->word_count;
		return ARGS_OK;
	}
	*at += 1;
	return take_value(job, spec, *at - 1, job->word[*at - 1], arg);
}

/* The option's word up to a "=" that carries its value. */
static const struct arg_spec *
option_find(const struct arg_spec *specs, const char *word)
{
	char name[32];
	const char *equals = strchr(word, '=');
	const struct arg_spec *spec;

	/* "--statistics" is "-statistics"; "-" alone is no option. */
	if (word[0] == '-' && word[1] == '-' && word[2] != '\0')
		word++;
	spec = args_find(specs, word);
	if (spec != NULL || equals == NULL ||
	    (size_t)(equals - word) >= sizeof(name))
		return spec;
	str_copy(name, word, (size_t)(equals - word) + 1);
	spec = args_find(specs, name);
	return spec != NULL && (spec->flags & ARG_EQUALS) ? spec : NULL;
}

enum args_problem
args_options(struct job *job, const struct arg_spec *specs, unsigned int *at,
	     struct arg *args)
{
	const struct arg_spec *spec;
	enum args_problem found;

	while (*at < job->word_count && job->word[*at][0] == '-') {
		spec = option_find(specs, job->word[*at]);
		if (spec == NULL)
			return problem(job, ARGS_OPTION, NULL, *at);
		found = take(job, spec, &args[spec - specs], false, at);
		if (found != ARGS_OK)
			return found;
	}
	return ARGS_OK;
}

/* ---- getopt ------------------------------------------------------------- */

/* The table's option of one letter. */
static const struct arg_spec *
letter_find(const struct arg_spec *specs, char letter)
{
	char word[3] = { '-', letter, '\0' };

	return args_find(specs, word);
}

/* A word like -c3, -uan or --numeric. */
static enum args_problem
take_letters(struct job *job, const struct arg_spec *specs, unsigned int *at,
	     struct arg *args)
{
	unsigned int here = *at;
	const char *word = job->word[here];
	const struct arg_spec *spec = args_find(specs, word);

	if (spec != NULL || word[1] == '-')
		return spec != NULL
			       ? take(job, spec, &args[spec - specs], false, at)
			       : problem(job, ARGS_OPTION, NULL, here);
	for (const char *c = word + 1; *c != '\0'; c++) {
		spec = letter_find(specs, *c);
		if (spec == NULL) {
			problem(job, ARGS_OPTION, NULL, here);
			job->error.text = c;
			return ARGS_OPTION;
		}
		if (spec->kind == ARG_FLAG) {
			args[spec - specs].count++;
			continue;
		}
		/* The rest of the word is the value, else the next word. */
		if (c[1] != '\0') {
			*at += 1;
			return take_value(job, spec, here, c + 1,
					  &args[spec - specs]);
		}
		return take(job, spec, &args[spec - specs], false, at);
	}
	*at += 1;
	return ARGS_OK;
}

/* ---- all of them -------------------------------------------------------- */

/* The positional that a word without a keyword fills, or the last one. */
static const struct arg_spec *
positional(const struct arg_spec *specs, const struct arg *args)
{
	const struct arg_spec *last = NULL;

	for (const struct arg_spec *s = specs; s != NULL && s->kind != ARG_END;
	     s++) {
		if (!(s->flags & ARG_POSITIONAL))
			continue;
		last = s;
		if (args[s - specs].count == 0 || (s->flags & ARG_MANY))
			break;
	}
	return last;
}

/* One argument; *known: false if the word says nothing to the table. */
static enum args_problem
take_next(struct job *job, const struct arg_spec *specs, bool letters,
	  unsigned int *at, struct arg *args, bool *known)
{
	const char *word = job->word[*at];
	const struct arg_spec *spec;
	bool bare = false;

	*known = true;
	if (letters && word[0] == '-' && word[1] != '\0')
		return take_letters(job, specs, at, args);
	spec = args_find(specs, word);
	if (spec == NULL && job->help_word && strcmp(word, "help") == 0)
		return problem(job, ARGS_HELP, NULL, *at);
	if (spec == NULL) {
		spec = positional(specs, args);
		bare = true;
		*known = spec != NULL && (args[spec - specs].count == 0 ||
					  (spec->flags & ARG_MANY));
		if (!*known)
			return problem(job, ARGS_STRAY, spec, *at);
	} else if ((spec->flags & ARG_POSITIONAL) && (spec->flags & ARG_ONCE) &&
		   args[spec - specs].count > 0) {
		/* "dev eth0 dev eth1": iproute2 complains of the value. */
		*at += 1;
		if (*at >= job->word_count)
			return problem(job, ARGS_MISSING, spec, *at);
		return problem(job, ARGS_STRAY, spec, *at);
	}
	return take(job, spec, &args[spec - specs], bare, at);
}

enum args_problem
args_parse(struct job *job, const struct command *command, unsigned int at,
	   struct arg *args)
{
	bool letters = command->flags & COMMAND_GETOPT, known;
	enum args_problem found = ARGS_OK;

	while (at < job->word_count && found == ARGS_OK)
		found = take_next(job, command->args, letters, &at, args,
				  &known);
	return found;
}

enum args_problem
args_group(struct job *job, const struct arg_spec *specs, unsigned int *at,
	   struct arg *args)
{
	enum args_problem found = ARGS_OK;
	bool known = true;

	while (*at < job->word_count && found == ARGS_OK) {
		found = take_next(job, specs, false, at, args, &known);
		if (!known)
			return ARGS_OK;
	}
	return found;
}
