/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The panic report: reason, registers, backtrace, the last log lines; then
 * reboot, halt or leave QEMU, as panic= says. Runs on whatever stack is left,
 * with interrupts masked, trusts no pointer that it has not checked, and writes
 * synchronously to the console that main.c named, and into the log, which the
 * next boot may find. State: one report per boot.
 */
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/io.h>
#include <arch/port.h>
#include <arch/power.h>

#include "arch/x86/apic.h"
#include "arch/x86/core.h"
#include "arch/x86/panic.h"
#include "arch/x86/symbols.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/str.h"

#define PANIC_REBOOT_S	    5u
#define PANIC_REBOOT_MAX_S  86400u
#define PANIC_LOG_LINES	    16u
#define PANIC_BACKTRACE_MAX 24u
#define PANIC_LINE_LEN	    128u
#define FRAME_DISTANCE_MAX  65536u /* no stack is larger */

/* QEMU's isa-debug-exit: exit status = value * 2 + 1 [HARDWARE 4.6]. */
#define DEBUG_EXIT_PORT	 0xf4u
#define DEBUG_EXIT_PANIC 1u

enum panic_action { PANIC_REBOOT, PANIC_HALT, PANIC_EXIT };

/* Filled by port_panic() in entry.S. */
struct trap_frame panic_registers;

/* Writes through to the console, and by lines into the log. */
struct report {
	struct out out;
	char line[PANIC_LINE_LEN];
	size_t len;
};

static struct {
	struct out *console;
	struct report report;
	uint64_t log_end; /* what was logged before the report began */
	const char *version;
	enum panic_action action;
	uint32_t delay_s;
	const struct core *reporter; /* NULL: nobody has panicked */
	unsigned int depth;
} state = { .delay_s = PANIC_REBOOT_S };

static void
null_write(struct out *out, const char *text, size_t len)
{
}

static struct out null_out = { .write = null_write };

void
port_panic_console(struct out *out)
{
	state.console = out;
}

void
port_panic_version(const char *version)
{
	state.version = version;
}

bool
port_panic_action(const char *text)
{
	uint32_t seconds = PANIC_REBOOT_S;

	if (strcmp(text, "halt") == 0)
		state.action = PANIC_HALT;
	else if (strcmp(text, "exit") == 0)
		state.action = PANIC_EXIT;
	else if (strcmp(text, "reboot") == 0 ||
		 (str_u32(text, &seconds) && seconds <= PANIC_REBOOT_MAX_S))
		state.action = PANIC_REBOOT;
	else
		return false;
	state.delay_s = seconds;
	return true;
}

bool
panic_on_other_core(void)
{
	const struct core *reporter =
		__atomic_load_n(&state.reporter, __ATOMIC_ACQUIRE);

	return reporter && reporter != core_self();
}

static _Noreturn void
halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Does not return where the port is QEMU's; metal is never tried. */
static void
leave_qemu(void)
{
	if (cpu_info()->hypervisor[0])
		port_out8(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
}

static _Noreturn void
finish(bool at_once)
{
	if (state.action == PANIC_HALT)
		halt_forever();
	leave_qemu();
	if (state.action == PANIC_EXIT)
		power_off();
	if (!at_once) {
		out_printf(&state.report.out, "rebooting in %u s\n",
			   (unsigned int)state.delay_s);
		for (uint32_t i = 0; i < state.delay_s; i++)
			clock_delay_us(1000000);
	}
	power_reset();
}

/* The log may outlive the restart, and the report with it. */
static void
report_write(struct out *out, const char *text, size_t len)
{
	struct report *report = container_of(out, struct report, out);

	out_write(state.console, text, len);
	if (state.depth > 1)
		return;
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && report->len < PANIC_LINE_LEN - 1) {
			report->line[report->len++] = text[i];
			continue;
		}
		report->line[report->len] = '\0';
		if (report->len > 0)
			port_log_only(LOG_ERR, report->line);
		report->len = 0;
	}
}

struct out *
panic_begin(void)
{
	const struct core *nobody = NULL, *self = core_self();

	__asm__ volatile("cli");
	if (!__atomic_compare_exchange_n(&state.reporter, &nobody, self, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
	    nobody != self)
		halt_forever();
	if (!state.console)
		state.console = &null_out;
	if (state.depth == 0)
		state.log_end = port_log_ring()->written_len;
	state.report.out.write = report_write;
	state.depth++;
	if (state.depth > 2)
		finish(true);
	if (state.depth == 1)
		apic_stop_other_cores();
	out_puts(&state.report.out, "\npanic: ");
	return &state.report.out;
}

static uint64_t
control_register(unsigned int which)
{
	uint64_t value = 0;

	if (which == 0)
		__asm__ volatile("movq %%cr0, %0" : "=r"(value));
	else if (which == 2)
		__asm__ volatile("movq %%cr2, %0" : "=r"(value));
	else if (which == 3)
		__asm__ volatile("movq %%cr3, %0" : "=r"(value));
	else if (which == 4)
		__asm__ volatile("movq %%cr4, %0" : "=r"(value));
	return value;
}

static void
show_registers(struct out *out, const struct trap_frame *f)
{
	static const struct {
		char name[4];
		uint16_t offset;
	} reg[] = {
		{ "rax", offsetof(struct trap_frame, rax) },
		{ "rbx", offsetof(struct trap_frame, rbx) },
		{ "rcx", offsetof(struct trap_frame, rcx) },
		{ "rdx", offsetof(struct trap_frame, rdx) },
		{ "rsi", offsetof(struct trap_frame, rsi) },
		{ "rdi", offsetof(struct trap_frame, rdi) },
		{ "rbp", offsetof(struct trap_frame, rbp) },
		{ "rsp", offsetof(struct trap_frame, rsp) },
		{ "r8", offsetof(struct trap_frame, r8) },
		{ "r9", offsetof(struct trap_frame, r9) },
		{ "r10", offsetof(struct trap_frame, r10) },
		{ "r11", offsetof(struct trap_frame, r11) },
		{ "r12", offsetof(struct trap_frame, r12) },
		{ "r13", offsetof(struct trap_frame, r13) },
		{ "r14", offsetof(struct trap_frame, r14) },
		{ "r15", offsetof(struct trap_frame, r15) },
	};

	for (size_t i = 0; i < array_len(reg); i++) {
		uint64_t value;

		memcpy(&value, (const char *)f + reg[i].offset, sizeof(value));
		out_printf(out, "%s%-3s %016llx%s", i % 4 ? " " : "  ",
			   reg[i].name, (unsigned long long)value,
			   i % 4 == 3 ? "\n" : "");
	}
}

static void
show_flags(struct out *out, uint64_t rflags)
{
	static const struct {
		char name[3];
		uint8_t bit;
	} flag[] = {
		{ "CF", 0 },  { "PF", 2 },  { "AF", 4 },  { "ZF", 6 },
		{ "SF", 7 },  { "TF", 8 },  { "IF", 9 },  { "DF", 10 },
		{ "OF", 11 }, { "NT", 14 }, { "RF", 16 }, { "AC", 18 },
	};

	out_printf(out, "  rflags %08llx", (unsigned long long)rflags);
	for (size_t i = 0; i < array_len(flag); i++)
		if (rflags >> flag[i].bit & 1)
			out_printf(out, " %s", flag[i].name);
	out_puts(out, "\n");
}

static void
show_symbol(struct out *out, uintptr_t addr, size_t back, const char *mark)
{
	size_t offset;
	const char *name = symbol_find(addr - back, &offset);

	out_printf(out, "  %016zx", (size_t)addr);
	if (name)
		out_printf(out, "%s %s+0x%zx", mark, name, offset + back);
	out_puts(out, "\n");
}

/*
 * True if a frame record may be read at addr: aligned, and on one of this
 * core's stacks, whose guards and gaps we know without touching them.
 */
static bool
is_on_stack(uintptr_t addr)
{
	const struct core *self = core_self();
	uintptr_t exceptions = (uintptr_t)self->exception;
	uintptr_t in_exceptions = addr - exceptions;
	uintptr_t stack = (uintptr_t)self->stack_guard + PAGE_SIZE;
	uintptr_t top =
		self == &core[0]
			? (uintptr_t)boot_stack_top
			: stack + sizeof(((struct core_stacks *)0)->stack);

	if (addr % 8 != 0)
		return false;
	if (addr >= stack && addr + 16 <= top)
		return true;
	return in_exceptions + 16 <=
		       CORE_IST_COUNT * sizeof(*self->exception) &&
	       in_exceptions % sizeof(*self->exception) >= PAGE_SIZE;
}

static void
show_backtrace(struct out *out, const struct trap_frame *f)
{
	uintptr_t record = f->rbp;

	out_puts(out, "backtrace:\n");
	show_symbol(out, f->rip, f == &panic_registers, "");
	/*
	 * A function that keeps no frame, or a call to what is no code, leaves
	 * its return address on top; otherwise that is some local, so the
	 * question mark.
	 */
	if (f != &panic_registers && is_on_stack(f->rsp) &&
	    symbol_is_text(*(const uintptr_t *)f->rsp - 1))
		show_symbol(out, *(const uintptr_t *)f->rsp, 1, " ?");
	for (unsigned int i = 0; i < PANIC_BACKTRACE_MAX; i++) {
		uintptr_t next;

		if (!is_on_stack(record))
			return;
		next = ((const uintptr_t *)record)[0];
		if (!symbol_is_text(((const uintptr_t *)record)[1] - 1))
			return;
		show_symbol(out, ((const uintptr_t *)record)[1], 1, "");
		if (next <= record || next - record > FRAME_DISTANCE_MAX)
			return;
		record = next;
	}
	out_puts(out, "  ...\n");
}

static void
show_machine(struct out *out, const struct trap_frame *frame)
{
	show_registers(out, frame);
	out_printf(out, "  rip %016llx", (unsigned long long)frame->rip);
	out_printf(out, " cr0 %08llx cr2 %016llx\n",
		   (unsigned long long)control_register(0),
		   (unsigned long long)control_register(2));
	out_printf(out, "  cr3 %016llx cr4 %08llx\n",
		   (unsigned long long)control_register(3),
		   (unsigned long long)control_register(4));
	show_flags(out, frame->rflags);
	if (frame != &panic_registers)
		trap_show_error(out, frame);
	show_backtrace(out, frame);
}

_Noreturn void
panic_end(const struct trap_frame *frame)
{
	struct out *out = &state.report.out;
	bool is_second = state.depth > 1;

	out_puts(out, "\n");
	if (is_second)
		out_puts(out, "a panic while reporting the one before\n");
	out_printf(out, "fairlead %s, core %u of %u, %llu ms after entry\n",
		   state.version ? state.version : "",
		   (unsigned int)(core_self() - core), cpu_info()->count,
		   (unsigned long long)(clock_now_ns() / 1000000));
	show_machine(out, frame);
	/* The log may be what the first one died of. */
	if (!is_second && state.log_end > 0) {
		out_puts(state.console, "last log lines:\n");
		log_show_tail(port_log_ring(), state.console, state.log_end,
			      PANIC_LOG_LINES);
	}
	finish(is_second);
}

_Noreturn void
panic_report(const char *file, int line, const char *fmt, ...)
{
	struct out *out = panic_begin();
	va_list args;

	out_printf(out, "%s:%d: ", file, line);
	va_start(args, fmt);
	out_vprintf(out, fmt, args);
	va_end(args);
	panic_end(&panic_registers);
}
