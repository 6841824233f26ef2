/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More frames than the box can take, and fewer buffers than it needs: what is
 * for the box itself is found among the rest. The books are checked after
 * every turn.
 */
#include "tests/host/test.h"

#include "net/ipv4/addr.h"
#include "tests/host/host.h"
#include "tests/host/nic_rig.h"

#define BOX 0x0a000001u

static struct nic_rig *
rig_new(enum nic_kind kind)
{
	struct nic_rig *rig = nic_rig_new(
		&(struct nic_rig_config){ .kind = kind, .skb_count = 2048 });
	struct ifaddr address = {
		.local = BOX,
		.peer = BOX,
		.prefix_len = 24,
	};

	assert_int_equal(addr_add(rig->port[0].dev, &address), OK);
	nic_rig_run(rig);
	return rig;
}

/* An ARP question for the box; false: the device has no descriptor. */
static bool
ask(struct nic_rig *rig)
{
	uint8_t frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  2, 8, 6,
		0,    1,    8,	  0,	6,    4,    0, 1, 2, 0, 0,  0, 0, 2,
		10,   0,    0,	  2,	0,    0,    0, 0, 0, 0, 10, 0, 0, 1,
	};

	return nic_model_receive(&rig->port[0].model, frame, sizeof(frame));
}

/* One of many packets that are for others; to is the last byte of whom. */
static bool
pass(struct nic_rig *rig, uint8_t to)
{
	uint8_t frame[60] = {
		2,  0, 0, 0, 0, 1, 2,  0, 0, 0,	 0, 2, 8, 0,  0x45, 0, 0,
		46, 0, 0, 0, 0, 9, 17, 0, 0, 10, 0, 0, 2, 10, 9,    9, to,
	};

	memcpy(frame, rig->port[0].dev->addr, 6);
	return nic_model_receive(&rig->port[0].model, frame, sizeof(frame));
}

/* Until the device has no descriptor left; how many. */
static uint32_t
fill(struct nic_rig *rig)
{
	uint32_t count = 0;

	while (pass(rig, 1))
		count++;
	return count;
}

/* One turn of a box that can do no more than 64 packets in it. */
static void
turn(struct nic_rig *rig)
{
	struct net *net = &rig->net->net;

	net->netdev_budget = 64;
	nic_model_run(&rig->port[0].model);
	net_poll(net, host_clock_ns);
	skb_pool_check(&net_this_core(net)->skb_pool);
}

static uint32_t
lost_turns(struct nic_rig *rig, uint32_t count)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < count; i++) {
		taken += fill(rig);
		turn(rig);
	}
	return taken;
}

static void
an_overloaded_box_looks_for_who_speaks_to_it(void **state)
{
	static const enum nic_kind kinds[] = { NIC_82574L, NIC_82540EM };

	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);
		struct softnet_stats *softnet = &rig->net->net.core[0].softnet;
		uint64_t before;

		/* Nobody speaks to it: all its time is for forwarding. */
		nic_rig_advance(rig, 2000 * MS_NS);
		lost_turns(rig, 100);
		assert_int_equal(nic_rig_drops(rig, DROP_EARLY_BUSY), 0);
		assert_int_equal(softnet->dropped, 0);
		/* Somebody has got through. */
		turn(rig);
		assert_true(ask(rig));
		lost_turns(rig, 10);
		before = nic_rig_drops(rig, DROP_EARLY_BUSY);
		assert_true(before > 0);
		/* As many again as are forwarded, and no more. */
		lost_turns(rig, 100);
		assert_in_range(nic_rig_drops(rig, DROP_EARLY_BUSY) - before,
				90 * PARAM_LOOK_AHEAD, 100 * PARAM_LOOK_AHEAD);
		assert_int_equal(softnet->dropped,
				 nic_rig_drops(rig, DROP_EARLY_BUSY));
		assert_int_equal(rig->port[0].rx_disorder, 0);
		/* A second later it is a mere router again. */
		host_clock_ns += 1100 * MS_NS;
		before = nic_rig_drops(rig, DROP_EARLY_BUSY);
		lost_turns(rig, 100);
		assert_int_equal(nic_rig_drops(rig, DROP_EARLY_BUSY), before);
		nic_rig_free(rig);
	}
}

/* Who goes to other places each time costs twice as much, and who is no IPv4
 * twice that: so many fewer are looked at. */
static void
the_look_ahead_is_bounded_by_what_it_costs(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	uint64_t before;

	lost_turns(rig, 20);
	assert_true(ask(rig));
	lost_turns(rig, 20);
	before = nic_rig_drops(rig, DROP_EARLY_BUSY);
	for (uint32_t i = 0; i < 100; i++) {
		for (uint8_t to = 1; pass(rig, to); to++)
			continue;
		turn(rig);
	}
	assert_in_range(nic_rig_drops(rig, DROP_EARLY_BUSY) - before,
			90 * PARAM_LOOK_AHEAD / 2, 110 * PARAM_LOOK_AHEAD / 2);
	/* Until these are all that there is. */
	for (uint32_t i = 0; i < 5; i++) {
		while (nic_rig_receive(rig, 0, 60))
			continue;
		turn(rig);
	}
	before = nic_rig_drops(rig, DROP_EARLY_BUSY);
	for (uint32_t i = 0; i < 100; i++) {
		while (nic_rig_receive(rig, 0, 60))
			continue;
		turn(rig);
	}
	assert_in_range(nic_rig_drops(rig, DROP_EARLY_BUSY) - before,
			90 * PARAM_LOOK_AHEAD / 4, 110 * PARAM_LOOK_AHEAD / 4);
	nic_rig_free(rig);
}

static void
the_operator_says_how_far_to_look(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	const struct e1000e_soft_stats *soft = &rig->port[0].port->soft;
	uint64_t before, taken;

	rig->net->net.netdev_look_ahead = 150;
	lost_turns(rig, 20);
	assert_true(ask(rig));
	lost_turns(rig, 20);
	before = nic_rig_drops(rig, DROP_EARLY_BUSY);
	lost_turns(rig, 100);
	before = nic_rig_drops(rig, DROP_EARLY_BUSY) - before;
	assert_in_range(before, 14500, 15000);
	/* But what can be forwarded in a turn is left. */
	rig->net->net.netdev_look_ahead = 4096;
	taken = soft->rx_packets;
	lost_turns(rig, 100);
	assert_int_equal(soft->rx_packets - taken, 6400);
	rig->net->net.netdev_look_ahead = 0;
	before = nic_rig_drops(rig, DROP_EARLY_BUSY);
	lost_turns(rig, 100);
	assert_int_equal(nic_rig_drops(rig, DROP_EARLY_BUSY), before);
	nic_rig_free(rig);
}

/* Questions are answered, however deep in the ring they lie. */
static void
the_vital_are_taken_in_their_order(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	uint64_t sent = rig->port[0].tx_count, asked = 0;

	lost_turns(rig, 20);
	for (unsigned int i = 0; i < 50; i++) {
		for (unsigned int j = 0; j < 20; j++)
			nic_rig_receive(rig, 0, 60);
		asked += ask(rig);
		fill(rig);
		turn(rig);
	}
	nic_rig_run(rig);
	assert_true(asked > 45);
	assert_int_equal(rig->port[0].tx_count - sent, asked);
	assert_true(nic_rig_drops(rig, DROP_EARLY_BUSY) > 1000);
	nic_rig_free(rig);
}

/* A burst that fills the ring is no overload. */
static void
bursts_are_taken_whole(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	uint32_t count;

	for (unsigned int i = 0; i < 100; i++) {
		assert_true(ask(rig));
		count = fill(rig);
		assert_true(count > 200);
		nic_rig_run(rig);
	}
	assert_int_equal(nic_rig_drops(rig, DROP_EARLY_BUSY), 0);
	nic_rig_free(rig);
}

static void
give_back(void *taken)
{
	struct skb *skb = taken, *next;

	host_gone(taken);
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = NULL;
		skb_consume(skb);
	}
}

/* All buffers but so many are somewhere else. */
static struct skb *
take(struct skb_pool *pool, uint32_t leave)
{
	struct skb *taken = NULL, *skb;

	while (pool->free_count > leave && (skb = skb_alloc(pool))) {
		skb->next = taken;
		taken = skb;
	}
	host_born(give_back, taken);
	return taken;
}

static void
the_last_buffers_are_for_the_vital(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	uint32_t reserve = netdev_reserve(port->dev);
	struct skb *taken = take(port->dev->pool, reserve);
	uint64_t sent = port->tx_count;

	for (unsigned int i = 0; i < 1000; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
	}
	assert_int_equal(nic_rig_drops(rig, DROP_EARLY_MEMORY), 1000);
	assert_int_equal(port->dev->pool->free_count, reserve);
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(ask(rig));
		nic_rig_receive(rig, 0, 60);
		nic_rig_run(rig);
	}
	assert_int_equal(port->tx_count - sent, 100);
	/* A ring full of both is emptied, too. */
	fill(rig);
	nic_rig_run(rig);
	assert_false(e1000e_rx_waiting(port->port));
	give_back(taken);
	sent = port->rx_count;
	assert_true(nic_rig_receive(rig, 0, 60));
	nic_rig_run(rig);
	assert_int_equal(port->rx_count, sent + 1);
	nic_rig_free(rig);
}

/* A turn does not dig into the reserve half-way through. */
static void
the_reserve_is_not_touched_by_a_burst(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	uint32_t reserve = netdev_reserve(port->dev), low;
	struct skb *taken = take(port->dev->pool, reserve + 10);

	port->dev->pool->free_count_min = UINT32_MAX;
	fill(rig);
	nic_rig_run(rig);
	low = port->dev->pool->free_count_min;
	assert_true(low >= reserve);
	give_back(taken);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overloaded_box_looks_for_who_speaks_to_it),
		cmocka_unit_test(the_look_ahead_is_bounded_by_what_it_costs),
		cmocka_unit_test(the_operator_says_how_far_to_look),
		cmocka_unit_test(the_vital_are_taken_in_their_order),
		cmocka_unit_test(bursts_are_taken_whole),
		cmocka_unit_test(the_last_buffers_are_for_the_vital),
		cmocka_unit_test(the_reserve_is_not_touched_by_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
