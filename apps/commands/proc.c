/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `cat` and the files it finds below /proc: the columns are those of Linux, so
 * that what parses Linux parses this.
 */
#include "apps/commands/proc.h"

#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/platform.h"
#include "apps/shell/shell.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/igmp.h"
#include "net/net.h"
#include "net/sysctl.h"

#define CLOCK_TICK_NS 10000000u /* of USER_HZ, in which /proc tells time */

/* ---- /proc/net/dev, dev_mcast ------------------------------------------- */

/* The interface behind job->position, moving it on; NULL at the end. */
static struct netdev *
next_netdev(struct job *job)
{
	struct netdev *dev = NULL;

	while (dev == NULL && job->position < PARAM_NETDEVS_MAX)
		dev = netdev_by_index(job->net, ++job->position);
	return dev;
}

static enum step
dev_show(struct job *job)
{
	bool first = job->position == 0;
	struct netdev *dev = next_netdev(job);
	const struct netdev_stats *s;

	if (first)
		out_puts(job->out,
			 "Inter-|   Receive                                   "
			 "             |  Transmit\n"
			 " face |bytes    packets errs drop fifo frame "
			 "compressed multicast|bytes    packets errs drop fifo "
			 "colls carrier compressed\n");
	if (dev == NULL)
		return STEP_DONE;
	if (dev->ops->update_stats != NULL)
		dev->ops->update_stats(dev);
	s = &dev->stats;
	out_printf(job->out,
		   "%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10u %9llu "
		   "%8llu %7llu %4llu %4llu %4llu %5llu %7llu %10u\n",
		   dev->name, (unsigned long long)s->rx_bytes,
		   (unsigned long long)s->rx_packets,
		   (unsigned long long)s->rx_errors,
		   (unsigned long long)(s->rx_dropped + s->rx_missed_errors),
		   (unsigned long long)s->rx_fifo_errors,
		   (unsigned long long)(s->rx_length_errors +
					s->rx_over_errors + s->rx_crc_errors +
					s->rx_frame_errors),
		   0u, (unsigned long long)s->multicast,
		   (unsigned long long)s->tx_bytes,
		   (unsigned long long)s->tx_packets,
		   (unsigned long long)s->tx_errors,
		   (unsigned long long)s->tx_dropped,
		   (unsigned long long)s->tx_fifo_errors,
		   (unsigned long long)s->collisions,
		   (unsigned long long)(s->tx_carrier_errors +
					s->tx_aborted_errors +
					s->tx_window_errors +
					s->tx_heartbeat_errors),
		   0u);
	return STEP_MORE;
}

static enum step
dev_mcast_show(struct job *job)
{
	struct netdev *dev = next_netdev(job);
	const struct netdev_multicast *group;
	const uint8_t *a;

	if (dev == NULL)
		return STEP_DONE;
	list_for_each(group, &dev->multicast, link) {
		a = group->addr;
		out_printf(job->out,
			   "%-4u %-15s %-5u %-5u %02x%02x%02x%02x%02x%02x\n",
			   dev->ifindex, dev->name, group->users, 0u, a[0],
			   a[1], a[2], a[3], a[4], a[5]);
	}
	return STEP_MORE;
}

/* Addresses as Linux prints them: in network order, read as a number. */
static void
igmp_group_show(struct job *job, const struct igmp_group *group)
{
	uint64_t left_ns =
		group->answer.armed && group->answer.due_ns > job->now_ns
			? group->answer.due_ns - job->now_ns
			: 0;

	out_printf(job->out, "\t\t\t\t%08X %5u %u:%08llX\t\t%u\n",
		   __builtin_bswap32(group->group), group->users,
		   group->answer.armed,
		   (unsigned long long)(left_ns / CLOCK_TICK_NS),
		   group->last_reporter);
}

static enum step
igmp_show(struct job *job)
{
	const struct igmp_group *group;
	struct netdev *dev;
	unsigned int n = 0;

	if (job->position == 0)
		out_puts(job->out, "Idx\tDevice    : Count Querier\tGroup    "
				   "Users Timer\tReporter\n");
	dev = next_netdev(job);
	if (dev == NULL)
		return STEP_DONE;
	while (igmp_at(dev, n))
		n++;
	if (n > 0)
		out_printf(job->out, "%u\t%-10s: %5u      V%u\n", dev->ifindex,
			   dev->name, n, igmp_version(dev));
	for (unsigned int i = 0; (group = igmp_at(dev, i)); i++)
		igmp_group_show(job, group);
	return STEP_MORE;
}

/* ---- /proc/net/arp ------------------------------------------------------ */

static enum step
arp_show(struct job *job)
{
	struct neigh_walk *walk = &job_state(job, struct cat)->walk.neigh;
	struct neigh *neigh;
	char addr[16];

	if (job->position == 0)
		out_puts(job->out, "IP address       HW type     Flags       "
				   "HW address            Mask     Device\n");
	job->position = 1;
	neigh = neigh_walk_next(job->net, walk);
	if (neigh != NULL && neigh->state != NEIGH_NOARP) {
		fmt_print(addr, sizeof(addr), "%pI4", &neigh->addr);
		out_printf(job->out,
			   "%-16s 0x%-10x0x%-10x%-17pM     *        "
			   "%s\n",
			   addr, 1u,
			   neigh->state == NEIGH_PERMANENT ? 6u
			   : neigh_has_lladdr(neigh)	   ? 2u
							   : 0u,
			   neigh->lladdr, neigh->dev->name);
	}
	return walk->ended ? STEP_DONE : STEP_MORE;
}

/* ---- /proc/net/route ---------------------------------------------------- */

/* Flags RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT. */
static unsigned int
route_flags(const struct route *route, const struct nexthop *nexthop)
{
	unsigned int flags = 1;

	if (route->type == ROUTE_UNREACHABLE || route->type == ROUTE_PROHIBIT)
		flags |= 0x200;
	if (nexthop != NULL && nexthop->gateway != 0)
		flags |= 2;
	if (route->prefix_len == 32)
		flags |= 4;
	return flags;
}

/* A line of 127 characters, blanks at the end. */
static bool
route_visit(void *ctx, const struct route *route)
{
	struct job *job = ctx;
	const struct nexthop *nexthop =
		route->nexthop_count > 0 ? &route->nexthop[0] : NULL;
	char line[128];
	uint32_t mask =
		route->prefix_len == 0 ? 0 : ~0u << (32 - route->prefix_len);

	if (route->type == ROUTE_BROADCAST || route->type == ROUTE_MULTICAST)
		return true;
	fmt_print(line, sizeof(line),
		  "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%d\t%u\t%u",
		  nexthop != NULL && nexthop->dev != NULL ? nexthop->dev->name
							  : "*",
		  proc_addr(route->dst),
		  nexthop != NULL ? proc_addr(nexthop->gateway) : 0,
		  route_flags(route, nexthop), 0, 0u, route->metric,
		  proc_addr(mask),
		  route->advmss != 0 ? (int)route->advmss + 40 : 0, 0u, 0u);
	out_printf(job->out, "%-127s\n", line);
	return true;
}

static enum step
route_show(struct job *job)
{
	struct fib_place *place = &job_state(job, struct cat)->walk.route;
	char line[128];

	if (job->position == 0) {
		fmt_print(line, sizeof(line),
			  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\t"
			  "Metric\tMask\t\tMTU\tWindow\tIRTT");
		out_printf(job->out, "%-127s\n", line);
	}
	job->position = 1;
	return fib_walk(job->net, TABLE_MAIN, place, 16, route_visit, job)
		       ? STEP_MORE
		       : STEP_DONE;
}

/* ---- one-page files ----------------------------------------------------- */

static enum step
softnet_show(struct job *job)
{
	const struct softnet_stats *s;

	for (uint32_t i = 0; i < NET_CORES; i++) {
		s = &job->net->core[i].softnet;
		out_printf(job->out, "%08x %08x %08x", (uint32_t)s->processed,
			   (uint32_t)s->dropped, (uint32_t)s->time_squeeze);
		for (unsigned int zero = 0; zero < 9; zero++)
			out_puts(job->out, " 00000000");
		out_printf(job->out, " %08x\n", i);
	}
	return STEP_DONE;
}

/* ---- of the machine ----------------------------------------------------- */

static enum step
interrupts_show(struct job *job)
{
	const struct platform *platform = job->box->platform;

	if (platform->show_interrupts != NULL)
		platform->show_interrupts(job->out);
	return STEP_DONE;
}

static enum step
serial_show(struct job *job)
{
	const struct platform *platform = job->box->platform;

	if (platform->show_serial != NULL)
		platform->show_serial(job->out);
	return STEP_DONE;
}

static enum step
uptime_show(struct job *job)
{
	const struct platform *platform = job->box->platform;
	uint64_t up = job->now_ns / 10000000u;
	uint64_t idle =
		platform->idle_ns != NULL ? platform->idle_ns() / 10000000u : 0;

	out_printf(job->out, "%llu.%02llu %llu.%02llu\n",
		   (unsigned long long)(up / 100),
		   (unsigned long long)(up % 100),
		   (unsigned long long)(idle / 100),
		   (unsigned long long)(idle % 100));
	return STEP_DONE;
}

static enum step
meminfo_show(struct job *job)
{
	const struct pages *pages = job->net->pages;
	const struct skb_pool *pool = &job->net->core[0].skb_pool;
	unsigned long long kib = PAGE_SIZE / 1024;

	out_printf(job->out,
		   "MemTotal:       %8llu kB\nMemFree:        %8llu kB\n"
		   "MemAvailable:   %8llu kB\nMemFreeLow:     %8llu kB\n"
		   "AllocFailures:  %8llu\n",
		   pages->total_count * kib, pages->free_count * kib,
		   pages->free_count * kib, pages->free_count_min * kib,
		   (unsigned long long)pages->fail_count);
	out_printf(job->out,
		   "SkbTotal:       %8u\nSkbFree:        %8u\n"
		   "SkbFreeLow:     %8u\nSkbFailures:    %8llu\n",
		   pool->total_count, pool->free_count, pool->free_count_min,
		   (unsigned long long)pool->fail_count);
	return STEP_DONE;
}

static enum step
version_show(struct job *job)
{
	out_printf(job->out, "Fairlead version %s\n",
		   job->box->platform->version);
	return STEP_DONE;
}

static enum step
cmdline_show(struct job *job)
{
	out_printf(job->out, "%s\n", job->box->platform->cmdline);
	return STEP_DONE;
}

/* clang-format off */
const struct proc_file proc_files[] = {
	{ "/proc/cmdline", cmdline_show, "what the boot loader said" },
	{ "/proc/interrupts", interrupts_show, "interrupts by source" },
	{ "/proc/meminfo", meminfo_show, "memory" },
	{ "/proc/net/arp", arp_show, "neighbours" },
	{ "/proc/net/dev", dev_show, "interfaces' counters" },
	{ "/proc/net/dev_mcast", dev_mcast_show, "link-layer groups joined" },
	{ "/proc/net/fib_trie", proc_fib_trie_show, "the prefixes of main and local" },
	{ "/proc/net/fib_triestat", proc_fib_triestat_show, "how many they are, and the memory of all routes" },
	{ "/proc/net/igmp", igmp_show, "IPv4 groups joined" },
	{ "/proc/net/netstat", proc_netstat_show, "more counters of TCP and IP" },
	{ "/proc/net/route", route_show, "the main table" },
	{ "/proc/net/rt_cache", proc_rt_cache_show, "a header line, as on Linux; see ip route show cache" },
	{ "/proc/net/snmp", proc_snmp_show, "counters of IP, ICMP, TCP, UDP [RFC1213]" },
	{ "/proc/net/sockstat", proc_sockstat_show, "sockets in use" },
	{ "/proc/net/softnet_stat", softnet_show, "per core: packets, drops, budgets exhausted" },
	{ "/proc/net/tcp", proc_tcp_show, "TCP sockets" },
	{ "/proc/net/udp", proc_udp_show, "UDP sockets" },
	{ "/proc/tty/driver/serial", serial_show, "the serial port's counters" },
	{ "/proc/uptime", uptime_show, "seconds since boot, and idle" },
	{ "/proc/version", version_show, "the version" },
	{ NULL, NULL, NULL },
};
/* clang-format on */

/* ---- cat ---------------------------------------------------------------- */

const struct arg_spec cat_args[] = {
	{ .word = "",
	  .kind = ARG_FILE,
	  .flags = ARG_POSITIONAL | ARG_MANY | ARG_REQUIRED,
	  .what = "FILE",
	  .help = "a file below /proc" },
	{ .kind = ARG_END },
};

static const struct proc_file *
find_file(const char *path)
{
	for (const struct proc_file *f = proc_files; f->path != NULL; f++) {
		if (strcmp(f->path, path) == 0)
			return f;
	}
	return NULL;
}

bool
proc_exists(const char *path)
{
	return find_file(path) != NULL;
}

static bool
is_directory(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (const struct proc_file *f = proc_files; f->path != NULL; f++) {
		if (strncmp(f->path, path, len) == 0 && f->path[len] == '/')
			return true;
	}
	return strcmp(path, "/") == 0;
}

static bool
cat_sysctl(struct job *job, const char *path)
{
	char text[SYSCTL_TEXT_MAX];
	struct sysctl_key key;

	if (!str_starts(path, "/proc/sys/") ||
	    sysctl_find(job->net, path + strlen("/proc/sys/"), &key) !=
		    SYSCTL_OK)
		return false;
	sysctl_text(&key, text);
	out_printf(job->out, "%s\n", text);
	return true;
}

enum step
cat_start(struct job *job)
{
	if (job->word_count == job->first_arg) {
		out_puts(job->err,
			 "cat: which file? \"help cat\" lists them\n");
		return job_exit(job, 1);
	}
	job_state(job, struct cat)->word = job->first_arg;
	return STEP_MORE;
}

enum step
cat_step(struct job *job)
{
	struct cat *cat = job_state(job, struct cat);
	const struct proc_file *file;
	const char *path;

	if (cat->word >= job->word_count)
		return STEP_DONE;
	path = job->word[cat->word];
	file = find_file(path);
	if (file != NULL && file->show(job) != STEP_DONE)
		return STEP_MORE;
	if (file == NULL && !cat_sysctl(job, path)) {
		out_printf(job->err, "cat: %s: %s\n", path,
			   is_directory(path) ? "Is a directory"
					      : "No such file or directory");
		job->status = 1;
	}
	*cat = (struct cat){ .word = cat->word + 1 };
	job->position = 0;
	return STEP_MORE;
}
