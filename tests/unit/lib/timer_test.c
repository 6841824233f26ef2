/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/timer.c in virtual time, against a naive list of due times. */
#include "tests/host/test.h"

#include "lib/timer.h"
#include "tests/host/host.h"

#define TICK	((uint64_t)TIMER_TICK_NS)
#define TIMERS	64u
#define FOREVER UINT32_MAX

struct fixture;

struct probe {
	struct timer timer;
	struct fixture *f;
	uint64_t due_ns; /* the model: when it should fire … */
	bool armed;	 /* … if it should */
	uint64_t fired_ns;
	uint32_t fired_count;
	uint64_t rearm_ns;	  /* when fired: arms itself anew, if not 0 */
	struct probe *victim;	  /* when fired: cancels this one … */
	uint64_t victim_rearm_ns; /* … or arms it anew, if not 0 */
};

struct fixture {
	struct timer_wheel wheel;
	struct probe probe[TIMERS];
	uint64_t now_ns;
	uint64_t last_due_tick; /* of this run, to see the order */
	uint32_t fired_count;
};

static uint64_t
tick_of(uint64_t ns)
{
	return ns / TICK + (ns % TICK != 0);
}

static void
on_fire(struct timer *timer, uint64_t now_ns)
{
	struct probe *p = container_of(timer, struct probe, timer);

	assert_false(timer->armed);
	assert_true(p->armed);
	assert_true(now_ns == p->f->now_ns);
	/* never early */
	assert_true(now_ns >= p->due_ns);
	p->armed = false;
	p->fired_ns = now_ns;
	p->fired_count++;
	p->f->fired_count++;
	if (p->rearm_ns != 0) {
		p->due_ns = p->rearm_ns;
		p->armed = true;
		p->rearm_ns = 0;
		timer_arm(&p->f->wheel, timer, p->due_ns);
	}
	if (p->victim != NULL && p->victim_rearm_ns != 0) {
		p->victim->due_ns = p->victim_rearm_ns;
		p->victim->armed = true;
		timer_arm(&p->f->wheel, &p->victim->timer, p->victim_rearm_ns);
	} else if (p->victim != NULL) {
		timer_cancel(&p->f->wheel, &p->victim->timer);
		p->victim->armed = false;
	}
}

static void
arm(struct probe *p, uint64_t due_ns)
{
	p->due_ns = due_ns;
	p->armed = true;
	timer_arm(&p->f->wheel, &p->timer, due_ns);
}

static void
cancel(struct probe *p)
{
	p->armed = false;
	timer_cancel(&p->f->wheel, &p->timer);
}

static bool
run(struct fixture *f, uint64_t now_ns, uint32_t budget)
{
	bool more;

	f->now_ns = now_ns;
	more = timer_wheel_run(&f->wheel, now_ns, budget);
	timer_wheel_check(&f->wheel);
	return more;
}

static void
start(struct fixture *f, uint64_t now_ns)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->now_ns = now_ns;
	memset(&f->wheel, 0xa5, sizeof(f->wheel));
	timer_wheel_init(&f->wheel, now_ns);
	for (i = 0; i < TIMERS; i++) {
		memset(&f->probe[i].timer, 0xa5, sizeof(f->probe[i].timer));
		timer_init(&f->probe[i].timer, on_fire);
		f->probe[i].f = f;
	}
}

/* After a complete run: nothing that is due by whole ticks is still armed, the
 * wheel knows what is, and would wake up in time for it. */
static void
check_model(struct fixture *f)
{
	uint64_t earliest = UINT64_MAX, next = timer_wheel_next_ns(&f->wheel);
	uint64_t armed_count = 0;
	unsigned int i;

	for (i = 0; i < TIMERS; i++) {
		assert_int_equal(f->probe[i].armed, f->probe[i].timer.armed);
		if (!f->probe[i].armed)
			continue;
		armed_count++;
		earliest = min_of(earliest, tick_of(f->probe[i].due_ns));
	}
	assert_int_equal(f->wheel.armed_count, armed_count);
	assert_int_equal(f->wheel.fired_count, f->fired_count);
	if (armed_count == 0)
		assert_true(next == TIMER_NEVER);
	else if (earliest <= UINT64_MAX / TICK)
		assert_true(next <= max_of(earliest * TICK, f->now_ns));
}

static void
test_fires_at_the_first_tick_not_before(void **state)
{
	static const uint64_t dues[] = {
		1,
		TICK - 1,
		TICK,
		TICK + 1,
		63 * TICK,
		64 * TICK,
		64 * TICK + 1,
		65 * TICK,
		4095 * TICK,
		4096 * TICK,
		4096 * TICK + 1,
		1000000000,
		64 * 4096 * TICK - 1,
		64 * 4096 * TICK,
		64 * 4096 * TICK + 1,
		3600000000000,
		(1ull << 24) * TICK,
		(1ull << 30) * TICK + 5,
		(1ull << 36) * TICK - 1,
		(1ull << 36) * TICK,
		(1ull << 36) * TICK + 1,
		(1ull << 37) * TICK + 12345,
		5 * (1ull << 36) * TICK + 77,
	};
	static const uint64_t starts[] = {
		0,
		1,
		5 * TICK,
		63 * TICK,
		64 * TICK - 1,
		4095 * TICK + 3,
		(1ull << 36) * TICK - TICK,
		(1ull << 36) * TICK - 1,
		(1ull << 37) * TICK + 4095 * TICK,
	};
	struct fixture f;
	size_t i, j;
	uint64_t due, fire;

	for (i = 0; i < array_len(starts); i++) {
		for (j = 0; j < array_len(dues); j++) {
			start(&f, starts[i]);
			due = starts[i] + dues[j];
			arm(&f.probe[0], due);
			fire = tick_of(due) * TICK;
			assert_false(run(&f, fire - 1, FOREVER));
			assert_int_equal(f.fired_count, 0);
			check_model(&f);
			assert_false(run(&f, fire, FOREVER));
			assert_int_equal(f.fired_count, 1);
			/* at most one tick late */
			assert_true(f.probe[0].fired_ns - due < TICK);
			check_model(&f);
		}
	}
}

/* An owner who sleeps as told, whatever the distance, is woken few times. */
static void
test_sleeping_until_next(void **state)
{
	static const uint64_t dues[] = {
		1,	    40 * TICK,	70 * TICK,  5000 * TICK,
		1ull << 40, 1ull << 47, 1ull << 53, (1ull << 54) - 1,
		1ull << 54, 1ull << 58,
	};
	unsigned int i, wakes;
	struct fixture f;
	uint64_t next;

	for (i = 0; i < array_len(dues); i++) {
		start(&f, 123456789);
		arm(&f.probe[0], f.now_ns + dues[i]);
		for (wakes = 0; f.fired_count == 0; wakes++) {
			next = timer_wheel_next_ns(&f.wheel);
			assert_true(next > f.now_ns);
			assert_false(run(&f, next, FOREVER));
		}
		assert_true(f.now_ns - f.probe[0].due_ns < TICK);
		/* Once a level, and once a turn of the whole wheel. */
		assert_true(wakes <= TIMER_LEVELS + (dues[i] >> 54));
		assert_true(timer_wheel_next_ns(&f.wheel) == TIMER_NEVER);
	}
}

static void
test_past_times_fire_at_the_next_run(void **state)
{
	struct fixture f;

	start(&f, 1000 * TICK + 500);
	arm(&f.probe[0], 0);
	arm(&f.probe[1], 1000 * TICK);
	arm(&f.probe[2], 1000 * TICK + 499);
	check_model(&f);
	/* The third one's first tick is yet to come. */
	assert_false(run(&f, 1000 * TICK + 500, FOREVER));
	assert_int_equal(f.fired_count, 2);
	assert_false(run(&f, 1001 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 3);
}

static void
test_never_is_armed_and_does_not_fire(void **state)
{
	struct fixture f;

	start(&f, 0);
	arm(&f.probe[0], TIMER_NEVER);
	assert_true(timer_wheel_next_ns(&f.wheel) > 0);
	assert_false(run(&f, 1ull << 62, FOREVER));
	assert_false(run(&f, UINT64_MAX, FOREVER));
	assert_int_equal(f.fired_count, 0);
	/* Armed, if only just: that is not the same as nothing armed. */
	assert_true(timer_wheel_next_ns(&f.wheel) == TIMER_NEVER - 1);
	check_model(&f);
	cancel(&f.probe[0]);
	check_model(&f);
}

static void
test_cancel_and_rearm(void **state)
{
	struct fixture f;

	start(&f, 0);
	cancel(&f.probe[0]);
	arm(&f.probe[0], 10 * TICK);
	arm(&f.probe[0], 5000 * TICK);
	arm(&f.probe[0], 5000 * TICK - 1);
	assert_int_equal(f.wheel.armed_count, 1);
	assert_false(run(&f, 4999 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 0);
	arm(&f.probe[0], 6000 * TICK);
	cancel(&f.probe[0]);
	cancel(&f.probe[0]);
	assert_true(timer_wheel_next_ns(&f.wheel) == TIMER_NEVER);
	assert_false(run(&f, 7000 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 0);
	check_model(&f);
}

static void
test_arming_from_inside(void **state)
{
	struct fixture f;

	start(&f, 0);
	arm(&f.probe[0], TICK);
	f.probe[0].rearm_ns = 1;
	assert_false(run(&f, 2 * TICK, FOREVER));
	/* for the past: not in this run, but in the next, be it the same time
	 */
	assert_int_equal(f.fired_count, 1);
	check_model(&f);
	assert_false(run(&f, 2 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 2);
	arm(&f.probe[0], 3 * TICK);
	f.probe[0].rearm_ns = 4 * TICK;
	assert_false(run(&f, 10 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 3);
	assert_false(run(&f, 10 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 4);
	check_model(&f);
}

/* What was due in this run and is armed anew for the past waits for the next,
 * as does what was not armed before. */
static void
test_rearming_a_neighbour_from_inside(void **state)
{
	struct fixture f;
	unsigned int i;

	for (i = 1; i <= 2; i++) {
		start(&f, 0);
		arm(&f.probe[0], 5 * TICK);
		arm(&f.probe[1], 5 * TICK);
		f.probe[0].victim = &f.probe[i];
		f.probe[0].victim_rearm_ns = 5 * TICK;
		assert_false(run(&f, 5 * TICK, FOREVER));
		assert_int_equal(f.probe[i].fired_count, 0);
		check_model(&f);
		assert_false(run(&f, 5 * TICK, FOREVER));
		assert_int_equal(f.probe[i].fired_count, 1);
	}
}

static void
test_time_that_runs_backwards_changes_nothing(void **state)
{
	struct fixture f;

	start(&f, 100 * TICK);
	arm(&f.probe[0], 200 * TICK);
	arm(&f.probe[1], 5000 * TICK);
	assert_false(run(&f, 150 * TICK, FOREVER));
	assert_false(run(&f, 20 * TICK, FOREVER));
	assert_false(run(&f, 0, FOREVER));
	assert_true(f.wheel.now_tick == 150);
	assert_false(run(&f, 199 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 0);
	assert_false(run(&f, 200 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 1);
	assert_false(run(&f, 5000 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 2);
}

static void
test_cancelling_a_neighbour_from_inside(void **state)
{
	struct fixture f;

	start(&f, 0);
	/* of the same tick, of a later one, and already fired */
	arm(&f.probe[0], TICK);
	arm(&f.probe[1], TICK);
	arm(&f.probe[2], 2 * TICK);
	arm(&f.probe[3], 3 * TICK);
	f.probe[0].victim = &f.probe[1];
	f.probe[2].victim = &f.probe[3];
	assert_false(run(&f, 10 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 2);
	check_model(&f);
	arm(&f.probe[0], 11 * TICK);
	arm(&f.probe[2], 12 * TICK);
	f.probe[2].victim = &f.probe[0];
	assert_false(run(&f, 12 * TICK, FOREVER));
	assert_int_equal(f.fired_count, 4);
	check_model(&f);
}

static void
test_budget(void **state)
{
	struct fixture f;
	unsigned int i;

	start(&f, 0);
	for (i = 0; i < 10; i++)
		arm(&f.probe[i], i * 1000 * TICK + 1);
	assert_true(run(&f, 20000 * TICK, 0));
	assert_int_equal(f.fired_count, 0);
	while (run(&f, 20000 * TICK, 3))
		assert_int_equal(f.fired_count % 3, 0);
	assert_int_equal(f.fired_count, 10);
	check_model(&f);
	assert_false(run(&f, 20000 * TICK, 0));
}

/* Due ones that waited for budget can still be cancelled and put off. */
static void
test_changes_while_waiting_for_budget(void **state)
{
	struct fixture f;

	start(&f, 0);
	arm(&f.probe[0], TICK);
	arm(&f.probe[1], TICK);
	arm(&f.probe[2], TICK);
	arm(&f.probe[3], TICK);
	assert_true(run(&f, TICK, 1));
	assert_true(timer_wheel_next_ns(&f.wheel) <= TICK);
	cancel(&f.probe[1]);
	arm(&f.probe[2], 5 * TICK);
	timer_wheel_check(&f.wheel);
	assert_false(run(&f, 2 * TICK, 10));
	assert_int_equal(f.probe[1].fired_count, 0);
	assert_int_equal(f.probe[2].fired_count, 0);
	assert_int_equal(f.probe[3].fired_count, 1);
	assert_false(run(&f, 5 * TICK, 10));
	assert_int_equal(f.probe[2].fired_count, 1);
}

static void
test_many_far_timers_are_sorted_in_bounded_steps(void **state)
{
	static struct probe probes[5000];
	struct list *link;
	static struct fixture f;
	uint32_t i, rounds = 0, fired;

	start(&f, 0);
	for (i = 0; i < array_len(probes); i++) {
		memset(&probes[i], 0, sizeof(probes[i]));
		timer_init(&probes[i].timer, on_fire);
		probes[i].f = &f;
		arm(&probes[i], (4096 + 64 * 32 + i % 7) * TICK);
	}
	/* One run with little budget leaves nearly all of them where they are,
	 * in the slot of the third level. */
	assert_true(run(&f, 4096 * TICK, 1));
	i = 0;
	for (link = f.wheel.slot[2][1].next; link != &f.wheel.slot[2][1];
	     link = link->next)
		i++;
	assert_in_range(i, array_len(probes) - 20, array_len(probes) - 1);
	while (run(&f, (4096 + 64 * 40) * TICK, 10)) {
		fired = f.fired_count;
		rounds++;
		assert_true(fired <= rounds * 10);
	}
	assert_int_equal(f.fired_count, array_len(probes));
	/* 500 rounds fire them, some more sort them. */
	assert_true(rounds < 700);
}

/* A timer that has fired while an earlier one waits is out of order. */
static void
check_order(const struct fixture *f)
{
	uint64_t waiting = UINT64_MAX, tick;
	unsigned int i;

	for (i = 0; i < TIMERS; i++)
		if (f->probe[i].armed)
			waiting = min_of(waiting, tick_of(f->probe[i].due_ns));
	for (i = 0; i < TIMERS; i++) {
		tick = tick_of(f->probe[i].due_ns);
		assert_true(f->probe[i].armed || tick <= waiting);
	}
}

static void
test_a_turn_in_vain_keeps_the_time(void **state)
{
	static struct timer_wheel wheel;
	static struct timer far, near;

	timer_wheel_init(&wheel, 0);
	timer_init(&far, NULL);
	timer_init(&near, NULL);
	assert_true(timer_wheel_pass(&wheel, 10 * TICK));
	timer_arm(&wheel, &far, 100000 * TICK);
	assert_true(timer_wheel_pass(&wheel, 5000 * TICK));
	assert_int_equal(wheel.now_tick, 5000);
	assert_true(timer_wheel_pass(&wheel, 4000 * TICK));
	assert_int_equal(wheel.now_tick, 5000); /* not backwards */
	timer_arm(&wheel, &near, 5003 * TICK);
	/* Nothing is to be sorted in the past. */
	assert_int_equal(timer_wheel_next_ns(&wheel), 5003 * TICK);
	timer_wheel_check(&wheel);
	assert_true(timer_wheel_pass(&wheel, 5002 * TICK));
	assert_false(timer_wheel_pass(&wheel, 5003 * TICK));
}

static void
test_order_of_ticks(void **state)
{
	static struct fixture f;
	struct random random = test_random();
	unsigned int round, i;
	bool more;

	for (round = 0; round < 200; round++) {
		start(&f, random_u64(&random) >> 10);
		for (i = 0; i < TIMERS; i++)
			arm(&f.probe[i],
			    f.now_ns + (random_u64(&random) >>
					(12 + random_below(&random, 40))));
		do {
			more = run(&f, UINT64_MAX / 2, 1);
			check_order(&f);
		} while (more);
		assert_int_equal(f.fired_count, TIMERS);
	}
}

/* One random step of an owner; spread of times over all levels. */
static void
random_step(struct fixture *f, struct random *random)
{
	struct probe *p = &f->probe[random_below(random, TIMERS)];
	uint64_t distance =
		random_u64(random) >> (6 + random_below(random, 56));

	switch (random_below(random, 8)) {
	case 0:
	case 1:
	case 2: arm(p, f->now_ns + distance); break;
	case 3: arm(p, f->now_ns - min_of(distance, f->now_ns)); break;
	case 4: cancel(p); break;
	case 5:
		if (random_below(random, 2))
			p->rearm_ns = f->now_ns + distance;
		p->victim = &f->probe[random_below(random, TIMERS)];
		break;
	default: break;
	}
}

static uint64_t
random_advance(struct fixture *f, struct random *random)
{
	uint64_t next = timer_wheel_next_ns(&f->wheel);

	switch (random_below(random, 4)) {
	case 0: return 0;
	case 1: return random_u64(random) >> (20 + random_below(random, 40));
	case 2: return random_below(random, 3 * TIMER_TICK_NS);
	default:
		if (next == TIMER_NEVER || next <= f->now_ns)
			return 1;
		return next - f->now_ns;
	}
}

static void
check_nothing_overdue(struct fixture *f, uint64_t armed_before)
{
	unsigned int i;

	for (i = 0; i < TIMERS; i++)
		/* What was armed from inside waits for the next run. */
		if (f->probe[i].armed && f->fired_count == armed_before)
			assert_true(tick_of(f->probe[i].due_ns) * TICK >
				    f->now_ns);
}

static void
test_random_use_matches_the_model(void **state)
{
	static struct fixture f;
	struct random random = test_random();
	unsigned int round, step;
	uint32_t fired;

	for (round = 0; round < 60; round++) {
		/* Starts near every kind of boundary, later years included. */
		start(&f, round % 3 == 0
				  ? random_u64(&random) >>
					    random_below(&random, 50) >> 4
				  : ((uint64_t)1
				     << (20 + random_below(&random, 38))) -
					    random_below(&random,
							 3 * TIMER_TICK_NS));
		for (step = 0; step < 1000; step++) {
			random_step(&f, &random);
			timer_wheel_check(&f.wheel);
			check_model(&f);
			f.now_ns += random_advance(&f, &random);
			if (f.now_ns > UINT64_MAX / 2)
				break;
			while (run(&f, f.now_ns, 1 + random_below(&random, 9)))
				;
			fired = f.fired_count;
			assert_false(run(&f, f.now_ns, FOREVER));
			check_nothing_overdue(&f, fired);
			check_model(&f);
		}
	}
}

static void
expect_check_to_panic(struct fixture *f)
{
	if (host_expect_panic() == 0) {
		timer_wheel_check(&f->wheel);
		host_no_panic();
	}
}

static void
test_check_sees_corruption(void **state)
{
	struct list *link;
	struct fixture f;

	start(&f, 0);
	arm(&f.probe[0], 100 * TICK);
	link = &f.probe[0].timer.link;
	f.wheel.occupied[1] ^= 4;
	expect_check_to_panic(&f);
	f.wheel.occupied[1] ^= 4;
	f.wheel.armed_count++;
	expect_check_to_panic(&f);
	f.wheel.armed_count--;
	f.probe[0].timer.armed = false;
	expect_check_to_panic(&f);
	f.probe[0].timer.armed = true;
	f.probe[0].timer.due_ns = 0;
	expect_check_to_panic(&f);
	f.probe[0].timer.due_ns = 100 * TICK;
	link->next->prev = &f.probe[1].timer.link;
	expect_check_to_panic(&f);
	link->next->prev = link;
	timer_wheel_check(&f.wheel);
	/* A slot that the wheel has passed */
	run(&f, 99 * TICK, FOREVER);
	f.wheel.now_tick = 110;
	f.probe[0].timer.due_ns = 300 * TICK;
	expect_check_to_panic(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fires_at_the_first_tick_not_before),
		cmocka_unit_test(test_sleeping_until_next),
		cmocka_unit_test(test_past_times_fire_at_the_next_run),
		cmocka_unit_test(test_never_is_armed_and_does_not_fire),
		cmocka_unit_test(test_cancel_and_rearm),
		cmocka_unit_test(test_arming_from_inside),
		cmocka_unit_test(test_rearming_a_neighbour_from_inside),
		cmocka_unit_test(test_time_that_runs_backwards_changes_nothing),
		cmocka_unit_test(test_cancelling_a_neighbour_from_inside),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_changes_while_waiting_for_budget),
		cmocka_unit_test(
			test_many_far_timers_are_sorted_in_bounded_steps),
		cmocka_unit_test(test_a_turn_in_vain_keeps_the_time),
		cmocka_unit_test(test_order_of_ticks),
		cmocka_unit_test(test_random_use_matches_the_model),
		cmocka_unit_test(test_check_sees_corruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
