/* SPDX-License-Identifier: BSD-2-Clause */
/* The operator's commands, and what happens to interfaces. */
#include "tests/unit/net/neigh/lab.h"

#define HOST TESTNET_HOST(0)

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0xa, 1 };
static const uint8_t mac_b[6] = { 2, 0, 0, 0, 0xb, 2 };

/* ---- add, replace, change, delete --------------------------------------- */

enum verb { ADD, REPLACE, CHANGE };

static enum status
set(struct testnet *t, enum verb verb, const uint8_t *mac,
    enum neigh_state state)
{
	return neigh_set(&t->net, lab_dev(t, 0), HOST, mac, state,
			 verb != CHANGE, verb == ADD);
}

static void
test_verbs_with_and_without_an_entry(void **state)
{
	struct testnet *t = lab_new(1);

	assert_int_equal(set(t, CHANGE, mac_a, NEIGH_PERMANENT), ERR_NOENT);
	assert_int_equal(neigh_delete(&t->net, lab_dev(t, 0), HOST), ERR_NOENT);
	assert_int_equal(set(t, ADD, mac_a, NEIGH_PERMANENT), OK);
	assert_int_equal(set(t, ADD, mac_b, NEIGH_PERMANENT), ERR_EXIST);
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, mac_a, 6);
	assert_int_equal(set(t, CHANGE, mac_b, NEIGH_STALE), OK);
	assert_state(t, 0, HOST, "STALE");
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, mac_b, 6);
	assert_int_equal(set(t, REPLACE, mac_a, NEIGH_REACHABLE), OK);
	assert_state(t, 0, HOST, "REACHABLE");
	assert_int_equal(neigh_delete(&t->net, lab_dev(t, 0), HOST), OK);
	assert_state(t, 0, HOST, "absent");
	assert_int_equal(set(t, REPLACE, mac_a, NEIGH_NOARP), OK);
	lab_free(t);
}

static void
test_lladdr_may_be_left_out_if_there_is_one(void **state)
{
	struct testnet *t = lab_new(1);

	assert_int_equal(set(t, ADD, NULL, NEIGH_PERMANENT), ERR_INVAL);
	assert_state(t, 0, HOST, "absent");
	lab_send(t, 0, HOST, 1);
	assert_int_equal(set(t, CHANGE, NULL, NEIGH_PERMANENT), ERR_INVAL);
	assert_state(t, 0, HOST, "INCOMPLETE");
	lab_reply(t, 0, HOST);
	assert_int_equal(set(t, CHANGE, NULL, NEIGH_PERMANENT), OK);
	assert_state(t, 0, HOST, "PERMANENT");
	lab_check(t);
	lab_free(t);
}

static void
test_states_that_cannot_be_set(void **state)
{
	struct testnet *t = lab_new(1);

	assert_int_equal(set(t, ADD, mac_a, NEIGH_NONE), ERR_INVAL);
	assert_int_equal(set(t, ADD, mac_a, NEIGH_INCOMPLETE), ERR_INVAL);
	assert_int_equal(set(t, ADD, mac_a, NEIGH_STATE_COUNT), ERR_INVAL);
	assert_state(t, 0, HOST, "absent");
	lab_free(t);
}

static void
test_each_state_that_can_be_set_lives_on(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	assert_int_equal(set(t, ADD, mac_a, NEIGH_PROBE), OK);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ASKS_HIM);
	assert_memory_equal(frame.eth.dst, mac_a, 6);
	lab_reply_as(t, 0, HOST, mac_a);
	assert_state(t, 0, HOST, "REACHABLE");
	testnet_advance(t, MS_NS);
	assert_int_equal(set(t, CHANGE, NULL, NEIGH_DELAY), OK);
	testnet_advance(t, 5 * S_NS + MS_NS);
	assert_state(t, 0, HOST, "PROBE");
	assert_int_equal(set(t, CHANGE, NULL, NEIGH_FAILED), OK);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(t->net.neigh.res_failed, 1);
	assert_int_equal(set(t, CHANGE, mac_a, NEIGH_STALE), OK);
	/* Not an answer, but no stranger's word either. */
	assert_int_equal(lab_find(t, 0, HOST)->rank, NEIGH_RANK_STALE);
	testnet_advance(t, 600 * S_NS);
	assert_state(t, 0, HOST, "STALE");
	lab_free(t);
}

static void
test_setting_an_address_releases_what_waits_for_it(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;

	lab_send(t, 0, HOST, 7);
	lab_hush(t);
	assert_int_equal(set(t, REPLACE, mac_b, NEIGH_PERMANENT), OK);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, DATA);
	assert_int_equal(frame.ip.id, 7);
	assert_memory_equal(frame.eth.dst, mac_b, 6);
	testnet_advance(t, 600 * S_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_state(t, 0, HOST, "PERMANENT");
	lab_free(t);
}

static void
test_setting_failed_ends_what_waits(void **state)
{
	struct testnet *t = lab_new(1);

	lab_send(t, 0, HOST, 7);
	assert_int_equal(set(t, REPLACE, NULL, NEIGH_FAILED), OK);
	assert_int_equal(lab_unresolved.count, 1);
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 0), HOST + 1, NULL,
				   NEIGH_FAILED, true, true),
			 OK);
	assert_state(t, 0, HOST + 1, "FAILED");
	lab_free(t);
}

static void
test_flush_spares_what_the_operator_set(void **state)
{
	struct testnet *t = lab_new(2);

	assert_int_equal(set(t, ADD, mac_a, NEIGH_PERMANENT), OK);
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 0), HOST + 1, mac_a,
				   NEIGH_NOARP, true, true),
			 OK);
	lab_resolve(t, 0, HOST + 2);
	lab_send(t, 0, HOST + 3, 1);
	lab_resolve(t, 1, TESTNET_HOST(1));
	assert_int_equal(neigh_flush(&t->net, lab_dev(t, 0)), 2);
	assert_int_equal(neigh_flush(&t->net, lab_dev(t, 0)), 0);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 1);
	assert_state(t, 1, TESTNET_HOST(1), "REACHABLE");
	assert_int_equal(neigh_flush(&t->net, NULL), 1);
	assert_int_equal(t->net.neigh.entry_count, 2);
	lab_free(t);
}

/* ---- interfaces --------------------------------------------------------- */

/* One entry of every kind on port 0, one on port 1. */
static void
populate(struct testnet *t)
{
	assert_int_equal(set(t, ADD, mac_a, NEIGH_PERMANENT), OK);
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 0), HOST + 1, mac_a,
				   NEIGH_NOARP, true, true),
			 OK);
	lab_resolve(t, 0, HOST + 2);
	lab_send(t, 0, HOST + 3, 1);
	lab_send(t, 0, HOST + 3, 2);
	lab_resolve(t, 1, TESTNET_HOST(1));
	lab_hush(t);
}

static void
test_interface_down_takes_all_its_entries(void **state)
{
	struct testnet *t = lab_new(2);

	populate(t);
	netdev_down(lab_dev(t, 0));
	assert_int_equal(t->net.neigh.entry_count, 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 2);
	assert_state(t, 1, TESTNET_HOST(1), "REACHABLE");
	/* Entries may be set while it is down; packets die by name. */
	assert_int_equal(set(t, ADD, mac_a, NEIGH_PERMANENT), OK);
	lab_send(t, 0, HOST, 3);
	assert_int_equal(testnet_drops(t, DROP_DEV_DOWN), 1);
	assert_int_equal(netdev_up(lab_dev(t, 0)), OK);
	lab_hush(t);
	lab_send(t, 0, HOST, 4);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	lab_free(t);
}

static void
test_carrier_loss_keeps_permanent_entries(void **state)
{
	struct testnet *t = lab_new(2);

	populate(t);
	testnet_carrier(t, 0, false);
	assert_int_equal(t->net.neigh.entry_count, 2);
	assert_state(t, 0, HOST, "PERMANENT");
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 2);
	testnet_carrier(t, 0, true);
	lab_hush(t);
	lab_send(t, 0, HOST, 4);
	assert_int_equal(lab_next_kind(t, 0), DATA);
	lab_free(t);
}

/* arp_evict_nocarrier: if all and the interface say so. */
static void
test_carrier_loss_may_keep_all_entries(void **state)
{
	struct testnet *t = lab_new(2);

	for (unsigned int i = 0; i < 2; i++) {
		lab_resolve(t, i, TESTNET_ADDR(i, 7));
		if (i == 0)
			t->net.conf[lab_dev(t, i)->ifindex]
				.arp_evict_nocarrier = 0;
		testnet_carrier(t, i, false);
	}
	assert_state(t, 0, TESTNET_ADDR(0, 7), "REACHABLE");
	assert_state(t, 1, TESTNET_ADDR(1, 7), "absent");
	testnet_carrier(t, 1, true);
	lab_resolve(t, 1, TESTNET_ADDR(1, 7));
	t->net.conf_all.arp_evict_nocarrier = 0;
	testnet_carrier(t, 1, false);
	assert_state(t, 1, TESTNET_ADDR(1, 7), "REACHABLE");
	lab_free(t);
}

/* ip neigh add A dev X use: asked for without a packet. */
static void
test_the_operator_has_somebody_asked_for(void **state)
{
	struct testnet *t = lab_new(1);
	struct netdev *dev = lab_dev(t, 0);
	uint32_t addr = TESTNET_ADDR(0, 7);

	assert_int_equal(neigh_use(dev, addr), OK);
	assert_state(t, 0, addr, "INCOMPLETE");
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_reply(t, 0, addr);
	assert_state(t, 0, addr, "REACHABLE");
	testnet_advance(t, 60 * S_NS);
	assert_state(t, 0, addr, "STALE");
	assert_int_equal(neigh_use(dev, addr), OK);
	assert_state(t, 0, addr, "DELAY");
	testnet_advance(t, 9 * S_NS);
	assert_state(t, 0, addr, "FAILED");
	assert_int_equal(neigh_use(dev, addr), OK);
	assert_state(t, 0, addr, "INCOMPLETE");
	netdev_down(dev);
	assert_int_equal(neigh_use(dev, addr), ERR_INVAL);
	assert_int_equal(neigh_use(&t->net.loopback, addr), ERR_INVAL);
	lab_free(t);
}

static void
test_new_mac_forgets_all_neighbours(void **state)
{
	struct testnet *t = lab_new(2);

	populate(t);
	assert_int_equal(netdev_set_addr(lab_dev(t, 0), mac_b), OK);
	assert_int_equal(t->net.neigh.entry_count, 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 2);
	lab_free(t);
}

/* What ARP found is nothing without it, what was made without it nothing with
 * it. */
static void
test_arp_switched_off_or_on_forgets_all_neighbours(void **state)
{
	struct testnet *t = lab_new(2);

	populate(t);
	netdev_set_flag(lab_dev(t, 0), NETDEV_NOARP, true);
	assert_int_equal(t->net.neigh.entry_count, 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_DEAD), 2);
	assert_int_equal(set(t, ADD, mac_a, NEIGH_PERMANENT), OK);
	netdev_set_flag(lab_dev(t, 0), NETDEV_NOARP, true);
	assert_int_equal(t->net.neigh.entry_count, 2);
	netdev_set_flag(lab_dev(t, 0), NETDEV_NOARP, false);
	assert_int_equal(t->net.neigh.entry_count, 1);
	lab_free(t);
}

static void
test_interface_that_leaves_takes_tunables_along(void **state)
{
	struct testnet *t = lab_new(2);
	struct netdev *dev = lab_dev(t, 1);
	uint8_t index = dev->ifindex;

	t->net.neigh.dev_param[index].mcast_solicit = 9;
	lab_resolve(t, 1, TESTNET_HOST(1));
	lab_send(t, 1, TESTNET_ADDR(1, 9), 1);
	/* What was set while it was down goes, too. */
	netdev_down(dev);
	assert_int_equal(neigh_set(&t->net, dev, TESTNET_HOST(1), mac_a,
				   NEIGH_PERMANENT, true, true),
			 OK);
	netdev_unregister(dev);
	assert_int_equal(t->net.neigh.entry_count, 0);
	assert_int_equal(netdev_register(&t->net, dev), OK);
	assert_int_equal(dev->ifindex, index);
	assert_int_equal(t->net.neigh.dev_param[index].mcast_solicit,
			 NEIGH_PARAM_UNSET);
	lab_free(t);
}

static void
test_mtu_and_name_mean_nothing_to_neighbours(void **state)
{
	struct testnet *t = lab_new(2);

	populate(t);
	assert_int_equal(netdev_set_mtu(lab_dev(t, 0), 9000), OK);
	assert_int_equal(t->net.neigh.entry_count, 5);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs_with_and_without_an_entry),
		cmocka_unit_test(test_lladdr_may_be_left_out_if_there_is_one),
		cmocka_unit_test(test_states_that_cannot_be_set),
		cmocka_unit_test(test_each_state_that_can_be_set_lives_on),
		cmocka_unit_test(
			test_setting_an_address_releases_what_waits_for_it),
		cmocka_unit_test(test_setting_failed_ends_what_waits),
		cmocka_unit_test(test_flush_spares_what_the_operator_set),
		cmocka_unit_test(test_interface_down_takes_all_its_entries),
		cmocka_unit_test(test_carrier_loss_keeps_permanent_entries),
		cmocka_unit_test(test_carrier_loss_may_keep_all_entries),
		cmocka_unit_test(test_the_operator_has_somebody_asked_for),
		cmocka_unit_test(test_new_mac_forgets_all_neighbours),
		cmocka_unit_test(
			test_arp_switched_off_or_on_forgets_all_neighbours),
		cmocka_unit_test(
			test_interface_that_leaves_takes_tunables_along),
		cmocka_unit_test(test_mtu_and_name_mean_nothing_to_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
