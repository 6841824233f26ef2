/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines in, lines out. Bytes come in any portions from the producer; a line is
 * gathered in filter.line, judged when it is whole, and passed on or not.
 */
#include "apps/shell/filter.h"

#include "lib/port.h"
#include "lib/str.h"

const struct filter_name filter_names[] = {
	{ "grep", "[-v] [-i] [-c] [-q] [-E] PATTERN",
	  "lines that match a regular expression" },
	{ "include", "PATTERN", "the same as grep" },
	{ "exclude", "PATTERN", "lines that do not match, as grep -v" },
	{ "begin", "PATTERN", "everything from the first match on" },
	{ "head", "[-n N]", "the first lines, 10 unless told" },
	{ "tail", "[-n N]", "the last lines, 10 unless told" },
	{ "wc", "[-l]", "how many lines, words and bytes" },
	{ "count", "", "how many lines, as wc -l" },
	{ NULL, NULL, NULL },
};

bool
filter_exists(const char *name)
{
	for (const struct filter_name *f = filter_names; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return true;
	}
	return false;
}

/* Keeps a line for tail, at the price of the oldest ones. */
static void
tail_add(struct filter *filter)
{
	struct filter_tail *tail = filter->tail;

	while (tail->line_count > 0 &&
	       (tail->line_count == filter->limit ||
		tail->len + filter->line_len > FILTER_TAIL_LEN)) {
		while (tail->text[tail->start++ % FILTER_TAIL_LEN] != '\n')
			tail->len--;
		tail->len--;
		tail->line_count--;
	}
	if (filter->limit == 0)
		return;
	for (size_t i = 0; i < filter->line_len; i++)
		tail->text[(tail->start + tail->len++) % FILTER_TAIL_LEN] =
			filter->line[i];
	tail->line_count++;
}

static void
pass_line(struct filter *filter)
{
	out_write(filter->next, filter->line, filter->line_len);
}

static void
grep_line(struct filter *filter, size_t len)
{
	bool found = pattern_matches(&filter->pattern, filter->line, len);

	if (found == filter->invert)
		return;
	filter->matches++;
	if (filter->quiet)
		filter->satisfied = true;
	else if (!filter->count)
		pass_line(filter);
}

/* A whole line, with its line break, is in filter.line. */
static void
whole_line(struct filter *filter)
{
	size_t len = filter->line_len;

	if (len > 0 && filter->line[len - 1] == '\n')
		len--;
	filter->lines++;
	switch (filter->kind) {
	case FILTER_GREP: grep_line(filter, len); break;
	case FILTER_BEGIN:
		if (filter->matches == 0 &&
		    pattern_matches(&filter->pattern, filter->line, len))
			filter->matches = 1;
		if (filter->matches > 0)
			pass_line(filter);
		break;
	case FILTER_HEAD:
		if (filter->lines <= filter->limit)
			pass_line(filter);
		filter->satisfied = filter->lines >= filter->limit;
		break;
	case FILTER_TAIL: tail_add(filter); break;
	case FILTER_COUNT:
	case FILTER_WC: break;
	}
	filter->line_len = 0;
}

static void
count_word(struct filter *filter, char c)
{
	bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';

	if (!blank && !filter->in_word)
		filter->words++;
	filter->in_word = !blank;
}

static void
filter_write(struct out *out, const char *text, size_t len)
{
	struct filter *filter = container_of(out, struct filter, out);

	filter->bytes += len;
	for (size_t i = 0; i < len; i++) {
		count_word(filter, text[i]);
		if (filter->satisfied)
			continue;
		/* Room for the line break that a cut line is given. */
		if (filter->line_len == FILTER_LINE_MAX - 1 &&
		    text[i] != '\n') {
			filter->line[filter->line_len++] = '\n';
			whole_line(filter);
			if (filter->satisfied)
				continue;
		}
		filter->line[filter->line_len++] = text[i];
		if (text[i] == '\n')
			whole_line(filter);
	}
}

bool
filter_finish(struct filter *filter)
{
	struct filter_tail *tail = filter->tail;
	size_t len = 0;

	/* A last line without a line break is a line, too. */
	if (filter->line_len > 0 && !filter->satisfied) {
		if (filter->kind == FILTER_TAIL)
			filter->line[filter->line_len++] = '\n';
		whole_line(filter);
	}
	if (filter->kind == FILTER_TAIL && tail->line_count > 0) {
		do {
			filter->line[len] = tail->text[(tail->start + len) %
						       FILTER_TAIL_LEN];
		} while (filter->line[len++] != '\n');
		out_write(filter->next, filter->line, len);
		tail->start += len;
		tail->len -= len;
		return --tail->line_count > 0;
	}
	if (filter->kind == FILTER_COUNT)
		out_printf(filter->next, "%llu\n",
			   (unsigned long long)filter->lines);
	if (filter->kind == FILTER_WC)
		out_printf(filter->next, "%7llu %7llu %7llu\n",
			   (unsigned long long)filter->lines,
			   (unsigned long long)filter->words,
			   (unsigned long long)filter->bytes);
	if (filter->kind == FILTER_GREP && filter->count && !filter->quiet)
		out_printf(filter->next, "%llu\n",
			   (unsigned long long)filter->matches);
	return false;
}

int
filter_status(const struct filter *filter)
{
	return filter->kind == FILTER_GREP && filter->matches == 0 ? 1 : 0;
}

/* -n 5, -n5, -5 or nothing. */
static const char *
parse_limit(struct filter *filter, char *const *word, unsigned int count)
{
	const char *number;

	filter->limit = 10;
	if (count == 0)
		return NULL;
	number = word[0];
	if (number[0] != '-')
		return "takes -n and a number of lines";
	number++;
	if (*number == 'n')
		number++;
	if (*number == '\0' && count > 1) {
		number = word[1];
		count--;
	}
	if (count != 1 || !str_u32(number, &filter->limit))
		return "takes -n and a number of lines";
	return NULL;
}

static const char *
parse_grep(struct filter *filter, char *const *word, unsigned int count)
{
	bool extended = false, ignore_case = false;
	unsigned int i;

	for (i = 0; i < count && word[i][0] == '-' && word[i][1] != '\0'; i++) {
		if (strcmp(word[i], "-e") == 0 || strcmp(word[i], "--") == 0) {
			i++;
			break;
		}
		for (const char *c = word[i] + 1; *c != '\0'; c++) {
			switch (*c) {
			case 'v': filter->invert = !filter->invert; break;
			case 'i': ignore_case = true; break;
			case 'c': filter->count = true; break;
			case 'q': filter->quiet = true; break;
			case 'E': extended = true; break;
			default: return "knows the options -v -i -c -q -E";
			}
		}
	}
	if (i + 1 != count)
		return "takes one pattern";
	return pattern_parse(&filter->pattern, word[i], extended, ignore_case);
}

const char *
filter_init(struct filter *filter, char *const *word, unsigned int word_count,
	    struct out *next, struct filter_tail *tail)
{
	const char *name = word[0];

	*filter = (struct filter){ .out.write = filter_write, .next = next };
	word++;
	word_count--;
	if (strcmp(name, "head") == 0 || strcmp(name, "tail") == 0) {
		filter->kind = name[0] == 'h' ? FILTER_HEAD : FILTER_TAIL;
		if (filter->kind == FILTER_TAIL && tail == NULL)
			return "can stand once in a line";
		filter->tail = tail;
		if (filter->kind == FILTER_TAIL)
			tail->start = tail->len = tail->line_count = 0;
		return parse_limit(filter, word, word_count);
	}
	if (strcmp(name, "wc") == 0 || strcmp(name, "count") == 0) {
		filter->kind = name[0] == 'c' ? FILTER_COUNT : FILTER_WC;
		if (word_count == 0)
			return NULL;
		filter->kind = FILTER_COUNT;
		if (name[0] == 'c' || word_count > 1 ||
		    strcmp(word[0], "-l") != 0)
			return "takes nothing but -l";
		return NULL;
	}
	filter->kind = strcmp(name, "begin") == 0 ? FILTER_BEGIN : FILTER_GREP;
	filter->invert = strcmp(name, "exclude") == 0;
	if (name[0] == 'g')
		return parse_grep(filter, word, word_count);
	if (word_count != 1)
		return "takes one pattern";
	return pattern_parse(&filter->pattern, word[0], true, false);
}
