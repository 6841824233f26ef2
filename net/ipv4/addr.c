/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IPv4 addresses of interfaces, and the routes that follow from them as Linux
 * makes them: to the address itself (table local), to its subnet (table main),
 * to the subnet's broadcast address and one that was given. All primaries of a
 * device stand before its secondaries, which are further addresses of a
 * primary's subnet. Addresses live in the FIB's memory. [RFC1122 3.3.1.6,
 * 3.3.4.3] [RFC3021 2] Observed on Linux 6.1 and 6.18.
 */

#include "net/ipv4/addr.h"

#include "lib/str.h"
#include "net/arp.h"
#include "net/ipv4/fib_internal.h"

#define IPV4_ALL_ONES 0xffffffffu

static struct list *
bucket_of(struct net *net, uint32_t local)
{
	return &net->fib->addrs[hash_u64(&net->secret, local) %
				FIB_ADDR_BUCKETS];
}

static bool
in_subnet(const struct ifaddr *ifaddr, uint32_t addr)
{
	return !((addr ^ ifaddr->peer) & fib_mask(ifaddr->prefix_len));
}

static bool
same_subnet(const struct ifaddr *a, const struct ifaddr *b)
{
	return a->prefix_len == b->prefix_len && in_subnet(a, b->peer);
}

/* The primary whose subnet this is, itself if it is one. */
static const struct ifaddr *
primary_of(const struct ifaddr *ifaddr)
{
	const struct ifaddr *it;

	if (!ifaddr->secondary)
		return ifaddr;
	list_for_each(it, &ifaddr->dev->addrs, link)
		if (!it->secondary && same_subnet(it, ifaddr))
			return it;
	return ifaddr;
}

/* ---- the routes of an address ------------------------------------------ */

struct addr_route {
	uint8_t type, prefix_len;
	uint32_t dst, metric;
};

#define ADDR_ROUTES_MAX 4u

static bool
is_zeronet(uint32_t addr)
{
	return addr >> 24 == 0;
}

/*
 * Which routes an address has on a device that is up. The subnet's broadcast
 * address is the one of all ones; a subnet of 31 bits has none [RFC3021 2.1],
 * one of 32 is nobody but the peer.
 */
static uint32_t
routes_of(const struct ifaddr *ifaddr, bool up,
	  struct addr_route route[ADDR_ROUTES_MAX])
{
	uint32_t mask = fib_mask(ifaddr->prefix_len), count = 0;
	uint32_t subnet = ifaddr->peer & mask;
	bool loopback = ifaddr->dev->flags & NETDEV_LOOPBACK;

	route[count++] =
		(struct addr_route){ ROUTE_LOCAL, 32, ifaddr->local, 0 };
	if (!up)
		return count;
	if (ifaddr->broadcast && ifaddr->broadcast != IPV4_ALL_ONES)
		route[count++] = (struct addr_route){ ROUTE_BROADCAST, 32,
						      ifaddr->broadcast, 0 };
	if (ifaddr->secondary || is_zeronet(subnet) ||
	    (ifaddr->prefix_len == 32 && subnet == ifaddr->local))
		return count;
	if (!ifaddr->no_prefix_route)
		route[count++] = (struct addr_route){
			loopback ? ROUTE_LOCAL : ROUTE_UNICAST,
			ifaddr->prefix_len,
			subnet,
			ifaddr->metric,
		};
	if (ifaddr->prefix_len < 31)
		route[count++] = (struct addr_route){ ROUTE_BROADCAST, 32,
						      subnet | ~mask, 0 };
	return count;
}

static bool
same_addr_route(const struct addr_route *a, const struct addr_route *b)
{
	return a->type == b->type && a->prefix_len == b->prefix_len &&
	       a->dst == b->dst && a->metric == b->metric;
}

/* A route with one next hop, for the FIB to copy. */
union one_hop {
	struct route route;
	uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
};

static void
complete(union one_hop *want, const struct addr_route *route,
	 const struct ifaddr *ifaddr)
{
	memset(want, 0, sizeof(*want));
	want->route.table =
		route->type == ROUTE_UNICAST ? TABLE_MAIN : TABLE_LOCAL;
	want->route.dst = route->dst;
	want->route.prefix_len = route->prefix_len;
	want->route.type = route->type;
	want->route.scope =
		route->type == ROUTE_LOCAL ? SCOPE_HOST : SCOPE_LINK;
	want->route.proto = ROUTE_PROTO_KERNEL;
	want->route.metric = route->metric;
	want->route.source = primary_of(ifaddr)->local;
	want->route.nexthop_count = 1;
	want->route.nexthop[0].dev = ifaddr->dev;
	want->route.nexthop[0].weight = 1;
}

/* Does an address that stays make this route, with this source? */
static bool
is_shared(const struct addr_route *route, uint32_t source,
	  const struct netdev *dev)
{
	struct addr_route other[ADDR_ROUTES_MAX];
	const struct ifaddr *it;
	uint32_t count;

	list_for_each(it, &dev->addrs, link) {
		count = it->leaving ? 0 : routes_of(it, true, other);
		for (uint32_t i = 0; i < count; i++)
			if (same_addr_route(route, &other[i]) &&
			    primary_of(it)->local == source)
				return true;
	}
	return false;
}

/* Removes those routes of an address that no other of the device makes, too. */
static void
routes_remove(const struct ifaddr *ifaddr)
{
	struct addr_route route[ADDR_ROUTES_MAX];
	uint32_t source = primary_of(ifaddr)->local;
	uint32_t count = routes_of(ifaddr, true, route);
	enum fib_error error;
	union one_hop like;

	for (uint32_t i = 0; i < count; i++) {
		if (is_shared(&route[i], source, ifaddr->dev))
			continue;
		complete(&like, &route[i], ifaddr);
		error = fib_delete(ifaddr->dev->net, &like.route);
		/* The operator may have been faster, or dev is down. */
		assert(error == FIB_OK || error == FIB_NOT_FOUND);
	}
}

static enum status
routes_add(const struct ifaddr *ifaddr)
{
	struct addr_route route[ADDR_ROUTES_MAX];
	uint32_t count = routes_of(ifaddr, netdev_is_up(ifaddr->dev), route);
	enum fib_error error;
	union one_hop want;

	for (uint32_t i = 0; i < count; i++) {
		complete(&want, &route[i], ifaddr);
		error = fib_insert(ifaddr->dev->net, &want.route, FIB_APPEND);
		if (error != FIB_OK && error != FIB_EXISTS)
			return ERR_NOMEM;
	}
	return OK;
}

struct addr_walk {
	bool (*visit)(void *ctx, const struct route *route);
	void *ctx;
};

/* Those of one address: local: to this box; else the others. */
static bool
visit_routes(struct addr_walk *walk, const struct ifaddr *ifaddr, bool local)
{
	struct addr_route route[ADDR_ROUTES_MAX];
	bool loopback = ifaddr->dev->flags & NETDEV_LOOPBACK;
	uint32_t count =
		routes_of(ifaddr, loopback || netdev_is_up(ifaddr->dev), route);
	union one_hop made;

	for (uint32_t i = 0; i < count; i++) {
		if ((route[i].type == ROUTE_LOCAL) != local)
			continue;
		complete(&made, &route[i], ifaddr);
		if (!walk->visit(walk->ctx, &made.route))
			return false;
	}
	return true;
}

/* An interface that goes down keeps the routes to this box. */
static bool
visit_netdev(struct addr_walk *walk, const struct netdev *dev)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link)
		if (!visit_routes(walk, ifaddr, true))
			return false;
	if (!netdev_is_up(dev))
		return true;
	list_for_each(ifaddr, &dev->addrs, link)
		if (!visit_routes(walk, ifaddr, false))
			return false;
	return true;
}

void
addr_for_each_route(struct net *net,
		    bool (*visit)(void *ctx, const struct route *route),
		    void *ctx)
{
	struct addr_walk walk = { .visit = visit, .ctx = ctx };

	for (uint32_t i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i] && !visit_netdev(&walk, net->netdev[i]))
			return;
}

/* ---- adding ------------------------------------------------------------ */

static void expire(struct timer *timer, uint64_t now_ns);

enum status
addr_init(struct net *net)
{
	timer_init(&net->fib->addr_timer, expire);
	for (uint32_t i = 0; i < FIB_ADDR_BUCKETS; i++)
		list_init(&net->fib->addrs[i]);
	return OK;
}

/* What ipv4_forward() asks before it looks at every address of dev. A /31 and a
 * /32 have no number of their own. [RFC3021 2.1] */
static void
subnet_bits_update(struct netdev *dev)
{
	const struct ifaddr *it;

	dev->subnet_bits = UINT32_MAX;
	list_for_each(it, &dev->addrs, link)
		if (it->prefix_len < 31)
			dev->subnet_bits &= ~fib_mask(it->prefix_len);
}

static void
unlink_free(struct ifaddr *ifaddr)
{
	list_remove(&ifaddr->link);
	list_remove(&ifaddr->hash_link);
	subnet_bits_update(ifaddr->dev);
	fib_mem_free(&ifaddr->dev->net->fib->mem, ifaddr, sizeof(*ifaddr));
}

void
addr_fini(struct net *net)
{
	struct ifaddr *ifaddr, *after;

	timer_cancel(&net_this_core(net)->timers, &net->fib->addr_timer);
	for (uint32_t i = 0; i < FIB_ADDR_BUCKETS; i++)
		list_for_each_safe(ifaddr, after, &net->fib->addrs[i],
				   hash_link)
			unlink_free(ifaddr);
}

/* 0/8 and groups are nobody's address, all ones is everybody's.
 * [RFC1122 3.2.1.3] */
static bool
is_station(uint32_t addr)
{
	return !is_zeronet(addr) && addr >> 28 != 0xe && addr != IPV4_ALL_ONES;
}

/* Among the primaries, or behind all if it is a secondary. */
static void
link_in(struct ifaddr *ifaddr)
{
	struct list *at = &ifaddr->dev->addrs;
	struct ifaddr *it;

	list_for_each(it, &ifaddr->dev->addrs, link)
		if (!it->secondary && ifaddr->scope <= it->scope)
			at = &it->link;
	if (ifaddr->secondary)
		list_add_last(&ifaddr->dev->addrs, &ifaddr->link);
	else
		list_add_after(at, &ifaddr->link);
	subnet_bits_update(ifaddr->dev);
}

/* Is it there, and is it the first of its subnet? */
static enum status
compare(struct ifaddr *ifaddr)
{
	enum status status = OK;
	const struct ifaddr *it;

	ifaddr->secondary = false;
	list_for_each(it, &ifaddr->dev->addrs, link) {
		if (!same_subnet(it, ifaddr))
			continue;
		if (it->local == ifaddr->local)
			return ERR_EXIST;
		if (it->scope != ifaddr->scope)
			status = ERR_RANGE;
		ifaddr->secondary = true;
	}
	return status;
}

/* What is wanted, completed. */
static enum status
check(struct netdev *dev, const struct ifaddr *want, struct ifaddr *add)
{
	*add = *want;
	add->dev = dev;
	add->leaving = false;
	if (!add->peer)
		add->peer = add->local;
	if (add->prefix_len > 32 || !is_station(add->local) ||
	    !is_station(add->peer))
		return ERR_INVAL;
	if (!add->label[0])
		str_copy(add->label, dev->name, sizeof(add->label));
	return compare(add);
}

/* The timer is to look at this one, too. */
static void
watch_lifetimes(struct net *net, const struct ifaddr *ifaddr)
{
	struct timer *timer = &net->fib->addr_timer;
	uint64_t due = ifaddr->valid_until_ns;

	if (ifaddr->preferred_until_ns && !ifaddr->deprecated)
		due = ifaddr->preferred_until_ns;
	if (due && (!timer->armed || timer->due_ns > due))
		timer_arm(&net_this_core(net)->timers, timer, due);
}

enum status
addr_add(struct netdev *dev, const struct ifaddr *want)
{
	struct ifaddr add;
	enum status status = check(dev, want, &add);

	if (status != OK)
		return status;
	status = arp_probe_add(dev, &add);
	return status == ERR_NOENT ? addr_add_now(dev, want) : status;
}

enum status
addr_add_now(struct netdev *dev, const struct ifaddr *want)
{
	struct ifaddr add, *ifaddr;
	struct net *net = dev->net;
	enum status status = check(dev, want, &add);

	if (status != OK)
		return status;
	ifaddr = fib_mem_alloc(&net->fib->mem, sizeof(*ifaddr));
	if (!ifaddr)
		return ERR_NOMEM;
	*ifaddr = add;
	link_in(ifaddr);
	list_add_first(bucket_of(net, ifaddr->local), &ifaddr->hash_link);
	watch_addr(ifaddr, false);
	status = routes_add(ifaddr);
	if (status != OK) {
		ifaddr->leaving = true;
		watch_addr(ifaddr, true);
		routes_remove(ifaddr);
		unlink_free(ifaddr);
		return status;
	}
	arp_announce(dev, ifaddr->local);
	watch_lifetimes(net, ifaddr);
	return OK;
}

/* ---- changing ----------------------------------------------------------- */

static bool
is_among(const struct addr_route *route, const struct addr_route *list,
	 uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (same_addr_route(route, &list[i]))
			return true;
	return false;
}

/* Another metric: the new route to the subnet first, so that there is always
 * one. */
static enum status
set_metric(struct ifaddr *ifaddr, uint32_t metric)
{
	struct addr_route old[ADDR_ROUTES_MAX], new[ADDR_ROUTES_MAX];
	uint32_t source = primary_of(ifaddr)->local, old_count, new_count;
	bool up = netdev_is_up(ifaddr->dev);
	union one_hop route;

	old_count = routes_of(ifaddr, up, old);
	ifaddr->metric = metric;
	new_count = routes_of(ifaddr, up, new);
	if (routes_add(ifaddr) != OK)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < old_count; i++) {
		if (is_among(&old[i], new, new_count) ||
		    is_shared(&old[i], source, ifaddr->dev))
			continue;
		complete(&route, &old[i], ifaddr);
		/* The operator may have been faster. */
		(void)!fib_delete(ifaddr->dev->net, &route.route);
	}
	return OK;
}

enum status
addr_change(struct netdev *dev, const struct ifaddr *want)
{
	struct ifaddr *it;
	enum status status = OK;

	list_for_each(it, &dev->addrs, link) {
		if (it->local != want->local ||
		    it->prefix_len != want->prefix_len)
			continue;
		it->valid_until_ns = want->valid_until_ns;
		it->preferred_until_ns = want->preferred_until_ns;
		it->deprecated = want->deprecated;
		if (it->metric != want->metric)
			status = set_metric(it, want->metric);
		watch_addr(it, false);
		watch_lifetimes(dev->net, it);
		return status;
	}
	return ERR_NOENT;
}

/* ---- removing ---------------------------------------------------------- */

static bool
promotes(const struct netdev *dev)
{
	return dev->net->conf_all.promote_secondaries ||
	       dev->net->conf[dev->ifindex].promote_secondaries;
}

/* The address has left the device: what referred to it goes, too. */
static void
gone(struct netdev *dev, uint32_t local)
{
	const struct flow flow = { .dst = local };
	const struct fib_query query = { .flow = &flow, .exact = true };
	struct fib_result result = { 0 };

	if (!fib_table_resolve(dev->net->fib, &dev->net->fib->local, &query,
			       &result) ||
	    result.route->type != ROUTE_LOCAL)
		fib_address_removed(dev->net, local);
}

static void
remove_one(struct ifaddr *ifaddr)
{
	struct netdev *dev = ifaddr->dev;
	uint32_t local = ifaddr->local;

	ifaddr->leaving = true;
	watch_addr(ifaddr, true);
	routes_remove(ifaddr);
	unlink_free(ifaddr);
	gone(dev, local);
	if (list_empty(&dev->addrs))
		fib_addresses_gone(dev);
}

/* The first secondary of the primary's subnet; NULL. */
static struct ifaddr *
first_secondary(const struct ifaddr *primary)
{
	struct ifaddr *it;

	list_for_each(it, &primary->dev->addrs, link)
		if (it->secondary && same_subnet(it, primary))
			return it;
	return NULL;
}

/*
 * The heir takes the primary's place: the routes of the whole subnet, which all
 * prefer the old primary as their source, are made anew.
 */
static void
promote(struct ifaddr *primary, struct ifaddr *heir)
{
	struct netdev *dev = primary->dev;
	struct ifaddr *it;

	list_for_each(it, &dev->addrs, link)
		it->leaving = same_subnet(it, primary);
	list_for_each(it, &dev->addrs, link)
		if (it->leaving && it != primary)
			routes_remove(it);
	remove_one(primary);
	list_remove(&heir->link);
	heir->secondary = false;
	link_in(heir);
	watch_addr(heir, false);
	list_for_each(it, &dev->addrs, link) {
		if (!it->leaving)
			continue;
		it->leaving = false;
		if (routes_add(it) != OK)
			log_err("%s: no memory for the routes of %pI4",
				dev->name, &it->local);
	}
}

static void
remove_with_secondaries(struct ifaddr *ifaddr)
{
	struct ifaddr *secondary;

	while (!ifaddr->secondary && (secondary = first_secondary(ifaddr))) {
		if (promotes(ifaddr->dev)) {
			promote(ifaddr, secondary);
			return;
		}
		remove_one(secondary);
	}
	remove_one(ifaddr);
}

/* The first address of all whose time has come; NULL. */
static struct ifaddr *
find_expired(struct net *net, uint64_t now_ns)
{
	struct ifaddr *it;

	for (uint32_t i = 0; i < FIB_ADDR_BUCKETS; i++)
		list_for_each(it, &net->fib->addrs[i], hash_link)
			if (it->valid_until_ns && it->valid_until_ns <= now_ns)
				return it;
	return NULL;
}

/* As many as have come to their end go, with what depends on them. */
static void
expire(struct timer *timer, uint64_t now_ns)
{
	struct fib *fib = container_of(timer, struct fib, addr_timer);
	struct net *net = fib->net;
	struct ifaddr *it;

	while ((it = find_expired(net, now_ns)))
		remove_with_secondaries(it);
	for (uint32_t i = 0; i < FIB_ADDR_BUCKETS; i++) {
		list_for_each(it, &fib->addrs[i], hash_link) {
			if (it->preferred_until_ns && !it->deprecated &&
			    it->preferred_until_ns <= now_ns) {
				it->deprecated = true;
				watch_addr(it, false);
			}
			watch_lifetimes(net, it);
		}
	}
}

enum status
addr_delete(struct netdev *dev, uint32_t local, uint8_t prefix_len)
{
	struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link) {
		if (ifaddr->local != local || ifaddr->prefix_len != prefix_len)
			continue;
		remove_with_secondaries(ifaddr);
		return OK;
	}
	return arp_probe_delete(dev, local) ? OK : ERR_NOENT;
}

void
addr_flush(struct netdev *dev)
{
	while (!list_empty(&dev->addrs))
		remove_one(list_entry(dev->addrs.prev, struct ifaddr, link));
}

void
addr_netdev_event(struct netdev *dev, enum netdev_event event)
{
	const struct ifaddr *ifaddr;

	if (event == NETDEV_EVENT_UNREGISTER)
		addr_flush(dev);
	if (event != NETDEV_EVENT_UP)
		return;
	list_for_each(ifaddr, &dev->addrs, link)
		if (routes_add(ifaddr) != OK)
			log_err("%s: no memory for the routes of %pI4",
				dev->name, &ifaddr->local);
}

/* ---- asking ------------------------------------------------------------ */

const struct ifaddr *
addr_find(struct net *net, uint32_t local)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, bucket_of(net, local), hash_link)
		if (ifaddr->local == local)
			return ifaddr;
	return NULL;
}

/* Any primary that reaches as far and is not only for its link. */
static uint32_t
select_elsewhere(const struct netdev *dev, enum ipv4_scope scope)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link)
		if (!ifaddr->secondary && ifaddr->scope != SCOPE_LINK &&
		    ifaddr->scope <= scope)
			return ifaddr->local;
	return 0;
}

uint32_t
addr_select(struct netdev *dev, uint32_t dst, enum ipv4_scope scope)
{
	const struct ifaddr *ifaddr;
	struct net *net = dev->net;
	uint32_t local = 0;

	list_for_each(ifaddr, &dev->addrs, link) {
		if (ifaddr->secondary || ifaddr->scope > scope)
			continue;
		if (!dst || in_subnet(ifaddr, dst))
			return ifaddr->local;
		if (!local)
			local = ifaddr->local;
	}
	/* lo has the lowest index, so its further addresses come first. */
	for (uint32_t i = 1; !local && i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i])
			local = select_elsewhere(net->netdev[i], scope);
	return local;
}

bool
addr_on_link(const struct netdev *dev, uint32_t addr)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link)
		if (in_subnet(ifaddr, addr))
			return true;
	return false;
}

bool
addr_share_subnet(const struct netdev *dev, uint32_t a, uint32_t b)
{
	const struct ifaddr *ifaddr;

	list_for_each(ifaddr, &dev->addrs, link)
		if (in_subnet(ifaddr, a) && in_subnet(ifaddr, b))
			return true;
	return false;
}
