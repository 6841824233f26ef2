/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dry runs: a made-up packet goes through the live code of a live stack, and
 * afterwards everything is as it was, to the byte. For as long as it takes
 *
 *	- struct net itself is saved and put back: counters, tokens, numbers;
 *	- the packet pool is another one, with books of its own;
 *	- devices are not reached, taps and watchers see nothing;
 *	- what lies outside struct net and would change is not changed by those
 *	  who ask explain_is_dry(), or put back by explain_keep().
 *
 * tests/unit/net/explain holds it to that, comparing all of the memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/pages.h"
#include "net/explain/explain.h"

struct explain_dry;

#define EXPLAIN_LEN_MAX 65535u

/*
 * Memory for dry runs of packets of up to len bytes, from net->pages; NULL if
 * there is not enough. It is no more than a few hundred pages.
 */
struct explain_dry *explain_dry_new(struct net *net, uint32_t len) must_use;
void explain_dry_free(struct explain_dry *dry);

/*
 * The packet arrives by dev; or a program of this box sends it. The story is
 * valid until the next call; starved: the run needed more packet buffers than
 * it had, and what it says is not to be believed. Never from inside net_poll().
 */
const struct explain *explain_dry_in(struct explain_dry *dry,
				     struct netdev *dev,
				     const struct explain_packet *packet);
const struct explain *explain_dry_out(struct explain_dry *dry,
				      const struct explain_packet *packet);

/* The same for a frame of any bytes. */
const struct explain *explain_dry_frame(struct explain_dry *dry,
					struct netdev *dev,
					const uint8_t *bytes, size_t len);

/*
 * The frame that explain_dry_in() makes; room for EXPLAIN_LEN_MAX and 14 bytes.
 * Its length.
 */
size_t explain_make_frame(const struct netdev *dev,
			  const struct explain_packet *packet, uint8_t *bytes);
