/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/shell/lexer.c: words, quotes, signs, comments, $?. */
#include "tests/host/test.h"

#include "apps/shell/lexer.h"
#include "lib/port.h"

/* All tokens of a line as one text: words in <>, signs as they are. */
static const char *
tokens(const char *line, int status)
{
	static char text[512];
	static const char *const sign[] = {
		[TOKEN_PIPE] = "|",	[TOKEN_AND] = "&&",
		[TOKEN_OR] = "||",	[TOKEN_SEMICOLON] = ";",
		[TOKEN_REDIRECT] = ">", [TOKEN_ERROR] = "!",
	};
	struct lexer lexer;
	char word[64];
	enum token token;

	text[0] = '\0';
	lexer_init(&lexer, line, status);
	while ((token = lexer_next(&lexer, word, sizeof(word))) != TOKEN_END) {
		if (token == TOKEN_WORD)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text), "<%s>", word);
		else
			strcat(text, sign[token]);
		if (token == TOKEN_ERROR)
			break;
	}
	return text;
}

static void
test_tokens(void **state)
{
	static const struct {
		const char *line, *tokens;
	} table[] = {
		{ "", "" },
		{ "   ", "" },
		{ "ip addr", "<ip><addr>" },
		{ "\tip\t addr \r", "<ip><addr>" },
		{ "a # b", "<a>" },
		{ "a#b", "<a>" },
		{ "a '#' \"#\"", "<a><#><#>" },
		{ "'a b' \"c d\"", "<a b><c d>" },
		{ "a'b'\"c\"d", "<abcd>" },
		{ "''", "<>" },
		{ "\"a\\\"b\\\\c\"", "<a\"b\\c>" },
		{ "'a\\b'", "<a\\b>" },
		{ "a\\ b \\# \\'", "<a b><#><'>" },
		{ "a;b", "<a>;<b>" },
		{ "a|b||c&&d", "<a>|<b>||<c>&&<d>" },
		{ "echo 1 >/proc/x", "<echo><1>></proc/x>" },
		{ "a -> b ->", "<a><->><b><->>" },
		{ "echo ->/proc/x", "<echo><->></proc/x>" },
		{ "echo $? x$?y \"$?\" '$?'", "<echo><7><x7y><7><$?>" },
		{ "$", "<$>" },
		{ "a &", "<a>!" },
		{ "a >> b", "<a>!" },
		{ "a ;; b", "<a>!" },
		{ "'a", "!" },
		{ "\"a", "!" },
		{ "ab\\", "<ab>" },
		{ "caf\303\251", "<caf\303\251>" },
	};

	for (size_t i = 0; i < array_len(table); i++)
		assert_string_equal(tokens(table[i].line, 7), table[i].tokens);
}

static void
test_columns(void **state)
{
	struct lexer lexer;
	char word[8];

	lexer_init(&lexer, "  ab 'c'", 0);
	lexer_next(&lexer, word, sizeof(word));
	assert_int_equal(lexer.column, 2);
	lexer_next(&lexer, word, sizeof(word));
	assert_int_equal(lexer.column, 5);
	/* A word is never cut in silence. */
	lexer_init(&lexer, "12345678", 0);
	assert_int_equal(lexer_next(&lexer, word, sizeof(word)), TOKEN_ERROR);
	assert_string_equal(lexer.error, "a word is too long");
	lexer_init(&lexer, "1234567", 0);
	assert_int_equal(lexer_next(&lexer, word, sizeof(word)), TOKEN_WORD);
}

static void
test_continuation(void **state)
{
	assert_true(lexer_continues("a \\"));
	assert_true(lexer_continues("\\"));
	assert_true(lexer_continues("a \\\\\\"));
	assert_false(lexer_continues("a \\\\"));
	assert_false(lexer_continues("a"));
	assert_false(lexer_continues(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_continuation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
