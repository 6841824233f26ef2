/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI-X, MSI and INTx: what is written where, and what happens on failure. */
#include "tests/host/test.h"

#include "drivers/pci.h"
#include "tests/host/irq.h"
#include "tests/host/mmio.h"
#include "tests/host/pci_model.h"

#define TABLE_BASE 0xfebf0000u
#define MSIX_CAP   0xa0u
#define MSI_CAP	   0xd0u

static struct pci pci;
static struct pci_model model;
static struct pci_model_function *nic;
static uint32_t table[0x4000 / 4];
static unsigned int fired[5];

static uint32_t
table_read(void *ctx, uint32_t offset)
{
	return table[offset / 4];
}

static void
table_write(void *ctx, uint32_t offset, uint32_t value)
{
	table[offset / 4] = value;
}

static void
handler(void *arg)
{
	++*(unsigned int *)arg;
}

static const struct pci_vector vectors[] = {
	{ "rx", handler, &fired[0] },
	{ "tx", handler, &fired[1] },
	{ "other", handler, &fired[2] },
};

/* A NIC as QEMU's e1000e shows itself, five MSI-X entries in BAR 3. */
static int
setup(void **state)
{
	static const struct mmio_ops ops = { table_read, table_write };

	memset(&pci, 0, sizeof(pci));
	memset(fired, 0, sizeof(fired));
	memset(table, 0xee, sizeof(table));
	pci_model_init(&model);
	nic = pci_model_add(&model, 0, 2, 0, 0x8086, 0x10d3, 0x0200);
	nic->config[PCI_INTERRUPT / 4] = 0x010b;
	pci_model_bar(nic, 3, TABLE_BASE, sizeof(table), 0);
	pci_model_cap(nic, MSI_CAP, PCI_CAP_MSI, 0x0080);
	nic->writable[MSI_CAP / 4] = 0x00710000;
	nic->writable[MSI_CAP / 4 + 1] = 0xfffffffc;
	nic->writable[MSI_CAP / 4 + 2] = 0xffffffff;
	nic->writable[MSI_CAP / 4 + 3] = 0x0000ffff;
	pci_model_cap(nic, MSIX_CAP, PCI_CAP_MSIX, 4);
	nic->writable[MSIX_CAP / 4] = 0xc0000000;
	nic->config[MSIX_CAP / 4 + 1] = 0x00000103; /* BAR 3, offset 0x100 */
	mmio_claim(TABLE_BASE, sizeof(table), &ops, &model);
	pci_scan(&pci, &model.access);
	return 0;
}

static int
teardown(void **state)
{
	pci_model_fini(&model);
	assert_int_equal(host_irq_used(), 0);
	return 0;
}

static uint32_t *
entry(unsigned int i)
{
	return &table[0x100 / 4 + i * 4];
}

static uint32_t
command(void)
{
	return nic->config[PCI_COMMAND / 4] & 0xffff;
}

/* ---- MSI-X -------------------------------------------------------------- */

static void
msix_routes_each_vector(void **state)
{
	struct pci_device *dev = &pci.device[0];

	assert_int_equal(pci_msix_enable(dev, vectors, 3), OK);
	assert_int_equal(dev->irq_mode, PCI_IRQ_MSIX);
	assert_int_equal(nic->config[MSIX_CAP / 4] >> 16, 0x8004);
	assert_true(command() & PCI_COMMAND_INTX_OFF);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(entry(i)[3], 0);
		assert_true(
			host_irq_msi((uint64_t)entry(i)[1] << 32 | entry(i)[0],
				     entry(i)[2]));
		assert_int_equal(fired[i], 1);
	}
	/* Entries nobody asked for stay masked. */
	assert_int_equal(entry(3)[3], 1);
	assert_int_equal(entry(4)[3], 1);
	pci_irq_disable(dev);
	assert_int_equal(nic->config[MSIX_CAP / 4] >> 16, 0x0004);
	assert_int_equal(dev->irq_mode, PCI_IRQ_NONE);
	pci_irq_disable(dev); /* harmless */
}

static void
msix_can_be_opened_again(void **state)
{
	struct pci_device *dev = &pci.device[0];

	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(pci_msix_enable(dev, vectors, 3), OK);
		pci_irq_disable(dev);
	}
}

static void
msix_masks_one_and_all(void **state)
{
	struct pci_device *dev = &pci.device[0];

	assert_int_equal(pci_msix_enable(dev, vectors, 3), OK);
	pci_msix_mask(dev, 1);
	assert_int_equal(entry(1)[3], 1);
	assert_int_equal(entry(0)[3], 0);
	pci_msix_unmask(dev, 1);
	assert_int_equal(entry(1)[3], 0);
	pci_msix_mask_all(dev, true);
	assert_int_equal(nic->config[MSIX_CAP / 4] >> 16, 0xc004);
	pci_msix_mask_all(dev, false);
	assert_int_equal(nic->config[MSIX_CAP / 4] >> 16, 0x8004);
	pci_irq_disable(dev);
}

static void
msix_unwinds_when_vectors_run_out(void **state)
{
	struct pci_device *dev = &pci.device[0];

	host_irq_exhaust(1);
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_NOMEM);
	assert_int_equal(host_irq_used(), 0);
	assert_int_equal(nic->config[MSIX_CAP / 4] >> 31, 0);
	assert_int_equal(dev->irq_mode, PCI_IRQ_NONE);
	assert_int_equal(pci_msix_enable(dev, vectors, 3), OK);
	pci_irq_disable(dev);
}

static void
msix_is_refused(void **state)
{
	struct pci_device *dev = &pci.device[0];

	pci.options.no_msix = true;
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_UNSUPPORTED);
	pci.options.no_msix = false;
	nic->config[MSIX_CAP / 4] = 0x00010011; /* two entries */
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_UNSUPPORTED);
	nic->config[MSIX_CAP / 4] = 0x07ff0011; /* a table beyond its BAR */
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_UNSUPPORTED);
	nic->config[MSIX_CAP / 4] = 0x00040011;
	nic->config[MSIX_CAP / 4 + 1] = 0x00000005; /* in a BAR of none */
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_UNSUPPORTED);
	nic->config[MSIX_CAP / 4] = 0x000400ff; /* no such capability */
	assert_int_equal(pci_msix_enable(dev, vectors, 3), ERR_UNSUPPORTED);
}

/* ---- MSI ---------------------------------------------------------------- */

static void
msi_64_bit(void **state)
{
	struct pci_device *dev = &pci.device[0];
	uint32_t *cap = &nic->config[MSI_CAP / 4];

	cap[0] |= 3u << 20; /* firmware had eight messages on */
	assert_int_equal(pci_msi_enable(dev, &vectors[0]), OK);
	assert_int_equal(cap[0] >> 16 & 0x71, 0x01);
	assert_true(command() & PCI_COMMAND_INTX_OFF);
	assert_true(host_irq_msi((uint64_t)cap[2] << 32 | cap[1], cap[3]));
	assert_int_equal(fired[0], 1);
	pci_irq_disable(dev);
	assert_int_equal(cap[0] >> 16 & 1, 0);
}

static void
msi_32_bit(void **state)
{
	struct pci_device *dev = &pci.device[0];
	uint32_t *cap = &nic->config[MSI_CAP / 4];

	cap[0] &= ~(1u << 23);
	cap[2] = 0xabcd0000; /* the data, with its neighbour's half */
	assert_int_equal(pci_msi_enable(dev, &vectors[0]), OK);
	assert_int_equal(cap[2] >> 16, 0xabcd);
	assert_true(host_irq_msi(cap[1], cap[2] & 0xffff));
	pci_irq_disable(dev);
}

static void
msi_is_refused(void **state)
{
	struct pci_device *dev = &pci.device[0];

	pci.options.no_msi = true;
	assert_int_equal(pci_msi_enable(dev, &vectors[0]), ERR_UNSUPPORTED);
	pci.options.no_msi = false;
	host_irq_exhaust(1);
	assert_int_equal(pci_msi_enable(dev, &vectors[0]), ERR_NOMEM);
	assert_int_equal(nic->config[MSI_CAP / 4] >> 16 & 1, 0);
}

/* ---- INTx --------------------------------------------------------------- */

static struct pci_model_function *
add_host(uint16_t device, uint16_t subsystem_vendor)
{
	struct pci_model_function *host =
		pci_model_add(&model, 0, 0, 0, 0x8086, device, 0x0600);

	host->config[PCI_SUBSYSTEM / 4] = 0x11000000u | subsystem_vendor;
	return host;
}

static struct pci_device *
rescan(uint8_t bus, uint8_t slot)
{
	memset(&pci, 0, sizeof(pci));
	pci_scan(&pci, &model.access);
	for (unsigned int i = 0; i < pci.device_count; i++)
		if (pci.device[i].at.bus == bus &&
		    pci.device[i].at.slot == slot)
			return &pci.device[i];
	return NULL;
}

static void
intx_on_the_pc_is_the_line_register(void **state)
{
	struct pci_device *dev;

	add_host(0x1237, 0x1af4);
	dev = rescan(0, 2);
	nic->config[PCI_COMMAND / 4] |= PCI_COMMAND_INTX_OFF;
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), OK);
	assert_false(command() & PCI_COMMAND_INTX_OFF);
	assert_true(host_irq_gsi(11));
	assert_int_equal(fired[0], 1);
	pci_irq_disable(dev);
	assert_true(command() & PCI_COMMAND_INTX_OFF);
	/* Firmware did not route it. */
	nic->config[PCI_INTERRUPT / 4] = 0x01ff;
	dev = rescan(0, 2);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), ERR_UNSUPPORTED);
}

static void
intx_on_q35_goes_by_slot_and_pin(void **state)
{
	struct pci_device *dev;

	add_host(0x29c0, 0x1af4);
	dev = rescan(0, 2);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), OK);
	assert_true(host_irq_gsi(22));
	pci_irq_disable(dev);
	nic->config[PCI_INTERRUPT / 4] = 0x030b; /* INTC */
	dev = rescan(0, 2);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), OK);
	assert_true(host_irq_gsi(20));
	pci_irq_disable(dev);
}

/* Slot 1 of bus 1 turns INTA into INTB of the bridge in slot 3: 20 + 3 + 1. */
static void
intx_is_swizzled_behind_a_bridge(void **state)
{
	struct pci_model_function *behind;
	struct pci_device *dev;

	add_host(0x29c0, 0x1af4);
	pci_model_add_bridge(&model, 0, 3, 1, 1);
	behind = pci_model_add(&model, 1, 1, 0, 0x8086, 0x10d3, 0x0200);
	behind->config[PCI_INTERRUPT / 4] = 0x010b;
	dev = rescan(1, 1);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), OK);
	assert_true(host_irq_gsi(20));
	pci_irq_disable(dev);
}

static void
intx_is_refused_where_only_acpi_knows(void **state)
{
	struct pci_model_function *host = add_host(0x29c0, 0x1043);
	struct pci_device *dev = rescan(0, 2);

	assert_int_equal(pci_intx_enable(dev, &vectors[0]), ERR_UNSUPPORTED);
	host->config[PCI_SUBSYSTEM / 4] = 0x11001af4;
	nic->config[PCI_INTERRUPT / 4] = 0x000b; /* no pin */
	dev = rescan(0, 2);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), ERR_UNSUPPORTED);
	nic->config[PCI_INTERRUPT / 4] = 0x010b;
	dev = rescan(0, 2);
	pci.options.no_intx = true;
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), ERR_UNSUPPORTED);
	pci.options.no_intx = false;
	host_irq_exhaust(1);
	assert_int_equal(pci_intx_enable(dev, &vectors[0]), ERR_NOMEM);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(msix_routes_each_vector),
		TEST(msix_can_be_opened_again),
		TEST(msix_masks_one_and_all),
		TEST(msix_unwinds_when_vectors_run_out),
		TEST(msix_is_refused),
		TEST(msi_64_bit),
		TEST(msi_32_bit),
		TEST(msi_is_refused),
		TEST(intx_on_the_pc_is_the_line_register),
		TEST(intx_on_q35_goes_by_slot_and_pin),
		TEST(intx_is_swizzled_behind_a_bridge),
		TEST(intx_is_refused_where_only_acpi_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
