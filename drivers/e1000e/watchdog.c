/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten times a second: has the link changed, is the device still there, does it
 * still send and receive? What is stuck is reset within two seconds, after the
 * flight recorder has been kept for "debug last-hang" [82574 7.2] [HARDWARE
 * 1.13]. Completion is judged by memory; registers only say who is late.
 */

#include "drivers/e1000e/port.h"

#include <arch/clock.h>

#define NS_PER_S	   1000000000ull
#define HANG_NS		   (NS_PER_S / 2) /* at gigabit; slower ones longer */
#define HEAL_PAUSE_NS	   NS_PER_S
#define RX_REPORT_US	   100u /* from moving the head to writing "done" */
#define RX_REPORT_STEP_US  10u
#define SLOW_TURN_NS	   (2 * NS_PER_S)
#define IRQ_LATE_US	   100u /* the dynamic rate, twice */
#define IRQ_LATE_MAX_US	   200u
#define LOST_IRQS_MAX	   3u /* then interrupts are given up */
#define PHY_HANGS_MAX	   2u
#define VAIN_RESETS_MAX	   5u /* then people are told */
#define SPEED_10_PATIENCE  16u
#define SPEED_100_PATIENCE 10u

static const char *const fault_text[] = {
	[FAULT_NONE] = "none",
	[FAULT_TX_HANG] = "transmission hangs",
	[FAULT_TX_NO_LINK] = "frames wait on a link that is down",
	[FAULT_RX_STALL] = "reception hangs: done frames are not reported",
	[FAULT_RX_CORRUPT] = "a receive descriptor came back impossible",
	[FAULT_CONFIG_LOST] = "the device has lost its configuration",
	[FAULT_RX_MISSED] = "reception hangs: frames are missed, buffers idle",
	[FAULT_PHY_HANG] = "the PHY hangs",
	[FAULT_GONE] = "the device has left the bus",
};

/* What reaches a part that no reset reaches [HARDWARE 1.15]. */
static const char *
vain_advice(const struct e1000e_port *port)
{
	return e1000e_needs(port, QUIRK_PACKET_OF_DEATH)
		       ? ": if its management firmware has stopped it, only "
			 "cutting its power does"
		       : "";
}

void
e1000e_watch_reset(struct e1000e_port *port)
{
	struct e1000e_watch *watch = &port->watch;
	uint64_t now_ns = clock_now_ns();

	*watch = (struct e1000e_watch){
		.now_ns = now_ns,
		.tx_since_ns = now_ns,
		.rx_length_errors = port->soft.rx_length_errors,
		.polls = port->napi.poll_count,
		.slow_due_ns = now_ns + SLOW_TURN_NS,
		.slow_missed =
			port->counter[COUNT_MPC] + port->counter[COUNT_RNBC],
	};
}

/* Keeps what is known; the registers may be all ones by now. */
static void
fault_keep(struct e1000e_port *port, enum e1000e_fault fault)
{
	struct e1000e_fault_record *record = &port->fault;
	const struct e1000e_ring *rx = &port->rx, *tx = &port->tx;

	e1000e_record(port, EVENT_RESTART, fault, 0);
	*record = (struct e1000e_fault_record){
		.fault = fault,
		.cycles = cpu_cycles(),
		.status = reg_read(port, REG_STATUS),
		.tdh = reg_read(port, REG_TDH),
		.tdt = reg_read(port, REG_TDT),
		.rdh = reg_read(port, REG_RDH),
		.rdt = reg_read(port, REG_RDT),
		.tx_prod = tx->prod,
		.tx_told = tx->told,
		.tx_cons = tx->cons,
		.rx_prod = rx->prod,
		.rx_told = rx->told,
		.rx_cons = rx->cons,
		.event_count = port->event_count,
	};
	if (tx->desc)
		record->tx_desc = tx->desc[tx->cons & tx->mask];
	if (rx->desc)
		record->rx_desc = rx->desc[rx->cons & rx->mask];
	memcpy(record->event, port->event, sizeof(record->event));
	log_err("%s: %s (see debug last-hang)", port->dev.name,
		fault_text[fault]);
}

/* Has nothing gone in or out since the reset before this one? */
static void
vain_count(struct e1000e_port *port)
{
	if (port->tx.cons != 0 || port->rx.cons != 0)
		port->vain_resets = 0;
	else if (++port->vain_resets == VAIN_RESETS_MAX)
		log_err("%s: %u resets in a row did not help%s", port->dev.name,
			VAIN_RESETS_MAX, vain_advice(port));
}

/* A device that goes on misbehaving gets time for a link between resets. */
static void
fault_recover(struct e1000e_port *port, enum e1000e_fault fault)
{
	if (port->watch.now_ns < port->heal_due_ns)
		return;
	port->heal_due_ns = port->watch.now_ns + HEAL_PAUSE_NS;
	fault_keep(port, fault);
	vain_count(port);
	if (fault == FAULT_TX_HANG)
		port->soft.tx_timeouts++;
	if (fault == FAULT_CONFIG_LOST && pci_restore(port->pci))
		e1000e_revive(port);
	else
		e1000e_restart(port);
}

/* It left: no register answers any more, and no memory is written. */
void
e1000e_detach(struct e1000e_port *port)
{
	struct netdev_link link = { 0 };

	fault_keep(port, FAULT_GONE);
	port->dev.gone = true;
	port->running = false;
	e1000e_tx_clean(port);
	e1000e_rx_clean(port);
	netdev_set_link(&port->dev, &link);
}

/* ---- interrupts --------------------------------------------------------- */

static uint64_t
irq_count(const struct e1000e_port *port)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < VECTORS; i++)
		count += port->irq_count[i];
	return count;
}

/*
 * A frame lies there, nobody has polled since the last tick, and no interrupt
 * comes: it was lost. If none arrives at all, the route is wrong; polling needs
 * none. An interrupt that is only held back for its rate is given its time.
 */
static void
watch_interrupts(struct e1000e_port *port)
{
	struct e1000e_watch *watch = &port->watch;
	uint64_t polls = port->napi.poll_count, irqs = irq_count(port);
	bool is_quiet = polls == watch->polls;

	watch->polls = polls;
	if (port->polling || !is_quiet || !e1000e_rx_waiting(port))
		return;
	clock_delay_us(min_of(port->rx_usecs + IRQ_LATE_US, IRQ_LATE_MAX_US));
	napi_schedule(&port->napi);
	if (irq_count(port) != irqs || port->rx_usecs > IRQ_LATE_MAX_US / 2)
		return;
	if (irqs != watch->lost_irqs_seen)
		watch->lost_irqs = 0;
	watch->lost_irqs_seen = irqs;
	port->soft.lost_irqs++;
	e1000e_record(port, EVENT_LOST_IRQ, port->rx.cons, 0);
	if (++watch->lost_irqs == LOST_IRQS_MAX) {
		port->polling = true;
		log_warn("%s: interrupts do not arrive; polling",
			 port->dev.name);
	}
}

/* ---- transmit ----------------------------------------------------------- */

static uint64_t
hang_ns(const struct e1000e_port *port)
{
	switch (port->dev.speed_mbps) {
	case 10: return HANG_NS * SPEED_10_PATIENCE;
	case 100: return HANG_NS * SPEED_100_PATIENCE;
	default: return HANG_NS;
	}
}

static enum e1000e_fault
watch_tx(struct e1000e_port *port, uint32_t status)
{
	struct e1000e_watch *watch = &port->watch;
	const struct e1000e_ring *ring = &port->tx;
	uint64_t waited_ns = watch->now_ns - watch->tx_since_ns;

	/* Paused by the peer is not hung [HARDWARE 1.12]. */
	if (ring->cons == ring->told || ring->cons != watch->tx_cons ||
	    status & STATUS_TXOFF) {
		watch->tx_cons = ring->cons;
		watch->tx_since_ns = watch->now_ns;
		watch->tx_flushed = false;
		return FAULT_NONE;
	}
	if (!(status & STATUS_LU))
		return waited_ns > HANG_NS ? FAULT_TX_NO_LINK : FAULT_NONE;
	/* Perhaps only the report is late: ask for it [HARDWARE 1.13]. */
	if (!watch->tx_flushed && waited_ns > hang_ns(port) / 2) {
		reg_write(port, REG_TIDV, TIDV_FPD);
		reg_write(port, REG_TIDV, TIDV_FPD);
		watch->tx_flushed = true;
		e1000e_record(port, EVENT_FLUSH, reg_read(port, REG_TDH), 0);
	}
	return waited_ns > hang_ns(port) ? FAULT_TX_HANG : FAULT_NONE;
}

/* ---- receive ------------------------------------------------------------ */

/* The device may just have moved on, its report being on its way. */
static bool
rx_report_comes(const struct e1000e_port *port)
{
	for (uint32_t us = 0; us < RX_REPORT_US; us += RX_REPORT_STEP_US) {
		if (e1000e_rx_waiting(port))
			return true;
		clock_delay_us(RX_REPORT_STEP_US);
	}
	return false;
}

/*
 * The head register is where the device will write next. While nothing is done
 * at our place it must be there too; if it stays ahead, a report was lost or
 * came out of order, and we would wait for ever.
 */
static enum e1000e_fault
watch_rx(const struct e1000e_port *port)
{
	const struct e1000e_ring *ring = &port->rx;

	if (ring->cons == ring->told || e1000e_rx_waiting(port) ||
	    reg_read(port, REG_RDH) == (ring->cons & ring->mask) ||
	    rx_report_comes(port))
		return FAULT_NONE;
	return FAULT_RX_STALL;
}

/*
 * No frame on the wire makes a device report a piece of no length, or a longer
 * one than its buffer: it has lost its place, and ours with it.
 */
static enum e1000e_fault
watch_rx_lengths(const struct e1000e_port *port)
{
	if (port->soft.rx_length_errors == port->watch.rx_length_errors)
		return FAULT_NONE;
	return FAULT_RX_CORRUPT;
}

/*
 * A device that was reset behind our back (by management firmware, a power
 * glitch, a hypervisor) is silent, and nothing else would tell.
 */
static enum e1000e_fault
watch_config(const struct e1000e_port *port)
{
	if (reg_read(port, REG_RCTL) & RCTL_EN &&
	    reg_read(port, REG_TCTL) & TCTL_EN &&
	    reg_read(port, REG_RDBAL) == (uint32_t)dma_addr(port->rx.desc) &&
	    reg_read(port, REG_TDBAL) == (uint32_t)dma_addr(port->tx.desc) &&
	    pci_read16(port->pci, PCI_COMMAND) & PCI_COMMAND_MASTER)
		return FAULT_NONE;
	return FAULT_CONFIG_LOST;
}

/* ---- every two seconds -------------------------------------------------- */

static enum e1000e_fault
slow_turn(struct e1000e_port *port, uint32_t status)
{
	struct e1000e_watch *watch = &port->watch;
	const struct e1000e_ring *ring = &port->rx;
	bool rx_moved = ring->cons != watch->slow_rx_cons;
	uint64_t missed;
	bool missing;

	if (watch->now_ns < watch->slow_due_ns)
		return FAULT_NONE;
	watch->slow_due_ns = watch->now_ns + SLOW_TURN_NS;
	watch->slow_rx_cons = ring->cons;
	e1000e_stats_update(&port->dev);
	missed = port->counter[COUNT_MPC] + port->counter[COUNT_RNBC];
	missing = missed != watch->slow_missed;
	watch->slow_missed = missed;
	if (missing && !rx_moved && ring->cons != ring->told)
		return FAULT_RX_MISSED;
	if (!e1000e_needs(port, QUIRK_PHY_HANG) || !(status & STATUS_LU))
		return FAULT_NONE;
	if (!e1000e_phy_hangs(port))
		watch->phy_hangs = 0;
	else if (++watch->phy_hangs == PHY_HANGS_MAX)
		return FAULT_PHY_HANG;
	return FAULT_NONE;
}

void
e1000e_tick(struct netdev *dev, uint64_t now_ns)
{
	struct e1000e_port *port = dev->priv;
	enum e1000e_fault fault;
	uint32_t status;

	if (dev->gone)
		return;
	status = reg_read(port, REG_STATUS);
	if (e1000e_is_gone(port, status))
		return e1000e_detach(port);
	if (!port->running)
		return e1000e_restart(port);
	port->watch.now_ns = now_ns;
	e1000e_link_check(port, status);
	e1000e_tx_reclaim(port);
	e1000e_tx_restart(port);
	e1000e_rx_refill(port);
	watch_interrupts(port);
	fault = watch_config(port);
	if (fault == FAULT_NONE)
		fault = watch_tx(port, status);
	if (fault == FAULT_NONE)
		fault = watch_rx_lengths(port);
	if (fault == FAULT_NONE)
		fault = watch_rx(port);
	if (fault == FAULT_NONE)
		fault = slow_turn(port, status);
	if (fault != FAULT_NONE)
		fault_recover(port, fault);
}

/* ---- for people --------------------------------------------------------- */

static const struct {
	const char *name, *a, *b;
} event_text[] = {
	[EVENT_NONE] = { "-", NULL, NULL },
	[EVENT_RX] = { "rx", "packets", "cons" },
	[EVENT_RX_TELL] = { "rx-tail", "RDT", "posted" },
	[EVENT_TX_TELL] = { "tx-tail", "TDT", "outstanding" },
	[EVENT_TX_DONE] = { "tx-done", "packets", "cons" },
	[EVENT_TX_STOP] = { "tx-stop", "prod", "cons" },
	[EVENT_TX_WAKE] = { "tx-wake", "prod", "cons" },
	[EVENT_NOMEM] = { "no-buffer", "posted", NULL },
	[EVENT_LOST_IRQ] = { "lost-irq", "cons", NULL },
	[EVENT_LINK] = { "link", "STATUS", NULL },
	[EVENT_FLUSH] = { "flush", "TDH", NULL },
	[EVENT_RESTART] = { "fault", "kind", NULL },
};

static uint64_t
microseconds(uint64_t cycles)
{
	return cycles / max_of(clock_tsc_hz() / 1000000, 1ull);
}

static void
event_show(const struct e1000e_fault_record *record, uint32_t i,
	   struct out *out)
{
	const struct e1000e_event_record *event =
		&record->event[i % EVENTS_MAX];

	out_printf(out, "  -%llu us %s",
		   (unsigned long long)microseconds(record->cycles -
						    event->cycles),
		   event_text[event->event].name);
	if (event_text[event->event].a)
		out_printf(out, " %s %u", event_text[event->event].a, event->a);
	if (event_text[event->event].b)
		out_printf(out, " %s %u", event_text[event->event].b, event->b);
	out_puts(out, "\n");
}

void
e1000e_show_faults(struct netdev *dev, struct out *out)
{
	const struct e1000e_port *port = dev->priv;
	const struct e1000e_fault_record *f = &port->fault;
	uint32_t first =
		f->event_count > EVENTS_MAX ? f->event_count - EVENTS_MAX : 0;

	if (f->fault == FAULT_NONE) {
		out_printf(out, "%s: no fault since boot\n", dev->name);
		return;
	}
	out_printf(out, "%s: %s, %llu ms ago\n", dev->name,
		   fault_text[f->fault],
		   (unsigned long long)microseconds(cpu_cycles() - f->cycles) /
			   1000);
	if (port->vain_resets >= VAIN_RESETS_MAX)
		out_printf(out, "%u resets in a row did not help%s\n",
			   port->vain_resets, vain_advice(port));
	out_printf(out, "STATUS 0x%08X TDH %u TDT %u RDH %u RDT %u\n",
		   f->status, f->tdh, f->tdt, f->rdh, f->rdt);
	out_printf(out, "tx prod %u told %u cons %u, at cons %016llx %016llx\n",
		   f->tx_prod, f->tx_told, f->tx_cons,
		   (unsigned long long)f->tx_desc.addr,
		   (unsigned long long)f->tx_desc.info);
	out_printf(out, "rx prod %u told %u cons %u, at cons %016llx %016llx\n",
		   f->rx_prod, f->rx_told, f->rx_cons,
		   (unsigned long long)f->rx_desc.addr,
		   (unsigned long long)f->rx_desc.info);
	out_printf(out, "last %u events:\n", f->event_count - first);
	for (uint32_t i = first; i != f->event_count; i++)
		event_show(f, i, out);
}
