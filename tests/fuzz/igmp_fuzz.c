/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups: queries and reports of any form, by multicast and with right
 * checksums, while applications join and leave, routes for groups come and go,
 * packets to groups arrive, and time passes. Every message that leaves is
 * well-formed and goes to a group, with a TTL of 1.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/checksum.h"
#include "net/igmp.h"
#include "net/ipv4/mroute.h"
#include "net/wire/eth.h"
#include "net/wire/igmp.h"
#include "tests/host/packets.h"

#define MESSAGE_MAX 200u

static const uint32_t groups[] = { 0xe0000001, 0xe0000016, 0xef010101,
				   0xef010102, 0xe0000002, 0xefffffff,
				   0xe8000001, 0x00000000 };

static uint32_t
a_group(struct input *in)
{
	return groups[take(in) % array_len(groups)];
}

static void
inject(struct testnet *t, unsigned int port, const struct ipv4 *ip,
       const uint8_t *payload, size_t len)
{
	uint8_t bytes[14 + IPV4_HEADER_LEN_MAX + MESSAGE_MAX];
	struct eth eth = {
		.type = ETHERTYPE_IPV4,
		.dst = { 0x01, 0x00, 0x5e, (uint8_t)(ip->dst >> 16 & 0x7f),
			 (uint8_t)(ip->dst >> 8), (uint8_t)ip->dst }
	};

	testnet_host_mac(port, 2, eth.src);
	eth_emit(&eth, bytes);
	ipv4_emit(ip, bytes + 14);
	memcpy(bytes + 14 + ip->header_len, payload, len);
	testnet_inject(t, port, bytes, 14 + ip->header_len + len);
}

static void
message(struct testnet *t, struct input *in, unsigned int port)
{
	static const uint8_t types[] = { IGMP_QUERY, IGMP_REPORT1, IGMP_REPORT2,
					 IGMP_LEAVE2, IGMP_REPORT3 };
	static const uint8_t alert[] = { 148, 4, 0, 0 };
	uint8_t what = take(in), bytes[MESSAGE_MAX] = { 0 };
	struct wire_igmp *wire = (void *)bytes;
	struct ipv4 ip;
	size_t len = 8, got;
	const uint8_t *from;

	if (what & 1)
		len += take(in) % (MESSAGE_MAX - 8);
	from = take_bytes(in, len - 8, &got);
	memcpy(bytes + 8, from, got);
	wire->type = what & 2 ? take(in) : types[(what >> 2) % 5];
	wire->max_resp_code = take(in);
	wire->group = be32_from(a_group(in));
	if (what & 0x20 && len >= IGMP_QUERY3_LEN)
		bytes[10] = 0, bytes[11] = (uint8_t)((len - 12) / 4);
	wire->checksum = be16_from(checksum_fold(checksum_add(0, bytes, len)));
	ip = packet_header(TESTNET_HOST(port),
			   what & 0x40 ? a_group(in) : groups[0], 2, len);
	ip.ttl = what & 0x80 ? 1 : take(in);
	if (take(in) & 1)
		packet_add_options(&ip, alert, sizeof(alert));
	inject(t, port, &ip, bytes, len);
}

static void
data(struct testnet *t, struct input *in, unsigned int port)
{
	uint8_t bytes[MESSAGE_MAX];
	struct ipv4 ip =
		packet_header(TESTNET_HOST(port), a_group(in), IPPROTO_UDP, 28);

	ip.ttl = take(in) & 3;
	packet_udp(bytes, &ip, 4000, 4001, NULL, 20, true);
	inject(t, port, &ip, bytes, 28);
}

/* Joining more often than leaving is undone at the end. */
static void
membership(struct testnet *t, struct input *in, unsigned int port,
	   uint32_t joins[2][array_len(groups)])
{
	uint8_t which = take(in) % array_len(groups);
	struct netdev *dev = &t->port[port].dev;

	if (take(in) & 1)
		joins[port][which] += igmp_join(dev, groups[which]) == OK;
	else if (joins[port][which] > 0 && igmp_leave(dev, groups[which]) == OK)
		joins[port][which]--;
}

static void
route(struct testnet *t, struct input *in, unsigned int port)
{
	uint32_t group = a_group(in);
	uint32_t source = take(in) & 1 ? TESTNET_HOST(port) : 0;

	if (take(in) & 1)
		(void)!mroute_add(&t->net, source, group, &t->port[port].dev,
				  1u << t->port[!port].dev.ifindex);
	else
		(void)!mroute_delete(&t->net, source, group);
}

static void
shake(struct testnet *t, struct input *in, unsigned int port)
{
	struct netdev *dev = &t->port[port].dev;
	uint8_t what = take(in);

	switch (what & 7) {
	case 0: netdev_down(dev); break;
	case 1: (void)!netdev_up(dev); break;
	case 2: testnet_carrier(t, port, what >> 7); break;
	case 3: t->net.core[0].skb_pool.fail_after = what >> 3; break;
	case 4: t->net.igmp.pool.fail_after = what >> 3; break;
	default: t->net.conf[dev->ifindex].force_igmp_version = (what >> 3) % 4;
	}
}

static void
check_sent(struct testnet *t, unsigned int port)
{
	const struct testnet_frame *frame;
	struct igmp igmp;
	struct ipv4 ip;

	while ((frame = testnet_next(t, port)) != NULL) {
		if (frame->bytes[12] != 8 || frame->bytes[13] != 0)
			continue;
		assert(ipv4_parse(frame->bytes + 14, frame->len - 14, &ip) ==
		       DROP_NONE);
		if (ip.proto != 2)
			continue;
		assert(ip.ttl == 1 && ipv4_is_multicast(ip.dst));
		assert(igmp_parse(frame->bytes + 14 + ip.header_len,
				  ip.total_len - ip.header_len,
				  &igmp) == DROP_NONE);
		assert(igmp.type != IGMP_QUERY);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint32_t joins[2][array_len(groups)] = { 0 };
	struct input in = { bytes, bytes + len };
	struct testnet *t = fuzz_net();
	unsigned int port;
	uint8_t what;

	for (unsigned int i = 0; i < 200 && left(&in) > 0; i++) {
		what = take(&in);
		port = what >> 7;
		switch (what & 7) {
		case 0: data(t, &in, port); break;
		case 1: membership(t, &in, port, joins); break;
		case 2: route(t, &in, port); break;
		case 3: shake(t, &in, port); break;
		case 4: testnet_advance(t, take(&in) * 100 * MS_NS); break;
		default: message(t, &in, port); break;
		}
		testnet_run(t);
		check_sent(t, 0);
		check_sent(t, 1);
		fuzz_check(t);
	}
	t->net.core[0].skb_pool.fail_after = 0;
	for (port = 0; port < 2; port++)
		for (size_t g = 0; g < array_len(groups); g++)
			while (joins[port][g]-- > 0)
				(void)!igmp_leave(&t->port[port].dev,
						  groups[g]);
	testnet_free(t);
	return 0;
}
