/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip nexthop`: next hops as objects of their own, single ones and groups.
 * Words, orders and exit codes are those of iproute2 6.1 on Linux 6.18; what
 * this box has not (fdb, encapsulation) is no word here.
 */
#include "apps/commands/ip_nexthop.h"

#include "apps/commands/ip_route.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

/* As many as iproute2 can say in hundredths of a second. */
#define TIMER_MAX_S 42949672u

enum { MPATH, RESILIENT };

static const struct arg_name group_types[] = {
	{ "mpath", MPATH },
	{ "resilient", RESILIENT },
	{ NULL, 0 },
};

enum { LIST_DEV, LIST_GROUPS, LIST_ID, LIST_PROTO };

enum {
	ADD_BLACKHOLE,
	ADD_BUCKETS,
	ADD_DEV,
	ADD_GROUP,
	ADD_ID,
	ADD_IDLE_TIMER,
	ADD_ONLINK,
	ADD_PROTO,
	ADD_TYPE,
	ADD_UNBALANCED_TIMER,
	ADD_VIA,
};

/* clang-format off */
#define ID(h) { .word = "id", .kind = ARG_NUMBER, .max = 0xffffffff, \
	.what = "ID", .help = h, .wrong = "invalid id value" }
static const struct arg_spec list_args[] = {
	[LIST_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "out of this interface", .wrong = NEXTHOP_NO_DEVICE },
	[LIST_GROUPS] = { .word = "groups", .kind = ARG_FLAG, .flags = ARG_ABBREV,
		.help = "groups only" },
	[LIST_ID] = ID("this one"),
	[LIST_PROTO] = { .word = "protocol", .kind = ARG_NAME,
		.names = route_protocols, .max = 255, .flags = ARG_ABBREV,
		.what = "PROTO", .help = "made by this protocol",
		.wrong = "invalid protocol value" },
	{ .kind = ARG_END },
};

static const struct arg_spec id_args[] = {
	ID("the object"),
	{ .kind = ARG_END },
};

static const struct arg_spec add_args[] = {
	[ADD_BLACKHOLE] = { .word = "blackhole", .kind = ARG_FLAG,
		.help = "packets are dropped in silence" },
	[ADD_BUCKETS] = { .word = "buckets", .kind = ARG_NUMBER, .max = 65535,
		.what = "COUNT", .help = "of a resilient group; not to be changed",
		.wrong = "invalid buckets value" },
	[ADD_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "out of this interface", .wrong = NEXTHOP_NO_DEVICE },
	[ADD_GROUP] = { .word = "group", .kind = ARG_TEXT, .what = "ID[,WEIGHT]/...",
		.help = "flows are spread over these, by weight (1 to 256)" },
	[ADD_ID] = ID("its number; a free one unless told"),
	[ADD_IDLE_TIMER] = { .word = "idle_timer", .kind = ARG_NUMBER,
		.max = TIMER_MAX_S, .what = "SECONDS",
		.help = "without packets, until a bucket may move (120)",
		.wrong = "invalid idle timer value" },
	[ADD_ONLINK] = { .word = "onlink", .kind = ARG_FLAG,
		.help = "the gateway is on the link whatever its address" },
	[ADD_PROTO] = { .word = "protocol", .kind = ARG_NAME,
		.names = route_protocols, .max = 255, .flags = ARG_ABBREV,
		.what = "PROTO", .help = "who made it",
		.wrong = "\"protocol\" value is invalid\n" },
	[ADD_TYPE] = { .word = "type", .kind = ARG_NAME, .names = group_types,
		.what = "mpath|resilient",
		.help = "of a group: by weight; or flows stay where they are",
		.wrong = "\"type\" value is invalid\n" },
	[ADD_UNBALANCED_TIMER] = { .word = "unbalanced_timer", .kind = ARG_NUMBER,
		.max = TIMER_MAX_S, .what = "SECONDS",
		.help = "out of balance, until buckets move in use; 0: never",
		.wrong = "invalid unbalanced timer value" },
	[ADD_VIA] = { .word = "via", .kind = ARG_ADDR, .what = "GATEWAY",
		.flags = ARG_INET,
		.help = "the next router" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* An object with as many members as there can be. */
union object_room {
	struct nexthop_object object;
	uint8_t bytes[sizeof(struct nexthop_object) +
		      ROUTE_NEXTHOPS_MAX * sizeof(struct nexthop_member)];
};

/* ---- one object --------------------------------------------------------- */

static void
emit_group(struct emit *emit, const struct nexthop_object *object)
{
	emit_array(emit, "group", "group ");
	for (uint32_t i = 0; i < object->member_count; i++) {
		emit_object(emit, NULL);
		emit_number(emit, "id", i > 0 ? "/" : "", object->member[i].id,
			    "");
		if (object->member[i].weight > 1)
			emit_number(emit, "weight", ",",
				    object->member[i].weight, "");
		emit_object_end(emit);
	}
	emit_array_end(emit, " ");
}

static void
emit_resilience(struct nexthop_show *show, const struct nexthop_object *object)
{
	struct emit *emit = &show->emit;

	emit_string(emit, "type", "type ", "resilient", " ");
	emit_object(emit, "resilient_args");
	emit_number(emit, "buckets", "buckets ", object->bucket_count, " ");
	emit_number(emit, "idle_timer", "idle_timer ", object->idle_timer_s,
		    " ");
	emit_number(emit, "unbalanced_timer", "unbalanced_timer ",
		    object->unbalanced_timer_s, " ");
	if (!show->config)
		nexthop_emit_seconds(emit, "unbalanced_time",
				     "unbalanced_time ",
				     nexthop_unbalanced_ns(show->job->net,
							   object));
	emit_object_end(emit);
}

static void
emit_way(struct nexthop_show *show, const struct nexthop_object *object)
{
	const struct nexthop *hop = &object->hop;
	struct emit *emit = &show->emit;
	char text[12];

	if (hop->gateway != 0)
		emit_addr(emit, "gateway", "via ", hop->gateway, " ");
	if (hop->dev != NULL)
		emit_coloured(emit, COLOUR_IFNAME, "dev", "dev ",
			      hop->dev->name, " ");
	if (!show->config && (hop->scope != SCOPE_GLOBAL || show->details))
		emit_string(emit, "scope", "scope ",
			    ip_name(show->job, route_scopes, hop->scope, text,
				    sizeof(text)),
			    " ");
	if (object->blackhole)
		emit_null(emit, "blackhole", "blackhole ");
}

/* What is between the brackets. */
static void
emit_members(struct nexthop_show *show, const struct nexthop_object *object)
{
	struct emit *emit = &show->emit;
	char text[12];

	emit_number(emit, "id", "id ", object->id, " ");
	if (object->member_count > 0)
		emit_group(emit, object);
	if (object->resilient)
		emit_resilience(show, object);
	emit_way(show, object);
	if (object->proto != 0 || show->details)
		emit_string(emit, "protocol", "proto ",
			    ip_name(show->job, route_protocols, object->proto,
				    text, sizeof(text)),
			    " ");
	emit_array(emit, "flags", "");
	route_emit_flags(emit, object->hop.flags &
				       (show->config ? NEXTHOP_ONLINK : 0xff));
	emit_array_end(emit, "");
}

void
nexthop_emit(struct nexthop_show *show, const struct nexthop_object *object)
{
	emit_object(&show->emit, NULL);
	emit_members(show, object);
	emit_line(&show->emit);
	emit_object_end(&show->emit);
}

void
nexthop_emit_info(struct emit *emit, const struct job *job, uint32_t id)
{
	const struct nexthop_object *object = nexthop_find(job->net, id);
	struct nexthop_show show = {
		.emit = *emit,
		.details = true,
		.job = job,
	};

	if (object == NULL)
		return;
	emit_object(&show.emit, "nh_info");
	emit_text(&show.emit, "\n\tnh_info ");
	emit_members(&show, object);
	emit_object_end(&show.emit);
	*emit = show.emit;
}

/* ---- show, get ---------------------------------------------------------- */

struct walk {
	struct nexthop_show show;
	struct netdev *dev;
	uint32_t id;   /* the last one seen */
	bool deleting; /* flush: they have been counted */
};

enum step
nexthop_bad_device(struct job *job, const struct arg *arg)
{
	out_printf(job->err, "Error: argument \"%s\" is wrong: %s\n", arg->text,
		   NEXTHOP_NO_DEVICE);
	return job_exit(job, 255);
}

static void
show_init(struct job *job, struct nexthop_show *show)
{
	ip_emit(job, &show->emit);
	show->details = ip_option(job, IP_DETAILS);
	show->job = job;
}

/* The one object that was asked for. */
static enum step
show_one(struct job *job, uint32_t id)
{
	const struct nexthop_object *object = nexthop_find(job->net, id);
	struct nexthop_show show = { 0 };

	if (object == NULL)
		return ip_answers(job, "No such file or directory");
	show_init(job, &show);
	emit_begin(&show.emit);
	nexthop_emit(&show, object);
	emit_end(&show.emit);
	return job_exit(job, 0);
}

static enum step
walk_init(struct job *job, struct walk *walk)
{
	const struct arg *dev = &job->arg[LIST_DEV];

	show_init(job, &walk->show);
	if (dev->count == 0)
		return STEP_MORE;
	walk->dev = netdev_lookup(job->net, dev->text);
	return walk->dev != NULL ? STEP_MORE : nexthop_bad_device(job, dev);
}

static bool
selected(const struct job *job, const struct walk *walk,
	 const struct nexthop_object *object)
{
	const struct arg *arg = job->arg;

	return (walk->dev == NULL || object->hop.dev == walk->dev) &&
	       (arg[LIST_GROUPS].count == 0 || object->member_count > 0) &&
	       (arg[LIST_PROTO].count == 0 ||
		object->proto == arg[LIST_PROTO].number);
}

/* The next one that the selectors leave, within a step's budget; NULL with
 * *more: ask again. */
static const struct nexthop_object *
walk_next(struct job *job, struct walk *walk, bool *more)
{
	const struct nexthop_object *object;

	*more = ip_family(job) != 6;
	for (unsigned int budget = 64; *more && budget > 0; budget--) {
		object = nexthop_after(job->net, walk->id);
		*more = object != NULL;
		if (object == NULL)
			break;
		walk->id = object->id;
		if (selected(job, walk, object))
			return object;
	}
	return NULL;
}

static enum step
list_start(struct job *job)
{
	struct walk *walk = job_state(job, struct walk);

	if (job->arg[LIST_ID].count > 0)
		return show_one(job, (uint32_t)job->arg[LIST_ID].number);
	if (walk_init(job, walk) == STEP_DONE)
		return STEP_DONE;
	emit_begin(&walk->show.emit);
	return STEP_MORE;
}

static enum step
list_step(struct job *job)
{
	struct walk *walk = job_state(job, struct walk);
	const struct nexthop_object *object;
	bool more;

	object = walk_next(job, walk, &more);
	if (object != NULL)
		nexthop_emit(&walk->show, object);
	if (more)
		return STEP_MORE;
	emit_end(&walk->show.emit);
	return job_exit(job, 0);
}

static enum step
get_start(struct job *job)
{
	if (job->arg[0].count == 0)
		return job_exit(job, ip_style.usage(job));
	return show_one(job, (uint32_t)job->arg[0].number);
}

bool
nexthop_show_config(struct job *job, uint32_t *id, bool groups)
{
	const struct nexthop_object *object = nexthop_after(job->net, *id);
	struct nexthop_show show = {
		.emit = { .out = job->out },
		.job = job,
		.config = true,
	};

	if (object == NULL)
		return false;
	*id = object->id;
	if ((object->member_count > 0) != groups)
		return true;
	out_puts(job->out, "ip nexthop replace ");
	nexthop_emit(&show, object);
	return true;
}

/* ---- delete, flush ------------------------------------------------------ */

static enum step
delete_start(struct job *job)
{
	if (job->arg[0].count == 0)
		return ip_error(job, "Nexthop id is missing.");
	return route_error(job, nexthop_delete(job->net,
					       (uint32_t)job->arg[0].number));
}

static enum step
flush_start(struct job *job)
{
	struct walk *walk = job_state(job, struct walk);

	if (job->arg[LIST_ID].count > 0)
		return route_error(
			job,
			nexthop_delete(job->net,
				       (uint32_t)job->arg[LIST_ID].number));
	return walk_init(job, walk);
}

/* Counted first: a group that is left empty goes with its last member. */
static enum step
flush_step(struct job *job)
{
	struct walk *walk = job_state(job, struct walk);
	const struct nexthop_object *object;
	bool more;

	object = walk_next(job, walk, &more);
	if (object != NULL && walk->deleting)
		nexthop_delete(job->net, object->id);
	else if (object != NULL)
		job->position++;
	if (!more && !walk->deleting) {
		walk->deleting = true;
		walk->id = 0;
		return STEP_MORE;
	}
	if (more)
		return STEP_MORE;
	if (job->position == 0)
		out_puts(job->out, "Nothing to flush\n");
	else
		out_printf(job->out, "Flushed %u nexthops\n", job->position);
	return job_exit(job, 0);
}

/* ---- add, replace ------------------------------------------------------- */

static enum step
wrong(struct job *job, const char *text, size_t len, const char *what)
{
	job->error = (struct args_error){
		.problem = ARGS_WRONG,
		.spec = &add_args[ADD_GROUP],
		.word = job->arg[ADD_GROUP].word,
		.text = job->arg[ADD_GROUP].text,
	};
	out_printf(job->err,
		   "Error: argument \"%.*s\" is wrong: %s is invalid\n\n",
		   (int)len, text, what);
	return job_exit(job, 255);
}

static bool
number(const char *text, size_t len, uint32_t *value)
{
	char word[12];

	if (len == 0 || len >= sizeof(word))
		return false;
	str_copy(word, text, len + 1);
	return str_u32(word, value);
}

/* "5" or "5,2"; end is behind it. */
static enum step
parse_member(struct job *job, const char *text, const char *end,
	     struct nexthop_member *member)
{
	const char *comma = text;
	uint32_t weight = 1;

	while (comma < end && *comma != ',')
		comma++;
	if (!number(text, (size_t)(comma - text), &member->id) ||
	    member->id == 0)
		return wrong(job, text, (size_t)(comma - text),
			     "\"group\" value");
	if (comma < end &&
	    (!number(comma + 1, (size_t)(end - comma - 1), &weight) ||
	     weight < 1 || weight > 256))
		return wrong(job, comma + 1, (size_t)(end - comma - 1),
			     "\"weight\"");
	member->weight = (uint16_t)weight;
	return STEP_MORE;
}

static enum step
parse_group(struct job *job, struct nexthop_object *object)
{
	const char *text = job->arg[ADD_GROUP].text, *end;

	do {
		end = strchr(text, '/');
		/* iproute2 shows the number before it if nothing follows. */
		if (end != NULL && end[1] == '\0')
			return wrong(job, text, (size_t)(end - text),
				     "\"group\" value");
		if (end == NULL)
			end = text + strlen(text);
		if (object->member_count == ROUTE_NEXTHOPS_MAX)
			return ip_answers(job, "Invalid argument");
		if (parse_member(job, text, end,
				 &object->member[object->member_count++]) ==
		    STEP_DONE)
			return STEP_DONE;
		text = end + 1;
	} while (*end == '/');
	return STEP_MORE;
}

static uint32_t
said(const struct arg *arg)
{
	return arg->count > 0 ? (uint32_t)arg->number : NEXTHOP_UNSAID;
}

/* What is said of a resilient group; of another nothing may be. */
static enum step
parse_resilience(struct job *job, struct nexthop_object *object)
{
	static const uint8_t words[] = { ADD_BUCKETS, ADD_IDLE_TIMER,
					 ADD_UNBALANCED_TIMER };
	const struct arg *arg = job->arg;

	object->resilient =
		arg[ADD_GROUP].count > 0 && arg[ADD_TYPE].number == RESILIENT;
	object->bucket_count = said(&arg[ADD_BUCKETS]);
	object->idle_timer_s = said(&arg[ADD_IDLE_TIMER]);
	object->unbalanced_timer_s = said(&arg[ADD_UNBALANCED_TIMER]);
	for (uint32_t i = 0; i < array_len(words); i++) {
		if (arg[words[i]].count == 0 ||
		    arg[ADD_TYPE].number == RESILIENT)
			continue;
		out_printf(job->err, "Error: argument \"%s\" is wrong: \n",
			   add_args[words[i]].word);
		return job_exit(job, 255);
	}
	return STEP_MORE;
}

static enum step
parse_single(struct job *job, struct nexthop_object *object)
{
	const struct arg *arg = job->arg;

	if (arg[ADD_DEV].count > 0) {
		object->hop.dev = netdev_lookup(job->net, arg[ADD_DEV].text);
		if (object->hop.dev == NULL)
			return nexthop_bad_device(job, &arg[ADD_DEV]);
	}
	if (arg[ADD_VIA].count > 0)
		object->hop.gateway = arg[ADD_VIA].addr;
	if (arg[ADD_ONLINK].count > 0)
		object->hop.flags = NEXTHOP_ONLINK;
	object->blackhole = arg[ADD_BLACKHOLE].count > 0;
	if (object->blackhole &&
	    (object->hop.dev != NULL || arg[ADD_VIA].count > 0))
		return ip_error(job, "Blackhole attribute can not be used with "
				     "gateway, oif, encap or fdb.");
	if (object->blackhole && object->hop.flags != 0)
		return route_error(job, FIB_ONLINK_GATEWAY);
	if (object->hop.dev != NULL && object->hop.gateway == 0 &&
	    object->hop.flags != 0)
		return ip_error(job, "ONLINK flag can not be set for nexthop "
				     "without a gateway.");
	if (!object->blackhole && object->hop.dev == NULL &&
	    arg[ADD_VIA].count == 0)
		return ip_error(job, "Invalid address family.");
	return STEP_MORE;
}

static enum step
add(struct job *job, enum nexthop_op op)
{
	const struct arg *arg = job->arg;
	union object_room room;
	struct nexthop_object *object = &room.object;
	bool single = arg[ADD_DEV].count > 0 || arg[ADD_VIA].count > 0 ||
		      arg[ADD_BLACKHOLE].count > 0 || arg[ADD_ONLINK].count > 0;

	memset(&room, 0, sizeof(room));
	object->id = (uint32_t)arg[ADD_ID].number;
	object->proto = (uint8_t)arg[ADD_PROTO].number;
	if (parse_resilience(job, object) == STEP_DONE)
		return STEP_DONE;
	if (arg[ADD_GROUP].count > 0 && single)
		return ip_error(job, "Invalid family for group.");
	if ((arg[ADD_GROUP].count > 0 ? parse_group(job, object)
				      : parse_single(job, object)) == STEP_DONE)
		return STEP_DONE;
	return route_error(job, nexthop_add(job->net, object, op, NULL));
}

static enum step
add_start(struct job *job)
{
	return add(job, NEXTHOP_ADD);
}

static enum step
replace_start(struct job *job)
{
	return add(job, NEXTHOP_REPLACE);
}

/* ---- table -------------------------------------------------------------- */

static int
nexthop_refuse(struct job *job, const struct args_error *error)
{
	if (error->problem == ARGS_UNKNOWN) {
		out_printf(job->err,
			   "Command \"%s\" is unknown, try \"ip nexthop "
			   "help\".\n",
			   error->text);
		return 255;
	}
	if (error->problem != ARGS_STRAY)
		return ip_style.refuse(job, error);
	if (strcmp(error->text, "help") == 0)
		return ip_style.usage(job);
	out_printf(job->err, "Error: argument \"%s\" is wrong: \n",
		   error->text);
	return 255;
}

static int
nexthop_usage(struct job *job)
{
	return ip_style.usage(job);
}

const struct command_style ip_nexthop_style = {
	.refuse = nexthop_refuse,
	.usage = nexthop_usage,
};

const struct command ip_nexthop_commands[] = {
	{ .name = "add",
	  .summary = "adds a next hop, or a group of them",
	  .args = add_args,
	  .start = add_start },
	{ .name = "replace",
	  .summary = "puts a next hop in the place of another, for all routes",
	  .args = add_args,
	  .start = replace_start },
	{ .name = "delete",
	  .summary = "deletes a next hop, with the routes that have no other",
	  .args = id_args,
	  .start = delete_start },
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows next hops",
	  .flags = COMMAND_DEFAULT,
	  .args = list_args,
	  .start = list_start,
	  .step = list_step },
	{ .name = "get",
	  .summary = "shows one next hop",
	  .args = id_args,
	  .start = get_start },
	{ .name = "bucket",
	  .summary = "the buckets of resilient groups",
	  .flags = COMMAND_ABBREV,
	  .sub = ip_nexthop_bucket_commands },
	{ .name = "flush",
	  .summary = "deletes all next hops that the selectors leave",
	  .args = list_args,
	  .start = flush_start,
	  .step = flush_step },
	{ .name = NULL },
};
