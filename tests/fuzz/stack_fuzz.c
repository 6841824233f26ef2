/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole stack as a router of two ports with its services, under arbitrary
 * frames, time, and memory that runs out. After each event the law of
 * conservation holds, no frame leaves that a station must refuse, and at the
 * end everything comes back.
 */
#include "tests/fuzz/fuzz.h"

#include "apps/echo.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"
#include "tests/host/packets.h"

#define FRAME_LEN_MAX 3000u

/* The largest that each port's MTU has been: what waits for a ring or for a
 * neighbour was made for what it was then. */
struct most {
	uint32_t mtu[2];
};

/* What must be true of every packet on every wire. [RFC1122 3.2.1] */
static void
check_sent(struct testnet *t, unsigned int port, struct most *most)
{
	uint32_t *mtu = &most->mtu[port];

	*mtu = max_of(*mtu, t->port[port].dev.mtu);
	const struct testnet_frame *frame;
	struct ipv4 ip;
	struct eth eth;

	while ((frame = testnet_next(t, port)) != NULL) {
		assert(eth_parse(frame->bytes, frame->len, &eth) == DROP_NONE);
		assert(!memcmp(eth.src, t->port[port].dev.addr, 6));
		assert(frame->len <= *mtu + 14);
		if (eth.type != ETHERTYPE_IPV4)
			continue;
		assert(ipv4_parse(frame->bytes + 14, frame->len - 14, &ip) ==
		       DROP_NONE);
		assert(ip.ttl > 0);
		assert(!ipv4_is_loopback(ip.src) && !ipv4_is_loopback(ip.dst));
		assert(!ipv4_is_multicast(ip.src) &&
		       !ipv4_is_reserved(ip.src) && ip.src != IPV4_BROADCAST &&
		       !ipv4_is_this_network(ip.src));
		assert(!ipv4_is_reserved(ip.dst));
	}
}

/* Addresses and checksums as they must be to get past the first checks. */
static void
repair(uint8_t *bytes, size_t len, uint8_t what, const struct netdev *dev)
{
	size_t header_len;

	if (len < 34)
		return;
	if (what & 1)
		memcpy(bytes, dev->addr, 6);
	if (what & 2)
		bytes[12] = 0x08, bytes[13] = 0x00, bytes[6] &= 0xfe;
	header_len = (bytes[14] & 0xfu) * 4;
	if (what & 4 && header_len >= 20 && 14 + header_len <= len)
		ipv4_checksum_refresh(bytes + 14, header_len);
}

static void
inject_frame(struct testnet *t, struct input *in, unsigned int port)
{
	uint8_t bytes[FRAME_LEN_MAX], what = take(in);
	const uint8_t *from;
	size_t len;

	from = take_bytes(in, take16(in) % FRAME_LEN_MAX, &len);
	memcpy(bytes, from, len);
	repair(bytes, len, what, &t->port[port].dev);
	testnet_inject(t, port, bytes, len);
}

/* A well-formed packet between few addresses, as large as the input says. */
static void
inject_packet(struct testnet *t, struct input *in, unsigned int port)
{
	const uint32_t some[] = { TESTNET_HOST(0),	TESTNET_HOST(1),
				  TESTNET_ROUTER(0),	TESTNET_ROUTER(1),
				  TESTNET_BROADCAST(0), TESTNET_ADDR(1, 77),
				  IPV4_BROADCAST,	0xcb007101 };
	static const uint8_t protos[] = { 1, 2, 6, 17 };
	uint8_t which = take(in), what = take(in), bytes[FRAME_LEN_MAX];
	size_t len = take16(in) % (FRAME_LEN_MAX - 60);
	struct ipv4 ip = packet_header(some[which & 7], some[which >> 3 & 7],
				       protos[which >> 6], len);

	ip.ttl = what & 1 ? 64 : (uint8_t)(what >> 6);
	ip.flags = what >> 1 & 7;
	ip.frag_offset = what & 16 ? (uint16_t)(take(in) * 8) : 0;
	ip.id = what >> 5 & 1;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)i;
	if (ip.proto == IPPROTO_UDP && len >= 8)
		packet_udp(bytes, &ip, take16(in), take(in), NULL, len - 8,
			   true);
	if (ip.proto == IPPROTO_ICMP && len >= 8)
		packet_icmp(bytes, take(in), take(in), 0, NULL, len - 8);
	testnet_inject_ipv4(t, port, &ip, bytes, len);
}

static void
shake(struct testnet *t, struct input *in, unsigned int port)
{
	static const uint32_t mtus[] = { 68, 576, 1500, 9000 };
	struct netdev *dev = &t->port[port].dev;
	uint8_t what = take(in);

	switch (what & 7) {
	case 0: (void)!netdev_set_mtu(dev, mtus[what >> 6]); break;
	case 1: testnet_carrier(t, port, what >> 7); break;
	case 2: netdev_down(dev); break;
	case 3: (void)!netdev_up(dev); break;
	case 4: testnet_room(t, port, what >> 3); break;
	case 5: t->net.core[0].skb_pool.fail_after = what >> 3; break;
	case 6:
		t->net.conf[dev->ifindex].accept_source_route = what >> 7;
		t->net.conf_all.accept_source_route = what >> 6 & 1;
		break;
	case 7: t->net.conf[dev->ifindex].rp_filter = what >> 6 & 2; break;
	}
}

static void
happen(struct testnet *t, struct input *in, struct most *most)
{
	uint8_t what = take(in);
	unsigned int port = what >> 7;

	switch (what & 7) {
	case 0:
	case 1:
	case 2: inject_frame(t, in, port); break;
	case 3:
	case 4:
	case 5: inject_packet(t, in, port); break;
	case 6: shake(t, in, port); break;
	case 7: testnet_advance(t, take(in) * 200 * MS_NS); break;
	}
	testnet_run(t);
	for (unsigned int i = 0; i < t->port_count; i++)
		check_sent(t, i, most);
	fuzz_check(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	struct testnet *t = fuzz_net();
	struct most most = { 0 };
	struct echo echo;
	bool up = echo_start(&echo, &t->net) == OK;

	assert(up);
	testnet_route(t, 0xcb007100, 24, TESTNET_HOST(1), 1);
	testnet_flush(t, 0);
	testnet_flush(t, 1);
	for (unsigned int i = 0; i < 200 && left(&in) > 0; i++)
		happen(t, &in, &most);
	t->net.core[0].skb_pool.fail_after = 0;
	echo_stop(&echo);
	testnet_free(t);
	return 0;
}
