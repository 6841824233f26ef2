/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame in words, those of tcpdump 4.99: Ethernet, ARP, IPv4, ICMP, IGMP, UDP
 * and TCP. What else there is, is named and dumped, not taken apart. The frame
 * may be cut off anywhere and may lie about its lengths.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"

#define CAPTURE_FLOWS 64u

/*
 * Conversations whose first sequence numbers are known, so that numbers can be
 * shown from there. The newest take the place of the oldest.
 */
struct capture_flows {
	uint32_t next; /* free-running */
	struct capture_flow {
		uint32_t src, dst, seq, ack;
		uint16_t sport, dport;
	} flow[CAPTURE_FLOWS];
};

struct capture_style {
	bool ethernet;	   /* -e */
	bool quick;	   /* -q */
	bool absolute;	   /* -S */
	unsigned int loud; /* -v, -vv */
	/* Bytes: 1 from the network header on (-x), 2 from the start (-xx). */
	unsigned int hex;
	bool ascii; /* -X: and as characters */
};

/*
 * Writes one frame of len bytes, the first have of which are at bytes: a line,
 * with -v two, and the dump.
 */
void capture_show(struct out *out, const struct capture_style *style,
		  struct capture_flows *flows, const uint8_t *bytes,
		  uint32_t have, uint32_t len);
