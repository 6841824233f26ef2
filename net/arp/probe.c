/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probing an address before it is used, where net.ipv4.conf.*.arp_probe says
 * so: addr_add() hands it over, and gets it back through addr_add_now() when
 * three probes have drawn no answer. Who has it already keeps it, and the
 * operator is told. An address in use is not probed again when its link
 * returns. State: candidates in struct arp_state. [RFC5227 2.1]
 */

#include "net/arp/internal.h"

#include "lib/str.h"

/* [RFC5227 1.1] */
#define PROBE_WAIT_MS	       1000u
#define PROBE_COUNT	       3u
#define PROBE_MIN_MS	       1000u
#define PROBE_MAX_MS	       2000u
#define ANNOUNCE_WAIT_MS       2000u
#define CONFLICTS_MAX	       10u
#define RATE_LIMIT_INTERVAL_MS 60000u

#define NS_PER_MS 1000000ull

static bool
is_free(const struct arp_candidate *candidate)
{
	return candidate->addr.local == 0;
}

static void
arm(struct net *net)
{
	struct arp_state *state = &net->neigh.arp;
	uint64_t due = TIMER_NEVER;

	for (uint32_t i = 0; i < ARP_CANDIDATES_MAX; i++)
		if (!is_free(&state->candidate[i]))
			due = min_of(due, state->candidate[i].due_ns);
	if (due == TIMER_NEVER)
		timer_cancel(&net_this_core(net)->timers, &state->probe_timer);
	else
		timer_arm(&net_this_core(net)->timers, &state->probe_timer,
			  due);
}

/* The first probe comes at random, lest all stations speak at once; after many
 * conflicts not before a minute has passed. */
static void
begin(struct arp_candidate *candidate)
{
	struct netdev *dev = candidate->addr.dev;
	struct net *net = dev->net;
	uint32_t wait_ms = random_below(&net->random, PROBE_WAIT_MS);

	if (arp_state_of(dev)->probe_conflicts[dev->ifindex] >= CONFLICTS_MAX)
		wait_ms += RATE_LIMIT_INTERVAL_MS;
	candidate->sent = 0;
	candidate->due_ns = netdev_is_running(dev)
				    ? net->now_ns + wait_ms * NS_PER_MS
				    : TIMER_NEVER;
}

static struct arp_candidate *
find(struct netdev *dev, uint32_t local)
{
	struct arp_candidate *candidate;

	for (uint32_t i = 0; local && i < ARP_CANDIDATES_MAX; i++) {
		candidate = &arp_state_of(dev)->candidate[i];
		if (candidate->addr.local == local &&
		    candidate->addr.dev == dev)
			return candidate;
	}
	return NULL;
}

enum status
arp_probe_add(struct netdev *dev, const struct ifaddr *addr)
{
	const struct net *net = dev->net;
	struct arp_candidate *candidate;

	if (!arp_is_used(dev) ||
	    !(net->conf_all.arp_probe || net->conf[dev->ifindex].arp_probe))
		return ERR_NOENT;
	if (find(dev, addr->local))
		return ERR_EXIST;
	for (uint32_t i = 0; i < ARP_CANDIDATES_MAX; i++) {
		candidate = &arp_state_of(dev)->candidate[i];
		if (!is_free(candidate))
			continue;
		candidate->addr = *addr;
		candidate->addr.dev = dev;
		begin(candidate);
		arm(dev->net);
		return OK;
	}
	return ERR_NOMEM;
}

bool
arp_probe_delete(struct netdev *dev, uint32_t local)
{
	struct arp_candidate *candidate = find(dev, local);

	if (!candidate)
		return false;
	*candidate = (struct arp_candidate){ 0 };
	arm(dev->net);
	return true;
}

/* Three probes, then a silence; then it is ours. */
static void
go_on(struct net *net, struct arp_candidate *candidate)
{
	struct ifaddr addr = candidate->addr;
	struct netdev *dev = addr.dev;
	uint32_t wait_ms = ANNOUNCE_WAIT_MS;

	if (candidate->sent < PROBE_COUNT) {
		arp_request(dev, addr.local, 0, NULL);
		if (++candidate->sent < PROBE_COUNT)
			wait_ms = PROBE_MIN_MS +
				  random_below(&net->random,
					       PROBE_MAX_MS - PROBE_MIN_MS);
		candidate->due_ns = net->now_ns + wait_ms * NS_PER_MS;
		return;
	}
	*candidate = (struct arp_candidate){ 0 };
	arp_state_of(dev)->probe_conflicts[dev->ifindex] = 0;
	if (addr_add_now(dev, &addr) != OK)
		log_warn("%s: %pI4 is free, but cannot be added", dev->name,
			 &addr.local);
}

static void
probe(struct timer *timer, uint64_t now_ns)
{
	struct arp_state *state =
		container_of(timer, struct arp_state, probe_timer);
	struct net *net = container_of(state, struct net, neigh.arp);

	for (uint32_t i = 0; i < ARP_CANDIDATES_MAX; i++)
		if (!is_free(&state->candidate[i]) &&
		    state->candidate[i].due_ns <= now_ns)
			go_on(net, &state->candidate[i]);
	arm(net);
}

/* Somebody has it, or wants it as we do: he shall have it. */
void
arp_probe_heard(struct netdev *dev, const struct arp *arp)
{
	uint32_t wanted = arp->sender;
	struct arp_candidate *candidate;

	if (arp->sender == 0 && arp->op == ARP_REQUEST)
		wanted = arp->target;
	candidate = find(dev, wanted);
	if (!candidate || candidate->due_ns == TIMER_NEVER)
		return;
	arp_state_of(dev)->stats.conflicts++;
	arp_state_of(dev)->probe_conflicts[dev->ifindex]++;
	log_err("%s: %pI4 is not used: %pM has it", dev->name, &wanted,
		arp->sender_lladdr);
	arp_probe_delete(dev, wanted);
}

void
arp_probe_event(struct netdev *dev, bool leaves)
{
	struct arp_state *state = arp_state_of(dev);

	for (uint32_t i = 0; i < ARP_CANDIDATES_MAX; i++) {
		struct arp_candidate *candidate = &state->candidate[i];

		if (candidate->addr.dev != dev)
			continue;
		if (leaves)
			*candidate = (struct arp_candidate){ 0 };
		else
			begin(candidate);
	}
	if (leaves)
		state->probe_conflicts[dev->ifindex] = 0;
	arm(dev->net);
}

void
arp_probe_init(struct net *net)
{
	timer_init(&net->neigh.arp.probe_timer, probe);
}

void
arp_probe_fini(struct net *net)
{
	timer_cancel(&net_this_core(net)->timers, &net->neigh.arp.probe_timer);
}
