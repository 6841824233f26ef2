/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of `ip` share: options, error words, names of numbers. The
 * words, orders and exit codes are iproute2 6.1's; tests/boot compares with it.
 */
#pragma once

#include "apps/shell/args.h"
#include "apps/shell/command.h"
#include "apps/shell/emit.h"
#include "net/netdev.h"

/* Entries of ip_options[], iproute2's order: it decides what -b means. */
enum ip_option {
	IP_LOOPS,
	IP_FAMILY,
	IP_4,
	IP_6,
	IP_HUMAN,
	IP_IEC,
	IP_STATS,
	IP_DETAILS,
	IP_RESOLVE,
	IP_ONELINE,
	IP_TIMESTAMP,
	IP_TSHORT,
	IP_VERSION,
	IP_FORCE,
	IP_BATCH,
	IP_BRIEF,
	IP_JSON,
	IP_PRETTY,
	IP_RCVBUF,
	IP_COLOUR,
	IP_HELP,
	IP_NETNS,
	IP_NUMERIC,
	IP_ALL,
};

/* The commands below ip, for the table. */
extern const struct command ip_link_commands[], ip_addr_commands[],
	ip_route_commands[], ip_neigh_commands[], ip_rule_commands[],
	ip_maddr_commands[], ip_mroute_commands[], ip_ntable_commands[],
	ip_netconf_commands[];

/* ip monitor */
extern const struct arg_spec ip_monitor_args[];
extern const struct command_style ip_monitor_style;
enum step ip_monitor_start(struct job *job);
enum step ip_monitor_step(struct job *job);
void ip_monitor_end(struct job *job);
extern const struct arg_spec ip_options[];
extern const struct command_style ip_style;
enum step ip_start(struct job *job);
bool ip_check(struct job *job);

/* Sets emit up as the options of the job say. */
void ip_emit(struct job *job, struct emit *emit);

static inline bool
ip_option(const struct job *job, enum ip_option option)
{
	return job->option[option].count > 0;
}

/* AF_INET asked for (4), AF_INET6 (6) or neither (0). */
unsigned int ip_family(const struct job *job);

/* "Error: TEXT", as the kernel explains; exit code 2. */
enum step ip_error(struct job *job, const char *text);
/* "RTNETLINK answers: TEXT"; exit code 2. */
enum step ip_answers(struct job *job, const char *text);
/* The errno text of a status: "File exists". */
const char *status_text(enum status status);
/* Cannot find device "eth9"; exit code 1. */
enum step ip_no_device(struct job *job, const char *name);

/*
 * By name ("eth0") or by the place on the bus ("enp0s2", as udev would call
 * it). NULL if there is none.
 */
struct netdev *netdev_lookup(struct net *net, const char *name);

/* May an interface be called so? Linux takes more; what the shell would have to
 * quote is refused here. */
bool netdev_name_valid(const char *name);

/*
 * One byte after the other, as iproute2 reads link-layer addresses. On false
 * *bad is the part that is none, or NULL if only the length is wrong.
 */
bool lladdr_parse(const char *text, uint8_t out[6], const char **bad,
		  unsigned int *len);
size_t lladdr_part_len(const char *part); /* up to the next colon */

struct mroute;
/* The line that makes it so. */
void mroute_show_config(struct job *job, const struct mroute *route);

/* Names of /etc/iproute2/rt_*. */
extern const struct arg_name route_scopes[], route_protocols[], route_types[],
	route_tables[];
/* The name of a number, or the number; -N: always the number. */
const char *ip_name(const struct job *job, const struct arg_name *names,
		    uint32_t number, char *text, size_t size);

/* Does addr lie in prefix/len? */
static inline bool
prefix_holds(uint32_t prefix, uint8_t len, uint32_t addr)
{
	return len == 0 || (prefix ^ addr) >> (32 - len) == 0;
}
