/* SPDX-License-Identifier: BSD-2-Clause */
/* ethgro IFACE on|off - switch generic receive offload (ethtool -K IFACE gro).
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int
main(int argc, char **argv)
{
	struct ethtool_value v = { .cmd = ETHTOOL_SGRO };
	struct ifreq r = { 0 };

	if (argc != 3)
		return 2;
	v.data = !strcmp(argv[2], "on");
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", argv[1]);
	r.ifr_data = (void *)&v;
	if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCETHTOOL, &r)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
