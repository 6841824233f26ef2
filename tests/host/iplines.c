/* SPDX-License-Identifier: BSD-2-Clause */
/* iproute2's words for tests, see iplines.h. */

#include "tests/host/iplines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fmt.h"
#include "lib/str.h"
#include "net/ipv4/fib_walk.h"
#include "net/ipv4/nexthop.h"
#include "net/ipv4/rule.h"

struct line {
	struct net *net;
	char *words[64];
	unsigned int count, at;
	struct out_buf answer;
};

struct name {
	const char *text;
	uint32_t value;
};

static const struct name types[] = {
	{ "unicast", ROUTE_UNICAST },
	{ "local", ROUTE_LOCAL },
	{ "broadcast", ROUTE_BROADCAST },
	{ "multicast", ROUTE_MULTICAST },
	{ "blackhole", ROUTE_BLACKHOLE },
	{ "unreachable", ROUTE_UNREACHABLE },
	{ "prohibit", ROUTE_PROHIBIT },
	{ "throw", ROUTE_THROW },
	{ NULL, 0 },
};
static const struct name scopes[] = {
	{ "global", SCOPE_GLOBAL },   { "site", SCOPE_SITE },
	{ "link", SCOPE_LINK },	      { "host", SCOPE_HOST },
	{ "nowhere", SCOPE_NOWHERE }, { NULL, 0 },
};
static const struct name protos[] = {
	{ "kernel", ROUTE_PROTO_KERNEL },
	{ "boot", ROUTE_PROTO_BOOT },
	{ "static", ROUTE_PROTO_STATIC },
	{ NULL, 0 },
};
static const struct name tables[] = {
	{ "default", TABLE_DEFAULT },
	{ "main", TABLE_MAIN },
	{ "local", TABLE_LOCAL },
	{ NULL, 0 },
};

static const struct name ipprotos[] = {
	{ "tcp", 6 },
	{ "udp", 17 },
	{ NULL, 0 },
};

/* ---- words ------------------------------------------------------------- */

static const char *
word(struct line *line)
{
	if (line->at == line->count)
		panic("ip line: a word is missing");
	return line->words[line->at++];
}

static bool
is_next(struct line *line, const char *text)
{
	if (line->at == line->count || strcmp(line->words[line->at], text))
		return false;
	line->at++;
	return true;
}

static uint32_t
number(struct line *line)
{
	return (uint32_t)strtoul(word(line), NULL, 0);
}

static uint32_t
value_of(struct line *line, const struct name *names)
{
	const char *text = word(line);

	for (; names->text; names++)
		if (!strcmp(names->text, text))
			return names->value;
	return (uint32_t)strtoul(text, NULL, 0);
}

static const char *
name_of(const struct name *names, uint32_t value, char number_text[16])
{
	for (; names->text; names++)
		if (names->value == value)
			return names->text;
	snprintf(number_text, 16, "%u", value);
	return number_text;
}

static uint32_t
addr(struct line *line)
{
	const char *text = word(line);
	uint32_t value;

	if (!str_ipv4(text, &value))
		panic("ip line: address %s", text);
	return value;
}

static uint32_t
prefix(struct line *line, uint8_t *len)
{
	const char *text = word(line);
	uint32_t value;

	if (!str_prefix(text, &value, len))
		panic("ip line: prefix %s", text);
	return value;
}

static struct netdev *
device(struct line *line)
{
	struct netdev *dev = netdev_find(line->net, word(line));

	if (!dev)
		panic("ip line: no such device");
	return dev;
}

static void
say(struct line *line, const char *text)
{
	if (text[0])
		out_printf(&line->answer.out, "%s\n", text);
}

/* ---- links and addresses ----------------------------------------------- */

static void
do_link(struct line *line)
{
	struct netdev_link link = { 0 };
	struct netdev *dev;

	(void)is_next(line, "set");
	dev = device(line);
	if (is_next(line, "up")) {
		if (netdev_up(dev) != OK)
			panic("ip line: up");
	} else if (is_next(line, "down")) {
		netdev_down(dev);
	} else if (is_next(line, "carrier")) {
		link.carrier = is_next(line, "on");
		netdev_set_link(dev, &link);
	}
}

static bool
show_addrs(struct line *line)
{
	const struct netdev *dev = device(line);
	const struct ifaddr *it;
	char text[16];

	list_for_each(it, &dev->addrs, link) {
		out_printf(&line->answer.out, "%pI4", &it->local);
		if (it->peer != it->local)
			out_printf(&line->answer.out, " peer %pI4", &it->peer);
		out_printf(&line->answer.out, "/%u", it->prefix_len);
		if (it->broadcast)
			out_printf(&line->answer.out, " brd %pI4",
				   &it->broadcast);
		out_printf(&line->answer.out, " scope %s%s\n",
			   name_of(scopes, it->scope, text),
			   it->secondary ? " secondary" : "");
	}
	return true;
}

/* "+" means the subnet's, where there is one. */
static void
broadcast(struct line *line, struct ifaddr *want)
{
	if (!is_next(line, "+"))
		want->broadcast = addr(line);
	else if (want->prefix_len <= 30)
		want->broadcast = want->local |
				  (uint32_t)(0xffffffffull >> want->prefix_len);
}

static void
addr_options(struct line *line, struct ifaddr *want, struct netdev **dev)
{
	while (line->at < line->count) {
		if (is_next(line, "dev"))
			*dev = device(line);
		else if (is_next(line, "peer"))
			want->peer = prefix(line, &want->prefix_len);
		else if (is_next(line, "scope"))
			want->scope = (uint8_t)value_of(line, scopes);
		else if (is_next(line, "metric"))
			want->metric = number(line);
		else if (is_next(line, "noprefixroute"))
			want->no_prefix_route = true;
		else if (is_next(line, "broadcast"))
			broadcast(line, want);
		else
			panic("ip line: addr %s", word(line));
	}
}

static void
do_addr(struct line *line)
{
	const char *verb = word(line);
	struct ifaddr want = { 0 };
	struct netdev *dev = NULL;
	enum status status;

	if (!strcmp(verb, "show") && show_addrs(line))
		return;
	want.local = prefix(line, &want.prefix_len);
	/* iproute2: addresses of 127/8 are the host's unless one says so. */
	want.scope = want.local >> 24 == 127 ? SCOPE_HOST : SCOPE_GLOBAL;
	addr_options(line, &want, &dev);
	if (!strcmp(verb, "del")) {
		if (addr_delete(dev, want.local, want.prefix_len) != OK)
			say(line, "Error: ipv4: Address not found.");
		return;
	}
	status = addr_add(dev, &want);
	if (status == ERR_EXIST)
		say(line, "Error: ipv4: Address already assigned.");
	else if (status == ERR_RANGE)
		say(line, "Error: ipv4: Invalid scope value.");
	else if (status != OK)
		say(line, "RTNETLINK answers: Cannot allocate memory");
}

/* ---- routes ------------------------------------------------------------ */

struct wanted {
	struct route *route;
	bool scope_given;
};

static void
hop_options(struct line *line, struct nexthop *hop)
{
	for (;;) {
		if (is_next(line, "via"))
			hop->gateway = addr(line);
		else if (is_next(line, "dev"))
			hop->dev = device(line);
		else if (is_next(line, "weight"))
			hop->weight = (uint16_t)number(line);
		else if (is_next(line, "onlink"))
			hop->flags |= NEXTHOP_ONLINK;
		else
			return;
	}
}

static bool
route_option(struct line *line, struct wanted *want)
{
	struct route *route = want->route;

	if (is_next(line, "src"))
		route->source = addr(line);
	else if (is_next(line, "metric"))
		route->metric = number(line);
	else if (is_next(line, "tos"))
		route->tos = (uint8_t)number(line);
	else if (is_next(line, "proto"))
		route->proto = (uint8_t)value_of(line, protos);
	else if (is_next(line, "table"))
		route->table = value_of(line, tables);
	else if (is_next(line, "nhid"))
		route->nhid = number(line);
	else if (is_next(line, "mtu"))
		route->mtu = number(line);
	else if (is_next(line, "advmss"))
		route->advmss = number(line);
	else if (is_next(line, "scope")) {
		route->scope = (uint8_t)value_of(line, scopes);
		want->scope_given = true;
	} else
		return false;
	return true;
}

/* What iproute2 fills in if it is not said. */
static void
route_defaults(struct wanted *want, bool deletes)
{
	struct route *route = want->route;
	bool by_gateway = route->nexthop_count > 1;

	if (!route->table)
		route->table = route->type == ROUTE_LOCAL ||
					       route->type == ROUTE_BROADCAST
				       ? TABLE_LOCAL
				       : TABLE_MAIN;
	if (!route->proto && !deletes)
		route->proto = ROUTE_PROTO_BOOT;
	if (route->nexthop_count == 1)
		by_gateway = route->nexthop[0].gateway;
	if (want->scope_given)
		return;
	route->scope = SCOPE_GLOBAL;
	if (deletes)
		route->scope = SCOPE_NOWHERE;
	else if (route->type == ROUTE_LOCAL)
		route->scope = SCOPE_HOST;
	else if (route->type == ROUTE_BROADCAST ||
		 route->type == ROUTE_MULTICAST)
		route->scope = SCOPE_LINK;
	else if (route->type == ROUTE_UNICAST && !by_gateway && !route->nhid)
		route->scope = SCOPE_LINK;
}

static void
route_parse(struct line *line, struct wanted *want, bool deletes)
{
	struct route *route = want->route;
	unsigned int at = line->at;

	route->type = (uint8_t)value_of(line, types);
	if (!route->type || strchr(line->words[at], '.')) {
		route->type = deletes ? 0 : ROUTE_UNICAST;
		line->at = at;
	}
	route->dst = prefix(line, &route->prefix_len);
	while (line->at < line->count) {
		unsigned int before = line->at;

		if (is_next(line, "nexthop"))
			hop_options(line,
				    &route->nexthop[route->nexthop_count++]);
		else if (!route_option(line, want)) {
			hop_options(line, &route->nexthop[0]);
			if (line->at == before)
				panic("ip line: route %s", word(line));
			route->nexthop_count = 1;
		}
	}
	route_defaults(want, deletes);
}

static void
show_hop(struct out *out, const struct nexthop *hop)
{
	if (hop->gateway)
		out_printf(out, "via %pI4 ", &hop->gateway);
	if (hop->dev)
		out_printf(out, "dev %s ", hop->dev->name);
}

static void
show_flags(struct out *out, uint8_t flags)
{
	if (flags & NEXTHOP_USELESS)
		out_puts(out, "dead ");
	if (flags & NEXTHOP_ONLINK)
		out_puts(out, "onlink ");
	if (flags & NEXTHOP_LINKDOWN)
		out_puts(out, "linkdown ");
}

static void
show_head(struct out *out, const struct route *route, uint32_t table)
{
	char text[16];

	if (route->type != ROUTE_UNICAST)
		out_printf(out, "%s ", name_of(types, route->type, text));
	if (!route->prefix_len)
		out_puts(out, "default ");
	else if (route->prefix_len == 32)
		out_printf(out, "%pI4 ", &route->dst);
	else
		out_printf(out, "%pI4/%u ", &route->dst, route->prefix_len);
	if (route->tos)
		out_printf(out, "tos 0x%02x ", route->tos);
	if (route->nhid)
		out_printf(out, "nhid %u ", route->nhid);
	if (route->nexthop_count == 1)
		show_hop(out, &route->nexthop[0]);
	/* What Linux has for a blackhole object. */
	else if (route->nhid && !route->nexthop_count)
		out_puts(out, "dev lo ");
	if (!table && route->table != TABLE_MAIN)
		out_printf(out, "table %s ",
			   name_of(tables, route->table, text));
	if (route->proto != ROUTE_PROTO_BOOT)
		out_printf(out, "proto %s ",
			   name_of(protos, route->proto, text));
	if (route->scope != SCOPE_GLOBAL)
		out_printf(out, "scope %s ",
			   name_of(scopes, route->scope, text));
	if (route->source)
		out_printf(out, "src %pI4 ", &route->source);
	if (route->metric)
		out_printf(out, "metric %u ", route->metric);
}

struct show {
	struct out *out;
	uint32_t table;
};

static bool
show_route(void *ctx, const struct route *route)
{
	struct show *show = ctx;
	struct out *out = show->out;
	uint8_t common = 0xff;

	show_head(out, route, show->table);
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		common &= route->nexthop[i].flags;
	if (route->nexthop_count > 1)
		common &= NEXTHOP_LINKDOWN;
	if (route->nexthop_count)
		show_flags(out, common);
	if (route->mtu)
		out_printf(out, "mtu %u ", route->mtu);
	if (route->advmss)
		out_printf(out, "advmss %u ", route->advmss);
	for (uint32_t i = 0;
	     route->nexthop_count > 1 && i < route->nexthop_count; i++) {
		const struct nexthop *hop = &route->nexthop[i];

		out_puts(out, "\n\tnexthop ");
		show_hop(out, hop);
		out_printf(out, "weight %u ", hop->weight);
		show_flags(out, hop->flags);
	}
	out_puts(out, "\n");
	return true;
}

static void
get_route(struct line *line)
{
	struct show show = { .out = &line->answer.out };
	const struct route *route, *found;
	struct flow flow = { 0 };
	bool rests = false;

	(void)is_next(line, "fibmatch");
	flow.dst = addr(line);

	while (line->at < line->count) {
		if (is_next(line, "from"))
			flow.src = addr(line);
		else if (is_next(line, "tos"))
			flow.tos = (uint8_t)number(line);
		else if (is_next(line, "oif"))
			flow.out = device(line)->ifindex;
		else if (is_next(line, "iif"))
			flow.in = device(line)->ifindex;
		else if (is_next(line, "mark"))
			flow.mark = number(line);
		else if (is_next(line, "ipproto"))
			flow.proto = (uint8_t)value_of(line, ipprotos);
		else if (is_next(line, "sport"))
			flow.sport = (uint16_t)number(line);
		else if (is_next(line, "dport"))
			flow.dport = (uint16_t)number(line);
		else
			panic("ip line: get %s", word(line));
	}
	found = fib_find(line->net, &flow);
	route = fib_match(line->net, &flow);
	/* The fast way finds what rests for want of a carrier, too, and leaves
	 * the rest to fib_way(). */
	if (found && found->type == ROUTE_UNICAST)
		rests = !fib_way(line->net, &found, &flow);
	else if (found && found->type == ROUTE_BROADCAST)
		rests = found->nexthop[0].flags & NEXTHOP_USELESS;
	/* The fast way and the exact one say the same. */
	if (!rests &&
	    (!found != !route ||
	     (found &&
	      (found->type != route->type || found->metric != route->metric ||
	       found->proto != route->proto ||
	       found->nexthop_count != route->nexthop_count))))
		panic("ip line: fib_find and fib_match disagree");
	if (!route)
		say(line, "RTNETLINK answers: Network is unreachable");
	else if (route->type == ROUTE_BLACKHOLE)
		say(line, "RTNETLINK answers: Invalid argument");
	else if (route->type == ROUTE_UNREACHABLE)
		say(line, "RTNETLINK answers: No route to host");
	else if (route->type == ROUTE_PROHIBIT)
		say(line, "RTNETLINK answers: Permission denied");
	else
		show_route(&show, route);
}

static void
show_routes(struct line *line)
{
	struct show show = { .out = &line->answer.out, .table = TABLE_MAIN };

	if (is_next(line, "table"))
		show.table = is_next(line, "all") ? 0 : value_of(line, tables);
	fib_for_each(line->net, show.table, show_route, &show);
}

static void
do_route(struct line *line)
{
	static const struct name ops[] = {
		{ "add", FIB_ADD },
		{ "replace", FIB_REPLACE },
		{ "change", FIB_CHANGE },
		{ "append", FIB_APPEND },
		{ "prepend", FIB_PREPEND },
		{ "del", 100 },
		{ NULL, 0 },
	};
	struct wanted want = { 0 };
	uint32_t op;

	if (is_next(line, "show")) {
		show_routes(line);
		return;
	}
	if (is_next(line, "get")) {
		get_route(line);
		return;
	}
	op = value_of(line, ops);
	want.route =
		calloc(1, sizeof(struct route) +
				  ROUTE_NEXTHOPS_MAX * sizeof(struct nexthop));
	if (!want.route)
		panic("ip line: no memory");
	route_parse(line, &want, op == 100);
	say(line, fib_error_text(op == 100 ? fib_delete(line->net, want.route)
					   : fib_insert(line->net, want.route,
							(enum fib_op)op)));
	free(want.route);
}

/* ---- next-hop objects --------------------------------------------------- */

union object_room {
	struct nexthop_object object;
	uint8_t bytes[sizeof(struct nexthop_object) +
		      40 * sizeof(struct nexthop_member)];
};

/* 1,3/2,255 */
static void
members(struct line *line, struct nexthop_object *object)
{
	struct nexthop_member *member;
	char text[256], *at = text;

	str_copy(text, word(line), sizeof(text));
	for (;;) {
		member = &object->member[object->member_count++];
		member->id = (uint32_t)strtoul(at, &at, 0);
		member->weight = 1;
		if (*at == ',')
			member->weight = (uint16_t)strtoul(at + 1, &at, 0);
		if (*at++ != '/')
			return;
	}
}

static void
show_object(struct out *out, const struct nexthop_object *object)
{
	char text[16];

	out_printf(out, "id %u ", object->id);
	if (object->member_count)
		out_puts(out, "group ");
	for (uint32_t i = 0; i < object->member_count; i++) {
		out_printf(out, "%s%u", i ? "/" : "", object->member[i].id);
		if (object->member[i].weight > 1)
			out_printf(out, ",%u", object->member[i].weight);
	}
	out_puts(out, object->member_count ? " " : "");
	show_hop(out, &object->hop);
	if (object->hop.dev)
		out_printf(out, "scope %s ",
			   name_of(scopes, object->hop.scope, text));
	if (object->blackhole)
		out_puts(out, "blackhole ");
	if (object->proto)
		out_printf(out, "proto %s ",
			   name_of(protos, object->proto, text));
	show_flags(out, object->hop.flags);
	out_puts(out, "\n");
}

static void
do_nexthop(struct line *line)
{
	static union object_room room;
	struct nexthop_object *object = &room.object;
	const struct nexthop_object *it = NULL;
	const char *verb = word(line);

	memset(&room, 0, sizeof(room));
	if (!strcmp(verb, "show")) {
		while ((it = nexthop_after(line->net, it ? it->id : 0)))
			show_object(&line->answer.out, it);
		return;
	}
	while (line->at < line->count) {
		if (is_next(line, "id"))
			object->id = number(line);
		else if (is_next(line, "blackhole"))
			object->blackhole = true;
		else if (is_next(line, "proto"))
			object->proto = (uint8_t)value_of(line, protos);
		else if (is_next(line, "group"))
			members(line, object);
		else
			hop_options(line, &object->hop);
	}
	if (!strcmp(verb, "del"))
		say(line,
		    fib_error_text(nexthop_delete(line->net, object->id)));
	else
		say(line, fib_error_text(nexthop_add(line->net, object,
						     strcmp(verb, "add")
							     ? NEXTHOP_REPLACE
							     : NEXTHOP_ADD,
						     NULL)));
}

/* ---- rules ------------------------------------------------------------- */

static void
range(struct line *line, uint16_t *first, uint16_t *last)
{
	char *rest;

	*first = *last = (uint16_t)strtoul(word(line), &rest, 0);
	if (*rest == '-')
		*last = (uint16_t)strtoul(rest + 1, NULL, 0);
}

static bool
rule_action(struct line *line, struct rule *rule)
{
	if (is_next(line, "table") || is_next(line, "lookup")) {
		rule->action = RULE_TABLE;
		rule->table = value_of(line, tables);
	} else if (is_next(line, "blackhole")) {
		rule->action = RULE_BLACKHOLE;
	} else if (is_next(line, "unreachable")) {
		rule->action = RULE_UNREACHABLE;
	} else if (is_next(line, "prohibit")) {
		rule->action = RULE_PROHIBIT;
	} else if (is_next(line, "nop")) {
		rule->action = RULE_NOP;
	} else if (is_next(line, "goto")) {
		rule->action = RULE_GOTO;
		rule->target = number(line);
	} else {
		return false;
	}
	return true;
}

static bool
rule_match(struct line *line, struct rule *rule)
{
	char *rest;

	if (is_next(line, "not"))
		rule->invert = true;
	else if (is_next(line, "from"))
		rule->src = prefix(line, &rule->src_len);
	else if (is_next(line, "to"))
		rule->dst = prefix(line, &rule->dst_len);
	else if (is_next(line, "iif"))
		str_copy(rule->iif, word(line), sizeof(rule->iif));
	else if (is_next(line, "oif"))
		str_copy(rule->oif, word(line), sizeof(rule->oif));
	else if (is_next(line, "tos"))
		rule->tos = (uint8_t)number(line);
	else if (is_next(line, "ipproto"))
		rule->ipproto = (uint8_t)value_of(line, ipprotos);
	else if (is_next(line, "sport"))
		range(line, &rule->sport_first, &rule->sport_last);
	else if (is_next(line, "dport"))
		range(line, &rule->dport_first, &rule->dport_last);
	else if (is_next(line, "pref"))
		rule->priority = number(line);
	else if (is_next(line, "suppress_prefixlength"))
		rule->suppress_prefix_len = (int16_t)number(line);
	else if (is_next(line, "fwmark")) {
		rule->mark = (uint32_t)strtoul(word(line), &rest, 0);
		if (*rest == '/')
			rule->mark_mask = (uint32_t)strtoul(rest + 1, NULL, 0);
	} else
		return false;
	return true;
}

static void
show_prefix(struct out *out, const char *word, uint32_t addr, uint8_t len)
{
	if (!len)
		return;
	out_printf(out, len == 32 ? "%s %pI4" : "%s %pI4/%u", word, &addr, len);
}

static void
show_range(struct out *out, const char *word, uint16_t first, uint16_t last)
{
	if (first && first == last)
		out_printf(out, " %s %u", word, first);
	else if (first)
		out_printf(out, " %s %u-%u", word, first, last);
}

static void
show_selectors(struct line *line, const struct rule *rule)
{
	struct out *out = &line->answer.out;

	out_printf(out, "%u:\t%sfrom", rule->priority,
		   rule->invert ? "not " : "");
	if (rule->src_len)
		show_prefix(out, "", rule->src, rule->src_len);
	else
		out_puts(out, " all");
	show_prefix(out, " to", rule->dst, rule->dst_len);
	if (rule->tos)
		out_printf(out, " tos 0x%02x", rule->tos);
	if (rule->mark || rule->mark_mask)
		out_printf(out, " fwmark %#x", rule->mark);
	if (rule->mark_mask && rule->mark_mask != UINT32_MAX)
		out_printf(out, "/0x%x", rule->mark_mask);
	if (rule->iif[0])
		out_printf(out, " iif %s%s", rule->iif,
			   rule_is_detached(line->net, rule->iif)
				   ? " [detached]"
				   : "");
	if (rule->oif[0])
		out_printf(out, " oif %s%s", rule->oif,
			   rule_is_detached(line->net, rule->oif)
				   ? " [detached]"
				   : "");
	if (rule->ipproto)
		out_printf(out, " ipproto %s",
			   rule->ipproto == 6 ? "tcp" : "udp");
	show_range(out, "sport", rule->sport_first, rule->sport_last);
	show_range(out, "dport", rule->dport_first, rule->dport_last);
}

static bool
show_rule(void *ctx, const struct rule *rule)
{
	struct line *line = ctx;
	struct out *out = &line->answer.out;
	char text[16];

	show_selectors(line, rule);
	switch (rule->action) {
	case RULE_TABLE:
		out_printf(out, " lookup %s",
			   name_of(tables, rule->table, text));
		break;
	case RULE_GOTO:
		out_printf(out, " goto %u%s", rule->target,
			   rule_is_unresolved(rule) ? " [unresolved]" : "");
		break;
	case RULE_NOP: out_puts(out, " nop"); break;
	case RULE_BLACKHOLE: out_puts(out, " blackhole"); break;
	case RULE_UNREACHABLE: out_puts(out, " unreachable"); break;
	default: out_puts(out, " prohibit"); break;
	}
	if (rule->suppress_prefix_len >= 0)
		out_printf(out, " suppress_prefixlength %d",
			   rule->suppress_prefix_len);
	out_puts(out, "\n");
	return true;
}

static void
do_rule(struct line *line)
{
	const char *verb = word(line);
	bool deletes = !strcmp(verb, "del");
	struct rule rule = {
		.priority = RULE_PRIORITY_AUTO,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	};

	if (!strcmp(verb, "show")) {
		rule_for_each(line->net, show_rule, line);
		return;
	}
	while (line->at < line->count)
		if (!rule_match(line, &rule) && !rule_action(line, &rule))
			panic("ip line: rule %s", word(line));
	if (!rule.action && !deletes) {
		rule.action = RULE_TABLE;
		rule.table = TABLE_MAIN;
	}
	say(line, rule_error_text(deletes ? rule_delete(line->net, &rule)
					  : rule_add(line->net, &rule)));
}

/* ---- lines ------------------------------------------------------------- */

void
ip_line(struct net *net, const char *text, char *answer, size_t size)
{
	struct line line = { .net = net };
	char copy[1024], *save = NULL, *part;

	out_buf_init(&line.answer, answer, size);
	str_copy(copy, text, sizeof(copy));
	for (part = strtok_r(copy, " ", &save); part;
	     part = strtok_r(NULL, " ", &save))
		if (line.count < array_len(line.words))
			line.words[line.count++] = part;
	if (is_next(&line, "addr"))
		do_addr(&line);
	else if (is_next(&line, "link"))
		do_link(&line);
	else if (is_next(&line, "route"))
		do_route(&line);
	else if (is_next(&line, "rule"))
		do_rule(&line);
	else if (is_next(&line, "nexthop"))
		do_nexthop(&line);
	else
		panic("ip line: %s", text);
	fib_quiescent(net);
}

void
ip_expect(struct net *net, const char *line, const char *answer)
{
	char text[8192];

	ip_line(net, line, text, sizeof(text));
	if (strcmp(text, answer))
		panic("ip %s\n--- expected:\n%s--- got:\n%s---", line, answer,
		      text);
	fib_check(net);
}

void
ip_do(struct net *net, const char *line)
{
	ip_expect(net, line, "");
}

void
ip_linkdown_as_linux(struct net *net)
{
	net->conf_all.ignore_routes_with_linkdown = 0;
	net->conf_default.ignore_routes_with_linkdown = 0;
	for (size_t i = 0; i < array_len(net->conf); i++)
		net->conf[i].ignore_routes_with_linkdown = 0;
	fib_rest_update(net);
}
