/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the device, resetting it, and the registers it is started with. */
#include "tests/host/test.h"

#include "tests/host/host.h"
#include "tests/host/nic_rig.h"

#define R(rig, name) ((rig)->port[0].model.reg[REG_##name / 4])

static struct nic_rig *
rig_new(enum nic_kind kind)
{
	return nic_rig_new(&(struct nic_rig_config){ .kind = kind });
}

static void
probe_fills_the_interface(void **state)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 0x10 };
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct netdev *dev = rig->port[0].dev;

	assert_string_equal(dev->name, "eth0");
	assert_string_equal(dev->driver, "e1000e");
	assert_string_equal(dev->bus_info, "0000:00:02.0");
	assert_memory_equal(dev->addr, mac, 6);
	assert_memory_equal(dev->permanent_addr, mac, 6);
	assert_int_equal(dev->mtu, 1500);
	assert_int_equal(dev->mtu_min, 68);
	assert_int_equal(dev->mtu_max, 9216);
	assert_true(dev->carrier);
	assert_int_equal(dev->speed_mbps, 1000);
	assert_int_equal(dev->duplex, DUPLEX_FULL);
	assert_string_equal(rig->pci.device[1].driver, "e1000e");
	assert_string_equal(rig->pci.device[1].interface, "eth0");
	nic_rig_free(rig);
}

static void
ports_are_named_by_address(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .count = 2 });

	assert_string_equal(rig->port[0].dev->bus_info, "0000:00:02.0");
	assert_string_equal(rig->port[1].dev->name, "eth1");
	assert_string_equal(rig->port[1].dev->bus_info, "0000:00:03.0");
	nic_rig_free(rig);
}

/* [82574 4.6], [HARDWARE 1.3]: what the device must have when it runs. */
static void
started_registers(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);

	assert_int_equal(R(rig, RCTL), RCTL_EN | RCTL_BAM | RCTL_SECRC);
	assert_int_equal(R(rig, RFCTL), RFCTL_EXTEN | RFCTL_ACK_DIS);
	assert_int_equal(R(rig, MRQC), 0);
	assert_int_equal(R(rig, RDLEN), 256 * 16);
	assert_int_equal(R(rig, RDT), 255);
	assert_int_equal(R(rig, TDLEN), 256 * 16);
	assert_int_equal(R(rig, TCTL), 0x0103f0fa);
	assert_int_equal(R(rig, TXDCTL), 0x0141011f);
	assert_int_equal(R(rig, TXDCTL1), R(rig, TXDCTL));
	assert_int_equal(R(rig, TARC0), 0x403 | TARC0_BIT26);
	assert_int_equal(R(rig, TIPG), 0x00602008);
	assert_int_equal(R(rig, VET), 0x8100);
	assert_int_equal(R(rig, IVAR), 0x000a0908);
	assert_int_equal(R(rig, EIAC), 0x00f00000);
	assert_int_equal(R(rig, IMS), INT_RXQ0 | INT_OTHER | INT_LSC);
	assert_true(R(rig, CTRL_EXT) & CTRL_EXT_DRV_LOAD);
	assert_true(R(rig, CTRL_EXT) & CTRL_EXT_BIT22);
	assert_false(R(rig, CTRL_EXT) & (CTRL_EXT_IAME | CTRL_EXT_BIT23));
	assert_int_equal(R(rig, GCR), GCR_BIT22 | GCR_L1_NOT_L0S);
	assert_int_equal(R(rig, GCR2), 1);
	assert_true(R(rig, CTRL) & CTRL_SLU);
	assert_false(R(rig, CTRL) & (CTRL_RFCE | CTRL_TFCE | CTRL_VME |
				     CTRL_FRCSPD | CTRL_GIO_MASTER_DISABLE));
	assert_false(R(rig, EXTCNF) & EXTCNF_MDIO_SW);
	netdev_down(rig->port[0].dev);
	assert_false(R(rig, CTRL_EXT) & CTRL_EXT_DRV_LOAD);
	assert_int_equal(R(rig, RCTL), 0);
	assert_false(R(rig, TCTL) & TCTL_EN);
	assert_int_equal(R(rig, IMS), 0);
	nic_rig_free(rig);
}

/* The model panics at any register that the part does not have. */
static void
legacy_part_gets_its_own_registers(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82540EM);

	assert_int_equal(R(rig, RCTL), RCTL_EN | RCTL_BAM | RCTL_SECRC);
	assert_int_equal(R(rig, IMS),
			 INT_RXT0 | INT_RXDMT0 | INT_RXO | INT_RXSEQ | INT_LSC);
	assert_int_equal(R(rig, PBA), 48);
	assert_int_equal(R(rig, TXDCTL), 0x01410000);
	nic_rig_free(rig);
}

static void
fifo_leaves_room_for_two_frames(void **state)
{
	static const struct {
		enum nic_kind kind;
		uint32_t mtu, rx_kb;
	} cases[] = {
		{ NIC_82574L, 1500, 32 },  { NIC_82574L, 4000, 32 },
		{ NIC_82574L, 9000, 22 },  { NIC_82574L, 9216, 21 },
		{ NIC_82540EM, 1500, 48 }, { NIC_82540EM, 9216, 45 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct nic_rig *rig = rig_new(cases[i].kind);

		assert_int_equal(netdev_set_mtu(rig->port[0].dev, 68), OK);
		assert_int_equal(netdev_set_mtu(rig->port[0].dev, cases[i].mtu),
				 OK);
		assert_int_equal(R(rig, PBA), cases[i].rx_kb);
		nic_rig_free(rig);
	}
}

/* A driver before us left everything on, as a boot ROM does. */
static void
leftovers_are_cleared(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .down = true });
	unsigned int used = 1;
	struct netdev_multicast *group;

	for (unsigned int i = 0; i < MTA_WORDS; i++)
		rig->port[0].model.reg[REG_MTA / 4 + i] = UINT32_MAX;
	for (unsigned int i = 1; i < RAR_COUNT; i++)
		rig->port[0].model.reg[(REG_RAH + 8 * i) / 4] = RAH_AV | i;
	R(rig, IMS) = UINT32_MAX;
	R(rig, WUC) = 3;
	R(rig, MRQC) = 0x1f0001;
	R(rig, RFCTL) = 0;
	R(rig, RDTR) = 0x20;
	R(rig, CTRL) |= CTRL_VME | CTRL_RFCE | CTRL_TFCE;
	assert_int_equal(netdev_up(rig->port[0].dev), OK);
	for (unsigned int i = 0; i < MTA_WORDS; i++)
		assert_int_equal(rig->port[0].model.reg[REG_MTA / 4 + i], 0);
	list_for_each(group, &rig->port[0].dev->multicast, link)
		used++;
	for (unsigned int i = used; i < RAR_COUNT; i++)
		assert_int_equal(rig->port[0].model.reg[(REG_RAH + 8 * i) / 4],
				 0);
	assert_int_equal(R(rig, WUC), 0);
	assert_int_equal(R(rig, MRQC), 0);
	assert_int_equal(R(rig, RDTR), 0);
	assert_int_equal(R(rig, IMS), INT_RXQ0 | INT_OTHER | INT_LSC);
	assert_false(R(rig, CTRL) & (CTRL_VME | CTRL_RFCE | CTRL_TFCE));
	nic_rig_free(rig);
}

/* Under a hypervisor, but silicon all the same: it was passed through. */
static void
slow_nvm_is_silicon(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .down = true });
	struct e1000e_port *port = rig->port[0].port;
	uint64_t before = host_clock_ns;

	port->is_emulated = true;
	assert_int_equal(e1000e_reset(port), OK);
	assert_true(port->is_emulated);
	assert_true(host_clock_ns - before < MS_NS);
	rig->port[0].model.nvm_ns = 3 * MS_NS;
	assert_int_equal(e1000e_reset(port), OK);
	assert_false(port->is_emulated);
	assert_true(host_clock_ns - before > 28 * MS_NS);
	/* An NVM that is never read is said, and waited for no longer. */
	rig->port[0].model.nvm_ns = 1000 * S_NS;
	before = host_log_count[LOG_WARN];
	assert_int_equal(e1000e_reset(port), OK);
	assert_int_equal(host_log_count[LOG_WARN], before + 1);
	nic_rig_free(rig);
}

/* ---- probes that fail --------------------------------------------------- */

struct bench {
	struct testnet *net;
	struct pci_model pci_model;
	struct pci pci;
	struct nic_model nic;
};

static struct bench *
bench_new(enum nic_kind kind)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	struct bench *b = calloc(1, sizeof(*b));

	b->net = testnet_new(0);
	pci_model_init(&b->pci_model);
	nic_model_init(&b->nic, &b->pci_model, kind, 2, mac);
	pci_scan(&b->pci, &b->pci_model.access);
	return b;
}

static unsigned int
bench_probe(struct bench *b)
{
	return drivers_probe(&b->pci, &b->net->net, &b->net->pages);
}

/* testnet_free() sees to it that nothing is left over. */
static void
bench_free(struct bench *b)
{
	for (unsigned int i = 0; i < b->pci.device_count; i++)
		drivers_remove(&b->pci.device[i]);
	nic_model_fini(&b->nic);
	pci_model_fini(&b->pci_model);
	testnet_free(b->net);
	free(b);
}

/* The erratum is the part's: one without it keeps what firmware set up. */
static void
link_of_an_82574_does_not_sleep(void **state)
{
	for (enum nic_kind kind = NIC_82574L; kind <= NIC_82540EM; kind++) {
		struct bench *b = bench_new(kind);
		uint32_t *link = &b->nic.pci->config[0xf0 / 4];

		/* A PCIe endpoint; nothing else is linked from there. */
		b->nic.pci->config[PCI_CAP_POINTER / 4] = 0xe0;
		b->nic.pci->config[0xe0 / 4] = 0x0002u << 16 | PCI_CAP_EXPRESS;
		b->nic.pci->config[PCI_COMMAND / 4] |= PCI_STATUS_CAPS;
		*link = 0x10110043;
		b->nic.pci->writable[0xf0 / 4] = 0x0fff;
		assert_int_equal(bench_probe(b), 1);
		assert_int_equal(*link,
				 kind == NIC_82574L ? 0x10110040 : 0x10110043);
		bench_free(b);
	}
}

static void
absent_device_is_refused(void **state)
{
	struct bench *b = bench_new(NIC_82574L);

	b->nic.faults.gone = true;
	assert_int_equal(bench_probe(b), 0);
	assert_null(b->pci.device[0].driver);
	bench_free(b);
}

static void
device_without_registers_is_refused(void **state)
{
	struct bench *b = bench_new(NIC_82574L);

	b->nic.pci->config[PCI_BAR0 / 4] = 0; /* not placed */
	assert_int_equal(bench_probe(b), 0);
	bench_free(b);
}

static void
address_comes_from_the_nvm_if_need_be(void **state)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	static const enum nic_kind kinds[] = { NIC_82574L, NIC_82540EM };
	struct netdev *dev;

	for (size_t i = 0; i < array_len(kinds); i++) {
		struct bench *b = bench_new(kinds[i]);

		b->nic.no_addr_load = true;
		b->nic.reg[REG_RAL / 4] = b->nic.reg[REG_RAH / 4] = 0;
		assert_int_equal(bench_probe(b), 1);
		dev = netdev_find(&b->net->net, "eth0");
		assert_memory_equal(dev->addr, mac, 6);
		bench_free(b);
	}
}

static void
device_without_address_is_refused(void **state)
{
	static const uint16_t bad[][3] = {
		{ 0, 0, 0 },		    /* erased to zeros */
		{ 0xffff, 0xffff, 0xffff }, /* or to ones */
		{ 0x0001, 0x5e00, 0x0100 }, /* a group */
	};

	for (size_t i = 0; i < array_len(bad); i++) {
		struct bench *b = bench_new(NIC_82574L);

		memcpy(b->nic.nvm, bad[i], sizeof(bad[i]));
		assert_int_equal(bench_probe(b), 0);
		bench_free(b);
	}
}

static void
no_memory_for_the_port(void **state)
{
	struct bench *b = bench_new(NIC_82574L);

	b->net->pages.fail_after = 1;
	assert_int_equal(bench_probe(b), 0);
	assert_int_equal(bench_probe(b), 1);
	bench_free(b);
}

static void
sleeping_device_is_woken(void **state)
{
	struct bench *b = bench_new(NIC_82574L);

	b->nic.pci->config[0xcc / 4] = 3; /* D3 */
	assert_int_equal(bench_probe(b), 1);
	assert_int_equal(b->nic.pci->config[0xcc / 4] & 3, 0);
	bench_free(b);
}

static void
strangers_are_left_alone(void **state)
{
	struct bench *b = bench_new(NIC_82574L);

	pci_model_add(&b->pci_model, 0, 5, 0, 0x8086, 0x1533, 0x0200);
	b->pci.device_count = 0;
	pci_scan(&b->pci, &b->pci_model.access);
	assert_int_equal(bench_probe(b), 1);
	assert_null(b->pci.device[1].driver);
	bench_free(b);
}

/* Each part's data agrees with itself. */
static void
families_are_sane(void **state)
{
	for (const struct e1000e_family *f = e1000e_families; f->device; f++) {
		print_message("%s\n", f->name);
		assert_true(f->rx_fifo_kb < f->fifo_kb);
		if (f->traits & TRAIT_MSIX)
			assert_true(f->traits & TRAIT_PCIE);
		/* Two of the largest frames fit beside one to receive. */
		if (f->traits & TRAIT_JUMBO)
			assert_true(f->fifo_kb >= 28);
		for (const struct e1000e_family *g = e1000e_families; g->device;
		     g++)
			assert_true(f == g || f->device != g->device);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_fills_the_interface),
		cmocka_unit_test(ports_are_named_by_address),
		cmocka_unit_test(started_registers),
		cmocka_unit_test(legacy_part_gets_its_own_registers),
		cmocka_unit_test(fifo_leaves_room_for_two_frames),
		cmocka_unit_test(leftovers_are_cleared),
		cmocka_unit_test(slow_nvm_is_silicon),
		cmocka_unit_test(link_of_an_82574_does_not_sleep),
		cmocka_unit_test(absent_device_is_refused),
		cmocka_unit_test(device_without_registers_is_refused),
		cmocka_unit_test(address_comes_from_the_nvm_if_need_be),
		cmocka_unit_test(device_without_address_is_refused),
		cmocka_unit_test(no_memory_for_the_port),
		cmocka_unit_test(sleeping_device_is_woken),
		cmocka_unit_test(strangers_are_left_alone),
		cmocka_unit_test(families_are_sane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
