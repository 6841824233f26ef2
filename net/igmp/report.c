/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this box says of its memberships, in the version that the link's routers
 * understand; ipv4_output() sends it. TTL 1, and the Router Alert option, lest
 * routers overlook what is not addressed to them. [RFC3376 4] [RFC2236 2]
 */
#include "net/igmp/internal.h"

#define TOS_CONTROL 0xc0u /* [RFC3376 4] */

static const uint8_t router_alert[4] = { 148, 4, 0, 0 }; /* [RFC2113] */

static void
send(struct netdev *dev, struct skb *skb, uint32_t to)
{
	const struct ipv4_out how = {
		.dst = to,
		.proto = IPPROTO_IGMP,
		.tos = TOS_CONTROL,
		.ttl = 1,
		.out = dev->ifindex,
		.options = router_alert,
		.options_len = sizeof(router_alert),
	};

	ipv4_output(dev->net, skb, &how);
}

static struct skb *
skb_new(struct netdev *dev)
{
	struct skb *skb = skb_alloc(&net_this_core(dev->net)->skb_pool);

	if (!skb)
		dev->net->igmp.stats.out_nomem++;
	return skb;
}

/* Versions 1 and 2 report to the group itself. */
static void
report_old(struct igmp_group *group, unsigned int version)
{
	struct igmp_stats *stats = &group->dev->net->igmp.stats;
	bool is_leave = group->users == 0;
	uint8_t type = is_leave	      ? IGMP_LEAVE2
		       : version == 1 ? IGMP_REPORT1
				      : IGMP_REPORT2;
	struct skb *skb;

	/* Who was not the last to report leaves others behind; version 1 just
	 * falls silent. [RFC2236 3] */
	if (is_leave && (version == 1 || !group->last_reporter))
		return;
	skb = skb_new(group->dev);
	if (!skb)
		return;
	igmp_emit(type, group->group, skb_put(skb, IGMP_LEN));
	group->last_reporter = !is_leave;
	stats->out_leaves += is_leave;
	stats->out_reports += !is_leave;
	send(group->dev, skb, is_leave ? IGMP_ALL_ROUTERS : group->group);
}

/* ---- version 3 ---------------------------------------------------------- */

static struct skb *
report3_begin(struct netdev *dev)
{
	struct skb *skb = skb_new(dev);

	if (skb)
		memset(skb_put(skb, sizeof(struct wire_igmp_report)), 0,
		       sizeof(struct wire_igmp_report));
	return skb;
}

static void
report3_end(struct netdev *dev, struct skb *skb, unsigned int record_count)
{
	struct wire_igmp_report *wire = (void *)skb->data;

	wire->type = IGMP_REPORT3;
	wire->record_count = be16_from((uint16_t)record_count);
	wire->checksum =
		be16_from(checksum_fold(checksum_add(0, skb->data, skb->len)));
	dev->net->igmp.stats.out_reports++;
	send(dev, skb, IGMP_ROUTERS3);
}

static void
record_add(struct skb *skb, enum igmp_record_type type,
	   const struct igmp_group *group, unsigned int source_count)
{
	struct wire_igmp_record *record =
		(void *)skb_put(skb,
				sizeof(*record) + source_count * sizeof(be32));
	be32 *source = (be32 *)(record + 1);

	*record = (struct wire_igmp_record){
		.type = (uint8_t)type,
		.source_count = be16_from((uint16_t)source_count),
		.group = be32_from(group->group),
	};
	for (unsigned int i = 0; i < source_count; i++)
		source[i] = be32_from(group->source[i]);
}

/*
 * We take every source: of those that were asked for, all; of the group as a
 * whole, EXCLUDE {}. [RFC3376 5.2]
 */
static void
report3_group(struct igmp_group *group, bool is_change)
{
	struct skb *skb = report3_begin(group->dev);

	if (!skb)
		return;
	if (is_change)
		record_add(skb,
			   group->users ? IGMP_TO_EXCLUDE : IGMP_TO_INCLUDE,
			   group, 0);
	else if (group->source_count > 0)
		record_add(skb, IGMP_IS_INCLUDE, group, group->source_count);
	else
		record_add(skb, IGMP_IS_EXCLUDE, group, 0);
	report3_end(group->dev, skb, 1);
}

void
igmp_report_group(struct igmp_group *group, bool is_change)
{
	unsigned int version = igmp_version(group->dev);

	if (version == 3)
		report3_group(group, is_change);
	else
		report_old(group, version);
}

void
igmp_report_link(struct igmp_link *link)
{
	/* An IP header with Router Alert before it. */
	uint32_t room = min_of(link->dev->mtu, (uint32_t)PARAM_SKB_ROOM) - 24;
	const struct igmp_group *group;
	struct skb *skb = NULL;
	unsigned int count = 0;

	list_for_each(group, &link->groups, link) {
		if (group->users == 0 || !igmp_is_told(group))
			continue;
		if (skb && skb->len + sizeof(struct wire_igmp_record) > room) {
			report3_end(link->dev, skb, count);
			skb = NULL;
		}
		if (!skb) {
			skb = report3_begin(link->dev);
			count = 0;
		}
		if (!skb)
			return;
		record_add(skb, IGMP_IS_EXCLUDE, group, 0);
		count++;
	}
	if (skb)
		report3_end(link->dev, skb, count);
}
