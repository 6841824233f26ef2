/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `show`: what this box has beyond Linux's tools. The fate of every packet, the
 * law that no packet is lost without a name, where the configuration came from.
 */
#include "apps/box.h"
#include "apps/commands/commands.h"
#include "apps/commands/running.h"
#include "apps/commands/tool.h"
#include "apps/platform.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

/* ---- show drops --------------------------------------------------------- */

enum { DROPS_ALL, DROPS_VERBOSE, DROPS_PACKET, DROPS_REASON };

/* clang-format off */
static const struct arg_spec drops_args[] = {
	[DROPS_ALL] = { .word = "-a", .also = "all", .kind = ARG_FLAG,
		.help = "reasons that took no packet yet, too" },
	[DROPS_VERBOSE] = { .word = "-v", .kind = ARG_FLAG,
		.help = "what the last packet looked like" },
	[DROPS_PACKET] = { .word = "last", .also = "packet|hexdump", .kind = ARG_FLAG,
		.flags = ARG_HIDDEN, .help = "the same" },
	[DROPS_REASON] = { .word = "", .kind = ARG_TEXT, .what = "REASON",
		.flags = ARG_POSITIONAL, .help = "only reasons with this in their name" },
	{ .kind = ARG_END },
};
/* clang-format on */

struct drops_job {
	uint64_t total;
	uint32_t shown;
};

/* 16 bytes a line, as hexdump -C shows them. */
static void
show_bytes(struct out *out, const uint8_t *bytes, uint32_t len)
{
	char text[17];
	uint32_t i, at;

	for (at = 0; at < len; at += 16) {
		out_printf(out, "        %04x ", at);
		for (i = 0; i < 16; i++) {
			if (at + i < len)
				out_printf(out, " %02x", bytes[at + i]);
			else
				out_puts(out, "   ");
		}
		for (i = 0; i < 16 && at + i < len; i++)
			text[i] = bytes[at + i] >= ' ' && bytes[at + i] < 0x7f
					  ? (char)bytes[at + i]
					  : '.';
		text[i] = '\0';
		out_printf(out, "  %s\n", text);
	}
}

static void
show_last(struct job *job, const struct skb_drop_last *last)
{
	const struct netdev *dev = netdev_by_index(job->net, last->in);
	uint64_t ago = job->net->now_ns - last->when_ns;

	out_puts(job->out, "      last: ");
	microseconds_show(job->out, ago / 1000);
	out_printf(job->out, " s ago, %u bytes, from %s\n", last->packet_len,
		   last->in == 0 ? "this box"
		   : dev != NULL ? dev->name
				 : "a port that has gone");
	show_bytes(job->out, last->bytes, last->len);
}

static enum step
drops_start(struct job *job)
{
	return STEP_MORE;
}

static bool
drop_selected(const struct job *job, enum drop reason)
{
	const struct arg *arg = job->arg;
	uint64_t count = job->net->core[0].account.drop[reason];
	const char *name = drop_text(reason)->name;

	if (arg[DROPS_REASON].count > 0)
		return strstr(name, arg[DROPS_REASON].text) != NULL;
	return count > 0 || arg[DROPS_ALL].count > 0;
}

static enum step
drops_step(struct job *job)
{
	const struct skb_account *account = &job->net->core[0].account;
	struct drops_job *state = job_state(job, struct drops_job);
	bool verbose = job->arg[DROPS_VERBOSE].count > 0 ||
		       job->arg[DROPS_PACKET].count > 0;
	const struct drop_text *text;
	enum drop reason = (enum drop)++ job->position;

	if (reason >= DROP_COUNT) {
		out_printf(job->out, "%12llu  packets dropped in all\n",
			   (unsigned long long)state->total);
		return job_exit(job, 0);
	}
	state->total += account->drop[reason];
	if (!drop_selected(job, reason))
		return STEP_MORE;
	text = drop_text(reason);
	out_printf(job->out, "%12llu  %-24s  %s%s%s%s\n",
		   (unsigned long long)account->drop[reason], text->name,
		   text->sentence, text->citation[0] != '\0' ? " [" : "",
		   text->citation, text->citation[0] != '\0' ? "]" : "");
	if (verbose && account->drop[reason] > 0)
		show_last(job, &account->last[reason]);
	return STEP_MORE;
}

/* ---- show stats --------------------------------------------------------- */

static void
stats_line(struct out *out, const char *name, const struct skb_fate *fate,
	   uint64_t held)
{
	out_printf(out, "%-16s %12llu %12llu %12llu %12llu %12llu %12llu\n",
		   name, (unsigned long long)fate->born,
		   (unsigned long long)fate->sent,
		   (unsigned long long)fate->delivered,
		   (unsigned long long)fate->replaced,
		   (unsigned long long)fate->dropped, (unsigned long long)held);
}

static uint64_t
fate_ended(const struct skb_fate *fate)
{
	return fate->sent + fate->delivered + fate->replaced + fate->dropped;
}

/* The books must balance: what came in is what ended and what is held. */
static int
show_law(struct out *out, const struct skb_fate *sum, uint64_t held)
{
	long long off = (long long)(sum->born - fate_ended(sum) - held);

	out_printf(out,
		   "received + created %llu = sent + delivered + "
		   "replaced + dropped %llu + held %llu: ",
		   (unsigned long long)sum->born,
		   (unsigned long long)fate_ended(sum),
		   (unsigned long long)held);
	if (off == 0)
		out_puts(out, "law holds\n");
	else if (off > 0)
		out_printf(out, "LAW BROKEN, %lld packets are missing\n", off);
	else
		out_printf(out, "LAW BROKEN, %lld packets too many\n", -off);
	return off == 0 ? 0 : 1;
}

/* One step, so that no packet moves between the lines. */
static enum step
stats_start(struct job *job)
{
	const struct skb_account *account = &job->net->core[0].account;
	const struct skb_pool *pool = &job->net->core[0].skb_pool;
	uint64_t held = skb_pool_held(pool);
	struct skb_fate sum;
	struct netdev *dev;

	out_printf(job->out, "%-16s %12s %12s %12s %12s %12s %12s\n", "port",
		   "received", "sent", "delivered", "replaced", "dropped",
		   "held");
	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = netdev_by_index(job->net, i);
		if (dev != NULL)
			stats_line(job->out, dev->name, &account->port[i],
				   account->port[i].born -
					   fate_ended(&account->port[i]));
	}
	stats_line(job->out, "(created here)", &account->port[0],
		   account->port[0].born - fate_ended(&account->port[0]));
	net_fates(job->net, &sum);
	stats_line(job->out, "sum", &sum, held);
	job->status = show_law(job->out, &sum, held);
	out_printf(job->out,
		   "buffers: %u, free %u (at least %u), with devices %llu, "
		   "refused %llu\n",
		   pool->total_count, pool->free_count, pool->free_count_min,
		   (unsigned long long)account->rx_posted,
		   (unsigned long long)pool->fail_count);
	return STEP_DONE;
}

/* ---- show pools --------------------------------------------------------- */

static void
pool_line(struct out *out, const char *name, uint32_t len, uint32_t used,
	  uint32_t most, uint32_t total, uint64_t refused)
{
	out_printf(out, "%-14s %6u %10u %10u %10u %12llu\n", name, len, used,
		   most, total, (unsigned long long)refused);
}

static enum step
pools_start(struct job *job)
{
	const struct net *net = job->net;
	const struct skb_pool *skbs = &net->core[0].skb_pool;
	const struct pool *pools[] = {
		&net->tcp.pool,	      &net->tcp.awake_pool, &net->tcp.tw_pool,
		&net->udp.pool,	      &net->frag.pool,	    &net->neigh.pool,
		&net->multicast_pool, &net->igmp.pool,	    &net->mroutes.pool,
	};

	out_printf(job->out, "%-14s %6s %10s %10s %10s %12s\n", "pool", "bytes",
		   "used", "most", "total", "refused");
	pool_line(job->out, "packets", (uint32_t)SKB_STRIDE,
		  skbs->total_count - skbs->free_count,
		  skbs->total_count - skbs->free_count_min, skbs->total_count,
		  skbs->fail_count);
	for (unsigned int i = 0; i < array_len(pools); i++)
		pool_line(job->out, pools[i]->name, pools[i]->object_len,
			  pools[i]->used_count, pools[i]->used_count_max,
			  pools[i]->total_count, pools[i]->fail_count);
	out_printf(job->out,
		   "packets: %llu lent to devices, %u with TCP, %u waiting for "
		   "neighbours, %llu bytes in reassembly\n",
		   (unsigned long long)net->core[0].account.rx_posted,
		   net->tcp.buffers, net->neigh.parked_count,
		   (unsigned long long)net->frag.memory_len);
	return job_exit(job, 0);
}

/* ---- show config source, show fib --------------------------------------- */

static enum step
source_start(struct job *job)
{
	const struct box *box = job->box;

	for (unsigned int i = 0; i < box->source_count; i++)
		out_printf(job->out, "%-24s %4u lines, %u errors\n",
			   box->source[i].name, box->source[i].line_count,
			   box->source[i].error_count);
	if (box->source_count == 0)
		out_puts(job->out, "nothing was configured\n");
	return job_exit(job, 0);
}

static const struct command config_commands[] = {
	{ .name = "source",
	  .summary = "shows where the configuration came from, the last word "
		     "last",
	  .flags = COMMAND_DEFAULT,
	  .start = source_start },
	{ .name = NULL },
};

static enum step
fib_start(struct job *job)
{
	struct fib_usage usage;

	fib_usage(job->net, &usage);
	out_printf(job->out,
		   "routes: %u of %u\nroutes' memory: %llu bytes\n"
		   "lookup structure: %llu bytes\n",
		   usage.route_count, usage.route_count_max,
		   (unsigned long long)usage.route_len,
		   (unsigned long long)usage.lookup_len);
	return job_exit(job, 0);
}

static enum step
services_start(struct job *job)
{
	const struct box *box = job->box;

	for (unsigned int i = 0; i < box->service_count; i++)
		out_printf(job->out, "%-16s %-4s %s\n", box->service[i].name,
			   box->service[i].on ? "on" : "off",
			   box->service[i].help);
	return job_exit(job, 0);
}

const struct command show_commands[] = {
	{ .name = "drops",
	  .also = "errors",
	  .summary = "shows why packets died: each reason, how often, what it "
		     "means",
	  .args = drops_args,
	  .start = drops_start,
	  .step = drops_step },
	{ .name = "stats",
	  .summary = "shows the books: every packet that came in must have "
		     "ended, or be here",
	  .text = "The exit code is 1 if the law is broken.",
	  .start = stats_start },
	{ .name = "pools",
	  .also = "memory",
	  .summary = "shows what is taken from each pool, and what was refused",
	  .text = "All memory but that of routes is set aside at boot; nothing "
		  "grows beyond its total.",
	  .start = pools_start },
	{ .name = "config",
	  .summary = "shows where the configuration came from",
	  .sub = config_commands },
	{ .name = "running-config",
	  .also = "configuration",
	  .summary = "shows the commands that would make the box what it is",
	  .start = running_start,
	  .step = running_step },
	{ .name = "fib",
	  .summary = "shows how many routes there are and what they cost",
	  .start = fib_start },
	{ .name = "services",
	  .summary = "shows what listens here",
	  .start = services_start },
	{ .name = NULL },
};
