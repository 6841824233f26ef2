/* SPDX-License-Identifier: BSD-2-Clause */
/* Interfaces: counters of users, queues, what cannot be sent, events. */

#include "net/netdev.h"

#include "net/eth.h"
#include "net/net.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

static struct skb *
frame(struct testnet *t, size_t len)
{
	struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);

	assert_non_null(skb);
	memset(skb_put(skb, len), 0xaa, len);
	return skb;
}

static void
a_stopped_ring_queues_and_a_wake_sends_in_order(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	uint64_t before = dev->stats.tx_packets;

	testnet_room(t, 0, 2);
	for (size_t len = 60; len < 65; len++)
		netdev_output(dev, frame(t, len));
	assert_int_equal(testnet_count(t, 0), 2);
	assert_int_equal(dev->txq.count, 3);
	testnet_room(t, 0, UINT32_MAX);
	netdev_tx_wake(dev);
	assert_int_equal(dev->txq.count, 0);
	for (uint32_t len = 60; len < 65; len++)
		assert_int_equal(testnet_next(t, 0)->len, len);
	assert_null(testnet_next(t, 0));
	assert_int_equal(dev->stats.tx_packets - before, 5);
}

/* A command sends between two turns: the owner must not halt before the device
 * has heard of it. */
static void
what_was_sent_between_two_turns_asks_for_one(void **state)
{
	struct testnet *t = *state;

	assert_false(net_poll(&t->net, t->net.now_ns));
	assert_false(net_pending(&t->net));
	netdev_output(&t->port[0].dev, frame(t, 60));
	assert_true(net_pending(&t->net));
	assert_false(net_poll(&t->net, t->net.now_ns));
	assert_false(net_pending(&t->net));
	assert_int_equal(testnet_next(t, 0)->len, 60);
}

static void
a_full_queue_drops_by_name(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;

	dev->txqlen = 3;
	testnet_room(t, 0, 0);
	netdev_tx_stop(dev);
	for (int i = 0; i < 5; i++)
		netdev_output(dev, frame(t, 60));
	assert_int_equal(dev->txq.count, 3);
	assert_int_equal(testnet_drops(t, DROP_RING_FULL), 2);
	assert_int_equal(dev->stats.tx_dropped, 2);
	netdev_down(dev);
	assert_int_equal(testnet_drops(t, DROP_DEV_DOWN), 3);
}

/* What the box says itself finds room that what it forwards has not. */
static void
a_full_queue_has_room_for_our_own(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	struct skb *skb;

	dev->txqlen = 16;
	testnet_room(t, 0, 0);
	netdev_tx_stop(dev);
	for (int i = 0; i < 20; i++) {
		skb = skb_alloc_rx(dev->pool);
		skb_received(skb, &t->port[1].dev, 60);
		netdev_output(dev, skb);
	}
	assert_int_equal(dev->txq.count, 14);
	assert_int_equal(testnet_drops(t, DROP_RING_FULL), 6);
	for (int i = 0; i < 3; i++)
		netdev_output(dev, frame(t, 60));
	assert_int_equal(dev->txq.count, 16);
	assert_int_equal(testnet_drops(t, DROP_RING_FULL), 7);
}

/* However long it may be, a queue leaves half of the buffers to others. */
static void
a_queue_leaves_buffers_to_others(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	uint32_t free_count = dev->pool->free_count;

	dev->txqlen = 1u << 20;
	testnet_room(t, 0, 0);
	netdev_tx_stop(dev);
	for (uint32_t i = 0; i < free_count; i++)
		netdev_output(dev, frame(t, 60));
	assert_in_range(dev->txq.count, free_count / 2 - 1, free_count / 2 + 1);
	assert_int_equal(testnet_drops(t, DROP_TXQ_SHARE),
			 free_count - dev->txq.count);
	assert_int_equal(dev->stats.tx_dropped, free_count - dev->txq.count);
}

/* covers: R1812-010, R1812-012 */
static void
nothing_leaves_a_port_that_is_down_or_without_link(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;

	testnet_carrier(t, 0, false);
	netdev_output(dev, frame(t, 60));
	assert_int_equal(testnet_drops(t, DROP_DEV_NO_CARRIER), 1);
	netdev_down(dev);
	netdev_output(dev, frame(t, 60));
	assert_int_equal(testnet_drops(t, DROP_DEV_DOWN), 1);
	assert_int_equal(testnet_count(t, 0), 0);
}

static void
a_packet_in_too_many_pieces_drops_by_name(void **state)
{
	struct testnet *t = *state;
	struct skb *skb = frame(t, 60);

	for (unsigned int i = 1; i < NETDEV_SEGMENTS_MAX; i++)
		skb_append(skb, frame(t, 1));
	netdev_output(&t->port[0].dev, skb);
	assert_int_equal(testnet_count(t, 0), 1);

	skb = frame(t, 60);
	for (unsigned int i = 0; i < NETDEV_SEGMENTS_MAX; i++)
		skb_append(skb, frame(t, 1));
	netdev_output(&t->port[0].dev, skb);
	assert_int_equal(testnet_drops(t, DROP_TX_SEGMENTS), 1);
}

static void
no_room_for_a_header_drops_by_name(void **state)
{
	struct testnet *t = *state;
	struct skb *skb = frame(t, 60);

	skb_push(skb, PARAM_SKB_HEADROOM - ETH_HEADER_LEN + 1);
	eth_output(skb, &t->port[0].dev, eth_broadcast, ETHERTYPE_IPV4);
	assert_int_equal(testnet_drops(t, DROP_HEADROOM), 1);
}

static void
promiscuity_is_counted(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;

	netdev_set_promiscuous(dev, true);
	netdev_set_promiscuous(dev, true);
	netdev_set_promiscuous(dev, false);
	assert_int_equal(dev->promiscuity, 1);
	netdev_set_promiscuous(dev, false);
	netdev_set_promiscuous(dev, false); /* one too many changes nothing */
	assert_int_equal(dev->promiscuity, 0);
}

static void
groups_are_counted(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	const uint8_t group[] = { 1, 0, 0x5e, 1, 2, 3 };

	assert_int_equal(netdev_multicast_add(dev, group), OK);
	assert_int_equal(netdev_multicast_add(dev, group), OK);
	assert_int_equal(netdev_multicast_remove(dev, group), OK);
	assert_int_equal(netdev_multicast_remove(dev, group), OK);
	assert_int_equal(netdev_multicast_remove(dev, group), ERR_NOENT);
}

static void
names_are_checked(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;

	assert_int_equal(netdev_rename(dev, "wan"), ERR_BUSY);
	netdev_down(dev);
	assert_int_equal(netdev_rename(dev, "eth1"), ERR_EXIST);
	assert_int_equal(netdev_rename(dev, ""), ERR_INVAL);
	assert_int_equal(netdev_rename(dev, "a/b"), ERR_INVAL);
	assert_int_equal(netdev_rename(dev, "a-name-too-long-for-it"),
			 ERR_INVAL);
	assert_int_equal(netdev_rename(dev, "wan"), OK);
	assert_ptr_equal(netdev_find(&t->net, "wan"), dev);
	assert_null(netdev_find(&t->net, "eth0"));
}

/* covers: R1812-007, R1812-008, H1122-068 */
static void
addresses_and_mtu_are_checked(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	const uint8_t zero[6] = { 0 }, group[6] = { 1 };

	assert_int_equal(netdev_set_addr(dev, zero), ERR_INVAL);
	assert_int_equal(netdev_set_addr(dev, group), ERR_INVAL);
	assert_int_equal(netdev_set_mtu(dev, dev->mtu_min - 1), ERR_RANGE);
	assert_int_equal(netdev_set_mtu(dev, dev->mtu_max + 1), ERR_RANGE);
	assert_int_equal(netdev_set_mtu(dev, dev->mtu_min), OK);
}

struct counting_tap {
	struct netdev_tap tap;
	unsigned int in, out;
};

static void
count_frame(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct counting_tap *count = (struct counting_tap *)tap;

	count->in += !outgoing;
	count->out += outgoing;
}

static void
a_tap_sees_both_ways_and_takes_nothing(void **state)
{
	struct testnet *t = *state;
	struct counting_tap count = { .tap.frame = count_frame };
	struct netdev *dev = &t->port[0].dev;
	uint8_t bytes[60] = { 0xff };

	netdev_tap_add(dev, &count.tap);
	netdev_output(dev, frame(t, 60));
	assert_true(testnet_inject(t, 0, bytes, sizeof(bytes)));
	assert_int_equal(count.in, 1);
	assert_int_equal(count.out, 1);
	netdev_tap_remove(dev, &count.tap);
	netdev_output(dev, frame(t, 60));
	assert_int_equal(count.out, 1);
	assert_int_equal(testnet_count(t, 0), 2);
}

struct watching {
	struct net_watcher watcher;
	unsigned int seen[16];
};

static void
watch(struct net_watcher *watcher, struct netdev *dev, enum netdev_event event)
{
	((struct watching *)watcher)->seen[event]++;
}

static void
each_change_is_told_once(void **state)
{
	struct testnet *t = *state;
	struct watching w = { .watcher.netdev = watch };
	struct netdev *dev = &t->port[0].dev;

	list_add_last(&t->net.watchers, &w.watcher.link);
	testnet_carrier(t, 0, false);
	testnet_carrier(t, 0, false);
	testnet_carrier(t, 0, true);
	netdev_down(dev);
	netdev_down(dev);
	assert_int_equal(netdev_up(dev), OK);
	assert_int_equal(netdev_up(dev), OK);
	assert_int_equal(netdev_set_mtu(dev, 1400), OK);
	assert_int_equal(netdev_set_mtu(dev, 1400), OK);
	list_remove(&w.watcher.link);
	assert_int_equal(w.seen[NETDEV_EVENT_CARRIER], 2);
	assert_int_equal(w.seen[NETDEV_EVENT_DOWN], 1);
	assert_int_equal(w.seen[NETDEV_EVENT_UP], 1);
	assert_int_equal(w.seen[NETDEV_EVENT_MTU], 1);
	assert_int_equal(dev->stats.carrier_changes, 2);
}

static void
a_flood_to_ourselves_has_a_name(void **state)
{
	struct testnet *t = *state;
	struct netdev *lo = &t->net.loopback;

	lo->txqlen = 4;
	for (int i = 0; i < 6; i++)
		netdev_output(lo, frame(t, 60));
	assert_int_equal(testnet_drops(t, DROP_BACKLOG_FULL), 2);
	testnet_run(t);
	assert_int_equal(t->net.loopback_queue.count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Each look at the clock finds it a millisecond on. */
static uint64_t slow_clock_ns;

static uint64_t
slow_clock(void)
{
	return slow_clock_ns += MS_NS;
}

static uint32_t
never_drained(struct napi *napi, uint32_t budget)
{
	napi_schedule(napi);
	return 1;
}

/* A source that always has more ends its turn by count or by time. */
static void
packets_have_their_share_of_a_turn(void **state)
{
	struct testnet *t = *state;
	struct net *net = &t->net;
	struct napi napi;
	uint64_t squeezed = net->core[0].softnet.time_squeeze;

	assert_int_equal(napi_add(&napi, &t->port[0].dev, never_drained, 0),
			 OK);
	napi_schedule(&napi);
	net->netdev_budget = 10;
	assert_true(net_poll(net, net->now_ns));
	assert_int_equal(napi.poll_count, 10);
	net->clock_ns = slow_clock;
	net->netdev_budget_usecs = 3000;
	slow_clock_ns = net->now_ns;
	assert_true(net_poll(net, net->now_ns));
	assert_int_equal(napi.poll_count, 10 + 3);
	/* However late it is, one source gets on. */
	slow_clock_ns = net->now_ns + S_NS;
	assert_true(net_poll(net, net->now_ns));
	assert_int_equal(napi.poll_count, 10 + 3 + 1);
	assert_int_equal(net->core[0].softnet.time_squeeze, squeezed + 3);
	napi_complete(&napi);
	napi_remove(&napi);
	net->clock_ns = NULL;
}

static enum status
refuse_mtu(struct netdev *dev, uint32_t mtu)
{
	return ERR_IO;
}

static enum status
refuse_addr(struct netdev *dev, const uint8_t *addr)
{
	return ERR_IO;
}

/* What a device refuses, or has no means for, stays as it was. */
static void
a_device_may_refuse(void **state)
{
	static const uint8_t addr[] = { 2, 0, 0, 0, 0, 0x77 };
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;
	const struct netdev_ops *ops = dev->ops;
	struct netdev_ops other = *ops;
	uint8_t before[ETH_ADDR_LEN];
	uint32_t mtu = dev->mtu;

	memcpy(before, dev->addr, sizeof(before));
	dev->ops = &other;
	other.set_mtu = refuse_mtu;
	other.set_addr = refuse_addr;
	assert_int_equal(netdev_set_mtu(dev, mtu - 100), ERR_IO);
	assert_int_equal(netdev_set_addr(dev, addr), ERR_IO);
	other.set_mtu = NULL;
	other.set_addr = NULL;
	assert_int_equal(netdev_set_addr(dev, addr), ERR_UNSUPPORTED);
	assert_int_equal(dev->mtu, mtu);
	assert_memory_equal(dev->addr, before, sizeof(before));
	/* Without a means of its own any MTU within the limits will do. */
	assert_int_equal(netdev_set_mtu(dev, mtu - 100), OK);
	assert_int_equal(dev->mtu, mtu - 100);
	dev->ops = ops;
}

/* Set by the operator, once, however often he says so. */
static void
modes_are_set_once(void **state)
{
	struct testnet *t = *state;
	struct netdev *dev = &t->port[0].dev;

	netdev_set_mode(dev, NETDEV_ALLMULTI, true);
	netdev_set_mode(dev, NETDEV_ALLMULTI, true);
	netdev_set_mode(dev, NETDEV_PROMISC, true);
	assert_int_equal(dev->allmulti, 1);
	assert_int_equal(dev->promiscuity, 1);
	netdev_set_mode(dev, NETDEV_ALLMULTI, false);
	netdev_set_mode(dev, NETDEV_PROMISC, false);
	netdev_set_mode(dev, NETDEV_PROMISC, false);
	assert_int_equal(dev->allmulti, 0);
	assert_int_equal(dev->promiscuity, 0);
}

/* There is an end to interfaces, and to who may be polled. */
static void
tables_of_devices_have_an_end(void **state)
{
	static struct netdev extra[PARAM_NETDEVS_MAX];
	static struct napi napi[65];
	struct testnet *t = *state;
	uint32_t count = 0, polls = 0;

	memset(extra, 0, sizeof(extra));
	for (; count < array_len(extra); count++) {
		extra[count].ops = t->port[0].dev.ops;
		extra[count].mtu = 1500;
		if (netdev_register(&t->net, &extra[count]) != OK)
			break;
	}
	/* lo and two ports are there already. */
	assert_int_equal(count, PARAM_NETDEVS_MAX - 3);
	assert_int_equal(netdev_register(&t->net, &extra[count]), ERR_RANGE);
	assert_null(netdev_by_index(&t->net, PARAM_NETDEVS_MAX + 1));
	while (count > 0)
		netdev_unregister(&extra[--count]);
	while (polls < array_len(napi) &&
	       napi_add(&napi[polls], &t->port[0].dev, NULL, 16) == OK)
		polls++;
	assert_in_range(polls, 1, array_len(napi) - 1);
	assert_int_equal(napi[0].weight, 16);
	while (polls > 0)
		napi_remove(&napi[--polls]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stopped_ring_queues_and_a_wake_sends_in_order),
		T(what_was_sent_between_two_turns_asks_for_one),
		T(a_full_queue_drops_by_name),
		T(a_full_queue_has_room_for_our_own),
		T(a_queue_leaves_buffers_to_others),
		T(nothing_leaves_a_port_that_is_down_or_without_link),
		T(a_packet_in_too_many_pieces_drops_by_name),
		T(no_room_for_a_header_drops_by_name),
		T(promiscuity_is_counted),
		T(groups_are_counted),
		T(names_are_checked),
		T(addresses_and_mtu_are_checked),
		T(a_tap_sees_both_ways_and_takes_nothing),
		T(each_change_is_told_once),
		T(a_flood_to_ourselves_has_a_name),
		T(packets_have_their_share_of_a_turn),
		T(a_device_may_refuse),
		T(modes_are_set_once),
		T(tables_of_devices_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
