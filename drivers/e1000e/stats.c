/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters: the device's, which clear when read and so are added up here, and
 * the driver's [82574 10.2.7] [HARDWARE 1.14]. The names and their order are
 * those of Linux's driver, for scripts; ours follow after them.
 */

#include "drivers/e1000e/port.h"

static const uint32_t counter_regs[E1000E_COUNTERS] = {
#define REG(name, offset, parts, reads, sentence, section)
#define COUNTER(name, offset, sentence) offset,
#include "drivers/e1000e/regs.def"
#undef REG
#undef COUNTER
};

/*
 * What was counted since the last look. QEMU's 82540EM keeps the counters of
 * missed frames when they are read, where the part clears them.
 */
static uint32_t
counter_take(struct e1000e_port *port, unsigned int i)
{
	uint32_t value = reg_read(port, counter_regs[i]), before;

	if (!port->is_emulated || e1000e_has(port, TRAIT_PCIE) ||
	    (i != COUNT_MPC && i != COUNT_RNBC))
		return value;
	before = port->counter_kept[i == COUNT_RNBC];
	port->counter_kept[i == COUNT_RNBC] = value;
	return value >= before ? value - before : value;
}

/*
 * 64-bit pairs are adjacent in the list, low half first as they must be read.
 */
static void
counters_read(struct e1000e_port *port)
{
	for (unsigned int i = 0; i < E1000E_COUNTERS; i++)
		port->counter[i] += counter_take(port, i);
}

void
e1000e_stats_clear(struct e1000e_port *port)
{
	for (unsigned int i = 0; i < E1000E_COUNTERS; i++)
		(void)counter_take(port, i);
}

/*
 * A virtual wire has no shortest frame; QEMU pads what is under 60 bytes,
 * counts it as undersized, and delivers it. That is no error.
 */
static uint64_t
undersized(const struct e1000e_port *port)
{
	return port->is_emulated ? 0 : port->counter[COUNT_RUC];
}

void
e1000e_stats_update(struct netdev *dev)
{
	struct e1000e_port *port = dev->priv;
	const uint64_t *c = port->counter;
	struct netdev_stats *s = &dev->stats;

	if (dev->gone)
		return;
	counters_read(port);
	s->rx_crc_errors = c[COUNT_CRCERRS];
	s->rx_frame_errors = c[COUNT_ALGNERRC];
	s->rx_length_errors =
		undersized(port) + c[COUNT_ROC] + port->soft.rx_length_errors;
	s->rx_missed_errors = c[COUNT_MPC];
	s->rx_errors = c[COUNT_RXERRC] + c[COUNT_CRCERRS] + c[COUNT_ALGNERRC] +
		       undersized(port) + c[COUNT_ROC] + c[COUNT_CEXTERR] +
		       port->soft.rx_errors;
	s->multicast = c[COUNT_MPRC];
	s->collisions = c[COUNT_COLC];
	s->tx_errors = c[COUNT_ECOL] + c[COUNT_LATECOL];
	s->tx_aborted_errors = c[COUNT_ECOL];
	s->tx_window_errors = c[COUNT_LATECOL];
	s->tx_carrier_errors = c[COUNT_TNCRS];
}

/* ---- ethtool -S --------------------------------------------------------- */

enum source {
	ZERO,	/* Linux has it, this driver has no such thing */
	HW,	/* counter[at] */
	HW64,	/* counter[at] and, high half, counter[at + 1] */
	PORT64, /* a uint64_t at byte offset at of struct e1000e_port */
};

struct stat {
	const char *name;
	enum source source;
	uint32_t at;
};

#define STAT_HW(name, reg)                                                     \
	{                                                                      \
		name, HW, COUNT_##reg                                          \
	}
#define STAT_HW64(name, reg)                                                   \
	{                                                                      \
		name, HW64, COUNT_##reg                                        \
	}
#define STAT_PORT(name, field)                                                 \
	{                                                                      \
		name, PORT64, offsetof(struct e1000e_port, field)              \
	}
#define STAT_ZERO(name)                                                        \
	{                                                                      \
		name, ZERO, 0                                                  \
	}

static const struct stat stats[] = {
	STAT_HW("rx_packets", GPRC),
	STAT_HW("tx_packets", GPTC),
	STAT_HW64("rx_bytes", GORCL),
	STAT_HW64("tx_bytes", GOTCL),
	STAT_HW("rx_broadcast", BPRC),
	STAT_HW("tx_broadcast", BPTC),
	STAT_HW("rx_multicast", MPRC),
	STAT_HW("tx_multicast", MPTC),
	STAT_PORT("rx_errors", dev.stats.rx_errors),
	STAT_PORT("tx_errors", dev.stats.tx_errors),
	STAT_PORT("tx_dropped", dev.stats.tx_dropped),
	STAT_HW("multicast", MPRC),
	STAT_HW("collisions", COLC),
	STAT_PORT("rx_length_errors", dev.stats.rx_length_errors),
	STAT_PORT("rx_over_errors", dev.stats.rx_over_errors),
	STAT_HW("rx_crc_errors", CRCERRS),
	STAT_HW("rx_frame_errors", ALGNERRC),
	STAT_HW("rx_no_buffer_count", RNBC),
	STAT_HW("rx_missed_errors", MPC),
	STAT_HW("tx_aborted_errors", ECOL),
	STAT_HW("tx_carrier_errors", TNCRS),
	STAT_PORT("tx_fifo_errors", dev.stats.tx_fifo_errors),
	STAT_PORT("tx_heartbeat_errors", dev.stats.tx_heartbeat_errors),
	STAT_HW("tx_window_errors", LATECOL),
	STAT_HW("tx_abort_late_coll", LATECOL),
	STAT_HW("tx_deferred_ok", DC),
	STAT_HW("tx_single_coll_ok", SCC),
	STAT_HW("tx_multi_coll_ok", MCC),
	STAT_PORT("tx_timeout_count", soft.tx_timeouts),
	STAT_PORT("tx_restart_queue", dev.tx_restart_count),
	STAT_HW("rx_long_length_errors", ROC),
	STAT_HW("rx_short_length_errors", RUC),
	STAT_HW("rx_align_errors", ALGNERRC),
	STAT_HW("tx_tcp_seg_good", TSCTC),
	STAT_HW("tx_tcp_seg_failed", TSCTFC),
	STAT_HW("rx_flow_control_xon", XONRXC),
	STAT_HW("rx_flow_control_xoff", XOFFRXC),
	STAT_HW("tx_flow_control_xon", XONTXC),
	STAT_HW("tx_flow_control_xoff", XOFFTXC),
	STAT_PORT("rx_csum_offload_good", soft.rx_csum_good),
	STAT_PORT("rx_csum_offload_errors", soft.rx_csum_errors),
	STAT_ZERO("rx_header_split"),
	STAT_PORT("alloc_rx_buff_failed", soft.alloc_failed),
	STAT_HW("tx_smbus", MGTPTC),
	STAT_HW("rx_smbus", MGTPRC),
	STAT_HW("dropped_smbus", MGTPDC),
	STAT_ZERO("rx_dma_failed"),
	STAT_ZERO("tx_dma_failed"),
	STAT_ZERO("rx_hwtstamp_cleared"),
	STAT_ZERO("uncorr_ecc_errors"),
	STAT_ZERO("corr_ecc_errors"),
	STAT_ZERO("tx_hwtstamp_timeouts"),
	STAT_ZERO("tx_hwtstamp_skipped"),
	/* Linux's driver ends here. */
	STAT_PORT("rx_queue_0_packets", soft.rx_packets),
	STAT_PORT("rx_queue_0_doorbells", soft.rx_tells),
	STAT_PORT("rx_queue_0_interrupts", irq_count[VECTOR_RX]),
	STAT_PORT("tx_queue_0_packets", soft.tx_packets),
	STAT_PORT("tx_queue_0_doorbells", soft.tx_tells),
	STAT_PORT("tx_queue_0_interrupts", irq_count[VECTOR_TX]),
	STAT_PORT("other_interrupts", irq_count[VECTOR_OTHER]),
	STAT_PORT("lost_interrupts", soft.lost_irqs),
	STAT_PORT("polls", napi.poll_count),
	STAT_PORT("empty_polls", soft.empty_polls),
	STAT_PORT("restarts", soft.restarts),
};

uint32_t
e1000e_stat_count(const struct netdev *dev)
{
	return array_len(stats);
}

const char *
e1000e_stat_name(const struct netdev *dev, uint32_t i)
{
	return i < array_len(stats) ? stats[i].name : NULL;
}

uint64_t
e1000e_stat_value(const struct netdev *dev, uint32_t i)
{
	const struct e1000e_port *port = dev->priv;
	const struct stat *stat = &stats[i];
	uint64_t value = 0;

	if (i >= array_len(stats))
		return 0;
	switch (stat->source) {
	case ZERO: break;
	case HW: value = port->counter[stat->at]; break;
	case HW64:
		value = port->counter[stat->at] +
			(port->counter[stat->at + 1] << 32);
		break;
	case PORT64:
		memcpy(&value, (const uint8_t *)port + stat->at, sizeof(value));
		break;
	}
	return value;
}
