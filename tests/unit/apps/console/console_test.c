/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apps/console/console.c: a terminal at one end, a whole box at the other, and
 * virtual time between them.
 */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "apps/console/console.h"
#include "lib/str.h"
#include "lib/timer.h"
#include "net/sysctl.h"
#include "tests/host/testbox.h"
#include "tests/unit/apps/console/vt.h"

#define SEEN_LEN 262144

struct rig {
	struct testbox *b;
	struct console console;
	char *seen; /* what came out */
	size_t len;
	struct vt *vt;	   /* a terminal that answers, or NULL */
	bool not_draining; /* nobody takes the output */
};

static uint64_t
now(struct rig *rig)
{
	return rig->b->net->net.now_ns;
}

static void
drain(struct rig *rig)
{
	char bytes[256];
	size_t len;

	while (!rig->not_draining &&
	       (len = console_output(&rig->console, bytes, sizeof(bytes)))) {
		assert_true(rig->len + len < SEEN_LEN);
		memcpy(rig->seen + rig->len, bytes, len);
		rig->len += len;
		rig->seen[rig->len] = '\0';
		if (rig->vt != NULL)
			vt_write(rig->vt, bytes, len);
	}
}

/* Until nothing happens any more at this moment. */
static void
settle(struct rig *rig)
{
	bool again = true;

	while (again) {
		testnet_run(rig->b->net);
		again = console_poll(&rig->console, now(rig));
		drain(rig);
		if (rig->vt != NULL && rig->vt->answer[0] != '\0') {
			console_input(&rig->console, rig->vt->answer,
				      strlen(rig->vt->answer), now(rig));
			rig->vt->answer[0] = '\0';
			again = true;
		}
		again |= console_deadline(&rig->console) <= now(rig) &&
			 !rig->not_draining;
	}
}

static void
advance(struct rig *rig, uint64_t ns)
{
	uint64_t end = now(rig) + ns, due;

	while (now(rig) < end) {
		due = max_of(console_deadline(&rig->console), now(rig) + 1);
		due = min_of(end, due);
		testnet_advance(rig->b->net, due - now(rig));
		settle(rig);
	}
}

static struct rig *
rig_with(unsigned int ports)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->b = testbox_new(ports, true);
	rig->seen = calloc(1, SEEN_LEN);
	console_init(&rig->console, &box_world, &rig->b->box,
		     &rig->b->net->net);
	console_start(&rig->console);
	settle(rig);
	return rig;
}

static struct rig *
rig_new(void)
{
	return rig_with(2);
}

static void
rig_free(struct rig *rig)
{
	if (rig->console.running)
		console_input(&rig->console, "\003", 1, now(rig));
	rig->not_draining = false;
	settle(rig);
	testbox_free(rig->b);
	free(rig->seen);
	free(rig);
}

/* Types; what came out because of it. */
static const char *
type_len(struct rig *rig, const char *bytes, size_t len)
{
	size_t from = rig->len;

	for (size_t done = 0; done < len;) {
		done += console_input(&rig->console, bytes + done, len - done,
				      now(rig));
		settle(rig);
	}
	return rig->seen + from;
}

static const char *
type(struct rig *rig, const char *bytes)
{
	return type_len(rig, bytes, strlen(bytes));
}

static void
test_a_script_sees_plain_text(void **state)
{
	struct rig *rig = rig_new();

	assert_string_equal(rig->seen, "fairlead# ");
	assert_string_equal(type(rig, "echo hello\r"),
			    "echo hello\r\nhello\r\nfairlead# ");
	assert_string_equal(type(rig, "echo $?\r"),
			    "echo $?\r\n0\r\nfairlead# ");
	assert_string_equal(type(rig, "frob\r"),
			    "frob\r\nfrob: command not found, try \"help\"\r\n"
			    "fairlead# ");
	assert_string_equal(type(rig, "echo $?\r"),
			    "echo $?\r\n127\r\nfairlead# ");
	type(rig, "ip addr\rhelp\rip \t\t\rsysctl -a\r\t\t?\r");
	advance(rig, 10 * S_NS);
	assert_null(strchr(rig->seen, '\033'));
	rig_free(rig);
}

static void
test_names_and_prompts(void **state)
{
	struct rig *rig = rig_new();

	assert_string_equal(type(rig, "hostname r1\r"), "hostname r1\r\nr1# ");
	assert_string_equal(type(rig, "\r"), "\r\nr1# ");
	assert_string_equal(type(rig, "echo a \\\r"), "echo a \\\r\n> ");
	assert_string_equal(type(rig, "b\r"), "b\r\na b\r\nr1# ");
	assert_string_equal(type(rig, "echo -n x\r"), "echo -n x\r\nxr1# ");
	assert_string_equal(type(rig, "abc\003"), "abc^C\r\nr1# ");
	assert_string_equal(type(rig, "\004"), "\r\nr1# ");
	rig_free(rig);
}

static void
test_a_cursor_key_proves_a_terminal(void **state)
{
	struct rig *rig = rig_new();
	struct vt vt;

	vt_init(&vt, 100, false);
	rig->vt = &vt;
	assert_true(rig->console.shell.plain);
	type(rig, "\033[A");
	assert_false(rig->console.shell.plain);
	assert_int_equal(rig->console.shell.columns, 100);
	assert_int_equal(rig->console.rows, VT_ROWS);
	assert_true(vt.bracketed);
	assert_non_null(strstr(type(rig, "ip -c -br link\r"), "\033[36m"));
	/* Mistakes are pointed at. */
	assert_non_null(strstr(type(rig, "ip link set eth0 mtu abc\r"),
			       "    ip link set eth0 mtu abc\r\n"
			       "                         ^~~\r\n"
			       "    BYTES: the largest packet it takes\r\n"));
	assert_string_equal(vt_row(&vt, vt.row), "fairlead#");
	rig_free(rig);
}

static void
test_what_does_not_answer_is_dumb(void **state)
{
	struct rig *rig = rig_new();

	assert_string_equal(type(rig, "\033[A"), "\033[6n\a");
	advance(rig, CONSOLE_DETECT_NS);
	assert_int_equal(rig->console.terminal, TERMINAL_DUMB);
	assert_string_equal(type(rig, "\033[A"), "\a");
	/* An answer that comes too late is noise. */
	type(rig, "\033[5;5R");
	assert_true(rig->console.shell.plain);
	assert_string_equal(type(rig, "echo -n\rip -c=always route\r") + 9,
			    "fairlead# ip -c=always route\r\nfairlead# ");
	rig_free(rig);
}

static void
test_noise_never_runs(void **state)
{
	struct rig *rig = rig_new();
	char noise[128];

	for (unsigned int i = 0; i < 128; i++)
		noise[i] = (char)(128 + i);
	type_len(rig, noise, sizeof(noise));
	assert_non_null(strstr(type(rig, "\r"), "binary noise ignored, "));
	/* A few damaged bytes in a long line do no harm. */
	assert_non_null(strstr(type(rig, "echo a rather long line\xff\r"),
			       "a rather long line\r\n"));
	console_noise(&rig->console, 5);
	assert_non_null(strstr(type(rig, "echo x\r"), "binary noise"));
	assert_string_equal(type(rig, "echo alive\r"),
			    "echo alive\r\nalive\r\nfairlead# ");
	type(rig, "\033[99~\033Oz\033]0;title\007\r");
	assert_string_equal(type(rig, "echo alive\r"),
			    "echo alive\r\nalive\r\nfairlead# ");
	rig_free(rig);
}

static void
test_a_line_without_end(void **state)
{
	struct rig *rig = rig_new();

	for (unsigned int i = 0; i < 5000; i++)
		type(rig, "x");
	type(rig, "\025\003");
	assert_string_equal(type(rig, "echo alive\r"),
			    "echo alive\r\nalive\r\nfairlead# ");
	rig_free(rig);
}

static void
test_control_c_ends_a_ping(void **state)
{
	struct rig *rig = rig_new();
	const char *text;

	type(rig, "ping 127.0.0.1\r");
	advance(rig, 2500 * MS_NS);
	assert_true(rig->console.running);
	assert_non_null(strstr(rig->seen, "icmp_seq=3"));
	text = type(rig, "\003");
	assert_non_null(strstr(text, "^C\r\n\r\n--- 127.0.0.1 ping statistics "
				     "---\r\n3 packets transmitted, 3 "
				     "received, 0% packet loss"));
	assert_false(rig->console.running);
	assert_true(list_empty(&rig->b->net->net.icmp_listeners));
	rig_free(rig);
}

static void
test_typing_ahead(void **state)
{
	struct rig *rig = rig_new();
	const char *text;

	text = type(rig, "ping -c 1 -W 1 127.0.0.1\recho one\recho two\r");
	advance(rig, 2 * S_NS);
	assert_non_null(strstr(text, "ms\r\nfairlead# echo one\r\none\r\n"
				     "fairlead# echo two\r\ntwo\r\n"
				     "fairlead# "));
	/* ^C forgets what was typed ahead. */
	text = type(rig, "ping 127.0.0.1\recho never\r\003");
	advance(rig, 2 * S_NS);
	assert_null(strstr(text, "never\r\nnever"));
	rig_free(rig);
}

/* More than can wait: the sender does, for a while; then a ^C behind it all
 * gets to a command that would never end. */
static void
test_typing_too_far_ahead(void **state)
{
	struct rig *rig = rig_new();
	char much[CONSOLE_AHEAD_LEN];
	const char *text;

	memset(much, 'x', sizeof(much));
	text = type(rig, "ping 127.0.0.1\r");
	assert_int_equal(console_input(&rig->console, much, sizeof(much),
				       now(rig)),
			 sizeof(much));
	assert_int_equal(console_input(&rig->console, "y\003", 2, now(rig)), 0);
	advance(rig, CONSOLE_FULL_NS);
	assert_true(rig->console.running);
	assert_int_equal(console_input(&rig->console, "y\003", 2, now(rig)), 2);
	advance(rig, S_NS);
	assert_false(rig->console.running);
	assert_non_null(strstr(text, "1 bytes that were typed meanwhile are "
				     "lost\r\nfairlead# "));
	rig_free(rig);
}

/* Nobody takes the output: the command waits, nothing is lost, time goes on. */
static void
test_a_stuck_terminal_stalls_nothing(void **state)
{
	struct rig *rig = rig_new();
	char route[64];
	const char *text;

	for (unsigned int i = 0; i < 2000; i++) {
		snprintf(route, sizeof(route),
			 "ip route add blackhole 10.%u.%u.0/24", i / 256,
			 i % 256);
		assert_int_equal(testbox_run(rig->b, route), 0);
	}
	rig->not_draining = true;
	text = type(rig, "ip route\r");
	advance(rig, 10 * S_NS);
	assert_true(rig->console.running);
	assert_int_equal(rig->console.lost_count, 0);
	assert_true(rig->console.ring_prod - rig->console.ring_cons <=
		    CONSOLE_OUT_LEN);
	rig->not_draining = false;
	for (unsigned int i = 0; i < 100 && rig->console.running; i++) {
		drain(rig);
		settle(rig);
	}
	settle(rig);
	assert_false(rig->console.running);
	assert_non_null(strstr(text, "blackhole 10.0.0.0/24 \r\n"));
	assert_non_null(strstr(text, "blackhole 10.7.207.0/24 \r\nfairlead# "));
	assert_int_equal(rig->console.lost_count, 0);
	rig_free(rig);
}

/* Nor does a log that nobody takes: it is bounded, and what is lost counted. */
static void
test_a_log_that_nobody_reads_is_bounded(void **state)
{
	struct rig *rig = rig_new();
	const char *text;

	rig->not_draining = true;
	/* The first fill what waits for the device, the last find no room. */
	for (unsigned int i = 0; i < 10000; i++) {
		out_printf(&rig->console.log, "line %u\n", i);
		console_poll(&rig->console, 0);
	}
	assert_true(rig->console.log_prod - rig->console.log_cons <=
		    CONSOLE_LOG_LEN);
	assert_true(rig->console.log_lost_count > 10000);
	assert_int_equal(rig->console.lost_count, 0);
	rig->not_draining = false;
	drain(rig);
	settle(rig);
	text = type(rig, "stty\r");
	assert_null(strstr(text, " 0 bytes lost"));
	assert_non_null(strstr(text, " bytes lost"));
	rig_free(rig);
}

static void
test_flow_control(void **state)
{
	struct rig *rig = rig_new();

	assert_string_equal(type(rig, "\023"), "");
	assert_false(console_has_output(&rig->console));
	/* Anything typed lets it go on. */
	assert_string_equal(type(rig, "echo x\r"), "echo x\r\nx\r\nfairlead# ");
	type(rig, "\023");
	assert_string_equal(type(rig, "\021"), "");
	rig_free(rig);
}

static void
test_log_lines_stand_above_the_prompt(void **state)
{
	struct rig *rig = rig_new();

	type(rig, "ip ro");
	out_puts(&rig->console.log, "[1.0] eth0: link up\n");
	assert_string_equal(type(rig, "u"), "\r\n[1.0] eth0: link up\r\n"
					    "fairlead# \rfairlead# ip rou");
	rig_free(rig);
}

static void
test_completion(void **state)
{
	struct rig *rig = rig_new();

	assert_string_equal(type(rig, "ip addr add 10.0.0.1/24 d\t"),
			    "ip addr add 10.0.0.1/24 dev ");
	assert_string_equal(type(rig, "e\t"), "eth");
	assert_string_equal(type(rig, "\t"),
			    "\r\neth0  eth1  \r\n"
			    "fairlead# \rfairlead# ip addr add 10.0.0.1/24 dev "
			    "eth");
	assert_string_equal(type(rig, "1\r"), "1\r\nfairlead# ");
	assert_string_equal(type(rig, "zzz\t"), "zzz\a");
	type(rig, "\025");
	assert_non_null(strstr(type(rig, "ip link set eth0 m?"),
			       "  mtu                       the largest packet "
			       "it takes\r\n"));
	rig_free(rig);
}

/* All tunables of this box stand in the text. */
static void
has_all_tunables(struct rig *rig, const char *text, const char *beginning)
{
	char name[SYSCTL_NAME_MAX];
	struct sysctl_key key;

	for (uint32_t i = 0; sysctl_at(&rig->b->net->net, i, &key, name); i++)
		if (str_starts(name, beginning) && strstr(text, name) == NULL)
			fail_msg("%s is not listed", name);
	assert_int_equal(rig->console.lost_count, 0);
}

/* What a list needs may be more than the ring holds. */
static void
test_long_lists(void **state)
{
	struct rig *rig = rig_with(8);
	const char *text;
	size_t from;

	text = type(rig, "sysctl ?");
	assert_true(strlen(text) > CONSOLE_OUT_LEN);
	has_all_tunables(rig, text, "");
	assert_non_null(strstr(text, "\r\nfairlead# \rfairlead# sysctl "));

	/* What is typed meanwhile waits, as do lines of the log. */
	from = rig->len;
	rig->not_draining = true;
	type(rig, "?zz?");
	out_puts(&rig->console.log, "[1.0] eth0: link up\n");
	settle(rig);
	assert_int_equal(rig->console.ahead_prod - rig->console.ahead_cons, 3);
	rig->not_draining = false;
	settle(rig);
	text = rig->seen + from;
	has_all_tunables(rig, text, "");
	assert_non_null(strstr(text, "what to show or set\r\n"
				     "fairlead# \rfairlead# sysctl zz\r\n"
				     "  <KEY[=VALUE]>"));
	assert_non_null(strstr(text, "\r\n[1.0] eth0: link up\r\n"
				     "fairlead# \rfairlead# sysctl zz"));

	type(rig, "\025sysctl net.ipv4.\t");
	text = type(rig, "\t");
	has_all_tunables(rig, text, "net.ipv4.");
	assert_non_null(strstr(text, "  \r\nfairlead# \rfairlead# sysctl "
				     "net.ipv4."));
	rig_free(rig);
}

static void
test_history_expansion(void **state)
{
	struct rig *rig = rig_new();

	type(rig, "echo one\recho two\r");
	assert_string_equal(type(rig, "!!\r"),
			    "!!\r\necho two\r\ntwo\r\nfairlead# ");
	assert_string_equal(type(rig, "!1\r"),
			    "!1\r\necho one\r\none\r\nfairlead# ");
	assert_string_equal(type(rig, "!99\r"),
			    "!99\r\n!99: event not found\r\nfairlead# ");
	assert_string_equal(type(rig, "history\r"),
			    "history\r\n    1  echo one\r\n    2  echo two\r\n"
			    "    3  echo one\r\n    4  history\r\nfairlead# ");
	rig_free(rig);
}

/* What is pasted runs line by line and stops where something is wrong. */
static void
test_a_paste_stops_at_the_first_error(void **state)
{
	struct rig *rig = rig_new();
	const char *text;

	text = type(rig, "\033[200~echo one\rfrob\recho two\r\033[201~");
	assert_non_null(strstr(text, "one\r\n"));
	assert_null(strstr(text, "two\r\ntwo"));
	assert_non_null(strstr(text, "paste stopped at line 2\r\n"));
	assert_string_equal(type(rig, "echo alive\r"),
			    "echo alive\r\nalive\r\nfairlead# ");
	rig_free(rig);
}

static void
test_stty(void **state)
{
	struct rig *rig = rig_new();

	assert_non_null(
		strstr(type(rig, "stty\r"), "dumb; rows 24; columns 80; "));
	type(rig, "stty ansi rows 50 cols 132\r");
	assert_non_null(
		strstr(type(rig, "stty\r"), "ansi; rows 50; columns 132; "));
	type(rig, "stty dumb\r");
	assert_true(rig->console.editor.plain);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_script_sees_plain_text),
		cmocka_unit_test(test_names_and_prompts),
		cmocka_unit_test(test_a_cursor_key_proves_a_terminal),
		cmocka_unit_test(test_what_does_not_answer_is_dumb),
		cmocka_unit_test(test_noise_never_runs),
		cmocka_unit_test(test_a_line_without_end),
		cmocka_unit_test(test_control_c_ends_a_ping),
		cmocka_unit_test(test_typing_ahead),
		cmocka_unit_test(test_typing_too_far_ahead),
		cmocka_unit_test(test_a_stuck_terminal_stalls_nothing),
		cmocka_unit_test(test_a_log_that_nobody_reads_is_bounded),
		cmocka_unit_test(test_flow_control),
		cmocka_unit_test(test_log_lines_stand_above_the_prompt),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_history_expansion),
		cmocka_unit_test(test_a_paste_stops_at_the_first_error),
		cmocka_unit_test(test_stty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
