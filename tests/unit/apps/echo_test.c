/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo, discard, chargen: what they do, and what they must not be used for. */
#include "apps/echo.h"

#include "net/udp.h"
#include "net/wire/eth.h"
#include "net/wire/udp.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST TESTNET_HOST(0)

struct bench {
	struct testnet *t;
	struct echo echo;
};

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->t = testnet_new(2);
	assert_int_equal(echo_start(&b->echo, &b->t->net), OK);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	echo_stop(&b->echo);
	testnet_free(b->t);
	free(b);
	return 0;
}

static void
ask(struct bench *b, uint32_t dst, uint16_t sport, uint16_t dport,
    const void *data, size_t len)
{
	uint8_t bytes[1500];
	struct ipv4 ip = packet_header(HOST, dst, IPPROTO_UDP, 8 + len);
	size_t n = packet_udp(bytes, &ip, sport, dport, data, len, true);

	testnet_inject_ipv4(b->t, 0, &ip, bytes, n);
}

/* The answer's payload, or NULL. */
static const uint8_t *
answer(struct bench *b, uint32_t src, uint16_t sport, uint16_t dport,
       size_t *len)
{
	const uint8_t *data;
	struct ipv4 ip;
	struct udp udp;

	if (!testnet_next_ipv4(b->t, 0, &ip, &data, len))
		return NULL;
	assert_int_equal(ip.src, src);
	assert_int_equal(ip.dst, HOST);
	assert_int_equal(udp_parse(data, *len, &udp), DROP_NONE);
	assert_int_equal(udp.sport, sport);
	assert_int_equal(udp.dport, dport);
	*len -= 8;
	return data + 8;
}

/* From the address that was asked. [RFC862] [RFC1122 3.3.4.2] */
static void
echo_returns_what_it_gets(void **state)
{
	struct bench *b = *state;
	const uint32_t ours[] = { TESTNET_ROUTER(0), TESTNET_ROUTER(1) };
	const size_t sizes[] = { 0, 1, 100, 1472 };
	const uint8_t *data;
	size_t len;

	for (size_t i = 0; i < array_len(ours); i++)
		for (size_t j = 0; j < array_len(sizes); j++) {
			ask(b, ours[i], 40000, 7, NULL, sizes[j]);
			data = answer(b, ours[i], 7, 40000, &len);
			assert_non_null(data);
			assert_int_equal(len, sizes[j]);
			for (size_t k = 0; k < len; k++)
				assert_int_equal(data[k], (uint8_t)k);
		}
	assert_int_equal(b->echo.echoed, 8);
	assert_int_equal(testnet_drops_all(b->t), 0);
}

static void
discard_says_nothing(void **state)
{
	struct bench *b = *state;

	ask(b, TESTNET_ROUTER(0), 40000, 9, NULL, 100);
	assert_int_equal(b->echo.discarded, 1);
	assert_int_equal(testnet_count(b->t, 0), 0);
	assert_int_equal(testnet_drops_all(b->t), 0);
}

/* [RFC864]: lines of 72 characters, each line shifted by one; 512 bytes at
 * most. */
static void
chargen_sends_its_pattern(void **state)
{
	struct bench *b = *state;
	size_t shortest = 512, longest = 0, len;
	const uint8_t *data;

	for (unsigned int i = 0; i < 200; i++) {
		testnet_advance(b->t, S_NS);
		ask(b, TESTNET_ROUTER(0), 40000, 19, NULL, 1000);
		data = answer(b, TESTNET_ROUTER(0), 19, 40000, &len);
		assert_non_null(data);
		assert_in_range(len, 1, 512);
		shortest = min_of(shortest, len);
		longest = max_of(longest, len);
		for (size_t j = 0; j < len; j++) {
			size_t line = j / 74, column = j % 74;
			int want = column == 72 ? '\r'
				   : column == 73
					   ? '\n'
					   : (int)(' ' + (line + column) % 95);

			assert_int_equal(data[j], want);
		}
	}
	assert_true(shortest < 150 && longest > 440);
	assert_int_equal(b->echo.generated, 200);
}

/* Small questions get one line, whoever they claim to come from, and few. */
static void
chargen_is_no_amplifier(void **state)
{
	struct bench *b = *state;
	uint64_t sent = 0;
	size_t len;

	/* Ten at once. */
	for (unsigned int i = 0; i < 15; i++)
		ask(b, TESTNET_ROUTER(0), 40000, 19, "x", 1);
	assert_int_equal(testnet_flush(b->t, 0), 10);
	testnet_advance(b->t, 10 * S_NS);
	testnet_flush(b->t, 0);
	for (unsigned int i = 0; i < 1000; i++) {
		testnet_advance(b->t, 10 * MS_NS);
		ask(b, TESTNET_ROUTER(0), 40000, 19, "x", 1);
		if (answer(b, TESTNET_ROUTER(0), 19, 40000, &len)) {
			assert_int_equal(len, 74);
			sent++;
		}
	}
	/* Twenty a second, and what a burst allows. */
	assert_in_range(sent, 190, 212);
	assert_int_equal(testnet_drops(b->t, DROP_CHARGEN_RATE),
			 5 + 1000 - sent);
}

/* Two services that answer everything would never end. */
static void
loops_are_not_begun(void **state)
{
	struct bench *b = *state;
	static const uint16_t loops[] = { 7, 13, 17, 19, 37 };
	static const uint16_t ours[] = { 7, 19 };
	uint64_t drops = 0;

	for (size_t i = 0; i < array_len(loops); i++)
		for (size_t j = 0; j < array_len(ours); j++) {
			ask(b, TESTNET_ROUTER(0), loops[i], ours[j], "x", 1);
			drops++;
			assert_int_equal(testnet_drops(b->t, DROP_ECHO_LOOP),
					 drops);
		}
	for (size_t j = 0; j < array_len(ours); j++)
		ask(b, TESTNET_ROUTER(0), 0, ours[j], "x", 1);
	assert_int_equal(testnet_drops(b->t, DROP_ECHO_PORT_ZERO), 2);
	assert_int_equal(testnet_count(b->t, 0), 0);
	/* An ordinary low port is nobody's loop. */
	ask(b, TESTNET_ROUTER(0), 53, 7, "x", 1);
	assert_int_equal(testnet_flush(b->t, 0), 1);
}

/* Fraggle. */
static void
broadcasts_are_not_answered(void **state)
{
	struct bench *b = *state;
	const uint32_t many[] = { TESTNET_BROADCAST(0), IPV4_BROADCAST,
				  IPV4_ADDR(224, 0, 0, 1) };

	for (size_t i = 0; i < array_len(many); i++) {
		ask(b, many[i], 40000, 7, "x", 1);
		ask(b, many[i], 40000, 19, "x", 1);
		ask(b, many[i], 40000, 9, "x", 1);
		assert_int_equal(testnet_drops(b->t, DROP_ECHO_BROADCAST),
				 2 * (i + 1));
		assert_int_equal(b->echo.discarded, i + 1);
	}
	assert_int_equal(testnet_count(b->t, 0), 0);
}

/* Our own address as source comes back by lo: from port 7 to port 7. */
static void
no_loop_with_ourselves(void **state)
{
	struct bench *b = *state;
	const struct sock_addr self = { .addr = TESTNET_ROUTER(0), .port = 7 };
	struct skb *skb = skb_alloc(&b->t->net.core[0].skb_pool);

	*skb_put(skb, 1) = 'x';
	udp_send(b->echo.udp_echo, skb, &self, &self);
	testnet_run(b->t);
	assert_int_equal(testnet_drops(b->t, DROP_ECHO_LOOP), 1);
	assert_int_equal(b->echo.echoed, 0);
}

static void
memory_that_runs_out_is_a_named_drop(void **state)
{
	struct bench *b = *state;

	b->t->net.core[0].skb_pool.fail_after = 2;
	ask(b, TESTNET_ROUTER(0), 40000, 19, "x", 1);
	assert_int_equal(testnet_drops(b->t, DROP_NOMEM), 1);
}

/* A large datagram in pieces is answered in pieces, from the same buffers. */
static void
large_datagrams_are_echoed(void **state)
{
	struct bench *b = *state;
	uint8_t *bytes = malloc(65536);
	struct ipv4 ip = packet_header(HOST, TESTNET_ROUTER(0), IPPROTO_UDP, 0);
	size_t len = packet_udp(bytes, &ip, 40000, 7, NULL, 60000, true), at, n;
	const uint8_t *data;

	for (at = 0; at < len; at += n) {
		n = min_of(len - at, (size_t)1480);
		ip.total_len = (uint16_t)(20 + n);
		ip.frag_offset = (uint16_t)at;
		ip.flags = at + n < len ? IPV4_MF : 0;
		testnet_inject_ipv4(b->t, 0, &ip, bytes + at, n);
	}
	for (at = 0; testnet_next_ipv4(b->t, 0, &ip, &data, &n); at += n)
		for (size_t i = at ? 0 : 8; i < n; i++)
			assert_int_equal(data[i], bytes[at + i]);
	assert_int_equal(at, len);
	free(bytes);
}

static void
a_taken_port_leaves_nothing_open(void **state)
{
	struct bench *b = *state;
	struct echo second;

	assert_int_equal(echo_start(&second, &b->t->net), ERR_EXIST);
	assert_int_equal(b->t->net.udp.pool.used_count, 3);
	echo_stop(&b->echo);
	assert_int_equal(b->t->net.udp.pool.used_count, 0);
	/* Each of the three may be the one that fails. */
	for (unsigned int n = 1; n <= 3; n++) {
		b->t->net.udp.pool.fail_after = n;
		assert_int_equal(echo_start(&second, &b->t->net), ERR_NOMEM);
		assert_int_equal(b->t->net.udp.pool.used_count, 0);
	}
	assert_int_equal(echo_start(&second, &b->t->net), OK);
	echo_stop(&second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(echo_returns_what_it_gets),
		TEST(discard_says_nothing),
		TEST(chargen_sends_its_pattern),
		TEST(chargen_is_no_amplifier),
		TEST(loops_are_not_begun),
		TEST(broadcasts_are_not_answered),
		TEST(no_loop_with_ourselves),
		TEST(memory_that_runs_out_is_a_named_drop),
		TEST(large_datagrams_are_echoed),
		TEST(a_taken_port_leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
