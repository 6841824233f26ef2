/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP packets that come in: which are believed, which not and why. */
#include "tests/unit/net/neigh/lab.h"

#define HOST  TESTNET_HOST(0)
#define OWN   TESTNET_ROUTER(0)
#define OTHER TESTNET_ADDR(0, 77)

static const uint8_t mac_x[6] = { 2, 0, 0, 9, 9, 9 };

static const struct arp_stats *
stats(const struct testnet *t)
{
	return &t->net.neigh.arp.stats;
}

/* ---- RFC 826 ------------------------------------------------------------ */

/* covers: H1122-009, X826-003, X826-004 */
static void
test_request_for_us_is_answered_by_unicast(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;
	uint8_t mac[6];

	lab_mac(0, HOST, mac);
	lab_request(t, 0, HOST, OWN);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ANSWERS);
	assert_memory_equal(frame.eth.dst, mac, 6);
	assert_memory_equal(frame.arp.sender_lladdr, lab_dev(t, 0)->addr, 6);
	assert_int_equal(frame.arp.sender, OWN);
	assert_memory_equal(frame.arp.target_lladdr, mac, 6);
	assert_int_equal(frame.arp.target, HOST);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	/* The sender was learned: sending to him asks nothing. */
	assert_state(t, 0, HOST, "STALE");
	lab_send(t, 0, HOST, 1);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	assert_int_equal(stats(t)->rx_requests, 1);
	assert_int_equal(stats(t)->tx_replies, 1);
	assert_int_equal(testnet_drops_all(t), 0);
	lab_free(t);
}

/* covers: X826-005 */
static void
test_request_for_others_is_not_answered_nor_learned(void **state)
{
	struct testnet *t = lab_new(1);

	lab_request(t, 0, HOST, OTHER);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(testnet_drops_all(t), 0);
	lab_free(t);
}

/* The merge flag: an entry that exists is updated whatever is asked. */
/* covers: X826-002 */
static void
test_known_sender_is_updated_whatever_the_target(void **state)
{
	struct testnet *t = lab_new(1);

	lab_resolve(t, 0, HOST);
	testnet_advance(t, 2 * S_NS);
	lab_request_as(t, 0, HOST, mac_x, OTHER);
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, mac_x, 6);
	assert_state(t, 0, HOST, "STALE");
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

/* covers: X826-001 */
static void
test_malformed_packets_are_named(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		enum drop why;
	} bad[] = {
		{ 1, 6, DROP_ARP_HTYPE }, { 2, 0x86, DROP_ARP_PTYPE },
		{ 4, 8, DROP_ARP_HLEN },  { 5, 16, DROP_ARP_PLEN },
		{ 7, 3, DROP_ARP_OP },
	};
	struct arp arp = { .op = ARP_REQUEST, .sender = HOST, .target = OWN };
	struct testnet *t = lab_new(1);
	struct eth eth = { .type = ETHERTYPE_ARP };
	uint8_t bytes[60] = { 0 };

	lab_mac(0, HOST, arp.sender_lladdr);
	memcpy(eth.src, arp.sender_lladdr, 6);
	memcpy(eth.dst, lab_all, 6);
	eth_emit(&eth, bytes);
	for (size_t i = 0; i < array_len(bad); i++) {
		arp_emit(&arp, bytes + 14);
		bytes[14 + bad[i].at] = bad[i].byte;
		testnet_inject(t, 0, bytes, sizeof(bytes));
		assert_int_equal(testnet_drops(t, bad[i].why), 1);
	}
	arp_emit(&arp, bytes + 14);
	for (size_t len = 14; len < 14 + ARP_LEN; len++)
		testnet_inject(t, 0, bytes, len);
	assert_int_equal(testnet_drops(t, DROP_ARP_TRUNCATED), ARP_LEN);
	assert_int_equal(stats(t)->rx_requests, 0);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

/* ---- who can be a sender ------------------------------------------------ */

static void
say(struct testnet *t, uint16_t op, uint32_t sender, const uint8_t *mac,
    uint32_t target)
{
	struct arp arp = { .op = op, .sender = sender, .target = target };

	memcpy(arp.sender_lladdr, mac, 6);
	memcpy(arp.target_lladdr, lab_dev(t, 0)->addr, 6);
	lab_arp(t, 0, &arp, op == ARP_REPLY ? lab_dev(t, 0)->addr : lab_all);
}

/* [RFC1812 3.3.2] */
/* covers: R1812-005 */
static void
test_group_and_zero_macs_are_not_believed(void **state)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 5 };
	const uint8_t *bad[] = { lab_all, group, lab_zero };
	struct testnet *t = lab_new(1);

	lab_send(t, 0, HOST, 1);
	lab_hush(t);
	for (size_t i = 0; i < array_len(bad); i++) {
		say(t, ARP_REPLY, HOST, bad[i], OWN);
		say(t, ARP_REQUEST, HOST, bad[i], OWN);
		assert_int_equal(testnet_drops(t, DROP_ARP_SENDER_LLADDR),
				 2 * (i + 1));
		assert_int_equal(lab_next_kind(t, 0), NOTHING);
		assert_state(t, 0, HOST, "INCOMPLETE");
	}
	lab_free(t);
}

static void
test_impossible_senders_are_named(void **state)
{
	static const struct {
		uint32_t sender;
		enum drop why;
	} bad[] = {
		{ IPV4_ADDR(224, 0, 0, 5), DROP_ARP_SENDER_ADDR },
		{ IPV4_ADDR(127, 0, 0, 1), DROP_ARP_SENDER_ADDR },
		{ IPV4_ADDR(0, 0, 0, 7), DROP_ARP_SENDER_ADDR },
		{ 0xffffffff, DROP_ARP_SENDER_ADDR },
		{ TESTNET_BROADCAST(0), DROP_ARP_SENDER_ADDR },
		{ IPV4_ADDR(192, 0, 2, 1), DROP_ARP_SENDER_OFFLINK },
		{ TESTNET_HOST(1), DROP_ARP_SENDER_OFFLINK },
	};
	struct testnet *t = lab_new(2);
	uint64_t before;

	for (size_t i = 0; i < array_len(bad); i++) {
		before = testnet_drops(t, bad[i].why);
		say(t, ARP_REQUEST, bad[i].sender, mac_x, OWN);
		say(t, ARP_REPLY, bad[i].sender, mac_x, OWN);
		assert_int_equal(testnet_drops(t, bad[i].why), before + 2);
	}
	/* A reply has a sender; only requests can be probes. */
	before = testnet_drops(t, DROP_ARP_SENDER_ADDR);
	say(t, ARP_REPLY, 0, mac_x, OWN);
	assert_int_equal(testnet_drops(t, DROP_ARP_SENDER_ADDR), before + 1);
	assert_int_equal(t->net.neigh.entry_count, 0);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

static void
test_impossible_targets_are_named(void **state)
{
	static const uint32_t bad[] = {
		IPV4_ADDR(224, 0, 0, 5), IPV4_ADDR(127, 0, 0, 1), 0, 0xffffffff,
		TESTNET_BROADCAST(0),
	};
	struct testnet *t = lab_new(1);

	for (size_t i = 0; i < array_len(bad); i++) {
		say(t, ARP_REQUEST, HOST, mac_x, bad[i]);
		assert_int_equal(testnet_drops(t, DROP_ARP_TARGET), i + 1);
	}
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

static void
test_our_own_frames_that_come_back_are_ignored(void **state)
{
	struct testnet *t = lab_new(2);

	lab_resolve(t, 0, HOST);
	/* Our announcement, looped; our other port on the same wire. */
	say(t, ARP_REQUEST, OWN, lab_dev(t, 0)->addr, OWN);
	say(t, ARP_REQUEST, TESTNET_ROUTER(1), lab_dev(t, 1)->addr, OTHER);
	say(t, ARP_REQUEST, 0, lab_dev(t, 0)->addr, OTHER);
	/* Somebody says that a host has our hardware address. */
	say(t, ARP_REPLY, HOST, lab_dev(t, 0)->addr, OWN);
	assert_int_equal(testnet_drops(t, DROP_ARP_REFLECTED), 4);
	assert_int_equal(stats(t)->conflicts, 0);
	assert_memory_not_equal(lab_find(t, 0, HOST)->lladdr,
				lab_dev(t, 0)->addr, 6);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

/* A gateway that a route calls onlink is on no subnet, but can be talked to. */
static void
test_gateway_off_all_subnets_can_answer(void **state)
{
	uint32_t gateway = IPV4_ADDR(172, 31, 1, 1);
	struct testnet *t = lab_new(1);

	lab_send_via(t, 0, IPV4_ADDR(203, 0, 113, 1), gateway, 5);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	say(t, ARP_REPLY, gateway, mac_x, OWN);
	assert_state(t, 0, gateway, "REACHABLE");
	assert_int_equal(lab_next(t, 0).ip.id, 5);
	/* And be answered, while others from there are not. */
	say(t, ARP_REQUEST, gateway, mac_x, OWN);
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	say(t, ARP_REQUEST, gateway + 1, mac_x, OWN);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(testnet_drops(t, DROP_ARP_SENDER_OFFLINK), 1);
	lab_free(t);
}

static void
test_sender_behind_a_route_of_this_interface(void **state)
{
	uint32_t direct = IPV4_ADDR(172, 16, 0, 9);
	uint32_t behind = IPV4_ADDR(198, 51, 100, 9);
	struct testnet *t = lab_new(1);

	testnet_route(t, IPV4_ADDR(172, 16, 0, 0), 16, 0, 0);
	testnet_route(t, IPV4_ADDR(198, 51, 100, 0), 24, HOST, 0);
	/* Routed straight to the link: as good as a subnet. */
	say(t, ARP_REQUEST, direct, mac_x, OWN);
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	assert_state(t, 0, direct, "STALE");
	/* Routed through a gateway: answered, not learned. */
	say(t, ARP_REQUEST, behind, mac_x, OWN);
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	assert_state(t, 0, behind, "absent");
	lab_free(t);
}

/* ---- replies, announcements --------------------------------------------- */

static void
test_replies_create_nothing_unless_arp_accept(void **state)
{
	struct testnet *t = lab_new(1);
	uint8_t index = lab_dev(t, 0)->ifindex;

	lab_reply(t, 0, HOST);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(testnet_drops(t, DROP_ARP_UNSOLICITED), 1);
	assert_int_equal(stats(t)->rx_replies, 1);
	/* Announcements of strangers are no news, but no fault either. */
	say(t, ARP_REQUEST, HOST, mac_x, HOST);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(testnet_drops_all(t), 1);

	t->net.conf[index].arp_accept = 1;
	lab_reply(t, 0, HOST);
	assert_state(t, 0, HOST, "STALE");
	say(t, ARP_REQUEST, HOST + 1, mac_x, HOST + 1);
	assert_state(t, 0, HOST + 1, "STALE");
	/* Somebody else's question is not accepted even so. */
	say(t, ARP_REQUEST, HOST + 2, mac_x, OTHER);
	assert_state(t, 0, HOST + 2, "absent");
	t->net.conf[index].arp_accept = 0;
	t->net.conf_all.arp_accept = 1;
	lab_reply(t, 0, HOST + 3);
	assert_state(t, 0, HOST + 3, "STALE");
	lab_free(t);
}

static void
test_gratuitous_arp_updates_at_once(void **state)
{
	struct testnet *t = lab_new(1);
	struct arp arp = { .op = ARP_REPLY, .sender = HOST, .target = HOST };

	lab_resolve(t, 0, HOST);
	say(t, ARP_REQUEST, HOST, mac_x, HOST);
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, mac_x, 6);
	assert_state(t, 0, HOST, "STALE");
	/* A gratuitous reply says the same hardware address twice; ... */
	lab_mac(0, HOST, arp.sender_lladdr);
	memcpy(arp.target_lladdr, arp.sender_lladdr, 6);
	lab_arp(t, 0, &arp, lab_all);
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, arp.sender_lladdr, 6);
	/* ... else it has to wait for locktime. */
	memcpy(arp.sender_lladdr, mac_x, 6);
	lab_arp(t, 0, &arp, lab_all);
	assert_int_equal(testnet_drops(t, DROP_ARP_LOCKED), 1);
	lab_free(t);
}

static void
test_answer_to_our_probe_has_no_target(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	arp_request(lab_dev(t, 0), HOST, 0, NULL);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ASKS_ALL);
	assert_int_equal(frame.arp.sender, 0);
	assert_int_equal(frame.arp.target, HOST);
	assert_int_equal(stats(t)->tx_probes, 1);
	say(t, ARP_REPLY, HOST, mac_x, 0);
	assert_int_equal(testnet_drops(t, DROP_ARP_TARGET), 0);
	lab_free(t);
}

/* ---- interfaces without ARP --------------------------------------------- */

static void
test_interface_with_arp_off_neither_hears_nor_speaks(void **state)
{
	struct testnet *t = lab_new(1);
	struct netdev *dev = lab_dev(t, 0);
	uint64_t requests = stats(t)->tx_requests;

	dev->flags |= NETDEV_NOARP;
	lab_request(t, 0, HOST, OWN);
	assert_int_equal(testnet_drops(t, DROP_ARP_NOARP), 1);
	arp_request(dev, HOST, OWN, NULL);
	arp_announce(dev, OWN);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(stats(t)->tx_requests, requests);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_for_us_is_answered_by_unicast),
		cmocka_unit_test(
			test_request_for_others_is_not_answered_nor_learned),
		cmocka_unit_test(
			test_known_sender_is_updated_whatever_the_target),
		cmocka_unit_test(test_malformed_packets_are_named),
		cmocka_unit_test(test_group_and_zero_macs_are_not_believed),
		cmocka_unit_test(test_impossible_senders_are_named),
		cmocka_unit_test(test_impossible_targets_are_named),
		cmocka_unit_test(
			test_our_own_frames_that_come_back_are_ignored),
		cmocka_unit_test(test_gateway_off_all_subnets_can_answer),
		cmocka_unit_test(test_sender_behind_a_route_of_this_interface),
		cmocka_unit_test(test_replies_create_nothing_unless_arp_accept),
		cmocka_unit_test(test_gratuitous_arp_updates_at_once),
		cmocka_unit_test(test_answer_to_our_probe_has_no_target),
		cmocka_unit_test(
			test_interface_with_arp_off_neither_hears_nor_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
