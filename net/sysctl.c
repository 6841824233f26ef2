/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of tunables. Names, units and limits are those of Linux 6.1
 * (Documentation/networking/ip-sysctl); values live where the code that obeys
 * them looks, here is only the way there.
 */
#include "net/sysctl.h"

#include "lib/str.h"
#include "net/net.h"
#include "net/tcp/cc.h"

struct sysctl {
	const char *name;
	uint32_t offset; /* of a uint32_t in struct net or struct net_conf */
	uint32_t min, max;
	/* The field's units in one of the key's, 0: one; or one of: */
	uint32_t form;
	const char *help;
};

#define PAIR	     0x80000002u /* two numbers, ascending */
#define TRIPLE	     0x80000003u
#define CC_CHOSEN    0x80000010u /* points to a congestion control */
#define CC_AVAILABLE 0x80000011u /* the names of all; not to be set */

#define U32_MAX	     0xffffffffu
#define S32_MAX	     0x7fffffffu
#define FIELD(field) ((uint32_t)offsetof(struct net, field))
#define CONF(field)  ((uint32_t)offsetof(struct net_conf, field))
#define TCP(field)   FIELD(tcp.param.field)

/* clang-format off */

static const struct sysctl core_table[] = {
	{ "dev_weight", FIELD(dev_weight), 1, S32_MAX, 0,
	  "packets one device may take of a poll" },
	{ "netdev_budget", FIELD(netdev_budget), 1, S32_MAX, 0,
	  "packets all devices may take of a poll" },
	{ "netdev_budget_usecs", FIELD(netdev_budget_usecs), 1, S32_MAX, 0,
	  "microseconds the packets may take before others have a turn" },
	{ "netdev_look_ahead", FIELD(netdev_look_ahead), 0, 4096, 0,
	  "frames that an overloaded port looks at beside a turn of 64, for what is said to the box" },
	{ "somaxconn", TCP(somaxconn), 0, S32_MAX, 0,
	  "unfinished connections a listener may have, whatever its service asks for" },
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
	{ "arp_evict_nocarrier", CONF(arp_evict_nocarrier), 0, 1, 0,
	  "forget neighbours when the link goes (all and the interface must say so)" },
	{ "arp_filter", CONF(arp_filter), 0, 1, 0,
	  "answer ARP only where the way back leaves" },
	{ "arp_ignore", CONF(arp_ignore), 0, 8, 0,
	  "0: answer ARP for every address; 1, 2: of this interface; 8: never" },
	{ "arp_notify", CONF(arp_notify), 0, 1, 0,
	  "announce our addresses when the link or its MAC comes" },
	{ "arp_probe", CONF(arp_probe), 0, 1, 0,
	  "use an address that is added only after probing it for five seconds" },
	{ "bc_forwarding", CONF(bc_forwarding), 0, 1, 0,
	  "forward directed broadcasts (all and the interface must say so)" },
	{ "force_igmp_version", CONF(force_igmp_version), 0, 3, 0,
	  "speak this version of IGMP; 0: what the link's routers understand" },
	{ "forwarding", CONF(forwarding), 0, 1, 0,
	  "forward what arrives on this interface" },
	{ "ignore_routes_with_linkdown", CONF(ignore_routes_with_linkdown), 0, 1, 0,
	  "routes whose link has no carrier are not used" },
	{ "log_martians", CONF(log_martians), 0, 1, 0,
	  "log impossible sources and destinations, ten lines in five seconds" },
	{ "mss_clamp", CONF(mss_clamp), 0, 65495, 0,
	  "in SYNs forwarded: 1: MSS as both links take, N: no more than N" },
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
	{ "fib_multipath_use_neigh", FIELD(ipv4_param.fib_multipath_use_neigh), 0, 1, 0,
	  "avoid gateways that do not answer ARP; 0: of groups and equal defaults alone" },
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
	{ "ip_local_port_range", FIELD(ipv4_param.ip_local_port_first), 1, 65535, PAIR,
	  "ports that connections of ours begin from: first and last" },
	{ "ip_no_pmtu_disc", FIELD(ipv4_param.ip_no_pmtu_disc), 0, 3, 0,
	  "0, 3: discover the MTU of paths; 1: do not, take the least; 2: nor listen" },
	{ "ipfrag_high_thresh", FIELD(frag.param.ipfrag_high_thresh), 0, S32_MAX, 0,
	  "bytes of fragments that may wait for the rest of their datagrams" },
	{ "ipfrag_low_thresh", FIELD(frag.param.ipfrag_low_thresh), 0, S32_MAX, 0,
	  "bytes of fragments that are left when there were too many" },
	{ "ipfrag_time", FIELD(frag.param.ipfrag_time_s), 1, 3600, 0,
	  "seconds a fragment waits for the rest of its datagram" },
	{ "tcp_available_congestion_control", TCP(tcp_congestion_control), 0, 0, CC_AVAILABLE,
	  "what tcp_congestion_control may be" },
	{ "tcp_base_mss", TCP(tcp_base_mss), 48, 65535, 0,
	  "segment size that is tried when larger ones seem to vanish" },
	{ "tcp_buffers_max", TCP(tcp_buffers_max), 1, S32_MAX, 0,
	  "packet buffers that all connections may hold together" },
	{ "tcp_challenge_ack_limit", TCP(tcp_challenge_ack_limit), 0, S32_MAX, 0,
	  "challenge ACKs of all connections in a second; 2147483647: no limit" },
	{ "tcp_congestion_control", TCP(tcp_congestion_control), 0, 0, CC_CHOSEN,
	  "of new connections" },
	{ "tcp_dsack", TCP(tcp_dsack), 0, 1, 0,
	  "tell the peer of duplicates" },
	{ "tcp_early_retrans", TCP(tcp_early_retrans), 0, 4, 0,
	  "3, 4: probe for losses at the end" },
	{ "tcp_ecn", TCP(tcp_ecn), 0, 2, 0,
	  "congestion marks: 0 never, 1 ask for them, 2 when asked" },
	{ "tcp_fin_timeout", TCP(tcp_fin_timeout), 1, S32_MAX / 1000, 0,
	  "seconds in FIN-WAIT-2 without an application" },
	{ "tcp_frto", TCP(tcp_frto), 0, 2, 0,
	  "find out whether a timeout was a mistake" },
	{ "tcp_idle_abort", TCP(tcp_idle_abort), 0, 86400, 0,
	  "seconds of idleness after which a connection may be ended to make room for another; 0: never" },
	{ "tcp_invalid_ratelimit", TCP(tcp_invalid_ratelimit), 0, S32_MAX, 0,
	  "milliseconds between two ACKs that bad segments draw from a connection" },
	{ "tcp_keepalive_intvl", TCP(tcp_keepalive_intvl), 1, 32767, 0,
	  "seconds between two probes" },
	{ "tcp_keepalive_probes", TCP(tcp_keepalive_probes), 1, 127, 0,
	  "probes without an answer that end a connection" },
	{ "tcp_keepalive_time", TCP(tcp_keepalive_time), 1, 32767, 0,
	  "seconds of silence before the first probe" },
	{ "tcp_max_syn_backlog", TCP(tcp_max_syn_backlog), 0, S32_MAX, 0,
	  "unfinished connections of a listener, beyond which there are cookies" },
	{ "tcp_max_tw_buckets", TCP(tcp_max_tw_buckets), 0, S32_MAX, 0,
	  "connections in TIME-WAIT; the oldest makes room" },
	{ "tcp_min_snd_mss", TCP(tcp_min_snd_mss), 48, 65535, 0,
	  "the least segment size a peer can make us send, with options" },
	{ "tcp_mtu_probing", TCP(tcp_mtu_probing), 0, 1, 0,
	  "look for the MTU where routers say nothing" },
	{ "tcp_orphan_retries", TCP(tcp_orphan_retries), 0, 255, 0,
	  "retransmissions without an application; 0: 8" },
	{ "tcp_retries1", TCP(tcp_retries1), 0, 255, 0,
	  "retransmissions before the application is told" },
	{ "tcp_retries2", TCP(tcp_retries2), 0, 255, 0,
	  "retransmissions before a connection ends" },
	{ "tcp_rfc1337", TCP(tcp_rfc1337), 0, 1, 0,
	  "a reset does not end TIME-WAIT" },
	{ "tcp_rmem", TCP(tcp_rmem), 256, S32_MAX, TRIPLE,
	  "bytes of a receive buffer: least, first, most" },
	{ "tcp_rto_max_ms", TCP(tcp_rto_max_ms), 1000, 120000, 0,
	  "milliseconds of the longest retransmission timeout" },
	{ "tcp_rto_min_us", TCP(tcp_rto_min_us), 1, 1000000, 0,
	  "microseconds of the shortest" },
	{ "tcp_sack", TCP(tcp_sack), 0, 1, 0,
	  "selective acknowledgments" },
	{ "tcp_silent_abort", TCP(tcp_silent_abort), 0, 86400, 0,
	  "seconds in which a connection must have said something when others are refused because so many have not; 0: any" },
	{ "tcp_slow_start_after_idle", TCP(tcp_slow_start_after_idle), 0, 1, 0,
	  "begin anew after a pause" },
	{ "tcp_stall_abort", TCP(tcp_stall_abort), 0, 86400, 0,
	  "seconds without progress after which a connection may be ended for others that need its buffers; 0: never" },
	{ "tcp_syn_retries", TCP(tcp_syn_retries), 1, 127, 0,
	  "repetitions of a SYN" },
	{ "tcp_synack_retries", TCP(tcp_synack_retries), 0, 255, 0,
	  "repetitions of the answer to a SYN" },
	{ "tcp_syncookies", TCP(tcp_syncookies), 0, 2, 0,
	  "answer without remembering: 0 never, 1 when there are too many, 2 always" },
	{ "tcp_timestamps", TCP(tcp_timestamps), 0, 1, 0,
	  "timestamps in every segment" },
	{ "tcp_window_scaling", TCP(tcp_window_scaling), 0, 1, 0,
	  "windows beyond 64 KiB" },
	{ "tcp_wmem", TCP(tcp_wmem), 256, S32_MAX, TRIPLE,
	  "bytes of a send buffer: least, first, most" },
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
	{ "mcast_resolicit", FIELD(neigh.param.mcast_resolicit), 0, 255, 0,
	  "broadcast requests, after the unicast ones, for a known neighbour" },
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

/* What a group of keys exists for. */
enum scope {
	ONCE,
	EACH_CONF,  /* every interface, all and default */
	EACH_NEIGH, /* every interface and default */
};

/* Each group of keys, in the order in which their names sort. */
struct group {
	const char *prefix;
	const struct sysctl *table;
	uint32_t count;
	enum scope scope;
};

static const struct group groups[] = {
	{ "net.core.", core_table, array_len(core_table), ONCE },
	{ "net.ipv4.conf.", conf_table, array_len(conf_table), EACH_CONF },
	{ "net.ipv4.", ipv4_table, array_len(ipv4_table), ONCE },
	{ "net.ipv4.neigh.", neigh_table, array_len(neigh_table), EACH_NEIGH },
	{ "net.ipv4.route.", route_table, array_len(route_table), ONCE },
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

/* An interface's own. */
static uint32_t *
neigh_field(struct net *net, const struct netdev *dev,
	    const struct sysctl *entry)
{
	uint32_t offset = entry->offset - FIELD(neigh.param);

	return (uint32_t *)(void *)((char *)&net->neigh
					    .dev_param[dev->ifindex] +
				    offset);
}

/* Are these of the whole table, and of no interface? */
static bool
is_neigh_global(const struct sysctl *entry)
{
	return entry->offset >= FIELD(neigh.param.gc_interval_s);
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

static void
conf_key(struct net *net, const char *ifname, const struct netdev *dev,
	 struct sysctl_key *key)
{
	if (dev != NULL)
		key->field = conf_field(&net->conf[dev->ifindex], key->entry);
	else if (strcmp(ifname, "all") == 0)
		key->field = conf_field(&net->conf_all, key->entry);
	else if (strcmp(ifname, "default") == 0)
		key->field = conf_field(&net->conf_default, key->entry);
}

/* Where an interface has no value of its own, that of default holds. */
static void
neigh_key(struct net *net, const char *ifname, const struct netdev *dev,
	  struct sysctl_key *key)
{
	if (dev == NULL && strcmp(ifname, "default") == 0) {
		key->field = field_of(net, key->entry);
	} else if (dev != NULL && !is_neigh_global(key->entry)) {
		key->field = neigh_field(net, dev, key->entry);
		key->inherited = field_of(net, key->entry);
	}
}

/* "eth0.rp_filter": the interface may have dots of its own, the key has none. */
static enum sysctl_error
find_each(struct net *net, const struct group *group, const char *name,
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
	dev = netdev_find(net, ifname);
	key->ifindex = dev != NULL ? dev->ifindex : 0;
	if (group->scope == EACH_CONF)
		conf_key(net, ifname, dev, key);
	else
		neigh_key(net, ifname, dev, key);
	return key->field != NULL ? SYSCTL_OK : SYSCTL_NO_KEY;
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
		if (group->scope != ONCE)
			return find_each(net, group, name + len, key);
		key->entry = find_entry(group, name + len);
		if (key->entry == NULL)
			continue;
		key->field = field_of(net, key->entry);
		return SYSCTL_OK;
	}
	return SYSCTL_NO_KEY;
}

/* ---- in order ----------------------------------------------------------- */

#define EACH_MAX (PARAM_NETDEVS_MAX + 2u)

/* Names that a group exists for, sorted; how many. */
static uint32_t
each_names(struct net *net, enum scope scope, const char *sorted[EACH_MAX])
{
	const char *name;
	uint32_t count = 0, at;
	struct netdev *dev;

	for (uint32_t i = scope == EACH_CONF ? 0 : 1; i < EACH_MAX; i++) {
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

/* The group's key at *position; else *position is less by what it has. */
static bool
group_at(struct net *net, const struct group *group, uint32_t *position,
	 struct sysctl_key *key, char name[SYSCTL_NAME_MAX])
{
	const char *each[EACH_MAX] = { "" };
	uint32_t count =
		group->scope == ONCE ? 1 : each_names(net, group->scope, each);

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < group->count; k++) {
			if (group->scope == EACH_NEIGH &&
			    is_neigh_global(&group->table[k]) &&
			    strcmp(each[i], "default") != 0)
				continue;
			if (*position > 0) {
				--*position;
				continue;
			}
			fmt_print(name, SYSCTL_NAME_MAX, "%s%s%s%s",
				  group->prefix, each[i],
				  group->scope == ONCE ? "" : ".",
				  group->table[k].name);
			return sysctl_find(net, name, key) == SYSCTL_OK;
		}
	}
	return false;
}

bool
sysctl_at(struct net *net, uint32_t position, struct sysctl_key *key,
	  char name[SYSCTL_NAME_MAX])
{
	for (uint32_t i = 0; i < array_len(groups); i++) {
		if (group_at(net, &groups[i], &position, key, name))
			return true;
	}
	return false;
}

/* ---- values ------------------------------------------------------------- */

static uint32_t
scale_of(const struct sysctl *entry)
{
	return entry->form == 0 || entry->form >= PAIR ? 1 : entry->form;
}

static const struct tcp_cc **
cc_field(const struct sysctl_key *key)
{
	return (const struct tcp_cc **)(void *)key->field;
}

/* How many 32-bit words the entry's value takes. */
static uint32_t
words_of(const struct sysctl *entry)
{
	if (entry->form >= CC_CHOSEN)
		return sizeof(struct tcp_cc *) / sizeof(uint32_t);
	return entry->form >= PAIR ? entry->form & 3u : 1;
}

static uint32_t
number_of(const struct sysctl_key *key, uint32_t i)
{
	uint32_t value = key->field[i];

	if (key->inherited != NULL && value == NEIGH_PARAM_UNSET)
		value = *key->inherited;
	return value / scale_of(key->entry);
}

void
sysctl_text(const struct sysctl_key *key, char text[SYSCTL_TEXT_MAX])
{
	const struct tcp_cc *cc;
	size_t len = 0;

	if (key->entry->form == CC_CHOSEN) {
		str_copy(text, (*cc_field(key))->name, SYSCTL_TEXT_MAX);
		return;
	}
	text[0] = '\0';
	if (key->entry->form == CC_AVAILABLE) {
		for (uint32_t i = 0; (cc = tcp_cc_at(i)) != NULL; i++)
			len += fmt_print(text + len, SYSCTL_TEXT_MAX - len,
					 i > 0 ? " %s" : "%s", cc->name);
		return;
	}
	for (uint32_t i = 0; i < words_of(key->entry); i++)
		len += fmt_print(text + len, SYSCTL_TEXT_MAX - len,
				 i > 0 ? "\t%u" : "%u", number_of(key, i));
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

/* Numbers with blanks between them, ascending; the field changes only if all of
 * them are good. */
static enum sysctl_error
set_numbers(const struct sysctl_key *key, const char *text)
{
	const struct sysctl *entry = key->entry;
	uint32_t value[3], count = 0;
	char word[16];
	size_t len;

	for (;;) {
		while (*text == ' ' || *text == '\t')
			text++;
		if (*text == '\0')
			break;
		for (len = 0; text[len] > ' '; len++)
			continue;
		if (count == words_of(entry) || len >= sizeof(word))
			return SYSCTL_INVALID;
		str_copy(word, text, len + 1);
		text += len;
		if (!str_u32(word, &value[count]) ||
		    value[count] < entry->min || value[count] > entry->max ||
		    (count > 0 && value[count] < value[count - 1]))
			return SYSCTL_INVALID;
		count++;
	}
	if (count != words_of(entry))
		return SYSCTL_INVALID;
	for (uint32_t i = 0; i < count; i++)
		key->field[i] = value[i] * scale_of(entry);
	return SYSCTL_OK;
}

enum sysctl_error
sysctl_set(struct net *net, const struct sysctl_key *key, const char *text)
{
	const struct tcp_cc *cc;
	enum sysctl_error error;

	if (key->entry->form == CC_AVAILABLE)
		return SYSCTL_INVALID;
	if (key->entry->form == CC_CHOSEN) {
		cc = tcp_cc_find(text);
		if (cc == NULL)
			return SYSCTL_INVALID;
		*cc_field(key) = cc;
		return SYSCTL_OK;
	}
	error = set_numbers(key, text);
	/* The router's switch moves those of all interfaces, as in Linux. */
	if (error == SYSCTL_OK && (key->field == &net->ipv4_param.ip_forward ||
				   key->field == &net->conf_all.forwarding))
		set_forwarding(net, *key->field);
	if (key->field == &net->ipv4_param.fib_multipath_use_neigh)
		fib_gateways_update(net);
	ipv4_mss_update(net);
	fib_rest_update(net);
	net_ways_changed(net);
	return error;
}

/* ---- what was changed --------------------------------------------------- */

_Static_assert(array_len(conf_table) <= SYSCTL_CONF_MAX,
	       "a snapshot has room for the keys of an interface");

/* Where the entry's value begins among those of its kind. */
static uint32_t
entry_index(const struct sysctl *entry)
{
	const struct group *group;
	uint32_t before = 0;

	for (uint32_t i = 0; i < array_len(groups); i++) {
		group = &groups[i];
		if (group->scope == EACH_CONF) {
			if (entry >= group->table &&
			    entry < group->table + group->count)
				return (uint32_t)(entry - group->table);
			continue;
		}
		for (uint32_t k = 0; k < group->count; k++) {
			if (entry == &group->table[k])
				return before;
			before += words_of(&group->table[k]);
		}
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
			if (groups[i].scope != EACH_CONF) {
				assert(index + words_of(entry) <=
				       SYSCTL_PLAIN_MAX);
				memcpy(&snapshot->value[index],
				       field_of(net, entry),
				       words_of(entry) * sizeof(uint32_t));
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

	if (key->entry->form == CC_AVAILABLE)
		return false;
	if (key->inherited != NULL)
		return *key->field != NEIGH_PARAM_UNSET;
	if (key->ifindex != 0)
		return *key->field !=
		       *conf_field(&net->conf_default, key->entry);
	if (key->field == conf_field(&net->conf_all, key->entry))
		return *key->field != snapshot->conf_all[index];
	if (key->field == conf_field(&net->conf_default, key->entry))
		return *key->field != snapshot->conf_default[index];
	return memcmp(key->field, &snapshot->value[index],
		      words_of(key->entry) * sizeof(uint32_t)) != 0;
}

const char *
sysctl_help(const struct sysctl_key *key)
{
	return key->entry->help;
}
