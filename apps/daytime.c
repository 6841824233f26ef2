/* SPDX-License-Identifier: BSD-2-Clause */
/* The daytime service of daytime.h. State: struct daytime. [RFC867] */

#include "apps/daytime.h"

#include "apps/echo.h"
#include "lib/date.h"
#include "lib/fmt.h"
#include "net/net.h"
#include "net/tcp/tcp.h"
#include "net/udp.h"

#define PORT_DAYTIME 13u
#define BACKLOG	     128u

/* The line, CR and LF at its end; how long it is. */
static size_t
print_line(const struct daytime *daytime, char line[DATE_LEN + 2])
{
	uint64_t epoch_s = daytime->boot_epoch_s ? daytime->boot_epoch_s() : 0;
	char date[DATE_LEN];

	date_print(date, epoch_s + daytime->net->now_ns / 1000000000);
	return fmt_print(line, DATE_LEN + 2, "%s\r\n", date);
}

static void
on_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	    const struct sock_addr *to)
{
	enum drop why = echo_answer_check(skb, from);
	char line[DATE_LEN + 2];
	struct skb *answer;
	size_t len;

	if (why != DROP_NONE)
		return skb_drop(skb, why);
	answer = skb_alloc(&net_this_core(sock->net)->skb_pool);
	if (!answer)
		return skb_drop(skb, DROP_NOMEM);
	len = print_line(sock->ctx, line);
	memcpy(skb_put(answer, len), line, len);
	skb_consume(skb);
	udp_send(sock, answer, from, to);
}

/* What it may have sent to us is not of interest. */
static void
on_readable(struct sock *sock)
{
	struct skb *skb;

	while ((skb = tcp_recv(sock)))
		skb_consume(skb);
}

static void
on_established(struct sock *sock)
{
	char line[DATE_LEN + 2];
	size_t len = print_line(sock->ctx, line);

	tcp_write(sock, line, len);
	on_readable(sock);
	tcp_close(sock);
}

static const struct sock_ops udp_ops = { .datagram = on_datagram };
static const struct sock_ops tcp_ops = {
	.established = on_established,
	.readable = on_readable,
};

enum status
daytime_start(struct daytime *daytime, struct net *net,
	      uint64_t (*boot_epoch_s)(void))
{
	const struct sock_addr any = { .port = PORT_DAYTIME };
	enum status status;

	*daytime = (struct daytime){
		.net = net,
		.boot_epoch_s = boot_epoch_s,
	};
	daytime->udp =
		udp_open(net, &any, &udp_ops, daytime, "daytime", &status);
	if (status == OK)
		daytime->tcp = tcp_listen(net, &any, BACKLOG, &tcp_ops, daytime,
					  "daytime", &status);
	if (status != OK)
		daytime_stop(daytime);
	return status;
}

void
daytime_stop(struct daytime *daytime)
{
	if (daytime->udp)
		udp_close(daytime->udp);
	if (daytime->tcp)
		tcp_close(daytime->tcp);
	daytime->udp = daytime->tcp = NULL;
}
