/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip mroute`: static multicast routes. Linux's command only shows what a
 * daemon has made, in this form; here the operator makes them.
 */
#include "apps/commands/ip.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/mroute.h"
#include "net/net.h"

/* clang-format off */
static const struct arg_spec show_args[] = {
	{ .kind = ARG_END },
};

enum { ADD_GROUP, ADD_FROM, ADD_IIF, ADD_OIF };

static const struct arg_spec add_args[] = {
	[ADD_GROUP] = { .word = "to", .kind = ARG_ADDR, .what = "GROUP",
		.flags = ARG_POSITIONAL | ARG_REQUIRED,
		.help = "for this group" },
	[ADD_FROM] = { .word = "from", .kind = ARG_ADDR, .what = "ADDRESS",
		.help = "of this source alone" },
	[ADD_IIF] = { .word = "iif", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "that arrives here" },
	[ADD_OIF] = { .word = "oif", .kind = ARG_TEXT, .what = "DEVICE[,DEVICE...]",
		.help = "leaves by each of these" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define IIF_WIDTH 10

/* ---- show --------------------------------------------------------------- */

static const char *
dev_name(const struct net *net, uint32_t ifindex)
{
	return net->netdev[ifindex] ? net->netdev[ifindex]->name : "?";
}

static void
show_pair(struct emit *emit, const struct mroute *route)
{
	char pair[40], source[16] = "0.0.0.0";

	if (emit->json) {
		if (route->source)
			emit_addr(emit, "src", "", route->source, "");
		emit_addr(emit, "dst", "", route->group, "");
		return;
	}
	fmt_print(source, sizeof(source), "%pI4", &route->source);
	fmt_print(pair, sizeof(pair), "(%s,%pI4)", source, &route->group);
	emit_text(emit, "%-32s Iif: ", pair);
}

static enum step
show_step(struct job *job)
{
	const struct mroute *route = mroute_at(job->net, job->position++);
	struct emit *emit = job_state(job, struct emit);
	const char *in;

	if (!route) {
		emit_end(emit);
		return job_exit(job, 0);
	}
	emit_object(emit, NULL);
	show_pair(emit, route);
	in = dev_name(job->net, route->in);
	emit_string(emit, "iif", "", in, "");
	emit_text(emit, "%-*s ", IIF_WIDTH - (int)strlen(in), "");
	emit_array(emit, "multipath", "Oifs: ");
	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		if (!(route->out >> i & 1))
			continue;
		emit_object(emit, NULL);
		emit_string(emit, "oif", "", dev_name(job->net, i), " ");
		emit_object_end(emit);
	}
	emit_array_end(emit, "");
	emit_string(emit, "state", " State: ", "resolved", "");
	if (ip_option(job, IP_STATS)) {
		emit_break(emit);
		emit_number(emit, "packets", "  ", route->packets, " packets");
		emit_number(emit, "bytes", ", ", route->bytes, " bytes");
		if (route->wrong_if)
			emit_number(emit, "wrong_if", ", ", route->wrong_if,
				    " arrived on wrong iif.");
	}
	emit_line(emit);
	emit_object_end(emit);
	return STEP_MORE;
}

static enum step
show_start(struct job *job)
{
	struct emit *emit = job_state(job, struct emit);

	ip_emit(job, emit);
	emit_begin(emit);
	return STEP_MORE;
}

/* ---- add, del ----------------------------------------------------------- */

/* "eth1,eth2" as a set; 0, having said so: one of them does not exist. */
static uint32_t
parse_out(struct job *job, const char *text)
{
	char name[NETDEV_NAME_MAX];
	const struct netdev *dev;
	uint32_t out = 0;
	size_t len;

	for (; *text; text += len + (text[len] == ',')) {
		const char *comma = strchr(text, ',');

		len = comma ? (size_t)(comma - text) : strlen(text);
		str_copy(name, text, min_of(sizeof(name), len + 1));
		dev = netdev_lookup(job->net, name);
		if (!dev) {
			(void)ip_no_device(job, name);
			return 0;
		}
		out |= 1u << dev->ifindex;
	}
	return out;
}

static enum step
finish(struct job *job, enum status status)
{
	return status == OK ? job_exit(job, 0)
			    : ip_answers(job, status_text(status));
}

static enum step
add_start(struct job *job)
{
	const struct arg *arg = job->arg;
	const struct netdev *in;
	uint32_t out;

	if (!arg[ADD_GROUP].count || !arg[ADD_IIF].count ||
	    !arg[ADD_OIF].count) {
		out_puts(job->err, "Not enough information: a group, \"iif\" "
				   "and \"oif\" are required.\n");
		return job_exit(job, 255);
	}
	in = netdev_lookup(job->net, arg[ADD_IIF].text);
	if (!in)
		return ip_no_device(job, arg[ADD_IIF].text);
	out = parse_out(job, arg[ADD_OIF].text);
	if (!out)
		return job_exit(job, 1);
	return finish(job, mroute_add(job->net, arg[ADD_FROM].addr,
				      arg[ADD_GROUP].addr, in, out));
}

static enum step
del_start(struct job *job)
{
	const struct arg *arg = job->arg;

	return finish(job, mroute_delete(job->net, arg[ADD_FROM].addr,
					 arg[ADD_GROUP].addr));
}

void
mroute_show_config(struct job *job, const struct mroute *route)
{
	const char *comma = " oif ";

	out_printf(job->out, "ip mroute add %pI4", &route->group);
	if (route->source)
		out_printf(job->out, " from %pI4", &route->source);
	out_printf(job->out, " iif %s", dev_name(job->net, route->in));
	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		if (!(route->out >> i & 1))
			continue;
		out_printf(job->out, "%s%s", comma, dev_name(job->net, i));
		comma = ",";
	}
	out_puts(job->out, "\n");
}

const struct command ip_mroute_commands[] = {
	{ .name = "add",
	  .summary = "makes a multicast route",
	  .args = add_args,
	  .start = add_start },
	{ .name = "delete",
	  .summary = "removes a multicast route",
	  .args = add_args,
	  .start = del_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows the multicast routes, with -s what they passed on",
	  .flags = COMMAND_DEFAULT,
	  .args = show_args,
	  .start = show_start,
	  .step = show_step },
	{ .name = NULL },
};
