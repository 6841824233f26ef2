/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the stack says of a connection, in the layout of Linux's struct tcp_info
 * (6.1, up to tcpi_snd_wnd): where we count bytes it counts segments. [CONTROL]
 */

#include "apps/agent/internal.h"
#include "lib/be.h"

#define OPT_TIMESTAMPS 1u
#define OPT_SACK       2u
#define OPT_WSCALE     4u
#define OPT_ECN	       8u

struct linux_tcp_info {
	uint8_t state, ca_state, retransmits, probes, backoff, options, wscales,
		flags;
	uint32_t rto, ato, snd_mss, rcv_mss;
	uint32_t unacked, sacked, lost, retrans, fackets;
	uint32_t last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
	uint32_t pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd,
		advmss, reordering, rcv_rtt, rcv_space, total_retrans;
	uint64_t pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	uint32_t segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in,
		data_segs_out;
	uint64_t delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
	uint32_t delivered, delivered_ce;
	uint64_t bytes_sent, bytes_retrans;
	uint32_t dsack_dups, reord_seen, rcv_ooopack, snd_wnd;
};

_Static_assert(offsetof(struct linux_tcp_info, rto) == 8, "as in Linux");
_Static_assert(offsetof(struct linux_tcp_info, total_retrans) == 100, "");
_Static_assert(offsetof(struct linux_tcp_info, bytes_sent) == 200, "");
_Static_assert(sizeof(struct linux_tcp_info) == 232, "");

/* Segments of mss bytes that hold len. */
static uint32_t
segments(uint32_t len, uint32_t mss)
{
	return (len + mss - 1) / mss;
}

size_t
tcp_info_emit(const struct tcp_info *in, uint8_t *bytes, size_t room)
{
	uint32_t mss = max_of(in->mss, 1u);
	struct linux_tcp_info out = {
		.state = (uint8_t)in->state,
		.ca_state = in->ca_state,
		.retransmits = in->retries,
		.backoff = in->backoff,
		.options = (uint8_t)((in->timestamps ? OPT_TIMESTAMPS : 0) |
				     (in->sack ? OPT_SACK : 0) |
				     (in->wscale_ok ? OPT_WSCALE : 0) |
				     (in->ecn ? OPT_ECN : 0)),
		.wscales = (uint8_t)(in->snd_wscale | in->rcv_wscale << 4),
		.rto = in->rto_us,
		.ato = in->ato_us,
		.snd_mss = in->mss,
		.rcv_mss = in->rcv_mss,
		.unacked = segments(in->unacked_len, mss),
		.sacked = segments(in->sacked_len, mss),
		.lost = segments(in->lost_len, mss),
		.retrans = segments(in->rexmit_len, mss),
		.pmtu = in->pmtu,
		.rcv_ssthresh = in->rcv_wnd,
		.rtt = in->srtt_us,
		.rttvar = in->rttvar_us,
		.snd_ssthresh = in->ssthresh >= INT32_MAX ? INT32_MAX
							  : in->ssthresh / mss,
		.snd_cwnd = in->cwnd / mss,
		.advmss = in->advmss,
		.reordering = in->reordering,
		.rcv_space = in->rcv_wnd,
		.total_retrans = segments((uint32_t)in->bytes_retrans, mss),
		.pacing_rate = in->pacing_rate,
		.max_pacing_rate = UINT64_MAX,
		.delivery_rate = in->delivery_rate,
		.bytes_acked = in->bytes_acked,
		.bytes_received = in->bytes_received,
		.segs_out = (uint32_t)in->segs_out,
		.segs_in = (uint32_t)in->segs_in,
		.notsent_bytes = in->unsent_len,
		.min_rtt = in->min_rtt_us,
		.bytes_sent = in->bytes_sent,
		.bytes_retrans = in->bytes_retrans,
		.snd_wnd = in->snd_wnd,
	};

	room = min_of(room, sizeof(out));
	memcpy(bytes, &out, room);
	return room;
}
