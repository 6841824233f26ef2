/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was learned of the way to single destinations, see path.h: ICMP brings
 * it, output.c uses it. Nothing has a timer: what has expired goes when it is
 * met, or when room is needed. State: net->paths. [RFC1191] [RFC1122 3.2.2.2]
 */

#include "net/ipv4/path.h"

#include "net/explain/explain.h"
#include "net/net.h"
#include "net/wire/ipv4.h"

#define SENT_NS 60000000000ull /* as long as a message may be on its way */

/* ---- the table ---------------------------------------------------------- */

static struct path **
bucket_of(struct net *net, uint32_t dst)
{
	return &net->paths.bucket[hash_u64(&net->secret, dst) % PATH_BUCKETS];
}

static struct path *
lookup(struct net *net, uint32_t dst)
{
	struct path *path = *bucket_of(net, dst);

	while (path && path->dst != dst)
		path = path->hash_next;
	return path;
}

static void
forget(struct net *net, struct path *path)
{
	struct path **at = bucket_of(net, path->dst);

	while (*at != path)
		at = &(*at)->hash_next;
	*at = path->hash_next;
	list_remove(&path->link);
	net->paths.count--;
	net->paths.maybe[path->dst * 0x9e3779b1u >> 24]--;
	pool_put(&net->paths.pool, path);
}

/* What time has made of it; false: nothing is left, and it is gone. */
static bool
settle(struct net *net, struct path *path)
{
	explain_keep(net->explain, &path->mtu, sizeof(path->mtu));
	explain_keep(net->explain, &path->gateway, sizeof(path->gateway));
	if (path->mtu && net->now_ns >= path->mtu_until_ns)
		path->mtu = 0;
	if (path->gateway && net->now_ns >= path->gateway_until_ns)
		path->gateway = 0;
	if (path->mtu || path->gateway)
		return true;
	if (!explain_is_dry(net))
		forget(net, path);
	return false;
}

struct path *
path_find(struct net *net, uint32_t dst, uint32_t via, uint8_t ifindex)
{
	struct path *path = lookup(net, dst);

	if (!path || !settle(net, path) || path->via != via ||
	    path->ifindex != ifindex)
		return NULL;
	return path;
}

const struct path *
path_from(struct net *net, uint32_t dst)
{
	struct path *path, *after, *least = NULL;

	list_for_each_safe(path, after, &net->paths.by_age, link)
		if (settle(net, path) && path->dst >= dst &&
		    (!least || path->dst < least->dst))
			least = path;
	return least;
}

/* The entry to learn something into: what was learned of another way is
 * forgotten. The oldest gives way. */
static struct path *
path_get(struct net *net, uint32_t dst, uint32_t via, uint8_t ifindex)
{
	struct path_table *table = &net->paths;
	struct path *path = lookup(net, dst), **bucket;

	if (path && (path->via != via || path->ifindex != ifindex))
		forget(net, path);
	else if (path)
		return path;
	if (table->count == PATHS_MAX)
		forget(net, list_entry(table->by_age.next, struct path, link));
	path = pool_get(&table->pool);
	if (!path)
		return NULL;
	bucket = bucket_of(net, dst);
	*path = (struct path){
		.hash_next = *bucket,
		.dst = dst,
		.via = via,
		.ifindex = ifindex,
	};
	*bucket = path;
	list_add_last(&table->by_age, &path->link);
	table->count++;
	table->maybe[dst * 0x9e3779b1u >> 24]++;
	net_ways_changed(net);
	return path;
}

static void
renew(struct net *net, struct path *path)
{
	list_remove(&path->link);
	list_add_last(&net->paths.by_age, &path->link);
}

void
path_flush(struct net *net)
{
	struct path *path, *after;

	list_for_each_safe(path, after, &net->paths.by_age, link)
		forget(net, path);
}

void
path_netdev_gone(struct netdev *dev)
{
	struct path *path, *after;

	list_for_each_safe(path, after, &dev->net->paths.by_age, link)
		if (path->ifindex == dev->ifindex)
			forget(dev->net, path);
}

/* ---- what is learned ---------------------------------------------------- */

/* Old routers do not say how large. [RFC1191 5]: the next smaller of the usual
 * sizes. */
static uint32_t
guess_mtu(uint32_t tried)
{
	static const uint16_t plateau[] = { 32000, 17914, 8166, 4352, 2002,
					    1492,  1006,  508,	296,  68 };

	for (unsigned int i = 0; i < array_len(plateau); i++)
		if (plateau[i] < tried)
			return plateau[i];
	return 68;
}

bool
ipv4_pmtu_is_off(const struct net *net)
{
	return net->ipv4_param.ip_no_pmtu_disc == 1 ||
	       net->ipv4_param.ip_no_pmtu_disc == 2;
}

uint32_t
path_too_big(struct net *net, const struct ipv4 *quoted, uint32_t mtu)
{
	const struct ipv4_out how = {
		.src = quoted->src,
		.dst = quoted->dst,
		.tos = quoted->tos,
		.proto = quoted->proto,
	};
	const struct path_param *param = &net->paths.param;
	struct ipv4_way_info way;
	struct path *path;
	bool locked;

	if (ipv4_way_info(net, &how, &way) != OK || !way.dev || way.mtu_fixed)
		return 0;
	if (net->ipv4_param.ip_no_pmtu_disc == 2)
		return 0;
	if (net->ipv4_param.ip_no_pmtu_disc == 1)
		mtu = 1;
	if (mtu == 0)
		mtu = guess_mtu(quoted->total_len);
	/* Not made so small that it is only work: then routers may cut. */
	locked = mtu < param->min_pmtu;
	mtu = max_of(mtu, param->min_pmtu);
	/* A message never raises it, nor does it make it last. [RFC1191 3] */
	if (mtu >= way.mtu || explain_is_dry(net))
		return min_of(mtu, way.mtu);
	path = path_get(net, quoted->dst, way.via, way.dev->ifindex);
	if (!path)
		return mtu;
	path->mtu = mtu;
	path->locked = locked;
	path->mtu_until_ns = net->now_ns + param->mtu_expires_s * 1000000000ull;
	renew(net, path);
	return mtu;
}

bool
path_redirect(struct net *net, uint32_t dst, const struct netdev *dev,
	      uint32_t via, uint32_t gateway)
{
	struct path *path;

	if (explain_is_dry(net))
		return true;
	path = path_get(net, dst, via, dev->ifindex);
	if (!path)
		return false;
	/* Back to where the route leads: nothing special any more. */
	path->gateway = gateway == via ? 0 : gateway;
	path->gateway_until_ns =
		net->now_ns + net->paths.param.gc_timeout_s * 1000000000ull;
	renew(net, path);
	settle(net, path);
	return true;
}

void
path_gateway_failed(struct net *net, struct path *path)
{
	explain_keep(net->explain, &path->gateway, sizeof(path->gateway));
	path->gateway = 0;
	settle(net, path);
}

/* ---- what was sent ------------------------------------------------------ */

void
path_note_sent(struct net *net, const struct ipv4 *ip, const uint8_t *quote,
	       size_t len)
{
	struct path_sent *sent;

	/* Nobody finds that too large. [RFC791 3.2] */
	if (len < PATH_QUOTED_LEN || ip->total_len <= 68)
		return;
	sent = &net->paths.sent[net->paths.sent_next++ % PATH_SENT_COUNT];
	sent->when_ns = net->now_ns;
	sent->src = ip->src;
	sent->dst = ip->dst;
	sent->proto = ip->proto;
	memcpy(sent->quote, quote, PATH_QUOTED_LEN);
}

bool
path_was_sent(const struct net *net, const struct ipv4 *quoted,
	      const uint8_t *quote, size_t len)
{
	const struct path_sent *sent;

	if (len < PATH_QUOTED_LEN)
		return false;
	for (unsigned int i = 0; i < PATH_SENT_COUNT; i++) {
		sent = &net->paths.sent[i];
		if (sent->dst == quoted->dst && sent->src == quoted->src &&
		    sent->proto == quoted->proto && sent->src &&
		    net->now_ns - sent->when_ns < SENT_NS &&
		    !memcmp(sent->quote, quote, PATH_QUOTED_LEN))
			return true;
	}
	return false;
}

/* ---- set-up ------------------------------------------------------------- */

enum status
path_init(struct net *net)
{
	struct path_table *table = &net->paths;

	list_init(&table->by_age);
	table->param = (struct path_param){
		.mtu_expires_s = 600, /* [RFC1191 6.3] */
		.min_pmtu = 552,
		.min_adv_mss = 256,
		.gc_timeout_s = 300,
	};
	return pool_init(&table->pool, net->pages, "path", sizeof(struct path),
			 8, PATHS_MAX);
}

void
path_fini(struct net *net)
{
	path_flush(net);
	pool_fini(&net->paths.pool);
}

void
path_check(struct net *net)
{
	struct path *path;
	uint32_t count = 0;

	list_for_each(path, &net->paths.by_age, link) {
		assert(lookup(net, path->dst) == path);
		assert(path_maybe_known(&net->paths, path->dst));
		count++;
	}
	assert(count == net->paths.count && count <= PATHS_MAX);
	pool_check(&net->paths.pool);
}
