/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An expression is a row of at most 64 atoms; where a match may stand is a bit
 * each, so a line is read once and a character costs at most 64 looks.
 */
#include "apps/shell/pattern.h"

#include "lib/port.h"
#include "lib/str.h"

struct parser {
	struct pattern *pattern;
	const char *error;
	bool extended;
	uint8_t at;
};

/* The length of the character at text: one, an escaped one, or a [...]. */
static size_t
atom_len(const char *text)
{
	size_t len = 1;

	if (text[0] == '\\')
		return text[1] == '\0' ? 0 : 2;
	if (text[0] != '[')
		return 1;
	if (text[len] == '^')
		len++;
	if (text[len] == ']')
		len++;
	while (text[len] != '\0' && text[len] != ']')
		len++;
	return text[len] == '\0' ? 0 : len + 1;
}

/* How many bytes of an operator stand here; *op is which, 0: none. */
static size_t
operator_len(const struct parser *parser, const char *text, char *op)
{
	const char *operators = "+?|(){";
	bool escaped = text[0] == '\\';

	*op = 0;
	if (text[0] == '*') {
		*op = '*';
		return 1;
	}
	if (escaped == parser->extended || text[escaped] == '\0' ||
	    strchr(operators, text[escaped]) == NULL)
		return 0;
	*op = text[escaped];
	return escaped ? 2 : 1;
}

static struct pattern_atom *
atom_add(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;

	if (pattern->atom_count == PATTERN_ATOMS_MAX) {
		parser->error = "the pattern is too long";
		return NULL;
	}
	pattern->atom[pattern->atom_count] =
		(struct pattern_atom){ .at = parser->at };
	return &pattern->atom[pattern->atom_count++];
}

static void
repeat(struct parser *parser, struct pattern_atom *atom)
{
	const char *text;
	size_t len;
	char op;

	for (;;) {
		text = parser->pattern->text + parser->at;
		len = operator_len(parser, text, &op);
		if (op != '*' && op != '+' && op != '?')
			return;
		atom->optional |= op != '+';
		atom->repeats |= op != '?';
		parser->at += (uint8_t)len;
	}
}

/* One alternative, up to a | or the end. */
static void
alternative(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;
	uint64_t first = 1ull << (pattern->atom_count % 64);
	struct pattern_atom *atom;
	const char *text = pattern->text + parser->at;
	size_t len;
	char op;

	if (*text == '^') {
		pattern->at_start |= first;
		parser->at++;
	} else {
		pattern->anywhere |= first;
	}
	for (;;) {
		text = pattern->text + parser->at;
		len = operator_len(parser, text, &op);
		if (*text == '\0' || op == '|' ||
		    (*text == '$' && text[1] == 0))
			break;
		if (op == '(' || op == ')' || op == '{')
			parser->error = "groups and counts are not supported";
		/* An operator with nothing before it is a character. */
		if (op == 0 || len > 1)
			len = atom_len(text);
		if (len == 0 && parser->error == NULL)
			parser->error = "a [ or \\ has no end";
		atom = parser->error == NULL ? atom_add(parser) : NULL;
		if (atom == NULL)
			return;
		parser->at += (uint8_t)len;
		repeat(parser, atom);
	}
	atom = atom_add(parser);
	if (atom == NULL)
		return;
	atom->accepts = true;
	atom->at_end = *text == '$';
	parser->at += atom->at_end;
}

const char *
pattern_parse(struct pattern *pattern, const char *text, bool extended,
	      bool ignore_case)
{
	struct parser parser = { .pattern = pattern, .extended = extended };
	size_t len;
	char op;

	*pattern = (struct pattern){ .ignore_case = ignore_case };
	if (str_copy(pattern->text, text, sizeof(pattern->text)) >=
	    sizeof(pattern->text))
		return "the pattern is too long";
	for (;;) {
		alternative(&parser);
		if (parser.error != NULL)
			return parser.error;
		len = operator_len(&parser, pattern->text + parser.at, &op);
		if (op != '|')
			return NULL;
		parser.at += (uint8_t)len;
	}
}

static char
folded(const struct pattern *pattern, char c)
{
	if (pattern->ignore_case && c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

/* Is c in the [...] at text? */
static bool
class_matches(const struct pattern *pattern, const char *text, char c)
{
	bool negated = text[1] == '^', found = false;
	const char *first = text + 1 + negated, *at;
	char from, to;

	for (at = first; at == first || *at != ']'; at++) {
		from = to = folded(pattern, *at);
		if (at[1] == '-' && at[2] != ']') {
			to = folded(pattern, at[2]);
			at += 2;
		}
		if (c >= from && c <= to)
			found = true;
	}
	return found != negated;
}

static bool
atom_matches(const struct pattern *pattern, const struct pattern_atom *atom,
	     char c)
{
	const char *text = pattern->text + atom->at;

	if (atom->accepts)
		return false;
	c = folded(pattern, c);
	if (*text == '.')
		return true;
	if (*text == '[')
		return class_matches(pattern, text, c);
	if (*text == '\\')
		text++;
	return folded(pattern, *text) == c;
}

/* Adds where a match may stand without another character. */
static uint64_t
closure(const struct pattern *pattern, uint64_t states)
{
	for (unsigned int i = 0; i + 1 < pattern->atom_count; i++) {
		if ((states >> i & 1) && pattern->atom[i].optional)
			states |= 1ull << (i + 1);
	}
	return states;
}

static bool
accepts(const struct pattern *pattern, uint64_t states, bool at_end)
{
	for (unsigned int i = 0; i < pattern->atom_count; i++) {
		if ((states >> i & 1) && pattern->atom[i].accepts &&
		    (at_end || !pattern->atom[i].at_end))
			return true;
	}
	return false;
}

bool
pattern_matches(const struct pattern *pattern, const char *line, size_t len)
{
	uint64_t states =
		closure(pattern, pattern->anywhere | pattern->at_start);
	uint64_t next;

	for (size_t i = 0; i < len; i++) {
		if (accepts(pattern, states, false))
			return true;
		next = pattern->anywhere;
		for (unsigned int k = 0; k < pattern->atom_count; k++) {
			if (!(states >> k & 1) ||
			    !atom_matches(pattern, &pattern->atom[k], line[i]))
				continue;
			next |= 1ull << (k + 1);
			if (pattern->atom[k].repeats)
				next |= 1ull << k;
		}
		states = closure(pattern, next);
	}
	return accepts(pattern, states, true);
}
