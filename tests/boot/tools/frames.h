/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tools that send raw frames share: headers, checksums, an interface.
 * Numbers are in host order; a tool uses what it needs.
 */
#pragma once

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IP_AT	14
#define L4_AT	34
#define TCP	6
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct network {
	uint32_t addr, hosts; /* how many addresses, a power of 2 */
};

static inline void
put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline uint32_t
sum(const uint8_t *p, unsigned int len, uint32_t total)
{
	for (; len > 1; len -= 2, p += 2)
		total += (uint32_t)p[0] << 8 | p[1];
	return len ? total + ((uint32_t)p[0] << 8) : total;
}

static inline unsigned int
fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

static inline void
ether(uint8_t *f, const uint8_t *dst, const uint8_t *src, unsigned int type)
{
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, type);
}

/* The IP header of a packet of len bytes; fragment: offset and flags. */
static inline void
ip(uint8_t *p, unsigned int id, unsigned int proto, uint32_t src, uint32_t dst,
   unsigned int len, unsigned int fragment, unsigned int ttl)
{
	p[0] = 0x45;
	p[1] = 0;
	put16(p + 2, len);
	put16(p + 4, id & 0xffff);
	put16(p + 6, fragment);
	p[8] = (uint8_t)ttl;
	p[9] = (uint8_t)proto;
	put16(p + 10, 0);
	put32(p + 12, src);
	put32(p + 16, dst);
	put16(p + 10, fold(sum(p, 20, 0)));
}

/* The checksum of len bytes behind the IP header of frame f. */
static inline unsigned int
pseudo(uint8_t *f, unsigned int proto, unsigned int len)
{
	return fold(sum(f + L4_AT, len, sum(f + IP_AT + 12, 8, proto + len)));
}

static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A socket for frames out of the interface, and for those of an EtherType that
 * come in (0: none); own is its address. */
static inline int
open_interface(const char *interface, uint16_t receive, uint8_t own[6])
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(receive) };
	struct ifreq ifr = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, big = 4 << 20;

	if (fd < 0)
		err(1, "AF_PACKET");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		err(1, "%s", interface);
	memcpy(own, ifr.ifr_hwaddr.sa_data, 6);
	to.sll_ifindex = (int)if_nametoindex(interface);
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "bind");
	return fd;
}

static inline void
parse_mac(uint8_t m[6], const char *text)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2,
		   m + 3, m + 4, m + 5) != 6)
		errx(2, "%s: not a MAC", text);
}

static inline void
parse_network(struct network *n, const char *text)
{
	char copy[32], *slash;
	int len = 32;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		len = atoi(slash + 1);
	}
	n->addr = ntohl(inet_addr(copy));
	if (n->addr == INADDR_NONE || len < 1 || len > 32)
		errx(2, "%s: not a network", text);
	n->hosts = 1u << (32 - len);
}
