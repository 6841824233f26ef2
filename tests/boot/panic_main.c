/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The composition root of the images that must panic: as much of the machine as
 * a panic report needs, then the misdeed. Here, so that the product has no
 * hooks for tests.
 */
#include <arch/cpu.h>
#include <arch/port.h>
#include <arch/trap.h>

#include "boot/boot_info.h"
#include "boot/memory.h"
#include "drivers/uart.h"
#include "lib/cmdline.h"
#include "tests/boot/panic_main.h"

static struct pages pages;
static struct uart console;

_Noreturn void
kernel_main(struct boot_info *info)
{
	char action[16];

	trap_init();
	cpu_init();
	port_init();
	if (uart_init(&console, "ttyS0", UART_COM1, UART_COM1_IRQ, 115200) !=
	    OK)
		panic("no console");
	port_panic_console(&console.out_sync);
	port_panic_version(fairlead_version);
	if (cmdline_value(info->cmdline, "panic", action, sizeof(action)) &&
	    !port_panic_action(action))
		panic("no such action: %s", action);
	if (memory_init(&pages, info) != OK)
		panic("no memory");
	log_info("about to do something wrong");
	misdeed(&pages);
	out_printf(&console.out_sync, "nothing happened\n");
	for (;;)
		cpu_relax();
}
