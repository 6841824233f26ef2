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

static void
log_bytes(struct log *log, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		log->text[log->written_len++ % PARAM_LOG_LEN] = bytes[i];
}

/* Text from outside may hold anything: one entry must stay one plain line. */
static void
log_text(struct log *log, const char *text)
{
	size_t i;
	char c;

	for (i = 0; text[i] != '\0' && i < TEXT_MAX; i++) {
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

void
log_show(const struct log *log, struct out *out)
{
	uint64_t pos = 0, end;

	/* The oldest byte held need not begin a line: start at the next. */
	if (log->written_len > PARAM_LOG_LEN)
		pos = line_end(log, log->written_len - PARAM_LOG_LEN);
	for (; pos < log->written_len; pos = end) {
		end = line_end(log, pos);
		show_bytes(log, out, pos + strlen("<6>"), end);
	}
}
