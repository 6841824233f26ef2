/* SPDX-License-Identifier: BSD-2-Clause */
/* nc against the box's own services, over lo. */
#include "tests/host/test.h"

#include "apps/echo.h"
#include "lib/str.h"
#include "net/tcp/tcp.h"
#include "tests/unit/apps/commands/golden.h"

#define LOOPBACK 0x7f000001u

/* A box whose terminal types what the test has prepared. */
struct lab {
	struct testbox *b;
	struct echo echo;
	const char *keys;
	struct shell_terminal terminal;
};

static struct lab *typist;

static size_t
typed(struct shell *shell, uint8_t *bytes, size_t size)
{
	size_t len = min_of(strlen(typist->keys), size);

	memcpy(bytes, typist->keys, len);
	typist->keys += len;
	return len;
}

static int
setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->b = testbox_new(1, true);
	assert_int_equal(echo_start(&lab->echo, &lab->b->net->net), OK);
	lab->terminal.typed = typed;
	lab->keys = "";
	lab->b->shell.terminal = &lab->terminal;
	typist = lab;
	*state = lab;
	return 0;
}

static int
teardown(void **state)
{
	struct lab *lab = *state;

	echo_stop(&lab->echo);
	testnet_advance(lab->b->net, 200 * S_NS);
	assert_int_equal(lab->b->net->net.tcp.pool.used_count, 0);
	assert_int_equal(lab->b->net->net.udp.pool.used_count, 0);
	testbox_free(lab->b);
	free(lab);
	return 0;
}

/* What is typed comes back, and the end of it ends all. */
static void
test_echo(void **state)
{
	struct lab *lab = *state;

	lab->keys = "hellx\bo\rwor\bld\r\n\x04";
	golden_run(lab->b, "$ nc 127.0.0.1 7\n"
			   "hellx\b \bo\n"
			   "wor\b \bld\n"
			   "hello\n"
			   "wold\n");
	lab->keys = "one\r";
	golden_run(lab->b, "$ nc -w 2 -u 127.0.0.1 7\n"
			   "one\n"
			   "one\n");
	lab->keys = "x\r\x04";
	golden_run(lab->b, "$ nc -v 127.0.0.1 9\n"
			   "x\n"
			   "! Connection to 127.0.0.1 9 port [tcp/*] "
			   "succeeded!\n");
}

static void
test_scan(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ nc -z 127.0.0.1 7\n"
		   "$ nc -zv 127.0.0.1 7\n"
		   "! Connection to 127.0.0.1 7 port [tcp/*] succeeded!\n"
		   "$ nc -z 127.0.0.1 8\n"
		   "! nc: connect to 127.0.0.1 port 8 (tcp) failed: "
		   "Connection refused\n"
		   "[rc 1]\n"
		   "$ nc -zuv 127.0.0.1 7\n"
		   "! Connection to 127.0.0.1 7 port [udp/*] succeeded!\n"
		   "$ nc -zu 127.0.0.1 8\n"
		   "! nc: connect to 127.0.0.1 port 8 (udp) failed: "
		   "Connection refused\n"
		   "[rc 1]\n");
}

static void
test_refused(void **state)
{
	struct lab *lab = *state;

	golden_run(lab->b,
		   "$ ip link set eth0 up\n"
		   "$ ip addr add 10.0.0.1/24 dev eth0\n"
		   "$ nc 10.9.9.9 80\n"
		   "! nc: connect to 10.9.9.9 port 80 (tcp) failed: Network "
		   "is unreachable\n"
		   "[rc 1]\n"
		   "$ nc -w 1 10.0.0.77 80\n"
		   "! nc: connect to 10.0.0.77 port 80 (tcp) failed: "
		   "Connection timed out\n"
		   "[rc 1]\n"
		   "$ nc somewhere 80\n"
		   "! nc: getaddrinfo for host \"somewhere\" port 80: Name or "
		   "service not known\n"
		   "[rc 1]\n"
		   "$ nc 127.0.0.1 0\n"
		   "! nc: port number invalid: 0\n"
		   "[rc 1]\n"
		   "$ nc 127.0.0.1 65536\n"
		   "! nc: port number invalid: 65536\n"
		   "[rc 1]\n"
		   "$ nc -l 7\n"
		   "! nc: Address already in use\n"
		   "[rc 1]\n"
		   "$ nc -l -s 9.9.9.9 70\n"
		   "! nc: Cannot assign requested address\n"
		   "[rc 1]\n"
		   "$ nc -l\n"
		   "! nc: missing port with option -l\n"
		   "[rc 1]\n"
		   "$ nc -lz 70\n"
		   "! nc: cannot use -z and -l\n"
		   "[rc 1]\n"
		   "$ nc -w x 127.0.0.1 7\n"
		   "! nc: timeout cannot be: x\n"
		   "[rc 1]\n");
	assert_int_equal(testbox_run(lab->b, "nc 127.0.0.1"), 1);
}

static void
forget(struct sock *sock, enum status why)
{
	*(struct sock **)sock->ctx = NULL;
}

/* A client while nc listens. */
static void
test_listens(void **state)
{
	static const struct sock_ops ops = { .closed = forget };
	const struct sock_addr to = { LOOPBACK, 70 };
	struct lab *lab = *state;
	struct net *net = &lab->b->net->net;
	struct sock *client;
	enum status status;

	lab->keys = "from nc\r";
	out_buf_init(&lab->b->out, lab->b->out_text, TESTBOX_TEXT_LEN);
	out_buf_init(&lab->b->err, lab->b->err_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&lab->b->shell, "nc -lv 70"));
	shell_poll(&lab->b->shell, net->now_ns);
	client = tcp_connect(net, NULL, &to, &ops, &client, "test", &status);
	assert_non_null(client);
	testnet_run(lab->b->net);
	while (shell_poll(&lab->b->shell, net->now_ns))
		continue;
	assert_int_equal(tcp_write(client, "from\x1b client\n", 13), 13);
	assert_int_equal(tcp_shutdown(client), OK);
	testnet_run(lab->b->net);
	assert_non_null(client);
	assert_int_equal(tcp_readable_len(client), 8);
	testbox_finish(lab->b);
	assert_string_equal(lab->b->out.text, "from nc\nfrom\x1b client\n");
	assert_non_null(strstr(lab->b->err.text, "Listening on 0.0.0.0 70\n"
						 "Connection received on "
						 "127.0.0.1 "));
	tcp_abort(client);
}

/* A peer that never stops is read as fast as it is printed; Ctrl-C ends it,
 * and escape sequences do not get through to a terminal. */
static void
test_interrupt(void **state)
{
	struct lab *lab = *state;
	struct net *net = &lab->b->net->net;

	lab->b->shell.face = SHELL_TERMINAL;
	out_buf_init(&lab->b->out, lab->b->out_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&lab->b->shell, "nc 127.0.0.1 19"));
	for (unsigned int i = 0; i < 20; i++) {
		shell_poll(&lab->b->shell, net->now_ns);
		testnet_run(lab->b->net);
	}
	assert_true(shell_busy(&lab->b->shell));
	assert_true(lab->b->out.len > 4000);
	shell_interrupt(&lab->b->shell, net->now_ns);
	testbox_finish(lab->b);
	assert_int_equal(lab->b->shell.status, 130);
}

/* Datagrams from others than the first, and more than can be shown, end as
 * NC_BEHIND. */
static void
test_datagrams(void **state)
{
	static const struct sock_ops none;
	const struct sock_addr to = { LOOPBACK, 70 };
	struct lab *lab = *state;
	struct net *net = &lab->b->net->net;
	struct sock *socks[2];
	struct skb *skb;
	enum status status;

	lab->b->shell.face = SHELL_TERMINAL;
	out_buf_init(&lab->b->out, lab->b->out_text, TESTBOX_TEXT_LEN);
	assert_true(shell_run(&lab->b->shell, "nc -u -l 70"));
	while (shell_poll(&lab->b->shell, net->now_ns))
		continue;
	for (unsigned int i = 0; i < 2; i++) {
		socks[i] = udp_open(net, &(struct sock_addr){ 0 }, &none, NULL,
				    "test", &status);
		assert_non_null(socks[i]);
	}
	for (unsigned int i = 0; i < 11; i++) {
		skb = skb_alloc(&net_this_core(net)->skb_pool);
		memcpy(skb_put(skb, 3), "\x1b!\n", 3);
		udp_send(socks[i == 10], skb, &to, NULL);
		testnet_run(lab->b->net);
	}
	assert_int_equal(testnet_drops(lab->b->net, DROP_NC_BEHIND), 3);
	while (shell_poll(&lab->b->shell, net->now_ns))
		continue;
	assert_string_equal(lab->b->out.text,
			    ".!\n.!\n.!\n.!\n.!\n.!\n.!\n.!\n");
	shell_interrupt(&lab->b->shell, net->now_ns);
	udp_close(socks[0]);
	udp_close(socks[1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_echo),	 T(test_scan),	    T(test_refused),
		T(test_listens), T(test_interrupt), T(test_datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
