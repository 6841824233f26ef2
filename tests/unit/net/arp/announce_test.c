/* SPDX-License-Identifier: BSD-2-Clause */
/* What we say of ourselves: announcements, their defence, whom we ask as. */
#include "tests/unit/net/neigh/lab.h"

#define HOST TESTNET_HOST(0)
#define OWN  TESTNET_ROUTER(0)

static const uint8_t mac_x[6] = { 2, 0, 0, 9, 9, 9 };

static const struct arp_stats *
stats(const struct testnet *t)
{
	return &t->net.neigh.arp.stats;
}

/* The next frame of the port announces addr. [RFC5227 2.3] */
static void
assert_announces(struct testnet *t, unsigned int port, uint32_t addr)
{
	struct lab_frame frame = lab_next(t, port);

	assert_int_equal(frame.kind, ASKS_ALL);
	assert_int_equal(frame.arp.sender, addr);
	assert_int_equal(frame.arp.target, addr);
	assert_memory_equal(frame.arp.target_lladdr, lab_zero, 6);
}

/* ---- announcing --------------------------------------------------------- */

/* covers: X5227-006 */
static void
test_address_is_announced_twice_two_seconds_apart(void **state)
{
	struct testnet *t = lab_new(1);
	uint64_t before = stats(t)->tx_announcements;

	arp_announce(lab_dev(t, 0), OWN);
	assert_announces(t, 0, OWN);
	assert_int_equal(stats(t)->tx_announcements, before + 1);
	testnet_advance(t, 1999 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	testnet_advance(t, 2 * MS_NS);
	assert_announces(t, 0, OWN);
	/* And never again by itself. [RFC5227 2.1: not periodic] */
	testnet_advance(t, 3600 * S_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

static void
test_new_address_is_announced(void **state)
{
	struct testnet *t = lab_new(1);

	testnet_address(t, 0, TESTNET_ADDR(0, 50), 24);
	assert_announces(t, 0, TESTNET_ADDR(0, 50));
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

static void
test_all_addresses_are_announced_when_the_link_comes(void **state)
{
	struct testnet *t = lab_new(1);

	testnet_address(t, 0, TESTNET_ADDR(0, 50), 24);
	testnet_advance(t, 3 * S_NS);
	testnet_carrier(t, 0, false);
	lab_hush(t);
	arp_announce(lab_dev(t, 0), OWN);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	testnet_carrier(t, 0, true);
	assert_announces(t, 0, OWN);
	assert_announces(t, 0, TESTNET_ADDR(0, 50));
	assert_int_equal(lab_next_kind(t, 0), NOTHING);

	netdev_down(lab_dev(t, 0));
	testnet_advance(t, 3 * S_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(netdev_up(lab_dev(t, 0)), OK);
	assert_announces(t, 0, OWN);
	lab_free(t);
}

static void
test_new_mac_is_announced_and_used_at_once(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	assert_int_equal(netdev_set_addr(lab_dev(t, 0), mac_x), OK);
	frame = lab_next(t, 0);
	assert_memory_equal(frame.eth.src, mac_x, 6);
	assert_memory_equal(frame.arp.sender_lladdr, mac_x, 6);
	assert_int_equal(frame.arp.sender, OWN);
	assert_int_equal(frame.arp.target, OWN);
	lab_free(t);
}

static void
test_address_that_is_gone_is_not_announced_again(void **state)
{
	struct testnet *t = lab_new(2);

	arp_announce(lab_dev(t, 0), TESTNET_ADDR(0, 99)); /* never was ours */
	arp_announce(lab_dev(t, 1), TESTNET_ROUTER(1));
	lab_hush(t);
	arp_announce(lab_dev(t, 0), 0);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	testnet_advance(t, 3 * S_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_announces(t, 1, TESTNET_ROUTER(1));
	/* Nor on an interface that is gone. */
	arp_announce(lab_dev(t, 1), TESTNET_ROUTER(1));
	netdev_unregister(lab_dev(t, 1));
	testnet_advance(t, 3 * S_NS);
	assert_int_equal(netdev_register(&t->net, lab_dev(t, 1)), OK);
	lab_free(t);
}

static void
test_many_addresses_at_once_are_all_announced_once(void **state)
{
	struct testnet *t = lab_new(1);

	for (uint32_t i = 0; i < 100; i++)
		arp_announce(lab_dev(t, 0), OWN);
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 100);
	testnet_advance(t, 3 * S_NS);
	assert_int_equal(lab_count(t, 0, ASKS_ALL), ARP_ANNOUNCEMENTS_MAX);
	/* The ring of them goes round. */
	for (uint32_t i = 0; i < 10; i++) {
		arp_announce(lab_dev(t, 0), OWN);
		testnet_advance(t, 500 * MS_NS);
	}
	testnet_advance(t, 3 * S_NS);
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 20);
	lab_free(t);
}

/* ---- conflicts ---------------------------------------------------------- */

static void
claim(struct testnet *t, uint32_t addr)
{
	lab_request_as(t, 0, addr, mac_x, TESTNET_ADDR(0, 77));
}

/* [RFC5227 2.4] */
/* covers: X5227-007, X5227-008 */
static void
test_conflict_is_logged_and_defended_once_in_10_s(void **state)
{
	struct testnet *t = lab_new(1);
	unsigned int logged = host_log_count[LOG_WARN];

	claim(t, OWN);
	assert_int_equal(testnet_drops(t, DROP_ARP_CONFLICT), 1);
	assert_announces(t, 0, OWN);
	/* Five conflicts a second. */
	for (int i = 0; i < 49; i++) {
		testnet_advance(t, 200 * MS_NS);
		claim(t, OWN);
		assert_int_equal(lab_next_kind(t, 0), NOTHING);
	}
	testnet_advance(t, 201 * MS_NS);
	claim(t, OWN);
	assert_announces(t, 0, OWN);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(stats(t)->conflicts, 51);
	assert_int_equal(stats(t)->defences, 2);
	assert_int_equal(testnet_drops(t, DROP_ARP_CONFLICT), 51);
	assert_int_equal(host_log_count[LOG_WARN] - logged, 2);
	/* A router does not give up; and does not learn itself. */
	assert_int_equal(t->net.neigh.entry_count, 0);
	lab_request(t, 0, HOST, OWN);
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	lab_free(t);
}

static void
test_reply_that_claims_our_address_is_a_conflict_too(void **state)
{
	struct testnet *t = lab_new(1);

	lab_reply_as(t, 0, OWN, mac_x);
	assert_int_equal(testnet_drops(t, DROP_ARP_CONFLICT), 1);
	assert_announces(t, 0, OWN);
	lab_free(t);
}

static void
test_conflicts_of_an_interface_are_forgotten_with_it(void **state)
{
	struct testnet *t = lab_new(2);
	const struct arp_conflict *conflict = t->net.neigh.arp.conflict;
	uint32_t remembered = 0;

	claim(t, OWN);
	lab_request_as(t, 1, TESTNET_ROUTER(1), mac_x, TESTNET_HOST(1));
	for (uint32_t i = 0; i < ARP_CONFLICTS_MAX; i++) {
		if (conflict[i].addr == 0)
			continue;
		remembered++;
		assert_memory_equal(conflict[i].lladdr, mac_x, 6);
	}
	assert_int_equal(remembered, 2);
	netdev_unregister(lab_dev(t, 1));
	for (uint32_t i = 0; i < ARP_CONFLICTS_MAX; i++) {
		assert_int_not_equal(conflict[i].addr, TESTNET_ROUTER(1));
		remembered -= conflict[i].addr == OWN;
	}
	assert_int_equal(remembered, 1);
	assert_int_equal(netdev_register(&t->net, lab_dev(t, 1)), OK);
	lab_free(t);
}

/* Our address, but of another interface: seen, not defended here. */
static void
test_address_of_another_interface_is_not_defended(void **state)
{
	struct testnet *t = lab_new(2);

	claim(t, TESTNET_ROUTER(1));
	assert_int_equal(testnet_drops(t, DROP_ARP_CONFLICT), 1);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(stats(t)->defences, 0);
	lab_free(t);
}

static void
test_many_conflicts_never_break_the_interval(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t count = 2 * ARP_CONFLICTS_MAX;

	for (uint32_t i = 0; i < count; i++)
		testnet_address(t, 0, TESTNET_ADDR(0, 100 + i), 24);
	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < count; i++)
			claim(t, TESTNET_ADDR(0, 100 + i));
	assert_int_equal(lab_count(t, 0, ASKS_ALL), ARP_CONFLICTS_MAX);
	testnet_advance(t, 11 * S_NS);
	for (uint32_t i = 0; i < count; i++)
		claim(t, TESTNET_ADDR(0, 100 + count - 1 - i));
	assert_int_equal(lab_count(t, 0, ASKS_ALL), ARP_CONFLICTS_MAX);
	assert_int_equal(stats(t)->conflicts, 4 * count);
	lab_free(t);
}

/* [RFC5227 2.5]: who probes for our address gets an answer. */
/* covers: X5227-009 */
static void
test_probe_for_our_address_is_answered_and_not_learned(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	lab_request_as(t, 0, 0, mac_x, OWN);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ANSWERS);
	assert_memory_equal(frame.eth.dst, mac_x, 6);
	assert_int_equal(frame.arp.sender, OWN);
	assert_int_equal(frame.arp.target, 0);
	assert_int_equal(t->net.neigh.entry_count, 0);
	assert_int_equal(stats(t)->probes_answered, 1);
	lab_request_as(t, 0, 0, mac_x, HOST);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(testnet_drops_all(t), 0);
	lab_free(t);
}

/* ---- asking ------------------------------------------------------------- */

static void
test_request_by_unicast_goes_to_one_station(void **state)
{
	struct testnet *t = lab_new(1);
	uint64_t before = stats(t)->tx_requests;
	struct lab_frame frame;

	arp_request(lab_dev(t, 0), HOST, OWN, mac_x);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ASKS_HIM);
	assert_memory_equal(frame.eth.dst, mac_x, 6);
	assert_memory_equal(frame.arp.target_lladdr, lab_zero, 6);
	assert_int_equal(stats(t)->tx_requests, before + 1);
	lab_free(t);
}

/* arp_announce: which address of ours a request names. */
static void
test_arp_announce_chooses_the_source(void **state)
{
	/* A packet from src waits for HOST on port 0; asked from. */
	static const struct {
		uint32_t mode, src, asked_from;
	} choices[] = {
		{ 0, TESTNET_ADDR(0, 50), TESTNET_ADDR(0, 50) },
		{ 0, TESTNET_ROUTER(1), TESTNET_ROUTER(1) },
		{ 0, IPV4_ADDR(192, 0, 2, 1), OWN }, /* forwarded */
		{ 1, TESTNET_ADDR(0, 50), TESTNET_ADDR(0, 50) },
		{ 1, TESTNET_ROUTER(1), OWN },
		{ 1, IPV4_ADDR(192, 0, 2, 1), OWN },
		{ 2, TESTNET_ADDR(0, 50), OWN },
		{ 2, TESTNET_ROUTER(1), OWN },
	};
	struct testnet *t;
	struct skb *skb;

	for (size_t i = 0; i < array_len(choices); i++) {
		t = lab_new(2);
		testnet_address(t, 0, TESTNET_ADDR(0, 50), 24);
		lab_hush(t);
		if (i % 2)
			t->net.conf_all.arp_announce = choices[i].mode;
		else
			t->net.conf[lab_dev(t, 0)->ifindex].arp_announce =
				choices[i].mode;
		skb = lab_packet(t, choices[i].src, HOST, 1, 64);
		neigh_output(skb, lab_dev(t, 0), HOST);
		assert_int_equal(lab_next(t, 0).arp.sender,
				 choices[i].asked_from);
		lab_free(t);
	}
}

static void
test_no_buffer_is_counted(void **state)
{
	struct testnet *t = lab_new(1);
	struct skb_pool *pool = &net_this_core(&t->net)->skb_pool;
	uint64_t requests = stats(t)->tx_requests;

	pool->fail_after = 1;
	arp_request(lab_dev(t, 0), HOST, OWN, NULL);
	assert_int_equal(stats(t)->tx_nomem, 1);
	assert_int_equal(stats(t)->tx_requests, requests);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_address_is_announced_twice_two_seconds_apart),
		cmocka_unit_test(test_new_address_is_announced),
		cmocka_unit_test(
			test_all_addresses_are_announced_when_the_link_comes),
		cmocka_unit_test(test_new_mac_is_announced_and_used_at_once),
		cmocka_unit_test(
			test_address_that_is_gone_is_not_announced_again),
		cmocka_unit_test(
			test_many_addresses_at_once_are_all_announced_once),
		cmocka_unit_test(
			test_conflict_is_logged_and_defended_once_in_10_s),
		cmocka_unit_test(
			test_reply_that_claims_our_address_is_a_conflict_too),
		cmocka_unit_test(
			test_conflicts_of_an_interface_are_forgotten_with_it),
		cmocka_unit_test(
			test_address_of_another_interface_is_not_defended),
		cmocka_unit_test(test_many_conflicts_never_break_the_interval),
		cmocka_unit_test(
			test_probe_for_our_address_is_answered_and_not_learned),
		cmocka_unit_test(test_request_by_unicast_goes_to_one_station),
		cmocka_unit_test(test_arp_announce_chooses_the_source),
		cmocka_unit_test(test_no_buffer_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
