/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neighbour unreachability detection machine: one timer and a state per
 * entry, Linux's names, tunables and transitions.
 *
 *	NONE, FAILED --packet--> INCOMPLETE --answer--> REACHABLE
 *	INCOMPLETE --mcast_solicit requests unanswered--> FAILED
 *	REACHABLE --reachable time over, used lately--> DELAY
 *	REACHABLE --reachable time over--> STALE --packet--> DELAY
 *	DELAY --confirmed--> REACHABLE, else --delay over--> PROBE
 *	PROBE --answer--> REACHABLE, --ucast_solicit unanswered--> FAILED
 *
 * [RFC4861 7.3] [RFC1122 2.3.2.1 (3): unicast poll]
 */

#include "net/neigh/internal.h"

#define NS_PER_MS      1000000ull
#define NS_PER_SECOND  1000000000ull
#define REDRAW_NS      (300 * NS_PER_SECOND) /* reachable time: as Linux does */
#define RETRANS_MIN_NS (10 * NS_PER_MS)	     /* Linux's HZ/100 */

const char *
neigh_state_name(enum neigh_state state)
{
	static const char *const name[NEIGH_STATE_COUNT] = {
		[NEIGH_NONE] = "NONE",
		[NEIGH_INCOMPLETE] = "INCOMPLETE",
		[NEIGH_REACHABLE] = "REACHABLE",
		[NEIGH_STALE] = "STALE",
		[NEIGH_DELAY] = "DELAY",
		[NEIGH_PROBE] = "PROBE",
		[NEIGH_FAILED] = "FAILED",
		[NEIGH_NOARP] = "NOARP",
		[NEIGH_PERMANENT] = "PERMANENT",
	};

	return state < NEIGH_STATE_COUNT ? name[state] : "?";
}

/* ---- times -------------------------------------------------------------- */

/*
 * Half to one and a half times the base, so that the boxes of a link do not
 * probe in step; drawn anew every five minutes, as on Linux.
 * [RFC4861 6.3.2, 10]
 */
static uint64_t
reachable_ns(const struct neigh *n, const struct neigh_param *param)
{
	const struct neigh_table *table = neigh_table_of(n);
	uint64_t base = param->base_reachable_time_ms;

	return (base / 2 + (base * table->reachable_draw >> 32)) * NS_PER_MS;
}

static void
reachable_draw(struct net *net)
{
	struct neigh_table *table = &net->neigh;

	if (table->reachable_drawn_ns != 0 &&
	    net->now_ns - table->reachable_drawn_ns < REDRAW_NS)
		return;
	table->reachable_drawn_ns = max_of(net->now_ns, 1u);
	table->reachable_draw = random_u32(&net->random);
}

static uint64_t
retrans_ns(const struct neigh_param *param)
{
	return max_of(param->retrans_time_ms * NS_PER_MS, RETRANS_MIN_NS);
}

static void
arm(struct neigh *n, uint64_t due_ns)
{
	timer_arm(&net_this_core(n->dev->net)->timers, &n->timer, due_ns);
}

/* ---- states ------------------------------------------------------------- */

static bool
is_static(uint8_t state)
{
	return state == NEIGH_PERMANENT || state == NEIGH_NOARP;
}

static bool
is_timed(uint8_t state)
{
	return state == NEIGH_INCOMPLETE || state == NEIGH_REACHABLE ||
	       state == NEIGH_DELAY || state == NEIGH_PROBE;
}

/* A gateway is silent, or is not, if that is news. */
static void
tell_gateway(struct neigh *n, bool silent)
{
	const struct neigh_ops *ops = neigh_table_of(n)->ops;

	if (n->silent == silent)
		return;
	n->silent = silent;
	if (ops->gateway)
		ops->gateway(n->dev, n->addr, silent);
}

void
neigh_enter(struct neigh *n, enum neigh_state state)
{
	struct neigh_param param;
	uint64_t now = neigh_now(n);

	neigh_table_of(n)->static_count +=
		(uint32_t)is_static(state) - (uint32_t)is_static(n->state);
	n->state = (uint8_t)state;
	n->sends = NEIGH_SENDING >> state & 1;
	n->updated_ns = now;
	n->probe_count = 0;
	neigh_rank_update(n);
	neigh_param_get(n->dev, &param);
	if (state == NEIGH_REACHABLE) {
		reachable_draw(n->dev->net);
		arm(n, n->confirmed_ns + reachable_ns(n, &param));
	}
	if (state == NEIGH_DELAY)
		arm(n, now + param.delay_first_probe_time_s * NS_PER_SECOND);
	if (!is_timed(state))
		timer_cancel(&net_this_core(n->dev->net)->timers, &n->timer);
	/* Linux keeps silent about these two. */
	if (state != NEIGH_INCOMPLETE && state != NEIGH_DELAY)
		watch_neigh(n, false);
	if (n->silent && neigh_is_valid(n))
		tell_gateway(n, false);
	if (n->gateway && state == NEIGH_FAILED)
		tell_gateway(n, true);
}

bool
neigh_may_solicit(const struct netdev *dev)
{
	struct neigh_param param;

	neigh_param_get(dev, &param);
	return param.mcast_solicit > 0;
}

bool
neigh_asked_lately(const struct neigh *n)
{
	struct neigh_param param;

	neigh_param_get(n->dev, &param);
	return n->asked && neigh_now(n) - n->asked_ns < retrans_ns(&param);
}

void
neigh_solicit(struct neigh *n)
{
	uint64_t now = neigh_now(n);
	const uint8_t *lladdr = NULL;
	struct neigh_param param;

	neigh_param_get(n->dev, &param);
	if (neigh_asked_lately(n)) {
		arm(n, n->asked_ns + retrans_ns(&param));
		return;
	}
	if (n->state == NEIGH_PROBE && n->probe_count < param.ucast_solicit)
		lladdr = n->lladdr;
	n->asked = true;
	n->asked_ns = now;
	n->probe_count++;
	arm(n, now + retrans_ns(&param));
	arp_request(n->dev, n->addr,
		    arp_source(n->dev, n->addr, n->parked.last), lladdr);
}

void
neigh_fail(struct neigh *n)
{
	const struct neigh_ops *ops = neigh_table_of(n)->ops;
	struct skb_queue parked = neigh_unpark(n);
	bool told = false;
	struct skb *skb;

	if (n->state == NEIGH_INCOMPLETE || n->state == NEIGH_PROBE)
		neigh_table_of(n)->res_failed++;
	neigh_enter(n, NEIGH_FAILED);
	/*
	 * Of those to be forwarded one draws an answer, Linux answers each;
	 * all our own users are told. [RFC1812 3.3.2] An answer may need room
	 * in the table: n can be gone.
	 */
	while ((skb = skb_queue_pop(&parked))) {
		bool forwarded = skb->flags & SKB_FORWARDED;

		if (forwarded && told) {
			skb_drop(skb, DROP_NEIGH_FAILED);
			continue;
		}
		told |= forwarded;
		ops->unresolved(skb);
	}
}

static uint32_t
requests_max(const struct neigh *n, const struct neigh_param *param)
{
	if (n->state == NEIGH_PROBE)
		return param->ucast_solicit + param->mcast_resolicit;
	if (!n->gateway && neigh_asks_too_much(neigh_table_of(n)))
		return min_of(param->mcast_solicit, 1u);
	return param->mcast_solicit;
}

static void
reachable_over(struct neigh *n, const struct neigh_param *param)
{
	uint64_t now = neigh_now(n);
	uint64_t until = n->confirmed_ns + reachable_ns(n, param);
	uint64_t delay = param->delay_first_probe_time_s * NS_PER_SECOND;

	if (now < until)
		arm(n, until); /* confirmed again meanwhile */
	else if (now - n->used_ns <= delay)
		neigh_enter(n, NEIGH_DELAY);
	else
		neigh_enter(n, NEIGH_STALE);
}

static void
delay_over(struct neigh *n, const struct neigh_param *param)
{
	/* Confirmed since it became DELAY? */
	if (n->confirmed_ns >= n->updated_ns) {
		n->proven = true;
		neigh_enter(n, NEIGH_REACHABLE);
		return;
	}
	neigh_enter(n, NEIGH_PROBE);
	if (requests_max(n, param) == 0)
		neigh_fail(n);
	else
		neigh_solicit(n);
}

void
neigh_timer(struct timer *timer, uint64_t now_ns)
{
	struct neigh *n = container_of(timer, struct neigh, timer);
	struct neigh_param param;

	neigh_param_get(n->dev, &param);
	switch ((enum neigh_state)n->state) {
	case NEIGH_REACHABLE: reachable_over(n, &param); return;
	case NEIGH_DELAY: delay_over(n, &param); return;
	case NEIGH_INCOMPLETE:
	case NEIGH_PROBE:
		if (n->probe_count >= requests_max(n, &param))
			neigh_fail(n);
		else
			neigh_solicit(n);
		return;
	case NEIGH_NONE:
	case NEIGH_STALE:
	case NEIGH_FAILED:
	case NEIGH_NOARP:
	case NEIGH_PERMANENT:
	case NEIGH_STATE_COUNT: break;
	}
	panic("neigh: a timer in state %s", neigh_state_name(n->state));
}

/* ---- news --------------------------------------------------------------- */

static void
lladdr_set(struct neigh *n, const uint8_t *lladdr, enum neigh_state state)
{
	uint64_t now = neigh_now(n), long_ago;
	struct neigh_param param;

	memcpy(n->lladdr, lladdr, ETH_ADDR_LEN);
	n->updated_ns = now;
	if (state == NEIGH_REACHABLE || is_static(state))
		return;
	/* Linux's way to say that this one was never confirmed. */
	neigh_param_get(n->dev, &param);
	long_ago = 2 * NS_PER_MS * param.base_reachable_time_ms;
	n->confirmed_ns = now - min_of(now, long_ago);
}

/* Sends what was parked, in its order. */
static void
release(struct neigh *n)
{
	struct netdev *dev = n->dev;
	uint8_t lladdr[ETH_ADDR_LEN];
	struct skb_queue parked;
	struct skb *skb;

	if (n->parked.count == 0)
		return;
	n->used_ns = neigh_now(n);
	parked = neigh_unpark(n);
	if (n->state == NEIGH_STALE)
		neigh_enter(n, NEIGH_DELAY);
	memcpy(lladdr, n->lladdr, ETH_ADDR_LEN);
	while ((skb = skb_queue_pop(&parked)))
		eth_output(skb, dev, lladdr, ETHERTYPE_IPV4);
}

void
neigh_update(struct neigh *n, const uint8_t *lladdr, enum neigh_state state)
{
	if (state == NEIGH_REACHABLE || is_static(state))
		n->confirmed_ns = neigh_now(n);
	if (!neigh_is_valid(n) || memcmp(n->lladdr, lladdr, ETH_ADDR_LEN) != 0)
		lladdr_set(n, lladdr, state);
	if (state != n->state)
		neigh_enter(n, state);
	else
		neigh_rank_update(n);
	release(n);
}

/*
 * A second answer within locktime loses: with several proxies on the link the
 * first is the nearest, and tables do not flap between them. [arp(7)]
 */
static bool
is_locked(const struct neigh *n)
{
	struct neigh_param param;

	neigh_param_get(n->dev, &param);
	return neigh_now(n) - n->updated_ns <= param.locktime_ms * NS_PER_MS;
}

enum drop
neigh_learn(struct netdev *dev, uint32_t addr, const uint8_t *lladdr,
	    enum neigh_state state, unsigned int flags)
{
	struct neigh *n = neigh_find(dev->net, dev, addr);
	bool same;

	if (!n) {
		if (!(flags & NEIGH_LEARN_CREATE))
			return DROP_ARP_UNSOLICITED;
		n = neigh_create(dev, addr, NEIGH_FOR_HEARD);
		if (!n)
			return DROP_NEIGH_CREATEFAIL;
		neigh_update(n, lladdr, NEIGH_STALE);
		return DROP_NONE;
	}
	same = neigh_is_valid(n) && !memcmp(n->lladdr, lladdr, ETH_ADDR_LEN);
	if (is_static(n->state))
		return same ? DROP_NONE : DROP_ARP_STATIC;
	if (neigh_is_valid(n)) {
		if (!same && !(flags & NEIGH_LEARN_OVERRIDE) && is_locked(n))
			return DROP_ARP_LOCKED;
		/* Hearsay that says nothing new changes no state. */
		if (same && state == NEIGH_STALE)
			return DROP_NONE;
	}
	/* Did it answer a question of ours, or just say so? */
	if (state == NEIGH_REACHABLE &&
	    (n->state == NEIGH_INCOMPLETE || n->state == NEIGH_PROBE))
		n->proven = true;
	neigh_update(n, lladdr, state);
	return DROP_NONE;
}

void
neigh_confirm(struct net *net, struct netdev *dev, uint32_t addr)
{
	struct neigh *n = neigh_lookup(&net->neigh, neigh_key(dev, addr));

	/* The timer looks at it when its time comes: nothing is re-armed. */
	if (n && neigh_is_valid(n))
		n->confirmed_ns = net->now_ns;
}
