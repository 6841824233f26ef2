/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IPv4 header's parsers under arbitrary bytes: what is accepted is emitted
 * to the same bytes and means the same again, a hop leaves it right, options
 * lie inside their area, and nothing is read beyond the end.
 */
#include "tests/fuzz/fuzz.h"

#include "net/wire/ipv4_options.h"

static void
check_options(const struct ipv4 *ip)
{
	struct ipv4_options found;
	enum drop why = ipv4_options_parse(ip, &found);
	const uint8_t *base = ip->options - IPV4_HEADER_LEN;

	if (why != DROP_NONE) {
		assert(why >= DROP_IP_OPT_TRUNCATED &&
		       why <= DROP_IP_OPT_OVERFLOW);
		assert(found.bad >= IPV4_HEADER_LEN &&
		       found.bad < ip->header_len);
		return;
	}
	const uint8_t at[] = { found.record_route, found.timestamp,
			       found.source_route };
	for (size_t i = 0; i < array_len(at); i++)
		assert(at[i] == 0 || at[i] + base[at[i] + 1] <= ip->header_len);
}

static bool
same(const struct ipv4 *a, const struct ipv4 *b)
{
	return a->src == b->src && a->dst == b->dst &&
	       a->total_len == b->total_len && a->id == b->id &&
	       a->frag_offset == b->frag_offset &&
	       a->header_len == b->header_len && a->flags == b->flags &&
	       a->tos == b->tos && a->ttl == b->ttl && a->proto == b->proto &&
	       !memcmp(a->options, b->options, ipv4_options_len(a));
}

static void
check_accepted(const struct ipv4 *ip)
{
	uint8_t bytes[IPV4_HEADER_LEN_MAX];
	struct ipv4 again;

	assert(ip->header_len >= IPV4_HEADER_LEN &&
	       ip->header_len <= IPV4_HEADER_LEN_MAX);
	assert(ip->total_len >= ip->header_len);
	ipv4_emit(ip, bytes);
	assert(ipv4_parse(bytes, ip->total_len, &again) == DROP_NONE);
	assert(same(ip, &again));
	if (ip->ttl > 0) {
		ipv4_decrement_ttl(bytes);
		assert(ipv4_parse(bytes, ip->total_len, &again) == DROP_NONE);
		assert(again.ttl == ip->ttl - 1);
	}
	check_options(ip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t fixed[IPV4_HEADER_LEN_MAX];
	size_t header_len = min_of(len, sizeof(fixed));
	struct ipv4 ip;
	enum drop why = ipv4_parse(data, len, &ip);

	if (why == DROP_NONE)
		check_accepted(&ip);
	if (ipv4_parse_quoted(data, len, &ip) == DROP_NONE)
		assert(ip.header_len + 8u <= len);
	/* Again with a right checksum, or nothing would ever get further. */
	memcpy(fixed, data, header_len);
	if (header_len < IPV4_HEADER_LEN || (fixed[0] & 0xf) < 5 ||
	    (fixed[0] & 0xf) * 4u > header_len)
		return 0;
	ipv4_checksum_refresh(fixed, (fixed[0] & 0xfu) * 4);
	why = ipv4_parse(fixed, 65535, &ip);
	assert(why == DROP_NONE || why == DROP_IP_VERSION ||
	       why == DROP_IP_TOTAL_LEN);
	if (why == DROP_NONE)
		check_accepted(&ip);
	return 0;
}
