/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system log: the last LOG_LEN bytes of text with time stamps, as dmesg
 * shows them. An instance; the kernel's only one belongs to arch/x86/port.c.
 */
#pragma once

#include <stdint.h>

#include "lib/fmt.h"
#include "lib/param.h"

struct log {
	char text[PARAM_LOG_LEN];
	uint64_t written_len; /* bytes since boot; % PARAM_LOG_LEN = next */
};

/* Appends "<level>[ssss.uuuuuu] text\n", overwriting the oldest. */
void log_append(struct log *log, uint64_t now_ns, enum log_level level,
		const char *text);

/* Writes all whole lines still held, oldest first, without the "<level>". */
void log_show(const struct log *log, struct out *out);
