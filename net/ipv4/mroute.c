/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static multicast routes: the table, and the copies. ipv4_input() brings
 * packets, ipv4_forward_group() pays the hop of each copy. State: net->mroutes.
 */
#include "net/ipv4/mroute.h"

#include "net/explain/explain.h"
#include "net/igmp.h"
#include "net/net.h"

#define MROUTES_MAX 256u

static struct list *
bucket(struct net *net, uint32_t group)
{
	return &net->mroutes
			.bucket[hash_u64(&net->secret, group) % MROUTE_BUCKETS];
}

static struct mroute *
find_exactly(struct net *net, uint32_t source, uint32_t group)
{
	struct mroute *it;

	list_for_each(it, bucket(net, group), link)
		if (it->group == group && it->source == source)
			return it;
	return NULL;
}

struct mroute *
mroute_find(struct net *net, uint32_t source, uint32_t group)
{
	struct mroute *route = find_exactly(net, source, group);

	return route ? route : find_exactly(net, 0, group);
}

static bool
are_interfaces(struct net *net, uint32_t out)
{
	for (uint32_t i = 0; i < 32; i++)
		if (out >> i & 1 &&
		    (i > PARAM_NETDEVS_MAX || !netdev_by_index(net, i)))
			return false;
	return out != 0;
}

enum status
mroute_add(struct net *net, uint32_t source, uint32_t group,
	   const struct netdev *in, uint32_t out)
{
	struct mroute *route;
	enum status status;

	if (!ipv4_is_multicast(group) || group >> 8 == 0xe00000 ||
	    !are_interfaces(net, out) || out >> in->ifindex & 1)
		return ERR_INVAL;
	if (find_exactly(net, source, group))
		return ERR_EXIST;
	route = pool_get(&net->mroutes.pool);
	if (!route)
		return ERR_NOMEM;
	status = igmp_join(net->netdev[in->ifindex], group);
	if (status != OK) {
		pool_put(&net->mroutes.pool, route);
		return status;
	}
	*route = (struct mroute){
		.source = source,
		.group = group,
		.in = in->ifindex,
		.out = out,
	};
	list_add_last(bucket(net, group), &route->link);
	return OK;
}

static void
forget(struct net *net, struct mroute *route)
{
	(void)igmp_leave(net->netdev[route->in], route->group);
	list_remove(&route->link);
	pool_put(&net->mroutes.pool, route);
}

enum status
mroute_delete(struct net *net, uint32_t source, uint32_t group)
{
	struct mroute *route = find_exactly(net, source, group);

	if (!route)
		return ERR_NOENT;
	forget(net, route);
	return OK;
}

const struct mroute *
mroute_at(const struct net *net, unsigned int n)
{
	const struct mroute *it;

	for (unsigned int i = 0; i < MROUTE_BUCKETS; i++)
		list_for_each(it, &net->mroutes.bucket[i], link)
			if (n-- == 0)
				return it;
	return NULL;
}

uint32_t
mroute_joins(const struct netdev *dev, uint32_t group)
{
	const struct mroute *it;
	uint32_t count = 0;

	for (unsigned int n = 0; (it = mroute_at(dev->net, n)); n++)
		count += it->in == dev->ifindex && it->group == group;
	return count;
}

/* ---- copies ------------------------------------------------------------- */

void
mroute_forward(struct skb *skb, const struct ipv4 *ip, struct mroute *route,
	       bool is_also_ours)
{
	struct net *net = skb->dev->net;
	uint32_t out = route->out;
	struct skb *copy;

	explain_keep(net->explain, &route->wrong_if, sizeof(route->wrong_if));
	explain_keep(net->explain, &route->packets, sizeof(route->packets));
	explain_keep(net->explain, &route->bytes, sizeof(route->bytes));
	if (skb->dev->ifindex != route->in) {
		route->wrong_if++;
		if (!is_also_ours)
			skb_drop(skb, DROP_MROUTE_IIF);
		return;
	}
	route->packets++;
	route->bytes += skb->len;
	while (out) {
		uint32_t i = (uint32_t)__builtin_ctz(out);

		out &= out - 1;
		explain_note(net, MROUTE, i);
		if (!out && !is_also_ours)
			return ipv4_forward_group(skb, ip, net->netdev[i]);
		/* Each gets a link-layer header of its own. */
		copy = skb_copy(skb);
		explain_enter(net->explain);
		if (copy)
			ipv4_forward_group(copy, ip, net->netdev[i]);
		else
			net->ipv4_stats.out_discards++;
		explain_leave(net->explain);
	}
}

/* ---- coming up, going down ---------------------------------------------- */

void
mroute_netdev_event(struct netdev *dev, enum netdev_event event)
{
	struct net *net = dev->net;
	struct mroute *it, *after;

	if (event != NETDEV_EVENT_UNREGISTER)
		return;
	for (unsigned int i = 0; i < MROUTE_BUCKETS; i++)
		list_for_each_safe(it, after, &net->mroutes.bucket[i], link) {
			it->out &= ~(1u << dev->ifindex);
			if (it->in == dev->ifindex || it->out == 0)
				forget(net, it);
		}
}

enum status
mroute_init(struct net *net)
{
	for (unsigned int i = 0; i < MROUTE_BUCKETS; i++)
		list_init(&net->mroutes.bucket[i]);
	return pool_init(&net->mroutes.pool, net->pages, "mroutes",
			 sizeof(struct mroute), 8, MROUTES_MAX);
}

void
mroute_fini(struct net *net)
{
	pool_fini(&net->mroutes.pool);
}
