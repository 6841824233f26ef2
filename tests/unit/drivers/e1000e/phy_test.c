/* SPDX-License-Identifier: BSD-2-Clause */
/* The PHY's registers and the link. */
#include "tests/host/test.h"

#include "tests/host/host.h"
#include "tests/host/nic_rig.h"

static struct nic_rig *
rig_new(void)
{
	return nic_rig_new(&(struct nic_rig_config){ 0 });
}

static void
phy_registers(void **state)
{
	struct nic_rig *rig = rig_new();
	struct e1000e_port *port = rig->port[0].port;
	uint16_t value;

	assert_int_equal(e1000e_phy_read(port, PHY_ID1, &value), OK);
	assert_int_equal(value, 0x0141);
	assert_int_equal(e1000e_phy_read(port, PHY_ID2, &value), OK);
	assert_int_equal(value, 0x0cb1);
	assert_int_equal(e1000e_phy_write(port, PHY_ADVERTISE, 0x01e1), OK);
	assert_int_equal(e1000e_phy_read(port, PHY_ADVERTISE, &value), OK);
	assert_int_equal(value, 0x01e1);
	/* One that the PHY does not have. */
	assert_int_equal(e1000e_phy_read(port, 12, &value), ERR_IO);
	assert_int_equal(value, 0);
	/* The bus is the firmware's again [82574 4.5.2]. */
	assert_false(rig->port[0].model.reg[REG_EXTCNF / 4] & EXTCNF_MDIO_SW);
	nic_rig_free(rig);
}

static void
link_that_is_up_is_left_alone(void **state)
{
	struct nic_rig *rig = rig_new();

	assert_true(rig->port[0].dev->carrier);
	assert_int_equal(rig->port[0].model.phy[PHY_BMCR], 0x1140);
	assert_int_equal(rig->port[0].model.autoneg_ns, 0);
	nic_rig_free(rig);
}

/* No cable at open: it negotiates, waits for nobody, and is told. */
static void
link_comes_up_later(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .down = true });
	struct nic_rig_port *port = &rig->port[0];
	uint64_t before;

	nic_model_link(&port->model, false, 0);
	port->model.phy[PHY_BMCR] = BMCR_POWER_DOWN;
	before = host_clock_ns;
	assert_int_equal(netdev_up(port->dev), OK);
	assert_true(host_clock_ns - before < 100 * MS_NS);
	assert_false(port->dev->carrier);
	assert_int_equal(port->model.phy[PHY_BMCR], BMCR_AUTONEG | BMCR_RESET);
	assert_int_equal(port->model.phy[PHY_ADVERTISE] & ADVERTISE_PAUSE, 0);
	nic_rig_advance(rig, 400 * MS_NS);
	assert_false(port->dev->carrier);
	nic_rig_advance(rig, 200 * MS_NS);
	assert_true(port->dev->carrier);
	nic_rig_free(rig);
}

static void
link_changes_are_told_at_once(void **state)
{
	static const struct {
		uint32_t mbps;
	} speeds[] = { { 10 }, { 100 }, { 1000 } };
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	uint64_t changes = port->dev->stats.carrier_changes;

	for (size_t i = 0; i < array_len(speeds); i++) {
		nic_model_link(&port->model, false, 0);
		nic_rig_run(rig); /* by interrupt: no time passes */
		assert_false(port->dev->carrier);
		assert_int_equal(port->dev->speed_mbps, 0);
		assert_int_equal(port->dev->duplex, DUPLEX_UNKNOWN);
		nic_model_link(&port->model, true, speeds[i].mbps);
		nic_rig_run(rig);
		assert_true(port->dev->carrier);
		assert_int_equal(port->dev->speed_mbps, speeds[i].mbps);
		assert_int_equal(port->dev->duplex, DUPLEX_FULL);
	}
	assert_int_equal(port->dev->stats.carrier_changes, changes + 6);
	nic_rig_free(rig);
}

/* Its interrupt is lost: the tick sees it within 100 ms. */
static void
link_changes_are_seen_by_the_tick(void **state)
{
	struct nic_rig *rig = rig_new();

	rig->port[0].model.faults.lose_irqs = 1;
	nic_model_link(&rig->port[0].model, false, 0);
	nic_rig_run(rig);
	assert_true(rig->port[0].dev->carrier);
	nic_rig_advance(rig, 110 * MS_NS);
	assert_false(rig->port[0].dev->carrier);
	nic_rig_free(rig);
}

static void
flapping_link_loses_nothing(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	uint64_t sent = 0;

	for (unsigned int i = 0; i < 200; i++) {
		nic_model_link(&port->model, i % 2, 1000);
		nic_rig_run(rig);
		for (unsigned int n = 0; n < 10; n++)
			sent += nic_rig_send(rig, 0, 60, 0);
		nic_rig_run(rig);
	}
	assert_int_equal(port->tx_count +
				 nic_rig_drops(rig, DROP_DEV_NO_CARRIER),
			 sent);
	assert_int_equal(port->tx_count, 1000);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phy_registers),
		cmocka_unit_test(link_that_is_up_is_left_alone),
		cmocka_unit_test(link_comes_up_later),
		cmocka_unit_test(link_changes_are_told_at_once),
		cmocka_unit_test(link_changes_are_seen_by_the_tick),
		cmocka_unit_test(flapping_link_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
