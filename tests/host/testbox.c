/* SPDX-License-Identifier: BSD-2-Clause */
/* A box for tests of what people type. */
#include "tests/host/testbox.h"

#include <stdlib.h>

#include "apps/commands/commands.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "tests/host/host.h"

static struct log test_log;

static const struct log *
get_log(void)
{
	if (test_log.written_len == 0)
		log_append(&test_log, 1500000000, LOG_INFO,
			   "a line of the log");
	return &test_log;
}

static void
get_cpu(struct platform_cpu *cpu)
{
	*cpu = (struct platform_cpu){
		.model = "Testing CPU",
		.hypervisor = "TCGTCGTCGTCG",
		.count = 1,
		.hz = 1000000000,
		.clock = "virtual",
	};
}

static void
show_interrupts(struct out *out)
{
	out_puts(out,
		 "           CPU0       \n  4:          7   IO-APIC   4-edge "
		 "     ttyS0\n");
}

static void
show_pci(struct out *out, bool numeric, unsigned int detail, const char *slot)
{
	out_printf(out, "00:02.0 Ethernet controller%s: 82574L\n",
		   numeric ? " [0200]" : "");
	if (detail > 0)
		out_puts(out, "\tRegion 0: Memory\n");
}

static uint64_t
boot_epoch_s(void)
{
	return 1795226400; /* Sat Nov 21 2026, 02:00:00 UTC */
}

const struct platform testbox_platform = {
	.version = "v0-test",
	.cmdline = "app=router",
	.loader = "test",
	.boot_epoch_s = boot_epoch_s,
	.cpu = get_cpu,
	.log = get_log,
	.show_interrupts = show_interrupts,
	.show_pci = show_pci,
};

static enum status
pretend_start(struct net *net, void *ctx)
{
	struct testbox *b = ctx;

	b->services_started++;
	return OK;
}

static void
pretend_stop(void *ctx)
{
	struct testbox *b = ctx;

	b->services_started--;
}

struct testbox *
testbox_new(unsigned int ports, bool bare)
{
	const struct testnet_config config = { .ports = ports, .bare = bare };

	return testbox_new_with(&config);
}

static void
end(void *bench)
{
	testbox_free(bench);
}

struct testbox *
testbox_new_with(const struct testnet_config *config)
{
	struct testbox *b = calloc(1, sizeof(*b));
	const struct box_service echo = {
		.name = "echo",
		.help = "answers on UDP 7, 9 and 19",
		.start = pretend_start,
		.stop = pretend_stop,
		.ctx = b,
	};

	b->net = testnet_new_with(config);
	/* A fresh box has its ports down. */
	for (unsigned int i = 0; config->bare && i < config->ports; i++)
		netdev_down(&b->net->port[i].dev);
	box_init(&b->box, &b->net->net, &testbox_platform);
	if (box_add_service(&b->box, &echo) != OK)
		panic("no room for a service");
	b->out_text = malloc(TESTBOX_TEXT_LEN);
	b->err_text = malloc(TESTBOX_TEXT_LEN);
	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	out_buf_init(&b->err, b->err_text, TESTBOX_TEXT_LEN);
	shell_init(&b->shell, &box_world, &b->box, &b->net->net);
	b->shell.out = &b->out.out;
	b->shell.err = &b->err.out;
	b->shell.face = SHELL_PROGRAM;
	host_born(end, b);
	return b;
}

void
testbox_free(struct testbox *b)
{
	host_gone(b);
	if (shell_busy(&b->shell))
		shell_interrupt(&b->shell, b->net->net.now_ns);
	testbox_finish(b);
	for (unsigned int i = 0; i < b->box.service_count; i++) {
		if (box_switch(&b->box, &b->box.service[i], false) != OK)
			panic("a service does not stop");
	}
	testnet_free(b->net);
	free(b->out_text);
	free(b->err_text);
	free(b);
}

void
testbox_finish(struct testbox *b)
{
	uint64_t now, due;

	while (shell_busy(&b->shell)) {
		now = b->net->net.now_ns;
		if (shell_poll(&b->shell, now))
			continue;
		testnet_run(b->net);
		due = min_of(shell_deadline(&b->shell),
			     net_next_deadline(&b->net->net));
		if (!shell_busy(&b->shell) || shell_deadline(&b->shell) <= now)
			continue;
		if (due == TIMER_NEVER)
			panic("a command waits for nothing");
		testnet_advance(b->net, due > now ? due - now : 1);
	}
}

int
testbox_run(struct testbox *b, const char *line)
{
	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	out_buf_init(&b->err, b->err_text, TESTBOX_TEXT_LEN);
	if (shell_run(&b->shell, line))
		testbox_finish(b);
	return b->shell.status;
}

static void
end_shell(void *bench)
{
	struct shell *shell = bench;

	host_gone(shell);
	if (shell_busy(shell))
		shell_interrupt(shell, shell->net->now_ns);
	while (shell_poll(shell, shell->net->now_ns))
		continue;
}

void
watcher_forget(struct watcher *w)
{
	out_buf_init(&w->out, w->out_text, sizeof(w->out_text));
	out_buf_init(&w->err, w->err_text, sizeof(w->err_text));
}

void
watcher_look(struct watcher *w)
{
	while (shell_poll(&w->shell, w->shell.net->now_ns))
		continue;
}

struct watcher *
testbox_watch(struct testbox *b, const char *line)
{
	struct watcher *w = calloc(1, sizeof(*w));

	assert(w);
	shell_init(&w->shell, &box_world, &b->box, &b->net->net);
	watcher_forget(w);
	w->shell.out = &w->out.out;
	w->shell.err = &w->err.out;
	w->shell.face = SHELL_PROGRAM;
	host_born(end_shell, &w->shell);
	assert(shell_run(&w->shell, line));
	watcher_look(w);
	return w;
}

void
watcher_leave(struct watcher *w)
{
	host_gone(&w->shell);
	free(w);
}
