/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command: options, times, ends, and the stream. What lines look like is
 * shown beside the real tcpdump (tests/boot/test_capture.py).
 */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "lib/str.h"
#include "net/tcp/tcp.h"
#include "tests/host/packets.h"
#include "tests/unit/apps/commands/golden.h"

/* A second console, on which it runs. */
static int
setup(void **state)
{
	*state = testbox_new(2, false);
	return 0;
}

static int
teardown(void **state)
{
	testbox_free(*state);
	return 0;
}

static void
stop(struct testbox *b, struct watcher *w)
{
	if (shell_busy(&w->shell))
		shell_interrupt(&w->shell, b->net->net.now_ns);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	for (unsigned int i = 0; i < 2; i++) {
		assert_false(b->net->port[i].dev.tapped);
		assert_int_equal(b->net->port[i].dev.promiscuity, 0);
	}
	watcher_leave(w);
}

static void
ping_through(struct testbox *b)
{
	uint8_t message[16];
	size_t len = packet_icmp(message, 8, 0, 1, NULL, 8);
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_HOST(1), 1, len);

	testnet_inject_ipv4(b->net, 0, &ip, message, len);
	testnet_run(b->net);
}

static void
equal(const char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("wanted:\n%s\ngot:\n%s", wanted, got);
}

#define ECHO                                                                   \
	"IP 10.0.0.2 > 10.0.1.2: ICMP echo request, id 0, seq 1, length 16\n"

static void
test_both_sides_of_a_routed_packet(void **state)
{
	struct testbox *b = *state;
	struct watcher *w = testbox_watch(b, "tcpdump -t -c 2 -i any icmp");

	assert_true(shell_busy(&w->shell));
	ping_through(b);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	equal(w->out_text, "eth0  In  " ECHO "eth1  Out " ECHO);
	equal(w->err_text,
	      "tcpdump: verbose output suppressed, use -v[v]... for full "
	      "protocol decode\nlistening on any, link-type EN10MB "
	      "(Ethernet), snapshot length 262144 bytes\n"
	      "2 packets captured\n2 packets received by filter\n"
	      "0 packets dropped by kernel\n");
	assert_int_equal(w->shell.status, 0);
	stop(b, w);
}

/* Two packets, 1.5 s apart: what stands before them. */
static void
times(struct testbox *b, const char *options, const char *first,
      const char *second)
{
	char line[64], wanted[512];
	struct watcher *w;

	snprintf(line, sizeof(line), "tcpdump %s -i eth0 icmp", options);
	w = testbox_watch(b, line);
	ping_through(b);
	testnet_advance(b->net, 1500 * MS_NS);
	ping_through(b);
	watcher_look(w);
	snprintf(wanted, sizeof(wanted), "%s" ECHO "%s" ECHO, first, second);
	equal(w->out_text, wanted);
	stop(b, w);
}

static void
test_times(void **state)
{
	struct testbox *b = *state;

	/* To a whole second; the box began on 2026-11-21 at 02:00:00. */
	testnet_advance(b->net, S_NS - b->net->net.now_ns % S_NS);
	testnet_advance(b->net,
			3600 * S_NS - b->net->net.now_ns % (3600 * S_NS));
	times(b, "", "03:00:00.000000 ", "03:00:01.500000 ");
	times(b, "-t", "", "");
	times(b, "-tt", "1795230003.000000 ", "1795230004.500000 ");
	times(b, "-ttt", " 00:00:00.000000 ", " 00:00:01.500000 ");
	times(b, "-tttt", "2026-11-21 03:00:06.000000 ",
	      "2026-11-21 03:00:07.500000 ");
	times(b, "-ttttt", " 00:00:00.000000 ", " 00:00:01.500000 ");
}

static void
test_what_it_refuses(void **state)
{
	golden_run(*state,
		   "$ tcpdump -D\n"
		   "1.lo [Up, Running, Loopback]\n"
		   "2.eth0 [Up, Running]\n"
		   "3.eth1 [Up, Running]\n"
		   "4.any (Pseudo-device that captures on all interfaces) "
		   "[Up, Running]\n"
		   "$ tcpdump -i eth7\n"
		   "! tcpdump: eth7: No such device exists (No such device "
		   "exists)\n"
		   "[rc 1]\n"
		   "$ tcpdump -Q sideways\n"
		   "! tcpdump: unknown capture direction `sideways'\n"
		   "[rc 1]\n"
		   "$ tcpdump -w file.pcap\n"
		   "! tcpdump: file.pcap: no files here; -w tcp:PORT waits for "
		   "a reader\n"
		   "[rc 1]\n"
		   "$ tcpdump -w tcp:0\n"
		   "! tcpdump: tcp:0: no files here; -w tcp:PORT waits for a "
		   "reader\n"
		   "[rc 1]\n"
		   "$ tcpdump tcp port\n"
		   "! tcpdump: can't parse filter expression: syntax error\n"
		   "!   tcp port\n"
		   "!           ^ a port from 0 to 65535 is expected\n"
		   "[rc 1]\n");
}

static void
test_interface_that_leaves(void **state)
{
	struct testbox *b = *state;
	struct netdev *dev = &b->net->port[1].dev;
	struct watcher *w = testbox_watch(b, "tcpdump -i eth1");

	netdev_unregister(dev);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	assert_int_equal(w->shell.status, 1);
	assert_non_null(strstr(w->err_text, "The interface disappeared\n"));
	assert_int_equal(netdev_register(&b->net->net, dev), OK);
	assert_int_equal(netdev_up(dev), OK);
	stop(b, w);
}

/* ---- the stream --------------------------------------------------------- */

static uint8_t got[4096];
static size_t got_len;

static void
read_all(struct sock *sock)
{
	got_len += tcp_read(sock, got + got_len, sizeof(got) - got_len);
}

static const struct sock_ops reader_ops = { .readable = read_all };

/* A reader over lo gets a header and a record; its own segments are not in it,
 * and when it goes the command ends. */
static void
test_stream(void **state)
{
	struct testbox *b = *state;
	struct watcher *w = testbox_watch(b, "tcpdump -i any -w tcp:19000");
	const struct sock_addr to = { 0x7f000001u, 19000 };
	uint32_t magic, have;
	enum status status;
	struct sock *sock;

	ping_through(b); /* nobody's */
	watcher_look(w);
	got_len = 0;
	sock = tcp_connect(&b->net->net, &(struct sock_addr){ 0 }, &to,
			   &reader_ops, NULL, "reader", &status);
	assert_non_null(sock);
	testnet_advance(b->net, 50 * MS_NS);
	watcher_look(w);
	testnet_advance(b->net, 50 * MS_NS);
	assert_int_equal(got_len, 24);
	memcpy(&magic, got, 4);
	assert_int_equal(magic, 0xa1b2c3d4u);
	assert_int_equal(got[20], 1); /* Ethernet */
	ping_through(b);
	watcher_look(w);
	testnet_advance(b->net, 300 * MS_NS);
	assert_int_equal(got_len, 24 + 2 * (16 + 14 + 20 + 16));
	memcpy(&have, got + 24 + 8, 4);
	assert_int_equal(have, 50);
	assert_int_equal(got[24 + 16 + 14], 0x45);
	tcp_close(sock);
	testnet_advance(b->net, 300 * MS_NS);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	assert_non_null(strstr(w->err_text, "2 packets captured\n"
					    "2 packets received by filter\n"
					    "0 packets dropped by kernel\n"));
	stop(b, w);
	testnet_advance(b->net, 200 * S_NS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_both_sides_of_a_routed_packet),
		T(test_times),
		T(test_what_it_refuses),
		T(test_interface_that_leaves),
		T(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
