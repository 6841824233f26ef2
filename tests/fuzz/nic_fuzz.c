/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NIC driver under a device that does anything: reports that lie, "done"
 * out of turn, hangs, lost and invented interrupts, links that flap; while the
 * operator resizes, restarts, goes up and down, and memory runs out. After
 * each event the law of conservation holds; at the end, with the device sane
 * again, a frame passes, and everything comes back.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/host/host.h"
#include "tests/host/nic_rig.h"

struct fuzz {
	struct nic_rig *rig;
	struct input in;
	uint64_t set, clear; /* what the device makes of its reports */
};

static uint64_t
corrupt(void *ctx, uint64_t info)
{
	struct fuzz *f = ctx;

	return (info & ~f->clear) | f->set;
}

static uint64_t
take64(struct input *in)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 4; i++)
		value = value << 16 | take16(in);
	return value;
}

/* The device may write into any descriptor, also those it does not own. */
static void
write_anywhere(struct fuzz *f)
{
	struct nic_model *nic = &f->rig->port[0].model;
	uint32_t rx = nic->reg[REG_RDLEN / 4] / 16;
	uint32_t tx = nic->reg[REG_TDLEN / 4] / 16;
	uint32_t index = take16(&f->in);

	if (!f->rig->port[0].port->running)
		return;
	if (take(&f->in) & 1)
		nic_model_desc(nic, 1, index % tx)->info |= TX_DD;
	else
		nic_model_desc(nic, 0, index % rx)->info = take64(&f->in);
}

static void
break_device(struct fuzz *f)
{
	struct nic_faults *faults = &f->rig->port[0].model.faults;
	uint8_t bits = take(&f->in);

	faults->tx_hang = bits & 1;
	faults->tx_no_report = bits & 2;
	faults->rx_stall = bits & 4;
	faults->rx_no_report = bits & 8;
	faults->rx_swap = bits & 16;
	faults->rx_partial = bits & 32;
	faults->phy_hang = bits & 64;
	f->rig->port[0].model.tx_deferred = bits & 128;
	faults->lose_irqs = take(&f->in);
	f->set = take64(&f->in);
	f->clear = take64(&f->in);
	faults->rx_corrupt = f->set | f->clear ? corrupt : NULL;
	faults->ctx = f;
}

static void
operate(struct fuzz *f)
{
	static const uint32_t mtus[] = { 68, 1500, 1501, 9000, 9216 };
	struct netdev *dev = f->rig->port[0].dev;
	enum status status = OK;

	switch (take(&f->in) % 7) {
	case 0: status = netdev_set_mtu(dev, mtus[take(&f->in) % 5]); break;
	case 1:
		status = dev->ops->set_rings(dev, take16(&f->in) % 600,
					     take16(&f->in) % 600);
		break;
	case 2: netdev_down(dev); break;
	case 3: status = netdev_up(dev); break;
	case 4: netdev_set_promiscuous(dev, take(&f->in) & 1); break;
	case 5:
		if (netdev_is_up(dev) && !dev->gone)
			e1000e_restart(f->rig->port[0].port);
		break;
	case 6: dev->pool->fail_after = take(&f->in); break;
	}
	(void)status; /* it may be refused, not survived badly */
}

static void
step(struct fuzz *f)
{
	struct nic_rig *rig = f->rig;
	struct nic_model *nic = &rig->port[0].model;

	switch (take(&f->in) % 9) {
	case 0: nic_rig_receive(rig, 0, 14 + take16(&f->in) % 9300); break;
	case 1: nic_rig_send(rig, 0, 14 + take16(&f->in) % 4000, 512); break;
	case 2: nic_rig_run(rig); break;
	case 3: nic_rig_advance(rig, take(&f->in) * 10 * MS_NS); break;
	case 4: write_anywhere(f); break;
	case 5: break_device(f); break;
	case 6: operate(f); break;
	case 7: nic_model_link(nic, take(&f->in) & 1, 1000); break;
	case 8:
		if (netdev_is_up(rig->port[0].dev))
			nic_model_spurious(nic, take(&f->in) % 3);
		break;
	}
	skb_pool_check(&net_this_core(&rig->net->net)->skb_pool);
}

/* Whatever it went through: a device that behaves again is used again. */
static void
recover(struct fuzz *f)
{
	struct nic_rig_port *port = &f->rig->port[0];
	uint64_t before;

	port->model.faults = (struct nic_faults){ 0 };
	port->model.swapped = NULL;
	port->dev->pool->fail_after = 0;
	if (netdev_up(port->dev) != OK)
		panic("nic fuzz: does not come up again");
	nic_model_link(&port->model, true, 1000);
	nic_rig_advance(f->rig, 2500 * MS_NS);
	before = port->dev->stats.rx_packets;
	if (!nic_rig_receive(f->rig, 0, 60))
		panic("nic fuzz: takes no frame any more");
	nic_rig_advance(f->rig, 300 * MS_NS);
	if (port->dev->stats.rx_packets != before + 1)
		panic("nic fuzz: hands no frame up any more");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct nic_rig_config config = {
		.kind = NIC_82574L,
		.hasty = true,
		.memory_len = 6u << 20,
		.skb_count = 400,
	};
	struct fuzz f = { .in = { data, data + len } };
	struct nic_rig_port *port;

	f.rig = nic_rig_new(&config);
	port = &f.rig->port[0];
	/* A device that says "done" and wrote nothing is believed: what lies
	 * in a buffer then is as good as anything from the wire. */
	msan_written((void *)f.rig->net->pages.zone[0].base,
		     f.rig->net->pages.zone[0].page_count * PAGE_SIZE);
	/* Frames are not what they were: nobody compares them. */
	netdev_tap_remove(port->dev, &port->tap);
	port->model.sent = NULL;
	while (left(&f.in) > 0)
		step(&f);
	recover(&f);
	nic_rig_free(f.rig);
	return 0;
}
