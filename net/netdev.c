/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces: registration, up and down, what goes in and out of them, napi.
 * All state is in struct netdev and struct net; the core that polls a device
 * owns it.
 */

#include "net/netdev.h"

#include "lib/be.h"
#include "lib/fmt.h"
#include "lib/str.h"
#include "net/explain/live.h"
#include "net/loopback.h"
#include "net/net.h"
#include "net/output.h"

static void
changed(struct netdev *dev, enum netdev_event event)
{
	net_ways_changed(dev->net);
	dev->net->netdev_changed(dev, event);
}

static bool
is_in_plain(const struct netdev *dev)
{
	return netdev_is_up(dev) && !dev->tapped;
}

static bool
is_out_plain(const struct netdev *dev)
{
	return netdev_is_running(dev) && !dev->tapped && !dev->tx_stopped &&
	       !dev->txq.first;
}

void
netdev_plain_update(struct netdev *dev)
{
	dev->in_plain = is_in_plain(dev);
	dev->out_plain = is_out_plain(dev);
}

void
netdev_check(const struct netdev *dev)
{
	assert(dev->in_plain == is_in_plain(dev));
	assert(dev->out_plain == is_out_plain(dev));
}

/* ---- registration ------------------------------------------------------- */

static uint8_t
index_find_free(const struct net *net)
{
	for (uint8_t i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (!net->netdev[i])
			return i;
	return 0;
}

static void
name_choose(struct net *net, struct netdev *dev)
{
	unsigned int n = 0;

	if (dev->flags & NETDEV_LOOPBACK) {
		str_copy(dev->name, "lo", sizeof(dev->name));
		return;
	}
	do
		fmt_print(dev->name, sizeof(dev->name), "eth%u", n++);
	while (netdev_find(net, dev->name));
}

static void
type_behind_addr(struct netdev *dev)
{
	const be16 type = be16_from(ETHERTYPE_IPV4);

	memcpy((uint8_t *)&dev->addr_type + ETH_ADDR_LEN, &type, sizeof(type));
}

enum status
netdev_register(struct net *net, struct netdev *dev)
{
	uint8_t index = index_find_free(net);

	if (!index)
		return ERR_RANGE;
	name_choose(net, dev);
	dev->net = net;
	dev->ifindex = index;
	dev->flush_bit = 1u << index;
	type_behind_addr(dev);
	if (!dev->pool)
		dev->pool = &net_this_core(net)->skb_pool;
	if (!dev->txqlen)
		dev->txqlen = PARAM_TXQLEN;
	if (!(dev->flags & NETDEV_LOOPBACK))
		dev->flags |= NETDEV_BROADCAST | NETDEV_MULTICAST;
	memcpy(dev->permanent_addr, dev->addr, ETH_ADDR_LEN);
	list_init(&dev->multicast);
	list_init(&dev->taps);
	list_init(&dev->addrs);
	skb_queue_init(&dev->txq);
	net->conf[index] = net->conf_default;
	dev->conf = &net->conf[index];
	dev->tapped = net->live != NULL;
	net->netdev[index] = dev;
	changed(dev, NETDEV_EVENT_REGISTER);
	return OK;
}

void
netdev_unregister(struct netdev *dev)
{
	struct netdev_multicast *group, *after;

	netdev_down(dev);
	changed(dev, NETDEV_EVENT_UNREGISTER);
	list_for_each_safe(group, after, &dev->multicast, link) {
		list_remove(&group->link);
		pool_put(&dev->net->multicast_pool, group);
	}
	dev->net->netdev[dev->ifindex] = NULL;
}

struct netdev *
netdev_find(struct net *net, const char *name)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i] && !strcmp(net->netdev[i]->name, name))
			return net->netdev[i];
	return NULL;
}

struct netdev *
netdev_by_index(struct net *net, uint32_t ifindex)
{
	return ifindex <= PARAM_NETDEVS_MAX ? net->netdev[ifindex] : NULL;
}

/* ---- up, down, configuration -------------------------------------------- */

enum status
netdev_up(struct netdev *dev)
{
	enum status status;

	if (netdev_is_up(dev))
		return OK;
	if (dev->gone)
		return ERR_NODEV;
	status = dev->ops->open(dev);
	if (status != OK)
		return status;
	dev->flags |= NETDEV_UP;
	netdev_plain_update(dev);
	dev->ops->set_rx_mode(dev);
	changed(dev, NETDEV_EVENT_UP);
	return OK;
}

void
netdev_down(struct netdev *dev)
{
	if (!netdev_is_up(dev))
		return;
	dev->flags &= ~NETDEV_UP;
	netdev_plain_update(dev);
	changed(dev, NETDEV_EVENT_DOWN);
	skb_queue_drop(&dev->txq, DROP_DEV_DOWN);
	dev->ops->stop(dev);
	dev->tx_stopped = false;
	netdev_plain_update(dev);
	/* No ring, no doorbell: the device may be gone before the next one. */
	net_this_core(dev->net)->flush_pending &= ~(1u << dev->ifindex);
}

enum status
netdev_set_mtu(struct netdev *dev, uint32_t mtu)
{
	enum status status = OK;

	if (mtu < dev->mtu_min || mtu > dev->mtu_max)
		return ERR_RANGE;
	if (mtu == dev->mtu)
		return OK;
	if (dev->ops->set_mtu)
		status = dev->ops->set_mtu(dev, mtu);
	if (status != OK)
		return status;
	dev->mtu = mtu;
	changed(dev, NETDEV_EVENT_MTU);
	return OK;
}

enum status
netdev_set_addr(struct netdev *dev, const uint8_t *addr)
{
	static const uint8_t zero[ETH_ADDR_LEN];
	enum status status;

	if (eth_is_multicast(addr) || !memcmp(addr, zero, sizeof(zero)))
		return ERR_INVAL;
	if (!dev->ops->set_addr)
		return ERR_UNSUPPORTED;
	status = dev->ops->set_addr(dev, addr);
	if (status != OK)
		return status;
	memcpy(dev->addr, addr, ETH_ADDR_LEN);
	changed(dev, NETDEV_EVENT_ADDR);
	return OK;
}

enum status
netdev_rename(struct netdev *dev, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= sizeof(dev->name) || strchr(name, '/') ||
	    strchr(name, ' '))
		return ERR_INVAL;
	if (netdev_find(dev->net, name))
		return ERR_EXIST;
	if (netdev_is_up(dev))
		return ERR_BUSY;
	str_copy(dev->name, name, sizeof(dev->name));
	changed(dev, NETDEV_EVENT_RENAME);
	return OK;
}

void
netdev_set_flag(struct netdev *dev, uint32_t flag, bool on)
{
	if (!(dev->flags & flag) == !on)
		return;
	dev->flags ^= flag;
	changed(dev,
		flag == NETDEV_NOARP ? NETDEV_EVENT_ARP : NETDEV_EVENT_CHANGE);
}

void
netdev_set_alias(struct netdev *dev, const char *alias)
{
	str_copy(dev->alias, alias, sizeof(dev->alias));
	changed(dev, NETDEV_EVENT_CHANGE);
}

void
netdev_set_txqlen(struct netdev *dev, uint32_t txqlen)
{
	dev->txqlen = txqlen;
	changed(dev, NETDEV_EVENT_CHANGE);
}

void
netdev_set_mode(struct netdev *dev, uint32_t flag, bool on)
{
	if (!(dev->flags & flag) == !on)
		return;
	if (flag == NETDEV_PROMISC)
		netdev_set_promiscuous(dev, on);
	else
		netdev_set_allmulti(dev, on);
	netdev_set_flag(dev, flag, on);
}

static void
count_user(struct netdev *dev, uint32_t *users, bool on)
{
	uint32_t before = *users;

	if (!on && before == 0)
		return;
	*users += on ? 1 : -1u;
	if (!before != !*users && netdev_is_up(dev))
		dev->ops->set_rx_mode(dev);
}

void
netdev_set_promiscuous(struct netdev *dev, bool on)
{
	count_user(dev, &dev->promiscuity, on);
}

void
netdev_set_allmulti(struct netdev *dev, bool on)
{
	count_user(dev, &dev->allmulti, on);
}

static struct netdev_multicast *
multicast_find(struct netdev *dev, const uint8_t *addr)
{
	struct netdev_multicast *group;

	list_for_each(group, &dev->multicast, link)
		if (!memcmp(group->addr, addr, ETH_ADDR_LEN))
			return group;
	return NULL;
}

enum status
netdev_multicast_add(struct netdev *dev, const uint8_t *addr)
{
	struct netdev_multicast *group = multicast_find(dev, addr);

	if (group) {
		group->users++;
		return OK;
	}
	group = pool_get(&dev->net->multicast_pool);
	if (!group)
		return ERR_NOMEM;
	memcpy(group->addr, addr, ETH_ADDR_LEN);
	group->users = 1;
	list_add_last(&dev->multicast, &group->link);
	if (netdev_is_up(dev))
		dev->ops->set_rx_mode(dev);
	return OK;
}

enum status
netdev_multicast_remove(struct netdev *dev, const uint8_t *addr)
{
	struct netdev_multicast *group = multicast_find(dev, addr);

	if (!group)
		return ERR_NOENT;
	if (--group->users > 0)
		return OK;
	list_remove(&group->link);
	pool_put(&dev->net->multicast_pool, group);
	if (netdev_is_up(dev))
		dev->ops->set_rx_mode(dev);
	return OK;
}

void
netdev_set_link(struct netdev *dev, const struct netdev_link *link)
{
	bool before = dev->carrier;

	dev->speed_mbps = link->speed_mbps;
	dev->duplex = link->duplex;
	dev->autoneg = link->autoneg;
	if (link->carrier == before)
		return;
	dev->carrier = link->carrier;
	netdev_plain_update(dev);
	dev->stats.carrier_changes++;
	changed(dev, NETDEV_EVENT_CARRIER);
}

/* ---- packets ------------------------------------------------------------ */

static void
taps_changed(struct netdev *dev)
{
	dev->tapped = !list_empty(&dev->taps) || dev->net->live;
	netdev_plain_update(dev);
}

void
netdev_tap_add(struct netdev *dev, struct netdev_tap *tap)
{
	list_add_last(&dev->taps, &tap->link);
	dev->tapped = true;
	netdev_plain_update(dev);
}

void
netdev_tap_remove(struct netdev *dev, struct netdev_tap *tap)
{
	list_remove(&tap->link);
	taps_changed(dev);
}

void
netdev_taps_changed(struct net *net)
{
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i])
			taps_changed(net->netdev[i]);
}

static void
taps_show(struct netdev *dev, const struct skb *skb, bool outgoing)
{
	struct netdev_tap *tap, *after;

	if (explain_is_dry(dev->net))
		return;
	list_for_each_safe(tap, after, &dev->taps, link)
		tap->frame(tap, skb, outgoing);
}

rare static void
input_watched(struct netdev *dev, struct skb *skb)
{
	struct net *net = dev->net;
	bool told = net->live && explain_live_input(net, skb);

	taps_show(dev, skb, false);
	if (netdev_is_up(dev))
		eth_input(skb);
	else
		skb_drop(skb, DROP_DEV_DOWN);
	if (told)
		explain_live_end(net);
}

void
netdev_input(struct skb *skb)
{
	struct netdev *dev = skb->dev;

	dev->stats.rx_packets++;
	dev->stats.rx_bytes += skb->len;
	if (unlikely(!dev->in_plain))
		return input_watched(dev, skb);
	eth_input(skb);
}

rare static void
tx_drop(struct netdev *dev, struct skb *skb, enum drop reason)
{
	dev->stats.tx_dropped++;
	skb_drop(skb, reason);
}

static bool
too_many_segments(const struct skb *skb)
{
	unsigned int count = 1;

	for (const struct skb *seg = skb->seg; seg; seg = seg->next)
		count++;
	return count > NETDEV_SEGMENTS_MAX;
}

/* The frame goes to the device, or waits for it; in a dry run it ends here.
 * True: it is gone. */
static bool
output_explained(struct netdev *dev, struct skb *skb, bool queued)
{
	struct explain *explain = dev->net->explain;
	bool main = explain_is_main(explain, skb);

	if (likely(!explain))
		return false;
	if (explain->dry && dev->flags & NETDEV_LOOPBACK &&
	    loopback_is_full(dev->net)) {
		skb_drop(skb, DROP_BACKLOG_FULL);
		return true;
	}
	explain_output(explain, dev, skb, queued);
	if (!explain->dry)
		return false;
	/* Room is taken for as long as the dry run lasts. */
	dev->txq.count += queued;
	if (!(dev->flags & NETDEV_LOOPBACK)) {
		explain_forget(skb);
		return true;
	}
	if (main)
		explain->looped_main = skb;
	skb_queue_push(&explain->looped, skb);
	return true;
}

/*
 * May one more wait for the ring? The last eighth of the queue is for what the
 * box has to say itself. A queue takes no more buffers than it leaves to
 * others, so that one slow link cannot starve the rest.
 */
static enum drop
queue_room(const struct netdev *dev, const struct skb *skb)
{
	uint32_t most = dev->txqlen;

	if (skb->in != 0)
		most -= most / 8;
	if (dev->txq.count >= most)
		return DROP_RING_FULL;
	return dev->txq.count > dev->pool->free_count ? DROP_TXQ_SHARE
						      : DROP_NONE;
}

/* A device that cannot send now, or that is watched; a packet in pieces. */
rare static void
output_slowly(struct netdev *dev, struct skb *skb)
{
	if (!netdev_is_up(dev))
		return tx_drop(dev, skb, DROP_DEV_DOWN);
	if (!dev->carrier)
		return tx_drop(dev, skb, DROP_DEV_NO_CARRIER);
	if (skb->seg && too_many_segments(skb))
		return tx_drop(dev, skb, DROP_TX_SEGMENTS);
	if (dev->tx_stopped || dev->txq.first) {
		enum drop why = queue_room(dev, skb);

		if (why != DROP_NONE)
			return tx_drop(dev, skb, why);
		if (output_explained(dev, skb, true))
			return;
		return skb_queue_push(&dev->txq, skb);
	}
	if (output_explained(dev, skb, false))
		return;
	if (dev->tapped)
		taps_show(dev, skb, true);
	netdev_transmit(dev, skb);
}

void
netdev_output(struct netdev *dev, struct skb *skb)
{
	skb->dev = dev;
	if (unlikely(!dev->out_plain || skb->seg))
		return output_slowly(dev, skb);
	netdev_transmit(dev, skb);
}

void
netdev_tx_wake(struct netdev *dev)
{
	struct skb *skb;

	if (!dev->tx_stopped)
		return;
	dev->tx_stopped = false;
	dev->tx_restart_count++;
	while (!dev->tx_stopped && (skb = skb_queue_pop(&dev->txq))) {
		if (dev->tapped)
			taps_show(dev, skb, true);
		netdev_transmit(dev, skb);
	}
	netdev_plain_update(dev);
}

/* ---- napi --------------------------------------------------------------- */

enum status
napi_add(struct napi *napi, struct netdev *dev,
	 uint32_t (*poll)(struct napi *napi, uint32_t budget), uint32_t weight)
{
	struct net_core *core = net_this_core(dev->net);

	for (size_t i = 0; i < array_len(core->napi); i++) {
		if (core->napi[i])
			continue;
		memset(napi, 0, sizeof(*napi));
		napi->dev = dev;
		napi->poll = poll;
		napi->weight = weight ? weight : PARAM_NAPI_WEIGHT;
		napi->index = (uint8_t)i;
		core->napi[i] = napi;
		return OK;
	}
	return ERR_RANGE;
}

void
napi_remove(struct napi *napi)
{
	napi_complete(napi);
	net_this_core(napi->dev->net)->napi[napi->index] = NULL;
}

/*
 * An interrupt handler and the loop both change the set: one atomic operation
 * each, so that neither loses the other's bit.
 */
void
napi_schedule(struct napi *napi)
{
	struct net_core *core = net_this_core(napi->dev->net);

	__atomic_fetch_or(&core->napi_pending, 1ull << napi->index,
			  __ATOMIC_RELAXED);
}

void
napi_complete(struct napi *napi)
{
	struct net_core *core = net_this_core(napi->dev->net);

	__atomic_fetch_and(&core->napi_pending, ~(1ull << napi->index),
			   __ATOMIC_RELAXED);
}
