/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo, discard and chargen over UDP: three socks; datagrams come from
 * udp_input(), answers go to udp_send(). State: struct echo, its starter's.
 * [RFC862] [RFC863] [RFC864]
 */

#include "apps/echo.h"

#include "apps/echo_tcp.h"
#include "net/net.h"
#include "net/udp.h"

#define PORT_ECHO    7u
#define PORT_DISCARD 9u
#define PORT_CHARGEN 19u

/* chargen: a line is 72 characters, CR, LF; an answer at most 512 bytes
 * [RFC864]; no more answers than this, so that whoever forges a source gains
 * nothing. */
#define LINE_LEN	74u
#define CHARGEN_LEN_MAX 512u
#define CHARGEN_PACE_NS 50000000ull /* 20 a second */
#define CHARGEN_BURST	10u

/* Services that answer whatever they get: two of them never come to an end.
 * [RFC862] [RFC864] */
static bool
answers_everything(uint16_t port)
{
	static const uint16_t ports[] = { 7, 11, 13, 17, 19, 37 };

	for (unsigned int i = 0; i < array_len(ports); i++)
		if (port == ports[i])
			return true;
	return false;
}

enum drop
echo_answer_check(const struct skb *skb, const struct sock_addr *from)
{
	if (skb->pkt_type == PKT_BROADCAST || skb->pkt_type == PKT_MULTICAST)
		return DROP_ECHO_BROADCAST;
	if (from->port == 0)
		return DROP_ECHO_PORT_ZERO;
	if (answers_everything(from->port))
		return DROP_ECHO_LOOP;
	return DROP_NONE;
}

static void
echo_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	      const struct sock_addr *to)
{
	struct echo *echo = sock->ctx;
	enum drop why = echo_answer_check(skb, from);

	if (why != DROP_NONE)
		return skb_drop(skb, why);
	echo->echoed++;
	udp_send(sock, skb, from, to);
}

static void
discard_datagram(struct sock *sock, struct skb *skb,
		 const struct sock_addr *from, const struct sock_addr *to)
{
	struct echo *echo = sock->ctx;

	echo->discarded++;
	skb_consume(skb);
}

/* Is an answer due? The pace is kept as the time when all answers so far would
 * have been sent one by one; it may run ahead by a burst. */
static bool
chargen_paced(struct echo *echo)
{
	uint64_t now_ns = echo->net->now_ns;

	if (echo->chargen_ns > now_ns + (CHARGEN_BURST - 1) * CHARGEN_PACE_NS)
		return false;
	echo->chargen_ns = max_of(echo->chargen_ns, now_ns) + CHARGEN_PACE_NS;
	return true;
}

/* Lines of the 95 printable characters, each beginning one further on. */
static void
generate(uint8_t *text, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint32_t line = i / LINE_LEN, column = i % LINE_LEN;

		if (column == LINE_LEN - 2)
			text[i] = '\r';
		else if (column == LINE_LEN - 1)
			text[i] = '\n';
		else
			text[i] = (uint8_t)(' ' + (line + column) % 95);
	}
}

/* A random length [RFC864]: from one line to as much as was sent, so that small
 * questions get small answers. */
static uint32_t
chargen_len(struct net *net, uint32_t request_len)
{
	uint32_t most = min_of(request_len, CHARGEN_LEN_MAX);

	most = max_of(most, LINE_LEN);
	return LINE_LEN + random_below(&net->random, most - LINE_LEN + 1);
}

static void
chargen_datagram(struct sock *sock, struct skb *skb,
		 const struct sock_addr *from, const struct sock_addr *to)
{
	struct echo *echo = sock->ctx;
	enum drop why = echo_answer_check(skb, from);
	struct skb *answer;
	uint32_t len;

	if (why == DROP_NONE && !chargen_paced(echo))
		why = DROP_CHARGEN_RATE;
	if (why != DROP_NONE)
		return skb_drop(skb, why);
	answer = skb_alloc(&net_this_core(echo->net)->skb_pool);
	if (!answer)
		return skb_drop(skb, DROP_NOMEM);
	len = chargen_len(echo->net, skb->len);
	generate(skb_put(answer, len), len);
	skb_consume(skb);
	echo->generated++;
	udp_send(sock, answer, from, to);
}

static const struct sock_ops echo_ops = { .datagram = echo_datagram };
static const struct sock_ops discard_ops = { .datagram = discard_datagram };
static const struct sock_ops chargen_ops = { .datagram = chargen_datagram };

static enum status
open_port(struct echo *echo, struct sock **sock, uint16_t port,
	  const struct sock_ops *ops, const char *owner)
{
	const struct sock_addr any = { .port = port };
	enum status status;

	*sock = udp_open(echo->net, &any, ops, echo, owner, &status);
	return status;
}

enum status
echo_start(struct echo *echo, struct net *net)
{
	enum status status;

	memset(echo, 0, sizeof(*echo));
	echo->net = net;
	status = open_port(echo, &echo->udp_echo, PORT_ECHO, &echo_ops, "echo");
	if (status == OK)
		status = open_port(echo, &echo->udp_discard, PORT_DISCARD,
				   &discard_ops, "discard");
	if (status == OK)
		status = open_port(echo, &echo->udp_chargen, PORT_CHARGEN,
				   &chargen_ops, "chargen");
	if (status == OK)
		status = echo_tcp_start(echo);
	if (status != OK)
		echo_stop(echo);
	return status;
}

void
echo_stop(struct echo *echo)
{
	if (echo->udp_echo)
		udp_close(echo->udp_echo);
	if (echo->udp_discard)
		udp_close(echo->udp_discard);
	if (echo->udp_chargen)
		udp_close(echo->udp_chargen);
	echo->udp_echo = echo->udp_discard = echo->udp_chargen = NULL;
	echo_tcp_stop(echo);
}
