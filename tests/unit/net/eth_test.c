/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet: whose a frame is, by every bit of its addresses; what its type
 * says; the header that goes in front of what leaves. [RFC894] [RFC1122 2.3.3]
 */

#include "net/eth.h"

#include "net/neigh.h"
#include "net/net.h"
#include "net/wire/eth.h"
#include "tests/host/test.h"
#include "tests/host/testnet.h"

#define TYPE_NOBODYS 0x88b5u /* for experiments */

static int
setup(void **state)
{
	*state = testnet_new(2);
	return 0;
}

static int
teardown(void **state)
{
	testnet_free(*state);
	return 0;
}

/* From port 0's host to the router. */
static void
header(struct testnet *t, uint16_t type, uint8_t bytes[60])
{
	struct eth eth = { .type = type };

	testnet_host_mac(0, 2, eth.src);
	memcpy(eth.dst, t->port[0].dev.addr, sizeof(eth.dst));
	memset(bytes, 0xaa, 60);
	eth_emit(&eth, bytes);
}

/* What one more such frame drops of. */
static enum drop
fate(struct testnet *t, const uint8_t *bytes, size_t len)
{
	const uint64_t *drop = t->net.core[0].account.drop;
	uint64_t before[DROP_COUNT];

	memcpy(before, drop, sizeof(before));
	assert_true(testnet_inject(t, 0, bytes, len));
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		if (drop[i] != before[i])
			return i;
	return DROP_NONE;
}

static void
one_bit_more_and_it_is_somebody_elses(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[60];

	header(t, TYPE_NOBODYS, bytes);
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_PROTO);
	for (unsigned int bit = 0; bit < 48; bit++) {
		header(t, TYPE_NOBODYS, bytes);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* The first bit on the wire is that of groups. */
		assert_int_equal(fate(t, bytes, 60),
				 bit == 0 ? DROP_ETH_PROTO : DROP_OTHERHOST);
	}
}

static void
every_station_may_send_and_no_group(void **state)
{
	struct testnet *t = *state;
	uint8_t bytes[60];

	for (unsigned int bit = 0; bit < 48; bit++) {
		header(t, TYPE_NOBODYS, bytes);
		bytes[6 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(fate(t, bytes, 60),
				 bit == 0 ? DROP_ETH_SOURCE : DROP_ETH_PROTO);
	}
	header(t, TYPE_NOBODYS, bytes);
	memset(bytes, 0xff, 12);
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_SOURCE);
}

static void
another_address_of_ours_is_ours(void **state)
{
	const uint8_t other[] = { 0x0a, 0xff, 0x80, 0x01, 0x7f, 0xfe };
	struct testnet *t = *state;
	uint8_t bytes[60];

	header(t, TYPE_NOBODYS, bytes);
	assert_int_equal(netdev_set_addr(&t->port[0].dev, other), OK);
	assert_int_equal(fate(t, bytes, 60), DROP_OTHERHOST);
	memcpy(bytes, other, sizeof(other));
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_PROTO);
}

/* A length is no type, and what was kept of the frame begins where it does. */
static void
lengths_and_types(void **state)
{
	struct testnet *t = *state;
	const struct skb_drop_last *last =
		&t->net.core[0].account.last[DROP_ETH_LLC];
	uint8_t bytes[60];

	header(t, 0x0600, bytes);
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_PROTO);
	header(t, 0x05ff, bytes);
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_LLC);
	assert_int_equal(last->packet_len, 60);
	assert_memory_equal(last->bytes, bytes, 60);
	header(t, 0, bytes);
	assert_int_equal(fate(t, bytes, 60), DROP_ETH_LLC);
	for (size_t len = 0; len < ETH_HEADER_LEN; len++)
		assert_int_equal(fate(t, bytes, len), DROP_ETH_TRUNCATED);
}

/* A packet of ours with so much room in front of it, to port 1's host. */
static void
send_with_room(struct testnet *t, size_t room)
{
	struct skb *skb = skb_alloc(&t->net.core[0].skb_pool);

	assert_non_null(skb);
	memset(skb_put(skb, 46), 0x45, 46);
	skb_push(skb, PARAM_SKB_HEADROOM - room);
	skb_trim(skb, 46);
	memset(skb->data, 0x45, 46);
	skb_set_network(skb);
	neigh_output(skb, &t->port[1].dev, TESTNET_HOST(1));
	testnet_run(t);
}

static void
the_header_in_front_is_just_that(void **state)
{
	struct testnet *t = *state;
	const struct testnet_frame *frame;
	struct eth eth;
	uint8_t mac[6];

	testnet_host_mac(1, 2, mac);
	send_with_room(t, PARAM_SKB_HEADROOM);
	send_with_room(t, ETH_HEADER_LEN);
	for (int i = 0; i < 2; i++) {
		frame = testnet_next(t, 1);
		assert_non_null(frame);
		assert_int_equal(frame->len, ETH_HEADER_LEN + 46);
		assert_int_equal(eth_parse(frame->bytes, frame->len, &eth),
				 DROP_NONE);
		assert_memory_equal(eth.dst, mac, sizeof(mac));
		assert_memory_equal(eth.src, t->port[1].dev.addr, sizeof(mac));
		assert_int_equal(eth.type, ETHERTYPE_IPV4);
		for (int j = 0; j < 46; j++)
			assert_int_equal(frame->bytes[ETH_HEADER_LEN + j],
					 0x45);
	}
	send_with_room(t, ETH_HEADER_LEN - 1);
	assert_null(testnet_next(t, 1));
	assert_int_equal(testnet_drops(t, DROP_HEADROOM), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_bit_more_and_it_is_somebody_elses),
		T(every_station_may_send_and_no_group),
		T(another_address_of_ours_is_ours),
		T(lengths_and_types),
		T(the_header_in_front_is_just_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
