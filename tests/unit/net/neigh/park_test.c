/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that wait for a link-layer address: order, bounds, ends. */
#include "tests/unit/net/neigh/lab.h"

#define HOST TESTNET_HOST(0)

/* The identifications of the DATA frames that port 0 has sent, in order. */
static uint32_t
sent_ids(struct testnet *t, uint16_t *id, uint32_t room)
{
	struct lab_frame frame;
	uint32_t count = 0;

	while ((frame = lab_next(t, 0)).kind != NOTHING) {
		if (frame.kind != DATA)
			continue;
		assert_true(count < room);
		id[count++] = frame.ip.id;
	}
	return count;
}

/* covers: H1122-005, R1812-004 */
static void
test_full_queue_drops_its_oldest(void **state)
{
	struct testnet *t = lab_new(1);
	uint16_t id[256];

	for (uint16_t i = 1; i <= 150; i++) {
		lab_send(t, 0, HOST, i);
		lab_check(t);
	}
	assert_int_equal(lab_find(t, 0, HOST)->parked.count, 101);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 49);
	assert_int_equal(t->net.neigh.unresolved_discards, 49);
	lab_reply(t, 0, HOST);
	assert_int_equal(sent_ids(t, id, array_len(id)), 101);
	for (uint16_t i = 0; i < 101; i++)
		assert_int_equal(id[i], 50 + i);
	assert_int_equal(t->net.neigh.parked_count, 0);
	lab_free(t);
}

static void
park(struct testnet *t, uint16_t id, uint16_t len)
{
	struct skb *skb = lab_packet(t, TESTNET_ROUTER(0), HOST, id, len);

	assert_non_null(skb);
	neigh_output(skb, lab_dev(t, 0), HOST);
	lab_check(t);
}

static void
test_bytes_are_bounded_as_well(void **state)
{
	struct testnet *t = lab_new(1);
	uint16_t id[16];

	t->net.neigh.param.unres_qlen_bytes = 3000;
	park(t, 1, 1000);
	park(t, 2, 1000);
	park(t, 3, 1000);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 0);
	park(t, 4, 1001); /* takes the place of two */
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 2);
	t->net.neigh.param.unres_qlen_bytes = 500;
	park(t, 5, 501); /* larger than the whole queue may be */
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 3);
	park(t, 6, 500);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 5);
	lab_reply(t, 0, HOST);
	assert_int_equal(sent_ids(t, id, array_len(id)), 1);
	assert_int_equal(id[0], 6);
	lab_free(t);
}

static void
test_queue_of_no_length_holds_nothing(void **state)
{
	struct testnet *t = lab_new(1);

	t->net.neigh.param.unres_qlen = 0;
	lab_send(t, 0, HOST, 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_QUEUEFULL), 1);
	assert_int_equal(t->net.neigh.unresolved_discards, 1);
	/* It is asked for all the same: the next packet may find it. */
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_reply(t, 0, HOST);
	lab_send(t, 0, HOST, 2);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	lab_free(t);
}

/* However many hosts are asked for, an eighth of the pool is the most. */
static void
test_parked_packets_leave_the_pool_alive(void **state)
{
	struct testnet *t = lab_new(1);
	struct skb_pool *pool = &net_this_core(&t->net)->skb_pool;
	uint32_t share = pool->total_count / 8;
	uint64_t held;

	for (uint32_t i = 0; i < 3 * share; i++) {
		lab_send(t, 0, TESTNET_ADDR(0, 10 + i % 100), (uint16_t)i);
		lab_hush(t);
	}
	lab_check(t);
	held = skb_pool_held(pool);
	assert_int_equal(held, share);
	assert_int_equal(t->net.neigh.parked_count, share);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_SHARE), 2 * share);
	assert_int_equal(t->net.neigh.unresolved_discards, 2 * share);
	/* Those that came last are there. */
	lab_reply(t, 0, TESTNET_ADDR(0, 10 + (3 * share - 1) % 100));
	assert_int_equal(lab_next_kind(t, 0), DATA);
	lab_free(t);
}

static void
test_the_newest_host_gets_its_place(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t share = net_this_core(&t->net)->skb_pool.total_count / 8;

	/* One per host, so that no queue of its own is full. */
	for (uint32_t i = 0; i < share; i++)
		lab_send(t, 0, TESTNET_ADDR(0, 10 + i % 240), (uint16_t)i);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_SHARE), 0);
	lab_send(t, 0, TESTNET_ADDR(0, 5), 9999);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_SHARE), 1);
	lab_hush(t);
	lab_reply(t, 0, TESTNET_ADDR(0, 5));
	assert_int_equal(lab_next(t, 0).ip.id, 9999);
	/* The one that gave way was the oldest host's. */
	lab_reply(t, 0, TESTNET_ADDR(0, 10));
	assert_int_not_equal(lab_next(t, 0).ip.id, 0);
	lab_free(t);
}

static void
test_segments_count_for_the_share(void **state)
{
	struct testnet *t = lab_new(1);
	struct skb_pool *pool = &net_this_core(&t->net)->skb_pool;
	uint32_t share = pool->total_count / 8, sent = 0;
	static uint8_t bytes[8000];
	struct skb *skb;

	t->net.neigh.param.unres_qlen_bytes = 1u << 30;
	while (t->net.neigh.parked_count + 4 <= share) {
		skb = lab_packet(t, TESTNET_ROUTER(0), HOST, 1, 100);
		assert_true(skb_copy_in(skb, bytes, sizeof(bytes)));
		neigh_output(skb, lab_dev(t, 0),
			     TESTNET_ADDR(0, 10 + sent++ / 50));
		lab_check(t);
	}
	assert_true(t->net.neigh.parked_count >= 4 * sent);
	assert_true(t->net.neigh.parked_count <= share);
	assert_int_equal(testnet_drops_all(t), 0);
	/* A packet that alone is larger than the share is not parked. */
	t->net.neigh.param.unres_qlen_bytes = UINT32_MAX - 1;
	skb = lab_packet(t, TESTNET_ROUTER(0), HOST, 1, 100);
	while (skb->len < (share + 1) * PARAM_SKB_ROOM)
		assert_true(skb_copy_in(skb, bytes, sizeof(bytes)));
	neigh_output(skb, lab_dev(t, 0), HOST);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_SHARE), 1);
	assert_int_equal(t->net.neigh.unresolved_discards, 1);
	lab_free(t);
}

/* covers: R1812-004 */
static void
test_only_one_sender_of_a_dead_host_is_told(void **state)
{
	struct testnet *t = lab_new(1);

	for (uint16_t i = 1; i <= 10; i++) {
		struct skb *skb = lab_packet(t, TESTNET_HOST(0), HOST, i, 64);

		skb->flags |= SKB_FORWARDED;
		neigh_output(skb, lab_dev(t, 0), HOST);
	}
	testnet_advance(t, 4 * S_NS);
	assert_int_equal(lab_unresolved.count, 1);
	assert_int_equal(lab_unresolved.id[0], 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 10);
	lab_free(t);
}

/* Sockets and the ping command wait for an answer each. */
static void
test_all_users_of_a_dead_host_are_told(void **state)
{
	struct testnet *t = lab_new(1);

	for (uint16_t i = 1; i <= 10; i++)
		lab_send(t, 0, HOST, i);
	testnet_advance(t, 4 * S_NS);
	assert_int_equal(lab_unresolved.count, 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(lab_unresolved.id[i], i + 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 10);
	lab_free(t);
}

/* The whole way: a packet routed to a silent host. [RFC1812 4.3.3.1] */
static void
test_silence_beyond_the_router_is_a_host_unreachable(void **state)
{
	struct testnet *t = testnet_new(2);
	const struct ipv4 ip = {
		.src = TESTNET_HOST(0),
		.dst = TESTNET_ADDR(1, 50),
		.total_len = IPV4_HEADER_LEN + 8,
		.header_len = IPV4_HEADER_LEN,
		.ttl = 9,
		.proto = 17,
	};
	const struct testnet_frame *frame;
	struct ipv4 out;

	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	for (int i = 0; i < 3; i++)
		testnet_inject_ipv4(t, 0, &ip, "12345678", 8);
	testnet_advance(t, 2900 * MS_NS);
	assert_int_equal(testnet_count(t, 0), 0);
	assert_int_equal(testnet_count(t, 1), 3); /* the requests */
	testnet_advance(t, 200 * MS_NS);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	assert_int_equal(ipv4_parse(frame->bytes + 14, frame->len - 14, &out),
			 DROP_NONE);
	assert_int_equal(out.proto, 1);
	assert_int_equal(out.dst, TESTNET_HOST(0));
	assert_int_equal(frame->bytes[14 + IPV4_HEADER_LEN], 3);
	assert_int_equal(frame->bytes[15 + IPV4_HEADER_LEN], 1);
	assert_null(testnet_next(t, 0));
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 3);
	lab_free(t);
}

/* Nobody but ourselves to tell. */
static void
test_own_packet_to_a_silent_host_ends_well(void **state)
{
	struct testnet *t = testnet_new(1);
	struct skb *skb =
		lab_packet(t, TESTNET_ROUTER(0), TESTNET_ADDR(0, 50), 1, 64);

	neigh_output(skb, lab_dev(t, 0), TESTNET_ADDR(0, 50));
	testnet_advance(t, 4 * S_NS);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 1);
	lab_free(t);
}

/* ---- what unresolved() does may come back ------------------------------- */

static struct testnet *reentered;

/* As ICMP does: answers the sender, who is on the same link, unresolved. */
static void
answer_and_fill(struct skb *skb)
{
	skb_drop(skb, DROP_NEIGH_FAILED);
	for (uint32_t i = 0; i < 40; i++) {
		skb = lab_packet(reentered, TESTNET_ROUTER(0),
				 TESTNET_ADDR(0, 100 + i), 1, 64);
		if (skb)
			neigh_output(skb, lab_dev(reentered, 0),
				     TESTNET_ADDR(0, 100 + i));
	}
}

static const struct neigh_ops answering_ops = { .unresolved = answer_and_fill };

static void
test_answering_a_failure_may_evict_the_failed_entry(void **state)
{
	struct testnet *t = lab_new(1);

	reentered = t;
	t->net.neigh.ops = &answering_ops;
	t->net.neigh.param.gc_thresh2 = 1;
	t->net.neigh.param.gc_thresh3 = 16;
	lab_send(t, 0, HOST, 1);
	lab_send(t, 0, HOST, 2);
	testnet_advance(t, 3 * S_NS + MS_NS);
	lab_check(t);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 2);
	t->net.neigh.ops = &lab_ops;
	lab_free(t);
}

static void
test_removed_entry_drops_what_is_parked_by_name(void **state)
{
	struct testnet *t = lab_new(1);

	lab_send(t, 0, HOST, 1);
	lab_send(t, 0, HOST, 2);
	assert_int_equal(neigh_delete(&t->net, lab_dev(t, 0), HOST), OK);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 2);
	assert_int_equal(lab_unresolved.count, 0);
	lab_free(t);
}

static void
test_going_down_with_parked_packets_leaks_nothing(void **state)
{
	struct testnet *t = lab_new(2);

	lab_send(t, 0, HOST, 1);
	lab_send(t, 1, TESTNET_HOST(1), 2);
	testnet_free(t);
}

/* A forwarded packet remembers a port that may be gone when it is told of. */
static void
test_waiting_packet_survives_the_port_it_came_by(void **state)
{
	struct testnet *t = lab_new(2);
	struct skb *skb;

	skb = lab_packet(t, TESTNET_HOST(1), HOST, 1, 64);
	skb->dev = lab_dev(t, 1);
	neigh_output(skb, lab_dev(t, 0), HOST);
	skb = lab_packet(t, TESTNET_ROUTER(0), HOST, 2, 64);
	assert_null(skb->dev);
	neigh_output(skb, lab_dev(t, 0), HOST);
	assert_ptr_equal(skb->dev, lab_dev(t, 0));
	netdev_unregister(lab_dev(t, 1));
	assert_ptr_equal(lab_find(t, 0, HOST)->parked.first->dev,
			 lab_dev(t, 0));
	testnet_advance(t, 4 * S_NS);
	assert_int_equal(lab_unresolved.count, 2);
	assert_int_equal(netdev_register(&t->net, lab_dev(t, 1)), OK);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_queue_drops_its_oldest),
		cmocka_unit_test(test_bytes_are_bounded_as_well),
		cmocka_unit_test(test_queue_of_no_length_holds_nothing),
		cmocka_unit_test(test_parked_packets_leave_the_pool_alive),
		cmocka_unit_test(test_the_newest_host_gets_its_place),
		cmocka_unit_test(test_segments_count_for_the_share),
		cmocka_unit_test(test_only_one_sender_of_a_dead_host_is_told),
		cmocka_unit_test(test_all_users_of_a_dead_host_are_told),
		cmocka_unit_test(
			test_silence_beyond_the_router_is_a_host_unreachable),
		cmocka_unit_test(test_own_packet_to_a_silent_host_ends_well),
		cmocka_unit_test(
			test_answering_a_failure_may_evict_the_failed_entry),
		cmocka_unit_test(
			test_waiting_packet_survives_the_port_it_came_by),
		cmocka_unit_test(
			test_removed_entry_drops_what_is_parked_by_name),
		cmocka_unit_test(
			test_going_down_with_parked_packets_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
