/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probing an address before it is used, where arp_probe says so: when, how
 * often, and who yields. [RFC5227 2.1]
 */
#include "tests/host/test.h"

#include "net/ipv4/addr.h"
#include "net/wire/arp.h"
#include "net/wire/eth.h"
#include "tests/host/testnet.h"

#define WANTED TESTNET_ADDR(0, 77)

static const uint8_t other_mac[6] = { 2, 0, 0, 9, 9, 9 };

static int
setup(void **state)
{
	const struct testnet_config config = { .ports = 2, .hasty = true };
	struct testnet *t = testnet_new_with(&config);

	t->net.conf[t->port[0].dev.ifindex].arp_probe = 1;
	testnet_advance(t, 10 * S_NS);
	testnet_flush(t, 0);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

static void
want(struct testnet *t)
{
	const struct ifaddr add = { .local = WANTED,
				    .prefix_len = 24,
				    .scope = SCOPE_GLOBAL };

	assert_int_equal(addr_add(&t->port[0].dev, &add), OK);
	assert_null(addr_find(&t->net, WANTED));
}

/* The next ARP packet of port 0; false: there is none. */
static bool
next_arp(struct testnet *t, struct arp *arp)
{
	const struct testnet_frame *frame = testnet_next(t, 0);

	if (frame == NULL)
		return false;
	assert_int_equal(frame->bytes[12] << 8 | frame->bytes[13],
			 ETHERTYPE_ARP);
	assert_memory_equal(frame->bytes, eth_broadcast, 6);
	assert_int_equal(arp_parse(frame->bytes + 14, frame->len - 14, arp),
			 DROP_NONE);
	return true;
}

/* Milliseconds until the next packet, at most limit. */
static uint64_t
until_next(struct testnet *t, struct arp *arp, uint64_t limit_ms)
{
	for (uint64_t ms = 0; ms <= limit_ms; ms += 10) {
		if (next_arp(t, arp))
			return ms;
		testnet_advance(t, 10 * MS_NS);
	}
	return UINT64_MAX;
}

static void
hear(struct testnet *t, uint16_t op, uint32_t sender, uint32_t target)
{
	struct arp arp = { .op = op, .sender = sender, .target = target };
	uint8_t frame[60] = { 0 };
	struct eth eth = { .type = ETHERTYPE_ARP };

	memcpy(arp.sender_lladdr, other_mac, 6);
	memcpy(eth.src, other_mac, 6);
	memcpy(eth.dst, eth_broadcast, 6);
	eth_emit(&eth, frame);
	arp_emit(&arp, frame + 14);
	assert_true(testnet_inject(t, 0, frame, sizeof(frame)));
}

/* covers: X5227-001, X5227-002 */
static void
three_probes_then_it_is_ours_and_announced(void **state)
{
	struct testnet *t = *state;
	struct arp arp;
	uint64_t ms;

	want(t);
	for (unsigned int i = 0; i < 3; i++) {
		ms = until_next(t, &arp, 3000);
		assert_int_equal(arp.op, ARP_REQUEST);
		assert_int_equal(arp.sender, 0);
		assert_int_equal(arp.target, WANTED);
		assert_memory_equal(arp.target_lladdr, "\0\0\0\0\0\0", 6);
		assert_memory_equal(arp.sender_lladdr, t->port[0].dev.addr, 6);
		if (i == 0)
			assert_true(ms <= 1010);
		else
			assert_in_range(ms, 990, 2010);
		assert_null(addr_find(&t->net, WANTED));
	}
	ms = until_next(t, &arp, 3000);
	assert_in_range(ms, 1980, 2020);
	assert_non_null(addr_find(&t->net, WANTED));
	assert_int_equal(arp.sender, WANTED);
	assert_int_equal(arp.target, WANTED);
	assert_in_range(until_next(t, &arp, 3000), 1980, 2020);
	assert_int_equal(until_next(t, &arp, 60000), UINT64_MAX);
}

/* covers: X5227-004 */
static void
who_has_it_keeps_it(void **state)
{
	static const struct {
		uint16_t op;
		uint32_t sender, target;
	} heard[] = {
		{ ARP_REPLY, WANTED, 0 },		     /* the answer */
		{ ARP_REQUEST, WANTED, TESTNET_ADDR(0, 8) }, /* in use */
		{ ARP_REQUEST, WANTED, WANTED },	     /* announced */
		{ ARP_REQUEST, 0, WANTED },		     /* wanted, too */
	};
	struct testnet *t = *state;
	struct arp arp;

	for (size_t i = 0; i < array_len(heard); i++) {
		want(t);
		assert_true(until_next(t, &arp, 2000) != UINT64_MAX);
		/* Somebody else's address is none of our business. */
		hear(t, ARP_REQUEST, TESTNET_ADDR(0, 9), TESTNET_ADDR(0, 8));
		hear(t, heard[i].op, heard[i].sender, heard[i].target);
		assert_int_equal(until_next(t, &arp, 20000), UINT64_MAX);
		assert_null(addr_find(&t->net, WANTED));
		assert_int_equal(addr_delete(&t->port[0].dev, WANTED, 24),
				 ERR_NOENT);
	}
	assert_int_equal(t->net.neigh.arp.stats.conflicts, 4);
}

/* covers: X5227-005 */
static void
after_ten_conflicts_a_minute_passes(void **state)
{
	struct testnet *t = *state;
	struct arp arp;

	for (unsigned int i = 0; i < 10; i++) {
		want(t);
		assert_true(until_next(t, &arp, 2000) != UINT64_MAX);
		hear(t, ARP_REPLY, WANTED, 0);
	}
	want(t);
	assert_in_range(until_next(t, &arp, 70000), 59990, 61010);
	/* One that nobody has ends that. */
	testnet_advance(t, 20 * S_NS);
	testnet_flush(t, 0);
	assert_non_null(addr_find(&t->net, WANTED));
	assert_int_equal(addr_delete(&t->port[0].dev, WANTED, 24), OK);
	want(t);
	assert_true(until_next(t, &arp, 2000) <= 1010);
}

static void
it_waits_for_the_link(void **state)
{
	struct testnet *t = *state;
	struct arp arp;

	testnet_carrier(t, 0, false);
	want(t);
	testnet_advance(t, 60 * S_NS);
	assert_null(addr_find(&t->net, WANTED));
	testnet_carrier(t, 0, true);
	testnet_advance(t, 1100 * MS_NS);
	/* Lost amid the probes: they begin anew. */
	testnet_carrier(t, 0, false);
	testnet_advance(t, 60 * S_NS);
	assert_null(addr_find(&t->net, WANTED));
	testnet_carrier(t, 0, true);
	testnet_advance(t, 10 * S_NS);
	assert_non_null(addr_find(&t->net, WANTED));
	testnet_flush(t, 0);
	assert_int_equal(until_next(t, &arp, 10000), UINT64_MAX);
}

static void
it_can_be_given_up_and_is_bounded(void **state)
{
	struct ifaddr add = { .prefix_len = 24, .scope = SCOPE_GLOBAL };
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	struct arp arp;

	want(t);
	add.local = WANTED;
	assert_int_equal(addr_add(dev, &add), ERR_EXIST);
	assert_int_equal(addr_delete(dev, WANTED, 24), OK);
	assert_int_equal(until_next(t, &arp, 10000), UINT64_MAX);
	for (uint32_t i = 0; i < ARP_CANDIDATES_MAX; i++) {
		add.local = TESTNET_ADDR(0, 100 + i);
		assert_int_equal(addr_add(dev, &add), OK);
	}
	add.local = TESTNET_ADDR(0, 99);
	assert_int_equal(addr_add(dev, &add), ERR_NOMEM);
	netdev_unregister(dev);
	assert_int_equal(netdev_register(&t->net, dev), OK);
	testnet_advance(t, 60 * S_NS);
	assert_null(addr_find(&t->net, TESTNET_ADDR(0, 100)));
	/* Elsewhere an address works at once. */
	add.local = TESTNET_ADDR(1, 77);
	assert_int_equal(addr_add(&t->port[1].dev, &add), OK);
	assert_non_null(addr_find(&t->net, TESTNET_ADDR(1, 77)));
}

/* arp_notify 0: silent when the link comes; an address that is added is told
 * all the same. */
static void
announcing_can_be_switched_off(void **state)
{
	struct testnet *t = *state;
	struct arp arp;

	testnet_carrier(t, 0, false);
	testnet_carrier(t, 0, true);
	assert_true(until_next(t, &arp, 10) == 0);
	testnet_advance(t, 5 * S_NS);
	testnet_flush(t, 0);
	t->net.conf_all.arp_notify = 0;
	t->net.conf[t->port[0].dev.ifindex].arp_notify = 0;
	testnet_carrier(t, 0, false);
	testnet_carrier(t, 0, true);
	assert_int_equal(until_next(t, &arp, 5000), UINT64_MAX);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(three_probes_then_it_is_ours_and_announced),
		TEST(who_has_it_keeps_it),
		TEST(after_ten_conflicts_a_minute_passes),
		TEST(it_waits_for_the_link),
		TEST(it_can_be_given_up_and_is_bounded),
		TEST(announcing_can_be_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
