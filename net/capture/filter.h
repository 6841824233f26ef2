/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which frames a capture wants, in the language of tcpdump (pcap-filter(7)):
 * text to a tree once, then the tree asked of each frame. What has no meaning
 * on Ethernet with IPv4, and gateway, vlan, ip broadcast, is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/port.h"

#define CAPTURE_NODES_MAX 96u /* some thirty primitives */
#define CAPTURE_DEPTH_MAX 16u /* of parentheses */

struct skb;

struct capture_node {
	uint8_t op;	     /* enum capture_op of filter.c */
	uint8_t how;	     /* direction, header, size: as op has it */
	uint8_t left, right; /* indexes of other nodes */
	uint32_t value, mask;
};

struct capture_filter {
	uint8_t count; /* of nodes; 0: everything suits */
	uint8_t root;
	struct capture_node node[CAPTURE_NODES_MAX];
};

/* What is wrong with an expression, and at which byte of it. */
struct capture_error {
	const char *text;
	size_t at;
};

/* False, with *error, if text is no expression. "" suits everything. */
bool capture_filter_parse(struct capture_filter *filter, const char *text,
			  struct capture_error *error) must_use;

/*
 * Does the frame, its Ethernet header at data, suit? As with tcpdump's, a frame
 * too short for a byte that is asked for does not, whatever else holds.
 */
bool capture_filter_match(const struct capture_filter *filter,
			  const struct skb *skb);
