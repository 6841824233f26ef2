/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack with TCP and its peers; see tcp_lab.h. */
#include "tests/fuzz/tcp_lab.h"

#include "lib/checksum.h"
#include "net/net.h"
#include "net/tcp/internal.h"
#include "net/wire/eth.h"
#include "net/wire/ipv4.h"
#include "net/wire/tcp.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define PORT	  80u
#define PEER_PORT 1000u
#define MSS	  1460u
#define STATES	  12u

/* What libFuzzer counts besides edges: from which state to which, with what
 * timer and congestion state. */
static uint8_t seen[STATES * STATES * 5 * 4]
	__attribute__((section("__libfuzzer_extra_counters")));

struct peer {
	uint16_t port, stack_port;
	uint32_t next, acked; /* of its own bytes: sent; acknowledged */
	uint32_t una, seen;   /* of the stack's: it acknowledged; it saw */
	uint32_t tsval;
	bool ts;
	struct sock *sock; /* the stack's end, if its application has it */
	bool is_sock_known;
	uint32_t read_seq;  /* the next byte the application will read */
	uint8_t was, state; /* of its connection: before the step, now */
};

struct lab {
	struct testnet *t;
	struct sock *listener;
	struct peer peer[TCP_LAB_PEERS];
};

/* The byte with that number, of any stream. */
static uint8_t
byte_at(uint32_t seq)
{
	return (uint8_t)(seq * 37 + (seq >> 8) * 11 + 5);
}

/* ---- the application ---------------------------------------------------- */

static struct peer *
peer_of(struct lab *lab, uint16_t port)
{
	uint32_t index = port - PEER_PORT;

	return index < TCP_LAB_PEERS ? &lab->peer[index] : NULL;
}

static void
take_bytes(struct peer *peer, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert(bytes[i] == byte_at(peer->read_seq++));
}

static void
on_established(struct sock *sock)
{
	struct lab *lab = sock->ctx;
	struct peer *peer = peer_of(lab, sock->remote.port);
	struct tcp_sock now;

	assert(peer);
	/* A peer has one connection that is looked at. */
	if (peer->sock && peer->sock != sock)
		return tcp_abort(sock);
	tcp_look(sock, &now);
	peer->sock = sock;
	peer->is_sock_known = true;
	peer->read_seq = now.rcv_nxt - (uint32_t)tcp_readable_len(sock) -
			 tcp_fin_received(sock);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct lab *lab = sock->ctx;
	struct peer *peer = peer_of(lab, sock->remote.port);

	assert(peer);
	if (peer->sock == sock)
		peer->sock = NULL;
}

static const struct sock_ops ops = {
	.established = on_established,
	.closed = on_closed,
};

static void
do_connect(struct lab *lab, struct peer *peer)
{
	const struct sock_addr to = { TESTNET_HOST(0), peer->port };
	enum status status;

	peer->is_sock_known = false;
	peer->sock = tcp_connect(&lab->t->net, NULL, &to, &ops, lab, "fuzz",
				 &status);
	if (peer->sock)
		peer->stack_port = peer->sock->local.port;
}

static void
do_write(struct peer *peer, size_t len)
{
	uint8_t bytes[16384];
	struct tcp_sock now;

	tcp_look(peer->sock, &now);
	len = min_of(len, sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(now.snd_end + (uint32_t)i);
	assert(tcp_write(peer->sock, bytes, len) <= len);
}

static void
do_read(struct peer *peer, size_t len, bool take)
{
	uint8_t bytes[16384];
	struct skb *skb;
	size_t got;

	if (!peer->is_sock_known)
		return;
	len = min_of(len, sizeof(bytes));
	if (!take) {
		got = tcp_read(peer->sock, bytes, len);
		assert(got <= len);
		return take_bytes(peer, bytes, got);
	}
	skb = tcp_recv(peer->sock);
	if (!skb)
		return;
	assert(skb->len <= sizeof(bytes));
	skb_copy_out(skb, 0, bytes, skb->len);
	take_bytes(peer, bytes, skb->len);
	skb_consume(skb);
}

static void
do_peek(struct peer *peer)
{
	uint8_t bytes[3000];
	size_t got = tcp_peek(peer->sock, bytes, sizeof(bytes));

	assert(got <= sizeof(bytes));
	for (size_t i = 0; i < got && peer->is_sock_known; i++)
		assert(bytes[i] == byte_at(peer->read_seq + (uint32_t)i));
}

static void
do_option(struct peer *peer, const uint8_t *step)
{
	static const uint32_t values[] = { 0,  1,    2,	    7,
					   88, 1000, 20000, UINT32_MAX };

	(void)tcp_set_option(peer->sock, step[3] % (TCP_OPT_LINGER_RST + 1),
			     step[4] & 1 ? values[step[4] >> 1 & 7]
					 : (uint32_t)step[5] << step[4] % 16);
}

static void
call(struct lab *lab, struct peer *peer, const uint8_t *step)
{
	size_t len = (size_t)step[3] << (step[4] & 7);
	struct sock *sock = peer->sock;

	if (!sock)
		return do_connect(lab, peer);
	switch (step[2] % CALL_COUNT) {
	case CALL_READ: return do_read(peer, len, false);
	case CALL_RECV: return do_read(peer, len, true);
	case CALL_SHUTDOWN: (void)tcp_shutdown(sock); return;
	case CALL_CLOSE: peer->sock = NULL; return tcp_close(sock);
	case CALL_ABORT: peer->sock = NULL; return tcp_abort(sock);
	case CALL_OPTION: return do_option(peer, step);
	case CALL_URGENT: return tcp_send_urgent(sock);
	case CALL_PEEK: return do_peek(peer);
	case CALL_CONGESTION:
		(void)tcp_set_congestion(sock, step[3] & 1 ? "reno" : "cubic");
		return;
	case CALL_HOLD: return tcp_hold(lab->listener, step[3] & 1);
	default: return do_write(peer, len);
	}
}

/* ---- what the stack sends ----------------------------------------------- */

static void
see_segment(struct lab *lab, const struct ipv4 *ip, const uint8_t *bytes,
	    size_t len)
{
	uint32_t sum =
		checksum_pseudo(ip->src, ip->dst, IPPROTO_TCP, (uint16_t)len);
	struct peer *peer;
	struct tcp h;
	uint32_t end;

	assert(checksum_fold(checksum_add(sum, bytes, len)) == 0);
	assert(tcp_parse(bytes, len, &h) == DROP_NONE);
	peer = peer_of(lab, h.dport);
	if (!peer || ip->dst != TESTNET_HOST(0))
		return;
	for (size_t i = h.header_len; i < len; i++)
		assert(bytes[i] ==
		       byte_at(h.seq + (uint32_t)(i - h.header_len)));
	end = h.seq + (uint32_t)(len - h.header_len) +
	      !!(h.flags & (TCP_SYN | TCP_FIN));
	if (h.flags & TCP_RST)
		return;
	if (!(h.flags & TCP_SYN) && h.sport != peer->stack_port)
		return;
	if (h.flags & TCP_SYN) {
		peer->stack_port = h.sport;
		peer->una = peer->seen = end;
		peer->ts = h.have & TCP_HAVE_TS;
	} else if (seq_lt(peer->seen, end)) {
		peer->seen = end;
	}
	if (h.flags & TCP_ACK)
		peer->acked = h.ack;
	if (h.have & TCP_HAVE_TS)
		peer->tsval = h.tsval;
}

/* As an Ethernet frame of at most its MTU, with a right header. */
static void
see_all(struct lab *lab)
{
	const struct testnet_frame *frame;
	struct ipv4 ip;
	struct eth eth;
	size_t len;

	while ((frame = testnet_next(lab->t, 0)) != NULL) {
		assert(eth_parse(frame->bytes, frame->len, &eth) == DROP_NONE);
		if (eth.type != ETHERTYPE_IPV4)
			continue;
		assert(ipv4_parse(frame->bytes + 14, frame->len - 14, &ip) ==
		       DROP_NONE);
		len = ip.total_len - ip.header_len;
		if (ip.proto == IPPROTO_TCP && !ipv4_is_fragment(&ip))
			see_segment(lab, &ip, frame->bytes + 14 + ip.header_len,
				    len);
	}
}

/* ---- what the peers send ------------------------------------------------ */

static uint32_t
choose_seq(const struct peer *peer, const uint8_t *step)
{
	switch (step[2] & 7) {
	case LAB_SEQ_AGAIN: return peer->acked;
	case LAB_SEQ_HOLE: return peer->next + step[3] * 16u;
	case LAB_SEQ_OLD: return peer->acked - step[3];
	case LAB_SEQ_NEAR: return peer->next + (uint32_t)(int8_t)step[3];
	case LAB_SEQ_FAR:
		return peer->acked + ((uint32_t)(int8_t)step[3] << 12);
	default: return peer->next;
	}
}

static uint32_t
choose_ack(const struct peer *peer, const uint8_t *step)
{
	uint32_t span = peer->seen - peer->una;

	switch (step[2] >> 3 & 7) {
	case LAB_ACK_SAME:
	case LAB_ACK_SAME + 1: return peer->una;
	case LAB_ACK_PART: return peer->una + (span >> 8) * step[4];
	case LAB_ACK_BEYOND: return peer->seen + step[4];
	case LAB_ACK_OLD: return peer->una - step[4];
	case LAB_ACK_FAR: return peer->seen + ((uint32_t)step[4] << 24);
	default: return peer->seen;
	}
}

/* Ranges within what is on its way; with 0x40 in byte 2 the first one was
 * acknowledged long ago. [RFC2883 4] */
static void
choose_sack(const struct peer *peer, const uint8_t *step, struct tcp *h)
{
	uint32_t span = peer->seen - peer->una, start, len;

	h->sack_count = step[7] & 3;
	for (unsigned int i = 0; i < h->sack_count; i++) {
		start = (uint32_t)((uint64_t)span * step[8 + i] >> 8);
		len = (span - start) * (1 + (step[11] >> 2 * i & 3)) / 4;
		h->sack[i].start = peer->una + start;
		h->sack[i].end = h->sack[i].start + len;
		if (i == 0 && step[2] & 0x40) {
			h->sack[0].start = peer->una - step[8] * 8u;
			h->sack[0].end = h->sack[0].start + len;
		}
	}
}

static void
choose_options(struct lab *lab, const struct peer *peer, const uint8_t *step,
	       struct tcp *h)
{
	static const uint16_t mss[] = { 0, MSS, 536, 88 };
	uint8_t with = step[1] >> 4;
	bool ts = h->flags & TCP_SYN ? step[7] & 0x40 : peer->ts;

	if (h->flags & TCP_SYN) {
		h->mss = mss[step[7] >> 2 & 3];
		h->have |= h->mss ? TCP_HAVE_MSS : 0;
		h->have |= step[7] & 0x10 ? TCP_HAVE_WSCALE : 0;
		h->have |= step[7] & 0x20 ? TCP_HAVE_SACKOK : 0;
		h->wscale = step[8] % (TCP_WSCALE_MAX + 1);
	} else {
		choose_sack(peer, step, h);
	}
	if (ts != ((with & 1) != 0))
		h->have |= TCP_HAVE_TS;
	h->tsval = (uint32_t)(lab->t->net.now_ns / MS_NS);
	h->tsecr = h->flags & TCP_ACK ? peer->tsval : 0;
	if (with & 2)
		h->tsval -= step[9] * 64u;
	if (with & 4)
		h->tsecr -= step[10];
	while (tcp_options_len(h) > TCP_HEADER_LEN_MAX - TCP_HEADER_LEN)
		h->sack_count--;
	h->header_len = (uint8_t)(TCP_HEADER_LEN + tcp_options_len(h));
}

static const struct {
	uint8_t flags;
	bool data;
} kinds[] = {
	[LAB_ACK] = { TCP_ACK, false },
	[LAB_DATA] = { TCP_ACK, true },
	[LAB_DATA_PUSH] = { TCP_ACK | TCP_PSH, true },
	[LAB_DUP_ACK] = { TCP_ACK, false },
	[LAB_FIN] = { TCP_ACK | TCP_FIN, false },
	[LAB_DATA_FIN] = { TCP_ACK | TCP_FIN, true },
	[LAB_SYN] = { TCP_SYN, false },
	[LAB_SYN_ACK] = { TCP_SYN | TCP_ACK, false },
	[LAB_RST] = { TCP_RST, false },
	[LAB_RST_ACK] = { TCP_RST | TCP_ACK, false },
	[LAB_URGENT] = { TCP_ACK | TCP_URG, true },
	[LAB_ECE] = { TCP_ACK | TCP_ECE, false },
	[LAB_CWR] = { TCP_ACK | TCP_CWR, true },
	[LAB_SYN_ECN] = { TCP_SYN | TCP_ECE | TCP_CWR, false },
	[LAB_RAW] = { 0, true },
	[LAB_PROBE] = { TCP_ACK, false },
};

/* A peer keeps the number of its own that comes next. */
static void
note_sent(struct peer *peer, const struct tcp *h, size_t len)
{
	uint32_t end = h->seq + (uint32_t)len + !!(h->flags & TCP_SYN) +
		       !!(h->flags & TCP_FIN);

	if (h->flags & TCP_RST)
		return;
	if (h->flags & TCP_SYN ||
	    (seq_lt(peer->next, end) && end - peer->next < 1u << 20))
		peer->next = end;
	if (h->flags & TCP_ACK && seq_lt(peer->una, h->ack) &&
	    seq_le(h->ack, peer->seen))
		peer->una = h->ack;
}

static void
segment(struct lab *lab, struct peer *peer, const uint8_t *step)
{
	uint8_t kind = step[1] & 15, bytes[TCP_HEADER_LEN_MAX + 2048];
	struct tcp h = {
		.sport = peer->port,
		.dport = peer->stack_port,
		.flags = kind == LAB_RAW ? step[11] : kinds[kind].flags,
		.window = (uint16_t)(step[6] << 8),
		.urgent = step[9],
		.seq = choose_seq(peer, step) - (kind == LAB_PROBE),
		.ack = choose_ack(peer, step),
	};
	size_t len = kinds[kind].data ? min_of(step[5] * 8u, MSS) : 0, total;
	struct ipv4 ip;
	uint32_t sum;

	if (kind == LAB_DUP_ACK)
		h.ack = peer->una;
	choose_options(lab, peer, step, &h);
	total = h.header_len + len;
	for (size_t i = 0; i < len; i++)
		bytes[h.header_len + i] =
			byte_at(h.seq + !!(h.flags & TCP_SYN) + (uint32_t)i);
	ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), IPPROTO_TCP,
			   total);
	ip.tos = step[2] & 0x80 ? 3 : 0;
	tcp_emit(&h, bytes);
	sum = checksum_pseudo(ip.src, ip.dst, IPPROTO_TCP, (uint16_t)total);
	h.checksum = checksum_fold(checksum_add(sum, bytes, total));
	tcp_emit(&h, bytes);
	note_sent(peer, &h, len);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, total);
}

/* An error about what this connection sent last. */
static void
icmp(struct lab *lab, const struct peer *peer, const uint8_t *step)
{
	static const uint8_t types[] = { 3, 3, 4, 11, 12, 5 };
	uint8_t quoted[IPV4_HEADER_LEN + 8] = { 0 }, bytes[64];
	struct ipv4 ip = packet_header(TESTNET_ROUTER(0), TESTNET_HOST(0),
				       IPPROTO_TCP, 1480);
	uint8_t *tcp = quoted + IPV4_HEADER_LEN;
	size_t len;

	ipv4_emit(&ip, quoted);
	tcp_put32(tcp, (uint32_t)peer->stack_port << 16 | peer->port);
	tcp_put32(tcp + 4, peer->una + (uint32_t)(int8_t)step[3]);
	len = packet_icmp(bytes, types[step[1] % 6], step[2] % 16,
			  (uint32_t)step[4] << 3, quoted, sizeof(quoted));
	ip = packet_header(TESTNET_HOST(0), TESTNET_ROUTER(0), IPPROTO_ICMP,
			   len);
	testnet_inject_ipv4(lab->t, 0, &ip, bytes, len);
}

/* ---- what surrounds them ------------------------------------------------ */

static void
change_param(struct tcp_param *param, uint8_t which, uint8_t value)
{
	switch (which % 12) {
	case 0: param->tcp_syncookies = value % 3; break;
	case 1: param->tcp_ecn = value % 3; break;
	case 2: param->tcp_sack = value & 1; break;
	case 3: param->tcp_timestamps = value & 1; break;
	case 4: param->tcp_window_scaling = value & 1; break;
	case 5: param->tcp_mtu_probing = value % 3; break;
	case 6: param->tcp_rmem[1] = 600u + value * 64u; break;
	case 7: param->tcp_wmem[1] = 600u + value * 64u; break;
	case 8: param->tcp_buffers_max = value; break;
	case 9: param->tcp_frto = value & 1; break;
	case 10: param->tcp_tw_reuse = value % 3; break;
	case 11: param->tcp_rfc1337 = value & 1; break;
	}
}

static void
shake(struct lab *lab, const uint8_t *step)
{
	static const uint32_t mtus[] = { 68, 576, 1500, 9000 };
	struct net *net = &lab->t->net;

	switch (step[1] % 7) {
	case 0: net->core[0].skb_pool.fail_after = step[2] & 15; break;
	case 1: net->core[0].skb_pool.fail_after = 0; break;
	case 2: testnet_carrier(lab->t, 0, step[2] & 1); break;
	case 3: testnet_room(lab->t, 0, step[2] ? step[2] : UINT32_MAX); break;
	case 4: change_param(&net->tcp.param, step[2], step[3]); break;
	case 5:
		net->tcp.pool.fail_after = step[2] & 3;
		net->tcp.awake_pool.fail_after = step[2] >> 2 & 3;
		break;
	case 6:
		(void)!netdev_set_mtu(&lab->t->port[0].dev, mtus[step[2] & 3]);
		break;
	}
}

/* ---- a run -------------------------------------------------------------- */

static void
note_sock(void *ctx, struct sock *sock)
{
	struct lab *lab = ctx;
	struct peer *peer = peer_of(lab, sock->remote.port);
	struct tcp_sock now;
	unsigned int index;

	if (!peer || sock == lab->listener)
		return;
	tcp_look(sock, &now);
	index = (peer->was * STATES + now.state) * 5 + now.rtx;
	seen[index * 4 + now.ca] = 1;
	peer->state = now.state;
}

static void
note_timewait(void *ctx, const struct tcp_timewait_info *tw)
{
	struct peer *peer = peer_of(ctx, tw->remote.port);

	if (!peer)
		return;
	seen[(peer->was * STATES + TCP_TIME_WAIT) * 20] = 1;
	peer->state = TCP_TIME_WAIT;
}

static void
note_states(struct lab *lab)
{
	for (unsigned int i = 0; i < TCP_LAB_PEERS; i++) {
		lab->peer[i].was = lab->peer[i].state;
		lab->peer[i].state = 0;
	}
	tcp_for_each_timewait(&lab->t->net, note_timewait, lab);
	tcp_for_each(&lab->t->net, note_sock, lab);
	for (unsigned int i = 0; i < TCP_LAB_PEERS; i++)
		if (!lab->peer[i].state)
			seen[lab->peer[i].was * STATES * 20] = 1;
}

static void
play_step(struct lab *lab, const uint8_t *step)
{
	struct peer *peer = &lab->peer[step[0] >> 3 & 3];

	lab->t->hold = step[0] & LAB_HOLD;
	switch (step[0] & 7) {
	case LAB_CALL: call(lab, peer, step); break;
	case LAB_TIME:
		lab->t->hold = false;
		testnet_advance(lab->t,
				((uint64_t)step[2] << step[1] % 16) * MS_NS);
		break;
	case LAB_ICMP: icmp(lab, peer, step); break;
	case LAB_SHAKE: shake(lab, step); break;
	default: segment(lab, peer, step); break;
	}
	if (!lab->t->hold)
		testnet_run(lab->t);
	see_all(lab);
	note_states(lab);
	skb_pool_check(&net_this_core(&lab->t->net)->skb_pool);
	tcp_check(&lab->t->net);
}

/* The head: what is set before anything happens. */
static void
begin(struct lab *lab, const uint8_t *head)
{
	const struct sock_addr any = { .port = PORT };
	struct tcp_param *param = &lab->t->net.tcp.param;
	enum status status;

	for (uint8_t i = 0; i < 6; i++)
		if (head[i] & 0x80)
			change_param(param, i, head[i] & 0x7f);
	if (head[6] & 0x80)
		change_param(param, 6 + head[6] % 6, head[7]);
	for (uint16_t i = 0; i < TCP_LAB_PEERS; i++)
		lab->peer[i] = (struct peer){
			.port = (uint16_t)(PEER_PORT + i),
			.stack_port = PORT,
			/* Soon they wrap. */
			.next = 0xfffff000u + i * 0x1000u,
		};
	lab->listener =
		tcp_listen(&lab->t->net, &any, 3, &ops, lab, "fuzz", &status);
	assert(lab->listener);
}

void
tcp_lab_play(const uint8_t *data, size_t len, uint8_t state[TCP_LAB_PEERS])
{
	static const struct testnet_config config = {
		.ports = 1,
		.memory_len = 2u << 20,
		.net = { .seed = { 1 },
			 .now_ns = 1000 * S_NS,
			 .skb_count = 160,
			 .neigh_count = 8,
			 .route_count = 32,
			 .udp_sock_count = 4,
			 .frag_count = 4,
			 .tcp_sock_count = 12 },
	};
	struct lab lab = { 0 };
	uint8_t bytes[TCP_LAB_STEP];

	if (len < TCP_LAB_HEAD)
		return;
	lab.t = testnet_new_with(&config);
	begin(&lab, data);
	for (size_t at = TCP_LAB_HEAD, n = 0; at < len && n < TCP_LAB_STEPS;
	     at += TCP_LAB_STEP, n++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, data + at, min_of(len - at, sizeof(bytes)));
		play_step(&lab, bytes);
	}
	lab.t->hold = false;
	testnet_run(lab.t);
	for (unsigned int i = 0; state && i < TCP_LAB_PEERS; i++)
		state[i] = lab.peer[i].state;
	lab.t->net.core[0].skb_pool.fail_after = 0;
	for (unsigned int i = 0; i < TCP_LAB_PEERS; i++)
		if (lab.peer[i].sock)
			tcp_abort(lab.peer[i].sock);
	testnet_free(lab.t);
}
