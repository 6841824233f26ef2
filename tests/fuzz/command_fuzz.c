/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command lines that are nearly right: each byte chooses among what the command
 * table allows at that place (a subcommand, an argument, a value of its kind),
 * now and then something that it does not. So routes, next hops, rules,
 * addresses, neighbours and settings of every sort come together on one box.
 * After each line the books balance; in the end all tables agree with
 * themselves, and what `show running-config` says makes the same box again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/commands/commands.h"
#include "apps/config/config.h"
#include "lib/str.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/testbox.h"

#define LINES_MAX 24u
#define TURNS_MAX 300u

struct line {
	char text[SHELL_LINE_MAX];
	size_t len;
};

static void
add_word(struct line *line, const char *word)
{
	size_t len = strlen(word);

	if (line->len + len + 2 > sizeof(line->text))
		return;
	if (line->len > 0)
		line->text[line->len++] = ' ';
	memcpy(line->text + line->len, word, len + 1);
	line->len += len;
}

static const char *
one_of(struct input *in, const char *const *words, size_t count)
{
	return words[take(in) % count];
}

#define ONE_OF(in, ...)                                                        \
	({                                                                     \
		static const char *const words[] = { __VA_ARGS__ };            \
		one_of(in, words, array_len(words));                           \
	})

static const char *
an_address(struct input *in)
{
	return ONE_OF(in, "10.0.0.2", "10.0.1.2", "10.0.0.77", "10.0.1.1",
		      "192.0.2.1", "224.0.0.9", "127.0.0.1", "0.0.0.0",
		      "255.255.255.255", "10.0.0.255", "203.0.113.5", "10.0.0");
}

static const char *
a_prefix(struct input *in)
{
	return ONE_OF(in, "default", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24",
		      "10.1.2.3/32", "192.0.2.0/25", "192.0.2.128/25",
		      "0.0.0.0/1", "128.0.0.0/1", "10.1.2.3/31", "224.0.0.0/4",
		      "10.1.2.3/8", "10/33", "10.0.0.7/24", "10.0.1.9/30");
}

static const char *
a_number(struct input *in)
{
	return ONE_OF(in, "0", "1", "2", "3", "10", "64", "100", "254", "255",
		      "256", "1000", "1500", "9000", "65535", "65536",
		      "4294967295", "4294967296", "-1", "0x10", "1.5");
}

static const char *
a_text(struct input *in)
{
	return ONE_OF(in, "x", "on", "off", "all", "10", "1/2", "1,2/1,2",
		      "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter",
		      "net.ipv4.tcp_rmem=1 2 3", "proto", "table", "show",
		      "0x10/0xff", "80-90", "''", "\"a b\"", "10.0.0.1:80",
		      "eth0", "brief", "1000", "permanent", "icmp", "tcp",
		      "/proc/net/route", "/proc/net/snmp", "help", "-j", "-4");
}

static const char *
a_key(struct input *in)
{
	return ONE_OF(in, "net.ipv4.ip_forward=0", "net.ipv4.ip_forward",
		      "net.ipv4.fib_multipath_hash_policy=1",
		      "net.ipv4.conf.eth0.rp_filter=2",
		      "net.ipv4.conf.all.accept_source_route=1",
		      "net.ipv4.neigh.default.gc_thresh3=4",
		      "net.ipv4.tcp_rmem=4096 8192 9000",
		      "net.ipv4.tcp_congestion_control=reno",
		      "net.ipv4.ip_default_ttl=0", "net.core.somaxconn=1",
		      "net.ipv4.ipfrag_high_thresh=1000", "nonsense=1");
}

static void
add_name(struct line *line, struct input *in, const struct arg_name *names)
{
	unsigned int count = 0;

	while (names && names[count].name)
		count++;
	add_word(line, count ? names[take(in) % count].name : a_number(in));
}

static void
add_value(struct line *line, struct input *in, const struct arg_spec *spec)
{
	uint8_t kind = spec->kind;

	/* Seldom one of another kind. */
	if (take(in) >= 0xf4)
		kind = take(in) % (ARG_REST + 1);
	switch (kind) {
	case ARG_FLAG: return;
	case ARG_NUMBER: add_word(line, a_number(in)); return;
	case ARG_NAME: add_name(line, in, spec->names); return;
	case ARG_ON_OFF: add_word(line, ONE_OF(in, "on", "off", "o")); return;
	case ARG_ADDR: add_word(line, an_address(in)); return;
	case ARG_PREFIX: add_word(line, a_prefix(in)); return;
	case ARG_MAC:
		add_word(line,
			 ONE_OF(in, "02:00:00:01:00:09", "ff:ff:ff:ff:ff:ff",
				"2:0:0:1:0:a", "01:00:5e:00:00:01", "02:00"));
		return;
	case ARG_NETDEV:
		add_word(line, ONE_OF(in, "eth0", "eth1", "lo", "eth9"));
		return;
	case ARG_SYSCTL: add_word(line, a_key(in)); return;
	default: add_word(line, a_text(in)); return;
	}
}

static void
add_args(struct line *line, struct input *in, const struct arg_spec *specs)
{
	const struct arg_spec *spec;
	unsigned int count = 0, most;

	while (specs && specs[count].kind != ARG_END)
		count++;
	if (count == 0)
		return;
	for (most = take(in) % 8; most > 0; most--) {
		spec = &specs[take(in) % count];
		if (spec->word[0] &&
		    !(spec->flags & ARG_POSITIONAL && take(in) & 1))
			add_word(line, spec->word);
		if (spec->kind == ARG_GROUP)
			add_args(line, in, spec->group);
		else
			add_value(line, in, spec);
	}
}

static void
add_command(struct line *line, struct input *in, const struct command *list)
{
	const struct command *command;
	unsigned int count = 0;

	while (list[count].name)
		count++;
	command = &list[take(in) % count];
	if (!(command->flags & COMMAND_ELSE))
		add_word(line, command->name);
	if (!command->sub || take(in) & 1)
		add_args(line, in, command->args);
	if (command->sub)
		add_command(line, in, command->sub);
}

static void
make_line(struct line *line, struct input *in)
{
	static const char *const often[] = {
		"ip route add",	  "ip route replace", "ip route append",
		"ip route del",	  "ip nexthop add",   "ip nexthop replace",
		"ip nexthop del", "ip rule add",      "ip rule del",
		"ip addr add",	  "ip addr del",      "ip neigh replace",
		"ip link set",	  "ip route get",     "ip route flush",
		"ip mroute add",  "ip maddr add",     "trace",
	};
	const struct command *command;
	uint8_t which = take(in);
	unsigned int count = 0, named;
	char text[32], *word[4], *at;

	line->len = 0;
	line->text[0] = '\0';
	if (which >= 128)
		return add_command(line, in, box_world.commands);
	str_copy(text, often[which % array_len(often)], sizeof(text));
	add_word(line, text);
	for (at = strtok(text, " "); at; at = strtok(NULL, " "))
		word[count++] = at;
	command = command_find(&box_world, word, count, &named);
	assert(command && named == count);
	add_args(line, in, command->args);
}

/* ---- on a box ----------------------------------------------------------- */

static struct testbox *
new_box(void)
{
	const struct testnet_config config = {
		.ports = 2,
		.bare = true,
		.memory_len = 4u << 20,
		.net = { .seed = { 9 },
			 .skb_count = 96,
			 .neigh_count = 64,
			 .route_count = 512,
			 .udp_sock_count = 8,
			 .tcp_sock_count = 16,
			 .frag_count = 4 },
	};

	return testbox_new_with(&config);
}

/* To its end, or for a while. */
static void
run_line(struct testbox *b, const char *text)
{
	struct net *net = &b->net->net;
	uint64_t due_ns, now_ns;

	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	out_buf_init(&b->err, b->err_text, TESTBOX_TEXT_LEN);
	if (!shell_run(&b->shell, text))
		return;
	for (unsigned int i = 0; shell_busy(&b->shell) && i < TURNS_MAX; i++) {
		now_ns = net->now_ns;
		if (shell_poll(&b->shell, now_ns))
			continue;
		testnet_run(b->net);
		due_ns = min_of(shell_deadline(&b->shell), now_ns + S_NS);
		if (shell_busy(&b->shell) && due_ns > now_ns)
			testnet_advance(b->net, due_ns - now_ns);
	}
	if (shell_busy(&b->shell)) {
		shell_interrupt(&b->shell, net->now_ns);
		testbox_finish(b);
	}
	testnet_run(b->net);
}

static size_t report_len;

static void
write_report(struct out *out, const char *text, size_t len)
{
	report_len += len;
	if (getenv("FAIRLEAD_LOG"))
		fwrite(text, 1, len, stderr);
}

static void
configure(struct testbox *b, const char *text)
{
	struct out report = { .write = write_report };
	struct config *config = calloc(1, sizeof(*config));

	config_init(config, &box_world, &b->box, &b->net->net, &report,
		    SHELL_CHECK);
	config_load(config, "fuzz", text, strlen(text));
	assert(config->error_count == 0);
	free(config);
}

/* Whatever the operator can look at and has made. */
static void
compare(struct testbox *b, struct testbox *again, const char *look)
{
	testbox_run(b, look);
	testbox_run(again, look);
	assert(b->out.cut_len == 0);
	if (strcmp(again->out.text, b->out.text) == 0)
		return;
	fprintf(stderr, "-- %s was:\n%s-- is:\n%s", look, b->out.text,
		again->out.text);
	panic("the configuration makes another box");
}

static void
make_again(struct testbox *b)
{
	static const char *const looks[] = {
		"show running-config",	       "ip -d rule", "ip nexthop",
		"ip neigh show nud permanent", "ip mroute",  "ip maddr",
	};
	struct testbox *again = new_box();
	char *text;

	testbox_run(b, "show running-config");
	assert(b->shell.status == 0 && b->out.cut_len == 0);
	text = strdup(b->out.text);
	configure(again, text);
	free(text);
	for (size_t i = 0; i < array_len(looks); i++)
		compare(b, again, looks[i]);
	testbox_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	struct testbox *b = new_box();
	struct line line;

	testbox_run(b, "ip link set eth0 up; ip link set eth1 up; "
		       "ip addr add 10.0.0.1/24 dev eth0; "
		       "ip addr add 10.0.1.1/24 dev eth1");
	assert(b->shell.status == 0);
	for (unsigned int i = 0; i < LINES_MAX && left(&in) > 0; i++) {
		make_line(&line, &in);
		if (getenv("FAIRLEAD_LOG"))
			fprintf(stderr, "%s\n", line.text);
		run_line(b, line.text);
		testnet_flush(b->net, 0);
		testnet_flush(b->net, 1);
		fuzz_check(b->net);
	}
	net_check(&b->net->net);
	make_again(b);
	testbox_free(b);
	return 0;
}
