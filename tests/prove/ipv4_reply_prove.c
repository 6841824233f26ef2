/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 42 ipv4_options_parse.0:10,reverse_route.0:3,hops_passed.0:3 */
/* The options of an answer, to any options of up to 8 bytes that were let
 * through: no longer than those, and nothing is written beside them. */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/ipv4/options.c"

/* There may be a way to a hop, by any type of route. */
const struct route *
fib_find(struct net *net, const struct flow *flow)
{
	static union {
		struct route route;
		uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
	} found;

	(void)net;
	(void)flow;
	found.route.type = nondet_u8();
	found.route.nexthop_count = 1;
	return nondet_u8() ? &found.route : NULL;
}

/* And any address may be ours. */
const struct ifaddr *
addr_find(struct net *net, uint32_t local)
{
	static struct ifaddr ours;

	(void)net;
	(void)local;
	return nondet_u8() ? &ours : NULL;
}

uint32_t
addr_select(struct netdev *dev, uint32_t dst, enum ipv4_scope scope)
{
	(void)dev;
	(void)dst;
	(void)scope;
	return nondet_u32();
}

int
main(void)
{
	uint8_t words = nondet_u8(), *options, out[IPV4_OPTIONS_LEN_MAX];
	struct ipv4_options found;
	struct ipv4 ip = { 0 };
	uint8_t reply_len;
	struct net net;
	uint32_t dst;

	assume(words <= 2);
	options = any_bytes(4u * words);
	ip.options = options;
	ip.header_len = (uint8_t)(IPV4_HEADER_LEN + 4u * words);
	if (ipv4_options_parse(&ip, &found) != DROP_NONE)
		return 0;
	reply_len = ipv4_options_reply(&net, &ip, nondet_u32(), out, &dst);
	prove(reply_len <= 4u * words && reply_len % 4 == 0);
	return 0;
}
