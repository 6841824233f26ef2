/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's half of lib/port.h: the log (the one static struct log; lines
 * come from everywhere, dmesg and panic reports read it) and the stack guard
 * that compiled code checks. port_panic() is in entry.S and panic.c.
 */
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/port.h>

#include "lib/fmt.h"
#include "lib/log.h"

#define LOG_LINE_LEN 240u

/* What gcc and clang call and read [-mstack-protector-guard=global]. */
extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);

/* Good enough until port_init() has something that cannot be guessed. */
uintptr_t __stack_chk_guard = 0x6b9f3ad1c25e7400;

/* Where the log is until there is a better place; then the one before it. */
static struct log early_log;
static struct log *log = &early_log;
static const struct log *previous_log;
static struct out *log_console;
static unsigned int log_console_below;

__attribute__((no_stack_protector)) void
port_init(void)
{
	uintptr_t guard;

	cpu_random(&guard, sizeof(guard));
	/* The lowest byte stays zero: it stops overflowing strings. */
	__stack_chk_guard = guard & ~(uintptr_t)0xff;
	log_init(&early_log);
}

_Noreturn void
__stack_chk_fail(void)
{
	panic("stack smashed: a function wrote beyond its locals");
}

const struct log *
port_log_ring(void)
{
	return log;
}

void
port_log_keep(struct log *kept)
{
	uint64_t flags = cpu_irq_save();

	if (log_is_intact(kept))
		previous_log = &early_log;
	log_swap(kept, &early_log);
	log = kept;
	cpu_irq_restore(flags);
}

const struct log *
port_log_previous(void)
{
	return previous_log;
}

void
port_log_console(struct out *out, unsigned int below)
{
	log_console = out;
	log_console_below = below;
}

/* As in the ring: firmware's bytes must not command a terminal. */
static void
console_line(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	out_printf(log_console, "%s\n", text);
}

void
port_log_only(enum log_level level, const char *text)
{
	log_append(log, clock_now_ns(), level, text);
}

void
port_log(enum log_level level, const char *fmt, ...)
{
	char text[LOG_LINE_LEN];
	uint64_t flags;
	va_list args;

	va_start(args, fmt);
	fmt_vprint(text, sizeof(text), fmt, args);
	va_end(args);
	/* An interrupt handler may log too; a line stays whole. */
	flags = cpu_irq_save();
	log_append(log, clock_now_ns(), level, text);
	if (log_console && level < log_console_below)
		console_line(text);
	cpu_irq_restore(flags);
}
