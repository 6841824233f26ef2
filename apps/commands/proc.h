/* SPDX-License-Identifier: BSD-2-Clause */
/* The files below /proc that this box has. */
#pragma once

#include <stdbool.h>

#include "apps/commands/ip_neigh.h"
#include "apps/shell/command.h"
#include "net/ipv4/fib_walk.h"

/* What the job of `cat` keeps; each file begins with a zeroed walk. */
struct cat {
	unsigned int word; /* which file */
	union {
		struct neigh_walk neigh;
		struct fib_place route;
		struct {
			uint32_t place, line;
		} tcp;
		struct {
			struct fib_place place;
			uint32_t last, leaves, prefixes;
			bool any;
		} fib;
	} walk;
};

/* A file: shown by steps of the job that reads it. */
struct proc_file {
	const char *path; /* NULL closes the table */
	/* Prints a part; job->position is 0 at first and its own. */
	enum step (*show)(struct job *job);
	const char *help;
};

extern const struct proc_file proc_files[];

bool proc_exists(const char *path);

/* Linux prints addresses as it finds them in memory: wire order, hexadecimal.
 */
static inline uint32_t
proc_addr(uint32_t addr)
{
	return __builtin_bswap32(addr);
}

/* proc_fib.c: routes */
enum step proc_fib_trie_show(struct job *job);
enum step proc_fib_triestat_show(struct job *job);
enum step proc_rt_cache_show(struct job *job);

/* proc_net.c: counters and sockets */
enum step proc_snmp_show(struct job *job);
enum step proc_netstat_show(struct job *job);
enum step proc_sockstat_show(struct job *job);
enum step proc_tcp_show(struct job *job);
enum step proc_udp_show(struct job *job);
