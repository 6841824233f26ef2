/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip route get`: asks the FIB the question a packet would ask, without sending
 * one. The answer has the shape Linux gives it, oddities included: what is for
 * this box leaves by lo, and the "cache" line stands although nothing is cached.
 */
#include "apps/commands/ip_route.h"

#include "lib/port.h"
#include "net/net.h"

enum {
	GET_TOS,
	GET_IIF,
	GET_MARK,
	GET_OIF,
	GET_NOTIFY,
	GET_CONNECTED,
	GET_UID,
	GET_FIBMATCH,
	GET_SPORT,
	GET_DPORT,
	GET_IPPROTO,
	GET_FROM,
	GET_TO,
};

static const struct arg_name ip_protocols[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ NULL, 0 },
};

/* clang-format off */
const struct arg_spec route_get_args[] = {
	[GET_TOS] = { .word = "dsfield", .also = "tos", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "TOS", .help = "its type of service, hexadecimal" },
	[GET_IIF] = { .word = "iif", .kind = ARG_NETDEV, .flags = ARG_ABBREV,
		.what = "DEVICE", .help = "it arrives on this interface" },
	[GET_MARK] = { .word = "mark", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_ABBREV, .what = "N", .help = "its mark",
		.wrong = "invalid mark value" },
	[GET_OIF] = { .word = "oif", .also = "dev", .kind = ARG_NETDEV,
		.flags = ARG_ABBREV, .what = "DEVICE",
		.help = "it must leave by this interface" },
	[GET_NOTIFY] = { .word = "notify", .kind = ARG_FLAG,
		.flags = ARG_ABBREV | ARG_HIDDEN, .help = "no effect" },
	[GET_CONNECTED] = { .word = "connected", .kind = ARG_FLAG,
		.flags = ARG_ABBREV | ARG_HIDDEN, .help = "no effect" },
	[GET_UID] = { .word = "uid", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_HIDDEN, .what = "N", .help = "no effect: no users",
		.wrong = "invalid UID\n" },
	[GET_FIBMATCH] = { .word = "fibmatch", .kind = ARG_FLAG,
		.flags = ARG_ABBREV, .help = "show the route that matches, not the way" },
	[GET_SPORT] = { .word = "sport", .kind = ARG_NUMBER, .max = 65535,
		.what = "PORT", .help = "its source port", .wrong = "invalid sport\n" },
	[GET_DPORT] = { .word = "dport", .kind = ARG_NUMBER, .max = 65535,
		.what = "PORT", .help = "its destination port", .wrong = "invalid dport\n" },
	[GET_IPPROTO] = { .word = "ipproto", .kind = ARG_NAME,
		.names = ip_protocols, .max = 255, .what = "PROTO",
		.help = "its protocol", .wrong = "Invalid \"ipproto\" value\n" },
	[GET_FROM] = { .word = "from", .kind = ARG_PREFIX, .flags = ARG_ABBREV,
		.what = "ADDR", .help = "its source address" },
	[GET_TO] = { .word = "to", .kind = ARG_PREFIX, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_MANY | ARG_REQUIRED,
		.help = "its destination" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* The way a packet takes, in Linux's terms. */
struct answer {
	uint8_t type; /* enum route_type */
	uint32_t gateway, source;
	const struct netdev *dev;
	const struct route *route; /* NULL: without one */
	const struct path *path;   /* what was learned; NULL: nothing */
	bool local, broadcast, multicast, redirect, redirected;
};

struct question {
	struct flow flow;
	bool from; /* a source was given */
	struct netdev *in, *out;
};

static bool
is_multicast(uint32_t addr)
{
	return addr >> 28 == 0xe;
}

static enum step
unreachable(struct job *job)
{
	return ip_answers(job, "Network is unreachable");
}

/* Sources that nobody may have [RFC1812 5.3.7]. */
static bool
martian_source(uint32_t src)
{
	return src >> 24 == 0 || src >> 24 == 127 || is_multicast(src) ||
	       src == 0xffffffff;
}

static enum step
parse_question(struct job *job, struct question *q)
{
	const struct arg *arg = job->arg;

	if (arg[GET_TO].count == 0) {
		out_puts(job->err, "need at least a destination address\n");
		return job_exit(job, 1);
	}
	q->flow = (struct flow){
		.dst = arg[GET_TO].addr,
		.src = arg[GET_FROM].count > 0 ? arg[GET_FROM].addr : 0,
		.proto = (uint8_t)arg[GET_IPPROTO].number,
		.sport = (uint16_t)arg[GET_SPORT].number,
		.dport = (uint16_t)arg[GET_DPORT].number,
		.mark = (uint32_t)arg[GET_MARK].number,
	};
	q->from = arg[GET_FROM].count > 0;
	if (arg[GET_TOS].count > 0 &&
	    !tos_parse(arg[GET_TOS].text, &q->flow.tos)) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: TOS "
			   "value is invalid\n\n",
			   arg[GET_TOS].text);
		return job_exit(job, 255);
	}
	if (arg[GET_IIF].count > 0) {
		q->in = netdev_lookup(job->net, arg[GET_IIF].text);
		if (q->in == NULL)
			return ip_no_device(job, arg[GET_IIF].text);
		q->flow.in = q->in->ifindex;
	}
	if (arg[GET_OIF].count > 0) {
		q->out = netdev_lookup(job->net, arg[GET_OIF].text);
		if (q->out == NULL)
			return ip_no_device(job, arg[GET_OIF].text);
		q->flow.out = q->out->ifindex;
	}
	return STEP_MORE;
}

/* Does a packet that goes back where it came from draw a redirect? */
static bool
draws_redirect(struct net *net, const struct question *q,
	       const struct answer *answer)
{
	const struct net_conf *conf = &net->conf[q->in->ifindex];

	return answer->dev == q->in &&
	       (net->conf_all.send_redirects || conf->send_redirects) &&
	       (answer->gateway == 0 || addr_on_link(q->in, q->flow.src));
}

static enum step
from_route(struct job *job, const struct question *q, struct answer *answer)
{
	const struct route *route = answer->route;
	const struct nexthop *nexthop = route_nexthop(route, &q->flow);

	if (nexthop == NULL || nexthop->dev == NULL)
		return unreachable(job);
	answer->dev = nexthop->dev;
	answer->gateway = nexthop->gateway;
	answer->source = q->from ? q->flow.src : route_source(route, nexthop);
	if (route->type == ROUTE_LOCAL) {
		answer->local = true;
		answer->dev = &job->net->loopback;
		if (!q->from && route->source == 0)
			answer->source = q->flow.dst;
		answer->gateway = 0;
	}
	if (q->flow.dst == 0xffffffff)
		answer->type = ROUTE_BROADCAST;
	else if (is_multicast(q->flow.dst))
		answer->type = ROUTE_MULTICAST;
	if (answer->type == ROUTE_BROADCAST) {
		answer->broadcast = answer->local = true;
		answer->gateway = 0;
	}
	if (answer->type == ROUTE_MULTICAST) {
		answer->multicast = true;
		answer->gateway = 0;
	}
	return STEP_MORE;
}

static enum step
find_answer(struct job *job, const struct question *q, struct answer *answer)
{
	const struct route *route = fib_match(job->net, &q->flow);

	*answer = (struct answer){ .route = route };
	if (route == NULL && q->out != NULL) {
		/* Where to is said: then it is taken to be on that link. */
		answer->type = ROUTE_UNICAST;
		answer->dev = q->out;
		answer->local = q->out == &job->net->loopback;
		answer->source =
			q->from ? q->flow.src
				: addr_select(q->out, q->flow.dst, SCOPE_LINK);
		return STEP_MORE;
	}
	if (route == NULL)
		return unreachable(job);
	switch (route->type) {
	case ROUTE_BLACKHOLE: return ip_answers(job, "Invalid argument");
	case ROUTE_UNREACHABLE: return ip_answers(job, "No route to host");
	case ROUTE_PROHIBIT: return ip_answers(job, "Permission denied");
	case ROUTE_THROW: return unreachable(job);
	default: break;
	}
	answer->type = route->type;
	return from_route(job, q, answer);
}

/* What was learned of the destination holds for packets of ours. */
static void
follow_path(struct net *net, const struct question *q, struct answer *answer)
{
	uint32_t hop = answer->gateway ? answer->gateway : q->flow.dst;

	if (answer->type != ROUTE_UNICAST || answer->route == NULL ||
	    answer->dev == NULL)
		return;
	answer->path = path_find(net, q->flow.dst, hop, answer->dev->ifindex);
	if (answer->path == NULL)
		return;
	answer->redirected = answer->path->gateway != 0;
	if (answer->redirected)
		answer->gateway = answer->path->gateway;
}

/* A packet that arrives: checks that it would not survive come first. */
static enum step
find_input(struct job *job, const struct question *q, struct answer *answer)
{
	if (martian_source(q->flow.src) || q->flow.dst >> 24 == 127)
		return ip_answers(job, "Invalid argument");
	if (q->flow.dst == 0xffffffff) {
		*answer = (struct answer){
			.type = ROUTE_BROADCAST,
			.dev = &job->net->loopback,
			.local = true,
			.broadcast = true,
		};
		return STEP_MORE;
	}
	if (find_answer(job, q, answer) == STEP_DONE)
		return STEP_DONE;
	if (answer->local) {
		answer->dev = &job->net->loopback;
		return STEP_MORE;
	}
	if (job->net->ipv4_param.ip_forward == 0)
		return ip_answers(job, "No route to host");
	answer->redirect = draws_redirect(job->net, q, answer);
	return STEP_MORE;
}

void
route_emit_cache(struct emit *emit, const char *flag)
{
	emit_break(emit);
	emit_array(emit, "cache", "    cache ");
	if (flag != NULL)
		emit_string(emit, "", "<", flag, "");
	emit_array_end(emit, flag != NULL ? "> " : "");
}

static void
emit_cache(struct emit *emit, const struct answer *answer)
{
	const struct {
		bool set;
		const char *name;
	} flag[] = {
		{ answer->local, "local" },
		{ answer->broadcast, "brd" },
		{ answer->multicast, "mc" },
		{ answer->redirect, "redirect" },
		{ answer->redirected, "redirected" },
	};
	bool first = true;

	emit_break(emit);
	emit_array(emit, "cache", "    cache ");
	for (unsigned int i = 0; i < array_len(flag); i++) {
		if (!flag[i].set)
			continue;
		emit_string(emit, "", first ? "<" : ",", flag[i].name, "");
		first = false;
	}
	emit_array_end(emit, first ? "" : "> ");
}

/* Which table it was is said if it could be another than one thinks: as in
 * Linux, where table local is one with main until there are rules. */
static bool
in_other_table(const struct net *net, const struct route *route)
{
	return route != NULL && route->table != TABLE_MAIN &&
	       (route->table != TABLE_LOCAL || fib_has_rules(net));
}

static void
emit_answer(struct job *job, const struct question *q,
	    const struct answer *answer)
{
	bool details = ip_option(job, IP_DETAILS);
	struct emit emit;
	char text[16];

	ip_emit(job, &emit);
	emit_begin(&emit);
	emit_object(&emit, NULL);
	if (answer->type != ROUTE_UNICAST || details)
		emit_string(&emit, "type", "",
			    ip_name(job, route_types, answer->type, text,
				    sizeof(text)),
			    " ");
	emit_addr(&emit, "dst", "", q->flow.dst, " ");
	if (q->from)
		emit_addr(&emit, "from", "from ", q->flow.src, " ");
	if (answer->route != NULL && answer->route->tos != 0) {
		fmt_print(text, sizeof(text), "0x%02x", answer->route->tos);
		emit_string(&emit, "tos", "tos ", text, " ");
	}
	if (answer->gateway != 0)
		emit_addr(&emit, "gateway", "via ", answer->gateway, " ");
	emit_coloured(&emit, COLOUR_IFNAME, "dev", "dev ", answer->dev->name,
		      " ");
	if (in_other_table(job->net, answer->route))
		emit_string(&emit, "table", "table ",
			    ip_name(job, route_tables, answer->route->table,
				    text, sizeof(text)),
			    " ");
	else if (details)
		emit_string(&emit, "table", "table ", "main", " ");
	if (answer->source != 0 && !q->from && q->in == NULL)
		emit_addr(&emit, "prefsrc", "src ", answer->source, " ");
	emit_array(&emit, "flags", "");
	emit_array_end(&emit, "");
	if (q->flow.mark != 0) {
		fmt_print(text, sizeof(text), q->flow.mark < 16 ? "%u" : "0x%x",
			  q->flow.mark);
		emit_string(&emit, "mark", "mark ", text, " ");
	}
	if (q->in == NULL)
		emit_number(&emit, "uid", "uid ", 0, " ");
	emit_cache(&emit, answer);
	route_emit_path(&emit, job->net, answer->path, answer->route);
	if (q->in != NULL)
		emit_string(&emit, "iif", "iif ", q->in->name, " ");
	emit_line(&emit);
	emit_object_end(&emit);
	emit_end(&emit);
}

static void
emit_match(struct job *job, const struct route *route)
{
	struct route_show show = {
		.details = ip_option(job, IP_DETAILS),
		.job = job,
	};

	ip_emit(job, &show.emit);
	show.no_table = route->table == TABLE_LOCAL && !show.details;
	emit_begin(&show.emit);
	route_emit(&show, route);
	emit_end(&show.emit);
}

enum step
route_get_start(struct job *job)
{
	struct question q = { 0 };
	struct answer answer = { 0 };
	enum step step;

	if (parse_question(job, &q) == STEP_DONE)
		return STEP_DONE;
	if (ip_family(job) == 6)
		return unreachable(job);
	/* 0.0.0.0 is this host, for those who send to it. */
	if (q.flow.dst == 0 && q.in == NULL) {
		answer = (struct answer){
			.type = ROUTE_LOCAL,
			.dev = &job->net->loopback,
			.source = 0x7f000001,
			.local = true,
		};
		emit_answer(job, &q, &answer);
		return job_exit(job, 0);
	}
	/* A source of ours must be an address of ours. */
	if (q.from && q.in == NULL && addr_find(job->net, q.flow.src) == NULL)
		return unreachable(job);
	step = q.in != NULL ? find_input(job, &q, &answer)
			    : find_answer(job, &q, &answer);
	if (step == STEP_DONE)
		return STEP_DONE;
	if (q.in == NULL)
		follow_path(job->net, &q, &answer);
	if (job->arg[GET_FIBMATCH].count > 0 && answer.route != NULL)
		emit_match(job, answer.route);
	else
		emit_answer(job, &q, &answer);
	if (job->arg[GET_TO].prefix_len != 32 && job->arg[GET_TO].addr != 0)
		out_printf(job->err,
			   "Warning: /%u as prefix is invalid, only /32 (or "
			   "none) is supported.\n",
			   job->arg[GET_TO].prefix_len);
	return job_exit(job, 0);
}
