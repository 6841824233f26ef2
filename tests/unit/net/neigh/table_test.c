/* SPDX-License-Identifier: BSD-2-Clause */
/* The table under pressure: scans, spoofed floods, collection, dry pools. */
#include "tests/unit/net/neigh/lab.h"

#define HOST	TESTNET_HOST(0)
#define GATEWAY LAB_FAR(1)
#define FAR_DST IPV4_ADDR(203, 0, 113, 1)

/* Port 1 is on 10.1/16; nobody is there but who the test says. */
static struct testnet *
wide_new(void)
{
	struct testnet *t = lab_new(2);

	testnet_address(t, 1, LAB_FAR(0xff01), 16);
	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	return t;
}

static void
pass(struct testnet *t, uint64_t ns)
{
	testnet_advance(t, ns);
	lab_hush(t);
}

/* ---- a scan of a /16 through the router --------------------------------- */

static void
test_scan_evicts_neither_gateway_nor_who_is_in_use(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;
	uint64_t start = t->net.now_ns, requests = 0;
	uint8_t mac[6] = { 2, 5, 5, 5, 5, 5 };
	struct lab_frame frame;

	/* A gateway in use, a host in use, one set by the operator. */
	lab_resolve(t, 1, GATEWAY);
	lab_resolve(t, 1, LAB_FAR(2));
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 1), LAB_FAR(3), mac,
				   NEIGH_PERMANENT, true, true),
			 OK);
	for (uint32_t i = 0; i < 0xfffe; i++) {
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
		testnet_advance(t, 100000);
		while ((frame = lab_next(t, 1)).kind != NOTHING) {
			requests += frame.kind == ASKS_ALL;
			if (frame.kind == ASKS_HIM)
				lab_reply(t, 1, frame.arp.target);
		}
		if (i % 1000 == 0) {
			lab_send_via(t, 1, FAR_DST, GATEWAY, 2);
			assert_int_equal(lab_next_kind(t, 1), DATA);
			lab_send(t, 1, LAB_FAR(2), 3);
			assert_int_equal(lab_next_kind(t, 1), DATA);
			lab_send(t, 1, LAB_FAR(3), 4);
			assert_int_equal(lab_next_kind(t, 1), DATA);
			lab_check(t);
		}
		assert_true(table->entry_count <= table->param.gc_thresh3 + 1);
	}
	/* Most were refused, by name, and the link was not flooded. */
	assert_true(testnet_drops(t, DROP_NEIGH_UNANSWERED) > 60000);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 0);
	assert_true(requests <= 257 * ((t->net.now_ns - start) / S_NS + 1));
	lab_free(t);
}

/* A gateway that is not in the table yet finds room in the midst of a scan. */
static void
test_scan_does_not_keep_a_gateway_from_being_found(void **state)
{
	struct testnet *t = wide_new();

	for (uint32_t i = 0; i < 2000; i++)
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
	assert_true(testnet_drops(t, DROP_NEIGH_UNANSWERED) > 1000);
	lab_hush(t);
	lab_send_via(t, 1, FAR_DST, GATEWAY, 2);
	assert_int_equal(lab_next_kind(t, 1), ASKS_ALL);
	lab_reply(t, 1, GATEWAY);
	assert_int_equal(lab_next_kind(t, 1), DATA);
	lab_free(t);
}

/* Under a scan entries fail after one request instead of three. */
static void
test_scanned_entries_make_room_after_a_second(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	for (uint32_t i = 0; i < 300; i++)
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
	assert_int_equal(table->rank_count[NEIGH_RANK_ASKING], 256);
	testnet_advance(t, 1010 * MS_NS);
	assert_true(table->rank_count[NEIGH_RANK_ASKING] <= 192);
	/* What is left of them has its three requests. */
	assert_true(table->rank_count[NEIGH_RANK_ASKING] > 0);
	testnet_advance(t, 2010 * MS_NS);
	assert_int_equal(table->rank_count[NEIGH_RANK_ASKING], 0);
	lab_free(t);
}

static void
test_recycled_entries_are_asked_once_a_second(void **state)
{
	struct testnet *t = wide_new();
	static uint64_t asked[600];
	struct lab_frame frame;
	uint32_t host;

	memset(asked, 0, sizeof(asked));
	t->net.neigh.param.gc_thresh2 = 8;
	t->net.neigh.param.gc_thresh3 = 64;
	for (uint32_t i = 0; i < 60000; i++) {
		lab_send(t, 1, LAB_FAR(i % 600), 1);
		testnet_advance(t, MS_NS / 3);
		while ((frame = lab_next(t, 1)).kind != NOTHING) {
			assert_int_equal(frame.kind, ASKS_ALL);
			host = frame.arp.target - LAB_FAR(0);
			assert_true(host < 600);
			if (asked[host] != 0)
				assert_true(t->net.now_ns - asked[host] >=
					    S_NS - MS_NS);
			asked[host] = t->net.now_ns;
		}
	}
	lab_free(t);
}

/* ---- a flood of ARP requests with invented senders ---------------------- */

static void
test_spoof_flood_evicts_only_its_own_kind(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;
	uint32_t idle = 100;

	lab_resolve(t, 1, GATEWAY);
	lab_send_via(t, 1, FAR_DST, GATEWAY, 1);
	/* Hosts that answered once and are idle now. */
	for (uint32_t i = 0; i < idle; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	pass(t, 100 * S_NS);
	assert_state(t, 0, TESTNET_ADDR(0, 10), "STALE");
	lab_send_via(t, 1, FAR_DST, GATEWAY, 1);
	lab_hush(t);
	for (uint32_t i = 0; i < 20000; i++) {
		lab_request(t, 1, LAB_FAR(0x10 + i), LAB_FAR(0xff01));
		/* Each gets an answer, entry or none. */
		assert_int_equal(lab_next_kind(t, 1), ANSWERS);
		assert_true(table->entry_count <= table->param.gc_thresh3);
		if (i % 1000 == 0)
			lab_check(t);
	}
	for (uint32_t i = 0; i < idle; i++)
		assert_state(t, 0, TESTNET_ADDR(0, 10 + i), "STALE");
	assert_state(t, 1, GATEWAY, "DELAY");
	/* Somebody new is resolved at the first packet. */
	lab_resolve(t, 0, TESTNET_ADDR(0, 200));
	lab_free(t);
}

/* Floods of forged stations and of destinations that are not there; hosts that
 * are known stay. */
static void
test_what_a_storm_left_is_gone_five_seconds_later(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;
	uint32_t before;

	for (uint32_t i = 0; i < 20; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	before = table->entry_count;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 20000; i++)
			if (round == 0)
				lab_request(t, 1, LAB_FAR(0x10 + i),
					    LAB_FAR(0xff01));
			else
				lab_send_via(t, 1, FAR_DST, LAB_FAR(0x10 + i),
					     1);
		lab_hush(t);
		assert_true(table->entry_count > before + 100);
		pass(t, 5 * S_NS);
		lab_hush(t);
		assert_int_equal(table->entry_count, before);
		assert_int_equal(table->storm_ns, 0);
		lab_check(t);
	}
	lab_free(t);
}

/* Replies nobody asked for do not make an entry dear. */
static void
test_spoofed_replies_do_not_make_entries_proven(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	for (uint32_t i = 0; i < 3000; i++) {
		lab_request(t, 1, LAB_FAR(0x10 + i), LAB_FAR(0xff01));
		lab_reply(t, 1, LAB_FAR(0x10 + i));
		lab_hush(t);
	}
	assert_int_equal(table->rank_count[NEIGH_RANK_KEPT], 0);
	for (uint32_t i = 0; i < 200; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	assert_int_equal(table->rank_count[NEIGH_RANK_KEPT], 200);
	lab_free(t);
}

static void
test_unproven_gateway_stays_while_it_is_used(void **state)
{
	struct testnet *t = wide_new();

	t->net.neigh.param.gc_thresh3 = 64;
	/* It asked us first; what we send it goes to a STALE entry. */
	lab_request(t, 1, GATEWAY, LAB_FAR(0xff01));
	lab_send_via(t, 1, FAR_DST, GATEWAY, 1);
	assert_state(t, 1, GATEWAY, "DELAY");
	for (uint32_t i = 0; i < 1000; i++) {
		lab_request(t, 1, LAB_FAR(0x10 + i), LAB_FAR(0xff01));
		lab_hush(t);
	}
	assert_state(t, 1, GATEWAY, "DELAY");
	lab_check(t);
	/* A STALE one that was used within gc_stale_time stays as well. */
	lab_reply(t, 1, GATEWAY);
	pass(t, lab_reachable_ns(t) + S_NS);
	assert_state(t, 1, GATEWAY, "STALE");
	for (uint32_t i = 0; i < 40; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	for (uint32_t i = 0; i < 1000; i++) {
		lab_send(t, 1, LAB_FAR(0x2000 + i), 1);
		lab_hush(t);
	}
	assert_state(t, 1, GATEWAY, "STALE");
	lab_free(t);
}

/* ---- who makes room ----------------------------------------------------- */

static void
test_room_is_made_by_failed_then_unproven_then_stale(void **state)
{
	struct testnet *t = lab_new(1);
	struct neigh_param *param = &t->net.neigh.param;
	uint32_t next = 100;

	param->gc_thresh2 = param->gc_thresh3 = 64;
	for (uint32_t i = 0; i < 20; i++) /* will be STALE and proven */
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	pass(t, 100 * S_NS);
	for (uint32_t i = 0; i < 20; i++) /* STALE, only heard of */
		lab_request(t, 0, TESTNET_ADDR(0, 30 + i), TESTNET_ROUTER(0));
	for (uint32_t i = 0; i < 15; i++) /* FAILED */
		lab_send(t, 0, TESTNET_ADDR(0, 50 + i), 1);
	pass(t, 4 * S_NS);
	for (uint32_t i = 0; i < 5; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 70 + i));
	assert_int_equal(t->net.neigh.entry_count, 60);

	for (uint32_t i = 0; i < 15; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, next++));
	assert_int_equal(t->net.neigh.rank_count[NEIGH_RANK_FAILED], 0);
	assert_int_equal(t->net.neigh.rank_count[NEIGH_RANK_UNPROVEN], 20);
	for (uint32_t i = 0; i < 20; i++) {
		assert_state(t, 0, TESTNET_ADDR(0, 30 + i), "STALE");
		lab_resolve(t, 0, TESTNET_ADDR(0, next++));
		/* The oldest first. */
		assert_state(t, 0, TESTNET_ADDR(0, 30 + i), "absent");
	}
	assert_int_equal(t->net.neigh.rank_count[NEIGH_RANK_STALE], 20);
	for (uint32_t i = 0; i < 20; i++) {
		lab_resolve(t, 0, TESTNET_ADDR(0, next++));
		assert_state(t, 0, TESTNET_ADDR(0, 10 + i), "absent");
	}
	assert_int_equal(t->net.neigh.forced_gc_runs, 15 + 20 + 20);
	/* All that is left is in use: no more, but by name. */
	assert_int_equal(t->net.neigh.table_fulls, 0);
	lab_send(t, 0, TESTNET_ADDR(0, 250), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 1);
	assert_int_equal(t->net.neigh.table_fulls, 1);
	assert_state(t, 0, TESTNET_ADDR(0, 250), "absent");
	/* A gateway has its reserve, ... */
	lab_send_via(t, 0, FAR_DST, TESTNET_ADDR(0, 251), 1);
	assert_state(t, 0, TESTNET_ADDR(0, 251), "INCOMPLETE");
	/* ... and whoever asks us is answered without an entry. */
	lab_hush(t);
	lab_request(t, 0, TESTNET_ADDR(0, 252), TESTNET_ROUTER(0));
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	assert_state(t, 0, TESTNET_ADDR(0, 252), "absent");
	lab_free(t);
}

static void
test_permanent_entries_do_not_count_for_the_thresholds(void **state)
{
	struct testnet *t = lab_new(1);
	uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };

	t->net.neigh.param.gc_thresh2 = t->net.neigh.param.gc_thresh3 = 32;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(neigh_set(&t->net, lab_dev(t, 0),
					   TESTNET_ADDR(0, 100 + i), mac,
					   NEIGH_PERMANENT, true, true),
				 OK);
	for (uint32_t i = 0; i < 30; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	assert_int_equal(t->net.neigh.entry_count, 130);
	assert_int_equal(t->net.neigh.static_count, 100);
	lab_free(t);
}

static void
test_operator_gets_room_until_the_pool_is_empty(void **state)
{
	const struct testnet_config config = {
		.ports = 1,
		.bare = true,
		.net = { .now_ns = S_NS, .skb_count = 256, .neigh_count = 16 },
	};
	struct testnet *t = lab_new_with(&config);
	struct netdev *dev = lab_dev(t, 0);
	uint8_t mac[6] = { 2, 1, 1, 1, 1, 1 };

	/* The share of those being asked for: a quarter. */
	for (uint32_t i = 0; i < 8; i++)
		lab_send(t, 0, TESTNET_ADDR(0, 10 + i), 1);
	assert_int_equal(t->net.neigh.entry_count, 4);
	for (uint32_t i = 0; i < 16; i++) {
		assert_int_equal(neigh_set(&t->net, dev,
					   TESTNET_ADDR(0, 100 + i), mac,
					   NEIGH_PERMANENT, true, true),
				 OK);
		lab_check(t);
	}
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 4);
	assert_int_equal(neigh_set(&t->net, dev, TESTNET_ADDR(0, 200), mac,
				   NEIGH_PERMANENT, true, true),
			 ERR_NOMEM);
	lab_send(t, 0, TESTNET_ADDR(0, 200), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 1);
	lab_free(t);
}

/* ---- collection --------------------------------------------------------- */

/* covers: R1812-002, H1122-002 */
static void
test_forgotten_entries_go_above_the_first_threshold(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	table->param.gc_thresh1 = 50;
	for (uint32_t i = 0; i < 100; i++)
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
	for (uint32_t i = 0; i < 40; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	pass(t, 29 * S_NS);
	assert_int_equal(table->entry_count, 140);
	pass(t, 2 * S_NS); /* gc_interval: FAILED ones are forgotten */
	assert_int_equal(table->entry_count, 40);
	assert_false(table->gc_timer.armed);
	assert_in_range(table->periodic_gc_runs, 1, 3);
	/* Below the threshold nothing is, ever. */
	pass(t, 1000 * S_NS);
	assert_int_equal(table->entry_count, 40);
	/* STALE ones go gc_stale_time after their last use. */
	for (uint32_t i = 0; i < 20; i++)
		lab_resolve(t, 1, LAB_FAR(0x1000 + i));
	pass(t, 31 * S_NS);
	assert_int_equal(table->entry_count, 20);
	lab_check(t);
	lab_free(t);
}

static void
test_collection_is_bounded_and_goes_on(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	table->param.gc_thresh1 = 1;
	table->param.gc_thresh2 = table->param.gc_thresh3 = 2000;
	for (uint32_t i = 0; i < 400; i++)
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
	pass(t, 30100 * MS_NS);
	assert_true(table->entry_count >= 300);
	pass(t, S_NS);
	assert_int_equal(table->entry_count, 0);
	assert_int_equal(table->destroys, 400);
	/* And nothing keeps the machine awake afterwards. */
	assert_false(table->gc_timer.armed);
	lab_free(t);
}

static void
test_collection_spares_who_is_being_probed(void **state)
{
	struct testnet *t = lab_new(1);
	struct neigh_table *table = &t->net.neigh;

	table->param.gc_thresh1 = 2;
	table->param.gc_interval_s = 1;
	table->param.gc_stale_time_s = 1;
	for (uint32_t i = 0; i < 6; i++) {
		lab_request(t, 0, TESTNET_ADDR(0, 10 + i), TESTNET_ROUTER(0));
		if (i % 2)
			lab_send(t, 0, TESTNET_ADDR(0, 10 + i), 1);
	}
	pass(t, 2100 * MS_NS);
	for (uint32_t i = 0; i < 6; i++)
		assert_state(t, 0, TESTNET_ADDR(0, 10 + i),
			     i % 2 ? "DELAY" : "absent");
	lab_free(t);
}

static void
test_collection_of_a_table_that_shrank_does_nothing(void **state)
{
	struct testnet *t = lab_new(1);
	struct neigh_table *table = &t->net.neigh;

	table->param.gc_thresh1 = 2;
	for (uint32_t i = 0; i < 4; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	assert_true(table->gc_timer.armed);
	neigh_flush(&t->net, NULL);
	lab_resolve(t, 0, HOST);
	pass(t, 3600 * S_NS);
	assert_int_equal(table->periodic_gc_runs, 0);
	assert_int_equal(table->entry_count, 1);
	lab_free(t);
}

static void
test_collection_that_finds_nothing_is_in_no_hurry(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	table->param.gc_thresh1 = 10;
	table->param.gc_stale_time_s = 3600;
	for (uint32_t i = 0; i < 100; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	pass(t, 61 * S_NS);
	assert_int_equal(table->entry_count, 100);
	assert_int_equal(table->periodic_gc_runs, 2);
	lab_free(t);
}

/* A full share refuses to ask, and only that. */
static void
test_failed_entries_wait_for_their_share_to_ask_again(void **state)
{
	struct testnet *t = wide_new();

	lab_send(t, 0, HOST, 1);
	lab_request(t, 0, HOST + 1, TESTNET_ROUTER(0));
	testnet_advance(t, 4 * S_NS);
	for (uint32_t i = 0; i < 300; i++)
		lab_send(t, 1, LAB_FAR(0x10 + i), 1);
	lab_hush(t);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_UNANSWERED), 44);
	lab_send(t, 0, HOST, 2);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(testnet_drops(t, DROP_NEIGH_UNANSWERED), 45);
	lab_send(t, 0, HOST + 1, 3);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	lab_free(t);
}

static void
test_gateway_that_nobody_used_for_a_minute_may_go(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t next = 20;

	t->net.neigh.param.gc_thresh2 = t->net.neigh.param.gc_thresh3 = 32;
	lab_send_via(t, 0, FAR_DST, HOST, 1);
	lab_reply(t, 0, HOST);
	pass(t, 50 * S_NS);
	assert_state(t, 0, HOST, "STALE");
	while (t->net.neigh.entry_count < 30)
		lab_resolve(t, 0, TESTNET_ADDR(0, next++));
	lab_send(t, 0, TESTNET_ADDR(0, 250), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 1);
	assert_state(t, 0, HOST, "STALE");
	testnet_advance(t, 11 * S_NS);
	lab_send(t, 0, TESTNET_ADDR(0, 250), 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 1);
	assert_state(t, 0, HOST, "absent");
	lab_free(t);
}

static void
test_above_the_second_threshold_room_is_made_early(void **state)
{
	struct testnet *t = wide_new();
	struct neigh_table *table = &t->net.neigh;

	for (uint32_t i = 0; i < 600; i++) {
		lab_request(t, 1, LAB_FAR(0x10 + i), LAB_FAR(0xff01));
		lab_hush(t);
	}
	/* Younger than five seconds: they may stay above it. */
	assert_int_equal(table->entry_count, 600);
	/* What collects after a storm would leave nothing to see. */
	timer_cancel(&t->net.core[0].timers, &table->gc_timer);
	pass(t, 6 * S_NS);
	for (uint32_t i = 0; i < 100; i++)
		lab_resolve(t, 0, TESTNET_ADDR(0, 10 + i));
	assert_int_equal(table->entry_count, 512);
	/* 88 in vain, for all were young; 88 that ended two each; then every
	 * other time. */
	assert_int_equal(table->forced_gc_runs, 88 + 88 + 6);
	lab_free(t);
}

/* ---- dry pools ---------------------------------------------------------- */

static void
talk(struct testnet *t)
{
	for (uint32_t i = 0; i < 5; i++) {
		lab_send(t, 0, TESTNET_ADDR(0, 10 + i), (uint16_t)i);
		lab_request(t, 0, TESTNET_ADDR(0, 20 + i), TESTNET_ROUTER(0));
		lab_reply(t, 0, TESTNET_ADDR(0, 10 + i));
		testnet_advance(t, 7 * S_NS);
	}
	testnet_advance(t, 60 * S_NS);
	lab_hush(t);
}

static void
test_every_allocation_may_fail(void **state)
{
	struct testnet *t;
	bool failed;

	for (uint64_t n = 1;; n++) {
		t = lab_new(1);
		t->net.neigh.pool.fail_after = n;
		talk(t);
		failed = t->net.neigh.pool.fail_count > 0;
		lab_free(t);
		if (!failed)
			break;
		assert_true(n < 100);
	}
	for (uint64_t n = 1;; n++) {
		t = lab_new(1);
		net_this_core(&t->net)->skb_pool.fail_after = n;
		talk(t);
		failed = net_this_core(&t->net)->skb_pool.fail_count > 0;
		net_this_core(&t->net)->skb_pool.fail_after = 0;
		/* It recovers. */
		lab_resolve(t, 0, HOST);
		lab_free(t);
		if (!failed)
			break;
		assert_true(n < 1000);
	}
}

static void
test_pool_that_is_dry_is_named(void **state)
{
	struct testnet *t = lab_new(1);

	t->net.neigh.pool.fail_after = 1;
	lab_send(t, 0, HOST, 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_CREATEFAIL), 1);
	lab_send(t, 0, HOST, 2);
	assert_state(t, 0, HOST, "INCOMPLETE");
	/* No buffer for the request: it is counted, the timer asks again. */
	lab_hush(t);
	net_this_core(&t->net)->skb_pool.fail_after = 1;
	testnet_advance(t, 1001 * MS_NS);
	assert_int_equal(t->net.neigh.arp.stats.tx_nomem, 1);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_free(t);
}

static void
test_init_without_memory_leaves_nothing_behind(void **state)
{
	static struct net net;
	struct pages pages;
	uint8_t seed[32] = { 0 };

	host_pages_init(&pages, 1u << 20);
	memset(&net, 0, sizeof(net));
	net.pages = &pages;
	random_init(&net.random, seed);
	timer_wheel_init(&net.core[0].timers, 0);
	pages.fail_after = 1;
	assert_int_equal(neigh_init(&net, 100, &lab_ops), ERR_NOMEM);
	assert_int_equal(neigh_init(&net, 100000, &lab_ops), ERR_NOMEM);
	assert_int_equal(neigh_init(&net, 100, &lab_ops), OK);
	assert_int_equal(net.neigh.hash_key & 1, 1);
	/* What ARP and collection had planned ends with the table. */
	timer_arm(&net.core[0].timers, &net.neigh.gc_timer, 1000);
	timer_arm(&net.core[0].timers, &net.neigh.arp.announce_timer, 1000);
	timer_arm(&net.core[0].timers, &net.neigh.arp.proxy[3].timer, 1000);
	neigh_fini(&net);
	assert_int_equal(net.core[0].timers.armed_count, 0);
	host_pages_fini(&pages);
}

/* ---- looking ------------------------------------------------------------ */

static void
count_entry(void *ctx, struct neigh *n)
{
	uint32_t *seen = ctx;

	seen[n->addr & 0xff]++;
}

static void
test_every_entry_is_visited_once(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t seen[256] = { 0 };

	for (uint32_t i = 0; i < 200; i++)
		lab_request(t, 0, TESTNET_ADDR(0, 10 + i), TESTNET_ROUTER(0));
	neigh_for_each(&t->net, count_entry, seen);
	for (uint32_t i = 0; i < 256; i++)
		assert_int_equal(seen[i], i >= 10 && i < 210);
	assert_null(neigh_find(&t->net, lab_dev(t, 0), TESTNET_ADDR(0, 9)));
	lab_free(t);
}

static void
test_statistics_of_arp_cache(void **state)
{
	struct testnet *t = lab_new(1);
	const struct neigh_table *table = &t->net.neigh;
	uint64_t lookups = table->lookups, hits = table->hits;

	lab_send(t, 0, HOST, 1);
	assert_int_equal(table->allocs, 1);
	/* Packets that find their entry are not lookups. */
	assert_int_equal(table->lookups, lookups);
	assert_non_null(neigh_find(&t->net, lab_dev(t, 0), HOST));
	assert_null(neigh_find(&t->net, lab_dev(t, 0), HOST + 1));
	assert_int_equal(table->lookups, lookups + 2);
	assert_int_equal(table->hits, hits + 1);
	neigh_flush(&t->net, NULL);
	assert_int_equal(table->destroys, 1);
	assert_int_equal(table->entry_count, 0);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_scan_evicts_neither_gateway_nor_who_is_in_use),
		cmocka_unit_test(
			test_scan_does_not_keep_a_gateway_from_being_found),
		cmocka_unit_test(test_scanned_entries_make_room_after_a_second),
		cmocka_unit_test(test_recycled_entries_are_asked_once_a_second),
		cmocka_unit_test(test_spoof_flood_evicts_only_its_own_kind),
		cmocka_unit_test(
			test_what_a_storm_left_is_gone_five_seconds_later),
		cmocka_unit_test(
			test_spoofed_replies_do_not_make_entries_proven),
		cmocka_unit_test(test_unproven_gateway_stays_while_it_is_used),
		cmocka_unit_test(
			test_room_is_made_by_failed_then_unproven_then_stale),
		cmocka_unit_test(
			test_permanent_entries_do_not_count_for_the_thresholds),
		cmocka_unit_test(
			test_operator_gets_room_until_the_pool_is_empty),
		cmocka_unit_test(
			test_forgotten_entries_go_above_the_first_threshold),
		cmocka_unit_test(test_collection_is_bounded_and_goes_on),
		cmocka_unit_test(test_collection_spares_who_is_being_probed),
		cmocka_unit_test(
			test_collection_of_a_table_that_shrank_does_nothing),
		cmocka_unit_test(
			test_collection_that_finds_nothing_is_in_no_hurry),
		cmocka_unit_test(
			test_failed_entries_wait_for_their_share_to_ask_again),
		cmocka_unit_test(
			test_gateway_that_nobody_used_for_a_minute_may_go),
		cmocka_unit_test(
			test_above_the_second_threshold_room_is_made_early),
		cmocka_unit_test(test_every_allocation_may_fail),
		cmocka_unit_test(test_pool_that_is_dry_is_named),
		cmocka_unit_test(
			test_init_without_memory_leaves_nothing_behind),
		cmocka_unit_test(test_every_entry_is_visited_once),
		cmocka_unit_test(test_statistics_of_arp_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
