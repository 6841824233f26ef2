/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines packed one behind the other; forgetting moves the rest down. */
#include "apps/console/history.h"

#include <stdbool.h>

#include "lib/port.h"
#include "lib/str.h"

void
history_init(struct history *history)
{
	history->count = 0;
	history->used = 0;
	history->added = 0;
}

/* Is there such a word? */
static bool
has_word(const char *line, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
		if ((at == line || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\0' || at[len] == '='))
			return true;
	}
	return false;
}

static void
forget_oldest(struct history *history)
{
	uint32_t len = (uint32_t)strlen(history->text) + 1;

	memmove(history->text, history->text + len, history->used - len);
	history->used -= len;
	history->count--;
	for (uint32_t i = 0; i < history->count; i++)
		history->at[i] = (uint16_t)(history->at[i + 1] - len);
}

void
history_add(struct history *history, const char *line)
{
	size_t len = strlen(line) + 1;

	if (line[0] == '\0' || line[0] == ' ' || len > HISTORY_LEN ||
	    has_word(line, "password") || has_word(line, "key"))
		return;
	if (history->count > 0 &&
	    strcmp(line, history_get(history, history->count - 1)) == 0)
		return;
	while (history->count == HISTORY_LINES ||
	       history->used + len > HISTORY_LEN)
		forget_oldest(history);
	memcpy(history->text + history->used, line, len);
	history->at[history->count++] = (uint16_t)history->used;
	history->used += (uint32_t)len;
	history->added++;
}

const char *
history_get(const struct history *history, uint32_t i)
{
	return i < history->count ? history->text + history->at[i] : NULL;
}

uint64_t
history_number(const struct history *history, uint32_t i)
{
	return history->added - history->count + i + 1;
}

const char *
history_find(const struct history *history, uint64_t number)
{
	uint64_t first = history_number(history, 0);

	if (number < first || number - first >= history->count)
		return NULL;
	return history_get(history, (uint32_t)(number - first));
}
