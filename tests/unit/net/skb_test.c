/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet buffers: births, ends, the books, misuse, segments, clones. */

#include "net/skb.h"

#include "lib/checksum.h"
#include "lib/hash.h"
#include "net/netdev.h"
#include "tests/host/host.h"
#include "tests/host/test.h"

/* The panic that was expected says why. */
#define assert_panicked(text) assert_non_null(strstr(host_panic_text(), (text)))

struct fixture {
	struct pages pages;
	struct skb_account account;
	struct skb_pool pool;
	struct netdev dev;
	uint64_t now_ns;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	host_pages_init(&f->pages, 4 << 20);
	f->account.now_ns = &f->now_ns;
	f->dev.ifindex = 2;
	assert_int_equal(skb_pool_init(&f->pool, &f->pages, &f->account, 400),
			 OK);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	skb_pool_check(&f->pool);
	assert_int_equal(skb_pool_held(&f->pool), 0);
	skb_pool_fini(&f->pool);
	host_pages_fini(&f->pages);
	free(f);
	return 0;
}

/* A packet of len counted bytes (i & 0xff), in segments if it must. */
static struct skb *
make(struct fixture *f, size_t len)
{
	struct skb *skb = skb_alloc(&f->pool);

	assert_non_null(skb);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)i;

		assert_true(skb_copy_in(skb, &byte, 1));
	}
	return skb;
}

static void
assert_counted(const struct skb *skb, size_t from, size_t len)
{
	assert_int_equal(skb->len, len);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte;

		skb_copy_out(skb, i, &byte, 1);
		assert_int_equal(byte, (uint8_t)(from + i));
	}
}

static void
every_end_is_counted_by_port(void **state)
{
	struct fixture *f = *state;
	struct skb *skb;

	skb_sent(make(f, 10));
	skb_consume(make(f, 10));
	skb_replaced(make(f, 10));
	skb_drop(make(f, 10), DROP_NOMEM);
	assert_int_equal(f->account.port[0].born, 4);
	assert_int_equal(f->account.port[0].sent, 1);
	assert_int_equal(f->account.port[0].delivered, 1);
	assert_int_equal(f->account.port[0].replaced, 1);
	assert_int_equal(f->account.port[0].dropped, 1);
	assert_int_equal(f->account.drop[DROP_NOMEM], 1);

	skb = skb_alloc_rx(&f->pool);
	assert_int_equal(skb_pool_held(&f->pool), 0);
	skb_received(skb, &f->dev, 60);
	assert_int_equal(skb_pool_held(&f->pool), 1);
	assert_int_equal(skb->len, 60);
	skb_drop(skb, DROP_OTHERHOST);
	assert_int_equal(f->account.port[2].born, 1);
	assert_int_equal(f->account.port[2].dropped, 1);
}

static void
a_lent_buffer_is_no_packet(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = skb_alloc_rx(&f->pool);

	assert_int_equal(f->account.rx_posted, 1);
	skb_free_rx(skb);
	assert_int_equal(f->account.rx_posted, 0);
	assert_int_equal(f->account.port[0].born, 0);
}

static void
the_last_drop_keeps_its_first_bytes(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 200);

	f->now_ns = 77;
	skb_pull(skb, 14);
	skb_set_network(skb);
	skb_pull(skb, 20);
	skb_drop(skb, DROP_ETH_PROTO);
	assert_int_equal(f->account.last[DROP_ETH_PROTO].when_ns, 77);
	assert_int_equal(f->account.last[DROP_ETH_PROTO].len, 64);
	assert_int_equal(f->account.last[DROP_ETH_PROTO].bytes[0], 14);
	assert_int_equal(f->account.last[DROP_ETH_PROTO].packet_len, 166);
}

static void
put_push_pull_trim_keep_the_invariant(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = skb_alloc(&f->pool);
	uint8_t *pushed;

	assert_int_equal(skb_headroom(skb), PARAM_SKB_HEADROOM);
	assert_int_equal(skb_tailroom(skb), PARAM_SKB_ROOM);
	skb_reserve(skb, 100);
	assert_int_equal(skb_headroom(skb), PARAM_SKB_HEADROOM + 100);
	memset(skb_put(skb, 50), 0xaa, 50);
	pushed = skb_push(skb, 20);
	assert_ptr_equal(pushed, skb->data);
	assert_int_equal(skb->len, 70);
	skb_pull(skb, 30);
	assert_int_equal(skb->data[0], 0xaa);
	skb_trim(skb, 5);
	assert_int_equal(skb->len, 5);
	assert_int_equal(skb_linear_len(skb), 5);
	skb_consume(skb);
}

static void
misuse_draws_the_buffer(void **state)
{
	struct fixture *f = *state;
	struct skb *volatile skb = make(f, 10);

	if (host_expect_panic() == 0) {
		skb_pull(skb, 11);
		host_no_panic();
	}
	assert_panicked("skb_pull of 11 bytes");
	assert_panicked("|10 bytes|");
	if (host_expect_panic() == 0) {
		skb_push(skb, PARAM_SKB_HEADROOM + 1);
		host_no_panic();
	}
	assert_panicked("skb_push");
	if (host_expect_panic() == 0) {
		skb_put(skb, PARAM_SKB_ROOM);
		host_no_panic();
	}
	assert_panicked("skb_put");
	if (host_expect_panic() == 0) {
		skb_reserve(skb, 1);
		host_no_panic();
	}
	assert_panicked("skb_reserve");
	if (host_expect_panic() == 0) {
		uint8_t byte[4];

		skb_copy_out(skb, 8, byte, 4);
		host_no_panic();
	}
	assert_panicked("skb_copy_out");
	if (host_expect_panic() == 0) {
		skb_trim(skb, 11);
		host_no_panic();
	}
	assert_panicked("skb_trim");
	if (host_expect_panic() == 0) {
		skb_advance(skb, 11);
		host_no_panic();
	}
	assert_panicked("skb_advance");
	if (host_expect_panic() == 0) {
		skb_checksum(skb, 4, 7, 0);
		host_no_panic();
	}
	assert_panicked("skb_checksum");
	if (host_expect_panic() == 0) {
		skb_checksum(skb, 11, 0, 0);
		host_no_panic();
	}
	assert_panicked("skb_checksum");
	skb_consume(skb);
}

static void
a_double_free_is_caught(void **state)
{
	struct fixture *f = *state;
	struct skb *volatile skb = make(f, 10);

	skb_consume(skb);
	if (host_expect_panic() == 0) {
		skb_consume(skb);
		host_no_panic();
	}
	assert_panicked("double free");
	f->account.port[0].delivered--; /* what the panic left behind */
}

/* As the kernel does, whose reads no sanitizer stops. */
static __attribute__((no_sanitize("address"))) const uint8_t *
data_of(const struct skb *skb)
{
	return skb->data;
}

static void
what_is_freed_is_poisoned(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 10), *other = make(f, 10), *clone;
	uint8_t *bytes = skb->data;

	assert_false(__asan_address_is_poisoned(bytes));
	skb_consume(skb);
	assert_true(__asan_address_is_poisoned(bytes));
	assert_true(__asan_address_is_poisoned(&skb->data));
	assert_true(__asan_address_is_poisoned(&skb->tail));
	/* Where there is no sanitizer, the page at 0 faults. */
	assert_null(data_of(skb));
	assert_false(__asan_address_is_poisoned(other->data));
	/* What a clone still uses is not. */
	clone = skb_clone(other);
	assert_non_null(clone);
	bytes = other->data;
	skb_consume(other);
	assert_false(__asan_address_is_poisoned(bytes));
	skb_consume(clone);
	assert_true(__asan_address_is_poisoned(bytes));
	assert_true(__asan_address_is_poisoned(&clone->data));
	assert_null(data_of(clone));
	skb = make(f, 2000);
	assert_false(__asan_address_is_poisoned(skb->end - 1));
	skb_consume(skb);
}

static void
an_overrun_is_found_when_its_victim_ends(void **state)
{
	struct fixture *f = *state;
	struct skb *volatile a = make(f, 10), *volatile b = make(f, 10);
	struct skb *first = a < b ? a : b, *volatile second = a < b ? b : a;
	uint8_t *red_zone = first->end, old = *red_zone;

	assert_ptr_equal(red_zone, second); /* neighbours */
	*red_zone = (uint8_t)(old + 1);
	if (host_expect_panic() == 0) {
		skb_consume(second);
		host_no_panic();
	}
	assert_panicked("red zone overrun");
	/* What the panic left behind. */
	*red_zone = old;
	second->flags = 0;
	second->refs = 1;
	f->account.port[0].delivered--;
	skb_consume(a);
	skb_consume(b);
}

static void
a_dry_pool_says_so_and_recovers(void **state)
{
	struct fixture *f = *state;
	uint32_t total = f->pool.total_count;
	struct skb **all = calloc(total, sizeof(struct skb *));

	for (uint32_t i = 0; i < total; i++)
		assert_non_null(all[i] = skb_alloc(&f->pool));
	assert_null(skb_alloc(&f->pool));
	assert_null(skb_alloc_rx(&f->pool));
	assert_int_equal(f->pool.fail_count, 2);
	assert_int_equal(f->pool.free_count_min, 0);
	skb_pool_check(&f->pool);
	for (uint32_t i = 0; i < total; i++)
		skb_consume(all[i]);
	free(all);
	skb_consume(make(f, 1));
}

static void
segments_are_one_packet(void **state)
{
	struct fixture *f = *state;

	for (size_t len = 2040; len <= 9000; len += 97) {
		struct skb *skb = make(f, len);

		assert_int_equal(skb_pool_held(&f->pool), 1);
		assert_counted(skb, 0, len);
		skb_pool_check(&f->pool);
		skb_advance(skb, 1000);
		assert_counted(skb, 1000, len - 1000);
		skb_trim(skb, len - 1500);
		assert_counted(skb, 1000, len - 1500);
		skb_consume(skb);
		assert_int_equal(f->account.segments, 0);
	}
}

static void
advance_and_trim_at_every_cut(void **state)
{
	struct fixture *f = *state;
	size_t len = 4200;

	for (size_t cut = 0; cut <= len; cut += 7) {
		struct skb *front = make(f, len), *back = make(f, len);

		skb_advance(front, cut);
		assert_int_equal(front->len, len - cut);
		if (front->len)
			assert_counted(front, cut, len - cut);
		skb_trim(back, cut);
		assert_counted(back, 0, cut);
		skb_pool_check(&f->pool);
		skb_consume(front);
		skb_consume(back);
	}
}

static void
pull_linear_moves_bytes_forward(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 5000);

	skb_advance(skb, 2040);
	assert_int_equal(skb_linear_len(skb), 8);
	assert_true(skb_pull_linear(skb, 60));
	assert_true(skb_linear_len(skb) >= 60);
	assert_counted(skb, 2040, 2960);
	assert_false(skb_pull_linear(skb, 2961));
	assert_false(
		skb_pull_linear(skb, PARAM_SKB_ROOM + PARAM_SKB_HEADROOM + 1));
	assert_true(skb_pull_linear(skb, 2100));
	assert_counted(skb, 2040, 2960);
	skb_consume(skb);
}

static void
append_joins_packets_with_their_segments(void **state)
{
	struct fixture *f = *state;
	struct skb *first = make(f, 256), *second = make(f, 4352);

	skb_append(first, second);
	assert_int_equal(skb_pool_held(&f->pool), 1);
	assert_int_equal(f->account.port[0].replaced, 1);
	assert_counted(first, 0, 256 + 4352);
	skb_pool_check(&f->pool);
	skb_consume(first);
}

static void
clones_share_and_the_last_one_frees(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 100), *clone = skb_clone(skb);

	assert_non_null(clone);
	assert_true(skb_shared(skb));
	assert_true(skb_shared(clone));
	assert_ptr_equal(skb->data, clone->data);
	skb_consume(skb); /* the original goes first */
	assert_int_equal(skb_pool_held(&f->pool), 1);
	skb_pool_check(&f->pool);
	assert_counted(clone, 0, 100);
	assert_false(skb_shared(clone));
	skb_consume(clone);
	assert_int_equal(f->pool.free_count, f->pool.total_count);

	skb = make(f, 100);
	clone = skb_clone(skb);
	skb_consume(clone);
	assert_false(skb_shared(skb));
	skb_consume(skb);
}

static void
a_clone_for_headers_is_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 100), *clone, *other;

	clone = skb_clone_for_headers(skb, 54);
	assert_non_null(clone);
	assert_true(skb_may_push(clone, 54));
	assert_false(skb_may_push(clone, skb_headroom(clone) + 1));
	assert_false(skb_may_push(skb, 1)); /* it does not know the headers */
	memset(skb_push(clone, 54), 0xff, 54);
	assert_counted(skb, 0, 100);
	assert_null(skb_clone_for_headers(skb, 54)); /* the first is out */
	skb_sent(clone);
	other = skb_clone_for_headers(skb, 54);
	assert_ptr_equal(other->data, skb->data);
	skb_consume(skb);
	assert_counted(other, 0, 100);
	assert_true(skb_may_push(other, 54));
	skb_consume(other);
	assert_int_equal(f->pool.free_count, f->pool.total_count);
}

static void
no_clone_for_headers_without_room_or_memory(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 100), *large = make(f, 3000), *clone;
	uint32_t heads = f->pool.clone_total_count, out = 0;
	struct skb_queue queue;

	skb_queue_init(&queue);
	assert_null(skb_clone_for_headers(skb, skb_headroom(skb) + 1));
	assert_null(skb_clone_for_headers(large, 10)); /* segments */
	f->pool.fail_after = 1;
	assert_null(skb_clone_for_headers(skb, 10));
	while (out++ < heads) {
		clone = skb_clone(skb);
		assert_non_null(clone);
		skb_queue_push(&queue, clone);
	}
	/* Alone with its bytes, but no head is left. */
	clone = make(f, 10);
	assert_null(skb_clone_for_headers(clone, 10));
	skb_consume(clone);
	skb_queue_drop(&queue, DROP_NOMEM);
	skb_consume(skb);
	skb_consume(large);
}

static void
unshare_gives_bytes_of_ones_own(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 100), *clone, *own;

	assert_ptr_equal(skb_unshare(skb), skb);
	clone = skb_clone(skb);
	own = skb_unshare(skb);
	assert_non_null(own);
	assert_ptr_not_equal(own->data, clone->data);
	own->data[0] = 0xff;
	assert_counted(clone, 0, 100);
	skb_consume(own);
	skb_consume(clone);
}

static void
unshare_keeps_the_port_of_birth(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = skb_alloc_rx(&f->pool), *clone, *own;

	skb_received(skb, &f->dev, 60);
	clone = skb_clone(skb);
	own = skb_unshare(skb);
	assert_int_equal(own->in, 2);
	skb_sent(own);
	skb_consume(clone);
	assert_int_equal(f->account.port[2].sent, 1);
	skb_pool_check(&f->pool);
}

static void
unshare_of_a_dry_pool_drops_by_name(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 100), *clone = skb_clone(skb);

	f->pool.fail_after = 1;
	assert_null(skb_unshare(skb));
	assert_int_equal(f->account.drop[DROP_NOMEM], 1);
	skb_consume(clone);
}

static void
a_clone_of_segments_is_a_copy(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 5000), *clone = skb_clone(skb);

	assert_non_null(clone);
	assert_false(skb_shared(skb));
	assert_counted(clone, 0, 5000);
	skb_consume(clone);
	skb_consume(skb);
}

static void
a_failing_copy_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct skb *skb = make(f, 5000);

	for (uint64_t n = 1; n <= 3; n++) {
		f->pool.fail_after = n;
		assert_null(skb_copy(skb));
		skb_pool_check(&f->pool);
		assert_int_equal(skb_pool_held(&f->pool), 1);
	}
	skb_consume(skb);
}

static void
checksum_runs_over_odd_segments(void **state)
{
	struct fixture *f = *state;
	struct random random;
	uint8_t seed[32] = { 7 }, flat[6000];

	random_init(&random, seed);
	for (int round = 0; round < 200; round++) {
		size_t len = 1 + random_below(&random, 5000), at, part;
		struct skb *skb = make(f, 1 + random_below(&random, 300));

		skb_trim(skb, skb->len);
		while (skb->len < len)
			skb_append(skb,
				   make(f, 1 + random_below(&random, 700)));
		at = random_below(&random, skb->len);
		part = random_below(&random, (uint32_t)(skb->len - at + 1));
		skb_copy_out(skb, at, flat, part);
		assert_int_equal(checksum_fold(skb_checksum(skb, at, part, 0)),
				 checksum_fold(checksum_add(0, flat, part)));
		skb_consume(skb);
	}
}

static void
queues_are_first_in_first_out(void **state)
{
	struct fixture *f = *state;
	struct skb_queue queue;

	skb_queue_init(&queue);
	assert_null(skb_queue_pop(&queue));
	for (size_t len = 1; len <= 5; len++)
		skb_queue_push(&queue, make(f, len));
	assert_int_equal(queue.count, 5);
	assert_int_equal(queue.len, 15);
	for (size_t len = 1; len <= 2; len++) {
		struct skb *skb = skb_queue_pop(&queue);

		assert_int_equal(skb->len, len);
		skb_consume(skb);
	}
	skb_queue_drop(&queue, DROP_BACKLOG_FULL);
	assert_int_equal(f->account.drop[DROP_BACKLOG_FULL], 3);
	assert_int_equal(queue.len, 0);
}

static void
the_books_notice_a_leak(void **state)
{
	struct fixture *f = *state;

	f->account.port[0].born++;
	if (host_expect_panic() == 0) {
		skb_pool_check(&f->pool);
		host_no_panic();
	}
	assert_panicked("conservation");
	f->account.port[0].born--;
	/* A drop that no reason accounts for. */
	f->account.port[0].born++;
	f->account.port[0].dropped++;
	if (host_expect_panic() == 0) {
		skb_pool_check(&f->pool);
		host_no_panic();
	}
	assert_panicked("drops by reason");
	f->account.port[0].born--;
	f->account.port[0].dropped--;
}

static void
too_little_memory_leaves_nothing_allocated(void **state)
{
	struct pages pages;
	struct skb_account account = { 0 };
	struct skb_pool pool;
	size_t before;

	host_pages_init(&pages, 100 << 10);
	before = pages.free_count;
	assert_int_equal(skb_pool_init(&pool, &pages, &account, 400),
			 ERR_NOMEM);
	assert_int_equal(pages.free_count, before);
	host_pages_fini(&pages);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_end_is_counted_by_port),
		T(a_lent_buffer_is_no_packet),
		T(the_last_drop_keeps_its_first_bytes),
		T(put_push_pull_trim_keep_the_invariant),
		T(misuse_draws_the_buffer),
		T(a_double_free_is_caught),
		T(what_is_freed_is_poisoned),
		T(an_overrun_is_found_when_its_victim_ends),
		T(a_dry_pool_says_so_and_recovers),
		T(segments_are_one_packet),
		T(advance_and_trim_at_every_cut),
		T(pull_linear_moves_bytes_forward),
		T(append_joins_packets_with_their_segments),
		T(clones_share_and_the_last_one_frees),
		T(a_clone_for_headers_is_one_at_a_time),
		T(no_clone_for_headers_without_room_or_memory),
		T(unshare_gives_bytes_of_ones_own),
		T(unshare_keeps_the_port_of_birth),
		T(unshare_of_a_dry_pool_drops_by_name),
		T(a_clone_of_segments_is_a_copy),
		T(a_failing_copy_leaves_nothing),
		T(checksum_runs_over_odd_segments),
		T(queues_are_first_in_first_out),
		T(the_books_notice_a_leak),
		T(too_little_memory_leaves_nothing_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
