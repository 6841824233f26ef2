/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where each of Linux's counters is found in struct net. The order is that of
 * Linux 6.1; what this stack has no event for is left out of the groups that
 * Linux itself lets grow (TcpExt, IpExt), since a 0 would be an assertion.
 */
#include "apps/commands/counters.h"

#include "lib/port.h"
#include "lib/str.h"
#include "net/net.h"

struct source {
	const char *name;
	const char *sentence;
	uint32_t offset; /* of a uint64_t in struct net */
	bool always;
};

#define AT(field) ((uint32_t)offsetof(struct net, field))
#define IP(n, f)                                                               \
	{                                                                      \
		n, NULL, AT(ipv4_stats.f), false                               \
	}
#define UDP(n, f)                                                              \
	{                                                                      \
		n, NULL, AT(udp.stats.f), false                                \
	}
#define TCP(n, f, s)                                                           \
	{                                                                      \
		n, s, AT(tcp.stats.f), true                                    \
	}
#define EXT(n, f, s)                                                           \
	{                                                                      \
		n, s, AT(tcp.stats.f), false                                   \
	}

/* clang-format off */
static const struct source ip_source[] = {
	IP("InReceives", in_receives), IP("InHdrErrors", in_hdr_errors),
	IP("InAddrErrors", in_addr_errors),
	IP("ForwDatagrams", forw_datagrams),
	IP("InUnknownProtos", in_unknown_protos),
	IP("InDiscards", in_discards), IP("InDelivers", in_delivers),
	IP("OutRequests", out_requests), IP("OutDiscards", out_discards),
	IP("OutNoRoutes", out_no_routes), IP("ReasmTimeout", reasm_timeout),
	IP("ReasmReqds", reasm_reqds), IP("ReasmOKs", reasm_oks),
	IP("ReasmFails", reasm_fails), IP("FragOKs", frag_oks),
	IP("FragFails", frag_fails), IP("FragCreates", frag_creates),
};

static const struct source tcp_source[] = {
	TCP("ActiveOpens", active_opens, "# active connection openings"),
	TCP("PassiveOpens", passive_opens, "# passive connection openings"),
	TCP("AttemptFails", attempt_fails, "# failed connection attempts"),
	TCP("EstabResets", estab_resets, "# connection resets received"),
	{ "CurrEstab", "# connections established", 0, true },
	TCP("InSegs", in_segs, "# segments received"),
	TCP("OutSegs", out_segs, "# segments sent out"),
	TCP("RetransSegs", retrans_segs, "# segments retransmitted"),
	TCP("InErrs", in_errs, "# bad segments received"),
	TCP("OutRsts", out_rsts, "# resets sent"),
	EXT("InCsumErrors", in_csum_errors, NULL),
};

static const struct source udp_source[] = {
	UDP("InDatagrams", in_datagrams), UDP("NoPorts", no_ports),
	UDP("InErrors", in_errors), UDP("OutDatagrams", out_datagrams),
	UDP("RcvbufErrors", rcvbuf_errors), UDP("SndbufErrors", sndbuf_errors),
	UDP("InCsumErrors", in_csum_errors), UDP("IgnoredMulti", ignored_multi),
};

static const struct source tcp_ext_source[] = {
	EXT("SyncookiesSent", syncookies_sent, "# SYN cookies sent"),
	EXT("SyncookiesRecv", syncookies_recv, "# SYN cookies received"),
	EXT("SyncookiesFailed", syncookies_failed, "# invalid SYN cookies received"),
	EXT("OfoPruned", ofo_pruned, "# packets dropped from out-of-order queue because of socket buffer overrun"),
	EXT("TW", tw, "# TCP sockets finished time wait in fast timer"),
	EXT("PAWSEstab", paws_estab, "# packets rejected in established connections because of timestamp"),
	EXT("DelayedACKs", delayed_acks, "# delayed acks sent"),
	EXT("ListenOverflows", listen_overflows, "# times the listen queue of a socket overflowed"),
	EXT("ListenDrops", listen_drops, "# SYNs to LISTEN sockets dropped"),
	{ "TCPHPHits", "# packet headers predicted", AT(tcp.stats.tcp_hp_hits), true },
	EXT("TCPPureAcks", tcp_pure_acks, "# acknowledgments not containing data payload received"),
	EXT("TCPRenoRecovery", tcp_reno_recovery, "# times recovered from packet loss due to fast retransmit"),
	EXT("TCPSackRecovery", tcp_sack_recovery, NULL),
	EXT("TCPSACKReneging", tcp_sack_reneging, NULL),
	EXT("TCPFastRetrans", tcp_fast_retrans, "# fast retransmits"),
	EXT("TCPTimeouts", tcp_timeouts, NULL),
	EXT("TCPLossProbes", tcp_loss_probes, NULL),
	EXT("TCPLossProbeRecovery", tcp_loss_probe_recovery, NULL),
	EXT("TCPDSACKOldSent", tcp_dsack_old_sent, NULL),
	EXT("TCPDSACKOfoSent", tcp_dsack_ofo_sent, NULL),
	EXT("TCPDSACKRecv", tcp_dsack_recv, NULL),
	EXT("TCPAbortOnData", tcp_abort_on_data, "# connections reset due to unexpected data"),
	EXT("TCPAbortOnClose", tcp_abort_on_close, "# connections reset due to early user close"),
	EXT("TCPAbortOnMemory", tcp_abort_on_memory, "# connections aborted due to memory pressure"),
	EXT("TCPAbortOnSilence", tcp_abort_on_silence, "# connections reset because they said nothing, and others waited"),
	EXT("TCPAbortOnIdle", tcp_abort_on_idle, "# idle connections reset to make room for others"),
	EXT("TCPAbortOnTimeout", tcp_abort_on_timeout, "# connections aborted due to timeout"),
	EXT("TCPMemoryPressures", tcp_memory_pressures, "TCP ran low on memory # times"),
	EXT("TCPSpuriousRTOs", tcp_spurious_rtos, NULL),
	EXT("TCPTimeWaitOverflow", tw_overflow, NULL),
	EXT("TCPReqQFullDoCookies", tcp_req_q_full_do_cookies, NULL),
	EXT("TCPRcvCoalesce", tcp_rcv_coalesce, NULL),
	EXT("TCPOFOQueue", tcp_ofo_queue, NULL),
	EXT("TCPOFODrop", tcp_ofo_drop, NULL),
	EXT("TCPOFOMerge", tcp_ofo_merge, NULL),
	EXT("TCPChallengeACK", tcp_challenge_ack, NULL),
	EXT("TCPSYNChallenge", tcp_syn_challenge, NULL),
	EXT("TCPWinProbe", tcp_win_probe, NULL),
	EXT("TCPKeepAlive", tcp_keep_alive, NULL),
	EXT("TCPMTUPFail", tcp_mtup_fail, NULL),
	EXT("TCPRcvQDrop", tcp_rcvq_drop, NULL),
};

static const struct source ip_ext_source[] = {
	IP("InMcastPkts", in_mcast_pkts), IP("InBcastPkts", in_bcast_pkts),
	IP("InOctets", in_octets), IP("OutOctets", out_octets),
};
/* clang-format on */

static void
add(struct counters *counters, const char *name, uint64_t value, bool setting)
{
	counters->counter[counters->count++] = (struct counter){
		.name = name, .value = value, .setting = setting
	};
}

static void
add_all(struct net *net, struct counters *counters, const struct source *source,
	uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *base = (const char *)net;
		uint64_t value = net->tcp.established_count;

		if (source[i].offset != 0)
			memcpy(&value, base + source[i].offset, sizeof(value));
		add(counters, source[i].name, value, source[i].offset == 0);
		counters->counter[counters->count - 1].sentence =
			source[i].sentence;
		counters->counter[counters->count - 1].always =
			source[i].always;
	}
}

/* The ICMP types that SNMP counts by name, in its order. [RFC1213] */
static const struct {
	const char *name; /* behind "In" */
	uint8_t type;
} icmp_type[] = {
	{ "DestUnreachs", 3 }, { "TimeExcds", 11 },    { "ParmProbs", 12 },
	{ "SrcQuenchs", 4 },   { "Redirects", 5 },     { "Echos", 8 },
	{ "EchoReps", 0 },     { "Timestamps", 13 },   { "TimestampReps", 14 },
	{ "AddrMasks", 17 },   { "AddrMaskReps", 18 },
};

static void
add_icmp_types(struct counters *counters, const char *before,
	       const uint64_t *value)
{
	uint32_t n = counters->count > 3 ? array_len(icmp_type) : 0;

	for (uint32_t i = 0; i < array_len(icmp_type); i++, n++) {
		str_copy(counters->name[n], before, COUNTERS_NAME_MAX);
		str_copy(counters->name[n] + strlen(before), icmp_type[i].name,
			 COUNTERS_NAME_MAX - strlen(before));
		add(counters, counters->name[n], value[icmp_type[i].type],
		    false);
	}
}

static void
add_icmp(struct net *net, struct counters *counters)
{
	const struct icmp_stats *s = &net->icmp_stats;

	add(counters, "InMsgs", s->in_msgs, false);
	add(counters, "InErrors", s->in_errors, false);
	add(counters, "InCsumErrors", s->in_csum_errors, false);
	add_icmp_types(counters, "In", s->in_type);
	add(counters, "OutMsgs", s->out_msgs, false);
	add(counters, "OutErrors", s->out_errors, false);
	add(counters, "OutRateLimitGlobal", s->out_rate_limit_global, false);
	add(counters, "OutRateLimitHost", s->out_rate_limit_host, false);
	add_icmp_types(counters, "Out", s->out_type);
}

static void
add_icmp_msg(struct net *net, struct counters *counters)
{
	const struct icmp_stats *s = &net->icmp_stats;
	uint64_t value;
	char *name;

	for (uint32_t i = 0;
	     i < 512 && counters->count < array_len(counters->name); i++) {
		value = i < 256 ? s->in_type[i] : s->out_type[i - 256];
		if (value == 0)
			continue;
		name = counters->name[counters->count];
		fmt_print(name, COUNTERS_NAME_MAX, "%sType%u",
			  i < 256 ? "In" : "Out", i % 256);
		add(counters, name, value, false);
	}
}

void
counters_get(struct net *net, enum counters_group group,
	     struct counters *counters)
{
	static const char *const title[] = { "Ip",  "Icmp",   "IcmpMsg", "Tcp",
					     "Udp", "TcpExt", "IpExt" };
	const struct tcp_param *tcp = &net->tcp.param;
	const struct ipv4_param *ip = &net->ipv4_param;

	counters->title = title[group];
	counters->count = 0;
	switch (group) {
	case COUNTERS_IP:
		add(counters, "Forwarding", ip->ip_forward ? 1 : 2, true);
		add(counters, "DefaultTTL", ip->ip_default_ttl, true);
		return add_all(net, counters, ip_source, array_len(ip_source));
	case COUNTERS_ICMP: return add_icmp(net, counters);
	case COUNTERS_ICMP_MSG: return add_icmp_msg(net, counters);
	case COUNTERS_TCP:
		/* other(1), milliseconds, no limit. */
		add(counters, "RtoAlgorithm", 1, true);
		add(counters, "RtoMin", tcp->tcp_rto_min_us / 1000, true);
		add(counters, "RtoMax", tcp->tcp_rto_max_ms, true);
		add(counters, "MaxConn", UINT64_MAX, true);
		return add_all(net, counters, tcp_source,
			       array_len(tcp_source));
	case COUNTERS_UDP:
		add_all(net, counters, udp_source, array_len(udp_source));
		return add(counters, "MemErrors", 0, false);
	case COUNTERS_TCP_EXT:
		return add_all(net, counters, tcp_ext_source,
			       array_len(tcp_ext_source));
	default:
		return add_all(net, counters, ip_ext_source,
			       array_len(ip_ext_source));
	}
}

void
counters_show(struct net *net, enum counters_group group, struct out *out)
{
	struct counters c;

	counters_get(net, group, &c);
	if (c.count == 0)
		return;
	out_printf(out, "%s:", c.title);
	for (uint32_t i = 0; i < c.count; i++)
		out_printf(out, " %s", c.counter[i].name);
	out_printf(out, "\n%s:", c.title);
	for (uint32_t i = 0; i < c.count; i++)
		out_printf(out, " %lld", (long long)c.counter[i].value);
	out_puts(out, "\n");
}

void
counters_tell(struct net *net, enum counters_group group, struct out *out)
{
	const struct counter *counter;
	const char *number;
	struct counters c;

	counters_get(net, group, &c);
	for (uint32_t i = 0; i < c.count; i++) {
		counter = &c.counter[i];
		if ((counter->setting && !counter->always) ||
		    (counter->value == 0 && !counter->always))
			continue;
		if (counter->sentence == NULL) {
			out_printf(out, "    %s: %llu\n", counter->name,
				   (unsigned long long)counter->value);
			continue;
		}
		number = strchr(counter->sentence, '#');
		out_puts(out, "    ");
		out_write(out, counter->sentence,
			  (size_t)(number - counter->sentence));
		out_printf(out, "%llu%s\n", (unsigned long long)counter->value,
			   number + 1);
	}
}
