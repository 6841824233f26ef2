/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames the device lets through, as the model's filters judge. */
#include "tests/host/test.h"

#include "tests/host/nic_rig.h"

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t stranger[6] = { 0x52, 0x54, 0, 0, 0, 0x77 };
static const uint8_t all_hosts[6] = { 0x01, 0x00, 0x5e, 0, 0, 1 };

static struct nic_rig *
rig_new(void)
{
	return nic_rig_new(&(struct nic_rig_config){ 0 });
}

static void
hash_is_the_datasheet_s(void **state)
{
	static const struct {
		uint8_t addr[6];
		uint32_t hash;
	} cases[] = {
		{ { 0x01, 0x00, 0x5e, 0, 0, 0x01 }, 0x010 },
		{ { 0x33, 0x33, 0, 0, 0, 0x01 }, 0x010 },
		{ { 0x01, 0x00, 0x5e, 0, 0, 0xfb }, 0xfb0 },
	};

	for (size_t i = 0; i < array_len(cases); i++)
		assert_int_equal(e1000e_filter_hash(cases[i].addr),
				 cases[i].hash);
}

static void
own_and_broadcast_by_default(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	/* What the stack joins by itself is not the question. */
	while (!list_empty(&dev->multicast))
		(void)netdev_multicast_remove(
			dev, list_entry(dev->multicast.next,
					struct netdev_multicast, link)
				     ->addr);
	assert_true(nic_rig_receive(rig, 0, 60));
	assert_true(nic_rig_receive_to(rig, 0, broadcast, 60));
	assert_false(nic_rig_receive_to(rig, 0, stranger, 60));
	assert_false(nic_rig_receive_to(rig, 0, all_hosts, 60));
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, 2);
	nic_rig_free(rig);
}

/* Two listeners: the first to go does not take it from the other. */
static void
promiscuity_is_counted(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	netdev_set_promiscuous(dev, true);
	netdev_set_promiscuous(dev, true);
	assert_true(nic_rig_receive_to(rig, 0, stranger, 60));
	netdev_set_promiscuous(dev, false);
	assert_true(nic_rig_receive_to(rig, 0, stranger, 60));
	netdev_set_promiscuous(dev, false);
	assert_false(nic_rig_receive_to(rig, 0, stranger, 60));
	nic_rig_run(rig);
	nic_rig_free(rig);
}

static void
all_multicast(void **state)
{
	static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 9, 9, 9 };
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	assert_false(nic_rig_receive_to(rig, 0, group, 60));
	netdev_set_allmulti(dev, true);
	assert_true(nic_rig_receive_to(rig, 0, group, 60));
	assert_false(nic_rig_receive_to(rig, 0, stranger, 60));
	netdev_set_allmulti(dev, false);
	assert_false(nic_rig_receive_to(rig, 0, group, 60));
	nic_rig_run(rig);
	nic_rig_free(rig);
}

static void
group_of(unsigned int i, uint8_t *addr)
{
	const uint8_t bytes[6] = { 0x01,      0x00, 0x5e, 1, (uint8_t)(i * 16),
				   (uint8_t)i };

	memcpy(addr, bytes, 6);
}

/* Fourteen exact entries, then the hash table; leaving closes both. */
static void
groups_beyond_the_exact_entries_are_hashed(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint8_t addr[6];
	bool hashed = false;

	for (unsigned int i = 0; i < 40; i++) {
		group_of(i, addr);
		assert_false(nic_rig_receive_to(rig, 0, addr, 60));
		assert_int_equal(netdev_multicast_add(dev, addr), OK);
		for (unsigned int n = 0; n <= i; n++) {
			group_of(n, addr);
			assert_true(nic_rig_receive_to(rig, 0, addr, 60));
		}
		nic_rig_run(rig);
	}
	for (unsigned int i = 0; i < MTA_WORDS; i++)
		hashed |= rig->port[0].model.reg[REG_MTA / 4 + i] != 0;
	assert_true(hashed);
	for (unsigned int i = 0; i < 40; i++) {
		group_of(i, addr);
		assert_int_equal(netdev_multicast_remove(dev, addr), OK);
		assert_false(nic_rig_receive_to(rig, 0, addr, 60));
	}
	for (unsigned int i = 0; i < MTA_WORDS; i++)
		assert_int_equal(rig->port[0].model.reg[REG_MTA / 4 + i], 0);
	nic_rig_free(rig);
}

static void
filters_survive_a_restart(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint8_t addr[6];

	rig->port[0].model.strong_reset = true;
	for (unsigned int i = 0; i < 20; i++) {
		group_of(i, addr);
		assert_int_equal(netdev_multicast_add(dev, addr), OK);
	}
	netdev_set_promiscuous(dev, true);
	e1000e_restart(rig->port[0].port);
	assert_true(nic_rig_receive_to(rig, 0, stranger, 60));
	netdev_set_promiscuous(dev, false);
	assert_false(nic_rig_receive_to(rig, 0, stranger, 60));
	for (unsigned int i = 0; i < 20; i++) {
		group_of(i, addr);
		assert_true(nic_rig_receive_to(rig, 0, addr, 60));
	}
	nic_rig_run(rig);
	nic_rig_free(rig);
}

static void
address_changes_live(void **state)
{
	static const uint8_t fresh[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint8_t old[6];

	memcpy(old, dev->addr, 6);
	assert_int_equal(netdev_set_addr(dev, all_hosts), ERR_INVAL);
	assert_int_equal(netdev_set_addr(dev, fresh), OK);
	assert_true(nic_rig_receive_to(rig, 0, fresh, 60));
	assert_false(nic_rig_receive_to(rig, 0, old, 60));
	assert_memory_equal(dev->permanent_addr, old, 6);
	e1000e_restart(rig->port[0].port);
	assert_true(nic_rig_receive_to(rig, 0, fresh, 60));
	netdev_down(dev);
	assert_int_equal(netdev_set_addr(dev, old), OK);
	assert_int_equal(netdev_up(dev), OK);
	assert_true(nic_rig_receive_to(rig, 0, old, 60));
	assert_false(nic_rig_receive_to(rig, 0, fresh, 60));
	nic_rig_run(rig);
	nic_rig_free(rig);
}

/* QEMU's e1000 hears nothing for a second after each write of RCTL. */
static void
unchanged_mode_is_not_written(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	rig->port[0].model.reg[REG_RCTL / 4] |= 1u << 31; /* a mark */
	dev->ops->set_rx_mode(dev);
	assert_true(rig->port[0].model.reg[REG_RCTL / 4] >> 31);
	netdev_set_allmulti(dev, true);
	assert_false(rig->port[0].model.reg[REG_RCTL / 4] >> 31);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_the_datasheet_s),
		cmocka_unit_test(own_and_broadcast_by_default),
		cmocka_unit_test(promiscuity_is_counted),
		cmocka_unit_test(all_multicast),
		cmocka_unit_test(groups_beyond_the_exact_entries_are_hashed),
		cmocka_unit_test(filters_survive_a_restart),
		cmocka_unit_test(address_changes_live),
		cmocka_unit_test(unchanged_mode_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
