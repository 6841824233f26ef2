/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/shell/shell.c: lists, pipes, aliases, exit codes, commands in pieces. */
#include "tests/host/test.h"

#include "tests/host/testbox.h"

#define SAYS(b, line, want)                                                    \
	do {                                                                   \
		testbox_run(b, line);                                          \
		assert_string_equal((b)->out.text, want);                      \
	} while (0)

static int
setup(void **state)
{
	*state = testbox_new(2, true);
	return 0;
}

static int
teardown(void **state)
{
	testbox_free(*state);
	return 0;
}

static void
test_lists(void **state)
{
	struct testbox *b = *state;

	SAYS(b, "echo a; echo b", "a\nb\n");
	SAYS(b, "true && echo yes", "yes\n");
	SAYS(b, "false && echo no", "");
	assert_int_equal(b->shell.status, 1);
	SAYS(b, "false || echo yes", "yes\n");
	assert_int_equal(b->shell.status, 0);
	SAYS(b, "true || echo no", "");
	SAYS(b, "false && echo no || echo yes", "yes\n");
	SAYS(b, "true || echo no && echo yes", "yes\n");
	SAYS(b, "false; echo $?; echo $?", "1\n0\n");
	SAYS(b, "frob; echo $?", "127\n");
	SAYS(b, "", "");
	SAYS(b, "# nothing", "");
	SAYS(b, "echo a;", "a\n");
}

static void
test_pipes(void **state)
{
	struct testbox *b = *state;

	SAYS(b, "ip link | grep eth0: | wc -l", "1\n");
	SAYS(b, "ip link | head -1",
	     "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state "
	     "UNKNOWN mode DEFAULT group default qlen 1000\n");
	assert_int_equal(testbox_run(b, "ip link | grep nothing"), 1);
	assert_int_equal(testbox_run(b, "ip link | grep eth0 && true"), 0);
	SAYS(b, "ip link show eth9 | count", "0\n");
	assert_string_equal(b->err.text, "Device \"eth9\" does not exist.\n");
	SAYS(b, "help | head -2 | tail -1",
	     "    arp             shows and changes neighbours, in net-tools' "
	     "words\n");
	assert_int_equal(testbox_run(b, "ip link | tail | tail"), 2);
	assert_string_equal(b->err.text, "tail: can stand once in a line\n");
}

static void
test_nonsense_runs_nothing(void **state)
{
	static const struct {
		const char *line, *error;
	} table[] = {
		{ "echo a; 'b",
		  "syntax error at column 9: a quote is never closed\n" },
		{ "echo a | cat",
		  "syntax error at column 10: after | stands one of grep "
		  "include exclude begin head tail wc count\n" },
		{ "echo a |", "syntax error at column 9: a command is missing "
			      "here\n" },
		{ "&& echo a", "syntax error at column 1: a command is missing "
			       "here\n" },
		{ "echo a &", "syntax error at column 8: there are no "
			      "background jobs here\n" },
		{ "echo a >", "syntax error at column 9: a file is missing "
			      "after >\n" },
		{ "ip a | wc|wc|wc|wc|wc",
		  "syntax error at column 19: too many filters\n" },
	};
	struct testbox *b = *state;

	for (size_t i = 0; i < array_len(table); i++) {
		assert_int_equal(testbox_run(b, table[i].line), 2);
		assert_string_equal(b->out.text, "");
		assert_string_equal(b->err.text, table[i].error);
	}
}

static void
test_writing_to_proc(void **state)
{
	struct testbox *b = *state;

	assert_int_equal(testbox_run(b,
				     "echo 0 > /proc/sys/net/ipv4/ip_forward"),
			 0);
	SAYS(b, "cat /proc/sys/net/ipv4/ip_forward", "0\n");
	assert_int_equal(testbox_run(b,
				     "echo x >/proc/sys/net/ipv4/ip_forward"),
			 1);
	assert_string_equal(b->err.text, "sh: echo: I/O error\n");
	assert_int_equal(testbox_run(b, "echo 1 > /proc/sys/net/ipv4/foo"), 2);
	assert_string_equal(b->err.text, "sh: cannot create "
					 "/proc/sys/net/ipv4/foo: Directory "
					 "nonexistent\n");
	assert_int_equal(testbox_run(b, "echo 1 > /etc/passwd"), 1);
	assert_string_equal(b->err.text, "sh: cannot create /etc/passwd: "
					 "Read-only file system\n");
	assert_int_equal(testbox_run(b, "echo 1 > /proc/version"), 1);
}

static void
test_other_routers_words(void **state)
{
	struct testbox *b = *state;

	testbox_run(b, "ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up");
	SAYS(b, "show ip route",
	     "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n");
	SAYS(b, "show ip route 10.0.0.7",
	     "10.0.0.7 dev eth0 src 10.0.0.1 uid 0 \n    cache \n");
	testbox_run(b, "show interfaces eth0");
	assert_non_null(strstr(b->out.text, "    inet 10.0.0.1/24"));
	assert_non_null(strstr(b->out.text, "Settings for eth0:"));
	SAYS(b, "show interfaces eth0 | grep -c eth0", "3\n");
	/* Both commands' words go through the filters. */
	SAYS(b, "show ip interface brief | include eth1",
	     "eth1             DOWN           \n");
}

static void
test_ip_may_be_left_out(void **state)
{
	struct testbox *b = *state;

	assert_int_equal(testbox_run(b, "addr add 10.1.0.1/24 dev eth1"), 0);
	assert_int_equal(testbox_run(b, "a a 10.1.1.1/24 dev eth1"), 0);
	SAYS(b, "addr show eth1 | grep -c inet", "2\n");
	assert_int_equal(testbox_run(b, "nonsense"), 127);
}

/* A command is stepped only when there is room for what it may print. */
static size_t
no_room(const struct shell *shell)
{
	return JOB_ROOM - 1;
}

static void
test_no_room_no_step(void **state)
{
	struct testbox *b = *state;

	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	b->shell.room = no_room;
	assert_true(shell_run(&b->shell, "echo a"));
	assert_false(shell_poll(&b->shell, 0));
	assert_string_equal(b->out.text, "");
	assert_true(shell_deadline(&b->shell) == UINT64_MAX);
	b->shell.room = NULL;
	testbox_finish(b);
	assert_string_equal(b->out.text, "a\n");
}

/* Every command keeps to the room it asked for. */
static size_t most, asked;

static void
measure(struct out *out, const char *text, size_t len)
{
	most += len;
}

static void
test_steps_stay_within_their_room(void **state)
{
	static const char *const lines[] = {
		"help",
		"ip -s -s -d link",
		"ip -s -d -j -p addr",
		"sysctl -a",
		"show drops -a -v",
		"show stats",
		"netstat -s",
		"cat /proc/net/snmp",
		"ethtool eth0",
		"ethtool -c eth0",
		"ip route show table all",
		"ss -uanp",
		"ip -j -p route show table all",
		"dmesg",
		"cat /proc/interrupts",
		"show running-config",
		"help ip",
		"man ping",
		"version",
	};
	struct testbox *b = *state;
	struct out out = { .write = measure }, *saved = b->shell.out;
	char line[900] = "ip route add 9.9.0.0/16";

	testbox_run(b, "ip link set eth0 up; ip link set eth1 up; "
		       "ip addr add 10.0.0.1/24 dev eth0");
	for (unsigned int i = 2; i < 34; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " nexthop via 10.0.0.%u", i);
	assert_int_equal(testbox_run(b, line), 0);
	b->shell.out = &out;
	for (size_t i = 0; i < array_len(lines); i++) {
		assert_true(shell_run(&b->shell, lines[i]));
		while (shell_busy(&b->shell)) {
			const struct command *c = b->shell.job.command;

			/* One step at a time: as one poll does up to eight. */
			asked = c != NULL && c->room != 0 ? c->room : JOB_ROOM;
			most = 0;
			shell_poll(&b->shell, 0);
			assert_true(most <= 8 * asked);
		}
	}
	b->shell.out = saved;
}

static void
test_interrupting(void **state)
{
	struct testbox *b = *state;

	out_buf_init(&b->out, b->out_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&b->shell, "ping 127.0.0.1; echo never"));
	for (unsigned int i = 0; i < 10; i++)
		shell_poll(&b->shell, 0);
	shell_interrupt(&b->shell, 0);
	testbox_finish(b);
	assert_null(strstr(b->out.text, "never"));
	assert_int_equal(b->shell.status, 1); /* none was answered */
	assert_true(shell_run(&b->shell, "ping 10.9.9.9 || sysctl -a"));
	shell_interrupt(&b->shell, 0);
	testbox_finish(b);
	assert_false(shell_busy(&b->shell));
}

static void
test_too_long(void **state)
{
	struct testbox *b = *state;
	char line[SHELL_LINE_MAX + 10];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(testbox_run(b, line), 2);
	memset(line, ' ', sizeof(line));
	for (unsigned int i = 0; i < 260; i += 2)
		line[i] = 'x';
	line[300] = '\0';
	assert_int_equal(testbox_run(b, line), 2);
	assert_non_null(strstr(b->err.text, "too many words"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense_runs_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_writing_to_proc, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_other_routers_words, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ip_may_be_left_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_room_no_step, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_steps_stay_within_their_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupting, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
