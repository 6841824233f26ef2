/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generated table of routes (fib_routes.h) as text: lines for `ip -batch`
 * and for a configuration, by gateways from 10.0.2.2 on; and addresses in it.
 *
 *	fib_table [-n routes] [-s seed]			lines
 *	fib_table [-n routes] [-s seed] -a count	addresses, 4 bytes each
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/fib_routes.h"

static void
put_lines(const struct fib_routes *routes)
{
	for (uint32_t i = 0; i < routes->count; i++) {
		const struct fib_prefix *p = &routes->prefix[i];

		printf("route add %u.%u.%u.%u/%u via 10.0.2.%u\n",
		       p->addr >> 24, p->addr >> 16 & 0xff, p->addr >> 8 & 0xff,
		       p->addr & 0xff, p->len, 2u + p->gateway);
	}
}

static void
put_addresses(struct fib_routes *routes, uint32_t count)
{
	for (; count > 0; count--) {
		uint32_t addr = htonl(fib_routes_address(routes));

		fwrite(&addr, sizeof(addr), 1, stdout);
	}
}

int
main(int argc, char **argv)
{
	struct fib_routes routes = { .seed = 1 };
	uint32_t count = 1000000, addresses = 0;
	int option;

	while ((option = getopt(argc, argv, "n:s:a:")) != -1) {
		if (option == 'n')
			count = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 's')
			routes.seed = strtoull(optarg, NULL, 0);
		else if (option == 'a')
			addresses = (uint32_t)strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	fib_routes_generate(&routes, count);
	fib_routes_shuffle(&routes);
	if (addresses)
		put_addresses(&routes, addresses);
	else
		put_lines(&routes);
	return 0;
}
