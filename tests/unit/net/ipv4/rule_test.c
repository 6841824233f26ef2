/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy rules: which decide, how they are kept, what Linux answers. */

#include "tests/host/test.h"

#include "net/ipv4/rule.h"
#include "tests/host/iplines.h"
#include "tests/host/testnet.h"

#define NO_ROUTE "RTNETLINK answers: Network is unreachable\n"

/* Three ports; each of tables 100 to 102 has its own default route. */
static struct testnet *
three_ways(void)
{
	struct testnet *t = testnet_new(3);

	ip_do(&t->net, "route add default via 10.0.0.2");
	ip_do(&t->net, "route add default via 10.0.1.2 table 100");
	ip_do(&t->net, "route add default via 10.0.2.2 table 101");
	ip_do(&t->net, "route add 20.0.0.0/8 via 10.0.2.2 table 102");
	ip_do(&t->net, "route add throw 20.1.0.0/16 table 102");
	ip_do(&t->net, "route add 20.1.1.0/24 via 10.0.2.3 table 102");
	return t;
}

#define BY_MAIN "default via 10.0.0.2 dev eth0 \n"
#define BY_ETH1 "default via 10.0.1.2 dev eth1 \n"
#define BY_100	"default via 10.0.1.2 dev eth1 table 100 \n"
#define BY_101	"default via 10.0.2.2 dev eth2 table 101 \n"

/* Lookups of 5.5.1.1 (6.6.1.1 where the destination decides) that each selector
 * takes, and that it does not. */
static const struct {
	const char *selector, *hit, *miss;
} cases[] = {
	{ "from 9.0.0.0/8", "from 9.1.1.1", "from 8.1.1.1" },
	{ "from 9.0.0.0/8", "from 9.1.1.1", "" },
	{ "to 5.5.0.0/16", "", "from 5.5.5.5" },
	{ "iif eth2", "iif eth2", "iif eth0" },
	{ "iif eth2", "iif eth2", "" },
	{ "iif lo", "", "iif eth0" },
	{ "oif eth1", "oif eth1", "" },
	{ "tos 0x10", "tos 0x10", "tos 0x08" },
	{ "tos 0x10", "tos 0x11", "" },
	{ "fwmark 5", "mark 5", "mark 0x15" },
	{ "fwmark 5/0xf", "mark 0x15", "mark 6" },
	{ "ipproto 6", "ipproto 6", "ipproto 17" },
	{ "sport 5-10", "sport 10", "sport 11" },
	{ "sport 5-10", "sport 5", "sport 4" },
	{ "dport 80", "dport 80", "dport 81" },
	{ "dport 80", "dport 80", "sport 80" },
	{ "not from 9.0.0.0/8", "from 8.1.1.1", "from 9.1.1.1" },
	{ "not fwmark 5 dport 80", "mark 5 dport 81", "mark 5 dport 80" },
};

static void
each_selector_selects(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	char line[128], get[128];

	for (unsigned int i = 0; i < array_len(cases); i++) {
		bool to = !strncmp(cases[i].selector, "to", 2);

		snprintf(line, sizeof(line), "rule add %s table 100",
			 cases[i].selector);
		ip_do(net, line);
		snprintf(get, sizeof(get), "route get 5.5.1.1 %s",
			 cases[i].hit);
		ip_expect(net, get, BY_100);
		snprintf(get, sizeof(get), "route get %s %s",
			 to ? "6.6.1.1" : "5.5.1.1", cases[i].miss);
		ip_expect(net, get, BY_MAIN);
		snprintf(line, sizeof(line), "rule del %s table 100",
			 cases[i].selector);
		ip_do(net, line);
		ip_expect(net, "route get 5.5.1.1", BY_MAIN);
	}
	testnet_free(t);
}

static void
the_first_answer_by_priority_decides(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_do(net, "rule add table 101 pref 200");
	ip_do(net, "rule add table 100 pref 100");
	ip_expect(net, "route get 5.5.5.5", BY_100);
	ip_do(net, "rule add table 102 pref 50");
	ip_expect(net, "route get 5.5.5.5", BY_100);
	ip_expect(net, "route get 20.2.0.1",
		  "20.0.0.0/8 via 10.0.2.2 dev eth2 table 102 \n");
	/* A throw is no answer; inside it there may be one. */
	ip_expect(net, "route get 20.1.0.1", BY_100);
	ip_expect(net, "route get 20.1.1.1",
		  "20.1.1.0/24 via 10.0.2.3 dev eth2 table 102 \n");
	/* Local comes first, as long as its rule does. */
	ip_expect(net, "route get 10.0.0.1",
		  "local 10.0.0.1 dev eth0 table local proto kernel scope "
		  "host src 10.0.0.1 \n");
	ip_do(net, "rule del pref 0");
	ip_expect(net, "route get 10.0.0.1", BY_100);
	ip_do(net, "rule add table local pref 0");
	ip_do(net, "rule del pref 100");
	ip_expect(net, "route get 5.5.5.5", BY_101);
	ip_do(net, "rule del table 101");
	ip_expect(net, "route get 5.5.5.5", BY_MAIN);
	testnet_free(t);
}

static void
rules_can_answer_themselves(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	struct flow flow = { .dst = 0x4d000001 };

	ip_do(net, "rule add blackhole to 77.0.0.1");
	ip_do(net, "rule add unreachable to 78.0.0.1");
	ip_do(net, "rule add prohibit to 79.0.0.1");
	assert_int_equal(fib_find(net, &flow)->type, ROUTE_BLACKHOLE);
	flow.dst = 0x4e000001;
	/* The network is, and no other rule is asked. */
	assert_null(fib_find(net, &flow));
	flow.dst = 0x4f000001;
	assert_int_equal(fib_find(net, &flow)->type, ROUTE_PROHIBIT);
	assert_int_equal(fib_find(net, &flow)->nexthop_count, 0);
	testnet_free(t);
}

static void
goto_skips_ahead(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_do(net, "rule add table 100 pref 100");
	ip_do(net, "rule add table 101 pref 300");
	ip_expect(net, "rule add goto 40 pref 50",
		  "Error: Backward goto not supported.\n");
	/* Its target is not there: as if it were not there itself. */
	ip_do(net, "rule add from 9.0.0.0/8 goto 200 pref 50");
	ip_expect(net, "route get 5.5.5.5 from 9.1.1.1", BY_100);
	ip_do(net, "rule add nop pref 200");
	ip_expect(net, "route get 5.5.5.5 from 9.1.1.1", BY_101);
	ip_expect(net, "route get 5.5.5.5 from 8.1.1.1", BY_100);
	ip_do(net, "rule del pref 200");
	ip_expect(net, "route get 5.5.5.5 from 9.1.1.1", BY_100);
	testnet_free(t);
}

static void
a_short_prefix_can_be_suppressed(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_do(net, "route add 30.0.0.0/8 via 10.0.0.3");
	ip_do(net, "rule add table 100 pref 200");
	ip_do(net, "rule add table main suppress_prefixlength 0 pref 100");
	ip_expect(net, "route get 5.5.5.5", BY_100);
	ip_expect(net, "route get 30.5.5.5",
		  "30.0.0.0/8 via 10.0.0.3 dev eth0 \n");
	testnet_free(t);
}

static bool
show(void *ctx, const struct rule *rule)
{
	char *text = ctx;

	sprintf(text + strlen(text), "%u:%u ", rule->priority, rule->table);
	return true;
}

static void
expect_rules(struct net *net, const char *want)
{
	char text[512] = "";

	rule_for_each(net, show, text);
	assert_string_equal(text, want);
}

static void
priorities_are_chosen_as_linux_does(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	expect_rules(net, "0:255 32766:254 32767:253 ");
	ip_do(net, "rule add from 10.9.0.0/16 table 100");
	ip_do(net, "rule add from 10.9.0.0/16 table 100");
	ip_do(net, "rule add from 10.9.0.0/16 table 101 pref 50");
	ip_expect(net, "rule add from 10.9.0.0/16 table 101 pref 50",
		  "RTNETLINK answers: File exists\n");
	ip_do(net, "rule add to 1.1.1.1 table main pref 32766");
	ip_do(net, "rule add to 1.1.1.1 table main pref 0");
	/* Then the second one has priority 0, and so has what follows. */
	ip_do(net, "rule add to 1.1.1.2 table 100");
	expect_rules(net, "0:255 0:254 0:100 50:101 32764:100 32765:100 "
			  "32766:254 32766:254 32767:253 ");
	ip_do(net, "rule del from 10.9.0.0/16");
	ip_do(net, "rule del from 10.9.0.0/16");
	ip_do(net, "rule del from 10.9.0.0/16");
	ip_expect(net, "rule del from 10.9.0.0/16",
		  "RTNETLINK answers: No such file or directory\n");
	assert_int_equal(rule_flush(net), RULE_OK);
	expect_rules(net, "0:255 0:254 0:100 ");
	ip_expect(net, "route get 5.5.5.5", NO_ROUTE);
	testnet_free(t);
}

static void
bad_rules_are_refused(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_expect(net, "rule add tos 3 table 7",
		  "Error: Invalid dsfield (tos): ECN bits must be 0.\n");
	ip_expect(net, "rule add table 0",
		  "RTNETLINK answers: Invalid argument\n");
	ip_expect(net, "rule add sport 10-5 table 7",
		  "RTNETLINK answers: Invalid argument\n");
	expect_rules(net, "0:255 32766:254 32767:253 ");
	testnet_free(t);
}

/* Each of these was another answer here than in Linux, once. */
static void
what_random_lines_found_beside_linux(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	/* Who made it counts: the kernel's rule is another. */
	ip_do(net, "rule add table main pref 32766");
	/* Prefixes are compared if they are given; targets are not. */
	ip_do(net, "rule add to 20.0.0.0/8 goto 100 pref 50");
	ip_expect(net, "rule add goto 200 pref 50",
		  "RTNETLINK answers: File exists\n");
	ip_do(net, "rule add not from 9.0.0.0/8 table 100 pref 60");
	ip_do(net, "rule del from 9.0.0.0/8 table 100 pref 60");
	ip_do(net, "rule del goto 300");
	ip_expect(net, "rule del goto 100 pref 100",
		  "Error: Backward goto not supported.\n");
	ip_expect(net, "rule show",
		  "0:\tfrom all lookup local\n"
		  "32766:\tfrom all lookup main\n"
		  "32766:\tfrom all lookup main\n"
		  "32767:\tfrom all lookup default\n");
	/* A refusal is never suppressed. */
	ip_do(net, "route replace blackhole default");
	ip_do(net, "rule add table main suppress_prefixlength 0 pref 10");
	ip_do(net, "rule add table 100 pref 20");
	ip_expect(net, "route get 5.5.5.5",
		  "RTNETLINK answers: Invalid argument\n");
	testnet_free(t);
}

static void
a_rule_waits_for_its_interface(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	struct netdev *eth2 = &t->port[2].dev;

	ip_do(net, "rule add iif wan table 100");
	ip_do(net, "rule add oif wan table 101");
	assert_true(rule_is_detached(net, "wan"));
	ip_expect(net, "route get 5.5.5.5 iif eth2", BY_MAIN);
	ip_do(net, "link set eth2 down");
	assert_int_equal(netdev_rename(eth2, "wan"), OK);
	ip_expect(net, "route get 5.5.5.5 iif wan", BY_100);
	assert_false(rule_is_detached(net, "wan"));
	ip_do(net, "link set wan up");
	ip_do(net, "route add 5.0.0.0/8 via 10.0.2.2 table 101");
	ip_expect(net, "route get 5.5.5.5 oif wan",
		  "5.0.0.0/8 via 10.0.2.2 dev wan table 101 \n");
	netdev_unregister(eth2);
	assert_int_equal(netdev_register(net, eth2), OK);
	ip_expect(net, "route get 5.5.5.5 iif eth2", BY_MAIN);
	testnet_free(t);
}

/* The lookups of single tables follow the tables once there are rules. */
static void
tables_change_under_rules(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_do(net, "rule add table 100 pref 100");
	ip_do(net, "route add 40.0.0.0/8 via 10.0.2.2 table 100");
	ip_expect(net, "route get 40.1.1.1",
		  "40.0.0.0/8 via 10.0.2.2 dev eth2 table 100 \n");
	ip_do(net, "route del default table 100");
	ip_expect(net, "route get 5.5.5.5", BY_MAIN);
	ip_do(net, "route add throw default table 100");
	ip_expect(net, "route get 5.5.5.5", BY_MAIN);
	/* A table that is made now has a lookup from the start. */
	ip_do(net, "route add 50.0.0.0/8 via 10.0.2.3 table 200");
	ip_do(net, "rule add table 200 pref 10");
	ip_expect(net, "route get 50.1.1.1",
		  "50.0.0.0/8 via 10.0.2.3 dev eth2 table 200 \n");
	ip_do(net, "route add 50.1.0.0/16 via 10.0.1.3 tos 8 table 200");
	ip_expect(net, "route get 50.1.1.1 tos 8",
		  "50.1.0.0/16 tos 0x08 via 10.0.1.3 dev eth1 table 200 \n");
	ip_expect(net, "route get 50.1.1.1",
		  "50.0.0.0/8 via 10.0.2.3 dev eth2 table 200 \n");
	testnet_free(t);
}

/* With nothing but a rule for some packets, the rest has no route: any field
 * makes the three rules other than Linux's three. */
static void
the_default_rules_can_be_narrowed(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	char line[128];

	ip_do(net, "route replace default via 10.0.1.2");
	ip_do(net, "rule del table main");
	for (unsigned int i = 0; i < array_len(cases); i++) {
		bool to = !strncmp(cases[i].selector, "to", 2);

		snprintf(line, sizeof(line),
			 "rule add %s table main pref 32766",
			 cases[i].selector);
		ip_do(net, line);
		snprintf(line, sizeof(line), "route get 5.5.1.1 %s",
			 cases[i].hit);
		ip_expect(net, line, BY_ETH1);
		snprintf(line, sizeof(line), "route get %s %s",
			 to ? "6.6.1.1" : "5.5.1.1", cases[i].miss);
		ip_expect(net, line, NO_ROUTE);
		snprintf(line, sizeof(line), "rule del %s table main",
			 cases[i].selector);
		ip_do(net, line);
	}
	ip_do(net, "rule add table main pref 32766 suppress_prefixlength 0");
	ip_expect(net, "route get 5.5.1.1", NO_ROUTE);
	ip_do(net, "rule del pref 32766");
	ip_do(net, "rule add table main pref 32766");
	ip_expect(net, "route get 5.5.1.1", BY_ETH1);
	/* One more behind them is looked at, too. */
	ip_do(net, "route del default");
	ip_do(net, "rule add table 100 pref 40000");
	ip_expect(net, "route get 5.5.1.1", BY_100);
	testnet_free(t);
}

/* One rule, and many that differ from it in one field each. */
static unsigned int
relatives(struct rule *rule)
{
	const struct rule base = {
		.priority = 100,
		.action = RULE_TABLE,
		.src_len = 8,
		.src = 0x09000000,
		.dst_len = 8,
		.dst = 0x05000000,
		.iif = "eth0",
		.oif = "eth1",
		.tos = 0x10,
		.ipproto = 6,
		.proto = 50,
		.sport_first = 5,
		.sport_last = 10,
		.dport_first = 80,
		.dport_last = 90,
		.mark = 5,
		.mark_mask = 0xf,
		.table = 100,
		.suppress_prefix_len = 3,
	};
	unsigned int n = 0;

	rule[n++] = base;
#define BUT(change) (rule[n] = base, rule[n].change, n++)
	BUT(priority = 101);
	BUT(action = RULE_BLACKHOLE);
	BUT(src_len = 9);
	BUT(src = 0x0a000000);
	BUT(dst_len = 9);
	BUT(dst = 0x06000000);
	BUT(iif[3] = '2');
	BUT(oif[3] = '2');
	BUT(tos = 0x08);
	BUT(ipproto = 17);
	BUT(proto = 51);
	BUT(sport_first = 6);
	BUT(sport_last = 11);
	BUT(dport_first = 81);
	BUT(dport_last = 91);
	BUT(mark = 6);
	BUT(mark_mask = 0xff);
	BUT(table = 101);
	BUT(suppress_prefix_len = 4);
#undef BUT
	return n;
}

/* Each field tells two rules apart: when adding and when deleting. */
static void
rules_differ_in_any_field(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	struct rule rule[32];
	unsigned int n = relatives(rule);

	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(rule_add(net, &rule[i]), RULE_OK);
		assert_int_equal(rule_add(net, &rule[i]), RULE_EXISTS);
	}
	for (unsigned int i = n; i-- > 0;) {
		assert_int_equal(rule_delete(net, &rule[i]), RULE_OK);
		assert_int_equal(rule_delete(net, &rule[i]), RULE_NOT_FOUND);
	}
	expect_rules(net, "0:255 32766:254 32767:253 ");
	testnet_free(t);
}

static void
rules_that_make_no_sense_are_refused(void **state)
{
	struct testnet *t = three_ways();
	struct rule rule[32];

	for (unsigned int i = 0; i < 5; i++) {
		(void)relatives(rule);
		switch (i) {
		case 0: rule->action = 9; break;
		case 1: rule->src_len = 33; break;
		case 2: rule->dst_len = 33; break;
		case 3: rule->sport_first = 11; break;
		default: rule->dport_first = 91; break;
		}
		assert_int_equal(rule_add(&t->net, rule), RULE_INVALID);
	}
	expect_rules(&t->net, "0:255 32766:254 32767:253 ");
	testnet_free(t);
}

static bool
count_unresolved(void *ctx, const struct rule *rule)
{
	*(unsigned int *)ctx += rule_is_unresolved(rule);
	return true;
}

static void
a_goto_waits_for_its_target(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	unsigned int count = 0;

	ip_do(net, "rule add goto 200 pref 100");
	rule_for_each(net, count_unresolved, &count);
	assert_int_equal(count, 1);
	ip_expect(net, "route get 5.5.5.5", BY_MAIN);
	ip_do(net, "rule add table 100 pref 200");
	rule_for_each(net, count_unresolved, &count);
	assert_int_equal(count, 1);
	ip_expect(net, "route get 5.5.5.5", BY_100);
	testnet_free(t);
}

/* Without rules there is no route at all, and the first new one is rule 0. */
static void
all_rules_can_go(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;

	ip_do(net, "rule del table local");
	ip_do(net, "rule del table main");
	/* One is left: the next goes before it, at 0. */
	ip_do(net, "rule add table 100");
	expect_rules(net, "0:100 32767:253 ");
	ip_do(net, "rule del table 100");
	ip_do(net, "rule del table default");
	expect_rules(net, "");
	ip_expect(net, "route get 5.5.5.5", NO_ROUTE);
	ip_do(net, "rule add table 100");
	expect_rules(net, "0:100 ");
	ip_expect(net, "route get 5.5.5.5", BY_100);
	testnet_free(t);
}

/* The lookup of one table alone is made anew with a larger root once it has
 * very many routes, and stays right. */
static void
a_table_that_grows_gets_a_larger_root(void **state)
{
	struct testnet *t = three_ways();
	struct net *net = &t->net;
	char line[80], answer[80];

	ip_do(net, "rule add table 102 pref 50");
	for (uint32_t i = 0; i < 2200; i++) {
		const struct {
			struct route route;
			struct nexthop nexthop;
		} want = {
			.route = { .dst = 0x1e000000 + (i << 8),
				   .prefix_len = 24,
				   .table = 102,
				   .type = ROUTE_UNICAST,
				   .proto = ROUTE_PROTO_BOOT,
				   .nexthop_count = 1 },
			.nexthop = { .gateway = TESTNET_HOST(i % 3) },
		};

		assert_int_equal(fib_insert(net, &want.route, FIB_ADD), FIB_OK);
	}
	for (unsigned int i = 0; i < 2200; i += 37) {
		snprintf(line, sizeof(line), "route get 30.%u.%u.9", i >> 8,
			 i & 255);
		snprintf(answer, sizeof(answer),
			 "30.%u.%u.0/24 via 10.0.%u.2 dev eth%u table 102 \n",
			 i >> 8, i & 255, i % 3, i % 3);
		ip_expect(net, line, answer);
	}
	ip_expect(net, "route get 20.1.1.9",
		  "20.1.1.0/24 via 10.0.2.3 dev eth2 table 102 \n");
	ip_expect(net, "route get 20.1.2.9", BY_MAIN);
	ip_expect(net, "route get 5.5.5.5", BY_MAIN);
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_selector_selects),
		cmocka_unit_test(the_first_answer_by_priority_decides),
		cmocka_unit_test(rules_can_answer_themselves),
		cmocka_unit_test(goto_skips_ahead),
		cmocka_unit_test(a_short_prefix_can_be_suppressed),
		cmocka_unit_test(priorities_are_chosen_as_linux_does),
		cmocka_unit_test(bad_rules_are_refused),
		cmocka_unit_test(what_random_lines_found_beside_linux),
		cmocka_unit_test(a_rule_waits_for_its_interface),
		cmocka_unit_test(tables_change_under_rules),
		cmocka_unit_test(the_default_rules_can_be_narrowed),
		cmocka_unit_test(rules_differ_in_any_field),
		cmocka_unit_test(rules_that_make_no_sense_are_refused),
		cmocka_unit_test(a_goto_waits_for_its_target),
		cmocka_unit_test(all_rules_can_go),
		cmocka_unit_test(a_table_that_grows_gets_a_larger_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
