/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explaining what becomes of a packet. The story of one packet is a list of
 * notes, made by the code that decides, where it decides; nobody else knows the
 * rules. net->explain points to the story that is being written, NULL nearly
 * always: the common path looks at it once, and at its device's out_plain on
 * the way out; what is off it wherever it has something to say. A packet that
 * is explained goes the careful way everywhere.
 *
 * dry.h makes up packets and undoes what they did, live.h has stories of real
 * ones; apps/commands/trace.c has the words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/drop.h"
#include "net/netdev.h"
#include "net/skb.h"

enum explain_kind {
	EXPLAIN_NONE = 0,
#define EXPLAIN(name, sentence, citation) EXPLAIN_##name,
#include "net/explain/explain.def"
#undef EXPLAIN
	EXPLAIN_COUNT,
};

struct explain_text {
	const char *name; /* "TTL" */
	const char *sentence, *citation;
};

const struct explain_text *explain_text(enum explain_kind kind);

#define EXPLAIN_ARGS_MAX  6u
#define EXPLAIN_NOTES_MAX 40u /* of one packet; more are counted */

struct explain_note {
	uint8_t kind;  /* enum explain_kind */
	uint8_t depth; /* 0: of the packet; 1: of what it caused; ... */
	uint32_t arg[EXPLAIN_ARGS_MAX];
};

/* Where it ended, as far as one turn of the loop can tell. */
enum explain_end {
	EXPLAIN_END_NONE,
	EXPLAIN_END_SENT,      /* by .dev to .mac */
	EXPLAIN_END_QUEUED,    /* the ring of .dev is full: it waits */
	EXPLAIN_END_PARKED,    /* waits for the link-layer address of .hop */
	EXPLAIN_END_HELD,      /* a fragment, waits for the others */
	EXPLAIN_END_DELIVERED, /* reached its consumer in this box */
	EXPLAIN_END_DROPPED,   /* of .drop */
};

struct explain_verdict {
	uint8_t end;	 /* enum explain_end */
	uint8_t dev;	 /* ifindex it leaves by */
	uint8_t ttl;	 /* as it leaves */
	uint16_t drop;	 /* enum drop */
	uint32_t hop;	 /* next hop, where neighbours matter */
	uint32_t frames; /* it left as so many */
	uint8_t mac[ETH_ADDR_LEN];
};

#define EXPLAIN_THOUGHTS_MAX 16u

/* What it was, from its IP header on, as it came or was made. */
#define EXPLAIN_BYTES_MAX 40u

struct explain {
	struct net *net;
	const struct skb *main; /* the packet itself; NULL: it has ended */
	uint64_t when_ns;
	uint32_t len;  /* bytes of IP packet */
	uint8_t in;    /* ifindex, 0: of this box */
	uint8_t depth; /* of what is being done now */
	bool dry;      /* nothing may change */
	bool muted;    /* the second fragment says the same as the first */
	bool starved;  /* the dry run had too few packet buffers */
	uint8_t bytes_len;
	uint8_t bytes[EXPLAIN_BYTES_MAX];
	uint16_t note_count, note_lost;
	struct explain_verdict verdict;
	struct skb_queue looped;       /* dry: sent by lo, to be received */
	const struct skb *looped_main; /* the packet itself among them */
	struct explain_undo *undo;     /* dry: what to put back */
	/* Dry: neighbours that would have gone, and come, meanwhile. */
	const void *gone[EXPLAIN_THOUGHTS_MAX];
	uint64_t made[EXPLAIN_THOUGHTS_MAX];
	uint8_t gone_count, made_count;
	struct explain_note note[EXPLAIN_NOTES_MAX];
};

/* What a packet is, or is to be: then zero is a sensible default, but for
 * addresses. */
struct explain_packet {
	uint32_t src, dst;
	uint8_t proto;	       /* IPPROTO_* */
	uint16_t sport, dport; /* TCP, UDP */
	uint8_t tcp_flags;     /* as in the header; 0: SYN */
	uint8_t icmp_type, icmp_code;
	uint8_t ttl; /* 0: 64 */
	uint8_t tos;
	bool dont_fragment, more_fragments;
	uint16_t id;
	uint16_t frag_offset; /* bytes, a multiple of 8 */
	uint32_t len;	      /* bytes of IP packet; 0: as short as can be */
	uint8_t src_mac[ETH_ADDR_LEN];
	uint8_t dst_mac[ETH_ADDR_LEN]; /* zero: the interface's own */
};

/* Reads what explain->bytes say; false: that is no IPv4 header. */
bool explain_packet(const struct explain *explain, struct explain_packet *out);

/* ---- for those who decide ----------------------------------------------- */

/* See explain_note(). */
void explain_add(struct explain *explain, enum explain_kind kind,
		 const uint32_t *arg, uint32_t arg_count) rare;

/*
 * Says what was decided of the packet in hand: the arguments are those that the
 * sentence of EXPLAIN_<kind> asks for. They are looked at only if somebody
 * listens.
 */
#define explain_note(net, kind, ...)                                           \
	do {                                                                   \
		if (unlikely((net)->explain != NULL)) {                        \
			const uint32_t arg_[] = { __VA_ARGS__ };               \
                                                                               \
			explain_add((net)->explain, EXPLAIN_##kind, arg_,      \
				    array_len(arg_));                          \
		}                                                              \
	} while (0)

/* A MAC address, or a pointer to a literal, as two arguments. */
#define EXPLAIN_MAC(mac)                                                       \
	(uint32_t)(mac)[0] << 8 | (mac)[1],                                    \
		(uint32_t)(mac)[2] << 24 | (uint32_t)(mac)[3] << 16 |          \
			(uint32_t)(mac)[4] << 8 | (mac)[5]
#define EXPLAIN_TEXT(text)                                                     \
	(uint32_t)((uintptr_t)(text) >> 32), (uint32_t)(uintptr_t)(text)

/*
 * Is this a dry run? Then whoever would change what outlives the packet says
 * what he would do, ends the packet in one of the ways below, and changes
 * nothing. Counters and all else that lies in struct net itself may change: it
 * is put back.
 */
#define explain_is_dry(net)                                                    \
	(unlikely((net)->explain != NULL) && (net)->explain->dry)

/* What follows is about another packet, caused by this one; until leave. */
void explain_enter(struct explain *explain);
void explain_leave(struct explain *explain);

/* Whether skb is the one that is explained; and it goes on as another. */
static inline bool
explain_is_main(const struct explain *explain, const struct skb *skb)
{
	return explain != NULL && explain->main == skb;
}
void explain_becomes(struct explain *explain, const struct skb *from,
		     const struct skb *to);

/* ---- its ends ----------------------------------------------------------- */

/* From skb.c: it was dropped, or its consumer has it. */
void explain_dropped(struct explain *explain, const struct skb *skb,
		     enum drop reason) rare;
void explain_consumed(struct explain *explain, const struct skb *skb) rare;

/* A frame is about to be handed to the device, or to wait for it. */
void explain_output(struct explain *explain, const struct netdev *dev,
		    const struct skb *skb, bool queued);

/* It waits for the link-layer address of hop on dev. */
void explain_parked(struct explain *explain, const struct netdev *dev,
		    uint32_t hop, const struct skb *skb);

/* It waits for other fragments; or for its consumer, in a dry run. */
void explain_held(struct explain *explain, const struct skb *skb);

/*
 * In a dry run: ends a packet that would have been kept, without a fate of its
 * own; what was said of it stands.
 */
void explain_forget(struct skb *skb);

/*
 * In a dry run: len bytes at field, of something that outlives the packet, are
 * about to change; they are put back. Else nothing.
 */
void explain_keep(struct explain *explain, void *field, size_t len);

/*
 * A dry run makes and ends no object. Who comes by again in the same run asks
 * what it would find: an object ended (by its address), one made (by a key).
 * More than EXPLAIN_THOUGHTS_MAX are forgotten.
 */
void explain_think_gone(struct explain *explain, const void *object);
bool explain_is_gone(const struct explain *explain, const void *object);
void explain_think_made(struct explain *explain, uint64_t key);
bool explain_is_made(const struct explain *explain, uint64_t key);

/* ---- for dry.c, live.c and their callers -------------------------------- */

/* A story begins, about skb; its IP header is offset bytes into it. */
void explain_begin(struct explain *explain, struct net *net,
		   const struct skb *skb, uint32_t offset);

/* The same for a packet of this box: *ip is the header that it will have. */
struct ipv4;
void explain_begin_out(struct explain *explain, struct net *net,
		       const struct skb *skb, const struct ipv4 *ip);
