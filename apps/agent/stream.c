/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stream sockets over net/tcp/: opening, accepting, bytes, the end. The stack's
 * callbacks only note what happened; calls look at it when they are tried
 * again. State: struct file. [RFC9293 3.9.1] [CONTROL]
 */

#include "apps/agent/internal.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

/* ---- what the stack tells ----------------------------------------------- */

/* A connection to a listener: it waits in the queue to be accepted, with its
 * listener's options. */
static void
enqueue(struct file *listener, struct sock *sock)
{
	struct files *files = listener->files;
	struct file *file = NULL;

	/* Linux lets one more in than was asked for. */
	if (listener->kind == FILE_TCP && listener->listening &&
	    listener->accept_count <= listener->backlog)
		file = files_new(files, FILE_TCP);
	if (!file) {
		files->accept_overflows++;
		return tcp_abort(sock);
	}
	memcpy(file->option, listener->option, sizeof(file->option));
	file->option_set = listener->option_set;
	file->linger = listener->linger;
	file->linger_s = listener->linger_s;
	file->reuse_addr = listener->reuse_addr;
	file->mtu_discover = listener->mtu_discover;
	file->tos = listener->tos;
	file->ttl = listener->ttl;
	memcpy(file->congestion, listener->congestion,
	       sizeof(file->congestion));
	file->sock = sock;
	file->local = sock->local;
	file->remote = sock->remote;
	file->bound = file->connected = true;
	sock->ctx = file;
	list_add_last(&listener->accept_queue, &file->accept_link);
	listener->accept_count++;
	if (listener->accept_count > listener->backlog)
		tcp_hold(listener->sock, true);
	listener->activity++;
}

static void
on_established(struct sock *sock)
{
	struct file *file = sock->ctx;

	if (file->sock != sock)
		return enqueue(file, sock);
	file->activity++;
	file->connecting = false;
	file->connected = true;
	file->local = sock->local;
	file->remote = sock->remote;
}

/* A soft error is told only if nothing better comes. [RFC9293 3.9.2.2] */
static void
on_error(struct sock *sock, enum status error)
{
	struct file *file = sock->ctx;

	if (file->sock == sock && error != ERR_TIMEOUT)
		file->soft_error = files_errno(error);
}

static void
on_closed(struct sock *sock, enum status why)
{
	struct file *file = sock->ctx;

	if (file->sock != sock)
		return;
	file->activity++;
	tcp_get_info(sock, &file->last);
	file->sock = NULL;
	file->connecting = false;
	if (why == OK && file->connected)
		file->peer_closed = true;
	/* ERR_CLOSED is our own doing. */
	if (why == OK || why == ERR_CLOSED)
		return;
	file->error = files_errno(why);
	if (why == ERR_TIMEOUT && file->soft_error)
		file->error = file->soft_error;
}

static void
on_readable(struct sock *sock)
{
	struct file *file = sock->ctx;

	file->activity++;
	if (file->sock == sock && tcp_fin_received(sock))
		file->peer_closed = true;
}

static void
on_writable(struct sock *sock)
{
	struct file *file = sock->ctx;

	file->activity++;
}

const struct sock_ops file_tcp_ops = {
	.established = on_established,
	.readable = on_readable,
	.writable = on_writable,
	.error = on_error,
	.closed = on_closed,
};

/* ---- opening ----------------------------------------------------------- */

int32_t
stream_open(struct file *file)
{
	file->sock = tcp_open(file->files->net, &file_tcp_ops, file, "agent");
	if (!file->sock)
		return -LX_ENOBUFS;
	file_apply_options(file);
	return 0;
}

struct taken {
	const struct file *file;
	struct sock_addr local;
	bool yes;
};

static bool
overlaps(const struct sock_addr *a, const struct sock_addr *b)
{
	return a->port == b->port &&
	       (!a->addr || !b->addr || a->addr == b->addr);
}

static void
check_sock(void *ctx, struct sock *sock)
{
	struct taken *taken = ctx;

	if (overlaps(&sock->local, &taken->local) &&
	    (!taken->file->reuse_addr || tcp_state(sock) == TCP_LISTEN))
		taken->yes = true;
}

static void
check_timewait(void *ctx, const struct tcp_timewait_info *tw)
{
	struct taken *taken = ctx;

	if (overlaps(&tw->local, &taken->local) && !taken->file->reuse_addr)
		taken->yes = true;
}

bool
stream_port_taken(struct file *file, const struct sock_addr *local)
{
	struct files *files = file->files;
	struct taken taken = { .file = file, .local = *local };

	for (unsigned int i = 0; i < FILES_MAX; i++) {
		const struct file *other = &files->file[i];

		if (other->kind == FILE_TCP && other != file && other->bound &&
		    !other->connected && overlaps(&other->local, local) &&
		    (other->listening || !other->reuse_addr ||
		     !file->reuse_addr))
			return true;
	}
	tcp_for_each(files->net, check_sock, &taken);
	tcp_for_each_timewait(files->net, check_timewait, &taken);
	return taken.yes;
}

uint16_t
stream_choose_port(struct file *file)
{
	struct net *net = file->files->net;
	uint32_t first = max_of(net->ipv4_param.ip_local_port_first, 1u);
	uint32_t last = min_of(net->ipv4_param.ip_local_port_last, 65535u);
	uint32_t count = last >= first ? last - first + 1 : 0, start;
	struct sock_addr local = { .addr = file->local.addr };

	if (!count)
		return 0;
	start = random_below(&net->random, count);
	for (uint32_t i = 0; i < count; i++) {
		local.port = (uint16_t)(first + (start + i) % count);
		if (!stream_port_taken(file, &local))
			return local.port;
	}
	return 0;
}

int32_t
stream_listen(struct file *file, struct call *call)
{
	uint32_t backlog = call->a < 0 ? 4096u : (uint32_t)call->a;
	enum status status;

	if (file->connecting || file->connected)
		return -LX_EINVAL;
	if (!file->sock && stream_open(file) < 0)
		return -LX_ENOBUFS;
	if (!file->bound)
		file->local.port = stream_choose_port(file);
	status = tcp_listen_on(file->sock, &file->local, backlog);
	if (status != OK)
		return -files_errno(status);
	file->bound = file->listening = true;
	file->backlog = backlog;
	tcp_hold(file->sock, file->accept_count > backlog);
	return 0;
}

int32_t
stream_accept(struct file *file, struct call *call)
{
	struct file *child;

	if (!file->listening)
		return -LX_EINVAL;
	if (list_empty(&file->accept_queue))
		return call_wait(file, call, 0, file->rcvtimeo_ns);
	child = list_entry(file->accept_queue.next, struct file, accept_link);
	list_remove(&child->accept_link);
	file->accept_count--;
	if (file->sock)
		tcp_hold(file->sock, false);
	child->nonblock = call->b & LX_SOCK_NONBLOCK;
	call->addr = child->remote;
	return files_give_fd(file->files, child);
}

/* Back to what socket() gave; a queue of connections is reset. */
static void
disconnect(struct file *file)
{
	struct file *child;

	while (!list_empty(&file->accept_queue)) {
		child = list_entry(file->accept_queue.next, struct file,
				   accept_link);
		if (child->sock)
			tcp_abort(child->sock);
		files_free(child);
	}
	file->accept_count = 0;
	if (file->sock)
		tcp_abort(file->sock);
	file->sock = NULL;
	file->listening = file->connecting = file->connected = false;
	file->shut_rd = file->shut_wr = file->peer_closed = false;
	file->remote = (struct sock_addr){ 0 };
}

static int32_t
begin_connect(struct file *file, struct call *call)
{
	enum status status;

	if (!file->sock && stream_open(file) < 0)
		return -LX_ENOBUFS;
	status = tcp_connect_on(file->sock, file->bound ? &file->local : NULL,
				&call->addr);
	if (status == ERR_INVAL)
		return call->addr.port ? -LX_ENETUNREACH : -LX_ECONNREFUSED;
	if (status == ERR_EXIST || status == ERR_RANGE)
		return -LX_EADDRNOTAVAIL;
	if (status != OK)
		return -files_errno(status);
	file->local = file->sock->local;
	file->remote = file->sock->remote;
	file->bound = true;
	file->shut_rd = file->shut_wr = file->peer_closed = false;
	file->error = file->soft_error = 0;
	file->connecting = true;
	return 0;
}

int32_t
stream_connect(struct file *file, struct call *call)
{
	int32_t ret;

	if (call->a == LX_AF_UNSPEC && !call->begun) {
		disconnect(file);
		return 0;
	}
	if (!call->begun) {
		if (file->error)
			return file_take_error(file);
		if (file->connecting)
			return -LX_EALREADY;
		if (file->listening || (file->connected && file->sock))
			return -LX_EISCONN;
		if (file->connected)
			disconnect(file);
		ret = begin_connect(file, call);
		if (ret < 0)
			return ret;
	} else if (!file->connecting) {
		if (file->error)
			return file_take_error(file);
		return file->connected ? 0 : -LX_ECONNRESET;
	}
	ret = call_wait(file, call, 0, file->sndtimeo_ns);
	return ret == -LX_EAGAIN ? -LX_EINPROGRESS : ret;
}

/* ---- bytes ------------------------------------------------------------- */

/* What recv() says when there is nothing to read. */
static int32_t
nothing(struct file *file, struct call *call)
{
	if (file->listening)
		return -LX_ENOTCONN;
	if (call->done)
		return (int32_t)call->done;
	if (file->peer_closed && !file->error)
		return 0;
	if (file->error)
		return file_take_error(file);
	if (file->shut_rd)
		return 0;
	if (!file->sock)
		return file->connected ? 0 : -LX_ENOTCONN;
	if (!file->connecting && !file->connected)
		return -LX_ENOTCONN;
	return call_wait(file, call, call->b, file->rcvtimeo_ns);
}

int32_t
stream_recv(struct file *file, struct call *call)
{
	size_t want = call->len - call->done, got = 0, least;

	if (call->b & LX_MSG_OOB)
		return -LX_EINVAL;
	call->addr = file->remote;
	if (file->sock && file->connected) {
		least = call->b & LX_MSG_WAITALL
				? call->len
				: min_of((size_t)file->rcvlowat, call->len);
		if (call->b & LX_MSG_PEEK)
			got = tcp_peek(file->sock, call->buf, call->len);
		else
			got = tcp_read(file->sock, call->buf + call->done,
				       want);
		call->done = call->b & LX_MSG_PEEK ? got : call->done + got;
		if (call->done >= least && (call->done || !call->len))
			return (int32_t)call->done;
		if (call->done && !tcp_eof(file->sock) && !file->error) {
			int32_t ret = call_wait(file, call, call->b,
						file->rcvtimeo_ns);

			return ret == CALL_WAITS ? ret : (int32_t)call->done;
		}
		/* It may have been the last of it. */
		if (tcp_eof(file->sock))
			file->peer_closed = true;
	}
	return nothing(file, call);
}

/* MSG_MORE corks until somebody sends without it. */
static void
cork(struct file *file, bool more)
{
	bool corked = file->option[TCP_OPT_CORK];

	if (more == file->cork_more)
		return;
	file->cork_more = more;
	if (!corked)
		tcp_set_option(file->sock, TCP_OPT_CORK, more);
}

int32_t
stream_send(struct file *file, struct call *call)
{
	int32_t ret;

	if (call->b & LX_MSG_FASTOPEN)
		return -LX_EOPNOTSUPP;
	if (file->error && !call->done)
		return file_take_error(file);
	if (!file->sock || file->shut_wr || file->listening ||
	    (!file->connecting && !file->connected))
		return call->done ? (int32_t)call->done : -LX_EPIPE;
	if (file->connected) {
		cork(file, call->b & LX_MSG_MORE);
		call->done += tcp_write(file->sock, call->buf + call->done,
					call->len - call->done);
		if (call->done == call->len) {
			if (call->b & LX_MSG_OOB)
				tcp_send_urgent(file->sock);
			return (int32_t)call->done;
		}
	}
	ret = call_wait(file, call, call->b, file->sndtimeo_ns);
	return ret == -LX_EAGAIN && call->done ? (int32_t)call->done : ret;
}

/* ---- the end ----------------------------------------------------------- */

int32_t
stream_shutdown(struct file *file, int32_t how)
{
	if (file->listening) {
		if (how == LX_SHUT_WR)
			return 0;
		disconnect(file);
		return 0;
	}
	if (file->connecting && tcp_state(file->sock) == TCP_SYN_SENT) {
		disconnect(file);
		return 0;
	}
	if (!file->sock || (!file->connected && !file->connecting))
		return -LX_ENOTCONN;
	file->shut_rd |= how != LX_SHUT_WR;
	if (how == LX_SHUT_RD)
		return 0;
	file->shut_wr = true;
	tcp_shutdown(file->sock); /* a second time changes nothing */
	return 0;
}

/* Has the peer acknowledged our FIN? */
static bool
is_delivered(struct file *file)
{
	enum tcp_state state;

	if (!file->sock)
		return true;
	state = tcp_state(file->sock);
	return state != TCP_FIN_WAIT_1 && state != TCP_CLOSING &&
	       state != TCP_LAST_ACK;
}

int32_t
stream_close(struct file *file, struct call *call)
{
	if (file->listening || !file->sock) {
		disconnect(file);
		return 0;
	}
	if (file->linger && file->linger_s == 0) {
		tcp_abort(file->sock);
		return 0;
	}
	/* Waits for its data to arrive, unless that was not wanted. */
	if (file->linger && file->connected && !file->nonblock &&
	    !tcp_readable_len(file->sock)) {
		tcp_shutdown(file->sock);
		file->shut_wr = true;
		if (!is_delivered(file) &&
		    call_wait(file, call, 0, file->linger_s * 1000000000ull) ==
			    CALL_WAITS)
			return CALL_WAITS;
	}
	if (file->sock)
		tcp_close(file->sock);
	return 0;
}

/* ---- poll -------------------------------------------------------------- */

uint32_t
stream_poll(struct file *file)
{
	bool over = !file->sock && (file->connected || file->error);
	bool idle = file->sock && !file->listening && !file->connecting &&
		    !file->connected;
	uint32_t now = file->error ? LX_POLLERR : 0;
	bool shut_rd, shut_wr;

	if (file->listening)
		return list_empty(&file->accept_queue)
			       ? now
			       : now | LX_POLLIN | LX_POLLRDNORM;
	if (file->connecting)
		return now;
	if (file->sock && file->connected && tcp_fin_received(file->sock))
		file->peer_closed = true;
	shut_rd = file->shut_rd || file->peer_closed || over;
	shut_wr = file->shut_wr || over;
	if (over || idle || !file->sock || (shut_rd && shut_wr))
		now |= LX_POLLHUP;
	if (shut_rd)
		now |= LX_POLLIN | LX_POLLRDNORM | LX_POLLRDHUP;
	if (file->sock && tcp_readable_len(file->sock) >= file->rcvlowat)
		now |= LX_POLLIN | LX_POLLRDNORM;
	if (file->sock && tcp_urgent_len(file->sock))
		now |= LX_POLLPRI;
	if (shut_wr || idle || !file->sock || tcp_room(file->sock))
		now |= LX_POLLOUT | LX_POLLWRNORM;
	return now;
}
