/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rings against the model NIC: every size, every wrap, exhaustion, jumbo
 * chains, and a device that lies. Packets are numbered and their bytes checked;
 * the conservation law is checked after every run (nic_rig_run).
 */
#include "tests/host/test.h"

#include "tests/host/host.h"
#include "tests/host/mmio.h"
#include "tests/host/nic_rig.h"

static const enum nic_kind kinds[] = { NIC_82574L, NIC_82540EM };

static struct nic_rig *
rig_new(enum nic_kind kind)
{
	return nic_rig_new(&(struct nic_rig_config){ .kind = kind });
}

/* ---- receive ------------------------------------------------------------ */

static void
frame_reaches_the_stack(void **state)
{
	for (size_t i = 0; i < array_len(kinds); i++) {
		struct nic_rig *rig = rig_new(kinds[i]);

		assert_true(nic_rig_receive(rig, 0, 142));
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].rx_count, 1);
		assert_int_equal(nic_rig_rx(rig, 0, 0)->len, 142);
		nic_rig_free(rig);
	}
}

/* A burst of count frames, of which the ring takes what it has buffers for. */
static void
burst(struct nic_rig *rig, uint32_t count)
{
	const struct e1000e_ring *rx = &rig->port[0].port->rx;
	uint64_t before = rig->port[0].rx_count;
	uint32_t room = rx->told - rx->cons, taken = 0;

	for (uint32_t i = 0; i < count; i++)
		taken += nic_rig_receive(rig, 0, 60);
	assert_int_equal(taken, min_of(count, room));
	nic_rig_run(rig);
	assert_int_equal(rig->port[0].rx_count - before, taken);
}

/*
 * Bursts of one to three rings at every size: what finds no buffer is dropped
 * by the device, everything else arrives once, in order.
 */
static void
bursts_at_every_ring_size(void **state)
{
	struct nic_rig *rig;
	struct netdev *dev;

	for (size_t k = 0; k < array_len(kinds); k++)
		for (uint32_t size = RING_COUNT_MIN; size <= RING_COUNT_MAX;
		     size *= 2) {
			rig = nic_rig_new(&(struct nic_rig_config){
				.kind = kinds[k],
				.memory_len = 96u << 20,
				.skb_count = 20000 });
			dev = rig->port[0].dev;
			assert_int_equal(dev->ops->set_rings(dev, size, size),
					 OK);
			/* The device owns one less than its size. */
			assert_int_equal(rig->port[0].port->rx.told, size - 1);
			for (uint32_t third = 1; third <= 9; third++)
				burst(rig, size * third / 3);
			assert_int_equal(rig->port[0].rx_disorder, 0);
			assert_true(rig->port[0].model.rx_missed > 0);
			nic_rig_free(rig);
		}
}

/* Ten times round with bursts of random length. */
static void
wraps_in_order(void **state)
{
	struct random random = test_random();

	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);
		uint64_t count = 0;

		while (count < 10 * RING_COUNT_DEFAULT) {
			uint32_t burst = 1 + random_below(&random, 90);

			for (uint32_t i = 0; i < burst; i++)
				assert_true(nic_rig_receive(
					rig, 0,
					60 + random_below(&random, 1455)));
			count += burst;
			nic_rig_run(rig);
			assert_int_equal(rig->port[0].rx_count, count);
		}
		assert_int_equal(rig->port[0].rx_disorder, 0);
		nic_rig_free(rig);
	}
}

static void
jumbo_frames_come_in_segments(void **state)
{
	static const uint32_t lens[] = { 1519, 2047, 2048, 2049, 4096,
					 4097, 9000, 9230, 9234 };

	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);

		assert_false(nic_rig_receive(rig, 0, 9000));
		assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9216), OK);
		for (unsigned int round = 0; round < 100; round++)
			for (size_t i = 0; i < array_len(lens); i++) {
				assert_true(nic_rig_receive(rig, 0, lens[i]));
				nic_rig_run(rig);
				assert_int_equal(nic_rig_rx(rig, 0, 0)->len,
						 lens[i]);
			}
		assert_int_equal(rig->port[0].rx_count, 100 * array_len(lens));
		nic_rig_free(rig);
	}
}

/* Longer than the largest MTU allows, although the device lets it through. */
static void
too_long_a_frame_is_dropped(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);

	assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9216), OK);
	assert_true(nic_rig_receive(rig, 0, 9235));
	assert_true(nic_rig_receive(rig, 0, 16000));
	assert_true(nic_rig_receive(rig, 0, 60));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_drops(rig, DROP_RX_TRUNCATED), 2);
	assert_int_equal(rig->port[0].rx_count, 1);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_length_errors"), 2);
	nic_rig_free(rig);
}

static void
checksum_verdicts_are_passed_on(void **state)
{
	static const struct {
		uint64_t verdict;
		enum skb_csum csum;
		uint64_t good, errors;
	} cases[] = {
		{ 0, SKB_CSUM_NONE, 0, 0 },
		{ RX_EXT_UDPCS | 0x40, SKB_CSUM_UNNECESSARY, 1, 0 },
		{ RX_EXT_TCPCS | 0x40, SKB_CSUM_UNNECESSARY, 2, 0 },
		{ RX_EXT_TCPCS | RX_EXT_IXSM, SKB_CSUM_NONE, 2, 0 },
		{ RX_EXT_TCPCS | RX_EXT_TCPE, SKB_CSUM_NONE, 2, 1 },
		{ RX_EXT_UDPCS | RX_EXT_IPE, SKB_CSUM_NONE, 2, 2 },
	};
	struct nic_rig *rig = rig_new(NIC_82574L);

	for (size_t i = 0; i < array_len(cases); i++) {
		rig->port[0].model.rx_verdict = cases[i].verdict;
		assert_true(nic_rig_receive(rig, 0, 142));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_rx(rig, 0, 0)->csum, cases[i].csum);
		assert_int_equal(nic_rig_stat(rig, 0, "rx_csum_offload_good"),
				 cases[i].good);
		assert_int_equal(nic_rig_stat(rig, 0, "rx_csum_offload_errors"),
				 cases[i].errors);
	}
	assert_int_equal(rig->port[0].rx_count, array_len(cases));
	nic_rig_free(rig);
}

static void
damaged_frames_are_dropped(void **state)
{
	static const uint64_t errors[] = { RX_EXT_CE, RX_EXT_SE, RX_EXT_SEQ,
					   RX_EXT_CXE, RX_EXT_RXE };
	struct nic_rig *rig = rig_new(NIC_82574L);

	for (size_t i = 0; i < array_len(errors); i++) {
		rig->port[0].model.rx_verdict = errors[i];
		assert_true(nic_rig_receive(rig, 0, 142));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_drops(rig, DROP_RX_ERROR), i + 1);
	}
	assert_int_equal(rig->port[0].rx_count, 0);
	assert_int_equal(nic_rig_stat(rig, 0, "rx_errors"), array_len(errors));
	/* Errors count on the last descriptor alone [82574 7.1.3.4]. */
	assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9000), OK);
	rig->port[0].model.rx_verdict = RX_EXT_RXE;
	assert_true(nic_rig_receive(rig, 0, 5000));
	rig->port[0].model.rx_verdict = 0;
	assert_true(nic_rig_receive(rig, 0, 5000));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_drops(rig, DROP_RX_ERROR),
			 array_len(errors) + 1);
	assert_int_equal(rig->port[0].rx_count, 1);
	nic_rig_free(rig);
}

/* ---- the pool runs dry -------------------------------------------------- */

static void
pool_refill(void *drained)
{
	struct skb *taken = drained, *next;

	if (taken)
		host_gone(taken);
	for (; taken; taken = next) {
		next = taken->next;
		taken->next = NULL;
		skb_consume(taken);
	}
}

/* Takes every free buffer, so that the driver finds none. */
static struct skb *
pool_drain(struct skb_pool *pool, uint32_t leave)
{
	struct skb *taken = NULL, *skb;

	while (pool->free_count > leave && (skb = skb_alloc(pool))) {
		skb->next = taken;
		taken = skb;
	}
	if (taken)
		host_born(pool_refill, taken);
	return taken;
}

static void
dry_pool_loses_frames_but_not_the_ring(void **state)
{
	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);
		struct nic_rig_port *port = &rig->port[0];
		struct skb *taken = pool_drain(port->dev->pool, 0);

		for (unsigned int i = 0; i < 1000; i++) {
			assert_true(nic_rig_receive(rig, 0, 60));
			nic_rig_run(rig);
		}
		assert_int_equal(port->rx_count, 0);
		assert_int_equal(nic_rig_drops(rig, DROP_EARLY_MEMORY), 1000);
		assert_int_equal(port->dev->stats.rx_dropped, 1000);
		assert_int_equal(nic_rig_stat(rig, 0, "alloc_rx_buff_failed"),
				 0);
		pool_refill(taken);
		for (unsigned int i = 0; i < 1000; i++) {
			assert_true(nic_rig_receive(rig, 0, 60));
			nic_rig_run(rig);
		}
		assert_int_equal(port->rx_count, 1000);
		nic_rig_free(rig);
	}
}

static void
dry_pool_loses_whole_jumbo_frames(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	struct skb *taken;

	assert_int_equal(netdev_set_mtu(port->dev, 9000), OK);
	/* Enough for the first two pieces of five. */
	taken = pool_drain(port->dev->pool, 2);
	for (unsigned int i = 0; i < 200; i++) {
		assert_true(nic_rig_receive(rig, 0, 9000));
		nic_rig_run(rig);
	}
	assert_int_equal(port->rx_count, 0);
	assert_int_equal(nic_rig_drops(rig, DROP_NOMEM), 200);
	pool_refill(taken);
	assert_true(nic_rig_receive(rig, 0, 9000));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_rx(rig, 0, 0)->len, 9000);
	nic_rig_free(rig);
}

/* Every request that the driver makes for a frame is refused once. */
static void
single_failures_leave_no_hole(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];

	for (unsigned int n = 1; n <= 300; n++) {
		port->dev->pool->fail_after = 1 + n % 3;
		for (unsigned int i = 0; i < 4; i++)
			assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
		assert_int_equal(port->port->rx.prod - port->port->rx.cons,
				 RING_COUNT_DEFAULT);
	}
	assert_int_equal(port->rx_count + nic_rig_drops(rig, DROP_NOMEM), 1200);
	assert_int_equal(nic_rig_drops(rig, DROP_NOMEM), 300);
	nic_rig_free(rig);
}

/* In a small box the ring takes a quarter of what there is, and says so. */
static void
small_pool_shortens_the_ring(void **state)
{
	struct nic_rig *rig = nic_rig_new(&(struct nic_rig_config){
		.count = 2, .skb_count = 400, .memory_len = 4u << 20 });
	struct e1000e_port *port = rig->port[0].port;
	uint64_t delivered = 0;

	struct netdev_rings rings;

	port->dev.ops->get_rings(&port->dev, &rings);
	assert_int_equal(rings.rx_count, 64);
	assert_true(rig->port[1].port->rx.mask + 1 >= RX_FILL_MIN);
	assert_true(port->dev.pool->free_count > 150);
	for (unsigned int i = 0; i < 500; i++) {
		delivered += nic_rig_receive(rig, 0, 60);
		if (i % 7 == 0)
			nic_rig_run(rig);
	}
	nic_rig_run(rig);
	assert_int_equal(delivered, 500);
	assert_int_equal(rig->port[0].rx_count, 500);
	nic_rig_free(rig);
}

/* The smallest ring: batches of doorbells are longer than it. */
static void
smallest_ring_never_runs_low(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .skb_count = 160 });
	struct netdev *dev = rig->port[0].dev;
	struct netdev_rings rings;
	struct skb *taken;

	netdev_down(dev);
	taken = pool_drain(dev->pool, 70);
	assert_int_equal(netdev_up(dev), OK);
	dev->ops->get_rings(dev, &rings);
	assert_int_equal(rings.rx_count, RX_FILL_MIN);
	/* Asked for by name, it may be half of them. */
	assert_int_equal(dev->ops->set_rings(dev, 512, 256), OK);
	dev->ops->get_rings(dev, &rings);
	assert_int_equal(rings.rx_count, 32);
	assert_int_equal(dev->ops->set_rings(dev, 256, 256), OK);
	assert_int_equal(netdev_set_mtu(dev, 9216), OK);
	for (unsigned int i = 0; i < 100; i++) {
		assert_true(nic_rig_receive(rig, 0, 60));
		assert_true(nic_rig_receive(rig, 0, 9230));
		nic_rig_run(rig);
	}
	assert_int_equal(rig->port[0].rx_count, 200);
	pool_refill(taken);
	nic_rig_free(rig);
}

static void
no_buffers_at_all_keeps_the_port_down(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .down = true });
	struct netdev *dev = rig->port[0].dev;
	struct skb *taken = pool_drain(dev->pool, RX_FILL_MIN - 1);
	uint32_t pages_free_count = rig->net->pages.free_count;

	assert_int_equal(netdev_up(dev), ERR_NOMEM);
	assert_false(netdev_is_up(dev));
	assert_int_equal(rig->net->pages.free_count, pages_free_count);
	pool_refill(taken);
	/* Nor rings: the first and the second block. */
	rig->net->pages.fail_after = 1;
	assert_int_equal(netdev_up(dev), ERR_NOMEM);
	rig->net->pages.fail_after = 2;
	assert_int_equal(netdev_up(dev), ERR_NOMEM);
	assert_int_equal(rig->net->pages.free_count, pages_free_count);
	assert_int_equal(netdev_up(dev), OK);
	nic_rig_free(rig);
}

/* ---- a device that lies ------------------------------------------------- */

static uint64_t
corrupt(void *ctx, uint64_t info)
{
	struct random *random = ctx;

	switch (random_below(random, 6)) {
	case 0: return info | (uint64_t)random_u32(random) << 32;
	case 1: return info & ~(0xffffull << 32);
	case 2: return info | random_u32(random);
	case 3: return info & ~RX_EXT_EOP;
	case 4: return info | RX_EXT_EOP;
	default: return random_u64(random) | RX_EXT_DD;
	}
}

static void
corrupt_reports_are_named_and_survived(void **state)
{
	struct random random = test_random();
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	uint64_t seen;

	assert_int_equal(netdev_set_mtu(port->dev, 9000), OK);
	port->model.faults.rx_corrupt = corrupt;
	port->model.faults.ctx = &random;
	/* What survives may be cut anywhere: not compared byte by byte. */
	netdev_tap_remove(port->dev, &port->tap);
	for (unsigned int i = 0; i < 20000; i++) {
		nic_rig_receive(rig, 0, 60 + random_below(&random, 9000));
		if (random_below(&random, 20) == 0)
			nic_rig_run(rig);
	}
	nic_rig_run(rig);
	assert_true(nic_rig_drops(rig, DROP_RX_LENGTH) > 0);
	assert_true(nic_rig_drops(rig, DROP_RX_ERROR) > 0);
	port->model.faults.rx_corrupt = NULL;
	netdev_tap_add(port->dev, &port->tap);
	/* The frame that follows may end one that never ended. */
	nic_rig_receive(rig, 0, 60);
	nic_rig_run(rig);
	seen = port->rx_count;
	assert_true(nic_rig_receive(rig, 0, 8000));
	nic_rig_run(rig);
	assert_int_equal(port->rx_count, seen + 1);
	nic_rig_free(rig);
}

static uint64_t
length_is(void *ctx, uint64_t info)
{
	return (info & ~(0xffffull << 32)) | (uint64_t) * (uint16_t *)ctx << 32;
}

static void
impossible_lengths(void **state)
{
	static const uint16_t lens[] = { 0, 1, 13, 2049, 4096, 65535 };
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	uint16_t len;

	port->model.faults.rx_corrupt = length_is;
	port->model.faults.ctx = &len;
	for (size_t i = 0; i < array_len(lens); i++) {
		len = lens[i];
		assert_true(nic_rig_receive(rig, 0, 60));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_drops(rig, DROP_RX_LENGTH), i + 1);
	}
	assert_int_equal(port->rx_count, 0);
	/* An Ethernet header and nothing more is a frame. */
	len = 14;
	assert_true(nic_rig_receive(rig, 0, 60));
	nic_rig_run(rig);
	assert_int_equal(nic_rig_rx(rig, 0, 0)->len, 14);
	nic_rig_free(rig);
}

struct lie {
	bool on_last; /* about the last piece of a frame, or the first */
	bool told;
	uint64_t clear, set;
};

static uint64_t
lie_about_a_piece(void *ctx, uint64_t info)
{
	struct lie *lie = ctx;
	bool is_last = info & RX_EXT_EOP;

	if (is_last != lie->on_last || (!is_last && lie->told))
		return info;
	lie->told = true;
	return (info & ~lie->clear) | lie->set;
}

/* A frame of three pieces, one of them not as it must be. */
static void
pieces_that_lie(void **state)
{
	static const struct {
		struct lie lie;
		enum drop reason;
	} cases[] = {
		{ { false, false, 0xffffull << 32, 2047ull << 32 },
		  DROP_RX_LENGTH },
		{ { false, false, 0xffffull << 32, 0 }, DROP_RX_LENGTH },
		{ { true, false, 0xffffull << 32, 0 }, DROP_RX_LENGTH },
		{ { true, false, 0xffffull << 32, 2049ull << 32 },
		  DROP_RX_LENGTH },
		{ { true, false, 0, RX_EXT_RXE }, DROP_RX_ERROR },
		/* Error bits mean something on the last piece alone. */
		{ { false, false, 0, RX_EXT_RXE }, DROP_NONE },
	};
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	struct lie lie;

	assert_int_equal(netdev_set_mtu(port->dev, 9000), OK);
	for (size_t i = 0; i < array_len(cases); i++) {
		uint64_t drops = nic_rig_drops(rig, cases[i].reason);
		uint64_t seen = port->rx_count;

		lie = cases[i].lie;
		port->model.faults.rx_corrupt = lie_about_a_piece;
		port->model.faults.ctx = &lie;
		assert_true(nic_rig_receive(rig, 0, 5000));
		nic_rig_run(rig);
		assert_true(lie.told);
		port->model.faults.rx_corrupt = NULL;
		if (cases[i].reason == DROP_NONE) {
			assert_int_equal(port->rx_count, seen + 1);
			continue;
		}
		assert_int_equal(nic_rig_drops(rig, cases[i].reason),
				 drops + 1);
		assert_int_equal(port->rx_count, seen);
		/* The frame that follows is whole. */
		assert_true(nic_rig_receive(rig, 0, 5000));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_rx(rig, 0, 0)->len, 5000);
	}
	nic_rig_free(rig);
}

/* "Done" on descriptors that were never handed over. */
static void
reports_out_of_the_blue(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	struct e1000e_ring *rx = &port->port->rx;
	struct skb *taken, *more;

	/* A ring of holes: nothing is the device's. */
	taken = pool_drain(port->dev->pool, 0);
	while (rx->cons != rx->prod)
		skb_free_rx(rx->skb[rx->cons++ & rx->mask]);
	more = pool_drain(port->dev->pool, 0);
	for (uint32_t i = 0; i < RING_COUNT_DEFAULT; i++)
		nic_model_desc(&port->model, 0, i)->info =
			RX_EXT_DD | RX_EXT_EOP | 60ull << 32;
	assert_false(e1000e_rx_waiting(port->port));
	assert_int_equal(e1000e_poll(&port->port->napi, 64), 0);
	assert_int_equal(port->rx_count, 0);
	pool_refill(taken);
	pool_refill(more);
	/* The next tick fills the holes. */
	nic_rig_advance(rig, 200 * MS_NS);
	assert_int_equal(rx->prod - rx->cons, RING_COUNT_DEFAULT);
	nic_rig_free(rig);
}

/* ---- transmit ----------------------------------------------------------- */

static void
frame_reaches_the_wire(void **state)
{
	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);

		assert_true(nic_rig_send(rig, 0, 142, 0));
		nic_rig_run(rig);
		assert_int_equal(rig->port[0].tx_count, 1);
		assert_int_equal(nic_rig_tx(rig, 0, 0)->len, 142);
		nic_rig_free(rig);
	}
}

static void
short_frames_are_padded(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);

	for (uint32_t len = 14; len <= 60; len++) {
		assert_true(nic_rig_send(rig, 0, len, 0));
		nic_rig_run(rig);
		assert_int_equal(nic_rig_tx(rig, 0, 0)->len, 60);
	}
	assert_int_equal(rig->port[0].tx_count, 47);
	nic_rig_free(rig);
}

/* Shared bytes cannot be padded: somebody else looks at them. */
static void
short_shared_frames_are_dropped(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct netdev *dev = rig->port[0].dev;
	struct skb *skb = skb_alloc(dev->pool), *clone;

	memset(skb_put(skb, 16), 0, 16);
	clone = skb_clone(skb);
	netdev_output(dev, skb);
	nic_rig_run(rig);
	assert_int_equal(nic_rig_drops(rig, DROP_TX_LENGTH), 1);
	assert_int_equal(dev->stats.tx_dropped, 1);
	assert_int_equal(rig->port[0].tx_count, 0);
	skb_consume(clone);
	nic_rig_free(rig);
}

static void
pieces_of_every_size(void **state)
{
	static const uint32_t pieces[] = { 231, 512, 1000, 2048 };

	for (size_t k = 0; k < array_len(kinds); k++) {
		struct nic_rig *rig = rig_new(kinds[k]);
		uint64_t count = 0;

		assert_int_equal(netdev_set_mtu(rig->port[0].dev, 9216), OK);
		for (uint32_t len = 60; len <= 9230; len += 131)
			for (size_t i = 0; i < array_len(pieces); i++) {
				assert_true(
					nic_rig_send(rig, 0, len, pieces[i]));
				nic_rig_run(rig);
				assert_int_equal(rig->port[0].tx_count,
						 ++count);
				assert_int_equal(nic_rig_tx(rig, 0, 0)->len,
						 len);
			}
		assert_int_equal(rig->port[0].tx_disorder, 0);
		nic_rig_free(rig);
	}
}

/* Bursts of one to three rings at every size, sent at once and later. */
static void
sends_at_every_ring_size(void **state)
{
	for (unsigned int deferred = 0; deferred < 2; deferred++)
		for (uint32_t size = RING_COUNT_MIN; size <= RING_COUNT_MAX;
		     size *= 2) {
			struct nic_rig *rig = nic_rig_new(&(
				struct nic_rig_config){ .memory_len = 96u << 20,
							.skb_count = 28000 });
			struct nic_rig_port *port = &rig->port[0];
			uint64_t sent = 0;

			port->model.tx_deferred = deferred;
			port->dev->txqlen = 20000;
			assert_int_equal(port->dev->ops->set_rings(port->dev,
								   size, size),
					 OK);
			for (unsigned int third = 1; third <= 9; third++) {
				for (uint32_t i = 0; i < size * third / 3; i++)
					sent += nic_rig_send(rig, 0, 60, 0);
				for (unsigned int i = 0; i < 10; i++)
					nic_rig_run(rig);
				assert_int_equal(port->tx_count, sent);
			}
			assert_int_equal(port->tx_disorder, 0);
			nic_rig_advance(rig, 200 * MS_NS);
			assert_int_equal(skb_pool_held(port->dev->pool), 0);
			nic_rig_free(rig);
		}
}

/*
 * The ring is full and nothing leaves: the queue stops, waits, drops by name.
 */
static void
full_ring_stops_the_queue(void **state)
{
	struct nic_rig *rig =
		nic_rig_new(&(struct nic_rig_config){ .skb_count = 4000 });
	struct nic_rig_port *port = &rig->port[0];
	uint64_t sent = 0, in_ring;

	port->model.tx_deferred = true;
	port->model.faults.tx_hang = true;
	for (unsigned int i = 0; i < 2000; i++)
		sent += nic_rig_send(rig, 0, 60, 0);
	assert_int_equal(sent, 2000);
	assert_true(port->dev->tx_stopped);
	in_ring = port->port->tx.prod - port->port->tx.cons;
	assert_int_equal(in_ring, RING_COUNT_DEFAULT - TX_ROOM_MIN + 1);
	assert_int_equal(port->dev->txq.count, PARAM_TXQLEN);
	assert_int_equal(nic_rig_drops(rig, DROP_RING_FULL),
			 2000 - PARAM_TXQLEN - in_ring);
	nic_rig_run(rig);
	/* It goes on: an interrupt wakes the queue, nothing else polls. */
	port->model.faults.tx_hang = false;
	for (unsigned int i = 0; i < 20; i++)
		nic_rig_run(rig);
	assert_false(port->dev->tx_stopped);
	assert_int_equal(port->tx_count, PARAM_TXQLEN + in_ring);
	assert_int_equal(port->tx_disorder, 0);
	assert_true(port->dev->tx_restart_count > 0);
	assert_true(nic_rig_stat(rig, 0, "tx_queue_0_interrupts") > 0);
	nic_rig_free(rig);
}

/*
 * Needs the checksum filled in: a context first, once for all that are alike.
 */
static struct skb *
partial_new(struct netdev *dev, uint32_t len, uint8_t csum_offset)
{
	struct skb *skb = skb_alloc(dev->pool);

	memset(skb_put(skb, len), 0x11, len);
	skb_set_network(skb);
	skb->transport = (uint16_t)(skb->data - skb->head + 34);
	memset(skb->data + 34 + csum_offset, 0, 2);
	skb->csum = SKB_CSUM_PARTIAL;
	skb->csum_offset = csum_offset;
	return skb;
}

static uint16_t
wire_csum(const struct nic_rig_frame *frame, uint32_t from)
{
	uint32_t sum = 0;

	for (uint32_t i = from; i < frame->len; i++)
		sum += (uint32_t)frame->bytes[i] << ((i - from) % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
checksums_are_completed_by_the_device(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	uint32_t before;

	for (uint32_t len = 60; len < 300; len++) {
		netdev_output(port->dev, partial_new(port->dev, len, 16));
		nic_rig_run(rig);
		assert_int_equal(wire_csum(nic_rig_tx(rig, 0, 0), 34), 0xffff);
	}
	/* The same context again costs one descriptor, another costs two. */
	before = port->port->tx.prod;
	netdev_output(port->dev, partial_new(port->dev, 100, 16));
	assert_int_equal(port->port->tx.prod - before, 1);
	netdev_output(port->dev, partial_new(port->dev, 100, 6));
	assert_int_equal(port->port->tx.prod - before, 3);
	nic_rig_run(rig);
	assert_int_equal(wire_csum(nic_rig_tx(rig, 0, 0), 34), 0xffff);
	/* A reset device has forgotten it. */
	port->model.strong_reset = true;
	e1000e_restart(port->port);
	netdev_output(port->dev, partial_new(port->dev, 100, 6));
	nic_rig_run(rig);
	assert_int_equal(wire_csum(nic_rig_tx(rig, 0, 0), 34), 0xffff);
	nic_rig_free(rig);
}

/* ---- cost --------------------------------------------------------------- */

/* Doorbells are rung once a batch; a turn that finds nothing rings none. */
static void
registers_are_left_alone(void **state)
{
	struct nic_rig *rig = rig_new(NIC_82574L);
	struct nic_rig_port *port = &rig->port[0];
	const struct mmio_counts *counts = mmio_counts();
	uint64_t reads, writes;

	for (unsigned int i = 0; i < 64; i++)
		assert_true(nic_rig_receive(rig, 0, 60));
	reads = counts->reads;
	writes = counts->writes;
	assert_int_equal(e1000e_poll(&port->port->napi, 64), 64);
	assert_int_equal(counts->reads, reads);
	assert_int_equal(counts->writes, writes + 1); /* RDT */

	for (unsigned int i = 0; i < 64; i++)
		assert_true(nic_rig_send(rig, 0, 60, 0));
	assert_int_equal(counts->writes, writes + 1);
	nic_rig_flush(rig, 0);
	assert_int_equal(counts->writes, writes + 2); /* TDT */
	nic_rig_flush(rig, 0);
	assert_int_equal(counts->writes, writes + 2);

	/* One frame: no buffer is handed back yet. Idle: ICR and IMS. */
	assert_true(nic_rig_receive(rig, 0, 60));
	writes = counts->writes;
	assert_int_equal(e1000e_poll(&port->port->napi, 64), 1);
	assert_int_equal(counts->writes, writes + 2);
	assert_int_equal(counts->reads, reads);
	nic_rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_reaches_the_stack),
		cmocka_unit_test(bursts_at_every_ring_size),
		cmocka_unit_test(wraps_in_order),
		cmocka_unit_test(jumbo_frames_come_in_segments),
		cmocka_unit_test(too_long_a_frame_is_dropped),
		cmocka_unit_test(checksum_verdicts_are_passed_on),
		cmocka_unit_test(damaged_frames_are_dropped),
		cmocka_unit_test(dry_pool_loses_frames_but_not_the_ring),
		cmocka_unit_test(dry_pool_loses_whole_jumbo_frames),
		cmocka_unit_test(single_failures_leave_no_hole),
		cmocka_unit_test(small_pool_shortens_the_ring),
		cmocka_unit_test(smallest_ring_never_runs_low),
		cmocka_unit_test(no_buffers_at_all_keeps_the_port_down),
		cmocka_unit_test(corrupt_reports_are_named_and_survived),
		cmocka_unit_test(impossible_lengths),
		cmocka_unit_test(pieces_that_lie),
		cmocka_unit_test(reports_out_of_the_blue),
		cmocka_unit_test(frame_reaches_the_wire),
		cmocka_unit_test(short_frames_are_padded),
		cmocka_unit_test(short_shared_frames_are_dropped),
		cmocka_unit_test(pieces_of_every_size),
		cmocka_unit_test(sends_at_every_ring_size),
		cmocka_unit_test(full_ring_stops_the_queue),
		cmocka_unit_test(checksums_are_completed_by_the_device),
		cmocka_unit_test(registers_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
