/* SPDX-License-Identifier: BSD-2-Clause */
/* A bench for the NIC driver; see nic_rig.h. */
#include "tests/host/nic_rig.h"

#include <stdlib.h>

#include "tests/host/host.h"
#include "tests/host/irq.h"

#define STEP_NS	  10000000ull
#define TURNS_MAX 100u
/* An EtherType that no protocol of the stack wants [IEEE 802 9.2.3]. */
#define ETHERTYPE    0x88b5u
#define FRAME_PREFIX 18u /* header and number */

static const uint8_t peer[6] = { 0x02, 0, 0, 0, 0, 0x99 };

/* ---- frames ------------------------------------------------------------- */

static void
frame_make(uint8_t *bytes, const uint8_t *to, uint32_t len, uint32_t sequence)
{
	memcpy(bytes, to, 6);
	memcpy(bytes + 6, peer, 6);
	bytes[12] = ETHERTYPE >> 8;
	bytes[13] = ETHERTYPE & 0xff;
	for (uint32_t i = 14; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + sequence);
	for (uint32_t i = 0; i < 4 && 14 + i < len; i++)
		bytes[14 + i] = (uint8_t)(sequence >> 8 * i);
}

/* The number, checked against every other byte. */
static uint32_t
frame_number(const uint8_t *bytes, uint32_t len)
{
	uint32_t sequence = 0;

	for (uint32_t i = 0; i < 4 && 14 + i < len; i++)
		sequence |= (uint32_t)bytes[14 + i] << 8 * i;
	for (uint32_t i = FRAME_PREFIX; i < len; i++) {
		bool padding = len == 60 && bytes[i] == 0;

		if (bytes[i] != (uint8_t)(i * 7 + sequence) && !padding)
			panic("frame %u differs at byte %u", sequence, i);
	}
	return sequence;
}

static bool
is_numbered(const uint8_t *bytes, uint32_t len)
{
	return len >= FRAME_PREFIX && bytes[12] == ETHERTYPE >> 8 &&
	       bytes[13] == (ETHERTYPE & 0xff);
}

static void
keep(struct nic_rig_frame *frames, uint64_t count, const uint8_t *bytes,
     uint32_t len, uint8_t csum)
{
	struct nic_rig_frame *frame = &frames[count % NIC_RIG_LAST_MAX];

	frame->len = len;
	frame->csum = csum;
	memcpy(frame->bytes, bytes, len);
}

static void
seen_by_stack(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct nic_rig_port *port = container_of(tap, struct nic_rig_port, tap);
	uint8_t bytes[NIC_FRAME_MAX];
	uint32_t number;

	if (outgoing)
		return;
	skb_copy_out(skb, 0, bytes, skb->len);
	keep(port->rx, port->rx_count++, bytes, skb->len, skb->csum);
	if (!is_numbered(bytes, skb->len))
		return;
	number = frame_number(bytes, skb->len);
	port->rx_disorder += number < port->rx_sequence;
	port->rx_sequence = number + 1;
}

static void
seen_on_wire(void *ctx, const uint8_t *bytes, uint32_t len)
{
	struct nic_rig_port *port = ctx;
	uint32_t number;

	keep(port->tx, port->tx_count++, bytes, len, 0);
	if (!is_numbered(bytes, len))
		return;
	number = frame_number(bytes, len);
	port->tx_disorder += number < port->tx_sequence;
	port->tx_sequence = number + 1;
}

/* ---- the bench ---------------------------------------------------------- */

static void
port_attach(struct nic_rig *rig, unsigned int i, bool down)
{
	struct nic_rig_port *port = &rig->port[i];

	port->dev = netdev_find(&rig->net->net, i == 0 ? "eth0" : "eth1");
	if (!port->dev)
		panic("nic rig: port %u was not probed", i);
	port->port = port->dev->priv;
	port->tap.frame = seen_by_stack;
	netdev_tap_add(port->dev, &port->tap);
	port->model.sent = seen_on_wire;
	port->model.ctx = port;
	if (!down && netdev_up(port->dev) != OK)
		panic("nic rig: port %u does not come up", i);
}

static void
end(void *bench)
{
	nic_rig_free(bench);
}

struct nic_rig *
nic_rig_new(const struct nic_rig_config *config)
{
	struct nic_rig *rig = calloc(1, sizeof(*rig));
	struct testnet_config net_config = {
		.memory_len =
			config->memory_len ? config->memory_len : 32u << 20,
		.hasty = config->hasty,
		.net = { .skb_count = config->skb_count },
	};

	assert(rig);
	net_config.net.now_ns = 1000 * S_NS;
	rig->net = testnet_new_with(&net_config);
	host_clock_ns = rig->net->net.now_ns;
	rig->count = config->count ? config->count : 1;
	pci_model_init(&rig->pci_model);
	/* QEMU's q35, which tells where its interrupt lines go. */
	pci_model_add(&rig->pci_model, 0, 0, 0, 0x8086, 0x29c0, 0x0600)
		->config[PCI_SUBSYSTEM / 4] = 0x11001af4;
	for (unsigned int i = 0; i < rig->count; i++) {
		uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, (uint8_t)(0x10 + i) };

		nic_model_init(&rig->port[i].model, &rig->pci_model,
			       config->kind, (uint8_t)(2 + i), mac);
	}
	rig->pci.options = config->options;
	pci_model_claim_slots(&rig->pci_model, 0xcc0);
	pci_scan(&rig->pci, &rig->pci_model.access);
	host_born(end, rig);
	if (drivers_probe(&rig->pci, &rig->net->net, &rig->net->pages) !=
	    rig->count)
		panic("nic rig: not every port was probed");
	for (unsigned int i = 0; i < rig->count; i++)
		port_attach(rig, i, config->down);
	nic_rig_run(rig);
	return rig;
}

void
nic_rig_free(struct nic_rig *rig)
{
	host_gone(rig);
	net_check(&rig->net->net);
	for (unsigned int i = 0; i < rig->pci.device_count; i++)
		drivers_remove(&rig->pci.device[i]);
	if (host_irq_used() > 0)
		panic("nic rig: %u interrupts left over", host_irq_used());
	for (unsigned int i = 0; i < rig->count; i++)
		nic_model_fini(&rig->port[i].model);
	pci_model_fini(&rig->pci_model);
	testnet_free(rig->net);
	free(rig);
}

void
nic_rig_run(struct nic_rig *rig)
{
	struct net *net = &rig->net->net;
	bool more = true;

	for (unsigned int turn = 0; more && turn < TURNS_MAX; turn++) {
		for (unsigned int i = 0; i < rig->count; i++)
			nic_model_run(&rig->port[i].model);
		more = net_poll(net, host_clock_ns);
		more |= net_pending(net);
	}
	skb_pool_check(&net_this_core(net)->skb_pool);
}

void
nic_rig_advance(struct nic_rig *rig, uint64_t ns)
{
	uint64_t end = host_clock_ns + ns;

	while (host_clock_ns < end) {
		host_clock_ns = min_of(host_clock_ns + STEP_NS, end);
		nic_rig_run(rig);
	}
}

bool
nic_rig_receive_to(struct nic_rig *rig, unsigned int port, const uint8_t *to,
		   uint32_t len)
{
	static uint32_t sequence;
	uint8_t bytes[NIC_FRAME_MAX];

	frame_make(bytes, to, len, sequence++);
	return nic_model_receive(&rig->port[port].model, bytes, len);
}

bool
nic_rig_receive(struct nic_rig *rig, unsigned int port, uint32_t len)
{
	return nic_rig_receive_to(rig, port, rig->port[port].dev->addr, len);
}

/* Continues packet by a segment of its own, as a stack that gathers does. */
static bool
add_piece(struct skb *packet, const uint8_t *bytes, uint32_t len)
{
	struct skb *seg = skb_alloc(packet->pool);

	if (!seg)
		return false;
	memcpy(skb_put(seg, len), bytes, len);
	skb_append(packet, seg);
	return true;
}

bool
nic_rig_send(struct nic_rig *rig, unsigned int port, uint32_t len,
	     uint32_t piece_len)
{
	static uint32_t sequence;
	struct netdev *dev = rig->port[port].dev;
	struct skb *skb = skb_alloc(dev->pool);
	uint8_t bytes[NIC_FRAME_MAX];
	uint32_t at, piece;

	if (!skb)
		return false;
	if (!piece_len)
		piece_len = PARAM_SKB_ROOM;
	frame_make(bytes, peer, len, sequence++);
	piece = min_of(len, piece_len);
	memcpy(skb_put(skb, piece), bytes, piece);
	for (at = piece; at < len; at += piece) {
		piece = min_of(len - at, piece_len);
		if (!add_piece(skb, bytes + at, piece)) {
			skb_drop(skb, DROP_NOMEM);
			return false;
		}
	}
	netdev_output(dev, skb);
	return true;
}

void
nic_rig_flush(struct nic_rig *rig, unsigned int port)
{
	struct netdev *dev = rig->port[port].dev;

	net_this_core(&rig->net->net)->flush_pending &= ~(1u << dev->ifindex);
	dev->ops->flush(dev);
}

const struct nic_rig_frame *
nic_rig_rx(const struct nic_rig *rig, unsigned int port, unsigned int n)
{
	const struct nic_rig_port *p = &rig->port[port];

	assert(n < p->rx_count && n < NIC_RIG_LAST_MAX);
	return &p->rx[(p->rx_count - 1 - n) % NIC_RIG_LAST_MAX];
}

const struct nic_rig_frame *
nic_rig_tx(const struct nic_rig *rig, unsigned int port, unsigned int n)
{
	const struct nic_rig_port *p = &rig->port[port];

	assert(n < p->tx_count && n < NIC_RIG_LAST_MAX);
	return &p->tx[(p->tx_count - 1 - n) % NIC_RIG_LAST_MAX];
}

uint64_t
nic_rig_stat(const struct nic_rig *rig, unsigned int port, const char *name)
{
	struct netdev *dev = rig->port[port].dev;

	dev->ops->update_stats(dev);
	for (uint32_t i = 0; i < dev->ops->stat_count(dev); i++)
		if (!strcmp(dev->ops->stat_name(dev, i), name))
			return dev->ops->stat_value(dev, i);
	panic("nic rig: no counter %s", name);
}

uint64_t
nic_rig_drops(const struct nic_rig *rig, enum drop reason)
{
	return testnet_drops(rig->net, reason);
}
