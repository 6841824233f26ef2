/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oldest services: echo (7) returns what it gets [RFC862], discard (9)
 * swallows it [RFC863], chargen (19) answers anything with characters [RFC864].
 * They are there to try a network with, and must not be of use against it: no
 * answer to what came to many, none to a port whose service would answer in
 * turn, and from chargen little, and seldom.
 */
#pragma once

#include <stdint.h>

#include "lib/port.h"
#include "net/drop.h"
#include "net/sock.h"

struct net;

struct echo {
	struct net *net;
	struct sock *udp_echo, *udp_discard, *udp_chargen;
	struct sock *tcp_echo, *tcp_discard, *tcp_chargen;
	uint64_t chargen_ns; /* paces its answers, see echo.c */
	/* Datagrams answered, swallowed, answered with characters. */
	uint64_t echoed, discarded, generated;
};

/* Opens the ports, UDP and TCP, on every address of the box. On an error (as
 * udp_open() and tcp_listen() say) none is left open. echo belongs to the
 * caller and outlives the stop. */
enum status echo_start(struct echo *echo, struct net *net) must_use;
void echo_stop(struct echo *echo);

/* May the sender of this datagram be answered at all? Not broadcast, nor what
 * would answer in turn. For services of the kind. */
enum drop echo_answer_check(const struct skb *skb,
			    const struct sock_addr *from);
