/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagram sockets over net/udp.h: what arrives waits in a bounded queue with
 * its sender. State: struct file. [RFC1122 4.1] [CONTROL]
 */

#include "apps/agent/internal.h"
#include "net/net.h"
#include "net/udp.h"

#define QUEUE_MAX 256u /* datagrams a socket keeps */

_Static_assert(sizeof(struct sock_addr) <= sizeof(((struct skb *)0)->cb),
	       "the sender fits the scratch space");

static void
on_datagram(struct sock *sock, struct skb *skb, const struct sock_addr *from,
	    const struct sock_addr *to)
{
	struct file *file = sock->ctx;

	if (file->shut_rd || file->datagrams.count >= QUEUE_MAX) {
		udp_sock_of(sock)->drops++;
		sock->net->udp.stats.rcvbuf_errors++;
		return skb_drop(skb, DROP_AGENT_QUEUE);
	}
	file->activity++;
	memcpy(skb->cb, from, sizeof(*from));
	skb_queue_push(&file->datagrams, skb);
}

/* Only who has one peer is told. [RFC1122 4.1.3.3] */
static void
on_error(struct sock *sock, enum status error)
{
	struct file *file = sock->ctx;

	if (file->connected && error != ERR_TIMEOUT)
		file->error = files_errno(error);
	if (error == ERR_MSGSIZE)
		file->error = LX_EMSGSIZE;
}

static const struct sock_ops ops = {
	.datagram = on_datagram,
	.error = on_error,
};

int32_t
datagram_bind(struct file *file, const struct sock_addr *local)
{
	enum status status;

	file->sock =
		udp_open(file->files->net, local, &ops, file, "agent", &status);
	if (!file->sock)
		return -files_errno(status);
	file->local = file->sock->local;
	file->bound = true;
	file_apply_options(file);
	return 0;
}

void
datagram_close(struct file *file)
{
	struct skb *skb;

	while ((skb = skb_queue_pop(&file->datagrams)))
		skb_consume(skb);
	if (file->sock)
		udp_close(file->sock);
	file->sock = NULL;
}

static int32_t
need_sock(struct file *file)
{
	const struct sock_addr any = { 0 };

	return file->sock ? 0 : datagram_bind(file, &any);
}

int32_t
datagram_connect(struct file *file, struct call *call)
{
	enum status status;
	int32_t ret = need_sock(file);

	if (ret < 0)
		return ret;
	if (call->a == LX_AF_UNSPEC) {
		file->connected = false;
		file->sock->remote = (struct sock_addr){ 0 };
		return 0;
	}
	status = udp_connect(file->sock, &call->addr);
	if (status != OK)
		return -files_errno(status);
	file->remote = call->addr;
	file->local = file->sock->local;
	file->connected = true;
	return 0;
}

int32_t
datagram_recv(struct file *file, struct call *call)
{
	struct skb *skb = file->datagrams.first;
	size_t len, all;

	if (file->error)
		return file_take_error(file);
	if (!skb)
		return file->shut_rd ? 0
				     : call_wait(file, call, call->b,
						 file->rcvtimeo_ns);
	memcpy(&call->addr, skb->cb, sizeof(call->addr));
	all = skb->len;
	len = min_of(all, call->len);
	if (len)
		skb_copy_out(skb, 0, call->buf, len);
	call->done = len;
	if (!(call->b & LX_MSG_PEEK))
		skb_consume(skb_queue_pop(&file->datagrams));
	return (int32_t)(call->b & LX_MSG_TRUNC ? all : len);
}

int32_t
datagram_send(struct file *file, struct call *call)
{
	struct skb_pool *pool = &net_this_core(file->files->net)->skb_pool;
	struct skb *skb;
	int32_t ret;

	if (file->error)
		return file_take_error(file);
	if (file->shut_wr)
		return -LX_EPIPE;
	if (!call->has_addr && !file->connected)
		return -LX_EDESTADDRREQ;
	if (call->has_addr && !call->addr.port)
		return -LX_EINVAL;
	ret = need_sock(file);
	if (ret < 0)
		return ret;
	skb = skb_alloc(pool);
	if (!skb)
		return -LX_ENOBUFS;
	if (!skb_copy_in(skb, call->buf, call->len)) {
		skb_drop(skb, DROP_NOMEM);
		return -LX_ENOBUFS;
	}
	udp_send(file->sock, skb, call->has_addr ? &call->addr : NULL, NULL);
	if (file->error)
		return file_take_error(file);
	return (int32_t)call->len;
}

uint32_t
datagram_poll(struct file *file)
{
	uint32_t now = LX_POLLOUT | LX_POLLWRNORM;

	if (file->error)
		now |= LX_POLLERR;
	if (file->datagrams.first || file->shut_rd)
		now |= LX_POLLIN | LX_POLLRDNORM;
	if (file->shut_rd)
		now |= LX_POLLRDHUP;
	return now;
}
