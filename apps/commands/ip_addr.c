/* SPDX-License-Identifier: BSD-2-Clause */
/* `ip addr`: the addresses of interfaces. */
#include "apps/commands/ip_link.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

/* ---- show --------------------------------------------------------------- */

enum {
	SHOW_DEV,
	SHOW_UP,
	SHOW_TO,
	SHOW_SCOPE,
	SHOW_LABEL,
	SHOW_PRIMARY,
	SHOW_SECONDARY,
	SHOW_PERMANENT,
	SHOW_DYNAMIC,
	SHOW_DEPRECATED,
	SHOW_NOT_DEPRECATED,
	SHOW_NOPREFIXROUTE,
};

/* clang-format off */
#define SELECTORS \
	[SHOW_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE", \
		.flags = ARG_POSITIONAL | ARG_ONCE, .help = "only on this interface" }, \
	[SHOW_UP] = { .word = "up", .kind = ARG_FLAG, \
		.help = "only on interfaces that are up" }, \
	[SHOW_TO] = { .word = "to", .kind = ARG_PREFIX, .what = "PREFIX", \
		.help = "only those in this prefix" }, \
	[SHOW_SCOPE] = { .word = "scope", .kind = ARG_NAME, .names = route_scopes, \
		.max = 255, .what = "SCOPE", .help = "only those of this scope", \
		.wrong = "invalid \"scope\"\n" }, \
	[SHOW_LABEL] = { .word = "label", .kind = ARG_TEXT, .what = "PATTERN", \
		.help = "only those with a label like this, with * and ?" }, \
	[SHOW_PRIMARY] = { .word = "primary", .kind = ARG_FLAG, \
		.help = "only the first of each subnet" }, \
	[SHOW_SECONDARY] = { .word = "secondary", .also = "temporary", \
		.kind = ARG_FLAG, .help = "only the others" }, \
	[SHOW_PERMANENT] = { .word = "permanent", .kind = ARG_FLAG, \
		.help = "only those that do not expire" }, \
	[SHOW_DYNAMIC] = { .word = "dynamic", .kind = ARG_FLAG, \
		.help = "only those that expire" }, \
	[SHOW_DEPRECATED] = { .word = "deprecated", .kind = ARG_FLAG, \
		.help = "only those that are no longer preferred" }, \
	[SHOW_NOT_DEPRECATED] = { .word = "-deprecated", .kind = ARG_FLAG, \
		.flags = ARG_HIDDEN, .help = "only the others" }, \
	[SHOW_NOPREFIXROUTE] = { .word = "noprefixroute", .kind = ARG_FLAG, \
		.flags = ARG_HIDDEN, \
		.help = "only those without a route to their subnet" }
static const struct arg_spec show_args[] = {
	SELECTORS,
	{ .kind = ARG_END },
};
/* clang-format on */

struct addr_show {
	struct link_show link;
	const struct arg *arg; /* the job's */
	uint32_t round_count;  /* of a flush: addresses deleted */
};

static bool
selected(const struct addr_show *show, const struct ifaddr *addr)
{
	const struct arg *arg = show->arg;

	if ((arg[SHOW_SCOPE].count > 0 &&
	     arg[SHOW_SCOPE].number != addr->scope) ||
	    (arg[SHOW_PRIMARY].count > 0 && addr->secondary) ||
	    (arg[SHOW_SECONDARY].count > 0 && !addr->secondary) ||
	    (arg[SHOW_DYNAMIC].count > 0 && addr->valid_until_ns == 0) ||
	    (arg[SHOW_PERMANENT].count > 0 && addr->valid_until_ns != 0) ||
	    (arg[SHOW_DEPRECATED].count > 0 && !addr->deprecated) ||
	    (arg[SHOW_NOT_DEPRECATED].count > 0 && addr->deprecated) ||
	    (arg[SHOW_NOPREFIXROUTE].count > 0 && !addr->no_prefix_route) ||
	    show->link.family == 6)
		return false;
	if (arg[SHOW_LABEL].count > 0 &&
	    !glob_matches(arg[SHOW_LABEL].text, addr->label))
		return false;
	return arg[SHOW_TO].count == 0 ||
	       prefix_holds(arg[SHOW_TO].addr, arg[SHOW_TO].prefix_len,
			    addr->local);
}

static bool
any_selected(const struct addr_show *show, struct netdev *dev)
{
	const struct ifaddr *addr;

	list_for_each(addr, &dev->addrs, link) {
		if (selected(show, addr))
			return true;
	}
	/* An interface without any address is shown all the same. */
	return list_empty(&dev->addrs) && show->link.family == 0;
}

static enum step
no_such_device(struct job *job)
{
	out_printf(job->err, "Device \"%s\" does not exist.\n",
		   job->arg[SHOW_DEV].text);
	return job_exit(job, 1);
}

static enum step
show_start(struct job *job)
{
	struct addr_show *show = job_state(job, struct addr_show);
	struct link_show *link = &show->link;

	link_show_init(job, link);
	show->arg = job->arg;
	link->up_only = job->arg[SHOW_UP].count > 0;
	if (job->arg[SHOW_LABEL].count > 0)
		link->label = job->arg[SHOW_LABEL].text;
	/* A prefix says which family is meant; all, any and default do not. */
	if (job->arg[SHOW_TO].count > 0 && job->arg[SHOW_TO].text[0] <= '9')
		link->family = 4;
	link->no_link = link->emit.oneline && !link->emit.json;
	if (job->arg[SHOW_DEV].count > 0) {
		link->dev = netdev_lookup(job->net, job->arg[SHOW_DEV].text);
		if (link->dev == NULL)
			return no_such_device(job);
	}
	emit_begin(&link->emit);
	return STEP_MORE;
}

static void
emit_local(struct emit *emit, const struct ifaddr *addr)
{
	emit_addr(emit, "local", "", addr->local, "");
	if (addr->peer != addr->local)
		emit_addr(emit, "address", " peer ", addr->peer, "");
	emit_number(emit, "prefixlen", "/", addr->prefix_len, " ");
	if (addr->metric != 0)
		emit_number(emit, "metric", "metric ", addr->metric, " ");
}

#define FOREVER 0xffffffffu

/* Seconds until then, as Linux rounds them. */
static void
emit_lifetime(struct emit *emit, const struct net *net, const char *key,
	      const char *before, uint64_t until_ns)
{
	uint64_t left = until_ns > net->now_ns ? until_ns - net->now_ns : 0;

	left = (left + 999999999) / 1000000000;
	if (until_ns == 0 && !emit->json)
		emit_text(emit, "%sforever", before);
	else
		emit_number(emit, key, before, until_ns == 0 ? FOREVER : left,
			    "sec");
}

static void
emit_lifetimes(struct emit *emit, const struct ifaddr *addr)
{
	const struct net *net = addr->dev->net;
	bool dynamic = addr->valid_until_ns != 0;

	/* Without an end both are forever, as Linux shows it. */
	emit_lifetime(emit, net, "valid_life_time", "       valid_lft ",
		      addr->valid_until_ns);
	emit_lifetime(emit, net, "preferred_life_time", " preferred_lft ",
		      dynamic ? addr->preferred_until_ns : 0);
}

void
addr_emit(const struct job *job, struct link_show *show,
	  const struct ifaddr *addr)
{
	struct emit *emit = &show->emit;
	char text[12];

	emit_object(emit, NULL);
	if (show->brief) {
		emit_local(emit, addr);
		emit_object_end(emit);
		return;
	}
	if (emit->oneline || show->events)
		emit_text(emit, "%u: %s", addr->dev->ifindex, addr->dev->name);
	emit_string(emit, "family", "    ", "inet", " ");
	emit_local(emit, addr);
	if (addr->broadcast != 0)
		emit_addr(emit, "broadcast", "brd ", addr->broadcast, " ");
	emit_string(emit, "scope", "scope ",
		    ip_name(job, route_scopes, addr->scope, text, sizeof(text)),
		    " ");
	if (addr->secondary)
		emit_true(emit, "secondary", "secondary ");
	if (addr->deprecated)
		emit_true(emit, "deprecated", "deprecated ");
	if (addr->valid_until_ns != 0)
		emit_true(emit, "dynamic", "dynamic ");
	if (addr->no_prefix_route)
		emit_true(emit, "noprefixroute", "noprefixroute ");
	emit_string(emit, "label", "", addr->label, "");
	emit_break(emit);
	emit_lifetimes(emit, addr);
	emit_line(emit);
	emit_object_end(emit);
}

static void
show_netdev(struct job *job, struct addr_show *show, struct netdev *dev)
{
	struct link_show *link = &show->link;
	struct emit *emit = &link->emit;
	const struct ifaddr *addr;

	emit_object(emit, NULL);
	if (link->brief) {
		link_emit_brief(link, dev, false);
	} else if (!link->no_link && link_emit(link, dev)) {
		emit_line(emit);
	}
	emit_array(emit, "addr_info", "");
	list_for_each(addr, &dev->addrs, link) {
		if (selected(show, addr))
			addr_emit(job, link, addr);
	}
	emit_array_end(emit, "");
	if (link->brief) {
		emit_line(emit);
	} else if (link->stats > 0 && !link->no_link) {
		link_emit_stats(link, dev);
		emit_line(emit);
	}
	emit_object_end(emit);
}

static enum step
show_step(struct job *job)
{
	struct addr_show *show = job_state(job, struct addr_show);
	struct netdev *dev = link_next(job, &show->link);

	if (dev == NULL) {
		emit_end(&show->link.emit);
		return job_exit(job, 0);
	}
	if (any_selected(show, dev)) {
		if (dev->ops->update_stats != NULL)
			dev->ops->update_stats(dev);
		show_netdev(job, show, dev);
	}
	return STEP_MORE;
}

/* ---- flush -------------------------------------------------------------- */

static enum step
flush_start(struct job *job)
{
	struct addr_show *show = job_state(job, struct addr_show);

	show->arg = job->arg;
	show->link.family = ip_family(job);
	if (job->word_count == job->first_arg) {
		out_puts(job->err, "Flush requires arguments.\n");
		return job_exit(job, 1);
	}
	if (job->arg[SHOW_DEV].count > 0) {
		show->link.dev =
			netdev_lookup(job->net, job->arg[SHOW_DEV].text);
		if (show->link.dev == NULL)
			return no_such_device(job);
	}
	show->link.up_only = job->arg[SHOW_UP].count > 0;
	return STEP_MORE;
}

/* The last one first: secondaries go before the primary they depend on. */
static const struct ifaddr *
last_selected(const struct addr_show *show, struct netdev *dev)
{
	const struct ifaddr *addr, *last = NULL;

	list_for_each(addr, &dev->addrs, link) {
		if (selected(show, addr))
			last = addr;
	}
	return last;
}

static enum step
flush_step(struct job *job)
{
	struct addr_show *show = job_state(job, struct addr_show);
	struct netdev *dev = link_next(job, &show->link);
	const struct ifaddr *addr;

	if (dev != NULL) {
		while ((addr = last_selected(show, dev)) != NULL) {
			if (addr_delete(dev, addr->local, addr->prefix_len) !=
			    OK)
				break;
			show->round_count++;
		}
		return STEP_MORE;
	}
	if (!ip_option(job, IP_STATS))
		return job_exit(job, 0);
	if (show->round_count == 0)
		out_puts(job->out, "Nothing to flush.\n");
	else
		out_printf(job->out,
			   "\n*** Round 1, deleting %u addresses ***\n"
			   "*** Flush is complete after 1 round ***\n",
			   show->round_count);
	return job_exit(job, 0);
}

/* ---- add, delete -------------------------------------------------------- */

enum {
	ADD_LOCAL,
	ADD_PEER,
	ADD_BROADCAST,
	ADD_SCOPE,
	ADD_LABEL,
	ADD_METRIC,
	ADD_VALID,
	ADD_PREFERRED,
	ADD_NOPREFIXROUTE,
	ADD_HOME,
	ADD_MNGTMPADDR,
	ADD_NODAD,
	ADD_OPTIMISTIC,
	ADD_DEV,
};

/* clang-format off */
#define FOR_IPV6(w) { .word = w, .kind = ARG_FLAG, \
	.flags = ARG_HIDDEN, .help = "nothing with IPv4" }
static const struct arg_spec add_args[] = {
	[ADD_LOCAL] = { .word = "local", .kind = ARG_PREFIX, .what = "ADDR/LEN",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "the address and the length of its subnet's prefix" },
	[ADD_PEER] = { .word = "peer", .also = "remote", .kind = ARG_PREFIX,
		.flags = ARG_ONCE, .what = "ADDR[/LEN]",
		.help = "the other end of a point-to-point link" },
	[ADD_BROADCAST] = { .word = "broadcast", .also = "brd", .kind = ARG_TEXT,
		.flags = ARG_ONCE | ARG_ABBREV, .what = "ADDR|+|-",
		.help = "its broadcast address; +: all host bits one" },
	[ADD_SCOPE] = { .word = "scope", .kind = ARG_NAME, .names = route_scopes,
		.max = 255, .what = "SCOPE", .help = "how far it is valid",
		.wrong = "invalid scope value." },
	[ADD_LABEL] = { .word = "label", .kind = ARG_TEXT, .what = "NAME",
		.help = "a name for it; eth0 or eth0:what-you-like" },
	[ADD_METRIC] = { .word = "metric", .also = "~priority|preference",
		.kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_ABBREV,
		.what = "N", .help = "of the route to its subnet", .wrong = "\"metric\" value is invalid\n" },
	[ADD_VALID] = { .word = "valid_lft", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "SECONDS|forever",
		.help = "after which it goes" },
	[ADD_PREFERRED] = { .word = "preferred_lft", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "SECONDS|forever",
		.help = "after which it is called deprecated" },
	[ADD_NOPREFIXROUTE] = { .word = "noprefixroute", .kind = ARG_FLAG,
		.help = "make no route to its subnet" },
	[ADD_HOME] = FOR_IPV6("home"),
	[ADD_MNGTMPADDR] = FOR_IPV6("mngtmpaddr"),
	[ADD_NODAD] = FOR_IPV6("nodad"),
	[ADD_OPTIMISTIC] = FOR_IPV6("optimistic"),
	[ADD_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.flags = ARG_REQUIRED, .help = "the interface" },
	{ .kind = ARG_END },
};
/* clang-format on */

static uint32_t
host_bits(uint8_t prefix_len)
{
	return prefix_len == 0 ? 0xffffffff : (1u << (32 - prefix_len)) - 1;
}

/* ADDR, + or -; STEP_MORE if it is good. */
static enum step
parse_broadcast(struct job *job, struct ifaddr *want)
{
	const struct arg *arg = &job->arg[ADD_BROADCAST];
	uint8_t len;

	if (arg->count == 0)
		return STEP_MORE;
	if (strcmp(arg->text, "+") == 0 || strcmp(arg->text, "-") == 0) {
		/* Subnets of two or one address have none [RFC3021]. */
		if (want->prefix_len > 30)
			return STEP_MORE;
		want->broadcast = want->peer & ~host_bits(want->prefix_len);
		if (arg->text[0] == '+')
			want->broadcast |= host_bits(want->prefix_len);
		return STEP_MORE;
	}
	if (strchr(arg->text, '/') == NULL &&
	    str_prefix(arg->text, &want->broadcast, &len))
		return STEP_MORE;
	out_printf(job->err,
		   "Error: inet address is expected rather than \"%s\".\n",
		   arg->text);
	return job_exit(job, 1);
}

static bool
is_wildcard(const struct arg *local)
{
	return local->addr == 0 && local->prefix_len == 0;
}

/* What add and delete have in common; STEP_MORE if *want can be tried. */
static enum step
parse_ifaddr(struct job *job, struct ifaddr *want)
{
	const struct arg *arg = job->arg;

	want->local = want->peer = arg[ADD_LOCAL].addr;
	want->prefix_len = arg[ADD_LOCAL].prefix_len;
	if (arg[ADD_PEER].count > 0) {
		want->peer = arg[ADD_PEER].addr;
		want->prefix_len = arg[ADD_PEER].prefix_len;
	}
	/* Loopback addresses reach no farther than this host. */
	want->scope = arg[ADD_SCOPE].count > 0 ? (uint8_t)arg[ADD_SCOPE].number
		      : want->local >> 24 == 127 ? SCOPE_HOST
						 : SCOPE_GLOBAL;
	if (parse_broadcast(job, want) == STEP_DONE)
		return STEP_DONE;
	if (arg[ADD_DEV].count == 0) {
		out_puts(job->err, "Not enough information: \"dev\" argument "
				   "is required.\n");
		return job_exit(job, 1);
	}
	return STEP_MORE;
}

/* Seconds, or FOREVER; false: neither. */
static bool
lifetime(const struct arg *arg, uint32_t *seconds)
{
	*seconds = FOREVER;
	return arg->count == 0 || strcmp(arg->text, "forever") == 0 ||
	       str_u32(arg->text, seconds);
}

static uint64_t
until_ns(const struct net *net, uint32_t seconds)
{
	return seconds == FOREVER ? 0 : net->now_ns + seconds * 1000000000ull;
}

/* Words about lifetimes that make no sense; before anything else is looked
 * at. */
static enum step
check_lifetimes(struct job *job)
{
	uint32_t seconds;

	for (uint32_t i = ADD_VALID; i <= ADD_PREFERRED; i++) {
		if (lifetime(&job->arg[i], &seconds))
			continue;
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: %s value\n",
			   job->arg[i].text, add_args[i].word);
		return job_exit(job, 255);
	}
	return STEP_MORE;
}

static enum step
parse_lifetimes(struct job *job, struct ifaddr *want)
{
	uint32_t valid, preferred;

	(void)lifetime(&job->arg[ADD_VALID], &valid);
	(void)lifetime(&job->arg[ADD_PREFERRED], &preferred);
	if (valid == 0 || preferred > valid) {
		out_puts(job->err, valid == 0 ? "valid_lft is zero\n"
					      : "preferred_lft is greater than "
						"valid_lft\n");
		return job_exit(job, 1);
	}
	want->valid_until_ns = until_ns(job->net, valid);
	/* What does not end is always preferred, or not at all. (Linux) */
	want->deprecated = preferred == 0;
	if (valid != FOREVER)
		want->preferred_until_ns = until_ns(job->net, preferred);
	return STEP_MORE;
}

/* What iproute2 warns of, and goes on. */
static void
warn_ipv6(struct job *job)
{
	for (uint32_t i = ADD_HOME; i <= ADD_OPTIMISTIC; i++)
		if (job->arg[i].count > 0)
			out_printf(job->err,
				   "Warning: %s option can be set only for "
				   "IPv6 addresses\n",
				   add_args[i].word);
}

static enum step
add_to(struct job *job, struct ifaddr *want, bool may_exist)
{
	struct netdev *dev;
	enum status status;

	warn_ipv6(job);
	if (check_lifetimes(job) == STEP_DONE ||
	    parse_ifaddr(job, want) == STEP_DONE)
		return STEP_DONE;
	dev = netdev_lookup(job->net, job->arg[ADD_DEV].text);
	if (dev == NULL)
		return ip_no_device(job, job->arg[ADD_DEV].text);
	if (parse_lifetimes(job, want) == STEP_DONE)
		return STEP_DONE;
	want->metric = (uint32_t)job->arg[ADD_METRIC].number;
	want->no_prefix_route = job->arg[ADD_NOPREFIXROUTE].count > 0;
	if (job->arg[ADD_LOCAL].count == 0 || is_wildcard(&job->arg[ADD_LOCAL]))
		return ip_answers(job, "Operation not supported");
	if (job->arg[ADD_LABEL].count > 0 &&
	    strlen(job->arg[ADD_LABEL].text) >= sizeof(want->label))
		return ip_error(job, "Attribute failed policy validation.");
	str_copy(want->label,
		 job->arg[ADD_LABEL].count > 0 ? job->arg[ADD_LABEL].text
					       : dev->name,
		 sizeof(want->label));
	status = may_exist ? addr_change(dev, want) : ERR_NOENT;
	if (status == ERR_NOENT)
		status = addr_add(dev, want);
	if (status == ERR_EXIST)
		return ip_error(job, "ipv4: Address already assigned.");
	if (status == ERR_RANGE)
		return ip_error(job, "ipv4: Invalid scope value.");
	if (status != OK)
		return ip_answers(job, status_text(status));
	return job_exit(job, 0);
}

static enum step
add_start(struct job *job)
{
	struct ifaddr want = { 0 };

	return add_to(job, &want, false);
}

static enum step
replace_start(struct job *job)
{
	struct ifaddr want = { 0 };

	return add_to(job, &want, true);
}

/* "del 10.0.0.1": iproute2 warns and takes whatever prefix there is. */
static void
wildcard_delete(struct job *job, struct netdev *dev, struct ifaddr *want)
{
	const struct ifaddr *addr;

	out_printf(job->err,
		   "Warning: Executing wildcard deletion to stay compatible "
		   "with old scripts.\n"
		   "         Explicitly specify the prefix length (%s/32) to "
		   "avoid this warning.\n"
		   "         This special behaviour is likely to disappear in "
		   "further releases,\n"
		   "         fix your scripts!\n",
		   job->arg[ADD_LOCAL].text);
	if (dev == NULL)
		return;
	list_for_each(addr, &dev->addrs, link) {
		if (addr->local == want->local) {
			want->prefix_len = addr->prefix_len;
			return;
		}
	}
}

static enum step
delete_start(struct job *job)
{
	const struct arg *local = &job->arg[ADD_LOCAL];
	struct ifaddr want = { 0 };
	struct netdev *dev;

	if (parse_ifaddr(job, &want) == STEP_DONE)
		return STEP_DONE;
	dev = netdev_lookup(job->net, job->arg[ADD_DEV].text);
	if (local->count > 0 && job->arg[ADD_PEER].count == 0 &&
	    !is_wildcard(local) && strchr(local->text, '/') == NULL)
		wildcard_delete(job, dev, &want);
	if (dev == NULL)
		return ip_no_device(job, job->arg[ADD_DEV].text);
	if (local->count == 0 || is_wildcard(local))
		return ip_answers(job, "Operation not supported");
	if (addr_delete(dev, want.local, want.prefix_len) != OK)
		return ip_error(job, "ipv4: Address not found.");
	return job_exit(job, 0);
}

const struct command ip_addr_commands[] = {
	{ .name = "add",
	  .summary = "gives an interface an address, and a route to its subnet",
	  .args = add_args,
	  .start = add_start },
	{ .name = "change",
	  .also = "chg|replace",
	  .summary = "the same, but it may be there already",
	  .args = add_args,
	  .start = replace_start },
	{ .name = "delete",
	  .summary = "takes an address away",
	  .args = add_args,
	  .start = delete_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows interfaces with their addresses",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = "flush",
	  .summary = "takes all addresses away that the selectors leave",
	  .args = show_args,
	  .start = flush_start,
	  .step = flush_step },
	{ .name = NULL },
};
