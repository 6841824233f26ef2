/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FIB's files below /proc/net, in Linux's shapes as far as they fit a
 * structure that is none of tries: prefixes stand where they stand there, inner
 * nodes are left out.
 */
#include "apps/commands/proc.h"

#include "lib/port.h"
#include "net/ipv4/fib.h"
#include "net/net.h"

#define STEP_ROUTES 16u	 /* printed in one step */
#define STEP_COUNT  512u /* counted in one */

/* The cache went with Linux 3.6, its header line stayed. */
enum step
proc_rt_cache_show(struct job *job)
{
	char line[128];

	fmt_print(line, sizeof(line),
		  "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\t"
		  "Source\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\tSpecDst");
	out_printf(job->out, "%-127s\n", line);
	return STEP_DONE;
}

static const char *
scope_name(uint8_t scope)
{
	switch (scope) {
	case SCOPE_GLOBAL: return "universe";
	case SCOPE_SITE: return "site";
	case SCOPE_LINK: return "link";
	case SCOPE_HOST: return "host";
	default: return "nowhere";
	}
}

static const char *
type_name(uint8_t type)
{
	static const char *const name[] = {
		[ROUTE_UNICAST] = "UNICAST",
		[ROUTE_LOCAL] = "LOCAL",
		[ROUTE_BROADCAST] = "BROADCAST",
		[ROUTE_MULTICAST] = "MULTICAST",
		[ROUTE_BLACKHOLE] = "BLACKHOLE",
		[ROUTE_UNREACHABLE] = "UNREACHABLE",
		[ROUTE_PROHIBIT] = "PROHIBIT",
		[ROUTE_THROW] = "THROW",
	};

	return type < array_len(name) && name[type] ? name[type] : "UNSPEC";
}

/* Both tables, one after the other: even positions are their headings. */
static uint32_t
table_of(const struct job *job)
{
	return job->position / 2 == 0 ? TABLE_MAIN : TABLE_LOCAL;
}

static bool
trie_visit(void *ctx, const struct route *route)
{
	struct job *job = ctx;
	struct cat *cat = job_state(job, struct cat);

	if (!cat->walk.fib.any || cat->walk.fib.last != route->dst)
		out_printf(job->out, "  |-- %pI4\n", &route->dst);
	cat->walk.fib.any = true;
	cat->walk.fib.last = route->dst;
	out_printf(job->out, "     /%u %s %s", route->prefix_len,
		   scope_name(route->scope), type_name(route->type));
	if (route->tos != 0)
		out_printf(job->out, " tos=%u", route->tos);
	out_puts(job->out, "\n");
	return true;
}

static enum step
walk_tables(struct job *job, uint32_t budget,
	    bool (*visit)(void *ctx, const struct route *route),
	    void (*end)(struct job *job))
{
	struct cat *cat = job_state(job, struct cat);

	if (job->position % 2 == 0)
		out_puts(job->out,
			 table_of(job) == TABLE_MAIN ? "Main:\n" : "Local:\n");
	job->position |= 1;
	if (fib_walk(job->net, table_of(job), &cat->walk.fib.place, budget,
		     visit, job))
		return STEP_MORE;
	if (end != NULL)
		end(job);
	memset(&cat->walk, 0, sizeof(cat->walk));
	job->position++;
	return job->position == 4 ? STEP_DONE : STEP_MORE;
}

enum step
proc_fib_trie_show(struct job *job)
{
	return walk_tables(job, STEP_ROUTES, trie_visit, NULL);
}

static bool
count_visit(void *ctx, const struct route *route)
{
	struct cat *cat = job_state((struct job *)ctx, struct cat);

	cat->walk.fib.leaves +=
		!cat->walk.fib.any || cat->walk.fib.last != route->dst;
	cat->walk.fib.any = true;
	cat->walk.fib.last = route->dst;
	cat->walk.fib.prefixes++;
	return true;
}

static void
count_end(struct job *job)
{
	const struct cat *cat = job_state(job, struct cat);

	out_printf(job->out, "\tLeaves:         %u\n\tPrefixes:       %u\n",
		   cat->walk.fib.leaves, cat->walk.fib.prefixes);
}

enum step
proc_fib_triestat_show(struct job *job)
{
	struct fib_usage usage;
	enum step step = walk_tables(job, STEP_COUNT, count_visit, count_end);

	if (step != STEP_DONE)
		return step;
	fib_usage(job->net, &usage);
	out_printf(job->out,
		   "Routes: %u of %u\nLookup size: %llu  kB\n"
		   "Total size: %llu  kB\n",
		   usage.route_count, usage.route_count_max,
		   (unsigned long long)(usage.lookup_len + 1023) / 1024,
		   (unsigned long long)(usage.lookup_len + usage.route_len +
					1023) /
			   1024);
	return STEP_DONE;
}
