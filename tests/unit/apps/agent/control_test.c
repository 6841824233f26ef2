/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's protocol on a stream, both ends of each connection in one stack
 * over lo. */
#include "apps/agent/control.h"

#include "apps/agent/linux.h"
#include "net/net.h"
#include "tests/host/host.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define LOCALHOST 0x7f000001u

struct lab {
	struct testnet *t;
	struct control control;
	uint8_t out[1u << 20];
	size_t out_len;
	uint16_t tag;
};

struct answer {
	int32_t ret, err;
	const uint8_t *payload;
	uint32_t len;
};

static void
end(void *bench)
{
	host_gone(bench);
	control_fini(bench);
}

static int
set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->t = testnet_new(1);
	assert_int_equal(control_init(&lab->control, &lab->t->net, NULL, NULL,
				      "test"),
			 OK);
	host_born(end, &lab->control);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;

	end(&lab->control);
	testnet_run(lab->t);
	testnet_free(lab->t);
	free(lab);
	return 0;
}

/* Serves and runs until nothing moves; keeps what is answered. */
static void
run(struct lab *lab)
{
	do
		testnet_run(lab->t);
	while (control_poll(&lab->control, lab->t->net.now_ns));
	lab->out_len += control_output(&lab->control, lab->out + lab->out_len,
				       sizeof(lab->out) - lab->out_len);
}

static void
feed(struct lab *lab, const void *bytes, size_t len)
{
	assert_int_equal(control_input(&lab->control, bytes, len,
				       lab->t->net.now_ns),
			 len);
	run(lab);
}

static size_t
build(uint8_t *bytes, uint16_t op, uint16_t tag, int32_t fd, int32_t a,
      int32_t b, const void *payload, uint32_t len)
{
	const uint32_t words[] = {
		CONTROL_MAGIC, 16 + len,    op | (uint32_t)tag << 16,
		(uint32_t)fd,  (uint32_t)a, (uint32_t)b
	};

	memcpy(bytes, words, sizeof(words));
	if (len)
		memcpy(bytes + sizeof(words), payload, len);
	return sizeof(words) + len;
}

/* Sends a request; its tag. */
static uint16_t
ask(struct lab *lab, uint16_t op, int32_t fd, int32_t a, int32_t b,
    const void *payload, uint32_t len)
{
	uint8_t *bytes = malloc(CONTROL_REQUEST_LEN + len);
	size_t all = build(bytes, op, ++lab->tag, fd, a, b, payload, len);

	feed(lab, bytes, all);
	free(bytes);
	return lab->tag;
}

/* The reply with this tag; false: not yet. */
static bool
find(struct lab *lab, uint16_t tag, struct answer *answer)
{
	for (size_t at = 0; at < lab->out_len;) {
		uint32_t words[5];

		memcpy(words, lab->out + at, sizeof(words));
		assert_int_equal(words[0], CONTROL_MAGIC);
		assert_true(at + 8 + words[1] <= lab->out_len);
		if (words[2] >> 16 == tag) {
			assert_true(words[2] & 0x8000);
			answer->ret = (int32_t)words[3];
			answer->err = (int32_t)words[4];
			answer->payload = lab->out + at + CONTROL_REPLY_LEN;
			answer->len = words[1] - 12;
			return true;
		}
		at += 8 + words[1];
	}
	return false;
}

static struct answer
get(struct lab *lab, uint16_t tag)
{
	struct answer answer = { 0 };

	assert_true(find(lab, tag, &answer));
	return answer;
}

static int32_t
ask_ret(struct lab *lab, uint16_t op, int32_t fd, int32_t a, int32_t b,
	const void *payload, uint32_t len)
{
	struct answer answer = get(lab, ask(lab, op, fd, a, b, payload, len));

	assert_int_equal(answer.err == 0, answer.ret >= 0);
	return answer.ret >= 0 ? answer.ret : -answer.err;
}

static void
put_addr(uint8_t bytes[8], uint32_t addr, uint16_t port)
{
	const uint8_t made[8] = { 2,
				  0,
				  (uint8_t)port,
				  (uint8_t)(port >> 8),
				  (uint8_t)(addr >> 24),
				  (uint8_t)(addr >> 16),
				  (uint8_t)(addr >> 8),
				  (uint8_t)addr };

	memcpy(bytes, made, 8);
}

static int32_t
listener(struct lab *lab, uint16_t port, int32_t backlog)
{
	uint8_t addr[8];
	int32_t fd = ask_ret(lab, CTL_SOCKET, -1, LX_SOCK_STREAM, 0, NULL, 0);

	assert_true(fd >= 3);
	put_addr(addr, 0, port);
	assert_int_equal(ask_ret(lab, CTL_BIND, fd, 0, 0, addr, 8), 0);
	assert_int_equal(ask_ret(lab, CTL_LISTEN, fd, backlog, 0, NULL, 0), 0);
	return fd;
}

/* Both ends of a connection: client, server. */
static void
connect_both(struct lab *lab, int32_t fds[2])
{
	int32_t at = listener(lab, 7777, 1);
	uint8_t addr[8];

	fds[0] = ask_ret(lab, CTL_SOCKET, -1, LX_SOCK_STREAM, 0, NULL, 0);
	put_addr(addr, LOCALHOST, 7777);
	assert_int_equal(ask_ret(lab, CTL_CONNECT, fds[0], 0, 0, addr, 8), 0);
	fds[1] = ask_ret(lab, CTL_ACCEPT, at, 0, 0, NULL, 0);
	assert_true(fds[1] > fds[0]);
}

static void
hello_tells_the_name(void **state)
{
	struct answer answer =
		get(*state, ask(*state, CTL_HELLO, 0, 0, 0, NULL, 0));

	assert_int_equal(answer.ret, 0);
	assert_int_equal(answer.len, 4);
	assert_memory_equal(answer.payload, "test", 4);
}

static void
what_is_unknown_is_refused(void **state)
{
	struct lab *lab = *state;
	int32_t fd, one = 1;

	assert_int_equal(ask_ret(lab, 77, 0, 0, 0, NULL, 0), -LX_ENOSYS);
	assert_int_equal(ask_ret(lab, CTL_PKT, 0, 0, 0, "x", 1), -LX_ENOSYS);
	assert_int_equal(ask_ret(lab, CTL_SEND, 3, 0, 0, "x", 1), -LX_EBADF);
	assert_int_equal(ask_ret(lab, CTL_SOCKET, -1, 3, 0, NULL, 0),
			 -LX_ESOCKTNOSUPPORT);
	fd = ask_ret(lab, CTL_SOCKET, -1, LX_SOCK_STREAM, 0, NULL, 0);
	assert_int_equal(ask_ret(lab, CTL_BIND, fd, 0, 0, "short", 5),
			 -LX_EINVAL);
	assert_int_equal(ask_ret(lab, CTL_SETSOCKOPT, fd, LX_SOL_TCP, 999, &one,
				 4),
			 -LX_ENOPROTOOPT);
	assert_int_equal(ask_ret(lab, CTL_RECV, fd, 10, 0, NULL, 0),
			 -LX_ENOTCONN);
	assert_int_equal(ask_ret(lab, CTL_SEND, fd, 0, 0, "x", 1), -LX_EPIPE);
	assert_int_equal(ask_ret(lab, CTL_POLL, 99, LX_POLLIN, 0, NULL, 0),
			 LX_POLLNVAL);
}

/* A call that waits does not keep others from being answered. */
static void
bytes_go_both_ways_and_waiting_calls_wait(void **state)
{
	struct lab *lab = *state;
	struct answer answer;
	int32_t fds[2];
	uint16_t tag;

	connect_both(lab, fds);
	tag = ask(lab, CTL_RECV, fds[1], 100, 0, NULL, 0);
	assert_false(find(lab, tag, &answer));
	assert_int_equal(ask_ret(lab, CTL_RECV, fds[1], 100, LX_MSG_DONTWAIT,
				 NULL, 0),
			 -LX_EAGAIN);
	assert_int_equal(ask_ret(lab, CTL_SEND, fds[0], 0, 0, "hello", 5), 5);
	answer = get(lab, tag);
	assert_int_equal(answer.ret, 5);
	assert_int_equal(answer.len, 8 + 5);
	assert_memory_equal(answer.payload + 8, "hello", 5);
	/* WAITALL waits for all of it; PEEK leaves it. */
	tag = ask(lab, CTL_RECV, fds[0], 4, LX_MSG_WAITALL, NULL, 0);
	assert_int_equal(ask_ret(lab, CTL_SEND, fds[1], 0, 0, "ab", 2), 2);
	assert_false(find(lab, tag, &answer));
	assert_int_equal(ask_ret(lab, CTL_SEND, fds[1], 0, 0, "cdef", 4), 4);
	testnet_advance(lab->t, 50 * MS_NS); /* Nagle waits for an ACK */
	run(lab);
	assert_int_equal(get(lab, tag).ret, 4);
	assert_int_equal(ask_ret(lab, CTL_RECV, fds[0], 9, LX_MSG_PEEK, NULL,
				 0),
			 2);
	answer = get(lab, ask(lab, CTL_IOCTL, fds[0], LX_FIONREAD, 0, NULL, 0));
	assert_int_equal(answer.payload[0], 2);
	/* The end: what is left, then 0, then a broken pipe. */
	assert_int_equal(ask_ret(lab, CTL_SHUTDOWN, fds[1], 1, 0, NULL, 0), 0);
	assert_int_equal(ask_ret(lab, CTL_RECV, fds[0], 9, 0, NULL, 0), 2);
	assert_int_equal(ask_ret(lab, CTL_RECV, fds[0], 9, 0, NULL, 0), 0);
	assert_int_equal(ask_ret(lab, CTL_SEND, fds[1], 0, 0, "x", 1),
			 -LX_EPIPE);
	assert_int_equal(ask_ret(lab, CTL_POLL, fds[0],
				 LX_POLLIN | LX_POLLOUT | LX_POLLRDHUP, 0, NULL,
				 0),
			 LX_POLLIN | LX_POLLOUT | LX_POLLRDHUP);
}

static void
a_large_send_waits_for_room(void **state)
{
	struct lab *lab = *state;
	uint8_t *bytes = calloc(1, 200000);
	struct answer answer;
	int32_t fds[2], got = 0, ret, size = 10000;
	uint16_t tag;

	connect_both(lab, fds);
	assert_int_equal(ask_ret(lab, CTL_SETSOCKOPT, fds[0], LX_SOL_SOCKET,
				 LX_SO_SNDBUF, &size, 4),
			 0);
	tag = ask(lab, CTL_SEND, fds[0], 0, 0, bytes, 200000);
	while (!find(lab, tag, &answer)) {
		lab->out_len = 0;
		ret = ask_ret(lab, CTL_RECV, fds[1], 50000, 0, NULL, 0);
		assert_true(ret > 0);
		got += ret;
		testnet_advance(lab->t, 50 * MS_NS);
		run(lab);
	}
	assert_int_equal(answer.ret, 200000);
	assert_true(got > 0);
	free(bytes);
}

static void
linger_zero_resets(void **state)
{
	const int32_t linger[2] = { 1, 0 };
	struct lab *lab = *state;
	struct answer answer;
	int32_t fds[2], error;

	connect_both(lab, fds);
	assert_int_equal(ask_ret(lab, CTL_SETSOCKOPT, fds[0], LX_SOL_SOCKET,
				 LX_SO_LINGER, linger, 8),
			 0);
	assert_int_equal(ask_ret(lab, CTL_CLOSE, fds[0], 0, 0, NULL, 0), 0);
	answer = get(lab, ask(lab, CTL_GETSOCKOPT, fds[1], LX_SOL_SOCKET,
			      LX_SO_ERROR, NULL, 0));
	memcpy(&error, answer.payload, 4);
	assert_int_equal(error, LX_ECONNRESET);
	assert_int_equal(ask_ret(lab, CTL_RECV, fds[1], 9, 0, NULL, 0), 0);
}

static void
poll_times_out(void **state)
{
	struct lab *lab = *state;
	struct answer answer;
	int32_t fds[2];
	uint16_t tag;

	connect_both(lab, fds);
	tag = ask(lab, CTL_POLL, fds[0], LX_POLLIN, 100, NULL, 0);
	testnet_advance(lab->t, 99 * MS_NS);
	run(lab);
	assert_false(find(lab, tag, &answer));
	assert_int_equal(control_deadline(&lab->control),
			 lab->t->net.now_ns + MS_NS);
	testnet_advance(lab->t, MS_NS);
	run(lab);
	assert_int_equal(get(lab, tag).ret, 0);
}

static void
garbage_is_skipped(void **state)
{
	struct lab *lab = *state;
	uint8_t bytes[200];
	size_t len;

	feed(lab, "login: \xff\x43\x54\x4c", 12);
	/* A magic before nonsense: a length that cannot be, an op with too
	 * much to say. */
	len = build(bytes, CTL_HELLO, 900, 0, 0, 0, NULL, 0);
	bytes[4] = 3;
	feed(lab, bytes, len);
	len = build(bytes, CTL_HELLO, 901, 0, 0, 0, NULL, 0);
	bytes[7] = 0x7f;
	feed(lab, bytes, len);
	/* And one byte at a time. */
	len = build(bytes, CTL_HELLO, 902, 0, 0, 0, NULL, 0);
	for (size_t i = 0; i < len; i++)
		feed(lab, bytes + i, 1);
	assert_int_equal(get(lab, 902).ret, 0);
	assert_true(lab->control.skipped_len > 0);
}

static void
a_cut_request_is_given_up(void **state)
{
	struct lab *lab = *state;
	struct answer answer;
	uint8_t bytes[200];
	size_t len = build(bytes, CTL_SEND, 1, 3, 0, 0, NULL, 0);

	bytes[6] = 2; /* 128 KiB are to follow */
	feed(lab, bytes, len);
	len = build(bytes, CTL_HELLO, 903, 0, 0, 0, NULL, 0);
	feed(lab, bytes, len);
	assert_false(find(lab, 903, &answer));
	testnet_advance(lab->t, CONTROL_STALL_NS + MS_NS);
	run(lab);
	assert_int_equal(get(lab, 903).ret, 0);
}

static void
reset_ends_all_and_services_stay(void **state)
{
	struct lab *lab = *state;
	const struct sock_addr any = { .port = 4242 };
	static const struct sock_ops ops = { 0 };
	enum status status;
	struct sock *sock =
		tcp_listen(&lab->t->net, &any, 1, &ops, NULL, "", &status);
	int32_t fds[2];
	uint16_t tag;

	assert_non_null(sock);
	connect_both(lab, fds);
	assert_int_equal(ask_ret(lab, CTL_SHUTDOWN, fds[0], 1, 0, NULL, 0), 0);
	tag = ask(lab, CTL_RECV, fds[0], 10, 0, NULL, 0);
	assert_int_equal(ask_ret(lab, CTL_RESET, 0, 0, 0, NULL, 0), 0);
	assert_int_equal(get(lab, tag).err, LX_ECONNABORTED);
	assert_int_equal(ask_ret(lab, CTL_SEND, fds[0], 0, 0, "x", 1),
			 -LX_EBADF);
	assert_int_equal(lab->t->net.tcp.tw_pool.used_count, 0);
	assert_int_equal(lab->t->net.tcp.pool.used_count, 1);
	assert_int_equal(tcp_state(sock), TCP_LISTEN);
	tcp_close(sock);
	/* The port is free again at once. */
	connect_both(lab, fds);
}

static void
datagrams_wait_in_a_queue_with_an_end(void **state)
{
	struct lab *lab = *state;
	uint8_t to[8 + 4] = { 0 };
	int32_t a, b, count = 0;
	struct answer answer;

	a = ask_ret(lab, CTL_SOCKET, -1, LX_SOCK_DGRAM, 0, NULL, 0);
	b = ask_ret(lab, CTL_SOCKET, -1, LX_SOCK_DGRAM, 0, NULL, 0);
	put_addr(to, LOCALHOST, 5555);
	assert_int_equal(ask_ret(lab, CTL_BIND, a, 0, 0, to, 8), 0);
	for (int i = 0; i < 300; i++) {
		lab->out_len = 0;
		to[8] = (uint8_t)i;
		assert_int_equal(ask_ret(lab, CTL_SENDTO, b, 0, 0, to, 12), 4);
	}
	assert_int_equal(testnet_drops(lab->t, DROP_AGENT_QUEUE), 300 - 256);
	for (;; count++) {
		lab->out_len = 0;
		answer = get(lab, ask(lab, CTL_RECV, a, 100, LX_MSG_DONTWAIT,
				      NULL, 0));
		if (answer.ret < 0)
			break;
		assert_int_equal(answer.payload[8], (uint8_t)count);
		assert_memory_equal(answer.payload + 4, to + 4, 4);
	}
	assert_int_equal(count, 256);
	/* Nobody there: who is connected is told. */
	put_addr(to, LOCALHOST, 5556);
	assert_int_equal(ask_ret(lab, CTL_CONNECT, b, 0, 0, to, 8), 0);
	assert_int_equal(ask_ret(lab, CTL_SEND, b, 0, 0, "x", 1), 1);
	assert_int_equal(ask_ret(lab, CTL_RECV, b, 9, 0, NULL, 0),
			 -LX_ECONNREFUSED);
}

static void
the_accept_queue_is_bounded(void **state)
{
	struct lab *lab = *state;
	int32_t at = listener(lab, 7000, 1), fd[3];
	uint8_t addr[8];

	put_addr(addr, LOCALHOST, 7000);
	for (int i = 0; i < 3; i++) {
		fd[i] = ask_ret(lab, CTL_SOCKET, -1,
				LX_SOCK_STREAM | LX_SOCK_NONBLOCK, 0, NULL, 0);
		assert_int_equal(ask_ret(lab, CTL_CONNECT, fd[i], 0, 0, addr,
					 8),
				 -LX_EINPROGRESS);
	}
	assert_true(ask_ret(lab, CTL_ACCEPT, at, 0, 0, NULL, 0) > 0);
	assert_true(ask_ret(lab, CTL_ACCEPT, at, 0, 0, NULL, 0) > 0);
	assert_int_equal(ask_ret(lab, CTL_FCNTL, at, LX_F_SETFL, LX_O_NONBLOCK,
				 NULL, 0),
			 0);
	assert_int_equal(ask_ret(lab, CTL_ACCEPT, at, 0, 0, NULL, 0),
			 -LX_EAGAIN);
	/* The third was not let in, and is when it tries again. */
	assert_true(testnet_drops(lab->t, DROP_TCP_ACCEPT_QUEUE) > 0);
	testnet_advance(lab->t, 3 * S_NS);
	run(lab);
	assert_true(ask_ret(lab, CTL_ACCEPT, at, 0, 0, NULL, 0) > 0);
	assert_int_equal(lab->control.files.accept_overflows, 0);
}

static int32_t
config(struct lab *lab, const char *text)
{
	return ask_ret(lab, CTL_CONFIG, 0, 0, 0, text, (uint32_t)strlen(text));
}

static void
configuration_takes_sysctls_and_its_own(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(config(lab, "net.ipv4.ip_default_ttl=77\n"), 0);
	assert_int_equal(lab->t->net.ipv4_param.ip_default_ttl, 77);
	assert_int_equal(config(lab, "ip_default_ttl = 64"), 0);
	assert_int_equal(lab->t->net.ipv4_param.ip_default_ttl, 64);
	assert_int_equal(config(lab, "tcp_rcvbuf_fixed=65535"), 0);
	assert_int_equal(lab->t->net.tcp.param.tcp_window_clamp, 65535);
	assert_int_equal(config(lab, "random_seed=12"), 0);
	assert_int_equal(config(lab, "net.ipv4.no_such=1"), -LX_ENOENT);
	assert_int_equal(config(lab, "ip_default_ttl=many"), -LX_EINVAL);
	assert_int_equal(config(lab, "tcp_rcvbuf_fixed=65536"), -LX_EINVAL);
	assert_int_equal(config(lab, "nothing"), -LX_EINVAL);
}

static uint64_t
stat_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 10);
}

static void
statistics_balance(void **state)
{
	struct lab *lab = *state;
	struct answer answer;
	int32_t fds[2];
	char *text;

	connect_both(lab, fds);
	answer = get(lab, ask(lab, CTL_STATS, 0, 0, 0, NULL, 0));
	text = calloc(1, answer.len + 1);
	memcpy(text, answer.payload, answer.len);
	assert_int_equal(stat_of(text, "law.born "),
			 stat_of(text, "law.sent ") +
				 stat_of(text, "law.delivered ") +
				 stat_of(text, "law.replaced ") +
				 stat_of(text, "law.dropped ") +
				 stat_of(text, "law.held "));
	assert_int_equal(stat_of(text, "\nTcpActiveOpens "), 1);
	assert_int_equal(stat_of(text, "\ndrop.TCP_CSUM "), 0);
	assert_true(stat_of(text, "buffers.free ") > 0);
	assert_true(stat_of(text, "\nIpInReceives ") > 0);
	free(text);
}

/* Whatever comes, it goes on; and answers what is right behind it. */
static void
noise_does_not_wedge_it(void **state)
{
	struct random random = test_random();
	struct lab *lab = *state;
	uint8_t bytes[600], payload[400];
	size_t len;

	for (int i = 0; i < 3000; i++) {
		uint16_t op = (uint16_t)random_below(&random, 40);

		lab->out_len = 0;
		len = random_below(&random, 400);
		for (size_t k = 0; k < len; k++)
			payload[k] = (uint8_t)random_u32(&random);
		len = build(bytes, op, 7, (int32_t)random_below(&random, 12),
			    (int32_t)random_below(&random, 30),
			    (int32_t)random_below(&random, 30), payload,
			    (uint32_t)len);
		if (random_below(&random, 4) == 0)
			bytes[random_below(&random, (uint32_t)len)] ^=
				(uint8_t)random_u32(&random);
		feed(lab, bytes, len);
		testnet_advance(lab->t, random_below(&random, 200) * MS_NS);
	}
	testnet_advance(lab->t, 2 * CONTROL_STALL_NS);
	run(lab);
	lab->out_len = 0;
	assert_int_equal(ask_ret(lab, CTL_RESET, 0, 0, 0, NULL, 0), 0);
	net_check(&lab->t->net);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hello_tells_the_name, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_unknown_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			bytes_go_both_ways_and_waiting_calls_wait, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_large_send_waits_for_room,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(linger_zero_resets, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(poll_times_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(garbage_is_skipped, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_cut_request_is_given_up,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reset_ends_all_and_services_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			datagrams_wait_in_a_queue_with_an_end, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(the_accept_queue_is_bounded,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			configuration_takes_sysctls_and_its_own, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(statistics_balance, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(noise_does_not_wedge_it, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
