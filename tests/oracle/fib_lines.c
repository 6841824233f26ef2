/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stack with two ports for fib_oracle.py: each line of standard input is what
 * `ip` would be given; the answer comes back with an empty line behind it. With
 * an argument routes without a carrier are used all the same, as Linux does at
 * first; without one they rest, as here.
 */

#include <stdio.h>
#include <string.h>

#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

int
main(int argc, char **argv)
{
	const struct testnet_config config = { .ports = 2, .bare = true };
	struct testnet *t = testnet_new_with(&config);
	static char answer[1 << 20];
	char line[1024];

	if (argc > 1)
		ip_linkdown_as_linux(&t->net);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		ip_line(&t->net, line, answer, sizeof(answer));
		fib_check(&t->net);
		printf("%s\n", answer);
		fflush(stdout);
	}
	testnet_free(t);
	return 0;
}
