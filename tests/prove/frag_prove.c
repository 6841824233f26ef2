/* SPDX-License-Identifier: BSD-2-Clause */
/* unwind: 4 */
/*
 * The steps of reassembly, on any two fragments: those that are let through
 * and placed never overlap, stand in order, end where an IP packet can end, and
 * their bytes are counted right, so that a datagram is called whole exactly
 * when no byte is missing. [RFC815] [RFC5722 4]
 */
/* First, for what it says of checksums. */
#include "tests/prove/prove.h"

#include "net/ipv4/frag_in.c"

#define FRAGMENTS 2u

static struct skb fragments[FRAGMENTS];

static void
check_chain(const struct datagram *d)
{
	uint32_t have_len = 0, end = 0, count = 0;
	struct skb *last = NULL;

	for (struct skb *skb = d->first; skb; skb = skb->next) {
		prove(piece_of(skb)->offset >= end);
		prove(piece_of(skb)->end > piece_of(skb)->offset);
		end = piece_of(skb)->end;
		have_len += piece_of(skb)->end - piece_of(skb)->offset;
		last = skb;
		prove(++count <= FRAGMENTS);
	}
	prove(d->last == last);
	prove(have_len == d->have_len);
	prove(end <= IPV4_LEN_MAX);
	/* As many bytes as the end says, none twice: there is no hole. */
	if (d->end && have_len == d->end) {
		prove(end == d->end);
		prove(piece_of(d->first)->offset == 0);
	}
}

/* As frag_input() takes them one after the other. */
static void
step(struct datagram *d, struct skb *skb)
{
	uint32_t len = nondet_u16();
	struct ipv4 ip = {
		.frag_offset = (uint16_t)(nondet_u16() & 0xfff8),
		.flags = nondet_u8() & IPV4_MF,
		.proto = nondet_u8(),
		.header_len = IPV4_HEADER_LEN,
	};

	assume(len <= IPV4_LEN_MAX - ip.header_len);
	if (fragment_check(&ip, len) != DROP_NONE)
		return;
	prove(ip.proto != IPPROTO_TCP || ip.frag_offset != 8);
	piece_of(skb)->offset = ip.frag_offset;
	piece_of(skb)->end = ip.frag_offset + len;
	if (end_check(d, &ip, ip.frag_offset + len) != DROP_NONE)
		return;
	if (place(d, skb) != DROP_NONE)
		return;
	if (!(ip.flags & IPV4_MF))
		d->end = ip.frag_offset + len;
}

int
main(void)
{
	struct datagram d = { 0 };

	for (unsigned int i = 0; i < FRAGMENTS; i++) {
		step(&d, &fragments[i]);
		check_chain(&d);
	}
	return 0;
}
