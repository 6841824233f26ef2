/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a multipath route spreads flows: a keyed hash of the flow chooses one of
 * 256 buckets, each of which belongs to a next hop, as many to each as its
 * weight asks. Which ones is decided by rendezvous [Thaler, Ravishankar 1998]:
 * a bucket's owner is the next hop that scores best for it, so when one dies
 * only its own buckets move, and they come back with it.
 */

#include "net/ipv4/fib_internal.h"
#include "net/ipv4/resilient.h"

#define NOBODY 0xffu

/* ---- liveness ---------------------------------------------------------- */

/* Those without any of these flags. */
static uint32_t
set_without(const struct route *route, uint8_t flags)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (!(route->nexthop[i].flags & flags))
			set |= 1u << i;
	return set;
}

/* A port without carrier only if no other can, a silent gateway rather than
 * that. */
uint32_t
fib_live_set(const struct route *route)
{
	uint32_t set = 0;

	if (fib_heeds_silence(route))
		set = set_without(route, NEXTHOP_DEAD | NEXTHOP_LINKDOWN |
						 NEXTHOP_SILENT);
	if (!set)
		set = set_without(route, NEXTHOP_DEAD | NEXTHOP_LINKDOWN);
	return set ? set : set_without(route, NEXTHOP_DEAD);
}

/* ---- spreading --------------------------------------------------------- */

/*
 * Cost of giving the bucket to a next hop before its weight: -log2 of a hash
 * that depends on both, in 1/65536, the fraction straight instead of curved.
 */
static uint64_t
cost(const struct nexthop *nexthop, uint32_t bucket)
{
	uint64_t id = (uint64_t)nexthop->gateway << 8 | nexthop->dev->ifindex;
	uint64_t hash = fib_mix(id + fib_mix(bucket + 1)) | 1;
	uint32_t zeros = (uint32_t)__builtin_clzll(hash);
	uint64_t fraction = hash << zeros << 1 >> 48;

	return ((uint64_t)zeros << 16) + 0x10000 - fraction;
}

/* How many buckets each next hop gets by its weight; largest remainder
 * first. */
static void
apportion(const struct route *route, uint32_t *share)
{
	uint32_t total = 0, left = FIB_BUCKETS, best;
	uint32_t rest[ROUTE_NEXTHOPS_MAX];

	for (uint32_t i = 0; i < route->nexthop_count; i++)
		total += route->nexthop[i].weight;
	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		share[i] = FIB_BUCKETS * route->nexthop[i].weight / total;
		rest[i] = FIB_BUCKETS * route->nexthop[i].weight % total + 1;
		left -= share[i];
	}
	for (; left > 0; left--) {
		best = 0;
		for (uint32_t i = 1; i < route->nexthop_count; i++)
			if (rest[i] > rest[best])
				best = i;
		share[best]++;
		rest[best] = 0;
	}
}

/* The best of a set; share: that has not got its share yet. */
static uint8_t
best_for(const struct route *route, uint32_t set, const uint32_t *share,
	 uint32_t bucket)
{
	uint64_t least = 0, this;
	uint8_t best = NOBODY;

	for (uint32_t i = 0; i < route->nexthop_count; i++) {
		if (!(set >> i & 1) || (share && !share[i]))
			continue;
		this = (cost(&route->nexthop[i], bucket) << 16) /
		       route->nexthop[i].weight;
		if (best == NOBODY || this < least) {
			best = (uint8_t)i;
			least = this;
		}
	}
	return best;
}

/*
 * Each bucket to its owner at home, exactly by weight. Those of the dead each
 * to the best of the living, so that no other death moves it but that one's.
 */
void
fib_spread(struct route *route)
{
	uint32_t all = (uint32_t)((1ull << route->nexthop_count) - 1);
	uint32_t share[ROUTE_NEXTHOPS_MAX], live = fib_live_set(route);
	uint8_t owner, *bucket = fib_buckets_of(route);

	if (route->resilient)
		return;
	apportion(route, share);
	for (uint32_t b = 0; b < FIB_BUCKETS; b++) {
		owner = best_for(route, all, share, b);
		share[owner]--;
		if (!(live >> owner & 1))
			owner = best_for(route, live, NULL, b);
		/* Readers meet the old owner or the new one. */
		__atomic_store_n(&bucket[b], owner, __ATOMIC_RELAXED);
	}
}

/* Bound to an interface: the first next hop that leaves by it. */
static const struct nexthop *
choose_bound(const struct route *route, const struct flow *flow)
{
	for (uint32_t i = 0; i < route->nexthop_count; i++)
		if (!(route->nexthop[i].flags & NEXTHOP_DEAD) &&
		    route->nexthop[i].dev->ifindex == flow->out)
			return &route->nexthop[i];
	return NULL;
}

const struct nexthop *
route_nexthop_choose(const struct route *route, const struct flow *flow)
{
	const struct net *net;
	uint64_t hash, ports;
	uint8_t owner;

	if (!fib_is_multipath(route) && !route->resilient)
		return NULL;
	if (flow->out)
		return choose_bound(route, flow);
	net = route->nexthop[0].dev->net;
	ports = (uint64_t)flow->proto << 32 | (uint32_t)flow->sport << 16 |
		flow->dport;
	hash = hash_2u64(&net->secret, (uint64_t)flow->src << 32 | flow->dst,
			 net->ipv4_param.fib_multipath_hash_policy ? ports : 0);
	if (unlikely(route->resilient))
		owner = resilient_choose(*fib_resilient_of(route), hash);
	else
		owner = __atomic_load_n(&fib_buckets_of(
						route)[hash % FIB_BUCKETS],
					__ATOMIC_RELAXED);
	return owner >= route->nexthop_count ||
			       route->nexthop[owner].flags & NEXTHOP_USELESS
		       ? NULL
		       : &route->nexthop[owner];
}

uint32_t
route_source(const struct route *route, const struct nexthop *nexthop)
{
	if (route->source)
		return route->source;
	return addr_select(nexthop->dev, nexthop->gateway,
			   (enum ipv4_scope)route->scope);
}
