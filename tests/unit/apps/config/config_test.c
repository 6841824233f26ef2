/* SPDX-License-Identifier: BSD-2-Clause */
/* apps/config: files, the kernel's command line, and their mistakes. */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "apps/config/config.h"
#include "tests/host/testbox.h"

struct rig {
	struct testbox *b;
	struct config config;
	struct out_buf report;
	char text[16384];
};

static int
setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->b = testbox_new(2, true);
	out_buf_init(&rig->report, rig->text, sizeof(rig->text));
	config_init(&rig->config, &box_world, &rig->b->box, &rig->b->net->net,
		    &rig->report.out, SHELL_CONFIG);
	*state = rig;
	return 0;
}

static int
teardown(void **state)
{
	struct rig *rig = *state;

	testbox_free(rig->b);
	free(rig);
	return 0;
}

static uint32_t
load(struct rig *rig, const char *text)
{
	out_buf_init(&rig->report, rig->text, sizeof(rig->text));
	return config_load(&rig->config, "my.conf", text, strlen(text));
}

static void
test_a_good_file(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(load(rig, "# remarks\n\n"
				   "hostname r1\r\n"
				   "addr add 10.0.0.1/24 \\\n"
				   "   dev eth0  # as ip -batch has it\n"
				   "ip link set eth0 up; sysctl -w "
				   "net.ipv4.ip_forward=0\n"
				   "service echo on"),
			 0);
	assert_string_equal(rig->text, "");
	assert_string_equal(rig->b->box.hostname, "r1");
	assert_int_equal(rig->b->net->net.ipv4_param.ip_forward, 0);
	/* With all that hangs on it, as in Linux. */
	assert_int_equal(rig->b->net->net.conf_all.forwarding, 0);
	assert_int_equal(rig->b->services_started, 1);
	testbox_run(rig->b, "show config source");
	assert_string_equal(rig->b->out.text,
			    "my.conf                     7 lines, 0 errors\n");
}

/* A bad line stops nothing, and is pointed at. */
static void
test_bad_lines(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(load(rig, "ip link set eth0 mtu abc\n"
				   "ip addr add 10.0.0.300/24 dev eth0\n"
				   "ip addr add 10.0.0.1/24 dev eth0\n"
				   "ip route add 10.9.0.0/16 \\\n"
				   "  via 10.0.0.2 \\\n"
				   "  proto nonsense\n"
				   "frobnicate\n"
				   "ping 10.0.0.1\n"
				   "echo \"x\n"),
			 6);
	assert_string_equal(
		rig->text,
		"my.conf:1:22: error: argument \"abc\" is wrong: Invalid "
		"\"mtu\" value\n"
		"    ip link set eth0 mtu abc\n"
		"                         ^~~\n"
		"    expected: BYTES of mtu, the largest packet it takes\n"
		"my.conf:2:13: error: any valid prefix is expected rather than "
		"\"10.0.0.300/24\".\n"
		"    ip addr add 10.0.0.300/24 dev eth0\n"
		"                ^~~~~~~~~~~~~\n"
		"    expected: ADDR/LEN of local, the address and the length "
		"of its subnet's prefix\n"
		"my.conf:6:9: error: argument \"nonsense\" is wrong: "
		"\"protocol\" value is invalid\n"
		"    ip route add 10.9.0.0/16   via 10.0.0.2   proto nonsense\n"
		"                                                    ^~~~~~~~\n"
		"    expected: PROTO of protocol, who made it; boot unless "
		"told\n"
		"my.conf:7:1: error: frobnicate: command not found, try "
		"\"help\"\n"
		"    frobnicate\n"
		"    ^~~~~~~~~~\n"
		"my.conf:8:1: error: ping takes its time, so it cannot stand "
		"in a configuration\n"
		"    ping 10.0.0.1\n"
		"    ^~~~~~~~~~~~~\n"
		"my.conf:9:1: error: syntax error at column 6: a quote is "
		"never closed\n"
		"    echo \"x\n"
		"    ^~~~~~~\n");
	testbox_run(rig->b, "ip -br addr show eth0");
	assert_string_equal(rig->b->out.text,
			    "eth0             DOWN           10.0.0.1/24 \n");
	assert_int_equal(rig->b->box.source[0].error_count, 6);
}

static void
test_a_very_bad_file(void **state)
{
	struct rig *rig = *state;
	char text[4096] = "";

	for (unsigned int i = 0; i < 50; i++)
		strcat(text, "nonsense\n");
	assert_int_equal(load(rig, text), 50);
	assert_non_null(strstr(rig->text, "my.conf: 30 more errors\n"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(load(rig, text), 1);
	assert_string_equal(rig->text,
			    "my.conf:1:1: error: the line is too long\n");
	assert_int_equal(load(rig, ""), 0);
	assert_int_equal(load(rig, "\\"), 0);
}

static void
test_warnings(void **state)
{
	struct rig *rig = *state;

	load(rig, "ip addr add 10.0.0.1/24 dev eth0\n");
	assert_int_equal(load(rig, "ip addr del 10.0.0.1 dev eth0\n"), 0);
	assert_non_null(strstr(rig->text,
			       "my.conf:1:1: warning: Executing wildcard "
			       "deletion"));
}

static void
test_has_commands(void **state)
{
	static const char remarks[] = "# nothing\n\n  \t# at all\n";

	assert_false(config_has_commands(remarks, strlen(remarks)));
	assert_false(config_has_commands("", 0));
	assert_true(config_has_commands(" # a\n ip a", 10));
}

static uint32_t
cmdline(struct rig *rig, const char *text)
{
	out_buf_init(&rig->report, rig->text, sizeof(rig->text));
	return config_cmdline(&rig->config, text);
}

static void
test_the_command_line(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(
		cmdline(rig, "BOOT_IMAGE=/boot/x console=ttyS0,115200 "
			     "ip=10.0.5.1::10.0.5.254:255.255.255.0:r2:eth1 "
			     "ip=10.0.6.1:::16::eth0:off panic=reboot "
			     "conf=\"ip route add blackhole 9.0.0.0/8; sysctl "
			     "-w net.ipv4.icmp_ratelimit=7\" pci=nomsi"),
		0);
	assert_string_equal(rig->text, "");
	testbox_run(rig->b, "ip -br addr; ip route; hostname; sysctl -n "
			    "net.ipv4.icmp_ratelimit");
	assert_string_equal(
		rig->b->out.text,
		"lo               UNKNOWN        127.0.0.1/8 \n"
		"eth0             UP             10.0.6.1/16 \n"
		"eth1             UP             10.0.5.1/24 \n"
		"default via 10.0.5.254 dev eth1 \n"
		"blackhole 9.0.0.0/8 \n"
		"10.0.0.0/16 dev eth0 proto kernel scope link src 10.0.6.1 \n"
		"10.0.5.0/24 dev eth1 proto kernel scope link src 10.0.5.1 \n"
		"r2\n7\n");
	testbox_run(rig->b, "show config source");
	assert_string_equal(rig->b->out.text,
			    "cmdline                     1 lines, 0 errors\n");
}

/* covers: H1122-013, H1122-014 */
static void
test_the_application(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(cmdline(rig, "app=echo"), 0);
	assert_int_equal(rig->b->net->net.ipv4_param.ip_forward, 0);
	assert_int_equal(rig->b->services_started, 1);
	assert_int_equal(cmdline(rig, "app=router hostname=core-1"), 0);
	assert_int_equal(rig->b->net->net.ipv4_param.ip_forward, 1);
	assert_int_equal(rig->b->net->net.conf_all.forwarding, 1);
	assert_string_equal(rig->b->box.hostname, "core-1");
}

static void
test_bad_words(void **state)
{
	static const struct {
		const char *words, *report;
	} table[] = {
		{ "a foo", "cmdline:1:1: warning: unknown word \"a\"\n"
			   "cmdline:1:3: warning: unknown word \"foo\"\n" },
		{ "\x1f\x80 quiet",
		  "cmdline:1:1: warning: unknown word \"\x1f\x80\"\n"
		  "cmdline:1:4: warning: unknown word \"quiet\"\n" },
		{ "app=nfs",
		  "cmdline:1:1: error: app=router, app=echo or app=agent is "
		  "expected rather than \"app=nfs\"\n" },
		{ "hostname=a_b", "cmdline:1:1: error: this is no host name: "
				  "\"hostname=a_b\"\n" },
		{ "ip=dhcp", "cmdline:1:1: error: ip=ADDR::GATEWAY:MASK:"
			     "HOSTNAME:DEVICE is expected rather than "
			     "\"dhcp\"\n" },
		{ "ip=10.0.0.1:::255.0.255.0::eth0",
		  "cmdline:1:1: error: a mask is expected rather than "
		  "\"255.0.255.0\"\n" },
		{ "ip=10.0.0.1:::24::eth7",
		  "cmdline:1:1: error: Cannot find device \"eth7\"\n"
		  "    ip addr replace 10.0.0.1/24 dev eth7\n"
		  "    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n" },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < array_len(table); i++) {
		assert_int_not_equal(cmdline(rig, table[i].words), 0);
		assert_string_equal(rig->text, table[i].report);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_good_file),	 T(test_bad_lines),
		T(test_a_very_bad_file), T(test_warnings),
		T(test_has_commands),	 T(test_the_command_line),
		T(test_the_application), T(test_bad_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
