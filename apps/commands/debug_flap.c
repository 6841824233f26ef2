/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `debug route-flap`: what a routing protocol does to the box when a peer loses
 * and finds its routes without end. The routes lie inside a prefix that the
 * operator names, eight bits longer; each comes, leads elsewhere, goes. They
 * have the worst metric there is, so they change nothing about prefixes that
 * have a route already, and none is left at the end.
 */

#include "apps/commands/commands.h"
#include "apps/commands/debug.h"
#include "apps/commands/tool.h"
#include "net/ipv4/fib.h"
#include "net/net.h"

enum { FLAP_PREFIX, FLAP_VIA, FLAP_OR, FLAP_RATE, FLAP_COUNT };

/* clang-format off */
const struct arg_spec route_flap_args[] = {
	[FLAP_PREFIX] = { .word = "", .kind = ARG_PREFIX, .what = "PREFIX",
		.flags = ARG_POSITIONAL | ARG_REQUIRED,
		.help = "inside it, at most 24 bits long" },
	[FLAP_VIA] = { .word = "via", .kind = ARG_ADDR, .what = "ADDR",
		.help = "the gateway they come with" },
	[FLAP_OR] = { .word = "or", .kind = ARG_ADDR, .what = "ADDR",
		.help = "the gateway they change to" },
	[FLAP_RATE] = { .word = "rate", .kind = ARG_NUMBER, .what = "NUMBER",
		.min = 1, .max = 10000000,
		.help = "changes a second; 1000 unless told" },
	[FLAP_COUNT] = { .word = "count", .kind = ARG_NUMBER, .what = "NUMBER",
		.min = 1, .max = 0xffffffff,
		.help = "changes in all; without it until Ctrl-C" },
	{ .kind = ARG_END },
};
/* clang-format on */

#define FLAP_LEN	  8u /* bits by which they are longer: 256 routes */
#define FLAP_TURN	  8u /* changes a step: some, then the network's turn */
#define FLAP_REST_NS	  1000000u
#define FLAP_METRIC	  0xffffffffu
#define FLAP_RATE_DEFAULT 1000u

struct flap_job {
	union {
		struct route route;
		uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
	} want;
	uint32_t base, gateway[2];
	uint64_t rate, count, done, failed, start_ns;
};

/* Route n of the 256 as it is to be: through a gateway, or (2) gone. */
static enum fib_error
flap_route(struct job *job, struct flap_job *flap, uint32_t n, uint32_t phase)
{
	struct route *want = &flap->want.route;

	want->dst = flap->base | n << (32 - want->prefix_len);
	want->nexthop[0].gateway = phase < 2 ? flap->gateway[phase] : 0;
	want->scope = phase < 2 ? SCOPE_GLOBAL : SCOPE_NOWHERE;
	want->nexthop_count = phase < 2;
	return phase < 2 ? fib_insert(job->net, want, FIB_REPLACE)
			 : fib_delete(job->net, want);
}

static enum step
flap_end(struct job *job, struct flap_job *flap)
{
	uint64_t took_ns = max_of(job->now_ns - flap->start_ns, (uint64_t)1);
	uint64_t per_s = flap->done * NS_PER_S / took_ns;

	for (uint32_t n = 0; n < 1u << FLAP_LEN; n++)
		(void)flap_route(job, flap, n, 2);
	out_printf(job->out, "%llu changes, %llu a second, %llu refused\n",
		   (unsigned long long)flap->done, (unsigned long long)per_s,
		   (unsigned long long)flap->failed);
	return job_exit(job, flap->failed > 0);
}

enum step
route_flap_start(struct job *job)
{
	struct flap_job *flap = job_state(job, struct flap_job);
	const struct arg *prefix = &job->arg[FLAP_PREFIX];
	struct route *want = &flap->want.route;

	if (prefix->count == 0 || job->arg[FLAP_VIA].count == 0 ||
	    prefix->prefix_len > 32 - FLAP_LEN) {
		out_puts(job->err, "debug route-flap: a prefix of at most 24 "
				   "bits, and via ADDR\n");
		return job_exit(job, 1);
	}
	flap->base = prefix->addr;
	want->prefix_len = (uint8_t)(prefix->prefix_len + FLAP_LEN);
	want->table = TABLE_MAIN;
	want->type = ROUTE_UNICAST;
	want->proto = ROUTE_PROTO_BOOT;
	want->metric = FLAP_METRIC;
	flap->gateway[0] = flap->gateway[1] = job->arg[FLAP_VIA].addr;
	if (job->arg[FLAP_OR].count > 0)
		flap->gateway[1] = job->arg[FLAP_OR].addr;
	flap->rate = job->arg[FLAP_RATE].count > 0 ? job->arg[FLAP_RATE].number
						   : FLAP_RATE_DEFAULT;
	flap->count = job->arg[FLAP_COUNT].count > 0
			      ? job->arg[FLAP_COUNT].number
			      : UINT64_MAX;
	flap->start_ns = job->now_ns;
	return STEP_MORE;
}

/* All 256 come, then all change, then all go. */
static void
flap_once(struct job *job, struct flap_job *flap)
{
	uint32_t n = flap->done & ((1u << FLAP_LEN) - 1);
	uint32_t phase = (uint32_t)((flap->done >> FLAP_LEN) % 3);
	enum fib_error error = flap_route(job, flap, n, phase);

	flap->done++;
	if (error == FIB_OK)
		return;
	if (flap->failed++ == 0)
		out_printf(job->err, "%s\n", fib_error_text(error));
}

enum step
route_flap_step(struct job *job)
{
	struct flap_job *flap = job_state(job, struct flap_job);
	uint64_t elapsed_us = (job->now_ns - flap->start_ns) / 1000;
	uint64_t due = min_of(elapsed_us * flap->rate / 1000000, flap->count);
	uint32_t turn = 0;

	if (job->interrupted || flap->done == flap->count)
		return flap_end(job, flap);
	while (flap->done < due && turn++ < FLAP_TURN)
		flap_once(job, flap);
	if (flap->done < due)
		return STEP_MORE;
	job->wake_ns = job->now_ns + FLAP_REST_NS;
	return STEP_WAIT;
}
