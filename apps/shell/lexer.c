/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line into tokens, from left to right without going back. Whoever
 * runs a line reads it token by token, so that $? has its value of that moment.
 */
#include "apps/shell/lexer.h"

#include "lib/fmt.h"
#include "lib/port.h"

/* A word in the making. */
struct word {
	char *text;
	size_t size, len;
	bool full;
};

static void
word_add(struct word *word, char c)
{
	if (word->len + 1 < word->size)
		word->text[word->len++] = c;
	else
		word->full = true;
}

void
lexer_init(struct lexer *lexer, const char *text, int status)
{
	*lexer = (struct lexer){ .text = text, .status = status };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An arrow is a word, not a dash and a redirection. */
static bool
is_arrow(const char *text)
{
	return text[0] == '-' && text[1] == '>' &&
	       (is_blank(text[2]) || text[2] == '\0');
}

/* Does an unquoted word end before c? */
static bool
ends_word(char c)
{
	static const bool ends[256] = {
		['\0'] = true, ['#'] = true,  [';'] = true, ['|'] = true,
		['&'] = true,  ['>'] = true,  [' '] = true, ['\t'] = true,
		['\r'] = true, ['\n'] = true,
	};

	return ends[(uint8_t)c];
}

static void
add_status(struct lexer *lexer, struct word *word)
{
	char digits[12];

	fmt_print(digits, sizeof(digits), "%d", lexer->status);
	for (const char *c = digits; *c != '\0'; c++)
		word_add(word, *c);
	lexer->at += 2;
}

/* From after the opening quote up to after the closing one. */
static bool
quoted(struct lexer *lexer, struct word *word, char quote)
{
	const char *text = lexer->text;
	char c;

	while ((c = text[lexer->at]) != quote) {
		if (c == '\0')
			return false;
		if (quote == '"' && c == '$' && text[lexer->at + 1] == '?') {
			add_status(lexer, word);
			continue;
		}
		if (quote == '"' && c == '\\' &&
		    (text[lexer->at + 1] == '"' || text[lexer->at + 1] == '\\'))
			c = text[++lexer->at];
		word_add(word, c);
		lexer->at++;
	}
	lexer->at++;
	return true;
}

static enum token
lexer_word(struct lexer *lexer, struct word *word)
{
	const char *text = lexer->text;
	char c;

	if (is_arrow(text + lexer->at)) {
		word_add(word, '-');
		word_add(word, '>');
		lexer->at += 2;
		return TOKEN_WORD;
	}
	while (!ends_word(c = text[lexer->at])) {
		if (c == '$' && text[lexer->at + 1] == '?') {
			add_status(lexer, word);
			continue;
		}
		lexer->at++;
		if (c == '"' || c == '\'') {
			if (quoted(lexer, word, c))
				continue;
			lexer->open_quote = true;
			lexer->error = "a quote is never closed";
			return TOKEN_ERROR;
		}
		if (c == '\\') {
			if (text[lexer->at] == '\0')
				break;
			c = text[lexer->at++];
		}
		word_add(word, c);
	}
	if (word->full) {
		lexer->error = "a word is too long";
		return TOKEN_ERROR;
	}
	return TOKEN_WORD;
}

/* A token that is made of c alone, or of c twice. */
static enum token
lexer_sign(struct lexer *lexer, char c)
{
	bool twice = lexer->text[lexer->at + 1] == c;

	lexer->at += twice ? 2 : 1;
	if (c == ';' && !twice)
		return TOKEN_SEMICOLON;
	if (c == '|')
		return twice ? TOKEN_OR : TOKEN_PIPE;
	if (c == '&' && twice)
		return TOKEN_AND;
	if (c == '>' && !twice)
		return TOKEN_REDIRECT;
	if (c == '&')
		lexer->error = "there are no background jobs here";
	else if (c == '>')
		lexer->error = "nothing here can be appended to";
	else
		lexer->error = "a command is missing between ; and ;";
	return TOKEN_ERROR;
}

enum token
lexer_next(struct lexer *lexer, char *text, size_t size)
{
	struct word word = { .text = text, .size = size };
	enum token token;
	char c;

	while (is_blank(lexer->text[lexer->at]))
		lexer->at++;
	lexer->column = lexer->at;
	text[0] = '\0';
	c = lexer->text[lexer->at];
	if (c == '\0' || c == '#')
		return TOKEN_END;
	if (c == ';' || c == '|' || c == '&' || c == '>')
		return lexer_sign(lexer, c);
	token = lexer_word(lexer, &word);
	text[word.len] = '\0';
	return token;
}

bool
lexer_continues(const char *text)
{
	size_t len = strlen(text), slashes = 0;

	while (slashes < len && text[len - 1 - slashes] == '\\')
		slashes++;
	return slashes % 2 != 0;
}
