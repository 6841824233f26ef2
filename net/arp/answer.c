/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which ARP requests this box answers: those for its own addresses, within what
 * arp_ignore and arp_filter allow, and, with proxy_arp or named one by one,
 * those for hosts that it routes to by another interface. [RFC826] [RFC1027]
 * [arp(7)]
 */

#include "net/arp/internal.h"

#define NS_PER_MS 1000000ull

/* arp_ignore: may a request for an address of the box be answered on dev? */
static bool
ignores(const struct netdev *dev, uint32_t asker, uint32_t target)
{
	const struct net *net = dev->net;
	uint32_t mode = max_of(net->conf_all.arp_ignore,
			       net->conf[dev->ifindex].arp_ignore);
	const struct ifaddr *ifaddr;

	switch (mode) {
	case 1: return !arp_has_address(dev, target);
	case 2:
		if (!arp_has_address(dev, target))
			return true;
		list_for_each(ifaddr, &dev->addrs, link)
			if (arp_in_subnet(ifaddr, target) &&
			    (asker == 0 || arp_in_subnet(ifaddr, asker)))
				return false;
		return true;
	case 3:
		ifaddr = addr_find(dev->net, target);
		return !ifaddr || ifaddr->scope >= SCOPE_HOST;
	case 8: return true;
	default: return false;
	}
}

/* arp_filter: would a packet from target to the asker leave by dev? */
static bool
filters(struct netdev *dev, uint32_t asker, uint32_t target)
{
	struct net *net = dev->net;
	const struct flow flow = { .dst = asker, .src = target };
	const struct nexthop *nexthop = NULL;
	const struct route *route;

	if (!net->conf_all.arp_filter && !net->conf[dev->ifindex].arp_filter)
		return false;
	route = fib_find(net, &flow);
	if (route && route->type == ROUTE_UNICAST)
		nexthop = route_nexthop(route, &flow);
	return !nexthop || nexthop->dev != dev;
}

/* ---- single hosts ------------------------------------------------------- */

/* The slot of this very pair; of (NULL, 0) a free one. */
static struct arp_proxy_host *
host_slot(struct net *net, const struct netdev *dev, uint32_t addr)
{
	struct arp_proxy_host *host = net->neigh.arp.proxy_host;

	for (uint32_t i = 0; i < ARP_PROXY_HOSTS_MAX; i++)
		if (host[i].dev == dev && host[i].addr == addr)
			return &host[i];
	return NULL;
}

const struct arp_proxy_host *
arp_proxy_host_find(struct net *net, const struct netdev *dev, uint32_t addr)
{
	const struct arp_proxy_host *host = host_slot(net, dev, addr);

	return host ? host : host_slot(net, NULL, addr);
}

enum status
arp_proxy_host_add(struct net *net, struct netdev *dev, uint32_t addr,
		   bool router)
{
	struct arp_proxy_host *host = host_slot(net, dev, addr);

	if (addr == 0)
		return ERR_INVAL;
	if (!host)
		host = host_slot(net, NULL, 0);
	if (!host)
		return ERR_NOMEM;
	*host = (struct arp_proxy_host){
		.dev = dev,
		.addr = addr,
		.router = router,
	};
	return OK;
}

enum status
arp_proxy_host_delete(struct net *net, struct netdev *dev, uint32_t addr)
{
	struct arp_proxy_host *host = host_slot(net, dev, addr);

	if (addr == 0 || !host)
		return ERR_NOENT;
	*host = (struct arp_proxy_host){ 0 };
	return OK;
}

/* ---- proxies ------------------------------------------------------------ */

/* proxy_arp: is target behind another interface of this router? [RFC1027] */
static bool
proxies(struct netdev *dev, const struct route *route, const struct flow *flow)
{
	struct net *net = dev->net;
	const struct net_conf *conf = &net->conf[dev->ifindex];
	const struct nexthop *nexthop;

	if (!conf->forwarding || !(conf->proxy_arp || net->conf_all.proxy_arp ||
				   arp_proxy_host_find(net, dev, flow->dst)))
		return false;
	if (route->type != ROUTE_UNICAST)
		return false;
	nexthop = route_nexthop(route, flow);
	return nexthop && nexthop->dev != dev;
}

enum arp_answer
arp_choose_answer(struct netdev *dev, uint32_t asker, uint32_t target)
{
	const struct flow flow = {
		.dst = target,
		.src = asker,
		.in = dev->ifindex,
	};
	const struct route *route = fib_find(dev->net, &flow);

	if (!route)
		return ARP_NOT_OURS;
	if (route->type != ROUTE_LOCAL) {
		/* Probes are for the host that has the address. */
		return asker != 0 && proxies(dev, route, &flow) ? ARP_PROXIED
								: ARP_NOT_OURS;
	}
	if (ignores(dev, asker, target) ||
	    (asker != 0 && filters(dev, asker, target)))
		return ARP_IGNORED;
	return ARP_OURS;
}

static void
proxy_due(struct timer *timer, uint64_t now_ns)
{
	struct arp_proxy_answer *answer =
		container_of(timer, struct arp_proxy_answer, timer);
	struct netdev *dev = answer->dev;

	arp_state_of(dev)->proxy_count--;
	if (arp_choose_answer(dev, answer->sender, answer->target) !=
	    ARP_PROXIED)
		return; /* routes have changed */
	arp_state_of(dev)->stats.proxied++;
	arp_reply(dev, answer->target, answer->sender, answer->sender_lladdr);
}

/*
 * Answers for another host: at once if we were asked by unicast, else after a
 * random part of proxy_delay, so that a nearer answer comes first. [arp(7)]
 */
void
arp_proxy_answer(struct netdev *dev, const struct arp *arp, bool unicast)
{
	struct arp_state *state = arp_state_of(dev);
	struct net *net = dev->net;
	struct arp_proxy_answer *answer = state->proxy;
	struct neigh_param param;

	neigh_param_get(dev, &param);
	if (unicast || param.proxy_delay_ms == 0) {
		state->stats.proxied++;
		arp_reply(dev, arp->target, arp->sender, arp->sender_lladdr);
		return;
	}
	if (state->proxy_count >= min_of(param.proxy_qlen, ARP_PROXY_MAX)) {
		state->stats.proxy_overflows++;
		return;
	}
	while (answer->timer.armed)
		answer++;
	state->proxy_count++;
	answer->dev = dev;
	answer->target = arp->target;
	answer->sender = arp->sender;
	memcpy(answer->sender_lladdr, arp->sender_lladdr, ETH_ADDR_LEN);
	timer_arm(&net_this_core(net)->timers, &answer->timer,
		  net->now_ns +
			  random_below(&net->random, param.proxy_delay_ms) *
				  NS_PER_MS);
}

/* ---- coming up, going down ---------------------------------------------- */

void
arp_proxy_forget(struct netdev *dev)
{
	struct arp_state *state = arp_state_of(dev);
	struct arp_proxy_answer *answer;

	for (uint32_t i = 0; i < ARP_PROXY_HOSTS_MAX; i++)
		if (state->proxy_host[i].dev == dev)
			state->proxy_host[i] = (struct arp_proxy_host){ 0 };
	for (uint32_t i = 0; i < ARP_PROXY_MAX; i++) {
		answer = &state->proxy[i];
		if (!answer->timer.armed || answer->dev != dev)
			continue;
		timer_cancel(&net_this_core(dev->net)->timers, &answer->timer);
		state->proxy_count--;
	}
}

void
arp_proxy_init(struct net *net)
{
	for (uint32_t i = 0; i < ARP_PROXY_MAX; i++)
		timer_init(&net->neigh.arp.proxy[i].timer, proxy_due);
}

void
arp_proxy_fini(struct net *net)
{
	for (uint32_t i = 0; i < ARP_PROXY_MAX; i++)
		timer_cancel(&net_this_core(net)->timers,
			     &net->neigh.arp.proxy[i].timer);
}
