/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole box on a test bench: a hosted stack with fake ports, a machine that
 * pretends, and one shell whose output is kept. Time passes only while a
 * command waits.
 *
 *	struct testbox *b = testbox_new(2, true);
 *	assert_int_equal(testbox_run(b, "ip link show eth0"), 0);
 *	assert_string_equal(b->out.text, "2: eth0: ...");
 *	testbox_free(b);
 */
#pragma once

#include "apps/box.h"
#include "apps/platform.h"
#include "apps/shell/shell.h"
#include "tests/host/testnet.h"

#define TESTBOX_TEXT_LEN (1u << 20)

struct testbox {
	struct testnet *net;
	struct box box;
	struct shell shell;
	struct out_buf out, err;
	char *out_text, *err_text;
	unsigned int services_started; /* of the pretended service */
};

/* What the hosted machine says of itself; powers off by counting. */
extern const struct platform testbox_platform;

/* bare: ports without addresses, down; else as testnet_new(). */
struct testbox *testbox_new(unsigned int ports, bool bare);
/* With a stack of one's own measure; config->bare as above. */
struct testbox *testbox_new_with(const struct testnet_config *config);
void testbox_free(struct testbox *b);

/* Runs a line to its end, letting time pass; the exit code. The texts of the
 * line before are forgotten. */
int testbox_run(struct testbox *b, const char *line);

/*
 * Another shell on the box, with a command that goes on, as `ip monitor` does,
 * and its output until it leaves. Whoever takes the box down in the middle of a
 * test ends that command first.
 */
struct watcher {
	struct shell shell;
	struct out_buf out, err;
	char out_text[1 << 18], err_text[4096];
};

struct watcher *testbox_watch(struct testbox *b, const char *line);
/* The command does what it can do now. */
void watcher_look(struct watcher *w);
/* What it has said so far is forgotten. */
void watcher_forget(struct watcher *w);
void watcher_leave(struct watcher *w);

/* Lets time pass until the shell is idle. */
void testbox_finish(struct testbox *b);
