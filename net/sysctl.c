/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of tunables. Names, units and limits are those of Linux 6.1
 * (Documentation/networking/ip-sysctl); values live where the code that obeys
 * them looks, here is only the way there.
 */
#include "net/sysctl.h"

#include "lib/str.h"
#include "net/net.h"

struct sysctl {
	const char *name;
	uint32_t offset; /* of a uint32_t in struct net or struct net_conf */
	uint32_t min, max;
	uint32_t scale; /* the field's units in one of the key's; 0: one */
	const char *help;
};

#define U32_MAX	     0xffffffffu
#define S32_MAX	     0x7fffffffu
#define FIELD(field) ((uint32_t)offsetof(struct net, field))
#define CONF(field)  ((uint32_t)offsetof(struct net_conf, field))

/* clang-format off */

static const struct sysctl core_table[] = {
	{ "dev_weight", FIELD(dev_weight), 1, S32_MAX, 0,
	  "packets one device may take of a poll" },
	{ "netdev_budget", FIELD(netdev_budget), 1, S32_MAX, 0,
	  "packets all devices may take of a poll" },
	{ "netdev_budget_usecs", FIELD(netdev_budget_usecs), 1, S32_MAX, 0,
	  "microseconds the packets may take before others have a turn" },
};

static const struct sysctl conf_table[] = {
	{ "accept_local", CONF(accept_local), 0, 1, 0,
	  "take packets from the wire that have our own source address" },
	{ "accept_redirects", CONF(accept_redirects), 0, 1, 0,
	  "obey redirects (a router: if all and the interface say so, a host: if one does)" },
	{ "accept_source_route", CONF(accept_source_route), 0, 1, 0,
	  "obey source routes (all and the interface must say so)" },
	{ "arp_accept", CONF(arp_accept), 0, 2, 0,
	  "learn neighbours from gratuitous ARP; 2: of our subnets only" },
	{ "arp_announce", CONF(arp_announce), 0, 2, 0,
	  "which of our addresses ARP asks from: 0 any, 1 of the subnet, 2 the best" },
	{ "arp_filter", CONF(arp_filter), 0, 1, 0,
	  "answer ARP only where the way back leaves" },
	{ "arp_ignore", CONF(arp_ignore), 0, 8, 0,
	  "0: answer ARP for every address; 1, 2: of this interface; 8: never" },
	{ "bc_forwarding", CONF(bc_forwarding), 0, 1, 0,
	  "forward directed broadcasts (all and the interface must say so)" },
	{ "forwarding", CONF(forwarding), 0, 1, 0,
	  "forward what arrives on this interface" },
	{ "promote_secondaries", CONF(promote_secondaries), 0, 1, 0,
	  "when a primary address goes, its first secondary takes its place" },
	{ "proxy_arp", CONF(proxy_arp), 0, 1, 0,
	  "answer ARP for hosts behind other interfaces" },
	{ "rp_filter", CONF(rp_filter), 0, 2, 0,
	  "check the source: 1 strict, 2 loose (the larger of all and this)" },
	{ "secure_redirects", CONF(secure_redirects), 0, 1, 0,
	  "obey redirects to default gateways only (where shared_media is 0)" },
	{ "send_redirects", CONF(send_redirects), 0, 1, 0,
	  "tell hosts of better gateways" },
	{ "shared_media", CONF(shared_media), 0, 1, 0,
	  "redirects may lead to other subnets of the link" },
};

static const struct sysctl ipv4_table[] = {
	{ "fib_multipath_hash_policy", FIELD(ipv4_param.fib_multipath_hash_policy), 0, 1, 0,
	  "what spreads flows over next hops: 0 addresses, 1 protocol and ports, too" },
	{ "icmp_echo_ignore_all", FIELD(icmp_param.icmp_echo_ignore_all), 0, 1, 0,
	  "do not answer ping" },
	{ "icmp_echo_ignore_broadcasts", FIELD(icmp_param.icmp_echo_ignore_broadcasts), 0, 1, 0,
	  "do not answer ping to broadcast and multicast addresses" },
	{ "icmp_errors_use_inbound_ifaddr", FIELD(icmp_param.icmp_errors_use_inbound_ifaddr), 0, 1, 0,
	  "errors come from the address of the interface the packet arrived on" },
	{ "icmp_msgs_burst", FIELD(icmp_param.icmp_msgs_burst), 0, S32_MAX, 0,
	  "errors that may be sent at once" },
	{ "icmp_msgs_per_sec", FIELD(icmp_param.icmp_msgs_per_sec), 0, S32_MAX, 0,
	  "errors sent a second to all hosts together" },
	{ "icmp_ratelimit", FIELD(icmp_param.icmp_ratelimit_ms), 0, S32_MAX, 0,
	  "milliseconds between two errors to the same host; 0: no limit" },
	{ "icmp_ratemask", FIELD(icmp_param.icmp_ratemask), 0, U32_MAX, 0,
	  "bit n: ICMP type n is limited" },
	{ "ip_default_ttl", FIELD(ipv4_param.ip_default_ttl), 1, 255, 0,
	  "hops a packet of ours may take" },
	{ "ip_forward", FIELD(ipv4_param.ip_forward), 0, 1, 0,
	  "be a router" },
	{ "ip_no_pmtu_disc", FIELD(ipv4_param.ip_no_pmtu_disc), 0, 3, 0,
	  "0, 3: discover the MTU of paths; 1: do not, take the least; 2: nor listen" },
	{ "ipfrag_high_thresh", FIELD(frag.param.ipfrag_high_thresh), 0, S32_MAX, 0,
	  "bytes of fragments that may wait for the rest of their datagrams" },
	{ "ipfrag_low_thresh", FIELD(frag.param.ipfrag_low_thresh), 0, S32_MAX, 0,
	  "bytes of fragments that are left when there were too many" },
	{ "ipfrag_time", FIELD(frag.param.ipfrag_time_s), 1, 3600, 0,
	  "seconds a fragment waits for the rest of its datagram" },
};

/* USER_HZ: where Linux counts in hundredths of a second. */
#define CENTISECOND 10u

static const struct sysctl neigh_table[] = {
	{ "base_reachable_time", FIELD(neigh.param.base_reachable_time_ms), 1, S32_MAX / 1000, 1000,
	  "the same in seconds" },
	{ "base_reachable_time_ms", FIELD(neigh.param.base_reachable_time_ms), 1, S32_MAX, 0,
	  "milliseconds a confirmation holds, on average" },
	{ "delay_first_probe_time", FIELD(neigh.param.delay_first_probe_time_s), 0, 3600, 0,
	  "seconds a used stale entry waits for a confirmation before it is asked for one" },
	{ "gc_interval", FIELD(neigh.param.gc_interval_s), 1, 3600, 0,
	  "seconds between two clean-ups" },
	{ "gc_stale_time", FIELD(neigh.param.gc_stale_time_s), 1, S32_MAX, 0,
	  "seconds after which an unused entry may go" },
	{ "gc_thresh1", FIELD(neigh.param.gc_thresh1), 0, S32_MAX, 0,
	  "entries that are never cleaned up" },
	{ "gc_thresh2", FIELD(neigh.param.gc_thresh2), 0, S32_MAX, 0,
	  "entries from which on clean-up is quick" },
	{ "gc_thresh3", FIELD(neigh.param.gc_thresh3), 0, S32_MAX, 0,
	  "entries there may be" },
	{ "locktime", FIELD(neigh.param.locktime_ms), 0, S32_MAX / CENTISECOND, CENTISECOND,
	  "hundredths of a second in which an address does not change again" },
	{ "mcast_solicit", FIELD(neigh.param.mcast_solicit), 0, 255, 0,
	  "broadcast requests before a neighbour is given up" },
	{ "proxy_delay", FIELD(neigh.param.proxy_delay_ms), 0, S32_MAX / CENTISECOND, CENTISECOND,
	  "hundredths of a second proxy ARP lets the real owner answer first" },
	{ "proxy_qlen", FIELD(neigh.param.proxy_qlen), 0, S32_MAX, 0,
	  "proxy ARP answers that may wait" },
	{ "retrans_time", FIELD(neigh.param.retrans_time_ms), 1, S32_MAX / CENTISECOND, CENTISECOND,
	  "the same in hundredths of a second" },
	{ "retrans_time_ms", FIELD(neigh.param.retrans_time_ms), 1, S32_MAX, 0,
	  "milliseconds between two requests" },
	{ "ucast_solicit", FIELD(neigh.param.ucast_solicit), 0, 255, 0,
	  "unicast requests before a known neighbour is given up" },
	{ "unres_qlen", FIELD(neigh.param.unres_qlen), 1, S32_MAX, 0,
	  "packets that wait for one neighbour" },
	{ "unres_qlen_bytes", FIELD(neigh.param.unres_qlen_bytes), 1, S32_MAX, 0,
	  "bytes that wait for one neighbour" },
};

static const struct sysctl route_table[] = {
	{ "gc_timeout", FIELD(paths.param.gc_timeout_s), 1, S32_MAX, 0,
	  "seconds a redirect holds" },
	{ "min_adv_mss", FIELD(paths.param.min_adv_mss), 0, 65495, 0,
	  "the least segment size TCP announces" },
	{ "min_pmtu", FIELD(paths.param.min_pmtu), 68, 65535, 0,
	  "the least MTU of a path that is believed; below it, routers may fragment" },
	{ "mtu_expires", FIELD(paths.param.mtu_expires_s), 1, S32_MAX, 0,
	  "seconds the MTU of a path is remembered" },
};
/* clang-format on */

/* Each group of keys, in the order in which their names sort. */
struct group {
	const char *prefix;
	const struct sysctl *table;
	uint32_t count;
	bool conf; /* once for each interface, for all and for default */
};

static const struct group groups[] = {
	{ "net.core.", core_table, array_len(core_table), false },
	{ "net.ipv4.conf.", conf_table, array_len(conf_table), true },
	{ "net.ipv4.", ipv4_table, array_len(ipv4_table), false },
	{ "net.ipv4.neigh.default.", neigh_table, array_len(neigh_table),
	  false },
	{ "net.ipv4.route.", route_table, array_len(route_table), false },
};

static uint32_t *
field_of(struct net *net, const struct sysctl *entry)
{
	return (uint32_t *)(void *)((char *)net + entry->offset);
}

static uint32_t *
conf_field(struct net_conf *conf, const struct sysctl *entry)
{
	return (uint32_t *)(void *)((char *)conf + entry->offset);
}

/* ---- by name ------------------------------------------------------------ */

/* Does name begin with prefix, dots and slashes being the same? */
static bool
begins(const char *name, const char *prefix, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (name[i] != prefix[i] &&
		    !(name[i] == '/' && prefix[i] == '.'))
			return false;
	}
	return true;
}

static const struct sysctl *
find_entry(const struct group *group, const char *name)
{
	for (uint32_t i = 0; i < group->count; i++) {
		if (strcmp(group->table[i].name, name) == 0)
			return &group->table[i];
	}
	return NULL;
}

/* "eth0.rp_filter": the interface may have dots of its own, the key has none. */
static enum sysctl_error
find_conf(struct net *net, const struct group *group, const char *name,
	  struct sysctl_key *key)
{
	const char *end = name + strlen(name);
	char ifname[NETDEV_NAME_MAX];
	struct netdev *dev;

	while (end > name && end[-1] != '.' && end[-1] != '/')
		end--;
	if (end == name || (size_t)(end - name) > sizeof(ifname))
		return SYSCTL_NO_KEY;
	str_copy(ifname, name, (size_t)(end - name));
	key->entry = find_entry(group, end);
	if (key->entry == NULL)
		return SYSCTL_NO_KEY;
	if (strcmp(ifname, "all") == 0) {
		key->field = conf_field(&net->conf_all, key->entry);
	} else if (strcmp(ifname, "default") == 0) {
		key->field = conf_field(&net->conf_default, key->entry);
	} else {
		dev = netdev_find(net, ifname);
		if (dev == NULL)
			return SYSCTL_NO_KEY;
		key->ifindex = dev->ifindex;
		key->field = conf_field(&net->conf[dev->ifindex], key->entry);
	}
	return SYSCTL_OK;
}

enum sysctl_error
sysctl_find(struct net *net, const char *name, struct sysctl_key *key)
{
	const struct group *group;
	size_t len;

	*key = (struct sysctl_key){ 0 };
	/* The longest prefix first: net.ipv4. is one of the others'. */
	for (uint32_t i = array_len(groups); i > 0; i--) {
		group = &groups[i - 1];
		len = strlen(group->prefix);
		if (strlen(name) < len || !begins(name, group->prefix, len))
			continue;
		if (group->conf)
			return find_conf(net, group, name + len, key);
		key->entry = find_entry(group, name + len);
		if (key->entry == NULL)
			continue;
		key->field = field_of(net, key->entry);
		return SYSCTL_OK;
	}
	return SYSCTL_NO_KEY;
}

/* ---- in order ----------------------------------------------------------- */

#define CONFS_MAX (PARAM_NETDEVS_MAX + 2u)

/* Names of conf.*, sorted; how many. */
static uint32_t
conf_names(struct net *net, const char *sorted[CONFS_MAX])
{
	const char *name;
	uint32_t count = 0, at;
	struct netdev *dev;

	for (uint32_t i = 0; i < CONFS_MAX; i++) {
		dev = i < 2 ? NULL : netdev_by_index(net, i - 1);
		if (i >= 2 && dev == NULL)
			continue;
		name = i == 0 ? "all" : i == 1 ? "default" : dev->name;
		for (at = count; at > 0 && strcmp(sorted[at - 1], name) > 0;
		     at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = name;
		count++;
	}
	return count;
}

bool
sysctl_at(struct net *net, uint32_t position, struct sysctl_key *key,
	  char name[SYSCTL_NAME_MAX])
{
	const char *conf[CONFS_MAX];
	const struct group *group;
	uint32_t count, i;

	for (i = 0; i < array_len(groups); i++) {
		group = &groups[i];
		count = group->count;
		if (group->conf)
			count *= conf_names(net, conf);
		if (position < count)
			break;
		position -= count;
	}
	if (i == array_len(groups))
		return false;
	if (group->conf)
		fmt_print(name, SYSCTL_NAME_MAX, "%s%s.%s", group->prefix,
			  conf[position / group->count],
			  group->table[position % group->count].name);
	else
		fmt_print(name, SYSCTL_NAME_MAX, "%s%s", group->prefix,
			  group->table[position].name);
	return sysctl_find(net, name, key) == SYSCTL_OK;
}

/* ---- values ------------------------------------------------------------- */

static uint32_t
scale_of(const struct sysctl *entry)
{
	return entry->scale != 0 ? entry->scale : 1;
}

uint32_t
sysctl_get(const struct sysctl_key *key)
{
	return *key->field / scale_of(key->entry);
}

static void
set_forwarding(struct net *net, uint32_t value)
{
	net->ipv4_param.ip_forward = value;
	net->conf_all.forwarding = value;
	/* A router obeys no other [RFC1812 5.2.7.2]; as Linux does. */
	net->conf_all.accept_redirects = !value;
	net->conf_default.forwarding = value;
	for (uint32_t i = 0; i < array_len(net->conf); i++)
		net->conf[i].forwarding = value;
}

enum sysctl_error
sysctl_set(struct net *net, const struct sysctl_key *key, const char *text)
{
	const struct sysctl *entry = key->entry;
	uint32_t value;

	if (!str_u32(text, &value) || value < entry->min || value > entry->max)
		return SYSCTL_INVALID;
	*key->field = value * scale_of(entry);
	/* The router's switch moves those of all interfaces, as in Linux. */
	if (key->field == &net->ipv4_param.ip_forward ||
	    key->field == &net->conf_all.forwarding)
		set_forwarding(net, value);
	return SYSCTL_OK;
}

/* ---- what was changed --------------------------------------------------- */

_Static_assert(array_len(core_table) + array_len(ipv4_table) +
			       array_len(neigh_table) +
			       array_len(route_table) <=
		       SYSCTL_PLAIN_MAX,
	       "a snapshot has room for all keys");
_Static_assert(array_len(conf_table) <= SYSCTL_CONF_MAX,
	       "and for those of an interface");

/* The entry's place among those of its kind. */
static uint32_t
entry_index(const struct sysctl *entry)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < array_len(groups); i++) {
		if (entry >= groups[i].table &&
		    entry < groups[i].table + groups[i].count)
			return groups[i].conf
				       ? (uint32_t)(entry - groups[i].table)
				       : before + (uint32_t)(entry -
							     groups[i].table);
		before += groups[i].conf ? 0 : groups[i].count;
	}
	return 0;
}

void
sysctl_snapshot(struct net *net, struct sysctl_snapshot *snapshot)
{
	const struct sysctl *entry;
	uint32_t index;

	for (uint32_t i = 0; i < array_len(groups); i++) {
		for (uint32_t k = 0; k < groups[i].count; k++) {
			entry = &groups[i].table[k];
			index = entry_index(entry);
			if (!groups[i].conf) {
				snapshot->value[index] = *field_of(net, entry);
				continue;
			}
			snapshot->conf_all[index] =
				*conf_field(&net->conf_all, entry);
			snapshot->conf_default[index] =
				*conf_field(&net->conf_default, entry);
		}
	}
}

bool
sysctl_is_changed(struct net *net, const struct sysctl_snapshot *snapshot,
		  const struct sysctl_key *key)
{
	uint32_t index = entry_index(key->entry);

	if (key->ifindex != 0)
		return *key->field !=
		       *conf_field(&net->conf_default, key->entry);
	if (key->field == conf_field(&net->conf_all, key->entry))
		return *key->field != snapshot->conf_all[index];
	if (key->field == conf_field(&net->conf_default, key->entry))
		return *key->field != snapshot->conf_default[index];
	return *key->field != snapshot->value[index];
}

const char *
sysctl_help(const struct sysctl_key *key)
{
	return key->entry->help;
}

void
sysctl_limits(const struct sysctl_key *key, uint32_t *min, uint32_t *max)
{
	*min = key->entry->min;
	*max = key->entry->max;
}
