/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intel 82574L and its relatives: finding the device, resetting it, and
 * bringing it up in the order of the datasheet's initialisation chapter [82574
 * 4.6] [HARDWARE 1.3]. Every register relied on is written: a reset does not
 * reach all of them in emulated parts [HARDWARE 0.8].
 */

#include "drivers/e1000e/e1000e.h"

#include <arch/clock.h>

#include "drivers/e1000e/port.h"

#define VENDOR_INTEL	   0x8086u
#define MASTER_WAIT_US	   80000u
#define NVM_WAIT_US	   20000u
#define QUIET_WAIT_US	   10000u /* DMA under way ends */
#define PHY_CONFIG_WAIT_US 25000u
#define RESET_WAIT_US	   5u
#define ITR_UNIT_NS	   256u
#define ITR_MAX		   0xffffu
#define USECS_DYNAMIC_MAX  9u	/* "let the driver choose" */
#define ITR_DEFAULT	   195u /* 20 000 interrupts a second */

const struct e1000e_family e1000e_families[] = {
#define FAMILY(device, name, traits, quirks, rx_fifo_kb, fifo_kb)              \
	{ device, name, traits, quirks, rx_fifo_kb, fifo_kb },
#include "drivers/e1000e/families.def"
#undef FAMILY
	{ 0 },
};

static const struct pci_id ids[] = {
#define FAMILY(device, name, traits, quirks, rx_fifo_kb, fifo_kb)              \
	{ VENDOR_INTEL, device },
#include "drivers/e1000e/families.def"
#undef FAMILY
	{ 0 },
};

bool
e1000e_wait(const struct e1000e_port *port, uint32_t reg, uint32_t mask,
	    uint32_t want, uint32_t limit_us)
{
	const uint32_t step_us = 50;

	for (uint32_t us = 0; us <= limit_us; us += step_us) {
		if ((reg_read(port, reg) & mask) == want)
			return true;
		clock_delay_us(step_us);
	}
	return false;
}

bool
e1000e_is_gone(const struct e1000e_port *port, uint32_t status)
{
	return status == STATUS_GONE ||
	       (status == 0 && pci_read32(port->pci, PCI_ID) == UINT32_MAX);
}

/* What silicon needs time for, and an emulation does at once. */
static void
settle(const struct e1000e_port *port, uint32_t us)
{
	if (!port->is_emulated)
		clock_delay_us(us);
}

/* ---- reset -------------------------------------------------------------- */

/* [82574 3.1.3.10]: no new DMA, and what is under way ends. */
static void
master_disable(struct e1000e_port *port)
{
	if (!e1000e_has(port, TRAIT_PCIE))
		return;
	reg_update(port, REG_CTRL, 0, CTRL_GIO_MASTER_DISABLE);
	if (!e1000e_wait(port, REG_STATUS, STATUS_GIO_MASTER, 0,
			 MASTER_WAIT_US))
		log_warn("%s: DMA does not end; resetting anyway",
			 port->dev.bus_info);
}

void
e1000e_quiesce(struct e1000e_port *port)
{
	/* Mask interrupts, forget the causes [82574 4.6.1]. */
	reg_write(port, REG_IMC, INT_ALL);
	(void)reg_read(port, REG_ICR);
	master_disable(port);
	reg_write(port, REG_RCTL, 0);
	reg_update(port, REG_TCTL, TCTL_EN, 0);
	(void)reg_read(port, REG_STATUS);
	settle(port, QUIET_WAIT_US);
}

/*
 * Reads the NVM again, which takes silicon milliseconds: a part under a
 * hypervisor that has done so at once is an emulation, not one passed through.
 */
static void
nvm_wait(struct e1000e_port *port)
{
	if (!e1000e_has(port, TRAIT_PCIE))
		return;
	if (reg_read(port, REG_EECD) & EECD_AUTO_RD)
		return;
	port->is_emulated = false;
	if (!e1000e_wait(port, REG_EECD, EECD_AUTO_RD, EECD_AUTO_RD,
			 NVM_WAIT_US))
		log_warn("%s: the NVM was not read in time",
			 port->dev.bus_info);
}

/* The reset proper [82574 10.2.2.1]: no access for a microsecond after it. */
static void
reset_device(struct e1000e_port *port)
{
	bool is_flash =
		EECD_NVM_TYPE(reg_read(port, REG_EECD)) == EECD_NVM_FLASH;

	e1000e_phy_own(port);
	reg_update(port, REG_CTRL, 0, CTRL_RST);
	clock_delay_us(RESET_WAIT_US);
	if (is_flash && e1000e_has(port, TRAIT_PCIE)) {
		reg_update(port, REG_CTRL_EXT, 0, CTRL_EXT_EE_RST);
		clock_delay_us(RESET_WAIT_US);
	}
	nvm_wait(port);
	settle(port, PHY_CONFIG_WAIT_US);
	e1000e_phy_disown(port);
}

/* Bits that must be so for the part to work at all. */
static void
hardware_bits(struct e1000e_port *port)
{
	if (e1000e_has(port, TRAIT_PCIE)) {
		/* Not every reset gives DMA back [HARDWARE 0.8]. */
		reg_update(port, REG_CTRL, CTRL_GIO_MASTER_DISABLE, 0);
		reg_update(port, REG_TXDCTL, 0, TXDCTL_COUNT_DESC);
		reg_update(port, REG_TARC0, TARC0_BITS30_27,
			   TARC0_BIT26 | TARC0_ENABLE);
	}
	if (e1000e_needs(port, QUIRK_CTRL_BITS)) {
		reg_update(port, REG_CTRL, CTRL_BIT29, 0);
		reg_update(port, REG_CTRL_EXT, CTRL_EXT_BIT23, CTRL_EXT_BIT22);
	}
	if (e1000e_needs(port, QUIRK_GCR_BITS)) {
		reg_update(port, REG_GCR, 0, GCR_BIT22 | GCR_L1_NOT_L0S);
		reg_update(port, REG_GCR2, 0, GCR2_BIT0);
	}
	if (e1000e_needs(port, QUIRK_NO_AUPDEN) &&
	    EECD_NVM_TYPE(reg_read(port, REG_EECD)) == EECD_NVM_FLASH)
		reg_update(port, REG_EECD, EECD_AUPDEN, 0);
}

enum status
e1000e_reset(struct e1000e_port *port)
{
	if (e1000e_is_gone(port, reg_read(port, REG_STATUS)))
		return ERR_NODEV;
	e1000e_quiesce(port);
	reset_device(port);
	reg_write(port, REG_IMC, INT_ALL);
	(void)reg_read(port, REG_ICR);
	if (e1000e_is_gone(port, reg_read(port, REG_STATUS)))
		return ERR_NODEV;
	hardware_bits(port);
	reg_write(port, REG_WUC, 0);
	reg_write(port, REG_VET, VET_DEFAULT);
	for (uint32_t i = 0; i < MTA_WORDS; i++)
		reg_write(port, REG_MTA + 4 * i, 0);
	for (uint32_t i = 0; i < VFTA_WORDS; i++)
		reg_write(port, REG_VFTA + 4 * i, 0);
	memset(port->mta, 0, sizeof(port->mta));
	port->rctl = 0;
	return OK;
}

/* ---- address ------------------------------------------------------------ */

/* One word of the NVM [82574 10.2.2]; 0xffff if it does not answer. */
static uint16_t
nvm_read(struct e1000e_port *port, uint32_t word)
{
	bool small = e1000e_has(port, TRAIT_SMALL_EERD);
	uint32_t done = small ? EERD_SMALL_DONE : EERD_DONE;
	uint32_t shift = small ? EERD_SMALL_ADDR_SHIFT : EERD_ADDR_SHIFT;

	reg_write(port, REG_EERD, EERD_START | word << shift);
	if (!e1000e_wait(port, REG_EERD, done, done, NVM_WAIT_US))
		return UINT16_MAX;
	return EERD_DATA(reg_read(port, REG_EERD));
}

static bool
addr_is_usable(const uint8_t *addr)
{
	static const uint8_t zero[ETH_ADDR_LEN];

	return !(addr[0] & 1) && memcmp(addr, zero, ETH_ADDR_LEN) != 0;
}

/* The device loads its address from the NVM at reset; else we do. */
static enum status
addr_load(struct e1000e_port *port)
{
	uint32_t low = reg_read(port, REG_RAL), high = reg_read(port, REG_RAH);
	uint8_t *addr = port->dev.addr;
	uint16_t word;

	for (unsigned int i = 0; i < 4; i++)
		addr[i] = (uint8_t)(low >> 8 * i);
	addr[4] = (uint8_t)high;
	addr[5] = (uint8_t)(high >> 8);
	if (high & RAH_AV && addr_is_usable(addr))
		return OK;
	for (size_t i = 0; i < 3; i++) {
		word = nvm_read(port, (uint32_t)i);
		addr[2 * i] = (uint8_t)word;
		addr[2 * i + 1] = (uint8_t)(word >> 8);
	}
	return addr_is_usable(addr) ? OK : ERR_IO;
}

/* ---- start -------------------------------------------------------------- */

static uint32_t
frame_len_max(const struct e1000e_port *port)
{
	return port->mtu + FRAME_OVERHEAD + FCS_LEN;
}

/* Room in the FIFO for two frames to send; the rest receives [82574 10.2.2]. */
static void
fifo_split(struct e1000e_port *port)
{
	uint32_t tx_kb = (2 * frame_len_max(port) + 1023) / 1024;
	uint32_t rx_kb = port->family->rx_fifo_kb;

	if (rx_kb + tx_kb > port->family->fifo_kb)
		rx_kb = port->family->fifo_kb - tx_kb;
	reg_write(port, REG_PBA, rx_kb);
}

/*
 * Pause frames are neither sent nor obeyed: a router drops, it does not wait.
 */
static void
flow_control_off(struct e1000e_port *port)
{
	reg_update(port, REG_CTRL, CTRL_RFCE | CTRL_TFCE | CTRL_VME, 0);
	reg_write(port, REG_FCAL, FCAL_PAUSE);
	reg_write(port, REG_FCAH, FCAH_PAUSE);
	reg_write(port, REG_FCT, FCT_PAUSE);
	reg_write(port, REG_FCTTV, 0);
	reg_write(port, REG_FCRTL, 0);
	reg_write(port, REG_FCRTH, 0);
}

static void
ring_program(struct e1000e_port *port, const struct e1000e_ring *ring,
	     uint32_t base)
{
	uint64_t addr = dma_addr(ring->desc);
	uint32_t len = (ring->mask + 1) * (uint32_t)sizeof(*ring->desc);

	reg_write(port, base + REG_RDBAL - REG_RDBAL, (uint32_t)addr);
	reg_write(port, base + REG_RDBAH - REG_RDBAL, (uint32_t)(addr >> 32));
	reg_write(port, base + REG_RDLEN - REG_RDBAL, len);
	reg_write(port, base + REG_RDH - REG_RDBAL, 0);
	reg_write(port, base + REG_RDT - REG_RDBAL, 0);
}

/*
 * [82574 4.6.5] in the order that emulations need: the receive control register
 * fixes formats and sizes when it is enabled, so it comes last [HARDWARE 0.14].
 */
static void
rx_start(struct e1000e_port *port)
{
	uint32_t rfctl = RFCTL_EXTEN;

	port->rx.tail = port->regs + REG_RDT;
	ring_program(port, &port->rx, REG_RDBAL);
	reg_write(port, REG_RDTR, 0);
	reg_write(port, REG_RADV, 0);
	reg_write(port, REG_RXDCTL, RXDCTL_VALUE);
	reg_write(port, REG_RXCSUM, RXCSUM_IPOFLD | RXCSUM_TUOFLD);
	if (e1000e_has(port, TRAIT_PCIE)) {
		if (e1000e_needs(port, QUIRK_ACK_DIS))
			rfctl |= RFCTL_ACK_DIS;
		if (e1000e_needs(port, QUIRK_IPV6_EXT_HANG))
			rfctl |= RFCTL_IPV6_EX_DIS;
		reg_write(port, REG_RFCTL, rfctl);
		/* One queue: nothing may choose another [HARDWARE 0.28]. */
		reg_write(port, REG_MRQC, 0);
	}
	e1000e_filter_apply(port);
	e1000e_rx_tell(port);
}

/* [82574 4.6.6] */
static void
tx_start(struct e1000e_port *port)
{
	uint32_t txdctl = TXDCTL_VALUE;

	port->tx.tail = port->regs + REG_TDT;
	ring_program(port, &port->tx, REG_TDBAL);
	reg_write(port, REG_TIDV, 0);
	reg_write(port, REG_TADV, 0);
	if (e1000e_needs(port, QUIRK_DESC_PREFETCH))
		txdctl |= TXDCTL_PREFETCH;
	reg_write(port, REG_TXDCTL, txdctl);
	if (e1000e_needs(port, QUIRK_TXDCTL_EQUAL))
		reg_write(port, REG_TXDCTL1, txdctl);
	reg_write(port, REG_TIPG, TIPG_COPPER);
	reg_write(port, REG_TCTL,
		  TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD_FULL_DUPLEX |
			  TCTL_RTLC);
}

/*
 * 1 to 9 us stand for "dynamic" in Linux's driver. Polling with a budget adapts
 * by itself: under load interrupts stay off, so one moderate rate is enough.
 */
void
e1000e_throttle(struct e1000e_port *port)
{
	uint32_t itr = port->rx_usecs * 1000 / ITR_UNIT_NS;

	if (port->rx_usecs > 0 && port->rx_usecs <= USECS_DYNAMIC_MAX)
		itr = ITR_DEFAULT;
	itr = min_of(itr, ITR_MAX);
	reg_write(port, REG_ITR, itr);
	if (port->pci->irq_mode != PCI_IRQ_MSIX)
		return;
	reg_write(port, REG_EITR0, itr);
	reg_write(port, REG_EITR1, itr);
	reg_write(port, REG_EITR2, itr);
}

/*
 * MSI-X: each cause its vector. Queue causes clear and mask themselves when
 * they fire (EIAC), so their handlers touch no register [HARDWARE 1.11]. IVAR
 * counts only in MSI-X mode, which is on by now [82574 10.2.4.9].
 */
static void
interrupts_program(struct e1000e_port *port)
{
	e1000e_throttle(port);
	if (port->pci->irq_mode != PCI_IRQ_MSIX) {
		if (e1000e_has(port, TRAIT_PCIE))
			reg_update(port, REG_CTRL_EXT,
				   CTRL_EXT_EIAME | CTRL_EXT_IAME, 0);
		return;
	}
	reg_write(port, REG_IVAR,
		  IVAR_RXQ0(VECTOR_RX) | IVAR_TXQ0(VECTOR_TX) |
			  IVAR_OTHER(VECTOR_OTHER));
	reg_write(port, REG_EIAC, EIAC_QUEUES);
	reg_write(port, REG_IAM, INT_ALL);
	reg_update(port, REG_CTRL_EXT, CTRL_EXT_IAME,
		   CTRL_EXT_PBA_CLR | CTRL_EXT_EIAME);
}

void
e1000e_start(struct e1000e_port *port)
{
	pci_command(port->pci, 0, PCI_COMMAND_MASTER);
	fifo_split(port);
	flow_control_off(port);
	e1000e_filter_addr(port, 0, port->dev.addr);
	e1000e_stats_clear(port);
	e1000e_link_start(port);
	rx_start(port);
	tx_start(port);
	interrupts_program(port);
	/* Management firmware learns that a driver is in control. */
	reg_update(port, REG_CTRL_EXT, 0, CTRL_EXT_DRV_LOAD);
}

/* ---- probe -------------------------------------------------------------- */

static const struct e1000e_family *
family_find(uint16_t device)
{
	const struct e1000e_family *family = e1000e_families;

	while (family->device && family->device != device)
		family++;
	return family->device ? family : NULL;
}

static void
port_init(struct e1000e_port *port, struct pci_device *pci, struct pages *pages)
{
	struct netdev *dev = &port->dev;

	memset(port, 0, sizeof(*port));
	port->pci = pci;
	port->pages = pages;
	port->family = family_find(pci->device);
	port->is_emulated = cpu_info()->hypervisor[0] != '\0';
	port->rx_count = port->tx_count = RING_COUNT_DEFAULT;
	port->rx_usecs = 3;
	port->mtu = MTU_DEFAULT;
	port->rx_poll = e1000e_has(port, TRAIT_PCIE) ? e1000e_rx_poll_extended
						     : e1000e_rx_poll_legacy;
	dev->ops = &e1000e_ops;
	dev->driver = e1000e_driver.name;
	dev->mtu = MTU_DEFAULT;
	dev->mtu_min = MTU_MIN;
	dev->mtu_max = e1000e_has(port, TRAIT_JUMBO) ? MTU_JUMBO : MTU_DEFAULT;
	dev->priv = port;
	pci_address_print(pci->at, dev->bus_info, sizeof(dev->bus_info));
}

/* Awake, reachable, reset, with an address: everything but registered. */
static enum status
device_bring_up(struct e1000e_port *port)
{
	struct pci_device *pci = port->pci;
	enum status status;

	pci_power_on(pci);
	port->regs = pci_bar_map(pci, 0, E1000E_REGS_LEN);
	if (!port->regs)
		return ERR_NODEV;
	if (e1000e_needs(port, QUIRK_NO_ASPM) && pci_aspm_disable(pci))
		log_info("%s: ASPM off", port->dev.bus_info);
	status = e1000e_reset(port);
	if (status != OK)
		return status;
	return addr_load(port);
}

static enum status
probe(struct pci_device *pci, struct net *net, struct pages *pages)
{
	unsigned int order = pages_order(sizeof(struct e1000e_port));
	struct e1000e_port *port = pages_alloc(pages, order);
	enum status status;

	if (!port)
		return ERR_NOMEM;
	port_init(port, pci, pages);
	status = device_bring_up(port);
	if (status != OK)
		goto undo_alloc;
	status = netdev_register(net, &port->dev);
	if (status != OK)
		goto undo_alloc;
	status = napi_add(&port->napi, &port->dev, e1000e_poll, 0);
	if (status != OK)
		goto undo_register;
	pci->interface = port->dev.name;
	pci->priv = port;
	log_info("%s: Intel %s at %s, address %pM", port->dev.name,
		 port->family->name, port->dev.bus_info, port->dev.addr);
	return OK;

undo_register:
	netdev_unregister(&port->dev);
undo_alloc:
	pages_free(pages, port, order);
	return status;
}

static bool
is_unreachable(const struct e1000e_port *port)
{
	return e1000e_is_gone(port, reg_read(port, REG_STATUS));
}

/* A port that is down is watched by nobody else. */
static bool
is_gone(const struct pci_device *pci)
{
	const struct e1000e_port *port = pci->priv;

	return port->dev.gone || is_unreachable(port);
}

static bool
revive(struct pci_device *pci)
{
	struct e1000e_port *port = pci->priv;

	if (is_unreachable(port))
		return false;
	log_warn("%s: the device answers again", port->dev.name);
	e1000e_revive(port);
	return !port->dev.gone;
}

static void
remove(struct pci_device *pci)
{
	struct e1000e_port *port = pci->priv;

	log_info("%s: removed", port->dev.name);
	port->dev.gone = is_gone(pci);
	netdev_unregister(&port->dev);
	napi_remove(&port->napi);
	pages_free(port->pages, port, pages_order(sizeof(*port)));
}

const struct driver e1000e_driver = {
	.name = "e1000e",
	.ids = ids,
	.probe = probe,
	.remove = remove,
	.is_gone = is_gone,
	.revive = revive,
};
