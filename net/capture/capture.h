/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of frames as they pass, for whoever wants to read them later: a tap on
 * one interface or on all, a filter, and a ring of fixed size. What finds the
 * ring full is counted. What a frame says is put in words by show.h.
 *
 * A capture's memory is its own; it is read by the core that runs the console.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/port.h"
#include "net/capture/filter.h"
#include "net/netdev.h"
#include "net/net.h"
#include "net/sock.h"

#define CAPTURE_RING_LEN 65536u /* bytes: some 400 headers, 40 full frames */

#define CAPTURE_SNAP_MAX 16384u /* bytes of a frame that can be kept */

enum capture_direction { CAPTURE_BOTH, CAPTURE_IN, CAPTURE_OUT };

/* One frame in the ring; 8-byte aligned. */
struct captured {
	uint64_t time_ns;
	uint32_t len;  /* of the frame, its Ethernet header included */
	uint32_t have; /* bytes of it that were kept */
	uint32_t size; /* of this record; 0: the next is at the ring's start */
	uint8_t ifindex;
	bool outgoing;
	uint8_t bytes[];
};

struct capture_config {
	uint8_t ifindex; /* 0: all interfaces */
	enum capture_direction direction;
	bool promiscuous;
	uint32_t snap_len;	 /* bytes of a frame to keep at most */
	void (*wake)(void *ctx); /* there is one to read, or gone was set */
	void *ctx;
};

struct capture_tap {
	struct netdev_tap tap;
	struct netdev *dev; /* NULL: not in use */
	struct capture *capture;
};

struct capture {
	struct net *net;
	struct capture_config config;
	struct capture_filter filter;
	struct net_watcher watcher;
	struct capture_tap tap[PARAM_NETDEVS_MAX + 1]; /* by ifindex */
	uint64_t received, lost; /* that suited; of these, without room */
	bool gone;		 /* its only interface has left */
	/* A connection whose frames are left out: the one that carries them. */
	struct sock_addr own_local, own_remote;
	uint32_t head, tail; /* offsets of the next to write, to read */
	uint32_t count;	     /* that wait */
	_Alignas(8) uint8_t ring[CAPTURE_RING_LEN];
};

/*
 * Begins a capture of what suits *filter, both copied. ERR_NODEV: no such
 * interface; ERR_NOMEM. To be ended by capture_stop(), which frees it.
 */
enum status capture_start(struct net *net, const struct capture_config *config,
			  const struct capture_filter *filter,
			  struct capture **out) must_use;
void capture_stop(struct capture *capture);

/* The oldest frame, NULL: none waits; and then it makes room. */
const struct captured *capture_first(const struct capture *capture);
void capture_next(struct capture *capture);
