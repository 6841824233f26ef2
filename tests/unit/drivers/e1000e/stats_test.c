/* SPDX-License-Identifier: BSD-2-Clause */
/* ethtool -S: the names scripts rely on, and what stands behind them. */
#include "tests/host/test.h"

#include "tests/host/nic_rig.h"

/* The list of Linux 6.1's e1000e, in its order. */
static const char *const linux_names[] = {
	"rx_packets",
	"tx_packets",
	"rx_bytes",
	"tx_bytes",
	"rx_broadcast",
	"tx_broadcast",
	"rx_multicast",
	"tx_multicast",
	"rx_errors",
	"tx_errors",
	"tx_dropped",
	"multicast",
	"collisions",
	"rx_length_errors",
	"rx_over_errors",
	"rx_crc_errors",
	"rx_frame_errors",
	"rx_no_buffer_count",
	"rx_missed_errors",
	"tx_aborted_errors",
	"tx_carrier_errors",
	"tx_fifo_errors",
	"tx_heartbeat_errors",
	"tx_window_errors",
	"tx_abort_late_coll",
	"tx_deferred_ok",
	"tx_single_coll_ok",
	"tx_multi_coll_ok",
	"tx_timeout_count",
	"tx_restart_queue",
	"rx_long_length_errors",
	"rx_short_length_errors",
	"rx_align_errors",
	"tx_tcp_seg_good",
	"tx_tcp_seg_failed",
	"rx_flow_control_xon",
	"rx_flow_control_xoff",
	"tx_flow_control_xon",
	"tx_flow_control_xoff",
	"rx_csum_offload_good",
	"rx_csum_offload_errors",
	"rx_header_split",
	"alloc_rx_buff_failed",
	"tx_smbus",
	"rx_smbus",
	"dropped_smbus",
	"rx_dma_failed",
	"tx_dma_failed",
	"rx_hwtstamp_cleared",
	"uncorr_ecc_errors",
	"corr_ecc_errors",
	"tx_hwtstamp_timeouts",
	"tx_hwtstamp_skipped",
};

static struct nic_rig *
rig_new(void)
{
	return nic_rig_new(&(struct nic_rig_config){ 0 });
}

static void
names_are_linux_s_and_then_ours(void **state)
{
	struct nic_rig *rig = rig_new();
	const struct netdev *dev = rig->port[0].dev;
	uint32_t count = dev->ops->stat_count(dev);

	assert_true(count > array_len(linux_names));
	for (uint32_t i = 0; i < array_len(linux_names); i++)
		assert_string_equal(dev->ops->stat_name(dev, i),
				    linux_names[i]);
	assert_string_equal(dev->ops->stat_name(dev, array_len(linux_names)),
			    "rx_queue_0_packets");
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_string_not_equal(dev->ops->stat_name(dev, i),
						dev->ops->stat_name(dev, j));
	assert_null(dev->ops->stat_name(dev, count));
	assert_int_equal(dev->ops->stat_value(dev, count), 0);
	nic_rig_free(rig);
}

static void
traffic_is_counted_exactly(void **state)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0, 0, 9 };
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	assert_int_equal(netdev_multicast_add(dev, group), OK);
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(nic_rig_receive(rig, 0, 100));
		assert_true(nic_rig_send(rig, 0, 1000, 0));
		nic_rig_run(rig);
	}
	assert_true(nic_rig_receive_to(rig, 0, broadcast, 60));
	assert_true(nic_rig_receive_to(rig, 0, group, 60));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_packets"), 102);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_bytes"), 100 * 104 + 2 * 64);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_packets"), 100);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_bytes"), 100 * 1004);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_broadcast"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_multicast"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_queue_0_packets"), 102);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_queue_0_packets"), 100);
	assert_int_equal(dev->stats.rx_packets, 102);
	assert_int_equal(dev->stats.rx_bytes, 100 * 100 + 2 * 60);
	assert_int_equal(dev->stats.tx_packets, 100);
	assert_int_equal(dev->stats.multicast, 1);
	nic_rig_free(rig);
}

/* 32-bit counters that clear when read are added up in 64 bits. */
static void
hardware_counters_add_up(void **state)
{
	struct nic_rig *rig = rig_new();
	uint32_t *reg = rig->port[0].model.reg;

	for (unsigned int i = 1; i <= 3; i++) {
		reg[REG_CRCERRS / 4] = UINT32_MAX;
		reg[REG_GORCL / 4] = 5;
		reg[REG_GORCH / 4] = 1;
		assert_int_equal(nic_rig_stat(rig, 0, "rx_crc_errors"),
				 (uint64_t)UINT32_MAX * i);
		assert_int_equal(nic_rig_stat(rig, 0, "rx_bytes"),
				 (5 + (1ull << 32)) * i);
		assert_int_equal(rig->port[0].dev->stats.rx_errors,
				 (uint64_t)UINT32_MAX * i);
	}
	/* Also without anybody asking. */
	reg[REG_COLC / 4] = 7;
	nic_rig_advance(rig, 3 * S_NS);
	assert_int_equal(rig->port[0].dev->stats.collisions, 7);
	nic_rig_free(rig);
}

static void
counters_survive_down_and_up(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	assert_true(nic_rig_receive(rig, 0, 60));
	nic_rig_run(rig);
	netdev_down(dev);
	/* Somebody else's traffic before we come back. */
	rig->port[0].model.reg[REG_GPRC / 4] = 1000;
	assert_int_equal(netdev_up(dev), OK);
	assert_true(nic_rig_receive(rig, 0, 60));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_packets"), 2);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_queue_0_packets"), 2);
	assert_int_equal(dev->ops->set_rings(dev, 64, 64), OK);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_queue_0_packets"), 2);
	nic_rig_free(rig);
}

/* On a wire an undersized frame is an error; an emulation only padded it. */
static void
undersized_frames_count_on_a_wire_alone(void **state)
{
	struct nic_rig *rig = rig_new();

	assert_true(nic_rig_receive(rig, 0, 42));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_short_length_errors"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_errors"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_length_errors"), 1);
	rig->port[0].port->is_emulated = true;
	assert_int_equal(nic_rig_stat(rig, 0, "rx_short_length_errors"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_errors"), 0);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_length_errors"), 0);
	nic_rig_free(rig);
}

/* QEMU's 82540EM does not clear MPC: the same frames are not missed again. */
static void
kept_counters_are_not_counted_twice(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .kind = NIC_82540EM });
	uint32_t *mpc = &rig->port[0].model.reg[REG_MPC / 4];

	rig->port[0].port->is_emulated = true;
	rig->port[0].model.mpc_keeps = true;
	for (unsigned int i = 1; i <= 5; i++) {
		*mpc = 10 * i;
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_stat(rig, 0, "rx_missed_errors"),
				 10 * i);
		assert_int_equal(nic_rig_stat(rig, 0, "rx_missed_errors"),
				 10 * i);
		nic_rig_advance(rig, 5 * S_NS);
		assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 0);
	}
	e1000e_restart(rig->port[0].port);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_missed_errors"), 50);
	/* A machine that clears it after all. */
	*mpc = 3;
	assert_int_equal(nic_rig_stat(rig, 0, "rx_missed_errors"), 53);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_linux_s_and_then_ours),
		cmocka_unit_test(traffic_is_counted_exactly),
		cmocka_unit_test(hardware_counters_add_up),
		cmocka_unit_test(counters_survive_down_and_up),
		cmocka_unit_test(undersized_frames_count_on_a_wire_alone),
		cmocka_unit_test(kept_counters_are_not_counted_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
