/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console under any bytes at any pace, with a device that takes its output in
 * any portions: nothing is lost, nothing outgrows its place, plain text stays
 * plain until the other side proves to be a terminal, the stack's books
 * balance, and afterwards it still answers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "apps/commands/commands.h"
#include "apps/console/console.h"
#include "lib/timer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/testbox.h"

#define SEEN_LEN 65536u

struct rig {
	struct testbox *b;
	struct console console;
	char seen[SEEN_LEN]; /* the end of what came out */
	size_t len;
	bool escaped; /* an escape sequence was sent */
};

static uint64_t
now(struct rig *rig)
{
	return rig->b->net->net.now_ns;
}

static void
drain(struct rig *rig, size_t max)
{
	char bytes[512];
	size_t len, take_len;

	while (max > 0) {
		take_len = max < sizeof(bytes) ? max : sizeof(bytes);
		len = console_output(&rig->console, bytes, take_len);
		if (len == 0)
			return;
		max -= len;
		for (size_t i = 0; i < len; i++) {
			rig->escaped |= bytes[i] == '\033';
			if (rig->len == SEEN_LEN - 1) {
				memmove(rig->seen, rig->seen + SEEN_LEN / 2,
					SEEN_LEN / 2);
				rig->len -= SEEN_LEN / 2;
			}
			rig->seen[rig->len++] = bytes[i];
		}
	}
}

static void
check(struct rig *rig)
{
	const struct console *c = &rig->console;

	assert(c->lost_count == 0);
	assert(c->editor.len < EDITOR_LINE_MAX);
	assert(c->editor.cursor <= c->editor.len);
	assert(c->editor.line[c->editor.len] == '\0');
	assert(c->ring_prod - c->ring_cons <= CONSOLE_OUT_LEN);
	assert(!rig->escaped || c->terminal != TERMINAL_UNKNOWN ||
	       !c->shell.plain);
}

static void
poll(struct rig *rig, size_t room)
{
	for (unsigned int i = 0; i < 64; i++) {
		bool again = console_poll(&rig->console, now(rig));

		drain(rig, room);
		testnet_run(rig->b->net);
		if (!again)
			break;
	}
	check(rig);
}

static void
send(struct rig *rig, const uint8_t *bytes, size_t len, size_t room)
{
	for (unsigned int i = 0; len > 0 && i < 64; i++) {
		size_t taken =
			console_input(&rig->console, bytes, len, now(rig));

		bytes += taken;
		len -= taken;
		poll(rig, room);
	}
}

/* Whatever was typed before, a line of one's own still works. */
static void
check_alive(struct rig *rig)
{
	static const char line[] = "\021\033[201~\003\003\r\003\025echo "
				   "alive\r";
	static const char want[] = "\nalive\r\n";
	bool found = false;

	for (unsigned int i = 0; i < 6; i++) {
		testnet_advance(rig->b->net, S_NS);
		send(rig, (const uint8_t *)line, sizeof(line) - 1, SIZE_MAX);
		for (unsigned int k = 0; k < 1000; k++)
			poll(rig, SIZE_MAX);
	}
	for (size_t i = 0; i + sizeof(want) - 1 <= rig->len && !found; i++)
		found = memcmp(rig->seen + i, want, sizeof(want) - 1) == 0;
	if (!found && getenv("FAIRLEAD_LOG"))
		fwrite(rig->seen, 1, rig->len, stderr);
	assert(found);
	assert(!rig->console.running);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct testnet_config config = {
		.ports = 2,
		.memory_len = 4u << 20,
		.net = { .seed = { 9 },
			 .skb_count = 64,
			 .neigh_count = 32,
			 .route_count = 256,
			 .udp_sock_count = 8,
			 .frag_count = 4 },
	};
	struct input in = { data, data + len };
	struct rig *rig = calloc(1, sizeof(*rig));
	const uint8_t *bytes;
	uint8_t how;
	size_t got;

	rig->b = testbox_new_with(&config);
	console_init(&rig->console, &box_world, &rig->b->box,
		     &rig->b->net->net);
	console_start(&rig->console);
	while (left(&in) > 0) {
		how = take(&in);
		bytes = take_bytes(&in, how & 127, &got);
		send(rig, bytes, got, how & 128 ? 40 : SIZE_MAX);
		if (how & 1)
			testnet_advance(rig->b->net, (uint64_t)how * 4 * MS_NS);
	}
	check_alive(rig);
	testbox_free(rig->b);
	free(rig);
	return 0;
}
