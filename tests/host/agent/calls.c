/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket calls of libfairlead-packetdrill.so; see packetdrill.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/be.h"
#include "tests/host/agent/drill.h"

/* ---- calls ------------------------------------------------------------- */

static bool
step_call(struct drill *drill, struct waiting *w)
{
	return call_step(&drill->files, w->arg);
}

/* -1 and errno, or what the call says. */
static ssize_t
run_call(struct drill *drill, struct call *call)
{
	struct waiting w = { .step = step_call,
			     .arg = call,
			     .due_ns = &call->due_ns };

	if (!call_step(&drill->files, call))
		drill_wait(drill, &w);
	drill_settle(drill);
	drill_leave(drill);
	if (call->ret >= 0)
		return call->ret;
	errno = call->ret == INT32_MIN ? EDEADLK : -call->ret;
	return -1;
}

/* struct sockaddr_in; the header that has it has our names, too. */
struct inet_addr {
	uint16_t family;
	be16 port;
	be32 addr;
	uint8_t zero[8];
};

static bool
take_addr(struct call *call, const struct sockaddr *addr, socklen_t len)
{
	const struct inet_addr *in = (const void *)addr;

	if (!addr || len < sizeof(addr->sa_family))
		return false;
	call->a = addr->sa_family;
	if (addr->sa_family == AF_UNSPEC)
		return true;
	if (len < sizeof(*in) || addr->sa_family != AF_INET)
		return false;
	call->addr.addr = be32_get(in->addr);
	call->addr.port = be16_get(in->port);
	call->has_addr = true;
	return true;
}

static void
give_addr(const struct call *call, struct sockaddr *addr, socklen_t *len)
{
	const struct inet_addr in = {
		.family = AF_INET,
		.port = be16_from(call->addr.port),
		.addr = be32_from(call->addr.addr),
	};

	if (!addr || !len)
		return;
	memcpy(addr, &in, min_of((size_t)*len, sizeof(in)));
	*len = sizeof(in);
}

/*
 * packetdrill closes what a script leaves open with the real close(): so each
 * descriptor is one of the process, which stands for ours.
 */
static int
real_fd(struct drill *drill, int fd)
{
	struct file *file;
	int real;

	if (fd < 0)
		return fd;
	real = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (real < FILES_FD_FIRST)
		panic("packetdrill: no descriptor to be had");
	drill_enter(drill);
	file = files_find(&drill->files, fd);
	file->fd = real;
	drill_leave(drill);
	return real;
}

static int
drill_socket(void *userdata, int domain, int type, int protocol)
{
	struct call call = {
		.op = CALL_SOCKET, .a = domain, .b = type, .c = protocol
	};

	drill_enter(userdata);
	return real_fd(userdata, (int)run_call(userdata, &call));
}

static int
drill_bind(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct call call = { .op = CALL_BIND, .fd = fd };

	drill_enter(userdata);
	if (!take_addr(&call, addr, len)) {
		drill_leave(userdata);
		errno = EINVAL;
		return -1;
	}
	drill_learn_address(userdata, call.addr.addr);
	return (int)run_call(userdata, &call);
}

static int
drill_listen(void *userdata, int fd, int backlog)
{
	struct call call = { .op = CALL_LISTEN, .fd = fd, .a = backlog };

	drill_enter(userdata);
	return (int)run_call(userdata, &call);
}

static int
drill_accept(void *userdata, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct call call = { .op = CALL_ACCEPT, .fd = fd };
	int ret;

	drill_enter(userdata);
	ret = (int)run_call(userdata, &call);
	if (ret >= 0)
		give_addr(&call, addr, len);
	return real_fd(userdata, ret);
}

static int
drill_connect(void *userdata, int fd, const struct sockaddr *addr,
	      socklen_t len)
{
	struct call call = { .op = CALL_CONNECT, .fd = fd };

	drill_enter(userdata);
	if (!take_addr(&call, addr, len)) {
		drill_leave(userdata);
		errno = EINVAL;
		return -1;
	}
	return (int)run_call(userdata, &call);
}

static ssize_t
drill_recvfrom(void *userdata, int fd, void *buf, size_t len, int flags,
	       struct sockaddr *addr, socklen_t *addrlen)
{
	struct call call = {
		.op = CALL_RECV, .fd = fd, .buf = buf, .len = len, .b = flags
	};
	ssize_t ret;

	drill_enter(userdata);
	if (flags & MSG_ERRQUEUE) {
		drill_leave(userdata);
		errno = EAGAIN;
		return -1;
	}
	ret = run_call(userdata, &call);
	if (ret >= 0)
		give_addr(&call, addr, addrlen);
	return ret;
}

static ssize_t
drill_recv(void *userdata, int fd, void *buf, size_t len, int flags)
{
	return drill_recvfrom(userdata, fd, buf, len, flags, NULL, NULL);
}

static ssize_t
drill_read(void *userdata, int fd, void *buf, size_t len)
{
	return drill_recvfrom(userdata, fd, buf, len, 0, NULL, NULL);
}

static size_t
iov_len(const struct iovec *iov, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += iov[i].iov_len;
	return len;
}

static ssize_t
drill_recvmsg(void *userdata, int fd, struct msghdr *msg, int flags)
{
	size_t len = iov_len(msg->msg_iov, msg->msg_iovlen), at = 0;
	uint8_t *bytes = malloc(len + 1);
	ssize_t ret;

	ret = drill_recvfrom(userdata, fd, bytes, len, flags, msg->msg_name,
			     msg->msg_name ? &msg->msg_namelen : NULL);
	for (size_t i = 0; i < msg->msg_iovlen && ret > (ssize_t)at; i++) {
		size_t piece =
			min_of(msg->msg_iov[i].iov_len, (size_t)ret - at);

		memcpy(msg->msg_iov[i].iov_base, bytes + at, piece);
		at += piece;
	}
	free(bytes);
	msg->msg_controllen = 0;
	msg->msg_flags = 0;
	return ret;
}

static ssize_t
drill_readv(void *userdata, int fd, const struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)iov,
			      .msg_iovlen = (size_t)count };

	return drill_recvmsg(userdata, fd, &msg, 0);
}

static ssize_t
drill_sendto(void *userdata, int fd, const void *buf, size_t len, int flags,
	     const struct sockaddr *addr, socklen_t addrlen)
{
	struct call call = { .op = CALL_SEND,
			     .fd = fd,
			     .buf = (void *)buf,
			     .len = len,
			     .b = flags };

	drill_enter(userdata);
	if (addr)
		take_addr(&call, addr, addrlen);
	return run_call(userdata, &call);
}

static ssize_t
drill_send(void *userdata, int fd, const void *buf, size_t len, int flags)
{
	return drill_sendto(userdata, fd, buf, len, flags, NULL, 0);
}

static ssize_t
drill_write(void *userdata, int fd, const void *buf, size_t len)
{
	return drill_sendto(userdata, fd, buf, len, 0, NULL, 0);
}

static ssize_t
drill_sendmsg(void *userdata, int fd, const struct msghdr *msg, int flags)
{
	size_t len = iov_len(msg->msg_iov, msg->msg_iovlen), at = 0;
	uint8_t *bytes = malloc(len + 1);
	ssize_t ret;

	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		memcpy(bytes + at, msg->msg_iov[i].iov_base,
		       msg->msg_iov[i].iov_len);
		at += msg->msg_iov[i].iov_len;
	}
	ret = drill_sendto(userdata, fd, bytes, len, flags, msg->msg_name,
			   msg->msg_namelen);
	free(bytes);
	return ret;
}

static ssize_t
drill_writev(void *userdata, int fd, const struct iovec *iov, int count)
{
	const struct msghdr msg = { .msg_iov = (struct iovec *)iov,
				    .msg_iovlen = (size_t)count };

	return drill_sendmsg(userdata, fd, &msg, 0);
}

static int
drill_fcntl(void *userdata, int fd, int cmd, ...)
{
	struct call call = { .op = CALL_FCNTL, .fd = fd, .a = cmd };
	va_list args;

	va_start(args, cmd);
	if (cmd == F_SETFL)
		call.b = va_arg(args, int);
	va_end(args);
	drill_enter(userdata);
	return (int)run_call(userdata, &call);
}

static int
drill_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	struct call call = { .op = CALL_IOCTL,
			     .fd = fd,
			     .a = (int32_t)request };
	va_list args;
	int *value, ret;

	va_start(args, request);
	value = va_arg(args, int *);
	va_end(args);
	if (value)
		call.b = *value;
	drill_enter(userdata);
	ret = (int)run_call(userdata, &call);
	if (ret >= 0 && value)
		*value = call.value;
	return ret;
}

static int
drill_close(void *userdata, int fd)
{
	struct call call = { .op = CALL_CLOSE, .fd = fd };
	struct epoll *epoll;
	int ret = 0;

	drill_enter(userdata);
	epoll = drill_find_epoll(userdata, fd);
	if (epoll) {
		epoll->fd = 0;
		drill_leave(userdata);
	} else {
		ret = (int)run_call(userdata, &call);
	}
	if (ret == 0)
		close(fd);
	return ret;
}

static int
drill_shutdown(void *userdata, int fd, int how)
{
	struct call call = { .op = CALL_SHUTDOWN, .fd = fd, .a = how };

	drill_enter(userdata);
	return (int)run_call(userdata, &call);
}

static int
drill_getsockopt(void *userdata, int fd, int level, int name, void *value,
		 socklen_t *len)
{
	struct call call = { .op = CALL_GETSOCKOPT,
			     .fd = fd,
			     .a = level,
			     .b = name,
			     .buf = value,
			     .len = *len };
	int ret;

	drill_enter(userdata);
	ret = (int)run_call(userdata, &call);
	if (ret >= 0)
		*len = (socklen_t)call.out_len;
	return ret;
}

static int
drill_setsockopt(void *userdata, int fd, int level, int name, const void *value,
		 socklen_t len)
{
	struct call call = { .op = CALL_SETSOCKOPT,
			     .fd = fd,
			     .a = level,
			     .b = name,
			     .buf = (void *)value,
			     .len = len };

	drill_enter(userdata);
	return (int)run_call(userdata, &call);
}

void
drill_add_calls(struct packetdrill_interface *out)
{
	out->socket = drill_socket;
	out->bind = drill_bind;
	out->listen = drill_listen;
	out->accept = drill_accept;
	out->connect = drill_connect;
	out->read = drill_read;
	out->readv = drill_readv;
	out->recv = drill_recv;
	out->recvfrom = drill_recvfrom;
	out->recvmsg = drill_recvmsg;
	out->write = drill_write;
	out->writev = drill_writev;
	out->send = drill_send;
	out->sendto = drill_sendto;
	out->sendmsg = drill_sendmsg;
	out->fcntl = drill_fcntl;
	out->ioctl = drill_ioctl;
	out->close = drill_close;
	out->shutdown = drill_shutdown;
	out->getsockopt = drill_getsockopt;
	out->setsockopt = drill_setsockopt;
}
