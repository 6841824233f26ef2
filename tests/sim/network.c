/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's nodes, wires and clock. See network.h. */

#include "tests/sim/network.h"

#include <stdlib.h>
#include <string.h>

struct flying_frame {
	struct flying_frame *next;
	uint64_t arrival_ns;
	unsigned int node, port;
	uint32_t len;
	uint8_t bytes[];
};

static bool
never(void)
{
	return false;
}

void
network_init(struct network *w, uint64_t seed)
{
	uint8_t key[32] = { 0 };

	memset(w, 0, sizeof(*w));
	memcpy(key, &seed, sizeof(seed));
	random_init(&w->random, key);
	w->memory_failed = never;
	/* Not at zero, where a forgotten time stamp would go unnoticed. */
	w->now_ns = 1000 * S_NS;
}

void
network_fini(struct network *w)
{
	struct flying_frame *f;

	while ((f = w->flying)) {
		w->flying = f->next;
		free(f);
	}
	for (unsigned int i = 0; i < w->node_count; i++)
		testnet_free(w->node[i]);
}

unsigned int
network_add_node(struct network *w, unsigned int ports)
{
	struct testnet_config config = {
		.ports = ports,
		.bare = true,
		.memory_len = w->memory_len ? w->memory_len : 8 << 20,
		/* A new node lets ten seconds pass by itself. */
		.net.now_ns = w->now_ns - 10 * S_NS,
	};
	unsigned int number = w->node_count++;
	struct testnet *node;

	for (unsigned int i = 0; i < sizeof(config.net.seed); i++)
		config.net.seed[i] = (uint8_t)random_u32(&w->random);
	node = testnet_new_with(&config);
	for (unsigned int i = 0; i < ports; i++) {
		uint8_t mac[] = { 2, 0xaa, 0, 0, (uint8_t)number, (uint8_t)i };

		memcpy(node->port[i].dev.addr, mac, sizeof(mac));
	}
	assert(node->net.now_ns == w->now_ns);
	w->node[number] = node;
	return number;
}

unsigned int
network_add_wire(struct network *w, unsigned int node_a, unsigned int port_a,
		 unsigned int node_b, unsigned int port_b, uint32_t mtu,
		 const struct wire_faults *faults)
{
	struct wire *wire = &w->wire[w->wire_count];

	wire->end[0] = (struct wire_end){ node_a, port_a };
	wire->end[1] = (struct wire_end){ node_b, port_b };
	wire->faults = *faults;
	if (w->without & WITHOUT_LOSS)
		wire->faults.loss = 0;
	if (w->without & WITHOUT_REPEAT)
		wire->faults.repeat = 0;
	if (w->without & WITHOUT_REORDER)
		wire->faults.reorder = 0;
	if (w->without & WITHOUT_DAMAGE)
		wire->faults.damage = 0;
	if (w->without & WITHOUT_DELAY)
		wire->faults.delay_ns = 0;
	for (int i = 0; i < 2; i++) {
		struct wire_end *end = &wire->end[i];
		struct netdev *dev = &w->node[end->node]->port[end->port].dev;

		if (netdev_set_mtu(dev, mtu) != OK)
			testnet_cannot("an MTU");
	}
	return w->wire_count++;
}

void
network_cut(struct network *w, unsigned int wire, bool down)
{
	if (w->without & WITHOUT_CUTS)
		return;
	w->wire[wire].down = down;
	for (int i = 0; i < 2; i++)
		testnet_carrier(w->node[w->wire[wire].end[i].node],
				w->wire[wire].end[i].port, !down);
}

static bool
chance(struct network *w, uint32_t per_mille)
{
	return random_below(&w->random, 1000) < per_mille;
}

static void
fly(struct network *w, const struct wire_end *to, const void *bytes,
    uint32_t len, uint64_t arrival_ns)
{
	struct flying_frame *f = malloc(sizeof(*f) + len), **at;

	f->arrival_ns = arrival_ns;
	f->node = to->node;
	f->port = to->port;
	f->len = len;
	memcpy(f->bytes, bytes, len);
	for (at = &w->flying; *at && (*at)->arrival_ns <= arrival_ns;
	     at = &(*at)->next)
		;
	f->next = *at;
	*at = f;
	w->frames++;
}

/* A frame's turn on a wire that is slow: when its last bit has left. False: the
 * queue in front of it is too long. */
static bool
take_turn(struct network *w, struct wire *wire, int from, uint32_t len,
	  uint64_t *left_ns)
{
	const struct wire_faults *faults = &wire->faults;
	uint64_t start_ns = max_of(wire->busy_ns[from], w->now_ns);

	*left_ns = w->now_ns;
	if (!faults->rate_bps)
		return true;
	if (start_ns - w->now_ns > faults->queue_ns) {
		wire->overflowed++;
		return false;
	}
	/* With preamble, checksum and gap. */
	*left_ns = start_ns + (len + 24) * 8 * S_NS / faults->rate_bps;
	wire->busy_ns[from] = *left_ns;
	return true;
}

/* One frame leaves an end of the wire: what the wire makes of it. */
static void
carry(struct network *w, struct wire *wire, int from,
      const struct testnet_frame *frame)
{
	const struct wire_end *to = &wire->end[!from];
	const struct wire_faults *faults = &wire->faults;
	uint64_t arrival_ns;
	uint8_t bytes[65536 + 14];
	uint32_t len = frame->len;

	wire->carried++;
	if (!take_turn(w, wire, from, len, &arrival_ns))
		return;
	arrival_ns += wire->faults.delay_ns;
	if (faults->swallow_len && len > faults->swallow_len + 14) {
		wire->lost++;
		return;
	}
	if (wire->down || chance(w, wire->faults.loss)) {
		wire->lost++;
		return;
	}
	memcpy(bytes, frame->bytes, len);
	if (chance(w, wire->faults.damage)) {
		wire->damaged++;
		bytes[random_below(&w->random, len)] ^=
			(uint8_t)(1u << random_below(&w->random, 8));
		if (chance(w, 300))
			len = 1 + random_below(&w->random, len);
	}
	if (chance(w, wire->faults.reorder)) {
		wire->reordered++;
		arrival_ns += random_below(&w->random, 20) * MS_NS;
	}
	fly(w, to, bytes, len, arrival_ns);
	if (chance(w, wire->faults.repeat)) {
		wire->repeated++;
		fly(w, to, bytes, len, arrival_ns + MS_NS);
	}
}

/* Where a packet is remembered that came to, or leaves, a node; NULL: it is
 * none. Pieces of one packet count as one. */
static struct seen_packet *
seen_at(struct network *w, unsigned int node, const uint8_t *bytes,
	uint32_t len, struct seen_packet *packet)
{
	struct ipv4 ip;

	if (len < 34 || bytes[12] != 8 || bytes[13] != 0 ||
	    ipv4_parse(bytes + 14, len - 14, &ip) != DROP_NONE)
		return NULL;
	*packet = (struct seen_packet){
		.node = node + 1,
		.src = ip.src,
		.dst = ip.dst,
		.id_proto = (uint32_t)ip.id << 8 | ip.proto,
		.ttl = ip.ttl,
	};
	return &w->seen[(packet->id_proto * 2654435761u ^ packet->src ^
			 packet->dst * 31 ^ packet->node * 977) %
			NETWORK_SEEN];
}

static bool
same_packet(const struct seen_packet *a, const struct seen_packet *b)
{
	return a->node == b->node && a->src == b->src && a->dst == b->dst &&
	       a->id_proto == b->id_proto;
}

static void
note_arrival(struct network *w, unsigned int node, const uint8_t *bytes,
	     uint32_t len)
{
	struct seen_packet packet, *seen;

	seen = seen_at(w, node, bytes, len, &packet);
	if (!seen)
		return;
	if (same_packet(seen, &packet))
		packet.ttl = max_of(packet.ttl, seen->ttl);
	*seen = packet;
}

/* Nothing that is used up goes on, and what goes on has one hop less. */
static void
check_frame(struct network *w, unsigned int node,
	    const struct testnet_frame *frame)
{
	struct seen_packet packet, *seen;

	seen = seen_at(w, node, frame->bytes, frame->len, &packet);
	if (!seen)
		return;
	assert(packet.ttl > 0);
	if (same_packet(seen, &packet)) {
		assert(packet.ttl < seen->ttl);
		w->hops++;
	}
}

/* After each step of a node's. */
static void
check_node(struct network *w, struct testnet *node)
{
	struct net *net = &node->net;

	skb_pool_check(&net_this_core(net)->skb_pool);
	/* Nothing that was due is still waiting. */
	assert(net_next_deadline(net) > net->now_ns);
	assert(!net_pending(net));
	/* It walks through much. */
	if (w->steps % 64 == 0)
		tcp_check(net);
	assert(net->frag.memory_len <= net->frag.param.ipfrag_high_thresh);
	assert(net->paths.count <= PATHS_MAX);
	assert(net->tcp.tw_pool.used_count <=
	       net->tcp.param.tcp_max_tw_buckets);
	assert(net->neigh.pool.used_count <= net->neigh.param.gc_thresh3 + 1);
}

static void
collect(struct network *w)
{
	const struct testnet_frame *frame;

	for (unsigned int i = 0; i < w->wire_count; i++)
		for (int from = 0; from < 2; from++) {
			struct wire_end *end = &w->wire[i].end[from];
			struct testnet *node = w->node[end->node];

			while ((frame = testnet_next(node, end->port))) {
				check_frame(w, end->node, frame);
				carry(w, &w->wire[i], from, frame);
			}
		}
}

static uint64_t
next_event(const struct network *w)
{
	uint64_t next_ns = w->flying ? w->flying->arrival_ns : TIMER_NEVER;

	for (unsigned int i = 0; i < w->node_count; i++) {
		uint64_t due_ns = net_next_deadline(&w->node[i]->net);

		next_ns = min_of(next_ns, due_ns);
	}
	return next_ns;
}

/* Moves every node's clock to the network's. */
static void
advance(struct network *w)
{
	for (unsigned int i = 0; i < w->node_count; i++) {
		struct testnet *node = w->node[i];

		bool due = net_next_deadline(&node->net) <= w->now_ns;

		if (w->now_ns <= node->net.now_ns)
			continue;
		testnet_advance(node, w->now_ns - node->net.now_ns);
		/* Timers fire at every step: a part of them is enough. */
		if (due && w->steps % 8 == 0)
			check_node(w, node);
	}
}

void
network_run(struct network *w, uint64_t end_ns)
{
	struct flying_frame *f;

	collect(w);
	while (w->now_ns < end_ns) {
		uint64_t next_ns = next_event(w);

		if (next_ns > w->now_ns)
			w->now_ns = min_of(next_ns, end_ns);
		advance(w);
		while ((f = w->flying) && f->arrival_ns <= w->now_ns) {
			w->flying = f->next;
			note_arrival(w, f->node, f->bytes, f->len);
			testnet_inject(w->node[f->node], f->port, f->bytes,
				       f->len);
			check_node(w, w->node[f->node]);
			free(f);
		}
		collect(w);
		w->steps++;
	}
}

uint64_t
network_held(const struct network *w)
{
	uint64_t held = 0;

	for (const struct flying_frame *f = w->flying; f; f = f->next)
		held++;
	for (unsigned int i = 0; i < w->node_count; i++)
		held += skb_pool_held(&w->node[i]->net.core[0].skb_pool);
	return held;
}
