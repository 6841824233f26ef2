/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole FIB against a list of routes that is searched from end to end:
 * random changes of the three default tables and one more, with metrics, TOS,
 * throws and refusals, with and without policy rules, and with memory that runs
 * out at any request.
 */

#include "tests/host/test.h"

#include "net/ipv4/fib_internal.h"
#include "tests/host/host.h"
#include "tests/host/testnet.h"

#define ROUTES_MAX 4000u

struct model_route {
	uint32_t table, dst, metric;
	uint8_t len, tos, type, proto, port;
};

struct bed {
	struct testnet *t;
	struct net *net;
	struct random random;
	/* In the order in which a table shows those with the same prefix. */
	struct model_route route[ROUTES_MAX];
	uint32_t count;
	uint32_t tables[4], table_count; /* in the order of the rules */
	bool full; /* memory ran out, the model was left alone */
};

static uint32_t
mask(uint32_t len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* ---- the model ---------------------------------------------------------- */

static bool
same_key(const struct model_route *a, const struct model_route *b)
{
	return a->table == b->table && a->dst == b->dst && a->len == b->len;
}

static bool
same_rank(const struct model_route *a, const struct model_route *b)
{
	return same_key(a, b) && a->tos == b->tos && a->metric == b->metric;
}

static bool
same_way(const struct model_route *a, const struct model_route *b)
{
	return same_rank(a, b) && a->type == b->type && a->proto == b->proto &&
	       a->port == b->port;
}

static void
model_put(struct bed *bed, uint32_t at, const struct model_route *route)
{
	memmove(&bed->route[at + 1], &bed->route[at],
		(bed->count - at) * sizeof(*route));
	bed->route[at] = *route;
	bed->count++;
}

static void
model_take(struct bed *bed, uint32_t at)
{
	bed->count--;
	memmove(&bed->route[at], &bed->route[at + 1],
		(bed->count - at) * sizeof(*bed->route));
}

/* What Linux would do; the list's order only matters among equal prefixes. */
static enum fib_error
model_insert(struct bed *bed, const struct model_route *new, enum fib_op op,
	     bool dry)
{
	uint32_t at = bed->count, first = UINT32_MAX, behind = 0;
	bool known = false;

	for (uint32_t i = 0; i < bed->count; i++) {
		const struct model_route *it = &bed->route[i];

		if (!same_key(it, new))
			continue;
		if (same_rank(it, new)) {
			first = min_of(first, i);
			behind = i + 1;
			known |= same_way(it, new);
		} else if (it->tos < new->tos ||
			   (it->tos == new->tos && it->metric > new->metric)) {
			at = min_of(at, i);
		}
	}
	if (first == UINT32_MAX) {
		if (op == FIB_CHANGE)
			return FIB_NO_ENTRY;
		if (!dry)
			model_put(bed, at, new);
		return FIB_OK;
	}
	if (op == FIB_ADD)
		return FIB_EXISTS;
	if (op == FIB_REPLACE || op == FIB_CHANGE) {
		if (known)
			return same_way(&bed->route[first], new) ? FIB_OK
								 : FIB_EXISTS;
		if (!dry)
			bed->route[first] = *new;
		return FIB_OK;
	}
	if (known)
		return FIB_EXISTS;
	if (!dry)
		model_put(bed, op == FIB_PREPEND ? first : behind, new);
	return FIB_OK;
}

/* The longest prefix of a table that has a route for the TOS. */
static const struct model_route *
model_find_in(const struct bed *bed, uint32_t table, uint32_t addr, uint8_t tos)
{
	const struct model_route *best = NULL;

	for (uint32_t i = 0; i < bed->count; i++) {
		const struct model_route *it = &bed->route[i];

		if (it->table == table && !((it->dst ^ addr) & mask(it->len)) &&
		    (!it->tos || it->tos == tos) &&
		    (!best || it->len > best->len))
			best = it;
	}
	return best && best->type == ROUTE_THROW ? NULL : best;
}

static const struct model_route *
model_find(const struct bed *bed, uint32_t addr, uint8_t tos)
{
	const struct model_route *found = NULL;

	for (uint32_t i = 0; i < bed->table_count && !found; i++)
		found = model_find_in(bed, bed->tables[i], addr, tos);
	return found;
}

/* ---- the same for the FIB ----------------------------------------------- */

union room {
	struct route route;
	uint8_t bytes[sizeof(struct route) + sizeof(struct nexthop)];
};

static void
to_route(const struct bed *bed, const struct model_route *from,
	 union room *room)
{
	struct route *route = &room->route;

	memset(room, 0, sizeof(*room));
	route->table = from->table;
	route->dst = from->dst;
	route->prefix_len = from->len;
	route->metric = from->metric;
	route->tos = from->tos;
	route->type = from->type;
	route->proto = from->proto;
	route->scope = SCOPE_GLOBAL;
	if (from->type == ROUTE_UNICAST || from->type == ROUTE_LOCAL) {
		route->scope =
			from->type == ROUTE_LOCAL ? SCOPE_HOST : SCOPE_LINK;
		route->nexthop_count = 1;
		route->nexthop[0].dev = &bed->t->port[from->port].dev;
		route->nexthop[0].weight = 1;
	}
}

static bool
is_same(const struct bed *bed, const struct route *route,
	const struct model_route *model)
{
	return route->type == model->type && route->proto == model->proto &&
	       route->metric == model->metric && route->tos == model->tos &&
	       (!route->nexthop_count ||
		route->nexthop[0].dev == &bed->t->port[model->port].dev);
}

static void
expect_lookup(struct bed *bed, uint32_t addr, uint8_t tos)
{
	const struct flow flow = { .dst = addr, .tos = tos };
	const struct route *route = fib_find(bed->net, &flow);
	const struct model_route *model = model_find(bed, addr, tos);

	if (!route != !model || (route && !is_same(bed, route, model)))
		panic("%pI4 tos %u: another route than the model's", &addr,
		      tos);
	route = fib_match(bed->net, &flow);
	assert_true(!route == !model);
	if (!route)
		return;
	assert_int_equal(route->dst, model->dst);
	assert_int_equal(route->prefix_len, model->len);
	assert_int_equal(route->table, model->table);
}

struct listing {
	struct bed *bed;
	uint32_t seen, last_dst, last_len, last_index;
};

static bool
compare_listed(void *ctx, const struct route *route)
{
	struct listing *list = ctx;
	const struct bed *bed = list->bed;

	/* Ascending, longer prefixes first. */
	if (list->seen && list->last_dst == route->dst)
		assert_true(route->prefix_len <= list->last_len);
	else if (list->seen)
		assert_true(route->dst > list->last_dst);
	/* Of those with the same prefix, in the model's order. */
	if (!list->seen || list->last_dst != route->dst ||
	    list->last_len != route->prefix_len)
		list->last_index = 0;
	while (list->last_index < bed->count) {
		const struct model_route *it = &bed->route[list->last_index++];

		if (it->table != route->table || it->dst != route->dst ||
		    it->len != route->prefix_len)
			continue;
		assert_true(is_same(bed, route, it));
		list->last_dst = route->dst;
		list->last_len = route->prefix_len;
		list->seen++;
		return true;
	}
	fail_msg("a route is listed that the model does not have");
	return false;
}

static void
expect_all(struct bed *bed)
{
	struct fib_usage usage;
	uint32_t seen = 0;

	for (uint32_t i = 0; i < bed->table_count; i++) {
		struct listing list = { .bed = bed };

		fib_for_each(bed->net, bed->tables[i], compare_listed, &list);
		seen += list.seen;
	}
	assert_int_equal(seen, bed->count);
	fib_usage(bed->net, &usage);
	assert_int_equal(usage.route_count, bed->count);
	fib_check(bed->net);
}

/* ---- random work -------------------------------------------------------- */

/*
 * Addresses lie close together, so that prefixes nest, touch and are equal: a
 * few bits vary at the top, around the borders of the nodes, and at the end.
 */
static uint32_t
any_addr(struct bed *bed)
{
	uint32_t r = random_u32(&bed->random);

	if (random_below(&bed->random, 50) == 0)
		return r;
	return 0x14000000 | (r & 0x03000000) | (r & 0x00010000) |
	       (r >> 8 & 3) << 14 | (r >> 10 & 3) << 7 | (r & 7) |
	       (r >> 12 & 1 ? 0x00f00f00 : 0);
}

static uint32_t
any_table(struct bed *bed)
{
	uint32_t r = random_below(&bed->random, 16);

	if (bed->table_count == 4 && r < 4)
		return 100;
	return r < 12 ? TABLE_MAIN : r < 14 ? TABLE_LOCAL : TABLE_DEFAULT;
}

static void
any_route(struct bed *bed, struct model_route *route)
{
	static const uint8_t types[] = {
		ROUTE_UNICAST,	 ROUTE_UNICAST,	 ROUTE_UNICAST, ROUTE_LOCAL,
		ROUTE_BLACKHOLE, ROUTE_PROHIBIT, ROUTE_THROW,	ROUTE_UNICAST,
	};
	struct random *random = &bed->random;

	route->table = any_table(bed);
	route->len = (uint8_t)(random_below(random, 20)
				       ? 8 + random_below(random, 25)
				       : random_below(random, 9));
	route->dst = any_addr(bed) & mask(route->len);
	route->metric = random_below(random, 3);
	route->tos = random_below(random, 12)
			     ? 0
			     : (uint8_t)(random_below(random, 3) * 8);
	route->type = types[random_below(random, array_len(types))];
	route->proto = (uint8_t)(4 + random_below(random, 4));
	route->port = route->type == ROUTE_UNICAST || route->type == ROUTE_LOCAL
			      ? (uint8_t)random_below(random, 2)
			      : 0;
}

static void
insert_any(struct bed *bed)
{
	enum fib_op op = (enum fib_op)random_below(&bed->random, 5);
	enum fib_error error, want;
	struct model_route route;
	union room room;

	any_route(bed, &route);
	if (bed->count == ROUTES_MAX)
		return;
	to_route(bed, &route, &room);
	error = fib_insert(bed->net, &room.route, op);
	want = model_insert(bed, &route, op, true);
	if (error == FIB_FULL) {
		bed->full = true;
		return;
	}
	assert_int_equal(error, want);
	model_insert(bed, &route, op, false);
}

static void
delete_any(struct bed *bed)
{
	uint32_t at;
	union room room;

	if (!bed->count)
		return;
	at = random_below(&bed->random, bed->count);
	to_route(bed, &bed->route[at], &room);
	/* The first that agrees with all of it: itself, or its like. */
	assert_int_equal(fib_delete(bed->net, &room.route), FIB_OK);
	for (uint32_t i = 0; i < bed->count; i++) {
		const struct model_route *it = &bed->route[i];

		/* A metric of 0 in a request is any metric. */
		if (!same_key(it, &bed->route[at]) ||
		    it->tos != bed->route[at].tos ||
		    it->type != bed->route[at].type ||
		    it->proto != bed->route[at].proto ||
		    it->port != bed->route[at].port ||
		    (bed->route[at].metric &&
		     it->metric != bed->route[at].metric))
			continue;
		model_take(bed, i);
		return;
	}
	fail();
}

static void
look_up_some(struct bed *bed, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t addr = any_addr(bed);

		/* The ends of an existing prefix, as often as anything. */
		if (bed->count && random_below(&bed->random, 2)) {
			const struct model_route *it =
				&bed->route[random_below(&bed->random,
							 bed->count)];

			addr = it->dst;
			if (random_below(&bed->random, 2))
				addr |= ~mask(it->len);
			addr += random_below(&bed->random, 3) - 1;
		}
		expect_lookup(bed, addr,
			      (uint8_t)(random_below(&bed->random, 3) * 8));
	}
}

/* A stack without addresses, so without routes. */
static struct bed *
bed_new(size_t memory_len)
{
	const struct testnet_config config = {
		.ports = 2,
		.bare = true,
		.memory_len = memory_len,
		.net = { .skb_count = 64,
			 .neigh_count = 16,
			 .route_count = 100000 },
	};
	struct bed *bed = calloc(1, sizeof(*bed));

	assert_non_null(bed);
	bed->random = test_random();
	bed->t = testnet_new_with(&config);
	bed->net = &bed->t->net;
	bed->tables[0] = TABLE_LOCAL;
	bed->tables[1] = TABLE_MAIN;
	bed->tables[2] = TABLE_DEFAULT;
	bed->table_count = 3;
	addr_flush(&bed->net->loopback);
	return bed;
}

static void
bed_free(struct bed *bed)
{
	testnet_free(bed->t);
	free(bed);
}

static void
work(struct bed *bed, uint32_t steps)
{
	for (uint32_t step = 0; step < steps; step++) {
		/* The table grows, shrinks, and is nearly empty at times. */
		uint32_t grow = step / 2000 % 4 == 3 ? 1 : 5;

		if (random_below(&bed->random, 8) < grow && bed->count < 900)
			insert_any(bed);
		else
			delete_any(bed);
		look_up_some(bed, 2);
		if (random_below(&bed->random, 4) == 0)
			fib_quiescent(bed->net);
		if (step % 500 == 0)
			expect_all(bed);
	}
	expect_all(bed);
}

/* covers: R1812-052, R1812-053, R1812-103, R1812-104, R1812-105, X4632-001,
 * H1122-056, H1122-058 */
static void
by_the_default_rules(void **state)
{
	struct bed *bed = bed_new(16u << 20);

	work(bed, 60000);
	bed_free(bed);
}

static void
by_policy_rules(void **state)
{
	struct bed *bed = bed_new(16u << 20);
	const struct rule rule = {
		.priority = 10,
		.action = RULE_TABLE,
		.table = 100,
		.suppress_prefix_len = RULE_PREFIX_KEEP,
	};

	assert_int_equal(rule_add(bed->net, &rule), RULE_OK);
	bed->tables[1] = 100;
	bed->tables[2] = TABLE_MAIN;
	bed->tables[3] = TABLE_DEFAULT;
	bed->table_count = 4;
	work(bed, 40000);
	bed_free(bed);
}

/* In a batch and out of it packets find the same routes. */
/* covers: R1812-177 */
static void
in_batches(void **state)
{
	struct bed *bed = bed_new(16u << 20);

	for (uint32_t round = 0; round < 40; round++) {
		fib_batch_begin(bed->net);
		for (uint32_t i = 0; i < 100; i++) {
			if (random_below(&bed->random, 8) < 5 &&
			    bed->count < 450)
				insert_any(bed);
			else
				delete_any(bed);
			look_up_some(bed, 2);
			if (i % 8 == 0)
				assert_false(fib_quiescent(bed->net));
			assert_true(bed->net->fib->stale);
		}
		fib_batch_end(bed->net);
		assert_false(bed->net->fib->stale);
		expect_all(bed);
		fib_quiescent(bed->net);
		look_up_some(bed, 100);
	}
	bed_free(bed);
}

/* Interfaces go down and up: the model forgets what goes through them. */
static void
while_interfaces_come_and_go(void **state)
{
	struct bed *bed = bed_new(16u << 20);

	for (uint32_t round = 0; round < 150; round++) {
		struct netdev *dev;
		uint8_t port = (uint8_t)random_below(&bed->random, 2);

		for (uint32_t i = 0; i < 60; i++)
			insert_any(bed);
		dev = &bed->t->port[port].dev;
		netdev_down(dev);
		for (uint32_t i = bed->count; i-- > 0;)
			if (bed->route[i].type == ROUTE_UNICAST &&
			    bed->route[i].port == port)
				model_take(bed, i);
		look_up_some(bed, 50);
		expect_all(bed);
		assert_int_equal(netdev_up(dev), OK);
		fib_quiescent(bed->net);
	}
	bed_free(bed);
}

/* ---- memory runs out ---------------------------------------------------- */

/*
 * Every request for memory fails once, in turn. What was refused changed
 * nothing; what was not is in force at once, even where the lookup structure
 * could not follow.
 */
static void
any_request_for_memory_may_fail(void **state)
{
	struct bed *bed = bed_new(16u << 20);
	struct fib_usage usage;
	uint32_t refused = 0, lagged = 0;

	for (uint32_t step = 0; step < 6000; step++) {
		bed->net->fib->mem.fail_after =
			1 + random_below(&bed->random, 5);
		bed->full = false;
		if (random_below(&bed->random, 8) < 5 && bed->count < 500)
			insert_any(bed);
		else
			delete_any(bed);
		refused += bed->full;
		lagged += bed->net->fib->stale;
		fib_usage(bed->net, &usage);
		assert_int_equal(usage.route_count, bed->count);
		look_up_some(bed, 4);
		if (random_below(&bed->random, 3) == 0) {
			bed->net->fib->mem.fail_after =
				random_below(&bed->random, 3);
			fib_quiescent(bed->net);
			look_up_some(bed, 4);
		}
		if (step % 100 == 0) {
			bed->net->fib->mem.fail_after = 0;
			while (fib_quiescent(bed->net))
				;
			expect_all(bed);
		}
	}
	assert_true(refused > 50 && lagged > 500);
	bed_free(bed);
}

/* No page is left: the table is full, deletes work, and all goes on then. */
static void
no_page_is_left(void **state)
{
	struct bed *bed = bed_new(3u << 20);
	static void *page[4096];
	uint32_t count = 0, deleted = 0, refused = 0;

	while (count < array_len(page) &&
	       (page[count] = pages_alloc(bed->net->pages, 0)))
		count++;
	while (refused < 200) {
		bed->full = false;
		insert_any(bed);
		look_up_some(bed, 1);
		refused += bed->full;
		if (bed->count % 4 == 0)
			fib_quiescent(bed->net);
	}
	/* No turn ends: nothing that is replaced comes back. */
	expect_all(bed);
	while (bed->count > 20) {
		delete_any(bed);
		look_up_some(bed, 2);
		deleted++;
	}
	assert_true(deleted > 20);
	expect_all(bed);
	fib_quiescent(bed->net);
	look_up_some(bed, 100);
	work(bed, 500);
	while (count-- > 0)
		pages_free(bed->net->pages, page[count], 0);
	while (fib_quiescent(bed->net))
		;
	work(bed, 500);
	bed_free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_default_rules),
		cmocka_unit_test(by_policy_rules),
		cmocka_unit_test(in_batches),
		cmocka_unit_test(while_interfaces_come_and_go),
		cmocka_unit_test(any_request_for_memory_may_fail),
		cmocka_unit_test(no_page_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
