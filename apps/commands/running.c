/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the box as the lines that make it so, in an order in which they
 * can be replayed: names and links, addresses, tunables, routes, rules,
 * neighbours, services. What a fresh box has anyway is left out.
 */
#include "apps/commands/running.h"

#include "apps/box.h"
#include "apps/commands/ip.h"
#include "apps/commands/ip_neigh.h"
#include "apps/commands/ip_route.h"
#include "apps/shell/shell.h"
#include "lib/fmt.h"
#include "lib/port.h"
#include "lib/str.h"
#include "net/igmp.h"
#include "net/ipv4/mroute.h"
#include "net/net.h"
#include "net/sysctl.h"

enum part {
	PART_NAME,
	PART_VACATE,
	PART_RENAME,
	PART_LINKS,
	PART_SYSCTLS,
	PART_ROUTES,
	PART_GROUPS,
	PART_MROUTES,
	PART_RULES,
	PART_ROUTES_BY_RULES,
	PART_DOWN,
	PART_NEIGHS,
	PART_SERVICES,
	PART_END,
};

struct running {
	enum part part;
	struct running_routes routes;
	struct neigh_walk neighs;
	uint32_t rules;
	uint32_t group;
};

static bool
plain_word(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || strchr("#;|&>\"'\\$", *text) != NULL)
			return false;
	}
	return true;
}

/* Quoted where the grammar asks for it. */
static void
show_word(struct out *out, const char *text)
{
	if (plain_word(text) && text[0] != '\0') {
		out_puts(out, text);
		return;
	}
	out_puts(out, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			out_puts(out, "\\");
		out_write(out, text, 1);
	}
	out_puts(out, "\"");
}

/* The next port after *index, and the name that it had when the box came up. */
static struct netdev *
next_port(struct net *net, uint32_t *index, char fresh[NETDEV_NAME_MAX])
{
	struct netdev *dev = NULL;
	unsigned int n = 0;

	for (unsigned int i = 1; i <= PARAM_NETDEVS_MAX; i++) {
		dev = netdev_by_index(net, i);
		if (dev == NULL || dev == &net->loopback)
			continue;
		if (i > *index) {
			*index = i;
			fmt_print(fresh, NETDEV_NAME_MAX, "eth%u", n);
			return dev;
		}
		n++;
	}
	return NULL;
}

static bool
is_taken(struct net *net, const struct netdev *dev, const char *fresh)
{
	const struct netdev *other = netdev_find(net, fresh);

	return other != NULL && other != dev;
}

/* Names that ports have swapped among them are first made free, all of them. */
static bool
names_step(struct job *job, enum part part)
{
	char fresh[NETDEV_NAME_MAX], interim[NETDEV_NAME_MAX];
	struct netdev *dev = next_port(job->net, &job->position, fresh);
	const char *now = fresh;

	if (dev == NULL)
		return false;
	if (is_taken(job->net, dev, fresh)) {
		fmt_print(interim, sizeof(interim), "rename%u", dev->ifindex);
		if (part == PART_VACATE)
			out_printf(job->out, "ip link set %s name %s\n", fresh,
				   interim);
		now = interim;
	}
	if (part == PART_RENAME && strcmp(now, dev->name) != 0) {
		out_printf(job->out, "ip link set %s name %s\n", now,
			   dev->name);
	}
	return true;
}

static uint32_t
seconds_until(const struct ifaddr *addr, uint64_t until_ns)
{
	uint64_t now = addr->dev->net->now_ns;

	return until_ns <= now
		       ? 0
		       : (uint32_t)((until_ns - now + 999999999) / 1000000000);
}

/* What is left of them. */
static void
show_lifetimes(struct out *out, const struct ifaddr *addr)
{
	if (addr->valid_until_ns != 0)
		out_printf(out, " valid_lft %u",
			   seconds_until(addr, addr->valid_until_ns));
	if (addr->deprecated)
		out_puts(out, " preferred_lft 0");
	else if (addr->preferred_until_ns != 0)
		out_printf(out, " preferred_lft %u",
			   seconds_until(addr, addr->preferred_until_ns));
}

/* 127.0.0.1 is there from the beginning, as the first address of lo. */
static bool
is_initial(const struct ifaddr *addr)
{
	return addr->local == 0x7f000001 && addr->peer == addr->local &&
	       addr->prefix_len == 8 && addr->broadcast == 0 &&
	       addr->scope == SCOPE_HOST && addr->metric == 0 &&
	       addr->valid_until_ns == 0 && !addr->deprecated &&
	       !addr->no_prefix_route &&
	       strcmp(addr->label, addr->dev->name) == 0 &&
	       addr->link.prev == &addr->dev->addrs;
}

static void
show_addresses(struct out *out, const struct netdev *dev)
{
	bool loopback = dev->flags & NETDEV_LOOPBACK;
	const struct ifaddr *addr;

	if (loopback &&
	    (list_empty(&dev->addrs) ||
	     !is_initial(list_entry(dev->addrs.next, struct ifaddr, link))))
		out_printf(out, "ip addr del 127.0.0.1/8 dev %s\n", dev->name);
	list_for_each(addr, &dev->addrs, link) {
		if (loopback && is_initial(addr))
			continue;
		out_printf(out, "ip addr add %pI4", &addr->local);
		if (addr->peer != addr->local)
			out_printf(out, " peer %pI4", &addr->peer);
		out_printf(out, "/%u", addr->prefix_len);
		if (addr->broadcast != 0)
			out_printf(out, " broadcast %pI4", &addr->broadcast);
		if (addr->scope != SCOPE_GLOBAL)
			out_printf(out, " scope %u", addr->scope);
		if (addr->metric != 0)
			out_printf(out, " metric %u", addr->metric);
		show_lifetimes(out, addr);
		if (addr->no_prefix_route)
			out_puts(out, " noprefixroute");
		if (strcmp(addr->label, dev->name) != 0) {
			out_puts(out, " label ");
			show_word(out, addr->label);
		}
		out_printf(out, " dev %s\n", dev->name);
	}
}

static void
show_link(struct out *out, const struct netdev *dev)
{
	bool loopback = dev->flags & NETDEV_LOOPBACK, up = netdev_is_up(dev);
	const char *name = dev->name;

	if (memcmp(dev->addr, dev->permanent_addr, ETH_ADDR_LEN) != 0)
		out_printf(out, "ip link set %s address %pM\n", name,
			   dev->addr);
	if (dev->mtu != (loopback ? 65536 : 1500))
		out_printf(out, "ip link set %s mtu %u\n", name, dev->mtu);
	if (dev->txqlen != PARAM_TXQLEN)
		out_printf(out, "ip link set %s txqueuelen %u\n", name,
			   dev->txqlen);
	if (dev->alias[0] != '\0') {
		out_printf(out, "ip link set %s alias ", name);
		show_word(out, dev->alias);
		out_puts(out, "\n");
	}
	if (dev->flags & NETDEV_PROMISC)
		out_printf(out, "ip link set %s promisc on\n", name);
	if (dev->flags & NETDEV_ALLMULTI)
		out_printf(out, "ip link set %s allmulticast on\n", name);
	if (!(dev->flags & NETDEV_NOARP) == loopback)
		out_printf(out, "ip link set %s arp %s\n", name,
			   loopback ? "on" : "off");
	if (!(dev->flags & NETDEV_MULTICAST) != loopback)
		out_printf(out, "ip link set %s multicast %s\n", name,
			   loopback ? "on" : "off");
	show_addresses(out, dev);
	if (!loopback && (up || fib_waits_for(dev)))
		out_printf(out, "ip link set %s up\n", name);
	else if (loopback && !up)
		out_printf(out, "ip link set %s down\n", name);
}

static bool
links_step(struct job *job)
{
	struct netdev *dev;

	while (job->position < PARAM_NETDEVS_MAX) {
		dev = netdev_by_index(job->net, ++job->position);
		if (dev == NULL)
			continue;
		show_link(job->out, dev);
		return true;
	}
	return false;
}

/* Those that had to be up for the sake of routes. */
static bool
down_step(struct job *job)
{
	struct netdev *dev = netdev_by_index(job->net, ++job->position);

	if (dev != NULL && fib_waits_for(dev))
		out_printf(job->out, "ip link set %s down\n", dev->name);
	return job->position < PARAM_NETDEVS_MAX;
}

/* Few enough for one step. */
static void
show_proxies(struct job *job)
{
	const struct arp_proxy_host *host = job->net->neigh.arp.proxy_host;

	for (uint32_t i = 0; i < ARP_PROXY_HOSTS_MAX; i++) {
		if (host[i].addr == 0)
			continue;
		out_printf(job->out, "ip neigh add proxy %pI4", &host[i].addr);
		if (host[i].dev != NULL)
			out_printf(job->out, " dev %s", host[i].dev->name);
		if (host[i].router)
			out_puts(job->out, " router");
		out_puts(job->out, "\n");
	}
}

static bool
neighs_step(struct job *job, struct running *running)
{
	struct neigh *neigh = neigh_walk_next(job->net, &running->neighs);

	if (neigh != NULL &&
	    (neigh->state == NEIGH_PERMANENT || neigh->state == NEIGH_NOARP))
		out_printf(job->out, "ip neigh add %pI4 lladdr %pM%s dev %s\n",
			   &neigh->addr, neigh->lladdr,
			   neigh->state == NEIGH_NOARP ? " nud noarp" : "",
			   neigh->dev->name);
	if (running->neighs.ended)
		show_proxies(job);
	return !running->neighs.ended;
}

static bool
is_forwarding(const struct net *net, const struct sysctl_key *key)
{
	return key->field == &net->conf_all.forwarding ||
	       key->field == &net->conf_default.forwarding ||
	       key->field == &net->conf[key->ifindex].forwarding;
}

static void
show_sysctl(struct job *job, const char *name, const struct sysctl_key *key)
{
	char text[SYSCTL_TEXT_MAX];
	bool quoted;

	if (!sysctl_is_changed(job->net, &job->box->sysctls, key))
		return;
	sysctl_text(key, text);
	quoted = strchr(text, '\t') != NULL;
	for (char *c = text; *c != '\0'; c++)
		*c = *c == '\t' ? ' ' : *c;
	out_printf(job->out,
		   quoted ? "sysctl -w \"%s=%s\"\n" : "sysctl -w %s=%s\n", name,
		   text);
}

/*
 * ip_forward comes first, since it sets forwarding for all interfaces; of those
 * only the ones that differ from it are left to be said.
 */
static bool
sysctls_step(struct job *job)
{
	struct net *net = job->net;
	char name[SYSCTL_NAME_MAX];
	struct sysctl_key key;

	if (job->position == 0 &&
	    sysctl_find(net, "net.ipv4.ip_forward", &key) == SYSCTL_OK)
		show_sysctl(job, "net.ipv4.ip_forward", &key);

	for (unsigned int i = 0; i < 16; i++) {
		if (!sysctl_at(net, job->position++, &key, name))
			return false;
		if (key.field == &net->ipv4_param.ip_forward ||
		    (is_forwarding(net, &key) &&
		     *key.field == net->ipv4_param.ip_forward))
			continue;
		show_sysctl(job, name, &key);
	}
	return true;
}

/* Groups that neither every host nor a multicast route has joined. */
static bool
groups_step(struct job *job, struct running *running)
{
	const struct netdev *dev = netdev_by_index(job->net, job->position);
	const struct igmp_group *group =
		dev ? igmp_at(dev, running->group++) : NULL;
	uint32_t own;

	if (!group) {
		running->group = 0;
		return ++job->position <= PARAM_NETDEVS_MAX;
	}
	own = mroute_joins(dev, group->group) +
	      (group->group == IGMP_ALL_HOSTS);
	for (uint32_t i = own; i < group->users; i++)
		out_printf(job->out, "ip maddr add %pI4 dev %s\n",
			   &group->group, dev->name);
	return true;
}

static bool
part_step(struct job *job, struct running *running)
{
	const struct box *box = job->box;
	const struct mroute *mroute;

	switch (running->part) {
	case PART_NAME:
		out_printf(job->out, "hostname %s\n", box->hostname);
		return false;
	case PART_VACATE:
	case PART_RENAME: return names_step(job, running->part);
	case PART_LINKS: return links_step(job);
	case PART_ROUTES:
		return running_routes_step(job, &running->routes) &&
		       running->routes.pass < RUNNING_AFTER_RULES;
	case PART_ROUTES_BY_RULES:
		return running_routes_step(job, &running->routes);
	case PART_DOWN: return down_step(job);
	case PART_GROUPS: return groups_step(job, running);
	case PART_MROUTES:
		mroute = mroute_at(job->net, job->position++);
		if (mroute)
			mroute_show_config(job, mroute);
		return mroute != NULL;
	case PART_RULES: return rule_show_config(job, running->rules++);
	case PART_NEIGHS: return neighs_step(job, running);
	case PART_SYSCTLS: return sysctls_step(job);
	case PART_SERVICES:
		for (unsigned int i = 0; i < box->service_count; i++)
			out_printf(job->out, "service %s %s\n",
				   box->service[i].name,
				   box->service[i].on ? "on" : "off");
		return false;
	case PART_END: return false;
	}
	return false;
}

enum step
running_start(struct job *job)
{
	return STEP_MORE;
}

enum step
running_step(struct job *job)
{
	struct running *running = job_state(job, struct running);

	if (part_step(job, running))
		return STEP_MORE;
	running->part++;
	job->position = 0;
	return running->part == PART_END ? job_exit(job, 0) : STEP_MORE;
}
