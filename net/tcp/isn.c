/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where sequence numbers and timestamps begin: a clock, plus a secret for each
 * pair of ends, so that one connection says nothing of another, while the same
 * pair's numbers grow with time. Pure but for the key. [RFC6528 3] [RFC7323
 * 5.4, 7.1]
 */

#include "net/tcp/internal.h"

static uint64_t
secret_of(const struct net *net, const struct sock_addr *local,
	  const struct sock_addr *remote)
{
	const uint64_t ends[2] = {
		(uint64_t)local->addr << 32 | remote->addr,
		(uint64_t)local->port << 16 | remote->port,
	};

	return siphash(&net->tcp.isn_key, ends, sizeof(ends));
}

/* ISN = M + F(ends, key); M ticks every 4 microseconds. [RFC9293 3.4.1 MUST-8,
 * MUST-9, SHLD-1] */
uint32_t
tcp_isn(const struct net *net, const struct sock_addr *local,
	const struct sock_addr *remote)
{
	return (uint32_t)(net->now_ns / 4000) +
	       (uint32_t)secret_of(net, local, remote);
}

uint32_t
tcp_ts_offset(const struct net *net, const struct sock_addr *local,
	      const struct sock_addr *remote)
{
	return (uint32_t)(secret_of(net, local, remote) >> 32);
}

/* One tick a millisecond. [RFC7323 5.4] */
uint32_t
tcp_clock(const struct net *net)
{
	return (uint32_t)(net->now_ns / 1000000);
}
