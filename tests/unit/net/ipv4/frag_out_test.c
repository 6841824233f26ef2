/* SPDX-License-Identifier: BSD-2-Clause */
/* Cutting: held against a plain reference, and against our own reassembly. */
#include "net/ipv4/frag.h"

#include "net/net.h"
#include "net/wire/ipv4_options.h"
#include "tests/host/packets.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

struct bench {
	struct testnet *t;
	struct skb_queue pieces;
};

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->t = testnet_new(1);
	skb_queue_init(&b->pieces);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	testnet_free(b->t);
	free(b);
	return 0;
}

static void
collect(void *ctx, struct skb *skb)
{
	struct bench *b = ctx;

	skb_queue_push(&b->pieces, skb);
}

/* A packet with this header in a buffer, its data counted. */
static struct skb *
packet(struct bench *b, const struct ipv4 *ip)
{
	struct skb *skb = skb_alloc(&b->t->net.core[0].skb_pool);
	uint8_t *data = calloc(1, 65536);
	size_t len = (size_t)(ip->total_len - ip->header_len);
	bool ok;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i ^ i >> 8);
	skb_set_network(skb);
	ipv4_emit(ip, skb_put(skb, ip->header_len));
	ok = skb_copy_in(skb, data, len);
	assert_true(ok);
	free(data);
	skb->dev = &b->t->port[0].dev;
	return skb;
}

/* ---- the reference: as RFC 791 3.1 tells it, written for nothing but this  */

static size_t
copied_by_the_book(const uint8_t *from, size_t len, uint8_t *to)
{
	size_t at = 0, used = 0;

	while (at < len && from[at] != 0) {
		size_t n = from[at] == 1 ? 1 : from[at + 1];

		if (from[at] & 0x80) {
			memcpy(to + used, from + at, n);
			used += n;
		}
		at += n;
	}
	while (used % 4)
		to[used++] = 0;
	return used;
}

/* Options that are well-formed, of random types and lengths. */
static uint8_t
random_options(struct random *random, uint8_t *out)
{
	static const uint8_t types[] = { 1, 7, 68, 94, 130, 136, 148, 222 };
	uint8_t len = (uint8_t)(4 * random_below(random, 11)), at = 0;

	memset(out, 0, 40);
	while (at < len) {
		uint8_t type = types[random_below(random, array_len(types))];
		uint8_t n = (uint8_t)(3 + random_below(random, 6));

		if (type == 1) {
			out[at++] = 1;
			continue;
		}
		if (at + n > len)
			break;
		out[at] = type;
		out[at + 1] = n;
		for (uint8_t i = 2; i < n; i++)
			out[at + i] = (uint8_t)random_u32(random);
		at += n;
	}
	return len;
}

static void
check_pieces(struct bench *b, const struct ipv4 *ip, uint32_t mtu)
{
	uint8_t later[40], bytes[65536];
	size_t later_len, at = 0, whole_len, count = 0;
	struct skb *skb;
	struct ipv4 piece;

	later_len =
		copied_by_the_book(ip->options, ipv4_options_len(ip), later);
	whole_len = (size_t)(ip->total_len - ip->header_len);
	while ((skb = skb_queue_pop(&b->pieces))) {
		size_t len = skb->len;

		skb_copy_out(skb, 0, bytes, len);
		assert_int_equal(ipv4_parse(bytes, len, &piece), DROP_NONE);
		assert_int_equal(piece.total_len, len);
		assert_true(len <= mtu);
		assert_int_equal(piece.frag_offset, ip->frag_offset + at);
		assert_int_equal(piece.id, ip->id);
		assert_int_equal(piece.tos, ip->tos);
		assert_int_equal(piece.ttl, ip->ttl);
		assert_int_equal(piece.proto, ip->proto);
		if (at == 0) {
			assert_int_equal(piece.header_len, ip->header_len);
			assert_memory_equal(piece.options, ip->options,
					    ipv4_options_len(ip));
		} else {
			assert_int_equal(piece.header_len, 20 + later_len);
			assert_memory_equal(piece.options, later, later_len);
		}
		len -= piece.header_len;
		for (size_t i = 0; i < len; i++)
			assert_int_equal(bytes[piece.header_len + i],
					 (uint8_t)((at + i) ^ (at + i) >> 8));
		at += len;
		assert_int_equal(!!(piece.flags & IPV4_MF),
				 at < whole_len || (ip->flags & IPV4_MF));
		/* None could have taken 8 bytes more. [RFC1812 4.2.2.7] */
		if (at < whole_len) {
			assert_int_equal(len % 8, 0);
			assert_true(piece.total_len + 8u > mtu);
		}
		count++;
		skb_consume(skb);
	}
	assert_int_equal(at, whole_len);
	assert_true(count >= 1);
}

static void
any_packet_is_cut_as_the_book_says(void **state)
{
	struct bench *b = *state;
	struct random random = test_random();
	uint8_t options[40];

	for (unsigned int i = 0; i < 400; i++) {
		struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17,
					       1 + random_below(&random, 5000));
		uint32_t mtu = 68 + random_below(&random, 3000);

		if (i % 50 == 0)
			ip.total_len =
				(uint16_t)(20 + random_below(&random, 65516));
		packet_add_options(&ip, options,
				   random_options(&random, options));
		if (ip.total_len < 60)
			continue;
		ip.id = (uint16_t)random_u32(&random);
		ip.tos = (uint8_t)random_u32(&random);
		ip.flags = random_below(&random, 4) == 0 ? IPV4_MF : 0;
		if (ip.flags)
			ip.total_len =
				(uint16_t)((ip.total_len - ip.header_len) / 8 *
						   8 +
					   ip.header_len);
		if (random_below(&random, 4) == 0 && ip.total_len < 6000)
			ip.frag_offset = 8000;
		if (ip.total_len <= ip.header_len)
			continue;
		frag_output(&b->t->net, packet(b, &ip), &ip, mtu, collect, b);
		check_pieces(b, &ip, mtu);
	}
	net_check(&b->t->net);
	assert_int_equal(testnet_drops_all(b->t), 0);
}

/* From buffers of any shape: the cuts need not fall together. */
static void
scattered_bytes_are_cut_alike(void **state)
{
	struct bench *b = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17, 3000);
	struct skb *whole = packet(b, &ip), *skb, *seg;
	uint8_t bytes[3020];
	size_t at = 20;

	skb_copy_out(whole, 0, bytes, sizeof(bytes));
	skb_consume(whole);
	skb = skb_alloc(&b->t->net.core[0].skb_pool);
	memcpy(skb_put(skb, 20), bytes, 20);
	skb->dev = &b->t->port[0].dev;
	for (size_t n = 1; at < sizeof(bytes); n = n * 2 % 1021) {
		size_t len = min_of(n, sizeof(bytes) - at);

		seg = skb_alloc(&b->t->net.core[0].skb_pool);
		memcpy(skb_put(seg, len), bytes + at, len);
		skb_append(skb, seg);
		at += len;
	}
	frag_output(&b->t->net, skb, &ip, 576, collect, b);
	check_pieces(b, &ip, 576);
}

/* Larger than one buffer: a jumbo link before an even larger packet. */
static void
pieces_may_be_larger_than_a_buffer(void **state)
{
	struct bench *b = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17, 65000);

	frag_output(&b->t->net, packet(b, &ip), &ip, 9216, collect, b);
	check_pieces(b, &ip, 9216);
}

static void
what_the_fragments_inherit(void **state)
{
	struct bench *b = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17, 1000);
	struct skb *skb = packet(b, &ip);

	skb->protocol = ETHERTYPE_IPV4;
	skb->flags |= SKB_FORWARDED;
	frag_output(&b->t->net, skb, &ip, 576, collect, b);
	assert_int_equal(b->pieces.count, 2);
	while ((skb = skb_queue_pop(&b->pieces))) {
		assert_int_equal(skb->protocol, ETHERTYPE_IPV4);
		assert_true(skb->flags & SKB_FORWARDED);
		assert_ptr_equal(skb_network(skb), skb->data);
		assert_ptr_equal(skb->dev, &b->t->port[0].dev);
		assert_true(skb_headroom(skb) >= ETH_HEADER_LEN);
		skb_consume(skb);
	}
}

static void
what_cannot_be_cut_has_its_reason(void **state)
{
	struct bench *b = *state;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17, 1000);
	struct ipv4_stats *stats = &b->t->net.ipv4_stats;

	frag_output(&b->t->net, packet(b, &ip), &ip, 27, collect, b);
	assert_int_equal(testnet_drops(b->t, DROP_FRAG_MTU), 1);
	/* In transit, a ping of death must not wrap round to offset 0. */
	ip.frag_offset = 65000;
	frag_output(&b->t->net, packet(b, &ip), &ip, 576, collect, b);
	assert_int_equal(testnet_drops(b->t, DROP_FRAG_OVERSIZE), 1);
	assert_int_equal(b->pieces.count, 0);
	assert_int_equal(stats->frag_fails, 2);
	assert_int_equal(stats->frag_oks, 0);
}

/* All or nothing, whichever allocation fails. */
static void
without_memory_no_piece_is_sent(void **state)
{
	struct bench *b = *state;
	struct skb_pool *pool = &b->t->net.core[0].skb_pool;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), 0x01020304, 17, 20000);

	/* Two pieces of five buffers, one of one. */
	for (unsigned int n = 1; n <= 11; n++) {
		struct skb *skb = packet(b, &ip);

		pool->fail_after = n;
		frag_output(&b->t->net, skb, &ip, 9216, collect, b);
		assert_int_equal(pool->fail_after, 0);
		assert_int_equal(b->pieces.count, 0);
		net_check(&b->t->net);
	}
	assert_true(testnet_drops(b->t, DROP_NOMEM) > 11);
	assert_int_equal(b->t->net.ipv4_stats.frag_fails, 11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_packet_is_cut_as_the_book_says),
		TEST(scattered_bytes_are_cut_alike),
		TEST(pieces_may_be_larger_than_a_buffer),
		TEST(what_the_fragments_inherit),
		TEST(what_cannot_be_cut_has_its_reason),
		TEST(without_memory_no_piece_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
