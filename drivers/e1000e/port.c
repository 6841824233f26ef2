/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port as an interface: netdev_ops, and the interrupts that ask for polls.
 * Three vectors where there is MSI-X, one message or line otherwise, and no
 * interrupt at all as the last resort: then it polls for ever [HARDWARE 1.11].
 */

#include "drivers/e1000e/port.h"

#include "lib/fmt.h"

#define USECS_MAX     10000u
#define USECS_MIN     10u /* below: words for "dynamic" */
#define USECS_DYNAMIC 3u

/* ---- interrupts --------------------------------------------------------- */

static void
rx_irq(void *arg)
{
	struct e1000e_port *port = arg;

	/* The cause has cleared and masked itself (EIAC). */
	port->irq_count[VECTOR_RX]++;
	napi_schedule(&port->napi);
}

static void
tx_irq(void *arg)
{
	struct e1000e_port *port = arg;

	port->irq_count[VECTOR_TX]++;
	napi_schedule(&port->napi);
}

/*
 * Reading ICR may clear queue causes that nobody has seen (silicon, QEMU 10) or
 * nothing at all (QEMU 7.2). So the queues are polled in any case, and what was
 * read is cleared by hand [HARDWARE 1.11].
 */
static void
other_irq(void *arg)
{
	struct e1000e_port *port = arg;

	(void)reg_read(port, REG_ICR);
	port->irq_count[VECTOR_OTHER]++;
	port->link_event = true;
	napi_schedule(&port->napi);
	reg_write(port, REG_ICR, port->other_causes);
	reg_write(port, REG_IMS, port->other_causes);
}

/*
 * MSI and INTx: reading ICR clears the causes and releases the line. Some
 * emulations report none although there is work, so the poll runs in any case
 * [HARDWARE 2.3].
 */
static void
legacy_irq(void *arg)
{
	struct e1000e_port *port = arg;
	uint32_t icr = reg_read(port, REG_ICR);

	port->irq_count[VECTOR_RX]++;
	if (icr & INT_LSC)
		port->link_event = true;
	if (icr != 0)
		reg_write(port, REG_IMC, INT_ALL);
	napi_schedule(&port->napi);
}

static void
irq_names(struct e1000e_port *port)
{
	const char *name = port->dev.name;

	fmt_print(port->vector_name[VECTOR_RX], VECTOR_NAME_MAX, "%s-rx-0",
		  name);
	fmt_print(port->vector_name[VECTOR_TX], VECTOR_NAME_MAX, "%s-tx-0",
		  name);
	fmt_print(port->vector_name[VECTOR_OTHER], VECTOR_NAME_MAX, "%s", name);
}

static enum status
irq_open_msix(struct e1000e_port *port)
{
	struct pci_vector vector[VECTORS] = {
		[VECTOR_RX] = { port->vector_name[VECTOR_RX], rx_irq, port },
		[VECTOR_TX] = { port->vector_name[VECTOR_TX], tx_irq, port },
		[VECTOR_OTHER] = { port->vector_name[VECTOR_OTHER], other_irq,
				   port },
	};

	port->rx_causes = INT_RXQ0;
	port->tx_causes = INT_TXQ0;
	port->other_causes = INT_OTHER | INT_LSC;
	return pci_msix_enable(port->pci, vector, VECTORS);
}

static void
irq_open(struct e1000e_port *port)
{
	struct pci_vector single = { port->vector_name[VECTOR_OTHER],
				     legacy_irq, port };

	port->polling = false;
	irq_names(port);
	if (e1000e_has(port, TRAIT_MSIX) && irq_open_msix(port) == OK)
		return;
	port->rx_causes = INT_RXT0 | INT_RXDMT0 | INT_RXO | INT_RXSEQ;
	port->tx_causes = INT_TXDW;
	port->other_causes = INT_LSC;
	if (pci_msi_enable(port->pci, &single) == OK ||
	    pci_intx_enable(port->pci, &single) == OK)
		return;
	port->polling = true;
	log_warn("%s: no interrupt can be had; polling", port->dev.name);
}

void
e1000e_irq_enable(struct e1000e_port *port)
{
	if (port->polling)
		napi_schedule(&port->napi);
	else
		reg_write(port, REG_IMS, port->rx_causes | port->other_causes);
}

void
e1000e_irq_disable(struct e1000e_port *port)
{
	reg_write(port, REG_IMC, INT_ALL);
}

/*
 * No wake-up is lost: a cause that comes after the look into the ring stays
 * latched while masked, and fires on the write to IMS [HARDWARE 1.11, G].
 */
void
e1000e_idle(struct e1000e_port *port)
{
	uint32_t causes = port->rx_causes;

	if (port->polling)
		return;
	napi_complete(&port->napi);
	/* Latched by what the poll has taken already: a spurious interrupt. */
	reg_write(port, REG_ICR, causes);
	if (e1000e_rx_waiting(port)) {
		napi_schedule(&port->napi);
		return;
	}
	if (port->dev.tx_stopped)
		causes |= port->tx_causes;
	if (port->pci->irq_mode != PCI_IRQ_MSIX)
		causes |= port->other_causes;
	reg_write(port, REG_IMS, causes);
}

/* ---- up and down -------------------------------------------------------- */

static void
link_down(struct e1000e_port *port)
{
	struct netdev_link link = { .autoneg = true };

	netdev_set_link(&port->dev, &link);
}

/* The device lets go of the rings; what they hold ends. */
static void
rings_stop(struct e1000e_port *port)
{
	port->running = false;
	if (!port->dev.gone) {
		e1000e_quiesce(port);
		e1000e_stats_update(&port->dev);
	}
	e1000e_tx_reclaim(port);
	e1000e_tx_clean(port);
	e1000e_rx_clean(port);
}

/* From reset to receiving, with rings that exist and are empty. */
static enum status
rings_start(struct e1000e_port *port)
{
	enum status status = e1000e_reset(port);

	if (status == OK)
		status = e1000e_rx_fill(port);
	if (status != OK)
		return status;
	e1000e_start(port);
	e1000e_watch_reset(port);
	port->running = true;
	e1000e_irq_enable(port);
	e1000e_link_check(port, reg_read(port, REG_STATUS));
	return OK;
}

static uint32_t
rx_count(const struct e1000e_port *port, uint32_t wanted)
{
	uint32_t count = e1000e_rx_count(port, wanted);

	if (count < wanted)
		log_warn("%s: %u receive buffers instead of %u, memory is "
			 "short",
			 port->dev.name, count, wanted);
	return count;
}

static enum status
port_open(struct netdev *dev)
{
	struct e1000e_port *port = dev->priv;
	enum status status;

	status = e1000e_ring_alloc(port, &port->rx,
				   rx_count(port, port->rx_count));
	if (status != OK)
		return status;
	status = e1000e_ring_alloc(port, &port->tx, port->tx_count);
	if (status != OK)
		goto undo_rx;
	irq_open(port);
	status = rings_start(port);
	if (status != OK)
		goto undo_irq;
	return OK;

undo_irq:
	pci_irq_disable(port->pci);
	e1000e_ring_free(port, &port->tx);
undo_rx:
	e1000e_ring_free(port, &port->rx);
	return status;
}

static void
port_stop(struct netdev *dev)
{
	struct e1000e_port *port = dev->priv;

	rings_stop(port);
	if (!dev->gone)
		reg_update(port, REG_CTRL_EXT, CTRL_EXT_DRV_LOAD, 0);
	pci_irq_disable(port->pci);
	napi_complete(&port->napi);
	e1000e_ring_free(port, &port->tx);
	e1000e_ring_free(port, &port->rx);
	link_down(port);
}

static void
rings_resume(struct e1000e_port *port)
{
	enum status status = rings_start(port);

	if (status == ERR_NODEV)
		return e1000e_detach(port);
	if (status != OK) {
		/* The next tick tries again; until then packets wait. */
		netdev_tx_stop(&port->dev);
		log_err("%s: does not come back (%d)", port->dev.name,
			(int)status);
		return;
	}
	e1000e_tx_restart(port);
}

void
e1000e_restart(struct e1000e_port *port)
{
	port->soft.restarts++;
	rings_stop(port);
	rings_resume(port);
}

void
e1000e_revive(struct e1000e_port *port)
{
	port->dev.gone = false;
	if (!netdev_is_up(&port->dev))
		return;
	port->soft.restarts++;
	rings_stop(port);
	pci_irq_disable(port->pci);
	irq_open(port);
	rings_resume(port);
}

/* ---- configuration ------------------------------------------------------ */

/* Up to 1500 the device is the same; above, the FIFO split and LPE change. */
static enum status
port_set_mtu(struct netdev *dev, uint32_t mtu)
{
	struct e1000e_port *port = dev->priv;
	bool same = mtu <= MTU_DEFAULT && port->mtu <= MTU_DEFAULT;

	port->mtu = mtu;
	if (port->running && !same)
		e1000e_restart(port);
	return OK;
}

static enum status
port_set_addr(struct netdev *dev, const uint8_t *addr)
{
	struct e1000e_port *port = dev->priv;

	if (port->running)
		e1000e_filter_addr(port, 0, addr);
	return OK;
}

static void
port_set_rx_mode(struct netdev *dev)
{
	struct e1000e_port *port = dev->priv;

	if (port->running)
		e1000e_filter_apply(port);
}

static void
port_get_rings(const struct netdev *dev, struct netdev_rings *rings)
{
	const struct e1000e_port *port = dev->priv;

	rings->rx_count = port->rx.block ? port->rx.mask + 1 : port->rx_count;
	rings->tx_count = port->tx_count;
	rings->rx_count_max = rings->tx_count_max = RING_COUNT_MAX;
}

/* Counts become powers of two: an index is then a mask away. */
static uint32_t
ring_count(uint32_t count)
{
	uint32_t size = RING_COUNT_MIN;

	while (size < count)
		size *= 2;
	return size;
}

static enum status
port_set_rings(struct netdev *dev, uint32_t rx, uint32_t tx)
{
	struct e1000e_port *port = dev->priv;
	struct e1000e_ring new_rx, new_tx;
	enum status status;

	if (rx == 0 || tx == 0 || rx > RING_COUNT_MAX || tx > RING_COUNT_MAX)
		return ERR_RANGE;
	rx = ring_count(rx);
	tx = ring_count(tx);
	if (!netdev_is_up(dev)) {
		port->rx_count = rx;
		port->tx_count = tx;
		return OK;
	}
	status = e1000e_ring_alloc(port, &new_rx, rx_count(port, rx));
	if (status != OK)
		return status;
	status = e1000e_ring_alloc(port, &new_tx, tx);
	if (status != OK)
		goto undo_rx;
	rings_stop(port);
	e1000e_ring_free(port, &port->rx);
	e1000e_ring_free(port, &port->tx);
	port->rx = new_rx;
	port->tx = new_tx;
	port->rx_count = rx;
	port->tx_count = tx;
	rings_resume(port);
	return OK;

undo_rx:
	e1000e_ring_free(port, &new_rx);
	return status;
}

static uint32_t
port_get_coalesce_us(const struct netdev *dev)
{
	const struct e1000e_port *port = dev->priv;

	return port->rx_usecs;
}

/* The values Linux's driver takes: 0 off, 1 and 3 dynamic, 10..10000. */
static enum status
port_set_coalesce_us(struct netdev *dev, uint32_t us)
{
	struct e1000e_port *port = dev->priv;

	if (us > USECS_MAX || us == 2 || (us > USECS_DYNAMIC && us < USECS_MIN))
		return ERR_RANGE;
	port->rx_usecs = us;
	if (port->running)
		e1000e_throttle(port);
	return OK;
}

const struct netdev_ops e1000e_ops = {
	.open = port_open,
	.stop = port_stop,
	.xmit = e1000e_xmit,
	.flush = e1000e_flush,
	.set_mtu = port_set_mtu,
	.set_addr = port_set_addr,
	.set_rx_mode = port_set_rx_mode,
	.update_stats = e1000e_stats_update,
	.tick = e1000e_tick,
	.stat_count = e1000e_stat_count,
	.stat_name = e1000e_stat_name,
	.stat_value = e1000e_stat_value,
	.get_rings = port_get_rings,
	.set_rings = port_set_rings,
	.get_coalesce_us = port_get_coalesce_us,
	.set_coalesce_us = port_set_coalesce_us,
	.show_registers = e1000e_show_registers,
	.show_faults = e1000e_show_faults,
	.fault_name = e1000e_fault_name,
	.inject = e1000e_inject,
};
