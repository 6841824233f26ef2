/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What routers ask and other members say: ipv4_input() brings it. A query sets
 * a timer to a random time, and its expiry answers (group.c). [RFC3376 5.2]
 * [RFC2236 3]
 */
#include "net/explain/explain.h"
#include "net/igmp/internal.h"

/* A router of an older version is believed for so long to be there still.
 * [RFC3376 8.12] */
static void
note_version(struct igmp_link *link, const struct igmp *query)
{
	struct net *net = link->dev->net;
	struct timer_wheel *wheel = &net_this_core(net)->timers;
	unsigned int before = igmp_version(link->dev);
	struct igmp_group *group;
	uint64_t ms = (uint64_t)link->robustness * link->interval_s * 1000 +
		      query->max_resp_ms;

	if (query->version == 3) {
		if (query->robustness)
			link->robustness = query->robustness;
		if (query->interval_s)
			link->interval_s = query->interval_s;
		return;
	}
	link->old_until_ns[query->version] = net->now_ns + ms * 1000000;
	if (igmp_version(link->dev) == before)
		return;
	/* What was to be said would not be understood. [RFC3376 7.2.1] */
	timer_cancel(wheel, &link->answer);
	list_for_each(group, &link->groups, link)
		timer_cancel(wheel, &group->answer);
}

static void
answer_by(struct net *net, struct timer *timer, uint64_t due_ns)
{
	if (!timer->armed || timer->due_ns > due_ns)
		timer_arm(&net_this_core(net)->timers, timer, due_ns);
}

/* Sources add up while an answer is due; about all of them, once asked so. */
static void
note_sources(struct igmp_group *group, const struct igmp *query)
{
	bool is_whole = group->answer.armed && group->source_count == 0;

	if (query->source_count == 0 || is_whole ||
	    group->source_count + query->source_count > IGMP_SOURCES_MAX) {
		group->source_count = 0;
		return;
	}
	for (unsigned int i = 0; i < query->source_count; i++)
		group->source[group->source_count++] =
			be32_get(query->source[i]);
}

static void
query_input(struct igmp_link *link, const struct igmp *query)
{
	struct net *net = link->dev->net;
	uint64_t due_ns = igmp_random_ns(net, query->max_resp_ms);
	struct igmp_group *group;

	net->igmp.stats.in_queries++;
	note_version(link, query);
	if (query->group == 0 && igmp_version(link->dev) == 3)
		return answer_by(net, &link->answer, due_ns);
	list_for_each(group, &link->groups, link) {
		if (group->users == 0 || !igmp_is_told(group) ||
		    (query->group != 0 && query->group != group->group))
			continue;
		/* The general answer will tell soon enough. */
		if (link->answer.armed && link->answer.due_ns <= due_ns)
			continue;
		note_sources(group, query);
		if (query->group == 0) /* each its own time */
			due_ns = igmp_random_ns(net, query->max_resp_ms);
		answer_by(net, &group->answer, due_ns);
	}
}

/* Somebody else has said it: versions 1 and 2 need no second. [RFC2236 3] */
static void
report_input(struct igmp_link *link, const struct igmp *report)
{
	struct net *net = link->dev->net;
	struct igmp_group *group = igmp_find(link->dev, report->group);

	net->igmp.stats.in_reports++;
	if (!group || igmp_version(link->dev) == 3)
		return;
	timer_cancel(&net_this_core(net)->timers, &group->answer);
	group->last_reporter = false;
}

void
igmp_input(struct skb *skb, const struct ipv4 *ip)
{
	struct igmp_link *link = igmp_link(skb->dev);
	struct igmp message;
	enum drop why;

	if (!skb_pull_linear(skb, skb->len))
		return skb_drop(skb, DROP_NOMEM);
	why = igmp_parse(skb->data, skb->len, &message);
	if (why != DROP_NONE)
		return skb_drop(skb, why);
	/* From this link, or forged. [RFC3376 4] */
	if (ip->ttl != 1)
		return skb_drop(skb, DROP_IGMP_TTL);
	explain_note(skb->dev->net, IGMP);
	if (explain_is_dry(skb->dev->net))
		return skb_consume(skb);
	switch (message.type) {
	case IGMP_QUERY: query_input(link, &message); break;
	case IGMP_REPORT1:
	case IGMP_REPORT2: report_input(link, &message); break;
	case IGMP_REPORT3: skb->dev->net->igmp.stats.in_reports++; break;
	default: skb->dev->net->igmp.stats.in_leaves++; break;
	}
	skb_consume(skb);
}
