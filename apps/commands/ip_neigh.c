/* SPDX-License-Identifier: BSD-2-Clause */
/* `ip neigh`: who is known on the links, and how well. */
#include "apps/commands/ip_neigh.h"

#include "apps/commands/ip.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/neigh.h"
#include "net/net.h"

#define NUD_ALL 0xffffu

/* Bits of enum neigh_state; Linux's numbers are other ones. */
static const struct arg_name nud_states[] = {
	{ "permanent", 1u << NEIGH_PERMANENT },
	{ "reachable", 1u << NEIGH_REACHABLE },
	{ "noarp", 1u << NEIGH_NOARP },
	{ "none", 1u << NEIGH_NONE },
	{ "stale", 1u << NEIGH_STALE },
	{ "incomplete", 1u << NEIGH_INCOMPLETE },
	{ "delay", 1u << NEIGH_DELAY },
	{ "probe", 1u << NEIGH_PROBE },
	{ "failed", 1u << NEIGH_FAILED },
	{ "all", NUD_ALL },
	{ NULL, 0 },
};

/* ---- show --------------------------------------------------------------- */

enum { SHOW_DEV, SHOW_UNUSED, SHOW_NUD, SHOW_PROXY, SHOW_NOMASTER, SHOW_TO };

/* clang-format off */
static const struct arg_spec show_args[] = {
	[SHOW_DEV] = { .word = "dev", .kind = ARG_NETDEV, .flags = ARG_ONCE,
		.what = "DEVICE", .help = "only on this interface" },
	[SHOW_UNUSED] = { .word = "unused", .kind = ARG_FLAG,
		.help = "only those that no packet has needed lately" },
	[SHOW_NUD] = { .word = "nud", .kind = ARG_NAME, .names = nud_states,
		.what = "STATE", .help = "only in this state; may be given again",
		.wrong = "nud state is bad" },
	[SHOW_PROXY] = { .word = "proxy", .kind = ARG_FLAG,
		.help = "those that this box answers for, instead" },
	[SHOW_NOMASTER] = { .word = "nomaster", .kind = ARG_FLAG,
		.flags = ARG_HIDDEN, .help = "all, since there are no masters" },
	[SHOW_TO] = { .word = "to", .kind = ARG_PREFIX, .what = "PREFIX",
		.flags = ARG_POSITIONAL | ARG_ABBREV,
		.help = "only addresses in this prefix" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct neigh_show {
	struct emit emit;
	const struct arg *arg;
	struct netdev *dev;
	struct net *net;
	struct neigh_walk walk;
	uint32_t states; /* bits of those wanted */
	uint32_t count;	 /* flush: entries deleted */
	bool stats, ipv6;
};

/* Every "nud" counts, but the parser keeps the last one only. */
static uint32_t
wanted_states(const struct job *job, uint32_t otherwise)
{
	uint32_t states = 0;

	for (unsigned int i = job->first_arg; i + 1 < job->word_count; i++) {
		if (strcmp(job->word[i], "nud") != 0)
			continue;
		for (const struct arg_name *n = nud_states; n->name; n++) {
			if (strcmp(n->name, job->word[i + 1]) == 0)
				states |= n->number;
		}
	}
	return states != 0 ? states : otherwise;
}

static bool
selected(const struct neigh_show *show, const struct neigh *neigh)
{
	const struct arg *to = &show->arg[SHOW_TO];

	if ((show->dev != NULL && neigh->dev != show->dev) || show->ipv6 ||
	    !(show->states >> neigh->state & 1) ||
	    show->arg[SHOW_PROXY].count > 0)
		return false;
	/* Unused: nobody is waiting for it and nobody has confirmed it. */
	if (show->arg[SHOW_UNUSED].count > 0 &&
	    (neigh->state == NEIGH_REACHABLE || neigh->state == NEIGH_DELAY ||
	     neigh->state == NEIGH_PROBE))
		return false;
	return to->count == 0 ||
	       prefix_holds(to->addr, to->prefix_len, neigh->addr);
}

static enum step
show_init(struct job *job, struct neigh_show *show, uint32_t states)
{
	ip_emit(job, &show->emit);
	show->arg = job->arg;
	show->net = job->net;
	show->stats = ip_option(job, IP_STATS);
	show->ipv6 = ip_family(job) == 6;
	show->states = wanted_states(job, states);
	if (job->arg[SHOW_DEV].count == 0)
		return STEP_MORE;
	show->dev = netdev_lookup(job->net, job->arg[SHOW_DEV].text);
	if (show->dev == NULL)
		return ip_no_device(job, job->arg[SHOW_DEV].text);
	return STEP_MORE;
}

static enum step
show_start(struct job *job)
{
	struct neigh_show *show = job_state(job, struct neigh_show);
	uint32_t usual = NUD_ALL & ~(1u << NEIGH_NOARP | 1u << NEIGH_NONE);

	if (show_init(job, show, usual) == STEP_DONE)
		return STEP_DONE;
	emit_begin(&show->emit);
	return STEP_MORE;
}

bool
neigh_has_lladdr(const struct neigh *neigh)
{
	return neigh->state != NEIGH_NONE && neigh->state != NEIGH_INCOMPLETE &&
	       neigh->state != NEIGH_FAILED;
}

static uint64_t
seconds_since(const struct neigh_show *show, uint64_t then_ns)
{
	return (show->net->now_ns - then_ns) / 1000000000u;
}

/* One entry with its line break. */
static void
emit_neigh(struct neigh_show *show, const struct neigh *neigh)
{
	struct emit *emit = &show->emit;

	emit_object(emit, NULL);
	emit_addr(emit, "dst", "", neigh->addr, " ");
	if (show->dev == NULL)
		emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ",
			      neigh->dev->name, " ");
	if (neigh_has_lladdr(neigh))
		emit_mac(emit, "lladdr", "lladdr ", neigh->lladdr, " ");
	if (show->stats) {
		emit_number(emit, "used", " used ",
			    seconds_since(show, neigh->used_ns), "");
		emit_number(emit, "confirmed", "/",
			    seconds_since(show, neigh->confirmed_ns), "");
		/* iproute2 puts no blank before "probes", either. */
		emit_number(emit, "updated", "/",
			    seconds_since(show, neigh->updated_ns), "");
		emit_number(emit, "probes", "probes ", neigh->probe_count, " ");
	}
	if (neigh->state != NEIGH_NONE) {
		emit_array(emit, "state", "");
		emit_string(emit, "", "", neigh_state_name(neigh->state), " ");
		emit_array_end(emit, "");
	}
	emit_line(emit);
	emit_object_end(emit);
}

void
neigh_emit(const struct job *job, const struct emit *emit,
	   const struct neigh *neigh)
{
	struct neigh_show show = {
		.emit = *emit,
		.net = job->net,
		.stats = ip_option(job, IP_STATS),
	};

	emit_neigh(&show, neigh);
}

struct neigh *
neigh_walk_next(struct net *net, struct neigh_walk *walk)
{
	unsigned int budget = 32;
	struct neigh *neigh;
	uint32_t at;

	for (; walk->bucket < NEIGH_BUCKETS && budget > 0; budget--) {
		at = 0;
		for (neigh = net->neigh.bucket[walk->bucket]; neigh != NULL;
		     neigh = neigh->hash_next) {
			if (at++ < walk->seen)
				continue;
			walk->seen++;
			return neigh;
		}
		walk->bucket++;
		walk->seen = 0;
	}
	walk->ended = walk->bucket == NEIGH_BUCKETS;
	return NULL;
}

static void
emit_proxy(struct emit *emit, const struct arp_proxy_host *host, bool dev)
{
	emit_object(emit, NULL);
	emit_addr(emit, "dst", "", host->addr, " ");
	if (dev && host->dev != NULL)
		emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ",
			      host->dev->name, " ");
	if (host->router)
		emit_null(emit, "router", "router ");
	emit_null(emit, "proxy", "proxy ");
	emit_line(emit);
	emit_object_end(emit);
}

/* There are few. */
static enum step
show_proxies(struct job *job, struct neigh_show *show)
{
	const struct arp_proxy_host *host = job->net->neigh.arp.proxy_host;
	const struct arg *to = &job->arg[SHOW_TO];

	for (uint32_t i = 0; i < ARP_PROXY_HOSTS_MAX; i++) {
		if (host[i].addr == 0 || show->ipv6 ||
		    (show->dev != NULL && host[i].dev != show->dev) ||
		    (to->count > 0 &&
		     !prefix_holds(to->addr, to->prefix_len, host[i].addr)))
			continue;
		emit_proxy(&show->emit, &host[i], show->dev == NULL);
	}
	emit_end(&show->emit);
	return job_exit(job, 0);
}

static enum step
show_step(struct job *job)
{
	struct neigh_show *show = job_state(job, struct neigh_show);
	struct neigh *neigh;

	if (job->arg[SHOW_PROXY].count > 0)
		return show_proxies(job, show);
	neigh = neigh_walk_next(job->net, &show->walk);
	if (neigh != NULL && selected(show, neigh))
		emit_neigh(show, neigh);
	if (!show->walk.ended)
		return STEP_MORE;
	emit_end(&show->emit);
	return job_exit(job, 0);
}

/* ---- flush -------------------------------------------------------------- */

static enum step
flush_start(struct job *job)
{
	struct neigh_show *show = job_state(job, struct neigh_show);
	uint32_t usual = NUD_ALL & ~(1u << NEIGH_NOARP | 1u << NEIGH_PERMANENT);

	if (job->word_count == job->first_arg) {
		out_puts(job->err, "Flush requires arguments.\n");
		return job_exit(job, 1);
	}
	if (show_init(job, show, usual) == STEP_DONE)
		return STEP_DONE;
	return STEP_MORE;
}

static enum step
flush_step(struct job *job)
{
	struct neigh_show *show = job_state(job, struct neigh_show);
	struct neigh *neigh = neigh_walk_next(job->net, &show->walk);

	if (neigh != NULL && selected(show, neigh)) {
		if (job->option[IP_STATS].count > 1)
			emit_neigh(show, neigh);
		if (neigh_delete(job->net, neigh->dev, neigh->addr) == OK) {
			show->count++;
			show->walk.seen--;
		}
	}
	if (!show->walk.ended)
		return STEP_MORE;
	if (!show->stats)
		return job_exit(job, 0);
	if (show->count == 0)
		out_puts(job->out, "Nothing to flush.\n");
	else
		out_printf(job->out,
			   "\n*** Round 1, deleting %u entries ***\n"
			   "*** Flush is complete after 1 round ***\n",
			   show->count);
	return job_exit(job, 0);
}

/* ---- add, change, replace, delete, get ---------------------------------- */

enum {
	ADD_LLADDR,
	ADD_NUD,
	ADD_PROXY,
	ADD_ROUTER,
	ADD_USE,
	ADD_OTHER,
	ADD_DEV,
	ADD_TO,
};

/* clang-format off */
static const struct arg_spec add_args[] = {
	[ADD_LLADDR] = { .word = "lladdr", .kind = ARG_TEXT, .what = "MAC",
		.flags = ARG_ABBREV | ARG_ONCE, .help = "its link-layer address" },
	[ADD_NUD] = { .word = "nud", .kind = ARG_NAME, .names = nud_states,
		.what = "STATE", .help = "permanent unless told; or reachable, stale, noarp",
		.wrong = "nud state is bad" },
	[ADD_PROXY] = { .word = "proxy", .kind = ARG_ADDR, .flags = ARG_ONCE,
		.what = "ADDR", .help = "a host that this box shall answer ARP for" },
	[ADD_ROUTER] = { .word = "router", .kind = ARG_FLAG, .flags = ARG_HIDDEN,
		.help = "of a proxy, for IPv6" },
	[ADD_USE] = { .word = "use", .kind = ARG_FLAG,
		.help = "ask for it now, as a packet would" },
	[ADD_OTHER] = { .word = "managed", .also = "extern_learn",
		.kind = ARG_FLAG, .flags = ARG_HIDDEN, .help = "refused" },
	[ADD_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_REQUIRED, .help = "the interface" },
	[ADD_TO] = { .word = "to", .kind = ARG_ADDR, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "the neighbour's address" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* The words that are needed; STEP_MORE: *dev is set. */
static enum step
parse_neigh(struct job *job, struct netdev **dev)
{
	const struct arg *arg = job->arg;

	if (arg[ADD_DEV].count == 0 || arg[ADD_TO].count == 0) {
		out_puts(job->err,
			 "Device and destination are required arguments.\n");
		return job_exit(job, 255);
	}
	*dev = netdev_lookup(job->net, arg[ADD_DEV].text);
	if (*dev == NULL)
		return ip_no_device(job, arg[ADD_DEV].text);
	if (arg[ADD_ROUTER].count > 0 || arg[ADD_OTHER].count > 0)
		return ip_answers(job, "Operation not supported");
	return STEP_MORE;
}

static enum step
parse_lladdr(struct job *job, uint8_t lladdr[ETH_ADDR_LEN])
{
	const char *text = job->arg[ADD_LLADDR].text, *bad;
	unsigned int len;

	if (job->arg[ADD_LLADDR].count == 0)
		return ip_error(job, "No link layer address given.");
	if (strchr(text, '.') != NULL) /* an IP address: four bytes */
		return ip_error(job, "Invalid link address.");
	if (lladdr_parse(text, lladdr, &bad, &len))
		return STEP_MORE;
	if (bad == NULL)
		return ip_error(job, "Invalid link address.");
	out_printf(job->err, "\"%.*s\" is invalid lladdr.\n",
		   (int)lladdr_part_len(bad), bad);
	return job_exit(job, 1);
}

static enum step
done(struct job *job, enum status status)
{
	return status != OK ? ip_answers(job, status_text(status))
			    : job_exit(job, 0);
}

/* One that this box answers for, or does not any more. */
static enum step
proxy(struct job *job, bool add)
{
	const struct arg *arg = job->arg;
	struct netdev *dev = NULL;

	if (arg[ADD_TO].count > 0) {
		out_printf(job->err,
			   "Error: duplicate \"address\": \"%s\" is the "
			   "second value.\n",
			   arg[ADD_PROXY].text);
		return job_exit(job, 255);
	}
	if (arg[ADD_DEV].count > 0) {
		dev = netdev_lookup(job->net, arg[ADD_DEV].text);
		if (dev == NULL)
			return ip_no_device(job, arg[ADD_DEV].text);
	}
	return done(job,
		    add ? arp_proxy_host_add(job->net, dev, arg[ADD_PROXY].addr,
					     arg[ADD_ROUTER].count > 0)
			: arp_proxy_host_delete(job->net, dev,
						arg[ADD_PROXY].addr));
}

/* Who is to be asked for has no address yet, nor a state. */
static enum step
use(struct job *job, struct netdev *dev, bool exclusive)
{
	uint32_t addr = job->arg[ADD_TO].addr;

	if (exclusive && neigh_find(job->net, dev, addr) != NULL)
		return done(job, ERR_EXIST);
	return done(job, neigh_use(dev, addr));
}

static enum step
set(struct job *job, bool create, bool exclusive)
{
	enum neigh_state state = NEIGH_PERMANENT;
	bool failed = job->arg[ADD_NUD].count > 0 &&
		      job->arg[ADD_NUD].number == 1u << NEIGH_FAILED;
	bool known = job->arg[ADD_LLADDR].count > 0;
	uint8_t lladdr[ETH_ADDR_LEN];
	struct netdev *dev;

	if (job->arg[ADD_PROXY].count > 0)
		return proxy(job, true);
	if (parse_neigh(job, &dev) == STEP_DONE)
		return STEP_DONE;
	if (job->arg[ADD_USE].count > 0)
		return use(job, dev, exclusive);
	if ((known || !failed) && parse_lladdr(job, lladdr) == STEP_DONE)
		return STEP_DONE;
	if (job->arg[ADD_NUD].count > 0) {
		for (state = NEIGH_NONE; state < NEIGH_PERMANENT; state++) {
			if (job->arg[ADD_NUD].number == 1u << state)
				break;
		}
	}
	return done(job,
		    neigh_set(job->net, dev, job->arg[ADD_TO].addr,
			      known ? lladdr : NULL, state, create, exclusive));
}

static enum step
add_start(struct job *job)
{
	return set(job, true, true);
}

static enum step
change_start(struct job *job)
{
	return set(job, false, false);
}

static enum step
replace_start(struct job *job)
{
	return set(job, true, false);
}

static enum step
delete_start(struct job *job)
{
	struct netdev *dev;

	if (job->arg[ADD_PROXY].count > 0)
		return proxy(job, false);
	if (parse_neigh(job, &dev) == STEP_DONE)
		return STEP_DONE;
	return done(job, neigh_delete(job->net, dev, job->arg[ADD_TO].addr));
}

enum { GET_DEV, GET_PROXY, GET_TO };

/* clang-format off */
static const struct arg_spec get_args[] = {
	[GET_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_REQUIRED, .help = "the interface" },
	[GET_PROXY] = { .word = "proxy", .kind = ARG_ADDR, .what = "ADDR",
		.help = "a host that this box answers for" },
	[GET_TO] = { .word = "to", .kind = ARG_ADDR, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "the neighbour's address" },
	{ .kind = ARG_END },
};
/* clang-format on */

static enum step
get_start(struct job *job)
{
	struct neigh_show show = { 0 };
	const struct neigh *neigh;
	struct netdev *dev;

	bool of_proxy = job->arg[GET_PROXY].count > 0;
	const struct arp_proxy_host *host;

	if (job->arg[GET_DEV].count == 0 ||
	    (job->arg[GET_TO].count == 0 && !of_proxy)) {
		out_puts(job->err,
			 "Device and address are required arguments.\n");
		return job_exit(job, 1);
	}
	dev = netdev_lookup(job->net, job->arg[GET_DEV].text);
	if (dev == NULL)
		return ip_no_device(job, job->arg[GET_DEV].text);
	ip_emit(job, &show.emit);
	if (of_proxy) {
		host = arp_proxy_host_find(job->net, dev,
					   job->arg[GET_PROXY].addr);
		if (host == NULL)
			return ip_error(job,
					"Proxy neighbour entry not found.");
		emit_begin(&show.emit);
		emit_proxy(&show.emit, host, true);
		emit_end(&show.emit);
		return job_exit(job, 0);
	}
	neigh = neigh_find(job->net, dev, job->arg[GET_TO].addr);
	if (neigh == NULL)
		return ip_error(job, "Neighbour entry not found.");
	show.net = job->net;
	show.stats = ip_option(job, IP_STATS);
	emit_begin(&show.emit);
	emit_neigh(&show, neigh);
	emit_end(&show.emit);
	return job_exit(job, 0);
}

const struct command ip_neigh_commands[] = {
	{ .name = "add",
	  .summary = "adds a neighbour",
	  .args = add_args,
	  .start = add_start },
	{ .name = "change",
	  .also = "chg",
	  .summary = "changes a neighbour that is there",
	  .args = add_args,
	  .start = change_start },
	{ .name = "replace",
	  .summary = "adds a neighbour, or changes it",
	  .args = add_args,
	  .start = replace_start },
	{ .name = "delete",
	  .summary = "forgets a neighbour",
	  .args = add_args,
	  .start = delete_start },
	{ .name = "get",
	  .summary = "shows one neighbour",
	  .args = get_args,
	  .start = get_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows neighbours",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = "flush",
	  .summary = "forgets neighbours, but permanent ones",
	  .args = show_args,
	  .start = flush_start,
	  .step = flush_step },
	{ .name = NULL },
};
