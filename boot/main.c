/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The composition root: everything that the appliance is made of, in the order
 * in which it comes up. The one file that may know all others; what it owns
 * lives as long as the machine runs.
 */
#include <arch/clock.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/port.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <arch/trap.h>

#include "boot/boot_info.h"
#include "boot/memory.h"
#include "drivers/acpi.h"
#include "drivers/uart.h"
#include "lib/cmdline.h"
#include "lib/fmt.h"
#include "lib/pages.h"
#include "lib/str.h"

#define LOGLEVEL_DEFAULT 5u /* as Linux counts: errors and warnings */
#define CONSOLE_POLL_NS	 10000000u
#define CORES_CHECK_NS	 1000000000u
#define BOOT_MAP_LEN	 (1ull << 32)

static struct pages pages;
static struct acpi acpi;
static struct uart console;

/* console=ttyS0,115200 loglevel=5 panic=reboot */
static void
console_init(const char *cmdline)
{
	struct uart_choice choice;
	char value[16];
	uint32_t level = LOGLEVEL_DEFAULT;
	bool is_known = uart_choose(&choice, "ttyS0");
	enum status status;

	if (cmdline_value(cmdline, "console", value, sizeof(value)))
		is_known = uart_choose(&choice, value);
	status = uart_init(&console, choice.name, choice.port, choice.isa_irq,
			   choice.bps);
	port_panic_console(&console.out_sync);
	port_panic_version(fairlead_version);
	if (cmdline_value(cmdline, "loglevel", value, sizeof(value)) &&
	    (!str_u32(value, &level) || level > LOG_DEBUG + 1))
		level = LOGLEVEL_DEFAULT;
	port_log_console(&console.out, level);
	if (!is_known)
		log_warn("console: there are only ttyS0 and ttyS1, with a rate "
			 "like ttyS0,9600");
	if (status != OK)
		log_warn("console: %s: %s", choice.name,
			 status == ERR_NODEV ? "no such port"
					     : "no such rate, using 115200");
	if (cmdline_value(cmdline, "panic", value, sizeof(value)) &&
	    !port_panic_action(value))
		log_warn("panic=%s: expected reboot, halt, exit or seconds",
			 value);
}

/* Firmware's tables, while the boot code's map still shows them one to one. */
static const void *
firmware_map(void *ctx, uint64_t phys, size_t len)
{
	if (phys >= BOOT_MAP_LEN || len > BOOT_MAP_LEN - phys)
		return NULL;
	return (const void *)(uintptr_t)phys;
}

static void
firmware_read(const struct boot_info *info)
{
	const struct acpi_memory memory = { firmware_map, NULL };

	for (unsigned int i = 0; i < info->warning_count; i++)
		log_warn("boot: %s: %s", info->loader, info->warning[i]);
	if (acpi_read(&acpi, &memory, info->rsdp) != OK)
		log_warn("acpi: no tables; one core, no power-off");
}

static void
interrupts_init(void)
{
	irq_init(&acpi.machine);
	if (console.port != 0 &&
	    irq_alloc_gsi(console.name, irq_isa_gsi(console.isa_irq),
			  IRQ_EDGE_HIGH, uart_irq, &console))
		uart_irq_enable(&console);
}

/* The other cores reset while this one measures its clock. */
static void
time_and_cores_init(const struct boot_info *info)
{
	if (smp_init(&acpi.machine, &pages, info->low_page) != OK)
		log_warn("smp: the other cores are left to the firmware");
	clock_init(&acpi.machine, info->entry_tsc);
	smp_start();
}

/* By then even a core on a busy host has had its turn. */
static uint64_t
cores_check(void)
{
	static bool is_done;
	unsigned int count = smp_parked_count() + 1;

	if (is_done)
		return UINT64_MAX;
	if (clock_now_ns() < CORES_CHECK_NS)
		return CORES_CHECK_NS;
	is_done = true;
	port_log(count == cpu_info()->count ? LOG_INFO : LOG_WARN,
		 "smp: %u of %u cores have come, all but one parked", count,
		 cpu_info()->count);
	return UINT64_MAX;
}

/* Until there is more to do: sleep, wake for the clock, sleep. */
static _Noreturn void
run(void)
{
	for (;;) {
		uint64_t due = min_of(clock_refine(), cores_check());

		if (!console.has_irq && console.port != 0) {
			uart_poll(&console);
			due = min_of(due, clock_now_ns() + CONSOLE_POLL_NS);
		}
		cpu_irq_save();
		clock_wake_at(due);
		cpu_idle();
	}
}

_Noreturn void
kernel_main(struct boot_info *info)
{
	trap_init();
	cpu_init();
	port_init();
	console_init(info->cmdline);
	firmware_read(info);
	if (memory_init(&pages, info) != OK)
		panic("memory: too little RAM to start");
	power_init(&acpi.machine);
	interrupts_init();
	time_and_cores_init(info);
	out_printf(&console.out,
		   "fairlead: %s up after %u ms: %u cores, %u MiB free\n",
		   fairlead_version, (unsigned int)(clock_now_ns() / 1000000),
		   cpu_info()->count,
		   (unsigned int)(pages.free_count / (1048576 / PAGE_SIZE)));
	run();
}
