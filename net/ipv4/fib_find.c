/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which route a packet has. The common case takes the destination alone and one
 * lookup; everything that takes more (policy rules, an interface to leave by,
 * TOS, a scope) is decided here from the tables themselves, in Linux's order.
 */

#include "net/explain/explain.h"
#include "net/ipv4/fib_internal.h"
#include "net/ipv4/ipv4.h"
#include "net/wire/ipv4.h"

/* ---- by the trees ------------------------------------------------------ */

static bool
leaves(const struct route *route, const struct fib_query *query)
{
	const uint8_t useless =
		(query->rested ? NEXTHOP_DEAD : NEXTHOP_USELESS) |
		(query->audible ? NEXTHOP_SILENT : 0);
	uint8_t out = query->flow->out;

	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (!(route->nexthop[i].flags & useless) &&
		    (!out || route->nexthop[i].dev->ifindex == out))
			return true;
	return false;
}

static bool
suits(const struct route *route, const struct fib_query *query)
{
	if (route_info_of(route)->dead)
		return false;
	/* The upper six bits: the rest is ECN's. [RFC3168 5] */
	if (route->tos && route->tos != (query->flow->tos & 0xfc))
		return false;
	if (route->scope < query->scope)
		return false;
	return route->type >= ROUTE_BLACKHOLE || leaves(route, query);
}

/* The first suitable one of the routes with the prefix under the cursor. */
static const struct route *
prefix_resolve(const struct fib *fib, struct fib_cursor *cursor,
	       const struct fib_query *query)
{
	uint32_t dst = fib_cursor_dst(cursor), ref;
	uint8_t len = fib_cursor_len(cursor);

	do {
		ref = *fib_cursor_ref(cursor);
		if (suits(fib_ref_route(fib, ref), query))
			return fib_ref_route(fib, ref);
	} while (fib_cursor_next(cursor) && fib_cursor_is(cursor, dst, len));
	return NULL;
}

bool
fib_table_resolve(const struct fib *fib, struct fib_table *table,
		  const struct fib_query *query, struct fib_result *result)
{
	uint32_t addr = query->flow->dst;
	struct fib_cursor cursor;
	int max_len = 32;

	while (fib_tree_cover(&table->tree, addr, max_len, &cursor)) {
		result->prefix_len = fib_cursor_len(&cursor);
		result->dst = fib_cursor_dst(&cursor);
		result->table = table->id;
		result->route = prefix_resolve(fib, &cursor, query);
		if (result->route && result->route->type == ROUTE_THROW)
			break;
		if (result->route)
			return true;
		max_len = result->prefix_len - 1;
	}
	result->route = NULL;
	return false;
}

/* ---- by the rules ------------------------------------------------------ */

static bool
in_prefix(uint32_t addr, uint32_t prefix, uint8_t len)
{
	return !((addr ^ prefix) & fib_mask(len));
}

static bool
in_range(uint16_t port, uint16_t first, uint16_t last)
{
	return !first || (port >= first && port <= last);
}

/* index 0: the interface named is not there, so nothing can use it. */
static bool
on_interface(const char *name, uint8_t index, uint8_t used)
{
	return !name[0] || (index && index == used);
}

static bool
rule_matches(const struct rule_entry *entry, const struct fib *fib,
	     const struct flow *flow)
{
	const struct rule *rule = &entry->rule;
	/* What we send ourselves comes, as it were, from lo. */
	uint8_t in = flow->in ? flow->in : fib->net->loopback.ifindex;
	bool matches =
		in_prefix(flow->dst, rule->dst, rule->dst_len) &&
		in_prefix(flow->src, rule->src, rule->src_len) &&
		on_interface(rule->iif, entry->iif, in) &&
		on_interface(rule->oif, entry->oif, flow->out) &&
		(!rule->tos || rule->tos == (flow->tos & 0xfc)) &&
		(!rule->ipproto || rule->ipproto == flow->proto) &&
		in_range(flow->sport, rule->sport_first, rule->sport_last) &&
		in_range(flow->dport, rule->dport_first, rule->dport_last) &&
		!((flow->mark ^ rule->mark) & rule->mark_mask);

	return matches != rule->invert;
}

static bool
asks_table(const struct fib *fib, const struct rule_entry *entry,
	   const struct fib_query *query, struct fib_result *result)
{
	int suppress = entry->rule.suppress_prefix_len;
	struct fib_table *table = entry->table;
	uint32_t value = FIB_ASK;

	if (!query->exact && suppress < 0)
		value = fib_lookup_value(table->lookup, query->flow->dst);
	if (value == 0)
		return false;
	if (value == FIB_ASK)
		/* What refuses is an answer however short its prefix. */
		return fib_table_resolve(fib, table, query, result) &&
		       (result->prefix_len > suppress ||
			result->route->type >= ROUTE_BLACKHOLE);
	result->route = fib_mem_at(&fib->mem, value);
	return result->route->type != ROUTE_THROW;
}

/* What a rule itself can answer. Unreachable is the network then, as if there
 * were no route; a route of that name says it of the host. (Linux) */
static const struct route *
refusal(enum rule_action action)
{
	static const struct route blackhole = { .type = ROUTE_BLACKHOLE },
				  prohibit = { .type = ROUTE_PROHIBIT };

	switch (action) {
	case RULE_UNREACHABLE: return NULL;
	case RULE_PROHIBIT: return &prohibit;
	default: return &blackhole;
	}
}

/* What a rule that applies is about to do. */
static void
explain_rule(const struct fib *fib, const struct rule *rule)
{
	if (rule->action == RULE_TABLE)
		explain_note(fib->net, RULE, rule->priority, rule->table);
	else if (rule->action == RULE_GOTO)
		explain_note(fib->net, RULE_GOTO, rule->priority, rule->target);
	else if (rule->action >= RULE_BLACKHOLE)
		explain_note(fib->net, RULE_REFUSES, rule->priority,
			     rule->action);
}

static void
rules_resolve(const struct fib *fib, const struct fib_query *query,
	      struct fib_result *result)
{
	const struct rule_entry *entry;
	const struct list *at, *next;

	/* A goto leads ahead only, so this ends. */
	for (at = fib->rules.next; at != &fib->rules; at = next) {
		entry = list_entry(at, struct rule_entry, rule.link);
		next = at->next;
		if (!rule_matches(entry, fib, query->flow))
			continue;
		if (query->told)
			explain_rule(fib, &entry->rule);
		if (entry->rule.action == RULE_GOTO && entry->target) {
			next = &entry->target->rule.link;
		} else if (entry->rule.action == RULE_TABLE) {
			if (asks_table(fib, entry, query, result))
				return;
		} else if (entry->rule.action >= RULE_BLACKHOLE) {
			*result = (struct fib_result){
				.route = refusal(entry->rule.action),
			};
			return;
		}
	}
	result->route = NULL;
}

void
fib_resolve(struct fib *fib, const struct fib_query *query,
	    struct fib_result *result)
{
	if (fib->ruled)
		rules_resolve(fib, query, result);
	else if (!fib_table_resolve(fib, &fib->local, query, result) &&
		 !fib_table_resolve(fib, &fib->main, query, result))
		(void)fib_table_resolve(fib, &fib->last_resort, query, result);
}

/* ---- for packets ------------------------------------------------------- */

rare static const struct route *
find_slowly(struct fib *fib, const struct flow *flow)
{
	const struct fib_query query = {
		.flow = flow,
		.exact = flow->out || fib->stale,
	};
	struct fib_result result = { 0 };

	if (!query.exact && !fib->ruled &&
	    fib_lookup_value(&fib->merged, flow->dst) == 0)
		return NULL;
	fib_resolve(fib, &query, &result);
	return result.route;
}

const struct route *
fib_find_plainly(struct net *net, uint32_t dst)
{
	const struct fib *fib = net->fib;
	uint32_t value;

	if (unlikely(fib->careful))
		return NULL;
	value = fib_lookup_value16(&fib->merged, dst);
	if (unlikely(value <= FIB_ASK)) {
		value = value ? value : fib->merged.otherwise;
		if (value <= FIB_ASK)
			return NULL;
	}
	return fib_mem_at(&fib->mem, value);
}

const struct route *
fib_find(struct net *net, const struct flow *flow)
{
	const struct route *route =
		flow->out ? NULL : fib_find_plainly(net, flow->dst);

	return likely(route != NULL) ? route : find_slowly(net->fib, flow);
}

/*
 * What rules can ask of a packet that came in, its header at data. Ports only
 * where every packet of the flow shows them, lest fragments go another way than
 * the rest.
 */
void
fib_flow(const struct skb *skb, const struct ipv4 *ip, struct flow *flow)
{
	const uint8_t *ports = skb->data + ip->header_len;

	*flow = (struct flow){
		.dst = ip->dst,
		.src = ip->src,
		.tos = ip->tos,
		.proto = ip->proto,
		.in = skb->dev->ifindex,
	};
	if ((ip->proto != IPPROTO_TCP && ip->proto != IPPROTO_UDP) ||
	    ipv4_is_fragment(ip) || skb_linear_len(skb) < ip->header_len + 4u)
		return;
	flow->sport = (uint16_t)(ports[0] << 8 | ports[1]);
	flow->dport = (uint16_t)(ports[2] << 8 | ports[3]);
}

const struct route *
fib_find_to(struct net *net, const struct skb *skb, const struct ipv4 *ip)
{
	const struct route *route = fib_find_plainly(net, ip->dst);
	struct flow flow;

	if (route)
		return route;
	fib_flow(skb, ip, &flow);
	return find_slowly(net->fib, &flow);
}

rare void
fib_flow_back(const struct skb *skb, const struct ipv4 *ip, struct flow *flow)
{
	struct flow to;

	fib_flow(skb, ip, &to);
	*flow = (struct flow){
		.dst = to.src,
		.src = to.dst,
		.tos = to.tos,
		.proto = to.proto,
		.sport = to.dport,
		.dport = to.sport,
	};
}

const struct route *
fib_match(struct net *net, const struct flow *flow)
{
	const struct fib_query query = { .flow = flow, .exact = true };
	struct fib_result result = { 0 };

	fib_resolve(net->fib, &query, &result);
	if (result.route && result.route->type == ROUTE_UNICAST)
		(void)fib_past_silent(net->fib, flow, &result);
	return result.route ? fib_view(net->fib, result.route, result.table,
				       result.dst, result.prefix_len)
			    : NULL;
}

void
fib_explain(struct net *net, const struct flow *flow)
{
	const struct fib_query query = { .flow = flow,
					 .exact = true,
					 .told = true };
	struct fib_result result = { 0 };

	fib_resolve(net->fib, &query, &result);
	if (!result.route)
		explain_note(net, NO_ROUTE, flow->dst);
	else if (!result.table)
		explain_note(net, ROUTE_BY_RULE, flow->dst, result.route->type);
	else
		explain_note(net, ROUTE, flow->dst, result.route->type,
			     result.dst, result.prefix_len, result.table,
			     result.route->proto);
}

void
fib_explain_to(struct net *net, const struct skb *skb, const struct ipv4 *ip)
{
	struct flow flow;

	fib_flow(skb, ip, &flow);
	fib_explain(net, &flow);
}

bool
fib_has_rules(const struct net *net)
{
	return net->fib->ruled;
}
