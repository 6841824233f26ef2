/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Membership. Applications and multicast routes join and leave; interfaces come
 * and go; what changes is told by report.c, again after a while [RFC3376 5.1].
 * State: net->igmp, of the core that runs the stack.
 */
#include "net/igmp/internal.h"

#define ROBUSTNESS_DEFAULT 2u	/* [RFC3376 8.1] */
#define INTERVAL_DEFAULT_S 125u /* [RFC3376 8.2] */
#define GROUPS_MAX	   256u

uint64_t
igmp_random_ns(struct net *net, uint32_t ms)
{
	return net->now_ns +
	       (uint64_t)random_below(&net->random, max_of(ms, 1u)) * 1000000u;
}

struct igmp_group *
igmp_find(const struct netdev *dev, uint32_t group)
{
	struct igmp_group *it;

	list_for_each(it, &igmp_link(dev)->groups, link)
		if (it->group == group)
			return it;
	return NULL;
}

uint32_t
igmp_users(const struct netdev *dev, uint32_t group)
{
	const struct igmp_group *found = igmp_find(dev, group);

	return found ? found->users : 0;
}

unsigned int
igmp_version(const struct netdev *dev)
{
	const struct net *net = dev->net;
	const struct igmp_link *link = igmp_link(dev);
	uint32_t forced = net->conf_all.force_igmp_version;

	if (!forced)
		forced = dev->conf->force_igmp_version;
	if (forced)
		return forced;
	for (unsigned int version = 1; version < 3; version++)
		if (net->now_ns < link->old_until_ns[version])
			return version;
	return 3;
}

const struct igmp_group *
igmp_at(const struct netdev *dev, unsigned int n)
{
	const struct igmp_group *it;

	list_for_each(it, &igmp_link(dev)->groups, link)
		if (it->users > 0 && n-- == 0)
			return it;
	return NULL;
}

void
igmp_free(struct igmp_group *group)
{
	struct net *net = group->dev->net;
	struct timer_wheel *wheel = &net_this_core(net)->timers;

	timer_cancel(wheel, &group->answer);
	timer_cancel(wheel, &group->change);
	list_remove(&group->link);
	pool_put(&net->igmp.pool, group);
}

/* ---- telling of changes ------------------------------------------------- */

static void
tell_change(struct igmp_group *group)
{
	struct net *net = group->dev->net;
	uint32_t ms = igmp_version(group->dev) == 3 ? IGMP_CHANGE_MS
						    : IGMP_CHANGE_OLD_MS;

	igmp_report_group(group, true);
	if (--group->tellings_left > 0)
		timer_arm(&net_this_core(net)->timers, &group->change,
			  igmp_random_ns(net, ms));
	else if (group->users == 0)
		igmp_free(group);
}

static void
change_due(struct timer *timer, uint64_t now_ns)
{
	tell_change(container_of(timer, struct igmp_group, change));
}

/* From the start: the state that counts is the newest. */
static void
change_begin(struct igmp_group *group)
{
	struct net *net = group->dev->net;
	bool may_tell = igmp_is_told(group) && netdev_is_running(group->dev);

	timer_cancel(&net_this_core(net)->timers, &group->change);
	timer_cancel(&net_this_core(net)->timers, &group->answer);
	group->tellings_left = 0;
	if (may_tell) {
		/* Older versions say goodbye once. [RFC2236 3] */
		group->tellings_left =
			group->users == 0 && igmp_version(group->dev) < 3
				? 1
				: (uint8_t)igmp_link(group->dev)->robustness;
		return tell_change(group);
	}
	if (group->users == 0)
		igmp_free(group);
}

static void
answer_due(struct timer *timer, uint64_t now_ns)
{
	struct igmp_group *group =
		container_of(timer, struct igmp_group, answer);

	igmp_report_group(group, false);
	group->source_count = 0;
}

/* ---- joining and leaving ------------------------------------------------ */

static struct igmp_group *
group_new(struct netdev *dev, uint32_t address)
{
	struct igmp_group *group = pool_get(&dev->net->igmp.pool);

	if (!group)
		return NULL;
	*group = (struct igmp_group){ .dev = dev, .group = address };
	timer_init(&group->answer, answer_due);
	timer_init(&group->change, change_due);
	list_add_last(&igmp_link(dev)->groups, &group->link);
	return group;
}

enum status
igmp_join(struct netdev *dev, uint32_t address)
{
	struct igmp_group *group = igmp_find(dev, address);
	uint8_t lladdr[ETH_ADDR_LEN];
	enum status status;

	if (!ipv4_is_multicast(address))
		return ERR_INVAL;
	if (group && group->users > 0) {
		group->users++;
		return OK;
	}
	eth_group_addr(address, lladdr);
	status = netdev_multicast_add(dev, lladdr);
	if (status != OK)
		return status;
	if (!group)
		group = group_new(dev, address);
	if (!group) {
		(void)netdev_multicast_remove(dev, lladdr);
		return ERR_NOMEM;
	}
	group->users = 1;
	change_begin(group);
	return OK;
}

enum status
igmp_leave(struct netdev *dev, uint32_t address)
{
	struct igmp_group *group = igmp_find(dev, address);
	uint8_t lladdr[ETH_ADDR_LEN];

	if (!group || group->users == 0)
		return ERR_NOENT;
	if (--group->users > 0)
		return OK;
	eth_group_addr(address, lladdr);
	(void)netdev_multicast_remove(dev, lladdr);
	change_begin(group);
	return OK;
}

/* ---- interfaces --------------------------------------------------------- */

static void
link_answer_due(struct timer *timer, uint64_t now_ns)
{
	igmp_report_link(container_of(timer, struct igmp_link, answer));
}

static void
link_come(struct netdev *dev)
{
	struct igmp_link *link = igmp_link(dev);

	*link = (struct igmp_link){
		.dev = dev,
		.robustness = ROBUSTNESS_DEFAULT,
		.interval_s = INTERVAL_DEFAULT_S,
	};
	list_init(&link->groups);
	timer_init(&link->answer, link_answer_due);
	if (igmp_join(dev, IGMP_ALL_HOSTS) != OK)
		log_warn("%s: no memory to join 224.0.0.1", dev->name);
}

/* A cable was plugged in: perhaps another link, with other routers. */
static void
link_tell(struct netdev *dev)
{
	struct igmp_group *group, *after;

	list_for_each_safe(group, after, &igmp_link(dev)->groups, link)
		change_begin(group);
}

/* Nothing can be told there; what was being given up is gone. */
static void
link_silence(struct netdev *dev)
{
	struct timer_wheel *wheel = &net_this_core(dev->net)->timers;
	struct igmp_link *link = igmp_link(dev);
	struct igmp_group *group, *after;

	timer_cancel(wheel, &link->answer);
	link->old_until_ns[1] = link->old_until_ns[2] = 0;
	link->robustness = ROBUSTNESS_DEFAULT;
	link->interval_s = INTERVAL_DEFAULT_S;
	list_for_each_safe(group, after, &link->groups, link) {
		timer_cancel(wheel, &group->answer);
		timer_cancel(wheel, &group->change);
		if (group->users == 0)
			igmp_free(group);
	}
}

static void
link_go(struct netdev *dev)
{
	struct igmp_group *group, *after;

	link_silence(dev);
	list_for_each_safe(group, after, &igmp_link(dev)->groups, link)
		igmp_free(group);
}

void
igmp_netdev_event(struct netdev *dev, enum netdev_event event)
{
	switch (event) {
	case NETDEV_EVENT_REGISTER: link_come(dev); break;
	case NETDEV_EVENT_UP:
	case NETDEV_EVENT_CARRIER:
		if (netdev_is_running(dev))
			link_tell(dev);
		else
			link_silence(dev);
		break;
	case NETDEV_EVENT_DOWN: link_silence(dev); break;
	case NETDEV_EVENT_UNREGISTER: link_go(dev); break;
	default: break;
	}
}

enum status
igmp_init(struct net *net)
{
	return pool_init(&net->igmp.pool, net->pages, "igmp",
			 sizeof(struct igmp_group), 8, GROUPS_MAX);
}

void
igmp_fini(struct net *net)
{
	pool_fini(&net->igmp.pool);
}
