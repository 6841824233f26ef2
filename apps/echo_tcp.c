/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo, discard and chargen over TCP: what a connection reads, the flow of what
 * it sends, its end. A connection needs no state of its own but chargen's place
 * in its pattern, which is kept in sock->ctx. [RFC862] [RFC863] [RFC864]
 */

#include "apps/echo_tcp.h"

#include "apps/echo.h"
#include "net/net.h"
#include "net/tcp/tcp.h"

#define PORT_ECHO    7u
#define PORT_DISCARD 9u
#define PORT_CHARGEN 19u
#define BACKLOG	     128u

#define LINE_LEN    74u /* 72 characters, CR, LF */
#define LINES	    20u /* written at once */
#define PATTERN_LEN ((size_t)LINE_LEN * 95)
#define ALL_CHARACTERS                                                         \
	" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"  \
	"abcdefghijklmnopqrstuvwxyz{|}~"

/* Gives back as much as may be sent; the rest waits unread, and so, by its
 * window, does the peer. */
static void
echo_readable(struct sock *sock)
{
	struct skb *skb;

	while (tcp_room_to_pass_on(sock) && (skb = tcp_recv(sock)))
		if (tcp_send(sock, skb) != OK)
			return tcp_abort(sock);
	if (tcp_eof(sock))
		tcp_close(sock);
}

static void
swallow(struct sock *sock)
{
	struct skb *skb;

	while ((skb = tcp_recv(sock)))
		skb_consume(skb);
	if (tcp_eof(sock))
		tcp_close(sock);
}

/* Each line begins one character further on in the circle of all 95. */
static void
chargen_line(uint8_t text[LINE_LEN], uint32_t line)
{
	static const char circle[] = ALL_CHARACTERS ALL_CHARACTERS;

	memcpy(text, circle + line % 95, LINE_LEN - 2);
	text[LINE_LEN - 2] = '\r';
	text[LINE_LEN - 1] = '\n';
}

static void
chargen_write(struct sock *sock)
{
	uint32_t at = (uint32_t)(uintptr_t)sock->ctx, skip;
	uint8_t text[LINE_LEN * LINES];
	size_t len;

	while ((len = tcp_room(sock))) {
		for (uint32_t i = 0; i < LINES; i++)
			chargen_line(text + (size_t)i * LINE_LEN,
				     at / LINE_LEN + i);
		skip = at % LINE_LEN;
		len = tcp_write(sock, text + skip,
				min_of(len, sizeof(text) - skip));
		if (!len)
			break;
		at = (uint32_t)((at + len) % PATTERN_LEN);
	}
	sock->ctx = (void *)(uintptr_t)at;
}

static void
chargen_established(struct sock *sock)
{
	sock->ctx = NULL;
	chargen_write(sock);
}

static const struct sock_ops echo_ops = {
	.readable = echo_readable,
	.writable = echo_readable,
};
static const struct sock_ops discard_ops = { .readable = swallow };
static const struct sock_ops chargen_ops = {
	.established = chargen_established,
	.readable = swallow,
	.writable = chargen_write,
};

static enum status
listen_on(struct net *net, struct sock **sock, uint16_t port,
	  const struct sock_ops *ops, const char *owner)
{
	const struct sock_addr any = { .port = port };
	enum status status;

	*sock = tcp_listen(net, &any, BACKLOG, ops, NULL, owner, &status);
	return status;
}

enum status
echo_tcp_start(struct echo *echo)
{
	enum status status;

	status = listen_on(echo->net, &echo->tcp_echo, PORT_ECHO, &echo_ops,
			   "echo");
	if (status == OK)
		status = listen_on(echo->net, &echo->tcp_discard, PORT_DISCARD,
				   &discard_ops, "discard");
	if (status == OK)
		status = listen_on(echo->net, &echo->tcp_chargen, PORT_CHARGEN,
				   &chargen_ops, "chargen");
	if (status != OK)
		echo_tcp_stop(echo);
	return status;
}

void
echo_tcp_stop(struct echo *echo)
{
	struct sock **socks[] = { &echo->tcp_echo, &echo->tcp_discard,
				  &echo->tcp_chargen };

	for (unsigned int i = 0; i < array_len(socks); i++) {
		if (*socks[i])
			tcp_close(*socks[i]);
		*socks[i] = NULL;
	}
}
