/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test bench's own small `ip`: lines in iproute2's words change addresses,
 * routes, rules and links of a stack, and routes are shown as `ip route` shows
 * them. So a test can be written as what was typed at a Linux box, and compared
 * with what that box said. Only for tests: bad words panic.
 *
 *	ip_line(net, "route add 10.0.0.0/8 via 10.0.0.2 metric 5", text, size);
 */
#pragma once

#include <stddef.h>

#include "net/net.h"

/*
 *   addr add|del A/N [peer B] [broadcast C|+] [scope S] [metric M] dev X
 *   link set X up|down|carrier on|off
 *   route add|replace|change|append|prepend|del [TYPE] PREFIX [via G] [dev X]
 *       [src A] [metric M] [tos T] [proto P] [scope S] [table T] [onlink]
 *       [mtu N] [advmss N] [nhid N]
 *       [nexthop [via G] [dev X] [weight W] [onlink]]...
 *   route show [table T|all]
 *   route get A [from B] [tos T] [oif X] [iif X] [mark M]   (as fibmatch)
 *	nexthop show
 *	nexthop add|replace|del [id N] [via G] [dev X] [onlink] [blackhole]
 *		[group ID[,WEIGHT][/...]] [proto P]
 *   rule add|del [not] [from P] [to P] [iif X] [oif X] [tos T] [fwmark M[/M]]
 *       [ipproto N] [sport A-B] [dport A-B] [pref N]
 *       [table T|blackhole|unreachable|prohibit|goto N|nop]
 *       [suppress_prefixlength N]
 *   addr show X
 *
 * Writes what it answers (errors in iproute2's words, "" if there is nothing to
 * say) to text.
 */
void ip_line(struct net *net, const char *line, char *text, size_t size);

/* Asserts that the answer is this one, and that the FIB is consistent. */
void ip_expect(struct net *net, const char *line, const char *answer);

/* The answer must be "". */
void ip_do(struct net *net, const char *line);

/* Routes without a carrier are used all the same: Linux's default. */
void ip_linkdown_as_linux(struct net *net);
