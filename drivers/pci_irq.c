/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of PCI devices: MSI-X, MSI and the old level-triggered lines
 * [PCI 6.8] [HARDWARE 3.3, 3.4]. What a message says comes from <arch/irq.h>;
 * where it is written is here. The records are struct pci_device's.
 */

#include <arch/io.h>
#include <arch/irq.h>

#include "drivers/pci.h"

/* Bits of the dword at the capability; control is its upper half. */
#define MSIX_COUNT(control)  (((control) >> 16 & 0x7ffu) + 1)
#define MSIX_MASK_ALL	     (1u << 30)
#define MSIX_ENABLE	     (1u << 31)
#define MSIX_TABLE	     4u
#define MSIX_BIR_MASK	     0x7u
#define MSIX_ENTRY_LEN	     16u
#define MSIX_ENTRY_ADDR	     0u
#define MSIX_ENTRY_ADDR_HIGH 4u
#define MSIX_ENTRY_DATA	     8u
#define MSIX_ENTRY_CONTROL   12u
#define MSIX_ENTRY_MASKED    1u

#define MSI_ENABLE     (1u << 16)
#define MSI_COUNT_MASK (7u << 20) /* log2 of messages enabled */
#define MSI_64BIT      (1u << 23)
#define MSI_ADDR       4u

#define LINE_UNKNOWN	255u
#define VENDOR_INTEL	0x8086u
#define HOST_Q35	0x29c0u
#define HOST_440FX	0x1237u
#define VENDOR_QEMU	0x1af4u
#define Q35_LINKS_FIRST 20u /* GSIs of PIRQE..PIRQH */
#define Q35_SLOTS	25u /* slots from here on are wired apart */

/* ---- MSI-X -------------------------------------------------------------- */

static uint8_t *
msix_entry(const struct pci_device *dev, unsigned int index)
{
	return dev->msix_table + (size_t)index * MSIX_ENTRY_LEN;
}

void
pci_msix_mask(const struct pci_device *dev, unsigned int index)
{
	mmio_write32(msix_entry(dev, index) + MSIX_ENTRY_CONTROL,
		     MSIX_ENTRY_MASKED);
}

void
pci_msix_unmask(const struct pci_device *dev, unsigned int index)
{
	mmio_write32(msix_entry(dev, index) + MSIX_ENTRY_CONTROL, 0);
}

void
pci_msix_mask_all(const struct pci_device *dev, bool masked)
{
	uint32_t cap = pci_cap_find(dev, PCI_CAP_MSIX);
	uint32_t control = pci_read32(dev, cap);

	control = masked ? control | MSIX_MASK_ALL : control & ~MSIX_MASK_ALL;
	pci_write32(dev, cap, control);
}

static void
irqs_free(struct pci_device *dev)
{
	while (dev->irq_count > 0)
		irq_free(dev->irq[--dev->irq_count]);
}

static enum status
msix_map(struct pci_device *dev, uint32_t cap, unsigned int entries)
{
	uint32_t table = pci_read32(dev, cap + MSIX_TABLE);
	uint32_t offset = table & ~MSIX_BIR_MASK;
	uint8_t *bar;

	if (dev->msix_table)
		return OK;
	bar = pci_bar_map(dev, table & MSIX_BIR_MASK,
			  (uint64_t)entries * MSIX_ENTRY_LEN + offset);
	if (!bar)
		return ERR_UNSUPPORTED;
	dev->msix_table = bar + offset;
	return OK;
}

/* Vectors for the first count entries, in the table but still masked. */
static enum status
msix_fill(struct pci_device *dev, const struct pci_vector *vector,
	  unsigned int count)
{
	struct irq_msi_message message;
	uint8_t *entry;
	struct irq *irq;

	for (unsigned int i = 0; i < count; i++) {
		irq = irq_alloc_msi(vector[i].name, vector[i].handler,
				    vector[i].arg, &message);
		if (!irq) {
			irqs_free(dev);
			return ERR_NOMEM;
		}
		dev->irq[dev->irq_count++] = irq;
		entry = msix_entry(dev, i);
		mmio_write32(entry + MSIX_ENTRY_ADDR, (uint32_t)message.addr);
		mmio_write32(entry + MSIX_ENTRY_ADDR_HIGH,
			     (uint32_t)(message.addr >> 32));
		mmio_write32(entry + MSIX_ENTRY_DATA, message.data);
	}
	return OK;
}

/* The order of [HARDWARE 3.3]: nothing fires before all of it is right. */
enum status
pci_msix_enable(struct pci_device *dev, const struct pci_vector *vector,
		unsigned int count)
{
	uint32_t cap = pci_cap_find(dev, PCI_CAP_MSIX), control;
	unsigned int entries;
	enum status status;

	assert(dev->irq_mode == PCI_IRQ_NONE && count <= PCI_VECTORS_MAX);
	if (!cap || dev->pci->options.no_msix)
		return ERR_UNSUPPORTED;
	control = pci_read32(dev, cap);
	entries = MSIX_COUNT(control);
	if (entries < count)
		return ERR_UNSUPPORTED;
	status = msix_map(dev, cap, entries);
	if (status != OK)
		return status;
	pci_write32(dev, cap, control | MSIX_ENABLE | MSIX_MASK_ALL);
	for (unsigned int i = 0; i < entries; i++)
		pci_msix_mask(dev, i);
	status = msix_fill(dev, vector, count);
	if (status != OK) {
		pci_write32(dev, cap, control & ~MSIX_ENABLE);
		return status;
	}
	for (unsigned int i = 0; i < count; i++)
		pci_msix_unmask(dev, i);
	/* A read drains the writes above before anything may fire. */
	(void)mmio_read32(msix_entry(dev, 0) + MSIX_ENTRY_DATA);
	pci_msix_mask_all(dev, false);
	pci_command(dev, 0, PCI_COMMAND_INTX_OFF);
	dev->irq_mode = PCI_IRQ_MSIX;
	return OK;
}

/* ---- MSI ---------------------------------------------------------------- */

enum status
pci_msi_enable(struct pci_device *dev, const struct pci_vector *vector)
{
	uint32_t cap = pci_cap_find(dev, PCI_CAP_MSI), control, data, at;
	struct irq_msi_message message;

	assert(dev->irq_mode == PCI_IRQ_NONE);
	if (!cap || dev->pci->options.no_msi)
		return ERR_UNSUPPORTED;
	dev->irq[0] = irq_alloc_msi(vector->name, vector->handler, vector->arg,
				    &message);
	if (!dev->irq[0])
		return ERR_NOMEM;
	dev->irq_count = 1;
	control = pci_read32(dev, cap);
	pci_write32(dev, cap + MSI_ADDR, (uint32_t)message.addr);
	at = cap + MSI_ADDR + 4;
	if (control & MSI_64BIT) {
		pci_write32(dev, at, (uint32_t)(message.addr >> 32));
		at += 4;
	}
	data = pci_read32(dev, at) & 0xffff0000u;
	pci_write32(dev, at, data | (message.data & 0xffffu));
	pci_command(dev, 0, PCI_COMMAND_INTX_OFF);
	pci_write32(dev, cap, (control & ~MSI_COUNT_MASK) | MSI_ENABLE);
	dev->irq_mode = PCI_IRQ_MSI;
	return OK;
}

/* ---- INTx --------------------------------------------------------------- */

static const struct pci_device *
host_bridge(const struct pci *pci)
{
	for (unsigned int i = 0; i < pci->device_count; i++)
		if (pci->device[i].bridge == NULL &&
		    pci->device[i].at.slot == 0 &&
		    pci->device[i].at.function == 0)
			return &pci->device[i];
	return NULL;
}

enum pci_machine
pci_machine(const struct pci *pci)
{
	const struct pci_device *host = host_bridge(pci);

	if (!host || host->vendor != VENDOR_INTEL ||
	    host->subsystem_vendor != VENDOR_QEMU)
		return PCI_MACHINE_OTHER;
	return host->device == HOST_440FX ? PCI_MACHINE_440FX
	       : host->device == HOST_Q35 ? PCI_MACHINE_Q35
					  : PCI_MACHINE_OTHER;
}

/*
 * The GSI that a device's pin drives. Only _PRT in ACPI byte code tells it in
 * general; QEMU's two PCs were measured [HARDWARE 3.4]. A bridge turns the pins
 * of the slots behind it round by their number [PCIBRIDGE 9.1].
 */
static enum status
intx_gsi(const struct pci_device *dev, uint32_t *gsi)
{
	enum pci_machine machine = pci_machine(dev->pci);
	uint32_t pin = dev->irq_pin - 1u;

	if (dev->irq_pin == 0)
		return ERR_UNSUPPORTED;
	if (machine == PCI_MACHINE_440FX && dev->irq_line < 16) {
		*gsi = irq_isa_gsi(dev->irq_line);
		return OK;
	}
	for (; dev->bridge; dev = dev->bridge)
		pin = (pin + dev->at.slot) % 4;
	if (machine != PCI_MACHINE_Q35 || dev->at.slot >= Q35_SLOTS)
		return ERR_UNSUPPORTED;
	*gsi = Q35_LINKS_FIRST + (dev->at.slot + pin) % 4;
	return OK;
}

enum status
pci_intx_enable(struct pci_device *dev, const struct pci_vector *vector)
{
	enum status status;
	uint32_t gsi;

	assert(dev->irq_mode == PCI_IRQ_NONE);
	if (dev->pci->options.no_intx)
		return ERR_UNSUPPORTED;
	status = intx_gsi(dev, &gsi);
	if (status != OK)
		return status;
	dev->irq[0] = irq_alloc_gsi(vector->name, gsi, IRQ_LEVEL_LOW,
				    vector->handler, vector->arg);
	if (!dev->irq[0])
		return ERR_NOMEM;
	dev->irq_count = 1;
	/* Firmware may have left the line cut off [HARDWARE 0.13]. */
	pci_command(dev, PCI_COMMAND_INTX_OFF, 0);
	dev->irq_mode = PCI_IRQ_INTX;
	return OK;
}

/* ---- all of them -------------------------------------------------------- */

/* A device that has left shows no capabilities: there is nothing to clear. */
static void
control_clear(const struct pci_device *dev, uint8_t id, uint32_t bit)
{
	uint32_t cap = pci_cap_find(dev, id);

	if (cap)
		pci_write32(dev, cap, pci_read32(dev, cap) & ~bit);
}

void
pci_irq_disable(struct pci_device *dev)
{
	switch (dev->irq_mode) {
	case PCI_IRQ_NONE: return;
	case PCI_IRQ_MSIX: control_clear(dev, PCI_CAP_MSIX, MSIX_ENABLE); break;
	case PCI_IRQ_MSI: control_clear(dev, PCI_CAP_MSI, MSI_ENABLE); break;
	case PCI_IRQ_INTX: break;
	}
	pci_command(dev, 0, PCI_COMMAND_INTX_OFF);
	irqs_free(dev);
	dev->irq_mode = PCI_IRQ_NONE;
}
