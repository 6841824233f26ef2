/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system log as a ring of bytes. Lines come from port_log(), go to dmesg;
 * the oldest is overwritten. Whoever owns the instance keeps two cores out of
 * it at once.
 */
#include "lib/log.h"

#include "lib/port.h"

/* A line keeps this much of its text, so that several always fit. */
#define TEXT_MAX (PARAM_LOG_LEN / 16)

/* Changes with the layout of struct log. */
#define LOG_MAGIC 0x31676f6c64616566u

void
log_init(struct log *log)
{
	memset(log, 0, sizeof(*log));
	log->magic = LOG_MAGIC;
}

bool
log_is_intact(const struct log *log)
{
	uint64_t sum = 0;

	if (log->magic != LOG_MAGIC)
		return false;
	for (size_t i = 0; i < PARAM_LOG_LEN; i++)
		sum += (uint8_t)log->text[i] * (i + 1);
	return sum == log->sum;
}

void
log_swap(struct log *a, struct log *b)
{
	uint8_t *left = (uint8_t *)a, *right = (uint8_t *)b;

	for (size_t i = 0; i < sizeof(*a); i++) {
		uint8_t byte = left[i];

		left[i] = right[i];
		right[i] = byte;
	}
}

/* The sum weighs each byte with its place: swapped bytes show, too. */
static void
log_bytes(struct log *log, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t at = log->written_len++ % PARAM_LOG_LEN;

		log->sum -= (uint8_t)log->text[at] * (at + 1);
		log->text[at] = bytes[i];
		log->sum += (uint8_t)bytes[i] * (at + 1);
	}
}

/* Text from outside may hold anything: one entry must stay one plain line. */
static void
log_text(struct log *log, const char *text)
{
	size_t i;
	char c;

	for (i = 0; i < TEXT_MAX && text[i] != '\0'; i++) {
		c = text[i];
		if (((unsigned char)c < ' ' && c != '\t') || c == 0x7f)
			c = '?';
		log_bytes(log, &c, 1);
	}
}

void
log_append(struct log *log, uint64_t now_ns, enum log_level level,
	   const char *text)
{
	char head[40];
	size_t len = fmt_print(head, sizeof(head), "<%u>[%5llu.%06u] ",
			       (unsigned int)level,
			       (unsigned long long)(now_ns / 1000000000u),
			       (unsigned int)(now_ns % 1000000000u / 1000u));

	log_bytes(log, head, len);
	log_text(log, text);
	log_bytes(log, "\n", 1);
}

/* Writes log bytes [from, to), which may wrap around the end of the ring. */
static void
show_bytes(const struct log *log, struct out *out, uint64_t from, uint64_t to)
{
	size_t start = from % PARAM_LOG_LEN;
	size_t len = (size_t)(to - from);
	size_t first = min_of(len, PARAM_LOG_LEN - start);

	out_write(out, log->text + start, first);
	out_write(out, log->text, len - first);
}

/* The position after the next newline at or after pos. */
static uint64_t
line_end(const struct log *log, uint64_t pos)
{
	while (pos < log->written_len &&
	       log->text[pos++ % PARAM_LOG_LEN] != '\n')
		;
	return pos;
}

/* The oldest byte held need not begin a line: the first that does. */
static uint64_t
first_line(const struct log *log)
{
	return log->written_len > PARAM_LOG_LEN
		       ? line_end(log, log->written_len - PARAM_LOG_LEN)
		       : 0;
}

/* Shows the lines of [pos, end), both where lines begin. */
static void
show_lines(const struct log *log, struct out *out, uint64_t pos, uint64_t end)
{
	for (uint64_t next; pos < end; pos = next) {
		next = line_end(log, pos);
		show_bytes(log, out, pos + strlen("<6>"), next);
	}
}

void
log_show(const struct log *log, struct out *out)
{
	show_lines(log, out, first_line(log), log->written_len);
}

void
log_show_tail(const struct log *log, struct out *out, uint64_t end,
	      unsigned int lines)
{
	uint64_t first = first_line(log), pos = end;

	while (pos > first && lines > 0) {
		pos--;
		while (pos > first &&
		       log->text[(pos - 1) % PARAM_LOG_LEN] != '\n')
			pos--;
		lines--;
	}
	show_lines(log, out, pos, end);
}
