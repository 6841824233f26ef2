/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP and the services under arbitrary datagrams: ports, lengths and checksums
 * as the input says, some repaired. No datagram draws more than one answer,
 * none to many draws any, and the books agree.
 */
#include "tests/fuzz/fuzz.h"

#include "apps/echo.h"
#include "net/wire/eth.h"
#include "net/wire/udp.h"
#include "tests/host/packets.h"

static void
repair(uint8_t *bytes, size_t len, const struct ipv4 *ip)
{
	struct wire_udp *wire = (void *)bytes;
	uint32_t sum;

	wire->len = be16_from((uint16_t)len);
	wire->checksum = be16_from(0);
	sum = checksum_pseudo(ip->src, ip->dst, IPPROTO_UDP, (uint16_t)len);
	wire->checksum =
		be16_from(checksum_fold(checksum_add(sum, bytes, len)));
}

static void
inject_datagram(struct testnet *t, struct input *in)
{
	static const uint32_t destinations[] = { TESTNET_ROUTER(0),
						 TESTNET_ROUTER(1),
						 TESTNET_BROADCAST(0),
						 IPV4_BROADCAST };
	static const uint8_t ports[] = { 7, 9, 19, 7 };
	uint8_t how = take(in), bytes[600] = { 0 };
	uint32_t dst = destinations[how & 3];
	const uint8_t *from;
	struct ipv4 ip;
	size_t len;

	from = take_bytes(in, take16(in) % sizeof(bytes), &len);
	memcpy(bytes, from, len);
	if (len >= 4 && how & 4)
		bytes[2] = 0, bytes[3] = ports[how >> 6];
	ip = packet_header(TESTNET_HOST(0), dst, IPPROTO_UDP, len);
	if (len >= UDP_HEADER_LEN && how & 8)
		repair(bytes, len, &ip);
	if (how & 16)
		ip.src = TESTNET_ADDR(0, take(in));
	testnet_inject_ipv4(t, 0, &ip, bytes, len);
	assert(testnet_count(t, 0) + testnet_count(t, 1) <=
	       (how & 2 ? 0u : 1u));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	struct testnet *t = fuzz_net();
	struct echo echo;
	bool up = echo_start(&echo, &t->net) == OK;

	assert(up);
	for (unsigned int i = 0; i < 20 && left(&in) > 0; i++) {
		inject_datagram(t, &in);
		fuzz_settle(t);
	}
	echo_stop(&echo);
	testnet_free(t);
	return 0;
}
