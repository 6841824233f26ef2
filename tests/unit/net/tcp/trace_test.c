/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of events that watchers read: memory only while somebody
 * watches, and who reads too slowly is told how much he missed. */
#include "net/tcp/trace.h"

#include "net/tcp/tcp.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

/* A connection that nobody answers, given up at once. */
static void
try_once(struct testnet *t)
{
	static const struct sock_ops ops = { 0 };
	const struct sock_addr to = { TESTNET_HOST(0), 80 };
	enum status status;
	struct sock *sock =
		tcp_connect(&t->net, NULL, &to, &ops, NULL, "", &status);

	assert_non_null(sock);
	testnet_run(t);
	tcp_abort(sock);
	testnet_run(t);
}

static void
memory_is_held_while_somebody_watches(void **state)
{
	struct testnet *t = testnet_new(1);
	size_t before = t->pages.free_count;
	uint64_t first, second, lost = 0;

	try_once(t);
	assert_null(t->net.tcp.trace);
	assert_int_equal(tcp_trace_start(&t->net, &first), OK);
	assert_null(tcp_trace_read(&t->net, &first, &lost));
	try_once(t);
	/* The second one sees what happens from now on. */
	assert_int_equal(tcp_trace_start(&t->net, &second), OK);
	assert_non_null(tcp_trace_read(&t->net, &first, &lost));
	assert_null(tcp_trace_read(&t->net, &second, &lost));
	tcp_trace_stop(&t->net);
	assert_true(t->pages.free_count < before);
	try_once(t);
	assert_non_null(tcp_trace_read(&t->net, &second, &lost));
	assert_int_equal(lost, 0);
	tcp_trace_stop(&t->net);
	assert_int_equal(t->pages.free_count, before);
	testnet_free(t);
}

static void
who_is_slow_is_told_what_was_lost(void **state)
{
	struct testnet *t = testnet_new(1);
	uint64_t next, lost = 0, count;
	uint32_t read = 0;

	assert_int_equal(tcp_trace_start(&t->net, &next), OK);
	while (t->net.tcp.trace->count < TCP_TRACE_MAX + 3)
		try_once(t);
	count = t->net.tcp.trace->count;
	while (tcp_trace_read(&t->net, &next, &lost))
		read++;
	assert_int_equal(read, TCP_TRACE_MAX);
	assert_int_equal(lost, count - TCP_TRACE_MAX);
	tcp_trace_stop(&t->net);
	testnet_free(t);
}

static void
without_memory_nobody_watches(void **state)
{
	struct testnet *t = testnet_new(1);
	uint64_t next;

	t->pages.fail_after = 1;
	assert_int_equal(tcp_trace_start(&t->net, &next), ERR_NOMEM);
	assert_null(t->net.tcp.trace);
	assert_int_equal(tcp_trace_start(&t->net, &next), OK);
	tcp_trace_stop(&t->net);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_held_while_somebody_watches),
		cmocka_unit_test(who_is_slow_is_told_what_was_lost),
		cmocka_unit_test(without_memory_nobody_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
