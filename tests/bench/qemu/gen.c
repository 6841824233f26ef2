/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen - packet generator and sink for a two-port device under test.
 *
 * One process sends UDP frames into one port and counts what comes out of
 * another (or the same) port.  Every frame carries a sequence number and a
 * send time, so the sink reports loss, duplicates, reordering, corruption and
 * latency.  It answers ARP for its own addresses and resolves the next hop by
 * ARP, so neither side needs an IP stack (nor root, with dgram ports).
 *
 * A PORT is one of
 *   packet:[NETNS/]IFNAME   AF_PACKET on an interface, e.g. packet:perf-a/tap-a
 *   dgram:LOCAL:REMOTE      unix datagram sockets, for QEMU's "-netdev dgram"
 *
 * Modes: open loop (-p PPS, 0 = as fast as possible), closed loop (-w N keeps N
 * requests outstanding, for echo servers), and -A (time until the first ARP
 * reply; measures boot).  The result is one JSON object on stdout.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BATCH	 64
#define MAXFRAME 2048
#define MAGIC	 0xbe7c

struct __attribute__((packed)) frame {
	uint8_t dmac[6], smac[6];
	uint16_t type;
	struct __attribute__((packed)) {
		uint8_t vhl, tos;
		uint16_t len, id, frag;
		uint8_t ttl, proto;
		uint16_t sum;
		uint32_t src, dst;
	} ip;
	struct __attribute__((packed)) {
		uint16_t sport, dport, len, sum;
	} udp;
	struct __attribute__((packed)) {
		uint16_t magic;
		uint64_t seq, ns;
	} pay;
	uint8_t fill[];
};

struct __attribute__((packed)) arp {
	uint8_t dmac[6], smac[6];
	uint16_t type, hrd, pro;
	uint8_t hln, pln;
	uint16_t op;
	uint8_t sha[6];
	uint32_t spa;
	uint8_t tha[6];
	uint32_t tpa;
	uint8_t pad[18];
};

struct port {
	int fd;
	bool packet;
	struct sockaddr_un peer;
	uint8_t mac[6];
	uint32_t ip, nip; /* first address answered for, how many */
};

static struct port ports[2];
static int nports = 1;
static struct port *txp = &ports[0], *rxp = &ports[0];

static struct {
	unsigned size, flows, dsts, dport, window, batch;
	double pps, secs, drain;
	int txcpu, rxcpu;
	bool check;
} opt = { .size = 64,
	  .flows = 1,
	  .dsts = 1,
	  .dport = 9,
	  .secs = 3,
	  .drain = 0.5,
	  .txcpu = -1,
	  .rxcpu = -1,
	  .check = true };

/* Where frames go one after the other, network order; or NULL. */
static const uint32_t *addresses;
static uint64_t address_count;

static uint8_t gw_mac[6];
static _Atomic bool gw_known, stop_rx;
static uint32_t gw_ip;
static uint16_t stream; /* tells this run's frames from stale ones */

/* ---- time, checksums, histogram ----------------------------------------- */

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint32_t
sum16(const void *p, unsigned n, uint32_t s)
{
	const uint8_t *b = p;

	for (; n > 1; n -= 2, b += 2)
		s += b[0] << 8 | b[1];
	return n ? s + (b[0] << 8) : s;
}

static uint16_t
fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

#define SUB 32
static uint64_t hist[64 * SUB];
static uint64_t lat_min = UINT64_MAX, lat_max, lat_n;
static double lat_sum;

static void
lat_add(uint64_t ns)
{
	unsigned k = ns < SUB ? 0 : 63 - __builtin_clzll(ns) - 4;
	unsigned i = ns < SUB ? ns : k * SUB + ((ns >> (k - 1)) & (SUB - 1));

	hist[i]++;
	lat_n++;
	lat_sum += ns;
	if (ns < lat_min)
		lat_min = ns;
	if (ns > lat_max)
		lat_max = ns;
}

static double
lat_pct(double q)
{
	uint64_t want = q * lat_n, seen = 0;
	unsigned i;

	for (i = 0; i < 64 * SUB; i++) {
		seen += hist[i];
		if (seen > want)
			break;
	}
	if (i < SUB)
		return i;
	return ((uint64_t)(SUB + i % SUB)) << (i / SUB - 1);
}

/* ---- ports -------------------------------------------------------------- */

static void
port_open(struct port *p, const char *spec)
{
	char buf[256], *s = buf, *slash;
	int big = 64 << 20, one = 1;

	snprintf(buf, sizeof buf, "%s", spec);
	if (!strncmp(s, "packet:", 7)) {
		struct sockaddr_ll ll = { .sll_family = AF_PACKET,
					  .sll_protocol = htons(ETH_P_ALL) };
		int self = open("/proc/self/ns/net", O_RDONLY);

		s += 7;
		slash = strchr(s, '/');
		if (slash) {
			char path[300];
			int ns;

			*slash = 0;
			snprintf(path, sizeof path, "/run/netns/%s", s);
			ns = open(path, O_RDONLY);
			if (ns < 0 || setns(ns, CLONE_NEWNET))
				err(1, "%s", path);
			close(ns);
			s = slash + 1;
		}
		p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
		if (p->fd < 0)
			err(1, "AF_PACKET");
		ll.sll_ifindex = if_nametoindex(s);
		if (!ll.sll_ifindex)
			err(1, "interface %s", s);
		setsockopt(p->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
			   sizeof one);
		setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
			   sizeof one);
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
		setsockopt(p->fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
		if (bind(p->fd, (struct sockaddr *)&ll, sizeof ll))
			err(1, "bind %s", s);
		p->packet = true;
		if (self < 0 || setns(self, CLONE_NEWNET))
			err(1, "setns self");
		close(self);
	} else if (!strncmp(s, "dgram:", 6)) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };
		char *remote;

		s += 6;
		remote = strchr(s, ':');
		if (!remote)
			errx(1, "want dgram:LOCAL:REMOTE");
		*remote++ = 0;
		p->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		snprintf(un.sun_path, sizeof un.sun_path, "%.100s", s);
		unlink(s);
		if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&un, sizeof un))
			err(1, "bind %s", s);
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
		setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
		p->peer.sun_family = AF_UNIX;
		snprintf(p->peer.sun_path, sizeof p->peer.sun_path, "%.100s",
			 remote);
	} else {
		errx(1, "port %s: want packet: or dgram:", spec);
	}
	setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
}

static void
port_send(struct port *p, const void *buf, size_t n)
{
	sendto(p->fd, buf, n, 0, p->packet ? NULL : (void *)&p->peer,
	       p->packet ? 0 : sizeof p->peer);
}

static void
arp_send(struct port *p, int op, const uint8_t *tha, uint32_t spa, uint32_t tpa)
{
	struct arp a = { .type = htons(0x806),
			 .hrd = htons(1),
			 .pro = htons(0x800),
			 .hln = 6,
			 .pln = 4,
			 .op = htons(op) };

	memcpy(a.dmac,
	       op == 1 ? (const uint8_t *)"\xff\xff\xff\xff\xff\xff" : tha, 6);
	memcpy(a.smac, p->mac, 6);
	memcpy(a.sha, p->mac, 6);
	if (op == 2)
		memcpy(a.tha, tha, 6);
	a.spa = htonl(spa);
	a.tpa = htonl(tpa);
	port_send(p, &a, sizeof a);
}

/* ---- sink --------------------------------------------------------------- */

static uint64_t rx_frames, rx_dup, rx_reord, rx_bad, rx_stale, rx_other;
static uint64_t rx_first_ns, rx_last_ns, max_seq;
static unsigned ttl_min = 255, ttl_max;
static uint8_t *seen; /* one bit per sequence number */
static uint64_t seen_bits;
static _Atomic uint64_t rx_count;

static void
on_arp(struct port *p, const struct arp *a, size_t n)
{
	uint32_t t = ntohl(a->tpa);

	if (n < 42)
		return;
	if (a->op == htons(2) && p == txp && ntohl(a->spa) == gw_ip) {
		memcpy(gw_mac, a->sha, 6);
		atomic_store(&gw_known, true);
	} else if (a->op == htons(1) && t - p->ip < p->nip) {
		arp_send(p, 2, a->sha, t, ntohl(a->spa));
	}
}

static void
on_frame(struct port *p, const uint8_t *buf, size_t n, uint64_t ns)
{
	const struct frame *f = (const void *)buf;
	uint64_t seq;
	unsigned len;

	if (n >= 14 && f->type == htons(0x806)) {
		on_arp(p, (const void *)buf, n);
		return;
	}
	if (p != rxp || n < sizeof *f || f->type != htons(0x800) ||
	    f->ip.proto != 17 || ntohs(f->pay.magic) != MAGIC) {
		rx_other++;
		return;
	}
	seq = f->pay.seq;
	if (seq >> 48 != stream) {
		rx_stale++;
		return;
	}
	seq &= 0xffffffffffffull;
	len = ntohs(f->udp.len);
	if (opt.check &&
	    (34u + len > n || len != opt.size - 4 - 34 ||
	     fold(sum16(&f->ip, 20, 0)) != 0xffff ||
	     (f->udp.sum && fold(sum16(&f->ip.src, 8, 17 + len) +
				 sum16(&f->udp, len, 0)) != 0xffff))) {
		rx_bad++;
		return;
	}
	if (seq < seen_bits) {
		if (seen[seq >> 3] & 1 << (seq & 7)) {
			rx_dup++;
			return;
		}
		seen[seq >> 3] |= 1 << (seq & 7);
	}
	if (seq < max_seq)
		rx_reord++;
	else
		max_seq = seq;
	if (f->ip.ttl < ttl_min)
		ttl_min = f->ip.ttl;
	if (f->ip.ttl > ttl_max)
		ttl_max = f->ip.ttl;
	if (!rx_first_ns)
		rx_first_ns = ns;
	rx_last_ns = ns;
	rx_frames++;
	atomic_fetch_add_explicit(&rx_count, 1, memory_order_relaxed);
	lat_add(ns > f->pay.ns ? ns - f->pay.ns : 0);
}

static void
pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static int
rx_burst(struct port *p)
{
	static uint8_t bufs[BATCH][MAXFRAME];
	static char ctl[BATCH][128];
	static struct iovec iov[BATCH];
	static struct mmsghdr mm[BATCH];
	uint64_t now;
	int n, i;

	for (i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ bufs[i], MAXFRAME };
		mm[i].msg_hdr =
			(struct msghdr){ .msg_iov = &iov[i],
					 .msg_iovlen = 1,
					 .msg_control = ctl[i],
					 .msg_controllen = sizeof ctl[i] };
	}
	n = recvmmsg(p->fd, mm, BATCH, MSG_DONTWAIT, NULL);
	now = now_ns();
	for (i = 0; i < n; i++) {
		struct cmsghdr *c = CMSG_FIRSTHDR(&mm[i].msg_hdr);
		uint64_t ns = now;

		for (; c; c = CMSG_NXTHDR(&mm[i].msg_hdr, c))
			if (c->cmsg_level == SOL_SOCKET &&
			    c->cmsg_type == SCM_TIMESTAMPNS) {
				struct timespec ts;

				memcpy(&ts, CMSG_DATA(c), sizeof ts);
				ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
			}
		on_frame(p, bufs[i], mm[i].msg_len, ns);
	}
	return n;
}

static void *
rx_thread(void *arg)
{
	(void)arg;
	pin(opt.rxcpu);
	while (!atomic_load(&stop_rx)) {
		struct pollfd pf[2];
		int i, n = 0;

		for (i = 0; i < nports; i++)
			pf[i] = (struct pollfd){ ports[i].fd, POLLIN, 0 };
		poll(pf, nports, 20);
		for (i = 0; i < nports; i++)
			if (pf[i].revents)
				n += rx_burst(&ports[i]);
		/* open loop: kernel time stamps, so let frames gather */
		if (n && n < BATCH / 2 && !opt.window)
			usleep(200);
	}
	return NULL;
}

/* ---- generator ---------------------------------------------------------- */

static uint64_t tx_sent, tx_full;
static uint8_t txbuf[BATCH][MAXFRAME];
static struct iovec txiov[BATCH];
static struct mmsghdr txmm[BATCH];

static void
tx_prepare(void)
{
	unsigned n = opt.size - 4, i, j;

	for (i = 0; i < BATCH; i++) {
		struct frame *f = (void *)txbuf[i];

		memcpy(f->dmac, gw_mac, 6);
		memcpy(f->smac, txp->mac, 6);
		f->type = htons(0x800);
		f->ip.vhl = 0x45;
		f->ip.len = htons(n - 14);
		f->ip.ttl = 64;
		f->ip.proto = 17;
		f->ip.src = htonl(txp->ip);
		f->udp.dport = htons(opt.dport);
		f->udp.len = htons(n - 34);
		f->pay.magic = htons(MAGIC);
		for (j = sizeof *f; j < n; j++)
			txbuf[i][j] = j;
		txiov[i] = (struct iovec){ txbuf[i], n };
		txmm[i].msg_hdr = (struct msghdr){
			.msg_iov = &txiov[i],
			.msg_iovlen = 1,
			.msg_name = txp->packet ? NULL : &txp->peer,
			.msg_namelen = txp->packet ? 0 : sizeof txp->peer
		};
	}
}

static void
tx_fill(struct frame *f, uint64_t seq, uint64_t ns, uint32_t fill_sum)
{
	uint32_t dst = opt.dsts
			       ? (rxp == txp ? gw_ip : rxp->ip + seq % opt.dsts)
			       : rxp->ip;

	f->ip.dst = addresses ? addresses[seq % address_count] : htonl(dst);
	f->ip.id = htons(seq);
	f->ip.sum = 0;
	f->ip.sum = htons(~fold(sum16(&f->ip, 20, 0)));
	f->udp.sport = htons(10000 + seq % opt.flows);
	f->pay.seq = (uint64_t)stream << 48 | seq;
	f->pay.ns = ns;
	f->udp.sum = 0;
	f->udp.sum = htons(~fold(fill_sum +
				 sum16(&f->ip.src, 8, 17 + opt.size - 38) +
				 sum16(&f->udp, 8 + sizeof f->pay, 0)));
	if (!f->udp.sum)
		f->udp.sum = 0xffff;
}

/* Send n frames starting at sequence number seq; returns how many were taken.
 */
static unsigned
tx_burst(uint64_t seq, unsigned n, uint32_t fill_sum)
{
	uint64_t ns = now_ns();
	unsigned i, ok = 0;

	for (i = 0; i < n; i++)
		tx_fill((struct frame *)txbuf[i], seq + i, ns, fill_sum);
	for (i = 0; i < n;) {
		int r = sendmmsg(txp->fd, txmm + i, n - i, 0);

		if (r > 0) {
			ok += r;
			i += r;
		} else { /* queue full: this frame is lost */
			i++;
			tx_full++;
		}
	}
	tx_sent += ok;
	return ok;
}

static double
run_tx(void)
{
	uint64_t start = now_ns(), end = start + opt.secs * 1e9, seq = 0,
		 t = start;
	uint32_t fill_sum = sum16(txbuf[0] + sizeof(struct frame),
				  opt.size - 4 - sizeof(struct frame), 0);
	uint64_t progress = 0, progress_ns = start, lost = 0;

	while ((t = now_ns()) < end) {
		uint64_t due;

		if (opt.window) {
			uint64_t got = atomic_load(&rx_count);

			if (got != progress) {
				progress = got;
				progress_ns = t;
			} else if (t - progress_ns > 200000000) {
				lost = seq -
				       got; /* give up on those in flight */
				progress_ns = t;
			}
			due = got + lost + opt.window;
		} else if (opt.pps > 0) {
			due = (t - start) * 1e-9 * opt.pps + 1;
		} else {
			due = seq + BATCH;
		}
		if (due <= seq) {
			double wait = opt.pps > 0 ? (seq + 1) / opt.pps * 1e9 -
							    (t - start)
						  : 0;

			if (!opt.window && wait > 150e3)
				usleep((wait - 100e3) / 1000);
			else if (opt.window)
				sched_yield();
			continue;
		}
		if (due - seq > opt.batch)
			due = seq + opt.batch;
		tx_burst(seq, due - seq, fill_sum);
		seq = due;
	}
	return (t - start) * 1e-9;
}

/* Seconds this process's threads were runnable but had no CPU. */
static double
starved(void)
{
	char path[64];
	double sum = 0;
	unsigned long long run, wait;
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");

	while (d && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/self/task/%.20s/schedstat",
			 e->d_name);
		f = fopen(path, "r");
		if (f && fscanf(f, "%llu %llu", &run, &wait) == 2)
			sum += wait * 1e-9;
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return sum;
}

/* ---- main --------------------------------------------------------------- */

static bool
resolve(double secs, double every)
{
	uint64_t end = now_ns() + secs * 1e9;

	while (!atomic_load(&gw_known) && now_ns() < end) {
		arp_send(txp, 1, NULL, txp->ip, gw_ip);
		usleep(every * 1e6);
	}
	return atomic_load(&gw_known);
}

static uint32_t
parse_ip(const char *s)
{
	struct in_addr a;

	if (!inet_aton(s, &a))
		errx(1, "bad address %s", s);
	return ntohl(a.s_addr);
}

static void
map_addresses(const char *path)
{
	int fd = open(path, O_RDONLY);
	off_t len = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (len < 4)
		err(1, "%s", path);
	addresses = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (addresses == MAP_FAILED)
		err(1, "%s", path);
	address_count = len / 4;
	close(fd);
}

static void
usage(void)
{
	fputs("usage: gen -t PORT [-r PORT] [-s SRC] [-g GATEWAY] [-d DST] [-m "
	      "GATEWAY_MAC]\n"
	      "  -l FRAME_SIZE (with FCS, 64..1518)   -p PPS (0 = max)   -n "
	      "SECONDS\n"
	      "  -w WINDOW (closed loop)  -P UDP_PORT  -f FLOWS  -D "
	      "DESTINATIONS  -b BURST\n"
	      "  -F FILE (of destinations, 4 bytes each; -d and -D then say "
	      "for "
	      "whom it answers)\n"
	      "  -x TX_CPU -y RX_CPU  -C (do not verify)  -A SECONDS (only "
	      "wait for ARP)\n",
	      stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	const char *tx = NULL, *rx = NULL;
	uint32_t src = parse_ip("10.0.1.100"), dst = parse_ip("10.0.2.100");
	double arp_only = 0, took, starve;
	uint64_t t0 = now_ns(), offered;
	struct timespec mono;
	pthread_t th;
	int c;

	gw_ip = parse_ip("10.0.1.1");
	opt.batch = 32;
	while ((c = getopt(argc, argv,
			   "t:r:s:g:d:m:l:p:n:w:P:f:D:F:b:x:y:CA:")) != -1)
		switch (c) {
		case 't': tx = optarg; break;
		case 'r': rx = optarg; break;
		case 's': src = parse_ip(optarg); break;
		case 'g': gw_ip = parse_ip(optarg); break;
		case 'd': dst = parse_ip(optarg); break;
		case 'm':
			if (sscanf(optarg, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx",
				   gw_mac, gw_mac + 1, gw_mac + 2, gw_mac + 3,
				   gw_mac + 4, gw_mac + 5) != 6)
				errx(1, "bad mac");
			gw_known = true;
			break;
		case 'l': opt.size = atoi(optarg); break;
		case 'p': opt.pps = atof(optarg); break;
		case 'n': opt.secs = atof(optarg); break;
		case 'w': opt.window = atoi(optarg); break;
		case 'P': opt.dport = atoi(optarg); break;
		case 'f': opt.flows = atoi(optarg); break;
		case 'D': opt.dsts = atoi(optarg); break;
		case 'F': map_addresses(optarg); break;
		case 'b': opt.batch = atoi(optarg); break;
		case 'x': opt.txcpu = atoi(optarg); break;
		case 'y': opt.rxcpu = atoi(optarg); break;
		case 'C': opt.check = false; break;
		case 'A': arp_only = atof(optarg); break;
		default: usage();
		}
	if (!tx || opt.size < 64 || opt.size > 1518 || !opt.flows ||
	    !opt.dsts || !opt.batch || opt.batch > BATCH)
		usage();

	port_open(&ports[0], tx);
	memcpy(ports[0].mac, "\x02\xbe\x7c\x00\x00\x0a", 6);
	ports[0].ip = src;
	ports[0].nip = 1;
	if (rx) {
		nports = 2;
		rxp = &ports[1];
		port_open(rxp, rx);
		memcpy(rxp->mac, "\x02\xbe\x7c\x00\x00\x0b", 6);
		rxp->ip = dst;
		rxp->nip = opt.dsts;
	}
	clock_gettime(CLOCK_MONOTONIC, &mono);
	stream = mono.tv_nsec >> 4;
	if (!stream)
		stream = 1;
	seen_bits = 64ull << 20;
	seen = mmap(NULL, seen_bits / 8, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		err(1, "mmap");
	if (pthread_create(&th, NULL, rx_thread, NULL))
		errx(1, "thread");
	if (arp_only > 0) {
		bool up = resolve(arp_only, 0.001);
		double s = (now_ns() - t0) * 1e-9;

		printf("{\"arp\": %s, \"seconds\": %.4f}\n",
		       up ? "true" : "false", s);
		return !up;
	}
	if (!resolve(3, 0.05))
		errx(1, "no ARP reply from the gateway");
	tx_prepare();
	pin(opt.txcpu);
	took = run_tx();
	starve = starved();
	usleep(opt.drain * 1e6);
	atomic_store(&stop_rx, true);
	pthread_join(th, NULL);

	offered = tx_sent + tx_full;
	printf("{\"size\": %u, \"secs\": %.3f, \"offered\": %lu, "
	       "\"offered_pps\": %.1f, "
	       "\"port_drop\": %lu, \"received\": %lu, \"rx_pps\": %.1f, "
	       "\"loss\": %.6f, "
	       "\"dup\": %lu, \"reordered\": %lu, \"bad\": %lu, \"stale\": "
	       "%lu, \"other\": %lu, "
	       "\"ttl_min\": %u, \"ttl_max\": %u, \"gen_starved\": %.4f, ",
	       opt.size, took, offered, offered / took, tx_full, rx_frames,
	       rx_frames > 1
		       ? (rx_frames - 1) / ((rx_last_ns - rx_first_ns) * 1e-9)
		       : 0.0,
	       offered ? 1.0 - (double)rx_frames / offered : 0.0, rx_dup,
	       rx_reord, rx_bad, rx_stale, rx_other, ttl_min, ttl_max,
	       starve / took);
	if (!lat_n)
		lat_min = 0;
	printf("\"lat_us\": {\"min\": %.1f, \"mean\": %.1f, \"p50\": %.1f, "
	       "\"p90\": %.1f, "
	       "\"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}}\n",
	       lat_min / 1e3, lat_n ? lat_sum / lat_n / 1e3 : 0.0,
	       lat_pct(.5) / 1e3, lat_pct(.9) / 1e3, lat_pct(.99) / 1e3,
	       lat_pct(.999) / 1e3, lat_max / 1e3);
	return 0;
}
