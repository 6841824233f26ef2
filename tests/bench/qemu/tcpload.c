/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcpload - TCP load for an echo/discard/source server, one JSON object out.
 *
 *   tcpload send HOST:PORT   bulk to a discard server   (-c connections)
 *   tcpload recv HOST:PORT   bulk from a source server
 *   tcpload rr   HOST:PORT   request/response, -c connections, -l bytes each
 *   tcpload crr  HOST:PORT   connect, one request/response, close
 *   common: -n SECONDS (default 5)  -N NETNS  -x CPU
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { SEND, RECV, RR, CRR };

struct conn {
	int fd;
	bool up;
	unsigned got;
	uint64_t t0;
};

static struct sockaddr_in dst;
static enum mode mode;
static unsigned nconn = 1, len = 1;
static double secs = 5;
static int ep;
static char buf[256 << 10];
static uint64_t bytes, trans, fails;
static uint32_t *lat;
static uint64_t nlat, maxlat = 8 << 20;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int
cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
dial(struct conn *c)
{
	struct epoll_event e = { .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		err(1, "socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->up = false;
	c->got = 0;
	c->t0 = now_ns();
	if (connect(c->fd, (struct sockaddr *)&dst, sizeof dst) &&
	    errno != EINPROGRESS)
		err(1, "connect");
	e.events = EPOLLOUT;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e))
		err(1, "epoll");
}

static void
request(struct conn *c)
{
	if (mode == RR)
		c->t0 = now_ns();
	c->got = 0;
	if (send(c->fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
		fails++;
}

static void
on_event(struct conn *c, unsigned events)
{
	struct epoll_event e = { .data.ptr = c,
				 .events = mode == SEND ? EPOLLOUT : EPOLLIN };
	int soerr = 0;
	socklen_t sl = sizeof soerr;
	ssize_t n;

	if (!c->up) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &soerr, &sl);
		if (soerr || (events & EPOLLERR)) {
			if (mode != CRR)
				errx(1, "connect: %s", strerror(soerr));
			fails++;
			close(c->fd);
			dial(c);
			return;
		}
		c->up = true;
		epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
		if (mode >= RR)
			request(c);
		return;
	}
	if (mode == SEND) {
		n = send(c->fd, buf, sizeof buf, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			err(1, "send");
		return;
	}
	n = recv(c->fd, buf, sizeof buf, 0);
	if (n <= 0) {
		if (n < 0 && errno == EAGAIN)
			return;
		fails++;
		close(c->fd);
		dial(c);
		return;
	}
	bytes += n;
	if (mode == RECV)
		return;
	c->got += n;
	if (c->got < len)
		return;
	trans++;
	if (nlat < maxlat)
		lat[nlat++] = now_ns() - c->t0;
	if (mode == RR) {
		request(c);
	} else {
		close(c->fd);
		dial(c);
	}
}

static uint64_t
acked(struct conn *c)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < nconn; i++) {
		struct tcp_info ti = { 0 };
		socklen_t l = sizeof ti;

		if (c[i].up &&
		    !getsockopt(c[i].fd, IPPROTO_TCP, TCP_INFO, &ti, &l))
			sum += ti.tcpi_bytes_acked;
	}
	return sum;
}

static uint64_t
retrans(struct conn *c)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < nconn; i++) {
		struct tcp_info ti = { 0 };
		socklen_t l = sizeof ti;

		if (c[i].up &&
		    !getsockopt(c[i].fd, IPPROTO_TCP, TCP_INFO, &ti, &l))
			sum += ti.tcpi_total_retrans;
	}
	return sum;
}

static void
loop(struct conn *c, double s)
{
	uint64_t end = now_ns() + s * 1e9;
	struct epoll_event ev[128];

	(void)c;
	while (now_ns() < end) {
		int i, n = epoll_wait(ep, ev, 128, 50);

		for (i = 0; i < n; i++)
			on_event(ev[i].data.ptr, ev[i].events);
	}
}

int
main(int argc, char **argv)
{
	static const char *names[] = { "send", "recv", "rr", "crr" };
	char *host, *colon, path[128];
	struct conn *c;
	uint64_t t0, a0;
	double took;
	unsigned i;
	int o;

	while ((o = getopt(argc, argv, "c:l:n:N:x:")) != -1)
		switch (o) {
		case 'c': nconn = atoi(optarg); break;
		case 'l': len = atoi(optarg); break;
		case 'n': secs = atof(optarg); break;
		case 'N':
			snprintf(path, sizeof path, "/run/netns/%s", optarg);
			o = open(path, O_RDONLY);
			if (o < 0 || setns(o, CLONE_NEWNET))
				err(1, "%s", path);
			break;
		case 'x': {
			cpu_set_t set;

			CPU_ZERO(&set);
			CPU_SET(atoi(optarg), &set);
			sched_setaffinity(0, sizeof set, &set);
			break;
		}
		default: return 2;
		}
	if (argc - optind != 2 || !nconn || !len || len > sizeof buf)
		errx(2, "usage: tcpload [-c N] [-l BYTES] [-n SECS] [-N NETNS] "
			"send|recv|rr|crr HOST:PORT");
	for (i = 0; i < 4 && strcmp(argv[optind], names[i]); i++)
		;
	if (i == 4)
		errx(2, "mode?");
	mode = i;
	host = argv[optind + 1];
	colon = strchr(host, ':');
	if (!colon)
		errx(2, "HOST:PORT");
	*colon = 0;
	dst.sin_family = AF_INET;
	dst.sin_port = htons(atoi(colon + 1));
	if (!inet_aton(host, &dst.sin_addr))
		errx(2, "address");
	ep = epoll_create1(0);
	lat = malloc(maxlat * sizeof *lat);
	c = calloc(nconn, sizeof *c);
	for (i = 0; i < nconn; i++)
		dial(&c[i]);
	loop(c, 0.5); /* warm up: connect, slow start */
	bytes = trans = fails = nlat = 0;
	a0 = acked(c);
	t0 = now_ns();
	loop(c, secs);
	took = (now_ns() - t0) * 1e-9;
	if (mode == SEND)
		bytes = acked(c) - a0;
	qsort(lat, nlat, sizeof *lat, cmp);
	printf("{\"mode\": \"%s\", \"conns\": %u, \"secs\": %.3f, \"bytes\": "
	       "%lu, \"mbps\": %.2f, "
	       "\"trans\": %lu, \"tps\": %.1f, \"fails\": %lu, \"retrans\": "
	       "%lu, "
	       "\"lat_us\": {\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}}\n",
	       names[mode], nconn, took, bytes, bytes * 8 / took / 1e6, trans,
	       trans / took, fails, retrans(c),
	       nlat ? lat[nlat / 2] / 1e3 : 0.0,
	       nlat ? lat[(uint64_t)(nlat * .99)] / 1e3 : 0.0,
	       nlat ? lat[nlat - 1] / 1e3 : 0.0);
	return 0;
}
