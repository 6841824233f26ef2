/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip route add|replace|change|append|prepend|del|test`: from words to a struct
 * route, which the FIB checks and keeps.
 */
#include "apps/commands/ip_route.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"
#include "net/tcp/cc.h"

enum {
	ADD_SRC,
	ADD_VIA,
	ADD_TOS,
	ADD_METRIC,
	ADD_SCOPE,
	ADD_MTU,
	ADD_HOPLIMIT,
	ADD_ADVMSS,
	ADD_REORDERING,
	ADD_RTT,
	ADD_RTO_MIN,
	ADD_WINDOW,
	ADD_CWND,
	ADD_INITCWND,
	ADD_INITRWND,
	ADD_FEATURES,
	ADD_QUICKACK,
	ADD_CONGCTL,
	ADD_RTTVAR,
	ADD_SSTHRESH,
	ADD_REALMS,
	ADD_ONLINK,
	ADD_NEXTHOP,
	ADD_NHID,
	ADD_PROTO,
	ADD_TABLE,
	ADD_DEV,
	ADD_OTHER,
	ADD_FASTOPEN,
	ADD_LOCAL,
	ADD_BROADCAST,
	ADD_MULTICAST,
	ADD_PROHIBIT,
	ADD_UNREACHABLE,
	ADD_BLACKHOLE,
	ADD_UNICAST,
	ADD_THROW,
	ADD_TO,
};

enum { HOP_VIA, HOP_DEV, HOP_WEIGHT, HOP_ONLINK };

/* clang-format off */
static const struct arg_spec hop_args[] = {
	[HOP_VIA] = { .word = "via", .kind = ARG_ADDR, .what = "GATEWAY",
		.flags = ARG_INET, .help = "the next router", .wrong = "inet" },
	[HOP_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "out of this interface" },
	[HOP_WEIGHT] = { .word = "weight", .kind = ARG_NUMBER, .min = 1, .max = 256,
		.what = "1-256", .help = "its share of the flows",
		.wrong = "\"weight\" is invalid\n" },
	[HOP_ONLINK] = { .word = "onlink", .kind = ARG_FLAG,
		.help = "the gateway is on the link whatever its address" },
	{ .kind = ARG_END },
};

#define METRIC(w, h) { .word = w, .kind = ARG_NUMBER, .max = 0xffffffff, \
	.flags = ARG_LOCK | ARG_ABBREV, .what = "[lock] N", .help = h, \
	.wrong = "\"" w "\" value is invalid\n" }
#define REFUSED(w, al, f) { .word = w, .also = al, .kind = ARG_TEXT, \
	.flags = ARG_HIDDEN | (f), .help = "refused" }
#define TYPE(w, al, h) { .word = w, .also = al, .kind = ARG_FLAG, .help = h, \
	.flags = ARG_ABBREV }
static const struct arg_spec add_args[] = {
	[ADD_SRC] = { .word = "src", .kind = ARG_ADDR, .what = "ADDR",
		.help = "the source address of what this box sends",
		.wrong = "inet" },
	[ADD_VIA] = { .word = "via", .kind = ARG_ADDR, .what = "GATEWAY",
		.flags = ARG_ONCE | ARG_INET, .help = "the next router", .wrong = "inet" },
	[ADD_TOS] = { .word = "tos", .also = "~dsfield", .kind = ARG_TEXT,
		.what = "TOS", .help = "only for this type of service, hexadecimal" },
	[ADD_METRIC] = { .word = "metric", .also = "~priority|preference",
		.kind = ARG_NUMBER, .max = 0xffffffff, .flags = ARG_ABBREV,
		.what = "N", .help = "of routes to the same prefix the smallest wins",
		.wrong = "\"metric\" value is invalid\n" },
	[ADD_SCOPE] = { .word = "scope", .kind = ARG_NAME, .names = route_scopes,
		.max = 255, .what = "SCOPE", .help = "how far the destination is",
		.wrong = "invalid \"scope\" value\n" },
	[ADD_MTU] = { .word = "mtu", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_LOCK, .what = "[lock] BYTES",
		.help = "the largest packet on this way; lock: whatever routers say",
		.wrong = "\"mtu\" value is invalid\n" },
	[ADD_HOPLIMIT] = { .word = "hoplimit", .kind = ARG_NUMBER, .max = 255,
		.flags = ARG_LOCK, .what = "[lock] N",
		.help = "the TTL of what this box sends",
		.wrong = "\"hoplimit\" value is invalid\n" },
	[ADD_ADVMSS] = { .word = "advmss", .kind = ARG_NUMBER, .max = 0xffffffff,
		.flags = ARG_LOCK, .what = "[lock] BYTES", .help = "the segment size to announce",
		.wrong = "\"mss\" value is invalid\n" },
	[ADD_REORDERING] = METRIC("reordering",
		"TCP: segments that overtake one that is not lost"),
	[ADD_RTT] = { .word = "rtt", .kind = ARG_TEXT, .flags = ARG_LOCK,
		.what = "[lock] TIME", .help = "TCP: the first guess at the round trip time" },
	[ADD_RTO_MIN] = { .word = "rto_min", .kind = ARG_TEXT, .what = "TIME",
		.help = "TCP: the least retransmission timeout" },
	[ADD_WINDOW] = METRIC("window",
		"TCP: the most bytes to offer to receive"),
	[ADD_CWND] = METRIC("cwnd",
		"TCP: if locked, the congestion window's limit, in segments"),
	[ADD_INITCWND] = METRIC("initcwnd",
		"TCP: the first congestion window, in segments"),
	[ADD_INITRWND] = METRIC("initrwnd",
		"TCP: the first window to offer, at most, in segments"),
	[ADD_FEATURES] = { .word = "features", .kind = ARG_TEXT,
		.flags = ARG_ABBREV, .what = "ecn",
		.help = "TCP: with ECN, whatever tcp_ecn says" },
	[ADD_QUICKACK] = { .word = "quickack", .kind = ARG_NUMBER, .max = 1,
		.flags = ARG_ABBREV, .what = "0|1", .help = "TCP: no ACK is delayed",
		.wrong = "\"quickack\" value should be 0 or 1\n" },
	[ADD_CONGCTL] = { .word = "congctl", .kind = ARG_TEXT,
		.flags = ARG_LOCK | ARG_ABBREV, .what = "[lock] NAME",
		.help = "TCP: this congestion control" },
	[ADD_RTTVAR] = REFUSED("rttvar", NULL, ARG_ABBREV),
	[ADD_SSTHRESH] = METRIC("ssthresh",
		"TCP: where the first slow start ends, in segments"),
	[ADD_REALMS] = REFUSED("realms", NULL, ARG_ABBREV),
	[ADD_ONLINK] = { .word = "onlink", .kind = ARG_FLAG,
		.help = "the gateway is on the link whatever its address" },
	[ADD_NEXTHOP] = { .word = "nexthop", .kind = ARG_GROUP, .group = hop_args,
		.what = "via GATEWAY dev DEVICE weight N [nexthop ...]",
		.help = "one of several next hops" },
	[ADD_NHID] = { .word = "nhid", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "N", .help = "a next hop by its number (ip nexthop)",
		.wrong = "\"id\" value is invalid\n" },
	[ADD_PROTO] = { .word = "protocol", .kind = ARG_NAME,
		.names = route_protocols, .max = 255, .flags = ARG_ABBREV,
		.what = "PROTO", .help = "who made it; boot unless told",
		.wrong = "\"protocol\" value is invalid\n" },
	[ADD_TABLE] = { .word = "table", .kind = ARG_NAME, .names = route_tables,
		.max = 0xffffffff, .flags = ARG_ABBREV, .what = "TABLE",
		.help = "in this table; main unless told",
		.wrong = "\"table\" value is invalid\n" },
	[ADD_DEV] = { .word = "dev", .also = "oif", .kind = ARG_NETDEV,
		.what = "DEVICE", .help = "out of this interface" },
	[ADD_OTHER] = REFUSED("from", "as|expires|pref|encap|ttl-propagate|vrf", 0),
	[ADD_FASTOPEN] = REFUSED("fastopen_no_cookie", NULL, ARG_ABBREV),
	[ADD_LOCAL] = { .word = "local", .kind = ARG_FLAG,
		.help = "delivered to this box" },
	[ADD_BROADCAST] = TYPE("broadcast", "brd", "sent to everybody on the link"),
	[ADD_MULTICAST] = TYPE("multicast", NULL, "multicast"),
	[ADD_PROHIBIT] = TYPE("prohibit", NULL, "refused by ICMP: administratively prohibited"),
	[ADD_UNREACHABLE] = TYPE("unreachable", NULL, "refused by ICMP: host unreachable"),
	[ADD_BLACKHOLE] = TYPE("blackhole", NULL, "dropped in silence"),
	[ADD_UNICAST] = TYPE("unicast", NULL, "forwarded; the usual thing"),
	[ADD_THROW] = TYPE("throw", NULL, "not decided in this table"),
	[ADD_TO] = { .word = "to", .kind = ARG_PREFIX, .what = "PREFIX",
		.flags = ARG_POSITIONAL | ARG_ONCE | ARG_REQUIRED,
		.help = "the destinations, or default" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* A route with as many next hops as there can be. */
union route_room {
	struct route route;
	uint8_t bytes[sizeof(struct route) +
		      ROUTE_NEXTHOPS_MAX * sizeof(struct nexthop)];
};

bool
tos_parse(const char *text, uint8_t *tos)
{
	char hex[8] = "0x";
	uint32_t value;

	if (str_starts(text, "0x") || str_starts(text, "0X"))
		text += 2;
	if (strlen(text) > 4)
		return false;
	str_copy(hex + 2, text, sizeof(hex) - 2);
	if (!str_u32(hex, &value) || value > 255)
		return false;
	*tos = (uint8_t)value;
	return true;
}

enum step
route_error(struct job *job, enum fib_error error)
{
	if (error == FIB_OK)
		return job_exit(job, 0);
	out_printf(job->err, "%s\n", fib_error_text(error));
	return job_exit(job, 2);
}

/* ---- parts -------------------------------------------------------------- */

static uint8_t
type_of(const struct arg *arg)
{
	static const uint8_t type[] = {
		[ADD_LOCAL] = ROUTE_LOCAL,
		[ADD_BROADCAST] = ROUTE_BROADCAST,
		[ADD_MULTICAST] = ROUTE_MULTICAST,
		[ADD_PROHIBIT] = ROUTE_PROHIBIT,
		[ADD_UNREACHABLE] = ROUTE_UNREACHABLE,
		[ADD_BLACKHOLE] = ROUTE_BLACKHOLE,
		[ADD_UNICAST] = ROUTE_UNICAST,
		[ADD_THROW] = ROUTE_THROW,
	};

	for (unsigned int i = ADD_LOCAL; i <= ADD_THROW; i++) {
		if (arg[i].count > 0)
			return type[i];
	}
	return 0;
}

/* Linux's defaults, where nothing was said. */
static void
default_scope(const struct arg *arg, struct route *route, bool delete)
{
	if (arg[ADD_SCOPE].count > 0)
		route->scope = (uint8_t)arg[ADD_SCOPE].number;
	else if (route->type == ROUTE_LOCAL)
		route->scope = SCOPE_HOST;
	else if (route->type == ROUTE_BROADCAST ||
		 route->type == ROUTE_MULTICAST)
		route->scope = SCOPE_LINK;
	else if (delete)
		route->scope = SCOPE_NOWHERE;
	else if (route->type == ROUTE_UNICAST && arg[ADD_VIA].count == 0 &&
		 arg[ADD_NEXTHOP].count == 0 && arg[ADD_NHID].count == 0)
		route->scope = SCOPE_LINK;
	else
		route->scope = SCOPE_GLOBAL;
}

/* One "nexthop ..." clause; *at is behind its first word. */
static enum step
parse_hop(struct job *job, unsigned int *at, struct nexthop *hop)
{
	struct arg arg[array_len(hop_args)] = { 0 };

	if (*at >= job->word_count) {
		out_puts(job->err, "Error: unexpected end of line after "
				   "\"nexthop\"\n");
		return job_exit(job, 255);
	}
	if (args_group(job, hop_args, at, arg) != ARGS_OK)
		return job_exit(job, ip_style.refuse(job, &job->error));
	*hop = (struct nexthop){
		.gateway = arg[HOP_VIA].count > 0 ? arg[HOP_VIA].addr : 0,
		.weight = arg[HOP_WEIGHT].count > 0
				  ? (uint16_t)arg[HOP_WEIGHT].number
				  : 1,
		.flags = arg[HOP_ONLINK].count > 0 ? NEXTHOP_ONLINK : 0,
	};
	if (arg[HOP_DEV].count == 0)
		return STEP_MORE;
	hop->dev = netdev_lookup(job->net, arg[HOP_DEV].text);
	if (hop->dev != NULL)
		return STEP_MORE;
	ip_no_device(job, arg[HOP_DEV].text);
	out_puts(job->err, "Error: cannot parse nexthop\n");
	return job_exit(job, 255);
}

static enum step
parse_hops(struct job *job, struct route *route)
{
	unsigned int at = job->arg[ADD_NEXTHOP].word;

	for (;;) {
		if (route->nexthop_count == ROUTE_NEXTHOPS_MAX)
			return ip_answers(job, "Invalid argument");
		if (parse_hop(job, &at,
			      &route->nexthop[route->nexthop_count++]) ==
		    STEP_DONE)
			return STEP_DONE;
		if (at >= job->word_count)
			return STEP_MORE;
		if (strcmp(job->word[at], "nexthop") != 0) {
			job->error = (struct args_error){
				.problem = ARGS_STRAY,
				.word = at,
				.text = job->word[at],
			};
			out_printf(job->err,
				   "Error: \"nexthop\" or end of line is "
				   "expected instead of \"%s\"\n",
				   job->word[at]);
			return job_exit(job, 255);
		}
		at++;
	}
}

static enum step
parse_nexthops(struct job *job, struct route *route)
{
	const struct arg *arg = job->arg;
	struct nexthop *hop = &route->nexthop[0];

	if (arg[ADD_NEXTHOP].count > 0) {
		if (parse_hops(job, route) == STEP_DONE)
			return STEP_DONE;
		if (arg[ADD_VIA].count > 0 || arg[ADD_DEV].count > 0)
			return ip_error(job, "Nexthop gateway does not match "
					     "RTA_GATEWAY or RTA_VIA.");
		return STEP_MORE;
	}
	if (arg[ADD_VIA].count == 0 && arg[ADD_DEV].count == 0)
		return STEP_MORE;
	*hop = (struct nexthop){ .weight = 1 };
	if (arg[ADD_VIA].count > 0)
		hop->gateway = arg[ADD_VIA].addr;
	if (arg[ADD_ONLINK].count > 0)
		hop->flags = NEXTHOP_ONLINK;
	if (arg[ADD_DEV].count > 0) {
		hop->dev = netdev_lookup(job->net, arg[ADD_DEV].text);
		if (hop->dev == NULL)
			return ip_no_device(job, arg[ADD_DEV].text);
	}
	/* A gateway of 0.0.0.0 is none. */
	route->nexthop_count = hop->dev != NULL || hop->gateway != 0;
	return STEP_MORE;
}

/* What has no place in struct route. */
static enum step
check_route(struct job *job, const struct route *route)
{
	const struct arg *arg = job->arg;

	if (arg[ADD_OTHER].count > 0 || arg[ADD_FASTOPEN].count > 0 ||
	    arg[ADD_RTTVAR].count > 0 || arg[ADD_REALMS].count > 0)
		return ip_answers(job, "Operation not supported");
	if (arg[ADD_NHID].count > 0 && route->nexthop_count > 0)
		return ip_error(job, "Nexthop specification and nexthop id are "
				     "mutually exclusive.");
	return STEP_MORE;
}

static enum step
wrong_metric(struct job *job, unsigned int i, const char *why)
{
	out_printf(job->err,
		   "Error: argument \"%s\" is wrong: \"%s\" value %s\n\n",
		   job->arg[i].text, add_args[i].word, why);
	return job_exit(job, 255);
}

/* A time becomes what rtnetlink has: so many of its units are a millisecond. */
static enum step
parse_time(struct job *job, unsigned int i, uint32_t per_ms, uint32_t *value)
{
	uint64_t ms = 0;
	bool raw = true;

	if (job->arg[i].count > 0 &&
	    (!route_time_parse(job->arg[i].text, &ms, &raw) ||
	     ms > UINT32_MAX / per_ms))
		return wrong_metric(job, i, "is invalid");
	*value = (uint32_t)(raw ? ms : ms * per_ms);
	return STEP_MORE;
}

static enum step
parse_congctl(struct job *job, uint32_t *value)
{
	const struct arg *arg = &job->arg[ADD_CONGCTL];
	const struct tcp_cc *cc = tcp_cc_find(arg->text);

	if (cc == NULL)
		return ip_error(job, "Unknown tcp congestion algorithm.");
	*value = tcp_cc_index(cc) + 1u;
	return STEP_MORE;
}

static enum step
parse_metrics(struct job *job, struct route_metrics *metrics)
{
	static const uint8_t from[METRICS] = {
		[METRIC_WINDOW] = ADD_WINDOW,
		[METRIC_RTT] = ADD_RTT,
		[METRIC_SSTHRESH] = ADD_SSTHRESH,
		[METRIC_CWND] = ADD_CWND,
		[METRIC_REORDERING] = ADD_REORDERING,
		[METRIC_HOPLIMIT] = ADD_HOPLIMIT,
		[METRIC_INITCWND] = ADD_INITCWND,
		[METRIC_FEATURES] = ADD_FEATURES,
		[METRIC_RTO_MIN] = ADD_RTO_MIN,
		[METRIC_INITRWND] = ADD_INITRWND,
		[METRIC_QUICKACK] = ADD_QUICKACK,
		[METRIC_CONGCTL] = ADD_CONGCTL,
	};
	const struct arg *arg = job->arg;
	uint32_t *value = metrics->value;

	for (unsigned int i = 0; i < METRICS; i++) {
		value[i] = (uint32_t)arg[from[i]].number;
		metrics->locks |= (uint32_t)arg[from[i]].locked << i;
	}
	/* As iproute2 does it; without its lock it would mean nothing. */
	if (arg[ADD_RTO_MIN].count > 0)
		metrics->locks |= 1u << METRIC_RTO_MIN;
	if (arg[ADD_FEATURES].count > 0) {
		if (strcmp(arg[ADD_FEATURES].text, "ecn") != 0)
			return wrong_metric(job, ADD_FEATURES, "not valid");
		value[METRIC_FEATURES] = FEATURE_ECN;
	}
	if (parse_time(job, ADD_RTT, 8, &value[METRIC_RTT]) == STEP_DONE ||
	    parse_time(job, ADD_RTO_MIN, 1, &value[METRIC_RTO_MIN]) ==
		    STEP_DONE)
		return STEP_DONE;
	if (arg[ADD_CONGCTL].count > 0)
		return parse_congctl(job, &value[METRIC_CONGCTL]);
	return STEP_MORE;
}

static enum step
parse_route(struct job *job, struct route *route, struct route_metrics *metrics,
	    bool delete)
{
	const struct arg *arg = job->arg;
	uint8_t type = type_of(arg);

	if (arg[ADD_TOS].count > 0 &&
	    !tos_parse(arg[ADD_TOS].text, &route->tos)) {
		out_printf(job->err,
			   "Error: argument \"%s\" is wrong: \"tos\" value is "
			   "invalid\n\n",
			   arg[ADD_TOS].text);
		return job_exit(job, 255);
	}
	if (arg[ADD_TO].count == 0)
		return job_exit(job, ip_style.usage(job));
	route->dst = arg[ADD_TO].addr;
	route->prefix_len = arg[ADD_TO].prefix_len;
	route->type = type != 0 ? type : delete ? 0 : ROUTE_UNICAST;
	route->metric = (uint32_t)arg[ADD_METRIC].number;
	route->mtu = (uint32_t)arg[ADD_MTU].number;
	route->advmss = (uint32_t)arg[ADD_ADVMSS].number;
	route->locks = (arg[ADD_MTU].locked ? ROUTE_LOCK_MTU : 0) |
		       (arg[ADD_ADVMSS].locked ? ROUTE_LOCK_ADVMSS : 0);
	route->nhid = (uint32_t)arg[ADD_NHID].number;
	route->source = arg[ADD_SRC].count > 0 ? arg[ADD_SRC].addr : 0;
	route->proto = arg[ADD_PROTO].count > 0 ? (uint8_t)arg[ADD_PROTO].number
		       : delete			? 0
						: ROUTE_PROTO_BOOT;
	route->table = type == ROUTE_LOCAL || type == ROUTE_BROADCAST
			       ? TABLE_LOCAL
			       : TABLE_MAIN;
	if (arg[ADD_TABLE].count > 0 && arg[ADD_TABLE].number != 0)
		route->table = (uint32_t)arg[ADD_TABLE].number;
	default_scope(arg, route, delete);
	route->metrics = metrics;
	if (parse_metrics(job, metrics) == STEP_DONE ||
	    parse_nexthops(job, route) == STEP_DONE)
		return STEP_DONE;
	return check_route(job, route);
}

/* ---- back to words ------------------------------------------------------ */

void
route_emit_command(struct job *job, const char *verb, const struct route *route)
{
	struct route_show show = {
		.emit = { .out = job->out, .oneline = true },
		.job = job,
		.no_state = true,
	};
	char line[2400];
	struct out_buf buf;

	out_buf_init(&buf, line, sizeof(line));
	show.emit.out = &buf.out;
	route_emit(&show, route);
	/* "\\<tab>nexthop" is how one line shows what were several. */
	for (char *c = line; *c != '\0'; c++) {
		if (*c == '\\' || *c == '\t')
			*c = ' ';
	}
	out_printf(job->out, "route %s %s", verb, line);
}

/* ---- commands ----------------------------------------------------------- */

static enum step
insert(struct job *job, enum fib_op op)
{
	struct route_metrics metrics = { 0 };
	union route_room room;

	memset(&room, 0, sizeof(room));
	if (parse_route(job, &room.route, &metrics, false) == STEP_DONE)
		return STEP_DONE;
	return route_error(job, fib_insert(job->net, &room.route, op));
}

static enum step
add_start(struct job *job)
{
	return insert(job, FIB_ADD);
}

static enum step
change_start(struct job *job)
{
	return insert(job, FIB_CHANGE);
}

static enum step
replace_start(struct job *job)
{
	return insert(job, FIB_REPLACE);
}

static enum step
append_start(struct job *job)
{
	return insert(job, FIB_APPEND);
}

static enum step
prepend_start(struct job *job)
{
	return insert(job, FIB_PREPEND);
}

static enum step
test_start(struct job *job)
{
	return insert(job, FIB_TEST);
}

static enum step
delete_start(struct job *job)
{
	struct route_metrics metrics = { 0 };
	union route_room room;
	uint32_t mask;

	memset(&room, 0, sizeof(room));
	if (parse_route(job, &room.route, &metrics, true) == STEP_DONE)
		return STEP_DONE;
	mask = room.route.prefix_len == 0 ? 0
					  : ~0u << (32 - room.route.prefix_len);
	if (room.route.dst & ~mask)
		return route_error(job, FIB_BAD_PREFIX);
	if (!route_table_exists(job->net, room.route.table))
		return ip_error(job, "FIB table does not exist.");
	return route_error(job, fib_delete(job->net, &room.route));
}

/* iproute2's rules, but for the words about a second gateway. */
static int
route_refuse(struct job *job, const struct args_error *error)
{
	if (error->problem == ARGS_MISSING &&
	    error->spec == &add_args[ADD_NEXTHOP]) {
		out_puts(job->err, "Error: unexpected end of line after "
				   "\"nexthop\"\n");
		return 255;
	}
	if (error->problem == ARGS_TWICE && error->spec == &add_args[ADD_VIA]) {
		out_puts(job->err, "Error: argument \"via\" is wrong: use "
				   "nexthop syntax to specify multiple via\n"
				   "\n");
		return 255;
	}
	if (error->problem == ARGS_WRONG && error->spec->kind == ARG_PREFIX &&
	    error->spec->wrong == NULL &&
	    (job->command->args == route_get_args &&
	     job->arg[error->spec - route_get_args].count > 0)) {
		out_printf(job->err,
			   "Error: inet prefix is expected rather "
			   "than \"%s\".\n",
			   error->text);
		return 1;
	}
	return ip_style.refuse(job, error);
}

static int
route_usage(struct job *job)
{
	return ip_style.usage(job);
}

const struct command_style ip_route_style = {
	.refuse = route_refuse,
	.usage = route_usage,
};

const struct command ip_route_commands[] = {
	{ .name = "add",
	  .summary = "adds a route",
	  .args = add_args,
	  .start = add_start },
	{ .name = "change",
	  .also = "chg",
	  .summary = "changes a route that is there",
	  .args = add_args,
	  .start = change_start },
	{ .name = "replace",
	  .summary = "adds a route in the place of one to the same prefix",
	  .args = add_args,
	  .start = replace_start },
	{ .name = "prepend",
	  .summary = "adds a route before others to the same prefix",
	  .args = add_args,
	  .start = prepend_start },
	{ .name = "append",
	  .summary = "adds a route behind others to the same prefix",
	  .args = add_args,
	  .start = append_start },
	{ .name = "test",
	  .summary = "says whether a route could be added, or is there",
	  .args = add_args,
	  .start = test_start },
	{ .name = "delete",
	  .summary = "deletes the first route that is like this",
	  .args = add_args,
	  .start = delete_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows routes",
	  .flags = COMMAND_DEFAULT,
	  .args = route_show_args,
	  .start = route_list_start,
	  .step = route_list_step },
	{ .name = "get",
	  .summary = "tells which way a packet would take",
	  .args = route_get_args,
	  .start = route_get_start },
	{ .name = "save",
	  .summary = "shows routes as lines that make them, for ip -batch",
	  .args = route_show_args,
	  .start = route_save_start,
	  .step = route_list_step },
	{ .name = "flush",
	  .summary = "deletes all routes that the selectors leave",
	  .args = route_show_args,
	  .start = route_flush_start,
	  .step = route_flush_step },
	{ .name = NULL },
};
