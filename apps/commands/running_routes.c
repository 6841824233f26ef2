/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes of `show running-config`. What addresses make by themselves is
 * left out. A gateway must be on a link when its route or next-hop object is
 * made, so the routes of the narrowest scope come first, those for which rules
 * have to be asked last. Of routes to the same prefix, with the
 * same TOS and metric, the first is taken: where that order makes another
 * sequence of them, they are taken out and put in again one by one. In the end
 * those go that addresses make and that the operator has deleted.
 */
#include "apps/commands/ip_nexthop.h"
#include "apps/commands/ip_route.h"
#include "apps/commands/running.h"

#include "lib/port.h"
#include "net/net.h"

#define ROUTES_BUDGET 64u /* looked at in one step */

enum {
	PASS_HOST,
	PASS_LINK,
	PASS_NEXTHOPS,
	PASS_GROUPS,
	PASS_LINK_BY_NEXTHOP,
	PASS_FAR,
	PASS_FAR_BY_RULES = RUNNING_AFTER_RULES,
	PASS_ORDER,
	PASS_DELETED,
	PASS_END,
};

struct routes_visit {
	struct job *job;
	struct running_routes *routes;
};

static void
show_line(struct job *job, const char *verb, const struct route *route)
{
	out_puts(job->out, "ip ");
	route_emit_command(job, verb, route);
}

/* ---- what addresses make ------------------------------------------------ */

#define RANK_NOT_MADE 0x80000000u

struct rank {
	const struct route *route;
	uint32_t at;
	bool found;
};

static bool
is_same(const struct route *made, const struct route *route)
{
	return made->table == route->table && made->dst == route->dst &&
	       made->prefix_len == route->prefix_len &&
	       made->type == route->type && made->scope == route->scope &&
	       made->proto == route->proto && made->tos == route->tos &&
	       made->metric == route->metric && made->source == route->source &&
	       route->mtu == 0 && route->advmss == 0 && route->locks == 0 &&
	       route->metrics == NULL && route->nhid == 0 &&
	       route->nexthop_count == 1 && route->nexthop[0].gateway == 0 &&
	       made->nexthop[0].dev == route->nexthop[0].dev;
}

static bool
rank_visit(void *ctx, const struct route *made)
{
	struct rank *rank = ctx;

	rank->found = is_same(made, rank->route);
	rank->at += !rank->found;
	return !rank->found;
}

/* As which one an address makes it. */
static uint32_t
made_rank(struct net *net, const struct route *route)
{
	struct rank rank = { .route = route };

	if (route->proto == ROUTE_PROTO_KERNEL)
		addr_for_each_route(net, rank_visit, &rank);
	return rank.found ? rank.at : RANK_NOT_MADE;
}

/* ---- those that are made ------------------------------------------------ */

/* What is visited is only there until the next one is looked up. */
struct kept {
	struct route route;
	struct nexthop room[ROUTE_NEXTHOPS_MAX];
};

static void
keep(struct kept *kept, const struct route *route)
{
	memcpy(&kept->route, route,
	       sizeof(*route) + route->nexthop_count * sizeof(struct nexthop));
}

/* Does a table say that this gateway is on a link? */
static bool
table_has(struct net *net, uint32_t table, const struct route *route,
	  const struct nexthop *nexthop)
{
	const struct route *via;
	uint32_t mask;

	for (unsigned int len = 0; len <= 32; len++) {
		mask = len == 0 ? 0 : UINT32_MAX << (32 - len);
		via = fib_exact(net, table, nexthop->gateway & mask,
				(uint8_t)len);
		if (via != NULL && via->scope > route->scope &&
		    via->scope >= SCOPE_LINK && via->nexthop_count == 1 &&
		    via->nexthop[0].dev == nexthop->dev)
			return true;
	}
	return false;
}

/* A gateway is looked for in the route's own table and by the rules: are the
 * operator's rules needed for that? */
static bool
needs_rules(struct net *net, const struct route *route)
{
	const struct nexthop *nexthop = route->nexthop;

	for (uint32_t i = 0; i < route->nexthop_count; i++, nexthop++)
		if (nexthop->gateway != 0 &&
		    !(nexthop->flags & NEXTHOP_ONLINK) &&
		    !table_has(net, route->table, route, nexthop) &&
		    !table_has(net, TABLE_MAIN, route, nexthop) &&
		    !table_has(net, TABLE_LOCAL, route, nexthop) &&
		    !table_has(net, TABLE_DEFAULT, route, nexthop))
			return true;
	return false;
}

static unsigned int
pass_of(struct net *net, const struct route *route)
{
	if (route->scope >= SCOPE_HOST)
		return PASS_HOST;
	if (route->scope >= SCOPE_LINK)
		return route->nhid ? PASS_LINK_BY_NEXTHOP : PASS_LINK;
	if (fib_has_rules(net) && route->nhid == 0 && needs_rules(net, route))
		return PASS_FAR_BY_RULES;
	return PASS_FAR;
}

static bool
append_visit(void *ctx, const struct route *route)
{
	struct routes_visit *visit = ctx;

	struct net *net = visit->job->net;
	struct kept kept;

	if (visit->routes->pass < PASS_FAR && route->scope < SCOPE_LINK)
		return true;
	keep(&kept, route);
	if (pass_of(net, &kept.route) != visit->routes->pass ||
	    made_rank(net, &kept.route) != RANK_NOT_MADE)
		return true;
	show_line(visit->job, "append", &kept.route);
	return false;
}

/* ---- their order -------------------------------------------------------- */

static struct running_key
key_of(struct net *net, const struct kept *kept)
{
	const struct route *route = &kept->route;
	struct running_key key = {
		.table = route->table,
		.dst = route->dst,
		.prefix_len = route->prefix_len,
		.tos = route->tos,
		.metric = route->metric,
		.rank = made_rank(net, route),
	};

	if (key.rank == RANK_NOT_MADE)
		key.rank += pass_of(net, route);
	return key;
}

static bool
same_group(const struct running_key *a, const struct running_key *b)
{
	return a->table == b->table && a->dst == b->dst &&
	       a->prefix_len == b->prefix_len && a->tos == b->tos &&
	       a->metric == b->metric;
}

/* Finds one that the lines so far put behind its successor. */
static bool
order_visit(void *ctx, const struct route *route)
{
	struct routes_visit *visit = ctx;
	struct running_routes *routes = visit->routes;
	struct running_key key;
	struct kept kept;
	bool seen;

	keep(&kept, route);
	key = key_of(visit->job->net, &kept);
	seen = routes->place.seen > 1 && same_group(&key, &routes->last);

	if (seen && key.rank < routes->last.rank &&
	    !same_group(&key, &routes->group)) {
		routes->sorting = true;
		routes->group = key;
		routes->sorted = (struct fib_place){
			.started = true,
			.table = key.table,
			.dst = key.dst,
			.prefix_len = key.prefix_len,
		};
	}
	routes->last = key;
	return !routes->sorting;
}

static bool
sort_visit(void *ctx, const struct route *route)
{
	struct routes_visit *visit = ctx;
	struct running_routes *routes = visit->routes;
	struct running_key key;
	struct kept kept;

	keep(&kept, route);
	key = key_of(visit->job->net, &kept);
	routes->sorting = key.table == routes->group.table &&
			  key.dst == routes->group.dst &&
			  key.prefix_len == routes->group.prefix_len;
	if (!routes->sorting)
		return false;
	if (!same_group(&key, &routes->group))
		return true;
	show_line(visit->job, "del", &kept.route);
	show_line(visit->job, "append", &kept.route);
	return false;
}

static bool
order_step(struct routes_visit *visit)
{
	struct running_routes *routes = visit->routes;
	struct net *net = visit->job->net;

	if (!routes->sorting)
		return fib_walk(net, 0, &routes->place, ROUTES_BUDGET,
				order_visit, visit);
	if (!fib_walk(net, routes->group.table, &routes->sorted, ROUTES_BUDGET,
		      sort_visit, visit))
		routes->sorting = false;
	return true;
}

/* ---- those that are not there ------------------------------------------- */

static bool
find_visit(void *ctx, const struct route *route)
{
	struct rank *rank = ctx;

	rank->found = is_same(rank->route, route);
	return !rank->found && route->dst == rank->route->dst &&
	       route->prefix_len == rank->route->prefix_len;
}

static bool
is_there(struct net *net, const struct route *made)
{
	struct rank rank = { .route = made };
	struct fib_place place = {
		.started = true,
		.table = made->table,
		.dst = made->dst,
		.prefix_len = made->prefix_len,
	};

	(void)fib_walk(net, made->table, &place, UINT32_MAX, find_visit, &rank);
	return rank.found;
}

struct deleted {
	struct job *job;
	uint32_t at, wanted;
	bool more;
};

/* The one that is wanted. What several addresses make is deleted once. */
static bool
deleted_visit(void *ctx, const struct route *made)
{
	struct deleted *deleted = ctx;
	struct job *job = deleted->job;

	if (deleted->at++ < deleted->wanted)
		return true;
	if (made_rank(job->net, made) == deleted->wanted &&
	    !is_there(job->net, made))
		show_line(job, "del", made);
	deleted->more = true;
	return false;
}

static bool
deleted_step(struct job *job, struct running_routes *routes)
{
	struct deleted deleted = { .job = job, .wanted = routes->made++ };

	addr_for_each_route(job->net, deleted_visit, &deleted);
	return deleted.more;
}

bool
running_routes_step(struct job *job, struct running_routes *routes)
{
	struct routes_visit visit = { job, routes };
	bool more;

	if (routes->pass == PASS_NEXTHOPS || routes->pass == PASS_GROUPS)
		more = nexthop_show_config(job, &routes->nexthop,
					   routes->pass == PASS_GROUPS);
	else if (routes->pass == PASS_DELETED)
		more = deleted_step(job, routes);
	else if (routes->pass == PASS_ORDER)
		more = order_step(&visit);
	else
		more = fib_walk(job->net, 0, &routes->place, ROUTES_BUDGET,
				append_visit, &visit);
	if (!more) {
		routes->pass++;
		routes->place = (struct fib_place){ 0 };
		routes->nexthop = 0;
	}
	return routes->pass < PASS_END;
}
