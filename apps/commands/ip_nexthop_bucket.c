/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip nexthop bucket`: the tables of resilient groups. Words, orders and exit
 * codes are those of iproute2 6.1 on Linux 6.18.
 */
#include "apps/commands/ip_nexthop.h"

#include "lib/port.h"
#include "net/net.h"

enum { BUCKETS_DEV, BUCKETS_ID, BUCKETS_NHID };

enum { BUCKET_ID, BUCKET_INDEX };

/* clang-format off */
#define ID(h) { .word = "id", .kind = ARG_NUMBER, .max = 0xffffffff, \
	.what = "ID", .help = h, .wrong = "invalid id value" }
static const struct arg_spec buckets_args[] = {
	[BUCKETS_DEV] = { .word = "dev", .kind = ARG_NETDEV, .what = "DEVICE",
		.help = "that lead out of this interface", .wrong = NEXTHOP_NO_DEVICE },
	[BUCKETS_ID] = ID("of this group"),
	[BUCKETS_NHID] = { .word = "nhid", .kind = ARG_NUMBER, .max = 0xffffffff,
		.what = "ID", .help = "that have this next hop",
		.wrong = "invalid id value" },
	{ .kind = ARG_END },
};

static const struct arg_spec bucket_args[] = {
	[BUCKET_ID] = ID("the group"),
	[BUCKET_INDEX] = { .word = "index", .kind = ARG_NUMBER, .max = 65535,
		.what = "INDEX", .help = "of the bucket, from 0",
		.wrong = "invalid bucket index value" },
	{ .kind = ARG_END },
};
/* clang-format on */

/* As printf's %g writes seconds: six digits, no zeros at the end. */
void
nexthop_emit_seconds(struct emit *emit, const char *key, const char *before,
		     uint64_t ns)
{
	uint64_t centis = ns / 10000000, whole = centis / 100;
	uint32_t part = (uint32_t)(centis % 100);
	char text[24];

	if (whole >= 100000)
		part = 0;
	else if (whole >= 10000)
		part = part / 10 * 10;
	if (part == 0)
		fmt_print(text, sizeof(text), "%lu", whole);
	else if (part % 10 == 0)
		fmt_print(text, sizeof(text), "%lu.%u", whole, part / 10);
	else
		fmt_print(text, sizeof(text), "%lu.%02u", whole, part);
	emit_literal(emit, key, before, text, " ");
}

struct bucket_walk {
	struct emit emit;
	const struct netdev *dev;
	uint32_t id, index; /* the next one to be looked at */
};

static void
bucket_emit(struct emit *emit, uint32_t id, uint32_t index,
	    const struct nexthop_bucket *bucket)
{
	emit_object(emit, NULL);
	emit_number(emit, "id", "id ", id, " ");
	emit_object(emit, "bucket");
	emit_number(emit, "index", "index ", index, " ");
	nexthop_emit_seconds(emit, "idle_time", "idle_time ", bucket->idle_ns);
	emit_number(emit, "nhid", "nhid ", bucket->nhid, " ");
	emit_object_end(emit);
	emit_array(emit, "flags", "");
	emit_array_end(emit, "");
	emit_line(emit);
	emit_object_end(emit);
}

static bool
bucket_selected(const struct job *job, const struct bucket_walk *walk,
		const struct nexthop_bucket *bucket)
{
	const struct nexthop_object *hop = nexthop_find(job->net, bucket->nhid);

	return (walk->dev == NULL ||
		(hop != NULL && hop->hop.dev == walk->dev)) &&
	       (job->arg[BUCKETS_NHID].count == 0 ||
		bucket->nhid == job->arg[BUCKETS_NHID].number);
}

static enum step
buckets_start(struct job *job)
{
	struct bucket_walk *walk = job_state(job, struct bucket_walk);
	const struct arg *arg = job->arg;
	const struct nexthop_object *object;

	if (arg[BUCKETS_DEV].count > 0) {
		walk->dev = netdev_lookup(job->net, arg[BUCKETS_DEV].text);
		if (walk->dev == NULL)
			return nexthop_bad_device(job, &arg[BUCKETS_DEV]);
	}
	if (arg[BUCKETS_ID].count > 0) {
		walk->id = (uint32_t)arg[BUCKETS_ID].number;
		object = nexthop_find(job->net, walk->id);
		if (object != NULL && !object->resilient)
			out_puts(job->err, "Error: Not a nexthop group.\n");
		if (object == NULL || !object->resilient) {
			out_puts(job->err, "Dump terminated\n");
			return job_exit(job, 2);
		}
	}
	ip_emit(job, &walk->emit);
	emit_begin(&walk->emit);
	return STEP_MORE;
}

/* At most so many are looked at in a step. */
#define BUCKETS_A_STEP 64u

static enum step
buckets_step(struct job *job)
{
	struct bucket_walk *walk = job_state(job, struct bucket_walk);
	bool one = job->arg[BUCKETS_ID].count > 0;
	const struct nexthop_object *object =
		one ? nexthop_find(job->net, walk->id)
		    : nexthop_after(job->net, max_of(walk->id, 1u) - 1);
	struct nexthop_bucket bucket;

	for (uint32_t i = 0; object != NULL && i < BUCKETS_A_STEP; i++) {
		if (object->id != walk->id) {
			walk->id = object->id;
			walk->index = 0;
		}
		if (nexthop_bucket(job->net, object, walk->index, &bucket)) {
			walk->index++;
			if (!bucket_selected(job, walk, &bucket))
				continue;
			bucket_emit(&walk->emit, object->id, walk->index - 1,
				    &bucket);
			return STEP_MORE;
		}
		object = one ? NULL : nexthop_after(job->net, object->id);
	}
	if (object != NULL)
		return STEP_MORE;
	emit_end(&walk->emit);
	return job_exit(job, 0);
}

static enum step
bucket_get_start(struct job *job)
{
	const struct nexthop_object *object;
	const struct arg *arg = job->arg;
	struct nexthop_bucket bucket;
	struct emit emit = { 0 };

	if (arg[BUCKET_ID].count == 0 || arg[BUCKET_INDEX].count == 0)
		return job_exit(job, ip_style.usage(job));
	object = nexthop_find(job->net, (uint32_t)arg[BUCKET_ID].number);
	if (object == NULL)
		return ip_answers(job, "No such file or directory");
	if (!object->resilient)
		return ip_error(job, "Not a nexthop group.");
	if (!nexthop_bucket(job->net, object,
			    (uint32_t)arg[BUCKET_INDEX].number, &bucket))
		return ip_error(job, "Bucket index out of bounds.");
	ip_emit(job, &emit);
	emit_begin(&emit);
	bucket_emit(&emit, object->id, (uint32_t)arg[BUCKET_INDEX].number,
		    &bucket);
	emit_end(&emit);
	return job_exit(job, 0);
}

/* ---- table -------------------------------------------------------------- */

const struct command ip_nexthop_bucket_commands[] = {
	{ .name = "show",
	  .also = "list|lst",
	  .summary = "shows buckets of resilient groups",
	  .flags = COMMAND_DEFAULT,
	  .args = buckets_args,
	  .start = buckets_start,
	  .step = buckets_step },
	{ .name = "get",
	  .summary = "shows one bucket",
	  .args = bucket_args,
	  .start = bucket_get_start },
	{ .name = NULL },
};
