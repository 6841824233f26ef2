/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip route show` and `flush`: walks the tables piece by piece, so that a
 * million routes cost the packets nothing; a selector's value is not repeated
 * in the lines, as in iproute2.
 */
#include "apps/commands/ip_route.h"

#include "apps/commands/ip_nexthop.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/fib_walk.h"
#include "net/net.h"

#define WALK_BUDGET  256u /* routes looked at in one step */
#define FLUSH_BUDGET 16u  /* routes deleted in one step */

/* ---- one route ---------------------------------------------------------- */

void
route_emit_flags(struct emit *emit, uint8_t flags)
{
	if (flags & NEXTHOP_USELESS)
		emit_string(emit, "", "", "dead", " ");
	if (flags & NEXTHOP_ONLINK)
		emit_string(emit, "", "", "onlink", " ");
	if (flags & NEXTHOP_LINKDOWN)
		emit_string(emit, "", "", "linkdown", " ");
}

void
route_emit_path(struct emit *emit, const struct net *net,
		const struct path *path, const struct route *route)
{
	struct route metrics = route != NULL ? *route : (struct route){ 0 };
	uint64_t until = 0;

	if (path != NULL && path->gateway != 0)
		until = path->gateway_until_ns;
	if (path != NULL && path->mtu != 0) {
		until = path->mtu_until_ns;
		metrics.mtu = path->mtu;
		metrics.locks &= (uint8_t)~ROUTE_LOCK_MTU;
		metrics.locks |= path->locked ? ROUTE_LOCK_MTU : 0;
	}
	if (until != 0)
		emit_number(emit, "expires", "expires ",
			    (until - net->now_ns) / 1000000000u, "sec ");
	route_emit_metrics(emit, &metrics, false);
}

static void
emit_dst(struct emit *emit, const struct route *route)
{
	char text[20];

	if (route->prefix_len == 0)
		str_copy(text, "default", sizeof(text));
	else if (route->prefix_len == 32)
		fmt_print(text, sizeof(text), "%pI4", &route->dst);
	else
		fmt_print(text, sizeof(text), "%pI4/%u", &route->dst,
			  route->prefix_len);
	emit_coloured(emit, COLOUR_INET, "dst", "", text, " ");
}

static void
emit_nexthop(struct emit *emit, const struct nexthop *nexthop, bool via,
	     bool dev)
{
	if (nexthop->gateway != 0 && via)
		emit_addr(emit, "gateway", "via ", nexthop->gateway, " ");
	if (nexthop->dev != NULL && dev)
		emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ",
			      nexthop->dev->name, " ");
}

static uint8_t
flags_shown(const struct route_show *show)
{
	return show->no_state ? NEXTHOP_ONLINK : 0xff;
}

static void
emit_nexthops(struct route_show *show, const struct route *route)
{
	const struct nexthop *nexthop;
	struct emit *emit = &show->emit;

	emit_array(emit, "nexthops", "");
	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		nexthop = &route->nexthop[i];
		emit_object(emit, NULL);
		emit_break(emit);
		emit_text(emit, "\tnexthop ");
		emit_nexthop(emit, nexthop, true, true);
		emit_number(emit, "weight", "weight ", nexthop->weight, " ");
		emit_array(emit, "flags", "");
		route_emit_flags(emit, nexthop->flags & flags_shown(show));
		emit_array_end(emit, "");
		emit_object_end(emit);
	}
	emit_array_end(emit, "");
}

/* Who made it and how far it reaches; both hidden where they are as usual. */
static void
emit_origin(struct route_show *show, const struct route *route)
{
	struct emit *emit = &show->emit;
	char text[12];

	if ((route->table != TABLE_MAIN || show->details) && !show->no_table)
		emit_string(emit, "table", "table ",
			    ip_name(show->job, route_tables, route->table, text,
				    sizeof(text)),
			    " ");
	if ((route->proto != ROUTE_PROTO_BOOT || show->details) &&
	    !show->no_proto)
		emit_string(emit, "protocol", "proto ",
			    ip_name(show->job, route_protocols, route->proto,
				    text, sizeof(text)),
			    " ");
	if ((route->scope != SCOPE_GLOBAL || show->details) && !show->no_scope)
		emit_string(emit, "scope", "scope ",
			    ip_name(show->job, route_scopes, route->scope, text,
				    sizeof(text)),
			    " ");
}

void
route_emit(struct route_show *show, const struct route *route)
{
	/* To be told: an object's next hops, and its type, are its own. */
	bool object = show->no_state && route->nhid != 0;
	bool single = route->nexthop_count == 1 && !object;
	struct emit *emit = &show->emit;
	char text[12];

	emit_object(emit, NULL);
	if ((route->type != ROUTE_UNICAST && !object) || show->details)
		emit_string(emit, "type", "",
			    ip_name(show->job, route_types, route->type, text,
				    sizeof(text)),
			    " ");
	emit_dst(emit, route);
	if (route->tos != 0 && !show->no_tos) {
		fmt_print(text, sizeof(text), "0x%02x", route->tos);
		emit_string(emit, "tos", "tos ", text, " ");
	}
	if (route->nhid != 0)
		emit_number(emit, "nhid", "nhid ", route->nhid, " ");
	if (single)
		emit_nexthop(emit, &route->nexthop[0], !show->no_via,
			     !show->no_dev);
	/* Linux sends them to lo. */
	else if (route->nhid != 0 && route->type == ROUTE_BLACKHOLE && !object)
		emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ", "lo", " ");
	emit_origin(show, route);
	if (route->source != 0 && !show->no_source)
		emit_addr(emit, "prefsrc", "src ", route->source, " ");
	if (route->metric != 0 && !show->no_metric)
		emit_number(emit, "metric", "metric ", route->metric, " ");
	emit_array(emit, "flags", "");
	if (single)
		route_emit_flags(emit,
				 route->nexthop[0].flags & flags_shown(show));
	emit_array_end(emit, "");
	route_emit_metrics(emit, route, show->no_state);
	if (route->nhid != 0 && show->details)
		nexthop_emit_info(emit, show->job, route->nhid);
	if (route->nexthop_count > 1 && !object)
		emit_nexthops(show, route);
	emit_line(emit);
	emit_object_end(emit);
}

/* ---- selectors ---------------------------------------------------------- */

enum {
	LIST_TABLE,
	LIST_CACHED,
	LIST_TOS,
	LIST_PROTO,
	LIST_METRIC,
	LIST_SCOPE,
	LIST_TYPE,
	LIST_DEV,
	LIST_VIA,
	LIST_SRC,
	LIST_FROM,
	LIST_ROOT,
	LIST_MATCH,
	LIST_EXACT,
	LIST_TO,
	LIST_PREFIX,
};

#define TABLE_ALL   0u
#define TABLE_CACHE 0xffffffffu

static const struct arg_name list_tables[] = {
	{ "local", TABLE_LOCAL },     { "main", TABLE_MAIN },
	{ "default", TABLE_DEFAULT }, { "all", TABLE_ALL },
	{ "cache", TABLE_CACHE },     { NULL, 0 },
};

/* clang-format off */
#define PREFIX_OF(w, f, h) { .word = w, .kind = ARG_PREFIX, .flags = (f), \
	.what = "PREFIX", .help = h }
const struct arg_spec route_show_args[] = {
	[LIST_TABLE] = { .word = "table", .kind = ARG_NAME, .names = list_tables,
		.max = 0xfffffffe, .flags = ARG_ABBREV, .what = "TABLE",
		.help = "of this table; main unless told",
		.wrong = "table id value is invalid\n" },
	[LIST_CACHED] = { .word = "cached", .also = "~cloned|cache",
		.kind = ARG_FLAG, .flags = ARG_ABBREV | ARG_HIDDEN,
		.help = "what was learned of paths" },
	[LIST_TOS] = { .word = "dsfield", .also = "tos", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "TOS",
		.help = "for this type of service" },
	[LIST_PROTO] = { .word = "protocol", .kind = ARG_NAME,
		.names = route_protocols, .max = 255, .flags = ARG_ABBREV,
		.what = "PROTO", .help = "made by this protocol",
		.wrong = "invalid \"protocol\"\n" },
	[LIST_METRIC] = { .word = "metric", .also = "~priority|preference",
		.kind = ARG_NUMBER, .max = 0xffffffff, .flags = ARG_ABBREV,
		.what = "N", .help = "with this metric",
		.wrong = "\"metric\" value is invalid\n" },
	[LIST_SCOPE] = { .word = "scope", .kind = ARG_NAME, .names = route_scopes,
		.max = 255, .flags = ARG_ABBREV, .what = "SCOPE",
		.help = "of this scope", .wrong = "invalid \"scope\"\n" },
	[LIST_TYPE] = { .word = "type", .kind = ARG_NAME, .names = route_types,
		.max = 255, .flags = ARG_ABBREV, .what = "TYPE",
		.help = "of this type", .wrong = "node type value is invalid\n" },
	[LIST_DEV] = { .word = "dev", .also = "oif", .kind = ARG_NETDEV,
		.what = "DEVICE", .help = "out of this interface" },
	[LIST_VIA] = PREFIX_OF("via", 0, "by gateways in this prefix"),
	[LIST_SRC] = PREFIX_OF("src", 0, "with a preferred source in this prefix"),
	[LIST_FROM] = PREFIX_OF("from", ARG_ABBREV | ARG_HIDDEN, "nothing: routes have no source prefix"),
	[LIST_ROOT] = PREFIX_OF("root", ARG_ABBREV, "inside this prefix"),
	[LIST_MATCH] = PREFIX_OF("match", ARG_ABBREV, "that would match this prefix"),
	[LIST_EXACT] = PREFIX_OF("exact", ARG_ABBREV, "to exactly this prefix"),
	[LIST_TO] = { .word = "to", .kind = ARG_FLAG, .flags = ARG_ABBREV | ARG_HIDDEN,
		.help = "may stand before root, match, exact and a prefix" },
	[LIST_PREFIX] = PREFIX_OF("", ARG_POSITIONAL, "to exactly this prefix"),
	{ .kind = ARG_END },
};
/* clang-format on */

/* What a walk is about and where it is. */
struct route_walk {
	struct route_show show;
	const struct arg *arg; /* the job's */
	struct job *job;
	struct netdev *dev;
	uint32_t table;
	uint8_t tos;
	struct fib_place place;
	uint32_t cached; /* show cache: from this destination on */
	uint32_t count;	 /* flush: routes deleted */
	bool verbose;	 /* flush: show them */
	bool save;	 /* as lines that make them */
	unsigned int chosen_count;
	struct chosen {
		uint32_t table, dst, metric;
		uint8_t prefix_len, type, scope, proto, tos;
	} chosen[FLUSH_BUDGET];
};

static bool
in_prefix(const struct arg *arg, uint32_t addr)
{
	return prefix_holds(arg->addr, arg->prefix_len, addr);
}

static bool
dst_selected(const struct arg *arg, const struct route *route)
{
	const struct arg *to = arg[LIST_PREFIX].count > 0 ? &arg[LIST_PREFIX]
							  : &arg[LIST_EXACT];

	if (arg[LIST_ROOT].count > 0 &&
	    (route->prefix_len < arg[LIST_ROOT].prefix_len ||
	     !in_prefix(&arg[LIST_ROOT], route->dst)))
		return false;
	if (arg[LIST_MATCH].count > 0 &&
	    (route->prefix_len > arg[LIST_MATCH].prefix_len ||
	     !prefix_holds(route->dst, route->prefix_len,
			   arg[LIST_MATCH].addr)))
		return false;
	return to->count == 0 || (route->prefix_len == to->prefix_len &&
				  in_prefix(to, route->dst));
}

static bool
route_selected(const struct route_walk *walk, const struct route *route)
{
	const struct arg *arg = walk->arg;
	const struct nexthop *nexthop =
		route->nexthop_count == 1 ? &route->nexthop[0] : NULL;

	if ((arg[LIST_TOS].count > 0 && route->tos != walk->tos) ||
	    (arg[LIST_METRIC].count > 0 &&
	     route->metric != arg[LIST_METRIC].number) ||
	    (arg[LIST_PROTO].count > 0 &&
	     route->proto != arg[LIST_PROTO].number) ||
	    (arg[LIST_SCOPE].count > 0 &&
	     route->scope != arg[LIST_SCOPE].number) ||
	    (arg[LIST_TYPE].count > 0 && route->type != arg[LIST_TYPE].number))
		return false;
	if (walk->dev != NULL && (nexthop == NULL || nexthop->dev != walk->dev))
		return false;
	if (arg[LIST_VIA].count > 0 &&
	    (nexthop == NULL || nexthop->gateway == 0 ||
	     !in_prefix(&arg[LIST_VIA], nexthop->gateway)))
		return false;
	if (arg[LIST_SRC].count > 0 &&
	    (route->source == 0 || !in_prefix(&arg[LIST_SRC], route->source)))
		return false;
	return arg[LIST_FROM].count == 0 && dst_selected(arg, route);
}

static bool
is_host(const struct arg *arg)
{
	return arg->count > 0 && arg->prefix_len == 32;
}

/* "all" and "any" select nothing; "default" is a prefix, or none there is. */
static void
drop_wildcards(struct job *job)
{
	static const uint8_t prefixes[] = { LIST_VIA, LIST_SRC, LIST_MATCH,
					    LIST_EXACT, LIST_PREFIX };

	for (uint32_t i = 0; i < array_len(prefixes); i++) {
		struct arg *arg = &job->arg[prefixes[i]];

		if (arg->count > 0 && (strcmp(arg->text, "all") == 0 ||
				       strcmp(arg->text, "any") == 0))
			arg->count = 0;
	}
}

static enum step
walk_init(struct job *job, struct route_walk *walk)
{
	const struct arg *arg = job->arg;
	struct route_show *show = &walk->show;

	walk->arg = arg;
	drop_wildcards(job);
	ip_emit(job, &show->emit);
	show->job = job;
	show->details = ip_option(job, IP_DETAILS);
	walk->table = arg[LIST_TABLE].count > 0
			      ? (uint32_t)arg[LIST_TABLE].number
			      : TABLE_MAIN;
	show->no_table = walk->table != TABLE_ALL;
	show->no_proto = arg[LIST_PROTO].count > 0;
	show->no_scope = arg[LIST_SCOPE].count > 0;
	show->no_tos = arg[LIST_TOS].count > 0;
	show->no_metric = arg[LIST_METRIC].count > 0;
	show->no_dev = arg[LIST_DEV].count > 0;
	show->no_via = is_host(&arg[LIST_VIA]);
	show->no_source = is_host(&arg[LIST_SRC]);
	if (arg[LIST_TOS].count > 0 &&
	    !tos_parse(arg[LIST_TOS].text, &walk->tos)) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: TOS value is "
			   "invalid\n\n",
			   arg[LIST_TOS].text);
		return job_exit(job, 255);
	}
	if (arg[LIST_DEV].count > 0) {
		walk->dev = netdev_lookup(job->net, arg[LIST_DEV].text);
		if (walk->dev == NULL)
			return ip_no_device(job, arg[LIST_DEV].text);
	}
	return STEP_MORE;
}

/* It is about what was learned of paths, not about routes. */
static bool
is_cache(const struct route_walk *walk)
{
	return walk->table == TABLE_CACHE || walk->arg[LIST_CACHED].count > 0;
}

/* There are no routes to walk. */
static bool
nothing(const struct job *job, const struct route_walk *walk)
{
	return is_cache(walk) || ip_family(job) == 6;
}

static bool
is_builtin(uint32_t table)
{
	return table == TABLE_ALL || table == TABLE_MAIN ||
	       table == TABLE_LOCAL || table == TABLE_DEFAULT;
}

static bool
any_visit(void *found, const struct route *route)
{
	*(bool *)found = true;
	return false;
}

bool
route_table_exists(struct net *net, uint32_t table)
{
	struct fib_place place = { 0 };
	bool found = is_builtin(table);

	if (!found)
		fib_walk(net, table, &place, 1, any_visit, &found);
	return found;
}

static enum step
no_table(struct job *job, const char *what)
{
	out_printf(job->err,
		   "Error: ipv4: FIB table does not exist.\n%s terminated\n",
		   what);
	return job_exit(job, 2);
}

/* ---- show --------------------------------------------------------------- */

enum step
route_list_start(struct job *job)
{
	struct route_walk *walk = job_state(job, struct route_walk);

	if (walk_init(job, walk) == STEP_DONE)
		return STEP_DONE;
	emit_begin(&walk->show.emit);
	return STEP_MORE;
}

/* A step's worth of output: the longest route has 32 next hops. */
static bool
list_visit(void *ctx, const struct route *route)
{
	struct route_walk *walk = ctx;

	if (!route_selected(walk, route))
		return true;
	/* What addresses make by themselves need not be made. */
	if (walk->save && route->proto == ROUTE_PROTO_KERNEL)
		return true;
	if (walk->save)
		route_emit_command(walk->job, "append", route);
	else
		route_emit(&walk->show, route);
	return false;
}

enum step
route_save_start(struct job *job)
{
	struct route_walk *walk = job_state(job, struct route_walk);

	if (walk_init(job, walk) == STEP_DONE)
		return STEP_DONE;
	walk->save = true;
	walk->job = job;
	walk->show.emit.json = false;
	return STEP_MORE;
}

static void
emit_path(struct route_walk *walk, struct net *net, const struct path *path)
{
	const struct netdev *dev = netdev_by_index(net, path->ifindex);
	uint32_t gateway = path->gateway ? path->gateway : path->via;
	struct emit *emit = &walk->show.emit;

	emit_object(emit, NULL);
	emit_addr(emit, "dst", "", path->dst, " ");
	if (gateway != path->dst)
		emit_addr(emit, "gateway", "via ", gateway, " ");
	emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ", dev->name, " ");
	emit_array(emit, "flags", "");
	emit_array_end(emit, "");
	route_emit_cache(emit, path->gateway ? "redirected" : NULL);
	route_emit_path(emit, net, path, NULL);
	emit_line(emit);
	emit_object_end(emit);
}

/* By address, from the one after the last shown. */
static bool
cache_step(struct job *job, struct route_walk *walk)
{
	const struct path *path = NULL;

	if (job->position == 0 || walk->cached != 0)
		path = path_from(job->net, walk->cached);
	job->position = 1;
	if (path == NULL || ip_family(job) == 6)
		return false;
	if (dst_selected(walk->arg,
			 &(struct route){ .dst = path->dst, .prefix_len = 32 }))
		emit_path(walk, job->net, path);
	walk->cached = path->dst + 1;
	return true;
}

enum step
route_list_step(struct job *job)
{
	struct route_walk *walk = job_state(job, struct route_walk);

	if (is_cache(walk) && cache_step(job, walk))
		return STEP_MORE;
	if (!nothing(job, walk) && fib_walk(job->net, walk->table, &walk->place,
					    WALK_BUDGET, list_visit, walk))
		return STEP_MORE;
	emit_end(&walk->show.emit);
	if (!nothing(job, walk) && !route_table_exists(job->net, walk->table))
		return no_table(job, "Dump");
	return job_exit(job, 0);
}

/* ---- flush -------------------------------------------------------------- */

enum step
route_flush_start(struct job *job)
{
	struct route_walk *walk = job_state(job, struct route_walk);

	if (job->word_count == job->first_arg) {
		out_puts(job->err, "\"ip route flush\" requires arguments.\n");
		return job_exit(job, 1);
	}
	if (walk_init(job, walk) == STEP_DONE)
		return STEP_DONE;
	walk->verbose = job->option[IP_STATS].count > 1;
	if (!nothing(job, walk))
		return STEP_MORE;
	path_flush(job->net);
	if (ip_option(job, IP_STATS))
		out_puts(job->out, "*** IPv4 routing cache is flushed.\n");
	return job_exit(job, 0);
}

static bool
flush_visit(void *ctx, const struct route *route)
{
	struct route_walk *walk = ctx;

	if (!route_selected(walk, route))
		return true;
	if (walk->verbose)
		route_emit(&walk->show, route);
	walk->chosen[walk->chosen_count++] = (struct chosen){
		.table = route->table,
		.dst = route->dst,
		.metric = route->metric,
		.prefix_len = route->prefix_len,
		.type = route->type,
		.scope = route->scope,
		.proto = route->proto,
		.tos = route->tos,
	};
	return walk->chosen_count < (walk->verbose ? 1 : FLUSH_BUDGET);
}

static void
delete_chosen(struct job *job, struct route_walk *walk)
{
	struct route like;

	for (unsigned int i = 0; i < walk->chosen_count; i++) {
		const struct chosen *c = &walk->chosen[i];

		like = (struct route){
			.table = c->table,
			.dst = c->dst,
			.metric = c->metric,
			.prefix_len = c->prefix_len,
			.type = c->type,
			.scope = c->scope,
			.proto = c->proto,
			.tos = c->tos,
		};
		if (fib_delete(job->net, &like) == FIB_OK)
			walk->count++;
	}
	/* What was deleted is no longer in front of the place. */
	walk->place.seen -= min_of(walk->place.seen, walk->chosen_count);
	walk->chosen_count = 0;
}

enum step
route_flush_step(struct job *job)
{
	struct route_walk *walk = job_state(job, struct route_walk);
	bool more = fib_walk(job->net, walk->table, &walk->place, WALK_BUDGET,
			     flush_visit, walk);

	delete_chosen(job, walk);
	if (more)
		return STEP_MORE;
	if (walk->count == 0 && !route_table_exists(job->net, walk->table))
		return no_table(job, "Flush");
	if (!ip_option(job, IP_STATS))
		return job_exit(job, 0);
	if (walk->count == 0)
		out_puts(job->out, "Nothing to flush.\n");
	else
		out_printf(job->out,
			   "\n*** Round 1, deleting %u entries ***\n"
			   "*** Flush is complete after 1 round ***\n",
			   walk->count);
	return job_exit(job, 0);
}
