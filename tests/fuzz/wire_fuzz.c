/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parsers of headers under arbitrary bytes (IPv4's and ARP's have targets
 * of their own): nothing is read behind the end, what is accepted lies within
 * its bounds, and what is emitted again means the same.
 */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/igmp.h"
#include "net/wire/tcp.h"
#include "net/wire/udp.h"

static void
fuzz_eth(const uint8_t *data, size_t len)
{
	uint8_t bytes[sizeof(struct wire_eth)];
	struct eth eth;

	if (eth_parse(data, len, &eth) != DROP_NONE)
		return;
	eth_emit(&eth, bytes);
	assert(memcmp(bytes, data, sizeof(bytes)) == 0);
}

static void
fuzz_udp(const uint8_t *data, size_t len)
{
	uint8_t bytes[UDP_HEADER_LEN];
	struct udp udp;

	if (udp_parse(data, len, &udp) != DROP_NONE)
		return;
	assert(udp.len >= UDP_HEADER_LEN && udp.len <= len && udp.dport != 0);
	udp_emit(&udp, bytes);
	assert(memcmp(bytes, data, sizeof(bytes)) == 0);
}

static void
fuzz_icmp(const uint8_t *data, size_t len)
{
	uint8_t bytes[ICMP_HEADER_LEN];
	struct icmp icmp;

	if (icmp_parse(data, len, 0, &icmp) != DROP_NONE)
		return;
	(void)icmp_type_is_query(icmp.type);
	icmp_emit(&icmp, bytes);
	assert(memcmp(bytes, data, 2) == 0);
	assert(memcmp(bytes + 4, data + 4, 4) == 0);
}

static void
fuzz_igmp(const uint8_t *data, size_t len)
{
	struct igmp igmp;

	if (igmp_parse(data, len, &igmp) != DROP_NONE)
		return;
	assert(len >= IGMP_LEN);
	if (igmp.type != IGMP_QUERY)
		return;
	assert(igmp.version >= 1 && igmp.version <= 3);
	assert(igmp.robustness <= 7 && igmp.interval_s <= 31744);
	/* All of them can be read. */
	for (uint16_t i = 0; i < igmp.source_count; i++)
		(void)*(volatile const uint8_t *)&igmp.source[i];
	if (igmp.source_count)
		assert((const uint8_t *)(igmp.source + igmp.source_count) <=
		       data + len);
}

static void
fuzz_tcp(const uint8_t *data, size_t len)
{
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp h, back;

	if (tcp_parse(data, len, &h) != DROP_NONE)
		return;
	assert(h.header_len >= TCP_HEADER_LEN && h.header_len <= len);
	assert(h.sack_count <= TCP_SACK_MAX);
	if (tcp_options_len(&h) > TCP_HEADER_LEN_MAX - TCP_HEADER_LEN)
		return;
	h.header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(&h));
	tcp_emit(&h, bytes);
	assert(tcp_parse(bytes, h.header_len, &back) == DROP_NONE);
	assert(back.seq == h.seq && back.ack == h.ack && back.have == h.have);
	assert(back.sack_count == h.sack_count);
	for (unsigned int i = 0; i < h.sack_count; i++)
		assert(back.sack[i].start == h.sack[i].start &&
		       back.sack[i].end == h.sack[i].end);
}

/* The same bytes, but for a sum that is right. */
static void
fuzz_igmp_summed(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);
	struct wire_igmp *wire = (void *)copy;

	assert(copy);
	memcpy(copy, data, len);
	wire->checksum = be16_from(0);
	wire->checksum = be16_from(checksum_fold(checksum_add(0, copy, len)));
	fuzz_igmp(copy, len);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_eth(data, len);
	fuzz_udp(data, len);
	fuzz_icmp(data, len);
	fuzz_igmp(data, len);
	if (len >= IGMP_LEN && len <= 65535)
		fuzz_igmp_summed(data, len);
	fuzz_tcp(data, len);
	return 0;
}
