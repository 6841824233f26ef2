/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Daytime: whoever connects to port 13, or sends a datagram to it, is told date
 * and time in a line. [RFC867]
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"
#include "net/sock.h"

struct net;

struct daytime {
	struct net *net;
	struct sock *udp, *tcp;
	/* Seconds since 1970 when the stack's clock showed 0; 0, or NULL: not
	 * known, then the time since is told. */
	uint64_t (*boot_epoch_s)(void);
};

/* Opens the ports. On an error (as udp_open() and tcp_listen() say) none is
 * left open. daytime belongs to the caller and outlives the stop. */
enum status daytime_start(struct daytime *daytime, struct net *net,
			  uint64_t (*boot_epoch_s)(void)) must_use;
void daytime_stop(struct daytime *daytime);
