/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip monitor`: changes as they happen, in iproute2's format. The stack tells
 * (struct net_watcher); what it tells is put in words at once, since it may be
 * gone afterwards, and waits in a buffer of fixed size until the terminal takes
 * it. What finds no room is lost, and that is said in iproute2's words.
 */
#include "apps/commands/ip_link.h"
#include "apps/commands/ip_neigh.h"
#include "apps/commands/ip_nexthop.h"
#include "apps/commands/ip_route.h"
#include "lib/port.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

#define RING_ORDER 2u /* pages: some two hundred routes */
#define RING_LEN   (PAGE_SIZE << RING_ORDER)

enum {
	MONITOR_LABEL,
	MONITOR_LINK,
	MONITOR_ADDR,
	MONITOR_ROUTE,
	MONITOR_NEIGH,
	MONITOR_RULE,
	MONITOR_NEXTHOP,
	MONITOR_ALL,
	MONITOR_HELP,
	MONITOR_DEV,
};

/* clang-format off */
#define OBJECT(w, h) { .word = w, .kind = ARG_FLAG, .flags = ARG_ABBREV, \
	.help = h }
const struct arg_spec ip_monitor_args[] = {
	[MONITOR_LABEL] = OBJECT("label", "with what each change is about"),
	[MONITOR_LINK] = OBJECT("link", "of interfaces"),
	[MONITOR_ADDR] = OBJECT("address", "of addresses"),
	[MONITOR_ROUTE] = OBJECT("route", "of routes"),
	[MONITOR_NEIGH] = OBJECT("neigh", "of neighbours"),
	[MONITOR_RULE] = OBJECT("rule", "of rules"),
	[MONITOR_NEXTHOP] = OBJECT("nexthop", "of next-hop objects"),
	[MONITOR_ALL] = { .word = "all", .kind = ARG_FLAG,
		.help = "of everything, with label; everything is shown anyway" },
	[MONITOR_HELP] = { .word = "help", .kind = ARG_FLAG, .flags = ARG_HIDDEN,
		.help = "this text" },
	[MONITOR_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "only what is about this interface" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct monitor {
	struct net_watcher watcher;
	struct job *job;
	uint8_t ifindex; /* only this interface; 0: any */
	bool label, lost;
	char *ring; /* what waits to be printed */
	size_t used;
};

static struct monitor *
monitor_of(struct net_watcher *watcher)
{
	return container_of(watcher, struct monitor, watcher);
}

/* ---- one event ---------------------------------------------------------- */

/* Opens the place for a change; *emit writes there. */
static void
begin(struct monitor *monitor, struct out_buf *buf, struct emit *emit,
      const char *label, bool removed)
{
	out_buf_init(buf, monitor->ring + monitor->used,
		     RING_LEN - monitor->used);
	ip_emit(monitor->job, emit);
	emit->out = &buf->out;
	/* As iproute2 6.1, which has no JSON here either. */
	emit->json = false;
	if (monitor->label)
		out_printf(emit->out, "[%s]", label);
	if (removed)
		out_puts(emit->out, "Deleted ");
}

/* It is kept as a whole, or not at all. */
static void
end(struct monitor *monitor, const struct out_buf *buf)
{
	if (buf->cut_len > 0)
		monitor->lost = true;
	else
		monitor->used += buf->len;
	job_wake(monitor->job);
}

static bool
is_about(const struct monitor *monitor, const struct netdev *dev)
{
	return monitor->ifindex == 0 ||
	       (dev != NULL && monitor->ifindex == dev->ifindex);
}

static void
link_changed(struct net_watcher *watcher, struct netdev *dev,
	     enum netdev_event event)
{
	struct monitor *monitor = monitor_of(watcher);
	struct link_show show = { .events = true };
	struct out_buf buf;
	bool removed = event == NETDEV_EVENT_UNREGISTER;

	if (!is_about(monitor, dev))
		return;
	link_show_init(monitor->job, &show);
	begin(monitor, &buf, &show.emit, "LINK", removed);
	if (show.brief)
		link_emit_brief(&show, dev, true);
	else
		link_emit(&show, dev);
	emit_line(&show.emit);
	end(monitor, &buf);
}

static void
addr_changed(struct net_watcher *watcher, const struct ifaddr *addr,
	     bool removed)
{
	struct monitor *monitor = monitor_of(watcher);
	struct link_show show = { .events = true };
	struct out_buf buf;

	if (!is_about(monitor, addr->dev))
		return;
	link_show_init(monitor->job, &show);
	show.brief = false;
	begin(monitor, &buf, &show.emit, "ADDR", removed);
	addr_emit(monitor->job, &show, addr);
	end(monitor, &buf);
}

static void
route_changed(struct net_watcher *watcher, const struct route *route,
	      bool removed)
{
	struct monitor *monitor = monitor_of(watcher);
	struct route_show show = {
		.job = monitor->job,
		.details = ip_option(monitor->job, IP_DETAILS),
	};
	struct out_buf buf;

	if (!is_about(monitor,
		      route->nexthop_count == 1 ? route->nexthop[0].dev : NULL))
		return;
	begin(monitor, &buf, &show.emit, "ROUTE", removed);
	route_emit(&show, route);
	end(monitor, &buf);
}

static void
neigh_changed(struct net_watcher *watcher, const struct neigh *neigh,
	      bool removed)
{
	struct monitor *monitor = monitor_of(watcher);
	struct out_buf buf;
	struct emit emit;

	if (!is_about(monitor, neigh->dev))
		return;
	begin(monitor, &buf, &emit, "NEIGH", removed);
	neigh_emit(monitor->job, &emit, neigh);
	end(monitor, &buf);
}

static void
rule_changed(struct net_watcher *watcher, const struct rule *rule, bool removed)
{
	struct monitor *monitor = monitor_of(watcher);
	struct out_buf buf;
	struct emit emit;

	begin(monitor, &buf, &emit, "RULE", removed);
	rule_emit(monitor->job, &emit, rule);
	end(monitor, &buf);
}

static void
nexthop_changed(struct net_watcher *watcher,
		const struct nexthop_object *object, bool removed)
{
	struct monitor *monitor = monitor_of(watcher);
	struct nexthop_show show = {
		.job = monitor->job,
		.details = ip_option(monitor->job, IP_DETAILS),
	};
	struct out_buf buf;

	if (!is_about(monitor, object->hop.dev))
		return;
	begin(monitor, &buf, &show.emit, "NEXTHOP", removed);
	nexthop_emit(&show, object);
	end(monitor, &buf);
}

/* ---- the job ------------------------------------------------------------ */

static void
choose_objects(const struct job *job, struct net_watcher *watcher)
{
	const struct arg *arg = job->arg;
	bool any = arg[MONITOR_ALL].count > 0;

	for (unsigned int i = MONITOR_LINK; i <= MONITOR_NEXTHOP; i++)
		any |= arg[i].count > 0;
	/* Nothing chosen is everything. */
	any = !any || arg[MONITOR_ALL].count > 0;
	if (any || arg[MONITOR_LINK].count > 0)
		watcher->netdev = link_changed;
	if (ip_family(job) == 6)
		return;
	if (any || arg[MONITOR_ADDR].count > 0)
		watcher->addr = addr_changed;
	if (any || arg[MONITOR_ROUTE].count > 0)
		watcher->route = route_changed;
	if (any || arg[MONITOR_NEIGH].count > 0)
		watcher->neigh = neigh_changed;
	if (any || arg[MONITOR_RULE].count > 0)
		watcher->rule = rule_changed;
	if (any || arg[MONITOR_NEXTHOP].count > 0)
		watcher->nexthop = nexthop_changed;
}

enum step
ip_monitor_start(struct job *job)
{
	struct monitor *monitor = job_state(job, struct monitor);
	const struct arg *arg = job->arg;
	const struct netdev *dev;

	if (arg[MONITOR_HELP].count > 0)
		return job_exit(job, ip_style.usage(job));
	if (arg[MONITOR_DEV].count > 0) {
		dev = netdev_lookup(job->net, arg[MONITOR_DEV].text);
		if (dev == NULL) {
			out_printf(job->err,
				   "Error: argument \"%s\" is wrong: Device "
				   "does not exist\n\n",
				   arg[MONITOR_DEV].text);
			return job_exit(job, 255);
		}
		monitor->ifindex = dev->ifindex;
	}
	monitor->ring = pages_alloc(job->net->pages, RING_ORDER);
	if (monitor->ring == NULL) {
		out_puts(job->err, "Cannot allocate memory\n");
		return job_exit(job, 1);
	}
	monitor->job = job;
	monitor->label =
		arg[MONITOR_LABEL].count > 0 || arg[MONITOR_ALL].count > 0;
	choose_objects(job, &monitor->watcher);
	list_add_last(&job->net->watchers, &monitor->watcher.link);
	job->wake_ns = TIMER_NEVER;
	return STEP_WAIT;
}

enum step
ip_monitor_step(struct job *job)
{
	struct monitor *monitor = job_state(job, struct monitor);
	size_t len = min_of(monitor->used, (size_t)JOB_ROOM);

	out_write(job->out, monitor->ring, len);
	monitor->used -= len;
	memmove(monitor->ring, monitor->ring + len, monitor->used);
	if (monitor->used > 0)
		return STEP_MORE;
	if (monitor->lost) {
		monitor->lost = false;
		out_puts(job->err, "netlink receive error No buffer space "
				   "available (105)\n");
	}
	if (job->interrupted)
		return job_exit(job, 130);
	job->wake_ns = TIMER_NEVER;
	return STEP_WAIT;
}

void
ip_monitor_end(struct job *job)
{
	struct monitor *monitor = job_state(job, struct monitor);

	if (monitor->ring == NULL)
		return;
	list_remove(&monitor->watcher.link);
	pages_free(job->net->pages, monitor->ring, RING_ORDER);
	monitor->ring = NULL;
}

/* ---- words -------------------------------------------------------------- */

static int
monitor_refuse(struct job *job, const struct args_error *error)
{
	if (error->problem != ARGS_STRAY)
		return ip_style.refuse(job, error);
	out_printf(job->err,
		   "Argument \"%s\" is unknown, try \"ip monitor help\".\n",
		   error->text);
	return 255;
}

static int
monitor_usage(struct job *job)
{
	return ip_style.usage(job);
}

const struct command_style ip_monitor_style = {
	.refuse = monitor_refuse,
	.usage = monitor_usage,
};
