/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device that hangs, loses interrupts, reports wrongly or vanishes: it is
 * noticed in time, said, and put right, with no packet unaccounted for.
 */
#include "tests/host/test.h"

#include "tests/host/host.h"
#include "tests/host/nic_rig.h"

static struct nic_rig *
rig_new(void)
{
	return nic_rig_new(&(struct nic_rig_config){ 0 });
}

static void
assert_works(struct nic_rig *rig)
{
	uint64_t rx = rig->port[0].rx_count, tx = rig->port[0].tx_count;

	assert_true(nic_rig_receive(rig, 0, 60));
	assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count, rx + 1);
	assert_int_equal(rig->port[0].tx_count, tx + 1);
}

static void
faults_text(struct nic_rig *rig, char *text, size_t size)
{
	struct netdev *dev = rig->port[0].dev;
	struct out_buf buf;

	out_buf_init(&buf, text, size);
	dev->ops->show_faults(dev, &buf.out);
}

static enum status
inject(struct nic_rig *rig, const char *fault)
{
	struct netdev *dev = rig->port[0].dev;
	const char *name, *help;

	for (unsigned int i = 0; (name = dev->ops->fault_name(i, &help)); i++)
		if (!strcmp(name, fault))
			return dev->ops->inject(dev, i);
	fail_msg("no fault %s", fault);
	return ERR_NOENT;
}

static void
quiet_port_is_left_alone(void **state)
{
	struct nic_rig *rig = rig_new();
	uint64_t resets = rig->port[0].model.resets;
	char text[200];

	for (unsigned int i = 0; i < 20; i++) {
		nic_rig_advance(rig, 3 * S_NS);
		assert_works(rig);
	}
	assert_int_equal(rig->port[0].model.resets, resets);
	faults_text(rig, text, sizeof(text));
	assert_string_equal(text, "eth0: no fault since boot\n");
	nic_rig_free(rig);
}

/* ---- transmit ----------------------------------------------------------- */

static void
hung_transmitter_is_reset(void **state)
{
	struct nic_rig *rig = rig_new();
	char text[8192];

	rig->port[0].model.faults.tx_hang = true;
	for (unsigned int i = 0; i < 20; i++)
		assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_run(rig);
	nic_rig_advance(rig, 400 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 0);
	/* It was asked to report before it was judged. */
	assert_int_equal(rig->port[0].model.reg[REG_TIDV / 4], TIDV_FPD);
	nic_rig_advance(rig, 300 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 1);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 20);
	rig->port[0].model.faults.tx_hang = false;
	assert_works(rig);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "eth0: transmission hangs"));
	assert_non_null(strstr(text, "TDH 0 TDT 20 "));
	assert_non_null(strstr(text, "tx prod 20 told 20 cons 0"));
	assert_non_null(strstr(text, " tx-tail TDT 20 outstanding 20\n"));
	assert_non_null(strstr(text, " flush TDH 0\n"));
	nic_rig_free(rig);
}

/* It sends, but the reports get lost: nobody's buffers may stay. */
static void
silent_transmitter_is_reset(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.faults.tx_no_report = true;
	for (unsigned int i = 0; i < 400; i++)
		assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_advance(rig, 300 * MS_NS);
	assert_true(port->dev->tx_stopped);
	nic_rig_advance(rig, 1200 * MS_NS);
	port->model.faults.tx_no_report = false;
	nic_rig_advance(rig, 1200 * MS_NS);
	assert_false(port->dev->tx_stopped);
	assert_int_equal(skb_pool_held(port->dev->pool), 0);
	assert_works(rig);
	nic_rig_free(rig);
}

/* The interrupt that should wake the queue does not come. */
static void
stopped_queue_is_woken_by_the_tick(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.faults.tx_hang = true;
	for (unsigned int i = 0; i < 400; i++)
		assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_run(rig);
	assert_true(port->dev->tx_stopped);
	port->model.faults.lose_irqs = UINT32_MAX;
	port->model.faults.tx_hang = false;
	nic_rig_advance(rig, 300 * MS_NS);
	assert_false(port->dev->tx_stopped);
	assert_int_equal(port->tx_count, 400);
	nic_rig_free(rig);
}

static void
paused_is_not_hung(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.faults.tx_hang = true;
	port->model.reg[REG_STATUS / 4] |= STATUS_TXOFF;
	assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_advance(rig, 5 * S_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 0);
	port->model.reg[REG_STATUS / 4] &= ~STATUS_TXOFF;
	nic_rig_advance(rig, 1300 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 1);
	nic_rig_free(rig);
}

static void
slow_wires_get_more_time(void **state)
{
	struct nic_rig *rig = rig_new();

	nic_model_link(&rig->port[0].model, true, 100);
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].dev->speed_mbps, 100);
	rig->port[0].model.faults.tx_hang = true;
	assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_advance(rig, 4800 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 0);
	nic_rig_advance(rig, 500 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 1);
	nic_rig_free(rig);
}

/* DMA stops without a link; what waits there is dropped, not kept. */
static void
frames_do_not_wait_for_a_cable(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.faults.tx_hang = true;
	assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_run(rig);
	nic_model_link(&port->model, false, 0);
	nic_rig_advance(rig, 1300 * MS_NS);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 1);
	assert_int_equal(nic_rig_stat(rig, 0, "tx_timeout_count"), 0);
	port->model.faults.tx_hang = false;
	nic_rig_advance(rig, 1 * S_NS); /* the reset negotiated anew */
	assert_true(port->dev->carrier);
	assert_works(rig);
	nic_rig_free(rig);
}

/* ---- receive ------------------------------------------------------------ */

static void
lost_interrupt_costs_one_tick(void **state)
{
	struct nic_rig *rig = rig_new();

	for (unsigned int i = 0; i < 10; i++) {
		nic_rig_advance(rig, 200 * MS_NS);
		rig->port[0].model.faults.lose_irqs = 1;
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 2 * i);
		nic_rig_advance(rig, 110 * MS_NS);
		assert_int_equal(rig->port[0].rx_count, 2 * i + 1);
		assert_int_equal(nic_rig_stat(rig, 0, "lost_interrupts"),
				 i + 1);
		assert_works(rig);
		rig->port[0].tx_count = 0;
	}
	assert_false(rig->port[0].port->polling);
	nic_rig_free(rig);
}

static void
without_any_interrupt_it_polls(void **state)
{
	struct nic_rig *rig = rig_new();

	rig->port[0].model.faults.lose_irqs = UINT32_MAX;
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_advance(rig, 300 * MS_NS);
		assert_int_equal(rig->port[0].rx_count, i + 1);
	}
	assert_true(rig->port[0].port->polling);
	assert_works(rig);
	nic_rig_free(rig);
}

/* The device wrote a frame and moved on, but never said so. */
static void
lost_report_is_noticed(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	char text[8192];

	assert_works(rig);
	port->model.faults.rx_no_report = true;
	assert_true(nic_rig_receive(rig, 0, 60));
	port->model.faults.rx_no_report = false;
	for (unsigned int i = 0; i < 10; i++)
		assert_true(nic_rig_receive(rig, 0, 60));
	assert_int_equal(port->rx_count, 1);
	nic_rig_advance(rig, 110 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 1);
	assert_works(rig);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "done frames are not reported"));
	assert_non_null(strstr(text, "RDH 12 "));
	nic_rig_free(rig);
}

/* Reports in the wrong order: both frames come, in ring order. */
static void
reports_out_of_order_heal(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.faults.rx_swap = true;
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
	}
	nic_rig_advance(rig, 300 * MS_NS);
	assert_int_equal(port->rx_count, 100);
	assert_int_equal(port->rx_disorder, 0);
	nic_rig_free(rig);
}

static void
partial_reports_are_dropped(void **state)
{
	struct nic_rig *rig = rig_new();

	rig->port[0].model.faults.rx_partial = true;
	for (unsigned int i = 0; i < 300; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
	}
	assert_int_equal(nic_rig_drops(rig, DROP_RX_LENGTH), 300);
	rig->port[0].model.faults.rx_partial = false;
	assert_works(rig);
	nic_rig_free(rig);
}

static void
stalled_receiver_is_reset(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	assert_works(rig);
	nic_rig_advance(rig, 3 * S_NS);
	port->model.faults.rx_stall = true;
	for (unsigned int i = 0; i < 50; i++) {
		assert_false(nic_rig_receive(rig, 0, 60));
		nic_rig_advance(rig, 100 * MS_NS);
	}
	assert_true(nic_rig_stat(rig, 0, "restarts") >= 1);
	assert_true(nic_rig_stat(rig, 0, "rx_missed_errors") > 0);
	port->model.faults.rx_stall = false;
	assert_works(rig);
	nic_rig_free(rig);
}

/* Missed because we are slow, not because it hangs. */
static void
overload_is_no_stall(void **state)
{
	struct nic_rig *rig = rig_new();

	for (unsigned int i = 0; i < 50; i++) {
		for (unsigned int n = 0; n < 300; n++)
			nic_rig_receive(rig, 0, 60);
		nic_rig_advance(rig, 100 * MS_NS);
	}
	assert_true(nic_rig_stat(rig, 0, "rx_missed_errors") > 0);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 0);
	nic_rig_free(rig);
}

static void
hung_phy_is_reset(void **state)
{
	struct nic_rig *rig = rig_new();

	rig->port[0].model.faults.phy_hang = true;
	nic_rig_advance(rig, 3 * S_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 0);
	nic_rig_advance(rig, 2 * S_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 1);
	rig->port[0].model.faults.phy_hang = false;
	nic_rig_advance(rig, 10 * S_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 1);
	assert_works(rig);
	nic_rig_free(rig);
}

/* ---- gone --------------------------------------------------------------- */

static void
vanished_device_is_detached(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	char text[8192];

	port->model.tx_deferred = true;
	for (unsigned int i = 0; i < 30; i++) {
		nic_rig_receive(rig, 0, 60);
		nic_rig_send(rig, 0, 60, 0);
	}
	port->model.faults.gone = true;
	nic_rig_advance(rig, 200 * MS_NS);
	assert_true(port->dev->gone);
	assert_false(port->dev->carrier);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_RESET), 30);
	assert_int_equal(skb_pool_held(port->dev->pool), 0);
	assert_true(nic_rig_send(rig, 0, 60, 0));
	assert_int_equal(nic_rig_drops(rig, DROP_DEV_NO_CARRIER), 1);
	nic_rig_advance(rig, 5 * S_NS);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "eth0: the device has left the bus"));
	netdev_down(port->dev);
	assert_int_equal(netdev_up(port->dev), ERR_NODEV);
	nic_rig_free(rig);
}

/*
 * Where nobody answers, QEMU's pc reads zeros: a link that is down looks so
 * too. Only configuration space tells them apart.
 */
static void
vanished_device_may_read_zeros(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	port->model.reg[REG_STATUS / 4] = 0;
	nic_rig_advance(rig, 200 * MS_NS);
	assert_false(port->dev->carrier);
	assert_false(port->dev->gone);
	port->model.faults.gone = true;
	port->model.gone_value = 0;
	port->model.pci->absent = true;
	nic_rig_advance(rig, 200 * MS_NS);
	assert_true(port->dev->gone);
	nic_rig_free(rig);
}

static void
sweep_removes_what_is_gone(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .count = 2 });
	struct net *net = &rig->net->net;

	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_non_null(netdev_find(net, "eth0"));
	rig->port[0].model.faults.gone = true;
	/* Down, so no tick sees it leave. */
	netdev_down(rig->port[1].dev);
	rig->port[1].model.faults.gone = true;
	nic_rig_advance(rig, 200 * MS_NS);
	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_null(netdev_find(net, "eth0"));
	assert_null(netdev_find(net, "eth1"));
	assert_null(rig->pci.device[1].driver);
	nic_rig_run(rig);
	nic_rig_free(rig);
}

/* Management firmware, or a glitch: the device is as after power-on. */
static void
device_that_reset_itself_is_set_up_again(void **state)
{
	struct nic_rig *rig = rig_new();
	char text[8192];

	rig->port[0].model.strong_reset = true;
	assert_int_equal(inject(rig, "self-reset"), OK);
	assert_false(nic_rig_receive(rig, 0, 60));
	nic_rig_advance(rig, 110 * MS_NS);
	assert_int_equal(nic_rig_stat(rig, 0, "restarts"), 1);
	nic_rig_advance(rig, 1 * S_NS);
	assert_works(rig);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "has lost its configuration"));
	nic_rig_free(rig);
}

static void
device_without_bus_mastering_gets_it_back(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];

	assert_int_equal(inject(rig, "dma-off"), OK);
	assert_false(pci_read16(port->port->pci, PCI_COMMAND) &
		     PCI_COMMAND_MASTER);
	nic_rig_advance(rig, 110 * MS_NS);
	assert_true(pci_read16(port->port->pci, PCI_COMMAND) &
		    PCI_COMMAND_MASTER);
	nic_rig_advance(rig, 1 * S_NS);
	assert_works(rig);
	nic_rig_free(rig);
}

/* Once is a glitch; a device that goes on needs time for a link in between. */
static void
lasting_faults_reset_at_most_once_a_second(void **state)
{
	struct nic_rig *rig = rig_new();

	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(inject(rig, "rx-descriptor"), OK);
		nic_rig_run(rig);
		nic_rig_advance(rig, 100 * MS_NS);
	}
	assert_int_equal(nic_rig_drops(rig, DROP_RX_LENGTH), 20);
	assert_in_range(nic_rig_stat(rig, 0, "restarts"), 2, 3);
	nic_rig_advance(rig, 1500 * MS_NS);
	assert_works(rig);
	nic_rig_free(rig);
}

/* Exactly so many, the youngest last, and what comes later changes nothing. */
static void
the_last_64_events_are_kept(void **state)
{
	struct nic_rig *rig = rig_new();
	char text[16384], later[16384], *at;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 100; i++)
		assert_works(rig);
	rig->port[0].model.faults.tx_hang = true;
	assert_true(nic_rig_send(rig, 0, 60, 0));
	nic_rig_advance(rig, 700 * MS_NS);
	rig->port[0].model.faults.tx_hang = false;
	assert_true(rig->port[0].port->event_count > 200);
	faults_text(rig, text, sizeof(text));
	at = strstr(text, "last 64 events:\n");
	assert_non_null(at);
	for (at = strchr(at, '\n') + 1; *at != '\0';
	     at = strchr(at, '\n') + 1) {
		assert_int_equal(strncmp(at, "  -", 3), 0);
		count++;
		if (count == 64)
			assert_non_null(strstr(at, " us fault kind 1\n"));
	}
	assert_int_equal(count, 64);
	for (unsigned int i = 0; i < 100; i++)
		assert_works(rig);
	faults_text(rig, later, sizeof(later));
	assert_string_equal(strstr(text, "STATUS"), strstr(later, "STATUS"));
	nic_rig_free(rig);
}

/* As after the packet of death: it answers, and moves nothing ever again. */
static void
resets_that_do_not_help_are_told(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	char text[8192];

	port->model.faults.tx_hang = true;
	for (unsigned int i = 0; i < 8; i++) {
		faults_text(rig, text, sizeof(text));
		if (nic_rig_stat(rig, 0, "restarts") < 5)
			assert_null(strstr(text, "did not help"));
		(void)nic_rig_send(rig, 0, 60, 0);
		nic_rig_advance(rig, 2 * S_NS);
	}
	assert_in_range(nic_rig_stat(rig, 0, "restarts"), 5, 9);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "resets in a row did not help: if its "
				     "management firmware has stopped it, only "
				     "cutting its power does\n"));
	/* One that does work again begins a new count at its next fault. */
	port->model.faults.tx_hang = false;
	assert_works(rig);
	port->model.faults.tx_hang = true;
	(void)nic_rig_send(rig, 0, 60, 0);
	nic_rig_advance(rig, 2 * S_NS);
	faults_text(rig, text, sizeof(text));
	assert_non_null(strstr(text, "transmission hangs"));
	assert_null(strstr(text, "did not help"));
	port->model.faults.tx_hang = false;
	nic_rig_free(rig);
}

/* All ones for a while, then it answers: the sweep takes it back. */
static void
device_that_answers_again_is_revived(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	struct net *net = &rig->net->net;

	port->model.faults.gone = true;
	nic_rig_advance(rig, 110 * MS_NS);
	assert_true(port->dev->gone);
	port->model.faults.gone = false;
	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_ptr_equal(netdev_find(net, "eth0"), port->dev);
	assert_false(port->dev->gone);
	nic_rig_advance(rig, 1 * S_NS);
	assert_works(rig);
	nic_rig_free(rig);
}

/* Out of its slot, then one of its kind in there: BARs as they were. */
static void
device_put_back_is_probed_again(void **state)
{
	struct nic_rig *rig = rig_new();
	struct nic_rig_port *port = &rig->port[0];
	struct net *net = &rig->net->net;
	uint32_t bar = port->model.pci->config[PCI_BAR0 / 4];

	port->model.faults.gone = port->model.pci->absent = true;
	nic_rig_advance(rig, 110 * MS_NS);
	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_null(netdev_find(net, "eth0"));
	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_null(netdev_find(net, "eth0"));

	port->model.faults.gone = port->model.pci->absent = false;
	port->model.pci->config[PCI_BAR0 / 4] = 0;
	drivers_sweep(&rig->pci, net, &rig->net->pages);
	assert_non_null(netdev_find(net, "eth0"));
	assert_int_equal(port->model.pci->config[PCI_BAR0 / 4], bar);
	nic_rig_free(rig);
}

/* Memory was short just when it had to come back. */
static void
failed_restart_is_tried_again(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .skb_count = 300 });
	struct nic_rig_port *port = &rig->port[0];
	struct e1000e_port *e = port->port;

	/* The reset fails once in a way that is no departure. */
	e->dev.pool->fail_after = 1;
	e1000e_restart(e);
	assert_false(e->running);
	nic_rig_send(rig, 0, 60, 0);
	nic_rig_run(rig);
	nic_rig_advance(rig, 200 * MS_NS);
	assert_true(e->running);
	assert_works(rig);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_port_is_left_alone),
		cmocka_unit_test(hung_transmitter_is_reset),
		cmocka_unit_test(silent_transmitter_is_reset),
		cmocka_unit_test(stopped_queue_is_woken_by_the_tick),
		cmocka_unit_test(paused_is_not_hung),
		cmocka_unit_test(slow_wires_get_more_time),
		cmocka_unit_test(frames_do_not_wait_for_a_cable),
		cmocka_unit_test(lost_interrupt_costs_one_tick),
		cmocka_unit_test(without_any_interrupt_it_polls),
		cmocka_unit_test(lost_report_is_noticed),
		cmocka_unit_test(reports_out_of_order_heal),
		cmocka_unit_test(partial_reports_are_dropped),
		cmocka_unit_test(stalled_receiver_is_reset),
		cmocka_unit_test(overload_is_no_stall),
		cmocka_unit_test(hung_phy_is_reset),
		cmocka_unit_test(vanished_device_is_detached),
		cmocka_unit_test(vanished_device_may_read_zeros),
		cmocka_unit_test(sweep_removes_what_is_gone),
		cmocka_unit_test(device_that_reset_itself_is_set_up_again),
		cmocka_unit_test(device_without_bus_mastering_gets_it_back),
		cmocka_unit_test(lasting_faults_reset_at_most_once_a_second),
		cmocka_unit_test(the_last_64_events_are_kept),
		cmocka_unit_test(resets_that_do_not_help_are_told),
		cmocka_unit_test(device_that_answers_again_is_revived),
		cmocka_unit_test(device_put_back_is_probed_again),
		cmocka_unit_test(failed_restart_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
