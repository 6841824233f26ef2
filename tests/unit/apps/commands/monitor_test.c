/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip monitor`: what it says of what others do, in the words of iproute2 6.1
 * on Linux 6.18. One shell watches, another one, and the wire, make changes.
 */
#include "tests/host/test.h"

#include "apps/commands/commands.h"
#include "tests/unit/apps/commands/golden.h"

struct faces {
	struct testbox *b;
	struct watcher *watcher;
};

static int
setup(void **state)
{
	struct faces *f = calloc(1, sizeof(*f));

	f->b = testbox_new(2, true);
	golden_run(f->b, "$ ip link set eth0 address 52:54:00:12:34:56\n"
			 "$ ip link set eth1 address 52:54:00:12:34:57\n"
			 "$ ip link set eth1 up\n");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct faces *f = *state;

	testbox_free(f->b);
	free(f);
	return 0;
}

static void
watch(struct faces *f, const char *line)
{
	f->watcher = testbox_watch(f->b, line);
	assert_true(shell_busy(&f->watcher->shell));
}

static void
unwatch(struct faces *f)
{
	shell_interrupt(&f->watcher->shell, f->b->net->net.now_ns);
	watcher_look(f->watcher);
	assert_false(shell_busy(&f->watcher->shell));
	assert_int_equal(f->watcher->shell.status, 130);
	watcher_leave(f->watcher);
	f->watcher = NULL;
}

/* What a command makes the watcher say. */
static void
says(struct faces *f, const char *command, const char *text)
{
	watcher_forget(f->watcher);
	assert_int_equal(testbox_run(f->b, command), 0);
	watcher_look(f->watcher);
	if (strcmp(f->watcher->out_text, text) != 0)
		fail_msg("%s\nwanted:\n%sgot:\n%s", command, text,
			 f->watcher->out_text);
}

#define ETH0(flags, state, rest)                                               \
	"2: eth0: <" flags "> mtu 1500 qdisc pfifo_fast state " state          \
	" group default \n    link/ether " rest " brd ff:ff:ff:ff:ff:ff\n"
#define MAC "52:54:00:12:34:56"

static void
everything_is_said_as_it_happens(void **state)
{
	struct faces *f = *state;

	watch(f, "ip monitor all");
	says(f, "ip link set eth0 up",
	     "[LINK]" ETH0("BROADCAST,MULTICAST,UP,LOWER_UP", "UP", MAC));
	says(f, "ip addr add 10.0.0.1/24 dev eth0",
	     "[ADDR]2: eth0    inet 10.0.0.1/24 scope global eth0\n"
	     "       valid_lft forever preferred_lft forever\n"
	     "[ROUTE]local 10.0.0.1 dev eth0 table local proto kernel scope "
	     "host src 10.0.0.1 \n"
	     "[ROUTE]10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 "
	     "\n"
	     "[ROUTE]broadcast 10.0.0.255 dev eth0 table local proto kernel "
	     "scope link src 10.0.0.1 \n");
	says(f, "ip route add 10.9.0.0/16 via 10.0.0.2",
	     "[ROUTE]10.9.0.0/16 via 10.0.0.2 dev eth0 \n");
	says(f, "ip route replace 10.9.0.0/16 via 10.0.0.5",
	     "[ROUTE]10.9.0.0/16 via 10.0.0.5 dev eth0 \n");
	says(f,
	     "ip route add 10.8.0.0/16 nexthop via 10.0.0.2 nexthop via "
	     "10.0.0.3 weight 3",
	     "[ROUTE]10.8.0.0/16 \n"
	     "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n"
	     "\tnexthop via 10.0.0.3 dev eth0 weight 3 \n");
	says(f, "ip route add blackhole 10.7.0.0/16",
	     "[ROUTE]blackhole 10.7.0.0/16 \n");
	says(f, "ip route add 10.6.0.0/16 via 10.0.0.2 table 100",
	     "[ROUTE]10.6.0.0/16 via 10.0.0.2 dev eth0 table 100 \n");
	says(f, "ip route del 10.9.0.0/16",
	     "[ROUTE]Deleted 10.9.0.0/16 via 10.0.0.5 dev eth0 \n");
	says(f, "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0",
	     "[NEIGH]10.0.0.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT \n");
	says(f, "ip neigh del 10.0.0.9 dev eth0",
	     "[NEIGH]Deleted 10.0.0.9 dev eth0 lladdr 02:00:00:00:00:09 "
	     "PERMANENT \n");
	says(f, "ip rule add from 10.9.0.0/16 lookup 100 priority 99",
	     "[RULE]99:\tfrom 10.9.0.0/16 lookup 100\n");
	says(f, "ip rule del priority 99",
	     "[RULE]Deleted 99:\tfrom 10.9.0.0/16 lookup 100\n");
	says(f, "ip nexthop add id 5 via 10.0.0.7 dev eth0",
	     "[NEXTHOP]id 5 via 10.0.0.7 dev eth0 scope link \n");
	says(f, "ip nexthop add id 6 via 10.0.0.8 dev eth0",
	     "[NEXTHOP]id 6 via 10.0.0.8 dev eth0 scope link \n");
	says(f, "ip nexthop add id 10 group 5/6",
	     "[NEXTHOP]id 10 group 5/6 \n");
	says(f, "ip nexthop replace id 5 via 10.0.0.9 dev eth0",
	     "[NEXTHOP]id 5 via 10.0.0.9 dev eth0 scope link \n");
	says(f, "ip nexthop del id 5",
	     "[NEXTHOP]Deleted id 5 via 10.0.0.9 dev eth0 scope link \n"
	     "[NEXTHOP]id 10 group 6 \n");
	says(f, "ip route flush table 100",
	     "[ROUTE]Deleted 10.6.0.0/16 via 10.0.0.2 dev eth0 table 100 \n");
	says(f, "ip route add 10.5.0.0/16 dev eth1 src 10.0.0.1",
	     "[ROUTE]10.5.0.0/16 dev eth1 scope link src 10.0.0.1 \n");
	says(f, "ip addr del 10.0.0.1/24 dev eth0",
	     "[ADDR]Deleted 2: eth0    inet 10.0.0.1/24 scope global eth0\n"
	     "       valid_lft forever preferred_lft forever\n"
	     "[ROUTE]Deleted local 10.0.0.1 dev eth0 table local proto kernel "
	     "scope host src 10.0.0.1 \n"
	     "[ROUTE]Deleted 10.0.0.0/24 dev eth0 proto kernel scope link src "
	     "10.0.0.1 \n"
	     "[ROUTE]Deleted broadcast 10.0.0.255 dev eth0 table local proto "
	     "kernel scope link src 10.0.0.1 \n"
	     "[ROUTE]Deleted 10.5.0.0/16 dev eth1 scope link src 10.0.0.1 \n");
	assert_string_equal(f->watcher->err_text, "");
	unwatch(f);
}

static void
links_tell_of_every_change(void **state)
{
	struct faces *f = *state;

	watch(f, "ip monitor link");
	says(f, "ip link set eth0 up",
	     ETH0("BROADCAST,MULTICAST,UP,LOWER_UP", "UP", MAC));
	says(f, "ip link set eth0 promisc on",
	     ETH0("BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP", "UP", MAC));
	says(f, "ip link set eth0 promisc on", "");
	says(f, "ip link set eth0 promisc off arp off",
	     ETH0("BROADCAST,MULTICAST,NOARP,PROMISC,UP,LOWER_UP", "UP", MAC)
		     ETH0("BROADCAST,MULTICAST,NOARP,UP,LOWER_UP", "UP", MAC));
	says(f, "ip link set eth0 arp on address 02:00:00:00:00:77",
	     ETH0("BROADCAST,MULTICAST,NOARP,UP,LOWER_UP", "UP",
		  "02:00:00:00:00:77") ETH0("BROADCAST,MULTICAST,UP,LOWER_UP",
					    "UP", "02:00:00:00:00:77"));
	watcher_forget(f->watcher);
	testnet_carrier(f->b->net, 0, false);
	watcher_look(f->watcher);
	assert_string_equal(f->watcher->out_text,
			    ETH0("NO-CARRIER,BROADCAST,MULTICAST,UP", "DOWN",
				 "02:00:00:00:00:77"));
	/* Nothing was asked for about addresses. */
	says(f, "ip addr add 10.0.0.1/24 dev eth0", "");
	unwatch(f);
}

/* What comes by the wire is told like what is typed. */
static void
neighbours_are_heard(void **state)
{
	struct faces *f = *state;

	assert_int_equal(testbox_run(f->b, "ip link set eth0 up"), 0);
	assert_int_equal(testbox_run(f->b, "ip addr add 10.0.0.1/24 dev eth0"),
			 0);
	watch(f, "ip monitor neigh label");
	assert_int_equal(testbox_run(f->b, "ping -c 1 -W 5 10.0.0.2"), 1);
	watcher_look(f->watcher);
	assert_string_equal(f->watcher->out_text,
			    "[NEIGH]10.0.0.2 dev eth0 FAILED \n");
	unwatch(f);
}

static void
one_interface_alone(void **state)
{
	struct faces *f = *state;

	assert_int_equal(testbox_run(f->b, "ip link set eth0 up"), 0);
	watch(f, "ip monitor address route dev eth1");
	says(f, "ip addr add 10.0.0.1/24 dev eth0", "");
	says(f, "ip -4 addr add 10.0.1.1/32 dev eth1",
	     "3: eth1    inet 10.0.1.1/32 scope global eth1\n"
	     "       valid_lft forever preferred_lft forever\n"
	     "local 10.0.1.1 dev eth1 table local proto kernel scope host src "
	     "10.0.1.1 \n");
	unwatch(f);
	watch(f, "ip -6 monitor route");
	says(f, "ip route add blackhole 10.9.0.0/16", "");
	unwatch(f);
}

/* A million routes do not fill the memory: what is lost is said. */
static void
the_ring_is_bounded(void **state)
{
	struct faces *f = *state;
	struct route want = {
		.table = TABLE_MAIN,
		.prefix_len = 24,
		.type = ROUTE_BLACKHOLE,
	};
	size_t lines = 0;

	watch(f, "ip monitor route");
	for (uint32_t i = 0; i < 2000; i++) {
		want.dst = 0x14000000 + (i << 8);
		assert_int_equal(fib_insert(&f->b->net->net, &want, FIB_ADD),
				 FIB_OK);
	}
	watcher_look(f->watcher);
	for (const char *c = f->watcher->out_text; *c; c++)
		lines += *c == '\n';
	assert_true(lines > 400 && lines < 2000);
	/* Whole lines alone, from the first on. */
	assert_int_equal(strncmp(f->watcher->out_text,
				 "blackhole 20.0.0.0/24 proto ", 24),
			 0);
	assert_int_equal(f->watcher->out_text[strlen(f->watcher->out_text) - 1],
			 '\n');
	assert_string_equal(f->watcher->err_text,
			    "netlink receive error No buffer space available "
			    "(105)\n");
	/* And it goes on. */
	says(f, "ip route add blackhole 10.9.0.0/16",
	     "blackhole 10.9.0.0/16 \n");
	unwatch(f);
}

static void
mistakes(void **state)
{
	struct faces *f = *state;

	golden_run(f->b,
		   "$ ip monitor frob\n"
		   "! Argument \"frob\" is unknown, try \"ip monitor help\".\n"
		   "[rc 255]\n"
		   "$ ip monitor dev\n"
		   "! Command line is not complete. Try option \"help\"\n"
		   "[rc 255]\n"
		   "$ ip monitor dev zz\n"
		   "! Error: argument \"zz\" is wrong: Device does not exist\n"
		   "! \n[rc 255]\n");
	f->b->net->pages.fail_after = 1;
	golden_run(f->b, "$ ip monitor\n! Cannot allocate memory\n[rc 1]\n");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(everything_is_said_as_it_happens),
		TEST(links_tell_of_every_change),
		TEST(neighbours_are_heard),
		TEST(one_interface_alone),
		TEST(the_ring_is_bounded),
		TEST(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
