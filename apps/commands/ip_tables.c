/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip ntable` and `ip netconf`: the tunables of neighbours and of interfaces,
 * as iproute2 6.1 shows and changes them. They are those of sysctl.
 */
#include "apps/commands/ip.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

/* ---- ip ntable ---------------------------------------------------------- */

enum { NTABLE_DEV, NTABLE_NAME };

enum {
	SET_NAME,
	SET_DEV,
	SET_THRESH1,
	SET_THRESH2,
	SET_THRESH3,
	SET_GC_INT,
	SET_BASE_REACHABLE,
	SET_RETRANS,
	SET_GC_STALE,
	SET_DELAY_PROBE,
	SET_QUEUE,
	SET_UCAST_PROBES,
	SET_MCAST_PROBES,
	SET_PROXY_DELAY,
	SET_PROXY_QUEUE,
	SET_LOCKTIME,
	SET_COUNT,
};

/* clang-format off */
static const struct arg_spec ntable_args[] = {
	[NTABLE_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "only of this interface", .wrong = "\"DEV\" is invalid" },
	[NTABLE_NAME] = { .word = "name", .kind = ARG_TEXT, .what = "arp_cache",
		.help = "only this table; there is no other" },
	{ .kind = ARG_END },
};

#define TUNABLE(w, u, h) { .word = w, .kind = ARG_NUMBER, .max = 0x7fffffff, \
	.what = u, .help = h, .wrong = "\"" w "\" value is invalid" }
static const struct arg_spec set_args[] = {
	[SET_NAME] = { .word = "name", .kind = ARG_TEXT, .what = "arp_cache",
		.flags = ARG_REQUIRED, .help = "the table" },
	[SET_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "of this interface alone" },
	[SET_THRESH1] = TUNABLE("thresh1", "COUNT", "entries that are never cleaned up"),
	[SET_THRESH2] = TUNABLE("thresh2", "COUNT", "entries from which on clean-up is quick"),
	[SET_THRESH3] = TUNABLE("thresh3", "COUNT", "entries there may be"),
	[SET_GC_INT] = TUNABLE("gc_int", "MS", "between two clean-ups"),
	[SET_BASE_REACHABLE] = TUNABLE("base_reachable", "MS", "a confirmation holds, on average"),
	[SET_RETRANS] = TUNABLE("retrans", "MS", "between two requests"),
	[SET_GC_STALE] = TUNABLE("gc_stale", "MS", "after which an unused entry may go"),
	[SET_DELAY_PROBE] = TUNABLE("delay_probe", "MS", "a used stale entry waits for a confirmation"),
	[SET_QUEUE] = TUNABLE("queue", "COUNT", "packets that wait for one neighbour"),
	[SET_UCAST_PROBES] = TUNABLE("ucast_probes", "COUNT", "unicast requests before a known neighbour is given up"),
	[SET_MCAST_PROBES] = TUNABLE("mcast_probes", "COUNT", "broadcast requests before a neighbour is given up"),
	[SET_PROXY_DELAY] = TUNABLE("proxy_delay", "MS", "proxy ARP lets the real owner answer first"),
	[SET_PROXY_QUEUE] = TUNABLE("proxy_queue", "COUNT", "proxy ARP answers that may wait"),
	[SET_LOCKTIME] = TUNABLE("locktime", "MS", "in which an address does not change again"),
	{ .kind = ARG_END },
};
/* clang-format on */

/* Where each is kept, and how many of its units are one of the key's. */
#define FIELD(f) (uint32_t)(offsetof(struct neigh_param, f) / sizeof(uint32_t))
static const struct tunable {
	uint32_t field, scale, min;
} tunables[SET_COUNT] = {
	[SET_THRESH1] = { FIELD(gc_thresh1), 1, 0 },
	[SET_THRESH2] = { FIELD(gc_thresh2), 1, 0 },
	[SET_THRESH3] = { FIELD(gc_thresh3), 1, 0 },
	[SET_GC_INT] = { FIELD(gc_interval_s), 1000, 1 },
	[SET_BASE_REACHABLE] = { FIELD(base_reachable_time_ms), 1, 1 },
	[SET_RETRANS] = { FIELD(retrans_time_ms), 1, 1 },
	[SET_GC_STALE] = { FIELD(gc_stale_time_s), 1000, 1 },
	[SET_DELAY_PROBE] = { FIELD(delay_first_probe_time_s), 1000, 0 },
	[SET_QUEUE] = { FIELD(unres_qlen), 1, 1 },
	[SET_UCAST_PROBES] = { FIELD(ucast_solicit), 1, 0 },
	[SET_MCAST_PROBES] = { FIELD(mcast_solicit), 1, 0 },
	[SET_PROXY_DELAY] = { FIELD(proxy_delay_ms), 1, 0 },
	[SET_PROXY_QUEUE] = { FIELD(proxy_qlen), 1, 0 },
	[SET_LOCKTIME] = { FIELD(locktime_ms), 1, 0 },
};

static void
count_entry(void *ctx, struct neigh *neigh)
{
	struct {
		const struct netdev *dev;
		uint32_t count;
	} *of = ctx;

	of->count += neigh->dev == of->dev;
}

static uint32_t
entries_of(struct net *net, const struct netdev *dev)
{
	struct {
		const struct netdev *dev;
		uint32_t count;
	} of = { dev, 0 };

	neigh_for_each(net, count_entry, &of);
	return of.count;
}

/* Of an interface, or (NULL) of the table. */
static void
emit_ntable(struct emit *emit, struct net *net, const struct netdev *dev)
{
	struct neigh_param p = net->neigh.param;
	uint64_t reachable;

	if (dev != NULL)
		neigh_param_get(dev, &p);
	reachable = p.base_reachable_time_ms / 2 +
		    ((uint64_t)p.base_reachable_time_ms *
			     net->neigh.reachable_draw >>
		     32);
	emit_object(emit, NULL);
	emit_string(emit, "family", "", "inet", " ");
	emit_string(emit, "name", "", "arp_cache", " ");
	emit_break(emit);
	if (dev != NULL) {
		emit_coloured(emit, COLOUR_IFNAME, "dev", "    dev ", dev->name,
			      " ");
	} else {
		emit_number(emit, "thresh1", "    thresh1 ", p.gc_thresh1, " ");
		emit_number(emit, "thresh2", "thresh2 ", p.gc_thresh2, " ");
		emit_number(emit, "thresh3", "thresh3 ", p.gc_thresh3, " ");
		emit_number(emit, "gc_interval", "gc_int ",
			    p.gc_interval_s * 1000ull, " ");
	}
	emit_break(emit);
	emit_number(emit, "refcnt", "    refcnt ",
		    1 + (dev != NULL ? entries_of(net, dev) : 0), " ");
	emit_number(emit, "reachable", "reachable ", reachable, " ");
	emit_number(emit, "base_reachable", "base_reachable ",
		    p.base_reachable_time_ms, " ");
	emit_number(emit, "retrans", "retrans ", p.retrans_time_ms, " ");
	emit_break(emit);
	emit_number(emit, "gc_stale", "    gc_stale ",
		    p.gc_stale_time_s * 1000ull, " ");
	emit_number(emit, "delay_probe", "delay_probe ",
		    p.delay_first_probe_time_s * 1000ull, " ");
	emit_number(emit, "queue", "queue ", p.unres_qlen, " ");
	emit_break(emit);
	emit_number(emit, "app_probes", "    app_probes ", 0, " ");
	emit_number(emit, "ucast_probes", "ucast_probes ", p.ucast_solicit,
		    " ");
	emit_number(emit, "mcast_probes", "mcast_probes ", p.mcast_solicit,
		    " ");
	emit_break(emit);
	emit_number(emit, "anycast_delay", "    anycast_delay ", 1000, " ");
	emit_number(emit, "proxy_delay", "proxy_delay ", p.proxy_delay_ms, " ");
	emit_number(emit, "proxy_queue", "proxy_queue ", p.proxy_qlen, " ");
	emit_number(emit, "locktime", "locktime ", p.locktime_ms, " ");
	emit_break(emit);
	emit_line(emit);
	emit_object_end(emit);
}

static enum step
ntable_start(struct job *job)
{
	const struct arg *arg = job->arg;

	if (arg[NTABLE_DEV].count > 0 &&
	    netdev_lookup(job->net, arg[NTABLE_DEV].text) == NULL) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: \"DEV\" is "
			   "invalid\n",
			   arg[NTABLE_DEV].text);
		return job_exit(job, 255);
	}
	ip_emit(job, job_state(job, struct emit));
	emit_begin(job_state(job, struct emit));
	return STEP_MORE;
}

/* The table at 0, then interface after interface. */
static enum step
ntable_step(struct job *job)
{
	struct emit *emit = job_state(job, struct emit);
	const struct arg *arg = job->arg;
	bool other = arg[NTABLE_NAME].count > 0 &&
		     strcmp(arg[NTABLE_NAME].text, "arp_cache") != 0;
	struct netdev *only = NULL, *dev;
	uint32_t at = job->position++;

	if (arg[NTABLE_DEV].count > 0)
		only = netdev_lookup(job->net, arg[NTABLE_DEV].text);
	if (at > PARAM_NETDEVS_MAX || other || ip_family(job) == 6) {
		emit_end(emit);
		return job_exit(job, 0);
	}
	dev = netdev_by_index(job->net, at);
	if (at == 0 ? only == NULL : dev != NULL && (!only || only == dev))
		emit_ntable(emit, job->net, dev);
	return STEP_MORE;
}

static bool
is_global(uint32_t word)
{
	return word >= SET_THRESH1 && word <= SET_GC_INT;
}

/* Where the words go: the table's own, or an interface's. */
static enum step
change_words(struct job *job, struct netdev *dev)
{
	struct neigh_table *table = &job->net->neigh;
	uint32_t *own = dev != NULL
				? (uint32_t *)&table->dev_param[dev->ifindex]
				: (uint32_t *)&table->param;
	bool any = false;

	for (uint32_t i = SET_THRESH1; i < SET_COUNT; i++) {
		const struct arg *arg = &job->arg[i];

		if (arg->count == 0)
			continue;
		if (arg->number / tunables[i].scale < tunables[i].min ||
		    (dev != NULL && is_global(i)))
			return ip_answers(job, "Invalid argument");
		any = true;
	}
	if (!any) {
		out_puts(job->err, "Not enough information: changeable "
				   "attributes required.\n");
		return job_exit(job, 255);
	}
	for (uint32_t i = SET_THRESH1; i < SET_COUNT; i++)
		if (job->arg[i].count > 0)
			own[tunables[i].field] = (uint32_t)(job->arg[i].number /
							    tunables[i].scale);
	return job_exit(job, 0);
}

static enum step
change_start(struct job *job)
{
	const struct arg *arg = job->arg;
	struct netdev *dev = NULL;

	if (arg[SET_NAME].count == 0) {
		out_puts(job->err, "Error: argument \"NAME\" is required\n");
		return job_exit(job, 255);
	}
	if (arg[SET_DEV].count > 0) {
		dev = netdev_lookup(job->net, arg[SET_DEV].text);
		if (dev == NULL)
			return ip_no_device(job, arg[SET_DEV].text);
	}
	if (strcmp(arg[SET_NAME].text, "arp_cache") != 0)
		return ip_answers(job, "No such file or directory");
	return change_words(job, dev);
}

const struct command ip_ntable_commands[] = {
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows the tunables of neighbours",
	  .flags = COMMAND_DEFAULT,
	  .args = ntable_args,
	  .start = ntable_start,
	  .step = ntable_step },
	{ .name = "change",
	  .also = "chg",
	  .summary =
		  "changes them, of an interface or of all that have none of "
		  "their own",
	  .args = set_args,
	  .start = change_start },
	{ .name = NULL },
};

/* ---- ip netconf --------------------------------------------------------- */

/* clang-format off */
static const struct arg_spec netconf_args[] = {
	{ .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE", .flags = ARG_POSITIONAL,
		.help = "only of this interface; or all, default" },
	{ .kind = ARG_END },
};
/* clang-format on */

static void
emit_switch(struct emit *emit, const char *key, const char *before, bool on)
{
	emit_bool(emit, key, on);
	emit_text(emit, "%s%s ", before, on ? "on" : "off");
}

static void
emit_netconf(struct emit *emit, const char *name, const struct net_conf *conf)
{
	static const char *const filters[] = { "off", "strict", "loose" };

	emit_object(emit, NULL);
	emit_string(emit, "family", "", "inet", " ");
	emit_coloured(emit, COLOUR_IFNAME, "interface", "", name, " ");
	emit_switch(emit, "forwarding", "forwarding ", conf->forwarding != 0);
	emit_string(emit, "rp_filter", "rp_filter ", filters[conf->rp_filter],
		    " ");
	/* Multicast routes need no switch. */
	emit_switch(emit, "mc_forwarding", "mc_forwarding ", false);
	emit_switch(emit, "proxy_neigh", "proxy_neigh ", conf->proxy_arp != 0);
	emit_switch(emit, "ignore_routes_with_linkdown",
		    "ignore_routes_with_linkdown ",
		    conf->ignore_routes_with_linkdown != 0);
	emit_line(emit);
	emit_object_end(emit);
}

static bool
is_wanted(const struct job *job, const char *name)
{
	return job->arg[0].count == 0 || strcmp(job->arg[0].text, name) == 0;
}

static enum step
netconf_start(struct job *job)
{
	const struct arg *arg = &job->arg[0];
	struct net *net = job->net;
	struct emit emit = { 0 };
	struct netdev *dev;

	if (arg->count > 0 && strcmp(arg->text, "all") != 0 &&
	    strcmp(arg->text, "default") != 0 &&
	    netdev_lookup(net, arg->text) == NULL) {
		out_printf(job->err, "Device \"%s\" does not exist.\n",
			   arg->text);
		return job_exit(job, 1);
	}
	ip_emit(job, &emit);
	emit_begin(&emit);
	for (uint32_t i = 1; ip_family(job) != 6 && i <= PARAM_NETDEVS_MAX;
	     i++) {
		dev = netdev_by_index(net, i);
		if (dev != NULL &&
		    (arg->count == 0 || netdev_lookup(net, arg->text) == dev))
			emit_netconf(&emit, dev->name, &net->conf[i]);
	}
	if (ip_family(job) != 6 && is_wanted(job, "all"))
		emit_netconf(&emit, "all", &net->conf_all);
	if (ip_family(job) != 6 && is_wanted(job, "default"))
		emit_netconf(&emit, "default", &net->conf_default);
	emit_end(&emit);
	return job_exit(job, 0);
}

const struct command ip_netconf_commands[] = {
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows what interfaces forward and check",
	  .flags = COMMAND_DEFAULT,
	  .args = netconf_args,
	  .start = netconf_start },
	{ .name = NULL },
};
