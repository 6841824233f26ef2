/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack's counters by the names that Linux's tools know them by: one list
 * for /proc/net/snmp, /proc/net/netstat, nstat and the sentences of netstat.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/fmt.h"

struct net;

enum counters_group {
	COUNTERS_IP,
	COUNTERS_ICMP,
	COUNTERS_ICMP_MSG, /* only types that were seen, as Linux has it */
	COUNTERS_TCP,
	COUNTERS_UDP,
	COUNTERS_TCP_EXT, /* from here on in /proc/net/netstat */
	COUNTERS_IP_EXT,
	COUNTERS_GROUPS,
};

struct counter {
	const char *name; /* "InSegs" */
	/* What netstat -s says, # being the value; NULL: "name: value" */
	const char *sentence;
	uint64_t value;
	bool setting; /* counts nothing: nstat leaves it out */
	bool always;  /* netstat -s says it of 0, too */
};

#define COUNTERS_MAX	  64u
#define COUNTERS_NAME_MAX 20u

struct counters {
	const char *title; /* "Tcp" */
	uint32_t count;
	struct counter counter[COUNTERS_MAX];
	char name[COUNTERS_MAX / 2][COUNTERS_NAME_MAX]; /* of ICMP types */
};

void counters_get(struct net *net, enum counters_group group,
		  struct counters *counters);

/* "Tcp: Name ..." and "Tcp: 0 ..."; nothing if there are none. */
void counters_show(struct net *net, enum counters_group group, struct out *out);

/* As netstat -s has them, without the title. */
void counters_tell(struct net *net, enum counters_group group, struct out *out);
