/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about the machine and the box as a whole. */
#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "apps/platform.h"
#include "lib/log.h"
#include "lib/date.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

static enum step
unsupported(struct job *job)
{
	out_printf(job->err, "%s: not supported on this machine\n",
		   job->word[0]);
	return job_exit(job, 1);
}

enum step
true_start(struct job *job)
{
	return job_exit(job, 0);
}

enum step
false_start(struct job *job)
{
	return job_exit(job, 1);
}

/* ---- echo --------------------------------------------------------------- */

const struct arg_spec echo_args[] = {
	{ .word = "",
	  .kind = ARG_REST,
	  .what = "TEXT...",
	  .flags = ARG_POSITIONAL,
	  .help = "what to print; -n first: without a line break" },
	{ .kind = ARG_END },
};

enum step
echo_words_start(struct job *job)
{
	unsigned int at = job->first_arg;
	bool no_break =
		at < job->word_count && strcmp(job->word[at], "-n") == 0;

	for (at += no_break; at < job->word_count; at++)
		out_printf(job->out, "%s%s", job->word[at],
			   at + 1 < job->word_count ? " " : "");
	if (!no_break)
		out_puts(job->out, "\n");
	return job_exit(job, 0);
}

#define OPTION(w, al, h)                                                       \
	{                                                                      \
		.word = w, .also = al, .kind = ARG_FLAG, .help = h,            \
		.flags = ARG_OPTION                                            \
	}

/* ---- dmesg -------------------------------------------------------------- */

enum { DMESG_PREVIOUS };

const struct arg_spec dmesg_args[] = {
	[DMESG_PREVIOUS] = OPTION("-P", "--previous",
				  "of the boot before this one, its last words "
				  "included"),
	{ .kind = ARG_END },
};

enum step
dmesg_start(struct job *job)
{
	const struct platform *platform = job->box->platform;
	bool is_previous = job->arg[DMESG_PREVIOUS].count > 0;

	if (is_previous ? !platform->previous_log : !platform->log)
		return unsupported(job);
	if (!is_previous || platform->previous_log())
		return STEP_MORE;
	out_puts(job->err, "dmesg: no log of the boot before this one: it was "
			   "the first since power-on, or its memory was "
			   "overwritten\n");
	return job_exit(job, 1);
}

/* One step: it asks for room for all there can be. */
enum step
dmesg_step(struct job *job)
{
	const struct platform *platform = job->box->platform;
	const struct log *log = job->arg[DMESG_PREVIOUS].count > 0
					? platform->previous_log()
					: platform->log();

	if (log != NULL)
		log_show(log, job->out);
	return job_exit(job, 0);
}

/* ---- time --------------------------------------------------------------- */

/* Seconds since 1970; 0: unknown. */
static uint64_t
epoch_s(const struct job *job)
{
	const struct platform *platform = job->box->platform;
	uint64_t boot =
		platform->boot_epoch_s != NULL ? platform->boot_epoch_s() : 0;

	return boot == 0 ? 0 : boot + job->now_ns / NS_PER_S;
}

enum step
uptime_start(struct job *job)
{
	uint64_t up = job->now_ns / NS_PER_S, now = epoch_s(job) % 86400;
	unsigned long long days = up / 86400;
	unsigned int hours = (unsigned int)(up / 3600 % 24);
	unsigned int minutes = (unsigned int)(up / 60 % 60);

	out_printf(job->out, " %02u:%02u:%02u up ", (unsigned int)(now / 3600),
		   (unsigned int)(now / 60 % 60), (unsigned int)(now % 60));
	if (days > 0)
		out_printf(job->out, "%llu day%s, ", days, days > 1 ? "s" : "");
	if (hours > 0)
		out_printf(job->out, "%2u:%02u", hours, minutes);
	else if (minutes > 0 || days > 0)
		out_printf(job->out, "%u min", minutes);
	else
		out_printf(job->out, "%llu sec", (unsigned long long)up);
	out_puts(job->out, "\n");
	return job_exit(job, 0);
}

enum step
date_start(struct job *job)
{
	uint64_t now = epoch_s(job);
	char text[DATE_LEN];

	if (now == 0)
		return unsupported(job);
	date_print(text, now);
	out_printf(job->out, "%s\n", text);
	return job_exit(job, 0);
}

/* ---- memory ------------------------------------------------------------- */

enum { FREE_BYTES, FREE_KIB, FREE_MIB, FREE_GIB, FREE_HUMAN };

const struct arg_spec free_args[] = {
	[FREE_BYTES] = OPTION("-b", "--bytes", "in bytes"),
	[FREE_KIB] = OPTION("-k", "--kibi", "in KiB, as without it"),
	[FREE_MIB] = OPTION("-m", "--mebi", "in MiB"),
	[FREE_GIB] = OPTION("-g", "--gibi", "in GiB"),
	[FREE_HUMAN] = OPTION("-h", "--human", "in what suits"),
	{ .kind = ARG_END },
};

static void
free_cell(struct job *job, uint64_t bytes)
{
	static const char unit[][3] = { "B", "Ki", "Mi", "Gi", "Ti" };
	const struct arg *arg = job->arg;
	unsigned int shift = arg[FREE_BYTES].count > 0 ? 0
			     : arg[FREE_MIB].count > 0 ? 20
			     : arg[FREE_GIB].count > 0 ? 30
						       : 10;
	uint64_t tenths = bytes * 10;
	unsigned int power = 0;
	char text[24];

	if (arg[FREE_HUMAN].count == 0) {
		out_printf(job->out, " %11llu",
			   (unsigned long long)(bytes >> shift));
		return;
	}
	while (tenths >= 10240 && power < 4) {
		tenths >>= 10;
		power++;
	}
	if (tenths < 100 && power > 0)
		fmt_print(text, sizeof(text), "%llu.%llu%s",
			  (unsigned long long)(tenths / 10),
			  (unsigned long long)(tenths % 10), unit[power]);
	else
		fmt_print(text, sizeof(text), "%llu%s",
			  (unsigned long long)(tenths / 10), unit[power]);
	out_printf(job->out, " %11s", text);
}

enum step
free_start(struct job *job)
{
	const struct pages *pages = job->net->pages;
	uint64_t total = (uint64_t)pages->total_count * PAGE_SIZE;
	uint64_t free_len = (uint64_t)pages->free_count * PAGE_SIZE;
	uint64_t ram = job->box->platform->ram_len != NULL
			       ? job->box->platform->ram_len()
			       : total;

	/* What the kernel itself takes is used, too. */
	ram = max_of(ram, total);
	out_printf(job->out, "%20s%12s%12s%12s%12s%12s\n", "total", "used",
		   "free", "shared", "buff/cache", "available");
	out_puts(job->out, "Mem:    ");
	free_cell(job, ram);
	free_cell(job, ram - free_len);
	free_cell(job, free_len);
	free_cell(job, 0);
	free_cell(job, 0);
	free_cell(job, free_len);
	out_puts(job->out, "\nSwap:   ");
	free_cell(job, 0);
	free_cell(job, 0);
	free_cell(job, 0);
	out_puts(job->out, "\n");
	return job_exit(job, 0);
}

/* ---- identity ----------------------------------------------------------- */

enum step
version_start(struct job *job)
{
	const struct platform *platform = job->box->platform;
	struct platform_cpu cpu = { 0 };

	out_printf(job->out, "Fairlead %s, application %s\n", platform->version,
		   job->box->app);
	if (platform->loader != NULL)
		out_printf(job->out, "Booted by %s%s%s\n", platform->loader,
			   platform->cmdline[0] ? ": " : "", platform->cmdline);
	if (platform->cpu == NULL)
		return job_exit(job, 0);
	platform->cpu(&cpu);
	out_printf(job->out, "%u core%s, %s%s%s, clock %s at %llu MHz\n",
		   cpu.count, cpu.count == 1 ? "" : "s", cpu.model,
		   cpu.hypervisor[0] != '\0' ? " under " : "", cpu.hypervisor,
		   cpu.clock, (unsigned long long)(cpu.hz / 1000000));
	return job_exit(job, 0);
}

enum { UNAME_ALL };

const struct arg_spec uname_args[] = {
	[UNAME_ALL] = OPTION("-a", "--all|-r|-n|-m", "everything"),
	{ .kind = ARG_END },
};

enum step
uname_start(struct job *job)
{
	if (job->arg[UNAME_ALL].count > 0)
		out_printf(job->out, "Fairlead %s %s x86_64\n",
			   job->box->hostname, job->box->platform->version);
	else
		out_puts(job->out, "Fairlead\n");
	return job_exit(job, 0);
}

const struct arg_spec hostname_args[] = {
	{ .word = "",
	  .kind = ARG_TEXT,
	  .what = "NAME",
	  .flags = ARG_POSITIONAL,
	  .help = "the new name; without it the name is shown" },
	{ .kind = ARG_END },
};

enum step
hostname_start(struct job *job)
{
	if (job->arg[0].count == 0) {
		out_printf(job->out, "%s\n", job->box->hostname);
		return job_exit(job, 0);
	}
	if (box_set_hostname(job->box, job->arg[0].text))
		return job_exit(job, 0);
	out_puts(job->err, "hostname: the specified hostname is invalid\n");
	return job_exit(job, 1);
}

/* ---- devices ------------------------------------------------------------ */

enum { LSPCI_NUMERIC, LSPCI_BOTH, LSPCI_VERBOSE, LSPCI_VERY, LSPCI_SLOT };

const struct arg_spec lspci_args[] = {
	[LSPCI_NUMERIC] = OPTION("-n", NULL, "numbers instead of names"),
	[LSPCI_BOTH] = OPTION("-nn", NULL, "numbers behind the names"),
	[LSPCI_VERBOSE] =
		OPTION("-v", NULL, "the driver and the interface, too"),
	[LSPCI_VERY] = OPTION("-vv", NULL, "the same"),
	[LSPCI_SLOT] = { .word = "-s",
			 .kind = ARG_TEXT,
			 .what = "SLOT",
			 .flags = ARG_OPTION,
			 .help = "only this device" },
	{ .kind = ARG_END },
};

enum step
lspci_start(struct job *job)
{
	return job->box->platform->show_pci == NULL ? unsupported(job)
						    : STEP_MORE;
}

enum step
lspci_step(struct job *job)
{
	const struct arg *arg = job->arg;

	job->box->platform->show_pci(
		job->out,
		arg[LSPCI_NUMERIC].count > 0 || arg[LSPCI_BOTH].count > 0,
		arg[LSPCI_VERY].count > 0      ? 2
		: arg[LSPCI_VERBOSE].count > 0 ? 1
					       : 0,
		arg[LSPCI_SLOT].count > 0 ? arg[LSPCI_SLOT].text : NULL);
	return job_exit(job, 0);
}

/* ---- services ----------------------------------------------------------- */

enum { SERVICE_NAME, SERVICE_STATE };

const struct arg_spec service_args[] = {
	[SERVICE_NAME] = { .word = "",
			   .kind = ARG_SERVICE,
			   .what = "NAME",
			   .flags = ARG_POSITIONAL,
			   .help = "which service; without it all are shown" },
	[SERVICE_STATE] = { .word = "",
			    .kind = ARG_TEXT,
			    .what = "on|off",
			    .flags = ARG_POSITIONAL,
			    .help = "switch it" },
	{ .kind = ARG_END },
};

static void
show_service(struct job *job, const struct box_service *service)
{
	out_printf(job->out, "%-16s %-4s %s\n", service->name,
		   service->on ? "on" : "off", service->help);
}

enum step
service_start(struct job *job)
{
	const struct arg *arg = job->arg;
	struct box_service *service;
	enum status status;
	bool on;

	if (arg[SERVICE_NAME].count == 0) {
		for (unsigned int i = 0; i < job->box->service_count; i++)
			show_service(job, &job->box->service[i]);
		return job_exit(job, 0);
	}
	service = box_service(job->box, arg[SERVICE_NAME].text);
	if (service == NULL) {
		out_printf(job->err, "service: there is no service \"%s\"\n",
			   arg[SERVICE_NAME].text);
		return job_exit(job, 1);
	}
	if (arg[SERVICE_STATE].count == 0) {
		show_service(job, service);
		return job_exit(job, 0);
	}
	on = args_names("on|start", arg[SERVICE_STATE].text, false);
	if (!on && !args_names("off|stop", arg[SERVICE_STATE].text, false)) {
		out_printf(job->err,
			   "service: on or off is expected, not "
			   "\"%s\"\n",
			   arg[SERVICE_STATE].text);
		return job_exit(job, 1);
	}
	status = box_switch(job->box, service, on);
	if (status == OK)
		return job_exit(job, 0);
	out_printf(job->err, "service: %s: %s\n", service->name,
		   status_text(status));
	return job_exit(job, 1);
}

/* ---- the end ------------------------------------------------------------ */

enum step
poweroff_start(struct job *job)
{
	if (job->box->platform->power_off == NULL)
		return unsupported(job);
	job->box->platform->power_off();
	return job_exit(job, 0);
}

enum step
reboot_start(struct job *job)
{
	if (job->box->platform->restart == NULL)
		return unsupported(job);
	job->box->platform->restart();
	return job_exit(job, 0);
}

/* ---- the terminal ------------------------------------------------------- */

enum { STTY_ROWS, STTY_COLUMNS, STTY_DUMB, STTY_ANSI };

const struct arg_spec stty_args[] = {
	[STTY_ROWS] = { .word = "rows",
			.kind = ARG_NUMBER,
			.min = 2,
			.max = 1000,
			.what = "N",
			.help = "lines of the screen" },
	[STTY_COLUMNS] = { .word = "columns",
			   .also = "cols",
			   .kind = ARG_NUMBER,
			   .min = 20,
			   .max = 1000,
			   .what = "N",
			   .help = "characters of a line" },
	[STTY_DUMB] = { .word = "dumb",
			.kind = ARG_FLAG,
			.help = "send no escape sequences" },
	[STTY_ANSI] = { .word = "ansi",
			.kind = ARG_FLAG,
			.help = "send them: it is a terminal" },
	{ .kind = ARG_END },
};

enum step
stty_start(struct job *job)
{
	const struct shell_terminal *terminal = job->shell->terminal;
	const struct arg *arg = job->arg;

	if (terminal == NULL)
		return unsupported(job);
	if (job->word_count == job->first_arg) {
		terminal->show(job->shell, job->out);
		return job_exit(job, 0);
	}
	terminal->set(job->shell,
		      arg[STTY_DUMB].count > 0	 ? "dumb"
		      : arg[STTY_ANSI].count > 0 ? "ansi"
						 : NULL,
		      (uint16_t)arg[STTY_ROWS].number,
		      (uint16_t)arg[STTY_COLUMNS].number);
	return job_exit(job, 0);
}

enum step
clear_start(struct job *job)
{
	if (!job->shell->plain && job->shell->face == SHELL_TERMINAL)
		out_puts(job->out, "\033[H\033[2J");
	return job_exit(job, 0);
}

enum step
history_start(struct job *job)
{
	return job->shell->terminal == NULL ? unsupported(job) : STEP_MORE;
}

/* Some lines at a time: each may be a kilobyte long. */
enum step
history_step(struct job *job)
{
	const char *line;
	uint32_t number;

	line = job->shell->terminal->history(job->shell, job->position++,
					     &number);
	if (line == NULL)
		return job_exit(job, 0);
	out_printf(job->out, "%5u  %s\n", number, line);
	return STEP_MORE;
}
