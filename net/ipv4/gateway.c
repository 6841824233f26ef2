/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gateways that have died behind a link that lives: their neighbour entry is
 * FAILED, as nobody answers ARP. Their next hops are marked SILENT, and packets
 * go by others, if there are any: other next hops of a multipath route, other
 * routes to the same prefix; else they go on to try it, and their senders hear
 * of it. [RFC1122 3.3.1.4, 3.3.1.5]
 *
 * net/neigh tells what it finds out; nobody is asked while all is well. A
 * gateway that no packet asks for any more is asked for by a timer, by ARP, so
 * that it is taken up again when it is back. State: the flag of each next hop,
 * and the timer.
 */

#include "net/explain/explain.h"
#include "net/ipv4/fib_internal.h"

#define NS_PER_MS 1000000ull

/* ---- who is silent ----------------------------------------------------- */

/* Groups of next-hop objects ask for no key, as on Linux. */
bool
fib_heeds_silence(const struct route *route)
{
	return route->nhid ||
	       route->nexthop[0].dev->net->ipv4_param.fib_multipath_use_neigh;
}

/* What is known of neighbours holds so long. */
static void
ask_later(struct fib *fib)
{
	struct net *net = fib->net;
	uint64_t after_ms = max_of(net->neigh.param.base_reachable_time_ms, 1u);

	if (!fib->gateway_timer.armed)
		timer_arm(&net_this_core(net)->timers, &fib->gateway_timer,
			  net->now_ns + after_ms * NS_PER_MS);
}

/* The next hops of one route by this gateway. True if one has changed. */
static bool
route_mark(struct route *route, const struct netdev *dev, uint32_t addr,
	   bool silent)
{
	bool changed = false;

	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		struct nexthop *nexthop = &route->nexthop[i];

		if (nexthop->gateway != addr || nexthop->dev != dev ||
		    !(nexthop->flags & NEXTHOP_SILENT) != silent)
			continue;
		fib_flags_set(nexthop, nexthop->flags ^ NEXTHOP_SILENT);
		changed = true;
	}
	return changed;
}

void
fib_gateway_event(struct netdev *dev, uint32_t addr, bool silent)
{
	struct fib *fib = dev->net->fib;
	struct route_info *info = NULL;
	bool any = false;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		if (!route_mark(&info->route, dev, addr, silent))
			continue;
		any = true;
		if (fib_is_multipath(&info->route))
			fib_spread(&info->route);
	}
	if (any)
		nexthop_tables_follow(fib);
	if (any && silent)
		ask_later(fib);
}

void
fib_gateway_note(struct fib *fib, struct nexthop *nexthop)
{
	if (!nexthop->gateway ||
	    !neigh_is_silent(nexthop->dev, nexthop->gateway))
		return;
	nexthop->flags |= NEXTHOP_SILENT;
	ask_later(fib);
}

void
fib_gateways_update(struct net *net)
{
	struct route_info *info = NULL;
	uint32_t i = 0;

	while (fib_next_info(net->fib, &i, &info))
		if (fib_is_multipath(&info->route))
			fib_spread(&info->route);
}

/* Has one of them come back? */
static void
ask_again(struct timer *timer, uint64_t now_ns)
{
	struct fib *fib = container_of(timer, struct fib, gateway_timer);
	struct nexthop asked = { 0 }; /* many routes have the same */
	struct route_info *info = NULL;
	const struct nexthop *nexthop;
	bool silent = false;
	uint32_t i = 0;

	while (fib_next_info(fib, &i, &info)) {
		for (uint32_t j = 0; j < info->route.nexthop_count; j++) {
			nexthop = &info->route.nexthop[j];
			if (!(nexthop->flags & NEXTHOP_SILENT) ||
			    (nexthop->gateway == asked.gateway &&
			     nexthop->dev == asked.dev))
				continue;
			asked = *nexthop;
			if (neigh_gateway_ask(nexthop->dev, nexthop->gateway))
				fib_gateway_event(nexthop->dev,
						  nexthop->gateway, false);
			else
				silent = true;
		}
	}
	if (silent)
		ask_later(fib);
}

void
fib_gateways_init(struct fib *fib)
{
	timer_init(&fib->gateway_timer, ask_again);
}

void
fib_gateways_fini(struct fib *fib)
{
	timer_cancel(&net_this_core(fib->net)->timers, &fib->gateway_timer);
}

/* ---- ways past them ---------------------------------------------------- */

/* Linux knows but this without the key: a default route of equal metric. */
static bool
is_equal_default(const struct fib_result *a, const struct fib_result *b)
{
	return a->prefix_len == 0 && a->route->metric == b->route->metric;
}

/* Another route to the prefix, by a gateway that is not silent. */
static bool
find_audible(struct fib *fib, const struct flow *flow,
	     struct fib_result *result)
{
	const struct fib_query query = {
		.flow = flow,
		.exact = true,
		.audible = true,
	};
	struct fib_result other = { 0 };

	fib_resolve(fib, &query, &other);
	if (!other.route || other.route->type != ROUTE_UNICAST ||
	    other.table != result->table || other.dst != result->dst ||
	    other.prefix_len != result->prefix_len ||
	    !(fib->net->ipv4_param.fib_multipath_use_neigh ||
	      is_equal_default(&other, result)))
		return false;
	*result = other;
	return true;
}

const struct nexthop *
fib_past_silent(struct fib *fib, const struct flow *flow,
		struct fib_result *result)
{
	const struct nexthop *nexthop = route_nexthop(result->route, flow);

	if (!nexthop || !(nexthop->flags & NEXTHOP_SILENT) ||
	    !find_audible(fib, flow, result))
		return nexthop;
	explain_note(fib->net, GATEWAY_SILENT, nexthop->gateway,
		     nexthop->dev->ifindex);
	return route_nexthop(result->route, flow);
}

rare const struct nexthop *
fib_way_else(struct net *net, const struct route **route,
	     const struct flow *flow, const struct nexthop *silent)
{
	const struct fib_query query = { .flow = flow, .exact = true };
	struct fib_result result = { 0 };
	const struct nexthop *nexthop;

	fib_resolve(net->fib, &query, &result);
	if (!result.route || result.route->type != ROUTE_UNICAST)
		return silent;
	nexthop = fib_past_silent(net->fib, flow, &result);
	if (!nexthop)
		return silent;
	*route = result.route;
	return nexthop;
}
