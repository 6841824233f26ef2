/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * silent - connects from very many addresses, and then says nothing, ever.
 *
 *	silent -i IF -m MAC -s NET/LEN -d ADDR -P PORT -c COUNT [-n SECONDS]
 *	       [-w WINDOW] [-o]
 *
 * COUNT peers, each with an address of NET (which nobody else answers for) and
 * a port of its own, send a SYN until it is answered, and one ACK for each
 * SYN-ACK; with -o not even that: the connection stays half-open. WINDOW of
 * them are under way at a time, so that the wire does not lose them. Ends when
 * all have been answered, or after SECONDS. One JSON object on stdout: peers
 * answered by a SYN-ACK, SYNs and ACKs sent, resets that came, seconds.
 */
#include <getopt.h>
#include <poll.h>

#include "frames.h"

#define FRAME	  60u
#define AGAIN_S	  0.5 /* a SYN is repeated */
#define PORTS	  60000u
#define PORT_BASE 1024u

static struct {
	const char *interface;
	uint8_t mac[6], own[6];
	struct network src;
	uint32_t dst;
	unsigned int port, count, window;
	double secs;
	bool half_open;
} opt = {
	.dst = 0x0a000101, .port = 7, .count = 1000, .window = 256, .secs = 60
};

static struct {
	unsigned int answered, syns, acks, resets;
} seen;

/* Peers that wait for a SYN-ACK, the one that waits for longest first. */
static struct {
	unsigned int *peer;
	double *since;
	unsigned int first, count;
} waiting;

static bool *answered; /* by peer */

static void
segment(int fd, unsigned int peer, unsigned int flags, uint32_t ack)
{
	uint8_t f[FRAME] = { 0 };

	ether(f, opt.mac, opt.own, ETHERTYPE_IP);
	ip(f + IP_AT, peer, TCP, opt.src.addr + peer % opt.src.hosts, opt.dst,
	   44, 0, 64);
	put16(f + L4_AT, PORT_BASE + peer / opt.src.hosts);
	put16(f + L4_AT + 2, opt.port);
	put32(f + L4_AT + 4, peer * 7919 + (flags == TCP_SYN ? 0 : 1));
	put32(f + L4_AT + 8, ack);
	/* A SYN has an MSS of 1460, an ACK four NOPs. */
	f[L4_AT + 12] = 6 << 4;
	f[L4_AT + 13] = (uint8_t)flags;
	put16(f + L4_AT + 14, 65535);
	put32(f + L4_AT + 20, flags == TCP_SYN ? 0x020405b4 : 0x01010101);
	put16(f + L4_AT + 16, pseudo(f, TCP, 24));
	send(fd, f, sizeof(f), 0);
}

static void
knock(int fd, unsigned int peer)
{
	unsigned int at = (waiting.first + waiting.count++) % opt.window;

	waiting.peer[at] = peer;
	waiting.since[at] = now();
	seen.syns++;
	segment(fd, peer, TCP_SYN, 0);
}

/* Forgets who was answered; who waits for too long knocks again. */
static void
tend(int fd)
{
	unsigned int peer;

	while (waiting.count > 0) {
		peer = waiting.peer[waiting.first];
		if (!answered[peer] &&
		    now() - waiting.since[waiting.first] < AGAIN_S)
			return;
		waiting.first = (waiting.first + 1) % opt.window;
		waiting.count--;
		if (!answered[peer])
			knock(fd, peer);
	}
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
hear(int fd, const uint8_t *f, ssize_t len)
{
	uint32_t host = get32(f + IP_AT + 16) - opt.src.addr, peer;

	if (len < L4_AT + 20 || f[IP_AT + 9] != TCP || host >= opt.src.hosts)
		return;
	peer = ((get32(f + L4_AT) & 0xffff) - PORT_BASE) * opt.src.hosts + host;
	if (peer >= opt.count)
		return;
	if (f[L4_AT + 13] & TCP_RST) {
		seen.resets++;
		return;
	}
	if (f[L4_AT + 13] != (TCP_SYN | TCP_ACK))
		return;
	seen.answered += !answered[peer];
	answered[peer] = true;
	if (opt.half_open)
		return;
	seen.acks++;
	segment(fd, peer, TCP_ACK, get32(f + L4_AT + 4) + 1);
}

static void
run(int fd, double end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t f[2048];
	unsigned int next = 0;
	ssize_t len;

	while (seen.answered < opt.count && now() < end) {
		tend(fd);
		while (next < opt.count && waiting.count < opt.window)
			knock(fd, next++);
		if (poll(&p, 1, 10) <= 0)
			continue;
		while ((len = recv(fd, f, sizeof(f), MSG_DONTWAIT)) > 0)
			hear(fd, f, len);
	}
}

static void
parse(int argc, char **argv)
{
	struct network dst;
	int c;

	while ((c = getopt(argc, argv, "i:m:s:d:P:c:n:w:o")) != -1) {
		switch (c) {
		case 'i': opt.interface = optarg; break;
		case 'm': parse_mac(opt.mac, optarg); break;
		case 's': parse_network(&opt.src, optarg); break;
		case 'd':
			parse_network(&dst, optarg);
			opt.dst = dst.addr;
			break;
		case 'P': opt.port = (unsigned int)atoi(optarg); break;
		case 'c': opt.count = (unsigned int)atoi(optarg); break;
		case 'n': opt.secs = atof(optarg); break;
		case 'w': opt.window = (unsigned int)atoi(optarg); break;
		case 'o': opt.half_open = true; break;
		default: exit(2);
		}
	}
	if (!opt.interface || !opt.src.hosts || !opt.count || !opt.window ||
	    opt.count / PORTS >= opt.src.hosts)
		errx(2, "silent -i IF -m MAC -s NET/LEN ...: see the source");
}

int
main(int argc, char **argv)
{
	double start = now();
	int fd;

	parse(argc, argv);
	answered = calloc(opt.count, sizeof(*answered));
	waiting.peer = calloc(opt.window, sizeof(*waiting.peer));
	waiting.since = calloc(opt.window, sizeof(*waiting.since));
	if (!answered || !waiting.peer || !waiting.since)
		err(1, "memory");
	fd = open_interface(opt.interface, ETHERTYPE_IP, opt.own);
	run(fd, start + opt.secs);
	printf("{\"answered\": %u, \"syns\": %u, \"acks\": %u, "
	       "\"resets\": %u, \"seconds\": %.3f}\n",
	       seen.answered, seen.syns, seen.acks, seen.resets, now() - start);
	return 0;
}
