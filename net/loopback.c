/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lo: what is sent on it is received on it, in the next turn of the loop, so a
 * packet to ourselves never recurses. The queue and the device are in struct
 * net. [RFC1122 3.2.1.3 (g)]
 */

#include "net/loopback.h"

#include "net/net.h"

static enum status
loopback_open(struct netdev *dev)
{
	return OK;
}

static void
loopback_stop(struct netdev *dev)
{
	skb_queue_drop(&dev->net->loopback_queue, DROP_DEV_DOWN);
}

static void
loopback_set_rx_mode(struct netdev *dev)
{
}

/* Bounded like any other queue: a flood to ourselves has a name. */
bool
loopback_is_full(const struct net *net)
{
	return net->loopback_queue.count >= net->loopback.txqlen;
}

static void
loopback_xmit(struct netdev *dev, struct skb *skb)
{
	struct net *net = dev->net;

	if (loopback_is_full(net))
		return skb_drop(skb, DROP_BACKLOG_FULL);
	skb_queue_push(&net->loopback_queue, skb);
	napi_schedule(&net->loopback_napi);
}

static void
loopback_flush(struct netdev *dev)
{
}

static uint32_t
loopback_poll(struct napi *napi, uint32_t budget)
{
	struct net *net = napi->dev->net;
	struct skb *skb;
	uint32_t done;

	for (done = 0; done < budget; done++) {
		skb = skb_queue_pop(&net->loopback_queue);
		if (!skb) {
			napi_complete(napi);
			break;
		}
		/* A forwarded packet's bytes may be shared with a tap's clone;
		 * nothing is written before ipv4 unshares. */
		skb_looped(skb, napi->dev);
		/* It never left memory, so it cannot be damaged. */
		skb->csum = SKB_CSUM_UNNECESSARY;
		netdev_input(skb);
	}
	return done;
}

static const struct netdev_ops loopback_ops = {
	.open = loopback_open,
	.stop = loopback_stop,
	.xmit = loopback_xmit,
	.flush = loopback_flush,
	.set_rx_mode = loopback_set_rx_mode,
};

enum status
loopback_init(struct net *net)
{
	struct netdev *lo = &net->loopback;
	enum status status;

	memset(lo, 0, sizeof(*lo));
	skb_queue_init(&net->loopback_queue);
	lo->ops = &loopback_ops;
	lo->driver = "loopback";
	lo->flags = NETDEV_LOOPBACK | NETDEV_NOARP;
	lo->mtu = 65536;
	lo->mtu_min = 68;
	lo->mtu_max = 65536;
	lo->carrier = true;
	status = netdev_register(net, lo);
	if (status != OK)
		return status;
	status = napi_add(&net->loopback_napi, lo, loopback_poll, 0);
	if (status != OK)
		goto undo_register;
	status = netdev_up(lo);
	if (status != OK)
		goto undo_napi;
	return OK;

undo_napi:
	napi_remove(&net->loopback_napi);
undo_register:
	netdev_unregister(lo);
	return status;
}

void
loopback_fini(struct net *net)
{
	netdev_unregister(&net->loopback);
	napi_remove(&net->loopback_napi);
}
