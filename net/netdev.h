/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network interfaces: what a driver offers (netdev_ops), what the stack offers
 * a driver (registration, napi, netdev_input), and what people see (counters,
 * flags, names). A driver knows this header, skb.h and drop.h, and no protocol.
 *
 * Receive: interrupt -> napi_schedule() -> the loop calls napi->poll(budget) ->
 * the driver hands each frame to netdev_input(). Transmit: netdev_output() ->
 * ops->xmit(), several times, then ops->flush() once (the doorbell). When its
 * ring is full the driver calls netdev_tx_stop(); packets then wait in txq (up
 * to txqlen) until netdev_tx_wake().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/be.h"
#include "lib/fmt.h"
#include "lib/list.h"
#include "lib/port.h"
#include "net/skb.h"

struct net;
struct net_conf;
struct netdev;
struct ifaddr;

#define NETDEV_NAME_MAX 16u /* bytes with the NUL, as Linux's IFNAMSIZ */
#define ETH_ADDR_LEN	6u
#define ETH_HEADER_LEN	14u

/* Bits of netdev.flags, as set by the operator. */
#define NETDEV_UP	 0x01u
#define NETDEV_BROADCAST 0x02u
#define NETDEV_LOOPBACK	 0x04u
#define NETDEV_NOARP	 0x08u
#define NETDEV_MULTICAST 0x10u
#define NETDEV_PROMISC	 0x100u /* he asked for it: one of dev->promiscuity */
#define NETDEV_ALLMULTI	 0x200u /* the same for dev->allmulti */

enum netdev_duplex { DUPLEX_UNKNOWN, DUPLEX_HALF, DUPLEX_FULL };

/* What the operator sees of the link. */
struct netdev_link {
	bool carrier;
	uint32_t speed_mbps; /* 0: unknown */
	enum netdev_duplex duplex;
	bool autoneg;
};

struct netdev_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_errors, tx_errors, rx_dropped, tx_dropped;
	uint64_t multicast, collisions;
	uint64_t rx_length_errors, rx_over_errors, rx_crc_errors,
		rx_frame_errors, rx_fifo_errors, rx_missed_errors;
	uint64_t tx_aborted_errors, tx_carrier_errors, tx_fifo_errors,
		tx_heartbeat_errors, tx_window_errors;
	uint64_t carrier_changes;
};

struct netdev_rings {
	uint32_t rx_count, tx_count; /* descriptors now */
	uint32_t rx_count_max, tx_count_max;
};

struct netdev_multicast {
	struct list link;
	uint8_t addr[ETH_ADDR_LEN];
	uint32_t users;
};

/*
 * The driver's half. open, stop, set_*: called from set-up code, never from
 * inside a poll. Those marked (optional) may be NULL: "not supported".
 */
struct netdev_ops {
	/* Allocates rings, starts receiving; undoes itself on failure. */
	enum status (*open)(struct netdev *dev);
	/* Stops DMA, drops what the rings hold (DROP_RING_RESET), frees all. */
	void (*stop)(struct netdev *dev);
	/*
	 * Takes the packet and queues it on the ring without telling the
	 * device. Called only while up and not stopped, so there is room for
	 * at least one packet of NETDEV_SEGMENTS_MAX segments. It ends later
	 * in skb_sent(), or skb_drop() if the device rejects it.
	 */
	void (*xmit)(struct netdev *dev, struct skb *skb);
	/* Tells the device of everything queued since the last flush. */
	void (*flush)(struct netdev *dev);
	/* dev->mtu holds the old value until this returns OK. (optional) */
	enum status (*set_mtu)(struct netdev *dev, uint32_t mtu);
	/* New unicast address; dev->addr is the old one. (optional) */
	enum status (*set_addr)(struct netdev *dev, const uint8_t *addr);
	/* dev->promiscuity, allmulti or the multicast list changed. */
	void (*set_rx_mode)(struct netdev *dev);
	/* Folds hardware counters into dev->stats. (optional) */
	void (*update_stats)(struct netdev *dev);
	/* Called about every 100 ms while up: link, watchdogs. (optional) */
	void (*tick)(struct netdev *dev, uint64_t now_ns);

	/* ethtool (each optional) */
	uint32_t (*stat_count)(const struct netdev *dev);
	const char *(*stat_name)(const struct netdev *dev, uint32_t i);
	uint64_t (*stat_value)(const struct netdev *dev, uint32_t i);
	void (*get_rings)(const struct netdev *dev, struct netdev_rings *rings);
	/* Reopens if up. ERR_RANGE: impossible counts; the old ones stay. */
	enum status (*set_rings)(struct netdev *dev, uint32_t rx, uint32_t tx);
	/* Receive interrupt spacing in microseconds. */
	uint32_t (*get_coalesce_us)(const struct netdev *dev);
	enum status (*set_coalesce_us)(struct netdev *dev, uint32_t us);
	void (*show_registers)(struct netdev *dev, struct out *out);
	/* The last ring events around a fault (debug last-hang). */
	void (*show_faults)(struct netdev *dev, struct out *out);

	/* Faults that can be caused on request, NULL past the last; help gets
	 * a sentence. (optional, both) */
	const char *(*fault_name)(unsigned int i, const char **help);
	/* Makes the device misbehave so, while it is up; ERR_UNSUPPORTED: this
	 * one cannot. */
	enum status (*inject)(struct netdev *dev, unsigned int i);
};

#define NETDEV_SEGMENTS_MAX 40u /* a 64 KiB packet in PARAM_SKB_ROOM pieces */

/* Sees every frame of an interface; only looks. */
struct netdev_tap {
	struct list link;
	void (*frame)(struct netdev_tap *tap, const struct skb *skb,
		      bool outgoing);
};

struct netdev {
	/* Hot. */
	const struct netdev_ops *ops;
	struct net *net;
	struct skb_pool *pool;	     /* where its receive buffers come from */
	const struct net_conf *conf; /* net.ipv4.conf.NAME, in struct net */
	uint32_t flags;		     /* NETDEV_* */
	uint32_t mtu;		     /* bytes of network-layer packet */
	uint8_t ifindex;	     /* 1.. as Linux numbers them; lo is 1 */
	bool carrier;
	bool tx_stopped; /* the ring is full */
	bool tapped;	 /* taps is not empty, or packets are explained */
	/* Summed up by netdev_plain_update(): up, and nobody looks at what
	 * comes in; what leaves may be handed to xmit at once. */
	bool in_plain, out_plain;
	uint32_t flush_bit; /* its bit in flush_pending */
	union {
		uint8_t addr[ETH_ADDR_LEN];
		/* addr and ETHERTYPE_IPV4, as they lie in a frame we send. */
		uint64_t addr_type;
	};
	/* Bits that are 0 in the number of every subnet on the link; 0: not
	 * known. net/ipv4/addr.c keeps it. */
	uint32_t subnet_bits;
	struct netdev_stats stats;

	/* Configuration and identity. */
	char name[NETDEV_NAME_MAX];
	char alias[64];
	const char *driver; /* "e1000e" */
	char bus_info[16];  /* "0000:00:02.0" */
	uint8_t permanent_addr[ETH_ADDR_LEN];
	uint32_t mtu_min, mtu_max;
	uint32_t speed_mbps;
	enum netdev_duplex duplex;
	bool autoneg;
	bool gone;		   /* the device has left the bus */
	uint32_t promiscuity;	   /* how many want every frame; 0: none */
	uint32_t allmulti;	   /* how many want every multicast */
	struct list multicast;	   /* of struct netdev_multicast */
	struct list taps;	   /* of struct netdev_tap */
	struct skb_queue txq;	   /* waits for room in the ring */
	uint32_t txqlen;	   /* packets txq may hold */
	uint64_t tx_restart_count; /* times a stopped queue was woken */
	struct list addrs; /* of struct ifaddr; net/ipv4/addr.h owns it */
	void *priv;	   /* the driver's */
};

/* ---- the driver's side -------------------------------------------------- */

/*
 * Names the device (ethN in order of registration; "lo" for loopback), gives it
 * an ifindex and announces it. The driver has filled ops, addr, mtu*, driver,
 * bus_info, priv. ERR_RANGE when all indices are taken.
 */
enum status netdev_register(struct net *net, struct netdev *dev) must_use;

/* Takes it down and forgets it: routes, neighbours and queues go with it. */
void netdev_unregister(struct netdev *dev);

/*
 * The device filled a lent buffer with len bytes: a packet is born on dev. Or
 * it did, and the buffer of skb_alloc_rx_spare() is lent for it. Beside skb.h's
 * others, which does not know what a device is made of.
 */
static inline void
skb_received_for(struct skb *skb, struct netdev *dev, uint32_t len)
{
	if (unlikely(len > PARAM_SKB_ROOM))
		skb_misused(skb, "skb_received", len);
	skb_set_len(skb, len);
	skb->dev = dev;
	skb->in = dev->ifindex;
	skb->pool->account->port[dev->ifindex].born++;
}

static inline void
skb_received(struct skb *skb, struct netdev *dev, uint32_t len)
{
	skb->pool->account->rx_posted--;
	skb_received_for(skb, dev, len);
}

/*
 * Early drop. A driver that cannot take all frames (the device runs out of
 * descriptors poll after poll, or the pool is low) asks of each whether it is
 * vital: said to the box itself by ARP, ICMP, IGMP or TCP. What is not may be
 * refused: its buffer stays the driver's, it costs no other. frame has len
 * bytes, at least an Ethernet header.
 */
bool netdev_is_vital(const struct netdev *dev, const uint8_t *frame,
		     uint32_t len);

/* Where in a table of 256 it is told whether an address may be the box's. */
static inline uint32_t
netdev_ours_slot(uint32_t addr)
{
	return addr * 0x9e3779b1u >> 24;
}

/*
 * A glance, from frame to frame, settles most: one station's IPv4 packet to an
 * address that is certainly not the box's is not vital. frame has room for 34
 * bytes, whatever its length.
 */
struct netdev_glance {
	const uint32_t *ours; /* that table; 0: certainly not */
	uint32_t dst;	      /* of the last that was settled, as it lies */
};

struct netdev_glance netdev_glance(const struct netdev *dev);

/* To where the last one went? */
static inline bool
netdev_is_alike(const struct netdev_glance *glance, const uint8_t *frame)
{
	uint32_t dst;
	be16 type;

	__builtin_memcpy(&type, frame + 12, sizeof(type));
	__builtin_memcpy(&dst, frame + 30, sizeof(dst));
	return be16_get(type) == 0x0800 && dst == glance->dst;
}

static inline bool
netdev_is_transit(struct netdev_glance *glance, const uint8_t *frame)
{
	uint32_t dst;
	be16 type;

	__builtin_memcpy(&type, frame + 12, sizeof(type));
	__builtin_memcpy(&dst, frame + 30, sizeof(dst));
	if ((frame[0] & 1) || be16_get(type) != 0x0800 ||
	    glance->ours[netdev_ours_slot(__builtin_bswap32(dst))])
		return false;
	glance->dst = dst;
	return true;
}

/*
 * How many frames may be looked at beside a turn's, for what is vital among
 * them; 0 unless something vital has arrived within the last second: else it is
 * not worth a frame that could be forwarded.
 */
uint32_t netdev_look_ahead(const struct netdev *dev);

/* count frames ended so; the last lies in the lent buffer, len bytes long. */
void netdev_refuse(struct netdev *dev, uint32_t count, enum drop reason,
		   const struct skb *last, uint32_t len);

/* Buffers that are kept for what is vital: a sixteenth. */
static inline uint32_t
netdev_reserve(const struct netdev *dev)
{
	return dev->pool->total_count / 16;
}

/* A received frame, Ethernet header at data (skb_received() was called). */
void netdev_input(struct skb *skb);

/* The link came up or went down, or its speed changed. */
void netdev_set_link(struct netdev *dev, const struct netdev_link *link);

/* Ring full / room again for a packet of NETDEV_SEGMENTS_MAX segments. */
static inline void
netdev_tx_stop(struct netdev *dev)
{
	dev->tx_stopped = true;
	dev->out_plain = false;
}
void netdev_tx_wake(struct netdev *dev);

/* ---- napi --------------------------------------------------------------- */

/*
 * A pollable source of packets. poll() handles at most budget packets and
 * returns how many; fewer than budget means the source is drained and poll()
 * has called napi_complete() and re-enabled its interrupt.
 */
struct napi {
	struct netdev *dev;
	uint32_t (*poll)(struct napi *napi, uint32_t budget);
	uint32_t weight; /* budget of one turn: PARAM_NAPI_WEIGHT */
	uint8_t index;	 /* bit in the core's set of pending polls */
	uint64_t poll_count, packet_count, squeezed_count;
};

/* ERR_RANGE when 64 sources exist. weight 0: PARAM_NAPI_WEIGHT. */
enum status napi_add(struct napi *napi, struct netdev *dev,
		     uint32_t (*poll)(struct napi *napi, uint32_t budget),
		     uint32_t weight) must_use;
void napi_remove(struct napi *napi);

/* Asks for polls; safe in an interrupt handler; asking twice is once. */
void napi_schedule(struct napi *napi);

/* The source is drained. After it, a new napi_schedule() counts again. */
void napi_complete(struct napi *napi);

/* ---- the stack's side --------------------------------------------------- */

/* Sends a complete frame; dev, length and header are set. */
void netdev_output(struct netdev *dev, struct skb *skb);

/* By name ("eth0"); by ifindex (1..); NULL if there is none. */
struct netdev *netdev_find(struct net *net, const char *name);
struct netdev *netdev_by_index(struct net *net, uint32_t ifindex);

/* ERR_* as open() says; bringing up what is up is OK. */
enum status netdev_up(struct netdev *dev) must_use;
void netdev_down(struct netdev *dev);

/* ERR_RANGE below mtu_min or above mtu_max. */
enum status netdev_set_mtu(struct netdev *dev, uint32_t mtu) must_use;
/* ERR_INVAL for a multicast or zero address. */
enum status netdev_set_addr(struct netdev *dev, const uint8_t *addr) must_use;
enum status netdev_rename(struct netdev *dev, const char *name) must_use;

/* Sets or clears NETDEV_MULTICAST or NETDEV_NOARP, as the operator says. */
void netdev_set_flag(struct netdev *dev, uint32_t flag, bool on);
/* "" for none; longer ones are cut. */
void netdev_set_alias(struct netdev *dev, const char *alias);
void netdev_set_txqlen(struct netdev *dev, uint32_t txqlen);
/* NETDEV_PROMISC or _ALLMULTI: the operator is one of those who may ask. */
void netdev_set_mode(struct netdev *dev, uint32_t flag, bool on);

/* Counted: promiscuous until as many have said false as said true. */
void netdev_set_promiscuous(struct netdev *dev, bool on);
void netdev_set_allmulti(struct netdev *dev, bool on);

/* Joins or leaves a link-layer group (counted). ERR_NOMEM, ERR_NOENT. */
enum status netdev_multicast_add(struct netdev *dev,
				 const uint8_t *addr) must_use;
enum status netdev_multicast_remove(struct netdev *dev, const uint8_t *addr);

void netdev_tap_add(struct netdev *dev, struct netdev_tap *tap);
void netdev_tap_remove(struct netdev *dev, struct netdev_tap *tap);
/* net->live came or went. */
void netdev_taps_changed(struct net *net);
/* Sets in_plain and out_plain, after flags, carrier, tapped, tx_stopped or txq
 * have changed. */
void netdev_plain_update(struct netdev *dev);
/* Panics if they are not as they should be. For tests. */
void netdev_check(const struct netdev *dev);

static inline bool
netdev_is_up(const struct netdev *dev)
{
	return dev->flags & NETDEV_UP;
}

/* Up and with a link: can it carry packets? */
static inline bool
netdev_is_running(const struct netdev *dev)
{
	return (dev->flags & NETDEV_UP) && dev->carrier;
}

/* What the rest of the stack is told about an interface. */
enum netdev_event {
	NETDEV_EVENT_REGISTER,
	NETDEV_EVENT_UNREGISTER,
	NETDEV_EVENT_UP,
	NETDEV_EVENT_DOWN,
	NETDEV_EVENT_CARRIER, /* dev->carrier changed */
	NETDEV_EVENT_MTU,
	NETDEV_EVENT_ADDR, /* link-layer address changed */
	NETDEV_EVENT_RENAME,
	NETDEV_EVENT_ARP,    /* ARP was switched off or on */
	NETDEV_EVENT_CHANGE, /* other flags but UP, alias, queue length */
};
