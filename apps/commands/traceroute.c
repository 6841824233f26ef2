/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `traceroute`: echo requests with a growing TTL, as the well-known program
 * sends them with -I; the routers on the way give themselves away. One request
 * is under way at a time.
 */
#include "apps/commands/commands.h"
#include "apps/commands/ip.h"
#include "apps/commands/tool.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

enum {
	TRACE_HOPS,
	TRACE_QUERIES,
	TRACE_WAIT,
	TRACE_FIRST,
	TRACE_SOURCE,
	TRACE_TOS,
	TRACE_NUMERIC,
	TRACE_OTHER,
	TRACE_DST,
	TRACE_SIZE,
};

/* clang-format off */
#define OPTION(w, k, wh, h) .word = w, .kind = k, .flags = ARG_OPTION, \
	.what = wh, .help = h
const struct arg_spec traceroute_args[] = {
	[TRACE_HOPS] = { OPTION("-m", ARG_NUMBER, "HOPS", "at most; 30 unless told"), .min = 1, .max = 255 },
	[TRACE_QUERIES] = { OPTION("-q", ARG_NUMBER, "COUNT", "requests for each hop; 3 unless told"), .min = 1, .max = 10 },
	[TRACE_WAIT] = { OPTION("-w", ARG_TEXT, "SECONDS", "to wait for an answer; 5 unless told") },
	[TRACE_FIRST] = { OPTION("-f", ARG_NUMBER, "HOP", "to begin with"), .min = 1, .max = 255 },
	[TRACE_SOURCE] = { OPTION("-s", ARG_ADDR, "ADDR", "the source address") },
	[TRACE_TOS] = { OPTION("-t", ARG_NUMBER, "TOS", "type of service"), .max = 255 },
	[TRACE_NUMERIC] = { .word = "-n", .also = "-I|-4", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "always so: numbers, by ICMP" },
	[TRACE_OTHER] = { .word = "-T", .also = "-U", .kind = ARG_FLAG,
		.flags = ARG_OPTION | ARG_HIDDEN, .help = "refused: by ICMP only" },
	[TRACE_DST] = { .word = "", .kind = ARG_TEXT, .what = "ADDR",
		.flags = ARG_POSITIONAL | ARG_REQUIRED, .help = "where to" },
	[TRACE_SIZE] = { .word = "", .kind = ARG_NUMBER, .what = "BYTES", .min = 28, .max = 65535,
		.flags = ARG_POSITIONAL, .help = "of the packet; 60 unless told" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct trace_job {
	struct icmp_listener listener;
	struct job *job;
	struct icmp_ping request;
	bool listening, waiting, arrived, last_hop;
	uint32_t hop, hops, query, queries;
	uint64_t wait_ns, sent_ns;
	/* What the request under way drew. */
	uint32_t from, shown_from;
	uint64_t rtt_ns;
	char mark[8];
};

static void
heard(struct trace_job *trace, uint32_t from, uint16_t seq)
{
	if (!trace->waiting || seq != trace->request.seq)
		return;
	trace->waiting = false;
	trace->arrived = true;
	trace->from = from;
	trace->rtt_ns = trace->job->net->now_ns - trace->sent_ns;
	trace->mark[0] = '\0';
	job_wake(trace->job);
}

static void
heard_reply(struct icmp_listener *listener, uint32_t from, uint8_t ttl,
	    uint16_t seq, uint32_t data_len)
{
	struct trace_job *trace =
		container_of(listener, struct trace_job, listener);

	heard(trace, from, seq);
	if (seq == trace->request.seq)
		trace->last_hop = true;
}

static void
heard_error(struct icmp_listener *listener, uint32_t from, uint16_t seq,
	    uint8_t type, uint8_t code, uint32_t info)
{
	static const char letter[] = "NHPPFS";
	struct trace_job *trace =
		container_of(listener, struct trace_job, listener);

	heard(trace, from, seq);
	if (type != 3 || seq != trace->request.seq)
		return;
	/* Unreachable: there is no farther than here. */
	trace->last_hop = true;
	if (code == 9 || code == 10 || code == 13)
		str_copy(trace->mark, " !X", sizeof(trace->mark));
	else if (code < sizeof(letter) - 1)
		fmt_print(trace->mark, sizeof(trace->mark), " !%c",
			  letter[code]);
	else
		fmt_print(trace->mark, sizeof(trace->mark), " !<%u>", code);
}

static enum step
parse(struct job *job, struct trace_job *trace)
{
	const struct arg *arg = job->arg;

	trace->wait_ns = 5 * NS_PER_S;
	if (arg[TRACE_DST].count == 0)
		return job_exit(job, job->command->style->usage(job));
	if (!str_ipv4(arg[TRACE_DST].text, &trace->request.dst)) {
		out_printf(job->err,
			   "%s: Name or service not known\n"
			   "Cannot handle \"host\" cmdline arg `%s' on "
			   "position 1 (argc %u)\n",
			   arg[TRACE_DST].text, arg[TRACE_DST].text,
			   arg[TRACE_DST].word);
		return job_exit(job, 2);
	}
	if (arg[TRACE_OTHER].count > 0) {
		out_puts(job->err, "traceroute: by ICMP (-I) only\n");
		return job_exit(job, 2);
	}
	if (arg[TRACE_WAIT].count > 0 &&
	    !seconds_parse(arg[TRACE_WAIT].text, &trace->wait_ns)) {
		out_printf(job->err, "traceroute: invalid argument: '%s'\n",
			   arg[TRACE_WAIT].text);
		return job_exit(job, 2);
	}
	trace->hop = arg[TRACE_FIRST].count > 0
			     ? (uint32_t)arg[TRACE_FIRST].number
			     : 1;
	trace->hops = arg[TRACE_HOPS].count > 0
			      ? (uint32_t)arg[TRACE_HOPS].number
			      : 30;
	trace->queries = arg[TRACE_QUERIES].count > 0
				 ? (uint32_t)arg[TRACE_QUERIES].number
				 : 3;
	trace->request.src = arg[TRACE_SOURCE].addr;
	trace->request.tos = (uint8_t)arg[TRACE_TOS].number;
	trace->request.data_len =
		arg[TRACE_SIZE].count > 0
			? (uint16_t)(arg[TRACE_SIZE].number - 28)
			: 32;
	return STEP_MORE;
}

enum step
traceroute_start(struct job *job)
{
	struct trace_job *trace = job_state(job, struct trace_job);

	if (parse(job, trace) == STEP_DONE)
		return STEP_DONE;
	out_printf(job->out,
		   "traceroute to %s (%pI4), %u hops max, %u byte packets\n",
		   job->arg[TRACE_DST].text, &trace->request.dst, trace->hops,
		   trace->request.data_len + 28u);
	trace->job = job;
	trace->request.id = (uint16_t)random_u32(&job->net->random);
	trace->listener.id = trace->request.id;
	trace->listener.reply = heard_reply;
	trace->listener.error = heard_error;
	icmp_listen(job->net, &trace->listener);
	trace->listening = true;
	return STEP_MORE;
}

static void
show_answer(struct job *job, struct trace_job *trace)
{
	if (!trace->arrived) {
		out_puts(job->out, " *");
		return;
	}
	if (trace->from != trace->shown_from)
		out_printf(job->out, " %pI4", &trace->from);
	trace->shown_from = trace->from;
	out_puts(job->out, "  ");
	microseconds_show(job->out, trace->rtt_ns);
	out_printf(job->out, " ms%s", trace->mark);
}

/* False: it could not be sent, and the job is over. */
static bool
send_next(struct job *job, struct trace_job *trace)
{
	enum status status;

	trace->request.seq++;
	trace->request.ttl = (uint8_t)trace->hop;
	trace->waiting = true;
	trace->arrived = false;
	trace->sent_ns = job->net->now_ns;
	status = icmp_ping_send(job->net, &trace->request);
	if (status != OK) {
		out_printf(job->err, "connect: %s\n", status_text(status));
		job->status = 1;
		return false;
	}
	if (trace->query == 0) {
		out_printf(job->out, "%2u ", trace->hop);
		trace->shown_from = 0;
	}
	return true;
}

enum step
traceroute_step(struct job *job)
{
	struct trace_job *trace = job_state(job, struct trace_job);
	bool timed_out = trace->waiting &&
			 job->now_ns >= trace->sent_ns + trace->wait_ns;

	if (job->interrupted) {
		out_puts(job->out, "\n");
		return STEP_DONE;
	}
	if (trace->waiting && !timed_out) {
		job->wake_ns = trace->sent_ns + trace->wait_ns;
		return STEP_WAIT;
	}
	if (trace->arrived || timed_out) {
		show_answer(job, trace);
		trace->waiting = trace->arrived = false;
		trace->query++;
	}
	if (trace->query == trace->queries) {
		out_puts(job->out, "\n");
		trace->query = 0;
		trace->hop++;
		if (trace->last_hop || trace->hop > trace->hops)
			return job_exit(job, 0);
	}
	if (!send_next(job, trace))
		return STEP_DONE;
	job->wake_ns = trace->waiting ? trace->sent_ns + trace->wait_ns : 0;
	return STEP_WAIT;
}

void
traceroute_end(struct job *job)
{
	struct trace_job *trace = job_state(job, struct trace_job);

	if (trace->listening)
		icmp_unlisten(&trace->listener);
}
