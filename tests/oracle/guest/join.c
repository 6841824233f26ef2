/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * join GROUP DEVICE - is a member of the group there until it is killed: what
 * `ip maddr add` does on the appliance, where no application needs to run.
 */
#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct ip_mreqn group = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 3 || inet_aton(argv[1], &group.imr_multiaddr) == 0)
		errx(2, "usage: join GROUP DEVICE");
	group.imr_ifindex = (int)if_nametoindex(argv[2]);
	if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)))
		err(1, "%s", argv[1]);
	for (;;)
		pause();
}
