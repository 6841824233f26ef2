/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSS clamping: in SYNs that are forwarded, the largest segment is made no
 * larger than the links on both sides take, for networks whose "too big" never
 * arrives. Forwarding brings them, if net.ipv4.conf.*.mss_clamp says so. One
 * option changes, and the checksum by the difference. No state of its own.
 * [RFC9293 3.1, 3.2] [RFC1624 3]
 */

#include "net/explain/explain.h"
#include "net/ipv4/ipv4.h"
#include "net/net.h"
#include "net/wire/tcp.h"

#define MSS_LEAST 88u /* below, nothing but headers would be sent */

/* Where in the options, len bytes, the MSS stands; 0: nowhere. Never looks
 * behind them, whatever they say. */
static size_t
find_mss(const uint8_t *options, size_t len)
{
	size_t at = 0;

	while (at < len && options[at] != TCP_OPTION_END) {
		if (options[at] == TCP_OPTION_NOP) {
			at++;
			continue;
		}
		if (len - at < 2 || options[at + 1] < 2 ||
		    options[at + 1] > len - at)
			return 0;
		if (options[at] == TCP_OPTION_MSS && options[at + 1] == 4)
			return at + 2;
		at += options[at + 1];
	}
	return 0;
}

/* Writes the option's value; true if it was larger. */
static bool
lower(uint8_t *tcp, size_t at, uint16_t limit)
{
	struct wire_tcp *wire = (void *)tcp;
	uint16_t was = (uint16_t)(tcp[at] << 8 | tcp[at + 1]), now = limit;

	if (was <= limit)
		return false;
	tcp[at] = (uint8_t)(limit >> 8);
	tcp[at + 1] = (uint8_t)limit;
	/* At an odd place its bytes belong to two words, swapped. */
	if (at % 2 != 0) {
		was = (uint16_t)(was << 8 | was >> 8);
		now = (uint16_t)(now << 8 | now >> 8);
	}
	wire->checksum = be16_from(
		checksum_update16(be16_get(wire->checksum), was, now));
	return true;
}

void
ipv4_mss_clamp(struct net *net, struct skb *skb, const struct ipv4 *ip,
	       const struct netdev *out, uint32_t out_mtu)
{
	const uint32_t knob[] = { net->conf_all.mss_clamp,
				  skb->dev->conf->mss_clamp,
				  out->conf->mss_clamp };
	uint8_t *tcp = skb->data + ip->header_len;
	uint32_t mtu = min_of(skb->dev->mtu, out_mtu), limit;
	size_t header_len, at;

	/* 0: anything; 1: what fits; more: no more than that. */
	if (!(knob[0] | knob[1] | knob[2]) || ip->proto != IPPROTO_TCP ||
	    ipv4_is_fragment(ip) ||
	    skb_linear_len(skb) < ip->header_len + TCP_HEADER_LEN)
		return;
	header_len = (size_t)(tcp[12] >> 4) * 4;
	if (!(tcp[13] & TCP_SYN) || header_len <= TCP_HEADER_LEN ||
	    skb_linear_len(skb) < ip->header_len + header_len)
		return;
	at = find_mss(tcp + TCP_HEADER_LEN, header_len - TCP_HEADER_LEN);
	if (at == 0)
		return;
	limit = max_of(mtu, 40u + MSS_LEAST) - 40;
	for (unsigned int i = 0; i < array_len(knob); i++)
		limit = knob[i] > 1 ? min_of(limit, knob[i]) : limit;
	limit = max_of(limit, MSS_LEAST);
	if (!lower(tcp, TCP_HEADER_LEN + at, (uint16_t)min_of(limit, 0xffffu)))
		return;
	explain_note(net, MSS, limit);
	net->ipv4_stats.mss_clamped++;
}

void
ipv4_mss_update(struct net *net)
{
	bool any = net->conf_all.mss_clamp != 0;

	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		any |= net->netdev[i] && net->conf[i].mss_clamp != 0;
	net->ipv4_param.mss_clamps = any;
}
