/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP under arbitrary messages with right checksums, by unicast and broadcast,
 * whole and in fragments, while somebody pings and a UDP sock is open: an
 * answer is never longer than what drew it, errors draw none, and the books
 * agree.
 */
#include "tests/fuzz/fuzz.h"

#include "net/icmp.h"
#include "net/udp.h"
#include "net/wire/eth.h"
#include "tests/host/packets.h"

static void
on_reply(struct icmp_listener *l, uint32_t from, uint8_t ttl, uint16_t seq,
	 uint32_t data_len)
{
	assert(data_len <= 65507);
}

static void
on_error(struct icmp_listener *l, uint32_t from, uint16_t seq, uint8_t type,
	 uint8_t code, uint32_t info)
{
	assert(!icmp_type_is_query(type));
}

static void
on_sock_error(struct sock *sock, enum status error)
{
	assert(error != OK);
}

static const struct sock_ops sock_ops = { .error = on_sock_error };

/* One message: how it comes, its length, its bytes. */
static void
inject_message(struct testnet *t, struct input *in)
{
	static const uint32_t destinations[] = { TESTNET_ROUTER(0),
						 TESTNET_ROUTER(1),
						 TESTNET_BROADCAST(0),
						 TESTNET_HOST(1) };
	uint8_t how = take(in), bytes[600] = { 0 }, options[40];
	size_t len, options_len = how >> 6 ? take(in) % 11 * 4 : 0;
	struct wire_icmp *wire = (void *)bytes;
	const uint8_t *from = take_bytes(in, options_len, &len);
	struct ipv4 ip;

	memset(options, 0, sizeof(options));
	memcpy(options, from, len);
	from = take_bytes(in, take16(in) % sizeof(bytes), &len);
	memcpy(bytes, from, len);
	if (len >= ICMP_HEADER_LEN && !(how & 0x20)) {
		wire->checksum = be16_from(0);
		wire->checksum =
			be16_from(checksum_fold(checksum_add(0, bytes, len)));
	}
	ip = packet_header(TESTNET_HOST(0), destinations[how & 3], IPPROTO_ICMP,
			   len);
	packet_add_options(&ip, options, options_len);
	ip.ttl = how & 4 ? 1 : 64;
	ip.flags = how & 8 ? IPV4_MF : 0;
	ip.frag_offset = how & 16 ? (uint16_t)(take(in) * 8) : 0;
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	struct icmp_listener listener = { .id = 7,
					  .reply = on_reply,
					  .error = on_error };
	const struct sock_addr local = { .port = 4000 };
	struct testnet *t = fuzz_net();
	enum status status;
	struct sock *sock =
		udp_open(&t->net, &local, &sock_ops, NULL, "fuzz", &status);
	uint64_t sent;

	icmp_listen(&t->net, &listener);
	for (unsigned int i = 0; i < 20 && left(&in) > 0; i++) {
		sent = t->net.icmp_stats.out_msgs;
		inject_message(t, &in);
		/* One answer or one complaint at most. */
		assert(t->net.icmp_stats.out_msgs <= sent + 1);
		if (take(&in) & 1)
			testnet_advance(t, take(&in) * 200 * MS_NS);
		fuzz_settle(t);
	}
	icmp_unlisten(&listener);
	udp_close(sock);
	testnet_free(t);
	return 0;
}
