/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames into a ring, see capture.h. Called from the interfaces' taps, only
 * while somebody captures. Records lie one behind the other; one that does not
 * fit before the ring's end goes to its start.
 */

#include "net/capture/capture.h"

#include "net/ipv4/ipv4.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"

_Static_assert(PARAM_NETDEVS_MAX < 256, "ifindex is one byte");

/* ---- the ring ----------------------------------------------------------- */

static struct captured *
record_at(const struct capture *capture, uint32_t offset)
{
	return (struct captured *)(uintptr_t)(capture->ring + offset);
}

/* Place for a record of so many bytes at the head; NULL: there is none. */
static struct captured *
room(struct capture *capture, uint32_t size)
{
	uint32_t head = capture->head, tail = capture->tail;

	if (capture->count == 0)
		head = tail = capture->head = capture->tail = 0;
	if (capture->count > 0 && head <= tail)
		return head + size <= tail ? record_at(capture, head) : NULL;
	if (head + size <= CAPTURE_RING_LEN)
		return record_at(capture, head);
	if (size > tail)
		return NULL;
	/* Of what is left there is always enough to say so. */
	record_at(capture, head)->size = 0;
	capture->head = 0;
	return record_at(capture, 0);
}

const struct captured *
capture_first(const struct capture *capture)
{
	return capture->count ? record_at(capture, capture->tail) : NULL;
}

/* At the end, or where the rest was given up? */
static uint32_t
wrapped(const struct capture *capture, uint32_t offset)
{
	if (CAPTURE_RING_LEN - offset < sizeof(struct captured) ||
	    record_at(capture, offset)->size == 0)
		return 0;
	return offset;
}

void
capture_next(struct capture *capture)
{
	assert(capture->count > 0);
	capture->tail += record_at(capture, capture->tail)->size;
	if (--capture->count > 0)
		capture->tail = wrapped(capture, capture->tail);
}

/* ---- frames ------------------------------------------------------------- */

/* A segment of the connection that takes the capture away? */
static bool
is_own(const struct capture *capture, const struct skb *skb)
{
	const struct sock_addr *local = &capture->own_local,
			       *remote = &capture->own_remote;
	uint8_t bytes[4];
	struct ipv4 ip;
	uint16_t sport, dport;

	if (remote->port == 0 || skb_linear_len(skb) < ETH_HEADER_LEN ||
	    ipv4_parse_quoted(skb->data + ETH_HEADER_LEN,
			      skb_linear_len(skb) - ETH_HEADER_LEN,
			      &ip) != DROP_NONE ||
	    ip.proto != IPPROTO_TCP || ip.frag_offset != 0 ||
	    skb->len < ETH_HEADER_LEN + ip.header_len + sizeof(bytes))
		return false;
	skb_copy_out(skb, ETH_HEADER_LEN + ip.header_len, bytes, sizeof(bytes));
	sport = (uint16_t)(bytes[0] << 8 | bytes[1]);
	dport = (uint16_t)(bytes[2] << 8 | bytes[3]);
	return (ip.src == local->addr && sport == local->port &&
		ip.dst == remote->addr && dport == remote->port) ||
	       (ip.src == remote->addr && sport == remote->port &&
		ip.dst == local->addr && dport == local->port);
}

static bool
is_wanted(const struct capture *capture, const struct skb *skb, bool outgoing)
{
	enum capture_direction direction = capture->config.direction;

	return (direction == CAPTURE_BOTH ||
		outgoing == (direction == CAPTURE_OUT)) &&
	       capture_filter_match(&capture->filter, skb) &&
	       !is_own(capture, skb);
}

static void
frame(struct netdev_tap *tap, const struct skb *skb, bool outgoing)
{
	struct capture_tap *from = container_of(tap, struct capture_tap, tap);
	struct capture *capture = from->capture;
	uint32_t have = min_of(skb->len, capture->config.snap_len);
	uint32_t size = (uint32_t)(sizeof(struct captured) + have + 7) & ~7u;
	struct captured *record;

	if (!is_wanted(capture, skb, outgoing))
		return;
	capture->received++;
	record = room(capture, size);
	if (!record) {
		capture->lost++;
		return;
	}
	*record = (struct captured){
		.time_ns = capture->net->now_ns,
		.len = skb->len,
		.have = have,
		.size = size,
		.ifindex = from->dev->ifindex,
		.outgoing = outgoing,
	};
	skb_copy_out(skb, 0, record->bytes, have);
	capture->head += size;
	if (CAPTURE_RING_LEN - capture->head < sizeof(struct captured))
		capture->head = 0;
	capture->count++;
	capture->config.wake(capture->config.ctx);
}

/* ---- interfaces --------------------------------------------------------- */

static void
attach(struct capture *capture, struct netdev *dev)
{
	struct capture_tap *tap = &capture->tap[dev->ifindex];

	*tap = (struct capture_tap){
		.tap.frame = frame,
		.dev = dev,
		.capture = capture,
	};
	netdev_tap_add(dev, &tap->tap);
	if (capture->config.promiscuous)
		netdev_set_promiscuous(dev, true);
}

static void
detach(struct capture_tap *tap)
{
	if (!tap->dev)
		return;
	netdev_tap_remove(tap->dev, &tap->tap);
	if (tap->capture->config.promiscuous)
		netdev_set_promiscuous(tap->dev, false);
	tap->dev = NULL;
}

/* Interfaces come and go while a capture runs. */
static void
netdev_changed(struct net_watcher *watcher, struct netdev *dev,
	       enum netdev_event event)
{
	struct capture *capture =
		container_of(watcher, struct capture, watcher);

	if (event == NETDEV_EVENT_REGISTER && capture->config.ifindex == 0 &&
	    !capture->tap[dev->ifindex].dev)
		return attach(capture, dev);
	if (event != NETDEV_EVENT_UNREGISTER ||
	    capture->tap[dev->ifindex].dev != dev)
		return;
	detach(&capture->tap[dev->ifindex]);
	capture->gone = capture->config.ifindex != 0;
	capture->config.wake(capture->config.ctx);
}

enum status
capture_start(struct net *net, const struct capture_config *config,
	      const struct capture_filter *filter, struct capture **out)
{
	uint8_t only = config->ifindex;
	struct capture *capture;

	if (only && !netdev_by_index(net, only))
		return ERR_NODEV;
	capture = pages_alloc(net->pages, pages_order(sizeof(*capture)));
	if (!capture)
		return ERR_NOMEM;
	memset(capture, 0, offsetof(struct capture, ring));
	capture->net = net;
	capture->config = *config;
	capture->config.snap_len = min_of(config->snap_len, CAPTURE_SNAP_MAX);
	capture->filter = *filter;
	capture->watcher.netdev = netdev_changed;
	list_add_last(&net->watchers, &capture->watcher.link);
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		if (net->netdev[i] && (!only || only == i))
			attach(capture, net->netdev[i]);
	*out = capture;
	return OK;
}

void
capture_stop(struct capture *capture)
{
	list_remove(&capture->watcher.link);
	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++)
		detach(&capture->tap[i]);
	pages_free(capture->net->pages, capture, pages_order(sizeof(*capture)));
}
