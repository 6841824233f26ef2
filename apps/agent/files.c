/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of descriptors, and what a call does with one before it comes to
 * the kind of socket it is. State: struct files, whoever made it. [CONTROL]
 */

#include "apps/agent/internal.h"
#include "net/ipv4/addr.h"
#include "net/net.h"

int
files_errno(enum status status)
{
	switch (status) {
	case OK: return 0;
	case ERR_NOMEM: return LX_ENOBUFS;
	case ERR_NOENT: return LX_ENOENT;
	case ERR_EXIST: return LX_EADDRINUSE;
	case ERR_RANGE: return LX_EADDRNOTAVAIL;
	case ERR_TIMEOUT: return LX_ETIMEDOUT;
	case ERR_BUSY: return LX_EAGAIN;
	case ERR_NETUNREACH: return LX_ENETUNREACH;
	case ERR_HOSTUNREACH: return LX_EHOSTUNREACH;
	case ERR_MSGSIZE: return LX_EMSGSIZE;
	case ERR_REFUSED: return LX_ECONNREFUSED;
	case ERR_RESET: return LX_ECONNRESET;
	case ERR_CLOSED: return LX_EPIPE;
	default: return LX_EINVAL;
	}
}

/* ---- the table --------------------------------------------------------- */

void
files_init(struct files *files, struct net *net)
{
	memset(files, 0, sizeof(*files));
	files->net = net;
}

struct file *
files_new(struct files *files, enum file_kind kind)
{
	struct file *file = files->file;

	while (file < files->file + FILES_MAX && file->kind != FILE_FREE)
		file++;
	if (file == files->file + FILES_MAX)
		return NULL;
	memset(file, 0, sizeof(*file));
	file->files = files;
	file->kind = (uint8_t)kind;
	file->fd = -1;
	file->rcvlowat = 1;
	file->mtu_discover = LX_IP_PMTUDISC_WANT;
	list_init(&file->accept_queue);
	list_init(&file->accept_link);
	skb_queue_init(&file->datagrams);
	return file;
}

/* The lowest that is free. */
int32_t
files_give_fd(struct files *files, struct file *file)
{
	int32_t fd = FILES_FD_FIRST;

	while (files_find(files, fd))
		fd++;
	file->fd = fd;
	return fd;
}

void
files_free(struct file *file)
{
	list_remove(&file->accept_link);
	file->kind = FILE_FREE;
}

struct file *
files_find(struct files *files, int32_t fd)
{
	if (fd < FILES_FD_FIRST)
		return NULL;
	for (unsigned int i = 0; i < FILES_MAX; i++)
		if (files->file[i].kind != FILE_FREE && files->file[i].fd == fd)
			return &files->file[i];
	return NULL;
}

void
files_reset(struct files *files)
{
	for (unsigned int i = 0; i < FILES_MAX; i++) {
		struct file *file = &files->file[i];

		if (file->kind == FILE_FREE)
			continue;
		if (file->sock && file->kind == FILE_TCP)
			tcp_abort(file->sock);
		if (file->kind == FILE_UDP)
			datagram_close(file);
		file->kind = FILE_FREE;
	}
}

/* ---- what calls have in common ------------------------------------------ */

int32_t
file_take_error(struct file *file)
{
	int32_t error = file->error;

	file->error = 0;
	return -error;
}

int32_t
call_wait(struct file *file, struct call *call, int32_t flags,
	  uint64_t timeout_ns)
{
	uint64_t now_ns = file->files->net->now_ns;

	if (file->nonblock || (flags & LX_MSG_DONTWAIT))
		return -LX_EAGAIN;
	if (!call->begun && timeout_ns)
		call->due_ns = now_ns + timeout_ns;
	call->begun = true;
	return call->due_ns && now_ns >= call->due_ns ? -LX_EAGAIN : CALL_WAITS;
}

/* ---- calls ------------------------------------------------------------- */

static int32_t
call_socket(struct files *files, struct call *call)
{
	int32_t type = call->b & ~(LX_SOCK_NONBLOCK | LX_SOCK_CLOEXEC);
	bool stream = type == LX_SOCK_STREAM;
	struct file *file;
	int32_t ret = 0;

	if (call->a != LX_AF_INET)
		return -LX_EAFNOSUPPORT;
	if (!stream && type != LX_SOCK_DGRAM)
		return -LX_ESOCKTNOSUPPORT;
	if (call->c && call->c != (stream ? LX_IPPROTO_TCP : LX_IPPROTO_UDP))
		return -LX_EPROTONOSUPPORT;
	file = files_new(files, stream ? FILE_TCP : FILE_UDP);
	if (!file)
		return -LX_EMFILE;
	file->nonblock = call->b & LX_SOCK_NONBLOCK;
	if (stream)
		ret = stream_open(file);
	if (ret < 0) {
		files_free(file);
		return ret;
	}
	return files_give_fd(files, file);
}

static int32_t
call_bind(struct file *file, struct call *call)
{
	if (file->bound || file->connecting || file->connected)
		return -LX_EINVAL;
	if (call->addr.addr && !addr_find(file->files->net, call->addr.addr))
		return -LX_EADDRNOTAVAIL;
	if (file->kind == FILE_UDP)
		return datagram_bind(file, &call->addr);
	file->local = call->addr;
	if (!file->local.port)
		file->local.port = stream_choose_port(file);
	else if (stream_port_taken(file, &file->local))
		return -LX_EADDRINUSE;
	if (!file->local.port)
		return -LX_EADDRINUSE;
	file->bound = true;
	return 0;
}

static int32_t
call_listen(struct file *file, struct call *call)
{
	return file->kind == FILE_TCP ? stream_listen(file, call)
				      : -LX_EOPNOTSUPP;
}

static int32_t
call_accept(struct file *file, struct call *call)
{
	return file->kind == FILE_TCP ? stream_accept(file, call)
				      : -LX_EOPNOTSUPP;
}

static int32_t
call_connect(struct file *file, struct call *call)
{
	return file->kind == FILE_TCP ? stream_connect(file, call)
				      : datagram_connect(file, call);
}

static int32_t
call_recv(struct file *file, struct call *call)
{
	return file->kind == FILE_TCP ? stream_recv(file, call)
				      : datagram_recv(file, call);
}

static int32_t
call_send(struct file *file, struct call *call)
{
	return file->kind == FILE_TCP ? stream_send(file, call)
				      : datagram_send(file, call);
}

static int32_t
call_close(struct file *file, struct call *call)
{
	int32_t ret = 0;

	if (file->kind == FILE_TCP)
		ret = stream_close(file, call);
	else
		datagram_close(file);
	if (ret != CALL_WAITS)
		files_free(file);
	return ret;
}

static int32_t
call_shutdown(struct file *file, struct call *call)
{
	if (call->a < LX_SHUT_RD || call->a > LX_SHUT_RDWR)
		return -LX_EINVAL;
	if (file->kind == FILE_TCP)
		return stream_shutdown(file, call->a);
	if (!file->connected)
		return -LX_ENOTCONN;
	file->shut_rd |= call->a != LX_SHUT_WR;
	file->shut_wr |= call->a != LX_SHUT_RD;
	return 0;
}

static int32_t
call_fcntl(struct file *file, struct call *call)
{
	if (call->a == LX_F_GETFL)
		return LX_O_RDWR | (file->nonblock ? LX_O_NONBLOCK : 0);
	if (call->a != LX_F_SETFL)
		return -LX_EINVAL;
	file->nonblock = call->b & LX_O_NONBLOCK;
	return 0;
}

uint32_t
file_poll(struct file *file, uint32_t events)
{
	uint32_t now = file->kind == FILE_TCP ? stream_poll(file)
					      : datagram_poll(file);

	return now & (events | LX_POLLERR | LX_POLLHUP);
}

uint32_t
files_poll(struct files *files, int32_t fd, uint32_t events)
{
	struct file *file = files_find(files, fd);

	return file ? file_poll(file, events) : LX_POLLNVAL;
}

/* Unlike the others it does not mind O_NONBLOCK, nor a bad descriptor. */
static int32_t
call_poll(struct files *files, struct call *call)
{
	uint32_t now = files_poll(files, call->fd, (uint32_t)call->a);
	uint64_t now_ns = files->net->now_ns;

	if (now || call->b == 0)
		return (int32_t)now;
	if (!call->begun && call->b > 0)
		call->due_ns = now_ns + (uint32_t)call->b * 1000000ull;
	call->begun = true;
	return call->due_ns && now_ns >= call->due_ns ? 0 : CALL_WAITS;
}

static int32_t (*const calls[CALL_COUNT])(struct file *, struct call *) = {
	[CALL_BIND] = call_bind,
	[CALL_LISTEN] = call_listen,
	[CALL_ACCEPT] = call_accept,
	[CALL_CONNECT] = call_connect,
	[CALL_RECV] = call_recv,
	[CALL_SEND] = call_send,
	[CALL_CLOSE] = call_close,
	[CALL_SHUTDOWN] = call_shutdown,
	[CALL_GETSOCKOPT] = file_getsockopt,
	[CALL_SETSOCKOPT] = file_setsockopt,
	[CALL_FCNTL] = call_fcntl,
	[CALL_IOCTL] = file_ioctl,
};

bool
call_step(struct files *files, struct call *call)
{
	struct file *file;

	assert(call->op < CALL_COUNT);
	if (call->op == CALL_SOCKET) {
		call->ret = call_socket(files, call);
		return true;
	}
	if (call->op == CALL_POLL) {
		call->ret = call_poll(files, call);
		return call->ret != CALL_WAITS;
	}
	file = files_find(files, call->fd);
	call->ret = file ? calls[call->op](file, call) : -LX_EBADF;
	return call->ret != CALL_WAITS;
}
