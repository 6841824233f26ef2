/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a route must be like to be accepted, as Linux judges it: types, scopes,
 * gateways that are on a subnet of ours, sources that are addresses of ours.
 * What passes is completed in fib->draft. Observed on Linux 6.1 and 6.18 with
 * iproute2 6.1; the words are in fib_error_text().
 */

#include "net/ipv4/fib_internal.h"

#define ADVMSS_MAX (65535u - 40u)
#define MTU_MAX	   (65535u - 15u)

/* Types that end here: no next hop, an error for the sender. */
static bool
is_refusal(uint8_t type)
{
	return type >= ROUTE_BLACKHOLE && type <= ROUTE_THROW;
}

static enum fib_error
check_type(const struct route *want)
{
	switch (want->type) {
	case ROUTE_UNICAST:
	case ROUTE_MULTICAST:
	case ROUTE_BLACKHOLE:
	case ROUTE_UNREACHABLE:
	case ROUTE_PROHIBIT:
	case ROUTE_THROW: return FIB_OK;
	case ROUTE_BROADCAST:
		return want->scope < SCOPE_LINK ? FIB_BAD_SCOPE : FIB_OK;
	case ROUTE_LOCAL:
		return want->scope < SCOPE_HOST ? FIB_BAD_SCOPE : FIB_OK;
	default: return FIB_BAD_TYPE;
	}
}

static enum fib_error
check_key(const struct route *want)
{
	if (want->prefix_len > 32 || want->dst & ~fib_mask(want->prefix_len))
		return FIB_BAD_PREFIX;
	if (want->nexthop_count > ROUTE_NEXTHOPS_MAX)
		return FIB_INVALID;
	if (want->scope > SCOPE_HOST && !is_refusal(want->type))
		return FIB_BAD_SCOPE;
	return check_type(want);
}

/* What the table itself says about an address, or else the rules. */
static void
resolve(struct fib *fib, uint32_t table_id, const struct fib_query *query,
	struct fib_result *result)
{
	struct fib_table *table = fib_table_find(fib, table_id);

	*result = (struct fib_result){ 0 };
	if (table_id != TABLE_MAIN && table &&
	    fib_table_resolve(fib, table, query, result) &&
	    !is_refusal(result->route->type))
		return;
	fib_resolve(fib, query, result);
}

/* Which type of address it is, by a table. A broadcast address whose link has
 * no carrier is none meanwhile, as in Linux. */
static uint8_t
addr_type(struct fib *fib, uint32_t table_id, uint32_t addr)
{
	const struct flow flow = { .dst = addr };
	const struct fib_query query = {
		.flow = &flow,
		.exact = true,
	};
	struct fib_table *table = fib_table_find(fib, table_id);
	struct fib_result result = { 0 };

	if (!table || !fib_table_resolve(fib, table, &query, &result))
		return ROUTE_UNICAST;
	return result.route->type;
}

static void
note_state(struct fib *fib, struct nexthop *nexthop)
{
	nexthop->flags |= fib_link_flags(nexthop->dev);
	fib_gateway_note(fib, nexthop);
}

/* The operator swears that the gateway is on the link. */
static enum fib_error
check_onlink(struct fib *fib, const struct route *draft,
	     struct nexthop *nexthop)
{
	uint32_t gateway = nexthop->gateway;

	if (draft->scope >= SCOPE_LINK)
		return FIB_ONLINK_SCOPE;
	if (!nexthop->dev)
		return FIB_ONLINK_DEVICE;
	if (!netdev_is_up(nexthop->dev))
		return FIB_ONLINK_DOWN;
	/* An address of ours, a broadcast or a group is no router. */
	if (gateway >> 28 == 0xe || gateway == 0xffffffff ||
	    addr_type(fib, TABLE_LOCAL, gateway) != ROUTE_UNICAST)
		return FIB_BAD_GATEWAY;
	nexthop->scope = SCOPE_LINK;
	note_state(fib, nexthop);
	return FIB_OK;
}

static bool
is_via(const struct route *route, uint8_t scope, const struct netdev *dev)
{
	return (route->type == ROUTE_UNICAST || route->type == ROUTE_LOCAL) &&
	       route->scope >= scope && route->nexthop_count == 1 &&
	       !(route->nexthop[0].flags & NEXTHOP_DEAD) &&
	       (!dev || dev == route->nexthop[0].dev);
}

/*
 * Which route leads to a gateway. If the one that packets take suits, it is
 * that; else a shorter prefix may. A throw that sends packets on to the next
 * table may be of too wide a scope to send the gateway.
 */
static const struct route *
find_via(struct fib *fib, uint32_t table, const struct fib_query *query,
	 const struct netdev *dev)
{
	struct fib_result result;
	const struct route *route;
	uint32_t value = FIB_ASK;

	if (table == TABLE_MAIN && !fib->careful && !fib->throw_count)
		value = fib_lookup_value(&fib->merged, query->flow->dst);
	if (value > FIB_ASK) {
		route = fib_mem_at(&fib->mem, value);
		if (is_via(route, query->scope, dev))
			return route;
	}
	resolve(fib, table, query, &result);
	return result.route;
}

/*
 * The gateway must be reachable without another gateway of the same reach: a
 * route's next hop is found by routes of a narrower scope.
 */
static enum fib_error
check_gateway(struct fib *fib, const struct route *draft,
	      struct nexthop *nexthop)
{
	const struct flow flow = {
		.dst = nexthop->gateway,
		.out = nexthop->dev ? nexthop->dev->ifindex : 0,
	};
	const struct fib_query query = {
		.flow = &flow,
		.scope = max_of(draft->scope + 1u, (uint32_t)SCOPE_LINK),
		.exact = true,
		.rested = true,
	};
	const struct route *route;
	const struct nexthop *via;

	if (nexthop->flags & NEXTHOP_ONLINK)
		return check_onlink(fib, draft, nexthop);
	route = find_via(fib, draft->table, &query, nexthop->dev);
	if (!route ||
	    (route->type != ROUTE_UNICAST && route->type != ROUTE_LOCAL))
		return FIB_BAD_GATEWAY;
	via = route_nexthop(route, &flow);
	/* What is right does not depend on who is plugged in. */
	if (!via && route->nexthop_count &&
	    !(route->nexthop[0].flags & NEXTHOP_DEAD))
		via = &route->nexthop[0];
	if (!via || !via->dev)
		return FIB_BAD_GATEWAY;
	nexthop->dev = via->dev;
	nexthop->scope = route->scope;
	note_state(fib, nexthop);
	return netdev_is_up(nexthop->dev) ? FIB_OK : FIB_GATEWAY_DOWN;
}

static enum fib_error
check_link(struct fib *fib, struct nexthop *nexthop)
{
	if (nexthop->flags & NEXTHOP_ONLINK)
		return FIB_ONLINK_GATEWAY;
	if (!nexthop->dev)
		return FIB_NO_DEVICE;
	if (!netdev_is_up(nexthop->dev))
		return FIB_DEVICE_DOWN;
	nexthop->scope = SCOPE_HOST;
	note_state(fib, nexthop);
	return FIB_OK;
}

enum fib_error
fib_check_nexthop(struct fib *fib, uint8_t scope, struct nexthop *nexthop)
{
	const struct route like = { .table = TABLE_MAIN, .scope = scope };

	return nexthop->gateway ? check_gateway(fib, &like, nexthop)
				: check_link(fib, nexthop);
}

/* A route to the box itself: the interface need not be up. */
static enum fib_error
check_host(struct route *draft)
{
	if (draft->nexthop_count > 1)
		return FIB_HOST_MULTIPATH;
	if (draft->nexthop[0].gateway)
		return FIB_HOST_GATEWAY;
	if (!draft->nexthop[0].dev)
		return FIB_NO_DEVICE;
	draft->nexthop[0].scope = SCOPE_NOWHERE;
	return FIB_OK;
}

/* A next-hop object was checked when it was made. */
static enum fib_error
check_object(struct fib *fib, const struct route *draft)
{
	const struct nexthop_object *object =
		nexthop_find(fib->net, draft->nhid);

	if (draft->nexthop_count)
		return FIB_NH_EXCLUSIVE;
	if (!object)
		return FIB_NO_NEXTHOP_ID;
	if (is_refusal(draft->type))
		return FIB_OK;
	if (draft->type != ROUTE_UNICAST)
		return FIB_INVALID;
	if (draft->scope == SCOPE_HOST && object->member_count)
		return FIB_HOST_MULTIPATH;
	if (draft->scope == SCOPE_HOST && object->hop.gateway)
		return FIB_HOST_GATEWAY;
	if (draft->scope >= SCOPE_LINK && (object->hop.flags & NEXTHOP_ONLINK))
		return FIB_NH_SCOPE;
	return FIB_OK;
}

static enum fib_error
check_nexthops(struct fib *fib, struct route *draft)
{
	enum fib_error error = FIB_OK;

	if (draft->nhid)
		return check_object(fib, draft);
	if (is_refusal(draft->type))
		return draft->nexthop_count ? FIB_TYPE_NEXTHOP : FIB_OK;
	if (!draft->nexthop_count)
		return FIB_NO_DEVICE;
	for (uint32_t i = 0; i < draft->nexthop_count; i++) {
		struct nexthop *nexthop = &draft->nexthop[i];

		nexthop->flags &= NEXTHOP_ONLINK;
		nexthop->weight = max_of(nexthop->weight, 1);
		nexthop->weight = min_of(nexthop->weight, 256);
	}
	if (draft->scope == SCOPE_HOST)
		return check_host(draft);
	for (uint32_t i = 0; i < draft->nexthop_count && !error; i++)
		error = draft->nexthop[i].gateway
				? check_gateway(fib, draft, &draft->nexthop[i])
				: check_link(fib, &draft->nexthop[i]);
	return error;
}

/* The preferred source must be an address of ours, or be this very route. */
static enum fib_error
check_source(struct fib *fib, const struct route *draft)
{
	if (!draft->source || is_refusal(draft->type) ||
	    (draft->type == ROUTE_LOCAL && draft->dst == draft->source) ||
	    addr_type(fib, TABLE_LOCAL, draft->source) == ROUTE_LOCAL)
		return FIB_OK;
	if (draft->table != TABLE_MAIN &&
	    addr_type(fib, draft->table, draft->source) == ROUTE_LOCAL)
		return FIB_OK;
	return FIB_BAD_SOURCE;
}

/* Nothing said is no metrics. */
static void
check_metrics(struct route *draft)
{
	const struct route_metrics *metrics = draft->metrics;
	uint32_t any = metrics ? metrics->locks : 0;

	draft->locks &= ROUTE_LOCK_MTU | ROUTE_LOCK_ADVMSS;
	for (uint32_t i = 0; metrics && i < METRICS; i++)
		any |= metrics->value[i];
	if (!any)
		draft->metrics = NULL;
	else if (metrics->value[METRIC_HOPLIMIT])
		draft->locks |= ROUTE_OWN_TTL;
}

enum fib_error
fib_draft(struct fib *fib, const struct route *want)
{
	struct route *draft = &fib->draft.route;
	enum fib_error error = check_key(want);

	if (error != FIB_OK)
		return error;
	memcpy(draft, want,
	       sizeof(*want) + want->nexthop_count * sizeof(struct nexthop));
	if (!draft->table)
		draft->table = TABLE_MAIN;
	draft->mtu = min_of(draft->mtu, MTU_MAX);
	draft->advmss = min_of(draft->advmss, ADVMSS_MAX);
	check_metrics(draft);
	error = check_nexthops(fib, draft);
	return error == FIB_OK ? check_source(fib, draft) : error;
}

const char *
fib_error_text(enum fib_error error)
{
	static const char *const text[] = {
		[FIB_OK] = "",
		[FIB_EXISTS] = "RTNETLINK answers: File exists",
		[FIB_NOT_FOUND] = "RTNETLINK answers: No such process",
		[FIB_NO_DEVICE] = "RTNETLINK answers: No such device",
		[FIB_BAD_GATEWAY] = "Error: Nexthop has invalid gateway.",
		[FIB_BAD_PREFIX] =
			"Error: Invalid prefix for given prefix length.",
		[FIB_BAD_SOURCE] = "Error: Invalid prefsrc address.",
		[FIB_DEVICE_DOWN] = "Error: Device for nexthop is not up.",
		[FIB_UNREACHABLE] = "RTNETLINK answers: Network is unreachable",
		[FIB_INVALID] = "RTNETLINK answers: Invalid argument",
		[FIB_FULL] = "RTNETLINK answers: Cannot allocate memory",
		[FIB_NH_EXCLUSIVE] = "Error: Nexthop specification and nexthop "
				     "id are mutually exclusive.",
		[FIB_NH_SCOPE] = "Error: Scope mismatch with nexthop.",
		[FIB_NH_DEVICE] = "Error: Device attribute required for "
				  "non-blackhole and non-fdb nexthops.",
		[FIB_NH_TWICE] =
			"Error: Nexthop id can not be used twice in a group.",
		[FIB_NH_MEMBER] = "Error: Invalid nexthop id.",
		[FIB_NH_NESTED] = "Error: Hash-threshold group can not be a "
				  "nexthop within a group.",
		[FIB_NH_NESTED_RES] = "Error: Resilient group can not be a "
				      "nexthop within a group.",
		[FIB_NH_NO_BUCKETS] = "Error: Number of buckets not specified "
				      "for nexthop group insertion.",
		[FIB_NH_BUCKETS] =
			"Error: Number of buckets needs to be non-0.",
		[FIB_NH_BUCKETS_SET] = "Error: Can not change number of "
				       "buckets of a resilient nexthop group.",
		[FIB_NH_TYPE] = "Error: Can not replace a nexthop group with "
				"one of a different type.",
		[FIB_NH_BLACKHOLE] = "Error: Blackhole nexthop can not be used "
				     "in a group with more than 1 path.",
		[FIB_NH_GROUP] = "Error: Can not replace a nexthop group with "
				 "a nexthop.",
		[FIB_NH_SINGLE] = "Error: Can not replace a nexthop with a "
				  "nexthop group.",
		[FIB_NH_MEMBER_HOLE] =
			"Error: Blackhole nexthop can not be a member of a "
			"group with more than one path.",
		[FIB_NO_NEXTHOP_ID] = "Error: Nexthop id does not exist.",
		[FIB_NO_TABLE] = "Error: FIB table does not exist.",
		[FIB_NO_ENTRY] = "RTNETLINK answers: No such file or directory",
		[FIB_BAD_TYPE] = "Error: Invalid route type.",
		[FIB_BAD_SCOPE] = "Error: Invalid scope.",
		[FIB_BAD_TOS] =
			"Error: Invalid dsfield (tos): ECN bits must be 0.",
		[FIB_GATEWAY_DOWN] = "RTNETLINK answers: Network is down",
		[FIB_ONLINK_SCOPE] = "Error: Nexthop has invalid scope.",
		[FIB_ONLINK_DEVICE] =
			"Error: Nexthop device required for onlink.",
		[FIB_ONLINK_DOWN] = "Error: Nexthop device is not up.",
		[FIB_ONLINK_GATEWAY] =
			"Error: Invalid flags for nexthop - PERVASIVE and "
			"ONLINK can not be set.",
		[FIB_HOST_MULTIPATH] = "Error: Route with host scope can not "
				       "have multiple nexthops.",
		[FIB_HOST_GATEWAY] =
			"Error: Route with host scope can not have a gateway.",
		[FIB_TYPE_NEXTHOP] =
			"Error: Gateway, device and multipath can not be "
			"specified for this route type.",
	};

	return text[error];
}
