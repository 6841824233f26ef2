/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system log: the last LOG_LEN bytes of text with time stamps, as dmesg
 * shows them. An instance; the kernel's belongs to arch/x86/port.c. One that
 * lies in memory which outlives a restart can be recognised afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"
#include "lib/param.h"

struct log {
	uint64_t magic;	      /* of a log that log_init() has begun */
	uint64_t written_len; /* bytes since boot; % PARAM_LOG_LEN = next */
	uint64_t sum;	      /* of text[], kept up to date */
	char text[PARAM_LOG_LEN];
};

/* Begins an empty log in memory that may hold anything. */
void log_init(struct log *log);

/* True if this memory, whatever has become of it, holds a whole log. */
bool log_is_intact(const struct log *log);

/* Exchanges what two logs hold. */
void log_swap(struct log *a, struct log *b);

/* Appends "<level>[ssss.uuuuuu] text\n", overwriting the oldest. */
void log_append(struct log *log, uint64_t now_ns, enum log_level level,
		const char *text);

/* Writes all whole lines still held, oldest first, without the "<level>". */
void log_show(const struct log *log, struct out *out);

/* The same for the last `lines` lines that end at or before log byte `end`. */
void log_show_tail(const struct log *log, struct out *out, uint64_t end,
		   unsigned int lines);
