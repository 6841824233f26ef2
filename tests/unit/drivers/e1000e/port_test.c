/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port as an interface: up and down, its interrupts in every mode, and what
 * is changed while packets flow.
 */
#include "tests/host/test.h"

#include "tests/host/host.h"
#include "tests/host/irq.h"
#include "tests/host/nic_rig.h"

static struct nic_rig *
rig_new(void)
{
	return nic_rig_new(&(struct nic_rig_config){ 0 });
}

/* A frame comes in and one goes out, over interrupts alone. */
static void
assert_works(struct nic_rig *rig, unsigned int port)
{
	uint64_t rx = rig->port[port].rx_count, tx = rig->port[port].tx_count;

	assert_true(nic_rig_receive(rig, port, 60));
	assert_true(nic_rig_send(rig, port, 60, 0));
	nic_rig_run(rig);
	assert_int_equal(rig->port[port].rx_count, rx + 1);
	assert_int_equal(rig->port[port].tx_count, tx + 1);
}

/* ---- up and down -------------------------------------------------------- */

static void
up_and_down_leaves_nothing(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint32_t pages, buffers;

	netdev_down(dev);
	pages = rig->net->pages.free_count;
	buffers = dev->pool->free_count;
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(netdev_up(dev), OK);
		for (unsigned int n = 0; n < i; n++) {
			nic_rig_receive(rig, 0, 60);
			nic_rig_send(rig, 0, 60, 0);
		}
		netdev_down(dev);
		assert_int_equal(rig->net->pages.free_count, pages);
		assert_int_equal(dev->pool->free_count, buffers);
		assert_int_equal(host_irq_used(), 0);
		assert_false(nic_rig_receive(rig, 0, 60));
	}
	assert_int_equal(netdev_up(dev), OK);
	nic_rig_run(rig);
	assert_works(rig, 0);
	nic_rig_free(rig);
}

static void
down_drops_what_the_ring_holds(void **state)
{
	struct nic_rig *rig = rig_new();

	rig->port[0].model.faults.tx_hang = true;
	for (unsigned int i = 0; i < 10; i++)
		assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_run(rig);
	netdev_down(rig->port[0].dev);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 10);
	nic_rig_free(rig);
}

/* A chain whose end never came is a packet, too. */
static void
down_drops_half_a_frame(void **state)
{
	struct nic_rig *rig = rig_new();
	struct e1000e_desc *desc;

	assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9000), OK);
	desc = nic_model_desc(&rig->port[0].model, 0, 0);
	desc->info = RX_EXT_DD | 2048ull << 32;
	napi_schedule(&rig->port[0].port->napi);
	nic_rig_run(rig);
	assert_int_equal(skb_pool_held(rig->port[0].dev->pool), 1);
	netdev_down(rig->port[0].dev);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 1);
	nic_rig_free(rig);
}

/* Received, but not yet polled. */
static void
down_drops_what_was_received(void **state)
{
	struct nic_rig *rig = rig_new();

	assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9000), OK);
	for (unsigned int i = 0; i < 5; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		assert_true(nic_rig_receive(rig, 0, 9000));
	}
	netdev_down(rig->port[0].dev);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 10);
	assert_int_equal(rig->port[0].dev->stats.rx_dropped, 10);
	assert_int_equal(rig->port[0].rx_count, 0);
	/* And counted: 10 born on the port. */
	assert_int_equal(net_this_core(&rig->net->net)
				 ->account.port[rig->port[0].dev->ifindex]
				 .born,
			 10);
	assert_int_equal(netdev_up(rig->port[0].dev), OK);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_packets"), 10);
	nic_rig_free(rig);
}

/* ---- interrupts --------------------------------------------------------- */

static void
remember_name(void *ctx, const struct irq_info *info)
{
	strcat(ctx, info->name);
	strcat(ctx, " ");
}

static void
vectors_are_named_as_in_linux(void **state)
{
	struct nic_rig *rig = rig_new();
	char names[100] = "";

	irq_for_each(remember_name, names);
	assert_string_equal(names, "eth0-rx-0 eth0-tx-0 eth0 ");
	nic_rig_free(rig);
}

static void
works_in_every_mode(void **state)
{
	static const struct {
		enum nic_kind kind;
		struct pci_options options;
		enum pci_irq_mode mode;
		unsigned int vectors;
	} cases[] = {
		{ NIC_82574L, { false, false, false }, PCI_IRQ_MSIX, 3 },
		{ NIC_82574L, { true, false, false }, PCI_IRQ_MSI, 1 },
		{ NIC_82574L, { true, true, false }, PCI_IRQ_INTX, 1 },
		{ NIC_82574L, { true, true, true }, PCI_IRQ_NONE, 0 },
		{ NIC_82540EM, { false, false, false }, PCI_IRQ_INTX, 1 },
		{ NIC_82540EM, { false, false, true }, PCI_IRQ_NONE, 0 },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct nic_rig *rig = nic_rig_new(&(struct nic_rig_config){
			.kind = cases[i].kind,
			.count = 2,
			.options = cases[i].options });

		assert_int_equal(rig->port[0].port->pci->irq_mode,
				 cases[i].mode);
		assert_int_equal(host_irq_used(), 2 * cases[i].vectors);
		for (unsigned int n = 0; n < 1000; n++)
			assert_works(rig, n % 2);
		/* A busy poll never rests, but nothing else may need it. */
		assert_int_equal(rig->port[0].port->polling,
				 cases[i].mode == PCI_IRQ_NONE);
		nic_rig_free(rig);
	}
}

static void
falls_back_when_vectors_run_out(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .down = true });

	/* The second of three: MSI-X is given up, MSI has it. */
	host_irq_exhaust(0);
	assert_int_equal(netdev_up(rig->port[0].dev), OK);
	netdev_down(rig->port[0].dev);
	host_irq_exhaust(1);
	assert_int_equal(netdev_up(rig->port[0].dev), OK);
	assert_int_equal(rig->port[0].port->pci->irq_mode, PCI_IRQ_MSI);
	assert_works(rig, 0);
	netdev_down(rig->port[0].dev);
	host_irq_exhaust(3);
	assert_int_equal(netdev_up(rig->port[0].dev), OK);
	assert_true(rig->port[0].port->polling);
	assert_works(rig, 0);
	nic_rig_free(rig);
}

/* A burst while masked is one interrupt, and no frame waits for a second. */
static void
no_wakeup_is_lost(void **state)
{
	for (unsigned int silicon = 0; silicon < 2; silicon++) {
		struct nic_rig *rig = rig_new();
		struct nic_model *nic = &rig->port[0].model;
		uint64_t raised;

		nic->icr_clears = silicon;
		raised = nic->irqs_raised;
		for (unsigned int i = 0; i < 10; i++)
			assert_true(nic_rig_receive(rig, 0, 60));
		assert_int_equal(nic->irqs_raised, raised + 1);
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 10);
		assert_int_equal(nic->irqs_raised, raised + 1);
		/* More than one budget: polled without interrupts. */
		for (unsigned int i = 0; i < 200; i++)
			assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 210);
		assert_int_equal(nic->irqs_raised, raised + 2);
		nic_rig_free(rig);
	}
}

/* A frame that comes between the last look and the unmasking. */
static void
frame_in_the_gap_is_not_forgotten(void **state)
{
	struct nic_rig *rig = rig_new();
	struct e1000e_port *port = rig->port[0].port;

	for (unsigned int i = 0; i < 50; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		assert_int_equal(port->rx_poll(port, 64), 1);
		assert_true(nic_rig_receive(rig, 0, 60));
		e1000e_idle(port);
		assert_true(net_pending(&rig->net->net));
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 2 * (i + 1));
	}
	nic_rig_free(rig);
}

static void
spurious_interrupts_are_harmless(void **state)
{
	struct nic_rig *rig = rig_new();

	for (unsigned int i = 0; i < 30; i++) {
		nic_model_spurious(&rig->port[0].model, i % 3);
		if (i % 4 == 0)
			nic_rig_run(rig);
	}
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, 0);
	assert_true(nic_rig_stat(rig, 0, "empty_polls") > 0);
	assert_works(rig, 0);
	nic_rig_free(rig);
}

/*
 * The link interrupt reads ICR, which on silicon eats queue causes: here that
 * of a frame which came while its vector was masked.
 */
static void
link_interrupt_forgets_no_frame(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_model *nic = &rig->port[0].model;

	nic->icr_clears = true;
	nic->reg[REG_IMS / 4] &= ~INT_RXQ0;
	assert_true(nic_rig_receive(rig, 0, 60));
	assert_false(net_pending(&rig->net->net));
	nic_model_cause(nic, INT_LSC);
	assert_false(nic->reg[REG_ICR / 4] & INT_RXQ0);
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, 1);
	assert_works(rig, 0);
	nic_rig_free(rig);
}

/* One interrupt for a burst, also where the handler itself has to mask. */
static void
legacy_interrupts_stay_masked_until_polled(void **state)
{
	static const struct {
		enum nic_kind kind;
		struct pci_options options;
	} cases[] = {
		{ NIC_82574L, { .no_msix = true } },
		{ NIC_82574L, { .no_msix = true, .no_msi = true } },
		{ NIC_82540EM, { 0 } },
	};

	for (size_t i = 0; i < array_len(cases); i++) {
		struct nic_rig *rig = nic_rig_new(&(struct nic_rig_config){
			.kind = cases[i].kind, .options = cases[i].options });
		struct nic_model *nic = &rig->port[0].model;
		uint64_t raised = nic->irqs_raised;

		for (unsigned int n = 0; n < 10; n++)
			assert_true(nic_rig_receive(rig, 0, 60));
		assert_int_equal(nic->irqs_raised, raised + 1);
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 10);
		assert_int_equal(nic->irqs_raised, raised + 1);
		nic_rig_free(rig);
	}
}

/* ---- live changes ------------------------------------------------------- */

static void
mtu_changes_live(void **state)
{
	static const uint32_t mtus[] = { 68,   576,  1280, 1500, 1501,
					 9000, 9216, 9215, 1500, 68 };
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint64_t resets;

	for (size_t i = 0; i < array_len(mtus); i++) {
		uint32_t len = mtus[i] + 14;

		nic_rig_send(rig, 0, 60, 0);
		nic_rig_receive(rig, 0, 60);
		assert_int_equal(netdev_set_mtu(dev, mtus[i]), OK);
		assert_int_equal(dev->mtu, mtus[i]);
		nic_rig_run(rig);
		assert_works(rig, 0);
		assert_true(nic_rig_receive(rig, 0, len));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_rx(rig, 0, 0)->len,
				 len < 60 ? 60 : len);
		assert_int_equal(nic_rig_receive(rig, 0, 1900), mtus[i] > 1500);
		nic_rig_run(rig);
	}
	assert_int_equal(netdev_set_mtu(dev, 67), ERR_RANGE);
	assert_int_equal(netdev_set_mtu(dev, 9217), ERR_RANGE);
	/* Within 1500 the device is not even touched. */
	resets = rig->port[0].model.resets;
	assert_int_equal(netdev_set_mtu(dev, 1400), OK);
	assert_int_equal(rig->port[0].model.resets, resets);
	nic_rig_free(rig);
}

/* What a station with a larger MTU sends is still a frame. [RFC1812 3.3.4] */
/* covers: R1812-009 */
static void
a_small_mtu_does_not_shorten_what_is_received(void **state)
{
	struct nic_rig *rig = rig_new();

	assert_int_equal(netdev_set_mtu(rig->port[0].dev, 576), OK);
	assert_true(nic_rig_receive(rig, 0, 1514));
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, 1);
	assert_int_equal(nic_rig_rx(rig, 0, 0)->len, 1514);
	nic_rig_free(rig);
}

static void
mtu_survives_down_and_up(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	netdev_down(dev);
	assert_int_equal(netdev_set_mtu(dev, 9000), OK);
	assert_int_equal(netdev_up(dev), OK);
	assert_true(nic_rig_receive(rig, 0, 9014));
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, 1);
	nic_rig_free(rig);
}

static void
rings_are_resized_live(void **state)
{
	static const struct {
		uint32_t rx, tx, rx_is, tx_is;
	} cases[] = {
		{ 4096, 4096, 4096, 4096 }, { 80, 80, 128, 128 },
		{ 1, 1, 64, 64 },	    { 64, 65, 64, 128 },
		{ 257, 1000, 512, 1024 },   { 256, 256, 256, 256 },
	};
	struct nic_rig *rig = nic_rig_new(&(struct nic_rig_config){
		.memory_len = 96u << 20, .skb_count = 20000 });
	struct netdev *dev = rig->port[0].dev;
	struct netdev_rings rings;
	uint32_t buffers = dev->pool->free_count;

	for (size_t i = 0; i < array_len(cases); i++) {
		for (unsigned int n = 0; n < 30; n++) {
			nic_rig_send(rig, 0, 60, 0);
			nic_rig_receive(rig, 0, 60);
		}
		assert_int_equal(dev->ops->set_rings(dev, cases[i].rx,
						     cases[i].tx),
				 OK);
		dev->ops->get_rings(dev, &rings);
		assert_int_equal(rings.rx_count, cases[i].rx_is);
		assert_int_equal(rings.tx_count, cases[i].tx_is);
		assert_int_equal(rings.rx_count_max, 4096);
		assert_int_equal(rings.tx_count_max, 4096);
		nic_rig_run(rig);
		assert_works(rig, 0);
	}
	nic_rig_advance(rig, 200 * MS_NS);
	assert_int_equal(dev->pool->free_count, buffers);
	nic_rig_free(rig);
}

static void
impossible_rings_change_nothing(void **state)
{
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;
	uint64_t resets = rig->port[0].model.resets;
	struct netdev_rings rings;

	assert_int_equal(dev->ops->set_rings(dev, 4097, 256), ERR_RANGE);
	assert_int_equal(dev->ops->set_rings(dev, 256, 100000), ERR_RANGE);
	assert_int_equal(dev->ops->set_rings(dev, 0, 256), ERR_RANGE);
	assert_int_equal(dev->ops->set_rings(dev, 256, 0), ERR_RANGE);
	rig->net->pages.fail_after = 1;
	assert_int_equal(dev->ops->set_rings(dev, 4096, 64), ERR_NOMEM);
	rig->net->pages.fail_after = 2;
	assert_int_equal(dev->ops->set_rings(dev, 4096, 64), ERR_NOMEM);
	dev->ops->get_rings(dev, &rings);
	assert_int_equal(rings.rx_count, 256);
	assert_int_equal(rings.tx_count, 256);
	assert_int_equal(rig->port[0].model.resets, resets);
	assert_works(rig, 0);
	netdev_down(dev);
	assert_int_equal(dev->ops->set_rings(dev, 512, 128), OK);
	assert_int_equal(netdev_up(dev), OK);
	dev->ops->get_rings(dev, &rings);
	assert_int_equal(rings.rx_count, 512);
	assert_int_equal(rig->port[0].model.reg[REG_RDLEN / 4], 512 * 16);
	assert_int_equal(rig->port[0].model.reg[REG_TDLEN / 4], 128 * 16);
	nic_rig_free(rig);
}

static void
spacing_of_interrupts(void **state)
{
	static const struct {
		uint32_t us, itr;
	} good[] = { { 0, 0 },	  { 1, 195 },	{ 3, 195 },	 { 10, 39 },
		     { 50, 195 }, { 125, 488 }, { 10000, 39062 } };
	static const uint32_t bad[] = { 2, 4, 9, 10001, UINT32_MAX };
	struct nic_rig *rig = rig_new();
	struct netdev *dev = rig->port[0].dev;

	assert_int_equal(dev->ops->get_coalesce_us(dev), 3);
	for (size_t i = 0; i < array_len(good); i++) {
		assert_int_equal(dev->ops->set_coalesce_us(dev, good[i].us),
				 OK);
		assert_int_equal(dev->ops->get_coalesce_us(dev), good[i].us);
		assert_int_equal(rig->port[0].model.reg[REG_EITR0 / 4],
				 good[i].itr);
	}
	for (size_t i = 0; i < array_len(bad); i++)
		assert_int_equal(dev->ops->set_coalesce_us(dev, bad[i]),
				 ERR_RANGE);
	assert_int_equal(dev->ops->get_coalesce_us(dev), 10000);
	nic_rig_free(rig);
}

/* Resets under load: nothing is lost without a name, nothing leaks. */
static void
restarts_under_load(void **state)
{
	struct random random = test_random();
	struct nic_rig *rig = nic_rig_new(
		&(struct nic_rig_config){ .count = 2, .skb_count = 4000 });

	for (unsigned int i = 0; i < 300; i++) {
		unsigned int port = random_below(&random, 2);

		rig->port[port].model.strong_reset = random_below(&random, 2);
		rig->port[port].model.tx_deferred = random_below(&random, 2);
		for (unsigned int n = random_below(&random, 100); n > 0; n--)
			nic_rig_receive(rig, port, 60);
		for (unsigned int n = random_below(&random, 300); n > 0; n--)
			nic_rig_send(rig, port, 60, 0);
		if (random_below(&random, 2))
			nic_rig_run(rig);
		e1000e_restart(rig->port[port].port);
		if (random_below(&random, 2))
			nic_rig_run(rig);
	}
	for (unsigned int i = 0; i < 30; i++)
		nic_rig_run(rig);
	assert_true(nic_rig_drops(rig, DROP_RING_RESET) > 0);
	for (unsigned int port = 0; port < 2; port++) {
		assert_works(rig, port);
		assert_int_equal(rig->port[port].rx_disorder, 0);
		assert_int_equal(rig->port[port].tx_disorder, 0);
	}
	nic_rig_advance(rig, 200 * MS_NS);
	assert_int_equal(skb_pool_held(rig->port[0].dev->pool), 0);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_and_down_leaves_nothing),
		cmocka_unit_test(down_drops_what_the_ring_holds),
		cmocka_unit_test(down_drops_half_a_frame),
		cmocka_unit_test(down_drops_what_was_received),
		cmocka_unit_test(vectors_are_named_as_in_linux),
		cmocka_unit_test(works_in_every_mode),
		cmocka_unit_test(falls_back_when_vectors_run_out),
		cmocka_unit_test(no_wakeup_is_lost),
		cmocka_unit_test(frame_in_the_gap_is_not_forgotten),
		cmocka_unit_test(spurious_interrupts_are_harmless),
		cmocka_unit_test(link_interrupt_forgets_no_frame),
		cmocka_unit_test(legacy_interrupts_stay_masked_until_polled),
		cmocka_unit_test(mtu_changes_live),
		cmocka_unit_test(a_small_mtu_does_not_shorten_what_is_received),
		cmocka_unit_test(mtu_survives_down_and_up),
		cmocka_unit_test(rings_are_resized_live),
		cmocka_unit_test(impossible_rings_change_nothing),
		cmocka_unit_test(spacing_of_interrupts),
		cmocka_unit_test(restarts_under_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
