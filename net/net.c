/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One stack put together: which protocols it speaks, how its parts come up and
 * go down, and the turn of its loop. All state is in struct net.
 */

#include "net/net.h"

#include "lib/str.h"
#include "net/arp.h"
#include "net/loopback.h"
#include "net/udp.h"

#define TICK_NS	     100000000ull /* netdev_ops.tick: about 100 ms */
#define TIMER_BUDGET 256u	  /* timers that may fire in one turn */

/* ---- composition -------------------------------------------------------- */

static const struct eth_protocol eth_protocols[] = {
	{ ETHERTYPE_IPV4, ipv4_input },
	{ ETHERTYPE_ARP, arp_input },
	{ 0, NULL },
};

static const struct ipv4_protocol ipv4_protocols[] = {
	{ IPPROTO_TCP, tcp_input, tcp_icmp_error },
	{ IPPROTO_UDP, udp_input, udp_icmp_error },
	{ IPPROTO_ICMP, icmp_input, icmp_own_error },
	{ IPPROTO_IGMP, igmp_input, NULL },
	{ 0, NULL, NULL },
};

static const struct neigh_ops neigh_ops = {
	.unresolved = ipv4_unresolved,
	.gateway = fib_gateway_event,
};

static void
netdev_changed(struct netdev *dev, enum netdev_event event)
{
	/* Who leaves is told of last. */
	if (event != NETDEV_EVENT_UNREGISTER)
		watch_netdev(dev, event);
	fib_netdev_event(dev, event);
	neigh_netdev_event(dev, event);
	ipv4_netdev_event(dev, event);
	mroute_netdev_event(dev, event);
	igmp_netdev_event(dev, event);
	if (event == NETDEV_EVENT_UNREGISTER)
		watch_netdev(dev, event);
}

/* ---- sizes -------------------------------------------------------------- */

static uint32_t
clamp(uint64_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : (uint32_t)value;
}

/* Fills in every count of *config that is 0, from the memory that is free. */
static void
choose_counts(struct net_config *config)
{
	uint32_t awake_min;
	uint64_t free_len = (uint64_t)config->pages->free_count * PAGE_SIZE;

	if (!config->skb_count)
		config->skb_count =
			clamp(free_len / 3 / SKB_STRIDE, 256, 16384);
	if (!config->neigh_count)
		config->neigh_count = clamp(free_len >> 14, 256, 16384);
	if (!config->route_count)
		config->route_count = clamp(free_len >> 7, 1024, 1u << 21);
	if (!config->udp_sock_count)
		config->udp_sock_count = clamp(free_len >> 15, 64, 4096);
	if (!config->tcp_sock_count)
		config->tcp_sock_count = clamp(free_len >> 13, 64, 1u << 17);
	awake_min = min_of(config->tcp_sock_count, 64u);
	if (!config->tcp_awake_count)
		config->tcp_awake_count =
			clamp(config->tcp_sock_count / 4, awake_min, 1u << 17);
	if (!config->frag_count)
		config->frag_count = clamp(free_len >> 15, 64, 1024);
}

/* ---- coming up, going down ---------------------------------------------- */

static void
tick(struct timer *timer, uint64_t now_ns)
{
	struct net *net = container_of(timer, struct net, tick_timer);

	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		struct netdev *dev = net->netdev[i];

		if (dev && netdev_is_up(dev) && dev->ops->tick)
			dev->ops->tick(dev, now_ns);
	}
	timer_arm(&net_this_core(net)->timers, timer, now_ns + TICK_NS);
}

static void
set_defaults(struct net *net)
{
	net->netdev_budget = PARAM_NET_BUDGET;
	net->netdev_budget_usecs = 8000;
	net->netdev_look_ahead = PARAM_LOOK_AHEAD;
	net->dev_weight = PARAM_NAPI_WEIGHT;
	/* A router's defaults where they differ from a host's. */
	net->conf_default = (struct net_conf){
		.forwarding = 1,
		.send_redirects = 1,
		.accept_redirects = 1,
		.secure_redirects = 1,
		.shared_media = 1,
		.arp_notify = 1,
		.ignore_routes_with_linkdown = 1,
		.arp_evict_nocarrier = 1,
	};
	net->conf_all = net->conf_default;
	net->conf_all.accept_redirects = 0;
	net->eth_protocols = eth_protocols;
	net->ipv4_protocols = ipv4_protocols;
	net->netdev_changed = netdev_changed;
}

static enum status
add_loopback_address(struct net *net)
{
	struct ifaddr localhost = {
		.local = 0x7f000001,
		.peer = 0x7f000001,
		.prefix_len = 8,
		.scope = SCOPE_HOST,
		.label = "lo",
	};

	return addr_add(&net->loopback, &localhost);
}

static enum status
init_core(struct net *net, const struct net_config *config)
{
	struct net_core *core = net_this_core(net);

	timer_wheel_init(&core->timers, config->now_ns);
	core->account.now_ns = &net->now_ns;
	return skb_pool_init(&core->skb_pool, config->pages, &core->account,
			     config->skb_count);
}

enum status
net_init(struct net *net, const struct net_config *given)
{
	struct net_config config = *given;
	enum status status;

	choose_counts(&config);
	memset(net, 0, sizeof(*net));
	net->now_ns = config.now_ns;
	net->way_generation = 1;
	net->clock_ns = config.clock_ns;
	net->pages = config.pages;
	random_init(&net->random, config.seed);
	net->secret.k[0] = random_u64(&net->random);
	net->secret.k[1] = random_u64(&net->random);
	list_init(&net->watchers);
	set_defaults(net);
	ipv4_init(net);

	status = init_core(net, &config);
	if (status != OK)
		return status;
	status = pool_init(&net->multicast_pool, net->pages, "multicast",
			   sizeof(struct netdev_multicast), 8, 256);
	if (status != OK)
		goto undo_core;
	status = igmp_init(net);
	if (status != OK)
		goto undo_multicast;
	status = mroute_init(net);
	if (status != OK)
		goto undo_igmp;
	status = neigh_init(net, config.neigh_count, &neigh_ops);
	if (status != OK)
		goto undo_mroute;
	status = fib_init(net, config.route_count);
	if (status != OK)
		goto undo_neigh;
	status = addr_init(net);
	if (status != OK)
		goto undo_fib;
	status = path_init(net);
	if (status != OK)
		goto undo_addr;
	status = frag_init(net, config.frag_count);
	if (status != OK)
		goto undo_path;
	status = icmp_init(net);
	if (status != OK)
		goto undo_frag;
	status = udp_init(net, config.udp_sock_count);
	if (status != OK)
		goto undo_icmp;
	status = tcp_init(net, config.tcp_sock_count, config.tcp_awake_count);
	if (status != OK)
		goto undo_udp;
	status = loopback_init(net);
	if (status != OK)
		goto undo_tcp;
	status = add_loopback_address(net);
	if (status != OK)
		goto undo_loopback;
	timer_init(&net->tick_timer, tick);
	timer_arm(&net_this_core(net)->timers, &net->tick_timer,
		  net->now_ns + TICK_NS);
	return OK;

undo_loopback:
	loopback_fini(net);
undo_tcp:
	tcp_fini(net);
undo_udp:
	udp_fini(net);
undo_icmp:
	icmp_fini(net);
undo_frag:
	frag_fini(net);
undo_path:
	path_fini(net);
undo_addr:
	addr_fini(net);
undo_fib:
	fib_fini(net);
undo_neigh:
	neigh_fini(net);
undo_mroute:
	mroute_fini(net);
undo_igmp:
	igmp_fini(net);
undo_multicast:
	pool_fini(&net->multicast_pool);
undo_core:
	skb_pool_fini(&net_this_core(net)->skb_pool);
	return status;
}

void
net_fini(struct net *net)
{
	struct net_core *core = net_this_core(net);

	timer_cancel(&core->timers, &net->tick_timer);
	for (unsigned int i = PARAM_NETDEVS_MAX; i >= 1; i--)
		if (net->netdev[i] && net->netdev[i] != &net->loopback)
			netdev_unregister(net->netdev[i]);
	loopback_fini(net);
	tcp_fini(net);
	udp_fini(net);
	icmp_fini(net);
	frag_fini(net);
	path_fini(net);
	addr_fini(net);
	fib_fini(net);
	neigh_fini(net);
	mroute_fini(net);
	igmp_fini(net);
	pool_fini(&net->multicast_pool);
	skb_pool_fini(&core->skb_pool);
}

/* ---- the loop's turn ---------------------------------------------------- */

static void
flush_doorbells(struct net *net)
{
	struct net_core *core = net_this_core(net);

	while (core->flush_pending) {
		unsigned int i =
			(unsigned int)__builtin_ctz(core->flush_pending);

		core->flush_pending &= core->flush_pending - 1;
		net->netdev[i]->ops->flush(net->netdev[i]);
	}
}

static uint64_t
pending(const struct net_core *core)
{
	return __atomic_load_n(&core->napi_pending, __ATOMIC_RELAXED);
}

/* The next source in rotation, so that none starves another. */
static struct napi *
next_pending(struct net_core *core)
{
	uint64_t set = pending(core);
	uint64_t later = set & (~0ull << core->napi_next);
	unsigned int i;

	if (!set)
		return NULL;
	i = (unsigned int)__builtin_ctzll(later ? later : set);
	core->napi_next = (i + 1) % 64;
	return core->napi[i];
}

/* Have the packets of this turn had their time? */
static bool
is_late(const struct net *net)
{
	return net->clock_ns && net->clock_ns() - net->now_ns >=
					net->netdev_budget_usecs * 1000ull;
}

static bool
poll_devices(struct net *net)
{
	struct net_core *core = net_this_core(net);
	uint32_t left = net->netdev_budget, turns = 64, done, quota;
	bool has_polled = false;
	struct napi *napi;

	/* An interrupt may ask again for ever: turns end this, not it. One
	 * source has its turn, however late it is. */
	while (left > 0 && turns-- > 0 && (napi = next_pending(core)) &&
	       !(has_polled && is_late(net))) {
		has_polled = true;
		quota = min_of(napi->weight, net->dev_weight);
		quota = min_of(quota, left);
		done = napi->poll(napi, quota);
		napi->poll_count++;
		napi->packet_count += done;
		core->softnet.processed += done;
		left -= min_of(done, left);
		/* What the burst asked for, in answers and callbacks. */
		if (tcp_pending(&net->tcp))
			tcp_flush(net);
		flush_doorbells(net);
	}
	if (!pending(core))
		return false;
	core->softnet.time_squeeze++;
	return true;
}

bool
net_poll(struct net *net, uint64_t now_ns)
{
	struct net_core *core = net_this_core(net);
	bool timers_due, packets_due, routes_due, socks_due;

	net->now_ns = now_ns;
	/* Between two turns nobody holds a route. */
	routes_due = fib_quiescent(net);
	timers_due = !timer_wheel_pass(&core->timers, now_ns) &&
		     timer_wheel_run(&core->timers, now_ns, TIMER_BUDGET);
	packets_due = poll_devices(net);
	/* What timers and applications marked. */
	socks_due = tcp_pending(&net->tcp) && tcp_flush(net);
	/* What timers and applications queued since. */
	flush_doorbells(net);
	return timers_due || packets_due || routes_due || socks_due;
}

bool
net_pending(const struct net *net)
{
	return pending(&net->core[0]) != 0 || net->core[0].flush_pending != 0 ||
	       tcp_pending(&net->tcp);
}

uint64_t
net_next_deadline(const struct net *net)
{
	return timer_wheel_next_ns(&net->core[0].timers);
}

/* ---- the books ---------------------------------------------------------- */

void
net_fates(const struct net *net, struct skb_fate *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i <= PARAM_NETDEVS_MAX; i++) {
		const struct skb_fate *fate = &net->core[0].account.port[i];

		sum->born += fate->born;
		sum->sent += fate->sent;
		sum->delivered += fate->delivered;
		sum->replaced += fate->replaced;
		sum->dropped += fate->dropped;
	}
}

void
net_check(struct net *net)
{
	skb_pool_check(&net_this_core(net)->skb_pool);
	timer_wheel_check(&net_this_core(net)->timers);
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i])
			netdev_check(net->netdev[i]);
	neigh_check(net);
	fib_check(net);
	path_check(net);
	frag_check(net);
	udp_check(net);
	tcp_check(net);
}
