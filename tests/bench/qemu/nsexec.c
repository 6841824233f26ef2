/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nsexec - open tap devices in network namespaces, then exec a program that
 * inherits the descriptors.
 *
 *   nsexec FD:NETNS:IFNAME[:vnet] ... -- PROGRAM ARGS...
 *
 * Each tap is created (or attached) inside the named network namespace and put
 * on descriptor FD, so that QEMU can use "-netdev tap,fd=FD" for ports that lie
 * in different namespaces while itself staying in the caller's namespace.
 * NETNS may be "-" for the current namespace.  ":vnet" asks for IFF_VNET_HDR.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int self_ns;

static void
enter_ns(const char *name)
{
	char path[256];
	int fd;

	if (!strcmp(name, "-")) {
		if (setns(self_ns, CLONE_NEWNET))
			err(1, "setns(self)");
		return;
	}
	snprintf(path, sizeof path, "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	if (setns(fd, CLONE_NEWNET))
		err(1, "setns %s", path);
	close(fd);
}

/*
 * Up, with a queue long enough that a stall of the machine for tens of
 * milliseconds does not count as loss (the default is 1000 frames).
 */
static void
link_up(const char *ifname)
{
	struct ifreq ifr = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", ifname);
	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &ifr))
		err(1, "flags of %s", ifname);
	ifr.ifr_flags |= IFF_UP;
	{
		struct ifreq q = { .ifr_qlen = 4000 };

		memcpy(q.ifr_name, ifr.ifr_name, sizeof q.ifr_name);
		ioctl(s, SIOCSIFTXQLEN, &q);
	}
	if (ioctl(s, SIOCSIFFLAGS, &ifr))
		err(1, "up %s", ifname);
	close(s);
}

static void
open_tap(char *spec)
{
	struct ifreq ifr = { 0 };
	char *num = strtok(spec, ":"), *ns = strtok(NULL, ":");
	char *ifname = strtok(NULL, ":"), *opt = strtok(NULL, ":");
	int want, fd;

	if (!num || !ns || !ifname)
		errx(1, "bad tap spec, want FD:NETNS:IFNAME[:vnet]");
	want = atoi(num);
	enter_ns(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (fd < 0)
		err(1, "/dev/net/tun");
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (opt && !strcmp(opt, "vnet"))
		ifr.ifr_flags |= IFF_VNET_HDR;
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", ifname);
	if (ioctl(fd, TUNSETIFF, &ifr))
		err(1, "TUNSETIFF %s in %s", ifname, ns);
	link_up(ifname);
	if (fd != want) {
		if (dup2(fd, want) < 0)
			err(1, "dup2");
		close(fd);
	}
}

int
main(int argc, char **argv)
{
	int i;

	self_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (self_ns < 0)
		err(1, "/proc/self/ns/net");
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		open_tap(argv[i]);
	if (i + 1 >= argc)
		errx(1, "usage: nsexec FD:NETNS:IFNAME[:vnet] ... -- PROGRAM "
			"ARGS");
	enter_ns("-");
	execvp(argv[i + 1], argv + i + 1);
	err(1, "%s", argv[i + 1]);
}
