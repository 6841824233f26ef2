/* SPDX-License-Identifier: BSD-2-Clause */
/* Which requests are answered: arp_ignore, arp_filter, proxy_arp. */
#include "tests/unit/net/neigh/lab.h"

#define HOST   TESTNET_HOST(0)
#define OWN    TESTNET_ROUTER(0)
#define SECOND IPV4_ADDR(10, 9, 0, 1)	  /* of port 0, another subnet */
#define ELSE   TESTNET_ROUTER(1)	  /* of port 1 */
#define BEHIND IPV4_ADDR(198, 51, 100, 9) /* routed by port 1 */

static const uint8_t mac_x[6] = { 2, 0, 0, 9, 9, 9 };

static struct testnet *
two_ports(void)
{
	struct testnet *t = lab_new(2);

	testnet_address(t, 0, SECOND, 24);
	testnet_route(t, IPV4_ADDR(198, 51, 100, 0), 24, TESTNET_HOST(1), 1);
	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	return t;
}

static struct net_conf *
conf(struct testnet *t)
{
	return &t->net.conf[lab_dev(t, 0)->ifindex];
}

static bool
answers(struct testnet *t, uint32_t asker, uint32_t target)
{
	struct lab_frame frame;

	lab_request_as(t, 0, asker, mac_x, target);
	frame = lab_next(t, 0);
	if (frame.kind == NOTHING)
		return false;
	assert_int_equal(frame.kind, ANSWERS);
	assert_int_equal(frame.arp.sender, target);
	assert_int_equal(frame.arp.target, asker);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	return true;
}

/* ---- arp_ignore --------------------------------------------------------- */

static void
test_arp_ignore(void **state)
{
	static const struct {
		uint32_t mode, asker, target;
		bool answered;
	} cases[] = {
		/* Any address of the box. */
		{ 0, HOST, OWN, true },
		{ 0, HOST, ELSE, true },
		{ 0, HOST, SECOND, true },
		/* Of this interface. */
		{ 1, HOST, OWN, true },
		{ 1, HOST, ELSE, false },
		{ 1, HOST, SECOND, true },
		{ 1, 0, OWN, true },
		/* And the asker on the same subnet. */
		{ 2, HOST, OWN, true },
		{ 2, HOST, ELSE, false },
		{ 2, HOST, SECOND, false },
		{ 2, IPV4_ADDR(10, 9, 0, 7), SECOND, true },
		{ 2, 0, OWN, true },
		/* No address of host scope. */
		{ 3, HOST, OWN, true },
		{ 3, HOST, ELSE, true },
		/* Nothing. */
		{ 8, HOST, OWN, false },
		{ 8, 0, OWN, false },
		/* Reserved values are 0. */
		{ 5, HOST, ELSE, true },
	};
	struct testnet *t = two_ports();
	uint64_t ignored = 0;

	for (size_t i = 0; i < array_len(cases); i++) {
		conf(t)->arp_ignore = i % 2 ? cases[i].mode : 0;
		t->net.conf_all.arp_ignore = i % 2 ? 0 : cases[i].mode;
		assert_int_equal(answers(t, cases[i].asker, cases[i].target),
				 cases[i].answered);
		ignored += !cases[i].answered;
		assert_int_equal(t->net.neigh.arp.stats.ignored, ignored);
	}
	/* The larger of the two counts. */
	conf(t)->arp_ignore = 1;
	t->net.conf_all.arp_ignore = 8;
	assert_false(answers(t, HOST, OWN));
	lab_free(t);
}

static void
test_addresses_of_host_scope_are_hidden_by_three(void **state)
{
	struct ifaddr want = {
		.local = TESTNET_ADDR(0, 60),
		.peer = TESTNET_ADDR(0, 60),
		.prefix_len = 32,
		.scope = SCOPE_HOST,
	};
	struct testnet *t = two_ports();

	assert_int_equal(addr_add(lab_dev(t, 0), &want), OK);
	testnet_advance(t, 3 * S_NS);
	lab_hush(t);
	assert_true(answers(t, HOST, TESTNET_ADDR(0, 60)));
	conf(t)->arp_ignore = 3;
	assert_false(answers(t, HOST, TESTNET_ADDR(0, 60)));
	lab_free(t);
}

static void
test_who_is_ignored_is_not_learned_but_updated(void **state)
{
	struct testnet *t = two_ports();

	conf(t)->arp_ignore = 8;
	assert_false(answers(t, HOST, OWN));
	assert_state(t, 0, HOST, "absent");
	lab_resolve(t, 0, HOST);
	testnet_advance(t, 2 * S_NS);
	assert_false(answers(t, HOST, OWN));
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, mac_x, 6);
	lab_free(t);
}

/* ---- arp_filter --------------------------------------------------------- */

static void
test_arp_filter(void **state)
{
	struct testnet *t = two_ports();

	conf(t)->arp_filter = 1;
	assert_true(answers(t, HOST, OWN));
	assert_true(answers(t, HOST, ELSE));
	/* The way back to this one is by the other port. */
	testnet_route(t, HOST, 32, 0, 1);
	assert_false(answers(t, HOST, OWN));
	conf(t)->arp_filter = 0;
	assert_true(answers(t, HOST, OWN));
	t->net.conf_all.arp_filter = 1;
	assert_false(answers(t, HOST, OWN));
	/* No way back is not this way back. */
	testnet_route_type(t, HOST + 1, 32, ROUTE_BLACKHOLE);
	assert_false(answers(t, HOST + 1, OWN));
	assert_true(answers(t, HOST + 2, OWN));
	lab_free(t);
}

/* ---- proxy_arp ---------------------------------------------------------- */

static void
test_proxy_arp_answers_for_who_is_behind_another_port(void **state)
{
	struct testnet *t = two_ports();

	assert_false(answers(t, HOST, BEHIND));
	conf(t)->proxy_arp = 1;
	t->net.neigh.param.proxy_delay_ms = 0;
	assert_true(answers(t, HOST, BEHIND));
	assert_state(t, 0, HOST, "STALE");
	assert_int_equal(t->net.neigh.arp.stats.proxied, 1);
	/* Not for hosts on the asker's own link, nor where no route is. */
	assert_false(answers(t, HOST, TESTNET_ADDR(0, 9)));
	assert_false(answers(t, HOST, IPV4_ADDR(192, 0, 2, 1)));
	/* Nor for who asks whether it is free; nor without forwarding. */
	assert_false(answers(t, 0, BEHIND));
	conf(t)->forwarding = 0;
	assert_false(answers(t, HOST, BEHIND));
	conf(t)->forwarding = 1;
	/* Nor for destinations that are blackholes. */
	testnet_route_type(t, BEHIND, 32, ROUTE_BLACKHOLE);
	assert_false(answers(t, HOST, BEHIND));
	conf(t)->proxy_arp = 0;
	t->net.conf_all.proxy_arp = 1;
	assert_true(answers(t, HOST, BEHIND + 1));
	lab_free(t);
}

/* Of all hosts behind another port, the ones that are named. */
static void
test_single_hosts_are_answered_for(void **state)
{
	struct testnet *t = two_ports();
	struct net *net = &t->net;
	enum status status = OK;
	uint32_t count;

	net->neigh.param.proxy_delay_ms = 0;
	assert_int_equal(arp_proxy_host_add(net, lab_dev(t, 0), BEHIND, false),
			 OK);
	assert_true(answers(t, HOST, BEHIND));
	assert_false(answers(t, HOST, BEHIND + 1));
	assert_int_equal(arp_proxy_host_add(net, NULL, BEHIND + 1, true), OK);
	assert_true(answers(t, HOST, BEHIND + 1));
	conf(t)->forwarding = 0;
	assert_false(answers(t, HOST, BEHIND));
	conf(t)->forwarding = 1;
	/* Not for who is on the asker's own link. */
	assert_int_equal(arp_proxy_host_add(net, lab_dev(t, 0),
					    TESTNET_ADDR(0, 9), false),
			 OK);
	assert_false(answers(t, HOST, TESTNET_ADDR(0, 9)));
	assert_int_equal(arp_proxy_host_delete(net, lab_dev(t, 1), BEHIND),
			 ERR_NOENT);
	assert_int_equal(arp_proxy_host_delete(net, lab_dev(t, 0), BEHIND), OK);
	assert_false(answers(t, HOST, BEHIND));
	assert_int_equal(arp_proxy_host_add(net, NULL, 0, false), ERR_INVAL);
	/* Those of a port go with it; then there is room for so many. */
	netdev_down(lab_dev(t, 0));
	assert_null(
		arp_proxy_host_find(net, lab_dev(t, 0), TESTNET_ADDR(0, 9)));
	assert_true(
		arp_proxy_host_find(net, lab_dev(t, 0), BEHIND + 1)->router);
	for (count = 0; status == OK; count++)
		status = arp_proxy_host_add(net, NULL, 1 + count, false);
	assert_int_equal(status, ERR_NOMEM);
	assert_int_equal(count, ARP_PROXY_HOSTS_MAX);
	lab_free(t);
}

static void
test_proxy_answer_to_a_broadcast_waits_its_turn(void **state)
{
	struct testnet *t = two_ports();
	struct arp arp = { .op = ARP_REQUEST,
			   .sender = HOST,
			   .target = BEHIND };
	uint32_t at_once = 0;

	conf(t)->proxy_arp = 1;
	for (uint32_t i = 0; i < 20; i++) {
		at_once += answers(t, HOST + i, BEHIND);
		testnet_advance(t, 801 * MS_NS);
		assert_int_equal(lab_count(t, 0, ANSWERS) + at_once, 1);
		at_once = 0;
	}
	/* To a unicast the answer is due at once. */
	memcpy(arp.sender_lladdr, mac_x, 6);
	lab_arp(t, 0, &arp, lab_dev(t, 0)->addr);
	assert_int_equal(lab_next_kind(t, 0), ANSWERS);
	lab_free(t);
}

static void
test_delayed_answers_are_bounded(void **state)
{
	struct testnet *t = two_ports();

	conf(t)->proxy_arp = 1;
	for (uint32_t i = 0; i < 100; i++)
		lab_request_as(t, 0, HOST, mac_x, BEHIND);
	lab_check(t);
	assert_int_equal(t->net.neigh.arp.stats.proxy_overflows, 36);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 0, ANSWERS), 64);
	t->net.neigh.param.proxy_qlen = 3;
	for (uint32_t i = 0; i < 10; i++)
		lab_request_as(t, 0, HOST, mac_x, BEHIND);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 0, ANSWERS), 3);
	/* More than there are slots is not more. */
	t->net.neigh.param.proxy_qlen = 1000;
	for (uint32_t i = 0; i < 100; i++)
		lab_request_as(t, 0, HOST, mac_x, BEHIND);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 0, ANSWERS), 64);
	lab_free(t);
}

static void
test_delayed_answer_is_forgotten_with_its_reason(void **state)
{
	struct testnet *t = two_ports();

	conf(t)->proxy_arp = 1;
	lab_request_as(t, 0, HOST, mac_x, BEHIND);
	testnet_route_type(t, BEHIND, 32, ROUTE_BLACKHOLE);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 0, ANSWERS), 0);

	lab_request_as(t, 0, HOST, mac_x, BEHIND + 1);
	assert_int_equal(t->net.neigh.arp.proxy_count, 1);
	netdev_down(lab_dev(t, 1)); /* none of its business, ... */
	assert_int_equal(t->net.neigh.arp.proxy_count, 1);
	netdev_down(lab_dev(t, 0));
	assert_int_equal(t->net.neigh.arp.proxy_count, 0);
	assert_int_equal(netdev_up(lab_dev(t, 0)), OK);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 0, ANSWERS), 0);
	/* Those that wait when the stack goes down do no harm. */
	lab_request_as(t, 0, HOST, mac_x, BEHIND + 1);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp_ignore),
		cmocka_unit_test(
			test_addresses_of_host_scope_are_hidden_by_three),
		cmocka_unit_test(
			test_who_is_ignored_is_not_learned_but_updated),
		cmocka_unit_test(test_arp_filter),
		cmocka_unit_test(
			test_proxy_arp_answers_for_who_is_behind_another_port),
		cmocka_unit_test(test_single_hosts_are_answered_for),
		cmocka_unit_test(
			test_proxy_answer_to_a_broadcast_waits_its_turn),
		cmocka_unit_test(test_delayed_answers_are_bounded),
		cmocka_unit_test(
			test_delayed_answer_is_forgotten_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
