/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as Linux has them: their order, their routes, secondaries, sources.
 * What is expected was seen on Linux 6.18 with iproute2 6.1, but for addresses
 * that are no station's, which are refused here.
 */

#include "tests/host/test.h"

#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

static struct testnet *
bare(unsigned int ports)
{
	const struct testnet_config config = { .ports = ports, .bare = true };

	return testnet_new_with(&config);
}

#define LO_ROUTES                                                              \
	"local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 \n"    \
	"local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 \n"      \
	"broadcast 127.255.255.255 dev lo proto kernel scope link "            \
	"src 127.0.0.1 \n"

static void
many_addresses(struct net *net)
{
	static const char *const lines[] = {
		"addr add 10.0.0.1/24 dev eth0",
		"addr add 10.0.1.1/24 broadcast + dev eth1",
		"addr add 10.0.0.2/24 dev eth0",
		"addr add 10.0.0.130/25 dev eth0",
		"addr add 10.2.0.0/31 dev eth0",
		"addr add 10.3.0.1/32 dev eth0",
		"addr add 10.4.0.1/32 peer 10.4.9.1/32 dev eth0",
		"addr add 10.5.0.1/24 broadcast 10.5.0.77 dev eth0",
		"addr add 10.6.0.1/30 scope link dev eth0",
		"addr add 10.7.0.1/24 scope host dev eth0",
		"addr add 127.1.2.3/8 dev eth0",
		"addr add 10.8.0.255/24 dev eth0",
		"addr add 10.9.0.0/24 dev eth0",
		"addr add 10.0.0.1/24 dev eth1",
	};

	for (unsigned int i = 0; i < array_len(lines); i++)
		ip_do(net, lines[i]);
}

/* covers: R1812-013, H1122-018,
 * H1122-054 */
static void
each_address_makes_linux_routes(void **state)
{
	struct testnet *t = bare(2);
	struct net *net = &t->net;

	many_addresses(net);
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.0.0/24 dev eth1 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.0.128/25 dev eth0 proto kernel scope link "
		  "src 10.0.0.130 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link src 10.0.1.1 \n"
		  "10.2.0.0/31 dev eth0 proto kernel scope link src 10.2.0.0 \n"
		  "10.4.9.1 dev eth0 proto kernel scope link src 10.4.0.1 \n"
		  "10.5.0.0/24 dev eth0 proto kernel scope link src 10.5.0.1 \n"
		  "10.6.0.0/30 dev eth0 proto kernel scope link src 10.6.0.1 \n"
		  "10.7.0.0/24 dev eth0 proto kernel scope link src 10.7.0.1 \n"
		  "10.8.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.8.0.255 \n"
		  "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.0 \n"
		  "127.0.0.0/8 dev eth0 proto kernel scope link "
		  "src 127.1.2.3 \n");
	ip_expect(net, "route show table local",
		  "local 10.0.0.1 dev eth0 proto kernel scope host "
		  "src 10.0.0.1 \n"
		  "local 10.0.0.1 dev eth1 proto kernel scope host "
		  "src 10.0.0.1 \n"
		  "local 10.0.0.2 dev eth0 proto kernel scope host "
		  "src 10.0.0.1 \n"
		  "local 10.0.0.130 dev eth0 proto kernel scope host "
		  "src 10.0.0.130 \n"
		  "broadcast 10.0.0.255 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n"
		  "broadcast 10.0.0.255 dev eth0 proto kernel scope link "
		  "src 10.0.0.130 \n"
		  "broadcast 10.0.0.255 dev eth1 proto kernel scope link "
		  "src 10.0.0.1 \n"
		  "local 10.0.1.1 dev eth1 proto kernel scope host "
		  "src 10.0.1.1 \n"
		  "broadcast 10.0.1.255 dev eth1 proto kernel scope link "
		  "src 10.0.1.1 \n"
		  "local 10.2.0.0 dev eth0 proto kernel scope host "
		  "src 10.2.0.0 \n"
		  "local 10.3.0.1 dev eth0 proto kernel scope host "
		  "src 10.3.0.1 \n"
		  "local 10.4.0.1 dev eth0 proto kernel scope host "
		  "src 10.4.0.1 \n"
		  "local 10.5.0.1 dev eth0 proto kernel scope host "
		  "src 10.5.0.1 \n"
		  "broadcast 10.5.0.77 dev eth0 proto kernel scope link "
		  "src 10.5.0.1 \n"
		  "broadcast 10.5.0.255 dev eth0 proto kernel scope link "
		  "src 10.5.0.1 \n"
		  "local 10.6.0.1 dev eth0 proto kernel scope host "
		  "src 10.6.0.1 \n"
		  "broadcast 10.6.0.3 dev eth0 proto kernel scope link "
		  "src 10.6.0.1 \n"
		  "local 10.7.0.1 dev eth0 proto kernel scope host "
		  "src 10.7.0.1 \n"
		  "broadcast 10.7.0.255 dev eth0 proto kernel scope link "
		  "src 10.7.0.1 \n"
		  "local 10.8.0.255 dev eth0 proto kernel scope host "
		  "src 10.8.0.255 \n"
		  "broadcast 10.8.0.255 dev eth0 proto kernel scope link "
		  "src 10.8.0.255 \n"
		  "local 10.9.0.0 dev eth0 proto kernel scope host "
		  "src 10.9.0.0 \n"
		  "broadcast 10.9.0.255 dev eth0 proto kernel scope link "
		  "src 10.9.0.0 \n"
		  "local 127.0.0.0/8 dev lo proto kernel scope host "
		  "src 127.0.0.1 \n"
		  "local 127.0.0.1 dev lo proto kernel scope host "
		  "src 127.0.0.1 \n"
		  "local 127.1.2.3 dev eth0 proto kernel scope host "
		  "src 127.1.2.3 \n"
		  "broadcast 127.255.255.255 dev lo proto kernel scope link "
		  "src 127.0.0.1 \n"
		  "broadcast 127.255.255.255 dev eth0 proto kernel scope link "
		  "src 127.1.2.3 \n");
	testnet_free(t);
}

static void
primaries_stand_by_scope_before_secondaries(void **state)
{
	struct testnet *t = bare(2);
	struct net *net = &t->net;

	many_addresses(net);
	ip_expect(net, "addr show eth0",
		  "10.7.0.1/24 scope host\n"
		  "127.1.2.3/8 scope host\n"
		  "10.6.0.1/30 scope link\n"
		  "10.0.0.1/24 scope global\n"
		  "10.0.0.130/25 scope global\n"
		  "10.2.0.0/31 scope global\n"
		  "10.3.0.1/32 scope global\n"
		  "10.4.0.1 peer 10.4.9.1/32 scope global\n"
		  "10.5.0.1/24 brd 10.5.0.77 scope global\n"
		  "10.8.0.255/24 scope global\n"
		  "10.9.0.0/24 scope global\n"
		  "10.0.0.2/24 scope global secondary\n");
	ip_expect(net, "addr add 10.0.0.1/24 dev eth0",
		  "Error: ipv4: Address already assigned.\n");
	ip_expect(net, "addr add 10.6.0.2/30 dev eth0",
		  "Error: ipv4: Invalid scope value.\n");
	/* That it is there counts before its scope. */
	ip_expect(net, "addr add 10.6.0.1/30 scope global dev eth0",
		  "Error: ipv4: Address already assigned.\n");
	ip_expect(net, "addr del 10.0.0.77/24 dev eth0",
		  "Error: ipv4: Address not found.\n");
	ip_expect(net, "addr del 10.0.0.130/24 dev eth0",
		  "Error: ipv4: Address not found.\n");
	testnet_free(t);
}

/* covers: R1812-169 */
static void
what_is_no_stations_address_is_refused(void **state)
{
	static const uint32_t addrs[] = {
		0x00000000, 0x00010203, 0xe0000005, 0xefffffff, 0xffffffff,
	};
	struct testnet *t = bare(1);

	for (unsigned int i = 0; i < array_len(addrs); i++) {
		const struct ifaddr want = { .local = addrs[i],
					     .prefix_len = 24 };
		const struct ifaddr peer = { .local = 0x0a000001,
					     .peer = addrs[i] | 1,
					     .prefix_len = 24 };

		assert_int_equal(addr_add(&t->port[0].dev, &want), ERR_INVAL);
		assert_int_equal(addr_add(&t->port[0].dev, &peer), ERR_INVAL);
	}
	assert_int_equal(addr_add(&t->port[0].dev,
				  &(struct ifaddr){ .local = 0x0a000001,
						    .prefix_len = 33 }),
			 ERR_INVAL);
	assert_true(list_empty(&t->port[0].dev.addrs));
	fib_check(&t->net);
	testnet_free(t);
}

static void
subnet_routes_wait_for_the_interface_to_come_up(void **state)
{
	struct testnet *t = bare(1);
	struct net *net = &t->net;

	ip_do(net, "link set eth0 down");
	ip_do(net, "addr add 10.0.0.1/24 broadcast + dev eth0");
	ip_expect(net, "route show table local",
		  "local 10.0.0.1 dev eth0 proto kernel scope host "
		  "src 10.0.0.1 \n" LO_ROUTES);
	ip_expect(net, "route show", "");
	ip_do(net, "link set eth0 up");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link "
		  "src 10.0.0.1 \n");
	ip_expect(net, "route get 10.0.0.255",
		  "broadcast 10.0.0.255 dev eth0 table local proto kernel "
		  "scope link src 10.0.0.1 \n");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_expect(net, "route show table local", LO_ROUTES);
	testnet_free(t);
}

static void
secondaries_go_with_their_primary(void **state)
{
	struct testnet *t = bare(1);
	struct net *net = &t->net;

	ip_do(net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(net, "addr add 10.0.0.2/24 broadcast + dev eth0");
	ip_do(net, "addr add 10.0.0.3/24 dev eth0");
	ip_do(net, "addr add 10.9.0.1/24 dev eth0");
	/* A secondary alone takes nothing of the others. */
	ip_do(net, "addr del 10.0.0.2/24 dev eth0");
	ip_expect(net, "route get 10.0.0.255",
		  "broadcast 10.0.0.255 dev eth0 table local proto kernel "
		  "scope link src 10.0.0.1 \n");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_expect(net, "addr show eth0", "10.9.0.1/24 scope global\n");
	ip_expect(net, "route show table all",
		  "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.1 \n"
		  "local 10.9.0.1 dev eth0 table local proto kernel scope host "
		  "src 10.9.0.1 \n"
		  "broadcast 10.9.0.255 dev eth0 table local proto kernel "
		  "scope link src 10.9.0.1 \n"
		  "local 127.0.0.0/8 dev lo table local proto kernel scope "
		  "host src 127.0.0.1 \n"
		  "local 127.0.0.1 dev lo table local proto kernel scope host "
		  "src 127.0.0.1 \n"
		  "broadcast 127.255.255.255 dev lo table local proto kernel "
		  "scope link src 127.0.0.1 \n");
	testnet_free(t);
}

static void
a_secondary_is_promoted_if_so_configured(void **state)
{
	struct testnet *t = bare(2);
	struct net *net = &t->net;

	net->conf[t->port[0].dev.ifindex].promote_secondaries = 1;
	ip_do(net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(net, "addr add 10.0.0.5/24 broadcast + dev eth0");
	ip_do(net, "addr add 10.0.0.6/24 dev eth0");
	ip_do(net, "addr add 10.9.0.1/24 dev eth0");
	ip_do(net, "route add 70.0.0.0/8 via 10.9.0.2 src 10.0.0.1");
	ip_do(net, "route add 71.0.0.0/8 via 10.9.0.2 src 10.0.0.6");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_expect(net, "addr show eth0",
		  "10.9.0.1/24 scope global\n"
		  "10.0.0.5/24 brd 10.0.0.255 scope global\n"
		  "10.0.0.6/24 scope global secondary\n");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5 \n"
		  "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.1 \n"
		  "71.0.0.0/8 via 10.9.0.2 dev eth0 src 10.0.0.6 \n");
	ip_expect(net, "route show table local",
		  "local 10.0.0.5 dev eth0 proto kernel scope host "
		  "src 10.0.0.5 \n"
		  "local 10.0.0.6 dev eth0 proto kernel scope host "
		  "src 10.0.0.5 \n"
		  "broadcast 10.0.0.255 dev eth0 proto kernel scope link "
		  "src 10.0.0.5 \n"
		  "local 10.9.0.1 dev eth0 proto kernel scope host "
		  "src 10.9.0.1 \n"
		  "broadcast 10.9.0.255 dev eth0 proto kernel scope link "
		  "src 10.9.0.1 \n" LO_ROUTES);
	testnet_free(t);
}

/* covers: R1812-053 */
static void
the_same_address_in_two_subnets_stays_until_both_go(void **state)
{
	struct testnet *t = bare(1);
	struct net *net = &t->net;

	ip_do(net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(net, "addr add 10.0.0.1/16 dev eth0");
	ip_do(net, "addr add 10.0.3.1/24 dev eth0");
	ip_do(net, "route add 70.0.0.0/8 via 10.0.3.2 src 10.0.0.1");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_expect(net, "route get 10.0.0.1",
		  "local 10.0.0.1 dev eth0 table local proto kernel scope "
		  "host src 10.0.0.1 \n");
	ip_expect(net, "route get 70.0.0.1",
		  "70.0.0.0/8 via 10.0.3.2 dev eth0 src 10.0.0.1 \n");
	ip_do(net, "addr del 10.0.0.1/16 dev eth0");
	ip_expect(net, "route get 70.0.0.1",
		  "RTNETLINK answers: Network is unreachable\n");
	testnet_free(t);
}

static void
no_prefix_route_and_metric(void **state)
{
	struct testnet *t = bare(1);
	struct net *net = &t->net;

	ip_do(net, "addr add 10.0.0.1/24 metric 17 dev eth0");
	ip_do(net, "addr add 10.1.0.1/24 noprefixroute dev eth0");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 "
		  "metric 17 \n");
	ip_expect(net, "route get 10.1.0.255",
		  "broadcast 10.1.0.255 dev eth0 table local proto kernel "
		  "scope link src 10.1.0.1 \n");
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_expect(net, "route show", "");
	testnet_free(t);
}

/* ---- asking ------------------------------------------------------------- */

static void
finding_and_on_link(void **state)
{
	struct testnet *t = bare(2);
	struct netdev *eth0 = &t->port[0].dev;
	struct net *net = &t->net;

	many_addresses(net);
	assert_ptr_equal(addr_find(net, 0x0a000101)->dev, &t->port[1].dev);
	assert_ptr_equal(addr_find(net, 0x0a000082)->dev, eth0);
	assert_null(addr_find(net, 0x0a000083));
	assert_true(addr_on_link(eth0, 0x0a0000fe));
	assert_true(addr_on_link(eth0, 0x0a040901)); /* the peer */
	assert_false(addr_on_link(eth0, 0x0a040001));
	assert_true(addr_on_link(eth0, 0x0a020001)); /* of the /31 */
	assert_false(addr_on_link(eth0, 0x0a020002));
	assert_false(addr_on_link(eth0, 0x0a000102));
	testnet_free(t);
}

static void
sources_are_of_the_subnet_then_the_first_then_any(void **state)
{
	struct testnet *t = bare(3);
	struct netdev *eth0 = &t->port[0].dev, *eth2 = &t->port[2].dev;
	struct net *net = &t->net;

	ip_do(net, "addr add 10.6.0.1/24 scope link dev eth0");
	ip_do(net, "addr add 10.7.0.1/24 scope host dev eth0");
	ip_do(net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(net, "addr add 10.0.0.2/24 dev eth0");
	ip_do(net, "addr add 10.1.0.1/24 dev eth0");
	ip_do(net, "addr add 10.2.0.1/24 scope link dev eth1");
	ip_do(net, "addr add 10.3.0.1/24 dev eth1");

	assert_int_equal(addr_select(eth0, 0, SCOPE_GLOBAL), 0x0a000001);
	assert_int_equal(addr_select(eth0, 0x0a010009, SCOPE_GLOBAL),
			 0x0a010001);
	/* Never a secondary, even to its own subnet. */
	assert_int_equal(addr_select(eth0, 0x0a000009, SCOPE_GLOBAL),
			 0x0a000001);
	assert_int_equal(addr_select(eth0, 0x08080808, SCOPE_GLOBAL),
			 0x0a000001);
	/* For the link only, those that reach as far as the link will do. */
	assert_int_equal(addr_select(eth0, 0, SCOPE_LINK), 0x0a060001);
	assert_int_equal(addr_select(eth0, 0x0a060002, SCOPE_GLOBAL),
			 0x0a000001);
	assert_int_equal(addr_select(eth0, 0, SCOPE_HOST), 0x0a070001);
	/* eth2 has none: another's, not one of scope link; for the host lo's.
	 */
	assert_int_equal(addr_select(eth2, 0, SCOPE_GLOBAL), 0x0a000001);
	ip_do(net, "addr del 10.0.0.1/24 dev eth0");
	ip_do(net, "addr del 10.1.0.1/24 dev eth0");
	assert_int_equal(addr_select(eth2, 0, SCOPE_LINK), 0x0a030001);
	assert_int_equal(addr_select(eth2, 0, SCOPE_HOST), 0x7f000001);
	ip_do(net, "addr del 10.3.0.1/24 dev eth1");
	assert_int_equal(addr_select(eth2, 0, SCOPE_GLOBAL), 0);
	/* An address on lo serves interfaces that have none. */
	ip_do(net, "addr add 10.99.0.1/32 dev lo");
	assert_int_equal(addr_select(eth2, 0, SCOPE_GLOBAL), 0x0a630001);
	testnet_free(t);
}

static void
a_new_address_is_announced_where_there_is_a_link(void **state)
{
	struct testnet *t = bare(2);
	const struct testnet_frame *frame;

	testnet_carrier(t, 1, false);
	ip_do(&t->net, "addr add 10.0.0.1/24 dev eth0");
	ip_do(&t->net, "addr add 10.0.1.1/24 dev eth1");
	testnet_run(t);
	frame = testnet_next(t, 0);
	assert_non_null(frame);
	/* A gratuitous request: sender and target are the address. */
	assert_int_equal(frame->bytes[13], 0x06);
	assert_memory_equal(frame->bytes + 28, "\x0a\x00\x00\x01", 4);
	assert_memory_equal(frame->bytes + 38, "\x0a\x00\x00\x01", 4);
	assert_null(testnet_next(t, 1));
	testnet_free(t);
}

static void
flushing_takes_all(void **state)
{
	struct testnet *t = bare(2);
	struct net *net = &t->net;

	net->conf_all.promote_secondaries = 1;
	many_addresses(net);
	addr_flush(&t->port[0].dev);
	fib_check(net);
	ip_expect(net, "addr show eth0", "");
	ip_expect(net, "route show",
		  "10.0.0.0/24 dev eth1 proto kernel scope link src 10.0.0.1 \n"
		  "10.0.1.0/24 dev eth1 proto kernel scope link "
		  "src 10.0.1.1 \n");
	testnet_free(t);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Routes with the same prefix stand in the order in which they were added. */
static void
sort_lines(char *text)
{
	static char sorted[65536];
	char *line[512], *save = NULL, *at = sorted;
	size_t count = 0;

	for (char *it = strtok_r(text, "\n", &save); it != NULL;
	     it = strtok_r(NULL, "\n", &save))
		line[count++] = it;
	qsort(line, count, sizeof(*line), compare_lines);
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%s\n", line[i]);
	strcpy(text, sorted);
}

/*
 * Any sequence of additions and removals ends as the same addresses added to an
 * interface that had none: no route is forgotten, none is left.
 */
static void
removing_undoes_adding(void **state)
{
	struct random random = test_random();
	struct testnet *t = bare(1);
	static char got[65536], want[65536];
	struct net *net = &t->net;
	struct netdev *dev = &t->port[0].dev;

	for (unsigned int round = 0; round < 300; round++) {
		struct ifaddr left[64], *it;
		uint32_t count = 0;

		net->conf_all.promote_secondaries = random_below(&random, 2);
		for (unsigned int i = 0; i < 30; i++) {
			struct ifaddr any = {
				.local = 0x0a000001 + random_below(&random, 3) +
					 random_below(&random, 2) * 256,
				.prefix_len =
					(uint8_t)(22 +
						  random_below(&random, 4) * 2),
				.metric = random_below(&random, 2),
			};

			any.broadcast =
				random_below(&random, 4) ? 0 : any.local | 255;
			if (random_below(&random, 2))
				(void)!addr_add(dev, &any);
			else
				(void)addr_delete(dev, any.local,
						  any.prefix_len);
		}
		fib_check(net);
		list_for_each(it, &dev->addrs, link)
			left[count++] = *it;
		ip_line(net, "route show table all", got, sizeof(got));
		addr_flush(dev);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(addr_add(dev, &left[i]), OK);
		ip_line(net, "route show table all", want, sizeof(want));
		sort_lines(got);
		sort_lines(want);
		assert_string_equal(got, want);
		addr_flush(dev);
		ip_expect(net, "route show table local", LO_ROUTES);
		ip_expect(net, "route show", "");
	}
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_makes_linux_routes),
		cmocka_unit_test(primaries_stand_by_scope_before_secondaries),
		cmocka_unit_test(what_is_no_stations_address_is_refused),
		cmocka_unit_test(
			subnet_routes_wait_for_the_interface_to_come_up),
		cmocka_unit_test(secondaries_go_with_their_primary),
		cmocka_unit_test(a_secondary_is_promoted_if_so_configured),
		cmocka_unit_test(
			the_same_address_in_two_subnets_stays_until_both_go),
		cmocka_unit_test(no_prefix_route_and_metric),
		cmocka_unit_test(finding_and_on_link),
		cmocka_unit_test(
			sources_are_of_the_subnet_then_the_first_then_any),
		cmocka_unit_test(
			a_new_address_is_announced_where_there_is_a_link),
		cmocka_unit_test(flushing_takes_all),
		cmocka_unit_test(removing_undoes_adding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
