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

#include "apps/agent/control.h"
#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/config/config.h"
#include "apps/console/console.h"
#include "apps/daytime.h"
#include "apps/echo.h"
#include "apps/iperf3.h"
#include "apps/platform.h"
#include "boot/boot_info.h"
#include "boot/fw_cfg.h"
#include "boot/memory.h"
#include "drivers/acpi.h"
#include "drivers/drivers.h"
#include "drivers/uart.h"
#include "lib/cmdline.h"
#include "lib/fmt.h"
#include "lib/log.h"
#include "lib/pages.h"
#include "lib/str.h"
#include "net/net.h"

#define LOGLEVEL_DEFAULT 5u /* as Linux counts: errors and warnings */
#define CONSOLE_POLL_NS	 10000000u
#define CORES_CHECK_NS	 1000000000u
#define CORES_LATE_NS	 10000000000ull
#define CARDS_CHECK_NS	 200000000u
#define BOOT_MAP_LEN	 (1ull << 32)

static struct pages pages;
static struct acpi acpi;
static struct uart serial;
static struct uart agent_serial; /* the conformance agent's */
static struct pci pci;
static struct net net;
static struct echo echo;
static struct daytime daytime;
static struct control agent;
static struct iperf3 iperf3;
static struct box box;
static struct config config;
static struct console console;
static const struct boot_info *boot;
static uint64_t idle_ns;
static uint32_t log_level;

/* console=ttyS0,115200 loglevel=5 panic=reboot */
static void
serial_init(const char *cmdline)
{
	struct uart_choice choice;
	char value[16];
	uint32_t level = LOGLEVEL_DEFAULT;
	bool is_known = uart_choose(&choice, "ttyS0");
	enum status status;

	if (cmdline_value(cmdline, "console", value, sizeof(value)))
		is_known = uart_choose(&choice, value);
	status = uart_init(&serial, choice.name, choice.port, choice.isa_irq,
			   choice.bps);
	port_panic_console(&serial.out_sync);
	port_panic_version(fairlead_version);
	if (cmdline_value(cmdline, "loglevel", value, sizeof(value)) &&
	    (!str_u32(value, &level) || level > LOG_DEBUG + 1))
		level = LOGLEVEL_DEFAULT;
	log_level = level;
	port_log_console(&serial.out, level);
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
	if (serial.port != 0 &&
	    irq_alloc_gsi(serial.name, irq_isa_gsi(serial.isa_irq),
			  IRQ_EDGE_HIGH, uart_irq, &serial))
		uart_irq_enable(&serial);
}

/* What the boot before this one logged is there until it is overwritten. */
static void
log_keep(const struct boot_info *info)
{
	struct log *kept = memory_kept(info);

	_Static_assert(sizeof(*kept) <= MEMORY_KEPT_LEN, "no room for the log");
	if (kept)
		port_log_keep(kept);
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
	uint64_t now_ns = clock_now_ns();

	if (is_done)
		return UINT64_MAX;
	if (now_ns < CORES_CHECK_NS)
		return CORES_CHECK_NS;
	/* Of a virtual machine some may wait for a processor themselves. */
	if (count < cpu_info()->count && now_ns < CORES_LATE_NS)
		return now_ns + CORES_CHECK_NS / 10;
	is_done = true;
	port_log(count == cpu_info()->count ? LOG_INFO : LOG_WARN,
		 "smp: %u of %u cores have come, all but one parked", count,
		 cpu_info()->count);
	return UINT64_MAX;
}

/* ---- the stack and its cards -------------------------------------------- */

static void
network_init(void)
{
	struct net_config want = {
		.pages = &pages,
		.now_ns = clock_now_ns(),
		.clock_ns = clock_now_ns,
	};

	if (!cpu_random(want.seed, sizeof(want.seed)))
		log_info("random: no RDRAND; seeded from timing jitter");
	if (net_init(&net, &want) != OK)
		panic("network: too little RAM for the stack");
	log_info("network: %u packet buffers of %u bytes",
		 net_this_core(&net)->skb_pool.total_count,
		 (unsigned int)SKB_STRIDE);
}

static void
cards_init(void)
{
	struct pci_options options = { 0 };
	char value[64];

	if (cmdline_value(boot->cmdline, "pci", value, sizeof(value)))
		pci_options_parse(&options, value);
	pci_init(&pci, acpi.ecam, acpi.ecam_count, &options);
	if (drivers_probe(&pci, &net, &pages) == 0)
		log_warn("network: no card that this image has a driver for "
			 "(lspci shows what is there)");
}

/* ---- what the console asks of the machine ------------------------------- */

static void
machine_off(void)
{
	uart_write_sync(&serial, NULL, 0);
	power_off();
}

static void
machine_restart(void)
{
	uart_write_sync(&serial, NULL, 0);
	power_reset();
}

static uint64_t
machine_idle_ns(void)
{
	return idle_ns;
}

static void
machine_cpu(struct platform_cpu *cpu)
{
	const struct cpu_info *info = cpu_info();

	*cpu = (struct platform_cpu){
		.model = info->model[0] ? info->model : info->vendor,
		.hypervisor = info->hypervisor,
		.count = info->count,
		.hz = clock_tsc_hz(),
		.clock = clock_source(),
	};
}

static void
show_interrupt(void *ctx, const struct irq_info *info)
{
	out_printf(ctx, "%4u: %10llu   %-8s %s\n", info->vector,
		   (unsigned long long)info->count, info->chip, info->name);
}

static void
machine_show_interrupts(struct out *out)
{
	out_puts(out, "           CPU0       \n");
	irq_for_each(show_interrupt, out);
}

static void
machine_show_pci(struct out *out, bool numeric, unsigned int detail,
		 const char *slot)
{
	pci_show(&pci, out,
		 (numeric ? PCI_SHOW_NUMBERS : 0) |
			 (detail > 0 ? PCI_SHOW_DRIVER : 0),
		 slot);
}

static uint64_t
machine_ram_len(void)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < boot->range_count; i++)
		if (boot->range[i].type == BOOT_RAM ||
		    boot->range[i].type == BOOT_CONFIG)
			len += boot->range[i].len;
	return len;
}

static void
machine_show_serial(struct out *out)
{
	const struct uart_counts *counts = &serial.counts;

	out_puts(out, "serinfo:1.0 driver revision:\n");
	out_printf(out,
		   "0: uart:16550A port:%08X irq:%u tx:%llu rx:%llu fe:%llu "
		   "pe:%llu brk:%llu oe:%llu\n",
		   serial.port, serial.isa_irq,
		   (unsigned long long)counts->tx_bytes,
		   (unsigned long long)counts->rx_bytes,
		   (unsigned long long)counts->rx_framing,
		   (unsigned long long)counts->rx_parity,
		   (unsigned long long)counts->rx_break,
		   (unsigned long long)counts->rx_overrun);
}

static struct platform platform = {
	.version = fairlead_version,
	.power_off = machine_off,
	.restart = machine_restart,
	.boot_epoch_s = clock_boot_epoch_s,
	.idle_ns = machine_idle_ns,
	.cpu = machine_cpu,
	.log = port_log_ring,
	.previous_log = port_log_previous,
	.show_interrupts = machine_show_interrupts,
	.show_pci = machine_show_pci,
	.ram_len = machine_ram_len,
	.show_serial = machine_show_serial,
};

/* ---- what runs on it ---------------------------------------------------- */

static enum status
echo_on(struct net *stack, void *ctx)
{
	return echo_start(ctx, stack);
}

static void
echo_off(void *ctx)
{
	echo_stop(ctx);
}

static enum status
iperf3_on(struct net *stack, void *ctx)
{
	return iperf3_start(ctx, stack);
}

static void
iperf3_off(void *ctx)
{
	iperf3_stop(ctx);
}

static enum status
daytime_on(struct net *stack, void *ctx)
{
	return daytime_start(ctx, stack, clock_boot_epoch_s);
}

static void
daytime_off(void *ctx)
{
	daytime_stop(ctx);
}

static void
box_up(void)
{
	const struct box_service echo_service = {
		.name = "echo",
		.help = "echo (7), discard (9) and chargen (19)",
		.start = echo_on,
		.stop = echo_off,
		.ctx = &echo,
	};
	const struct box_service iperf3_service = {
		.name = "iperf3",
		.help = "throughput, measured by iperf3 -c (5201)",
		.start = iperf3_on,
		.stop = iperf3_off,
		.ctx = &iperf3,
	};
	const struct box_service daytime_service = {
		.name = "daytime",
		.help = "date and time in a line (13)",
		.start = daytime_on,
		.stop = daytime_off,
		.ctx = &daytime,
	};

	platform.cmdline = boot->cmdline;
	platform.loader = boot->loader;
	box_init(&box, &net, &platform);
	if (box_add_service(&box, &echo_service) != OK ||
	    box_add_service(&box, &iperf3_service) != OK ||
	    box_add_service(&box, &daytime_service) != OK)
		panic("box: no room for the services");
}

/* QEMU's fw_cfg, if it has a configuration. */
static void
configure_from_fw_cfg(void)
{
	enum status status;
	unsigned int order;
	size_t len = 0;
	char *text;

	status = fw_cfg_read(FW_CFG_CONFIG, NULL, 0, &len);
	if (status != ERR_MSGSIZE) {
		if (status == ERR_IO)
			log_warn("fw_cfg: %s cannot be read", FW_CFG_CONFIG);
		return;
	}
	order = pages_order(len);
	text = pages_alloc(&pages, order);
	if (!text)
		return log_warn("fw_cfg: %s: %zu bytes, and no memory for them",
				FW_CFG_CONFIG, len);
	if (fw_cfg_read(FW_CFG_CONFIG, text, len, &len) == OK)
		config_load(&config, "fw_cfg", text, len);
	pages_free(&pages, text, order);
}

/*
 * Later ones win: what the image holds, else the built-in default; QEMU's
 * fw_cfg; the command line. A bad line is told, and the rest still counts.
 * There may be a million routes in it.
 */
static void
configure(void)
{
	config_init(&config, &box_world, &box, &net, &serial.out, SHELL_CONFIG);
	fib_batch_begin(&net);
	if (boot->config && config_has_commands(boot->config, boot->config_len))
		config_load(&config, "/boot/fairlead.conf", boot->config,
			    boot->config_len);
	else if (netdev_find(&net, "eth0"))
		config_load(&config, "built-in", builtin_config,
			    (size_t)(builtin_config_end - builtin_config));
	memory_add_config(&pages, boot);
	configure_from_fw_cfg();
	config_cmdline(&config, boot->cmdline);
	fib_batch_end(&net);
	if (config.error_count > 0)
		log_warn("config: %u errors", config.error_count);
}

/* app=agent: test suites talk to it through the second serial port. */
static void
agent_up(void)
{
	struct uart_choice choice;

	if (strcmp(box.app, "agent") != 0 || !uart_choose(&choice, "ttyS1"))
		return;
	if (serial.port == choice.port)
		return log_warn("agent: ttyS1 is the console's");
	if (uart_init(&agent_serial, choice.name, choice.port, choice.isa_irq,
		      choice.bps) != OK ||
	    control_init(&agent, &net, NULL, NULL, "fairlead-agent") != OK) {
		agent_serial.port = 0;
		return log_warn("agent: no second serial port, or no memory");
	}
	agent_serial.is_patient = true;
	if (irq_alloc_gsi(choice.name, irq_isa_gsi(choice.isa_irq),
			  IRQ_EDGE_HIGH, uart_irq, &agent_serial))
		uart_irq_enable(&agent_serial);
}

static void
ready(void)
{
	unsigned int ports = 0;

	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		ports += net.netdev[i] && net.netdev[i] != &net.loopback;
	out_printf(&serial.out, "fairlead: ready %s, %u port%s, %u ms\n",
		   fairlead_version, ports, ports == 1 ? "" : "s",
		   (unsigned int)(clock_now_ns() / 1000000));
	console_init(&console, &box_world, &box, &net);
	/* From now on the console draws its line again behind each. */
	port_log_console(&console.log, log_level);
	console_start(&console);
}

/* ---- the loop ----------------------------------------------------------- */

/* Moves bytes between the serial port and the console; true: more to do. */
static bool
console_turn(void)
{
	/* Read, and not yet taken: a command runs and enough was typed. */
	static char typed[256];
	static size_t typed_len;
	uint64_t now_ns = clock_now_ns();
	char bytes[256];
	bool again;
	size_t len;

	if (!serial.has_irq && serial.port != 0)
		uart_poll(&serial);
	typed_len += uart_read(&serial, typed + typed_len,
			       sizeof(typed) - typed_len);
	len = console_input(&console, typed, typed_len, now_ns);
	typed_len -= len;
	memmove(typed, typed + len, typed_len);
	again = console_poll(&console, now_ns);
	len = console_output(&console, bytes,
			     min_of(sizeof(bytes), uart_tx_room(&serial)));
	uart_write(&serial, bytes, len);
	return again || (len > 0 && console_has_output(&console));
}

/* The same for the agent and its port; true: the stack may have work. */
static bool
agent_turn(void)
{
	uint64_t now_ns = clock_now_ns();
	uint8_t bytes[1024];
	size_t len;
	bool again;

	if (agent_serial.port == 0)
		return false;
	if (!agent_serial.has_irq)
		uart_poll(&agent_serial);
	len = min_of(sizeof(bytes), control_input_room(&agent));
	len = uart_read(&agent_serial, bytes, len);
	control_input(&agent, bytes, len, now_ns);
	again = control_poll(&agent, now_ns) || len > 0;
	len = min_of(sizeof(bytes), uart_tx_room(&agent_serial));
	len = control_output(&agent, bytes, len);
	uart_write(&agent_serial, bytes, len);
	return again || len > 0;
}

/* When the agent wants its turn if nothing comes. */
static uint64_t
agent_deadline(void)
{
	if (agent_serial.port == 0)
		return UINT64_MAX;
	return min_of(control_deadline(&agent),
		      clock_now_ns() + (agent_serial.has_irq
						? CONTROL_STALL_NS
						: CONSOLE_POLL_NS));
}

/* Sleeps until due_ns or an interrupt; not at all if one has just asked. */
static void
sleep_until(uint64_t due_ns)
{
	uint64_t flags = cpu_irq_save(), start_ns;

	if (net_pending(&net) || serial.rx_prod != serial.rx_cons ||
	    (agent_serial.rx_prod != agent_serial.rx_cons &&
	     control_input_room(&agent) > 0)) {
		cpu_irq_restore(flags);
		return;
	}
	clock_wake_at(due_ns);
	start_ns = clock_now_ns();
	cpu_idle();
	idle_ns += clock_now_ns() - start_ns;
}

/* Cards that have left the bus, and those that come back. */
static void
cards_check(void)
{
	static uint64_t due_ns;

	if (net.now_ns < due_ns)
		return;
	due_ns = net.now_ns + CARDS_CHECK_NS;
	drivers_sweep(&pci, &net, &pages);
}

static _Noreturn void
run(void)
{
	/* Unmasks interrupts: a loop that never sleeps needs them, too. */
	clock_wake_at(0);
	cpu_idle();
	for (;;) {
		bool more = net_poll(&net, clock_now_ns());
		uint64_t due_ns = min_of(clock_refine(), cores_check());

		cards_check();
		more |= console_turn();
		more |= agent_turn();
		if (more)
			continue;
		if (!serial.has_irq && serial.port != 0)
			due_ns = min_of(due_ns,
					clock_now_ns() + CONSOLE_POLL_NS);
		due_ns = min_of(due_ns, console_deadline(&console));
		due_ns = min_of(due_ns, agent_deadline());
		sleep_until(min_of(due_ns, net_next_deadline(&net)));
	}
}

_Noreturn void
kernel_main(struct boot_info *info)
{
	boot = info;
	trap_init();
	cpu_init();
	port_init();
	log_keep(info);
	serial_init(info->cmdline);
	log_info("fairlead %s, booted by %s%s%s", fairlead_version,
		 info->loader, info->cmdline[0] ? ": " : "", info->cmdline);
	firmware_read(info);
	if (memory_init(&pages, info) != OK)
		panic("memory: too little RAM to start");
	power_init(&acpi.machine);
	interrupts_init();
	time_and_cores_init(info);
	network_init();
	cards_init();
	box_up();
	configure();
	agent_up();
	ready();
	run();
}
