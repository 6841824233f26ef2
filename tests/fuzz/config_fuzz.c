/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text as a configuration: whatever of it makes sense is done, the rest is
 * reported, and what `show running-config` then says makes the same box again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/commands/commands.h"
#include "apps/config/config.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/testbox.h"

static struct testbox *
new_box(void)
{
	const struct testnet_config config = {
		.ports = 2,
		.bare = true,
		.memory_len = 4u << 20,
		.net = { .seed = { 9 },
			 .skb_count = 64,
			 .neigh_count = 64,
			 .route_count = 512,
			 .udp_sock_count = 8,
			 .frag_count = 4 },
	};

	return testbox_new_with(&config);
}

static size_t report_len;

static void
write_report(struct out *out, const char *text, size_t len)
{
	report_len += len;
}

static uint32_t
configure(struct testbox *b, const char *text, size_t len, const char *cmdline)
{
	struct out report = { .write = write_report };
	struct config *config = calloc(1, sizeof(*config));
	uint32_t errors;

	report_len = 0;
	config_init(config, &box_world, &b->box, &b->net->net, &report,
		    SHELL_CHECK);
	config_load(config, "fuzz", text, len);
	config_cmdline(config, cmdline);
	errors = config->error_count;
	/* Nothing that is wrong is passed over in silence. */
	assert(errors == 0 || report_len > 0);
	free(config);
	return errors;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct testbox *b = new_box(), *again = new_box();
	char cmdline[64] = "", *text;
	size_t words;
	uint32_t errors;

	/* The first line is the kernel's command line. */
	for (words = 0; words < len && words < sizeof(cmdline) - 1 &&
			data[words] != '\n' && data[words] != '\0';
	     words++)
		cmdline[words] = (char)data[words];
	configure(b, (const char *)data + words, len - words, cmdline);
	net_check(&b->net->net);
	testbox_run(b, "show running-config");
	assert(b->shell.status == 0 && b->out.cut_len == 0);
	text = strdup(b->out.text);
	errors = configure(again, text, strlen(text), "");
	assert(errors == 0);
	testbox_run(again, "show running-config");
	if (getenv("FAIRLEAD_LOG"))
		fprintf(stderr, "-- was:\n%s-- is:\n%s", text, again->out.text);
	assert(strcmp(again->out.text, text) == 0);
	free(text);
	testbox_free(again);
	testbox_free(b);
	return 0;
}
