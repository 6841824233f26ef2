/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYN cookies: when too many handshakes are under way, our sequence number says
 * all that would have been remembered, signed with a secret; scale, SACK and
 * ECN lie in the low bits of the timestamp, which comes back. No state.
 * [RFC4987 3.6]
 *	31      27 26     24 23                                0
 *	| minute  | MSS     | keyed hash of all that identifies |
 */

#include "net/tcp/internal.h"

#define MINUTE_NS 64000000000ull
#define AGES	  2u /* minutes that a cookie is good for */

/* What most peers announce; the largest that is not larger is what they get. */
static const uint16_t mss_table[8] = {
	48, 536, 1024, 1220, 1380, 1440, 1460, 8960,
};

#define TS_OPTION_BITS	 0x3fu
#define TS_OPTION_WSCALE 0x0fu /* 15: none */
#define TS_OPTION_SACK	 0x10u
#define TS_OPTION_ECN	 0x20u

static uint32_t
cookie(const struct net *net, const struct ipv4 *ip, const struct tcp *h,
       uint32_t irs, uint64_t minute, unsigned int mss)
{
	const uint64_t words[4] = {
		(uint64_t)ip->src << 32 | ip->dst,
		(uint64_t)h->sport << 16 | h->dport,
		(uint64_t)irs << 8 | mss,
		minute,
	};
	uint32_t mac =
		(uint32_t)siphash(&net->tcp.cookie_key, words, sizeof(words));

	return (uint32_t)(minute & 31) << 27 | mss << 24 | (mac & 0xffffff);
}

/* Our clock, not later than now, with the options in its low bits. */
static uint32_t
tsval_with(uint32_t clock, uint32_t options)
{
	uint32_t tsval = (clock & ~TS_OPTION_BITS) | options;

	return seq_lt(clock, tsval) ? tsval - TS_OPTION_BITS - 1 : tsval;
}

static uint32_t
options_of(const struct tcp_param *param, const struct tcp *h)
{
	uint32_t options = TS_OPTION_WSCALE;

	if ((h->have & TCP_HAVE_WSCALE) && param->tcp_window_scaling)
		options = h->wscale;
	if ((h->have & TCP_HAVE_SACKOK) && param->tcp_sack)
		options |= TS_OPTION_SACK;
	if (param->tcp_ecn &&
	    (h->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR))
		options |= TS_OPTION_ECN;
	return options;
}

/* A sock for as long as it takes to know what our SYN-ACK would say. */
void
tcp_cookie_send(struct tcp_sock *listener, const struct ipv4 *ip,
		const struct tcp *h)
{
	struct net *net = listener->sock->net;
	const struct tcp_param *param = &net->tcp.param;
	const struct sock_addr local = { ip->dst, h->dport };
	const struct sock_addr remote = { ip->src, h->sport };
	const struct ipv4_out how = {
		.src = ip->dst,
		.dst = ip->src,
		.proto = IPPROTO_TCP,
		.dont_fragment = true,
	};
	struct sock ends = { .net = net, .local = local, .remote = remote };
	struct tcp_sock like = { .sock = &ends,
				 .rcvbuf = listener->rcvbuf,
				 .flags = listener->flags & SOCK_RCVBUF_SET,
				 .user_mss = listener->user_mss };
	struct tcp syn = { .sport = h->dport,
			   .dport = h->sport,
			   .ack = h->seq + 1,
			   .flags = TCP_SYN | TCP_ACK };
	uint32_t mss = h->have & TCP_HAVE_MSS ? h->mss : 536, options;
	unsigned int i = array_len(mss_table) - 1;

	while (i > 0 && mss_table[i] > mss)
		i--;
	syn.seq = cookie(net, ip, h, h->seq, net->now_ns / MINUTE_NS, i);
	tcp_first_window(&like);
	syn.window = (uint16_t)min_of(like.rcv_wnd, 65535u);
	syn.have = TCP_HAVE_MSS;
	syn.mss = tcp_route_mss(&like);
	if ((h->have & TCP_HAVE_TS) && param->tcp_timestamps) {
		options = options_of(param, h);
		syn.have |= TCP_HAVE_TS;
		syn.tsval =
			tsval_with(tcp_clock(net) +
					   tcp_ts_offset(net, &local, &remote),
				   options);
		syn.tsecr = h->tsval;
		if (options & TS_OPTION_SACK)
			syn.have |= TCP_HAVE_SACKOK;
		if ((options & TS_OPTION_WSCALE) != TS_OPTION_WSCALE) {
			syn.have |= TCP_HAVE_WSCALE;
			syn.wscale = like.rcv_wscale;
		}
		if (options & TS_OPTION_ECN)
			syn.flags |= TCP_ECE;
	}
	net->tcp.stats.syncookies_sent++;
	tcp_emit_segment(net, &syn, NULL, 0, &how);
}

/* Index of the MSS, or -1: not one of ours, or too old. */
static int
verify(const struct net *net, const struct ipv4 *ip, const struct tcp *h)
{
	uint64_t minute = net->now_ns / MINUTE_NS;
	uint32_t given = h->ack - 1;
	unsigned int mss = given >> 24 & 7;

	for (uint64_t age = 0; age < AGES && age <= minute; age++)
		if (cookie(net, ip, h, h->seq - 1, minute - age, mss) == given)
			return (int)mss;
	return -1;
}

bool
tcp_cookie_may_be(const struct net *net, uint32_t number)
{
	uint32_t age = (uint32_t)(net->now_ns / MINUTE_NS) - (number >> 27);

	return net->tcp.stats.syncookies_sent && (age & 31) < AGES;
}

/* The SYN that must have been: what came back says what was agreed. */
static struct tcp
syn_again(const struct net *net, const struct tcp *h, uint16_t mss)
{
	struct tcp syn = {
		.sport = h->sport,
		.dport = h->dport,
		.seq = h->seq - 1,
		.flags = TCP_SYN,
		.window = h->window,
		.have = TCP_HAVE_MSS,
		.mss = mss,
	};
	uint32_t options;

	if (!(h->have & TCP_HAVE_TS) || !net->tcp.param.tcp_timestamps)
		return syn;
	options = h->tsecr & TS_OPTION_BITS;
	syn.have |= TCP_HAVE_TS;
	syn.tsval = h->tsval;
	if (options & TS_OPTION_SACK)
		syn.have |= TCP_HAVE_SACKOK;
	if ((options & TS_OPTION_WSCALE) != TS_OPTION_WSCALE) {
		syn.have |= TCP_HAVE_WSCALE;
		syn.wscale = options & TS_OPTION_WSCALE;
	}
	if (options & TS_OPTION_ECN)
		syn.flags |= TCP_ECE | TCP_CWR;
	return syn;
}

int
tcp_cookie_mss(struct net *net, const struct ipv4 *ip, const struct tcp *h)
{
	int mss;

	if (!net->tcp.param.tcp_syncookies || !net->tcp.stats.syncookies_sent)
		return -1;
	mss = verify(net, ip, h);
	if (mss < 0) {
		net->tcp.stats.syncookies_failed++;
		return -1;
	}
	return mss_table[mss];
}

struct tcp_sock *
tcp_cookie_open(struct tcp_sock *listener, const struct ipv4 *ip,
		const struct tcp *h, uint16_t mss)
{
	struct net *net = listener->sock->net;
	struct tcp syn = syn_again(net, h, mss);
	struct tcp_sock *ts = tcp_syn_received(listener, ip, &syn, h->ack - 1);

	if (ts)
		net->tcp.stats.syncookies_recv++;
	return ts;
}
