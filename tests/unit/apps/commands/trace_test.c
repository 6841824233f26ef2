/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `trace`: its grammar, its words, its JSON, and that real packets are told.
 * Whether what it says is true, tests/unit/net/explain/wire_test.c asks.
 */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "lib/port.h"
#include "tests/host/packets.h"
#include "tests/host/testbox.h"

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

/* Runs a line, which must end so; what it printed must hold each text, in this
 * order. */
static void
says(struct testbox *b, const char *line, int status, ...)
{
	const char *at, *text;
	va_list texts;

	assert_int_equal(testbox_run(b, line), status);
	at = b->out.len > 0 ? b->out_text : b->err_text;
	va_start(texts, status);
	while ((text = va_arg(texts, const char *)) != NULL) {
		if (strstr(at, text) == NULL)
			fail_msg("%s: no \"%s\" in\n%s%s", line, text,
				 b->out_text, b->err_text);
		at = strstr(at, text) + strlen(text);
	}
	va_end(texts);
}

/* ---- dry runs ----------------------------------------------------------- */

static void
tells_each_decision_of_a_forwarded_packet(void **state)
{
	struct testbox *b = *state;

	assert_int_equal(testbox_run(b, "trace in eth0 10.0.0.2 -> 10.0.1.2 "
					"tcp dport 80"),
			 0);
	assert_string_equal(
		b->out_text,
		"tcp 10.0.0.2:49152 -> 10.0.1.2:80, 40 bytes, ttl 64, by "
		"eth0\n"
		"  arrives by eth0, 40 bytes, for our MAC address\n"
		"  the IP header is sound [RFC1812 5.2.2]\n"
		"  source 10.0.0.2: rp_filter is 0 here, and it is no address "
		"of ours\n"
		"  10.0.1.2: unicast route 10.0.1.0/24 of table main, proto "
		"kernel [RFC1812 5.2.4.3]\n"
		"  next hop 10.0.1.2 on eth1 [RFC1812 5.2.4.2]\n"
		"  forwarding is on at eth0 and eth1 [RFC1812 5.3.11]\n"
		"  time to live 64: leaves with one less [RFC1812 5.3.1]\n"
		"  40 bytes fit the MTU of 1500\n"
		"  neighbour 10.0.1.2 is PERMANENT: 02:00:00:01:01:02 "
		"[RFC826]\n"
		"  leaves by eth1 to 02:00:00:01:01:02, 54 bytes\n"
		"=> forwarded: leaves by eth1 to 02:00:00:01:01:02 with ttl "
		"63\n");
	assert_int_equal(testnet_count(b->net, 1), 0);
}

static void
names_the_reason_of_a_drop_and_the_error_sent(void **state)
{
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 ttl 1", 1,
	     "icmp 10.0.0.2 -> 10.0.1.2, echo request, 28 bytes, ttl 1",
	     "its sender 10.0.0.2 is told: ICMP time exceeded",
	     "\n    source 10.0.0.1, chosen by the route",
	     "\n=> dropped, IP_TTL: its time to live ran out here",
	     "[RFC1812 5.3.1]", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.9.9.9", 1,
	     "10.9.9.9: no table has a route", "net unreachable",
	     "=> dropped, IP_INNOROUTES", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 udp len 3000 df", 1,
	     "fragmentation needed", "=> dropped, PKT_TOO_BIG", NULL);
	says(*state, "trace in eth0 10.0.0.2 to 10.0.1.2 mac 02:00:00:00:00:77",
	     1, "=> dropped, OTHERHOST", NULL);
}

static void
tells_of_limits_once_they_are_reached(void **state)
{
	struct testbox *b = *state;
	const struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x0a090909, 2, 0);

	for (unsigned int i = 0; i < 10; i++)
		testnet_inject_ipv4(b->net, 0, &ip, NULL, 0);
	says(b, "trace in eth0 10.0.0.2 -> 10.9.9.9", 1,
	     "an ICMP net unreachable is due, but 10.0.0.2 had enough of late",
	     "=> dropped, IP_INNOROUTES", NULL);
}

static void
tells_of_fragments_rules_and_next_hops(void **state)
{
	struct testbox *b = *state;

	says(b, "trace in eth0 10.0.0.2 -> 10.0.1.2 udp len 3000", 0,
	     "3000 bytes do not fit the MTU of 1500, and it may be cut",
	     "cut into 3 fragments", "with ttl 63, in 3 fragments", NULL);
	says(b, "trace in eth0 10.0.0.2 -> 10.0.1.9", 0,
	     "neighbour 10.0.1.9 is not known: asks who has it",
	     "\n    leaves by eth1 to ff:ff:ff:ff:ff:ff, 42 bytes",
	     "=> parked: waits for the MAC address of 10.0.1.9 on eth1", NULL);
	assert_int_equal(testbox_run(b, "ip rule add from 10.0.0.2 table 100"),
			 0);
	assert_int_equal(testbox_run(b, "ip route add prohibit 10.0.1.0/24 "
					"table 100"),
			 0);
	says(b, "trace in eth0 10.0.0.2 -> 10.0.1.2", 1,
	     "rule 0 applies: look in table local",
	     "rule 32765 applies: look in table 100",
	     "10.0.1.2: prohibit route 10.0.1.0/24 of table 100",
	     "administratively prohibited", "=> dropped, IP_PROHIBIT", NULL);
}

static void
tells_of_delivery_and_of_what_is_sent(void **state)
{
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.0.1", 0,
	     "it is for this box", "an ICMP echo request for us",
	     "an answer goes back", "\n    leaves by eth0",
	     "=> delivered in this box", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.0.1 udp mf id 7 len 36", 0,
	     "16 bytes of its datagram are here", "=> held", NULL);
	says(*state, "trace out any -> 10.0.1.2 udp", 0, "of this box",
	     "source 10.0.1.1, chosen by the route", "=> sent: leaves by eth1",
	     "with ttl 64", NULL);
	says(*state, "trace out 127.0.0.1 -> 127.0.0.1 udp dport 9", 1, "by lo",
	     "went out by lo, and comes in by it", "=> dropped, NO_SOCKET",
	     NULL);
	says(*state, "trace out 127.0.0.1 -> 127.0.0.1", 0,
	     "an ICMP echo request for us", "=> delivered", NULL);
}

static void
speaks_json(void **state)
{
	says(*state, "trace -j in eth0 10.0.0.2 -> 10.0.1.2 tcp dport 80", 0,
	     "[{\"packet\":{\"proto\":\"tcp\",\"src\":\"10.0.0.2\","
	     "\"sport\":49152,\"dst\":\"10.0.1.2\",\"dport\":80,\"len\":40,"
	     "\"ttl\":64,\"in\":\"eth0\"},\"notes\":[{\"note\":\"FRAME\"",
	     "{\"note\":\"ROUTE\",\"depth\":0,\"dst\":\"10.0.1.2\","
	     "\"type\":\"unicast\",\"prefix\":\"10.0.1.0/24\",\"table\":"
	     "\"main\",\"proto\":\"kernel\",\"text\":",
	     "\"verdict\":\"forwarded\",\"dev\":\"eth1\",\"mac\":"
	     "\"02:00:00:01:01:02\",\"ttl\":63}]\n",
	     NULL);
	says(*state, "trace -j in eth0 10.0.0.2 -> 10.9.9.9", 1,
	     "\"verdict\":\"dropped\",\"drop\":\"IP_INNOROUTES\",", NULL);
}

static void
refuses_what_no_packet_can_be(void **state)
{
	says(*state, "trace in eth9 10.0.0.2 -> 10.0.1.2", 1,
	     "Cannot find device \"eth9\"", NULL);
	says(*state, "trace in eth0 10.0.0.2", 1, "SOURCE -> DESTINATION",
	     NULL);
	says(*state, "trace in eth0 10.0.0.0/24 -> 10.0.1.2", 1,
	     "the source is one address", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 tcp udp", 1,
	     "a packet has one protocol", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 tcp flags Q", 1,
	     "flags are letters of S A F R P U", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 frag 7", 1,
	     "a multiple of 8", NULL);
	says(*state, "trace in eth0 10.0.0.2 -> 10.0.1.2 len 60000", 1,
	     "no such long packet comes in there", NULL);
	says(*state, "trace out 10.0.0.1 -> 10.0.1.2 mf", 1,
	     "unexpected argument 'mf'", NULL);
}

static void
says_that_there_is_no_memory(void **state)
{
	struct testbox *b = *state;

	b->net->pages.fail_after = 1;
	says(b, "trace in eth0 10.0.0.2 -> 10.0.1.2", 1,
	     "Cannot allocate memory", NULL);
	b->net->pages.fail_after = 2;
	says(b, "trace in eth0 10.0.0.2 -> 10.0.1.2", 1,
	     "Cannot allocate memory", NULL);
	b->net->pages.fail_after = 1;
	says(b, "trace live -c 1", 1, "Cannot allocate memory", NULL);
}

/* ---- live --------------------------------------------------------------- */

static void
holds(const struct watcher *w, const char *text)
{
	if (strstr(w->out_text, text) == NULL)
		fail_msg("no \"%s\" in\n%s", text, w->out_text);
}

static void
ping_through(struct testbox *b, uint8_t ttl)
{
	uint8_t message[16];
	size_t len = packet_icmp(message, 8, 0, 1, NULL, 8);
	struct ipv4 ip =
		packet_header(TESTNET_HOST(0), TESTNET_HOST(1), 1, len);

	ip.ttl = ttl;
	testnet_inject_ipv4(b->net, 0, &ip, message, len);
}

static void
live_tells_of_real_packets_and_ends_by_count(void **state)
{
	struct testbox *b = *state;
	struct watcher *w = testbox_watch(b, "trace live -c 2 icmp");

	watcher_look(w);
	assert_true(shell_busy(&w->shell));
	ping_through(b, 64);
	assert_int_equal(testnet_count(b->net, 1), 1);
	ping_through(b, 1);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	holds(w, "icmp 10.0.0.2 -> 10.0.1.2, echo request, 36 bytes, ttl 64, "
		 "by eth0\n  arrives by eth0, 36 bytes");
	holds(w, "=> forwarded: leaves by eth1 to 02:00:00:01:01:02 with ttl "
		 "63\n");
	holds(w, "=> dropped, IP_TTL");
	holds(w, "2 packets told, 0 without room\n");
	assert_null(b->net->net.live);
	assert_false(b->net->port[0].dev.tapped);
	watcher_leave(w);
}

static void
live_takes_what_the_filter_lets_through(void **state)
{
	struct testbox *b = *state;
	struct watcher *w =
		testbox_watch(b, "trace live drops in eth0 host 10.0.1.2");

	watcher_look(w);
	ping_through(b, 64);
	ping_through(b, 1);
	watcher_look(w);
	assert_null(strstr(w->out_text, "=> forwarded"));
	holds(w, "=> dropped, IP_TTL");
	shell_interrupt(&w->shell, b->net->net.now_ns);
	watcher_look(w);
	assert_false(shell_busy(&w->shell));
	holds(w, "1 packets told, 0 without room\n");
	watcher_leave(w);
}

static void
live_counts_what_finds_no_room(void **state)
{
	struct testbox *b = *state;
	struct watcher *w = testbox_watch(b, "trace live");

	watcher_look(w);
	for (unsigned int i = 0; i < 100; i++)
		ping_through(b, 64);
	/* Every one went on as if nobody had looked. */
	assert_int_equal(testnet_count(b->net, 1), 100);
	watcher_look(w);
	shell_interrupt(&w->shell, b->net->net.now_ns);
	watcher_look(w);
	holds(w, "32 packets told, 68 without room\n");
	watcher_leave(w);
}

static void
live_tells_of_own_packets_too_and_is_alone(void **state)
{
	struct testbox *b = *state;
	struct watcher *w = testbox_watch(b, "trace live -c 2 icmp");

	watcher_look(w);
	says(b, "trace live", 1, "another trace live is running", NULL);
	(void)testbox_run(b, "ping -c 1 -W 0.1 10.0.1.2");
	ping_through(b, 64);
	watcher_look(w);
	holds(w, ", of this box\n");
	holds(w, "=> sent: leaves by eth1");
	holds(w, "=> forwarded");
	watcher_leave(w);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(tells_each_decision_of_a_forwarded_packet),
		TEST(names_the_reason_of_a_drop_and_the_error_sent),
		TEST(tells_of_limits_once_they_are_reached),
		TEST(tells_of_fragments_rules_and_next_hops),
		TEST(tells_of_delivery_and_of_what_is_sent),
		TEST(speaks_json),
		TEST(refuses_what_no_packet_can_be),
		TEST(says_that_there_is_no_memory),
		TEST(live_tells_of_real_packets_and_ends_by_count),
		TEST(live_takes_what_the_filter_lets_through),
		TEST(live_counts_what_finds_no_room),
		TEST(live_tells_of_own_packets_too_and_is_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
