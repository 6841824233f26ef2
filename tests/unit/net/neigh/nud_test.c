/* SPDX-License-Identifier: BSD-2-Clause */
/* The NUD machine: every state with every event, and its times. */
#include "tests/unit/net/neigh/lab.h"

#define HOST TESTNET_HOST(0)

static uint8_t other_mac[6] = { 2, 0, 0, 9, 9, 9 };

/* ---- every state, every event ------------------------------------------- */

/* Puts HOST into a state by the ways that lead there. */
static void
bring_to(struct testnet *t, enum neigh_state state)
{
	struct netdev *dev = lab_dev(t, 0);
	uint8_t mac[6];

	lab_mac(0, HOST, mac);
	switch (state) {
	case NEIGH_INCOMPLETE: lab_send(t, 0, HOST, 1); break;
	case NEIGH_REACHABLE: lab_resolve(t, 0, HOST); break;
	case NEIGH_STALE:
		lab_resolve(t, 0, HOST);
		testnet_advance(t, lab_reachable_ns(t) + MS_NS);
		break;
	case NEIGH_DELAY:
		bring_to(t, NEIGH_STALE);
		lab_send(t, 0, HOST, 1);
		break;
	case NEIGH_PROBE:
		bring_to(t, NEIGH_DELAY);
		testnet_advance(t, 5 * S_NS + MS_NS);
		break;
	case NEIGH_FAILED:
		lab_send(t, 0, HOST, 1);
		testnet_advance(t, 3 * S_NS + MS_NS);
		break;
	case NEIGH_NOARP:
	case NEIGH_PERMANENT:
		assert_int_equal(neigh_set(&t->net, dev, HOST, mac, state, true,
					   true),
				 OK);
		break;
	case NEIGH_NONE:
	case NEIGH_STATE_COUNT: fail();
	}
	assert_state(t, 0, HOST, neigh_state_name(state));
	lab_hush(t);
}

enum event {
	PACKET,		   /* for HOST */
	REPLY,		   /* to us, by unicast */
	REPLY_ELSE,	   /* the same with another MAC, at once */
	REPLY_ELSE_LATER,  /* after locktime */
	REPLY_TO_ALL,	   /* by broadcast */
	REQUEST,	   /* HOST asks for us */
	REQUEST_ELSE,	   /* with another MAC */
	REQUEST_OTHER,	   /* HOST asks for somebody else */
	ANNOUNCEMENT_ELSE, /* with another MAC */
	CONFIRM,	   /* an upper layer heard from HOST */
	TIMEOUT,	   /* the entry's timer, or a minute passes */
};

static void
happen(struct testnet *t, enum event event)
{
	struct arp arp = { .op = ARP_REPLY,
			   .sender = HOST,
			   .target = TESTNET_ROUTER(0) };
	const struct neigh *n;

	lab_mac(0, HOST, arp.sender_lladdr);
	switch (event) {
	case PACKET: lab_send(t, 0, HOST, 2); break;
	case REPLY: lab_reply(t, 0, HOST); break;
	case REPLY_ELSE_LATER: testnet_advance(t, 1001 * MS_NS);
	/* fallthrough */
	case REPLY_ELSE: lab_reply_as(t, 0, HOST, other_mac); break;
	case REPLY_TO_ALL: lab_arp(t, 0, &arp, lab_all); break;
	case REQUEST: lab_request(t, 0, HOST, TESTNET_ROUTER(0)); break;
	case REQUEST_ELSE:
		lab_request_as(t, 0, HOST, other_mac, TESTNET_ROUTER(0));
		break;
	case REQUEST_OTHER: lab_request(t, 0, HOST, TESTNET_ADDR(0, 77)); break;
	case ANNOUNCEMENT_ELSE:
		lab_request_as(t, 0, HOST, other_mac, HOST);
		break;
	case CONFIRM: neigh_confirm(&t->net, lab_dev(t, 0), HOST); break;
	case TIMEOUT:
		n = lab_find(t, 0, HOST);
		testnet_advance(t, n->timer.armed
					   ? n->timer.due_ns - t->net.now_ns +
						     MS_NS
					   : 60 * S_NS);
		break;
	}
	testnet_run(t);
}

struct transition {
	enum neigh_state from;
	enum event event;
	const char *to;
	enum lab_kind sent; /* first frame that came of it */
	bool moved;	    /* HOST has other_mac now */
};

/* clang-format off */
static const struct transition transitions[] = {
	{ NEIGH_INCOMPLETE, PACKET, "INCOMPLETE", NOTHING, false },
	{ NEIGH_INCOMPLETE, REPLY, "REACHABLE", DATA, false },
	{ NEIGH_INCOMPLETE, REPLY_ELSE, "REACHABLE", DATA, true },
	/* Hearsay resolves, too; sending is then use of a stale entry. */
	{ NEIGH_INCOMPLETE, REPLY_TO_ALL, "DELAY", DATA, false },
	{ NEIGH_INCOMPLETE, REQUEST, "DELAY", DATA, false },
	{ NEIGH_INCOMPLETE, REQUEST_ELSE, "DELAY", DATA, true },
	{ NEIGH_INCOMPLETE, REQUEST_OTHER, "DELAY", DATA, false },
	{ NEIGH_INCOMPLETE, ANNOUNCEMENT_ELSE, "DELAY", DATA, true },
	{ NEIGH_INCOMPLETE, CONFIRM, "INCOMPLETE", NOTHING, false },
	{ NEIGH_INCOMPLETE, TIMEOUT, "INCOMPLETE", ASKS_ALL, false },

	{ NEIGH_REACHABLE, PACKET, "REACHABLE", DATA, false },
	{ NEIGH_REACHABLE, REPLY, "REACHABLE", NOTHING, false },
	{ NEIGH_REACHABLE, REPLY_ELSE, "REACHABLE", NOTHING, false },
	{ NEIGH_REACHABLE, REPLY_TO_ALL, "REACHABLE", NOTHING, false },
	{ NEIGH_REACHABLE, REQUEST, "REACHABLE", ANSWERS, false },
	{ NEIGH_REACHABLE, REQUEST_ELSE, "STALE", ANSWERS, true },
	{ NEIGH_REACHABLE, REQUEST_OTHER, "REACHABLE", NOTHING, false },
	{ NEIGH_REACHABLE, ANNOUNCEMENT_ELSE, "STALE", NOTHING, true },
	{ NEIGH_REACHABLE, CONFIRM, "REACHABLE", NOTHING, false },
	{ NEIGH_REACHABLE, TIMEOUT, "STALE", NOTHING, false },

	{ NEIGH_STALE, PACKET, "DELAY", DATA, false },
	{ NEIGH_STALE, REPLY, "REACHABLE", NOTHING, false },
	{ NEIGH_STALE, REPLY_ELSE, "STALE", NOTHING, false },
	{ NEIGH_STALE, REPLY_ELSE_LATER, "REACHABLE", NOTHING, true },
	{ NEIGH_STALE, REPLY_TO_ALL, "STALE", NOTHING, false },
	{ NEIGH_STALE, REQUEST, "STALE", ANSWERS, false },
	{ NEIGH_STALE, REQUEST_ELSE, "STALE", ANSWERS, true },
	{ NEIGH_STALE, REQUEST_OTHER, "STALE", NOTHING, false },
	{ NEIGH_STALE, ANNOUNCEMENT_ELSE, "STALE", NOTHING, true },
	{ NEIGH_STALE, CONFIRM, "STALE", NOTHING, false },
	{ NEIGH_STALE, TIMEOUT, "STALE", NOTHING, false },

	{ NEIGH_DELAY, PACKET, "DELAY", DATA, false },
	{ NEIGH_DELAY, REPLY, "REACHABLE", NOTHING, false },
	{ NEIGH_DELAY, REPLY_ELSE, "DELAY", NOTHING, false },
	{ NEIGH_DELAY, REPLY_ELSE_LATER, "REACHABLE", NOTHING, true },
	{ NEIGH_DELAY, REPLY_TO_ALL, "DELAY", NOTHING, false },
	{ NEIGH_DELAY, REQUEST, "DELAY", ANSWERS, false },
	{ NEIGH_DELAY, REQUEST_ELSE, "STALE", ANSWERS, true },
	{ NEIGH_DELAY, REQUEST_OTHER, "DELAY", NOTHING, false },
	{ NEIGH_DELAY, ANNOUNCEMENT_ELSE, "STALE", NOTHING, true },
	{ NEIGH_DELAY, CONFIRM, "DELAY", NOTHING, false },
	{ NEIGH_DELAY, TIMEOUT, "PROBE", ASKS_HIM, false },

	{ NEIGH_PROBE, PACKET, "PROBE", DATA, false },
	{ NEIGH_PROBE, REPLY, "REACHABLE", NOTHING, false },
	{ NEIGH_PROBE, REPLY_ELSE, "PROBE", NOTHING, false },
	{ NEIGH_PROBE, REPLY_TO_ALL, "PROBE", NOTHING, false },
	{ NEIGH_PROBE, REQUEST, "PROBE", ANSWERS, false },
	{ NEIGH_PROBE, REQUEST_ELSE, "STALE", ANSWERS, true },
	{ NEIGH_PROBE, REQUEST_OTHER, "PROBE", NOTHING, false },
	{ NEIGH_PROBE, ANNOUNCEMENT_ELSE, "STALE", NOTHING, true },
	{ NEIGH_PROBE, CONFIRM, "PROBE", NOTHING, false },
	{ NEIGH_PROBE, TIMEOUT, "PROBE", ASKS_HIM, false },

	{ NEIGH_FAILED, PACKET, "INCOMPLETE", ASKS_ALL, false },
	{ NEIGH_FAILED, REPLY, "REACHABLE", NOTHING, false },
	{ NEIGH_FAILED, REPLY_ELSE, "REACHABLE", NOTHING, true },
	{ NEIGH_FAILED, REPLY_TO_ALL, "STALE", NOTHING, false },
	{ NEIGH_FAILED, REQUEST, "STALE", ANSWERS, false },
	{ NEIGH_FAILED, REQUEST_OTHER, "STALE", NOTHING, false },
	{ NEIGH_FAILED, ANNOUNCEMENT_ELSE, "STALE", NOTHING, true },
	{ NEIGH_FAILED, CONFIRM, "FAILED", NOTHING, false },
	{ NEIGH_FAILED, TIMEOUT, "FAILED", NOTHING, false },

	{ NEIGH_NOARP, PACKET, "NOARP", DATA, false },
	{ NEIGH_NOARP, REPLY, "NOARP", NOTHING, false },
	{ NEIGH_NOARP, REPLY_ELSE_LATER, "NOARP", NOTHING, false },
	{ NEIGH_NOARP, REQUEST_ELSE, "NOARP", ANSWERS, false },
	{ NEIGH_NOARP, ANNOUNCEMENT_ELSE, "NOARP", NOTHING, false },
	{ NEIGH_NOARP, CONFIRM, "NOARP", NOTHING, false },
	{ NEIGH_NOARP, TIMEOUT, "NOARP", NOTHING, false },

	{ NEIGH_PERMANENT, PACKET, "PERMANENT", DATA, false },
	{ NEIGH_PERMANENT, REPLY, "PERMANENT", NOTHING, false },
	{ NEIGH_PERMANENT, REPLY_ELSE_LATER, "PERMANENT", NOTHING, false },
	{ NEIGH_PERMANENT, REQUEST_ELSE, "PERMANENT", ANSWERS, false },
	{ NEIGH_PERMANENT, ANNOUNCEMENT_ELSE, "PERMANENT", NOTHING, false },
	{ NEIGH_PERMANENT, CONFIRM, "PERMANENT", NOTHING, false },
	{ NEIGH_PERMANENT, TIMEOUT, "PERMANENT", NOTHING, false },
};
/* clang-format on */

static void
test_each_state_with_each_event(void **state)
{
	const struct transition *step;
	struct lab_frame frame;
	struct testnet *t;
	uint8_t mac[6];

	for (size_t i = 0; i < array_len(transitions); i++) {
		step = &transitions[i];
		t = lab_new(1);
		bring_to(t, step->from);
		happen(t, step->event);
		printf("%s, event %d\n", neigh_state_name(step->from),
		       (int)step->event);
		assert_state(t, 0, HOST, step->to);
		frame = lab_next(t, 0);
		assert_int_equal(frame.kind, step->sent);
		lab_mac(0, HOST, mac);
		if (neigh_is_valid(lab_find(t, 0, HOST)))
			assert_memory_equal(lab_find(t, 0, HOST)->lladdr,
					    step->moved ? other_mac : mac, 6);
		if (frame.kind == DATA)
			assert_memory_equal(frame.eth.dst,
					    step->moved ? other_mac : mac, 6);
		lab_free(t);
	}
}

/* ---- times -------------------------------------------------------------- */

/* Advances to at (since start) and a bit, for the wheel's tick. */
static void
until(struct testnet *t, uint64_t start, uint64_t at)
{
	testnet_advance(t, start + at + MS_NS - t->net.now_ns);
}

static void
test_silent_host_is_asked_three_times_then_fails(void **state)
{
	struct testnet *t = lab_new(1);
	uint64_t start = t->net.now_ns;
	struct lab_frame frame;

	lab_send(t, 0, HOST, 1);
	frame = lab_next(t, 0);
	assert_int_equal(frame.kind, ASKS_ALL);
	assert_int_equal(frame.arp.target, HOST);
	assert_int_equal(frame.arp.sender, TESTNET_ROUTER(0));
	assert_memory_equal(frame.arp.target_lladdr, lab_zero, 6);
	until(t, start, 998 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	until(t, start, 1000 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_send(t, 0, HOST, 2);
	lab_send(t, 0, HOST, 3);
	until(t, start, 2001 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	until(t, start, 2990 * MS_NS);
	assert_state(t, 0, HOST, "INCOMPLETE");
	assert_int_equal(lab_unresolved.count, 0);
	until(t, start, 3002 * MS_NS);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	/* Each draws an unreachable, the oldest first. [RFC1812 3.3.2] */
	assert_int_equal(lab_unresolved.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(lab_unresolved.id[i], i + 1);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 3);
	assert_int_equal(t->net.neigh.res_failed, 1);
	lab_free(t);
}

/* covers: R1812-003, H1122-011 */
static void
test_late_answer_releases_packets_in_order(void **state)
{
	struct testnet *t = lab_new(1);
	struct lab_frame frame;
	uint16_t id;

	for (id = 1; id <= 5; id++)
		lab_send(t, 0, HOST, id);
	testnet_advance(t, 500 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_reply(t, 0, HOST);
	for (id = 1; id <= 5; id++) {
		frame = lab_next(t, 0);
		assert_int_equal(frame.kind, DATA);
		assert_int_equal(frame.ip.id, id);
	}
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	assert_int_equal(testnet_drops_all(t), 0);
	lab_free(t);
}

/* REACHABLE, STALE; a packet: DELAY for 5 s, three probes, FAILED. */
/* covers: H1122-060 */
static void
test_life_of_an_entry_that_falls_silent(void **state)
{
	struct testnet *t = lab_new(1);
	uint64_t start, reachable;
	struct lab_frame frame;
	uint8_t mac[6];

	lab_resolve(t, 0, HOST);
	reachable = lab_reachable_ns(t);
	start = t->net.now_ns;
	until(t, start, reachable - 3 * MS_NS);
	assert_state(t, 0, HOST, "REACHABLE");
	until(t, start, reachable);
	assert_state(t, 0, HOST, "STALE");
	testnet_advance(t, 600 * S_NS);
	assert_state(t, 0, HOST, "STALE");
	lab_hush(t);

	start = t->net.now_ns;
	lab_send(t, 0, HOST, 1);
	assert_state(t, 0, HOST, "DELAY");
	assert_int_equal(lab_next_kind(t, 0), DATA);
	until(t, start, 4990 * MS_NS);
	assert_state(t, 0, HOST, "DELAY");
	lab_mac(0, HOST, mac);
	for (int i = 0; i < 3; i++) {
		until(t, start, (5001 + 1000 * i) * MS_NS);
		assert_state(t, 0, HOST, "PROBE");
		frame = lab_next(t, 0);
		assert_int_equal(frame.kind, ASKS_HIM);
		assert_memory_equal(frame.eth.dst, mac, 6);
		lab_send(t, 0, HOST, 2);
		assert_int_equal(lab_next_kind(t, 0), DATA);
		assert_int_equal(lab_next_kind(t, 0), NOTHING);
	}
	until(t, start, 8003 * MS_NS);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	/* It sent nothing that it could not: nobody is told. */
	assert_int_equal(lab_unresolved.count, 0);
	lab_free(t);
}

static void
test_entry_in_use_is_probed_and_stays(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t asked = 0;

	lab_resolve(t, 0, HOST);
	for (int i = 0; i < 1200; i++) {
		lab_send(t, 0, HOST, 1);
		testnet_advance(t, 100 * MS_NS);
		for (enum lab_kind kind; (kind = lab_next_kind(t, 0));) {
			if (kind != ASKS_HIM)
				continue;
			asked++;
			lab_reply(t, 0, HOST);
		}
		assert_true(neigh_is_valid(lab_find(t, 0, HOST)));
	}
	/* Two minutes: every 15 to 45 and 5 seconds. */
	assert_in_range(asked, 2, 7);
	assert_int_equal(testnet_drops_all(t), 0);
	lab_free(t);
}

static void
test_upper_layer_confirmation_spares_the_probes(void **state)
{
	struct testnet *t = lab_new(1);

	lab_resolve(t, 0, HOST);
	for (int i = 0; i < 1200; i++) {
		lab_send(t, 0, HOST, 1);
		neigh_confirm(&t->net, lab_dev(t, 0), HOST);
		testnet_advance(t, 100 * MS_NS);
	}
	assert_state(t, 0, HOST, "REACHABLE");
	assert_int_equal(lab_count(t, 0, ASKS_HIM), 0);
	/* During DELAY it leads back without a probe as well. */
	testnet_advance(t, lab_reachable_ns(t) + 10 * S_NS);
	assert_state(t, 0, HOST, "STALE");
	lab_send(t, 0, HOST, 1);
	neigh_confirm(&t->net, lab_dev(t, 0), HOST);
	testnet_advance(t, 5 * S_NS + MS_NS);
	assert_state(t, 0, HOST, "REACHABLE");
	assert_int_equal(lab_count(t, 0, ASKS_HIM), 0);
	/* Nobody there: nothing happens. */
	neigh_confirm(&t->net, lab_dev(t, 0), TESTNET_ADDR(0, 99));
	lab_free(t);
}

static void
test_reachable_time_is_random_within_bounds(void **state)
{
	uint64_t least = UINT64_MAX, most = 0, time;
	struct testnet_config config = {
		.ports = 1,
		.bare = true,
		.net = { .now_ns = S_NS, .skb_count = 64, .neigh_count = 64 },
		.memory_len = 4u << 20,
	};
	struct testnet *t;

	for (uint8_t seed = 0; seed < 40; seed++) {
		config.net.seed[5] = seed;
		t = lab_new_with(&config);
		lab_resolve(t, 0, HOST);
		time = lab_find(t, 0, HOST)->timer.due_ns - t->net.now_ns;
		assert_in_range(time, 15 * S_NS, 45 * S_NS);
		least = min_of(least, time);
		most = max_of(most, time);
		lab_free(t);
	}
	assert_true(least < 20 * S_NS);
	assert_true(most > 40 * S_NS);
}

static void
test_reachable_time_is_drawn_anew_every_five_minutes(void **state)
{
	struct testnet *t = lab_new(1);
	uint32_t drawn;

	lab_resolve(t, 0, HOST);
	drawn = t->net.neigh.reachable_draw;
	testnet_advance(t, 200 * S_NS);
	lab_send(t, 0, HOST, 1);
	lab_reply(t, 0, HOST);
	assert_int_equal(t->net.neigh.reachable_draw, drawn);
	testnet_advance(t, 101 * S_NS);
	lab_reply(t, 0, HOST);
	assert_int_not_equal(t->net.neigh.reachable_draw, drawn);
	lab_free(t);
}

/* ---- the limit on requests ---------------------------------------------- */

/* 1000 packets a second to a dead neighbour. [RFC1122 2.3.2.1] */
/* covers: R1812-002, H1122-004 */
static void
test_requests_for_a_dead_host_at_most_once_a_second(void **state)
{
	struct testnet *t = lab_new(1);
	uint64_t last = 0;
	uint32_t asked = 0;

	for (int ms = 0; ms < 30000; ms++) {
		lab_send(t, 0, HOST, 1);
		for (enum lab_kind kind; (kind = lab_next_kind(t, 0));) {
			assert_int_equal(kind, ASKS_ALL);
			if (asked++ > 0)
				assert_true(t->net.now_ns - last >= S_NS);
			last = t->net.now_ns;
		}
		testnet_advance(t, MS_NS);
	}
	assert_in_range(asked, 28, 31);
	/* Every round of three tells those whose packets found room. */
	assert_int_equal(lab_unresolved.count,
			 testnet_drops(t, DROP_NEIGH_FAILED));
	assert_in_range(lab_unresolved.count, 9 * 64, 10 * 128);
	lab_free(t);
}

static void
test_operator_cannot_break_the_limit_by_failing_it(void **state)
{
	struct testnet *t = lab_new(1);

	lab_send(t, 0, HOST, 1);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	testnet_advance(t, 300 * MS_NS);
	assert_int_equal(neigh_set(&t->net, lab_dev(t, 0), HOST, NULL,
				   NEIGH_FAILED, false, false),
			 OK);
	lab_send(t, 0, HOST, 2);
	assert_state(t, 0, HOST, "INCOMPLETE");
	testnet_advance(t, 690 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	testnet_advance(t, 12 * MS_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	lab_free(t);
}

/* ---- tunables ----------------------------------------------------------- */

static void
test_solicitation_counts_are_obeyed(void **state)
{
	struct testnet *t = lab_new(1);
	struct neigh_param *param = &t->net.neigh.param;

	param->mcast_solicit = 5;
	lab_send(t, 0, HOST, 1);
	testnet_advance(t, 20 * S_NS);
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 5);

	param->mcast_solicit = 0;
	lab_send(t, 0, HOST, 1);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 0);
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 2);

	lab_send(t, 0, HOST + 1, 1);
	assert_state(t, 0, HOST + 1, "FAILED");
	assert_int_equal(testnet_drops(t, DROP_NEIGH_FAILED), 3);

	param->mcast_solicit = 3;
	param->ucast_solicit = 1;
	param->mcast_resolicit = 2;
	bring_to(t, NEIGH_PROBE);
	testnet_advance(t, 1 * S_NS);
	assert_int_equal(lab_next_kind(t, 0), ASKS_ALL);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 1);
	assert_state(t, 0, HOST, "FAILED");

	param->ucast_solicit = param->mcast_resolicit = 0;
	bring_to(t, NEIGH_DELAY);
	testnet_advance(t, 6 * S_NS);
	assert_state(t, 0, HOST, "FAILED");
	assert_int_equal(lab_next_kind(t, 0), NOTHING);
	lab_free(t);
}

/* covers: H1122-003 */
static void
test_tunables_of_an_interface_overrule_the_table(void **state)
{
	struct testnet *t = lab_new(2);
	struct neigh_table *table = &t->net.neigh;
	struct neigh_param got;

	table->dev_param[lab_dev(t, 1)->ifindex].retrans_time_ms = 100;
	table->param.mcast_solicit = 4;
	neigh_param_get(lab_dev(t, 0), &got);
	assert_int_equal(got.retrans_time_ms, 1000);
	assert_int_equal(got.mcast_solicit, 4);
	neigh_param_get(lab_dev(t, 1), &got);
	assert_int_equal(got.retrans_time_ms, 100);
	assert_int_equal(got.mcast_solicit, 4);
	lab_send(t, 0, HOST, 1);
	lab_send(t, 1, TESTNET_HOST(1), 1);
	testnet_advance(t, 450 * MS_NS);
	assert_state(t, 0, HOST, "INCOMPLETE");
	assert_state(t, 1, TESTNET_HOST(1), "FAILED");
	assert_int_equal(lab_count(t, 0, ASKS_ALL), 1);
	assert_int_equal(lab_count(t, 1, ASKS_ALL), 4);
	/* Nonsense is no endless loop. */
	table->dev_param[lab_dev(t, 1)->ifindex].retrans_time_ms = 0;
	lab_send(t, 1, TESTNET_HOST(1), 1);
	testnet_advance(t, S_NS);
	assert_int_equal(lab_count(t, 1, ASKS_ALL), 4);
	lab_free(t);
}

static void
test_linux_defaults(void **state)
{
	struct testnet *t = lab_new(1);
	const struct neigh_param *param = &t->net.neigh.param;

	assert_int_equal(param->base_reachable_time_ms, 30000);
	assert_int_equal(param->retrans_time_ms, 1000);
	assert_int_equal(param->delay_first_probe_time_s, 5);
	assert_int_equal(param->gc_stale_time_s, 60);
	assert_int_equal(param->ucast_solicit, 3);
	assert_int_equal(param->mcast_solicit, 3);
	assert_int_equal(param->unres_qlen, 101);
	assert_int_equal(param->unres_qlen_bytes, 212992);
	assert_int_equal(param->locktime_ms, 1000);
	assert_int_equal(param->proxy_delay_ms, 800);
	assert_int_equal(param->gc_thresh1, 128);
	assert_int_equal(param->gc_thresh2, 512);
	assert_int_equal(param->gc_thresh3, 1024);
	lab_free(t);
}

static void
test_state_names(void **state)
{
	assert_string_equal(neigh_state_name(NEIGH_NONE), "NONE");
	assert_string_equal(neigh_state_name(NEIGH_INCOMPLETE), "INCOMPLETE");
	assert_string_equal(neigh_state_name(NEIGH_NOARP), "NOARP");
	assert_string_equal(neigh_state_name(NEIGH_STATE_COUNT), "?");
}

/* ---- learning ----------------------------------------------------------- */

static void
test_second_answer_within_locktime_is_dropped_by_name(void **state)
{
	struct testnet *t = lab_new(1);

	lab_resolve(t, 0, HOST);
	testnet_advance(t, 900 * MS_NS);
	lab_reply_as(t, 0, HOST, other_mac);
	assert_int_equal(testnet_drops(t, DROP_ARP_LOCKED), 1);
	assert_memory_not_equal(lab_find(t, 0, HOST)->lladdr, other_mac, 6);
	testnet_advance(t, 101 * MS_NS);
	lab_reply_as(t, 0, HOST, other_mac);
	assert_int_equal(testnet_drops(t, DROP_ARP_LOCKED), 1);
	assert_memory_equal(lab_find(t, 0, HOST)->lladdr, other_mac, 6);
	/* Hearing the same again does not move the window. */
	t->net.neigh.param.locktime_ms = 5000;
	testnet_advance(t, 4 * S_NS);
	lab_reply_as(t, 0, HOST, other_mac);
	testnet_advance(t, 1001 * MS_NS);
	lab_reply(t, 0, HOST);
	assert_int_equal(testnet_drops(t, DROP_ARP_LOCKED), 1);
	lab_free(t);
}

static void
test_what_the_operator_set_is_not_contradicted(void **state)
{
	struct testnet *t = lab_new(1);

	bring_to(t, NEIGH_PERMANENT);
	testnet_advance(t, 10 * S_NS);
	lab_reply_as(t, 0, HOST, other_mac);
	assert_int_equal(testnet_drops(t, DROP_ARP_STATIC), 1);
	lab_reply(t, 0, HOST);
	assert_int_equal(testnet_drops(t, DROP_ARP_STATIC), 1);
	lab_free(t);
}

/* ---- watchers ----------------------------------------------------------- */

struct spy {
	struct net_watcher watcher;
	char story[400];
};

static void
ignore_netdev(struct net_watcher *w, struct netdev *dev,
	      enum netdev_event event)
{
}

static void
note_neigh(struct net_watcher *w, const struct neigh *n, bool removed)
{
	struct spy *spy = container_of(w, struct spy, watcher);

	if (removed)
		strcat(spy->story, "-");
	strcat(spy->story, neigh_state_name(n->state));
	strcat(spy->story, " ");
}

static void
test_watchers_hear_what_ip_monitor_prints(void **state)
{
	struct spy spy = { .watcher = { .netdev = ignore_netdev,
					.neigh = note_neigh } };
	struct testnet *t = lab_new(1);
	struct net_watcher plain = { .netdev = ignore_netdev };

	list_add_last(&t->net.watchers, &plain.link);
	list_add_last(&t->net.watchers, &spy.watcher.link);
	lab_resolve(t, 0, HOST);
	testnet_advance(t, 60 * S_NS);
	lab_send(t, 0, HOST, 1);
	testnet_advance(t, 10 * S_NS);
	assert_int_equal(neigh_delete(&t->net, lab_dev(t, 0), HOST), OK);
	assert_string_equal(spy.story, "REACHABLE STALE PROBE FAILED -FAILED ");
	list_remove(&plain.link);
	list_remove(&spy.watcher.link);
	lab_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_state_with_each_event),
		cmocka_unit_test(
			test_silent_host_is_asked_three_times_then_fails),
		cmocka_unit_test(test_late_answer_releases_packets_in_order),
		cmocka_unit_test(test_life_of_an_entry_that_falls_silent),
		cmocka_unit_test(test_entry_in_use_is_probed_and_stays),
		cmocka_unit_test(
			test_upper_layer_confirmation_spares_the_probes),
		cmocka_unit_test(test_reachable_time_is_random_within_bounds),
		cmocka_unit_test(
			test_reachable_time_is_drawn_anew_every_five_minutes),
		cmocka_unit_test(
			test_requests_for_a_dead_host_at_most_once_a_second),
		cmocka_unit_test(
			test_operator_cannot_break_the_limit_by_failing_it),
		cmocka_unit_test(test_solicitation_counts_are_obeyed),
		cmocka_unit_test(
			test_tunables_of_an_interface_overrule_the_table),
		cmocka_unit_test(test_linux_defaults),
		cmocka_unit_test(test_state_names),
		cmocka_unit_test(
			test_second_answer_within_locktime_is_dropped_by_name),
		cmocka_unit_test(
			test_what_the_operator_set_is_not_contradicted),
		cmocka_unit_test(test_watchers_hear_what_ip_monitor_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
