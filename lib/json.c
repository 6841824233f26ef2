/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cursor that walks over JSON. Recursion is replaced by one bit for each open
 * bracket, so that nesting costs no stack. [RFC8259]
 */
#include "lib/json.h"

#include "lib/port.h"

struct cursor {
	const char *at, *end;
};

static char
peek(const struct cursor *c)
{
	return c->at < c->end ? *c->at : '\0';
}

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' ||
				  *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool
skip_char(struct cursor *c, char wanted)
{
	skip_blanks(c);
	if (peek(c) != wanted)
		return false;
	c->at++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
skip_escape(struct cursor *c)
{
	char letter = peek(c);

	if (letter == '\0' || strchr("\"\\/bfnrtu", letter) == NULL)
		return false;
	c->at++;
	for (unsigned int i = 0; letter == 'u' && i < 4; i++) {
		if (!is_hex(peek(c)))
			return false;
		c->at++;
	}
	return true;
}

static bool
skip_string(struct cursor *c)
{
	if (!skip_char(c, '"'))
		return false;
	while (c->at < c->end) {
		uint8_t byte = (uint8_t)*c->at++;

		if (byte == '"')
			return true;
		if (byte < 0x20 || (byte == '\\' && !skip_escape(c)))
			return false;
	}
	return false;
}

static bool
skip_digits(struct cursor *c)
{
	if (!is_digit(peek(c)))
		return false;
	while (is_digit(peek(c)))
		c->at++;
	return true;
}

static bool
skip_number(struct cursor *c)
{
	if (peek(c) == '-')
		c->at++;
	if (peek(c) == '0')
		c->at++;
	else if (!skip_digits(c))
		return false;
	if (peek(c) == '.') {
		c->at++;
		if (!skip_digits(c))
			return false;
	}
	if (peek(c) == 'e' || peek(c) == 'E') {
		c->at++;
		if (peek(c) == '+' || peek(c) == '-')
			c->at++;
		return skip_digits(c);
	}
	return true;
}

static bool
skip_word(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

static bool
skip_scalar(struct cursor *c)
{
	switch (peek(c)) {
	case '"': return skip_string(c);
	case 't': return skip_word(c, "true");
	case 'f': return skip_word(c, "false");
	case 'n': return skip_word(c, "null");
	default: return skip_number(c);
	}
}

static bool
skip_name(struct cursor *c)
{
	return skip_string(c) && skip_char(c, ':');
}

/* One value with all that is in it. */
static bool
skip_value(struct cursor *c)
{
	uint32_t objects = 0; /* bit n: the bracket at depth n is a brace */
	unsigned int depth = 0;

	for (;;) {
		bool open = false, object;

		skip_blanks(c);
		object = peek(c) == '{';
		if (object || peek(c) == '[') {
			if (depth++ == JSON_DEPTH_MAX)
				return false;
			objects = objects << 1 | object;
			c->at++;
			open = !skip_char(c, object ? '}' : ']');
			if (open && object && !skip_name(c))
				return false;
			if (open)
				continue;
			depth--;
			objects >>= 1;
		} else if (!skip_scalar(c)) {
			return false;
		}
		while (depth > 0 && !skip_char(c, ',')) {
			if (!skip_char(c, objects & 1 ? '}' : ']'))
				return false;
			depth--;
			objects >>= 1;
		}
		if (depth == 0)
			return true;
		if ((objects & 1) && !skip_name(c))
			return false;
	}
}

bool
json_valid(const char *text, size_t len)
{
	struct cursor c = { text, text + len };

	if (!skip_value(&c))
		return false;
	skip_blanks(&c);
	return c.at == c.end;
}

static enum json_kind
kind_of(char first)
{
	switch (first) {
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

bool
json_member(const char *text, size_t len, const char *name, struct json *value)
{
	struct cursor c = { text, text + len };
	size_t name_len = strlen(name), key_len;
	const char *key, *begin;

	if (!skip_char(&c, '{'))
		return false;
	do {
		skip_blanks(&c);
		key = c.at + 1;
		if (!skip_string(&c))
			return false;
		key_len = (size_t)(c.at - 1 - key);
		if (!skip_char(&c, ':'))
			return false;
		skip_blanks(&c);
		begin = c.at;
		if (!skip_value(&c))
			return false;
		if (key_len != name_len || memcmp(key, name, key_len) != 0)
			continue;
		value->kind = kind_of(*begin);
		value->text = begin + (*begin == '"');
		value->len = (size_t)(c.at - begin) - (*begin == '"' ? 2 : 0);
		return true;
	} while (skip_char(&c, ','));
	return false;
}

bool
json_u64(const struct json *value, uint64_t *number)
{
	const char *at = value->text, *end = value->text + value->len;
	int fraction = 0, exponent = 0;
	bool point = false, down;
	uint64_t n = 0;

	if (value->kind != JSON_NUMBER || *at == '-')
		return false;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			point = true;
		} else if (n <= (UINT64_MAX - 9) / 10) {
			n = n * 10 + (uint64_t)(*at - '0');
			fraction += point;
		} else if (!point) {
			return false;
		}
	}
	down = at + 1 < end && at[1] == '-';
	for (at += at < end; at < end; at++) {
		if (is_digit(*at) && exponent < 100)
			exponent = exponent * 10 + *at - '0';
	}
	exponent = (down ? -exponent : exponent) - fraction;
	for (; exponent > 0 && n != 0; exponent--) {
		if (n > UINT64_MAX / 10)
			return false;
		n *= 10;
	}
	for (; exponent < 0 && n != 0; exponent++)
		n /= 10;
	*number = n;
	return true;
}
