/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reassembly under arbitrary sequences of fragments and time. Every byte of a
 * fragment tells where it belongs, so whatever is delivered can be held against
 * that: no hole, no byte from elsewhere. Memory stays within its bounds and the
 * books agree after each step.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/host/packets.h"

/* The byte of datagram id at offset. */
static uint8_t
byte_at(uint8_t id, uint32_t offset)
{
	return (uint8_t)(id * 31 + offset * 7 + (offset >> 8));
}

/* An IP protocol of our own, to see whole datagrams as they are delivered. */
static void
whole_input(struct skb *skb, const struct ipv4 *ip)
{
	static uint8_t bytes[65536];
	size_t len = skb->len;

	assert(len == (size_t)(ip->total_len - ip->header_len));
	assert(!ipv4_is_fragment(ip));
	skb_copy_out(skb, 0, bytes, len);
	for (uint32_t i = 0; i < len; i++)
		assert(bytes[i] == byte_at((uint8_t)ip->id, i));
	skb_consume(skb);
}

static const struct ipv4_protocol protocols[] = {
	{ 200, whole_input, NULL },
	{ IPPROTO_TCP, whole_input, NULL },
	{ 0, NULL, NULL },
};

static void
inject_fragment(struct testnet *t, struct input *in)
{
	uint8_t how = take(in), id = how >> 5;
	uint32_t offset = (how & 1 ? take16(in) % 8192u : take(in) % 64u) * 8;
	size_t len = how & 2 ? take16(in) % 1480u : take(in) % 32u * 8;
	struct ipv4 ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0),
				       how & 4 ? IPPROTO_TCP : 200, len);
	uint8_t bytes[1480];
	static const uint8_t options[8] = { 148, 4, 0, 0, 1, 1, 1, 0 };

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(id, (uint32_t)(offset + i));
	ip.id = id;
	ip.frag_offset = (uint16_t)offset;
	ip.flags = how & 8 ? IPV4_MF : 0;
	if (how & 16) {
		uint8_t more = take(in);

		ip.src = TESTNET_ADDR(0, 2 + (more & 3));
		ip.tos = more >> 2 & 3;
		if (more & 16)
			packet_add_options(&ip, options, more & 32 ? 8 : 4);
	}
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	struct testnet *t = fuzz_net();
	const struct frag_table *table = &t->net.frag;

	t->net.ipv4_protocols = protocols;
	for (unsigned int i = 0; i < 200 && left(&in) > 0; i++) {
		if ((take(&in) & 15) == 15)
			testnet_advance(t, take(&in) * 250 * MS_NS);
		else
			inject_fragment(t, &in);
		assert(table->memory_len <= table->param.ipfrag_high_thresh);
		fuzz_settle(t);
	}
	/* Time frees everything. */
	testnet_advance(t, 31 * S_NS);
	assert(table->memory_len == 0 && table->datagram_count == 0);
	testnet_free(t);
	return 0;
}
