/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes of `show running-config`. What addresses make by themselves is
 * left out. A gateway must be on a link when its route is made, so the routes
 * of the narrowest scope come first. Of routes to the same prefix, with the
 * same TOS and metric, the first is taken: where that order makes another
 * sequence of them, they are taken out and put in again one by one. In the end
 * those go that addresses make and that the operator has deleted.
 */
#include "apps/commands/ip_route.h"
#include "apps/commands/running.h"

#include "lib/port.h"
#include "net/net.h"

#define ROUTES_BUDGET 64u /* looked at in one step */

enum {
	PASS_HOST,
	PASS_LINK,
	PASS_FAR,
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
	       route->mtu == 0 && route->advmss == 0 && route->nhid == 0 &&
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

static unsigned int
pass_of(const struct route *route)
{
	return route->scope >= SCOPE_HOST   ? PASS_HOST
	       : route->scope >= SCOPE_LINK ? PASS_LINK
					    : PASS_FAR;
}

static bool
append_visit(void *ctx, const struct route *route)
{
	struct routes_visit *visit = ctx;

	if (pass_of(route) != visit->routes->pass ||
	    made_rank(visit->job->net, route) != RANK_NOT_MADE)
		return true;
	show_line(visit->job, "append", route);
	return false;
}

/* ---- their order -------------------------------------------------------- */

static struct running_key
key_of(struct net *net, const struct route *route)
{
	struct running_key key = {
		.table = route->table,
		.dst = route->dst,
		.prefix_len = route->prefix_len,
		.tos = route->tos,
		.metric = route->metric,
		.rank = made_rank(net, route),
	};

	if (key.rank == RANK_NOT_MADE)
		key.rank += pass_of(route);
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
	struct running_key key = key_of(visit->job->net, route);
	bool seen = routes->place.seen > 1 && same_group(&key, &routes->last);

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
	struct running_key key = key_of(visit->job->net, route);

	routes->sorting = key.table == routes->group.table &&
			  key.dst == routes->group.dst &&
			  key.prefix_len == routes->group.prefix_len;
	if (!routes->sorting)
		return false;
	if (!same_group(&key, &routes->group))
		return true;
	show_line(visit->job, "del", route);
	show_line(visit->job, "append", route);
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

	if (routes->pass == PASS_DELETED)
		more = deleted_step(job, routes);
	else if (routes->pass == PASS_ORDER)
		more = order_step(&visit);
	else
		more = fib_walk(job->net, 0, &routes->place, ROUTES_BUDGET,
				append_visit, &visit);
	if (!more) {
		routes->pass++;
		routes->place = (struct fib_place){ 0 };
	}
	return routes->pass < PASS_END;
}
