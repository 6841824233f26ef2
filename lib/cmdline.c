/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds words in the kernel command line; see cmdline.h. No state. */
#include "lib/cmdline.h"

#include "lib/port.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* If the word [word, end) is about key, where its value begins; else NULL. */
static const char *
word_value(const char *word, const char *end, const char *key)
{
	size_t key_len = strlen(key);

	if ((size_t)(end - word) < key_len || strncmp(word, key, key_len) != 0)
		return NULL;
	word += key_len;
	if (word == end)
		return end;
	return *word == '=' ? word + 1 : NULL;
}

bool
cmdline_value(const char *cmdline, const char *key, char *value, size_t size)
{
	const char *word = cmdline;
	bool is_found = false;

	while (*word) {
		const char *end, *found;
		size_t len;

		while (is_blank(*word))
			word++;
		for (end = word; *end && !is_blank(*end);)
			end++;
		found = word_value(word, end, key);
		if (found && word != end) {
			len = min_of((size_t)(end - found), size - 1);
			memcpy(value, found, len);
			value[len] = '\0';
			is_found = true;
		}
		word = end;
	}
	return is_found;
}
