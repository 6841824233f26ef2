/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/port.h and the machine's headers for a Linux process; see host.h. */
#include "tests/host/host.h"

#include <stdio.h>
#include <stdlib.h>

#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/vm.h>

#include "lib/fmt.h"
#include "lib/hash.h"
#include "lib/port.h"

uint64_t host_clock_ns;
uint64_t host_clock_wake_ns = UINT64_MAX;
uint64_t host_boot_epoch_s = 1767225600; /* 2026-01-01 00:00:00 UTC */
unsigned int host_log_count[8];

static struct {
	void (*end)(void *bench);
	void *bench;
} alive[32];
static unsigned int alive_count;

static jmp_buf panic_jump;
static bool panic_expected;
static char panic_text[512];

jmp_buf *
host_panic_jump(void)
{
	panic_expected = true;
	panic_text[0] = '\0';
	return &panic_jump;
}

void
host_no_panic(void)
{
	panic_expected = false;
	panic("expected a panic that did not come");
}

const char *
host_panic_text(void)
{
	return panic_text;
}

void
port_panic(const char *file, int line, const char *fmt, ...)
{
	va_list args;
	size_t len;

	len = fmt_print(panic_text, sizeof(panic_text), "%s:%d: ", file, line);
	len = min_of(len, sizeof(panic_text) - 1);
	va_start(args, fmt);
	fmt_vprint(panic_text + len, sizeof(panic_text) - len, fmt, args);
	va_end(args);
	if (panic_expected) {
		panic_expected = false;
		longjmp(panic_jump, 1);
	}
	fprintf(stderr, "panic: %s\n", panic_text);
	abort();
}

void
port_log(enum log_level level, const char *fmt, ...)
{
	char text[512];
	va_list args;

	host_log_count[level]++;
	if (getenv("FAIRLEAD_LOG") == NULL)
		return;
	va_start(args, fmt);
	fmt_vprint(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "<%d>[%12.6f] %s\n", (int)level,
		(double)host_clock_ns / 1e9, text);
}

void
host_pages_init(struct pages *pages, size_t len)
{
	unsigned int order = pages_order(len);
	size_t align = (size_t)PAGE_SIZE << min_of(order, PAGE_ORDER_MAX);
	void *arena = NULL;

	if (posix_memalign(&arena, align, len) != 0)
		panic("host: no %zu bytes for an arena", len);
	pages_init(pages);
	if (pages_add(pages, (uintptr_t)arena, len) != OK)
		panic("host: %zu bytes make no arena", len);
}

void
host_pages_fini(struct pages *pages)
{
	pages_check(pages);
	assert(pages->free_count == pages->total_count);
	/* A zone's memory begins with its bookkeeping. */
	free(pages->zone[0].state);
	pages_init(pages);
}

void
host_born(void (*end)(void *bench), void *bench)
{
	assert(alive_count < array_len(alive));
	alive[alive_count].end = end;
	alive[alive_count++].bench = bench;
}

void
host_gone(void *bench)
{
	unsigned int i = 0;

	while (i < alive_count && alive[i].bench != bench)
		i++;
	assert(i < alive_count);
	for (alive_count--; i < alive_count; i++)
		alive[i] = alive[i + 1];
}

void
host_end_all(void)
{
	while (alive_count > 0)
		alive[alive_count - 1].end(alive[alive_count - 1].bench);
}

uint64_t
clock_now_ns(void)
{
	return host_clock_ns;
}

void
clock_delay_us(uint32_t us)
{
	host_clock_ns += (uint64_t)us * 1000;
}

void
clock_wake_at(uint64_t due_ns)
{
	host_clock_wake_ns = due_ns;
}

uint64_t
clock_boot_epoch_s(void)
{
	return host_boot_epoch_s;
}

uint64_t
clock_tsc_hz(void)
{
	return 1000000000;
}

const char *
clock_source(void)
{
	return "host";
}

/* Time passes in a loop that waits for something, or it would never end. */
void
cpu_relax(void)
{
	host_clock_ns += 100;
}

void
cpu_idle(void)
{
	if (host_clock_wake_ns != UINT64_MAX)
		host_clock_ns = max_of(host_clock_ns, host_clock_wake_ns);
}

uint64_t
cpu_cycles(void)
{
	return host_clock_ns;
}

const struct cpu_info *
cpu_info(void)
{
	static const struct cpu_info info = {
		.vendor = "HostedFairld",
		.model = "a Linux process",
		.count = 1,
	};

	return &info;
}

/* A fixed sequence, so that every run is the same: for tests alone. */
bool
cpu_random(void *bytes, uint32_t len)
{
	static struct random random;
	static const uint8_t seed[32] = "fairlead hosted port";
	uint8_t *out = bytes;

	if (random.state[0] == 0)
		random_init(&random, seed);
	while (len-- > 0)
		*out++ = (uint8_t)random_u32(&random);
	return false;
}

void *
vm_map_mmio(uint64_t phys, uint64_t len)
{
	return (void *)(uintptr_t)phys;
}
