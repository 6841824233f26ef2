/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers in a hierarchical wheel: arming, cancelling and expiry are O(1)
 * whatever their number. Time is an argument (nanoseconds of whatever clock the
 * owner uses). A timer never fires early; it fires at most one tick late plus
 * whatever the caller of timer_wheel_run() was late.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

#define TIMER_TICK_NS (1u << 18) /* 0.26 ms */
#define TIMER_LEVELS  6u
#define TIMER_SLOTS   64u /* a level; 64^6 ticks = 208 days */
#define TIMER_NEVER   UINT64_MAX

struct timer;
typedef void timer_fn(struct timer *timer, uint64_t now_ns);

struct timer {
	struct list link; /* owned by the wheel while armed */
	uint64_t due_ns;  /* as asked for; meaningful while armed */
	timer_fn *fn;	  /* use container_of() to reach the owner */
	bool armed;
};

struct timer_wheel {
	uint64_t now_tick;
	uint64_t next_tick;		 /* before it there is nothing to do */
	uint64_t occupied[TIMER_LEVELS]; /* bit = slot holds timers */
	struct list slot[TIMER_LEVELS][TIMER_SLOTS];
	struct list due; /* found due, not yet fired, in order */
	uint64_t armed_count, fired_count;
};

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ns);
void timer_init(struct timer *timer, timer_fn *fn);

/* Arms, or re-arms an armed timer. A past due_ns fires at the next run. */
void timer_arm(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ns);

/* Disarms; harmless if not armed. */
void timer_cancel(struct timer_wheel *wheel, struct timer *timer);

/*
 * Fires every timer due by now_ns, in order of their ticks. A timer is disarmed
 * before its function runs, which may arm or cancel any timer, itself included;
 * one armed for the past from inside fires in the next run, not in this one.
 * At most budget timers fire; true if more are due, or may be because timers
 * are still to be sorted (that work is bounded by the budget, too): run again.
 */
bool timer_wheel_run(struct timer_wheel *wheel, uint64_t now_ns,
		     uint32_t budget);

/* A run with nothing to do, cheap enough for every packet; false: there is
 * something, and nothing was done. */
static inline bool
timer_wheel_pass(struct timer_wheel *wheel, uint64_t now_ns)
{
	uint64_t tick = now_ns / TIMER_TICK_NS;

	if (tick >= wheel->next_tick || !list_empty(&wheel->due))
		return false;
	/* What is armed next is placed as seen from here. */
	if (tick > wheel->now_tick)
		wheel->now_tick = tick;
	return true;
}

/*
 * When to run the wheel next, TIMER_NEVER if no timer is armed: the tick at
 * which the earliest one fires, or an earlier tick at which far timers are
 * sorted.
 */
uint64_t timer_wheel_next_ns(const struct timer_wheel *wheel);

/* Panics if the wheel's bookkeeping disagrees with itself. For tests. */
void timer_wheel_check(const struct timer_wheel *wheel);
