/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flood - what hostile and broken stations put on a wire, as fast as asked.
 *
 *	flood -i IF -m MAC -k KIND [-s NET/LEN] [-d NET/LEN] [-P PORT]
 *	      [-l BYTES] [-p PPS] [-n SECONDS] [-c COUNT] [-r SEED]
 *
 * Frames go out of interface IF (AF_PACKET) to MAC, with sources and
 * destinations drawn from the networks, the same ones for the same seed. They
 * are right but for what their kind is wrong by: lengths and checksums hold.
 * -p 0: as fast as it goes; -c: that many frames and no more. One JSON object
 * on stdout says how many frames were offered, and in which time.
 */
#include <getopt.h>

#include "frames.h"

#define BATCH	 64
#define FRAME	 1514
#define UDP	 17
#define ICMP	 1
#define MF	 0x2000u
#define ARP_LEN	 60u
#define QUOTE_AT (L4_AT + 8)

static struct {
	const char *interface;
	uint8_t mac[6], own[6];
	struct network src, dst;
	unsigned int port, size;
	double pps, secs;
	uint64_t count;
} opt = { .src = { 0x0a000102, 1 },
	  .dst = { 0x0a000101, 1 },
	  .port = 9,
	  .size = 60,
	  .secs = 1 };

static uint64_t random_state;
static uint64_t sequence; /* of the frame being made */

static uint64_t
random_u64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t
pick(const struct network *n)
{
	return n->addr + (uint32_t)(random_u64() & (n->hosts - 1));
}

/* One after the other, so that all come. */
static uint32_t
next_of(const struct network *n)
{
	return n->addr + (uint32_t)(sequence & (n->hosts - 1));
}

static unsigned int
any_port(void)
{
	return 1024 + (unsigned int)(random_u64() % 60000);
}

/* ---- the kinds: each fills a frame and says how long it is --------------- */

static unsigned int
udp_frame(uint8_t *f, unsigned int fragment, unsigned int ttl, uint32_t dst)
{
	unsigned int len = opt.size - L4_AT;

	ether(f, opt.mac, opt.own, ETHERTYPE_IP);
	ip(f + IP_AT, (unsigned int)random_u64(), UDP, pick(&opt.src), dst,
	   opt.size - IP_AT, fragment, ttl);
	memset(f + L4_AT, 0, len);
	put16(f + L4_AT, any_port());
	put16(f + L4_AT + 2, opt.port);
	put16(f + L4_AT + 4, len);
	put32(f + L4_AT + 8, (uint32_t)sequence);
	put16(f + L4_AT + 6, pseudo(f, UDP, len));
	return opt.size;
}

static unsigned int
udp(uint8_t *f)
{
	return udp_frame(f, 0, 63, pick(&opt.dst));
}

/* Every destination of the network in turn. */
static unsigned int
sweep(uint8_t *f)
{
	return udp_frame(f, 0, 63, next_of(&opt.dst));
}

static unsigned int
expired(uint8_t *f)
{
	return udp_frame(f, 0, 1, pick(&opt.dst));
}

/* The beginning of a datagram whose rest never comes. */
static unsigned int
fragment(uint8_t *f)
{
	opt.size = L4_AT + (opt.size - L4_AT) / 8 * 8;
	return udp_frame(f, MF | (random_u64() & 1 ? 0 : 185u), 64,
			 pick(&opt.dst));
}

static unsigned int
tcp(uint8_t *f, unsigned int flags)
{
	ether(f, opt.mac, opt.own, ETHERTYPE_IP);
	ip(f + IP_AT, (unsigned int)random_u64(), TCP, pick(&opt.src),
	   pick(&opt.dst), 44, 0, 64);
	memset(f + L4_AT, 0, 26);
	put16(f + L4_AT, any_port());
	put16(f + L4_AT + 2, opt.port);
	put32(f + L4_AT + 4, (uint32_t)random_u64());
	put32(f + L4_AT + 8, flags == TCP_SYN ? 0 : (uint32_t)random_u64());
	f[L4_AT + 12] = 6 << 4;
	f[L4_AT + 13] = (uint8_t)flags;
	put16(f + L4_AT + 14, 65535);
	put32(f + L4_AT + 20, 0x020405b4); /* MSS 1460 */
	put16(f + L4_AT + 16, pseudo(f, TCP, 24));
	return 60;
}

static unsigned int
syn(uint8_t *f)
{
	return tcp(f, TCP_SYN);
}

static unsigned int
ack(uint8_t *f)
{
	return tcp(f, TCP_ACK);
}

static unsigned int
reset(uint8_t *f)
{
	return tcp(f, TCP_RST);
}

static unsigned int
ping(uint8_t *f)
{
	unsigned int len = opt.size - L4_AT;

	ether(f, opt.mac, opt.own, ETHERTYPE_IP);
	ip(f + IP_AT, (unsigned int)random_u64(), ICMP, pick(&opt.src),
	   pick(&opt.dst), opt.size - IP_AT, 0, 64);
	memset(f + L4_AT, 0, len);
	f[L4_AT] = 8;
	put32(f + L4_AT + 4, (uint32_t)sequence);
	put16(f + L4_AT + 2, fold(sum(f + L4_AT, len, 0)));
	return opt.size;
}

/* ICMP errors of every kind about connections that the box may have. */
static unsigned int
icmp_error(uint8_t *f)
{
	static const uint8_t kinds[][2] = { { 3, 0 },  { 3, 1 }, { 3, 3 },
					    { 3, 4 },  { 5, 1 }, { 11, 0 },
					    { 12, 0 }, { 4, 0 } };
	unsigned int kind = random_u64() % 8, len = 8 + 28;
	uint32_t from = pick(&opt.src), to = pick(&opt.dst);

	ether(f, opt.mac, opt.own, ETHERTYPE_IP);
	ip(f + IP_AT, (unsigned int)random_u64(), ICMP, from, to, 20 + len, 0,
	   64);
	f[L4_AT] = kinds[kind][0];
	f[L4_AT + 1] = kinds[kind][1];
	put32(f + L4_AT + 2, 0);
	/* Next MTU, or the gateway of a redirect. */
	put32(f + L4_AT + 4, kinds[kind][0] == 5 ? from : 68);
	ip(f + QUOTE_AT, (unsigned int)random_u64(),
	   random_u64() & 1 ? TCP : UDP, to, from, 576, 0, 60);
	put16(f + QUOTE_AT + 20, random_u64() & 1 ? 7 : any_port());
	put16(f + QUOTE_AT + 22, any_port());
	put32(f + QUOTE_AT + 24, (uint32_t)random_u64());
	put16(f + L4_AT + 2, fold(sum(f + L4_AT, len, 0)));
	return L4_AT + len;
}

static unsigned int
arp(uint8_t *f, unsigned int op, const uint8_t *from, uint32_t sender,
    const uint8_t *to, uint32_t target)
{
	static const uint8_t start[6] = { 0, 1, 8, 0, 6, 4 };

	memset(f, 0, ARP_LEN);
	ether(f, to, from, ETHERTYPE_ARP);
	memcpy(f + 14, start, 6);
	put16(f + 20, op);
	memcpy(f + 22, from, 6);
	put32(f + 28, sender);
	memcpy(f + 32, to, 6);
	put32(f + 38, target);
	return ARP_LEN;
}

static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };

/* Who has this, that, the next one? */
static unsigned int
arp_scan(uint8_t *f)
{
	return arp(f, 1, opt.own, pick(&opt.src), everybody, next_of(&opt.dst));
}

/* Each frame says that one more address is at one more station. */
static unsigned int
arp_spoof(uint8_t *f)
{
	uint64_t r = random_u64();
	uint8_t from[6] = { 2,
			    (uint8_t)(r >> 8),
			    (uint8_t)(r >> 16),
			    (uint8_t)(r >> 24),
			    (uint8_t)(r >> 32),
			    (uint8_t)(r >> 40) };

	return arp(f, r & 1 ? 2 : 1, from, pick(&opt.src), opt.mac,
		   pick(&opt.dst));
}

static const struct kind {
	const char *name;
	unsigned int (*make)(uint8_t *f);
} kinds[] = {
	{ "udp", udp },
	{ "sweep", sweep },
	{ "expired", expired },
	{ "fragment", fragment },
	{ "syn", syn },
	{ "ack", ack },
	{ "reset", reset },
	{ "ping", ping },
	{ "icmp-error", icmp_error },
	{ "arp-scan", arp_scan },
	{ "arp-spoof", arp_spoof },
};

/* ---- sending ------------------------------------------------------------ */

/* What the interface has no room for is lost on the wire: offered all the
 * same. */
static void
offer(int fd, struct mmsghdr *msg, unsigned int count)
{
	unsigned int done = 0;
	int n;

	while (done < count) {
		n = sendmmsg(fd, msg + done, count - done, 0);
		done += n > 0 ? (unsigned int)n : 1;
	}
}

static uint64_t
storm(int fd, const struct kind *kind, double *seconds)
{
	static uint8_t frame[BATCH][FRAME];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH];
	double start = now(), at = 0;
	uint64_t due = 0, sent = 0;
	unsigned int count;

	memset(msg, 0, sizeof(msg));
	for (unsigned int i = 0; i < BATCH; i++) {
		iov[i].iov_base = frame[i];
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	while ((at = now() - start) < opt.secs &&
	       (!opt.count || sent < opt.count)) {
		count = BATCH;
		if (opt.pps > 0) {
			due = (uint64_t)(at * opt.pps);
			if (due <= sent) {
				usleep(200);
				continue;
			}
			if (due - sent < count)
				count = (unsigned int)(due - sent);
		}
		if (opt.count && opt.count - sent < count)
			count = (unsigned int)(opt.count - sent);
		for (unsigned int i = 0; i < count; i++, sequence++)
			iov[i].iov_len = kind->make(frame[i]);
		offer(fd, msg, count);
		sent += count;
	}
	*seconds = at;
	return sent;
}

static const struct kind *
parse(int argc, char **argv)
{
	const struct kind *kind = NULL;
	int c;

	while ((c = getopt(argc, argv, "i:m:k:s:d:P:l:p:n:c:r:")) != -1) {
		switch (c) {
		case 'i': opt.interface = optarg; break;
		case 'm': parse_mac(opt.mac, optarg); break;
		case 'k':
			for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds);
			     i++)
				if (strcmp(kinds[i].name, optarg) == 0)
					kind = &kinds[i];
			break;
		case 's': parse_network(&opt.src, optarg); break;
		case 'd': parse_network(&opt.dst, optarg); break;
		case 'P': opt.port = (unsigned int)atoi(optarg); break;
		case 'l': opt.size = (unsigned int)atoi(optarg); break;
		case 'p': opt.pps = atof(optarg); break;
		case 'n': opt.secs = atof(optarg); break;
		case 'c': opt.count = strtoull(optarg, NULL, 10); break;
		case 'r': random_state = strtoull(optarg, NULL, 10); break;
		default: exit(2);
		}
	}
	if (!kind || !opt.interface || opt.size < 60 || opt.size > FRAME)
		errx(2, "flood -i IF -m MAC -k KIND ...: see the source");
	return kind;
}

int
main(int argc, char **argv)
{
	const struct kind *kind = parse(argc, argv);
	double seconds;
	uint64_t sent = storm(open_interface(opt.interface, 0, opt.own), kind,
			      &seconds);

	printf("{\"sent\": %llu, \"seconds\": %.3f}\n",
	       (unsigned long long)sent, seconds);
	return 0;
}
