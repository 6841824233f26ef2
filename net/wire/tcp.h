/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP header and its options: bytes to struct tcp and back. Pure. A known
 * option of the wrong length condemns the segment, an unknown one is skipped;
 * what belongs on a SYN is seen there only. [RFC9293 3.1, 3.2] [RFC7323]
 * [RFC2018]
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/be.h"
#include "net/drop.h"

/*
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |          Source Port          |       Destination Port        |
 *  |                        Sequence Number                        |
 *  |                    Acknowledgment Number                      |
 *  |  Data |       |C|E|U|A|P|R|S|F|                               |
 *  | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 *  |       |       |R|E|G|K|H|T|N|N|                               |
 *  |           Checksum            |         Urgent Pointer        |
 *  |                           [Options]                           |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
struct wire_tcp {
	be16 sport;
	be16 dport;
	be32 seq;
	be32 ack;
	uint8_t offset; /* words in the upper half */
	uint8_t flags;
	be16 window;
	be16 checksum;
	be16 urgent;
};

_Static_assert(sizeof(struct wire_tcp) == 20 && _Alignof(struct wire_tcp) == 1,
	       "the TCP header");

#define TCP_HEADER_LEN	   20u
#define TCP_HEADER_LEN_MAX 60u

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u
#define TCP_ECE 0x40u /* [RFC3168 6.1] */
#define TCP_CWR 0x80u

/* Bits of tcp.have: which options there are. */
#define TCP_HAVE_MSS	0x01u
#define TCP_HAVE_WSCALE 0x02u
#define TCP_HAVE_SACKOK 0x04u
#define TCP_HAVE_TS	0x08u

#define TCP_WSCALE_MAX 14u /* [RFC7323 2.3] */
#define TCP_SACK_MAX   4u  /* blocks that fit 40 bytes of options */

/* Bytes start <= n < end that came out of order. [RFC2018 3] */
struct tcp_range {
	uint32_t start, end;
};

struct tcp {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t header_len; /* bytes, options included */
	uint8_t flags;	    /* TCP_FIN .. TCP_CWR */
	uint16_t window;    /* as it stands, unscaled */
	uint16_t checksum;
	uint16_t urgent;
	uint8_t have;	/* TCP_HAVE_* */
	uint8_t wscale; /* 0..14 */
	uint16_t mss;
	uint32_t tsval, tsecr;
	uint8_t sack_count;
	struct tcp_range sack[TCP_SACK_MAX];
};

/* ---- options ------------------------------------------------------------ */

enum tcp_option {
	TCP_OPTION_END = 0,
	TCP_OPTION_NOP = 1,
	TCP_OPTION_MSS = 2,
	TCP_OPTION_WSCALE = 3,
	TCP_OPTION_SACKOK = 4,
	TCP_OPTION_SACK = 5,
	TCP_OPTION_TS = 8,
};

static inline uint32_t
tcp_get32(const uint8_t *bytes)
{
	be32 wire;

	__builtin_memcpy(&wire, bytes, sizeof(wire));
	return be32_get(wire);
}

static inline enum drop
tcp_parse_sack(const uint8_t *option, uint8_t len, struct tcp *out)
{
	/* At least one block, and whole ones. [RFC2018 3] */
	if (len < 10 || (len - 2) % 8 != 0)
		return DROP_TCP_OPT_SACK;
	out->sack_count = (uint8_t)((len - 2) / 8);
	for (size_t i = 0; i < out->sack_count; i++) {
		out->sack[i].start = tcp_get32(option + 2 + 8 * i);
		out->sack[i].end = tcp_get32(option + 6 + 8 * i);
	}
	return DROP_NONE;
}

/* One option with its length, which lies within the header. */
static inline enum drop
tcp_parse_option(const uint8_t *option, uint8_t len, struct tcp *out)
{
	bool syn = out->flags & TCP_SYN;

	switch (option[0]) {
	case TCP_OPTION_MSS:
		if (len != 4)
			return DROP_TCP_OPT_MSS;
		if (!syn) /* [RFC9293 3.7.1 MUST-65] */
			return DROP_NONE;
		out->have |= TCP_HAVE_MSS;
		out->mss = (uint16_t)(option[2] << 8 | option[3]);
		return DROP_NONE;
	case TCP_OPTION_WSCALE:
		if (len != 3)
			return DROP_TCP_OPT_WSCALE;
		if (!syn) /* [RFC7323 2.2] */
			return DROP_NONE;
		out->have |= TCP_HAVE_WSCALE;
		/* More than 14 counts as 14. [RFC7323 2.3] */
		out->wscale =
			option[2] > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : option[2];
		return DROP_NONE;
	case TCP_OPTION_SACKOK:
		if (len != 2)
			return DROP_TCP_OPT_SACKOK;
		if (syn) /* [RFC2018 2] */
			out->have |= TCP_HAVE_SACKOK;
		return DROP_NONE;
	case TCP_OPTION_SACK: return tcp_parse_sack(option, len, out);
	case TCP_OPTION_TS:
		if (len != 10)
			return DROP_TCP_OPT_TS;
		out->have |= TCP_HAVE_TS;
		out->tsval = tcp_get32(option + 2);
		out->tsecr = tcp_get32(option + 6);
		return DROP_NONE;
	default: return DROP_NONE; /* [RFC9293 3.1 MUST-6] */
	}
}

static inline enum drop
tcp_parse_options(const uint8_t *options, size_t len, struct tcp *out)
{
	size_t used = 0;
	enum drop why;

	while (used < len) {
		if (options[used] == TCP_OPTION_END)
			return DROP_NONE;
		if (options[used] == TCP_OPTION_NOP) {
			used++;
			continue;
		}
		if (len - used < 2)
			return DROP_TCP_OPT_TRUNCATED;
		if (options[used + 1] < 2)
			return DROP_TCP_OPT_LENGTH;
		if (options[used + 1] > len - used)
			return DROP_TCP_OPT_ROOM;
		why = tcp_parse_option(options + used, options[used + 1], out);
		if (why != DROP_NONE)
			return why;
		used += options[used + 1];
	}
	return DROP_NONE;
}

/* ---- in ----------------------------------------------------------------- */

/*
 * The header at bytes, where the IP packet has len bytes for TCP; min(len, 60)
 * of them can be read. DROP_NONE, and *out is filled. The checksum needs the
 * data and the addresses, too: see checksum_pseudo().
 */
static inline enum drop
tcp_parse(const uint8_t *bytes, size_t len, struct tcp *out)
{
	const struct wire_tcp *wire = (const void *)bytes;

	if (len < sizeof(*wire))
		return DROP_TCP_TRUNCATED;
	out->sport = be16_get(wire->sport);
	out->dport = be16_get(wire->dport);
	if (out->sport == 0 || out->dport == 0)
		return DROP_TCP_PORT_ZERO;
	out->seq = be32_get(wire->seq);
	out->ack = be32_get(wire->ack);
	out->header_len = (uint8_t)((wire->offset >> 4) * 4);
	if (out->header_len < sizeof(*wire))
		return DROP_TCP_HEADER_SHORT;
	if (out->header_len > len)
		return DROP_TCP_HEADER_LONG;
	out->flags = wire->flags;
	out->window = be16_get(wire->window);
	out->checksum = be16_get(wire->checksum);
	out->urgent = be16_get(wire->urgent);
	out->have = 0;
	out->sack_count = 0;
	/* What nearly every segment has: two NOPs and the timestamps, which
	 * [RFC7323 A] recommends. */
	if (out->header_len == 32 && bytes[20] == TCP_OPTION_NOP &&
	    bytes[21] == TCP_OPTION_NOP && bytes[22] == TCP_OPTION_TS &&
	    bytes[23] == 10) {
		out->have = TCP_HAVE_TS;
		out->tsval = tcp_get32(bytes + 24);
		out->tsecr = tcp_get32(bytes + 28);
		return DROP_NONE;
	}
	return tcp_parse_options(bytes + sizeof(*wire),
				 out->header_len - sizeof(*wire), out);
}

/* ---- out ---------------------------------------------------------------- */

/* Bytes of options that tcp_emit() writes for *tcp. */
static inline uint8_t
tcp_options_len(const struct tcp *tcp)
{
	unsigned int len = 0;

	if (tcp->have & TCP_HAVE_MSS)
		len += 4;
	if (tcp->have & TCP_HAVE_TS)
		len += 12;
	else if (tcp->have & TCP_HAVE_SACKOK)
		len += 4;
	if (tcp->have & TCP_HAVE_WSCALE)
		len += 4;
	if (tcp->sack_count)
		len += 4 + 8u * tcp->sack_count;
	return (uint8_t)len;
}

static inline uint8_t *
tcp_put32(uint8_t *at, uint32_t value)
{
	const be32 wire = be32_from(value);

	__builtin_memcpy(at, &wire, sizeof(wire));
	return at + sizeof(wire);
}

/*
 * Writes a header without options that has nothing to point to, its checksum 0;
 * ports as they lie on the wire: see tcp_ports().
 */
static inline void
tcp_emit_plain(uint8_t *bytes, uint32_t ports, uint32_t seq, uint32_t ack,
	       uint8_t header_len, uint8_t flags, uint16_t window)
{
	uint32_t rest = header_len / 4u << 4 | (uint32_t)flags << 8 |
			(uint32_t)__builtin_bswap16(window) << 16;

	__builtin_memcpy(bytes, &ports, sizeof(ports));
	tcp_put32(bytes + 4, seq);
	tcp_put32(bytes + 8, ack);
	__builtin_memcpy(bytes + 12, &rest, sizeof(rest));
	tcp_put32(bytes + 16, 0);
}

static inline uint32_t
tcp_ports(uint16_t sport, uint16_t dport)
{
	return __builtin_bswap32((uint32_t)sport << 16 | dport);
}

/* What nearly every segment has, behind the header: two NOPs, the timestamps.
 * [RFC7323 A] */
#define TCP_TIMESTAMPS_LEN 12u
static inline void
tcp_emit_timestamps(uint8_t *at, uint32_t tsval, uint32_t tsecr)
{
	at = tcp_put32(at, 0x01010000u | TCP_OPTION_TS << 8 | 10u);
	at = tcp_put32(at, tsval);
	tcp_put32(at, tsecr);
}

/*
 * Writes the header and its options, whose length must be what header_len says
 * (20 + tcp_options_len(), at most 60). Every option is aligned to four bytes;
 * NOPs come first, so nothing is left to pad. [RFC9293 3.1 MUST-69]
 */
static inline void
tcp_emit(const struct tcp *tcp, uint8_t *bytes)
{
	struct wire_tcp *wire = (void *)bytes;
	uint8_t *at = bytes + sizeof(*wire);
	bool sackok = tcp->have & TCP_HAVE_SACKOK;

	wire->sport = be16_from(tcp->sport);
	wire->dport = be16_from(tcp->dport);
	wire->seq = be32_from(tcp->seq);
	wire->ack = be32_from(tcp->ack);
	wire->offset = (uint8_t)(tcp->header_len / 4 << 4);
	wire->flags = tcp->flags;
	wire->window = be16_from(tcp->window);
	wire->checksum = be16_from(tcp->checksum);
	wire->urgent = be16_from(tcp->urgent);
	if (tcp->have & TCP_HAVE_MSS)
		at = tcp_put32(at, TCP_OPTION_MSS << 24 | 4u << 16 | tcp->mss);
	if (tcp->have & TCP_HAVE_TS) {
		/* SACK permitted takes the place of the two NOPs. */
		at = tcp_put32(at, (sackok ? TCP_OPTION_SACKOK << 24 | 2u << 16
					   : 0x01010000u) |
					   TCP_OPTION_TS << 8 | 10u);
		at = tcp_put32(at, tcp->tsval);
		at = tcp_put32(at, tcp->tsecr);
	} else if (sackok) {
		at = tcp_put32(at, 0x01010000u | TCP_OPTION_SACKOK << 8 | 2u);
	}
	if (tcp->have & TCP_HAVE_WSCALE)
		at = tcp_put32(at, 0x01000000u | TCP_OPTION_WSCALE << 16 |
					   3u << 8 | tcp->wscale);
	if (tcp->sack_count)
		at = tcp_put32(at, 0x01010000u | TCP_OPTION_SACK << 8 |
					   (2u + 8u * tcp->sack_count));
	for (unsigned int i = 0; i < tcp->sack_count; i++) {
		at = tcp_put32(at, tcp->sack[i].start);
		at = tcp_put32(at, tcp->sack[i].end);
	}
}
