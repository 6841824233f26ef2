/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpd - the reference application server for the Linux guest: echo (TCP and
 * UDP port 7), discard (TCP 9) and source (TCP 19).  One process per CPU, each
 * with its own listening sockets (SO_REUSEPORT) and one epoll loop.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { K_LISTEN = 1, K_UDP, K_CONN };
#define TAG(kind, port, fd)                                                    \
	((uint64_t)(kind) << 48 | (uint64_t)(port) << 32 | (uint32_t)(fd))

static char buf[256 << 10];
static int ep;

static void
watch(int fd, uint64_t tag, unsigned events)
{
	struct epoll_event e = { .events = events, .data.u64 = tag };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e))
		err(1, "epoll_ctl");
}

static void
serve(int type, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };
	int one = 1, s = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a))
		err(1, "bind %d", port);
	if (type == SOCK_STREAM && listen(s, 4096))
		err(1, "listen");
	watch(s, TAG(type == SOCK_STREAM ? K_LISTEN : K_UDP, port, s), EPOLLIN);
}

static void
on_udp(int fd)
{
	enum { N = 32, L = 2048 };
	static char b[N][L];
	static struct sockaddr_in from[N];
	struct mmsghdr m[N];
	struct iovec v[N];
	int i, n;

	for (i = 0; i < N; i++) {
		v[i] = (struct iovec){ b[i], L };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i],
						.msg_iovlen = 1,
						.msg_name = &from[i],
						.msg_namelen = sizeof from[i] };
	}
	n = recvmmsg(fd, m, N, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
		v[i].iov_len = m[i].msg_len;
	if (n > 0)
		sendmmsg(fd, m, n, 0);
}

static void
on_conn(int fd, int port)
{
	ssize_t n, done, w;

	if (port == 19) {
		n = send(fd, buf, sizeof buf, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			close(fd);
		return;
	}
	n = recv(fd, buf, sizeof buf, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		close(fd);
		return;
	}
	for (done = 0; port == 7 && done < n; done += w) {
		w = send(fd, buf + done, n - done, MSG_NOSIGNAL);
		if (w < 0 && errno != EAGAIN) {
			close(fd);
			return;
		}
		if (w < 0)
			w = 0;
	}
}

int
main(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int i;

	for (i = 1; i < cpus; i++)
		if (!fork())
			break;
	ep = epoll_create1(0);
	serve(SOCK_STREAM, 7);
	serve(SOCK_STREAM, 9);
	serve(SOCK_STREAM, 19);
	serve(SOCK_DGRAM, 7);
	for (;;) {
		struct epoll_event ev[64];
		int n = epoll_wait(ep, ev, 64, -1);

		for (i = 0; i < n; i++) {
			uint64_t t = ev[i].data.u64;
			int fd = (uint32_t)t, port = (t >> 32) & 0xffff,
			    kind = t >> 48;

			if (kind == K_UDP) {
				on_udp(fd);
			} else if (kind == K_CONN) {
				on_conn(fd, port);
			} else {
				int one = 1, c;

				while ((c = accept4(fd, NULL, NULL,
						    SOCK_NONBLOCK)) >= 0) {
					setsockopt(c, IPPROTO_TCP, TCP_NODELAY,
						   &one, sizeof one);
					watch(c, TAG(K_CONN, port, c),
					      port == 19 ? EPOLLOUT : EPOLLIN);
				}
			}
		}
	}
}
