/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on request (debug inject): what broken silicon, a bad slot or a
 * hypervisor do to a device is done to it through its own registers and
 * descriptors. The driver's paths know nothing of this: they find out and heal
 * as they would anywhere. Healing is a reset, so nothing is to be undone.
 */

#include "drivers/e1000e/port.h"

#include <arch/clock.h>

#define RX_LENGTH_IMPOSSIBLE 0xffffull
#define RESET_US	     5u /* no access before [82574 10.2.2.1] */

static void
tx_hang(struct e1000e_port *port)
{
	if (e1000e_has(port, TRAIT_PCIE))
		reg_update(port, REG_TARC0, TARC0_ENABLE, 0);
	else
		reg_update(port, REG_TCTL, TCTL_EN, 0);
}

static void
rx_stop(struct e1000e_port *port)
{
	reg_update(port, REG_RCTL, RCTL_EN, 0);
}

static void
irq_loss(struct e1000e_port *port)
{
	reg_write(port, REG_IMC, INT_ALL);
}

static void
dma_off(struct e1000e_port *port)
{
	pci_command(port->pci, PCI_COMMAND_MASTER, 0);
}

static void
self_reset(struct e1000e_port *port)
{
	e1000e_phy_own(port);
	reg_update(port, REG_CTRL, 0, CTRL_RST);
	clock_delay_us(RESET_US);
	e1000e_phy_disown(port);
}

static void
all_ones(struct e1000e_port *port)
{
	pci_command(port->pci, PCI_COMMAND_MEMORY, 0);
}

static void
rx_descriptor(struct e1000e_port *port)
{
	const struct e1000e_rx_format *f = e1000e_rx_format(port);
	struct e1000e_ring *ring = &port->rx;

	ring->desc[ring->cons & ring->mask].info =
		f->done | f->eop | RX_LENGTH_IMPOSSIBLE << f->len_shift;
	napi_schedule(&port->napi);
}

static void
link_flap(struct e1000e_port *port)
{
	e1000e_link_start(port);
}

static const struct {
	const char *name, *help;
	void (*cause)(struct e1000e_port *port);
} faults[] = {
	{ "tx-hang", "the transmit queue stands still", tx_hang },
	{ "rx-stop", "the receiver is switched off", rx_stop },
	{ "irq-loss", "interrupts are masked behind the driver's back",
	  irq_loss },
	{ "dma-off", "the device may no longer reach memory", dma_off },
	{ "self-reset", "the device resets itself", self_reset },
	{ "all-ones", "no register answers for a while", all_ones },
	{ "rx-descriptor", "a receive descriptor with an impossible length",
	  rx_descriptor },
	{ "link-flap", "the PHY negotiates anew", link_flap },
};

const char *
e1000e_fault_name(unsigned int i, const char **help)
{
	if (i >= array_len(faults))
		return NULL;
	*help = faults[i].help;
	return faults[i].name;
}

enum status
e1000e_inject(struct netdev *dev, unsigned int i)
{
	struct e1000e_port *port = dev->priv;

	if (i >= array_len(faults) || !port->running)
		return ERR_UNSUPPORTED;
	log_warn("%s: fault injected: %s", dev->name, faults[i].name);
	faults[i].cause(port);
	return OK;
}
