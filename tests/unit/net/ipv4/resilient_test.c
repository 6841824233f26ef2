/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resilient groups of next hops: who has which bucket, and when it moves. What
 * is expected without packets was seen on Linux 6.18.
 */
#include "tests/host/test.h"

#include "net/ipv4/fib_internal.h"
#include "tests/host/iplines.h"
#include "tests/host/packets.h"
#include "tests/host/testnet.h"

#define GROUP	15u
#define BUCKETS 16u
#define FAR	0x14000001u

/* Next hops 1 to 3 lead out of ports 1 to 3; packets come in by port 0. */
static struct testnet *
bed(void)
{
	struct testnet *t = testnet_new(4);

	ip_do(&t->net, "nexthop add id 1 via 10.0.1.2 dev eth1");
	ip_do(&t->net, "nexthop add id 2 via 10.0.2.2 dev eth2");
	ip_do(&t->net, "nexthop add id 3 via 10.0.3.2 dev eth3");
	testnet_advance(t, 3 * S_NS);
	return t;
}

struct member {
	uint32_t id;
	uint16_t weight;
};

static enum fib_error
group_try(struct testnet *t, enum nexthop_op op, const struct member *member,
	  uint32_t count, uint32_t idle_s, uint32_t unbalanced_s)
{
	union {
		struct nexthop_object object;
		uint8_t bytes[sizeof(struct nexthop_object) +
			      4 * sizeof(struct nexthop_member)];
	} room = { .object = { .id = GROUP,
			       .resilient = true,
			       .bucket_count = BUCKETS,
			       .idle_timer_s = idle_s,
			       .unbalanced_timer_s = unbalanced_s,
			       .member_count = count } };

	for (uint32_t i = 0; i < count; i++)
		room.object.member[i] = (struct nexthop_member){
			.id = member[i].id,
			.weight = member[i].weight,
		};
	return nexthop_add(&t->net, &room.object, op, NULL);
}

#define group(t, op, idle, unbalanced, ...)                                    \
	do {                                                                   \
		static const struct member m_[] = { __VA_ARGS__ };             \
                                                                               \
		assert_int_equal(group_try(t, op, m_, array_len(m_), idle,     \
					   unbalanced),                        \
				 FIB_OK);                                      \
		fib_check(&t->net);                                            \
	} while (0)

/* "3332211..": the ids of all buckets' next hops. */
static const char *
owners(struct testnet *t)
{
	static char text[BUCKETS + 1];
	struct nexthop_bucket bucket;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		assert_true(nexthop_bucket(&t->net,
					   nexthop_find(&t->net, GROUP), i,
					   &bucket));
		text[i] = (char)('0' + bucket.nhid);
	}
	return text;
}

static bool
is_unbalanced(struct testnet *t)
{
	return nexthop_unbalanced_ns(&t->net, nexthop_find(&t->net, GROUP)) > 0;
}

/* By which port a packet of this flow leaves. */
static unsigned int
way(struct testnet *t, uint8_t flow)
{
	const struct ipv4 ip =
		packet_header(TESTNET_HOST(0), FAR, IPPROTO_UDP, 8);
	const uint8_t udp[8] = { 1, flow, 3, 4, 0, 8 };

	for (unsigned int i = 0; i < t->port_count; i++)
		testnet_flush(t, i);
	assert_true(testnet_inject_ipv4(t, 0, &ip, udp, sizeof(udp)));
	for (unsigned int i = 1; i < t->port_count; i++)
		if (testnet_flush(t, i) == 1)
			return i;
	return 0;
}

static void
buckets_go_by_weight(void **state)
{
	struct testnet *t = bed();

	group(t, NEXTHOP_ADD, 1, 3, { 1, 3 }, { 2, 1 }, { 3, 5 });
	assert_string_equal(owners(t), "3333333332211111");
	/* Nobody has used them: they may move. */
	group(t, NEXTHOP_REPLACE, 1, 3, { 1, 1 }, { 2, 1 }, { 3, 1 });
	assert_string_equal(owners(t), "2222333332211111");
	assert_false(is_unbalanced(t));
	group(t, NEXTHOP_REPLACE, 100, 2, { 1, 3 }, { 2, 1 }, { 3, 1 });
	assert_string_equal(owners(t), "1112113332211111");
	/* Who goes leaves his buckets to the others at once. */
	ip_do(&t->net, "nexthop del id 3");
	assert_string_equal(owners(t), "1112112112211111");
	testnet_free(t);
}

/* Flows that go on stay, whatever is done to the group. */
static void
flows_stay_where_they_are(void **state)
{
	unsigned int before[64], now, on_three = 0;
	struct testnet *t = bed();

	group(t, NEXTHOP_ADD, 10, 0, { 1, 1 });
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 15");
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), 1);
	group(t, NEXTHOP_REPLACE, 10, 0, { 1, 1 }, { 2, 1 });
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), 1);
	testnet_advance(t, S_NS);
	assert_true(is_unbalanced(t));
	/* Half of them rest; their buckets move. */
	for (unsigned int second = 0; second < 12; second++) {
		testnet_advance(t, S_NS);
		for (unsigned int i = 0; i < 8; i++)
			assert_int_equal(way(t, (uint8_t)i), 1);
	}
	assert_non_null(strchr(owners(t), '2'));
	for (unsigned int i = 0; i < 64; i++)
		before[i] = way(t, (uint8_t)i);
	group(t, NEXTHOP_REPLACE, 10, 0, { 1, 1 }, { 2, 1 }, { 3, 2 });
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), before[i]);
	/* One goes: the flows of the other two stay. */
	ip_do(&t->net, "nexthop del id 2");
	for (unsigned int i = 0; i < 64; i++) {
		now = way(t, (uint8_t)i);
		if (before[i] != 2)
			assert_int_equal(now, before[i]);
		on_three += now == 3;
	}
	assert_int_not_equal(on_three, 0);
	fib_check(&t->net);
	testnet_free(t);
}

/* After unbalanced_timer even flows that go on have to move. */
static void
patience_ends(void **state)
{
	struct testnet *t = bed();
	unsigned int moved = 0;

	group(t, NEXTHOP_ADD, 100, 5, { 1, 1 });
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 15");
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), 1);
	group(t, NEXTHOP_REPLACE, 100, 5, { 1, 1 }, { 2, 1 });
	for (unsigned int second = 0; second < 4; second++) {
		for (unsigned int i = 0; i < 64; i++)
			assert_int_equal(way(t, (uint8_t)i), 1);
		testnet_advance(t, S_NS);
	}
	assert_true(is_unbalanced(t));
	testnet_advance(t, 2 * S_NS);
	assert_false(is_unbalanced(t));
	for (unsigned int i = 0; i < 64; i++)
		moved += way(t, (uint8_t)i) == 2;
	assert_in_range(moved, 16, 48);
	testnet_free(t);
}

/* A port without carrier, a gateway that does not answer: gone, for packets;
 * what comes back finds its buckets in use. */
static void
a_lost_port_leaves_at_once(void **state)
{
	struct testnet *t = bed();

	group(t, NEXTHOP_ADD, 10, 0, { 1, 1 }, { 2, 1 });
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 15");
	testnet_carrier(t, 1, false);
	assert_null(strchr(owners(t), '1'));
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), 2);
	testnet_carrier(t, 1, true);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(way(t, (uint8_t)i), 2);
	testnet_advance(t, 12 * S_NS);
	assert_string_equal(owners(t), "1111111122222222");
	assert_int_equal(neigh_set(&t->net, &t->port[2].dev, TESTNET_HOST(2),
				   NULL, NEIGH_FAILED, false, false),
			 OK);
	/* The first packet finds out. */
	for (unsigned int i = 0; i < 64; i++)
		(void)way(t, (uint8_t)i);
	testnet_advance(t, 4 * S_NS);
	assert_null(strchr(owners(t), '2'));
	fib_check(&t->net);
	testnet_free(t);
}

/* With all of them lost, the buckets stay with somebody. */
static void
all_ports_lost_are_as_good_as_none(void **state)
{
	struct testnet *t = bed();

	group(t, NEXTHOP_ADD, 10, 0, { 1, 1 }, { 2, 1 });
	ip_do(&t->net, "route add 20.0.0.0/8 nhid 15");
	testnet_carrier(t, 1, false);
	testnet_carrier(t, 2, false);
	testnet_advance(t, 30 * S_NS);
	assert_string_equal(owners(t), "1111111122222222");
	testnet_carrier(t, 2, true);
	assert_string_equal(owners(t), "2222222222222222");
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(way(t, (uint8_t)i), 2);
	testnet_free(t);
}

static void
what_cannot_be_is_refused(void **state)
{
	const struct member two[] = { { 1, 1 }, { 2, 1 } };
	struct testnet *t = bed();
	struct nexthop_object *plain =
		(struct nexthop_object *)(uint64_t[16]){ 0 };

	group(t, NEXTHOP_ADD, NEXTHOP_UNSAID, NEXTHOP_UNSAID, { 1, 1 });
	assert_int_equal(nexthop_find(&t->net, GROUP)->idle_timer_s, 120);
	assert_int_equal(group_try(t, NEXTHOP_ADD, two, 2, 1, 1), FIB_EXISTS);
	plain->id = GROUP;
	plain->member_count = 1;
	plain->member[0] = (struct nexthop_member){ .id = 1, .weight = 1 };
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_REPLACE, NULL),
			 FIB_NH_TYPE);
	plain->resilient = true;
	plain->bucket_count = BUCKETS + 1;
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_REPLACE, NULL),
			 FIB_NH_BUCKETS_SET);
	plain->bucket_count = 0;
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_REPLACE, NULL),
			 FIB_NH_BUCKETS);
	plain->id = GROUP + 1;
	plain->bucket_count = NEXTHOP_UNSAID;
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_ADD, NULL),
			 FIB_NH_NO_BUCKETS);
	plain->bucket_count = 65535;
	plain->member[0].id = GROUP;
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_ADD, NULL),
			 FIB_NH_NESTED_RES);
	plain->member[0].id = 1;
	assert_int_equal(nexthop_add(&t->net, plain, NEXTHOP_ADD, NULL),
			 FIB_OK);
	fib_check(&t->net);
	testnet_free(t);
}

static uint32_t
draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* A random group of some of the next hops that are there. */
static void
regroup(struct testnet *t, uint32_t *seed)
{
	struct member member[3];
	uint32_t count = 0;

	for (uint32_t id = 1; id <= 3; id++)
		if (nexthop_find(&t->net, id) && draw(seed, 3) > 0)
			member[count++] = (struct member){
				.id = id,
				.weight = (uint16_t)(1 + draw(seed, 256)),
			};
	if (count > 0)
		(void)!group_try(t, NEXTHOP_REPLACE, member, count,
				 draw(seed, 5), draw(seed, 3));
}

/* Next hops come and go, links and gateways, too; packets and time pass. Each
 * bucket has an owner, and a packet goes where one leads or nowhere. */
static void
whatever_happens_the_books_are_right(void **state)
{
	struct testnet *t = bed();
	uint32_t seed = 4711, id, port;

	for (uint32_t i = 0; i < 1500; i++) {
		id = 1 + draw(&seed, 3);
		port = 1 + draw(&seed, 3);
		switch (draw(&seed, 9)) {
		case 0: (void)nexthop_delete(&t->net, id); break;
		case 1: {
			const struct nexthop_object hop = {
				.id = id,
				.hop = { .dev = &t->port[port].dev,
					 .gateway = TESTNET_HOST(port) },
			};

			(void)!nexthop_add(&t->net, &hop, NEXTHOP_REPLACE,
					   NULL);
			break;
		}
		case 2:
		case 3: regroup(t, &seed); break;
		case 4: testnet_carrier(t, port, draw(&seed, 3) > 0); break;
		case 5:
			fib_gateway_event(&t->port[port].dev,
					  TESTNET_HOST(port), draw(&seed, 2));
			break;
		case 6: testnet_advance(t, draw(&seed, 3000) * MS_NS); break;
		case 7:
			if (nexthop_find(&t->net, GROUP) &&
			    !fib_exact(&t->net, TABLE_MAIN, 0x14000000, 8))
				ip_do(&t->net, "route add 20.0.0.0/8 nhid 15");
			break;
		default: (void)way(t, (uint8_t)draw(&seed, 256)); break;
		}
		fib_check(&t->net);
		testnet_run(t);
	}
	testnet_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_go_by_weight),
		cmocka_unit_test(flows_stay_where_they_are),
		cmocka_unit_test(patience_ends),
		cmocka_unit_test(a_lost_port_leaves_at_once),
		cmocka_unit_test(all_ports_lost_are_as_good_as_none),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(whatever_happens_the_books_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
