/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fairlead-agent [--addr A.B.C.D/N] [--gw A.B.C.D] [--seed N]: the conformance
 * agent over a hosted stack, on standard input and output. The clock is
 * virtual; CTL_ADVANCE moves it, CTL_PKT brings a packet, and each that leaves
 * is told as an unsolicited CTL_PKT. [CONTROL]
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/agent/control.h"
#include "apps/daytime.h"
#include "apps/echo.h"
#include "lib/str.h"
#include "tests/host/iface.h"

struct agent {
	struct iface *iface;
	struct control control;
	struct echo echo;
	struct daytime daytime;
};

static uint64_t
wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* All that is to be said; false: nobody listens any more. */
static bool
write_out(struct control *control)
{
	uint8_t bytes[65536];
	size_t len, at;
	ssize_t done;

	while ((len = control_output(control, bytes, sizeof(bytes))) > 0) {
		for (at = 0; at < len; at += (size_t)done) {
			done = write(STDOUT_FILENO, bytes + at, len - at);
			if (done < 0 && errno == EINTR)
				done = 0;
			else if (done < 0)
				return false;
		}
	}
	return true;
}

static void
emit(void *ctx, uint64_t now_us, const uint8_t *bytes, size_t len)
{
	struct agent *agent = ctx;

	control_packet(&agent->control, now_us, bytes, len);
	/* So that it never overflows, however far the clock is moved. */
	if (!write_out(&agent->control))
		exit(1);
}

static void
inject(void *ctx, const uint8_t *bytes, size_t len)
{
	struct agent *agent = ctx;

	iface_inject(agent->iface, bytes, len);
}

/* Calls whose time has come on the way are answered on the way. */
static void
advance(void *ctx, uint64_t to_us)
{
	struct agent *agent = ctx;
	struct net *net = &agent->iface->net;
	uint64_t due_ns, due_us;
	bool more = true;

	while (more) {
		due_ns = control_deadline(&agent->control);
		due_us = to_us;
		if (due_ns != UINT64_MAX && due_ns >= net->now_ns)
			due_us =
				min_of(to_us, (due_ns - agent->iface->epoch_ns +
					       999) / 1000);
		more = iface_step(agent->iface, due_us) || due_us < to_us;
		while (control_retry(&agent->control))
			iface_run(agent->iface);
		if (!write_out(&agent->control))
			exit(1);
	}
}

static const struct control_host host = {
	.packet = inject,
	.advance = advance,
};

/* What has come is served; then there may be room for more. */
static void
serve(struct agent *agent, const uint8_t *bytes, size_t len)
{
	size_t taken = 0;

	do {
		taken += control_input(&agent->control, bytes + taken,
				       len - taken, wall_ns());
		while (control_poll(&agent->control, wall_ns())) {
			iface_run(agent->iface);
			if (!write_out(&agent->control))
				exit(1);
		}
	} while (taken < len);
}

static void
run(struct agent *agent)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	static uint8_t bytes[65536];
	ssize_t len;

	for (;;) {
		/* A request that was cut is given up after a while. */
		if (poll(&in, 1, 1000) == 0) {
			serve(agent, bytes, 0);
			continue;
		}
		len = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return;
		serve(agent, bytes, (size_t)len);
	}
}

static uint64_t
no_epoch(void)
{
	return 1767225600; /* 2026-01-01 00:00:00 UTC */
}

static int
usage(void)
{
	fputs("Usage: fairlead-agent [--addr ADDRESS/LENGTH] [--gw ADDRESS] "
	      "[--seed NUMBER]\n",
	      stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	static struct agent agent;
	uint32_t addr = 0xc0a80001, gateway = 0xc0a80002;
	uint8_t prefix_len = 16;
	uint64_t seed = 1;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		bool good;

		if (strcmp(argv[i], "--addr") == 0)
			good = str_prefix(value, &addr, &prefix_len);
		else if (strcmp(argv[i], "--gw") == 0)
			good = str_ipv4(value, &gateway);
		else
			good = strcmp(argv[i], "--seed") == 0 &&
			       str_u64(value, &seed);
		if (!good)
			return usage();
	}
	agent.iface = iface_new(addr, prefix_len, gateway, seed);
	agent.iface->emit = emit;
	agent.iface->ctx = &agent;
	if (control_init(&agent.control, &agent.iface->net, &host, &agent,
			 "fairlead-agent (hosted)") != OK ||
	    echo_start(&agent.echo, &agent.iface->net) != OK ||
	    daytime_start(&agent.daytime, &agent.iface->net, no_epoch) != OK)
		return 1;
	run(&agent);
	daytime_stop(&agent.daytime);
	echo_stop(&agent.echo);
	control_fini(&agent.control);
	iface_free(agent.iface);
	return 0;
}
