/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a command line: what the serial console, a configuration file
 * and later the network consoles have in common. Blanks separate; "..." and
 * '...' quote; a backslash takes the next character as it is; # outside quotes
 * starts a comment; $? is the last exit code; ; && || | > stand for themselves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_PIPE, /* | */
	TOKEN_AND,  /* && */
	TOKEN_OR,   /* || */
	TOKEN_SEMICOLON,
	TOKEN_REDIRECT, /* > */
	TOKEN_ERROR,	/* lexer.error says what is wrong */
};

struct lexer {
	const char *text; /* the line; outlives the lexer */
	size_t at;	  /* what comes next */
	size_t column;	  /* where the last token began, from 0 */
	int status;	  /* the value of $? */
	bool open_quote;  /* the last word's quote was never closed */
	const char *error;
};

void lexer_init(struct lexer *lexer, const char *text, int status);

/*
 * The next token; for a TOKEN_WORD its text, without quotes, in word. A word
 * that needs more than size bytes with its NUL is a TOKEN_ERROR.
 */
enum token lexer_next(struct lexer *lexer, char *word, size_t size);

/* True if the text ends in a backslash that asks for another line. */
bool lexer_continues(const char *text);
