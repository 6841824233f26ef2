/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever turns text into values, under any text: numbers and addresses, the
 * kernel's command line, words, patterns, filters, JSON, the filter of ss,
 * options of drivers. The first byte says which; texts end where they end, and
 * ASan sees who reads on.
 */
#include <stdlib.h>
#include <string.h>

#include "apps/commands/ip.h"
#include "apps/commands/ss.h"
#include "apps/shell/filter.h"
#include "apps/shell/lexer.h"
#include "apps/shell/pattern.h"
#include "drivers/pci.h"
#include "drivers/uart.h"
#include "lib/cmdline.h"
#include "lib/json.h"
#include "lib/str.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 24u

static void
fuzz_values(const char *text)
{
	uint8_t mac[6], len;
	uint64_t number;
	uint32_t value;
	char back[24];

	if (str_u32(text, &value))
		assert(str_u64(text, &number) && number == value);
	if (str_ipv4(text, &value)) {
		fmt_print(back, sizeof(back), "%pI4", &value);
		assert(strcmp(back, text) == 0);
		assert(str_prefix(text, &value, &len) && len == 32);
	}
	if (str_prefix(text, &value, &len))
		assert(len <= 32);
	(void)str_mac(text, mac);
	assert(str_copy(back, text, sizeof(back)) == strlen(text));
	assert(str_starts(text, back));
}

static void
fuzz_cmdline(const char *text)
{
	static const char *const keys[] = { "a", "console", "pci", "" };
	char value[16];

	for (size_t i = 0; i < array_len(keys); i++)
		if (cmdline_value(text, keys[i], value, sizeof(value)))
			assert(strlen(value) < sizeof(value));
}

/* As long as the line is; each takes something of it. */
static unsigned int
words_of(const char *text, char room[], size_t size, char *word[WORDS_MAX])
{
	unsigned int count = 0;
	struct lexer lexer;
	enum token token;
	size_t turns = 0;

	lexer_init(&lexer, text, 1);
	while (count < WORDS_MAX && size > 0) {
		token = lexer_next(&lexer, room, size);
		assert(lexer.at <= strlen(text));
		assert(turns++ <= strlen(text));
		assert(token != TOKEN_ERROR || lexer.error);
		if (token == TOKEN_END || token == TOKEN_ERROR)
			break;
		if (token != TOKEN_WORD)
			continue;
		assert(strlen(room) < size);
		word[count++] = room;
		size -= strlen(room) + 1;
		room += strlen(room) + 1;
	}
	(void)lexer_continues(text);
	return count;
}

static void
fuzz_words(const char *text)
{
	char room[64], *word[WORDS_MAX];

	(void)words_of(text, room, sizeof(room), word);
}

/* The first line is the expression, what follows is searched. */
static void
fuzz_pattern(const char *text, uint8_t how)
{
	const char *rest = strchr(text, '\n');
	struct pattern pattern;
	char expression[160];
	size_t len = rest ? (size_t)(rest - text) : strlen(text);

	len = min_of(len, sizeof(expression) - 1);
	memcpy(expression, text, len);
	expression[len] = '\0';
	if (pattern_parse(&pattern, expression, how & 1, how & 2))
		return;
	assert(pattern.atom_count <= PATTERN_ATOMS_MAX);
	rest = rest ? rest + 1 : "";
	(void)pattern_matches(&pattern, rest, strlen(rest));
	(void)pattern_matches(&pattern, "", 0);
}

static size_t written_len;

static void
count_written(struct out *out, const char *text, size_t len)
{
	/* Each of them can be read. */
	for (size_t i = 0; i < len; i++)
		(void)*(const volatile char *)&text[i];
	written_len += len;
}

/* The same in one piece and byte by byte. */
static void
fuzz_filter(const char *text, uint8_t how)
{
	const char *rest = strchr(text, '\n');
	char room[256], line[128], *word[WORDS_MAX];
	static struct filter filter;
	static struct filter_tail tail;
	struct out out = { count_written };
	size_t len[2] = { 0 };
	unsigned int count;

	if (!rest)
		return;
	str_copy(line, text, min_of(sizeof(line), (size_t)(rest - text) + 1));
	count = words_of(line, room, sizeof(room), word);
	rest++;
	for (int i = 0; i < 2 && count > 0; i++) {
		memset(&filter, 0, sizeof(filter));
		if (filter_init(&filter, word, count, &out, &tail))
			return;
		written_len = 0;
		if (i == 0)
			filter.out.write(&filter.out, rest, strlen(rest));
		for (const char *at = rest; i == 1 && *at; at++)
			filter.out.write(&filter.out, at, 1);
		for (unsigned int k = 0; filter_finish(&filter); k++)
			assert(k < 100);
		len[i] = written_len;
		(void)filter_status(&filter);
	}
	assert(len[0] == len[1]);
}

static void
fuzz_ss_filter(const char *text)
{
	char room[256], error[80], *word[WORDS_MAX];
	unsigned int count = words_of(text, room, sizeof(room), word);
	const struct ss_end end = { .local = { 0x0a000001, 80 },
				    .remote = { 0x0a000002, 40000 },
				    .state = TCP_ESTABLISHED };
	struct ss_filter filter;
	int status = 0;

	if (ss_filter_parse(&filter, word, count, error, sizeof(error),
			    &status))
		return;
	assert(filter.count <= SS_OPS_MAX);
	(void)ss_filter_matches(&filter, &end);
}

static void
fuzz_options(const char *text)
{
	struct pci_options options = { 0 };
	struct uart_choice choice;
	unsigned int len;
	const char *bad;
	uint8_t mac[6];

	pci_options_parse(&options, text);
	if (uart_choose(&choice, text))
		assert(choice.name && choice.bps > 0);
	if (!lladdr_parse(text, mac, &bad, &len))
		assert(!bad || (bad >= text && bad <= text + strlen(text)));
}

static void
fuzz_json(const char *text, size_t len)
{
	static const char *const names[] = { "", "a", "\\u0041" };
	struct json value;
	uint64_t number;

	if (!json_valid(text, len))
		return;
	for (size_t i = 0; i < array_len(names); i++) {
		if (!json_member(text, len, names[i], &value))
			continue;
		assert(value.text >= text &&
		       value.text + value.len <= text + len);
		(void)json_u64(&value, &number);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t how = len ? data[0] : 0;
	size_t text_len = len ? len - 1 : 0;
	char *text = malloc(text_len + 1);

	assert(text);
	if (text_len)
		memcpy(text, data + 1, text_len);
	text[text_len] = '\0';
	switch (how & 7) {
	case 0: fuzz_values(text); break;
	case 1: fuzz_cmdline(text); break;
	case 2: fuzz_words(text); break;
	case 3: fuzz_pattern(text, how >> 3); break;
	case 4: fuzz_filter(text, how >> 3); break;
	case 5: fuzz_ss_filter(text); break;
	case 6: fuzz_options(text); break;
	/* Not terminated. */
	case 7: fuzz_json((const char *)data + 1, text_len); break;
	}
	free(text);
	return 0;
}
