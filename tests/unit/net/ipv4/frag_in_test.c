/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly: any order of honest fragments makes the datagram; nothing else
 * does, and nothing that strangers send is kept without bounds. */
#include "net/ipv4/frag.h"

#include "net/udp.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define HOST TESTNET_HOST(0)
#define US   TESTNET_ROUTER(0)

struct bench {
	struct testnet *t;
	struct sock *sock;
	unsigned int count; /* datagrams delivered */
	uint8_t bytes[65536];
	uint32_t len;
	uint8_t tos; /* of the whole, as delivered */
};

static void
hear(struct sock *sock, struct skb *skb, const struct sock_addr *from,
     const struct sock_addr *to)
{
	struct bench *b = sock->ctx;
	const struct wire_ipv4 *wire = (const void *)skb_network(skb);

	b->count++;
	b->len = skb->len;
	b->tos = wire->tos;
	skb_copy_out(skb, 0, b->bytes, skb->len);
	skb_consume(skb);
}

static const struct sock_ops hear_ops = { .datagram = hear };

static int
setup(void **state)
{
	const struct sock_addr local = { .port = 4000 };
	struct bench *b = calloc(1, sizeof(*b));
	enum status status;

	b->t = testnet_new(2);
	b->sock = udp_open(&b->t->net, &local, &hear_ops, b, "test", &status);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	udp_close(b->sock);
	testnet_free(b->t);
	free(b);
	return 0;
}

/* ---- whole datagrams and pieces of them --------------------------------- */

struct whole {
	struct ipv4 ip;
	uint8_t data[65536];
	size_t len;
};

static void
whole_udp(struct whole *w, uint16_t id, size_t payload_len)
{
	w->ip = packet_header(HOST, US, IPPROTO_UDP, 0);
	w->ip.id = id;
	w->len = packet_udp(w->data, &w->ip, 3000, 4000, NULL, payload_len,
			    true);
}

/* Sends bytes [from, to) of the whole as a fragment. */
static void
send_piece(struct bench *b, const struct whole *w, size_t from, size_t to)
{
	struct ipv4 ip = w->ip;

	ip.total_len = (uint16_t)(ip.header_len + to - from);
	ip.frag_offset = (uint16_t)from;
	ip.flags = to < w->len ? IPV4_MF : 0;
	assert_true(
		testnet_inject_ipv4(b->t, 0, &ip, w->data + from, to - from));
}

static void
assert_delivered(struct bench *b, const struct whole *w, unsigned int count)
{
	assert_int_equal(b->count, count);
	assert_int_equal(b->len, w->len - 8);
	assert_memory_equal(b->bytes, w->data + 8, b->len);
}

static uint64_t
drops(struct bench *b, enum drop reason)
{
	return testnet_drops(b->t, reason);
}

/* ---- what must work ----------------------------------------------------- */

static void
two_halves_in_either_order(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 100);
	send_piece(b, w, 0, 56);
	send_piece(b, w, 56, w->len);
	assert_delivered(b, w, 1);
	whole_udp(w, 2, 200);
	send_piece(b, w, 56, w->len);
	send_piece(b, w, 0, 56);
	assert_delivered(b, w, 2);
	assert_int_equal(b->t->net.ipv4_stats.reasm_oks, 2);
	assert_int_equal(b->t->net.ipv4_stats.reasm_reqds, 4);
	assert_int_equal(testnet_drops_all(b->t), 0);
	free(w);
}

/* 0 to n-1 in a random order. [Fisher, Yates] */
static void
shuffle(struct random *random, size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = random_below(random, (uint32_t)i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

/* Random sizes, cuts, orders and duplicates: always the same bytes, once. */
/* covers: R1812-029, H1122-063, X815-001, X791-002 */
static void
any_cut_in_any_order_makes_the_datagram(void **state)
{
	struct bench *b = *state;
	struct random random = test_random();
	struct whole *w = calloc(1, sizeof(*w));
	size_t cut[201], order[200];

	for (unsigned int round = 0; round < 300; round++) {
		size_t len = 1 + random_below(&random, 4000), n = 0;

		whole_udp(w, (uint16_t)round, len);
		for (size_t at = 0; at < w->len && n < array_len(order);) {
			cut[n++] = at;
			at += 8 * (1 + random_below(&random, 60));
		}
		cut[n] = w->len;
		if (n == 1)
			continue;
		shuffle(&random, order, n);
		for (size_t i = 0; i < n; i++) {
			size_t from = cut[order[i]], to = cut[order[i] + 1];

			send_piece(b, w, from, to);
			if (i + 1 < n && random_below(&random, 4) == 0)
				send_piece(b, w, from, to);
		}
		assert_int_equal(b->len, w->len - 8);
		assert_memory_equal(b->bytes, w->data + 8, b->len);
		frag_check(&b->t->net);
	}
	assert_int_equal(testnet_drops_all(b->t), drops(b, DROP_DUP_FRAG));
	assert_true(drops(b, DROP_DUP_FRAG) > 100);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	free(w);
}

/* [RFC1122 3.3.2]: as large as can be, in pieces as Ethernet makes them, and in
 * the smallest of 68-byte links as far as a source's share allows. */
/* covers: H1122-064, X791-002 */
static void
the_largest_datagram_is_whole_again(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 65507);
	for (size_t at = 0; at < w->len; at += 1480)
		send_piece(b, w, at, min_of(at + 1480, w->len));
	assert_delivered(b, w, 1);
	whole_udp(w, 2, 4000);
	for (size_t at = 0; at < w->len; at += 48)
		send_piece(b, w, at, min_of(at + 48, w->len));
	assert_delivered(b, w, 2);
	whole_udp(w, 3, 548);
	for (size_t at = 0; at < w->len; at += 8)
		send_piece(b, w, at, min_of(at + 8, w->len));
	assert_delivered(b, w, 3);
	free(w);
}

/* [RFC791 3.2]: source, destination, protocol and identification. */
/* covers: X791-003 */
static void
datagrams_do_not_mix(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(4, sizeof(*w));

	for (unsigned int i = 0; i < 4; i++)
		whole_udp(&w[i], 7, 100);
	w[1].ip.id = 8;
	w[2].ip.src = TESTNET_ADDR(0, 3);
	w[3].ip.proto = IPPROTO_ICMP;
	for (unsigned int i = 0; i < 4; i++)
		send_piece(b, &w[i], 0, 56);
	assert_int_equal(b->t->net.frag.datagram_count, 4);
	send_piece(b, &w[1], 56, w[1].len);
	assert_int_equal(b->t->net.frag.datagram_count, 3);
	assert_delivered(b, &w[1], 1);
	free(w);
}

/* The header of the whole is the first fragment's. */
static void
options_and_header_are_the_first_fragments(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));
	static const uint8_t options[4] = { 148, 4, 0, 0 };

	whole_udp(w, 1, 100);
	w->ip.tos = 0x28;
	send_piece(b, w, 56, w->len);
	w->ip.tos = 0x48;
	packet_add_options(&w->ip, options, sizeof(options));
	send_piece(b, w, 0, 56);
	assert_delivered(b, w, 1);
	assert_int_equal(b->tos, 0x48);
	free(w);
}

/* [RFC3168 5.3] */
/* covers: X3168-002 */
static void
congestion_marks_survive(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 100);
	w->ip.tos = 2;
	send_piece(b, w, 0, 56);
	w->ip.tos = 3;
	send_piece(b, w, 56, w->len);
	assert_delivered(b, w, 1);
	assert_int_equal(b->tos, 3);
	/* Not ECN-capable, and marked? Somebody lies. */
	whole_udp(w, 2, 100);
	w->ip.tos = 0;
	send_piece(b, w, 0, 56);
	w->ip.tos = 3;
	send_piece(b, w, 56, w->len);
	assert_int_equal(drops(b, DROP_FRAG_ECN), 1);
	assert_int_equal(b->count, 1);
	free(w);
}

struct keeping_tap {
	struct netdev_tap tap;
	struct skb *kept[4];
	unsigned int count;
};

static void
keep_clone(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct keeping_tap *k = (struct keeping_tap *)tap;

	k->kept[k->count++] = skb_clone((struct skb *)(uintptr_t)skb);
}

/* Somebody captures meanwhile: the captured header stays as it came. */
static void
shared_fragments_are_copied_before_they_change(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));
	struct keeping_tap tap = { .tap.frame = keep_clone };
	struct ipv4 ip;

	netdev_tap_add(&b->t->port[0].dev, &tap.tap);
	whole_udp(w, 1, 100);
	send_piece(b, w, 0, 56);
	send_piece(b, w, 56, w->len);
	netdev_tap_remove(&b->t->port[0].dev, &tap.tap);
	for (unsigned int i = 0; i < 2; i++) {
		assert_non_null(tap.kept[i]);
		testnet_hold(tap.kept[i]);
	}
	assert_delivered(b, w, 1);
	assert_int_equal(ipv4_parse(tap.kept[0]->data + 14,
				    tap.kept[0]->len - 14, &ip),
			 DROP_NONE);
	assert_int_equal(ip.flags, IPV4_MF);
	testnet_let_go(tap.kept[0]);
	testnet_let_go(tap.kept[1]);
	/* And if there is no memory for the copy, that has a name. */
	tap.count = 0;
	netdev_tap_add(&b->t->port[0].dev, &tap.tap);
	whole_udp(w, 2, 100);
	send_piece(b, w, 0, 56);
	b->t->net.core[0].skb_pool.fail_after = 3;
	send_piece(b, w, 56, w->len);
	netdev_tap_remove(&b->t->port[0].dev, &tap.tap);
	skb_consume(tap.kept[0]);
	skb_consume(tap.kept[1]);
	assert_int_equal(drops(b, DROP_NOMEM), 1);
	assert_int_equal(b->count, 1);
	free(w);
}

/* ---- what must not ------------------------------------------------------ */

static void
send_raw(struct bench *b, uint16_t id, uint8_t proto, size_t offset,
	 uint8_t flags, size_t len)
{
	uint8_t data[1480] = { 0 };
	struct ipv4 ip = packet_header(HOST, US, proto, len);

	ip.id = id;
	ip.frag_offset = (uint16_t)offset;
	ip.flags = flags;
	assert_true(testnet_inject_ipv4(b->t, 0, &ip, data, len));
}

static void
bad_fragments_have_their_reasons(void **state)
{
	struct bench *b = *state;

	send_raw(b, 1, IPPROTO_UDP, 0, IPV4_MF, 0);
	send_raw(b, 1, IPPROTO_UDP, 800, 0, 0);
	assert_int_equal(drops(b, DROP_FRAG_EMPTY), 2);
	send_raw(b, 2, IPPROTO_UDP, 0, IPV4_MF, 100);
	send_raw(b, 2, IPPROTO_UDP, 800, IPV4_MF, 7);
	assert_int_equal(drops(b, DROP_FRAG_ALIGN), 2);
	/* Ping of death. */
	send_raw(b, 3, IPPROTO_ICMP, 65528, 0, 8);
	send_raw(b, 3, IPPROTO_ICMP, 65512, 0, 1480);
	send_raw(b, 3, IPPROTO_ICMP, 65512, IPV4_MF, 8);
	assert_int_equal(drops(b, DROP_FRAG_OVERSIZE), 3);
	send_raw(b, 4, IPPROTO_TCP, 0, IPV4_MF, 8);
	send_raw(b, 4, IPPROTO_TCP, 8, IPV4_MF, 100 * 8);
	assert_int_equal(drops(b, DROP_FRAG_TINY), 2);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	assert_int_equal(testnet_count(b->t, 0), 0);
}

/* The first fragment's options may make the whole too long. */
static void
a_long_header_cannot_exceed_the_limit(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));
	static const uint8_t options[40] = { 1 };

	whole_udp(w, 1, 65507);
	for (size_t at = 1480; at < w->len; at += 1480)
		send_piece(b, w, at, min_of(at + 1480, w->len));
	packet_add_options(&w->ip, options, sizeof(options));
	send_piece(b, w, 0, 1480);
	assert_int_equal(drops(b, DROP_FRAG_OVERSIZE), 1);
	assert_int_equal(b->t->net.ipv4_stats.reasm_fails, 1);
	assert_int_equal(b->count, 0);
	free(w);
}

struct span {
	size_t offset, len;
	uint8_t flags;
};

/* Pairs that contradict each other; both orders. */
static const struct {
	struct span a, b;
	enum drop reason;
} contradictions[] = {
	/* Teardrop: the second inside the first. */
	{ { 0, 40, IPV4_MF }, { 24, 4, 0 }, DROP_FRAG_LENGTH },
	{ { 0, 40, IPV4_MF }, { 32, 80, IPV4_MF }, DROP_FRAG_OVERLAP },
	{ { 0, 40, IPV4_MF }, { 0, 48, IPV4_MF }, DROP_FRAG_OVERLAP },
	{ { 16, 40, IPV4_MF }, { 0, 24, IPV4_MF }, DROP_FRAG_OVERLAP },
	{ { 16, 8, IPV4_MF }, { 8, 24, IPV4_MF }, DROP_FRAG_OVERLAP },
	{ { 0, 40, IPV4_MF }, { 32, 80, 0 }, DROP_FRAG_OVERLAP },
	/* Two ends. */
	{ { 80, 10, 0 }, { 80, 11, 0 }, DROP_FRAG_LENGTH },
	{ { 80, 10, 0 }, { 160, 8, 0 }, DROP_FRAG_LENGTH },
	/* Something behind the end. */
	{ { 80, 16, 0 }, { 96, 8, IPV4_MF }, DROP_FRAG_LENGTH },
	{ { 80, 16, 0 }, { 88, 8, IPV4_MF }, DROP_FRAG_LENGTH },
};

/* [RFC5722 4]: the datagram is refused, and stays so. */
/* covers: X5722-001 */
static void
contradicting_fragments_are_refused_for_good(void **state)
{
	struct bench *b = *state;
	uint16_t id = 0;

	for (size_t i = 0; i < 2 * array_len(contradictions); i++, id++) {
		const struct span *first = &contradictions[i / 2].a;
		const struct span *second = &contradictions[i / 2].b;
		uint64_t before = drops(b, contradictions[i / 2].reason);
		uint64_t refused = drops(b, DROP_FRAG_REFUSED);

		if (i % 2) {
			first = second;
			second = &contradictions[i / 2].a;
		}
		send_raw(b, id, IPPROTO_UDP, first->offset, first->flags,
			 first->len);
		send_raw(b, id, IPPROTO_UDP, second->offset, second->flags,
			 second->len);
		if (drops(b, contradictions[i / 2].reason) != before + 2)
			fail_msg("pair %zu", i);
		send_raw(b, id, IPPROTO_UDP, 400, IPV4_MF, 8);
		assert_int_equal(drops(b, DROP_FRAG_REFUSED), refused + 1);
		frag_check(&b->t->net);
	}
	assert_int_equal(b->count, 0);
	assert_int_equal(b->t->net.frag.memory_len, 0);
	assert_int_equal(b->t->net.ipv4_stats.reasm_overlaps,
			 drops(b, DROP_FRAG_OVERLAP) / 2);
	assert_int_equal(b->t->net.ipv4_stats.reasm_fails, id);
	/* For good means: until all of it must have arrived. */
	testnet_advance(b->t, 31 * S_NS);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	assert_int_equal(testnet_count(b->t, 0), 0);
}

static void
the_same_fragment_twice_does_no_harm(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 200);
	for (unsigned int i = 0; i < 3; i++) {
		send_piece(b, w, 0, 56);
		send_piece(b, w, 112, w->len);
	}
	send_piece(b, w, 56, 112);
	assert_delivered(b, w, 1);
	assert_int_equal(drops(b, DROP_DUP_FRAG), 4);
	free(w);
}

/* ---- time --------------------------------------------------------------- */

/* [RFC792] [RFC1122 3.3.2]: only if the first fragment came. */
/* covers: H1122-065, H1122-066 */
static void
time_exceeded_is_sent_if_the_beginning_came(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));
	const uint8_t *data;
	struct ipv4 ip;
	size_t len;

	whole_udp(w, 1, 200);
	send_piece(b, w, 0, 56);
	whole_udp(w, 2, 200);
	send_piece(b, w, 56, 112);
	testnet_advance(b->t, 29 * S_NS);
	assert_int_equal(b->t->net.frag.datagram_count, 2);
	assert_int_equal(testnet_count(b->t, 0), 0);
	testnet_advance(b->t, 2 * S_NS);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	assert_int_equal(drops(b, DROP_FRAG_REASM_TIMEOUT), 2);
	assert_int_equal(b->t->net.ipv4_stats.reasm_timeout, 2);
	assert_int_equal(b->t->net.ipv4_stats.reasm_fails, 2);
	assert_non_null(testnet_next_ipv4(b->t, 0, &ip, &data, &len));
	assert_int_equal(data[0], ICMP_TIME_EXCEEDED);
	assert_int_equal(data[1], ICMP_REASSEMBLY_EXCEEDED);
	assert_int_equal(data[8 + 4] << 8 | data[8 + 5], 1);
	assert_int_equal(len, 8 + 20 + 56);
	assert_null(testnet_next(b->t, 0));
	free(w);
}

/* No fragment gives a datagram more time. */
static void
the_clock_starts_with_the_first_to_come(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 200);
	send_piece(b, w, 56, 112);
	testnet_advance(b->t, 20 * S_NS);
	send_piece(b, w, 0, 56);
	testnet_advance(b->t, 11 * S_NS);
	assert_int_equal(drops(b, DROP_FRAG_REASM_TIMEOUT), 2);
	free(w);
}

/* ---- bounds ------------------------------------------------------------- */

static void
a_source_has_a_share(void **state)
{
	struct bench *b = *state;
	struct frag_table *table = &b->t->net.frag;
	struct whole *w = calloc(1, sizeof(*w));
	uint16_t id = 0;

	while (drops(b, DROP_FRAG_SHARE) == 0) {
		send_raw(b, ++id, IPPROTO_UDP, 0, IPV4_MF, 8);
		assert_true(id < 2000);
	}
	assert_true(table->memory_len <= table->param.ipfrag_high_thresh / 2);
	/* Others are served. */
	whole_udp(w, 1, 1000);
	w->ip.src = TESTNET_ADDR(0, 9);
	w->len = packet_udp(w->data, &w->ip, 3000, 4000, NULL, 1000, true);
	send_piece(b, w, 0, 504);
	send_piece(b, w, 504, w->len);
	assert_delivered(b, w, 1);
	testnet_advance(b->t, 31 * S_NS);
	assert_int_equal(table->memory_len, 0);
	free(w);
}

static void
memory_is_bounded_and_the_oldest_goes_first(void **state)
{
	struct bench *b = *state;
	struct frag_table *table = &b->t->net.frag;
	struct whole *w = calloc(1, sizeof(*w));
	struct ipv4 ip;
	uint8_t data[8] = { 0 };

	for (uint32_t i = 0; i < 3000; i++) {
		ip = packet_header(IPV4_ADDR(192, 0, 2, 0) + i, US, 17, 8);
		ip.id = (uint16_t)i;
		ip.flags = IPV4_MF;
		testnet_inject_ipv4(b->t, 0, &ip, data, sizeof(data));
		assert_true(table->memory_len <=
			    table->param.ipfrag_high_thresh);
		if (i % 100 == 0)
			frag_check(&b->t->net);
	}
	assert_true(drops(b, DROP_FRAG_EVICTED) > 1000);
	/* Whoever comes now has a chance. */
	whole_udp(w, 1, 1000);
	send_piece(b, w, 0, 504);
	send_piece(b, w, 504, w->len);
	assert_delivered(b, w, 1);
	free(w);
}

static void
a_full_table_gives_up_the_oldest(void **state)
{
	struct bench *b = *state;
	struct frag_table *table = &b->t->net.frag;
	struct whole *w = calloc(1, sizeof(*w));

	table->pool.fail_after = 1;
	whole_udp(w, 1, 1000);
	send_piece(b, w, 0, 504);
	/* Nothing was there to give up. */
	assert_int_equal(drops(b, DROP_NOMEM), 1);
	send_piece(b, w, 0, 504);
	table->pool.fail_after = 1;
	whole_udp(w, 2, 1000);
	send_piece(b, w, 0, 504);
	assert_int_equal(drops(b, DROP_FRAG_EVICTED), 1);
	send_piece(b, w, 504, w->len);
	assert_delivered(b, w, 1);
	free(w);
}

/* A flood of beginnings from everywhere: what it leaves behind is gone soon,
 * while a datagram in an empty table has its full time. */
static void
a_flood_is_forgotten_within_seconds(void **state)
{
	struct bench *b = *state;
	struct frag_table *table = &b->t->net.frag;
	struct whole *w = calloc(1, sizeof(*w));

	for (uint32_t i = 0; i < 4 * table->pool.total_count; i++) {
		whole_udp(w, (uint16_t)i, 1000);
		w->ip.src = 0x0b000000u + i;
		send_piece(b, w, 0, 504);
	}
	assert_true(table->datagram_count > 0);
	assert_true(drops(b, DROP_FRAG_EVICTED) > 0);
	testnet_advance(b->t, 5 * S_NS);
	assert_int_equal(table->datagram_count, 0);
	whole_udp(w, 1, 1000);
	send_piece(b, w, 0, 504);
	testnet_advance(b->t, 29 * S_NS);
	send_piece(b, w, 504, w->len);
	assert_delivered(b, w, 1);
	free(w);
}

static void
what_came_by_an_interface_goes_with_it(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 1000);
	send_piece(b, w, 0, 504);
	netdev_down(&b->t->port[0].dev);
	assert_int_equal(drops(b, DROP_FRAG_DEV_DOWN), 1);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	free(w);
}

/* [RFC1812 5.2.6]: what is not for us passes piece by piece. */
/* covers: R1812-111 */
static void
transit_fragments_are_not_joined(void **state)
{
	struct bench *b = *state;
	struct whole *w = calloc(1, sizeof(*w));

	whole_udp(w, 1, 1000);
	w->ip.dst = TESTNET_HOST(1);
	send_piece(b, w, 504, w->len);
	assert_int_equal(testnet_flush(b->t, 1), 1);
	send_piece(b, w, 0, 504);
	assert_int_equal(testnet_flush(b->t, 1), 1);
	assert_int_equal(b->t->net.frag.datagram_count, 0);
	free(w);
}

/* Anything at all, with time passing: the books agree and memory is bounded. */
static void
noise_is_bounded(void **state)
{
	struct bench *b = *state;
	struct random random = test_random();

	for (unsigned int i = 0; i < 20000; i++) {
		send_raw(b, (uint16_t)random_below(&random, 8),
			 random_below(&random, 2) ? IPPROTO_UDP : IPPROTO_TCP,
			 random_below(&random, 20) * 8,
			 random_below(&random, 3) ? IPV4_MF : 0,
			 random_below(&random, 10) * 8);
		if (random_below(&random, 50) == 0)
			testnet_advance(b->t,
					random_below(&random, 20000) * MS_NS);
		testnet_flush(b->t, 0);
		if (i % 200 == 0)
			net_check(&b->t->net);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_halves_in_either_order),
		TEST(any_cut_in_any_order_makes_the_datagram),
		TEST(the_largest_datagram_is_whole_again),
		TEST(datagrams_do_not_mix),
		TEST(options_and_header_are_the_first_fragments),
		TEST(congestion_marks_survive),
		TEST(shared_fragments_are_copied_before_they_change),
		TEST(bad_fragments_have_their_reasons),
		TEST(a_long_header_cannot_exceed_the_limit),
		TEST(contradicting_fragments_are_refused_for_good),
		TEST(the_same_fragment_twice_does_no_harm),
		TEST(time_exceeded_is_sent_if_the_beginning_came),
		TEST(the_clock_starts_with_the_first_to_come),
		TEST(a_source_has_a_share),
		TEST(memory_is_bounded_and_the_oldest_goes_first),
		TEST(a_full_table_gives_up_the_oldest),
		TEST(a_flood_is_forgotten_within_seconds),
		TEST(what_came_by_an_interface_goes_with_it),
		TEST(transit_fragments_are_not_joined),
		TEST(noise_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
