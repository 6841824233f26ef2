/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `ss` says of an endpoint behind its addresses, word for word and in the
 * order of iproute2 6.1. Windows and what is in flight are counted in segments
 * there; here they are bytes, divided by the MSS.
 */
#include "apps/commands/ss.h"
#include "lib/port.h"
#include "net/net.h"

#define MS_NS 1000000u

/* A number of thousandths as printf's %g has it: six digits, no zeros. */
static void
thousandths(struct out *out, const char *name, uint64_t value)
{
	uint64_t whole = value / 1000, part = value % 1000;
	unsigned int digits = 3;

	for (uint64_t limit = 1000; digits > 0 && whole >= limit; limit *= 10)
		digits--;
	for (unsigned int i = digits; i < 3; i++)
		part = (part + 5) / 10;
	while (digits > 0 && part % 10 == 0) {
		part /= 10;
		digits--;
	}
	if (digits == 0)
		out_printf(out, "%s%llu", name,
			   (unsigned long long)(whole + part));
	else
		out_printf(out, "%s%llu.%0*llu", name,
			   (unsigned long long)whole, (int)digits,
			   (unsigned long long)part);
}

/* " name:value", unless it is 0. */
static void
number(struct out *out, const char *name, uint64_t value)
{
	if (value != 0)
		out_printf(out, " %s:%llu", name, (unsigned long long)value);
}

static void
rate(struct out *out, const char *name, uint64_t bps, bool numeric)
{
	uint64_t tenths, unit;

	if (bps == 0)
		return;
	out_printf(out, " %s ", name);
	if (numeric || bps <= 1000) {
		out_printf(out, "%llubps", (unsigned long long)bps);
		return;
	}
	unit = bps > 1000000 ? 1000000 : 1000;
	tenths = (bps * 10 + unit / 2) / unit;
	out_printf(out, "%llu.%llu%cbps", (unsigned long long)(tenths / 10),
		   (unsigned long long)(tenths % 10), unit == 1000 ? 'K' : 'M');
}

/* ---- -o ----------------------------------------------------------------- */

static void
duration(struct out *out, uint64_t ms)
{
	uint64_t minutes = ms / 60000, seconds = ms / 1000 % 60;

	ms %= 1000;
	if (minutes != 0) {
		ms = 0;
		out_printf(out, "%llumin", (unsigned long long)minutes);
		if (minutes > 9)
			seconds = 0;
	}
	if (seconds != 0) {
		if (seconds > 9)
			ms = 0;
		out_printf(out, "%llu%s", (unsigned long long)seconds,
			   ms != 0 ? "." : "sec");
	}
	if (ms != 0)
		out_printf(out, "%03llums", (unsigned long long)ms);
}

void
ss_timer_text(struct out *out, const struct ss_end *end, uint64_t now_ns)
{
	uint64_t due_ns = end->due_ns;
	const char *name = "timewait";
	uint32_t count = 0;

	if (end->sock != NULL) {
		due_ns = end->info.timer_due_ns;
		name = end->info.timer;
		count = end->info.retries;
		if (name != NULL && name[0] == 'k')
			count = end->info.keep_count;
	}
	if (due_ns == 0 || name == NULL || name[0] == '\0')
		return;
	out_printf(out, " timer:(%s,", name);
	duration(out, due_ns > now_ns ? (due_ns - now_ns) / MS_NS : 0);
	out_printf(out, ",%u)", count);
}

/* ---- -e, -m ------------------------------------------------------------- */

/* No inodes here; the cookie is the pair of ports, which tells connections of
 * two hosts apart. */
void
ss_extended_text(struct out *out, const struct ss_end *end)
{
	out_printf(out, " ino:0 sk:%x",
		   (unsigned int)end->local.port << 16 | end->remote.port);
	if (end->sock != NULL)
		out_printf(out, " %c-%c", end->info.recv_shut ? '-' : '<',
			   end->info.send_shut ? '-' : '>');
}

/* Received, sent and waiting bytes with their limits; what Linux counts beyond
 * that (forward allocation, options, backlog) does not exist here. */
void
ss_memory_text(struct out *out, const struct ss_end *end)
{
	uint64_t drops = 0;

	if (end->sock == NULL)
		return;
	if (end->sock->proto == IPPROTO_UDP)
		drops = udp_sock_of_const(end->sock)->drops;
	out_printf(out, " skmem:(r%llu,rb%u,t%u,tb%u,f0,w%llu,o0,bl0,d%llu)",
		   (unsigned long long)end->recv_q + end->info.ooo_len,
		   end->info.rcvbuf, end->info.unacked_len, end->info.sndbuf,
		   (unsigned long long)end->send_q, (unsigned long long)drops);
}

/* ---- -i ----------------------------------------------------------------- */

/* How often it was sent again: in flight now, in all. */
static void
retransmissions(struct out *out, const struct tcp_info *info, uint32_t mss)
{
	uint64_t total = (info->bytes_retrans + mss - 1) / mss;

	if (info->rexmit_len != 0 || total != 0)
		out_printf(out, " retrans:%u/%llu",
			   (info->rexmit_len + mss - 1) / mss,
			   (unsigned long long)total);
}

static void
path_text(struct out *out, const struct tcp_info *info, uint32_t mss)
{
	if (info->wscale_ok)
		out_printf(out, " wscale:%u,%u", info->snd_wscale,
			   info->rcv_wscale);
	if (info->rto_us != 0 && info->state != TCP_LISTEN)
		thousandths(out, " rto:", info->rto_us);
	number(out, "backoff", info->backoff);
	if (info->srtt_us != 0) {
		thousandths(out, " rtt:", info->srtt_us);
		thousandths(out, "/", info->rttvar_us);
	}
	if (info->ato_us != 0 && info->state != TCP_LISTEN)
		thousandths(out, " ato:", info->ato_us);
	if (info->state != TCP_LISTEN)
		number(out, "mss", info->mss);
	number(out, "pmtu", info->pmtu);
	number(out, "rcvmss", info->rcv_mss);
	number(out, "advmss", info->advmss);
	number(out, "cwnd", (info->cwnd + mss - 1) / mss);
	if (info->ssthresh < INT32_MAX)
		number(out, "ssthresh", (info->ssthresh + mss - 1) / mss);
}

static void
since(struct out *out, const char *name, uint64_t then_ns, uint64_t now_ns)
{
	if (then_ns != 0 && now_ns > then_ns)
		number(out, name, (now_ns - then_ns) / MS_NS);
}

void
ss_info_text(struct out *out, const struct ss_end *end, bool options,
	     bool numeric, uint64_t now_ns)
{
	const struct tcp_info *info = &end->info;
	uint32_t mss = max_of(info->mss, 1u);

	if (end->sock == NULL)
		return;
	if (options)
		out_printf(out, "%s%s%s", info->timestamps ? " ts" : "",
			   info->sack ? " sack" : "", info->ecn ? " ecn" : "");
	out_printf(out, " %s", info->congestion);
	path_text(out, info, mss);
	number(out, "bytes_sent", info->bytes_sent);
	number(out, "bytes_retrans", info->bytes_retrans);
	if (info->state != TCP_LISTEN)
		number(out, "bytes_acked", info->bytes_acked);
	number(out, "bytes_received", info->bytes_received);
	number(out, "segs_out", info->segs_out);
	number(out, "segs_in", info->segs_in);
	if (info->srtt_us != 0)
		rate(out, "send",
		     (uint64_t)info->cwnd * 8000000 / info->srtt_us, numeric);
	if (info->state != TCP_LISTEN) {
		since(out, "lastsnd", info->last_send_ns, now_ns);
		since(out, "lastrcv", info->last_rcv_ns, now_ns);
	}
	rate(out, "pacing_rate", 8 * info->pacing_rate, numeric);
	rate(out, "delivery_rate", 8 * info->delivery_rate, numeric);
	number(out, "unacked", (info->unacked_len + mss - 1) / mss);
	retransmissions(out, info, mss);
	number(out, "lost", (info->lost_len + mss - 1) / mss);
	number(out, "sacked", (info->sacked_len + mss - 1) / mss);
	if (info->reordering > 3)
		number(out, "reordering", info->reordering);
	if (info->state != TCP_LISTEN)
		number(out, "rcv_space", info->rcv_wnd);
	number(out, "notsent", info->unsent_len);
	if (info->min_rtt_us != 0)
		thousandths(out, " minrtt:", info->min_rtt_us);
	number(out, "snd_wnd", info->snd_wnd);
}
