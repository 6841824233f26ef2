/* SPDX-License-Identifier: BSD-2-Clause */
/* ss, netstat, nstat and /proc/net/tcp: what they say of the same endpoints.
 * Columns and words are those of iproute2 6.1 and net-tools 2.10 for sockets of
 * the same kind in a network namespace. */
#include "tests/host/test.h"

#include "apps/echo.h"
#include "lib/str.h"
#include "net/net.h"
#include "net/tcp/tcp.h"
#include "tests/host/host.h"
#include "tests/unit/apps/commands/golden.h"

#define LOOPBACK 0x7f000001u

struct lab {
	struct testbox *b;
	struct echo echo;
	struct sock *client;
	unsigned int closed;
	enum status why;
};

static void
client_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;

	lab->closed++;
	lab->why = why;
	lab->client = NULL;
}

static const struct sock_ops client_ops = { .closed = client_closed };

static void
end_client(void *bench)
{
	struct lab *lab = bench;

	host_gone(lab);
	if (lab->client != NULL)
		tcp_abort(lab->client);
}

/* A client on port 5000 to the echo service over lo, all at rest. */
static int
setup(void **state)
{
	const struct sock_addr from = { LOOPBACK, 5000 }, to = { LOOPBACK, 7 };
	struct lab *lab = calloc(1, sizeof(*lab));
	struct net *net;
	enum status status;

	lab->b = testbox_new(1, true);
	net = &lab->b->net->net;
	assert_int_equal(echo_start(&lab->echo, net), OK);
	lab->client =
		tcp_connect(net, &from, &to, &client_ops, lab, "test", &status);
	host_born(end_client, lab);
	assert_non_null(lab->client);
	testnet_run(lab->b->net);
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;

	end_client(lab);
	echo_stop(&lab->echo);
	testnet_run(lab->b->net);
	testbox_free(lab->b);
	free(lab);
	return 0;
}

/* ---- ss: columns -------------------------------------------------------- */

static void
test_columns(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ ss -tan not dport = :5000\n"
		   "State  Recv-Q Send-Q Local Address:Port Peer Address:Port"
		   "Process\n"
		   "LISTEN 0      128          0.0.0.0:7         0.0.0.0:*   "
		   "       \n"
		   "LISTEN 0      128          0.0.0.0:9         0.0.0.0:*   "
		   "       \n"
		   "LISTEN 0      128          0.0.0.0:19        0.0.0.0:*   "
		   "       \n"
		   "ESTAB  0      0          127.0.0.1:5000    127.0.0.1:7   "
		   "       \n"
		   "$ ss -tnpH sport = :7\n"
		   "ESTAB 0 0 127.0.0.1:7 127.0.0.1:5000 "
		   "users:((\"echo\"))\n"
		   "$ ss -tunlH\n"
		   "udp   UNCONN 0 0   0.0.0.0:7  0.0.0.0:*\n"
		   "udp   UNCONN 0 0   0.0.0.0:9  0.0.0.0:*\n"
		   "udp   UNCONN 0 0   0.0.0.0:19 0.0.0.0:*\n"
		   "tcp   LISTEN 0 128 0.0.0.0:7  0.0.0.0:*\n"
		   "tcp   LISTEN 0 128 0.0.0.0:9  0.0.0.0:*\n"
		   "tcp   LISTEN 0 128 0.0.0.0:19 0.0.0.0:*\n"
		   "$ ss -tne state established sport = :7\n"
		   "Recv-Q Send-Q Local Address:Port Peer Address:PortProcess  "
		   "          \n"
		   "0      0          127.0.0.1:7       127.0.0.1:5000 ino:0 "
		   "sk:71388 <->\n");
}

static void
test_summary(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ ss -s\n"
		   "Total: 8\n"
		   "TCP:   5 (estab 2, closed 0, orphaned 0, timewait 0)\n"
		   "\n"
		   "Transport Total     IP        IPv6\n"
		   "RAW\t  0         0         0        \n"
		   "UDP\t  3         3         0        \n"
		   "TCP\t  5         5         0        \n"
		   "INET\t  8         8         0        \n"
		   "FRAG\t  0         0         0        \n"
		   "\n");
}

/* ---- ss: what is shown -------------------------------------------------- */

static void
test_filters(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ ss -tanH sport = :7 | wc -l\n2\n"
		   "$ ss -tanH sport 7 | wc -l\n2\n"
		   "$ ss -tanH 'sport != :7' | wc -l\n3\n"
		   "$ ss -tanH '( sport = :7 or dport = :7 )' | wc -l\n3\n"
		   "$ ss -tanH '(sport=:7)' | wc -l\n2\n"
		   "$ ss -tanH not sport = :7 | wc -l\n3\n"
		   "$ ss -tanH '! ( sport = :7 )' dport = :7 | wc -l\n1\n"
		   "$ ss -tanH sport = :7 dport = :7 | wc -l\n0\n"
		   "$ ss -tanH sport = :7 and dport = :5000 | wc -l\n1\n"
		   /* One rank, from the left. */
		   "$ ss -tanH sport = :9 or sport = :7 and dport = :5000 | wc "
		   "-l\n1\n"
		   "$ ss -tanH 'sport >= :9 sport < 5000' | wc -l\n2\n"
		   "$ ss -tanH 'sport le 9' | wc -l\n3\n"
		   "$ ss -tanH 'sport gt 9' | wc -l\n2\n"
		   "$ ss -tanH src 127.0.0.1 | wc -l\n2\n"
		   "$ ss -tanH src 127/8 | wc -l\n2\n"
		   "$ ss -tanH src = 127.0.0.1:7 | wc -l\n1\n"
		   "$ ss -tanH src :7 | wc -l\n2\n"
		   "$ ss -tanH 'dst *:7' | wc -l\n1\n"
		   "$ ss -tanH 127.0.0.1:5000 | wc -l\n1\n"
		   "$ ss -tanH dst 10.0.0.0/8 | wc -l\n0\n"
		   "$ ss -tanH sport = :99999 | wc -l\n0\n"
		   "$ ss -tH state listening | wc -l\n3\n"
		   "$ ss -tH state listening state established | wc -l\n5\n"
		   "$ ss -tH exclude listening | wc -l\n2\n"
		   "$ ss -tH state connected | wc -l\n2\n"
		   "$ ss -tH state bucket | wc -l\n0\n"
		   "$ ss -H -t state established sport = :7 -n | wc -l\n1\n");
}

static void
test_filters_refused(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ ss -tan sport foo\n"
		   "! Error: \"foo\" does not look like a port.\n"
		   "! Cannot parse dst/src address.\n"
		   "[rc 1]\n"
		   "$ ss -tan dst 10.0.0.0/33\n"
		   "! Error: an inet prefix is expected rather than "
		   "\"10.0.0.0/33\".\n"
		   "! Cannot parse dst/src address.\n"
		   "[rc 1]\n"
		   "$ ss -t state foo\n"
		   "! ss: wrong state name: foo\n"
		   "[rc 255]\n"
		   "$ ss -t state\n"
		   "! Command line is not complete. Try option \"help\"\n"
		   "[rc 255]\n"
		   "$ ss -tan src '!=' 127.0.0.1\n"
		   "! ss: bison bellows (while parsing filter): \"syntax "
		   "error!\" Sorry.\n"
		   "[rc 255]\n"
		   "$ ss -tan '( sport = :7'\n"
		   "! ss: bison bellows (while parsing filter): \"syntax "
		   "error!\" Sorry.\n"
		   "[rc 255]\n"
		   "$ ss -tan sport = :7 ')'\n"
		   "! ss: bison bellows (while parsing filter): \"syntax "
		   "error!\" Sorry.\n"
		   "[rc 255]\n"
		   "$ ss -tan sport =\n"
		   "! ss: bison bellows (while parsing filter): \"syntax "
		   "error!\" Sorry.\n"
		   "[rc 255]\n");
}

/* Neither deep nor long expressions get further than the array of operands. */
static void
test_filter_is_bounded(void **state)
{
	struct lab *lab = *state;
	char line[512] = "ss -tan '";

	for (unsigned int i = 0; i < 100; i++)
		strcat(line, "( ");
	strcat(line, "'");
	assert_int_equal(testbox_run(lab->b, line), 255);
	strcpy(line, "ss -tan sport = 1");
	for (unsigned int i = 0; i < 30; i++)
		strcat(line, " or dport 7");
	assert_int_equal(testbox_run(lab->b, line), 255);
}

/* ---- ss: what is said --------------------------------------------------- */

static void
test_info(void **state)
{
	struct lab *lab = *state;
	uint8_t bytes[3000] = { 0 };

	testnet_advance(lab->b->net, 7 * MS_NS);
	assert_int_equal(tcp_write(lab->client, bytes, sizeof(bytes)), 3000);
	testnet_run(lab->b->net);
	golden_run(lab->b, "$ ss -tanH sport = :5000\n"
			   "ESTAB 3000 0 127.0.0.1:5000 127.0.0.1:7\n");
	testbox_run(lab->b, "ss -tniOH sport = :5000");
	assert_non_null(
		strstr(lab->b->out.text, " bytes_sent:3000 bytes_acked:3001 "));
	testbox_run(lab->b, "ss -tinH sport = :5000");
	assert_non_null(strstr(lab->b->out.text, "127.0.0.1:7\n\t cubic "));
	assert_null(strstr(lab->b->out.text, " ts sack"));
	assert_null(strstr(lab->b->out.text, "ssthresh"));
	testbox_run(lab->b, "ss -timoeH sport = :5000");
	assert_non_null(strstr(lab->b->out.text,
			       " ino:0 sk:13880007 <->\n\t skmem:(r3000,rb"));
	assert_non_null(strstr(lab->b->out.text, " ts sack cubic wscale:"));
}

/* What has a fraction, what has none, and what is too long for one. */
static void
test_times(void **state)
{
	struct lab *lab = *state;
	uint8_t byte = 0;

	(void)tcp_set_option(lab->client, TCP_OPT_KEEPALIVE, 1);
	testnet_run(lab->b->net);
	golden_run(lab->b, "$ ss -tnoOH sport = :5000\n"
			   "ESTAB 0 0 127.0.0.1:5000 127.0.0.1:7 "
			   "timer:(keepalive,120min,0)\n");
	testnet_advance(lab->b->net, 6601ull * S_NS);
	testbox_run(lab->b, "ss -tnoOH sport = :5000");
	assert_non_null(
		strstr(lab->b->out.text, " timer:(keepalive,9min59sec,0)\n"));
	/* Nobody answers any more. */
	netdev_down(&lab->b->net->net.loopback);
	tcp_write(lab->client, &byte, 1);
	testnet_advance(lab->b->net, 10 * S_NS);
	testbox_run(lab->b, "ss -tnoiOH sport = :5000");
	assert_non_null(strstr(lab->b->out.text, "timer:(on,"));
	assert_non_null(strstr(lab->b->out.text, " backoff:"));
	assert_non_null(strstr(lab->b->out.text, " retrans:1/"));
	assert_non_null(strstr(lab->b->out.text, " cwnd:1 "));
	testbox_run(lab->b, "netstat -tno");
	assert_non_null(strstr(lab->b->out.text, "ESTABLISHED on ("));
}

static void
test_kill(void **state)
{
	struct lab *lab = *state;

	testbox_run(lab->b, "ss -tnKH sport = :5000");
	assert_non_null(strstr(lab->b->out.text, "127.0.0.1:5000"));
	testnet_run(lab->b->net);
	assert_int_equal(lab->closed, 1);
	assert_int_equal(lab->why, ERR_RESET);
	/* Listeners are their services' affair. */
	testbox_run(lab->b, "ss -tlKH");
	golden_run(lab->b, "$ ss -tanH | wc -l\n3\n");
}

/* ---- ss -E --------------------------------------------------------------- */

static void
watch(struct lab *lab, const char *line)
{
	out_buf_init(&lab->b->out, lab->b->out_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&lab->b->shell, line));
	(void)shell_poll(&lab->b->shell, lab->b->net->net.now_ns);
}

/* Lets the watcher print what has happened, and forgets what it printed. */
static const char *
seen(struct lab *lab)
{
	static char text[65536];

	testnet_advance(lab->b->net, 200 * MS_NS);
	while (shell_poll(&lab->b->shell, lab->b->net->net.now_ns))
		continue;
	str_copy(text, lab->b->out.text, sizeof(text));
	out_buf_init(&lab->b->out, lab->b->out_text, TESTBOX_TEXT_LEN);
	return text;
}

static void
test_events(void **state)
{
	struct lab *lab = *state;
	uint8_t byte = 0;
	const char *text;

	assert_null(lab->b->net->net.tcp.trace);
	watch(lab, "ss -E sport = :5000");
	/* What was before is not told. */
	assert_string_equal(seen(lab), "");
	/* Nobody answers: a probe, timeouts, congestion control. */
	netdev_down(&lab->b->net->net.loopback);
	tcp_write(lab->client, &byte, 1);
	testnet_advance(lab->b->net, 3 * S_NS);
	text = seen(lab);
	assert_non_null(strstr(text, " 127.0.0.1:5000 127.0.0.1:7 loss probe "
				     "cwnd:"));
	assert_non_null(strstr(text, " timeout 1 rto:"));
	assert_non_null(strstr(text, " open -> loss cwnd:"));
	assert_non_null(strstr(text, " timeout 2 rto:"));
	/* It is answered again. */
	assert_int_equal(netdev_up(&lab->b->net->net.loopback), OK);
	testnet_advance(lab->b->net, 5 * S_NS);
	text = seen(lab);
	assert_non_null(strstr(text, " loss -> open cwnd:"));
	/* Its end, of one side alone since there is a filter. */
	assert_int_equal(tcp_shutdown(lab->client), OK);
	text = seen(lab);
	assert_non_null(strstr(text, " ESTAB -> FIN-WAIT-1\n"));
	assert_non_null(strstr(text, " FIN-WAIT-2 -> TIME-WAIT\n"));
	assert_null(strstr(text, "LAST-ACK"));
	assert_null(strstr(text, "UNCONN"));
	shell_interrupt(&lab->b->shell, lab->b->net->net.now_ns);
	assert_null(lab->b->net->net.tcp.trace);
}

/* Who looks too seldom is told how much he missed. */
static void
test_events_are_bounded(void **state)
{
	const struct sock_addr to = { LOOPBACK, 8 };
	static const struct sock_ops none;
	struct lab *lab = *state;
	enum status status;
	unsigned int count = 0;

	watch(lab, "ss -E");
	for (unsigned int i = 0; i < 300; i++) {
		assert_non_null(tcp_connect(&lab->b->net->net, NULL, &to, &none,
					    NULL, "test", &status));
		testnet_run(lab->b->net);
	}
	for (const char *line = seen(lab); (line = strchr(line, '\n')); line++)
		count++;
	/* 300 times UNCONN -> SYN-SENT -> UNCONN. */
	assert_int_equal(count, 256 + 1);
	shell_interrupt(&lab->b->shell, lab->b->net->net.now_ns);
	assert_int_equal(lab->b->shell.status, 130);
}

/* ---- the others --------------------------------------------------------- */

static void
test_states(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(tcp_shutdown(lab->client), OK);
	testnet_run(lab->b->net);
	assert_int_equal(lab->closed, 1);
	golden_run(lab->b,
		   "$ ss -tanoH exclude listening\n"
		   "TIME-WAIT 0 0 127.0.0.1:5000 127.0.0.1:7 "
		   "timer:(timewait,1min,0)\n"
		   "$ netstat -tn\n"
		   "Active Internet connections (w/o servers)\n"
		   "Proto Recv-Q Send-Q Local Address           Foreign "
		   "Address         State      \n"
		   "tcp        0      0 127.0.0.1:5000          127.0.0.1:7 "
		   "            TIME_WAIT  \n"
		   "$ netstat -tno | tail -1\n"
		   "tcp        0      0 127.0.0.1:5000          127.0.0.1:7 "
		   "            TIME_WAIT   timewait (60.00/0/0)\n"
		   "$ cat /proc/net/tcp | tail -1\n"
		   "   3: 0100007F:1388 0100007F:0007 06 00000000:00000000 "
		   "03:00001770 00000000     0        0 0 3 0000000000000000  "
		   "                                    \n"
		   "$ cat /proc/net/sockstat | head -2\n"
		   "sockets: used 6\n"
		   "TCP: inuse 3 orphan 0 tw 1 alloc 3 mem 0\n");
}

static void
test_netstat(void **state)
{
	struct lab *lab = *state;

	golden_run(
		lab->b,
		"$ netstat -tulpn\n"
		"Active Internet connections (only servers)\n"
		"Proto Recv-Q Send-Q Local Address           Foreign Address  "
		"       State       PID/Program name    \n"
		"tcp        0      0 0.0.0.0:7               0.0.0.0:*        "
		"       LISTEN      echo                \n"
		"tcp        0      0 0.0.0.0:9               0.0.0.0:*        "
		"       LISTEN      discard             \n"
		"tcp        0      0 0.0.0.0:19              0.0.0.0:*        "
		"       LISTEN      chargen             \n"
		"udp        0      0 0.0.0.0:7               0.0.0.0:*        "
		"                   echo                \n"
		"udp        0      0 0.0.0.0:9               0.0.0.0:*        "
		"                   discard             \n"
		"udp        0      0 0.0.0.0:19              0.0.0.0:*        "
		"                   chargen             \n"
		"$ netstat -tn | grep -c 'ESTABLISHED$'\n2\n"
		"$ netstat -st\n"
		"Tcp:\n"
		"    1 active connection openings\n"
		"    1 passive connection openings\n"
		"    0 failed connection attempts\n"
		"    0 connection resets received\n"
		"    2 connections established\n"
		"    3 segments received\n"
		"    3 segments sent out\n"
		"    0 segments retransmitted\n"
		"    0 bad segments received\n"
		"    0 resets sent\n"
		"TcpExt:\n"
		"    0 packet headers predicted\n"
		"IpExt:\n"
		"    InOctets: 172\n"
		"    OutOctets: 172\n");
}

static void
test_counters(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ cat /proc/net/snmp | grep Tcp:\n"
		   "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
		   "PassiveOpens AttemptFails EstabResets CurrEstab InSegs "
		   "OutSegs "
		   "RetransSegs InErrs OutRsts InCsumErrors\n"
		   "Tcp: 1 200 120000 -1 1 1 0 0 2 3 3 0 0 0 0\n"
		   "$ cat /proc/net/netstat | grep -c 'TcpExt: '\n2\n"
		   "$ nstat 'Tcp*Opens'\n"
		   "#kernel\n"
		   "TcpActiveOpens                  1                  0.0\n"
		   "TcpPassiveOpens                 1                  0.0\n"
		   "$ nstat 'Tcp*'\n"
		   "#kernel\n"
		   "$ nstat -az TcpActiveOpens TcpRetransSegs TcpCurrEstab\n"
		   "#kernel\n"
		   "TcpActiveOpens                  1                  0.0\n"
		   "TcpRetransSegs                  0                  0.0\n"
		   "$ nstat -aj TcpActiveOpens TcpInSegs\n"
		   "{\"kernel\":{\"TcpActiveOpens\":1,\"TcpInSegs\":3}}\n"
		   "$ nstat -n\n");
}

static void
test_udp(void **state)
{
	const struct sock_addr ours = { LOOPBACK, 6000 },
			       peer = { LOOPBACK, 53 };
	static const struct sock_ops none;
	struct lab *lab = *state;
	enum status status;
	struct sock *client;

	client =
		udp_open(&lab->b->net->net, &ours, &none, NULL, "dns", &status);
	assert_non_null(client);
	assert_int_equal(udp_connect(client, &peer), OK);
	golden_run(lab->b,
		   "$ ss -un\n"
		   "State Recv-Q Send-Q Local Address:Port Peer Address:Port"
		   "Process\n"
		   "ESTAB 0      0          127.0.0.1:6000    127.0.0.1:53  "
		   "       \n"
		   "$ ss -uanp | grep echo\n"
		   "UNCONN 0      0            0.0.0.0:7         0.0.0.0:*    "
		   "users:((\"echo\"))   \n"
		   "$ netstat -un\n"
		   "Active Internet connections (w/o servers)\n"
		   "Proto Recv-Q Send-Q Local Address           Foreign "
		   "Address         State      \n"
		   "udp        0      0 127.0.0.1:6000          127.0.0.1:53  "
		   "          ESTABLISHED\n"
		   "$ cat /proc/net/udp | grep -c :0007\n"
		   "1\n");
	udp_close(client);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_columns),
		T(test_summary),
		T(test_filters),
		T(test_filters_refused),
		T(test_filter_is_bounded),
		T(test_info),
		T(test_times),
		T(test_kill),
		T(test_events),
		T(test_events_are_bounded),
		T(test_states),
		T(test_netstat),
		T(test_counters),
		T(test_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
